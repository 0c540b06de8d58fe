"""追踪 Tracking, drawn: revenue by period, the pipeline, what moved it, what to do next, win rates."""

from custvalue.charts.tracking.bias import plot_forecast_bias
from custvalue.charts.tracking.distribution import plot_revenue_distribution
from custvalue.charts.tracking.expected import plot_expected_revenue
from custvalue.charts.tracking.fan import plot_revenue_fan
from custvalue.charts.tracking.followup import plot_follow_up
from custvalue.charts.tracking.forecast_accuracy import plot_accuracy_by_lead, plot_forecast_tracks
from custvalue.charts.tracking.influence import plot_deal_influence
from custvalue.charts.tracking.movement import plot_pipeline_movement
from custvalue.charts.tracking.pipeline import plot_pipeline
from custvalue.charts.tracking.pit import plot_pit
from custvalue.charts.tracking.reliability import plot_reliability
from custvalue.charts.tracking.win_rates import plot_win_rates

__all__ = [
    "plot_accuracy_by_lead",
    "plot_deal_influence",
    "plot_expected_revenue",
    "plot_follow_up",
    "plot_forecast_bias",
    "plot_forecast_tracks",
    "plot_pipeline",
    "plot_pipeline_movement",
    "plot_pit",
    "plot_reliability",
    "plot_revenue_distribution",
    "plot_revenue_fan",
    "plot_win_rates",
]
