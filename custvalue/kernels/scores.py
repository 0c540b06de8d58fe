"""Scores of forecasts that say more than one number: quantiles, intervals, whole distributions."""

from typing import NamedTuple

import numpy as np

from custvalue.kernels.arrays import Floats, Integers

UNIFORM_VARIANCE = 1 / 12
UNIFORM_FOURTH = 1 / 180


class PitTests(NamedTuple):
    """Student's t of the mean (too high: negative), standard normal statistic of the spread (too narrow: positive)."""

    mean: float
    spread: float


def pinball(quantile: Floats, actual: Floats, level: float) -> Floats:
    """Return the pinball loss ``(actual − quantile)(level − 1{actual < quantile})`` of each quantile.

    >>> pinball(np.array([10.0, 10.0]), np.array([12.0, 8.0]), 0.9).round(3).tolist()
    [1.8, 0.2]
    """
    miss = actual - quantile
    return np.where(miss < 0, (level - 1) * miss, level * miss)


def winkler(low: Floats, high: Floats, actual: Floats, level: float) -> Floats:
    """Return the Winkler score of intervals: their width, plus ``2 ÷ (1 − level)`` times what an actual lies outside.

    >>> winkler(np.array([0.0, 0.0]), np.array([10.0, 10.0]), np.array([5.0, 12.0]), 0.8).round(3).tolist()
    [10.0, 30.0]
    """
    outside = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    return high - low + 2 / (1 - level) * outside


def crps_of_draws(draws: Floats, actual: Floats) -> Floats:
    """Return the continuous ranked probability score of the draws in each row, taken as the whole distribution.

    ``mean |x − y| − ½ mean |x − x′|``, the second part from the sorted draws.

    >>> crps_of_draws(np.array([[0.0, 2.0], [1.0, 1.0]]), np.array([1.0, 3.0])).tolist()
    [0.5, 2.0]
    """
    n = draws.shape[1]
    in_order = np.sort(draws, axis=1)
    weight = (2 * np.arange(1, n + 1) - n - 1) / n**2
    crps: Floats = np.abs(draws - actual[:, None]).mean(axis=1) - in_order @ weight
    return crps


def binomial_band(n: int, chance: float, level: float) -> tuple[int, int]:
    """Return the fewest and the most hits in ``n`` trials of a central range that holds at least ``level``.

    >>> binomial_band(10, 0.5, 0.95)
    (2, 8)
    """
    from scipy.special import bdtr

    below = bdtr(np.arange(n + 1, dtype=np.float64), n, chance)
    tail = (1 - level) / 2
    return int(np.searchsorted(below, tail)), min(int(np.searchsorted(below, 1 - tail)), n)


def pit_counts(pit: Floats, n_bins: int) -> Integers:
    """Return how many values between 0 and 1 lie in each of equally wide bins."""
    return np.bincount(np.minimum((pit * n_bins).astype(np.int64), n_bins - 1), minlength=n_bins)


def pit_tests(pit: Floats) -> PitTests:
    """Return whether mean and spread about ½ are those of uniform values.

    The mean is tested by its own spread: too narrow distributions shake it, and would else be taken for too low ones.
    """
    centred = pit - 1 / 2
    with np.errstate(divide="ignore"):
        mean = centred.mean() / (centred.std(ddof=1) / np.sqrt(pit.size))
    spread = (np.square(centred).mean() - UNIFORM_VARIANCE) / np.sqrt(UNIFORM_FOURTH / pit.size)
    return PitTests(float(mean), float(spread))
