"""The 27 segments: every cut point, every account in exactly one, and what the headroom is."""

from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest

from custvalue import playbook, segment_accounts, segment_summary


def accounts(**columns):
    given = {"potential": [1e6], "winnable_share": [0.5], "loyalty": ["0"]}
    return pd.DataFrame(given | columns)


@pytest.mark.parametrize(
    ("potential", "wanted"),
    [(499_999, "C"), (500_000, "B"), (500_001, "B"), (1_999_999, "B"), (2_000_000, "B"), (2_000_001, "A")],
)
def test_both_ends_of_the_middle_potential_belong_to_b(potential, wanted):
    assert segment_accounts(accounts(potential=[potential]))["potential_class"].tolist() == [wanted]


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.299, "3"), (0.3, "2"), (0.301, "2"), (0.699, "2"), (0.7, "2"), (0.701, "1")]
)
def test_both_ends_of_the_middle_share_belong_to_2(share, wanted):
    assert segment_accounts(accounts(winnable_share=[share]))["share_class"].tolist() == [wanted]


def test_all_27_segments_can_be_reached_and_read_as_their_three_classes():
    rows = list(product([3e6, 1e6, 1e5], [0.9, 0.5, 0.1], ["+", "0", "-"]))
    frame = pd.DataFrame(rows, columns=["potential", "winnable_share", "loyalty"])
    result = segment_accounts(frame)
    assert result["segment"].astype(str).tolist() == list(playbook.ACCOUNT_GRID.segments)
    joined = (
        result["potential_class"].astype(str) + result["share_class"].astype(str) + result["loyalty_class"].astype(str)
    )
    assert joined.tolist() == result["segment"].tolist()


def test_segments_are_ordered_best_first_with_all_27_levels():
    segment = segment_accounts(accounts())["segment"]
    assert segment.cat.ordered
    assert tuple(segment.cat.categories) == playbook.ACCOUNT_GRID.segments


def test_headroom_is_the_potential_between_the_share_held_and_the_target():
    frame = accounts(potential=[1e6] * 3, winnable_share=[0.5] * 3, loyalty=["+"] * 3, current_share=[0.2, 0.7, 0.9])
    assert segment_accounts(frame)["headroom"].tolist() == pytest.approx([5e5, 0, 0])
    assert segment_accounts(frame, target=0.9)["headroom"].tolist() == pytest.approx([7e5, 2e5, 0])


def test_a_missing_angle_leaves_the_segment_missing_and_the_other_angles_known():
    frame = accounts(potential=[np.nan, 3e6, 3e6], winnable_share=[0.9, np.nan, 0.9], loyalty=["+", "+", None])
    result = segment_accounts(frame)
    assert result["segment"].isna().all()
    assert result["potential_class"].isna().tolist() == [True, False, False]
    assert result["share_class"].isna().tolist() == [False, True, False]
    assert result["loyalty_class"].isna().tolist() == [False, False, True]
    assert result["headroom"].isna().all()  # there is no current share


@pytest.mark.parametrize("signs", [[1, 0, -1], [1.0, 0.0, -1.0], ["1", "0", "-1"], ["+", "0", "-"]])
def test_loyalty_is_read_from_signs_or_numbers(signs):
    frame = accounts(potential=[1e6] * 3, winnable_share=[0.5] * 3, loyalty=signs)
    assert segment_accounts(frame)["loyalty_class"].tolist() == ["+", "0", "-"]


def test_the_share_held_is_classed_only_when_it_is_named():
    frame = accounts(winnable_share=[0.9], current_share=[0.1])
    assert segment_accounts(frame)["share_class"].tolist() == ["1"]
    assert segment_accounts(frame, share="current_share")["share_class"].tolist() == ["3"]


def test_wrong_values_are_refused_together():
    frame = accounts(potential=[-1.0], winnable_share=[70.0], loyalty=["yes"])
    with pytest.raises(ValueError, match="3 problems") as caught:
        segment_accounts(frame)
    assert "winnable_share must be 1 or less: got 70.0" in str(caught.value)
    assert "loyalty must be one of ['+', '0', '-']: got 'yes' (1)" in str(caught.value)


def test_a_polars_frame_is_accepted_and_pandas_comes_back():
    frame = accounts(potential=[3e6, None], winnable_share=[0.9, 0.5], loyalty=["+", "0"])
    result = segment_accounts(pl.from_pandas(frame))
    assert isinstance(result, pd.DataFrame)
    assert result["segment"].astype(object).where(result["segment"].notna(), "?").tolist() == ["A1+", "?"]


def test_the_summary_shows_all_27_cells_and_reconciles_to_the_accounts():
    draw = np.random.default_rng(5)
    n = 400
    frame = pd.DataFrame(
        {
            "potential": draw.lognormal(13.5, 1, n),
            "winnable_share": np.where(draw.random(n) < 0.1, np.nan, draw.random(n)),
            "current_share": draw.random(n),
            "loyalty": draw.choice(["+", "0", "-"], n),
            "revenue": draw.normal(100, 50, n),
        }
    )
    segmented = segment_accounts(frame)
    summary = segment_summary(segmented)
    assert len(summary) == 28
    assert summary["n"].sum() == n
    assert summary["n"].iloc[-1] == frame["winnable_share"].isna().sum()
    for name in ("revenue", "potential", "headroom"):
        assert summary[name].sum() == pytest.approx(segmented[name].sum())
    a1 = summary.set_index("segment").loc["A1+", "n"]
    assert a1 == ((frame.potential > 2e6) & (frame.winnable_share > 0.7) & (frame.loyalty == "+")).sum()


def test_unknown_headroom_is_missing_in_the_summary_and_an_empty_segment_is_zero():
    summary = segment_summary(segment_accounts(accounts(potential=[3e6], winnable_share=[0.9], loyalty=["+"])))
    by_segment = summary.set_index("segment")
    assert np.isnan(by_segment.loc["A1+", "headroom"])
    assert by_segment.loc["A1+", "potential"] == 3e6
    assert by_segment.loc["C3-", ["n", "potential", "headroom"]].tolist() == [0, 0, 0]


def test_a_share_that_misses_a_cut_by_round_off_stands_on_it():
    assert segment_accounts(accounts(winnable_share=[0.8 - 0.1]))["share_class"].tolist() == ["2"]


def test_another_currency_than_the_rules_is_refused():
    with pytest.raises(ValueError, match=r"the rules are stated in CNY: got 'USD'"):
        segment_accounts(accounts(currency=["USD"]))


def test_a_summary_over_several_periods_is_refused():
    frame = accounts(potential=[1e6] * 2, winnable_share=[0.5] * 2, loyalty=["+"] * 2, period=["2026Q2", "2026Q3"])
    with pytest.raises(ValueError, match="one row per account is needed: got 2 periods"):
        segment_summary(segment_accounts(frame))


def test_a_share_column_that_was_named_must_be_there():
    with pytest.raises(ValueError, match="column 'share_held' is needed"):
        segment_accounts(accounts(), current_share="share_held")
