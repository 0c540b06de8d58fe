"""Whatever an argument is, the answer is a result or a refusal in words, never a traceback of pandas or numpy."""

import inspect

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.rules.errors import InputError

DAY = "2026-09-15"
STAGES = ("quotation", "trial", "terms")
DEALS = pd.DataFrame(
    {
        "opportunity": ["a", "b", "c", "d"],
        "owner": ["Li", "Wu", "Li", "Wu"],
        "stage": [*STAGES, "agreement"],
        "amount": [100.0, 200.0, None, 50.0],
        "outcome": [None, None, None, "won"],
        "probability": [0.5, 0.6, 0.7, None],
        "created": pd.Timestamp("2026-07-01"),
        "expected_close": pd.Timestamp("2026-09-30"),
        "closed": pd.to_datetime([None, None, None, "2026-09-01"]),
    }
)
OPEN = DEALS.iloc[:3].drop(columns=["outcome", "closed", "probability"])
BEFORE, AFTER = OPEN.assign(snapshot=pd.Timestamp("2026-07-02")), OPEN.assign(snapshot=pd.Timestamp(DAY))
SEEN = pd.concat([BEFORE, AFTER], ignore_index=True)
HISTORY = OPEN.assign(entered=pd.Timestamp("2026-08-01"))
TARGETS = pd.DataFrame({"owner": ["Li", "Wu"], "period": "2026Q3", "target": 500.0})
CALLS = {
    "coverage": ((DEALS, TARGETS), {"as_of": DAY}),
    "velocity": ((DEALS,), {"as_of": DAY}),
    "forecast_categories": ((DEALS,), {"as_of": DAY}),
    "probability_disagreement": ((DEALS,), {"as_of": DAY}),
    "follow_up": ((DEALS,), {"as_of": DAY, "stage_history": HISTORY, "snapshots": SEEN}),
    "slippage": ((SEEN,), {"as_of": DAY}),
    "time_in_stage": ((HISTORY, DEALS), {"as_of": DAY}),
    "pipeline_movement": ((BEFORE, AFTER), {"opportunities": DEALS}),
    "revenue_distribution": ((DEALS,), {"as_of": DAY, "correlation": 0.1}),
    "deal_influence": ((DEALS,), {"as_of": DAY, "correlation": 0.1, "target": 200}),
    "revenue_fan": ((SEEN, DEALS), {"correlation": 0.1, "period": "2026Q3"}),
}
ODD = (
    *(None, "x", "", 5, -1, 2.5, np.nan, np.inf, True, 2026, "2026q3", "NaT", b"x", 1j, object()),
    *([], ["x"], [1], ["owner", ["x"]], {}, {"a": 1}, (), ("a", "b"), set(), pd.NaT, pd.Timestamp(DAY)),
)


def settings():
    """Yield every keyword that names no column: those that do are read by the checks of frames."""
    for name in CALLS:
        for keyword, parameter in inspect.signature(getattr(cv, name)).parameters.items():
            default = parameter.default
            names_a_column = isinstance(default, str) and keyword not in ("freq", "probability", "p_model")
            if parameter.kind is parameter.KEYWORD_ONLY and not names_a_column:
                yield name, keyword


@pytest.mark.parametrize(("name", "keyword"), list(settings()))
def test_odd_settings_get_a_result_or_a_refusal(name, keyword):
    frames, given = CALLS[name]
    refused = 0
    for odd in ODD:
        try:
            getattr(cv, name)(*frames, **(given | {keyword: odd}))
        except InputError:
            refused += 1
    assert refused > len(ODD) / 2


@pytest.mark.parametrize("name", CALLS)
def test_odd_frames_are_refused(name):
    frames, given = CALLS[name]
    for place in range(len(frames)):
        for odd in ODD:
            if name == "coverage" and place == 1 and isinstance(odd, int | float) and odd > 0 and np.isfinite(odd):
                continue  # a number is a target
            with pytest.raises(InputError):
                getattr(cv, name)(*frames[:place], odd, *frames[place + 1 :], **given)


@pytest.mark.parametrize(
    "name", [name for name in CALLS if "period" in inspect.signature(getattr(cv, name)).parameters]
)
@pytest.mark.parametrize("label", [2026, 5.0, "2026q3", pd.NaT, "NaT", ("x",)])
def test_a_period_that_is_no_label_is_refused_wherever_one_is_taken(name, label):
    frames, given = CALLS[name]
    with pytest.raises(InputError, match=r"period must be a label of the .*calendar.*2026Q3"):
        getattr(cv, name)(*frames, **(given | {"period": label}))


def test_a_threshold_is_a_share():
    for odd in ("x", -0.1, 1.1, None, True):
        with pytest.raises(InputError, match="threshold must lie in 0 to 1"):
            cv.probability_disagreement(DEALS, as_of=DAY, threshold=odd)
    assert len(cv.probability_disagreement(DEALS, as_of=DAY, threshold=0)) == 3
    assert len(cv.probability_disagreement(DEALS, as_of=DAY, threshold=1)) == 0
