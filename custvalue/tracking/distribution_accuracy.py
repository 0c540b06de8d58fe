"""How good were forecasts that came as a whole distribution: CRPS, and where in it the actual fell."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.parts import Parts
from custvalue.kernels.arrays import Floats
from custvalue.kernels.scores import binomial_band, crps_of_draws, pinball, pit_counts, pit_tests
from custvalue.rules.errors import refusal
from custvalue.tracking.arguments import check_share

FEWEST = 10
FEWEST_BINS, MOST_BINS = 2, 100
LEVELS = (np.arange(1_000) + 0.5) / 1_000
NEAR = 1e-9
# Quantiles give a CRPS if they cover (0, 1): so many levels, no two farther apart, none farther from 0 and from 1.
FEWEST_LEVELS, WIDEST_GAP, WIDEST_END = 9, 0.15, 0.1
TOO_FEW_LEVELS, LEVELS_APART, ENDS_OPEN = (
    "no CRPS: fewer than 9 levels",
    "no CRPS: levels more than 0.15 apart",
    "no CRPS: levels end more than 0.1 from 0 or 1",
)
VERDICTS = ("too few", "too low", "too high", "too narrow", "too wide", "not contradicted")


@dataclass(frozen=True, slots=True)
class DistributionAccuracy(Parts):
    """The answer of :func:`distribution_accuracy`: ``.rows``, their ``.summary``, and the ``.histogram`` of the PIT."""

    rows: pd.DataFrame
    summary: pd.DataFrame
    histogram: pd.DataFrame


class _Scored(NamedTuple):
    crps: Floats
    middle: Floats
    pit_low: Floats
    pit_high: Floats
    quantile_loss: Floats | None = None
    note: str = ""


def distribution_accuracy(
    forecasts: Any,
    *,
    actual: Any,
    seed: int,
    n_bins: int = 10,
    level: float = 0.95,
) -> DistributionAccuracy:
    """Score distributions against what came: the CRPS, and whether actuals fell evenly over them (PIT).

    ``crps = ∫ (F(x) − 1{x ≥ actual})² dx`` (currency; for a single number the absolute error), of quantiles
    ``2 Σ w(p) (actual − q(p))(p − 1{actual < q(p)})`` with ``w(p)`` the part of (0, 1) nearer to the level p than to
    any other; ``pit = F(actual)``, drawn evenly between ``P(X < actual)`` and ``P(X ≤ actual)`` where the distribution
    has a jump there.

    Parameters
    ----------
    forecasts : 2-D array, frame or sequence of distributions
        One row (or item) per forecast: sampled draws, or a frame whose columns are named by their levels (``0.1``,
        ``"0.9"``) and hold quantiles, or distributions with ``cdf(x)`` and ``quantile(levels)``, as
        :func:`revenue_distribution` makes them.
    actual : sequence of float
        What came (currency), in the same order; missing ones are left out and counted. A series beside a frame is
        taken in the order of its rows, and refused if it has the frame's labels in another order.
    seed : int
        Seed of the draws within jumps.
    n_bins : int
        Number of bins of the histogram, 2 to 100.
    level : float
        Level of the band and of the verdict, between 0 and 1.

    Returns
    -------
    DistributionAccuracy
        ``.rows``: one row per forecast, in order (the frame's index is kept): ``actual``, ``median``, ``crps``,
        ``pit_low``, ``pit_high``, ``pit``, of quantiles also ``quantile_loss`` (plain mean of the pinball losses of
        the levels there are). ``.summary``: one row: ``n``, ``n_missing``, ``crps``, ``mae_median`` (of
        the medians alone), ``mean_pit`` (0.5 if right), ``sd_pit`` (0.289 if right), ``verdict``: the forecasts were
        "too low", "too high", "too narrow", "too wide", "not contradicted", or "too few" (under 10) to tell, of
        quantiles also ``quantile_loss``, and ``note`` (why there is no CRPS, else empty).
        ``.histogram``: one row per bin: ``pit_from``, ``pit_to``, ``n``, ``share``, ``expected``, ``low``, ``high``
        (shares; the band all bins keep to with chance ``level`` if the forecasts are right), ``outside``.

    Raises
    ------
    ValueError
        If ``forecasts`` is none of the three, has missing or infinite values beside an actual, or quantiles that fall.
        If ``actual`` is not as long as ``forecasts``, or bears a frame's labels in another order.
        If ``n_bins``, ``level`` or ``seed`` is out of range.

    Notes
    -----
    Draws are taken as the whole distribution (the estimator that is 0 for equal draws); their PIT is that of the
    actual's rank among them, uniform if the actual is one more draw. The PIT of quantiles is drawn evenly between the
    levels on either side. The CRPS of distributions is that of 1,000 quantiles. Quantiles have a CRPS only where they
    span the distribution: at least 9 levels, none more than 0.15 from the next, the first and last at most 0.1 from 0
    and 1; elsewhere it is missing and ``note`` says why. Of a normal distribution that of the nine deciles is up to
    6 % too large, that of 99 percentiles right to 0.2 %. ``quantile_loss`` compares only forecasts of the same levels.
    The median of quantiles is interpolated between levels, and missing where 0.5 lies outside them. The verdict takes
    forecasts as independent: those of one quarter share its luck, so give one row per period. It tests mean and spread
    of the PIT, each at half the error chance; the mean goes first.

    References
    ----------
    Gneiting, T., Balabdaoui, F. and Raftery, A. (2007), J. R. Stat. Soc. B 69: calibration and sharpness. Gneiting, T.
    and Raftery, A. (2007), J. Am. Stat. Assoc. 102: CRPS.

    Examples
    --------
    >>> import numpy as np
    >>> found = distribution_accuracy(np.array([[90.0, 110.0], [100.0, 120.0]]), actual=[100.0, 130.0], seed=1)
    >>> found.rows[["actual", "median", "crps"]]
       actual  median  crps
    0   100.0   100.0   5.0
    1   130.0   110.0  15.0
    """
    if not isinstance(n_bins, int | np.integer) or isinstance(n_bins, bool) or not FEWEST_BINS <= n_bins <= MOST_BINS:
        raise refusal(f"n_bins must be a whole number from 2 to {MOST_BINS}", repr(n_bins), "10 is usual.")
    check_share("level", level)
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise refusal("seed must be a whole number of 0 or more", repr(seed), "Any will do; note it.")
    came = _actuals(actual)
    n_bins, seed = int(n_bins), int(seed)
    known = ~np.isnan(came)
    scored, index = _score(forecasts, came, known, actual)
    chance = np.random.default_rng(seed).random(came.size)
    pit = scored.pit_low + chance * (scored.pit_high - scored.pit_low)
    rows = pd.DataFrame(
        {
            "actual": came,
            "median": scored.middle,
            "crps": scored.crps,
            "pit_low": scored.pit_low,
            "pit_high": scored.pit_high,
            "pit": pit,
        },
        index=index,
    )
    summary = _summary(rows, known, level)
    if scored.quantile_loss is not None:
        rows["quantile_loss"] = scored.quantile_loss
        loss = float(rows["quantile_loss"].mean())
        summary = summary.assign(quantile_loss=loss, note=pd.Series([scored.note], dtype="str"))
    return DistributionAccuracy(rows, summary, _histogram(pit[known], n_bins, level))


def _actuals(actual: Any) -> Floats:
    """Return the actuals as floats, missing as NaN."""
    unordered = isinstance(actual, str | bytes | Mapping | Set | pd.DataFrame)
    if not isinstance(actual, Iterable) or unordered:
        raise refusal("actual must be a sequence of numbers", type(actual).__name__, "One per forecast, in order.")
    column = actual.rename("actual") if isinstance(actual, pd.Series) else pd.Series(list(actual), name="actual")
    check = FrameCheck(column.to_frame(), "distribution_accuracy")
    values = check.numbers("actual")
    check.done()
    return values


def _score(forecasts: Any, came: Floats, known: np.ndarray, actual: Any) -> tuple[_Scored, pd.Index]:
    if isinstance(forecasts, np.ndarray):
        _same_length(len(forecasts), came)
        return _of_draws(forecasts, came, known), pd.RangeIndex(came.size)
    if isinstance(forecasts, Sequence) and not isinstance(forecasts, str):
        _same_length(len(forecasts), came)
        return _of_distributions(forecasts, came, known), pd.RangeIndex(came.size)
    frame = to_pandas(forecasts)
    _same_length(len(frame), came)
    if isinstance(actual, pd.Series):
        _same_order(frame.index, actual.index)
    return _of_quantiles(frame, came, known), frame.index


def _same_length(n: int, came: Floats) -> None:
    if n != came.size:
        raise refusal("actual must have one value per forecast", f"{came.size} for {n}", "Give missing ones as NaN.")


def _same_order(index: pd.Index, labels: pd.Index) -> None:
    """Refuse actuals that bear the forecasts' labels in another order: beside which row they belong is in doubt."""
    if index.equals(labels) or Counter(index) != Counter(labels):
        return
    place = next(k for k, (mine, other) in enumerate(zip(index, labels, strict=True)) if mine != other)
    raise refusal(
        "actual must have its labels in the order of the forecasts",
        f"{labels[place]!r} beside {index[place]!r}",
        "Give actual.loc[forecasts.index], or actual.to_numpy() if the order is right.",
        f"row {place}",
    )


def _scattered(scored: _Scored, known: np.ndarray) -> _Scored:
    """Return the scores of the known rows at their places, missing elsewhere."""

    def placed(values: Floats) -> Floats:
        column = np.full(known.size, np.nan)
        column[known] = values
        return column

    loss = None if scored.quantile_loss is None else placed(scored.quantile_loss)
    crps, middle, low, high = (
        placed(scored.crps),
        placed(scored.middle),
        placed(scored.pit_low),
        placed(scored.pit_high),
    )
    return _Scored(crps, middle, low, high, loss, scored.note)


def _of_draws(draws: np.ndarray, came: Floats, known: np.ndarray) -> _Scored:
    if draws.ndim != 2 or not draws.shape[1] or not np.issubdtype(draws.dtype, np.number):  # noqa: PLR2004 (rows and columns)
        raise refusal(
            "draws come as a 2-D array of numbers, a row per forecast", f"shape {draws.shape}", "Reshape them."
        )
    mine, y = draws[known].astype(np.float64), came[known]
    _finite(np.isfinite(mine).all(axis=1), known)
    n = mine.shape[1]
    below = (mine < y[:, None]).sum(axis=1)
    up_to = (mine <= y[:, None]).sum(axis=1)
    middle = np.median(mine, axis=1) if y.size else y
    return _scattered(_Scored(crps_of_draws(mine, y), middle, below / (n + 1), (up_to + 1) / (n + 1)), known)


def _of_quantiles(frame: pd.DataFrame, came: Floats, known: np.ndarray) -> _Scored:
    names = frame.columns.tolist()
    levels = pd.to_numeric(pd.Series([str(name) for name in names], dtype="str"), errors="coerce").to_numpy(np.float64)
    if not levels.size or not ((levels > 0) & (levels < 1)).all() or np.unique(levels).size < levels.size:
        raise refusal(
            "columns of quantiles are named by distinct levels between 0 and 1",
            names[:MOST_BINS],
            "Rename them, for instance {'p10': 0.1}, and give the actuals apart.",
        )
    check = FrameCheck(frame, "distribution_accuracy")
    order = np.argsort(levels)
    values = np.column_stack([check.numbers(names[place]) for place in order])
    check.done()
    mine, y, levels = values[known], came[known], levels[order]
    _finite(~np.isnan(mine).any(axis=1), known)
    falls = np.zeros(known.size, dtype=bool)
    falls[known] = (np.diff(mine, axis=1) < 0).any(axis=1)
    check.fail_rows("quantiles rise with their level", names[order[0]], falls, "Sort or correct them.")
    check.done()
    edges = np.concatenate(([0.0], levels, [1.0]))
    below = (mine < y[:, None]).sum(axis=1)
    up_to = (mine <= y[:, None]).sum(axis=1)
    losses = np.column_stack([pinball(mine[:, k], y, float(level)) for k, level in enumerate(levels)])
    note = _why_no_crps(levels)
    crps = np.full(y.size, np.nan) if note else 2 * losses @ np.diff([0, *(levels[1:] + levels[:-1]) / 2, 1])
    return _scattered(
        _Scored(crps, _medians(mine, levels), edges[below], edges[up_to + 1], losses.mean(axis=1), note), known
    )


def _why_no_crps(levels: Floats) -> str:
    """Return why rising levels do not span the distribution, or nothing if they do."""
    if levels.size < FEWEST_LEVELS:
        return TOO_FEW_LEVELS
    if np.diff(levels).max() > WIDEST_GAP + NEAR:
        return LEVELS_APART
    return ENDS_OPEN if max(levels[0], 1 - levels[-1]) > WIDEST_END + NEAR else ""


def _medians(quantiles: Floats, levels: Floats) -> Floats:
    """Return the medians between the levels on either side, missing where none lies on one of them."""
    above = int(np.searchsorted(levels, 1 / 2))
    if above == levels.size or (above == 0 and levels[0] > 1 / 2):
        return np.full(len(quantiles), np.nan)
    if levels[above] == 1 / 2:
        return quantiles[:, above]
    part = (1 / 2 - levels[above - 1]) / (levels[above] - levels[above - 1])
    medians: Floats = (1 - part) * quantiles[:, above - 1] + part * quantiles[:, above]
    return medians


def _of_distributions(forecasts: Sequence[Any], came: Floats, known: np.ndarray) -> _Scored:
    wrong = [place for place, item in enumerate(forecasts) if not (hasattr(item, "cdf") and hasattr(item, "quantile"))]
    if wrong:
        raise refusal(
            "a distribution has cdf and quantile",
            type(forecasts[wrong[0]]).__name__,
            "Make it with revenue_distribution; draws come as a 2-D array, quantiles as a frame.",
            f"item {wrong[0]}",
        )
    chosen = [item for item, counts in zip(forecasts, known, strict=True) if counts]
    y = came[known]
    grid = np.array([np.asarray(item.quantile(LEVELS), dtype=np.float64) for item in chosen]).reshape(-1, LEVELS.size)
    up_to = np.array([float(item.cdf(value)) for item, value in zip(chosen, y, strict=True)])
    below = np.array([_below(item, value) for item, value in zip(chosen, y, strict=True)])
    middle = np.array([float(item.quantile(0.5)) for item in chosen])
    return _scattered(_Scored(crps_of_draws(grid, y), middle, np.minimum(below, up_to), up_to), known)


def _below(item: Any, value: float) -> float:
    """Return the chance of strictly less: what is left of reaching the value, or the chance of a hair less."""
    if hasattr(item, "at_least"):
        return 1.0 - float(item.at_least(float(value)))
    return float(item.cdf(value - NEAR * max(1.0, abs(value))))


def _finite(good: np.ndarray, known: np.ndarray) -> None:
    if not good.all():
        row = int(np.flatnonzero(known)[np.flatnonzero(~good)[0]])
        raise refusal(
            "a forecast beside an actual has no missing or infinite value",
            "one that has",
            "Leave the actual missing, or fill it in.",
            f"row {row}",
        )


def _summary(rows: pd.DataFrame, known: np.ndarray, level: float) -> pd.DataFrame:
    mine = rows[known]
    n = len(mine)
    pit = mine["pit"].to_numpy(dtype=np.float64)
    found = {
        "n": n,
        "n_missing": int((~known).sum()),
        "crps": float(mine["crps"].mean()),
        "mae_median": float((mine["actual"] - mine["median"]).abs().mean()),
        "mean_pit": float(pit.mean()) if n else np.nan,
        "sd_pit": float(pit.std(ddof=1)) if n > 1 else np.nan,
        "verdict": _verdict(pit, level),
    }
    return pd.DataFrame([found])


def _verdict(pit: Floats, level: float) -> str:
    from scipy.special import ndtri, stdtrit

    if pit.size < FEWEST:
        return "too few"
    tail = 1 - (1 - level) / 4  # two tests, two-sided each
    mean, spread = pit_tests(pit)
    if abs(mean) > stdtrit(pit.size - 1, tail):
        return "too low" if mean > 0 else "too high"
    if abs(spread) > ndtri(tail):
        return "too narrow" if spread > 0 else "too wide"
    return "not contradicted"


def _histogram(pit: Floats, n_bins: int, level: float) -> pd.DataFrame:
    edges = np.linspace(0, 1, n_bins + 1)
    counts, n = pit_counts(pit, n_bins), pit.size
    low, high = binomial_band(n, 1 / n_bins, 1 - (1 - level) / n_bins)
    total = n or np.nan
    return pd.DataFrame(
        {
            "pit_from": edges[:-1],
            "pit_to": edges[1:],
            "n": counts,
            "share": counts / total,
            "expected": 1 / n_bins,
            "low": low / total,
            "high": high / total,
            "outside": (counts < low) | (counts > high),
        }
    )
