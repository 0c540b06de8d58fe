"""Past distributions in the study: made of what was known then, scored by what came, left out where nothing is."""

import numpy as np
import pandas as pd
import pytest

import custvalue as cv

AS_OF, PAST = "2026-09-30", "2026-06-30"


def frames():
    return {"opportunities": cv.load_opportunities(), "snapshots": cv.load_snapshots()}


def notes_of(study, name):
    return " ".join(note.en for section in study.sections if section.name == name for note in section.notes)


def test_each_period_that_is_over_has_its_distribution_of_eight_weeks_before_beside_what_came(study):
    table = study.tables["past_distributions"]
    assert table["period"].unique().tolist() == [str(pd.Period("2025Q1", freq="Q") + k) for k in range(7)]
    assert table["correlation"].tolist() == [0.2, 0.0] * 7
    ends = table["period"].map(lambda label: pd.Period(label, freq="Q").end_time.normalize())
    lead = (ends - table["snapshot"]).dt.days
    assert lead.between(56, 62).all()  # weekly snapshots: the last one 8 weeks or more before
    deals = cv.load_opportunities()
    row = table[table["period"] == "2026Q1"].iloc[0]
    in_quarter = deals[(deals["outcome"] == "won") & deals["closed"].between("2026-01-01", "2026-03-31")]
    assert row["actual"] == in_quarter["amount"].sum()
    assert row["won"] == in_quarter.loc[in_quarter["closed"] <= row["snapshot"], "amount"].sum()
    assert 0 < row["won"] < row["actual"]
    assert (table["p10"] < table["p50"]).all()
    independent, shared = (table[table["correlation"] == rho].reset_index() for rho in (0.0, 0.2))
    assert (shared["p90"] - shared["p10"] > independent["p90"] - independent["p10"]).all()


def test_intervals_and_places_are_scored_and_few_periods_say_so(study):
    table, held = study.tables["past_distributions"], study.tables["interval_accuracy"].set_index("correlation")
    scored = study.tables["distribution_accuracy"].set_index("correlation")
    for rho in (0.0, 0.2):
        rows = table[table["correlation"] == rho]
        inside = rows["actual"].between(rows["p10"], rows["p90"])
        assert held.loc[rho, "interval_coverage"] == inside.mean()
        assert held.loc[rho, "n"] == scored.loc[rho, "n"] == 7
        assert scored.loc[rho, "crps"] == pytest.approx(rows["crps"].mean())
        assert scored.loc[rho, "mean_pit"] == pytest.approx(rows["pit"].mean())
        # An actual lies inside the interval exactly if its place in the distribution is between a tenth and nine.
        assert (rows["pit"].between(0.1, 0.9) == inside).all()
    assert (scored["verdict"] == "too few").all()
    assert study.figures["pit"].layout.meta["finding"] == "7 forecasts are too few to judge the distributions"
    assert "The distributions of the last 7 periods" in notes_of(study, "accuracy")


def test_a_past_day_gives_what_an_export_of_that_day_would_have_given():
    day = pd.Timestamp(PAST)
    past = cv.run_study(frames(), as_of=PAST)
    known = frames()
    deals = known["opportunities"]
    later = deals["closed"] > day
    deals = deals.assign(outcome=deals["outcome"].mask(later), closed=deals["closed"].mask(later))
    known["opportunities"] = deals[deals["created"] <= day]
    known["snapshots"] = known["snapshots"][known["snapshots"]["snapshot"] <= day]
    exported = cv.run_study(known, as_of=PAST)
    for name in ("past_distributions", "interval_accuracy", "distribution_accuracy"):
        assert len(past.tables[name]) > 0
        pd.testing.assert_frame_equal(past.tables[name], exported.tables[name], check_dtype=False)
    assert past.tables["past_distributions"]["period"].max() == "2026Q2"


def test_months_have_a_lead_of_two_weeks_and_at_most_twelve_are_looked_at():
    deals, seen = cv.load_opportunities(), cv.load_snapshots()
    table = cv.run_study({"opportunities": deals, "snapshots": seen}, as_of=AS_OF, freq="M").tables[
        "past_distributions"
    ]
    assert table["period"].nunique() == 12
    assert table["period"].iloc[-1] == "2026-09"
    ends = table["period"].map(lambda label: pd.Period(label, freq="M").end_time.normalize())
    assert (ends - table["snapshot"]).dt.days.between(14, 20).all()


@pytest.mark.parametrize("without", ["snapshots", "closings", "early snapshots"])
def test_without_snapshots_or_closings_the_past_distributions_are_left_out_with_the_reason(without):
    tables = {**frames(), "stage_history": cv.load_stage_history()}
    if without == "snapshots":
        del tables["snapshots"]
    elif without == "closings":
        later = tables["opportunities"]["closed"] < pd.Timestamp("2026-08-01")
        tables["opportunities"] = tables["opportunities"][~later]
    else:
        tables["snapshots"] = tables["snapshots"][tables["snapshots"]["snapshot"] > pd.Timestamp("2026-08-10")]
    found = cv.run_study(tables, as_of=AS_OF)
    assert "past_distributions" not in found.tables
    assert "Left out: distributions of past periods (" in notes_of(found, "accuracy")


def test_deals_a_snapshot_still_holds_though_closed_are_not_counted_twice():
    deals = pd.DataFrame(
        {
            "opportunity": ["x", "a", "b"],
            "amount": [1.0, 100.0, 40.0],
            "stage": "terms",
            "outcome": ["won", "won", "lost"],
            "created": pd.Timestamp("2025-10-01"),
            "expected_close": pd.Timestamp("2026-02-20"),
            "closed": pd.to_datetime(["2025-12-30", "2026-01-10", "2026-03-20"]),
        }
    )
    seen = pd.DataFrame({"snapshot": pd.Timestamp("2026-01-20"), "opportunity": ["a", "b"], "stage": "terms"})
    seen = seen.assign(amount=[100.0, 40.0], expected_close=pd.Timestamp("2026-02-20"))
    row = cv.run_study({"opportunities": deals, "snapshots": seen}, as_of="2026-03-31").tables["past_distributions"]
    # a is won, b open at 60 %: 100 + .6 · 40; what came is 100.
    assert row[["won", "mean", "actual"]].iloc[0].tolist() == pytest.approx([100.0, 124.0, 100.0])
    assert np.isfinite(row["crps"]).all()
