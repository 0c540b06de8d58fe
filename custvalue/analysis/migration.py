"""How accounts move between the 27 segments from one quarter to another, and who is behind every move."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.analysis.move_tables import (
    ANGLES,
    VALUES,
    angle_table,
    cell_table,
    class_sizes,
    movement_classes,
    movement_table,
    segment_table,
    summary_row,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.frames.periods import parse_period
from custvalue.kernels import moves as move
from custvalue.rules import playbook
from custvalue.rules.errors import raise_all, refusal, refusal_text
from custvalue.rules.grid import AccountGrid


@dataclass(frozen=True, slots=True)
class Migration(Parts):
    """The answer of :func:`segment_migration`: cell by cell, angle by angle, segment by segment, account by account."""

    summary: pd.DataFrame
    segments: pd.DataFrame
    angles: pd.DataFrame
    moves: pd.DataFrame
    accounts: pd.DataFrame

    def matrix(self, value: str = "n") -> pd.DataFrame:
        """Return one column of ``.moves`` as a square: a row for each segment before, a column for each one after."""
        if value not in VALUES:
            raise refusal("value must be a number of .moves", repr(value), f"Choose one of {list(VALUES)}.")
        names = list(self.accounts["segment_before"].cat.categories)
        inner = self.moves[self.moves["before"].isin(names) & self.moves["after"].isin(names)]
        square = inner[value].to_numpy().reshape(len(names), len(names))
        return pd.DataFrame(square, index=pd.Index(names, name="before"), columns=pd.Index(names, name="after"))


def segment_migration(
    before: Any,
    after: Any,
    *,
    account: str = "account",
    segment: str = "segment",
    revenue: str = "revenue",
    grid: AccountGrid = playbook.ACCOUNT_GRID,
    history: Any = None,
    freq: str = "Q-DEC",
    level: float = 0.95,
) -> Migration:
    """Count the accounts that moved from each segment to each, and smooth the shares of every row.

    ``share_of_before = n ÷ accounts of the row``, ``share_of_placed = n ÷ accounts of the row placed in both quarters``
    and ``share_smoothed = (n + K · m) ÷ (placed + K)``, where m is the product of the pooled moves along potential,
    share and loyalty, and K, the number of accounts it counts for, makes all rows most likely (Dirichlet-multinomial).

    Parameters
    ----------
    before, after : frame
        What :func:`custvalue.segment_accounts` returned for two quarters: one row per account, with ``account`` and
        ``segment`` (of the grid; missing where it could not be placed) and optionally ``revenue`` (currency; missing
        allowed) and ``period``.
    account, segment, revenue : str
        Column names, the same in all frames.
    grid : AccountGrid
        The grid the accounts were segmented with.
    history : frame, optional
        Earlier quarters: an account that is in ``after`` but not in ``before`` returned if it is in here, else it is
        new. Where it has a ``period`` column only the rows of periods earlier than ``before`` count.
    freq : str
        The calendar of ``period``, ``"Q-DEC"`` for calendar quarters.
    level : float
        Probability of the intervals.

    Returns
    -------
    Migration
        ``.summary``: one row: ``period_before``, ``period_after`` (missing where a frame has none), ``n_before``,
        ``n_after``, ``n_accounts`` (in either), ``n_both``, ``n_placed`` (in both quarters), ``n_stayed``,
        ``n_upgraded``, ``n_mixed``, ``n_downgraded``, ``n_unplaced`` (in both quarters but in one without a segment),
        ``n_new``, ``n_returned`` (missing without a history), ``n_lost_accounts``, ``revenue_before``,
        ``revenue_after``, ``revenue_lost``, ``revenue_new``, ``revenue_returned`` (currency),
        ``n_without_revenue`` (rows of either quarter), ``prior_strength`` (K, in accounts), ``note``.
        ``.segments``: one row per segment, best first, and a last one for the unplaced (segment missing): ``segment``,
        ``n_before = n_stayed + n_upgraded + n_mixed + n_downgraded + n_to_unplaced + n_to_placed + n_lost_accounts``,
        ``n_after = n_stayed + n_moved_in + n_from_unplaced + n_new + n_returned`` (``n_to_placed`` only in the last
        row), ``revenue_before``, ``revenue_after``, ``share_lost`` with Wilson's ``low`` and ``high``, and
        ``prior_strength`` (accounts the prior counts for in this row). Accounts unplaced in both quarters are in both
        ``n_to_unplaced`` and ``n_from_unplaced`` of the last row.
        ``.angles``: one row per angle and move of its class: ``angle``, ``before``, ``after``, ``n``,
        ``revenue_before``, ``revenue_after``, ``share_of_before``, ``share_of_placed``, Wilson's ``low`` and ``high``.
        ``.moves``: one row per ``before`` (27 segments, unplaced, new, returned) and ``after`` (27 segments, unplaced,
        lost): ``movement``, ``n``, ``revenue_before``, ``revenue_after``, ``share_of_before``, ``share_of_placed``,
        ``share_smoothed``, its ``low`` and ``high``, and the ``reason`` where there is no interval.
        ``.accounts``: one row per account of either quarter, those of ``before`` first, in their order: ``account``,
        ``segment_before``, ``segment_after``, ``revenue_before``, ``revenue_after``, ``movement``, and
        ``potential_steps``, ``share_steps``, ``loyalty_steps`` (classes gained; negative: lost).
        ``.matrix(value)``: any number of ``.moves`` as a 27 × 27 frame.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or a segment is not on the grid.
        If an account has no name or occurs twice in a quarter, or the names are text in one frame, numbers in another.
        If a frame holds several periods, or ``before`` is not the earlier one.
        If ``history`` has periods and ``before`` has none, or ``level`` lies outside (0, 1).

    Notes
    -----
    An account is *upgraded* if no angle became worse and at least one better, *downgraded* if none better and at
    least one worse, *mixed* if some became better and some worse, *stayed* if its segment is the same. It is *lost*
    if it is not in ``after`` and *new* if it was not in ``before``, whatever its segment. Revenue sums are missing
    where a cell has accounts and none of them has a value.

    Intervals are those of the Dirichlet posterior given m and K, and are shown for rows of 30 placed accounts or more.
    Their lower end is 0 for a move that nobody made; since K and m are taken as known, intervals of 90 % cover about
    88 %. K is at least one account, and in a row at most the smallest pooled row m is made of; where
    ``prior_strength`` equals ``n_placed`` the rows differ no more from m than by chance. Accounts are taken to move
    independently of each other: one quarter says nothing of how quarters differ (see ``segment_mobility``).

    References
    ----------
    提升客户价值, ABC / 123 / +0-. Minka (2000), Estimating a Dirichlet distribution.

    Examples
    --------
    >>> import pandas as pd
    >>> names = {"account": ["a", "b", "c"], "segment": ["A1+", "B20", "C3-"]}
    >>> before = pd.DataFrame(names)
    >>> after = pd.DataFrame({"account": ["c", "b", "d"], "segment": ["C20", "A3-", None]})
    >>> result = segment_migration(before, after)
    >>> result.accounts[["account", "segment_before", "segment_after", "movement"]]
      account segment_before segment_after  movement
    0       a            A1+           NaN      lost
    1       b            B20           A3-     mixed
    2       c            C3-           C20  upgraded
    3       d            NaN           NaN       new
    """
    if not 0 < level < 1:
        raise refusal("level must lie in (0, 1)", level, "Write 95 % as 0.95.")
    columns = {"account": account, "segment": segment, "revenue": revenue}
    quarters = [_Quarter(frame, name, columns, grid) for frame, name in ((before, "before"), (after, "after"))]
    earlier = None if history is None else _earlier(history, account, quarters[0].frame, freq)
    _check_together(quarters, earlier, account, freq)
    joined = _join(quarters, earlier, account, len(grid.segments))
    return _result(joined, quarters, grid, level, known_history=earlier is not None)


class _Quarter:
    """One quarter's frame: segment codes (``k`` where missing) and revenue; what is wrong with it in ``failures``."""

    def __init__(self, frame: Any, name: str, columns: dict[str, str], grid: AccountGrid) -> None:
        self.frame = to_pandas(frame)
        self.check = check = FrameCheck(self.frame, f"segment_migration, {name}")
        check.rule("grid", grid, AccountGrid)
        codes = check.choices(columns["segment"], grid.segments, purpose="run segment_accounts first")
        self.codes = np.where(codes < 0, len(grid.segments), codes).astype(np.int16)
        self.revenue = check.optional_numbers(columns["revenue"], usual="revenue")
        check.require(columns["account"], "what is followed from quarter to quarter")
        check.one_currency()
        periods = list(self.frame["period"].dropna().unique()) if check.has("period") else []
        if len(periods) > 1:
            check.fail(
                "one row per account is needed", f"{len(periods)} periods", "Choose a quarter.", "column 'period'"
            )
        self.period = periods[0] if len(periods) == 1 else None


