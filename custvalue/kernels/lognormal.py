"""A log-normal amount known by an interval: how much of it lies below a point, and how much of its mean."""

import numpy as np
from scipy.special import ndtr, ndtri

from custvalue.kernels.arrays import ROUND_OFF, Floats


def lognormal_of_interval(low: Floats, high: Floats, level: float) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the logarithm, of which ``level`` lies in the middle between two ends.

    >>> mean, sd = lognormal_of_interval(np.array([1.0]), np.array([np.e**2]), 0.9)
    >>> float(mean[0]), round(float(sd[0]), 4)
    (1.0, 0.608)
    """
    log_low, log_high = np.log(low), np.log(high)
    return (log_low + log_high) / 2, (log_high - log_low) / (2 * ndtri((1 + level) / 2))


def below(point: Floats, mean: Floats, sd: Floats, *, inclusive: Floats | bool = False) -> Floats:
    """Return the probability that the amount lies below a point (0 for points up to 0).

    Where ``sd`` is 0 the amount is certain, and ``inclusive`` says whether the point itself counts.

    >>> below(np.array([1.0, 0.0]), np.zeros(2), np.ones(2)).tolist()
    [0.5, 0.0]
    """
    return _at(_standard(point, mean, sd, inclusive))


def mean_below(point: Floats, mean: Floats, sd: Floats, *, inclusive: Floats | bool = False) -> Floats:
    """Return the part of the amount's mean that comes from amounts below a point, ``E[X; X < point]``."""
    score = _standard(point, mean, sd, inclusive)
    return np.exp(mean + sd**2 / 2) * _at(score - sd)


def _at(score: Floats) -> Floats:
    return np.asarray(ndtr(score), dtype=np.float64)


def _standard(point: Floats, mean: Floats, sd: Floats, inclusive: Floats | bool) -> Floats:
    """Return how many standard deviations the logarithm of a point lies above the mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(point > 0, np.log(np.maximum(point, 0.0)), -np.inf) - mean
        score = distance / sd
    # Round-off in the logarithm must not decide whether a certain amount stands on the point.
    on_it = np.abs(distance) <= ROUND_OFF * np.maximum(np.abs(mean), 1.0)
    certain = np.where(on_it, np.where(inclusive, np.inf, -np.inf), np.where(distance > 0, np.inf, -np.inf))
    unknown = np.isnan(distance) | np.isnan(sd)
    return np.where(unknown, np.nan, np.where(sd > 0, score, certain))
