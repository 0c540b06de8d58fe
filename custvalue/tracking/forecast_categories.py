"""Forecast categories: the open deals of each period by how much they may be counted on, alone and rolled up."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, group_columns
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.periods import AsOf, as_day, check_freq
from custvalue.kernels.exact import exact_grid, on_grid
from custvalue.rules import playbook
from custvalue.rules.forecast_categories import FORECAST_CATEGORIES, ForecastCategories
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import MOST_MONEY, column_list
from custvalue.tracking.deal_rows import MONEY_UNKNOWN, period_key, row_labels
from custvalue.tracking.probabilities import P_MODEL, P_STAGE, read_chances, refuse_unknown_state

MEASURES = (*("n_deals", "n_unpriced", "amount", "cumulative_n_deals", "cumulative_n_unpriced", "cumulative_amount"),)


def forecast_categories(
    opportunities: Any,
    *,
    as_of: AsOf,
    freq: str = "Q-DEC",
    by: str | Sequence[str] = (),
    categories: ForecastCategories = FORECAST_CATEGORIES,
    ladder: Ladder = playbook.DEAL_HEAT,
    probability: str | None = P_STAGE,
    p_rep: str | None = None,
    p_model: str = P_MODEL,
    amount: str = "amount",
    stage: str = "stage",
    outcome: str = "outcome",
    created: str = "created",
    expected_close: str = "expected_close",
    closed: str = "closed",
) -> pd.DataFrame:
    """Sort each period's deals into forecast categories by probability, each alone and rolled up from the surest.

    ``cumulative_amount(category) = Σ amount`` over it and all surer ones: closed; closed + commit; and so on.

    Parameters
    ----------
    opportunities : frame
        As for :func:`custvalue.expected_revenue`.
    as_of : date
        The day on which the question is asked.
    freq : str
        pandas quarter or month frequency.
    by : str or sequence of str
        Columns to group by.
    categories : ForecastCategories
        The bands of probability and the category of what is won.
    ladder : Ladder
        The chance of ever winning by stage.
    probability, p_rep, p_model : str
        As for :func:`custvalue.expected_revenue`.
    amount, stage, outcome, created, expected_close, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per period, group and category (all categories, surest first) where a won or open deal stands, periods
        in time order and the rows set apart last: ``period``, the ``by`` columns, ``category`` (ordered categorical,
        least certain lowest), ``n_deals``, ``n_unpriced``, ``amount`` (currency, unweighted; missing where deals stand
        there and none has a price), and of it and all surer ones ``cumulative_n_deals``, ``cumulative_n_unpriced`` and
        ``cumulative_amount`` (over the priced deals; missing where deals stand there and none has a price). Lost deals
        stand nowhere.

    Raises
    ------
    ValueError
        As for :func:`custvalue.expected_revenue`.
        If the frame holds events after ``as_of``: it then does not say where the deals stood on that day.

    Notes
    -----
    An open deal at 100 % is committed, not won. Categories are no probabilities: a roll-up is an amount that *may*
    come, and no expected value. Overdue deals stand apart, never in the current period.

    References
    ----------
    The cuts are a library default: up to 40 % pipeline, above that best case, from 80 % commit.

    Examples
    --------
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"amount": [50.0, 70.0, 200.0], "stage": ["agreement", "agreement", "quotation"],
    ...                       "outcome": ["won", None, None],
    ...                       "expected_close": pd.to_datetime(["2026-09-01", "2026-09-30", "2026-09-30"]),
    ...                       "closed": pd.to_datetime(["2026-09-01", None, None])})
    >>> forecast_categories(deals, as_of="2026-09-15")[["period", "category", "amount", "cumulative_amount"]]
       period   category  amount  cumulative_amount
    0  2026Q3     closed    50.0               50.0
    1  2026Q3     commit    70.0              120.0
    2  2026Q3  best_case     0.0              120.0
    3  2026Q3   pipeline   200.0              320.0
    """
    frame = to_pandas(opportunities)
    day = as_day(as_of)
    check_freq(freq)
    check = FrameCheck(frame, "forecast_categories")
    check.rule("ladder", ladder, Ladder)
    check.rule("categories", categories, ForecastCategories)
    deals = deals_as_of(check, day, outcome=outcome, created=created, closed=closed)
    refuse_unknown_state(check, deals.state_unknown, as_of)
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    due = check.optional_dates(expected_close, usual="expected_close")
    chances = read_chances(
        check, probability=probability, ladder=ladder, stage=stage, p_rep=p_rep, p_model=p_model, needed=deals.open
    )
    groups = group_columns(check, column_list("by", by), results=("period", "category", *MEASURES))
    check.one_currency()
    check.done()

    bands = kernels.band_codes(
        chances.used, categories.open.cuts, categories.open.owned_by_upper, tolerance=kernels.ROUND_OFF
    )
    n_categories = len(categories.names)
    code = np.where(deals.won, n_categories - 1, bands).astype(np.int64)
    counted = np.flatnonzero(deals.won | deals.open)
    label = row_labels(deals, amounts, due, day, freq)
    known = ~np.isin(label, MONEY_UNKNOWN)
    keys = pd.concat([frame[groups].reset_index(drop=True), period_key(label)], axis=1).iloc[counted]
    grouped = keys.groupby([*groups, "period"], observed=True, dropna=False, sort=True)
    rows = grouped.head(1)
    number = grouped.ngroup().to_numpy()
    rows = rows.iloc[np.argsort(grouped.ngroup().loc[rows.index].to_numpy(), kind="stable")]
    n_rows = len(rows)
    cell = number * n_categories + code[counted]
    money = on_grid(np.where(known, amounts, 0.0), exact_grid(float(np.nansum(amounts))))[counted]
    shape = (n_rows, n_categories)
    size = n_rows * n_categories
    n_deals = np.bincount(cell, minlength=size).reshape(shape)[:, ::-1]
    n_unpriced = np.bincount(cell, weights=~known[counted], minlength=size).astype(np.int64).reshape(shape)[:, ::-1]
    total = kernels.sums_by_code(cell, money, size).reshape(shape)[:, ::-1]
    rolled_up, rolled_unpriced = np.cumsum(n_deals, axis=1), np.cumsum(n_unpriced, axis=1)
    unknown = (n_deals > 0) & (n_deals == n_unpriced)
    all_unknown = (rolled_up > 0) & (rolled_up == rolled_unpriced)
    result = rows.iloc[np.repeat(np.arange(n_rows), n_categories)].reset_index(drop=True)
    all_codes = np.tile(np.arange(n_categories)[::-1], n_rows)
    result = result.assign(
        period=result["period"].astype("str"),
        category=ordered_classes(all_codes, categories.names),
        n_deals=n_deals.ravel(),
        n_unpriced=n_unpriced.ravel(),
        amount=np.where(unknown, np.nan, total).ravel(),
        cumulative_n_deals=rolled_up.ravel(),
        cumulative_n_unpriced=rolled_unpriced.ravel(),
        cumulative_amount=np.where(all_unknown, np.nan, np.cumsum(total, axis=1)).ravel(),
    )
    return result[["period", *groups, "category", *MEASURES]]
