"""The rows of a text table: read by Arrow where all is in order, looked at closely where it is not."""

import codecs
import csv
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from custvalue.frames.csv_layout import LINE, Layout, line_offset
from custvalue.frames.csv_quotes import (
    LINE_FEED,
    QUOTE,
    RETURN,
    broken_quote_refusal,
    quotes_in_order,
    refuse_swallowed_rows,
)
from custvalue.frames.headers import Notes, name_columns
from custvalue.rules.errors import refusal

NOTHING = re.compile(rb"[\r\n]*\Z")
BLANKS = "".join(map(chr, range(ord(" ") + 1)))
ROWS_AT_ONCE = 50_000
BLOCK_BYTES, CACHED_BYTES = 1 << 22, 1 << 18
LARGEST_BLOCK = (1 << 31) - 1
SPACE = ord(" ")
LINES_NAMED = 3
SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Records:
    """Every record of the body, blank and ragged ones too: the line it starts at, its length and number of fields."""

    line: NDArray[np.int64]
    lines_taken: NDArray[np.int64]
    fields: NDArray[np.int64]
    blank: NDArray[np.bool_]


def read_rows(data: bytes, layout: Layout) -> tuple[pd.DataFrame, NDArray[np.int64], Notes]:
    r"""Return the rows of a text table in UTF-8 as texts, and the line each starts at.

    Parameters
    ----------
    data : bytes
        The whole file.
    layout : Layout
        From :func:`find_layout`.

    Returns
    -------
    tuple of (pandas.DataFrame, array of int64, notes)
        Every cell as it stands, empty ones as ``""``; blank lines are left out and counted in the notes.

    Raises
    ------
    ValueError
        If a row has more or fewer fields than the header.
        If a quote is never closed, stands undoubled in a quoted cell, or has swallowed rows.

    Examples
    --------
    >>> from custvalue.frames.csv_layout import find_layout
    >>> data = b'id,note\n1,"two\nlines"\n\n2,\n'
    >>> frame, lines, notes = read_rows(data, find_layout(data))
    >>> frame["id"].tolist(), lines.tolist(), notes
    (['1', '2'], [2, 5], (('blank lines skipped', 1),))
    """
    body = np.frombuffer(data, dtype=np.uint8)[layout.start :]
    quoted = data.find(b'"', layout.start) >= 0
    quotes = np.flatnonzero(body == QUOTE) if quoted else np.array([], dtype=np.int64)
    notes: list[tuple[str, object]] = []
    if not quoted or quotes_in_order(body, quotes, layout.separator):
        with ThreadPoolExecutor(1) as beside:
            n_lines = beside.submit(_line_count, body)
            table, skipped = _parse(data, layout, quoted)
        simple = not skipped and table.num_rows == n_lines.result()
        records = None if simple else _index(body, quotes, layout, -1 if skipped else table.num_rows)
    else:
        table, records = _read_closely(data, layout)
        notes.append(("quotes inside unquoted cells", "kept as they stand"))
    frame = table.to_pandas()
    blank = layout.blank
    if records is None:
        lines = np.arange(layout.first_line, layout.first_line + len(frame), dtype=np.int64)
    else:
        _refuse_ragged(records, data, layout)
        kept = ~records.blank
        blank += len(kept) - int(kept.sum())
        lines = layout.first_line + records.line[kept]
        if len(lines) != len(frame):
            raise RuntimeError(f"{len(frame)} rows read, {len(lines)} found by their line breaks")
        several = np.flatnonzero(records.lines_taken[kept] > 1)
        refuse_swallowed_rows(frame, lines, several, layout.header, layout.separator)
    if blank:
        notes.append(("blank lines skipped", blank))
    named, naming = name_columns(frame, layout.header, lambda cells: bool((cells == "").all()))
    return named, lines, (*notes, *naming)


def _fields(layout: Layout) -> dict[str, pa.DataType]:
    """Return a type for every column, under its place: names may be blank."""
    return {str(k): pa.large_string() for k in range(len(layout.header))}


def _parse(data: bytes, layout: Layout, quoted: bool) -> tuple[pa.Table, bool]:
    """Return the rows that have the header's number of fields, and whether any other was met."""
    types = _fields(layout)
    if NOTHING.match(data, layout.start):
        return pa.schema(types).empty_table(), False
    # Arrow drops a byte order mark at the beginning of what it is given: hide it behind the header's line break.
    body = pa.py_buffer(data).slice(layout.start - data.startswith(codecs.BOM_UTF8, layout.start))
    skipped = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        skipped.append(row.actual_columns)
        return "skip"

    for block in (BLOCK_BYTES, min(len(body) + 1, LARGEST_BLOCK)):
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(body),
                read_options=arrow_csv.ReadOptions(column_names=list(types), block_size=block),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=layout.separator,
                    quote_char='"' if quoted else False,
                    newlines_in_values=quoted,
                    invalid_row_handler=skip,
                ),
                convert_options=arrow_csv.ConvertOptions(column_types=types, check_utf8=False),
            )
        except pa.ArrowInvalid:  # a row longer than a block
            if block != BLOCK_BYTES:
                raise
        else:
            break
    return table, bool(skipped)


def _line_count(body: NDArray[np.uint8]) -> int:
    """Return the number of lines, or -1 where some end otherwise than with a line feed."""
    feeds = 0
    for start in range(0, len(body), CACHED_BYTES):  # pieces that stay near the processor: three times as fast
        piece = body[start : start + CACHED_BYTES]
        feeds += int(np.count_nonzero(piece == LINE_FEED))
        returns = np.flatnonzero(piece == RETURN) + start + 1
        if len(returns) and (returns[-1] == len(body) or (body[returns] != LINE_FEED).any()):
            return -1
    return feeds + int(len(body) > 0 and body[-1] != LINE_FEED)


