"""Quotes in a text table: what is in order, what is broken, and cells that have swallowed rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.rules.errors import InputError, refusal

QUOTE, LINE_FEED, RETURN = ord('"'), ord("\n"), ord("\r")
BREAK = re.compile(r"\r\n|\n|\r")
QUOTED = re.compile(r'"(?:[^"]++|"")*+"')
ROWS_COMPARED = 2_000
SHAPES_OF_A_CODE = 8
CELLS_NAMED = 3
SHOWN = 60


def quotes_in_order(body: NDArray[np.uint8], quotes: NDArray[np.int64], separator: str) -> bool:
    r"""Say whether every quote opens or closes a cell, or is doubled inside one.

    Then a byte is inside a quoted cell exactly where an odd number of quotes stands before it.

    Examples
    --------
    >>> body = np.frombuffer(b'1,"a ""b""\n"\n2,c', dtype=np.uint8)
    >>> quotes_in_order(body, np.flatnonzero(body == QUOTE), ",")
    True
    """
    if len(quotes) % 2:
        return False
    beside = np.zeros(256, dtype=bool)
    beside[[ord(separator), LINE_FEED, RETURN, QUOTE]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    # Bytes outside the table count as line breaks.
    before = beside[body[opening - 1]] | (opening == 0)
    after = beside[body[np.minimum(closing + 1, len(body) - 1)]] | (closing == len(body) - 1)
    return bool(before.all() and after.all())


def broken_quote_refusal(data: bytes, start: int, line: int, separator: str, header: Sequence[str]) -> InputError:
    """Return the refusal of the first broken quote in the row that begins at byte ``start`` on ``line``."""
    text = data[start:].decode("utf-8")
    sign = re.escape(separator)
    field = re.compile(rf'{QUOTED.pattern}(?=[{sign}\r\n]|\Z)|(?!")[^{sign}\r\n]*+')
    place = column = 0
    while (found := field.match(text, place)) and text[found.end() : found.end() + 1] == separator:
        place, column = found.end() + 1, column + 1
    if found:
        return refusal("a cell must be shorter than 131,072 characters", "a longer one", "Shorten it.", f"line {line}")
    opened = line + len(BREAK.findall(text[:place]))
    where = f"line {opened}, column {_name(header, column)}"
    shown = repr(BREAK.split(text[place : place + SHOWN])[0])
    closing = QUOTED.match(text, place)
    if closing and not BREAK.search(closing.group()):
        return refusal(
            "a quote inside a quoted cell must be doubled",
            shown,
            'Write it as "", or take the quotes around the cell away.',
            where,
        )
    if closing:
        after = BREAK.split(text[closing.end() : closing.end() + SHOWN])[0]
        last = opened + len(BREAK.findall(closing.group()))
        why = f"The next quote, on line {last}, is followed by {after!r} and no separator."
    else:
        why = "No quote closes it before the end of the file."
    return refusal("a quote that opens a cell must be closed", shown, f"{why} Close it, or take it away.", where)


def _name(header: Sequence[str], column: int) -> str:
    return repr(header[column]) if column < len(header) and header[column].strip() else str(column + 1)


def refuse_swallowed_rows(
    frame: pd.DataFrame, lines: NDArray[np.int64], several: NDArray[np.int64], header: Sequence[str], separator: str
) -> None:
    """Refuse quoted cells whose further lines read as rows of their own.

    A stray quote can pair with another far below, and everything between becomes one cell. It shows where a line inside
    the cell splits into the header's number of fields, and these look like the columns' other cells: no letters where
    there are none, no blank after the separator (prose has one), a code or date of the column's own shape. Without such
    a shape, all lines of the cell have to read as rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows as texts, columns in the file's order.
    lines : array of int
        The line each row begins at.
    several : array of int
        Positions of the rows that take several lines.
    header, separator
        As in the layout.

    Raises
    ------
    ValueError
        If a cell has swallowed rows; the first few are named with the line where the quote opens.
    """
    if len(header) == 1 or not len(several):
        return
    columns = _Columns.of(frame)
    found = []
    for row, cells in zip(several, frame.iloc[several].itertuples(index=False), strict=True):
        line = int(lines[row])
        for place, cell in enumerate(cells):
            pieces = BREAK.split(cell)
            swallowed = columns.swallowed(pieces, place, separator) if len(pieces) > 1 else 0
            if swallowed:
                found.append((line, place, pieces[0], line + swallowed, pieces[swallowed]))
            line += len(pieces) - 1
    if not found:
        return
    first_line, place, text, inside, piece = found[0]
    opened = [f"line {line}, column {_name(header, column)}" for line, column, *_ in found[:CELLS_NAMED]]
    more = f" and {len(found) - CELLS_NAMED} more" if len(found) > CELLS_NAMED else ""
    raise refusal(
        "a quoted cell must not swallow rows",
        f"a cell that opens with {text[:SHOWN]!r} and holds line {inside}, {piece[:SHOWN]!r}, which reads as a row",
        f"Close the quote on line {first_line} or take it away; if the text is meant, put it on one line.",
        "; ".join(opened) + more,
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the cells on one line show of each column: the yardstick for lines inside a quoted cell."""

    letterless: tuple[bool, ...]
    shapes: tuple[frozenset[str], ...]
    spaced: bool

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "_Columns":
        cells = [
            [cell for cell in frame.iloc[:ROWS_COMPARED, k].unique() if cell.strip() and not BREAK.search(cell)]
            for k in range(frame.shape[1])
        ]
        shapes = [frozenset(_shape(cell) for cell in column) for column in cells]
        return cls(
            tuple(bool(column) and not any(_has_letters(cell) for cell in column) for column in cells),
            tuple(
                kinds if len(kinds) <= SHAPES_OF_A_CODE and all("9" in k for k in kinds) else frozenset()
                for kinds in shapes
            ),
            any(cell[0].isspace() for column in cells for cell in column),
        )

    def swallowed(self, pieces: list[str], place: int, separator: str) -> int:
        """Return which piece of the cell in column ``place`` shows that it swallowed rows; 0 if none does."""
        width = len(self.letterless)
        split = [piece.split(separator) for piece in pieces]
        last = len(pieces) - 1
        for k in range(1, last):
            if self._fits(split[k], 0, width) and self._codes(split[k]):
                return k
        ends = self._fits(split[last], 0, place + 1)
        # A number alone proves little in a half row; a code or a date with signs of its own does.
        if ends and any(len(shape) > 1 for shape in self._codes(split[last][:-1])):
            return last
        whole = all(self._fits(split[k], 0, width) for k in range(1, last) if pieces[k].strip())
        return last if ends and whole and self._fits(split[0], place, width - place) else 0

    def _fits(self, fields: list[str], first: int, count: int) -> bool:
        return len(fields) == count and not any(
            (field[:1].isspace() and not self.spaced) or (self.letterless[k] and _has_letters(field))
            for k, field in enumerate(fields, first)
        )

    def _codes(self, fields: list[str]) -> list[str]:
        """Return the shapes of the fields that look like a code, number or date of their column."""
        return [shape for k, field in enumerate(fields) if (shape := _shape(field)) in self.shapes[k]]


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _shape(text: str) -> str:
    """Return the text with digits as 9 and letters as a, runs made one: 2026-09-30 is 9-9-9.

    >>> _shape("GTX 550-b")
    'a 9-a'
    """
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))
