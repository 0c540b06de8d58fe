"""Weighted totals with the check for range and missing values, all in one pass over slices that stay in the cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats

# Rows of a slice: three arrays of this length stay in a second-level cache. Threads were tried and gain nothing: the
# calls on a slice are so short that the threads wait for each other.
SLICE = 65_536

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """Weighted totals and what was seen on the way.

    ``low`` and ``high`` are the totals with the least or the most points for every missing value; they are the very
    array ``total`` where nothing that carries weight is missing. ``outside`` says which columns hold a value below the
    least or above the most points, or an infinity.
    """

    total: Floats
    low: Floats
    high: Floats
    outside: NDArray[np.bool_]


def weighted_totals(
    columns: Sequence[Numbers], weights: Sequence[float], least: Sequence[float], most: Sequence[float]
) -> Totals:
    """Return ``Σ weight × column`` row by row with its bounds over the missing values, and who is out of range.

    Columns may hold floats (NaN where missing) or whole numbers of any width. A column of weight 0 does not count.

    >>> found = weighted_totals([np.array([1.0, np.nan]), np.array([2, 3])], [2, 1], [0, 0], [2, 2])
    >>> found.total.tolist(), found.low.tolist(), found.high.tolist(), found.outside.tolist()
    ([4.0, nan], [4.0, 3.0], [4.0, 7.0], [False, True])
    """
    n = columns[0].shape[0]
    total, product = np.empty(n), np.empty(min(n, SLICE))
    slices = [slice(start, min(start + SLICE, n)) for start in range(0, n, SLICE)]
    outside, gaps = np.zeros((2, len(slices), len(columns)), dtype=bool)
    limits = [_limit(*of_column) for of_column in zip(columns, least, most, strict=True)]
    with np.errstate(invalid="ignore", over="ignore"):  # infinities are found, and refused by the caller
        for piece, rows in enumerate(slices):
            mine, begun = total[rows], False
            for place, (column, weight) in enumerate(zip(columns, weights, strict=True)):
                part = column[rows]
                if not _surely_inside(part, limits[place]):
                    gaps[piece, place], outside[piece, place] = _look_closer(part, least[place], most[place])
                if weight > 0 and begun:
                    mine += part if weight == 1 else _weighed(part, weight, product[: part.size])
                elif weight > 0:
                    begun = True
                    _weighed(part, weight, mine)
    low, high = total, total
    with_gaps = (gaps & (np.asarray(weights) > 0)).any(axis=1)
    if with_gaps.any():
        low, high = total.copy(), total.copy()
        for piece in np.flatnonzero(with_gaps):
            rows = slices[piece]
            for end, fillers in ((low, least), (high, most)):
                _fill_up(columns, weights, fillers, rows, end[rows])
    return Totals(total, low, high, outside.any(axis=0))


def _limit(column: Numbers, least: float, most: float) -> Any:
    """Return the highest admissible number read as a whole number without sign, or None where that says nothing.

    Floats of 0 and more are in the order of their bits; so are whole numbers. Below 0 the sign bit, and in NaN and the
    infinities the exponent, make the bits greater than those of any admissible number: one pass checks everything.
    """
    kind = column.dtype
    if least != 0 or kind not in (np.float64, np.float32, np.int64, np.int32):
        return None
    bits = f"u{kind.itemsize}"
    if kind.kind == "f":
        return np.minimum(kind.type(most), np.finfo(kind).max).view(bits)
    return np.array(min(most, np.iinfo(kind).max)).astype(bits)[()]


def _surely_inside(part: Numbers, limit: Any) -> bool:
    """Say whether a slice is known in one pass to have neither gaps nor values out of range."""
    return limit is not None and bool(np.maximum.reduce(part.view(limit.dtype)) <= limit)


def _look_closer(part: Numbers, least: float, most: float) -> tuple[bool, bool]:
    """Return whether a slice has gaps, and whether values out of range."""
    smallest, largest = np.fmin.reduce(part), np.fmax.reduce(part)
    gaps = part.dtype.kind == "f" and bool(np.isnan(np.minimum.reduce(part)))
    return gaps, bool(smallest < least or largest > most or np.isinf(smallest) or np.isinf(largest))


def _weighed(part: Numbers, weight: float, product: Floats) -> Floats:
    return np.multiply(part, weight, out=product, dtype=np.float64)


def _fill_up(
    columns: Sequence[Numbers], weights: Sequence[float], fillers: Sequence[float], rows: slice, end: Floats
) -> None:
    """Add a slice up anew, with a filler for every missing value."""
    end[:] = 0.0
    product = np.empty_like(end)
    for column, weight, filler in zip(columns, weights, fillers, strict=True):
        if weight > 0:
            _weighed(column[rows], weight, product)
            np.putmask(product, np.isnan(product), filler * weight)
            end += product
