"""The share of an account's business that we hold: the trailing year's revenue by the potential per year."""

import re
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import nullable_booleans
from custvalue.frames.periods import last_periods, parse_period, periods_per_year

REVENUE_YEAR = "revenue_year"
# 2026Q3, 2026-Q3, 2026-07, 202607, 2026H2: a label of a part of a year.
_PART_OF_A_YEAR = re.compile(r"\d{4}-?([QqHh][1-4]|[Mm]?\d{2})")


def check_whole_year(check: FrameCheck, revenue: str, remedy: str) -> None:
    """Note revenue of quarters or months where that of a year is needed; ``revenue_year`` is taken at its word."""
    if revenue == REVENUE_YEAR or revenue not in check.frame or not check.has("period"):
        return
    labels = check.frame["period"].dropna().unique()
    part = next((str(label) for label in labels if _PART_OF_A_YEAR.fullmatch(str(label).strip())), None)
    if part is not None:
        check.fail("revenue must be that of a whole year", f"period {part!r}", remedy, f"column {revenue!r}")


def current_share(
    accounts: Any,
    *,
    period: str | None = None,
    freq: str = "Q-DEC",
    revenue: str = "revenue",
    potential: str = "potential",
    account: str = "account",
) -> pd.DataFrame:
    """Add the share of its potential that each account already gives us.

    ``current_share = revenue of the trailing year ÷ potential per year``, and 0 where returns outweigh sales.

    Parameters
    ----------
    accounts : frame
        Without ``period`` one row per account, whose ``revenue`` is that of the trailing year (currency): in a frame
        whose ``period`` column holds quarters or months it must be named ``revenue_year``. With ``period`` one
        row per ``account`` and ``period``, whose revenue is that of the period. ``potential`` is per year (currency, 0
        or more). Missing values are allowed.
    period : str, optional
        The last period of the trailing year, such as ``2026Q3``: revenue is added up over the four quarters (twelve
        months) that end with it, and the rows of this period are returned.
    freq : str
        The calendar of ``period``.
    revenue, potential, account : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        The accounts (of the period) in their own order and index with ``revenue_year`` (currency), ``current_share``
        (fraction) and ``potential_too_low`` (boolean: more revenue than potential, so the potential is wrong) added.
        The share is missing where the potential is missing or 0, or revenue is missing in a period of the year.

    Raises
    ------
    ValueError
        If a column is missing or not a number, a potential is negative, or an account has two rows for a period.
        If no ``period`` is given and the frame's periods are quarters or months.

    Notes
    -----
    A customer of less than a year has no row for the first periods, so its share is missing rather than too low: write
    revenue 0 for periods in which nothing was bought.

    References
    ----------
    The share held is the share of wallet of the trade; the lecture's is the share that may be won.

    Examples
    --------
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({"revenue": [6e5, 3e6, 1e5], "potential": [2e6, 2e6, None]})
    >>> current_share(accounts)[["current_share", "potential_too_low"]]
       current_share  potential_too_low
    0            0.3              False
    1            1.5               True
    2            NaN               <NA>
    """
    frame = to_pandas(accounts)
    check = FrameCheck(frame, "current_share")
    sold = check.numbers(revenue, purpose="revenue")
    potentials = check.numbers(potential, low=0, purpose="business per year")
    check.one_currency()
    if period is None:
        check_whole_year(
            check,
            revenue,
            f"Pass period= (such as '2026Q3') so that the trailing year is added up, or revenue={REVENUE_YEAR!r} if it "
            "has been.",
        )
    else:
        last = parse_period(period, freq)
        has_keys = check.require(account, "whose revenue it is") and check.require("period", "when it was earned")
        if has_keys:
            repeated = frame.duplicated([account, "period"]).to_numpy() & frame[account].notna().to_numpy()
            check.fail_rows("an account has one row per period", account, repeated, "Add its rows up first.")
        check.done()
        n_periods = periods_per_year(freq)
        within = frame["period"].astype(str).isin(last_periods(last, n_periods)).to_numpy()
        year = pd.Series(sold[within]).groupby(frame[account].to_numpy()[within]).sum(min_count=n_periods)
        chosen = (frame["period"].astype(str) == str(last)).to_numpy()
        frame, potentials = frame[chosen], potentials[chosen]
        sold = np.asarray(frame[account].map(year), dtype=np.float64)
    check.done()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(potentials > 0, np.maximum(sold, 0.0) / potentials, np.nan)
    unknown = np.isnan(sold) | np.isnan(potentials)
    too_low = sold > potentials * (1 + kernels.ROUND_OFF)
    return frame.assign(revenue_year=sold, current_share=share, potential_too_low=nullable_booleans(too_low, unknown))
