"""Periods, columns, shares, lists and sizes of money as arguments; odd ones are refused in words."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from custvalue.frames.periods import parse_period
from custvalue.rules.errors import is_number, refusal

# No sum, and no sum of squares, of any number of amounts up to this leaves the range of a float.
MOST_MONEY = 1e100


def period_of(label: Any, freq: str) -> pd.Period:
    """Return the period of a label; what is no label at all is refused like one of another calendar.

    >>> period_of("2026Q3", "Q-DEC")
    Period('2026Q3', 'Q-DEC')
    """
    period = parse_period(str(label), freq) if isinstance(label, str | pd.Period) else pd.NaT
    if not isinstance(period, pd.Period):
        wanted = "'2026-07'" if freq.startswith("M") else "'2026Q3'"
        raise refusal("period must be a label of the calendar", repr(label), f"Write it as the text {wanted}.")
    return period


def period_labels_of(period: Any, freq: str) -> list[str] | None:
    """Return the labels of one period or several, each of the calendar; None stands for the current one."""
    if period is None:
        return None
    alone = isinstance(period, str | pd.Period) or not isinstance(period, Iterable)
    return [str(period_of(label, freq)) for label in ([period] if alone else period)]


def check_column_name(name: str, value: object) -> None:
    """Refuse what can be no name of a column; None says that there is none."""
    if value is not None and not (isinstance(value, str) and value):
        raise refusal(f"{name} must be the name of a column, or None", repr(value), "Give its name.")


def check_share(name: str, value: Any, remedy: str = "Write 95 % as 0.95.") -> float:
    """Return a level, a rate or another share, or say why it is none.

    >>> check_share("level", 0.9)
    0.9
    """
    if not is_number(value) or not 0 < value < 1:
        raise refusal(f"{name} must lie between 0 and 1", repr(value), remedy)
    return float(value)


def number_list(name: str, values: Any, remedy: str) -> list[Any]:
    """Return numbers as they are, in a list, or say what is there instead.

    >>> number_list("weeks_before", (8, 4.5), "For instance (8, 4, 0).")
    [8, 4.5]
    """
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | Mapping):
        raise refusal(f"{name} must be a sequence of numbers", repr(values), remedy)
    found = list(values)
    wrong = [value for value in found if not is_number(value)]
    if wrong:
        raise refusal(f"{name} must be a sequence of numbers", repr(wrong[0]), remedy)
    return found


def column_list(name: str, values: Any) -> list[str]:
    """Return one column name or several as a list, none of them twice, or say what is there instead.

    >>> column_list("keep", "owner"), column_list("baseline", None)
    (['owner'], [])
    """
    remedy = "Give a column's name, or a list of names."
    if values is None or isinstance(values, str):
        return [] if values is None else [values]
    if not isinstance(values, Iterable) or isinstance(values, bytes | Mapping):
        raise refusal(f"{name} must name columns", repr(values), remedy)
    found = list(values)
    wrong = [value for value in found if not isinstance(value, str)]
    if wrong:
        raise refusal(f"{name} must name columns", repr(wrong[0]), remedy)
    repeated = sorted({value for value in found if found.count(value) > 1})
    if repeated:
        raise refusal(f"{name} names each column once", repeated, "Drop the repeated names.")
    return found
