"""Weights learnt from outcomes: the right ones where there is enough to learn from, and none where there is not."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_expit
from sklearn.linear_model import LogisticRegression

import custvalue as cv
from custvalue import playbook
from custvalue.kernels import shuffled
from custvalue.kernels.nonnegative import logistic_lines, nonnegative_logistic
from custvalue.kernels.shuffled import shuffled_p_value
from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.rules.weights import WEIGHT_LEARNING
from custvalue.screening.fitted_weights import fit_weights, fold_of_profile, tallied, whole_weights

LEVELS = tuple(Level(points, Label(f"{points}", f"{points}分")) for points in range(3))


def card(n):
    criteria = tuple(Criterion(name, Label(name, name), LEVELS, 1.0, "test") for name in "abcdef"[:n])
    return Scorecard(Label("test", "测试"), criteria, playbook.SCREENING_BANDS, "test", 20.0)


def prospects(n, effects, seed=0):
    """Return points at random and outcomes by a logistic model with these log-odds per point."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 3, (n, len(effects)))
    won = rng.random(n) < 1 / (1 + np.exp(-(points - 1) @ np.array(effects)))
    return pd.DataFrame(points, columns=list("abcdef")[: len(effects)]).assign(outcome=np.where(won, "won", "lost"))


def balanced(n_won, n_lost, n_criteria):
    points = np.random.default_rng(0).integers(0, 3, (n_won + n_lost, n_criteria))
    frame = pd.DataFrame(points, columns=list("abcdef")[:n_criteria])
    return frame.assign(outcome=["won"] * n_won + ["lost"] * n_lost)


def test_true_weights_of_3_1_and_0_are_found():
    fit = fit_weights(prospects(6000, [1.2, 0.4, 0.0]), scorecard=card(3), max_weight=3, seed=1)
    assert fit.weights["weight"].tolist() == [3, 1, 0]
    assert fit.summary["verdict"].tolist() == ["fitted"]
    assert [c.weight for c in fit.scorecard.criteria] == [3.0, 1.0, 0.0]
    # Three standard errors of a slope among 6,000 are about .12; the ridge of 1 shrinks far less.
    assert fit.weights["slope"].tolist() == pytest.approx([1.2, 0.4, 0.0], abs=0.12)


def test_the_proposed_scorecard_can_be_used_at_once():
    fit = fit_weights(cv.load_prospects(), seed=1)
    scored = cv.score_prospects(cv.load_prospects(), scorecard=fit.scorecard)
    assert scored["band"].notna().any()


def in_whole(frame):
    """Return points as an array, and who was won."""
    points = frame.drop(columns="outcome").to_numpy(dtype=float)
    return points, (frame["outcome"] == "won").to_numpy()


@pytest.mark.parametrize("lowering", [-0.3, -1.0])
def test_a_criterion_that_lowers_the_chance_gets_no_weight_and_never_a_negative_one(lowering):
    fit = fit_weights(prospects(800, [1.0, lowering]), scorecard=card(2), seed=1)
    assert fit.summary["verdict"].tolist() == ["fitted"]
    assert fit.weights["weight"].tolist() == [1, 0]
    assert fit.weights["slope"].tolist()[1] == 0.0
    assert [c.weight for c in fit.scorecard.criteria] == [1.0, 0.0]
    # Leaving out a criterion of log-odds c and variance 2/3 shrinks the other's 1 by √(1 + 0.35 · c² · 2/3), to .99 or
    # .90; three standard errors among 800 are about .28.
    assert fit.weights["slope"].tolist()[0] == pytest.approx(1 / np.sqrt(1 + 0.35 * lowering**2 * 2 / 3), abs=0.28)


@pytest.mark.parametrize("seed", range(10))
def test_what_raises_the_chance_is_found_in_every_sample_however_strongly_another_criterion_lowers_it(seed):
    fit = fit_weights(prospects(800, [1.0, -1.0], seed=seed), scorecard=card(2), seed=seed)
    assert fit.weights["weight"].tolist() == [1, 0]
    assert fit.summary["p_shuffled"].item() == pytest.approx(1 / 1000)


def test_weights_that_foretell_held_out_profiles_no_better_than_the_win_rate_are_proposed_with_that_said():
    found = {
        (lowering, seed): fit_weights(prospects(400, [1.0, -lowering], seed=seed), scorecard=card(2), seed=1)
        for seed in range(5)
        for lowering in (0.5, 1.0, 2.0)
    }
    rows = {case: fit.summary.iloc[0] for case, fit in found.items()}
    behind = {case: row["log_score"] <= row["log_score_win_rate"] for case, row in rows.items()}
    assert 0 < sum(behind.values()) < len(behind)
    for case, row in rows.items():
        assert (row["why"].endswith("better than the win rate alone does")) == behind[case]


