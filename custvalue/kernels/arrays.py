"""Types of the kernels' arrays, and the round-off that cuts and levels forgive."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Integers = NDArray[np.int64]

MISSING_CODE = -1
# Sums of weighted points carry a few units of the last binary digit; cuts and levels forgive that much, relatively.
ROUND_OFF = 1e-12
SIGNIFICANT = 12


def forgiving(values: Floats) -> Floats:
    """Return values rounded to twelve significant digits, so that equal products of different factors compare equal.

    >>> bool(forgiving(np.array([49_000 * 0.6]))[0] == forgiving(np.array([42_000 * 0.7]))[0])
    True
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (SIGNIFICANT - 1 - np.floor(np.log10(np.abs(values))))
        return np.where(np.isfinite(scale), np.round(values * scale) / scale, values)
