"""The accounts: what they could buy, what of it may be won, how loyal they are, and how that drifts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.rules import playbook
from custvalue.rules.bands import Bands
from custvalue.samples.arrays import Days, Floats, Ints, Mask, dates, expit, texts
from custvalue.samples.calendar import QUARTERS_IN_YEAR, Calendar
from custvalue.samples.effects import Effects
from custvalue.samples.names import INDUSTRIES
from custvalue.samples.people import REGIONS, Reps

# Potential per year, CNY: a floor plus a generalised Pareto variable of this scale.
POTENTIAL_FLOOR = 50_000.0
POTENTIAL_SCALE = 950_000.0
POTENTIAL_STEP = 100.0

WINNABLE_LOG_ODDS, WINNABLE_SD = 0.1, 1.1
SHARE_DECIMALS = 4
# Loyalty is a latent score cut in three: "+" above the cut, "-" below its negative.
LOYALTY_CUT = 0.7
# How much faster the winnable share (log-odds) and the loyalty score drift than log potential.
WINNABLE_DRIFT = 3.0
LOYALTY_DRIFT = 3.0

SHARE_OF_NEW_ACCOUNTS = 0.1
LONGEST_HISTORY_DAYS = 10 * 365


@dataclass(frozen=True, slots=True)
class Market:
    """The accounts, by number; two-dimensional fields are account × quarter."""

    names: Any
    owner: Ints
    industry: Ints
    since: Days
    since_quarter: Ints
    potential: Floats
    winnable: Floats
    loyalty_score: Floats
    trends: Floats

    @property
    def n(self) -> int:
        """Number of accounts."""
        return self.owner.size

    @property
    def loyalty(self) -> Ints:
        """Place of the sign in ``playbook.ACCOUNT_GRID.loyalty``: 0 for '+', 1 for '0', 2 for '-'."""
        return 1 - (self.loyalty_score > LOYALTY_CUT).astype(np.int64) + (self.loyalty_score < -LOYALTY_CUT)

    @property
    def is_customer(self) -> Mask:
        """Account × quarter: whether the account was a customer by the end of the quarter."""
        return np.arange(self.potential.shape[1]) >= self.since_quarter[:, None]


def make_market(
    rng: np.random.Generator,
    names: Any,
    industry: Ints,
    reps: Reps,
    calendar: Calendar,
    effects: Effects,
) -> Market:
    """Return the accounts with their potential, winnable share and loyalty in every quarter."""
    n = len(names)
    is_new = rng.random(n) < SHARE_OF_NEW_ACCOUNTS
    within, before = rng.random((2, n))
    span = calendar.as_of - calendar.start + 1
    since = np.where(
        is_new,
        calendar.start + np.floor(within * span),
        calendar.start - 1 - np.floor(before * LONGEST_HISTORY_DAYS),
    ).astype(np.int64)
    owner = rng.integers(reps.lean.size, size=n)
    first_potential = POTENTIAL_FLOOR + POTENTIAL_SCALE * _pareto(rng.random(n), effects.tail)
    winnable_score = WINNABLE_LOG_ODDS + WINNABLE_SD * rng.standard_normal(n)
    loyalty_score = rng.standard_normal(n)
    trends = effects.drift * rng.standard_normal((3, n)) * np.array([1.0, WINNABLE_DRIFT, LOYALTY_DRIFT])[:, None]
    elapsed = np.arange(calendar.n_quarters)
    potential, winnable, loyalty = (
        start[:, None] + trend[:, None] * elapsed
        for start, trend in zip((np.log(first_potential), winnable_score, loyalty_score), trends, strict=True)
    )
    return Market(
        names=names,
        owner=owner,
        industry=industry,
        since=since,
        since_quarter=np.maximum(calendar.quarter_of(since), 0),
        # Never zero, however far it drifts: shares are of it.
        potential=np.maximum(np.rint(np.exp(potential) / POTENTIAL_STEP), 1) * POTENTIAL_STEP,
        # Rounded to decimals, not to steps: 7000 steps of 0.0001 lie above 0.7, in another class.
        winnable=np.round(expit(winnable), SHARE_DECIMALS),
        loyalty_score=loyalty,
        trends=trends,
    )


def accounts_frame(market: Market, reps: Reps, calendar: Calendar, revenue: Floats) -> pd.DataFrame:
    """Return one row per account and quarter from its first as a customer, sorted by quarter and account.

    ``revenue`` is account × quarter. ``current_share`` is missing where a trailing year is not in the data.
    """
    n_year = QUARTERS_IN_YEAR
    trailing = np.full(revenue.shape, np.nan)
    total = np.cumsum(np.pad(revenue, ((0, 0), (1, 0))), axis=1)
    trailing[:, n_year - 1 :] = total[:, n_year:] - total[:, :-n_year]
    quarter, account = np.nonzero(market.is_customer.T)
    region = reps.region[market.owner]
    potential = market.potential[account, quarter]
    return pd.DataFrame(
        {
            "account": texts(account, market.names),
            "region": texts(region[account], REGIONS),
            "industry": texts(market.industry[account], INDUSTRIES),
            "since": dates(market.since[account]),
            "period": texts(quarter, calendar.periods),
            "revenue": revenue[account, quarter],
            "potential": potential,
            "winnable_share": market.winnable[account, quarter],
            "current_share": np.maximum(trailing[account, quarter], 0.0) / potential,
            "loyalty": texts(market.loyalty[account, quarter], playbook.ACCOUNT_GRID.loyalty),
        }
    )


def segments_frame(market: Market, calendar: Calendar) -> pd.DataFrame:
    """Return the true segment of every account and quarter: ``account, period, segment``."""
    grid = playbook.ACCOUNT_GRID
    quarter, account = np.nonzero(market.is_customer.T)
    codes = (
        _best_first(market.potential, grid.potential) * len(grid.share_classes)
        + _best_first(market.winnable, grid.share)
    ) * len(grid.loyalty) + market.loyalty
    return pd.DataFrame(
        {
            "account": texts(account, market.names),
            "period": texts(quarter, calendar.periods),
            "segment": texts(codes[account, quarter], grid.segments),
        }
    )


def _best_first(values: Floats, bands: Bands) -> Ints:
    return len(bands.cuts) - kernels.band_codes(values, bands.cuts, bands.owned_by_upper).astype(np.int64)


def _pareto(uniform: Floats, shape: float) -> Floats:
    """Return generalised Pareto variables of scale 1; exponential where the shape is 0."""
    exponential = -np.log1p(-uniform)
    return exponential if shape == 0 else np.expm1(shape * exponential) / shape
