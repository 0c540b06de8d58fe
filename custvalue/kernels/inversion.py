"""A sum's distribution from its characteristic function: for many deals, where the function dies out."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import irfft

from custvalue.kernels.arrays import Floats
from custvalue.kernels.factor import REACH, normal_nodes
from custvalue.kernels.laws import Law, largest_difference
from custvalue.kernels.pools import SPREAD_NODES, Pool, chances, variance
from custvalue.kernels.representatives import Representatives
from custvalue.kernels.spectrum import Complex, Grouped, Mixture, exact_waves, grouped

# Chances beyond the window (exp(−28) = 7e-13) and chances of the spectrum's rest are left out.
BEYOND = 28.0
REST, MIXED_REST = 1e-11, 1e-5
MARGIN = 1 / 32
FIRST_BLOCK = 32
MOST_FREQUENCIES, MOST_MIXED_FREQUENCIES = 1 << 14, 1 << 12
# Up to this many deals equal amounts may bring the spectrum back: it is followed past the first return, deal by deal.
WATCHED = 256
LEAST_POINTS = 4096
POINTS_PER_FREQUENCY = 4
FINER = 4
LEAST_ATOM = 1e-12
EXPONENT = 700.0
TILTS = 2.0 ** np.arange(-4, 7.5, 0.5)
# The error is measured against a table with four times as many points, which has an error of its own: 1/16.
SAFETY = 1.1


@dataclass(frozen=True, slots=True)
class Inverted:
    """The spectrum of a sum on a window, without its two end atoms, and how much of it is missing."""

    start: float
    length: float
    top: float
    coefficients: Complex
    none_won: float
    all_won: float
    rest: float
    work: float

    def law(self, n_points: int) -> Law:
        """Return the table of the distribution on an even grid, with the atoms put back."""
        k = np.arange(1, self.coefficients.size + 1)
        spectrum = np.zeros(n_points // 2 + 1, dtype=np.complex128)
        spectrum[1 : k.size + 1] = np.conj(1j * self.coefficients / (np.pi * k)) * n_points / 2
        wave = irfft(spectrum, n_points)
        inside = 1.0 - self.none_won - self.all_won
        points = self.start + self.length * np.arange(n_points) / n_points
        cumulative = inside * np.arange(n_points) / n_points + wave - wave[0]
        for place, chance in ((0.0, self.none_won), (self.top, self.all_won)):
            if chance > 0:
                where = int(np.searchsorted(points, place, side="left"))
                here = float(np.interp(place, points, cumulative))
                points = np.insert(points, where, [place, place])
                cumulative = np.concatenate([cumulative[:where], [here, here + chance], cumulative[where:] + chance])
        kept = (points >= 0.0) & (points <= self.top)
        points = np.concatenate([[min(0.0, points[0])], points[kept], [self.top]])
        cumulative = np.concatenate([[0.0], cumulative[kept], [1.0]])
        return Law(points, np.clip(np.maximum.accumulate(cumulative), 0.0, 1.0), stepwise=False)

    @property
    def n_points(self) -> int:
        """Return how many points the table has: a power of two that resolves every frequency."""
        wanted = max(LEAST_POINTS, POINTS_PER_FREQUENCY * self.coefficients.size)
        return int(2 ** np.ceil(np.log2(wanted)))


def largest_sum(pools: tuple[Pool, ...]) -> float:
    """Return the most the sum can be, uncertain amounts at six standard deviations."""
    return float(
        sum(
            (part.amount * np.exp(REACH * part.spread - part.spread**2 / 2 * (part.spread > 0))).sum() for part in pools
        )
    )


def window(pools: tuple[Pool, ...], parts: list[Grouped]) -> tuple[float, float]:
    """Return bounds the sum leaves with negligible chance: Chernoff's, at the ends of what the deals share."""
    tilts = TILTS / np.sqrt(max(variance(pools), np.finfo(float).tiny))
    ends = []
    for sign in (-1.0, 1.0):
        total = np.zeros(tilts.size)
        end, middle = np.array([sign * REACH]), np.zeros(1)
        for part in parts:
            for deals, strength in ((group.deals, group.strength) for group in part.groups):
                z, y = (end if part.correlation > 0 else middle), (end if strength > 0 else middle)
                chance = chances(deals.probability, part.correlation, strength, z, y)[0, 0]
                total += _log_moment(deals, chance, sign * tilts)
        with np.errstate(invalid="ignore"):
            reached = sign * (total + BEYOND) / tilts
        finite = reached[np.isfinite(reached)]
        ends.append(float(finite.max() if sign < 0 else finite.min()) if finite.size else sign * np.inf)
    return max(ends[0], 0.0), min(ends[1], largest_sum(pools))


