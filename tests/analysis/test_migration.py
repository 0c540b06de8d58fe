"""Moves between the 27 segments: every account counted once, rows smoothed by what the angles do, names refused."""

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import custvalue as cv
from custvalue import playbook
from custvalue.analysis.migration import Migration, segment_migration
from custvalue.kernels import moves as move

GRID = playbook.ACCOUNT_GRID
SEGMENTS = list(GRID.segments)
STATES_BEFORE = [*SEGMENTS, "unplaced", "new", "returned"]


def quarter(segments, revenue=None):
    """Return a quarter from a mapping of account to segment."""
    frame = pd.DataFrame({"account": list(segments), "segment": list(segments.values())})
    return frame if revenue is None else frame.assign(revenue=revenue)


def cell(result, before, after, column="n"):
    row = result.moves[(result.moves["before"] == before) & (result.moves["after"] == after)]
    return row[column].iloc[0]


def movement_of(before, after):
    result = segment_migration(quarter({"a": before}), quarter({"a": after}))
    return result.accounts["movement"].iloc[0]


# what a move is called


@pytest.mark.parametrize(
    ("before", "after", "called"),
    [
        ("B20", "B20", "stayed"),
        ("B20", "A20", "upgraded"),
        ("B20", "A1+", "upgraded"),
        ("B20", "B2-", "downgraded"),
        ("B20", "C3-", "downgraded"),
        ("B20", "A2-", "mixed"),  # potential up, loyalty down, although A2- stands before B20 in the list
        ("B20", "B3+", "mixed"),
        ("B20", None, "unplaced"),
        (None, "B20", "unplaced"),
        (None, None, "unplaced"),
    ],
)
def test_a_move_is_up_if_no_angle_worsened_and_mixed_if_angles_disagree(before, after, called):
    assert movement_of(before, after) == called


def test_all_729_moves_are_called_as_a_naive_comparison_of_letters_says():
    order = {sign: place for names in ("ABC", "123", "+0-") for place, sign in enumerate(names)}
    pairs = list(itertools.product(SEGMENTS, SEGMENTS))
    names = [f"{one}>{two}" for one, two in pairs]
    result = segment_migration(
        quarter(dict(zip(names, (one for one, _ in pairs), strict=True))),
        quarter(dict(zip(names, (two for _, two in pairs), strict=True))),
    ).accounts
    for (one, two), called, steps in zip(
        pairs,
        result["movement"],
        result[["potential_steps", "share_steps", "loyalty_steps"]].itertuples(index=False),
        strict=True,
    ):
        gained = [order[x] - order[y] for x, y in zip(one, two, strict=True)]
        up, down = any(g > 0 for g in gained), any(g < 0 for g in gained)
        expected = "mixed" if up and down else "upgraded" if up else "downgraded" if down else "stayed"
        assert (called, list(steps)) == (expected, gained), (one, two)


def test_new_lost_and_returned_accounts_are_told_apart_by_the_history():
    before, after = quarter({"a": "A1+", "b": "B20"}), quarter({"b": "B20", "c": "C3-", "d": None, "e": "A1+"})
    result = segment_migration(before, after, history=pd.DataFrame({"account": ["c", "b", "z", "c"]}))
    assert dict(zip(result.accounts["account"], result.accounts["movement"], strict=True)) == {
        "a": "lost",
        "b": "stayed",
        "c": "returned",
        "d": "new",
        "e": "new",
    }
    assert (cell(result, "returned", "C3-"), cell(result, "new", "unplaced"), cell(result, "A1+", "lost")) == (1, 1, 1)
    summary = result.summary.iloc[0]
    assert (summary["n_new"], summary["n_returned"], summary["n_lost_accounts"], summary["note"]) == (2, 1, 1, "")


def test_without_a_history_nobody_is_known_to_have_returned():
    summary = segment_migration(quarter({"a": "A1+"}), quarter({"b": "A1+"})).summary.iloc[0]
    assert summary["n_new"] == 1
    assert summary["n_returned"] is pd.NA
    assert np.isnan(summary["revenue_returned"])
    assert "history" in summary["note"]


def test_a_history_that_holds_later_periods_too_is_read_up_to_the_quarter_before():
    stacked = pd.DataFrame(
        {
            "account": ["c", "a", "a", "b", "c"],
            "segment": "B20",
            "period": ["2025Q4", "2026Q1", "2026Q2", "2026Q2", "2026Q2"],
        }
    )
    before, after = stacked[stacked["period"] == "2026Q1"], stacked[stacked["period"] == "2026Q2"]
    result = segment_migration(before, after, history=stacked).accounts.set_index("account")["movement"]
    assert result.to_dict() == {"a": "stayed", "b": "new", "c": "returned"}


