"""Every planted effect is found again in the frames by an estimate of another kind, and is absent at size zero.

Fifty companies with all effects at their default sizes and fifty with none. The estimators are standard ones (maximum
likelihood, group means) and see the frames; of the truth they know only what is stated where they use it.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from custvalue.rules import playbook
from custvalue.samples import Company, Effects, simulate_company
from custvalue.samples.deals import CYCLE_LOG_SD, LONGEST_CYCLE, TYPICAL_CYCLE_DAYS
from custvalue.samples.market import POTENTIAL_FLOOR
from custvalue.samples.products import REPEATS

SEEDS = range(50)
PLANTED, ABSENT = Effects(), Effects.none()
N_ACCOUNTS = 300
STAGES = playbook.DEAL_HEAT.names
FIRST_DAY = pd.Timestamp("2024-10-01")
Z = stats.norm.ppf(0.975)


@cache
def measured(effects: Effects) -> pd.DataFrame:
    """One row per seed: what the estimators find, and the truth that differs from seed to seed."""
    return pd.DataFrame([measure(seed, effects) for seed in SEEDS])


def measure(seed: int, effects: Effects) -> dict[str, object]:
    company = simulate_company(seed, effects=effects, n_accounts=N_ACCOUNTS, n_walls=N_ACCOUNTS, n_prospects=1000)
    return (
        deal_fates(company)
        | rep_biases(company)
        | slippage(company)
        | account_dynamics(company)
        | wall_and_leaving(company)
        | criteria(company)
    )


def logistic(
    design: np.ndarray, outcome: np.ndarray, offset: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Maximum-likelihood coefficients and their covariance, by Newton's method."""
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-design @ beta - offset))
        information = design.T @ (design * (chance * (1 - chance))[:, None])
        step = np.linalg.solve(information, design.T @ (outcome - chance))
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            return beta, np.linalg.inv(information)
    raise AssertionError("the likelihood has no maximum")


def deal_fates(company: Company) -> dict[str, object]:
    """Effect of the time to close, the quarters' shocks about their mean, and the log-odds of winning by stage.

    The log-odds are those at a typical time to close in an average quarter; NaN for a stage from which all were won.
    """
    deals = company.frames["opportunities"].dropna(subset="outcome").set_index("opportunity")
    won = (deals["outcome"] == "won").astype(float)
    z = np.log((deals["closed"] - deals["created"]).dt.days / TYPICAL_CYCLE_DAYS) / CYCLE_LOG_SD
    quarters = pd.get_dummies(deals["closed"].dt.to_period("Q").astype(str), dtype=float)
    entered = company.frames["stage_history"].query("opportunity in @deals.index")
    starts_later = ~deals.index.isin(entered.loc[entered["stage"] == STAGES[0], "opportunity"])
    beta, covariance = logistic(np.column_stack([starts_later, z, quarters]), won.to_numpy())

    about_mean = np.eye(quarters.shape[1]) - 1 / quarters.shape[1]
    shocks = about_mean @ beta[2:]
    truth = company.truth["quarter_shocks"].set_index("period")["shock"].reindex(quarters.columns)
    found: dict[str, object] = {
        "log_cycle_ratio": beta[1] * CYCLE_LOG_SD,
        "shocks": shocks,
        "shock_errors": np.sqrt(np.diag(about_mean @ covariance[2:, 2:] @ about_mean)),
        "true_shocks": about_mean @ truth.to_numpy(),
        "true_mean_shock": truth.mean(),
    }
    known = pd.Series(beta[1] * z + quarters.to_numpy() @ shocks, index=deals.index)
    for stage in STAGES:
        ids = entered.loc[entered["stage"] == stage, "opportunity"]
        outcome = won[ids].to_numpy()
        level = logistic(np.ones((len(ids), 1)), outcome, known[ids].to_numpy())[0][0] if outcome.min() < 1 else np.nan
        found[f"log_odds_{stage}"] = level
    return found


