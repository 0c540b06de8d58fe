"""Ranks and bands under many draws of the weights, a few draws at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats, Integers

# Scores worked on at once (8 bytes each, some five arrays of them), and ranks kept (4 bytes each).
SCORES_AT_ONCE, RANKS_KEPT = 2_000_000, 50_000_000

Ranks = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class DrawnRanks:
    """What the draws say of each profile: draws above each cut, draws in the top k, and the interval of its ranks."""

    above: Integers
    top: Integers
    rank_low: Integers
    rank_high: Integers


def drawn_ranks(
    profiles: Floats,
    counts: Integers,
    weights: Floats,
    *,
    cuts: Sequence[float],
    owned_by_upper: Sequence[bool],
    tolerance: float,
    k: int,
    tail: float,
) -> DrawnRanks:
    """Score profiles under each draw of the weights, and count bands and ranks over the draws.

    Parameters
    ----------
    profiles, counts : array
        Distinct rows of points, and how many there are of each; equal profiles share their rank.
    weights : array
        One row per draw, one column per column of ``profiles``: what a point is worth on the scale of the cuts.
    tail : float
        At most this share of the draws ranks a profile better than ``rank_low``, and at most this share worse than
        ``rank_high``.

    Only the ranks that can still be among the lowest or highest of all draws are kept from one step to the next.
    """
    n_draws, n = weights.shape[0], profiles.shape[0]
    at_once = max(1, min(n_draws, SCORES_AT_ONCE // n))
    outermost = int(tail * n_draws) + 1
    room = min(n_draws, max(2 * outermost + at_once, RANKS_KEPT // n))
    kept, n_kept = np.empty((n, room), dtype=np.int32), 0
    above, top = np.zeros((len(cuts), n), dtype=np.int64), np.zeros(n, dtype=np.int64)
    for start in range(0, n_draws, at_once):
        scores = weights[start : start + at_once] @ profiles.T
        for cut, (value, upper_owns) in enumerate(zip(cuts, owned_by_upper, strict=True)):
            above[cut] += (scores >= value - tolerance if upper_owns else scores > value + tolerance).sum(axis=0)
        ranks = _ranks(scores, counts)
        top += (ranks <= k).sum(axis=0)
        if n_kept + ranks.shape[0] > room:
            kept, n_kept = _outermost(kept, n_kept, outermost)
        kept[:, n_kept : n_kept + ranks.shape[0]] = ranks.T
        n_kept += ranks.shape[0]
    ends = np.partition(kept[:, :n_kept], sorted({outermost - 1, n_kept - outermost}), axis=1)
    low, high = ends[:, outermost - 1].astype(np.int64), ends[:, n_kept - outermost].astype(np.int64)
    return DrawnRanks(above, top, low, high)


def _ranks(scores: Floats, counts: Integers) -> Ranks:
    """Return the ranks along each row of scores: one more than the number of better ones."""
    order = np.argsort(scores, axis=1)
    ascending = np.take_along_axis(scores, order, axis=1)
    not_better = np.cumsum(counts[order], axis=1)
    tied = ascending[:, 1:] == ascending[:, :-1]
    if tied.any():  # of equal scores all count what the last of them counts
        not_better[:, :-1][tied] = np.iinfo(np.int64).max
        not_better = np.minimum.accumulate(not_better[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(scores.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, (1 + counts.sum() - not_better).astype(np.int32), axis=1)
    return ranks


def _outermost(kept: Ranks, n_kept: int, outermost: int) -> tuple[Ranks, int]:
    """Drop the ranks that enough others lie below and above of to be neither end of the interval."""
    first_high = max(n_kept - outermost, outermost)
    kept[:, :n_kept].partition(sorted({outermost - 1, first_high}), axis=1)
    n_high = n_kept - first_high
    kept[:, outermost : outermost + n_high] = kept[:, first_high:n_kept].copy()
    return kept, outermost + n_high
