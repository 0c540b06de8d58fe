"""Deals under a common factor: the distribution and its stated error beside dense quadratures made another way."""

import numpy as np
import pytest
from scipy.special import betaincinv, ndtr, ndtri

from custvalue.kernels.laws import PERCENTILES
from custvalue.kernels.leave_one_out import reach_if
from custvalue.kernels.mixing import factor_nodes, mixed_parts
from custvalue.kernels.money_sums import money_sum
from custvalue.kernels.pools import pool, variance

P = 0.4
CORRELATIONS = [0.05, 0.2, 0.5]
# No whole hundredths: the kernel is not told that amounts are multiples of a unit.
UNIT = 1000 * np.pi


def conditional(z, correlation):
    return ndtr((ndtri(P) + np.sqrt(correlation) * z) / np.sqrt(1 - correlation))


def even_nodes(step, reach):
    z = np.arange(-reach, reach + step / 2, step)
    weight = np.exp(-z * z / 2)
    return z, weight / weight.sum()


def convolved_cdf(units, correlation, step):
    """Return the cdf of whole units: deals added one by one to the mass function at every node on [−8, 8]."""
    z, weight = even_nodes(step, 8)
    chance = conditional(z, correlation)[:, None]
    mass = np.zeros((z.size, units.sum() + 1))
    mass[:, 0] = 1.0
    top = 0
    for unit in np.sort(units):
        moved = chance * mass[:, : top + 1]
        mass[:, : top + 1] -= moved
        mass[:, unit : top + unit + 1] += moved
        top += unit
    return np.cumsum(weight @ mass)


def inverted_cdf(amounts, counts, correlation, x, per_sd):
    """Return the cdf at ``x``: at every even node on [−6, 6] its own Fourier series, of every deal's own factor."""
    total, square, n = amounts @ counts, amounts**2 @ counts, counts.sum()
    order = np.argsort(amounts)
    narrow = (np.cumsum((amounts * counts)[order]) ** 2 / np.cumsum((amounts**2 * counts)[order])).max()
    grid = np.linspace(-6, 6, 1001)
    given = conditional(grid, correlation)
    rate = np.abs(np.gradient(given, grid)) * np.sqrt(narrow / (given * (1 - given) + 1 / n))
    z, weight = even_nodes(1 / (per_sd * max(rate.max(), 3.0)), 6)
    result = np.zeros(x.size)
    for p, share in zip(conditional(z, correlation), weight, strict=True):
        sd = np.sqrt(square * p * (1 - p))
        low = max(p * total - 11 * sd, -amounts.min())
        high = min(p * total + 9 * sd + 2.5 * amounts.max(), total + amounts.min())
        inside = (x > low) & (x < high)
        result[x >= high] += share
        if not inside.any():
            continue
        none_won, all_won = (1 - p) ** n, p**n
        at, length = x[inside] - low, high - low
        result[inside] += share * ((1 - none_won - all_won) * at / length + none_won)
        for first in range(0, 6000, 128):
            k = np.arange(first + 1, first + 129)
            t = 2 * np.pi * k / length
            spectrum = np.exp(np.log(1 - p + p * np.exp(1j * t[:, None] * amounts)) @ counts) - none_won
            spectrum -= all_won * np.exp(1j * t * total)
            wave = spectrum * np.exp(-1j * t * low) * 1j / (np.pi * k)
            result[inside] += share * (wave * (np.exp(-1j * np.outer(at, t)) - 1)).real.sum(axis=1)
            if np.abs(spectrum).max() * share < 1e-11 or t[-1] * np.median(amounts) > 80:
                break
    return result


def unequal(n, seed):
    """Return log-normal amounts (log-sd 1), up to 100 different ones, and how many deals have each."""
    draw = np.random.default_rng(seed)
    if n <= 100:
        return draw.lognormal(10.0, 1.0, n), np.ones(n)
    counts = np.bincount(draw.integers(0, 100, n), minlength=100)
    return draw.lognormal(10.0, 1.0, 100)[counts > 0], counts[counts > 0].astype(float)


def cut_units(n, total, seed):
    amounts = np.random.default_rng(seed).lognormal(0.0, 1.0, n)
    return np.ceil(amounts / amounts.sum() * total).astype(int)


