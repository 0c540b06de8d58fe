"""The next period: its coverage on simulated companies, its parts against hand-made data, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from custvalue import concentration
from custvalue.kernels.changes import Donors, Shock, fit_changes
from custvalue.kernels.tails import hill_index

LABELS = [f"{2024 + k // 4}Q{k % 4 + 1}" for k in range(12)]


def company(seed, periods, spread=1.0, carried=False):
    """Return a table of accounts × periods: sizes log-normal, noise, a common shock, leaving, returning, new ones."""
    draw = np.random.default_rng(seed)
    start = np.concatenate([np.zeros(400, dtype=int), np.repeat(np.arange(periods), 20)])
    size = draw.normal(9, spread, start.size)
    table, buys = np.zeros((start.size, periods)), np.ones(start.size, dtype=bool)
    for t in range(periods):
        if carried:
            size = size + draw.normal(0, 0.2, start.size)
        noise = 0.0 if carried else draw.normal(0, 0.4, start.size)
        buys = np.where(buys, draw.random(start.size) >= 0.05, draw.random(start.size) < 0.3) | (start == t)
        table[:, t] = np.where(buys & (start <= t), np.exp(size + noise + draw.normal(0, 0.08)), 0.0)
    return table


def rows_of(table):
    account, period = np.nonzero(table > 0)
    return pd.DataFrame({"account": account, "period": np.array(LABELS)[period], "revenue": table[account, period]})


def drawn(table, **options):
    result = concentration(rows_of(table), by="period", account="account")
    return result.next_period(**({"seed": 1, "draws": 200} | options))


@pytest.mark.parametrize("carried", [False, True])
def test_intervals_hold_about_as_many_next_periods_as_they_say(carried):
    measures = ["n", "total", "n_for_70", "n_for_80", "top_20_pct_share", "gini", "top_10_share"]
    held = pd.DataFrame(0.0, index=range(50), columns=measures)
    for seed in range(50):
        table = company(seed, 8, carried=carried)
        found = drawn(table[:, :-1], seed=seed, draws=100).measures.set_index("measure")
        truth = concentration(pd.DataFrame({"revenue": table[table[:, -1] > 0, -1]})).summary.iloc[0]
        held.loc[seed] = [float(found.loc[m, "low"] <= truth[m] <= found.loc[m, "high"]) for m in measures]
    # At a true 90 % of fifty, 45 with a standard deviation of 2.1: fewer than 38 happen once in two thousand times.
    assert held.sum().between(38, 50).all(), held.mean()
    assert 0.83 <= held.to_numpy().mean() <= 0.97


def test_a_higher_level_gives_a_wider_interval_and_the_same_seed_the_same_answer():
    table = company(1, 8)
    narrow, wide, again = (drawn(table, level=level).measures for level in (0.5, 0.95, 0.5))
    pd.testing.assert_frame_equal(narrow, again)
    assert ((wide["high"] - wide["low"]).dropna() > (narrow["high"] - narrow["low"]).dropna()).all()
    assert not drawn(table, seed=2, level=0.5).measures["low"].equals(narrow["low"])


def test_now_is_the_last_period_and_agrees_with_its_summary():
    table = company(2, 6)
    result = concentration(rows_of(table), by="period", account="account")
    now = result.next_period(seed=1, draws=20).measures.set_index("measure")["now"]
    last = result.summary.iloc[-1]
    assert now.to_numpy() == pytest.approx(last[now.index].to_numpy(dtype=float))


def test_accounts_that_never_change_have_a_next_period_like_this_one():
    # No noise, nobody leaves or comes: but for the half an account that every chance is given, nothing moves.
    sizes = np.exp(np.random.default_rng(1).normal(9, 0.5, 3000))
    found = drawn(np.repeat(sizes[:, None], 6, axis=1)).measures.set_index("measure")
    for name in ("n", "total", "gini", "top_10_share"):
        assert found.loc[name, "low"] == pytest.approx(found.loc[name, "now"], rel=0.01)
        assert found.loc[name, "high"] == pytest.approx(found.loc[name, "now"], rel=0.01)


def test_a_shock_common_to_all_widens_the_total_and_not_the_shares():
    draw = np.random.default_rng(4)
    sizes = np.exp(draw.normal(9, 1, (2000, 1)) + draw.normal(0, 0.1, (2000, 9)))
    shaken = sizes * np.exp(0.3 * np.array([1, -1, 1, 1, -1, -1, 1, -1, 1.0]))
    calm, rough = (drawn(table).measures.set_index("measure") for table in (sizes, shaken))
    width = {name: (rough.loc[name, "high"] / rough.loc[name, "low"]) for name in ("total", "gini")}
    assert width["total"] > 2
    assert calm.loc["total", "high"] / calm.loc["total", "low"] < 1.2
    assert width["gini"] < 1.1


def test_the_common_shock_is_what_is_left_of_the_spread_between_changes():
    # Variance of 0, 1, 2 is 1; each number's own variance 0.36 explains that much of it.
    found = Shock.of(np.array([0.0, 1.0, 2.0]), np.full(3, 0.36))
    assert (found.mean, found.spread, found.n) == (1.0, pytest.approx(0.8), 3)
    assert Shock.of(np.array([0.0, 1.0, 2.0]), np.full(3, 2.0)).spread == 0


def test_donors_come_from_their_own_class_and_an_empty_class_borrows_from_all():
    donors = Donors.of(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2, 0, 0, 2]), 3)
    assert (donors.pool.tolist(), donors.starts.tolist(), donors.sizes.tolist()) == (
        [2, 3, 1, 4],
        [0, 0, 2],
        [2, 4, 2],
    )


def test_the_carry_over_of_known_processes_is_found():
    draw = np.random.default_rng(6)
    walk = np.exp(9 + draw.normal(0, 1, (20_000, 1)) + np.cumsum(draw.normal(0, 0.3, (20_000, 6)), axis=1))
    found = fit_changes(walk, range(5), 30)
    assert (found.carry_now, found.carry_history) == (pytest.approx(1, abs=0.02), pytest.approx(0, abs=0.02))
    # Size 1 and noise 1 alike: with one earlier value known, the best forecast takes 1/3 of each.
    usual = np.exp(draw.normal(0, 1, (20_000, 1)) + draw.normal(0, 1, (20_000, 3)))
    found = fit_changes(usual, [1, 1], 30)  # taken twice: a spread between changes needs two
    assert (found.carry_now, found.carry_history) == (pytest.approx(1 / 3, abs=0.03), pytest.approx(1 / 3, abs=0.03))


def test_chances_to_stop_and_to_return_are_those_seen():
    # 100 accounts of like size buy in the first three periods; 25 stop after the second; 5 of them come back.
    table = np.full((100, 4), 10.0) * np.exp(np.random.default_rng(1).normal(0, 0.1, (100, 4)))
    table[:25, 2], table[:20, 3] = 0.0, 0.0
    found = fit_changes(table, range(3), 30)
    # At risk with a purchase before: 100 in the second period, 75 in the third; 25 and 0 stop. Half added to each.
    regular = found.stop_odds[found.stop_cell]
    assert regular == pytest.approx(25.5 / 150.5)
    # 25 were away one period, of whom 5 came back; now 20 are away, all for two periods, which nobody was before.
    assert found.away_size.size == 20
    assert found.return_chance == pytest.approx(np.full(20, 0.5))
    assert found.returns.size == 5


def test_there_is_no_interval_for_the_largest_where_the_tail_is_heavy():
    draw = np.random.default_rng(5)

    def measures(index):
        sizes = (1 - draw.random((2000, 1))) ** (-1 / index)
        return drawn(sizes * np.exp(draw.normal(0, 0.1, (2000, 6)))).measures.set_index("measure")

    ruled = ["hhi", "equivalent_number", "top_1_share"]
    heavy, light = measures(1.2), measures(5.0)
    assert heavy.loc[ruled, ["low", "high"]].isna().all(axis=None)
    assert heavy.loc[ruled, "reason"].str.contains("Hill, 45 largest").all()  # the root of 2,000 rounded up
    assert heavy.drop(ruled)[["low", "high"]].notna().all(axis=None)
    assert light[["low", "high"]].notna().all(axis=None)
    assert (light["reason"] == "").all()


def test_the_hill_index_is_that_of_the_pareto_law_drawn_from_and_worked_by_hand():
    assert hill_index(np.array([np.e**2, np.e, 1.0]), 2) == pytest.approx(2 / 3)  # 2 ÷ (2 + 1)
    sizes = np.sort(np.random.default_rng(1).pareto(3, 100_000) + 1)[::-1]
    assert hill_index(sizes, 10_000) == pytest.approx(3, rel=0.05)
    assert hill_index(np.array([2.0, 2.0, 2.0]), 2) == np.inf


def test_too_few_periods_or_accounts_give_no_interval_and_say_so():
    short = drawn(company(1, 3))  # two changes
    assert short.measures["low"].isna().all()
    assert short.measures["now"].notna().all()
    assert short.measures["reason"].str.contains("2 changes").all()
    enough = drawn(company(1, 4))  # three
    assert enough.measures.loc[enough.measures["measure"] == "gini", "low"].notna().all()
    few = drawn(np.full((7, 5), 9.0))  # 28 pairs
    assert few.measures["reason"].str.contains("28 pairs, 30 are needed").all()
    assert few.curve[["low", "high"]].isna().all(axis=None)


def test_a_gap_in_the_calendar_gives_no_change():
    rows = rows_of(company(1, 8))
    gappy = rows[rows["period"] != LABELS[4]]
    found = concentration(gappy, by="period", account="account").next_period(seed=1, draws=20)
    assert found.model["n_changes"].iloc[0] == 5  # seven changes of eight quarters, less the two beside the gap


def test_the_band_of_the_curve_runs_from_nothing_to_all():
    curve = drawn(company(3, 7)).curve
    assert len(curve) == 101
    assert curve.iloc[0].tolist() == [0, 0, 0, 0, 0]
    assert curve.iloc[-1].tolist() == [1, 1, 1, 1, 1]
    assert (curve["low"] <= curve["median"]).all()
    assert (curve["median"] <= curve["high"]).all()
    result = concentration(rows_of(company(3, 7)), by="period", account="account")
    lorenz = result.lorenz()
    last = lorenz[lorenz["period"] == LABELS[6]]
    assert curve["now"].to_numpy() == pytest.approx(
        np.interp(curve["account_share"], last["account_share"], last["smallest_share"])
    )


@pytest.mark.parametrize("options", [{"account": "account"}, {"by": "period"}, {"by": ["period", "region"]}])
def test_accounts_must_be_named_and_followed_over_periods(options):
    rows = rows_of(company(1, 5)).assign(region="E")
    rows = rows if "by" in options else rows[rows["period"] == LABELS[0]]
    with pytest.raises(ValueError, match="follows each account over the periods"):
        concentration(rows, **options).next_period(seed=1)


def test_a_last_period_that_is_not_over_is_refused_and_a_partial_first_one_gives_no_change():
    rows = rows_of(company(1, 6))
    early, late = (rows.assign(partial=rows["period"] == LABELS[place]) for place in (0, 5))
    with pytest.raises(ValueError, match="the last period must be whole: got partial period '2025Q2'"):
        concentration(late, by="period", account="account").next_period(seed=1)
    found = concentration(early, by="period", account="account").next_period(seed=1, draws=20)
    assert found.model["n_changes"].iloc[0] == 4


@pytest.mark.parametrize("options", [{"level": 90}, {"level": 1.0}, {"draws": 1}, {"draws": 2.5}, {"seed": -1}])
def test_settings_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        drawn(company(1, 5), **options)


def test_values_of_zero_or_less_are_nothing_bought_and_missing_ones_are_not_zero():
    table = company(1, 6)
    result = {}
    for name, filler in (("absent", None), ("zero", 0.0), ("negative", -5.0), ("missing", np.nan)):
        rows = rows_of(table)
        if filler is not None:
            account, period = np.nonzero(table == 0)
            extra = pd.DataFrame({"account": account, "period": np.array(LABELS)[period], "revenue": filler})
            rows = pd.concat([rows, extra], ignore_index=True).sort_values(["period", "account"], ignore_index=True)
        else:
            rows = rows.sort_values(["period", "account"], ignore_index=True)
        result[name] = concentration(rows, by="period", account="account").next_period(seed=1, draws=50).measures
    assert result["zero"]["now"].tolist() == result["absent"]["now"].tolist()
    pd.testing.assert_frame_equal(result["zero"], result["negative"])
    # Where nobody is known to have stopped or to be new, the same accounts go on.
    missing, absent = (result[name].set_index("measure").loc["n"] for name in ("missing", "absent"))
    assert missing[["low", "high"]].tolist() == pytest.approx([missing["now"]] * 2, rel=0.01)
    assert absent["low"] < 0.99 * missing["low"] or absent["high"] > 1.01 * missing["high"]


def test_an_empty_list_has_no_next_period_and_says_why():
    empty = pd.DataFrame({"account": pd.Series([], dtype="str"), "period": pd.Series([], dtype="str"), "revenue": []})
    found = concentration(empty, by="period", account="account").next_period(seed=1)
    assert found.measures["reason"].eq("no account has a value above zero in the last period").all()
    assert found.measures[["low", "median", "high"]].isna().all(axis=None)
