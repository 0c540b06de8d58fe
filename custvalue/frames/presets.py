"""Presets: mapping files for the standard opportunity exports of six CRM systems, and what such exports ask of one."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from custvalue.frames import mapping as mapping_file
from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.checks import nearest
from custvalue.frames.contracts import contract_for
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.mapping import Mapping, Notes, TableMapping, apply_mapping
from custvalue.frames.typed import blank_notes
from custvalue.rules.errors import raise_all, refusal, refusal_text

Condition = dict[str, tuple[str, ...]]
PERCENT = 100
CLOSE_PAIR = {"expected_close", "closed"}
PRESETS = files("custvalue.frames") / "presets"


@dataclass(frozen=True, slots=True)
class PresetTable(TableMapping):
    """How one table is read, in the wider format that standard exports need.

    ``names`` gives the names a column may go by, the first that the file has is read (ours → theirs, …); ``told`` says
    which columns tell an outcome (outcome → conditions, each our columns → values); ``fill`` names the columns that
    fill empty cells (ours → ours, …); ``percent`` the columns written in percent.
    """

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    told: dict[str, tuple[Condition, ...]] = field(default_factory=dict)
    fill: dict[str, tuple[str, ...]] = field(default_factory=dict)
    percent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset(Mapping):
    """A mapping with its name and where it comes from (``source``: product, export, columns, stages, unverified)."""

    name: str = ""
    source: dict[str, str] = field(default_factory=dict)

    def table(self, kind: str = "opportunities") -> PresetTable:
        """Return how one kind of table is read."""
        found = self.tables.get(kind, PresetTable())
        return found if isinstance(found, PresetTable) else PresetTable()


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets.

    >>> preset_names()
    ('dynamics365', 'hubspot', 'odoo', 'pipedrive', 'salesforce', 'zoho')
    """
    found = (file.name.removesuffix(".toml") for file in PRESETS.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(name for name in found if not name.startswith("_")))


@cache
def load_preset(name: str) -> Preset:
    """Return the preset for one system's standard opportunity export.

    Parameters
    ----------
    name : str
        One of :func:`preset_names`.

    Returns
    -------
    Preset
        A mapping with ``.name``, ``.ladder`` (the system's default stages and probabilities) and ``.source``.

    Raises
    ------
    ValueError
        If there is no such preset.

    Notes
    -----
    A preset knows the standard names and the default stages; fields and stages of one's own need a mapping file.

    Examples
    --------
    >>> load_preset("odoo").ladder.names
    ('New', 'Qualified', 'Proposition')
    """
    if name not in preset_names():
        raise refusal("a preset is one of the known ones", repr(name), nearest(name, preset_names()))
    return parse_preset((PRESETS / f"{name}.toml").read_text(encoding="utf-8"), name)


def parse_preset(text: str, name: str) -> Preset:
    r"""Read the text of a mapping file in the wider format of the presets.

    >>> table = parse_preset('[sales.columns]\naccount = ["Client", "Customer"]', "house").table("sales")
    >>> table.names
    {'account': ('Client', 'Customer')}
    """
    content = tomllib.loads(text)
    problems: list[str] = []
    source = content.pop("source", {})
    ladder = mapping_file._ladder(content.pop("ladder", None), problems)
    tables: dict[str, TableMapping] = {kind: _wide_table(kind, part, problems) for kind, part in content.items()}
    raise_all(name, problems)
    return Preset(tables, ladder, name, source)


def _wide_table(kind: str, part: dict[str, Any], problems: list[str]) -> PresetTable:
    wide = ("columns", "outcome", "fill", "percent")
    plain = mapping_file._table(kind, {key: value for key, value in part.items() if key not in wide}, problems)
    columns = part.get("columns", {})
    outcome = part.get("outcome", {})
    unknown = sorted(set(outcome) - set(OUTCOMES))
    if unknown:
        problems.append(refusal_text(f"[{kind}.outcome] knows won and lost", unknown, "Use these two."))
    return PresetTable(
        file=plain.file,
        merge=plain.merge,
        lookup=plain.lookup,
        price_open=plain.price_open,
        columns={ours: theirs for ours, theirs in columns.items() if isinstance(theirs, str)},
        names={ours: tuple(theirs) for ours, theirs in columns.items() if isinstance(theirs, list)},
        told={name: tuple(map(_condition, entries)) for name, entries in outcome.items()},
        fill={ours: tuple(others) for ours, others in part.get("fill", {}).items()},
        percent=tuple(part.get("percent", ())),
    )


def _condition(entry: str | dict[str, str | list[str]]) -> Condition:
    """Return an outcome's entry as a condition; a text alone is the name of a stage."""
    if isinstance(entry, str):
        return {"stage": (entry,)}
    return {ours: (values,) if isinstance(values, str) else tuple(values) for ours, values in entry.items()}


