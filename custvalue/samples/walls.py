"""The walls: points by quarter, plans that sometimes come true, and the accounts that leave behind a low wall."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from custvalue.rules import playbook
from custvalue.samples.arrays import NO_CODE, Floats, Ints, Mask, Points, expit, logit, texts
from custvalue.samples.calendar import Calendar
from custvalue.samples.market import Market

# Log-odds of each of the two points of a criterion, and what loyalty and luck add.
POINT_LOG_ODDS, LOYALTY_WEIGHT, ACCOUNT_SD = 0.1, 0.5, 0.8
POINTS = 2
SHARE_KEPT = 0.85
SHARE_PLANNED = 0.3
SHARE_OF_PLANS_DONE = 0.3
SHARE_UNANSWERED = 0.005
HOURS_OF_AN_ACTION = (2.0, 4.0, 8.0, 16.0)
PRIORITIES = 3

# At this wall (on 20) an account leaves with this chance a quarter, whatever the size of the effect.
NEUTRAL_WALL = 11.0
LEAVING_CHANCE = 0.015
STAYS = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Walls:
    """Points account × quarter × criterion, and the quarter from which an account buys nothing more by itself."""

    today: Points
    tomorrow: Points
    lost_from: Ints

    @property
    def score(self) -> Floats:
        """The wall's score, account × quarter, on the rule's own scale."""
        card = playbook.WALL.scorecard
        weights = np.array([criterion.weight for criterion in card.criteria])
        scale = 1.0 if card.scale is None else card.scale / card.max_total
        score: Floats = self.today.astype(np.float64) @ weights * scale
        return score


def make_walls(rng: np.random.Generator, market: Market, wall_effect: float) -> Walls:
    """Return every account's wall by quarter, and who leaves after a low one."""
    n, n_quarters = market.potential.shape
    n_criteria = len(playbook.WALL.scorecard.criteria)
    chance = expit(POINT_LOG_ODDS + LOYALTY_WEIGHT * market.loyalty_score[:, 0] + ACCOUNT_SD * rng.standard_normal(n))[
        :, None
    ]
    shape = (n, n_criteria)
    today = np.empty((n, n_quarters, n_criteria), dtype=np.int8)
    tomorrow = np.empty_like(today)
    for quarter in range(n_quarters):
        fresh = (rng.random(shape) < chance).astype(np.int8) + (rng.random(shape) < chance)
        keeps, plans, done = rng.random((3, *shape))
        if quarter == 0:
            today[:, quarter] = fresh
        else:
            before = np.where(done < SHARE_OF_PLANS_DONE, tomorrow[:, quarter - 1], today[:, quarter - 1])
            today[:, quarter] = np.where(keeps < SHARE_KEPT, before, fresh)
        tomorrow[:, quarter] = np.minimum(today[:, quarter] + (plans < SHARE_PLANNED), POINTS)
    walls = Walls(today, tomorrow, np.full(n, STAYS))
    leaves = rng.random((n, n_quarters)) < leaving_chance(walls.score, wall_effect)
    leaves &= market.is_customer
    first = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, STAYS)
    return Walls(today, tomorrow, first)


def leaving_chance(score: Floats, wall_effect: float) -> Floats:
    """Return the chance that an account with this wall leaves in the next quarter."""
    return expit(logit(LEAVING_CHANCE) + wall_effect * (NEUTRAL_WALL - score))


def buys_in(walls: Walls, market: Market) -> Mask:
    """Return, account × quarter, whether the account gives repeat orders."""
    quarter = np.arange(market.potential.shape[1])
    return market.is_customer & (quarter < walls.lost_from[:, None])


def key_accounts(market: Market, n_walls: int) -> Ints:
    """Return the accounts of the largest potential among the customers of the first quarter, largest first."""
    first = np.where(market.is_customer[:, 0], market.potential[:, 0], -1.0)
    return np.argsort(-first, kind="stable")[: min(n_walls, int((first > 0).sum()))]


def walls_frame(
    rng: np.random.Generator, walls: Walls, market: Market, calendar: Calendar, chosen: Ints
) -> pd.DataFrame:
    """Return one row per chosen account, quarter (while it buys) and criterion."""
    card = playbook.WALL.scorecard
    actions = {action.criterion: action.label.en for action in playbook.WALL.actions}
    every_criterion = np.ones((1, 1, len(card.criteria)), dtype=bool)
    quarter, place, criterion = np.nonzero(buys_in(walls, market)[chosen].T[:, :, None] & every_criterion)
    account = chosen[place]
    n = account.size
    answered = rng.random(n) >= SHARE_UNANSWERED
    today, tomorrow = (
        np.where(answered, points[account, quarter, criterion], np.nan) for points in (walls.today, walls.tomorrow)
    )
    acts = tomorrow > today
    hours = np.array(HOURS_OF_AN_ACTION)[rng.integers(len(HOURS_OF_AN_ACTION), size=n)]
    priority = rng.integers(1, PRIORITIES + 1, size=n)
    return pd.DataFrame(
        {
            "account": texts(account, market.names),
            "period": texts(quarter, calendar.periods),
            "criterion": texts(criterion, card.names),
            "today": pd.array(today, dtype="Int64"),
            "tomorrow": pd.array(tomorrow, dtype="Int64"),
            "action": texts(np.where(acts, criterion, NO_CODE), [actions[name] for name in card.names]),
            "priority": pd.array(np.where(acts, priority, np.nan), dtype="Int64"),
            "hours": np.where(acts, hours, np.nan),
        }
    )
