"""The priority grid."""

import numpy as np
import pandas as pd
import pytest

from custvalue import playbook, rank_opportunities


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
