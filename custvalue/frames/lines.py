"""Sales lines to accounts: heavy lines in, one light row per account and period out, on any engine."""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, nearest
from custvalue.frames.periods import MONTHS_PER_YEAR, check_freq
from custvalue.rules.errors import raise_all, refusal, refusal_text


def account_revenue(
    lines: Any, *, account: str = "account", date: str = "date", amount: str = "amount", freq: str = "Q-DEC"
) -> pd.DataFrame:
    """Add sales lines up to one row per account and period.

    ``revenue = Σ amount`` over the lines of the account dated in the period; returns are negative lines and are netted.

    Parameters
    ----------
    lines : frame
        One row per sales line: ``account`` (missing allowed), ``date`` (a date), ``amount`` (currency units). pandas,
        Polars (eager or lazy), DuckDB relations and PySpark frames stay on their engine until they are added up.
    account, date, amount : str
        Column names.
    freq : str
        pandas quarter or month frequency.

    Returns
    -------
    pandas.DataFrame
        One row per account and period that has a line, sorted by both: ``account``, ``period``, ``revenue`` (currency),
        ``n_lines``, ``n_negative`` (lines below zero). Lines without an account are added up in rows with a missing
        account, at the end; lines without an amount or date are refused.

    Raises
    ------
    ValueError
        If a column is missing or ``freq`` cannot be read.
        If a pandas frame's dates or amounts have a wrong type or are missing in some row.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> lines = pd.DataFrame({"account": ["a", "a", None], "amount": [5.0, -1.0, 2.0],
    ...     "date": pd.to_datetime(["2026-07-01", "2026-09-30", "2026-10-01"])})
    >>> cv.account_revenue(lines)[["account", "period", "revenue"]].values.tolist()
    [['a', '2026Q3', 4.0], [nan, '2026Q4', 2.0]]
    """
    check_freq(freq)
    if isinstance(lines, pd.DataFrame):
        lines = _checked(lines, account, date, amount)
    frame = _narwhals(lines, (account, date, amount)).lazy()
    month = nw.col(date).dt.year().cast(nw.Int64) * MONTHS_PER_YEAR + nw.col(date).dt.month().cast(nw.Int64) - 1
    summed = (
        frame.select(
            nw.col(account).alias("account"),
            month.alias("month"),
            nw.col(amount).cast(nw.Float64).alias("revenue"),
            (nw.col(amount) < 0).cast(nw.Int64).alias("n_negative"),
        )
        .group_by("account", "month")
        .agg(nw.col("revenue").sum(), nw.len().alias("n_lines"), nw.col("n_negative").sum())
        .collect(backend="pandas")
        .to_pandas()
    )
    months = summed["month"].to_numpy(dtype=np.int64)
    distinct, place = np.unique(months, return_inverse=True)
    labels = [str(_period_of_month(int(number), freq)) for number in distinct]
    summed["period"] = pd.Series(np.array(labels, dtype=object)[place], dtype="str", index=summed.index)
    by_period = summed.groupby(["account", "period"], dropna=False, observed=True, sort=True)
    totals = by_period[["revenue", "n_lines", "n_negative"]].sum().reset_index()
    typed: pd.DataFrame = totals.astype({"n_lines": "int64", "n_negative": "int64"})  # DuckDB sums integers to decimals
    return typed


def _checked(lines: pd.DataFrame, account: str, date: str, amount: str) -> pd.DataFrame:
    check = FrameCheck(lines, "account_revenue")
    check.require(account, "the customer")
    check.numbers(amount, missing_ok=False, purpose="the line's net value")
    days = check.dates(date, purpose="the day of the sale")
    if not check.failures:
        check.fail_rows("date must not be missing", date, days.isna().to_numpy(), "Fill it in or leave the line out.")
    check.done()
    return lines.assign(**{date: days})


def _narwhals(lines: Any, columns: tuple[str, ...]) -> Any:
    try:
        frame = nw.from_native(lines)
    except TypeError as error:
        raise refusal(
            "lines are a frame that narwhals knows",
            type(lines).__name__,
            "Pass a pandas, Polars, DuckDB or PySpark frame.",
        ) from error
    names = frame.collect_schema().names()
    missing = [name for name in columns if name not in names]
    raise_all(
        "account_revenue",
        [refusal_text(f"column {name!r} is needed", "no such column", nearest(name, names)) for name in missing],
    )
    return frame


def _period_of_month(number: int, freq: str) -> pd.Period:
    year, month = divmod(number, MONTHS_PER_YEAR)
    return pd.Timestamp(year=year, month=month + 1, day=1).to_period(freq)
