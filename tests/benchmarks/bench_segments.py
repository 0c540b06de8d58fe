"""Two million accounts into 27 segments, beside pandas' cuts and added strings, and beside a plain copy."""

import time
from functools import partial

import numpy as np
import pandas as pd

from custvalue import playbook
from custvalue.analysis.segment_summary import segment_summary
from custvalue.analysis.segments import segment_accounts

N = 2_000_000
RUNS = 11
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
    """Return how long a call takes by the clock and by the processor."""
    start, busy = time.perf_counter(), time.process_time()
    result = call()  # kept until the clocks are read: giving memory back is not part of the answer
    taken = time.perf_counter() - start, time.process_time() - busy
    del result
    return taken


def main():
    """Print medians and ratios with nothing missing and with 3 % missing, then what the summary takes."""
    calls = {
        "segment_accounts": segment_accounts,
        "with plays": partial(segment_accounts, plays=playbook.ACCOUNT_PLAYS),
        "copying the inputs": copied,
        "frame.copy": pd.DataFrame.copy,
        "cut and strings": cut,
    }
    for missing in (0.0, 0.03):
        frame = accounts(missing)
        ours = segment_accounts(frame)["segment"]
        theirs = cut(frame)
        assert ours.astype("str").fillna("?").equals(theirs.fillna("?").rename("segment"))
        # Pairs of one run are compared with each other, so that what else the machine does weighs on both.
        runs = np.array([[seconds(partial(call, frame)) for call in calls.values()] for _ in range(RUNS)])
        for place, clock in enumerate(("clock", "processor")):
            of = dict(zip(calls, runs[:, :, place].T, strict=True))
            medians = ", ".join(f"{name} {np.median(taken) * 1e3:.1f} ms" for name, taken in of.items())
            print(f"{N:,} accounts, {missing:.0%} missing, by the {clock}: {medians}")
            for name in list(calls)[:2]:
                faster, copies, frames = (
                    np.median(of["cut and strings"] / of[name]),
                    np.median(of[name] / of["copying the inputs"]),
                    np.median(of[name] / of["frame.copy"]),
                )
                print(f"  {name}: {faster:.1f} times faster than cut and strings,", end=" ")
                print(f"{copies:.2f} times a copy of the inputs, {frames:.2f} times frame.copy")
    segmented = segment_accounts(frame)
    print(f"segment_summary: {seconds(lambda: segment_summary(segmented))[0] * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
