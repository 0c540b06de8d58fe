"""What every function checks of the frame it is given: columns, dtypes, ranges; all failures reported together."""

import difflib
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.positions import positions
from custvalue.kernels.limits import surely_positive
from custvalue.rules.errors import raise_all, refusal, refusal_text

ROWS_NAMED = 3


def to_pandas(frame: Any) -> pd.DataFrame:
    """Return the frame as pandas: as it is if it is one, converted if narwhals knows it, refused otherwise."""
    if isinstance(frame, pd.DataFrame):
        return _without_arrow_types(frame)
    try:
        known = nw.from_native(frame, eager_only=True)
    except TypeError as error:
        raise refusal(
            "a data frame is needed",
            type(frame).__name__,
            "Pass a pandas frame, or any eager frame that narwhals knows (Polars, PyArrow, Modin).",
        ) from error
    converted: pd.DataFrame = known.to_pandas()
    return converted


def _without_arrow_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with pyarrow-typed columns in pandas' own types; any other frame is returned as it is."""
    arrow = [place for place, dtype in enumerate(frame.dtypes) if isinstance(dtype, pd.ArrowDtype)]
    if not arrow:
        return frame
    columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
    for place in arrow:
        columns[place] = pd.Series(columns[place].array.__arrow_array__().to_pandas().array, index=frame.index)
    converted = pd.concat(columns, axis="columns", keys=range(len(columns)))
    converted.columns = frame.columns
    return converted


