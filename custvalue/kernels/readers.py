"""What reads a chance off a spectrum: on a lattice of its own, or on the window the sum lies in."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from custvalue.kernels.arrays import Floats
from custvalue.kernels.lattice import split_waves
from custvalue.kernels.powers import Complex
from custvalue.kernels.spectrum import exact_waves

SAME_POINT = 1e-9
# Beyond so many frequencies separate sums are blurred, so that they do not ring: weight exp(−30 (k ÷ most)^8).
FADES, STEEPNESS = 30.0, 8


@dataclass(frozen=True)
class Lattice:
    """Reads ``P(sum ≥ x) = level + Re Σ spectrum × weight`` of amounts moved to a lattice, or on it (``resolution`` 0).

    >>> reader = Lattice(1.0, 4, slack=0.0, resolution=0.0, watched=0)
    >>> level, weight = reader.read(np.array([1.0]), slice(0, 3))
    >>> coin = 0.5 + 0.5 * reader.waves(np.ones(1), np.zeros(1), reader.frequencies(0, 3))[0]
    >>> round(float(level[0] + (weight[0] @ coin).real), 9)
    0.5
    """

    step: float
    n_points: int
    slack: float
    resolution: float
    watched: int
    # A deal moved to the lattice is not moved by its very amount.
    shifts = False

    @property
    def n_frequencies(self) -> int:
        """Return how many frequencies there are."""
        return self.n_points // 2 + 1

    def frequencies(self, first: int, last: int) -> Floats:
        """Return some of the frequencies."""
        return 2 * np.pi / (self.n_points * self.step) * np.arange(float(first), last)

    def waves(self, amount: Floats, spread: Floats, t: Floats) -> Complex:
        """Return the transform of each amount."""
        return split_waves(amount, spread, t, self.step)

    @cached_property
    def _weights(self) -> dict[float, Complex]:
        return {}

    def read(self, x: Floats, chosen: slice) -> tuple[Floats, Complex]:
        """Return the level and the weights of some frequencies at each ``x``."""
        weights = []
        for place in (x - self.slack).tolist():
            if place not in self._weights:
                indicator = np.zeros(self.n_points)
                indicator[: int(np.clip(np.ceil(place / self.step - SAME_POINT), 0, self.n_points))] = 1.0
                weight = -np.fft.rfft(indicator) / self.n_points
                weight[1:-1] *= 2.0
                self._weights[place] = weight
            weights.append(self._weights[place][chosen])
        return np.ones(x.size), np.stack(weights)

    def decided(self, _x: Floats) -> bool:
        """Say whether the sum lies on one side of every ``x``."""
        return False


@dataclass(frozen=True)
class Window:
    """Reads the same off a Fourier series on a window outside of which the sum lies with negligible chance."""

    start: float
    length: float
    most: int
    unit: float
    watched: int
    shifts = True

    @property
    def n_frequencies(self) -> int:
        """Return how many frequencies there are at most."""
        return self.most

    @property
    def resolution(self) -> float:
        """Return the money below which sums are not told apart."""
        return self.length / self.most

    def frequencies(self, first: int, last: int) -> Floats:
        """Return some of the frequencies."""
        return 2 * np.pi / self.length * np.arange(first + 1.0, last + 1.0)

    def waves(self, amount: Floats, spread: Floats, t: Floats) -> Complex:
        """Return the transform of each amount."""
        return exact_waves(amount, spread, t)

    def _places(self, x: Floats) -> Floats:
        if self.unit > 0:
            x = self.unit * (np.ceil(x / self.unit - SAME_POINT) - 1 / 2)
        return np.clip((x - self.start) / self.length, 0.0, 1.0)

    def read(self, x: Floats, chosen: slice) -> tuple[Floats, Complex]:
        """Return the level and the weights of some frequencies at each ``x``."""
        place = self._places(x)[:, None]
        k = np.arange(chosen.start + 1.0, chosen.stop + 1.0)
        fading = np.exp(-FADES * (k / self.most) ** STEEPNESS) / (np.pi * k)
        turn = np.exp(-2j * np.pi * k * (self.start / self.length))
        weight = -1j * fading * (np.exp(-2j * np.pi * k * place) - 1.0) * turn
        return 1.0 - place[:, 0], np.where((place > 0) & (place < 1), weight, 0.0)

    def decided(self, x: Floats) -> bool:
        """Say whether the sum lies on one side of every ``x``."""
        place = self._places(x)
        return bool(((place == 0) | (place == 1)).all())


Reader = Lattice | Window
