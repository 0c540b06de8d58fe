"""A sum's distribution from its characteristic function: for many deals, where the function dies out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import irfft

from custvalue.kernels.arrays import Floats
from custvalue.kernels.factor import REACH, normal_nodes
from custvalue.kernels.laws import Law, largest_difference
from custvalue.kernels.pools import SPREAD_NODES, Pool, chances, own_variance, variance
from custvalue.kernels.powers import CONVERGENT, Complex
from custvalue.kernels.representatives import Representatives
from custvalue.kernels.spectrum import VANISHED, Group, Grouped, Mixture, exact_waves, grouped

# Chances beyond the window (exp(−28) = 7e-13) and chances of the spectrum's rest are left out.
BEYOND = 28.0
REST, MIXED_REST, PART_REST = 1e-11, 1e-5, 1e-9
MARGIN = 1 / 32
FIRST_BLOCK = 16
MOST_FREQUENCIES, MOST_MIXED_FREQUENCIES = 1 << 14, 1 << 12
# Up to this many deals equal amounts may bring the spectrum back: it is followed past the first return, deal by deal.
WATCHED = 256
# In units of 1 ÷ sd a normal spectrum is 3e-18 at this frequency: so far power sums must do.
VANISHES = 9.0
ROUNDS, SETTLED = 8, 0.99
LEAST_POINTS = 4096
POINTS_PER_FREQUENCY = 4
FINER, FINEST = 4, 8
LEAST_ATOM = 1e-12
EXPONENT = 700.0
TILTS = 2.0 ** np.arange(-4, 7.5, 0.5)
# The error is measured against a table with four times as many points, which has an error of its own: 1/16.
SAFETY = 1.1
# Spectra that never die out: the finer table's own error is about as large as the difference at worst.
ENDLESS_SAFETY = 2.0
STILL_FALLING = 0.25


@dataclass(frozen=True, slots=True)
class Inverted:
    """The spectrum of a sum on a window, without its two end atoms, and how much of it is missing.

    ``mass`` is the chance of what was inverted: 1, or the weight of the part of a mixture. ``endless`` says that the
    spectrum of a part no longer falls: it holds separate sums of the few deals won.
    """

    start: float
    length: float
    top: float
    coefficients: Complex
    none_won: float
    all_won: float
    rest: float
    mass: float = 1.0
    endless: bool = False

    def first(self, share: float) -> "Inverted":
        """Return the spectrum cut off after a share of its frequencies."""
        return replace(self, coefficients=self.coefficients[: int(self.coefficients.size * share)])

    def grid(self, n_points: int) -> Floats:
        """Return an even grid over the window."""
        return self.start + self.length * np.arange(n_points) / n_points

    def smooth(self, n_points: int) -> Floats:
        """Return the chance of at most each point of a grid, without the atoms."""
        k = np.arange(1, self.coefficients.size + 1)
        spectrum = np.zeros(n_points // 2 + 1, dtype=np.complex128)
        spectrum[1 : k.size + 1] = np.conj(1j * self.coefficients / (np.pi * k)) * n_points / 2
        wave = irfft(spectrum, n_points)
        inside = self.mass - self.none_won - self.all_won
        cumulative: Floats = inside * np.arange(n_points) / n_points + wave - wave[0]
        return cumulative

    @property
    def n_points(self) -> int:
        """Return how many points the table has: a power of two that resolves every frequency."""
        wanted = max(LEAST_POINTS, POINTS_PER_FREQUENCY * self.coefficients.size)
        return int(2 ** np.ceil(np.log2(wanted)))


def joined_law(parts: list[Inverted], finer: int = 1) -> Law:
    """Return the table of the distribution that the parts make up, each part's grid in it, with the atoms put back."""
    if len(parts) == 1:
        n_points = finer * parts[0].n_points
        points, cumulative = parts[0].grid(n_points), parts[0].smooth(n_points)
    else:
        apart = int(2 ** np.floor(np.log2(len(parts))))
        points = np.unique(np.concatenate([part.grid(finer * part.n_points // apart) for part in parts]))
        cumulative = np.zeros(points.size)
        for part in parts:
            inside = part.mass - part.none_won - part.all_won
            first, last = np.searchsorted(points, [part.start, part.start + part.length])
            n_points = max(FINEST * LEAST_POINTS, part.n_points)
            grid, smooth = part.grid(n_points), part.smooth(n_points)
            cumulative[first:last] += np.interp(points[first:last], grid, smooth, right=inside)
            cumulative[last:] += inside
    top = parts[0].top
    ends = ((0.0, sum(part.none_won for part in parts)), (top, sum(part.all_won for part in parts)))
    for place, chance_there in ends:
        if chance_there > 0:
            where = int(np.searchsorted(points, place, side="left"))
            here = float(np.interp(place, points, cumulative))
            points = np.insert(points, where, [place, place])
            jump = [here, here + chance_there]
            cumulative = np.concatenate([cumulative[:where], jump, cumulative[where:] + chance_there])
    kept = (points >= 0.0) & (points <= top)
    points = np.concatenate([[0.0], points[kept], [top]])
    cumulative = np.concatenate([[0.0], cumulative[kept], [1.0]])
    return Law(points, np.clip(np.maximum.accumulate(cumulative), 0.0, 1.0), stepwise=False)


def largest_sum(pools: tuple[Pool, ...]) -> float:
    """Return the most the sum can be, uncertain amounts at six standard deviations."""
    return float(
        sum(
            (part.amount * np.exp(REACH * part.spread - part.spread**2 / 2 * (part.spread > 0))).sum() for part in pools
        )
    )


def window(parts: list[Grouped], sd: float, ends: tuple[float, float], beyond: float) -> tuple[float, float]:
    """Return bounds the sum leaves with negligible chance: Chernoff's, at the ends of what the deals share."""
    tilts = TILTS / max(sd, np.finfo(float).tiny)
    found = []
    for sign, place in zip((-1.0, 1.0), ends, strict=True):
        total = np.zeros(tilts.size)
        end, middle = np.array([place]), np.zeros(1)
        for part in parts:
            for group in part.groups:
                z, y = (end if part.correlation > 0 else middle), (end if group.strength > 0 else middle)
                total += _group_moment(group, part.correlation, z, y, sign * tilts)
        with np.errstate(invalid="ignore"):
            reached = sign * (total + beyond) / tilts
        finite = reached[np.isfinite(reached)]
        found.append(float(finite.max() if sign < 0 else finite.min()) if finite.size else sign * np.inf)
    return max(found[0], 0.0), found[1]


def _group_moment(group: Group, correlation: float, z: Floats, y: Floats, tilts: Floats) -> Floats:
    """Return ``log E exp(tilt × sum)`` at one node, infinite where it overflows or power sums do not reach."""
    chance = chances(group.deals.probability, correlation, group.strength, z, y)[0, 0]
    total = _log_moment(group.deals, chance, tilts)
    if group.small:
        within = np.abs(tilts) * group.small.scale <= CONVERGENT
        level = chances(group.small.level, correlation, group.strength, z, y)[0, 0]
        total[within] += group.small.log_moment(level, tilts[within])
        total[~within] = np.inf
    return total


def _log_moment(deals: Representatives, chance: Floats, tilts: Floats) -> Floats:
    """Return ``Σ weight × log(1 − p + p E exp(tilt × A))``, infinite where it overflows."""
    z, weight = normal_nodes(SPREAD_NODES if deals.spread.any() else 1)
    result = np.zeros(tilts.size)
    if not deals.amount.size:
        return result
    for place, tilt in enumerate(tilts):
        raised = np.zeros(deals.amount.size)
        for node, share in zip(z, weight, strict=True):
            amount = deals.amount * np.exp(deals.spread * node - deals.spread**2 / 2)
            raised += share * np.expm1(np.minimum(tilt * amount, EXPONENT))
        log = np.log1p(np.maximum(chance * raised, VANISHED))
        result[place] = np.inf if raised.max() > np.exp(EXPONENT / 2) else deals.weight @ log
    return result


# Nodes and weights: of the common factor of a pool, and of each draw its deals share.
Nodes = tuple[tuple[Floats, Floats] | None, list[tuple[Floats, Floats]] | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is worked out once, before the spectrum is followed at one number of nodes or another.

    ``parts`` hold up to the frequency ``limit``; beyond it ``without_limit`` gives the problem that holds everywhere.
    ``nodes_of`` gives each part's nodes of what its deals share where they are not even ones.
    """

    parts: list[Grouped]
    low: float
    high: float
    top: float
    needed: float
    limit: float = np.inf
    without_limit: "Callable[[], Problem] | None" = None
    nodes_of: "tuple[Nodes, ...] | None" = None

    @property
    def mixed(self) -> bool:
        """Say whether any deals share anything."""
        return any(part.correlation > 0 or any(group.strength > 0 for group in part.groups) for part in self.parts)

    @classmethod
    def of(cls, pools: tuple[Pool, ...], *, compact: bool = True) -> "Problem":
        """Return the representatives of the deals, the window and how far the spectrum must be followed."""
        n_deals, top = sum(part.amount.size for part in pools), largest_sum(pools)
        cut = 0.0
        if compact and n_deals > WATCHED and not any(part.mixed for part in pools):
            cut = small_amount(
                np.concatenate([part.amount for part in pools]), np.concatenate([own_variance(part) for part in pools])
            )
        parts = [grouped(part, whole=n_deals <= WATCHED, cut=cut) for part in pools]
        low, high = window(parts, np.sqrt(variance(pools)), (-REACH, REACH), BEYOND)
        high = min(high, top)
        # Equal amounts bring the spectrum back at t = 2π ÷ amount.
        needed = 2 * (high - low) * n_deals / top if n_deals <= WATCHED else 0.0
        if cut == 0.0:
            return cls(parts, low, high, top, needed)
        return cls(parts, low, high, top, needed, CONVERGENT / cut, lambda: cls.of(pools, compact=False))


def small_amount(amount: Floats, variance_: Floats) -> float:
    """Return an amount so small beside the deals up to it that their spectrum vanishes while it still turns little."""
    cut = np.inf
    for _ in range(ROUNDS):
        before, cut = cut, CONVERGENT / VANISHES * float(np.sqrt(max(variance_[amount <= cut].sum(), 0.0)))
        if cut >= SETTLED * before:
            break
    return cut


def inverted(problem: Problem, n_nodes: int, budget: float, factor: tuple[Floats, Floats] | None = None) -> Inverted:
    """Follow the spectrum until what is left of it cannot move the distribution, or the budget is spent.

    ``factor`` gives the nodes of the common factor and their weights, which may be a part of all.
    """
    low, high, top = problem.low, problem.high, problem.top
    length = (high - low) * (1 + 2 * MARGIN)
    start = low - (high - low) * MARGIN
    mass = 1.0 if factor is None else float(factor[1].sum())
    given = problem.nodes_of or ((factor, None),) * len(problem.parts)
    mixtures = [Mixture.of(part, n_nodes, *of_part) for part, of_part in zip(problem.parts, given, strict=True)]
    ends = np.array([mixture.ends() for mixture in mixtures])
    none_won, all_won = (float(end) if end > LEAST_ATOM else 0.0 for end in ends.prod(axis=0))
    blocks: list[Complex] = []
    within = problem.limit * length / (2 * np.pi)
    first, last, work, rest = 0, FIRST_BLOCK, 0.0, np.inf
    enough, most = (MIXED_REST, MOST_MIXED_FREQUENCIES) if problem.mixed else (REST, MOST_FREQUENCIES)
    if factor is not None:
        enough = PART_REST
    while True:
        if first + 1 > within and problem.without_limit:
            return inverted(problem.without_limit(), n_nodes, budget, factor)
        last = int(min(last, max(within, first + 1)))
        k = np.arange(first + 1, last + 1)
        t: Floats = np.asarray(2 * np.pi / length * k, dtype=np.float64)
        work += float(sum(mixture.work for mixture in mixtures)) * k.size
        spectrum = np.ones(k.size, dtype=np.complex128)
        for mixture in mixtures:
            spectrum *= mixture.spectrum(t, exact_waves, follow_all=last < problem.needed)
        spectrum -= none_won + all_won * np.exp(1j * t * top)
        blocks.append(spectrum * np.exp(-1j * t * start))
        before, rest = rest, float((np.abs(spectrum) / (np.pi * k)).sum())
        if (rest < enough and last >= problem.needed) or work > budget or last >= most:
            endless = factor is not None and rest >= max(enough, STILL_FALLING * before)
            coefficients = np.concatenate(blocks)
            return Inverted(start, length, top, coefficients, none_won, all_won, rest, mass, endless)
        first, last = last, 2 * last


def table(*parts: Inverted) -> tuple[Law, float]:
    """Return the distribution that the parts make up and the estimated error of its quantiles P1 … P99.

    Straight lines between the table's points make an error, measured on a table four times finer. So does a spectrum
    that never dies out, of which the table uses a quarter and the finer one all. Frequencies left out elsewhere make
    another, judged by what the last half of them moved and by how fast the spectrum was falling.
    """
    kept = [part.first(1 / FINER) if part.endless else part for part in parts]
    law, finer = joined_law(kept), joined_law(list(parts), FINER)
    shorter = [part if part.endless else part.first(1 / 2) for part in parts]
    before = after = 0.0
    for part in parts:
        if not part.endless:
            n = part.coefficients.size
            share = np.abs(part.coefficients) / np.arange(1, n + 1)
            before, after = before + float(share[n // 4 : n // 2].sum()), after + float(share[n // 2 :].sum())
    falling = min(2 * after / before, 1.0) if before > 0 else 0.0
    left_out = falling * largest_difference(finer, joined_law(shorter, FINER))
    safety = ENDLESS_SAFETY if any(part.endless for part in parts) else SAFETY
    return law, safety * largest_difference(law, finer) + left_out
