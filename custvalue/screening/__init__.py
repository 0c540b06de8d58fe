"""筛选 Screening: the scorecard, whether its raters agree and whether it works, and which opportunity first."""

from custvalue.screening.agreement import RaterAgreement, rater_agreement
from custvalue.screening.association import criterion_association
from custvalue.screening.evidence import ScorecardEvidence, scorecard_evidence
from custvalue.screening.fitted_weights import FittedWeights, fit_weights
from custvalue.screening.priority import priority_grid, rank_opportunities
from custvalue.screening.scores import score_prospects
from custvalue.screening.sensitivity import ScoreSensitivity, score_sensitivity

__all__ = [
    "FittedWeights",
    "RaterAgreement",
    "ScoreSensitivity",
    "ScorecardEvidence",
    "criterion_association",
    "fit_weights",
    "priority_grid",
    "rank_opportunities",
    "rater_agreement",
    "score_prospects",
    "score_sensitivity",
    "scorecard_evidence",
]
