"""The weighted pipeline: what is won, what is open, and what the open part is worth at the ladder's percentages."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, group_columns, ladder_codes
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.periods import AsOf, as_day, check_freq
from custvalue.kernels.exact import exact_grid, on_grid
from custvalue.rules import playbook
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import MOST_MONEY
from custvalue.tracking.deal_rows import MONEY_UNKNOWN, SET_APART, STATE_UNKNOWN, period_key, row_labels
from custvalue.tracking.probabilities import P_MODEL, P_STAGE, PROBABILITIES, read_chances, refuse_unknown_state

__all__ = ["STATE_UNKNOWN", "expected_revenue", "pipeline_by_stage"]

BY_PERIOD_END = "p_win_by_period_end"
TIMINGS = ("timing_model", "mixed", "expected_close")
MEASURES = ("n_deals", "n_won", "won", "n_open", "open", "expected_open", "forecast", "won_plus_open")
BY_SOURCE = tuple(f"expected_{name}" for name in PROBABILITIES)


def expected_revenue(
    opportunities: Any,
    *,
    as_of: AsOf,
    freq: str = "Q-DEC",
    by: str | Sequence[str] = (),
    ladder: Ladder = playbook.DEAL_HEAT,
    probability: str | None = P_STAGE,
    p_rep: str | None = None,
    p_model: str = P_MODEL,
    by_period_end: str | None = BY_PERIOD_END,
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
        Which chance of ever winning to use: ``"p_stage"`` (the ladder; also where None), ``"p_rep"`` (as the rep
        entered it), ``"p_model"``, or the name of any other column of probabilities (0–1).
    p_rep : str, optional
        The column of the rep's probability; ``p_rep`` if there is one, else ``probability``.
    p_model : str
        The column of a model's probability; may be absent.
    by_period_end : str, optional
        The column in which a model of timing gives each deal's chance of being won by the end of the period its
        expected close lies in (missing where it has none). Where it is there, a period's row uses it in place of the
        chance of *ever* winning; None uses it nowhere.
    amount, stage, outcome, created, expected_close, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per period and group that has a deal, sorted by group, periods in time order and the rows set apart
        last. Columns: ``period``, the ``by`` columns, ``n_deals`` (all deals of the row, lost ones included),
        ``n_won``, ``won``, ``n_open``, ``open``, ``expected_open``, ``forecast``, ``won_plus_open`` (money in currency
        units); ``expected_p_stage``, ``expected_p_rep``, ``expected_p_model`` (the open deals at each chance of ever
        winning, missing where one of them has none); ``n_at_its_word`` (open deals of a period whose expected close is
        taken at its word) and ``timing`` (ordered categorical: ``timing_model``, ``mixed``, ``expected_close``; missing
        in rows that are no period or hold no open deal). Every deal is in exactly one row, so ``n_deals`` adds up to
        the rows of the input. Closed deals stand in the period of ``closed``, open ones in that of ``expected_close``.
        Rows set apart, in this order of precedence:

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
    word, which flatters the near periods where dates slip; ``timing`` says where that was done. Lost deals count zero.
    An open deal at 100 % is not won.

    Sums reconcile to the last bit at every level of grouping: each deal's won, open and expected money is moved to the
    nearest point of one grid of binary fractions on which addition is exact (2⁻⁵² of the next power of two above the
    frame's total, for a total of 10⁹ a quarter of a millionth of a currency unit). Whole amounts are not changed by it.

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
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    due = check.optional_dates(expected_close, usual="expected_close")
    chances = read_chances(
        check, probability=probability, ladder=ladder, stage=stage, p_rep=p_rep, p_model=p_model, needed=deals.open
    )
    timed = np.full(len(frame), np.nan)
    if by_period_end is not None and check.may_use(by_period_end, usual=BY_PERIOD_END):
        timed = check.numbers(by_period_end, low=0, high=1)
    groups = group_columns(check, by, results=("period", *MEASURES, *BY_SOURCE, *_TIMING))
    check.one_currency()
    check.done()

    label = row_labels(deals, amounts, due, day, freq)
    is_open = deals.open | deals.state_unknown
    in_a_period = deals.open & ~np.isin(label, SET_APART)
    by_model = in_a_period & ~np.isnan(timed)
    chance = np.where(by_model, timed, chances.used)
    grid = exact_grid(float(np.nansum(amounts)))
    money = on_grid(np.where(np.isin(label, MONEY_UNKNOWN), np.nan, amounts), grid)

    def expected(chance: kernels.Floats) -> kernels.Floats:
        return np.where(is_open, on_grid(money * chance, grid), 0.0)

    pieces = pd.DataFrame(
        {
            "n_deals": 1,
            "n_won": deals.won.astype(np.int64),
            "won": np.where(deals.won, money, 0.0),
            "n_open": is_open.astype(np.int64),
            "open": np.where(is_open, money, 0.0),
            "expected_open": expected(chance),
            "n_at_its_word": (in_a_period & ~by_model).astype(np.int64),
        }
        | {f"expected_{name}": expected(getattr(chances, name)) for name in PROBABILITIES}
    )
    keys = [frame[name].set_axis(pieces.index) for name in groups]
    grouped = pieces.groupby([*keys, period_key(label)], observed=True, dropna=False, sort=True)
    # min_count would turn a row's unknown money into zero: skipna=False keeps it missing.
    result = grouped.sum(skipna=False).reset_index()
    result["period"] = result["period"].astype("str")
    result["forecast"] = result["won"] + result["expected_open"]
    result["won_plus_open"] = result["won"] + result["open"]
    result["timing"] = ordered_classes(_timing_codes(result), TIMINGS)
    return result[["period", *groups, *MEASURES, *BY_SOURCE, *_TIMING]]


_TIMING = ("n_at_its_word", "timing")


def _timing_codes(result: pd.DataFrame) -> np.ndarray:
    """Return which timing each row rests on; -1 where no expected close decides."""
    at_its_word, n_open = result["n_at_its_word"].to_numpy(), result["n_open"].to_numpy()
    codes = np.select([at_its_word == 0, at_its_word < n_open], [0, 1], default=2)
    return np.where(result["period"].isin(SET_APART) | (n_open == 0), -1, codes)


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
    refuse_unknown_state(check, deals.state_unknown, as_of)
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
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
