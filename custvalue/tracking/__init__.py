"""追踪 Tracking: what the open pipeline is worth, and how often deals are really won."""

from custvalue.tracking.expected import expected_revenue, pipeline_by_stage
from custvalue.tracking.win_rates import win_rates

__all__ = ["expected_revenue", "pipeline_by_stage", "win_rates"]
