"""Scores against outcomes: other people's answers, naive loops, the public set, and claims that chance cannot make."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

import custvalue as cv
from custvalue import playbook
from custvalue.kernels import association
from custvalue.kernels.discrimination import (
    auc_difference,
    auc_interval,
    delong_variance,
    held_out_factor,
    placements,
    tied,
)
from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.rules.errors import InputError
from custvalue.screening.association import criterion_association
from custvalue.screening.evidence import scorecard_evidence
from custvalue.screening.win_tables import score_groups

LEVELS = tuple(Level(points, Label(f"{points}", f"{points}分")) for points in range(3))
PARTS = ("summary", "bands", "gains", "calibration", "curve", "criteria", "levels", "weights")


def card(*weights):
    """Return a card of criteria a, b, … that give 0 to 2 points, banded on 20."""
    criteria = tuple(
        Criterion(name, Label(name, name), LEVELS, weight, "test")
        for name, weight in zip("abcdef", weights, strict=False)
    )
    return Scorecard(Label("test", "测试"), criteria, playbook.SCREENING_BANDS, "test", 20.0)


def prospects(n, n_criteria, effect, seed):
    """Return points at random and outcomes that hang on the first criterion by ``effect`` log-odds per point."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 3, (n, n_criteria))
    won = rng.random(n) < 1 / (1 + np.exp(-effect * (points[:, 0] - 1)))
    frame = pd.DataFrame(points, columns=list("abcdef")[:n_criteria])
    return frame.assign(outcome=np.where(won, "won", "lost"))


@pytest.fixture(scope="module")
def sample():
    return scorecard_evidence(cv.load_prospects(), seed=1)


@pytest.fixture(scope="module")
def bohanec(shared):
    frame = pd.read_csv(shared / "bohanec_b2b" / "Salvirt_B2B_ML_dataset.csv", sep=";")
    return frame.assign(outcome=frame["Status"].str.lower())


BOHANEC = ["Up_sale", "Client", "Competitors", "Authority"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("drop", "n", "win_rate", "v"),
    [
        (False, 448, 0.5067, [0.5049, 0.5028, 0.4419, 0.0168]),
        (True, 365, 0.4740, [0.5108, 0.5016, 0.4599, 0.0368]),
    ],
)
def test_the_bohanec_set_gives_the_known_win_rates_and_cramers_v(bohanec, drop, n, win_rate, v):
    found = criterion_association(bohanec, criteria=BOHANEC, drop_duplicates=drop)
    assert found["n"].unique().tolist() == [n]
    assert found["n_duplicates"].unique().tolist() == [83]
    assert found["win_rate_closed"].tolist() == pytest.approx([win_rate] * 4, abs=0.00005)
    assert found["cramers_v_yates"].tolist() == pytest.approx(v, abs=0.00005)


@pytest.mark.shared
def test_cramers_v_of_every_bohanec_criterion_is_scipys(bohanec):
    names = [name for name in bohanec if name not in ("Seller", "Product", "Status", "outcome")]
    found = criterion_association(bohanec, criteria=names).set_index("criterion")
    for name in names:
        table = pd.crosstab(bohanec[name], bohanec["outcome"])
        plain = stats.contingency.association(table, method="cramer")
        yates = stats.contingency.association(table, method="cramer", correction=True)
        chi, p, _, expected = stats.chi2_contingency(table, correction=False)
        row = found.loc[name]
        assert [row["cramers_v"], row["cramers_v_yates"]] == pytest.approx([plain, yates])
        assert [row["chi_square"], row["p_value"], row["min_expected"]] == pytest.approx([chi, p, expected.min()])


def test_bergsmas_v_is_worked_by_hand():
    # 2 x 2 of 10, 5, 5, 10: chi-square 30 * (100 - 25)^2 / 15^4 = 10/3, phi^2 = 1/9. Less 1/29: .0766284.
    # r~ = 2 - 1/29, so the room is 28/29 = .9655172 and V = sqrt(.0766284 / .9655172) = .281718.
    assert association.cramers_v_corrected(np.array([[10.0, 5.0], [5.0, 10.0]])) == pytest.approx(0.281718, abs=1e-6)
    assert association.cramers_v_corrected(np.array([[10.0, 9.0], [9.0, 10.0]])) == 0.0


