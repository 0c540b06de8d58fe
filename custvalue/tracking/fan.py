"""The fan: how the distribution of a period's revenue narrowed, from one snapshot of the pipeline to the next."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import OUTCOMES, WON, ladder_codes
from custvalue.frames.periods import check_freq
from custvalue.rules import playbook
from custvalue.rules.errors import raise_all
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import MOST_MONEY, period_of
from custvalue.tracking.distribution import revenue_distribution
from custvalue.tracking.names import unlike
from custvalue.tracking.revenue_parts import check_correlation

TAKEN_OVER = ("n_won", "won", "n_open", "open", "p10", "p50", "p90", "mean")
OVERDUE, UNDATED, UNPRICED = "overdue", "unscheduled", "unpriced"
FAN_TYPES = {
    "snapshot": "datetime64[us]",
    "period": "str",
    "correlation": "float64",
    **{name: "int64" if name.startswith("n_") else "float64" for name in TAKEN_OVER},
    "n_overdue": "int64",
    "overdue": "float64",
    "n_unscheduled": "int64",
    "n_unpriced": "int64",
}


def revenue_fan(
    snapshots: Any,
    opportunities: Any,
    *,
    correlation: float,
    period: str,
    ladder: Ladder = playbook.DEAL_HEAT,
    freq: str = "Q-DEC",
    opportunity: str = "opportunity",
    snapshot: str = "snapshot",
    stage: str = "stage",
    amount: str = "amount",
    expected_close: str = "expected_close",
    outcome: str = "outcome",
    closed: str = "closed",
) -> pd.DataFrame:
    """Return the distribution of a period's revenue as it stood on each snapshot day of the period.

    ``revenue = won so far + Σ amount × win`` over the snapshot's open deals, as :func:`revenue_distribution` has it.

    Parameters
    ----------
    snapshots : frame
        One row per snapshot day and open deal: ``snapshot`` (date), ``opportunity``, ``stage`` (of the ladder),
        ``amount`` (currency units, missing allowed), ``expected_close`` (date, missing allowed). Rows with an
        ``outcome`` are closed and passed over; the column may be absent.
    opportunities : frame
        One row per opportunity, of whatever later day: ``opportunity``, ``outcome``, ``closed``, ``amount``. From it
        comes what was won, and nothing that was closed after the snapshot.
    correlation : float
        Latent correlation of any two deals, 0 to below 1; 0 is the claim that deals are independent.
    period : str
        Label of the period, such as ``2026Q3``. Snapshots taken outside it are not looked at.
    ladder : Ladder
        The chance of winning by stage.
    freq : str
        pandas quarter or month frequency.
    opportunity, snapshot, stage, amount, expected_close, outcome, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per snapshot day in the period, oldest first: ``snapshot``, ``period``, ``correlation`` (latent),
        ``n_won``, ``won``, ``n_open``, ``open`` (due in the rest of the period), ``p10``, ``p50``, ``p90``, ``mean``
        (money in currency units), and what is not in them: ``n_overdue`` and ``overdue`` (open deals past their
        expected close), ``n_unscheduled``, ``n_unpriced`` (open deals without a date, without an amount).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, an amount is negative, or an outcome is neither won nor lost.
        If an open deal's stage is missing or not on the ladder, or a row of the snapshots has no day or no opportunity.
        If an opportunity occurs twice in a snapshot or among the opportunities.
        If ``correlation``, ``period`` or ``freq`` cannot be read.

    Notes
    -----
    A deal closed by the day of a snapshot counts as closed, also where the snapshot still holds it. What is won counts
    at the amount ``opportunities`` gives it: one corrected after the close is taken as corrected. Deals created later
    in the period, and overdue ones that close after all, are in no earlier row: a fan that drifts upward shows them,
    one that drifts downward shows deals that slip. It is no test of the probabilities: :func:`judge_forecasts` is.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.to_datetime
    >>> snapshots = pd.DataFrame({"snapshot": day(["2026-07-01", "2026-07-01", "2026-08-05"]),
    ...                           "opportunity": ["a", "b", "b"], "stage": ["trial", "quotation", "terms"],
    ...                           "amount": [100.0, 200.0, 200.0], "expected_close": day(["2026-08-01"] * 2
    ...                           + ["2026-09-01"])})
    >>> deals = pd.DataFrame({"opportunity": ["a", "b"], "outcome": ["won", "lost"], "amount": [90.0, 200.0],
    ...                       "closed": day(["2026-08-03", "2026-09-15"])})
    >>> fan = revenue_fan(snapshots, deals, correlation=0, period="2026Q3")
    >>> fan[["snapshot", "won", "open", "p10", "p90", "mean"]]
        snapshot   won   open   p10    p90   mean
    0 2026-07-01   0.0  300.0   0.0  300.0  160.0
    1 2026-08-05  90.0  200.0  90.0  290.0  210.0
    """
    check_freq(freq)
    span = period_of(period, freq)
    check_correlation(correlation, "revenue_fan")
    seen = _read_snapshots(
        FrameCheck(to_pandas(snapshots), "revenue_fan"),
        ladder,
        opportunity=opportunity,
        snapshot=snapshot,
        stage=stage,
        amount=amount,
        due=expected_close,
        outcome=outcome,
    )
    known = _read_closed(
        FrameCheck(to_pandas(opportunities), "revenue_fan"),
        opportunity=opportunity,
        amount=amount,
        outcome=outcome,
        closed=closed,
    )
    failures = seen.failures + known.failures
    ids = {"snapshots": seen.table["id"], "opportunities": known.table["id"]}
    raise_all("revenue_fan", failures or unlike(ids, opportunity))
    table = seen.table[seen.table["taken"].between(span.start_time, span.end_time)]
    rows = [
        _fan_row(day, rows, known.table, correlation=correlation, period=str(span), ladder=ladder, freq=freq)
        for day, rows in table.groupby("taken", sort=True)
    ]
    return pd.DataFrame(rows, columns=list(FAN_TYPES)).astype(FAN_TYPES)


class _Read:
    """A checked frame in fixed columns, and what was wrong with it."""

    def __init__(self, name: str, check: FrameCheck, table: pd.DataFrame) -> None:
        self.table = table
        self.failures = [f"{name}: {text}" for text in check.failures]


def _ids(check: FrameCheck, opportunity: str) -> "pd.Series[Any]":
    if not check.require(opportunity, "which deal it is"):
        return pd.Series(range(len(check.frame)), index=check.frame.index)
    ids: pd.Series[Any] = check.frame[opportunity]
    check.fail_rows("opportunity must not be missing", opportunity, ids.isna().to_numpy(), "Name the deal.")
    return ids


def _read_snapshots(
    check: FrameCheck,
    ladder: Ladder,
    *,
    opportunity: str,
    snapshot: str,
    stage: str,
    amount: str,
    due: str,
    outcome: str,
) -> _Read:
    check.rule("ladder", ladder, Ladder)
    ids = _ids(check, opportunity)
    taken = check.dates(snapshot, purpose="when the snapshot was taken")
    if snapshot in check.frame:
        check.fail_rows("a snapshot must have a day", snapshot, taken.isna().to_numpy(), "Say when it was taken.")
    is_open = check.choices(outcome, OUTCOMES) < 0 if check.has(outcome) else np.ones(len(check.frame), dtype=bool)
    codes = ladder_codes(check, stage, ladder, needed=is_open)
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    dues = check.dates(due, purpose="when the deal is due")
    check.one_currency()
    if opportunity in check.frame:
        whole = (taken.notna() & ids.notna()).to_numpy()
        copies = pd.DataFrame({"id": ids.array, "taken": taken.array}).duplicated().to_numpy() & whole
        check.fail_rows("an opportunity may occur once in a snapshot", opportunity, copies, "Drop the copies.")
    names = pd.array([*ladder.names], dtype="str").take(codes, allow_fill=True)
    columns = {"id": ids.array, "taken": taken.array, "stage": names, "amount": amounts, "expected_close": dues.array}
    return _Read("snapshots", check, pd.DataFrame(columns)[is_open])


def _read_closed(check: FrameCheck, *, opportunity: str, amount: str, outcome: str, closed: str) -> _Read:
    ids = _ids(check, opportunity)
    if opportunity in check.frame:
        copies = (ids.duplicated() & ids.notna()).to_numpy()
        check.fail_rows("an opportunity may occur once", opportunity, copies, "Drop the copies.")
    result = check.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    ended = check.dates(closed, purpose="when the deal was closed")
    check.one_currency()
    table = pd.DataFrame({"id": ids.array, "won": result == WON, "amount": amounts, "closed": ended.array})
    return _Read("opportunities", check, table[result >= 0])


def _fan_row(
    day: Any, rows: pd.DataFrame, known: pd.DataFrame, *, correlation: float, period: str, ladder: Ladder, freq: str
) -> dict[str, Any]:
    """Return one day's row: nothing closed later is looked at."""
    ended = known[known["closed"] <= day]
    won = ended[ended["won"]]
    still = rows[~rows["id"].isin(ended["id"]).to_numpy()]
    nobody = pd.Series(pd.NA, index=range(len(still) + len(won)), dtype="str")
    both = pd.concat([still.drop(columns=["id", "taken"]), won[["amount", "closed"]]], ignore_index=True)
    frame = both.assign(stage=both["stage"].astype("str"), outcome=nobody.mask(nobody.index >= len(still), "won"))
    found = revenue_distribution(frame, correlation=correlation, as_of=day, period=period, ladder=ladder, freq=freq)
    apart = found.left_out.set_index("reason")
    return {
        "snapshot": day,
        "period": period,
        "correlation": correlation,
        **{name: found.summary[name].iloc[0] for name in TAKEN_OVER},
        "n_overdue": apart.loc[OVERDUE, "n_open"],
        "overdue": apart.loc[OVERDUE, "open"],
        "n_unscheduled": apart.loc[UNDATED, "n_open"],
        "n_unpriced": apart.loc[UNPRICED, "n_open"],
    }
