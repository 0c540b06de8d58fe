"""Buying patterns, lifecycle and growth points of a million sales lines by 100,000 accounts, beside a plain groupby."""

import statistics
import time

import numpy as np
import pandas as pd

from custvalue.analysis.buying import buying_pattern
from custvalue.analysis.growth import growth_points
from custvalue.analysis.lifecycle import customer_lifecycle

LINES, ACCOUNTS, RUNS = 1_000_000, 100_000, 3
AS_OF = "2026-09-30"


def lines():
    """Return sales lines of five years, accounts as text."""
    draw = np.random.default_rng(1)
    names = np.array([f"客户{k:06d}" for k in range(ACCOUNTS)])
    weight = draw.gamma(0.8, size=ACCOUNTS)
    days = pd.to_timedelta(draw.integers(0, 5 * 365, LINES), unit="D")
    return pd.DataFrame(
        {
            "account": draw.choice(names, LINES, p=weight / weight.sum()),
            "date": pd.Timestamp(AS_OF) - days,
            "product": draw.choice([f"product {k}" for k in range(40)], LINES),
            "amount": draw.lognormal(6, 1, LINES).round(2),
        }
    )


def asked(names):
    """Return two opportunities for each account."""
    draw = np.random.default_rng(2)
    n = 2 * names.size
    created = pd.Timestamp(AS_OF) - pd.to_timedelta(draw.integers(0, 5 * 365, n), unit="D")
    outcome = pd.Series(draw.choice(["won", "lost", None], n), dtype="str")
    closed = pd.Series(created + pd.to_timedelta(draw.integers(5, 200, n), unit="D"))
    return pd.DataFrame(
        {"account": np.tile(names, 2), "created": created, "closed": closed.where(outcome.notna()), "outcome": outcome}
    )


def held(names):
    """Return one row per account."""
    draw = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "account": names,
            "region": draw.choice(["North", "South", "East", "West"], names.size),
            "revenue": draw.lognormal(8, 1, names.size),
            "headroom": draw.lognormal(9, 1, names.size),
        }
    )


def plain(sales):
    """Return number, first and last day and sum by account, as pandas does it: the least one must do."""
    return sales.groupby("account").agg(
        n=("date", "nunique"), first=("date", "min"), last=("date", "max"), total=("amount", "sum")
    )


def median_seconds(calls):
    """Return the median seconds of each call, run side by side."""
    taken = []
    for _ in range(RUNS):
        row = []
        for call in calls:
            start = time.perf_counter()
            call()
            row.append(time.perf_counter() - start)
        taken.append(row)
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def main():
    """Print medians, and ratios to the groupby."""
    sales = lines()
    names = np.unique(sales["account"])
    opportunities, accounts = asked(names), held(names)
    calls = {
        "groupby of pandas": lambda: plain(sales),
        "buying_pattern": lambda: buying_pattern(sales, as_of=AS_OF),
        "customer_lifecycle": lambda: customer_lifecycle(sales, opportunities, as_of=AS_OF),
        "growth_points": lambda: growth_points(accounts, sales=sales, as_of=AS_OF),
    }
    seconds = median_seconds(calls.values())
    print(f"{len(sales):,} lines, {names.size:,} accounts")
    for name, taken in zip(calls, seconds, strict=True):
        print(f"{name}: {taken:.2f} s, ratio {taken / seconds[0]:.1f}")


if __name__ == "__main__":
    main()
