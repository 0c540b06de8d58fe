"""How long things last while some still go on: the Kaplan-Meier estimate, its band, and its quantiles."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from custvalue.kernels.arrays import ROUND_OFF, Floats


class Survival(NamedTuple):
    """The share that lasts longer than each time, with its pointwise band; times increase."""

    times: Floats
    share: Floats
    low: Floats
    high: Floats


def kaplan_meier(durations: Floats, ended: NDArray[np.bool_], level: float) -> Survival:
    """Return ``S(t) = Π over times ≤ t of (1 − ended ÷ at risk)`` at every time at which something ended.

    A duration that has not ended counts as at risk up to and including its own time. The band is Greenwood's on the
    scale of log(−log S); where S is 1 or 0 it has no width that could be estimated and is missing.

    >>> curve = kaplan_meier(np.array([2.0, 3.0, 3.0, 5.0]), np.array([True, True, False, True]), 0.95)
    >>> curve.times.tolist(), curve.share.tolist()
    ([2.0, 3.0, 5.0], [0.75, 0.5, 0.0])
    """
    times, place = np.unique(durations, return_inverse=True)
    n_here = np.bincount(place, minlength=times.size)
    n_ended = np.bincount(place, weights=ended, minlength=times.size)
    at_risk = durations.size - np.concatenate(([0], np.cumsum(n_here)[:-1])) if times.size else n_here
    kept = n_ended > 0
    times, n_ended, at_risk = times[kept], n_ended[kept], at_risk[kept]
    share: Floats = np.cumprod(1 - n_ended / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(n_ended / (at_risk * (at_risk - n_ended)))
        log_share = np.log(share)
        half = ndtri((1 + level) / 2) * np.sqrt(greenwood) / np.abs(log_share)
        low: Floats = share ** np.exp(half)
        high: Floats = share ** np.exp(-half)
    known = (share > 0) & (share < 1)
    return Survival(times, share, np.where(known, low, np.nan), np.where(known, high, np.nan))


def time_until(times: Floats, share: Floats, left: float) -> float:
    """Return the first time at which no more than ``left`` last longer; missing where that is not reached.

    >>> time_until(np.array([2.0, 3.0]), np.array([0.75, 0.5]), 0.5), time_until(np.array([2.0]), np.array([0.75]), 0.5)
    (3.0, nan)
    """
    reached = np.flatnonzero(share <= left * (1 + ROUND_OFF))
    return float(times[reached[0]]) if reached.size else np.nan
