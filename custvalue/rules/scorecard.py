"""A scorecard: weighted criteria with a measurable description for every point level."""

import math
from dataclasses import dataclass
from itertools import pairwise

from custvalue.rules.bands import Bands, check_class, check_classes, is_text
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import Label

# With more points than these no total may leave the range of numbers, nor a part of one be lost.
LEAST_WEIGHT, MOST_WEIGHT = 1e-100, 1e100


def _number(text: str) -> float | None:
    """Return the number that a text is, if it is one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Level:
    """One answer to a criterion: its points and the description that earns them.

    ``knocks_out=True`` marks an answer that shelves the prospect at once, whatever else it scores.

    Raises
    ------
    ValueError
        If the label is no ``Label`` with a text in both languages, or ``knocks_out`` is not True or False.
    """

    points: float
    label: Label
    knocks_out: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.label, Label) or not is_text(self.label.en) or not is_text(self.label.zh):
            raise refusal(
                "a level's label must be a Label with a text in both languages",
                repr(self.label),
                'Write for instance Label("no", "否").',
                f"level of {self.points!r} points",
            )
        if not isinstance(self.knocks_out, bool):
            raise refusal("knocks_out must be True or False", repr(self.knocks_out), "Leave it out for no.")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One row of a scorecard.

    Parameters
    ----------
    name : str
        The column that holds the answer.
    label : Label
        What is asked.
    levels : tuple of Level
        Answers with strictly increasing points. Empty for a criterion that was recorded as bare numbers: its points
        are then only known to be 0 or more, and it has no maximum.
    weight : float
        Multiplies the points; 0 or more.
    source : str
        Where the criterion comes from.

    Raises
    ------
    ValueError
        If the weight is negative or not finite, or so small or large that totals leave the range of numbers.
        If points are negative, not finite or not strictly increasing.
        If two levels share a description in any language (blanks around it and the case of letters do not tell them
        apart), or a description is a number other than the level's own points.
        If the name is no text, the label no ``Label``, or a level no ``Level``.
    """

    name: str
    label: Label
    levels: tuple[Level, ...]
    weight: float
    source: str

    def __post_init__(self) -> None:
        where = f"criterion {self.name!r}"
        if not is_text(self.name):
            raise refusal("a criterion's name must be a text", repr(self.name), "Give the column of its answers.")
        check_class("a criterion's label", self.label, Label, where)
        check_classes("levels", self.levels, Level, where)
        if not is_number(self.weight) or self.weight < 0:
            raise refusal(
                "a criterion's weight must be 0 or more", self.weight, "Give a finite weight of 0 or more.", where
            )
        if self.weight and not LEAST_WEIGHT <= self.weight <= MOST_WEIGHT:
            raise refusal(
                f"a criterion's weight must be 0 or lie between {LEAST_WEIGHT:g} and {MOST_WEIGHT:g}",
                self.weight,
                "Weights count beside each other: divide or multiply all of them by the same number.",
                where,
            )
        points = tuple(level.points for level in self.levels)
        if any(not is_number(value) or value < 0 for value in points):
            raise refusal("points must be finite and 0 or more", points, "Start the scale at 0.", where)
        if any(left >= right for left, right in pairwise(points)):
            raise refusal("points must increase from level to level", points, "List the levels lowest first.", where)
        for texts in ([level.label.en for level in self.levels], [level.label.zh for level in self.levels]):
            if len(set(texts)) != len(texts):
                raise refusal("each level needs a description of its own", texts, "Tell the levels apart.", where)
        english = {level.label.en: level.points for level in self.levels}
        crossed = [level.label.zh for level in self.levels if english.get(level.label.zh, level.points) != level.points]
        if crossed:
            raise refusal("a text must describe one level only", crossed, "Tell the two languages apart.", where)
        self._check_texts_can_be_told_apart(where)

    def _check_texts_can_be_told_apart(self, where: str) -> None:
        """Refuse texts that differ in case or blanks only, and numbers that are not the level's own points."""
        owner: dict[str, float] = {}
        for level in self.levels:
            for text in (level.label.en, level.label.zh):
                if owner.setdefault(text.strip().casefold(), level.points) != level.points:
                    raise refusal("each level needs a description of its own", repr(text), "Tell them apart.", where)
                if (number := _number(text)) is not None and number != level.points:
                    raise refusal(
                        "a level's text that is a number must be its points",
                        f"{text!r} for {level.points:g} points",
                        "Put it in words.",
                        where,
                    )

    @property
    def min_points(self) -> float:
        """The fewest points the criterion can give, before weighting."""
        return self.levels[0].points if self.levels else 0.0

    @property
    def max_points(self) -> float:
        """The most points the criterion can give, before weighting; infinite where no levels are stated."""
        return self.levels[-1].points if self.levels else math.inf

    @property
    def knocks_out(self) -> bool:
        """Whether one of its answers shelves a prospect at once."""
        return bool(self.knock_out_points)

    @property
    def knock_out_points(self) -> tuple[float, ...]:
        """The points of the answers that shelve a prospect at once."""
        return tuple(level.points for level in self.levels if level.knocks_out)


