"""Dates in every spelling, and an open order of day and month refused with its evidence."""

# ruff: noqa: PD011 (Parsed's own .values)

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custvalue.frames.dates import parse_dates
from custvalue.rules.errors import InputError

UNREAD = "unread"
DAY = "2026-09-30"


def read(*cells, **keywords):
    """Moments as ISO texts (a day alone where it is midnight), with what could not be read marked."""
    parsed = parse_dates(pd.Series(list(cells), dtype=object).infer_objects(), "closed", **keywords)
    assert parsed.values.dtype == "datetime64[us]"
    texts = [None if pd.isna(moment) else moment.isoformat().removesuffix("T00:00:00") for moment in parsed.values]
    return [UNREAD if bad else text for text, bad in zip(texts, parsed.unread, strict=True)]


def notes(*cells, **keywords):
    return dict(parse_dates(pd.Series(list(cells)), "closed", **keywords).notes)


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-30", "2026-9-30", "2026/9/30", "2026/09/30", "2026.09.30", "2026年9月30日", "2026年09月30日",
        "2026 年 9 月 30 日", "2026年9月30号", "２０２６年９月３０日", "２０２６－０９－３０", "20260930",
        "20260930.0", "46295", "46295.0", "30-Sep-2026", "30 September 2026", "30. Sept. 2026", "30th Sep, 2026",
        "30Sep2026", "30/sep/2026", "Sep 30, 2026", "SEPTEMBER 30, 2026", "Sep. 30 2026", "Sep-30-2026",
        "September 30th, 2026", "Wednesday, September 30, 2026", "Wed 30 Sep 2026", "2026-Sep-30", "30-Sep-26",
        "Sep 30, 26", "30/9/2026", "30.09.2026", "30-09-2026", "30. 9. 2026", "30 9 2026", "30/09/26", "9/30/2026",
        "09-30-2026", "9/30/26", " 2026-09-30\u00a0", "\u200e9/30/2026", "2026-09-30T00:00:00", "2026-09-30 00:00",
    ],
)  # fmt: skip
def test_one_day_in_every_spelling(text):
    assert read(text) == [DAY]
    assert read(text, "2026-10-01", "", None) == [DAY, "2026-10-01", None, None]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-09-30 14:05", "14:05:00"),
        ("2026-09-30T14:05:01", "14:05:01"),
        ("2026-09-30T14:05:01.25", "14:05:01.250000"),
        ("2026-09-30T14:05:01,250000999", "14:05:01.250000"),
        ("2026-09-30T14:05:01Z", "14:05:01"),
        ("2026-09-30 14:05:01.5+08:00", "14:05:01.500000"),
        ("2026-09-30T14:05-0530", "14:05:00"),
        ("2026-09-30 14:05:01 UTC", "14:05:01"),
        ("9/30/2026 2:05 PM", "14:05:00"),
        ("9/30/2026, 2:05:07 p.m.", "14:05:07"),
        ("9/30/2026 12:05 AM", "00:05:00"),
        ("9/30/2026 12:05 PM", "12:05:00"),
        ("9/30/2026 14:05 PM", "14:05:00"),
        ("30-Sep-2026 2:05pm", "14:05:00"),
        ("2026/9/30 下午 02:05:00", "14:05:00"),
        ("2026年9月30日14:05", "14:05:00"),
        ("2026年9月30日 上午12:05", "00:05:00"),
        ("20260930 14:05", "14:05:00"),
        ("46295.5", "12:00:00"),
        ("46295.586805556", "14:05:00"),
        ("2026-09-30 23:59:59.999999", "23:59:59.999999"),
    ],
)
def test_times_of_day_are_kept_as_written(text, time):
    assert read(text) == [f"{DAY}T{time}"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "20260230", "30/02/2026", "2/30/2026",
        "31-Apr-2026", "30 Foo 2026", "1899-12-31", "2201-01-01", "0001-01-01", "9999-12-31", "12/31/1899",
        "18991231", "2026-09", "2026", "Sep 2026", "2026Q3", "9/2026", "2026-09-30 10", "2026-09-30T10",
        "2026-09-30 24:00", "2026-09-30 12:60", "2026-09-30 12:00:60", "9/30/2026 13:05 AM", "下午 2:05 PM",
        "2026/9/30 下午 2:05 PM", "14:05", "46295 14:05", "9999", "100000", "462951", "202609301405",
        "about 30 Sep 2026", "before 2026-09-30", "soon", "True", "-", "1/2/3", "2026-W40-3", "٣٠/٩/٢٠٢٦",
    ],
)  # fmt: skip
def test_what_is_no_day_between_1900_and_2200_is_unread_and_decides_nothing(text):
    assert read(text, DAY) == [UNREAD, DAY]
    assert read(text, "31/12/2026") == [UNREAD, "2026-12-31"]
    assert read(text, "12/31/2026") == [UNREAD, "2026-12-31"]


