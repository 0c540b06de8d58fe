"""The same seed gives the same company, a setting moves only what it should, and wrong settings are refused."""

from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from custvalue.rules.errors import InputError
from custvalue.samples import Effects, simulate_company, write_sample
from custvalue.samples.arrays import PARTS, generator
from custvalue.samples.effects import HIGHEST
from custvalue.samples.names import company_names, people_names
from custvalue.samples.products import SYSTEMS


def small(seed: int = 5, **settings: object) -> dict[str, pd.DataFrame]:
    return simulate_company(seed, **({"n_accounts": 60, "n_quarters": 4} | settings)).frames


def differing(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> set[str]:
    return {name for name in left if not left[name].equals(right[name])}


def test_the_same_seed_gives_the_same_company() -> None:
    assert differing(small(5), small(5)) == set()


def test_another_seed_gives_another_company() -> None:
    assert differing(small(5), small(6)) == set(small(5))


@pytest.mark.parametrize(
    ("effect", "moved"),
    [
        ({"criterion_effect": 0.0}, {"prospects"}),
        ({"slippage": 0.0}, {"opportunities", "snapshots", "forecasts"}),
        ({"rep_bias": 0.0}, {"opportunities", "snapshots", "forecasts"}),
    ],
)
def test_an_effect_moves_only_what_it_acts_on(effect: dict[str, float], moved: set[str]) -> None:
    assert differing(small(), small(effects=Effects(**effect))) == moved


def test_recording_more_walls_changes_only_the_walls() -> None:
    assert differing(small(), small(n_walls=5)) == {"walls"}


def test_rep_bias_moves_probabilities_and_nothing_else_of_the_deals() -> None:
    plain, biased = small(effects=Effects(rep_bias=0.0)), small()
    for name in ("opportunities", "snapshots"):
        columns = [column for column in plain[name] if column != "probability"]
        pd.testing.assert_frame_equal(plain[name][columns], biased[name][columns])


def test_every_part_draws_from_a_generator_of_its_own() -> None:
    first = {generator(1, part).integers(1 << 62) for part in PARTS}
    assert len(first) == len(PARTS)
    assert generator(1, "deals").random() == generator(1, "deals").random()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "least",
    [
        {"n_accounts": 1, "n_quarters": 1, "n_reps": 1, "n_prospects": 0, "n_walls": 0, "deals_per_year": 0},
        {"n_accounts": 1, "n_quarters": 1, "n_reps": 1, "n_prospects": 0, "n_walls": 0},
        {"n_accounts": 1, "n_quarters": 3, "n_reps": 5, "n_prospects": 1, "n_walls": 1, "deals_per_year": 1e-9},
        {"n_accounts": 2, "n_quarters": 2, "n_reps": 2, "n_prospects": 2, "n_walls": 9, "deals_per_year": 0.3},
        {"deals_per_year": 0},
        {"deals_per_year": 0.0, "n_quarters": 1},
    ],
)
def test_the_smallest_companies_have_every_frame_with_its_columns_and_types(
    seed: int, least: dict[str, float], tmp_path: Path
) -> None:
    company, usual = simulate_company(seed, **least), simulate_company(1, n_accounts=60, n_quarters=4)
    for shown, known in ((company.frames, usual.frames), (company.truth, usual.truth)):
        types = {name: frame.dtypes.to_dict() for name, frame in known.items() if isinstance(frame, pd.DataFrame)}
        assert {name: shown[name].dtypes.to_dict() for name in types} == types
    assert len(company.frames["accounts"]) >= 1
    assert len(write_sample(company, tmp_path)) == 15


def test_a_company_without_deals_has_no_deal_in_any_frame_and_still_sells() -> None:
    frames = simulate_company(1, deals_per_year=0).frames
    for name in ("opportunities", "stage_history", "snapshots"):
        assert frames[name].empty
    assert frames["forecasts"]["forecast"].eq(0).all()
    assert not frames["sales"]["product"].isin(SYSTEMS).any()
    assert frames["accounts"]["revenue"].gt(0).mean() > 0.8


