"""The same seed gives the same company, a setting moves only what it should, and wrong settings are refused."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest

from custvalue.samples import Effects, simulate_company
from custvalue.samples.arrays import PARTS, generator
from custvalue.samples.names import company_names, people_names


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


def test_a_company_of_one_account_in_one_quarter_has_all_its_frames() -> None:
    frames = simulate_company(
        1, n_accounts=1, n_quarters=1, n_reps=1, n_prospects=0, n_walls=0, deals_per_year=0
    ).frames
    usual = small()
    assert {name: list(frame.columns) for name, frame in frames.items()} == {
        name: list(frame.columns) for name, frame in usual.items()
    }
    assert {name: frame.dtypes.tolist() for name, frame in frames.items()} == {
        name: frame.dtypes.tolist() for name, frame in usual.items()
    }
    assert frames["opportunities"].empty
    assert frames["forecasts"]["forecast"].eq(0).all()


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
    with pytest.raises(ValueError, match="2 problems") as refused:
        simulate_company(1, n_accounts=0, n_reps=-1)
    assert "n_accounts must be 1 or more: got 0" in str(refused.value)
    assert "n_reps must be 1 or more: got -1" in str(refused.value)


@pytest.mark.parametrize(("setting", "value"), [("deals_per_year", float("nan")), ("n_quarters", 0), ("n_walls", -1)])
def test_a_wrong_setting_is_refused_by_name(setting: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"simulate_company: {setting} must be"):
        simulate_company(1, **{setting: value})


def test_a_wrong_quarter_label_is_refused() -> None:
    with pytest.raises(ValueError, match="period must be a label"):
        simulate_company(1, last_quarter="2026-Q9")


@pytest.mark.parametrize("size", [-0.1, float("nan"), float("inf")])
def test_an_effect_of_impossible_size_is_refused(size: float) -> None:
    with pytest.raises(ValueError, match=r"Effects: drift must be 0 or more: got .* Give 0 to leave the effect out"):
        Effects(drift=size)


@pytest.mark.parametrize(("effect", "highest"), [("stage_gap", 1.0), ("tail", 0.9)])
def test_effects_with_an_upper_limit_own_it(effect: str, highest: float) -> None:
    assert getattr(replace(Effects(), **{effect: highest}), effect) == highest
    with pytest.raises(ValueError, match=f"{effect} must be from 0 to {highest:g}"):
        replace(Effects(), **{effect: highest + 0.001})


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
