"""Concentration of two million accounts beside one stable argsort and Polars; a thousand next periods drawn."""

import statistics
import time

import numpy as np
import pandas as pd
import polars as pl

from custvalue import concentration

N, RUNS = 2_000_000, 7
N_DRAWN, PERIODS, DRAWS = 100_000, 8, 1000


def seconds(call):
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def with_polars(frame):
    """Do the same work in Polars: ranks, shares, classes, and one row of measures."""
    total = pl.col("revenue").sum()
    ranked = (
        frame.lazy()
        .with_row_index("row")
        .sort("revenue", descending=True, maintain_order=True)
        .with_columns(
            rank=pl.int_range(1, pl.len() + 1),
            share=pl.col("revenue") / total,
            cumulative_share=pl.col("revenue").cum_sum() / total,
        )
        .with_columns(before=pl.col("cumulative_share") - pl.col("share"))
        .with_columns(
            concentration_class=pl.when(pl.col("before") < 0.8)
            .then(pl.lit("A"))
            .when(pl.col("before") < 0.95)
            .then(pl.lit("B"))
            .otherwise(pl.lit("C"))
            .cast(pl.Enum(["C", "B", "A"]))
        )
        .collect()
    )
    n = pl.len()
    summary = ranked.select(
        n_for_70=(pl.col("cumulative_share") < 0.7).sum() + 1,
        n_for_80=(pl.col("cumulative_share") < 0.8).sum() + 1,
        gini=((n + 1 - 2 * pl.col("rank")) * pl.col("share")).sum() / n,
        hhi=(pl.col("share") ** 2).sum(),
        top=pl.col("share").head(10).sum(),
    )
    return ranked.sort("row"), summary


def main():
    """Print the medians side by side and their ratios."""
    draw = np.random.default_rng(1)
    smooth = draw.lognormal(9, 1.5, N)
    kinds = {
        "log-normal": smooth,
        "rounded to cents": smooth.round(2),
        "rounded to thousands": smooth.round(-3),
        "a tenth missing": np.where(draw.random(N) < 0.1, np.nan, smooth),
    }
    for kind, values in kinds.items():
        frame = pd.DataFrame({"revenue": values})
        other = pl.DataFrame({"revenue": values}).fill_nan(None)
        calls = {
            "argsort": lambda values=values: np.argsort(values, kind="stable"),
            "concentration": lambda frame=frame: concentration(frame),
            "polars": lambda other=other: with_polars(other),
        }
        times = {name: [] for name in calls}
        for _ in range(RUNS):
            for name, call in calls.items():
                times[name].append(seconds(call))
        median = {name: statistics.median(found) for name, found in times.items()}
        print(
            f"{N:,} accounts, {kind}: concentration {median['concentration']:.3f} s, one stable argsort "
            f"{median['argsort']:.3f} s: ratio {median['concentration'] / median['argsort']:.2f}; "
            f"Polars {median['polars']:.3f} s ({median['polars'] / median['concentration']:.1f} times ours)"
        )
    usual = draw.normal(9, 1.5, N_DRAWN)
    revenue = np.exp(usual[:, None] + draw.normal(0, 0.5, (N_DRAWN, PERIODS)))
    revenue[draw.random(revenue.shape) < 0.1] = 0.0
    frame = pd.DataFrame(
        {
            "account": np.tile(np.arange(N_DRAWN), PERIODS),
            "period": np.repeat([f"2025Q{k}" for k in range(1, 5)] + [f"2026Q{k}" for k in range(1, 5)], N_DRAWN),
            "revenue": revenue.T.ravel(),
        }
    )
    result = concentration(frame, by="period", account="account")
    found = statistics.median(seconds(lambda: result.next_period(draws=DRAWS, seed=1)) for _ in range(3))
    print(f"{DRAWS:,} draws of the next period of {N_DRAWN:,} accounts over {PERIODS} periods: {found:.1f} s")


if __name__ == "__main__":
    main()
