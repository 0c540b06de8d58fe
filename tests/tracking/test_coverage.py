"""Forecast categories, coverage and velocity: worked by hand, on each side of every cut."""

import numpy as np
import pandas as pd
import pytest

from custvalue import expected_revenue, load_opportunities, load_targets
from custvalue.rules import Bands, Label
from custvalue.rules.errors import InputError
from custvalue.rules.forecast_categories import ForecastCategories
from custvalue.tracking.coverage import coverage, velocity
from custvalue.tracking.forecast_categories import forecast_categories

DAY = "2026-09-15"


def deals(*rows):
    """Return deals from (amount, probability, outcome, due or closed, owner) rows."""
    frame = pd.DataFrame(rows, columns=["amount", "p_model", "outcome", "date", "owner"])
    date = pd.to_datetime(frame.pop("date"))
    closed = frame["outcome"].notna()
    return frame.assign(
        amount=frame["amount"].astype(float),
        p_model=frame["p_model"].astype(float),
        expected_close=date,
        closed=date.where(closed),
        created=pd.Timestamp("2026-07-01"),
        stage="terms",
    )


def categories(frame, **options):
    found = forecast_categories(frame, as_of=DAY, probability="p_model", **options)
    return found.set_index(["period", "category"])


@pytest.mark.parametrize(
    ("chance", "category"),
    [(0, "pipeline"), (0.4, "pipeline"), (0.41, "best_case"), (0.6, "best_case"), (0.79, "best_case"),
     (0.8, "commit"), (1, "commit")],
)  # fmt: skip
def test_each_cut_belongs_to_a_category_and_an_open_deal_at_100_percent_is_not_won(chance, category):
    found = categories(deals((10, chance, None, "2026-09-30", "Ann")))
    assert found.index[found["n_deals"] > 0].tolist() == [("2026Q3", category)]


def test_categories_roll_up_from_what_is_won():
    found = categories(
        deals(
            (5, 1, "won", "2026-07-10", "Ann"),
            (999, 1, "lost", "2026-07-10", "Ann"),
            (10, 0.9, None, "2026-09-30", "Ann"),
            (20, 0.6, None, "2026-09-30", "Bo"),
            (40, 0.2, None, "2026-09-30", "Bo"),
            (80, 0.2, None, "2026-09-01", "Bo"),
            (None, 0.9, None, "2026-09-30", "Bo"),
        )
    )
    quarter = found.loc["2026Q3"]
    assert quarter.index.tolist() == ["closed", "commit", "best_case", "pipeline"]
    assert quarter["amount"].tolist() == [5, 10, 20, 40]
    assert quarter["cumulative_amount"].tolist() == [5, 15, 35, 75]
    assert quarter["cumulative_n_deals"].tolist() == [1, 2, 3, 4]
    assert found.loc[("overdue", "pipeline"), "amount"] == 80
    unpriced = found.loc[("unpriced", "commit")]
    assert (unpriced["n_deals"], unpriced["n_unpriced"]) == (1, 1)
    assert np.isnan(unpriced["amount"])


def test_the_samples_categories_add_up_to_won_and_open_of_expected_revenue():
    frame = load_opportunities()
    whole = expected_revenue(frame, as_of="2026-09-30", by="region").set_index(["period", "region"])
    found = forecast_categories(frame, as_of="2026-09-30", by="region")
    summed = found.groupby(["period", "region"])["amount"].sum()
    assert len(found) > 100
    last = found[found["category"] == "pipeline"].set_index(["period", "region"])["cumulative_amount"]
    for key, amount in summed.items():
        if key[0] != "unpriced":
            assert amount == whole.loc[key, "won_plus_open"] == last[key], key


def test_categories_of_ones_own_and_empty_frames():
    sure = Bands(("maybe", "sure"), (0.5,), ("sure",), (Label("maybe", "也许"), Label("sure", "确定")), source="house")
    mine = ForecastCategories(open=sure, won="booked", won_label=Label("booked", "已订"))
    frame = deals((10, 0.5, None, "2026-09-30", "Ann"))
    found = categories(frame, categories=mine)
    assert found["amount"].to_dict() == {("2026Q3", "booked"): 0, ("2026Q3", "sure"): 10, ("2026Q3", "maybe"): 0}
    empty = forecast_categories(frame.iloc[:0], as_of=DAY, by="owner")
    full = forecast_categories(frame, as_of=DAY, by="owner")
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)


def covered(frame, targets, **options):
    return coverage(frame, targets, as_of=DAY, **options)


