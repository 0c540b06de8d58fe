"""Sums that come out the same in every order and grouping: values laid on one grid of binary fractions."""

import numpy as np

from custvalue.kernels.arrays import Floats

# Whole numbers up to 2⁵³ are exact in a float; a bit is kept back for differences of two sums.
SAFE_BITS = 52


def exact_grid(total: float) -> float:
    """Return the finest power of two on which sums of up to ``total`` in absolute value are exact.

    >>> exact_grid(1e9) == 2.0**-22
    True
    """
    if not total > 0:
        return 1.0
    _, exponent = np.frexp(total)
    return float(np.ldexp(1.0, max(int(exponent) - SAFE_BITS, np.finfo(np.float64).minexp)))


def on_grid(values: Floats, grid: float) -> Floats:
    """Return values moved to the nearest point of a grid whose step is a power of two; missing stays missing.

    Adding such values is exact as long as no sum leaves the range the grid was made for, so group sums add up to the
    whole to the last bit. The move is at most half a step: for a total of 10⁹, a ten-millionth of a currency unit.

    >>> cents = on_grid(np.array([0.1, 0.2, 0.3]), exact_grid(0.6))
    >>> bool(cents[0] + cents[1] + cents[2] == cents[2] + cents[1] + cents[0]), bool(0.1 + 0.2 + 0.3 == 0.3 + 0.2 + 0.1)
    (True, False)
    """
    return np.rint(values / grid) * grid
