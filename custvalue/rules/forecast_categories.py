"""Forecast categories: which open deals a forecast may count on, by their probability; and what is won already."""

from dataclasses import dataclass

from custvalue.rules.bands import Bands
from custvalue.rules.errors import refusal
from custvalue.rules.labels import LIBRARY_DEFAULT, Label, Lang


@dataclass(frozen=True, slots=True, repr=False)
class ForecastCategories:
    """Bands of probability for open deals, least certain first, and the category of what is won.

    Parameters
    ----------
    open : Bands
        The categories of open deals; cuts are probabilities (0–1).
    won : str
        The category of won deals. No probability puts an open deal there.
    won_label : Label

    Raises
    ------
    ValueError
        If a cut lies outside 0–1, or the won category bears the name of an open one.

    Examples
    --------
    >>> FORECAST_CATEGORIES.names
    ('pipeline', 'best_case', 'commit', 'closed')
    """

    open: Bands
    won: str
    won_label: Label

    def __post_init__(self) -> None:
        outside = [cut for cut in self.open.cuts if not 0 <= cut <= 1]
        if outside:
            raise refusal("forecast categories are cut by probabilities", outside, "Write 40 % as 0.4.")
        if self.won in self.open.names:
            raise refusal("won deals need a category of their own", repr(self.won), "Give it another name.")

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"ForecastCategories({', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The categories, least certain first, what is won last."""
        return (*self.open.names, self.won)

    @property
    def source(self) -> str:
        """Where the cuts come from."""
        return self.open.source

    def label(self, name: str, lang: Lang = "en") -> str:
        """Return the label of one category."""
        return self.won_label.text(lang) if name == self.won else self.open.label(name, lang)


FORECAST_CATEGORIES = ForecastCategories(
    open=Bands(
        names=("pipeline", "best_case", "commit"),
        cuts=(0.4, 0.8),
        cut_belongs_to=("pipeline", "commit"),
        labels=(Label("pipeline", "一般商机"), Label("best case", "最佳情况"), Label("commit", "承诺")),
        source=LIBRARY_DEFAULT,
        note="Of the lecture's steps, 20 and 40 % are pipeline, 60 % best case, 80 to 100 % commit.",
    ),
    won="closed",
    won_label=Label("closed (won)", "已赢单"),
)