def test_coverage_divides_what_is_open_by_what_is_still_needed():
    frame = deals(
        (60, 0.5, "won", "2026-07-10", "Ann"),
        (1, 0.5, "lost", "2026-01-10", "Ann"),
        (1, 0.5, "lost", "2026-01-10", "Ann"),
        (1, 0.5, "lost", "2026-01-10", "Ann"),
        (90, 0.5, None, "2026-09-30", "Ann"),
        (700, 0.5, None, "2026-10-01", "Ann"),  # next quarter
        (33, 0.5, None, "2026-09-14", "Ann"),  # overdue
        (None, 0.5, None, "2026-09-30", "Ann"),
    ).assign(created=pd.Timestamp("2026-01-01"))
    found = covered(frame, 90).iloc[0]
    # 90 - 60 = 30 still needed; 90 / 30 = 3; won 1 of 4: 30 / 0.25 = 120 open needed
    assert found[["won", "still_needed", "n_open", "open", "coverage"]].tolist() == [60, 30, 1, 90, 3]
    assert found[["overdue", "n_unpriced", "n_closed", "win_rate_closed", "open_needed"]].tolist() == [
        33,
        1,
        4,
        0.25,
        120,
    ]
    # Wilson 95 % of 1 in 4, from statsmodels.stats.proportion.proportion_confint: 0.0455873 to 0.699358
    assert found["open_needed_low"] == pytest.approx(30 / 0.699358, rel=1e-5)
    assert found["open_needed_high"] == pytest.approx(30 / 0.0455873, rel=1e-5)
    assert found["note"] == ""


@pytest.mark.parametrize(
    ("target", "still_needed", "note"),
    [(59, 0, "nothing is needed any more"), (60, 0, "nothing is needed any more"), (61, 1, "")],
)
def test_a_target_that_is_reached_needs_nothing_and_has_no_coverage(target, still_needed, note):
    frame = deals((60, 0.5, "won", "2026-07-10", "Ann"), (90, 0.5, None, "2026-09-30", "Ann"))
    found = covered(frame, target).iloc[0]
    assert (found["still_needed"], found["note"]) == (still_needed, note)
    assert np.isnan(found["coverage"]) == (still_needed == 0)


def test_groups_have_their_own_targets_and_win_rates_and_their_absence_is_said():
    frame = deals(
        (60, 0.5, "won", "2026-07-10", "Ann"),
        (90, 0.5, None, "2026-09-30", "Ann"),
        (10, 0.5, "lost", "2026-07-10", "Bo"),
        (10, 0.5, None, "2026-09-30", "Cy"),
        (10, 0.5, None, "2026-09-30", "Di"),
    )
    targets = pd.DataFrame(
        {
            "owner": ["Ann", "Bo", "Cy", "Eve", "Ann"],
            "period": ["2026Q3", "2026Q3", "2026Q3", "2026Q3", "2026Q4"],
            "target": [100.0, 50.0, 50.0, 20.0, 999.0],
        }
    )
    found = covered(frame, targets, by="owner").set_index("owner")
    assert found.index.tolist() == ["Ann", "Bo", "Cy", "Di", "Eve"]
    assert found["still_needed"].tolist() == pytest.approx([40, 50, 50, np.nan, 20], nan_ok=True)
    assert found["open_needed"].tolist() == pytest.approx([40, np.nan, np.nan, np.nan, np.nan], nan_ok=True)
    assert found["note"].tolist() == [
        "",
        "no deal was ever won here",
        "no closed deals: the win rate is unknown",
        "no target",
        "no closed deals: the win rate is unknown",
    ]
    assert found.loc["Eve", ["n_open", "open", "won"]].tolist() == [0, 0, 0]


def test_the_samples_coverage_by_owner_adds_up_to_that_of_all():
    frame, targets = load_opportunities(), load_targets()
    by_owner = coverage(frame, targets, as_of="2026-09-30", by="owner")
    whole = coverage(frame, targets, as_of="2026-09-30").iloc[0]
    assert len(by_owner) == 12
    for column in ("target", "won", "n_open", "open", "overdue", "n_unpriced", "n_closed"):
        assert by_owner[column].sum() == whole[column], column


