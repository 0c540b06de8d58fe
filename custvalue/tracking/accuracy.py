"""How accurate were the forecasts you submitted? Errors with their sign, and skill beside stated baselines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.frames.periods import check_freq, parse_period
from custvalue.rules.errors import InputError, refusal
from custvalue.tracking.arguments import MOST_MONEY, check_share, column_list

PERCENT = 100
WITHIN = (0.05, 0.10, 0.20)
MOST_SEASON = 1_000
# A sum of amounts below this part of their sizes is what rounding left of zero.
ROUND_OFF = 1e-12
FEWEST_PERIODS = 4
PERIODS_FOR_CLUSTERS = 12
WORDS = ("baseline", "verdict")
MEASURES = (
    "n",
    "n_missing",
    "n_zero_actual",
    "actual",
    "forecast",
    "forecast_minus_actual",
    "bias_pct",
    "mae",
    "wape",
    "rmse",
    "mase",
    "within_5_pct",
    "within_10_pct",
    "within_20_pct",
    "crm_accuracy_clipped",
)
SKILL = (
    "baseline",
    "n_compared",
    "n_periods",
    "mae_compared",
    "mae_baseline",
    "skill",
    "mae_saved",
    "mae_saved_low",
    "mae_saved_high",
    "verdict",
)


def forecast_accuracy(
    forecasts: Any,
    *,
    by: str | Sequence[str] = (),
    baseline: str | Sequence[str] | None = None,
    forecast: str = "forecast",
    actual: str = "actual",
    owner: str = "owner",
    period: str = "period",
    season: int = 1,
    freq: str = "Q-DEC",
    level: float = 0.95,
) -> pd.DataFrame:
    """Say how far forecasts were from what came, with sign, and whether they beat a baseline.

    With ``e = forecast − actual``: ``forecast_minus_actual = Σ e``, ``bias_pct = 100 Σ e ÷ |Σ actual|``,
    ``mae = mean |e|``, ``wape = Σ |e| ÷ Σ |actual|``, ``rmse = √mean e²``, ``mase = mean (|e| ÷ scale)`` with the scale
    of an owner's series ``mean |actual(t) − actual(t − season)|``; ``skill = 1 − mae ÷ mae_baseline``.

    Parameters
    ----------
    forecasts : frame
        One row per owner and period (:func:`judge_forecasts` chooses the submission by lead time): ``forecast`` and
        ``actual`` (currency; missing left out and counted), ``period`` (label) and, where there are several series,
        ``owner``.
    by : str or sequence of str
        Columns to group by, such as ``"owner"`` or ``"period"``.
    baseline : str or sequence of str, optional
        Columns that hold what the forecasts are to beat, such as ``"last_period"``, ``"same_period_last_year"``,
        ``"raw_pipeline"``, ``"weighted_pipeline"``: one row of the result per group and baseline.
    forecast, actual, owner, period : str
        Column names.
    season : int
        Periods back of the naive step that scales ``mase``: 1, or 4 for quarters.
    freq : str
        pandas quarter or month frequency of the periods.
    level : float
        Level of the interval of ``mae_saved``, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per group (and baseline), sorted: the ``by`` columns, ``n``, ``n_missing``, ``n_zero_actual``,
        ``actual``, ``forecast`` (sums), ``forecast_minus_actual``, ``bias_pct``, ``mae``, ``wape``, ``rmse``, ``mase``,
        ``within_5_pct``, ``within_10_pct``, ``within_20_pct`` (share of rows with ``|e|`` at most that part of the
        actual), ``crm_accuracy_clipped`` (mean of ``max(0, 1 − |e| ÷ |actual|)``, as CRMs print it, to compare).
        With a baseline also ``baseline``, ``n_compared`` (rows that have it), ``n_periods``, ``mae_compared``,
        ``mae_baseline`` (on those rows), ``skill``, ``mae_saved`` (baseline's minus ours), its interval
        ``mae_saved_low``, ``mae_saved_high``, and ``verdict`` ("better", "worse", "no difference shown", "too few").

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or a period is no label of the calendar.
        If an owner has two rows for a period: submissions are chosen by lead time, never averaged.
        If ``submitted`` stands in the frame and lies after the last day of the period.
        If ``season``, ``freq`` or ``level`` is none of what is possible.

    Notes
    -----
    An actual of zero: the row counts in every sum; it is *within* a part of zero, and accurate as CRMs print it, only
    if the forecast was zero too. ``bias_pct`` and ``wape`` are missing where the actuals add up to zero, ``mase``
    where no series has a scale (no two periods ``season`` apart, or no change between them); rows without a scale are
    not in it. The scale is taken from the whole series, the periods judged included. Errors of one period share its
    luck, so the interval of ``mae_saved`` takes periods as the independent unit: from 12 periods a cluster-robust one,
    from 4 a paired t over the periods' means (each period then weighs the same, so with unequal numbers of rows its
    middle is not ``mae_saved``), below that "too few".

    References
    ----------
    Hyndman & Koehler (2006) for MASE; Diebold & Mariano (1995) for comparing forecasts by their losses.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"period": ["2026Q1", "2026Q2"], "forecast": [120.0, 90.0], "actual": [100.0, 100.0]})
    >>> forecast_accuracy(said)[["n", "forecast_minus_actual", "bias_pct", "mae", "wape", "within_10_pct"]]
       n  forecast_minus_actual  bias_pct   mae  wape  within_10_pct
    0  2                   10.0       5.0  15.0  0.15            0.5
    """
    check_freq(freq)
    if not isinstance(season, int | np.integer) or isinstance(season, bool) or not 1 <= season <= MOST_SEASON:
        raise refusal("season must be a whole number of periods", repr(season), "1, or 4 for quarters.")
    check_share("level", level)
    season, names = int(season), column_list("baseline", baseline)
    frame = to_pandas(forecasts)
    check = FrameCheck(frame, "forecast_accuracy")
    said = check.numbers(forecast, low=-MOST_MONEY, high=MOST_MONEY, purpose="what was forecast")
    came = check.numbers(
        actual, low=-MOST_MONEY, high=MOST_MONEY, purpose="what came; judge_forecasts puts it beside each forecast"
    )
    check.require(period, "label of the period")
    others = {
        name: check.numbers(name, low=-MOST_MONEY, high=MOST_MONEY, purpose="the baseline to beat") for name in names
    }
    groups = group_columns(check, by, results=(*MEASURES, *SKILL))
    check.one_currency()
    series = [owner] if check.may_use(owner, usual="owner") else []
    numbers = _check_rows(check, series, period, freq)
    check.done()

    error = said - came
    rows = pd.DataFrame(
        {
            "said": said,
            "came": came,
            "error": error,
            "scale": _scales(frame, series, numbers, came, season),
            "period": numbers,
            "known": ~np.isnan(error),
            **{f"baseline {name}": values for name, values in others.items()},
        }
    )
    if groups:
        keys = frame[groups].reset_index(drop=True)
        grouped = keys.groupby(groups, observed=True, dropna=False, sort=True)
        number = grouped.ngroup().to_numpy()
        labels = keys.iloc[np.unique(number, return_index=True)[1]].reset_index(drop=True)
    else:
        number, labels = np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(1))
    found: list[dict[str, Any]] = []
    for k in range(len(labels)):
        mine = rows[number == k]
        measured = _measures(mine[mine["known"]], n_missing=int((~mine["known"]).sum()))
        found += [{"group": k, **measured, **_skill(mine, name, level)} for name in names] or [{"group": k, **measured}]
    table = pd.DataFrame(found, columns=["group", *MEASURES, *(SKILL if names else ())])
    whose = labels.iloc[table["group"].to_numpy(dtype=np.int64)].reset_index(drop=True)
    return pd.concat([whose, _typed(table.drop(columns="group"))], axis="columns")


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the results with their types, also where there is no row."""
    columns: dict[str, Any] = {}
    for name in map(str, table.columns):
        if name in WORDS:
            columns[name] = table[name].astype("str")
        elif name == "n" or name.startswith("n_"):
            columns[name] = table[name].astype("int64")
        else:
            columns[name] = table[name].astype("float64")
    return pd.DataFrame(columns)


