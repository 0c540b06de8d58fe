"""Buying patterns: how often and how regularly each account buys, its trend and season, and who is overdue."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.analysis.overdue import Rhythm, Waits, rhythms, waits
from custvalue.analysis.purchases import DAYS_PER_YEAR, SalesLines, as_dates, day_number, purchase_days, sales_lines
from custvalue.analysis.trends import Seasons, Trends, seasons, trends
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import nullable_booleans, nullable_integers
from custvalue.frames.parts import Parts
from custvalue.frames.periods import MONTHS_PER_YEAR, AsOf, as_day
from custvalue.kernels.discoveries import benjamini_hochberg
from custvalue.kernels.rhythm import SD_LOG_SHAPE, Pool
from custvalue.rules.errors import is_number, refusal

MIN_PURCHASES = 3
MIN_SPAN_DAYS = 90
FDR = 0.1
LEVEL = 0.95
FEWEST = 2
# So near an end the search has stopped at it.
NEAR_END = 1e-3
NEVER_BOUGHT = "no purchase: returns only"


@dataclass(frozen=True, slots=True)
class BuyingPattern(Parts):
    """The answer of :func:`buying_pattern`: ``.accounts`` row by row, and the ``.pool`` they were judged by."""

    accounts: pd.DataFrame
    pool: pd.DataFrame


def buying_pattern(
    sales: Any,
    *,
    as_of: AsOf,
    min_purchases: int = MIN_PURCHASES,
    min_span_days: float = MIN_SPAN_DAYS,
    fdr: float = FDR,
    level: float = LEVEL,
    account: str = "account",
    date: str = "date",
    amount: str = "amount",
) -> BuyingPattern:
    """Describe how each account buys, and find those that are overdue by their own rhythm.

    ``p_gap_this_long = P(wait ≥ days since the last purchase | the account's gaps, still active)``; an account is
    overdue where its p-value is rejected at the false discovery rate ``fdr`` (Benjamini and Hochberg) and the wait is
    longer than its mean gap. Judged is who has ``min_purchases`` purchase days or more, ``min_span_days`` or more from
    the first to the last.

    Parameters
    ----------
    sales : frame
        One row per sales line: ``account`` (text or whole numbers), ``date``, ``amount`` (currency units; returns and
        credit notes negative). Lines without account or date, or after ``as_of``, are counted and left out.
    as_of : date
        The day on which the question is asked, its own purchases included. Nothing later is looked at.
    min_purchases : int
        Accounts with fewer purchase days are not judged (2 or more).
    min_span_days : float
        Accounts whose history, from the first purchase to the last, is shorter are not judged (days, 0 or more): the
        orders of an onboarding week are no rhythm yet.
    fdr : float
        Share of the accounts called overdue that may, on average, only be waiting, between 0 and 1.
    level : float
        Level of the interval of the trend.
    account, date, amount : str
        Column names.

    Returns
    -------
    BuyingPattern
        ``.accounts``: one row per account, the overdue ones first by ``rank``, then the others by name: ``account``;
        ``n_purchases`` (distinct days with a line above zero), ``first_purchase``, ``last_purchase``, ``recency`` (days
        since the last), ``frequency`` (purchases after the first, per year since the first); ``mean_gap``,
        ``median_gap`` (days between purchases), ``gap_cv`` (their standard deviation ÷ mean), ``gap_shape`` (gamma
        shape, pooled with the other accounts: about 1 at random, higher is more regular, below 1 in bursts); ``trend``
        (change of the rate of purchases per year, as a fraction, with ``trend_low`` and ``trend_high``) or its
        ``trend_reason``; ``season_strength`` (0 spread over the year – 1 on one day), ``season_month`` (its peak,
        1–12), ``season_p`` (as likely without a season), or its ``season_reason``; ``revenue_trailing_year`` (net, the
        year up to ``as_of``); ``p_gap_this_long`` (of every account with ``min_purchases``, also where the history is
        too short to judge), ``p_ordinary_gap`` (chance that one ordinary gap lasts as long), ``q_value`` (smallest
        ``fdr`` at which the p-value is rejected among those judged), ``overdue`` (missing where not judged, with its
        ``reason``), ``revenue_at_risk`` (the trailing year's revenue of an overdue account, 0 of one that is not,
        missing where not judged or an amount is missing), ``rank`` (overdue accounts by revenue at risk, 1 = most;
        equal by p-value).
        ``.pool``: one row: ``n_accounts``, ``n_judged``, ``n_overdue``, ``revenue_at_risk``, ``fdr``, the pool
        (``gap_shape``, the middle one, and ``sd_log_gap_shape``, how far accounts differ from it), a ``note`` where
        the latter lies at an end of what is looked at (0.1 and 2.7) and so is a bound, no estimate, and the lines
        left out.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, an amount is infinite, or there are several currencies.
        If ``as_of`` is no date, ``fdr`` or ``level`` lies outside (0, 1), or ``min_purchases`` is below 2.
        If ``min_span_days`` is negative.

    Notes
    -----
    **Model.** Gaps of account i are gamma with shape kᵢ and rate λᵢ. log kᵢ comes from a normal distribution common to
    all accounts, whose centre and spread are estimated by marginal likelihood (from at most 2,000 accounts, spread
    evenly): regularity is pooled, by as much as the accounts are alike. λᵢ has the prior 1/λ, which knows no scale:
    given k, the ratio of the wait to the finished gaps has its exact distribution whatever the rate. Rates are not
    pooled on purpose: the accounts with few purchases in a window are the slow ones, and judged by a rate pooled with
    the others' one in six of them, still active, would fall below 0.05. Everything is in closed form (beta functions),
    averaged over five shapes that stand for the posterior of kᵢ.

    **Which probability.** A day at random falls more often into a long gap than into a short one, so the gap that is
    open on ``as_of`` is no ordinary gap. In a renewal process met on a day chosen without regard to it, the time A
    since the last purchase has density S(a) ÷ μ: of the days of a long time, the share that stands a days after a
    purchase is the share of gaps longer than a, per mean gap. Hence ``P(A ≥ a) = ∫ₐ^∞ S(u) du ÷ μ``, independent of the
    gaps before it, and averaged over the account's posterior given these gaps. It is uniform for accounts that are
    still active, whatever their number of purchases, so one in twenty falls below 0.05. ``P(gap ≥ a) = S(a)`` of an
    ordinary gap (``p_ordinary_gap``) agrees with it for purchases at random (k = 1), but for regular ones (k = 4) only
    one active account in fifty-five would fall below 0.05. Of an account like clockwork, every wait of nearly a gap is
    rare on a day at random, and yet it is not late: hence the second condition, which only takes accounts away.

    **Short histories.** A new account often begins with a burst (three orders on three days running), and then buys at
    its own pace: judged by the burst, a fifth to four fifths of such accounts that go on buying monthly fall below
    0.05 in their first four months. A history of ``min_span_days`` leaves them time to show their pace; then 0 to 5 %
    do. The price: long histories are chosen by their finished gaps, so of accounts with three purchases fewer than 5 %
    of those judged fall below 0.05 (0.5 to 3 % at a mean gap of 90 days); with ten or more nothing changes. The rule is
    the library's.

    The open gap never enters its own account's posterior. In the pool's likelihood it is censored: at the account's
    longest finished gap, so that accounts that have stopped do not bend the pool.

    **Assumptions.** The account is *still active*, which is what a small p-value speaks against; its rhythm has been
    the same all along (look at ``trend``); and its gaps are independent (look at the season: a spring buyer is not
    overdue in autumn). Lines of one day are one purchase, and the gamma law is that of a gap beyond its first half day;
    accounts that buy nearly every day are judged roughly, in whole days. The trend is Poisson's log-linear rate from
    the first purchase to ``as_of``, its interval widened or narrowed by the gaps' regularity (Lewis and Robinson); the
    present silence is part of it. The season is Rayleigh's test over whole years; with many accounts, some small
    ``season_p`` come by chance.

    References
    ----------
    D. R. Cox, Renewal Theory (1962), ch. 5: backward recurrence time. Y. Benjamini and Y. Hochberg (1995), J. R. Stat.
    Soc. B 57. P. A. W. Lewis and D. W. Robinson (1974). 提升客户价值, "购买模式". The default ``fdr`` is the library's.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.buying import buying_pattern
    >>> monthly = pd.date_range("2025-01-15", periods=16, freq="30D")
    >>> sales = pd.DataFrame({"account": "Giant", "date": monthly, "amount": 100.0})
    >>> found = buying_pattern(sales, as_of="2026-09-30").accounts
    >>> found[["n_purchases", "recency", "mean_gap", "overdue", "revenue_at_risk"]]
       n_purchases  recency  mean_gap  overdue  revenue_at_risk
    0           16      173      30.0     True            700.0
    """
    day = as_day(as_of)
    _check_settings(min_purchases, min_span_days, fdr, level)
    frame = to_pandas(sales)
    check = FrameCheck(frame, "buying_pattern")
    lines = sales_lines(check, day, account=account, date=date, amount=amount)
    check.done()
    today = day_number(day)
    days = purchase_days(lines)
    found = rhythms(days, today)
    judged = waits(found, min_purchases=min_purchases)
    table = pd.concat(
        [
            _rhythm_columns(lines, days.n, found, judged, account),
            _trend_columns(trends(days, found, judged.shape, today, level)),
            _season_columns(seasons(days, found, judged.shape, today)),
            _overdue_columns(
                _trailing_year(lines, day), found, judged, fdr, _reasons(days.n, found, min_purchases, min_span_days)
            ),
        ],
        axis=1,
    )
    pool = _pool(table, judged, fdr, lines.unused)
    order = np.argsort(table["rank"].to_numpy(dtype=np.float64, na_value=np.inf), kind="stable")
    late = table["overdue"].fillna(value=False).to_numpy(dtype=bool)[order]
    order = np.concatenate((order[late], np.sort(order[~late])))
    return BuyingPattern(accounts=table.iloc[order].reset_index(drop=True), pool=pool)


def _check_settings(min_purchases: int, min_span_days: float, fdr: float, level: float) -> None:
    for name, value in (("fdr", fdr), ("level", level)):
        if not is_number(value) or not 0 < value < 1:
            raise refusal(f"{name} must lie between 0 and 1", value, "Write 10 % as 0.1.")
    if not isinstance(min_purchases, int | np.integer) or min_purchases < FEWEST:
        raise refusal(
            "min_purchases must be a whole number of 2 or more", min_purchases, "One gap needs two purchases."
        )
    if not is_number(min_span_days) or min_span_days < 0:
        raise refusal("min_span_days must be 0 or more", min_span_days, "Write a quarter as 90.")


def _trailing_year(lines: SalesLines, day: pd.Timestamp) -> kernels.Floats:
    """Return each account's net revenue of the year up to the day; missing where an amount in it is missing."""
    recent = lines.day > day_number(day - pd.DateOffset(months=MONTHS_PER_YEAR))
    return kernels.sums_by_code(lines.code[recent], lines.amount[recent], len(lines.accounts))


def _rhythm_columns(lines: SalesLines, n: kernels.Integers, found: Rhythm, judged: Waits, account: str) -> pd.DataFrame:
    years = (found.open_gap + found.last - found.first) / DAYS_PER_YEAR
    with np.errstate(invalid="ignore", divide="ignore"):
        frequency = np.where(years > 0, found.gaps.n / years, np.nan)
    return pd.DataFrame(
        {
            account: lines.accounts,
            "n_purchases": n,
            "first_purchase": as_dates(found.first),
            "last_purchase": as_dates(found.last),
            "recency": nullable_integers(found.open_gap),
            "frequency": frequency,
            "mean_gap": found.mean_gap,
            "median_gap": found.median_gap,
            "gap_cv": found.gap_cv,
            "gap_shape": judged.shape,
        }
    )


def _trend_columns(found: Trends) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trend": found.trend,
            "trend_low": found.low,
            "trend_high": found.high,
            "trend_reason": pd.array(found.reason, dtype="str"),
        }
    )


