"""How accounts change from a period to the next: estimated from the periods there are, and drawn for the one to come.

An account *buys* in a period if its value is above zero. For those who buy in both of two successive periods,
``ln xₜ₊₁ = aₜ + b₁ ln xₜ + b₂ hₜ + e``, with hₜ the mean of ln x over the (at most three) earlier periods bought in:
b₁ = 1, b₂ = 0 is pure growth by chance, smaller values pull an account back to its own usual size. The residuals e are
resampled within classes of predicted size; aₜ is the shock all share. An account may stop (a chance by size, and by
whether it bought before), come back (by how long it has been away), and new ones come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.sums import sums_by_code

HISTORY = 3
SIZE_CUTS = (0.5, 0.8, 0.95)
MIN_DONORS = 200
AWAY_CLASSES = 3
# Added to a count before its logarithm or odds are taken, so that none is infinite.
HALF = 0.5
_BELOW_ONE = 1 - 1e-12
_MOST_LOG = 30.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shock:
    """What differs from period to period for all accounts alike: its mean, its spread, and from how many changes."""

    mean: float
    spread: float
    n: int

    @classmethod
    def of(cls, seen: Floats, variances: Floats) -> "Shock":
        """Estimate it from one number per change: the spread beyond what each number's own variance explains."""
        between = max(0.0, float(np.var(seen, ddof=1) - np.mean(variances)))
        return cls(float(np.mean(seen)), float(np.sqrt(between)), seen.size)

    def draw(self, random: np.random.Generator, draws: int) -> Floats:
        """Return draws of the next one: Student's t with n − 1 degrees of freedom, its mean being unsure too."""
        t: Floats = random.standard_t(self.n - 1, draws)
        away = self.spread * float(np.sqrt(1 + 1 / self.n)) * t
        # Few changes have heavy tails: a logarithm beyond this is no number of accounts or of money.
        return self.mean + np.clip(away, -_MOST_LOG, _MOST_LOG)


