"""The distribution of a sum of deals against enumeration, plain convolution, and other people's and other routes."""

from itertools import product

import numpy as np
import pytest
from fast_poibin import PoiBin
from scipy.special import ndtr, ndtri

from custvalue.kernels import money_sums
from custvalue.kernels.exact_sums import convolved_sum, enumerated_sum
from custvalue.kernels.inversion import Problem, inverted, table
from custvalue.kernels.laws import PERCENTILES
from custvalue.kernels.leave_one_out import reach_if
from custvalue.kernels.money_sums import money_sum
from custvalue.kernels.pools import Pool, covariances, mean, own_variance, pool, variance
from custvalue.kernels.powers import power_sums, win_series
from custvalue.kernels.representatives import representatives

LADDER = np.array([0.2, 0.4, 0.6, 0.8, 0.9])


def log_normal_deals(n, log_sd, seed, *, stages=True):
    draw = np.random.default_rng(seed)
    chance = draw.choice(LADDER, n) if stages else draw.uniform(0.02, 0.98, n)
    return draw.lognormal(10.0, log_sd, n), chance


def brute_force(amounts, chance):
    """Return every outcome's sum and chance, one by one."""
    sums, weights = [], []
    for wins in product((0, 1), repeat=len(amounts)):
        sums.append(sum(a for a, won in zip(amounts, wins, strict=True) if won))
        weights.append(np.prod([p if won else 1 - p for p, won in zip(chance, wins, strict=True)]))
    return np.array(sums), np.array(weights)


def naive_convolution(units, chance):
    """Return the mass function of whole units, deal by deal."""
    mass = np.zeros(units.sum() + 1)
    mass[0] = 1.0
    for unit, p in zip(units, chance, strict=True):
        moved = np.zeros_like(mass)
        moved[unit:] = mass[: mass.size - unit]
        mass = (1 - p) * mass + p * moved
    return mass


class TwoHalves:
    """The exact cdf of up to some forty deals: all sums of one half against the sorted sums of the other."""

    def __init__(self, amounts, chance):
        half = len(amounts) // 2
        self.left, self.weight = enumerated_sum(amounts[:half], chance[:half])
        self.right, mass = enumerated_sum(amounts[half:], chance[half:])
        self.running = np.concatenate([[0.0], np.cumsum(mass)])

    def cdf(self, x):
        return self.weight @ self.running[np.searchsorted(self.right, x - self.left + 1e-9, side="right")]

    def quantile(self, level):
        low, high = -1.0, self.left[-1] + self.right[-1]
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if self.cdf(middle) >= level else (middle, high)
        return high


@pytest.mark.parametrize("n", [1, 2, 9, 12])
@pytest.mark.parametrize("whole", [True, False])
def test_every_outcome_of_a_few_deals_is_counted(n, whole):
    draw = np.random.default_rng(n)
    amounts = draw.integers(1, 9, n).astype(float) if whole else draw.lognormal(3, 1, n)
    chance = draw.uniform(0.05, 0.95, n)
    sums, weights = brute_force(amounts, chance)
    found = money_sum((pool(amounts, chance),))
    assert (found.method, found.error, found.error_kind) == ("exact enumeration", 0.0, "proved")
    for x in np.unique(sums):
        assert found.law.cdf(np.array([x]))[0] == pytest.approx(weights[sums <= x + 1e-9].sum(), abs=1e-12)
        assert found.law.below(np.array([x]))[0] == pytest.approx(weights[sums < x - 1e-9].sum(), abs=1e-12)


@pytest.mark.parametrize(("n", "largest"), [(16, 60), (17, 60), (300, 40), (1000, 200)])
def test_whole_units_are_convolved_exactly(n, largest):
    draw = np.random.default_rng(n)
    units, chance = draw.integers(1, largest, n), draw.uniform(0, 1, n)
    exact = np.cumsum(naive_convolution(units, chance))
    assert np.abs(np.cumsum(convolved_sum(units, chance)) - exact).max() < 1e-12
    found = money_sum((pool(500.0 * units, chance),))
    assert found.method == ("exact enumeration" if n == 16 else "exact integer convolution")
    assert np.abs(found.law.cdf(500.0 * np.arange(exact.size)) - exact).max() < 1e-12


def test_enumeration_and_convolution_agree():
    draw = np.random.default_rng(8)
    units, chance = draw.integers(1, 300, 16), draw.uniform(0.01, 0.99, 16)
    sums, weights = enumerated_sum(units.astype(float), chance)
    running = np.cumsum(convolved_sum(units, chance))
    assert np.abs(running[sums.astype(int)] - np.cumsum(weights)).max() < 1e-12


