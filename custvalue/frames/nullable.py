"""Result columns that can be missing: whole numbers, yes/no, ordered classes."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def nullable_integers(values: NDArray[np.float64]) -> pd.arrays.IntegerArray:
    """Return whole numbers held as floats as a nullable integer column."""
    missing = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)


def nullable_booleans(values: NDArray[np.bool_], missing: NDArray[np.bool_]) -> pd.arrays.BooleanArray:
    """Return yes/no answers, missing where ``missing``."""
    return pd.arrays.BooleanArray(values & ~missing, missing)


def ordered_classes(codes: NDArray[np.integer], names: Sequence[str]) -> "pd.Categorical[Any]":
    """Return codes as an ordered categorical that carries all its levels; -1 is missing."""
    return pd.Categorical.from_codes(codes, dtype=_ordered(tuple(names)))


def classes(codes: NDArray[np.integer], names: Sequence[str]) -> "pd.Categorical[Any]":
    """Return codes as a categorical of texts without an order, also where there is none; -1 is missing."""
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(pd.Index(list(names), dtype="str")))


@lru_cache(maxsize=256)
def _ordered(names: tuple[str, ...]) -> pd.CategoricalDtype:
    """Return the dtype of ordered names; making one takes longer than all else about a small table."""
    return pd.CategoricalDtype(list(names), ordered=True)