def find_column(names: Iterable[str], columns: Iterable[object]) -> str | None:
    """Return the file's column that goes by the first of the names it has, exactly or but for case and blanks.

    Raises
    ------
    ValueError
        If two columns of the file differ only in case or blanks.

    Examples
    --------
    >>> find_column(["Deal Owner", "Owner"], ["Deal ID", "Deal owner", "Owner"])
    'Deal owner'
    """
    texts = [name for name in columns if isinstance(name, str)]
    for name in names:
        if name in texts:
            return name
        alike = [text for text in texts if _loosely(text) == _loosely(name)]
        if len(alike) > 1:
            raise refusal("column names must differ in more than case and blanks", alike, "Rename one of them.")
        if alike:
            return alike[0]
    return None


def _loosely(name: str) -> str:
    return " ".join(name.casefold().split())


def resolve(preset: Preset, columns: Iterable[object], kind: str = "opportunities") -> PresetTable:
    """Return how the table is read from a file with these columns: one name for each column it has.

    Parameters
    ----------
    preset : Preset
        From :func:`load_preset`.
    columns : iterable
        The file's column names.
    kind : str
        The kind of table.

    Returns
    -------
    PresetTable
        ``.columns`` names each column of ours that the file has; ``.names`` is empty, and what rests on columns that
        the file lacks (merges, fillers, conditions, percents) is left out.

    Raises
    ------
    ValueError
        If a needed column goes by none of its names, or no column of the file tells an outcome.

    Examples
    --------
    >>> headers = ["ID", "Stage", "Expected Revenue", "Is Won", "Customer"]
    >>> resolve(load_preset("odoo"), headers).columns["account"]
    'Customer'
    """
    table = preset.table(kind)
    theirs = list(columns)
    found = {ours: find_column(names, theirs) for ours, names in table.names.items()}
    have = table.columns | {ours: name for ours, name in found.items() if name is not None}
    fillers = {ours: tuple(other for other in others if other in have) for ours, others in table.fill.items()}
    fill = {ours: others for ours, others in fillers.items() if others}
    told = {
        outcome: tuple(condition for condition in conditions if set(condition) <= set(have))
        for outcome, conditions in table.told.items()
    }
    made = {*fill, *(["outcome"] if told else [])}
    problems = [
        refusal_text(
            f"[{kind}.columns] {column.name} is needed and read from one of {list(table.names[column.name])}",
            "none of them",
            nearest(table.names[column.name][0], theirs),
        )
        for column in contract_for(kind).columns
        if column.needed and column.name in table.names and column.name not in have and column.name not in made
    ]
    problems += [
        refusal_text(
            f"[{kind}.outcome] {outcome} is told by columns of the file",
            "none of them is there",
            "Export with one of " + " or ".join(_spelt_out(condition, table) for condition in conditions) + ".",
        )
        for outcome, conditions in table.told.items()
        if conditions and not told[outcome]
    ]
    raise_all(f"preset {preset.name}", problems)
    lacking = set(table.names) - set(have)
    merge = {ours: merges for ours, merges in table.merge.items() if ours not in lacking}
    percent = tuple(ours for ours in table.percent if ours not in lacking)
    return replace(table, columns=have, names={}, merge=merge, fill=fill, told=told, percent=percent)


def _spelt_out(condition: Condition, table: PresetTable) -> str:
    return " and ".join(repr(table.names.get(ours, (ours,))[0]) for ours in condition)


def apply_preset(raw: pd.DataFrame, preset: Preset, kind: str = "opportunities") -> tuple[pd.DataFrame, Notes]:
    """Return a table in our columns and values, and notes on what was done.

    In this order: columns are renamed (see :func:`resolve`), blanks become missing, spellings are merged, outcomes are
    read, empty cells are filled, one close date is parted in two, percents become fractions.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as read.
    preset : Preset
        From :func:`load_preset`.
    kind : str
        The kind of table.

    Returns
    -------
    pandas.DataFrame
        One row per row of ``raw``, with further columns kept under their own names.
    tuple of (item, value)
        What was merged, filled and parted, with counts.

    Raises
    ------
    ValueError
        If the columns do not fit (see :func:`resolve`), or a deal is told both won and lost.

    Examples
    --------
    >>> deals = pd.DataFrame(
    ...     {"ID": ["1", "2"], "Stage": ["New", "Won"], "Expected Revenue": ["5", "7"], "Is Won": ["Pending", "Won"]}
    ... )
    >>> frame, _ = apply_preset(deals, load_preset("odoo"))
    >>> frame[["opportunity", "stage", "amount", "outcome"]].values.tolist()
    [['1', 'New', '5', nan], ['2', 'Won', '7', 'won']]
    """
    table = resolve(preset, raw.columns, kind)
    notes: list[tuple[str, object]] = []
    frame = raw.rename(columns={theirs: ours for ours, theirs in table.columns.items()})
    shared = table.columns.get("closed") if _is_one_close_date(table) else None
    if shared is not None:
        frame = frame.rename(columns={"expected_close": "closed"}).assign(expected_close=raw[shared].to_numpy())
    cleaned = {name: blanks_to_missing(frame[name]) for name in _looked_at(table) if name in frame}
    frame = frame.assign(**{name: cells for name, (cells, _) in cleaned.items()})
    notes += [note for name, (_, blanks) in cleaned.items() for note in blank_notes(name, blanks)]
    narrow = TableMapping(merge=table.merge)  # nothing is looked up, so nothing is read
    frame, merged = apply_mapping(frame, narrow, kind, Path(), None, lambda _: pd.DataFrame())
    notes.extend(note for note in merged if note[1] != "0 rows")
    if kind == "opportunities":
        frame = _read_outcomes(frame, table)
    for ours, others in table.fill.items():
        frame = _fill(frame, ours, others, notes)
    if shared is not None:
        frame = _part_close_date(frame, shared, notes)
    return frame.assign(**{name: from_percent(frame[name]) for name in table.percent if name in frame}), tuple(notes)


