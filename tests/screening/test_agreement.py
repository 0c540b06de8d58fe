"""Agreement of raters: a published worked example, a naive loop, and honest words where there is little to go by."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.kernels.agreement import krippendorff_alpha, resampled_alphas
from custvalue.rules import Criterion, Label, Scorecard
from custvalue.rules.agreement import KRIPPENDORFF_LIMITS, AgreementLimits
from custvalue.screening.agreement import rater_agreement

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve units, 0 missing.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)
ANSWERS = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}
VALUES = np.arange(1.0, 6.0)
COUNTS = np.stack([(value == PUBLISHED).sum(axis=0) for value in VALUES], axis=1).astype(float)

CARD = Scorecard(
    Label("test", "测试"),
    (
        Criterion("fit", Label("fit", "契合"), (), 1.0, "test"),
        Criterion("need", Label("need", "需求"), (), 2.0, "test"),
    ),
    playbook.SCREENING_BANDS,
    "test",
    None,
)


def long(table, criterion="fit"):
    """Return a rater × prospect table (0 missing) as ratings in long form."""
    rater, prospect = np.nonzero(table)
    names = pd.DataFrame({"prospect": prospect, "rater": rater}).map("p{:02}".format)
    return names.assign(criterion=criterion, points=table[rater, prospect].astype(float))


def ratings_of(pairs, criterion="fit"):
    """Return ratings by two raters, one pair of points for each prospect."""
    return long(np.array(pairs, dtype=float).T + 1, criterion)


@pytest.mark.parametrize(("metric", "alpha"), ANSWERS.items())
def test_alpha_is_that_of_the_published_worked_example(metric, alpha):
    assert krippendorff_alpha(COUNTS, VALUES, metric) == pytest.approx(alpha, abs=0.0005)


def test_the_public_function_gives_the_published_ordinal_alpha():
    result = rater_agreement(long(PUBLISHED), scorecard=CARD, seed=1)
    row = result.criteria.iloc[0]
    assert row["alpha"] == pytest.approx(0.815, abs=0.0005)
    # Of the twelve units the last has one rating only: 40 of 41 ratings pair (both as printed in the source).
    assert row[["n_prospects", "n_raters", "n_ratings", "n_single"]].tolist() == [11, 4, 40, 1]


def naive_alpha(units, metric):
    """Return alpha from its definition: every ordered pair in every unit, and every ordered pair of all values."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]

    def apart(one, other):
        if metric == "interval":
            return (one - other) ** 2
        low, high = min(one, other), max(one, other)
        between = sum(low <= value <= high for value in values)
        return (between - (values.count(one) + values.count(other)) / 2) ** 2 if one != other else 0.0

    seen = sum(apart(*pair) / (len(unit) - 1) for unit in units for pair in permutations(unit, 2)) / len(values)
    chance = sum(apart(*pair) for pair in permutations(values, 2)) / (len(values) * (len(values) - 1))
    return 1 - seen / chance


@pytest.mark.parametrize("metric", ["ordinal", "interval"])
def test_resampled_alphas_equal_a_naive_loop_over_the_units_drawn(metric):
    rng = np.random.default_rng(3)
    units = [rng.integers(0, 4, rng.integers(1, 5)).astype(float).tolist() for _ in range(15)]
    counts = np.array([[unit.count(value) for value in range(4)] for unit in units], dtype=float)
    times = rng.multinomial(15, [1 / 15] * 15, size=5)
    drawn = [[unit for unit, n in zip(units, row, strict=True) for _ in range(n)] for row in times]
    expected = [naive_alpha(some, metric) for some in drawn]
    assert resampled_alphas(counts, times.astype(float), np.arange(4.0), metric) == pytest.approx(expected)


def test_the_interval_is_the_percentiles_of_the_draws_of_prospects():
    rng = np.random.default_rng(5)
    true = rng.integers(0, 3, 24)
    pairs = np.stack([true, np.clip(true + rng.integers(-1, 2, 24), 0, 2)], axis=1)
    row = rater_agreement(ratings_of(pairs), scorecard=CARD, seed=1, draws=4000).criteria.iloc[0]
    units = pairs.tolist()
    alphas = [naive_alpha([units[k] for k in rng.integers(0, 24, 24)], "ordinal") for _ in range(200)]
    spread = np.std(alphas)
    # 200 draws of the naive loop place a 2.5 % quantile within about a fifth of a standard deviation.
    assert [row["low"], row["high"]] == pytest.approx(np.quantile(alphas, [0.025, 0.975]), abs=0.5 * spread)


