"""The answer to an SQL query as a frame: from a DuckDB file, or any connection pandas can read from."""

import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import pandas as pd

from custvalue.frames.headers import refuse_repeated_names
from custvalue.rules.errors import InputError, refusal

QUERY = re.compile(r"(?is)(?:\s|\(|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*(select|with|from|values|table)\b")
POINTER = re.compile(r"LINE \d+:|\[SQL|\(Background")
SHOWN, REASON_SHOWN, TABLES_NAMED = 60, 300, 12
DUCKDB_SIGN, DUCKDB_SIGN_AT = b"DUCK", 8
DUCKDB_TABLES = "SELECT table_name FROM information_schema.tables ORDER BY table_name"


def looks_like_query(text: str) -> bool:
    r"""Say whether a text opens as a query that reads does.

    >>> looks_like_query("-- won deals\nSELECT * FROM deals"), looks_like_query("selected.csv")
    (True, False)
    """
    opening = QUERY.match(text)
    return opening is not None and text[opening.end() :][:1].isspace()


def read_query(query: str, connection: object) -> pd.DataFrame:
    """Return the rows that a query reads, typed as the database gives them.

    Parameters
    ----------
    query : str
        SQL that begins with ``SELECT``, ``WITH``, ``FROM``, ``VALUES`` or ``TABLE``.
    connection : str, Path or object
        The path of a DuckDB file (opened read-only), an open DuckDB connection, an SQLAlchemy engine, connection or
        URL, or an open ADBC or DBAPI connection. What is passed open stays open.

    Returns
    -------
    pandas.DataFrame
        With a RangeIndex.

    Raises
    ------
    ValueError
        If the query is none that reads, cannot be run, or returns two columns of one name.
        If the connection cannot be opened, or is no connection.

    Examples
    --------
    >>> import sqlite3
    >>> from contextlib import closing
    >>> with closing(sqlite3.connect(":memory:")) as connection:
    ...     read_query("SELECT 'ABC' AS account, 5 AS amount", connection)
      account  amount
    0     ABC       5
    """
    if not looks_like_query(query):
        raise refusal(
            "a query must read",
            repr(query.strip()[:SHOWN]),
            "Begin it with SELECT or WITH; run anything else on the connection first.",
        )
    with _opened(connection) as database:
        try:
            frame = _run(query, database)
        except InputError:
            raise
        except Exception as error:  # drivers' error classes have no common base, and only the driver runs above
            raise refusal(
                "the query must run on this connection", _reason(error), _tables(database), repr(query.strip()[:SHOWN])
            ) from error
    refuse_repeated_names([str(name) for name in frame.columns], "query result")
    return frame.set_axis([str(name) for name in frame.columns], axis="columns").reset_index(drop=True)


@contextmanager
def _opened(connection: object) -> Iterator[Any]:
    """Give a connection to read from; close again what was opened here."""
    if isinstance(connection, str) and "://" in connection:
        engine = _engine(connection)
        try:
            yield engine
        finally:
            engine.dispose()
    elif isinstance(connection, str | Path):
        with _duckdb_file(Path(connection)) as database:
            yield database
    elif hasattr(connection, "cursor") or hasattr(connection, "connect") or hasattr(connection, "exec_driver_sql"):
        yield connection
    else:
        raise refusal(
            "connection must be a database connection",
            type(connection).__name__,
            "Pass the path of a DuckDB file, an SQLAlchemy URL or engine, or an open connection.",
        )


def _duckdb_file(path: Path) -> Any:
    if not path.is_file():
        raise refusal("the database file must exist", path.name, "Check the name and the folder.", str(path.parent))
    try:
        import duckdb
    except ImportError as error:
        raise refusal(
            "a DuckDB file needs duckdb", "no such package", "Install it: pip install 'custvalue[duckdb]'."
        ) from error
    # DuckDB itself would fetch an extension from the net to open other kinds of files.
    with path.open("rb") as file:
        sign = file.read(DUCKDB_SIGN_AT + len(DUCKDB_SIGN))[DUCKDB_SIGN_AT:]
    if sign != DUCKDB_SIGN:
        raise refusal(
            "connection must be a DuckDB file",
            path.name,
            "For SQLite pass 'sqlite:///' and the path; a table in a file needs no connection.",
        )
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise refusal(
            "the DuckDB file must open",
            _reason(error),
            "If it is open in this program, pass that connection; if in another, close it there.",
            path.name,
        ) from error


def _engine(url: str) -> Any:
    try:
        import sqlalchemy as sa
    except ImportError as error:
        raise refusal(
            "a database URL needs SQLAlchemy", "no such package", "Install it: pip install 'custvalue[sql]'."
        ) from error
    try:
        return sa.create_engine(url)
    except (sa.exc.ArgumentError, ImportError) as error:
        # The URL may hold a password: only its beginning is shown.
        raise refusal(
            "connection must be a URL that SQLAlchemy can open",
            repr(url.partition("://")[0] + "://…"),
            f"Check it, and that the driver is installed ({_reason(error)}).",
        ) from error


def _is_duckdb(database: object) -> bool:
    duckdb = sys.modules.get("duckdb")
    return duckdb is not None and isinstance(database, duckdb.DuckDBPyConnection)


def _run(query: str, database: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns of DBAPI connections it has not tested
        if not _is_duckdb(database):
            return pd.read_sql_query(query, database)
        result = database.execute(query)
        # Read before fetching: DuckDB gives the second of two equal names a new one.
        refuse_repeated_names([column[0] for column in result.description], "query result")
        frame: pd.DataFrame = result.df()
        return frame


def _reason(error: BaseException) -> str:
    """Return what the driver says, without its drawing of the query."""
    cause = error.__cause__ if isinstance(error, pd.errors.DatabaseError) and error.__cause__ else error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    kept = list(takewhile(lambda line: not POINTER.match(line), lines))
    return " ".join(kept)[:REASON_SHOWN] or type(cause).__name__


def _tables(database: Any) -> str:
    """Return the remedy, with the names of the tables there are where the database tells them."""
    advice = "Check the names of tables and columns, and the syntax."
    try:
        if _is_duckdb(database):
            tables = [name for (name,) in database.execute(DUCKDB_TABLES).fetchall()]
        else:
            import sqlalchemy as sa

            tables = sa.inspect(database).get_table_names()
    except Exception:  # a broken connection, or one that cannot be asked: the advice stands without the names
        return advice
    named = ", ".join(repr(name) for name in tables[:TABLES_NAMED]) + (", …" if len(tables) > TABLES_NAMED else "")
    return f"{advice} The database has {f'the tables {named}' if tables else 'no tables'}."
