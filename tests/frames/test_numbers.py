"""Amount texts become numbers exactly, and an open decimal style is refused with its evidence."""

# ruff: noqa: PD011 (Parsed's own .values)

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custvalue.frames.numbers import parse_numbers
from custvalue.rules.errors import InputError

UNREAD = "unread"


def read(*cells, **keywords):
    """Values as a list, with what could not be read marked."""
    parsed = parse_numbers(pd.Series(list(cells), dtype=object).infer_objects(), "amount", **keywords)
    values = parsed.values.astype(object).where(parsed.values.notna(), None).where(~parsed.unread, UNREAD)
    return values.tolist()


def notes(*cells, **keywords):
    return dict(parse_numbers(pd.Series(list(cells)), "amount", **keywords).notes)


BY_POINT = [
    ("1234.5", 1234.5),
    ("$200,000 ", 200000.0),
    ("(1,234.50)", -1234.5),
    ("($1,234.50)", -1234.5),
    ("$(1,234.50)", -1234.5),
    ("1,234.50-", -1234.5),
    ("-$5", -5.0),
    ("$-5", -5.0),
    ("$ - 5", -5.0),
    ("−5", -5.0),
    ("–5", -5.0),
    ("—5", -5.0),
    ("－5", -5.0),
    ("﹣5", -5.0),
    ("‐5", -5.0),
    ("5−", -5.0),
    ("+5", 5.0),
    ("1 234.5", 1234.5),
    ("1\u00a0234\u00a0567.5", 1234567.5),
    ("1\u2009234", 1234.0),
    ("1'234.50", 1234.5),
    ("1’234’567", 1234567.0),
    ("12,34,567", 1234567.0),
    ("1,23,45,678.90", 12345678.9),
    ("1.2M", 1200000.0),
    ("2.3 m", 2300000.0),
    ("3k", 3000.0),
    ("4.5bn", 4.5e9),
    ("200万", 2000000.0),
    ("200萬元", 2000000.0),
    ("1.5亿", 150000000.0),
    ("2.5百万", 2500000.0),
    ("1千", 1000.0),
    ("３００", 300.0),
    ("￥１，２３４．５", 1234.5),
    ("1e6", 1000000.0),
    ("1.5E-3", 0.0015),
    ("45 %", 0.45),
    ("45％", 0.45),
    ("-7%", -0.07),
    ("CNY 12", 12.0),
    ("12 RMB", 12.0),
    ("人民币200万元", 2000000.0),
    ("US$ 1,000", 1000.0),
    ("$1,000 USD", 1000.0),
    ("$5 CAD", 5.0),
    ("€5", 5.0),
    ("£5", 5.0),
    ("5 eur", 5.0),
    ("5元", 5.0),
    ("Rs.500", 500.0),
    ("Rs. 500", 500.0),
    ("CHF 100.-", 100.0),
    ("100.– CHF", 100.0),
    ("$.50", 0.5),
    ("-.5", -0.5),
    ("5.", 5.0),
    ("0", 0.0),
    ("-0", 0.0),
    ("007", 7.0),
]


@pytest.mark.parametrize(("text", "value"), BY_POINT)
def test_an_amount_is_read_exactly_with_the_decimal_point(text, value):
    assert read(text, decimal=".") == [value]
    assert read(text, "0.5") == [value, 0.5]  # a deciding neighbour does what the argument does


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,56", 1234.56),
        ("1 234,56", 1234.56),
        ("1\u202f234,5 €", 1234.5),
        ("1'234,5", 1234.5),
        ("-1.234.567", -1234567.0),
        ("1,2 Mio. €", 1200000.0),
        ("3,5 Mrd", 3.5e9),
        ("1,5e3", 1500.0),
        ("45,5 %", 0.455),
        ("100,- €", 100.0),
        ("100,-- €", 100.0),
        (",5", 0.5),
        ("1.234", 1234.0),
        ("1,234", 1.234),
    ],
)
def test_an_amount_is_read_exactly_with_the_decimal_comma(text, value):
    assert read(text, decimal=",") == [value]
    assert read(text, "0,5") == [value, 0.5]