def test_win_counts_equal_those_of_fast_poibin():
    chance = np.random.default_rng(4).uniform(0, 1, 800)
    found = money_sum((pool(np.ones(800), chance),))
    assert np.abs(found.law.cdf(np.arange(801.0)) - PoiBin(chance.tolist()).cdf).max() < 1e-12


@pytest.mark.parametrize("n", [22, 26])
@pytest.mark.parametrize("log_sd", [1.0, 2.0])
def test_a_lattice_states_an_error_that_holds_and_is_not_idle(n, log_sd):
    amounts, chance = log_normal_deals(n, log_sd, n)
    found = money_sum((pool(amounts, chance),))
    assert (found.method, found.error_kind) == ("lattice FFT", "estimated")
    exact = TwoHalves(amounts, chance)
    made = max(abs(found.law.quantile(np.array([q]))[0] - exact.quantile(q)) for q in PERCENTILES)
    assert made <= found.error <= 5 * made
    assert made < 0.005 * np.sqrt(variance((pool(amounts, chance),)))


@pytest.mark.parametrize("n", [100, 1000, 10_000])
@pytest.mark.parametrize("log_sd", [1.0, 2.0])
@pytest.mark.parametrize("stages", [True, False])
def test_many_deals_agree_with_a_direct_inversion_of_every_deal(n, log_sd, stages):
    amounts, chance = log_normal_deals(n, log_sd, n, stages=stages)
    found = money_sum((pool(amounts, chance),))
    assert found.method == "characteristic function"
    # Another way: every deal's own factor on the whole range, and the sine series summed at each quantile.
    sd = float(np.sqrt(np.sum(amounts**2 * chance * (1 - chance))))
    centre, length = amounts @ chance, 40 * sd
    n_frequencies = 400 if n > 1000 else 2000
    t = 2 * np.pi * np.arange(1, n_frequencies + 1) / length
    log = sum(
        np.log(1 - p + p * np.exp(1j * t[:, None] * a)).sum(axis=1)
        for a, p in zip(np.array_split(amounts, 50), np.array_split(chance, 50), strict=True)
    )
    spectrum = np.exp(log - 1j * t * (centre - length / 2))

    def exact_cdf(x):
        at = x - centre + length / 2
        wave = np.exp(-1j * t * at) - 1
        return at / length + np.sum((spectrum * 1j * wave).real / (np.pi * np.arange(1, n_frequencies + 1)))

    made = []
    for level in PERCENTILES:
        low, high = centre - 6 * sd, centre + 6 * sd
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if exact_cdf(middle) >= level else (middle, high)
        made.append(abs(found.law.quantile(np.array([level]))[0] - middle))
    assert max(made) < 1e-4 * sd  # asked: 0.005
    assert max(made) <= found.error <= 5 * max(made)


