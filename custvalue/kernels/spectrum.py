"""The characteristic function of pools of deals, mixed over what the deals of a pool share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats
from custvalue.kernels.factor import normal_nodes
from custvalue.kernels.pools import SPREAD_NODES, Pool, chances, nodes
from custvalue.kernels.powers import Complex, PowerSums, power_sums
from custvalue.kernels.representatives import Representatives, representatives

# (amounts, spreads, frequencies) → E exp(i t A): one row for each amount.
Waves = Callable[[Floats, Floats, Floats], Complex]

CHUNK = 1 << 15
STORED = 128
TINY = 1e-300
VANISHED = np.finfo(float).eps - 1.0
HALF = 0.5
# A node whose share of the spectrum has fallen below this is not followed to higher frequencies.
NEGLIGIBLE = 1e-8
# Nodes of factor and draw that weigh so little are left out from the first.
UNSEEN = 1e-8


@dataclass(frozen=True, slots=True)
class Group:
    """The deals of a pool that share one draw (strength 0: none), as representatives; the ``small`` as power sums."""

    deals: Representatives
    strength: float
    small: PowerSums | None = None

    def split(self, cut: float) -> "Group":
        """Return the group with its certain amounts up to ``cut`` as power sums."""
        deals = self.deals
        small = (deals.amount <= cut) & (deals.spread == 0)
        if not small.any():
            return self
        sums = power_sums(deals.amount[small], deals.probability[small], deals.weight[small], cut)
        return Group(deals.rows(~small), self.strength, sums)


@dataclass(frozen=True, slots=True)
class Grouped:
    """A pool by what its deals share."""

    groups: tuple[Group, ...]
    correlation: float

    def split(self, cut: float) -> "Grouped":
        """Return the pool with its certain amounts up to ``cut`` as power sums."""
        return Grouped(tuple(group.split(cut) for group in self.groups), self.correlation)


def grouped(part: Pool, *, whole: bool = False, cut: float = 0.0) -> Grouped:
    """Return a pool's groups; ``whole`` keeps every deal instead of representatives."""
    groups = []
    for where, strength in part.draws():
        columns = part.amount[where], part.probability[where], part.spread[where]
        n = columns[0].size
        group = Group(Representatives(*columns, np.ones(n), n), strength)
        if not whole:
            group = group.split(cut)
            large = group.deals
            group = replace(group, deals=representatives(large.amount, large.probability, large.spread))
        groups.append(group)
    return Grouped(tuple(groups), part.correlation)


