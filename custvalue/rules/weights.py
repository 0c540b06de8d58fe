"""How sure one is of a scorecard's weights, and what outcomes must show before weights are learnt from them."""

from dataclasses import dataclass

from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import LIBRARY_DEFAULT, Label


@dataclass(frozen=True, slots=True)
class WeightCertainty:
    """How sure one is of the weights of a scorecard, in plain words, and what that means for drawn weights.

    Shares of the total weight are drawn from a Dirichlet distribution with the given shares as means and this
    ``concentration``: a share ``s`` then has the standard deviation ``√(s (1 − s) ÷ (concentration + 1))``.

    Raises
    ------
    ValueError
        If the concentration is not positive.
    """

    label: Label
    concentration: float
    source: str

    def __post_init__(self) -> None:
        if not is_number(self.concentration) or self.concentration <= 0:
            raise refusal("a concentration must be positive", self.concentration, "Give a number above 0.")


# A fifth of the total weight, give or take (one standard deviation): 0.028, 0.056 and 0.12.
WEIGHT_CERTAINTIES = (
    WeightCertainty(Label("very sure", "很有把握"), 200.0, LIBRARY_DEFAULT),
    WeightCertainty(Label("fairly sure", "较有把握"), 50.0, LIBRARY_DEFAULT),
    WeightCertainty(Label("not sure", "没有把握"), 10.0, LIBRARY_DEFAULT),
)


@dataclass(frozen=True, slots=True)
class WeightLearning:
    """What known outcomes must show before weights are learnt from them.

    ``events_per_criterion`` of the rarer outcome at least; and outcomes shuffled among the prospects may go with the
    points as well as the real ones do in ``shuffled_as_well`` of the draws at most.

    Raises
    ------
    ValueError
        If ``events_per_criterion`` is below 1, or ``shuffled_as_well`` does not lie between 0 and 1.
    """

    events_per_criterion: float
    shuffled_as_well: float
    source: str

    def __post_init__(self) -> None:
        if not is_number(self.events_per_criterion) or self.events_per_criterion < 1:
            raise refusal(
                "events_per_criterion must be 1 or more", self.events_per_criterion, "The usual number is 10."
            )
        if not is_number(self.shuffled_as_well) or not 0 < self.shuffled_as_well < 1:
            raise refusal("shuffled_as_well must lie between 0 and 1", self.shuffled_as_well, "Write 5 % as 0.05.")


WEIGHT_LEARNING = WeightLearning(
    events_per_criterion=10,
    shuffled_as_well=0.05,
    source="Peduzzi and others, J. Clin. Epidemiol. 49 (1996) 1373-1379 (events); 5 % is a library default",
)
