"""Migration of two million accounts beside an outer merge of the two quarters on shuffled text account ids."""

import statistics
import time

import numpy as np
import pandas as pd

import custvalue as cv
from custvalue.analysis.migration import segment_migration

N = 2_000_000
NEW = 20
RUNS = 5
SEGMENTS = list(cv.playbook.ACCOUNT_GRID.segments)


def two_quarters(n):
    """Return two quarters of n accounts each in shuffled order; one in twenty is lost, one in twenty is new."""
    draw = np.random.default_rng(1)
    names = np.array([f"K{number:08d}" for number in range(n + n // NEW)], dtype=object)
    segments = draw.integers(0, len(SEGMENTS), names.size)
    moved = np.where(draw.random(names.size) < 0.2, draw.integers(0, len(SEGMENTS), names.size), segments)
    frames = []
    for codes, first in ((segments, 0), (moved, names.size - n)):
        rows = first + draw.permutation(n)
        frames.append(
            pd.DataFrame(
                {
                    "account": pd.array(names[rows], dtype="str"),
                    "segment": pd.Categorical.from_codes(
                        codes[rows], dtype=pd.CategoricalDtype(SEGMENTS, ordered=True)
                    ),
                    "revenue": draw.lognormal(10, 1, n),
                }
            )
        )
    return frames


def seconds(call):
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    """Print the medians and their ratio; the frame of all accounts is part of both."""
    before, after = two_quarters(N)
    calls = (
        lambda: segment_migration(before, after),
        lambda: before.merge(after, on="account", how="outer", suffixes=("_before", "_after")),
    )
    pairs = [tuple(seconds(call) for call in calls) for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{N:,} accounts: segment_migration {ours:.2f} s, outer merge {theirs:.2f} s")
    print(f"ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
