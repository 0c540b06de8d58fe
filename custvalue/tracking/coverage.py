"""Is there enough in the pipe, and how fast does it flow: coverage of what is still needed, and velocity."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, group_columns
from custvalue.frames.periods import AsOf, as_day, check_freq
from custvalue.kernels import sums_by_code
from custvalue.rules.labels import Label, Lang
from custvalue.tracking.arguments import MOST_MONEY, check_share, column_list, period_of
from custvalue.tracking.expected import expected_revenue
from custvalue.tracking.names import check_one_kind
from custvalue.tracking.probabilities import refuse_unknown_state
from custvalue.tracking.targets import TARGET_MISSING, read_targets
from custvalue.tracking.win_rates import win_rates

COVERAGE = (
    *("target", "won", "still_needed", "n_open", "open", "overdue", "n_unpriced", "coverage"),
    *("n_closed", "win_rate_closed", "low", "high", "open_needed", "open_needed_low", "open_needed_high"),
    *("note", "note_zh"),
)
VELOCITY = (
    *("n_open", "n_won", "win_rate_closed", "low", "high", "mean_won_amount", "cycle_days", "n_same_day"),
    *("n_open_longer", "velocity_per_day", "velocity_low", "velocity_high", "note", "note_zh"),
)
_COVERED, _NO_TARGET = Label("nothing is needed any more", "已达目标，无需更多"), Label("no target", "没有目标")
_TARGET_MISSING = Label(
    "a target is missing: fill it in, or drop its row; their sum is unknown", "有目标缺失，合计未知：请补填或删除该行"
)
_NO_CLOSED = Label("no closed deals: the win rate is unknown", "没有已结商机，赢单率未知")
_NO_WINS = Label("no deal was ever won here", "从未赢单")
_NO_PRICE = Label("no won deal has an amount", "赢单均无金额")
_NO_CYCLE = Label("no won deal has both dates", "没有赢单同时具备两个日期")
_SAME_DAY = Label(
    "all won deals with both dates were created on the day they were closed: the cycle is unknown",
    "所有具备两个日期的赢单均在成交当日创建，周期未知",
)
_CENSORED = Label(
    "cycle of won deals only; open deals, {n} of them older than that, are left out: a lower bound",
    "周期只含赢单；未结商机（其中{n}个已超过该周期）未计入，故为下限",
)
_NOTHING_OPEN = Label(
    "no open deals: nothing is left to flow, so the velocity is 0 at any win rate; the cycle is that of won deals",
    "没有未结商机：无可流动，任何赢单率下速度均为0；周期为赢单的周期",
)
_NOR_OPEN = Label("; and no deal is open", "；且没有未结商机")
_LEFT_OUT = Label(
    "; {n} won deals created on the day they were closed are left out of the cycle",
    "；{n}个在成交当日创建的赢单未计入周期",
)


def coverage(
    opportunities: Any,
    targets: Any,
    *,
    as_of: AsOf,
    period: str | None = None,
    freq: str = "Q-DEC",
    by: str | Sequence[str] = (),
    level: float = 0.95,
    target: str = "target",
    amount: str = "amount",
    outcome: str = "outcome",
    created: str = "created",
    expected_close: str = "expected_close",
    closed: str = "closed",
) -> pd.DataFrame:
    """Compare the open deals of a period with what is still needed to reach target, at the group's own win rate.

    ``still_needed = max(target − won, 0)``; ``coverage = open ÷ still_needed``;
    ``open_needed = still_needed ÷ win_rate_closed``.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity: ``amount`` (currency units), ``outcome``, ``expected_close``, and for the past
        ``created`` and ``closed``. No stage is needed.
    targets : frame or float
        One row per period and group with ``period``, the ``by`` columns and ``target`` (currency units; several rows
        are added up), or one number where ``by`` is empty.
    as_of : date
        The day on which the question is asked.
    period : str, optional
        The period's label, such as ``2026Q3``; by default the one that contains ``as_of``.
    freq : str
        pandas quarter or month frequency.
    by : str or sequence of str
        Columns to group by; the targets must have them too.
    level : float
        Level of the Wilson interval of the win rate, between 0 and 1.
    target, amount, outcome, created, expected_close, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per group that has a deal or a target, sorted by group (one row in all without ``by``): the ``by``
        columns, ``target``, ``won`` (in the period), ``still_needed``, ``n_open`` and ``open`` (due in the period,
        priced), ``overdue`` (open money past its expected close, not in ``open``), ``n_unpriced`` (open or won deals
        without an amount, in whatever period), ``coverage``, ``n_closed``, ``win_rate_closed`` with ``low`` and
        ``high`` (over all deals closed by ``as_of``), ``open_needed`` with ``open_needed_low`` (at the high win rate)
        and ``open_needed_high`` (at the low one; missing where that rate is 0), and ``note`` and ``note_zh`` (why a
        figure is missing, in English and Chinese).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or ``as_of``, ``period``, ``freq`` or ``level`` cannot be read.
        If a ``by`` column holds both texts and numbers, or is of another type in the targets.
        If a target's ``period`` is missing or no label of the calendar (``2026q3`` is spelt ``2026Q3``).
        If the one target given is missing or no number.
        If the frame holds events after ``as_of``: it then does not say where the deals stood on that day.

    Notes
    -----
    The win rate counts deals; where large ones are won less often, more is needed than it says. It is the chance of
    *ever* winning, so deals that slip out of the period come on top. Recent win rates are biased where losses take
    longer than wins. The usual rule of "three times coverage" is a win rate of one third, whoever sells.

    Examples
    --------
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"amount": [60.0, 10.0, 100.0], "outcome": ["won", "lost", None],
    ...                       "expected_close": pd.to_datetime(["2026-09-01", "2026-09-01", "2026-09-30"]),
    ...                       "closed": pd.to_datetime(["2026-09-01", "2026-09-01", None])})
    >>> coverage(deals, 110, as_of="2026-09-15")[["still_needed", "coverage", "win_rate_closed", "open_needed"]]
       still_needed  coverage  win_rate_closed  open_needed
    0          50.0       2.0              0.5        100.0
    """
    frame = to_pandas(opportunities)
    day = as_day(as_of)
    check_share("level", level)
    label = str(day.to_period(check_freq(freq)) if period is None else period_of(period, freq))
    check = FrameCheck(frame, "coverage")
    deals = deals_as_of(check, day, outcome=outcome, created=created, closed=closed)
    refuse_unknown_state(check, deals.state_unknown, as_of)
    check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    groups = group_columns(check, column_list("by", by), results=("period", *COVERAGE))
    check_one_kind(check, groups)
    check.done()
    wanted = read_targets(targets, label, frame, groups, target, freq)
    # The chance of winning has no part in this: any probability serves to have the deals sorted into periods.
    sure = frame.assign(**{_SURE: 1.0})
    rows = expected_revenue(
        sure,
        as_of=day,
        freq=freq,
        by=groups,
        probability=_SURE,
        by_period_end=None,
        amount=amount,
        outcome=outcome,
        created=created,
        expected_close=expected_close,
        closed=closed,
    )
    rates = win_rates(
        frame, as_of=day, by=groups, level=level, amount=amount, outcome=outcome, created=created, closed=closed
    )
    keys = groups or [_ALL]
    tables = [
        table.assign(**{_ALL: 0}).set_index(keys)
        for table in (
            rates.assign(n_closed=rates["n_won"] + rates["n_lost"])[
                [*groups, "n_closed", "win_rate_closed", "low", "high"]
            ],
            rows[rows["period"] == label][[*groups, "won", "n_open", "open"]],
            rows[rows["period"] == "overdue"][[*groups, "open"]].rename(columns={"open": "overdue"}),
            rows[rows["period"] == "unpriced"][[*groups, "n_deals"]].rename(columns={"n_deals": "n_unpriced"}),
            wanted,
        )
    ]
    result = pd.concat([table.drop(columns=_ALL, errors="ignore") for table in tables], axis=1).sort_index()
    result = result.reset_index().drop(columns=_ALL, errors="ignore")
    counts = dict.fromkeys(("n_open", "n_unpriced", "n_closed"), "int64")
    # A group without a deal in a row has none there: that is known, and zero.
    result = result.fillna(dict.fromkeys(("won", "open", "overdue", *counts), 0.0)).astype(counts)
    return _needed(result)[[*groups, *COVERAGE]]


_SURE, _ALL = "__sure__", "__all__"


def _needed(result: pd.DataFrame) -> pd.DataFrame:
    """Add what is still needed, and how much open amount that takes."""
    target, rate = result["target"], result["win_rate_closed"]
    needed = (target - result["won"]).clip(lower=0.0)
    notes = [
        (result[TARGET_MISSING].eq(True), _TARGET_MISSING),
        (target.isna(), _NO_TARGET),
        (needed == 0, _COVERED),
        (result["n_closed"] == 0, _NO_CLOSED),
        (rate == 0, _NO_WINS),
    ]
    texts = _notes(notes, [Label("", "")] * len(result))
    return result.assign(
        still_needed=needed,
        coverage=result["open"] / needed.where(needed > 0),
        open_needed=needed / rate.where(rate > 0),
        open_needed_low=needed / result["high"].where(result["high"] > 0),
        open_needed_high=needed / result["low"].where(result["low"] > 0),
        **texts,
    )


def _notes(reasons: list[tuple[Any, Label]], otherwise: list[Label]) -> "dict[str, pd.Series[Any]]":
    """Return the first reason that holds in each row, and what is said otherwise, in both languages."""
    masks = [np.asarray(mask, dtype=bool) for mask, _ in reasons]
    return {
        name: pd.Series(
            np.select(masks, [text.text(lang) for _, text in reasons], [text.text(lang) for text in otherwise]),
            dtype="str",
        )
        for name, lang in _LANGS.items()
    }


_LANGS: dict[str, Lang] = {"note": "en", "note_zh": "zh"}


def velocity(
    opportunities: Any,
    *,
    as_of: AsOf,
    by: str | Sequence[str] = (),
    level: float = 0.95,
    amount: str = "amount",
    outcome: str = "outcome",
    created: str = "created",
    closed: str = "closed",
) -> pd.DataFrame:
    """Say how much money a day flows out of the pipeline at the group's own win rate, deal size and cycle.

    ``velocity_per_day = n_open × win_rate_closed × mean_won_amount ÷ cycle_days``.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity: ``amount`` (currency units), ``outcome``, ``created`` and ``closed`` (dates).
    as_of : date
        The day on which the question is asked.
    by : str or sequence of str
        Columns to group by.
    level : float
        Level of the Wilson interval of the win rate, between 0 and 1.
    amount, outcome, created, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per group, sorted by group (one row in all without ``by``): the ``by`` columns, ``n_open``, ``n_won``,
        ``win_rate_closed``, ``low``, ``high``, ``mean_won_amount`` (currency, of the won deals that have an amount),
        ``cycle_days`` (mean days from ``created`` to ``closed`` of the won deals that have both, at least a day
        apart), ``n_same_day`` (won deals created on the day they were closed, which are left out of the cycle),
        ``n_open_longer`` (open deals that have already stood longer than that), ``velocity_per_day`` with
        ``velocity_low`` and ``velocity_high`` (currency a day, at the two ends of the win rate's interval), and
        ``note`` and ``note_zh`` (why a figure is missing or nil, or what it leaves out, in English and Chinese).
        Without open deals the velocity is 0, unless the other factors are not known.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or ``as_of`` or ``level`` cannot be read.
        If a won deal was closed before it was created.
        If the frame holds events after ``as_of``: it then does not say what was open on that day.

    Notes
    -----
    The cycle is that of deals already won: deals still open are censored and left out, and slow ones are among them, so
    ``cycle_days`` errs on the short side and the velocity on the high side; ``n_open_longer`` shows how far.
    A deal entered on the day it was won was booked afterwards: it says nothing of how long it took.
    The interval carries the uncertainty of the win rate only. Velocity compares groups or months; it is no forecast.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.to_datetime
    >>> deals = pd.DataFrame({"amount": [60.0, 10.0, 100.0], "outcome": ["won", "lost", None],
    ...                       "created": day(["2026-08-02", "2026-08-02", "2026-08-12"]),
    ...                       "closed": day(["2026-09-01", "2026-09-01", None])})
    >>> velocity(deals, as_of="2026-09-15")[["n_open", "cycle_days", "n_open_longer", "velocity_per_day"]]
       n_open  cycle_days  n_open_longer  velocity_per_day
    0       1        30.0              1               1.0
    """
    frame = to_pandas(opportunities)
    check = FrameCheck(frame, "velocity")
    day = as_day(as_of)
    check_share("level", level)
    check.require(created, "how long deals take")
    check.require(closed, "how long deals take")
    deals = deals_as_of(check, day, outcome=outcome, created=created, closed=closed)
    refuse_unknown_state(check, deals.state_unknown, as_of)
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    groups = group_columns(check, column_list("by", by), results=VELOCITY)
    cycle = np.where(deals.won, (deals.closed - deals.created).dt.days.to_numpy(dtype=float), np.nan)
    if closed in frame:
        check.fail_rows(
            "a deal is closed on the day it was created or later", closed, cycle < 0, "Correct one of the two dates."
        )
    check.done()
    rates = win_rates(
        frame, as_of=day, by=groups, level=level, amount=amount, outcome=outcome, created=created, closed=closed
    )
    alive = np.flatnonzero(~deals.created_later)
    number = np.full(len(frame), -1)
    if groups:
        grouped = frame[groups].iloc[alive].groupby(groups, observed=True, dropna=False, sort=True)
        number[alive] = grouped.ngroup().to_numpy()
    else:
        number[alive] = 0
    n = len(rates)

    def mean(values: np.ndarray) -> np.ndarray:
        known = ~np.isnan(values) & (number >= 0)
        sums = sums_by_code(number[known], values[known], n)
        count = np.bincount(number[known], minlength=n).astype(float)
        return sums / np.where(count > 0, count, np.nan)

    age = np.where(deals.open, (day - deals.created).dt.days.to_numpy(dtype=float), np.nan)
    mean_amount, cycle_days = mean(np.where(deals.won, amounts, np.nan)), mean(np.where(cycle > 0, cycle, np.nan))
    n_same_day = np.bincount(number[(cycle == 0) & (number >= 0)], minlength=n)
    longer = (age > cycle_days[number]) & (number >= 0) if n else np.zeros(len(frame), dtype=bool)
    n_longer = np.bincount(number[longer], minlength=n)
    flow = rates["n_open"].to_numpy(dtype=float) * mean_amount / cycle_days
    reasons = [
        (rates["n_won"] + rates["n_lost"] == 0, _NO_CLOSED),
        (rates["n_won"] == 0, _NO_WINS),
        (np.isnan(mean_amount), _NO_PRICE),
        (np.isnan(cycle_days) & (n_same_day > 0), _SAME_DAY),
        (np.isnan(cycle_days), _NO_CYCLE),
    ]
    # Where no deal is open either, the note says both.
    nothing_open = (rates["n_open"] == 0).to_numpy()
    reasons = [
        part
        for mask, text in reasons
        for part in (
            (np.asarray(mask) & nothing_open, Label(text.en + _NOR_OPEN.en, text.zh + _NOR_OPEN.zh)),
            (mask, text),
        )
    ]
    n_open = rates["n_open"].tolist()
    said = [_velocity_note(*counts) for counts in zip(n_open, n_longer.tolist(), n_same_day.tolist(), strict=True)]
    result = rates.assign(
        mean_won_amount=mean_amount,
        cycle_days=cycle_days,
        n_same_day=n_same_day,
        n_open_longer=n_longer,
        velocity_per_day=flow * rates["win_rate_closed"],
        velocity_low=flow * rates["low"],
        velocity_high=flow * rates["high"],
        **_notes(reasons, said),
    )
    return result[[*groups, *VELOCITY]]


def _velocity_note(n_open: int, n_longer: int, n_same_day: int) -> Label:
    """Return what the velocity of a group leaves out."""
    parts = [(_CENSORED if n_open else _NOTHING_OPEN, n_longer), *([(_LEFT_OUT, n_same_day)] if n_same_day else [])]
    return Label("".join(text.en.format(n=n) for text, n in parts), "".join(text.zh.format(n=n) for text, n in parts))