def test_wrong_targets_and_later_events_are_refused():
    frame = deals((60, 0.5, None, "2026-09-30", "Ann"))
    with pytest.raises(ValueError, match="one target cannot be shared out among groups"):
        covered(frame, 100, by="owner")
    with pytest.raises(ValueError, match="a target must be 0 or more"):
        covered(frame, -1)
    with pytest.raises(ValueError, match="column 'owner' is needed"):
        covered(frame, pd.DataFrame({"period": ["2026Q3"], "target": [1.0]}), by="owner")
    later = deals((60, 0.5, None, "2026-09-30", "Ann"), (60, 0.5, "won", "2026-10-01", "Ann"))
    with pytest.raises(ValueError, match="the frame must be as it stood on as_of"):
        covered(later, 100)


def test_velocity_is_open_deals_times_win_rate_times_size_by_days():
    frame = deals(
        (100, 0.5, "won", "2026-07-11", "Ann"),  # 10 days
        (300, 0.5, "won", "2026-07-31", "Ann"),  # 30 days
        (999, 0.5, "lost", "2026-09-01", "Ann"),
        (999, 0.5, "lost", "2026-09-01", "Ann"),
        (50, 0.5, None, "2026-09-30", "Ann"),
        (None, 0.5, None, "2026-09-30", "Ann"),
        (50, 0.5, None, "2026-09-30", "Ann"),
    )
    frame.loc[6, "created"] = pd.Timestamp("2026-08-26")  # 20 days old: not longer than the cycle
    found = velocity(frame, as_of=DAY).iloc[0]
    # 3 open x 2/4 x 200 / 20 days = 15 a day
    assert found[["n_open", "mean_won_amount", "cycle_days", "velocity_per_day"]].tolist() == [3, 200, 20, 15]
    assert found["n_open_longer"] == 2
    assert "2 of them older than that, are left out: a lower bound" in found["note"]
    assert found["velocity_low"] < 15 < found["velocity_high"]
    assert found["velocity_low"] == pytest.approx(3 * found["low"] * 200 / 20)


def test_velocity_without_a_win_is_missing_and_says_why():
    frame = deals((1, 0.5, "lost", "2026-07-11", "Ann"), (1, 0.5, None, "2026-09-30", "Bo"))
    found = velocity(frame, as_of=DAY, by="owner").set_index("owner")
    assert found["note"].to_dict() == {
        "Ann": "no deal was ever won here; and no deal is open",
        "Bo": "no closed deals: the win rate is unknown",
    }
    assert found["velocity_per_day"].isna().all()
    assert velocity(frame.iloc[:0], as_of=DAY, by="owner").empty
    with pytest.raises(ValueError, match="column 'created' is needed"):
        velocity(frame.drop(columns="created"), as_of=DAY)


def test_typed_and_foreign_frames_give_the_same_answer():
    polars = pytest.importorskip("polars")
    frame, targets = load_opportunities(), load_targets()
    options = {"as_of": "2026-09-30", "by": "owner"}
    plain = coverage(frame, targets, **options), velocity(frame, **options), forecast_categories(frame, **options)
    for change in (polars.from_pandas, lambda table: table.convert_dtypes(dtype_backend="pyarrow")):
        odd, odd_targets = change(frame), change(targets)
        found = coverage(odd, odd_targets, **options), velocity(odd, **options), forecast_categories(odd, **options)
        for one, other in zip(found, plain, strict=True):
            assert one.to_dict("list") == other.to_dict("list") or one.equals(other)
    with pytest.raises(ValueError, match="owner must be of one type in all frames"):
        coverage(frame, targets.assign(owner=1), **options)


def test_a_cycle_of_no_days_is_left_out_of_velocity_and_counted():
    frame = deals(
        (100, 0.5, "won", "2026-07-11", "Ann"),  # 10 days
        (100, 0.5, "won", "2026-07-31", "Ann"),  # 30 days
        (100, 0.5, "won", "2026-07-01", "Ann"),  # booked on the day it was won
        (100, 0.5, "won", "2026-07-01", "Bo"),
        (100, 0.5, "lost", "2026-07-01", "Bo"),
        (50, 0.5, None, "2026-09-30", "Ann"),
        (50, 0.5, None, "2026-09-30", "Bo"),
    )
    found = velocity(frame, as_of=DAY, by="owner").set_index("owner")
    assert found["n_same_day"].to_dict() == {"Ann": 1, "Bo": 1}
    # 1 open x 3/3 x 100 / 20 days; with the zero the cycle would be 13 days
    assert found.loc["Ann", ["cycle_days", "velocity_per_day"]].tolist() == [20, 5]
    assert "; 1 won deals created on the day they were closed are left out" in found.loc["Ann", "note"]
    assert found.loc["Ann", "note_zh"].endswith("；1个在成交当日创建的赢单未计入周期")
    assert np.isnan(found.loc["Bo", "velocity_per_day"])
    assert found.loc["Bo", "note"].startswith("all won deals with both dates were created on the day they were closed")