def rep_biases(company: Company) -> dict[str, object]:
    """What happy-ears reps and sandbaggers add to plain ones: log-odds entered, and log of the open part forecast."""
    kind = company.truth["rep_bias"].set_index("rep")["kind"]
    deals = company.frames["opportunities"].query("stage != 'agreement'")
    odds = np.log(deals["probability"] / (1 - deals["probability"]))
    by_kind = pd.crosstab(deals["stage"], deals["owner"].map(kind), values=odds, aggfunc="mean")
    weights = deals["stage"].value_counts().reindex(by_kind.index)
    entered = by_kind.sub(by_kind["plain"], axis=0).mul(weights / weights.sum(), axis=0).sum()

    forecasts = company.frames["forecasts"]
    deals = company.frames["opportunities"]
    won = deals[deals["outcome"] == "won"].assign(period=lambda d: d["closed"].dt.to_period("Q").astype(str))
    so_far = forecasts.merge(won[["owner", "period", "closed", "amount"]], on=["owner", "period"], how="left")
    so_far["amount"] = so_far["amount"].where(so_far["closed"] <= so_far["submitted"], 0.0)
    so_far = so_far.groupby(["owner", "submitted"])["amount"].sum()
    pipeline = company.frames["snapshots"]
    quarter_end = pipeline["snapshot"].dt.to_period("Q").dt.end_time
    due = pipeline[pipeline["expected_close"] <= quarter_end]
    chance = company.truth["p_win_ever"].set_index("stage")["p_win_ever"]
    worth = (due["stage"].map(chance) * due["amount"]).groupby([due["owner"], due["snapshot"]]).sum()
    table = forecasts.set_index(["owner", "submitted"])[["forecast"]].assign(so_far=so_far)
    table["worth"] = worth.rename_axis(["owner", "submitted"])
    table = table[table["worth"] > 200_000]  # below, rounding to thousands shows
    ratio = np.log((table["forecast"] - table["so_far"]) / table["worth"])
    forecast = ratio.groupby(table.index.get_level_values("owner").map(kind)).mean()
    return {
        "entered_happy_ears": entered["happy_ears"],
        "entered_sandbagger": entered["sandbagger"],
        "forecast_happy_ears": forecast["happy_ears"] - forecast["plain"],
        "forecast_sandbagger": forecast["sandbagger"] - forecast["plain"],
    }


def slippage(company: Company) -> dict[str, object]:
    """Mean days to close over mean days first expected, of deals created early enough to have all been closed."""
    deals = company.frames["opportunities"]
    last = company.as_of - pd.Timedelta(days=LONGEST_CYCLE)
    cohort = deals[deals["created"].between(FIRST_DAY, last)]
    assert cohort["closed"].notna().all()
    first = company.frames["snapshots"].drop_duplicates("opportunity").set_index("opportunity")["expected_close"]
    expected = cohort["opportunity"].map(first)
    known = expected.notna()
    took = (cohort["closed"] - cohort["created"])[known].dt.days.mean()
    return {"cycle_to_first_expected": took / (expected - cohort["created"])[known].dt.days.mean()}


def account_dynamics(company: Company) -> dict[str, object]:
    """Spread of the trends of log potential, accounts whose class changes, tail of potential, weight of the top."""
    accounts = company.frames["accounts"]
    table = accounts.pivot_table(index="account", columns="period", values="potential").dropna()
    trends = np.log(table.iloc[:, -1] / table.iloc[:, 0]) / (table.shape[1] - 1)
    segments = company.truth["segments"].groupby("account")["segment"].nunique()
    excess = table.iloc[:, 0].to_numpy() - POTENTIAL_FLOOR
    revenue = accounts.groupby("account")["revenue"].sum().sort_values(ascending=False)
    return {
        "n_trends": len(trends),
        "trend_sd": trends.std(),
        "moved": (segments > 1).mean(),
        "tail_shape": stats.genpareto.fit(excess, floc=0)[0],
        "top_20_share": revenue.iloc[: len(revenue) // 5].sum() / revenue.sum(),
    }


def wall_and_leaving(company: Company) -> dict[str, object]:
    """Slope of the log-odds of leaving next quarter on the points missing from the wall.

    An account has left in the next quarter when it never gives a repeat order again.
    """
    score = company.frames["walls"].groupby(["account", "period"])["today"].sum(min_count=len(playbook.WALL.actions))
    sales = company.frames["sales"]
    repeats = sales[sales["product"].isin(REPEATS) & (sales["amount"] > 0)]
    last_order = repeats.groupby("account")["date"].max().dt.to_period("Q").astype(str)
    table = score.dropna().rename("wall").reset_index().query("period != '2026Q3'")
    left = (table["period"] == table["account"].map(last_order)).to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(table)), 20 - table["wall"].astype(float)])
    beta, covariance = logistic(design, left)
    return {"leaving_slope": beta[1], "leaving_error": np.sqrt(covariance[1, 1])}


