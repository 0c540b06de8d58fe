"""The simulated company: frames that agree with one another, and the truth behind them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from custvalue.rules import playbook
from custvalue.samples.arrays import PARTS, generator, texts
from custvalue.samples.calendar import Calendar
from custvalue.samples.deals import (
    STAGES,
    make_deals,
    opportunities_frame,
    opportunity_ids,
    stage_history_frame,
    true_chances,
)
from custvalue.samples.effects import Effects
from custvalue.samples.forecasts import forecasts_frame, make_snapshots, snapshots_frame, targets_frame
from custvalue.samples.market import Market, accounts_frame, make_market, segments_frame
from custvalue.samples.names import company_names
from custvalue.samples.people import KINDS, Reps, make_reps, time_log_frame, traits_frame
from custvalue.samples.prospects import (
    DOES_NOT_MATTER,
    MATTERS,
    make_prospects,
    prospects_frame,
    ratings_frame,
)
from custvalue.samples.rivals import reasons_frame, rivals_frame
from custvalue.samples.sales import account_revenue, make_lines, sales_frame
from custvalue.samples.settings import check_settings
from custvalue.samples.walls import STAYS, Walls, key_accounts, make_walls, walls_frame

# The company in data/sample: a seed picked, of the first hundred, because every planted effect shows in it.
SAMPLE_SEED = 20
SHOW_PROGRESS_AFTER_S = 2


@dataclass(frozen=True, slots=True)
class Company:
    """A simulated company: ``.frames`` by name, the ``.truth`` behind them by name, and its ``.as_of`` day."""

    frames: dict[str, pd.DataFrame] = field(repr=False)
    truth: dict[str, Any] = field(repr=False)
    as_of: pd.Timestamp

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{len(frame):,}</td><td>{escape(', '.join(frame.columns))}</td></tr>"
            for name, frame in self.frames.items()
        )
        return (
            f"<h4>Simulated company, as of {self.as_of:%Y-%m-%d}</h4>"
            f"<table><tr><th>.frames</th><th>rows</th><th>columns</th></tr>{rows}</table>"
            f"<p><small>.truth: {escape(', '.join(self.truth))}</small></p>"
        )


def simulate_company(
    seed: int,
    *,
    n_accounts: int = 300,
    n_quarters: int = 8,
    n_reps: int = 12,
    effects: Effects = Effects(),  # noqa: B008 (frozen)
    last_quarter: str = "2026Q3",
    deals_per_year: float = 5.0,
    n_prospects: int = 240,
    n_walls: int = 40,
) -> Company:
    """Simulate a company's sales, with effects of known size planted in them.

    Parameters
    ----------
    seed : int
        A whole number of 0 or more. The same seed and settings give the same company. Every part draws from a
        generator of its own.
    n_accounts, n_quarters, n_reps, n_prospects : int
        How many accounts, quarters (at most 40), salespeople and prospects (which may be none). Accounts and
        prospects together, and salespeople, can be as many as have names of their own (524,288 and 8,704).
    effects : Effects
        The size of every planted effect; zero is absent.
    last_quarter : str
        Label of the last quarter (calendar quarters). Its last day is the as-of day, the last of the data.
    deals_per_year : float
        Opportunities an account starts a year, on average; 0 gives frames without opportunities. All accounts together
        may make ten million, counted from a year before the data on; they take about 17 GB of memory.
    n_walls : int
        How many accounts, the largest by potential, have their wall recorded; 0 for none.

    Returns
    -------
    Company
        ``.frames``, which agree with one another: ``accounts`` (by quarter), ``sales`` (lines; they add up to the
        accounts' revenue), ``opportunities``, ``stage_history``, ``snapshots`` (weekly, as known that day),
        ``forecasts``, ``targets``, ``prospects``, ``ratings``, ``walls``, ``rivals``, ``reasons``, ``time_log``,
        ``traits``. Their columns stand in ``data/sample/README.md``.

        ``.truth``:

        - ``effects``: the size of every effect, by name.
        - ``p_win_ever``: one row per stage: the ladder's percentage and the true chance that a deal which enters the
          stage is ever won, in a quarter without a shock.
        - ``cycle_ratio_won_to_lost``: median time to close of won deals over that of lost ones.
        - ``cycle_ratio_to_first_expected``: mean time to close over what the first expected close says.
        - ``quarter_shocks``: one row per quarter: log-odds it adds to the deals that close in it.
        - ``rep_bias``: one row per rep: ``kind``, ``log_bias``, ``forecast_factor`` (on the open part).
        - ``account_drift``: one row per account: its trends, per quarter.
        - ``segments``: one row per account and quarter: the segment it is in.
        - ``tail_index``: of the potentials and so of revenue; infinite without a heavy tail.
        - ``lost_accounts``: one row per account that left: the quarter from which it gives no repeat orders, and its
          wall in the quarter before. ``leaving_log_odds_per_missing_point``: what a point of the wall did.
        - ``criterion_that_matters``, ``criterion_that_does_not``, ``criterion_log_odds_per_point``: the prospects'.
        - ``leans``: one row per rep: farmer (negative) to hunter, before rounding to answers.

    Raises
    ------
    ValueError
        If ``seed`` or a count is no whole number or beyond its limits, ``deals_per_year`` is negative, not finite or
        makes too many opportunities, ``effects`` are not :class:`Effects`, or ``last_quarter`` is no label; all that
        is wrong at once.

    Notes
    -----
    Opportunities created before the first quarter are there only if they were still open on its first day, as in an
    export: their times to close are longer than usual. An account that leaves gives no repeat orders and starts no
    deals; deals already open take their course. Attitudes, traits, rivals and reasons carry no planted effect.

    Examples
    --------
    >>> company = simulate_company(1, n_accounts=50, n_quarters=4)
    >>> company.as_of
    Timestamp('2026-09-30 00:00:00')
    >>> accounts, sales = company.frames["accounts"], company.frames["sales"]
    >>> bool(abs(accounts["revenue"].sum() - sales.loc[sales["account"].notna(), "amount"].sum()) < 0.01)
    True
    >>> company.truth["p_win_ever"].round(2)
              stage  ladder  p_win_ever
    0  need_defined     0.2        0.28
    1     quotation     0.4        0.34
    2         terms     0.6        0.43
    3         trial     0.8        0.58
    4     selection     0.9        0.74
    5     agreement     1.0        0.93
    """
    counts = {
        "n_accounts": n_accounts,
        "n_quarters": n_quarters,
        "n_reps": n_reps,
        "n_prospects": n_prospects,
        "n_walls": n_walls,
    }
    check_settings(seed, effects, last_quarter, deals_per_year, counts)
    draws = {part: generator(seed, part) for part in PARTS}
    calendar = Calendar(last_quarter, n_quarters)
    names, industry = company_names(draws["names"], n_accounts + n_prospects)
    reps = make_reps(draws["reps"], n_reps, effects.rep_bias)
    market = make_market(draws["market"], names[:n_accounts], industry[:n_accounts], reps, calendar, effects)
    walls = make_walls(draws["walls"], market, effects.wall_effect)
    deals, shocks = make_deals(draws["deals"], draws["stages"], market, walls, reps, calendar, effects, deals_per_year)
    ids = opportunity_ids(deals)
    snapshots = make_snapshots(deals, calendar)
    lines = make_lines(draws["sales"], draws["deal_lines"], market, walls, deals, reps, calendar)
    prospects = make_prospects(draws["prospects"], names[n_accounts:], industry[n_accounts:], effects.criterion_effect)
    chances = true_chances(effects.stage_gap)
    parts: dict[str, Callable[[], pd.DataFrame]] = {
        "accounts": lambda: accounts_frame(market, reps, calendar, account_revenue(lines, market, calendar)),
        "sales": lambda: sales_frame(lines, market, reps),
        "opportunities": lambda: opportunities_frame(deals, market, reps, calendar, ids),
        "stage_history": lambda: stage_history_frame(deals, calendar, ids),
        "snapshots": lambda: snapshots_frame(snapshots, deals, reps, calendar, ids),
        "forecasts": lambda: forecasts_frame(draws["forecasts"], snapshots, deals, reps, calendar, chances),
        "targets": lambda: targets_frame(market, reps, calendar, deals_per_year),
        "prospects": lambda: prospects_frame(prospects),
        "ratings": lambda: ratings_frame(draws["ratings"], prospects, reps),
        "walls": lambda: walls_frame(draws["wall_records"], walls, market, calendar, key_accounts(market, n_walls)),
        "rivals": lambda: rivals_frame(draws["rivals"], market, calendar),
        "reasons": lambda: reasons_frame(draws["reasons"], market),
        "time_log": lambda: time_log_frame(draws["time_log"], reps, calendar, market.names, market.owner),
        "traits": lambda: traits_frame(reps),
    }
    # A million deals take a while; the bar shows itself only where they do.
    made = tqdm(parts.items(), desc="simulate_company", unit="table", delay=SHOW_PROGRESS_AFTER_S, leave=False)
    frames = {name: make() for name, make in made}
    truth = _truth(effects, market, walls, reps, calendar, shocks)
    return Company(frames, truth, as_of=pd.Timestamp(calendar.as_of, unit="D"))


def _truth(
    effects: Effects, market: Market, walls: Walls, reps: Reps, calendar: Calendar, shocks: Any
) -> dict[str, Any]:
    gone = np.flatnonzero((walls.lost_from != STAYS) & (walls.lost_from < calendar.n_quarters))
    return {
        "effects": effects.sizes(),
        "p_win_ever": pd.DataFrame(
            {
                "stage": pd.array(STAGES, dtype="str"),
                "ladder": playbook.DEAL_HEAT.probabilities,
                "p_win_ever": true_chances(effects.stage_gap),
            }
        ),
        "cycle_ratio_won_to_lost": 1 + effects.slow_wins,
        "cycle_ratio_to_first_expected": 1 + effects.slippage,
        "quarter_shocks": pd.DataFrame({"period": pd.array(calendar.periods, dtype="str"), "shock": shocks}),
        "rep_bias": pd.DataFrame(
            {
                "rep": reps.names,
                "kind": texts(reps.kind, KINDS),
                "log_bias": reps.log_bias,
                "forecast_factor": np.exp(reps.log_bias),
            }
        ),
        "account_drift": pd.DataFrame(
            {
                "account": market.names,
                "potential_trend": market.trends[0],
                "winnable_trend": market.trends[1],
                "loyalty_trend": market.trends[2],
            }
        ),
        "segments": segments_frame(market, calendar),
        "tail_index": np.inf if effects.tail == 0 else 1 / effects.tail,
        "leaving_log_odds_per_missing_point": effects.wall_effect,
        "lost_accounts": pd.DataFrame(
            {
                "account": texts(gone, market.names),
                "lost_from": texts(walls.lost_from[gone], calendar.periods),
                "last_wall": walls.score[gone, walls.lost_from[gone] - 1],
            }
        ),
        "criterion_that_matters": MATTERS,
        "criterion_that_does_not": DOES_NOT_MATTER,
        "criterion_log_odds_per_point": effects.criterion_effect,
        "leans": pd.DataFrame({"rep": reps.names, "lean": reps.lean}),
    }
