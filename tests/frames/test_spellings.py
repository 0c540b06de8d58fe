"""Labels in several spellings are reported together, and nothing else is."""

import pandas as pd
import pytest

from custvalue.frames.spellings import similar_spellings


def groups(*labels):
    found = similar_spellings(pd.Series(list(labels), dtype=object))
    return [set(part["spelling"]) for _, part in found.groupby("group", sort=False)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GTXPro", "GTX Pro"),
        ("google", "Google"),
        ("A.B. Ltd.", "AB Ltd"),
        ("Ｇoogle", "Google"),
        ("巨人塑料", "巨人 塑料"),
        ("STRASSE", "Straße"),
        ("SKU-12-34", "sku 12 34"),
        ("1.2.3", "1-2-3"),
        ("x\u00a0y", "xy"),
        ("R&D", "r & d"),
    ],
)
def test_labels_that_differ_in_case_blanks_punctuation_or_width_are_alike(one, other):
    assert groups(one, "something else", other) == [{one, other}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+", "-"),
        ("-", "--"),
        ("1.5", "15"),
        ("2026-1", "20261"),
        ("1.2.3", "1.23"),
        ("A+", "A"),
        ("A1+", "A1-"),
        ("GTX Pro", "GTX Plus"),
        ("清水公司", "清水"),
        ("Société", "Societe"),
    ],
)
def test_labels_that_differ_otherwise_are_not(one, other):
    assert groups(one, other) == []


def test_one_row_per_spelling_with_its_count_under_the_most_frequent_spelling_of_the_group():
    column = pd.Series(["b", "google", "GTXPro", "Google", "GTX Pro", "Google", None, "GTX Pro", "gtx pro", "B"])
    found = similar_spellings(column)
    assert found.to_numpy().tolist() == [
        ["b", 1, "b"],
        ["B", 1, "b"],
        ["Google", 2, "Google"],
        ["google", 1, "Google"],
        ["GTX Pro", 2, "GTX Pro"],
        ["GTXPro", 1, "GTX Pro"],
        ["gtx pro", 1, "GTX Pro"],
    ]


@pytest.mark.parametrize("dtype", ["str", "string", "category", object])
def test_every_way_to_hold_labels_is_read_and_left_alone(dtype):
    column = pd.Series(["a", "A", None], dtype=dtype)
    before = column.copy()
    assert similar_spellings(column)["spelling"].tolist() == ["a", "A"]
    pd.testing.assert_series_equal(column, before)


@pytest.mark.parametrize(
    "column", [pd.Series([], dtype=object), pd.Series([1.0, 2.0]), pd.Series(["a", "b"]), pd.Series([None])]
)
def test_a_column_with_nothing_to_report_gives_an_empty_frame_of_the_same_columns(column):
    found = similar_spellings(column)
    assert found.columns.tolist() == ["spelling", "n", "group"]
    assert len(found) == 0


def test_numbers_among_labels_are_passed_over():
    assert groups("a", 1, 1.0, "A", True) == [{"a", "A"}]
