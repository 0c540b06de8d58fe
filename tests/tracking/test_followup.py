"""The next action of every open deal, ranked by the worth of an hour; flags on each side of their cuts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from custvalue import load_opportunities, load_snapshots, load_stage_history, playbook
from custvalue.rules import Label, Ladder, Stage
from custvalue.rules.errors import InputError
from custvalue.rules.followup import FOLLOW_UP
from custvalue.tracking.followup import follow_up
from custvalue.tracking.probabilities import probability_disagreement
from custvalue.tracking.stage_time import time_in_stage

DAY = "2026-09-30"


def deals(*rows):
    """Return deals from (opportunity, amount, stage, attitude, outcome, closed) rows."""
    frame = pd.DataFrame(rows, columns=["opportunity", "amount", "stage", "attitude", "outcome", "closed"])
    return frame.assign(amount=frame["amount"].astype(float), closed=pd.to_datetime(frame["closed"]))


def one(name="a", amount=100, stage="quotation", attitude="torn", outcome=None, closed=None):
    return (name, amount, stage, attitude, outcome, closed)


def history(*rows):
    frame = pd.DataFrame(rows, columns=["opportunity", "stage", "entered"])
    return frame.assign(entered=pd.to_datetime(frame["entered"]))


@pytest.mark.parametrize("stage", playbook.DEAL_HEAT.names)
@pytest.mark.parametrize("attitude", playbook.ATTITUDES.names)
def test_every_stage_and_attitude_gets_its_action_in_both_languages(stage, attitude):
    found = follow_up(deals(one(stage=stage, attitude=attitude)), as_of=DAY).iloc[0]
    action = FOLLOW_UP.action(stage, attitude)
    assert (found["action"], found["action_zh"], found["hours"]) == (action.label.en, action.label.zh, action.hours)


def test_deals_are_ranked_by_expected_value_per_hour():
    found = follow_up(
        deals(
            one("slow", 90),  # 0.4 x 90 / 3 h = 12
            one("best", 60, "selection", "at_first_sight"),  # 0.9 x 60 / 1.5 h = 36
            one("unpriced", None),
            one("won", 1000, outcome="won", closed="2026-09-01"),
            one("tied", 90),
        ).set_axis([4, 3, 2, 1, 0]),
        as_of=DAY,
    )
    assert found["opportunity"].tolist() == ["best", "slow", "tied", "unpriced"]
    assert found.index.tolist() == [3, 4, 0, 2]
    assert found["rank"].tolist() == [1, 2, 2, pd.NA]
    assert found["expected_per_hour"].tolist() == pytest.approx([36, 12, 12, np.nan], nan_ok=True)
    assert found["cumulative_hours"].tolist() == [1.5, 4.5, 7.5, 10.5]


def test_an_unknown_attitude_is_to_be_found_out_and_the_column_may_be_absent():
    frame = deals(one(attitude=None))
    for given in (frame, frame.drop(columns="attitude")):
        found = follow_up(given, as_of=DAY).iloc[0]
        assert (found["action"], found["hours"]) == (FOLLOW_UP.unknown.label.en, FOLLOW_UP.unknown.hours)
    with pytest.raises(ValueError, match="column 'mood' is needed"):
        follow_up(frame, as_of=DAY, attitude="mood")


def test_an_edited_table_changes_the_ranking():
    frame = deals(one("a", 90), one("b", 80, "quotation", "rejecting"))
    assert follow_up(frame, as_of=DAY)["opportunity"].tolist() == ["a", "b"]
    quick = FOLLOW_UP.replaced("quotation", "rejecting", hours=0.5)
    assert follow_up(frame, as_of=DAY, table=quick)["opportunity"].tolist() == ["b", "a"]


def four_stays():
    """Return stays of 10, 20, 30 and 40 days."""
    ends = ("2026-01-11", "2026-01-21", "2026-01-31", "2026-02-10")
    past = [(f"old {k}", "quotation", "2026-01-01") for k in range(4)]
    closed = [one(f"old {k}", outcome="lost", closed=end) for k, end in enumerate(ends)]
    return past, closed


@pytest.mark.parametrize(("days", "stalled"), [(29, False), (30, False), (31, True)])
def test_a_deal_is_stalled_from_the_day_after_the_limit(days, stalled):
    past, closed = four_stays()
    entered = pd.Timestamp(DAY) - pd.Timedelta(days=days)
    frame, stages = deals(one("now"), *closed), history(("now", "quotation", entered), *past)
    # Of 5 stays 4/5 outlast 10 days, 3/5 20 days. At 30 days 1 of 3 ends, 2/5 are left; where the open one has not come
    # so far, 1 of 2: 3/10. So 40 % or less are left at 30 days, whichever it is.
    found = follow_up(frame, as_of=DAY, stage_history=stages, percentile=0.6).iloc[0]
    assert (found["days_in_stage"], found["limit_days"]) == (days, 30)
    assert found["stalled"] == stalled


def test_where_nothing_is_known_of_the_time_in_stage_the_flag_is_missing_and_says_why():
    frame = deals(one("a"), one("b"), one("c", stage="terms"), one("d", stage="trial"))
    stages = history(("b", "quotation", "2026-09-01"), ("c", "quotation", "2026-09-01"), ("d", "trial", "2026-09-01"))
    without = follow_up(frame, as_of=DAY)
    assert without["stalled_note"].unique().tolist() == ["no_stage_history"]
    found = follow_up(frame, as_of=DAY, stage_history=stages).set_index("opportunity")
    assert found["stalled"].isna().all()
    assert found["stalled_note"].to_dict() == {
        "a": "not_in_stage_history",
        "b": "limit_not_reached",
        "c": "stage_differs_from_history",
        "d": "limit_not_reached",
    }
    assert found["days_in_stage"].isna().to_dict() == {"a": True, "b": False, "c": True, "d": False}
    assert found.loc["b", "days_in_stage"] == 29


@pytest.mark.parametrize(("dues", "n", "often"), [(1, 0, False), (2, 1, False), (3, 2, True), (4, 3, True)])
def test_a_deal_slipped_often_from_its_second_slip_on(dues, n, often):
    quarter_ends = pd.to_datetime(["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"])[:dues]
    seen = pd.DataFrame(
        {
            "snapshot": pd.date_range("2026-01-31", periods=dues, freq="ME"),
            "opportunity": "a",
            "expected_close": quarter_ends,
        }
    )
    found = follow_up(deals(one("a"), one("b")), as_of=DAY, snapshots=seen).set_index("opportunity")
    assert (found.loc["a", "n_slips"], found.loc["a", "slipped_often"]) == (n, often)
    assert pd.isna(found.loc["b", "n_slips"])
    assert pd.isna(found.loc["b", "slipped_often"])
    assert follow_up(deals(one("a")), as_of=DAY)["slipped_often"].isna().all()


def test_on_the_sample_flags_agree_with_the_tables_they_come_from():
    frame, past = load_opportunities(), load_stage_history()
    found = follow_up(frame, as_of=DAY, stage_history=past, snapshots=load_snapshots())
    assert len(found) == frame["outcome"].isna().sum()
    limit = time_in_stage(past, frame, as_of=DAY).set_index("stage")["limit_days"]
    last = past.sort_values("entered").groupby("opportunity")["entered"].last()
    days = (pd.Timestamp(DAY) - last.reindex(found["opportunity"])).dt.days.to_numpy()
    assert found["days_in_stage"].tolist() == days.tolist()
    assert found["stalled"].tolist() == (days > found["stage"].map(limit).to_numpy()).tolist()
    assert 0 < found["stalled"].sum() < len(found)
    assert 0 < found["slipped_often"].sum() < len(found)
    ranked = found[found["rank"].notna()]
    assert ranked["expected_per_hour"].is_monotonic_decreasing
    assert (ranked["p_win_ever"] * ranked["amount"] == ranked["expected"]).all()


def test_the_reps_probability_can_rank_instead():
    frame = deals(one("a", 100), one("b", 100)).assign(probability=[0.1, 0.9])
    assert follow_up(frame, as_of=DAY, probability="p_rep")["opportunity"].tolist() == ["b", "a"]


def test_a_ladder_of_ones_own_needs_a_table_of_its_own():
    ladder = Ladder((Stage("Lead", Label("Lead", "线索"), 0.1), Stage("Offer", Label("Offer", "报价"), 0.5)), "house")
    frame = deals(one(stage="Offer"))
    with pytest.raises(ValueError, match=r"actions for every stage: got none for \['Lead', 'Offer'\]"):
        follow_up(frame, as_of=DAY, ladder=ladder)
    names = {"need_defined": "Lead", "quotation": "Offer"}
    actions = tuple(replace(a, stage=names[a.stage]) for a in FOLLOW_UP.actions if a.stage in names)
    found = follow_up(frame, as_of=DAY, ladder=ladder, table=replace(FOLLOW_UP, actions=actions))
    assert found["expected"].tolist() == [50]


def test_failures_of_all_frames_are_told_at_once_with_the_frame_they_stand_in():
    frame = deals(one(stage="quote"), one(attitude="cheerful"))
    seen = pd.DataFrame({"snapshot": ["soon"], "opportunity": ["a"], "expected_close": pd.to_datetime(["2026-09-30"])})
    with pytest.raises(ValueError, match="4 problems") as caught:
        follow_up(frame, as_of=DAY, snapshots=seen)
    text = str(caught.value)
    assert "opportunities: an opportunity may occur once: got 'a'" in text
    assert "opportunities: stage must be one of" in text
    assert "opportunities: attitude must be one of" in text
    assert "snapshots: snapshot must be a date: got dtype str" in text


def test_later_events_are_refused_and_copies_are_named():
    later = deals(one("a"), one("b", outcome="won", closed="2026-10-01"))
    with pytest.raises(ValueError, match="the frame must be as it stood on as_of"):
        follow_up(later, as_of=DAY)
    with pytest.raises(ValueError, match="an opportunity may occur once: got 'a'"):
        follow_up(deals(one(), one()), as_of=DAY, stage_history=history())


def test_empty_frames_and_odd_types_and_an_unchanged_input():
    frame = deals(one("a"), one("b", attitude=None))
    copy = frame.copy(deep=True)
    full = follow_up(frame, as_of=DAY, stage_history=history())
    pd.testing.assert_frame_equal(frame, copy)
    empty = follow_up(frame.iloc[:0], as_of=DAY, stage_history=history())
    assert empty.dtypes.drop(["outcome"]).to_dict() == full.dtypes.drop(["outcome"]).to_dict()
    typed = frame.assign(outcome=frame["outcome"].astype("str")).convert_dtypes(dtype_backend="pyarrow")
    added = full.columns.difference(frame.columns)
    pd.testing.assert_frame_equal(follow_up(typed, as_of=DAY, stage_history=history())[added], full[added])


@pytest.mark.parametrize("name", ["stage_history", "snapshots"])
def test_deals_that_are_numbers_here_and_texts_there_are_refused(name):
    frame = deals(one("7"), one("8"))
    tables = {
        "stage_history": history(("7", "quotation", "2026-09-01")),
        "snapshots": pd.DataFrame({"opportunity": ["7"], "snapshot": [pd.Timestamp(DAY)], "expected_close": pd.NaT}),
    }
    tables["snapshots"]["expected_close"] = pd.to_datetime(tables["snapshots"]["expected_close"])
    alike = follow_up(frame, as_of=DAY, **{name: tables[name]})
    assert alike["n_slips" if name == "snapshots" else "days_in_stage"].isna().tolist() == [False, True]
    other = tables[name].assign(opportunity=[7])
    message = rf"{name}: opportunity must be of one type in all frames: got {name}: numbers, opportunities: texts"
    with pytest.raises(InputError, match=message):
        follow_up(frame, as_of=DAY, **{name: other})
    with pytest.raises(InputError, match="opportunities: numbers"):
        follow_up(frame.assign(opportunity=[7, 8]), as_of=DAY, **{name: tables[name]})


@pytest.mark.parametrize("taken", ["action", "rank", "hours", "p_win_ever", "n_slips"])
def test_a_column_that_bears_a_results_name_is_refused(taken):
    frame = deals(one()).assign(**{taken: 0.25})
    with pytest.raises(InputError, match=rf"must not bear the name of a result column: got \['{taken}'\]. Rename"):
        follow_up(frame, as_of=DAY)


def test_the_chance_of_winning_may_bear_its_own_name():
    found = follow_up(deals(one()).assign(p_win_ever=0.25), as_of=DAY, probability="p_win_ever")
    assert found["p_win_ever"].tolist() == [0.25]


@pytest.mark.parametrize("taken", ["p_stage", "rank", "expected_rep_minus_stage"])
def test_disagreement_refuses_columns_that_bear_a_results_name(taken):
    frame = deals(one()).assign(probability=0.9)
    assert len(probability_disagreement(frame, as_of=DAY)) == 1
    with pytest.raises(InputError, match=rf"must not bear the name of a result column: got \['{taken}'\]"):
        probability_disagreement(frame.assign(**{taken: 0.5}), as_of=DAY)


def test_the_reps_and_the_models_own_columns_are_no_conflict_and_another_ones_are():
    frame = deals(one()).assign(p_rep=0.9, p_model=0.8, mine=0.7)
    found = probability_disagreement(frame, as_of=DAY)
    assert found[["p_rep", "p_model"]].to_numpy().tolist() == [[0.9, 0.8]]
    with pytest.raises(InputError, match=r"got \['p_rep'\]"):
        probability_disagreement(frame, as_of=DAY, p_rep="mine")
    with pytest.raises(InputError, match=r"got \['p_model'\]"):
        probability_disagreement(frame, as_of=DAY, p_model="mine")
    assert probability_disagreement(frame.drop(columns="p_rep"), as_of=DAY, p_rep="mine")["p_rep"].tolist() == [0.7]
