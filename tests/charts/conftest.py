"""One case per chart: how to make its result from a list of names, from nothing, from missing values, and in bulk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import charts, playbook

AS_OF = "2026-09-30"
N_BULK = 100_000
SCREENING = [criterion.name for criterion in playbook.SCREENING.criteria]
TRAITS = list(playbook.HUNTER_FARMER.scored_names)
WALL = list(playbook.WALL.scorecard.names)


@dataclass(frozen=True)
class Case:
    """A chart and its inputs: ``make(names)`` the result for rows of these names, ``bulk()`` one of 100,000 rows."""

    plot: Callable[..., Any]
    made_by: str
    make: Callable[[list[str]], Any]
    bulk: Callable[[], Any]
    missing: Callable[[], Any]
    without: str

    @property
    def takes_frames(self):
        return isinstance(self.make(["甲", "乙"]), pd.DataFrame)


def prospects(names, answers=None):
    points = [[(row + column) % 3 for column in range(6)] for row in range(len(names))] if answers is None else answers
    frame = pd.DataFrame(points, columns=SCREENING, index=range(len(names)), dtype=float)
    return frame.assign(prospect=names)


def opportunities(names, amounts=None):
    n = len(names)
    day = pd.Timestamp(AS_OF)
    return pd.DataFrame(
        {
            "opportunity": names,
            "owner": names,
            "stage": [playbook.DEAL_HEAT.names[row % 6] for row in range(n)],
            "amount": amounts if amounts is not None else [1e5 * (row + 1) for row in range(n)],
            "outcome": pd.Series([[None, "won", "lost"][row % 3] for row in range(n)], dtype=object),
            "expected_close": [day + pd.Timedelta(days=40 * row) for row in range(n)],
            "closed": [[pd.NaT, day - pd.Timedelta(days=100), day][row % 3] for row in range(n)],
        }
    )


def open_deals(names, amounts=None):
    return opportunities(names, amounts).assign(outcome=None, closed=pd.NaT)


def accounts(names, **columns):
    n = len(names)
    usual = {
        "account": names,
        "revenue": [1000.0 / (row + 1) for row in range(n)],
        "potential": [3e6, 1e6, 1e5] * (n // 3) + [1e6] * (n % 3),
        "winnable_share": 0.5,
        "current_share": 0.2,
        "loyalty": "+",
    }
    return pd.DataFrame(usual | columns, index=range(n))


def walls(names, today=None):
    rows = [
        (name, criterion, (row + place) % 3, 2.0)
        for row, name in enumerate(names)
        for place, criterion in enumerate(WALL)
    ]
    frame = pd.DataFrame(rows, columns=["account", "criterion", "today", "tomorrow"]).assign(hours=2.0)
    return frame if today is None else frame.assign(today=today, tomorrow=today)


def people(names, answers=None):
    points = (
        [[(row + column) % 5 - 2 for column in range(9)] for row in range(len(names))] if answers is None else answers
    )
    return pd.DataFrame(points, columns=TRAITS, index=range(len(names)), dtype=float).assign(rep=names)


def bulk_opportunities():
    rng = np.random.default_rng(1)
    created = pd.Timestamp("2016-01-01") + pd.to_timedelta(rng.integers(0, 3900, N_BULK), unit="D")
    closed = pd.Series(created + pd.to_timedelta(rng.integers(5, 200, N_BULK), unit="D"))
    outcome = pd.Series(rng.choice(["won", "lost", None], N_BULK))
    return pd.DataFrame(
        {
            "opportunity": [f"商机<{k}>" for k in range(N_BULK)],
            "owner": rng.choice([f"负责人{k}" for k in range(5000)], N_BULK),
            "stage": rng.choice(playbook.DEAL_HEAT.names, N_BULK),
            "amount": np.where(rng.random(N_BULK) < 0.1, np.nan, np.exp(rng.normal(12, 2, N_BULK))),
            "outcome": outcome,
            "created": created,
            "expected_close": created + pd.to_timedelta(rng.integers(5, 900, N_BULK), unit="D"),
            "closed": closed.where(outcome.notna()),
        }
    )


def bulk_names(kind):
    return [f"{kind}{k}<b>&有限公司" for k in range(N_BULK)]


def bulk_points(columns, low, high):
    rng = np.random.default_rng(2)
    points = rng.integers(low, high + 1, (N_BULK, columns)).astype(float)
    points[rng.random(points.shape) < 0.05] = np.nan
    return points


def bulk_accounts():
    rng = np.random.default_rng(3)
    return accounts(
        bulk_names("客户"),
        revenue=np.exp(rng.normal(10, 2.5, N_BULK)),
        potential=np.exp(rng.normal(13.5, 1.5, N_BULK)),
        winnable_share=rng.random(N_BULK),
        current_share=rng.random(N_BULK),
        loyalty=rng.choice(["+", "0", "-"], N_BULK),
    )


def bulk_walls():
    points = bulk_points(10, 0, 2)[: N_BULK // 10].ravel()
    frame = pd.DataFrame(
        {"account": np.repeat(bulk_names("客户")[: N_BULK // 10], 10), "criterion": np.tile(WALL, N_BULK // 10)}
    )
    return frame.assign(today=points, tomorrow=2.0, hours=1.5)


def moved(deals):
    """Return the bars of a movement: a third of the deals gone, the amounts of the others raised by half."""
    after = deals.iloc[len(deals) // 3 :]
    return cv.pipeline_movement(deals, after.assign(amount=after["amount"] * 1.5), by="owner").bars


CASES = {
    "scores": Case(
        charts.plot_scores,
        "score_prospects",
        lambda names: cv.score_prospects(prospects(names)),
        lambda: cv.score_prospects(prospects(bulk_names("潜客"), bulk_points(6, 0, 2))),
        lambda: cv.score_prospects(prospects(["甲", "乙"], np.nan)),
        "band",
    ),
    "priority": Case(
        charts.plot_priority,
        "rank_opportunities",
        lambda names: cv.rank_opportunities(open_deals(names)),
        lambda: cv.rank_opportunities(bulk_opportunities()),
        lambda: cv.rank_opportunities(open_deals(["甲", "乙"], np.nan)),
        "expected",
    ),
    "expected_revenue": Case(
        charts.plot_expected_revenue,
        "expected_revenue",
        lambda names: cv.expected_revenue(opportunities(names), as_of=AS_OF, by="owner"),
        lambda: cv.expected_revenue(bulk_opportunities(), as_of=AS_OF, freq="M", by="owner"),
        lambda: cv.expected_revenue(open_deals(["甲", "乙"], np.nan), as_of=AS_OF),
        "forecast",
    ),
    "pipeline": Case(
        charts.plot_pipeline,
        "pipeline_by_stage",
        lambda names: cv.pipeline_by_stage(open_deals(names), as_of=AS_OF),
        lambda: cv.pipeline_by_stage(bulk_opportunities(), as_of="2027-12-31"),
        lambda: cv.pipeline_by_stage(open_deals(["甲", "乙"], np.nan), as_of=AS_OF),
        "n_open",
    ),
    "win_rates": Case(
        charts.plot_win_rates,
        "win_rates",
        lambda names: cv.win_rates(opportunities(names), as_of=AS_OF, by="owner"),
        lambda: cv.win_rates(bulk_opportunities(), as_of=AS_OF, by=["owner", "stage"]),
        lambda: cv.win_rates(open_deals(["甲", "乙"]), as_of=AS_OF, by="owner"),
        "win_rate_closed",
    ),
    "follow_up": Case(
        charts.plot_follow_up,
        "follow_up",
        lambda names: cv.follow_up(open_deals(names), as_of=AS_OF),
        lambda: cv.follow_up(bulk_opportunities(), as_of="2027-12-31"),
        lambda: cv.follow_up(open_deals(["甲", "乙"], np.nan), as_of=AS_OF),
        "hours",
    ),
    "movement": Case(
        charts.plot_pipeline_movement,
        "pipeline_movement",
        lambda names: moved(open_deals(names)),
        lambda: moved(bulk_opportunities()),
        lambda: moved(open_deals(["甲", "乙"], np.nan)),
        "amount_signed",
    ),
    "treemap": Case(
        charts.plot_segment_treemap,
        "segment_summary",
        lambda names: cv.segment_summary(cv.segment_accounts(accounts(names))),
        lambda: cv.segment_summary(cv.segment_accounts(bulk_accounts())),
        lambda: cv.segment_summary(cv.segment_accounts(accounts(["甲", "乙"], loyalty=None))),
        "headroom",
    ),
    "concentration": Case(
        charts.plot_concentration,
        "concentration",
        lambda names: cv.concentration(accounts(names)),
        lambda: cv.concentration(bulk_accounts()),
        lambda: cv.concentration(accounts(["甲", "乙"], revenue=np.nan)),
        "share",
    ),
    "segments": Case(
        charts.plot_segments,
        "segment_summary",
        lambda names: cv.segment_summary(cv.segment_accounts(accounts(names))),
        lambda: cv.segment_summary(cv.segment_accounts(bulk_accounts())),
        lambda: cv.segment_summary(cv.segment_accounts(accounts(["甲", "乙"], loyalty=None))),
        "n_without_headroom",
    ),
    "walls": Case(
        charts.plot_walls,
        "score_walls",
        lambda names: cv.score_walls(walls(names)),
        lambda: cv.score_walls(bulk_walls()),
        lambda: cv.score_walls(walls(["甲", "乙"], np.nan)),
        "today_low",
    ),
    "people": Case(
        charts.plot_people,
        "profile_people",
        lambda names: cv.profile_people(people(names)),
        lambda: cv.profile_people(people(bulk_names("销售"), bulk_points(9, -2, 2))),
        lambda: cv.profile_people(people(["甲", "乙"], np.nan)),
        "lean_low",
    ),
    "selling_time": Case(
        charts.plot_selling_time,
        "selling_time",
        lambda names: cv.selling_time(target_revenue=5e6),
        cv.selling_time,
        cv.selling_time,
        "days",
    ),
}


@pytest.fixture
def cases():
    """Return all cases by name."""
    return CASES


@pytest.fixture(params=CASES)
def case(request):
    """Return each chart's case in turn."""
    return CASES[request.param]


@pytest.fixture(params=[name for name, case in CASES.items() if name != "selling_time"])
def data_case(request):
    """Return each chart that draws rows of data."""
    return CASES[request.param]


@pytest.fixture(params=["en", "zh"])
def lang(request):
    """Return each language in turn."""
    return request.param