def test_the_ends_of_the_range_and_leap_days_are_read():
    assert read("1900-01-01", "2200-12-31") == ["1900-01-01", "2200-12-31"]
    assert read("1/13/1900", "29 Feb 2000") == ["1900-01-13", "2000-02-29"]
    assert read("10000", "99999") == ["1927-05-18", "2173-10-13"]  # what Excel shows for these serials


def test_two_digit_years_turn_at_69_as_posix_has_it():
    assert read("31/12/68", "31/12/69", "31/12/00", "31/12/99") == [
        "2068-12-31", "1969-12-31", "2000-12-31", "1999-12-31",
    ]  # fmt: skip
    assert notes("30-Sep-26", DAY)["closed two-digit years"] == (
        "1 cell, first '30-Sep-26' in row 0 is 2026-09-30; 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068"
    )


# Which order: one case on each side of every decision.


def test_a_day_after_the_12th_settles_the_column_wherever_it_stands():
    assert read("3/4/2026", "13/4/2026") == ["2026-04-03", "2026-04-13"]
    assert read("13/4/2026", "3/4/2026") == ["2026-04-13", "2026-04-03"]
    assert read("3/4/2026", "4/13/2026") == ["2026-03-04", "2026-04-13"]
    assert read("4/13/26", "3.4.2026") == ["2026-04-13", "2026-03-04"]


@pytest.mark.parametrize(
    "cells",
    [
        ["3/4/2026"], ["12/1/2026"], ["3.4.2026", "5/5/2026"], ["03-04-26", "2026-12-31", "20261231", "31-Dec-2026"],
        ["03-04-26", "46295"], ["3/4/2026", "30/02/2026", "13/13/2026", "soon", ""],
    ],
)  # fmt: skip
def test_a_column_that_both_orders_explain_is_refused_with_the_evidence_and_the_argument(cells):
    with pytest.raises(InputError, match="closed must fit one date order only") as refused:
        read(*cells)
    assert f"got {cells[0]!r} in row 0" in str(refused.value)
    assert "Pass date_order='day' or date_order='month'." in str(refused.value)


def test_the_refusal_counts_the_cells_each_order_explains():
    with pytest.raises(InputError) as refused:
        parse_dates(pd.Series(["5/5/2026", "", "3/4/2026", "3/4/2026", "x"], index=[2, 3, 4, 5, 6]), "created")
    assert str(refused.value) == (
        "created must fit one date order only: got '3/4/2026' in row 4, which is 2026-04-03 by day first and "
        "2026-03-04 by month first; no cell decides (column 'created': day first explains 3 of 3 cells, month first "
        "explains 3 of 3 cells). Pass date_order='day' or date_order='month'."
    )


def test_cells_that_contradict_each_other_are_refused_with_the_first_of_each():
    with pytest.raises(InputError) as refused:
        read("5/5/2026", "13/4/2026", "14/4/2026", "4/13/2026", "x")
    assert str(refused.value) == (
        "closed must be written in one date order: got '13/4/2026' in row 1, which only day first explains, and "
        "'4/13/2026' in row 3, which only month first explains (column 'closed': day first explains 3 of 4 cells, "
        "month first explains 2 of 4 cells). Correct the cells of the other date order, or pass date_order='day' or "
        "date_order='month': the cells that do not fit are then rejected."
    )
    assert read("13/4/2026", "4/13/2026", date_order="day") == ["2026-04-13", UNREAD]
    assert read("13/4/2026", "4/13/2026", date_order="month") == [UNREAD, "2026-04-13"]


def test_days_that_are_the_same_in_both_orders_need_none():
    assert read("5/5/2026", "12.12.26", DAY) == ["2026-05-05", "2026-12-12", DAY]
    assert "closed date order" not in notes("5/5/2026")


def test_the_order_found_or_given_is_noted():
    assert notes("3/4/2026", "13/4/2026", "13/4/2026", DAY) == {
        "closed date order": "day first: 2 of 4 cells can be read only so, first '13/4/2026' in row 1"
    }
    assert notes("3/4/2026", date_order="month") == {"closed date order": "month first, as given"}
    assert notes("2026/3/4", date_order="month") == {}


def test_an_unknown_order_is_refused():
    with pytest.raises(InputError, match="date_order must be 'day' or 'month': got 'year'"):
        read(DAY, date_order="year")


# Numbers and typed dates.