def test_log_scores_are_those_of_profiles_held_out_one_fold_at_a_time():
    points, won = in_whole(prospects(300, [1.0, -1.0]))
    place, tally = tallied(points, won)
    rng, rate = np.random.default_rng(7), 0.0
    for _ in range(10):  # the mean over ten cuts into folds
        fold = fold_of_profile(tally.trials, 5, rng)[place]
        # The win rate of the other folds, half a win and half a loss added, which keeps it off 0 and 1.
        rates = np.array([(won[fold != k].sum() + 0.5) / ((fold != k).sum() + 1) for k in fold])
        rate += np.where(won, np.log(rates), np.log(1 - rates)).sum() / 10
    found = whole_weights(tally, 2, 5, np.random.default_rng(7))
    assert found.log_score_rate == pytest.approx(rate, rel=1e-9)


def test_too_few_says_how_many_were_left_out_for_a_missing_answer():
    frame = cv.load_prospects()
    why = fit_weights(frame.assign(need=np.nan), seed=1).summary["why"].item()
    assert why.startswith("too few: 0 prospects of the rarer outcome")
    assert why.endswith("(199 more of known outcome lack an answer)")


def test_lines_through_huge_scores_are_those_through_small_ones():
    rng = np.random.default_rng(3)
    scores, trials = rng.integers(0, 9, (40, 2)).astype(float), np.full(40, 3.0)
    won = rng.integers(0, 4, 40).astype(float)
    small = logistic_lines(scores, won, trials, ridge=1.0)
    huge = logistic_lines(scores * 2.0**1000, won, trials, ridge=1.0)
    assert huge[0].tolist() == small[0].tolist()
    assert (huge[1] * 2.0**1000).tolist() == small[1].tolist()


def test_the_proposed_weights_of_the_sample_do_not_hang_on_the_seed():
    frame = cv.load_prospects()
    proposed = {tuple(fit_weights(frame, seed=seed).weights["weight"]) for seed in range(20)}
    assert len(proposed) == 1


def test_shuffled_outcomes_seldom_give_weights():
    frame = cv.load_prospects().dropna()
    proposed = 0
    for seed in range(200):
        outcomes = np.random.default_rng(seed).permutation(frame["outcome"])
        fit = fit_weights(frame.assign(outcome=outcomes), seed=seed)
        row = fit.summary.iloc[0]
        assert (row["verdict"] == "fitted") == (row["p_shuffled"] <= 0.05)
        assert (fit.scorecard is None) == (row["verdict"] == "no_signal")
        proposed += row["verdict"] == "fitted"
    assert proposed <= 18  # a rate of 5 % gives 19 or more of 200 once in 150 times


def test_no_signal_proposes_nothing_and_says_how_well_shuffled_outcomes_do():
    fit = fit_weights(prospects(150, [0.0, 0.0, 0.0], seed=0), scorecard=card(3), seed=0)
    assert fit.summary["verdict"].tolist() == ["no_signal"]
    assert fit.weights["weight"].isna().all()
    assert not fit.scales["chosen"].any()
    assert f"as well in {fit.summary['p_shuffled'].item():.1%} of 999 draws" in fit.summary["why"].item()


def test_how_many_outcomes_and_how_rare_a_chance_finding_must_be_can_be_set():
    few = replace(WEIGHT_LEARNING, events_per_criterion=5)
    assert fit_weights(balanced(10, 90, 2), scorecard=card(2), seed=1).summary["verdict"].item() == "too_few"
    assert fit_weights(balanced(10, 90, 2), scorecard=card(2), learning=few, seed=1).summary["n_rarer"].item() == 10
    assert fit_weights(balanced(10, 90, 2), scorecard=card(2), learning=few, seed=1).scales["log_score"].notna().all()
    frame = prospects(150, [0.3, 0.0, 0.0], seed=4)
    p = fit_weights(frame, scorecard=card(3), seed=0).summary["p_shuffled"].item()
    for limit, verdict in ((p, "fitted"), (p - 0.001, "no_signal")):
        rule = replace(WEIGHT_LEARNING, shuffled_as_well=limit)
        assert fit_weights(frame, scorecard=card(3), learning=rule, seed=0).summary["verdict"].item() == verdict


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"events_per_criterion": 0}, "events_per_criterion must be 1"), ({"shuffled_as_well": 5}, "between 0 and 1")],
)
def test_a_rule_of_learning_that_makes_no_sense_is_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        replace(WEIGHT_LEARNING, **change)


