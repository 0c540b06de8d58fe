"""Whatever the tables of forecasts, stages and outcomes hold: a right number, or a refusal in words."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import custvalue as cv
from custvalue import charts
from custvalue.rules.errors import InputError
from custvalue.tracking.accuracy import forecast_accuracy
from custvalue.tracking.bias import forecast_bias
from custvalue.tracking.distribution_accuracy import distribution_accuracy
from custvalue.tracking.entries import stage_entries
from custvalue.tracking.interval_accuracy import interval_accuracy
from custvalue.tracking.judged_forecasts import judge_forecasts
from custvalue.tracking.lead_time import accuracy_by_lead
from custvalue.tracking.probability_accuracy import probability_accuracy
from custvalue.tracking.reliability import reliability_table
from custvalue.tracking.win_rates import win_rates

DAY = "2026-09-30"
DEALS = cv.load_opportunities().iloc[2300:2340]
HISTORY = cv.load_stage_history().merge(DEALS[["opportunity"]])
SEEN = cv.load_snapshots().merge(DEALS[["opportunity"]])
SAID = cv.load_forecasts().query("period >= '2025Q4'").iloc[::17]
JUDGED = (
    judge_forecasts(
        cv.load_forecasts(), cv.load_opportunities(), as_of=DAY, weeks_before=4, snapshots=cv.load_snapshots()
    )
    .judged.iloc[::7]
    .assign(team="East")
)
ENTRIES = stage_entries(HISTORY, DEALS, as_of=DAY, keep=["owner", "amount"]).entries
SPANS = pd.DataFrame(
    {
        "period": ["2025Q1", "2025Q1", "2025Q2", "2025Q2"],
        "owner": ["a", "b", "a", "b"],
        "low": [1.0, 2.0, 3.0, 4.0],
        "high": [3.0, 4.0, 5.0, 6.0],
        "actual": [2.0, 9.0, 4.0, 5.0],
    }
)
QUANTILES = pd.DataFrame({0.1: [1.0, 2, 3, 4], 0.9: [4.0, 5, 6, 7]})
CALLS = {
    "judge_forecasts": (SAID, lambda f: judge_forecasts(f, DEALS, as_of=DAY)),
    "judge_forecasts's deals": (DEALS, lambda f: judge_forecasts(SAID, f, as_of=DAY, weeks_before=2)),
    "judge_forecasts's snapshots": (SEEN, lambda f: judge_forecasts(SAID, DEALS, as_of=DAY, snapshots=f)),
    "forecast_accuracy": (JUDGED, lambda f: forecast_accuracy(f, by=["owner", "team"], baseline="last_period")),
    "forecast_bias": (JUDGED, forecast_bias),
    "accuracy_by_lead": (SAID, lambda f: accuracy_by_lead(f, DEALS, as_of=DAY, weeks_before=(2, 0))),
    "stage_entries": (HISTORY, lambda f: stage_entries(f, DEALS, as_of=DAY, keep=["owner"])),
    "stage_entries's deals": (DEALS, lambda f: stage_entries(HISTORY, f, as_of=DAY, keep=["owner"])),
    "probability_accuracy": (ENTRIES, lambda f: probability_accuracy(f, by="owner", size_cuts=(50_000,))),
    "reliability_table": (ENTRIES, reliability_table),
    "win_rates": (DEALS, lambda f: win_rates(f, as_of=DAY, by="owner")),
    "interval_accuracy": (SPANS, lambda f: interval_accuracy(f, level=0.8, by="owner", quantiles={"low": 0.1})),
    "distribution_accuracy": (QUANTILES, lambda f: distribution_accuracy(f, actual=[1.0, np.nan, 3, 4], seed=1)),
}
VALUES = (
    None,
    np.inf,
    -1,
    0,
    1e308,
    "x",
    "2026q3",
    2026,
    "won",
    True,
    pd.Timestamp("2026-01-01"),
    pd.Timestamp("2027-01-01"),
)


def kinds_of(frame):
    """Yield the same rows as other libraries and other types hold them."""
    yield "convert_dtypes", frame.convert_dtypes()
    yield "arrow", frame.convert_dtypes(dtype_backend="pyarrow")
    yield "category", frame.astype({name: "category" for name in frame if frame[name].dtype == "str"})
    yield "polars", pl.from_pandas(frame.rename(columns=str))
    yield "one label for all rows", frame.set_axis([0] * len(frame))


def odd_frames(frame):
    yield frame.iloc[:0]
    yield frame.iloc[:1]
    yield frame.astype(object)
    yield frame.astype(str)
    yield frame.astype("category")
    yield frame.iloc[:, :0]
    yield frame.set_axis(range(frame.shape[1]), axis="columns")
    yield frame.set_axis(pd.MultiIndex.from_arrays([frame.columns] * 2), axis="columns")
    yield frame.rename_axis(frame.columns[0])
    yield pd.concat([frame, frame], axis="columns")
    yield pd.concat([frame, frame])
    yield None
    yield {"a": 1}
    for name in frame:
        yield frame.drop(columns=name)
        for value in VALUES:
            column = pd.Series([value] * len(frame), index=frame.index)
            yield frame.drop(columns=name).assign(**{str(name): column})
        for value in VALUES[:: 2 + len(frame.columns) // 8]:
            mixed = frame.astype({name: object})
            mixed.isetitem(mixed.columns.get_loc(name), [value, *mixed[name].iloc[1:]])
            yield mixed


@pytest.mark.parametrize("name", CALLS)
def test_odd_frames_get_a_result_or_a_refusal(name):
    frame, call = CALLS[name]
    answers = {"result": 0, "refusal": 0}
    for odd in odd_frames(frame):
        try:
            call(odd)
            answers["result"] += 1
        except InputError:
            answers["refusal"] += 1
    assert min(answers.values()) > 2, answers


def frames_of(result):
    if isinstance(result, pd.DataFrame):
        return [result]
    return [getattr(result, name) for name in result.__dataclass_fields__]


@pytest.mark.parametrize("name", CALLS)
def test_the_same_rows_give_the_same_numbers_whatever_type_holds_them(name):
    frame, call = CALLS[name]
    wanted = frames_of(call(frame))
    for kind, other in kinds_of(frame):
        for one, two in zip(wanted, frames_of(call(other)), strict=True):
            pd.testing.assert_frame_equal(
                one.reset_index(drop=True),
                two.reset_index(drop=True),
                check_dtype=False,
                check_categorical=False,
                obj=kind,
            )


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("distribution_accuracy",)])
def test_empty_frames_give_empty_results_of_the_same_columns_and_types(name):
    frame, call = CALLS[name]
    if name == "stage_entries's deals":
        with pytest.raises(InputError, match="a deal of the history stands among the opportunities"):
            call(frame.iloc[:0])
        return
    for full, empty in zip(frames_of(call(frame)), frames_of(call(frame.iloc[:0])), strict=True):
        assert list(empty.columns) == list(full.columns)
        kinds = [(column, full[column].dtype.kind, empty[column].dtype.kind) for column in full if len(full)]
        assert [kind for kind in kinds if kind[1] != kind[2]] == []


ODD = (None, True, 0, 1, -1, 2.5, np.nan, np.inf, "", "x", b"x", [], {}, {"a": 1}, [None], (2, "x"), (1, True), 1j)
ODD += (pd.NaT, pd.Timestamp("2026-01-01"), object(), np.array([0.5, 0.6]), pd.Series([1.0, 2.0]), range(3), {1})
FUNCTIONS = {
    judge_forecasts: ((SAID, DEALS), {"as_of": DAY}, ("as_of", "weeks_before", "covered_from", "ladder", "freq")),
    forecast_accuracy: ((JUDGED,), {"baseline": "last_period"}, ("baseline", "season", "level", "freq")),
    forecast_bias: ((JUDGED,), {}, ("by", "owner", "q", "level")),
    accuracy_by_lead: ((SAID, DEALS), {"as_of": DAY, "weeks_before": (2, 0)}, ("weeks_before", "covered_from", "freq")),
    stage_entries: ((HISTORY, DEALS), {"as_of": DAY}, ("ladder", "settled", "matured_after", "keep", "freq")),
    probability_accuracy: ((ENTRIES,), {}, ("size_cuts", "clip", "level")),
    win_rates: ((DEALS,), {"as_of": DAY}, ("as_of", "level")),
    interval_accuracy: ((SPANS,), {"level": 0.8}, ("level", "quantiles", "confidence")),
    distribution_accuracy: ((QUANTILES,), {"actual": [1.0, 2, 3, 4], "seed": 1}, ("actual", "n_bins", "level", "seed")),
    charts.plot_forecast_tracks: (
        (pd.DataFrame({"period": "2026Q1", "weeks_before": [8, 0], "forecast": 1.0, "actual": 1.0}),),
        {},
        ("within",),
    ),
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_odd_arguments_of_every_type_get_a_result_or_a_refusal(function):
    frames, usual, names = FUNCTIONS[function]
    for name in names:
        refused = 0
        for value in ODD:
            try:
                function(*frames, **(usual | {name: value}))
            except InputError:
                refused += 1
        assert refused > len(ODD) / 3, name


def test_a_period_in_other_spelling_is_refused_with_the_right_one():
    for label in ("2026q3", 2026, "2026"):
        with pytest.raises(InputError, match=r"Did you mean '2026Q[13]'"):
            judge_forecasts(SAID.assign(period=label), DEALS, as_of=DAY)
        with pytest.raises(InputError, match=r"Did you mean '2026Q[13]'"):
            forecast_accuracy(JUDGED.iloc[:1].assign(period=label))
    as_periods = JUDGED.assign(period=pd.PeriodIndex(JUDGED["period"], freq="Q"))
    pd.testing.assert_frame_equal(forecast_accuracy(as_periods), forecast_accuracy(JUDGED))


def test_a_space_beside_a_period_loses_no_actual_and_hides_no_second_forecast():
    with pytest.raises(InputError, match="period must be a label of the calendar"):
        judge_forecasts(SAID.assign(period=SAID["period"] + " "), DEALS, as_of=DAY)
    months = pd.DataFrame({"owner": ["Li"], "period": " 2026-07 ", "forecast": 1.0})
    months["submitted"] = pd.Timestamp("2026-07-01")
    deals = pd.DataFrame({"owner": ["Li"], "amount": 70.0, "outcome": "won", "closed": pd.Timestamp("2026-07-20")})
    judged = judge_forecasts(months, deals, as_of=DAY, freq="M", covered_from="2026-01-01").judged
    assert judged[["period", "actual"]].to_numpy().tolist() == [["2026-07", 70.0]]
    twice = pd.DataFrame({"period": ["2026-07", "2026-07 "], "forecast": 1.0, "actual": 2.0})
    with pytest.raises(InputError, match="an owner has one forecast for a period"):
        forecast_accuracy(twice, freq="M")


def test_owners_named_otherwise_among_the_deals_are_refused_and_no_actual_becomes_zero_by_it():
    numbered = DEALS.assign(owner=pd.factorize(DEALS["owner"])[0])
    with pytest.raises(InputError, match="owners are named alike"):
        judge_forecasts(SAID, numbered, as_of=DAY)
    with pytest.raises(InputError, match="owners are named alike"):
        judge_forecasts(SAID, DEALS.assign(owner=DEALS["owner"].str.upper() + "!"), as_of=DAY)
    with pytest.raises(InputError, match="owners are named alike"):
        judge_forecasts(SAID, DEALS, as_of=DAY, snapshots=SEEN.assign(owner=7))


def test_without_a_snapshot_or_before_the_first_the_pipelines_are_missing():
    none = judge_forecasts(SAID, DEALS, as_of=DAY, snapshots=SEEN.iloc[:0]).judged
    assert len(none) > 0
    assert none[["raw_pipeline", "weighted_pipeline"]].isna().all().all()


def test_on_a_day_before_the_first_closing_there_is_nothing_to_judge_and_no_error():
    found = judge_forecasts(SAID, DEALS, as_of="2024-01-01", snapshots=SEEN)
    assert len(found.judged) == 0
    assert set(found.left_out["reason"]) == {"the period is not over"}


def test_what_a_snapshot_holds_though_it_is_closed_is_not_counted_twice():
    day = pd.Timestamp("2026-05-01")
    forecasts = pd.DataFrame({"owner": "Li", "period": "2026Q2", "forecast": 1.0, "submitted": [day]})
    deals = pd.DataFrame(
        {
            "opportunity": ["a", "b"],
            "owner": "Li",
            "amount": [100.0, 50.0],
            "outcome": ["won", "lost"],
            "closed": pd.to_datetime(["2026-04-20", "2026-04-25"]),
        }
    )
    seen = pd.DataFrame(
        {
            "snapshot": day,
            "opportunity": ["a", "b", "c"],
            "owner": "Li",
            "stage": "terms",
            "amount": [100.0, 50.0, 10.0],
            "expected_close": pd.Timestamp("2026-06-30"),
        }
    )
    options = {"as_of": DAY, "covered_from": "2026-01-01"}
    # Won: 100. Open: only c, 10 at 60 %.
    judged = judge_forecasts(forecasts, deals, snapshots=seen, **options).judged
    assert judged[["raw_pipeline", "weighted_pipeline"]].to_numpy().tolist() == [[110.0, 106.0]]
    closed = seen.assign(outcome=["won", "lost", None])
    judged = judge_forecasts(forecasts, deals.drop(columns="opportunity"), snapshots=closed, **options).judged
    assert judged[["raw_pipeline", "weighted_pipeline"]].to_numpy().tolist() == [[110.0, 106.0]]


def test_negative_actuals_keep_the_sign_of_the_bias():
    # Net of returns -100 and -50 came, -80 and -50 was said: 20 too high, of 150.
    frame = pd.DataFrame({"period": ["2025Q1", "2025Q2"], "forecast": [-80.0, -50.0], "actual": [-100.0, -50.0]})
    row = forecast_accuracy(frame).iloc[0]
    assert row[["forecast_minus_actual", "mae"]].tolist() == [20.0, 10.0]
    assert row["bias_pct"] == pytest.approx(100 * 20 / 150)
    assert row["wape"] == pytest.approx(20 / 150)
    assert row[["within_10_pct", "within_20_pct"]].tolist() == [0.5, 1.0]
    assert row["crm_accuracy_clipped"] == pytest.approx((0.8 + 1) / 2)


def test_a_period_that_is_missing_makes_no_period_of_its_own():
    with pytest.raises(InputError, match="period must not be missing"):
        interval_accuracy(SPANS.assign(period=["2025Q1", None, None, "2025Q2"]), level=0.8)


OUTCOMES = {"one deal": ["won"], "all won": ["won"] * 8, "all lost": ["lost"] * 8, "all open": [None] * 8}


@pytest.mark.parametrize("case", OUTCOMES)
def test_one_deal_all_won_all_lost_all_open_are_answered_from_deals_to_bias(case):
    outcome = pd.Series(OUTCOMES[case], dtype="str")
    n = len(outcome)
    closed = pd.Series(pd.to_datetime(["2025-05-10"] * n)).where(outcome.notna())
    deals = pd.DataFrame(
        {
            "opportunity": [f"d{k}" for k in range(n)],
            "owner": ["Li", "Wu"] * (n // 2) or ["Li"],
            "amount": 100.0,
            "outcome": outcome,
            "closed": closed,
        }
    )
    history = pd.DataFrame(
        {"opportunity": deals["opportunity"], "stage": "terms", "entered": pd.Timestamp("2025-04-05")}
    )
    n_won, n_closed = (outcome == "won").sum(), outcome.notna().sum()

    rates = win_rates(deals, as_of=DAY).iloc[0]
    assert (rates["n"], rates["n_won"], rates["n_open"]) == (n, n_won, n - n_closed)
    assert np.isnan(rates["win_rate_closed"]) == (n_closed == 0)

    entered = stage_entries(history, deals, as_of=DAY, covered_from="2025-01-01")
    assert len(entered.entries) == n
    table = reliability_table(entered.entries.drop(columns="quarter")).set_index("bin").loc["terms"]
    assert table["n"] == n_closed
    if n_closed:
        assert table["win_rate"] == n_won / n_closed
        assert 0 <= table["low"] <= table["win_rate"] <= table["high"] <= 1
    row = probability_accuracy(entered.entries).summary.iloc[0]
    assert row["n"] == n_closed
    if n_closed:
        # All say 60 %: the score is .4² where won and .6² where lost.
        assert row["brier"] == pytest.approx(0.16 if n_won else 0.36)
        assert row["discrimination"] == pytest.approx(0)

    said = pd.DataFrame({"owner": ["Li"], "period": "2025Q2", "forecast": 120.0})
    said["submitted"] = pd.Timestamp("2025-05-01")
    judged = judge_forecasts(said, deals, as_of=DAY, covered_from="2025-01-01").judged
    won = deals.loc[(deals["outcome"] == "won") & (deals["owner"] == "Li"), "amount"].sum()
    assert judged["actual"].tolist() == [won]
    measured = forecast_accuracy(judged, baseline="last_period").iloc[0]
    assert measured["forecast_minus_actual"] == 120 - won
    assert measured["verdict"] == "too few"
    bias = forecast_bias(judged)
    wanted = "too few periods" if won else "nothing forecast or nothing won in some period"
    assert bias["note"].tolist() == [wanted]
    lead = accuracy_by_lead(said, deals, as_of=DAY, weeks_before=(2, 0), covered_from="2025-01-01")
    assert lead.accuracy["forecast_minus_actual"].tolist() == [120 - won] * 2


@pytest.mark.parametrize("p", [0.0, 0.6, 1.0])
def test_where_every_probability_is_the_same_nothing_is_discriminated(p):
    rows = pd.DataFrame({"p_stage": p, "outcome": [1.0, 0.0, 0.0, 1.0, 0.0] * 4, "stage": "terms"})
    row = probability_accuracy(rows).summary.iloc[0]
    assert row["discrimination"] == pytest.approx(0, abs=1e-12)
    assert row["uncertainty"] == pytest.approx(0.4 * 0.6)
    assert row["miscalibration"] == pytest.approx((p - 0.4) ** 2)
    assert np.isnan(row["spiegelhalter_z"]) == (p in (0.0, 1.0))
    assert row["n_impossible"] == {0.0: 8, 0.6: 0, 1.0: 12}[p]
    for bins in ("uniform", "quantile", "stage"):
        table = reliability_table(rows, bins=bins)
        assert table["n"].sum() == 20
        assert table.loc[table["n"] > 0, "win_rate"].tolist() == [0.4]


def test_an_interval_of_no_width_and_a_distribution_of_one_value_are_scored():
    frame = pd.DataFrame({"low": [5.0, 5.0], "high": [5.0, 5.0], "actual": [5.0, 8.0]})
    row = interval_accuracy(frame, level=0.8).iloc[0]
    # Width 0; the second lies 3 outside: 2 ÷ (1 - .8) · 3 = 30, of two.
    assert row[["coverage", "mean_width", "winkler"]].tolist() == pytest.approx([0.5, 0.0, 15.0])
    found = distribution_accuracy(np.full((2, 4), 5.0), actual=[5.0, 8.0], seed=1).rows
    assert found["crps"].tolist() == [0.0, 3.0]
