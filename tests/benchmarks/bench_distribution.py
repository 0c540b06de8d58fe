"""The distribution of revenue beside a Monte Carlo of 10,000 draws, and its error beside a direct inversion."""

import time

import numpy as np
import pandas as pd

from custvalue.kernels.money_sums import money_sum
from custvalue.kernels.pools import pool, variance
from custvalue.rules import playbook
from custvalue.tracking.distribution import revenue_distribution

N_DRAWS, CHUNK = 10_000, 20
REPEATS = 5
AS_OF = "2026-09-15"


def make_deals(n, log_sd=1.0, seed=5):
    """Return open deals of one quarter, with a stage and a probability of their own."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": draw.lognormal(10.0, log_sd, n),
            "stage": pd.array(draw.choice(playbook.DEAL_HEAT.names[:5], n), dtype="str"),
            "outcome": pd.Series([None] * n, dtype="str"),
            "expected_close": pd.Timestamp("2026-09-30"),
            "p": draw.uniform(0.02, 0.98, n),
        }
    )


def monte_carlo(amounts, chance, seed=1):
    """Return 10,000 simulated totals, in float32 and in chunks that fit the cache."""
    draw = np.random.default_rng(seed)
    amounts, chance = amounts.astype(np.float32), chance.astype(np.float32)
    sums = [(draw.random((CHUNK, amounts.size), dtype=np.float32) < chance) @ amounts for _ in range(N_DRAWS // CHUNK)]
    return np.concatenate(sums)


def seconds(work, *args, **kwargs):
    """Return the median time of several runs."""
    took = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work(*args, **kwargs)
        took.append(time.perf_counter() - start)
    return float(np.median(took))


def inverted_quantiles(amounts, chance, levels, n_frequencies=192):
    """Return quantiles another way: every deal's own factor, summed in chunks, and the sine series at each point."""
    sd, centre = np.sqrt(amounts**2 @ (chance * (1 - chance))), amounts @ chance
    length = 24 * sd
    k = np.arange(1, n_frequencies + 1)
    t = 2 * np.pi * k / length
    log = np.zeros(n_frequencies, dtype=complex)
    for start in range(0, amounts.size, 10_000):
        a, p = amounts[start : start + 10_000], chance[start : start + 10_000]
        log += np.log(1 - p + p * np.exp(1j * t[:, None] * a)).sum(axis=1)
    spectrum = np.exp(log - 1j * t * (centre - length / 2))
    found = []
    for level in levels:
        low, high = 0.2 * length, 0.8 * length
        for _ in range(60):
            middle = (low + high) / 2
            below = middle / length + np.sum((spectrum * 1j * (np.exp(-1j * t * middle) - 1)).real / (np.pi * k))
            low, high = (low, middle) if below >= level else (middle, high)
        found.append(middle + centre - length / 2)
    return np.array(found)


def main():
    """Print times, their ratios to the Monte Carlo, and errors in standard deviations."""
    deals = make_deals(100_000)
    chance = deals["stage"].map(dict(zip(playbook.DEAL_HEAT.names, playbook.DEAL_HEAT.probabilities, strict=True)))
    amounts = deals["amount"].to_numpy()
    start = time.perf_counter()
    monte_carlo(amounts, chance.to_numpy(dtype=float))
    simulated = time.perf_counter() - start
    for name, column, p in (
        ("by stage", None, chance.to_numpy(dtype=float)),
        ("each its own", "p", deals["p"].to_numpy()),
    ):
        whole = seconds(revenue_distribution, deals, correlation=0, as_of=AS_OF, probability=column)
        kernel = seconds(money_sum, (pool(amounts, p),))
        print(
            f"100,000 deals, probability {name}: Monte Carlo {simulated:.2f} s; revenue_distribution {whole:.3f} s, "
            f"ratio 1/{simulated / whole:.0f}; its kernel {kernel:.3f} s, ratio 1/{simulated / kernel:.0f}"
        )
    million = make_deals(1_000_000)
    for name, column in (("by stage", None), ("each its own", "p")):
        took = seconds(revenue_distribution, million, correlation=0, as_of=AS_OF, probability=column)
        print(f"1,000,000 deals, probability {name}: {took:.2f} s")
    levels = np.array([0.1, 0.5, 0.9])
    for log_sd in (1.0, 2.0):
        for n in (100, 1000, 10_000, 100_000, 1_000_000):
            deals = make_deals(n, log_sd)
            a, p = deals["amount"].to_numpy(), deals["p"].to_numpy()
            found = money_sum((pool(a, p),))
            sd = np.sqrt(variance((pool(a, p),)))
            n_frequencies = 192 if n >= 100_000 else 2000
            made = np.abs(found.law.quantile(levels) - inverted_quantiles(a, p, levels, n_frequencies)).max() / sd
            print(
                f"log-sd {log_sd:g}, {n:>9,} deals: P10/P50/P90 off by {made:.1e} sd, stated {found.error / sd:.1e} sd"
            )


if __name__ == "__main__":
    main()
