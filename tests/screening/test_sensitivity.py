"""How bands and ranks fare under drawn weights, and the smallest change that moves a prospect: beside naive loops."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from custvalue import load_exercise, playbook, score_prospects
from custvalue.kernels import weight_draws
from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.rules.playbook import SCREENING_BANDS
from custvalue.rules.weights import WEIGHT_CERTAINTIES
from custvalue.screening.sensitivity import ScoreSensitivity, score_sensitivity

CARD = playbook.SCREENING
NAMES = list(CARD.names)
BANDS = ("shelve", "invest", "key")


def answers(n, seed=5):
    return pd.DataFrame(np.random.default_rng(seed).integers(0, 3, (n, 6)).astype(float), columns=NAMES)


def averages(n, seed=6):
    return pd.DataFrame(np.random.default_rng(seed).integers(0, 21, (n, 6)) / 10, columns=NAMES)


def with_weights(card, weights):
    pairs = zip(card.criteria, weights, strict=True)
    return replace(card, criteria=tuple(replace(c, weight=float(w)) for c, w in pairs))


def card_of(weights, tops, **changes):
    """Return a card of criteria with levels 0 … top."""
    criteria = tuple(
        Criterion(
            f"c{j}",
            Label(f"c{j}", f"丙{j}"),
            tuple(Level(p, Label(f"l{p}", f"第{p}")) for p in range(top + 1)),
            w,
            "test",
        )
        for j, (w, top) in enumerate(zip(weights, tops, strict=True))
    )
    return Scorecard(Label("test", "测试"), criteria, SCREENING_BANDS, "test", **changes)


def drawn(weights, concentration, draws, seed):
    """Return the drawn weights: Dirichlet with the given weights' shares as means, times the total weight."""
    weights = np.array(weights)
    return np.random.default_rng(seed).dirichlet(concentration * weights / weights.sum(), size=draws) * weights.sum()


def by_loop(frame, card, weights, k):
    """Score draw by draw with score_prospects; count bands, and sort each prospect's ranks."""
    results = [score_prospects(frame, scorecard=with_weights(card, row)) for row in weights]
    shares = {band: np.mean([(r["band"] == band).to_numpy() for r in results], axis=0) for band in BANDS}
    ranks = np.sort([r["rank"].to_numpy(float) for r in results], axis=0)
    outside = int(0.05 * len(results))  # at most so many draws on either side
    return shares, ranks[outside], ranks[-1 - outside], (ranks <= k).mean(axis=0)


@pytest.mark.parametrize("make", [answers, averages])
@pytest.mark.parametrize("draws", [1, 19, 20, 60])
def test_shares_and_rank_intervals_equal_a_loop_over_the_draws(make, draws):
    frame = make(30)
    found = score_sensitivity(frame, concentration=20.0, draws=draws, k=4, seed=3).prospects
    shares, low, high, top = by_loop(frame, CARD, drawn([2, 3, 2, 1, 1, 1], 20.0, draws, 3), 4)
    for band in BANDS:
        np.testing.assert_allclose(found[f"band_share_of_weight_draws_{band}"], shares[band], atol=1e-12)
    assert found["rank_low"].tolist() == low.tolist()
    assert found["rank_high"].tolist() == high.tolist()
    np.testing.assert_allclose(found["top_4_share_of_weight_draws"], top, atol=1e-12)


def test_raw_totals_are_drawn_with_the_total_weight_kept():
    frame = load_exercise()
    found = score_sensitivity(frame, scorecard=playbook.EXERCISE, concentration=30.0, draws=50, seed=8).prospects
    shares, low, high, top = by_loop(frame, playbook.EXERCISE, drawn([1.0] * 10, 30.0, 50, 8), 5)
    np.testing.assert_allclose(found["band_share_of_weight_draws_key"], shares["key"], atol=1e-12)
    assert found["rank_low"].tolist() == low.tolist()
    assert found["rank_high"].tolist() == high.tolist()
    np.testing.assert_allclose(found["top_5_share_of_weight_draws"], top, atol=1e-12)


