"""Dates out of texts and numbers: ISO, day first, month first, month names, Excel serials; the order by evidence."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.date_texts import (
    FIRST_YEAR,
    LAST_YEAR,
    MONTHS_PER_YEAR,
    NEVER,
    DateTexts,
    Flags,
    Moments,
    calendar_days,
    days_of_serials,
    read_date_texts,
)
from custvalue.frames.values import (
    Distinct,
    Notes,
    Parsed,
    Style,
    arrow_texts,
    cast_if_all_fit,
    cells_named,
    choose_style,
    distinct_texts,
    empty_as_missing,
    row_label,
    without_wrappers,
)
from custvalue.rules.errors import refusal

ORDERS = {"day": "day first", "month": "month first"}
SERIALS = (10_000, 100_000)  # five digits: May 1927 to October 2173
YEARS = (np.datetime64(str(FIRST_YEAR)), np.datetime64(str(LAST_YEAR + 1)))
OTHER_YEARS = f"between {FIRST_YEAR} and {LAST_YEAR}"
_YEAR_OF = (
    r"^([0-9]{4})(?:[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}.*|[0-9]{4})$"
    r"|^[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4})(?:[ T].*)?$"
)
COMPACT = (10_000_000, 100_000_000)  # eight digits: YYYYMMDD
DAYS_PLACES, YEARS_PLACES = 100, 10_000  # what parts the day, and the year, from the rest of YYYYMMDD


def parse_dates(column: "pd.Series[Any]", name: str, *, date_order: str | None = None) -> Parsed:
    """Read a column of dates, with or without a time of day.

    Texts may be ISO (``2026-09-30``, ``2026-09-30T14:05:00.5Z``), year first with ``/``, ``.`` or ``年月日``,
    ``20260930``, day first or month first with ``/``, ``-`` or ``.`` and four- or two-digit years, with English month
    names (``31-Dec-2026``, ``Dec 31, 2026``), or Excel serials of five digits (1900 system), which may also be numbers,
    as ``20260930`` may. Times may carry AM or PM.

    The order of day and month holds for the whole column. A cell that only one order can read decides; cells that are
    the same day in both (``5/5/2026``), and cells nobody can read, decide nothing.

    Parameters
    ----------
    column : pandas.Series
        Texts (blanks treated or not), dates, numbers, or these mixed.
    name : str
        The column's name in notes and messages. Rows are named by the index.
    date_order : {"day", "month"}, optional
        Which comes first where the year comes last; found by evidence unless given.

    Returns
    -------
    Parsed
        ``.values`` datetime64[us] without a time zone: the local time as written. ``.unread`` for cells that are no
        date, a day that does not exist, or a year outside 1900 to 2200. ``.notes`` on the order where it matters,
        Excel serials, two-digit years (00–68 are 2000–2068, 69–99 are 1969–1999), and time zones that were dropped.

    Raises
    ------
    ValueError
        If ``date_order`` is neither of the two.
        If the column holds truth values, durations or other things that are not dates.
        If some cells fit only the one order and some only the other, or all cells fit both and differ.

    Notes
    -----
    Two-digit years are never read as coming first, and Excel's 1904 system is not recognised (its dates come out four
    years and a day early): the notes show an example of each such reading to be checked by eye.

    Examples
    --------
    >>> import pandas as pd
    >>> parsed = parse_dates(pd.Series(["3/4/2026", "31/12/2026", None]), "closed")
    >>> parsed.values.dt.date.astype(str).tolist()
    ['2026-04-03', '2026-12-31', nan]
    >>> parsed.notes
    (('closed date order', "day first: 1 of 2 cells can be read only so, first '31/12/2026' in row 1"),)
    >>> parse_dates(pd.Series(["3/4/2026"]), "closed")
    Traceback (most recent call last):
    custvalue.rules.errors.InputError: closed must fit one date order only: got '3/4/2026' in row 0, which is 2026-04-03
    by day first and 2026-03-04 by month first; no cell decides (column 'closed': day first explains 1 of 1 cell,
    month first explains 1 of 1 cell). Pass date_order='day' or date_order='month'.
    """
    if date_order is not None and date_order not in ORDERS:
        raise refusal("date_order must be 'day' or 'month'", repr(date_order), "Leave it out to have it found.")
    column = without_wrappers(column)
    if column.dtype == object:
        column = column.infer_objects()
    if pd.api.types.is_datetime64_any_dtype(column):
        return _typed(column, name)
    if column.dtype.kind in "iuf" and pd.api.types.is_numeric_dtype(column):
        return _numbered(column, name)
    wrong = "" if column.dtype in ("str", object) else f"dtype {column.dtype}"
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        wrong = "boolean"
    if wrong:
        raise refusal(f"{name} must hold dates", wrong, "Map another column to it.", f"column {name!r}")
    if column.dtype == "str":
        return _parse_texts(column, name, date_order)
    # The text of a typed date is ISO and that of a number its digits, so that one way of reading serves mixed columns.
    parsed = _parse_texts(column.astype("str"), name, date_order)
    return _with_doubt_about_typed(parsed, column, name)


def _typed(column: "pd.Series[Any]", name: str) -> Parsed:
    notes: Notes = ()
    if column.dt.tz is not None:
        notes = ((f"{name} time zones", f"{column.dt.tz} dropped, the local time kept"),)
        column = column.dt.tz_localize(None)
    found = column.to_numpy().astype("M8[us]")
    return _parsed(_in_range(found), ~np.isnat(found), column, notes)


def _numbered(column: "pd.Series[Any]", name: str) -> Parsed:
    """Read numbers of eight digits as YYYYMMDD and of five as Excel serials."""
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(numbers) & (numbers >= SERIALS[0]) & (numbers < COMPACT[1])
    whole = np.where(known, numbers, 0).astype(np.int64)
    compact = (whole >= COMPACT[0]) & (whole == numbers)
    serial = known & (whole < SERIALS[1])
    days = calendar_days(whole // YEARS_PLACES, whole // DAYS_PLACES % DAYS_PLACES, whole % DAYS_PLACES)
    values = np.where(compact, days, days_of_serials(np.where(serial, numbers, np.nan)))
    notes: Notes = ()
    if serial.any():
        row = int(np.argmax(serial))
        first = f"first {numbers[row]:.15g} in row {row_label(column.index, row)} is {values[row].astype('M8[D]')}"
        notes = ((f"{name} Excel serials", f"{cells_named(int(serial.sum()))}, {first}"),)
    return _parsed(values, column.notna().to_numpy(), column, notes)


def iso_dates(column: "pd.Series[str]") -> Parsed | None:
    """Read texts that are all ISO dates without a time zone, or empty; None where anything else is among them.

    The quick way in: nothing is left to be said of such a column.

    Examples
    --------
    >>> iso_dates(pd.Series(["2026-09-30", "", "2026-01-02 10:30"])).values.dt.day.tolist()
    [30.0, nan, 2.0]
    >>> iso_dates(pd.Series(["2026-09-30", "30.9.2026"])) is None
    True
    """
    texts = empty_as_missing(arrow_texts(column))
    found = cast_if_all_fit(texts, pa.timestamp("us"))
    if found is None or pc.any(pc.equal(pc.binary_length(texts), len("2026-09-30T14"))).as_py():
        return None  # Arrow reads an hour without minutes; elsewhere that is no time
    moments: Moments = found.to_numpy(zero_copy_only=False)
    ends = pc.min_max(found)
    low, high = (np.datetime64(ends[end].value, "us") for end in ("min", "max"))  # as_py knows no year 0
    if found.null_count == len(found) or (low >= YEARS[0] and high < YEARS[1]):
        dates = pd.Series(moments, index=column.index, name=column.name)
        return Parsed(dates, np.zeros(len(dates), dtype=bool))
    return _parsed(_in_range(moments), ~np.isnat(moments), column)


def _parse_texts(column: "pd.Series[str]", name: str, date_order: str | None) -> Parsed:
    plain = iso_dates(column)
    if plain is None:
        column, _ = blanks_to_missing(column)
        plain = iso_dates(column)
    if plain is not None:
        return plain
    cells = distinct_texts(column)
    read = read_date_texts(cells.texts)
    by_order = _styles(read)
    if date_order is None:
        style, evidence = choose_style(cells, by_order["day"], by_order["month"], name, "date order")
    else:
        style = by_order[date_order]
        evidence = f"{style.name}, as given" if read.ordered.any() else ""
    notes = _notes(cells, read, style.reading, name)
    if evidence:
        notes = ((f"{name} date order", evidence), *notes)
    return _parsed(cells.spread(style.reading, NEVER), cells.codes >= 0, column, notes)


def _styles(read: DateTexts) -> dict[str, Style]:
    return {
        order: Style(words, f"date_order={order!r}", values)
        for (order, words), values in zip(ORDERS.items(), (read.day_first, read.month_first), strict=True)
    }


def find_order(column: "pd.Series[Any]", name: str) -> tuple[str | None, str]:
    """Return the order of day and month that a column's texts decide, and the evidence; None where it is all the same.

    For a column whose cells go different ways afterwards: its order is one all the same.

    Raises
    ------
    ValueError
        As :func:`parse_dates`, if the cells fit both orders and differ, or some fit only the one and some the other.

    Examples
    --------
    >>> find_order(pd.Series(["3/4/2026", "31/12/2026"]), "Close Date")
    ('day', "day first: 1 of 2 cells can be read only so, first '31/12/2026' in row 1")
    >>> find_order(pd.Series(["2026-03-04"]), "Close Date")
    (None, '')
    """
    texts = blanks_to_missing(column)[0].astype("str")
    if pd.api.types.is_datetime64_any_dtype(column) or iso_dates(texts) is not None:
        return None, ""
    cells = distinct_texts(texts)
    by_order = _styles(read_date_texts(cells.texts))
    style, evidence = choose_style(cells, by_order["day"], by_order["month"], name, "date order")
    return (next(order for order, other in by_order.items() if other is style), evidence) if evidence else (None, "")


def of_other_years(texts: "pd.Series[str]") -> Flags:
    """Say which texts that could not be read have the shape of a date of a year outside those that are read.

    >>> of_other_years(pd.Series(["1850-03-04", "31.12.2201", "99991231", "2026-02-30", "soon"])).tolist()
    [True, True, True, False, False]
    """
    parts = texts.str.strip().str.extract(_YEAR_OF)
    years = pd.to_numeric(parts.bfill(axis="columns").iloc[:, 0], errors="coerce")
    return (years.notna() & ~years.between(FIRST_YEAR, LAST_YEAR)).to_numpy(dtype=bool)


def _in_range(moments: Moments) -> Moments:
    return np.where((moments >= YEARS[0]) & (moments < YEARS[1]), moments, NEVER)


def _parsed(values: Moments, present: Flags, column: "pd.Series[Any]", notes: Notes = ()) -> Parsed:
    dates = pd.Series(values, index=column.index, name=column.name)
    return Parsed(dates, np.isnat(values) & present, notes)


def _notes(cells: Distinct, read: DateTexts, values: Moments, name: str) -> Notes:
    """Return what was read in a way to be checked by eye, each with its first cell."""
    found = (
        ("Excel serials", read.serial, ""),
        ("two-digit years", read.short_year, "; 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068"),
        ("time zones", read.zoned, "; the zone is dropped, the local time kept"),
    )
    notes = []
    for item, chosen, rule in found:
        chosen_and_read = chosen & ~np.isnat(values)
        if chosen_and_read.any():
            place, where = cells.first_of(chosen_and_read)
            first = f"first {where} is {values[place].astype('M8[D]')}"
            notes.append((f"{name} {item}", f"{cells.n_named(chosen_and_read)}, {first}{rule}"))
    return tuple(notes)


def _with_doubt_about_typed(parsed: Parsed, column: "pd.Series[Any]", name: str) -> Parsed:
    """Note where a spreadsheet may have read day-first texts as month-first dates, and left the others texts."""
    kinds = column.map(type)
    typed = kinds.isin([kind for kind in kinds.unique() if issubclass(kind, date | np.datetime64)]).to_numpy()
    if not any(item == f"{name} date order" for item, _ in parsed.notes) or not typed.any():
        return parsed
    if (parsed.values[typed].dt.day > MONTHS_PER_YEAR).any():  # noqa: PD011 (Parsed's own)
        return parsed
    doubt = f"{cells_named(int(typed.sum()))}, none after the 12th: a spreadsheet may have taken days for months"
    return Parsed(parsed.values, parsed.unread, (*parsed.notes, (f"{name} dates among texts", doubt)))