@dataclass(frozen=True, slots=True, repr=False)
class Scorecard:
    """Criteria, the scale their total is put on, and the bands that scale is cut into.

    Parameters
    ----------
    name : Label
        What the scorecard measures.
    criteria : tuple of Criterion
    bands : Bands
        Cut points on ``scale``, or on the raw total when ``scale`` is None.
    scale : float or None
        The total the bands are stated for (20 in the lecture): ``score = total × scale ÷ highest possible total``.
        None bands the raw total and leaves the score undefined.
    action_from : float or None
        Lowest banded value that is flagged for action: a setting of its own, apart from the bands.
    source, note : str

    Raises
    ------
    ValueError
        If there is no criterion, a name repeats, all weights are zero, the scale is not positive, or a scale is
        asked for while a criterion has no maximum.
        If the name is no ``Label``, a criterion no ``Criterion``, or the bands are no ``Bands``.
        If the highest possible total leaves the range of numbers.
    """

    name: Label
    criteria: tuple[Criterion, ...]
    bands: Bands
    source: str
    scale: float | None = 20.0
    action_from: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        check_class("a scorecard's name", self.name, Label)
        check_classes("criteria", self.criteria, Criterion)
        check_class("a scorecard's bands", self.bands, Bands)
        if not self.criteria:
            raise refusal("a scorecard needs criteria", "none", "Give at least one Criterion.")
        if len(set(self.names)) != len(self.names):
            repeated = sorted({name for name in self.names if self.names.count(name) > 1})
            raise refusal("criterion names must be distinct", repeated, "Rename or drop the repeated ones.")
        if not any(criterion.weight > 0 for criterion in self.criteria):
            raise refusal(
                "a scorecard needs a positive weight", "all weights zero", "Give at least one criterion a weight."
            )
        if self.action_from is not None and not is_number(self.action_from):
            raise refusal("action_from must be a number or None", self.action_from, "Give the lowest flagged value.")
        if self.scale is not None and (not is_number(self.scale) or self.scale <= 0):
            raise refusal("scale must be positive", self.scale, "Give the total the bands are stated for, or None.")
        described = sum(float(c.weight) * c.max_points for c in self.criteria if c.levels)
        if not math.isfinite(described * (self.scale or 1.0)):
            raise refusal(
                "the highest possible total × scale must be a finite number",
                described,
                "Give smaller weights or points.",
            )
        if self.scale is None:
            return
        if not 0 < self.max_total < math.inf:
            open_ended = [c.name for c in self.criteria if math.isinf(c.max_points) or c.max_points == 0]
            raise refusal(
                "a scaled scorecard needs a highest possible total",
                f"no maximum for {open_ended}",
                "Describe the levels of these criteria, or set scale=None to band the raw total.",
            )

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        scale = "raw totals" if self.scale is None else f"out of {self.scale:g}"
        n = len(self.criteria)
        return f"Scorecard({self.name.en!r}, {n} {'criterion' if n == 1 else 'criteria'}, {scale})"

    @property
    def names(self) -> tuple[str, ...]:
        """Criterion names, in the card's order."""
        return tuple(criterion.name for criterion in self.criteria)

    @property
    def max_total(self) -> float:
        """The highest possible weighted total; infinite where a criterion has no stated levels."""
        return math.fsum(c.weight * c.max_points for c in self.criteria if c.weight > 0)
