"""Who forecasts too high or too low: named by hand-worked cases, and over simulated companies at the promised rates."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

import custvalue as cv
from custvalue.kernels.discoveries import moderated_variances, name_biased, net_of_others, shrink
from custvalue.samples import SAMPLE_SEED, simulate_company
from custvalue.tracking.bias import forecast_bias
from custvalue.tracking.judged_forecasts import judge_forecasts

N_SEEDS, N_REPS, N_PERIODS, NOISE, PLANTED = 200, 20, 8, 0.25, 0.5


def panel(errors, actual=100.0):
    """Return forecasts whose log errors are those of the table (rep × period)."""
    errors = np.asarray(errors, dtype=float)
    rep, quarter = np.indices(errors.shape)
    return pd.DataFrame(
        {
            "owner": [f"rep {k:02d}" for k in rep.ravel()],
            "period": [f"Q{k}" for k in quarter.ravel()],
            "forecast": actual * np.exp(errors.ravel()),
            "actual": actual,
        }
    )


def simulated(seed, planted, signs=None):
    """Return a company's forecasts and the planted sign of each rep: noise, a common quarter effect, biased reps."""
    draw = np.random.default_rng(seed)
    sign = np.zeros(N_REPS)
    n_biased = N_REPS // 4
    sign[:n_biased] = draw.choice([-1.0, 1.0], n_biased) if signs is None else signs
    errors = planted * sign[:, None] + NOISE * draw.standard_normal((N_REPS, N_PERIODS))
    return panel(errors + 0.3 * draw.standard_normal(N_PERIODS)), sign


def named_signs(table):
    return table["named"].map({"sandbagging": -1, "not named": 0, "happy ears": 1}).to_numpy(dtype=float)


@pytest.mark.parametrize("signs", [None, 1.0, -1.0])
def test_of_those_named_at_most_a_tenth_is_named_wrongly_and_most_biased_reps_are_found(signs):
    wrong, found = [], []
    for seed in range(N_SEEDS):
        frame, sign = simulated(seed, PLANTED, signs)
        named = named_signs(forecast_bias(frame))
        right = (named != 0) & (named == sign)
        wrong.append(((named != 0) & ~right).sum() / max((named != 0).sum(), 1))
        found.append(right.sum() / (sign != 0).sum())
    assert np.mean(wrong) <= 0.10 + 2 * np.std(wrong) / np.sqrt(N_SEEDS)
    assert np.mean(found) >= 0.8


def test_where_nobody_is_biased_somebody_is_named_in_at_most_a_tenth_of_companies():
    named = [named_signs(forecast_bias(simulated(seed, 0.0)[0])).any() for seed in range(N_SEEDS)]
    assert np.mean(named) <= 0.10 + 2 * np.sqrt(0.1 * 0.9 / N_SEEDS)


def test_a_quarter_that_went_badly_for_all_makes_nobody_biased():
    draw = np.random.default_rng(1)
    calm = 0.1 * draw.standard_normal((6, 6))
    shocks = np.array([0.0, 2.0, -1.5, 0.7, 0.0, 3.0])
    quiet, shaken = forecast_bias(panel(calm)), forecast_bias(panel(calm + shocks))
    assert (quiet["named"] == "not named").all()
    pd.testing.assert_frame_equal(quiet, shaken, rtol=1e-9)


def test_the_bias_is_the_mean_error_net_of_the_others_and_its_test_students():
    # Net of the other two, period by period: rep 00 .3 - (.1 + 0)/2 = .25, .1 - (-.1 + .2)/2 = .05, .2 - 0 = .2, and
    # rep 01 .1 - (.3 + 0)/2 = -.05, -.1 - (.1 + .2)/2 = -.25, 0 - (.2 + 0)/2 = -.1.
    table = forecast_bias(panel([[0.3, 0.1, 0.2], [0.1, -0.1, 0.0], [0.0, 0.2, 0.0]]), q=0.001)
    assert table["bias"].tolist() == pytest.approx([0.5 / 3, -0.4 / 3, -0.1 / 3])
    oracle = ttest_1samp([0.25, 0.05, 0.2], 0.0)
    low, high = oracle.confidence_interval(0.95)
    row = table.iloc[0]
    assert row[["p_value", "low", "high"]].tolist() == pytest.approx([oracle.pvalue, low, high])
    assert row["bias_pct"] == pytest.approx(100 * (np.exp(0.5 / 3) - 1))


def test_those_named_are_taken_out_of_the_yardstick():
    errors = [[1.0, 1.1, 0.9, 1.0], [0.1, 0.0, -0.1, 0.05], [-0.1, 0.1, 0.0, 0.0], [0.0, -0.1, 0.1, -0.05]]
    table = forecast_bias(panel(errors)).set_index("owner")
    assert table["named"].tolist() == ["happy ears", "not named", "not named", "not named"]
    # rep 01: mean .0125 less that of reps 02 and 03, (0 + (-.0125)) / 2, without the 1.0 of rep 00
    assert table.loc["rep 01", "bias"] == pytest.approx(0.0125 + 0.00625)