def test_the_interval_covers_the_alpha_of_the_population_about_as_often_as_it_says():
    # Two raters agree with chance .8, otherwise each points at random: so does the true nominal = ordinal alpha, 0.8.
    covered = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        first = rng.integers(0, 2, 80)
        second = np.where(rng.random(80) < 0.8, first, rng.integers(0, 2, 80))
        row = rater_agreement(ratings_of(np.stack([first, second], 1)), scorecard=CARD, seed=seed, draws=400).criteria
        covered += row["low"].iloc[0] <= 0.8 <= row["high"].iloc[0]
    assert 0.88 <= covered / 120 <= 0.99


def test_ratings_in_perfect_agreement_get_an_honest_lower_end_and_not_1_to_1():
    pairs = [[0, 0], [1, 1]] * 10
    row = rater_agreement(ratings_of(pairs), scorecard=CARD, seed=1).criteria.iloc[0]
    # Exact bound on the share of disagreeing prospects, none of 20 seen: 1 - .025^(1/20) = .16843. Two of the 40 points
    # differ with chance 2 * 20 * 20 / (40 * 39) = .51282. So 1 - .16843 / .51282 = .6716.
    assert (row["alpha"], row["high"]) == (1.0, 1.0)
    assert row["low"] == pytest.approx(0.6716, abs=0.0005)
    assert row["note"] == "no disagreement seen"


@pytest.mark.parametrize(
    ("pairs", "note"),
    [
        ([[1, 1]] * 20, "all points are the same"),
        ([[0, 0], [1, 1], [2, 1]] * 3, "too few prospects rated twice"),
    ],
)
def test_where_alpha_or_its_interval_cannot_be_had_the_note_says_why(pairs, note):
    row = rater_agreement(ratings_of(pairs), scorecard=CARD, seed=1).criteria.iloc[0]
    assert row["note"] == note
    assert pd.isna(row["low"])
    assert pd.isna(row["verdict"])


def test_ten_prospects_rated_twice_are_enough_for_an_interval_and_nine_are_not():
    pairs = [[0, 0], [1, 1], [2, 1], [0, 1], [2, 2]] * 2
    assert rater_agreement(ratings_of(pairs), scorecard=CARD, seed=1).criteria["low"].notna()[0]
    assert rater_agreement(ratings_of(pairs[:9]), scorecard=CARD, seed=1).criteria["low"].isna()[0]


@pytest.mark.parametrize(
    ("tentative", "reliable", "verdict"),
    [(-1, -1, "reliable"), (-1, 1, "tentative"), ("alpha", 1, "unclear"), (1, 1, "needs_work")],
)
def test_the_verdict_hangs_on_which_side_of_the_limits_the_whole_interval_lies(tentative, reliable, verdict):
    pairs = [[0, 0], [1, 1], [2, 1], [0, 1], [2, 2], [0, 2]] * 10
    alpha = rater_agreement(ratings_of(pairs), scorecard=CARD, seed=1).criteria["alpha"][0]
    limits = AgreementLimits(alpha if tentative == "alpha" else tentative, reliable, 10, "test")
    result = rater_agreement(ratings_of(pairs), scorecard=CARD, limits=limits, seed=1)
    assert result.criteria["verdict"][0] == verdict
    assert list(result.criteria["verdict"].cat.categories) == ["needs_work", "unclear", "tentative", "reliable"]


def test_a_verdict_at_a_limit_does_not_hang_on_the_seed_and_says_so():
    # On the sample's budget the upper end of 2000 draws falls now below 0.667, now above it.
    found = [rater_agreement(cv.load_ratings(), seed=seed).criteria.set_index("criterion") for seed in range(6)]
    budget = pd.DataFrame([one.loc["budget"] for one in found])
    below = budget["high"] < KRIPPENDORFF_LIMITS.tentative
    assert 0 < below.sum() < len(found)
    assert set(budget["verdict"]) == {"unclear"}
    assert (budget["note"] == "a limit lies within the error of the draws").tolist() == below.tolist()
    assert all((one["verdict"] == found[0]["verdict"]).all() for one in found)


@pytest.mark.parametrize("draws", [100, 400])
def test_an_end_must_clear_a_limit_by_two_standard_errors_of_its_draws(draws):
    pairs = [[0, 0], [1, 1], [2, 1], [0, 1], [2, 2], [0, 2]] * 10
    many = [
        rater_agreement(ratings_of(pairs), scorecard=CARD, seed=seed, draws=draws).criteria["high"][0]
        for seed in range(60)
    ]
    found = rater_agreement(ratings_of(pairs), scorecard=CARD, seed=1, draws=draws).criteria["high"][0]
    near, far = (replace(KRIPPENDORFF_LIMITS, tentative=found + k * np.std(many), reliable=1.0) for k in (0.5, 6.0))
    verdicts = [
        rater_agreement(ratings_of(pairs), scorecard=CARD, limits=limits, seed=1, draws=draws).criteria["verdict"][0]
        for limits in (near, far)
    ]
    assert verdicts == ["unclear", "needs_work"]


