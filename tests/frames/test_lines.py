"""Sales lines to accounts: against a naive loop, on several engines, at the edges of periods, and what is refused."""

import datetime
from collections import defaultdict
from decimal import Decimal

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import account_revenue
from custvalue.frames.lines import identifiers
from custvalue.rules.errors import InputError

COLUMNS = ["account", "period", "revenue", "n_lines", "n_negative", "negative", "partial"]
MONTH_OF = {"DEC": 12, "JAN": 1, "FEB": 2, "MAR": 3, "JUN": 6, "NOV": 11}
FREQS = ["M", *(f"Q-{name}" for name in MONTH_OF)]
ENGINES = {
    "pandas": lambda frame: frame,
    "pandas nullable": lambda frame: frame.convert_dtypes(),
    "pandas on arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_pandas,
    "polars lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "duckdb": duckdb.from_df,
    "pyarrow": lambda frame: pl.from_pandas(frame).to_arrow(),
    "narwhals": nw.from_native,
}
LAZY = ("polars lazy", "duckdb")
EAGER = ("polars", "pyarrow")


def lines(n=500, seed=11):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "account": draw.choice(["甲", "乙", "Acme", None], n),
            "date": pd.Series(np.datetime64("2025-11-01") + draw.integers(0, 400, n).astype("timedelta64[D]")),
            "amount": draw.integers(-50, 500, n).astype(float),
        }
    )


def label(day, freq):
    """Return the period by the rule itself: a fiscal year is named for the calendar year it ends in."""
    if freq == "M":
        return f"{day.year}-{day.month:02d}"
    end = MONTH_OF[freq[2:]]
    return f"{day.year + (day.month > end)}Q{(day.month - end - 1) % 12 // 3 + 1}"


def naive(frame, freq, returns="net"):
    """Add up one line at a time; accounts and periods sorted, no account last."""
    first, last = frame["date"].min().date(), frame["date"].max().date()
    days = [first + datetime.timedelta(days=back) for back in range(-400, (last - first).days + 400)]
    spans = defaultdict(list)
    for day in days:
        spans[label(day, freq)].append(day)
    sums = {}
    for account, date, amount in zip(frame["account"], frame["date"], frame["amount"], strict=True):
        name = None if pd.isna(account) else account
        row = sums.setdefault((name is None, name or "", label(date, freq)), [0.0, 0, 0, 0.0])
        row[0] += amount if returns == "net" or amount > 0 else 0
        row[1] += 1
        row[2] += amount < 0
        row[3] += min(amount, 0)
    return [
        [None if nameless else name, period, *row, spans[period][0] < first or spans[period][-1] > last]
        for (nameless, name, period), row in sorted(sums.items())
    ]


def rows(frame):
    assert frame.columns.tolist() == COLUMNS
    assert frame.index.equals(pd.RangeIndex(len(frame)))
    return [[None if pd.isna(row[0]) else row[0], *row[1:]] for row in frame.to_numpy(dtype=object).tolist()]


def one_account(days, amount=1.0):
    return pd.DataFrame({"account": "a", "date": pd.to_datetime(days, format="ISO8601"), "amount": amount})


@pytest.mark.parametrize("returns", ["net", "gross"])
@pytest.mark.parametrize("freq", FREQS)
def test_every_column_equals_a_loop_over_the_lines(freq, returns):
    frame = lines()
    assert rows(account_revenue(frame, freq=freq, returns=returns)) == naive(frame, freq, returns)


@pytest.mark.parametrize("freq", ["Q-DEC", "Q-JAN", "Q-MAR", "M"])
def test_revenue_by_account_and_period_equals_a_plain_pandas_groupby(freq):
    frame = lines()
    found = account_revenue(frame, freq=freq)
    labels = frame["date"].dt.to_period(freq).astype(str)
    expected = frame.groupby(["account", labels], dropna=False)["amount"].agg(["sum", "size"]).reset_index()
    assert found["account"].fillna("?").tolist() == expected["account"].fillna("?").tolist()
    assert found["period"].tolist() == expected["date"].tolist()
    assert found["revenue"].tolist() == pytest.approx(expected["sum"].tolist())
    assert found["n_lines"].tolist() == expected["size"].tolist()


