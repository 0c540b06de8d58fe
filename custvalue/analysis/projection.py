"""The next quarter: how many accounts and how much revenue each segment will hold, with shocks common to a quarter."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.analysis.move_tables import MOVEMENTS, STAYED, UNPLACED, class_sizes, movement_table
from custvalue.kernels import moves as move
from custvalue.rules.grid import AccountGrid

TOTAL = "total"
TOO_FEW_QUARTERS = "fewer than 4 quarters: how they differ cannot be told"
# Three moves between quarters show, however roughly, how quarters differ.
LEAST_MOVES = 3
# A shock changes the chance of a kind of move at most twentyfold: e to the third.
LARGEST_SHOCK = 3.0
HALF = 0.5

Kinds = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Dirichlet parameters of where a row goes: first whether placed, unplaced or lost, then to which segment."""

    fate: kernels.Floats
    segment: kernels.Floats

    def means(self) -> kernels.Floats:
        """Return the expected moves from 27 segments and unplaced to 27 segments, unplaced and lost."""
        return _joined(*(table / table.sum(axis=-1, keepdims=True) for table in (self.fate, self.segment)))

    def drawn(self, n_draws: int, draw: np.random.Generator) -> kernels.Floats:
        """Return as many such tables, drawn from what is known of them."""
        gammas = (draw.standard_gamma(table, size=(n_draws, *table.shape)) for table in (self.fate, self.segment))
        # A row of parameters far below one may draw nothing but zeros; the smallest number keeps it a row of shares.
        tiny = np.finfo(np.float64).tiny
        return _joined(*((table + tiny) / (table + tiny).sum(axis=-1, keepdims=True) for table in gammas))


def _joined(fate: kernels.Floats, segment: kernels.Floats) -> kernels.Floats:
    return np.concatenate([fate[..., :1] * segment, fate[..., 1:]], axis=-1)


def project_next(
    states: NDArray[np.int16],
    revenue: kernels.Floats,
    moves: kernels.Integers,
    grid: AccountGrid,
    *,
    level: float,
    n_draws: int,
    draw: np.random.Generator,
) -> pd.DataFrame:
    """Return the expected number of accounts and revenue of every segment in the quarter after the last.

    ``expected n = Σ n_now × P + arrivals``. P are the smoothed moves of all quarters; arrivals, new or returned, come
    at their mean number a quarter. In a draw all moves of one kind (upgraded, mixed, downgraded, unplaced, lost) are
    multiplied by one shock for the quarter, and arrivals and revenue by one each. The variance of each shock is what
    quarters differed beyond chance (DerSimonian and Laird), drawn from Student's t with as many degrees of freedom as
    there were moves between quarters, less one.

    Parameters
    ----------
    states : array of shape (accounts, quarters)
        Code of the segment, k where unplaced, k + 1 where not in the list.
    revenue : array of the same shape
        Currency, NaN where unknown.
    moves : array of shape (quarters - 1, k + 2, k + 2)
        Counts of moves between those states.
    grid : AccountGrid
        The grid of the segments.
    level : float
        Probability of the intervals.
    n_draws : int
        Simulated quarters.
    draw : numpy Generator

    Returns
    -------
    pandas.DataFrame
        One row per ``state`` (the segments, best first, unplaced, total): ``n_now``, ``n_expected``, ``n_low``,
        ``n_high``, ``revenue_now``, ``revenue_expected``, ``revenue_low``, ``revenue_high`` (currency, of the accounts
        whose revenue is known raised to all of the row) and ``reason`` where there is no interval.

    Notes
    -----
    An account carries its revenue along, changed as revenue changed in the past for moves of its kind; arrivals bring
    the mean of past ones. A season is a shock here: with few years of history it cannot be told from chance. Intervals
    need four quarters.
    """
    k, n_quarters = len(grid.segments), len(moves)
    kinds = _kinds(grid)
    now = states[:, -1] if states.shape[1] else np.zeros(0, dtype=np.int16)
    n_now = np.bincount(now, minlength=k + 2)[: k + 1]
    names = [*grid.segments, UNPLACED, TOTAL]
    money = _Money.of(states, revenue, kinds, now, n_now)
    reason = "" if n_quarters >= LEAST_MOVES else TOO_FEW_QUARTERS
    columns = {name: np.full(k + 2, np.nan) for name in ("n_expected", "n_low", "n_high")}
    amounts = {name: np.full(k + 2, np.nan) for name in ("revenue_expected", "revenue_low", "revenue_high")}
    if n_quarters:
        rows, arrivals = _rows(moves.sum(axis=0), grid), moves[:, k + 1, : k + 1]
        inflow = _inflow(arrivals, n_now)
        means = rows.means()
        expected = n_now @ means[:, : k + 1] + inflow / inflow.sum() * arrivals.sum() / n_quarters
        columns["n_expected"] = np.append(expected, expected.sum())
        carried = money.expected(means, kinds) + inflow / inflow.sum() * money.arriving * arrivals.sum() / n_quarters
        amounts["revenue_expected"] = np.append(carried, carried.sum())
        if not reason:
            shocks = _Shocks.of(moves, means, kinds)
            n, sums = _simulated(n_now, rows, inflow, shocks, money, kinds, n_draws, draw)
            ends = [(1 - level) / 2, (1 + level) / 2]
            columns["n_low"], columns["n_high"] = np.quantile(n, ends, axis=0)
            amounts["revenue_low"], amounts["revenue_high"] = np.quantile(sums, ends, axis=0)
    return pd.DataFrame(
        {
            "state": pd.Categorical(names, categories=names),
            "n_now": np.append(n_now, n_now.sum()),
            **columns,
            "revenue_now": np.append(money.total, money.total.sum()),
            **amounts,
            "reason": pd.array([reason] * len(names), dtype="str"),
        }
    )


