"""The calendar."""

import pandas as pd
import pytest

from custvalue.frames.periods import as_day, last_periods, parse_period, period_labels, periods_per_year


@pytest.mark.parametrize(
    ("day", "freq", "label"),
    [("2026-09-30", "Q-DEC", "2026Q3"), ("2026-10-01", "Q-DEC", "2026Q4"), ("2026-03-31", "Q-MAR", "2026Q4"),
     ("2026-04-01", "Q-MAR", "2027Q1"), ("2026-04-30", "M", "2026-04")],
)  # fmt: skip
def test_a_day_falls_in_the_period_that_contains_it(day, freq, label):
    assert period_labels(pd.Series(pd.to_datetime([day, None])), freq).tolist()[0] == label


def test_a_missing_date_has_no_period():
    assert period_labels(pd.Series(pd.to_datetime(["2026-01-01", None])), "M").isna().tolist() == [False, True]


def test_the_trailing_year_is_four_quarters_or_twelve_months():
    assert last_periods(parse_period("2026Q2"), 4) == ["2025Q3", "2025Q4", "2026Q1", "2026Q2"]
    assert (periods_per_year("Q-MAR"), periods_per_year("M")) == (4, 12)


@pytest.mark.parametrize(
    ("label", "freq"), [("2026-07", "Q-DEC"), ("2026Q3", "M"), ("Q3", "Q-DEC"), ("2026Q5", "Q-DEC")]
)
def test_a_label_of_another_calendar_is_refused(label, freq):
    with pytest.raises(ValueError, match="period must be a label of the"):
        parse_period(label, freq)


def test_as_of_is_a_day_without_time_or_zone():
    assert as_day(pd.Timestamp("2026-09-30 17:00", tz="Asia/Shanghai")) == pd.Timestamp("2026-09-30")
    with pytest.raises(ValueError, match=r"as_of must be a date: got 'NaT'"):
        as_day("NaT")


@pytest.mark.parametrize(
    "as_of", [20260930, "2026", "2026Q3", "03.04.2026", "today", "now", 1.5, True, None, "2026-13-01"]
)
def test_as_of_is_never_guessed(as_of):
    with pytest.raises(ValueError, match="as_of must be a date"):
        as_day(as_of)
