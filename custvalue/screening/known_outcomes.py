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
    codes = check.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
    return codes == WON, codes == LOST


def repeated_rows(frame: pd.DataFrame) -> Mask:
    """Return which rows equal an earlier one in every column."""
    found: Mask = frame.duplicated().to_numpy()
    return found


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


def check_whole(name: str, value: Any, least: int, example: str) -> None:
    """Refuse what is no whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise refusal(f"{name} must be a whole number of {least} or more", repr(value), example)


def check_seed(value: Any) -> None:
    """Refuse what numpy's generator takes badly, or takes as leave to draw differently each time."""
    check_whole("seed", value, 0, "Any will do: the same seed gives the same answer.")
