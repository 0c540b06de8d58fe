"""Moves between states: counts, smoothed rows of a transition matrix, mobility, and shocks between quarters."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betaincinv, gammaln

from custvalue.kernels.arrays import Floats, Integers

# A prior never counts for less than one account: three accounts that stayed do not prove that nobody ever moves.
LEAST_STRENGTH = 1.0
# A class that nobody was in has moved nowhere: one account, spread evenly, keeps its row defined.
EVEN_STRENGTH = 1.0
_AT_LIMIT = 0.01
# One account in a row says nothing of how rows differ.
_SPEAKING = 2


def move_counts(before: NDArray[np.integer], after: NDArray[np.integer], n_before: int, n_after: int) -> Integers:
    """Return how many rows moved from each state to each, as n_before × n_after.

    >>> move_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 2, 2).tolist()
    [[1, 1], [0, 1]]
    """
    pairs = before.astype(np.intp) * n_after + after
    return np.bincount(pairs, minlength=n_before * n_after).reshape(n_before, n_after)


def move_sums(
    before: NDArray[np.integer], after: NDArray[np.integer], values: Floats, n_before: int, n_after: int
) -> Floats:
    """Return the sum of the known values of each move; missing where rows moved and none has a value."""
    known = ~np.isnan(values)
    if not known.all():
        rows = move_counts(before, after, n_before, n_after)
        before, after, values = before[known], after[known], values[known]
        silent = (rows > 0) & (move_counts(before, after, n_before, n_after) == 0)
    else:
        silent = np.zeros((n_before, n_after), dtype=bool)
    pairs = before.astype(np.intp) * n_after + after
    sums = np.bincount(pairs, weights=values, minlength=n_before * n_after).astype(np.float64)
    return np.where(silent, np.nan, sums.reshape(n_before, n_after))


def counts_by_angle(counts: NDArray[np.number], sizes: Sequence[int]) -> list[Floats]:
    """Return the moves along each angle of a state that is a product of classes, the other angles added up.

    >>> [table.tolist() for table in counts_by_angle(np.eye(4), (2, 2))]
    [[[2.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [0.0, 2.0]]]
    """
    whole = np.asarray(counts, dtype=np.float64).reshape(*sizes, *sizes)
    n = len(sizes)
    others = [tuple(axis for axis in range(2 * n) if axis % n != angle) for angle in range(n)]
    return [whole.sum(axis=axes) for axes in others]


def even_shares(counts: Floats) -> Floats:
    """Return each row's shares after one account spread evenly over it was added."""
    k = counts.shape[1]
    shares: Floats = (counts + EVEN_STRENGTH / k) / (counts.sum(axis=1, keepdims=True) + EVEN_STRENGTH)
    return shares


def product_of_angles(tables: Sequence[Floats]) -> Floats:
    """Return the moves between products of classes if the angles moved independently of each other.

    >>> product_of_angles([np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[1.0]])]).tolist()
    [[0.9, 0.1], [0.2, 0.8]]
    """
    product = tables[0]
    for table in tables[1:]:
        product = np.kron(product, table).astype(np.float64, copy=False)
    return product


def dirichlet_strength(counts: NDArray[np.number], means: Floats, most: float) -> float:
    """Return how many accounts a prior counts for: the strength K that makes the rows of counts most likely.

    Row i is Dirichlet-multinomial with parameters ``K · meansᵢ``; the marginal likelihood of all rows is maximised over
    log K between 1 and ``most``. Where no row holds two accounts nothing can be learnt: then ``most``.

    >>> dirichlet_strength(np.array([[9, 0], [0, 9]]), np.full((2, 2), 0.5), 100.0)
    1.0
    """
    rows = counts.sum(axis=1) >= _SPEAKING
    most = max(most, LEAST_STRENGTH)
    if not rows.any() or most <= LEAST_STRENGTH:
        return most
    table, shares = counts[rows], means[rows]
    seen = table > 0
    n, m, totals = table[seen], shares[seen], table.sum(axis=1)

    def loss(log_strength: float) -> float:
        k = np.exp(log_strength)
        cells = gammaln(n + k * m) - gammaln(k * m)
        return float(np.sum(gammaln(totals + k) - gammaln(k)) - np.sum(cells))

    low, high = np.log(LEAST_STRENGTH), np.log(most)
    best = float(minimize_scalar(loss, bounds=(low, high), method="bounded").x)
    # The bounded search stops a little short of an end that it runs into.
    if best - low < _AT_LIMIT:
        return LEAST_STRENGTH
    return most if high - best < _AT_LIMIT else float(np.exp(best))


def smoothed_rows(counts: NDArray[np.number], sizes: Sequence[int]) -> tuple[Floats, Floats, float]:
    """Return Dirichlet parameters of each row of moves, the strength of the prior in each row, and the one estimated.

    The prior of a row is the product of its pooled moves along each angle; its strength is estimated from all rows. In
    a row the prior counts for no more accounts than the smallest pooled row it is the product of, since it is not known
    any better.
    """
    tables = counts_by_angle(counts, sizes)
    means = product_of_angles([even_shares(table) for table in tables])
    pooled = [table.sum(axis=1) for table in tables]
    known = reduce(np.minimum, np.meshgrid(*pooled, indexing="ij")).ravel()
    strength = dirichlet_strength(counts, means, float(counts.sum()))
    by_row = np.maximum(np.minimum(strength, known), LEAST_STRENGTH)
    return counts + by_row[:, None] * means, by_row, strength


def beta_interval(alphas: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the equal-tailed interval of every share of Dirichlet rows: each is a Beta on its own."""
    rest = alphas.sum(axis=1, keepdims=True) - alphas
    tail = (1 - level) / 2
    return betaincinv(alphas, rest, tail), betaincinv(alphas, rest, 1 - tail)


def shorrocks(diagonal: Floats) -> Floats:
    """Return Shorrocks' index ``(k − trace) ÷ (k − 1)`` of matrices whose diagonal is the last axis.

    >>> float(shorrocks(np.array([0.75, 0.75, 0.75])))
    0.375
    """
    k = diagonal.shape[-1]
    index: Floats = (k - diagonal.sum(axis=-1)) / (k - 1)
    return index


def between_variance(observed: Floats, expected: Floats, variance: Floats) -> float:
    """Return the variance of log(observed ÷ expected) between quarters beyond chance (DerSimonian and Laird).

    ``variance`` is that of each observed count by chance alone. Nothing expected, nothing learnt: 0.
    """
    half = 0.5
    use = expected > 0
    if use.sum() < _SPEAKING:
        return 0.0
    y = np.log((observed[use] + half) / (expected[use] + half))
    w = np.square(expected[use] + half) / np.maximum(variance[use], half)
    centre = (w * y).sum() / w.sum()
    excess = (w * np.square(y - centre)).sum() - (y.size - 1)
    return float(max(excess / (w.sum() - np.square(w).sum() / w.sum()), 0.0))
