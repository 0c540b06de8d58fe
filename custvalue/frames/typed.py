"""From cells as they were read to typed columns: what cannot be read is noted, and so is how the rest was read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.blanks import STRIPPED, blanks_to_missing
from custvalue.frames.contracts import CURRENCY_PATTERN, Column, Contract
from custvalue.frames.currency import check_one_currency
from custvalue.frames.dates import parse_dates
from custvalue.frames.numbers import parse_numbers
from custvalue.rules.errors import InputError, raise_all

PLAIN_NUMBER = r"-?(0|[1-9]\d{0,14})(\.\d+)?"
REMEDIES = {
    "number": ("a number", "Write it with digits, such as 1234.5."),
    "date": ("a date", "Write it as year-month-day, such as 2026-09-30."),
}
SIGNS_NOTE = " currency signs"
Choice = str | Mapping[str, str] | None


@dataclass(slots=True)
class Failures:
    """The broken cells of a table found so far: rows and, for each lot of rows, column, rule and remedy."""

    rows: list[np.ndarray] = field(default_factory=list)
    reasons: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, rows: np.ndarray, column: str, rule: str, remedy: str) -> None:
        """Note the rows that break a rule; none are no failure."""
        if rows.size:
            self.rows.append(rows)
            self.reasons.append((column, rule, remedy))


@dataclass(frozen=True, slots=True)
class Typed:
    """A table's columns in their types, the cells that could not be read, and notes on how the rest was."""

    frame: pd.DataFrame
    unread: Failures
    notes: tuple[tuple[str, object], ...]


def typed_columns(
    raw: pd.DataFrame,
    contract: Contract,
    *,
    decimal: Choice = None,
    date_order: Choice = None,
    lines: NDArray[np.int64] | None = None,
    from_file: bool = True,
    several_currencies: bool = False,
) -> Typed:
    """Type every column by the contract; a column that could be read in two ways is refused with the evidence.

    Examples
    --------
    >>> from custvalue.frames.contracts import contract_for
    >>> raw = pd.DataFrame({"owner": ["Li"], "period": ["2026Q3"], "target": ["￥1,200,000"]})
    >>> typed_columns(raw, contract_for("targets")).frame["target"].tolist()
    [1200000.0]
    """
    known = {column.name: column for column in contract.columns}
    unread, notes, problems = Failures(), list[tuple[str, object]](), list[str]()
    columns: dict[str, Any] = {}
    places = raw.index if lines is None else pd.Index(lines)
    for name in raw.columns:
        cells = raw[name].set_axis(places)
        if from_file:
            cells, blanks = blanks_to_missing(cells)
            notes += blank_notes(str(name), blanks)
        column = known.get(str(name))
        try:
            if column is None:
                columns[name] = numbers_if_all_are(cells) if from_file else cells
            else:
                columns[name] = _typed(cells, column, unread, notes, decimal, date_order)
        except InputError as error:
            problems.append(str(error))
    if from_file:
        signed = {item.removesuffix(SIGNS_NOTE) for item, _ in notes if item.endswith(SIGNS_NOTE)}
        if signed or ("currency" in raw and len(pd.unique(raw["currency"])) > 1):  # else there is nothing to disagree
            problems += _currency_problems(raw.set_axis(places), contract, several_currencies=several_currencies)
    if lines is not None:  # the parsers speak of rows by their label, and here the label is the line of the file
        problems = [re.sub(r"\brow (?=\d)", "line ", text) for text in problems]
    raise_all(contract.kind, problems)
    return Typed(pd.DataFrame(columns, index=places).set_axis(raw.index), unread, tuple(notes))


def blank_notes(name: str, blanks: dict[str, int]) -> list[tuple[str, object]]:
    """Return what was taken for nothing in a column; wholly empty cells need no note."""
    said = ", ".join(f"{text!r} ({n})" for text, n in blanks.items() if text not in ("", STRIPPED))
    notes: list[tuple[str, object]] = [(f"{name}: read as missing", said)] if said else []
    if blanks.get(STRIPPED):
        notes.append((f"{name}: stray blanks dropped", f"{blanks[STRIPPED]} cells"))
    return notes


def _chosen(choice: Choice, name: str) -> str | None:
    return choice.get(name) if isinstance(choice, Mapping) else choice


def _typed(
    cells: "pd.Series[Any]",
    column: Column,
    unread: Failures,
    notes: list[tuple[str, object]],
    decimal: Choice,
    date_order: Choice,
) -> "pd.Series[Any]":
    present = _with_aliases(cells, column)
    if column.type == "text":
        return as_text(present)
    if column.type == "date":
        parsed = parse_dates(present, column.name, date_order=_chosen(date_order, column.name))
        wanted, remedy = REMEDIES["date"]
    else:
        parsed = parse_numbers(present, column.name, decimal=_chosen(decimal, column.name))
        wanted, remedy = REMEDIES["number"]
        if column.type == "points":
            wanted, remedy = "points or the text of a level", _levels(column)
    notes += parsed.notes
    unread.add(np.flatnonzero(parsed.unread), column.name, f"{column.name} must be {wanted}", remedy)
    return parsed.values  # noqa: PD011 (a field of ours, not a frame's)


def numbers_if_all_are(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a text column as numbers where every text is a plain one; codes such as 007 stay texts."""
    if cells.dtype != "str" or cells.isna().all() or not cells.dropna().str.fullmatch(PLAIN_NUMBER).all():
        return cells
    return pd.to_numeric(cells)


def as_text(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as texts; whole numbers, which a spreadsheet holds as floats, without a decimal point."""
    if cells.dtype == "str":
        return cells
    present = cells.notna()
    if pd.api.types.is_float_dtype(cells):
        return cells.map("{:.15g}".format, na_action="ignore").astype("str").where(present)
    if cells.dtype == object:
        floats = cells.map(lambda value: isinstance(value, float)).astype(bool) & present
        cells = cells.where(~floats, cells[floats].map("{:.15g}".format))
    return cells.astype("str").where(present)


def _with_aliases(cells: "pd.Series[Any]", column: Column) -> "pd.Series[Any]":
    """Return a column with the other spellings of its values in ours."""
    if not column.aliases or (pd.api.types.is_numeric_dtype(cells) and column.type == "points"):
        return cells
    return as_text(cells).replace(dict(column.aliases))


def _levels(column: Column) -> str:
    pairs = zip(column.aliases[::2], column.aliases[1::2], strict=True)
    return "Write one of " + ", ".join(f"{points} ({en} {zh})" for (en, points), (zh, _) in pairs) + "."


def _currency_problems(raw: pd.DataFrame, contract: Contract, *, several_currencies: bool) -> list[str]:
    """Return what speaks against one currency in a table's amounts; rates have to be given before they are mixed."""
    problems = []
    codes = raw.get("currency")
    if codes is not None:  # what is no code is a matter of its row, not of the table
        codes = codes.where(codes.astype("str").str.fullmatch(CURRENCY_PATTERN))
    for name in (name for name in ("amount", "revenue", "potential", "forecast", "target") if name in contract.names):
        by_row = several_currencies and codes is not None and name == "amount"
        if name in raw and not by_row:
            try:
                check_one_currency(raw[name], codes if name == "amount" else None, name)
            except InputError as error:
                problems.append(str(error))
    return problems
