"""Sales lines to accounts: heavy lines in, one light row per account and period out, on any engine."""

from collections.abc import Callable
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pandas as pd

from custvalue.frames.checks import ROWS_NAMED, FrameCheck, nearest
from custvalue.frames.numbers import LARGEST_EXACT_FLOAT
from custvalue.frames.periods import MONTHS_PER_YEAR, AsOf, as_day, check_freq, periods_per_year
from custvalue.rules.errors import InputError, raise_all, refusal, refusal_text

RETURNS = ("net", "gross")
NO_IDENTIFIERS = (nw.Boolean, nw.Date, nw.Datetime, nw.Duration, nw.Time, nw.List, nw.Array, nw.Struct, nw.Binary)
DIGITS = 100  # of a month and of a day in 20260930
NOT_MISSING = "Fill it in or leave the lines out."


def account_revenue(
    lines: Any,
    *,
    account: str = "account",
    date: str = "date",
    amount: str = "amount",
    freq: str = "Q-DEC",
    returns: Literal["net", "gross"] = "net",
    first: AsOf | None = None,
    last: AsOf | None = None,
) -> pd.DataFrame:
    """Add sales lines up to one row per account and period.

    ``revenue = Σ amount`` (net) or ``Σ amount over amount > 0`` (gross), over the account's lines dated in the period.

    Parameters
    ----------
    lines : frame
        One row per sales line: ``account`` (text or whole numbers, missing allowed), ``date`` (a date, with or without
        time), ``amount`` (currency units; returns, cancellations and credit notes negative). Any frame that narwhals
        knows (pandas, Polars, PyArrow, DuckDB relations, PySpark); it stays on its engine, and lazy, until it is added
        up in one pass.
    account, date, amount : str
        Column names.
    freq : str
        pandas quarter or month frequency.
    returns : {"net", "gross"}
        What lines below zero do: ``"net"`` takes them off the revenue of the period of their own date, ``"gross"``
        leaves them out of revenue. Either way they are counted and added up in columns of their own, so that net
        revenue = gross revenue + ``negative``.
    first, last : str or date, optional
        First and last day that the data cover; by default the first and last day that has a line, of any account.

    Returns
    -------
    pandas.DataFrame
        One row per account and period that has a line, sorted by both, lines without an account (missing or blank)
        added up in rows with a missing account at the end: ``account`` (text; see Notes), ``period`` (label such as
        ``2026Q3``), ``revenue`` (currency), ``n_lines``, ``n_negative`` (lines below zero), ``negative`` (their sum,
        currency, 0 or less), ``partial`` (the period begins before ``first`` or ends after ``last``).

    Raises
    ------
    ValueError
        If ``lines`` is no frame that narwhals knows, or a column is missing.
        If ``account`` is neither text nor whole numbers, ``date`` no date, or ``amount`` no number.
        If a date is missing, or an amount is missing or infinite: with rows on frames held in memory, with the number
        of lines on lazy engines.
        If a column ``currency`` holds more than one: convert first.
        If ``freq``, ``returns``, ``first`` or ``last`` cannot be read, or ``first`` is after ``last``.

    Notes
    -----
    A return is netted where its own date falls, not where the sale was: a period can be negative, and an account whose
    order of March is cancelled in April gains in one quarter what it loses in the next. Credit notes that an export
    writes without a minus sign must be given one first.

    ``partial`` says that the period *may* be incomplete, since the data begin or end inside it: a business that is shut
    on New Year's Day has a partial first quarter until ``first`` says that the data begin on 1 January. It says nothing
    of gaps in the middle, and one misdated line moves the default ``first`` or ``last``.

    Identifiers are text on every engine: 17850, 17850.0 and, where all of them look so, "17850.0" read "17850", so that
    it does not matter whether a reader of files took the column for numbers. Times with a zone count by their own
    clock, on DuckDB and Spark by the session's. Decimals are added up exactly; floats are added up in each engine's own
    order, so that engines (and runs of one that works in parallel) may differ in the last digits.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> lines = pd.DataFrame({"account": ["a", "a", None], "amount": [5.0, -1.0, 2.0],
    ...     "date": pd.to_datetime(["2026-07-01", "2026-09-30", "2026-10-01"])})
    >>> cv.account_revenue(lines)[["account", "period", "revenue", "negative", "partial"]].values.tolist()
    [['a', '2026Q3', 4.0, -1.0, False], [nan, '2026Q4', 2.0, 0.0, True]]
    >>> cv.account_revenue(lines, returns="gross", last="2026-12-31")[["revenue", "partial"]].values.tolist()
    [[5.0, False], [2.0, False]]
    """
    check_freq(freq)
    if returns not in RETURNS:
        raise refusal(
            "returns must be one of 'net', 'gross'", repr(returns), "'net' takes returns off, 'gross' does not."
        )
    covered_from, covered_to = _coverage(first, last)
    if isinstance(lines, pd.DataFrame):
        lines = _checked(lines, account, date, amount)
    frame = _narwhals(lines, account, date, amount)
    _refuse_several_currencies(frame)
    summed = _added_up(frame, account, date, amount, freq, returns)
    _refuse_unusable(frame, summed, date, amount)
    if len(summed):
        covered_from = covered_from or _day(summed["first"].min())
        covered_to = covered_to or _day(summed["last"].max())
    return _tidy(summed.assign(account=identifiers(summed["account"], account)), freq, covered_from, covered_to)


