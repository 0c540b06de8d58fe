"""Stated probabilities scored by rep, team and size class, and tested: scikit-learn, scipy and loops as oracles."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm
from sklearn.metrics import brier_score_loss, log_loss

from custvalue import playbook
from custvalue.tracking.probability_accuracy import probability_accuracy

N = 600
LADDER = playbook.DEAL_HEAT


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(8)
    stage = draw.integers(0, 5, N)  # the stages below 100 %
    p = np.array(LADDER.probabilities)[stage]
    outcome = np.where(draw.random(N) < p * 0.9, "won", "lost").astype(object)
    outcome[draw.random(N) < 0.1] = None
    owner = draw.integers(0, 6, N)
    return pd.DataFrame(
        {
            "p_stage": p,
            "outcome": outcome,
            "stage": np.array(LADDER.names)[stage],
            "owner": [f"rep {k}" for k in owner],
            "team": np.array(["East", "West"])[owner % 2],
            "amount": draw.lognormal(11, 1, N),
        }
    )


@pytest.mark.parametrize("by", [["owner"], ["team"], ["team", "stage"]])
def test_each_group_is_scored_on_its_own_closed_rows(rows, by):
    summary = probability_accuracy(rows, by=by).summary
    closed = rows.dropna(subset="outcome")
    assert len(summary) == closed.groupby(by).ngroups
    for (_, found), (key, mine) in zip(summary.iterrows(), closed.groupby(by), strict=True):
        assert tuple(found[by]) == key
        won = (mine["outcome"] == "won").astype(float).to_numpy()
        assert found["n"] == len(mine)
        assert found["brier"] == pytest.approx(brier_score_loss(won, mine["p_stage"], pos_label=1), rel=1e-12)
        assert found["log_loss"] == pytest.approx(log_loss(won, mine["p_stage"], labels=[0, 1]), rel=1e-9)
        base = won.mean() * (1 - won.mean())
        assert found["brier_skill"] == pytest.approx(1 - found["brier"] / base)
    assert summary["n_open"].sum() == rows["outcome"].isna().sum()


def test_size_classes_hold_the_rows_between_their_cuts_and_a_cut_belongs_above(rows):
    cuts = (30_000.0, 100_000.0)
    summary = probability_accuracy(rows, size_cuts=cuts).summary.set_index("size_class")
    assert list(summary.index) == ["below 30,000", "from 30,000", "from 100,000"]
    closed = rows.dropna(subset="outcome")["amount"]
    wanted = [(closed < 30_000).sum(), ((closed >= 30_000) & (closed < 100_000)).sum(), (closed >= 100_000).sum()]
    assert summary["n"].tolist() == wanted
    edges = pd.DataFrame({"p_stage": 0.6, "outcome": "won", "amount": [29_999.99, 30_000.0, 30_000.01]})
    assert probability_accuracy(edges, size_cuts=cuts).summary["n"].tolist() == [1, 2]


def test_every_stage_has_its_exact_test(rows):
    stated = probability_accuracy(rows).stated
    closed = rows.dropna(subset="outcome")
    assert stated["probability"].tolist() == sorted(closed["p_stage"].unique())
    for _, found in stated.iterrows():
        mine = closed[closed["p_stage"] == found["probability"]]
        wins = int((mine["outcome"] == "won").sum())
        oracle = binomtest(wins, len(mine), found["probability"])
        low, high = oracle.proportion_ci(0.95, method="wilson")
        assert found["binomial_p"] == pytest.approx(oracle.pvalue)
        assert found[["low", "high"]].tolist() == pytest.approx([low, high])


def test_an_exact_test_by_hand_and_at_the_ends():
    # 0 of 3 at 50 %: as far off in either direction is 3 of 3, so 2/8. A win at 0 % cannot be.
    rows = pd.DataFrame({"p_stage": [0.5] * 3 + [0.0] + [1.0], "outcome": ["lost"] * 3 + ["won"] + ["won"]})
    stated = probability_accuracy(rows).stated
    assert stated["binomial_p"].tolist() == pytest.approx([0.0, 0.25, 1.0])


def test_spiegelhalters_test_over_mixed_probabilities_is_its_formula_with_two_sides(rows):
    found = probability_accuracy(rows).summary.iloc[0]
    above, below = 0.0, 0.0
    for p, outcome in rows[["p_stage", "outcome"]].dropna().itertuples(index=False):
        above += ((outcome == "won") - p) * (1 - 2 * p)
        below += (1 - 2 * p) ** 2 * p * (1 - p)
    assert found["spiegelhalter_z"] == pytest.approx(above / np.sqrt(below))
    assert found["spiegelhalter_p"] == pytest.approx(2 * norm.sf(abs(above / np.sqrt(below))))


def test_spiegelhalters_test_rejects_wrong_probabilities_and_right_ones_as_often_as_it_says():
    draw = np.random.default_rng(3)
    rejected = {1.0: 0, 0.75: 0}
    for _ in range(200):
        p = draw.choice([0.2, 0.4, 0.6, 0.8, 0.9], 300)
        for factor in rejected:
            rows = pd.DataFrame({"p_stage": p, "outcome": (draw.random(300) < factor * p).astype(float)})
            rejected[factor] += probability_accuracy(rows).summary["spiegelhalter_p"].item() < 0.05
    assert rejected[1.0] / 200 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    assert rejected[0.75] / 200 >= 0.9


def test_a_group_of_open_deals_only_has_its_row_and_no_score(rows):
    table = probability_accuracy(rows.assign(outcome=rows["outcome"].where(rows["team"] == "East")), by="team").summary
    assert table["note"].tolist() == ["", "no outcome yet"]
    assert table["n"].tolist()[1] == 0
    assert np.isnan(table["brier"].iloc[1])
    assert table["n_open"].iloc[1] == (rows["team"] == "West").sum()
    assert "win_rate_closed_only" in table


@pytest.mark.parametrize(
    ("p", "outcome", "matured", "note"),
    [
        ([0.6], ["won"], [False], "no outcome matured yet"),
        ([np.nan], ["won"], [True], "no probability beside an outcome"),
        ([np.nan, 0.6], ["won", "lost"], [True, False], "no outcome matured yet"),
        ([np.nan, 0.6], ["won", None], [True, True], "no probability beside an outcome"),
        ([0.6], [None], [True], "no outcome yet"),
        ([0.6], [None], [False], "no outcome matured yet"),
        ([0.6, 0.6], [None, None], [False, True], "no outcome yet"),
        ([np.nan], [None], [False], "no outcome yet"),
    ],
)
def test_the_note_says_why_nothing_is_judged(p, outcome, matured, note):
    frame = pd.DataFrame({"p_stage": p, "outcome": pd.Series(outcome, dtype="str"), "matured": matured})
    row = probability_accuracy(frame).summary.iloc[0]
    assert (row["n"], row["note"]) == (0, note)


@pytest.mark.parametrize(("n", "note"), [(100, ""), (101, "more than 100 probabilities: see reliability_table")])
def test_over_a_hundred_probabilities_are_not_listed_and_the_note_says_so(n, note):
    frame = pd.DataFrame({"p_stage": np.linspace(0, 1, n), "outcome": [0.0, 1.0] * (n // 2) + [1.0] * (n % 2)})
    found = probability_accuracy(frame)
    assert found.summary["note"].item() == note
    assert len(found.stated) == (n if n == 100 else 0)
    won = probability_accuracy(frame.assign(outcome=1.0)).summary["note"].item()
    assert won == "; ".join(filter(None, ("all won", note)))


def test_probabilities_that_differ_by_rounding_are_one():
    frame = pd.DataFrame({"p_stage": [0.3, 0.1 + 0.2, 0.1 + 0.2], "outcome": [1.0, 0.0, 0.0]})
    found = probability_accuracy(frame)
    assert found.stated[["probability", "n", "n_won"]].to_numpy().tolist() == [[0.3, 3.0, 1.0]]
    # One probability said: nothing is told apart by it. Apart they would be 1 of 1 and 0 of 2.
    assert found.summary["discrimination"].item() == pytest.approx(0, abs=1e-12)
    apart = pd.DataFrame({"p_stage": [0.3, 0.3 + 1e-9], "outcome": [1.0, 0.0]})
    assert len(probability_accuracy(apart).stated) == 2


@pytest.mark.parametrize("clip", [1e-300, 9e-13, 0.5])
def test_a_clip_that_leaves_infinity_or_nothing_is_refused(clip):
    frame = pd.DataFrame({"p_stage": [1.0], "outcome": [0.0]})
    with pytest.raises(ValueError, match=r"clip must lie between 1e-12 and 0\.5"):
        probability_accuracy(frame, clip=clip)
    assert probability_accuracy(frame, clip=1e-12).summary["log_loss_clipped"].item() == pytest.approx(
        -np.log(1e-12), rel=1e-4
    )


@pytest.mark.parametrize("clip", [1e-6, 0.01])
def test_the_clipped_log_loss_bears_its_own_name_and_is_scikit_learns_on_clipped_values(clip):
    p, won = np.array([1.0, 1.0, 0.0, 0.6]), np.array([1.0, 0.0, 0.0, 1.0])
    row = probability_accuracy(pd.DataFrame({"p_stage": p, "outcome": won}), clip=clip).summary.iloc[0]
    assert row["log_loss"] == np.inf
    assert row["n_impossible"] == 1
    assert row["log_loss_clipped"] == pytest.approx(log_loss(won, np.clip(p, clip, 1 - clip)), rel=1e-9)
