"""What five million sales lines take to add up, beside each engine's own plain group-by of the same lines."""

import time

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from custvalue import account_revenue

N_LINES, N_ACCOUNTS, N_DAYS = 5_000_000, 100_000, 730
REPEATS = 5


def make_lines(seed=5):
    """Return two years of lines: accounts of uneven size, 2 % without one, 2 % returns."""
    draw = np.random.default_rng(seed)
    code = (N_ACCOUNTS * draw.random(N_LINES) ** 2).astype(np.int64)
    names = pd.array([f"account {number:06d}" for number in range(N_ACCOUNTS)] + [None], dtype="str")
    amount = np.round(draw.lognormal(5.0, 1.0, N_LINES), 2)
    days = draw.integers(0, N_DAYS, N_LINES).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "account": names[np.where(draw.random(N_LINES) < 0.02, N_ACCOUNTS, code)],
            "date": np.datetime64("2025-01-01") + days,
            "amount": np.where(draw.random(N_LINES) < 0.02, -amount, amount),
        }
    )


def plain_pandas(lines):
    quarter = lines["date"].dt.to_period("Q-DEC")
    return lines.groupby(["account", quarter], dropna=False)["amount"].sum()


def plain_polars(lines):
    keys = ["account", pl.col("date").dt.year().alias("year"), pl.col("date").dt.quarter().alias("quarter")]
    return lines.group_by(keys).agg(pl.col("amount").sum()).collect(engine="streaming")


def plain_duckdb(lines):
    return lines.aggregate("account, year(date), quarter(date), sum(amount) as amount").to_arrow_table()


def seconds(work, lines):
    """Return how long one run takes."""
    start = time.perf_counter()
    work(lines)
    return time.perf_counter() - start


def main():
    """Print both times and their ratio for each engine."""
    frame = make_lines()
    polars = pl.from_pandas(frame)
    with duckdb.connect() as connection:
        connection.execute("create table lines as select * from polars")
        engines = (
            ("pandas", frame, plain_pandas),
            ("Polars lazy", polars.lazy(), plain_polars),
            ("DuckDB", connection.table("lines"), plain_duckdb),
        )
        for name, lines, plain in engines:
            runs = [(seconds(account_revenue, lines), seconds(plain, lines)) for _ in range(REPEATS)]
            ours, theirs = (min(took) for took in zip(*runs, strict=True))  # the least disturbed of each
            print(f"{name:12} account_revenue {ours:.2f} s, plain group-by {theirs:.2f} s, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