def test_bergsmas_v_stays_near_nothing_where_many_levels_make_plain_v_large_by_chance():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.integers(0, 20, 60), "outcome": rng.permutation(["won", "lost"] * 30)})
    row = criterion_association(frame, criteria=["x"]).iloc[0]
    assert row["cramers_v"] > 0.4
    assert row["cramers_v_corrected"] < 0.25


def test_an_association_leaves_open_prospects_and_missing_answers_out_and_counts_them():
    frame = pd.DataFrame(
        {
            "demo": ["yes", "no", None, "yes", "no", "yes"],
            "outcome": ["won", "lost", "won", None, "lost", "won"],
        }
    )
    row = criterion_association(frame, criteria=["demo"]).iloc[0]
    assert row[["n", "n_won", "n_missing", "n_open", "n_duplicates"]].tolist() == [4, 2, 1, 1, 2]
    assert (row["cramers_v"], row["n_levels"]) == (1.0, 2)
    assert criterion_association(frame, criteria=["demo"], drop_duplicates=True)["n"].tolist() == [2]


@pytest.mark.parametrize("frame", [{"demo": ["a", "a"], "outcome": ["won", "lost"]}, {"demo": [], "outcome": []}])
def test_one_level_or_no_row_has_no_association(frame):
    row = criterion_association(pd.DataFrame(frame), criteria=["demo"]).iloc[0]
    assert row[["cramers_v", "cramers_v_yates", "cramers_v_corrected", "p_value"]].isna().all()


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ([], "criteria must name at least one column"),
        (["a", "a"], "each criterion is named once: got 'a' 2 times"),
        (["outcome"], "the outcome is no criterion of itself: got 'outcome'"),
        (["z"], "column 'z' is needed"),
        (None, "criteria must be a list of column names: got None"),
        (3, "criteria must be a list of column names: got 3"),
        ([["a"]], "criteria must be a list of column names"),
        ("a", "criteria must be a list of column names: got 'a'"),
        ({"a", "b"}, "criteria must be a list of column names: got {"),
    ],
)
def test_criteria_that_cannot_be_judged_are_refused(criteria, message):
    with pytest.raises(InputError, match=message):
        criterion_association(prospects(10, 2, 0, 0), criteria=criteria)


@pytest.mark.parametrize("seed", range(5))
def test_the_trend_is_kendalls_and_mann_and_whitneys(seed):
    frame = prospects(90, 1, 0.7, seed)
    won = frame["outcome"] == "won"
    table = pd.crosstab(frame["a"], ~won).to_numpy(dtype=float)
    tau, p = association.trend(table)
    assert tau == pytest.approx(stats.kendalltau(frame["a"], won).statistic)
    oracle = stats.mannwhitneyu(frame["a"][won], frame["a"][~won], use_continuity=False, method="asymptotic")
    assert p == pytest.approx(oracle.pvalue)


@pytest.mark.parametrize("seed", range(8))
def test_auc_is_scikit_learns_and_delongs_variance_that_of_the_naive_loop(seed):
    rng = np.random.default_rng(seed)
    won = rng.random(70) < 0.4
    scores = (rng.integers(0, 12, 70) + 2 * won).astype(float)
    auc, variance = delong_variance(scores, won)
    assert auc == pytest.approx(roc_auc_score(won, scores))
    beats = [[float(w > x) + 0.5 * float(w == x) for x in scores[~won]] for w in scores[won]]
    m, n = won.sum(), (~won).sum()
    of_wins = [sum(row) / n for row in beats]
    of_losses = [sum(row[k] for row in beats) / m for k in range(n)]
    s_wins = sum((v - auc) ** 2 for v in of_wins) / (m - 1)
    s_losses = sum((v - auc) ** 2 for v in of_losses) / (n - 1)
    assert variance == pytest.approx(s_wins / m + s_losses / n)


