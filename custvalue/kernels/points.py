"""Weighted totals with the check for range and missing values, all in one pass over slices that stay in the cache."""

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats
from custvalue.kernels.limits import bit_ranges, surely_between

# Rows of a slice: few enough to stay in the cache between the check and the sum, and enough for threads to wait little
# for each other between calls.
SLICE = 131_072
# Weights are counted in the smallest of them where each is a whole multiple of it up to this.
MOST_UNITS = 1_000_000

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
    out: Floats | None = None,
    then: Callable[[slice, Floats], None] | None = None,
) -> Totals:
    """Return ``Σ weight × column`` row by row with its bounds over the missing values, and who is out of range.

    Columns may hold floats (NaN where missing) or whole numbers of any width. A column of weight 0 does not count.
    Weights that are whole multiples of the smallest are counted in it, so that ten times 0.1 is 1. ``out`` takes the
    totals; ``then`` is called with each slice of rows and its totals while they are in the cache. Slices are shared out
    among as many threads as there are processors.

    >>> found = weighted_totals([np.array([1.0, np.nan]), np.array([2, 1])], [2, 1], [0, 0], [2, 2])
    >>> found.total.tolist(), found.low.tolist(), found.high.tolist(), found.outside.tolist()
    ([4.0, nan], [4.0, 1.0], [4.0, 5.0], [False, False])
    """
    n = columns[0].shape[0]
    total = np.empty(n) if out is None else out
    slices = [slice(start, min(start + SLICE, n)) for start in range(0, n, SLICE)]
    outside = np.zeros((len(slices), len(columns)), dtype=bool)
    gaps = outside.copy()
    block, counted = _as_block(columns), np.asarray(weights) > 0
    kind = np.result_type(*columns) if block is None else block.dtype
    ranges = bit_ranges(kind, list(zip(least, most, strict=True)))
    units, unit = _in_units(np.asarray(weights, dtype=np.float64)[counted])

    def part_of(rows: slice) -> Numbers:
        return np.stack([column[rows] for column in columns], dtype=kind) if block is None else block[:, rows]

    def sum_up(part: Numbers, out: Floats) -> None:
        _weigh(part, units, out)
        if unit != 1:
            out *= unit

    def add_up(piece: int) -> None:
        rows = slices[piece]
        part = part_of(rows)
        for place in np.flatnonzero(~surely_between(part, ranges)).tolist():
            gaps[piece, place], outside[piece, place] = _look_closer(part[place], least[place], most[place])
        sum_up(_where(counted, part), total[rows])
        if then is not None:
            then(rows, total[rows])

    _share_out(add_up, range(len(slices)))
    low, high = total, total
    with_gaps = np.flatnonzero((gaps & counted).any(axis=1))
    if with_gaps.size:
        low, high = total.copy(), total.copy()
        fewest, highest = (np.asarray(ends, dtype=np.float64)[counted, np.newaxis] for ends in (least, most))

        def bound(piece: int) -> None:
            rows = slices[piece]
            part = _where(counted, part_of(rows))
            missing = np.isnan(part)
            sum_up(np.where(missing, fewest, part), low[rows])
            sum_up(np.where(missing, highest, part), high[rows])

        _share_out(bound, with_gaps.tolist())
    return Totals(total, low, high, np.logical_or.reduce(outside, axis=0))


def _as_block(columns: Sequence[Numbers]) -> Numbers | None:
    """Return the columns as the rows of one array where they lie evenly spaced in memory, as those of most frames do.

    One call then works on all of them, and threads seldom wait for each other.
    """
    first = columns[0]
    starts = [column.__array_interface__["data"][0] for column in columns]
    steps = {after - before for before, after in itertools.pairwise(starts)} or {0}
    if len(steps) > 1 or any(c.dtype != first.dtype or c.strides != (c.itemsize,) for c in columns):
        return None
    return np.lib.stride_tricks.as_strided(first, (len(columns), first.size), (*steps, first.itemsize))


def _weigh(part: Numbers, weights: Floats, out: Floats) -> None:
    """Put ``Σ weight × row`` into ``out``, each column added up in the order of the rows."""
    if out.size == 1:  # a single column would be added up in another order, and end in another digit
        alone = np.empty(2)
        _weigh(np.repeat(part, 2, axis=1), weights, alone)
        out[:] = alone[:1]
    else:
        np.einsum("ij,i->j", part, weights, out=out, dtype=np.float64, casting="same_kind")


def _where(counted: NDArray[np.bool_], part: Numbers) -> Numbers:
    """Return the rows of columns that carry weight."""
    return part if counted.all() else part[counted]


def _in_units(weights: Floats) -> tuple[Floats, float]:
    """Return weights counted in the smallest, where all are whole multiples of it, and what the unit is worth."""
    if weights.size:
        with np.errstate(over="ignore"):
            units = weights / weights.min()
        if (units == np.rint(units)).all() and units.max() <= MOST_UNITS:
            return units, float(weights.min())
    return weights, 1.0


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
    mine, *others = [pieces[first::n_threads] for first in range(n_threads)]
    with ThreadPoolExecutor(n_threads - 1) as pool:
        at_work = [pool.submit(some, own) for own in others]
        some(mine)
        for own in at_work:
            own.result()


def _look_closer(part: Numbers, least: float, most: float) -> tuple[bool, bool]:
    """Return whether a slice has gaps, and whether values out of range."""
    smallest, largest = np.fmin.reduce(part), np.fmax.reduce(part)
    gaps = part.dtype.kind == "f" and bool(np.isnan(np.minimum.reduce(part)))
    return gaps, bool(smallest < least or largest > most or np.isinf(smallest) or np.isinf(largest))