def test_the_size_of_the_steps_changes_nothing(monkeypatch):
    frame = averages(80)
    whole = score_sensitivity(frame, draws=300, seed=1).prospects
    monkeypatch.setattr(weight_draws, "SCORES_AT_ONCE", 80 * 7)  # 43 steps of 7 draws, the last of 6
    monkeypatch.setattr(weight_draws, "RANKS_KEPT", 1)  # no more ranks than can still be outermost
    pd.testing.assert_frame_equal(score_sensitivity(frame, draws=300, seed=1).prospects, whole)


def test_kept_ranks_take_no_more_room_than_stated(monkeypatch):
    shapes = []
    keep = weight_draws._outermost
    monkeypatch.setattr(weight_draws, "SCORES_AT_ONCE", 500)
    monkeypatch.setattr(weight_draws, "RANKS_KEPT", 50 * 60)
    monkeypatch.setattr(
        weight_draws, "_outermost", lambda kept, *rest: (shapes.append(kept.shape), keep(kept, *rest))[1]
    )
    score_sensitivity(averages(50), draws=400, seed=1)
    # 400 draws: 21 lowest, 21 highest and a step of 10 draws; room for 60.
    assert set(shapes) == {(50, 60)}


def test_shares_of_the_bands_add_up_to_one_and_the_given_rank_lies_between_extreme_draws():
    found = score_sensitivity(answers(40), concentration="not sure", draws=200, seed=2).prospects
    sums = found[[f"band_share_of_weight_draws_{band}" for band in BANDS]].sum(axis=1)
    np.testing.assert_allclose(sums, 1.0)
    assert (found["rank_low"] <= found["rank_high"]).all()
    assert (found["rank_low"] < found["rank_high"]).any()


def test_a_prospect_better_on_every_criterion_ranks_first_in_every_draw():
    frame = pd.DataFrame([[1] * 6, [2] * 6, [0] * 6], columns=NAMES)
    found = score_sensitivity(frame, concentration="not sure", draws=100, k=1, seed=2).prospects
    assert found["rank_low"].tolist() == found["rank_high"].tolist() == [2, 1, 3]
    assert found["top_1_share_of_weight_draws"].tolist() == [0, 1, 0]
    # All points equal: every scorecard of any weights gives 10, 20 and 0 of 20.
    assert found["band_share_of_weight_draws_invest"].tolist() == [1, 0, 0]


def test_equal_prospects_share_every_rank():
    frame = pd.DataFrame([[2, 0, 1, 2, 0, 1]] * 3 + [[0] * 6], columns=NAMES)
    found = score_sensitivity(frame, concentration="not sure", draws=50, seed=2).prospects
    assert found["rank_low"].tolist() == [1, 1, 1, 4]
    assert found["rank_high"].tolist() == [1, 1, 1, 4]


def test_the_surer_the_weights_the_narrower_the_intervals():
    def width(word):
        found = score_sensitivity(answers(60), concentration=word, draws=400, seed=4)
        ranks = found.prospects
        return (ranks["rank_high"] - ranks["rank_low"]).mean(), (
            found.weights["weight_high"] - found.weights["weight_low"]
        ).mean()

    very, fairly, hardly = (width(word) for word in ("very sure", "fairly sure", "not sure"))
    assert very < fairly < hardly
    assert very[1] < fairly[1] < hardly[1]


def test_the_words_mean_what_the_docstring_says_of_a_fifth_of_the_weight():
    # company_type carries 2 of 10. Two draws of three are the middle 68 % of Beta(0.2 c, 0.8 c).
    said = {"very sure": (0.17, 0.23), "fairly sure": (0.14, 0.26), "not sure": (0.08, 0.32)}
    for sure in WEIGHT_CERTAINTIES:
        low, high = beta(0.2 * sure.concentration, 0.8 * sure.concentration).ppf([0.16, 0.84])
        assert (low, high) == pytest.approx(said[sure.label.en], abs=0.006)


