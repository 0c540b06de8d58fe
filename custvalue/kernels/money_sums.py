"""The distribution of a sum of deals, by the method that suits their number, with its error."""

from dataclasses import dataclass, replace

import numpy as np

from custvalue.kernels.arrays import Floats
from custvalue.kernels.dominant import dominated
from custvalue.kernels.exact_sums import all_outcomes, convolved_sum, enumerated_sum, merged
from custvalue.kernels.inversion import Inverted, Problem, inverted, joined_law, largest_sum, table
from custvalue.kernels.lattice import lattice_law
from custvalue.kernels.laws import Law, largest_difference, mixed
from custvalue.kernels.mixing import Given, mixed_parts, nodes_of, one_factor
from custvalue.kernels.pools import NO_DRAW, Pool, chances, nodes

ENUMERATION, CONVOLUTION = "exact enumeration", "exact integer convolution"
LATTICE, SPECTRAL = "lattice FFT", "characteristic function"
CERTAIN = "certain"
PROVED, ESTIMATED = "proved", "estimated"

FEW, FEWEST = 20, 16
MOST_UNITS = 1_000_000
# Amounts in whole hundredths (cents) are whole units too.
HUNDREDTHS = 100
LARGEST_WHOLE = 2.0**53
UNIT_SLACK = 1e-9
NODES, MOST_NODES = 129, 1025
STILL, RESOLVED = 1e-5, 0.05
LATTICE_REST = 1e-4
# Up to so many deals under a common factor the spectrum never dies out.
FEW_DOZENS = 32
ENUMERATED, MOST_ENTRIES = 12, 1 << 22
COMPARED = 1024
# Factors of deals evaluated: what the spectrum may cost before a lattice is tried, and what a lattice may cost.
SPECTRUM_BUDGET, MIXED_BUDGET, LATTICE_BUDGET = 4e7, 1e7, 6e7
# Of the nodes of factors and draws together most are done with after a few frequencies.
DRAWN_BUDGET, LEAST_DRAWN_POINTS = 3e8, 1 << 14
FINEST, COARSEST = 1 << 16, 1 << 13
COARSER, MOST_STEPS = 4, 0.61


@dataclass(frozen=True, slots=True)
class MoneySum:
    """A distribution, how it was found, and the error of its quantiles P1 … P99."""

    law: Law
    method: str
    error: float
    error_kind: str


def money_sum(pools: tuple[Pool, ...]) -> MoneySum:
    """Return the distribution of the sum of all pools, which are independent of each other.

    >>> from custvalue.kernels.pools import pool
    >>> found = money_sum((pool(np.array([100.0, 50.0]), np.array([0.5, 0.4])),))
    >>> found.method, found.law.points.tolist(), found.law.cumulative.round(3).tolist()
    ('exact enumeration', [0.0, 50.0, 100.0, 150.0], [0.3, 0.5, 0.8, 1.0])
    """
    pools, constant = settled(pools)
    if not pools:
        return MoneySum(Law(np.array([constant]), np.ones(1), stepwise=True), CERTAIN, 0.0, PROVED)
    found = _exact(pools) or _by_outcome_of_the_largest(pools) or _spectral_or_lattice(pools)
    return replace(found, law=found.law.shifted(constant))


def settled(pools: tuple[Pool, ...]) -> tuple[tuple[Pool, ...], float]:
    """Return the pools without deals that are worth or weigh nothing, and the money of deals certain to be won."""
    constant, left = 0.0, []
    for part in pools:
        sure = (part.probability == 1) & (part.spread == 0)
        constant += float(part.amount[sure].sum())
        open_ = ~sure & (part.amount > 0) & (part.probability > 0)
        if open_.any():
            left.append(part if open_.all() else part.rows(open_))
    return tuple(left), constant


def common_unit(pools: tuple[Pool, ...]) -> float:
    """Return the largest unit that all amounts are whole multiples of (a hundredth at least), 0 if there is none.

    >>> from custvalue.kernels.pools import pool
    >>> common_unit((pool(np.array([150.0, 400.0]), np.array([0.5, 0.5])),))
    50.0
    """
    amounts = np.concatenate([part.amount for part in pools])
    if any(part.spread.any() for part in pools):
        return 0.0
    for scale in (1, HUNDREDTHS):
        few = amounts[:HUNDREDTHS] * scale
        if (np.abs(few - np.rint(few)) > UNIT_SLACK).any():
            continue
        scaled = amounts * scale
        whole = np.rint(scaled)
        if whole.max() < LARGEST_WHOLE and (np.abs(scaled - whole) <= UNIT_SLACK * np.minimum(whole, 1.0)).all():
            return float(np.gcd.reduce(whole.astype(np.int64))) / scale
    return 0.0


