"""Where each value of a column stands among known names: every distinct text is looked up once, not every row."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# Rows below which a second thread costs more than it saves.
WORTH_A_THREAD = 1 << 17


def positions(column: "pd.Series[Any]", known: Mapping[str, int]) -> NDArray[np.intp]:
    """Return the position that ``known`` gives to each value's text; -1 where it is missing or not known.

    >>> positions(pd.Series(["won", None, "lost", "Won"]), {"won": 0, "lost": 1}).tolist()
    [0, -1, 1, -1]
    """
    table = np.array([*known.values(), -1], dtype=np.intp)
    if isinstance(column.dtype, pd.CategoricalDtype):
        table, codes = _table(column.cat.categories, known), column.cat.codes.to_numpy()
    elif isinstance(column.dtype, pd.StringDtype) and column.dtype.storage == "pyarrow":
        return _of_texts(column.array.__arrow_array__(), list(known), table)
    else:
        try:
            codes, distinct = pd.factorize(column)
        except TypeError:  # cells that hold lists
            return positions(column.astype("str"), known)
        if column.dtype == object and not all(isinstance(value, str) for value in distinct):
            return positions(column.astype("str"), known)  # 1 and True are equal and yet not the same
        table = _table(distinct, known)
    return np.take(table, codes, mode="wrap")


def _table(distinct: Any, known: Mapping[str, int]) -> NDArray[np.intp]:
    """Return the position of each distinct value, and -1 for what has none."""
    plain = (value.item() if isinstance(value, np.generic) else value for value in distinct)
    return np.array([*(known.get(str(value), -1) for value in plain), -1], dtype=np.intp)


def _of_texts(texts: "pa.ChunkedArray | pa.Array", names: list[str], table: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return what the table holds for each text that is among the names; slices are shared out among threads."""
    found = np.full(len(texts), -1, dtype=np.intp)
    if texts.null_count == len(texts):
        return found
    n_threads = max(min(os.cpu_count() or 1, len(texts) // WORTH_A_THREAD), 1)
    length = -(-len(texts) // n_threads)
    known = pa.array(names, type=texts.type)

    def look_up(start: int) -> None:
        places = pc.index_in(texts.slice(start, length), value_set=known)
        np.take(table, pc.fill_null(places, -1), out=found[start : start + length], mode="wrap")

    if n_threads == 1:
        look_up(0)
        return found
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(look_up, range(0, len(texts), length)))
    return found
