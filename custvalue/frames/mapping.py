"""A mapping file (TOML): how somebody else's export becomes our tables. Left of ``=`` is ours, right is theirs."""

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from custvalue.frames.checks import nearest
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.exports import (
    Condition,
    condition,
)
from custvalue.frames.kinds import KINDS
from custvalue.rules.errors import InputError, raise_all, refusal, refusal_text
from custvalue.rules.labels import Label
from custvalue.rules.ladder import Ladder, Stage


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
    ``options`` are arguments of :func:`read_table` for this table; ``percent`` names the columns written in percent;
    ``multiply`` makes a column of others; ``price_open`` names the
    column that prices open deals without an amount.
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
    multiply: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

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
        ["0"] }]``). ``fill.<column> = [columns]`` fills gaps, ``percent = [columns]`` divides by 100,
        ``multiply.amount = ["Quantity", "UnitPrice"]`` makes a column of others, ``[source]`` says where the mapping
        comes from. What :func:`read_table` asks to have settled stands under the kind too: ``date_order``, ``decimal``,
        ``sheet``, ``skip_rows``, ``skip_footer``, ``separator``, ``encoding``, ``preset``, ``number_rows``,
        ``several_currencies``.

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
    "multiply": dict,
}
_OPTIONS: dict[str, tuple[type, ...]] = {
    "preset": (str,),
    "date_order": (str, dict),
    "decimal": (str, dict),
    "sheet": (str, int),
    "separator": (str,),
    "encoding": (str,),
    "skip_rows": (int,),
    "skip_footer": (int,),
    "several_currencies": (bool,),
    "number_rows": (bool,),
}
"""Arguments of read_table that a mapping may give for a table."""


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
    options: dict[str, Any] = {}
    for key, value in part.items():
        if key in _OPTIONS:
            if isinstance(value, _OPTIONS[key]):
                options[key] = value
            else:
                problems.append(refusal_text(f"[{kind}] {key} is an argument of read_table", repr(value), "See there."))
        elif key not in _SHAPES:
            known = [*_SHAPES, *_OPTIONS]
            problems.append(refusal_text(f"[{kind}] has known keys only", repr(key), nearest(key, known)))
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
        options=options,
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
        "multiply": [good.get("multiply", {})],
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