def _earlier(history: Any, account: str, before: pd.DataFrame, freq: str) -> "pd.Series[Any]":
    """Return the account names of earlier quarters."""
    frame = to_pandas(history)
    check = FrameCheck(frame, "segment_migration, history")
    check.require(account, "the accounts of earlier quarters")
    dated = check.has("period")
    if dated and ("period" not in before or before["period"].isna().any()):
        check.fail(
            "a history with periods needs the period of before",
            "none in each row",
            "Give before a 'period' column, or pass only the earlier quarters without one.",
        )
    check.done()
    names = frame[account]
    if dated and len(before):
        now = parse_period(before["period"].iloc[0], freq).ordinal
        labels = frame["period"].dropna().unique()
        past = [label for label in labels if parse_period(label, freq).ordinal < now]
        names = names[frame["period"].isin(past)]
    return names


def _check_together(quarters: list[_Quarter], earlier: "pd.Series[Any] | None", account: str, freq: str) -> None:
    """Raise what is wrong with either frame, and with the two together."""
    for quarter in quarters:
        quarter.check.done()
    failures = []
    first, then = (quarter.period for quarter in quarters)
    if first is not None and then is not None and parse_period(first, freq) >= parse_period(then, freq):
        failures.append(refusal_text("before must be earlier than after", f"{first} and {then}", "Swap the two."))
    names = [quarter.frame[account] for quarter in quarters] + ([] if earlier is None else [earlier])
    kinds = {pd.api.types.is_numeric_dtype(_plain_dtype(column)) for column in names if column.notna().any()}
    if len(kinds) > 1:
        failures.append(
            refusal_text(
                "accounts must be named alike in all quarters",
                "numbers in one frame, text in another",
                f"Convert them first, for instance with frame[{account!r}].astype(str).",
            )
        )
    raise_all("segment_migration", failures)


