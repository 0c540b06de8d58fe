"""How often each account buys, how regularly, and how surprising its present silence is."""

from dataclasses import dataclass

import numpy as np

from custvalue import kernels
from custvalue.analysis.purchases import PurchaseDays
from custvalue.kernels import rhythm

# The pool is learnt from at most so many accounts, spread evenly over all: more would not move two numbers.
FIT_ACCOUNTS = 2_000
MIN_GAPS_FOR_CV = 2
# Purchases of one day are one, so no gap is shorter than a day: the gamma law is that of what goes beyond half a day.
HALF_DAY = 0.5


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One entry per account: its finished gaps in days, and the open one; missing where there is no gap."""

    first: kernels.Floats
    last: kernels.Floats
    open_gap: kernels.Floats
    mean_gap: kernels.Floats
    median_gap: kernels.Floats
    gap_cv: kernels.Floats
    gaps: rhythm.Gaps


@dataclass(frozen=True, slots=True)
class Waits:
    """How likely each account's open gap is; missing where it has too few purchases. No account: no pool."""

    p_wait: kernels.Floats
    p_gap: kernels.Floats
    shape: kernels.Floats
    pool: rhythm.Pool | None


def rhythms(days: PurchaseDays, as_of: int) -> Rhythm:
    """Return each account's gaps between purchase days."""
    n_accounts = days.n.size
    has = days.n > 0
    first, last = np.full(n_accounts, np.nan), np.full(n_accounts, np.nan)
    first[has] = days.day[days.start[has]]
    last[has] = days.day[days.start[has] + days.n[has] - 1]
    same = days.code[1:] == days.code[:-1]
    gap = np.diff(days.day)[same].astype(np.float64)
    code = days.code[1:][same]
    n = np.maximum(days.n - 1, 0).astype(np.float64)
    known = np.where(n > 0, n, np.nan)
    total = kernels.sums_by_code(code, gap, n_accounts)
    mean = total / known
    squares = kernels.sums_by_code(code, np.square(gap - mean[code]), n_accounts)
    spread = np.sqrt(squares / np.where(n >= MIN_GAPS_FOR_CV, n - 1, np.nan))
    middle, longest = _middle_and_longest(code, gap, n)
    return Rhythm(
        first=first,
        last=last,
        open_gap=as_of - last,
        mean_gap=mean,
        median_gap=middle,
        gap_cv=spread / mean,
        gaps=rhythm.Gaps(
            n,
            total - n * HALF_DAY,
            kernels.sums_by_code(code, np.log(gap - HALF_DAY), n_accounts),
            longest - HALF_DAY,
        ),
    )


def _middle_and_longest(
    code: kernels.Integers, gap: kernels.Floats, n: kernels.Floats
) -> tuple[kernels.Floats, kernels.Floats]:
    """Return the median and the longest gap of each account."""
    middle, longest = np.full(n.size, np.nan), np.full(n.size, np.nan)
    has = n > 0
    count = n[has].astype(np.int64)
    in_order = gap[np.lexsort((gap, code))]
    start = np.cumsum(count) - count
    middle[has] = (in_order[start + (count - 1) // 2] + in_order[start + count // 2]) / 2
    longest[has] = in_order[start + count - 1]
    return middle, longest


def waits(found: Rhythm, *, min_purchases: int) -> Waits:
    """Return how likely a wait as long as each account's open gap is, from its gaps and the pool's regularity."""
    enough = np.flatnonzero(found.gaps.n >= min_purchases - 1)
    nothing = np.full(found.gaps.n.size, np.nan)
    if enough.size == 0:
        return Waits(nothing, nothing.copy(), nothing.copy(), None)
    gaps = found.gaps.take(enough)
    age = np.maximum(found.open_gap[enough] - HALF_DAY, 0.0)
    some = np.unique(np.linspace(0, enough.size - 1, min(FIT_ACCOUNTS, enough.size)).round().astype(np.int64))
    pool = rhythm.fit_pool(gaps.take(some), age[some])
    p_wait, p_gap, shape = rhythm.outlook(pool, gaps, age)
    # Of every gap, half a day goes by before the gamma law begins; on as_of's own day nobody has waited.
    usual = gaps.total / gaps.n
    p_wait = np.where(found.open_gap[enough] > 0, p_wait * usual / (usual + HALF_DAY), 1.0)
    columns = [nothing.copy() for _ in range(3)]
    for column, values in zip(columns, (p_wait, p_gap, shape), strict=True):
        column[enough] = values
    p_wait, p_gap, shape = columns
    return Waits(p_wait, p_gap, shape, pool)