@pytest.mark.parametrize("returns", ["net", "gross"])
@pytest.mark.parametrize("freq", ["Q-DEC", "Q-FEB", "M"])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_frame_down_to_the_types(engine, freq, returns):
    frame = lines()
    found = account_revenue(ENGINES[engine](frame), freq=freq, returns=returns)
    pd.testing.assert_frame_equal(found, account_revenue(frame, freq=freq, returns=returns), rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_lines_give_no_rows_with_the_same_types(engine):
    found = account_revenue(ENGINES[engine](lines().iloc[:0]))
    assert found.empty
    assert found.dtypes.astype(str).tolist() == ["str", "str", "float64", "int64", "int64", "float64", "bool"]


def test_nothing_is_lost_lines_without_an_account_have_rows_of_their_own():
    frame = lines()
    found = account_revenue(frame)
    assert found["revenue"].sum() == frame["amount"].sum()
    assert found["n_lines"].sum() == len(frame)
    nameless = found[found["account"].isna()]
    assert nameless["revenue"].sum() == frame.loc[frame["account"].isna(), "amount"].sum()
    assert nameless.index.tolist() == list(range(len(found) - len(nameless), len(found)))
    assert found["n_negative"].sum() == (frame["amount"] < 0).sum()
    assert found["negative"].sum() == frame["amount"].clip(upper=0).sum()


def test_a_return_is_netted_in_the_quarter_of_its_own_date_or_left_out_of_revenue():
    frame = pd.DataFrame(
        {
            "account": ["a", "a", "a", "b"],
            "date": pd.to_datetime(["2026-03-31", "2026-04-01", "2026-04-02", "2026-04-03"]),
            "amount": [1000.0, -1000.0, 30.0, -5.0],
        }
    )
    net, gross = account_revenue(frame), account_revenue(frame, returns="gross")
    assert net["revenue"].tolist() == [1000.0, -970.0, -5.0]
    assert gross["revenue"].tolist() == [1000.0, 30.0, 0.0]
    for found in (net, gross):
        assert found["n_negative"].tolist() == [0, 1, 1]
        assert found["negative"].tolist() == [0.0, -1000.0, -5.0]
    assert (gross["revenue"] + gross["negative"]).tolist() == net["revenue"].tolist()


def test_the_caller_s_frame_and_its_strange_index_stay_as_they_were():
    frame = lines(20).set_index(pd.Index([7] * 20))
    before = frame.copy(deep=True)
    assert account_revenue(frame)["n_lines"].sum() == 20
    pd.testing.assert_frame_equal(frame, before)


def test_other_columns_and_other_names_do_not_matter():
    frame = lines(50)
    renamed = frame.rename(columns={"account": "客户", "date": "开票日期", "amount": "金额"}).assign(
        period=1, revenue="x"
    )
    found = account_revenue(pl.from_pandas(renamed).lazy(), account="客户", date="开票日期", amount="金额")
    pd.testing.assert_frame_equal(found, account_revenue(frame))


# -- periods

EDGES = [
    ("2026-03-31T00:00", "Q-DEC", "2026Q1"),
    ("2026-03-31T23:59:59.999999", "Q-DEC", "2026Q1"),
    ("2026-04-01T00:00", "Q-DEC", "2026Q2"),
    ("2026-06-30T23:59", "Q-DEC", "2026Q2"),
    ("2026-12-31T23:59", "Q-DEC", "2026Q4"),
    ("2027-01-01T00:00", "Q-DEC", "2027Q1"),
    ("2026-03-31T23:59", "Q-MAR", "2026Q4"),
    ("2026-04-01T00:00", "Q-MAR", "2027Q1"),
    ("2026-01-31T23:59", "Q-JAN", "2026Q4"),
    ("2026-02-01T00:00", "Q-JAN", "2027Q1"),
    ("2026-11-30T23:59", "Q-NOV", "2026Q4"),
    ("2026-12-01T00:00", "Q-NOV", "2027Q1"),
    ("2028-02-29T23:59", "M", "2028-02"),
    ("2028-03-01T00:00", "M", "2028-03"),
    ("1969-12-31T23:59", "Q-DEC", "1969Q4"),
    ("1969-11-30T23:59", "Q-NOV", "1969Q4"),
]


@pytest.mark.parametrize("engine", ["pandas", "polars lazy", "duckdb", "pyarrow"])
@pytest.mark.parametrize(("moment", "freq", "period"), EDGES)
def test_the_first_and_the_last_minute_of_a_period_belong_to_it(moment, freq, period, engine):
    found = account_revenue(ENGINES[engine](one_account([moment])), freq=freq)
    assert found["period"].tolist() == [period]


@pytest.mark.parametrize(
    ("first", "last", "partial"),
    [
        ("2026-01-01T23:59", "2026-06-30T00:00", [False, False]),
        ("2026-01-02T00:00", "2026-06-30T00:00", [True, False]),
        ("2026-01-01T00:00", "2026-06-29T23:59", [False, True]),
        ("2026-03-31T00:00", "2026-04-01T00:00", [True, True]),
    ],
)
def test_a_period_is_partial_if_the_lines_begin_after_its_first_day_or_end_before_its_last(first, last, partial):
    assert account_revenue(one_account([first, last]))["partial"].tolist() == partial


@pytest.mark.parametrize("engine", ["pandas", "polars lazy", "duckdb", "pyarrow"])
def test_a_quarter_with_lines_on_its_first_and_last_day_is_whole(engine):
    frame = one_account(["2026-02-14", "2026-03-31", "2026-01-01", "2026-02-01"])
    assert account_revenue(ENGINES[engine](frame))["partial"].tolist() == [False]
    assert account_revenue(ENGINES[engine](frame.iloc[[0, 1, 3]]))["partial"].tolist() == [True]
    assert account_revenue(ENGINES[engine](frame.iloc[[0, 2, 3]]))["partial"].tolist() == [True]


def test_partial_is_a_matter_of_the_data_and_not_of_one_account():
    frame = pd.DataFrame(
        {
            "account": ["a", "b", None],
            "date": pd.to_datetime(["2026-05-15", "2026-04-01", "2026-06-30"]),
            "amount": 1.0,
        }
    )
    assert account_revenue(frame)["partial"].tolist() == [False, False, False]
    assert account_revenue(frame, freq="M")["partial"].tolist() == [False, False, False]
    assert account_revenue(frame, freq="Q-MAY")["partial"].tolist() == [True, True, True]


def test_what_the_data_cover_can_be_said_and_then_decides():
    frame = one_account(["2026-01-02", "2026-05-10", "2026-09-29"])
    assert account_revenue(frame)["partial"].tolist() == [True, False, True]
    assert account_revenue(frame, first="2026-01-01")["partial"].tolist() == [False, False, True]
    covered = account_revenue(frame, first="2025-12-01", last=datetime.date(2026, 9, 30))
    assert covered["partial"].tolist() == [False, False, False]
    # Lines outside what is covered are kept; their periods are flagged.
    outside = account_revenue(frame, first="2026-04-01", last="2026-06-30")
    assert outside["partial"].tolist() == [True, False, True]
    assert outside["n_lines"].sum() == 3


@pytest.mark.parametrize("engine", ["pandas", "polars", "pyarrow"])
def test_a_time_with_a_zone_counts_by_its_own_clock(engine):
    late = pd.Timestamp("2026-03-31 23:30", tz="America/New_York")  # 1 April in UTC
    frame = pd.DataFrame({"account": ["a"], "date": [late], "amount": [1.0]})
    assert account_revenue(ENGINES[engine](frame))["period"].tolist() == ["2026Q1"]


def test_days_far_outside_the_calendar_of_nanoseconds_are_counted_like_others():
    days = [datetime.date(1, 1, 1), datetime.date(2026, 1, 1), datetime.date(9999, 12, 31)]
    frame = pl.DataFrame({"account": ["a"] * 3, "date": days, "amount": [1.0] * 3})
    for form in (frame, frame.lazy(), duckdb.from_arrow(frame.to_arrow())):
        found = account_revenue(form)
        assert found["period"].tolist() == ["0001Q1", "2026Q1", "9999Q4"]
        assert not found["partial"].any()


# -- accounts


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([17850.0, np.nan, 12346.0], ["17850", None, "12346"]),
        (["17850.0", None, "12346.0"], ["17850", None, "12346"]),
        ([17850, 3, -4], ["17850", "3", "-4"]),
        (["17850.0", "17850", None], ["17850.0", "17850", None]),
        (["2.0", "A-2", ""], ["2.0", "A-2", None]),
        ([" ", "\u00a0", " x "], [None, None, " x "]),
        ([17850, "A12", None], ["17850", "A12", None]),
        (pd.Series([5, None, 2**60 + 1], dtype="Int64"), ["5", None, str(2**60 + 1)]),
        (pd.Series(["x", None, "y"], dtype="category"), ["x", None, "y"]),
        ([None, None, None], [None, None, None]),
    ],
)
def test_identifiers_are_text_without_the_zero_that_floats_add(values, texts):
    found = identifiers(pd.Series(values))
    assert found.dtype == "str"
    assert [None if pd.isna(text) else text for text in found] == texts


