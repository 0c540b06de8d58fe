"""The layout of a text table: the line its header stands on, the separator of its cells, the names of its columns."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice

from custvalue.frames.csv_quotes import broken_quote_refusal
from custvalue.frames.headers import Notes, refuse_repeated_names
from custvalue.rules.errors import refusal

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_BYTES = 1 << 18
ROWS_COMPARED = 200
# A wrong separator agrees with next to no row, unless it is no worse than the right one.
NEARLY = 0.9
NAMES_SHOWN, NAME_SHOWN = 4, 60

LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
BLANK_LINES = re.compile(rb"(?:[ \t]*(?:\r\n|\n|\r))*")
BLANK = re.compile(rb"\s*\Z")
SEPARATOR_LINE = re.compile(rb'(?i)"?sep=([^\r\n])"?[ \t]*(?:\r\n|\n|\r|\Z)')


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of a text table begin and how they are written.

    Attributes
    ----------
    separator : str
    header : tuple of str
        The columns' names, blank where the file has none.
    start : int
        The byte that the first row begins at.
    first_line : int
        The physical line that the first row begins at; the file's first line is 1.
    blank : int
        Blank lines before the header.
    notes : tuple of (item, value)
    """

    separator: str
    header: tuple[str, ...]
    start: int
    first_line: int
    blank: int
    notes: Notes


def find_layout(data: bytes, separator: str | None = None, *, skip_rows: int = 0, tabs: bool = False) -> Layout:
    r"""Return the layout of a text table in UTF-8.

    The separator is the one given, the one an Excel export declares in a first line such as ``sep=;``, or that of
    ``, ; tab |`` which splits the header and gives every row the header's number of fields.

    Parameters
    ----------
    data : bytes
        The whole file, without byte order mark.
    separator : str, optional
        One ASCII sign.
    skip_rows : int
        Lines before the header that are no part of the table.
    tabs : bool
        Whether the file's name promises tabs (``.tsv``).

    Returns
    -------
    Layout

    Raises
    ------
    ValueError
        If nothing is left to read a header from.
        If the separator given is no single sign, or does not split the header where another would.
        If two separators fit the header and nearly as many rows.
        If a column name is repeated, or a quote in the header is never closed.

    Examples
    --------
    >>> layout = find_layout(b"id;amount\n1;2,50\n")
    >>> layout.separator, layout.header, layout.first_line
    (';', ('id', 'amount'), 2)
    """
    _check_separator(separator)
    start, line = _skip_lines(data, skip_rows)
    declared = SEPARATOR_LINE.match(data, start)
    if declared:
        start, line = declared.end(), line + 1
    gap = BLANK_LINES.match(data, start)
    blank = len(LINE.findall(gap.group())) - 1 if gap else 0
    start, line = (gap.end() if gap else start), line + blank
    if BLANK.match(data, start):
        after = f" after line {line - 1}" if line > 1 else ""
        raise refusal("a table begins with a header line", f"nothing{after}", "Is this the right file?")
    given = separator or (declared.group(1).decode("latin-1") if declared else None)
    sample, whole = _sample(data, start)
    chosen = given or _find_separator(sample, whole, tabs=tabs, line=line)
    header, lines = _header(data, start, line, chosen)
    if separator and len(header) == 1:
        _refuse_useless(separator, sample, whole, line)
    _refuse_swallowing_header(header, chosen, line)
    refuse_repeated_names(header, f"line {line}")
    notes: list[tuple[str, object]] = []
    if skip_rows:
        notes.append(("lines skipped before the header", skip_rows))
    if not separator and chosen != ",":
        notes.append(("separator", "tab" if chosen == "\t" else chosen))
    return Layout(chosen, tuple(header), line_offset(data, start, lines), line + lines, blank, tuple(notes))


def _check_separator(separator: str | None) -> None:
    if separator is None:
        return
    usable = len(separator) == 1 and separator.isascii() and not separator.isalnum() and separator not in '"\r\n\0'
    if not usable:
        raise refusal(
            "separator must be one ASCII sign", repr(separator), "Pass ',', ';', '\\t' or '|', or leave it out."
        )


