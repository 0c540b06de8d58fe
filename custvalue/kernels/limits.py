"""Range and gaps seen in one pass: floats of 0 and more are in the order of their bits, and so are whole numbers."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]


def bit_limit(kind: np.dtype[Any], most: float) -> Any:
    """Return the highest admissible number read as a whole number without sign, or None for another kind of number.

    Below 0 the sign bit, and in NaN and the infinities the exponent, make the bits greater than those of any number
    from 0 to ``most``.
    """
    if kind not in (np.float64, np.float32, np.int64, np.int32):
        return None
    bits = f"u{kind.itemsize}"
    if kind.kind == "f":
        return np.minimum(kind.type(most), np.finfo(kind).max).view(bits)
    return np.array(min(most, np.iinfo(kind).max)).astype(bits)[()]


def surely_below(values: Numbers, limit: Any) -> bool:
    """Say whether values are known to lie between 0 and a :func:`bit_limit`, none missing."""
    return limit is not None and bool(np.maximum.reduce(values.view(limit.dtype), initial=0) <= limit)


def surely_positive(values: Numbers, most: float = math.inf) -> bool:
    """Say whether values are known to lie between 0 and ``most``, none missing or infinite; False means "look closer".

    >>> surely_positive(np.array([0.5, 1.0]), 1.0), surely_positive(np.array([0.5, np.nan]), 1.0)
    (True, False)
    """
    return surely_below(values, bit_limit(values.dtype, most))
