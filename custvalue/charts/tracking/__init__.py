"""追踪 Tracking, drawn: revenue by period, the pipeline, what moved it, what to do next, win rates."""

from custvalue.charts.tracking.expected import plot_expected_revenue
from custvalue.charts.tracking.followup import plot_follow_up
from custvalue.charts.tracking.movement import plot_pipeline_movement
from custvalue.charts.tracking.pipeline import plot_pipeline
from custvalue.charts.tracking.win_rates import plot_win_rates

__all__ = ["plot_expected_revenue", "plot_follow_up", "plot_pipeline", "plot_pipeline_movement", "plot_win_rates"]