@pytest.mark.parametrize("n_quarters", [8, 40])
@pytest.mark.parametrize("n_accounts", [1, 300])
def test_with_all_effects_at_their_highest_every_figure_stays_finite_and_plausible(
    n_quarters: int, n_accounts: int
) -> None:
    frames = simulate_company(
        3, n_accounts=n_accounts, n_quarters=n_quarters, effects=Effects(**HIGHEST), deals_per_year=1
    ).frames
    for name, frame in frames.items():
        numbers = frame.select_dtypes("float64")
        assert not np.isinf(numbers).any(axis=None), name
    accounts = frames["accounts"]
    # Between the smallest step of a potential and a tenth of China's yearly output.
    assert accounts["potential"].between(100, 1e13).all()
    assert accounts["revenue"].between(0, 1e12).all()
    assert accounts["current_share"].dropna().between(0, 10).all()
    assert frames["forecasts"]["forecast"].between(0, 1e12).all()
    cents = (frames["sales"]["amount"].abs() * 100).max()
    assert cents < 2**53


def test_a_potential_that_drifts_down_never_reaches_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HIGHEST, "drift", 0.3)
    accounts = simulate_company(1, n_accounts=60, effects=Effects(drift=0.3), n_quarters=20).frames["accounts"]
    assert accounts["potential"].min() == 100
    assert np.isfinite(accounts["current_share"].dropna()).all()


def test_the_number_of_deals_follows_the_rate() -> None:
    few, many = (len(small(deals_per_year=rate, n_accounts=300)["opportunities"]) for rate in (2, 8))
    assert 3.5 < many / few < 4.5


def test_the_data_end_with_the_last_quarter_asked_for() -> None:
    company = simulate_company(1, n_accounts=20, n_quarters=3, last_quarter="2023Q2")
    assert company.as_of == pd.Timestamp("2023-06-30")
    assert company.frames["accounts"]["period"].unique().tolist() == ["2022Q4", "2023Q1", "2023Q2"]
    assert company.frames["sales"]["date"].between("2022-10-01", "2023-06-30").all()


def test_the_truth_holds_every_planted_size() -> None:
    truth = simulate_company(1, n_accounts=30, effects=Effects(tail=0.0)).truth
    assert truth["effects"] == {
        "stage_gap": 1.0,
        "slow_wins": 0.5,
        "quarter_shock": 0.35,
        "rep_bias": 0.4,
        "slippage": 0.3,
        "drift": 0.04,
        "tail": 0.0,
        "wall_effect": 0.3,
        "criterion_effect": 1.0,
    }
    assert truth["tail_index"] == np.inf
    assert truth["rep_bias"]["kind"].value_counts().to_dict() == {"plain": 4, "happy_ears": 4, "sandbagger": 4}
    assert truth["rep_bias"].groupby("kind")["log_bias"].first().to_dict() == {
        "happy_ears": 0.4,
        "plain": 0.0,
        "sandbagger": -0.4,
    }


def test_a_company_cannot_be_changed() -> None:
    company = simulate_company(1, n_accounts=5, n_quarters=1)
    with pytest.raises(FrozenInstanceError):
        company.frames = {}  # type: ignore[misc]


def test_wrong_settings_are_refused_all_at_once() -> None:
    with pytest.raises(InputError, match="simulate_company: 9 problems") as refused:
        simulate_company(
            None,  # type: ignore[arg-type]
            n_accounts="30",  # type: ignore[arg-type]
            n_quarters=41,
            n_reps=0,
            effects={"drift": 0.02},  # type: ignore[arg-type]
            last_quarter="2026-Q9",
            deals_per_year=-1,
            n_prospects=-1,
            n_walls=2.5,  # type: ignore[arg-type]
        )
    for said in (
        "seed must be a whole number of 0 or more: got None. Give one, such as 1: the same seed gives",
        "n_accounts must be a whole number from 1 to 524,288: got '30'. Give one within these limits.",
        "n_quarters must be a whole number from 1 to 40: got 41. Give",
        "n_reps must be a whole number from 1 to 8,704: got 0. Give",
        "n_prospects must be a whole number from 0 to 524,288: got -1. Give",
        "n_walls must be a whole number from 0 to 524,288: got 2.5. Give",
        "deals_per_year must be a number of 0 or more: got -1. Give how many an account starts a year",
        "effects must be Effects: got {'drift': 0.02}. Write effects=Effects(drift=0.02)",
        "period must be a label of the calendar: got '2026-Q9'. Write it as '2026Q3'.",
    ):
        assert said in str(refused.value)


