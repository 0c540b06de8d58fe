"""One table out of a file or a database, just as it stands: CSV, XLSX, Parquet, SQL. What was found is noted."""

import gzip
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from custvalue.frames.csv_layout import find_layout
from custvalue.frames.csv_rows import read_rows
from custvalue.frames.encodings import to_utf8
from custvalue.frames.headers import Notes, refuse_repeated_names
from custvalue.frames.queries import looks_like_query, read_query
from custvalue.frames.sheets import read_sheet
from custvalue.rules.errors import InputError, refusal

TEXT = (".csv", ".tsv", ".txt")
SUFFIXES = (*TEXT, ".xlsx", ".parquet")
INDEX_LEVEL = re.compile(r"__index_level_\d+__")
WEB, WEB_SAMPLE = (b"<html", b"<!doctype", b"<table", b"<?xml"), 1000
NESTED = (list, tuple, dict, set, np.ndarray)
GZIP = b"\x1f\x8b"
NOT_TEXT = {
    b"PK\x03\x04": "a zip archive or .xlsx workbook",
    b"\xd0\xcf\x11\xe0": "an .xls workbook",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"SQLite format 3\0": "an SQLite database",
}


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as it was read, before any of it is interpreted.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per row of the source, with a RangeIndex. From text every cell is a text as it stands and an empty cell
        is ``""``; from XLSX, Parquet and SQL cells have their types and empty ones are missing.
    lines : numpy.ndarray of int64
        Where each row begins: the physical line of a text file (its first line is 1), the row of a sheet, or the
        number of the row, from 1, of Parquet and SQL.
    name : str
        The file's name, or ``query``.
    notes : tuple of (item, value)
        What was found or left out on the way: encoding, separator, sheet, blank lines, unnamed columns.
    """

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    name: str
    notes: Notes


def read_source(
    source: str | Path,
    *,
    sheet: str | int = 0,
    separator: str | None = None,
    encoding: str | None = None,
    connection: object = None,
    skip_rows: int = 0,
    skip_footer: int = 0,
) -> RawTable:
    r"""Read one table as it stands from a text file, a workbook, a Parquet file or a database.

    Parameters
    ----------
    source : str or Path
        A ``.csv``, ``.tsv`` or ``.txt`` file (also packed, as ``.csv.gz``), an ``.xlsx`` or ``.parquet`` file; with
        ``connection``, a query that reads, or the path of an ``.sql`` file that holds one.
    sheet : str or int
        The sheet of a workbook, by name or by place from 0.
    separator : str, optional
        The sign between cells of a text file; found among ``, ; tab |`` unless given.
    encoding : str, optional
        The encoding of a text file; found among UTF-8, UTF-16, GB18030 and cp1252 unless given.
    connection : str, Path or object, optional
        The path of a DuckDB file (opened read-only), an open DuckDB connection, an SQLAlchemy engine, connection or
        URL, or an open ADBC or DBAPI connection.
    skip_rows : int
        Lines (rows of a sheet) that stand before the header.
    skip_footer : int
        Lines (rows of a sheet) at the end that are no data, blank ones not counted.

    Returns
    -------
    RawTable
        ``.frame`` (rows in the source's order), ``.lines``, ``.name``, ``.notes``.

    Raises
    ------
    ValueError
        If the source does not exist, is of no known format, or cannot be read.
        If an argument does not belong to the format, or ``skip_rows``, ``skip_footer`` are no whole numbers from 0.
        If encoding or separator cannot be told with certainty: the evidence is shown.
        If the header is missing or repeats a name.
        If rows have more or fewer fields than the header: lines and numbers are named.
        If a quote is not closed, not doubled, or has swallowed rows: the line where it opens is named.
        If a workbook has no such sheet: its sheets are named.
        If a query cannot be run: what the database says is passed on.

    Notes
    -----
    Nothing is interpreted: ``NA``, ``null``, ``007`` in text stay what they are. Lists and records of Parquet and SQL
    become texts in JSON. An error value of a sheet, such as ``#REF!``, is a text; a formula whose value was never saved
    reads as empty and is counted in the notes. A line that holds nothing is left out and counted; a line of separators
    alone is a row of empty cells.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "deals.csv")
    ...     _ = path.write_bytes("id;account\n1;Müller\n\n2;NA\n".encode("cp1252"))
    ...     raw = read_source(path)
    >>> raw.frame
      id account
    0  1  Müller
    1  2      NA
    >>> raw.lines, raw.notes
    (array([2, 4]), (('encoding', 'cp1252'), ('separator', ';'), ('blank lines skipped', 1)))
    """
    if not isinstance(source, str | Path):
        raise refusal("a source is a path or a query", type(source).__name__, "Save it as a file, or pass its path.")
    for argument, number in (("skip_rows", skip_rows), ("skip_footer", skip_footer)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise refusal(f"{argument} must be a whole number from 0", repr(number), "Pass how many lines to skip.")
    skips = (skip_rows, skip_footer)
    if connection is not None:
        name, query = _query(source)
        _refuse_idle("a query", sheet=sheet, separator=separator, encoding=encoding, skips=skips)
        frame, nested = _flat(read_query(query, connection))
        return RawTable(frame, _numbered(frame), name, nested)
    path = _existing(source)
    suffix = _format(path)
    try:
        if suffix in TEXT:
            _refuse_idle("a text file", sheet=sheet)
            return _read_text(path, separator, encoding, skips, tabs=suffix == ".tsv")
        _refuse_idle(f"an {suffix} file", separator=separator, encoding=encoding)
        if suffix == ".xlsx":
            frame, lines, notes = read_sheet(path, sheet, skip_rows=skip_rows, skip_footer=skip_footer)
            return RawTable(frame, lines, path.name, notes)
        _refuse_idle("a Parquet file", sheet=sheet, skips=skips)
        return _read_parquet(path)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error.__cause__


def _refuse_idle(
    what: str,
    *,
    sheet: str | int = 0,
    separator: str | None = None,
    encoding: str | None = None,
    skips: tuple[int, int] = (0, 0),
) -> None:
    """Refuse arguments that were given but say nothing about this format."""
    given = {
        "sheet": sheet != 0,
        "separator": separator is not None,
        "encoding": encoding is not None,
        "skip_rows": skips[0] > 0,
        "skip_footer": skips[1] > 0,
    }
    idle = [name for name, was_given in given.items() if was_given]
    if idle:
        raise refusal(f"arguments must suit the source, {what}", ", ".join(idle), "Leave them out.")


def _numbered(frame: pd.DataFrame) -> NDArray[np.int64]:
    return np.arange(1, len(frame) + 1, dtype=np.int64)


def _query(source: str | Path) -> tuple[str, str]:
    """Return the query's name and text; the path of an .sql file is read."""
    text = str(source)
    if isinstance(source, str) and not text.lower().endswith(".sql"):
        return "query", text
    path = Path(source)
    if path.suffix.lower() != ".sql":
        raise refusal("with a connection the source is a query", path.name, "Pass SQL, or the path of an .sql file.")
    _refuse_missing(path)
    return path.name, to_utf8(_bytes(path))[0].decode("utf-8")


