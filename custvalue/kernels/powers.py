"""Many small deals by the sums of powers of their amounts: their log characteristic function as a power series.

``log(1 − p + p e^w) = Σ c_k(p) w^k`` where ``k! c_k`` is the k-th cumulant of a win. The series converges for
``|w| < π`` at any p, so deals whose amount × frequency stays well below need no more than the sums of the first powers
of their amounts, by probability.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats
from custvalue.kernels.chebyshev import chebyshev_points, chebyshev_polynomials, to_weights

Complex = NDArray[np.complex128]

ORDER = 16
# The largest frequency × amount: the series is cut where its terms have fallen to (1.5 ÷ π)^17 = 4e-6 per deal, and
# there the whole function has vanished.
CONVERGENT = 1.5
CHANCE_POINTS = 6
# Between these the log characteristic function is smooth in the probability; 1/2 is where it turns over.
CHANCE_CELLS = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 1.0])
PERCENT = 100
CELL_OF_PERCENT = np.searchsorted(CHANCE_CELLS * PERCENT, np.arange(PERCENT) + 0.5).astype(np.int8) - np.int8(1)
SAMPLED, MOST_LEVELS = 4096, 32
# Powers are worked out for so many deals at a time that they stay in the cache.
SLICE = 2048


@dataclass(frozen=True, slots=True)
class PowerSums:
    """``sums[k, j]``: what the deals of probability ``level[j]`` add up to of ``(amount ÷ scale)^k``, k = 0 … ORDER."""

    level: Floats
    sums: Floats
    scale: float

    def series(self, chance: Floats) -> Floats:
        """Return the coefficients of the power series (in ``w × scale``) for each row of chances of the levels."""
        return np.stack([term @ self.sums[k] for k, term in enumerate(win_series(chance))], axis=-1)

    def waves(self, chance: Floats, t: Floats) -> Complex:
        """Return the characteristic function of all the deals: rows of chances × frequencies."""
        turn = (1j * self.scale * t) ** np.arange(ORDER + 1)[:, None]
        return np.exp(self.series(chance) @ turn)

    def log_moment(self, chance: Floats, tilts: Floats) -> Floats:
        """Return ``log E exp(tilt × sum)`` at each tilt, for one row of chances."""
        return self.series(chance) @ (self.scale * tilts) ** np.arange(ORDER + 1)[:, None]


def win_series(p: Floats) -> list[Floats]:
    """Return the coefficients of ``log(1 − p + p e^w)`` in powers of w, from that of degree 0.

    >>> [float(term) for term in win_series(np.array(0.5))[:4]]
    [0.0, 0.5, 0.125, 0.0]
    """
    plain = [np.ones_like(p), p]
    for k in range(2, ORDER + 1):
        plain.append(plain[-1] / k)
    series = [np.zeros_like(p), p]
    for k in range(2, ORDER + 1):
        mixed = sum((j * series[j] * plain[k - j] for j in range(1, k)), start=np.zeros_like(p))
        series.append(plain[k] - mixed / k)
    return series


def power_sums(amount: Floats, probability: Floats, weight: Floats, scale: float) -> PowerSums:
    """Return the power sums of weighted deals, by probability: by each one if they are few, else interpolated.

    >>> few = power_sums(np.array([1.0, 3.0]), np.array([0.5, 0.5]), np.ones(2), 1.0)
    >>> few.level.tolist(), few.sums[:4, 0].tolist()
    ([0.5], [2.0, 4.0, 10.0, 28.0])
    """
    level = _few_levels(probability)
    if level is None:
        return _interpolated_sums(amount, probability, weight, scale)
    sums = np.zeros((ORDER + 1, level.size))
    for start in range(0, amount.size, SLICE):
        rows = slice(start, start + SLICE)
        sums += _powers(amount[rows] / scale) @ np.where(probability[rows, None] == level, weight[rows, None], 0.0)
    return PowerSums(level, sums, scale)


def _few_levels(probability: Floats) -> Floats | None:
    """Return the distinct probabilities if they are few; many are found out from the first thousands."""
    for some in (probability[:SAMPLED], probability):
        level = np.unique(some)
        if level.size > MOST_LEVELS:
            return None
    return level


def _interpolated_sums(amount: Floats, probability: Floats, weight: Floats, scale: float) -> PowerSums:
    """Return the power sums shared out over the Chebyshev points of the cells of probability."""
    cell = CELL_OF_PERCENT[np.minimum(probability * PERCENT, PERCENT - 1).astype(np.intp)]
    order = np.argsort(cell, kind="stable")
    ends = np.cumsum(np.bincount(cell, minlength=CHANCE_CELLS.size - 1))
    levels, sums = [], []
    for place, (first, last) in enumerate(pairwise([0, *ends.tolist()])):
        if first == last:
            continue
        middle = (CHANCE_CELLS[place] + CHANCE_CELLS[place + 1]) / 2
        half = (CHANCE_CELLS[place + 1] - CHANCE_CELLS[place]) / 2
        total = np.zeros((ORDER + 1, CHANCE_POINTS))
        for start in range(first, last, SLICE):
            rows = order[start : min(start + SLICE, last)]
            across = chebyshev_polynomials((probability[rows] - middle) / half, CHANCE_POINTS)
            across *= weight[rows]
            total += _powers(amount[rows] / scale) @ across.T
        levels.append(middle + half * chebyshev_points(CHANCE_POINTS))
        sums.append(total @ to_weights(CHANCE_POINTS).T)
    return PowerSums(np.concatenate(levels), np.concatenate(sums, axis=1), scale)


def _powers(x: Floats) -> Floats:
    """Return the powers of ``x`` from 0 to ORDER, one row each."""
    table = np.empty((ORDER + 1, x.size))
    table[0] = 1.0
    for k in range(1, ORDER + 1):
        np.multiply(table[k - 1], x, out=table[k])
    return table
