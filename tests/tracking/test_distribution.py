"""A period's revenue as a distribution: which deals are in it, what is assumed of them, and what it answers."""

import numpy as np
import pandas as pd
import pytest

from custvalue import expected_revenue
from custvalue.rules import playbook
from custvalue.rules.errors import InputError
from custvalue.tracking.distribution import RevenueDistribution, revenue_distribution

AS_OF = "2026-09-15"


def day(text):
    return pd.Timestamp(text) if text else pd.NaT


def deals():
    """Return one deal of every kind; 0.4, 0.8 and 0.6 are the ladder's chances of the three in the period."""
    rows = [
        # stage, amount, outcome, expected_close, closed, owner
        ("agreement", 1000.0, "won", "2026-08-01", "2026-08-01", "Li"),
        ("agreement", 500.0, "won", "2026-05-01", "2026-05-01", "Li"),  # won in another quarter
        ("trial", 9000.0, "lost", "2026-08-01", "2026-08-01", "Li"),
        ("quotation", 300.0, None, "2026-09-30", None, "Li"),
        ("trial", 100.0, None, "2026-09-15", None, "Wu"),  # due on the day itself
        ("terms", 50.0, None, "2026-09-20", None, "Wu"),
        ("terms", 70.0, None, "2026-09-14", None, "Wu"),  # overdue
        ("terms", 80.0, None, None, None, "Wu"),
        ("terms", None, None, "2026-09-20", None, "Wu"),
        ("terms", 90.0, None, "2026-10-01", None, "Wu"),
    ]
    columns = ["stage", "amount", "outcome", "expected_close", "closed", "owner"]
    frame = pd.DataFrame(rows, columns=columns, index=[f"d{k}" for k in range(len(rows))])
    return frame.assign(expected_close=frame["expected_close"].map(day), closed=frame["closed"].map(day))


def many(n, seed=0, **columns):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": draw.lognormal(10, 1, n),
            "stage": draw.choice(playbook.DEAL_HEAT.names[:5], n),
            "outcome": pd.Series([None] * n, dtype="str"),
            "expected_close": pd.Timestamp("2026-09-30"),
            "owner": draw.choice(["Li", "Wu", "Xu"], n),
            **columns,
        }
    )


def test_revenue_is_won_so_far_plus_each_open_deal_of_the_period_or_not():
    revenue = revenue_distribution(deals(), correlation=0, as_of=AS_OF)
    # 1000 won; 300 at 0.4, 100 at 0.8, 50 at 0.6: 120 + 80 + 30 = 230 expected.
    assert (revenue.period, revenue.n_won, revenue.won, revenue.n_open, revenue.open) == ("2026Q3", 1, 1000, 3, 450)
    assert revenue.mean == pytest.approx(1230)
    # 300² x 0.24 + 100² x 0.16 + 50² x 0.24 = 21600 + 1600 + 600
    assert revenue.sd == pytest.approx(np.sqrt(23_800))
    # All three: 0.4 x 0.8 x 0.6; the 300 and the 100: 0.32; the 300 in any case: 0.4.
    assert revenue.at_least(1450) == pytest.approx(0.192)
    assert revenue.at_least(1400) == pytest.approx(0.32)
    assert revenue.at_least(1300) == pytest.approx(0.4)
    assert revenue.at_least(1300.01) == pytest.approx(0.4 * (1 - 0.2 * 0.4))
    assert revenue.cdf(1000) == pytest.approx(0.6 * 0.2 * 0.4)
    assert revenue.cdf([999.0, 1450.0]) == pytest.approx([0, 1])
    # Sums without the 300: 0, 50, 100, 150 at 0.048, 0.072, 0.192, 0.288; then 300 … at 0.032, 0.048, 0.128, 0.192.
    assert revenue.quantile([0.048, 0.0481, 0.5, 0.9]) == pytest.approx([1000, 1050, 1150, 1450])
    assert revenue.interval(0.8) == (1050, 1450)
    assert (revenue.basis, revenue.method, revenue.error_bound) == ("independent deals", "exact enumeration", 0)


def test_it_says_what_was_left_out():
    left = revenue_distribution(deals(), correlation=0, as_of=AS_OF).left_out.set_index("reason")
    assert list(left.index) == ["unpriced", "unscheduled", "overdue", "other_period"]
    assert left["n_open"].tolist() == [1, 1, 1, 1]
    assert left["open"].isna().tolist() == [True, False, False, False]
    assert left["open"].tolist()[1:] == [80, 70, 90]
    assert left["expected_open"].tolist()[1:] == pytest.approx([48, 42, 54])
    assert left["won"].tolist() == [0, 0, 0, 500]