def test_a_deal_won_before_it_was_created_is_refused():
    frame = deals((100, 0.5, "won", "2026-07-11", "Ann"), (100, 0.5, "won", "2026-06-30", "Ann"))
    with pytest.raises(InputError, match=r"a deal is closed on the day it was created or later.*row 1\)"):
        velocity(frame, as_of=DAY)
    # A deal lost "before" it was created has no part in the cycle.
    assert velocity(frame.assign(outcome=["won", "lost"]), as_of=DAY)["cycle_days"].tolist() == [10]


def test_notes_are_given_in_both_languages():
    frame = deals((60, 0.5, "won", "2026-07-10", "Ann"), (10, 0.5, None, "2026-09-30", "Bo"))
    targets = pd.DataFrame({"owner": ["Ann", "Bo"], "period": "2026Q3", "target": [50.0, 50.0]})
    assert covered(frame, targets, by="owner")["note_zh"].tolist() == ["已达目标，无需更多", "没有已结商机，赢单率未知"]
    more = pd.concat([frame, frame.iloc[[1]].assign(owner="Ann", created=pd.Timestamp(DAY))], ignore_index=True)
    assert velocity(more, as_of=DAY, by="owner")["note_zh"].tolist() == [
        "周期只含赢单；未结商机（其中0个已超过该周期）未计入，故为下限",
        "没有已结商机，赢单率未知",
    ]


@pytest.mark.parametrize(
    ("label", "hint"),
    [("2026q3", "Did you mean '2026Q3'"), ("2026", "Did you mean"), (2026, "Did you mean"), ("Q3", "Write it as"),
     (None, "period must not be missing")],
)  # fmt: skip
def test_a_target_whose_period_is_no_label_is_refused_with_a_hint(label, hint):
    frame = deals((60, 0.5, "won", "2026-07-10", "Ann"))
    targets = pd.DataFrame({"period": ["2026Q3", label], "target": [50.0, 50.0]})
    with pytest.raises(InputError, match=hint):
        covered(frame, targets)
    if label is not None:
        with pytest.raises(InputError, match="period must be a label"):
            covered(frame, 50, period=label)


def test_owners_that_are_texts_and_numbers_are_refused():
    frame = deals((60, 0.5, None, "2026-09-30", "Ann"), (60, 0.5, None, "2026-09-30", 7))
    targets = pd.DataFrame({"owner": ["Ann"], "period": "2026Q3", "target": [50.0]})
    with pytest.raises(InputError, match=r"owner must hold values of one type: got texts and numbers .*astype"):
        covered(frame, targets, by="owner")
    with pytest.raises(InputError, match="owner must hold values of one type"):
        covered(frame.iloc[:1], targets.assign(owner=pd.Series(["Ann"], dtype=object)).pipe(
            lambda table: pd.concat([table, table.assign(owner=7)])), by="owner")  # fmt: skip


def test_numbers_kept_as_objects_are_the_same_owners():
    frame = deals((60, 0.5, None, "2026-09-30", 7))
    targets = pd.DataFrame({"owner": pd.Series([7], dtype=object), "period": "2026Q3", "target": [50.0]})
    assert covered(frame, targets, by="owner")["still_needed"].tolist() == [50]


def test_amounts_beyond_all_money_are_refused():
    frame = deals((1e300, 0.5, None, "2026-09-30", "Ann"))
    for call in (lambda: covered(frame, 1), lambda: velocity(frame, as_of=DAY), lambda: categories(frame)):
        with pytest.raises(InputError, match=r"amount must be 1e\+100 or less: got 1e\+300"):
            call()
    with pytest.raises(InputError, match=r"a target must be 0 or more, and 1e\+100 or less"):
        covered(frame.assign(amount=1e100), 1e300)
    assert covered(frame.assign(amount=1e100), 1e100)["coverage"].tolist() == pytest.approx([1])