def test_words_in_either_language_and_their_numbers_give_the_same():
    frame = answers(10)
    fairly = score_sensitivity(frame, concentration="fairly sure", draws=20, seed=1).prospects
    pd.testing.assert_frame_equal(
        fairly, score_sensitivity(frame, concentration="较有把握", draws=20, seed=1).prospects
    )
    pd.testing.assert_frame_equal(fairly, score_sensitivity(frame, concentration=50, draws=20, seed=1).prospects)


def test_the_drawn_weights_have_the_given_ones_as_mean_and_the_stated_spread():
    weights = score_sensitivity(answers(2), concentration=50.0, draws=20_000, seed=9).weights
    assert weights["criterion"].tolist() == NAMES
    assert weights["share_of_weight"].tolist() == [0.2, 0.3, 0.2, 0.1, 0.1, 0.1]
    # A share of 0.2 at concentration 50 is Beta(10, 40): its 5 % and 95 % points are 0.1158 and 0.2996 (scipy.stats).
    assert weights["weight_low"].iloc[0] == pytest.approx(10 * 0.1158, rel=0.02)
    assert weights["weight_high"].iloc[0] == pytest.approx(10 * 0.2996, rel=0.02)


def test_prospects_with_missing_answers_are_left_out_and_count_for_nobodys_rank():
    frame = answers(12)
    gaps = frame.copy()
    gaps.loc[[2, 7], "need"] = None
    with_gaps = score_sensitivity(gaps, draws=40, seed=6).prospects
    without = score_sensitivity(frame.drop(index=[2, 7]), draws=40, seed=6).prospects
    new = [column for column in without if column not in NAMES]
    assert with_gaps.loc[[2, 7], new].isna().all(axis=None)
    pd.testing.assert_frame_equal(with_gaps.drop(index=[2, 7])[new], without[new])


def knock_out_card():
    budget = CARD.criteria[-1]
    levels = (replace(budget.levels[0], knocks_out=True), *budget.levels[1:])
    return replace(CARD, criteria=(*CARD.criteria[:-1], replace(budget, levels=levels)))


def test_a_knocked_out_prospect_is_shelved_in_every_draw_and_only_the_fatal_answer_moves_it():
    frame = pd.DataFrame([[2, 2, 2, 2, 2, 0], [2, 2, 2, 2, 2, 1], [2, 2, 2, 2, 2, None]], columns=NAMES)
    found = score_sensitivity(frame, scorecard=knock_out_card(), draws=10, seed=1).prospects
    assert found["band_share_of_weight_draws_shelve"].tolist()[:2] == [1, 0]
    assert found["top_5_share_of_weight_draws"].tolist()[:2] == [0, 1]
    assert found["rank_low"].isna().tolist() == [True, False, True]
    # 18 points and no budget: budget requested (1) is enough to be key. 19 points: losing it shelves at once.
    assert found["points_change_criterion"].tolist()[:2] == ["budget", "budget"]
    assert found["points_change_to"].tolist()[:2] == [1, 0]
    assert found["points_change_band"].tolist()[:2] == ["key", "shelve"]
    assert pd.isna(found["weight_change_criterion"].iloc[0])


def test_the_smallest_change_of_points_worked_by_hand():
    # Weights 2 3 2 1 1 1. Row 0: 2·1+3·2+2·2+1+1 = 14, invest: one point more on the company type makes 16, key; and it
    # is the card's first criterion. Row 1: 7 points: +1 on company type is 9, invest.
    # Row 2: 20 points: one point down is 17 at least; two on position make 14, invest.
    frame = pd.DataFrame([[1, 2, 2, 1, 1, 0], [1, 1, 0, 1, 1, 0], [2] * 6], columns=NAMES)
    found = score_sensitivity(frame, draws=5, seed=1).prospects
    assert found["total"].tolist() == [14, 7, 20]
    assert found["points_change_criterion"].tolist() == ["company_type", "company_type", "industry_position"]
    assert found["points_change_from"].tolist() == [1, 1, 2]
    assert found["points_change_to"].tolist() == [2, 2, 0]
    assert found["points_change_band"].tolist() == ["key", "invest", "invest"]
    assert not found["points_change_passes"].any()