@pytest.mark.parametrize("engine", ["pandas", "polars", "polars lazy", "duckdb", "pyarrow"])
@pytest.mark.parametrize("values", [[17850.0, np.nan, 17850.0, 12346.0], ["17850.0", None, "17850.0", "12346.0"]])
def test_it_does_not_matter_whether_a_reader_took_the_account_for_a_number(engine, values):
    frame = pd.DataFrame({"account": values, "date": pd.Timestamp("2026-01-01"), "amount": [1.0, 2.0, 4.0, 8.0]})
    found = account_revenue(ENGINES[engine](frame))
    assert rows(found[COLUMNS])[0][:3] == ["12346", "2026Q1", 8.0]
    assert found["revenue"].tolist() == [8.0, 5.0, 2.0]
    assert found["account"].tolist()[:2] == ["12346", "17850"]
    assert pd.isna(found["account"].iloc[2])


def test_large_whole_numbers_keep_every_digit_beside_a_missing_one():
    ids = pl.Series([2**60 + 1, 2**60, None])
    frame = pl.DataFrame({"account": ids, "date": [datetime.date(2026, 1, 1)] * 3, "amount": [1, 2, 4]})
    for form in (frame, frame.lazy(), frame.to_arrow(), duckdb.from_arrow(frame.to_arrow())):
        assert account_revenue(form)["account"].tolist()[:2] == [str(2**60), str(2**60 + 1)]