def test_the_limits_are_krippendorffs():
    assert (KRIPPENDORFF_LIMITS.tentative, KRIPPENDORFF_LIMITS.reliable) == (0.667, 0.8)


def test_the_pair_of_raters_behind_the_disagreement_comes_first():
    # c stands alone: a and b agree on all four prospects, and each differs from c on two.
    table = np.array([[1, 2, 3, 1], [1, 2, 3, 1], [2, 2, 3, 2]])
    pairs = rater_agreement(long(table), scorecard=CARD, seed=1).pairs
    assert pairs[["rater", "other_rater"]].agg("-".join, axis=1).tolist() == ["p00-p02", "p01-p02", "p00-p01"]
    assert pairs["share_equal"].tolist() == [0.5, 0.5, 1.0]
    assert pairs["mean_difference"].tolist() == [-0.5, -0.5, 0.0]  # 1 and 1 given where c gave 2, over four prospects
    assert pairs["share_of_disagreement"].tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert pairs["share_of_comparisons"].tolist() == pytest.approx([1 / 3] * 3)


def test_the_score_row_compares_the_weighted_totals_of_raters_who_answered_everything():
    fit, need = [[0, 1], [2, 2], [1, 1], [3, 0]], [[1, 1], [0, 2], [2, 2], [1, 1]]
    both = pd.concat([ratings_of(fit), ratings_of(need, "need")], ignore_index=True)
    shift = 3.0  # ratings_of adds one point to everything: fit + 2 need is 3 higher, which no difference feels
    units = [[f1 + 2 * n1 + shift, f2 + 2 * n2 + shift] for (f1, f2), (n1, n2) in zip(fit, need, strict=True)]
    summary = rater_agreement(both, scorecard=CARD, seed=1).summary.set_index("measure")
    assert summary.loc["score", "alpha"] == pytest.approx(naive_alpha(units, "interval"))
    holes = both.assign(points=both["points"].mask((both["criterion"] == "need") & (both["prospect"] == "p00")))
    fewer = rater_agreement(holes, scorecard=CARD, seed=1).summary.set_index("measure")
    assert fewer.loc["score", "alpha"] == pytest.approx(naive_alpha(units[1:], "interval"))


def test_the_points_row_pools_prospect_and_criterion():
    fit, need = [[0, 1], [2, 2], [1, 1]], [[1, 1], [0, 2], [2, 2]]
    both = pd.concat([ratings_of(fit), ratings_of(need, "need")], ignore_index=True)
    summary = rater_agreement(both, scorecard=CARD, seed=1).summary
    assert summary["alpha"][0] == pytest.approx(naive_alpha(fit + need, "ordinal"))


def test_missing_points_are_left_out_and_counted():
    ratings = cv.load_ratings()
    holes = ratings.assign(points=ratings["points"].astype("Int64").mask(ratings.index % 7 == 0))
    dropped = ratings[ratings.index % 7 != 0]
    with_holes, without = (rater_agreement(frame, seed=2) for frame in (holes, dropped))
    assert with_holes.criteria["alpha"].tolist() == without.criteria["alpha"].tolist()
    assert with_holes.summary["n_missing"].tolist()[0] == (ratings.index % 7 == 0).sum()


def test_rows_in_another_order_and_other_frame_types_change_nothing():
    ratings = cv.load_ratings()
    plain = rater_agreement(ratings, seed=2).criteria
    shuffled = rater_agreement(ratings.sample(frac=1, random_state=1), seed=2).criteria
    assert shuffled["alpha"].tolist() == pytest.approx(plain["alpha"].tolist())
    pd.testing.assert_frame_equal(rater_agreement(pl.from_pandas(ratings), seed=2).criteria, plain)
    categories = ratings.astype({"prospect": "category", "rater": "category", "criterion": "category"})
    pd.testing.assert_frame_equal(rater_agreement(categories, seed=2).criteria, plain)


def test_points_may_be_level_texts_in_either_language():
    ratings = cv.load_ratings()
    texts = {(c.name, level.points): level.label for c in playbook.SCREENING.criteria for level in c.levels}
    keys = zip(ratings["criterion"], ratings["points"], strict=True)
    told = [texts[key].en if place % 2 else texts[key].zh for place, key in enumerate(keys)]
    expected = rater_agreement(ratings, seed=2).criteria
    pd.testing.assert_frame_equal(rater_agreement(ratings.assign(points=told), seed=2).criteria, expected)


def test_the_same_seed_gives_the_same_answer_and_the_frame_is_not_changed():
    ratings = cv.load_ratings()
    before = ratings.copy()
    pd.testing.assert_frame_equal(rater_agreement(ratings, seed=4).criteria, rater_agreement(ratings, seed=4).criteria)
    pd.testing.assert_frame_equal(ratings, before)