def criteria(company: Company) -> dict[str, object]:
    """Log-odds of winning per point of the criterion that matters and of the one that does not."""
    names = [company.truth["criterion_that_matters"], company.truth["criterion_that_does_not"]]
    rows = company.frames["prospects"].dropna(subset=[*names, "outcome"])
    design = np.column_stack([np.ones(len(rows)), rows[names].to_numpy(dtype=float)])
    beta, covariance = logistic(design, (rows["outcome"] == "won").to_numpy(dtype=float))
    errors = np.sqrt(np.diag(covariance))
    return {"matters": beta[1], "matters_error": errors[1], "other": beta[2], "other_error": errors[2]}


def assert_mean_is(values: pd.Series, truth: float) -> None:
    """The mean over the seeds lies within three of its standard errors of the truth."""
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - truth) < 3 * error, f"{values.mean():.4f} ± {error:.4f}, truth {truth:.4f}"


def assert_covers(found: np.ndarray, errors: np.ndarray, truth: np.ndarray | float) -> None:
    """95 % intervals hold the truth about 95 times in a hundred."""
    inside = np.abs(found - truth) < Z * errors
    spread = np.sqrt(0.95 * 0.05 / inside.size)
    assert abs(inside.mean() - 0.95) < 3.5 * spread, f"{inside.mean():.3f} of {inside.size}"


def log_odds(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))


# In an average quarter only up to the mean of its eight shocks, which nothing in the frames tells from the level.
@pytest.mark.parametrize(
    ("stage", "chance"),
    list(zip(STAGES, (0.28, 0.34, 0.43, 0.58, 0.74, 0.93), strict=True)),
)
def test_deals_are_won_at_the_true_chances_and_not_at_the_ladder(stage: str, chance: float) -> None:
    table = measured(PLANTED)
    assert_mean_is(table[f"log_odds_{stage}"] - table["true_mean_shock"], log_odds(chance))


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_without_a_stage_gap_the_ladder_is_right(stage: str) -> None:
    assert_mean_is(measured(ABSENT)[f"log_odds_{stage}"], log_odds(playbook.DEAL_HEAT.probability(stage)))


def test_without_a_stage_gap_every_deal_that_reaches_agreement_is_won() -> None:
    assert measured(ABSENT)["log_odds_agreement"].isna().all()


def test_won_deals_take_half_as_long_again_as_lost_ones() -> None:
    assert_mean_is(measured(PLANTED)["log_cycle_ratio"], np.log(1.5))


def test_without_slow_wins_the_time_to_close_says_nothing_about_the_outcome() -> None:
    assert_mean_is(measured(ABSENT)["log_cycle_ratio"], 0.0)


def test_each_quarters_shock_is_found_within_its_error() -> None:
    table = measured(PLANTED)
    assert_covers(np.stack(table["shocks"]), np.stack(table["shock_errors"]), np.stack(table["true_shocks"]))


def test_the_spread_of_the_quarters_is_the_planted_one_and_none_at_zero() -> None:
    # Spread beyond sampling error, about the mean of eight quarters.
    for effects, size in ((PLANTED, 0.35), (ABSENT, 0.0)):
        table = measured(effects)
        beyond = (np.stack(table["shocks"]) ** 2 - np.stack(table["shock_errors"]) ** 2).sum(axis=1) / 7
        assert_mean_is(pd.Series(beyond), size**2)


def test_without_quarter_shocks_quarters_differ_only_by_chance() -> None:
    table = measured(ABSENT)
    assert_covers(np.stack(table["shocks"]), np.stack(table["shock_errors"]), 0.0)


@pytest.mark.parametrize("estimate", ["entered", "forecast"])
def test_happy_ears_and_sandbaggers_are_biased_by_the_planted_factor(estimate: str) -> None:
    table = measured(PLANTED)
    assert_mean_is(table[f"{estimate}_happy_ears"], 0.4)
    assert_mean_is(table[f"{estimate}_sandbagger"], -0.4)


@pytest.mark.parametrize("estimate", ["entered", "forecast"])
def test_without_rep_bias_the_kinds_of_reps_do_not_differ(estimate: str) -> None:
    table = measured(ABSENT)
    assert_mean_is(table[f"{estimate}_happy_ears"], 0.0)
    assert_mean_is(table[f"{estimate}_sandbagger"], 0.0)


def test_deals_take_longer_than_first_expected() -> None:
    assert_mean_is(measured(PLANTED)["cycle_to_first_expected"], 1.3)


def test_without_slippage_the_first_expected_close_is_right_on_average() -> None:
    assert_mean_is(measured(ABSENT)["cycle_to_first_expected"], 1.0)