def gain(covariance, information):
    """Return by brute force what slopes of 0 or more gain: max 2 b·u − b·V b."""
    slopes = np.linspace(0, 3, 301)
    first, second = np.meshgrid(slopes, slopes)
    b = np.stack([first.ravel(), second.ravel()])
    return (2 * covariance @ b - (b * (information @ b)).sum(axis=0)).max()


def test_the_p_value_is_the_share_of_all_ways_to_deal_out_the_wins():
    # Eight prospects in five profiles, three won: 56 ways to deal out the wins, each tried.
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0]], dtype=float)
    of_row = np.array([0, 0, 1, 2, 2, 3, 4, 4])
    won_rows = {3, 6, 7}
    trials = np.bincount(of_row).astype(float)
    centred = points - trials @ points / 8
    information = 3 / 8 * 5 / 8 * (centred.T * trials) @ centred + 0.5 * np.eye(2)

    def gain_of(rows):
        return gain(centred[of_row[list(rows)]].sum(axis=0), information)

    reached = gain_of(won_rows)
    as_much = [gain_of(rows) >= reached - 1e-4 for rows in combinations(range(8), 3)]
    won = np.bincount(of_row[list(won_rows)], minlength=5).astype(float)
    draws = 20_000
    p = shuffled_p_value(points, won, trials, ridge=0.5, draws=draws, rng=np.random.default_rng(1))
    assert 0.02 < np.mean(as_much) < 0.5
    assert p == pytest.approx(np.mean(as_much), abs=4 * np.sqrt(0.25 / draws))


def test_the_p_value_is_the_same_whichever_way_wins_are_dealt_out(monkeypatch):
    points, won = in_whole(prospects(120, [0.3, 0.1, 0.0], seed=2))
    _, tally = tallied(points, won)
    found = []
    for trials_per_row in (0, 1000):
        monkeypatch.setattr(shuffled, "TRIALS_PER_ROW", trials_per_row)
        rng = np.random.default_rng(3)
        found.append(shuffled_p_value(tally.points, tally.won, tally.trials, ridge=1.0, draws=4000, rng=rng))
    assert found[0] != found[1]
    assert found[0] == pytest.approx(found[1], abs=4 * np.sqrt(0.25 / 2000))


def test_where_no_criterion_raises_the_chance_no_weights_are_proposed():
    fit = fit_weights(prospects(400, [-1.0, -1.0]), scorecard=card(2), seed=1)
    assert fit.summary["verdict"].tolist() == ["no_signal"]
    assert fit.weights["weight"].isna().all()
    assert fit.scorecard is None


@pytest.mark.parametrize(
    ("n_won", "n_lost", "enough"), [(20, 90, True), (19, 90, False), (90, 20, True), (90, 19, False)]
)
def test_ten_of_the_rarer_outcome_per_criterion_are_needed(n_won, n_lost, enough):
    fit = fit_weights(balanced(n_won, n_lost, 2), scorecard=card(2), seed=1)
    assert (fit.summary["verdict"].item() != "too_few") == enough
    assert fit.summary["n_rarer"].item() == min(n_won, n_lost)


def test_too_few_is_said_with_why_and_is_no_error():
    fit = fit_weights(balanced(90, 19, 2), scorecard=card(2), seed=1)
    assert fit.summary["why"].item() == (
        "too few: 19 prospects of the rarer outcome (lost) for 2 criteria, 9.5 each; 10 each are needed"
    )
    assert fit.weights["weight"].isna().all()
    assert fit.weights["weight"].dtype == "Int64"
    assert fit.scales["log_score"].isna().all()
    assert fit.scorecard is None


def test_missing_answers_and_open_prospects_do_not_count_towards_enough():
    frame = balanced(20, 90, 2)
    frame = frame.assign(a=frame["a"].astype("Int64").mask(frame.index == 0))
    summary = fit_weights(frame, scorecard=card(2), seed=1).summary.iloc[0]
    assert summary[["verdict", "n_won", "n_incomplete"]].tolist() == ["too_few", 19, 1]
    opened = balanced(20, 90, 2)
    opened.loc[0, "outcome"] = None
    summary = fit_weights(opened, scorecard=card(2), seed=1).summary.iloc[0]
    assert summary[["verdict", "n_won", "n_open"]].tolist() == ["too_few", 19, 1]


