"""Concentration: worked by hand, beside a naive loop, and at its edges."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import concentration


def summary(values, **options):
    return concentration(pd.DataFrame({"revenue": values}), **options).summary.iloc[0]


def classes(values, **options):
    return concentration(pd.DataFrame({"revenue": values}), **options).accounts["concentration_class"].tolist()


def test_the_first_of_96_2_2_is_class_a_because_the_crossing_account_is_in_the_higher_class():
    assert classes([96.0, 2.0, 2.0]) == ["A", "C", "C"]


def test_customers_for_a_level_include_the_one_that_crosses_it():
    found = summary([50.0, 25.0, 15.0, 10.0])  # 50, 75, 90, 100
    assert (found["n_for_70"], found["n_for_80"], found["pct_for_70"]) == (2, 3, 50)


@pytest.mark.parametrize(("first", "n_for_70"), [(69.0, 2), (70.0, 1), (71.0, 1)])
def test_a_level_is_reached_when_it_is_met_exactly(first, n_for_70):
    assert summary([first, 100 - first])["n_for_70"] == n_for_70


@pytest.mark.parametrize(("first", "second_class"), [(79.0, "A"), (80.0, "B"), (81.0, "B")])
def test_class_b_starts_once_the_accounts_before_have_reached_the_limit(first, second_class):
    assert classes([first, 100 - first])[1] == second_class


def test_equal_values_are_ranked_in_row_order_and_ten_equal_accounts_need_eight_for_80():
    result = concentration(pd.DataFrame({"revenue": [0.1] * 10}))
    assert result.accounts["rank"].tolist() == list(range(1, 11))
    assert result.summary["n_for_80"].tolist() == [8]
    assert result.accounts["concentration_class"].tolist() == ["A"] * 8 + ["B"] * 2
    assert result.summary["gini"].iloc[0] == pytest.approx(0)
    assert result.summary["hhi"].iloc[0] == pytest.approx(0.1)


def test_the_top_20_percent_is_rounded_up():
    assert summary([60.0, 20.0, 10.0, 5.0, 3.0, 2.0])["top_20_pct_share"] == pytest.approx(0.8)  # two of six
    assert summary([60.0, 20.0, 10.0, 6.0, 4.0])["top_20_pct_share"] == pytest.approx(0.6)  # one of five


def test_one_account_is_everything():
    found = summary([7.0])
    assert (found["n_for_80"], found["top_20_pct_share"], found["gini"], found["hhi"]) == (1, 1, 0, 1)


def test_all_zero_has_no_shares_and_says_why():
    result = concentration(pd.DataFrame({"revenue": [0.0, 0.0]}))
    found = result.summary.iloc[0]
    assert found["n_zero"] == 2
    assert pd.isna(found["n_for_80"])
    assert "not positive" in found["note"]
    assert result.accounts["share"].isna().all()
    assert result.accounts["concentration_class"].isna().all()


def test_negative_values_stay_in_the_list_and_the_net_curve_passes_100_percent():
    result = concentration(pd.DataFrame({"revenue": [80.0, -20.0, 40.0]}))
    found = result.summary.iloc[0]
    assert (found["n_negative"], found["negative_sum"], found["total"]) == (1, -20, 100)
    assert result.accounts["cumulative_share"].tolist() == [0.8, 1.0, 1.2]
    assert np.isnan(found["gini"])
    assert "negative" in found["note"]


def test_missing_values_are_counted_and_not_ranked():
    result = concentration(pd.DataFrame({"revenue": [np.nan, 5.0]}))
    assert result.summary[["n", "n_missing"]].to_numpy().tolist() == [[1, 1]]
    assert result.accounts["rank"].isna().tolist() == [True, False]


def test_groups_are_ranked_each_on_its_own():
    frame = pd.DataFrame({"region": ["E", "W", "E", "W"], "revenue": [1.0, 30.0, 9.0, 70.0]}, index=[9, 8, 7, 6])
    result = concentration(frame, by="region")
    assert result.accounts["rank"].tolist() == [2, 2, 1, 1]
    assert result.accounts.index.tolist() == [9, 8, 7, 6]
    assert result.summary["region"].tolist() == ["E", "W"]
    assert result.summary["total"].tolist() == [10, 100]
    assert result.accounts["share"].tolist() == pytest.approx([0.1, 0.3, 0.9, 0.7])


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30).filter(any))
def test_counts_and_shares_equal_a_naive_loop(values):
    result = concentration(pd.DataFrame({"revenue": [float(v) for v in values]}))
    total, running, needed = sum(values), 0, {}
    for place, value in enumerate(sorted(values, reverse=True), start=1):
        running += value
        for level in (70, 80):
            if running * 100 >= level * total:
                needed.setdefault(level, place)
    found = result.summary.iloc[0]
    assert (found["n_for_70"], found["n_for_80"]) == (needed[70], needed[80])
    assert result.accounts["share"].to_numpy() == pytest.approx([v / total for v in values])
    assert found["hhi"] == pytest.approx(sum((v / total) ** 2 for v in values))


@settings(deadline=None)
@given(st.lists(st.integers(-5, 40), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_summary_does_not_depend_on_the_order_of_the_rows(values, shuffler):
    shuffled = list(values)
    shuffler.shuffle(shuffled)
    first, second = summary([float(v) for v in values]), summary([float(v) for v in shuffled])
    pd.testing.assert_series_equal(first, second)


def test_an_account_that_occurs_twice_is_refused_when_accounts_are_named():
    frame = pd.DataFrame({"account": ["甲", "乙", "甲"], "revenue": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"an account may occur once in a group: got '甲' \(column 'account', row 2\)"):
        concentration(frame, account="account")


def test_several_periods_in_one_list_are_refused_unless_grouped():
    frame = pd.DataFrame({"period": ["2026Q2", "2026Q3"], "revenue": [1.0, 2.0]})
    with pytest.raises(ValueError, match="Pass by='period'"):
        concentration(frame)
    assert len(concentration(frame, by="period").summary) == 2


@pytest.mark.parametrize(
    "options", [{"levels": (70,)}, {"levels": (0.0,)}, {"class_limits": (0.95, 0.8)}, {"class_limits": (0.8, 1)}]
)
def test_levels_and_limits_outside_their_range_are_refused(options):
    with pytest.raises(ValueError, match=r"levels|class_limits"):
        summary([1.0], **options)


def test_an_infinite_value_is_refused_with_its_row():
    with pytest.raises(ValueError, match=r"revenue must be finite: got inf \(column 'revenue', row 1\)"):
        summary([1.0, np.inf])


def test_the_public_wholesale_list_gives_its_known_answers(shared):
    table = pd.read_csv(shared / "wholesale_customers" / "Wholesale customers data.csv")
    spend = table[["Fresh", "Milk", "Grocery", "Frozen", "Detergents_Paper", "Delicassen"]].sum(axis="columns")
    found = summary(spend)
    assert (found["n"], found["total"], found["n_for_70"], found["n_for_80"]) == (440, 14_619_500, 198, 252)
    assert round(found["top_20_pct_share"], 4) == 0.4290
    assert round(found["gini"], 4) == 0.3640


def test_a_row_without_an_account_name_is_no_customer_and_its_sum_is_told():
    frame = pd.DataFrame({"account": ["甲", None, "乙", None], "revenue": [60.0, 500.0, 40.0, 7.0]})
    result = concentration(frame, account="account")
    assert result.accounts["rank"].astype(object).where(result.accounts["rank"].notna(), "-").tolist() == [
        1,
        "-",
        2,
        "-",
    ]
    found = result.summary.iloc[0]
    assert (found["n"], found["n_missing"], found["total"], found["n_unnamed"], found["unnamed_sum"]) == (
        2,
        0,
        100,
        2,
        507,
    )


@pytest.mark.parametrize("by", ["n", "total", "rank", "gini"])
def test_a_group_that_bears_a_results_name_is_refused(by):
    frame = pd.DataFrame({by: ["x", "y"], "revenue": [1.0, 2.0]})
    with pytest.raises(ValueError, match="by must not bear the name of a result column"):
        concentration(frame, by=by)
