"""Sums by code."""

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats


def sums_by_code(codes: NDArray[np.integer], values: Floats, n_codes: int) -> Floats:
    """Return the sum of values for each code 0 … n_codes − 1; negative codes are left out."""
    kept = codes >= 0
    if not kept.all():
        codes, values = codes[kept], values[kept]
    return np.bincount(codes, weights=values, minlength=n_codes).astype(np.float64, copy=False)
