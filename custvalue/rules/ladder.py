"""Deal heat: the stages of an order, each with its chance of ever being won; and the customer's attitude."""

from dataclasses import dataclass
from itertools import pairwise

from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import Label, Lang


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the sale and the chance that a deal standing there is ever won."""

    name: str
    label: Label
    probability: float


@dataclass(frozen=True, slots=True, repr=False)
class Ladder:
    """Stages in selling order with strictly increasing probabilities of ever winning.

    Raises
    ------
    ValueError
        If a probability lies outside 0–1, the ladder does not rise strictly, or a stage name repeats.

    Examples
    --------
    >>> Ladder((Stage("quoted", Label("quoted", "已报价"), 0.4),), source="house rule").probability("quoted")
    0.4
    """

    stages: tuple[Stage, ...]
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        if not self.stages:
            raise refusal("a ladder needs stages", "none", "Give at least one Stage.")
        names = self.names
        if len(set(names)) != len(names):
            raise refusal("stage names must be distinct", names, "Rename or drop the repeated ones.")
        for stage in self.stages:
            if not is_number(stage.probability) or not 0 <= stage.probability <= 1:
                raise refusal(
                    "a stage's probability must lie in 0–1",
                    repr(stage.probability),
                    "Write 40 % as 0.4.",
                    f"stage {stage.name!r}",
                )
        for lower, upper in pairwise(self.stages):
            if lower.probability >= upper.probability:
                raise refusal(
                    "a ladder must rise from stage to stage",
                    f"{lower.probability:g} before {upper.probability:g}",
                    "List the stages in selling order, each likelier than the one before.",
                    f"stages {lower.name!r}, {upper.name!r}",
                )

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        ends = f"{self.names[0]} {self.probabilities[0]:g} to {self.names[-1]} {self.probabilities[-1]:g}"
        return f"Ladder({len(self.stages)} {'stage' if len(self.stages) == 1 else 'stages'}, {ends})"

    @property
    def names(self) -> tuple[str, ...]:
        """Stage names in selling order."""
        return tuple(stage.name for stage in self.stages)

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The chance of ever winning, stage by stage."""
        return tuple(stage.probability for stage in self.stages)

    def probability(self, name: str) -> float:
        """Return the chance of ever winning from one stage."""
        return self.probabilities[self.names.index(name)]

    def label(self, name: str, lang: Lang = "en") -> str:
        """Return the label of one stage."""
        return self.stages[self.names.index(name)].label.text(lang)


@dataclass(frozen=True, slots=True)
class Attitude:
    """How a customer stands towards us."""

    name: str
    label: Label


@dataclass(frozen=True, slots=True, repr=False)
class Attitudes:
    """The kinds of attitude, coldest to warmest order not implied."""

    kinds: tuple[Attitude, ...]
    source: str

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"Attitudes({', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The attitude names."""
        return tuple(kind.name for kind in self.kinds)

    def label(self, name: str, lang: Lang = "en") -> str:
        """Return the label of one attitude."""
        return self.kinds[self.names.index(name)].label.text(lang)


@dataclass(frozen=True, slots=True)
class PriorityCard:
    """One card of the priority exercise: a chance and an amount."""

    name: str
    probability: float
    amount: float


@dataclass(frozen=True, slots=True, repr=False)
class PriorityGrid:
    """Three probabilities against three amounts, and the lecture's five cards on that grid.

    Raises
    ------
    ValueError
        If the probabilities or amounts do not fall strictly, or a probability lies outside 0–1.
    """

    probabilities: tuple[float, ...]
    amounts: tuple[float, ...]
    cards: tuple[PriorityCard, ...]
    source: str
    currency: str = "CNY"
    note: str = ""

    def __post_init__(self) -> None:
        for name, values in (("probabilities", self.probabilities), ("amounts", self.amounts)):
            if any(left <= right for left, right in pairwise(values)):
                raise refusal(f"the grid's {name} must fall strictly", values, "List them highest first.")
        outside = [p for p in (*self.probabilities, *(c.probability for c in self.cards)) if not 0 <= p <= 1]
        if outside:
            raise refusal("the grid's probabilities must lie in 0–1", outside, "Write 90 % as 0.9.")

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"PriorityGrid({len(self.probabilities)} × {len(self.amounts)}, {self.currency})"
