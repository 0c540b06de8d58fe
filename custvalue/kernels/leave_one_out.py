"""The chance of a sum if one of its deals is won and if it is lost: the deal's own factor taken out of the spectrum.

The largest deals that outweigh all others are taken outcome by outcome; the others' spectrum is followed at the nodes
that the distribution of the sum takes, on the windows it lies in.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.dominant import outweighing
from custvalue.kernels.exact_sums import all_outcomes
from custvalue.kernels.inversion import MARGIN, WATCHED, Problem, largest_sum
from custvalue.kernels.lattice import MOVED
from custvalue.kernels.mixing import WHOLE, band_problem, bands, draw_nodes, factor_nodes, one_factor
from custvalue.kernels.money_sums import COARSEST, ENUMERATED, FEW_DOZENS, FEWEST, FINEST, NODES, common_unit
from custvalue.kernels.neighbours import chosen_deals, filled
from custvalue.kernels.pools import NO_DRAW, Pool, chances, nodes
from custvalue.kernels.powers import Complex
from custvalue.kernels.readers import SAME_POINT, Lattice, Reader, Window
from custvalue.kernels.representatives import Representatives
from custvalue.kernels.spectrum import CHUNK, UNSEEN, Draw, Group, grouped

# A lattice costs deals × points; beyond this many deals the spectrum dies out early and is cheaper.
LATTICE_DEALS, LATTICE_WORK, FINEST_DRAWN = 1000, 4e7, 1 << 14
WINDOW_WORK, FEWEST_FREQUENCIES, MOST_FREQUENCIES = 6e6, 1024, 4096
FLOOR = 1e-150
# Sums of a few deals are that exact, each beside its own size: beside the largest deal the small ones would be lost.
ROUNDED = 1e-13
# Deals taken outcome by outcome, and the chance a sum may have of lying where the small ones cannot be seen.
HELD, DOUBT = 6, 0.01
# Deals are hidden where all together they are few steps of the table, and the next larger one a hundred times that.
SEEN_STEPS, APART = 64.0, 100.0
FIRST_BLOCK, BLOCK = 64, 1 << 18
VANISHED = 1e-9
HALF = 0.5


Answers = tuple[Floats, Floats, Floats]


def reach_if(deals: Pool, target: float) -> Answers:
    """Return the chance that the sum reaches the target if each deal is won, and if it is lost.

    The third answer is what the deal's money alone moves: the difference with everything the deals share held fixed.
    All are missing where the target hangs on deals too small beside the others to be seen.

    >>> from custvalue.kernels.pools import pool
    >>> won, lost, alone = reach_if(pool(np.array([2.0, 1.0]), np.array([0.5, 0.2])), 2.0)
    >>> won.round(6).tolist(), lost.round(6).tolist()
    ([1.0, 0.5], [0.0, 0.5])
    """
    n_deals = deals.amount.size
    if not n_deals or largest_sum((deals,)) <= 0:
        reached = np.full(n_deals, float(target <= 0))
        return reached, reached.copy(), np.zeros(n_deals)
    if n_deals <= (ENUMERATED if deals.mixed else FEWEST) and not deals.spread.any():
        draws = list(deals.draws())
        if len(draws) == 1:
            return _enumerated(deals, draws[0][1], target)
    search = _Search.of(deals, target)
    for band in search.bands():
        search.add(band)
    return search.answers()


def _enumerated(part: Pool, strength: float, target: float) -> Answers:
    """Return the answers from every outcome of a few deals."""
    z, z_weight, y, y_weight = nodes(part.correlation, strength, 2 * NODES - 1)
    table = chances(part.probability, part.correlation, strength, z, y)
    sums, given = all_outcomes(part.amount, table)
    node = (z_weight[:, None] * y_weight).ravel()
    reached = given.reshape(node.size, -1) * (sums >= target - ROUNDED * np.maximum(sums, abs(target)))
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


@dataclass(frozen=True, slots=True)
class _Band:
    """Neighbouring nodes of the factor, their weights, and what reads the sum of the deals not held there."""

    z: Floats
    weight: Floats
    reader: Reader


@dataclass(slots=True)
class _Outcome:
    """Which of the held deals are won, and the money then still needed."""

    won: NDArray[np.bool_]
    left: float
    certain: bool


@dataclass(slots=True)
class _Shared:
    """The deals that share one draw, at the nodes of a band: those gone through one by one, all, and those held."""

    rows: Integers
    chosen: Pool
    places: Integers
    chance: Floats
    draw: Draw
    held: dict[int, Floats]

    def weights(self, won: NDArray[np.bool_], skipped: int | None = None) -> Floats:
        """Return the weights of the draw's nodes (factor × draw), times the chance of what became of the held."""
        weight = np.broadcast_to(self.draw.weight, self.draw.chance.shape[:2]).copy()
        for place, chance in self.held.items():
            if place != skipped:
                weight *= chance if won[place] else 1.0 - chance
        return weight


