"""The 27 segments: every cut point, every account in exactly one, and what the headroom is."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import playbook
from custvalue.analysis.held_share import current_share
from custvalue.analysis.segment_summary import segment_matrix, segment_summary
from custvalue.analysis.segments import segment_accounts
from custvalue.rules.bands import Bands
from custvalue.rules.labels import Label
from custvalue.rules.plays import AccountPlays, Play, SegmentPlay


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


CUTS = [
    ("potential", 5e5, "C", "B", "B"),
    ("potential", 2e6, "B", "B", "A"),
    ("winnable_share", 0.3, "3", "2", "2"),
    ("winnable_share", 0.7, "2", "2", "1"),
    ("loyalty", 7.0, "-", "0", "0"),
    ("loyalty", 8.0, "0", "0", "+"),
]


@pytest.mark.parametrize(("column", "cut", "below", "at", "above"), CUTS)
def test_all_six_cut_points_belong_to_the_middle(column, cut, below, at, above):
    step = 1e-9 * cut  # a thousand times the round-off that is forgiven
    given = {"potential": [1e6] * 3, "winnable_share": [0.5] * 3, "loyalty": [7.5] * 3}
    given[column] = [cut - step, cut, cut + step]
    result = segment_accounts(pd.DataFrame(given), loyalty_cuts=(7, 8))
    name = {"potential": "potential_class", "winnable_share": "share_class", "loyalty": "loyalty_class"}[column]
    assert result[name].tolist() == [below, at, above]


@pytest.mark.parametrize(("column", "cut", "below", "at", "above"), CUTS[:4])
def test_the_neighbouring_floats_of_a_cut_stand_on_it(column, cut, below, at, above):
    frame = accounts(potential=[1e6] * 3, winnable_share=[0.5] * 3, loyalty=["0"] * 3)
    frame[column] = [np.nextafter(cut, 0), cut, np.nextafter(cut, np.inf)]
    name = {"potential": "potential_class", "winnable_share": "share_class"}[column]
    assert segment_accounts(frame)[name].tolist() == [at] * 3


def naive(row):
    """Place one account by the lecture's words; None where something is missing."""
    p, s, sign = row["potential"], row["winnable_share"], row["loyalty"]
    if np.isnan(p) or np.isnan(s) or np.isnan(sign):
        return None
    first = "A" if p > 2e6 else "B" if p >= 5e5 else "C"
    second = "1" if s > 0.7 else "2" if s >= 0.3 else "3"
    return first + second + {1: "+", 0: "0", -1: "-"}[sign]


ROW = st.tuples(
    st.one_of(st.just(np.nan), st.sampled_from([0.0, 499_999.0, 5e5, 2e6, 2_000_001.0]), st.floats(0, 1e9)),
    st.one_of(st.just(np.nan), st.sampled_from([0.0, -0.0, 0.3, 0.7, 1.0]), st.floats(0, 1).map(lambda x: round(x, 6))),
    st.sampled_from([1.0, 0.0, -0.0, -1.0, np.nan]),
    st.one_of(st.just(np.nan), st.floats(0, 2)),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(ROW, max_size=12), st.randoms())
def test_every_account_is_in_one_segment_or_has_a_reason_and_order_does_not_matter(rows, shuffler):
    names = ["potential", "winnable_share", "loyalty", "current_share"]
    frame = pd.DataFrame(rows, columns=names, dtype=float).assign(revenue=1.0)
    result = segment_accounts(frame, plays=playbook.ACCOUNT_PLAYS)
    segment = result["segment"].astype(object).where(result["segment"].notna(), None)
    assert segment.tolist() == [naive(row) for _, row in frame.iterrows()]
    assert (result["segment"].isna() == result["reason"].notna()).all()
    assert (result["segment"].isna() == result["play"].isna()).all()
    summary = segment_summary(result)
    assert summary["n"].sum() == len(frame)
    for name in ("potential", "headroom", "revenue"):
        assert summary[name].sum() == pytest.approx(result[name].sum())
    order = list(range(len(frame)))
    shuffler.shuffle(order)
    pd.testing.assert_frame_equal(segment_accounts(frame.iloc[order], plays=playbook.ACCOUNT_PLAYS), result.iloc[order])


