"""Buying patterns: gaps by a naive loop, tails by quadrature, and overdue accounts calibrated on a day at random."""

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import custvalue as cv
from custvalue.analysis.buying import buying_pattern
from custvalue.kernels.discoveries import benjamini_hochberg
from custvalue.kernels.rhythm import gap_tail, wait_tail

AS_OF = pd.Timestamp("2026-09-30")


def sold(account, days, amount=10.0):
    return pd.DataFrame({"account": account, "date": pd.to_datetime(list(days), format="ISO8601"), "amount": amount})


def met_at_random(draw, n_purchases, shape, mean_gaps, *, silent=0.0):
    """Return the last purchases of running processes, each met at a moment chosen uniformly from a long stretch of it.

    Nothing here knows of ages or length bias: gaps are drawn in a row, and a moment falls where it falls. ``silent``
    more days pass without the account, if it has stopped.
    """
    further = 200
    gaps = draw.gamma(shape, 1 / shape, (mean_gaps.size, n_purchases + further)) * mean_gaps[:, None]
    times = gaps.cumsum(axis=1)
    first, last = times[:, n_purchases - 1], times[:, -1]
    moment = first + draw.random(mean_gaps.size) * (last - first)
    place = (times <= moment[:, None]).sum(axis=1) - 1
    rows = place[:, None] - np.arange(n_purchases)
    ago = moment[:, None] - np.take_along_axis(times, rows, axis=1) + silent
    return np.floor(ago)


def frame_of(ago, prefix):
    names = np.repeat([f"{prefix}-{k}" for k in range(len(ago))], ago.shape[1])
    return pd.DataFrame({"account": names, "date": AS_OF - pd.to_timedelta(ago.ravel(), unit="D"), "amount": 1.0})


def by_group(accounts):
    return accounts.groupby(accounts["account"].str.split("-").str[0])


@pytest.mark.parametrize("spread", [0.0, 0.8], ids=["one rate", "mixed rates"])
@pytest.mark.parametrize("shape", [1.0, 4.0], ids=["at random", "regular"])
def test_one_active_account_in_twenty_has_a_p_value_below_5_percent_whatever_its_history(shape, spread):
    draw = np.random.default_rng(int(shape))
    groups = [
        frame_of(met_at_random(draw, n, shape, 90 * np.exp(spread * draw.normal(size=size))), str(n))
        for n, size in ((3, 2500), (10, 2500), (300, 1500))
    ]
    accounts = buying_pattern(pd.concat(groups), as_of=AS_OF).accounts
    judged = accounts[accounts["p_gap_this_long"].notna()]
    flagged = by_group(judged)["p_gap_this_long"].agg(lambda p: (p <= 0.05).mean())
    assert flagged.between(0.035, 0.065).all(), flagged
    # Long histories are chosen by their finished gaps: of those fewer are flagged, never more.
    chosen = by_group(accounts[accounts["overdue"].notna()])["p_gap_this_long"].agg(lambda p: (p <= 0.05).mean())
    assert (chosen <= 0.065).all(), chosen
    # Uniform beyond the tail too: a tenth in every tenth.
    for _, p in by_group(judged)["p_gap_this_long"]:
        assert stats.kstest(p, "uniform").statistic < 0.05


@pytest.mark.parametrize(("n", "size"), [(3, 2500), (10, 2500), (300, 1000)])
def test_a_frame_of_accounts_of_one_length_is_calibrated_on_its_own(n, size):
    draw = np.random.default_rng(n)
    ago = met_at_random(draw, n, 4.0, 90 * np.exp(draw.normal(size=size)))
    p = buying_pattern(frame_of(ago, str(n)), as_of=AS_OF).accounts["p_gap_this_long"]
    assert 0.035 < (p.dropna() <= 0.05).mean() < 0.065


