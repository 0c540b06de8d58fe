"""Many quarters: the index of a known chain, spells beside lifelines, projections that cover, scores that look back."""

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

import custvalue as cv
from custvalue import playbook
from custvalue.analysis.mobility import segment_mobility
from custvalue.analysis.segment_history import spells_of
from custvalue.kernels import moves as move

SEGMENTS = list(playbook.ACCOUNT_GRID.segments)
ANGLE = np.array([[0.85, 0.12, 0.03], [0.1, 0.8, 0.1], [0.02, 0.13, 0.85]])
CHAIN = move.product_of_angles([ANGLE, ANGLE, ANGLE])
LEVELS = pd.CategoricalDtype(SEGMENTS, ordered=True)


def stacked(codes, revenue=None):
    """Return a history from account × quarter: -1 without a segment, -2 not in the list."""
    rows, places = np.nonzero(codes > -2)
    labels = np.array([str(pd.Period("2023Q1", freq="Q-DEC") + step) for step in range(codes.shape[1])])
    frame = pd.DataFrame(
        {
            "account": rows,
            "segment": pd.Categorical.from_codes(codes[rows, places], dtype=LEVELS),
            "period": pd.array(labels[places], dtype="str"),
        }
    )
    return frame if revenue is None else frame.assign(revenue=revenue[rows, places])


def simulated(draw, n, n_quarters, *, shock=0.0, chain=CHAIN):
    """Return account × quarter of a chain whose moves are all more or all less likely in some quarters."""
    codes = np.empty((n, n_quarters), dtype=int)
    codes[:, 0] = draw.integers(0, 27, n)
    for quarter in range(1, n_quarters):
        shares = np.where(np.eye(27, dtype=bool), chain, chain * np.exp(draw.normal(0, shock)))
        shares /= shares.sum(axis=1, keepdims=True)
        ends = (draw.random(n)[:, None] > shares.cumsum(axis=1)[codes[:, quarter - 1]]).sum(axis=1)
        codes[:, quarter] = np.minimum(ends, 26)
    return codes


def read(history, **options):
    """Read a history with few draws: where nothing hangs on the ends of an interval."""
    return segment_mobility(history, **{"n_draws": 200, **options})


def told(labels):
    """Return a history of one letter per quarter: a segment of the list, '.' not in the list, '?' no segment."""
    known = {"A": "A1+", "B": "B20", "C": "C3-", "a": "A10"}
    names = {**{letter: SEGMENTS.index(name) for letter, name in known.items()}, ".": -2, "?": -1}
    return stacked(np.array([[names[letter] for letter in row] for row in labels]))


# the index


def test_the_index_is_nought_for_stayers_and_about_one_where_the_present_tells_nothing():
    draw = np.random.default_rng(1)
    still = np.repeat(draw.integers(0, 27, 5000)[:, None], 4, axis=1)
    summary = read(stacked(still)).summary.set_index("angle")
    assert (summary["n_changed"] == 0).all()
    assert (summary["mobility"] < 0.01).all()
    anywhere = read(stacked(draw.integers(0, 27, (5000, 4)))).summary.set_index("angle")
    assert anywhere["mobility"].between(0.98, 1.02).all()
    assert (anywhere["low"] < 1).all()
    assert (anywhere["high"] > 1).all()


def test_the_index_of_each_angle_is_worked_by_hand():
    # Potential: of three A one leaves, of one B none. One account evenly spread: stays (2 + 1/3) ÷ 4 and (1 + 1/3) ÷ 2.
    # C has nobody: 1/3. Trace 7/12 + 2/3 + 1/3 = 19/12; (3 - 19/12) ÷ 2 = 17/24.
    history = told(["AA", "AA", "AB", "BB"])
    potential = read(history).summary.set_index("angle").loc["potential"]
    assert potential["mobility"] == pytest.approx(17 / 24)
    assert (potential["n_moves"], potential["n_changed"], potential["n_accounts"]) == (4, 1, 4)


