"""The prospects whose outcome is known, as arrays: what every question about evidence starts from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck
from custvalue.frames.deals import LOST, OUTCOMES, WON
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.scores import criterion_points

Mask = NDArray[np.bool_]

# More would take hours, and tell nothing more.
MAX_DRAWS = 1_000_000
MAX_FOLDS = 1_000
GREATEST_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class KnownOutcomes:
    """Every row's points and outcome, and which rows are counted.

    ``points`` is row × criterion, NaN where missing. ``repeated`` marks rows that equal an earlier one in every column;
    ``dropped`` those of them that were asked to be left out.
    """

    points: kernels.Floats
    won: Mask
    lost: Mask
    repeated: Mask
    dropped: Mask

    @property
    def closed(self) -> Mask:
        """Rows with an outcome that are counted."""
        return (self.won | self.lost) & ~self.dropped

    @property
    def open(self) -> Mask:
        """Rows without an outcome yet that are counted."""
        return ~(self.won | self.lost) & ~self.dropped

    @property
    def answered(self) -> Mask:
        """Counted rows with an outcome and an answer to every criterion."""
        return self.closed & ~np.isnan(self.points).any(axis=1)


def known_outcomes(check: FrameCheck, outcome: str, scorecard: Scorecard, *, drop_duplicates: bool) -> KnownOutcomes:
    """Read outcomes and points; failures are noted in ``check``."""
    check_yes_or_no("drop_duplicates", drop_duplicates)
    won, lost = outcomes(check, outcome)
    points = [criterion_points(check, criterion) for criterion in scorecard.criteria]
    repeated = repeated_rows(check.frame)
    return KnownOutcomes(
        points=np.column_stack(points) if points else np.zeros((len(check.frame), 0)),
        won=won,
        lost=lost,
        repeated=repeated,
        dropped=repeated & drop_duplicates,
    )


def outcomes(check: FrameCheck, outcome: str) -> tuple[Mask, Mask]:
    """Return which rows were won and which lost; the others are open."""
    if check.has(outcome) and can_be_written_only(check.frame[outcome]):
        check.fail(
            "an outcome must be 'won' or 'lost'", "lists or the like", "Write one text each.", f"column {outcome!r}"
        )
        return np.zeros(len(check.frame), dtype=bool), np.zeros(len(check.frame), dtype=bool)
    codes = check.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
    return codes == WON, codes == LOST


def repeated_rows(frame: pd.DataFrame) -> Mask:
    """Return which rows equal an earlier one in every column; lists and the like are compared as written."""
    try:
        found: Mask = frame.duplicated().to_numpy()
    except TypeError:  # a column holds what cannot be looked up
        found = (
            pd.concat([_as_written(frame.iloc[:, k]) for k in range(frame.shape[1])], axis=1).duplicated().to_numpy()
        )
    return found


def _as_written(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return column.map(repr) if can_be_written_only(column) else column


def can_be_written_only(column: "pd.Series[Any]") -> bool:
    """Say whether a column holds values that cannot be looked up, such as lists."""
    if column.dtype != object:
        return False
    try:
        pd.factorize(column)
    except TypeError:
        return True
    return False


def profiles(points: kernels.Floats) -> tuple[kernels.Floats, NDArray[np.int64]]:
    """Return the distinct rows of points, and each row's place among them."""
    if not points.shape[1]:
        return points[:1], np.zeros(points.shape[0], dtype=np.int64)
    frame: pd.DataFrame = pd.DataFrame(points)
    place: NDArray[np.int64] = (
        frame.groupby(list(frame.columns), sort=True, dropna=False).ngroup().to_numpy().astype(np.int64)
    )
    first = np.unique(place, return_index=True)[1]
    return points[first], place


def check_between(name: str, value: object, low: float, high: float, example: str) -> None:
    """Refuse a number outside an open interval."""
    if not is_number(value) or not low < value < high:  # type: ignore[operator]
        raise refusal(f"{name} must lie between {low:g} and {high:g}", value, example)


def check_whole(name: str, value: Any, least: int, example: str, *, most: int | None = None) -> None:
    """Refuse what is no whole number of at least ``least``, and of ``most`` at most."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise refusal(f"{name} must be a whole number of {least} or more", repr(value), example)
    if most is not None and value > most:
        raise refusal(f"{name} must be {most:,} or less", f"{value:,}", example)


def check_yes_or_no(name: str, value: object) -> None:
    """Refuse what is neither True nor False: a text such as "no" would count as yes."""
    if not isinstance(value, bool | np.bool_):
        raise refusal(f"{name} must be True or False", repr(value), "The default is False.")


def check_seed(value: Any) -> None:
    """Refuse what numpy's generator takes badly, or takes as leave to draw differently each time."""
    check_whole("seed", value, 0, "Any will do: the same seed gives the same answer.")
