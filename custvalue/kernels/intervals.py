"""Intervals of proportions."""

import numpy as np
from scipy.special import ndtri

from custvalue.kernels.arrays import Floats


def wilson_interval(successes: Floats, trials: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of a proportion; missing where there is no trial.

    Of no success the lower end is exactly 0, of successes only the upper end exactly 1.

    >>> low, high = wilson_interval(np.array([6.0]), np.array([10.0]), 0.95)
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.3127, 0.8318)
    """
    z_squared = ndtri((1 + level) / 2) ** 2
    n = np.where(trials > 0, trials, np.nan)
    p = successes / n
    centre = (p + z_squared / (2 * n)) / (1 + z_squared / n)
    half = np.sqrt(z_squared) * np.sqrt(p * (1 - p) / n + z_squared / (4 * n * n)) / (1 + z_squared / n)
    low = np.where(successes == 0, 0.0 * n, np.maximum(centre - half, 0.0))
    high = np.where(successes == n, 1.0, np.minimum(centre + half, 1.0))
    return low, high
