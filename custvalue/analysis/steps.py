"""The steps of a customer's life, dated: first purchase, second purchase, return; how many take them, and how soon."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.analysis.purchases import PurchaseDays
from custvalue.analysis.states import Calendar, Deals, comebacks
from custvalue.frames.nullable import ordered_classes
from custvalue.kernels.survival import kaplan_meier, time_until

STEPS = ("first_purchase", "second_purchase", "return")
YEAR = 365
HALF = 0.5


@dataclass(frozen=True, slots=True)
class _Step:
    """The cases of one step: the day it began, the day it was done (past the end where not), whether it has failed.

    A step that ``can_fail`` has a rate among the decided; of one that cannot, all that is decided is done.
    """

    begun: kernels.Integers
    done: kernels.Integers
    failed: NDArray[np.bool_]
    n_left_truncated: int
    can_fail: bool = True


def steps(days: PurchaseDays, deals: Deals, when: Calendar, level: float) -> pd.DataFrame:
    """Return one row per step: counts, rate among the decided, and Kaplan–Meier times."""
    cases = (_first_purchase(days, deals, when), _second_purchase(days, when), _return(days, when))
    rows = [_row(step, int(when.last_day[-1]), level) for step in cases]
    table = pd.DataFrame(rows)
    table.insert(0, "step", pd.Series(ordered_classes(np.arange(len(STEPS)), STEPS)))
    return table


def _first_days(days: PurchaseDays, never: int) -> kernels.Integers:
    first = np.full(days.n.size, never)
    has = days.n > 0
    first[has] = days.day[days.start[has]]
    return first


def _first_purchase(days: PurchaseDays, deals: Deals, when: Calendar) -> _Step:
    never = int(when.last_day[-1]) + 1
    first = _first_days(days, never)
    begun = np.full(days.n.size, never)
    np.minimum.at(begun, deals.code, deals.created)
    alive = np.zeros(days.n.size, dtype=bool)
    alive[deals.code[deals.lost >= never]] = True
    prospect = (begun < never) & (first >= begun)
    known = prospect & (begun >= when.horizon_day)
    return _Step(begun[known], first[known], ~alive[known] & (first[known] >= never), int((prospect & ~known).sum()))


def _second_purchase(days: PurchaseDays, when: Calendar) -> _Step:
    never = int(when.last_day[-1]) + 1
    first = _first_days(days, never)
    second = np.full(days.n.size, never)
    again = days.n > 1
    second[again] = days.day[days.start[again] + 1]
    bought = days.n > 0
    known = bought & (first >= when.horizon_day)
    lapsed = _lapse_day(first[known], when)
    # A second purchase after a lapse is a return: by then the step had failed.
    in_time = second[known] <= lapsed
    done = np.where(in_time, second[known], never)
    return _Step(first[known], done, (lapsed < never) & (done >= never), int((bought & ~known).sum()))


def _return(days: PurchaseDays, when: Calendar) -> _Step:
    never = int(when.last_day[-1]) + 1
    back = comebacks(days, when)
    last = np.ones(days.code.size, dtype=bool)
    last[:-1] = days.code[1:] != days.code[:-1]
    before = np.append(back[1:], values=False) | last
    following = np.append(days.day[1:], never)
    done = np.where(last, never, following)[before]
    begun = _lapse_day(days.day[before], when)
    lapsed = begun < never
    return _Step(begun[lapsed], done[lapsed], np.zeros(int(lapsed.sum()), dtype=bool), 0, can_fail=False)


def _lapse_day(last_purchase: kernels.Integers, when: Calendar) -> kernels.Integers:
    """Return the day at whose end an account has lapsed if it buys no more; past the end where not yet."""
    never = int(when.last_day[-1]) + 1
    n_whole = len(when.labels) if when.last_is_whole else len(when.labels) - 1
    period = when.place(last_purchase) + when.lapse
    return np.where(period < n_whole, when.last_day[np.minimum(period, len(when.labels) - 1)], never)


def _row(step: _Step, as_of: int, level: float) -> dict[str, Any]:
    n = step.begun.size
    done = step.done <= as_of
    n_done, n_failed = int(done.sum()), int(step.failed.sum())
    decided = n_done + n_failed if step.can_fail else 0
    low, high = kernels.wilson_interval(np.array([float(n_done)]), np.array([float(decided)]), level)
    lasted = (np.minimum(step.done, as_of) - step.begun).astype(np.float64)
    curve = kaplan_meier(lasted, done, level)
    year = int(np.searchsorted(curve.times, YEAR, side="right")) - 1
    # Beyond the case that began first nothing is known of the share.
    told = n > 0 and as_of - int(step.begun.min()) >= YEAR
    share, least, most = (
        (0.0, np.nan, np.nan) if year < 0 else (1 - float(x[year]) for x in (curve.share, curve.high, curve.low))
    )
    median = time_until(curve.times, curve.share, HALF)
    return {
        "n": n,
        "n_done": n_done,
        "n_failed": n_failed,
        "n_open": n - n_done - n_failed,
        "n_left_truncated": step.n_left_truncated,
        "rate_decided": n_done / decided if decided else np.nan,
        "low": float(low[0]),
        "high": float(high[0]),
        "within_year": share if told else np.nan,
        "within_year_low": least if told else np.nan,
        "within_year_high": most if told else np.nan,
        "median_days": median,
        "median_low": time_until(curve.times, curve.low, HALF),
        "median_high": time_until(curve.times, curve.high, HALF),
        "note": _note(step, n_done + n_failed, median, told=told),
    }


def _note(step: _Step, decided: int, median: float, *, told: bool) -> str:
    if step.begun.size == 0:
        return "no such case whose beginning is known"
    texts = [] if decided else ["none decided yet"]
    texts += [] if step.can_fail else ["cannot fail: no rate among the decided"]
    texts += [] if told else ["none began a year ago"]
    texts += ["fewer than half done: no median"] if np.isnan(median) else []
    return "; ".join(texts)
