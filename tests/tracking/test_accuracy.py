"""Forecasts beside what came: hand-worked cases, utilsforecast and scipy as oracles, each edge of every rule."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_rel
from utilsforecast.losses import bias, mae, mase, rmse, wape

import custvalue as cv
from custvalue.tracking.accuracy import forecast_accuracy
from custvalue.tracking.judged_forecasts import judge_forecasts

QUARTERS = [str(pd.Period("2020Q1", freq="Q") + k) for k in range(24)]


def said(forecast, actual, **more):
    n = len(forecast)
    return pd.DataFrame({"period": QUARTERS[:n], "forecast": forecast, "actual": actual, **more})


def random_rows(seed=1, n_owners=5, n_periods=12):
    draw = np.random.default_rng(seed)
    size = n_owners * n_periods
    return pd.DataFrame(
        {
            "owner": np.repeat([f"rep {k}" for k in range(n_owners)], n_periods),
            "period": QUARTERS[:n_periods] * n_owners,
            "forecast": draw.lognormal(5, 0.5, size),
            "actual": draw.lognormal(5, 0.5, size),
            "naive": draw.lognormal(5, 0.5, size),
        }
    )


@pytest.mark.parametrize("season", [1, 4])
@pytest.mark.parametrize("seed", range(3))
def test_each_owners_errors_are_those_of_utilsforecast(seed, season):
    frame = random_rows(seed)
    columns = {"owner": "unique_id", "period": "ds", "actual": "y"}
    other = frame.rename(columns=columns).assign(ds=lambda rows: pd.PeriodIndex(rows["ds"], freq="Q").to_timestamp())
    ours = forecast_accuracy(frame, by="owner", season=season)
    for name, loss in (("wape", wape), ("mae", mae), ("rmse", rmse)):
        np.testing.assert_allclose(ours[name], loss(other, models=["forecast"])["forecast"], rtol=1e-12)
    theirs = mase(other, models=["forecast"], seasonality=season, train_df=other)["forecast"]
    np.testing.assert_allclose(ours["mase"], theirs, rtol=1e-12)
    # Its bias is the mean of forecast minus actual; where a release turns the sign round, the sizes still agree.
    mean_error = ours["forecast_minus_actual"] / ours["n"]
    theirs = bias(other, models=["forecast"])["forecast"]
    np.testing.assert_allclose(mean_error, theirs, rtol=1e-9)


def test_every_measure_of_three_quarters_by_hand():
    # errors 20, -10, 0 on actuals 100, 200, 50
    row = forecast_accuracy(said([120.0, 190.0, 50.0], [100.0, 200.0, 50.0])).iloc[0]
    wanted = {
        "n": 3,
        "n_missing": 0,
        "n_zero_actual": 0,
        "actual": 350.0,
        "forecast": 360.0,
        "forecast_minus_actual": 10.0,
        "bias_pct": 100 * 10 / 350,
        "mae": 10.0,
        "wape": 30 / 350,
        "rmse": np.sqrt(500 / 3),
        "mase": 10 / 125,  # steps 100 and 150
        "within_5_pct": 2 / 3,  # 10 of 200 is just within
        "within_10_pct": 2 / 3,
        "within_20_pct": 1.0,  # 20 of 100 is just within
        "crm_accuracy_clipped": (0.8 + 0.95 + 1) / 3,
    }
    assert list(wanted) == list(row.index)
    assert row.to_dict() == pytest.approx(wanted)


@pytest.mark.parametrize(("forecast", "within"), [(104.9, 1.0), (105.0, 1.0), (105.1, 0.0), (95.0, 1.0), (94.9, 0.0)])
def test_a_forecast_off_by_just_five_per_cent_is_within(forecast, within):
    assert forecast_accuracy(said([forecast], [100.0]))["within_5_pct"].item() == within


def test_a_forecast_ten_times_too_high_counts_as_zero_in_the_clipped_figure_and_whole_in_the_others():
    row = forecast_accuracy(said([1000.0, 100.0], [100.0, 100.0])).iloc[0]
    assert row["crm_accuracy_clipped"] == 0.5
    assert row["wape"] == 4.5


def test_an_actual_of_zero_has_a_stated_result_in_every_column():
    # A zero met exactly, a zero missed by 50, and 100 met exactly.
    row = forecast_accuracy(said([0.0, 50.0, 100.0], [0.0, 0.0, 100.0])).iloc[0]
    wanted = {
        "n": 3,
        "n_zero_actual": 2,
        "forecast_minus_actual": 50.0,
        "bias_pct": 50.0,
        "mae": 50 / 3,
        "wape": 0.5,
        "rmse": np.sqrt(2500 / 3),
        "mase": (50 / 3) / 50,  # steps 0 and 100
        "within_5_pct": 2 / 3,
        "within_20_pct": 2 / 3,
        "crm_accuracy_clipped": 2 / 3,
    }
    assert {name: row[name] for name in wanted} == pytest.approx(wanted)
    nothing = forecast_accuracy(said([0.0, 50.0], [0.0, 0.0])).iloc[0]
    assert nothing[["bias_pct", "wape", "mase"]].isna().all()
    assert nothing[["mae", "within_10_pct", "crm_accuracy_clipped"]].tolist() == [25.0, 0.5, 0.5]


def test_actuals_that_add_up_to_nothing_but_rounding_have_no_bias_in_per_cent():
    # .1 + .2 - .3 is 5.6e-17 in floats; .1 + .2 - .299 is not nothing.
    row = forecast_accuracy(said([1.0, 1.0, 1.0], [0.1, 0.2, -0.3])).iloc[0]
    assert np.isnan(row["bias_pct"])
    assert row["wape"] == pytest.approx((0.9 + 0.8 + 1.3) / 0.6)
    row = forecast_accuracy(said([1.0, 1.0, 1.0], [0.1, 0.2, -0.299])).iloc[0]
    assert row["bias_pct"] == pytest.approx(100 * (3 - 0.001) / 0.001)


def test_a_whole_number_of_numpy_is_a_season():
    frame = random_rows()
    pd.testing.assert_frame_equal(forecast_accuracy(frame, season=np.int64(4)), forecast_accuracy(frame, season=4))
    with pytest.raises(ValueError, match="season must be a whole number"):
        forecast_accuracy(frame, season=np.float64(4))


def test_missing_sides_are_left_out_and_counted():
    row = forecast_accuracy(said([10.0, np.nan, 30.0], [10.0, 20.0, np.nan])).iloc[0]
    assert (row["n"], row["n_missing"], row["mae"]) == (1, 2, 0.0)


def test_the_scale_steps_along_the_calendar_and_not_over_a_gap():
    frame = said([0.0] * 4, [10.0, 20.0, 90.0, 80.0])
    frame["period"] = ["2020Q1", "2020Q2", "2021Q1", "2021Q2"]
    # steps of one quarter: 10 and 10, not the 70 over the gap; of four quarters: 80 and 60
    assert forecast_accuracy(frame)["mase"].item() == pytest.approx(50 / 10)
    assert forecast_accuracy(frame, season=4)["mase"].item() == pytest.approx(50 / 70)


def balanced(n_periods, seed=3):
    draw = np.random.default_rng(seed)
    frame = random_rows(seed, n_owners=4, n_periods=n_periods)
    shared = np.tile(draw.normal(0, 30, n_periods), 4)
    return frame.assign(forecast=frame["actual"] + draw.normal(0, 20, len(frame)) + shared)


def losses(frame):
    ours, theirs = (frame["forecast"] - frame["actual"]).abs(), (frame["naive"] - frame["actual"]).abs()
    return ours, theirs


@pytest.mark.parametrize("n_periods", [4, 11])
def test_under_twelve_periods_the_saving_has_the_interval_of_a_paired_t_over_periods(n_periods):
    frame = balanced(n_periods)
    row = forecast_accuracy(frame, baseline="naive").iloc[0]
    ours, theirs = (loss.groupby(frame["period"]).mean() for loss in losses(frame))
    interval = ttest_rel(theirs, ours).confidence_interval(0.95)
    assert row[["mae_saved_low", "mae_saved_high"]].tolist() == pytest.approx(list(interval))
    assert row["n_periods"] == n_periods


def test_from_twelve_periods_on_the_interval_is_clustered_by_period():
    frame = balanced(13).drop(index=[1, 2, 30])  # unequal periods
    row = forecast_accuracy(frame, baseline="naive").iloc[0]
    ours, theirs = losses(frame)
    saved = theirs - ours
    n_groups, total = 13, 0.0
    for period in frame["period"].unique():
        total += (saved - saved.mean())[frame["period"] == period].sum() ** 2
    error = np.sqrt(total * n_groups / (n_groups - 1)) / len(frame)
    half = student.ppf(0.975, n_groups - 1) * error
    assert row["mae_saved"] == pytest.approx(saved.mean())
    assert row[["mae_saved_low", "mae_saved_high"]].tolist() == pytest.approx(
        [saved.mean() - half, saved.mean() + half]
    )


def test_below_four_periods_it_is_too_few_to_tell():
    row = forecast_accuracy(balanced(3), baseline="naive").iloc[0]
    assert row["verdict"] == "too few"
    assert np.isnan(row["mae_saved_low"])
    assert np.isfinite(row["skill"])


def test_skill_compares_on_the_rows_that_have_the_baseline_and_says_who_is_better():
    frame = said([100.0] * 6, [100.0, 101, 99, 100, 102, 98], naive=[150.0, 140, 160, 155, 145, np.nan])
    row = forecast_accuracy(frame, baseline=["naive"]).iloc[0]
    # errors 0 1 1 0 2 against 50 39 61 55 43
    assert (row["n"], row["n_compared"]) == (6, 5)
    assert row["skill"] == pytest.approx(1 - (4 / 5) / (248 / 5))
    assert row["verdict"] == "better"
    swapped = frame.assign(forecast=frame["naive"], naive=frame["forecast"])
    assert forecast_accuracy(swapped, baseline="naive")["verdict"].item() == "worse"
    same = frame.assign(naive=frame["forecast"])
    assert forecast_accuracy(same, baseline="naive")["verdict"].item() == "no difference shown"


def test_skill_against_each_of_the_four_stated_baselines_by_hand():
    judged = said(
        [110.0, 210.0, 290.0],
        [100.0, 200.0, 300.0],
        last_period=[np.nan, 100.0, 200.0],
        same_period_last_year=[np.nan, np.nan, 280.0],
        raw_pipeline=[150.0, 260.0, 330.0],
        weighted_pipeline=[105.0, 200.0, 295.0],
    )
    baselines = ["last_period", "same_period_last_year", "raw_pipeline", "weighted_pipeline"]
    table = forecast_accuracy(judged, baseline=baselines).set_index("baseline")
    # Ours: 10 each. Theirs: 100 100; 20; 50 60 30; 5 0 5.
    assert table["n_compared"].tolist() == [2, 1, 3, 3]
    assert table["mae_baseline"].tolist() == pytest.approx([100, 20, 140 / 3, 10 / 3])
    assert table["skill"].tolist() == pytest.approx([0.9, 0.5, 1 - 30 / 140, 1 - 3])
    assert table["mae_saved"].tolist() == pytest.approx([90, 10, 110 / 3, -20 / 3])
    assert (table["mae_compared"] == 10).all()
    assert (table["verdict"] == "too few").all()


def test_groups_by_rep_and_team_are_measured_on_their_own_rows():
    frame = random_rows(n_owners=4, n_periods=6).assign(team=lambda rows: rows["owner"].isin(["rep 0", "rep 1"]))
    table = forecast_accuracy(frame, by=["team", "owner"], baseline="naive")
    assert table[["team", "owner"]].to_numpy().tolist() == [
        [False, "rep 2"], [False, "rep 3"], [True, "rep 0"], [True, "rep 1"],
    ]  # fmt: skip
    for row in table.to_dict("records"):
        mine = frame[frame["owner"] == row["owner"]]
        alone = forecast_accuracy(mine, baseline="naive").iloc[0]
        for name in ("n", "forecast_minus_actual", "wape", "mase", "skill", "mae_saved_low", "verdict"):
            assert row[name] == alone[name] or row[name] == pytest.approx(alone[name])


@pytest.mark.parametrize(("n_periods", "clustered"), [(11, False), (12, True)])
def test_twelve_periods_are_enough_for_the_clustered_interval_and_eleven_are_not(n_periods, clustered):
    # One period has many rows: the cluster-robust interval is centred on the saving per row, the paired t on the
    # mean over periods, each with the same weight.
    frame = balanced(n_periods)
    many = pd.concat([frame[frame["period"] == QUARTERS[0]].assign(owner=f"more {k}") for k in range(4)]).assign(
        owner=lambda rows: [f"more {k}" for k in range(len(rows))]
    )
    frame = pd.concat([frame, many], ignore_index=True)
    row = forecast_accuracy(frame, baseline="naive").iloc[0]
    middle = (row["mae_saved_low"] + row["mae_saved_high"]) / 2
    ours, theirs = losses(frame)
    over_periods = (theirs - ours).groupby(frame["period"]).mean().mean()
    assert over_periods != pytest.approx(row["mae_saved"])
    assert middle == pytest.approx(row["mae_saved"] if clustered else over_periods)


def test_a_perfect_baseline_leaves_skill_missing_and_none_at_all_too_few():
    perfect = said([100.0, 110], [90.0, 100], naive=[90.0, 100])
    assert np.isnan(forecast_accuracy(perfect, baseline="naive")["skill"].item())
    none = forecast_accuracy(perfect.assign(naive=np.nan), baseline="naive").iloc[0]
    assert (none["n_compared"], none["verdict"]) == (0, "too few")


def test_an_interval_over_periods_holds_where_one_over_rows_is_fooled():
    # No skill at all, errors shared by the 10 owners of a quarter: rows taken as independent would find "skill" often.
    found = []
    for seed in range(200):
        draw = np.random.default_rng(seed)
        ours, theirs = (np.tile(np.abs(draw.normal(0, 50, 8)), 10) for _ in range(2))
        frame = random_rows(seed, n_owners=10, n_periods=8)
        frame = frame.assign(actual=1000.0, forecast=1000 + ours, naive=1000 + theirs)
        found.append(forecast_accuracy(frame, baseline="naive")["verdict"].item() != "no difference shown")
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=60)
def test_groups_add_up_to_the_whole(pairs):
    frame = pd.DataFrame(pairs, columns=["forecast", "actual"]).astype(float)
    frame = frame.assign(period=[QUARTERS[k] for k in range(len(frame))], owner=[f"rep {k % 3}" for k in frame.index])
    whole, parts = forecast_accuracy(frame).iloc[0], forecast_accuracy(frame, by="owner")
    for name in ("n", "n_zero_actual", "actual", "forecast", "forecast_minus_actual"):
        assert parts[name].sum() == pytest.approx(whole[name])
    assert (parts["mae"] * parts["n"]).sum() == pytest.approx(whole["mae"] * whole["n"])
    for name in ("within_5_pct", "within_20_pct", "crm_accuracy_clipped"):
        assert 0 <= whole[name] <= 1
    assert whole["rmse"] >= whole["mae"] - 1e-9


@pytest.mark.parametrize(
    ("change", "options", "problem"),
    [
        ({"forecast": "12"}, {}, "forecast must be a number"),
        ({"actual": np.inf}, {}, "actual must be finite"),
        ({"period": "2020Q1"}, {}, "an owner has one forecast for a period"),
        ({"period": "first"}, {}, "period must be a label"),
        ({"submitted": pd.Timestamp("2020-05-01")}, {}, r"a forecast is submitted before its period is over.*row 0"),
        ({}, {"baseline": "nothing"}, "column 'nothing' is needed"),
        ({}, {"by": "mae"}, "by must not bear the name of a result column"),
        ({}, {"season": 0}, "season must be a whole number"),
        ({}, {"level": 95}, "level must lie between 0 and 1"),
        ({}, {"freq": "W"}, "freq must be a pandas quarter or month"),
    ],
)
def test_what_cannot_be_judged_is_refused(change, options, problem):
    with pytest.raises(ValueError, match=problem):
        forecast_accuracy(said([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).assign(**change), **options)


def test_a_submission_on_the_last_day_counts_and_one_on_the_day_after_is_refused():
    frame = said([1.0], [1.0], submitted=pd.to_datetime(["2020-03-31"]))
    assert forecast_accuracy(frame)["n"].item() == 1
    with pytest.raises(ValueError, match="submitted before its period is over"):
        forecast_accuracy(frame.assign(submitted=pd.Timestamp("2020-04-01")))
    # A fiscal year that ends in March: its 2020Q1 ended in June 2019.
    with pytest.raises(ValueError, match="submitted before its period is over"):
        forecast_accuracy(frame, freq="Q-MAR")


def test_empty_and_polars_frames_and_their_types():
    frame = random_rows()
    full = forecast_accuracy(frame, by="owner", baseline="naive")
    none = forecast_accuracy(frame.iloc[:0], by="owner", baseline="naive")
    assert len(none) == 0
    assert (
        none.drop(columns="owner").dtypes.astype(str).tolist() == full.drop(columns="owner").dtypes.astype(str).tolist()
    )
    assert forecast_accuracy(frame.iloc[:0])["n"].tolist() == [0]
    before = frame.copy()
    pd.testing.assert_frame_equal(forecast_accuracy(pl.from_pandas(frame), by="owner", baseline="naive"), full)
    pd.testing.assert_frame_equal(frame, before)


def test_the_sample_companys_forecasts_are_judged_end_to_end():
    judged = judge_forecasts(
        cv.load_forecasts(),
        cv.load_opportunities(),
        as_of="2026-09-30",
        weeks_before=4,
        snapshots=cv.load_snapshots(),
    ).judged
    baselines = ["last_period", "same_period_last_year", "raw_pipeline", "weighted_pipeline"]
    table = forecast_accuracy(judged, baseline=baselines)
    assert table["baseline"].tolist() == baselines
    assert (table["n"] == 84).all()
    raw = table.set_index("baseline").loc["raw_pipeline"]
    assert raw["verdict"] == "better"
    assert raw["mae_saved_low"] > 0