def test_the_interval_of_the_index_covers_the_true_one():
    true = {
        "segment": (27 - np.trace(CHAIN)) / 26,
        **dict.fromkeys(("potential", "share", "loyalty"), (3 - np.trace(ANGLE)) / 2),
    }
    hits = []
    for run in range(30):
        codes = simulated(np.random.default_rng([7, run]), 400, 5)
        summary = read(stacked(codes), level=0.9, n_draws=500).summary.set_index("angle")
        hits.append([summary.loc[name, "low"] <= index <= summary.loc[name, "high"] for name, index in true.items()])
    assert (np.mean(hits, axis=0) >= 0.79).all()  # 30 at 0.9: two standard errors are 0.11
    assert np.mean(hits) < 0.985


def test_quarters_that_differ_beyond_chance_widen_the_interval():
    calm = read(stacked(simulated(np.random.default_rng(2), 3000, 8))).summary.iloc[0]
    shaken = read(stacked(simulated(np.random.default_rng(2), 3000, 8, shock=0.5))).summary.iloc[0]
    assert calm["overdispersion"] < 3
    assert shaken["overdispersion"] > 10
    assert shaken["high"] - shaken["low"] > 2 * (calm["high"] - calm["low"])


def test_quarters_count_who_was_placed_in_both():
    course = read(told(["AAB", "A?A", "A.A", ".AA"])).quarters
    whole = course[course["angle"] == "segment"]
    assert whole["period"].tolist() == ["2023Q2", "2023Q3"]
    assert whole["n_moves"].tolist() == [1, 2]
    assert whole["n_changed"].tolist() == [0, 1]
    assert whole["share_changed"].tolist() == [0.0, 0.5]


# time to a change


@pytest.mark.parametrize(
    ("row", "from_entry", "from_first_seen"),
    [
        ("AAAA", [], [(3, False)]),  # under way when first seen, and never seen to end
        ("AABB", [(1, False)], [(2, True)]),  # B was entered in the third quarter and watched for one move
        ("ABCA", [(1, True), (1, True)], [(1, True)]),  # the last A was watched for no move
        (".AAB", [(2, True)], []),  # came into the list, so its start was seen
        ("A.BB", [(1, False)], []),  # lost at once: no move watched; came back
        ("AA.B", [], [(1, False)]),  # lost after one move watched
        ("A?BB", [], []),  # B may have begun in the quarter without a segment
        ("A?BA", [], []),
        ("?AAC", [], []),
        (".A?A", [], []),
        (".AA?", [(1, False)], []),
    ],
)
def test_spells_are_followed_from_where_their_start_is_known(row, from_entry, from_first_seen):
    codes = np.array([[{"A": 0, "B": 1, "C": 2, ".": -2, "?": -1}[letter] for letter in row]], dtype=np.int16)
    for known, expected in ((True, from_entry), (False, from_first_seen)):
        lengths, ended = spells_of(codes, known=known)
        assert sorted(zip(lengths.tolist(), ended.tolist(), strict=True)) == sorted(expected), known


def naive_spells(row, known):
    """Walk through one account's quarters."""
    spells, start = [], None
    for place, now in enumerate(row):
        if now < 0:
            start = None
            continue
        if place == 0 or row[place - 1] != now:
            counts = (place > 0 and row[place - 1] != -1) if known else place == 0
            start = place if counts else None
        if start is None or place + 1 == len(row):
            if start is not None and place > start:
                spells.append((place - start, False))
            continue
        after = row[place + 1]
        if after >= 0 and after != now:
            spells.append((place + 1 - start, True))
        elif after < 0 and place > start:
            spells.append((place - start, False))
    return spells


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=6, max_size=6), min_size=1, max_size=8), st.booleans())
def test_spells_are_those_of_a_naive_walk(rows, known):
    lengths, ended = spells_of(np.array(rows, dtype=np.int16), known=known)
    expected = sorted(itertools.chain.from_iterable(naive_spells(row, known) for row in rows))
    assert sorted(zip(lengths.tolist(), ended.tolist(), strict=True)) == expected


