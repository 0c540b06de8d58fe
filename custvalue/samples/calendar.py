"""The days a company is simulated on: calendar quarters and weekly snapshots. Days are counted from 1970-01-01."""

from dataclasses import dataclass

import numpy as np

from custvalue.frames.periods import last_periods, parse_period
from custvalue.samples.arrays import Days, Ints

SNAPSHOT_EVERY_DAYS = 7
MONTHS_IN_QUARTER, QUARTERS_IN_YEAR = 3, 4


@dataclass(frozen=True, slots=True)
class Calendar:
    """The quarters of the data.

    Parameters
    ----------
    last_quarter : str
        Label of the last quarter; its last day is the as-of day.
    n_quarters : int
    """

    last_quarter: str
    n_quarters: int

    @property
    def periods(self) -> list[str]:
        """Labels of the quarters shown, oldest first."""
        return last_periods(parse_period(self.last_quarter), self.n_quarters)

    @property
    def first(self) -> int:
        """The first quarter shown, counted from 1970Q1."""
        return int(parse_period(self.last_quarter).ordinal) - self.n_quarters + 1

    @property
    def starts(self) -> Days:
        """First day of every quarter shown, and the day after the last."""
        months = MONTHS_IN_QUARTER * (self.first + np.arange(self.n_quarters + 1))
        return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)

    @property
    def of_year(self) -> Ints:
        """Place of every quarter shown in its year, 0 to 3."""
        return (self.first + np.arange(self.n_quarters)) % QUARTERS_IN_YEAR

    @property
    def start(self) -> int:
        """First day of the data."""
        return int(self.starts[0])

    @property
    def as_of(self) -> int:
        """Last day of the data."""
        return int(self.starts[-1]) - 1

    @property
    def snapshot_days(self) -> Days:
        """Snapshot days, oldest first: weekly, so that the last one falls on the as-of day."""
        back = np.arange((self.as_of - self.start) // SNAPSHOT_EVERY_DAYS + 1)
        return (self.as_of - SNAPSHOT_EVERY_DAYS * back)[::-1]

    def quarter_of(self, days: Ints) -> Ints:
        """Return each day's quarter: 0 for the first shown, negative before, ``n_quarters`` and more after.

        >>> calendar = Calendar("2026Q3", 2)
        >>> calendar.quarter_of(np.array([calendar.start - 1, calendar.start, calendar.as_of + 1])).tolist()
        [-1, 0, 2]
        """
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return months // MONTHS_IN_QUARTER - self.first
