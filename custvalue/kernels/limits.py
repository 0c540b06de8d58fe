"""Range and gaps seen in one pass: floats of 0 and more are in the order of their bits, and so are whole numbers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]


def bit_ranges(kind: np.dtype[Any], ranges: Sequence[tuple[float, float]]) -> Numbers | None:
    """Return each range of admissible numbers, its ends read as whole numbers without sign: one row per end.

    Below 0 the sign bit, and in NaN and the infinities the exponent, make the bits greater than those of any finite
    number of 0 or more. A range that starts below 0 is empty here: it wants a closer look. None for a kind of number
    that is not read so.
    """
    if kind not in (np.float64, np.float32, np.int64, np.int32):
        return None
    start = math.ceil if kind.kind == "i" else float
    ends = [(_bits(kind, start(low)), _bits(kind, high)) if low >= 0 else (1, 0) for low, high in ranges]
    return np.array(ends, dtype=f"u{kind.itemsize}").T


def surely_between(values: Numbers, ranges: Numbers | None) -> NDArray[np.bool_]:
    """Say which rows of values are known to lie in their :func:`bit_ranges`, none missing or infinite."""
    if ranges is None:
        return np.zeros(len(values), dtype=bool)
    lows, highs = ranges
    bits = values.view(ranges.dtype)
    known: NDArray[np.bool_] = np.maximum.reduce(bits, axis=1, initial=0) <= highs
    if lows.any():
        known &= np.minimum.reduce(bits, axis=1, initial=np.iinfo(bits.dtype).max) >= lows
    return known


def surely_positive(values: Numbers, most: float = math.inf) -> bool:
    """Say whether values are known to lie between 0 and ``most``, none missing or infinite; False means "look closer".

    >>> surely_positive(np.array([0.5, 1.0]), 1.0), surely_positive(np.array([0.5, np.nan]), 1.0)
    (True, False)
    """
    return bool(surely_between(values[np.newaxis], bit_ranges(values.dtype, [(0.0, most)]))[0])


def _bits(kind: np.dtype[Any], number: float) -> int:
    """Return the bits of a number of 0 or more, or of the kind's greatest number where it lies beyond."""
    if kind.kind == "f":
        return int(np.minimum(kind.type(number), np.finfo(kind).max).view(f"u{kind.itemsize}"))
    return int(min(number, np.iinfo(kind).max))
