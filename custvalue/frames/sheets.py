"""One sheet of a workbook as a frame: cells keep the types they have there."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook

from custvalue.frames.checks import nearest
from custvalue.frames.headers import Notes, name_columns, refuse_repeated_names
from custvalue.frames.sheet_xml import SheetFacts, sheet_facts
from custvalue.frames.values import cells_named
from custvalue.rules.errors import refusal

SHEETS_NAMED = 5
DATE_SYSTEM = "date system"
"""The note of a workbook that counts its days from 1904, where a plain number is another day than elsewhere."""


def read_sheet(
    path: Path, sheet: str | int = 0, *, skip_rows: int = 0, skip_footer: int = 0
) -> tuple[pd.DataFrame, NDArray[np.int64], Notes]:
    """Return the table on one sheet, and the sheet's row that each of its rows stands in.

    The first row that is not empty, after ``skip_rows``, is the header. Empty rows are left out and counted.

    Parameters
    ----------
    path : Path
    sheet : str or int
        By name, or by place from 0.
    skip_rows : int
        Rows of the sheet before the header.
    skip_footer : int
        Rows at the end that are no data, empty ones not counted.

    Returns
    -------
    tuple of (pandas.DataFrame, array of int64, notes)
        Numbers, dates, truth values and texts in columns of their own dtype, whole numbers as integers (``Int64`` where
        some are missing); columns that mix them as objects. Empty cells are missing; error values such as ``#REF!`` are
        texts. Notes count errors and formulas without a saved value, and name the 1904 date system.

    Raises
    ------
    ValueError
        If the workbook cannot be read or has no such sheet.
        If the sheet has no header, or the header repeats a name.
    """
    cells, chosen = _cells(path, sheet)
    facts = sheet_facts(path, chosen[0])
    cells = _with_errors(cells, facts)
    filled = np.flatnonzero((cells != "").any(axis=1)) if cells.size else np.array([], dtype=np.int64)
    filled = filled[filled >= skip_rows]
    filled = filled[: max(0, len(filled) - skip_footer)]
    if not len(filled):
        raise refusal("a sheet begins with a header row", "nothing", "Is this the right sheet?", f"sheet {chosen[0]!r}")
    header = [_label(cell) for cell in cells[filled[0]]]
    rows = filled[1:]
    refuse_repeated_names(header, f"row {filled[0] + 1}")
    frame = pd.DataFrame({k: _typed(cells[rows, k]) for k in range(cells.shape[1])}, index=pd.RangeIndex(len(rows)))
    named, naming = name_columns(frame, header, lambda column: bool(column.isna().all()))
    notes: list[tuple[str, object]] = []
    if len(chosen) > 1 and isinstance(sheet, int):
        notes.append(("sheet", f"{chosen[0]!r}, one of {len(chosen)} (also {_named(chosen[1:])})"))
    for item, count in (("rows skipped before the header", skip_rows), ("footer rows skipped", skip_footer)):
        if count:
            notes.append((item, count))
    blank = int(filled[-1] - skip_rows + 1 - len(filled))
    if blank:
        notes.append(("blank rows skipped", blank))
    notes += _notes(facts)
    return named, rows.astype(np.int64) + 1, (*notes, *naming)


def _cells(path: Path, sheet: str | int) -> tuple[NDArray[np.object_], Sequence[str]]:
    """Return the sheet from its cell A1 on, and the names of all sheets, the chosen one first."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = book.sheet_names
            name = sheet if isinstance(sheet, str) else dict(enumerate(names)).get(sheet, "")
            if name not in names or isinstance(sheet, bool):
                raise refusal("sheet must be one of the workbook's", repr(sheet), nearest(str(sheet), names))
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise refusal("an .xlsx file must be readable", str(error), "Save it again, without a password.") from error
    cells = np.empty((len(rows), len(rows[0]) if rows else 0), dtype=object)
    if cells.size:
        cells[:] = rows
    return cells, [name, *(other for other in names if other != name)]


def _with_errors(cells: NDArray[np.object_], facts: SheetFacts) -> NDArray[np.object_]:
    """Return the cells with the error values, which the reader leaves empty, as texts."""
    if not facts.errors:
        return cells
    rows, columns, texts = map(list, zip(*facts.errors, strict=True))
    height, width = max(len(cells), max(rows) + 1), max(cells.shape[1], max(columns) + 1)
    filled = np.pad(cells, ((0, height - len(cells)), (0, width - cells.shape[1])), constant_values="")
    filled[rows, columns] = texts
    return filled


def _notes(facts: SheetFacts) -> list[tuple[str, object]]:
    notes: list[tuple[str, object]] = []
    if facts.errors:
        counts = Counter(text for _, _, text in facts.errors)
        listed = ", ".join(f"{text!r} ({n})" for text, n in counts.most_common())
        notes.append(("error values", f"{listed}, first in {facts.first_error}"))
    if facts.uncalculated:
        named = f"{cells_named(len(facts.uncalculated))}, first {facts.uncalculated[0]}"
        notes.append(("formulas without a saved value, read as empty", named))
    if facts.date_1904:
        notes.append((DATE_SYSTEM, "1904: cells formatted as dates are read right, plain numbers are refused as dates"))
    return notes


def _named(sheets: Sequence[str]) -> str:
    more = f" and {len(sheets) - SHEETS_NAMED} more" if len(sheets) > SHEETS_NAMED else ""
    return ", ".join(map(repr, sheets[:SHEETS_NAMED])) + more


def _label(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _typed(cells: NDArray[np.object_]) -> "pd.Series[Any]":
    """Return the cells of a column in the dtype they share; objects where they share none."""
    missing = np.asarray(cells == "", dtype=bool)
    column: pd.Series[Any] = pd.Series(cells).astype(object).mask(missing, None)
    kinds = set(map(type, cells[~missing]))
    if kinds <= {str}:
        return column.astype("str")
    if kinds <= {bool}:
        return column.astype("boolean" if missing.any() else "bool")
    if kinds <= {dt.date, dt.datetime}:
        return pd.to_datetime(column)
    if kinds <= {float, int}:
        numbers = column.astype("float64")
        if (numbers.dropna() % 1 == 0).all():
            # An account number must not become 1001.0 because another is missing.
            return numbers.astype("Int64" if missing.any() else "int64")
        return numbers
    whole = np.array([isinstance(cell, float) and cell.is_integer() for cell in cells], dtype=bool)
    return column.mask(whole, column.where(whole).astype("Int64").astype(object))
