"""The sales lines: repeat orders, returns, a few guests, and the deliveries of won deals."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.samples.arrays import NO_CODE, Days, Floats, Ints, dates, numbered, texts, within_groups
from custvalue.samples.calendar import QUARTERS_IN_YEAR, Calendar
from custvalue.samples.deals import Deals
from custvalue.samples.market import Market
from custvalue.samples.people import Reps
from custvalue.samples.products import PRICES, PRODUCTS, REPEATS, SYSTEMS
from custvalue.samples.walls import Walls, buys_in

# Share of the winnable business that an account gives us in repeat orders, by loyalty (+, 0, -).
SHARE_HELD = (0.70, 0.55, 0.40)
SEASON = (0.90, 1.00, 1.00, 1.10)
QUARTER_LOG_SD = 0.25
EXTRA_LINES = 2.0
RETURN_SHARE, LARGEST_RETURN = 0.01, 0.6
GUEST_SHARE, GUEST_SCALE = 0.004, 3_000.0
# A won deal is delivered in one to three lines, the first on the day it closes, the others within this many days.
LINES_OF_A_DEAL, DELIVERY_DAYS = 3, 60
CENTS = 100.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Sales lines, by number; ``cents`` are whole, ``deal`` is -1 for a line that belongs to none."""

    account: Ints
    day: Days
    product: Ints
    cents: Ints
    owner: Ints
    deal: Ints

    def take(self, rows: NDArray[np.int64]) -> "Lines":
        """Return the lines with these numbers, in this order."""
        return Lines(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def make_lines(
    rng: np.random.Generator,
    deal_rng: np.random.Generator,
    market: Market,
    walls: Walls,
    deals: Deals,
    reps: Reps,
    calendar: Calendar,
) -> Lines:
    """Return all sales lines of the data, in order of date."""
    repeats = _repeat_lines(rng, market, walls, calendar)
    parts = [
        repeats,
        _return_lines(rng, repeats, calendar),
        _guest_lines(rng, repeats.day.size, reps, calendar),
        _deal_lines(deal_rng, deals, calendar),
    ]
    lines = Lines(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Lines)})
    return lines.take(np.argsort(lines.day, kind="stable"))


def _repeat_lines(rng: np.random.Generator, market: Market, walls: Walls, calendar: Calendar) -> Lines:
    account, quarter = np.nonzero(buys_in(walls, market))
    n = account.size
    season = np.array(SEASON)[calendar.of_year]
    noise = np.exp(QUARTER_LOG_SD * rng.standard_normal(n) - QUARTER_LOG_SD**2 / 2)
    loyalty = market.loyalty[account, quarter]
    business = market.potential[account, quarter] / QUARTERS_IN_YEAR * market.winnable[account, quarter]
    revenue = business * np.array(SHARE_HELD)[loyalty] * season[quarter] * noise
    counts = 1 + rng.poisson(EXTRA_LINES, size=n)
    group = np.repeat(np.arange(n), counts)
    weight = 0.2 + rng.standard_exponential(group.size)
    share = weight / np.bincount(group, weights=weight, minlength=n)[group]
    begins = np.maximum(calendar.starts[quarter], market.since[account])[group]
    ends = calendar.starts[quarter + 1][group]
    return Lines(
        account=account[group],
        day=begins + np.floor(rng.random(group.size) * (ends - begins)).astype(np.int64),
        product=len(SYSTEMS) + rng.integers(len(REPEATS), size=group.size),
        cents=np.maximum(np.rint(revenue[group] * share * CENTS), 1).astype(np.int64),
        owner=market.owner[account[group]],
        deal=np.full(group.size, NO_CODE),
    )


def _return_lines(rng: np.random.Generator, repeats: Lines, calendar: Calendar) -> Lines:
    """Return part of some repeat orders, in the quarter they were given in, so that no quarter turns negative."""
    chosen = np.flatnonzero(rng.random(repeats.day.size) < RETURN_SHARE)
    sent = repeats.take(chosen)
    ends = calendar.starts[calendar.quarter_of(sent.day) + 1]
    later, part = rng.random((2, chosen.size))
    return Lines(
        account=sent.account,
        day=sent.day + np.floor(later * (ends - sent.day)).astype(np.int64),
        product=sent.product,
        cents=-np.floor(sent.cents * LARGEST_RETURN * part).astype(np.int64) - 1,
        owner=sent.owner,
        deal=sent.deal,
    )


def _guest_lines(rng: np.random.Generator, n_repeats: int, reps: Reps, calendar: Calendar) -> Lines:
    n = int(rng.binomial(n_repeats, GUEST_SHARE))
    return Lines(
        account=np.full(n, NO_CODE),
        day=rng.integers(calendar.start, calendar.as_of + 1, size=n),
        product=len(SYSTEMS) + rng.integers(len(REPEATS), size=n),
        cents=np.rint(GUEST_SCALE * CENTS * rng.standard_exponential(n)).astype(np.int64) + 1,
        owner=rng.integers(reps.lean.size, size=n),
        deal=np.full(n, NO_CODE),
    )


def _deal_lines(rng: np.random.Generator, deals: Deals, calendar: Calendar) -> Lines:
    """Return the deliveries up to the as-of day; those of a fully delivered deal add up to its amount."""
    sold = np.flatnonzero(deals.won & (deals.closed <= calendar.as_of))
    counts = rng.integers(1, LINES_OF_A_DEAL + 1, size=sold.size)
    place = within_groups(counts)
    deal = np.repeat(sold, counts)
    n_lines = np.repeat(counts, counts)
    delay = np.floor(rng.random(deal.size) * DELIVERY_DAYS).astype(np.int64) + 1
    whole = np.rint(deals.amount[deal] * CENTS).astype(np.int64)
    # Equal parts; the first line carries what does not divide.
    part = whole // n_lines
    cents = np.where(place == 0, whole - part * (n_lines - 1), part)
    lines = Lines(
        account=deals.account[deal],
        day=deals.closed[deal] + np.where(place == 0, 0, delay),
        product=deals.product[deal],
        cents=cents,
        owner=deals.owner[deal],
        deal=deal,
    )
    return lines.take(np.flatnonzero(lines.day <= calendar.as_of))


def sales_frame(lines: Lines, market: Market, reps: Reps) -> pd.DataFrame:
    """Return one row per sales line, in order of date."""
    prices = np.array(PRICES)[lines.product]
    amount = lines.cents / CENTS
    quantity = np.where(amount < 0, -1, 1) * np.maximum(np.rint(np.abs(amount) / prices), 1)
    return pd.DataFrame(
        {
            "line": numbered("L", lines.day.size),
            "account": texts(lines.account, market.names),
            "date": dates(lines.day),
            "product": texts(lines.product, PRODUCTS),
            "quantity": quantity.astype(np.int64),
            "amount": amount,
            "owner": texts(lines.owner, reps.names),
        }
    )


def account_revenue(lines: Lines, market: Market, calendar: Calendar) -> Floats:
    """Return the revenue of every account in every quarter, the exact sum of its lines."""
    known = lines.account != NO_CODE
    shape = (market.n, calendar.n_quarters)
    place = lines.account[known] * calendar.n_quarters + calendar.quarter_of(lines.day[known])
    # Whole cents below 2^53 add up exactly as floats.
    cents = np.bincount(place, weights=lines.cents[known], minlength=shape[0] * shape[1])
    return cents.reshape(shape) / CENTS