@pytest.mark.parametrize("seed", [-1, 1.5, "x", None, True, float("nan")])
def test_a_seed_that_is_no_whole_number_of_0_or_more_is_refused(seed: object) -> None:
    with pytest.raises(InputError, match="simulate_company: seed must be a whole number of 0 or more: got "):
        simulate_company(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("effects", [None, {"drift": 0.02}, Effects, 0.1])
def test_effects_of_another_kind_are_refused(effects: object) -> None:
    with pytest.raises(InputError, match=r"simulate_company: effects must be Effects: got .*Effects\.none\(\)"):
        simulate_company(1, effects=effects)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", ["n_accounts", "n_quarters", "n_reps", "n_prospects", "n_walls"])
@pytest.mark.parametrize("value", [2.5, 2.0, "30", None, True, -1, 10**30, float("nan"), float("inf"), [3]])
def test_a_count_that_is_no_whole_number_within_its_limits_is_refused(count: str, value: object) -> None:
    with pytest.raises(InputError, match=f"simulate_company: {count} must be a whole number from"):
        simulate_company(1, **{count: value})


def test_more_companies_than_there_are_names_are_refused() -> None:
    with pytest.raises(InputError, match=r"n_accounts \+ n_prospects must be at most 524,288, .*: got 524,289\. Ask"):
        simulate_company(1, n_accounts=300_000, n_prospects=224_289, deals_per_year=0)


def test_whole_numbers_of_numpy_are_as_good_as_pythons() -> None:
    assert differing(small(5), small(np.int64(5), n_accounts=np.int64(60), n_quarters=np.int32(4))) == set()


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), "5", None, True])
def test_a_rate_of_deals_that_is_no_number_of_0_or_more_is_refused(rate: object) -> None:
    with pytest.raises(InputError, match="simulate_company: deals_per_year must be a number of 0 or more: got "):
        simulate_company(1, deals_per_year=rate)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [1e9, 11_112, 10**400])
def test_more_than_ten_million_opportunities_are_refused_with_the_rate_that_would_do(rate: float) -> None:
    # 300 accounts over two years and the one before: 10,000,000 / 900 = 11,111.1 a year.
    with pytest.raises(
        InputError, match=r"make at most 10,000,000 opp.* \(300 accounts over 3 years.* at most 11,111,"
    ):
        simulate_company(1, deals_per_year=rate)


def test_a_wrong_quarter_label_is_refused() -> None:
    with pytest.raises(ValueError, match="period must be a label"):
        simulate_company(1, last_quarter="2026-Q9")


@pytest.mark.parametrize("size", [-0.1, float("nan"), float("inf"), "x", None, True, 10**400])
def test_an_effect_of_impossible_size_is_refused(size: object) -> None:
    with pytest.raises(
        InputError, match=r"Effects: drift must be a number from 0 to 0\.05: got .* 0 leaves the effect"
    ):
        Effects(drift=size)  # type: ignore[arg-type]


def test_wrong_sizes_are_refused_all_at_once() -> None:
    with pytest.raises(InputError, match="Effects: 3 problems") as refused:
        Effects(drift=2, tail="x", slow_wins=1e6)  # type: ignore[arg-type]
    assert "drift must be a number from 0 to 0.05: got 2. Give" in str(refused.value)
    assert "tail must be a number from 0 to 0.9: got 'x'. Give" in str(refused.value)
    assert "slow_wins must be a number from 0 to 10: got 1000000.0. Give" in str(refused.value)


@pytest.mark.parametrize(
    ("effect", "highest"),
    [
        ("stage_gap", 1.0),
        ("slow_wins", 10.0),
        ("quarter_shock", 1.0),
        ("rep_bias", 1.0),
        ("slippage", 1.0),
        ("drift", 0.05),
        ("tail", 0.9),
        ("wall_effect", 1.0),
        ("criterion_effect", 3.0),
    ],
)
def test_every_effect_owns_its_upper_limit_and_nothing_above(effect: str, highest: float) -> None:
    assert getattr(replace(Effects(), **{effect: highest}), effect) == highest
    with pytest.raises(InputError, match=f"{effect} must be a number from 0 to {highest:g}"):
        replace(Effects(), **{effect: highest + 0.001})


def test_every_effect_has_a_highest_size() -> None:
    assert set(HIGHEST) == set(Effects().sizes())


def test_names_are_distinct_and_in_two_languages() -> None:
    rng = np.random.default_rng(1)
    companies, industry = company_names(rng, 20_001)
    people = people_names(rng, 1_001)
    assert len(set(companies)) == len(companies) == len(industry)
    assert len(set(people)) == len(people)
    for names in (companies, people):
        assert pd.Series(names).str.isascii().mean() == pytest.approx(0.5, abs=0.001)


def test_more_names_than_the_word_lists_make_are_refused() -> None:
    with pytest.raises(ValueError, match="the word lists must make enough names"):
        people_names(np.random.default_rng(1), 20_000)
