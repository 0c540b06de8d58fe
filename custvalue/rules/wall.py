"""The wall: how firmly a customer relationship is fenced against competitors."""

from dataclasses import dataclass

from custvalue.rules.labels import Label
from custvalue.rules.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class WallAction:
    """A first action that raises one row of the wall."""

    criterion: str
    label: Label


@dataclass(frozen=True, slots=True)
class Wall:
    """A scorecard rated twice, today and for the tomorrow aimed at, with an action for the difference."""

    scorecard: Scorecard
    actions: tuple[WallAction, ...]
    source: str
    note: str = ""
