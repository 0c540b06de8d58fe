"""The scorecard: the lecture's exercise, its worked rows, every cut point, and what happens to missing answers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from custvalue import load_exercise, playbook, score_prospects
from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.rules.errors import InputError
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
    tenths = tuple(Criterion(f"c{w}", Label(f"c{w}", f"丙{w}"), levels, w, "test") for w in (0.2, 0.7, 0.1))
    card = Scorecard(Label("test", "测试"), tenths, SCREENING_BANDS, "test")
    # 0.2 x 8 + 0.7 x 8 + 0.1 x 8 is 7.999999999999999 in floats
    scored = score_prospects(pd.DataFrame({c.name: [8.0] for c in tenths}), scorecard=card)
    assert scored["score"].iloc[0] != 8
    assert scored["band"].tolist() == ["invest"]


def test_a_level_in_other_letters_or_with_blanks_is_pointed_to():
    frame = pd.DataFrame([[" LISTED COMPANY ", 1, 1, 1, 1, 1]], columns=CARD.names)
    with pytest.raises(InputError, match=r"got ' LISTED COMPANY '.*row 0.*Did you mean 'listed company'"):
        score_prospects(frame)


def test_ten_criteria_of_one_weight_add_up_before_they_are_weighed():
    levels = (Level(0, Label("none", "无")), Level(20, Label("all", "全")))
    tenths = tuple(Criterion(f"c{i}", Label(f"c{i}", f"丙{i}"), levels, 0.1, "test") for i in range(10))
    card = Scorecard(Label("test", "测试"), tenths, SCREENING_BANDS, "test")
    # Weighed one by one, 0.1 x 8 ten times is 7.999999999999999.
    scored = score_prospects(pd.DataFrame({c.name: [8.0] for c in tenths}), scorecard=card)
    assert scored["total"].tolist() == [8.0]


@pytest.mark.parametrize("kind", ["float64", "int8", "uint8", "int64"])
def test_totals_equal_a_sum_by_hand_for_any_mixture_of_weights_and_number_types(kind):
    draw = np.random.default_rng(3)
    levels = tuple(Level(p, Label(f"l{p}", f"级{p}")) for p in (0, 100))
    weights = [2.0, 1.0, 3.0, 0.0, 2.0, 1.0, 2.0, 0.5]
    criteria = tuple(Criterion(f"c{i}", Label(f"c{i}", f"丙{i}"), levels, w, "test") for i, w in enumerate(weights))
    card = Scorecard(Label("test", "测试"), criteria, SCREENING_BANDS, "test")
    points = draw.integers(0, 101, (300_000, len(weights)))  # sums beyond what 8 bits hold, over several slices
    frame = pd.DataFrame({f"c{i}": points[:, i].astype(kind) for i in range(len(weights))})
    scored = score_prospects(frame, scorecard=card, rank=False)
    assert (scored["total"] == (points * np.array(weights)).sum(axis=1)).all()
    if kind == "float64":
        frame.loc[draw.random(len(frame)) < 0.01, "c4"] = np.nan
        gaps = frame["c4"].isna()
        scored = score_prospects(frame, scorecard=card, rank=False)
        low = (np.where(np.isnan(frame), 0, frame) * weights).sum(axis=1)
        assert (scored["total_low"] == low).all()
        assert (scored["total_high"] == low + 200 * gaps).all()
        assert (scored["total"].isna() == gaps).all()


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


def test_contributions_add_up_to_the_score_on_its_scale():
    scored = score_prospects(pd.DataFrame({"c": [14.0]}), scorecard=one_criterion(top=35), contributions=True)
    assert scored["contribution_c"].tolist() == [14 * 20 / 35]
    frame = pd.DataFrame([[2, 1, 0, 2, 1, 1], [0, 2, 1, 1, 2, 0]], columns=CARD.names)
    scored = score_prospects(frame, contributions=True)
    # Weights 2 3 2 1 1 1 on a highest total of 20.
    assert scored["contribution_industry_position"].tolist() == [3, 6]
    parts = scored[[f"contribution_{name}" for name in CARD.names]]
    assert parts.sum(axis=1).tolist() == scored["score"].tolist() == [11, 11]


def test_contributions_on_the_raw_scale_add_up_to_the_total_and_a_missing_answer_has_none():
    frame = load_exercise().astype({"c6": float})
    frame.loc[0, "c6"] = None
    scored = score_prospects(frame, scorecard=playbook.EXERCISE, contributions=True)
    parts = scored[[f"contribution_c{j}" for j in range(1, 11)]]
    assert parts["contribution_c6"].isna().tolist() == [True] + [False] * 7
    assert parts.sum(axis=1).tolist() == [10, 22, 5, 15, 14, 12, 17, 19]
    assert parts.sum(axis=1).iloc[0] == scored["total_low"].iloc[0]


def test_a_criterion_without_weight_contributes_nothing_even_where_its_answer_is_missing():
    card = replace(CARD, criteria=(*CARD.criteria[:-1], replace(CARD.criteria[-1], weight=0.0)))
    scored = score_prospects(
        pd.DataFrame([[2, 1, 1, 1, 1, None]], columns=card.names), scorecard=card, contributions=True
    )
    assert scored["contribution_budget"].tolist() == [0]


def test_without_contributions_no_column_of_them_is_added():
    assert not [c for c in score_prospects(load_exercise(), scorecard=playbook.EXERCISE) if "contribution" in c]


def test_without_rank_neither_rank_nor_place_is_added_and_all_else_is_the_same():
    frame = pd.DataFrame([[1] * 6, [2] * 6], columns=CARD.names)
    whole = score_prospects(frame)
    assert {"rank", "place"} <= set(whole.columns)
    pd.testing.assert_frame_equal(score_prospects(frame, rank=False), whole.drop(columns=["rank", "place"]))


def test_ties_are_broken_by_the_heaviest_criterion_then_the_next_then_the_row():
    # Weights 2 3 2 1 1 1, totals 6 6 6 6 4: the most points on position (weight 3) first, then company type, then need
    # (both weight 2, in the card's order); rows 1 and 2 are alike.
    frame = pd.DataFrame(
        [[0, 0, 2, 1, 1, 0], [1, 1, 0, 1, 0, 0], [1, 1, 0, 1, 0, 0], [0, 2, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]],
        columns=CARD.names,
    )
    scored = score_prospects(frame)
    assert scored["total"].tolist() == [6, 6, 6, 6, 4]
    assert scored["rank"].tolist() == [1, 1, 1, 1, 5]
    assert scored["place"].tolist() == [4, 2, 3, 1, 5]


def test_equal_totals_share_the_rank_in_spite_of_round_off():
    levels = (Level(0, Label("none", "无")), Level(3, Label("all", "全")))
    weights = {"a": 0.1, "b": 0.2, "c": 0.3}
    card = Scorecard(
        Label("test", "测试"),
        tuple(Criterion(name, Label(name, f"丙{name}"), levels, w, "test") for name, w in weights.items()),
        SCREENING_BANDS,
        "test",
        None,
    )
    scored = score_prospects(pd.DataFrame({"a": [1, 0], "b": [1, 0], "c": [0, 1]}), scorecard=card)
    assert scored["total"].iloc[0] != scored["total"].iloc[1]  # 0.1 + 0.2 and 0.3
    assert scored["rank"].tolist() == [1, 1]
    assert scored["place"].tolist() == [2, 1]  # 0.3 lies on the heaviest criterion


def test_places_agree_with_a_sort_of_plain_tuples():
    answers = np.random.default_rng(8).integers(0, 3, (300, 6))
    frame = pd.DataFrame(answers, columns=CARD.names)
    weights = (2, 3, 2, 1, 1, 1)
    keys = [
        (-sum(w * p for w, p in zip(weights, row, strict=True)), *(-row[j] for j in (1, 0, 2, 3, 4, 5)), place)
        for place, row in enumerate(answers)
    ]
    order = sorted(range(300), key=keys.__getitem__)
    scored = score_prospects(frame)
    assert scored["place"].tolist() == [order.index(row) + 1 for row in range(300)]
    assert scored["rank"].tolist() == [1 + sum(other[0] < mine[0] for other in keys) for mine in keys]


def test_a_knock_out_names_the_criterion_and_the_answer():
    card = knock_out_card()
    fatal_type = replace(card.criteria[0].levels[0], knocks_out=True)
    card = replace(
        card,
        criteria=(replace(card.criteria[0], levels=(fatal_type, *card.criteria[0].levels[1:])), *card.criteria[1:]),
    )
    # Both answers of the last row knock out: the first in the card's order is named.
    frame = pd.DataFrame([[2, 2, 2, 2, 2, 0], [0, 2, 2, 2, 2, 1], [2] * 6, [0, 2, 2, 2, 2, 0]], columns=CARD.names)
    scored = score_prospects(frame, scorecard=card)
    words = scored[["knocked_out_by", "knocked_out_answer"]].astype(object)
    assert words.where(words.notna(), "-").to_numpy().tolist() == [
        ["budget", "no budget"],
        ["company_type", "listed company"],
        ["-", "-"],
        ["company_type", "listed company"],
    ]


def test_the_next_question_is_the_missing_criterion_that_narrows_the_bounds_most():
    # Weights 2 3 2 1 1 1. Row 0: position (0 to 6) and budget (0 to 2) are missing: position. Row 1: company type and
    # need (0 to 4 both): the first of the card. Row 2: budget alone leaves 13 to 15 open. Row 3: missing, but shelved.
    frame = pd.DataFrame(
        [[1, None, 1, 1, 1, None], [None, 1, None, 1, 1, 1], [1, 2, 1, 2, 1, None], [0, 0, 0, 0, 0, None]],
        columns=CARD.names,
    )
    scored = score_prospects(frame)
    assert scored["band"].isna().tolist() == [True, True, True, False]
    asked = scored["next_question"].astype(object)
    assert asked.where(asked.notna(), "-").tolist() == ["industry_position", "company_type", "budget", "-"]


def test_a_missing_answer_that_may_knock_out_is_asked_for_first():
    frame = pd.DataFrame([[2, None, 2, 2, 2, None], [2, None, 2, 2, 2, 1]], columns=CARD.names)
    scored = score_prospects(frame, scorecard=knock_out_card())
    assert scored["next_question"].iloc[0] == "budget"


def test_the_next_question_leaves_the_narrowest_bounds_of_all_missing_ones():
    draw = np.random.default_rng(4)
    answers = draw.choice([0.0, 1.0, 2.0, np.nan], size=(150, 6), p=[0.2, 0.3, 0.2, 0.3])
    frame = pd.DataFrame(answers, columns=CARD.names)
    scored = score_prospects(frame)
    undecided = scored[scored["band"].isna()]
    assert len(undecided) > 20
    for row, asked in undecided["next_question"].items():
        width = {}
        for name in frame.columns[frame.loc[row].isna()]:
            then = score_prospects(frame.loc[[row]].assign(**{name: 1.0}))
            width[name] = (then["score_high"] - then["score_low"]).iloc[0]
        assert width[asked] == min(width.values())
        assert asked == next(name for name in CARD.names if width.get(name) == width[asked])


def test_categories_and_every_numeric_type_score_like_floats():
    points = pd.DataFrame([[2, 1, 0, 2, 1, 0], [0, 2, 1, 1, 2, 2]], columns=CARD.names)
    wanted = score_prospects(points.astype(float))["total"]
    for kind in ("int8", "int32", "int64", "uint8", "float32", "Int64", "Float64", "int64[pyarrow]", "category"):
        pd.testing.assert_series_equal(score_prospects(points.astype(kind))["total"], wanted)
    texts = points.astype(object)
    for criterion in CARD.criteria:
        texts[criterion.name] = [criterion.levels[p].label.zh for p in points[criterion.name]]
    pd.testing.assert_series_equal(score_prospects(texts.astype("category"))["total"], wanted)
    gap = texts.astype("category")
    gap.iloc[0, 0] = None
    assert score_prospects(gap)["total"].isna().tolist() == [True, False]


def test_an_unknown_category_is_refused_like_an_unknown_text():
    frame = pd.DataFrame({c.name: [1, 1] for c in CARD.criteria})
    frame["company_type"] = pd.Categorical(["joint venture", "joint ventures"])
    with pytest.raises(ValueError, match=r"'joint ventures' \(1\).*row 1.*Did you mean 'joint venture'"):
        score_prospects(frame)


@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize("wrong", [2.0001, -0.0001, np.inf, -np.inf, 3.0])
def test_points_out_of_range_are_found_wherever_they_stand(kind, wrong):
    n = 300_000  # several slices of the kernel
    column = np.full(n, 2.0, dtype=kind)
    column[[0, n - 1]] = 0.0, -0.0  # both ends of the range; minus nothing is nothing
    frame = pd.DataFrame({"c": column})
    card = one_criterion(top=2)
    assert score_prospects(frame, scorecard=card, rank=False)["total"].iloc[[0, 1, -1]].tolist() == [0, 2, 0]
    column = column.copy()
    column[200_000] = wrong
    with pytest.raises(ValueError, match=r"c must be .*row 200000"):
        score_prospects(pd.DataFrame({"c": column}), scorecard=card, rank=False)


@pytest.mark.parametrize("wrong", [3, -1])
def test_whole_numbers_out_of_range_are_found(wrong):
    frame = pd.DataFrame({"c": np.array([0, 2, wrong], dtype="int64")})
    with pytest.raises(ValueError, match=rf"c must be .*got {wrong} \(column 'c', row 2\)"):
        score_prospects(frame, scorecard=one_criterion(top=2))


def test_a_lowest_level_above_nothing_is_a_limit_too():
    levels = (Level(1, Label("low", "低")), Level(3, Label("high", "高")))
    card = Scorecard(
        Label("t", "测"), (Criterion("c", Label("c", "丙"), levels, 2.0, "test"),), SCREENING_BANDS, "test", None
    )
    scored = score_prospects(pd.DataFrame({"c": [1.0, 3.0, None]}), scorecard=card)
    assert scored["total_low"].tolist() == [2, 6, 2]
    assert scored["total_high"].tolist() == [2, 6, 6]
    with pytest.raises(ValueError, match=r"c must be 1 or more: got 0\.0"):
        score_prospects(pd.DataFrame({"c": [0.0]}), scorecard=card)


def test_many_rows_with_gaps_here_and_there_equal_a_plain_sum():
    draw = np.random.default_rng(12)
    n = 300_000  # three slices: the first without gaps, the second with one, the third with many
    answers = draw.integers(0, 3, (n, 6)).astype(float)
    answers[140_000, 3] = np.nan
    answers[280_000:][draw.random((20_000, 6)) < 0.2] = np.nan
    weights = np.array([2, 3, 2, 1, 1, 1])
    scored = score_prospects(pd.DataFrame(answers, columns=CARD.names), rank=False)
    low, high = np.where(np.isnan(answers), 0, answers) @ weights, np.where(np.isnan(answers), 2, answers) @ weights
    np.testing.assert_array_equal(scored["total_low"], low)
    np.testing.assert_array_equal(scored["total_high"], high)
    np.testing.assert_array_equal(scored["total"], answers @ weights)
    bands = np.array(["shelve", "invest", "key"])
    of_low, of_high = (bands[(x >= 8).astype(int) + (x > 14)] for x in (low, high))
    assert scored["band_low"].astype(str).tolist() == of_low.tolist()
    assert scored["band_high"].astype(str).tolist() == of_high.tolist()
    assert scored["band"].isna().tolist() == (of_low != of_high).tolist()


def test_columns_that_are_equal_do_not_share_what_is_written_later():
    scored = score_prospects(pd.DataFrame({"c": [1.0, 20.0]}), scorecard=one_criterion())
    scored.loc[0, "total"] = -1.0
    scored.loc[0, "band"] = "key"
    assert scored[["score", "score_low", "score_high", "total_low", "total_high"]].iloc[0].tolist() == [1] * 5
    assert (scored["band_low"].iloc[0], scored["band_high"].iloc[0]) == ("shelve", "shelve")


def test_a_criterion_named_like_a_result_is_refused():
    card = one_criterion()
    for name in ("place", "next_question", "knocked_out_by"):
        renamed = replace(card, criteria=(replace(card.criteria[0], name=name),))
        with pytest.raises(ValueError, match=f"must not bear the name of a result column: got .*{name}"):
            score_prospects(pd.DataFrame({name: [1.0]}), scorecard=renamed)


def test_a_text_that_describes_two_levels_is_refused_by_the_card():
    levels = (Level(0, Label("no", "一般")), Level(1, Label("一般", "好")))
    with pytest.raises(ValueError, match="a text must describe one level only"):
        Criterion("c", Label("c", "丙"), levels, 1.0, "test")


def test_notes_on_the_frame_and_its_own_columns_are_kept():
    frame = pd.DataFrame([[2, 2, 1, 2, 2, 2]] * 2, columns=CARD.names, index=["a", "a"]).assign(region=["N", "S"])
    frame.attrs["source"] = "export of September"
    scored = score_prospects(frame)
    assert scored.attrs == {"source": "export of September"}
    assert scored["region"].tolist() == ["N", "S"]
    assert scored.index.tolist() == ["a", "a"]
    again = score_prospects(scored)
    assert again.columns.tolist() == scored.columns.tolist()
    pd.testing.assert_frame_equal(again, scored)


def card_of(levels, **options):
    return Scorecard(
        Label("m", "m"), (Criterion("a", Label("A", "甲"), levels, 1, "test"),), SCREENING_BANDS, "test", **options
    )


QUARTERS = tuple(Level(p, Label(f"l{p}", f"级{p}")) for p in (0.0, 0.25, 0.5, 0.75, 1.0))


@pytest.mark.parametrize("kind", [object, "str", "category"])
def test_points_written_as_text_are_the_number_they_say_not_the_nearest_level(kind):
    texts = pd.Series(["0.2", "0.8", "1.0", " 0.75", "l0.5", "级0.25", None], dtype=kind)
    scored = score_prospects(pd.DataFrame({"a": texts}), scorecard=card_of(QUARTERS))
    assert scored["total"].tolist()[:-1] == [0.2, 0.8, 1.0, 0.75, 0.5, 0.25]
    assert pd.isna(scored["total"].iloc[-1])


def test_texts_and_points_may_be_mixed_in_one_column():
    scored = score_prospects(
        pd.DataFrame({"a": pd.Series(["l1.0", 0.6, 1, "0.6"], dtype=object)}), scorecard=card_of(QUARTERS)
    )
    assert scored["total"].tolist() == [1.0, 0.6, 1.0, 0.6]


@pytest.mark.parametrize("text", ["1.01", "-0.1", "inf", "nan?", "", " ", "true"])
def test_texts_that_are_neither_a_level_nor_points_in_range_are_refused_with_the_rest_left_in_peace(text):
    frame = pd.DataFrame({"a": pd.Categorical(["l0.0", text, "0.3"])})
    with pytest.raises(InputError) as error:
        score_prospects(frame, scorecard=card_of(QUARTERS))
    message = str(error.value)
    assert f"got {text!r} (1) " in message
    assert "Points from 0 to 1 may be given as well." in message
    assert ("An empty text is no answer" in message) == (not text.strip())


def test_cells_that_hold_lists_are_refused_by_what_they_hold():
    with pytest.raises(InputError, match=r"got \"\['l0.0'\]\" \(1\)"):
        score_prospects(pd.DataFrame({"a": [["l0.0"], "l0.0"]}), scorecard=card_of(QUARTERS))


def test_one_huge_total_does_not_tie_the_others():
    card = Scorecard(
        Label("m", "m"), (Criterion("a", Label("A", "甲"), (), 1, "test"),), SCREENING_BANDS, "test", scale=None
    )
    for huge in (1e9, 1e12, 1e99):
        scored = score_prospects(pd.DataFrame({"a": [9, 9.0001, 9.5, 13.9, 14.00001, huge]}), scorecard=card)
        assert scored["rank"].tolist() == [6, 5, 4, 3, 2, 1]
    with pytest.raises(InputError, match=r"a must be 1e\+100 or less"):
        score_prospects(pd.DataFrame({"a": [1.0, 1e300]}), scorecard=card)


def test_sums_that_differ_by_round_off_share_a_rank():
    levels = (Level(0, Label("none", "无")), Level(1, Label("all", "全")))
    criteria = tuple(Criterion(n, Label(n, n), levels, w, "test") for n, w in zip("abc", (0.1, 0.2, 0.3), strict=True))
    card = Scorecard(Label("m", "m"), criteria, SCREENING_BANDS, "test")
    scored = score_prospects(pd.DataFrame([[1, 1, 0], [0, 0, 1]], columns=list("abc"), dtype=float), scorecard=card)
    assert scored["total"].iloc[0] != scored["total"].iloc[1]  # 0.1 + 0.2 and 0.3
    assert scored["rank"].tolist() == [1, 1]


@pytest.mark.parametrize(
    "options", [{"rank": "no"}, {"contributions": "yes"}, {"rank": np.array([1, 2])}, {"rank": None}]
)
def test_what_is_neither_yes_nor_no_is_refused(options):
    with pytest.raises(InputError, match="must be True or False"):
        score_prospects(pd.DataFrame({"a": [1.0]}), scorecard=card_of(QUARTERS), **options)
