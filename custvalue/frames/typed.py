"""From cells as they were read to typed columns: what cannot be read is noted, and so is how the rest was read."""

import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from custvalue.frames.blanks import STRIPPED, as_column, blanks_to_missing, clean_labels
from custvalue.frames.contracts import CURRENCY_PATTERN, Column, Contract
from custvalue.frames.currency import check_one_currency
from custvalue.frames.dates import ORDERS, iso_dates, parse_dates
from custvalue.frames.numbers import DECIMALS, LARGEST_EXACT_FLOAT, parse_numbers, plain_numbers
from custvalue.frames.values import SAMPLE, Distinct, Parsed, arrow_texts
from custvalue.rules.errors import InputError, raise_all, refusal

PLAIN_NUMBER = r"-?(0|[1-9]\d{0,14})(\.\d+)?"
REMEDIES = {
    "number": ("a number", "Write it with digits, such as 1234.5."),
    "date": ("a date", "Write it as year-month-day, such as 2026-09-30."),
}
IDENTIFIERS = ("opportunity", "account", "prospect")
ROUNDED = r"^\d(\.\d+)?[eE]\+\d{2,}$"
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
    """A table's columns in their types, what could not be read, notes on how the rest was, and its distinct labels."""

    frame: pd.DataFrame
    unread: Failures
    notes: tuple[tuple[str, object], ...]
    labels: dict[str, Distinct]


@dataclass(frozen=True, slots=True)
class _Read:
    """One column in its type, notes on how it was read, and the rows that could not be, with what was wanted."""

    cells: "pd.Series[Any]"
    notes: list[tuple[str, object]]
    unread: NDArray[np.int64] = field(default_factory=lambda: np.array([], dtype=np.int64))
    wanted: str = ""
    remedy: str = ""
    labels: Distinct | None = None


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
    labels: dict[str, Distinct] = {}
    places = raw.index if lines is None else pd.Index(lines)

    def read(name: object) -> _Read | InputError:
        column, cells = known.get(str(name)), raw[name].set_axis(places)
        try:
            return _read(cells, str(name), column, chosen(decimal, name), chosen(date_order, name), from_file)
        except InputError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # most of the work is Arrow's, which leaves the interpreter free
        found = list(pool.map(read, raw.columns))
    for name, done in zip(raw.columns, found, strict=True):
        if isinstance(done, InputError):
            problems.append(str(done))
            continue
        columns[name] = done.cells
        notes += done.notes
        unread.add(done.unread, str(name), f"{name} must be {done.wanted}", done.remedy)
        if done.labels is not None:
            labels[str(name)] = done.labels
    if from_file:
        signed = {item.removesuffix(SIGNS_NOTE) for item, _ in notes if item.endswith(SIGNS_NOTE)}
        if signed or ("currency" in raw and len(pd.unique(raw["currency"])) > 1):  # else there is nothing to disagree
            problems += _currency_problems(raw.set_axis(places), contract, several_currencies=several_currencies)
    if lines is not None:
        problems = in_lines(problems)
    raise_all(contract.kind, problems)
    return Typed(pd.DataFrame(columns, index=places).set_axis(raw.index), unread, tuple(notes), labels)


def in_lines(problems: list[str]) -> list[str]:
    """Return messages of the parsers, which name rows by their label, where the label is the line of the file."""
    return [re.sub(r"\brow (?=\d)", "line ", text) for text in problems]


def blank_notes(name: str, blanks: dict[str, int]) -> list[tuple[str, object]]:
    """Return what was taken for nothing in a column; wholly empty cells need no note."""
    said = ", ".join(f"{text!r} ({n})" for text, n in blanks.items() if text not in ("", STRIPPED))
    notes: list[tuple[str, object]] = [(f"{name}: read as missing", said)] if said else []
    if blanks.get(STRIPPED):
        notes.append((f"{name}: stray blanks dropped", f"{blanks[STRIPPED]} cells"))
    return notes


def chosen(choice: Choice, name: object) -> str | None:
    """Return what was chosen for one column: one choice for all, or one by column."""
    return choice.get(str(name)) if isinstance(choice, Mapping) else choice


