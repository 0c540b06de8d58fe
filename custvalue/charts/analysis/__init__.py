"""分析 Analysis, drawn: the Pareto curve, the 27 segments, the walls."""

from custvalue.charts.analysis.concentration import plot_concentration
from custvalue.charts.analysis.segments import plot_segments
from custvalue.charts.analysis.walls import plot_walls

__all__ = ["plot_concentration", "plot_segments", "plot_walls"]