def _index(body: NDArray[np.uint8], quotes: NDArray[np.int64], layout: Layout, n_rows: int) -> _Records:
    """Return the records of a body whose quotes are in order; if they are ``n_rows``, none is blank or ragged."""
    width = len(layout.header)
    feeds, returns = np.flatnonzero(body == LINE_FEED), np.flatnonzero(body == RETURN)
    lone = np.setdiff1d(returns + 1, feeds, assume_unique=True) - 1
    breaks = np.sort(np.concatenate([feeds, lone]))
    starts = np.concatenate([[0], breaks + 1])
    # A line begins a record unless a quote is open there.
    outside = np.searchsorted(quotes, starts) % 2 == 0
    if starts[-1] == len(body):
        starts, outside = starts[:-1], outside[:-1]
    line = np.flatnonzero(outside)
    taken = np.diff(np.append(line, len(starts)))
    if len(line) == n_rows:
        return _Records(line, taken, np.full(len(line), width), np.zeros(len(line), dtype=bool))
    bounds = np.append(starts[line], len(body))
    signs = np.flatnonzero(body == ord(layout.separator))
    signs = signs[np.searchsorted(quotes, signs) % 2 == 0]
    fields = np.diff(np.searchsorted(signs, bounds)) + 1
    # In a table of one column blanks can be a cell; elsewhere a line of nothing but blanks is none.
    filled = body > SPACE if width > 1 else (body != LINE_FEED) & (body != RETURN)
    blank = ~np.logical_or.reduceat(filled, bounds[:-1]) & ((fields != width) | (width == 1))
    return _Records(line, taken, fields, blank)


def _read_closely(data: bytes, layout: Layout) -> tuple[pa.Table, _Records]:
    """Return the rows as Python's csv module reads them strictly: it allows quotes inside unquoted cells."""
    width, types = len(layout.header), _fields(layout)
    text = StringIO(data[layout.start :].decode("utf-8"), newline="")
    reader = csv.reader(text, delimiter=layout.separator, strict=True)
    tables = [pa.schema(types).empty_table()]
    ends, fields, blank = [0], [], []
    try:
        while rows := list(_with_ends(reader, ends)):
            fields += [len(row) for row in rows]
            blank += [not row or bool(len(row) == 1 < width and row[0] and not row[0].strip(BLANKS)) for row in rows]
            columns = list(zip(*(row for row in rows if len(row) == width), strict=True)) or [()] * width
            tables.append(pa.table([pa.array(cells, pa.large_string()) for cells in columns], names=list(types)))
    except csv.Error as error:
        start = line_offset(data, layout.start, ends[-1])
        raise broken_quote_refusal(
            data, start, layout.first_line + ends[-1], layout.separator, layout.header
        ) from error
    line = np.array(ends, dtype=np.int64)
    return pa.concat_tables(tables), _Records(
        line[:-1], np.diff(line), np.array(fields, dtype=np.int64), np.array(blank, dtype=bool)
    )


def _with_ends(reader: Any, ends: list[int]) -> Iterator[list[str]]:
    """Yield the next rows, and write down the line each ends on."""
    for row in islice(reader, ROWS_AT_ONCE):
        ends.append(reader.line_num)
        yield row


def _refuse_ragged(records: _Records, data: bytes, layout: Layout) -> None:
    """Refuse rows with more or fewer fields than the header, with the remedy that their places suggest."""
    width = len(layout.header)
    bad = np.flatnonzero((records.fields != width) & ~records.blank)
    if not len(bad):
        return
    numbers = layout.first_line + records.line[bad]
    counts = records.fields[bad]
    named = ", ".join(f"{n} on line {line}" for n, line in zip(counts[:LINES_NAMED], numbers, strict=False))
    more = f" and {len(bad) - LINES_NAMED} more" if len(bad) > LINES_NAMED else ""
    first = line_offset(data, layout.start, int(records.line[bad[0]]))
    found = LINE.match(data, first)
    text = found.group().decode("utf-8").strip()[:SHOWN] if found else ""
    raise refusal(
        f"every row must have as many fields as the header, {width}",
        f"{named}{more}",
        _ragged_remedy(records, bad, layout),
        f"line {numbers[0]}: {text!r}",
    )


def _ragged_remedy(records: _Records, bad: NDArray[np.int64], layout: Layout) -> str:
    width, counts = len(layout.header), records.fields[bad]
    filled = np.flatnonzero(~records.blank)
    if len(bad) < len(filled) and (counts < width).all() and np.array_equal(bad, filled[-len(bad) :]):
        which, them = (f"the last {len(bad)} lines are", "them") if len(bad) > 1 else ("the last line is", "it")
        return f"If {which} a report's footer, delete {them} or pass skip_footer={len(bad)}; else complete the row."
    remedies = []
    usual = int(np.bincount(counts).argmax())
    if 2 * int((counts == usual).sum()) > len(filled):
        remedies.append(f"Most rows have {usual}: if the header stands on a later line, pass skip_rows.")
    if (counts > width).any():
        remedies.append(f"Put cells that hold {layout.separator!r} in quotes.")
    if (counts < width).any():
        remedies.append("Complete the short rows, or delete them.")
    return " ".join(remedies)
