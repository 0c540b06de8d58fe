"""Concentration: how many customers supply 70-80 % of the business."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.frames.nullable import nullable_integers, ordered_classes
from custvalue.frames.parts import Parts
from custvalue.rules.errors import refusal

CLASSES = ("C", "B", "A")
LEVELS = (0.7, 0.8)
CLASS_LIMITS = (0.8, 0.95)
TOP_SHARE = 0.2
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Concentration(Parts):
    """The answer of :func:`concentration`: ``.accounts`` row by row and ``.summary`` group by group."""

    accounts: pd.DataFrame
    summary: pd.DataFrame


def concentration(
    accounts: Any,
    *,
    value: str = "revenue",
    levels: Sequence[float] = LEVELS,
    class_limits: tuple[float, float] = CLASS_LIMITS,
    by: str | Sequence[str] = (),
    account: str | None = None,
) -> Concentration:
    """Rank accounts by revenue and count how many supply each level of the total.

    With accounts sorted from the largest, ``cumulative_share(k) = Σ first k ÷ Σ all``; the number for a level is the
    smallest k whose cumulative share reaches it, the crossing account included. An account is class A if the accounts
    before it have not yet reached the first class limit, B if not yet the second, else C: the crossing account is in
    the higher class. ``gini = Σ (n + 1 − 2i) xᵢ ÷ (n Σ x)`` (uncorrected), ``hhi = Σ share²``.

    Parameters
    ----------
    accounts : frame
        One row per account (and group): the ``value`` column in whole currency units, missing allowed.
    value : str
        The column to rank by.
    levels : sequence of float
        Shares of the total to count customers for, between 0 and 1.
    class_limits : (float, float)
        Cumulative shares at which class A and class B end.
    by : str or sequence of str
        Columns to group by (for instance ``"period"``); each group is ranked on its own.
    account : str, optional
        The column that names the account. Where given, an account that occurs twice in a group is refused, and a row
        without a name is no customer: it is not ranked, and the summary says how much it holds.

    Returns
    -------
    Concentration
        ``.accounts``: the input in its own order and index with ``rank`` (1 = largest; equal values in row order),
        ``share``, ``cumulative_share`` and ``concentration_class`` (ordered categorical C < B < A) added.
        ``.summary``: one row per group, sorted by group: the ``by`` columns, ``n`` (accounts with a value),
        ``n_missing``, ``n_zero``, ``n_negative``, ``negative_sum``, ``total``, ``n_for_70`` and ``pct_for_70`` (and so
        on for each level; in % of n), ``top_20_pct_share`` (the cut rounded up), ``gini``, ``hhi``, ``note``,
        ``n_unnamed`` and ``unnamed_sum`` (rows without an account name, and their values: not in the total).

    Raises
    ------
    ValueError
        If a column is missing or not a number, or a value is infinite.
        If a level lies outside (0, 1) or the class limits do not satisfy 0 < A < B < 1.
        If ``account`` is given and an account occurs twice in a group, or the frame holds several periods and ``by``
        does not name them.

    Notes
    -----
    Zero and negative values stay in the list, at its end: with negatives the cumulative share passes 1 before it comes
    back to 1, and ``gini`` and ``hhi`` are missing. Where the total is not positive all shares are missing. The
    ``note`` says which. Missing values are counted and get no rank. The list is a census: counts carry no sampling
    error.

    References
    ----------
    提升客户价值, "公司70-80%的业务是由多少客户所提供". The class limits 80 and 95 % are a library default.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> result = cv.concentration(pd.DataFrame({"revenue": [2.0, 96.0, 2.0]}))
    >>> result.accounts["concentration_class"].tolist()
    ['C', 'A', 'C']
    >>> result.summary[["n", "n_for_80", "gini"]].round(4)
       n  n_for_80    gini
    0  3         1  0.6267
    """
    _check_limits(levels, class_limits)
    frame = to_pandas(accounts)
    check = FrameCheck(frame, "concentration")
    values = check.numbers(value, purpose="what accounts are ranked by")
    names = [name for level in levels for name in (f"n_for_{level_name(level)}", f"pct_for_{level_name(level)}")]
    groups = group_columns(check, by, results=(*_COUNTS, *names, *_INDICES, *_UNNAMED, *_RANKED))
    check.one_currency()
    _check_grain(check, groups, account)
    check.done()
    n = len(frame)
    unnamed = np.zeros(n, dtype=bool) if account is None else frame[account].isna().to_numpy()
    named_values = np.where(unnamed, np.nan, values) if unnamed.any() else values
    columns = {
        "rank": np.full(n, np.nan),
        "share": np.full(n, np.nan),
        "cumulative_share": np.full(n, np.nan),
    }
    codes = np.full(n, kernels.MISSING_CODE, dtype=np.int8)
    keys, members = _group_rows(frame, groups)
    rows = [_one_group(named_values, place, levels, class_limits, columns, codes) for place in members]
    for row, place in zip(rows, members, strict=True):
        row[_N_MISSING] -= int(unnamed[place].sum())
        row += [int(unnamed[place].sum()), float(np.nansum(values[place][unnamed[place]]))]
    summary = pd.concat([keys, pd.DataFrame(rows, columns=[*_COUNTS, *names, *_INDICES, *_UNNAMED])], axis=1)
    return Concentration(
        accounts=frame.assign(
            rank=nullable_integers(columns["rank"]),
            share=columns["share"],
            cumulative_share=columns["cumulative_share"],
            concentration_class=ordered_classes(codes, CLASSES),
        ),
        summary=summary.astype({name: "Int64" for name in summary if str(name).startswith("n_") or name == "n"}),
    )


_RANKED = ("rank", "share", "cumulative_share", "concentration_class")
_COUNTS = ("n", "n_missing", "n_zero", "n_negative", "negative_sum", "total")
_N_MISSING = 1
_UNNAMED = ("n_unnamed", "unnamed_sum")
_INDICES = ("top_20_pct_share", "gini", "hhi", "note")


def level_name(level: float) -> str:
    """Return a level as it stands in column names: 0.7 is ``70``, 0.825 is ``82.5``."""
    return f"{level * PERCENT:.10g}"


def _check_limits(levels: Sequence[float], class_limits: tuple[float, float]) -> None:
    outside = [level for level in levels if not 0 < level < 1]
    if outside or len(set(levels)) != len(levels):
        raise refusal("levels must lie between 0 and 1, each once", list(levels), "Write 80 % as 0.8.")
    if len(class_limits) != len(CLASS_LIMITS) or not 0 < class_limits[0] < class_limits[1] < 1:
        raise refusal("class_limits must satisfy 0 < A < B < 1", class_limits, "The default is (0.8, 0.95).")


def _check_grain(check: FrameCheck, groups: list[str], account: str | None) -> None:
    frame = check.frame
    several = "period" in frame and "period" not in groups and len(pd.unique(frame["period"]))
    if several and several > 1:
        check.fail(
            "one row per account is needed",
            f"{several} periods",
            "Pass by='period' to rank each period on its own, or add up or choose the periods first.",
            "column 'period'",
        )
    if account is None or not check.require(account, "the account's name"):
        return
    repeated = frame.duplicated([*groups, account]).to_numpy() & frame[account].notna().to_numpy()
    check.fail_rows("an account may occur once in a group", account, repeated, "Add its rows up first.")


def _group_rows(frame: pd.DataFrame, groups: list[str]) -> tuple[pd.DataFrame, list[np.ndarray | slice]]:
    """Return the group keys as a frame, one row per group in sorted order, and the row numbers of each group."""
    if not groups:
        return pd.DataFrame(index=range(1)), [slice(None)]
    grouped = frame[groups].groupby(groups, observed=True, dropna=False, sort=True)
    number = grouped.ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(frame) else []
    keys = frame[groups].iloc[[rows[0] for rows in members]].reset_index(drop=True)
    return keys, list(members)


def _one_group(
    values: kernels.Floats,
    place: np.ndarray | slice,
    levels: Sequence[float],
    class_limits: tuple[float, float],
    columns: dict[str, kernels.Floats],
    codes: kernels.Codes,
) -> list[Any]:
    """Fill one group's rows of the columns and return its row of the summary."""
    mine = values[place]
    order = kernels.descending_order(mine)
    n = mine.size - int(np.isnan(mine).sum())
    order = order[:n]  # missing values sort last
    rows = order if isinstance(place, slice) else place[order]
    descending = mine[order]
    running = np.cumsum(descending)
    total = float(running[-1]) if n else 0.0
    negative = descending < 0
    n_negative = int(negative.sum())
    columns["rank"][rows] = np.arange(1.0, n + 1)
    counts = [n, mine.size - n, int((descending == 0).sum()), n_negative, float(descending[negative].sum()), total]
    if not total > 0:
        reason = "no values" if n == 0 else "the total is not positive: shares are undefined"
        return [*counts, *[pd.NA, np.nan] * len(levels), np.nan, np.nan, np.nan, reason]
    columns["share"][rows] = descending / total
    columns["cumulative_share"][rows] = running / total
    before = running - descending
    codes[rows] = sum((before < limit * total * (1 - kernels.ROUND_OFF)).astype(np.int8) for limit in class_limits)
    reached = [kernels.count_to_reach(np.maximum.accumulate(running), level * total) for level in levels]
    top = int(np.ceil(TOP_SHARE * n * (1 - kernels.ROUND_OFF)))
    needed = [item for k in reached for item in (k, PERCENT * k / n)]
    if n_negative:
        return [
            *counts,
            *needed,
            running[top - 1] / total,
            np.nan,
            np.nan,
            "negative values: gini and hhi are undefined",
        ]
    hhi = float(np.square(descending / total).sum())
    return [*counts, *needed, running[top - 1] / total, kernels.gini(descending), hhi, ""]