def test_its_mean_is_the_forecast_of_expected_revenue():
    frame = deals()
    for period in ("2026Q3", "2026Q4"):
        table = expected_revenue(frame, as_of=AS_OF, by="owner")
        revenue = revenue_distribution(frame, correlation=0.2, as_of=AS_OF, by="owner", period=period)
        mine = table[table["period"] == period]
        assert revenue.mean == pytest.approx(mine["forecast"].sum(), rel=1e-12)
        for row in mine[mine["won"] + mine["open"] > 0].itertuples():
            assert revenue.parts[(period, row.owner)].mean == pytest.approx(row.forecast, rel=1e-12)


def test_parts_by_period_and_group_stand_in_the_summary_in_order():
    revenue = revenue_distribution(deals(), correlation=0, as_of=AS_OF, by="owner", period=["2026Q4", "2026Q3"])
    assert list(revenue.parts) == [("2026Q4", "Wu"), ("2026Q3", "Li"), ("2026Q3", "Wu")]
    assert revenue.summary[["period", "owner", "n_open", "mean"]].to_numpy().tolist() == [
        ["2026Q4", "Wu", 1, pytest.approx(54)],
        ["2026Q3", "Li", 1, pytest.approx(1120)],
        ["2026Q3", "Wu", 2, pytest.approx(110)],
    ]
    assert revenue.mean == pytest.approx(revenue.summary["mean"].sum())


def test_independent_parts_add_up_to_the_whole():
    frame = many(300)
    whole = revenue_distribution(frame, correlation=0, as_of=AS_OF, by="owner")
    li, wu, xu = whole.parts.values()
    together = li + wu + xu
    assert isinstance(together, RevenueDistribution)
    assert together.mean == pytest.approx(whole.mean)
    assert together.sd == pytest.approx(whole.sd)
    levels = [0.01, 0.1, 0.5, 0.9, 0.99]
    assert together.quantile(levels) == pytest.approx(whole.quantile(levels), abs=2 * whole.error_bound)


def test_parts_that_share_a_factor_or_a_draw_are_not_added():
    frame = many(40)
    li, wu, _ = revenue_distribution(frame, correlation=0.1, as_of=AS_OF, by="owner").parts.values()
    with pytest.raises(InputError, match="share a common factor do not add"):
        li + wu
    li, wu, _ = revenue_distribution(
        frame, correlation=0, as_of=AS_OF, by="owner", probability_strength={"trial": 20}
    ).parts.values()
    with pytest.raises(InputError, match=r"share a draw .* do not add: got \['trial'\]"):
        li + wu


def test_a_part_with_a_factor_and_an_independent_part_add():
    frame = many(60)
    one = revenue_distribution(frame.iloc[:30], correlation=0.2, as_of=AS_OF)
    other = revenue_distribution(frame.iloc[30:], correlation=0, as_of=AS_OF)
    both = one + other
    assert both.sd == pytest.approx(np.hypot(one.sd, other.sd))
    assert both.basis.startswith("some deals share a common factor (latent correlation 0.2")


def test_correlation_must_be_given_and_is_named_beside_that_of_the_outcomes():
    with pytest.raises(TypeError, match="correlation"):
        revenue_distribution(many(5), as_of=AS_OF)
    for wrong in (-0.1, 1, 1.5, None, "0.1", float("nan"), True):
        with pytest.raises(InputError, match="correlation must lie in 0 to below 1"):
            revenue_distribution(many(5), correlation=wrong, as_of=AS_OF)
    revenue = revenue_distribution(many(50).assign(stage="trial"), correlation=0.5, as_of=AS_OF)
    # Two deals at 0.8: the bivariate normal cdf at Φ⁻¹(0.8) for ρ = 0.5 is 0.68611 (scipy), so (0.68611 − 0.64) ÷ 0.16.
    from scipy.stats import multivariate_normal, norm

    both = multivariate_normal.cdf([norm.ppf(0.8)] * 2, cov=[[1, 0.5], [0.5, 1]])
    assert revenue.event_correlation == pytest.approx((both - 0.64) / 0.16, abs=1e-3)
    assert revenue.correlation == 0.5
    assert "latent correlation 0.5" in revenue.basis
    assert "潜在相关0.5" in revenue.basis_in("zh")


def test_correlated_deals_are_less_certain_and_equally_valuable():
    frame = many(80)
    alone, shared = (revenue_distribution(frame, correlation=rho, as_of=AS_OF) for rho in (0, 0.2))
    assert alone.mean == pytest.approx(shared.mean, rel=1e-12)
    assert shared.sd > 1.5 * alone.sd
    assert shared.quantile(0.1) < alone.quantile(0.1) < alone.quantile(0.9) < shared.quantile(0.9)