def test_a_roll_up_of_unpriced_deals_only_is_missing_and_counts_them():
    found = categories(
        deals(
            (None, 0.9, None, "2026-09-30", "Ann"),
            (None, 0.6, None, "2026-09-30", "Ann"),
            (5, 1, "won", "2026-09-10", "Ann"),
        )
    ).loc["unpriced"]
    assert found["cumulative_n_deals"].tolist() == [0, 1, 2, 2]
    assert found["cumulative_n_unpriced"].tolist() == [0, 1, 2, 2]
    # Nothing closed is nothing; two deals without a price are an unknown sum.
    assert found["cumulative_amount"].tolist() == pytest.approx([0, np.nan, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize("missing", [float("nan"), np.float64("nan"), None, pd.NA, pd.NaT])
def test_one_target_that_is_missing_is_named_with_what_to_do(missing):
    frame = deals((60, 0.5, None, "2026-09-30", "Ann"))
    with pytest.raises(InputError, match=r"coverage: targets must not be missing: got .*to be won in 2026Q3"):
        covered(frame, missing)
    with pytest.raises(InputError, match=r"targets must not be missing.*2026Q4"):
        covered(frame, missing, period="2026Q4", by="owner")


@pytest.mark.parametrize("odd", ["100", True, float("inf"), 1 + 2j, pd.Timestamp(DAY)])
def test_one_target_that_is_no_number_is_named(odd):
    with pytest.raises(InputError, match=r"coverage: targets must be a frame or a finite number: got "):
        covered(deals((60, 0.5, None, "2026-09-30", "Ann")), odd)


def test_a_group_whose_target_is_missing_is_told_from_one_without_a_target():
    frame = deals((60, 0.5, "won", "2026-07-10", "Ann"), (1, 0.5, None, "2026-09-30", "Bo"))
    targets = pd.DataFrame(
        {"owner": ["Ann", "Ann", "Cy"], "period": ["2026Q3", "2026Q3", "2026Q4"], "target": [100.0, np.nan, np.nan]}
    )
    found = covered(frame, targets, by="owner").set_index("owner")
    assert found["note"].to_dict() == {
        "Ann": "a target is missing: fill it in, or drop its row; their sum is unknown",
        "Bo": "no target",
    }
    assert found["note_zh"].to_dict() == {"Ann": "有目标缺失，合计未知：请补填或删除该行", "Bo": "没有目标"}
    assert found[["target", "still_needed", "coverage"]].isna().all(axis=None)
    assert covered(frame, targets)["note"].tolist() == [found.loc["Ann", "note"]]
    assert covered(frame, targets[2:])["note"].tolist() == ["no target"]


def test_velocity_without_open_deals_is_nil_and_says_why():
    frame = deals(
        (100, 0.5, "won", "2026-07-11", "Ann"),
        (100, 0.5, "lost", "2026-07-11", "Ann"),
        (100, 0.5, "won", "2026-07-01", "Ann"),  # on the day it was created
        (100, 0.5, "lost", "2026-07-11", "Bo"),
    )
    found = velocity(frame, as_of=DAY, by="owner").set_index("owner")
    assert found["n_open"].tolist() == [0, 0]
    assert found.loc["Ann", ["velocity_per_day", "velocity_low", "velocity_high", "cycle_days"]].tolist() == [
        0,
        0,
        0,
        10,
    ]
    assert found.loc["Ann", "note"] == (
        "no open deals: nothing is left to flow, so the velocity is 0 at any win rate; the cycle is that of won deals"
        "; 1 won deals created on the day they were closed are left out of the cycle"
    )
    assert found.loc["Ann", "note_zh"] == (
        "没有未结商机：无可流动，任何赢单率下速度均为0；周期为赢单的周期；1个在成交当日创建的赢单未计入周期"
    )
    # Without a win nothing of the product is known but the first factor.
    assert np.isnan(found.loc["Bo", "velocity_per_day"])
    assert found.loc["Bo", "note"] == "no deal was ever won here; and no deal is open"
    assert found.loc["Bo", "note_zh"] == "从未赢单；且没有未结商机"
    nothing = velocity(frame.iloc[:0], as_of=DAY)
    assert nothing["note"].tolist() == ["no closed deals: the win rate is unknown; and no deal is open"]


def test_targets_in_another_currency_than_the_deals_are_refused():
    deals = pd.DataFrame(
        {
            "opportunity": ["a"],
            "amount": [10.0],
            "stage": ["trial"],
            "expected_close": ["2026-11-01"],
            "currency": ["CNY"],
            "outcome": [None],
        }
    )
    targets = pd.DataFrame({"period": ["2026Q4"], "target": [50.0], "currency": ["EUR"]})
    with pytest.raises(InputError, match="one currency in all frames: got targets: EUR, opportunities: CNY"):
        coverage(deals, targets=targets, as_of="2026-10-01", period="2026Q4")