def test_numbers_are_serials_or_compact_dates_by_their_length():
    assert read(46295, 20260930, 20260230, 2026, 123456, None) == [DAY, DAY, UNREAD, UNREAD, UNREAD, None]
    assert read(46295.75, np.inf, np.nan, 20260930.5) == [f"{DAY}T18:00:00", UNREAD, None, UNREAD]
    assert read(-46295, 0, 1e300) == [UNREAD, UNREAD, UNREAD]
    assert parse_dates(pd.Series([20260930, None], dtype="Int64"), "closed").values.dt.day.iloc[0] == 30


def test_excel_serials_are_noted_with_an_example():
    assert notes(46295, 46296) == {"closed Excel serials": "2 cells, first 46295 in row 0 is 2026-09-30"}
    assert notes("46295", DAY) == {"closed Excel serials": "1 cell, first '46295' in row 0 is 2026-09-30"}


def test_time_zones_are_dropped_and_noted_and_the_local_time_is_kept():
    assert notes(f"{DAY}T01:00:00+08:00", f"{DAY}T01:00:00") == {
        "closed time zones": f"1 cell, first '{DAY}T01:00:00+08:00' in row 0 is {DAY}; the zone is dropped, the local "
        "time kept"
    }
    typed = pd.Series(pd.to_datetime([f"{DAY} 01:00"])).dt.tz_localize("Asia/Shanghai")
    parsed = parse_dates(typed, "closed")
    assert parsed.values.tolist() == [pd.Timestamp(f"{DAY} 01:00")]
    assert dict(parsed.notes) == {"closed time zones": "Asia/Shanghai dropped, the local time kept"}


def test_typed_dates_pass_through_and_the_ones_out_of_range_are_unread():
    found = read(
        datetime.date(2026, 9, 30), datetime.datetime(2026, 9, 30, 14, 5), pd.Timestamp(DAY), np.datetime64(DAY)
    )
    assert found == [DAY, f"{DAY}T14:05:00", DAY, DAY]
    assert read(datetime.date(1, 1, 1), datetime.date(2026, 9, 30), None) == [UNREAD, DAY, None]
    far = pd.Series(np.array(["1850-01-01", DAY, "NaT"], dtype="M8[s]"))
    assert parse_dates(far, "closed").unread.tolist() == [True, False, False]


def test_dates_numbers_and_texts_in_one_column_are_read_each_by_its_kind():
    assert read(datetime.datetime(2026, 10, 31), "31/12/2026", 46295, True, datetime.time(3, 4), None, 46295.5) == [
        "2026-10-31", "2026-12-31", DAY, UNREAD, UNREAD, None, f"{DAY}T12:00:00",
    ]  # fmt: skip


def test_typed_dates_that_may_have_been_swapped_by_a_spreadsheet_are_noted():
    swapped = pd.Series([datetime.datetime(2026, 3, 4), "31/12/2026"], dtype=object)
    assert dict(parse_dates(swapped, "closed").notes)["closed dates among texts"] == (
        "1 cell, none after the 12th: a spreadsheet may have taken days for months"
    )
    sound = pd.Series([datetime.datetime(2026, 3, 14), "31/12/2026"], dtype=object)
    assert "closed dates among texts" not in dict(parse_dates(sound, "closed").notes)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False]),
        pd.Series([True, None], dtype=object),
        pd.Series([pd.Timedelta(days=1)]),
        pd.Series(pd.period_range("2026Q1", periods=2, freq="Q")),
    ],
)
def test_a_column_of_another_type_is_refused_as_a_whole(column):
    with pytest.raises(InputError, match=r"closed must hold dates: got .* \(column 'closed'\)"):
        parse_dates(column, "closed")


@pytest.mark.parametrize("dtype", ["str", "string", "category", object, "string[pyarrow]"])
def test_every_way_to_hold_texts_is_read_with_its_index(dtype):
    parsed = parse_dates(pd.Series([DAY, None, "N/A"], index=[7, 7, 3], dtype=dtype), "closed")
    assert parsed.values.index.tolist() == [7, 7, 3]
    assert parsed.values.isna().tolist() == [False, True, True]
    assert not parsed.unread.any()


def test_empty_and_all_missing_columns_are_read():
    assert read() == []
    assert read(None, None) == [None, None]
    assert read("", "n/a") == [None, None]


# Against readings by hand, one cell at a time.


def by_hand(text):
    """The day by day first and by month first, with the standard library's own parser."""
    found = []
    for formats in (("%d/%m/%Y", "%d.%m.%y"), ("%m/%d/%Y", "%m.%d.%y")):
        days = []
        for form in (*formats, "%Y-%m-%d"):
            try:
                days.append(datetime.datetime.strptime(text, form).date().isoformat())
            except ValueError:
                continue
        found.append(days[0] if days else None)
    return tuple(found)