@pytest.mark.parametrize("shape", [1.0, 4.0])
def test_accounts_with_few_purchases_in_two_years_of_data_are_not_flagged_for_being_slow(shape):
    # All accounts buy since long before the data begin; who has three purchases in them is who buys seldom.
    draw = np.random.default_rng(8)
    size, window, most = 6000, 730, 400
    mean_gaps = np.maximum(120 * np.exp(draw.normal(size=size)), 6.0)
    times = (draw.gamma(shape, 1 / shape, (size, most)) * mean_gaps[:, None]).cumsum(axis=1)
    times -= (20 + 10 * draw.random(size))[:, None] * mean_gaps[:, None]  # long after the process began
    seen = (times > 0) & (times <= window)
    assert times[:, -1].min() > window
    row, place = np.nonzero(seen)
    ago = np.floor(window - times[row, place])
    sales = pd.DataFrame(
        {"account": [f"a-{k}" for k in row], "date": AS_OF - pd.to_timedelta(ago, unit="D"), "amount": 1.0}
    )
    accounts = buying_pattern(sales, as_of=AS_OF).accounts
    judged = accounts[accounts["p_gap_this_long"].notna()]
    bands = pd.cut(judged["n_purchases"], [2, 3, 5, 10, 30])
    flagged = judged.groupby(bands, observed=True)["p_gap_this_long"].agg(lambda p: (p <= 0.05).mean())
    assert flagged.between(0.03, 0.075).all(), flagged


def test_regular_and_irregular_accounts_in_one_frame_are_each_judged_by_their_own_regularity():
    draw = np.random.default_rng(5)
    groups = [
        frame_of(met_at_random(draw, 300, shape, np.full(1000, 60.0)), name)
        for name, shape in (("bursts", 0.7), ("clockwork", 9.0))
    ]
    accounts = buying_pattern(pd.concat(groups), as_of=AS_OF).accounts
    flagged = by_group(accounts)["p_gap_this_long"].agg(lambda p: (p <= 0.05).mean())
    assert flagged.between(0.035, 0.065).all(), flagged
    shapes = by_group(accounts)["gap_shape"].median()
    # Purchases of one day are one, which takes the shortest gaps of a burst away.
    assert 0.7 < shapes["bursts"] < 0.9
    assert shapes["clockwork"] == pytest.approx(9.0, rel=0.1)


def test_the_chance_of_an_ordinary_gap_is_not_calibrated_for_regular_buyers():
    # E[(X − q)₊] ÷ E[X] for X ~ Gamma(4) and q its 95 % point: the share of days that see a wait beyond q.
    law = stats.gamma(4)
    q = law.ppf(0.95)
    expected = integrate.quad(law.sf, q, np.inf)[0] / 4
    assert expected == pytest.approx(0.0174, abs=1e-3)
    draw = np.random.default_rng(6)
    ago = met_at_random(draw, 100, 4.0, np.full(2000, 90.0))
    p = buying_pattern(frame_of(ago, "x"), as_of=AS_OF).accounts["p_ordinary_gap"]
    assert (p <= 0.05).mean() == pytest.approx(expected, abs=0.01)


def test_accounts_that_stopped_are_found_and_do_not_bend_the_judgement_of_the_others():
    draw = np.random.default_rng(7)
    active = frame_of(met_at_random(draw, 10, 2.0, 30 * np.exp(0.5 * draw.normal(size=3000))), "active")
    stopped = frame_of(met_at_random(draw, 10, 2.0, np.full(900, 30.0), silent=500), "stopped")
    found = buying_pattern(pd.concat([active, stopped]), as_of=AS_OF, fdr=0.1)
    is_active = found.accounts["account"].str.startswith("active")
    p = found.accounts["p_gap_this_long"]
    assert 0.035 < (p[is_active] <= 0.05).mean() < 0.065
    assert (found.accounts.loc[~is_active, "overdue"]).mean() > 0.99
    late = found.accounts[found.accounts["overdue"].fillna(value=False).astype(bool)]
    assert late["account"].str.startswith("active").mean() < 0.1
    assert found.pool["n_overdue"].iloc[0] == len(late)


