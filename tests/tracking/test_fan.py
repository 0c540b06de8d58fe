"""The fan: each row is what revenue_distribution says of that day, and nothing in it was known only later."""

import numpy as np
import pandas as pd
import pytest

from custvalue import expected_revenue, load_opportunities, load_snapshots
from custvalue.rules.errors import InputError
from custvalue.tracking.fan import FAN_TYPES, revenue_fan

JULY, AUGUST, SEPTEMBER = "2026-07-01", "2026-08-05", "2026-09-02"


def seen(*rows):
    """Return snapshots from (snapshot, opportunity, stage, amount, expected_close) rows."""
    frame = pd.DataFrame(rows, columns=["snapshot", "opportunity", "stage", "amount", "expected_close"])
    for column in ("snapshot", "expected_close"):
        frame[column] = pd.to_datetime(frame[column])
    return frame.assign(amount=frame["amount"].astype(float))


def ended(*rows):
    """Return opportunities from (opportunity, outcome, amount, closed) rows."""
    frame = pd.DataFrame(rows, columns=["opportunity", "outcome", "amount", "closed"])
    frame["closed"] = pd.to_datetime(frame["closed"])
    return frame.assign(amount=frame["amount"].astype(float), outcome=frame["outcome"].astype("str"))


def fan(snapshots, opportunities, *, correlation=0.0, period="2026Q3", **options):
    return revenue_fan(snapshots, opportunities, correlation=correlation, period=period, **options)


def one(day=JULY, opportunity="a", stage="terms", amount=100, due="2026-09-20"):
    return (day, opportunity, stage, amount, due)


def test_two_independent_deals_are_four_outcomes():
    # trial 0.8 on 100, quotation 0.4 on 200: mean 80 + 80; 0 with 0.12, 100 with 0.48, 200 with 0.08, 300 with 0.32.
    row = fan(seen(one(stage="trial"), one(opportunity="b", stage="quotation", amount=200)), ended()).iloc[0]
    assert row[["p10", "p50", "p90"]].tolist() == [0, 100, 300]
    assert row["mean"] == pytest.approx(160)
    assert (row["n_open"], row["open"], row["won"]) == (2, 300, 0)


def test_what_is_closed_later_is_still_open_and_what_is_closed_that_day_is_closed():
    snapshots = seen(one(JULY), one(AUGUST), one(SEPTEMBER))
    rows = fan(snapshots, ended(("a", "won", 70, AUGUST)))
    assert rows["n_open"].tolist() == [1, 0, 0]
    assert rows["won"].tolist() == [0, 70, 70]
    assert rows["mean"].tolist() == pytest.approx([60, 70, 70])
    lost = fan(snapshots, ended(("a", "lost", 70, AUGUST)))
    assert lost["mean"].tolist() == pytest.approx([60, 0, 0])


def test_nothing_that_happens_after_a_snapshot_changes_its_row():
    snapshots = load_snapshots()
    deals = load_opportunities()
    days = pd.to_datetime(["2026-07-22", "2026-08-12"])
    snapshots = snapshots[snapshots["snapshot"].isin(days)]
    whole = fan(snapshots, deals)
    later = (deals["closed"] > days[-1]).to_numpy()
    blind = deals.assign(
        outcome=deals["outcome"].mask(later),
        closed=deals["closed"].mask(later),
        amount=deals["amount"].mask(later, 1e9),
    )
    pd.testing.assert_frame_equal(whole, fan(snapshots, blind))


def test_the_last_day_agrees_with_expected_revenue_of_the_export():
    deals = load_opportunities()
    snapshots = load_snapshots()
    row = fan(snapshots[snapshots["snapshot"] == "2026-09-30"], deals).iloc[0]
    table = expected_revenue(deals, as_of="2026-09-30").set_index("period")
    assert row[["n_won", "won", "n_open", "open"]].tolist() == pytest.approx(
        table.loc["2026Q3", ["n_won", "won", "n_open", "open"]].tolist()
    )
    assert row["mean"] == pytest.approx(table.loc["2026Q3", "forecast"])
    assert (row["n_overdue"], row["overdue"]) == tuple(table.loc["overdue", ["n_open", "open"]])
    assert (row["n_unscheduled"], row["n_unpriced"]) == tuple(table.loc[["unscheduled", "unpriced"], "n_open"])


