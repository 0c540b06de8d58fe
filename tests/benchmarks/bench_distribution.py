"""The distribution of revenue beside a Monte Carlo of 10,000 draws, and its error beside a direct inversion."""

import time

import numpy as np
import pandas as pd

from custvalue.kernels.laws import PERCENTILES
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
    low, high = np.full(levels.size, 0.2 * length), np.full(levels.size, 0.8 * length)
    for _ in range(60):
        middle = (low + high) / 2
        wave = (spectrum * 1j * (np.exp(-1j * np.outer(middle, t)) - 1)).real / (np.pi * k)
        reached = middle / length + wave.sum(axis=1) >= levels
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return middle + centre - length / 2


def main():
    """Print times, their ratios to the Monte Carlo, and errors in standard deviations."""
    deals = make_deals(100_000)
    chance = stage_chance(deals)
    amounts = deals["amount"].to_numpy()
    start = time.perf_counter()
    monte_carlo(amounts, chance)
    simulated = time.perf_counter() - start
    for name, column, p in (
        ("by stage", None, chance),
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
    correlated()
    for log_sd in (1.0, 2.0):
        for n in (100, 1000, 10_000, 100_000, 1_000_000):
            deals = make_deals(n, log_sd)
            a = deals["amount"].to_numpy()
            for name, p in (("by stage", stage_chance(deals)), ("each its own", deals["p"].to_numpy())):
                found = money_sum((pool(a, p),))
                sd = np.sqrt(variance((pool(a, p),)))
                n_frequencies = 48 if n >= 100_000 else 2000
                made = np.abs(found.law.quantile(PERCENTILES) - inverted_quantiles(a, p, PERCENTILES, n_frequencies))
                print(
                    f"log-sd {log_sd:g}, {n:>9,} deals, probability {name}: P10/P50/P90 off by "
                    f"{made[[9, 49, 89]].max() / sd:.1e} sd, P1 … P99 by {made.max() / sd:.1e}, stated "
                    f"{found.error / sd:.1e}: {found.error / made.max():.2f} times the error made"
                )


def correlated():
    """Print times of correlated deals, one call each and twelve owners of forty."""
    for n in (100, 1000, 10_000, 100_000):
        deals = make_deals(n)
        for correlation in (0.2, 0.5):
            took = seconds(revenue_distribution, deals, correlation=correlation, as_of=AS_OF)
            print(f"{n:>7,} deals, correlation {correlation}: {took:.2f} s")
    deals = make_deals(480)
    deals["owner"] = np.arange(480) % 12
    took = seconds(revenue_distribution, deals, correlation=0.2, as_of=AS_OF, by="owner")
    print(f"12 owners of 40 deals, correlation 0.2: {took:.2f} s")


def stage_chance(deals):
    """Return each deal's probability by its stage."""
    ladder = dict(zip(playbook.DEAL_HEAT.names, playbook.DEAL_HEAT.probabilities, strict=True))
    return deals["stage"].map(ladder).to_numpy(dtype=float)


if __name__ == "__main__":
    main()
