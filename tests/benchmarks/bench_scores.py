"""Scoring a million prospects beside pandas and Polars; answers as text beside mapping row by row; drawn weights."""

import statistics
import time
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl

from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.rules.playbook import SCREENING_BANDS
from custvalue.screening.scores import score_prospects
from custvalue.screening.sensitivity import score_sensitivity

N, RUNS = 1_000_000, 21
NAMES = [f"q{place}" for place in range(10)]
WEIGHTS = [1.0, 2.0, 3.0, 1.0, 2.0, 1.0, 1.0, 2.0, 3.0, 1.0]
LEVELS = tuple(Level(points, Label(f"level {points}", f"第{points}级")) for points in range(3))
CARD = Scorecard(
    Label("benchmark", "基准"),
    tuple(Criterion(n, Label(n, n), LEVELS, w, "benchmark") for n, w in zip(NAMES, WEIGHTS, strict=True)),
    SCREENING_BANDS,
    "benchmark",
)
ENDS = [-np.inf, 8.0, 14.0, np.inf]


def plain(frame):
    """Weigh, add up and cut with pandas, checking nothing."""
    total = (frame * WEIGHTS).sum(axis=1)
    return total, pd.cut(total * 20 / CARD.max_total, ENDS)


def by_polars(frame):
    """Weigh, add up and cut with Polars, after the same checks."""
    checks = [
        check
        for name in NAMES
        for check in (
            pl.col(name).min().alias(f"{name} low"),
            pl.col(name).max().alias(f"{name} high"),
            pl.col(name).is_nan().any().alias(f"{name} nan"),
            pl.col(name).null_count().alias(f"{name} gaps"),
        )
    ]
    total = pl.col(NAMES[0]) * WEIGHTS[0]
    for name, weight in zip(NAMES[1:], WEIGHTS[1:], strict=True):
        total = total + pl.col(name) * weight
    seen = frame.lazy().select(checks).collect().row(0, named=True)
    assert all(seen[f"{name} low"] >= 0 and seen[f"{name} high"] <= 2 for name in NAMES)
    return (
        frame.lazy()
        .select(total=total)
        .with_columns(score=pl.col("total") * 20 / CARD.max_total)
        .with_columns(
            band=pl.when(pl.col("score") < 8).then(0).when(pl.col("score") <= 14).then(1).otherwise(2).cast(pl.Int8)
        )
        .collect()
    )


def seconds(call):
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def side_by_side(calls, runs=RUNS):
    """Return the median seconds of each call, taken in turns, after one round to warm up."""
    rounds = [[seconds(call) for call in calls] for _ in range(runs + 1)][1:]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def numbers(kind, dtype):
    """Print the ratios for numeric answers."""
    answers = np.random.default_rng(1).integers(0, 3, (N, len(NAMES)))
    frame = pd.DataFrame({name: answers[:, place].astype(dtype) for place, name in enumerate(NAMES)})
    frame_pl = pl.from_pandas(frame)
    ours, pandas, polars = side_by_side(
        [
            lambda: score_prospects(frame, scorecard=CARD, rank=False),
            lambda: plain(frame),
            lambda: by_polars(frame_pl),
        ]
    )
    print(f"{N:,} prospects x {len(NAMES)} criteria, {kind}, totals and bands, checked, no rank:")
    print(
        f"  score_prospects {ours * 1e3:.1f} ms, pandas unchecked {pandas * 1e3:.1f} ms, Polars {polars * 1e3:.1f} ms"
    )
    print(f"  faster than pandas {pandas / ours:.2f} times, than Polars {polars / ours:.2f} times")
    if dtype is float:
        ranked = statistics.median(seconds(lambda: score_prospects(frame, scorecard=CARD)) for _ in range(3))
        gaps = frame.mask(np.random.default_rng(2).random(frame.shape) < 0.05)
        open_ended = statistics.median(
            seconds(lambda: score_prospects(gaps, scorecard=CARD, rank=False)) for _ in range(5)
        )
        print(f"  with rank and place {ranked * 1e3:.0f} ms; with 5 % missing answers {open_ended * 1e3:.0f} ms")


def texts():
    """Print the ratios for answers given as text."""
    answers = np.random.default_rng(1).integers(0, 3, (N, len(NAMES)))
    words = np.array([level.label.en for level in LEVELS], dtype=object)
    points = {level.label.en: level.points for level in LEVELS}
    for kind in ("str", "object", "category"):
        frame = pd.DataFrame({name: pd.Series(words[answers[:, p]], dtype=kind) for p, name in enumerate(NAMES)})
        ours, mapped = side_by_side(
            [
                lambda frame=frame: score_prospects(frame, scorecard=CARD, rank=False),
                lambda frame=frame: plain(pd.DataFrame({n: frame[n].astype(object).map(points) for n in NAMES})),
            ],
            runs=3,
        )
        print(f"level texts as {kind}: score_prospects {ours:.3f} s, Series.map row by row {mapped:.3f} s")
        print(f"  ratio {mapped / ours:.1f}")


def drawn_weights():
    """Print time and memory of drawn weights."""
    draw = np.random.default_rng(3)
    for kind, answers in (
        ("points 0, 1, 2", draw.integers(0, 3, (100_000, len(NAMES))).astype(float)),
        ("averages of raters", draw.uniform(0, 2, (100_000, len(NAMES)))),
    ):
        frame = pd.DataFrame(answers, columns=NAMES)
        for draws in (200, 2000):
            took = seconds(
                lambda frame=frame, draws=draws: score_sensitivity(frame, scorecard=CARD, draws=draws, seed=1)
            )
            print(f"score_sensitivity, 100,000 prospects ({kind}) x {draws} draws: {took:.1f} s")
        tracemalloc.start()
        score_sensitivity(frame, scorecard=CARD, draws=2000, seed=1)
        print(f"  peak memory {tracemalloc.get_traced_memory()[1] / 1e6:.0f} MB")
        tracemalloc.stop()


def main():
    """Print medians and ratios measured in turns in one run."""
    numbers("floats", float)
    numbers("whole numbers", "int64")
    texts()
    drawn_weights()


if __name__ == "__main__":
    main()
