"""Movement between two snapshots of a million deals beside one outer merge of them; expected revenue and follow-up."""

import statistics
import time

import numpy as np
import pandas as pd

import custvalue as cv
from custvalue.tracking.followup import follow_up
from custvalue.tracking.movement import pipeline_movement

N = 1_000_000
RUNS = 5
AS_OF = "2026-09-30"


def snapshot(draw, ids, day):
    """Return open deals as of a day."""
    n = ids.size
    return pd.DataFrame(
        {
            "snapshot": pd.Timestamp(day),
            "opportunity": pd.array([f"D{k:07d}" for k in ids], dtype="str"),
            "owner": pd.array(draw.choice([f"rep {k}" for k in range(200)], n), dtype="str"),
            "stage": pd.array(draw.choice(cv.playbook.DEAL_HEAT.names, n), dtype="str"),
            "attitude": pd.array(draw.choice(cv.playbook.ATTITUDES.names, n), dtype="str"),
            "amount": draw.lognormal(11, 1, n).round(2),
            "expected_close": pd.Timestamp(day) + pd.to_timedelta(draw.integers(-30, 300, n), unit="D"),
            "outcome": pd.array([None] * n, dtype="str"),
        }
    )


def median_seconds(*calls):
    """Return the median time of each call, run in turns."""
    times = []
    for _ in range(RUNS):
        row = []
        for call in calls:
            start = time.perf_counter()
            call()
            row.append(time.perf_counter() - start)
        times.append(row)
    return [statistics.median(column) for column in zip(*times, strict=True)]


def main():
    """Print medians and their ratio to the plain pandas step."""
    draw = np.random.default_rng(1)
    before = snapshot(draw, np.arange(N), "2026-06-30")
    after = snapshot(draw, np.arange(N // 4, N + N // 4), AS_OF)
    whole, grouped, merged = median_seconds(
        lambda: pipeline_movement(before, after),
        lambda: pipeline_movement(before, after, by="owner", period="2026Q4"),
        lambda: before.merge(after, on="opportunity", how="outer"),
    )
    print(
        f"two snapshots of {N:,}: movement {whole:.2f} s, by owner and period {grouped:.2f} s, one merge {merged:.2f} s"
    )
    print(f"ratio to the merge: {whole / merged:.2f}, {grouped / merged:.2f}")
    deals = after.drop(columns="snapshot")
    expected, naive, follow = median_seconds(
        lambda: cv.expected_revenue(deals, as_of=AS_OF, by="owner"),
        lambda: by_hand(deals),
        lambda: follow_up(deals, as_of=AS_OF),
    )
    print(f"expected_revenue of {N:,} by owner: {expected:.2f} s, map and groupby {naive:.2f} s")
    print(f"ratio {expected / naive:.2f}")
    print(f"follow_up of {N:,}: {follow:.2f} s")


def by_hand(deals):
    """Add up the weighted pipeline with a map and a groupby, without a check."""
    ladder = cv.playbook.DEAL_HEAT
    chance = deals["stage"].map(dict(zip(ladder.names, ladder.probabilities, strict=True)))
    table = deals.assign(expected=deals["amount"] * chance, period=deals["expected_close"].dt.to_period("Q"))
    return table.groupby(["owner", "period"])[["amount", "expected"]].sum()


if __name__ == "__main__":
    main()
