"""Weighted totals with the check for range and missing values, all in one pass over slices that stay in the cache."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats

# Rows of a slice: long enough that threads seldom wait for each other between calls, short enough for the cache.
SLICE = 131_072

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """Weighted totals and what was seen on the way.

    ``low`` and ``high`` are the totals with the least or the most points for every missing value; they are the very
    array ``total`` where nothing that carries weight is missing. ``outside`` says which columns hold a value below the
    least or above the most points, or an infinity: the bounds are then not to be used.
    """

    total: Floats
    low: Floats
    high: Floats
    outside: NDArray[np.bool_]


def weighted_totals(
    columns: Sequence[Numbers],
    weights: Sequence[float],
    least: Sequence[float],
    most: Sequence[float],
    *,
    then: Callable[[slice, Floats], None] | None = None,
) -> Totals:
    """Return ``Σ weight × column`` row by row with its bounds over the missing values, and who is out of range.

    Columns may hold floats (NaN where missing) or whole numbers of any width. A column of weight 0 does not count.
    ``then`` is called with each slice of rows and its totals while they are in the cache. Slices are shared out among
    as many threads as there are processors.

    >>> found = weighted_totals([np.array([1.0, np.nan]), np.array([2, 1])], [2, 1], [0, 0], [2, 2])
    >>> found.total.tolist(), found.low.tolist(), found.high.tolist(), found.outside.tolist()
    ([4.0, nan], [4.0, 1.0], [4.0, 5.0], [False, False])
    """
    n = columns[0].shape[0]
    total = np.empty(n)
    slices = [slice(start, min(start + SLICE, n)) for start in range(0, n, SLICE)]
    outside = np.zeros((len(slices), len(columns)), dtype=bool)
    gaps = outside.copy()
    limits = [_limit(*of_column) for of_column in zip(columns, least, most, strict=True)]

    def add_up(piece: int) -> None:
        rows = slices[piece]
        mine, begun = total[rows], False
        product = np.empty_like(mine)
        for place, (column, weight) in enumerate(zip(columns, weights, strict=True)):
            part = column[rows]
            if not _surely_inside(part, limits[place]):
                gaps[piece, place], outside[piece, place] = _look_closer(part, least[place], most[place])
            if weight > 0 and begun:
                mine += part if weight == 1 else _weighed(part, weight, product)
            elif weight > 0:
                begun = True
                _weighed(part, weight, mine)
        if then is not None:
            then(rows, mine)

    _share_out(add_up, range(len(slices)))
    low, high = total, total
    with_gaps = np.flatnonzero((gaps & (np.asarray(weights) > 0)).any(axis=1))
    if with_gaps.size:
        low, high = total.copy(), total.copy()

        def bound(piece: int) -> None:
            rows = slices[piece]
            parts = [column[rows] for column in columns]
            _fill_up(parts, weights, least, most, low[rows], high[rows])

        _share_out(bound, with_gaps.tolist())
    return Totals(total, low, high, np.logical_or.reduce(outside, axis=0))


def _share_out(work: Callable[[int], None], pieces: Sequence[int]) -> None:
    """Do the work for each piece; where there are several, in as many threads as there are processors."""

    def some(own: Sequence[int]) -> None:
        with np.errstate(invalid="ignore", over="ignore"):  # infinities are found, and refused by the caller
            for piece in own:
                work(piece)

    n_threads = min(os.cpu_count() or 1, len(pieces))
    if n_threads <= 1:
        some(pieces)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(some, [pieces[first::n_threads] for first in range(n_threads)]))


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
    parts: Sequence[Numbers],
    weights: Sequence[float],
    least: Sequence[float],
    most: Sequence[float],
    low: Floats,
    high: Floats,
) -> None:
    """Add a slice up anew, with the least and with the most for every missing value.

    No value lies below the least or above the most, so the larger of the two, or the smaller, fills the gaps alone.
    """
    low[:], high[:] = 0.0, 0.0
    product, filled = np.empty_like(low), np.empty_like(low)
    for part, weight, fewest, top in zip(parts, weights, least, most, strict=True):
        if weight > 0:
            _weighed(part, weight, product)
            low += np.fmax(product, fewest * weight, out=filled)
            high += np.fmin(product, top * weight, out=filled)
