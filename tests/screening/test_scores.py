"""The scorecard: the lecture's exercise, its worked rows, every cut point, and what happens to missing answers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from custvalue import load_exercise, playbook, score_prospects
from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.rules.playbook import SCREENING_BANDS

CARD = playbook.SCREENING


def one_criterion(scale=20.0, top=20, **changes):
    """Return a card whose single criterion gives 0 to 20 points, so that points are the score."""
    levels = (Level(0, Label("none", "无")), Level(top, Label("all", "全")))
    return Scorecard(
        Label("test", "测试"),
        (Criterion("c", Label("c", "丙"), levels, 1.0, "test"),),
        SCREENING_BANDS,
        "test",
        scale,
        **changes,
    )


def test_the_group_exercise_gives_the_printed_totals():
    scored = score_prospects(load_exercise(), scorecard=playbook.EXERCISE)
    printed = {"ABC公司": 13, "USA企业": 22, "巨人塑料": 5, "清水公司": 15}
    printed |= {"好佳包装": 14, "休闲食品": 12, "PK运动服装": 17, "超级部件": 19}
    assert dict(zip(scored["prospect"], scored["total"], strict=True)) == printed


def test_five_prospects_of_the_exercise_are_priority_actions_and_four_are_key():
    scored = score_prospects(load_exercise(), scorecard=playbook.EXERCISE).set_index("prospect")
    flagged = {"USA企业", "清水公司", "好佳包装", "PK运动服装", "超级部件"}
    assert set(scored.index[scored["priority_action"]]) == flagged
    assert set(scored.index[scored["band"] == "key"]) == flagged - {"好佳包装"}  # 14 is flagged and not key


def test_the_exercise_has_no_score_because_it_has_no_highest_total():
    scored = score_prospects(load_exercise(), scorecard=playbook.EXERCISE)
    assert scored[["score", "score_low", "score_high"]].isna().all(axis=None)


def test_the_worked_rows_score_4_and_3():
    answers = pd.DataFrame({"company_type": ["欧美独资", None], "industry_position": [None, "cross-regional"]})
    rest = {c.name: [0, 0] for c in CARD.criteria[2:]}
    scored = score_prospects(answers.assign(**rest))
    assert scored["total_low"].tolist() == [4, 3]


@pytest.mark.parametrize(
    ("score", "band"),
    [(7.999, "shelve"), (8, "invest"), (8.001, "invest"), (13.999, "invest"), (14, "invest"), (14.001, "key")],
)
def test_both_ends_of_the_middle_band_belong_to_it(score, band):
    scored = score_prospects(pd.DataFrame({"c": [score]}), scorecard=one_criterion())
    assert scored["band"].tolist() == [band]


@pytest.mark.parametrize("total", [13, 14, 15])
def test_a_card_whose_maximum_is_not_20_is_scaled_before_banding(total):
    card = one_criterion(top=35)
    scored = score_prospects(pd.DataFrame({"c": [total]}), scorecard=card)
    # 14 of 35 is 8 of 20: the lower end of the middle band.
    assert scored["score"].iloc[0] == pytest.approx(total * 20 / 35)
    assert scored["band"].iloc[0] == ("shelve" if total < 14 else "invest")


def test_a_score_that_misses_a_cut_by_round_off_stands_on_it():
    levels = (Level(0, Label("none", "无")), Level(20, Label("all", "全")))
    tenths = tuple(Criterion(f"c{i}", Label(f"c{i}", f"丙{i}"), levels, 0.1, "test") for i in range(10))
    card = Scorecard(Label("test", "测试"), tenths, SCREENING_BANDS, "test")
    # 0.1 x (8 + 8 + ...) summed in floats is 7.999999999999999
    scored = score_prospects(pd.DataFrame({c.name: [8.0] for c in tenths}), scorecard=card)
    assert scored["score"].iloc[0] != 8
    assert scored["band"].tolist() == ["invest"]


def test_missing_answers_give_bounds_and_a_band_only_where_both_ends_agree():
    frame = pd.DataFrame([[2, 2, None, 2, 2, 2], [1, None, 0, 0, 0, 0], [0, None, 0, 0, 0, 0]], columns=CARD.names)
    scored = score_prospects(frame)
    # Row 0: need (weight 2) missing: 16 to 20, key either way. Row 1: position (weight 3): 2 to 8. Row 2: 0 to 6.
    assert scored["score_low"].tolist() == [16, 2, 0]
    assert scored["score_high"].tolist() == [20, 8, 6]
    assert scored["band"].isna().tolist() == [False, True, False]
    assert scored["band"].tolist()[::2] == ["key", "shelve"]
    assert (scored["band_low"].iloc[1], scored["band_high"].iloc[1]) == ("shelve", "invest")
    assert scored["total"].isna().all()
    assert scored["rank"].isna().all()


def test_a_missing_answer_of_weight_zero_changes_nothing():
    card = replace(CARD, criteria=(*CARD.criteria[:-1], replace(CARD.criteria[-1], weight=0.0)))
    frame = pd.DataFrame([[2, 1, 1, 1, 1, None]], columns=card.names)
    assert score_prospects(frame, scorecard=card)["total"].tolist() == [4 + 3 + 2 + 1 + 1]


def knock_out_card():
    budget = CARD.criteria[-1]
    levels = (replace(budget.levels[0], knocks_out=True), *budget.levels[1:])
    return replace(CARD, criteria=(*CARD.criteria[:-1], replace(budget, levels=levels)))


def test_a_knock_out_shelves_at_once_and_a_missing_one_leaves_the_band_open():
    frame = pd.DataFrame([[2, 2, 2, 2, 2, 0], [2, 2, 2, 2, 2, None], [2, 2, 2, 2, 2, 1]], columns=CARD.names)
    scored = score_prospects(frame, scorecard=knock_out_card())
    assert scored["band"].astype(object).where(scored["band"].notna(), "?").tolist() == ["shelve", "?", "key"]
    assert scored["knocked_out"].astype(object).fillna("?").tolist() == [True, "?", False]
    assert (scored["band_low"].iloc[1], scored["band_high"].iloc[1]) == ("shelve", "key")
    assert scored["rank"].tolist()[2] == 1
    assert scored["rank"].isna().tolist() == [True, True, False]
    assert scored["priority_action"].astype(object).fillna("?").tolist() == [False, "?", True]


def test_equal_totals_share_the_best_rank():
    scored = score_prospects(pd.DataFrame({"c": [3, 9, 9, 1]}), scorecard=one_criterion())
    assert scored["rank"].tolist() == [3, 1, 1, 4]


def test_level_texts_in_either_language_equal_their_points():
    points = pd.DataFrame([[2, 1, 0, 2, 1, 0], [0, 2, 1, 1, 2, 2]], columns=CARD.names)
    english = points.copy().astype(object)
    for criterion in CARD.criteria:
        english[criterion.name] = [criterion.levels[p].label.en for p in points[criterion.name]]
    chinese = points.copy().astype(object)
    for criterion in CARD.criteria:
        chinese[criterion.name] = [criterion.levels[p].label.zh for p in points[criterion.name]]
    wanted = score_prospects(points)["total"]
    pd.testing.assert_series_equal(score_prospects(english)["total"], wanted)
    pd.testing.assert_series_equal(score_prospects(chinese)["total"], wanted)


def test_an_unknown_text_is_refused_with_row_value_and_the_nearest_level():
    frame = pd.DataFrame({c.name: [1, 1] for c in CARD.criteria}, index=["甲", "乙"])
    frame["company_type"] = ["joint venture", "joint ventures"]
    with pytest.raises(ValueError, match=r"'joint ventures' \(1\).*row '乙'.*Did you mean 'joint venture'"):
        score_prospects(frame)


def test_every_failure_of_a_frame_is_reported_at_once():
    frame = pd.DataFrame({c.name: [1.0] for c in CARD.criteria if c.name != "need"}).assign(access=3.0, budget=-1.0)
    with pytest.raises(ValueError, match="3 problems") as caught:
        score_prospects(frame)
    text = str(caught.value)
    assert "column 'need' is needed" in text
    assert "access must be 2 or less: got 3.0 (column 'access', row 0)" in text
    assert "budget must be 0 or more: got -1.0" in text


def test_index_order_and_other_columns_are_kept_and_the_input_is_not_changed():
    frame = pd.DataFrame([[1] * 6, [2] * 6], columns=CARD.names, index=[7, 7]).assign(note=["x", "y"])
    before = frame.copy(deep=True)
    scored = score_prospects(frame)
    assert scored.index.tolist() == [7, 7]
    assert scored["note"].tolist() == ["x", "y"]
    scored.loc[:, "total"] = -1.0
    assert scored["score"].tolist() == [10, 20]  # columns of the result share no memory
    pd.testing.assert_frame_equal(frame, before)


def test_bands_carry_all_their_levels_in_order_even_when_unused():
    scored = score_prospects(pd.DataFrame({"c": [1.0]}), scorecard=one_criterion())
    assert scored["band"].cat.ordered
    assert scored["band"].cat.categories.tolist() == ["shelve", "invest", "key"]


def test_an_empty_frame_gives_an_empty_result_with_all_columns():
    scored = score_prospects(pd.DataFrame({name: pd.Series(dtype=float) for name in CARD.names}))
    assert len(scored) == 0
    assert {"total", "score", "band", "rank", "knocked_out"} <= set(scored.columns)


def test_totals_equal_a_naive_loop_on_random_answers():
    draw = np.random.default_rng(3)
    answers = draw.choice([0.0, 1.0, 2.0, np.nan], size=(200, 6), p=[0.3, 0.3, 0.3, 0.1])
    scored = score_prospects(pd.DataFrame(answers, columns=CARD.names))
    for row, (low, high) in zip(answers, scored[["total_low", "total_high"]].to_numpy(), strict=True):
        known = [(c.weight, p) for c, p in zip(CARD.criteria, row, strict=True)]
        assert low == sum(w * (0 if np.isnan(p) else p) for w, p in known)
        assert high == sum(w * (2 if np.isnan(p) else p) for w, p in known)