def _check_rows(check: FrameCheck, series: list[str], period: str, freq: str) -> Any:
    """Return the number of each row's period on the calendar, after noting rows that cannot be judged."""
    frame = check.frame
    numbers = np.zeros(len(frame), dtype=np.int64)
    if check.failures:
        return numbers
    parsed: dict[Any, pd.Period] = {}
    for label in pd.unique(frame[period]):
        try:
            parsed[label] = parse_period(label, freq)
        except InputError as error:
            check.failures.append(str(error))
    if check.failures:
        return numbers
    codes, distinct = pd.factorize(frame[period])
    ordinals = np.array([parsed[label].ordinal for label in distinct], dtype=np.int64)
    numbers = ordinals[codes] if len(frame) else numbers
    check.fail_rows(
        "an owner has one forecast for a period",
        period,
        frame[series].set_axis(range(len(frame))).assign(ordinal=numbers).duplicated().to_numpy(),
        "Choose the submission with judge_forecasts(..., weeks_before=...); submissions are never averaged.",
    )
    if "submitted" in frame:
        ends = {label: found.end_time.normalize() for label, found in parsed.items()}
        late = (check.dates("submitted") > pd.to_datetime(frame[period].astype(object).map(ends))).to_numpy()
        check.fail_rows(
            "a forecast is submitted before its period is over",
            "submitted",
            late,
            "Leave the rows out: what is stamped after the outcome was known forecasts nothing.",
        )
    return numbers


