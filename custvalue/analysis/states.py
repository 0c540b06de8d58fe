"""The state of every account at the end of every period, as the rules of the lifecycle have it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.analysis.purchases import PurchaseDays, day_number
from custvalue.frames.periods import QUARTERS_PER_YEAR, periods_per_year
from custvalue.rules.lifecycle import EXISTING, LAPSED, NEW, PROSPECT, RETURNED, UNCERTAIN, LifecycleRules


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods from the start of the data to ``as_of``, and from where on a first purchase is known to be one.

    ``first_day`` and ``last_day`` of each period as day numbers, the last one cut at ``as_of``; ``lapse`` is how many
    whole periods without a purchase make a lapse, ``horizon`` the first period before which so many whole ones lie in
    the data.
    """

    labels: list[str]
    first_day: kernels.Integers
    last_day: kernels.Integers
    last_is_whole: bool
    lapse: int
    horizon: int

    def place(self, days: kernels.Integers) -> kernels.Integers:
        """Return the period each day falls in; days before the first period fall in the first."""
        found: kernels.Integers = np.maximum(np.searchsorted(self.first_day, days, side="right") - 1, 0)
        return found

    @property
    def horizon_day(self) -> int:
        """The first day from which on a first purchase is known to be one; past the end where there is none."""
        inside = self.horizon < len(self.labels)
        return int(self.first_day[self.horizon]) if inside else int(self.last_day[-1]) + 1


@dataclass(frozen=True, slots=True)
class Deals:
    """Opportunities with a known start: account, day created, and the day lost (past the end where not lost)."""

    code: kernels.Integers
    created: kernels.Integers
    lost: kernels.Integers


@dataclass(frozen=True, slots=True)
class States:
    """One entry per account and period, sorted by both: state code (-1: none), and whether history is cut off."""

    code: kernels.Integers
    period: kernels.Integers
    state: kernels.Codes
    left_truncated: NDArray[np.bool_]
    offset: kernels.Integers
    begin: kernels.Integers

    def row(self, code: kernels.Integers, period: kernels.Integers) -> kernels.Integers:
        """Return the row of an account and period."""
        return self.offset[code] + period - self.begin[code]


def calendar(start: pd.Timestamp, as_of: pd.Timestamp, freq: str, rules: LifecycleRules) -> Calendar:
    """Return the periods from the one that contains ``start`` to the one that contains ``as_of``."""
    periods = pd.period_range(start.to_period(freq), as_of.to_period(freq), freq=freq)
    first, last = (_day_numbers(dates) for dates in (periods.start_time, periods.end_time))
    lapse = rules.lapsed_quarters * periods_per_year(freq) // QUARTERS_PER_YEAR
    whole_start = int(day_number(start) > first[0])
    today = day_number(as_of)
    return Calendar(
        labels=[str(period) for period in periods],
        first_day=first,
        last_day=np.minimum(last, today),
        last_is_whole=bool(last[-1] == today),
        lapse=lapse,
        horizon=whole_start + lapse,
    )


def _day_numbers(dates: Any) -> kernels.Integers:
    days: kernels.Integers = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


def add_months(days: kernels.Integers, months: int) -> kernels.Integers:
    """Return the same day of the month so many months later, the month's last day where it has no such day.

    >>> day = np.array([day_number(pd.Timestamp("2024-02-29"))])
    >>> int(add_months(day, 12)[0] - day[0])  # 28 February 2025
    365
    """
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    place = (dates - month.astype("datetime64[D]")).astype(np.int64)
    target = month + months
    first = target.astype("datetime64[D]").astype(np.int64)
    length = (target + 1).astype("datetime64[D]").astype(np.int64) - first
    later: kernels.Integers = first + np.minimum(place, length - 1)
    return later


def comebacks(days: PurchaseDays, when: Calendar) -> NDArray[np.bool_]:
    """Say of each purchase day whether the account had lapsed before it: enough whole periods without a purchase."""
    back = np.zeros(days.code.size, dtype=bool)
    period = when.place(days.day)
    back[1:] = (days.code[1:] == days.code[:-1]) & (np.diff(period) > when.lapse)
    return back


def states(
    days: PurchaseDays, deals: Deals, first_line: kernels.Integers, when: Calendar, rules: LifecycleRules
) -> States:
    """Return each account's state at the end of each period, from its first line or opportunity on.

    ``first_line`` is the day of each account's first sales line, past the end where it has none.
    """
    n = days.n.size
    first_seen = first_line.copy()
    np.minimum.at(first_seen, deals.code, deals.created)
    begin = np.where(first_seen > when.last_day[-1], len(when.labels), when.place(first_seen))
    count = len(when.labels) - begin
    offset = np.cumsum(count) - count
    code = np.repeat(np.arange(n), count)
    period = np.arange(code.size) - offset[code] + begin[code]
    end = when.last_day[period]

    # Everything is looked up among sorted (account, day) keys: the last purchase and the last comeback up to the end.
    low = min((int(array.min()) for array in (days.day, deals.created, when.first_day) if array.size), default=0)
    span = int(when.last_day[-1]) - low + 2
    keys = days.code * span + (days.day - low)
    place = np.searchsorted(keys, code * span + (end - low), side="right") - 1
    bought = place >= days.start[code]
    bought &= days.n[code] > 0
    back = np.maximum.accumulate(np.where(comebacks(days, when), np.arange(days.code.size), -1)) if keys.size else keys
    at = np.where(bought, place, 0)
    day = days.day if keys.size else np.zeros(1, dtype=np.int64)
    last_period = when.place(day)[at]
    back_at = back[at] if keys.size else np.full(at.size, -1)
    returned = bought & (back_at >= days.start[code])
    first = day[np.where(bought, days.start[code], 0)]
    whole = period - ((period == len(when.labels) - 1) & (not when.last_is_whole))
    uncertain = when.place(first) < when.horizon

    n_created = _count_up_to(deals.code, deals.created, code, end, low, span)
    n_lost = _count_up_to(deals.code, deals.lost, code, end, low, span)
    is_new = end < add_months(first, rules.new_months)
    state = np.select(
        [
            ~bought & (n_created > n_lost),
            ~bought,
            whole - last_period >= when.lapse,
            returned & (end < add_months(day[np.maximum(back_at, 0)], rules.returned_months)),
            is_new & uncertain & ~returned,
            is_new & ~returned,
        ],
        [PROSPECT, kernels.MISSING_CODE, LAPSED, RETURNED, UNCERTAIN, NEW],
        default=EXISTING,
    ).astype(np.int8)
    cut_off = (state == UNCERTAIN) | ((state == PROSPECT) & (period < when.horizon))
    return States(code, period, state, cut_off, offset, begin)


def _count_up_to(
    code: kernels.Integers,
    day: kernels.Integers,
    row_code: kernels.Integers,
    row_day: kernels.Integers,
    low: int,
    span: int,
) -> kernels.Integers:
    """Return how many of an account's events lie on or before each row's day."""
    kept = day - low < span - 1
    keys = np.sort(code[kept] * span + (day[kept] - low))
    upto = np.searchsorted(keys, row_code * span + (row_day - low), side="right")
    return upto - np.searchsorted(keys, row_code * span, side="left")