def _exact(pools: tuple[Pool, ...]) -> MoneySum | None:
    """Return the exact distribution where deals are independent and few, or worth whole units that are few."""
    if any(part.spread.any() for part in pools):
        return None
    if any(part.mixed for part in pools):
        return _enumerated_mixture(pools)
    amounts = np.concatenate([part.amount for part in pools])
    probability = np.concatenate([part.probability for part in pools])
    unit = common_unit(pools) if amounts.size > FEWEST else 0.0
    if amounts.size > FEWEST and unit > 0 and float(amounts.sum()) / unit <= MOST_UNITS:
        chance = convolved_sum(np.rint(amounts / unit).astype(np.int64), probability)
        return MoneySum(
            Law(unit * np.arange(float(chance.size)), _running(chance), stepwise=True), CONVOLUTION, 0.0, PROVED
        )
    if amounts.size <= FEW:
        sums, chance = enumerated_sum(amounts, probability)
        return MoneySum(Law(sums, _running(chance), stepwise=True), ENUMERATION, 0.0, PROVED)
    return None


def _enumerated_mixture(pools: tuple[Pool, ...]) -> MoneySum | None:
    """Return every sum of a few deals with its chance mixed over what they share."""
    if sum(part.amount.size for part in pools) > ENUMERATED:
        return None
    sums, chance = np.zeros(1), np.ones(1)
    for part in pools:
        mine, given = np.zeros(1), np.ones((1, 1))
        for where, strength in part.draws():
            z, z_weight, y, y_weight = nodes(
                part.correlation, strength, MOST_NODES if part.correlation == 0 else 2 * NODES - 1
            )
            table_ = chances(part.probability[where], part.correlation, strength, z, y)
            if table_[..., 0].size << part.amount[where].size > MOST_ENTRIES:
                return None
            own, outcomes = all_outcomes(part.amount[where], table_)
            mine = (own[:, None] + mine).ravel()
            given = (np.einsum("zyo,y->zo", outcomes, y_weight)[:, :, None] * given[:, None, :]).reshape(z.size, -1)
        sums = (mine[:, None] + sums).ravel()
        chance = ((z_weight @ given)[:, None] * chance).ravel()
    sums, chance = merged(sums, chance)
    return MoneySum(Law(sums, _running(chance), stepwise=True), ENUMERATION, 0.0, ESTIMATED)


def _running(chance: Floats) -> Floats:
    cumulative = np.minimum(np.cumsum(chance), 1.0)
    cumulative[-1] = 1.0
    return cumulative


def _by_outcome_of_the_largest(pools: tuple[Pool, ...]) -> MoneySum | None:
    """Return the distribution where a few deals outweigh all others: no one table shows both finely enough."""
    largest = dominated(pools)
    if largest is None:
        return None
    outcomes = [outcome for outcome in largest.outcomes() if outcome.chance > 0]
    if any(outcome.given for outcome in outcomes) and one_factor(largest.rest):
        found = [_spectral_or_lattice(largest.rest, outcome.given) for outcome in outcomes]
    else:
        found = [money_sum(largest.rest)] * len(outcomes)
    law = mixed([one.law for one in found], [one.money for one in outcomes], [one.chance for one in outcomes])
    kind = PROVED if all(one.error_kind == PROVED for one in found) else ESTIMATED
    return MoneySum(law, found[0].method, max(one.error for one in found), kind)