def made_and_stated(n, correlation, seed):
    """Return the largest error of the quantiles P1 … P99 and the error stated, in standard deviations."""
    amounts, counts = unequal(n, seed)
    deals = (pool(np.repeat(amounts, counts.astype(int)), np.full(n, P), correlation=correlation),)
    found, sd = money_sum(deals), np.sqrt(variance(deals))
    quantiles = found.law.quantile(PERCENTILES)
    reached = inverted_cdf(amounts, counts, correlation, quantiles, 1.3)
    density = np.gradient(PERCENTILES, quantiles)
    return np.abs((reached - PERCENTILES) / density).max() / sd, found.error / sd, np.abs(reached - PERCENTILES).max()


# 100 deals at 0.5 have a distribution with steps: that is the test after this one.
@pytest.mark.parametrize(
    ("n", "correlation"), [(n, rho) for n in (100, 1000, 10_000) for rho in CORRELATIONS if (n, rho) != (100, 0.5)]
)
def test_correlated_deals_agree_with_a_dense_quadrature_within_the_error_stated(n, correlation):
    made, stated, difference = made_and_stated(n, correlation, n)
    assert difference < 1e-5  # asked: 1e-3 in the cdf
    assert made <= stated <= 5 * made
    assert stated < 1e-4


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize("seed", [5, 9])
def test_a_hundred_correlated_deals_agree_with_a_convolution_at_every_node(correlation, seed):
    units = cut_units(100, 30_000, seed)
    reference = convolved_cdf(units, correlation, 0.1)
    assert np.abs(convolved_cdf(units, correlation, 0.125) - reference).max() < 1e-12
    deals = (pool(UNIT * units, np.full(100, P), correlation=correlation),)
    found, sd = money_sum(deals), np.sqrt(variance(deals))
    assert np.abs(found.law.cdf(UNIT * np.arange(reference.size)) - reference).max() < 1e-3
    exact = UNIT * np.searchsorted(reference, PERCENTILES - 1e-13)
    made = np.abs(found.law.quantile(PERCENTILES) - exact).max()
    # Smooth where the reference has steps of a unit: half a unit beside the error stated.
    assert made <= found.error + UNIT / 2
    assert found.error <= 5 * made
    assert made < 0.005 * sd


def test_the_quadrature_compared_with_has_converged():
    for n, correlation, few, many in ((1000, 0.2, 1.3, 1.7), (100, 0.2, 1.3, 1.7)):
        amounts, counts = unequal(n, 3)
        x = np.linspace(0.15, 0.9, 12) * (amounts @ counts)
        one, other = (inverted_cdf(amounts, counts, correlation, x, per_sd) for per_sd in (few, many))
        assert np.abs(one - other).max() < 1e-7
    units = cut_units(100, 3000, 3)
    x = UNIT * (np.arange(0, 3000, 37) + 0.5)
    smooth = inverted_cdf(UNIT * units.astype(float), np.ones(100), 0.2, x, 1.3)
    assert np.abs(smooth - convolved_cdf(units, 0.2, 0.1)[np.arange(0, 3000, 37)]).max() < 2e-5


@pytest.mark.parametrize("correlation", [0.05, 0.5, 0.9])
def test_nodes_of_the_factor_integrate_what_moves_fast(correlation):
    # E p(Z) = p, and E p(Z)² is the chance that both of two deals are won: here by 20,001 even points.
    part = pool(np.ones(20_000), np.full(20_000, P), correlation=correlation)
    z, weight = factor_nodes(part)
    given = conditional(z, correlation)
    dense, dense_weight = even_nodes(0.0008, 8)
    both = conditional(dense, correlation) ** 2 @ dense_weight
    assert given @ weight == pytest.approx(P, abs=1e-8)
    assert given**2 @ weight == pytest.approx(both, abs=1e-8)
    # Where the mean moves, one node for each standard deviation of 20,000 deals (and of one more) at least.
    steps = np.diff(given * 20_000) / np.sqrt(20_000 * given * (1 - given) + 1)[1:]
    assert steps.max() < 1.0


