"""Trend and season of purchases, account by account, and why there is none to tell."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from custvalue import kernels
from custvalue.analysis.overdue import Rhythm
from custvalue.analysis.purchases import DAYS_PER_YEAR, PurchaseDays

TREND_PURCHASES, TREND_YEARS = 6, 1.0
SEASON_PURCHASES, SEASON_YEARS = 8, 2.0
# A rate that multiplies by e^30 along the history is as steep as the data can tell from any steeper one.
STEEPEST = 30.0
_BISECTIONS = 60
_FLAT = 1e-4
_MONTH_ENDS = np.cumsum([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30])
_TWELFTH = 1 / 12


@dataclass(frozen=True, slots=True)
class Trends:
    """Change of the rate of purchases per year as a fraction, with its interval, or the reason there is none."""

    trend: kernels.Floats
    low: kernels.Floats
    high: kernels.Floats
    reason: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Seasons:
    """Strength, peak and p-value of a yearly season, or the reason there is none."""

    strength: kernels.Floats
    month: kernels.Floats
    p: kernels.Floats
    reason: NDArray[Any]


def trends(days: PurchaseDays, found: Rhythm, shape: kernels.Floats, as_of: int, level: float) -> Trends:
    """Return the log-linear trend of the rate from each account's first purchase to ``as_of``.

    Given their number, purchases at a rate ``∝ exp(θ u)`` lie at places u of the history with density ``∝ exp(θ u)``;
    the likeliest θ is the one whose mean place is theirs.
    """
    span = as_of - found.first
    reason = np.where(
        days.n < TREND_PURCHASES,
        f"fewer than {TREND_PURCHASES} purchases",
        np.where(span < TREND_YEARS * DAYS_PER_YEAR, "history shorter than a year", ""),
    )
    reason = np.where((reason == "") & np.isnan(shape), "not judged", reason)
    told = reason == ""
    rest = np.ones(days.code.size, dtype=bool)
    rest[days.start[days.n > 0]] = False
    # A purchase falls somewhere within its day, on average in the middle.
    place = (days.day[rest] - found.first[days.code[rest]] - 0.5) / np.maximum(span[days.code[rest]], 1)
    sums = kernels.sums_by_code(days.code[rest], place, days.n.size)
    n = np.where(told, days.n - 1, 1).astype(np.float64)
    steepness = _steepness(np.where(told, sums / n, 0.5))
    spread = np.sqrt(1 / (np.where(told, shape, 1) * n * _place_variance(steepness)))
    half = ndtri((1 + level) / 2) * spread
    years = np.where(told, span / DAYS_PER_YEAR, np.nan)
    low, middle, high = (
        np.expm1(np.minimum(x / years, STEEPEST)) for x in (steepness - half, steepness, steepness + half)
    )
    return Trends(middle, low, high, reason)


def _mean_place(steepness: kernels.Floats) -> kernels.Floats:
    """Return the mean of the density ∝ exp(θ u) on 0–1."""
    flat = np.abs(steepness) < _FLAT
    theta = np.where(flat, 1.0, steepness)
    return np.where(flat, 0.5 + steepness * _TWELFTH, 1 / -np.expm1(-theta) - 1 / theta)


def _place_variance(steepness: kernels.Floats) -> kernels.Floats:
    """Return the variance of the density ∝ exp(θ u) on 0–1."""
    flat = np.abs(steepness) < _FLAT
    theta = np.where(flat, 1.0, steepness)
    variance = 1 / np.square(theta) - 1 / np.square(2 * np.sinh(theta / 2))
    return np.where(flat, _TWELFTH, variance)


def _steepness(mean_place: kernels.Floats) -> kernels.Floats:
    """Return the θ whose mean place is the given one, by bisection."""
    low, high = np.full(mean_place.size, -STEEPEST), np.full(mean_place.size, STEEPEST)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = _mean_place(middle) < mean_place
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found: kernels.Floats = (low + high) / 2
    return found


def seasons(days: PurchaseDays, found: Rhythm, shape: kernels.Floats, as_of: int) -> Seasons:
    """Return Rayleigh's test of a yearly season over the last whole years of each account's history.

    The history may lack up to one of the account's own gaps at its beginning: nobody buys on the first day of the data.
    """
    history = as_of + 1 - found.first + np.nan_to_num(found.mean_gap)
    years = np.floor(history / DAYS_PER_YEAR)
    inside = days.day > as_of - years[days.code] * DAYS_PER_YEAR
    code, angle = days.code[inside], days.day[inside] * (2 * np.pi / DAYS_PER_YEAR)
    n = np.bincount(code, minlength=days.n.size).astype(np.float64)
    reason = np.where(
        ~(years >= SEASON_YEARS),
        "history shorter than two years",
        np.where(n < SEASON_PURCHASES, f"fewer than {SEASON_PURCHASES} purchases in whole years", ""),
    )
    reason = np.where((reason == "") & np.isnan(shape), "not judged", reason)
    told = reason == ""
    east = kernels.sums_by_code(code, np.cos(angle), days.n.size)
    north = kernels.sums_by_code(code, np.sin(angle), days.n.size)
    known = np.where(told, n, np.nan)
    strength = np.minimum(np.hypot(east, north) / known, 1.0)
    # Bursts make a season of a few purchases look surer than it is; regular gaps are given no bonus.
    surprise = known * np.square(strength) * np.minimum(shape, 1.0)
    peak = np.mod(np.arctan2(north, east), 2 * np.pi) * (DAYS_PER_YEAR / (2 * np.pi))
    month = np.where(told, np.searchsorted(_MONTH_ENDS, peak, side="right") + 1.0, np.nan)
    return Seasons(strength, month, np.exp(-surprise), reason)
