"""筛选 Screening, drawn: the ranking, the evidence, the raters."""

from custvalue.charts.screening.agreement import plot_rater_agreement
from custvalue.charts.screening.contributions import plot_contributions
from custvalue.charts.screening.evidence import plot_evidence
from custvalue.charts.screening.priority import plot_priority
from custvalue.charts.screening.priority_grid import plot_priority_grid
from custvalue.charts.screening.score_calibration import plot_score_calibration
from custvalue.charts.screening.scores import plot_scores
from custvalue.charts.screening.sensitivity import plot_rank_intervals

__all__ = [
    "plot_contributions",
    "plot_evidence",
    "plot_priority",
    "plot_priority_grid",
    "plot_rank_intervals",
    "plot_rater_agreement",
    "plot_score_calibration",
    "plot_scores",
]