@pytest.mark.parametrize(
    "text",
    [
        "call us", "-", "$ -", "--5", "(5", "5)", "(-5)", "-5-", "- (5)", "1,23.4", "1,234,56", "1.2.3", "1,,234",
        "0,123,456", "1 23", "3 x 4", "10/20", "1:30", "2026-09-30", "1e6M", "5 % $", "5k%", "€5 USD", "€5$", "12²",
        "①", "½", "٣", "inf", "Infinity", "-inf", "1e999", "0x1A", "1_000", "1e", "5 apples", "no. 5", ". 5", "5 .",
        "TRUE", "about $5 or so, to be agreed with the customer", ">100", "5M元x",
    ],
)  # fmt: skip
def test_what_is_no_number_is_unread_and_decides_nothing(text):
    assert read(text, "7.5") == [UNREAD, 7.5]
    assert read(text, "7,5") == [UNREAD, 7.5]
    assert read(text, "7", decimal=".") == [UNREAD, 7.0]


def test_blanks_are_missing_and_not_unread():
    parsed = parse_numbers(pd.Series(["5", "", "N/A", None, " \u00a0", "6.5"]), "amount")
    assert parsed.values.isna().tolist() == [False, True, True, True, True, False]
    assert not parsed.unread.any()


def test_a_fraction_is_never_cut_off():
    assert read("1.7", "2") == [1.7, 2.0]
    assert read(1, 2)[0] == 1.0
    assert parse_numbers(pd.Series([1, 2]), "amount").values.dtype == "float64"


def test_scales_give_the_nearest_float_where_multiplying_would_not():
    assert float("2.01") * 1e6 != 2010000.0
    assert float("0.07") / 100 != 0.0007
    texts = [f"{number / 100:.2f}" for number in range(1, 2000)]
    assert read(*[f"{text}M" for text in texts]) == [float(Decimal(text).scaleb(6)) for text in texts]
    assert read(*[f"{text}%" for text in texts]) == [float(Decimal(text).scaleb(-2)) for text in texts]


# Which style: one case on each side of every decision.


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["1.234", "1.5"], "."),
        (["1.234", "1,234,567"], "."),
        (["1.234", "0.123"], "."),  # no group of thousands begins with 0
        (["1.234", "1234.567"], "."),  # nor has it four digits
        (["1.234", "12,34,567"], "."),
        (["1.234", "1.234e3"], "."),
        (["1.234", "1,234.5"], "."),
        (["1.234", "1 234.567"], "."),  # a blank and a point do not both part thousands
        (["1.234", "1,5"], ","),
        (["1.234", "1.234.567"], ","),
        (["1,234", "0,123"], ","),
        (["1,234", "1234,567"], ","),
        (["1.234", "1.234,5"], ","),
        (["1.234", "100,-"], ","),
    ],
)
def test_one_deciding_cell_settles_the_column_wherever_it_stands(cells, style):
    for order in (cells, cells[::-1], [*cells, "call us", "7", ""]):
        assert read(*order) == read(*order, decimal=style)


@pytest.mark.parametrize(
    "cells", [["1.234"], ["1,234"], ["1.234", "5.678", "7", "n/a", "x"], ["$1.234"], ["1.234万"], ["-1.234"]]
)
def test_a_column_that_both_styles_explain_is_refused_with_the_evidence_and_the_argument(cells):
    with pytest.raises(InputError, match="amount must fit one decimal style only") as refused:
        read(*cells)
    message = str(refused.value)
    assert repr(cells[0]) in message
    assert "row 0" in message
    assert "decimal='.' or decimal=','" in message


def test_the_refusal_counts_the_cells_each_style_explains_and_leaves_unreadable_ones_out():
    with pytest.raises(InputError) as refused:
        parse_numbers(pd.Series(["7", "x", "", "1,234", "1,234"], index=[2, 3, 4, 5, 6]), "value")
    assert str(refused.value) == (
        "value must fit one decimal style only: got '1,234' in row 5, which is 1234 by the decimal point and 1.234 by "
        "the decimal comma; no cell decides (column 'value': the decimal point explains 3 of 3 cells, the decimal "
        "comma explains 3 of 3 cells). Pass decimal='.' or decimal=','."
    )


def test_cells_that_contradict_each_other_are_refused_with_the_first_of_each():
    with pytest.raises(InputError) as refused:
        read("7", "1,234.5", "9,876.5", "1.234,5", "x")
    assert str(refused.value) == (
        "amount must be written in one decimal style: got '1,234.5' in row 1, which only the decimal point explains, "
        "and '1.234,5' in row 3, which only the decimal comma explains (column 'amount': the decimal point explains 3 "
        "of 4 cells, the decimal comma explains 2 of 4 cells). Correct the cells of the other decimal style, or pass "
        "decimal='.' or decimal=',': the cells that do not fit are then rejected."
    )
    assert read("1,234.5", "1.234,5", decimal=".") == [1234.5, UNREAD]
    assert read("1,234.5", "1.234,5", decimal=",") == [UNREAD, 1234.5]