@dataclass(frozen=True, slots=True)
class Donors:
    """A pool of values to resample from, sorted by class: where each class starts, and how many it has."""

    pool: Floats
    starts: Integers
    sizes: Integers

    @classmethod
    def of(cls, values: Floats, classes: Integers, n_classes: int) -> "Donors":
        """Sort the values by class; a class without any borrows from all."""
        sizes = np.bincount(classes, minlength=n_classes)
        starts = np.cumsum(sizes) - sizes
        empty = sizes == 0
        return cls(
            values[np.argsort(classes, kind="stable")], np.where(empty, 0, starts), np.where(empty, values.size, sizes)
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What was learnt from the periods, and what the accounts bring to the next one."""

    n_changes: int
    n_pairs: int
    carry_now: float
    carry_history: float
    shock: Shock
    stop_shock: Shock
    new_shock: Shock
    slopes: Floats
    slope_root: Floats  # of their covariance
    sizes: Floats  # of those who buy now: ln x and h
    residuals: Donors
    first_residual: Integers  # where their class of residuals starts, and how many it has
    n_residuals: Floats
    stop_odds: Floats  # by cell
    stop_cell: Integers
    away_size: Floats  # what those who are away bought last
    return_chance: Floats
    returns: Floats
    newcomers: Floats

    def draw(self, random: np.random.Generator, draws: int) -> "Draws":
        """Return the shocks of all draws, from which each next period is drawn in turn."""
        return Draws(
            self,
            random,
            self.shock.draw(random, draws),
            self.slopes + random.standard_normal((draws, self.slopes.size)) @ self.slope_root.T,
            np.sqrt(self.n_pairs / random.chisquare(self.n_pairs, draws)),
            np.exp(self.stop_shock.draw(random, draws) - self.stop_shock.mean),
            random.poisson(np.exp(np.minimum(self.new_shock.draw(random, draws), self._most_new()))),
        )

    def _most_new(self) -> float:
        """Return the log of as many new accounts as there are accounts: heavy tails must not fill the memory."""
        return float(np.log(self.sizes.shape[0] + self.away_size.size + 1.0))


@dataclass(frozen=True, slots=True)
class Draws:
    """The shocks drawn for each next period, and what is unsure of the model itself: its slopes, and its spread."""

    model: Changes
    random: np.random.Generator
    level: Floats
    slopes: Floats
    spread: Floats
    stopping: Floats
    n_new: Integers

    def values(self, number: int) -> Floats:
        """Return the values above zero of one draw of the next period, in no order."""
        model = self.model
        odds = model.stop_odds * self.stopping[number]
        chance = odds / (1 + odds)
        # One even number decides both: below the chance the account stops, above it what is left, even between 0 and 1
        # again, chooses the residual. In place throughout: this is where the time of a draw goes.
        place = self.random.random(model.sizes.shape[0])
        place -= chance[model.stop_cell]
        stays = place >= 0
        place *= (_BELOW_ONE / (1 - chance))[model.stop_cell]
        place *= model.n_residuals
        chosen = place.astype(np.int64)
        chosen += model.first_residual
        chosen *= stays
        size = model.residuals.pool[chosen]
        size *= self.spread[number]
        size += model.sizes @ self.slopes[number]
        size += self.level[number]
        going_on = np.exp(size[stays])
        parts = [going_on]
        if model.returns.size:
            back = np.flatnonzero(self.random.random(model.away_size.size) < model.return_chance)
            parts.append(model.away_size[back] * self.random.choice(model.returns, back.size))
        if model.newcomers.size:
            parts.append(self.random.choice(model.newcomers, int(self.n_new[number])))
        return np.concatenate(parts)


def fit_changes(values: Floats, transitions: Sequence[int], min_pairs: int) -> Changes | int:
    """Learn from a table of accounts × periods; 0 where nothing was bought, NaN where unknown.

    ``transitions`` are the periods t whose change to t + 1 is taken. Returns the number of pairs where it is too small.
    """
    buys = values > 0
    logs = np.log(np.where(buys, values, 1.0))
    history, had_history = _history(logs, buys)
    steps = np.array(transitions)
    known = ~np.isnan(values)
    both = [buys[:, t] & buys[:, t + 1] for t in transitions]
    counts = np.array([int(pair.sum()) for pair in both])
    if counts.sum() < min_pairs or counts.min() < 1:
        return int(counts.sum())
    before, then = (
        np.concatenate([table[pair, t + ahead] for t, pair in zip(transitions, both, strict=True)])
        for table, ahead in ((np.stack([logs, history], axis=-1), 0), (logs, 1))
    )
    change = np.repeat(np.arange(steps.size), counts)
    # The shocks are the means of the changes, so sizes far from zero would make them hang on the slopes.
    centre = before.mean(axis=0)
    before -= centre
    centred, target = (_less_mean(columns, change, counts) for columns in (before, then[:, None]))
    inverse = np.linalg.pinv(centred.T @ centred)
    slopes = inverse @ (centred.T @ target[:, 0])
    predicted = before @ slopes
    means = sums_by_code(change, then - predicted, steps.size) / counts
    residuals = then - predicted - means[change]
    cuts = _size_cuts(predicted)
    donors = Donors.of(residuals, np.searchsorted(cuts, predicted, side="right"), cuts.size + 1)
    last = values.shape[1] - 1
    buying = buys[:, last]
    sizes = np.column_stack([logs[buying, last], history[buying, last]]) - centre
    size_class = np.searchsorted(cuts, sizes @ slopes, side="right")
    return Changes(
        n_changes=steps.size,
        n_pairs=int(counts.sum()),
        carry_now=float(slopes[0]),
        carry_history=float(slopes[1]),
        shock=Shock.of(means, np.var(residuals) / counts),
        slopes=slopes,
        slope_root=np.sqrt(np.var(residuals)) * _root(inverse),
        sizes=sizes,
        residuals=donors,
        first_residual=donors.starts[size_class],
        n_residuals=donors.sizes[size_class].astype(np.float64),
        **_stopping(logs, buys, known, transitions, had_history),
        **_coming_back(values, logs, buys, known, transitions),
        **_coming_new(values, buys, transitions),
    )


def _root(covariance: NDArray[np.floating]) -> Floats:
    """Return a matrix whose product with its transpose is the covariance, which may be singular."""
    variances, axes = np.linalg.eigh(covariance)
    root: Floats = axes * np.sqrt(np.maximum(variances, 0.0))
    return root


def _less_mean(columns: Floats, groups: Integers, counts: Integers) -> Floats:
    """Return columns less their mean within each group."""
    means = np.column_stack([sums_by_code(groups, column, counts.size) / counts for column in columns.T])
    less: Floats = columns - means[groups]
    return less


def _history(logs: Floats, buys: Mask) -> tuple[Floats, Mask]:
    """Return each account's usual log value before each period, its present one where it had none; and who had one."""
    usual, had = logs.copy(), np.zeros_like(buys)
    for t in range(1, logs.shape[1]):
        earlier = slice(max(0, t - HISTORY), t)
        n = buys[:, earlier].sum(axis=1)
        had[:, t] = n > 0
        mean = np.where(buys[:, earlier], logs[:, earlier], 0.0).sum(axis=1) / np.maximum(n, 1)
        usual[:, t] = np.where(had[:, t], mean, logs[:, t])
    return usual, had


def _size_cuts(sizes: Floats) -> Floats:
    """Return the cuts of the size classes; a class of too few donors is left to the one below it."""
    wanted = [cut for cut in SIZE_CUTS if sizes.size * (1 - cut) >= MIN_DONORS]
    return np.unique(np.quantile(sizes, wanted)) if wanted else np.empty(0)


def _stopping(logs: Floats, buys: Mask, known: Mask, transitions: Sequence[int], had_history: Mask) -> dict[str, Any]:
    """Return the odds that each who buys now stops, and the shock to them."""
    at_risk = [buys[:, t] & known[:, t + 1] for t in transitions]
    stops = [~buys[rows, t + 1] for t, rows in zip(transitions, at_risk, strict=True)]
    sizes = np.concatenate([logs[rows, t] for t, rows in zip(transitions, at_risk, strict=True)])
    regular = np.concatenate([had_history[rows, t] for t, rows in zip(transitions, at_risk, strict=True)])
    cuts = _size_cuts(sizes)
    n_classes = 2 * (cuts.size + 1)

    def cell(size: Floats, had: Mask) -> Integers:
        return 2 * np.searchsorted(cuts, size, side="right") + had

    cells = cell(sizes, regular)
    n = np.bincount(cells, minlength=n_classes)
    stopped = sums_by_code(cells, np.concatenate(stops).astype(np.float64), n_classes)
    odds = (stopped + HALF) / (n - stopped + HALF)
    last = logs.shape[1] - 1
    buying = buys[:, last]
    seen = np.array([[rows.sum(), gone.sum()] for rows, gone in zip(at_risk, stops, strict=True)], dtype=np.float64)
    went, stayed = seen[:, 1] + HALF, seen[:, 0] - seen[:, 1] + HALF
    return {
        "stop_odds": odds,
        "stop_cell": cell(logs[buying, last], had_history[buying, last]),
        "stop_shock": Shock.of(np.log(went / stayed), 1 / went + 1 / stayed),
    }


def _coming_back(values: Floats, logs: Floats, buys: Mask, known: Mask, transitions: Sequence[int]) -> dict[str, Any]:
    """Return the chances and sizes of those who bought once and do not now."""
    n_periods = values.shape[1]
    places = np.where(buys, np.arange(n_periods), -1)
    latest = np.maximum.accumulate(places, axis=1)
    came, size_then, away = [], [], []
    for t in transitions:
        rows = np.flatnonzero((latest[:, t] >= 0) & ~buys[:, t] & known[:, t] & known[:, t + 1])
        came.append(buys[rows, t + 1])
        size_then.append(logs[rows, t + 1] - logs[rows, latest[rows, t]])
        away.append(np.minimum(t - latest[rows, t], AWAY_CLASSES) - 1)
    back, how_long = np.concatenate(came), np.concatenate(away)
    n = np.bincount(how_long, minlength=AWAY_CLASSES)
    returned = sums_by_code(how_long, back.astype(np.float64), AWAY_CLASSES)
    last = n_periods - 1
    gone = np.flatnonzero((latest[:, last] >= 0) & ~buys[:, last] & known[:, last])
    since = np.minimum(last - latest[gone, last], AWAY_CLASSES) - 1
    return {
        "away_size": values[gone, latest[gone, last]],
        "return_chance": ((returned + HALF) / (n + 1.0))[since],
        "returns": np.exp(np.concatenate(size_then)[back]),
    }


def _coming_new(values: Floats, buys: Mask, transitions: Sequence[int]) -> dict[str, Any]:
    """Return what new accounts bought first, and how many come: in the later half of the changes.

    At the start of the table an account that was away for long looks new, so the earlier half is left out.
    """
    # Who has an unknown value before its first purchase may have bought before.
    told = np.isnan(values).argmax(axis=1) >= buys.argmax(axis=1)
    told |= ~np.isnan(values).any(axis=1)
    first = np.where(buys.any(axis=1) & told, buys.argmax(axis=1), -1)
    later = list(transitions)[len(transitions) // 2 :] if len(transitions) > HISTORY else list(transitions)
    counts = np.array([int((first == t + 1).sum()) for t in later], dtype=np.float64)
    return {
        "newcomers": np.concatenate([values[first == t + 1, t + 1] for t in later]),
        "new_shock": Shock.of(np.log(counts + HALF), 1 / (counts + HALF)),
    }
