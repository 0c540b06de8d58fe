"""Is there enough in the pipe, and how fast does it flow: coverage of what is still needed, and velocity."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, group_columns
from custvalue.frames.periods import AsOf, as_day, check_freq, parse_period
from custvalue.kernels import sums_by_code
from custvalue.rules.errors import is_number, refusal
from custvalue.tracking.expected import expected_revenue
from custvalue.tracking.probabilities import refuse_unknown_state
from custvalue.tracking.win_rates import win_rates

COVERAGE = (
    *("target", "won", "still_needed", "n_open", "open", "overdue", "n_unpriced", "coverage"),
    *("n_closed", "win_rate_closed", "low", "high", "open_needed", "open_needed_low", "open_needed_high", "note"),
)
VELOCITY = (
    *("n_open", "n_won", "win_rate_closed", "low", "high", "mean_won_amount", "cycle_days", "n_open_longer"),
    *("velocity_per_day", "velocity_low", "velocity_high", "note"),
)
_COVERED, _NO_TARGET = "nothing is needed any more", "no target"
_NO_CLOSED, _NO_WINS = "no closed deals: the win rate is unknown", "no deal was ever won here"
_NO_PRICE = "no won deal has an amount"
_NO_CYCLE = "no won deal has both dates"
_CENSORED = "cycle of won deals only; open deals, {n} of them older than that, are left out: a lower bound"


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
        and ``open_needed_high`` (at the low one; missing where that rate is 0), and ``note`` (why a figure is missing).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or ``as_of``, ``period``, ``freq`` or ``level`` cannot be read.
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
    label = str(parse_period(period, freq)) if period is not None else str(day.to_period(check_freq(freq)))
    check = FrameCheck(frame, "coverage")
    deals = deals_as_of(check, day, outcome=outcome, created=created, closed=closed)
    refuse_unknown_state(check, deals.state_unknown, as_of)
    groups = group_columns(check, by, results=("period", *COVERAGE))
    check.done()
    wanted = _targets(targets, label, frame, groups, target)
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


def _targets(targets: Any, label: str, deals: pd.DataFrame, groups: list[str], target: str) -> pd.DataFrame:
    """Return the targets of one period, one row per group."""
    if is_number(targets):
        if groups:
            raise refusal("one target cannot be shared out among groups", targets, f"Give a frame with {groups}.")
        if targets < 0:
            raise refusal("a target must be 0 or more", targets, "Give currency units.")
        return pd.DataFrame({target: [float(targets)]}).rename(columns={target: "target"})
    frame = to_pandas(targets)
    check = FrameCheck(frame, "coverage")
    amounts = check.numbers(target, low=0, purpose="what is to be won in the period")
    for name in ("period", *groups):
        there = check.require(name, "which target it is")
        if there and name in groups and len(frame) and len(deals) and not _alike(frame[name], deals[name]):
            shown = f"{frame[name].dtype} and {deals[name].dtype}"
            check.fail(f"{name} must be of one type in targets and opportunities", shown, "Convert one of them.")
    check.one_currency()
    check.done()
    mine = frame[groups].assign(target=amounts)[frame["period"].astype("str").to_numpy() == label]
    if not groups:
        total = mine["target"].sum(skipna=False) if len(mine) else np.nan
        return pd.DataFrame({"target": [float(total)]})
    # A target that is missing leaves its group's sum unknown.
    summed = mine.groupby(groups, observed=True, dropna=False, sort=True)[["target"]].sum(skipna=False)
    return pd.DataFrame(summed.reset_index())


def _alike(one: "pd.Series[Any]", other: "pd.Series[Any]") -> bool:
    """Say whether the names of two columns can be compared: both numbers, or neither."""
    return pd.api.types.is_numeric_dtype(one) == pd.api.types.is_numeric_dtype(other)


def _needed(result: pd.DataFrame) -> pd.DataFrame:
    """Add what is still needed, and how much open amount that takes."""
    target, rate = result["target"], result["win_rate_closed"]
    needed = (target - result["won"]).clip(lower=0.0)
    notes = [
        (target.isna(), _NO_TARGET),
        (needed == 0, _COVERED),
        (result["n_closed"] == 0, _NO_CLOSED),
        (rate == 0, _NO_WINS),
    ]
    return result.assign(
        still_needed=needed,
        coverage=result["open"] / needed.where(needed > 0),
        open_needed=needed / rate.where(rate > 0),
        open_needed_low=needed / result["high"].where(result["high"] > 0),
        open_needed_high=needed / result["low"].where(result["low"] > 0),
        note=pd.Series(np.select([mask for mask, _ in notes], [text for _, text in notes], ""), dtype="str"),
    )


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
        ``cycle_days`` (mean days from ``created`` to ``closed`` of the won deals that have both), ``n_open_longer``
        (open deals that have already stood longer than that), ``velocity_per_day`` with ``velocity_low`` and
        ``velocity_high`` (currency a day, at the two ends of the win rate's interval) and ``note``.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or ``as_of`` or ``level`` cannot be read.
        If the frame holds events after ``as_of``: it then does not say what was open on that day.

    Notes
    -----
    The cycle is that of deals already won: deals still open are censored and left out, and slow ones are among them, so
    ``cycle_days`` errs on the short side and the velocity on the high side; ``n_open_longer`` shows how far.
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
    check.require(created, "how long deals take")
    check.require(closed, "how long deals take")
    deals = deals_as_of(check, day, outcome=outcome, created=created, closed=closed)
    refuse_unknown_state(check, deals.state_unknown, as_of)
    amounts = check.numbers(amount, low=0, purpose="what the deal is worth")
    groups = group_columns(check, by, results=VELOCITY)
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

    cycle = np.where(deals.won, (deals.closed - deals.created).dt.days.to_numpy(dtype=float), np.nan)
    age = np.where(deals.open, (day - deals.created).dt.days.to_numpy(dtype=float), np.nan)
    mean_amount, cycle_days = mean(np.where(deals.won, amounts, np.nan)), mean(cycle)
    longer = (age > cycle_days[number]) & (number >= 0) if n else np.zeros(len(frame), dtype=bool)
    n_longer = np.bincount(number[longer], minlength=n)
    flow = rates["n_open"].to_numpy(dtype=float) * mean_amount / np.where(cycle_days > 0, cycle_days, np.nan)
    reasons = [
        (rates["n_won"] + rates["n_lost"] == 0, _NO_CLOSED),
        (rates["n_won"] == 0, _NO_WINS),
        (np.isnan(mean_amount), _NO_PRICE),
        (np.isnan(cycle_days), _NO_CYCLE),
    ]
    censored = [_CENSORED.format(n=count) for count in n_longer]
    result = rates.assign(
        mean_won_amount=mean_amount,
        cycle_days=cycle_days,
        n_open_longer=n_longer,
        velocity_per_day=flow * rates["win_rate_closed"],
        velocity_low=flow * rates["low"],
        velocity_high=flow * rates["high"],
        note=pd.Series(np.select([mask for mask, _ in reasons], [text for _, text in reasons], censored), dtype="str"),
    )
    return result[[*groups, *VELOCITY]]
