"""Values in order: ranks, and what a sorted list says of its concentration."""

import numpy as np

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
    """Return row numbers from the largest value to the smallest; equal values keep their row order."""
    return np.argsort(-values, kind="stable")


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