@pytest.mark.parametrize(("shape", "age"), [(0.5, 3.0), (1.0, 40.0), (4.0, 12.0)])
def test_the_tails_are_the_integrals_they_stand_for(shape, age):
    strength, rate = 2.5, 12.0
    prior = stats.gamma(strength, scale=1 / rate)

    def over_rates(tail):
        return integrate.quad(lambda x: prior.pdf(x) * tail(x), 0, np.inf, epsabs=1e-12)[0]

    def wait(x):
        # ∫ₐ^∞ S(u) du ÷ μ by quadrature, gaps ~ Gamma(shape, rate x)
        law = stats.gamma(shape, scale=1 / x)
        return integrate.quad(law.sf, age, age + 60 * law.mean() + 60 * law.std(), limit=200)[0] / law.mean()

    inputs = [np.array([value]) for value in (age, strength, rate, shape)]
    assert wait_tail(*inputs)[0] == pytest.approx(over_rates(wait), abs=1e-6)
    assert gap_tail(*inputs)[0] == pytest.approx(
        over_rates(lambda x: stats.gamma(shape, scale=1 / x).sf(age)), abs=1e-6
    )
    assert gap_tail(*inputs)[0] == pytest.approx(stats.betaprime(shape, strength, scale=rate).sf(age), abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discoveries_are_controlled_as_in_scipy(p):
    expected = stats.false_discovery_control(p)
    np.testing.assert_allclose(benjamini_hochberg(np.array(p)), expected, rtol=1e-12)


def naive(sales, as_of):
    """Return each account's distinct purchase days and what follows from them, by a loop over the lines."""
    days, year = {}, {}
    for name, date, amount in zip(sales["account"], sales["date"], sales["amount"], strict=True):
        if pd.isna(name) or pd.isna(date) or date > as_of:
            continue
        mine = days.setdefault(name, set())
        if pd.isna(amount) or amount > 0:
            mine.add(date.normalize())
        if date > as_of - pd.DateOffset(years=1):
            year[name] = year.get(name, 0.0) + amount
    rows = {}
    for name, found in days.items():
        ordered = sorted(found)
        gaps = [(b - a).days for a, b in pairwise(ordered)]
        rows[name] = {
            "n_purchases": len(ordered),
            "recency": (as_of - ordered[-1]).days if ordered else None,
            "mean_gap": np.mean(gaps) if gaps else np.nan,
            "median_gap": np.median(gaps) if gaps else np.nan,
            "gap_cv": np.std(gaps, ddof=1) / np.mean(gaps) if len(gaps) > 1 else np.nan,
            "revenue_trailing_year": year.get(name, 0.0),
        }
    return rows


def agrees(accounts, expected):
    assert sorted(accounts["account"]) == sorted(expected)
    for row in accounts.to_dict("records"):
        wanted = expected[row["account"]]
        for column, value in wanted.items():
            if value is None:
                assert pd.isna(row[column])
            else:
                assert row[column] == pytest.approx(value, rel=1e-9, abs=1e-6, nan_ok=True), (row["account"], column)


def test_gaps_recency_and_revenue_equal_a_loop_over_the_sample():
    sales = cv.load_sales()
    agrees(buying_pattern(sales, as_of="2026-05-17").accounts, naive(sales, pd.Timestamp("2026-05-17")))


LINES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]), st.integers(-40, 900), st.sampled_from([-5.0, 0.0, 1.0, 20.0, None])
    ),
    max_size=40,
)


def lines_of(rows):
    frame = pd.DataFrame(rows, columns=["account", "ago", "amount"])
    frame["amount"] = frame["amount"].astype("float64")
    frame["account"] = frame["account"].astype("str")
    return frame.assign(date=AS_OF - pd.to_timedelta(frame["ago"].astype("int64"), unit="D"))


@settings(deadline=None, max_examples=15)
@given(LINES)
def test_any_lines_give_what_a_loop_gives_and_add_up(rows):
    sales = lines_of(rows)
    found = buying_pattern(sales, as_of=AS_OF)
    agrees(found.accounts, naive(sales, AS_OF))
    unused = found.pool[["n_lines_unnamed", "n_lines_undated", "n_lines_later"]].sum(axis=1).iloc[0]
    assert unused == sum(name is None or ago < 0 for name, ago, _ in rows)


