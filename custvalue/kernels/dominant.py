"""A few deals that outweigh all others together: their outcomes one by one, and the sum of the others under each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats
from custvalue.kernels.factor import conditional_probability, normal_nodes
from custvalue.kernels.inversion import largest_sum
from custvalue.kernels.mixing import Given, one_factor
from custvalue.kernels.pools import Pool

MOST = 3
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
    """Return the fewest largest deals, three at most, of which each is worth more than all smaller ones can be.

    None where there are none, where their amounts are uncertain, or where more is shared than one factor.
    """
    if any(part.mixed for part in pools) and not one_factor(pools):
        return None
    amount = np.concatenate([part.amount for part in pools])
    if (MOST + 1) * amount.max() <= amount.sum():
        return None
    spread = np.concatenate([part.spread for part in pools])
    order = np.argsort(-amount, kind="stable")[:MOST]
    for n_largest in range(1, min(MOST, amount.size - 1) + 1):
        largest = order[:n_largest]
        if spread[largest].any():
            return None
        is_large = np.zeros(amount.size, dtype=bool)
        is_large[largest] = True
        masks = np.split(is_large, np.cumsum([part.amount.size for part in pools])[:-1])
        rest = tuple(part.rows(~mask) for part, mask in zip(pools, masks, strict=True) if not mask.all())
        if amount[largest[-1]] > largest_sum(rest):
            correlation = np.concatenate([np.full(part.amount.size, part.correlation) for part in pools])
            probability = np.concatenate([part.probability for part in pools])
            return Dominated(amount[largest], probability[largest], correlation[largest], rest)
    return None