def test_an_account_seen_in_the_earlier_quarters_of_a_fiscal_calendar_returned():
    before = quarter({"a": "B20"}).assign(period="2026Q1")
    after = quarter({"a": "B20", "c": "B20"}).assign(period="2026Q2")
    history = pd.DataFrame({"account": ["c"], "period": ["2025Q3"]})
    result = segment_migration(before, after, history=history, freq="Q-MAR")
    assert result.summary["n_returned"].iloc[0] == 1


# counting


def test_revenue_is_carried_by_each_move():
    before = quarter({"a": "A1+", "b": "A1+", "c": "B20"}, [10.0, 5.0, 7.0])
    after = quarter({"a": "A20", "b": "A20", "d": "A20"}, [12.0, np.nan, 3.0])
    result = segment_migration(before, after)
    assert (cell(result, "A1+", "A20", "revenue_before"), cell(result, "A1+", "A20", "revenue_after")) == (15.0, 12.0)
    assert cell(result, "B20", "lost", "revenue_before") == 7.0
    assert np.isnan(cell(result, "B20", "lost", "revenue_after"))
    assert cell(result, "new", "A20", "revenue_after") == 3.0
    summary = result.summary.iloc[0]
    amounts = summary[["revenue_before", "revenue_after", "revenue_lost", "revenue_new"]]
    assert amounts.tolist() == [22.0, 15.0, 7.0, 3.0]
    assert summary["n_without_revenue"] == 1


def test_a_revenue_nobody_reported_is_missing_and_not_zero():
    result = segment_migration(quarter({"a": "A1+"}, [np.nan]), quarter({"a": "A1+"}, [0.0]))
    assert np.isnan(cell(result, "A1+", "A1+", "revenue_before"))
    assert cell(result, "A1+", "A1+", "revenue_after") == 0.0
    angle = result.angles.iloc[0]
    assert (angle["n"], angle["revenue_after"]) == (1, 0.0)
    assert np.isnan(angle["revenue_before"])
    assert np.isnan(result.segments["revenue_before"].iloc[0])
    assert result.segments["revenue_after"].iloc[0] == 0.0


NAMES = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, max_size=16)
PLACES = st.sampled_from(["A1+", "A10", "B20", "C3-", None])


@st.composite
def quarters(draw):
    return [quarter({name: draw(PLACES) for name in draw(NAMES)}) for _ in range(2)]


def naive(before, after, history):
    """Count moves one account at a time."""
    one, two = (dict(zip(frame["account"], frame["segment"], strict=True)) for frame in (before, after))
    counts = {}
    for name in {*one, *two}:
        absent = "returned" if name in history else "new"
        start = (one[name] or "unplaced") if name in one else absent
        end = (two[name] or "unplaced") if name in two else "lost"
        counts[start, end] = counts.get((start, end), 0) + 1
    return counts


@settings(max_examples=60, deadline=None)
@given(quarters(), NAMES)
def test_counts_are_those_of_a_naive_loop_and_everything_reconciles(pair, past):
    before, after = (frame.astype({"account": "str", "segment": "str"}) for frame in pair)
    history = pd.DataFrame({"account": pd.array(past, dtype="str")})
    result = segment_migration(before, after, history=history)
    told = {(row.before, row.after): row.n for row in result.moves[result.moves["n"] > 0].itertuples()}
    clean = [frame.astype(object).where(frame.notna(), None) for frame in (before, after)]
    assert told == naive(*clean, set(past))
    summary = result.summary.iloc[0]
    from_before = summary[["n_stayed", "n_upgraded", "n_mixed", "n_downgraded", "n_unplaced", "n_lost_accounts"]].sum()
    assert (summary["n_before"], from_before) == (len(before), len(before))
    assert from_before - summary["n_lost_accounts"] + summary["n_new"] + summary["n_returned"] == len(after)
    assert summary["n_accounts"] == len(result.accounts) == result.moves["n"].sum()
    table = result.segments
    went = table[
        ["n_stayed", "n_upgraded", "n_mixed", "n_downgraded", "n_to_unplaced", "n_to_placed", "n_lost_accounts"]
    ].sum(axis=1)
    came = table[["n_stayed", "n_moved_in", "n_from_unplaced", "n_new", "n_returned"]].sum(axis=1)
    assert went.tolist() == table["n_before"].tolist()
    assert came.tolist() == table["n_after"].tolist()
    assert [table["n_before"].sum(), table["n_after"].sum()] == [len(before), len(after)]
    assert (result.angles.groupby("angle", observed=False)["n"].sum() == summary["n_accounts"]).all()