def naive_points_change(row, card):
    """Try every level of every criterion; the shortest way to another band, more points first, in the card's order."""
    frame = pd.DataFrame([row], columns=card.names)
    now = score_prospects(frame, scorecard=card)["band"].iloc[0]
    best = None
    for criterion, have in zip(card.criteria, row, strict=True):
        for level in sorted(criterion.levels, key=lambda level: -level.points):
            then = score_prospects(frame.assign(**{criterion.name: level.points}), scorecard=card)["band"].iloc[0]
            apart = abs(Fraction(str(level.points)) - Fraction(str(have)))  # tenths as written: 1.2 − 1 is 0.2
            if then != now and (best is None or apart < best[0]):
                best = (apart, criterion.name, level.points, then)
    return best if best is None else best[1:]


@pytest.mark.parametrize(
    ("card", "make"),
    [(CARD, answers), (CARD, averages), (knock_out_card(), answers)],
    ids=["whole points", "averages of raters", "a knock-out"],
)
def test_the_smallest_change_of_points_equals_trying_every_level(card, make):
    frame = make(40)
    found = score_sensitivity(frame, scorecard=card, draws=2, seed=1).prospects
    for row, criterion, to, band in zip(
        frame.to_numpy(),
        found["points_change_criterion"].astype(object),
        found["points_change_to"],
        found["points_change_band"].astype(object),
        strict=True,
    ):
        assert (None if pd.isna(criterion) else (criterion, to, band)) == naive_points_change(row, card)


def test_bare_points_move_to_the_cut_and_past_it_where_the_present_band_owns_it():
    found = score_sensitivity(load_exercise(), scorecard=playbook.EXERCISE, draws=2, seed=1).prospects
    rows = found.set_index("prospect")
    # 13: one point more reaches 14, which invest owns, so it must be passed. 5: three more reach 8, which invest owns.
    # 15: one point less reaches 14, which invest owns. 14: key begins just above. 19 falls by 5 to 14: only c6 has … 3
    # points there, so no single criterion can.
    assert rows.loc["ABC公司", ["points_change_to", "points_change_passes", "points_change_band"]].tolist() == [
        2.0, True, "key",
    ]  # fmt: skip
    assert rows.loc["巨人塑料", ["points_change_to", "points_change_passes", "points_change_band"]].tolist() == [
        3.0, False, "invest",
    ]  # fmt: skip
    assert rows.loc["清水公司", ["points_change_to", "points_change_passes", "points_change_band"]].tolist() == [
        0.0, False, "invest",
    ]  # fmt: skip
    assert rows.loc["好佳包装", ["points_change_from", "points_change_to", "points_change_passes"]].tolist() == [
        2.0, 2.0, True,
    ]  # fmt: skip
    assert pd.isna(rows.loc["超级部件", "points_change_criterion"])


def test_the_smallest_change_of_a_weight_worked_by_hand():
    # Two criteria of weight 1, points up to 2; answers 2 and 1. Score 20 (w·2 + 1) ÷ (2w + 2) = 15: key.
    # 14 is reached at 40w + 20 = 28w + 28, w = 2/3 (−1/3); by the other weight at 20 (2 + v) ÷ (2 + 2v) = 14:
    # 40 + 20v = 28 + 28v, v = 1.5 (+1/2). The former is smaller; 14 belongs to invest, so reaching it is enough.
    found = score_sensitivity(
        pd.DataFrame({"c0": [2.0], "c1": [1.0]}), scorecard=card_of([1.0, 1.0], [2, 2]), draws=2, seed=1
    )
    row = found.prospects.iloc[0]
    assert row["weight_change_criterion"] == "c0"
    assert row["weight_change_to"] == pytest.approx(2 / 3, rel=1e-12)
    assert row["weight_change_relative"] == pytest.approx(-1 / 3, rel=1e-12)
    assert (row["weight_change_direction"], row["weight_change_band"], row["weight_change_passes"]) == (
        "lower", "invest", False,
    )  # fmt: skip


