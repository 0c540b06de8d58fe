"""Three angles on an account: potential (ABC), winnable share (123), loyalty (+0-)."""

from dataclasses import dataclass
from itertools import product

from custvalue.rules.bands import Bands
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang

# What is read as each sign besides the sign itself and its labels, in whatever case; a library default.
LOYALTY_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "+",
        ("1", "1.0", "+1", "＋", "plus", "supports", "support", "supporter", "supportive", "loyal", "支持者", "忠诚"),
    ),
    ("0", ("0.0", "-0.0", "０", "neutral", "中性", "一般")),
    (
        "-",
        ("-1", "-1.0", "−1", "－", "−", "–", "minus", "does not support", "opposes", "opponent", "disloyal", "反对"),
    ),
)


@dataclass(frozen=True, slots=True, repr=False)
class AccountGrid:
    """The cuts of the three angles and what a segment code such as ``A1+`` is made of.

    Parameters
    ----------
    potential : Bands
        Classes of the potential per year, in ``currency``.
    share : Bands
        Classes of the share of that potential which we may win, as a fraction.
    loyalty : tuple of str
        Signs, most loyal first.
    loyalty_labels : tuple of Label
    headroom_target : float
        Share of the potential counted as within reach when headroom is computed.
    currency : str
        The currency the potential's cuts are stated in; amounts in another need rules of their own.
    source, note : str
    loyalty_words : tuple of (str, tuple of str)
        For each sign the further words that mean it, beside the sign and its labels.

    Raises
    ------
    ValueError
        If the share cuts or the headroom target lie outside 0–1, or the signs repeat.
    """

    potential: Bands
    share: Bands
    loyalty: tuple[str, ...]
    loyalty_labels: tuple[Label, ...]
    headroom_target: float
    source: str
    currency: str = "CNY"
    note: str = ""
    loyalty_words: tuple[tuple[str, tuple[str, ...]], ...] = LOYALTY_WORDS

    def __post_init__(self) -> None:
        if any(not 0 < cut < 1 for cut in self.share.cuts):
            raise refusal("share cuts must lie between 0 and 1", self.share.cuts, "Write 70 % as 0.7.")
        if not 0 < self.headroom_target <= 1:
            raise refusal("headroom_target must lie in (0, 1]", self.headroom_target, "Write 70 % as 0.7.")
        if len(set(self.loyalty)) != len(self.loyalty) or len(self.loyalty) != len(self.loyalty_labels):
            raise refusal("each loyalty sign needs one label", self.loyalty, "Give distinct signs, one label each.")

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        potential, share, loyalty = (len(part) for part in (self.potential.names, self.share.names, self.loyalty))
        return f"AccountGrid({potential} × {share} × {loyalty}, {self.currency})"

    @property
    def potential_classes(self) -> tuple[str, ...]:
        """Potential classes, best first."""
        return self.potential.names[::-1]

    @property
    def share_classes(self) -> tuple[str, ...]:
        """Share classes, best first."""
        return self.share.names[::-1]

    @property
    def segments(self) -> tuple[str, ...]:
        """All segments, best first: potential class, then share class, then loyalty."""
        return tuple("".join(parts) for parts in product(self.potential_classes, self.share_classes, self.loyalty))

    def loyalty_label(self, sign: str, lang: Lang = "en") -> str:
        """Return what a loyalty sign stands for."""
        return self.loyalty_labels[self.loyalty.index(sign)].text(lang)

    @property
    def loyalty_spellings(self) -> dict[str, str]:
        """The sign of every text that is read as one: signs, labels in both languages, further words; lower case."""
        spellings = {
            word.casefold(): sign for sign, words in self.loyalty_words for word in words if sign in self.loyalty
        }
        for sign, label in zip(self.loyalty, self.loyalty_labels, strict=True):
            spellings |= {text.casefold(): sign for text in (label.en, label.zh, sign)}
        return spellings