def _scales(frame: pd.DataFrame, series: list[str], numbers: Any, came: Any, season: int) -> Any:
    """Return each row's scale for MASE: its series' mean absolute step over ``season`` periods of the calendar."""
    who = pd.factorize(frame[series[0]], use_na_sentinel=False)[0] if series else np.zeros(len(frame), dtype=np.int64)
    rows = pd.DataFrame({"who": who, "at": numbers, "came": came})
    before = rows.assign(at=rows["at"] + season)
    step = rows.merge(before, on=["who", "at"], how="left", suffixes=("", "_before"))
    step["step"] = (step["came"] - step["came_before"]).abs()
    scale = step.groupby("who")["step"].transform("mean")
    return scale.where(scale > 0).to_numpy()


def _measures(rows: pd.DataFrame, *, n_missing: int) -> dict[str, Any]:
    n = len(rows)
    if n == 0:
        return {"n": 0, "n_missing": n_missing, "n_zero_actual": 0}
    error, came, said = (rows[name].to_numpy(dtype=np.float64) for name in ("error", "came", "said"))
    size, total = np.abs(error), float(np.abs(came).sum())
    zero = came == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(zero, np.where(size == 0, 0.0, np.inf), size / np.abs(came))
    scale = rows["scale"].to_numpy(dtype=np.float64)
    net = float(came.sum())
    scaled = (size / scale)[~np.isnan(scale)]
    within = {f"within_{limit * PERCENT:.0f}_pct": float((part <= limit + 1e-12).mean()) for limit in WITHIN}
    return {
        "n": n,
        "n_missing": n_missing,
        "n_zero_actual": int(zero.sum()),
        "actual": net,
        "forecast": float(said.sum()),
        "forecast_minus_actual": float(error.sum()),
        "bias_pct": PERCENT * float(error.sum()) / abs(net) if abs(net) > ROUND_OFF * total else np.nan,
        "mae": float(size.mean()),
        "wape": float(size.sum()) / total if total > 0 else np.nan,
        "rmse": float(np.sqrt(np.square(error).mean())),
        "mase": float(scaled.mean()) if scaled.size else np.nan,
        **within,
        "crm_accuracy_clipped": float(np.maximum(0.0, 1 - part).mean()),
    }


def _skill(rows: pd.DataFrame, name: str, level: float) -> dict[str, Any]:
    """Return how much smaller our errors are than a baseline's, with an interval over periods."""
    other = (rows[f"baseline {name}"] - rows["came"]).abs()
    kept = rows["known"] & other.notna()
    ours, other = rows.loc[kept, "error"].abs(), other[kept]
    n, periods = int(kept.sum()), rows.loc[kept, "period"]
    n_periods = periods.nunique()
    found: dict[str, Any] = {"baseline": name, "n_compared": n, "n_periods": n_periods, "verdict": "too few"}
    if n == 0:
        return found
    saved = (other - ours).to_numpy()
    found |= {
        "mae_compared": float(ours.mean()),
        "mae_baseline": float(other.mean()),
        "skill": 1 - float(ours.mean()) / float(other.mean()) if other.mean() > 0 else np.nan,
        "mae_saved": float(saved.mean()),
    }
    if n_periods < FEWEST_PERIODS:
        return found
    from scipy.special import stdtrit

    by_period = pd.DataFrame({"saved": saved, "period": periods.to_numpy()}).groupby("period")["saved"]
    if n_periods >= PERIODS_FOR_CLUSTERS:
        centre = float(saved.mean())
        residual = by_period.sum() - centre * by_period.size()
        error = np.sqrt((residual**2).sum() * n_periods / (n_periods - 1)) / n
    else:
        means = by_period.mean()
        centre, error = float(means.mean()), float(means.std(ddof=1)) / np.sqrt(n_periods)
    half = float(stdtrit(n_periods - 1, (1 + level) / 2)) * error
    low, high = centre - half, centre + half
    verdict = "better" if low > 0 else "worse" if high < 0 else "no difference shown"
    return found | {"mae_saved_low": low, "mae_saved_high": high, "verdict": verdict}
