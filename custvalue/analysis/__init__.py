"""分析 Analysis: concentration, the 27 segments and how accounts move between them, growth, rhythm, walls."""

from custvalue.analysis.buying import BuyingPattern, buying_pattern
from custvalue.analysis.certainty import SegmentCertainty, segment_certainty
from custvalue.analysis.concentration import Concentration, concentration
from custvalue.analysis.growth import GrowthPoints, growth_points
from custvalue.analysis.held_share import current_share
from custvalue.analysis.lifecycle import CustomerLifecycle, customer_lifecycle
from custvalue.analysis.migration import Migration, segment_migration
from custvalue.analysis.mobility import Mobility, segment_mobility
from custvalue.analysis.next_period import NextPeriod
from custvalue.analysis.plays import play_table, read_plays
from custvalue.analysis.segment_summary import segment_matrix, segment_summary
from custvalue.analysis.segments import segment_accounts
from custvalue.analysis.walls import score_walls

__all__ = [
    "BuyingPattern",
    "Concentration",
    "CustomerLifecycle",
    "GrowthPoints",
    "Migration",
    "Mobility",
    "NextPeriod",
    "SegmentCertainty",
    "buying_pattern",
    "concentration",
    "current_share",
    "customer_lifecycle",
    "growth_points",
    "play_table",
    "read_plays",
    "score_walls",
    "segment_accounts",
    "segment_certainty",
    "segment_matrix",
    "segment_migration",
    "segment_mobility",
    "segment_summary",
]
