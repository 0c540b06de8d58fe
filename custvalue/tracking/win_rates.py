"""How often deals are won, with both denominators side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, group_columns
from custvalue.frames.periods import AsOf, as_day
from custvalue.tracking.arguments import MOST_MONEY, check_share

MEASURES = ("n", "n_won", "n_lost", "n_open", "won", "n_won_unpriced", "win_rate_closed", "low", "high", "win_rate_all")


def win_rates(
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
    """Count won, lost and open deals and give the win rate of the closed and of all, with an interval.

    ``win_rate_closed = won ÷ (won + lost)``; ``win_rate_all = won ÷ all deals created by as_of``.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity with ``outcome`` ("won", "lost", missing while open) and ``amount`` (missing allowed).
    as_of : date
        The day on which the question is asked; deals created later are left out, deals closed later count as open.
    by : str or sequence of str
        Columns to group by.
    level : float
        Level of the Wilson interval, between 0 and 1.
    amount, outcome, created, closed : str
        Column names; the dates may be absent.

    Returns
    -------
    pandas.DataFrame
        One row per group (one row in all without ``by``), sorted by group: the ``by`` columns, ``n``, ``n_won``,
        ``n_lost``, ``n_open``, ``won`` (currency, over the won deals that have an amount), ``n_won_unpriced``,
        ``win_rate_closed``, ``low``, ``high`` (its interval) and ``win_rate_all``. Rates without a denominator are
        missing.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, an outcome is neither won nor lost, or ``level`` is outside 0–1.

    Notes
    -----
    Where losses close at another pace than wins, ``win_rate_closed`` of recent deals is biased, and ``win_rate_all``
    counts open deals as if they were not won. The interval takes deals as independent.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> deals = pd.DataFrame({"amount": [5.0, 7.0, 0.0, None], "outcome": ["won", "won", "lost", None]})
    >>> cv.win_rates(deals, as_of="2026-09-30")[["n", "won", "win_rate_closed", "win_rate_all"]].round(3)
       n   won  win_rate_closed  win_rate_all
    0  4  12.0            0.667           0.5
    """
    check_share("level", level)
    frame = to_pandas(opportunities)
    check = FrameCheck(frame, "win_rates")
    deals = deals_as_of(check, as_day(as_of), outcome=outcome, created=created, closed=closed)
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    groups = group_columns(check, by, results=MEASURES)
    check.one_currency()
    check.done()
    pieces = pd.DataFrame(
        {
            "n": 1,
            "n_won": deals.won.astype(np.int64),
            "n_lost": deals.lost.astype(np.int64),
            "n_open": (deals.open | deals.state_unknown).astype(np.int64),
            "won": np.where(deals.won, np.nan_to_num(amounts), 0.0),
            "n_won_unpriced": (deals.won & np.isnan(amounts)).astype(np.int64),
        }
    )[~deals.created_later]
    keys = [frame[name].set_axis(range(len(frame)))[~deals.created_later] for name in groups]
    if groups:
        result = pieces.groupby(keys, observed=True, dropna=False, sort=True).sum().reset_index()
    else:
        result = pieces.sum().to_frame().T.astype(pieces.dtypes)
    n_closed = (result["n_won"] + result["n_lost"]).to_numpy(dtype=float)
    n_won = result["n_won"].to_numpy(dtype=float)
    low, high = kernels.wilson_interval(n_won, n_closed, level)
    everything = np.where(result["n"] > 0, result["n"], np.nan)
    return result.assign(
        win_rate_closed=n_won / np.where(n_closed > 0, n_closed, np.nan),
        low=low,
        high=high,
        win_rate_all=n_won / everything,
    )