def test_nan_null_and_blank_are_one_missing_account():
    frame = pl.DataFrame(
        {"account": [float("nan"), None, 5.0], "date": [datetime.date(2026, 1, 1)] * 3, "amount": [1, 2, 4]}
    )
    assert account_revenue(frame.lazy())["revenue"].tolist() == [4.0, 3.0]
    text = frame.with_columns(account=pl.Series(["", None, "甲"]))
    assert account_revenue(text.lazy())["revenue"].tolist() == [4.0, 3.0]
    nobody = frame.with_columns(account=pl.Series([None, None, None]))
    assert account_revenue(nobody)["revenue"].tolist() == [7.0]


def test_numbers_and_texts_mixed_in_one_column_are_one_account_where_they_read_the_same():
    ids = pd.Series([17850, "17850", "A12", None, {"id": 1}], dtype=object)
    frame = pd.DataFrame({"account": ids, "date": pd.Timestamp("2026-01-01"), "amount": [1.0, 2.0, 4.0, 8.0, 16.0]})
    found = account_revenue(frame)
    assert found["account"].fillna("?").tolist() == ["17850", "A12", "{'id': 1}", "?"]
    assert found["revenue"].tolist() == [3.0, 4.0, 16.0, 8.0]


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["x", "y"])])
def test_categories_are_accounts_like_any_text(dtype):
    frame = pl.DataFrame({"account": ["x", None, "x"], "date": [datetime.date(2026, 1, 1)] * 3, "amount": [1, 2, 4]})
    coded = frame.with_columns(pl.col("account").cast(dtype))
    for form in (coded, coded.lazy(), coded.to_pandas().assign(date=pd.Timestamp("2026-01-01"))):
        pd.testing.assert_frame_equal(account_revenue(form), account_revenue(frame))


# -- amounts


def test_decimals_add_up_exactly_on_engines_that_have_them():
    # As floats, ten times 0.10 adds up to 0.9999999999999999.
    relation = duckdb.sql(
        "select 'a' as account, date '2026-01-01' as date, 0.10::decimal(12, 2) as amount from range(10) "
        "union all select 'a', date '2026-04-01', -0.10::decimal(12, 2) from range(3)"
    )
    assert sum([0.10] * 10) != 1.0
    arrow = relation.to_arrow_table()
    for form in (relation, arrow, pl.from_arrow(arrow), pl.from_arrow(arrow).lazy()):
        assert account_revenue(form)["revenue"].tolist() == [1.0, -0.3]
        assert account_revenue(form, returns="gross")["revenue"].tolist() == [1.0, 0.0]
        assert account_revenue(form)["negative"].tolist() == [0.0, -0.3]


