"""Intervals of shares whose rows share a fate: a quarter's deals, a period's forecasts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, stdtrit

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.intervals import wilson_interval

JEFFREYS = 0.5


class Effective(NamedTuple):
    """Per bin: how many independent rows its rows are worth, and the degrees of freedom that tells."""

    n: Floats
    freedom: Floats


def clustered_counts(
    codes: NDArray[np.integer], hits: Floats, clusters: Integers, n_bins: int
) -> tuple[Effective, Integers]:
    """Return what the rows of each bin are worth, and in how many clusters they lie; cluster -1 is one of its own.

    The design effect is the variance of the rate between clusters over the binomial one, at least 1.

    >>> found, n = clustered_counts(np.zeros(4, int), np.array([1.0, 1, 0, 0]), np.array([0, 0, 1, 1]), 1)
    >>> found.n.tolist(), found.freedom.tolist(), n.tolist()  # two pairs alike: variance 1/4 instead of 1/16
    ([1.0], [1.0], [2])
    """
    n_groups = int(clusters.max(initial=-1)) + 2
    cell = codes.astype(np.int64) * n_groups + clusters + 1
    shape = (n_bins, n_groups)
    n = np.bincount(cell, minlength=n_bins * n_groups).reshape(shape)
    wins = np.bincount(cell, weights=hits, minlength=n_bins * n_groups).reshape(shape)
    total, n_clusters = n.sum(axis=1), (n > 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = wins.sum(axis=1) / total
        spread = np.where(n > 0, wins - rate[:, None] * n, 0.0)
        between = np.square(spread).sum(axis=1) * n_clusters / (n_clusters - 1) / np.square(total)
        effect = between / (rate * (1 - rate) / total)
    effect = np.where(np.isfinite(effect), np.maximum(effect, 1.0), 1.0)
    return Effective(total / effect, np.maximum(n_clusters - 1, 0).astype(np.float64)), n_clusters


def rate_intervals(rate: Floats, effective: Effective, level: float, method: str = "wilson") -> tuple[Floats, Floats]:
    """Return the interval of each rate, ``"wilson"`` or ``"jeffreys"``; missing without rows or with a single cluster.

    Few clusters: Student's t takes the place of the normal distribution, by way of fewer rows.

    >>> low, high = rate_intervals(np.array([1.0]), Effective(np.array([7.0]), np.array([np.inf])), 0.95)
    >>> low.round(3).tolist(), high.tolist()
    ([0.646], [1.0])
    """
    tail = (1 + level) / 2
    usable = (effective.n > 0) & (effective.freedom > 0)
    normal = ndtri(tail)
    limited = usable & np.isfinite(effective.freedom)
    critical = np.where(limited, stdtrit(np.where(limited, effective.freedom, 1.0), tail), normal)
    n = np.where(usable, effective.n, np.nan) * np.square(normal / critical)
    if method == "wilson":
        low, high = wilson_interval(rate * n, n, level)
    else:
        wins, losses = rate * n + JEFFREYS, (1 - rate) * n + JEFFREYS
        low, high = betaincinv(wins, losses, 1 - tail), betaincinv(wins, losses, tail)
    # Exactly 0 and 1 where all rows agree: rounding would say that "100 %" is contradicted by nothing but wins.
    return np.where(usable & (rate == 0), 0.0, low), np.where(usable & (rate == 1), 1.0, high)