def test_whole_numbers_need_no_style():
    assert read("7", "1234", "1 234", "$5") == [7.0, 1234.0, 1234.0, 5.0]
    assert notes("7", "1234") == {}


def test_a_style_other_than_the_plain_point_is_noted_with_its_evidence():
    assert notes("1.234,5", "7", "2,5") == {
        "amount decimal style": "the decimal comma: 2 of 3 cells can be read only so, first '1.234,5' in row 0"
    }
    assert notes("1.234", "7.5", decimal=",") == {"amount decimal style": "the decimal comma, as given"}
    assert notes("1,234.5", "7") == {}


def test_a_long_column_of_three_decimals_is_refused_although_it_casts_at_once():
    texts = pd.Series([f"{number % 9 + 1}.{number % 900 + 100}" for number in range(5000)])
    with pytest.raises(InputError, match="explains 5000 of 5000 cells"):
        parse_numbers(texts, "amount")
    texts.iloc[4999] = "1.5"  # far from the first rows, and still it decides
    assert parse_numbers(texts, "amount").values.iloc[:2].tolist() == [1.1, 2.101]
    whole_first = pd.Series(["7"] * 3000 + ["1.234"])
    with pytest.raises(InputError, match="row 3000"):
        parse_numbers(whole_first, "amount")
    assert parse_numbers(whole_first, "amount", decimal=",").values.iloc[-1] == 1234.0


def test_an_unknown_decimal_sign_is_refused():
    with pytest.raises(InputError, match=r"decimal must be '.' or ',': got ';'"):
        read("1", decimal=";")


# What is taken off the digits is noted with counts.


def test_signs_scales_per_cents_and_unusual_minuses_are_noted_by_spelling_with_counts():
    assert notes("$5", "$6.5", "€7", "2k", "3万", "4万", "50%", "(8)", "9-", "-1") == {
        "amount currency signs": "'$' (2), '€' (1)",
        "amount scales": "'万' (2), 'k' (1) multiplied out",
        "amount per cent signs": "'%' (1) divided by 100",
        "amount minus signs": "'parentheses' (1), 'trailing minus' (1) read as negative",
    }


def test_notes_count_cells_and_not_spellings_and_only_those_that_were_read():
    assert notes("$5", "$5", "$5", "$1,23.4") == {"amount currency signs": "'$' (3)"}


# Typed cells.


def test_numbers_among_texts_are_taken_as_they_are_and_decide_nothing():
    assert read(1234.5, "1.234,5", Decimal("2.50"), 3, None, np.float64(0.1)) == [
        1234.5, 1234.5, 2.5, 3.0, None, 0.1,
    ]  # fmt: skip
    with pytest.raises(InputError, match="explains 1 of 1 cell,"):
        read(1.5, "1.234")


def test_truth_values_and_dates_among_numbers_are_unread():
    assert read(True, 1.5, pd.Timestamp("2026-09-30"), "2.5") == [UNREAD, 1.5, UNREAD, 2.5]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False]),
        pd.Series([True, None], dtype="boolean"),
        pd.Series([True, None], dtype=object),
        pd.to_datetime(pd.Series(["2026-09-30"])),
        pd.Series([pd.Timedelta(days=1)]),
        pd.Series([1j]),
    ],
)
def test_a_column_of_another_type_is_refused_as_a_whole(column):
    with pytest.raises(InputError, match=r"amount must hold numbers: got .* \(column 'amount'\)"):
        parse_numbers(column, "amount")


@pytest.mark.parametrize(
    "dtype", ["int64", "Int64", "Float64", "float32", "int64[pyarrow]", "decimal128(5,2)[pyarrow]"]
)
def test_every_type_of_number_becomes_a_float(dtype):
    import pyarrow as pa

    wanted = pd.ArrowDtype(pa.decimal128(5, 2)) if dtype.startswith("decimal") else dtype
    found = parse_numbers(pd.Series([1, 2], index=[5, 5], dtype=wanted), "amount")
    assert found.values.tolist() == [1.0, 2.0]
    assert found.values.dtype == "float64"
    assert found.values.index.tolist() == [5, 5]


def test_an_infinite_number_is_unread():
    assert read(np.inf, 1.0, -np.inf) == [UNREAD, 1.0, UNREAD]
    assert read(10**400, "x", 1) == [UNREAD, UNREAD, 1.0]