def test_the_logit_interval_is_worked_by_hand():
    scores, won = np.array([4.0, 3.0, 2.0, 3.5, 1.0, 0.0]), np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    # Wins outscore 3, 2 and 2 of 3 losses; losses are outscored by 1, 3 and 3 of 3 wins: AUC 7/9.
    # Placements (1, 2/3, 2/3) and (1/3, 1, 1) have variances 1/27 and 4/27: DeLong (1/27 + 4/27) / 3 = 5/81.
    # On the logit scale: log(3.5) ± 1.959964 * sqrt(5/81) / (7/9 * 2/9) = 1.252763 ± 2.817395.
    area = auc_interval(scores, won, 0.95)
    assert area.auc == pytest.approx(7 / 9)
    ends = [1 / (1 + np.exp(-x)) for x in (1.252763 - 2.817395, 1.252763 + 2.817395)]
    assert [area.low, area.high] == pytest.approx(ends, abs=1e-6)


def test_scores_that_part_the_outcomes_completely_get_an_exact_bound_and_not_1_to_1():
    area = auc_interval(np.array([5.0, 4, 3, 2, 1, 0]), np.array([1, 1, 1, 0, 0, 0], dtype=bool), 0.95)
    # Three disjoint pairs, all agreed: .025^(1/3) = .29240.
    assert (area.auc, area.high, area.method) == (1.0, 1.0, "disjoint_pairs")
    assert area.low == pytest.approx(0.2924, abs=0.0001)
    turned = auc_interval(np.array([0.0, 1, 2, 3, 4, 5]), np.array([1, 1, 1, 0, 0, 0], dtype=bool), 0.95)
    assert (turned.auc, turned.low) == (0.0, 0.0)
    assert turned.high == pytest.approx(1 - 0.2924, abs=0.0001)


def test_one_win_alone_or_equal_scores_get_hoeffdings_wide_bound():
    lone = auc_interval(np.array([3.0, 5, 2, 1]), np.array([1, 0, 0, 0], dtype=bool), 0.95)
    assert (lone.auc, lone.low, lone.high, lone.method) == (pytest.approx(2 / 3), 0.0, 1.0, "hoeffding")
    flat = auc_interval(np.zeros(200), np.arange(200) < 100, 0.95)
    # sqrt(ln(1 / .025) / (2 * 100)) = .13581
    assert [flat.auc, flat.low, flat.high] == pytest.approx([0.5, 0.36419, 0.63581], abs=1e-5)


def test_one_outcome_only_has_no_auc():
    area = auc_interval(np.array([1.0, 2.0]), np.array([True, True]), 0.95)
    assert area.method == "undefined"
    assert np.isnan([area.auc, area.low, area.high]).all()


def test_auc_intervals_cover_the_true_area_about_as_often_as_they_say():
    # Normal scores one standard deviation apart: the area is Phi(1 / sqrt 2) = .76025.
    covered = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        won = np.arange(60) < 25
        area = auc_interval(rng.normal(0, 1, 60) + won, won, 0.95)
        covered += area.low <= 0.76025 <= area.high
    assert 0.92 <= covered / 300 <= 0.985


def test_the_paired_difference_is_that_of_the_naive_covariance():
    rng = np.random.default_rng(4)
    won = rng.random(50) < 0.5
    first, second = rng.normal(0, 1, 50) + won, rng.normal(0, 1, 50)
    area = auc_difference(first, second, won, np.zeros(50, dtype=np.int64), 0.95)
    one, other = placements(first, won), placements(second, won)
    variance = 0.0
    for k, n in ((0, won.sum()), (1, (~won).sum())):
        covariance = np.cov(one[k], other[k])
        variance += (covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) / n
    half = stats.t.ppf(0.975, min(won.sum(), (~won).sum()) - 1) * np.sqrt(variance)
    assert [area.difference - area.low, area.high - area.difference] == pytest.approx([half, half])
    assert area.difference == pytest.approx(roc_auc_score(won, first) - roc_auc_score(won, second))


def test_within_folds_wins_meet_only_the_losses_of_their_fold():
    won = np.array([1, 0, 1, 0, 1, 0], dtype=bool)
    fold = np.array([0, 0, 1, 1, 1, 1])
    scores = np.array([1.0, 0, 9, 8, 7, 9.5])
    # Fold 0: 1 of 1 pair. Fold 1: 9 beats 8, not 9.5; 7 beats none: 1 of 4. Together 2 of 5.
    area = auc_difference(scores, np.zeros(6), won, fold, 0.95)
    assert [area.first, area.second] == pytest.approx([0.4, 0.5])


