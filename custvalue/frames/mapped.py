"""A table read with a mapping: renamed, merged, looked up, its outcomes told from its stages, its open deals priced."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.checks import nearest
from custvalue.frames.contracts import WHOLE, contract_for
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.exports import (
    CLOSE_PAIR,
    IN_PERCENT,
    Condition,
    fill_gaps,
    find_column,
    from_percent,
    part_close_date,
    told_outcomes,
)
from custvalue.frames.hints import meant_column, unnamed_hint
from custvalue.frames.mapping import Lookup, TableMapping
from custvalue.frames.typed import blank_notes
from custvalue.rules.errors import raise_all, refusal, refusal_text
from custvalue.rules.ladder import Ladder

Notes = tuple[tuple[str, object], ...]
MISSPELT = 0.83
Reader = Callable[[Path], pd.DataFrame]


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
    made = {*fill, *table.multiply, *(["outcome"] if told else [])}
    problems = [
        refusal_text(
            f"[{kind}.columns] {column.name} is needed and read from one of {list(table.names[column.name])}",
            "none of them",
            meant_column(table.names[column.name][0], theirs) + unnamed_hint(theirs),
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


def overridden(
    preset: TableMapping, table: TableMapping, columns: Iterable[object]
) -> tuple[TableMapping, TableMapping]:
    """Return a preset's table with the renames that name columns of the file, and the table with those that are left.

    A rename of one's own settles what a preset would look for under its own names; one that names no column of the file
    speaks of the names that the preset gives, and comes after it.

    Examples
    --------
    >>> preset = TableMapping(names={"stage": ("Stage",), "amount": ("Amount",)})
    >>> mine = TableMapping(columns={"stage": "Stage  ↑", "product": "amount"})
    >>> first, after = overridden(preset, mine, ["Stage  ↑", "Amount"])
    >>> first.columns, first.names, after.columns
    ({'stage': 'Stage  ↑'}, {'amount': ('Amount',)}, {'product': 'amount'})
    """
    theirs = list(columns)
    of_file = {ours: name for ours, name in table.columns.items() if name in theirs}
    left = {ours: name for ours, name in table.columns.items() if ours not in of_file}
    names = {ours: found for ours, found in preset.names.items() if ours not in of_file}
    return replace(preset, columns=preset.columns | of_file, names=names), replace(table, columns=left)


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
    bounded = {column.name for column in contract_for(kind).columns if column.high == WHOLE}
    for name in table.percent:
        _need(frame, name, f"[{kind}] percent")
        fractions, divided = from_percent(frame[name], name, bounded=name in bounded)
        frame = frame.assign(**{name: fractions})
        notes.append((f"{name}{IN_PERCENT}", divided))
    return frame, tuple(notes)


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
            f"[{kind}.columns] {ours} is read from a column of the file",
            repr(theirs),
            meant_column(theirs, raw.columns) + unnamed_hint(raw.columns),
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