def test_decimal_objects_in_pandas_are_refused_with_the_way_out():
    frame = one_account(["2026-01-01"]).assign(amount=[Decimal("1.50")])
    with pytest.raises(InputError, match=r"amount must be a number: got dtype object .*pd\.to_numeric"):
        account_revenue(frame)
    assert account_revenue(frame.assign(amount=pd.to_numeric(frame["amount"])))["revenue"].tolist() == [1.5]


def test_narrow_integers_do_not_overflow():
    frame = pl.DataFrame(
        {
            "account": ["a"] * 3,
            "date": [datetime.date(2026, 1, 1)] * 3,
            "amount": pl.Series([2**31 - 1] * 3, dtype=pl.Int32),
        }
    )
    for form in (frame, frame.lazy(), frame.to_arrow(), duckdb.from_arrow(frame.to_arrow())):
        assert account_revenue(form)["revenue"].tolist() == [3 * (2**31 - 1)]


# -- properties

whole = st.integers(-1000, 1000)
some_lines = st.lists(
    st.tuples(
        st.sampled_from(["甲", "b", None]), st.dates(datetime.date(2024, 1, 1), datetime.date(2026, 12, 31)), whole
    ),
    min_size=1,
    max_size=40,
)


def framed(drawn):
    frame = pd.DataFrame(drawn, columns=["account", "date", "amount"])
    return frame.astype({"account": "str", "date": "datetime64[us]", "amount": "float64"})


@settings(deadline=None, max_examples=40)
@given(some_lines, st.sampled_from(FREQS))
def test_revenue_sums_to_the_amounts_and_net_is_gross_plus_negative(drawn, freq):
    frame = framed(drawn)
    net, gross = account_revenue(frame, freq=freq), account_revenue(frame, freq=freq, returns="gross")
    assert net["revenue"].sum() == frame["amount"].sum()
    assert net["n_lines"].sum() == len(frame)
    assert (gross["revenue"] + gross["negative"]).tolist() == net["revenue"].tolist()
    assert (gross["revenue"] >= 0).all()
    assert not net[["account", "period"]].duplicated().any()
    assert rows(net) == naive(frame, freq)