def test_empty_and_all_missing_columns_are_read():
    assert read() == []
    parsed = parse_numbers(pd.Series([None, "", "n/a"]), "amount")
    assert parsed.values.isna().all()
    assert not parsed.unread.any()


def test_the_callers_column_is_not_changed_and_its_index_is_kept():
    column = pd.Series(["$5 ", "x"], index=["a", "a"], name="theirs")
    parsed = parse_numbers(column, "amount")
    assert column.tolist() == ["$5 ", "x"]
    assert parsed.values.index.tolist() == ["a", "a"]


# Against a reading by hand, one cell at a time.


def by_hand(text, point):
    """One cell of digits, separators, blanks and minuses, read without regular expressions."""
    text, negative = text.strip(), False
    ending = text[len(text.rstrip("- ")) :].replace(" ", "")
    text = text.rstrip("- ")
    if ending == "-" and text[-1:] not in (".", ","):
        negative = True
    elif ending and not (ending in ("-", "--") and text[-1:] in (".", ",")):  # "100.-" is a whole amount
        return None
    if text.startswith("-"):
        if negative:
            return None
        text, negative = text[1:].lstrip(), True
    whole, found, fraction = text.partition(point)
    if (fraction and not fraction.isdigit()) or not (whole + fraction) or (found and not whole and not fraction):
        return None
    if whole and not whole.isdigit() and not grouped(whole, point):
        return None
    digits = "".join(letter for letter in whole if letter.isdigit())
    return float(Decimal(f"{'-' if negative else ''}{digits or '0'}.{fraction or '0'}"))


def grouped(whole, point):
    for mark in {".", ",", " ", "'"} - {point}:
        first, *others = whole.split(mark)
        if not others or not all(part.isdigit() for part in (first, *others)) or first.startswith("0"):
            continue
        if len(first) <= 3 and all(len(part) == 3 for part in others):
            return True
        lakhs = len(first) <= 2 and all(len(part) == 2 for part in others[:-1]) and len(others[-1]) == 3
        if mark == "," and lakhs:
            return True
    return False


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet="0123.,' -", min_size=1, max_size=9), min_size=1, max_size=8))
@example(["1.234", "12,34,567", "-5-", "100.-", "1.-", "1 234,5", ".5", "5.", "00.1", "0.---"])
def test_every_cell_equals_the_reading_by_hand_in_either_style(texts):
    texts = [text for text in texts if text.strip()]
    for point in ".,":
        expected = [by_hand(text, point) for text in texts]
        assert read(*texts, decimal=point) == [UNREAD if value is None else value for value in expected]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet="0123.,", min_size=1, max_size=7), min_size=1, max_size=8))
@example(["1.234", "5", "1,5"])
def test_the_style_found_is_the_one_that_counting_by_hand_leaves_open(texts):
    readings = [(by_hand(text, "."), by_hand(text, ",")) for text in texts]
    points = any(comma is None and point is not None for point, comma in readings)
    commas = any(point is None and comma is not None for point, comma in readings)
    differ = any(None not in pair and pair[0] != pair[1] for pair in readings)
    if points and commas:
        with pytest.raises(InputError, match="must be written in one decimal style"):
            read(*texts)
    elif differ and not points and not commas:
        with pytest.raises(InputError, match="must fit one decimal style only"):
            read(*texts)
    else:
        expected = [pair[1] if commas else pair[0] for pair in readings]
        assert read(*texts) == [UNREAD if value is None else value for value in expected]


MONEY = st.decimals(min_value=-(10**12), max_value=10**12, places=2)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(MONEY, min_size=1, max_size=10),
    st.sampled_from(
        [(",", "."), (".", ","), (" ", ","), ("\u00a0", ","), ("\u202f", ","), ("'", "."), ("", "."), ("", ",")]
    ),
    st.sampled_from(["{}", "${}", "{} €", "￥{}", "{}元", "USD {}", "\u3000{}\u3000"]),
    st.sampled_from(["-{}", "−{}", "({})", "{}-", "－{}"]),
)
def test_money_written_in_any_style_reads_back_equal(amounts, style, currency, minus):
    group, point = style
    texts = []
    for amount in amounts:
        plain = f"{abs(amount):,.2f}".translate({ord(","): group, ord("."): point})
        text = currency.format(plain)
        texts.append(minus.format(text) if amount < 0 else text)
    found = read(*texts)
    assert found == [float(amount) for amount in amounts]