@pytest.mark.parametrize(("n_periods", "note"), [(2, "too few periods"), (3, "")])
def test_two_periods_are_too_few_to_name_anybody_three_are_enough(n_periods, note):
    errors = np.array([[1.0, 1.1, 0.9], [0.1, 0.0, -0.1], [-0.1, 0.1, 0.0], [0.0, -0.1, 0.1]])[:, :n_periods]
    row = forecast_bias(panel(errors)).iloc[0]
    assert row["note"] == note
    assert row["bias"] > 0.8
    for name in ("low", "p_value", "q_value", "named"):
        assert pd.isna(row[name]) == (n_periods == 2)
    assert row["shrunken"] > 0


def test_a_missing_side_or_nothing_on_both_leaves_the_period_out_and_is_counted():
    frame = panel(np.random.default_rng(2).normal(0, 0.1, (4, 6)))
    frame.loc[2, "actual"] = np.nan  # rep 00 in Q2
    frame.loc[[3, 10], ["forecast", "actual"]] = 0.0  # rep 00 in Q3, rep 01 in Q4
    table = forecast_bias(frame)
    # In each of the three periods three reps are left, so that everybody else has two others.
    assert table[["n", "n_left_out"]].to_numpy().tolist() == [[4, 2], [5, 1], [6, 0], [6, 0]]
    assert np.isfinite(table["bias"]).all()


def test_an_honest_rep_who_wins_nothing_in_half_of_the_quarters_is_not_judged_by_the_other_half():
    # Says 50 each quarter and wins 0, 100, 0, 100: right on the whole, and half of what came wherever something came.
    frame = panel(np.random.default_rng(5).normal(0, 0.1, (8, 12)))
    lumpy = frame["owner"] == "rep 00"
    frame.loc[lumpy, "forecast"] = 50.0
    frame.loc[lumpy, "actual"] = [0.0, 100.0] * 6
    table = forecast_bias(frame).set_index("owner")
    rep = table.loc["rep 00"]
    assert (rep["n"], rep["n_left_out"], rep["note"]) == (0, 12, "nothing forecast or nothing won in some period")
    assert rep[["bias", "p_value", "named"]].isna().all()
    # Nor is the half part of what the others are measured against.
    others = forecast_bias(frame[~lumpy]).set_index("owner")
    pd.testing.assert_frame_equal(table.drop(index="rep 00"), others)


def test_honest_reps_with_one_deal_a_quarter_on_average_are_named_no_more_often_than_promised():
    named = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        frame = panel(draw.normal(0, 0.1, (8, 12)))
        few = frame["owner"] == "rep 00"
        frame.loc[few, "actual"] = 100.0 * draw.poisson(1.0, 12)
        frame.loc[few, "forecast"] = 100.0
        named += forecast_bias(frame)["named"].iloc[0] in ("happy ears", "sandbagging")
    assert named <= 2


@pytest.mark.parametrize("seed", range(40))
def test_what_differs_by_round_off_only_names_nobody(seed):
    draw = np.random.default_rng(seed)
    frame = panel(np.zeros((6, draw.integers(3, 9))))
    frame["actual"] = draw.lognormal(10.0, 1.0, len(frame))
    frame["forecast"] = 1.1 * frame["actual"]
    assert (forecast_bias(frame)["named"] == "not named").all()


def test_a_period_with_fewer_than_two_others_has_no_yardstick():
    frame = panel(np.random.default_rng(2).normal(0, 0.1, (3, 5)))
    table = forecast_bias(frame.drop(index=4))  # rep 00 is gone in Q4, two are left
    assert table[["n", "n_left_out"]].to_numpy().tolist() == [[4, 0], [4, 1], [4, 1]]


def test_a_team_is_judged_by_the_sums_of_its_members():
    frame = panel(np.random.default_rng(3).normal(0, 0.2, (8, 5)), actual=50.0)
    frame["actual"] *= 1 + np.arange(len(frame)) % 3
    frame["team"] = [f"team {int(name[-2:]) // 2}" for name in frame["owner"]]
    sums = frame.groupby(["team", "period"], as_index=False)[["forecast", "actual"]].sum().rename(columns={"team": "x"})
    by_team = forecast_bias(frame, by="team").drop(columns="team")
    pd.testing.assert_frame_equal(by_team, forecast_bias(sums, by="x").drop(columns="x"))


def test_false_discoveries_are_held_by_the_unshrunken_errors_not_by_the_shrunken():
    table = forecast_bias(simulated(4, PLANTED)[0])
    known = table["q_value"] <= 0.10
    assert ((table["named"] != "not named") == known).all()
    assert (table["shrunken"].abs() < table["bias"].abs()).all()
    assert (np.sign(table["shrunken"]) == np.sign(table["bias"])).all()


