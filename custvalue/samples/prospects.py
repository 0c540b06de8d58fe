"""The prospects: answers to the scorecard, raters who disagree, and what became of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.rules import playbook
from custvalue.samples.arrays import NO_CODE, Ints, expit, texts
from custvalue.samples.names import INDUSTRIES
from custvalue.samples.people import REGIONS, Reps

MATTERS = "need"
DOES_NOT_MATTER = "company_type"
LEVEL_SHARES = (0.3, 0.4, 0.3)
WON_LOG_ODDS_AT_ONE_POINT = -0.4
SHARE_STILL_OPEN, SHARE_UNANSWERED = 0.2, 0.04
RATERS_PER_PROSPECT = 3
SHARE_AGREEING, SHARE_TOO_HIGH = 0.75, 0.5


@dataclass(frozen=True, slots=True)
class Prospects:
    """The prospects, by number; ``points`` are prospect × criterion, ``outcome`` is 0 won, 1 lost, -1 open."""

    names: Any
    industry: Ints
    region: Ints
    points: Ints
    answered: Any
    outcome: Ints


def make_prospects(rng: np.random.Generator, names: Any, industry: Ints, criterion_effect: float) -> Prospects:
    """Return prospects whose later outcome one criterion of the scorecard decides, and the others do not."""
    criteria = playbook.SCREENING.names
    n = len(names)
    points = rng.choice(len(LEVEL_SHARES), size=(n, len(criteria)), p=LEVEL_SHARES)
    chance = expit(WON_LOG_ODDS_AT_ONE_POINT + criterion_effect * (points[:, criteria.index(MATTERS)] - 1))
    outcome = np.where(rng.random(n) < chance, 0, 1)
    return Prospects(
        names=names,
        industry=industry,
        region=rng.integers(len(REGIONS), size=n),
        points=points,
        answered=rng.random(points.shape) >= SHARE_UNANSWERED,
        outcome=np.where(rng.random(n) < SHARE_STILL_OPEN, NO_CODE, outcome),
    )


def prospects_frame(prospects: Prospects) -> pd.DataFrame:
    """Return one row per prospect, with a column of points per criterion."""
    answers = np.where(prospects.answered, prospects.points, np.nan)
    columns = zip(playbook.SCREENING.names, answers.T, strict=True)
    return pd.DataFrame(
        {
            "prospect": prospects.names,
            "region": texts(prospects.region, REGIONS),
            "industry": texts(prospects.industry, INDUSTRIES),
            **{name: pd.array(column, dtype="Int64") for name, column in columns},
            "outcome": texts(prospects.outcome, ["won", "lost"]),
        }
    )


def ratings_frame(rng: np.random.Generator, prospects: Prospects, reps: Reps) -> pd.DataFrame:
    """Return one row per prospect, rater and criterion: the points, or a neighbouring level where the rater errs."""
    n, n_criteria = prospects.points.shape
    n_reps = reps.lean.size
    n_raters = min(RATERS_PER_PROSPECT, n_reps)
    # Neighbours on the list of reps, so that the raters of a prospect are different people.
    rater = (rng.integers(n_reps, size=(n, 1)) + np.arange(n_raters)) % n_reps
    shape = (n, n_raters, n_criteria)
    points = np.broadcast_to(prospects.points[:, None, :], shape)
    step = np.where(rng.random(shape) < SHARE_TOO_HIGH, 1, -1)
    # Off the scale there is only one neighbour left.
    off = (points + step < 0) | (points + step >= len(LEVEL_SHARES))
    erring = points + np.where(off, -step, step)
    rated = np.where(rng.random(shape) < SHARE_AGREEING, points, erring)
    prospect, place, criterion = np.indices(shape).reshape(len(shape), -1)
    return pd.DataFrame(
        {
            "prospect": texts(prospect, prospects.names),
            "rater": texts(rater[prospect, place], reps.names),
            "criterion": texts(criterion, playbook.SCREENING.names),
            "points": rated.ravel(),
        }
    )