def test_a_prospect_on_a_cut_leaves_by_any_change_in_the_right_direction():
    # Points 2, 1 and 1 of 2, weights 2, 1, 2: 20 · (4+1+2) ÷ 10 = 14, owned by invest. Raising w0 lifts it at once.
    frame = pd.DataFrame({"c0": [2.0], "c1": [1.0], "c2": [1.0]})
    row = score_sensitivity(frame, scorecard=card_of([2.0, 1.0, 2.0], [2, 2, 2]), draws=2, seed=1).prospects.iloc[0]
    assert (row["weight_change_criterion"], row["weight_change_to"], row["weight_change_relative"]) == ("c0", 2, 0)
    assert (row["weight_change_direction"], row["weight_change_passes"], row["weight_change_band"]) == (
        "raise", True, "key",
    )  # fmt: skip


def test_where_all_points_are_the_same_part_of_the_most_no_weight_moves_anything():
    frame = pd.DataFrame([[1] * 6, [2] * 6, [0] * 6], columns=NAMES)
    found = score_sensitivity(frame, draws=2, seed=1).prospects
    assert found["weight_change_criterion"].isna().all()
    assert found["weight_change_relative"].isna().all()


def band_at(row, weights, tops, scale):
    """Band one prospect by the lecture's cuts, in plain arithmetic; values within 1e-9 of a cut stand on it."""
    total = sum(w * p for w, p in zip(weights, row, strict=True))
    highest = sum(w * top for w, top in zip(weights, tops, strict=True))
    score = total if scale is None else total * scale / highest
    return "shelve" if score < 8 - 1e-9 else "invest" if score <= 14 + 1e-9 else "key"


def check_weight_change(row, found, weights, tops, scale):
    """Hold one row to its claim: the change moves it, and no smaller relative change of any weight does."""

    def band(place, weight):
        return band_at(row, [*weights[:place], weight, *weights[place + 1 :]], tops, scale)

    now = band(0, weights[0])
    none = pd.isna(found["weight_change_criterion"])
    reach = 1000.0 if none else abs(found["weight_change_relative"])
    for place, weight in enumerate(weights):
        for part in np.linspace(-min(reach, 1.0), reach, 2001) * (1 - 1e-6):
            assert weight == 0 or band(place, weight * (1 + part)) == now, (place, part)
    if none:
        return
    place = int(found["weight_change_criterion"][1:])
    to, up = found["weight_change_to"], found["weight_change_direction"] == "raise"
    assert found["weight_change_from"] == weights[place]
    assert found["weight_change_relative"] == pytest.approx(to / weights[place] - 1, abs=1e-12)
    assert found["weight_change_band"] != now
    if found["weight_change_passes"]:
        assert band(place, to) == now
        assert band(place, to * (1 + (1e-6 if up else -1e-6))) == found["weight_change_band"]
    else:
        assert band(place, to) == found["weight_change_band"]


@pytest.mark.parametrize(
    ("weights", "tops", "scale"),
    [
        ([2.0, 3.0, 2.0, 1.0], [2, 2, 2, 2], 20.0),
        ([1.0, 0.5, 0.0, 4.0], [2, 4, 2, 1], 20.0),
        ([3.0, 2.0, 1.5, 1.0], [2, 2, 4, 3], None),
    ],
    ids=["as the lecture", "another highest total and a weight of 0", "raw"],
)
def test_the_smallest_change_of_a_weight_moves_the_prospect_and_no_smaller_one_does(weights, tops, scale):
    card = card_of(weights, tops, scale=scale)
    draw = np.random.default_rng(11)
    rows = np.array([[draw.integers(0, 2 * top + 1) / 2 for top in tops] for _ in range(60)])
    found = score_sensitivity(pd.DataFrame(rows, columns=card.names), scorecard=card, draws=2, seed=1).prospects
    assert found["weight_change_passes"].eq(True).any()
    assert found["weight_change_passes"].eq(False).any()
    for row, claim in zip(rows, found.to_dict("records"), strict=True):
        check_weight_change(row, claim, weights, tops, scale)