def identifiers(column: "pd.Series[Any]", name: str | None = None) -> "pd.Series[str]":
    """Return identifiers as text: whole numbers without ".0", blanks as missing, other text as it is.

    A reader that meets missing cells makes floats of whole numbers, and an export of those writes "17850.0". Where
    every text of the column looks so, the ".0" goes; where only some do, it stays, since two could become one.
    ``name`` is what a refusal calls the column.

    >>> identifiers(pd.Series([17850.0, None])).tolist()
    ['17850', nan]
    >>> identifiers(pd.Series(["17850.0", " "])).tolist(), identifiers(pd.Series(["2.0", "A"])).tolist()
    (['17850', nan], ['2.0', 'A'])
    """
    if pd.api.types.is_float_dtype(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        inexact = ~np.isnan(values) & ((values != np.floor(values)) | (np.abs(values) >= LARGEST_EXACT_FLOAT))
        if inexact.any():
            raise refusal(
                "identifiers held as floats must be whole numbers below 2^53",
                ", ".join(repr(float(value)) for value in values[inexact][:ROWS_NAMED]),
                "Read the column as text.",
                f"column {(name or column.name)!r}",
            )
        column = column.astype("Int64")
    text = column.astype("str")
    text = text.where(text.str.strip() != "")
    known = text.dropna()
    if len(known) and known.str.fullmatch(r"\d+\.0").all():
        text = text.str.removesuffix(".0")
    return text


def _checked(lines: pd.DataFrame, account: str, date: str, amount: str) -> pd.DataFrame:
    check = FrameCheck(lines, "account_revenue")
    check.require(account, "the customer")
    values = check.numbers(amount, missing_ok=False, purpose="the line's net value")
    days = check.dates(date, purpose="the day of the sale")
    if not check.failures:
        check.fail_rows("date must not be missing", date, days.isna().to_numpy(), NOT_MISSING)
    check.done()
    check.one_currency()
    check.done()
    names = lines[account]
    # A column of mixed objects (17850 beside "A12") can neither be sorted nor, at its worst, grouped.
    names = names.astype("str") if names.dtype == object else names
    return pd.DataFrame({account: names, date: days, amount: values})


def _coverage(first: AsOf | None, last: AsOf | None) -> list[pd.Period | None]:
    days: list[pd.Period | None] = []
    for name, given in (("first", first), ("last", last)):
        try:
            days.append(None if given is None else as_day(given).to_period("D"))
        except InputError:
            raise refusal(f"{name} must be a date", repr(given), "Write it as '2026-09-30'.") from None
    if days[0] is not None and days[1] is not None and days[0] > days[1]:
        raise refusal("first must not be after last", f"{days[0]} and {days[1]}", "Exchange the two.")
    return days


def _narwhals(lines: Any, account: str, date: str, amount: str) -> Any:
    try:
        frame = nw.from_native(lines)
    except TypeError as error:
        raise refusal(
            "lines are a frame that narwhals knows",
            type(lines).__name__,
            "Pass a pandas, Polars, PyArrow, DuckDB or PySpark frame.",
        ) from error
    schema = frame.collect_schema()
    wanted: dict[str, tuple[str, Callable[[Any], bool]]] = {
        account: ("text or a whole number", lambda dtype: not isinstance(dtype, NO_IDENTIFIERS)),
        date: ("a date", lambda dtype: isinstance(dtype, nw.Date | nw.Datetime)),
        amount: ("a number", lambda dtype: dtype.is_numeric()),
    }
    failures = []
    for name, (kind, fits) in wanted.items():
        if name not in schema:
            failures.append(refusal_text(f"column {name!r} is needed", "no such column", nearest(name, schema.names())))
        elif not fits(schema[name]):
            remedy = "Convert it first, or read the file with custvalue.read_table."
            failures.append(refusal_text(f"{name} must be {kind}", str(schema[name]), remedy, f"column {name!r}"))
    raise_all("account_revenue", failures)
    return frame


def _refuse_several_currencies(frame: Any) -> None:
    """Refuse lines in more than one currency; a frame in memory has been looked at already."""
    if "currency" not in frame.collect_schema() or frame.implementation.is_pandas_like():
        return
    ends = frame.lazy().select(nw.col("currency").min().alias("low"), nw.col("currency").max().alias("high"))
    low, high = ends.collect(backend="pyarrow").to_pandas().iloc[0]
    if pd.notna(low) and low != high:
        raise refusal(
            "amounts must be in one currency", f"{low!r} and {high!r}", "Convert them first.", "column 'currency'"
        )


def _added_up(frame: Any, account: str, date: str, amount: str, freq: str, returns: str) -> pd.DataFrame:
    schema = frame.collect_schema()
    # Decimals are added up as they are, exactly; everything else as floats, since narrow integers may overflow.
    value = nw.col(amount) if isinstance(schema[amount], nw.Decimal) else nw.col(amount).cast(nw.Float64)
    name = nw.col("account")
    if schema[account].is_integer():
        name = name.cast(nw.String)
    elif schema[account].is_numeric():
        name = name.cast(nw.Float64)
    # What is added up is made a column first: an expression inside the aggregation is silently wrong on some engines.
    columns = frame.lazy().select(
        nw.col(account).alias("account"),
        _period_number(date, freq).alias("period"),
        nw.col(date).alias("first"),
        nw.col(date).alias("last"),
        (value if returns == "net" else nw.when(value > 0).then(value)).alias("revenue"),
        nw.when(value < 0).then(value).alias("negative"),
        (value < 0).cast(nw.Int64).alias("n_negative"),
        _unusable(amount).cast(nw.Int64).alias("n_unusable"),
    )
    summed = (
        columns.group_by("account", "period")
        .agg(
            nw.col("revenue", "negative", "n_negative", "n_unusable").sum(),
            nw.len().alias("n_lines"),
            nw.col("first").min(),
            nw.col("last").max(),
        )
        .with_columns(
            name,
            nw.col("revenue", "negative").cast(nw.Float64),
            nw.col("n_negative", "n_unusable", "n_lines").cast(nw.Int64),
            _day_number("first").alias("first"),
            _day_number("last").alias("last"),
        )
    )
    implementation = frame.implementation
    # Arrow keeps what is missing missing, where Spark's own way to pandas makes the text "nan" of it.
    backend = "pandas" if implementation.is_pandas_like() else "pyarrow"
    options = {"engine": "streaming"} if implementation.is_polars() else {}
    collected: pd.DataFrame = summed.collect(backend=backend, **options).to_pandas()
    return collected


def _period_number(date: str, freq: str) -> Any:
    """Return an expression that numbers the periods: months since year 0, or quarters that end where ``freq`` says."""
    month = nw.col(date).dt.year().cast(nw.Int64) * MONTHS_PER_YEAR + nw.col(date).dt.month().cast(nw.Int64) - 1
    length = MONTHS_PER_YEAR // periods_per_year(freq)
    return (month + _shift(freq, length)) // length


def _shift(freq: str, length: int) -> int:
    """Return how many months the count is moved by, so that periods start where it divides: 2 for Q-JAN."""
    return -pd.Period("2000-01-01", freq=freq).asfreq("M").month % length


def _period(number: int, freq: str) -> pd.Period:
    length = MONTHS_PER_YEAR // periods_per_year(freq)
    year, month = divmod(number * length - _shift(freq, length), MONTHS_PER_YEAR)
    return pd.Period(year=year, month=month + 1, freq="M").asfreq(freq)


def _day_number(column: str) -> Any:
    """Return an expression for the day as a whole number such as 20260930: no zone, unit or bound to mind after it."""
    day = nw.col(column).dt
    month = day.year().cast(nw.Int64) * DIGITS + day.month().cast(nw.Int64)
    return month * DIGITS + day.day().cast(nw.Int64)


def _day(number: int) -> pd.Period:
    month, day = divmod(int(number), DIGITS)
    return pd.Period(year=month // DIGITS, month=month % DIGITS, day=day, freq="D")


def _unusable(amount: str) -> Any:
    value = nw.col(amount).cast(nw.Float64)
    return value.is_null() | ~value.is_finite()


def _refuse_unusable(frame: Any, summed: pd.DataFrame, date: str, amount: str) -> None:
    """Refuse lines without date or amount, by the counts of the one pass; an eager frame then shows its rows too."""
    n_undated = int(summed.loc[summed["period"].isna(), "n_lines"].sum())
    n_unpriced = int(summed["n_unusable"].sum())
    failures = []
    for n, column, rule, bad in (
        (n_undated, date, f"{date} must not be missing", nw.col(date).is_null()),
        (n_unpriced, amount, f"{amount} must be a finite number, not missing", _unusable(amount)),
    ):
        if not n:
            continue
        where = f"column {column!r}"
        if isinstance(frame, nw.DataFrame):
            rows = np.flatnonzero(frame.select(bad.alias("bad"))["bad"].to_numpy())
            more = f" and {n - ROWS_NAMED} more" if n > ROWS_NAMED else ""
            where += f", row{'s' if n > 1 else ''} {', '.join(map(str, rows[:ROWS_NAMED]))}{more}"
        failures.append(refusal_text(rule, f"{n} line{'s' if n > 1 else ''} without one", NOT_MISSING, where))
    raise_all("account_revenue", failures)


def _tidy(summed: pd.DataFrame, freq: str, covered_from: Any, covered_to: Any) -> pd.DataFrame:
    """Give the sums their labels and order; rows of one identifier written in several ways become one."""
    codes, names = pd.factorize(summed["account"], sort=True)
    codes = np.where(codes < 0, len(names), codes)  # a missing account comes last
    numbers, place = np.unique(summed["period"].to_numpy(dtype=np.int64), return_inverse=True)
    periods = [_period(int(number), freq) for number in numbers]
    key = codes * len(periods) + place
    columns = ["revenue", "n_lines", "n_negative", "negative"]
    totals = summed[columns].groupby(key, sort=True).sum()
    at_account, at_period = np.divmod(totals.index.to_numpy(dtype=np.int64), max(len(periods), 1))
    partial = np.array(
        [p.asfreq("D", "start") < covered_from or p.asfreq("D", "end") > covered_to for p in periods], dtype=bool
    )
    labels = pd.array([str(period) for period in periods], dtype="str")
    missing_as_fill = np.where(at_account < len(names), at_account, -1)
    return pd.DataFrame(
        {
            "account": names.array.take(missing_as_fill, allow_fill=True),
            "period": labels.take(at_period),
            **{column: totals[column].to_numpy() for column in columns},
            "partial": partial[at_period],
        }
    )