@dataclass(slots=True)
class _Search:
    """The deals, those held, and what has been found so far: joint chances, each deal's own included."""

    deals: Pool
    held: Integers
    rest: Pool
    rows: Integers
    outcomes: list[_Outcome]
    found: Floats
    worked: NDArray[np.bool_]
    shares: list[tuple[Integers, float]]
    doubt: float = 0.0

    @classmethod
    def of(cls, deals: Pool, target: float) -> "_Search":
        """Hold the largest deals, and list their outcomes that can reach the target."""
        held = outweighing(deals.amount, deals.spread, HELD)
        rows = np.setdiff1d(np.arange(deals.amount.size), held)
        rest = deals.rows(rows)
        most, outcomes = largest_sum((rest,)), []
        for number in range(2**held.size):
            won = (number >> np.arange(held.size) & 1).astype(bool)
            # The largest are taken off first: what is left is not lost in rounding.
            left = float(target)
            for amount in deals.amount[held[won]].tolist():
                left -= amount
            slack = SAME_POINT * abs(target) if held.size else 0.0
            if left <= most * (1 + SAME_POINT) + slack:
                outcomes.append(_Outcome(won, left, left <= min(slack, SAME_POINT * most)))
        shares = [
            (np.flatnonzero(deals.draw == code), 0.0 if code == NO_DRAW else deals.strengths[code])
            for code in np.unique(deals.draw).tolist()
        ]
        found = np.zeros((3, deals.amount.size))
        return cls(deals, held, rest, rows, outcomes, found, np.zeros(deals.amount.size, dtype=bool), shares)

    def bands(self) -> Iterator[_Band]:
        """Yield the nodes of the factor, each band with its reader."""
        rest, n = self.rest, self.rest.amount.size
        factor = factor_nodes(rest) if rest.correlation > 0 else (np.zeros(1), np.ones(1))
        unit, top = common_unit((rest,)), largest_sum((rest,))
        if n <= (FEW_DOZENS if rest.mixed else LATTICE_DEALS) or (unit > 0 and top / unit + 2 <= COARSEST):
            reader = self._lattice(unit, top, factor[0].size if rest.mixed else 1)
            yield from (_Band(z, weight, reader) for z, weight in bands(factor))
            return
        windows = one_factor((rest,))
        part = grouped(rest, whole=n <= (WATCHED if rest.spread.any() else WHOLE))
        whole = None if windows else Problem.of((rest,))
        for z, weight in bands(factor):
            problem = whole or band_problem([part], (z, weight), n, top)
            wide = problem.high - problem.low
            work = WINDOW_WORK / (min(n, WATCHED) * z.size)
            # Beyond the ends lies what a deal taken out or put in leaves there.
            yield _Band(
                z,
                weight,
                Window(
                    problem.low - wide * MARGIN,
                    wide * (1 + 2 * MARGIN),
                    int(np.clip(work, FEWEST_FREQUENCIES, MOST_FREQUENCIES)),
                    unit,
                    int(problem.needed),
                ),
            )

    def _lattice(self, unit: float, top: float, n_nodes: int) -> Lattice:
        """Return the lattice of the amounts' unit, or one as fine as it may be."""
        n = self.rest.amount.size
        finest = FINEST if (self.rest.draw == NO_DRAW).all() else FINEST_DRAWN
        n_points = int(2 ** np.floor(np.log2(np.clip(2 * LATTICE_WORK / (n * n_nodes), COARSEST, finest))))
        if unit > 0 and top / unit + 2 <= n_points:
            return Lattice(unit, int(2 ** np.ceil(np.log2(top / unit + 2))), 0.0, 0.0, 2 * n)
        # Splitting moves each amount by less than a step: what lay beyond the end would come back at zero.
        step = top / (n_points - 2 - n)
        # Among more deals no single sum has a chance that would be seen.
        return Lattice(step, n_points, MOVED * step if n <= FEW_DOZENS else 0.0, step, 2 * n)

    def _shared(self, band: _Band) -> list[_Shared]:
        """Return the deals by draw, ready at the nodes of a band."""
        result = []
        is_held = np.zeros(self.deals.amount.size, dtype=bool)
        is_held[self.held] = True
        n = self.rest.amount.size
        whole = n <= (WATCHED if self.rest.spread.any() else WHOLE)
        for members, strength in self.shares:
            rows = members[~is_held[members]]
            mine = self.deals.rows(rows if rows.size else members)
            _, _, y, y_weight = nodes(0.0, strength, 2 * NODES - 1)
            if strength > 0 and mine.correlation > 0:
                y, y_weight = draw_nodes(mine)[0]
            mine = self.deals.rows(rows)
            none = np.zeros(0)
            group = Group(Representatives(none, none, none, none, 0), strength)
            if rows.size:
                group = grouped(mine, whole=whole).groups[0]
            draw = Draw.of(group, mine.correlation, band.z, y, y_weight)
            draw.followed &= band.weight[:, None] * y_weight > UNSEEN
            places = chosen_deals(mine) if rows.size else np.zeros(0, dtype=np.int64)
            chosen = mine.rows(places)
            held = {
                place: chances(self.deals.probability[[deal]], mine.correlation, strength, band.z, y)[..., 0]
                for place, deal in enumerate(self.held.tolist())
                if deal in members
            }
            table = chances(chosen.probability, mine.correlation, strength, band.z, y)
            result.append(_Shared(rows, chosen, places, table, draw, held))
        return result

    def add(self, band: _Band) -> None:
        """Add what one band of nodes says."""
        shared = self._shared(band)
        for outcome in self.outcomes:
            self._add_level(band, shared, outcome)
        open_ = [outcome for outcome in self.outcomes if not outcome.certain]
        largest = float(self.rest.amount.max())
        open_ = [one for one in open_ if not band.reader.decided(one.left + largest * np.array([-1.0, 0.0, 1.0]))]
        first, last = 0, FIRST_BLOCK
        n_nodes = sum(one.draw.followed.size for one in shared)
        while open_ and first < band.reader.n_frequencies:
            last = min(last, band.reader.n_frequencies)
            t = band.reader.frequencies(first, last)
            given = [one.draw.spectrum(t, band.reader.waves) for one in shared]
            for outcome in open_:
                self._add_spectrum(band, shared, outcome, given, slice(first, last))
            for one, spectrum in zip(shared, given, strict=True):
                if first >= band.reader.watched:
                    one.draw.follow(spectrum, band.weight)
            mixed = np.prod(
                [np.einsum("zyt,y->zt", a, one.draw.weight) for a, one in zip(given, shared, strict=True)], 0
            )
            rest = float((np.abs(band.weight @ mixed) / np.arange(first + 1, last + 1)).sum())
            if (rest < VANISHED and last >= band.reader.watched) or not all(one.draw.followed.any() for one in shared):
                break
            first, last = last, last + min(last, max(BLOCK // n_nodes, FIRST_BLOCK))

    def _node_weights(
        self, band: _Band, shared: list[_Shared], won: NDArray[np.bool_], skipped: int | None = None
    ) -> tuple[list[Floats], Floats]:
        """Return the nodes' weights by draw, and the factor's with every draw mixed over, under an outcome."""
        weights = [one.weights(won, skipped) for one in shared]
        return weights, band.weight * np.prod([weight.sum(axis=1) for weight in weights], axis=0)

    def _held_pairs(self, outcome: _Outcome) -> Iterator[tuple[int, float]]:
        for place in range(self.held.size):
            yield place, 1.0 if outcome.won[place] else -1.0

    def _blurred(self, reader: Reader) -> float:
        """Return the money of the small deals that are not seen apart from those larger than all of them."""
        amount = np.sort(self.rest.amount, kind="stable")
        smaller = np.cumsum(amount)[:-1]
        hidden = (amount[1:] > APART * smaller) & (smaller < SEEN_STEPS * reader.resolution) & (smaller > 0)
        return float(smaller[hidden].max()) if hidden.any() else 0.0

    def _around(self, reader: Reader, left: float, blurred: float) -> Floats:
        """Return the ends of where the small deals would decide."""
        reach = blurred + reader.resolution
        return np.array([left - reach, left + reach + getattr(reader, "slack", 0.0)])

    def _add_level(self, band: _Band, shared: list[_Shared], outcome: _Outcome) -> None:
        """Add the part of the answers that the chances of the nodes alone make."""
        weights, common = self._node_weights(band, shared, outcome.won)
        here = np.array([outcome.left])

        def level(x: Floats) -> Floats:
            return np.ones(x.size) if outcome.certain else band.reader.read(x, slice(0, 1))[0]

        at = float(level(here)[0])
        for place, sign in self._held_pairs(outcome):
            self.found[0 if sign > 0 else 1, self.held[place]] += common.sum() * at
            alone = self._node_weights(band, shared, outcome.won, place)[1]
            self.found[2, self.held[place]] += sign * alone.sum() * at
        blurred = 0.0 if outcome.certain else self._blurred(band.reader)
        if blurred > 0:
            ends = level(self._around(band.reader, outcome.left, blurred))
            self.doubt += float(common.sum() * (ends[0] - ends[1]))
        for one, weight in zip(shared, weights, strict=True):
            if not one.rows.size:
                continue
            node = (common / np.maximum(weight.sum(axis=1), FLOOR))[:, None] * weight
            node, chance = node.ravel(), one.chance.reshape(node.size, -1)
            won, lost = node[:, None] * chance, node[:, None] * (1.0 - chance)
            if outcome.certain or not band.reader.shifts or one.chosen.spread.any():
                answers = won.sum(axis=0) * at, lost.sum(axis=0) * at, np.zeros(one.places.size)
            else:
                less, more = (level(outcome.left + sign * one.chosen.amount) for sign in (-1.0, 1.0))
                low = chance <= HALF
                both = won + lost
                answers = (
                    (won * low).sum(axis=0) * less + (won * ~low).sum(axis=0) * at,
                    (lost * low).sum(axis=0) * at + (lost * ~low).sum(axis=0) * more,
                    (both * low).sum(axis=0) * (less - at) + (both * ~low).sum(axis=0) * (at - more),
                )
            self._keep(one, answers)

    def _keep(self, one: _Shared, answers: tuple[Floats, Floats, Floats]) -> None:
        deals = one.rows[one.places]
        self.worked[deals] = True
        for total, values in zip(self.found, answers, strict=True):
            total[deals] += values

    def _add_spectrum(
        self, band: _Band, shared: list[_Shared], outcome: _Outcome, given: list[Complex], chosen: slice
    ) -> None:
        """Add the part of the answers that some frequencies make."""
        read = band.reader.read
        here = read(np.array([outcome.left]), chosen)[1][0]
        weights, _ = self._node_weights(band, shared, outcome.won)

        def total(skipped: int | None = None) -> Complex:
            by_draw = self._node_weights(band, shared, outcome.won, skipped)[0]
            drawn = [np.einsum("zyt,zy->zt", a, weight) for a, weight in zip(given, by_draw, strict=True)]
            mixed: Complex = np.einsum("z,zt->t", band.weight, np.prod(drawn, axis=0))
            return mixed

        if self.held.size:
            everything = float((total() @ here).real)
            for place, sign in self._held_pairs(outcome):
                self.found[0 if sign > 0 else 1, self.held[place]] += everything
                self.found[2, self.held[place]] += sign * float((total(place) @ here).real)
        blurred = self._blurred(band.reader)
        if blurred > 0:
            ends = read(self._around(band.reader, outcome.left, blurred), chosen)[1]
            self.doubt += float(((ends[0] - ends[1]) @ total()).real)
        drawn = [np.einsum("zyt,zy->zt", a, weight) for a, weight in zip(given, weights, strict=True)]
        for place, (one, weight) in enumerate(zip(shared, weights, strict=True)):
            rows = np.flatnonzero(one.draw.followed.ravel())
            if not rows.size or not one.rows.size:
                continue
            others = band.weight[:, None] * np.ones(here.size, dtype=np.complex128)
            for other, spectrum in enumerate(drawn):
                if other != place:
                    others *= spectrum
            n_draw = weight.shape[1]
            spectrum = given[place].reshape(-1, here.size)[rows] * others[rows // n_draw]
            spectrum *= weight.ravel()[rows, None]
            chance = one.chance.reshape(weight.size, -1)[rows]
            self._keep(one, _deals_taken_out(one.chosen, chance, spectrum, band.reader, (outcome.left, chosen)))

    def answers(self) -> Answers:
        """Return the answers for every deal, those not gone through between their neighbours of the same kind."""
        own = self.deals.probability
        won, lost = self.found[0] / np.maximum(own, FLOOR), self.found[1] / np.maximum(1.0 - own, FLOOR)
        answers = [np.clip(won, 0.0, 1.0), np.clip(lost, 0.0, 1.0), np.clip(self.found[2], -1.0, 1.0)]
        if self.doubt > DOUBT:
            return (np.full(own.size, np.nan), np.full(own.size, np.nan), np.full(own.size, np.nan))
        for members, _ in self.shares if self.worked.any() else ():
            rows = members[~np.isin(members, self.held)]
            places = np.flatnonzero(self.worked[rows])
            for values in answers:
                values[rows] = filled(self.deals.rows(rows), places, values[rows[places]])
        return answers[0], answers[1], answers[2]


def _deals_taken_out(
    few: Pool, chance: Floats, spectrum: Complex, reader: Reader, asked: tuple[float, slice]
) -> Answers:
    """Return what some frequencies add to the joint chances of a few deals, from the weighted spectrum at each node.

    On a window the others' sum is read where it lies in it: with a deal that is likely added, without one that is not.
    """
    left, chosen = asked
    n, t = few.amount.size, reader.frequencies(chosen.start, chosen.stop)
    here = reader.read(np.array([left]), chosen)[1][0]
    answers = np.empty((3, n))
    step = max(4 * CHUNK // max(spectrum.size, 1), 1)
    shifts = reader.shifts and not few.spread.any()
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        wave = reader.waves(few.amount[rows], few.spread[rows], t)
        p = chance[:, rows]
        factor = 1.0 + p[:, :, None] * (wave - 1.0)
        factor[np.abs(factor) < FLOOR] = FLOOR
        without = spectrum[:, None, :] / factor
        if not shifts:
            with_won, everywhere = np.einsum("nrt,nr->rt", without, p), without.sum(axis=0)
            answers[0, rows] = ((with_won * wave) @ here).real
            answers[1, rows] = ((everywhere - with_won) @ here).real
            answers[2, rows] = ((everywhere * (wave - 1.0)) @ here).real
            continue
        less, more = (reader.read(left + sign * few.amount[rows], chosen)[1] for sign in (-1.0, 1.0))
        low = p <= HALF
        low_won, low_all = (np.einsum("nrt,nr->rt", without, np.where(low, share, 0.0)) for share in (p, 1.0))
        high_won, high_all = (np.einsum("nrt,nr->rt", without, np.where(low, 0.0, share)) * wave for share in (p, 1.0))
        answers[0, rows] = ((low_won * less).sum(axis=1) + high_won @ here).real
        answers[1, rows] = ((low_all - low_won) @ here + ((high_all - high_won) * more).sum(axis=1)).real
        answers[2, rows] = ((low_all * (less - here)).sum(axis=1) + (high_all * (here - more)).sum(axis=1)).real
    return answers[0], answers[1], answers[2]
