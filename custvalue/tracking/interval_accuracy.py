"""How good were forecasts that came as a range: did it hold what came as often as it said, and how wide was it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.kernels.clustered import Effective, clustered_counts, rate_intervals
from custvalue.kernels.scores import pinball, winkler
from custvalue.rules.errors import refusal
from custvalue.tracking.arguments import MOST_MONEY, check_share

FEWEST_PERIODS = 4

MEASURES = {
    "n": "int64",
    "n_missing": "int64",
    "n_periods": "int64",
    "level": "float64",
    "coverage": "float64",
    "coverage_low": "float64",
    "coverage_high": "float64",
    "below": "float64",
    "above": "float64",
    "mean_width": "float64",
    "winkler": "float64",
    "verdict": "str",
}
_QUANTILE = ("pinball_", "below_")


def interval_accuracy(
    forecasts: Any,
    *,
    level: float,
    low: str = "low",
    high: str = "high",
    actual: str = "actual",
    period: str = "period",
    quantiles: Mapping[str, float] | None = None,
    by: str | Sequence[str] = (),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Say how often intervals held what came, how wide they were, and what the two are worth together.

    ``coverage = share of rows with low ≤ actual ≤ high``; ``winkler = mean (high − low + 2 ÷ (1 − level) × what the
    actual lies outside)``; ``pinball = mean (actual − q)(p − 1{actual < q})`` for a column of quantiles at level p.

    Parameters
    ----------
    forecasts : frame
        One row per forecast: ``low``, ``high`` and ``actual`` (currency; a row with a missing one is left out and
        counted), and ``period`` where forecasts of one period share its luck.
    level : float
        What the intervals claim to hold, between 0 and 1; the intervals are taken as central.
    low, high, actual, period : str
        Column names; ``period`` may be absent.
    quantiles : mapping of str to float, optional
        Columns that hold quantiles, with their levels, such as ``{"p10": 0.1, "p90": 0.9}``.
    by : str or sequence of str
        Columns to group by.
    confidence : float
        Level of the interval of the coverage, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per group, sorted: the ``by`` columns, ``n``, ``n_missing``, ``n_periods`` (0 without the column),
        ``level``, ``coverage`` with ``coverage_low``, ``coverage_high`` (Wilson), ``below`` and ``above`` (shares of
        actuals under and over the interval), ``mean_width``, ``winkler`` (smaller is better), ``verdict`` ("too
        narrow", "too wide", "not contradicted", "too few"); and for each quantile column ``pinball_<column>`` and
        ``below_<column>`` (share of actuals at or below it: its level, if it is right).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or an interval's low end lies above its high end.
        If there is a ``period`` column with missing values, or ``quantiles`` is no mapping.
        If ``level``, ``confidence`` or a quantile's level is not between 0 and 1.

    Notes
    -----
    Forecasts of one period share its luck, so periods are taken as the independent unit: the interval of the coverage
    uses as many rows as these are worth, and Student's t; with a single period it is missing. Below 4 periods the
    verdict is "too few", as :func:`forecast_accuracy`'s. Without a ``period`` column rows are taken as independent.
    Compare Winkler scores only of the same actuals and level.

    References
    ----------
    Winkler (1972), J. Am. Stat. Assoc. 67; Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"low": [80.0, 90.0], "high": [120.0, 110.0], "actual": [100.0, 112.0]})
    >>> interval_accuracy(said, level=0.8)[["n", "coverage", "coverage_low", "mean_width", "winkler"]].round(3)
       n  coverage  coverage_low  mean_width  winkler
    0  2       0.5         0.095        30.0     40.0
    """
    if quantiles is not None and not isinstance(quantiles, Mapping):
        raise refusal("quantiles must map columns to levels", repr(quantiles), "For instance {'p10': 0.1}.")
    levels = dict(quantiles or {})
    unnamed = [name for name in levels if not isinstance(name, str)]
    if unnamed:
        raise refusal("quantiles must map names of columns to levels", repr(unnamed[0]), "For instance {'p10': 0.1}.")
    for name, value in (("level", level), ("confidence", confidence), *levels.items()):
        check_share(name, value, "Write 80 % as 0.8.")
    frame = to_pandas(forecasts)
    check = FrameCheck(frame, "interval_accuracy")
    least = check.numbers(low, low=-MOST_MONEY, high=MOST_MONEY, purpose="the interval's lower end")
    most = check.numbers(high, low=-MOST_MONEY, high=MOST_MONEY, purpose="the interval's upper end")
    came = check.numbers(actual, low=-MOST_MONEY, high=MOST_MONEY, purpose="what came")
    if not check.failures:
        check.fail_rows("low must not lie above high", low, least > most, "Swap them.")
    given = {
        name: check.numbers(name, low=-MOST_MONEY, high=MOST_MONEY, purpose="a quantile of the forecast")
        for name in levels
    }
    scored = [prefix + name for name in levels for prefix in _QUANTILE]
    groups = group_columns(check, by, results=(*MEASURES, *scored))
    clusters = None
    if check.may_use(period, usual="period"):
        clusters = pd.factorize(frame[period])[0]
        check.fail_rows("period must not be missing", period, clusters < 0, "Fill it in, or drop the column.")
    check.one_currency()
    check.done()

    known = ~(np.isnan(least) | np.isnan(most) | np.isnan(came))
    rows = pd.DataFrame(
        {
            "inside": (least <= came) & (came <= most),
            "below": came < least,
            "above": came > most,
            "mean_width": most - least,
            "winkler": winkler(least, most, came, level),
            **{f"pinball_{name}": pinball(values, came, levels[name]) for name, values in given.items()},
            **{f"below_{name}": np.where(np.isnan(values), np.nan, came <= values) for name, values in given.items()},
        }
    ).astype("float64")
    if groups:
        keys = frame[groups].reset_index(drop=True)
        number = keys.groupby(groups, observed=True, dropna=False, sort=True).ngroup().to_numpy()
        labels = keys.iloc[np.unique(number, return_index=True)[1]].reset_index(drop=True)
    else:
        number, labels = np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(1))
    n_groups = len(labels)
    means = rows[known].groupby(number[known]).mean().reindex(range(n_groups))
    n = np.bincount(number[known], minlength=n_groups).astype(np.float64)
    effective, n_periods = Effective(n, np.full(n_groups, np.inf)), np.zeros(n_groups, dtype=np.int64)
    if clusters is not None:
        inside = rows["inside"].to_numpy()[known]
        effective, n_periods = clustered_counts(number[known], inside, clusters[known], n_groups)
    few = np.zeros(n_groups, dtype=bool) if clusters is None else n_periods < FEWEST_PERIODS
    coverage = means["inside"].to_numpy(dtype=np.float64)
    found_low, found_high = rate_intervals(coverage, effective, confidence)
    columns = {
        "n": n,
        "n_missing": np.bincount(number[~known], minlength=n_groups),
        "n_periods": n_periods,
        "level": np.full(n_groups, level),
        "coverage": coverage,
        "coverage_low": found_low,
        "coverage_high": found_high,
        "verdict": np.select(
            [np.isnan(found_low) | few, found_high < level, found_low > level],
            ["too few", "too narrow", "too wide"],
            default="not contradicted",
        ),
    }
    everything = means.drop(columns="inside").assign(**columns)
    return pd.concat([labels, everything[[*MEASURES, *scored]].astype(MEASURES)], axis="columns")
