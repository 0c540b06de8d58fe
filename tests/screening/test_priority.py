"""The priority grid."""

from dataclasses import replace
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from custvalue import playbook, rank_opportunities
from custvalue.screening.priority import priority_grid


def cards():
    return pd.DataFrame(
        [{"card": c.name, "probability": c.probability, "amount": c.amount} for c in playbook.PRIORITY_GRID.cards]
    )


def test_the_five_cards_come_in_the_order_a_b_d_c_e():
    ranked = rank_opportunities(cards())
    assert "".join(ranked.sort_values("rank")["card"]) == "ABDCE"


def test_a_tie_in_expected_value_goes_to_the_higher_probability():
    ranked = rank_opportunities(pd.DataFrame({"probability": [0.3, 0.6], "amount": [200.0, 100.0]}))
    assert ranked["expected"].tolist() == [60, 60]
    assert ranked["rank"].tolist() == [2, 1]


def test_without_a_probability_column_the_stage_gives_it():
    deals = pd.DataFrame({"stage": ["trial", "quotation"], "amount": [100.0, 300.0]})
    ranked = rank_opportunities(deals)
    assert ranked["probability"].tolist() == [0.8, 0.4]
    assert ranked["rank"].tolist() == [2, 1]


def test_closed_and_unpriced_deals_get_no_rank_and_do_not_move_the_others():
    deals = pd.DataFrame(
        {
            "stage": ["trial", "gone", "trial", "terms"],
            "amount": [100.0, 900.0, np.nan, 50.0],
            "outcome": [None, "won", None, None],
        }
    )
    ranked = rank_opportunities(deals)
    assert ranked["rank"].astype(object).where(ranked["rank"].notna(), "-").tolist() == [1, "-", "-", 2]
    assert np.isnan(ranked["expected"].iloc[2])


def test_a_stage_that_is_not_on_the_ladder_is_refused_with_its_count_and_the_nearest_one():
    deals = pd.DataFrame({"stage": ["trail", "trail", "terms"], "amount": 1.0})
    with pytest.raises(ValueError, match=r"'trail' \(2\).*Did you mean 'trial'"):
        rank_opportunities(deals)


def test_a_probability_in_percent_is_refused():
    with pytest.raises(ValueError, match=r"probability must be 1 or less: got 60 \(column 'probability', row 0\)"):
        rank_opportunities(pd.DataFrame({"probability": [60], "amount": [1.0]}))


def test_equal_products_of_different_factors_tie_in_spite_of_round_off():
    # 49,000 x 0.6 and 42,000 x 0.7 are both 29,400; as floats they differ in the last digit.
    ranked = rank_opportunities(pd.DataFrame({"probability": [0.6, 0.7], "amount": [49_000.0, 42_000.0]}))
    assert ranked["rank"].tolist() == [2, 1]


def test_places_break_ties_by_the_order_of_the_rows():
    ranked = rank_opportunities(
        pd.DataFrame({"probability": [0.3, 0.6, 0.6, 0.9], "amount": [200.0, 100.0, 100.0, np.nan]})
    )
    assert ranked["rank"].tolist()[:3] == [3, 1, 1]
    assert ranked["place"].tolist()[:3] == [3, 1, 2]
    assert ranked[["rank", "place"]].iloc[3].isna().all()


def test_opportunities_worth_nothing_are_ranked_last():
    ranked = rank_opportunities(pd.DataFrame({"probability": [0.0, 0.5, 0.4], "amount": [100.0, 0.0, 10.0]}))
    assert ranked["rank"].tolist() == [3, 2, 1]


def test_the_cards_lie_in_their_own_cells_of_the_grid():
    ranked = rank_opportunities(cards())
    assert ranked["grid_probability"].tolist() == [0.9, 0.6, 0.9, 0.3, 0.3]
    assert ranked["grid_amount"].tolist() == [2e6, 1e6, 5e5, 2e6, 5e5]
    assert ranked["grid_amount"].cat.categories.tolist() == [5e5, 1e6, 2e6]
    assert ranked["grid_probability"].cat.ordered
    cells = priority_grid(ranked)
    assert cells["card"].fillna("-").tolist() == ["A", "-", "C", "-", "B", "-", "D", "-", "E"]
    assert cells["n"].tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert cells["expected"].tolist() == [1.8e6, 0, 4.5e5, 0, 6e5, 0, 6e5, 0, 1.5e5]
    assert cells["expected_share"].tolist() == pytest.approx([1 / 2, 0, 1 / 8, 0, 1 / 6, 0, 1 / 6, 0, 1 / 24])


