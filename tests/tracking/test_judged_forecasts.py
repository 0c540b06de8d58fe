"""Which submission counts, what came, and what was known on the day: by hand, on a small company."""

import pandas as pd
import polars as pl
import pytest

import custvalue as cv
from custvalue.tracking.judged_forecasts import judge_forecasts

DAY = "2026-09-30"


def submissions(*rows):
    frame = pd.DataFrame(rows, columns=["owner", "period", "forecast", "submitted"])
    return frame.assign(submitted=pd.to_datetime(frame["submitted"]), forecast=frame["forecast"].astype(float))


def deals(*rows):
    frame = pd.DataFrame(rows, columns=["owner", "amount", "outcome", "closed"])
    return frame.assign(closed=pd.to_datetime(frame["closed"]), amount=frame["amount"].astype(float))


FORECASTS = submissions(
    ("Li", "2026Q2", 100, "2026-04-06"),  # 12 weeks and 1 day before 30 June
    ("Li", "2026Q2", 200, "2026-05-05"),  # 8 weeks before
    ("Li", "2026Q2", 300, "2026-06-23"),  # 1 week before
    ("Li", "2026Q3", 400, "2026-07-01"),
    ("Wu", "2026Q2", 50, "2026-05-06"),  # 55 days before
)
DEALS = deals(
    ("Li", 10, "won", "2025-01-15"),  # the first closing: closings are complete from 2025Q2 on
    ("Li", 70, "won", "2025-06-30"),
    ("Li", 500, "lost", "2026-05-20"),
    ("Li", 30, "won", "2026-01-31"),
    ("Li", 120, "won", "2026-04-01"),
    ("Li", 130, "won", "2026-06-30"),
    ("Li", 999, "won", "2026-07-01"),
    ("Li", None, "won", "2026-06-01"),
    ("Li", 77, None, None),
)


@pytest.mark.parametrize(
    ("weeks", "forecast", "n"), [(0, 300, 3), (1, 300, 3), (1.1, 200, 2), (8, 200, 2), (8.1, 100, 1), (12, 100, 1)]
)
def test_the_last_submission_made_so_early_counts_and_none_is_averaged(weeks, forecast, n):
    judged = judge_forecasts(FORECASTS, DEALS, as_of="2026-06-30", weeks_before=weeks).judged.set_index("owner")
    assert judged.loc["Li", ["forecast", "n_submissions"]].tolist() == [forecast, n]
    assert judged.loc["Li", "lead_weeks"] >= weeks


def test_what_came_is_what_was_won_and_closed_within_the_period():
    row = judge_forecasts(FORECASTS, DEALS, as_of="2026-06-30").judged.set_index("owner").loc["Li"]
    # 120 on the first day, 130 on the last; the lost, the open and those of other quarters do not count.
    assert row["actual"] == 250
    assert row["n_unpriced"] == 1


def test_an_owner_who_won_nothing_has_an_actual_of_zero():
    assert judge_forecasts(FORECASTS, DEALS, as_of="2026-06-30").judged.set_index("owner").loc["Wu", "actual"] == 0


def test_baselines_are_those_known_on_the_day_of_the_submission():
    row = judge_forecasts(FORECASTS, DEALS, as_of="2026-06-30").judged.set_index("owner").loc["Li"]
    assert row["last_period"] == 30  # 2026Q1
    assert row["same_period_last_year"] == 70  # 2025Q2
    # Submitted in February for the quarter from April: the latest quarter over by then is 2025Q4, not 2026Q1.
    early = submissions(("Li", "2026Q2", 1, "2026-02-10"))
    assert judge_forecasts(early, DEALS, as_of="2026-06-30").judged["last_period"].tolist() == [0.0]


def test_a_baseline_from_before_the_closings_begin_is_missing_not_zero():
    early = submissions(("Li", "2025Q2", 60, "2025-05-01"), ("Li", "2025Q3", 60, "2025-08-01"))
    judged = judge_forecasts(early, DEALS, as_of=DAY).judged
    assert judged["last_period"].isna().tolist() == [True, False]
    assert judged["same_period_last_year"].isna().all()
    whole = judge_forecasts(early, DEALS, as_of=DAY, covered_from="2024-01-01").judged
    assert whole["last_period"].tolist() == [10.0, 70.0]
    assert whole["same_period_last_year"].tolist() == [0.0, 0.0]


