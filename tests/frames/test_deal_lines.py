"""One row per product line to one row per opportunity: sums, products, what must agree, and what is refused."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import opportunities_from_lines
from custvalue.rules.errors import InputError


def export():
    """Return three opportunities: O-7 of two products, O-2 with an unpriced line, O-9 of one product sold twice."""
    return pd.DataFrame(
        {
            "opportunity": ["O-7", "O-2", "O-7", "O-9", "O-2", "O-9"],
            "account": ["Acme", "甲公司", "Acme", None, "甲公司", None],
            "product": ["pump", "valve", "valve", "pump", "valve", "pump"],
            "amount": [100.0, 40.0, 20.0, 5.0, np.nan, 5.0],
            "currency": ["EUR", "CNY", "EUR", "EUR", "CNY", "EUR"],
            "created": pd.to_datetime(["2026-01-05", "2026-02-01", "2026-01-05", None, "2026-02-01", None]),
            "outcome": ["won", None, "won", "lost", None, "lost"],
            "pieces": [1, 2, 3, 4, 5, 6],
        },
        index=[3, 3, 3, 0, 1, 2],
    )


def test_one_row_per_opportunity_in_order_of_first_appearance():
    found = opportunities_from_lines(export(), quantity="pieces")
    expected = pd.DataFrame(
        {
            "opportunity": ["O-7", "O-2", "O-9"],
            "account": ["Acme", "甲公司", None],
            "product": ["several", "valve", "pump"],
            "amount": [120.0, np.nan, 10.0],
            "currency": ["EUR", "CNY", "EUR"],
            "created": pd.to_datetime(["2026-01-05", "2026-02-01", None]),
            "outcome": ["won", None, "lost"],
            "pieces": [4.0, 7.0, 10.0],
            "n_lines": [2, 2, 2],
            "n_lines_unpriced": [0, 1, 0],
            "n_products": [2, 1, 1],
        }
    )
    pd.testing.assert_frame_equal(found, expected)


def test_the_caller_s_frame_stays_as_it_was():
    frame = export()
    before = frame.copy(deep=True)
    found = opportunities_from_lines(frame, quantity="pieces")
    found.loc[:, "account"] = "changed"
    pd.testing.assert_frame_equal(frame, before)


def test_other_eager_frames_give_the_same():
    frame = export().reset_index(drop=True)
    expected = opportunities_from_lines(frame, quantity="pieces")
    for form in (pl.from_pandas(frame), pl.from_pandas(frame).to_arrow()):
        pd.testing.assert_frame_equal(opportunities_from_lines(form, quantity="pieces"), expected, check_dtype=False)


@pytest.mark.parametrize(
    ("products", "product", "n_products"),
    [
        (["pump", "pump"], "pump", 1),
        (["pump", "valve"], "several", 2),
        (["pump", None], None, 1),
        ([None, "pump"], None, 1),
        (["pump", " "], None, 1),
        ([None, None], None, 0),
        (["pump", "valve", None], "several", 2),
        (["pump", "valve", "bolt", "valve"], "several", 3),
        ([10.0, 10.0], "10", 1),
        ([10, 20], "several", 2),
    ],
)
def test_a_product_is_named_only_where_every_line_names_it(products, product, n_products):
    n = len(products)
    lines = pd.DataFrame({"opportunity": ["x"] * n + ["y"], "product": [*products, products[-1]], "amount": 1.0})
    found = opportunities_from_lines(lines).iloc[0]
    assert (None if pd.isna(found["product"]) else found["product"]) == product
    assert found["n_products"] == n_products


def test_a_missing_amount_is_not_zero_while_zero_is_an_amount():
    lines = pd.DataFrame({"opportunity": ["x", "x", "y", "y", "z"], "amount": [5.0, np.nan, 5.0, 0.0, np.nan]})
    found = opportunities_from_lines(lines, product=None)
    assert found["amount"].fillna(-1).tolist() == [-1.0, 5.0, -1.0]
    assert found["n_lines_unpriced"].tolist() == [1, 0, 1]
    assert found.columns.tolist() == ["opportunity", "amount", "n_lines", "n_lines_unpriced"]
    nothing_priced = opportunities_from_lines(lines.assign(amount=None), product=None)
    assert nothing_priced["amount"].isna().all()
    assert nothing_priced["n_lines_unpriced"].tolist() == [2, 2, 1]


def test_a_missing_quantity_leaves_the_sum_missing_and_a_discount_line_counts_against_the_others():
    lines = pd.DataFrame({"id": ["x", "x", "y"], "net": [100.0, -15.0, 1.0], "pieces": [1, np.nan, 2]})
    found = opportunities_from_lines(lines, opportunity="id", amount="net", product=None, quantity="pieces")
    assert found["net"].tolist() == [85.0, 1.0]
    assert found["pieces"].fillna(-1).tolist() == [-1.0, 2.0]


def test_exact_duplicate_lines_are_added_too():
    lines = pd.concat([export(), export()])
    found = opportunities_from_lines(lines, quantity="pieces")
    assert found["amount"].iloc[0] == 240.0
    assert found["n_lines"].tolist() == [4, 4, 4]


def test_columns_of_the_line_are_left_out_when_named():
    frame = export().assign(line=range(6))
    found = opportunities_from_lines(frame, line_columns=["line", "pieces"])
    pd.testing.assert_frame_equal(found, opportunities_from_lines(export(), quantity="pieces").drop(columns="pieces"))


def test_no_lines_give_no_opportunities():
    found = opportunities_from_lines(export().iloc[:0], quantity="pieces")
    assert found.empty
    assert found.columns.tolist()[-3:] == ["n_lines", "n_lines_unpriced", "n_products"]


# -- properties

some_lines = st.lists(
    st.tuples(
        st.sampled_from(["O-1", "O-2", "乙"]),
        st.one_of(st.none(), st.sampled_from(["pump", "valve"])),
        st.one_of(st.none(), st.integers(-99, 999)),
    ),
    min_size=1,
    max_size=20,
)


def framed(drawn):
    frame = pd.DataFrame(drawn, columns=["opportunity", "product", "amount"])
    return frame.astype({"amount": "float64", "product": "str"}).assign(owner="Owner of " + frame["opportunity"])


@settings(deadline=None, max_examples=50)
@given(some_lines)
def test_every_opportunity_equals_a_loop_over_its_lines(drawn):
    expected = {}
    for name, product, amount in drawn:
        deal = expected.setdefault(name, {"products": [], "amounts": []})
        deal["products"].append(product)
        deal["amounts"].append(amount)
    found = opportunities_from_lines(framed(drawn))
    assert found["opportunity"].tolist() == list(expected)
    for row, (name, deal) in zip(found.itertuples(), expected.items(), strict=True):
        named = {product for product in deal["products"] if product is not None}
        unpriced = deal["amounts"].count(None)
        assert row.owner == f"Owner of {name}"
        assert (row.n_lines, row.n_lines_unpriced, row.n_products) == (len(deal["amounts"]), unpriced, len(named))
        assert pd.isna(row.amount) if unpriced else row.amount == sum(deal["amounts"])
        if len(named) > 1:
            assert row.product == "several"
        elif None in deal["products"]:
            assert pd.isna(row.product)
        else:
            assert {row.product} == named


@settings(deadline=None, max_examples=25)
@given(some_lines, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_decides_only_the_order_of_the_opportunities(drawn, random):
    shuffled = list(drawn)
    random.shuffle(shuffled)
    before, after = (opportunities_from_lines(framed(rows)).set_index("opportunity") for rows in (drawn, shuffled))
    pd.testing.assert_frame_equal(after.sort_index(), before.sort_index())


@settings(deadline=None, max_examples=25)
@given(some_lines)
def test_what_has_one_row_per_opportunity_already_only_gains_the_counts(drawn):
    once = opportunities_from_lines(framed(drawn)).drop(columns=["n_lines", "n_lines_unpriced", "n_products"])
    again = opportunities_from_lines(once)
    pd.testing.assert_frame_equal(again[once.columns], once)
    assert (again["n_lines"] == 1).all()


# -- refusals


def test_columns_of_the_opportunity_that_differ_between_lines_are_refused_together_with_what_they_say():
    frame = export().drop(columns="pieces")
    frame["stage"] = ["offer", "offer", "trial", "offer", "offer", "offer"]
    frame["closed"] = pd.to_datetime([None, None, "2026-03-01", "2026-03-01", None, "2026-04-01"])
    with pytest.raises(InputError) as error:
        opportunities_from_lines(frame)
    remedy = "Correct the lines, or name the column in line_columns if it describes the line."
    assert str(error.value).splitlines() == [
        "opportunities_from_lines: 2 problems",
        "  1. stage must say the same on every line of an opportunity: got 'offer', 'trial' in 'O-7' (column 'stage'). "
        + remedy,
        "  2. closed must say the same on every line of an opportunity: got missing, 2026-03-01 00:00:00 in 'O-7'; "
        "2026-03-01 00:00:00, 2026-04-01 00:00:00 in 'O-9' (column 'closed'). " + remedy,
    ]


def test_only_the_first_few_opportunities_and_values_are_named():
    lines = pd.DataFrame({"opportunity": np.repeat(np.arange(5), 4), "amount": 1.0, "owner": list("abcd") * 5})
    with pytest.raises(InputError, match=r"'a', 'b', 'c', … in 0; .* in 1; .* in 2; and 2 more opportunities \(column"):
        opportunities_from_lines(lines, product=None)


def test_one_more_opportunity_is_counted_in_the_singular():
    lines = pd.DataFrame({"opportunity": np.repeat(np.arange(4), 2), "amount": 1.0, "owner": list("ab") * 4})
    with pytest.raises(InputError, match=r"'a', 'b' in 2; and 1 more opportunity \(column"):
        opportunities_from_lines(lines, product=None)


def test_an_outcome_on_some_lines_only_is_a_difference_since_a_deal_without_one_is_open():
    frame = export().drop(columns="pieces")
    frame["outcome"] = ["won", None, None, "lost", None, "lost"]
    with pytest.raises(InputError, match=r"outcome must say the same .* got 'won', missing in 'O-7'"):
        opportunities_from_lines(frame)


@pytest.mark.parametrize("other", ["USD", None])
def test_amounts_in_several_currencies_are_never_added(other):
    frame = export().drop(columns="pieces")
    frame["currency"] = ["EUR", "CNY", other, "EUR", "CNY", "EUR"]
    rule = "the amounts of an opportunity must be in one currency: got 'EUR', "
    with pytest.raises(InputError, match=rule):
        opportunities_from_lines(frame)
    with pytest.raises(InputError, match=rule):
        opportunities_from_lines(frame.rename(columns={"currency": "Währung"}), currency="Währung")


def test_different_currencies_of_different_opportunities_are_fine():
    assert opportunities_from_lines(export(), quantity="pieces")["currency"].tolist() == ["EUR", "CNY", "EUR"]


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda f: f.drop(columns="opportunity"), {}, "column 'opportunity' is needed (which opportunity the line"),
        (lambda f: f.drop(columns="amount"), {}, "column 'amount' is needed (the line's value)"),
        (lambda f: f.drop(columns="product"), {}, "product=None if the lines do not say): got no such column"),
        (lambda f: f, {"quantity": "piece"}, "Did you mean 'pieces'?"),
        (lambda f: f, {"line_columns": ["line"]}, "column 'line' is needed (one of line_columns)"),
        (lambda f: f, {"line_columns": ["amount"]}, "line_columns are left out: got 'amount'"),
        (lambda f: f.assign(amount="5"), {}, "amount must be a number: got dtype str"),
        (lambda f: f.assign(amount=np.inf), {}, "amount must be finite: got inf"),
        (lambda f: f.assign(pieces="5"), {"quantity": "pieces"}, "pieces must be a number: got dtype str"),
        (lambda f: f.assign(opportunity=[None, *"abcde"]), {}, "opportunity must not be missing: got "),
        (lambda f: f.assign(n_lines=1), {}, "'n_lines' is a column of the result: got a column of that name"),
        (lambda f: f.assign(tags=[["x"]] * 6), {}, "tags must hold one value a cell: got lists or the like"),
        (lambda f: pd.concat([f, f[["account"]]], axis=1), {}, "column names must be distinct: got 2 columns"),
    ],
)
def test_what_cannot_be_brought_to_opportunities_is_refused(change, arguments, message):
    frame = change(export())
    if "quantity" not in arguments and "line_columns" not in arguments:
        arguments = {"line_columns": ["pieces"]}
    with pytest.raises(InputError) as error:
        opportunities_from_lines(frame, **arguments)
    assert message in str(error.value)


def test_all_failures_of_the_columns_are_said_at_once():
    frame = export().assign(amount="5", opportunity=None, n_products=1)
    with pytest.raises(InputError, match="3 problems"):
        opportunities_from_lines(frame, quantity="pieces")
    with pytest.raises(InputError, match="a data frame is needed: got list"):
        opportunities_from_lines([1])


def test_lines_of_days_compare_as_days():
    day = datetime.date(2026, 1, 1)
    lines = pd.DataFrame({"opportunity": ["x", "x"], "amount": 1.0, "created": [day, day]})
    assert opportunities_from_lines(lines, product=None)["created"].tolist() == [day]
