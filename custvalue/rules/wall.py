"""The wall: how firmly a customer relationship is fenced against competitors."""

from dataclasses import dataclass

from custvalue.rules.labels import Label
from custvalue.rules.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class WallAction:
    """A first action that raises one row of the wall."""

    criterion: str
    label: Label


@dataclass(frozen=True, slots=True, repr=False)
class Wall:
    """A scorecard rated twice, today and for the tomorrow aimed at, with an action for the difference."""

    scorecard: Scorecard
    actions: tuple[WallAction, ...]
    source: str
    note: str = ""

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"Wall({self.scorecard!r}, {len(self.actions)} actions)"