NUMBER = st.integers(0, 32)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.builds("{}/{}/20{:02}".format, NUMBER, NUMBER, st.integers(0, 99)),
            st.builds("{:02}.{:02}.{:02}".format, NUMBER, NUMBER, st.integers(0, 99)),
            st.builds("20{:02}-{:02}-{:02}".format, NUMBER, st.integers(0, 13), NUMBER),
        ),
        min_size=1,
        max_size=6,
    )
)
@example(["29/2/2024", "3/4/2024"])
@example(["29/2/2023", "3/4/2024"])
@example(["31/4/2024", "13.1.24"])
def test_the_order_found_and_every_day_equal_the_standard_librarys_reading(texts):
    readings = [by_hand(text) for text in texts]
    days = any(month is None and day is not None for day, month in readings)
    months = any(day is None and month is not None for day, month in readings)
    differ = any(None not in pair and pair[0] != pair[1] for pair in readings)
    if days and months:
        with pytest.raises(InputError, match="must be written in one date order"):
            read(*texts)
    elif differ and not days and not months:
        with pytest.raises(InputError, match="must fit one date order only"):
            read(*texts)
    else:
        expected = [pair[1] if months else pair[0] for pair in readings]
        assert read(*texts) == [UNREAD if day is None else day for day in expected]
    for place, order in enumerate(("day", "month")):
        expected = [UNREAD if pair[place] is None else pair[place] for pair in readings]
        assert read(*texts, date_order=order) == expected


MOMENTS = st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2068, 12, 31, 23, 59, 59)).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(MOMENTS, min_size=1, max_size=8),
    st.sampled_from(
        [
            ("%Y-%m-%d", None), ("%Y/%m/%d", None), ("%Y.%m.%d", None), ("%Y%m%d", None), ("%Y年%m月%d日", None),
            ("%d/%m/%Y", "day"), ("%d.%m.%Y", "day"), ("%d-%m-%y", "day"), ("%m/%d/%Y", "month"), ("%m-%d-%y", "month"),
            ("%d-%b-%Y", None), ("%d %B %Y", None), ("%b %d, %Y", None), ("%A, %B %d, %Y", None), ("%d-%b-%y", None),
        ]
    ),
    st.sampled_from(["", " %H:%M:%S", " %I:%M:%S %p", ", %I:%M:%S %p"]),
)  # fmt: skip
def test_moments_written_in_any_style_read_back_equal(moments, style, clock):
    form, order = style
    form += clock
    texts = [moment.strftime(form) for moment in moments]
    expected = [moment if clock else datetime.datetime.combine(moment, datetime.time()) for moment in moments]
    assert parse_dates(pd.Series(texts), "closed", date_order=order).values.tolist() == expected
    if order:  # with a day after the 12th among them, the order need not be given
        deciding = datetime.datetime(2026, 12, 31)
        column = pd.Series([*texts, deciding.strftime(form)])
        assert parse_dates(column, "closed").values.tolist() == [*expected, deciding]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.datetimes(datetime.datetime(1928, 1, 1), datetime.datetime(2170, 1, 1)), min_size=1, max_size=5))
def test_excel_serials_give_the_moment_to_the_millisecond(moments):
    serials = [(moment - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1) for moment in moments]
    for column in (pd.Series(serials), pd.Series([repr(serial) for serial in serials])):
        found = parse_dates(column, "closed").values
        assert (abs(found - pd.Series(moments)) <= pd.Timedelta(milliseconds=1)).all()


def test_a_hundred_thousand_dates_raise_no_warning_and_equal_the_days_they_were_written_from():
    days = np.datetime64("2020-01-01") + (np.arange(100_000) * 7919 % 2500).astype("m8[D]")
    texts = pd.Series(days).dt.strftime("%d/%m/%Y")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parsed = parse_dates(texts, "closed")
    assert (parsed.values.to_numpy().astype("M8[D]") == days).all()


def test_a_crm_export_with_month_first_dates_gives_the_days_of_its_iso_twin(shared):
    folder = shared / "maven_crm"
    iso = pd.read_csv(folder / "sales_pipeline.csv", dtype="str")
    month_first = pd.read_csv(folder / "sales_pipeline_mdy_dates.csv", dtype="str")
    for name in ("engage_date", "close_date"):
        expected, found = parse_dates(iso[name], name), parse_dates(month_first[name], name)
        pd.testing.assert_series_equal(found.values, expected.values)
        assert not found.unread.any()
        assert dict(found.notes)[f"{name} date order"].startswith("month first: ")