def _skip_lines(data: bytes, count: int) -> tuple[int, int]:
    """Return the byte and the number of the line that follows ``count`` lines."""
    start = line_offset(data, 0, count)
    if count and start >= len(data):
        raise refusal("skip_rows must leave a header", count, "Pass a smaller number.")
    return start, count + 1


def line_offset(data: bytes, start: int, lines: int) -> int:
    """Return the byte at which the line stands that is ``lines`` after the one that begins at ``start``."""
    for found in islice(LINE.finditer(data, start), lines):
        start = found.end()
    return start


def _sample(data: bytes, start: int) -> tuple[str, bool]:
    """Return the first part of the table as text, and whether it is all of it."""
    return data[start : start + SAMPLE_BYTES].decode("utf-8", errors="ignore"), start + SAMPLE_BYTES >= len(data)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    """Yield the rows that a lenient reading gives, up to the first it cannot read."""
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
    try:
        yield from (row for row in rows if row)
    except csv.Error:
        return


def _readings(sample: str, whole: bool) -> dict[str, list[list[str]]]:
    """Return the first rows under each separator that splits the header."""
    readings = {}
    for separator in SEPARATORS:
        rows = list(islice(_rows(sample, separator), ROWS_COMPARED))
        if not whole and 1 < len(rows) < ROWS_COMPARED:
            rows = rows[:-1]  # the end of the sample may have cut it
        if rows and len(rows[0]) > 1:
            readings[separator] = rows
    # A separator that cuts through a quoted name is none, where another leaves the names whole.
    return {key: rows for key, rows in readings.items() if not any('"' in name for name in rows[0])} or readings


def _find_separator(sample: str, whole: bool, *, tabs: bool, line: int) -> str:
    """Return the separator whose reading gives clearly the most rows the header's number of fields, or refuse."""
    readings = _readings(sample, whole)
    if tabs and "\t" in readings:
        return "\t"
    if not readings:
        return ","
    agreeing = {
        separator: sum(len(row) == len(rows[0]) for row in rows[1:]) / max(1, len(rows) - 1)
        for separator, rows in readings.items()
    }
    possible = [separator for separator in readings if agreeing[separator] >= NEARLY * max(agreeing.values())]
    if len(possible) == 1:
        return possible[0]
    raise refusal(
        "the separator must be certain",
        " or ".join(f"{_columns(readings[separator][0])} with {separator!r}" for separator in possible),
        f"The rows do not settle it. Pass {' or '.join(f'separator={separator!r}' for separator in possible)}.",
        f"line {line}",
    )


def _columns(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")
    return f"{len(names)} column{'s' if len(names) > 1 else ''} ({shown})"


def _refuse_useless(separator: str, sample: str, whole: bool, line: int) -> None:
    """Refuse a given separator that leaves the header in one piece where another would split it."""
    others = _readings(sample, whole)
    if others:
        other, rows = next(iter(others.items()))
        raise refusal(
            "separator must split the header",
            repr(separator),
            f"With {other!r} the header has {_columns(rows[0])}: pass it or leave separator out.",
            f"line {line}",
        )


def _refuse_swallowing_header(header: list[str], separator: str, line: int) -> None:
    """Refuse a name that holds a line break and the separator: a stray quote has joined header and rows."""
    for place, name in enumerate(header, 1):
        if separator in name and ("\n" in name or "\r" in name):
            raise refusal(
                "a quoted cell must not swallow rows",
                f"a column name {name[:NAME_SHOWN]!r}",
                "Close the quote in the header, or take it away.",
                f"line {line}, column {place}",
            )


def _header(data: bytes, start: int, line: int, separator: str) -> tuple[list[str], int]:
    """Return the header's names and the number of lines it takes."""
    sample, whole = _sample(data, start)
    for attempt in range(1 if whole else 2):  # a name longer than the sample is a broken quote, or very long
        text = StringIO(data[start:].decode("utf-8") if attempt else sample, newline="")
        rows = csv.reader(text, delimiter=separator, strict=True)
        try:
            header = next(rows)
        except csv.Error:
            continue
        if whole or attempt or text.tell() < len(sample):
            return header, rows.line_num
    raise broken_quote_refusal(data, start, line, separator, ())
