"""筛选 Screening, drawn: prospects by score, opportunities by expected value."""

from custvalue.charts.screening.priority import plot_priority
from custvalue.charts.screening.scores import plot_scores

__all__ = ["plot_priority", "plot_scores"]
