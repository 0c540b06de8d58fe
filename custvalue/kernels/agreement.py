"""Krippendorff's alpha from counts of values per unit, on the data and on resampled units."""

from typing import Literal

import numpy as np

from custvalue.kernels.arrays import Floats

Metric = Literal["nominal", "ordinal", "interval", "ratio"]

PAIR = 2


def krippendorff_alpha(counts: Floats, values: Floats, metric: Metric = "ordinal") -> float:
    """Return ``1 − observed ÷ expected disagreement``; missing where no two paired values differ.

    ``counts`` is unit × value: how many raters gave each of the ``values`` (ascending). Units rated once pair with
    nothing and are left out.

    >>> float(krippendorff_alpha(np.array([[2.0, 0.0], [0.0, 2.0]]), np.array([0.0, 1.0])))
    1.0
    """
    paired = pairable(counts)
    totals = paired.sum(axis=0)
    if np.count_nonzero(totals) < PAIR:
        return np.nan
    difference = squared_differences(totals, values, metric)
    size = np.maximum(paired.sum(axis=1, keepdims=True) - 1, 1)
    coincidences = paired.T @ (paired / size)
    # The diagonal, where a value would meet itself, is multiplied by a difference of nothing.
    n = totals.sum()
    expected = totals @ difference @ totals / (n - 1)
    return float(1 - (coincidences * difference).sum() / expected)


def pairable(counts: Floats) -> Floats:
    """Return the counts with the units that hold fewer than two values emptied."""
    return np.where(counts.sum(axis=1, keepdims=True) >= PAIR, counts, 0.0)


def squared_differences(totals: Floats, values: Floats, metric: Metric) -> Floats:
    """Return the squared difference of every two values, in the metric; ``totals`` say how often each occurs."""
    if metric == "nominal":
        return 1.0 - np.eye(values.size)
    if metric == "ratio":
        sums = values[:, None] + values
        return ((values[:, None] - values) / np.where(sums == 0, 1.0, sums)) ** 2
    places = _middle_ranks(totals) if metric == "ordinal" else values
    return (places[:, None] - places) ** 2


def _middle_ranks(totals: Floats) -> Floats:
    """Return the middle rank of each value: ordinal differences are differences of middle ranks."""
    return np.cumsum(totals, axis=-1) - totals / 2


def resampled_alphas(
    counts: Floats, times: Floats, values: Floats, metric: Literal["ordinal", "interval"] = "ordinal"
) -> Floats:
    """Return one alpha per row of ``times`` (draw × unit: how often the draw holds the unit).

    Written through sums and sums of squares, so that no draw needs a table of coincidences. Missing where a draw holds
    no two values that differ.
    """
    paired = pairable(counts)
    size = paired.sum(axis=1)
    totals = times @ paired
    n = totals.sum(axis=1)
    places = _middle_ranks(totals) if metric == "ordinal" else np.broadcast_to(values, totals.shape)
    middle = (totals * places).sum(axis=1, keepdims=True) / np.maximum(n, 1.0)[:, None]
    places = places - middle
    sums, squares = places @ paired.T, places**2 @ paired.T
    within = (size * squares - sums**2) / np.maximum(size - 1, 1)
    observed = np.einsum("du,du->d", times, within)
    expected = n * (totals * places**2).sum(axis=1) / np.maximum(n - 1, 1.0)
    varied = np.count_nonzero(totals, axis=1) >= PAIR
    return np.where(varied, 1 - observed / np.where(varied, expected, 1.0), np.nan)


def chance_of_difference(counts: Floats) -> float:
    """Return the chance that two values drawn from all the paired ones differ."""
    totals = pairable(counts).sum(axis=0)
    n = totals.sum()
    return float(1 - (totals * (totals - 1)).sum() / (n * (n - 1))) if n >= PAIR else np.nan