def test_a_stages_draw_is_shared_so_it_widens_what_a_draw_per_deal_would_not():
    frame = many(200).assign(stage="terms", amount=1.0)
    certain = revenue_distribution(frame, correlation=0, as_of=AS_OF)
    drawn = revenue_distribution(frame, correlation=0, as_of=AS_OF, probability_strength=10)
    # Binomial 200 x 0.6 x 0.4 = 48; beta-binomial 48 x (10 + 200) ÷ (10 + 1).
    assert certain.sd == pytest.approx(np.sqrt(48))
    assert drawn.sd == pytest.approx(np.sqrt(48 * 210 / 11), rel=1e-4)
    assert "one draw of the win rate per stage, worth 10 past deals" in drawn.basis


def test_uncertain_amounts_keep_the_mean_and_widen_the_rest():
    frame = many(50, spread=0.5)
    certain = revenue_distribution(frame, correlation=0, as_of=AS_OF)
    by_column = revenue_distribution(frame, correlation=0, as_of=AS_OF, amount_spread="spread")
    by_stage = revenue_distribution(
        frame, correlation=0, as_of=AS_OF, amount_spread=dict.fromkeys(playbook.DEAL_HEAT.names, 0.5)
    )
    one = revenue_distribution(frame, correlation=0, as_of=AS_OF, amount_spread=0.5)
    chance = frame["stage"].map(dict(zip(playbook.DEAL_HEAT.names, playbook.DEAL_HEAT.probabilities, strict=True)))
    variance = (frame["amount"] ** 2 * chance * (np.exp(0.25) - chance)).sum()
    for uncertain in (by_column, by_stage, one):
        assert uncertain.mean == pytest.approx(certain.mean)
        assert uncertain.sd == pytest.approx(np.sqrt(variance))
        assert uncertain.quantile(0.5) == by_column.quantile(0.5)


@pytest.mark.parametrize("correlation", [0, 0.3])
def test_degenerate_pipelines_work(correlation):
    nothing = revenue_distribution(deals().iloc[:0], correlation=correlation, as_of=AS_OF, by="owner")
    assert (nothing.mean, nothing.sd, nothing.quantile(0.5), nothing.n_open) == (0, 0, 0, 0)
    assert (nothing.at_least(0), nothing.at_least(1)) == (1, 0)
    filled = revenue_distribution(deals(), correlation=correlation, as_of=AS_OF, by="owner")
    assert nothing.summary.columns.tolist() == filled.summary.columns.tolist()
    assert (nothing.summary[["n_open", "mean", "p10"]].dtypes == filled.summary[["n_open", "mean", "p10"]].dtypes).all()

    def asked(amount, p):
        return revenue_distribution(many(3, amount=amount, p=p), correlation=correlation, as_of=AS_OF, probability="p")

    sure, hopeless, free = asked(10.0, 1.0), asked(10.0, 0.0), asked(0.0, 0.5)
    assert (sure.quantile(0.01), sure.at_least(30), sure.at_least(30.01), sure.method) == (30, 1, 0, "certain")
    assert (hopeless.quantile(0.99), free.quantile(0.99), free.sd) == (0, 0, 0)
    one = revenue_distribution(many(1, amount=10.0, p=0.3), correlation=correlation, as_of=AS_OF, probability="p")
    assert one.at_least(10) == pytest.approx(0.3)
    assert np.isnan(one.event_correlation)


def test_the_table_is_the_distribution():
    revenue = revenue_distribution(many(500), correlation=0, as_of=AS_OF)
    table = revenue.to_frame()
    assert table.columns.tolist() == ["quantile_level", "revenue", "chance_at_least"]
    assert table["revenue"].is_monotonic_increasing
    assert table["chance_at_least"].to_numpy() == pytest.approx(1 - table["quantile_level"].to_numpy(), abs=1e-6)


def test_a_frame_that_holds_later_events_is_refused():
    frame = deals()
    with pytest.raises(InputError, match="as it stood on as_of"):
        revenue_distribution(frame, correlation=0, as_of="2026-07-15", period="2026Q3")


def test_everything_wrong_is_said_at_once():
    frame = deals().assign(amount=-1.0, stage="hope")
    with pytest.raises(InputError) as error:
        revenue_distribution(
            frame, correlation=0, as_of=AS_OF, by="team", amount_spread={"hope": 1}, probability_strength=-1
        )
    text = str(error.value)
    for part in (
        "amount must be 0 or more",
        "stage must be one of",
        "column 'team' is needed",
        "amount_spread names stages of the ladder",
        "probability_strength must be a number, 0 or more",
    ):
        assert part in text
    for wrong in ({"period": "2026Q5"}, {"period": []}, {"period": ["2026Q3", "2026Q3"]}, {"freq": "D"}):
        with pytest.raises(InputError, match=r"period|freq"):
            revenue_distribution(deals(), correlation=0, as_of=AS_OF, **wrong)
    revenue = revenue_distribution(deals(), correlation=0, as_of=AS_OF)
    for ask in (lambda: revenue.quantile(0), lambda: revenue.quantile([0.5, 1.0]), lambda: revenue.interval(1)):
        with pytest.raises(InputError, match="between 0 and 1"):
            ask()
    with pytest.raises(InputError, match="target must be a number"):
        revenue.at_least("1 M")