@pytest.mark.parametrize("clock", ["from_entry", "from_first_seen"])
def test_time_to_a_change_is_that_of_lifelines(clock):
    draw = np.random.default_rng(3)
    codes = simulated(draw, 400, 9)
    codes[draw.random(codes.shape) < 0.06] = -2
    codes[draw.random(codes.shape) < 0.03] = -1
    spells = [spell for row in codes for spell in naive_spells(row.tolist(), clock == "from_entry")]
    fitted = KaplanMeierFitter(alpha=0.1).fit(*zip(*spells, strict=True))
    result = read(stacked(codes), level=0.9)
    table = result.durations
    mine = table[(table["angle"] == "segment") & (table["clock"] == clock)].set_index("quarters")
    assert mine["share_unchanged"].to_numpy() == pytest.approx(fitted.predict(mine.index).to_numpy())
    band = fitted.confidence_interval_.loc[mine.index]
    assert mine["low"].to_numpy() == pytest.approx(band.iloc[:, 0].to_numpy())
    assert mine["high"].to_numpy() == pytest.approx(band.iloc[:, 1].to_numpy())
    assert mine["n_at_risk"].tolist() == fitted.event_table.loc[mine.index, "at_risk"].tolist()
    assert mine["n_changed"].tolist() == fitted.event_table.loc[mine.index, "observed"].tolist()
    if clock == "from_entry":
        assert result.summary["median_quarters"].iloc[0] == fitted.median_survival_time_


def test_time_from_entry_recovers_a_constant_chance_that_the_first_quarter_would_flatter():
    # Half the accounts change with chance 0.5 a quarter, half with 0.05. Whoever enters a class is mostly of the first
    # kind; who is found in one in the first quarter is of either kind alike.
    draw = np.random.default_rng(6)
    codes = np.empty((4000, 10), dtype=int)
    codes[:, 0] = draw.integers(0, 27, 4000)
    chance = np.where(np.arange(4000) % 2, 0.5, 0.05)
    for quarter in range(1, 10):
        moved = draw.random(4000) < chance
        codes[:, quarter] = np.where(moved, (codes[:, quarter - 1] + 1) % 27, codes[:, quarter - 1])
    table = read(stacked(codes)).durations
    first = table[(table["angle"] == "segment") & (table["quarters"] == 1)].set_index("clock")["share_unchanged"]
    assert first["from_first_seen"] == pytest.approx(1 - 0.275, abs=0.03)
    assert first["from_entry"] == pytest.approx(1 - (0.5 * 0.5 + 0.05 * 0.05) / 0.55, abs=0.03)


# the next quarter


def test_the_projection_is_the_expected_value_of_the_chain():
    codes = simulated(np.random.default_rng(9), 40_000, 5)
    table = read(stacked(codes)).projection.set_index("state")
    expected = np.bincount(codes[:, -1], minlength=27) @ CHAIN
    assert table["n_expected"].iloc[:27].to_numpy() == pytest.approx(expected, rel=0.03)
    assert table.loc["total", "n_now"] == 40_000
    assert table.loc["total", "n_expected"] == pytest.approx(40_000, rel=0.001)
    assert table["n_expected"].iloc[:28].sum() == pytest.approx(table.loc["total", "n_expected"])
    assert table["revenue_expected"].iloc[:27].isna().all()


@pytest.mark.parametrize("shock", [0.0, 0.5])
def test_eighty_percent_intervals_of_the_next_quarter_cover_about_eighty_percent(shock):
    hits = []
    for run in range(25):
        draw = np.random.default_rng([5, run])
        start = np.array([[*range(27)]]).repeat(20, axis=0).ravel()
        codes = simulated(draw, 1500, 9, shock=shock)
        codes[: start.size, 0] = start
        table = read(stacked(codes[:, :8]), level=0.8).projection.iloc[:27]
        actual = np.bincount(codes[:, 8], minlength=27)
        hits.append(((table["n_low"] <= actual) & (actual <= table["n_high"])).mean())
    # Whole numbers at both ends make an interval of counts a little wide: a count of 55 moves by about 7.
    assert 0.76 < np.mean(hits) < 0.92


