"""Concentration: how many customers supply 70-80 % of the business."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.analysis.concentration_trend import changes
from custvalue.analysis.lorenz import lorenz_points
from custvalue.analysis.losses import losses
from custvalue.analysis.next_period import NextPeriod, draw_next_period
from custvalue.analysis.ranked import (
    AUTO,
    CLASS_LIMITS,
    LEVELS,
    PERCENT,
    ClassLimits,
    Question,
    Rows,
    group_rows,
    level_columns,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.kernels.abc_curve import abc_limits
from custvalue.kernels.order import descending_sort
from custvalue.kernels.shares import TOP_COUNTS, Ranked
from custvalue.rules.errors import refusal

CLASSES = ("C", "B", "A")


@dataclass(frozen=True, slots=True)
class Concentration(Parts):
    """The answer of :func:`concentration`: ``.accounts`` row by row, ``.summary`` group by group, ``.question``."""

    accounts: pd.DataFrame
    summary: pd.DataFrame
    question: Question

    def trend(self) -> pd.DataFrame:
        """Return what changed from each period to the next.

        Returns
        -------
        DataFrame
            One row per row of the summary, in its order: the ``by`` columns, ``previous_period``, then for ``n``,
            ``total``, the counts of each level, ``top_20_pct_share``, ``gini``, ``gini_corrected``, ``hhi``,
            ``equivalent_number`` and the top shares a column ``<name>_change`` = this period − the one before, and
            ``reason``. Missing in the first period, after a gap in the calendar, and where one of the two is undefined.

        Raises
        ------
        ValueError
            If ``by`` did not name ``period``.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> frame = pd.DataFrame({"period": ["2026Q1", "2026Q1", "2026Q2", "2026Q2"], "revenue": [5.0, 5.0, 9.0, 1.0]})
        >>> trend = cv.concentration(frame, by="period").trend()
        >>> trend[["period", "previous_period", "n_for_70_change", "top_1_share_change"]].round(3)
           period previous_period  n_for_70_change  top_1_share_change
        0  2026Q1             NaN             <NA>                 NaN
        1  2026Q2          2026Q1               -1                 0.4
        """
        return changes(self.summary, self.question)

    def stress(self, k: int = 10) -> pd.DataFrame:
        """Return what is left after losing each of the ``k`` largest accounts, alone and together with those above it.

        Returns
        -------
        DataFrame
            One row per group, kind of ``loss`` (``alone``: this account only; ``together``: all down to this rank) and
            ``rank``: ``account`` (its name, or its index label), ``lost`` and ``lost_share`` (of the group's total),
            ``n_left``, ``total_left``, the counts for each level among those left, and ``reason`` where they are
            undefined.

        Raises
        ------
        ValueError
            If ``k`` is not a whole number of 1 or more.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> result = cv.concentration(pd.DataFrame({"revenue": [50.0, 25.0, 15.0, 10.0]}))
        >>> result.stress(2)[["loss", "rank", "lost", "total_left", "n_for_80"]]
               loss  rank  lost  total_left  n_for_80
        0     alone     1  50.0        50.0         2
        1     alone     2  25.0        75.0         2
        2  together     1  50.0        50.0         2
        3  together     2  75.0        25.0         2
        """
        return losses(self.accounts, self.summary, self.question, k)

    def lorenz(self) -> pd.DataFrame:
        """Return the Lorenz curve: what share the smallest accounts hold together.

        Returns
        -------
        DataFrame
            The points of each group's curve from (0, 0) to (1, 1), about 2,000 at most: the ``by`` columns,
            ``n_smallest``, ``account_share`` (of all accounts with a value) and ``smallest_share`` (of the total).
            With negative values the curve runs below zero first. A group whose total is not positive has no points.

        Examples
        --------
        >>> import pandas as pd
        >>> import custvalue as cv
        >>> cv.concentration(pd.DataFrame({"revenue": [2.0, 96.0, 2.0]})).lorenz().round(3)
           n_smallest  account_share  smallest_share
        0           0          0.000            0.00
        1           1          0.333            0.02
        2           2          0.667            0.04
        3           3          1.000            1.00
        """
        return lorenz_points(self.accounts, self.summary, self.question)

    def next_period(self, *, seed: int, draws: int = 1000, level: float = 0.9) -> NextPeriod:
        """Return what the measures may be next period, by how accounts changed from period to period so far.

        See :class:`custvalue.analysis.next_period.NextPeriod` for the model and its limits.

        Parameters
        ----------
        seed : int
            Seed of the random draws.
        draws : int
            Number of draws of the next period.
        level : float
            Probability the intervals hold, between 0 and 1.

        Returns
        -------
        NextPeriod
            ``.measures``: one row per measure of the summary: ``measure, now, low, median, high, reason``.
            ``.curve``: the Lorenz curve now and its band, at 101 shares of accounts. ``.model``: what was estimated.

        Raises
        ------
        ValueError
            If ``concentration`` was not run with ``by="period"`` and ``account=`` naming the account.
            If the last period is only partly covered (a column ``partial`` says so).
            If ``draws``, ``seed`` or ``level`` is out of range.
        """
        return draw_next_period(self.accounts, self.question, seed=seed, draws=draws, level=level)


def concentration(
    accounts: Any,
    *,
    value: str = "revenue",
    levels: Sequence[float] = LEVELS,
    class_limits: ClassLimits = CLASS_LIMITS,
    by: str | Sequence[str] = (),
    account: str | None = None,
) -> Concentration:
    """Rank accounts by revenue and count how many supply each level of the total.

    With accounts sorted from the largest, ``cumulative_share(k) = Σ first k ÷ Σ all``; the number for a level is the
    smallest k whose cumulative share reaches it, the crossing account included. An account is class A if the accounts
    before it have not yet reached the first class limit, B if not yet the second, else C: the crossing account is in
    the higher class. ``gini = Σ (n + 1 − 2i) xᵢ ÷ (n Σ x)``, ``gini_corrected = gini · n ÷ (n − 1)``,
    ``hhi = Σ share²`` and ``equivalent_number = 1 ÷ hhi``: as many accounts of equal size would be as concentrated.

    Parameters
    ----------
    accounts : frame
        One row per account (and group): the ``value`` column in whole currency units, missing allowed.
    value : str
        The column to rank by.
    levels : sequence of float
        Shares of the total to count customers for, between 0 and 1.
    class_limits : (float, float) or "auto"
        Cumulative shares at which class A and class B end; ``"auto"`` finds them from the shape of each group's curve
        (see Notes).
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
        ``n_unnamed`` and ``unnamed_sum`` (rows without an account name, and their values: not in the total),
        ``gini_corrected``, ``equivalent_number``, ``top_1_share``, ``top_5_share``, ``top_10_share`` (of all accounts
        where there are fewer), ``n_class_a``, ``n_class_b``, ``n_class_c``, ``class_limit_a`` and ``class_limit_b``
        (the cumulative shares asked for, or found, at which A and B end).
        ``.question``: the columns, levels and limits that were asked for.
        ``.trend()``, ``.stress(k)``, ``.lorenz()`` and ``.next_period(…)`` answer further questions.

    Raises
    ------
    ValueError
        If a column is missing or not a number, or a value is infinite.
        If a level lies outside (0, 1), or the class limits are not "auto" and do not satisfy 0 < A < B < 1.
        If ``account`` is given and an account occurs twice in a group, or the frame holds several periods and ``by``
        does not name them.

    Notes
    -----
    Zero and negative values stay in the list, at its end: with negatives the cumulative share passes 1 before it comes
    back to 1, and the Gini index, ``hhi`` and ``equivalent_number`` are missing. Where the total is not positive all
    shares are missing; of a single account ``gini_corrected`` is. The ``note`` says why. Missing values are counted
    and get no rank. The list is a census: counts carry no sampling error. What may change is the next period: see
    ``.next_period``.

    Automatic limits: A ends at the point of the curve (share of accounts, share of the total) nearest to (0, 1), or
    where its slope falls to 1 if that takes fewer accounts; B ends at the point nearest to (x, 1), x being the greater
    of those two shares of accounts. The curve goes through the accounts themselves (the authors' program lays a spline
    through them); negative values count as zero for it.

    References
    ----------
    提升客户价值, "公司70-80%的业务是由多少客户所提供". The class limits 80 and 95 % are a library default.
    Automatic limits: Ultsch and Lötsch (2015), PLoS ONE 10(6): e0129767, doi 10.1371/journal.pone.0129767.

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
    names = level_columns(levels)
    columns = [*_COUNTS, *names, *_INDICES, *_UNNAMED, *_FURTHER]
    groups = group_columns(check, by, results=(*columns, *_RANKED))
    check.one_currency()
    _check_grain(check, groups, account)
    check.done()
    question = Question(value, tuple(levels), class_limits, tuple(groups), account)
    unnamed = np.zeros(len(frame), dtype=bool) if account is None else frame[account].isna().to_numpy()
    named_values = np.where(unnamed, np.nan, values) if unnamed.any() else values
    ranked = _Columns.of(len(frame))
    keys, members = group_rows(frame, groups)
    rows = [_one_group(named_values, place, question, ranked) for place in members]
    for row, place in zip(rows, members, strict=True):
        row["n_unnamed"] = int(unnamed[place].sum())
        row["n_missing"] -= row["n_unnamed"]
        row["unnamed_sum"] = float(np.nansum(values[place][unnamed[place]])) if row["n_unnamed"] else 0.0
    counted = {name: "Int64" for name in columns if name == "n" or name.startswith("n_")}
    typed = {name: "float64" for name in columns if name not in counted} | counted | {"note": "str"}
    summary = pd.concat([keys, pd.DataFrame(rows, columns=columns).astype(typed)], axis="columns")
    return Concentration(accounts=frame.assign(**ranked.finished(frame.index)), summary=summary, question=question)


_RANKED = ("rank", "share", "cumulative_share", "concentration_class")
_COUNTS = ("n", "n_missing", "n_zero", "n_negative", "negative_sum", "total")
_UNNAMED = ("n_unnamed", "unnamed_sum")
_INDICES = ("top_20_pct_share", "gini", "hhi", "note")
_FURTHER = (
    "gini_corrected",
    "equivalent_number",
    *(f"top_{count}_share" for count in TOP_COUNTS),
    "n_class_a",
    "n_class_b",
    "n_class_c",
    "class_limit_a",
    "class_limit_b",
)


def _check_limits(levels: Sequence[float], class_limits: ClassLimits) -> None:
    outside = [level for level in levels if not 0 < level < 1]
    if outside or len(set(levels)) != len(levels):
        raise refusal("levels must lie between 0 and 1, each once", list(levels), "Write 80 % as 0.8.")
    if isinstance(class_limits, str):
        good = class_limits == AUTO
    else:
        good = len(class_limits) == len(CLASS_LIMITS) and 0 < class_limits[0] < class_limits[1] < 1
    if not good:
        raise refusal(
            "class_limits must satisfy 0 < A < B < 1", repr(class_limits), "The default is (0.8, 0.95); or pass 'auto'."
        )


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


@dataclass(frozen=True, slots=True)
class _Columns:
    """The result's columns while they are filled, group by group."""

    rank: kernels.Integers
    share: kernels.Floats
    cumulative: kernels.Floats
    codes: kernels.Codes

    @classmethod
    def of(cls, n: int) -> "_Columns":
        """Return the columns of nothing ranked yet; rank 0 is none."""
        codes = np.full(n, kernels.MISSING_CODE, dtype=np.int8)
        return cls(np.zeros(n, dtype=np.int64), np.full(n, np.nan), np.full(n, np.nan), codes)

    def finished(self, index: pd.Index) -> dict[str, Any]:
        """Return the columns as they stand in the frame; as series they are taken over without a copy."""
        columns = {
            "rank": pd.arrays.IntegerArray(self.rank, self.rank == 0),
            "share": self.share,
            "cumulative_share": self.cumulative,
            "concentration_class": ordered_classes(self.codes, CLASSES),
        }
        return {name: pd.Series(column, index=index, copy=False) for name, column in columns.items()}


def _one_group(values: kernels.Floats, place: Rows, question: Question, columns: _Columns) -> dict[str, Any]:
    """Fill one group's rows of the columns and return its row of the summary."""
    mine = values[place]
    n = mine.size - int(np.isnan(mine).sum())
    order, descending = descending_sort(mine)
    order, descending = order[:n], descending[:n]  # missing values come last
    rows = order if isinstance(place, slice) else place[order]
    ranks = np.arange(1, n + 1)
    columns.rank[rows] = ranks
    ranked = Ranked.of(descending)
    n_negative = int(np.count_nonzero(descending < 0))
    total = ranked.total if n else 0.0
    row: dict[str, Any] = {
        "n": n,
        "n_missing": mine.size - n,
        "n_zero": int(np.count_nonzero(descending == 0)),
        "n_negative": n_negative,
        "negative_sum": float(descending[n - n_negative :].sum()),
        "total": total,
    }
    if not total > 0:
        return row | {"note": "no values" if n == 0 else "the total is not positive: shares are undefined"}
    cumulative = ranked.running / total
    columns.share[place] = mine / total
    columns.cumulative[rows] = cumulative
    ends = _class_ends(ranked, question.class_limits)
    # A prefix of the ranks is class A, a longer one A or B: two comparisons with the rank make the code.
    mine_ranked = columns.rank[place]
    codes = (mine_ranked <= ends[0]).view(np.int8) + (mine_ranked <= ends[1]).view(np.int8)
    if n < mine.size:
        codes[mine_ranked == 0] = kernels.MISSING_CODE
    columns.codes[place] = codes
    counts = ranked.counts_to_reach(question.levels)
    needed = [item for count in counts for item in (count, PERCENT * count / n)]
    row |= dict(zip(level_columns(question.levels), needed, strict=True))
    row |= {f"top_{count}_share": ranked.share_of_top(count) for count in TOP_COUNTS}
    row |= {
        "top_20_pct_share": ranked.share_of_top_part(),
        "n_class_a": ends[0],
        "n_class_b": ends[1] - ends[0],
        "n_class_c": n - ends[1],
    }
    auto = isinstance(question.class_limits, str)
    limits = [float(cumulative[end - 1]) for end in ends] if auto else list(question.class_limits)
    row |= dict(zip(("class_limit_a", "class_limit_b"), limits, strict=True))
    if n_negative:
        return row | {"note": "negative values: gini, hhi and equivalent_number are undefined"}
    hhi, gini = ranked.hhi(), ranked.gini()
    row |= {"gini": gini, "hhi": hhi, "equivalent_number": 1 / hhi}
    if n == 1:
        return row | {"note": "one account: gini_corrected is undefined"}
    return row | {"gini_corrected": gini * n / (n - 1), "note": ""}


def _class_ends(ranked: Ranked, class_limits: ClassLimits) -> list[int]:
    """Return how many accounts are class A, and how many are A or B."""
    if isinstance(class_limits, str):
        return list(abc_limits(np.maximum(ranked.descending, 0.0)))
    return ranked.counts_to_reach(class_limits)
