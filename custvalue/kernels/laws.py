"""A distribution of money: points with their cumulative chances, as steps or joined by straight lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from custvalue.kernels.arrays import Floats

# The percentiles over which the error of a quantile is stated.
PERCENTILES = np.arange(1, 100) / 100
LEVEL_SLACK = 1e-12
POINT_SLACK = 1e-12
UNIT_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Law:
    """``cumulative[j]`` is the chance of at most ``points[j]``; between points it is a step or a straight line.

    A point that occurs twice carries an atom: the chance jumps there. Where a joined law stands for sums that are whole
    multiples of ``unit`` above ``origin``, its line runs through the middle of every step. What may have been moved by
    up to ``slack`` (on a lattice) still counts as reached.
    """

    points: Floats
    cumulative: Floats
    stepwise: bool
    unit: float = 0.0
    origin: float = 0.0
    slack: float = 0.0

    def shifted(self, by: float) -> "Law":
        """Return the law of the money with a constant added."""
        return replace(self, points=self.points + by, origin=self.origin + by)

    def cdf(self, x: Floats) -> Floats:
        """Return the chance of at most ``x``."""
        if self.unit > 0:
            x = self.origin + self.unit * (np.floor((x - self.origin) / self.unit + UNIT_SLACK) + 1 / 2)
        return self._value(x, np.searchsorted(self.points, x + self._forgiven, side="right"))

    def below(self, x: Floats) -> Floats:
        """Return the chance of strictly less than ``x``."""
        if self.unit > 0:
            x = self.origin + self.unit * (np.ceil((x - self.origin) / self.unit - UNIT_SLACK) - 1 / 2)
        return self._value(x, np.searchsorted(self.points, x - self._forgiven, side="left"))

    @property
    def _forgiven(self) -> float:
        return max(self.slack, POINT_SLACK * max(abs(float(self.points[0])), abs(float(self.points[-1]))))

    def _value(self, x: Floats, right: np.ndarray) -> Floats:
        last = self.points.size - 1
        before = np.where(right > 0, self.cumulative[np.maximum(right - 1, 0)], 0.0)
        if self.stepwise:
            return np.asarray(before, dtype=np.float64)
        inside = (right > 0) & (right <= last)
        low, high = np.maximum(right - 1, 0), np.minimum(right, last)
        width = self.points[high] - self.points[low]
        part = np.divide(x - self.points[low], width, out=np.zeros_like(before), where=width > 0)
        rise = np.where(inside, np.clip(part, 0.0, 1.0) * (self.cumulative[high] - self.cumulative[low]), 0.0)
        return np.asarray(before + rise, dtype=np.float64)

    def quantile(self, level: Floats) -> Floats:
        """Return the smallest amount that is not exceeded with chance ``level``."""
        wanted = level - LEVEL_SLACK
        place = np.minimum(np.searchsorted(self.cumulative, wanted, side="left"), self.points.size - 1)
        if self.stepwise:
            return self.points[place]
        low = np.maximum(place - 1, 0)
        rise = self.cumulative[place] - self.cumulative[low]
        part = np.divide(wanted - self.cumulative[low], rise, out=np.ones_like(rise), where=rise > 0)
        between: Floats = self.points[low] + np.clip(part, 0.0, 1.0) * (self.points[place] - self.points[low])
        return between


def mixed(laws: Sequence[Law], shifts: Sequence[float], weights: Sequence[float]) -> Law:
    """Return the law of laws, each shifted, that hold with the chances ``weights``.

    >>> coin = Law(np.array([0.0, 1.0]), np.array([0.5, 1.0]), stepwise=True)
    >>> both = mixed([coin, coin], [0.0, 10.0], [0.4, 0.6])
    >>> both.points.tolist(), both.cumulative.round(3).tolist()
    ([0.0, 1.0, 10.0, 11.0], [0.2, 0.4, 0.7, 1.0])
    """
    slack, unit = max(law.slack for law in laws), laws[0].unit
    whole = [abs(by / unit - round(by / unit)) <= UNIT_SLACK for by in shifts] if unit > 0 else [False]
    if not all(whole) or any(law.unit != unit for law in laws):
        unit = 0.0
    parts = [replace(law.shifted(by), slack=0.0, unit=0.0) for law, by in zip(laws, shifts, strict=True)]
    if all(law.stepwise for law in parts):
        points = np.unique(np.concatenate([law.points for law in parts]))
        chance = sum(w * law.cdf(points) for w, law in zip(weights, parts, strict=True))
        return Law(points, np.clip(chance, 0.0, 1.0), stepwise=True, slack=slack)
    # Each point twice, with the chance of less and the chance of no more: so an atom of any part is one of the mixture.
    points = np.unique(np.concatenate([law.points for law in parts]))
    below, up_to = (
        sum(w * getattr(law, side)(points) for w, law in zip(weights, parts, strict=True)) for side in ("below", "cdf")
    )
    chance = np.column_stack([below, up_to]).ravel()
    return Law(
        np.repeat(points, 2),
        np.clip(np.maximum.accumulate(chance), 0.0, 1.0),
        stepwise=False,
        unit=unit,
        origin=laws[0].origin,
        slack=slack,
    )


def largest_difference(one: Law, other: Law) -> float:
    """Return the largest difference of two laws over their quantiles P1 … P99."""
    return float(np.abs(one.quantile(PERCENTILES) - other.quantile(PERCENTILES)).max())
