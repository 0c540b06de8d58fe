"""What every reading of opportunities shares: outcomes, what was known on a day, and the ladder's probability."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import FrameCheck
from custvalue.rules.errors import refusal
from custvalue.rules.ladder import Ladder

OUTCOMES = ("won", "lost")
WON, LOST = 0, 1

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DealsAsOf:
    """Each opportunity's state on a day: exactly one of the five masks holds in every row.

    ``state_unknown`` deals were open on the day, but the frame holds later events: stage, amount and expected close may
    have changed since, so it does not say what was known then. ``created_later`` deals did not exist yet.
    """

    won: Mask
    lost: Mask
    open: Mask
    state_unknown: Mask
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
    """Sort opportunities by what was known on ``as_of``; the columns ``created`` and ``closed`` may be absent."""
    result = check.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
    refuse_repeated(check)
    opened = check.optional_dates(created, usual="created")
    ended = check.optional_dates(closed, usual="closed")
    is_closed = result >= 0
    begun, over, day = opened.to_numpy(), ended.to_numpy(), as_of.to_datetime64()
    if outcome in check.frame:
        check.fail_rows(
            "an open deal has no close date",
            closed,
            ~(is_closed | np.isnat(over)),
            "Give its outcome, or move the date to expected_close.",
        )
    created_later = begun > day
    closed_later = is_closed & (over > day) & ~created_later
    open_then = ~(created_later | is_closed) | closed_later
    known_then = ~(created_later | closed_later)
    taken_later = not known_then.all()
    return DealsAsOf(
        won=known_then & (result == WON),
        lost=known_then & (result == LOST),
        open=np.zeros_like(open_then) if taken_later else open_then,
        state_unknown=open_then if taken_later else np.zeros_like(open_then),
        created_later=created_later,
        created=opened,
        closed=ended,
    )


def refuse_repeated(check: FrameCheck, opportunity: str = "opportunity") -> None:
    """Note opportunities that are listed twice: each would count twice. Rows without a name are deals of their own."""
    if opportunity not in check.frame or not check.has(opportunity):
        return
    names = check.frame[opportunity]
    check.fail_rows(
        "an opportunity may occur once",
        opportunity,
        (names.duplicated() & names.notna()).to_numpy(),
        "Keep one row of each, for instance the newest; lines of an order are added up first.",
    )


def ladder_probability(check: FrameCheck, stage: str, ladder: Ladder, *, needed: Mask) -> NDArray[np.float64]:
    """Return the ladder's chance of ever winning for the rows where it is needed, NaN elsewhere."""
    codes = ladder_codes(check, stage, ladder, needed=needed)
    chances = np.array([*ladder.probabilities, np.nan])[codes]
    chances[~needed] = np.nan
    return chances


def ladder_codes(check: FrameCheck, stage: str, ladder: Ladder, *, needed: Mask) -> NDArray[np.int64]:
    """Return each row's step on the ladder; a row where it is needed must have one, elsewhere -1 will do."""
    return check.choices(
        stage, ladder.names, needed=needed, remedy="Map the names with a mapping file, or pass a ladder that has them."
    )


def group_columns(check: FrameCheck, by: str | Sequence[str], *, results: Sequence[str] = ()) -> list[str]:
    """Return the grouping columns as a list; they must be there, be distinct, and not bear a result's name."""
    if not isinstance(by, Iterable):
        raise refusal("by must name columns", repr(by), "Give a name or a list of names.")
    names = [by] if isinstance(by, str) else list(by)
    for name in names:
        check.require(name, "grouping")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        check.fail("by names each column once", repeated, "Drop the repeated names.", "by")
    taken = [name for name in names if name in results]
    if taken:
        check.fail("by must not bear the name of a result column", taken, "Rename the column first.", "by")
    return names
