"""Exact distributions of a sum of amounts, each won or not: by enumeration, and by convolution of whole units."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from custvalue.kernels.arrays import Floats, Integers

# Sums that differ by round-off only are one sum.
SAME_SUM = 1e-12


def enumerated_sum(amounts: Floats, probability: Floats) -> tuple[Floats, Floats]:
    """Return every sum of a few independent deals, ascending and each once, and its chance.

    >>> sums, chance = enumerated_sum(np.array([1.5, 1.5]), np.array([0.5, 0.2]))
    >>> sums.tolist(), chance.round(3).tolist()
    ([0.0, 1.5, 3.0], [0.4, 0.5, 0.1])
    """
    return merged(*all_outcomes(amounts, probability))


def merged(sums: Floats, chance: Floats) -> tuple[Floats, Floats]:
    """Return sums ascending and each once, with their chances added up."""
    order = np.argsort(sums, kind="stable")
    sums, chance = sums[order], chance[order]
    first = np.flatnonzero(np.diff(sums, prepend=-np.inf) > SAME_SUM * max(float(sums[-1]), np.finfo(float).tiny))
    return sums[first], np.add.reduceat(chance, first)


def all_outcomes(amounts: Floats, probability: Floats) -> tuple[Floats, Floats]:
    """Return the sum and the chance of each of the ``2ⁿ`` outcomes; bit ``i`` of the position says if deal i is won.

    The last axis of ``probability`` is the deals, and of the chances the outcomes.
    """
    sums, chance = np.zeros(1), np.ones((*probability.shape[:-1], 1))
    for place, amount in enumerate(amounts):
        p = probability[..., place, None]
        sums = np.concatenate([sums, sums + amount])
        chance = np.concatenate([chance * (1 - p), chance * p], axis=-1)
    return sums, chance


def convolved_sum(units: Integers, probability: Floats) -> Floats:
    """Return the chance of each total 0 … Σ units of independent deals worth whole units.

    Mass functions of like length are multiplied pairwise by batched real FFTs, shortest first.

    >>> convolved_sum(np.array([1, 2]), np.array([0.5, 0.2])).round(3).tolist()
    [0.4, 0.4, 0.1, 0.1]
    """
    total = int(units.sum())
    if units.size == 0:
        return np.ones(1)
    width_of = np.int64(1) << np.ceil(np.log2(units + 1.0)).astype(np.int64)
    waiting: dict[int, list[NDArray[np.float64]]] = {}
    for width in np.unique(width_of).tolist():
        mine = width_of == width
        rows = np.zeros((int(mine.sum()), width))
        rows[:, 0] = 1 - probability[mine]
        rows[np.arange(len(rows)), units[mine]] = probability[mine]
        waiting[width] = [rows]
    while True:
        width = min(waiting)
        rows = np.concatenate(waiting.pop(width))
        if len(rows) == 1 and not waiting:
            pmf = rows[0, : total + 1]
            return np.pad(np.maximum(pmf, 0.0), (0, total + 1 - pmf.size))
        half = len(rows) // 2
        if half:
            product = rfft(rows[:half], 2 * width) * rfft(rows[half : 2 * half], 2 * width)
            waiting.setdefault(2 * width, []).append(irfft(product, 2 * width))
        if len(rows) % 2:
            waiting.setdefault(2 * width, []).append(np.pad(rows[-1:], ((0, 0), (0, width))))