@settings(deadline=None, max_examples=4)
@given(st.permutations(range(60)))
def test_the_order_of_the_lines_does_not_matter(order):
    sales = cv.load_sales().iloc[:60]
    one, other = (buying_pattern(frame, as_of="2026-09-30") for frame in (sales, sales.iloc[order]))
    pd.testing.assert_frame_equal(one.accounts, other.accounts)
    pd.testing.assert_frame_equal(one.pool, other.pool)


def test_nothing_after_as_of_is_looked_at():
    sales = cv.load_sales()
    full = buying_pattern(sales, as_of="2026-03-31")
    past = buying_pattern(sales[sales["date"] <= "2026-03-31"], as_of="2026-03-31")
    pd.testing.assert_frame_equal(full.accounts, past.accounts)
    assert full.pool["n_lines_later"].iloc[0] > 0


def test_two_purchases_are_too_few_and_three_are_enough():
    days = ["2026-01-01", "2026-03-01", "2026-05-01"]
    sales = pd.concat([sold("two", days[:2]), sold("three", days), sold("returns", days, -1.0)])
    accounts = buying_pattern(sales, as_of=AS_OF).accounts.set_index("account")
    assert accounts["reason"].to_dict() == {
        "three": "",
        "two": "fewer than 3 purchases",
        "returns": "no purchase: returns only",
    }
    assert accounts["overdue"].isna().to_dict() == {"three": False, "two": True, "returns": True}
    assert np.isnan(accounts.loc["two", "revenue_at_risk"])
    two = buying_pattern(sales, as_of=AS_OF, min_purchases=2, min_span_days=59).accounts.set_index("account")
    assert two["overdue"].notna().to_dict() == {"three": True, "two": True, "returns": False}


def test_overdue_accounts_come_first_by_revenue_at_risk():
    monthly = pd.date_range("2025-01-15", periods=16, freq="30D")  # silent for 173 days on 30 September 2026
    running = pd.date_range("2025-01-25", "2026-09-25", freq="30D")
    sales = pd.concat([sold("a", monthly, 10.0), sold("b", monthly, 100.0), sold("c", running, 1000.0)])
    accounts = buying_pattern(sales, as_of=AS_OF).accounts
    assert accounts["account"].tolist() == ["b", "a", "c"]
    assert accounts["rank"].tolist() == [1, 2, pd.NA]
    assert accounts["overdue"].tolist() == [True, True, False]
    # Purchases since 1 October 2025: 2025-10-12, -11-11, -12-11, 2026-01-10, -02-09, -03-11, -04-10.
    assert accounts["revenue_at_risk"].tolist() == [700.0, 70.0, 0.0]


def test_a_day_is_one_purchase_and_as_of_itself_counts():
    sales = sold("a", ["2026-09-01 08:00", "2026-09-01 17:00", "2026-09-30 23:00", "2026-10-01"])
    row = buying_pattern(sales, as_of=AS_OF).accounts.iloc[0]
    assert (row["n_purchases"], row["recency"], row["mean_gap"]) == (2, 0, 29.0)


def test_the_trend_is_the_likeliest_log_linear_rate():
    # Purchases at places u² of the history lie ever denser at its beginning.
    span = 1000
    days = np.unique(np.round(span * np.linspace(0.05, 0.99, 40) ** 2)).astype(int)
    sales = sold("a", AS_OF - pd.to_timedelta(span - np.append(0, days), unit="D"))
    row = buying_pattern(sales, as_of=AS_OF).accounts.iloc[0]
    place = (days - 0.5) / span
    theta = np.linspace(-12, 12, 240_001)
    with np.errstate(invalid="ignore"):
        norm = np.where(np.abs(theta) < 1e-9, 0.0, np.log(np.expm1(theta) / theta))
    best = theta[np.argmax(theta * place.sum() - place.size * norm)]
    assert best < -1
    assert row["trend"] == pytest.approx(np.expm1(best / (span / 365.25)), abs=1e-3)
    assert row["trend_low"] < row["trend"] < row["trend_high"] < 0