def _kinds(grid: AccountGrid) -> Kinds:
    """Return the kind of each move from a segment or unplaced; being placed again is no shock's kind."""
    k = len(grid.segments)
    kinds = movement_table(grid)[0][: k + 1].copy()
    kinds[k, : k + 1] = MOVEMENTS.index(STAYED)
    return kinds


def _rows(counts: kernels.Integers, grid: AccountGrid) -> _Rows:
    k = len(grid.segments)
    fate = np.column_stack([counts[: k + 1, :k].sum(axis=1), counts[: k + 1, k], counts[: k + 1, k + 1]])
    pooled = move.even_shares(fate[:k].sum(axis=0, keepdims=True).astype(np.float64))
    strength = move.dirichlet_strength(fate[:k], np.repeat(pooled, k, axis=0), float(fate[:k].sum()))
    strengths = np.append(np.full(k, strength), move.LEAST_STRENGTH)
    placed = move.smoothed_rows(counts[:k, :k], class_sizes(grid))[0]
    # Accounts placed again go where accounts are, unless their own moves say otherwise.
    everywhere = move.even_shares(counts[: k + 1, :k].sum(axis=0, keepdims=True).astype(np.float64))
    again = counts[k : k + 1, :k] + move.LEAST_STRENGTH * everywhere
    return _Rows(fate + strengths[:, None] * pooled, np.vstack([placed, again]))


def _inflow(arrivals: kernels.Integers, n_now: NDArray[np.integer]) -> kernels.Floats:
    """Return Dirichlet parameters of where arrivals stand: where past ones did, one of them where accounts are."""
    present = move.even_shares(n_now[None, :].astype(np.float64))[0]
    inflow: kernels.Floats = arrivals.sum(axis=0) + present
    return inflow