def _spectral_or_lattice(pools: tuple[Pool, ...], given: Given | None = None) -> MoneySum:
    """Return the distribution from the spectrum if that dies out, else from a lattice if one can be fine enough.

    ``given`` is the chance, at each node of a factor that all is mixed over, of what is known to have happened.
    """
    unit = common_unit(pools)
    n_points = _lattice_points(pools)
    if unit > 0 and largest_sum(pools) / unit + 2 <= n_points:
        return _lattice(pools, n_points, unit, given)
    correlated = any(part.correlation > 0 for part in pools)
    if correlated and sum(part.amount.size for part in pools) <= FEW_DOZENS:
        return _lattice(pools, n_points, unit, given)
    if one_factor(pools):
        parts, moved = mixed_parts(pools, given), 0.0
    else:
        problem = Problem.of(pools)
        if correlated:
            problem = replace(problem, nodes_of=tuple(nodes_of(part) for part in pools))
        spectrum, moved = mixed_spectrum(problem)
        if spectrum.rest > LATTICE_REST and n_points >= COARSEST:
            return _lattice(pools, n_points, unit)
        parts = [spectrum]
    law, error = table(*parts)
    # Between two whole sums the smooth curve runs through the middle of the step.
    return MoneySum(replace(law, unit=unit), SPECTRAL, error + moved + unit / 2, ESTIMATED)


def mixed_spectrum(problem: Problem) -> tuple[Inverted, float]:
    """Return the spectrum, mixed at so many nodes that twice as many do not move it; and the error that leaves."""
    if not problem.mixed:
        return inverted(problem, 1, SPECTRUM_BUDGET), 0.0
    if problem.nodes_of:
        return inverted(problem, NODES, SPECTRUM_BUDGET), 0.0
    n_nodes, moved = NODES, 1.0
    spectrum = inverted(problem, n_nodes, MIXED_BUDGET)
    where = spectrum.start + spectrum.length * np.arange(COMPARED) / COMPARED
    while moved > STILL and n_nodes < MOST_NODES:
        n_nodes = 2 * n_nodes - 1
        before, spectrum = spectrum, inverted(problem, n_nodes, MIXED_BUDGET * n_nodes / NODES)
        earlier, later = joined_law([before]), joined_law([spectrum])
        moved = float(np.abs(earlier.cdf(where) - later.cdf(where)).max())
    # Once the nodes resolve the conditional distributions the sum converges geometrically.
    return spectrum, largest_difference(earlier, later) * (RESOLVED if moved <= STILL else 1.0)


def _lattice_points(pools: tuple[Pool, ...]) -> int:
    """Return how many points a lattice may have, a power of two."""
    work = sum(part.amount.size * (NODES if part.mixed else 1) for part in pools)
    n_points = min(2 * LATTICE_BUDGET / work, FINEST)
    if any(part.correlation > 0 and (part.draw != NO_DRAW).any() for part in pools):
        of_nodes = 2 * DRAWN_BUDGET / sum(_factors(part) for part in pools)
        n_points = min(n_points, max(of_nodes, LEAST_DRAWN_POINTS))
    return int(2 ** np.floor(np.log2(n_points)))


def _factors(part: Pool) -> int:
    """Return how many factors of deals a pool has at one frequency."""
    factor, draws = nodes_of(part)
    if factor is None or draws is None or (part.draw == NO_DRAW).all():
        return part.amount.size * (NODES if part.mixed else 1)
    sizes = [part.draw[where].size for where, _ in part.draws()]
    return factor[0].size * sum(n * y.size for n, (y, _) in zip(sizes, draws, strict=True))


def _lattice(pools: tuple[Pool, ...], n_points: int, unit: float, given: Given | None = None) -> MoneySum:
    """Return the distribution on a lattice, its error estimated by a coarser one; none on the amounts' own lattice."""
    mixed = any(part.mixed for part in pools)
    n_nodes = 2 * NODES - 1 if mixed else 1
    n_units = largest_sum(pools) / unit if unit > 0 else np.inf
    if n_units + 2 <= n_points:
        law = lattice_law(pools, int(2 ** np.ceil(np.log2(n_units + 2))), n_nodes, unit, given)
        return MoneySum(law, LATTICE, 0.0, ESTIMATED)
    law = lattice_law(pools, n_points, n_nodes, given=given)
    moved = largest_difference(law, lattice_law(pools, n_points // COARSER, n_nodes, given=given))
    # Splitting an amount moves it by at most half a step (sd), n of them by at most √n halves of a step.
    most = MOST_STEPS * float(np.sqrt(sum(part.amount.size for part in pools)) * (law.points[1] - law.points[0]))
    return MoneySum(law, LATTICE, min(moved, most), ESTIMATED)