def test_a_common_shock_of_the_quarter_is_in_the_interval():
    # Everybody in one segment; in some quarters a tenth leaves for another, in some four tenths.
    rng = np.random.default_rng(12)
    codes = np.zeros((6000, 9), dtype=int)
    for quarter in range(1, 9):
        back = rng.random(6000) < 0.9  # they come back, so that each quarter starts alike
        share = 0.1 if quarter % 2 else 0.4
        codes[:, quarter] = np.where(codes[:, quarter - 1] == 9, np.where(back, 0, 9), 9 * (rng.random(6000) < share))
    table = read(stacked(codes), level=0.8).projection.set_index("state")
    now = (codes[:, -1] == 0).sum()
    low, high = table.loc["B1+", ["n_low", "n_high"]]
    assert high - low > 0.15 * now  # chance alone: ± 1.28 × sqrt(6000 × 0.2) = 45 accounts
    assert low < 0.1 * now + 700
    assert high > 0.35 * now


@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_the_variance_between_quarters_is_what_was_put_in(spread):
    draw = np.random.default_rng(14)
    expected = draw.uniform(80, 300, 400)
    observed = draw.poisson(expected * np.exp(draw.normal(0, spread, 400))).astype(float)
    assert move.between_variance(observed, expected, expected) == pytest.approx(spread**2, abs=0.03)
    assert move.between_variance(observed[:1], expected[:1], expected[:1]) == 0.0  # one quarter shows no spread
    assert move.between_variance(np.zeros(5), np.zeros(5), np.zeros(5)) == 0.0


def test_lost_accounts_leave_and_arrivals_come_at_their_mean_number():
    # Each quarter 10 of 200 are lost and 20 arrive in C3-.
    codes = np.full((400, 6), -2)
    codes[:200, 0] = 4
    for quarter in range(1, 6):
        codes[:, quarter] = codes[:, quarter - 1]
        codes[np.flatnonzero(codes[:, quarter] > -2)[:10], quarter] = -2
        codes[200 + 20 * (quarter - 1) : 200 + 20 * quarter, quarter] = 26
    table = read(stacked(codes)).projection.set_index("state")
    # All 50 losses were of A20, which began the five quarters with 200, 190, … 160 accounts.
    assert table.loc["total", "n_now"] == 250
    assert table.loc["C3-", "n_expected"] == pytest.approx(120, abs=2)
    assert table.loc["A20", "n_expected"] == pytest.approx(150 * (1 - 50 / (200 + 190 + 180 + 170 + 160)), abs=2)
    assert table.loc["total", "n_low"] < 260 < table.loc["total", "n_high"]


def test_revenue_grows_as_moves_of_its_kind_did():
    # All stay and every account earns 10 % more each quarter.
    codes = np.repeat(np.array([[0], [13], [13]]), 5, axis=1)
    money = np.array([[100.0], [10.0], [30.0]]) * 1.1 ** np.arange(5)
    table = read(stacked(codes, money)).projection.set_index("state")
    assert table.loc["total", "revenue_now"] == pytest.approx(140 * 1.1**4)
    assert table.loc["total", "revenue_expected"] == pytest.approx(140 * 1.1**5, rel=0.02)
    assert table.loc["total", "revenue_low"] <= table.loc["total", "revenue_expected"]


