"""The competitors at each account, and why accounts buy from us."""

import numpy as np
import pandas as pd

from custvalue.samples.arrays import texts
from custvalue.samples.calendar import Calendar
from custvalue.samples.market import Market

RIVALS = ("Northwind", "泰和机械", "Helios", "东方精工", "Vector")
# How many accounts face no rival, one, or two.
NUMBER_SHARES = (0.35, 0.45, 0.20)
MOST_RIVALS = len(NUMBER_SHARES) - 1
# A rival holds about this share of what we may not win; it grows or shrinks steadily by a rate of this spread.
SHARE_OF_THE_REST, SHARE_LOG_SD, GROWTH_SD = 0.4, 0.6, 0.04
TRENDS = ("falling", "stable", "rising")
STABLE_WITHIN = 0.03
SMALLEST_SHARE, LARGEST_SHARE, SHARE_STEP = 0.01, 0.45, 0.01

REASONS = ("quality", "price", "service", "delivery", "relationship", "technology", "brand")
REASON_CHANCES = (0.45, 0.30, 0.40, 0.30, 0.35, 0.20, 0.10)


def rivals_frame(rng: np.random.Generator, market: Market, calendar: Calendar) -> pd.DataFrame:
    """Return one row per quarter, account and rival: the rival's share of the potential and how it moves."""
    n = market.n
    shape = (n, MOST_RIVALS)
    place = np.arange(MOST_RIVALS)
    present = place < rng.choice(len(NUMBER_SHARES), size=(n, 1), p=NUMBER_SHARES)
    name = (rng.integers(len(RIVALS), size=(n, 1)) + place) % len(RIVALS)
    rest = SHARE_OF_THE_REST * (1 - market.winnable[:, :1]) * np.exp(SHARE_LOG_SD * rng.standard_normal(shape))
    growth = GROWTH_SD * rng.standard_normal(shape)
    trend = 1 + (growth > STABLE_WITHIN).astype(np.int64) - (growth < -STABLE_WITHIN)
    quarter, account, which = np.nonzero(market.is_customer.T[:, :, None] & present)
    share = rest[account, which] * np.exp(growth[account, which] * quarter)
    return pd.DataFrame(
        {
            "account": texts(account, market.names),
            "period": texts(quarter, calendar.periods),
            "rival": texts(name[account, which], RIVALS),
            "share": np.clip(np.rint(share / SHARE_STEP) * SHARE_STEP, SMALLEST_SHARE, LARGEST_SHARE),
            "trend": texts(trend[account, which], TRENDS),
        }
    )


def reasons_frame(rng: np.random.Generator, market: Market) -> pd.DataFrame:
    """Return one row per account and coded reason for buying from us; every account gives at least one."""
    gives = rng.random((market.n, len(REASONS))) < REASON_CHANCES
    gives[np.arange(market.n), rng.integers(len(REASONS), size=market.n)] = True
    account, reason = np.nonzero(gives)
    return pd.DataFrame({"account": texts(account, market.names), "reason": texts(reason, REASONS)})