def test_what_is_left_out_is_listed_with_its_reason():
    more = pd.concat([FORECASTS, submissions(("Li", "2025Q1", 5, "2025-01-10"))], ignore_index=True)
    found = judge_forecasts(more, DEALS, as_of="2026-09-29", weeks_before=8)
    assert found.left_out.to_numpy().tolist() == [
        ["Li", "2025Q1", "closings are not known so far back"],
        ["Li", "2026Q3", "the period is not over"],
        ["Wu", "2026Q2", "no submission so early"],
    ]
    assert found.judged[["owner", "period"]].to_numpy().tolist() == [["Li", "2026Q2"]]
    pairs = more[["owner", "period"]].drop_duplicates()
    assert len(pairs) == len(found.judged) + len(found.left_out)
    assert len(judge_forecasts(more, DEALS, as_of=DAY).judged) == 3  # the day after, 2026Q3 is over


def test_a_forecast_stamped_after_the_outcome_is_refused_with_its_row():
    late = submissions(("Li", "2026Q2", 1, "2026-06-30"), ("Li", "2026Q2", 1, "2026-07-01"))
    with pytest.raises(ValueError, match=r"a forecast is submitted before its period is over.*row 1"):
        judge_forecasts(late, DEALS, as_of=DAY)
    assert len(judge_forecasts(late.iloc[:1], DEALS, as_of=DAY).judged) == 1


def test_fiscal_quarters_and_months_have_their_own_ends():
    # In a year that ends in March, 2026Q4 is January to March 2026.
    fiscal = submissions(("Li", "2026Q4", 1, "2026-03-31"))
    assert judge_forecasts(fiscal, DEALS, as_of=DAY, freq="Q-MAR").judged["actual"].tolist() == [30]
    months = submissions(("Li", "2026-04", 1, "2026-04-02"))
    row = judge_forecasts(months, DEALS, as_of=DAY, freq="M").judged.iloc[0]
    assert (row["actual"], row["last_period"], row["same_period_last_year"]) == (120, 0, 0)


def snapshots(*rows):
    frame = pd.DataFrame(rows, columns=["snapshot", "opportunity", "owner", "stage", "amount", "expected_close"])
    days = {name: pd.to_datetime(frame[name]) for name in ("snapshot", "expected_close")}
    return frame.assign(**days, amount=frame["amount"].astype(float))


PIPELINE = snapshots(
    ("2026-05-04", "a", "Li", "terms", 100, "2026-06-30"),  # 60 %
    ("2026-05-04", "b", "Li", "quotation", 50, "2026-04-01"),  # 40 %
    ("2026-05-04", "c", "Li", "terms", 1000, "2026-07-01"),  # due later
    ("2026-05-04", "d", "Li", "terms", 1000, "2026-03-31"),  # overdue
    ("2026-05-04", "e", "Li", "terms", None, "2026-06-30"),  # no amount
    ("2026-05-04", "f", "Wu", "terms", 7, "2026-06-30"),
    ("2026-05-11", "a", "Li", "trial", 100, "2026-06-30"),  # not known yet on 5 May
)


def test_pipelines_are_won_so_far_and_open_deals_due_as_the_latest_snapshot_before_had_them():
    judged = judge_forecasts(FORECASTS, DEALS, as_of="2026-06-30", weeks_before=8, snapshots=PIPELINE).judged
    # won by 4 May: 120; open and due: 100 at .6 and 50 at .4
    assert judged[["raw_pipeline", "weighted_pipeline"]].to_numpy().tolist() == [[270.0, 200.0]]
    earlier = judge_forecasts(FORECASTS, DEALS, as_of="2026-06-30", weeks_before=12, snapshots=PIPELINE).judged
    assert earlier[["raw_pipeline", "weighted_pipeline"]].isna().all().all()  # before the first snapshot


@pytest.mark.parametrize(
    ("forecasts", "options", "problem"),
    [
        (FORECASTS.assign(period="soon"), {}, "period must be a label"),
        (FORECASTS.assign(forecast=-1.0), {}, "forecast must be 0 or more"),
        (FORECASTS.assign(owner=None), {}, "owner must not be missing"),
        (FORECASTS.assign(submitted=pd.NaT), {}, "submitted must not be missing"),
        (FORECASTS.assign(submitted=pd.Timestamp("2026-06-01")), {}, "an owner submits once a day for a period"),
        (FORECASTS.drop(columns="submitted"), {}, "column 'submitted' is needed"),
        (FORECASTS, {"weeks_before": -1}, "weeks_before must be 0 or more"),
        (FORECASTS, {"snapshots": pd.concat([PIPELINE, PIPELINE])}, "a deal stands once on a snapshot"),
        (FORECASTS, {"freq": "D"}, "freq must be a pandas quarter or month"),
    ],
)
def test_what_cannot_be_judged_is_refused(forecasts, options, problem):
    with pytest.raises(ValueError, match=problem):
        judge_forecasts(forecasts, DEALS, as_of=DAY, **options)


