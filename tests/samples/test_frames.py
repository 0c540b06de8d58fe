"""The frames of a simulated company agree with one another."""

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.rules import playbook
from custvalue.samples import Company, simulate_company
from custvalue.samples.products import SYSTEMS
from custvalue.samples.sales import DELIVERY_DAYS

STAGES = list(playbook.DEAL_HEAT.names)
PERIODS = ["2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
AS_OF = pd.Timestamp("2026-09-30")

KEYS = {
    "accounts": ["account", "period"],
    "sales": ["line"],
    "opportunities": ["opportunity"],
    "stage_history": ["opportunity", "stage"],
    "snapshots": ["snapshot", "opportunity"],
    "forecasts": ["owner", "submitted"],
    "targets": ["owner", "period"],
    "prospects": ["prospect"],
    "ratings": ["prospect", "rater", "criterion"],
    "walls": ["account", "period", "criterion"],
    "rivals": ["account", "period", "rival"],
    "reasons": ["account", "reason"],
    "traits": ["rep"],
}


@pytest.fixture(scope="module", params=[1, 2])
def company(request: pytest.FixtureRequest) -> Company:
    return simulate_company(request.param)


def test_sales_add_up_exactly_to_the_accounts_revenue(company: Company) -> None:
    accounts, sales = company.frames["accounts"], company.frames["sales"]
    lines = sales.dropna(subset="account").assign(
        period=lambda d: d["date"].dt.to_period("Q").astype(str),
        cents=lambda d: (d["amount"] * 100).round().astype(int),
    )
    from_lines = lines.groupby(["account", "period"])["cents"].sum()
    revenue = accounts.set_index(["account", "period"])["revenue"]
    assert (from_lines.reindex(revenue.index, fill_value=0) / 100).tolist() == revenue.tolist()
    assert from_lines.index.isin(revenue.index).all()
    assert (sales["amount"] < 0).any()
    assert sales["account"].isna().any()


def test_current_share_is_trailing_year_over_potential_and_missing_before(company: Company) -> None:
    accounts = company.frames["accounts"]
    revenue = accounts.pivot_table(index="account", columns="period", values="revenue").fillna(0.0)
    for place, period in enumerate(PERIODS):
        rows = accounts[accounts["period"] == period].set_index("account")
        if place < 3:
            assert rows["current_share"].isna().all()
        else:
            year = revenue[PERIODS[place - 3 : place + 1]].sum(axis=1)[rows.index]
            np.testing.assert_allclose(rows["current_share"], year / rows["potential"], atol=1e-9)
    assert (accounts["current_share"].dropna() >= 0).all()


def test_accounts_have_a_row_for_every_quarter_from_their_first(company: Company) -> None:
    accounts = company.frames["accounts"]
    first = accounts.groupby("account").agg(since=("since", "first"), start=("period", "min"), n=("period", "size"))
    expected = first["since"].dt.to_period("Q").astype(str).clip(lower=PERIODS[0])
    assert (first["start"] == expected).all()
    assert (first["n"] == len(PERIODS) - first["start"].map(PERIODS.index)).all()
    assert first["start"].nunique() > 4


def test_snapshots_rebuild_from_the_stage_history(company: Company) -> None:
    history, snapshots = company.frames["stage_history"], company.frames["snapshots"]
    deals = company.frames["opportunities"].set_index("opportunity")
    days = pd.DataFrame({"snapshot": snapshots["snapshot"].unique()})
    assert days["snapshot"].diff().dropna().eq(pd.Timedelta(days=7)).all()
    assert days["snapshot"].iloc[-1] == AS_OF
    known = days.merge(history, how="cross").query("entered <= snapshot")
    now = known.sort_values("entered", kind="stable").groupby(["snapshot", "opportunity"])["stage"].last().reset_index()
    closed = now["opportunity"].map(deals["closed"])
    rebuilt = now[closed.isna() | (closed > now["snapshot"])].reset_index(drop=True)
    rebuilt["owner"] = rebuilt["opportunity"].map(deals["owner"])
    pd.testing.assert_frame_equal(
        rebuilt[["snapshot", "opportunity", "owner", "stage"]], snapshots[["snapshot", "opportunity", "owner", "stage"]]
    )


def test_the_last_snapshot_is_the_open_pipeline(company: Company) -> None:
    deals, snapshots = company.frames["opportunities"], company.frames["snapshots"]
    columns = ["opportunity", "owner", "stage", "amount", "expected_close", "probability"]
    still_open = deals[deals["outcome"].isna()][columns].reset_index(drop=True)
    last = snapshots[snapshots["snapshot"] == AS_OF][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(still_open, last)


def test_snapshots_tell_nothing_a_deal_learnt_later(company: Company) -> None:
    snapshots = company.frames["snapshots"]
    amounts = company.frames["opportunities"].set_index("opportunity")["amount"]
    known = snapshots.dropna(subset="amount")
    final = known["opportunity"].map(amounts)
    assert (known["amount"] == final)[final.notna()].all()
    # A field may be missing on the first stage only, until a later one is entered.
    lacking = snapshots["amount"].isna() | snapshots["expected_close"].isna()
    assert lacking.any()
    assert (snapshots.loc[lacking, "stage"] == STAGES[0]).all()
    # An expected close is put off after it has passed, never moved ahead, and never long overdue.
    due = snapshots.dropna(subset="expected_close")
    moves = due.groupby("opportunity")["expected_close"].diff().dropna()
    assert set(moves.dt.days.unique()) == {0, 30}
    before = due.groupby("opportunity")["expected_close"].shift()
    assert (due["snapshot"] - before).dt.days[due["expected_close"] > before].min() > 0
    assert (due["snapshot"] - due["expected_close"]).dt.days.max() == 10


def test_stage_history_climbs_the_ladder_to_the_stage_of_the_opportunity(company: Company) -> None:
    deals = company.frames["opportunities"].set_index("opportunity")
    history = company.frames["stage_history"].assign(step=lambda d: d["stage"].map(STAGES.index))
    by_deal = history.groupby("opportunity")
    assert by_deal["step"].diff().dropna().eq(1).all()
    assert (by_deal["entered"].diff().dropna() > pd.Timedelta(0)).all()
    assert by_deal["stage"].last().equals(deals["stage"])
    assert (by_deal["entered"].first() == deals["created"]).all()
    assert (by_deal["entered"].last() < deals["closed"].fillna(AS_OF + pd.Timedelta(days=1))).all()
    assert set(by_deal["step"].first()) == {0, 1}


def test_outcomes_agree_with_dates_and_stages(company: Company) -> None:
    deals = company.frames["opportunities"]
    assert deals["outcome"].isna().equals(deals["closed"].isna())
    assert (deals.loc[deals["outcome"] == "won", "stage"] == "agreement").all()
    assert set(deals.loc[deals["outcome"] == "lost", "stage"]) == set(STAGES)
    assert (deals["closed"].dropna() >= pd.Timestamp("2024-10-01")).all()
    assert (deals["created"] < pd.Timestamp("2024-10-01")).any()
    complete = deals[["account", "amount", "expected_close"]].notna()
    assert complete[deals["outcome"].notna()].all(axis=None)
    assert (~complete).any().all()
    assert deals["probability"].between(0.01, 0.99).all()


def test_won_deals_appear_in_sales(company: Company) -> None:
    deals, sales = company.frames["opportunities"], company.frames["sales"]
    won = deals[deals["outcome"] == "won"]
    key = ["account", "product", "owner"]
    delivered = sales[sales["product"].isin(SYSTEMS)]
    first_line = won.merge(delivered, left_on=[*key, "closed"], right_on=[*key, "date"], suffixes=("", "_line"))
    assert set(first_line["opportunity"]) == set(won["opportunity"])
    assert (first_line["amount_line"] <= first_line["amount"]).any()
    sold = pd.DataFrame({"won": won.groupby(key)["amount"].sum(), "sold": delivered.groupby(key)["amount"].sum()})
    assert sold.notna().all(axis=None)
    recent = won[won["closed"] > AS_OF - pd.Timedelta(days=DELIVERY_DAYS)].groupby(key).size().index
    settled = ~sold.index.isin(recent)
    np.testing.assert_allclose(sold.loc[settled, "sold"], sold.loc[settled, "won"], atol=0.005)
    assert (sold["sold"] <= sold["won"] + 0.005).all()
    assert (sold["sold"] < sold["won"] - 0.005).any()


def test_nothing_lies_after_the_as_of_day(company: Company) -> None:
    assert company.as_of == AS_OF
    checked = 0
    for name, frame in company.frames.items():
        for column in frame.select_dtypes("datetime").columns.drop("expected_close", errors="ignore"):
            assert frame[column].max() <= AS_OF, (name, column)
            checked += 1
        if "period" in frame:
            assert set(frame["period"]) <= set(PERIODS), name
    assert checked == 8


@pytest.mark.parametrize("name", list(KEYS))
def test_keys_are_unique(company: Company, name: str) -> None:
    frame = company.frames[name]
    assert len(frame) > 0
    assert not frame.duplicated(KEYS[name]).any()
    assert frame[KEYS[name]].notna().all(axis=None)


def test_names_agree_across_frames(company: Company) -> None:
    frames = company.frames
    accounts, reps = set(frames["accounts"]["account"]), set(frames["traits"]["rep"])
    assert len(accounts) == 300
    assert len(reps) == 12
    for name in ("sales", "opportunities", "walls", "rivals", "reasons", "time_log"):
        assert set(frames[name]["account"].dropna()) <= accounts, name
    for name, column in (("sales", "owner"), ("opportunities", "owner"), ("forecasts", "owner"), ("targets", "owner")):
        assert set(frames[name][column]) == reps, name
    assert set(frames["time_log"]["rep"]) == reps
    assert set(frames["ratings"]["rater"]) == reps
    prospects = set(frames["prospects"]["prospect"])
    assert set(frames["ratings"]["prospect"]) == prospects
    assert not prospects & accounts
    assert any(name.isascii() for name in accounts)
    assert any(not name.isascii() for name in accounts)


def test_each_account_has_one_owner_and_one_region(company: Company) -> None:
    owned = pd.concat(
        [
            company.frames["sales"][["account", "owner"]],
            company.frames["opportunities"][["account", "owner"]],
            company.frames["time_log"][["account", "rep"]].rename(columns={"rep": "owner"}),
        ]
    ).dropna()
    assert owned.groupby("account")["owner"].nunique().eq(1).all()
    region = company.frames["accounts"].drop_duplicates("account").set_index("account")["region"]
    deals = company.frames["opportunities"].dropna(subset="account")
    assert (deals["account"].map(region) == deals["region"]).all()


def test_forecasts_are_made_within_their_quarter_and_count_what_is_won(company: Company) -> None:
    forecasts, deals = company.frames["forecasts"], company.frames["opportunities"]
    assert (forecasts["submitted"].dt.to_period("Q").astype(str) == forecasts["period"]).all()
    assert forecasts.groupby(["owner", "period"]).size().between(6, 7).all()
    won = deals[deals["outcome"] == "won"].assign(period=lambda d: d["closed"].dt.to_period("Q").astype(str))
    so_far = forecasts.reset_index().merge(won[["owner", "period", "closed", "amount"]], on=["owner", "period"])
    so_far = so_far[so_far["closed"] <= so_far["submitted"]].groupby("index")["amount"].sum()
    assert (forecasts["forecast"] >= so_far.reindex(forecasts.index, fill_value=0.0) - 500).all()


def test_lost_accounts_order_nothing_more_and_start_no_deals(company: Company) -> None:
    lost = company.truth["lost_accounts"].set_index("account")["lost_from"]
    assert len(lost) > 10
    gone = pd.PeriodIndex(lost, freq="Q").start_time
    gone = pd.Series(gone, index=lost.index)
    sales, deals = company.frames["sales"], company.frames["opportunities"]
    repeats = sales[~sales["product"].isin(SYSTEMS) & sales["account"].isin(lost.index)]
    assert (repeats["date"] < repeats["account"].map(gone)).all()
    started = deals[deals["account"].isin(lost.index)]
    assert (started["created"] < started["account"].map(gone)).all()
    walls = company.frames["walls"].merge(lost.rename("lost_from"), left_on="account", right_index=True)
    assert (walls["period"] < walls["lost_from"]).all()


def test_walls_belong_to_the_largest_customers_of_the_first_quarter(company: Company) -> None:
    accounts = company.frames["accounts"]
    first = accounts[accounts["period"] == PERIODS[0]].set_index("account")["potential"]
    rated = set(company.frames["walls"]["account"])
    assert len(rated) == 40
    assert first[list(rated)].min() >= first.drop(list(rated)).max()


def test_the_true_segments_are_those_the_accounts_show(company: Company) -> None:
    shown = cv.segment_accounts(company.frames["accounts"])[["account", "period", "segment"]]
    truth = company.truth["segments"]
    pd.testing.assert_frame_equal(shown.astype({"segment": "str"}), truth)


def test_every_room_takes_the_frames_as_they_are(company: Company) -> None:
    frames = company.frames
    scored = cv.score_prospects(frames["prospects"])
    assert 0 < scored["score"].isna().mean() < 0.5
    walls = cv.score_walls(frames["walls"], by="period")
    assert walls["today"].dropna().between(0, 20).all()
    assert walls.groupby("band", observed=False).size().gt(0).all()
    assert cv.profile_people(frames["traits"])["lean"].between(-2, 2).all()
    expected = cv.expected_revenue(frames["opportunities"], as_of=AS_OF)
    assert {"overdue", "unscheduled", "unpriced"} <= set(expected["period"])
    grid = playbook.ACCOUNT_GRID
    last = cv.segment_accounts(frames["accounts"].query("period == '2026Q3'"))
    for column, names in (("potential_class", grid.potential_classes), ("share_class", grid.share_classes)):
        assert last[column].value_counts(normalize=True)[list(names)].gt(0.15).all()


def test_activities_fill_a_working_day(company: Company) -> None:
    log = company.frames["time_log"]
    day = log.groupby(["rep", "date"])["hours"].sum()
    assert 7.5 < day.mean() < 8.5
    assert log.loc[log["activity"] != "T1", "account"].isna().all()
    assert log.loc[log["activity"] == "T1", "account"].notna().all()
    assert (log["date"].dt.day_of_week < 5).all()
    mean = log.groupby(["rep", "date", "activity"])["hours"].sum().groupby("activity").mean()
    for activity in playbook.SELLING_YEAR.activities:
        assert activity.low - 0.25 < mean[activity.name] < activity.high + 0.25