def test_held_out_differences_are_widened_as_nadeau_and_bengio_propose():
    assert held_out_factor(10) == pytest.approx((1 / 10 + 1 / 9) / (1 / 10))


def test_differences_without_any_spread_are_no_proof_in_small_samples():
    won = np.array([True] * 4 + [False] * 4)
    area = auc_difference(won.astype(float), np.zeros(8), won, np.zeros(8, dtype=np.int64), 0.95)
    assert area.difference == 0.5
    assert area.low < 0


def test_scores_that_differ_by_round_off_are_ties():
    assert tied(np.array([0.1 * 3, 0.3, 0.30001])).tolist() == [0.3, 0.3, 0.30001]


def test_the_sample_counts_open_prospects_apart_and_gives_scikit_learns_auc(sample):
    frame = cv.load_prospects()
    row = sample.summary.iloc[0]
    assert row[["n", "n_won", "n_lost", "n_open"]].tolist() == [199, 95, 104, 41]
    known = cv.score_prospects(frame)[lambda scored: scored["outcome"].notna() & scored["score"].notna()]
    assert row["n_scored"] == len(known)
    assert row["n_scored"] + row["n_unscored"] == 199
    assert row["auc"] == pytest.approx(roc_auc_score(known["outcome"] == "won", known["score"]))
    assert row["auc_low"] < row["auc"] < row["auc_high"]


def test_open_prospects_change_only_their_counts():
    frame = cv.load_prospects()
    closed = scorecard_evidence(frame[frame["outcome"].notna()], seed=1)
    everything = scorecard_evidence(frame, seed=1)
    for part in ("gains", "calibration", "curve", "criteria", "levels", "weights"):
        pd.testing.assert_frame_equal(getattr(closed, part), getattr(everything, part))
    assert closed.summary["n_open"].tolist() == [0]
    assert closed.bands["win_rate_closed"].tolist() == everything.bands["win_rate_closed"].tolist()


def test_bands_hold_every_closed_prospect_with_wilson_intervals(sample):
    bands = sample.bands
    assert [str(band) for band in bands["band"][:3]] == ["key", "invest", "shelve"]
    assert pd.isna(bands["band"][3])
    assert [bands[name].sum() for name in ("n", "n_won", "n_lost", "n_open")] == [199, 95, 104, 41]
    assert (bands["n_won"] / bands["n"]).tolist() == pytest.approx(bands["win_rate_closed"].tolist())
    for row in bands.to_dict("records"):
        oracle = stats.binomtest(row["n_won"], row["n_won"] + row["n_lost"]).proportion_ci(0.95, "wilson")
        assert [row["low"], row["high"]] == pytest.approx([oracle.low, oracle.high])
        assert row["lift"] == pytest.approx(row["win_rate_closed"] / (95 / 199))


def test_an_empty_band_is_there_with_no_rate():
    frame = pd.DataFrame({"a": [0, 2], "b": [0, 2], "outcome": ["lost", "won"]})
    bands = scorecard_evidence(frame, scorecard=card(1, 1), seed=1).bands.set_index("band")
    assert bands.loc["invest", "n"] == 0
    assert np.isnan(bands.loc["invest", "win_rate_closed"])
    assert bands.loc["key", "lift"] == 2.0


def test_gains_are_worked_by_hand():
    frame = pd.DataFrame({"a": [2, 2, 1, 1, 0], "outcome": ["won", "won", "won", "lost", "lost"]})
    gains = scorecard_evidence(frame, scorecard=card(1), seed=1, gain_groups=5).gains
    assert gains["score_from"].tolist() == [20.0, 10.0, 0.0]
    assert gains["n"].tolist() == [2, 2, 1]
    assert gains["lift"].tolist() == pytest.approx([1 / 0.6, 0.5 / 0.6, 0.0])
    assert gains["share_of_prospects"].tolist() == pytest.approx([0.4, 0.8, 1.0])
    assert gains["share_of_wins"].tolist() == pytest.approx([2 / 3, 1.0, 1.0])
    assert gains["cumulative_lift"].tolist() == pytest.approx([5 / 3, 1.25, 1.0])


