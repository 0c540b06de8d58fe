"""Result frame to plotly figure: one chart for every headline answer, in one visual language.

The rooms are those of the library (screening, tracking, analysis, effort), with one module for each chart, since a
chart's words in two languages take more room than its drawing. Beside them lie the look (``theme``), numbers and words
(``wording``), the names of columns (``columns``) and what all figures share (``canvas``).
"""

from custvalue.charts.analysis import (
    plot_concentration,
    plot_customer_lifecycle,
    plot_growth_points,
    plot_lorenz,
    plot_migration,
    plot_migration_matrix,
    plot_overdue,
    plot_segment_treemap,
    plot_segments,
    plot_threshold_sensitivity,
    plot_walls,
)
from custvalue.charts.columns import column_label, column_word, value_label
from custvalue.charts.effort import plot_people, plot_selling_time
from custvalue.charts.screening import (
    plot_contributions,
    plot_evidence,
    plot_priority,
    plot_priority_grid,
    plot_rank_intervals,
    plot_rater_agreement,
    plot_score_calibration,
    plot_scores,
)
from custvalue.charts.tracking import (
    plot_accuracy_by_lead,
    plot_deal_influence,
    plot_expected_revenue,
    plot_follow_up,
    plot_forecast_bias,
    plot_forecast_tracks,
    plot_pipeline,
    plot_pipeline_movement,
    plot_pit,
    plot_reliability,
    plot_revenue_distribution,
    plot_revenue_fan,
    plot_win_rates,
)

__all__ = [
    "column_label",
    "column_word",
    "plot_accuracy_by_lead",
    "plot_concentration",
    "plot_contributions",
    "plot_customer_lifecycle",
    "plot_deal_influence",
    "plot_evidence",
    "plot_expected_revenue",
    "plot_follow_up",
    "plot_forecast_bias",
    "plot_forecast_tracks",
    "plot_growth_points",
    "plot_lorenz",
    "plot_migration",
    "plot_migration_matrix",
    "plot_overdue",
    "plot_people",
    "plot_pipeline",
    "plot_pipeline_movement",
    "plot_pit",
    "plot_priority",
    "plot_priority_grid",
    "plot_rank_intervals",
    "plot_rater_agreement",
    "plot_reliability",
    "plot_revenue_distribution",
    "plot_revenue_fan",
    "plot_score_calibration",
    "plot_scores",
    "plot_segment_treemap",
    "plot_segments",
    "plot_selling_time",
    "plot_threshold_sensitivity",
    "plot_walls",
    "plot_win_rates",
    "value_label",
]
