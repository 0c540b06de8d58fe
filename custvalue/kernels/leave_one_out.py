"""The chance of a sum if one of its deals is won and if it is lost: the deal's own factor taken out of the spectrum."""

from dataclasses import dataclass

import numpy as np

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.exact_sums import all_outcomes
from custvalue.kernels.inversion import LEAST_POINTS, Problem, largest_sum
from custvalue.kernels.lattice import MOVED, split_waves
from custvalue.kernels.money_sums import (
    COARSEST,
    ENUMERATED,
    FEW_DOZENS,
    FEWEST,
    FINEST,
    NODES,
    common_unit,
    mixed_spectrum,
)
from custvalue.kernels.pools import Pool, chances, nodes
from custvalue.kernels.powers import Complex
from custvalue.kernels.representatives import classes_of
from custvalue.kernels.spectrum import CHUNK, Mixture, Waves, exact_waves, grouped

# A lattice costs deals × points; beyond this many deals the spectrum dies out early and is cheaper.
LATTICE_DEALS, LATTICE_WORK = 1000, 4e7
MOST_FREQUENCIES = 1024
# Among many deals alike but for their amount, the largest and evenly spaced others are worked out.
ALIKE, LARGEST = 129, 64
FLOOR = 1e-150
SAME_POINT = 1e-9