def test_deals_named_otherwise_on_the_snapshots_are_refused_and_none_counts_twice():
    named = DEALS.assign(opportunity=range(len(DEALS)))
    numbered = PIPELINE.assign(opportunity=range(len(PIPELINE)))
    judge_forecasts(FORECASTS, named, as_of=DAY, snapshots=numbered)
    for these, others in ((named.astype({"opportunity": "str"}), numbered), (named, PIPELINE)):
        with pytest.raises(ValueError, match="opportunity must be of one type in all frames"):
            judge_forecasts(FORECASTS, these, as_of=DAY, snapshots=others)


def test_a_deal_on_a_snapshot_without_a_name_is_refused_with_its_row():
    unnamed = PIPELINE.assign(opportunity=PIPELINE["opportunity"].where(PIPELINE["opportunity"] != "c"))
    with pytest.raises(ValueError, match=r"opportunity must not be missing.*row 2"):
        judge_forecasts(FORECASTS, DEALS, as_of=DAY, snapshots=unnamed)
    named = DEALS.assign(opportunity=list("ghijklmno"))
    named.loc[8, "opportunity"] = None  # open
    judge_forecasts(FORECASTS, named, as_of=DAY, snapshots=PIPELINE)
    named.loc[2, "opportunity"] = None  # lost: on a later snapshot it would still be pipeline
    judge_forecasts(FORECASTS, named, as_of=DAY)
    with pytest.raises(ValueError, match="must be named where there are snapshots: got 1 without a name"):
        judge_forecasts(FORECASTS, named, as_of=DAY, snapshots=PIPELINE)


@pytest.mark.parametrize(
    ("column", "row", "problem"),
    [
        ("owner", 4, r"a won deal has an owner.*column 'owner', row 4"),
        ("closed", 4, r"a won deal has a close date.*column 'closed', row 4"),
        ("owner", 2, None),  # lost: nobody's actual
        ("closed", 2, None),
        ("owner", 8, None),  # open
    ],
)
def test_a_won_deal_without_owner_or_date_is_refused_and_does_not_vanish(column, row, problem):
    lacking = DEALS.copy()
    lacking.loc[row, column] = None
    if problem is None:
        judged = judge_forecasts(FORECASTS, lacking, as_of="2026-06-30").judged.set_index("owner")
        assert judged.loc["Li", "actual"] == 250
    else:
        with pytest.raises(ValueError, match=problem):
            judge_forecasts(FORECASTS, lacking, as_of="2026-06-30")


@pytest.mark.parametrize("spelt", ["Li ", " li", "LI", "L i"])
def test_a_forecaster_spelt_otherwise_than_the_owner_is_refused_a_stranger_is_not(spelt):
    other = FORECASTS.assign(owner=FORECASTS["owner"].replace("Wu", spelt))
    with pytest.raises(ValueError, match="owners are spelt alike in forecasts and opportunities"):
        judge_forecasts(other, DEALS, as_of=DAY)
    with pytest.raises(ValueError, match="owners are spelt alike in forecasts and snapshots"):
        judge_forecasts(FORECASTS, DEALS, as_of=DAY, snapshots=PIPELINE.replace({"owner": {"Wu": spelt}}))
    new = FORECASTS.assign(owner=FORECASTS["owner"].replace("Wu", "Lin"))
    assert judge_forecasts(new, DEALS, as_of=DAY).judged.set_index("owner").loc["Lin", "actual"] == 0


def test_nothing_to_judge_gives_empty_frames_of_the_same_columns():
    full = judge_forecasts(FORECASTS, DEALS, as_of=DAY, snapshots=PIPELINE)
    for forecasts, closed in ((FORECASTS.iloc[:0], DEALS), (FORECASTS, DEALS.iloc[:0]), (FORECASTS, DEALS.iloc[-1:])):
        found = judge_forecasts(forecasts, closed, as_of=DAY, snapshots=PIPELINE)
        assert len(found.judged) == 0
        assert list(found.judged.columns) == list(full.judged.columns)


def test_polars_frames_give_the_same_and_nothing_is_changed():
    kept = FORECASTS.copy(), DEALS.copy()
    wanted = judge_forecasts(FORECASTS, DEALS, as_of=DAY)
    found = judge_forecasts(pl.from_pandas(FORECASTS), pl.from_pandas(DEALS), as_of=DAY)
    pd.testing.assert_frame_equal(found.judged, wanted.judged, check_dtype=False)
    pd.testing.assert_frame_equal(FORECASTS, kept[0])
    pd.testing.assert_frame_equal(DEALS, kept[1])


def test_the_longer_the_lead_time_the_farther_off_the_sample_companys_forecasts():
    from custvalue.tracking.accuracy import forecast_accuracy

    far = []
    for weeks in (0, 4, 8):
        judged = judge_forecasts(cv.load_forecasts(), cv.load_opportunities(), as_of=DAY, weeks_before=weeks).judged
        far.append(forecast_accuracy(judged)["wape"].item())
    assert far[0] < far[1] < far[2]