def test_the_callers_frame_is_not_changed_and_other_frames_are_read():
    import polars as pl

    frame = deals()
    before = frame.copy()
    revenue = revenue_distribution(frame, correlation=0.1, as_of=AS_OF, by="owner")
    pd.testing.assert_frame_equal(frame, before)
    again = revenue_distribution(pl.from_pandas(frame), correlation=0.1, as_of=AS_OF, by="owner")
    pd.testing.assert_frame_equal(revenue.summary, again.summary)


def test_the_same_deals_are_not_added_twice():
    deals = pd.DataFrame(
        {"amount": [100.0], "stage": ["terms"], "outcome": [None], "expected_close": pd.to_datetime(["2026-09-30"])}
    )
    once = revenue_distribution(deals, correlation=np.float32(0.0), as_of="2026-09-15")
    with pytest.raises(ValueError, match="the same deals twice"):
        once + once


def quarter(correlation=0, **options):
    return revenue_distribution(deals(), correlation=correlation, as_of=AS_OF, **options)


def test_distributions_of_independent_parts_add_up_with_sum():
    whole = quarter()
    parts = quarter(by="owner").parts
    assert len(parts) == 2
    total = sum(parts.values())
    assert (total.n_open, total.won) == (whole.n_open, whole.won)
    at = [1000, 1050, 1300, 1400]
    assert total.cdf(at) == pytest.approx(whole.cdf(at), abs=1e-12)
    # What is left out is left out of the quarter, once.
    pd.testing.assert_frame_equal(total.left_out, whole.left_out)
    with pytest.raises(InputError, match="share a common factor"):
        sum(quarter(0.2, by="owner").parts.values())
    # One deal alone shows no correlation, and shares the factor with the others.
    assert [part.n_open for part in parts.values()] == [1, 2]
    with pytest.raises(TypeError, match="unsupported operand"):
        1 + whole


def test_what_is_left_out_of_different_answers_adds_up():
    other = revenue_distribution(deals().assign(owner="Xu"), correlation=0, as_of=AS_OF)
    both = quarter() + other
    assert both.left_out["n_open"].tolist() == (2 * quarter().left_out["n_open"]).tolist()


@pytest.mark.parametrize("odd", ["x", "0.5", None, {}, {"a": 1}, ["x"], [None], [0.5, ["x"]], object(), True, b"x",
                                 pd.NaT, pd.NA, [[0.5], [0.6]], pd.DataFrame({"a": [0.5]})])  # fmt: skip
def test_what_is_no_number_has_no_chance(odd):
    found = quarter()
    for ask, message in (
        (found.quantile, "a quantile's level lies between 0 and 1"),
        (found.cdf, "cdf needs numbers"),
        (found.at_least, "target must be a number"),
        (found.interval, "an interval's level lies between 0 and 1"),
    ):
        with pytest.raises(InputError, match=message):
            ask(odd)


def test_lists_series_and_nullable_columns_are_numbers():
    found = quarter()
    asked = found.quantile([0.1, 0.9])
    assert found.quantile(pd.Series([0.1, 0.9], dtype="Float64")).tolist() == asked.tolist()
    assert found.cdf(pd.Series([1000, 2000], dtype="Int64")).tolist() == found.cdf([1000, 2000]).tolist()


def test_amounts_whose_squares_leave_the_range_of_a_float_are_refused():
    frame = deals()
    frame.loc["d3", "amount"] = 1e300
    with pytest.raises(InputError, match=r"revenue_distribution: amount must be 1e\+100 or less: got 1e\+300.*'d3'"):
        revenue_distribution(frame, correlation=0, as_of=AS_OF)
    frame.loc["d3", "amount"] = 1e100
    for correlation in (0, 0.2):
        found = revenue_distribution(frame, correlation=correlation, as_of=AS_OF)
        # 0.4 × 1e100, and √(0.4 × 0.6) × 1e100 = 0.4899e100
        assert (found.mean, found.sd) == pytest.approx((0.4e100, 0.24**0.5 * 1e100))
        assert found.at_least(1e99) == pytest.approx(0.4)
