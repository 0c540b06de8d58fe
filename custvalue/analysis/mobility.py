"""Many quarters of segments: how mobile accounts are, how long they stay, and whether the past foretells the next."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from custvalue import kernels
from custvalue.analysis.move_tables import ANGLES, class_sizes
from custvalue.analysis.projection import project_next
from custvalue.analysis.segment_history import Panel, read_panel, spells_of
from custvalue.frames.parts import Parts
from custvalue.frames.periods import check_freq
from custvalue.kernels import moves as move
from custvalue.kernels.survival import kaplan_meier, time_until
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.grid import AccountGrid

LEVELS = ("segment", *ANGLES)
FROM_ENTRY, FROM_FIRST_SEEN = "from_entry", "from_first_seen"
CLOCKS = (FROM_ENTRY, FROM_FIRST_SEEN)
MODELS = ("smoothed", "unchanged", "stay_rate", "flat")
FLOOR = 0.01
LEAST_DRAWS = 100
HALF = 0.5
# The spread of something needs two of it.
_TWO = 2
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Mobility(Parts):
    """The answer of :func:`segment_mobility`: the index, its course, time to a change, next quarter, and its scores."""

    summary: pd.DataFrame
    quarters: pd.DataFrame
    durations: pd.DataFrame
    projection: pd.DataFrame
    scores: pd.DataFrame


def segment_mobility(
    history: Any,
    *,
    account: str = "account",
    segment: str = "segment",
    period: str = "period",
    revenue: str = "revenue",
    grid: AccountGrid = playbook.ACCOUNT_GRID,
    freq: str = "Q-DEC",
    level: float = 0.95,
    floor: float = FLOOR,
    n_draws: int = 4000,
    seed: int | np.random.Generator = 0,
) -> Mobility:
    """Read many quarters of segments: mobility, time to a change, the next quarter, and how well it is foretold.

    ``mobility = (k − trace P) ÷ (k − 1)`` (Shorrocks), P the moves of one quarter: 0 if nobody ever moves, 1 if the
    next class does not depend on the present one. Time to a change is the Kaplan-Meier estimate over spells.

    Parameters
    ----------
    history : frame
        One row per account and quarter, as :func:`custvalue.segment_accounts` returned it: ``account``, ``segment`` (of
        the grid; missing where it could not be placed), ``period`` (a label of the calendar) and optionally ``revenue``
        (currency; missing allowed). Quarters follow each other without a gap.
    account, segment, period, revenue : str
        Column names.
    grid : AccountGrid
        The grid the accounts were segmented with.
    freq : str
        The calendar, ``"Q-DEC"`` for calendar quarters.
    level : float
        Probability of the intervals.
    floor : float
        Chance that "nothing changes" leaves to all other segments together when it is scored: without one a single move
        would cost it everything.
    n_draws : int
        Simulated next quarters.
    seed : int or numpy Generator
        Of the draws.

    Returns
    -------
    Mobility
        ``.summary``: one row per ``angle`` (segment, potential, share, loyalty): ``n_periods``, ``n_accounts``,
        ``n_moves`` (accounts placed in two quarters in a row, over all quarters), ``n_changed``, ``mobility`` with
        ``low`` and ``high``, ``overdispersion`` (variance of stayers between quarters ÷ variance by chance, 1 or more),
        ``median_quarters`` (until half have changed, from entry; missing where fewer have).
        ``.quarters``: one row per angle and quarter moved into: ``angle``, ``period``, ``n_moves``, ``n_changed``,
        ``share_changed`` with Wilson's ``low`` and ``high``, ``mobility``.
        ``.durations``: one row per angle, ``clock`` and number of ``quarters``: ``n_at_risk``, ``n_changed``,
        ``share_unchanged`` with ``low`` and ``high`` (Greenwood).
        ``.projection``: one row per ``state`` (27 segments, unplaced, total): ``n_now``, ``n_expected`` with ``n_low``
        and ``n_high``, ``revenue_now``, ``revenue_expected`` with ``revenue_low`` and ``revenue_high``, ``reason``
        where there is no interval.
        ``.scores``: one row per quarter that earlier moves could foretell, and a last one (period missing) for all:
        ``period``, ``n_moves``, mean log probability per account of the segment it moved to by each model:
        ``log_score_smoothed``, ``log_score_unchanged`` (stays, but for the floor), ``log_score_stay_rate`` (stays as
        often as in the past, else anywhere), ``log_score_flat`` (−log 27), the gains ``smoothed_minus_unchanged``
        and ``smoothed_minus_stay_rate`` with ``gain_low`` and ``gain_high`` around the latter (between quarters; from
        the second scored quarter on).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, a segment is not on the grid, or a period no label of the calendar.
        If an account has no name or no period, or occurs twice in a quarter; if a quarter is left out.
        If ``level`` or ``floor`` lies outside (0, 1), or ``n_draws`` is less than 100.

    Notes
    -----
    Only accounts placed in two quarters in a row count as moves. P is smoothed as in ``segment_migration``. The
    interval of the index divides the counts by the overdispersion, so that accounts that move together do not pass for
    many.

    A spell is an unbroken run of quarters in one class. It is censored, not ended, where the account is lost or
    unplaced in the next quarter or the history ends. Spells already under way when the account is first seen in the
    first quarter, or after a quarter without a segment, are left-truncated: their age is unknown. Clock ``from_entry``
    leaves them out and so tells how long a class is kept once entered; ``from_first_seen`` follows only the spells
    under way in the first quarter and tells how much longer they last. A change is dated to the quarter it was first
    seen in. Accounts and spells are taken as independent of each other, and censoring as saying nothing of a change to
    come.

    Scores never look ahead: a quarter is foretold from earlier quarters alone. Higher is better.

    References
    ----------
    Shorrocks (1978), doi 10.2307/1913961. Kaplan and Meier (1958), doi 10.1080/01621459.1958.10501452.

    Examples
    --------
    >>> import pandas as pd
    >>> history = pd.DataFrame({
    ...     "account": list("abab"), "segment": ["A1+", "B20", "A1+", "B10"], "period": ["2026Q1"] * 2 + ["2026Q2"] * 2,
    ... })
    >>> segment_mobility(history).summary[["angle", "n_moves", "n_changed"]]
           angle  n_moves  n_changed
    0    segment        2          1
    1  potential        2          0
    2      share        2          1
    3    loyalty        2          0
    """
    _check_options(level, floor, n_draws)
    panel = read_panel(history, (account, segment, period, revenue), grid, check_freq(freq))
    draw = np.random.default_rng(seed)
    moves = np.array([panel.counts(quarter) for quarter in range(len(panel.periods) - 1)])
    moves = moves.reshape(-1, panel.k + 2, panel.k + 2)
    durations, medians = _durations(panel, level)
    summary, quarters = _mobility(panel, moves[:, : panel.k, : panel.k], medians, level, n_draws, draw)
    return Mobility(
        summary=summary,
        quarters=quarters,
        durations=durations,
        projection=project_next(panel.states, panel.revenue, moves, grid, level=level, n_draws=n_draws, draw=draw),
        scores=_scores(panel, moves[:, : panel.k, : panel.k], floor, level),
    )


def _check_options(level: float, floor: float, n_draws: int) -> None:
    if not 0 < level < 1:
        raise refusal("level must lie in (0, 1)", level, "Write 95 % as 0.95.")
    if not 0 < floor < 1:
        raise refusal("floor must lie in (0, 1)", floor, "Write 1 % as 0.01.")
    if n_draws < LEAST_DRAWS:
        raise refusal(f"n_draws must be {LEAST_DRAWS} or more", n_draws, "A few thousand give steady intervals.")


def _mobility(
    panel: Panel,
    moves: kernels.Integers,
    medians: dict[str, float],
    level: float,
    n_draws: int,
    draw: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the index of all quarters together, and quarter by quarter."""
    sizes, n_quarters = class_sizes(panel.grid), len(moves)
    rows, courses = [], []
    for place, angle in enumerate(LEVELS):
        tables = [
            np.asarray(table, dtype=np.float64) if place == 0 else move.counts_by_angle(table, sizes)[place - 1]
            for table in moves
        ]
        smooth = (lambda table: move.smoothed_rows(table, sizes)[0]) if place == 0 else _even_rows
        size = panel.k if place == 0 else sizes[place - 1]
        pooled = np.sum(tables, axis=0) if tables else np.zeros((size, size))
        alphas = smooth(pooled)
        stay = np.diagonal(alphas / alphas.sum(axis=1, keepdims=True))
        n = np.array([table.sum() for table in tables])
        stayed = np.array([np.trace(table) for table in tables])
        expected = np.array([table.sum(axis=1) @ stay for table in tables])
        chance = np.array([table.sum(axis=1) @ (stay * (1 - stay)) for table in tables])
        spread = _overdispersion(stayed, expected, chance)
        low = high = np.nan
        if n.sum() and place == 0:
            low, high = _product_interval(pooled, sizes, spread, level, n_draws, draw)
        elif n.sum():
            low, high = _index_interval(_even_rows(pooled / spread), level, n_draws, draw)
        rows.append(
            {
                "angle": angle,
                "n_periods": len(panel.periods),
                "n_accounts": len(panel.states),
                "n_moves": int(n.sum()),
                "n_changed": int(n.sum() - stayed.sum()),
                "mobility": float(move.shorrocks(stay)) if n.sum() else np.nan,
                "low": low,
                "high": high,
                "overdispersion": spread,
                "median_quarters": medians[angle],
            }
        )
        changed = n - stayed
        limits = kernels.wilson_interval(changed, n, level) if n_quarters else (n, n)
        mobility = [float(move.shorrocks(np.diagonal(_shares(smooth(table))))) for table in tables]
        courses.append(
            pd.DataFrame(
                {
                    "angle": [angle] * n_quarters,
                    "period": pd.array(panel.periods[1:], dtype="str"),
                    "n_moves": n.astype(np.int64),
                    "n_changed": changed.astype(np.int64),
                    "share_changed": np.divide(changed, n, out=np.full(n_quarters, np.nan), where=n > 0),
                    "low": limits[0],
                    "high": limits[1],
                    "mobility": np.where(n > 0, mobility, np.nan),
                }
            )
        )
    summary, quarters = pd.DataFrame(rows), pd.concat(courses, ignore_index=True)
    for frame in (summary, quarters):
        frame["angle"] = _in_order(frame["angle"], LEVELS)
    return summary, quarters


