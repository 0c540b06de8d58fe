"""A sum's distribution on an even lattice: for a few dozen deals, whose distribution is not smooth."""

import numpy as np
from scipy.fft import irfft

from custvalue.kernels.arrays import Floats
from custvalue.kernels.factor import normal_nodes
from custvalue.kernels.inversion import Problem, largest_sum
from custvalue.kernels.laws import Law
from custvalue.kernels.mixing import Given, nodes_of
from custvalue.kernels.pools import SPREAD_NODES, Pool
from custvalue.kernels.powers import Complex
from custvalue.kernels.spectrum import Mixture, grouped

FIRST_BLOCK, LONGEST_BLOCK = 64, 4096
# Amounts this near to a lattice point (in steps) stand on it.
ON_POINT = 1e-9
# Splitting moves an amount by less than a step, and the sum of two by less than two.
MOVED = 2.0


def lattice_law(
    pools: tuple[Pool, ...], n_points: int, n_nodes: int, unit: float = 0.0, given: Given | None = None
) -> Law:
    """Return the distribution of a sum whose amounts are moved to a lattice.

    Each amount is split over its two neighbouring points so that its mean stays; a lattice of a common ``unit`` of the
    amounts moves nothing. Without a unit the lattice ends where the sum comes with negligible chance: where few of many
    deals are won, far below their total.
    """
    largest = largest_sum(pools)
    top = largest if unit > 0 else Problem.of(pools).high
    step = unit if unit > 0 else top / (n_points - 2)
    spectrum, none_won, all_won = lattice_spectrum(pools, n_points, n_nodes, step, given)
    chance = np.maximum(irfft(np.conj(spectrum), n_points), 0.0)
    used = min(int(np.ceil(top / step)) + 2, n_points)
    if top == largest:
        chance[int(np.rint(top / step))] += all_won
    cumulative = np.cumsum(chance[:used])
    points, cumulative = step * np.arange(float(used)), np.minimum(cumulative / cumulative[-1], 1.0)
    smallest = min(float(part.amount.min()) for part in pools)
    if smallest < step and none_won < cumulative[0]:
        # What small deals left on 0 is no chance of nothing: it stands at the least that can be won.
        points, cumulative = np.insert(points, 1, smallest), np.insert(cumulative, 0, none_won)
    return Law(points, cumulative, stepwise=True, slack=0.0 if unit > 0 else MOVED * step)


def lattice_spectrum(
    pools: tuple[Pool, ...], n_points: int, n_nodes: int, step: float, given: Given | None = None
) -> tuple[Complex, float, float]:
    """Return the discrete spectrum of the sum on a lattice, the chance that nothing is won, and that all is won.

    The last is not in the spectrum: it stands at one amount, which splitting would blur.
    """
    parts = [grouped(part, whole=True) for part in pools]
    mixtures = [Mixture.of(part, n_nodes, *nodes_of(mine, given)) for part, mine in zip(parts, pools, strict=True)]
    none_won, all_won = np.prod([mixture.ends() for mixture in mixtures], axis=0).tolist()
    result = np.ones(n_points // 2 + 1, dtype=np.complex128)
    # Equal amounts bring the spectrum back after about as many frequencies as there are deals.
    watched = 2 * sum(part.amount.size for part in pools)
    first, last = 0, FIRST_BLOCK
    while first < result.size:
        block = slice(first, min(last, result.size))
        t = 2 * np.pi / (n_points * step) * np.arange(float(block.start), block.stop)

        def waves(amount: Floats, spread: Floats, t: Floats) -> Complex:
            return split_waves(amount, spread, t, step)

        for mixture in mixtures:
            result[block] *= mixture.spectrum(t, waves, follow_all=first < watched)
        if all_won > 0:
            every = np.prod([waves(part.amount, part.spread, t).prod(axis=0) for part in pools], axis=0)
            result[block] -= all_won * every
        first, last = last, min(2 * last, last + LONGEST_BLOCK)
    return result, none_won, all_won


def split_waves(amount: Floats, spread: Floats, t: Floats, step: float) -> Complex:
    """Return the transform of each amount split over its two neighbouring lattice points, mean kept.

    >>> split_waves(np.array([2.0]), np.zeros(1), np.array([np.pi]), 1.0).round(6)
    array([[1.-0.j]])
    """
    turn = t * step
    z, weight = normal_nodes(SPREAD_NODES if spread.any() else 1)
    result = np.zeros((amount.size, t.size), dtype=np.complex128)
    for node, share in zip(z, weight, strict=True):
        place = amount * np.exp(spread * node - spread**2 / 2) / step
        left = np.floor(place + ON_POINT)
        above = np.where(place - left > ON_POINT, place - left, 0.0)
        result += share * np.exp(1j * (left[:, None] * turn)) * (1.0 + above[:, None] * (np.exp(1j * turn) - 1.0))
    return result