def test_the_same_seed_gives_the_same_and_another_does_not():
    frame = answers(20)
    first = score_sensitivity(frame, concentration="not sure", draws=50, seed=1)
    pd.testing.assert_frame_equal(
        first.prospects, score_sensitivity(frame, concentration="not sure", draws=50, seed=1).prospects
    )
    assert not first.weights.equals(score_sensitivity(frame, concentration="not sure", draws=50, seed=2).weights)


def test_index_and_other_columns_are_kept_and_the_input_is_not_changed():
    frame = answers(3).set_axis([7, 7, 9]).assign(note=["x", "y", "z"])
    before = frame.copy(deep=True)
    found = score_sensitivity(frame, draws=5, seed=1)
    assert isinstance(found, ScoreSensitivity)
    assert found.prospects.index.tolist() == [7, 7, 9]
    assert found.prospects["note"].tolist() == ["x", "y", "z"]
    pd.testing.assert_frame_equal(frame, before)


def test_empty_and_wholly_missing_frames_give_results_of_the_same_columns_and_types():
    full = score_sensitivity(answers(3), draws=5, seed=1).prospects
    nothing = score_sensitivity(answers(3).iloc[:0], draws=5, seed=1).prospects
    unknown = score_sensitivity(answers(3) * np.nan, draws=5, seed=1).prospects
    pd.testing.assert_series_equal(nothing.dtypes, full.dtypes)
    pd.testing.assert_series_equal(unknown.dtypes, full.dtypes)
    assert len(nothing) == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"concentration": "quite sure"}, r"must be one of .*got 'quite sure'.*Did you mean 'not sure' or 'very sure'"),
        ({"concentration": 0}, r"concentration must be one of .* or a positive number: got 0"),
        ({"concentration": float("nan")}, "a positive number: got nan"),
        ({"draws": 0}, "draws must be a whole number of 1 or more: got 0"),
        ({"k": 2.5}, "k must be a whole number of 1 or more: got 2.5"),
        ({"seed": -1}, "seed must be a whole number of 0 or more: got -1"),
        ({"scorecard": CARD.bands}, "scorecard must be a Scorecard: got Bands"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        score_sensitivity(answers(2), **{"seed": 1, **wrong})


def test_answers_are_checked_as_for_scoring():
    with pytest.raises(ValueError, match=r"score_sensitivity: need must be 2 or less: got 3.0"):
        score_sensitivity(answers(2).assign(need=3.0), seed=1)


def test_a_prospect_that_may_be_knocked_out_is_left_out_and_counts_for_nobodys_rank():
    levels = tuple(Level(p, Label(f"l{p}", f"第{p}"), knocks_out=p == 0) for p in range(3))
    criteria = (*card_of((2, 1), (2, 2)).criteria, Criterion("k1", Label("k1", "丙九"), levels, 0.0, "test"))
    card = Scorecard(Label("test", "测试"), criteria, SCREENING_BANDS, "test")
    # Totals 6, 4 and 2. The best one may be knocked out, the last one is: of the other two the first has rank 1.
    frame = pd.DataFrame({"c0": [2, 2, 0, 2], "c1": [2, 0, 2, 2], "k1": [np.nan, 1, 2, 0]})
    found = score_sensitivity(frame, scorecard=card, seed=1, draws=200).prospects
    own = found.drop(columns=["c0", "c1", "k1"])
    assert own.iloc[0].isna().all()
    assert found["rank"].tolist()[1:3] == [1, 2]
    assert pd.isna(found["rank"][3])
    assert found["band"].tolist()[3] == "shelve"
    ranked = found[found["rank"].notna()]
    assert (ranked["rank_low"] <= ranked["rank"]).all()
    assert (ranked["rank"] <= ranked["rank_high"]).all()


def test_a_missing_answer_that_weighs_leaves_no_total_score_or_band_either():
    # Even with nothing on c1 the first prospect would be in the key band: 10 of 11 points, 18.2 of 20.
    frame = pd.DataFrame({"c0": [1, 0], "c1": [np.nan, 1]})
    found = score_sensitivity(frame, scorecard=card_of((10, 1), (1, 1)), seed=1, draws=50).prospects
    assert found.drop(columns=["c0", "c1"]).iloc[0].isna().all()
    assert found["rank"].tolist()[1] == 1


@pytest.mark.parametrize("draws", [1_000_001, 10**12])
def test_more_draws_than_can_be_had_are_refused(draws):
    with pytest.raises(ValueError, match=r"draws must be 1,000,000 or less"):
        score_sensitivity(answers(3), seed=1, draws=draws)


def test_of_equally_small_changes_of_a_weight_the_one_to_the_higher_band_is_told():
    # Raw total 5 + 6 = 11, three points from either cut: the second weight, 1, meets them at 1.5 and at 0.5.
    card = card_of((1, 1), (10, 10), scale=None)
    found = score_sensitivity(pd.DataFrame({"c0": [5.0], "c1": [6.0]}), scorecard=card, seed=1, draws=10).prospects
    parts = ("criterion", "to", "relative", "direction", "band")
    assert found[[f"weight_change_{part}" for part in parts]].iloc[0].tolist() == ["c1", 1.5, 0.5, "raise", "key"]


def test_equally_small_changes_go_to_the_first_criterion_in_spite_of_round_off():
    # Total 13 = 5 × 1 + 5 + 3 of a cut at 14: c0 from 5 to 6 and c1 from 1 to 1.2 are both 20 % up.
    heavy = card_of([5, 1, 1], [1, 5, 5], scale=None)
    by_weight = score_sensitivity(pd.DataFrame({"c0": [1], "c1": [5], "c2": [3]}), scorecard=heavy, seed=1).prospects
    assert by_weight["weight_change_relative"].iloc[0] == pytest.approx(0.2)
    assert by_weight["weight_change_criterion"].iloc[0] == "c0"
    # 0.2 − 0.1 and 0.3 − 0.2 are not the same float: 0.1 and 0.09999999999999998.
    tenths = tuple(Level(p, Label(f"l{p}", f"级{p}")) for p in (0.1, 0.2, 0.3))
    names = ("c0", "c1")
    light = Scorecard(
        Label("test", "测试"),
        tuple(Criterion(name, Label(name, name), tenths, 1.0, "test") for name in names),
        replace(SCREENING_BANDS, cuts=(0.45, 0.9)),
        "test",
        None,
    )
    by_points = score_sensitivity(pd.DataFrame({"c0": [0.2], "c1": [0.3]}), scorecard=light, seed=1).prospects
    assert by_points["points_change_criterion"].iloc[0] == "c0"


def test_a_prospect_knocked_out_is_not_said_to_be_saved_while_another_knock_out_is_unanswered():
    fatal = (Level(0, Label("out", "出局"), knocks_out=True), Level(1, Label("in", "在")))
    criteria = (
        Criterion("a", Label("a", "甲"), fatal, 1.0, "test"),
        Criterion("b", Label("b", "乙"), fatal, 0.0, "test"),
        Criterion("c", Label("c", "丙"), tuple(Level(p, Label(f"l{p}", f"级{p}")) for p in range(20)), 1.0, "test"),
    )
    rules = Scorecard(Label("test", "测试"), criteria, SCREENING_BANDS, "test")
    frame = pd.DataFrame({"a": [0, 0], "b": [np.nan, 1], "c": [19, 19]})
    found = score_sensitivity(frame, scorecard=rules, seed=1).prospects
    assert found["band"].tolist() == ["shelve", "shelve"]
    assert found["points_change_criterion"].isna().tolist() == [True, False]
