"""Decision-grade customer value: screen prospects, track orders, analyse accounts, price selling time.

Charts and the study load on first use, so that importing the library does not import plotly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from custvalue.analysis import (
    BuyingPattern,
    Concentration,
    CustomerLifecycle,
    GrowthPoints,
    Migration,
    Mobility,
    NextPeriod,
    SegmentCertainty,
    buying_pattern,
    concentration,
    current_share,
    customer_lifecycle,
    growth_points,
    play_table,
    read_plays,
    score_walls,
    segment_accounts,
    segment_certainty,
    segment_matrix,
    segment_migration,
    segment_mobility,
    segment_summary,
)
from custvalue.effort import SellingTime, profile_people, selling_time
from custvalue.frames import (
    Checked,
    account_revenue,
    convert_currency,
    opportunities_from_lines,
    propose_mapping,
    read_folder,
    read_mapping,
    read_table,
)
from custvalue.rules import playbook
from custvalue.samples import (
    Company,
    Effects,
    load_accounts,
    load_exercise,
    load_forecasts,
    load_opportunities,
    load_prospects,
    load_ratings,
    load_reasons,
    load_rivals,
    load_sales,
    load_snapshots,
    load_stage_history,
    load_targets,
    load_time_log,
    load_traits,
    load_walls,
    sample_folder,
    simulate_company,
)
from custvalue.screening import (
    FittedWeights,
    RaterAgreement,
    ScorecardEvidence,
    criterion_association,
    fit_weights,
    rank_opportunities,
    rater_agreement,
    score_prospects,
    scorecard_evidence,
)
from custvalue.tracking import (
    DealInfluence,
    JudgedForecasts,
    PipelineMovement,
    ProbabilityAccuracy,
    RevenueDistribution,
    StageEntries,
    coverage,
    deal_influence,
    expected_revenue,
    follow_up,
    forecast_accuracy,
    forecast_categories,
    judge_forecasts,
    pipeline_by_stage,
    pipeline_movement,
    probability_accuracy,
    probability_disagreement,
    reliability_table,
    revenue_distribution,
    slippage,
    stage_entries,
    time_in_stage,
    velocity,
    win_rates,
)

if TYPE_CHECKING:
    from custvalue import charts
    from custvalue.study import Study, run_study

__version__ = "0.1.0"

__all__ = [
    "BuyingPattern",
    "Checked",
    "Company",
    "Concentration",
    "CustomerLifecycle",
    "DealInfluence",
    "Effects",
    "FittedWeights",
    "GrowthPoints",
    "JudgedForecasts",
    "Migration",
    "Mobility",
    "NextPeriod",
    "PipelineMovement",
    "ProbabilityAccuracy",
    "RaterAgreement",
    "RevenueDistribution",
    "ScorecardEvidence",
    "SegmentCertainty",
    "SellingTime",
    "StageEntries",
    "Study",
    "account_revenue",
    "buying_pattern",
    "charts",
    "concentration",
    "convert_currency",
    "coverage",
    "criterion_association",
    "current_share",
    "customer_lifecycle",
    "deal_influence",
    "expected_revenue",
    "fit_weights",
    "follow_up",
    "forecast_accuracy",
    "forecast_categories",
    "growth_points",
    "judge_forecasts",
    "load_accounts",
    "load_exercise",
    "load_forecasts",
    "load_opportunities",
    "load_prospects",
    "load_ratings",
    "load_reasons",
    "load_rivals",
    "load_sales",
    "load_snapshots",
    "load_stage_history",
    "load_targets",
    "load_time_log",
    "load_traits",
    "load_walls",
    "opportunities_from_lines",
    "pipeline_by_stage",
    "pipeline_movement",
    "play_table",
    "playbook",
    "probability_accuracy",
    "probability_disagreement",
    "profile_people",
    "propose_mapping",
    "rank_opportunities",
    "rater_agreement",
    "read_folder",
    "read_mapping",
    "read_plays",
    "read_table",
    "reliability_table",
    "revenue_distribution",
    "run_study",
    "sample_folder",
    "score_prospects",
    "score_walls",
    "scorecard_evidence",
    "segment_accounts",
    "segment_certainty",
    "segment_matrix",
    "segment_migration",
    "segment_mobility",
    "segment_summary",
    "selling_time",
    "simulate_company",
    "slippage",
    "stage_entries",
    "time_in_stage",
    "velocity",
    "win_rates",
]

_ON_FIRST_USE = {"charts": "custvalue.charts", "Study": "custvalue.study", "run_study": "custvalue.study"}


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_ON_FIRST_USE[name])
    return module if name == "charts" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
