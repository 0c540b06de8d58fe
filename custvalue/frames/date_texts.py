"""The spellings of a date: what each distinct text says, by either order of day and month."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from custvalue.frames.affixes import plain_characters
from custvalue.frames.values import places_in

Moments = NDArray[np.datetime64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FIRST_YEAR, LAST_YEAR = 1900, 2200
OLDEST_SHORT_YEAR = 1969  # POSIX: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068
CENTURY = 100
EXCEL_ORIGIN = np.datetime64("1899-12-30", "ms")  # day 0 of the 1900 system for every day after February 1900
MILLISECONDS_PER_DAY = 86_400_000
EPOCH_YEAR, MONTHS_PER_YEAR = 1970, 12
NOON, HOURS, SIXTY = 12, 24, 60
MICROSECONDS = 1_000_000
NEVER = np.datetime64("NaT", "us")

_NAMES = "January February March April May June July August September October November December".lower().split()
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}

_DATE_AND_TIME = r"^(?P<date>[^:]*?)(?:(?:[Tt]|,?\s*)(?P<time>(?:上午|下午)?\s*[0-9]{1,2}:[0-9]{2}.*))?$"
_TIME = (
    r"^(?P<before>上午|下午)?\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"\s*(?P<after>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>[Zz]|UTC|GMT|[-+][0-9]{2}(?::?[0-9]{2})?)?$"
)
_YEAR, _ANY_YEAR = r"(?P<year>[0-9]{4})", r"(?P<year>[0-9]{4}|[0-9]{2})"
_MONTH, _DAY = r"(?P<month>[0-9]{1,2})", r"(?P<day>[0-9]{1,2})"
_NAME, _ORDINAL = r"(?P<month>[a-z]{3,9})\.?", r"(?:st|nd|rd|th|\.)?"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]*\s+)?"
_BETWEEN = r"(?:[-/.]\s?|\s)"
_SURE = (
    rf"^{_YEAR}(?:[-/.]|\s?年\s?){_MONTH}(?:[-/.]|\s?月\s?){_DAY}\s?[日号]?$",
    rf"^{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})(?:\.0+)?$",
    rf"(?i)^{_WEEKDAY}{_DAY}{_ORDINAL}[-/ ]?{_NAME}[-/ ,]{{0,2}}{_ANY_YEAR}$",
    rf"(?i)^{_WEEKDAY}{_NAME}[-/ ]?{_DAY}{_ORDINAL}[-/ ,]{{1,2}}{_ANY_YEAR}$",
    rf"(?i)^{_YEAR}[-/ ]{_NAME}[-/ ]{_DAY}$",
)
_ORDERED = rf"^(?P<first>[0-9]{{1,2}}){_BETWEEN}(?P<second>[0-9]{{1,2}}){_BETWEEN}{_ANY_YEAR}$"
_SERIAL = r"^(?P<serial>[0-9]{5}(?:\.[0-9]+)?)$"


@dataclass(frozen=True, slots=True)
class DateTexts:
    """Distinct texts as moments, missing where they cannot be read, and what kind of text each is.

    ``ordered`` texts are numbers with the year last, whose order of day and month is open; ``short_year`` ones have a
    year of two digits; ``zoned`` ones name a time zone.
    """

    day_first: Moments
    month_first: Moments
    ordered: Flags
    short_year: Flags
    serial: Flags
    zoned: Flags


def read_date_texts(texts: pa.Array) -> DateTexts:
    """Read distinct texts (stripped) by either order of day and month.

    >>> read = read_date_texts(pa.array(["3/4/26", "31 Dec 2026 2:05 PM", "46295"], pa.large_string()))
    >>> read.day_first.astype("M8[D]").tolist() == read.month_first.astype("M8[D]").tolist()
    False
    >>> read.day_first.astype(str).tolist()[1:], read.serial.tolist()
    (['2026-12-31T14:05:00.000000', '2026-09-30T00:00:00.000000'], [False, False, True])
    """
    parts = pc.extract_regex(plain_characters(texts), _DATE_AND_TIME)
    # Dates and times have few spellings each, however many there are of the two together.
    dates, times = (pc.struct_field(parts, [part]).dictionary_encode() for part in ("date", "time"))
    of_date, of_time = places_in(dates), places_in(times)
    found, clock = _read_dates(dates.dictionary), _read_times(times.dictionary)
    time, serial = clock.time[of_time], found.serial[of_date]
    time[serial & clock.given[of_time]] = np.timedelta64("NaT")  # a serial holds its own time of day
    return DateTexts(
        day_first=found.day_first[of_date] + time,
        month_first=found.month_first[of_date] + time,
        ordered=found.ordered[of_date],
        short_year=found.short_year[of_date],
        serial=serial,
        zoned=clock.zoned[of_time],
    )


def calendar_days(year: Integers, month: Integers, day: Integers) -> Moments:
    """Return days of the calendar, missing where there is no such day or the year is out of range."""
    months = ((year - EPOCH_YEAR) * MONTHS_PER_YEAR + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    is_month = (month >= 1) & (month <= MONTHS_PER_YEAR) & (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    return np.where(is_month & (day >= 1) & (days.astype("M8[M]") == months), days.astype("M8[us]"), NEVER)


def days_of_serials(serials: NDArray[np.float64]) -> Moments:
    """Return the moments of Excel serial numbers (1900 system) to the millisecond, missing where they are NaN."""
    milliseconds = np.where(np.isnan(serials), 0, np.round(serials * MILLISECONDS_PER_DAY)).astype("m8[ms]")
    return np.where(np.isnan(serials), NEVER, (EXCEL_ORIGIN + milliseconds).astype("M8[us]"))


def _read_dates(texts: pa.Array) -> DateTexts:
    """Read the dates; every array has one place more, for texts that have no date."""
    size = len(texts) + 1
    day_first, month_first = np.full(size, NEVER), np.full(size, NEVER)
    ordered, short_year, serial = (np.zeros(size, dtype=bool) for _ in range(3))
    for pattern in _SURE:
        fits, part = _parts(texts, pattern)
        year, short_year[fits] = _years(part["year"])
        month = _month_numbers(part["month"]) if "[a-z]" in pattern else _integers(part["month"])
        day_first[fits] = month_first[fits] = calendar_days(year, month, _integers(part["day"]))
    fits, part = _parts(texts, _ORDERED)
    year, short_year[fits] = _years(part["year"])
    first, second = _integers(part["first"]), _integers(part["second"])
    day_first[fits] = calendar_days(year, second, first)
    month_first[fits] = calendar_days(year, first, second)
    ordered[fits] = True
    fits, part = _parts(texts, _SERIAL)
    day_first[fits] = month_first[fits] = days_of_serials(
        pc.cast(part["serial"], pa.float64()).to_numpy(zero_copy_only=False)
    )
    serial[fits] = True
    return DateTexts(day_first, month_first, ordered, short_year, serial, np.zeros(size, dtype=bool))


@dataclass(frozen=True, slots=True)
class _Clock:
    """Times of day (none is midnight), which of them were given, and which name a time zone."""

    time: NDArray[np.timedelta64]
    given: Flags
    zoned: Flags


def _read_times(texts: pa.Array) -> _Clock:
    time = np.full(len(texts) + 1, np.timedelta64("NaT", "us"))
    given = np.append(_flags(pc.not_equal(texts, "")), False)
    time[~given] = 0
    zoned = np.zeros(len(texts) + 1, dtype=bool)
    fits, part = _parts(texts, _TIME)
    hour, minute, second = (_integers(part[unit]) for unit in ("hour", "minute", "second"))
    morning, afternoon = (
        _flags(pc.or_(pc.equal(part["before"], before), pc.match_substring(part["after"], letter, ignore_case=True)))
        for before, letter in (("上午", "a"), ("下午", "p"))
    )
    twice = _flags(pc.and_(pc.not_equal(part["before"], ""), pc.not_equal(part["after"], "")))
    real = (hour < HOURS) & (minute < SIXTY) & (second < SIXTY) & ~(morning & (hour > NOON)) & ~twice
    hour = np.where(morning & (hour == NOON), 0, np.where(afternoon & (hour < NOON), hour + NOON, hour))
    digits = pc.binary_length(part["fraction"]).to_numpy(zero_copy_only=False).astype(np.int64)
    fraction = _integers(part["fraction"]) * MICROSECONDS // 10**digits
    whole = ((hour * SIXTY + minute) * SIXTY + second) * MICROSECONDS
    time[fits] = np.where(real, (whole + fraction).astype("m8[us]"), np.timedelta64("NaT", "us"))
    zoned[fits] = _flags(pc.not_equal(part["zone"], ""))
    return _Clock(time, given, zoned)


def _parts(texts: pa.Array, pattern: str) -> tuple[Integers, dict[str, pa.Array]]:
    """Return the places of the texts that have a form, and their parts by name ("" where a part is left out)."""
    found = pc.extract_regex(texts, pattern)
    fits = np.flatnonzero(_flags(found.is_valid()))
    matched = found.take(pa.array(fits))
    return fits, {field.name: pc.struct_field(matched, [field.name]) for field in found.type}


def _flags(answers: pa.Array) -> Flags:
    flags: Flags = answers.to_numpy(zero_copy_only=False).astype(bool)
    return flags


def _integers(texts: pa.Array) -> Integers:
    filled = pc.if_else(pc.equal(texts, ""), pa.scalar("0", texts.type), texts)
    numbers: Integers = pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _years(texts: pa.Array) -> tuple[Integers, Flags]:
    years = _integers(texts)
    short = pc.binary_length(texts).to_numpy(zero_copy_only=False) == len("26")
    turn = OLDEST_SHORT_YEAR % CENTURY
    centuries = np.where(years >= turn, OLDEST_SHORT_YEAR - turn, OLDEST_SHORT_YEAR - turn + CENTURY)
    return np.where(short, years + centuries, years), short


def _month_numbers(names: pa.Array) -> Integers:
    places = pc.index_in(pc.ascii_lower(names), pa.array(list(_MONTHS), names.type)).fill_null(-1)
    numbers = np.array([*_MONTHS.values(), 0])  # no month has number 0
    named: Integers = numbers[places.to_numpy(zero_copy_only=False)]
    return named