@settings(max_examples=30, deadline=None)
@given(quarters(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_account(pair, random):
    before, after = (
        frame.astype({"account": "str", "segment": "str"}).assign(revenue=np.arange(len(frame), dtype=float) + 1)
        for frame in pair
    )
    shuffled = [frame.iloc[random.sample(range(len(frame)), len(frame))] for frame in (before, after)]
    one, two = segment_migration(before, after), segment_migration(*shuffled)
    for name in ("summary", "segments", "angles", "moves"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    by_name = [result.accounts.sort_values("account", ignore_index=True) for result in (one, two)]
    pd.testing.assert_frame_equal(*by_name)


def test_each_angle_adds_up_the_moves_of_its_classes():
    sample = cv.segment_accounts(cv.load_accounts())
    before, after = (sample[sample["period"] == label] for label in ("2026Q1", "2026Q3"))
    result = segment_migration(before, after)
    both = before.merge(after, on="account", suffixes=("_1", "_2"))  # an independent join
    for angle in ("potential", "share", "loyalty"):
        expected = pd.crosstab(both[f"{angle}_class_1"], both[f"{angle}_class_2"])
        rows = result.angles[result.angles["angle"] == angle]
        for one, two in itertools.product(expected.index, expected.columns):
            found = rows[(rows["before"] == one) & (rows["after"] == two)]
            assert found["n"].iloc[0] == expected.loc[one, two]
            assert found["share_of_placed"].iloc[0] == expected.loc[one, two] / expected.loc[one].sum()
            low, share, high = found[["low", "share_of_placed", "high"]].iloc[0]
            assert low - 1e-12 <= share <= high + 1e-12
    expected = both.groupby(["segment_1", "segment_2"], observed=False).size().to_numpy().reshape(27, 27)
    assert (result.matrix().to_numpy() == expected).all()
    assert list(result.matrix().index) == SEGMENTS


def test_the_accounts_behind_a_cell_are_those_it_counts():
    sample = cv.segment_accounts(cv.load_accounts())
    before, after = (sample[sample["period"] == label] for label in ("2025Q4", "2026Q3"))
    result = segment_migration(before, after)
    behind = result.accounts.groupby(["segment_before", "segment_after"], observed=False)
    assert (behind.size().to_numpy() == result.matrix().to_numpy().ravel()).all()
    carried = behind["revenue_after"].sum().to_numpy()
    assert carried == pytest.approx(result.matrix("revenue_after").to_numpy().ravel())


def test_the_denominators_are_those_their_names_say():
    before = quarter({"a": "A1+", "b": "A1+", "c": "A1+", "d": "A1+"})
    after = quarter({"a": "A1+", "b": "A10", "c": None})
    result = segment_migration(before, after)
    assert cell(result, "A1+", "A10", "share_of_before") == 1 / 4
    assert cell(result, "A1+", "A10", "share_of_placed") == 1 / 2
    assert cell(result, "A1+", "lost", "share_of_before") == 1 / 4
    assert np.isnan(cell(result, "A1+", "lost", "share_of_placed"))
    assert result.segments["share_lost"].iloc[0] == 1 / 4


# smoothing


def test_three_stayers_of_three_are_read_as_stayers_where_a_flat_prior_reads_13_percent():
    flat = (3 + 1) / (3 + 27)
    assert round(flat, 2) == 0.13
    alone = quarter(dict.fromkeys("abc", "A1+"))
    assert cell(segment_migration(alone, alone), "A1+", "A1+", "share_smoothed") > 0.8
    # Among 270 others of whom nine in ten stay, three stayers of three stay in about nine of ten cases, not in all.
    others = {f"{name}{i}": name for name in SEGMENTS[1:] for i in range(10)}
    later = {name: ("C3-" if name.endswith("0") and place != "C3-" else place) for name, place in others.items()}
    three = dict.fromkeys("abc", "A1+")
    stay = cell(segment_migration(quarter(others | three), quarter(later | three)), "A1+", "A1+", "share_smoothed")
    assert 0.7 < stay < 0.99


def test_the_prior_is_the_product_of_the_pooled_moves_worked_by_hand():
    # 8 accounts, two classes an angle and two angles; in the first 3 of 4 stay in either class, in the second all.
    counts = np.array([[2, 0, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 2]])
    first, second = move.counts_by_angle(counts, (2, 2))
    assert first.tolist() == [[3, 1], [1, 3]]
    assert second.tolist() == [[4, 0], [0, 4]]
    # One account spread evenly: (3 + 1/2) ÷ 5 = 0.7; (4 + 1/2) ÷ 5 = 0.9.
    prior = move.product_of_angles([move.even_shares(first), move.even_shares(second)])
    assert prior[0] == pytest.approx([0.7 * 0.9, 0.7 * 0.1, 0.3 * 0.9, 0.3 * 0.1])
    alphas, by_row, _ = move.smoothed_rows(counts, (2, 2))
    assert alphas == pytest.approx(counts + by_row[:, None] * prior)


def test_angles_are_added_up_as_a_naive_loop_adds_them():
    counts = np.random.default_rng(3).integers(0, 9, (27, 27))
    letters = [("ABC".index(p), "123".index(s), "+0-".index(w)) for p, s, w in SEGMENTS]
    expected = np.zeros((3, 3, 3))
    for one, two in itertools.product(range(27), range(27)):
        for angle in range(3):
            expected[angle, letters[one][angle], letters[two][angle]] += counts[one, two]
    assert np.array_equal(np.array(move.counts_by_angle(counts, (3, 3, 3))), expected)


def test_the_estimated_strength_is_the_most_likely_on_a_grid():
    draw = np.random.default_rng(4)
    means = np.full((27, 5), 0.2)
    rows = np.array([draw.multinomial(40, draw.dirichlet(12 * mean)) for mean in means])

    def likelihood(k):
        """Multiply the chances of each account in turn: Pólya's urn."""
        total = 0.0
        for row, mean in zip(rows, means, strict=True):
            urn = k * mean
            for place in np.repeat(np.arange(5), row):
                total += np.log(urn[place] / urn.sum())
                urn[place] += 1
        return total

    grid = np.exp(np.linspace(0, np.log(1000), 200))
    best = grid[np.argmax([likelihood(k) for k in grid])]
    found = move.dirichlet_strength(rows, means, 1000.0)
    assert found == pytest.approx(best, rel=0.04)
    assert 6 < found < 24  # 12 was drawn


def test_rows_that_follow_the_product_make_it_strong_and_rows_of_their_own_make_it_weak():
    sizes, means = (3, 3, 3), np.full((27, 27), 1 / 27)
    even = np.full((27, 27), 4)
    assert move.smoothed_rows(even, sizes)[2] == even.sum()
    own = np.eye(27, dtype=int)[np.random.default_rng(1).permutation(27)] * 50
    assert move.dirichlet_strength(own, means, 1000.0) == 1.0
    assert move.dirichlet_strength(np.eye(27, dtype=int), means, 500.0) == 500.0  # single accounts say nothing


def test_smoothed_rows_are_shares_and_lie_between_what_was_seen_and_the_prior():
    sample = cv.segment_accounts(cv.load_accounts())
    before, after = (sample[sample["period"] == label] for label in ("2026Q2", "2026Q3"))
    result = segment_migration(before, after)
    smoothed = result.matrix("share_smoothed").to_numpy()
    assert smoothed.sum(axis=1) == pytest.approx(np.ones(27))
    assert (smoothed > 0).all()


@pytest.mark.parametrize(("n", "told"), [(29, False), (30, True)])
def test_27_way_intervals_start_at_thirty_accounts(n, told):
    names = {f"a{i}": "B20" for i in range(n)}
    gone = {**names, "x": "B20", "y": "B20"}  # lost or unplaced accounts do not count towards the thirty
    result = segment_migration(quarter(gone), quarter({**names, "y": None}))
    row = result.moves[(result.moves["before"] == "B20") & result.moves["after"].isin(SEGMENTS)]
    assert row["low"].notna().all() == row["high"].notna().all() == told
    assert (row["reason"] == ("" if told else "fewer than 30 accounts placed in both quarters")).all()
    others = result.moves[result.moves["before"] == "C3-"]
    assert others["low"].isna().all()
    assert (others["reason"] != "").all()


ANGLE = np.array([[0.85, 0.12, 0.03], [0.1, 0.8, 0.1], [0.02, 0.13, 0.85]])
PRODUCT = move.product_of_angles([ANGLE, ANGLE, ANGLE])


def chain(draw, strength):
    """Return a 27 × 27 matrix: rows drawn around the product of the moves along each angle, or the product itself."""
    return PRODUCT if strength is None else np.array([draw.dirichlet(strength * row) for row in PRODUCT])


@pytest.mark.parametrize("strength", [None, 40.0, 10.0])
def test_intervals_cover_the_true_share_about_as_often_as_they_say(strength):
    draw = np.random.default_rng(11)
    covered = []
    for _ in range(60):
        true = chain(draw, strength)
        rows = np.array([draw.multinomial(n, row) for n, row in zip(draw.integers(30, 120, 27), true, strict=True)])
        low, high = move.beta_interval(move.smoothed_rows(rows, (3, 3, 3))[0], 0.9)
        covered.append(((low <= true) & (true <= high))[PRODUCT > 0.02].mean())
    assert 0.86 < np.mean(covered) < 0.94  # 60 × 100 cells: a standard error below 0.01


def test_a_known_transition_matrix_is_recovered_from_many_accounts():
    draw = np.random.default_rng(5)
    true = chain(draw, 30.0)
    start = draw.integers(0, 27, 300_000)
    end = (draw.random(start.size)[:, None] > true.cumsum(axis=1)[start]).sum(axis=1)
    levels = pd.CategoricalDtype(SEGMENTS, ordered=True)
    before, after = (
        pd.DataFrame({"account": np.arange(start.size), "segment": pd.Categorical.from_codes(codes, dtype=levels)})
        for codes in (start, np.minimum(end, 26))
    )
    smoothed = segment_migration(before, after).matrix("share_smoothed").to_numpy()
    error = 5 * np.sqrt(true * (1 - true) / np.bincount(start, minlength=27)[:, None]) + 1e-3
    assert (np.abs(smoothed - true) < error).all()


def test_smoothing_comes_nearer_to_the_truth_than_counts_or_a_flat_prior():
    draw = np.random.default_rng(8)
    errors = {"smoothed": 0.0, "counted": 0.0, "flat": 0.0}
    for _ in range(20):
        true = chain(draw, 60.0)
        counts = np.array([draw.multinomial(10, row) for row in true])
        alphas = move.smoothed_rows(counts, (3, 3, 3))[0]
        read = {
            "smoothed": alphas / alphas.sum(axis=1, keepdims=True),
            "counted": counts / 10,
            "flat": (counts + 1) / 37,
        }
        for name, shares in read.items():
            errors[name] += np.square(shares - true).sum()
    assert errors["smoothed"] < 0.5 * min(errors["counted"], errors["flat"])


# what is let in and what is refused


def test_empty_quarters_give_empty_results_of_the_same_shape():
    full = segment_migration(quarter({"a": "A1+"}, [1.0]), quarter({"a": "A1+"}, [1.0]))
    nobody = quarter({"a": "A1+"}, [1.0]).iloc[:0]
    result = segment_migration(nobody, nobody)
    for name in ("summary", "segments", "angles", "moves", "accounts"):
        one, two = getattr(full, name), getattr(result, name)
        pd.testing.assert_series_equal(one.dtypes, two.dtypes)
        assert len(two) == (0 if name == "accounts" else len(one))
    assert result.summary[["n_before", "n_after", "n_accounts"]].iloc[0].tolist() == [0, 0, 0]
    assert len(segment_migration(nobody, quarter({"a": "A1+"})).accounts) == 1
    assert segment_migration(quarter({"a": "A1+"}), nobody).summary["n_lost_accounts"].iloc[0] == 1


@pytest.mark.parametrize(
    "kind",
    [
        lambda names: names.astype("category"),
        lambda names: names.astype(object),
        lambda names: names.astype("string"),
        lambda names: names.str[1:].astype(int),
        lambda names: names.str[1:].astype("Int64"),
        lambda names: names.astype(pd.ArrowDtype(__import__("pyarrow").string())),
    ],
)
def test_accounts_may_be_text_numbers_or_categories(kind):
    before = quarter({"k1": "A1+", "k2": "B20", "k3": "C3-"})
    after = quarter({"k4": "A1+", "k3": "C20", "k2": "B20"})
    named = [frame.assign(account=kind(frame["account"])) for frame in (before, after)]
    result = segment_migration(*named)
    assert result.accounts["movement"].tolist() == ["lost", "stayed", "upgraded", "new"]
    assert result.accounts["account"].astype(str).str[-1].tolist() == list("1234")


def test_polars_frames_are_taken():
    before = pl.DataFrame({"account": ["a", "b"], "segment": ["A1+", None], "revenue": [1.0, 2.0]})
    after = pl.DataFrame({"account": ["b"], "segment": ["B20"], "revenue": [None]}, schema_overrides={"revenue": float})
    assert segment_migration(before, after).accounts["movement"].tolist() == ["lost", "unplaced"]


def test_the_callers_frames_are_not_changed():
    before, after = quarter({"a": "A1+"}, [1.0]), quarter({"a": "B20"}, [2.0])
    copies = before.copy(), after.copy()
    segment_migration(before, after)
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(after, copies[1])


def test_column_names_are_the_callers():
    before = pd.DataFrame({"kunde": ["x"], "feld": ["A1+"], "umsatz": [4.0]})
    result = segment_migration(before, before, account="kunde", segment="feld", revenue="umsatz")
    assert result.accounts.columns[0] == "kunde"
    assert result.summary["revenue_after"].iloc[0] == 4.0


@pytest.mark.parametrize("which", [0, 1])
def test_an_account_that_occurs_twice_is_refused_with_its_rows(which):
    pair = [quarter({"a": "A1+", "b": "B20"}), quarter({"a": "A1+", "b": "B20"})]
    pair[which] = pd.DataFrame({"account": ["a", "b", "a"], "segment": "A1+"}, index=[7, 8, 9])
    with pytest.raises(ValueError, match=r"may occur once: got 'a' \(column 'account', row 9\)"):
        segment_migration(*pair)


def test_an_account_without_a_name_is_refused():
    nameless = pd.DataFrame({"account": ["a", None], "segment": ["A1+", "A1+"]})
    with pytest.raises(ValueError, match=r"must have a name: got .*row 1\)"):
        segment_migration(nameless, quarter({"a": "A1+"}))


@pytest.mark.parametrize(
    ("before", "after", "options", "said"),
    [
        (quarter({"a": "A1+"}).drop(columns="segment"), None, {}, "segment_migration, before.*'segment' is needed"),
        (None, quarter({"a": "A1+"}).drop(columns="account"), {}, "segment_migration, after.*'account' is needed"),
        (quarter({"a": "D1+"}), None, {}, "segment must be one of"),
        (quarter({"a": "A1+"}, [np.inf]), None, {}, "revenue must be finite"),
        (quarter({"a": "A1+"}, ["x"]), None, {}, "revenue must be a number"),
        (None, None, {"revenue": "umsatz"}, "'umsatz' is needed"),
        (None, None, {"level": 95}, r"level must lie in \(0, 1\): got 95"),
        (None, None, {"grid": "ABC"}, "grid must be a AccountGrid"),
        (quarter({1: "A1+"}), None, {}, "named alike"),
        (quarter({"a": "A1+", "b": "A1+"}).assign(period=["2026Q1", "2026Q2"]), None, {}, "2 periods"),
        (
            quarter({"a": "A1+"}).assign(period="2026Q2"),
            quarter({"a": "A1+"}).assign(period="2026Q1"),
            {},
            "before must be earlier than after: got 2026Q2 and 2026Q1",
        ),
        (
            None,
            None,
            {"history": pd.DataFrame({"account": ["a"], "period": ["2025Q1"]})},
            "needs the period of before",
        ),
        (None, None, {"history": pd.DataFrame({"kunde": ["a"]})}, "history: column 'account' is needed"),
        ([1, 2], None, {}, "a data frame is needed"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(before, after, options, said):
    usual = quarter({"a": "A1+"}, [1.0])
    with pytest.raises(cv.rules.errors.InputError, match=said):
        segment_migration(usual if before is None else before, usual if after is None else after, **options)


def test_a_matrix_of_words_is_refused_and_a_result_shows_itself():
    result = segment_migration(quarter({"a": "A1+"}), quarter({"a": "A1+"}))
    assert isinstance(result, Migration)
    with pytest.raises(ValueError, match="value must be a number"):
        result.matrix("reason")
    assert "<h4>.moves" in result._repr_html_()


def test_a_grid_of_other_classes_has_its_own_states():
    signs = cv.rules.AccountGrid(
        potential=GRID.potential,
        share=GRID.share,
        loyalty=("+", "-"),
        loyalty_labels=(GRID.loyalty_labels[0], GRID.loyalty_labels[2]),
        headroom_target=0.7,
        source="own",
    )
    result = segment_migration(quarter({"a": "A1+"}), quarter({"a": "A1-"}), grid=signs)
    assert result.matrix().shape == (18, 18)
    assert result.accounts["movement"].tolist() == ["downgraded"]
