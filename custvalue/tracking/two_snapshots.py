"""Two snapshots of the same deals, side by side: where each deal stood before, where it stands after."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from custvalue.tracking.closings import Aligned, closings, created_of
from custvalue.tracking.names import several_currencies, unlike

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
    """All deals of two snapshots, aligned; money on one exact grid.

    ``set_apart`` and ``reason`` list deals with what speaks against following a snapshot; ``worth`` is the last amount.
    """

    names: "pd.Index[Any]"
    keys: pd.DataFrame
    before: Side
    after: Side
    won: Mask
    lost: Mask
    unclear: Mask
    outcome: Integers
    final: Floats
    closed: "pd.Series[Any]"
    closed_group: Integers
    existed: Mask
    set_apart: Integers
    reason: Integers
    worth: Floats
    days: tuple[pd.Timestamp, pd.Timestamp] | None


@dataclass(frozen=True, slots=True)
class _Table:
    """One checked frame."""

    frame: pd.DataFrame
    ids: "pd.Series[Any]"
    amounts: Floats
    outcome: NDArray[np.int64]
    due: "pd.Series[Any]"
    created: "pd.Series[Any]"
    closed: "pd.Series[Any]"
    day: pd.Timestamp | None

    def take(self, rows: Integers) -> "_Table":
        """Return some rows."""
        series = {name: getattr(self, name).iloc[rows] for name in ("frame", "ids", "due", "created", "closed")}
        return replace(self, amounts=self.amounts[rows], outcome=self.outcome[rows], **series)


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
    frames = {name: table.frame for name, table in tables.items()}
    for group in groups:
        named = {name: frame[group] for name, frame in frames.items() if checks[name].has(group)}
        checks["before"].failures += unlike({name: s for name, s in named.items() if s.notna().any()}, group)
    checks["before"].failures += several_currencies(frames)


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
    keys, group = _group_codes(read, places, groups, _known_by(tables, groups))
    sides = [_aligned(table, place) for table, place in zip(read, places, strict=True)]
    before, after = sides[0], sides[1]
    rest = sides[2] if others is not None else None
    found = closings(before, after, rest, was.day, now.day)
    known = [np.nan_to_num(values) for values in (before.amount, after.amount, found.amount)]
    grid = exact_grid(float(sum(values.sum() for values in known)))
    created = created_of(before, after, rest)
    existed = before.ended if was.day is None else before.ended | (created < was.day).to_numpy()
    # Whose deal it was at its close: as the opportunities have it now only where neither snapshot says.
    last_group = np.where(after.there, group[1], np.where(before.there, group[0], group[2] if rest else NOWHERE))
    worth = [found.amount, *(side.amount for side in reversed(sides))]
    return Pair(
        names=pd.Index(names),
        keys=keys,
        before=_side(before, found.open_before, group[0], period, grid, was.day),
        after=_side(after, found.open_after, group[1], period, grid, now.day),
        won=found.between & (found.outcome == WON),
        lost=found.between & (found.outcome == LOST),
        unclear=found.unclear,
        outcome=found.outcome,
        final=on_grid(found.amount, grid),
        closed=found.day,
        closed_group=last_group,
        existed=existed,
        set_apart=found.deal,
        reason=found.reason,
        worth=_first_known(worth),
        days=(was.day, now.day) if was.day is not None and now.day is not None else None,
    )


def _first_known(columns: Sequence[Floats]) -> Floats:
    """Return each deal's first amount that is not missing."""
    found = columns[0]
    for column in columns[1:]:
        found = np.where(np.isnan(found), column, found)
    return found


def _useful(tables: dict[str, _Table]) -> _Table | None:
    """Return the opportunities that a snapshot holds, or that were or may have been closed between the two."""
    if "opportunities" not in tables:
        return None
    was, now, table = tables["before"], tables["after"], tables["opportunities"]
    seen = (table.ids.isin(was.ids) | table.ids.isin(now.ids)).to_numpy()
    is_closed, undated = table.outcome >= 0, table.closed.isna().to_numpy()
    inside = ((table.closed > was.day) & (table.closed <= now.day)).to_numpy()
    # What was there on the first day and not open on it had been closed before.
    maybe = undated & ~((table.created <= was.day) | (table.created > now.day)).to_numpy()
    return table.take(np.flatnonzero(seen | (is_closed & (inside | maybe))))


def _known_by(tables: dict[str, _Table], groups: list[str]) -> pd.DataFrame | None:
    """Return the groups of the opportunities that are known to have been there by the day of the second snapshot."""
    if "opportunities" not in tables or not set(groups) <= set(tables["opportunities"].frame.columns):
        return None
    table, day = tables["opportunities"], tables["after"].day
    created, closed = (table.created <= day).to_numpy(), (table.closed <= day).to_numpy()
    return table.frame[groups][created | (table.created.isna().to_numpy() & closed)]


def _aligned(table: _Table, place: Integers) -> Aligned:
    return Aligned(
        there=place >= 0,
        amount=np.append(table.amounts, np.nan)[place],
        outcome=np.append(table.outcome, NOWHERE)[place],
        due=_dates_at(table.due, place),
        created=_dates_at(table.created, place),
        closed=_dates_at(table.closed, place),
    )


def _dates_at(dates: "pd.Series[Any]", place: Integers) -> "pd.Series[Any]":
    return pd.Series(dates.array.take(place, allow_fill=True), index=range(place.size))


def _side(
    aligned: Aligned, is_open: Mask, group: Integers, period: pd.Period | None, grid: float, day: pd.Timestamp | None
) -> Side:
    priced = ~np.isnan(aligned.amount)
    scheduled = np.ones(is_open.size, dtype=bool)
    inside, later = scheduled, ~scheduled
    if period is not None:
        scheduled = aligned.due.notna().to_numpy()
        later = (aligned.due > period.end_time).to_numpy()
        inside = scheduled & ~later & (aligned.due >= period.start_time).to_numpy()
    overdue = later & False if day is None else (aligned.due < day).to_numpy()
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
    tables: list[_Table], places: list[Integers], groups: list[str], others: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[Integers]]:
    """Return the groups, sorted, and each deal's group in each table; a column a snapshot lacks is lent by the last.

    ``others`` are groups that have a row though none of these deals is theirs.
    """
    if not groups:
        return pd.DataFrame(index=range(1)), [np.where(place >= 0, 0, NOWHERE) for place in places]
    keys = [_keys_of(table, place, groups, tables[-1], places[-1]) for table, place in zip(tables, places, strict=True)]
    if not set(groups) <= set(tables[-1].frame.columns):
        # What lacks a column says nothing of the group of a deal that a snapshot holds.
        alone = np.where((places[0] < 0) & (places[1] < 0), places[-1], NOWHERE)
        rows = np.sort(alone[alone >= 0])
        keys = [*keys[:-1], keys[-1].iloc[rows]]
        places = [*places[:-1], np.where(alone >= 0, np.searchsorted(rows, alone), NOWHERE)]
    everybody = keys if others is None else [*keys, others]
    filled = [key for key in everybody if len(key)] or keys[:1]
    stacked = pd.concat(filled, ignore_index=True)
    grouped = stacked.groupby(groups, observed=True, dropna=False, sort=True)
    number = grouped.ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    codes, start = [], 0
    for key, place in zip(keys, places, strict=True):
        here = np.append(number[start : start + len(key)], NOWHERE)
        start += len(key)
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
