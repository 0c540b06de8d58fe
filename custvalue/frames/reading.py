"""Reading one table or a folder of them: CSV, XLSX or Parquet, renamed by a mapping, held to its contract."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from custvalue.frames.checks import nearest
from custvalue.frames.contracts import contract_for
from custvalue.frames.kinds import KINDS
from custvalue.frames.mapped import apply_mapping, overridden
from custvalue.frames.mapping import Mapping, TableMapping, read_mapping
from custvalue.frames.parts import frame_html
from custvalue.frames.presets import load_preset
from custvalue.frames.products import multiplied_columns
from custvalue.frames.rejects import Checked, check_frame
from custvalue.frames.sources import read_source
from custvalue.frames.typed import Choice
from custvalue.rules import playbook
from custvalue.rules.errors import InputError, raise_all, refusal
from custvalue.rules.ladder import Ladder

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".csv.gz")


def read_table(
    path_or_sql: str | Path,
    kind: str,
    *,
    columns: Dict[str, str] | None = None,
    preset: str | None = None,
    mapping: Mapping | str | Path | None = None,
    ladder: Ladder | None = None,
    decimal: Choice = None,
    date_order: Choice = None,
    sheet: str | int = 0,
    separator: str | None = None,
    encoding: str | None = None,
    connection: object = None,
    skip_rows: int = 0,
    skip_footer: int = 0,
    several_currencies: bool = False,
    number_rows: bool = False,
) -> Checked:
    """Read one table and hold it to the contract of its kind.

    Parameters
    ----------
    path_or_sql : str or Path
        A text file (``.csv``, ``.tsv``, ``.txt``, also packed ``.csv.gz``), a workbook (``.xlsx``), a ``.parquet``
        file; with ``connection``, a query.
    kind : str
        What the table is, such as ``"opportunities"``; ``custvalue columns`` lists the kinds.
    columns : dict, optional
        Renames: the vocabulary's name to the file's name. With a preset, the names are those of the file and settle
        what the preset looks for; a name the file lacks is one that the preset gives.
    preset : str, optional
        The CRM whose standard export this is, such as ``"salesforce"``; ``custvalue columns`` lists them.
    mapping : Mapping or path, optional
        A mapping file: renames, look-ups, merged values and stages, and any of the arguments below that it gives for
        the table; what is passed here comes first.
    ladder : Ladder, optional
        The stages an open opportunity may stand on; the mapping's or preset's where there is one. Where there is a
        ladder, a stage that is not on it is refused.
    decimal : str or dict, optional
        "." or ",", for all columns or by column; needed only where the cells leave it open.
    date_order : str or dict, optional
        "day" or "month" first, likewise.
    sheet : str or int
        The sheet of a workbook, by name or by place from 0.
    separator, encoding : str, optional
        Of a text file; found unless given.
    connection : optional
        The path of a DuckDB file, an SQLAlchemy engine or URL, or an open connection.
    skip_rows, skip_footer : int
        Lines before the header, and at the end, that are no data.
    several_currencies : bool
        Let amounts of several currencies in, told apart by the ``currency`` column, to be converted with
        :func:`convert_currency` before anything is added up.
    number_rows : bool
        The file has no column that names its rows: take the number of each row's line for the kind's key.

    Returns
    -------
    Checked
        ``.frame`` (clean rows, typed), ``.rejects`` (broken rows with line, column, value, rule, remedy) and
        ``.report``. Rows read are rows clean plus rows rejected, always.

    Raises
    ------
    ValueError
        If the source cannot be read with certainty: the evidence and the argument that settles it are named.
        If the kind is unknown, a needed column is missing, or the mapping or preset does not fit the table.
        If a column's numbers or dates can be read in two ways, or in none consistently.
        If amounts are in several currencies, or an open deal's stage is not on the ladder.

    Examples
    --------
    >>> import custvalue as cv
    >>> checked = cv.read_table(cv.sample_folder() / "traits.csv", "traits")
    >>> len(checked.rejects)
    0
    """
    contract_for(kind)
    if isinstance(mapping, str | Path):
        mapping = read_mapping(mapping)
    table = mapping.tables.get(kind, TableMapping()) if mapping else TableMapping()
    if columns:
        table = table.with_columns(columns)
    given = {
        "decimal": decimal,
        "date_order": date_order,
        "sheet": sheet,
        "separator": separator,
        "encoding": encoding,
        "skip_rows": skip_rows,
        "skip_footer": skip_footer,
        "preset": preset,
        "several_currencies": several_currencies,
        "number_rows": number_rows,
    }
    chosen = given | {name: value for name, value in table.options.items() if not given[name]}
    of_source = {name: chosen[name] for name in ("sheet", "separator", "encoding", "skip_rows", "skip_footer")}
    of_cells = {name: chosen[name] for name in ("decimal", "date_order", "several_currencies", "number_rows")}
    raw = read_source(path_or_sql, connection=connection, **of_source)
    frame, notes = raw.frame, (("file", raw.name), *raw.notes)
    if chosen["preset"] is not None:
        known = load_preset(chosen["preset"])
        read_as, table = overridden(known.tables.get(kind, TableMapping()), table, frame.columns)
        frame, preset_notes = apply_mapping(frame, read_as, kind, Path(), None, lambda path: read_source(path).frame)
        notes += (("preset", chosen["preset"]), *preset_notes)
        ladder = ladder or known.ladder
    stated = mapping.ladder if mapping else None
    steps = ladder or stated
    folder = Path(path_or_sql).parent if connection is None else Path()
    frame, mapped_notes = apply_mapping(frame, table, kind, folder, stated, lambda path: read_source(path).frame)
    frame, products = multiplied_columns(frame, table.multiply, kind, lines=raw.lines, decimal=chosen["decimal"])
    checked = check_frame(frame, kind, lines=raw.lines, notes=(*notes, *mapped_notes, *products), **of_cells)
    if kind == "opportunities" and steps is not None:
        check_stages(checked.frame, steps)
    return checked


def check_stages(deals: pd.DataFrame, ladder: Ladder) -> None:
    """Refuse open deals on stages that are not on the ladder, with their counts and the nearest known ones."""
    open_stages = deals.loc[deals["outcome"].isna(), "stage"]
    unknown = open_stages[~open_stages.isin(ladder.names)].value_counts()
    if len(unknown):
        raise refusal(
            "every open deal stands on a stage of the ladder",
            ", ".join(f"{name!r} ({n})" for name, n in unknown.items()),
            f"{nearest(str(unknown.index[0]), ladder.names)} Map the stages with a mapping file or a preset, or pass a "
            "ladder.",
        )


def _usual_ladder(mapping: Mapping | None, kind: str) -> Ladder | None:
    """Return the lecture's ladder, unless a preset brings its own."""
    has_preset = mapping is not None and kind in mapping.tables and "preset" in mapping.tables[kind].options
    return None if has_preset else playbook.DEAL_HEAT


