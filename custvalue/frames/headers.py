"""The names of a table's columns: distinct, and given where the file leaves them blank."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from custvalue.rules.errors import refusal

Notes = tuple[tuple[str, object], ...]
UNNAMED = "unnamed_"


def refuse_repeated_names(header: Sequence[str], where: str = "") -> None:
    """Refuse a header that uses a name twice; all repeated names are listed with their places."""
    counts = Counter(name for name in header if name.strip())
    repeated = [name for name, n in counts.items() if n > 1]
    if repeated:
        places = (
            f"{name!r} in columns {', '.join(str(k) for k, other in enumerate(header, 1) if other == name)}"
            for name in repeated
        )
        raise refusal("column names must be distinct", "; ".join(places), "Rename or drop the repeated ones.", where)


def name_columns(
    frame: pd.DataFrame, header: Sequence[str], is_empty: Callable[["pd.Series[Any]"], bool]
) -> tuple[pd.DataFrame, Notes]:
    """Return the frame under its header's names; unnamed columns are dropped if empty, else called ``unnamed_9``.

    Parameters
    ----------
    frame : pandas.DataFrame
        The columns in the file's order.
    header : sequence of str
        A name for each, blank where the file has none.
    is_empty : callable
        Says of a column whether it holds nothing in any row.

    Returns
    -------
    tuple of (pandas.DataFrame, notes)
        Notes count the columns dropped and list the names given (``unnamed_`` and the place from 1).

    Raises
    ------
    ValueError
        If a given name is taken.

    Examples
    --------
    >>> frame = pd.DataFrame([["a", "", "see below"]])
    >>> named, notes = name_columns(frame, ["id", "", ""], lambda cells: not cells.any())
    >>> list(named), notes
    (['id', 'unnamed_3'], (('empty columns without a name dropped', 1), ('columns without a name', 'unnamed_3')))
    """
    unnamed = [not name.strip() for name in header]
    if not any(unnamed):
        return frame.set_axis(list(header), axis="columns"), ()
    dropped = [blank and is_empty(frame.iloc[:, k]) for k, blank in enumerate(unnamed)]
    given = [
        f"{UNNAMED}{k}" for k, (blank, gone) in enumerate(zip(unnamed, dropped, strict=True), 1) if blank and not gone
    ]
    waiting = iter(given)
    names = [
        next(waiting) if blank else name for name, blank, gone in zip(header, unnamed, dropped, strict=True) if not gone
    ]
    refuse_repeated_names(names)
    notes: list[tuple[str, object]] = []
    if any(dropped):
        notes.append(("empty columns without a name dropped", sum(dropped)))
    if given:
        notes.append(("columns without a name", ", ".join(given)))
    return frame.loc[:, [not gone for gone in dropped]].set_axis(names, axis="columns"), tuple(notes)
