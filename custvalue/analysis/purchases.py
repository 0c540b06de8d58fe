"""What the analyses read in sales lines: which lines count, and on which days an account bought."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class SalesLines:
    """The lines that name an account and a day up to ``as_of``; days are counted from 1970.

    ``unused`` says how many lines had no account, no date, or a date after ``as_of``.
    """

    accounts: "pd.Index[Any]"
    code: kernels.Integers
    day: kernels.Integers
    amount: kernels.Floats
    unused: dict[str, int]


@dataclass(frozen=True, slots=True)
class PurchaseDays:
    """Each account's distinct purchase days, sorted by account and day; ``start`` is where an account's days begin."""

    code: kernels.Integers
    day: kernels.Integers
    start: kernels.Integers
    n: kernels.Integers


def day_number(day: pd.Timestamp) -> int:
    """Return a day as the number of days since 1970."""
    return int(day.to_datetime64().astype("datetime64[D]").astype(np.int64))


def as_dates(days: kernels.Integers | kernels.Floats) -> "pd.DatetimeIndex":
    """Return day numbers as dates; missing days are missing dates.

    >>> as_dates(np.array([0.0, np.nan])).tolist()
    [Timestamp('1970-01-01 00:00:00'), NaT]
    """
    known = np.isfinite(days)
    numbers = np.where(known, days, 0).astype(np.int64).astype("datetime64[D]")
    return pd.DatetimeIndex(np.where(known, numbers, np.datetime64("NaT", "D")).astype("datetime64[us]"))


def sales_lines(check: FrameCheck, as_of: pd.Timestamp, *, account: str, date: str, amount: str) -> SalesLines:
    """Return the lines that can be used, accounts coded in sorted order; what is wrong is noted in ``check``."""
    dates = check.dates(date, purpose="the day of the sale")
    amounts = check.numbers(amount, purpose="returns and credit notes negative")
    check.one_currency()
    named = check.require(account, "who bought")
    is_named = _named(check.frame[account]) if named else np.zeros(len(dates), dtype=bool)
    undated = dates.isna().to_numpy()
    day = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    later = ~undated & (day > day_number(as_of))
    used = is_named & ~undated & ~later
    # Only accounts of lines that are used: one that buys later does not exist yet.
    code, accounts = _sorted_codes(check.frame.loc[used, account]) if named else (np.zeros(0, np.int64), pd.Index([]))
    return SalesLines(
        accounts=accounts,
        code=code,
        day=day[used],
        amount=amounts[used],
        unused={
            "n_lines_unnamed": int((~is_named).sum()),
            "n_lines_undated": int((is_named & undated).sum()),
            "n_lines_later": int((is_named & later).sum()),
        },
    )


def _named(names: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Say where an account is named: neither missing nor blank."""
    code, distinct = pd.factorize(names)
    filled = np.array([not isinstance(name, str) or bool(name.strip()) for name in distinct] + [False], dtype=bool)
    return filled[code]


def _sorted_codes(names: "pd.Series[Any]") -> tuple[kernels.Integers, "pd.Index[Any]"]:
    """Return each row's account as a number in sorted order, and the names."""
    code, distinct = pd.factorize(names)
    index = pd.Index(distinct)
    if isinstance(index.dtype, pd.CategoricalDtype):
        index = index.astype(index.dtype.categories.dtype)
    try:
        order = index.argsort()
    except TypeError:  # numbers among texts
        order = index.astype("str").argsort()
    position = np.empty(len(index), dtype=np.int64)
    position[order] = np.arange(len(index))
    return position[code], index[order]


def purchase_days(lines: SalesLines) -> PurchaseDays:
    """Return the distinct days on which each account bought.

    A day counts where a line of it is above zero, or has no amount: a return alone is no purchase, a sale whose amount
    was lost is one.
    """
    bought = ~(lines.amount <= 0)
    code, day = lines.code[bought], lines.day[bought]
    n = len(lines.accounts)
    first = int(day.min()) if day.size else 0
    span = int(day.max()) - first + 1 if day.size else 1
    keys = np.sort(code * span + (day - first))
    keys = keys[np.append(np.diff(keys) > 0, values=True)] if keys.size else keys
    code, day = keys // span, keys % span + first
    counts = np.bincount(code, minlength=n)
    return PurchaseDays(code=code, day=day, start=np.cumsum(counts) - counts, n=counts)
