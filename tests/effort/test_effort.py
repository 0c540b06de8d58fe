"""Selling time and people."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from custvalue import playbook, profile_people, selling_time

NAMES = playbook.HUNTER_FARMER.scored_names


def reading(time, item):
    found = time.summary.set_index("item").loc[item]
    return found["low"], found["high"]


def test_the_year_shows_each_deduction_and_ends_at_217_days():
    year = selling_time().year
    assert year["days"].tolist() == [365, -11, -104, -25, -8]
    assert year["days_left"].tolist() == [365, 354, 250, 225, 217]


def test_the_slides_142_days_stand_beside_the_real_hours():
    time = selling_time()
    assert reading(time, "days_on_slide") == (142, 142)
    assert reading(time, "direct_hours_per_day") == (1.0, 2.5)
    assert reading(time, "direct_hours_per_year") == (217.0, 542.5)
    assert reading(time, "direct_hours_per_year_on_slide")[0] == pytest.approx(295.12)  # 217 x 8 x 0.17


def test_a_target_gives_the_hour_its_price_dearest_where_hours_are_fewest():
    time = selling_time(target_revenue=2_170_000)
    assert reading(time, "price_per_hour") == pytest.approx((4_000, 10_000))  # / (217 x 2.5), / (217 x 1)
    assert reading(time, "price_per_hour_on_slide")[0] == pytest.approx(2_170_000 / 295.12)


def test_the_day_lists_t1_as_what_is_left():
    day = selling_time().day.set_index("activity")
    assert list(day.index) == ["T1", "T2", "T3", "T4", "T5"]
    assert day.loc["T1", ["low", "high"]].tolist() == [1.0, 2.5]
    assert day.loc["T3", ["low", "high"]].tolist() == [2.0, 3.0]


def test_other_days_off_can_be_changed():
    assert reading(selling_time(rule=replace(playbook.SELLING_YEAR, other_days_off=0)), "selling_days") == (242, 242)


@pytest.mark.parametrize("target", [0, -5, float("nan"), float("inf")])
def test_a_target_that_is_no_amount_is_refused(target):
    with pytest.raises(ValueError, match="target_revenue must be positive"):
        selling_time(target_revenue=target)


def test_an_hour_that_is_not_there_cannot_be_priced():
    with pytest.raises(ValueError, match="priced only where some are left"):
        selling_time(rule=replace(playbook.SELLING_YEAR, working_hours=7), target_revenue=1e6)


def test_hunting_and_farming_are_scored_apart():
    people = pd.DataFrame([[2] * 9, [-2] * 9, [2, 2, 2, -2, -2, -2, 0, 0, 0]], columns=NAMES)
    result = profile_people(people)
    assert result["hunting"].tolist() == pytest.approx([1, 0, 1 / 3])
    assert result["farming"].tolist() == pytest.approx([0, 1, 1 / 3])
    assert result["lean"].tolist() == [2, -2, 0]


def test_the_unmarked_trait_enters_no_score():
    people = pd.DataFrame([[1] * 9], columns=NAMES)
    pd.testing.assert_frame_equal(
        profile_people(people.assign(career=-2)).drop(columns="career"), profile_people(people)
    )


def test_missing_answers_give_bounds():
    result = profile_people(pd.DataFrame([[2.0] * 6 + [np.nan] * 3, [np.nan] * 9], columns=NAMES))
    # 6 x 2 known; the three missing add -6 to +6, over 9
    assert result[["n_answered", "lean"]].iloc[0].tolist() == [6, 2]
    assert result[["lean_low", "lean_high"]].iloc[0].tolist() == pytest.approx([6 / 9, 18 / 9])
    assert result[["hunting", "farming", "lean"]].iloc[1].isna().all()
    assert result[["lean_low", "lean_high"]].iloc[1].tolist() == [-2, 2]


def test_an_answer_off_the_scale_is_refused_with_its_row():
    people = pd.DataFrame([[1] * 9], columns=NAMES, index=["李娜"]).assign(risk=3)
    with pytest.raises(ValueError, match=r"risk must be 2 or less: got 3 \(column 'risk', row '李娜'\)"):
        profile_people(people)
