"""What a company can be simulated with: the kind and limits of every setting, and how wrong ones are refused."""

import math
from typing import Any

import numpy as np

from custvalue.frames.periods import parse_period
from custvalue.rules.errors import InputError, raise_all, refusal_text
from custvalue.samples.calendar import QUARTERS_IN_YEAR
from custvalue.samples.effects import Effects, is_real, shown
from custvalue.samples.names import MOST_COMPANIES, MOST_PEOPLE

# Ten years: up to here the frames stay plausible at every size an effect may have.
MOST_QUARTERS = 40
# Ten million drawn opportunities take about 17 GB of memory.
MOST_OPPORTUNITIES = 10_000_000
# Opportunities are drawn from a year before the data on: some of them are still open on its first day.
YEARS_BEFORE = 1

# Least and highest of every number that counts something.
COUNTS = {
    "n_accounts": (1, MOST_COMPANIES),
    "n_quarters": (1, MOST_QUARTERS),
    "n_reps": (1, MOST_PEOPLE),
    "n_prospects": (0, MOST_COMPANIES),
    "n_walls": (0, MOST_COMPANIES),
}


def is_whole(value: object) -> bool:
    """Say whether a value is a whole number; yes and no are none.

    >>> is_whole(30), is_whole(2.5), is_whole("30"), is_whole(True)
    (True, False, False, False)
    """
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_settings(
    seed: object, effects: object, last_quarter: object, deals_per_year: object, counts: dict[str, Any]
) -> None:
    """Refuse all wrong settings of :func:`custvalue.samples.simulate_company` at once, or do nothing."""
    failures = []
    if not (is_whole(seed) and seed >= 0):  # type: ignore[operator]
        failures.append(
            refusal_text(
                "seed must be a whole number of 0 or more",
                shown(seed),
                "Give one, such as 1: the same seed gives the same company.",
            )
        )
    wrong = _wrong_counts(counts)
    failures += wrong.values()
    countable = wrong.keys().isdisjoint({"n_accounts", "n_quarters"})
    failures += _rate_failures(deals_per_year, counts if countable else None)
    if not isinstance(effects, Effects):
        failures.append(
            refusal_text(
                "effects must be Effects",
                shown(effects),
                "Write effects=Effects(drift=0.02), leave it out for the usual sizes, or give Effects.none().",
            )
        )
    try:
        parse_period(last_quarter)  # type: ignore[arg-type]
    except InputError as error:
        failures.append(str(error))
    raise_all("simulate_company", failures)


def _wrong_counts(counts: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with the counts, by name."""
    wrong = {
        name: refusal_text(
            f"{name} must be a whole number from {least} to {highest:,}",
            shown(counts[name]),
            "Give one within these limits.",
        )
        for name, (least, highest) in COUNTS.items()
        if not (is_whole(counts[name]) and least <= counts[name] <= highest)
    }
    named = ("n_accounts", "n_prospects")
    if wrong.keys().isdisjoint(named) and (total := sum(int(counts[name]) for name in named)) > MOST_COMPANIES:
        wrong["n_accounts"] = refusal_text(
            f"n_accounts + n_prospects must be at most {MOST_COMPANIES:,}, the names there are",
            f"{total:,}",
            "Ask for fewer.",
        )
    return wrong


def _rate_failures(deals_per_year: Any, counts: dict[str, Any] | None) -> list[str]:
    if not (is_real(deals_per_year) and 0 <= deals_per_year < np.inf):
        remedy = "Give how many an account starts a year on average; 0 for none."
        return [refusal_text("deals_per_year must be a number of 0 or more", shown(deals_per_year), remedy)]
    if counts is None:
        return []
    years = counts["n_quarters"] / QUARTERS_IN_YEAR + YEARS_BEFORE
    highest = MOST_OPPORTUNITIES / (counts["n_accounts"] * years)
    if deals_per_year <= highest:
        return []
    return [
        refusal_text(
            f"deals_per_year must make at most {MOST_OPPORTUNITIES:,} opportunities",
            shown(deals_per_year),
            f"Give at most {math.floor(highest):,}, or ask for fewer accounts or quarters.",
            f"{counts['n_accounts']:,} accounts over {years:g} years, one of them before the data",
        )
    ]
