"""Many correlated deals: the common factor's nodes, as dense as the distributions given the factor are narrow.

Given the factor the sum is narrow, and it moves with the factor. Nodes next to each other are inverted together, on the
window their sums lie in; so none needs more frequencies than a window of some dozen standard deviations asks for.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.interpolate import CubicSpline

from custvalue.kernels.arrays import Floats
from custvalue.kernels.factor import REACH, conditional_probability, drawn_probability, normal_nodes
from custvalue.kernels.inversion import (
    BEYOND,
    WATCHED,
    Inverted,
    Nodes,
    Problem,
    inverted,
    largest_sum,
    small_amount,
    window,
)
from custvalue.kernels.pools import NO_DRAW, Levels, Pool
from custvalue.kernels.powers import CONVERGENT
from custvalue.kernels.representatives import Representatives
from custvalue.kernels.spectrum import Grouped, grouped

# The chance of something at each node of the factor.
Given = Callable[[Floats], Floats]

# Nodes per standard deviation of the sum given the factor (the error of an even sum falls like exp(−2π² × nodes²)),
# and per standard deviation of the factor at least; draws that deals share blur the sum given the factor.
PER_SD, LEAST_PER_SD, LEAST_DRAWN = 1.1, 4.0, 2.0
GRID, NEWTON = 1025, 4
BAND = 32
SMALLEST = 1e-9
# Up to this many deals each stands for itself: where few deals are won, representatives would be seen.
WHOLE = 2048
# A shared draw: nodes per unit at least, per standard deviation of the sum, and for each unit that a chance moves in
# one; nodes at most. Looked at on so many nodes, for so many of its deals' probabilities, under these factors.
LEAST_PER_DRAW, PER_DRAWN_SD, PER_CHANCE, MOST_PER_DRAW = 1.0, 0.8, 2.0, 257
DRAW_GRID, DRAW_LEVELS, DRAW_FACTORS = 129, 9, np.array([-3.0, -1.5, 0.0, 1.5, 3.0])
LIKELY = 5.0
# What a part of the mixture may cost, in factors of representatives evaluated.
PART_BUDGET = 4e6


def one_factor(pools: tuple[Pool, ...]) -> bool:
    """Say whether one factor, of one pool, is all that deals share."""
    return sum(part.correlation > 0 for part in pools) == 1 and all((part.draw == NO_DRAW).all() for part in pools)


def factor_nodes(part: Pool, given: Given | None = None) -> tuple[Floats, Floats]:
    """Return nodes of the common factor of a pool on [−6, 6] and their weights.

    They are even steps of a variable whose rate is the number of nodes needed per unit of the factor. The weights are
    those of the factor after something happened whose chance at each node ``given`` returns.

    >>> from custvalue.kernels.pools import pool
    >>> z, weight = factor_nodes(pool(np.ones(1000), np.full(1000, 0.4), correlation=0.3))
    >>> bool(np.isclose(weight @ z**2, 1.0, atol=1e-6)), z.size
    (True, 129)
    """
    grid = np.linspace(-REACH, REACH, GRID)
    # The chance of a win moves from 0 to 1 within √(1 − ρ) or so.
    drawn = bool((part.draw != NO_DRAW).any())
    least = (LEAST_DRAWN if drawn else LEAST_PER_SD) / np.sqrt(1 - part.correlation)
    rate = CubicSpline(grid, np.hypot(least, PER_SD * moving(part, grid)))
    passed = rate.antiderivative()
    steps = np.linspace(0.0, float(passed(REACH)), int(np.ceil(passed(REACH))) + 1)
    z = np.interp(steps, passed(grid), grid)
    for _ in range(NEWTON):
        z -= (passed(z) - steps) / rate(z)
    weight = np.exp(-0.5 * z * z) / rate(z)
    if given is not None:
        weight *= given(z)
    return z, weight / weight.sum()


def moving(part: Pool, z: Floats) -> Floats:
    """Return how fast the mean given the factor moves, in standard deviations given the factor.

    Large deals only blur the sum of the smaller ones, so it is the smaller ones for which it is fastest.
    """
    order = np.argsort(part.amount, kind="stable")
    amount = part.amount[order]
    small = order[: int(np.argmax(np.cumsum(amount) ** 2 / np.cumsum(amount**2))) + 1]
    levels, square = Levels.of(part.probability[small]), part.amount[small] ** 2
    chance = conditional_probability(levels.values, part.correlation, z[:, None])
    mean = CubicSpline(z, chance @ levels.totals(part.amount[small]))
    uncertain = levels.totals(square * np.expm1(part.spread[small] ** 2))
    # One more deal: where next to none is open any more, the few that are need no nodes of their own.
    spread = (chance * (1 - chance)) @ levels.totals(square) + chance @ uncertain + square.mean()
    speed: Floats = np.abs(mean(z, 1)) / np.sqrt(spread)
    return speed


def draw_nodes(part: Pool) -> list[tuple[Floats, Floats]]:
    """Return even nodes of each draw that deals of a correlated pool share, and their weights: one node for no draw.

    As many as the sum of the draw's deals asks for, its mean given the factor moving with the draw.

    >>> from custvalue.kernels.pools import pool
    >>> amount, draw = np.ones(40), np.zeros(40, dtype=np.int64)
    >>> deals = pool(amount, np.full(40, 0.4), correlation=0.3, draw=draw, strengths=(20.0,))
    >>> [y.size for y, _ in draw_nodes(deals)]
    [19]
    """
    return [
        normal_nodes(_per_draw(part.rows(np.arange(part.amount.size)[where]), strength) if strength > 0 else 1)
        for where, strength in part.draws()
    ]


def nodes_of(part: Pool, given: Given | None = None) -> Nodes:
    """Return the nodes of what the deals of a pool share, as many as it asks for; none for uncorrelated deals."""
    return (factor_nodes(part, given), draw_nodes(part)) if part.correlation > 0 else (None, None)


def _per_draw(mine: Pool, strength: float) -> int:
    """Return how many nodes a shared draw needs."""
    y = np.linspace(-LIKELY, LIKELY, DRAW_GRID)
    levels = np.unique(np.quantile(mine.probability, np.linspace(0, 1, DRAW_LEVELS), method="nearest"))
    nearest = np.abs(mine.probability[:, None] - levels).argmin(axis=1)
    drawn = drawn_probability(levels, strength, y[:, None])
    chance = conditional_probability(drawn, mine.correlation, DRAW_FACTORS[:, None, None])
    moved = np.gradient(chance, y, axis=1)
    money, square = (np.bincount(nearest, mine.amount**power, levels.size) for power in (1, 2))
    sd = np.sqrt((chance * (1 - chance)) @ square + (mine.amount**2).mean())
    rate = np.hypot(PER_DRAWN_SD * np.abs(moved @ money) / sd, PER_CHANCE * np.abs(moved).max(axis=2)).max()
    return int(np.clip(2 * np.ceil(REACH * max(float(rate), LEAST_PER_DRAW)) + 1, 1, MOST_PER_DRAW))


def mixed_parts(pools: tuple[Pool, ...], given: Given | None = None) -> list[Inverted]:
    """Return the spectra of the parts of a mixture over the common factor of one pool; others must share nothing."""
    n_deals, top = sum(part.amount.size for part in pools), largest_sum(pools)
    uncertain = any(part.spread.any() for part in pools)
    parts = [grouped(part, whole=n_deals <= (WATCHED if uncertain else WHOLE)) for part in pools]
    nodes = factor_nodes(next(part for part in pools if part.correlation > 0), given)
    return [inverted(band_problem(parts, band, n_deals, top), 1, PART_BUDGET, band) for band in bands(nodes)]


def bands(factor: tuple[Floats, Floats]) -> list[tuple[Floats, Floats]]:
    """Return nodes of the factor and their weights in bands of neighbours."""
    z, weight = factor
    return [(z[band], weight[band]) for band in np.array_split(np.arange(z.size), -(-z.size // BAND))]


def band_problem(parts: list[Grouped], factor: tuple[Floats, Floats], n_deals: int, top: float) -> Problem:
    """Return the problem of a sum over some nodes of the factor: the window it lies in, and what to follow there."""
    ends = float(factor[0][0]), float(factor[0][-1])
    # The points of an octave of amounts stay together: only their sum is meant.
    octave = np.concatenate([np.frexp(group.deals.amount)[1] for part in parts for group in part.groups])
    amount = np.ldexp(1.0, octave)
    variances = [
        np.concatenate([_variances(group.deals, part.correlation, end) for part in parts for group in part.groups])
        for end in ends
    ]
    sd = max(float(np.sqrt(max(variance.sum() for variance in variances))), SMALLEST * top)
    cut = min(small_amount(amount, variance) for variance in variances) if n_deals > WATCHED else 0.0
    cut = float(2.0 ** np.floor(np.log2(cut))) if cut > 0 else 0.0
    some = [part.split(cut) for part in parts] if cut > 0 else parts
    low, high = window(some, sd, ends, BEYOND)
    high = min(high, top)
    # Equal amounts bring the spectrum back at t = 2π ÷ amount.
    needed = 2 * (high - low) * n_deals / top if n_deals <= WATCHED else 0.0
    problem = Problem(parts, low, high, top, needed)
    if cut > 0:
        whole = problem
        problem = replace(whole, parts=some, limit=CONVERGENT / cut, without_limit=lambda: whole)
    return problem


def _variances(deals: Representatives, correlation: float, z: float) -> Floats:
    """Return what each representative adds to the variance given the factor."""
    chance = conditional_probability(deals.probability, correlation, np.array(z))
    variance: Floats = deals.weight * deals.amount**2 * chance * (np.exp(deals.spread**2) - chance)
    return variance
