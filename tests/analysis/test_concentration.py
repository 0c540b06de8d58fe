"""Concentration: worked by hand, beside a naive loop, and at its edges."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import concentration
from custvalue.kernels.order import descending_order


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


def net_and_gross(shared):
    lines = pd.read_csv(shared / "online_retail" / "online_retail_to_2011q2.csv.gz", usecols=[3, 5, 6])
    lines = lines.assign(revenue=lines["Quantity"] * lines["UnitPrice"])
    sold = lines[(lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    kinds = {"gross": sold, "net": lines}
    return {kind: rows.groupby("CustomerID", as_index=False)["revenue"].sum() for kind, rows in kinds.items()}, lines


@pytest.mark.shared
def test_the_public_retail_sales_give_their_known_answers(shared):
    customers, _ = net_and_gross(shared)
    found = concentration(customers["gross"], account="CustomerID").summary.iloc[0]
    assert (found["n"], round(found["total"], 2), found["n_for_70"], found["n_for_80"]) == (
        2960,
        3_993_805.65,
        547,
        878,
    )
    assert round(found["top_20_pct_share"], 4) == 0.7169
    assert round(found["top_10_share"], 4) == 0.1709
    assert round(found["gini"], 4) == 0.6820
    assert round(10_000 * found["hhi"], 1) == 47.9
    assert found["gini_corrected"] == pytest.approx(found["gini"] * 2960 / 2959)


@pytest.mark.shared
def test_the_public_retail_sales_net_of_cancellations_give_their_known_answers(shared):
    customers, _ = net_and_gross(shared)
    # Returns that cancel to nothing leave round-off: to the penny they are zero.
    result = concentration(customers["net"].assign(revenue=customers["net"]["revenue"].round(2)), account="CustomerID")
    found = result.summary.iloc[0]
    assert (found["n"], round(found["total"], 2), found["n_for_70"], found["n_for_80"]) == (
        3002,
        3_728_501.25,
        573,
        903,
    )
    assert round(found["top_20_pct_share"], 4) == 0.7107
    assert (found["n_negative"], round(found["negative_sum"], 2)) == (49, -5745.21)
    assert result.accounts["cumulative_share"].max() == pytest.approx(1 + 5745.21 / 3_728_501.25)
    assert pd.isna(found["gini"])
    assert pd.isna(found["equivalent_number"])


@pytest.mark.shared
def test_lines_without_a_customer_are_counted_apart(shared):
    _, lines = net_and_gross(shared)
    customers = lines.groupby("CustomerID", as_index=False)["revenue"].sum()
    rows = pd.concat([customers, lines.loc[lines["CustomerID"].isna(), ["CustomerID", "revenue"]]], ignore_index=True)
    found = concentration(rows, account="CustomerID").summary.iloc[0]
    assert (found["n"], found["n_unnamed"], round(found["unnamed_sum"], 2)) == (3002, 69_014, 669_449.51)


def test_indices_and_top_shares_worked_by_hand():
    # 40 30 20 10 of 100: sum of squares .16 + .09 + .04 + .01 = .30; Gini (3·40 + 1·30 − 1·20 − 3·10) ÷ (4·100) = .25
    found = summary([10.0, 40.0, 20.0, 30.0])
    assert found["hhi"] == pytest.approx(0.30)
    assert found["equivalent_number"] == pytest.approx(1 / 0.30)
    assert found["gini"] == pytest.approx(0.25)
    assert found["gini_corrected"] == pytest.approx(1 / 3)
    assert found[["top_1_share", "top_5_share", "top_10_share"]].tolist() == pytest.approx([0.4, 1, 1])


def test_the_corrected_gini_of_one_account_is_undefined_and_of_one_that_has_all_it_is_one():
    assert pd.isna(summary([7.0])["gini_corrected"])
    assert "one account" in summary([7.0])["note"]
    assert summary([0.0, 7.0, 0.0])["gini_corrected"] == pytest.approx(1)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=25).filter(lambda values: sum(values) > 1e-3))
def test_gini_equals_the_mean_difference_of_all_pairs(values):
    pairs = sum(abs(a - b) for a in values for b in values)
    found = summary(values)
    assert found["gini"] == pytest.approx(pairs / (2 * len(values) * sum(values)), abs=1e-9)
    assert found["gini_corrected"] == pytest.approx(pairs / (2 * (len(values) - 1) * sum(values)), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.integers(-20, 60), min_size=1, max_size=30).filter(lambda values: sum(values) > 0))
def test_classes_and_shares_reconcile_with_the_total(values):
    result = concentration(pd.DataFrame({"revenue": [float(v) for v in values]}))
    found = result.summary.iloc[0]
    assert result.accounts["share"].sum() == pytest.approx(1)
    by_class = result.accounts["concentration_class"].value_counts()
    assert [found[f"n_class_{letter}"] for letter in "abc"] == [by_class[letter] for letter in "ABC"]
    assert found[["n_class_a", "n_class_b", "n_class_c"]].sum() == found["n"] == len(values)
    assert sorted(result.accounts["rank"]) == list(range(1, len(values) + 1))


@settings(deadline=None)
@given(st.lists(st.sampled_from([np.nan, -2.0, -0.0, 0.0, 1.0, 1.0 + 2**-40, 1e9, 1e9 + 2**-20, 5e-324]), max_size=40))
def test_a_long_list_is_ordered_as_a_stable_sort_orders_it(few):
    # Values that differ in their last bits only, ties, both zeros and gaps, in a list long enough for the fast way.
    values = np.array([*few, *np.tile([3.0, 1.0, 1.0 + 2**-45, np.nan], 1100), *few])
    assert descending_order(values).tolist() == np.argsort(-values, kind="stable").tolist()


def test_the_order_of_a_large_list_is_that_of_a_stable_sort():
    draw = np.random.default_rng(3)
    for values in (draw.normal(0, 1, 50_000), 1e9 + draw.random(50_000) * 1e-5, draw.integers(0, 9, 50_000) * 1.0):
        assert (descending_order(values) == np.argsort(-values, kind="stable")).all()


def naive_abc(values):
    """Return how many are A, and A or B, trying every point of the curve (Ultsch and Lötsch 2015)."""
    ordered, n = sorted(values, reverse=True), len(values)
    points = [(k / n, sum(ordered[:k]) / sum(ordered)) for k in range(n + 1)]

    def nearest(x):
        return min(range(n + 1), key=lambda k: (round((points[k][0] - x) ** 2 + (points[k][1] - 1) ** 2, 11), k))

    pareto = nearest(0)
    # The slope between k − 1 and k is value ÷ mean: it falls to 1 after the last value that reaches the mean.
    break_even = sum(value * n >= sum(ordered) for value in ordered)
    first, second = min(pareto, break_even), max(pareto, break_even)
    return first, max(first, nearest(points[second][0]))


@settings(deadline=None)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=25).filter(any))
def test_automatic_class_limits_equal_a_naive_search_of_the_curve(values):
    found = summary([float(v) for v in values], class_limits="auto")
    assert (found["n_class_a"], found["n_class_a"] + found["n_class_b"]) == naive_abc(values)


def test_automatic_class_limits_worked_by_hand():
    # 10 5 2 1 1 1 of 20; the curve: (0,0) (1/6,.5) (2/6,.75) (3/6,.85) (4/6,.9) (5/6,.95) (1,1).
    # Squared distances to (0,1): 1, .278, .174, .272 …: the Pareto point is at 2. Yield − effort: .333, .417, .350 …:
    # break-even is at 2 as well (5 is above the mean 3.33, 2 below it), so A = 2. To (2/6, 1): .0625 at 2, .0503 at 3,
    # .121 at 4: B ends at 3.
    result = concentration(pd.DataFrame({"revenue": [1.0, 10.0, 1.0, 5.0, 2.0, 1.0]}), class_limits="auto")
    assert result.accounts["concentration_class"].tolist() == ["C", "A", "C", "A", "B", "C"]
    found = result.summary.iloc[0]
    assert (found["class_limit_a"], found["class_limit_b"]) == (0.75, 0.85)


def test_automatic_class_limits_of_96_2_2_equal_values_and_negatives():
    assert classes([96.0, 2.0, 2.0], class_limits="auto") == ["A", "C", "C"]
    # Equal values lie on the diagonal: the middle is nearest to (0, 1), break-even is the end, so B is the rest.
    assert classes([3.0] * 4, class_limits="auto") == ["A", "A", "B", "B"]
    # A negative value counts as zero for the limits.
    assert (
        classes([96.0, 2.0, 2.0, -5.0], class_limits="auto")[:3]
        == classes([96.0, 2.0, 2.0, 0.0], class_limits="auto")[:3]
    )


def test_another_word_than_auto_is_refused():
    with pytest.raises(ValueError, match="or pass 'auto'"):
        summary([1.0], class_limits="automatic")


@pytest.fixture
def quarters():
    """Return two regions over three quarters, of which the west lacks the middle one."""
    rows = [
        ("E", "2026Q1", 60.0),
        ("E", "2026Q1", 40.0),
        ("E", "2026Q2", 90.0),
        ("E", "2026Q2", 10.0),
        ("E", "2026Q3", 5.0),
        ("W", "2026Q1", 8.0),
        ("W", "2026Q3", 9.0),
    ]
    return pd.DataFrame(rows, columns=["region", "period", "revenue"])


@pytest.mark.parametrize("by", [["region", "period"], ["period", "region"]])
def test_the_trend_is_the_change_from_the_period_before_within_each_group(quarters, by):
    trend = concentration(quarters, by=by).trend().set_index(["region", "period"])
    east = trend.loc["E"]
    assert east["previous_period"].tolist()[1:] == ["2026Q1", "2026Q2"]
    # 70 % takes both of 60 and 40, one of 90 and 10, one of one.
    assert east["n_for_70_change"].tolist()[1:] == [-1, 0]
    assert east["total_change"].tolist()[1:] == [0, -95]
    assert east["top_1_share_change"].tolist()[1:] == pytest.approx([0.3, 0.1])
    assert east["n_change"].isna().tolist() == [True, False, False]
    assert "first period" in east["reason"].iloc[0]
    assert east["reason"].iloc[1] == ""
    assert "undefined" in east["reason"].iloc[2]  # gini_corrected of a single account
    west = trend.loc["W"]
    assert west["n_change"].isna().all()
    assert west["reason"].iloc[1] == "the period before is not in the table"


def test_a_trend_without_periods_is_refused():
    with pytest.raises(ValueError, match="by='period'"):
        concentration(pd.DataFrame({"revenue": [1.0]})).trend()


def naive_count(values, level):
    running = 0
    for place, value in enumerate(sorted(values, reverse=True), start=1):
        running += value
        if running * 100 >= level * sum(values):
            return place
    raise AssertionError


@settings(deadline=None)
@given(st.lists(st.integers(-9, 60), min_size=1, max_size=15).filter(lambda v: sum(v) > 0), st.integers(1, 5))
def test_losses_equal_ranking_what_is_left_anew(values, k):
    table = concentration(pd.DataFrame({"revenue": [float(v) for v in values]})).stress(k)
    ordered = sorted(values, reverse=True)
    assert len(table) == 2 * min(k, len(values))
    for row in table.itertuples():
        lost = [row.rank - 1] if row.loss == "alone" else range(row.rank)
        left = [value for place, value in enumerate(ordered) if place not in lost]
        assert (row.total_left, row.n_left) == (sum(left), len(left))
        assert row.lost_share == pytest.approx((sum(values) - sum(left)) / sum(values))
        if sum(left) > 0:
            assert (row.n_for_70, row.n_for_80) == (naive_count(left, 70), naive_count(left, 80))
            assert row.pct_for_80 == pytest.approx(100 * row.n_for_80 / len(left))
        else:
            assert row.n_for_70 is pd.NA
            assert row.reason


def test_losses_name_the_account_in_each_group():
    frame = pd.DataFrame({"account": list("abcd"), "region": list("EEWW"), "revenue": [1.0, 2.0, 4.0, 3.0]})
    table = concentration(frame, by="region", account="account").stress(1)
    assert table[["region", "loss", "account", "lost"]].to_numpy().tolist() == [
        ["E", "alone", "b", 2.0],
        ["E", "together", "b", 2.0],
        ["W", "alone", "c", 4.0],
        ["W", "together", "c", 4.0],
    ]
    assert table["loss"].dtype.categories.tolist() == ["alone", "together"]


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3"])
def test_a_number_of_losses_that_is_none_is_refused(k):
    with pytest.raises(ValueError, match="k must be a whole number of 1 or more"):
        concentration(pd.DataFrame({"revenue": [1.0]})).stress(k)


def test_the_lorenz_curve_of_few_accounts_has_a_point_for_each_and_twice_its_gap_is_the_gini():
    result = concentration(pd.DataFrame({"revenue": [40.0, 10.0, 20.0, 30.0]}))
    curve = result.lorenz()
    assert curve["n_smallest"].tolist() == [0, 1, 2, 3, 4]
    assert curve["smallest_share"].to_numpy() == pytest.approx([0, 0.1, 0.3, 0.6, 1])
    area = np.trapezoid(curve["smallest_share"], curve["account_share"])
    assert 1 - 2 * area == pytest.approx(result.summary["gini"].iloc[0])


def test_a_thinned_lorenz_curve_has_at_most_two_thousand_points_on_the_curve_and_keeps_its_area():
    revenue = np.exp(np.random.default_rng(2).normal(9, 2, 30_000))
    result = concentration(pd.DataFrame({"revenue": revenue}))
    curve = result.lorenz()
    assert 1000 < len(curve) <= 2000
    running = np.concatenate([[0], np.cumsum(np.sort(revenue))]) / revenue.sum()
    assert curve["smallest_share"].to_numpy() == pytest.approx(running[curve["n_smallest"]])
    area = np.trapezoid(curve["smallest_share"], curve["account_share"])
    assert 1 - 2 * area == pytest.approx(result.summary["gini"].iloc[0], abs=1e-4)


def test_a_lorenz_curve_of_nothing_has_no_points_and_one_of_net_values_runs_below_zero():
    assert len(concentration(pd.DataFrame({"revenue": [0.0, 0.0]})).lorenz()) == 0
    assert concentration(pd.DataFrame({"revenue": [80.0, -20.0, 40.0]})).lorenz()["smallest_share"].tolist() == (
        pytest.approx([0, -0.2, 0.2, 1])
    )


def test_an_empty_list_gives_empty_parts_with_the_same_columns():
    empty = pd.DataFrame({"account": pd.Series([], dtype="str"), "period": pd.Series([], dtype="str"), "revenue": []})
    full = pd.DataFrame({"account": ["a"], "period": ["2026Q1"], "revenue": [1.0]})
    none, some = (concentration(frame, by="period", account="account") for frame in (empty, full))
    for left, right in ((none.summary, some.summary), (none.trend(), some.trend()), (none.stress(1), some.stress(1))):
        assert len(left) == 0
        assert left.dtypes.to_dict() == right.dtypes.to_dict()
    assert list(none.lorenz()) == list(some.lorenz())