def test_accounts_beyond_one_slice_are_placed_like_those_in_the_first():
    rng = np.random.default_rng(4)
    n = 70_000
    frame = pd.DataFrame(
        {
            "potential": rng.choice([4e5, 5e5, 1e6, 2e6, 3e6], n),
            "winnable_share": rng.choice([0.1, 0.3, 0.5, 0.7, 0.9], n),
            "loyalty": rng.choice([1.0, 0.0, -1.0], n),
        }
    )
    frame.loc[40_000:40_002, ["potential", "winnable_share", "loyalty"]] = np.nan
    result = segment_accounts(frame)
    kinds = frame.drop_duplicates()
    wanted = {tuple(row): naive(row) for _, row in kinds.dropna().iterrows()}
    keys = frame.dropna().itertuples(index=False, name=None)
    assert result["segment"].dropna().tolist() == [wanted[key] for key in keys]
    assert result["reason"].value_counts().loc["potential missing; share missing; loyalty missing"] == 3


@pytest.mark.parametrize("row", [0, 69_999])
@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("potential", -1.0, "potential must be 0 or more: got -1.0"),
        ("potential", np.inf, "potential must be finite"),
        ("winnable_share", 1.1, "winnable_share must be 1 or less: got 1.1"),
        ("winnable_share", -0.1, "winnable_share must be 0 or more"),
        ("loyalty", 0.5, "loyalty must be one of"),
        ("loyalty", 2.0, "loyalty must be one of"),
        ("loyalty", 257.0, "loyalty must be one of"),
        ("loyalty", -np.inf, "loyalty must be one of"),
        ("current_share", -0.1, "current_share must be 0 or more: got -0.1"),
        ("current_share", np.inf, "current_share must be finite"),
    ],
)
def test_one_bad_value_is_found_wherever_it_stands_and_beside_missing_ones(row, column, value, words):
    n = 70_000
    frame = pd.DataFrame({"potential": np.full(n, 1e6), "winnable_share": 0.5, "loyalty": 1.0, "current_share": 0.5})
    frame.loc[row, column] = value
    with pytest.raises(ValueError, match=words):
        segment_accounts(frame)
    frame.loc[[row - 1 if row else 1], frame.columns.tolist()] = np.nan
    with pytest.raises(ValueError, match=words):
        segment_accounts(frame)


@pytest.mark.parametrize("dtype", ["int8", "int64", "float32", "Int64", "Float64", "category", "int64[pyarrow]"])
def test_numeric_loyalty_is_read_from_every_dtype(dtype):
    frame = accounts(potential=[1e6] * 3, winnable_share=[0.5] * 3, loyalty=[1, 0, -1]).astype({"loyalty": dtype})
    assert segment_accounts(frame)["loyalty_class"].tolist() == ["+", "0", "-"]


def test_loyalty_is_read_from_words_of_both_languages_and_categories():
    words = ["supports us", " Neutral ", "不支持", "支持", "中立", "does not support us", "－", None]
    frame = accounts(potential=[1e6] * 8, winnable_share=[0.5] * 8, loyalty=words)
    wanted = ["+", "0", "-", "+", "0", "-", "-"]
    assert segment_accounts(frame)["loyalty_class"].tolist()[:-1] == wanted
    as_categories = segment_accounts(frame.astype({"loyalty": "category"}))
    assert as_categories["loyalty_class"].tolist()[:-1] == wanted
    assert as_categories["loyalty_class"].isna().iloc[-1]


def test_survey_scores_are_cut_by_bands_too():
    middle = playbook.ACCOUNT_GRID.loyalty_labels[1]
    bands = Bands(("-", "0", "+"), (6.0, 8.0), ("-", "0"), (middle,) * 3, source="net promoter score")
    frame = accounts(potential=[1e6] * 5, winnable_share=[0.5] * 5, loyalty=[6, 7, 8, 9, None])
    assert segment_accounts(frame, loyalty_cuts=bands)["loyalty_class"].tolist()[:4] == ["-", "0", "0", "+"]


def test_scores_without_cuts_and_cuts_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match=r"loyalty must be one of.*loyalty_cuts"):
        segment_accounts(accounts(loyalty=[9]))
    with pytest.raises(ValueError, match="lowest and the highest neutral score"):
        segment_accounts(accounts(loyalty=[9]), loyalty_cuts=(8, 7))


