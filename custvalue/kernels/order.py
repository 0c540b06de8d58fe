"""Values in order: ranks, and what a sorted list says of its concentration."""

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import ROUND_OFF, Floats, Integers


def descending_rank(*keys: Floats) -> Floats:
    """Rank rows 1, 2, … by the first key, largest first, then by the next; equal rows share the best rank.

    Rows with a missing key get a missing rank and count for nobody else's.

    >>> descending_rank(np.array([5.0, 9.0, 5.0, np.nan])).tolist()
    [2.0, 1.0, 2.0, nan]
    """
    rank = np.full(keys[0].shape[0], np.nan)
    known = np.flatnonzero(~np.any([np.isnan(key) for key in keys], axis=0))
    if known.size == 0:
        return rank
    order = known[np.lexsort([-key[known] for key in reversed(keys)])]
    starts = np.zeros(order.size, dtype=bool)
    starts[0] = True
    for key in keys:
        in_order = key[order]
        starts[1:] |= in_order[1:] != in_order[:-1]
    first = np.flatnonzero(starts)
    rank[order] = np.repeat(first + 1.0, np.diff(np.append(first, order.size)))
    return rank


def descending_order(values: Floats) -> Integers:
    """Return row numbers from the largest value to the smallest; equal values keep their row order, missing come last.

    >>> descending_order(np.array([5.0, 9.0, np.nan, 5.0, -1.0])).tolist()
    [1, 0, 3, 4, 2]
    """
    return descending_sort(values)[0]


def descending_sort(values: Floats) -> tuple[Integers, Floats]:
    """Return row numbers as :func:`descending_order` does, and the values in that order.

    The same as a stable argsort of ``-values``, several times as fast: each value's bits, turned so that they sort as
    unsigned whole numbers, give up their lowest places to the row number, and whole numbers are sorted instead of
    rows. Values that differ only in the places given up are put right afterwards, so the answer is exact and does not
    depend on which sort a processor has.
    """
    n = values.size
    if n < _WORTH_PACKING:
        order = np.argsort(-values, kind="stable")
        return order, values[order]
    bits = np.uint64((n - 1).bit_length())
    rows = np.uint64((1 << int(bits)) - 1)
    packed = _falling_keys(values)
    packed &= ~rows
    packed |= np.arange(n, dtype=np.uint64)
    packed.sort()
    packed &= rows
    order = packed.view(np.int64)
    descending = values[order]
    wrong = np.flatnonzero(descending[1:] > descending[:-1])
    if wrong.size:
        _mend(order, descending, wrong, bits)
    return order, descending


def _mend(order: Integers, descending: Floats, wrong: Integers, bits: np.uint64) -> None:
    """Sort, in place, the runs of values that share all but their lowest bits and hold a pair in the wrong order."""
    keys = _falling_keys(descending)
    keys >>= bits
    tied = np.flatnonzero(keys[1:] == keys[:-1])
    run = np.concatenate([[0], np.cumsum(np.diff(tied) > 1)])
    mixed = np.zeros(int(run[-1]) + 1, dtype=bool)
    mixed[run[np.searchsorted(tied, wrong)]] = True
    first = tied[mixed[run]]
    unsettled = np.zeros(order.size, dtype=bool)
    unsettled[first] = unsettled[first + 1] = True
    places = np.flatnonzero(unsettled)
    members, theirs = order[places], descending[places]
    sorting = np.lexsort((members, -theirs))
    order[places], descending[places] = members[sorting], theirs[sorting]


_WORTH_PACKING = 4096
_ALL_BUT_SIGN = np.int64(0x7FFF_FFFF_FFFF_FFFF)
_LAST = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def _falling_keys(values: Floats) -> NDArray[np.uint64]:
    """Return whole numbers that rise as the values fall; missing values have the largest."""
    bits = (values + 0.0).view(np.int64)  # adding nothing makes a new array, and −0 the same as 0
    # A positive float's bits rise with it, a negative one's with its size: only the former are turned round.
    negative = bits < 0
    bits ^= np.where(negative, np.int64(0), _ALL_BUT_SIGN) if negative.any() else _ALL_BUT_SIGN
    keys = bits.view(np.uint64)
    missing = np.isnan(values)
    if missing.any():
        keys[missing] = _LAST
    return keys


def count_to_reach(cumulative: Floats, target: float) -> int:
    """Return how many leading entries of a cumulative sum it takes to reach ``target``, the crossing one included."""
    return int(np.searchsorted(cumulative, target * (1 - ROUND_OFF), side="left")) + 1


def gini(descending: Floats) -> float:
    """Return the uncorrected Gini index of non-negative values sorted from the largest to the smallest.

    ``G = Σ (n + 1 − 2i) · xᵢ ÷ (n · Σ x)`` with i = 1 for the largest.

    >>> gini(np.array([3.0, 1.0]))
    0.25
    """
    n = descending.size
    weights = n + 1.0 - 2.0 * np.arange(1, n + 1)
    return float(weights @ descending / (n * descending.sum()))
