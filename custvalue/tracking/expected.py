"""The weighted pipeline: what is won, what is open, and what the open part is worth at the ladder's percentages."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import DealsAsOf, deals_as_of, group_columns, ladder_codes, ladder_probability
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.periods import AsOf, as_day, check_freq, period_labels
from custvalue.rules import playbook
from custvalue.rules.ladder import Ladder

OVERDUE, UNSCHEDULED, UNPRICED = "overdue", "unscheduled", "unpriced"
STATE_UNKNOWN, CREATED_LATER = "state_unknown", "created_after_as_of"
MEASURES = ("n_deals", "n_won", "won", "n_open", "open", "expected_open", "forecast", "won_plus_open")
SET_APART = (OVERDUE, UNSCHEDULED, UNPRICED, STATE_UNKNOWN, CREATED_LATER)


def expected_revenue(
    opportunities: Any,
    *,
    as_of: AsOf,
    freq: str = "Q-DEC",
    by: str | Sequence[str] = (),
    ladder: Ladder = playbook.DEAL_HEAT,
    probability: str | None = None,
    amount: str = "amount",
    stage: str = "stage",
    outcome: str = "outcome",
    created: str = "created",
    expected_close: str = "expected_close",
    closed: str = "closed",
) -> pd.DataFrame:
    """Add up won revenue and the probability-weighted open pipeline, period by period.

    ``expected_open = Σ probability × amount`` over open deals; ``forecast = won + expected_open``.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity: ``amount`` (whole currency units, missing allowed), ``stage`` (a stage of the ladder
        where the deal is open), ``outcome`` ("won", "lost", missing while open), and dates ``created``,
        ``expected_close``, ``closed`` (each may be missing; a column that is absent counts as all missing).
    as_of : date
        The day on which the question is asked. Nothing later is looked at.
    freq : str
        pandas quarter or month frequency, ``"Q-DEC"`` for calendar quarters.
    by : str or sequence of str
        Columns to group by, for instance ``"owner"``.
    ladder : Ladder
        The chance of ever winning by stage.
    probability : str, optional
        A column of probabilities (0–1) to use instead of the ladder.
    amount, stage, outcome, created, expected_close, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per period and group that has a deal, sorted by group, periods in time order and the rows set apart
        last. Columns: ``period``, the ``by`` columns, ``n_deals`` (all deals of the row, lost ones included),
        ``n_won``, ``won``, ``n_open``, ``open``, ``expected_open``, ``forecast``, ``won_plus_open`` (money in currency
        units). Every deal is in exactly one row, so ``n_deals`` adds up to the rows of the input. Closed deals stand in
        the period of ``closed``, open ones in that of ``expected_close``. Rows set apart, in this order of precedence:

        - ``created_after_as_of``: deals that did not exist on the day; they count in ``n_deals`` only.
        - ``state_unknown``: deals open on the day, where the frame holds later events (a deal created or closed after
          ``as_of``). Stage, amount and expected close may have changed since, so their money is missing; a snapshot
          taken on the day would say.
        - ``unpriced``: won or open without an amount; money missing.
        - ``unscheduled``: without an expected close (open) or a close date (closed).
        - ``overdue``: open with an expected close before ``as_of``.

    Raises
    ------
    ValueError
        If a needed column is missing or of a wrong type, or ``as_of`` or ``freq`` cannot be read.
        If an amount is negative, a probability lies outside 0–1, or an outcome is neither won nor lost.
        If an open deal's stage is missing or not on the ladder.

    Notes
    -----
    The ladder is the chance of *ever* winning. Without a model of timing a period's row takes the expected close at its
    word, which flatters the near periods where dates slip. Lost deals count zero. An open deal at 100 % is not won.

    References
    ----------
    提升客户价值, deal heat 成交热度.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> deals = pd.DataFrame({
    ...     "amount": [100.0, 200.0, 50.0, 80.0],
    ...     "stage": ["agreement", "quotation", "trial", "terms"],
    ...     "outcome": ["won", None, None, "lost"],
    ...     "expected_close": pd.to_datetime(["2026-08-01", "2026-11-15", "2026-09-01", "2026-09-20"]),
    ...     "closed": pd.to_datetime(["2026-08-03", None, None, "2026-09-20"]),
    ... })
    >>> cv.expected_revenue(deals, as_of="2026-09-30")[["period", "won", "n_open", "expected_open", "forecast"]]
        period    won  n_open  expected_open  forecast
    0   2026Q3  100.0       0            0.0     100.0
    1   2026Q4    0.0       1           80.0      80.0
    2  overdue    0.0       1           40.0      40.0
    """
    frame = to_pandas(opportunities)
    day = as_day(as_of)
    check_freq(freq)
    check = FrameCheck(frame, "expected_revenue")
    check.rule("ladder", ladder, Ladder)
    deals = deals_as_of(check, day, outcome=outcome, created=created, closed=closed)
    amounts = check.numbers(amount, low=0, purpose="what the deal is worth")
    due = check.optional_dates(expected_close, usual="expected_close")
    chance = (
        check.numbers(probability, low=0, high=1)
        if probability is not None
        else ladder_probability(check, stage, ladder, needed=deals.open)
    )
    if probability is not None and probability in frame:
        check.fail_rows(
            "open deals need a probability",
            probability,
            np.isnan(chance) & deals.open,
            "Fill it in, or use the ladder.",
        )
    groups = group_columns(check, by, results=("period", *MEASURES))
    check.one_currency()
    check.done()

    label = _row_labels(deals, amounts, due, day, freq)
    unknown_money = np.isin(label, (UNPRICED, STATE_UNKNOWN, CREATED_LATER))
    is_open = deals.open | deals.state_unknown
    money = np.where(unknown_money, np.nan, amounts)
    pieces = pd.DataFrame(
        {
            "n_deals": 1,
            "n_won": deals.won.astype(np.int64),
            "won": np.where(deals.won, money, 0.0),
            "n_open": is_open.astype(np.int64),
            "open": np.where(is_open, money, 0.0),
            "expected_open": np.where(is_open, money * chance, 0.0),
        }
    )
    order = sorted(set(label) - set(SET_APART)) + [name for name in SET_APART if name in set(label)]
    keys = [frame[name].set_axis(pieces.index) for name in groups]
    period = pd.Series(pd.Categorical(label, categories=order, ordered=True), name="period")
    grouped = pieces.groupby([*keys, period], observed=True, dropna=False, sort=True)
    # min_count would turn a row's unknown money into zero: skipna=False keeps it missing.
    result = grouped.sum(skipna=False).reset_index()
    result["period"] = result["period"].astype("str")
    result["forecast"] = result["won"] + result["expected_open"]
    result["won_plus_open"] = result["won"] + result["open"]
    return result[["period", *groups, *MEASURES]]


def _row_labels(
    deals: DealsAsOf, amounts: np.ndarray, due: "pd.Series[Any]", day: pd.Timestamp, freq: str
) -> np.ndarray:
    """Return the row each deal belongs to: its period, or the first reason to set it apart."""
    date = due.where(deals.open, deals.closed)
    unscheduled = date.isna().to_numpy()
    overdue = deals.open & (due < day).to_numpy()
    return np.select(
        [deals.created_later, deals.state_unknown, np.isnan(amounts) & ~deals.lost, unscheduled, overdue],
        [CREATED_LATER, STATE_UNKNOWN, UNPRICED, UNSCHEDULED, OVERDUE],
        default=period_labels(date, freq).to_numpy(dtype=object, na_value=""),
    )


def pipeline_by_stage(
    opportunities: Any,
    *,
    as_of: AsOf,
    ladder: Ladder = playbook.DEAL_HEAT,
    amount: str = "amount",
    stage: str = "stage",
    outcome: str = "outcome",
    created: str = "created",
    closed: str = "closed",
) -> pd.DataFrame:
    """Count the open deals on each stage of the ladder, with their amounts and expected value.

    Parameters
    ----------
    opportunities : frame
        As for :func:`expected_revenue`.
    as_of : date
        The day on which the question is asked.
    ladder : Ladder
        Stage names and their chances of ever winning.
    amount, stage, outcome, created, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per stage of the ladder, all stages, in selling order: ``stage`` (ordered categorical), ``probability``,
        ``n_open``, ``n_unpriced`` (open deals without an amount), ``open`` and ``expected_open`` (currency, over the
        priced deals; missing where deals stand there and none has a price).

    Raises
    ------
    ValueError
        As for :func:`expected_revenue`.
        If the frame holds events after ``as_of``: it then does not say where the deals stood on that day.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> deals = pd.DataFrame({"amount": [200.0, None], "stage": ["quotation", "trial"], "outcome": [None, None]})
    >>> cv.pipeline_by_stage(deals, as_of="2026-09-30")["expected_open"].tolist()
    [0.0, 80.0, 0.0, nan, 0.0, 0.0]
    """
    frame = to_pandas(opportunities)
    check = FrameCheck(frame, "pipeline_by_stage")
    check.rule("ladder", ladder, Ladder)
    deals = deals_as_of(check, as_day(as_of), outcome=outcome, created=created, closed=closed)
    check.one_currency()
    if deals.state_unknown.any():
        check.fail(
            "the frame must be as it stood on as_of",
            f"{int(deals.state_unknown.sum())} deals open on {as_day(as_of):%Y-%m-%d} and later events",
            "Pass a snapshot taken that day, or the day of the export as as_of.",
        )
    amounts = check.numbers(amount, low=0, purpose="what the deal is worth")
    codes = ladder_codes(check, stage, ladder, needed=deals.open)
    check.done()
    codes = codes[deals.open]
    values = amounts[deals.open]
    priced = ~np.isnan(values)
    n = len(ladder.names)
    n_open = np.bincount(codes, minlength=n)
    n_priced = np.bincount(codes[priced], minlength=n)
    money = kernels.sums_by_code(codes[priced], values[priced], n)
    money[(n_open > 0) & (n_priced == 0)] = np.nan
    chance = np.array(ladder.probabilities)
    return pd.DataFrame(
        {
            "stage": ordered_classes(np.arange(n), ladder.names),
            "probability": chance,
            "n_open": n_open,
            "n_unpriced": n_open - n_priced,
            "open": money,
            "expected_open": money * chance,
        }
    )