def _format(path: Path) -> str:
    """Return the suffix that tells the format: a packed text file has that of the text."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return suffixes[0] if suffixes[-1:] == [".gz"] and suffixes[0] in TEXT else path.suffix.lower()


def _existing(source: str | Path) -> Path:
    """Return the source as the path of a file in a known format."""
    if isinstance(source, str) and looks_like_query(source):
        raise refusal("a query needs a connection", "none", "Pass connection=, for instance the path of a DuckDB file.")
    path = Path(source)
    if path.suffix.lower() in (".sql", ".duckdb", ".db"):
        raise refusal(
            "a database is read by a query", path.name, "Pass the query as source, the database as connection."
        )
    if _format(path) not in SUFFIXES:
        known = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        raise refusal(f"a table is a {known} file, or text packed as .gz", path.name, "Save it as one of these.")
    _refuse_missing(path)
    return path


def _refuse_missing(path: Path) -> None:
    if not path.is_file():
        raise refusal("the file must exist", path.name, "Check the name and the folder.", str(path.parent))


def _bytes(path: Path) -> bytes:
    """Return the content of a text file, unpacked."""
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(GZIP) else data
    except (OSError, EOFError, zlib.error) as error:
        raise refusal("the file must be readable", str(error), "Save it again.") from error


def _read_text(
    path: Path, separator: str | None, encoding: str | None, skips: tuple[int, int], *, tabs: bool
) -> RawTable:
    data = _bytes(path)
    other = next((what for sign, what in NOT_TEXT.items() if data.startswith(sign)), "")
    if other or data[:WEB_SAMPLE].lstrip().lower().startswith(WEB):
        raise refusal(
            f"a {_format(path)} file must hold text",
            other or "a web page or XML",
            "Rename it to what it is, or save the table again as CSV or XLSX.",
        )
    data, found = to_utf8(data, encoding)
    skip_rows, skip_footer = skips
    if skip_footer:
        data = _without_footer(data, skip_footer)
        found = (*found, ("footer lines skipped", skip_footer))
    layout = find_layout(data, separator, skip_rows=skip_rows, tabs=tabs)
    frame, lines, notes = read_rows(data, layout)
    return RawTable(frame, lines, path.name, (*found, *layout.notes, *notes))


def _without_footer(data: bytes, count: int) -> bytes:
    """Return the text without its last ``count`` lines that are not blank."""
    end = len(data)
    for _ in range(count):
        while end and data[end - 1 : end].isspace():
            end -= 1
        end = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1
    return data[:end]


def _read_parquet(path: Path) -> RawTable:
    try:
        with pq.ParquetFile(path) as file:
            refuse_repeated_names(file.schema_arrow.names)
            # An index that pandas wrote comes back as the column it is; one without a name is no data.
            frame: pd.DataFrame = file.read().to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        raise refusal("a .parquet file must be readable", str(error), "Save it again.") from error
    index = [name for name in frame.columns if INDEX_LEVEL.fullmatch(name)]
    notes = (("index without a name dropped", len(index)),) if index else ()
    frame, nested = _flat(frame.drop(columns=index))
    return RawTable(frame, _numbered(frame), path.name, (*notes, *nested))


def _flat(frame: pd.DataFrame) -> tuple[pd.DataFrame, Notes]:
    """Return the frame with lists and records, which cannot be compared, as their texts in JSON."""
    nested = {
        name: cells.map(_as_json, na_action="ignore").astype("str").where(cells.notna())
        for name, cells in frame.items()
        if cells.dtype == object and cells.map(lambda cell: isinstance(cell, NESTED)).any()
    }
    if not nested:
        return frame, ()
    return frame.assign(**{str(name): cells for name, cells in nested.items()}), (
        ("lists and records kept as texts", ", ".join(map(str, nested))),
    )


def _as_json(cell: object) -> str:
    """Return a cell as a text: JSON if it is a list or record."""
    if not isinstance(cell, NESTED):
        return str(cell)
    return json.dumps(cell, ensure_ascii=False, default=_as_plain)


def _as_plain(value: object) -> object:
    """Return what JSON does not know as what it does."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
