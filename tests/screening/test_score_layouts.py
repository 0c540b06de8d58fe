"""The score of a prospect does not depend on how the frame lies in memory, and no result column on another."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from custvalue import playbook, score_prospects, scorecard_evidence
from custvalue.kernels.limits import bit_ranges, surely_between
from custvalue.kernels.points import SLICE, weighted_totals
from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.rules.errors import InputError
from custvalue.rules.playbook import SCREENING_BANDS

NAMES = list("abcdefg")
WEIGHTS = (0.3, 1 / 3, 0.7, 1.1, 0.2, 2.3, 1 / 7)


def card(weights=WEIGHTS, least=0.0, most=9.0):
    levels = (Level(least, Label("least", "最低")), Level(most, Label("most", "最高")))
    criteria = tuple(
        Criterion(name, Label(name, name), levels, weight, "test") for name, weight in zip(NAMES, weights, strict=False)
    )
    return Scorecard(Label("layouts", "布局"), criteria, SCREENING_BANDS, "test")


def layouts(points):
    """Return the same points in frames that lie differently in memory."""
    by_column = pd.DataFrame(dict(zip(NAMES, points.T, strict=True)))
    one_by_one = pd.DataFrame(index=range(len(points)))
    for name, column in zip(NAMES, points.T, strict=True):
        one_by_one[name] = column.copy()
    with_others = by_column.copy()
    with_others.insert(3, "text", "x")
    with_others.insert(5, "number", 1e300)
    every_other = pd.DataFrame(np.repeat(points, 2, axis=0), columns=NAMES).iloc[::2].reset_index(drop=True)
    return {
        "columns in one block": by_column,
        "rows in one block": pd.DataFrame(points.copy(), columns=NAMES),
        "columns one by one": one_by_one,
        "other columns between": with_others,
        "columns the other way round": by_column[NAMES[::-1]],
        "columns shuffled": by_column[list("dbgafec")],
        "every other row": every_other,
        "the other way up": by_column[::-1].copy()[::-1],
        "two kinds of numbers": by_column.astype({"b": "Float64", "e": "object"}),
    }


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 1_000])
def test_a_prospect_has_the_same_total_to_the_last_digit_alone_and_in_any_frame(n):
    points = np.random.default_rng(n).uniform(0, 9, (n, len(NAMES)))
    alone = [
        float(score_prospects(pd.DataFrame(row[None], columns=NAMES), scorecard=card())["total"].iloc[0])
        for row in points
    ]
    for name, frame in layouts(points).items():
        scored = score_prospects(frame, scorecard=card(), rank=False)
        assert scored["total"].tolist() == alone, name


def test_a_last_slice_of_a_single_row_is_added_up_like_the_others():
    points = np.random.default_rng(5).uniform(0, 9, (SLICE + 1, len(NAMES)))
    points[-1] = points[0]
    scored = score_prospects(pd.DataFrame(points, columns=NAMES), scorecard=card(), rank=False)
    assert scored["total"].iloc[-1] == scored["total"].iloc[0]


def test_totals_of_odd_weights_are_the_exact_sum_but_for_round_off():
    points = np.random.default_rng(6).uniform(0, 9, (50, len(NAMES)))
    exact = [sum(Fraction(w) * Fraction(p) for w, p in zip(WEIGHTS, row, strict=True)) for row in points]
    for name, frame in layouts(points).items():
        scored = score_prospects(frame, scorecard=card(), rank=False)
        assert scored["total"].to_numpy() == pytest.approx([float(e) for e in exact], rel=1e-15 * 8), name


@pytest.mark.parametrize(
    "weights", [(1.0, 1_000_000.0), (1.0, 1_000_001.0), (0.1, 0.2, 0.4), (0.5, 2.0, 0.0, 1.5), (1e-99, 1e20)]
)
def test_weights_counted_in_the_smallest_weigh_the_same(weights):
    points = np.random.default_rng(7).integers(0, 10, (40, len(weights))).astype(float)
    frame = pd.DataFrame(points, columns=NAMES[: len(weights)])
    exact = [float(sum(Fraction(w) * Fraction(p) for w, p in zip(weights, row, strict=True))) for row in points]
    assert score_prospects(frame, scorecard=card(weights))["total"].to_numpy() == pytest.approx(exact, rel=1e-15 * 4)


def test_columns_that_overlap_in_memory_are_read_as_they_are():
    line = np.arange(20.0)
    columns = [line[0:10], line[3:13], line[6:16]]
    found = weighted_totals(columns, [1, 10, 100], [0] * 3, [19] * 3)
    assert found.total.tolist() == [a + 10 * (a + 3) + 100 * (a + 6) for a in range(10)]
    assert weighted_totals([line, line], [1, 10], [0, 0], [19, 19]).total.tolist() == (11 * line).tolist()


def test_writing_to_one_column_of_a_result_changes_no_other():
    points = np.random.default_rng(8).integers(0, 10, (60, len(NAMES))).astype(float)
    points[::7, 2] = np.nan
    for given in (points, points[np.isfinite(points).all(axis=1)]):
        before = score_prospects(pd.DataFrame(given, columns=NAMES), scorecard=card())
        for name in before.columns[len(NAMES) :]:
            scored = score_prospects(pd.DataFrame(given, columns=NAMES), scorecard=card())
            scored.loc[:, name] = scored[name].iloc[::-1].to_numpy() if scored[name].dtype == float else None
            pd.testing.assert_frame_equal(scored.drop(columns=name), before.drop(columns=name))


@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "int32", "int8"])
@pytest.mark.parametrize(("least", "inside", "below"), [(1.0, 1, 0), (0.0, 0, -1), (2.5, 3, 2)])
def test_points_below_the_lowest_level_are_refused_and_the_lowest_is_not(kind, least, inside, below):
    rules = card((1.0, 2.0), least=least)
    frame = pd.DataFrame({"a": [inside, 9, 5], "b": [4, inside, 9]}, dtype=kind)
    assert score_prospects(frame, scorecard=rules)["total"].tolist() == [inside + 8, 9 + 2 * inside, 23]
    frame = pd.DataFrame({"a": [inside, 9, 5], "b": [4, below, 9]}, dtype=kind)
    with pytest.raises(InputError, match=rf"b must be {least:g} or more: got {below}.*row 1"):
        score_prospects(frame, scorecard=rules)


def test_missing_points_of_a_criterion_that_starts_above_zero_are_bounded_by_its_ends():
    frame = pd.DataFrame({"a": [3.0, np.nan], "b": [np.nan, 4.0]})
    scored = score_prospects(frame, scorecard=card((1.0, 2.0), least=1.0))
    assert scored["total_low"].tolist() == [5, 9]
    assert scored["total_high"].tolist() == [21, 17]
    assert scored["total"].isna().all()


@pytest.mark.parametrize(
    ("values", "kind", "known"),
    [
        ([1.0, 5.0], "float64", True),
        ([np.nextafter(1, 0), 5.0], "float64", False),
        ([1.0, np.nextafter(5, 6)], "float64", False),
        ([0.0, 3.0], "float64", False),
        ([np.nan, 3.0], "float64", False),
        ([1, 5], "int64", True),
        ([0, 5], "int32", False),
        ([1, 6], "int64", False),
        ([], "float64", True),
    ],
)
def test_a_range_that_starts_above_zero_is_known_by_its_bits_too(values, kind, known):
    values = np.array([values], dtype=kind)
    assert surely_between(values, bit_ranges(values.dtype, [(1.0, 5.0)])).tolist() == [known]


def test_whole_numbers_start_at_the_next_whole_number():
    values = np.array([[2, 3], [3, 4]])
    assert surely_between(values, bit_ranges(values.dtype, [(2.5, 9.0)] * 2)).tolist() == [False, True]


def test_of_a_range_that_starts_below_zero_nothing_is_known_without_a_closer_look():
    values = np.array([[1.0, 2.0], [1.0, 2.0]])
    assert surely_between(values, bit_ranges(values.dtype, [(-2.0, 5.0), (1.0, 5.0)])).tolist() == [False, True]


KINDS = ["f2", "f4", "f8", ">f2", ">f4", ">f8", "longdouble", "i1", "i2", "i4", "i8", ">i4", "u1", "u2", "u4", "u8"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_number_gives_the_same_answer_and_the_same_refusals(kind):
    points = np.random.default_rng(9).integers(0, 3, (500, 6))
    rules = playbook.SCREENING
    plain = score_prospects(pd.DataFrame(points, columns=rules.names))
    for columns_first in (points.astype(kind), np.asfortranarray(points.astype(kind))):
        frame = pd.DataFrame(columns_first, columns=rules.names)
        assert frame.dtypes.iloc[0] == np.dtype(kind)
        added = list(plain.columns[6:])
        pd.testing.assert_frame_equal(score_prospects(frame)[added], plain[added])
        if np.dtype(kind).kind != "u":
            with pytest.raises(InputError, match="need must be 0 or more: got -1"):
                score_prospects(frame.assign(need=frame["need"].mask(frame.index == 7, -1).astype(kind)))
        with pytest.raises(InputError, match="need must be 2 or less: got 100"):
            score_prospects(frame.assign(need=frame["need"].mask(frame.index == 7, 100).astype(kind)))
        if np.dtype(kind).kind == "f":
            gap = score_prospects(frame.assign(need=frame["need"].mask(frame.index == 7).astype(kind)))
            assert gap["total_low"].iloc[7] == plain["total"].iloc[7] - 2 * points[7, 2]
            assert gap["total"].isna().sum() == 1


def test_big_endian_points_out_of_range_are_refused_in_a_frame_that_is_one_block():
    frame = pd.DataFrame({name: np.ones(3, ">f8") for name in playbook.SCREENING.names})
    frame.loc[1, "need"] = 100
    with pytest.raises(InputError, match=r"need must be 2 or less: got 100\.0 .*row 1"):
        score_prospects(frame)


def test_places_of_points_without_a_sign_put_the_heaviest_criterion_first():
    # Weights 2 3 2 1 1 1: both total 6, row 1 from the position (3 × 2).
    rows = [[0, 0, 0, 2, 2, 2], [0, 2, 0, 0, 0, 0]]
    scored = score_prospects(pd.DataFrame(rows, columns=playbook.SCREENING.names, dtype="uint8"))
    assert scored["total"].tolist() == [6, 6]
    assert scored["place"].tolist() == [2, 1]


@pytest.mark.parametrize("need", [[1, True, 2], [True, 1, 2], [0, False, 1], ["no need named", 1, True]])
def test_yes_and_no_among_points_are_refused_wherever_they_stand(need):
    frame = pd.DataFrame(1, index=range(3), columns=playbook.SCREENING.names).assign(need=pd.Series(need, dtype=object))
    with pytest.raises(InputError, match="need must be one of"):
        score_prospects(frame)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "longdouble"])
def test_points_of_a_level_in_short_floats_are_those_of_the_level(kind):
    levels = tuple(Level(p, Label(f"l{p}", f"级{p}"), knocks_out=p == 0.1) for p in (0.1, 0.7, 2.3))
    rules = Scorecard(
        Label("short", "短"), (Criterion("a", Label("a", "甲"), levels, 0.3, "test"),), SCREENING_BANDS, "test"
    )
    frame = pd.DataFrame({"a": np.array([0.1, 0.7, 2.3], dtype=kind)})
    if kind == "longdouble":  # of greater width, so next to the levels: not knocked out unless exactly there
        frame["a"] = np.array([0.1, 0.7, 2.3]).astype(kind)
    scored = score_prospects(frame, scorecard=rules, contributions=True)
    assert scored["knocked_out"].tolist() == [True, False, False]
    assert scored["knocked_out_by"].notna().tolist() == [True, False, False]
    assert scored["total"].tolist() == [0.3 * 0.1, 0.3 * 0.7, 0.3 * 2.3]
    assert scored["contribution_a"].tolist() == scored["score"].tolist()
    assert scored["contribution_a"].dtype == np.float64
    assert scored["band"].iloc[0] == "shelve"


def test_contributions_of_short_floats_add_up_and_do_not_overflow():
    open_ended = Criterion("a", Label("a", "甲"), (), 2.0, "test")
    rules = Scorecard(Label("open", "开"), (open_ended,), SCREENING_BANDS, "test", None)
    scored = score_prospects(pd.DataFrame({"a": np.array([60_000], "float16")}), scorecard=rules, contributions=True)
    assert scored["total"].tolist() == scored["contribution_a"].tolist() == [2 * float(np.float16(60_000))]


def test_hundreds_of_criteria_and_answers_that_knock_out_are_told_apart():
    levels = tuple(Level(p, Label(f"l{p}", f"级{p}"), knocks_out=p < 149) for p in range(151))
    criteria = tuple(Criterion(f"c{k}", Label(f"c{k}", f"丙{k}"), levels, 1.0, "test") for k in range(130))
    rules = Scorecard(Label("many", "多"), criteria, SCREENING_BANDS, "test")
    frame = pd.DataFrame(150, index=range(2), columns=rules.names)
    frame.loc[1, "c129"] = 148
    scored = score_prospects(frame, scorecard=rules)
    assert scored["knocked_out"].tolist() == [False, True]
    assert (scored["knocked_out_by"].iloc[1], scored["knocked_out_answer"].iloc[1]) == ("c129", "l148")


def test_columns_of_two_levels_are_refused_as_missing():
    frame = pd.DataFrame(1.0, index=range(2), columns=pd.MultiIndex.from_product([playbook.SCREENING.names, ["a"]]))
    with pytest.raises(InputError, match="column 'need' is needed"):
        score_prospects(frame)


@pytest.mark.parametrize(
    ("weight", "fine"), [(0.0, True), (1e-100, True), (9e-101, False), (1e100, True), (2e100, False)]
)
def test_weights_that_carry_totals_out_of_the_range_of_numbers_are_refused(weight, fine):
    def make():
        return Criterion("a", Label("a", "甲"), (), weight, "test")

    if fine:
        assert make().weight == weight
    else:
        with pytest.raises(InputError, match=r"must be 0 or lie between 1e-100 and 1e\+100"):
            make()


def test_full_marks_of_ten_tenths_are_the_whole_scale():
    levels = playbook.SCREENING.criteria[2].levels
    tenths = tuple(Criterion(f"c{k}", Label(f"c{k}", f"丙{k}"), levels, 0.1, "test") for k in range(10))
    rules = Scorecard(Label("tenths", "十"), tenths, SCREENING_BANDS, "test")
    scored = score_prospects(pd.DataFrame([[2] * 10, [1] * 10], columns=rules.names), scorecard=rules)
    assert scored["score"].tolist() == [20, 10]


@pytest.mark.parametrize("kind", ["Float32", "float32", "float16", "category"])
def test_short_floats_of_any_column_are_the_level_for_scores_and_for_evidence(kind):
    levels = tuple(Level(p, Label(f"l{p}", f"级{p}"), knocks_out=p == 0.1) for p in (0.1, 0.3))
    plain = (Level(0, Label("no", "否")), Level(1, Label("yes", "是")))
    rules = Scorecard(
        Label("short", "短"),
        (Criterion("p", Label("p", "甲"), levels, 1.0, "test"), Criterion("q", Label("q", "乙"), plain, 1.0, "test")),
        SCREENING_BANDS,
        "test",
    )
    wide = pd.DataFrame(
        {"p": [0.1, 0.3] * 10, "q": [1.0, 0.0, 0.0, 1.0] * 5, "outcome": ["won", "lost", "lost"] * 6 + ["won"] * 2}
    )
    short = wide["p"].astype("float32").astype("category") if kind == "category" else wide["p"].astype(kind)
    frame = wide.assign(p=short)
    added = ["total", "score", "band", "rank", "knocked_out"]
    pd.testing.assert_frame_equal(
        score_prospects(frame, scorecard=rules)[added], score_prospects(wide, scorecard=rules)[added]
    )
    found, exact = (scorecard_evidence(given, scorecard=rules, seed=1) for given in (frame, wide))
    pd.testing.assert_frame_equal(found.levels, exact.levels)
    assert found.summary["n_knocked_out"].item() == 10


def test_equal_totals_share_a_rank_wherever_they_lie():
    # The highest total is 8192 tenths: a grid of so many steps would put 0.7 and 0.1 + 0.6 on either side of a half.
    ends = ((0, 5192, 0.1), (0, 1000, 0.3))
    criteria = tuple(
        Criterion(
            name, Label(name, name), (Level(low, Label("l", "低")), Level(high, Label("h", "高"))), weight, "test"
        )
        for name, (low, high, weight) in zip("xy", ends, strict=True)
    )
    rules = Scorecard(Label("fine", "细"), criteria, SCREENING_BANDS, "test")
    frame = pd.DataFrame([(x, y) for x in range(0, 60) for y in range(0, 20)], columns=["x", "y"])
    scored = score_prospects(frame, scorecard=rules)
    tenths = frame["x"] + 3 * frame["y"]
    assert (scored["rank"] == tenths.rank(method="min", ascending=False)).all()


def test_questions_of_equal_width_are_asked_in_the_cards_order():
    ends = (("x", 1, 0.3), ("y", 3, 0.1), ("z", 4, 0.2))  # 0.3 × 1 and 0.1 × 3 are not the same float
    criteria = tuple(
        Criterion(name, Label(name, name), (Level(0, Label("l", "低")), Level(high, Label("h", "高"))), weight, "test")
        for name, high, weight in ends
    )
    rules = Scorecard(Label("even", "平"), criteria, SCREENING_BANDS, "test")
    frame = pd.DataFrame({"x": [np.nan], "y": [np.nan], "z": [1.0]})
    assert score_prospects(frame, scorecard=rules)["next_question"].tolist() == ["x"]
