"""Two million accounts into 27 segments, beside pandas' cuts and added strings, and beside a plain copy."""

import statistics
import time
from functools import partial

import numpy as np
import pandas as pd

from custvalue.analysis.segment_summary import segment_summary
from custvalue.analysis.segments import segment_accounts

N = 2_000_000
RUNS = 7
INPUTS = ["potential", "winnable_share", "loyalty"]


def accounts(missing):
    """Return accounts with numeric loyalty, of which a part of every column is missing."""
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "potential": draw.lognormal(13.5, 1, N),
            "winnable_share": draw.random(N),
            "loyalty": draw.integers(-1, 2, N).astype(float),
        }
    )
    for name in INPUTS if missing else []:
        frame.loc[draw.random(N) < missing, name] = np.nan
    return frame


def cut(frame):
    """Return the segments as three pd.cut and two string additions make them."""
    potential = pd.cut(frame["potential"], [-np.inf, np.nextafter(5e5, 0), 2e6, np.inf], labels=["C", "B", "A"])
    share = pd.cut(frame["winnable_share"], [-np.inf, np.nextafter(0.3, 0), 0.7, np.inf], labels=["3", "2", "1"])
    loyalty = pd.cut(frame["loyalty"], [-1.5, -0.5, 0.5, 1.5], labels=["-", "0", "+"])
    return potential.astype("str") + share.astype("str") + loyalty.astype("str")


def copied(frame):
    """Return copies of the three inputs as arrays."""
    return [frame[name].to_numpy(copy=True) for name in INPUTS]


def seconds(call):
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    """Print medians and ratios with nothing missing and with 3 % missing, then what the summary takes."""
    for missing in (0.0, 0.03):
        frame = accounts(missing)
        ours = segment_accounts(frame)["segment"]
        theirs = cut(frame)
        assert ours.astype("str").fillna("?").equals(theirs.fillna("?").rename("segment"))
        calls = (segment_accounts, partial(segment_accounts, plays=None), copied, pd.DataFrame.copy, cut)
        rows = [[seconds(partial(call, frame)) for call in calls] for _ in range(RUNS)]
        whole, bare, copy, frame_copy, strings = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{N:,} accounts, {missing:.0%} missing: segment_accounts {whole * 1e3:.1f} ms, without plays", end=" ")
        print(
            f"{bare * 1e3:.1f} ms; copying the inputs {copy * 1e3:.1f} ms, frame.copy {frame_copy * 1e3:.1f} ms;",
            end=" ",
        )
        print(f"cut and strings {strings * 1e3:.0f} ms")
        print(f"faster than cut and strings: {strings / whole:.1f} times, without plays {strings / bare:.1f} times")
        print(f"times of a copy: {whole / copy:.2f}, of frame.copy {whole / frame_copy:.2f}; without plays", end=" ")
        print(f"{bare / copy:.2f}, {bare / frame_copy:.2f}")
    segmented = segment_accounts(frame)
    print(f"segment_summary: {seconds(lambda: segment_summary(segmented)) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
