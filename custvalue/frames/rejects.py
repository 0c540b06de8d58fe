"""Holding a table to its contract: clean rows go on, broken rows are kept with the reason."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from custvalue.frames.contracts import Column, Contract, contract_for, schema_for
from custvalue.frames.dates import OTHER_YEARS, find_order, of_other_years
from custvalue.frames.exports import CLOSE_PAIR, IN_PERCENT, parted_column
from custvalue.frames.headers import Notes
from custvalue.frames.hints import header_hint, meant_column
from custvalue.frames.odd import odd_notes
from custvalue.frames.parts import Parts
from custvalue.frames.sheets import DATE_SYSTEM
from custvalue.frames.typed import Choice, Failures, chosen, in_lines, typed_columns
from custvalue.frames.values import arrow_texts, cells_named
from custvalue.rules.errors import InputError, raise_all, refusal, refusal_text

SERIAL = r"\d{4,5}(\.\d+)?"
REASON_COLUMNS = ("line", "column", "value", "rule", "remedy")


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


def check_frame(
    raw: pd.DataFrame,
    kind: str,
    *,
    lines: NDArray[np.int64] | None = None,
    notes: tuple[tuple[str, object], ...] = (),
    decimal: Choice = None,
    date_order: Choice = None,
    from_file: bool = True,
    several_currencies: bool = False,
    number_rows: bool = False,
) -> Checked:
    """Type a raw table by the contract of its kind and part its rows into clean and rejected.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as read (texts or typed values), with the vocabulary's column names.
    kind : str
        A kind of table, such as ``"opportunities"``.
    lines : array of int, optional
        The line of the file that holds each row; the row's position where it comes from no file.
    notes : tuple of (item, value)
        What was done on the way, for the report.
    decimal, date_order : str or dict, optional
        "." or ",", and "day" or "month" first, for all columns or by column: needed only where the cells leave it open.
    from_file : bool
        The cells come from a file: texts are stripped, and blanks such as ``N/A`` count as missing. In a frame of the
        analyst's own a text stays what it is.
    several_currencies : bool
        Amounts may be in several currencies, told apart by the ``currency`` column.
    number_rows : bool
        No column names the rows: the number of each row's line becomes the kind's key.

    Returns
    -------
    Checked
        ``len(raw) = len(frame) + len(rejects)``, always.

    Raises
    ------
    ValueError
        If the kind is unknown, a needed column is missing, or a column name is repeated.
        If a workbook counts from 1904 and a column of dates holds plain numbers.
        If rows are to be numbered and have a key already, or the kind has no key of one column.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"owner": ["Li", "Wu"], "period": ["2026Q3", "Q3"], "target": ["1000", "900"]})
    >>> checked = check_frame(raw, "targets")
    >>> len(checked.frame), checked.rejects[["line", "column", "value", "rule"]].values.tolist()
    (1, [[1, 'period', 'Q3', 'period must be a period such as 2026Q3 or 2026-07']])
    """
    contract = contract_for(kind)
    raw = raw.reset_index(drop=True)
    made = _numbered_key(raw, contract) if number_rows else None
    if made is not None:
        numbers = pd.Series(np.arange(len(raw)) if lines is None else lines, dtype="int64").astype("str")
        raw, notes = raw.assign(**{made: numbers}), (*notes, (made, "the number of the line"))
    _check_columns(raw, contract, lines, notes)
    if DATE_SYSTEM in dict(notes):
        _refuse_serials(raw, contract)
    date_order, settled = _one_order(raw, contract, notes, date_order, lines)
    typed_table = typed_columns(
        raw,
        contract,
        decimal=decimal,
        date_order=date_order,
        lines=lines,
        from_file=from_file,
        several_currencies=several_currencies,
    )
    typed, failures = typed_table.frame, typed_table.unread
    _name_years(failures, raw)
    unread = {
        (column, row) for (column, _, _), rows in zip(failures.reasons, failures.rows, strict=True) for row in rows
    }
    rules = [rule for rule in contract.rules if all(name in typed for name in rule.columns)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        breaches = pool.submit(_breaches, typed, kind)
        broken = list(pool.map(lambda rule: np.flatnonzero(rule.broken(typed).fillna(False)), rules))
    percents = {item.removesuffix(IN_PERCENT) for item, _ in notes if item.endswith(IN_PERCENT)}
    _note_breaches(breaches.result(), contract, failures, unread, percents)
    _check_key(typed, contract, failures)
    for rule, rows in zip(rules, broken, strict=True):
        failures.add(rows, rule.columns[0], rule.rule, rule.remedy)
    places = np.arange(len(raw)) if lines is None else lines
    broken_rows = np.unique(np.concatenate(failures.rows)) if failures.rows else np.array([], dtype=np.int64)
    rejects = _rejects(raw, failures, places)
    frame, labels = typed, typed_table.labels
    if broken_rows.size:
        clean = ~np.isin(np.arange(len(raw)), broken_rows)
        frame = typed[clean].reset_index(drop=True)
        labels = {name: cells.only(clean) for name, cells in labels.items()}
    if len(frame) + len(rejects) != len(raw):  # the promise of this room; it must hold even with optimised bytecode
        raise RuntimeError(f"{kind}: {len(raw)} rows in, {len(frame)} clean and {len(rejects)} rejected")
    counts: list[tuple[str, object]] = [("rows", len(raw)), ("clean", len(frame)), ("rejected", len(rejects))]
    twice = {f"{name} date order" for name in CLOSE_PAIR} if settled else set()
    counts += [*notes, *settled, *(note for note in typed_table.notes if note[0] not in twice)]
    counts += odd_notes(frame, kind, labels, made=made)
    return Checked(frame, rejects, pd.DataFrame(counts, columns=["item", "value"]))


def _column(contract: Contract, name: str) -> Column | None:
    return next((column for column in contract.columns if column.name == name), None)


def _numbered_key(raw: pd.DataFrame, contract: Contract) -> str:
    key = contract.key
    if len(key) != 1 or key[0] in raw:
        raise refusal(
            "number_rows is for rows that nothing names",
            f"column {key[0]!r} is there"
            if len(key) == 1
            else f"{contract.kind} are named by {' and '.join(key) or 'nothing'}",
            "Leave it out.",
        )
    return key[0]


def _check_columns(
    raw: pd.DataFrame, contract: Contract, lines: NDArray[np.int64] | None = None, notes: Notes = ()
) -> None:
    problems = [
        refusal_text(
            f"column {column.name!r} is needed ({column.meaning})",
            "no such column",
            f"{meant_column(column.name, raw.columns)} Rename it with columns= or a mapping file.",
        )
        for column in contract.columns
        if column.needed and column.name not in raw.columns
    ]
    if problems:
        problems[-1] += header_hint(raw, contract.names, lines, notes)
    repeated = raw.columns[raw.columns.duplicated()].unique().tolist()
    if repeated:
        problems.append(refusal_text("column names must be distinct", repeated, "Rename or drop the repeated ones."))
    raise_all(contract.kind, problems)


def _one_order(
    raw: pd.DataFrame, contract: Contract, notes: Notes, date_order: Choice, lines: NDArray[np.int64] | None
) -> tuple[Choice, Notes]:
    """Settle the order of day and month once where one column of the file was parted into the two close dates."""
    theirs = parted_column(notes)
    if theirs is None or not set(raw) >= CLOSE_PAIR:
        return date_order, ()
    given = next((order for name in (theirs, *CLOSE_PAIR) if (order := chosen(date_order, name))), None)
    settled: Notes = ()
    if given is None:
        cells = raw["closed"].where(raw["closed"].notna(), raw["expected_close"])
        try:
            given, evidence = find_order(cells if lines is None else cells.set_axis(pd.Index(lines)), theirs)
        except InputError as error:
            raise_all(contract.kind, [str(error)] if lines is None else in_lines([str(error)]))
        settled = tuple((f"{theirs} date order", text) for text in in_lines([evidence]) if text)
    by_column = {column.name: chosen(date_order, column.name) for column in contract.columns if column.type == "date"}
    by_column |= {name: by_column[name] or given for name in CLOSE_PAIR}
    return {name: order for name, order in by_column.items() if order}, settled


def _refuse_serials(raw: pd.DataFrame, contract: Contract) -> None:
    """Refuse plain numbers as dates where a workbook counts its days from 1904: elsewhere they are other days."""
    problems = []
    for name in (column.name for column in contract.columns if column.type == "date" and column.name in raw):
        serial = raw[name].astype("str").str.fullmatch(SERIAL).fillna(False).astype(bool)
        if serial.any():
            problems.append(
                refusal_text(
                    f"{name} must not be plain numbers in a workbook that counts from 1904",
                    f"{raw.loc[serial, name].iloc[0]} in {cells_named(int(serial.sum()))}",
                    "Format the column as dates in the workbook and save it.",
                    f"column {name!r}",
                )
            )
    raise_all(contract.kind, problems)


def _name_years(failures: Failures, raw: pd.DataFrame) -> None:
    """Say of the cells that are no date by their year alone in which years dates lie."""
    for place, (column, rule, remedy) in enumerate(list(failures.reasons)):
        rows = failures.rows[place]
        if rule == f"{column} must be a date":
            outside = of_other_years(raw[column].iloc[rows].astype("str"))
            failures.rows[place] = rows[~outside]
            failures.add(rows[outside], column, f"{rule} {OTHER_YEARS}", remedy)


def _breaches(typed: pd.DataFrame, kind: str) -> pd.DataFrame | None:
    """Return pandera's cases of what breaks the kind's schema."""
    import pandera.pandas as pa

    try:
        schema_for(kind).validate(typed, lazy=True, inplace=True)  # no check changes anything, so no copy is needed
    except pa.errors.SchemaErrors as errors:
        cases: pd.DataFrame = errors.failure_cases.dropna(subset=["index"])
        return cases
    return None


def _note_breaches(
    cases: pd.DataFrame | None,
    contract: Contract,
    failures: Failures,
    unread: set[tuple[str, int]],
    percents: set[str],
) -> None:
    """Note what breaks the schema, except cells that could not be read at all; percents in percent, as they came."""
    if cases is None:
        return
    for (column, check), found in cases.groupby(["column", "check"], sort=False):
        rows = [row for row in found["index"].astype(int) if (column, row) not in unread]
        empty = str(check) == "not_nullable"
        rule = f"{column} must not be empty" if empty else str(check)
        named = _column(contract, str(column))
        remedy = "Fill it in." if empty or named is None else named.remedy
        if column in percents and not empty:
            rule, remedy = f"{column} must lie in 0 to 100 percent", "Write 40 % as 40, or leave it empty."
        failures.add(np.array(rows, dtype=np.int64), str(column), rule, remedy)


def _check_key(typed: pd.DataFrame, contract: Contract, failures: Failures) -> None:
    key = [name for name in contract.key if name in typed]
    if not key:
        return
    if len(key) == 1 and _increases(typed[key[0]]):
        return
    repeated = typed.duplicated(key).to_numpy() & typed[key].notna().all(axis="columns").to_numpy()
    failures.add(
        np.flatnonzero(repeated),
        key[0],
        f"{' and '.join(key)} must occur once",
        "Drop the repeated row or correct its key.",
    )


def _increases(column: "pd.Series[Any]") -> bool:
    """Say whether each text is greater than the one before, so that none can be repeated; exports often are sorted."""
    if column.dtype != "str":
        return False
    texts = arrow_texts(column)
    return not texts.null_count and pc.all(pc.less(texts[:-1], texts[1:])).as_py() is not False


def _rejects(raw: pd.DataFrame, failures: Failures, lines: NDArray[np.int64]) -> pd.DataFrame:
    if not failures.rows:
        raw = raw.iloc[:0]
    original = raw.rename(columns={name: f"original_{name}" for name in REASON_COLUMNS if name in raw.columns})
    if not failures.rows:
        return pd.concat([pd.DataFrame(columns=list(REASON_COLUMNS)), original.iloc[:0]], axis="columns")
    which = np.repeat(np.arange(len(failures.rows)), [rows.size for rows in failures.rows])
    found = pd.DataFrame({"row": np.concatenate(failures.rows)})
    reasons = pd.DataFrame(failures.reasons, columns=["column", "rule", "remedy"])
    found = found.join(reasons.iloc[which].reset_index(drop=True))
    place = raw.columns.get_indexer(pd.Index(found["column"]))
    broken = raw.iloc[found["row"]].to_numpy(dtype=object)
    values = broken[np.arange(len(found)), place]
    found["value"] = pd.Series(values, dtype=object).where(pd.notna(values), "").astype("str")
    said = ["column", "value", "rule", "remedy"]
    found = found.sort_values("row", kind="stable")
    several = found["row"].duplicated(keep=False)
    joined = pd.concat(
        [found[~several].set_index("row")[said], found[several].groupby("row")[said].agg(" | ".join)]
    ).sort_index()
    joined.insert(0, "line", lines[joined.index.to_numpy()])
    rows = original.iloc[joined.index.to_numpy()].reset_index(drop=True)
    return pd.concat([joined.reset_index(drop=True), rows], axis="columns")
