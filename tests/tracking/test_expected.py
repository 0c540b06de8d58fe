"""Won and expected revenue by period: worked by hand, reconciled, and never ahead of the day."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import expected_revenue, pipeline_by_stage, playbook
from custvalue.rules import Label, Ladder, Stage
from custvalue.tracking.probabilities import probability_disagreement

DAY = "2026-09-30"


def deals(*rows):
    """Return deals from (amount, stage, outcome, expected_close, closed) rows."""
    frame = pd.DataFrame(rows, columns=["amount", "stage", "outcome", "expected_close", "closed"])
    frame["amount"] = frame["amount"].astype(float)
    for name in ("expected_close", "closed"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def row(result, label):
    return result.set_index("period").loc[label]


def test_won_and_weighted_open_deals_add_up_to_the_forecast():
    result = expected_revenue(
        deals(
            (100, "agreement", "won", None, "2026-10-01"),
            (200, "quotation", None, "2026-11-15", None),
            (50, "trial", None, "2026-12-31", None),
        ),
        as_of="2026-10-01",
    )
    # 0.4 x 200 + 0.8 x 50 = 120
    found = row(result, "2026Q4")
    assert (found["n_won"], found["won"], found["n_open"], found["open"]) == (1, 100, 2, 250)
    assert (found["expected_open"], found["forecast"], found["won_plus_open"]) == (120, 220, 350)


def test_lost_deals_count_zero_even_at_full_amount():
    result = expected_revenue(deals((900, "trial", "lost", None, "2026-08-01")), as_of=DAY)
    found = row(result, "2026Q3")
    assert (found["n_deals"], found["won"], found["forecast"], found["won_plus_open"]) == (1, 0, 0, 0)


def test_an_open_deal_at_100_percent_is_expected_in_full_and_not_won():
    found = row(expected_revenue(deals((70, "agreement", None, "2026-10-05", None)), as_of=DAY), "2026Q4")
    assert (found["n_won"], found["won"], found["expected_open"]) == (0, 0, 70)


@pytest.mark.parametrize(
    ("due", "label"), [("2026-09-29", "overdue"), ("2026-09-30", "2026Q3"), ("2026-10-01", "2026Q4")]
)
def test_a_deal_is_overdue_from_the_day_after_its_expected_close(due, label):
    result = expected_revenue(deals((10, "terms", None, due, None)), as_of=DAY)
    assert result["period"].tolist() == [label]


def test_deals_without_amount_or_date_stand_in_rows_of_their_own_and_unknown_money_is_missing():
    result = expected_revenue(
        deals(
            (None, "terms", None, None, None),
            (None, "terms", None, "2026-10-05", None),
            (40, "terms", None, None, None),
        ),
        as_of=DAY,
    )
    assert result["period"].tolist() == ["unscheduled", "unpriced"]
    assert row(result, "unscheduled")["expected_open"] == 24  # 0.6 x 40
    unpriced = row(result, "unpriced")
    assert unpriced["n_open"] == 2
    assert unpriced[["open", "expected_open", "forecast", "won_plus_open"]].isna().all()


def test_a_deal_closed_after_the_day_is_open_on_it_and_its_later_amount_is_not_used():
    result = expected_revenue(deals((500, "agreement", "won", "2026-09-01", "2026-10-02")), as_of=DAY)
    found = row(result, "state_unknown")
    assert (found["n_won"], found["won"], found["n_open"]) == (0, 0, 1)
    assert np.isnan(found["open"])


def test_a_deal_created_after_the_day_does_not_exist_on_it():
    frame = deals((500, "terms", None, "2026-12-01", None)).assign(created=pd.Timestamp("2026-10-01"))
    found = row(expected_revenue(frame, as_of=DAY), "created_after_as_of")
    assert (found["n_deals"], found["n_open"], found["open"]) == (1, 0, 0)


def test_fiscal_quarters_and_months_label_the_rows():
    frame = deals((10, "terms", None, "2027-01-15", None))
    # A fiscal year is named after the year it ends in: January 2027 is the last quarter of fiscal 2027.
    assert expected_revenue(frame, as_of=DAY, freq="Q-JAN")["period"].tolist() == ["2027Q4"]
    assert expected_revenue(frame, as_of=DAY, freq="M")["period"].tolist() == ["2027-01"]


@st.composite
def deal_frames(draw):
    n = draw(st.integers(1, 25))
    pick = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    days = np.datetime64("2026-01-01") + pick.integers(0, 500, (3, n)).astype("timedelta64[D]")
    amount = np.where(pick.random(n) < 0.2, np.nan, pick.integers(0, 1000, n))
    outcome = pick.choice(["won", "lost", None], n)
    return pd.DataFrame(
        {
            "owner": pick.choice(["李娜", "Ann", None], n),
            "amount": amount,
            "stage": pick.choice(playbook.DEAL_HEAT.names, n),
            "outcome": outcome,
            "created": pd.Series(days[0]),
            "expected_close": pd.Series(days[1]).where(pick.random(n) > 0.2),
            "closed": pd.Series(days[2]).where(pd.notna(outcome)),
        }
    )


@settings(deadline=None, max_examples=60)
@given(deal_frames())
def test_every_deal_is_in_one_row_and_groups_add_up_to_the_whole(frame):
    whole = expected_revenue(frame, as_of=DAY).set_index("period")
    by_owner = expected_revenue(frame, as_of=DAY, by="owner")
    assert whole["n_deals"].sum() == len(frame) == by_owner["n_deals"].sum()
    for column in ("n_won", "won", "n_open"):
        grouped = by_owner.groupby("period")[column].sum(skipna=False)
        assert grouped.to_dict() == pytest.approx(whole[column].to_dict(), nan_ok=True)
    priced = whole[whole["open"].notna()]
    grouped = by_owner.groupby("period")["expected_open"].sum()
    assert grouped[priced.index].to_dict() == pytest.approx(priced["expected_open"].to_dict())


@settings(deadline=None, max_examples=40)
@given(deal_frames(), st.sampled_from([DAY, "2026-12-15", "2027-12-31"]))
def test_the_rows_equal_a_naive_loop_over_deals(frame, as_of):
    day = pd.Timestamp(as_of)
    later = any(deal.created > day or (pd.notna(deal.outcome) and deal.closed > day) for deal in frame.itertuples())
    expected = {}
    for deal in frame.itertuples():
        if deal.created > day or pd.isna(deal.amount):
            continue
        is_won = deal.outcome == "won" and deal.closed <= day
        is_open = pd.isna(deal.outcome)
        if not (is_won or is_open) or (is_open and later):
            continue
        date = deal.closed if is_won else deal.expected_close
        label = (
            "unscheduled"
            if pd.isna(date)
            else "overdue"
            if is_open and date < day
            else f"{date.year}Q{(date.month + 2) // 3}"
        )
        chance = 1 if is_won else playbook.DEAL_HEAT.probability(deal.stage)
        expected[label] = expected.get(label, 0) + chance * deal.amount
    found = expected_revenue(frame, as_of=as_of).set_index("period")["forecast"]
    assert {label: value for label, value in found.items() if label in expected} == pytest.approx(expected)


def test_the_callers_frame_is_not_changed():
    frame = deals((10, "terms", None, "2026-10-05", None))
    before = frame.copy(deep=True)
    expected_revenue(frame, as_of=DAY, by="stage")
    pd.testing.assert_frame_equal(frame, before)


def test_an_open_deal_without_a_stage_is_refused_with_its_row():
    with pytest.raises(ValueError, match=r"stage must not be missing here: got None \(column 'stage', row 0\)"):
        expected_revenue(deals((10, None, None, "2026-10-05", None)), as_of=DAY)


def test_stages_of_closed_deals_need_not_be_on_the_ladder():
    result = expected_revenue(deals((10, "Closed Won", "won", None, "2026-09-01")), as_of=DAY)
    assert row(result, "2026Q3")["won"] == 10


def test_dates_given_as_text_are_refused_with_the_remedy():
    frame = deals((10, "terms", None, None, None)).assign(expected_close="2026-10-05")
    with pytest.raises(ValueError, match=r"expected_close must be a date: got dtype str.*pd.to_datetime"):
        expected_revenue(frame, as_of=DAY)


@pytest.mark.parametrize(("freq", "as_of"), [("W", DAY), ("Q-DEC", "soon"), ("Q-DEC", None)])
def test_a_calendar_or_day_that_cannot_be_read_is_refused(freq, as_of):
    with pytest.raises(ValueError, match="must be a"):
        expected_revenue(deals((10, "terms", None, None, None)), as_of=as_of, freq=freq)


def test_a_column_of_probabilities_replaces_the_ladder_when_named():
    frame = deals((100, "terms", None, "2026-10-05", None)).assign(p_model=0.25)
    assert row(expected_revenue(frame, as_of=DAY, probability="p_model"), "2026Q4")["expected_open"] == 25


def test_an_empty_frame_gives_an_empty_result_with_all_columns():
    result = expected_revenue(deals(), as_of=DAY)
    assert len(result) == 0
    assert {"period", "won", "n_open", "expected_open", "forecast", "won_plus_open"} <= set(result.columns)


def test_the_pipeline_shows_every_stage_in_selling_order():
    frame = deals(
        (200, "quotation", None, None, None),
        (None, "quotation", None, None, None),
        (9, "Closed Won", "won", None, "2026-01-01"),
    )
    result = pipeline_by_stage(frame, as_of=DAY)
    assert result["stage"].tolist() == list(playbook.DEAL_HEAT.names)
    quotation = result.set_index("stage").loc["quotation"]
    assert (quotation["n_open"], quotation["n_unpriced"], quotation["open"], quotation["expected_open"]) == (
        2,
        1,
        200,
        80,
    )
    assert result["n_open"].sum() == 2


def test_a_ladder_of_ones_own_prices_its_own_stages():
    ladder = Ladder(
        (Stage("Lead", Label("Lead", "线索"), 0.1), Stage("Offer", Label("Offer", "报价"), 0.5)), source="house rule"
    )
    result = pipeline_by_stage(deals((100, "Offer", None, None, None)), as_of=DAY, ladder=ladder)
    assert result["expected_open"].tolist() == [0, 50]


def test_open_deals_are_of_unknown_state_once_the_frame_holds_later_events():
    frame = deals((80, "terms", None, "2026-10-20", None), (70, "agreement", "won", None, "2026-10-03"))
    found = row(expected_revenue(frame, as_of=DAY), "state_unknown")
    assert found["n_open"] == 2
    assert np.isnan(found["expected_open"])
    today = expected_revenue(frame, as_of="2026-10-03").set_index("period")
    assert today.loc["2026Q4", "expected_open"] == 48  # on the day of the last event the frame is as it stood
    with pytest.raises(ValueError, match=r"the frame must be as it stood on as_of: got 2 deals open on 2026-09-30"):
        pipeline_by_stage(frame, as_of=DAY)


def test_mixed_currencies_are_refused_with_their_counts():
    frame = deals((1, "terms", None, None, None), (2, "terms", None, None, None)).assign(currency=["CNY", "USD"])
    with pytest.raises(ValueError, match=r"amounts must be in one currency: got 'CNY' \(1\), 'USD' \(1\)"):
        expected_revenue(frame, as_of=DAY)


def test_a_column_that_was_named_must_be_there_and_a_usual_one_need_not():
    frame = deals((10, "terms", None, None, None)).drop(columns=["closed", "expected_close"])
    assert expected_revenue(frame, as_of=DAY)["period"].tolist() == ["unscheduled"]
    with pytest.raises(ValueError, match="column 'Close Date' is needed"):
        expected_revenue(frame, as_of=DAY, closed="Close Date")


@pytest.mark.parametrize("by", ["period", "n_won", "won", ["stage", "stage"]])
def test_groups_that_bear_a_results_name_or_repeat_are_refused(by):
    frame = deals((10, "terms", None, None, None)).assign(period="x", n_won=1, won=2)
    with pytest.raises(ValueError, match=r"by (names each column once|must not bear)"):
        expected_revenue(frame, as_of=DAY, by=by)


def test_pyarrow_typed_frames_give_the_same_answer():
    frame = deals((100, "agreement", "won", None, "2026-08-03"), (200, "quotation", None, "2026-11-15", None))
    typed = frame.convert_dtypes(dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(expected_revenue(typed, as_of=DAY), expected_revenue(frame, as_of=DAY))


def test_the_probability_is_chosen_by_name_and_the_three_stand_side_by_side():
    frame = deals((100, "terms", None, "2026-10-05", None), (200, "trial", None, "2026-10-06", None))
    frame = frame.assign(probability=[0.5, 0.25], p_model=[0.75, 0.125])
    by_name = {
        name: row(expected_revenue(frame, as_of=DAY, probability=name), "2026Q4")
        for name in ("p_stage", "p_rep", "p_model", "probability", None)
    }
    # 0.6 x 100 + 0.8 x 200 = 220; 0.5 x 100 + 0.25 x 200 = 100; 0.75 x 100 + 0.125 x 200 = 100
    assert {name: found["expected_open"] for name, found in by_name.items()} == {
        "p_stage": 220,
        "p_rep": 100,
        "p_model": 100,
        "probability": 100,
        None: 220,
    }
    for found in by_name.values():
        assert found[["expected_p_stage", "expected_p_rep", "expected_p_model"]].tolist() == [220, 100, 100]


def test_a_column_named_p_rep_goes_before_the_usual_one_and_another_must_be_there():
    frame = deals((100, "terms", None, "2026-10-05", None)).assign(probability=0.5, p_rep=0.25)
    assert row(expected_revenue(frame, as_of=DAY, probability="p_rep"), "2026Q4")["expected_open"] == 25
    named = frame.rename(columns={"p_rep": "gut"})
    assert row(expected_revenue(named, as_of=DAY, probability="p_rep", p_rep="gut"), "2026Q4")["expected_open"] == 25
    for options in ({"p_rep": "gut"}, {"probability": "p_model"}, {"p_model": "scored"}):
        with pytest.raises(ValueError, match=r"column '(gut|p_model|scored)' is needed"):
            expected_revenue(frame, as_of=DAY, **options)


def test_a_source_that_lacks_a_deal_has_no_sum_and_the_others_do():
    frame = deals((100, "terms", None, "2026-10-05", None), (200, "trial", None, "2026-10-06", None))
    found = row(expected_revenue(frame.assign(probability=[0.5, None]), as_of=DAY), "2026Q4")
    assert np.isnan(found["expected_p_rep"])
    assert found["expected_p_stage"] == 220
    with pytest.raises(ValueError, match="open deals need a probability: got nan"):
        expected_revenue(frame.assign(probability=[0.5, None]), as_of=DAY, probability="p_rep")


def test_stages_off_the_ladder_matter_only_where_the_ladder_is_used():
    frame = deals((100, "Negotiation", None, "2026-10-05", None)).assign(p_model=0.5)
    found = row(expected_revenue(frame, as_of=DAY, probability="p_model"), "2026Q4")
    assert found["expected_open"] == 50
    assert np.isnan(found["expected_p_stage"])
    without = frame.drop(columns="stage")
    assert row(expected_revenue(without, as_of=DAY, probability="p_model"), "2026Q4")["expected_open"] == 50


def test_a_model_of_timing_replaces_the_chance_of_ever_winning_in_a_periods_row_only():
    frame = deals(
        (100, "terms", None, "2026-10-05", None),
        (200, "trial", None, "2026-11-05", None),
        (50, "trial", None, "2026-09-01", None),
        (60, "agreement", "won", None, "2026-08-01"),
    )
    plain = expected_revenue(frame, as_of=DAY)
    assert plain["timing"].tolist() == [np.nan, "expected_close", np.nan]
    assert plain["n_at_its_word"].tolist() == [0, 2, 0]
    partly = expected_revenue(frame.assign(p_win_by_period_end=[0.25, None, 0.1, None]), as_of=DAY)
    # 0.25 x 100 + 0.8 x 200 = 185; the overdue deal belongs to no period: 0.8 x 50 = 40
    assert partly["expected_open"].tolist() == [0, 185, 40]
    assert partly["expected_p_stage"].tolist() == [0, 220, 40]
    assert (row(partly, "2026Q4")["timing"], row(partly, "2026Q4")["n_at_its_word"]) == ("mixed", 1)
    full = frame.assign(p_win_by_period_end=[0.25, 0.5, 0.1, None])
    assert row(expected_revenue(full, as_of=DAY), "2026Q4")["timing"] == "timing_model"
    assert row(expected_revenue(full, as_of=DAY, by_period_end=None), "2026Q4")["expected_open"] == 220


@settings(deadline=None, max_examples=60)
@given(deal_frames(), st.randoms(use_true_random=False))
def test_sums_reconcile_to_the_last_bit_at_every_level_of_grouping(frame, random):
    cents = [round(random.random() * random.choice([1, 1e4, 1e10]), 2) for _ in range(len(frame))]
    frame = frame.assign(
        amount=np.where(frame["amount"].isna(), np.nan, cents),
        created=pd.Timestamp("2025-01-01"),
        region=[random.choice(["East", "West"]) for _ in cents],
        probability=[random.random() for _ in cents],
    )
    day = "2027-12-31"  # after every event, so that all money is known
    whole = expected_revenue(frame, as_of=day, freq="M").set_index("period")
    money = ["won", "open", "expected_open", "forecast", "won_plus_open", "expected_p_rep"]
    for by in ("owner", "region", ["region", "owner"], ["owner", "stage"]):
        parts = expected_revenue(frame, as_of=day, freq="M", by=by).sample(frac=1, random_state=random.randrange(99))
        for label, rows in parts.groupby("period"):
            if label == "unpriced":
                continue
            for column in money:
                total = 0.0
                for value in rows[column].tolist():  # one by one: no compensated sum
                    total += value
                assert total == whole.loc[label, column], (by, label, column)


def test_the_forecast_is_not_the_sum_of_rounded_deals():
    frame = deals(*[(1.4, "agreement", None, "2026-10-05", None)] * 10)
    # Each deal rounded for display is 1, together 10: the sum is 14.
    assert row(expected_revenue(frame, as_of=DAY), "2026Q4")["expected_open"] == pytest.approx(14, rel=1e-15)


def test_a_past_period_is_not_revalued_with_the_stages_of_today():
    # On 30 June the deal stood somewhere; in September it stands at 90 %, and another was won in July.
    frame = deals(
        (100, "selection", None, "2026-06-30", None), (70, "agreement", "won", "2026-06-30", "2026-07-15")
    ).assign(created=pd.Timestamp("2026-01-01"))
    then = expected_revenue(frame, as_of="2026-06-30")
    assert then["period"].tolist() == ["state_unknown"]
    assert then[["open", "expected_open", "forecast"]].isna().all(axis=None)
    now = expected_revenue(frame, as_of=DAY).set_index("period")
    assert now.loc["2026Q3", ["won", "expected_open"]].tolist() == [70, 0]
    assert now.loc["overdue", "expected_open"] == 90


def test_lost_deals_stay_at_zero_whatever_their_probability_column_says():
    frame = deals((900, "trial", "lost", "2026-10-05", "2026-08-01")).assign(probability=0.9, p_win_by_period_end=0.9)
    found = row(expected_revenue(frame, as_of=DAY, probability="p_rep"), "2026Q3")
    assert found[["open", "expected_open", "forecast", "won_plus_open", "expected_p_rep"]].tolist() == [0] * 5


def test_disagreements_between_rep_and_ladder_are_listed_by_the_money_they_move():
    frame = deals(
        (100, "terms", None, None, None),  # 0.6 against 0.9: 30
        (1000, "terms", None, None, None),  # 0.6 against 0.5: 100
        (None, "terms", None, None, None),
        (500, "terms", None, None, None),  # agrees
        (500, "terms", None, None, None),  # the rep says nothing
        (500, "terms", "won", None, "2026-01-01"),
    ).assign(probability=[0.9, 0.5, 0.1, 0.6, None, 0.1])
    found = probability_disagreement(frame, as_of=DAY)
    assert found.index.tolist() == [1, 0, 2]
    assert found["expected_rep_minus_stage"].tolist() == pytest.approx([-100, 30, np.nan], nan_ok=True)
    assert found["p_rep_minus_p_stage"].tolist() == pytest.approx([-0.1, 0.3, -0.5])
    assert found["rank"].tolist() == [1, 2, pd.NA]
    # The threshold belongs to those that agree.
    assert probability_disagreement(frame, as_of=DAY, threshold=0.3).index.tolist() == [2]
    assert probability_disagreement(frame, as_of=DAY, threshold=0.29).index.tolist() == [0, 2]


def test_disagreement_needs_the_reps_column_and_the_frame_as_it_stood():
    frame = deals((100, "terms", None, None, None))
    with pytest.raises(ValueError, match=r"column 'probability' is needed \(the rep's probability\)"):
        probability_disagreement(frame, as_of=DAY)
    later = deals((100, "terms", None, None, None), (5, "terms", "won", None, "2026-10-01")).assign(probability=0.1)
    with pytest.raises(ValueError, match="the frame must be as it stood on as_of: got 2 deals open"):
        probability_disagreement(later, as_of=DAY)
    assert probability_disagreement(frame.assign(probability=0.1).iloc[:0], as_of=DAY)["rank"].tolist() == []
