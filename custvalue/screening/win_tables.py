"""Win rates by band, from the highest score down (gains), and by score (calibration)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.nullable import ordered_classes
from custvalue.kernels.nonnegative import logistic_lines
from custvalue.rules.bands import Bands
from custvalue.screening.known_outcomes import KnownOutcomes

CURVE_POINTS = 41
RIDGE = 1.0

Mask = NDArray[np.bool_]


def band_win_rates(band: "pd.Series[str]", known: KnownOutcomes, bands: Bands, level: float) -> pd.DataFrame:
    """Return one row per band, highest first, and one without a band where missing answers leave it open."""
    codes = pd.Categorical(band, categories=list(bands.names), ordered=True).codes.astype(np.int64)
    n_bands = len(bands.names)
    place = np.where(codes < 0, n_bands, n_bands - 1 - codes)
    won, lost, still_open = (
        np.bincount(place[rows], minlength=n_bands + 1)
        for rows in (known.won & known.closed, known.lost & known.closed, known.open)
    )
    rows_shown = n_bands + bool((won + lost + still_open)[-1])
    low, high = kernels.wilson_interval(won.astype(float), (won + lost).astype(float), level)
    closed = np.where(won + lost > 0, won + lost, np.nan)
    base = known.won[known.closed].mean() if known.closed.any() and known.won[known.closed].any() else np.nan
    table = pd.DataFrame(
        {
            "band": ordered_classes(np.append(np.arange(n_bands)[::-1], kernels.MISSING_CODE), bands.names),
            "n": won + lost,
            "n_won": won,
            "n_lost": lost,
            "n_open": still_open,
            "win_rate_closed": won / closed,
            "low": low,
            "high": high,
            "lift": won / closed / base,
        }
    )
    return table.iloc[:rows_shown]


def score_groups(score: kernels.Floats, n_groups: int, *, descending: bool) -> NDArray[np.int64]:
    """Return a group 0, 1, … for every score: about equal parts, equal scores never parted.

    A group ends at the first change of score at or after each ``1 ÷ n_groups`` of the rows; there may be fewer groups.

    >>> score_groups(np.array([5.0, 5.0, 5.0, 1.0, 2.0, 3.0]), 3, descending=True).tolist()
    [0, 0, 0, 2, 2, 1]
    """
    values, place, size = np.unique(-score if descending else score, return_inverse=True, return_counts=True)
    if not values.size:
        return np.zeros(0, dtype=np.int64)
    before = np.cumsum(size) - size
    wanted = np.floor(before * n_groups / score.size * (1 + kernels.ROUND_OFF)).astype(np.int64)
    number = np.cumsum(np.diff(wanted, prepend=wanted[0]) > 0)
    group: NDArray[np.int64] = number.astype(np.int64)[place]
    return group


def gains(score: kernels.Floats, won: Mask, n_groups: int, level: float) -> pd.DataFrame:
    """Return win rates of groups from the highest scores down, and what the groups so far hold of all wins."""
    table = _grouped(score, won, score_groups(score, n_groups, descending=True), level)
    n, n_won = max(won.size, 1), max(int(won.sum()), 1)
    some = np.where(won.any(), 1.0, np.nan)
    reached, wins = table["n"].cumsum() / n, table["n_won"].cumsum() / n_won * some
    return table.assign(
        lift=table["win_rate_closed"] / (n_won / n) * some,
        share_of_prospects=reached,
        share_of_wins=wins,
        cumulative_lift=wins / reached,
    ).rename(columns={"group": "gain_group"})


def calibration(score: kernels.Floats, won: Mask, n_bins: int, level: float) -> pd.DataFrame:
    """Return win rates by score, lowest first, beside what the logistic line and the isotonic steps say of the bin."""
    bins = score_groups(score, n_bins, descending=False)
    table = _grouped(score, won, bins, level).rename(columns={"group": "bin"})
    size = np.maximum(np.bincount(bins, minlength=len(table)), 1)
    means = {
        name: kernels.sums_by_code(bins, values, len(table)) / size
        for name, values in (("mean_score", score), *_fits(score, won, score).items())
    }
    return table.assign(**means)


def win_rate_curve(score: kernels.Floats, won: Mask, low: float, high: float) -> pd.DataFrame:
    """Return the win rate from score ``low`` to ``high`` by a logistic line and isotonic steps; neither falls."""
    at = np.linspace(low, high, CURVE_POINTS)
    inside = (at >= score.min(initial=np.inf)) & (at <= score.max(initial=-np.inf))
    fits = _fits(score, won, at)
    return pd.DataFrame({"score": at, **fits, "observed_range": inside})


def _fits(score: kernels.Floats, won: Mask, at: kernels.Floats) -> dict[str, kernels.Floats]:
    """Return the logistic and the isotonic win rate at some scores; missing where only one outcome is known."""
    from scipy.optimize import isotonic_regression
    from scipy.special import expit

    nothing = np.full(at.size, np.nan)
    if not won.any() or won.all():
        return {"logistic_win_rate": nothing, "isotonic_win_rate": nothing}
    values, place, size = np.unique(score, return_inverse=True, return_counts=True)
    wins, trials = kernels.sums_by_code(place, won.astype(float), values.size), size.astype(float)
    intercept, slope = logistic_lines(values[:, None], wins, trials, ridge=RIDGE)
    steps = isotonic_regression(wins / trials, weights=trials).x
    nearest_below = np.clip(np.searchsorted(values, at * (1 + kernels.ROUND_OFF), side="right") - 1, 0, None)
    return {"logistic_win_rate": expit(intercept[0] + slope[0] * at), "isotonic_win_rate": steps[nearest_below]}


def _grouped(score: kernels.Floats, won: Mask, group: NDArray[np.int64], level: float) -> pd.DataFrame:
    rows = pd.DataFrame({"group": group, "score": score, "won": won.astype(np.int64)})
    found = rows.groupby("group").agg(
        score_from=("score", "min"), score_to=("score", "max"), n=("won", "size"), n_won=("won", "sum")
    )
    n, n_won = found["n"].to_numpy(dtype=float), found["n_won"].to_numpy(dtype=float)
    low, high = kernels.wilson_interval(n_won, n, level)
    found = found.assign(win_rate_closed=n_won / n, low=low, high=high).reset_index()
    return found.assign(group=found["group"] + 1)
