"""The lifecycle: states by a naive loop over the rules, times by lifelines, and what the data cannot know."""

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

import custvalue as cv
from custvalue.analysis.lifecycle import customer_lifecycle
from custvalue.rules.lifecycle import LIFECYCLE, LifecycleRules

START, AS_OF = "2022-01-01", "2026-09-30"


def sold(account, days, amount=10.0):
    return pd.DataFrame({"account": account, "date": pd.to_datetime(list(days)), "amount": amount})


def deals(*rows):
    frame = pd.DataFrame(rows, columns=["account", "created", "closed", "outcome"])
    dates = {name: pd.to_datetime(frame[name]) for name in ("created", "closed")}
    return frame.assign(**dates, outcome=frame["outcome"].astype("str"), account=frame["account"].astype("str"))


def states(sales, opportunities=None, **settings_):
    found = customer_lifecycle(sales, opportunities, **{"as_of": AS_OF, "history_start": START, **settings_})
    return found.accounts.set_index(["account", "period"])["state"]


def naive(sales, opportunities, start, as_of, freq, rules):
    """Return every account's state and revenue at the end of every period, rule by rule, in loops."""
    start, as_of = pd.Timestamp(start), pd.Timestamp(as_of)
    lapse = rules.lapsed_quarters * (3 if freq == "M" else 1)
    periods = list(pd.period_range(start, as_of, freq=freq))
    whole = [p for p in periods if p.end_time.normalize() <= as_of]
    first_whole = periods[0] if start <= periods[0].start_time else periods[0] + 1
    lines = [
        row for row in sales.itertuples() if not pd.isna(row.account) and not pd.isna(row.date) and row.date <= as_of
    ]
    asked = [
        row
        for row in opportunities.itertuples()
        if not pd.isna(row.account) and row.created <= as_of and not (row.outcome == "lost" and pd.isna(row.closed))
    ]
    result = {}
    for name in {row.account for row in lines} | {row.account for row in asked}:
        mine = [row for row in lines if row.account == name]
        hopes = [row for row in asked if row.account == name]
        bought = sorted({row.date for row in mine if pd.isna(row.amount) or row.amount > 0})
        seen = min([row.date for row in mine] + [row.created for row in hopes])
        for period in periods:
            end = min(period.end_time.normalize(), as_of)
            if pd.Period(seen, freq) > period:
                continue
            so_far = [day for day in bought if day <= end]
            revenue = sum(row.amount for row in mine if pd.Period(row.date, freq) == period)
            result[name, str(period)] = (_state(so_far, hopes, end, whole, lapse, first_whole, freq, rules), revenue)
    return result


def _state(so_far, hopes, end, whole, lapse, first_whole, freq, rules):
    if not so_far:
        alive = [row for row in hopes if row.created <= end and not (row.outcome == "lost" and row.closed <= end)]
        return "prospect" if alive else None

    def empty_after(day, until):
        """Return how many whole periods after the day's and up to ``until`` hold no purchase."""
        return len([p for p in whole if pd.Period(day, freq) < p and p.end_time.normalize() <= until])

    if empty_after(so_far[-1], end) >= lapse:
        return "lapsed"
    back = [
        later
        for before, later in pairwise(so_far)
        if empty_after(before, pd.Period(later, freq).start_time - pd.Timedelta(days=1)) >= lapse
    ]
    if back and end < back[-1] + pd.DateOffset(months=rules.returned_months):
        return "returned"
    if not back and end < so_far[0] + pd.DateOffset(months=rules.new_months):
        return "new_or_existing" if pd.Period(so_far[0], freq) < first_whole + lapse else "new"
    return "existing"


def agrees(found, expected):
    rows = {
        (row.account, row.period): (None if pd.isna(row.state) else row.state, row.revenue)
        for row in found.accounts.itertuples()
    }
    assert rows.keys() == expected.keys()
    for key, (state, revenue) in expected.items():
        assert rows[key][0] == state, key
        assert rows[key][1] == pytest.approx(revenue, nan_ok=True, abs=1e-6), key


