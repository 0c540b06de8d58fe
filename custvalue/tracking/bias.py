"""Who forecasts too high, who too low: each salesperson's error, net of what the quarter did to everybody."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.frames.nullable import ordered_classes
from custvalue.kernels.arrays import Integers
from custvalue.kernels.discoveries import FEWEST_TO_TEST, Named, moderated_variances, name_biased, shrink
from custvalue.rules.errors import refusal
from custvalue.tracking.arguments import MOST_MONEY, check_share

NAMES = ("sandbagging", "not named", "happy ears")
SANDBAGGING, NOT_NAMED, HAPPY_EARS = range(3)
PERCENT = 100
TOO_FEW = "too few periods"
ONE_SIDED = "nothing forecast or nothing won in some period"
RESULTS = (
    "n",
    "n_left_out",
    "bias",
    "bias_pct",
    "low",
    "high",
    "p_value",
    "q_value",
    "named",
    "shrunken",
    "shrunken_low",
    "shrunken_high",
    "note",
)


def forecast_bias(
    judged: Any,
    *,
    by: str = "owner",
    forecast: str = "forecast",
    actual: str = "actual",
    owner: str = "owner",
    period: str = "period",
    q: float = 0.10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Name those who forecast too high (happy ears) or too low (sandbagging) beyond what chance explains.

    ``error = ln(forecast ÷ actual)`` for each salesperson (or team) and period; ``bias`` is the mean over periods of
    ``error − mean error of the others in that period``, the others being those not named themselves. Each is tested
    (two-sided t over periods) on this unshrunken bias; Benjamini and Hochberg's procedure at rate ``q`` decides who is
    named.

    Parameters
    ----------
    judged : frame
        One row per salesperson and period (:func:`judge_forecasts` makes them): ``forecast`` and ``actual`` (currency,
        0 or more), ``period`` and the ``by`` column.
    by : str
        Whose bias: ``"owner"``, or a column such as ``"team"``, whose rows are added up period by period first.
    forecast, actual, owner, period : str
        Column names; ``owner`` may be absent where ``by`` is another column.
    q : float
        False discovery rate: of those named, at most this share is expected to be named wrongly. Between 0 and 1.
    level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per salesperson or team, sorted: the ``by`` column; ``n`` (periods counted); ``n_left_out`` (periods in
        which forecast or actual is missing, both are zero, or there are fewer than two others to compare with; all
        periods of those who once forecast nothing or won nothing, while the other was not nothing); ``bias``
        (logarithm: 0.1 is about 10 % too high) with its t interval ``low``, ``high``; ``bias_pct``
        (``100 (exp(bias) − 1)``); ``p_value``; ``q_value`` (the smallest rate at which it would be named); ``named``
        (ordered: sandbagging < not named < happy ears; missing where there are too few periods); ``shrunken``,
        ``shrunken_low``, ``shrunken_high`` (bias drawn towards zero, for display); ``note``.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or a forecast or actual is negative or infinite.
        If the ``by`` or ``period`` column has missing values.
        If an owner has two rows for a period: submissions are chosen by lead time, never averaged.
        If ``q`` or ``level`` is out of range.

    Notes
    -----
    Errors are relative to the others: if all forecast 20 % too high, nobody is named, and :func:`forecast_accuracy`
    shows the bias of the whole. If half of the group or more err in the same direction, the yardstick moves with them.
    Who forecast something and won nothing in a period, or the other way round, is not judged: such a period has no
    ratio, and the periods that are left lean to one side (those in which something was won look like sandbagging).
    Take longer periods, or judge the team. Errors are judged on the logarithm, whose typical value is nil where
    forecasts are as often too high as too low; a forecast of the mean of very skewed revenue looks too high on it.

    Fewer than three periods are too few to name anybody. The t-test takes a salesperson's net errors of different
    periods as independent and about normal; a quarter won or lost by one large deal is neither, and widens the
    interval. The shrunken bias takes true biases as normal about zero, and variances that
    are drawn towards a common one; it also exists for those with too few periods to be named.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), J. R. Stat. Soc. B 57; Smyth, G. (2004), Stat. Appl. Genet. Mol. Biol. 3 (1),
    for variances; Gelman, A. (2006), Bayesian Analysis 1 (3), for the spread of few groups.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({
    ...     "owner": ["Li"] * 4 + ["Wu"] * 4 + ["Xu"] * 4,
    ...     "period": ["2025Q1", "2025Q2", "2025Q3", "2025Q4"] * 3,
    ...     "forecast": [165.0, 155.0, 160.0, 150.0, 105.0, 95.0, 98.0, 103.0, 97.0, 104.0, 100.0, 99.0],
    ...     "actual": 100.0,
    ... })
    >>> forecast_bias(said)[["owner", "n", "bias_pct", "named"]].round(0)
      owner  n  bias_pct       named
    0    Li  4      53.0  happy ears
    1    Wu  4      -3.0   not named
    2    Xu  4      -3.0   not named
    """
    for name, value in (("q", q), ("level", level)):
        check_share(name, value, "Write 10 % as 0.1.")
    for name, column in (("by", by), ("owner", owner)):
        if not isinstance(column, str):
            raise refusal(f"{name} must name a column", repr(column), "Give one name; add up several columns first.")
    frame = to_pandas(judged)
    check = FrameCheck(frame, "forecast_bias")
    said = check.numbers(forecast, low=0, high=MOST_MONEY, purpose="what was forecast")
    came = check.numbers(
        actual, low=0, high=MOST_MONEY, purpose="what came; judge_forecasts puts it beside each forecast"
    )
    check.require(period, "label of the period")
    group_columns(check, by, results=RESULTS)
    check.one_currency()
    _check_rows(check, by, owner, period)
    check.done()

    keys = frame[[by]].reset_index(drop=True)
    number = keys.groupby(by, observed=True, sort=True).ngroup().to_numpy()
    labels = keys.iloc[np.unique(number, return_index=True)[1]].reset_index(drop=True)
    periods, distinct = pd.factorize(frame[period])
    shape = (len(labels), len(distinct))
    cell = number * shape[1] + periods
    # A sum with a missing part is missing: what a team said is not known if one of them is not.
    sums = [np.bincount(cell, weights=values, minlength=shape[0] * shape[1]).reshape(shape) for values in (said, came)]
    usable = (sums[0] > 0) & (sums[1] > 0)
    errors = np.full(shape, np.nan)
    errors[usable] = np.log(sums[0][usable] / sums[1][usable])
    there = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape) > 0
    # A ratio to nothing is none, and the periods without it lean to one side: the others say nothing of the bias.
    one_sided = (there & ((sums[0] == 0) != (sums[1] == 0))).any(axis=1)
    errors[one_sided] = np.nan
    found = _columns(name_biased(errors, q), there.sum(axis=1), level)
    found["note"] = found["note"].where(~one_sided, ONE_SIDED)
    return pd.concat([labels, found], axis="columns")


