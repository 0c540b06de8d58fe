"""How strongly a criterion goes with the outcome: chi-square, Cramér's V in three forms, and the trend over levels."""

import numpy as np
from scipy.special import gammaincc, ndtr

from custvalue.kernels.arrays import Floats

PAIR = 2
YATES = 0.5


def chi_square(table: Floats, *, yates: bool = False) -> float:
    """Return Pearson's chi-square of a table of counts without empty rows or columns; Yates' where asked for on 2 × 2.

    >>> chi_square(np.array([[10.0, 0.0], [0.0, 10.0]]))
    20.0
    """
    expected = expected_counts(table)
    apart = np.abs(table - expected)
    if yates and table.shape == (PAIR, PAIR):
        apart = np.maximum(apart - YATES, 0.0)
    return float((apart**2 / expected).sum())


def expected_counts(table: Floats) -> Floats:
    """Return the counts expected if rows and columns had nothing to do with each other."""
    expected: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return expected


def filled(table: Floats) -> Floats:
    """Return the table without its empty rows and columns."""
    return table[table.any(axis=1)][:, table.any(axis=0)]


def cramers_v(table: Floats, *, yates: bool = False) -> float:
    """Return Cramér's V; missing where there are fewer than two rows or columns.

    >>> cramers_v(np.array([[10.0, 0.0], [0.0, 10.0]]))
    1.0
    """
    table = filled(table)
    if min(table.shape) < PAIR:
        return np.nan
    return float(np.sqrt(chi_square(table, yates=yates) / (table.sum() * (min(table.shape) - 1))))


def cramers_v_corrected(table: Floats) -> float:
    """Return Bergsma's Cramér's V, in which what chance alone would show is taken off.

    ``φ̃² = max(0, χ²/n − (r−1)(c−1)/(n−1))``, ``r̃ = r − (r−1)²/(n−1)`` and so for c, ``Ṽ² = φ̃² ÷ min(r̃−1, c̃−1)``.
    """
    table = filled(table)
    n = table.sum()
    shape = np.array(table.shape)
    if min(table.shape) < PAIR:
        return np.nan
    phi = max(0.0, chi_square(table) / n - float((shape - 1).prod()) / (n - 1))
    room = float((shape - (shape - 1) ** 2 / (n - 1)).min()) - 1
    return float(np.sqrt(phi / room)) if room > 0 else np.nan


def chi_square_p(table: Floats) -> float:
    """Return the chance of so large a chi-square without any association (Pearson's, no continuity correction)."""
    table = filled(table)
    if min(table.shape) < PAIR:
        return np.nan
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float(gammaincc(freedom / 2, chi_square(table) / 2))


def trend(table: Floats) -> tuple[float, float]:
    """Return Kendall's tau-b between ordered levels (rows, lowest first) and winning (columns won, lost), and its p.

    With two outcomes the test is Jonckheere's, Mann and Whitney's and Kendall's at once: S counts the pairs of a win
    and a loss in which the win stands higher, less those in which it stands lower; its variance allows for ties.
    Two-sided, normal, without continuity correction.
    """
    table = filled(table)
    if min(table.shape, default=0) < PAIR:
        return np.nan, np.nan
    won, lost = table.T
    n_won, n_lost, size, n = won.sum(), lost.sum(), table.sum(axis=1), table.sum()
    below = np.cumsum(lost) - lost
    s = float((won * (below - (n_lost - below - lost))).sum())
    pairs = n_won * n_lost
    untied = (n * (n - 1) - (size * (size - 1)).sum()) / 2
    variance = pairs / 3 * (n + 1 - (size**3 - size).sum() / (n * (n - 1)))
    return s / float(np.sqrt(pairs * untied)), float(2 * ndtr(-abs(s) / np.sqrt(variance)))


def holm(p: Floats) -> Floats:
    """Return p values made good for being many (Holm); missing ones stay missing and do not count.

    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    adjusted = np.full(p.size, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * (order.size - np.arange(order.size))), 1.0)
    return adjusted