LINES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-60, 1700), st.sampled_from([-5.0, 0.0, 1.0, 20.0])), max_size=25
)
DEALS = st.lists(
    st.tuples(
        st.sampled_from("abcd"), st.integers(-60, 1700), st.integers(0, 300), st.sampled_from(["won", "lost", None])
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(
    LINES,
    DEALS,
    st.sampled_from(["2026-09-30", "2026-08-14"]),
    st.sampled_from(["2022-01-01", "2021-11-20"]),
    st.sampled_from([("Q-DEC", LIFECYCLE), ("M", LifecycleRules(6, 2, 3)), ("Q-MAR", LifecycleRules(18, 3, 6))]),
)
def test_every_state_is_what_the_rules_say_in_a_loop(rows, asked, as_of, start, how):
    freq, rules = how
    day = pd.Timestamp(AS_OF)
    sales = pd.DataFrame(
        [(name, day - pd.Timedelta(days=ago), amount) for name, ago, amount in rows],
        columns=["account", "date", "amount"],
    ).astype({"account": "str", "date": "datetime64[us]", "amount": "float64"})
    opportunities = deals(
        *(
            (name, day - pd.Timedelta(days=ago), day - pd.Timedelta(days=ago - lasts) if outcome else None, outcome)
            for name, ago, lasts, outcome in asked
        )
    )
    found = customer_lifecycle(sales, opportunities, as_of=as_of, history_start=start, freq=freq, rules=rules)
    agrees(found, naive(sales, opportunities, start, as_of, freq, rules))
    # Counts and revenue of the periods are those of the accounts.
    assert found.periods["n"].sum() == len(found.accounts)
    assert found.periods["revenue"].sum() == pytest.approx(found.accounts["revenue"].sum())
    used = sales[sales["date"] <= as_of]
    assert found.periods["revenue"].sum() == pytest.approx(used["amount"].sum())


def test_the_sample_agrees_with_the_loop():
    sales, opportunities = cv.load_sales(), cv.load_opportunities()
    some = sales["account"].dropna().unique()[:25]
    sales, opportunities = sales[sales["account"].isin(some)], opportunities[opportunities["account"].isin(some)]
    found = customer_lifecycle(sales, opportunities, as_of="2026-08-20", history_start="2024-10-01")
    agrees(found, naive(sales, opportunities, "2024-10-01", "2026-08-20", "Q-DEC", LIFECYCLE))


def test_an_account_is_new_until_the_day_before_its_first_anniversary():
    sales = pd.concat([sold("a", ["2024-10-01", "2025-09-01"]), sold("b", ["2024-09-30", "2025-09-01"])])
    found = states(sales, as_of="2025-09-30")
    # a's anniversary is 1 October 2025, b's the end of the period itself, 30 September 2025.
    assert found["a", "2025Q3"] == "new"
    assert found["b", "2025Q3"] == "existing"


def test_an_account_has_lapsed_when_four_whole_quarters_have_passed_without_a_purchase():
    found = states(sold("a", ["2024-01-02", "2024-03-31"]), as_of="2025-06-30")
    assert found["a", "2024Q4"] == "new"  # three quarters without
    assert found["a", "2025Q1"] == "lapsed"  # 2024Q2 to 2025Q1
    # A quarter that is not over has not yet been without.
    assert states(sold("a", ["2024-01-02", "2024-03-31"]), as_of="2025-03-30")["a", "2025Q1"] == "existing"


def test_a_purchase_after_a_lapse_is_a_return_and_one_before_it_is_none():
    lapsed = states(sold("a", ["2023-03-31", "2024-04-01"]))
    assert lapsed["a", "2024Q1"] == "lapsed"
    assert lapsed["a", "2024Q2"] == "returned"
    assert lapsed["a", "2025Q1"] == "returned"
    assert lapsed["a", "2025Q2"] == "lapsed"
    in_time = states(sold("a", ["2023-03-31", "2024-03-31", "2025-03-31"]))
    assert "returned" not in set(in_time)
    back = states(sold("a", ["2023-03-31", "2024-04-01", "2025-01-15", "2025-05-01"]))
    assert back["a", "2025Q1"] == "returned"
    assert back["a", "2025Q2"] == "existing"


def test_a_prospect_is_one_until_it_buys_or_all_its_opportunities_are_lost():
    opportunities = deals(
        ("p", "2024-02-01", None, None),
        ("q", "2024-02-01", "2024-08-01", "lost"),
        ("r", "2024-02-01", "2024-06-30", "won"),
        ("s", "2024-02-01", "2026-10-01", "lost"),
    )
    found = states(sold("r", ["2024-10-05"]), opportunities)
    assert found["p", "2026Q3"] == "prospect"
    assert found["q", "2024Q2"] == "prospect"
    assert pd.isna(found["q", "2024Q3"])
    assert found["r", "2024Q3"] == "prospect"  # won, and nothing bought yet
    assert found["r", "2024Q4"] == "new"
    assert found["s", "2026Q3"] == "prospect"  # lost only after as_of


def test_the_first_four_quarters_cannot_tell_new_from_existing_and_say_so():
    sales = pd.concat([sold("early", ["2022-12-31", "2023-06-01"]), sold("late", ["2023-01-01", "2023-06-01"])])
    found = customer_lifecycle(sales, as_of=AS_OF, history_start=START).accounts.set_index(["account", "period"])
    assert found.loc[("early", "2023Q3"), "state"] == "new_or_existing"
    assert found.loc[("early", "2023Q3"), "left_truncated"]
    assert found.loc[("early", "2023Q4"), "state"] == "existing"  # either way
    assert not found.loc[("early", "2023Q4"), "left_truncated"]
    assert found.loc[("late", "2023Q3"), "state"] == "new"
    # Without a day on which the data begin, the first line is taken: 31 December 2022, so that 2023Q1 to Q4 are whole.
    unknown = customer_lifecycle(sales, as_of=AS_OF).accounts.set_index(["account", "period"])["state"]
    assert unknown["late", "2023Q3"] == "new_or_existing"


def test_steps_count_the_done_the_failed_and_the_open():
    opportunities = deals(
        ("quick", "2024-01-01", "2024-01-20", "won"),
        ("slow", "2024-01-01", None, None),
        ("lost", "2024-01-01", "2024-05-01", "lost"),
        ("open", "2026-09-01", None, None),
        ("old", "2022-12-31", "2023-02-01", "won"),
        ("customer", "2024-06-01", None, None),
    )
    sales = pd.concat(
        [
            sold("quick", ["2024-01-31", "2024-02-10"]),
            sold("slow", ["2025-01-01"]),
            sold("old", ["2023-02-01"]),
            sold("customer", ["2023-05-01", "2024-07-01"]),
        ]
    )
    steps = customer_lifecycle(sales, opportunities, as_of=AS_OF, history_start=START).steps.set_index("step")
    first = steps.loc["first_purchase"]
    # old began before four whole quarters lay in the data; customer had bought before its opportunity.
    assert first[["n", "n_done", "n_failed", "n_open", "n_left_truncated"]].tolist() == [4, 2, 1, 1, 1]
    assert first["rate_decided"] == pytest.approx(2 / 3)
    assert (first["low"], first["high"]) == pytest.approx((0.2077, 0.9385), abs=1e-4)  # Wilson, 2 of 3
    second = steps.loc["second_purchase"]
    # quick and customer bought again; slow and old lapsed first (last day 2025-12-31 and 2024-03-31).
    assert second[["n", "n_done", "n_failed", "n_open", "n_left_truncated"]].tolist() == [4, 1, 3, 0, 0]
    back = steps.loc["return"]
    # quick, slow, old and customer (twice) lapsed; customer came back once.
    assert back[["n", "n_done", "n_failed", "n_open"]].tolist() == [5, 1, 0, 4]
    assert np.isnan(back["rate_decided"])
    assert back["note"].startswith("cannot fail")


def prospects(n, seed):
    draw = np.random.default_rng(seed)
    created = pd.Timestamp("2023-01-01") + pd.to_timedelta(draw.integers(0, 1300, n), unit="D")
    wait = draw.exponential(400, n).astype(int) + 1
    names = [f"p{k:03d}" for k in range(n)]
    lost = draw.random(n) < 0.3
    closed = pd.Series(created + pd.to_timedelta(draw.integers(5, 200, n), unit="D"))
    opportunities = pd.DataFrame(
        {"account": names, "created": created, "closed": closed.where(lost), "outcome": np.where(lost, "lost", None)}
    )
    first = created + pd.to_timedelta(wait, unit="D")
    bought = ~lost & (first <= AS_OF)
    sales = pd.DataFrame({"account": names, "date": first, "amount": 1.0})[~lost]
    return sales, opportunities, created, first, bought


def test_times_and_their_intervals_are_those_of_lifelines():
    sales, opportunities, created, first, bought = prospects(300, 3)
    row = (
        customer_lifecycle(sales, opportunities, as_of=AS_OF, history_start=START)
        .steps.set_index("step")
        .loc["first_purchase"]
    )
    lasted = np.where(bought, (first - created).days, (pd.Timestamp(AS_OF) - created).days)
    oracle = KaplanMeierFitter().fit(lasted, bought)
    band = oracle.confidence_interval_survival_function_
    assert row["n"] == 300
    assert row["n_done"] == bought.sum()
    assert row["within_year"] == pytest.approx(1 - oracle.predict(365))
    year = band.loc[band.index[band.index <= 365].max()]
    assert (1 - row["within_year_high"], 1 - row["within_year_low"]) == pytest.approx(tuple(year))
    assert row["median_days"] == oracle.median_survival_time_
    low, high = median_survival_times(band).iloc[0]
    assert (row["median_low"], row["median_high"]) == (low, high)


def test_open_prospects_are_not_failures():
    sales, opportunities, *_ = prospects(300, 4)
    row = customer_lifecycle(sales, opportunities, as_of=AS_OF, history_start=START).steps.iloc[0]
    assert row["n_open"] > 20
    assert row["rate_decided"] == row["n_done"] / (row["n"] - row["n_open"])


def test_nothing_after_as_of_is_looked_at():
    sales, opportunities, *_ = prospects(200, 5)
    full = customer_lifecycle(sales, opportunities, as_of="2025-05-31", history_start=START)
    known = opportunities[opportunities["created"] <= "2025-05-31"]
    later = known["closed"] > "2025-05-31"
    known = known.assign(closed=known["closed"].where(~later), outcome=known["outcome"].where(~later))
    past = customer_lifecycle(sales[sales["date"] <= "2025-05-31"], known, as_of="2025-05-31", history_start=START)
    for name in ("periods", "moves", "steps", "accounts"):
        pd.testing.assert_frame_equal(getattr(full, name), getattr(past, name))


def test_the_order_of_the_rows_does_not_matter():
    sales, opportunities, *_ = prospects(100, 6)
    one = customer_lifecycle(sales, opportunities, as_of=AS_OF)
    other = customer_lifecycle(sales.iloc[::-1], opportunities.sample(frac=1, random_state=1), as_of=AS_OF)
    for name in ("periods", "moves", "steps", "accounts"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_moves_are_counted_between_neighbouring_periods():
    # new in 2023Q1, existing from 2024Q1, silent from 2024Q2: lapsed from 2025Q1.
    moves = customer_lifecycle(sold("a", ["2023-02-01", "2024-02-15"]), as_of="2025-03-31", history_start=START).moves
    n = moves[moves["n"] > 0].set_index(["from_state", "to_state"])["n"]
    assert n.to_dict() == {
        ("new", "new"): 3,
        ("new", "existing"): 1,
        ("existing", "existing"): 3,
        ("existing", "lapsed"): 1,
    }
    assert len(moves) == 36
    row = moves[(moves["from_state"] == "new") & (moves["to_state"] == "existing")].iloc[0]
    assert row["share_of_from"] == 0.25
    assert row["low"] < 0.25 < row["high"]


def test_empty_frames_give_all_parts_with_the_same_types():
    sales, opportunities, *_ = prospects(20, 7)
    full = customer_lifecycle(sales, opportunities, as_of=AS_OF)
    for given_sales, given_deals in ((sales.iloc[:0], opportunities.iloc[:0]), (sales.iloc[:0], None)):
        empty = customer_lifecycle(given_sales, given_deals, as_of=AS_OF)
        for name in ("periods", "moves", "steps", "accounts"):
            assert getattr(empty, name).dtypes.astype(str).to_dict() == getattr(full, name).dtypes.astype(str).to_dict()
        assert len(empty.accounts) == 0
        assert empty.periods["n"].sum() == 0
    assert customer_lifecycle(sales.iloc[:1], as_of=AS_OF).periods["n"].sum() >= 0


def test_other_kinds_of_frames_give_the_same_and_stay_as_they_are():
    sales, opportunities, *_ = prospects(50, 8)
    before = sales.copy(deep=True)
    expected = customer_lifecycle(sales, opportunities, as_of=AS_OF)
    pd.testing.assert_frame_equal(sales, before)
    opportunities = opportunities.assign(outcome=opportunities["outcome"].astype("str"))
    for one, other in (
        (pl.from_pandas(sales.reset_index(drop=True)), pl.from_pandas(opportunities)),
        (sales.astype({"account": "category"}), opportunities.astype({"account": "category"})),
    ):
        found = customer_lifecycle(one, other, as_of=AS_OF)
        pd.testing.assert_frame_equal(found.accounts, expected.accounts, check_dtype=False)
        pd.testing.assert_frame_equal(found.steps, expected.steps)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"as_of": "soon"}, "as_of must be a date"),
        ({"freq": "W"}, "freq must be a pandas quarter or month frequency"),
        ({"level": 2}, "level must lie between 0 and 1"),
        ({"rules": {"new_months": 12}}, "rules must be a LifecycleRules"),
        ({"history_start": "2024-12-31"}, "history_start must not lie after"),
        ({"created": "started"}, "opportunities: column 'started' is needed"),
        ({"amount": "revenue"}, "column 'revenue' is needed"),
    ],
)
def test_what_cannot_be_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        customer_lifecycle(cv.load_sales(), cv.load_opportunities(), **{"as_of": AS_OF, **change})


