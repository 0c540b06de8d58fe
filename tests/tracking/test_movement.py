"""What moved the pipeline: each kind of move worked by hand, and books that balance to the last bit."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import expected_revenue, load_opportunities, load_snapshots
from custvalue.rules.errors import InputError
from custvalue.rules.movement import BARS
from custvalue.tracking.movement import pipeline_movement
from custvalue.tracking.slippage import slippage

Q3, Q4 = "2026-09-30", "2026-11-15"
START, END = pd.Timestamp("2026-06-30"), pd.Timestamp("2026-09-30")


def snap(*rows, day=None, **columns):
    """Return a snapshot from (opportunity, amount, expected_close, owner, outcome) rows."""
    frame = pd.DataFrame(rows, columns=["opportunity", "amount", "expected_close", "owner", "outcome"]).assign(
        **columns
    )
    frame["amount"] = frame["amount"].astype(float)
    frame["expected_close"] = pd.to_datetime(frame["expected_close"])
    return frame if day is None else frame.assign(snapshot=pd.Timestamp(day))


def one(opportunity="a", amount=100, due=Q3, owner="Ann", outcome=None):
    return (opportunity, amount, due, owner, outcome)


def moved(before, after, **options):
    """Return the bars that hold a deal, with their amounts."""
    bars = pipeline_movement(before, after, **options).bars
    return {row.bar: row.amount_signed for row in bars[bars["n_deals"] > 0].itertuples()}


def test_a_deal_that_only_stands_still_opens_and_closes():
    assert moved(snap(one()), snap(one())) == {"opening": 100, "closing": 100}


@pytest.mark.parametrize(
    ("before", "after", "bars"),
    [
        (snap(), snap(one()), {"new": 100, "closing": 100}),
        (snap(one(outcome="lost")), snap(one(amount=80)), {"reopened": 80, "closing": 80}),
        (snap(one(amount=None)), snap(one()), {"priced": 100, "closing": 100}),
        (snap(one()), snap(one(amount=130)), {"opening": 100, "raised": 30, "closing": 130}),
        (snap(one()), snap(one(amount=70)), {"opening": 100, "cut": -30, "closing": 70}),
        (snap(one()), snap(one(amount=None)), {"opening": 100, "unpriced": -100}),
        (snap(one()), snap(one(outcome="won")), {"opening": 100, "won": -100}),
        (snap(one()), snap(one(outcome="lost")), {"opening": 100, "lost": -100}),
        (snap(one()), snap(), {"opening": 100, "removed": -100}),
    ],
)
def test_each_move_has_a_bar_of_its_own(before, after, bars):
    assert moved(before, after) == bars


@pytest.mark.parametrize(
    ("was", "now", "bars"),
    [
        (Q4, Q3, {"pulled_in": 100, "closing": 100}),
        ("2026-06-30", Q3, {"slipped_in": 100, "closing": 100}),
        (None, Q3, {"scheduled": 100, "closing": 100}),
        (Q3, Q4, {"opening": 100, "slipped_out": -100}),
        (Q3, "2026-06-30", {"opening": 100, "pulled_out": -100}),
        (Q3, None, {"opening": 100, "unscheduled": -100}),
        (Q4, "2027-01-15", {}),
        # The first and the last day of the quarter belong to it, the days beside them do not.
        ("2026-07-01", "2026-09-30", {"opening": 100, "closing": 100}),
        ("2026-07-01", "2026-10-01", {"opening": 100, "slipped_out": -100}),
    ],
)
def test_a_periods_pipeline_gains_and_loses_deals_by_their_dates(was, now, bars):
    assert moved(snap(one(due=was)), snap(one(due=now)), period="2026Q3") == bars


def test_without_a_period_dates_move_nothing():
    assert moved(snap(one(due=Q3)), snap(one(due=None))) == {"opening": 100, "closing": 100}


@pytest.mark.parametrize(
    ("before", "after", "bars"),
    [
        # Raised to 120 and won: it leaves whole at its opening amount.
        (one(), one(amount=120, outcome="won"), {"opening": 100, "won": -100}),
        # Slipped and cut: the same, the cut is in another period's pipeline.
        (one(), one(amount=60, due=Q4), {"opening": 100, "slipped_out": -100}),
        # Pulled in and raised: in at the amount it had, the rest is a raise.
        (one(due=Q4), one(amount=120), {"pulled_in": 100, "raised": 20, "closing": 120}),
        # Priced and scheduled at once: it had no amount to come in at.
        (one(amount=None, due=None), one(), {"priced": 100, "closing": 100}),
        # Unpriced goes before unscheduled.
        (one(), one(amount=None, due=None), {"opening": 100, "unpriced": -100}),
    ],
)
def test_a_deal_that_did_several_things_is_booked_in_the_stated_order(before, after, bars):
    assert moved(snap(before), snap(after), period="2026Q3") == bars


def test_a_reassigned_deal_changes_hands_at_its_opening_amount_and_is_raised_by_its_new_owner():
    bars = pipeline_movement(snap(one()), snap(one(amount=130, owner="Bo")), by="owner").bars
    held = bars[bars["n_deals"] > 0].set_index(["owner", "bar"])["amount_signed"].to_dict()
    assert held == {
        ("Ann", "opening"): 100,
        ("Ann", "reassigned_out"): -100,
        ("Bo", "reassigned_in"): 100,
        ("Bo", "raised"): 30,
        ("Bo", "closing"): 130,
    }


def test_a_reassigned_deal_that_slipped_left_the_opening_owners_pipeline_by_slipping():
    bars = pipeline_movement(snap(one()), snap(one(due=Q4, owner="Bo")), by="owner", period="2026Q3").bars
    held = bars[bars["n_deals"] > 0].set_index(["owner", "bar"])["amount_signed"].to_dict()
    assert held == {("Ann", "opening"): 100, ("Ann", "slipped_out"): -100}


def later_table(*rows):
    """Return opportunities from (opportunity, amount, outcome, created, closed, region) rows."""
    frame = pd.DataFrame(rows, columns=["opportunity", "amount", "outcome", "created", "closed", "region"])
    return frame.assign(
        amount=frame["amount"].astype(float),
        created=pd.to_datetime(frame["created"]),
        closed=pd.to_datetime(frame["closed"]),
    )


def open_only(*rows, day):
    return snap(*rows, day=day).drop(columns="outcome")


def test_a_later_table_says_what_became_of_deals_that_are_gone_but_nothing_from_after_the_day():
    before = open_only(one("a"), one("b", 50), one("c", 20), one("d", 7), day=START)
    after = open_only(one("d", 7), day=END)
    table = later_table(
        ("a", 110, "won", "2026-01-01", "2026-09-30", "East"),
        ("b", 50, "lost", "2026-01-01", "2026-08-01", "East"),
        ("c", 20, "won", "2026-01-01", "2026-10-01", "East"),  # won the day after: on the day nobody knew
        ("d", 7, "lost", "2026-01-01", "2026-10-05", "East"),
    )
    assert moved(before, after, opportunities=table) == {
        "opening": 177,
        "won": -100,
        "lost": -50,
        "removed": -20,
        "closing": 7,
    }


def test_what_was_created_and_closed_in_between_is_listed_and_won_revenue_reconciles():
    before, after = open_only(one("a"), one("b", 50), day=START), open_only(day=END)
    table = later_table(
        ("a", 110, "won", "2026-01-01", "2026-08-01", "East"),
        ("b", 45, "won", "2026-01-01", "2026-08-01", "East"),
        ("quick", 30, "won", "2026-07-01", "2026-07-20", "West"),
        ("failed", 60, "lost", "2026-07-01", "2026-07-20", "West"),
        ("old", 99, "won", "2026-01-01", "2026-06-30", "West"),  # closed on the day of the first snapshot
        ("late", 98, "won", "2026-07-01", "2026-10-01", "West"),
    )
    result = pipeline_movement(before, after, opportunities=table, by="region", days=(START, END))
    outside = result.closed[~result.closed["in_opening"]]
    assert outside[["opportunity", "outcome", "amount_at_close"]].to_numpy().tolist() == [
        ["quick", "won", 30.0],
        ["failed", "lost", 60.0],
    ]
    east, west = result.summary.set_index("region").loc[["East", "West"]].to_dict("records")
    won = ("won_from_opening", "won_raised", "won_cut", "won_not_in_opening", "won_between")
    # East: 100 + 50 in the opening, 10 more and 5 less at the close: 155 won.
    assert [east[name] for name in won] == [150, 10, 5, 0, 155]
    assert [west[name] for name in won] == [0, 0, 0, 30, 30]
    assert result.closed.set_index("opportunity").loc[["a", "b"], ["raised", "cut"]].to_numpy().tolist() == [
        [10, 0],
        [0, 5],
    ]


@pytest.mark.parametrize(("created", "bar"), [("2026-06-29", "reopened"), ("2026-06-30", "new"), ("2026-07-01", "new")])
def test_a_deal_older_than_the_first_snapshot_was_reopened(created, bar):
    after = open_only(one(), day=END).assign(created=pd.Timestamp(created))
    assert moved(open_only(day=START).assign(snapshot=pd.NaT), after) == {"new": 100, "closing": 100}
    assert moved(open_only(one("x", 1), day=START), after) == {"opening": 1, bar: 100, "removed": -1, "closing": 100}


def test_unpriced_deals_are_in_no_bar_and_are_counted():
    result = pipeline_movement(snap(one(amount=None), one("b", 10)), snap(one(amount=None), one("b", None)))
    assert result.summary[["n_unpriced_before", "n_unpriced_after"]].iloc[0].tolist() == [1, 2]
    assert result.summary["opening"].tolist() == [10]


def test_every_bar_is_the_sum_of_its_deals():
    before = snap(one("a", 100.10), one("b", 200.20), one("c", 300.30, due=Q4))
    after = snap(one("a", 150.55), one("b", 200.20, due=Q4), one("c", 250.05))
    result = pipeline_movement(before, after, period="2026Q3")
    summed = result.deals.groupby("bar", observed=False)["amount_signed"].sum()
    assert summed.to_dict() == result.bars.set_index("bar")["amount_signed"].to_dict()
    raised = result.deals[result.deals["bar"] == "raised"]
    assert raised["opportunity"].tolist() == ["a"]
    assert raised["amount_signed"].iloc[0] == pytest.approx(50.45)


@st.composite
def snapshot_pairs(draw):
    pick = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(0, 30))
    size = draw(st.sampled_from([1e2, 1e6, 1e11]))
    ids = np.array([f"deal {k}" for k in range(n)], dtype=object)

    def side(*, closes):
        there = np.flatnonzero(pick.random(n) < 0.8)
        due = pd.Timestamp("2026-05-01") + pd.to_timedelta(pick.integers(0, 300, there.size), unit="D")
        frame = pd.DataFrame(
            {
                "opportunity": ids[there],
                "amount": np.where(pick.random(there.size) < 0.1, np.nan, (pick.random(there.size) * size).round(2)),
                "expected_close": pd.Series(due).where(pick.random(there.size) < 0.9),
                "owner": pick.choice(np.array(["李娜", "Ann", None], dtype=object), there.size),
                "region": pick.choice(["East", "West"], there.size),
                "outcome": np.where(
                    pick.random(there.size) < closes,
                    pick.choice(np.array(["won", "lost"], dtype=object), there.size),
                    None,
                ),
            }
        )
        return frame.sample(frac=1, random_state=int(pick.integers(2**31)))

    return side(closes=0.1), side(closes=0.3)


OPTIONS = st.fixed_dictionaries(
    {"period": st.sampled_from([None, "2026Q3"]), "by": st.sampled_from([(), "owner", ["region", "owner"]])}
)


@settings(deadline=None, max_examples=80)
@given(snapshot_pairs(), OPTIONS, st.randoms(use_true_random=False))
def test_opening_and_changes_add_up_to_closing_to_the_last_bit_in_any_order(pair, options, random):
    result = pipeline_movement(*pair, **options)
    for start in range(0, len(result.bars), len(BARS)):
        amounts = result.bars["amount_signed"].iloc[start : start + len(BARS)].tolist()
        changes = amounts[1:-1]
        random.shuffle(changes)
        total = amounts[0]
        for change in changes:
            total += change
        assert total == amounts[-1]
    assert np.all(result.summary["opening"] + result.summary["closing_minus_opening"] == result.summary["closing"])


@settings(deadline=None, max_examples=60)
@given(snapshot_pairs(), OPTIONS)
def test_groups_add_up_to_the_whole_and_the_ends_are_the_open_deals(pair, options):
    whole = pipeline_movement(*pair, period=options["period"])
    grouped = pipeline_movement(*pair, **options)
    summed = grouped.bars.groupby("bar", observed=False)[["n_deals", "amount_signed"]].sum()
    expected = whole.bars.set_index("bar")[["n_deals", "amount_signed"]]
    hands = ["reassigned_in", "reassigned_out"]
    assert summed.drop(index=hands).to_numpy().tolist() == expected.drop(index=hands).to_numpy().tolist()
    assert summed.loc[hands, "amount_signed"].sum() == 0
    # Opening and closing, the naive way: add the open, priced deals of the period one by one.
    for frame, bar in zip(pair, ("opening", "closing"), strict=True):
        amounts = [
            row.amount
            for row in frame.itertuples()
            if pd.isna(row.outcome)
            and not math.isnan(row.amount)
            and (
                options["period"] is None
                or (pd.notna(row.expected_close) and pd.Period(row.expected_close, "Q") == pd.Period("2026Q3"))
            )
        ]
        assert expected.loc[bar, "n_deals"] == len(amounts)
        assert expected.loc[bar, "amount_signed"] == pytest.approx(math.fsum(amounts), rel=1e-12)


def booked_by_hand(before, after, period):
    """Return every booking of every deal, told one deal at a time."""

    def state(row):
        if row is None or not pd.isna(row.outcome):
            return "gone"
        if pd.isna(row.amount):
            return "unpriced"
        if period is None:
            return "in"
        if pd.isna(row.expected_close):
            return "unscheduled"
        due, wanted = pd.Period(row.expected_close, "Q"), pd.Period(period, "Q")
        return "in" if due == wanted else "later" if due > wanted else "earlier"

    rows = [{row.opportunity: row for row in frame.itertuples()} for frame in (before, after)]
    found = []
    for name in rows[0].keys() | rows[1].keys():
        was, now = (side.get(name) for side in rows)
        here, there = state(was), state(now)
        if here == "in":
            found.append((name, "opening", was.amount))
            if there == "gone":
                found.append((name, "removed" if now is None else now.outcome, -was.amount))
            elif there != "in":
                out = {"later": "slipped_out", "earlier": "pulled_out"}.get(there, there)
                found.append((name, out, -was.amount))
        elif there == "in":
            into = {"unpriced": "priced", "unscheduled": "scheduled", "later": "pulled_in", "earlier": "slipped_in"}
            came = ("new" if was is None else "reopened") if here == "gone" else into[here]
            found.append((name, came, was.amount if here in ("unscheduled", "later", "earlier") else now.amount))
        if there == "in":
            found.append((name, "closing", now.amount))
            if here not in ("gone", "unpriced") and now.amount != was.amount:
                found.append((name, "raised" if now.amount > was.amount else "cut", now.amount - was.amount))
    return sorted(found)


@settings(deadline=None, max_examples=80)
@given(snapshot_pairs(), st.sampled_from([None, "2026Q3"]))
def test_every_booking_is_the_one_made_by_hand_deal_by_deal(pair, period):
    deals = pipeline_movement(*pair, period=period).deals
    found = sorted(zip(deals["opportunity"], deals["bar"].astype(str), deals["amount_signed"], strict=True))
    expected = booked_by_hand(*pair, period)
    assert [entry[:2] for entry in found] == [entry[:2] for entry in expected]
    # The grid moves an amount by at most 2**-52 of the next power of two above the total.
    assert [entry[2] for entry in found] == pytest.approx([entry[2] for entry in expected], rel=1e-12, abs=1e-3)


def sample_pair():
    snapshots = load_snapshots()
    return (snapshots[snapshots["snapshot"] == day] for day in ("2026-07-01", "2026-09-30"))


def test_closing_less_its_overdue_part_is_the_open_amount_of_expected_revenue():
    before, after = sample_pair()
    summary = pipeline_movement(before, after, period="2026Q3", by="owner").summary.set_index("owner")
    table = expected_revenue(after.assign(outcome=None), as_of="2026-09-30", by="owner")
    table = table[table["period"] == "2026Q3"].set_index("owner")
    assert table["open"].sum() > 0
    open_then = (summary["closing"] - summary["closing_overdue"]).reindex(table.index)
    assert open_then.tolist() == table["open"].tolist()


def test_the_samples_won_revenue_between_two_days_is_that_of_its_opportunities():
    before, after = sample_pair()
    deals = load_opportunities()
    result = pipeline_movement(before, after, opportunities=deals, by="region")
    won = deals[(deals["outcome"] == "won") & (deals["closed"] > "2026-07-01") & (deals["closed"] <= "2026-09-30")]
    assert (
        result.summary.set_index("region")["won_between"].to_dict() == won.groupby("region")["amount"].sum().to_dict()
    )


def test_the_callers_frames_are_not_changed_and_their_index_does_not_matter():
    before, after = snap(one("a"), one("b")), snap(one("b", 120), one("c"))
    copies = before.copy(deep=True), after.copy(deep=True)
    plain = pipeline_movement(before, after, by="owner")
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(after, copies[1])
    odd = pipeline_movement(before.set_axis([5, 5]), after.set_axis([9, 9]), by="owner")
    pd.testing.assert_frame_equal(plain.bars, odd.bars)
    pd.testing.assert_frame_equal(plain.deals, odd.deals)


def test_typed_and_foreign_frames_give_the_same_answer():
    polars = pytest.importorskip("polars")
    before, after = snap(one("a"), one("b")), snap(one("b", 120, outcome="won"), one("c", None))
    plain = pipeline_movement(before, after, by="owner", period="2026Q3").bars
    typed = [frame.convert_dtypes(dtype_backend="pyarrow") for frame in (before, after)]
    foreign = [polars.from_pandas(frame) for frame in (before, after)]
    categories = [frame.astype({"owner": "category", "opportunity": "category"}) for frame in (before, after)]
    for pair in (typed, foreign, categories):
        found = pipeline_movement(*pair, by="owner", period="2026Q3").bars
        assert found.astype({"owner": "str"}).to_dict("records") == plain.to_dict("records")


def test_empty_snapshots_give_zero_bars_and_empty_lists_of_the_same_columns():
    full = pipeline_movement(snap(one()), snap(one(amount=3)), by="owner")
    empty = pipeline_movement(snap(), snap(), by="owner")
    for name in ("bars", "summary", "deals", "closed"):
        assert len(getattr(empty, name)) == 0
        assert list(getattr(empty, name).columns) == list(getattr(full, name).columns)
    assert pipeline_movement(snap(), snap()).bars["amount_signed"].tolist() == [0.0] * len(BARS)


def test_all_failures_of_both_frames_are_told_at_once():
    before = snap(one("a", -5), one("a", 3))
    after = snap(one(None, 3, outcome="maybe"))
    with pytest.raises(ValueError, match="4 problems") as caught:
        pipeline_movement(before, after)
    text = str(caught.value)
    assert "before: amount must be 0 or more: got -5.0 (column 'amount', row 0)" in text
    assert "before: an opportunity may occur once: got 'a' (column 'opportunity', row 1)" in text
    assert "after: opportunity must not be missing" in text
    assert "after: outcome must be one of ['won', 'lost']: got 'maybe' (1)" in text


WRONG = {
    "snapshots in the wrong order": (
        lambda: pipeline_movement(snap(one(), day=END), snap(one(), day=START)),
        "before must be taken before after: got 2026-09-30 and 2026-06-30",
    ),
    "two days in one frame": (
        lambda: pipeline_movement(snap(one(), one("b")).assign(snapshot=[START, END]), snap(one())),
        "before: a frame must hold one snapshot day: got 2 days",
    ),
    "a later table without the days": (
        lambda: pipeline_movement(snap(one()), snap(one()), opportunities=later_table()),
        "a snapshot must say its day",
    ),
    "days that are not those of the frames": (
        lambda: pipeline_movement(snap(one(), day=START), snap(one(), day=END), days=(START, "2026-09-29")),
        "after: days must be those of the snapshots: got 2026-09-29",
    ),
    "a group nobody has": (lambda: pipeline_movement(snap(one()), snap(one()), by="team"), "column 'team' is needed"),
    "a period without dates": (
        lambda: pipeline_movement(snap(one()).drop(columns="expected_close"), snap(one()), period="2026Q3"),
        "before: column 'expected_close' is needed",
    ),
    "a period of another calendar": (
        lambda: pipeline_movement(snap(one()), snap(one()), period="2026-08"),
        "period must be a label",
    ),
    "names of two types": (
        lambda: pipeline_movement(snap(one(1)), snap(one("1"))),
        "opportunity must be of one type in all frames",
    ),
    "a group named like a result": (
        lambda: pipeline_movement(snap(one(), bar=1), snap(one(), bar=1), by="bar"),
        "by must not bear the name of a result column",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_refused_in_words(name):
    call, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        call()


def seen(*dues):
    """Return monthly snapshots of one deal with these expected closes."""
    days = pd.date_range("2026-01-31", periods=len(dues), freq="ME")
    return pd.DataFrame({"snapshot": days, "opportunity": "a", "expected_close": pd.to_datetime(list(dues))})


@pytest.mark.parametrize(
    ("dues", "n_slips", "n_pull_ins"),
    [
        (["2026-03-01", "2026-03-31"], 0, 0),  # later, but in the same quarter
        (["2026-03-31", "2026-04-01"], 1, 0),
        (["2026-03-31", "2026-06-30", "2026-07-01"], 2, 0),
        (["2026-03-31", "2026-07-01", "2026-04-01"], 1, 1),
        (["2026-03-31", None, "2026-04-01"], 1, 0),
        ([None, "2026-04-01"], 0, 0),
        (["2026-01-31", "2027-01-31"], 1, 0),  # four quarters at once are one move
    ],
)
def test_a_slip_is_a_move_past_the_end_of_a_period(dues, n_slips, n_pull_ins):
    found = slippage(seen(*dues), as_of="2026-12-31").iloc[0]
    assert (found["n_slips"], found["n_pull_ins"]) == (n_slips, n_pull_ins)


def test_slips_after_the_day_are_not_seen_and_months_are_shorter_than_quarters():
    frame = seen("2026-03-01", "2026-03-31", "2026-05-01")
    assert slippage(frame, as_of="2026-03-30")["n_slips"].tolist() == [0]
    assert slippage(frame, as_of="2026-03-31")["n_slips"].tolist() == [1]
    assert slippage(frame.assign(expected_close=frame["expected_close"]), as_of="2026-03-31", freq="M")[
        "days_later"
    ].tolist() == [61]


def test_the_samples_slips_agree_with_a_plain_loop():
    frame = load_snapshots()
    frame = frame[frame["opportunity"] > "O02400"]
    found = slippage(frame, as_of="2026-09-30").set_index("opportunity")
    for name, rows in frame.sort_values("snapshot").groupby("opportunity"):
        quarters = [pd.Period(date, "Q") for date in rows["expected_close"].dropna()]
        slips = sum(later > earlier for earlier, later in pairwise(quarters))
        assert found.loc[name, "n_slips"] == slips, name
    assert found["n_slips"].max() >= 2


def test_slippage_of_nothing_and_of_undated_deals():
    assert slippage(seen().iloc[:0], as_of="2026-12-31")["n_slips"].tolist() == []
    undated = slippage(seen(None, None), as_of="2026-12-31").iloc[0]
    assert (undated["n_snapshots"], undated["n_slips"]) == (2, 0)
    assert math.isnan(undated["days_later"])


def test_snapshots_without_an_expected_close_are_kept_and_counted():
    found = slippage(seen("2026-03-31", None, "2026-05-01", None), as_of="2026-12-31").iloc[0]
    assert (found["n_snapshots"], found["n_undated"], found["n_slips"]) == (4, 2, 1)


def test_rows_without_a_day_or_a_deal_are_refused():
    frame = seen("2026-03-31", "2026-05-01")
    for column, message in (("snapshot", "a snapshot must have a day"), ("opportunity", "must not be missing")):
        gone = frame.assign(**{column: frame[column].where([True, False])})
        with pytest.raises(InputError, match=message):
            slippage(gone, as_of="2026-12-31")


@pytest.mark.parametrize("days", ["", "x", 5, 2.5, [], {}, (), ("2026-07-01",), ("2026-07-01",) * 3, (None, None),
                                  ("2026-07-01", "soon"), {"2026-07-01", "2026-09-30"}, ["x", ["y"]]])  # fmt: skip
def test_days_that_are_no_two_dates_are_refused(days):
    frame = pd.DataFrame({"opportunity": ["a"], "amount": [1.0]})
    with pytest.raises(InputError, match=r"days must be two dates, of before and of after: got .* Write \("):
        pipeline_movement(frame, frame, days=days)
    assert len(pipeline_movement(frame, frame, days=["2026-07-01", "2026-09-30"]).summary) == 1


def test_amounts_beyond_all_money_are_refused():
    frame = pd.DataFrame({"opportunity": ["a"], "amount": [1e300]})
    with pytest.raises(InputError, match=r"before: amount must be 1e\+100 or less"):
        pipeline_movement(frame, frame)


def test_a_deals_column_that_bears_a_results_name_is_refused():
    with pytest.raises(InputError, match="must not bear the name of a result column: got 'n_slips'"):
        slippage(
            seen("2026-03-31").rename(columns={"opportunity": "n_slips"}), as_of="2026-12-31", opportunity="n_slips"
        )