def test_revenue_intervals_cover_what_came():
    hits = []
    for run in range(25):
        draw = np.random.default_rng([21, run])
        codes = simulated(draw, 600, 8)
        size = draw.lognormal(10, 0.8, (600, 1))
        money = size * np.exp(draw.normal(0, 0.2, codes.shape) + draw.normal(0, 0.1, (1, 8)).cumsum(axis=1))
        table = read(stacked(codes[:, :7], money[:, :7]), level=0.8).projection
        actual = np.bincount(codes[:, 7], weights=money[:, 7], minlength=27)
        low, high = table["revenue_low"].to_numpy(), table["revenue_high"].to_numpy()
        hits.append([*((low[:27] <= actual) & (actual <= high[:27])), low[28] <= actual.sum() <= high[28]])
        assert (low >= 0).all()
    assert 0.72 < np.mean(hits) < 0.9
    assert 0.65 < np.mean(hits, axis=0)[-1] <= 1  # the total of 25 runs: two standard errors are 0.16


@pytest.mark.parametrize(("n_quarters", "told_so"), [(1, False), (3, False), (4, True)])
def test_an_interval_of_the_next_quarter_needs_four(n_quarters, told_so):
    table = read(stacked(simulated(np.random.default_rng(1), 50, n_quarters))).projection
    assert table["n_low"].notna().all() == told_so
    assert (table["reason"] == "").all() == told_so
    assert table["n_expected"].notna().all() == (n_quarters > 1)


# scores


def test_scores_are_those_of_a_loop_over_accounts():
    codes = simulated(np.random.default_rng(4), 300, 4)
    table = read(stacked(codes), floor=0.02).scores
    assert table["period"].tolist()[:2] == ["2023Q3", "2023Q4"]
    for row, quarter in enumerate((2, 3)):
        past = sum(move.move_counts(codes[:, q - 1], codes[:, q], 27, 27) for q in range(1, quarter))
        alphas = move.smoothed_rows(past, (3, 3, 3))[0]
        shares = alphas / alphas.sum(axis=1, keepdims=True)
        pairs = list(zip(codes[:, quarter - 1], codes[:, quarter], strict=True))
        stay = (np.trace(past) + 0.5) / (past.sum() + 1)
        expected = {
            "smoothed": [shares[one, two] for one, two in pairs],
            "unchanged": [0.98 if one == two else 0.02 / 26 for one, two in pairs],
            "stay_rate": [stay if one == two else (1 - stay) / 26 for one, two in pairs],
            "flat": [1 / 27] * 300,
        }
        for name, chances in expected.items():
            assert table[f"log_score_{name}"].iloc[row] == pytest.approx(np.log(chances).mean())
    pooled = table.iloc[-1]
    assert pooled["period"] is None or pd.isna(pooled["period"])
    assert pooled["n_moves"] == 600
    assert pooled["log_score_smoothed"] == pytest.approx(table["log_score_smoothed"].iloc[:2].mean())
    assert pooled["gain_low"] < pooled["smoothed_minus_stay_rate"] < pooled["gain_high"]


def test_a_score_does_not_look_ahead():
    codes = simulated(np.random.default_rng(4), 200, 6)
    whole = read(stacked(codes)).scores
    for n_quarters in (3, 4, 5):
        part = read(stacked(codes[:, :n_quarters])).scores
        pd.testing.assert_frame_equal(part.iloc[:-1], whole.iloc[: n_quarters - 2])


def test_the_smoothed_moves_beat_nothing_changes_and_flat_on_a_chain_that_moves():
    pooled = read(stacked(simulated(np.random.default_rng(10), 600, 7))).scores.iloc[-1]
    assert pooled["log_score_smoothed"] > pooled["log_score_stay_rate"] > pooled["log_score_unchanged"]
    assert pooled["log_score_smoothed"] > pooled["log_score_flat"] == pytest.approx(-np.log(27))
    assert pooled["gain_low"] > 0


# what is let in and what is refused


