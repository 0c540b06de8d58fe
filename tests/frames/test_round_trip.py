"""A clean frame written in any supported format, encoding, date and decimal style reads back equal."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import read_table

NAMES = ["清水公司", "好佳包装", "休闲食品"]
LATIN = ["Müller GmbH", "Société Générale", "Acme"]

AMOUNTS = {
    "plain": "{:.2f}".format,
    "point": "{:,.2f}".format,
    "comma": lambda value: f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", "."),
    "dollar": lambda value: f"${value:,.2f}" if value >= 0 else f"(${-value:,.2f})",
    "wan": lambda value: f"{value / 10_000:.6f}万",
}
DATES = {"iso": "%Y-%m-%d", "day": "%d/%m/%Y", "month": "%m/%d/%Y", "compact": "%Y%m%d", "chinese": "%Y年%m月%d日"}


@st.composite
def tables(draw, names):
    n = draw(st.integers(1, 12))
    cents = draw(st.lists(st.integers(-(10**9), 10**9), min_size=n, max_size=n))
    days = draw(st.lists(st.integers(0, 3000), min_size=n, max_size=n))
    return pd.DataFrame(
        {
            # A first row that decides: an amount of four digits and cents, and a day after the twelfth.
            "account": pd.array(
                [names[0], *draw(st.lists(st.sampled_from(names), min_size=n, max_size=n))], dtype="str"
            ),
            "date": pd.Series(
                np.array(["2026-07-25", *(np.datetime64("2018-01-01") + np.array(days))], dtype="datetime64[us]")
            ),
            "amount": [1234.5, *(value / 100 for value in cents)],
        }
    )


def same(checked, frame):
    assert len(checked.rejects) == 0
    pd.testing.assert_frame_equal(
        checked.frame[["account", "date", "amount"]], frame, check_dtype=False, rtol=1e-9, atol=1e-9
    )


@settings(deadline=None, max_examples=15)
@given(tables(NAMES), st.sampled_from(sorted(AMOUNTS)), st.sampled_from(sorted(DATES)), st.sampled_from(",;\t|"))
def test_amount_and_date_styles_and_separators_read_back_equal(tmp_path_factory, frame, amounts, dates, separator):
    path = tmp_path_factory.mktemp("round") / "sales.csv"
    written = frame.assign(amount=frame["amount"].map(AMOUNTS[amounts]), date=frame["date"].dt.strftime(DATES[dates]))
    written.to_csv(path, index=False, sep=separator)
    same(read_table(path, "sales"), frame)


@settings(deadline=None, max_examples=6)
@given(tables(NAMES))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
def test_encodings_of_chinese_names_read_back_equal(tmp_path_factory, encoding, frame):
    path = tmp_path_factory.mktemp("round") / "sales.csv"
    frame.to_csv(path, index=False, encoding=encoding)
    same(read_table(path, "sales"), frame)


@settings(deadline=None, max_examples=6)
@given(tables(LATIN))
def test_western_names_in_cp1252_read_back_equal_when_the_encoding_is_given(tmp_path_factory, frame):
    path = tmp_path_factory.mktemp("round") / "sales.csv"
    frame.to_csv(path, index=False, encoding="cp1252")
    same(read_table(path, "sales", encoding="cp1252"), frame)


@settings(deadline=None, max_examples=6)
@given(tables(NAMES))
@pytest.mark.parametrize("suffix", ["xlsx", "parquet", "csv.gz"])
def test_other_formats_read_back_equal(tmp_path_factory, suffix, frame):
    path = tmp_path_factory.mktemp("round") / f"sales.{suffix}"
    write = {"xlsx": frame.to_excel, "parquet": frame.to_parquet, "csv.gz": frame.to_csv}[suffix]
    write(path, index=False)
    same(read_table(path, "sales"), frame)