def test_trend_and_season_say_why_they_are_missing():
    few = sold("few", pd.date_range("2024-01-01", periods=5, freq="90D"))
    short = sold("short", pd.date_range("2026-03-01", periods=12, freq="14D"))
    enough = sold("enough", pd.date_range("2024-08-01", periods=14, freq="60D"))
    accounts = buying_pattern(pd.concat([few, short, enough]), as_of=AS_OF).accounts.set_index("account")
    assert accounts["trend_reason"].to_dict() == {
        "few": "fewer than 6 purchases",
        "short": "history shorter than a year",
        "enough": "",
    }
    assert accounts["trend"].isna().to_dict() == {"few": True, "short": True, "enough": False}
    assert accounts.loc["short", "season_reason"] == "history shorter than two years"
    assert accounts.loc["few", "season_reason"] == "fewer than 8 purchases in whole years"
    assert accounts.loc["enough", "season_reason"] == ""
    assert accounts["season_month"].isna().to_dict() == {"few": True, "short": True, "enough": False}


def test_a_spring_buyer_has_a_season_and_a_steady_one_has_none():
    springs = [f"{year}-03-{day:02d}" for year in (2023, 2024, 2025, 2026) for day in (5, 12, 19, 26)]
    steady = pd.date_range("2022-09-20", AS_OF, freq="23D")
    accounts = buying_pattern(pd.concat([sold("spring", springs), sold("steady", steady)]), as_of=AS_OF).accounts
    accounts = accounts.set_index("account")
    assert accounts.loc["spring", "season_month"] == 3
    assert accounts.loc["spring", "season_strength"] > 0.95
    assert accounts.loc["spring", "season_p"] < 0.05
    assert accounts.loc["steady", "season_strength"] < 0.05
    assert accounts.loc["steady", "season_p"] > 0.5


def test_an_empty_frame_has_the_same_columns_and_types():
    full = buying_pattern(cv.load_sales(), as_of=AS_OF)
    empty = buying_pattern(cv.load_sales().iloc[:0], as_of=AS_OF)
    assert empty.accounts.dtypes.astype(str).to_dict() == full.accounts.dtypes.astype(str).to_dict()
    assert (len(empty.accounts), empty.pool["n_accounts"].iloc[0]) == (0, 0)


def test_other_kinds_of_frames_and_columns_give_the_same():
    sales = cv.load_sales()[["account", "date", "amount"]].iloc[:800]
    expected = buying_pattern(sales, as_of=AS_OF).accounts
    kinds = [
        pl.from_pandas(sales),
        sales.convert_dtypes(dtype_backend="pyarrow"),
        sales.astype({"account": "category", "amount": "Float64"}),
        sales.astype({"account": "object"}).set_axis([0] * len(sales)),
    ]
    for kind in kinds:
        found = buying_pattern(kind, as_of=AS_OF).accounts
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_the_input_is_not_changed():
    sales = cv.load_sales()
    before = sales.copy(deep=True)
    buying_pattern(sales, as_of=AS_OF)
    pd.testing.assert_frame_equal(sales, before)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"as_of": "30.09.2026"}, "as_of must be a date"),
        ({"fdr": 0.0}, "fdr must lie between 0 and 1"),
        ({"fdr": 5}, "fdr must lie between 0 and 1"),
        ({"level": 1.0}, "level must lie between 0 and 1"),
        ({"min_purchases": 1}, "min_purchases must be a whole number of 2 or more"),
        ({"min_span_days": -1}, "min_span_days must be 0 or more"),
        ({"min_span_days": "90"}, "min_span_days must be 0 or more"),
        ({"amount": "revenue"}, "column 'revenue' is needed"),
        ({"date": "amount"}, "amount must be a date"),
    ],
)
def test_what_cannot_be_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        buying_pattern(cv.load_sales(), **{"as_of": AS_OF, **change})


def test_infinite_amounts_are_refused():
    with pytest.raises(ValueError, match="amount must be finite"):
        buying_pattern(sold("a", ["2026-01-01"], np.inf), as_of=AS_OF)