@pytest.mark.parametrize("descending", [True, False])
def test_equal_scores_are_never_parted_and_groups_run_in_order(descending):
    rng = np.random.default_rng(1)
    score = rng.integers(0, 9, 500).astype(float)
    group = score_groups(score, 4, descending=descending)
    assert len({(g, s) for g, s in zip(group, score, strict=True)}) == np.unique(score).size
    ends = [(score[group == g].min(), score[group == g].max()) for g in range(group.max() + 1)]
    assert ends == sorted(ends, reverse=descending)
    assert group.max() + 1 <= 4


def test_the_calibration_recovers_a_win_rate_that_rises_with_the_score():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 3, 6000)})
    truth = np.array([0.2, 0.5, 0.8])[frame["a"]]  # log-odds -1.386, 0, 1.386: a straight line
    frame["outcome"] = np.where(rng.random(6000) < truth, "won", "lost")
    table = scorecard_evidence(frame, scorecard=card(1), seed=1).calibration
    assert table["mean_score"].tolist() == [0.0, 10.0, 20.0]
    for name in ("win_rate_closed", "logistic_win_rate", "isotonic_win_rate"):
        # Three standard errors of a rate among 2,000 are .034.
        assert table[name].tolist() == pytest.approx([0.2, 0.5, 0.8], abs=0.034)


def test_the_isotonic_curve_never_falls_and_says_where_no_score_was_seen(sample):
    curve = sample.curve
    assert (np.diff(curve["isotonic_win_rate"]) >= 0).all()
    assert (np.diff(curve["logistic_win_rate"]) > 0).all()
    assert curve["score"].iloc[[0, -1]].tolist() == [0.0, 20.0]
    assert curve.loc[curve["observed_range"], "score"].min() == 2.0  # the lowest score known


def test_only_the_criterion_that_matters_rises_in_the_sample(sample):
    criteria = sample.criteria.set_index("criterion")
    assert criteria.index[criteria["trend"] == "rises"].tolist() == ["need"]
    assert criteria.loc["need", ["n_steps", "n_falls"]].tolist() == [2, 0]
    levels = sample.levels[sample.levels["criterion"] == "buying_pattern"]
    assert criteria.loc["buying_pattern", "n_falls"] == (np.diff(levels["win_rate_closed"]) < 0).sum() > 0


def test_a_criterion_scored_the_wrong_way_round_is_said_to_fall():
    frame = prospects(300, 2, 2.0, 1)
    criteria = scorecard_evidence(frame.assign(a=2 - frame["a"]), scorecard=card(1, 1), seed=1).criteria
    assert criteria["trend"].tolist() == ["falls", "not_shown"]


def test_a_knocked_out_prospect_stands_in_its_band_and_nowhere_else():
    rules = card(1, 1)
    fatal = replace(
        rules.criteria[0], levels=(replace(rules.criteria[0].levels[0], knocks_out=True), *rules.criteria[0].levels[1:])
    )
    frame = pd.DataFrame({"a": [0, 1, 2], "b": [2, 2, 2], "outcome": ["won", "lost", "won"]})
    result = scorecard_evidence(frame, scorecard=replace(rules, criteria=(fatal, rules.criteria[1])), seed=1)
    assert result.summary[["n", "n_scored", "n_unscored", "n_knocked_out"]].iloc[0].tolist() == [3, 2, 0, 1]
    assert result.bands.set_index("band").loc["shelve", "n_won"] == 1
    assert result.summary["auc"].tolist() == [1.0]


def test_duplicates_are_counted_and_dropped_only_on_request():
    frame = pd.concat([prospects(40, 2, 1, 0)] * 2, ignore_index=True).assign(name=list(range(40)) * 2)
    kept, dropped = (
        scorecard_evidence(frame, scorecard=card(1, 1), seed=1, drop_duplicates=drop).summary.iloc[0]
        for drop in (False, True)
    )
    assert (kept["n"], kept["n_duplicates"]) == (80, 40)
    assert (dropped["n"], dropped["n_duplicates"]) == (40, 40)
    assert dropped["auc"] == pytest.approx(kept["auc"])
    assert dropped["auc_high"] - dropped["auc_low"] > kept["auc_high"] - kept["auc_low"]