@settings(deadline=None, max_examples=25)
@given(some_lines, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(drawn, random):
    shuffled = list(drawn)
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(account_revenue(framed(shuffled)), account_revenue(framed(drawn)))


@settings(deadline=None, max_examples=25)
@given(some_lines, st.data())
def test_lines_added_up_in_two_parts_give_what_they_give_together(drawn, data):
    cut = data.draw(st.integers(0, len(drawn)))
    whole_frame = framed(drawn)
    parts = pd.concat([account_revenue(whole_frame.iloc[:cut]), account_revenue(whole_frame.iloc[cut:])])
    sums = ["revenue", "n_lines", "n_negative", "negative"]
    together = parts.groupby(["account", "period"], dropna=False)[sums].sum().reset_index()
    pd.testing.assert_frame_equal(together, account_revenue(whole_frame).drop(columns="partial"))


@settings(deadline=None, max_examples=15)
@given(some_lines, st.sampled_from(["polars", "polars lazy", "pyarrow"]), st.sampled_from(FREQS))
def test_any_lines_give_the_same_on_any_engine(drawn, engine, freq):
    frame = framed(drawn)
    pd.testing.assert_frame_equal(account_revenue(ENGINES[engine](frame), freq=freq), account_revenue(frame, freq=freq))


@pytest.mark.parametrize("seed", range(6))
def test_few_and_many_lines_give_the_same_on_duckdb(seed):
    frame = lines(4**seed, seed)
    pd.testing.assert_frame_equal(account_revenue(duckdb.from_df(frame)), account_revenue(frame))


# -- refusals


def test_a_line_without_a_date_or_amount_is_refused_with_its_row():
    frame = lines(5).assign(amount=[1.0, 2.0, np.nan, 4.0, 5.0])
    with pytest.raises(ValueError, match=r"amount must not be missing: got nan \(column 'amount', row 2\)"):
        account_revenue(frame)
    frame = lines(3)
    frame.loc[1, "date"] = pd.NaT
    with pytest.raises(ValueError, match="date must not be missing"):
        account_revenue(frame)


def with_holes():
    day = datetime.date(2026, 1, 1)
    return pl.DataFrame(
        {
            "account": ["a", "a", "a", None, "b", "b", "b"],
            "date": [day, None, day, None, day, day, day],
            "amount": [1.0, 2.0, None, float("nan"), float("inf"), -float("inf"), 7.0],
        }
    )


@pytest.mark.parametrize("convert", [lambda frame: frame, lambda frame: frame.to_arrow()], ids=EAGER)
def test_frames_in_memory_show_the_rows_that_lack_a_date_or_amount(convert):
    with pytest.raises(InputError) as error:
        account_revenue(convert(with_holes()))
    assert str(error.value).splitlines() == [
        "account_revenue: 2 problems",
        "  1. date must not be missing: got 2 lines without one (column 'date', rows 1, 3). "
        "Fill it in or leave the lines out.",
        "  2. amount must be a finite number, not missing: got 4 lines without one "
        "(column 'amount', rows 2, 3, 4 and 1 more). Fill it in or leave the lines out.",
    ]


@pytest.mark.parametrize(
    "convert", [lambda frame: frame.lazy(), lambda frame: duckdb.from_arrow(frame.to_arrow())], ids=LAZY
)
def test_lazy_engines_count_the_lines_that_lack_a_date_or_amount(convert):
    with pytest.raises(InputError) as error:
        account_revenue(convert(with_holes()))
    assert "date must not be missing: got 2 lines without one (column 'date')" in str(error.value)
    assert "amount must be a finite number, not missing: got 4 lines without one (column 'amount')" in str(error.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_dates_and_amounts_that_are_text_are_refused_together_on_every_engine(engine):
    frame = lines(5).assign(date="2026-01-01", amount="5")
    with pytest.raises(InputError, match="2 problems") as error:
        account_revenue(ENGINES[engine](frame))
    assert "date must be a date: got " in str(error.value)
    assert "amount must be a number: got " in str(error.value)
    assert "custvalue.read_table" in str(error.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_yes_and_no_is_neither_an_account_nor_an_amount(engine):
    with pytest.raises(InputError, match=r"account must be text or a whole number: got Boolean \(column 'account'\)"):
        account_revenue(ENGINES[engine](lines(5).assign(account=True)))
    with pytest.raises(InputError, match="amount must be a number: got "):
        account_revenue(ENGINES[engine](lines(5).assign(amount=True)))


@pytest.mark.parametrize("account", [17.5, 2.0**53, np.inf])
def test_account_numbers_that_floats_cannot_hold_are_refused(account):
    frame = lines(5).assign(customer=account)
    for form in (frame, pl.from_pandas(frame).lazy()):
        with pytest.raises(InputError, match=r"held as floats must be whole numbers below 2\^53: got .*'customer'"):
            account_revenue(form, account="customer")


def test_columns_that_are_missing_on_any_engine_are_refused_by_name():
    with pytest.raises(ValueError, match="column 'date' is needed"):
        account_revenue(lines().drop(columns="date"))
    with pytest.raises(ValueError, match="column 'amount' is needed"):
        account_revenue(pl.from_pandas(lines()).drop("amount"))
    with pytest.raises(InputError, match=r"column 'acount' is needed: got no such column. Did you mean 'account'"):
        account_revenue(duckdb.from_df(lines()), account="acount")
    with pytest.raises(ValueError, match="lines are a frame that narwhals knows"):
        account_revenue([1, 2])


def test_a_column_that_occurs_twice_is_refused():
    frame = lines(5)
    with pytest.raises(InputError, match="column names must be distinct: got 2 columns"):
        account_revenue(pd.concat([frame, frame[["amount"]]], axis=1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"freq": "Y"}, "freq must be a pandas quarter or month frequency: got 'Y'"),
        ({"returns": "drop"}, "returns must be one of 'net', 'gross': got 'drop'"),
        ({"first": "soon"}, "first must be a date: got 'soon'"),
        ({"last": "2026-13-01"}, "last must be a date: got '2026-13-01'"),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "first must not be after last: got 2026-02-02 and 2026-02-01"),
    ],
)
def test_arguments_that_cannot_be_read_are_refused(arguments, message):
    with pytest.raises(InputError) as error:
        account_revenue(lines(5), **arguments)
    assert message in str(error.value)


def test_one_day_may_be_all_that_is_covered():
    found = account_revenue(one_account(["2026-02-01"]), first="2026-02-01", last="2026-02-01")
    assert found["partial"].tolist() == [True]


def test_lists_are_no_accounts_and_all_three_columns_are_refused_at_once():
    table = pa.table({"account": pa.array([["a"]]), "date": pa.array(["x"]), "amount": pa.array([True])})
    with pytest.raises(InputError, match="3 problems"):
        account_revenue(table)
