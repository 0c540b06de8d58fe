"""What every reading of opportunities shares: outcomes, what was known on a day, and the ladder's probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import FrameCheck
from custvalue.rules.ladder import Ladder

OUTCOMES = ("won", "lost")
WON, LOST = 0, 1

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DealsAsOf:
    """Each opportunity's state on a day: exactly one of the five masks holds in every row.

    ``closed_later`` deals existed and were open on the day but have been closed since, so the frame no longer says what
    was known of them then; ``created_later`` deals did not exist yet.
    """

    won: Mask
    lost: Mask
    open: Mask
    closed_later: Mask
    created_later: Mask
    created: "pd.Series[Any]"
    closed: "pd.Series[Any]"


def deals_as_of(
    check: FrameCheck,
    as_of: pd.Timestamp,
    *,
    outcome: str = "outcome",
    created: str = "created",
    closed: str = "closed",
) -> DealsAsOf:
    """Sort opportunities by what was known on ``as_of``; columns ``created`` and ``closed`` may be absent."""
    result = check.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
    nothing = pd.Series(pd.NaT, index=check.frame.index, dtype="datetime64[ns]")
    opened = check.dates(created) if check.has(created) else nothing
    ended = check.dates(closed) if check.has(closed) else nothing
    created_later = (opened > as_of).to_numpy()
    is_closed = result >= 0
    closed_later = is_closed & (ended > as_of).to_numpy() & ~created_later
    known = ~created_later & ~closed_later
    return DealsAsOf(
        won=known & (result == WON),
        lost=known & (result == LOST),
        open=known & ~is_closed,
        closed_later=closed_later,
        created_later=created_later,
        created=opened,
        closed=ended,
    )


def ladder_probability(check: FrameCheck, stage: str, ladder: Ladder, *, needed: Mask) -> NDArray[np.float64]:
    """Return the ladder's chance of ever winning for the rows where it is needed, NaN elsewhere."""
    codes = ladder_codes(check, stage, ladder, needed=needed)
    chances = np.array([*ladder.probabilities, np.nan])[codes]
    return np.where(needed, chances, np.nan)


def ladder_codes(check: FrameCheck, stage: str, ladder: Ladder, *, needed: Mask) -> NDArray[np.int64]:
    """Return each row's step on the ladder; a row where it is needed must have one, elsewhere -1 will do."""
    return check.choices(
        stage, ladder.names, needed=needed, remedy="Map the names with a mapping file, or pass a ladder that has them."
    )


def group_columns(check: FrameCheck, by: str | Sequence[str]) -> list[str]:
    """Return the grouping columns as a list after checking that the frame has them."""
    names = [by] if isinstance(by, str) else list(by)
    for name in names:
        check.require(name, "grouping")
    return names
