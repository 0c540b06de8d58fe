"""A few deals that outweigh all others together: their outcomes one by one, and the sum of the others under each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.factor import REACH, conditional_probability, normal_nodes
from custvalue.kernels.mixing import Given, one_factor
from custvalue.kernels.pools import Pool

MOST = 3
# A deal worth so many times all smaller ones is taken apart from them even behind a larger one.
DWARFS = 10.0
FACTOR_NODES = 1025


@dataclass(frozen=True, slots=True)
class Outcome:
    """The money of the largest deals when some of them are won, the chance of that, and its chance by the factor."""

    money: float
    chance: float
    given: Given | None


@dataclass(frozen=True, slots=True)
class Dominated:
    """The largest deals, and the pools of the others."""

    amount: Floats
    probability: Floats
    correlation: Floats
    rest: tuple[Pool, ...]

    def outcomes(self) -> Iterator[Outcome]:
        """Yield every outcome of the largest deals; without correlation the others are the same under each."""
        z, weight = normal_nodes(FACTOR_NODES)
        for number in range(2**self.amount.size):
            won = (number >> np.arange(self.amount.size) & 1).astype(bool)

            def given(z: Floats, won: NDArray[np.bool_] = won) -> Floats:
                of_deals = [
                    conditional_probability(np.array(p), rho, z)
                    for p, rho in zip(self.probability.tolist(), self.correlation.tolist(), strict=True)
                ]
                factors = [p if is_won else 1.0 - p for p, is_won in zip(of_deals, won.tolist(), strict=True)]
                chance: Floats = np.prod(factors, axis=0)
                return chance

            shared = bool(self.correlation.any())
            yield Outcome(float(self.amount[won].sum()), float(weight @ given(z)), given if shared else None)


def dominated(pools: tuple[Pool, ...]) -> Dominated | None:
    """Return the largest deals, three at most, of which each is worth more than all smaller ones can be.

    None where there are none, where their amounts are uncertain, or where more is shared than one factor.
    """
    if any(part.mixed for part in pools) and not one_factor(pools):
        return None
    amount, spread, probability = (
        np.concatenate([getattr(part, name) for part in pools]) for name in ("amount", "spread", "probability")
    )
    largest = outweighing(amount, spread)
    if not largest.size:
        return None
    is_large = np.zeros(amount.size, dtype=bool)
    is_large[largest] = True
    masks = np.split(is_large, np.cumsum([part.amount.size for part in pools])[:-1])
    rest = tuple(part.rows(~mask) for part, mask in zip(pools, masks, strict=True) if not mask.all())
    correlation = np.concatenate([np.full(part.amount.size, part.correlation) for part in pools])
    return Dominated(amount[largest], probability[largest], correlation[largest], rest)


def outweighing(amount: Floats, spread: Floats, most: int = MOST) -> Integers:
    """Return the places of the largest deals of certain amount, each worth more than all smaller ones can be.

    The fewest (three at most), but all, up to ``most``, down to the last that dwarfs the smaller ones together.

    >>> outweighing(np.array([1.0, 5e6, 2.0, 4.0]), np.zeros(4)).tolist()
    [1]
    >>> outweighing(np.array([1.0, 5e12, 2.0, 5e6]), np.zeros(4)).tolist()
    [1, 3]
    """
    n_first = min(most, amount.size - 1)
    if n_first < 1 or (most + 1) * amount.max() <= amount.sum():
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(-amount, kind="stable")
    ceiling = (amount * np.exp(REACH * spread - spread**2 / 2))[order]
    # Added up from the smallest: beside the largest they would be lost.
    smaller = np.cumsum(ceiling[::-1])[::-1][1 : n_first + 1]
    ratio = np.where(np.cumsum(spread[order[:n_first]] > 0) > 0, 0.0, amount[order[:n_first]] / smaller)
    dwarfing, larger = np.flatnonzero(ratio > DWARFS), np.flatnonzero(ratio[:MOST] > 1)
    n_largest = dwarfing[-1] + 1 if dwarfing.size else larger[0] + 1 if larger.size else 0
    return order[:n_largest]
