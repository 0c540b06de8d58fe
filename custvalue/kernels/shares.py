"""What a list of values, largest first, says of its concentration: counts for levels, shares of the top, indices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from custvalue.kernels.arrays import ROUND_OFF, Floats
from custvalue.kernels.order import count_to_reach

TOP_SHARE = 0.2
TOP_COUNTS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Values from the largest to the smallest, and their running total; the total is above zero."""

    descending: Floats
    running: Floats

    @classmethod
    def of(cls, descending: Floats) -> "Ranked":
        """Return the ranked list of values sorted from the largest."""
        return cls(descending, np.cumsum(descending))

    @property
    def n(self) -> int:
        """Number of values."""
        return self.descending.size

    @property
    def total(self) -> float:
        """Sum of the values."""
        return float(self.running[-1])

    def counts_to_reach(self, levels: Sequence[float]) -> list[int]:
        """Return how many of the largest reach each share of the total, the crossing one included."""
        # Negative values stand at the end, where the running total has passed every level: no maximum need be kept.
        return [min(count_to_reach(self.running, level * self.total), self.n) for level in levels]

    def share_of_top(self, count: int) -> float:
        """Return the share of the ``count`` largest, of all where there are fewer."""
        return float(self.running[min(count, self.n) - 1]) / self.total

    def share_of_top_part(self, part: float = TOP_SHARE) -> float:
        """Return the share of the largest part of the accounts, their number rounded up."""
        return self.share_of_top(int(np.ceil(part * self.n * (1 - ROUND_OFF))))

    def gini(self) -> float:
        """Return the uncorrected Gini index: ``Σ (n + 1 − 2i) xᵢ ÷ (n Σ x)``, i = 1 for the largest."""
        # Σ (n + 1 − i) xᵢ is the sum of the running totals. Equal values are 0 but for the last digits.
        return max(0.0, (2 * float(self.running.sum()) - (self.n + 1) * self.total) / (self.n * self.total))

    def hhi(self) -> float:
        """Return the Herfindahl–Hirschman index ``Σ share²``."""
        # A plain sum: a product of vectors is handed to threads, which cost more than they save here.
        shares = self.descending / self.total
        return float(np.square(shares, out=shares).sum())