@dataclass(slots=True)
class Draw:
    """A group with its chances at every node (factor × draw × deals) and the nodes that still matter."""

    deals: Representatives
    chance: Floats
    small: PowerSums | None
    small_chance: Floats
    weight: Floats
    followed: NDArray[np.bool_]

    @classmethod
    def of(cls, group: Group, correlation: float, z: Floats, y: Floats, y_weight: Floats) -> "Draw":
        """Return a group at the nodes of the factor and the draw."""
        table = chances(group.deals.probability, correlation, group.strength, z, y)
        level = group.small.level if group.small else np.zeros(0)
        of_small = chances(level, correlation, group.strength, z, y)
        return cls(group.deals, table, group.small, of_small, y_weight, np.ones(table.shape[:2], dtype=bool))

    def spectrum(self, t: Floats, waves: Waves) -> Complex:
        """Return the conditional characteristic function: factor nodes × draw nodes × frequencies."""
        n_factor, n_draw, n_deals = self.chance.shape
        result = np.zeros((n_factor * n_draw, t.size), dtype=np.complex128)
        chance = self.chance.reshape(n_factor * n_draw, n_deals)
        rows = np.flatnonzero(self.followed.ravel())
        if not rows.size:
            return result.reshape(n_factor, n_draw, t.size)
        result[rows] = conditional_spectrum(self.deals, chance[rows], t, waves)
        if self.small:
            result[rows] *= self.small.waves(self.small_chance.reshape(n_factor * n_draw, -1)[rows], t)
        return result.reshape(n_factor, n_draw, t.size)

    def ends(self) -> tuple[Floats, Floats]:
        """Return the chance at each factor node that no deal is won, and that every deal is (0: amounts uncertain)."""
        none, every = np.zeros((2, *self.chance.shape[:2]))
        kinds = [(self.chance, self.deals.weight)]
        if self.small:
            kinds.append((self.small_chance, self.small.sums[0]))
        for chance, weight in kinds:
            kept = np.clip(chance, TINY, 1 - np.finfo(float).epsneg)
            none += np.log1p(-kept) @ weight
            every += np.log(kept) @ weight
        certain = not self.deals.spread.any()
        both = [np.exp(np.minimum(log, 0.0)) @ self.weight for log in (none, every)]
        return both[0], both[1] * certain

    def follow(self, spectrum: Complex, factor_weight: Floats) -> None:
        """Drop the nodes whose weighted spectrum has vanished over the later half of the frequencies just made."""
        if self.followed.size > 1:
            share = np.abs(spectrum[..., spectrum.shape[-1] // 2 :]).max(axis=-1)
            self.followed &= share * factor_weight[:, None] * self.weight > NEGLIGIBLE


@dataclass(slots=True)
class Mixture:
    """A pool ready for evaluation at a number of nodes."""

    factor_weight: Floats
    draws: list[Draw]

    @classmethod
    def of(
        cls,
        part: Grouped,
        n_nodes: int,
        factor: tuple[Floats, Floats] | None = None,
        of_draws: Sequence[tuple[Floats, Floats]] | None = None,
    ) -> "Mixture":
        """Return a pool's mixture over so many nodes, or over given nodes (of factor, of draws) with their weights."""
        factor_weight, draws = np.ones(1), []
        for place, group in enumerate(part.groups):
            z, factor_weight, y, y_weight = nodes(part.correlation, group.strength, n_nodes)
            if factor is not None and part.correlation > 0:
                z, factor_weight = factor
            if of_draws is not None:
                y, y_weight = of_draws[place]
            draws.append(Draw.of(group, part.correlation, z, y, y_weight))
            if of_draws is not None:
                draws[-1].followed &= factor_weight[:, None] * y_weight > UNSEEN
        return cls(factor_weight, draws)

    @property
    def work(self) -> float:
        """Return the number of factors evaluated at one frequency, in those of representatives."""
        return sum(
            int(draw.followed.sum()) * draw.deals.work + SPREAD_NODES * int((draw.deals.spread > 0).sum())
            for draw in self.draws
        )

    def spectrum(self, t: Floats, waves: Waves, *, follow_all: bool = True) -> Complex:
        """Return the pool's characteristic function; unless ``follow_all``, drop nodes whose part has vanished."""
        product: Complex | None = None
        for draw in self.draws:
            given = draw.spectrum(t, waves)
            if not follow_all:
                draw.follow(given, self.factor_weight)
            mine = given[:, 0] if draw.weight.size == 1 else np.einsum("zyt,y->zt", given, draw.weight)
            product = mine if product is None else product * mine
        if product is None:
            return np.ones(t.size, dtype=np.complex128)
        # Not a matrix product: threads would cost more than so small a sum.
        mixed: Complex = np.einsum("z,zt->t", self.factor_weight, product)
        return mixed

    def ends(self) -> tuple[float, float]:
        """Return the chance that no deal is won, and that every deal is; 0 for the latter if amounts are uncertain."""
        none = np.ones(self.factor_weight.size)
        every = np.ones(self.factor_weight.size)
        for draw in self.draws:
            mine = draw.ends()
            none, every = none * mine[0], every * mine[1]
        return float(self.factor_weight @ none), float(self.factor_weight @ every)


def conditional_spectrum(deals: Representatives, chance: Floats, t: Floats, waves: Waves) -> Complex:
    """Return ``∏ (1 − p + p E exp(i t A))^weight`` for each row of chances: nodes × frequencies."""
    n_nodes, n_deals = chance.shape
    result = np.ones((n_nodes, t.size), dtype=np.complex128)
    at_once = max(CHUNK // t.size, 1)
    step = max(CHUNK // (t.size * min(at_once, n_nodes)), 1)
    log_of = log_uncertain if deals.spread.any() else log_certain
    for first in range(0, deals.n_single, STORED):
        some = slice(first, min(first + STORED, deals.n_single))
        stored = waves(deals.amount[some], deals.spread[some], t) - 1.0
        for top in range(0, n_nodes, at_once):
            rows = slice(top, top + at_once)
            for start in range(first, some.stop, step):
                part = slice(start, min(start + step, some.stop))
                factor = chance[rows, part, None] * stored[part.start - first : part.stop - first]
                factor += 1.0
                result[rows] *= factor[:, 0] if step == 1 else np.multiply.reduce(factor, axis=1)
    for start in range(deals.n_single, n_deals, step):
        part = slice(start, min(start + step, n_deals))
        turn, spread, weight = deals.amount[part, None] * t, deals.spread[part], deals.weight[part]
        for top in range(0, n_nodes, at_once):
            rows = slice(top, top + at_once)
            size, angle = log_of(turn, spread, chance[rows, part, None])
            # No true factor exceeds 1; where the interpolation fails the true one has vanished.
            size, angle = (np.einsum("d,zdt->zt", weight, log) for log in (size, angle))
            result[rows] *= np.exp(np.minimum(size, 0.0) + 1j * angle)
    return result


def log_certain(turn: Floats, _spread: Floats, p: Floats) -> tuple[Floats, Floats]:
    """Return ``log(1 − p + p exp(i turn))`` as logarithm of the size and angle, on one branch."""
    low = np.minimum(p, 1.0 - p)
    less = np.cos(turn) - 1.0
    size = np.log1p(np.maximum(2.0 * low * (1.0 - low) * less, VANISHED)) / 2
    angle = np.arctan2(low * np.sin(turn), 1.0 + low * less)
    # Above 1/2 the factor winds around zero; seen from the other end of the deal it does not.
    return size, np.where(p > HALF, turn - angle, angle)


def log_uncertain(turn: Floats, spread: Floats, p: Floats) -> tuple[Floats, Floats]:
    """Return ``log(1 − p + p E exp(i turn A))`` for log-normal amounts A of mean 1, on one branch."""
    wave = mean_waves(turn, spread)
    back = np.exp(-1j * turn)
    high = p > HALF
    factor = np.where(high, (1.0 - p) * back + p * (wave * back), 1.0 - p + p * wave)
    return np.log(np.maximum(np.abs(factor), TINY)), np.angle(factor) + high * turn


def mean_waves(turn: Floats, spread: Floats) -> Complex:
    """Return ``E exp(i turn A)`` for log-normal amounts A of mean 1: one row for each spread."""
    z, weight = normal_nodes(SPREAD_NODES)
    result = np.zeros(turn.shape, dtype=np.complex128)
    for node, share in zip(z, weight, strict=True):
        result += share * np.exp(1j * (turn * np.exp(spread * node - spread**2 / 2)[:, None]))
    return result


def exact_waves(amount: Floats, spread: Floats, t: Floats) -> Complex:
    """Return ``E exp(i t A)`` of each amount, certain or log-normal around its mean."""
    turn = amount[:, None] * t
    return mean_waves(turn, spread) if spread.any() else np.exp(1j * turn)