def _season_columns(found: Seasons) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "season_strength": found.strength,
            "season_month": nullable_integers(found.month),
            "season_p": found.p,
            "season_reason": pd.array(found.reason, dtype="str"),
        }
    )


def _reasons(n: kernels.Integers, found: Rhythm, min_purchases: int, min_span_days: float) -> NDArray[np.object_]:
    """Return why an account is not judged; nothing where it is."""
    few, short = n < min_purchases, found.last - found.first < min_span_days
    texts = [NEVER_BOUGHT, f"fewer than {min_purchases} purchases", f"history shorter than {min_span_days:g} days"]
    return np.select([n == 0, few, short], np.array(texts, dtype=object), "")


def _overdue_columns(
    revenue: kernels.Floats, found: Rhythm, judged: Waits, fdr: float, reason: NDArray[np.object_]
) -> pd.DataFrame:
    q_value = benjamini_hochberg(np.where(reason == "", judged.p_wait, np.nan))
    past_usual = found.open_gap > found.mean_gap
    unknown = np.isnan(q_value)
    overdue = (q_value <= fdr) & past_usual
    at_risk = np.where(overdue, revenue, np.where(unknown, np.nan, 0.0))
    rank = kernels.descending_rank(np.where(overdue, at_risk, np.nan), -judged.p_wait)
    return pd.DataFrame(
        {
            "revenue_trailing_year": revenue,
            "p_gap_this_long": judged.p_wait,
            "p_ordinary_gap": judged.p_gap,
            "q_value": q_value,
            "overdue": nullable_booleans(overdue, unknown),
            "reason": pd.array(reason, dtype="str"),
            "revenue_at_risk": at_risk,
            "rank": nullable_integers(rank),
        }
    )