Answers = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the chance of at least the target off a spectrum: ``level + Re Σ weight × spectrum``."""

    t: Floats
    weight: Complex
    level: float
    waves: Waves

    def chance(self, spectrum: Complex) -> Floats:
        """Return the chance for each row of spectra."""
        return np.clip(self.level + (spectrum @ self.weight).real, 0.0, 1.0)


def reach_if(pools: tuple[Pool, ...], target: float) -> Answers:
    """Return the chance that the sum reaches the target if each deal is won, and if it is lost; deals in pool order.

    The third answer is what the deal's money alone moves: the difference with everything the deals share held fixed.

    >>> from custvalue.kernels.pools import pool
    >>> won, lost, alone = reach_if((pool(np.array([2.0, 1.0]), np.array([0.5, 0.2])),), 2.0)
    >>> won.round(6).tolist(), lost.round(6).tolist()
    ([1.0, 0.5], [0.0, 0.5])
    """
    n_deals = sum(part.amount.size for part in pools)
    if not n_deals or largest_sum(pools) <= 0:
        reached = np.full(n_deals, float(target <= 0))
        return reached, reached.copy(), np.zeros(n_deals)
    if len(pools) == 1 and n_deals <= (ENUMERATED if pools[0].mixed else FEWEST) and not pools[0].spread.any():
        draws = list(pools[0].draws())
        if len(draws) == 1:
            return _enumerated(pools[0], draws[0][1], target)
    reader, n_nodes, whole = _reader(pools, target, n_deals)
    mixtures = [Mixture.of(grouped(part, whole=whole), n_nodes) for part in pools]
    spectra = [mixture.spectrum(reader.t, reader.waves) for mixture in mixtures]
    answers = []
    for place, part in enumerate(pools):
        others = np.ones(reader.t.size, dtype=np.complex128)
        for other, spectrum in enumerate(spectra):
            if other != place:
                others = others * spectrum
        answers.append(_pool_reach(part, mixtures[place], others, reader, n_nodes))
    won, lost, alone = (np.concatenate(columns) for columns in zip(*answers, strict=True))
    return won, lost, alone


def _enumerated(part: Pool, strength: float, target: float) -> Answers:
    """Return the answers from every outcome of a few deals."""
    z, z_weight, y, y_weight = nodes(part.correlation, strength, 2 * NODES - 1)
    table = chances(part.probability, part.correlation, strength, z, y)
    sums, given = all_outcomes(part.amount, table)
    node = (z_weight[:, None] * y_weight).ravel()
    reached = given.reshape(node.size, -1) * (sums >= target - SAME_POINT * max(float(part.amount.sum()), abs(target)))
    p = table.reshape(node.size, -1)
    won, lost, alone = np.empty((3, part.amount.size))
    for deal in range(part.amount.size):
        has = (np.arange(sums.size) >> deal & 1).astype(bool)
        own = p[:, deal]
        with_won, with_lost = reached[:, has].sum(axis=1), reached[:, ~has].sum(axis=1)
        won[deal] = node @ with_won / max(node @ own, FLOOR)
        lost[deal] = node @ with_lost / max(1.0 - node @ own, FLOOR)
        alone[deal] = node @ (with_won / np.maximum(own, FLOOR) - with_lost / np.maximum(1.0 - own, FLOOR))
    return np.clip(won, 0.0, 1.0), np.clip(lost, 0.0, 1.0), np.clip(alone, -1.0, 1.0)


def _reader(pools: tuple[Pool, ...], target: float, n_deals: int) -> tuple[Reader, int, bool]:
    """Return the reader, the number of nodes, and whether every deal must stand for itself."""
    mixed = any(part.mixed for part in pools)
    n_nodes = 2 * NODES - 1 if mixed else 1
    unit, top = common_unit(pools), largest_sum(pools)
    if n_deals <= (NODES // 2 if mixed else LATTICE_DEALS):
        work = LATTICE_WORK / (n_deals * (n_nodes if mixed else 1))
        n_points = int(2 ** np.floor(np.log2(np.clip(2 * work, COARSEST, FINEST))))
        if unit > 0 and top / unit + 2 <= n_points:
            n_points = int(2 ** np.ceil(np.log2(top / unit + 2)))
        else:
            unit = top / (n_points - 2)
            if n_deals <= FEW_DOZENS:  # among more deals no single sum has a chance that would be seen
                target -= MOVED * unit  # what splitting the amounts may have moved still counts as reached
        return _lattice_reader(target, n_points, unit), n_nodes, True
    found, _ = mixed_spectrum(Problem.of(pools))
    k = np.arange(1.0, min(found.coefficients.size, MOST_FREQUENCIES) + 1)
    t = 2 * np.pi * k / found.length
    if unit > 0:
        target = unit * (np.ceil(target / unit - SAME_POINT) - 1 / 2)
    place = np.clip(target - found.start, 0.0, found.length * (1 - 1 / LEAST_POINTS))
    weight = -1j / (np.pi * k) * (np.exp(-1j * t * place) - 1.0) * np.exp(-1j * t * found.start)
    return Reader(t, weight, float(1.0 - place / found.length), exact_waves), n_nodes, False


def _lattice_reader(target: float, n_points: int, step: float) -> Reader:
    """Return what reads the mass at and above the target off a lattice's spectrum."""
    k = np.arange(n_points // 2 + 1.0)
    t = 2 * np.pi * k / (n_points * step)
    below = int(np.clip(np.ceil(target / step - SAME_POINT), 0, n_points))
    indicator = np.zeros(n_points)
    indicator[:below] = 1.0
    weight = -np.fft.rfft(indicator) / n_points
    weight[1:-1] *= 2.0
    return Reader(t, weight, 1.0, lambda amount, spread, t: split_waves(amount, spread, t, step))


def _pool_reach(part: Pool, mixture: Mixture, others: Complex, reader: Reader, n_nodes: int) -> Answers:
    """Return the answers for the deals of one pool, the other pools' spectrum given."""
    given = [draw.spectrum(reader.t, reader.waves) for draw in mixture.draws]
    drawn = [np.einsum("zyt,y->zt", spectrum, draw.weight) for spectrum, draw in zip(given, mixture.draws, strict=True)]
    answers = np.empty((3, part.amount.size))
    for place, (where, _) in enumerate(part.draws()):
        rest = mixture.factor_weight[:, None] * others
        for other, spectrum in enumerate(drawn):
            if other != place:
                rest = rest * spectrum
        draw = mixture.draws[place]
        mine = part.rows(np.arange(part.amount.size)[where])
        chosen = _chosen(mine)
        few = Mixture.of(grouped(mine.rows(chosen), whole=True), n_nodes).draws[0]
        spectrum = (given[place] * rest[:, None, :]).reshape(-1, reader.t.size)
        spectrum *= np.broadcast_to(draw.weight, given[place].shape[:2]).reshape(-1, 1)
        chance = few.chance.reshape(-1, chosen.size)
        for result, values in zip(answers, _deal_reach(mine.rows(chosen), chance, spectrum, reader), strict=True):
            result[where] = _filled(mine, chosen, values)
    return answers[0], answers[1], answers[2]


def _deal_reach(few: Pool, chance: Floats, spectrum: Complex, reader: Reader) -> Answers:
    """Return the answers for a few deals, from the weighted spectrum of all at each node."""
    n = few.amount.size
    won, lost, alone = np.empty((3, n))
    step = max(4 * CHUNK // max(spectrum.size, 1), 1)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        wave = reader.waves(few.amount[rows], few.spread[rows], reader.t)
        p = chance[:, rows, None]
        factor = 1.0 - p + p * wave
        factor[np.abs(factor) < FLOOR] = FLOOR
        without = spectrum[:, None, :] / factor
        with_won = np.einsum("nrt,nr->rt", without, chance[:, rows])
        everywhere = without.sum(axis=0)
        with_lost = everywhere - with_won
        own = few.probability[rows, None]
        won[rows] = reader.chance(with_won * wave / own)
        lost[rows] = reader.chance(with_lost / np.maximum(1.0 - own, FLOOR))
        alone[rows] = reader.chance(everywhere * wave) - reader.chance(everywhere)
    return won, lost, alone


def _chosen(mine: Pool) -> Integers:
    """Return which deals to go through: all if they are few, else of each kind the largest and evenly spaced others."""
    kind = _kinds(mine)
    everything = np.arange(mine.amount.size)
    if kind is None or mine.amount.size <= ALIKE + LARGEST:
        return everything
    chosen = []
    for code in np.unique(kind):
        rows = everything[kind == code]
        ordered = rows[np.argsort(mine.amount[rows], kind="stable")]
        places = np.linspace(0, ordered.size - 1, min(ALIKE, ordered.size)).astype(np.int64)
        chosen += [ordered[places], ordered[-LARGEST:]]
    return np.unique(np.concatenate(chosen))


def _kinds(mine: Pool) -> Integers | None:
    """Return a code for deals that differ in their amount only, or None if the kinds are many."""
    chance, spread = classes_of(mine.probability), classes_of(mine.spread)
    return None if chance is None or spread is None else chance * (mine.amount.size + 1) + spread


def _filled(mine: Pool, chosen: Integers, values: Floats) -> Floats:
    """Return the values of all deals: those not gone through lie between their neighbours of the same kind."""
    if chosen.size == mine.amount.size:
        return values
    kind = _kinds(mine)
    assert kind is not None
    result = np.empty(mine.amount.size)
    for code in np.unique(kind):
        rows, known = kind == code, kind[chosen] == code
        amount = mine.amount[chosen[known]]
        order = np.argsort(amount, kind="stable")
        result[rows] = np.interp(mine.amount[rows], amount[order], values[known][order])
    result[chosen] = values
    return result
