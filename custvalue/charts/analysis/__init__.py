"""分析 Analysis, drawn: concentration, segments and their moves, growth, rhythm, walls."""

from custvalue.charts.analysis.buying import plot_overdue
from custvalue.charts.analysis.certainty import plot_threshold_sensitivity
from custvalue.charts.analysis.concentration import plot_concentration
from custvalue.charts.analysis.growth import plot_growth_points
from custvalue.charts.analysis.lifecycle import plot_customer_lifecycle
from custvalue.charts.analysis.lorenz import plot_lorenz
from custvalue.charts.analysis.migration_flow import plot_migration
from custvalue.charts.analysis.migration_matrix import plot_migration_matrix
from custvalue.charts.analysis.segment_treemap import plot_segment_treemap
from custvalue.charts.analysis.segments import plot_segments
from custvalue.charts.analysis.walls import plot_walls

__all__ = [
    "plot_concentration",
    "plot_customer_lifecycle",
    "plot_growth_points",
    "plot_lorenz",
    "plot_migration",
    "plot_migration_matrix",
    "plot_overdue",
    "plot_segment_treemap",
    "plot_segments",
    "plot_threshold_sensitivity",
    "plot_walls",
]