@dataclass(frozen=True, slots=True)
class _Shocks:
    """Standard deviations of the log shocks of a quarter: per kind of move, and of arrivals."""

    by_kind: kernels.Floats
    arrivals: float
    mean_arrivals: float
    n_quarters: int

    @classmethod
    def of(cls, moves: kernels.Integers, means: kernels.Floats, kinds: Kinds) -> "_Shocks":
        """Learn them from all moves between quarters."""
        k = means.shape[0] - 1
        started = moves[:, : k + 1].sum(axis=2)
        by_kind = np.zeros(len(MOVEMENTS))
        for place, name in enumerate(MOVEMENTS):
            if name == STAYED:
                continue
            chance = np.where(kinds == place, means, 0.0).sum(axis=1)
            observed = np.where(kinds == place, moves[:, : k + 1], 0).sum(axis=(1, 2)).astype(np.float64)
            by_kind[place] = move.between_variance(observed, started @ chance, started @ (chance * (1 - chance)))
        came = moves[:, k + 1, : k + 1].sum(axis=1).astype(np.float64)
        mean = np.full(came.size, came.mean())
        return cls(np.sqrt(by_kind), np.sqrt(move.between_variance(came, mean, mean)), float(came.mean()), came.size)

    def drawn(
        self, spread: kernels.Floats | float, shape: tuple[int, ...], draw: np.random.Generator
    ) -> kernels.Floats:
        """Return shocks as factors; what the mean of so many quarters does not tell widens them."""
        t = draw.standard_t(self.n_quarters - 1, size=shape) * np.sqrt(1 + 1 / self.n_quarters)
        factors: kernels.Floats = np.exp(np.clip(t * spread, -LARGEST_SHOCK, LARGEST_SHOCK))
        return factors


@dataclass(frozen=True, slots=True)
class _Money:
    """Revenue now by state, how it changes with a move of each kind, and how much that differs by account."""

    total: kernels.Floats
    mean: kernels.Floats
    variance: kernels.Floats
    growth: kernels.Floats
    scatter: kernels.Floats
    arriving: float
    shock: float

    @classmethod
    def of(
        cls,
        states: NDArray[np.int16],
        revenue: kernels.Floats,
        kinds: Kinds,
        now: NDArray[np.int16],
        n_now: NDArray[np.integer],
    ) -> "_Money":
        """Learn them from the history; all is missing where no revenue is known."""
        k = kinds.shape[0] - 1
        before, after = revenue[:, :-1], revenue[:, 1:]
        here = (states[:, :-1] <= k) & (states[:, 1:] <= k) & ~np.isnan(before) & ~np.isnan(after)
        kind = kinds[states[:, :-1][here], states[:, 1:][here]]
        one, two = before[here], after[here]
        n_kinds = len(MOVEMENTS)
        base, then = (np.bincount(kind, weights=x, minlength=n_kinds) for x in (one, two))
        overall = then.sum() / base.sum() if base.sum() > 0 else np.nan
        growth = np.divide(then, base, out=np.full(n_kinds, overall), where=base > 0)
        left_over = np.bincount(kind, weights=np.square(two - growth[kind] * one), minlength=n_kinds)
        squares = np.bincount(kind, weights=np.square(one), minlength=n_kinds)
        scatter = np.divide(left_over, squares, out=np.zeros(n_kinds), where=squares > 0)
        quarter = np.nonzero(here)[1]
        sums = [np.bincount(quarter, weights=x, minlength=before.shape[1]) for x in (one, two)]
        grew = np.log((sums[1] / sums[0])[(sums[0] > 0) & (sums[1] > 0)]) if one.size else np.zeros(0)
        came = after[(states[:, :-1] > k) & (states[:, 1:] <= k)]
        came = came[~np.isnan(came)]
        return cls(
            *_now(revenue[:, -1] if revenue.shape[1] else np.zeros(0), now, n_now),
            growth,
            scatter,
            float(came.mean()) if came.size else 0.0,
            float(grew.std(ddof=1)) if grew.size >= LEAST_MOVES else 0.0,
        )

    def expected(self, means: kernels.Floats, kinds: Kinds) -> kernels.Floats:
        """Return the revenue carried into each segment and into unplaced."""
        table = self.total[:, None] * means[:, :-1] * self.growth[kinds[:, :-1]]
        carried: kernels.Floats = table.sum(axis=0)
        return carried