def test_the_order_of_rows_and_the_type_of_names_are_of_no_account():
    sample = cv.segment_accounts(cv.load_accounts())
    one = read(sample, seed=3)
    other = sample.sample(frac=1, random_state=1).assign(account=lambda rows: rows["account"].astype("category"))
    two = read(other, seed=3)
    for name in ("summary", "quarters", "durations", "scores"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    # Sums of revenue are added in another order.
    pd.testing.assert_frame_equal(one.projection, two.projection, rtol=1e-9)


def test_the_same_seed_gives_the_same_answer_and_another_seed_nearly_the_same():
    sample = cv.segment_accounts(cv.load_accounts())
    one, two, three = (read(sample, seed=seed, n_draws=4000).projection for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert not one["revenue_low"].equals(three["revenue_low"])
    assert three["revenue_low"].iloc[-1] == pytest.approx(one["revenue_low"].iloc[-1], rel=0.1)


def test_an_empty_history_gives_empty_answers_of_the_same_shape():
    full = read(stacked(simulated(np.random.default_rng(1), 50, 5), np.ones((50, 5))))
    result = read(stacked(np.zeros((1, 1), dtype=int), np.ones((1, 1))).iloc[:0])
    for name, n in (("summary", 4), ("quarters", 0), ("durations", 0), ("projection", 29), ("scores", 1)):
        one, two = getattr(full, name), getattr(result, name)
        pd.testing.assert_series_equal(one.dtypes, two.dtypes)
        assert len(two) == n, name
    assert result.summary["mobility"].isna().all()
    assert result.projection["n_now"].sum() == 0


def test_accounts_that_are_never_placed_have_no_mobility():
    result = read(stacked(np.full((3, 4), -1)))
    assert result.summary["n_moves"].tolist() == [0] * 4
    assert result.summary[["mobility", "low", "high"]].isna().all(axis=None)
    assert len(result.durations) == 0
    assert result.projection.set_index("state").loc["unplaced", "n_now"] == 3


def test_polars_fiscal_years_and_own_column_names_are_taken():
    frame = pl.DataFrame({"kunde": [1, 1], "feld": ["A1+", "B20"], "quartal": ["2026Q4", "2027Q1"]})
    result = read(frame, account="kunde", segment="feld", period="quartal", freq="Q-MAR")
    assert result.summary["n_changed"].iloc[0] == 1
    assert result.quarters["period"].iloc[0] == "2027Q1"


def test_the_callers_frame_is_not_changed():
    history = stacked(simulated(np.random.default_rng(1), 20, 4))
    copy = history.copy()
    read(history)
    pd.testing.assert_frame_equal(history, copy)


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (lambda rows: rows.drop(columns="segment"), {}, "'segment' is needed"),
        (lambda rows: rows.drop(columns=["account", "period"]), {}, "2 problems"),
        (lambda rows: rows.assign(segment="Z"), {}, "segment must be one of"),
        (lambda rows: rows.assign(revenue=np.inf), {}, "revenue must be finite"),
        (lambda rows: rows.assign(period="spring"), {}, "period must be a label of the calendar"),
        (lambda rows: rows[rows["period"] != "2023Q2"], {}, "without a gap: got nothing in 2023Q2"),
        (lambda rows: pd.concat([rows, rows.iloc[:1]]), {}, "may occur once in a quarter: got 0"),
        (lambda rows: rows.assign(account=None), {}, "must have a name"),
        (lambda rows: rows.assign(period=[None, *rows["period"].iloc[1:]]), {}, "must have a period"),
        (lambda rows: rows, {"level": 1}, r"level must lie in \(0, 1\): got 1"),
        (lambda rows: rows, {"floor": 0}, r"floor must lie in \(0, 1\): got 0"),
        (lambda rows: rows, {"n_draws": 99}, "n_draws must be 100 or more: got 99"),
        (lambda rows: rows, {"freq": "W"}, "freq must be a pandas quarter or month frequency"),
        (lambda rows: rows, {"grid": 27}, "grid must be a AccountGrid"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(change, options, said):
    history = told(["AAA", "BBC"])
    with pytest.raises(cv.rules.errors.InputError, match=said):
        read(change(history), **options)
