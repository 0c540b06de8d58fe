"""筛选 Screening, drawn: the ranking, the evidence, the raters."""

from custvalue.charts.screening.agreement import plot_rater_agreement
from custvalue.charts.screening.evidence import plot_evidence
from custvalue.charts.screening.priority import plot_priority
from custvalue.charts.screening.score_calibration import plot_score_calibration
from custvalue.charts.screening.scores import plot_scores

__all__ = ["plot_evidence", "plot_priority", "plot_rater_agreement", "plot_score_calibration", "plot_scores"]