def _looked_at(table: PresetTable) -> list[str]:
    """Return the columns whose values are looked at; in these, blanks have to be told from values first."""
    told = [ours for conditions in table.told.values() for condition in conditions for ours in condition]
    filled = [name for ours, others in table.fill.items() for name in (ours, *others)]
    return sorted({*told, *filled, *table.percent, *CLOSE_PAIR, "stage", "outcome"})


def _is_one_close_date(table: PresetTable) -> bool:
    return len({table.columns.get(ours) for ours in CLOSE_PAIR}) == 1


def _read_outcomes(frame: pd.DataFrame, table: PresetTable) -> pd.DataFrame:
    """Read won and lost where the table says what tells them."""
    if table.told:
        told = {outcome: _any_holds(frame, table.told.get(outcome, ())) for outcome in OUTCOMES}
        both = told["won"] & told["lost"]
        if both.any():
            named = frame.loc[both, "opportunity"].head(3).tolist()
            raise refusal("a deal is won or lost", f"{int(both.sum())} rows that say both", "Correct them.", str(named))
        outcome = pd.Series(pd.NA, index=frame.index, dtype="str")
        frame = frame.assign(outcome=outcome.mask(told["won"], "won").mask(told["lost"], "lost"))
    return frame.assign(outcome=blanks_to_missing(frame["outcome"])[0])


def _any_holds(frame: pd.DataFrame, conditions: Iterable[Condition]) -> "pd.Series[bool]":
    """Say for each row whether one of the conditions holds: every column of it bears one of its values."""
    found = pd.Series(False, index=frame.index)
    for condition in conditions:
        holds = pd.Series(True, index=frame.index)
        for ours, values in condition.items():
            cells = frame[ours].astype("str").str.strip().str.lower()
            holds &= cells.isin([value.lower() for value in values])
        found |= holds
    return found


def _fill(frame: pd.DataFrame, ours: str, others: Iterable[str], notes: list[tuple[str, object]]) -> pd.DataFrame:
    """Fill the empty cells of a column, made where it is missing, from the first of the others that has a value."""
    column = frame[ours] if ours in frame else pd.Series(pd.NA, index=frame.index, dtype="str")
    for other in others:
        gaps = column.isna() & frame[other].notna()
        notes.append((f"{ours} filled from {other}", f"{int(gaps.sum())} rows"))
        column = column.where(~gaps, frame[other])
    return frame.assign(**{ours: column})


def _part_close_date(frame: pd.DataFrame, theirs: str, notes: list[tuple[str, object]]) -> pd.DataFrame:
    """Part the one date an export keeps: the expected close of open deals, the closing day of closed ones."""
    is_closed = frame["outcome"].isin(OUTCOMES)
    parted = frame.assign(
        closed=frame["closed"].where(is_closed), expected_close=frame["expected_close"].where(~is_closed)
    )
    counts = f"closing day of {int(parted['closed'].notna().sum())} closed deals"
    notes.append((theirs, f"{counts}, expected close of {int(parted['expected_close'].notna().sum())} open ones"))
    return parted


def from_percent(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return percents as fractions; what is no number stays as it is, for the contract to reject.

    >>> from_percent(pd.Series(["75", "7.5 %", None, "soon"])).tolist()
    [0.75, 0.075, nan, 'soon']
    """
    texts = column.astype("str").str.strip().str.removesuffix("%")
    fractions = pd.to_numeric(texts, errors="coerce") / PERCENT
    unread = fractions.isna() & column.notna()
    return fractions.astype(object).where(~unread, column) if unread.any() else fractions
