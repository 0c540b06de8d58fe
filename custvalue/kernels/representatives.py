"""Many deals, few representatives: weighted deals whose log characteristic functions add up to those of all.

The logarithm of a deal's characteristic function is a smooth function of its amount and probability. Within an octave
of amounts it is interpolated at Chebyshev points; the interpolation weights of all deals are added up point by point.
Sums of powers of the amounts up to the number of points (so the first cumulants) are kept exactly.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.chebyshev import chebyshev_points, chebyshev_polynomials, to_weights
from custvalue.kernels.powers import CHANCE_CELLS, CHANCE_POINTS

AMOUNT_POINTS = 12
# Fewer deals than this in a cell stand for themselves. It is also what makes interpolation safe: where a cell's
# factors turn so far that interpolation fails, the product of so many of them has vanished.
KEPT = 64
MOST_CLASSES = 32
SINGLE_WORK = 1 / 8
SAMPLED = 4096


@dataclass(frozen=True, slots=True)
class Representatives:
    """Weighted deals: ``n_single`` deals of weight 1 that stand for themselves first, then the points of the cells."""

    amount: Floats
    probability: Floats
    spread: Floats
    weight: Floats
    n_single: int

    @property
    def work(self) -> float:
        """Return what evaluating their factors costs, in those of representatives: a single deal's is cheap."""
        return self.amount.size - self.n_single * (1 - SINGLE_WORK)

    def rows(self, chosen: NDArray[np.bool_]) -> "Representatives":
        """Return some of them."""
        n_single = int(chosen[: self.n_single].sum())
        return Representatives(
            self.amount[chosen], self.probability[chosen], self.spread[chosen], self.weight[chosen], n_single
        )


def representatives(amount: Floats, probability: Floats, spread: Floats) -> Representatives:
    """Return weighted deals that stand for all; amounts must be positive and probabilities strictly inside 0–1.

    >>> draw = np.random.default_rng(1)
    >>> amount = draw.lognormal(0.0, 1.0, 10_000)
    >>> few = representatives(amount, np.full(10_000, 0.4), np.zeros(10_000))
    >>> few.amount.size < 300, bool(np.isclose(few.weight @ few.amount**3, np.sum(amount**3), rtol=1e-10))
    (True, True)
    """
    chance_class, spread_class = classes_of(probability), classes_of(spread)
    if amount.size <= KEPT or spread_class is None:
        return Representatives(amount, probability, spread, np.ones(amount.size), amount.size)
    mantissa, octave = np.frexp(amount)
    many = chance_class is None
    cell = np.searchsorted(CHANCE_CELLS, probability, side="right") - 1 if chance_class is None else chance_class
    key = ((octave - octave.min()) * MOST_CLASSES + cell) * MOST_CLASSES + spread_class
    order = np.argsort(key.astype(np.int32), kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    sizes = np.diff(starts, append=key.size)
    # A cell with two dimensions has more points.
    n_points = AMOUNT_POINTS * (CHANCE_POINTS if many else 1)
    crowded = sizes > max(KEPT, n_points + n_points // 2)
    single = order[~np.repeat(crowded, sizes)]
    parts = [(amount[single], probability[single], spread[single], np.ones(single.size))]
    if crowded.any():
        rows = order[np.repeat(crowded, sizes)]
        starts = np.concatenate([[0], np.cumsum(sizes[crowded])])
        first = rows[starts[:-1]]
        across = 4.0 * mantissa[rows] - 3.0
        points = 0.75 + 0.25 * chebyshev_points(AMOUNT_POINTS)
        amounts = np.ldexp(points[None, :], octave[first][:, None])
        polynomials = chebyshev_polynomials(across, AMOUNT_POINTS)
        spreads = np.repeat(spread[first], n_points)
        if many:
            low, high = CHANCE_CELLS[cell[first]], CHANCE_CELLS[cell[first] + 1]
            middle, half = (low + high) / 2, (high - low) / 2
            inside = (probability[rows] - np.repeat(middle, sizes[crowded])) / np.repeat(half, sizes[crowded])
            second = chebyshev_polynomials(inside, CHANCE_POINTS)
            weights = _cell_weights(polynomials, second, starts)
            levels = middle[:, None] + half[:, None] * chebyshev_points(CHANCE_POINTS)
            shape = (first.size, AMOUNT_POINTS, CHANCE_POINTS)
            parts.append(
                (
                    np.broadcast_to(amounts[:, :, None], shape).ravel(),
                    np.broadcast_to(levels[:, None, :], shape).ravel(),
                    spreads,
                    weights.ravel(),
                )
            )
        else:
            sums = np.add.reduceat(polynomials, starts[:-1], axis=1)
            weights = (to_weights(AMOUNT_POINTS) @ sums).T
            parts.append((amounts.ravel(), np.repeat(probability[first], n_points), spreads, weights.ravel()))
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    return Representatives(joined[0], joined[1], joined[2], joined[3], single.size)


def _cell_weights(amounts: Floats, chances: Floats, starts: Integers) -> Floats:
    """Return the weights of each cell's grid of points, from the sums of products of polynomials in the cell."""
    sums = np.stack([amounts[:, a:b] @ chances[:, a:b].T for a, b in pairwise(starts.tolist())])
    weights: Floats = np.einsum("ai,cij,bj->cab", to_weights(AMOUNT_POINTS), sums, to_weights(CHANCE_POINTS))
    return weights


def classes_of(values: Floats) -> Integers | None:
    """Return each value's place among the distinct ones, or None if they are many."""
    distinct = np.unique(values[:SAMPLED])
    if distinct.size <= MOST_CLASSES:
        if distinct.size == 1 and (values == distinct[0]).all():
            return np.zeros(values.size, dtype=np.int64)
        place = np.minimum(np.searchsorted(distinct, values), distinct.size - 1)
        if (distinct[place] == values).all():
            return place
        distinct, place = np.unique(values, return_inverse=True)
    return place if distinct.size <= MOST_CLASSES else None