def _now(
    revenue: kernels.Floats, now: NDArray[np.int16], n_now: NDArray[np.integer]
) -> tuple[kernels.Floats, kernels.Floats, kernels.Floats]:
    """Return total, mean and variance of revenue by state; accounts without one are taken to have their row's mean."""
    known = ~np.isnan(revenue) & (now < n_now.size)
    codes, amounts = now[known], revenue[known]
    n = np.bincount(codes, minlength=n_now.size)
    overall = amounts.mean() if amounts.size else np.nan
    sums = np.bincount(codes, weights=amounts, minlength=n_now.size)
    mean = np.divide(sums, n, out=np.full(n_now.size, overall), where=n > 0)
    apart = np.bincount(codes, weights=np.square(amounts - mean[codes]), minlength=n_now.size)
    variance = np.divide(apart, n, out=np.zeros(n_now.size), where=n > 0)
    # Where nobody is there is no revenue, whatever it may be elsewhere.
    return np.where(n_now > 0, mean * n_now, 0.0), mean, variance


def _simulated(
    n_now: NDArray[np.integer],
    rows: _Rows,
    inflow: kernels.Floats,
    shocks: _Shocks,
    money: _Money,
    kinds: Kinds,
    n_draws: int,
    draw: np.random.Generator,
) -> tuple[kernels.Floats, kernels.Floats]:
    """Return accounts and revenue of each state, and in total, draw by draw."""
    chances = rows.drawn(n_draws, draw)
    chances *= shocks.drawn(shocks.by_kind, (n_draws, len(MOVEMENTS)), draw)[:, kinds]
    chances /= chances.sum(axis=-1, keepdims=True)
    cells = draw.multinomial(n_now, chances)[:, :, :-1]
    # Gamma(total + 1/2) is what is known of the mean number of arrivals from so many Poisson counts.
    total = draw.standard_gamma(shocks.mean_arrivals * shocks.n_quarters + HALF, size=n_draws) / shocks.n_quarters
    came = draw.poisson(total * shocks.drawn(shocks.arrivals, (n_draws,), draw))
    where = draw.dirichlet(inflow, size=n_draws)
    arrived = draw.multinomial(came, where / where.sum(axis=1, keepdims=True))
    n = (cells.sum(axis=1) + arrived).astype(np.float64)
    growth = money.growth[kinds[:, :-1]]
    with np.errstate(invalid="ignore"):
        mean = (cells * (money.mean[:, None] * growth)).sum(axis=1)
        left = 1 - cells / np.maximum(n_now, 1)[:, None]
        chance = cells * left * (money.variance[:, None] * np.square(growth))
        own = cells * (money.scatter[kinds[:, :-1]] * (money.variance + np.square(money.mean))[:, None])
        sums = _spread(mean, (chance + own).sum(axis=1), draw)
        sums = sums * shocks.drawn(money.shock, (n_draws,), draw)[:, None] + arrived * money.arriving
    return tuple(np.column_stack([table, table.sum(axis=1)]) for table in (n, sums))  # type: ignore[return-value]


def _spread(mean: kernels.Floats, variance: kernels.Floats, draw: np.random.Generator) -> kernels.Floats:
    """Return amounts of this mean and variance: skewed and never negative where the mean is not (Gamma)."""
    skewed = (mean > 0) & (variance > 0)
    shape = np.divide(np.square(mean), variance, out=np.ones_like(mean), where=skewed)
    gamma = draw.standard_gamma(shape) / shape * mean
    return np.where(skewed, gamma, mean + draw.standard_normal(mean.shape) * np.sqrt(variance))
