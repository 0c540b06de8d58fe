"""The calendar: as-of days, and period labels such as ``2026Q3`` for any quarter or month frequency."""

import re
from datetime import date

import numpy as np
import pandas as pd

from custvalue.rules.errors import refusal

AsOf = str | date | pd.Timestamp
QUARTERS_PER_YEAR = 4
MONTHS_PER_YEAR = 12
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ][\d:.]+)?$")


def as_day(as_of: AsOf) -> pd.Timestamp:
    """Return ``as_of`` as a day, or say why it is none: only a date object or an ISO text is read, never a guess.

    >>> as_day("2026-09-30")
    Timestamp('2026-09-30 00:00:00')
    """
    readable = isinstance(as_of, date | np.datetime64) or (isinstance(as_of, str) and ISO_DAY.match(as_of))
    try:
        day = pd.Timestamp(as_of) if readable else pd.NaT
    except ValueError:
        day = pd.NaT
    if pd.isna(day):
        raise refusal("as_of must be a date", repr(as_of), "Write it as '2026-09-30'.")
    return day.tz_localize(None).normalize()


def check_freq(freq: str) -> str:
    """Return ``freq`` if it names quarters or months, or say why it does not."""
    try:
        unit = pd.Period("2000-01-01", freq=freq).freq
    except (ValueError, TypeError, AttributeError):
        unit = None
    if not isinstance(unit, pd.offsets.QuarterEnd | pd.offsets.MonthEnd) or unit.n != 1:
        raise refusal(
            "freq must be a pandas quarter or month frequency",
            repr(freq),
            "Use 'Q-DEC' (calendar quarters), 'Q-MAR' (a year that ends in March) or 'M'.",
        )
    return freq


def periods_per_year(freq: str) -> int:
    """Return how many periods of this frequency make a year."""
    return MONTHS_PER_YEAR if check_freq(freq).startswith("M") else QUARTERS_PER_YEAR


def parse_period(label: str, freq: str = "Q-DEC") -> pd.Period:
    """Return the period a label such as ``2026Q3`` or ``2026-07`` names.

    >>> parse_period("2026Q3").end_time.date()
    datetime.date(2026, 9, 30)
    """
    check_freq(freq)
    wanted = "'2026-07'" if freq.startswith("M") else "'2026Q3'"
    try:
        period = pd.Period(str(label), freq=freq)
    except (ValueError, TypeError) as error:
        raise refusal("period must be a label of the calendar", repr(label), f"Write it as {wanted}.") from error
    if str(period) != str(label).strip():
        raise refusal(
            f"period must be a label of the {freq} calendar",
            repr(label),
            f"Did you mean {str(period)!r}? Write {wanted}.",
        )
    return period


def period_labels(dates: "pd.Series[pd.Timestamp]", freq: str) -> "pd.Series[str]":
    """Return the label of the period each date falls in; missing where the date is missing."""
    periods = dates.dt.to_period(check_freq(freq))
    codes, distinct = pd.factorize(periods)
    labels = pd.array([str(period) for period in distinct], dtype="str")
    return pd.Series(labels.take(codes, allow_fill=True), index=dates.index, dtype="str")


def last_periods(period: pd.Period, n: int) -> list[str]:
    """Return the labels of the ``n`` periods that end with this one, oldest first."""
    return [str(period - back) for back in range(n - 1, -1, -1)]
