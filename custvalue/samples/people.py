"""The salespeople: who they are, how they lean, how they forecast, and where their hours go."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.rules import playbook
from custvalue.samples.arrays import Floats, Ints, dates, texts
from custvalue.samples.calendar import Calendar
from custvalue.samples.names import people_names

REGIONS = ("East", "South", "North", "West")
KINDS = ("plain", "happy_ears", "sandbagger")
SIGN_OF_KIND = (0.0, 1.0, -1.0)
SHARE_OF_EACH_BIASED_KIND = 1 / 3

LEAN_SD, TRAIT_SD = 0.9, 0.8

WEEKDAYS = 5
DAYS_IN_WEEK = 7
# numpy counts days from a Thursday: Monday is 0 after this shift.
MONDAY_SHIFT = 3
SHARE_OF_DAYS_AT_WORK = 0.87
HOURS_STEP = 0.25
# From this many hours of direct selling on, a day has room for a second visit.
SECOND_VISIT_FROM = 1.5
T1_SD = 0.3


@dataclass(frozen=True, slots=True)
class Reps:
    """The salespeople, by number."""

    names: Any
    region: Ints
    kind: Ints
    log_bias: Floats
    lean: Floats
    traits: Ints


def make_reps(rng: np.random.Generator, n: int, rep_bias: float) -> Reps:
    """Return ``n`` salespeople: a third happy-ears, a third sandbaggers, the rest plain."""
    names = people_names(rng, n)
    n_biased = int(n * SHARE_OF_EACH_BIASED_KIND)
    kind = np.zeros(n, dtype=np.int64)
    shuffled = rng.permutation(n)
    kind[shuffled[:n_biased]] = KINDS.index("happy_ears")
    kind[shuffled[n_biased : 2 * n_biased]] = KINDS.index("sandbagger")
    rule = playbook.HUNTER_FARMER
    lean = LEAN_SD * rng.standard_normal(n)
    answers = lean[:, None] + TRAIT_SD * rng.standard_normal((n, len(rule.pairs)))
    return Reps(
        names=names,
        region=np.arange(n) % len(REGIONS),
        kind=kind,
        log_bias=rep_bias * np.array(SIGN_OF_KIND)[kind],
        lean=lean,
        traits=np.clip(np.rint(answers), rule.farmer_end, rule.hunter_end).astype(np.int64),
    )


def traits_frame(reps: Reps) -> pd.DataFrame:
    """Return one row per rep: ``rep`` and the answer to every trait pair, from farmer to hunter."""
    pairs = [pair.name for pair in playbook.HUNTER_FARMER.pairs]
    return pd.DataFrame({"rep": reps.names, **dict(zip(pairs, reps.traits.T, strict=True))})


def time_log_frame(
    rng: np.random.Generator, reps: Reps, calendar: Calendar, account_names: Any, account_owner: Ints
) -> pd.DataFrame:
    """Return one row per rep, working day and activity (two rows of direct selling on a day with two visits)."""
    rule = playbook.SELLING_YEAR
    days = np.arange(calendar.start, calendar.as_of + 1)
    days = days[(days + MONDAY_SHIFT) % DAYS_IN_WEEK < WEEKDAYS]
    at_work = rng.random((days.size, reps.lean.size)) < SHARE_OF_DAYS_AT_WORK
    day_place, rep = np.nonzero(at_work)
    n = rep.size
    others = [
        _in_steps(a.low + (a.high - a.low) * rng.random(n) + HOURS_STEP * rng.standard_normal(n))
        for a in rule.activities
    ]
    direct = _in_steps(rule.working_hours - sum(others) + T1_SD * rng.standard_normal(n))
    second = np.where(direct >= SECOND_VISIT_FROM, _in_steps(direct / 2), 0.0)
    hours = np.stack([direct - second, second, *others])
    activity = np.array([0, 0, *range(1, len(rule.activities) + 1)])
    visited = _visited(rng, rep, account_owner, reps.lean.size)
    place = np.stack([*visited, *([np.full(n, -1)] * len(rule.activities))])
    row, line = np.nonzero(hours.T > 0)
    return pd.DataFrame(
        {
            "rep": texts(rep[row], reps.names),
            "date": dates(days[day_place[row]]),
            "activity": texts(activity[line], ["T1", *(a.name for a in rule.activities)]),
            "hours": hours.T[row, line],
            "account": texts(place.T[row, line], account_names),
        }
    )


def _visited(rng: np.random.Generator, rep: Ints, account_owner: Ints, n_reps: int) -> list[Ints]:
    """Return two accounts of the rep's own for every working day; -1 for a rep who has none."""
    order = np.argsort(account_owner, kind="stable")
    counts = np.bincount(account_owner, minlength=n_reps)
    first = np.cumsum(counts) - counts
    picks = []
    for _ in range(2):
        place = first[rep] + np.floor(rng.random(rep.size) * counts[rep]).astype(np.int64)
        picks.append(np.where(counts[rep] > 0, order[np.minimum(place, order.size - 1)], -1))
    return picks


def _in_steps(hours: Floats) -> Floats:
    return np.maximum(np.rint(hours / HOURS_STEP), 1) * HOURS_STEP
