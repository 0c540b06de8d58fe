"""分析 Analysis: concentration, the 27 segments, and the walls around accounts."""

from custvalue.analysis.concentration import Concentration, concentration
from custvalue.analysis.segments import segment_accounts, segment_summary
from custvalue.analysis.walls import score_walls

__all__ = ["Concentration", "concentration", "score_walls", "segment_accounts", "segment_summary"]
