"""Probabilities against outcomes: bins, the CORP decomposition of the Brier score, Spiegelhalter's statistic."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from custvalue.kernels.arrays import Codes, Floats
from custvalue.kernels.limits import bit_ranges, surely_between

HALF = 0.5
# Rows looked at together: what is made of them stays in the processor's cache.
CHUNK = 2**15


class BinSums(NamedTuple):
    """Per bin: the number of rows, the wins and the sum of the probabilities."""

    n: Floats
    wins: Floats
    probability: Floats


class Corp(NamedTuple):
    """The Brier score and its parts: ``score = miscalibration − discrimination + uncertainty``."""

    miscalibration: float
    discrimination: float
    uncertainty: float
    score: float


def bin_codes(values: Floats, edges: Floats) -> Codes:
    """Return the bin of each value: an edge belongs to the bin below it, the first and last bin are open-ended.

    >>> bin_codes(np.array([0.0, 0.1, 0.11, 1.0]), np.array([0.0, 0.1, 0.5, 1.0])).tolist()
    [0, 0, 1, 2]
    """
    codes = np.zeros(values.shape, dtype=np.int8)
    for edge in edges[1:-1]:
        codes += (values > edge).view(np.int8)
    return codes


def bin_sums(codes: NDArray[np.integer], probability: Floats, won: Floats, n_bins: int) -> BinSums:
    """Return what each bin holds; ``won`` is 1 or 0."""
    n: Floats = np.bincount(codes, minlength=n_bins).astype(np.float64)
    wins: Floats = np.bincount(codes, weights=won, minlength=n_bins).astype(np.float64, copy=False)
    stated: Floats = np.bincount(codes, weights=probability, minlength=n_bins).astype(np.float64, copy=False)
    return BinSums(n, wins, stated)


def all_known(probability: Floats, won: Floats) -> bool:
    """Say whether every probability is known to lie between 0 and 1, and every outcome to be 1 or 0; in one pass.

    False means that something is missing or wrong, or wants a closer look (-0.0).

    >>> all_known(np.array([0.5]), np.array([1.0])), all_known(np.array([0.5]), np.array([np.nan]))
    (True, False)
    """
    ranges = bit_ranges(probability.dtype, [(0.0, 1.0)])
    for start in range(0, probability.size, CHUNK):
        part = won[start : start + CHUNK]
        if np.count_nonzero(part == 0) + np.count_nonzero(part == 1) < part.size:
            return False
        if not surely_between(probability[np.newaxis, start : start + CHUNK], ranges).all():
            return False
    return True


def binned_sums(probability: Floats, won: Floats, edges: Floats) -> BinSums:
    """Return what each bin between the edges holds, as :func:`bin_codes` and :func:`bin_sums` would; in one pass.

    There are at most 127 bins: their cells are counted in eight bits.

    >>> binned_sums(np.array([0.1, 0.4, 0.9]), np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.5, 1.0])).wins.tolist()
    [1.0, 1.0]
    """
    n_bins, inner = edges.size - 1, edges[1:-1, None]
    # Lost and won rows of a bin lie in two cells beside each other, so that one count gives both.
    n, stated = np.zeros(2 * n_bins), np.zeros(2 * n_bins)
    for start in range(0, probability.size, CHUNK):
        values = probability[start : start + CHUNK]
        bins = np.add.reduce((values > inner).view(np.uint8), axis=0, dtype=np.uint8)
        bins += bins
        bins += (won[start : start + CHUNK] > HALF).view(np.uint8)
        cells = bins.astype(np.intp)
        n += np.bincount(cells, minlength=2 * n_bins)
        stated += np.bincount(cells, weights=values, minlength=2 * n_bins)
    return BinSums(n[::2] + n[1::2], n[1::2], stated[::2] + stated[1::2])


def corp(probability: Floats, won: Floats) -> Corp:
    """Return the CORP decomposition of the Brier score (Dimitriadis, Gneiting & Jordan 2021).

    The recalibrated probabilities are the isotonic regression of the outcomes on the probabilities, equal
    probabilities pooled first.

    >>> corp(np.array([0.2, 0.8]), np.array([0.0, 1.0])).uncertainty
    0.25
    """
    n = probability.size
    order = np.argsort(probability)  # ties are pooled, so their order does not matter
    in_order = probability[order]
    starts = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    weights = np.diff(np.append(starts, n)).astype(np.float64)
    mean = np.add.reduceat(won[order], starts) / weights
    recalibrated = isotonic_regression(mean, weights=weights).x
    rate = won.mean()
    uncertainty = float(rate * (1 - rate))
    # (y − x)² summed over a pool of outcomes 0 and 1 with mean m is n · (m − 2mx + x²).
    after = float((weights * (mean - 2 * mean * recalibrated + recalibrated**2)).sum() / n)
    score = float(np.square(probability - won).mean())
    return Corp(score - after, uncertainty - after, uncertainty, score)


def spiegelhalter_z(probability: Floats, won: Floats) -> float:
    """Return Spiegelhalter's z, standard normal if every probability is right; missing where nothing can vary.

    ``z = Σ (y − p)(1 − 2p) ÷ √Σ (1 − 2p)² p (1 − p)`` (Spiegelhalter 1986).

    >>> round(spiegelhalter_z(np.array([0.8, 0.8]), np.array([1.0, 0.0])), 4)
    1.0607
    """
    slope = 1 - 2 * probability
    variance = float((slope**2 * probability * (1 - probability)).sum())
    return float(((won - probability) * slope).sum() / np.sqrt(variance)) if variance > 0 else np.nan


def log_losses(probability: Floats, won: Floats) -> Floats:
    """Return ``−ln`` of the probability given to what happened; infinite where that was called impossible.

    >>> log_losses(np.array([0.5, 1.0]), np.array([1.0, 0.0])).round(3).tolist()
    [0.693, inf]
    """
    with np.errstate(divide="ignore"):
        return -np.log(np.where(won > HALF, probability, 1 - probability))
