"""A few deals worth more than all others together: every table must still show the others."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from custvalue.kernels.dominant import dominated
from custvalue.kernels.laws import Law, mixed
from custvalue.kernels.leave_one_out import reach_if
from custvalue.kernels.money_sums import money_sum
from custvalue.kernels.pools import pool


def at_least(found, target):
    return 1.0 - float(found.law.below(np.array([float(target)]))[0])


def binomial_mixture(n, p, correlation):
    """Return nodes of the factor, their weights, and the chance of a win given the factor, on a net of its own."""
    z = np.linspace(-8, 8, 4001)
    weight = norm.pdf(z)
    given = norm.cdf((norm.ppf(p) + np.sqrt(correlation) * z) / np.sqrt(1 - correlation))
    return weight / weight.sum(), given


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("n", [24, 300, 1000])
def test_one_deal_of_a_billion_among_deals_of_one_leaves_the_small_ones_as_they_are(n, correlation):
    amounts, chance = np.r_[1e9, np.ones(n)], np.r_[0.4, np.full(n, 0.3)]
    found = money_sum((pool(amounts, chance, correlation=correlation),))
    weight, small = binomial_mixture(n, 0.3, correlation)
    _, large = binomial_mixture(n, 0.4, correlation)
    wins = np.arange(n + 1)
    by_node = binom.cdf(wins[:, None], n, small)
    lost, won = by_node @ (weight * (1 - large)), by_node @ (weight * large)
    # Many correlated deals are joined by straight lines, which is off where the chances of whole numbers rise fast.
    close = 1e-3 if found.method == "characteristic function" else 2e-6
    assert found.law.cdf(wins.astype(float)) == pytest.approx(lost, abs=close)
    assert found.law.cdf(1e9 + wins) == pytest.approx(0.6 + won, abs=close)
    assert at_least(found, 1e9) == pytest.approx(0.4, abs=1e-6)
    for level in (0.1, 0.3, 0.5):
        exact = wins[np.searchsorted(lost, level)]
        assert found.law.quantile(np.array([level]))[0] == pytest.approx(exact, abs=found.error + 1e-6)
        assert found.law.quantile(np.array([level]))[0] >= 0


@pytest.mark.parametrize("correlation", [0.0, 0.1])
def test_the_chance_of_a_target_that_is_the_largest_deal_is_that_deals_chance(correlation):
    # The others are worth 1.1 million together: without the largest the target is out of reach.
    others = np.round(np.random.default_rng(3).uniform(1000, 90_000, 24), 2)
    found = money_sum((pool(np.r_[2e6, others], np.r_[0.5, np.full(24, 0.02)], correlation=correlation),))
    assert at_least(found, 2e6) == pytest.approx(0.5, abs=1e-9)
    assert at_least(found, 2e6 - 100) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("correlation", [0.0, 0.1])
def test_the_target_is_reached_if_the_deal_of_its_very_amount_is_won(correlation):
    others = np.round(np.random.default_rng(3).uniform(1000, 90_000, 24), 2)
    deals = pool(np.r_[2e6, others], np.r_[0.5, np.full(24, 0.02)], correlation=correlation)
    if_won, if_lost, alone = reach_if(deals, 2e6)
    assert (if_won[0], if_lost[0], alone[0]) == pytest.approx((1.0, 0.0, 1.0), abs=1e-6)
    if correlation == 0:  # the others move nothing
        assert if_won[1:] == pytest.approx(np.full(24, 0.5), abs=1e-6)
        assert alone[1:] == pytest.approx(np.zeros(24), abs=1e-6)


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_two_equal_large_deals_among_many_are_taken_outcome_by_outcome(correlation):
    draw = np.random.default_rng(1)
    amounts, chance = np.r_[1e9, 1e9, draw.lognormal(3.0, 1.0, 500)], np.full(502, 0.3)
    found = money_sum((pool(amounts, chance, correlation=correlation),))
    z = draw.standard_normal(40_000)
    given = norm.cdf((norm.ppf(0.3) + np.sqrt(correlation) * z) / np.sqrt(1 - correlation))
    sums = np.concatenate([(draw.random((1000, 502)) < part[:, None]) @ amounts for part in given.reshape(40, 1000)])
    where = np.quantile(sums, [0.1, 0.3, 0.5, 0.8, 0.95])
    simulated = (sums <= where[:, None]).mean(axis=1)
    assert found.law.cdf(where) == pytest.approx(simulated, abs=0.01)  # four standard errors of the draws


def test_an_atom_split_over_two_points_of_the_lattice_still_reaches_its_own_amount():
    # The second amount is uncertain, so the sum is taken on a lattice; the first reaches the target alone.
    given = pool(np.array([2e6, 1e6]), np.array([0.5, 0.3]), spread=np.array([0.0, 0.5]))
    found = money_sum((given,))
    # 1 - 0.5 x 0.7 is not reached by the second alone but with chance 0.3 x P(exp(...) 1e6 >= 2e6).
    alone = norm.sf((np.log(2.0) + 0.125) / 0.5)
    assert at_least(found, 2e6) == pytest.approx(0.5 + 0.5 * 0.3 * alone, abs=2e-3)


def test_deals_are_dominated_only_where_each_large_one_outweighs_all_smaller():
    spread = np.array([0.0, 0.0, 0.0])
    for amounts, n_large in (((5.0, 2.0, 1.0), 1), ((4.0, 4.0, 1.0), 2), ((3.0, 2.0, 1.0), 2), ((2.0, 2.0, 2.0), None)):
        found = dominated((pool(np.array(amounts), np.full(3, 0.5), spread=spread),))
        assert (None if found is None else found.amount.size) == n_large
    uncertain = pool(np.array([5.0, 2.0, 1.0]), np.full(3, 0.5), spread=np.array([0.1, 0.0, 0.0]))
    assert dominated((uncertain,)) is None
    drawn = pool(np.array([5.0, 2.0, 1.0]), np.full(3, 0.5), draw=np.array([0, 0, 0]), strengths=(10.0,))
    assert dominated((drawn,)) is None


def test_the_chances_of_the_outcomes_add_up_and_are_those_of_correlated_deals():
    found = dominated((pool(np.array([9.0, 8.5, 1.0]), np.array([0.4, 0.3, 0.5]), correlation=0.4),))
    outcomes = {outcome.money: outcome.chance for outcome in found.outcomes()}
    assert sum(outcomes.values()) == pytest.approx(1.0)
    weight, one = binomial_mixture(1, 0.4, 0.4)
    _, two = binomial_mixture(1, 0.3, 0.4)
    assert outcomes[17.5] == pytest.approx(weight @ (one * two), abs=1e-8)
    assert outcomes[9.0] == pytest.approx(weight @ (one * (1 - two)), abs=1e-8)


def test_a_mixture_of_a_step_and_a_line_keeps_the_step():
    step = Law(np.array([0.0, 2.0]), np.array([0.5, 1.0]), stepwise=True)
    line = Law(np.array([0.0, 4.0]), np.array([0.0, 1.0]), stepwise=False)
    both = mixed([step, line], [0.0, 0.0], [0.5, 0.5])
    assert both.cdf(np.array([-1.0, 0.0, 1.0, 2.0, 3.0, 4.0])).tolist() == [0.0, 0.25, 0.375, 0.75, 0.875, 1.0]
    assert both.below(np.array([0.0, 2.0])).tolist() == [0.0, 0.5]