def comparison(frame, rules, seed):
    weights = scorecard_evidence(frame, scorecard=rules, seed=seed).weights
    return weights.set_index(["first", "second"])


def test_weights_that_are_right_beat_equal_ones_and_wrong_ones_are_worse():
    frame = prospects(600, 4, 2.0, 3)
    right, wrong = comparison(frame, card(3, 1, 0, 0), 1), comparison(frame, card(0, 1, 3, 3), 1)
    assert right.loc[("hand", "equal"), "verdict"] == "better"
    assert right.loc[("fitted", "equal"), "verdict"] == "better"
    assert wrong.loc[("hand", "equal"), "verdict"] == "worse"
    assert wrong.loc[("hand", "fitted"), "verdict"] == "worse"
    assert right.loc[("hand", "equal"), "log_score_low"] > 0 > wrong.loc[("hand", "equal"), "log_score_high"]


def test_equal_hand_weights_differ_from_equal_ones_by_nothing():
    row = comparison(prospects(200, 3, 1.0, 3), card(2, 2, 2), 1).loc[("hand", "equal")]
    assert row[["auc_first_minus_second", "low", "high"]].tolist() == [0.0, 0.0, 0.0]
    assert row["log_score_first_minus_second"] == pytest.approx(0.0, abs=1e-12)
    assert row["verdict"] == "not_told_apart"


def test_the_hand_weights_are_compared_by_auc_on_all_rows(sample):
    frame = cv.load_prospects()
    names = list(playbook.SCREENING.names)
    known = frame[frame["outcome"].notna() & frame[names].notna().all(axis=1)]
    points, won = known[names].to_numpy(dtype=float), known["outcome"] == "won"
    row = sample.weights.iloc[0]
    assert row["auc_first"] == pytest.approx(roc_auc_score(won, points @ [2, 3, 2, 1, 1, 1]))
    assert row["auc_second"] == pytest.approx(roc_auc_score(won, points.sum(axis=1)))
    assert row["n"] == len(known)


def test_too_few_outcomes_leave_the_fitted_weights_out_and_say_why():
    weights = comparison(prospects(60, 4, 1.0, 0), card(3, 1, 1, 1), 1)
    assert weights.loc[("hand", "equal"), "note"] == ""
    for pair in (("fitted", "equal"), ("hand", "fitted")):
        assert weights.loc[pair, "note"].startswith("too few: ")
        assert np.isnan(weights.loc[pair, "low"])
        assert pd.isna(weights.loc[pair, "verdict"])


def test_where_both_outcomes_are_known_but_not_of_complete_prospects_the_note_says_so():
    frame = prospects(60, 2, 1.0, 0)
    for unanswered, why in (
        (frame.assign(b=np.nan), "no prospect of known outcome has an answer to every criterion"),
        (
            frame.assign(b=frame["b"].where(frame["outcome"] == "won")),
            "only one outcome is known of the prospects with",
        ),
    ):
        weights = scorecard_evidence(unanswered, scorecard=card(2, 1), seed=1).weights
        assert weights["note"].str.startswith(why).all()
        assert weights["verdict"].isna().all()
    fatal = replace(card(2, 1).criteria[0].levels[0], knocks_out=True)
    everyone = replace(
        card(2, 1), criteria=(replace(card(2, 1).criteria[0], levels=(fatal, *LEVELS[1:])), card(2, 1).criteria[1])
    )
    weights = scorecard_evidence(frame.assign(a=0), scorecard=everyone, seed=1).weights
    assert weights["note"].str.endswith("is not knocked out").all()


