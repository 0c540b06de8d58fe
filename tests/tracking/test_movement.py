"""What moved the pipeline: each kind of move worked by hand, and books that balance to the last bit."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import expected_revenue, load_opportunities, load_snapshots, revenue_fan
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
    for name in ("bars", "summary", "deals", "closed", "set_apart", "set_apart_deals"):
        assert len(getattr(empty, name)) == 0
        assert list(getattr(empty, name).columns) == list(getattr(full, name).columns)
        # Names keep the type, and dates the unit, that they come with.
        kinds = [
            getattr(result, name).drop(columns=["owner", "opportunity"], errors="ignore").dtypes.map(lambda t: t.kind)
            for result in (empty, full)
        ]
        assert kinds[0].to_dict() == kinds[1].to_dict()
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


def apart(result):
    """Return how many deals were set apart, by reason; reasons without one are left out."""
    counted = result.set_apart.groupby("reason", observed=False)["n_deals"].sum()
    assert counted.sum() == len(result.set_apart_deals)
    return counted[counted > 0].to_dict()


def balance(result):
    """Return opening, changes and closing of every group; they must add up to the last bit."""
    for start in range(0, len(result.bars), len(BARS)):
        amounts = result.bars["amount_signed"].iloc[start : start + len(BARS)].tolist()
        assert sum(amounts[:-1]) == amounts[-1]
    return {row.bar: row.amount_signed for row in result.bars.itertuples() if row.n_deals}


def test_a_win_without_a_close_date_is_no_win_of_the_window_but_set_apart():
    before, after = open_only(one("a"), one("b", 50), one("c", 20), day=START), open_only(one("c", 20), day=END)
    table = later_table(
        ("a", 110, "won", "2026-01-01", None, "East"),
        ("b", 50, "lost", "2026-01-01", None, "East"),
        ("c", 20, "won", "2026-01-01", None, "East"),  # open on the day: closed later, whenever that was
        ("quick", 30, "won", "2026-07-01", None, "West"),  # perhaps in between, perhaps later
        ("who", None, "lost", None, None, "West"),
        ("old", 99, "won", "2026-01-01", None, "West"),  # not open on the first day, so closed before it
        ("late", 98, "won", "2026-10-01", None, "West"),  # created after the last day
    )
    result = pipeline_movement(before, after, opportunities=table, by="region")
    assert balance(pipeline_movement(before, after, opportunities=table)) == {
        "opening": 170,
        "closed_unclear": -150,
        "closing": 20,
    }
    assert apart(result) == {"close_day_unknown": 4}
    assert result.summary["won_between"].tolist() == [0, 0]
    assert len(result.closed) == 0
    listed = result.set_apart_deals.set_index("opportunity")
    assert listed["in_opening"].to_dict() == {"a": True, "b": True, "quick": False, "who": False}
    assert listed["outcome"].to_dict() == {"a": "won", "b": "lost", "quick": "won", "who": "lost"}
    counts = result.set_apart.set_index(["region", "reason"]).xs("close_day_unknown", level="reason")
    assert counts.loc["East", ["n_deals", "n_in_opening", "n_unpriced", "amount"]].tolist() == [2, 2, 0, 160]
    assert counts.loc["West", ["n_deals", "n_in_opening", "n_unpriced", "amount"]].tolist() == [2, 0, 1, 30]


@pytest.mark.parametrize(
    ("created", "held", "won", "unknown"),
    [
        ("2026-07-01", False, 30, 0),  # created after the first snapshot and closed in the second: closed in between
        (None, False, 0, 1),
        (None, True, 30, 0),  # the first snapshot holds closed deals, and would have held this one
        ("2026-06-30", False, 0, 0),  # it was there on the first day and not open: closed before
        ("2026-06-30", True, 0, 1),  # it was there, and neither open nor closed in the first snapshot
    ],
)
def test_an_undated_win_of_the_second_snapshot_counts_only_where_something_says_it_was_made_in_between(
    created, held, won, unknown
):
    closed_then = [one("z", 1, outcome="lost")] if held else []
    before = snap(one("a"), *closed_then, day=START)
    after = snap(one("a"), *closed_then, one("new", 30, outcome="won"), day=END).assign(
        created=[pd.NaT] * (1 + held) + [pd.Timestamp(created)]
    )
    result = pipeline_movement(before, after)
    assert result.summary["won_not_in_opening"].tolist() == [won]
    assert apart(result) == ({"close_day_unknown": 1} if unknown else {})


def test_a_win_the_second_snapshot_itself_holds_of_a_deal_open_in_the_first_needs_no_date():
    before, after = snap(one("a"), day=START), snap(one("a", 110, outcome="won"), day=END)
    table = later_table(("a", 115, "won", "2026-01-01", None, "East"))
    for options in ({}, {"opportunities": table}):
        result = pipeline_movement(before, after, **options)
        assert balance(result) == {"opening": 100, "won": -100}
        assert apart(result) == {}


def stale_case():
    """Return two snapshots that still hold what was closed by their day, and the opportunities that know better."""
    before = open_only(one("a"), one("old", 40), one("edge", 8), one("b", 50), one("day", 5), day=START)
    after = open_only(one("a", 130), one("old", 40), one("b", 60), one("next", 3), day=END)
    table = later_table(
        ("a", 110, "won", "2026-01-01", "2026-08-01", "East"),
        ("old", 40, "lost", "2026-01-01", "2026-06-01", "East"),
        ("edge", 8, "won", "2026-01-01", "2026-06-30", "East"),
        ("b", 60, None, "2026-01-01", None, "East"),
        ("day", 5, "won", "2026-01-01", "2026-09-30", "East"),
        ("next", 3, "won", "2026-07-01", "2026-10-01", "East"),
    )
    return before, after, table


def test_what_the_opportunities_say_of_a_closing_goes_before_a_stale_snapshot():
    before, after, table = stale_case()
    result = pipeline_movement(before, after, opportunities=table)
    # old and edge were closed by 30 June, a by 30 September: only a and b and day were open at first, b and next last.
    assert balance(result) == {"opening": 155, "new": 3, "raised": 10, "won": -105, "closing": 63}
    assert apart(result) == {"stale_before": 2, "stale_after": 2}
    assert result.set_apart_deals[["opportunity", "reason"]].to_numpy().tolist() == [
        ["old", "stale_before"],
        ["edge", "stale_before"],
        ["a", "stale_after"],
        ["old", "stale_after"],
    ]
    # Won from 100 and 5 of the opening, a at the 110 of the opportunities and not at the 130 of the stale snapshot.
    assert result.closed.set_index("opportunity")["amount_at_close"].to_dict() == {"a": 110, "day": 5}
    won = ["won_from_opening", "won_raised", "won_cut", "won_not_in_opening", "won_between"]
    assert result.summary[won].iloc[0].tolist() == [105, 10, 0, 0, 115]


def test_opening_closing_and_wins_agree_with_the_revenue_fan_where_snapshots_are_stale():
    before, after, table = stale_case()
    days = pd.Timestamp("2026-07-01"), END
    table.loc[table["opportunity"] == "edge", "closed"] = days[0]
    snapshots = pd.concat([before.assign(snapshot=days[0]), after]).assign(stage="terms")
    fan = revenue_fan(snapshots, table, correlation=0, period="2026Q3").set_index("snapshot")
    first, last = (snapshots[snapshots["snapshot"] == day] for day in days)
    moved = pipeline_movement(first, last, opportunities=table, period="2026Q3")
    assert moved.summary[["opening", "closing", "won_between"]].iloc[0].tolist() == [
        *(fan["open"] + fan["overdue"]).tolist(),
        fan["won"].diff().iloc[-1],
    ]
    assert fan["won"].tolist() == [8, 123]


def test_a_snapshot_that_is_ahead_of_the_opportunities_books_no_win_before_its_day():
    before = snap(one("a"), one("done", 70, outcome="won"), one("b", 50), day=START)
    after = snap(one("a", 105, outcome="won"), one("b", 50, outcome="lost"), day=END)
    table = later_table(
        ("a", 110, "won", "2026-01-01", "2026-10-02", "East"),
        ("b", 50, "lost", "2026-01-01", "2026-09-30", "East"),
        ("done", 75, "won", "2026-01-01", "2026-07-05", "East"),
    )
    result = pipeline_movement(before, after, opportunities=table)
    assert balance(result) == {"opening": 150, "lost": -50, "closed_unclear": -100}
    assert apart(result) == {"ahead_before": 1, "ahead_after": 1}
    assert result.summary[["won_from_opening", "won_not_in_opening"]].iloc[0].tolist() == [0, 75]
    # The next window books the win of a, and only there: no win is counted twice, none is lost.
    third = snap(day=None).assign(snapshot=pd.NaT)
    later = pipeline_movement(after, third, opportunities=table, days=(END, "2026-12-31"))
    assert later.summary["won_between"].tolist() == [110]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_windows_chain_and_every_dated_win_is_booked_once_whatever_the_snapshots_say(seed):
    pick = np.random.default_rng(seed)
    n = 25
    days = [pd.Timestamp(day) for day in ("2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30")]
    ended = pd.Series(pd.Timestamp("2026-06-01") + pd.to_timedelta(pick.integers(0, 150, n), unit="D"))
    outcome = pd.Series(pick.choice(np.array(["won", "lost", None], dtype=object), n))
    dated = pick.random(n) < 0.7
    table = pd.DataFrame(
        {
            "opportunity": [f"deal {k}" for k in range(n)],
            "amount": pick.integers(1, 100, n).astype(float),
            "outcome": outcome,
            "created": pd.Timestamp("2026-01-01"),
            "closed": ended.where(dated & outcome.notna()),
        }
    )
    seen = []
    for day in days:
        there = np.flatnonzero(pick.random(n) < 0.8)
        states = pick.choice(np.array(["won", "lost", None, None, None], dtype=object), there.size)
        frame = table.iloc[there][["opportunity", "amount"]].assign(snapshot=day, outcome=states)
        seen.append(frame.assign(amount=frame["amount"] + pick.integers(0, 3, there.size)))
    found = [pipeline_movement(*pair, opportunities=table) for pair in pairwise(seen)]
    for result in found:
        balance(result)
    for one_window, next_window in pairwise(found):
        assert one_window.summary["closing"].tolist() == next_window.summary["opening"].tolist()
    won = table[(table["outcome"] == "won") & (table["closed"] > days[0]) & (table["closed"] <= days[-1])]
    known = pd.concat([result.closed[result.closed["closed"].notna()] for result in found])
    booked = known.loc[known["outcome"] == "won", "opportunity"].tolist()
    assert sorted(booked) == sorted(won["opportunity"])


def test_an_owner_who_has_lost_deals_only_has_a_row_and_one_of_the_future_has_none():
    before, after = open_only(one("a"), day=START), open_only(one("a"), day=END)
    table = later_table(
        ("a", 100, None, "2026-01-01", None, "East"),
        ("l", 50, "lost", "2026-01-01", "2026-03-01", "East"),
        ("m", 50, "lost", None, "2026-03-01", "East"),
        ("q", 50, "lost", "2026-07-01", "2026-08-01", "East"),
        ("n", 50, "lost", "2026-01-01", None, "East"),
        ("f", 50, "lost", "2026-10-01", "2026-10-05", "East"),
        ("g", 50, "lost", None, "2026-10-05", "East"),
    ).assign(owner=["Ann", "Lo", "Mo", "Qu", "No", "Fu", "Gu"])
    result = pipeline_movement(before, after, opportunities=table, by="owner")
    assert result.summary["owner"].tolist() == ["Ann", "Lo", "Mo", "No", "Qu"]
    assert result.summary["opening"].tolist() == [100, 0, 0, 0, 0]
    assert len(result.bars) == 5 * len(BARS)


def test_a_later_table_without_owners_adds_no_owner_but_that_of_deals_no_snapshot_holds():
    before, after = open_only(one("a"), one("b", 50, owner="Bo"), day=START), open_only(one("a"), day=END)
    table = later_table(
        ("a", 100, None, "2026-01-01", None, "East"),
        ("b", 60, "won", "2026-01-01", "2026-07-05", "East"),
        ("quick", 7, "won", "2026-07-01", "2026-07-05", "East"),
    )
    plain = pipeline_movement(before, after, opportunities=table.iloc[:2], by="owner")
    assert plain.summary.set_index("owner")["won_between"].to_dict() == {"Ann": 0, "Bo": 60}
    whole = pipeline_movement(before, after, opportunities=table, by="owner")
    assert whole.summary["won_between"].tolist() == [0, 60, 7]
    assert whole.summary["owner"].isna().tolist() == [False, False, True]


def later(*rows):
    """Return opportunities from (opportunity, amount, owner, outcome, closed) rows."""
    frame = pd.DataFrame(rows, columns=["opportunity", "amount", "owner", "outcome", "closed"])
    return frame.assign(closed=pd.to_datetime(frame["closed"]), amount=frame["amount"].astype(float))


def test_a_win_outside_the_opening_is_credited_to_the_owner_of_the_snapshot_not_to_a_later_one():
    before = snap(one(due="2026-05-31", owner="Ann"), day="2026-06-30")  # overdue: not in the opening of the quarter
    record = later(("a", 100, "Later", "won", "2026-08-01"))
    found = pipeline_movement(
        before, snap(day="2026-09-30"), opportunities=record, days=(START, END), period="2026Q3", by="owner"
    ).summary.set_index("owner")
    assert found.loc["Ann", "won_between"] == 100
    assert found["won_between"].sum() == 100


def test_wins_without_an_amount_at_the_close_are_counted():
    before = snap(one("a"), one("b"), day="2026-06-30")
    record = later(("a", None, "Ann", "won", "2026-08-01"), ("b", 90, "Ann", "won", "2026-08-02"))
    found = pipeline_movement(before, snap(day="2026-09-30"), opportunities=record, days=(START, END)).summary.iloc[0]
    assert (found["won_between"], found["n_won_unpriced"]) == (90, 1)


@pytest.mark.parametrize("other", ["after", "opportunities"])
def test_frames_in_different_currencies_are_refused(other):
    frames = {
        "before": snap(one(), day="2026-06-30", currency="CNY"),
        "after": snap(one(), day="2026-09-30"),
        "opportunities": later(("a", 15, "Ann", "won", "2026-08-01")),
    }
    frames[other] = frames[other].assign(currency="EUR")
    with pytest.raises(InputError, match=f"one currency in all frames: got before: CNY, {other}: EUR"):
        pipeline_movement(frames["before"], frames["after"], opportunities=frames["opportunities"])


def test_owners_that_are_numbers_in_one_snapshot_and_texts_in_another_are_refused():
    with pytest.raises(InputError, match="owner must be of one type in all frames: got before: numbers, after: texts"):
        pipeline_movement(snap(one(owner=7)), snap(one(owner="7")), by="owner")
    nobody = snap(one(owner=np.nan))
    assert len(pipeline_movement(nobody, snap(one(owner="Ann")), by="owner").summary) == 2
