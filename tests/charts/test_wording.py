"""Numbers and words: units of both languages, honest rounding, wrapping, names as text."""

import html
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custvalue.charts import wording as w
from custvalue.rules import playbook
from custvalue.rules.bands import Bands
from custvalue.rules.labels import Label


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (0, "0", "0"),
        (0.5, "0.5", "0.5"),
        (999, "999", "999"),
        (999.6, "1 k", "1,000"),
        (1_000, "1 k", "1,000"),
        (9_994, "9.99 k", "9,994"),
        (9_996, "10 k", "1万"),
        (12_345, "12.3 k", "1.23万"),
        (999_499, "999 k", "99.9万"),
        (999_500, "1 M", "100万"),
        (123_456_789, "123 M", "1.23亿"),
        (99_996_000, "100 M", "1亿"),
        (2_500_000_000, "2.5 B", "25亿"),
        (-1_500_000, "−1.5 M", "−150万"),
        (pd.NA, "unknown", "未知"),
        (float("nan"), "unknown", "未知"),
    ],
)
def test_money_in_both_languages(value, en, zh):
    assert w.money_text(value, "en") == en
    assert w.money_text(value, "zh") == zh


@pytest.mark.parametrize(
    ("fraction", "decimals", "text"),
    [
        (0.0, 0, "0 %"),
        (1.0, 0, "100 %"),
        (0.18, 0, "18 %"),
        (0.004, 0, "0.4 %"),
        (0.996, 0, "99.6 %"),
        (0.0004, 0, "under 0.1 %"),
        (0.9996, 0, "over 99.9 %"),
        (1.02, 0, "102 %"),
        (-0.05, 0, "−5 %"),
        (0.63148, 1, "63.1 %"),
        (None, 0, "unknown"),
    ],
)
def test_percentages_never_round_to_nothing_or_everything(fraction, decimals, text):
    assert w.percent_text(fraction, decimals=decimals) == text


def test_a_rounded_negative_zero_loses_its_sign():
    assert w.count_text(-0.2) == "0"


@given(st.text())
def test_markup_holds_no_live_character_and_reads_as_the_text_it_was_made_from(text):
    made = w.markup(text)
    assert not set(made) & set("<>${")
    assert html.unescape(made) == html.unescape(html.escape(text, quote=False))


@given(st.text(), st.integers(4, 60))
def test_wrapping_loses_nothing_but_spaces(text, width):
    name = w.name_text(text)
    for lines in (w.wrapped(name, width), w.balanced(name, width)):
        assert "".join(lines).replace(" ", "") == name.replace(" ", "")


@given(st.text(alphabet="中文字符客户", min_size=1, max_size=80), st.integers(4, 40))
def test_chinese_lines_keep_their_width(text, width):
    assert max(map(w.text_width, w.wrapped(text, width))) <= width


def test_a_number_stays_with_its_unit_and_punctuation_with_its_word():
    assert w.wrapped("won 1.2 M of it", 8) == ["won", "1.2 M of", "it"]
    assert w.wrapped("客户甲、客户乙。", 14) == ["客户甲、客户", "乙。"]


def test_balanced_lines_leave_no_orphan():
    assert w.balanced("nine of many prospects reach the highest band of all", 50) == [
        "nine of many prospects reach",
        "the highest band of all",
    ]


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_drawn_floats_are_within_half_a_unit_of_the_sixth_digit(value):
    (shown,) = w.drawn([value])
    assert math.isclose(shown, value, rel_tol=5.1e-6, abs_tol=0.0)


def test_drawn_values_keep_whole_numbers_and_say_missing_with_none():
    assert w.drawn(pd.array([1234567, pd.NA], dtype="Int64")) == [1234567, None]


def test_shortened_text_is_never_wider_than_asked():
    assert w.shortened("上海巨人塑料", 12) == "上海巨人塑料"
    assert w.shortened("上海巨人塑料厂", 12) == "上海巨人塑…"


def test_band_ranges_follow_the_owner_of_each_cut():
    labels = tuple(Label(name, name) for name in "abc")
    owned = Bands(("a", "b", "c"), (1.0, 2.0), ("a", "c"), labels, source="test")
    assert w.band_ranges(owned) == ["up to 1", "between 1 and 2", "2 or more"]
    upper = Bands(("a", "b", "c"), (1.0, 2.0), ("b", "c"), labels, source="test")
    assert w.band_ranges(upper, "zh") == ["低于1", "1至2以下", "2及以上"]
    assert w.band_ranges(playbook.SCREENING_BANDS, "zh") == ["低于8", "8–14", "高于14"]