def test_a_potential_of_another_period_than_a_year_is_refused_with_the_remedy():
    for word in ("year", "Annual", "年"):
        assert segment_accounts(accounts(potential_period=[word]))["segment"].tolist() == ["B20"]
    with pytest.raises(ValueError, match=r"potential must be per year: got 'quarter' \(1\).*Multiply a quarter's"):
        segment_accounts(accounts(potential_period=["quarter"]))
    with pytest.raises(ValueError, match="column 'per' is needed"):
        segment_accounts(accounts(), potential_period="per")


def test_the_reason_names_every_angle_that_is_missing_and_the_summary_counts_them():
    frame = accounts(
        potential=[None, 1e6, 1e6, None, 1e6],
        winnable_share=[0.5, None, 0.5, 0.5, 0.5],
        loyalty=["+", "+", None, None, "+"],
    )
    result = segment_accounts(frame)
    assert result["reason"].tolist()[:4] == [
        "potential missing",
        "share missing",
        "loyalty missing",
        "potential missing; loyalty missing",
    ]
    assert result["reason"].isna().iloc[-1]
    last = segment_summary(result).iloc[-1]
    assert last[["n", "n_potential_missing", "n_share_missing", "n_loyalty_missing"]].tolist() == [4, 2, 1, 2]


def test_the_share_held_is_labelled_a_proxy_and_one_above_100_percent_is_flagged():
    frame = accounts(
        potential=[1e6] * 4, winnable_share=[0.5] * 4, loyalty=["0"] * 4, current_share=[1.0, 1.01, 0.2, None]
    )
    winnable, held = segment_accounts(frame), segment_accounts(frame, share="current_share")
    assert set(winnable["share_basis"]) == {"winnable_share"}
    assert set(held["share_basis"]) == {"current_share (proxy)"}
    for result in (winnable, held):
        assert result["potential_too_low"].tolist() == [False, True, False, pd.NA]
    assert held["share_class"].tolist()[:3] == ["1", "1", "3"]
    assert segment_summary(winnable)["n_potential_too_low"].sum() == 1


def test_the_share_held_is_the_revenue_of_four_quarters_by_the_potential():
    quarters = ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    rows = [("a", q, 1e5, 2e6) for q in ["2025Q3", *quarters]] + [("b", q, 1e5, 2e6) for q in quarters[1:]]
    frame = pd.DataFrame(rows, columns=["account", "period", "revenue", "potential"])
    result = current_share(frame, period="2026Q3")
    assert result["account"].tolist() == ["a", "b"]
    assert result["current_share"].tolist() == pytest.approx([4e5 / 2e6, np.nan], nan_ok=True)
    assert result.index.tolist() == [4, 7]


def test_the_share_held_of_a_year_is_floored_at_nothing_and_undefined_without_potential():
    frame = pd.DataFrame({"revenue": [-5.0, 5.0, 10.0, None], "potential": [10.0, 0.0, 10.0, 10.0]})
    result = current_share(frame)
    assert result["current_share"].tolist() == pytest.approx([0, np.nan, 1, np.nan], nan_ok=True)
    assert result["potential_too_low"].tolist() == [False, True, False, pd.NA]


def test_shares_of_the_summary_add_up_to_one_with_those_not_placed():
    frame = accounts(
        potential=[3e6, 1e6, 1e6], winnable_share=[0.9, 0.5, None], loyalty=["+"] * 3, current_share=[0.2, 0.2, 0.2]
    ).assign(revenue=[6.0, 2.0, 2.0])
    summary = segment_summary(segment_accounts(frame)).set_index("segment")
    assert summary.loc["A1+", "share_of_revenue"] == pytest.approx(0.6)
    assert summary.loc["A1+", "share_of_potential"] == pytest.approx(0.6)
    for name in ("accounts", "revenue", "potential", "headroom"):
        assert summary[f"share_of_{name}"].sum() == pytest.approx(1)
    assert summary["share_of_accounts"].iloc[-1] == pytest.approx(1 / 3)
    assert summary.loc["A1+", ["play", "who", "visits"]].tolist() == ["defend", "farmer", 6]
    assert pd.isna(summary["play"].iloc[-1])