def _in_order(values: Any, levels: tuple[str, ...]) -> "pd.Categorical[Any]":
    return pd.Categorical(values, categories=list(levels), ordered=True)


def _even_rows(table: kernels.Floats) -> kernels.Floats:
    alphas: kernels.Floats = table + move.EVEN_STRENGTH / table.shape[1]
    return alphas


def _shares(alphas: kernels.Floats) -> kernels.Floats:
    shares: kernels.Floats = alphas / alphas.sum(axis=1, keepdims=True)
    return shares


def _overdispersion(observed: kernels.Floats, expected: kernels.Floats, chance: kernels.Floats) -> float:
    """Return how much more the stayers vary between quarters than by chance, at least 1."""
    use = chance > 0
    if use.sum() < _TWO:
        return 1.0
    return max(float(np.sum(np.square(observed - expected)[use] / chance[use]) / (use.sum() - 1)), 1.0)


def _index_interval(
    alphas: kernels.Floats, level: float, n_draws: int, draw: np.random.Generator
) -> tuple[float, float]:
    """Return the interval of the index of one angle: each row's stayers are a Beta of their own."""
    return _limits(move.shorrocks(_stays_drawn(alphas, n_draws, draw)), level)


def _product_interval(
    pooled: kernels.Floats,
    sizes: tuple[int, int, int],
    spread: float,
    level: float,
    n_draws: int,
    draw: np.random.Generator,
) -> tuple[float, float]:
    """Return the interval of the index of all segments: the prior the rows share is drawn anew each time."""
    _, strength, _ = move.smoothed_rows(pooled, sizes)
    along = [_stays_drawn(_even_rows(table / spread), n_draws, draw) for table in move.counts_by_angle(pooled, sizes)]
    members = np.unravel_index(np.arange(len(pooled)), sizes)
    prior = np.prod([stays[:, mine] for stays, mine in zip(along, members, strict=True)], axis=0)
    weight = np.maximum(strength / spread, move.LEAST_STRENGTH)
    own = np.diagonal(pooled) / spread + weight * prior
    rest = pooled.sum(axis=1) / spread + weight - own
    # Draws of a chance near one or none leave a parameter that rounds to nothing.
    return _limits(move.shorrocks(draw.beta(np.maximum(own, _TINY), np.maximum(rest, _TINY))), level)


