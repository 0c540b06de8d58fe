"""The customer lifecycle 潜在客户 → 新客户 → 老客户: states by period, moves between them, steps and their times."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.analysis.purchases import SalesLines, as_dates, day_number, purchase_days, sales_lines
from custvalue.analysis.states import Calendar, Deals, States, calendar, states
from custvalue.analysis.steps import steps
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import LOST, OUTCOMES
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.frames.periods import AsOf, as_day, check_freq
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.lifecycle import LIFECYCLE, LifecycleRules

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class CustomerLifecycle(Parts):
    """The answer of :func:`customer_lifecycle`.

    ``.periods`` counts, ``.moves`` from period to period, ``.steps`` with conversion and time, ``.accounts`` behind
    them, and in ``.left_out`` what could not be used.
    """

    periods: pd.DataFrame
    moves: pd.DataFrame
    steps: pd.DataFrame
    accounts: pd.DataFrame
    left_out: pd.DataFrame


def customer_lifecycle(
    sales: Any,
    opportunities: Any = None,
    *,
    as_of: AsOf,
    rules: LifecycleRules = LIFECYCLE,
    freq: str = "Q-DEC",
    history_start: AsOf | None = None,
    level: float = LEVEL,
    account: str = "account",
    date: str = "date",
    amount: str = "amount",
    created: str = "created",
    closed: str = "closed",
    outcome: str = "outcome",
) -> CustomerLifecycle:
    """Say which accounts are prospects, new, existing, returned or lapsed, period by period, and how they move on.

    At the end of a period (at ``as_of`` in the last one) an account that never bought is a ``prospect`` while an
    opportunity of it is not lost. One that bought is, by the first rule that holds: ``lapsed`` after
    ``rules.lapsed_quarters`` whole quarters without a purchase; ``returned`` for ``rules.returned_months`` after its
    first purchase since a lapse; ``new`` until ``rules.new_months`` after its first purchase; else ``existing``.

    Parameters
    ----------
    sales : frame
        One row per sales line: ``account``, ``date``, ``amount`` (currency units, returns negative). A purchase is a
        day with a line above zero.
    opportunities : frame, optional
        One row per opportunity: ``account``, ``created`` and ``closed`` (dates), ``outcome`` ("won", "lost", missing
        while open). Without it there are no prospects.
    as_of : date
        The day on which the question is asked, included. Nothing later is looked at.
    rules : LifecycleRules
        The durations.
    freq : str
        pandas quarter or month frequency.
    history_start : date, optional
        First day the sales lines cover; by default the first one that has a line.
    level : float
        Level of the intervals.
    account, date, amount, created, closed, outcome : str
        Column names; ``account`` is that of both frames.

    Returns
    -------
    CustomerLifecycle
        ``.periods``: a row for every period and state, in this order, and one with a missing state (returns only so
        far, or all opportunities lost): ``period``, ``state`` (ordered categorical), ``n``, ``n_left_truncated``,
        ``revenue`` (net, of the period), ``partial`` (the period is not over, or began before the data).
        ``.moves``: a row for each pair of states: ``from_state``, ``to_state``, ``n`` (accounts that went from one to
        the other between one period's end and the next, all pairs of periods added up), ``share_of_from``, with its
        Wilson interval ``low`` and ``high``.
        ``.steps``: see Notes; one row each for ``first_purchase`` (of prospects), ``second_purchase`` (of new
        customers) and ``return`` (of lapsed ones): ``n``, ``n_done``, ``n_failed``, ``n_open``, ``n_left_truncated``
        (not in n), ``rate_decided`` (done ÷ (done + failed)) with ``low`` and ``high``; ``within_year`` (share done
        within 365 days, Kaplan–Meier) with ``within_year_low``, ``within_year_high``; ``median_days``,
        ``median_low``, ``median_high`` (Kaplan–Meier; missing where not reached), ``note``.
        ``.accounts``: one row per account and period from its first line or opportunity on, sorted by both:
        ``account``, ``period``, ``state``, ``left_truncated``, ``revenue``.
        ``.left_out``: one row with the numbers of lines and opportunities without account or date, or later.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, an amount is infinite, or an outcome is neither won nor lost.
        If ``as_of``, ``freq`` or ``level`` cannot be read, or ``history_start`` lies after the first line or ``as_of``.

    Notes
    -----
    **The data begin somewhere.** An account whose first purchase lies in the first quarters may have bought before.
    Only a first purchase before which ``lapsed_quarters`` whole quarters lie in the data is called new; an earlier one
    is ``new_or_existing`` until the account is ``new_months`` older and existing either way. Prospects of these
    quarters may be former customers: both are flagged ``left_truncated``. A first purchase called new may still be the
    return of an account that lapsed before the data.

    **Steps.** ``first_purchase`` begins when a prospect's first opportunity was created, has failed when all its
    opportunities are lost, is open otherwise. ``second_purchase`` begins with a new customer's first purchase, has
    failed when the account lapsed without it. ``return`` begins when the account has lapsed and never fails (no
    ``rate_decided``). An open step is not a failed one: it is left out of ``rate_decided`` (which speaks of the quick
    ones only, while many are open) and censored at ``as_of`` in the Kaplan–Meier figures. There a failed one stays, not
    yet done, since it may still be: so ``within_year`` is the share of *all* that begin. The band is Greenwood's on the
    log(−log) scale. Accounts are taken as independent.

    A purchase on the day an opportunity is created counts as taking no time. Opportunities closed after ``as_of`` are
    open. With a lapse rule shorter than the new one, lapsed goes first.

    References
    ----------
    提升客户价值, 潜在客户 → 新客户 → 老客户. E. L. Kaplan and P. Meier (1958), J. Am. Stat. Assoc. 53.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.lifecycle import customer_lifecycle
    >>> sales = pd.DataFrame({
    ...     "account": ["A", "B", "B"],
    ...     "date": pd.to_datetime(["2024-01-02", "2025-02-01", "2025-08-01"]),
    ...     "amount": [100.0, 50.0, 70.0],
    ... })
    >>> found = customer_lifecycle(sales, as_of="2025-12-31", history_start="2024-01-01")
    >>> found.accounts.loc[found.accounts["period"] >= "2024Q4", ["account", "period", "state"]]
      account  period            state
    3       A  2024Q4  new_or_existing
    4       A  2025Q1           lapsed
    5       A  2025Q2           lapsed
    6       A  2025Q3           lapsed
    7       A  2025Q4           lapsed
    8       B  2025Q1              new
    9       B  2025Q2              new
    10      B  2025Q3              new
    11      B  2025Q4              new
    """
    day = as_day(as_of)
    check_freq(freq)
    frame = to_pandas(sales)
    check = FrameCheck(frame, "customer_lifecycle")
    check.rule("rules", rules, LifecycleRules)
    if not is_number(level) or not 0 < level < 1:
        raise refusal("level must lie between 0 and 1", level, "Write 95 % as 0.95.")
    lines = sales_lines(check, day, account=account, date=date, amount=amount)
    start = _start(check, lines, day, history_start)
    lines, deals, unused = _deals(check, lines, opportunities, day, account, (created, closed, outcome))
    check.done()
    when = calendar(start, day, freq, rules)
    bought = purchase_days(lines)
    first_line = np.full(len(lines.accounts), day_number(day) + 1)
    np.minimum.at(first_line, lines.code, lines.day)
    found = states(bought, deals, first_line, when, rules)
    revenue = kernels.sums_by_code(found.row(lines.code, when.place(lines.day)), lines.amount, found.code.size)
    table = pd.DataFrame(
        {
            account: lines.accounts.take(found.code),
            "period": pd.array(when.labels, dtype="str").take(found.period),
            "state": ordered_classes(found.state, rules.states),
            "left_truncated": found.left_truncated,
            "revenue": revenue,
        }
    )
    return CustomerLifecycle(
        periods=_periods(found, revenue, when, start, rules),
        moves=_moves(found, rules, level),
        steps=steps(bought, deals, when, level),
        accounts=table,
        left_out=pd.DataFrame({name: [count] for name, count in (lines.unused | unused).items()}),
    )


def _start(check: FrameCheck, lines: SalesLines, day: pd.Timestamp, history_start: AsOf | None) -> pd.Timestamp:
    """Return the first day of the data, after noting one that is given and cannot be."""
    first = as_dates(lines.day.min(keepdims=True))[0] if lines.day.size else day
    if history_start is None:
        return first
    given = as_day(history_start)
    if given > first:
        check.fail(
            "history_start must not lie after the first sales line or as_of",
            f"{given:%Y-%m-%d}, first {first:%Y-%m-%d}",
            "Leave earlier lines out, or give an earlier day.",
        )
        return first
    return given


def _deals(
    check: FrameCheck,
    lines: SalesLines,
    opportunities: Any,
    as_of: pd.Timestamp,
    account: str,
    columns: tuple[str, str, str],
) -> tuple[SalesLines, Deals, dict[str, int]]:
    """Return the opportunities that can be placed, and the lines with their accounts coded among those of both."""
    empty = np.zeros(0, dtype=np.int64)
    counts = {"n_opportunities_unnamed": 0, "n_opportunities_undated": 0, "n_opportunities_later": 0}
    if opportunities is None:
        return lines, Deals(empty, empty, empty), counts
    created, closed, outcome = columns
    other = FrameCheck(to_pandas(opportunities), "customer_lifecycle")
    begun = other.dates(created, purpose="when the opportunity began")
    ended = other.optional_dates(closed, usual="closed")
    result = other.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
    named = other.require(account, "whose opportunity it is")
    check.failures += [f"opportunities: {text}" for text in other.failures]
    if check.failures or not named:
        return lines, Deals(empty, empty, empty), counts
    names = other.frame[account]
    if len(lines.accounts) and names.notna().any() and _is_text(names) != _is_text(lines.accounts):
        check.fail(
            "accounts must be written alike in both frames",
            f"{lines.accounts.dtype} in sales, {names.dtype} in opportunities",
            "Convert one of them, for instance with .astype('str').",
            f"column {account!r}",
        )
        return lines, Deals(empty, empty, empty), counts
    if isinstance(names.dtype, pd.CategoricalDtype):
        names = names.astype(names.dtype.categories.dtype)
    both = lines.accounts.union(pd.Index(names.dropna().unique())) if names.notna().any() else lines.accounts
    code = np.where(names.isna().to_numpy(), -1, both.get_indexer(pd.Index(names)))
    undated = begun.isna().to_numpy() | ((result == LOST) & ended.isna().to_numpy())
    later = (begun > as_of).to_numpy() & ~undated
    counts["n_opportunities_unnamed"] = int((code < 0).sum())
    counts["n_opportunities_undated"] = int((undated & (code >= 0)).sum())
    counts["n_opportunities_later"] = int((later & (code >= 0)).sum())
    used = (code >= 0) & ~undated & ~later
    never = day_number(as_of) + 1
    lost = np.where(result == LOST, ended.to_numpy().astype("datetime64[D]").astype(np.int64), never)
    recoded = both.get_indexer(lines.accounts)[lines.code] if lines.code.size else lines.code
    return (
        SalesLines(both, recoded.astype(np.int64), lines.day, lines.amount, lines.unused),
        Deals(
            code[used].astype(np.int64),
            begun.to_numpy().astype("datetime64[D]").astype(np.int64)[used],
            np.minimum(lost, never)[used],
        ),
        counts,
    )


def _is_text(names: Any) -> bool:
    dtype = names.dtype.categories.dtype if isinstance(names.dtype, pd.CategoricalDtype) else names.dtype
    return not pd.api.types.is_numeric_dtype(dtype)


def _periods(
    found: States, revenue: kernels.Floats, when: Calendar, start: pd.Timestamp, rules: LifecycleRules
) -> pd.DataFrame:
    """Return number and revenue of every state in every period."""
    n_states, n_periods = len(rules.states) + 1, len(when.labels)
    place = found.period * n_states + np.where(found.state < 0, n_states - 1, found.state)
    size = n_periods * n_states
    partial = np.zeros(n_periods, dtype=bool)
    partial[0] = day_number(start) > when.first_day[0]
    partial[-1] |= not when.last_is_whole
    state = np.tile(np.append(np.arange(n_states - 1), kernels.MISSING_CODE), n_periods)
    return pd.DataFrame(
        {
            "period": pd.array(when.labels, dtype="str").take(np.repeat(np.arange(n_periods), n_states)),
            "state": ordered_classes(state, rules.states),
            "n": np.bincount(place, minlength=size),
            "n_left_truncated": np.bincount(place[found.left_truncated], minlength=size),
            "revenue": kernels.sums_by_code(place, revenue, size),
            "partial": np.repeat(partial, n_states),
        }
    )


def _moves(found: States, rules: LifecycleRules, level: float) -> pd.DataFrame:
    """Return how many accounts went from each state to each between neighbouring periods."""
    n_states = len(rules.states)
    # Only the last period of the data may be cut short; a move into it is a move seen so far.
    pair = (found.code[1:] == found.code[:-1]) & (found.state[1:] >= 0) & (found.state[:-1] >= 0)
    move = found.state[:-1][pair].astype(np.int64) * n_states + found.state[1:][pair]
    n = np.bincount(move, minlength=n_states * n_states).reshape(n_states, n_states)
    of = np.repeat(n.sum(axis=1), n_states).astype(np.float64)
    count = n.ravel().astype(np.float64)
    low, high = kernels.wilson_interval(count, of, level)
    return pd.DataFrame(
        {
            "from_state": ordered_classes(np.repeat(np.arange(n_states), n_states), rules.states),
            "to_state": ordered_classes(np.tile(np.arange(n_states), n_states), rules.states),
            "n": n.ravel(),
            "share_of_from": np.divide(count, of, out=np.full(of.size, np.nan), where=of > 0),
            "low": low,
            "high": high,
        }
    )
