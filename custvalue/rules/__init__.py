"""The playbook as data: every threshold, percentage and weight, with its source and both labels. No pandas here."""

from custvalue.rules import playbook
from custvalue.rules.agreement import AgreementLimits
from custvalue.rules.bands import Bands
from custvalue.rules.effort import Activity, HunterFarmer, SellingYear, TraitPair
from custvalue.rules.followup import FollowUpAction, FollowUpTable
from custvalue.rules.forecast_categories import ForecastCategories
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label
from custvalue.rules.ladder import Attitude, Attitudes, Ladder, PriorityCard, PriorityGrid, Stage
from custvalue.rules.lifecycle import LifecycleRules
from custvalue.rules.plays import AccountPlays, Play, SegmentPlay
from custvalue.rules.scorecard import Criterion, Level, Scorecard
from custvalue.rules.wall import Wall, WallAction
from custvalue.rules.weights import WeightCertainty, WeightLearning

__all__ = [
    "AccountGrid",
    "AccountPlays",
    "Activity",
    "AgreementLimits",
    "Attitude",
    "Attitudes",
    "Bands",
    "Criterion",
    "FollowUpAction",
    "FollowUpTable",
    "ForecastCategories",
    "HunterFarmer",
    "Label",
    "Ladder",
    "Level",
    "LifecycleRules",
    "Play",
    "PriorityCard",
    "PriorityGrid",
    "Scorecard",
    "SegmentPlay",
    "SellingYear",
    "Stage",
    "TraitPair",
    "Wall",
    "WallAction",
    "WeightCertainty",
    "WeightLearning",
    "playbook",
]
