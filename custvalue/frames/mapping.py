"""A mapping file (TOML): how somebody else's export becomes our tables. Left of ``=`` is ours, right is theirs."""

import difflib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.checks import nearest
from custvalue.frames.contracts import contract_for
from custvalue.frames.deals import OUTCOMES
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

    ``columns`` renames (ours = theirs); ``merge`` gives named values one spelling (column → ours = [theirs, …]);
    ``lookup`` takes columns from second tables; ``outcome`` reads won and lost from stage names; ``price_open`` names
    the column that prices open deals without an amount.
    """

    file: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    merge: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    lookup: tuple[Lookup, ...] = ()
    outcome: dict[str, list[str]] = field(default_factory=dict)
    price_open: str | None = None

    def with_columns(self, columns: Any) -> "TableMapping":
        """Return the mapping with further renames."""
        return replace(self, columns={**self.columns, **columns})


@dataclass(frozen=True, slots=True)
class Mapping:
    """The tables of a mapping file, and the ladder of its stages where it has one."""

    tables: dict[str, TableMapping]
    ladder: Ladder | None = None

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
        content = tomllib.loads(place.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refusal("a mapping file is TOML in UTF-8", str(error), "Correct the line.", place.name) from error
    problems: list[str] = []
    ladder = _ladder(content.pop("ladder", None), problems)
    tables = {kind: _table(kind, part, problems) for kind, part in content.items()}
    raise_all(place.name, problems)
    return Mapping(tables, ladder)


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
    return TableMapping(lookup=lookups, **good)


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
    parts = {"outcome": [good.get("outcome", {})], "merge": list(good.get("merge", {}).values())}
    for name, groups in parts.items():
        entries = [entry for group in groups for entry in (group.values() if isinstance(group, dict) else [group])]
        wrong = [entry for entry in entries if not isinstance(entry, list)]
        if wrong:
            problems.append(
                refusal_text(f"[{kind}.{name}] is ours = a list of theirs", repr(wrong[0]), f"Write [{wrong[0]!r}].")
            )
            good.pop(name)


def apply_mapping(
    raw: pd.DataFrame, table: TableMapping, kind: str, folder: Path, ladder: Ladder | None, read: Reader
) -> tuple[pd.DataFrame, Notes]:
    """Return the table in our columns and values, and notes on what was merged, looked up and priced."""
    notes: list[tuple[str, object]] = []
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
    if table.price_open:
        frame = _price_open(frame, kind, table.price_open, notes)
    return frame, tuple(notes)


def _looked_at(table: TableMapping, ladder: Ladder | None) -> list[str]:
    """Return the columns whose values the mapping looks at; in these, blanks have to be told from values first."""
    names = [*table.merge, *(name for lookup in table.lookup for name in lookup.on)]
    names += ["stage"] if table.outcome or ladder is not None else []
    names += ["amount", "outcome", table.price_open] if table.price_open else []
    return sorted(set(names))


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
    theirs = list(table.columns.values())
    problems += [
        refusal_text(f"[{kind}.columns] a column is read once", repr(name), "Drop one of the two lines.")
        for name in sorted({name for name in theirs if theirs.count(name) > 1})
    ]
    raise_all("mapping", problems)
    return raw.rename(columns={theirs: ours for ours, theirs in table.columns.items()})


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
    """Read won and lost from the stage names; a stage that is neither, nor on the ladder, is refused."""
    if kind != "opportunities":
        return frame
    _need(frame, "stage", "[opportunities.outcome]")
    meaning = {name: outcome for outcome, names in table.outcome.items() for name in names}
    if ladder is not None:
        both = sorted(set(meaning) & set(ladder.names))
        if both:
            raise refusal("a stage is either on the ladder or an outcome", both, "Take it out of one of the two.")
        unknown = frame.loc[~frame["stage"].isin([*meaning, *ladder.names]) & frame["stage"].notna(), "stage"]
        if len(unknown):
            counts = unknown.value_counts()
            listed = ", ".join(f"{name!r} ({n})" for name, n in counts.items())
            raise refusal(
                "every stage is on the ladder or an outcome",
                listed,
                f"{nearest(str(counts.index[0]), [*ladder.names, *meaning])} "
                "Add it to [ladder] or [opportunities.outcome].",
            )
    if not meaning:
        return frame
    return frame.assign(outcome=frame["stage"].map(meaning).astype("str"))


def _price_open(frame: pd.DataFrame, kind: str, column: str, notes: list[tuple[str, object]]) -> pd.DataFrame:
    where = f"[{kind}] price_open"
    for name in ("amount", "outcome", column):
        _need(frame, name, where)
    unpriced = frame["amount"].isna() & frame["outcome"].isna()
    notes.append((f"open deals priced from {column}", f"{int((unpriced & frame[column].notna()).sum())} rows"))
    return frame.assign(amount=frame["amount"].where(~unpriced, frame[column]))
