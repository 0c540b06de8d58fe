"""Two snapshots of the same deals, side by side: where each deal stood before, where it stands after."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import FrameCheck
from custvalue.frames.deals import LOST, OUTCOMES, WON, Mask, group_columns
from custvalue.kernels import Floats, Integers
from custvalue.kernels.exact import exact_grid, on_grid
from custvalue.rules.errors import raise_all
from custvalue.tracking.arguments import MOST_MONEY
from custvalue.tracking.names import unlike

NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Side:
    """The state of every deal of a pair in one of its snapshots; masks are false where the deal is not in it.

    ``member`` deals make up the pipeline asked for: open, priced, and due in the period where one is given. ``later``
    deals are due after the period.
    """

    is_open: Mask
    priced: Mask
    scheduled: Mask
    later: Mask
    overdue: Mask
    member: Mask
    group: Integers
    amount: Floats
    due: "pd.Series[Any]"


@dataclass(frozen=True, slots=True)
class Pair:
    """All deals of two snapshots, aligned; money on one exact grid."""

    names: "pd.Index[Any]"
    keys: pd.DataFrame
    before: Side
    after: Side
    won: Mask
    lost: Mask
    final: Floats
    closed: "pd.Series[Any]"
    closed_group: Integers
    existed: Mask
    days: tuple[pd.Timestamp, pd.Timestamp] | None


@dataclass(frozen=True, slots=True)
class _Table:
    """One checked frame."""

    frame: pd.DataFrame
    ids: "pd.Series[Any]"
    amounts: Floats
    outcome: NDArray[np.int64]
    has_outcome: bool
    due: "pd.Series[Any]"
    created: "pd.Series[Any]"
    closed: "pd.Series[Any]"
    day: pd.Timestamp | None


def read_pair(
    caller: str,
    before: pd.DataFrame,
    after: pd.DataFrame,
    opportunities: pd.DataFrame | None,
    *,
    groups: Sequence[str],
    days: tuple[pd.Timestamp, pd.Timestamp] | None,
    period: pd.Period | None,
    taken: Sequence[str],
    opportunity: str,
    snapshot: str,
    **columns: str,
) -> Pair:
    """Check the frames, all failures at once, and align their deals."""
    named = {"before": before, "after": after}
    if opportunities is not None:
        named["opportunities"] = opportunities
    checks = {name: FrameCheck(frame, caller) for name, frame in named.items()}
    said = dict(zip(named, days or (), strict=False))
    tables = {
        name: _read(
            check,
            opportunity,
            snapshot,
            columns,
            day=said.get(name),
            later=name == "opportunities",
            scheduled=period is not None,
        )
        for name, check in checks.items()
    }
    _check_together(checks, tables, groups, taken, opportunity)
    raise_all(caller, [f"{name}: {text}" for name, check in checks.items() for text in check.failures])
    return _align(tables, list(groups), period, opportunity)


def _read(
    check: FrameCheck,
    opportunity: str,
    snapshot: str,
    columns: dict[str, str],
    *,
    day: pd.Timestamp | None,
    later: bool,
    scheduled: bool,
) -> _Table:
    """Check one frame; ``later`` is the table of opportunities, which need not say when deals are due."""
    frame = check.frame
    nothing = pd.Series(range(len(frame)), index=frame.index)
    ids = frame[opportunity] if check.require(opportunity, "which deal it is") else nothing
    check.fail_rows("opportunity must not be missing", opportunity, ids.isna().to_numpy(), "Name the deal.")
    repeated = (ids.duplicated() & ids.notna()).to_numpy()
    check.fail_rows("an opportunity may occur once", opportunity, repeated, "Choose one snapshot day, or drop copies.")
    amounts = check.numbers(columns["amount"], low=0, high=MOST_MONEY, purpose="what the deal is worth")
    outcome = columns["outcome"]
    has_outcome = check.may_use(outcome, usual="" if later else "outcome")
    result = (
        check.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
        if has_outcome
        else np.full(len(frame), NOWHERE)
    )
    expected = columns["expected_close"]
    use_due = not later and (check.require(expected, "when it is due") if scheduled else check.has(expected))
    none = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    check.one_currency()
    days = none if later else check.optional_dates(snapshot, usual="snapshot")
    distinct = days.dropna().drop_duplicates()
    if len(distinct) > 1:
        check.fail(
            "a frame must hold one snapshot day", f"{len(distinct)} days", "Choose the rows of one day.", snapshot
        )
    taken = distinct.iloc[0] if len(distinct) == 1 else day
    if day is not None and taken is not None and taken != day:
        check.fail("days must be those of the snapshots", f"{day:%Y-%m-%d}", f"The frame says {taken:%Y-%m-%d}.")
    return _Table(
        frame=frame,
        ids=ids,
        amounts=amounts,
        outcome=result,
        has_outcome=has_outcome,
        due=check.dates(expected) if use_due else none,
        created=check.optional_dates(columns["created"], usual="created") if check.has(columns["created"]) else none,
        closed=check.optional_dates(columns["closed"], usual="closed") if check.has(columns["closed"]) else none,
        day=taken,
    )


def _check_together(
    checks: dict[str, FrameCheck],
    tables: dict[str, _Table],
    groups: Sequence[str],
    taken: Sequence[str],
    opportunity: str,
) -> None:
    """Note what is wrong with the frames as a set."""
    lent = tables["opportunities"].frame.columns if "opportunities" in tables else ()
    for name in ("before", "after"):
        group_columns(checks[name], [group for group in groups if group not in lent], results=taken)
    start, end = tables["before"].day, tables["after"].day
    if start is not None and end is not None and not start < end:
        checks["before"].fail(
            "before must be taken before after", f"{start:%Y-%m-%d} and {end:%Y-%m-%d}", "Swap or choose other days."
        )
    if "opportunities" in tables:
        for name in ("before", "after"):
            if tables[name].day is None:
                checks[name].fail(
                    "with opportunities, a snapshot must say its day",
                    "no day",
                    "Pass days=, or add a column of the day it was taken.",
                )
    if all(opportunity in table.frame for table in tables.values()):
        checks["before"].failures += unlike({name: table.ids for name, table in tables.items()}, opportunity)


def _align(tables: dict[str, _Table], groups: list[str], period: pd.Period | None, opportunity: str) -> Pair:
    was, now = tables["before"], tables["after"]
    others = _useful(tables)
    read = [was, now, *([others] if others is not None else [])]
    filled = [table for table in read if len(table.frame)] or [was]
    codes, names = pd.factorize(pd.concat([table.ids for table in filled], ignore_index=True))
    n = len(names)
    ends = np.cumsum([0, *(len(table.frame) for table in filled)])
    parts = [codes[a:b] for a, b in pairwise(ends)]
    places = []
    for table in read:
        place = np.full(n, NOWHERE)
        part = next((part for kept, part in zip(filled, parts, strict=True) if kept is table), None)
        if part is not None:
            place[part] = np.arange(part.size)
        places.append(place)
    keys, group = _group_codes(read, places, groups, n)
    days = (was.day, now.day) if was.day is not None and now.day is not None else None
    both = [_Aligned(table, place) for table, place in zip(read, places, strict=True)]
    before, after = both[0], both[1]
    rest = both[2] if others is not None else None
    # Closed between: open before or not in it, and closed after.
    already = before.there & (before.outcome >= 0)
    outcome = np.where(after.there, after.outcome, rest.outcome if rest else NOWHERE)
    ended = after.closed if rest is None else after.closed.fillna(rest.closed)
    inside = before.there | _between(ended, was, now)
    closed = (outcome >= 0) & ~already & inside
    amounts = np.where(after.there, after.amount, rest.amount if rest else np.nan)
    final = np.where(closed, amounts, np.nan)
    known = [np.nan_to_num(values) for values in (before.amount, after.amount, final)]
    grid = exact_grid(float(sum(values.sum() for values in known)))
    created = after.created if rest is None else after.created.fillna(rest.created)
    created = created.fillna(before.created)
    existed = already if was.day is None else already | (created < was.day).to_numpy()
    last_group = np.where(after.there, group[1], group[2] if rest else NOWHERE)
    return Pair(
        names=pd.Index(names),
        keys=keys,
        before=_side(before, group[0], period, grid),
        after=_side(after, group[1], period, grid),
        won=closed & (outcome == WON),
        lost=closed & (outcome == LOST),
        final=on_grid(final, grid),
        closed=ended.where(closed),
        closed_group=np.where(last_group >= 0, last_group, group[0]),
        existed=existed,
        days=days,
    )


def _between(ended: "pd.Series[Any]", was: _Table, now: _Table) -> Mask:
    """Say which deals outside the first snapshot were closed between the two."""
    if was.day is None:
        # A first snapshot that holds closed deals would have held these, had they been closed then.
        return np.full(len(ended), was.has_outcome)
    late = ended > now.day if now.day is not None else pd.Series(data=False, index=ended.index)
    dated = ((ended > was.day) & ~late).to_numpy()
    return dated | (ended.isna().to_numpy() & was.has_outcome)


def _useful(tables: dict[str, _Table]) -> _Table | None:
    """Return the opportunities that a snapshot holds, or that were closed between the two; nothing of a later day."""
    if "opportunities" not in tables:
        return None
    was, now, table = tables["before"], tables["after"], tables["opportunities"]
    seen = table.ids.isin(was.ids) | table.ids.isin(now.ids)
    is_closed = table.outcome >= 0
    late = table.closed > now.day if now.day is not None else pd.Series(data=False, index=table.closed.index)
    by_then = is_closed & ~late.to_numpy()
    inside = by_then & (table.closed > was.day).to_numpy() if was.day is not None else np.zeros(len(late), dtype=bool)
    rows = np.flatnonzero(seen.to_numpy() | inside)
    return _Table(
        frame=table.frame.iloc[rows],
        ids=table.ids.iloc[rows],
        amounts=table.amounts[rows],
        outcome=np.where(by_then, table.outcome, NOWHERE)[rows],
        has_outcome=True,
        due=table.due.iloc[rows],
        created=table.created.iloc[rows],
        closed=table.closed.iloc[rows],
        day=None,
    )


class _Aligned:
    """The columns of one table by deal of the pair, missing where it does not hold the deal."""

    def __init__(self, table: _Table, place: Integers) -> None:
        self.there: Mask = place >= 0
        self.day = table.day
        self.amount = np.append(table.amounts, np.nan)[place]
        self.outcome = np.append(table.outcome, NOWHERE)[place]
        self.due = _dates_at(table.due, place)
        self.created = _dates_at(table.created, place)
        self.closed = _dates_at(table.closed, place)


def _dates_at(dates: "pd.Series[Any]", place: Integers) -> "pd.Series[Any]":
    return pd.Series(dates.array.take(place, allow_fill=True), index=range(place.size))


def _side(aligned: _Aligned, group: Integers, period: pd.Period | None, grid: float) -> Side:
    is_open = aligned.there & (aligned.outcome < 0)
    priced = ~np.isnan(aligned.amount)
    scheduled = np.ones(is_open.size, dtype=bool)
    inside, later = scheduled, ~scheduled
    if period is not None:
        scheduled = aligned.due.notna().to_numpy()
        later = (aligned.due > period.end_time).to_numpy()
        inside = scheduled & ~later & (aligned.due >= period.start_time).to_numpy()
    overdue = later & False if aligned.day is None else (aligned.due < aligned.day).to_numpy()
    return Side(
        is_open=is_open,
        priced=priced,
        scheduled=scheduled,
        later=later,
        overdue=overdue,
        member=is_open & priced & inside,
        group=group,
        amount=on_grid(aligned.amount, grid),
        due=aligned.due,
    )


def _group_codes(
    tables: list[_Table], places: list[Integers], groups: list[str], n: int
) -> tuple[pd.DataFrame, list[Integers]]:
    """Return the groups, sorted, and each deal's group in each table; a column a snapshot lacks is lent by the last."""
    if not groups:
        return pd.DataFrame(index=range(1)), [np.where(place >= 0, 0, NOWHERE) for place in places]
    keys = [_keys_of(table, place, groups, tables[-1], places[-1]) for table, place in zip(tables, places, strict=True)]
    filled = [key for key in keys if len(key)] or keys[:1]
    stacked = pd.concat(filled, ignore_index=True)
    grouped = stacked.groupby(groups, observed=True, dropna=False, sort=True)
    number = grouped.ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    codes, start = [], 0
    for table, place in zip(tables, places, strict=True):
        here = np.append(number[start : start + len(table.frame)], NOWHERE)
        start += len(table.frame)
        codes.append(here[np.where(place >= 0, place, here.size - 1)])
    return stacked.iloc[first].reset_index(drop=True), codes


def _keys_of(table: _Table, place: Integers, groups: list[str], lender: _Table, lender_place: Integers) -> pd.DataFrame:
    """Return a table's group columns in its own row order."""
    deal = np.full(len(table.frame), NOWHERE)
    there = np.flatnonzero(place >= 0)
    deal[place[there]] = there
    columns = {}
    for group in groups:
        if group in table.frame:
            columns[group] = table.frame[group].array
        elif group in lender.frame:
            columns[group] = lender.frame[group].array.take(lender_place[deal], allow_fill=True)
        else:
            columns[group] = pd.Series(pd.NA, index=range(len(table.frame)), dtype="str").array
    return pd.DataFrame(columns, index=range(len(table.frame)))
