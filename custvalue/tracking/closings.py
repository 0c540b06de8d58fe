"""Which deals were closed between two snapshots: by the opportunities where they say so, else by the snapshots."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.deals import Mask
from custvalue.kernels import Floats, Integers
from custvalue.rules.movement import REASONS

Days = tuple[pd.Timestamp, pd.Timestamp]


@dataclass(frozen=True, slots=True)
class Aligned:
    """The columns of one frame by deal of the pair, missing where it does not hold the deal."""

    there: Mask
    amount: Floats
    outcome: Integers
    due: "pd.Series[Any]"
    created: "pd.Series[Any]"
    closed: "pd.Series[Any]"

    @property
    def open(self) -> Mask:
        """Deals that the frame holds as open."""
        return self.there & (self.outcome < 0)

    @property
    def ended(self) -> Mask:
        """Deals that the frame holds as won or lost."""
        return self.there & (self.outcome >= 0)


@dataclass(frozen=True, slots=True)
class Closings:
    """What was open on each day, and what was closed between the two.

    ``between`` deals have an ``outcome`` of the window; ``unclear`` ones were open and are not any more, but nothing
    says that they were closed by then. ``amount`` is that at the close. ``deal`` and ``reason`` list what was set
    apart: one entry for each deal and reason.
    """

    open_before: Mask
    open_after: Mask
    between: Mask
    unclear: Mask
    outcome: Integers
    day: "pd.Series[Any]"
    amount: Floats
    deal: Integers
    reason: Integers


def closings(before: Aligned, after: Aligned, later: Aligned | None, was: Any, now: Any) -> Closings:
    """Tell closings of the window from others; ``was`` and ``now`` are the snapshots' days, None where not known."""
    if later is None:
        later = _nothing(before)
    # What is on record with a day goes before what a snapshot says: it may have been behind, or ahead.
    on_record = later.ended & later.closed.notna().to_numpy()
    by_start, by_end = on_record & _by(later.closed, was), on_record & _by(later.closed, now)
    stale_before, stale_after = before.open & by_start, after.open & by_end
    inside, not_yet = by_end & ~by_start, on_record & ~by_end
    open_before, open_after = before.open & ~stale_before, after.open & ~stale_after

    day = later.closed.where(on_record, after.closed.where(after.ended))
    first_seen = after.ended & ~on_record & ~before.there
    known, untold = _first_seen_between(first_seen, before, after, later, day, was)
    between = inside | (after.ended & ~on_record & open_before) | known
    undated = later.ended & ~on_record & ~after.there & ~before.ended
    unclear = open_before & ((after.ended & not_yet) | undated)
    untold |= undated

    amount = np.where(inside & ~np.isnan(later.amount), later.amount, np.where(after.ended, after.amount, np.nan))
    reasons = {
        "close_day_unknown": untold,
        "stale_before": stale_before,
        "stale_after": stale_after,
        "ahead_before": before.ended & inside,
        "ahead_after": after.ended & not_yet,
    }
    rows = [np.flatnonzero(reasons[name]) for name in REASONS]
    return Closings(
        open_before=open_before,
        open_after=open_after,
        between=between,
        unclear=unclear,
        outcome=np.where(later.ended & ~(after.ended & ~on_record), later.outcome, after.outcome),
        day=day,
        amount=np.where(between, amount, np.nan),
        deal=np.concatenate(rows),
        reason=np.repeat(np.arange(len(REASONS)), [row.size for row in rows]),
    )


def created_of(before: Aligned, after: Aligned, later: Aligned | None) -> "pd.Series[Any]":
    """Return when each deal was created, by the first frame that says."""
    known = after.created if later is None else after.created.fillna(later.created)
    return known.fillna(before.created)


def _first_seen_between(
    first_seen: Mask, before: Aligned, after: Aligned, later: Aligned, day: "pd.Series[Any]", was: Any
) -> tuple[Mask, Mask]:
    """Say which deals that only the second snapshot holds, as closed, were closed between, and of which none knows."""
    # A first snapshot that holds closed deals would have held these, had they been closed then.
    holds_closed = bool(before.ended.any())
    if was is None:
        known = first_seen & holds_closed
        return known, first_seen & ~known
    dated = day.notna().to_numpy()
    created = created_of(before, after, later)
    already_there = (created <= was).to_numpy()
    known = np.where(dated, (day > was).to_numpy(), ((created > was).to_numpy() | holds_closed) & ~already_there)
    # What was there on the first day and not open on it was closed before, if that snapshot holds open deals only.
    untold = ~dated & ~known & ~(already_there & (not holds_closed))
    return first_seen & known, first_seen & untold


def _by(days: "pd.Series[Any]", day: Any) -> Mask:
    """Say which days are a day or before it; none is where it is not known."""
    return np.zeros(len(days), dtype=bool) if day is None else (days <= day).to_numpy()


def _nothing(like: Aligned) -> Aligned:
    """Return what a table without a row knows of the same deals."""
    n = like.there.size
    none = pd.Series(pd.NaT, index=range(n), dtype="datetime64[ns]")
    return Aligned(np.zeros(n, dtype=bool), np.full(n, np.nan), np.full(n, -1), none, none, none)