def test_accounts_as_numbers_in_one_frame_and_text_in_the_other_are_refused():
    with pytest.raises(ValueError, match="accounts must be written alike"):
        customer_lifecycle(sold(17850, ["2024-01-01"]), deals(("17850", "2024-01-01", None, None)), as_of=AS_OF)


def test_rules_without_a_whole_duration_are_refused():
    with pytest.raises(ValueError, match="new_months must be a whole number of 1 or more"):
        LifecycleRules(new_months=0)
    assert LifecycleRules(new_months=1).new_months == 1


@pytest.mark.shared
def test_online_retail_reconciles_and_calls_nobody_new(shared):
    path = shared / "online_retail" / "online_retail_to_2011q2.csv.gz"
    frame = pd.read_csv(
        path, parse_dates=["InvoiceDate"], usecols=["CustomerID", "InvoiceDate", "Quantity", "UnitPrice"]
    )
    frame["amount"] = frame["Quantity"] * frame["UnitPrice"]
    found = customer_lifecycle(frame, as_of="2011-06-30", account="CustomerID", date="InvoiceDate")
    assert round(found.accounts["revenue"].sum(), 2) == 3_728_501.25
    last = found.periods[found.periods["period"] == "2011Q2"].set_index("state")["n"]
    # Seven months of data: 2,960 bought, 42 only returned something.
    assert last["new_or_existing"] == 2_960
    assert (last["new"], last["existing"]) == (0, 0)
    assert found.periods["n"].iloc[-1] == 42
