"""追踪 Tracking, drawn: revenue by period, the pipeline by stage, win rates."""

from custvalue.charts.tracking.expected import plot_expected_revenue
from custvalue.charts.tracking.pipeline import plot_pipeline
from custvalue.charts.tracking.win_rates import plot_win_rates

__all__ = ["plot_expected_revenue", "plot_pipeline", "plot_win_rates"]