def test_where_no_criterion_raises_the_chance_nothing_fitted_is_compared():
    frame = prospects(300, 3, -2.0, 0)
    frame["outcome"] = np.where(frame[["a", "b", "c"]].sum(axis=1) < 3, "won", "lost")
    weights = comparison(frame, card(3, 2, 1), 1)
    assert weights.loc[("hand", "equal"), "note"] == ""
    for pair in (("fitted", "equal"), ("hand", "fitted")):
        assert weights.loc[pair, "note"] == "no signal: no criterion raises the chance of winning"
        assert pd.isna(weights.loc[pair, "verdict"])


def test_where_most_held_out_together_have_the_same_points_fitted_weights_are_not_judged():
    # Two profiles hold 340 of 400: of their wins and losses most pairs in a fold are of one profile.
    rng = np.random.default_rng(4)
    points = np.vstack([np.repeat([[0, 0, 0], [2, 2, 2]], 170, axis=0), rng.integers(0, 3, (60, 3))])
    won = rng.random(400) < np.where(points[:, 0] == 2, 0.7, 0.3)
    frame = pd.DataFrame(points, columns=list("abc")).assign(outcome=np.where(won, "won", "lost"))
    weights = comparison(frame, card(3, 2, 1), 1)
    assert weights.loc[("hand", "equal"), "note"] == ""
    for pair in (("fitted", "equal"), ("hand", "fitted")):
        share = float(
            weights.loc[pair, "note"].removeprefix("too few different profiles: ").split(" % ")[0].split("%")[0]
        )
        assert 50 < share < 100
        assert pd.isna(weights.loc[pair, "verdict"])


def test_where_points_part_the_outcomes_completely_no_verdict_stands_without_numbers():
    frame = prospects(200, 2, 0.0, 0).assign(a=lambda f: np.where(f["outcome"] == "won", 2, 0))
    frame["b"] = frame["a"]
    weights = comparison(frame, card(2, 1), 1)
    assert (weights["verdict"].notna() == weights["low"].notna()).all()
    assert (weights["verdict"].isna() == (weights["note"] != "")).all()


def test_where_no_whole_weights_can_be_proposed_none_are_compared():
    # a matters alone, and by so little a point (2,000 of them) that in whole weights it would be nothing beside noise.
    frame = prospects(1500, 3, 1.5, 0).assign(a=lambda f: f["a"] * 1000)
    plain = card(1, 1, 1)
    levels = tuple(Level(1000 * k, Label(f"l{k}", f"级{k}")) for k in range(3))
    wide = replace(plain, criteria=(replace(plain.criteria[0], levels=levels), *plain.criteria[1:]), scale=None)
    assert cv.fit_weights(frame, scorecard=wide, seed=1).summary["verdict"].item() == "uneven_points"
    weights = comparison(frame, wide, 1)
    assert weights.loc[("hand", "equal"), "note"] == ""
    for pair in (("fitted", "equal"), ("hand", "fitted")):
        assert weights.loc[pair, "note"].startswith("uneven points: a would round to 0 in whole weights up to 5")
        assert pd.isna(weights.loc[pair, "verdict"])


def test_with_shuffled_outcomes_better_than_equal_is_claimed_in_at_most_5_percent_of_200_seeds():
    frame = prospects(120, 3, 0.0, 0)
    claims = 0
    for seed in range(200):
        shuffled = np.random.default_rng(seed).permutation(frame["outcome"].to_numpy())
        weights = comparison(frame.assign(outcome=shuffled), card(3, 2, 1), seed)
        claims += (weights["verdict"].xs("equal", level="second") == "better").any()
    assert claims <= 10


@pytest.mark.parametrize(("outcome", "why"), [("won", "only one outcome is known"), (None, "no outcome is known")])
def test_without_both_outcomes_there_is_no_comparison_and_no_auc(outcome, why):
    result = scorecard_evidence(prospects(30, 2, 0, 0).assign(outcome=outcome), scorecard=card(2, 1), seed=1)
    assert result.weights["note"].unique().tolist() == [why]
    assert result.summary["auc_method"].tolist() == ["undefined"]
    assert result.curve["logistic_win_rate"].isna().all()


@pytest.mark.parametrize("n", [0, 1])
def test_no_prospect_or_one_gives_the_same_columns_and_dtypes(sample, n):
    little = scorecard_evidence(cv.load_prospects().head(n), seed=1)
    for part in PARTS:
        pd.testing.assert_series_equal(getattr(little, part).dtypes, getattr(sample, part).dtypes)


