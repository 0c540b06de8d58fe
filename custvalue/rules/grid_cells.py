"""Where a cell of the priority grid ends: the slide gives the numbers of its rows and columns, and no limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import LIBRARY_DEFAULT


@dataclass(frozen=True, slots=True)
class CellLimits:
    """How far from one number of the grid to the next higher one its cell reaches, and who owns the limit.

    Raises
    ------
    ValueError
        If ``part_of_gap`` does not lie between 0 and 1.

    Examples
    --------
    >>> HALFWAY.between((0.5, 1.0, 2.0))
    (0.75, 1.5)
    """

    part_of_gap: float
    limit_is_higher: bool
    source: str

    def __post_init__(self) -> None:
        if not is_number(self.part_of_gap) or not 0 < self.part_of_gap < 1:
            raise refusal("part_of_gap must lie between 0 and 1", self.part_of_gap, "Halfway is 0.5.")

    def between(self, rising: Sequence[float]) -> tuple[float, ...]:
        """Return the limits between rising numbers of the grid."""
        return tuple(lower + self.part_of_gap * (upper - lower) for lower, upper in pairwise(rising))


HALFWAY = CellLimits(part_of_gap=0.5, limit_is_higher=True, source=LIBRARY_DEFAULT)
