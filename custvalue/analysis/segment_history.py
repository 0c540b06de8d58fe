"""Segments over many quarters as account × quarter, and the spells that accounts spend in a class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.periods import parse_period
from custvalue.kernels import moves as move
from custvalue.rules.grid import AccountGrid

GAPS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """Every account in every quarter: its segment's code (k unplaced, k + 1 not in the list) and revenue."""

    periods: list[str]
    states: NDArray[np.int16]
    revenue: kernels.Floats
    grid: AccountGrid

    @property
    def k(self) -> int:
        """How many segments there are."""
        return len(self.grid.segments)

    def counts(self, quarter: int) -> kernels.Integers:
        """Return the moves from one quarter to the next, those from and to "not in the list" included."""
        size = self.k + 2
        return move.move_counts(self.states[:, quarter], self.states[:, quarter + 1], size, size)


def read_panel(history: Any, columns: tuple[str, str, str, str], grid: AccountGrid, freq: str) -> Panel:
    """Return the history as account × quarter."""
    account, segment, period, revenue = columns
    frame = to_pandas(history)
    check = FrameCheck(frame, "segment_mobility")
    check.rule("grid", grid, AccountGrid)
    k = len(grid.segments)
    found = check.choices(segment, grid.segments, purpose="run segment_accounts first")
    amounts = check.optional_numbers(revenue, usual="revenue")
    check.require(account, "what is followed from quarter to quarter")
    check.require(period, "the quarter of each row")
    check.one_currency()
    check.done()
    rows, names = pd.factorize(frame[account])
    places, labels = pd.factorize(frame[period])
    check.fail_rows("an account must have a name", account, rows < 0, "Name it or leave the row out.")
    check.fail_rows("a row must have a period", period, places < 0, "Give the quarter or leave the row out.")
    check.done()
    ordinals = np.array([parse_period(str(label), freq).ordinal for label in labels], dtype=np.int64)
    first, last = (int(ordinals.min()), int(ordinals.max())) if ordinals.size else (0, -1)
    n_periods = last - first + 1
    if n_periods != len(labels):
        absent = sorted(set(range(first, last + 1)) - set(ordinals.tolist()))
        listed = ", ".join(str(pd.Period(ordinal=ordinal, freq=freq)) for ordinal in absent[:GAPS_NAMED])
        check.fail(
            "quarters must follow each other without a gap",
            f"nothing in {listed}",
            "Add them, or read the parts before and after on their own.",
            f"column {period!r}",
        )
        check.done()
    quarter = (ordinals - first)[places] if ordinals.size else places
    seen = np.bincount(rows * max(n_periods, 1) + quarter, minlength=1)
    if seen.max(initial=0) > 1:
        repeated = frame.duplicated([account, period]).to_numpy()
        check.fail_rows("an account may occur once in a quarter", account, repeated, "Add its rows up first.")
        check.done()
    states = np.full((len(names), n_periods), k + 1, dtype=np.int16)
    states[rows, quarter] = np.where(found < 0, k, found)
    money = np.full(states.shape, np.nan)
    money[rows, quarter] = amounts
    return Panel([str(pd.Period(ordinal=o, freq=freq)) for o in range(first, last + 1)], states, money, grid)


def spells_of(classes: NDArray[np.int16], *, known: bool) -> tuple[kernels.Floats, NDArray[np.bool_]]:
    """Return for every spell how many moves it was watched for, and whether the last of them ended it.

    ``classes`` is account × quarter: -1 where unplaced, -2 where not in the list. A spell whose start was seen begins
    with a change of class or with the account's coming into the list; the others were under way in the first quarter,
    or began behind a quarter without a class and belong to neither clock.
    """
    n, n_quarters = classes.shape
    age = np.zeros(n)
    followed = np.zeros(n, dtype=bool)
    lengths, ends = [], []
    for quarter in range(n_quarters):
        now = classes[:, quarter]
        if quarter == 0:
            starts, seen = now >= 0, np.full(n, not known)
        else:
            then = classes[:, quarter - 1]
            starts = (now >= 0) & (now != then)
            seen = (then != -1) & known
        age = np.where(starts, 0.0, age)
        followed = np.where(starts, seen, followed)
        if quarter == n_quarters - 1:
            lengths.append(age[(now >= 0) & followed])
            ends.append(np.zeros(lengths[-1].size, dtype=bool))
            continue
        after = classes[:, quarter + 1]
        stays = (now >= 0) & (after == now)
        over = (now >= 0) & ~stays & followed
        changed = over & (after >= 0)
        # A spell cut short by absence was watched for the moves before it only.
        lengths.append((age + changed)[over])
        ends.append(changed[over])
        age = age + stays
    whole = np.concatenate(lengths) if lengths else np.zeros(0)
    ended = np.concatenate(ends) if ends else np.zeros(0, dtype=bool)
    watched = whole > 0
    return whole[watched], ended[watched]
