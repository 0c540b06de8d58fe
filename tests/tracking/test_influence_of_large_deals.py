"""The chances with and without each deal, beside convolutions of the others at every outcome and every node."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from custvalue.kernels.leave_one_out import reach_if
from custvalue.kernels.pools import pool
from custvalue.rules.errors import InputError
from custvalue.tracking.influence import deal_influence
from tests.tracking.test_influence import AS_OF, deals

# No whole hundredths: the kernel is not told that amounts are multiples of a unit.
UNIT = 1000 * np.pi


def conditional(p, correlation, z):
    if correlation == 0:
        return np.broadcast_to(p, (z.size, p.size))
    return ndtr((ndtri(p) + np.sqrt(correlation) * z[:, None]) / np.sqrt(1 - correlation))


def reference(units, small, large, big, correlation, target, asked):
    """Return the chance if won, if lost, and what the money moves, for some small deals and then all large ones."""
    z = np.linspace(-7, 7, 141 if units.size < 100 else 201) if correlation else np.zeros(1)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    p, q = conditional(small, correlation, z), conditional(big, correlation, z)
    size = 1 << int(np.ceil(np.log2(units.sum() + 2)))
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    powers = [turn**unit - 1 for unit in units]
    wins = (np.arange(2**large.size)[:, None] >> np.arange(large.size)) & 1

    def reach(without):
        """Return the chance that the small deals but one reach an amount of money, node by node."""
        spectrum = np.ones((z.size, turn.size), dtype=complex)
        for place in range(units.size):
            if place != without:
                spectrum *= 1 + p[:, [place]] * powers[place]
        mass = np.fft.irfft(spectrum, size)
        tail = np.column_stack([np.cumsum(mass[:, ::-1], axis=1)[:, ::-1], np.zeros(z.size)])
        return lambda money: tail[:, int(np.clip(np.ceil(money / UNIT - 1e-6), 0, size))]

    def over_large(money_of_small, tail, without=None, own=0.0):
        """Return the chance of the target at every node, the large deals (but one, worth ``own``) mixed over."""
        total = np.zeros(z.size)
        for won in wins:
            if without is not None and won[without]:
                continue
            factors = np.where(won, q, 1 - q)
            if without is not None:
                factors = np.delete(factors, without, axis=1)
            total += factors.prod(axis=1) * tail(target - own - float(large[won == 1].sum()) - money_of_small)
        return total

    result = []
    for place in asked:
        tail = reach(place)
        if_won, if_lost = over_large(UNIT * units[place], tail), over_large(0.0, tail)
        result.append((if_won, if_lost, p[:, place], small[place]))
    tail = reach(None)
    for place in range(large.size):
        if_won, if_lost = over_large(0.0, tail, place, large[place]), over_large(0.0, tail, place)
        result.append((if_won, if_lost, q[:, place], big[place]))
    return np.array(
        [
            (
                weight @ (chance * if_won) / own,
                weight @ ((1 - chance) * if_lost) / (1 - own),
                weight @ (if_won - if_lost),
            )
            for if_won, if_lost, chance, own in result
        ]
    ).T


def some(n, total, seed):
    draw = np.random.default_rng(seed)
    amounts = draw.lognormal(0.0, 1.0, n)
    return np.ceil(amounts / amounts.sum() * total).astype(int), draw.uniform(0.1, 0.9, n), draw.integers(0, n, 4)


def largest_error(n, large, correlation, share, above, seed=1, total=1500):
    """Return how far the three answers are off where the target is a share of the small ones above some amount."""
    units, small, asked = some(n, total, seed)
    large, big = np.array(large) * UNIT * units.sum() / 30, np.array([0.35, 0.6, 0.2])[: len(large)]
    # Between two sums of the small deals.
    target = above * UNIT * units.sum() / 30 + UNIT * (np.floor(share * units.sum()) + 0.5)
    exact = reference(units, small, large, big, correlation, target, asked)
    made = reach_if(pool(np.r_[UNIT * units, large], np.r_[small, big], correlation=correlation), target)
    chosen = np.r_[asked, n + np.arange(len(large))]
    return np.abs(np.array([answer[chosen] for answer in made]) - exact).max()


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("n", [40, 150])
@pytest.mark.parametrize(
    ("large", "above"),
    [
        ([1e3], 0.0),
        ([1e6], 1e6),
        ([1e9], 0.0),
        ([1e9, 1e6], 1e9 + 1e6),
        ([1e9, 1e6], 1e6),
        ([1e9, 1e9], 1e9),
        ([1e9, 1e6, 1e3], 1e6),
    ],
)
def test_the_small_deals_decide_beside_deals_that_dwarf_them(large, above, n, correlation):
    assert largest_error(n, large, correlation, 0.45, above) < 1e-3


@pytest.mark.parametrize("correlation", [0.0, 0.3])
@pytest.mark.parametrize(("large", "above"), [([1e9], 1e9), ([1e9], 0.0), ([1e6, 1e6, 1e6], 2e6)])
def test_four_hundred_small_deals_beside_the_large(large, above, correlation):
    assert largest_error(400, large, correlation, 0.5, above, total=2000) < 1e-3


@pytest.mark.parametrize("n_small", [8, 13])
@pytest.mark.parametrize("large", [[1e3], [1e6], [1e9, 1e6], [1e12, 1e9, 1e6]])
@pytest.mark.parametrize("side", [-1, 0, 1])
def test_up_to_sixteen_deals_agree_with_every_outcome(n_small, large, side):
    draw = np.random.default_rng(n_small)
    amounts = np.r_[np.round(draw.uniform(1, 9, n_small), 2), large]
    chance = draw.uniform(0.1, 0.9, amounts.size)
    target = large[-1] + side * 20.0
    bits = ((np.arange(2**amounts.size)[:, None] >> np.arange(amounts.size)) & 1).astype(bool)
    weight = np.where(bits, chance, 1 - chance).prod(axis=1)
    hit = weight * (bits @ amounts >= target - 1e-4)
    made = reach_if(pool(amounts, chance), target)
    for place in range(amounts.size):
        won = hit[bits[:, place]].sum() / chance[place]
        lost = hit[~bits[:, place]].sum() / (1 - chance[place])
        got = [answer[place] for answer in made]
        assert got == pytest.approx([won, lost, won - lost], abs=1e-9)


@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_a_target_far_above_or_below_all_is_settled(correlation):
    amounts, chance = np.r_[1e9, np.full(40, np.pi)], np.full(41, 0.4)
    dealt = pool(amounts, chance, correlation=correlation)
    for target, answer in ((2e9, 0.0), (-5.0, 1.0)):
        won, lost, alone = reach_if(dealt, target)
        assert won == pytest.approx(np.full(41, answer), abs=1e-6)
        assert lost == pytest.approx(np.full(41, answer), abs=1e-6)
        assert alone == pytest.approx(np.zeros(41), abs=1e-6)


@pytest.mark.parametrize("correlation", [0.05, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("n", [40, 80])
@pytest.mark.parametrize("share", [0.03, 0.2, 0.5, 0.9])
def test_correlated_deals_agree_with_a_dense_mixture(n, correlation, share):
    assert largest_error(n, [], correlation, share, 0.0, seed=n + int(10 * share)) < 1e-3


@pytest.mark.parametrize("spread", [None, 0.3])
def test_what_cannot_be_seen_is_refused_and_not_made_up(spread):
    # Eight deals of a million dwarf forty of one: which of 256 outcomes, or what an uncertain million is, hides them.
    amounts = np.r_[np.full(8, 1e9), np.linspace(1.0, 2.0, 40) * np.pi]
    frame = deals(amounts, "quotation")
    with pytest.raises(InputError, match="deal_influence: the target must not hang on deals too small to be seen"):
        deal_influence(frame, correlation=0, target=75.0, as_of=AS_OF, amount_spread=spread)
    # Where the small ones do not decide, nothing is hidden.
    found = deal_influence(frame, correlation=0, target=1.5e9, as_of=AS_OF)
    assert found.deals["swing"].iloc[-1] == pytest.approx(0, abs=1e-6)
    # Two of eight at 0.4 are needed, one of the other seven if this is won.
    assert found.deals["chance_if_won"].iloc[0] == pytest.approx(1 - 0.6**7, abs=1e-6)
