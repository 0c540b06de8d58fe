"""追踪 Tracking: what the open pipeline is worth, what moved it, what to do next, and how good the forecasts were."""

from custvalue.tracking.accuracy import forecast_accuracy
from custvalue.tracking.bias import forecast_bias
from custvalue.tracking.coverage import coverage, velocity
from custvalue.tracking.distribution import RevenueDistribution, revenue_distribution
from custvalue.tracking.distribution_accuracy import DistributionAccuracy, distribution_accuracy
from custvalue.tracking.entries import StageEntries, stage_entries
from custvalue.tracking.expected import expected_revenue, pipeline_by_stage
from custvalue.tracking.fan import revenue_fan
from custvalue.tracking.followup import follow_up
from custvalue.tracking.forecast_categories import forecast_categories
from custvalue.tracking.influence import DealInfluence, deal_influence
from custvalue.tracking.interval_accuracy import interval_accuracy
from custvalue.tracking.judged_forecasts import JudgedForecasts, judge_forecasts
from custvalue.tracking.lead_time import AccuracyByLead, accuracy_by_lead
from custvalue.tracking.movement import PipelineMovement, pipeline_movement
from custvalue.tracking.probabilities import probability_disagreement
from custvalue.tracking.probability_accuracy import ProbabilityAccuracy, probability_accuracy
from custvalue.tracking.reliability import reliability_table
from custvalue.tracking.slippage import slippage
from custvalue.tracking.stage_time import time_in_stage
from custvalue.tracking.win_rates import win_rates

__all__ = [
    "AccuracyByLead",
    "DealInfluence",
    "DistributionAccuracy",
    "JudgedForecasts",
    "PipelineMovement",
    "ProbabilityAccuracy",
    "RevenueDistribution",
    "StageEntries",
    "accuracy_by_lead",
    "coverage",
    "deal_influence",
    "distribution_accuracy",
    "expected_revenue",
    "follow_up",
    "forecast_accuracy",
    "forecast_bias",
    "forecast_categories",
    "interval_accuracy",
    "judge_forecasts",
    "pipeline_by_stage",
    "pipeline_movement",
    "probability_accuracy",
    "probability_disagreement",
    "reliability_table",
    "revenue_distribution",
    "revenue_fan",
    "slippage",
    "stage_entries",
    "time_in_stage",
    "velocity",
    "win_rates",
]
