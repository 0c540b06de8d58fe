"""A distribution of money: points with their cumulative chances, as steps or joined by straight lines."""

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
    multiples of ``unit`` above ``origin``, its line runs through the middle of every step.
    """

    points: Floats
    cumulative: Floats
    stepwise: bool
    unit: float = 0.0
    origin: float = 0.0

    def shifted(self, by: float) -> "Law":
        """Return the law of the money with a constant added."""
        return replace(self, points=self.points + by, origin=self.origin + by)

    def cdf(self, x: Floats) -> Floats:
        """Return the chance of at most ``x``."""
        if self.unit > 0:
            x = self.origin + self.unit * (np.floor((x - self.origin) / self.unit + UNIT_SLACK) + 1 / 2)
        slack = POINT_SLACK * max(abs(float(self.points[0])), abs(float(self.points[-1])))
        right = np.searchsorted(self.points, x + slack, side="right")
        return self._value(x, right)

    def below(self, x: Floats) -> Floats:
        """Return the chance of strictly less than ``x``."""
        if self.unit > 0:
            x = self.origin + self.unit * (np.ceil((x - self.origin) / self.unit - UNIT_SLACK) - 1 / 2)
        slack = POINT_SLACK * max(abs(float(self.points[0])), abs(float(self.points[-1])))
        right = np.searchsorted(self.points, x - slack, side="left")
        return self._value(x, right)

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


def largest_difference(one: Law, other: Law) -> float:
    """Return the largest difference of two laws over their quantiles P1 … P99."""
    return float(np.abs(one.quantile(PERCENTILES) - other.quantile(PERCENTILES)).max())