def test_shrunken_intervals_hold_the_true_bias_as_often_as_they_say():
    draw = np.random.default_rng(6)
    held = []
    for _ in range(400):
        true = draw.normal(0, 0.2, 15)
        found = shrink(true + draw.normal(0, 0.1, 15), np.full(15, 0.01))
        half = NormalDist().inv_cdf(0.975) * found.sd
        held.append((np.abs(found.mean - true) <= half).mean())
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_without_true_differences_the_shrunken_interval_is_narrower_than_the_plain_but_not_nothing():
    table = forecast_bias(simulated(7, 0.0)[0])
    shrunken, plain = table["shrunken_high"] - table["shrunken_low"], table["high"] - table["low"]
    assert (shrunken < plain).mean() > 0.9
    assert (shrunken > 0.02).all()


def test_variances_that_agree_as_chance_makes_them_are_pooled_and_others_kept_apart():
    draw = np.random.default_rng(8)
    alike = draw.chisquare(6, 400) / 6
    assert np.ptp(moderated_variances(alike, np.full(400, 6.0))) < 0.35 * np.ptp(alike)
    apart = alike * np.exp(2 * draw.standard_normal(400))
    kept = moderated_variances(apart, np.full(400, 6.0))
    assert np.corrcoef(np.log(kept), np.log(apart))[0, 1] > 0.95


@given(st.integers(0, 10_000), st.integers(3, 7), st.integers(1, 6))
@settings(deadline=None, max_examples=40)
def test_the_yardstick_equals_a_naive_loop_and_the_order_of_reps_does_not_matter(seed, n_reps, n_periods):
    draw = np.random.default_rng(seed)
    errors = draw.normal(0, 1, (n_reps, n_periods))
    errors[draw.random(errors.shape) < 0.2] = np.nan
    reference = draw.random(n_reps) < 0.7
    net = net_of_others(errors, reference)
    for rep in range(n_reps):
        for quarter in range(n_periods):
            others = [errors[k, quarter] for k in range(n_reps) if k != rep and reference[k]]
            others = [x for x in others if not np.isnan(x)]
            wanted = errors[rep, quarter] - np.mean(others) if len(others) >= 2 else np.nan
            assert net[rep, quarter] == pytest.approx(wanted, nan_ok=True)
    order = draw.permutation(n_reps)
    there, back = name_biased(errors, 0.1), name_biased(errors[order], 0.1)
    assert (there.named[order] == back.named).all()


@pytest.mark.parametrize("weeks_before", [8, 10])
def test_the_sample_companys_planted_biases_are_found_and_nobody_else_is_named(weeks_before):
    kind = simulate_company(SAMPLE_SEED).truth["rep_bias"].set_index("rep")["kind"]
    judged = judge_forecasts(
        cv.load_forecasts(), cv.load_opportunities(), as_of="2026-09-30", weeks_before=weeks_before
    ).judged
    table = forecast_bias(judged).set_index("owner")
    named = table["named"].astype("str")
    planted = kind.map({"happy_ears": "happy ears", "sandbagger": "sandbagging", "plain": "not named"})
    found = named[named != "not named"]
    assert len(found) >= 2
    assert (found == planted.reindex(found.index)).all()


@pytest.mark.parametrize(
    ("change", "options", "problem"),
    [
        ({"forecast": -1.0}, {}, "forecast must be 0 or more"),
        ({"actual": np.inf}, {}, "actual must be finite"),
        ({"period": "Q0"}, {}, "an owner has one forecast for a period"),
        ({"owner": None}, {}, "owner must not be missing"),
        ({}, {"by": "team"}, "column 'team' is needed"),
        ({}, {"q": 0.0}, "q must lie between 0 and 1"),
        ({}, {"level": 1.0}, "level must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_judged_is_refused(change, options, problem):
    with pytest.raises(ValueError, match=problem):
        forecast_bias(panel(np.zeros((3, 3))).assign(**change), **options)


def test_empty_one_row_constant_and_polars_frames_are_answered():
    frame = panel([[0.2, 0.2, 0.2], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert len(forecast_bias(frame.iloc[:0])) == 0
    assert list(forecast_bias(frame.iloc[:0]).columns) == list(forecast_bias(frame).columns)
    one = forecast_bias(frame.iloc[:1]).iloc[0]
    assert (one["n"], one["n_left_out"], one["note"]) == (0, 1, "too few periods")
    always = forecast_bias(frame)  # errors that never vary: certain, up to rounding
    assert always["named"].tolist()[0] == "happy ears"
    before = frame.copy()
    pd.testing.assert_frame_equal(forecast_bias(pl.from_pandas(frame)), always)
    pd.testing.assert_frame_equal(frame, before)
