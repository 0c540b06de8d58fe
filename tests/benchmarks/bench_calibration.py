"""A million probabilities: reliability beside scikit-learn's calibration curve, CORP beside model-diagnostics."""

import statistics
import time

import numpy as np
import pandas as pd
from model_diagnostics.scoring import SquaredError, decompose
from sklearn.calibration import calibration_curve

from custvalue.kernels.calibration import corp
from custvalue.tracking.reliability import reliability_table

N = 1_000_000
N_BINS = 10
RUNS = 9


def seconds(call):
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(name, ours, theirs):
    """Run two calls in turn and print their medians and ratio."""
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(RUNS)]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{name}: {mine * 1e3:.0f} ms beside {other * 1e3:.0f} ms, ratio {other / mine:.2f}")


def main():
    """Print the medians and their ratios."""
    draw = np.random.default_rng(1)
    p = draw.random(N)
    won = (draw.random(N) < p).astype(np.float64)
    frame = pd.DataFrame({"p_stage": p, "outcome": won})
    for bins in ("uniform", "quantile"):
        compare(
            f"reliability_table, {bins} bins, and calibration_curve",
            lambda bins=bins: reliability_table(frame, bins=bins, n_bins=N_BINS),
            lambda bins=bins: calibration_curve(won, p, n_bins=N_BINS, strategy=bins),
        )
    compare("corp and decompose", lambda: corp(p, won), lambda: decompose(won, p, scoring_function=SquaredError()))


if __name__ == "__main__":
    main()
