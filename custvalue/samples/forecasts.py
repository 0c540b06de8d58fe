"""What was known week by week, what the reps made of it in their forecasts, and the targets set beforehand."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.samples.arrays import NO_DAY, Days, Floats, Ints, Mask, dates, texts, within_groups
from custvalue.samples.calendar import QUARTERS_IN_YEAR, Calendar
from custvalue.samples.deals import AMOUNT_SHARE_OF_POTENTIAL, STAGES, Deals, lacks_on
from custvalue.samples.market import Market
from custvalue.samples.people import Reps

SNAPSHOTS_PER_FORECAST = 2
FORECAST_LOG_SD = 0.1
# Reps have learnt that of what is expected to close within the quarter this share does.
ON_TIME = 0.6
FORECAST_STEP, TARGET_STEP = 1_000.0, 10_000.0
# A target plans to win this share of a year's usual deals, with some stretch.
PLANNED_WIN_RATE, STRETCH = 0.3, 1.1


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Deal by snapshot: all deals open on a snapshot day, as known that day, in order of day and deal."""

    snapshot: Ints
    deal: Ints
    place: Ints
    expected: Days
    lacks: Mask


def make_snapshots(deals: Deals, calendar: Calendar) -> Snapshots:
    """Return every deal on every snapshot day on which it was open: created by then, and closed later if at all."""
    days = calendar.snapshot_days
    begin = np.searchsorted(days, deals.created, side="left")
    end = np.searchsorted(days, deals.closed, side="left")
    counts = np.maximum(end - begin, 0)
    deal = np.repeat(np.arange(deals.n), counts)
    snapshot = np.repeat(begin, counts) + within_groups(counts)
    order = np.argsort(snapshot.astype(np.int16), kind="stable")
    deal, snapshot = deal[order], snapshot[order]
    place = deals.stage_on(deal, days[snapshot])
    return Snapshots(
        snapshot=snapshot,
        deal=deal,
        place=place,
        expected=deals.expected_on(deal, days[snapshot]),
        lacks=lacks_on(deals, deal, place),
    )


def snapshots_frame(snapshots: Snapshots, deals: Deals, reps: Reps, calendar: Calendar, ids: Any) -> pd.DataFrame:
    """Return one row per snapshot day and open deal, in order of both."""
    deal = snapshots.deal
    return pd.DataFrame(
        {
            "snapshot": dates(calendar.snapshot_days[snapshots.snapshot]),
            "opportunity": texts(deal, ids),
            "owner": texts(deals.owner[deal], reps.names),
            "stage": texts(deals.first_stage[deal] + snapshots.place, STAGES),
            "amount": np.where(snapshots.lacks[:, 1], np.nan, deals.amount[deal]),
            "expected_close": dates(np.where(snapshots.lacks[:, 2], NO_DAY, snapshots.expected)),
            "probability": deals.entered_probability[deal, snapshots.place],
        }
    )


def forecasts_frame(
    rng: np.random.Generator, snapshots: Snapshots, deals: Deals, reps: Reps, calendar: Calendar, chances: Floats
) -> pd.DataFrame:
    """Return one row per rep and submission: the revenue the rep expects to win in the running quarter.

    ``forecast = won so far + bias × noise × on time × Σ true chance × amount`` over the rep's open deals with an
    expected close in the quarter, all as known on the day. Submitted on every second snapshot day.
    """
    days = calendar.snapshot_days
    n_reps, n_days = reps.lean.size, days.size
    expected_open = _open_in_quarter(snapshots, deals, calendar, n_reps, chances)
    chosen = np.arange(n_days - 1, -1, -SNAPSHOTS_PER_FORECAST)[::-1]
    quarter = calendar.quarter_of(days[chosen])
    won_before = _won_by_day(deals, calendar, n_reps)
    won = won_before[:, days[chosen] - calendar.start + 1] - won_before[:, calendar.starts[quarter] - calendar.start]
    noise = np.exp(FORECAST_LOG_SD * rng.standard_normal((n_reps, chosen.size)) - FORECAST_LOG_SD**2 / 2)
    forecast = won + ON_TIME * np.exp(reps.log_bias)[:, None] * noise * expected_open[:, chosen]
    return pd.DataFrame(
        {
            "owner": texts(np.tile(np.arange(n_reps), chosen.size), reps.names),
            "period": texts(np.repeat(quarter, n_reps), calendar.periods),
            "forecast": (np.rint(forecast / FORECAST_STEP) * FORECAST_STEP).T.ravel(),
            "submitted": dates(np.repeat(days[chosen], n_reps)),
        }
    )


def _open_in_quarter(snapshots: Snapshots, deals: Deals, calendar: Calendar, n_reps: int, chances: Floats) -> Floats:
    """Return rep × snapshot: true chance × amount of the open deals expected to close in that quarter."""
    days = calendar.snapshot_days
    deal = snapshots.deal
    chance = chances[deals.first_stage[deal] + snapshots.place]
    ends = calendar.starts[calendar.quarter_of(days) + 1][snapshots.snapshot]
    counts = ~snapshots.lacks[:, 1:].any(axis=1) & (snapshots.expected < ends)
    worth = np.where(counts, chance * deals.amount[deal], 0.0)
    place = deals.owner[deal] * days.size + snapshots.snapshot
    total = np.bincount(place, weights=worth, minlength=n_reps * days.size)
    return np.asarray(total, dtype=np.float64).reshape(n_reps, days.size)


def _won_by_day(deals: Deals, calendar: Calendar, n_reps: int) -> Floats:
    """Return rep × day: what was won from the start of the data to the end of the day before."""
    n_days = calendar.as_of - calendar.start + 1
    rows = np.flatnonzero(deals.won & (deals.closed <= calendar.as_of))
    place = deals.owner[rows] * n_days + deals.closed[rows] - calendar.start
    daily = np.bincount(place, weights=deals.amount[rows], minlength=n_reps * n_days).reshape(n_reps, n_days)
    return np.cumsum(np.pad(daily, ((0, 0), (1, 0))), axis=1)


def targets_frame(market: Market, reps: Reps, calendar: Calendar, deals_per_year: float) -> pd.DataFrame:
    """Return one row per period and rep: won deals planned from the potential of the rep's accounts."""
    share = STRETCH * PLANNED_WIN_RATE * AMOUNT_SHARE_OF_POTENTIAL * deals_per_year / QUARTERS_IN_YEAR
    potential = np.where(market.is_customer, market.potential, 0.0)
    n_reps = reps.lean.size
    planned = [share * np.bincount(market.owner, weights=column, minlength=n_reps) for column in potential.T]
    return pd.DataFrame(
        {
            "owner": texts(np.tile(np.arange(n_reps), calendar.n_quarters), reps.names),
            "period": texts(np.repeat(np.arange(calendar.n_quarters), n_reps), calendar.periods),
            "target": np.maximum(np.rint(np.concatenate(planned) / TARGET_STEP), 1) * TARGET_STEP,
        }
    )