@cache
def times_to_close(slow_wins: float, slippage_size: float) -> pd.DataFrame:
    """One row per seed: median time of won over lost deals, and mean time over the first expected one.

    Without shocks, and of deals created early enough to have all been closed.
    """
    effects = Effects(slow_wins=slow_wins, slippage=slippage_size, quarter_shock=0.0)
    rows = []
    for seed in range(4):
        company = simulate_company(seed, effects=effects, n_quarters=12, deals_per_year=10, n_prospects=0, n_walls=0)
        deals = company.frames["opportunities"]
        first = pd.Timestamp("2023-10-01")
        cohort = deals[deals["created"].between(first, company.as_of - pd.Timedelta(days=LONGEST_CYCLE))]
        took = (cohort["closed"] - cohort["created"]).dt.days
        median = took.groupby(cohort["outcome"]).median()
        known = company.frames["snapshots"].drop_duplicates("opportunity").set_index("opportunity")["expected_close"]
        expected = (cohort["opportunity"].map(known) - cohort["created"]).dt.days
        rows.append(
            {
                "won_to_lost": median["won"] / median["lost"],
                "to_expected": took[expected.notna()].mean() / expected.mean(),
                "won_of_first_stage": (cohort["outcome"] == "won")[~later_start(company, cohort)].mean(),
            }
        )
    return pd.DataFrame(rows)


def later_start(company: Company, deals: pd.DataFrame) -> "pd.Series[bool]":
    """Which deals did not begin on the first stage."""
    began = company.frames["stage_history"].drop_duplicates("opportunity").set_index("opportunity")["stage"]
    return deals["opportunity"].map(began) != STAGES[0]


# At the highest sizes the cuts at 10 and 365 days begin to bite: 2 % is what they may take.
@pytest.mark.parametrize(("slow_wins", "ratio"), [(2.0, 3.0), (5.0, 6.0), (10.0, 11.0)])
@pytest.mark.parametrize(("slippage_size", "stretch"), [(0.3, 1.3), (1.0, 2.0)])
def test_times_to_close_hold_the_truth_up_to_the_highest_sizes(
    slow_wins: float, ratio: float, slippage_size: float, stretch: float
) -> None:
    found = times_to_close(slow_wins, slippage_size).mean()
    assert found["won_to_lost"] == pytest.approx(ratio, rel=0.02)
    assert found["to_expected"] == pytest.approx(stretch, rel=0.02)
    assert found["won_of_first_stage"] == pytest.approx(0.28, abs=0.015)


def test_the_potentials_of_accounts_drift_with_the_planted_spread() -> None:
    table = measured(PLANTED)
    free = table["n_trends"].to_numpy() - 1
    ratio = free * (table["trend_sd"].to_numpy() / 0.04) ** 2
    inside = (ratio > stats.chi2.ppf(0.025, free)) & (ratio < stats.chi2.ppf(0.975, free))
    assert stats.binomtest(int(inside.sum()), len(inside), 0.95).pvalue > 0.01


def test_drifting_accounts_change_segment_and_still_ones_never() -> None:
    assert measured(PLANTED)["moved"].min() > 0.4
    assert measured(ABSENT)["moved"].max() == 0
    assert measured(ABSENT)["trend_sd"].max() == 0


def test_potentials_have_the_planted_tail() -> None:
    assert_mean_is(measured(PLANTED)["tail_shape"], 0.4)
    assert_mean_is(measured(ABSENT)["tail_shape"], 0.0)


def test_a_heavy_tail_puts_more_revenue_into_the_largest_accounts() -> None:
    heavy, light = measured(PLANTED)["top_20_share"], measured(ABSENT)["top_20_share"]
    assert 0.60 < heavy.mean() < 0.75
    assert (heavy - light).mean() > 0.05


def test_accounts_leave_behind_low_walls() -> None:
    table = measured(PLANTED)
    assert_covers(table["leaving_slope"].to_numpy(), table["leaving_error"].to_numpy(), 0.3)
    assert_mean_is(table["leaving_slope"], 0.3)


def test_without_a_wall_effect_walls_say_nothing_about_who_leaves() -> None:
    table = measured(ABSENT)
    assert_covers(table["leaving_slope"].to_numpy(), table["leaving_error"].to_numpy(), 0.0)
    assert_mean_is(table["leaving_slope"], 0.0)


@pytest.mark.parametrize(("effects", "size"), [(PLANTED, 1.0), (ABSENT, 0.0)])
def test_one_criterion_decides_about_prospects_and_the_other_does_not(effects: Effects, size: float) -> None:
    table = measured(effects)
    assert_covers(table["matters"].to_numpy(), table["matters_error"].to_numpy(), size)
    assert_covers(table["other"].to_numpy(), table["other_error"].to_numpy(), 0.0)
    assert_mean_is(table["matters"], size)
    assert_mean_is(table["other"], 0.0)
