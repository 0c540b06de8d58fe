"""The opportunities: how far each gets, whether it is won, how long it takes, and what was known on the way."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.rules import playbook
from custvalue.samples.arrays import (
    NO_CODE,
    NO_DAY,
    Days,
    Floats,
    Ints,
    Mask,
    dates,
    expit,
    logit,
    numbered,
    texts,
)
from custvalue.samples.calendar import Calendar
from custvalue.samples.effects import Effects
from custvalue.samples.market import Market
from custvalue.samples.people import REGIONS, Reps
from custvalue.samples.products import SYSTEMS
from custvalue.samples.walls import STAYS, Walls

STAGES = playbook.DEAL_HEAT.names
# What is added to the ladder's percentages, stage by stage, at stage_gap = 1: 28, 34, 43, 58, 74 and 93 %.
GAP_AT_ONE = (0.08, -0.06, -0.17, -0.22, -0.16, -0.07)
SHARE_STARTING_LATER = 0.15

DAYS_IN_YEAR = 365
# Time from creation to close: lognormal, half of whose variance the deal's nature decides and a rep can foresee.
TYPICAL_CYCLE_DAYS, CYCLE_LOG_SD, FORESEEABLE = 80.0, 0.6, 0.5
SHORTEST_CYCLE, LONGEST_CYCLE = 10, 365
# An expected close that has passed is put off by this much, some days after it passed.
PUT_OFF_DAYS, PUT_OFF_AFTER_DAYS = 30, 10

AMOUNT_SHARE_OF_POTENTIAL, AMOUNT_LOG_SD = 0.06, 0.7
AMOUNT_STEP, SMALLEST_AMOUNT = 100.0, 1_000.0

# What reps enter: the true chance, but at most this, moved by their bias and some noise.
HIGHEST_ENTERED = 0.97
ENTERED_LOG_ODDS_SD, ENTERED_STEP, ENTERED_LIMITS = 0.25, 0.01, (0.01, 0.99)

ATTITUDE_SHARES = (0.30, 0.15, 0.25, 0.22, 0.08)
# Shares of deals that lack account, amount, expected close while they stand open on the ladder's first stage.
SHARES_LACKING = (0.05, 0.08, 0.08)


@dataclass(frozen=True, slots=True)
class Deals:
    """The opportunities, by number, in order of creation.

    ``first_stage`` is where a deal begins, ``n_stages`` how many stages it enters in all; ``entered`` (deal × stage
    since the first) the days it enters them, ``entered_probability`` what the rep enters on reaching them. ``closed``
    may lie after the as-of day. ``lacks`` is deal × (account, amount, expected close).
    """

    account: Ints
    owner: Ints
    product: Ints
    attitude: Ints
    amount: Floats
    created: Days
    closed: Days
    won: Mask
    first_stage: Ints
    n_stages: Ints
    entered: Days
    first_expected: Days
    entered_probability: Floats
    lacks: Mask

    @property
    def n(self) -> int:
        """Number of deals."""
        return self.account.size

    def take(self, rows: NDArray[np.int64]) -> "Deals":
        """Return the deals with these numbers, in this order."""
        return Deals(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def stage_on(self, rows: Ints, days: Days) -> Ints:
        """Return the place (since the first stage) of the stage each deal stands on at the end of a day."""
        place = np.full(rows.size, -1)
        for step in range(self.entered.shape[1]):
            place += self.entered[rows, step] <= days
        return place

    def expected_on(self, rows: Ints, days: Days) -> Days:
        """Return the expected close as known on a day: put off, again and again, once it has passed."""
        first = self.first_expected[rows]
        times = np.maximum(-((first + PUT_OFF_AFTER_DAYS - days) // PUT_OFF_DAYS), 0)
        return np.asarray(first + PUT_OFF_DAYS * times)


def true_chances(stage_gap: float) -> Floats:
    """Return the true chance of ever winning a deal that enters each stage (in a quarter without a shock)."""
    return np.array(playbook.DEAL_HEAT.probabilities) + stage_gap * np.array(GAP_AT_ONE)


def make_deals(
    rng: np.random.Generator,
    stage_rng: np.random.Generator,
    market: Market,
    walls: Walls,
    reps: Reps,
    calendar: Calendar,
    effects: Effects,
    deals_per_year: float,
) -> tuple[Deals, Floats]:
    """Return the deals that were open at some time in the data, and what each quarter shown adds to the log-odds.

    Given the stage s a deal has entered, its time to close T and the quarter q it closes in,
    ``logit P(won) = logit p_s + δ z + shock_q`` with ``z = log(T / typical) / sd`` and ``δ = log(1 + slow_wins) / sd``.
    """
    chances = true_chances(effects.stage_gap)
    shocks = effects.quarter_shock * rng.standard_normal(calendar.n_quarters)
    earliest = calendar.start - LONGEST_CYCLE
    span = calendar.as_of - earliest + 1
    account = np.repeat(np.arange(market.n), rng.poisson(deals_per_year * span / DAYS_IN_YEAR, size=market.n))
    n = account.size
    created = earliest + np.floor(rng.random(n) * span).astype(np.int64)
    first_stage = (rng.random(n) < SHARE_STARTING_LATER).astype(np.int64)
    chance = chances[first_stage]

    delta = np.log1p(effects.slow_wins) / CYCLE_LOG_SD
    nature = rng.standard_normal(n)
    cycle = _cycle_days(rng, nature, chance, delta, stretch=1.0)
    guess = _cycle_days(rng, nature, chance, delta, stretch=1.0 / (1.0 + effects.slippage))
    closed = created + cycle
    quarter = calendar.quarter_of(closed)
    shown = (quarter >= 0) & (quarter < calendar.n_quarters)
    shock = np.where(shown, shocks[np.clip(quarter, 0, calendar.n_quarters - 1)], 0.0)
    z = np.log(cycle / TYPICAL_CYCLE_DAYS) / CYCLE_LOG_SD
    won = rng.random(n) < expit(logit(chance) + delta * z + shock)

    left_quarter = np.minimum(walls.lost_from[account], calendar.n_quarters)
    left = np.where(walls.lost_from[account] == STAYS, calendar.as_of + 1, calendar.starts[left_quarter])
    kept = (closed >= calendar.start) & (created < left)
    kept &= (created >= market.since[account]) & (created <= calendar.as_of)
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(created[rows], kind="stable")]
    owner = market.owner[account[rows]]
    n_stages = _stages_entered(stage_rng, chances, first_stage[rows], won[rows])
    deals = Deals(
        account=account[rows],
        owner=owner,
        product=rng.integers(len(SYSTEMS), size=rows.size),
        attitude=rng.choice(len(ATTITUDE_SHARES), size=rows.size, p=ATTITUDE_SHARES),
        amount=_amounts(rng, market, calendar, account[rows], created[rows]),
        created=created[rows],
        closed=closed[rows],
        won=won[rows],
        first_stage=first_stage[rows],
        n_stages=n_stages,
        entered=_entry_days(stage_rng, created[rows], cycle[rows], n_stages),
        first_expected=created[rows] + guess[rows],
        entered_probability=_entered_probability(stage_rng, chances, first_stage[rows], reps.log_bias[owner]),
        lacks=rng.random((rows.size, len(SHARES_LACKING))) < SHARES_LACKING,
    )
    return deals, shocks


def _cycle_days(rng: np.random.Generator, nature: Floats, chance: Floats, delta: float, stretch: float) -> Ints:
    """Return days from creation to close; the same law serves for what happens and for what a rep expects."""
    side = np.where(rng.random(nature.size) < chance, delta / 2, -delta / 2)
    luck = rng.standard_normal(nature.size)
    z = side + np.sqrt(FORESEEABLE) * nature + np.sqrt(1 - FORESEEABLE) * luck
    days = np.clip(TYPICAL_CYCLE_DAYS * np.exp(CYCLE_LOG_SD * z), SHORTEST_CYCLE, LONGEST_CYCLE)
    return np.asarray(np.maximum(np.rint(stretch * days), SHORTEST_CYCLE), dtype=np.int64)


def _stages_entered(rng: np.random.Generator, chances: Floats, first_stage: Ints, won: Mask) -> Ints:
    """Return how many stages each deal enters: all that are left if won, else until it is lost.

    From stage i a deal goes on with chance ``p_i ÷ p_{i+1}``, the only chain in which p_i is the chance of winning.
    """
    n_ladder = chances.size
    on = chances / np.append(chances[1:], 1.0)
    lost_after = np.zeros((2, n_ladder))
    for start in range(2):
        reach = np.concatenate([np.ones(1), np.cumprod(on[start:-1])])
        lost_here = reach * (1 - on[start:])
        lost_after[start, : n_ladder - start] = np.cumsum(lost_here) / lost_here.sum()
        lost_after[start, n_ladder - start :] = 1.0
    stops = 1 + (rng.random(won.size)[:, None] > lost_after[first_stage]).sum(axis=1)
    return np.where(won, n_ladder - first_stage, np.minimum(stops, n_ladder - first_stage))


def _entry_days(rng: np.random.Generator, created: Days, cycle: Ints, n_stages: Ints) -> Days:
    """Return deal × stage entry days, strictly increasing; a day that never comes where the stage is not entered."""
    n_ladder = len(STAGES)
    place = np.arange(n_ladder)
    entered = place < n_stages[:, None]
    stay = np.where(entered, rng.standard_exponential((created.size, n_ladder)), 0.0)
    done = np.cumsum(stay, axis=1)
    share = (done - stay) / done[:, -1:]
    days = created[:, None] + place + np.floor((cycle - n_stages)[:, None] * share).astype(np.int64)
    return np.where(entered, days, np.iinfo(np.int64).max)


def _amounts(rng: np.random.Generator, market: Market, calendar: Calendar, account: Ints, created: Days) -> Floats:
    quarter = np.maximum(calendar.quarter_of(created), 0)
    size = np.exp(AMOUNT_LOG_SD * rng.standard_normal(account.size) - AMOUNT_LOG_SD**2 / 2)
    amount = market.potential[account, quarter] * AMOUNT_SHARE_OF_POTENTIAL * size
    return np.maximum(np.rint(amount / AMOUNT_STEP) * AMOUNT_STEP, SMALLEST_AMOUNT)


def _entered_probability(rng: np.random.Generator, chances: Floats, first_stage: Ints, log_bias: Floats) -> Floats:
    """Return deal × stage (since the first) what the rep enters on reaching it."""
    n_ladder = chances.size
    known = logit(np.minimum(chances, HIGHEST_ENTERED))
    place = np.minimum(first_stage[:, None] + np.arange(n_ladder), n_ladder - 1)
    noise = ENTERED_LOG_ODDS_SD * rng.standard_normal((first_stage.size, n_ladder))
    believed = expit(known[place] + log_bias[:, None] + noise)
    return np.asarray(np.clip(np.rint(believed / ENTERED_STEP) * ENTERED_STEP, *ENTERED_LIMITS))


def opportunities_frame(deals: Deals, market: Market, reps: Reps, calendar: Calendar, ids: Any) -> pd.DataFrame:
    """Return one row per opportunity as it stands on the as-of day, in order of creation."""
    rows = np.arange(deals.n)
    is_closed = deals.closed <= calendar.as_of
    known = np.where(is_closed, deals.closed - 1, calendar.as_of)
    place = deals.stage_on(rows, known)
    lacks = lacks_on(deals, rows, place) & ~is_closed[:, None]
    return pd.DataFrame(
        {
            "opportunity": ids,
            "account": texts(np.where(lacks[:, 0], NO_CODE, deals.account), market.names),
            "owner": texts(deals.owner, reps.names),
            "region": texts(reps.region[deals.owner], REGIONS),
            "product": texts(deals.product, SYSTEMS),
            "stage": texts(deals.first_stage + place, STAGES),
            "attitude": texts(deals.attitude, playbook.ATTITUDES.names),
            "amount": np.where(lacks[:, 1], np.nan, deals.amount),
            "currency": texts(np.zeros(deals.n, dtype=np.int64), [playbook.ACCOUNT_GRID.currency]),
            "created": dates(deals.created),
            "expected_close": dates(np.where(lacks[:, 2], NO_DAY, deals.expected_on(rows, known))),
            "closed": dates(np.where(is_closed, deals.closed, NO_DAY)),
            "outcome": texts(np.where(is_closed, np.where(deals.won, 0, 1), NO_CODE), ["won", "lost"]),
            "probability": deals.entered_probability[rows, place],
        }
    )


def lacks_on(deals: Deals, rows: Ints, place: Ints) -> Mask:
    """Return which of account, amount and expected close an open deal still lacks: only on the ladder's first stage."""
    on_first = deals.first_stage[rows] + place == 0
    return np.asarray(deals.lacks[rows] & on_first[:, None])


def opportunity_ids(deals: Deals) -> Any:
    """Return the deals' identifiers."""
    return numbered("O", deals.n)


def stage_history_frame(deals: Deals, calendar: Calendar, ids: Any) -> pd.DataFrame:
    """Return one row per opportunity and stage entered by the as-of day, in order of both."""
    row, step = np.nonzero(deals.entered <= calendar.as_of)
    return pd.DataFrame(
        {
            "opportunity": texts(row, ids),
            "stage": texts(deals.first_stage[row] + step, STAGES),
            "entered": dates(deals.entered[row, step]),
        }
    )