def nearest(name: str, known: Iterable[object]) -> str:
    """Return a hint that names the most similar known names, or lists what there is."""
    texts = [str(item) for item in known]
    plain = {text.strip().casefold(): text for text in reversed(texts)}
    close = difflib.get_close_matches(str(name).strip().casefold(), plain, n=ROWS_NAMED, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(repr(plain[item]) for item in close) + "?"
    shown = ", ".join(repr(item) for item in texts[:12])
    if not texts:
        return "There are no columns."
    return f"There is {shown}{', …' if len(texts) > 12 else ''}."  # noqa: PLR2004 (how many names a message shows)


class FrameCheck:
    """Collects what is wrong with a frame, so that everything is said in one error.

    Parameters
    ----------
    frame : pandas.DataFrame
    caller : str
        The public function on whose behalf the frame is checked; it opens the message.

    Examples
    --------
    >>> check = FrameCheck(pd.DataFrame({"x": [5.0, -1.0]}), "example")
    >>> values = check.numbers("x", low=0)
    >>> check.failures
    ["x must be 0 or more: got -1.0 (column 'x', row 1). Correct the value or leave it empty."]
    """

    def __init__(self, frame: pd.DataFrame, caller: str) -> None:
        self.frame = frame
        self.caller = caller
        self.failures: list[str] = []
        self._names = list(frame.columns)

    def done(self) -> None:
        """Raise everything that was found, or nothing."""
        raise_all(self.caller, self.failures)

    def fail(self, rule: str, value: object, remedy: str, where: str = "") -> None:
        """Note one failure."""
        self.failures.append(refusal_text(rule, value, remedy, where))

    def fail_rows(self, rule: str, column: str, bad: NDArray[np.bool_], remedy: str) -> None:
        """Note the rows where ``bad`` holds, naming the first few by label and value."""
        rows = np.flatnonzero(bad)
        if rows.size == 0:
            return
        values = [_plain(self.frame[column].iloc[row]) for row in rows[:ROWS_NAMED]]
        labels = ", ".join(repr(_plain(self.frame.index[row])) for row in rows[:ROWS_NAMED])
        more = f" and {rows.size - ROWS_NAMED} more" if rows.size > ROWS_NAMED else ""
        shown = ", ".join(repr(value) for value in values)
        self.fail(rule, shown, remedy, f"column {column!r}, row{'s' if rows.size > 1 else ''} {labels}{more}")

    def has(self, column: str) -> bool:
        """Say whether the frame has the column; a repeated column is a failure, and what is no name an error."""
        if not _is_name(column):
            raise refusal(f"{self.caller}: a column is named by a text", repr(column), "Give its name.")
        found = self._names.count(column)
        if found > 1:
            self.fail("column names must be distinct", f"{found} columns", "Rename or drop one.", f"column {column!r}")
        return found == 1

    def require(
        self, column: str, purpose: str = "", *, remedy: str = "Name another with the keyword argument."
    ) -> bool:
        """Note a missing column, with the nearest names there are; say whether it is there."""
        if self.has(column):
            return True
        why = f" ({purpose})" if purpose else ""
        if column not in self._names:
            self.fail(
                f"column {column!r} is needed{why}",
                "no such column",
                f"{nearest(column, self.frame.columns)} {remedy}",
            )
        return False

    def numbers(
        self,
        column: str,
        *,
        low: float | None = None,
        high: float | None = None,
        missing_ok: bool = True,
        purpose: str = "",
    ) -> NDArray[np.float64]:
        """Return a column as floats, NaN where missing; note wrong dtypes, infinities and values out of range."""
        if not self.require(column, purpose):
            return np.full(len(self.frame), np.nan)
        series = self.frame[column]
        if isinstance(series.dtype, pd.CategoricalDtype) and holds_numbers(series):
            series = series.astype("float64")
        if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
            if series.isna().all() and missing_ok:
                return np.full(len(self.frame), np.nan)
            self.fail(
                f"{column} must be a number",
                f"dtype {series.dtype}",
                "Yes and no are no numbers: write the number that each stands for."
                if pd.api.types.is_bool_dtype(series)
                else f"Convert it first, for instance with custvalue.read_table or pd.to_numeric(frame[{column!r}]).",
                f"column {column!r}{_first_text(series)}",
            )
            return np.full(len(self.frame), np.nan)
        if pd.api.types.is_complex_dtype(series):
            self.fail(f"{column} must be a real number", f"dtype {series.dtype}", "Take the real part.", column)
            return np.full(len(self.frame), np.nan)
        values: NDArray[np.float64] = series.to_numpy(dtype=np.float64, na_value=np.nan)
        self._check_range(column, values, low, high)
        if not missing_ok:
            self.fail_rows(
                f"{column} must not be missing", column, np.isnan(values), "Fill it in or leave the row out."
            )
        return values

    def plain_numbers(self, column: str) -> NDArray[np.float64] | None:
        """Return a column of floats as it lies in the frame, nothing checked; None for any other column."""
        if not isinstance(column, str) or self._names.count(column) != 1 or self.frame.dtypes[column] != np.float64:
            return None
        return self.frame[column].to_numpy()

    def _check_range(self, column: str, values: NDArray[np.float64], low: float | None, high: float | None) -> None:
        if values.size == 0 or (low == 0 and surely_positive(values, np.inf if high is None else high)):
            return
        # One pass each: fmin and fmax skip missing values, and show infinities as well as values out of range.
        smallest, largest = np.fmin.reduce(values), np.fmax.reduce(values)
        remedy = "Correct the value or leave it empty."
        if np.isinf(smallest) or np.isinf(largest):
            self.fail_rows(f"{column} must be finite", column, np.isinf(values), remedy)
        if low is not None and smallest < low:
            self.fail_rows(f"{column} must be {low:g} or more", column, values < low, remedy)
        if high is not None and largest > high:
            self.fail_rows(f"{column} must be {high:g} or less", column, values > high, remedy)

    def dates(self, column: str, *, purpose: str = "") -> "pd.Series[pd.Timestamp]":
        """Return a column as days without time zone, NaT where missing, after noting a wrong dtype."""
        nothing = pd.Series(pd.NaT, index=self.frame.index, dtype="datetime64[ns]")
        if not self.require(column, purpose):
            return nothing
        series = self.frame[column]
        if series.isna().all():
            return nothing
        if series.dtype == object:
            kind = pd.api.types.infer_dtype(series, skipna=True)
            if kind in ("date", "datetime", "datetime64"):
                series = pd.to_datetime(series)
        if not pd.api.types.is_datetime64_any_dtype(series):
            self.fail(
                f"{column} must be a date",
                f"dtype {series.dtype}",
                f"Convert it first, for instance with custvalue.read_table or pd.to_datetime(frame[{column!r}]).",
                f"column {column!r}{_first_text(series)}",
            )
            return nothing
        if isinstance(series.dtype, pd.DatetimeTZDtype):
            series = series.dt.tz_localize(None)
        when = series.to_numpy()
        in_days = when.astype("datetime64[D]") == when
        if (in_days | np.isnat(when)).all():  # most columns hold days already
            return series
        days: pd.Series[pd.Timestamp] = series.dt.normalize()
        return days

    def optional_dates(self, column: str, *, usual: str) -> "pd.Series[pd.Timestamp]":
        """Return dates of a column that may be absent under its usual name; under another it must be there."""
        if self.may_use(column, usual=usual):
            return self.dates(column)
        return pd.Series(pd.NaT, index=self.frame.index, dtype="datetime64[ns]")

    def optional_numbers(self, column: str, *, usual: str, low: float | None = None) -> NDArray[np.float64]:
        """Return numbers of a column that may be absent under its usual name; under another it must be there."""
        if self.may_use(column, usual=usual):
            return self.numbers(column, low=low)
        return np.full(len(self.frame), np.nan)

    def may_use(self, column: str, *, usual: str) -> bool:
        """Say whether an optional column is there; one that was named by the caller must be."""
        return self.has(column) if isinstance(column, str) and column == usual else self.require(column)

    def one_currency(self, expected: str | None = None) -> None:
        """Note amounts of several currencies, or of another than the rules are stated in; no column is no failure."""
        if not self.has("currency"):
            return
        counts = self.frame["currency"].value_counts()
        if len(counts) > 1:
            listed = ", ".join(f"{_plain(code)!r} ({n})" for code, n in counts.head(5).items())
            self.fail("amounts must be in one currency", listed, "Convert them first.", "column 'currency'")
        elif expected is not None and len(counts) == 1 and str(counts.index[0]) != expected:
            self.fail(
                f"the rules are stated in {expected}",
                repr(str(counts.index[0])),
                f"Convert the amounts to {expected}, or pass rules of your own currency.",
                "column 'currency'",
            )

    def rule(self, name: str, value: object, wanted: type) -> None:
        """Refuse at once a rule object of another class: nothing can be checked without it."""
        if not isinstance(value, wanted):
            raise refusal(
                f"{self.caller}: {name} must be a {wanted.__name__}",
                type(value).__name__,
                f"Make one with custvalue.rules.{wanted.__name__}, or change one of the playbook's.",
            )

    def choices(
        self,
        column: str,
        known: Sequence[str],
        *,
        needed: NDArray[np.bool_] | None = None,
        aliases: dict[str, str] | None = None,
        remedy: str = "",
        purpose: str = "",
    ) -> NDArray[np.intp]:
        """Return each row's position in ``known``, -1 where missing; note values that are not known.

        ``needed`` limits the check to some rows: elsewhere unknown values are -1 without a failure, inside it a missing
        value is a failure. ``aliases`` maps further spellings to known names.
        """
        if not self.require(column, purpose):
            return np.full(len(self.frame), -1, dtype=np.intp)
        position = {name: place for place, name in enumerate(known)}
        position |= {other: position[name] for other, name in (aliases or {}).items()}
        found = positions(self.frame[column], position)
        nowhere = found < 0
        if not nowhere.any():
            return found
        missing = self.frame[column].isna().to_numpy(dtype=bool)
        unknown = nowhere & ~missing
        if needed is not None:
            unknown &= needed
            self.fail_rows(
                f"{column} must not be missing here", column, missing & needed, f"Give one of {list(known)}."
            )
        if unknown.any():
            counts = self.frame.loc[unknown, column].astype("str").value_counts()
            if not all(name.strip() for name in counts.index):
                remedy = f"{remedy} An empty text is no answer: make it missing.".strip()
            listed = ", ".join(f"{_plain(name)!r} ({n})" for name, n in counts.head(8).items())
            more = f" and {len(counts) - 8} more" if len(counts) > 8 else ""  # noqa: PLR2004 (how many are named)
            first = str(_plain(counts.index[0]))
            row = _plain(self.frame.index[int(np.flatnonzero(unknown)[0])])
            self.fail(
                f"{column} must be one of {list(known)}",
                f"{listed}{more}",
                f"{nearest(first, position)} {remedy}".strip(),
                f"column {column!r}, first at row {row!r}",
            )
        return found


def holds_numbers(column: "pd.Series[Any]") -> bool:
    """Say whether a column is of numbers, or of categories that are numbers; yes and no are none."""
    kind = column.dtype.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _is_name(column: object) -> bool:
    """Say whether something can be the name of a column: it can be looked up, and equals itself."""
    return isinstance(column, Hashable) and column is not pd.NA and column == column  # noqa: PLR0124 (NaN is no name)


def _plain(value: object) -> object:
    """Return a numpy scalar as the plain Python value a message should show."""
    if isinstance(value, np.floating):
        return float(value)  # item() of a long float is itself
    return value.item() if isinstance(value, np.generic) else value


def _first_text(series: "pd.Series[Any]") -> str:
    present = series.dropna()
    return f", for instance {_plain(present.iloc[0])!r}" if len(present) else ""