@pytest.mark.parametrize(
    ("chance", "row"), [(0.0, 0.3), (0.449, 0.3), (0.45, 0.6), (0.451, 0.6), (0.749, 0.6), (0.75, 0.9), (1.0, 0.9)]
)
def test_halfway_between_two_rows_belongs_to_the_higher_one(chance, row):
    ranked = rank_opportunities(pd.DataFrame({"probability": [chance], "amount": [1.0]}))
    assert ranked["grid_probability"].tolist() == [row]


@pytest.mark.parametrize(
    ("amount", "column"),
    [(0, 5e5), (749_999, 5e5), (750_000, 1e6), (750_001, 1e6), (1_499_999, 1e6), (1_500_000, 2e6), (9e9, 2e6)],
)
def test_halfway_between_two_columns_belongs_to_the_higher_one(amount, column):
    ranked = rank_opportunities(pd.DataFrame({"probability": [0.5], "amount": [amount]}))
    assert ranked["grid_amount"].tolist() == [column]


def test_cells_add_up_to_the_open_priced_opportunities():
    draw = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "probability": draw.random(500),
            "amount": np.where(draw.random(500) < 0.1, np.nan, draw.lognormal(13, 1, 500)),
            "outcome": draw.choice(["won", None], 500, p=[0.2, 0.8]),
        }
    )
    ranked = rank_opportunities(frame)
    cells = priority_grid(ranked)
    counted = frame["outcome"].isna() & frame["amount"].notna()
    assert cells["n"].sum() == counted.sum()
    assert cells["amount"].sum() == pytest.approx(frame.loc[counted, "amount"].sum())
    assert cells["expected"].sum() == pytest.approx(ranked["expected"].sum())
    # The middle cell by hand: nearer to 60 % and 1 M than to their neighbours.
    middle = counted & frame["probability"].between(0.45, 0.75, inclusive="left")
    middle &= frame["amount"].between(750_000, 1_500_000, inclusive="left")
    assert cells["n"].iloc[4] == middle.sum()


@pytest.mark.parametrize("currency", ["CNY", "cny", " Cny ", None])
def test_the_grids_own_currency_is_known_in_whatever_case(currency):
    ranked = rank_opportunities(cards().assign(currency=currency))
    assert ranked["grid_amount"].tolist() == [2e6, 1e6, 5e5, 2e6, 5e5]
    categorical = rank_opportunities(cards().assign(currency=pd.Categorical([currency] * 5)))
    assert categorical["grid_amount"].tolist() == [2e6, 1e6, 5e5, 2e6, 5e5]


def test_another_currency_has_no_place_on_the_grid_but_is_ranked():
    ranked = rank_opportunities(cards().assign(currency="USD"))
    assert ranked["rank"].tolist() == [1, 2, 4, 3, 5]
    assert ranked[["grid_probability", "grid_amount"]].isna().all(axis=None)
    assert priority_grid(ranked)["n"].tolist() == [0] * 9
    assert priority_grid(ranked)["expected_share"].isna().all()


def test_a_frame_ranked_on_another_grid_is_refused():
    other = replace(playbook.PRIORITY_GRID, probabilities=(0.8, 0.5, 0.2))
    with pytest.raises(ValueError, match=r"grid_probability must be on the grid: got 0.8.*Pass the grid="):
        priority_grid(rank_opportunities(cards(), grid=other))
    with pytest.raises(ValueError, match="'grid_amount' is needed"):
        priority_grid(rank_opportunities(cards()).drop(columns="grid_amount"))


def test_expected_value_per_remaining_hour_is_missing_where_no_hours_remain_or_are_known():
    frame = pd.DataFrame(
        {"probability": 0.5, "amount": [100.0, 100.0, 100.0, np.nan], "hours": [4.0, 0.0, np.nan, 4.0]}
    )
    ranked = rank_opportunities(frame)
    assert ranked["expected_per_hour"].iloc[0] == 12.5
    assert ranked["expected_per_hour"].isna().tolist() == [False, True, True, True]
    assert "expected_per_hour" not in rank_opportunities(frame.drop(columns="hours"))
    renamed = rank_opportunities(frame.rename(columns={"hours": "left"}), hours="left")
    assert renamed["expected_per_hour"].iloc[0] == 12.5
    with pytest.raises(ValueError, match="'left' is needed"):
        rank_opportunities(frame, hours="left")
    with pytest.raises(ValueError, match="hours must be 0 or more: got -1"):
        rank_opportunities(frame.assign(hours=-1.0))


def exactly(p, a, r):
    """Return the certainty equivalent in 400 digits."""
    with localcontext() as context:
        context.prec = 400
        p, a, r = Decimal(p), Decimal(a), Decimal(r)
        return float(-r * (1 - p + p * (-a / r).exp()).ln())