def test_overdue_undated_unpriced_and_other_periods_are_not_in_it():
    snapshots = seen(
        one(AUGUST, "late", due="2026-08-04"),
        one(AUGUST, "today", due=AUGUST),
        one(AUGUST, "undated", due=None),
        one(AUGUST, "unpriced", amount=None),
        one(AUGUST, "next", due="2026-10-01"),
    )
    row = fan(snapshots, ended(("before", "won", 5, "2026-06-30"), ("undated_win", "won", 5, None))).iloc[0]
    assert (row["n_open"], row["n_overdue"], row["n_unscheduled"], row["n_unpriced"]) == (1, 1, 1, 1)
    assert (row["overdue"], row["won"]) == (100, 0)


@pytest.mark.parametrize(("day", "n"), [("2026-06-30", 0), ("2026-07-01", 1), ("2026-09-30", 1), ("2026-10-01", 0)])
def test_snapshots_outside_the_period_are_not_looked_at(day, n):
    assert len(fan(seen(one(day)), ended())) == n


def test_correlated_deals_make_a_wider_fan_with_the_same_mean():
    snapshots = seen(*(one(opportunity=str(k), amount=100 + k) for k in range(40)))
    alone, together = fan(snapshots, ended()).iloc[0], fan(snapshots, ended(), correlation=0.3).iloc[0]
    assert together["mean"] == pytest.approx(alone["mean"])
    assert together["p90"] - together["p10"] > 1.5 * (alone["p90"] - alone["p10"])
    assert together["correlation"] == 0.3


def test_closed_rows_of_a_snapshot_are_passed_over():
    snapshots = seen(one(stage="gone"), one(opportunity="b")).assign(outcome=["lost", None])
    assert fan(snapshots, ended())["n_open"].tolist() == [1]


def test_no_snapshots_give_no_rows_of_the_same_kinds():
    empty = fan(seen(), ended())
    assert empty.dtypes.astype(str).to_dict() == fan(seen(one()), ended()).dtypes.astype(str).to_dict()
    assert list(empty) == list(FAN_TYPES)


def test_order_of_rows_index_and_dtypes_do_not_matter():
    snapshots = seen(one(SEPTEMBER), one(JULY), one(AUGUST, "b"))
    deals = ended(("b", "won", 10, SEPTEMBER))
    plain = fan(snapshots, deals)
    assert plain["snapshot"].is_monotonic_increasing
    odd = snapshots.iloc[::-1].set_axis([1, 1, 1]).astype({"opportunity": "category", "stage": "category"})
    before = odd.copy()
    pd.testing.assert_frame_equal(plain, fan(odd, deals.astype({"outcome": "category", "amount": "Float64"})))
    pd.testing.assert_frame_equal(odd, before)
    arrow = snapshots.convert_dtypes(dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(plain, fan(arrow, deals.convert_dtypes(dtype_backend="pyarrow")))


@pytest.mark.parametrize(
    ("snapshots", "opportunities", "message"),
    [
        (seen(one(), one()), ended(), "an opportunity may occur once in a snapshot"),
        (seen(one(None)), ended(), "a snapshot must have a day"),
        (seen(one(opportunity=None)), ended(), "opportunity must not be missing"),
        (seen(one(stage="sigma")), ended(), "stage must be one of"),
        (seen(one(amount=-1)), ended(), "snapshots: amount must be 0 or more"),
        (seen(one()), ended(("a", "won", -1, JULY)), "opportunities: amount must be 0 or more"),
        (seen(one()), ended(("a", "maybe", 1, JULY)), "outcome must be one of"),
        (seen(one()), ended(("a", "won", 1, JULY), ("a", "won", 1, JULY)), "an opportunity may occur once"),
        (seen(one()), ended((1, "won", 1, JULY)), "opportunity must be of one type in all frames"),
        (seen(one()).drop(columns="amount"), ended(), "column 'amount' is needed"),
        (seen(one()), ended().drop(columns="closed"), "column 'closed' is needed"),
        (seen(one(amount=np.inf)), ended(), "amount must be finite"),
    ],
)
def test_what_cannot_be_read_is_refused(snapshots, opportunities, message):
    with pytest.raises(InputError, match=message):
        fan(snapshots, opportunities)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"correlation": 1}, "correlation must lie"),
        ({"period": "2026-07"}, "period must be a label"),
        ({"freq": "W"}, "freq must be"),
        ({"ladder": {}}, "ladder must be a Ladder"),
    ],
)
def test_options_that_cannot_be_read_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        fan(seen(one()), ended(), **options)


def test_everything_wrong_is_said_at_once():
    with pytest.raises(InputError, match="2 problems"):
        fan(seen(one(amount=-1)), ended(("a", "maybe", 1, JULY)))
