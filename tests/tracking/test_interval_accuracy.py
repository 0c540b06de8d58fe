"""Intervals and distributions beside what came: scoringrules and scipy as oracles, right and wrong forecasts."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scoringrules as sr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, kstest

from custvalue.kernels.clustered import clustered_counts
from custvalue.kernels.scores import binomial_band, crps_of_draws, pinball, winkler
from custvalue.tracking.distribution import revenue_distribution
from custvalue.tracking.distribution_accuracy import distribution_accuracy
from custvalue.tracking.interval_accuracy import interval_accuracy


def spans(low, high, actual, **more):
    return pd.DataFrame({"low": low, "high": high, "actual": actual, **more})


@pytest.mark.parametrize("actual", [10.0, 20.0])
def test_an_actual_on_the_end_of_the_interval_is_inside_and_beyond_it_is_not(actual):
    beyond = actual + (0.1 if actual == 20 else -0.1)
    row = interval_accuracy(spans([10.0] * 2, [20.0] * 2, [actual, beyond]), level=0.8).iloc[0]
    assert row["coverage"] == 0.5
    assert row["below"] + row["above"] == 0.5


def test_scores_of_intervals_and_quantiles_are_those_of_scoringrules():
    draw = np.random.default_rng(1)
    low = draw.normal(0, 1, 200)
    high, actual = low + draw.random(200), draw.normal(0, 1, 200)
    np.testing.assert_allclose(winkler(low, high, actual, 0.8), sr.interval_score(actual, low, high, 0.2), rtol=1e-12)
    np.testing.assert_allclose(pinball(low, actual, 0.1), sr.quantile_score(actual, low, 0.1), rtol=1e-12)
    frame = spans(low, high, actual, p30=low + 0.1)
    row = interval_accuracy(frame, level=0.8, quantiles={"p30": 0.3}).iloc[0]
    assert row["winkler"] == pytest.approx(sr.interval_score(actual, low, high, 0.2).mean())
    assert row["pinball_p30"] == pytest.approx(sr.quantile_score(actual, low + 0.1, 0.3).mean())
    assert row["below_p30"] == (actual <= low + 0.1).mean()
    assert row["mean_width"] == pytest.approx((high - low).mean())


@pytest.mark.parametrize(
    ("inside", "verdict"),
    [
        (20, "too narrow"),
        (26, "too narrow"),
        (27, "too narrow"),
        (28, "not contradicted"),
        (36, "not contradicted"),
        (37, "too wide"),
    ],
)
def test_the_coverage_has_wilsons_interval_and_a_verdict(inside, verdict):
    # Of 40 intervals that say 80 %, binomtest(27, 40).proportion_ci(method="wilson") ends at .799, that of 28 at .819,
    # and that of 37 begins at .801.
    frame = spans([0.0] * 40, [1.0] * 40, [0.5] * inside + [2.0] * (40 - inside))
    row = interval_accuracy(frame, level=0.8).iloc[0]
    wanted = binomtest(inside, 40).proportion_ci(0.95, method="wilson")
    assert row[["coverage_low", "coverage_high"]].tolist() == pytest.approx([wanted.low, wanted.high])
    assert row["verdict"] == verdict


def test_forecasts_that_share_a_period_are_worth_fewer():
    # Two of four quarters miss altogether: 40 rows say no more than 4 - 1 = 3 would.
    frame = spans([0.0] * 40, [1.0] * 40, [0.5] * 20 + [2.0] * 20)
    alone = interval_accuracy(frame, level=0.8).iloc[0]
    frame["period"] = np.repeat(["a", "b", "c", "d"], 10)
    shared = interval_accuracy(frame, level=0.8).iloc[0]
    assert alone["verdict"] == "too narrow"
    assert (shared["verdict"], shared["n_periods"]) == ("not contradicted", 4)
    assert clustered_counts(np.zeros(40, int), np.repeat([1.0, 0], 20), np.repeat(range(4), 10), 1)[0].n[0] == (
        pytest.approx(3)
    )
    one = interval_accuracy(frame.assign(period="a"), level=0.8).iloc[0]
    assert one["verdict"] == "too few"


def test_groups_missing_sides_empty_and_polars_frames():
    frame = spans([0.0, 0, 0, np.nan], [1.0] * 4, [0.5, 2.0, np.nan, 0.5], owner=["b", "a", "a", "a"])
    table = interval_accuracy(frame, level=0.8, by="owner")
    assert table[["owner", "n", "n_missing", "coverage"]].to_numpy().tolist() == [["a", 1, 2, 0.0], ["b", 1, 0, 1.0]]
    pd.testing.assert_frame_equal(interval_accuracy(pl.from_pandas(frame), level=0.8, by="owner"), table)
    assert interval_accuracy(frame.iloc[:0], level=0.8)["n"].tolist() == [0]
    empty = interval_accuracy(frame.iloc[:0], level=0.8, by="owner")
    assert len(empty) == 0
    assert empty.dtypes.iloc[1:].tolist() == table.dtypes.iloc[1:].tolist()


@pytest.mark.parametrize(
    ("frame", "options", "problem"),
    [
        (spans([2.0], [1.0], [1.0]), {"level": 0.8}, "low must not lie above high.*row 0"),
        (spans(["a"], [1.0], [1.0]), {"level": 0.8}, "low must be a number"),
        (spans([1.0], [1.0], [1.0]), {"level": 80}, "level must lie between 0 and 1"),
        (spans([1.0], [1.0], [1.0]), {"level": 0.8, "quantiles": {"p10": 0.1}}, "column 'p10' is needed"),
        (spans([1.0], [1.0], [1.0]), {"level": 0.8, "quantiles": {"low": 10}}, "low must lie between 0 and 1"),
        (spans([1.0], [1.0], [1.0]), {"level": 0.8, "quantiles": {3: 0.1}}, "names of columns to levels: got 3"),
    ],
)
def test_intervals_that_cannot_be_judged_are_refused(frame, options, problem):
    with pytest.raises(ValueError, match=problem):
        interval_accuracy(frame, **options)


@pytest.mark.parametrize("n_draws", [1, 2, 51])
def test_crps_of_draws_is_that_of_scoringrules(n_draws):
    draw = np.random.default_rng(2)
    draws, actual = np.round(draw.normal(0, 3, (80, n_draws)), 1), np.round(draw.normal(0, 3, 80), 1)
    found = distribution_accuracy(draws, actual=actual, seed=1)
    np.testing.assert_allclose(found.rows["crps"], sr.crps_ensemble(actual, draws, estimator="nrg"), atol=1e-10)
    assert found.summary["crps"].item() == pytest.approx(found.rows["crps"].mean())


def test_crps_of_quantiles_at_even_levels_is_that_of_scoringrules_whatever_their_order():
    draw = np.random.default_rng(3)
    levels = (np.arange(10) + 0.5) / 10  # the middles of ten equal parts of (0, 1)
    values, actual = np.sort(draw.normal(0, 1, (60, 10)), axis=1), draw.normal(0, 1, 60)
    frame = pd.DataFrame(values, columns=[str(p) if k % 2 else p for k, p in enumerate(levels)]).iloc[:, ::-1]
    found = distribution_accuracy(frame, actual=actual, seed=1)
    np.testing.assert_allclose(found.rows["crps"], sr.crps_quantile(actual, values, levels), rtol=1e-12)
    losses = np.array([sr.quantile_score(actual, values[:, k], p) for k, p in enumerate(levels)])
    np.testing.assert_allclose(found.rows["quantile_loss"], losses.mean(axis=0), rtol=1e-12)
    assert found.summary["quantile_loss"].item() == pytest.approx(losses.mean())
    assert found.summary["note"].item() == ""


def of_normal(levels):
    return pd.DataFrame([[NormalDist().inv_cdf(p) for p in levels]], columns=list(levels))


CROWDED = sorted({*np.arange(1, 10) / 10, *np.arange(501, 550) / 1_000})


@pytest.mark.parametrize("actual", [0.0, 1.0, -2.5])
@pytest.mark.parametrize(
    ("levels", "within"), [(np.arange(1, 100) / 100, 0.002), (np.arange(1, 10) / 10, 0.065), (CROWDED, 0.065)]
)
def test_crps_of_quantiles_comes_near_the_normals_also_where_levels_crowd_in_one_place(levels, within, actual):
    # 49 levels between .5 and .55 pull a plain mean far off: it would be the error of the median.
    found = distribution_accuracy(of_normal(levels), actual=[actual], seed=1).rows.iloc[0]
    wanted = sr.crps_normal(actual, 0.0, 1.0)
    assert found["crps"] == pytest.approx(wanted, rel=within)
    if levels is CROWDED:
        assert abs(2 * found["quantile_loss"] / wanted - 1) > 0.15


NINE = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@pytest.mark.parametrize(
    ("levels", "note"),
    [
        (NINE, ""),
        (NINE[:-1], "no CRPS: fewer than 9 levels"),
        ([0.9, 0.95, 0.99], "no CRPS: fewer than 9 levels"),
        ([0.1, 0.2, 0.3, 0.4, 0.55, 0.6, 0.7, 0.8, 0.9], ""),
        ([0.1, 0.2, 0.3, 0.4, 0.56, 0.6, 0.7, 0.8, 0.9], "no CRPS: levels more than 0.15 apart"),
        ([0.11, *NINE[1:]], "no CRPS: levels end more than 0.1 from 0 or 1"),
        ([*NINE[:-1], 0.89], "no CRPS: levels end more than 0.1 from 0 or 1"),
    ],
)
def test_quantiles_that_do_not_span_the_distribution_have_no_crps_and_say_why(levels, note):
    found = distribution_accuracy(of_normal(levels), actual=[0.0], seed=1)
    assert found.summary["note"].item() == note
    assert np.isnan(found.rows["crps"].item()) == np.isnan(found.summary["crps"].item()) == (note != "")
    # The actual lies at the median: each level p loses |q(p)| (p above, 1 - p below).
    wanted = np.mean([NormalDist().inv_cdf(p) * (p - (p > 0.5)) * -1 for p in levels])
    assert found.summary["quantile_loss"].item() == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("quantiles", "median"),
    [
        ({0.9: 1.0, 0.95: 2.0, 0.99: 3.0}, np.nan),
        ({0.1: 1.0, 0.4: 2.0}, np.nan),
        ({0.51: 1.0}, np.nan),
        ({0.5: 4.0}, 4.0),
        ({0.5: 4.0, 0.9: 8.0}, 4.0),
        ({0.1: 1.0, 0.5: 4.0}, 4.0),
        ({0.4: 1.0, 0.8: 5.0}, 2.0),  # a quarter of the way from .4 to .8
        ({0.1: -9.0, 0.4: 1.0, 0.8: 5.0, 0.9: 9.0}, 2.0),
    ],
)
def test_a_median_stands_between_levels_on_either_side_and_is_never_made_up(quantiles, median):
    found = distribution_accuracy(pd.DataFrame([quantiles]), actual=[10.0], seed=1)
    assert found.rows["median"].item() == pytest.approx(median, nan_ok=True)
    assert found.summary["mae_median"].item() == pytest.approx(10 - median, nan_ok=True)


def test_actuals_under_the_same_labels_in_another_order_are_refused():
    frame = pd.DataFrame({0.1: [1.0, 2.0], 0.9: [3.0, 4.0]}, index=["x", "y"])
    with pytest.raises(ValueError, match=r"labels in the order of the forecasts: got 'y' beside 'x' \(row 0\)"):
        distribution_accuracy(frame, actual=pd.Series([2.0, 1.0], index=["y", "x"]), seed=1)
    wanted = distribution_accuracy(frame, actual=[1.0, 2.0], seed=1).rows
    mixed = frame.set_axis(["x", 1], axis="index")
    with pytest.raises(ValueError, match="labels in the order of the forecasts"):
        distribution_accuracy(mixed, actual=pd.Series([2.0, 1.0], index=[1, "x"]), seed=1)
    for labels in (["x", "y"], [7, 8], ["x", "x"], None):
        found = distribution_accuracy(frame, actual=pd.Series([1.0, 2.0], index=labels), seed=1).rows
        pd.testing.assert_frame_equal(found, wanted)


def test_whole_numbers_of_numpy_are_whole_numbers():
    draws = np.random.default_rng(1).normal(0, 1, (20, 5))
    wanted = distribution_accuracy(draws, actual=draws[:, 0], seed=3, n_bins=4)
    found = distribution_accuracy(draws, actual=draws[:, 0], seed=np.int64(3), n_bins=np.int32(4))
    pd.testing.assert_frame_equal(found.rows, wanted.rows)
    pd.testing.assert_frame_equal(found.histogram, wanted.histogram)
    with pytest.raises(ValueError, match="n_bins must be"):
        distribution_accuracy(draws, actual=draws[:, 0], seed=3, n_bins=4.0)


@pytest.mark.parametrize(("n_periods", "verdict"), [(2, "too few"), (3, "too few"), (4, "too narrow")])
def test_forty_intervals_of_fewer_than_four_periods_are_too_few_to_judge(n_periods, verdict):
    # Half of every period's intervals miss: no period differs from another, so each row counts.
    frame = spans([0.0] * 40, [1.0] * 40, [0.5, 2.0] * 20, period=np.repeat(range(n_periods), 40 // n_periods + 1)[:40])
    row = interval_accuracy(frame, level=0.8).iloc[0]
    assert (row["n_periods"], row["verdict"]) == (n_periods, verdict)


class Normal:
    """A distribution with nothing but what is asked of one."""

    def __init__(self, mean, sd):
        self.law = NormalDist(mean, sd)

    def cdf(self, x):
        return self.law.cdf(x)

    def quantile(self, q):
        return self.law.inv_cdf(q) if np.ndim(q) == 0 else np.array([self.law.inv_cdf(x) for x in q])


def test_crps_and_pit_of_a_distribution_are_those_of_its_formula():
    actual = np.array([-2.0, 0.1, 3.0])
    found = distribution_accuracy([Normal(0, 1)] * 3, actual=actual, seed=1).rows
    np.testing.assert_allclose(found["crps"], sr.crps_normal(actual, 0.0, 1.0), rtol=2e-3)
    assert found["pit"].tolist() == pytest.approx([NormalDist().cdf(x) for x in actual], abs=1e-6)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8), st.integers(-6, 6))
@settings(deadline=None, max_examples=80)
def test_crps_equals_the_integral_of_the_squared_distance_of_the_steps(draws, actual):
    # ∫ (F - 1{x >= y})² dx over unit steps of whole numbers
    steps = np.arange(-7, 8)
    level = (np.array(draws)[:, None] <= steps).mean(axis=0)
    wanted = np.square(level - (steps >= actual)).sum()
    found = crps_of_draws(np.array([draws], dtype=float), np.array([float(actual)]))[0]
    assert found == pytest.approx(wanted, abs=1e-12)


def revenues(n, seed, spread=1.0):
    """Return the law of n deals of 100 at 30 % each, and revenues drawn from it: only steps of 100, with atoms."""
    deals = pd.DataFrame({"amount": 100.0, "stage": "terms", "p": 0.3, "outcome": None}, index=range(4))
    deals = deals.assign(expected_close=pd.Timestamp("2026-09-30"))
    law = revenue_distribution(deals, correlation=0, as_of="2026-09-15", probability="p")
    return [law] * n, spread * 100.0 * np.random.default_rng(seed).binomial(4, 0.3, n)


def test_the_pit_of_a_distribution_with_jumps_is_drawn_within_them_and_uniform():
    laws, actual = revenues(600, 5)
    found = distribution_accuracy(laws, actual=actual, seed=7)
    # P(X < 100) = .7⁴, P(X <= 100) = .7⁴ + 4 · .3 · .7³
    row = found.rows[found.rows["actual"] == 100].iloc[0]
    assert row[["pit_low", "pit_high"]].tolist() == pytest.approx([0.7**4, 0.7**4 + 4 * 0.3 * 0.7**3], abs=1e-9)
    assert kstest(found.rows["pit"], "uniform").pvalue > 0.01
    assert kstest((found.rows["pit_low"] + found.rows["pit_high"]) / 2, "uniform").pvalue < 1e-6
    again = distribution_accuracy(laws, actual=actual, seed=7).rows["pit"]
    pd.testing.assert_series_equal(again, found.rows["pit"])
    assert (distribution_accuracy(laws, actual=actual, seed=8).rows["pit"] != again).any()


@pytest.mark.parametrize("kind", ["draws", "quantiles"])
def test_the_pit_is_uniform_where_the_actual_is_one_more_draw(kind):
    draw = np.random.default_rng(10)
    centre = draw.normal(0, 5, 800)
    actual = centre + np.round(draw.normal(0, 1, 800), 1)
    if kind == "draws":
        forecasts = centre[:, None] + np.round(draw.normal(0, 1, (800, 9)), 1)  # few, rounded: many ties
    else:
        levels = [0.1, 0.5, 0.9]
        forecasts = pd.DataFrame({p: centre + NormalDist().inv_cdf(p) for p in levels})
    found = distribution_accuracy(forecasts, actual=actual, seed=1)
    assert kstest(found.rows["pit"], "uniform").pvalue > 0.01
    assert found.summary["verdict"].item() == "not contradicted"


@pytest.mark.parametrize(
    ("shift", "scale", "verdict"),
    [
        (0.0, 1.0, "not contradicted"),
        (-0.7, 1.0, "too low"),
        (0.7, 1.0, "too high"),
        (0.0, 0.5, "too narrow"),
        (0.0, 2.0, "too wide"),
    ],
)
def test_the_summary_says_what_is_wrong_with_the_distributions(shift, scale, verdict):
    draw = np.random.default_rng(11)
    draws = shift + scale * draw.normal(0, 1, (120, 200))
    found = distribution_accuracy(draws, actual=draw.normal(0, 1, 120), seed=2)
    assert found.summary["verdict"].item() == verdict
    assert found.histogram["outside"].any() == (verdict != "not contradicted")


def test_right_forecasts_are_blamed_no_more_often_than_the_level_allows():
    blamed = outside = 0
    for seed in range(300):
        draw = np.random.default_rng(seed)
        found = distribution_accuracy(draw.normal(0, 1, (24, 30)), actual=draw.normal(0, 1, 24), seed=seed)
        blamed += found.summary["verdict"].item() != "not contradicted"
        outside += found.histogram["outside"].any()
    limit = 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
    assert blamed / 300 <= limit
    assert outside / 300 <= limit


@pytest.mark.parametrize(("n", "verdict"), [(9, "too few"), (10, "too low")])
def test_nine_forecasts_are_too_few_to_blame_ten_are_enough(n, verdict):
    draws = np.random.default_rng(1).normal(0, 1, (n, 50))
    assert distribution_accuracy(draws, actual=[10.0] * n, seed=1).summary["verdict"].item() == verdict


@given(st.integers(0, 60), st.sampled_from([0.05, 0.1, 0.5]), st.sampled_from([0.8, 0.95, 0.995]))
@settings(deadline=None, max_examples=60)
def test_the_band_holds_at_least_its_level(n, chance, level):
    low, high = binomial_band(n, chance, level)
    law = binom(n, chance)
    assert law.cdf(high) - law.cdf(low - 1) >= level - 1e-12
    assert law.cdf(low - 1) <= (1 - level) / 2 + 1e-12
    assert law.sf(high) <= (1 - level) / 2 + 1e-12


def test_the_histogram_counts_every_forecast_once_and_missing_actuals_are_counted_apart():
    draw = np.random.default_rng(4)
    actual = draw.normal(0, 1, 30)
    actual[[3, 7]] = np.nan
    found = distribution_accuracy(draw.normal(0, 1, (30, 20)), actual=actual, seed=1, n_bins=5)
    assert found.histogram["n"].sum() == 28
    assert found.histogram["pit_to"].tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert found.summary[["n", "n_missing"]].to_numpy().tolist() == [[28, 2]]
    assert found.rows["crps"].isna().sum() == 2
    assert len(found.rows) == 30


def test_nothing_to_judge_gives_empty_parts():
    for forecasts in (np.zeros((0, 3)), pd.DataFrame({0.5: []}), []):
        found = distribution_accuracy(forecasts, actual=[], seed=1)
        assert len(found.rows) == 0
        assert found.summary["verdict"].item() == "too few"
        assert found.histogram["share"].isna().all()


@pytest.mark.parametrize(
    ("forecasts", "options", "problem"),
    [
        (np.zeros(3), {}, "draws come as a 2-D array"),
        (np.array([[np.nan], [1.0], [2.0]]), {}, r"no missing or infinite value.*row 0"),
        (np.zeros((2, 2)), {}, "actual must have one value per forecast"),
        (pd.DataFrame({"p10": [1.0, 2, 3]}), {}, "columns of quantiles are named by distinct levels"),
        (pd.DataFrame({0.1: [1.0, 5, 3], 0.9: [2.0, 4, 4]}), {}, "quantiles rise with their level.*row 1"),
        ([1.0, 2.0, 3.0], {}, "a distribution has cdf and quantile"),
        ("abc", {}, "a data frame is needed"),
        (np.zeros((3, 2)), {"n_bins": 1}, "n_bins must be"),
        (np.zeros((3, 2)), {"level": 95}, "level must lie"),
        (np.zeros((3, 2)), {"seed": -1}, "seed must be"),
        (np.zeros((3, 2)), {"actual": ["a", "b", "c"]}, "actual must be a number"),
    ],
)
def test_distributions_that_cannot_be_judged_are_refused(forecasts, options, problem):
    with pytest.raises(ValueError, match=problem):
        distribution_accuracy(forecasts, **({"actual": [1.0, 2.0, 3.0], "seed": 1} | options))
