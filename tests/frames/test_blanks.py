"""Blanks become missing, and are counted as they were met."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue.frames.blanks import BLANKS, STRAY, STRIPPED, blanks_to_missing


@pytest.mark.parametrize(
    "text", ["", "None", "NaT", "NaN", "N/A", "NA", "#N/A", "NULL", "Select", "--None--", "-None-"]
)
def test_every_documented_blank_is_missing_in_any_case_and_counted_as_met(text):
    column, counts = blanks_to_missing(pd.Series([text, text.lower(), text.upper(), "Won"]))
    assert column.isna().tolist() == [True, True, True, False]
    assert sum(counts.values()) == 3
    assert set(counts) == {text, text.lower(), text.upper()}


@pytest.mark.parametrize("text", ["Unknown", "-", "--", "0", "none of these", "n/a yet", "."])
def test_categories_signs_and_longer_texts_are_no_blanks(text):
    column, counts = blanks_to_missing(pd.Series([text]))
    assert column.tolist() == [text]
    assert counts == {}


@pytest.mark.parametrize("stray", [" ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u202f", "\u200e", "\r\n"])
def test_stray_blanks_of_every_sort_are_stripped_at_both_ends_and_kept_inside(stray):
    column, counts = blanks_to_missing(pd.Series([f"{stray}GTX Pro{stray}{stray}", "GTX\u00a0Pro", stray, "x"]))
    assert column.isna().tolist() == [False, False, True, False]
    assert column.dropna().tolist() == ["GTX Pro", "GTX\u00a0Pro", "x"]
    assert counts == {"": 1, STRIPPED: 1}


def test_counts_come_by_spelling_most_frequent_first_and_leave_out_what_was_missing():
    column, counts = blanks_to_missing(pd.Series(["n/a", "N/A", None, "N/A ", np.nan, "Won "], dtype="str"))
    assert list(counts.items()) == [("N/A", 2), ("n/a", 1), (STRIPPED, 1)]
    assert column.isna().sum() == 5


@pytest.mark.parametrize("dtype", ["str", "string", "category", object])
def test_every_way_to_hold_texts_comes_back_as_str_with_its_index_and_name(dtype):
    column = pd.Series([" a", "N/A", None], index=[7, 7, 3], name="stage", dtype=dtype)
    found, _ = blanks_to_missing(column)
    assert found.dtype == "str"
    assert found.index.tolist() == [7, 7, 3]
    assert found.name == "stage"
    assert found.isna().tolist() == [False, True, True]


def test_typed_cells_among_texts_stay_what_they_are():
    day = datetime.datetime(2026, 9, 30)
    column, counts = blanks_to_missing(pd.Series([1.5, " N/A", day, True, " x", None], dtype=object))
    assert column.dtype == object
    assert column.tolist()[:1] + column.tolist()[2:5] == [1.5, day, True, "x"]
    assert pd.isna(column[1])
    assert counts == {"N/A": 1, STRIPPED: 1}


@pytest.mark.parametrize(
    "column", [pd.Series([1.0, np.nan]), pd.Series([1, 2]), pd.to_datetime(pd.Series(["2026-09-30"]))]
)
def test_columns_of_numbers_and_dates_come_back_unchanged(column):
    found, counts = blanks_to_missing(column)
    pd.testing.assert_series_equal(found, column)
    assert counts == {}


def test_the_callers_column_is_not_changed():
    column = pd.Series([" a", "N/A"])
    found, _ = blanks_to_missing(column)
    found.iloc[0] = "changed"
    assert column.tolist() == [" a", "N/A"]
    clean = pd.Series(["a", "b"])
    found, _ = blanks_to_missing(clean)
    found.iloc[0] = "changed"
    assert clean.tolist() == ["a", "b"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), st.text(alphabet=f"aN/ {STRAY}-", max_size=5), st.sampled_from(BLANKS))))
def test_the_result_equals_a_cell_by_cell_reading_and_doing_it_twice_changes_nothing(cells):
    expected = [None if cell is None or cell.strip(STRAY).lower() in BLANKS else cell.strip(STRAY) for cell in cells]
    found, counts = blanks_to_missing(pd.Series(cells, dtype="str"))
    assert [None if pd.isna(cell) else cell for cell in found] == expected
    n_blank = sum(value is None for value in expected) - sum(cell is None for cell in cells)
    assert sum(n for text, n in counts.items() if text != STRIPPED) == n_blank
    again, none = blanks_to_missing(found)
    pd.testing.assert_series_equal(again, found)
    assert none == {}
