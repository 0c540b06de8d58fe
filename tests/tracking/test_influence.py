"""What each deal brings and risks, and how the chance of target hangs on it."""

import numpy as np
import pandas as pd
import pytest

from custvalue.rules import playbook
from custvalue.rules.errors import InputError
from custvalue.tracking.distribution import revenue_distribution
from custvalue.tracking.influence import deal_influence

AS_OF = "2026-09-15"


def deals(amounts, stages, **columns):
    return pd.DataFrame(
        {
            "amount": amounts,
            "stage": stages,
            "outcome": pd.Series([None] * len(amounts), dtype="str"),
            "expected_close": pd.Timestamp("2026-09-30"),
            **columns,
        }
    )


def test_two_deals_worked_by_hand():
    frame = deals([300.0, 100.0], ["quotation", "trial"]).set_axis(["big", "small"])
    found = deal_influence(frame, correlation=0, target=300, as_of=AS_OF)
    table = found.deals
    # 0.4 x 300 = 120 and 0.8 x 100 = 80; variances 300² x 0.24 = 21600 and 100² x 0.16 = 1600.
    assert table["expected"].tolist() == pytest.approx([120, 80])
    assert table["share_of_expected"].tolist() == pytest.approx([0.6, 0.4])
    assert table["share_of_variance"].tolist() == pytest.approx([21_600 / 23_200, 1_600 / 23_200])
    assert table["chance_if_won"].tolist() == pytest.approx([1, 0.4])
    assert table["chance_if_lost"].tolist() == pytest.approx([0, 0.4])
    assert table["swing"].tolist() == pytest.approx([1, 0])
    assert table["hinges"].tolist() == [True, False]
    assert (table["rank"].tolist(), table.index.tolist()) == ([1, 2], ["big", "small"])
    summary = found.summary.iloc[0]
    assert summary["chance_at_least"] == pytest.approx(0.4)
    assert (summary["n_hinges"], summary["n_for_half_variance"]) == (1, 1)


def test_two_correlated_deals_agree_with_the_bivariate_normal():
    from scipy.stats import multivariate_normal, norm

    found = deal_influence(deals([300.0, 100.0], ["quotation", "trial"]), correlation=0.4, target=400, as_of=AS_OF)
    both = multivariate_normal.cdf([norm.ppf(0.4), norm.ppf(0.8)], cov=[[1, 0.4], [0.4, 1]])
    assert found.deals["chance_if_won"].tolist() == pytest.approx([both / 0.4, both / 0.8], abs=1e-5)
    assert found.deals["chance_if_lost"].tolist() == pytest.approx([0, 0])
    # The money alone: with the factor held fixed the other deal keeps its own chance.
    assert found.deals["swing_alone"].tolist() == pytest.approx([0.8, 0.4], abs=1e-5)
    # Cov(a W, total) ÷ Var: own variance and the covariance with the other.
    cross = 300 * 100 * (both - 0.32)
    assert found.deals["share_of_variance"].tolist() == pytest.approx(
        [(21_600 + cross) / (23_200 + 2 * cross), (1_600 + cross) / (23_200 + 2 * cross)], abs=1e-6
    )


@pytest.mark.parametrize("correlation", [0, 0.2])
@pytest.mark.parametrize("n", [14, 300])
def test_shares_add_up_and_the_chances_average_to_that_of_the_target(n, correlation):
    draw = np.random.default_rng(n)
    frame = deals(draw.lognormal(10, 1, n), draw.choice(playbook.DEAL_HEAT.names[:5], n))
    revenue = revenue_distribution(frame, correlation=correlation, as_of=AS_OF)
    target = revenue.mean + 0.3 * revenue.sd
    found = deal_influence(frame, correlation=correlation, target=target, as_of=AS_OF)
    table = found.deals
    assert table["share_of_expected"].sum() == pytest.approx(1)
    assert table["share_of_variance"].sum() == pytest.approx(1, abs=1e-6)
    average = (
        table["used_probability"] * table["chance_if_won"] + (1 - table["used_probability"]) * table["chance_if_lost"]
    )
    assert average.to_numpy() == pytest.approx(np.full(n, revenue.at_least(target)), abs=2e-3)
    assert sorted(table["rank"]) == list(range(1, n + 1))
    assert table.sort_values("rank")["swing_alone"].is_monotonic_decreasing


def test_a_deal_left_out_of_the_frame_gives_the_chance_if_lost():
    draw = np.random.default_rng(1)
    frame = deals(draw.lognormal(10, 1, 150), draw.choice(playbook.DEAL_HEAT.names[:5], 150))
    target = 0.65 * float(frame["amount"].sum())
    found = deal_influence(frame, correlation=0, target=target, as_of=AS_OF).deals
    for row in (0, 17, int(frame["amount"].argmax())):
        rest = revenue_distribution(frame.drop(index=row), correlation=0, as_of=AS_OF)
        assert found["chance_if_lost"].iloc[row] == pytest.approx(rest.at_least(target), abs=5e-4)
        assert found["chance_if_won"].iloc[row] == pytest.approx(
            rest.at_least(target - frame["amount"].iloc[row]), abs=5e-4
        )


@pytest.mark.parametrize("correlation", [0, 0.2])
def test_deals_that_are_certain_hopeless_or_free_swing_nothing(correlation):
    frame = deals([100.0, 100.0, 0.0, 50.0], "trial", p=[1.0, 0.0, 0.5, 0.5])
    table = deal_influence(frame, correlation=correlation, target=150, as_of=AS_OF, probability="p").deals
    assert table["chance_if_won"].isna().tolist() == [False, True, False, False]
    assert table["chance_if_lost"].isna().tolist() == [True, False, False, False]
    assert table["chance_if_won"].iloc[[0, 3]].tolist() == pytest.approx([0.5, 1])
    assert table["chance_if_lost"].iloc[[1, 3]].tolist() == pytest.approx([0.5, 0])
    assert table["swing_alone"].iloc[[2, 3]].tolist() == pytest.approx([0, 1])
    assert table["rank"].tolist()[3] == 1


def test_nothing_open_gives_an_empty_table():
    found = deal_influence(deals([], []), correlation=0, target=10, as_of=AS_OF)
    assert len(found.deals) == 0
    assert found.summary[["n_open", "n_hinges", "n_for_half_variance"]].iloc[0].tolist() == [0, 0, 0]
    assert "swing" in found.deals


def test_a_name_of_a_result_column_and_a_target_that_is_none_are_refused():
    frame = deals([1.0], ["trial"])
    with pytest.raises(InputError, match="name of a result column"):
        deal_influence(frame.assign(rank=1), correlation=0, target=1, as_of=AS_OF)
    with pytest.raises(InputError, match="target must be a number"):
        deal_influence(frame, correlation=0, target="1", as_of=AS_OF)
    with pytest.raises(InputError, match="hinges_from must lie"):
        deal_influence(frame, correlation=0, target=1, as_of=AS_OF, hinges_from=2)


def test_amounts_whose_squares_leave_the_range_of_a_float_are_refused():
    frame = deals([1e300, 100.0], ["quotation", "trial"])
    with pytest.raises(InputError, match=r"deal_influence: amount must be 1e\+100 or less: got 1e\+300"):
        deal_influence(frame, correlation=0, target=1, as_of=AS_OF)
    found = deal_influence(frame.assign(amount=[1e100, 100.0]), correlation=0, target=1e99, as_of=AS_OF).deals
    assert found["share_of_variance"].tolist() == pytest.approx([1, 0])
    assert found["swing_alone"].tolist() == pytest.approx([1, 0])
