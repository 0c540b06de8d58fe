"""The ABC curve, yield against effort: where its classes end by themselves, and how to draw it with few points."""

import numpy as np

from custvalue.kernels.arrays import ROUND_OFF, Floats, Integers


def abc_limits(descending: Floats) -> tuple[int, int]:
    """Return how many of the largest values are class A, and how many are class A or B, by the shape of the curve.

    The curve goes through (k ÷ n, Σ first k ÷ Σ all), k = 0 … n. Its *Pareto point* is the nearest to the ideal
    (0, 1); its *break-even point* is where the slope falls to 1, so that one more per cent of the accounts brings one
    per cent of the total: where yield − effort is largest, the last such point. A ends at whichever of the two takes
    the lesser effort. With x the greater effort of the two, B ends at the *submarginal point*, the nearest to (x, 1).

    The values must be sorted from the largest and not negative, their sum above zero.

    References
    ----------
    Ultsch and Lötsch (2015), Computed ABC Analysis for Rational Selection of Most Informative Variables in
    Multivariate Data, PLoS ONE 10(6): e0129767, doi 10.1371/journal.pone.0129767.

    >>> abc_limits(np.array([10.0, 5.0, 2.0, 1.0, 1.0, 1.0]))
    (2, 3)
    """
    n = descending.size
    running = np.concatenate([[0.0], np.cumsum(descending)])
    yields = running / running[-1]
    effort = np.arange(n + 1) / n
    pareto = _nearest(effort, yields, 0.0)
    gain = yields - effort
    break_even = int(np.flatnonzero(gain >= gain.max() - ROUND_OFF)[-1])
    first, second = sorted((pareto, break_even))
    return first, max(first, _nearest(effort, yields, float(effort[second])))


def _nearest(effort: Floats, yields: Floats, x: float) -> int:
    """Return the first point of the curve at the least distance from (x, 1)."""
    squared = np.square(effort - x) + np.square(1 - yields)
    return int(np.argmax(squared <= squared.min() + ROUND_OFF))


def kept_points(running: Floats, at_most: int) -> Integers:
    """Return how many accounts to stop at when a cumulative sum is drawn with about so many points: 1 … n in order.

    Half of the points lie evenly by rank, half by height, so neither the steep beginning nor the long tail is cut
    off; the first, the last and the highest are among them.

    >>> kept_points(np.array([0.5, 0.8, 1.0]), 10).tolist()
    [1, 2, 3]
    """
    n = running.size
    if n <= at_most:
        return np.arange(1, n + 1)
    climbing = np.maximum.accumulate(running)
    half = at_most // 2 - 1
    by_rank = np.round(np.linspace(1, n, half)).astype(np.int64)
    by_height = np.searchsorted(climbing, np.linspace(climbing[0], climbing[-1], half)) + 1
    return np.unique(np.clip(np.concatenate([by_rank, by_height, [int(np.argmax(running)) + 1]]), 1, n))
