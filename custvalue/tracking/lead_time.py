"""How forecasts came nearer to what came, week by week before the period's end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from custvalue.frames.checks import to_pandas
from custvalue.frames.parts import Parts
from custvalue.frames.periods import AsOf
from custvalue.rules.errors import refusal
from custvalue.tracking.accuracy import forecast_accuracy
from custvalue.tracking.arguments import number_list
from custvalue.tracking.judged_forecasts import judge_forecasts

WEEKS = (10, 8, 6, 4, 2, 0)


@dataclass(frozen=True, slots=True)
class AccuracyByLead(Parts):
    """The answer of :func:`accuracy_by_lead`: ``.accuracy`` by lead time, ``.tracks`` by period and lead time."""

    accuracy: pd.DataFrame
    tracks: pd.DataFrame


def accuracy_by_lead(
    forecasts: Any,
    opportunities: Any,
    *,
    as_of: AsOf,
    weeks_before: Sequence[float] = WEEKS,
    covered_from: AsOf | None = None,
    freq: str = "Q-DEC",
) -> AccuracyByLead:
    """Judge the same forecasts at several lead times: how far off were they, and from which side did they come.

    At each lead time the last submission made at least so many weeks before the period's end counts.

    Parameters
    ----------
    forecasts, opportunities, as_of, covered_from, freq
        As for :func:`judge_forecasts`.
    weeks_before : sequence of float
        Lead times in weeks before the period's end, distinct, 0 or more.

    Returns
    -------
    AccuracyByLead
        ``.accuracy``: one row per lead time, the longest first: ``weeks_before``, the columns of
        :func:`forecast_accuracy`, and after ``n`` also ``n_left_out`` (salespeople's periods judged at some of the lead
        times and not at all of them; the same in every row). ``.tracks``: one row per period and lead time, sorted by
        period, the longest lead first: ``period``, ``weeks_before``, ``n`` (salespeople), ``forecast``, ``actual``
        (sums). Only salespeople with a submission at every lead time count, period by period, so that all lead times
        are about the same rows.

    Raises
    ------
    ValueError
        As for :func:`judge_forecasts`. If no lead time is given, or one twice.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = accuracy_by_lead(
    ...     cv.load_forecasts(), cv.load_opportunities(), as_of="2026-09-30", weeks_before=(8, 4, 0)
    ... )
    >>> found.accuracy[["weeks_before", "n", "wape"]].round(2)
       weeks_before   n  wape
    0             8  84  0.42
    1             4  84  0.34
    2             0  84  0.22
    """
    remedy = "For instance (8, 4, 0)."
    weeks = sorted(number_list("weeks_before", weeks_before, remedy), reverse=True)
    if not weeks or len(set(weeks)) < len(weeks):
        raise refusal("weeks_before must be distinct lead times", list(weeks_before), remedy)
    said, deals = to_pandas(forecasts), to_pandas(opportunities)
    options: dict[str, Any] = {"as_of": as_of, "covered_from": covered_from, "freq": freq}
    parts = [
        judge_forecasts(said, deals, weeks_before=lead, **options).judged.assign(weeks_before=lead) for lead in weeks
    ]
    rows = pd.concat(parts, ignore_index=True)
    at_every = rows.groupby(["owner", "period"], observed=True)["weeks_before"].transform("size") == len(weeks)
    everywhere = at_every.to_numpy(dtype=bool)
    n_left_out = len(rows[~everywhere].drop_duplicates(["owner", "period"]))
    rows = rows[everywhere]
    accuracy = pd.concat(
        [forecast_accuracy(rows[rows["weeks_before"] == lead], freq=freq).assign(weeks_before=lead) for lead in weeks],
        ignore_index=True,
    )
    first = ["weeks_before", "n", "n_left_out"]
    accuracy = accuracy.assign(n_left_out=n_left_out)
    sums = rows.groupby(["period", "weeks_before"], observed=True).agg(
        n=("owner", "size"), forecast=("forecast", "sum"), actual=("actual", "sum")
    )
    tracks = sums.reset_index().sort_values(
        ["period", "weeks_before"], ascending=[True, False], kind="stable", ignore_index=True
    )
    return AccuracyByLead(accuracy[[*first, *accuracy.columns.drop(first)]], tracks)