def _plain_dtype(column: "pd.Series[Any]") -> Any:
    return column.cat.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype


@dataclass(frozen=True, slots=True)
class _Joined:
    """Every account of either quarter: states before (k unplaced, +1 new, +2 returned) and after (k, +1 lost)."""

    names: "pd.Series[Any]"
    before: NDArray[np.int16]
    after: NDArray[np.int16]
    revenue_before: kernels.Floats
    revenue_after: kernels.Floats


def _join(quarters: list[_Quarter], earlier: "pd.Series[Any] | None", account: str, k: int) -> _Joined:
    """Put the two quarters side by side: names are hashed once, all else is a scatter by their codes."""
    columns = [quarter.frame[account] for quarter in quarters] + ([] if earlier is None else [earlier])
    present = [column.astype(_plain_dtype(column)) for column in columns if len(column)]
    stacked = pd.concat(present, ignore_index=True) if present else columns[0].iloc[:0]
    codes, names = pd.factorize(stacked)
    ends = np.cumsum([len(column) for column in columns])
    parts = np.split(codes, ends[:-1])
    for quarter, mine in zip(quarters, parts[:2], strict=True):
        missing = mine < 0
        quarter.check.fail_rows("an account must have a name", account, missing, "Name it or leave the row out.")
        if np.bincount(mine[~missing], minlength=1).max(initial=0) > 1:
            repeated = quarter.frame.duplicated(account).to_numpy() & ~missing
            quarter.check.fail_rows("an account may occur once", account, repeated, "Add its rows up first.")
        quarter.check.done()
    # Names are numbered as they first occur: those of the two quarters come before those of the history alone.
    n = int(max((part.max() for part in parts[:2] if part.size), default=-1)) + 1
    states, revenues = [], []
    for quarter, mine, absent in zip(quarters, parts[:2], (k + 1, k + 1), strict=True):
        state = np.full(n, absent, dtype=np.int16)
        state[mine] = quarter.codes
        amount = np.full(n, np.nan)
        amount[mine] = quarter.revenue
        states.append(state)
        revenues.append(amount)
    if earlier is not None:
        known = parts[2][(parts[2] >= 0) & (parts[2] < n)]
        came_back = np.zeros(n, dtype=bool)
        came_back[known] = True
        states[0][came_back & (states[0] == k + 1)] = k + 2
    return _Joined(pd.Series(names[:n], name=account), states[0], states[1], revenues[0], revenues[1])


def _result(
    joined: _Joined, quarters: list[_Quarter], grid: AccountGrid, level: float, *, known_history: bool
) -> Migration:
    k = len(grid.segments)
    sizes = (k + 3, k + 2)
    n = move.move_counts(joined.before, joined.after, *sizes)
    sums = (
        move.move_sums(joined.before, joined.after, joined.revenue_before, *sizes),
        move.move_sums(joined.before, joined.after, joined.revenue_after, *sizes),
    )
    # Who is not in a quarter's list has no revenue in it, which is not a revenue of zero.
    sums[0][k + 1 :], sums[1][:, k + 1] = np.nan, np.nan
    kinds, steps = movement_table(grid)
    alphas, by_row, strength = move.smoothed_rows(n[:k, :k], class_sizes(grid))
    accounts = pd.DataFrame(
        {
            str(joined.names.name): joined.names,
            "segment_before": ordered_classes(np.where(joined.before < k, joined.before, -1), grid.segments),
            "segment_after": ordered_classes(np.where(joined.after < k, joined.after, -1), grid.segments),
            "revenue_before": joined.revenue_before,
            "revenue_after": joined.revenue_after,
            "movement": movement_classes(kinds[joined.before, joined.after]),
        }
    ).assign(**{f"{angle}_steps": _steps(steps[place], joined) for place, angle in enumerate(ANGLES)})
    return Migration(
        summary=summary_row(
            n,
            sums,
            kinds,
            periods=[quarter.period for quarter in quarters],
            n_without_revenue=sum(int(np.isnan(quarter.revenue).sum()) for quarter in quarters),
            strength=strength,
            known_history=known_history,
        ),
        segments=segment_table(n, sums, kinds, by_row, grid, level),
        angles=angle_table(n, sums, grid, level),
        moves=cell_table(n, sums, kinds, alphas, grid, level),
        accounts=accounts,
    )


def _steps(table: NDArray[np.int8], joined: _Joined) -> pd.arrays.IntegerArray:
    k = table.shape[1] - 2
    return pd.arrays.IntegerArray(table[joined.before, joined.after], (joined.before >= k) | (joined.after >= k))