@pytest.mark.parametrize(("n", "seed"), [(100_000, 1), (100_000, 2), (1_000_000, 3)])
@pytest.mark.parametrize("stages", [True, False])
def test_very_many_deals_state_an_error_that_holds_and_is_not_idle(n, seed, stages):
    amounts, chance = log_normal_deals(n, 1.0, seed, stages=stages)
    found = money_sum((pool(amounts, chance),))
    # Another way: every deal's own factor at 24 frequencies (|φ| < 1e-8 at the last), the series at every quantile.
    sd, centre = float(np.sqrt(np.sum(amounts**2 * chance * (1 - chance)))), amounts @ chance
    k, length = np.arange(1, 25), 24 * sd
    t = 2 * np.pi * k / length
    log = np.zeros(k.size, dtype=complex)
    for a, p in zip(np.array_split(amounts, n // 5000), np.array_split(chance, n // 5000), strict=True):
        log += np.log(1 - p + p * np.exp(1j * t[:, None] * a)).sum(axis=1)
    spectrum = np.exp(log - 1j * t * (centre - length / 2))
    low, high = np.full((2, 99), 0.25 * length) * [[1], [3]]
    for _ in range(50):
        middle = (low + high) / 2
        wave = (spectrum * 1j * (np.exp(-1j * np.outer(middle, t)) - 1) / (np.pi * k)).real.sum(axis=1)
        reached = middle / length + wave >= PERCENTILES
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    made = np.abs(found.law.quantile(PERCENTILES) - (middle + centre - length / 2)).max()
    assert made < 1e-5 * sd
    assert made <= found.error <= 5 * made


@pytest.mark.parametrize("stages", [True, False])
def test_power_sums_of_small_deals_give_the_product_of_their_factors(stages):
    amounts, chance = log_normal_deals(20_000, 1.0, 2, stages=stages)
    small = power_sums(amounts, chance, np.ones(amounts.size), amounts.max())
    sd = np.sqrt(amounts**2 @ (chance * (1 - chance)))
    t = np.linspace(0.05, 3, 12) / sd
    assert t.max() * amounts.max() < 1.5
    exact = np.prod(1 - chance + chance * np.exp(1j * t[:, None] * amounts), axis=1)
    assert np.abs(small.waves(small.level[None, :], t)[0] - exact).max() < 1e-9
    tilts = np.array([-0.5, 0.5]) / sd
    moments = np.log1p(chance * np.expm1(tilts[:, None] * amounts)).sum(axis=1)
    assert small.log_moment(small.level[None, :], tilts).ravel() == pytest.approx(moments, rel=1e-9)


def test_the_series_of_a_win_has_its_cumulants():
    # Cumulants of a win at p: p, pq, pq(q − p), pq(1 − 6pq); divided by k!.
    p, q = 0.3, 0.7
    wanted = [0, p, p * q / 2, p * q * (q - p) / 6, p * q * (1 - 6 * p * q) / 24]
    assert [float(term) for term in win_series(np.array(p))[:5]] == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize("p", [0.01, 0.03])
def test_deals_that_are_hardly_ever_won_are_followed_as_far_as_they_need(p):
    # Few of 4000 are won: many deals are large beside the spread of the sum, and power sums reach less far.
    amounts, chance = log_normal_deals(4000, 1.0, 6)[0], np.full(4000, p)
    found = inverted(Problem.of((pool(amounts, chance),)), 1, 1e9)
    assert found.rest < 1e-10
    k = np.unique(np.linspace(1, found.coefficients.size, 12).astype(int))
    t = 2 * np.pi * k / found.length
    exact = np.prod(1 - chance + chance * np.exp(1j * t[:, None] * amounts), axis=1) * np.exp(-1j * t * found.start)
    assert np.abs(found.coefficients[k - 1] - exact).max() < 1e-8


@pytest.mark.parametrize("stages", [True, False])
def test_representatives_keep_the_first_cumulants_and_are_few(stages):
    amounts, chance = log_normal_deals(50_000, 1.0, 3, stages=stages)
    few = representatives(amounts, chance, np.zeros(amounts.size))
    assert few.amount.size < 8000
    for all_deals, of_few in (
        (amounts @ chance, few.weight @ (few.amount * few.probability)),
        (
            (amounts**2) @ (chance * (1 - chance)),
            few.weight @ (few.amount**2 * few.probability * (1 - few.probability)),
        ),
    ):
        assert of_few == pytest.approx(all_deals, rel=1e-12)


def test_equal_amounts_that_are_no_whole_units_are_not_smoothed_over():
    # 60 deals of 1000 π each: quantiles stand on multiples of 1000 π, as a binomial count says.
    chance = np.full(60, 0.5)
    found = money_sum((pool(np.full(60, 1000 * np.pi), chance),))
    counts = np.searchsorted(np.cumsum(naive_convolution(np.ones(60, dtype=int), chance)), [0.1, 0.5, 0.9])
    got = found.law.quantile(np.array([0.1, 0.5, 0.9]))
    assert np.abs(got - counts * 1000 * np.pi).max() <= max(found.error, 1000 * np.pi / 100)


def test_a_big_gap_in_the_distribution_is_kept():
    # One deal of 1,000,000 at 40 % beside 200 small ones: P50 lies below the gap, P70 above it.
    amounts, chance = log_normal_deals(200, 1.0, 5)
    amounts = np.append(amounts / amounts.sum() * 10_000, 1_000_000.0)
    found = money_sum((pool(amounts, np.append(chance, 0.4)),))
    low, high = found.law.quantile(np.array([0.5, 0.7]))
    assert low < 10_000
    assert high > 1_000_000


def dense_reference(units, counts, p, correlation, n_nodes=1601):
    """Return the cdf of whole units under a common factor: binomial counts per amount, mixed over a dense grid."""
    from scipy.stats import binom

    z = np.linspace(-7, 7, n_nodes)
    weight = np.exp(-z * z / 2)
    total = int((units * counts).sum())
    size = 1 << int(np.ceil(np.log2(total + 1)))
    mixed = np.zeros(size // 2 + 1, dtype=complex)
    for node, share in zip(z, weight / weight.sum(), strict=True):
        given = ndtr((ndtri(p) + np.sqrt(correlation) * node) / np.sqrt(1 - correlation))
        product_ = np.ones(size // 2 + 1, dtype=complex)
        for unit, count in zip(units, counts, strict=True):
            mass = np.zeros(size)
            mass[: unit * count + 1 : unit] = binom.pmf(np.arange(count + 1), count, given)
            product_ *= np.fft.rfft(mass)
        mixed += share * product_
    return np.cumsum(np.fft.irfft(mixed, size))[: total + 1]


@pytest.mark.parametrize(("n", "nodes"), [(100, 401), (1000, 401), (10_000, 601)])
@pytest.mark.parametrize("correlation", [0.05, 0.5])
def test_correlated_deals_agree_with_a_dense_quadrature(n, nodes, correlation):
    units = np.array([1, 2, 3, 4, 6])
    counts = np.array([n * 35 // 100, n * 25 // 100, n * 20 // 100, n * 15 // 100, n * 5 // 100])
    reference = dense_reference(units, counts, 0.4, correlation, nodes)
    deals = pool(1000.0 * np.repeat(units, counts), np.full(n, 0.4), correlation=correlation)
    found = money_sum((deals,))
    assert np.abs(found.law.cdf(1000.0 * np.arange(reference.size)) - reference).max() < 1e-3
    mass = np.diff(reference, prepend=0.0)
    x = 1000.0 * np.arange(reference.size)
    assert mean((deals,)) == pytest.approx(mass @ x, rel=1e-9)
    assert variance((deals,)) == pytest.approx(mass @ (x - mass @ x) ** 2, rel=2e-4)


def test_covariances_of_correlated_deals_are_those_of_two_normals():
    # P(both won) of two deals is the bivariate normal cdf; here by integration over the factor at 4001 points.
    chance = np.array([0.3, 0.7])
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    given = ndtr((ndtri(chance)[:, None] + np.sqrt(0.4) * z) / np.sqrt(0.6))
    both = float((given[0] * given[1]) @ weight)
    deals = pool(np.array([10.0, 30.0]), chance, correlation=0.4)
    assert covariances(deals) == pytest.approx([30 * (both - 0.21), 10 * (both - 0.21)], rel=1e-6)


def test_one_shared_beta_draw_matches_the_beta_binomial():
    from scipy.stats import betabinom

    deals = Pool(np.ones(200), np.full(200, 0.6), np.zeros(200), np.zeros(200, dtype=np.int64), (20.0,))
    found = money_sum((deals,))
    exact = betabinom(200, 12, 8)
    assert np.abs(found.law.cdf(np.arange(201.0)) - exact.cdf(np.arange(201))).max() < 1e-4
    assert variance((deals,)) == pytest.approx(exact.var(), rel=1e-4)
    # Independent draws per deal would change nothing: the variance would be that of the binomial.
    assert exact.var() > 5 * 200 * 0.6 * 0.4


def test_uncertain_amounts_have_the_moments_of_a_log_normal_and_its_quantiles():
    # One deal, certain to be won but for one in a million, log-sd 0.5, mean 1000: quantiles of the log-normal itself.
    deals = pool(np.array([1000.0]), np.array([1 - 1e-6]), spread=np.array([0.5]))
    found = money_sum((deals,))
    wanted = 1000 * np.exp(0.5 * ndtri(np.array([0.1, 0.5, 0.9])) - 0.125)
    assert found.law.quantile(np.array([0.1, 0.5, 0.9])) == pytest.approx(wanted, rel=0.05)
    assert own_variance(deals)[0] == pytest.approx(1000**2 * (np.exp(0.25) - 1), rel=1e-5)


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_simulated_uncertain_amounts_agree(correlation):
    draw = np.random.default_rng(11)
    n, n_draws = 150, 40_000
    amounts, chance = log_normal_deals(n, 1.0, 6)
    factor = np.sqrt(correlation) * draw.standard_normal((n_draws, 1))
    latent = factor + np.sqrt(1 - correlation) * draw.standard_normal((n_draws, n))
    worth = amounts * np.exp(0.4 * draw.standard_normal((n_draws, n)) - 0.08)
    sums = ((latent < ndtri(chance)) * worth).sum(axis=1)
    deals = pool(amounts, chance, correlation=correlation, spread=np.full(n, 0.4))
    found = money_sum((deals,))
    sd = np.sqrt(variance((deals,)))
    assert np.quantile(sums, [0.1, 0.5, 0.9]) == pytest.approx(
        found.law.quantile(np.array([0.1, 0.5, 0.9])), abs=0.03 * sd
    )
    assert sums.std() == pytest.approx(sd, rel=0.02)


def test_leaving_a_deal_out_agrees_with_enumeration(monkeypatch):
    draw = np.random.default_rng(2)
    amounts, chance = draw.integers(1, 40, 11).astype(float), draw.uniform(0.05, 0.95, 11)
    target = 90.0
    sums, weights = brute_force(amounts, chance)
    bits = np.array(list(product((0, 1), repeat=11))).astype(bool)
    hit = weights * (sums >= target)
    won = [hit[bits[:, i]].sum() / weights[bits[:, i]].sum() for i in range(11)]
    lost = [hit[~bits[:, i]].sum() / weights[~bits[:, i]].sum() for i in range(11)]
    for enumerated in (16, 0):  # both by enumeration and by dividing the spectrum
        monkeypatch.setattr("custvalue.kernels.leave_one_out.FEWEST", enumerated)
        got = reach_if(pool(amounts, chance), target)
        assert got[0] == pytest.approx(won, abs=1e-9)
        assert got[1] == pytest.approx(lost, abs=1e-9)
        assert got[2] == pytest.approx(np.subtract(won, lost), abs=1e-9)


@pytest.mark.parametrize("correlation", [0.0, 0.2])
def test_the_two_chances_of_every_deal_average_to_the_same_chance(correlation):
    amounts, chance = log_normal_deals(400, 1.0, 7)
    target = float(amounts @ chance) * 1.05
    deals = pool(amounts, chance, correlation=correlation)
    won, lost, alone = reach_if(deals, target)
    again = chance * won + (1 - chance) * lost
    found = money_sum((deals,))
    assert again == pytest.approx(np.full(400, 1 - found.law.below(np.array([target]))[0]), abs=2e-4)
    assert (alone > 0).all()
    assert (won - lost >= alone - 1e-9).all()  # what a win says about the factor comes on top


def test_the_table_is_finer_where_more_frequencies_are_needed():
    amounts, chance = log_normal_deals(1000, 1.0, 1)
    spectrum = inverted(Problem.of((pool(amounts, chance),)), 1, 1e9)
    law, error = table(spectrum)
    assert spectrum.n_points >= 4 * spectrum.coefficients.size
    assert 0 < error < 1e-4 * np.sqrt(variance((pool(amounts, chance),)))
    assert (np.diff(law.cumulative) >= 0).all()


def test_certain_worthless_and_hopeless_deals_need_no_method():
    found = money_sum((pool(np.array([5.0, 7.0, 0.0]), np.array([1.0, 0.0, 0.5])),))
    assert (found.method, found.law.points.tolist()) == ("certain", [5.0])
    assert money_sums.common_unit((pool(np.array([0.25, 1.5]), np.array([0.5, 0.5])),)) == 0.25
    assert money_sums.common_unit((pool(np.array([0.3333, 1.5]), np.array([0.5, 0.5])),)) == 0.0


@pytest.mark.parametrize(("n", "p"), [(4000, 0.0005), (1000, 0.001), (400, 0.005), (60, 0.02)])
def test_the_chance_that_nothing_is_won_is_that_of_losing_every_deal(n, p):
    draw = np.random.default_rng(n)
    amounts, chance = draw.lognormal(10.0, 1.0, n), p * draw.uniform(0.5, 1.5, n)
    found = money_sum((pool(amounts, chance),))
    assert found.law.cdf(np.zeros(1))[0] == pytest.approx(np.prod(1 - chance), abs=1e-9)
    assert found.law.below(amounts[[amounts.argmin()]])[0] == pytest.approx(np.prod(1 - chance), abs=0.01)


def test_where_two_of_four_thousand_deals_are_won_the_lattice_is_as_fine_as_their_sum():
    draw = np.random.default_rng(7)
    amounts, chance = draw.lognormal(10.0, 1.0, 4000), np.full(4000, 0.0005)
    found = money_sum((pool(amounts, chance),))
    # The number won is Poisson but for 1e-3; given the number, draws of the amounts: 400,000 sums.
    won = draw.poisson(2.0, 400_000)
    sums = np.bincount(np.repeat(np.arange(won.size), won), draw.choice(amounts, won.sum()), minlength=won.size)
    where = np.quantile(sums, [0.3, 0.6, 0.9])
    simulated = (sums <= where[:, None]).mean(axis=1)
    # Two standard errors of the draws, the Poisson's 5e-4, and what half a step moves.
    assert found.law.cdf(where) == pytest.approx(simulated, abs=0.003)
