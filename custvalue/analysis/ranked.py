"""Ranked accounts, group by group: what was asked, and each group's rows from the largest to the smallest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.rules.errors import refusal

PERCENT = 100
PERIOD = "period"
AUTO = "auto"
LEVELS = (0.7, 0.8)
CLASS_LIMITS = (0.8, 0.95)

ClassLimits = tuple[float, float] | str
Rows = NDArray[np.int64] | slice


@dataclass(frozen=True, slots=True)
class Question:
    """What :func:`custvalue.concentration` was asked: the columns it read, the levels and the class limits."""

    value: str = "revenue"
    levels: tuple[float, ...] = LEVELS
    class_limits: ClassLimits = CLASS_LIMITS
    by: tuple[str, ...] = ()
    account: str | None = None


def level_name(level: float) -> str:
    """Return a level as it stands in column names: 0.7 is ``70``, 0.825 is ``82.5``."""
    return f"{level * PERCENT:.10g}"


def level_columns(levels: Sequence[float]) -> list[str]:
    """Return the names of the counts for each level.

    >>> level_columns((0.7, 0.8))
    ['n_for_70', 'pct_for_70', 'n_for_80', 'pct_for_80']
    """
    return [f"{kind}_for_{level_name(level)}" for level in levels for kind in ("n", "pct")]


def group_rows(frame: pd.DataFrame, groups: Sequence[str]) -> tuple[pd.DataFrame, list[Rows]]:
    """Return the group keys as a frame, one row per group in sorted order, and the row numbers of each group."""
    if not groups:
        return pd.DataFrame(index=range(1)), [slice(None)]
    names = list(groups)
    number = frame[names].groupby(names, observed=True, dropna=False, sort=True).ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(frame) else []
    keys = frame[names].iloc[[rows[0] for rows in members]].reset_index(drop=True)
    return keys, list(members)


def ranked_groups(accounts: pd.DataFrame, question: Question) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each group's place in the summary and its ranked rows, the largest first."""
    rank = accounts["rank"].to_numpy(dtype=np.float64, na_value=np.nan)
    _, members = group_rows(accounts, question.by)
    for place, rows in enumerate(members):
        mine = np.arange(len(accounts))[rows]
        known = mine[~np.isnan(rank[mine])]
        ordered = np.empty(known.size, dtype=np.int64)
        ordered[rank[known].astype(np.int64) - 1] = known
        yield place, ordered


def values_of(accounts: pd.DataFrame, question: Question) -> kernels.Floats:
    """Return the values the accounts were ranked by."""
    values: kernels.Floats = accounts[question.value].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def whole_number(name: str, value: object, least: int) -> int:
    """Return a count that was asked for, or say why it is none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise refusal(f"{name} must be a whole number of {least} or more", repr(value), f"Pass for instance {name}=10.")
    return int(value)
