"""Where each deal stands in a table of periods: the period it belongs to, or the reason to set it apart."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.deals import DealsAsOf
from custvalue.frames.periods import period_labels

OVERDUE, UNSCHEDULED, UNPRICED = "overdue", "unscheduled", "unpriced"
STATE_UNKNOWN, CREATED_LATER = "state_unknown", "created_after_as_of"
SET_APART = (OVERDUE, UNSCHEDULED, UNPRICED, STATE_UNKNOWN, CREATED_LATER)
MONEY_UNKNOWN = (UNPRICED, STATE_UNKNOWN, CREATED_LATER)


def row_labels(
    deals: DealsAsOf, amounts: np.ndarray, due: "pd.Series[Any]", day: pd.Timestamp, freq: str
) -> np.ndarray:
    """Return the row each deal belongs to: its period, or the first reason to set it apart."""
    date = due.where(deals.open, deals.closed)
    unscheduled = date.isna().to_numpy()
    overdue = deals.open & (due < day).to_numpy()
    return np.select(
        [deals.created_later, deals.state_unknown, np.isnan(amounts) & ~deals.lost, unscheduled, overdue],
        [CREATED_LATER, STATE_UNKNOWN, UNPRICED, UNSCHEDULED, OVERDUE],
        default=period_labels(date, freq).to_numpy(dtype=object, na_value=""),
    )


def period_key(labels: np.ndarray) -> "pd.Series[Any]":
    """Return the labels as an ordered key: periods in time order, the rows set apart last."""
    present = set(labels)
    order = sorted(present - set(SET_APART)) + [name for name in SET_APART if name in present]
    return pd.Series(pd.Categorical(labels, categories=order, ordered=True), name="period")