@pytest.mark.parametrize("p", [0.0, 1e-12, 0.3, 0.5, 0.6, 0.999999, 1 - 2**-53, 1.0])
@pytest.mark.parametrize("ratio", [1e-12, 1e-6, 0.01, 0.7, 1.0, 5.0, 50.0, 800.0])
def test_the_certainty_equivalent_keeps_its_digits_for_small_and_large_amounts(p, ratio):
    tolerance = 250_000.0
    frame = pd.DataFrame({"probability": [p], "amount": [ratio * tolerance]})
    found = rank_opportunities(frame, risk_tolerance=tolerance)["certainty_equivalent"].iloc[0]
    assert found == pytest.approx(exactly(p, ratio * tolerance, tolerance), rel=1e-12, abs=0)


def test_the_certainty_equivalent_nears_the_expected_value_as_the_tolerance_grows():
    found = [rank_opportunities(cards(), risk_tolerance=r)["certainty_equivalent"] for r in (1e4, 1e5, 1e6, 1e7, 1e12)]
    for less, more in pairwise(found):
        assert (less < more).all()
    expected = rank_opportunities(cards())["expected"]
    assert (found[-1] < expected).all()
    np.testing.assert_allclose(found[-1], expected, rtol=1e-5)
    assert "certainty_equivalent" not in rank_opportunities(cards())


@pytest.mark.parametrize("wrong", [0, -1.0, float("inf"), float("nan"), "much", True])
def test_a_risk_tolerance_that_is_no_amount_is_refused(wrong):
    with pytest.raises(ValueError, match="risk_tolerance must be positive and finite"):
        rank_opportunities(cards(), risk_tolerance=wrong)


def test_an_empty_frame_gives_all_columns_and_nine_empty_cells():
    ranked = rank_opportunities(cards().iloc[:0].assign(hours=1.0), risk_tolerance=1.0)
    wanted = {
        "expected",
        "rank",
        "place",
        "grid_probability",
        "grid_amount",
        "expected_per_hour",
        "certainty_equivalent",
    }
    assert wanted <= set(ranked.columns)
    assert priority_grid(ranked)["n"].tolist() == [0] * 9


@pytest.mark.parametrize(
    ("named", "taken"),
    [
        ({"amount": "rank"}, "rank"),
        ({"amount": "probability"}, "probability"),
        ({"hours": "expected_per_hour"}, "expected_per_hour"),
        ({"probability": "expected"}, "expected"),
    ],
)
def test_a_column_that_the_results_would_overwrite_is_refused(named, taken):
    deals = pd.DataFrame({"probability": [0.5], "amount": [10.0], "hours": [1.0]}).assign(**{taken: [0.5]})
    with pytest.raises(ValueError, match=rf"must not bear the name of a result column: got \['{taken}'\]"):
        rank_opportunities(deals, **named)


def test_what_was_ranked_may_be_ranked_again():
    once = rank_opportunities(cards().assign(hours=[1.0, 2.0, 3.0, 4.0, 5.0]))
    pd.testing.assert_frame_equal(rank_opportunities(once), once)


def test_hours_next_to_nothing_and_a_tolerance_next_to_nothing_are_refused_in_words():
    deals = pd.DataFrame({"probability": [0.5, 0.5], "amount": [10.0, 1e300], "hours": [1e-320, 1.0]}, index=["a", "b"])
    with pytest.raises(ValueError, match=r"expected value per hour must be a finite number: got 1e-320 .*row 'a'"):
        rank_opportunities(deals)
    with pytest.raises(ValueError, match=r"amount ÷ risk tolerance must be a finite number: got 1e\+300 .*row 'b'"):
        rank_opportunities(deals.drop(columns="hours"), risk_tolerance=1e-20)


def test_the_smallest_and_the_largest_amounts_are_ranked_without_a_warning():
    deals = pd.DataFrame({"probability": [0.5, 1.0, 1.0], "amount": [1e-320, 1.7e308, 0.0]})
    assert rank_opportunities(deals)["rank"].tolist() == [2, 1, 3]


def test_amounts_that_add_up_to_more_than_a_number_holds_are_refused():
    deals = pd.DataFrame({"probability": [0.9, 0.9], "amount": [1.7e308, 1.7e308]})
    with pytest.raises(ValueError, match="amounts must add up to a finite number"):
        priority_grid(rank_opportunities(deals))


def test_a_closed_deal_too_large_for_the_tolerance_is_in_nobodys_way():
    deals = pd.DataFrame({"probability": [0.5, 1.0], "amount": [10.0, 1e300], "outcome": [None, "won"]})
    ranked = rank_opportunities(deals, risk_tolerance=1e-20)
    assert ranked["certainty_equivalent"].isna().tolist() == [False, True]
    assert ranked["rank"].tolist()[0] == 1
