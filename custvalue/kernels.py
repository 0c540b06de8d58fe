"""The few array functions where the time goes. numpy and scipy only; inputs are checked by the callers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Integers = NDArray[np.int64]

MISSING_CODE = -1
# Sums of weighted points carry a few units of the last binary digit; cuts and levels forgive that much, relatively.
ROUND_OFF = 1e-12
SIGNIFICANT = 12


def band_codes(
    values: Floats, cuts: Sequence[float], owned_by_upper: Sequence[bool], *, tolerance: float = 0.0
) -> Codes:
    """Return the band of each value as 0, 1, … from the lowest; -1 where the value is missing.

    ``tolerance`` (absolute) lets values that miss a cut by round-off count as standing on it.

    >>> band_codes(np.array([7.9, 8.0, 14.0, 14.1, np.nan]), (8, 14), (True, False)).tolist()
    [0, 1, 1, 2, -1]
    """
    codes = np.zeros(values.shape, dtype=np.int8)
    for cut, upper_owns in zip(cuts, owned_by_upper, strict=True):
        above = values >= cut - tolerance if upper_owns else values > cut + tolerance
        codes += above.view(np.int8)
    missing = np.isnan(values)
    if missing.any():
        codes[missing] = MISSING_CODE
    return codes


def weighted_total(columns: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return ``Σ weight × column`` row by row; missing where any column is missing."""
    total = np.zeros(columns[0].shape[0])
    for column, weight in zip(columns, weights, strict=True):
        total += column if weight == 1 else column * weight
    return total


def descending_rank(*keys: Floats) -> Floats:
    """Rank rows 1, 2, … by the first key, largest first, then by the next; equal rows share the best rank.

    Rows with a missing key get a missing rank and count for nobody else's.

    >>> descending_rank(np.array([5.0, 9.0, 5.0, np.nan])).tolist()
    [2.0, 1.0, 2.0, nan]
    """
    rank = np.full(keys[0].shape[0], np.nan)
    known = np.flatnonzero(~np.any([np.isnan(key) for key in keys], axis=0))
    if known.size == 0:
        return rank
    order = known[np.lexsort([-key[known] for key in reversed(keys)])]
    starts = np.zeros(order.size, dtype=bool)
    starts[0] = True
    for key in keys:
        in_order = key[order]
        starts[1:] |= in_order[1:] != in_order[:-1]
    first = np.flatnonzero(starts)
    rank[order] = np.repeat(first + 1.0, np.diff(np.append(first, order.size)))
    return rank


def forgiving(values: Floats) -> Floats:
    """Return values rounded to twelve significant digits, so that equal products of different factors compare equal.

    >>> bool(forgiving(np.array([49_000 * 0.6]))[0] == forgiving(np.array([42_000 * 0.7]))[0])
    True
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (SIGNIFICANT - 1 - np.floor(np.log10(np.abs(values))))
    return np.where(np.isfinite(scale), np.round(values * scale) / scale, values)


def descending_order(values: Floats) -> Integers:
    """Return row numbers from the largest value to the smallest; equal values keep their row order."""
    return np.argsort(-values, kind="stable")


def count_to_reach(cumulative: Floats, target: float) -> int:
    """Return how many leading entries of a cumulative sum it takes to reach ``target``, the crossing one included."""
    return int(np.searchsorted(cumulative, target * (1 - ROUND_OFF), side="left")) + 1


def gini(descending: Floats) -> float:
    """Return the uncorrected Gini index of non-negative values sorted from the largest to the smallest.

    ``G = Σ (n + 1 − 2i) · xᵢ ÷ (n · Σ x)`` with i = 1 for the largest.

    >>> gini(np.array([3.0, 1.0]))
    0.25
    """
    n = descending.size
    weights = n + 1.0 - 2.0 * np.arange(1, n + 1)
    return float(weights @ descending / (n * descending.sum()))


def sums_by_code(codes: NDArray[np.integer], values: Floats, n_codes: int) -> Floats:
    """Return the sum of values for each code 0 … n_codes − 1; negative codes are left out."""
    kept = codes >= 0
    if not kept.all():
        codes, values = codes[kept], values[kept]
    return np.bincount(codes, weights=values, minlength=n_codes).astype(np.float64, copy=False)


def wilson_interval(successes: Floats, trials: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of a proportion; missing where there is no trial.

    >>> low, high = wilson_interval(np.array([6.0]), np.array([10.0]), 0.95)
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.3127, 0.8318)
    """
    z_squared = ndtri((1 + level) / 2) ** 2
    n = np.where(trials > 0, trials, np.nan)
    p = successes / n
    centre = (p + z_squared / (2 * n)) / (1 + z_squared / n)
    half = np.sqrt(z_squared) * np.sqrt(p * (1 - p) / n + z_squared / (4 * n * n)) / (1 + z_squared / n)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
