"""From values to classes: weighted totals and band codes."""

from collections.abc import Sequence

import numpy as np

from custvalue.kernels.arrays import MISSING_CODE, Codes, Floats

# Rows at a time: what is compared stays in the cache, and the answers need little memory of their own.
SLICE = 65_536


def band_codes(
    values: Floats, cuts: Sequence[float], owned_by_upper: Sequence[bool], *, tolerance: float = 0.0
) -> Codes:
    """Return the band of each value as 0, 1, … from the lowest; -1 where the value is missing.

    ``tolerance`` (absolute) lets values that miss a cut by round-off count as standing on it.

    >>> band_codes(np.array([7.9, 8.0, 14.0, 14.1, np.nan]), (8, 14), (True, False)).tolist()
    [0, 1, 1, 2, -1]
    """
    codes = np.empty(values.shape, dtype=np.int8)
    flat, out = values.reshape(-1), codes.reshape(-1)
    for start in range(0, flat.size, SLICE):
        part, mine = flat[start : start + SLICE], out[start : start + SLICE]
        mine[:] = 0
        for cut, upper_owns in zip(cuts, owned_by_upper, strict=True):
            above = part >= cut - tolerance if upper_owns else part > cut + tolerance
            mine += above.view(np.int8)
        if np.isnan(np.minimum.reduce(part)):
            mine[np.isnan(part)] = MISSING_CODE
    return codes


def weighted_total(columns: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return ``Σ weight × column`` row by row; missing where any column is missing."""
    total = np.zeros(columns[0].shape[0])
    for column, weight in zip(columns, weights, strict=True):
        total += column if weight == 1 else column * weight
    return total
