"""Selling time and the people who spend it: the year, the day, and the traits of hunters and farmers."""

from dataclasses import dataclass

from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label


@dataclass(frozen=True, slots=True)
class Activity:
    """A use of the working day, in hours from ``low`` to ``high``."""

    name: str
    label: Label
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise refusal(
                "an activity's hours must satisfy 0 ≤ low ≤ high",
                (self.low, self.high),
                "Give the shorter time first.",
                f"activity {self.name!r}",
            )


@dataclass(frozen=True, slots=True, repr=False)
class SellingYear:
    """The deductions that turn a year into selling hours.

    Parameters
    ----------
    days_in_year, public_holidays, weekend_days, other_days_off, meetings, days_per_meeting : float
        Days (``meetings`` is a count).
    hours_in_day, sleep_hours : float
        Used only for the slide's own 142 days.
    working_hours : float
        Length of the working day in hours.
    direct : Label
        The name of what is left of the day: direct selling (T1).
    direct_share_on_slide : float
        The slide's own figure for T1 as a fraction of the working day.
    activities : tuple of Activity
        T2–T5, in hours a day.
    source, note : str

    Raises
    ------
    ValueError
        If a number is negative, more days are deducted than the year has, or the activities leave no time to sell.
    """

    days_in_year: float
    public_holidays: float
    weekend_days: float
    other_days_off: float
    meetings: float
    days_per_meeting: float
    hours_in_day: float
    sleep_hours: float
    working_hours: float
    direct: Label
    direct_share_on_slide: float
    activities: tuple[Activity, ...]
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, int | float) and not value >= 0:
                raise refusal(f"{name} must be 0 or more", value, "Give days or hours as a positive number.")
        if self.selling_days <= 0:
            raise refusal("the deductions must leave selling days", self.selling_days, "Deduct fewer days.")
        if not self.sleep_hours < self.hours_in_day:
            raise refusal("sleep_hours must be shorter than the day", self.sleep_hours, "Give hours, not days.")
        if not 0 <= self.direct_share_on_slide <= 1:
            raise refusal("direct_share_on_slide must lie in 0–1", self.direct_share_on_slide, "Write 17 % as 0.17.")
        if self.direct_hours_low < 0:
            raise refusal(
                "the activities must fit the working day",
                f"{sum(a.high for a in self.activities):g} h of {self.working_hours:g} h",
                "Shorten an activity or lengthen working_hours.",
            )

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"SellingYear({self.selling_days:g} selling days of {self.working_hours:g} hours)"

    @property
    def working_days(self) -> float:
        """Days left after holidays, weekends and other days off (225 on the slide)."""
        return self.days_in_year - self.public_holidays - self.weekend_days - self.other_days_off

    @property
    def meeting_days(self) -> float:
        """Days spent in company meetings."""
        return self.meetings * self.days_per_meeting

    @property
    def selling_days(self) -> float:
        """Working days left after meetings (217)."""
        return self.working_days - self.meeting_days

    @property
    def days_after_sleep(self) -> float:
        """The slide's 150: working days less the share of 24 hours that is slept."""
        return self.working_days * (self.hours_in_day - self.sleep_hours) / self.hours_in_day

    @property
    def days_on_slide(self) -> float:
        """The slide's own result, 142: sleep is taken out of whole days before the meetings are."""
        return self.days_after_sleep - self.meeting_days

    @property
    def direct_hours_low(self) -> float:
        """Fewest hours a day left for direct selling."""
        return self.working_hours - sum(activity.high for activity in self.activities)

    @property
    def direct_hours_high(self) -> float:
        """Most hours a day left for direct selling."""
        return self.working_hours - sum(activity.low for activity in self.activities)

    @property
    def direct_hours_on_slide(self) -> float:
        """Hours a day by the slide's own share for direct selling."""
        return self.working_hours * self.direct_share_on_slide


@dataclass(frozen=True, slots=True)
class TraitPair:
    """Two opposite descriptions of a salesperson; ``scored=False`` where the slide marks no side."""

    name: str
    hunter: Label
    farmer: Label
    scored: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class HunterFarmer:
    """Trait pairs answered from ``farmer_end`` (farmer) to ``hunter_end`` (hunter).

    Descriptive, for development; never a hiring test.

    Raises
    ------
    ValueError
        If names repeat, no pair is scored, or the ends do not lie on either side of zero at equal distance.
    """

    pairs: tuple[TraitPair, ...]
    source: str
    farmer_end: int = -2
    hunter_end: int = 2
    note: str = ""

    def __post_init__(self) -> None:
        names = [pair.name for pair in self.pairs]
        if len(set(names)) != len(names):
            raise refusal("trait names must be distinct", names, "Rename or drop the repeated ones.")
        if not any(pair.scored for pair in self.pairs):
            raise refusal("at least one trait pair must be scored", "none", "Set scored=True on the pairs that count.")
        if not self.farmer_end == -self.hunter_end < 0:
            raise refusal(
                "the scale must be symmetric about zero",
                (self.farmer_end, self.hunter_end),
                "Use for instance -2 and +2.",
            )

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"HunterFarmer({len(self.pairs)} pairs, from {self.farmer_end} to {self.hunter_end})"

    @property
    def scored_names(self) -> tuple[str, ...]:
        """Names of the pairs that enter the scores."""
        return tuple(pair.name for pair in self.pairs if pair.scored)
