"""A mapping file (TOML): how somebody else's export becomes our tables. Left of ``=`` is ours, right is theirs."""

import difflib
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.checks import nearest
from custvalue.frames.contracts import contract_for
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.exports import (
    CLOSE_PAIR,
    Condition,
    condition,
    fill_gaps,
    find_column,
    from_percent,
    part_close_date,
    told_outcomes,
)
from custvalue.frames.kinds import KINDS
from custvalue.frames.typed import blank_notes
from custvalue.rules.errors import InputError, raise_all, refusal, refusal_text
from custvalue.rules.labels import Label
from custvalue.rules.ladder import Ladder, Stage

Notes = tuple[tuple[str, object], ...]
MISSPELT = 0.83
Reader = Callable[[Path], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Columns taken from a second table: ``on`` our column = theirs, ``take`` new column = theirs."""

    file: str
    on: dict[str, str]
    take: dict[str, str]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How one table is read.

    ``columns`` renames (ours = theirs), ``names`` likewise from the first of several names that the file has; ``merge``
    gives named values one spelling (column → ours = [theirs, …]); ``lookup`` takes columns from second tables;
    ``outcome`` reads won and lost from stage names or other columns; ``fill`` fills the gaps of a column from others;
    ``percent`` names the columns written in percent; ``price_open`` the one that prices open deals without an amount.
    """

    file: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    merge: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    lookup: tuple[Lookup, ...] = ()
    outcome: dict[str, tuple[Condition, ...]] = field(default_factory=dict)
    price_open: str | None = None
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fill: dict[str, list[str]] = field(default_factory=dict)
    percent: tuple[str, ...] = ()

    def with_columns(self, columns: Any) -> "TableMapping":
        """Return the mapping with further renames."""
        return replace(self, columns={**self.columns, **columns})


@dataclass(frozen=True, slots=True)
class Mapping:
    """The tables of a mapping file, the ladder of its stages and its source where it has them."""

    tables: dict[str, TableMapping]
    ladder: Ladder | None = None
    source: dict[str, str] = field(default_factory=dict)

    @property
    def lookup_files(self) -> tuple[str, ...]:
        """Names of the files that are only looked up in."""
        return tuple(lookup.file for table in self.tables.values() for lookup in table.lookup)


def read_mapping(path: str | Path) -> Mapping:
    r"""Read a mapping file.

    Parameters
    ----------
    path : str or Path
        A TOML file. ``[ladder]`` has ``source`` and ``stages`` (name, probability, optionally zh). ``[<kind>]`` has
        ``file``, ``price_open``, and the parts ``columns``, ``merge.<column>``, ``outcome`` and ``[[<kind>.lookup]]``
        with ``file``, ``on`` and ``take``. Left of ``=`` is ours, right is theirs.

        What exports ask for: a column may have several names (``account = ["Account Name", "Account"]``: the first that
        the file has, whatever its case; none is no error unless the column is needed). ``expected_close`` and
        ``closed`` may be read from one column: the first while a deal is open, the second once it is closed. Entries of
        ``outcome`` are stage names or conditions on our columns (``lost = [{ active = ["false"], probability =
        ["0"] }]``). ``fill.<column> = [columns]`` fills gaps, ``percent = [columns]`` divides by 100, ``[source]`` says
        where the mapping comes from.

    Returns
    -------
    Mapping
        ``.tables`` by kind and ``.ladder``.

    Raises
    ------
    ValueError
        If the file is missing or is not TOML.
        If it names an unknown kind or key, or its ladder breaks the rules of a ladder.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> text = '[opportunities]\nfile = "deals.csv"\n[opportunities.columns]\nopportunity = "Deal ID"\n'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "crm.toml")
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     read_mapping(path).tables["opportunities"].columns
    {'opportunity': 'Deal ID'}
    """
    place = Path(path)
    if not place.is_file():
        raise refusal("the mapping file must exist", str(path), "Check the path.")
    try:
        text = place.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal("a mapping file is TOML in UTF-8", str(error), "Correct the line.", place.name) from error
    return parse_mapping(text, place.name)


def parse_mapping(text: str, name: str) -> Mapping:
    r"""Read the text of a mapping file; ``name`` opens the messages.

    >>> parse_mapping('[sales.columns]\naccount = ["Client", "Customer"]', "house").tables["sales"].names
    {'account': ('Client', 'Customer')}
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refusal("a mapping file is TOML in UTF-8", str(error), "Correct the line.", name) from error
    problems: list[str] = []
    source = content.pop("source", {})
    ladder = _ladder(content.pop("ladder", None), problems)
    tables = {kind: _table(kind, part, problems) for kind, part in content.items()}
    raise_all(name, problems)
    return Mapping(tables, ladder, source)


def _ladder(part: Any, problems: list[str]) -> Ladder | None:
    if part is None:
        return None
    try:
        unknown = sorted({key for stage in part["stages"] for key in stage} - {"name", "en", "zh", "probability"})
        if unknown:
            problems.append(refusal_text("a stage has name, probability, en, zh", unknown, "Drop or correct the key."))
        stages = tuple(
            Stage(
                stage["name"],
                Label(stage.get("en", stage["name"]), stage.get("zh", stage["name"])),
                stage["probability"],
            )
            for stage in part["stages"]
        )
        return Ladder(stages, source=part["source"], note=part.get("note", ""))
    except (KeyError, TypeError) as error:
        problems.append(
            refusal_text(
                "[ladder] needs source and stages, each stage a name and a probability",
                f"no {error}",
                'For instance stages = [{ name = "Quoted", probability = 0.4 }].',
            )
        )
    except InputError as error:
        problems.append(f"[ladder] {error}")
    return None


_SHAPES: dict[str, type] = {
    "file": str,
    "columns": dict,
    "merge": dict,
    "lookup": list,
    "outcome": dict,
    "price_open": str,
    "fill": dict,
    "percent": list,
}


def _table(kind: str, part: Any, problems: list[str]) -> TableMapping:
    if kind in KINDS and not isinstance(part, dict):
        problems.append(refusal_text(f"[{kind}] is a table of the file", repr(part), f"Write [{kind}] on a line."))
        return TableMapping()
    if kind not in KINDS:
        problems.append(
            refusal_text(
                "a mapping's parts are kinds of tables or 'ladder'", repr(kind), nearest(kind, [*KINDS, "ladder"])
            )
        )
        return TableMapping()
    good: dict[str, Any] = {}
    for key, value in part.items():
        if key not in _SHAPES:
            problems.append(refusal_text(f"[{kind}] has known keys only", repr(key), nearest(key, list(_SHAPES))))
        elif not isinstance(value, _SHAPES[key]):
            problems.append(
                refusal_text(f"[{kind}] {key} must be a {_SHAPES[key].__name__}", repr(value), "See the README.")
            )
        else:
            good[key] = value
    lookups = _lookups(kind, good.pop("lookup", []), problems)
    _check_lists(kind, good, problems)
    unknown = set(good.get("outcome", {})) - set(OUTCOMES)
    if unknown:
        problems.append(refusal_text(f"[{kind}.outcome] knows won and lost", sorted(unknown), "Use these two."))
        good.pop("outcome")
    columns = good.pop("columns", {})
    outcome = {name: tuple(map(condition, entries)) for name, entries in good.pop("outcome", {}).items()}
    return TableMapping(
        lookup=lookups,
        columns={ours: theirs for ours, theirs in columns.items() if isinstance(theirs, str)},
        names={ours: tuple(theirs) for ours, theirs in columns.items() if isinstance(theirs, list)},
        outcome=outcome,
        percent=tuple(good.pop("percent", ())),
        **good,
    )


def _lookups(kind: str, entries: list[Any], problems: list[str]) -> tuple[Lookup, ...]:
    lookups = []
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != {"file", "on", "take"}:
            problems.append(refusal_text(f"[[{kind}.lookup]] has file, on and take", entry, "Give all three."))
        elif len(entry["on"]) != 1:
            problems.append(refusal_text(f"[[{kind}.lookup]] joins on one column", entry["on"], "Give one pair."))
        else:
            lookups.append(Lookup(**entry))
    return tuple(lookups)


def _check_lists(kind: str, good: dict[str, Any], problems: list[str]) -> None:
    """Note texts where a list of texts is meant: a text would be read letter by letter."""
    parts = {
        "outcome": [good.get("outcome", {})],
        "fill": [good.get("fill", {})],
        "merge": list(good.get("merge", {}).values()),
    }
    for name, groups in parts.items():
        entries = [entry for group in groups for entry in (group.values() if isinstance(group, dict) else [group])]
        wrong = [entry for entry in entries if not isinstance(entry, list)]
        if wrong:
            problems.append(
                refusal_text(f"[{kind}.{name}] is ours = a list of theirs", repr(wrong[0]), f"Write [{wrong[0]!r}].")
            )
            good.pop(name)


def resolve(table: TableMapping, columns: Iterable[object], kind: str) -> TableMapping:
    """Return how the table is read from a file with these columns: one name for each column it has.

    What rests on a column that goes by several names and that the file lacks (merges, fillers, conditions, percents)
    is left out.

    Raises
    ------
    ValueError
        If a needed column goes by none of its names, or no column of the file tells an outcome.

    Examples
    --------
    >>> resolve(TableMapping(names={"account": ("Client", "Customer")}), ["Customer", "Date"], "opportunities").columns
    {'account': 'Customer'}
    """
    if not table.names:
        return table
    theirs = list(columns)
    found = {ours: find_column(names, theirs) for ours, names in table.names.items()}
    lacking = {ours for ours, name in found.items() if name is None}
    fillers = {ours: [other for other in others if other not in lacking] for ours, others in table.fill.items()}
    fill = {ours: others for ours, others in fillers.items() if others}
    told = {
        outcome: tuple(one for one in conditions if not set(one) & lacking)
        for outcome, conditions in table.outcome.items()
    }
    made = {*fill, *(["outcome"] if told else [])}
    problems = [
        refusal_text(
            f"[{kind}.columns] {column.name} is needed and read from one of {list(table.names[column.name])}",
            "none of them",
            nearest(table.names[column.name][0], theirs),
        )
        for column in contract_for(kind).columns
        if column.needed and column.name in lacking and column.name not in made
    ]
    problems += [
        refusal_text(
            f"[{kind}.outcome] {outcome} is told by columns of the file",
            "none of them is there",
            "Export with one of " + " or ".join(_spelt_out(one, table) for one in conditions) + ".",
        )
        for outcome, conditions in table.outcome.items()
        if conditions and not told[outcome]
    ]
    raise_all("mapping", problems)
    return replace(
        table,
        columns=table.columns | {ours: name for ours, name in found.items() if name is not None},
        names={},
        merge={ours: merges for ours, merges in table.merge.items() if ours not in lacking},
        fill=fill,
        outcome=told,
        percent=tuple(ours for ours in table.percent if ours not in lacking),
    )


def _spelt_out(one: Condition, table: TableMapping) -> str:
    return " and ".join(repr(table.names.get(ours, (ours,))[0]) for ours in one)


def apply_mapping(
    raw: pd.DataFrame, table: TableMapping, kind: str, folder: Path, ladder: Ladder | None, read: Reader
) -> tuple[pd.DataFrame, Notes]:
    """Return the table in our columns and values, and notes on what was merged, looked up, filled and parted."""
    notes: list[tuple[str, object]] = []
    table = resolve(table, raw.columns, kind)
    frame = _rename(raw, table, kind)
    cleaned = {name: blanks_to_missing(frame[name]) for name in _looked_at(table, ladder) if name in frame}
    frame = frame.assign(**{name: cells for name, (cells, _) in cleaned.items()})
    notes += [note for name, (_, blanks) in cleaned.items() for note in blank_notes(name, blanks)]
    for column, merges in table.merge.items():
        frame = _merge_values(frame, kind, column, merges, notes)
    for lookup in table.lookup:
        frame = _look_up(frame, kind, lookup, read(folder / lookup.file), notes)
    if table.outcome or ladder is not None:
        frame = _read_outcomes(frame, table, kind, ladder)
    for ours, others in table.fill.items():
        for name in others:
            _need(frame, name, f"[{kind}.fill.{ours}]")
        frame, filled = fill_gaps(frame, ours, others)
        notes += filled
    if table.price_open:
        frame = _price_open(frame, kind, table.price_open, notes)
    if _is_one_close_date(table):
        _need(frame, "outcome", f"[{kind}.columns] one column for expected_close and closed")
        frame, parted = part_close_date(frame)
        notes.append((table.columns["closed"], parted))
    for name in table.percent:
        _need(frame, name, f"[{kind}] percent")
    return frame.assign(**{name: from_percent(frame[name]) for name in table.percent}), tuple(notes)


def _looked_at(table: TableMapping, ladder: Ladder | None) -> list[str]:
    """Return the columns whose values the mapping looks at; in these, blanks have to be told from values first."""
    names = [*table.merge, *(name for lookup in table.lookup for name in lookup.on), *table.percent]
    names += [name for ours, others in table.fill.items() for name in (ours, *others)]
    names += [ours for conditions in table.outcome.values() for one in conditions for ours in one]
    names += ["stage", "outcome"] if table.outcome or ladder is not None else []
    names += ["amount", "outcome", table.price_open] if table.price_open else []
    names += [*CLOSE_PAIR, "outcome"] if _is_one_close_date(table) else []
    return sorted(set(names))


def _is_one_close_date(table: TableMapping) -> bool:
    return "closed" in table.columns and len({table.columns.get(ours) for ours in CLOSE_PAIR}) == 1


def _rename(raw: pd.DataFrame, table: TableMapping, kind: str) -> pd.DataFrame:
    problems = [
        refusal_text(
            f"[{kind}.columns] {ours} is read from a column of the file", repr(theirs), nearest(theirs, raw.columns)
        )
        for ours, theirs in table.columns.items()
        if theirs not in raw.columns
    ]
    vocabulary = contract_for(kind).names
    for ours in table.columns:
        close = difflib.get_close_matches(ours, vocabulary, n=1, cutoff=MISSPELT)
        if ours not in vocabulary and close:
            problems.append(
                refusal_text(
                    f"[{kind}.columns] names on the left are ours",
                    repr(ours),
                    f"Did you mean {close[0]!r}? A column of your own needs a name less like it.",
                )
            )
    kept = [name for name in raw.columns if name not in table.columns.values()]
    problems += [
        refusal_text(
            f"[{kind}.columns] a name of ours is free for the column read into it",
            f"the file has a column {ours!r} of its own",
            f"Rename that one too, for instance {ours}_original = {ours!r}.",
        )
        for ours, theirs in table.columns.items()
        if ours != theirs and ours in kept
    ]
    shared = table.columns["closed"] if _is_one_close_date(table) else None
    theirs = [name for ours, name in table.columns.items() if shared is None or ours != "expected_close"]
    problems += [
        refusal_text(f"[{kind}.columns] a column is read once", repr(name), "Drop one of the two lines.")
        for name in sorted({name for name in theirs if theirs.count(name) > 1})
    ]
    raise_all("mapping", problems)
    frame = raw.rename(columns={theirs: ours for ours, theirs in table.columns.items()})
    if shared is None:
        return frame
    return frame.rename(columns={"expected_close": "closed"}).assign(expected_close=raw[shared])


def _need(frame: pd.DataFrame, column: str, where: str) -> None:
    if column not in frame:
        raise refusal(f"{where} needs column {column!r}", "no such column", nearest(column, frame.columns))


def _merge_values(
    frame: pd.DataFrame, kind: str, column: str, merges: dict[str, list[str]], notes: list[tuple[str, object]]
) -> pd.DataFrame:
    _need(frame, column, f"[{kind}.merge.{column}]")
    spelling = {other: ours for ours, others in merges.items() for other in others}
    found = frame[column].isin(list(spelling))
    notes.append((f"{column} merged", f"{int(found.sum())} rows"))
    return frame.assign(**{column: frame[column].replace(spelling)})


def _look_up(
    frame: pd.DataFrame, kind: str, lookup: Lookup, other: pd.DataFrame, notes: list[tuple[str, object]]
) -> pd.DataFrame:
    where = f"[[{kind}.lookup]] in {lookup.file}"
    (ours, theirs), *_ = lookup.on.items()
    _need(frame, ours, where)
    for name in (theirs, *lookup.take.values()):
        _need(other, name, where)
    repeated = other[theirs][other[theirs].duplicated()].unique().tolist()
    if repeated:
        raise refusal(f"{where}: {theirs} must occur once", repeated[:3], "Drop the repeated rows.")
    unmatched = frame.loc[frame[ours].notna() & ~frame[ours].isin(other[theirs]), ours].value_counts()
    if len(unmatched):
        listed = ", ".join(f"{name!r} ({n} rows)" for name, n in unmatched.head(5).items())
        notes.append((f"{ours} not in {lookup.file}", listed))
    taken = [new for new in lookup.take if new in frame]
    if taken:
        raise refusal(f"{where}: take makes new columns", taken, "Choose other names; a column is never replaced.")
    keyed = other.set_index(theirs)
    return frame.assign(**{new: frame[ours].map(keyed[name]) for new, name in lookup.take.items()})


def _read_outcomes(frame: pd.DataFrame, table: TableMapping, kind: str, ladder: Ladder | None) -> pd.DataFrame:
    """Read won and lost where the mapping says what tells them; an open deal's stage off the ladder is refused."""
    if kind != "opportunities":
        return frame
    for ours in {"stage"} | {ours for conditions in table.outcome.values() for one in conditions for ours in one}:
        _need(frame, ours, "[opportunities.outcome]")
    if table.outcome:
        frame = told_outcomes(frame, table.outcome)
    if ladder is None:
        return frame
    closing = {name for conditions in table.outcome.values() for one in conditions for name in one.get("stage", ())}
    both = sorted(closing & set(ladder.names))
    if both:
        raise refusal("a stage is either on the ladder or an outcome", both, "Take it out of one of the two.")
    is_open = ~blanks_to_missing(frame["outcome"])[0].isin(OUTCOMES) if "outcome" in frame else frame["stage"].notna()
    unknown = frame.loc[is_open & ~frame["stage"].isin(ladder.names) & frame["stage"].notna(), "stage"]
    if len(unknown):
        counts = unknown.value_counts()
        listed = ", ".join(f"{name!r} ({n})" for name, n in counts.items())
        raise refusal(
            "every stage of an open deal is on the ladder, or is an outcome",
            listed,
            f"{nearest(str(counts.index[0]), [*ladder.names, *sorted(closing)])} "
            "Add it to [ladder] or [opportunities.outcome].",
        )
    return frame


def _price_open(frame: pd.DataFrame, kind: str, column: str, notes: list[tuple[str, object]]) -> pd.DataFrame:
    where = f"[{kind}] price_open"
    for name in ("amount", "outcome", column):
        _need(frame, name, where)
    unpriced = frame["amount"].isna() & frame["outcome"].isna()
    notes.append((f"open deals priced from {column}", f"{int((unpriced & frame[column].notna()).sum())} rows"))
    return frame.assign(amount=frame["amount"].where(~unpriced, frame[column]))