def _stays_drawn(alphas: kernels.Floats, n_draws: int, draw: np.random.Generator) -> kernels.Floats:
    own = np.diagonal(alphas)
    return draw.beta(own, alphas.sum(axis=1) - own, size=(n_draws, own.size))


def _limits(draws: kernels.Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _durations(panel: Panel, level: float) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return time to a change by angle and clock, and each angle's median from entry."""
    k = panel.k
    members = np.unravel_index(np.arange(k), class_sizes(panel.grid))
    frames, medians = [], {}
    for place, angle in enumerate(LEVELS):
        classes = np.arange(k) if place == 0 else members[place - 1]
        # No class at all stands for both kinds of absence here: neither is a move.
        mine = np.append(classes, [-1, -2]).astype(np.int16)[panel.states]
        for clock in CLOCKS:
            spells, ended = spells_of(mine, known=clock == FROM_ENTRY)
            curve = kaplan_meier(spells, ended, level)
            frames.append(_curve_frame(angle, clock, spells, ended, curve))
            if clock == FROM_ENTRY:
                medians[angle] = time_until(curve.times, curve.share, HALF)
    whole = pd.concat(frames, ignore_index=True)
    whole["angle"] = _in_order(whole["angle"], LEVELS)
    whole["clock"] = _in_order(whole["clock"], CLOCKS)
    return whole, medians


def _curve_frame(angle: str, clock: str, spells: kernels.Floats, ended: NDArray[np.bool_], curve: Any) -> pd.DataFrame:
    """Return the curve at every whole number of quarters that was watched."""
    quarters = np.arange(1, int(spells.max(initial=0)) + 1)
    here = np.bincount(spells.astype(np.intp), minlength=quarters.size + 1)
    at = np.searchsorted(curve.times, quarters, side="right")
    share, low, high = (
        np.concatenate([[start], part])[at]
        for start, part in ((1.0, curve.share), (np.nan, curve.low), (np.nan, curve.high))
    )
    return pd.DataFrame(
        {
            "angle": [angle] * quarters.size,
            "clock": [clock] * quarters.size,
            "quarters": quarters,
            "n_at_risk": (spells.size - np.cumsum(here)[:-1]).astype(np.int64),
            "n_changed": np.bincount(spells[ended].astype(np.intp), minlength=quarters.size + 1)[1:],
            "share_unchanged": share,
            "low": low,
            "high": high,
        }
    )


def _scores(panel: Panel, moves: kernels.Integers, floor: float, level: float) -> pd.DataFrame:
    """Score each quarter by what all quarters before it foretold."""
    k, sizes = panel.k, class_sizes(panel.grid)
    eye = np.eye(k, dtype=bool)
    names = [f"log_score_{model}" for model in MODELS]
    rows, labels = [], []
    for quarter in range(1, len(moves)):
        past, now = moves[:quarter].sum(axis=0), moves[quarter]
        n = int(now.sum())
        if not (n and past.sum()):
            continue
        stay_rate = (np.trace(past) + HALF) / (past.sum() + 1)
        foretold = (
            _shares(move.smoothed_rows(past, sizes)[0]),
            np.where(eye, 1 - floor, floor / (k - 1)),
            np.where(eye, stay_rate, (1 - stay_rate) / (k - 1)),
            np.full((k, k), 1 / k),
        )
        rows.append([n, *(float((now * np.log(shares)).sum() / n) for shares in foretold)])
        labels.append(panel.periods[quarter + 1])
    table = pd.DataFrame(rows, columns=["n_moves", *names], dtype=np.float64)
    table["smoothed_minus_unchanged"] = table["log_score_smoothed"] - table["log_score_unchanged"]
    table["smoothed_minus_stay_rate"] = table["log_score_smoothed"] - table["log_score_stay_rate"]
    table["gain_low"] = table["gain_high"] = np.nan
    whole = pd.concat([table, _pooled_score(table, level)], ignore_index=True)
    whole.insert(0, "period", pd.Series([*labels, None], dtype="str"))
    return whole.astype({"n_moves": np.int64})


def _pooled_score(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the scores of all quarters, weighted by accounts, with the interval of the gain between quarters."""
    n, n_quarters = table["n_moves"], len(table)
    total = n.sum()
    row = (table.mul(n, axis=0).sum() / total).to_frame().T if total else table.sum().to_frame().T * np.nan
    row["n_moves"] = total
    low = high = np.nan
    if n_quarters >= _TWO:
        gain = float(row["smoothed_minus_stay_rate"].iloc[0])
        weight = (n / total).to_numpy()
        apart = table["smoothed_minus_stay_rate"].to_numpy() - gain
        error = np.sqrt(np.sum(np.square(weight * apart)) * n_quarters / (n_quarters - 1))
        half = float(stdtrit(n_quarters - 1, (1 + level) / 2) * error)
        low, high = gain - half, gain + half
    row["gain_low"], row["gain_high"] = low, high
    return row
