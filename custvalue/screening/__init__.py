"""筛选 Screening: which prospects deserve the selling time, and which opportunity comes first."""

from custvalue.screening.priority import rank_opportunities
from custvalue.screening.scores import score_prospects

__all__ = ["rank_opportunities", "score_prospects"]
