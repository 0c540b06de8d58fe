"""Time in stage: Kaplan-Meier beside lifelines, stays worked by hand, nothing seen after the day."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from custvalue import load_opportunities, load_stage_history, playbook
from custvalue.kernels.survival import kaplan_meier, time_until
from custvalue.rules.errors import InputError
from custvalue.tracking.stage_time import time_in_stage

DAY = "2026-09-30"


def fitter(days, ended, level):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lifelines = pytest.importorskip("lifelines")
        return lifelines.KaplanMeierFitter(alpha=1 - level).fit(days, ended)


def percentile(oracle, left):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return oracle.percentile(left)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=60), st.sampled_from([0.8, 0.95]))
def test_the_curve_and_its_band_are_those_of_lifelines(stays, level):
    days, ended = (np.array(column) for column in zip(*stays, strict=True))
    assume(ended.any())
    curve = kaplan_meier(days.astype(float), ended, level)
    oracle = fitter(days, ended, level)
    assert curve.share == pytest.approx(oracle.survival_function_at_times(curve.times).to_numpy(), abs=1e-12)
    band = oracle.confidence_interval_.loc[curve.times].to_numpy()
    inside = (curve.share > 0) & (curve.share < 1)
    assert np.column_stack([curve.low, curve.high])[inside] == pytest.approx(band[inside], abs=1e-9)
    assert np.isnan(curve.low[~inside]).all()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=50))
def test_the_limit_is_the_percentile_of_lifelines_or_missing_where_it_is_not_reached(stays):
    days, ended = (np.array(column) for column in zip(*stays, strict=True))
    curve = kaplan_meier(days.astype(float), ended, 0.95)
    oracle = fitter(days, ended, 0.95)
    # A survival of exactly a quarter may come out a hair above it in lifelines.
    assume(not np.any(np.abs(oracle.survival_function_.to_numpy() - 0.25) < 1e-9))
    limit = time_until(curve.times, curve.share, 0.25)
    assert (np.inf if np.isnan(limit) else limit) == percentile(oracle, 0.25)


def test_a_share_of_exactly_what_may_be_left_reaches_the_limit():
    # 3 of 4 have left at day 3: 0.75 * 2/3 * 1/2 = 0.25
    curve = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True] * 4), 0.95)
    assert time_until(curve.times, curve.share, 0.25) == 3


def history(*rows):
    frame = pd.DataFrame(rows, columns=["opportunity", "stage", "entered"])
    return frame.assign(entered=pd.to_datetime(frame["entered"]))


def deals(*rows):
    frame = pd.DataFrame(rows, columns=["opportunity", "outcome", "closed"])
    return frame.assign(closed=pd.to_datetime(frame["closed"]))


def stage_row(result, name):
    return result.set_index("stage").loc[name]


def test_a_stay_ends_with_the_next_stage_with_the_close_or_not_by_the_day():
    past = history(
        ("a", "quotation", "2026-09-01"),
        ("a", "terms", "2026-09-11"),  # 10 days of quotation
        ("b", "quotation", "2026-09-01"),  # lost after 20
        ("c", "quotation", "2026-09-10"),  # still there after 20
    )
    states = deals(("a", None, None), ("b", "lost", "2026-09-21"), ("c", None, None))
    found = stage_row(time_in_stage(past, states, as_of=DAY), "quotation")
    assert found[["n_stays", "n_moved_on", "n_still_there"]].tolist() == [3, 2, 1]
    # After 10 days two thirds are left; at 20 one of two ends: a third is left.
    assert found["median_days"] == 20
    assert np.isnan(found["limit_days"])
    assert found["note"] == "not reached: 33% of 3 stays are thought to last longer than any that ended"
    terms = stage_row(time_in_stage(past, states, as_of=DAY), "terms")
    assert terms[["n_stays", "n_moved_on", "n_still_there"]].tolist() == [1, 0, 1]
    assert stage_row(time_in_stage(past, states, as_of=DAY), "trial")["note"] == "no deal is known to have stood here"


def test_nothing_after_the_day_is_seen():
    past = history(("a", "quotation", "2026-09-01"), ("a", "terms", "2026-10-11"), ("b", "terms", "2026-10-01"))
    states = deals(("a", "won", "2026-11-01"), ("b", "lost", "2026-10-05"))
    result = time_in_stage(past, states, as_of=DAY)
    assert stage_row(result, "quotation")[["n_stays", "n_moved_on", "n_still_there"]].tolist() == [1, 0, 1]
    assert stage_row(result, "terms")["n_stays"] == 0


def test_stays_whose_end_is_unknown_are_left_out_and_counted():
    past = history(
        ("gone", "quotation", "2026-09-01"),  # not among the opportunities
        ("undated", "quotation", "2026-09-01"),
        ("wrong", "quotation", "2026-09-20"),  # closed before it came there
        ("fine", "quotation", "2026-09-01"),
    )
    states = deals(("undated", "won", None), ("wrong", "won", "2026-09-10"), ("fine", "won", "2026-09-10"))
    found = stage_row(time_in_stage(past, states, as_of=DAY), "quotation")
    assert found[["n_stays", "n_end_unknown", "limit_days"]].tolist() == [1, 3, 9]


def test_entering_the_same_stage_again_without_another_between_goes_on_with_the_stay():
    past = history(
        ("a", "quotation", "2026-09-01"),
        ("a", "quotation", "2026-09-05"),
        ("a", "terms", "2026-09-11"),
        ("a", "quotation", "2026-09-15"),
    )
    result = time_in_stage(past.sample(frac=1, random_state=1), deals(("a", "won", "2026-09-18")), as_of=DAY)
    found = stage_row(result, "quotation")
    assert (found["n_stays"], found["median_days"], found["limit_days"]) == (2, 3, 10)


def test_the_samples_limits_are_those_of_lifelines_on_stays_cut_by_a_plain_loop():
    past, states = load_stage_history(), load_opportunities()
    day = pd.Timestamp("2026-03-31")
    closed = states.set_index("opportunity")["closed"]
    stays = {name: ([], []) for name in playbook.DEAL_HEAT.names}
    for name, rows in past[past["entered"] <= day].groupby("opportunity"):
        ends = [*rows["entered"].iloc[1:], closed[name]]
        for stage, start, end in zip(rows["stage"], rows["entered"], ends, strict=True):
            ended = pd.notna(end) and end <= day
            stays[stage][0].append(((end if ended else day) - start).days)
            stays[stage][1].append(ended)
    result = time_in_stage(past, states, as_of=day).set_index("stage")
    for stage, (days, ended) in stays.items():
        oracle = fitter(days, ended, 0.95)
        assert result.loc[stage, "limit_days"] == percentile(oracle, 0.25), stage
        assert result.loc[stage, "median_days"] == percentile(oracle, 0.5), stage
        assert result.loc[stage, "n_stays"] == len(days)
        band = oracle.confidence_interval_
        low, high = (band.iloc[:, side] for side in (0, 1))
        assert result.loc[stage, "limit_low"] == low[low <= 0.25].index[0], stage
        assert result.loc[stage, "limit_high"] == high[high <= 0.25].index[0], stage


def test_wrong_histories_are_refused_with_the_frame_they_stand_in():
    with pytest.raises(ValueError, match=r"stage_history: stage must be one of .* got 'quote'"):
        time_in_stage(history(("a", "quote", "2026-09-01")), deals(), as_of=DAY)
    with pytest.raises(ValueError, match="stage_history: entered must not be missing"):
        time_in_stage(history(("a", "quotation", None)), deals(), as_of=DAY)
    with pytest.raises(ValueError, match="opportunities: an opportunity may occur once: got 'a'"):
        time_in_stage(history(), deals(("a", None, None), ("a", None, None)), as_of=DAY)
    with pytest.raises(ValueError, match="percentile must lie between 0 and 1: got 75"):
        time_in_stage(history(), deals(), as_of=DAY, percentile=75)


def test_an_empty_history_still_names_every_stage():
    result = time_in_stage(history(), deals(), as_of=DAY)
    assert result["stage"].tolist() == list(playbook.DEAL_HEAT.names)
    assert result["limit_days"].isna().all()
    assert result["n_stays"].tolist() == [0] * 6


def test_why_a_limit_is_missing_is_said_in_both_languages():
    history = pd.DataFrame({"opportunity": ["a", "b"], "stage": "quotation", "entered": pd.Timestamp("2026-09-01")})
    deals = pd.DataFrame({"opportunity": ["a", "b"], "outcome": [None, None]})
    found = time_in_stage(history, deals, as_of=DAY).set_index("stage")
    assert found.loc["quotation", "note"].startswith("not reached: 100% of 2 stays are thought to last longer than")
    assert found.loc["quotation", "note_zh"] == "未达到：2次停留中估计有100%长于任何已结束的停留"
    assert found.loc["trial", "note"] == "no deal is known to have stood here"
    assert found.loc["trial", "note_zh"] == "未见商机在此停留"


def test_deals_that_are_numbers_here_and_texts_there_are_refused():
    history = pd.DataFrame({"opportunity": [1], "stage": "quotation", "entered": pd.Timestamp("2026-09-01")})
    deals = pd.DataFrame({"opportunity": ["1"], "outcome": [None]})
    with pytest.raises(InputError, match="opportunity must be of one type in all frames: got stage_history: numbers"):
        time_in_stage(history, deals, as_of=DAY)
    held = history.assign(opportunity=history["opportunity"].astype(object))
    assert time_in_stage(held, deals.assign(opportunity=[1]), as_of=DAY)["n_stays"].sum() == 1
