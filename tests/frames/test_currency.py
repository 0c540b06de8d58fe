"""Currencies are found, held to be one, and converted at stated rates."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from custvalue.frames.currency import check_one_currency, convert_currency, currency_signs
from custvalue.rules.errors import InputError


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("$1,234", "USD"),
        ("($5)", "USD"),
        ("US$ 5", "USD"),
        ("C$5", "CAD"),
        ("$5 CAD", "CAD"),
        ("HK$5", "HKD"),
        ("R$ 5", "BRL"),
        ("1.234,56 €", "EUR"),
        ("EUR 5", "EUR"),
        ("5 eur", "EUR"),
        ("£5k", "GBP"),
        ("200万元", "CNY"),
        ("RMB 5", "CNY"),
        ("人民币5元", "CNY"),
        ("¥5元", "CNY"),
        ("￥5", "CNY/JPY"),
        ("¥5", "CNY/JPY"),
        ("5円", "JPY"),
        ("JPY 5", "JPY"),
        ("5 kr", "DKK/ISK/NOK/SEK"),
        ("Rs. 500", "INR/LKR/NPR/PKR"),
        ("₹500", "INR"),
        ("5M€", "EUR"),
    ],
)
def test_a_sign_or_code_names_its_currency_or_its_family(text, code):
    assert currency_signs(pd.Series([text])).tolist() == [code]


@pytest.mark.parametrize("text", ["5", "1.2M", "45 %", "", "N/A", "EUR", "$", "by $ only", "€5 USD", "5 pieces"])
def test_what_names_no_currency_or_is_no_amount_is_missing(text):
    assert currency_signs(pd.Series([text, "$5"])).isna().tolist() == [True, False]


def test_signs_keep_the_index_and_typed_cells_name_none():
    found = currency_signs(pd.Series(["$5", 7.0, None, "€6"], index=[4, 4, 2, 1], dtype=object, name="value"))
    assert found.index.tolist() == [4, 4, 2, 1]
    assert found.isna().tolist() == [False, True, True, False]
    assert found.dtype == "str"
    assert currency_signs(pd.Series([1.0, 2.0])).isna().all()


# One currency: each side of the decision.


@pytest.mark.parametrize(
    ("amounts", "currencies", "code"),
    [
        (["5", "6"], None, None),
        ([], None, None),
        (["$5", "6", None], None, "USD"),
        (["$5", "US$6"], None, "USD"),
        (["$5", "6 CAD"], None, "CAD"),
        (["￥5", "¥6"], None, "CNY/JPY"),
        (["￥5", "6元"], None, "CNY"),
        (["￥5", "6円"], None, "JPY"),
        (["5", "6"], ["EUR", " eur "], "EUR"),
        (["5", "6"], ["RMB", "CNY"], "CNY"),
        (["5", "6"], ["EUR", None], "EUR"),
        (["$5", "6"], ["HKD", "HKD"], "HKD"),
        (["￥5", "6"], ["JPY", ""], "JPY"),
        (["5"], ["Points"], "POINTS"),
    ],
)
def test_one_currency_is_returned_as_exactly_as_the_cells_say_it(amounts, currencies, code):
    given = None if currencies is None else pd.Series(currencies)
    assert check_one_currency(pd.Series(amounts, dtype="str"), given) == code


def test_a_mixture_is_refused_with_counts_first_rows_and_the_remedy():
    amounts = pd.Series(["5", "$5", "€7", "$8", "£1"], index=[2, 3, 4, 5, 6])
    with pytest.raises(InputError) as refused:
        check_one_currency(amounts, name="value")
    assert str(refused.value) == (
        "value: amounts must be in one currency: got USD in 2 cells (first in row 3), EUR in 1 cell (first in row 4), "
        "GBP in 1 cell (first in row 6) (column 'value'). Read one currency at a time; or let "
        "them in with several_currencies=True, where a currency column tells them apart, and convert with "
        "convert_currency(frame, {'EUR': rate, 'GBP': rate}, to='USD')."
    )


@pytest.mark.parametrize(
    ("amounts", "currencies"),
    [(["$5", "R$5"], None), (["5", "6"], ["EUR", "USD"]), (["€5", "6"], [None, "USD"]), (["￥5", "5 kr"], None)],
)
def test_currencies_that_have_none_in_common_are_a_mixture(amounts, currencies):
    with pytest.raises(InputError, match="amounts must be in one currency"):
        check_one_currency(pd.Series(amounts), None if currencies is None else pd.Series(currencies))


def test_a_sign_that_contradicts_its_rows_currency_is_refused_with_the_row():
    with pytest.raises(InputError) as refused:
        check_one_currency(pd.Series(["5", "€5", "€6"]), pd.Series(["USD", "USD", "USD"]))
    assert str(refused.value) == (
        "amount: an amount's sign and its row's currency must agree: got EUR by the sign and USD by the row in 2 cells "
        "(column 'amount', first in row 1). Correct one of the two."
    )


# Conversion.


def deals(**columns):
    frame = pd.DataFrame(
        {
            "deal": ["a", "b", "c", "d"],
            "amount": [100.0, 70.0, None, 10.0],
            "currency": ["EUR", "CNY", "USD", "EUR"],
            "closed": pd.to_datetime(["2026-06-30", "2026-07-01", "2026-07-01", "2026-07-02"]),
        },
        index=[9, 9, 3, 1],
    )
    return frame.assign(**columns)


RATES = {"EUR": 8.0, "USD": 7.0}
DATED = pd.DataFrame(
    {
        "currency": ["EUR", "USD", "EUR"],
        "rate": [7.5, 7.0, 8.0],
        "date": pd.to_datetime(["2026-07-02", "2026-01-01", "2026-06-30"]),
    }
)


def test_fixed_rates_multiply_and_the_original_is_kept_beside():
    found = convert_currency(deals(), RATES, to="CNY")
    assert found.columns.tolist() == ["deal", "amount", "currency", "closed", "amount_original", "currency_original"]
    assert found["amount"].fillna(-1).tolist() == [800.0, 70.0, -1, 80.0]
    assert found["currency"].tolist() == ["CNY"] * 4
    assert found["amount_original"].fillna(-1).tolist() == [100.0, 70.0, -1, 10.0]
    assert found["currency_original"].tolist() == ["EUR", "CNY", "USD", "EUR"]
    assert found.index.tolist() == [9, 9, 3, 1]


def test_a_dated_rate_holds_from_its_day_until_the_next():
    days = pd.to_datetime(["2026-06-30", "2026-07-01", "2026-07-02", "2027-01-01"])
    frame = deals(amount=1.0, currency="EUR", closed=days)
    assert convert_currency(frame, DATED, to="CNY", on="closed")["amount"].tolist() == [8.0, 8.0, 7.5, 7.5]
    with pytest.raises(InputError, match=r"none for EUR on 2026-06-29 \(column 'currency', row 9\)"):
        convert_currency(frame.assign(closed=days - pd.Timedelta(days=1)), DATED, to="CNY", on="closed")


def test_a_time_of_day_does_not_matter():
    frame = deals(amount=1.0, currency="EUR", closed=pd.Timestamp("2026-07-02 00:00:01"))
    rates = DATED.assign(date=DATED["date"] + pd.Timedelta(hours=17))
    assert convert_currency(frame, rates, to="CNY", on="closed")["amount"].tolist() == [7.5] * 4


def test_conversion_equals_a_search_of_the_table_row_by_row():
    draw = np.random.default_rng(4)
    start = pd.Timestamp("2026-01-01")
    rates = pd.DataFrame(
        {
            "currency": draw.choice(["EUR", "USD", "JPY"], 60),
            "date": start + pd.to_timedelta(draw.integers(0, 300, 60), unit="D"),
            "rate": draw.uniform(0.1, 9, 60),
        }
    ).drop_duplicates(["currency", "date"])
    first = pd.DataFrame(
        {"currency": ["EUR", "USD", "JPY"], "date": start - pd.Timedelta(days=1), "rate": [1.0, 2.0, 3.0]}
    )
    rates = pd.concat([rates, first])
    frame = pd.DataFrame(
        {
            "amount": draw.uniform(-5, 5, 500),
            "currency": draw.choice(["EUR", "USD", "JPY", "CNY"], 500),
            "closed": start + pd.to_timedelta(draw.integers(0, 320, 500), unit="D"),
        },
        index=draw.integers(0, 50, 500),
    )
    expected = []
    for amount, code, day in zip(frame["amount"], frame["currency"], frame["closed"], strict=True):
        known = rates[(rates["currency"] == code) & (rates["date"] <= day)]
        expected.append(
            amount if code == "CNY" else amount * known.loc[known["date"] == known["date"].max(), "rate"].iloc[0]
        )
    found = convert_currency(frame, rates, to="CNY", on="closed")
    assert found["amount"].tolist() == expected
    assert found.index.tolist() == frame.index.tolist()


def test_codes_in_other_spellings_are_the_same_currency():
    frame = deals(currency=["eur", "RMB", " usd", "€"], amount=1.0)
    found = convert_currency(frame, {"Eur": 8.0, "USD ": 7.0}, to="rmb")
    assert found["amount"].tolist() == [8.0, 1.0, 7.0, 8.0]
    assert found["currency"].tolist() == ["CNY"] * 4


def test_a_missing_amount_needs_neither_rate_nor_date_nor_currency():
    frame = deals(amount=[1.0, np.nan, np.nan, np.nan], currency=["EUR", None, "XXX", "EUR"], closed=pd.NaT)
    frame.iloc[0, 3] = pd.Timestamp("2026-07-01")
    found = convert_currency(frame, DATED, to="CNY", on="closed")
    assert found["amount"].fillna(-1).tolist() == [8.0, -1, -1, -1]
    assert found["currency"].isna().tolist() == [False, True, False, False]


def test_missing_rates_name_every_currency_and_date_at_once():
    days = pd.to_datetime(["2025-12-31", "2026-01-02", "2026-01-03", "2026-01-04"])
    frame = deals(amount=1.0, currency=["USD", "GBP", "GBP", "GBP"], closed=days)
    with pytest.raises(InputError) as refused:
        convert_currency(frame, DATED, to="CNY", on="closed")
    assert str(refused.value) == (
        "convert_currency: 2 problems\n"
        "  1. every currency needs a rate: got none for GBP on 2026-01-02, 2026-01-03, 2026-01-04 (column 'currency', "
        "rows 9, 3, 1). Add one of 2026-01-02 or before (there is none).\n"
        "  2. every currency needs a rate: got none for USD on 2025-12-31 (column 'currency', row 9). "
        "Add one of 2025-12-31 or before (its first is of 2026-01-01)."
    )
    with pytest.raises(InputError, match=r"none for GBP \(column 'currency', rows 9, 3, 1\). Add the rate of GBP"):
        convert_currency(frame, {"USD": 7.0}, to="CNY")


def test_many_missing_dates_are_counted_after_the_first_three():
    days = pd.date_range("2020-01-01", periods=20)
    frame = pd.DataFrame({"amount": 1.0, "currency": "EUR", "closed": days})
    with pytest.raises(
        InputError, match=r"2020-01-01, 2020-01-02, 2020-01-03 and 17 more dates .* rows 0, 1, 2 and 17 more"
    ):
        convert_currency(frame, DATED, to="CNY", on="closed")


def test_an_amount_without_currency_or_date_is_refused_with_its_row():
    with pytest.raises(InputError, match=r"currency must not be missing where there is an amount: got .*row 1\)"):
        convert_currency(deals(currency=["EUR", "CNY", "USD", None]), RATES, to="CNY")
    days = pd.to_datetime(["2026-06-30", None, None, None])
    with pytest.raises(InputError, match=r"closed must not be missing where it picks the rate: got NaT .*row 1\)"):
        convert_currency(deals(closed=days), DATED, to="CNY", on="closed")


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"EUR": 0.0, "USD": 7.0}, r"rates: rate must be above 0: got 0.0 \(column 'rate', row 'EUR'\)"),
        ({"EUR": -1.0, "USD": 7.0}, "rates: rate must be above 0: got -1.0"),
        ({"EUR": np.nan, "USD": 7.0}, "rates: rate must not be missing"),
        ({"EUR": np.inf, "USD": 7.0}, "rates: rate must be finite"),
        ({"EUR": "8", "USD": "7"}, "rates: rate must be a number: got dtype str"),
        ({"EUR": True}, "rates: rate must be a number: got dtype bool"),
        ({"EUR": 8.0, "eur": 8.1, "USD": 7.0}, "rates: a currency has one rate: got 'eur'"),
        ({"EUR": 8.0, "USD": 7.0, "CNY": 2.0}, "rates: the rate of CNY is 1: got 2.0"),
        (pd.concat([DATED, DATED.iloc[:1]]), "rates: a currency has one rate on a date: got 'EUR'"),
        (DATED.assign(date=pd.NaT), r"rates: date must not be missing"),
        (DATED.assign(date="2026-07-01"), "rates: date must be a date"),
        (DATED.assign(currency=None), "rates: currency must not be missing"),
        (DATED.drop(columns="rate"), "rates: column 'rate' is needed"),
        (DATED.rename(columns={"currency": "code"}), "rates: column 'currency' is needed"),
        ([1, 2], "a data frame is needed"),
    ],
)
def test_rates_that_cannot_be_are_refused(rates, message):
    with pytest.raises(InputError, match=message):
        convert_currency(deals(), rates, to="CNY", on="closed")


@pytest.mark.parametrize(
    ("frame", "keywords", "message"),
    [
        (deals(), {"to": "CNY"}, "dated rates need the date of each amount: got on=None"),
        (deals(), {"to": "CNY", "on": "close"}, "column 'close' is needed"),
        (deals(), {"to": "", "on": "closed"}, "to must be a currency code: got ''"),
        (deals(), {"to": None, "on": "closed"}, "to must be a currency code: got None"),
        (deals(), {"to": "CNY", "on": "closed", "amount": "value"}, "column 'value' is needed"),
        (deals(), {"to": "CNY", "on": "closed", "currency": "code"}, "column 'code' is needed"),
        (deals(amount=["$1", "2", "3", "4"]), {"to": "CNY", "on": "closed"}, "amount must be a number"),
        (deals(amount_original=1.0), {"to": "CNY", "on": "closed"}, "column 'amount_original' must be free"),
    ],
)
def test_frames_and_arguments_that_do_not_fit_are_refused(frame, keywords, message):
    with pytest.raises(InputError, match=message):
        convert_currency(frame, DATED, **keywords)


def test_converting_twice_is_refused():
    once = convert_currency(deals(), RATES, to="CNY")
    with pytest.raises(InputError, match="must be free"):
        convert_currency(once, {"CNY": 0.125}, to="EUR")


def test_the_callers_frames_are_not_changed():
    frame, rates = deals(), DATED.copy()
    convert_currency(frame, rates, to="CNY", on="closed")
    pd.testing.assert_frame_equal(frame, deals())
    pd.testing.assert_frame_equal(rates, DATED)


def test_other_column_names_other_frames_and_whole_numbers_are_taken():
    frame = pl.DataFrame({"value": [1, 2], "code": ["EUR", "CNY"]})
    found = convert_currency(
        frame, pl.DataFrame({"currency": ["EUR"], "rate": [8]}), to="CNY", amount="value", currency="code"
    )
    assert found["value"].tolist() == [8.0, 2.0]
    assert found["value_original"].tolist() == [1, 2]
    assert found["code_original"].tolist() == ["EUR", "CNY"]


def test_no_rates_are_needed_for_amounts_in_the_currency_already_and_an_empty_frame_stays_empty():
    frame = deals(currency="CNY")
    assert convert_currency(frame, {}, to="CNY")["amount"].fillna(-1).tolist() == [100.0, 70.0, -1, 10.0]
    assert len(convert_currency(deals().iloc[:0], DATED, to="CNY", on="closed")) == 0
    assert len(convert_currency(deals().iloc[:0], RATES, to="CNY")) == 0
