"""Deals whose sum is asked for: independent of each other, given one common factor and the draws they share."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.factor import conditional_probability, drawn_probability, normal_nodes

NO_DRAW = -1
SPREAD_NODES = 65
DENSE_NODES = 1025
MOST_LEVELS = 129
FEWER_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Pool:
    """Amounts and chances of deals that share at most one common factor, and per ``draw`` code one Beta draw.

    ``spread`` is the log-normal standard deviation of each amount around its mean ``amount``; ``strengths`` holds one
    number for each draw code: how many past deals the stage's probability is worth.
    """

    amount: Floats
    probability: Floats
    spread: Floats
    draw: Integers
    strengths: tuple[float, ...] = ()
    correlation: float = 0.0

    @property
    def mixed(self) -> bool:
        """Say whether the deals share anything."""
        return self.correlation > 0 or bool((self.draw != NO_DRAW).any())

    def rows(self, chosen: NDArray[np.bool_] | Integers) -> "Pool":
        """Return some of the deals."""
        return Pool(
            self.amount[chosen],
            self.probability[chosen],
            self.spread[chosen],
            self.draw[chosen],
            self.strengths,
            self.correlation,
        )

    def draws(self) -> Iterator[tuple[NDArray[np.bool_] | slice, float]]:
        """Yield the deals of each shared draw and its strength; deals without a draw have strength 0."""
        codes = self.draw[:1] if (self.draw == self.draw[:1]).all() else np.unique(self.draw)
        for code in codes.tolist():
            where = slice(None) if codes.size == 1 else self.draw == code
            yield where, (0.0 if code == NO_DRAW else self.strengths[code])


def pool(
    amount: Floats,
    probability: Floats,
    *,
    correlation: float = 0.0,
    spread: Floats | None = None,
    draw: Integers | None = None,
    strengths: tuple[float, ...] = (),
) -> Pool:
    """Return a pool, certain amounts and no shared draw unless given."""
    return Pool(
        amount,
        probability,
        np.zeros(amount.size) if spread is None else spread,
        np.full(amount.size, NO_DRAW) if draw is None else draw,
        strengths,
        correlation,
    )


def nodes(correlation: float, strength: float, n: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the factor's nodes and weights and the draw's; one node where there is nothing to mix over."""
    z, z_weight = normal_nodes(n if correlation > 0 else 1)
    # Where both are mixed the draw needs fewer nodes: the factor has smoothed the distribution already.
    y, y_weight = normal_nodes(1 if strength == 0 else n if correlation == 0 else n // FEWER_DRAWS + 1)
    return z, z_weight, y, y_weight


def chances(probability: Floats, correlation: float, strength: float, z: Floats, y: Floats) -> Floats:
    """Return the chance of every deal at every node: factor nodes × draw nodes × deals."""
    drawn = probability[None, :]
    if strength > 0:
        distinct, place = np.unique(probability, return_inverse=True)
        drawn = drawn_probability(distinct[None, :], strength, y[:, None])[:, place]
    return conditional_probability(drawn[None, :, :], correlation, z[:, None, None])


def mean(pools: tuple[Pool, ...]) -> float:
    """Return the mean of the sum of all pools."""
    return float(sum(part.amount @ part.probability for part in pools))


def variance(pools: tuple[Pool, ...]) -> float:
    """Return the variance of the sum: of each deal, and of what the deals share."""
    return float(sum(own_variance(part).sum() + shared_variance(part) for part in pools))


def own_variance(part: Pool) -> Floats:
    """Return the variance of each deal by itself: ``a² p (e^{s²} − p)``."""
    growth = np.exp(part.spread**2) if part.spread.any() else 1.0
    return part.amount**2 * part.probability * (growth - part.probability)


def shared_variance(part: Pool) -> float:
    """Return what the covariances of the deals of a pool add to its variance."""
    return float((part.amount * covariances(part)).sum()) if part.mixed else 0.0


def covariances(part: Pool) -> Floats:
    """Return the covariance of each deal's win (0 or 1) with the money of the *other* deals of the pool."""
    result = np.zeros(part.amount.size)
    if not part.mixed:
        return result
    groups = []
    for where, strength in part.draws():
        levels = Levels.of(part.probability[where])
        z, z_weight, y, y_weight = nodes(part.correlation, strength, DENSE_NODES if part.correlation == 0 else 257)
        table = chances(levels.values, part.correlation, strength, z, y) - levels.values
        given_factor = np.einsum("zyd,y->zd", table, y_weight)
        flat = table.reshape(-1, levels.values.size)
        own = flat.T @ (flat * (z_weight[:, None] * y_weight).reshape(-1, 1))
        groups.append((where, levels, given_factor, own, levels.totals(part.amount[where])))
    common = sum(given @ money for _, _, given, _, money in groups)
    for where, levels, given, own, money in groups:
        with_sum = own @ money + (given * z_weight[:, None]).T @ (common - given @ money)
        result[where] = levels.at(with_sum) - part.amount[where] * levels.at(np.diag(own))
    return result


@dataclass(frozen=True, slots=True)
class Levels:
    """A few levels of probability that stand for many: what lies between two is shared by both in proportion."""

    values: Floats
    left: Integers
    above: Floats

    @classmethod
    def of(cls, probability: Floats) -> "Levels":
        """Return the distinct probabilities themselves if they are few, otherwise a fine grid."""
        values, left = np.unique(probability, return_inverse=True)
        if values.size <= MOST_LEVELS:
            return cls(values, left, np.zeros(left.size))
        values = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, MOST_LEVELS))
        left = np.clip(np.searchsorted(values, probability, side="right") - 1, 0, MOST_LEVELS - 2)
        return cls(values, left, (probability - values[left]) / (values[left + 1] - values[left]))

    def totals(self, weights: Floats) -> Floats:
        """Return the weights added up by level."""
        n = self.values.size
        right = np.minimum(self.left + 1, n - 1)
        below = np.bincount(self.left, weights * (1 - self.above), n)
        return np.asarray(below + np.bincount(right, weights * self.above, n), dtype=np.float64)

    def at(self, of_levels: Floats) -> Floats:
        """Return a quantity known at the levels for every deal."""
        right = np.minimum(self.left + 1, self.values.size - 1)
        return of_levels[self.left] * (1 - self.above) + of_levels[right] * self.above