def read_raw(path: Path) -> pd.DataFrame:
    """Return a file's rows as they stand."""
    return read_source(path).frame


@dataclass(frozen=True, slots=True)
class FolderTables:
    """Every table a folder holds: ``.checked`` by kind, and the ``.ignored`` files that are no known kind."""

    checked: dict[str, Checked]
    ignored: tuple[str, ...]
    mapping: Mapping | None

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The clean frames by kind."""
        return {kind: table.frame for kind, table in self.checked.items()}

    @property
    def inputs(self) -> pd.DataFrame:
        """One row per table read: kind, file, rows, clean, rejected, and the notes made on the way."""
        rows = []
        for kind, table in self.checked.items():
            report = dict(zip(table.report["item"], table.report["value"], strict=True))
            core = {name: report.pop(name) for name in ("file", "rows", "clean", "rejected")}
            rows.append(
                {"kind": kind, **core, "notes": "; ".join(f"{item}: {value}" for item, value in report.items())}
            )
        return pd.DataFrame(rows, columns=["kind", "file", "rows", "clean", "rejected", "notes"])

    def _repr_html_(self) -> str:
        return frame_html("inputs", self.inputs) + frame_html("rejects", self.rejects)

    @property
    def rejects(self) -> pd.DataFrame:
        """Every rejected row of every table: kind, file, line, column, value, rule, remedy."""
        parts = [
            table.rejects[["line", "column", "value", "rule", "remedy"]].assign(kind=kind, file=file)
            for (kind, table), file in zip(self.checked.items(), self.inputs["file"], strict=True)
        ]
        columns = ["kind", "file", "line", "column", "value", "rule", "remedy"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def read_folder(folder: str | Path, *, mapping: Mapping | str | Path | None = None) -> FolderTables:
    """Read every table in a folder: the files named after their kind, or those a mapping names.

    Parameters
    ----------
    folder : str or Path
        A folder with files such as ``opportunities.csv``, ``accounts.xlsx``.
    mapping : Mapping or path, optional
        A mapping file, or what :func:`read_mapping` made of it; its ``file`` entries name the files.

    Returns
    -------
    FolderTables
        ``.checked`` (kind to Checked), ``.frames``, ``.inputs`` (one row per table), ``.rejects`` and ``.ignored``
        (files of no known kind).

    Raises
    ------
    ValueError
        If the folder does not exist or holds no table of a known kind.
        If a table breaks its contract as a whole, with every table's failures together.

    Examples
    --------
    >>> import custvalue as cv
    >>> "opportunities" in cv.read_folder(cv.sample_folder()).frames
    True
    """
    if isinstance(mapping, str | Path):
        mapping = read_mapping(mapping)
    place = Path(folder)
    if not place.is_dir():
        raise refusal("the folder must exist", str(folder), "Check the path.")
    named = {kind: place / table.file for kind, table in mapping.tables.items() if table.file} if mapping else {}
    used = {path.name for path in named.values()} | set(mapping.lookup_files if mapping else ())
    files = sorted(path for path in place.iterdir() if path.suffix.lower() in SUFFIXES and path.name not in used)
    ignored = []
    doubles = []
    for path in files:
        kind = path.stem.lower()
        if kind in KINDS and kind not in named:
            named[kind] = path
        elif kind in KINDS and not (mapping and kind in mapping.tables and mapping.tables[kind].file):
            doubles.append(f"{path.name} and {named[kind].name}")
        else:
            ignored.append(path.name)
    nowhere = sorted(set(mapping.tables) - set(named)) if mapping else []
    if doubles:
        raise refusal("one file per kind of table", doubles, "Remove one of the two.", str(folder))
    if nowhere:
        raise refusal("a mapped table needs a file", nowhere, 'Name it with file = "…" in the mapping.', str(folder))
    if not named:
        raise refusal(
            "the folder must hold a table of a known kind",
            f"{[path.name for path in files] or 'no table'}",
            f"Name the files after their kind ({', '.join(KINDS)}) or pass a mapping file.",
            str(folder),
        )
    checked, problems = {}, []
    for kind in sorted(named, key=KINDS.index):
        try:
            ladder = (mapping.ladder if mapping else None) or _usual_ladder(mapping, kind)
            checked[kind] = read_table(named[kind], kind, mapping=mapping, ladder=ladder)
        except InputError as error:
            problems.append(f"{named[kind].name}: {error}")
    raise_all(f"folder {place.name}", problems)
    return FolderTables(checked, tuple(ignored), mapping)
