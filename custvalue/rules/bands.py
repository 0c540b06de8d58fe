"""Ordered bands cut by thresholds, where every cut point belongs to a stated side."""

from dataclasses import dataclass
from itertools import pairwise

from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import Label, Lang

# As many as a byte holds; nobody tells more classes apart.
MOST_BANDS = 127


def is_text(value: object) -> bool:
    """Say whether a value is a text that holds more than blanks."""
    return isinstance(value, str) and bool(value.strip())


def check_class(what: str, value: object, wanted: type, where: str = "") -> None:
    """Refuse a part of a rule that is of another class."""
    if not isinstance(value, wanted):
        raise refusal(f"{what} must be a {wanted.__name__}", repr(value), f"Make a {wanted.__name__} of it.", where)


def check_classes(what: str, values: object, wanted: type, where: str = "") -> None:
    """Refuse parts of a rule that are no tuple, or of another class."""
    if not isinstance(values, tuple | list):
        raise refusal(f"{what} must be a tuple", repr(values), "Put them in round brackets.", where)
    strange = [value for value in values if not isinstance(value, wanted)]
    if strange:
        remedy = f"Make a {wanted.__name__} of each."
        raise refusal(f"{what} must each be a {wanted.__name__}", repr(strange[0]), remedy, where)


@dataclass(frozen=True, slots=True)
class Bands:
    """Classes from lowest to highest, the cuts between them, and who owns each cut.

    Parameters
    ----------
    names : tuple of str
        Band names, lowest first.
    cuts : tuple of float
        ``len(names) - 1`` increasing thresholds.
    cut_belongs_to : tuple of str
        For each cut, the name of the band (one of its two neighbours) that owns the cut itself.
    labels : tuple of Label
        One per band.
    source : str
        Where the thresholds come from.
    note : str
        What a reader should know about them.

    Raises
    ------
    ValueError
        If names are no texts, labels no ``Label``, or either no tuple.
        If names repeat, cuts do not increase strictly, the lengths disagree, or a cut is given to a band that does
        not touch it.
        If there are more than 127 bands.

    Examples
    --------
    >>> bands = Bands(("low", "high"), (10.0,), ("high",), (Label("low", "低"), Label("high", "高")), source="example")
    >>> bands.owned_by_upper
    (True,)
    """

    names: tuple[str, ...]
    cuts: tuple[float, ...]
    cut_belongs_to: tuple[str, ...]
    labels: tuple[Label, ...]
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        check_classes("band names", self.names, str)
        check_classes("band labels", self.labels, Label)
        check_classes("cut_belongs_to", self.cut_belongs_to, str)
        if not isinstance(self.cuts, tuple | list):
            raise refusal("band cuts must be a tuple", repr(self.cuts), "Put them in round brackets.")
        if len(self.names) > MOST_BANDS:
            raise refusal(f"there must be {MOST_BANDS} bands at most", len(self.names), "Make the classes wider.")
        if len(set(self.names)) != len(self.names) or not self.names:
            raise refusal("band names must be present and distinct", self.names, "Give each band a name of its own.")
        for field, given, wanted in (
            ("cuts", self.cuts, len(self.names) - 1),
            ("cut_belongs_to", self.cut_belongs_to, len(self.names) - 1),
            ("labels", self.labels, len(self.names)),
        ):
            if len(given) != wanted:
                raise refusal(
                    f"{len(self.names)} bands need {wanted} {field}", len(given), f"Give {wanted} {field}.", field
                )
        if not all(is_number(cut) for cut in self.cuts):
            raise refusal("band cuts must be finite numbers", self.cuts, "Leave the outermost bands open instead.")
        if any(left >= right for left, right in pairwise(self.cuts)):
            raise refusal("band cuts must increase strictly", self.cuts, "Put the cuts in increasing order.")
        for cut, owner, lower, upper in zip(
            self.cuts, self.cut_belongs_to, self.names[:-1], self.names[1:], strict=True
        ):
            if owner not in (lower, upper):
                raise refusal(
                    "a cut belongs to one of the two bands it separates",
                    repr(owner),
                    f"Choose {lower!r} or {upper!r}.",
                    f"cut {cut:g}",
                )

    @property
    def owned_by_upper(self) -> tuple[bool, ...]:
        """For each cut, whether the band above it owns it."""
        return tuple(owner == upper for owner, upper in zip(self.cut_belongs_to, self.names[1:], strict=True))

    def label(self, name: str, lang: Lang = "en") -> str:
        """Return the label of one band."""
        return self.labels[self.names.index(name)].text(lang)
