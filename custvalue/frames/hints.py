"""What a message about a missing column points to: the column meant, the line of the header, another sheet."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import nearest
from custvalue.frames.exports import find_column
from custvalue.frames.headers import UNNAMED, Notes
from custvalue.rules.errors import InputError

ROWS_LOOKED_AT = 20  # titles and filters stand above a header, not whole tables
HALF = 0.5
FEWEST_NAMES = 2  # one word of ours may stand in a row of data
SHEET = "sheet"
"""The note that names the sheet that was read, and the others."""


def meant_column(name: str, columns: Iterable[object]) -> str:
    """Return a hint at the column that a missing one may be: the same but for case and blanks, else the nearest.

    >>> meant_column("date", [" Date ", "data"]), meant_column("date", ["data"])
    ("Did you mean ' Date ', which differs in case or blanks?", "Did you mean 'data'?")
    """
    columns = list(columns)
    try:
        alike = find_column([name], columns)
    except InputError as error:
        return str(error)
    return f"Did you mean {alike!r}, which differs in case or blanks?" if alike else nearest(name, columns)


def header_hint(raw: pd.DataFrame, names: Sequence[str], lines: NDArray[np.int64] | None, notes: Notes) -> str:
    """Return where the header may be instead: on a line below titles, or on another sheet; nothing without a sign.

    >>> raw = pd.DataFrame({"Sales 2026": ["account", "a"], "unnamed_2": ["Date", "2026-01-01"]})
    >>> header_hint(raw, ["account", "date", "amount"], np.array([2, 3]), ())
    ' Line 2 reads like the header: pass skip_rows=1.'
    """
    wanted = {name.casefold() for name in names}
    found = [
        len(wanted & {str(cell).strip().casefold() for cell in row})
        for row in raw.head(ROWS_LOOKED_AT).itertuples(index=False)
    ]
    there = sum(find_column([name], [column]) is not None for name in names for column in raw.columns)
    said = unnamed_hint(raw.columns)
    if lines is not None and found and max(found) >= max(FEWEST_NAMES, there + 1):
        line = int(lines[int(np.argmax(found))])
        said = f" Line {line} reads like the header: pass skip_rows={line - 1}."
    sheet = dict(notes).get(SHEET)
    return f"{said} This is sheet {sheet}: pass sheet= for another." if sheet else said


def unnamed_hint(columns: Iterable[object]) -> str:
    """Return a hint at title rows where most columns of a file have no name."""
    unnamed = [str(column).startswith(UNNAMED) for column in columns]
    return " If the header stands on a later line, pass skip_rows." if sum(unnamed) > HALF * len(unnamed) else ""