def test_other_frame_types_and_a_repeated_index_change_nothing(sample):
    frame = cv.load_prospects()
    for other in (
        pl.from_pandas(frame),
        frame.set_axis([0] * len(frame)),
        frame.convert_dtypes(dtype_backend="pyarrow"),
    ):
        result = scorecard_evidence(other, seed=1)
        for part in PARTS:
            pd.testing.assert_frame_equal(getattr(result, part), getattr(sample, part))


def test_the_callers_frame_is_not_changed():
    frame = cv.load_prospects()
    before = frame.copy()
    scorecard_evidence(frame, seed=1)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": 1.0}, "level must lie between 0 and 1: got 1.0"),
        ({"bins": 0}, "bins must be a whole number of 1 or more: got 0"),
        ({"folds": 1}, "folds must be a whole number of 2 or more: got 1"),
        ({"max_weight": 2.5}, "max_weight must be a whole number of 1 or more: got 2.5"),
        ({"outcome": "result"}, "column 'result' is needed"),
        *(({"seed": seed}, f"seed must be a whole number of 0 or more: got {seed!r}") for seed in (None, -1, 1.5, "1")),
        ({"scorecard": None}, "scorecard must be a Scorecard"),
    ],
)
def test_settings_outside_their_rule_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        scorecard_evidence(cv.load_prospects(), **{"seed": 1, **changes})


def test_all_that_is_wrong_with_the_frame_is_said_at_once():
    bad = prospects(5, 2, 0, 0).assign(a=[0, 1, 2, 3, 1], outcome=["won", "lost", "Won", None, "lost"])
    with pytest.raises(ValueError, match="2 problems") as refused:
        scorecard_evidence(bad.drop(columns="b").assign(b=1), scorecard=card(1, 1), seed=1)
    assert "outcome must be one of ['won', 'lost']: got 'Won' (1)" in str(refused.value)
    assert "a must be 2 or less: got 3" in str(refused.value)


def test_a_column_of_lists_beside_the_criteria_changes_nothing_but_what_equals_what():
    frame = pd.concat([prospects(120, 2, 1.0, 3)] * 2, ignore_index=True)
    # The second half repeats the first row by row. Lists that are the same keep every repetition, unlike ones none.
    alike, unlike = (frame.assign(tags=[[k % n] for k in range(240)]) for n in (120, 240))
    plain = criterion_association(frame, criteria=["a", "b"])
    tagged = criterion_association(alike, criteria=["a", "b"])
    pd.testing.assert_frame_equal(tagged.drop(columns="n_duplicates"), plain.drop(columns="n_duplicates"))
    assert tagged["n_duplicates"].tolist() == [120, 120]
    assert criterion_association(unlike, criteria=["a", "b"])["n_duplicates"].tolist() == [0, 0]
    assert criterion_association(alike, criteria=["a"], drop_duplicates=True)["n"].item() == 120
    assert scorecard_evidence(alike, scorecard=card(1, 1), seed=1).summary["n_duplicates"].item() == 120


def test_criteria_or_outcomes_of_lists_are_refused_in_words():
    frame = prospects(10, 2, 0, 0)
    with pytest.raises(InputError, match="a criterion must hold categories: got a list"):
        criterion_association(frame.assign(a=[[1]] * 10), criteria=["a"])
    with pytest.raises(InputError, match="an outcome must be 'won' or 'lost'"):
        criterion_association(frame.assign(outcome=[["won"]] * 10), criteria=["a"])


@pytest.mark.parametrize("wrong", ["no", None, 0, 1])
def test_dropping_duplicates_is_a_yes_or_a_no(wrong):
    frame = prospects(30, 2, 0, 0)
    for judge in (
        lambda: scorecard_evidence(frame, scorecard=card(1, 1), seed=1, drop_duplicates=wrong),
        lambda: criterion_association(frame, criteria=["a"], drop_duplicates=wrong),
    ):
        with pytest.raises(InputError, match=f"drop_duplicates must be True or False: got {wrong!r}"):
            judge()
