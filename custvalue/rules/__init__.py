"""The playbook as data: every threshold, percentage and weight, with its source and both labels. No pandas here."""

from custvalue.rules import playbook
from custvalue.rules.bands import Bands
from custvalue.rules.effort import Activity, HunterFarmer, SellingYear, TraitPair
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label
from custvalue.rules.ladder import Attitude, Attitudes, Ladder, PriorityCard, PriorityGrid, Stage
from custvalue.rules.scorecard import Criterion, Level, Scorecard
from custvalue.rules.wall import Wall, WallAction

__all__ = [
    "AccountGrid",
    "Activity",
    "Attitude",
    "Attitudes",
    "Bands",
    "Criterion",
    "HunterFarmer",
    "Label",
    "Ladder",
    "Level",
    "PriorityCard",
    "PriorityGrid",
    "Scorecard",
    "SellingYear",
    "Stage",
    "TraitPair",
    "Wall",
    "WallAction",
    "playbook",
]
