"""Holding a table to its contract: clean rows go on, broken rows are kept with the reason."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import nearest
from custvalue.frames.contracts import Column, Contract, contract_for, schema_for
from custvalue.frames.parts import Parts
from custvalue.rules.errors import raise_all, refusal_text

BLANKS = ("", "n/a", "na", "nan", "nat", "none", "null", "#n/a")
REASON_COLUMNS = ("line", "column", "value", "rule", "remedy")
PLAIN_NUMBER = r"-?(0|[1-9]\d{0,14})(\.\d+)?"
ISO_DATE = "an ISO date such as 2026-09-30"


@dataclass(frozen=True, slots=True)
class Checked(Parts):
    """A table held to its contract.

    Attributes
    ----------
    frame : pandas.DataFrame
        The clean rows, typed. Columns the contract does not speak of are kept as they are.
    rejects : pandas.DataFrame
        One row per broken row: ``line`` (in the file, the header being line 1), ``column``, ``value``, ``rule``,
        ``remedy`` (joined by " | " where a row breaks several), then the original row.
    report : pandas.DataFrame
        ``item``, ``value``: the counts, and what was done on the way in.
    """

    frame: pd.DataFrame
    rejects: pd.DataFrame
    report: pd.DataFrame


@dataclass(slots=True)
class _Failures:
    """The broken cells found so far, as columns."""

    rows: list[np.ndarray] = field(default_factory=list)
    reasons: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, rows: np.ndarray, column: str, rule: str, remedy: str) -> None:
        if rows.size:
            self.rows.append(rows)
            self.reasons.append((column, rule, remedy))


def check_frame(
    raw: pd.DataFrame,
    kind: str,
    *,
    first_line: int = 2,
    notes: tuple[tuple[str, object], ...] = (),
    as_read: bool = True,
) -> Checked:
    """Type a raw table by the contract of its kind and part its rows into clean and rejected.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as read (texts or typed values), with the vocabulary's column names.
    kind : str
        A kind of table, such as ``"opportunities"``.
    first_line : int
        The line of the file that holds the first row.
    notes : tuple of (item, value)
        What was done on the way, for the report.
    as_read : bool
        The cells come from a file: texts are stripped, and blanks such as ``N/A`` count as missing. In a frame of the
        analyst's own a text stays what it is.

    Returns
    -------
    Checked
        ``len(raw) = len(frame) + len(rejects)``, always.

    Raises
    ------
    ValueError
        If the kind is unknown, a needed column is missing, or a column name is repeated.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"owner": ["Li", "Wu"], "period": ["2026Q3", "Q3"], "target": ["1000", "900"]})
    >>> checked = check_frame(raw, "targets")
    >>> len(checked.frame), checked.rejects[["line", "column", "value", "rule"]].values.tolist()
    (1, [[3, 'period', 'Q3', 'period must be a period such as 2026Q3 or 2026-07']])
    """
    contract = contract_for(kind)
    _check_columns(raw, contract)
    raw = raw.reset_index(drop=True)
    failures = _Failures()
    cells = {name: blank_to_missing(raw[name]) if as_read else raw[name] for name in raw.columns}
    typed = pd.DataFrame(
        {
            name: _typed(cell, column, failures)
            if (column := _column(contract, str(name)))
            else (numbers_if_all_are(cell) if as_read else cell)
            for name, cell in cells.items()
        },
        index=raw.index,
    )
    unread = {
        (column, row) for (column, _, _), rows in zip(failures.reasons, failures.rows, strict=True) for row in rows
    }
    _validate(typed, kind, failures, unread)
    _check_key(typed, contract, failures)
    for rule in contract.rules:
        if all(name in typed for name in rule.columns):
            broken = rule.broken(typed).fillna(False).to_numpy(dtype=bool)
            failures.add(np.flatnonzero(broken), rule.columns[0], rule.rule, rule.remedy)
    rejects = _rejects(raw, failures, first_line)
    kept = np.ones(len(raw), dtype=bool)
    kept[rejects["line"].to_numpy(dtype=np.int64) - first_line] = False
    frame = typed[kept].reset_index(drop=True)
    if len(frame) + len(rejects) != len(raw):  # the promise of this room; it must hold even with optimised bytecode
        raise RuntimeError(f"{kind}: {len(raw)} rows in, {len(frame)} clean and {len(rejects)} rejected")
    counts = [("rows", len(raw)), ("clean", len(frame)), ("rejected", len(rejects)), *notes]
    return Checked(frame, rejects, pd.DataFrame(counts, columns=["item", "value"]))


def _column(contract: Contract, name: str) -> Column | None:
    return next((column for column in contract.columns if column.name == name), None)


def _check_columns(raw: pd.DataFrame, contract: Contract) -> None:
    problems = [
        refusal_text(
            f"column {column.name!r} is needed ({column.meaning})",
            "no such column",
            f"{nearest(column.name, raw.columns)} Rename it with columns= or a mapping file.",
        )
        for column in contract.columns
        if column.needed and column.name not in raw.columns
    ]
    repeated = raw.columns[raw.columns.duplicated()].unique().tolist()
    if repeated:
        problems.append(refusal_text("column names must be distinct", repeated, "Rename or drop the repeated ones."))
    raise_all(contract.kind, problems)


def blank_to_missing(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a text column stripped, with the documented blanks as missing; other columns as they are."""
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series):
        return series
    texts = series.astype("str").str.strip()
    return texts.mask(texts.str.lower().isin(BLANKS) | series.isna())


