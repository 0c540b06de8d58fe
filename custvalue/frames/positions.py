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
        codes = _found(column.array.__arrow_array__(), list(known))
    else:
        codes, distinct = pd.factorize(column)
        table = _table(distinct, known)
    return table[codes]


def _table(distinct: Any, known: Mapping[str, int]) -> NDArray[np.intp]:
    """Return the position of each distinct value, and -1 for what has none."""
    plain = (value.item() if isinstance(value, np.generic) else value for value in distinct)
    return np.array([*(known.get(str(value), -1) for value in plain), -1], dtype=np.intp)


def _found(texts: "pa.ChunkedArray | pa.Array", names: list[str]) -> NDArray[np.integer]:
    """Return the place of each text among the names, -1 where it has none; slices are shared out among threads."""
    names_there = pa.array(names, type=texts.type)

    def look_up(start: int) -> NDArray[np.integer]:
        places = pc.index_in(texts.slice(start, length), value_set=names_there)
        return np.asarray(pc.fill_null(places, -1))

    if texts.null_count == len(texts):
        return np.full(len(texts), -1)
    n_threads = min(os.cpu_count() or 1, len(texts) // WORTH_A_THREAD)
    length = -(-len(texts) // max(n_threads, 1))
    if n_threads <= 1:
        return look_up(0)
    with ThreadPoolExecutor(n_threads) as pool:
        return np.concatenate(list(pool.map(look_up, range(0, len(texts), length))))
