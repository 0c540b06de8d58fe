"""What rater agreement must reach before one builds on it."""

from dataclasses import dataclass

from custvalue.rules.errors import is_number, refusal

PAIR = 2


@dataclass(frozen=True, slots=True)
class AgreementLimits:
    """What alpha must reach for conclusions to be drawn from the ratings: ``tentative`` ones, or ``reliable`` ones.

    ``min_units`` is the number of prospects rated twice below which no interval is given.

    Raises
    ------
    ValueError
        If the limits do not satisfy −1 ≤ tentative ≤ reliable ≤ 1, or ``min_units`` is below 2.
    """

    tentative: float
    reliable: float
    min_units: int
    source: str

    def __post_init__(self) -> None:
        if not -1 <= self.tentative <= self.reliable <= 1:
            raise refusal(
                "limits must satisfy −1 ≤ tentative ≤ reliable ≤ 1",
                (self.tentative, self.reliable),
                "The usual ones are 0.667 and 0.8.",
            )
        if not is_number(self.min_units) or self.min_units < PAIR:
            raise refusal("min_units must be 2 or more", self.min_units, "The usual number is 10.")


KRIPPENDORFF_LIMITS = AgreementLimits(
    tentative=0.667,
    reliable=0.800,
    min_units=10,
    source="Krippendorff, Content Analysis (2004), p. 241; min_units is a library default",
)