def test_a_great_deal_among_small_ones_keeps_the_nodes_dense():
    # 5000 small deals beside one worth as much as all: given the factor the sum has two narrow peaks.
    amounts, p = np.append(np.ones(5000), 5000.0), P
    correlation = 0.3
    deals = (pool(UNIT * amounts, np.full(5001, p), correlation=correlation),)
    found = money_sum(deals)
    z, weight = even_nodes(0.004, 7)
    given = conditional(z, correlation)
    from scipy.stats import binom

    small = np.array([weight @ binom.cdf(k, 5000, given) for k in (500, 1500, 2500, 4000)])
    with_great = np.array([weight @ ((1 - given) * binom.cdf(k, 5000, given)) for k in (500, 1500, 2500, 4000)])
    assert found.law.cdf(UNIT * (np.array([500, 1500, 2500, 4000]) + 0.5)) == pytest.approx(with_great, abs=1e-4)
    assert (with_great < small).all()


def test_parts_of_the_mixture_hold_all_of_it():
    amounts, counts = unequal(1000, 1)
    parts = mixed_parts((pool(np.repeat(amounts, counts.astype(int)), np.full(1000, P), correlation=0.5),))
    assert len(parts) > 2
    assert sum(part.mass for part in parts) == pytest.approx(1.0, abs=1e-12)
    assert any(part.endless for part in parts)
    assert not all(part.endless for part in parts)


def test_the_chance_that_every_deal_is_won_is_a_step_at_their_sum():
    amounts = np.random.default_rng(2).lognormal(10.0, 1.0, 24)
    found = money_sum((pool(amounts, np.full(24, 0.9), correlation=0.6),))
    assert found.method == "lattice FFT"
    z, weight = even_nodes(0.01, 8)
    given = ndtr((ndtri(0.9) + np.sqrt(0.6) * z) / np.sqrt(0.4))
    top = np.array([amounts.sum()])
    assert 1 - found.law.below(top)[0] == pytest.approx(given**24 @ weight, abs=1e-6)
    assert found.law.cdf(top)[0] == pytest.approx(1.0)


def drawn_cdf(units, chance, code, strength, correlation):
    """Return the cdf of whole units: at dense nodes of factor and draws the exact transform of each deal."""
    z, z_weight = even_nodes(0.2, 7)
    y, y_weight = even_nodes(0.2 if strength >= 5 else 0.1, 7)
    size = 1 << int(np.ceil(np.log2(units.sum() + 2)))
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    moved = [turn**unit - 1 for unit in units]
    result = np.ones((z.size, turn.size), dtype=complex)
    for one in np.unique(code):
        rows = np.flatnonzero(code == one)
        mixed = np.zeros_like(result)
        for node, share in zip(y, y_weight, strict=True):
            product = np.ones_like(result)
            for row in rows:
                p = betaincinv(chance[row] * strength, (1 - chance[row]) * strength, ndtr(node))
                given = ndtr((ndtri(p) + np.sqrt(correlation) * z) / np.sqrt(1 - correlation))
                product *= 1 + given[:, None] * moved[row]
            mixed += share * product
        result *= mixed
    return np.cumsum(np.fft.irfft(z_weight @ result, size)[: units.sum() + 1])


@pytest.mark.parametrize(
    ("n", "correlation", "strength"), [(14, 0.2, 20.0), (40, 0.2, 20.0), (40, 0.6, 2.0), (60, 0.4, 5.0)]
)
def test_shared_draws_under_a_common_factor_agree_with_dense_nodes_of_both(n, correlation, strength):
    draw = np.random.default_rng(n)
    units, code, chance = cut_units(n, 500, n), draw.integers(0, 2, n), draw.uniform(0.05, 0.95, n)
    exact = drawn_cdf(units, chance, code, strength, correlation)
    deals = pool(UNIT * units.astype(float), chance, correlation=correlation, draw=code, strengths=(strength,) * 2)
    found = money_sum((deals,))
    between = UNIT * (np.arange(exact.size) + 0.5)
    assert np.abs(found.law.cdf(between) - exact).max() < 1e-3
    place = int(0.4 * exact.size)
    if_won, if_lost, _ = reach_if(deals, between[place])
    average = chance * if_won + (1 - chance) * if_lost
    assert average == pytest.approx(np.full(n, 1 - exact[place]), abs=1e-3)