def _log_moment(deals: Representatives, chance: Floats, tilts: Floats) -> Floats:
    """Return ``Σ weight × log(1 − p + p E exp(tilt × A))``, infinite where it overflows."""
    z, weight = normal_nodes(SPREAD_NODES if deals.spread.any() else 1)
    result = np.empty(tilts.size)
    for place, tilt in enumerate(tilts):
        raised = np.zeros(deals.amount.size)
        for node, share in zip(z, weight, strict=True):
            amount = deals.amount * np.exp(deals.spread * node - deals.spread**2 / 2)
            raised += share * np.expm1(np.minimum(tilt * amount, EXPONENT))
        result[place] = np.inf if raised.max() > np.exp(EXPONENT / 2) else deals.weight @ np.log1p(chance * raised)
    return result


@dataclass(frozen=True, slots=True)
class Problem:
    """What is worked out once, before the spectrum is followed at one number of nodes or another."""

    parts: list[Grouped]
    low: float
    high: float
    top: float
    needed: float

    @property
    def mixed(self) -> bool:
        """Say whether any deals share anything."""
        return any(part.correlation > 0 or any(group.strength > 0 for group in part.groups) for part in self.parts)

    @classmethod
    def of(cls, pools: tuple[Pool, ...]) -> "Problem":
        """Return the representatives of the deals, the window and how far the spectrum must be followed."""
        n_deals, top = sum(part.amount.size for part in pools), largest_sum(pools)
        parts = [grouped(part, whole=n_deals <= WATCHED) for part in pools]
        low, high = window(pools, parts)
        # Equal amounts bring the spectrum back at t = 2π ÷ amount.
        needed = 2 * (high - low) * n_deals / top if n_deals <= WATCHED else 0.0
        return cls(parts, low, high, top, needed)


def inverted(problem: Problem, n_nodes: int, budget: float) -> Inverted:
    """Follow the spectrum until what is left of it cannot move the distribution, or the budget is spent."""
    low, high, top = problem.low, problem.high, problem.top
    length = (high - low) * (1 + 2 * MARGIN)
    start = low - (high - low) * MARGIN
    mixtures = [Mixture.of(part, n_nodes) for part in problem.parts]
    ends = np.array([mixture.ends() for mixture in mixtures])
    none_won, all_won = (float(end) if end > LEAST_ATOM else 0.0 for end in ends.prod(axis=0))
    blocks: list[Complex] = []
    first, last, work = 0, FIRST_BLOCK, 0.0
    enough, most = (MIXED_REST, MOST_MIXED_FREQUENCIES) if problem.mixed else (REST, MOST_FREQUENCIES)
    while True:
        k = np.arange(first + 1, last + 1)
        t: Floats = np.asarray(2 * np.pi / length * k, dtype=np.float64)
        work += float(sum(mixture.work for mixture in mixtures)) * k.size
        spectrum = np.ones(k.size, dtype=np.complex128)
        for mixture in mixtures:
            spectrum *= mixture.spectrum(t, exact_waves, follow_all=last < problem.needed)
        spectrum -= none_won + all_won * np.exp(1j * t * top)
        blocks.append(spectrum * np.exp(-1j * t * start))
        rest = float((np.abs(spectrum) / (np.pi * k)).sum())
        if (rest < enough and last >= problem.needed) or work > budget or last >= most:
            return Inverted(start, length, top, np.concatenate(blocks), none_won, all_won, rest, work)
        first, last = last, 2 * last


def table(sum_: Inverted) -> tuple[Law, float]:
    """Return the distribution and the estimated error of its quantiles P1 … P99.

    Straight lines between the table's points make an error, measured on a table four times finer; frequencies left out
    make another, judged by what the last half of them moved and by how fast the spectrum was falling.
    """
    law, finer = sum_.law(sum_.n_points), sum_.law(FINER * sum_.n_points)
    half = sum_.coefficients.size // 2
    shorter = replace(sum_, coefficients=sum_.coefficients[:half])
    share = np.abs(sum_.coefficients) / np.arange(1, sum_.coefficients.size + 1)
    before, after = float(share[half // 2 : half].sum()), float(share[half:].sum())
    falling = min(2 * after / before, 1.0) if before > 0 else 0.0
    left_out = falling * largest_difference(finer, shorter.law(FINER * sum_.n_points))
    return law, SAFETY * largest_difference(law, finer) + left_out