def test_the_matrix_shows_all_27_cells_and_reconciles_with_the_summary():
    rng = np.random.default_rng(3)
    n = 300
    frame = pd.DataFrame(
        {
            "potential": rng.lognormal(13.5, 1, n),
            "winnable_share": np.where(rng.random(n) < 0.1, np.nan, rng.random(n)),
            "current_share": rng.random(n),
            "loyalty": rng.choice(["+", "0", "-"], n),
            "revenue": rng.normal(100, 50, n),
        }
    )
    segmented = segment_accounts(frame)
    for value in ("n", "revenue", "potential", "headroom", "share_of_accounts"):
        matrix = segment_matrix(segmented, value=value)
        assert len(matrix) == 9 + 2
        total = {"n": n, "share_of_accounts": 1.0}.get(value)
        total = segmented[value].sum() if total is None else total
        assert matrix["total"].iloc[-1] == pytest.approx(total)
        assert matrix["total"].iloc[:-1].sum() == pytest.approx(total)
    cells = segment_matrix(segmented).set_index(["loyalty_class", "potential_class"])
    wanted = ((frame["potential"] > 2e6) & (frame["winnable_share"] < 0.3) & (frame["loyalty"] == "-")).sum()
    assert cells.loc[("-", "A"), "share_3"] == wanted
    with pytest.raises(ValueError, match="value must be one of"):
        segment_matrix(segmented, value="gold")


def test_a_frame_of_nothing_and_one_of_missing_values_have_the_same_columns_and_dtypes():
    full = segment_accounts(accounts())
    for frame in (accounts().iloc[:0], accounts(potential=[np.nan], winnable_share=[np.nan], loyalty=[None])):
        result = segment_accounts(frame)
        assert result.columns.tolist() == full.columns.tolist()
        assert result.drop(columns="loyalty").dtypes.tolist() == full.drop(columns="loyalty").dtypes.tolist()
        assert segment_summary(result)["n"].iloc[:-1].sum() == 0
        assert len(segment_matrix(result)) == 11


def test_a_segmented_frame_can_be_segmented_again_and_a_repeated_index_is_kept():
    frame = accounts(potential=[1e6] * 2, winnable_share=[0.5] * 2, loyalty=["0", "+"])
    frame.index = pd.Index(["x", "x"])
    once = segment_accounts(frame)
    assert once.index.tolist() == ["x", "x"]
    pd.testing.assert_frame_equal(segment_accounts(once), once)


def test_the_result_can_be_changed_without_changing_the_accounts_or_another_column():
    frame = accounts(potential=[1e6] * 2, winnable_share=[0.5] * 2, loyalty=["0", "+"], current_share=[0.1, 0.2])
    before = frame.copy()
    result = segment_accounts(frame, plays=playbook.ACCOUNT_PLAYS)
    for name in ("segment", "play", "who", "headroom", "potential_too_low"):
        others = result.drop(columns=name)
        result.loc[0, name] = result[name].iloc[1] if name != "headroom" else 9.0
        pd.testing.assert_frame_equal(result.drop(columns=name), others)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("n_names", [8, 63, 64, 127])
def test_the_play_and_who_goes_are_right_however_many_plays_have_a_name(n_names):
    # 63 names and two of who goes are the most that fit into seven bits together.
    names = [f"play {place}" for place in range(n_names)]
    plays = tuple(Play(name, Label(name, "动作"), Label(name, "动作")) for name in names)
    chosen = names[-8:]
    segments = playbook.ACCOUNT_GRID.segments
    rows = tuple(
        SegmentPlay(segment, chosen[place % 8], "hunter" if place % 3 else "farmer", 1)
        for place, segment in enumerate(segments)
    )
    table = AccountPlays(plays=plays, rows=rows, source="test")
    angles = list(product([3e6, 1e6, 1e5], [0.9, 0.5, 0.1], [1.0, 0.0, -1.0]))
    frame = pd.DataFrame([*angles, (np.nan, 0.5, 1.0)], columns=["potential", "winnable_share", "loyalty"])
    result = segment_accounts(frame, plays=table)
    lists = replace(table, plays=list(plays), rows=list(rows))
    pd.testing.assert_frame_equal(segment_accounts(frame, plays=lists), result)
    assert result["play"].tolist()[:-1] == [chosen[place % 8] for place in range(27)]
    assert result["who"].tolist()[:-1] == ["hunter" if place % 3 else "farmer" for place in range(27)]
    assert result[["play", "who"]].iloc[-1].isna().all()


def test_a_negative_zero_is_a_zero_in_every_column():
    frame = pd.DataFrame({"potential": [-0.0], "winnable_share": [-0.0], "loyalty": [-0.0], "current_share": [-0.0]})
    result = segment_accounts(frame)
    assert result["segment"].tolist() == ["C30"]
    assert result["reason"].isna().all()