@pytest.mark.parametrize("n", [0, 1])
def test_too_little_to_compare_gives_the_same_columns(n):
    ratings = cv.load_ratings()
    whole, little = rater_agreement(ratings, seed=1), rater_agreement(ratings.head(n), seed=1)
    for part in ("summary", "criteria", "pairs"):
        pd.testing.assert_series_equal(getattr(little, part).dtypes, getattr(whole, part).dtypes)
    assert little.criteria["note"].unique().tolist() == ["nothing rated twice"]
    assert len(little.pairs) == 0


def test_all_that_is_wrong_is_said_at_once():
    ratings = cv.load_ratings().head(24)
    bad = pd.concat([ratings, ratings.iloc[[3]]], ignore_index=True)
    bad.loc[0, "criterion"] = "company_typ"
    bad.loc[1, "points"] = 7
    bad.loc[2, "rater"] = None
    with pytest.raises(ValueError, match="4 problems") as refused:
        rater_agreement(bad, seed=1)
    text = str(refused.value)
    assert "Did you mean 'company_type'?" in text
    assert "criterion 'industry_position': points must be 2 or less: got 7 (column 'points', row 1)" in text
    assert "rater must not be missing" in text
    assert "rates a criterion of a prospect once" in text


def test_a_rating_given_twice_is_named_by_prospect_and_criterion_with_both_rows():
    ratings = cv.load_ratings()
    ratings = pd.concat([ratings, ratings.iloc[[7]]]).set_axis([f"r{k}" for k in range(len(ratings) + 1)])
    prospect, rater, criterion = ratings.iloc[7][["prospect", "rater", "criterion"]]
    with pytest.raises(ValueError, match="rates a criterion of a prospect once") as refused:
        rater_agreement(ratings, seed=1)
    assert f"got {rater!r} (column 'rater', row 'r{len(ratings) - 1}')" in str(refused.value)
    assert f"prospect {prospect}, criterion {criterion} stands in row r7 already" in str(refused.value)


def test_a_criterion_off_the_scorecard_is_one_problem_however_many_rows_it_has():
    with pytest.raises(ValueError, match="a rated criterion must stand on the scorecard") as refused:
        rater_agreement(cv.load_ratings().assign(criterion="wealth"), seed=1)
    assert "once" not in str(refused.value)


def test_points_under_another_name_are_named_so():
    ratings = cv.load_ratings().rename(columns={"points": "given"})
    ratings.loc[0, "given"] = -1
    with pytest.raises(ValueError, match=r"given must be 0 or more: got -1 \(column 'given', row 0\)"):
        rater_agreement(ratings, points="given", seed=1)


def test_without_two_whole_totals_the_score_says_so_and_not_that_nothing_was_rated_twice():
    both = pd.concat([ratings_of([[0, 1], [2, 2]]), ratings_of([[1, 1], [0, 2]], "need")], ignore_index=True)

    def notes(ratings):
        return rater_agreement(ratings, scorecard=CARD, seed=1).summary["note"].tolist()

    assert notes(both[both["criterion"] == "fit"])[1] == "no rater answered every criterion that weighs"
    one_rater_whole = both[(both["criterion"] == "fit") | (both["rater"] == "p00")]
    assert notes(one_rater_whole)[1] == "no prospect has two raters who answered every criterion that weighs"
    assert notes(both[both["rater"] == "p00"]) == ["nothing rated twice"] * 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": 95}, "level must lie between 0 and 1: got 95"),
        *(({"draws": n}, "draws must be a whole number of 100 or more: got") for n in (10, 99, 100.0, True, "100")),
        *(({"draws": n}, "draws must be 1,000,000 or less: got 1,000,0") for n in (1_000_001, 10**12)),
        ({"limits": 0.8}, "limits must be an AgreementLimits"),
        ({"scorecard": "card"}, "scorecard must be a Scorecard"),
        ({"rater": "judge"}, "column 'judge' is needed"),
        *(({"seed": seed}, f"seed must be a whole number of 0 or more: got {seed!r}") for seed in (None, -1, 1.5, "1")),
    ],
)
def test_settings_outside_their_rule_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        rater_agreement(cv.load_ratings(), **{"seed": 1, **changes})


def test_limits_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="tentative ≤ reliable"):
        replace(KRIPPENDORFF_LIMITS, tentative=0.9)


@pytest.mark.parametrize("column", ["prospect", "rater", "criterion"])
def test_names_that_are_lists_are_refused_in_words(column):
    ratings = cv.load_ratings().head(20)
    with pytest.raises(ValueError, match=f"{column} must be a name: got lists or the like"):
        rater_agreement(ratings.assign(**{column: [["x"]] * 20}), seed=1)
