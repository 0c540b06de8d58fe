"""Reading one table or a folder of them: CSV, XLSX or Parquet, renamed by a mapping, held to its contract."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from python_calamine import CalamineError

from custvalue.frames.contracts import KINDS, contract_for
from custvalue.frames.mapping import Mapping, TableMapping, apply_mapping, read_mapping
from custvalue.frames.parts import frame_html
from custvalue.frames.rejects import Checked, check_frame
from custvalue.rules.errors import InputError, raise_all, refusal

SUFFIXES = (".csv", ".xlsx", ".parquet")


def read_table(
    path: str | Path,
    kind: str,
    *,
    columns: Dict[str, str] | None = None,
    mapping: Mapping | str | Path | None = None,
    sheet: str | int = 0,
) -> Checked:
    """Read one table from a file and hold it to the contract of its kind.

    Parameters
    ----------
    path : str or Path
        A ``.csv`` (UTF-8, comma), ``.xlsx`` or ``.parquet`` file.
    kind : str
        What the table is: ``opportunities``, ``prospects``, ``accounts``, ``sales``, ``walls``, ``traits``,
        ``time_log`` or ``targets``.
    columns : dict, optional
        Renames: the vocabulary's name to the file's name.
    mapping : Mapping or path, optional
        A mapping file: renames, look-ups, merged values and stages,.
    sheet : str or int
        The sheet of an ``.xlsx`` file.

    Returns
    -------
    Checked
        ``.frame`` (clean rows, typed), ``.rejects`` (broken rows with line, column, value, rule, remedy) and
        ``.report``.

    Raises
    ------
    ValueError
        If the file is missing, cannot be read, or is of another format.
        If the kind is unknown, a needed column is missing, or the mapping does not fit the table.

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
    place = Path(path)
    raw = read_raw(place, sheet)
    table = mapping.tables.get(kind, TableMapping()) if mapping else TableMapping()
    if columns:
        table = table.with_columns(columns)
    ladder = mapping.ladder if mapping else None
    mapped, notes = apply_mapping(raw, table, kind, place.parent, ladder, read_raw)
    return check_frame(mapped, kind, notes=(("file", place.name), *notes))


def read_raw(path: Path, sheet: str | int = 0) -> pd.DataFrame:
    """Return a file's rows as they stand: texts from CSV, typed cells from XLSX and Parquet."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise refusal("a table is a .csv, .xlsx or .parquet file", path.name, "Save it as one of these.")
    if not path.is_file():
        raise refusal("the file must exist", path.name, "Check the name and the folder.", str(path.parent))
    try:
        if suffix == ".csv":
            return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
        if suffix == ".xlsx":
            return pd.read_excel(path, sheet_name=sheet, engine="calamine")
        return pd.read_parquet(path)
    except UnicodeDecodeError as error:
        raise refusal("a CSV file must be UTF-8", str(error), "Save it again as UTF-8.", path.name) from error
    except (ValueError, OSError, CalamineError) as error:  # pandas' parser errors are ValueErrors too
        raise refusal(f"a {suffix} file must be readable", str(error), "Save it again.", path.name) from error


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
            checked[kind] = read_table(named[kind], kind, mapping=mapping)
        except InputError as error:
            problems.append(f"{named[kind].name}: {error}")
    raise_all(f"folder {place.name}", problems)
    return FolderTables(checked, tuple(ignored), mapping)