def test_weights_are_whole_and_within_the_limit_and_the_best_scale_is_chosen():
    for max_weight in (1, 2, 7):
        fit = fit_weights(prospects(500, [1.0, 0.7, 0.4]), scorecard=card(3), max_weight=max_weight, seed=2)
        assert fit.weights["weight"].max() <= max_weight
        assert fit.scales["scale"].tolist() == list(range(1, max_weight + 1))
        best = fit.scales.loc[fit.scales["chosen"]].squeeze(axis="rows")
        assert best["log_score"] == fit.scales["log_score"].max()
        slopes = fit.weights["slope"] / fit.weights["slope"].max() * best["scale"]
        assert fit.weights["weight"].tolist() == slopes.round().tolist()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_slopes_are_those_of_a_general_solver_with_bounds(seed, n_slopes):
    rng = np.random.default_rng(seed)
    columns = rng.integers(0, 3, (40, n_slopes)) / 2
    trials = rng.integers(1, 4, 40).astype(float)
    won = rng.binomial(trials.astype(int), 1 / (1 + np.exp(-(columns - 0.5) @ rng.normal(0, 2, n_slopes)))).astype(
        float
    )

    def loss(free):
        line = free[0] + columns @ free[1:]
        return -(won @ log_expit(line) + (trials - won) @ log_expit(-line)) + free[1:] @ free[1:] / 2

    bounds = [(None, None)] + [(0, None)] * n_slopes
    tight = {"ftol": 1e-14, "gtol": 1e-8}
    oracle = minimize(loss, np.zeros(n_slopes + 1), method="L-BFGS-B", bounds=bounds, options=tight).x[1:]
    assert nonnegative_logistic(columns, won, trials, ridge=1.0) == pytest.approx(oracle, abs=1e-4)


def test_where_no_bound_binds_slopes_are_scikit_learns():
    frame = prospects(400, [1.0, 0.8, 0.6])
    points, won = frame[["a", "b", "c"]].to_numpy(dtype=float), (frame["outcome"] == "won").to_numpy()
    oracle = LogisticRegression(C=1.0, tol=1e-10).fit(points, won).coef_[0]
    assert nonnegative_logistic(points, won.astype(float), np.ones(400), ridge=1.0) == pytest.approx(oracle, abs=1e-5)


def test_a_line_through_perfectly_parted_scores_stays_finite_and_a_falling_one_is_flat():
    won = np.array([0.0] * 20 + [1.0] * 20)
    scores = np.stack([np.arange(40.0), -np.arange(40.0), np.zeros(40)], axis=1)
    intercept, slope = logistic_lines(scores, won, np.ones(40), ridge=1.0)
    assert 0 < slope[0] < 1
    assert intercept[0] == pytest.approx(-19.5 * slope[0])
    assert (slope[1:], intercept[1:]) == (pytest.approx([0, 0]), pytest.approx([0, 0]))


def test_prospects_with_the_same_points_are_in_one_fold_and_folds_are_about_equally_large():
    frame = prospects(900, [0.5, 0.5, 0.5, 0.5])
    points = frame[list("abcd")].to_numpy(dtype=float)
    place, tally = tallied(points, (frame["outcome"] == "won").to_numpy())
    fold = fold_of_profile(tally.trials, 5, np.random.default_rng(1))
    assert len({tuple(row) for row in points}) == tally.trials.size
    assert (tally.points[place] == points).all()
    assert np.bincount(fold, weights=tally.trials, minlength=5) == pytest.approx([180] * 5, abs=30)


def test_the_same_seed_gives_the_same_weights_and_rows_in_another_order_the_same_fit():
    frame = cv.load_prospects()
    first, again = (fit_weights(frame, seed=5) for _ in range(2))
    shuffled = fit_weights(frame.sample(frac=1, random_state=1), seed=5)
    for other in (again, shuffled):
        pd.testing.assert_frame_equal(first.weights, other.weights)
        pd.testing.assert_frame_equal(first.scales, other.scales)


def test_an_empty_frame_gives_the_same_columns_and_dtypes():
    frame = cv.load_prospects()
    whole, empty = fit_weights(frame, seed=1), fit_weights(frame.iloc[:0], seed=1)
    for part in ("weights", "summary", "scales"):
        pd.testing.assert_series_equal(getattr(whole, part).dtypes, getattr(empty, part).dtypes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_weight": 0}, "max_weight must be a whole number of 1 or more"),
        ({"folds": True}, "folds must be a whole"),
        *(({"seed": seed}, f"seed must be a whole number of 0 or more: got {seed!r}") for seed in (None, -1, 1.5, "1")),
    ],
)
def test_settings_outside_their_rule_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        fit_weights(cv.load_prospects(), **{"seed": 1, **changes})


