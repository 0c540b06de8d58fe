"""Whatever a frame holds, the answer is a result or a refusal in words, never a traceback of pandas."""

import numpy as np
import pandas as pd
import pytest

from custvalue import expected_revenue, load_opportunities, load_snapshots, load_stage_history
from custvalue.rules.errors import InputError
from custvalue.tracking.coverage import coverage, velocity
from custvalue.tracking.distribution import revenue_distribution
from custvalue.tracking.followup import follow_up
from custvalue.tracking.forecast_categories import forecast_categories
from custvalue.tracking.influence import deal_influence
from custvalue.tracking.movement import pipeline_movement
from custvalue.tracking.probabilities import probability_disagreement
from custvalue.tracking.slippage import slippage

DAY = "2026-09-30"
DEALS = load_opportunities().iloc[2640:2700]
HISTORY = load_stage_history().merge(DEALS[["opportunity"]])
SEEN = load_snapshots().merge(DEALS[["opportunity"]])
BEFORE, AFTER = (SEEN[SEEN["snapshot"] == day] for day in ("2026-07-01", DAY))
CALLS = {
    "expected_revenue": (DEALS, lambda f: expected_revenue(f, as_of=DAY, by=["owner", "region"])),
    "forecast_categories": (DEALS, lambda f: forecast_categories(f, as_of=DAY, by="owner")),
    "coverage": (DEALS, lambda f: coverage(f, 1e6, as_of=DAY)),
    "velocity": (DEALS, lambda f: velocity(f, as_of=DAY, by="owner")),
    "probability_disagreement": (DEALS, lambda f: probability_disagreement(f, as_of=DAY)),
    "follow_up": (DEALS, lambda f: follow_up(f, as_of=DAY, stage_history=HISTORY, snapshots=SEEN)),
    "follow_up's history": (HISTORY, lambda f: follow_up(DEALS, as_of=DAY, stage_history=f)),
    "slippage": (SEEN, lambda f: slippage(f, as_of=DAY)),
    "movement's before": (BEFORE, lambda f: pipeline_movement(f, AFTER, period="2026Q3", by="owner")),
    "movement's after": (AFTER, lambda f: pipeline_movement(BEFORE, f, opportunities=DEALS, by="region")),
    "movement's opportunities": (DEALS, lambda f: pipeline_movement(BEFORE, AFTER, opportunities=f, by="region")),
}
VALUES = {
    "missing": None,
    "infinite": np.inf,
    "negative": -1,
    "text": "x",
}


def odd_frames(frame):
    yield frame
    yield frame.iloc[:0]
    yield frame.iloc[:1]
    yield frame.set_axis([0] * len(frame))
    yield frame.astype(object)
    yield frame.convert_dtypes()
    yield frame.convert_dtypes(dtype_backend="pyarrow")
    yield frame.astype({name: "category" for name in frame if frame[name].dtype == "str"})
    yield pd.concat([frame, frame], axis="columns")
    yield None
    for name in frame:
        yield frame.drop(columns=name)
        for value in VALUES.values():
            yield frame.assign(**{name: value})
        if frame[name].dtype.kind == "M":
            yield frame.assign(**{name: frame[name].dt.tz_localize("Asia/Shanghai")})


@pytest.mark.parametrize("name", CALLS)
def test_odd_frames_get_a_result_or_a_refusal(name):
    frame, call = CALLS[name]
    answers = {"result": 0, "refusal": 0}
    for odd in odd_frames(frame):
        try:
            call(odd)
            answers["result"] += 1
        except InputError:
            answers["refusal"] += 1
    assert min(answers.values()) > 5, answers


def test_an_opportunity_that_is_listed_twice_is_refused_instead_of_counted_twice():
    deals = load_opportunities()
    twice = pd.concat([deals, deals.iloc[[3]]], ignore_index=True)
    name = deals["opportunity"].iloc[3]
    for ask in (
        lambda frame: expected_revenue(frame, as_of="2026-09-30"),
        lambda frame: revenue_distribution(frame, as_of="2026-09-30", correlation=0),
        lambda frame: deal_influence(frame, target=1e7, as_of="2026-09-30", correlation=0),
        lambda frame: follow_up(frame, as_of="2026-09-30"),
        lambda frame: velocity(frame, as_of="2026-09-30"),
    ):
        with pytest.raises(InputError, match=f"an opportunity may occur once: got '{name}'"):
            ask(twice)
        ask(deals)
        # Deals that nobody named are deals of their own.
        nameless = twice.copy()
        nameless.loc[[3, len(deals)], "opportunity"] = None
        ask(nameless)