def _pool(table: pd.DataFrame, judged: Waits, fdr: float, unused: dict[str, int]) -> pd.DataFrame:
    late = table["overdue"].fillna(value=False).to_numpy(dtype=bool)
    pool = judged.pool
    return pd.DataFrame(
        {
            "n_accounts": [len(table)],
            "n_judged": [int(table["overdue"].notna().sum())],
            "n_overdue": [int(late.sum())],
            "revenue_at_risk": [float(table["revenue_at_risk"].to_numpy()[late].sum())],
            "fdr": [float(fdr)],
            "gap_shape": [np.nan if pool is None else float(np.exp(pool.mean_log_shape))],
            "sd_log_gap_shape": [np.nan if pool is None else pool.sd_log_shape],
            "note": pd.array([_bound_note(pool)], dtype="str"),
            **{name: [count] for name, count in unused.items()},
        }
    )


def _bound_note(pool: Pool | None) -> str:
    """Say where the spread of the shapes is the end of what is looked at, which is a bound and no estimate."""
    if pool is None:
        return ""
    low, high = SD_LOG_SHAPE
    if pool.sd_log_shape <= low * (1 + NEAR_END):
        return f"sd_log_gap_shape is {low:.1f} or less: the end of what is looked at"
    if pool.sd_log_shape >= high * (1 - NEAR_END):
        return f"sd_log_gap_shape is {high:.1f} or more: the end of what is looked at"
    return ""