def stretched(base, reach):
    """Return a card whose criteria reach from 0 to these points in two equal steps."""
    criteria = tuple(
        Criterion(c.name, c.label, tuple(Level(k * most / 2, Label(f"l{k}", f"级{k}")) for k in range(3)), 1.0, "test")
        for c, most in zip(base.criteria, reach, strict=True)
    )
    return replace(base, criteria=criteria, scale=None)


def test_a_criterion_of_many_points_that_matters_is_never_rounded_to_nothing():
    # Only a matters: log-odds of 1.5 per 1000 points, 0.0015 each. A tenth of that, 0.015 per point of b, is noise, and
    # ten times as much: at a scale of 5 a would weigh round(0.5) = 0.
    frame = prospects(1500, [1.5, 0.0, 0.0], seed=0)
    found = fit_weights(frame.assign(a=frame["a"] * 1000), scorecard=stretched(card(3), (2000, 2, 2)), seed=1)
    slopes = found.weights["slope"]
    assert slopes.iloc[0] == pytest.approx(0.0015, rel=0.2)
    assert slopes.iloc[1:].max() > 10 * slopes.iloc[0]
    assert found.summary["verdict"].item() == "uneven_points"
    assert found.summary["why"].item().startswith("uneven points: a would round to 0 in whole weights up to 5, yet")
    assert found.weights["weight"].isna().all()
    assert found.scorecard is None
    assert not found.scales["chosen"].any()


def test_what_a_criterion_does_over_its_points_does_not_hang_on_their_unit():
    frame = prospects(1500, [1.5, 0.6, 0.0], seed=4)
    plain = fit_weights(frame, scorecard=card(3), seed=1).weights["slope"]
    wide = fit_weights(frame.assign(a=frame["a"] * 100), scorecard=stretched(card(3), (200, 2, 2)), seed=1)
    assert (wide.weights["slope"] * [100, 1, 1]).tolist() == pytest.approx(plain.tolist(), rel=1e-6)


def test_scales_at_which_a_criterion_that_matters_rounds_to_nothing_are_left_out():
    # Effects 4, 2.4 and 0 over reaches 2, 8 and 2: slopes 2, 0.3 and 0, of which the second is 0.15 of the first and
    # rounds to 0 at scales 1 to 3 (0.15, 0.3, 0.45) and to 1 at 4 and 5 (0.6, 0.75). It does 0.6 of the most.
    frame = prospects(4000, [2.0, 1.2, 0.0], seed=2)
    found = fit_weights(frame.assign(b=frame["b"] * 4), scorecard=stretched(card(3), (2, 8, 2)), seed=1)
    assert found.weights["slope"].tolist() == pytest.approx([2.0, 0.3, 0.0], abs=0.2)
    scale = int(found.scales.loc[found.scales["chosen"], "scale"].item())
    assert scale in (4, 5)
    assert found.weights["weight"].tolist() == [scale, 1, 0]


def test_a_lesser_criterion_that_rounds_to_nothing_for_its_reach_is_named():
    # b does 0.4 of what a does and reaches ten times as far: 0.04 × 5 = 0.2 rounds to 0, 0.4 × 5 would be 2.
    frame = prospects(6000, [2.0, 0.8], seed=2)
    found = fit_weights(frame.assign(b=frame["b"] * 10), scorecard=stretched(card(2), (2, 20)), seed=1)
    assert found.summary["verdict"].item() == "fitted"
    assert found.weights["weight"].tolist()[1] == 0
    scale = int(found.scales.loc[found.scales["chosen"], "scale"].item())
    named = "rounded to 0 only because of the reach of the points: b" in found.summary["why"].item()
    assert named == (scale > 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(({"drop_duplicates": v}, f"drop_duplicates must be True or False: got {v!r}") for v in ("no", None, 1)),
        ({"max_weight": 101}, "max_weight must be 100 or less: got 101"),
        ({"folds": 10**12}, "folds must be 1,000 or less"),
    ],
)
def test_settings_that_would_be_misread_or_never_end_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        fit_weights(balanced(20, 20, 2), scorecard=card(2), **{"seed": 1, **changes})