def _check_rows(check: FrameCheck, by: str, owner: str, period: str) -> None:
    if check.failures:
        return
    frame = check.frame
    for name in dict.fromkeys((by, period)):
        check.fail_rows(f"{name} must not be missing", name, frame[name].isna().to_numpy(), "Fill it in.")
    series = [owner] if owner in frame else [by]
    check.fail_rows(
        "an owner has one forecast for a period",
        period,
        frame.duplicated([*series, period]).to_numpy(),
        "Choose the submission with judge_forecasts(..., weeks_before=...); submissions are never averaged.",
    )


def _columns(found: Named, n_cells: Integers, level: float) -> pd.DataFrame:
    from scipy.special import ndtri, stdtrit

    n, mean, error, variance = found.means
    enough = n >= FEWEST_TO_TEST
    half = np.where(enough, stdtrit(np.maximum(n - 1, 1), (1 + level) / 2) * error, np.nan)
    steady = moderated_variances(variance, np.maximum(n - 1, 0.0))
    shrunken = shrink(mean, np.where(n > 0, steady / np.maximum(n, 1), np.nan))
    margin = ndtri((1 + level) / 2) * shrunken.sd
    named = np.where(found.named, np.where(mean > 0, HAPPY_EARS, SANDBAGGING), NOT_NAMED)
    return pd.DataFrame(
        {
            "n": n.astype(np.int64),
            "n_left_out": (n_cells - n).astype(np.int64),
            "bias": mean,
            "bias_pct": PERCENT * np.expm1(mean),
            "low": mean - half,
            "high": mean + half,
            "p_value": found.p,
            "q_value": found.q,
            "named": ordered_classes(np.where(enough, named, -1), NAMES),
            "shrunken": shrunken.mean,
            "shrunken_low": shrunken.mean - margin,
            "shrunken_high": shrunken.mean + margin,
            "note": pd.Series(np.where(enough, "", TOO_FEW), dtype="str"),
        }
    )