def numbers_if_all_are(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a text column as numbers where every text is a plain one; codes such as 007 stay texts."""
    if series.dtype != "str" or series.isna().all() or not series.dropna().str.fullmatch(PLAIN_NUMBER).all():
        return series
    return pd.to_numeric(series)


def _typed(series: "pd.Series[Any]", column: Column, failures: _Failures) -> "pd.Series[Any]":
    """Return the column in its type; cells that cannot be read become missing and are noted."""
    present = _with_aliases(series, column)
    if column.type in ("number", "points"):
        typed: pd.Series[Any] = pd.to_numeric(present, errors="coerce").astype(float)
        typed = typed.where(np.isfinite(typed))
        wanted, remedy = "a plain number", "Write it with digits and a decimal point."
        if column.type == "points":
            wanted, remedy = "points or the text of a level", _levels(column)
    elif column.type == "date":
        typed = pd.to_datetime(present, errors="coerce", format=None if present.dtype.kind == "M" else "ISO8601")
        typed = typed.dt.tz_localize(None) if typed.dt.tz is not None else typed
        wanted, remedy = ISO_DATE, "Write it as year-month-day."
    else:
        return _as_text(present)
    unread = np.flatnonzero((typed.isna() & present.notna()).to_numpy())
    failures.add(unread, column.name, f"{column.name} must be {wanted}", remedy)
    return typed


def _as_text(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as texts; whole numbers, which a spreadsheet holds as floats, without a decimal point."""
    if series.dtype == "str":
        return series
    present = series.notna()
    if pd.api.types.is_float_dtype(series):
        return series.map("{:.15g}".format, na_action="ignore").astype("str").where(present)
    if series.dtype == object:
        floats = series.map(lambda value: isinstance(value, float))
        series = series.where(~(floats & present), series[floats & present].map("{:.15g}".format))
    return series.astype("str").where(present)


def _with_aliases(series: "pd.Series[Any]", column: Column) -> "pd.Series[Any]":
    """Return a column with the other spellings of its values in ours."""
    if not column.aliases or (pd.api.types.is_numeric_dtype(series) and column.type == "points"):
        return series
    return _as_text(series).replace(dict(column.aliases))


def _levels(column: Column) -> str:
    return "Write one of " + ", ".join(f"{points} ({text})" for text, points in column.aliases[::2]) + "."


def _validate(typed: pd.DataFrame, kind: str, failures: _Failures, unread: set[tuple[str, int]]) -> None:
    """Note what breaks the kind's pandera schema, except cells that could not be read at all."""
    import pandera.pandas as pa

    try:
        schema_for(kind).validate(typed, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases.dropna(subset=["index"])
        for (column, check), found in cases.groupby(["column", "check"], sort=False):
            rows = [row for row in found["index"].astype(int) if (column, row) not in unread]
            empty = str(check) == "not_nullable"
            rule = f"{column} must not be empty" if empty else str(check)
            named = _column(contract_for(kind), str(column))
            remedy = "Fill it in." if empty or named is None else named.remedy
            failures.add(np.array(rows, dtype=np.int64), str(column), rule, remedy)


def _check_key(typed: pd.DataFrame, contract: Contract, failures: _Failures) -> None:
    key = [name for name in contract.key if name in typed]
    if not key:
        return
    repeated = typed.duplicated(key).to_numpy() & typed[key].notna().all(axis="columns").to_numpy()
    failures.add(
        np.flatnonzero(repeated),
        key[0],
        f"{' and '.join(key)} must occur once",
        "Drop the repeated row or correct its key.",
    )


def _rejects(raw: pd.DataFrame, failures: _Failures, first_line: int) -> pd.DataFrame:
    original = raw.rename(columns={name: f"original_{name}" for name in REASON_COLUMNS if name in raw.columns})
    if not failures.rows:
        return pd.concat([pd.DataFrame(columns=list(REASON_COLUMNS)), original.iloc[:0]], axis="columns")
    which = np.repeat(np.arange(len(failures.rows)), [rows.size for rows in failures.rows])
    found = pd.DataFrame({"row": np.concatenate(failures.rows)})
    reasons = pd.DataFrame(failures.reasons, columns=["column", "rule", "remedy"])
    found = found.join(reasons.iloc[which].reset_index(drop=True))
    place = raw.columns.get_indexer(pd.Index(found["column"]))
    values = raw.to_numpy(dtype=object)[found["row"], place]
    found["value"] = pd.Series(values, dtype=object).where(pd.notna(values), "").astype("str")
    joined = found.groupby("row", sort=True)[["column", "value", "rule", "remedy"]].agg(" | ".join)
    joined.insert(0, "line", joined.index + first_line)
    return joined.join(original).reset_index(drop=True)