@pytest.mark.shared
def test_online_retail_to_the_penny(shared):
    path = shared / "online_retail" / "online_retail_to_2011q2.csv.gz"
    frame = pd.read_csv(
        path, parse_dates=["InvoiceDate"], usecols=["CustomerID", "InvoiceDate", "Quantity", "UnitPrice"]
    )
    frame["amount"] = frame["Quantity"] * frame["UnitPrice"]
    found = buying_pattern(frame, as_of="2011-06-30", account="CustomerID", date="InvoiceDate")
    assert found.pool["n_lines_unnamed"].iloc[0] == 69_014
    assert (len(found.accounts), (found.accounts["n_purchases"] > 0).sum()) == (3_002, 2_960)
    assert round(found.accounts["revenue_trailing_year"].sum(), 2) == 3_728_501.25
    days = frame[frame["amount"] > 0].assign(day=lambda rows: rows["InvoiceDate"].dt.normalize())
    n_days = len(days.dropna(subset="CustomerID").drop_duplicates(["CustomerID", "day"]))
    assert found.accounts["n_purchases"].sum() == n_days


def test_three_purchases_on_three_days_running_are_no_rhythm():
    sales = sold("fresh", ["2026-09-09", "2026-09-10", "2026-09-11"])
    row = buying_pattern(sales, as_of=AS_OF).accounts.iloc[0]
    assert (row["recency"], row["reason"]) == (19, "history shorter than 90 days")
    assert row[["overdue", "q_value", "revenue_at_risk", "rank"]].isna().all()
    # Asked for, it is judged.
    judged = buying_pattern(sales, as_of=AS_OF, min_span_days=0).accounts.iloc[0]
    assert (judged["overdue"], judged["reason"]) == (True, "")


@pytest.mark.parametrize(("span", "judged"), [(89, False), (90, True)])
def test_a_history_of_ninety_days_is_judged(span, judged):
    sales = sold("a", AS_OF - pd.to_timedelta([5, 40, 5 + span], unit="D"))
    accounts = buying_pattern(sales, as_of=AS_OF).accounts
    assert accounts["overdue"].notna().tolist() == [judged]


@pytest.mark.parametrize("top", [30, 120, 365])
@pytest.mark.parametrize("shape", [1.0, 4.0], ids=["at random", "regular"])
def test_active_accounts_that_begin_with_a_burst_and_then_buy_monthly_are_not_overdue(shape, top):
    draw = np.random.default_rng(1)
    n = 500
    later = 30 * draw.gamma(shape, 1 / shape, (n, 40))
    times = np.concatenate([np.zeros((n, 1)), np.ones((n, 2)), later], axis=1).cumsum(axis=1)
    moment = 2 + draw.random(n) * (top - 2)  # the day they are met, up to so many days after the first purchase
    row, place = np.nonzero(times <= moment[:, None])
    ago = np.floor(moment[row] - times[row, place])
    sales = pd.DataFrame(
        {"account": [f"a-{k}" for k in row], "date": AS_OF - pd.to_timedelta(ago, unit="D"), "amount": 1.0}
    )
    accounts = buying_pattern(sales, as_of=AS_OF).accounts
    judged = accounts[accounts["overdue"].notna()]
    assert (judged["p_gap_this_long"] <= 0.05).sum() <= 0.05 * len(judged)
    assert accounts["overdue"].fillna(value=False).sum() == 0
    assert (len(judged) > 0) == (top > 90)


def test_a_spread_at_the_end_of_what_is_looked_at_is_called_a_bound():
    # All buy alike at random (no spread at all), or half in bursts and half like clockwork.
    draw = np.random.default_rng(3)
    alike = frame_of(met_at_random(draw, 40, 1.0, np.full(300, 60.0)), "a")
    pool = buying_pattern(alike, as_of=AS_OF).pool.iloc[0]
    assert pool["sd_log_gap_shape"] == pytest.approx(0.1)
    assert pool["note"] == "sd_log_gap_shape is 0.1 or less: the end of what is looked at"
    unlike = [frame_of(met_at_random(draw, 40, k, np.full(150, 60.0)), f"{k}") for k in (1.0, 4.0)]
    pool = buying_pattern(pd.concat(unlike), as_of=AS_OF).pool.iloc[0]
    # log 4 ÷ 2 = 0.69 on either side of the middle
    assert pool["sd_log_gap_shape"] == pytest.approx(0.69, abs=0.1)
    assert pool["note"] == ""
