"""Growth points: worked by hand, and every dimension adds up to the totals."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import custvalue as cv
from custvalue.analysis.growth import growth_points

AS_OF = "2026-09-30"


@pytest.fixture
def accounts():
    return pd.DataFrame(
        {
            "account": ["a", "b", "c", "d"],
            "region": ["North", "South", None, "North"],
            "revenue": [50.0, 30.0, 20.0, None],
            "headroom": [10.0, 60.0, 20.0, 110.0],
        }
    )


@pytest.fixture
def sales():
    rows = [
        ("a", "2026-09-30", "pump", 30.0),
        ("a", "2025-10-01", "valve", 10.0),
        ("a", "2025-09-30", "valve", 1000.0),  # a year and a day ago
        ("a", "2026-10-01", "valve", 1000.0),  # after as_of
        ("b", "2026-01-01", "pump", 5.0),
        ("b", "2026-01-02", "valve", 4.0),
        ("b", "2026-01-03", "valve", -6.0),  # net -2: counts as nothing
        ("c", "2026-01-01", None, 8.0),
        ("stranger", "2026-01-01", "pump", 99.0),
    ]
    frame = pd.DataFrame(rows, columns=["account", "date", "product", "amount"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


def test_groups_are_worked_by_hand(accounts):
    groups = growth_points(accounts).groups
    assert groups["dimension"].unique().tolist() == ["region"]
    assert groups["group"].fillna("-").tolist() == ["North", "South", "-"]  # headroom 120, 60; the missing one last
    assert groups["n"].tolist() == [2, 1, 1]
    assert groups["n_without_revenue"].tolist() == [1, 0, 0]
    assert groups["revenue"].tolist() == [50.0, 30.0, 20.0]
    assert groups["revenue_share"].tolist() == [0.5, 0.3, 0.2]
    assert groups["headroom"].tolist() == [120.0, 60.0, 20.0]
    assert groups["headroom_share"].tolist() == [0.6, 0.3, 0.1]


def test_the_accounts_that_carry_most_of_it_are_listed_for_headroom_and_for_revenue(accounts):
    found = growth_points(accounts, top=2)
    listed = found.accounts
    assert listed[["carries", "rank", "account"]].to_numpy().tolist() == [
        ["headroom", 1, "d"],
        ["headroom", 2, "b"],
        ["revenue", 1, "a"],
        ["revenue", 2, "b"],
    ]
    assert listed["headroom_share"].tolist() == [0.55, 0.3, 0.05, 0.3]
    totals = found.totals.iloc[0]
    assert (totals["top_headroom_share"], totals["top_revenue_share"]) == pytest.approx((0.85, 0.8))
    assert (totals["n"], totals["n_without_revenue"], totals["revenue"], totals["headroom"]) == (4, 1, 100.0, 200.0)


def test_an_account_without_a_value_is_not_listed_for_it(accounts):
    listed = growth_points(accounts, top=20).accounts
    assert listed.loc[listed["carries"] == "revenue", "account"].tolist() == ["a", "b", "c"]


def test_products_split_an_account_by_what_it_bought_in_the_year(accounts, sales):
    groups = growth_points(accounts, by="product", sales=sales, as_of=AS_OF).groups.set_index(
        pd.Index(["pump", "valve", "-"])
    )
    # a: 30 of pumps, 10 of valves, so 3/4 and 1/4; b: pumps only; c bought what has no name, d nothing.
    assert groups["group"].fillna("-").tolist() == ["pump", "valve", "-"]
    assert groups["revenue"].tolist() == pytest.approx([37.5 + 30, 12.5, 20])
    assert groups["headroom"].tolist() == pytest.approx([7.5 + 60, 2.5, 20 + 110])
    assert groups["n"].tolist() == [2, 1, 2]


def test_a_product_column_of_the_accounts_serves_without_lines(accounts):
    groups = growth_points(accounts.assign(product=["x", "x", "y", "y"]), by="product").groups
    assert groups.set_index("group")["headroom"].to_dict() == {"y": 130.0, "x": 70.0}


def test_every_dimension_of_the_sample_adds_up_to_the_totals():
    last = cv.load_accounts().query("period == '2026Q3'")
    found = growth_points(cv.segment_accounts(last), sales=cv.load_sales(), as_of=AS_OF)
    sums = found.groups.groupby("dimension")[["revenue", "headroom", "revenue_share", "headroom_share"]].sum()
    assert sorted(sums.index) == ["product", "region", "segment"]
    np.testing.assert_allclose(sums["revenue"], last["revenue"].sum())
    np.testing.assert_allclose(sums[["revenue_share", "headroom_share"]], 1.0)
    np.testing.assert_allclose(sums["headroom"], found.totals["headroom"].iloc[0])
    assert found.groups.query("dimension == 'segment'")["n"].sum() == len(last)
    best = found.accounts[found.accounts["carries"] == "headroom"]
    assert len(best) == 20
    headroom = cv.segment_accounts(last)["headroom"]
    assert best["headroom"].tolist() == sorted(headroom.dropna(), reverse=True)[:20]


VALUES = st.one_of(st.none(), st.floats(0, 1e6))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["N", "S", None]), VALUES, VALUES), min_size=1, max_size=20), st.randoms())
def test_groups_reconcile_and_do_not_depend_on_the_order(rows, random):
    frame = pd.DataFrame(rows, columns=["region", "revenue", "headroom"]).astype(
        {"region": "str", "revenue": "float64", "headroom": "float64"}
    )
    frame["account"] = [f"a{k}" for k in range(len(frame))]
    found = growth_points(frame)
    assert found.groups["n"].sum() == len(frame)
    for name in ("revenue", "headroom"):
        assert found.groups[name].sum() == pytest.approx(frame[name].sum())
        assert found.groups[f"n_without_{name}"].sum() == frame[name].isna().sum()
    order = list(range(len(frame)))
    random.shuffle(order)
    again = growth_points(frame.iloc[order]).groups
    pd.testing.assert_frame_equal(again, found.groups)


def test_a_group_whose_accounts_all_lack_a_value_has_none_and_a_total_of_nothing_has_no_shares():
    frame = pd.DataFrame({"account": ["a", "b"], "region": ["N", "S"], "revenue": [0.0, 0.0], "headroom": [None, 5.0]})
    groups = growth_points(frame).groups.set_index("group")
    assert np.isnan(groups.loc["N", "headroom"])
    assert groups.loc["S", "headroom_share"] == 1.0
    assert groups["revenue_share"].isna().all()


def test_an_empty_frame_has_the_same_columns_and_types(accounts):
    full, empty = growth_points(accounts), growth_points(accounts.iloc[:0])
    assert empty.groups.dtypes.astype(str).to_dict() == full.groups.dtypes.astype(str).to_dict()
    assert list(empty.accounts.columns) == list(full.accounts.columns)
    assert (len(empty.groups), len(empty.accounts), empty.totals["n"].iloc[0]) == (0, 0, 0)


def test_other_kinds_of_frames_give_the_same(accounts, sales):
    before = accounts.copy(deep=True)
    expected = growth_points(accounts, sales=sales, as_of=AS_OF)
    pd.testing.assert_frame_equal(accounts, before)
    for one, other in (
        (pl.from_pandas(accounts), pl.from_pandas(sales)),
        (accounts.convert_dtypes(dtype_backend="pyarrow"), sales.convert_dtypes(dtype_backend="pyarrow")),
        (accounts.astype({"region": "category"}).set_axis([7, 7, 7, 7]), sales.astype({"product": "category"})),
    ):
        found = growth_points(one, sales=other, as_of=AS_OF)
        pd.testing.assert_frame_equal(found.groups, expected.groups, check_dtype=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"by": "colour"}, "column 'colour' is needed"),
        ({"by": ("segment", "product")}, "a dimension to group by is needed"),
        ({"top": 0}, "top must be a whole number of 1 or more"),
        ({"top": True}, "top must be a whole number of 1 or more"),
        ({"revenue": "sales"}, "column 'sales' is needed"),
        ({"sales": pd.DataFrame({"account": ["a"]})}, "as_of must be given with sales"),
        ({"sales": pd.DataFrame({"account": ["a"]}), "as_of": AS_OF}, "sales: column 'date' is needed"),
    ],
)
def test_what_cannot_be_is_refused(accounts, change, words):
    with pytest.raises(ValueError, match=words):
        growth_points(accounts, **change)


def test_repeated_accounts_periods_and_negative_headroom_are_refused(accounts):
    with pytest.raises(ValueError, match="an account may occur once"):
        growth_points(accounts.assign(account="a"))
    with pytest.raises(ValueError, match="one row per account is needed: got 2 periods"):
        growth_points(accounts.assign(period=["2026Q2", "2026Q3", "2026Q3", "2026Q3"]))
    with pytest.raises(ValueError, match="headroom must be 0 or more"):
        growth_points(accounts.assign(headroom=-1.0))
