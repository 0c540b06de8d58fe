"""The trend of concentration: what changed from each period to the next, group by group."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.analysis.ranked import PERIOD, Question, level_columns
from custvalue.kernels.shares import TOP_COUNTS
from custvalue.rules.errors import refusal

_ORDINAL = "ordinal of the period"
_FIRST = "the first period: nothing to compare with"
_GAP = "the period before is not in the table"
_UNDEFINED = "undefined in one of the two periods: see the notes of the summary"
MEASURES = (
    "top_20_pct_share",
    "gini",
    "gini_corrected",
    "hhi",
    "equivalent_number",
    *(f"top_{count}_share" for count in TOP_COUNTS),
)
_FREQUENCIES = {r"\d{4}Q[1-4]": "Q", r"\d{4}-(0[1-9]|1[0-2])": "M"}


def measured(levels: Sequence[float]) -> list[str]:
    """Return the summary's columns that a period is followed by, and drawn for the next."""
    return ["n", "total", *level_columns(levels), *MEASURES]


def changes(summary: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return the change of every measure from the period before (see ``Concentration.trend``)."""
    if PERIOD not in question.by:
        raise refusal(
            "a trend needs periods", f"by={list(question.by)}", "Run concentration(accounts, by='period') first."
        )
    others = [name for name in question.by if name != PERIOD]
    columns = measured(question.levels)
    numbered = summary.assign(**{_ORDINAL: period_ordinals(summary[PERIOD])})
    grouped = numbered.groupby(others, observed=True, dropna=False, sort=False) if others else numbered
    earlier = grouped[[PERIOD, _ORDINAL, *columns]].shift()
    first = earlier[PERIOD].isna().to_numpy()
    gap = ~first & (numbered[_ORDINAL] - earlier[_ORDINAL] != 1).to_numpy()
    kept = ~(first | gap)
    changed = {
        f"{name}_change": (summary[name].astype("Float64") - earlier[name].astype("Float64"))
        .where(kept)
        .to_numpy(dtype=np.float64, na_value=np.nan)
        for name in columns
    }
    table = pd.DataFrame(changed, index=summary.index)
    counts = {name: "Int64" for name in table if str(name).startswith("n_")}
    undefined = kept & table.isna().any(axis="columns").to_numpy()
    return pd.concat(
        [
            summary[list(question.by)],
            earlier[PERIOD].rename("previous_period"),
            table.astype(counts),
            pd.Series(
                np.select([first, gap, undefined], [_FIRST, _GAP, _UNDEFINED], default=""),
                index=summary.index,
                name="reason",
                dtype="str",
            ),
        ],
        axis="columns",
    )


def period_ordinals(periods: "pd.Series[str]") -> NDArray[np.int64]:
    """Return labels as whole numbers that rise by one from a period to the next.

    Quarters (``2026Q3``) and months (``2026-07``) go by the calendar; other labels by their order, without gaps.

    >>> period_ordinals(pd.Series(["2026Q1", "2026Q2", "2026Q4"])).tolist() == [224, 225, 227]
    True
    """
    texts = periods.astype("str")
    for pattern, freq in _FREQUENCIES.items():
        if len(texts) and texts.str.fullmatch(pattern).all():
            return pd.PeriodIndex(texts, freq=freq).asi8
    codes = pd.factorize(texts, sort=True)[0]
    return codes.astype(np.int64)
