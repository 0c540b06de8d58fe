"""How sure the segments are: exact probabilities beside drawn ones, who is near a threshold, and moving one."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import playbook
from custvalue.analysis.certainty import segment_certainty
from custvalue.analysis.segments import segment_accounts

SEGMENTS = playbook.ACCOUNT_GRID.segments
WAN = 10_000.0


def accounts(**columns):
    given = {"revenue": [120 * WAN], "potential_low": [150 * WAN], "potential_high": [300 * WAN], "loyalty": ["+"]}
    return pd.DataFrame(given | columns)


def phi(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def drawn(row, level_z, n, rng, target=0.7):
    """Return shares of segments and the mean headroom of one account by drawing potentials one at a time."""
    mu = (math.log(row["potential_low"]) + math.log(row["potential_high"])) / 2
    sigma = (math.log(row["potential_high"]) - math.log(row["potential_low"])) / (2 * level_z)
    counts, room = dict.fromkeys(SEGMENTS, 0), 0.0
    for potential in np.exp(rng.normal(mu, sigma, n)):
        share = row["revenue"] / potential
        first = "A" if potential > 2e6 else "B" if potential >= 5e5 else "C"
        second = "1" if share > 0.7 else "2" if share >= 0.3 else "3"
        counts[first + second + row["loyalty"]] += 1
        room += potential * max(0.0, target - share)
    return {name: k / n for name, k in counts.items()}, room / n


def test_revenue_120_and_potential_150_to_300_have_no_mass_in_a1():
    # A needs more than 200, and class 1 less than 120 / 0.7 = 171.4: never both, when the share moves with it.
    probabilities = segment_certainty(accounts()).probabilities.loc[0]
    assert probabilities["A1+"] == 0
    # mu = ln sqrt(150 x 300), sigma = ln 2 / (2 x 1.6449); B1 below 171.4, B2 up to 200, A2 up to 400, A3 above.
    sigma = math.log(2) / (2 * 1.6448536269514722)
    at = [phi(math.log(x / math.sqrt(150 * 300)) / sigma) for x in (120 / 0.7, 200, 400)]
    wanted = {"B1+": at[0], "B2+": at[1] - at[0], "A2+": at[2] - at[1], "A3+": 1 - at[2]}
    # Below 50, in C, lie 3 in 10^12, which the first of these leaves out.
    assert probabilities[list(wanted)].tolist() == pytest.approx(list(wanted.values()), abs=1e-11)
    assert probabilities.sum() == pytest.approx(1)


def test_a_share_that_does_not_move_would_have_put_mass_in_a1():
    fixed = segment_certainty(accounts(winnable_share=[0.8]), share="winnable_share").probabilities.loc[0]
    sigma = math.log(2) / (2 * 1.6448536269514722)
    assert fixed["A1+"] == pytest.approx(1 - phi(math.log(200 / math.sqrt(150 * 300)) / sigma))
    assert fixed["B1+"] == pytest.approx(1 - fixed["A1+"])


def test_probabilities_and_expected_headroom_agree_with_a_loop_of_draws():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "revenue": [120 * WAN, 20 * WAN, 45 * WAN, 0.0],
            "potential_low": [150 * WAN, 30 * WAN, 60 * WAN, 10 * WAN],
            "potential_high": [300 * WAN, 90 * WAN, 70 * WAN, 800 * WAN],
            "loyalty": ["+", "0", "-", "+"],
        }
    )
    result = segment_certainty(frame, level=0.8)
    n = 20_000
    for row in range(len(frame)):
        shares, room = drawn(frame.loc[row], 1.2815515655446004, n, rng)
        # Four standard errors of a proportion from 20,000 draws: at most 0.015.
        assert result.probabilities.loc[row].to_dict() == pytest.approx(shares, abs=0.015)
        assert result.accounts.loc[row, "expected_headroom"] == pytest.approx(room, rel=0.05)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e8),
            st.floats(1e3, 1e8),
            st.floats(1, 20),
            st.sampled_from(["+", "0", "-"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_cells_add_up_to_one_and_headroom_to_the_call_formula_for_any_account(rows):
    frame = pd.DataFrame(rows, columns=["revenue", "potential_low", "ratio", "loyalty"])
    frame["potential_high"] = frame["potential_low"] * frame["ratio"]
    result = segment_certainty(frame)
    assert result.probabilities.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(frame)), abs=1e-9)
    assert (result.probabilities.to_numpy() >= 0).all()
    for row in range(len(frame)):
        r, low, high = (frame.loc[row, name] for name in ("revenue", "potential_low", "potential_high"))
        mu, sigma = math.log(low * high) / 2, math.log(high / low) / (2 * 1.6448536269514722)
        if sigma > 1e-6 and r > 0:
            d2 = (mu - math.log(r / 0.7)) / sigma
            wanted = 0.7 * math.exp(mu + sigma**2 / 2) * phi(d2 + sigma) - r * phi(d2)
            scale = math.exp(mu + sigma**2 / 2) + r
            assert result.accounts.loc[row, "expected_headroom"] == pytest.approx(wanted, abs=1e-9 * scale)


def test_a_certain_potential_has_all_its_probability_in_the_segment_of_segment_accounts():
    cases = [(5e5, 1e5), (5e5 - 1, 1e5), (2e6, 1.4e6), (2e6 + 1, 1.4e6), (2e6, 6e5), (2e6, 6e5 - 1), (1e6, 7e5 + 1)]
    frame = pd.DataFrame(cases, columns=["potential", "revenue"]).assign(loyalty="0")
    frame = frame.assign(potential_low=frame["potential"], potential_high=frame["potential"])
    result = segment_certainty(frame)
    held = frame.assign(current_share=frame["revenue"] / frame["potential"])
    wanted = segment_accounts(held, share="current_share")
    assert wanted["segment"].tolist() == ["B30", "C30", "B20", "A20", "B20", "B30", "B10"]
    assert result.accounts["segment"].tolist() == wanted["segment"].tolist()
    assert result.accounts["likeliest_segment"].tolist() == wanted["segment"].tolist()
    assert result.accounts["likeliest_probability"].tolist() == [1.0] * len(cases)
    assert result.accounts["expected_headroom"].tolist() == pytest.approx(wanted["headroom"].tolist())


def test_the_summary_reconciles_to_the_accounts():
    rng = np.random.default_rng(2)
    n = 300
    low = rng.lognormal(13.5, 1, n)
    frame = pd.DataFrame(
        {
            "revenue": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(12.5, 1, n)),
            "potential_low": np.where(rng.random(n) < 0.1, np.nan, low),
            "potential_high": low * 2,
            "loyalty": rng.choice(["+", "0", "-", None], n),
        }
    )
    result = segment_certainty(frame)
    summary, rows = result.summary, result.accounts
    assert len(summary) == 28
    assert summary["n"].sum() == n
    assert summary["expected_n"].sum() == pytest.approx(n)
    assert summary["expected_headroom"].sum() == pytest.approx(rows["expected_headroom"].sum())
    assert summary["n"].iloc[-1] == rows["reason"].notna().sum() == rows["segment"].isna().sum()
    sure = (rows["segment_probability"] >= 0.9).sum()
    assert summary["n_sure"].sum() == sure > 0
    shuffled = segment_certainty(frame.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled.summary, summary)


def test_what_is_missing_is_said_and_nothing_is_taken_for_certain():
    frame = accounts(
        revenue=[1e6, None, 1e6, 1e6],
        potential_low=[None, 1e6, 1e6, 1e6],
        potential_high=[3e6, 3e6, 3e6, 3e6],
        potential=[2e6, 2e6, 2e6, 2e6],
        loyalty=["+", None, None, "+"],
    )
    result = segment_certainty(frame)
    assert result.accounts["reason"].tolist()[:3] == [
        "potential interval missing",
        "revenue missing; loyalty missing",
        "loyalty missing",
    ]
    assert result.probabilities.isna().all(axis=1).tolist() == [True, True, True, False]
    assert result.accounts["segment"].isna().tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("potential", "revenue", "near"),
    # 10 % of 2 M is 0.2 M, of 0.7 is 0.07; the other thresholds are far away in each case.
    [
        (1.8e6, 0.9e6, True),
        (1.8e6 - 1, 0.9e6, False),
        (2.2e6, 1.1e6, True),
        (2.2e6 + 1, 1.1e6, False),
        (1e6, 0.63e6, True),
        (1e6, 0.63e6 - 1, False),
        (1e6, 0.77e6, True),
        (1e6, 0.77e6 + 1, False),
    ],
)
def test_within_ten_percent_of_a_threshold_is_near(potential, revenue, near):
    frame = accounts(revenue=[revenue], potential_low=[potential], potential_high=[potential])
    result = segment_certainty(frame)
    assert result.accounts["near_threshold"].tolist() == [near]
    assert result.near["n"].iloc[-1] == near


def test_moving_a_threshold_moves_the_accounts_between_the_old_and_the_new_one():
    # 2 M x 0.9 = 1.8 M: 1.9 M turns from B to A; x 1.1 = 2.2 M: 2.1 M turns from A to B. Shares: 0.5 throughout.
    potentials = [1.9e6, 2.1e6, 5e6, 1e6]
    frame = accounts(
        potential_low=potentials, potential_high=potentials, revenue=[p / 2 for p in potentials], loyalty=["+"] * 4
    )
    result = segment_certainty(frame, factors=(0.9, 1.1))
    moves = result.moves.set_index(["angle", "threshold", "factor"])
    assert moves.loc[("potential", 2e6, 0.9), ["moved_to", "n_moved", "headroom_moved"]].tolist() == pytest.approx(
        [1.8e6, 1, 1.9e6 * 0.2]
    )
    assert moves.loc[("potential", 2e6, 1.1), "headroom_moved"] == pytest.approx(2.1e6 * 0.2)
    assert moves["n_moved"].sum() == 2
    sensitivity = result.sensitivity
    assert len(sensitivity) == 4 * 2 * 28
    at = sensitivity[(sensitivity["threshold"] == 2e6) & (sensitivity["factor"] == 0.9)].set_index("segment")
    assert at.loc["A2+", ["n", "n_change"]].tolist() == [3, 1]
    assert at.loc["B2+", ["n", "n_change"]].tolist() == [1, -1]
    sums = sensitivity.groupby(["threshold", "factor"])[["n_change", "headroom_change"]].sum()
    # Accounts move, none comes or goes; headroom changes only with the cut up to which it is counted.
    assert (sums["n_change"] == 0).all()
    assert np.allclose(sums["headroom_change"].drop(index=0.7), 0, atol=1e-6)


def test_a_threshold_may_not_pass_its_neighbour():
    with pytest.raises(ValueError, match="must stay between its neighbours"):
        segment_certainty(accounts(), factors=(4.0,))


def test_wrong_intervals_are_refused_with_their_rows():
    frame = accounts(
        potential_low=[3e6, 0.0, 1e6],
        potential_high=[1e6, 1e6, 2e6],
        revenue=[1.0] * 3,
        potential=[np.nan, np.nan, 9e6],
        loyalty=["+"] * 3,
    )
    with pytest.raises(ValueError, match="3 problems") as caught:
        segment_certainty(frame)
    assert "low end must not be above its high end: got 3000000.0" in str(caught.value)
    assert "potential_low must be above 0: got 0.0" in str(caught.value)
    assert "potential must lie in its interval: got 9000000.0" in str(caught.value)


def test_another_currency_is_refused():
    with pytest.raises(ValueError, match="the rules are stated in CNY"):
        segment_certainty(accounts(currency=["EUR"]))


def test_revenue_above_the_interval_gives_the_chance_that_the_potential_is_too_low():
    result = segment_certainty(accounts(revenue=[150 * WAN])).accounts
    assert result["p_potential_too_low"].tolist() == pytest.approx([0.05])  # the lower end of a 90 % interval


def test_empty_missing_single_and_polars_frames_have_answers_of_the_same_shape():
    whole = segment_certainty(accounts())
    empty = segment_certainty(accounts().iloc[:0])
    gone = segment_certainty(
        accounts(revenue=[np.nan], potential_low=[np.nan], potential_high=[np.nan], loyalty=[None])
    )
    other = segment_certainty(pl.from_pandas(accounts()))
    pd.testing.assert_frame_equal(other.probabilities, whole.probabilities)
    for result in (empty, gone):
        for name in ("accounts", "probabilities", "summary", "near", "moves", "sensitivity"):
            assert getattr(result, name).columns.tolist() == getattr(whole, name).columns.tolist()
    assert (len(empty.accounts), len(empty.summary)) == (0, 28)
    assert gone.summary["n"].iloc[-1] == 1


def test_the_frame_given_is_not_changed():
    frame = accounts()
    before = frame.copy()
    segment_certainty(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("share", ["winnable_share", "current_share"])
def test_headroom_is_missing_and_counted_where_revenue_is_missing(share):
    frame = pd.DataFrame(
        {
            "revenue": [None, 1e5],
            "potential_low": [2e6] * 2,
            "potential_high": [4.5e6] * 2,
            "winnable_share": [0.8, 0.8],
            "loyalty": ["+", "+"],
        }
    )
    result = segment_certainty(frame, share=share)
    assert result.accounts["expected_headroom"].isna().tolist() == [True, False]
    summary = result.summary
    assert summary["n_without_headroom"].sum() == 1
    without = summary[summary["n_without_headroom"] > 0]
    # By the winnable share both stand at 3 M: A1+; by the share held the first cannot be placed at all.
    if share == "winnable_share":
        assert without[["segment", "n"]].to_numpy().tolist() == [["A1+", 2]]
        assert without["headroom"].iloc[0] == pytest.approx(0.7 * 3e6 - 1e5)
    else:
        assert without["segment"].isna().all()
        assert without[["headroom", "expected_headroom"]].isna().to_numpy().all()
    assert summary["headroom"].sum() == pytest.approx(0.7 * 3e6 - 1e5)


def test_headroom_of_a_segment_is_missing_where_nothing_of_it_is_known_and_nothing_where_it_is_empty():
    frame = accounts(revenue=[None], winnable_share=[0.8], potential_low=[3e6], potential_high=[3e6])
    summary = segment_certainty(frame, share="winnable_share").summary.set_index("segment")
    assert summary.loc["A1+", ["headroom", "expected_headroom"]].isna().all()
    assert summary.loc["C3-", ["headroom", "expected_headroom"]].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("label", ["2026Q3", "2026-07"])
@pytest.mark.parametrize("share", ["winnable_share", "current_share"])
def test_revenue_of_a_quarter_or_a_month_is_not_read_as_a_years(label, share):
    frame = accounts(winnable_share=[0.8], period=[label])
    with pytest.raises(ValueError, match=r"revenue must be that of a whole year.*current_share\(accounts, period="):
        segment_certainty(frame, share=share)
    renamed = frame.rename(columns={"revenue": "revenue_year"})
    taken = segment_certainty(renamed, share=share, revenue="revenue_year").summary
    pd.testing.assert_frame_equal(taken, segment_certainty(frame.drop(columns="period"), share=share).summary)
    assert len(segment_certainty(accounts(winnable_share=[0.8], period=["2026"]), share=share).accounts) == 1


def test_headroom_follows_the_share_cut_it_reaches_up_to_unless_a_target_is_given():
    # Both hold 0.5; with the cut at 0.63 headroom is 0.13 of the potential in place of 0.2, at 0.77 it is 0.27.
    potentials = [1e6, 3e6]
    frame = accounts(
        potential_low=potentials, potential_high=potentials, revenue=[p / 2 for p in potentials], loyalty=["+"] * 2
    )
    follows = segment_certainty(frame, factors=(0.9, 1.1)).moves.set_index(["angle", "threshold", "factor"])
    assert follows.loc[("share", 0.7), "headroom_change"].tolist() == pytest.approx([-0.07 * 4e6, 0.07 * 4e6])
    assert follows.loc["potential", "headroom_change"].tolist() == [0.0] * 4
    assert follows.loc[("share", 0.3), "headroom_change"].tolist() == [0.0] * 2
    fixed = segment_certainty(frame, factors=(0.9, 1.1), target=0.7).moves
    assert fixed["headroom_change"].tolist() == [0.0] * 8
    parts = segment_certainty(frame, factors=(0.9, 1.1)).sensitivity
    at = parts[(parts["threshold"] == 0.7) & (parts["factor"] == 1.1)].set_index("segment")
    assert at.loc["A2+", ["headroom", "headroom_change"]].tolist() == pytest.approx([0.27 * 3e6, 0.07 * 3e6])