def _read(
    cells: "pd.Series[Any]",
    name: str,
    column: Column | None,
    decimal: str | None,
    date_order: str | None,
    from_file: bool,
) -> _Read:
    """Return one column in its type; ``column`` is None where the contract does not speak of it."""
    plain = _plainly(cells, column, decimal, date_order) if from_file else None
    if plain is not None and column is not None:
        return _as_read(plain, column, [])
    notes: list[tuple[str, object]] = []
    if from_file and column is not None and column.is_label and cells.dtype == "str":
        cells, blanks, labels = clean_labels(cells)
        notes = blank_notes(name, blanks)
        if column.name in IDENTIFIERS:
            _refuse_rounded(as_column(labels.texts, pd.Series(range(len(labels.texts)))), name)
        if not (_end_in_point_zero(labels.texts) or _has_aliases(labels, column)):
            return _Read(cells, notes, labels=labels)
    elif from_file:
        cells, blanks = blanks_to_missing(cells)
        notes = blank_notes(name, blanks)
    are_names = column is not None and column.names_things and cells.dtype == "str"
    if from_file and are_names and _end_in_point_zero(arrow_texts(cells)):
        cells = cells.str.removesuffix(".0")
        notes.append((f"{name}: read as whole numbers", f"all {int(cells.notna().sum())} cells end in '.0'"))
    if from_file and are_names and column is not None and column.name in IDENTIFIERS:
        _refuse_rounded(cells, name)
    if column is None:
        return _Read(numbers_if_all_are(cells) if from_file else cells, notes)
    present = _with_aliases(cells, column)
    if column.type == "text":
        return _Read(as_text(present), notes)
    if column.type == "date":
        return _as_read(parse_dates(present, name, date_order=date_order), column, notes)
    return _as_read(parse_numbers(present, name, decimal=decimal), column, notes)


def _refuse_rounded(cells: "pd.Series[Any]", name: str) -> None:
    """Refuse identifiers that a spreadsheet has shortened to a power of ten: several may have become one."""
    texts = arrow_texts(cells)
    if not pc.any(pc.match_substring(texts, "+")).as_py():
        return
    rounded = pc.match_substring_regex(texts, ROUNDED).fill_null(False).to_numpy(zero_copy_only=False)
    if rounded.any():
        raise refusal(
            f"{name} must be whole identifiers",
            ", ".join(map(repr, cells[rounded].unique()[:3])),
            "A spreadsheet has cut off their digits: export again with the column as text.",
            f"column {name!r}",
        )


def _end_in_point_zero(texts: pa.Array) -> bool:
    """Say whether all texts are whole numbers with ".0": a reader that met empty cells made floats of identifiers.

    Where only some look so, the ".0" stays, since two identifiers could become one.
    """
    some = texts.slice(0, SAMPLE)  # which usually tell
    return all(pc.all(pc.match_substring_regex(part, r"^\d+\.0$")).as_py() is True for part in (some, texts))


def _has_aliases(labels: Distinct, column: Column) -> bool:
    """Say whether some labels are other spellings of the column's values."""
    return not set(dict(column.aliases)).isdisjoint(labels.texts.to_pylist()) if column.aliases else False


def _plainly(
    cells: "pd.Series[Any]", column: Column | None, decimal: str | None, date_order: str | None
) -> Parsed | None:
    """Return a column of nothing but plain numbers or ISO dates, in which there is nothing to look for."""
    if column is None or cells.dtype != "str" or decimal not in (None, *DECIMALS) or date_order not in (None, *ORDERS):
        return None
    if column.type == "date":
        return iso_dates(cells)
    return plain_numbers(cells, decimal) if column.type == "number" and not column.aliases else None


def _as_read(parsed: Parsed, column: Column, notes: list[tuple[str, object]]) -> _Read:
    wanted, remedy = REMEDIES["date" if column.type == "date" else "number"]
    if column.type == "points":
        wanted, remedy = "points or the text of a level", _levels(column)
    elif column.type == "number" and column.name == "points":
        remedy = "Give points: the text of a level is not read here."
    values = parsed.values  # noqa: PD011 (a field of ours, not a frame's)
    return _Read(values, [*notes, *parsed.notes], np.flatnonzero(parsed.unread), wanted, remedy)


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
        return cells.map(_digits, na_action="ignore").astype("str").where(present)
    if cells.dtype == object:
        floats = cells.map(lambda value: isinstance(value, float)).astype(bool) & present
        cells = cells.where(~floats, cells[floats].map(_digits))
    return cells.astype("str").where(present)


def _digits(value: float) -> str:
    """Return a number as the text it stands for: 17850.0 is 17850."""
    if not value.is_integer():
        return repr(value)
    if abs(value) >= LARGEST_EXACT_FLOAT:
        raise refusal(
            "identifiers held as floats must be below 2^53", repr(value), "Save the column as text: digits are lost."
        )
    return str(int(value))


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
        if name in raw:
            try:
                check_one_currency(raw[name], codes if name == "amount" else None, name, several=by_row)
            except InputError as error:
                problems.append(str(error))
    return problems
