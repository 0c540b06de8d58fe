"""Stated probabilities beside outcomes: bins against scikit-learn, scores against three libraries, cohorts by hand."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_diagnostics.scoring import SquaredError, decompose
from scipy.stats import beta, binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

import custvalue as cv
from custvalue import kernels, playbook
from custvalue.kernels.calibration import bin_codes, bin_sums, binned_sums, corp, spiegelhalter_z
from custvalue.tracking.entries import stage_entries
from custvalue.tracking.probability_accuracy import probability_accuracy
from custvalue.tracking.reliability import reliability_table

DAY = "2026-09-30"


def said(p, won, **more):
    return pd.DataFrame({"p_stage": p, "outcome": won, **more})


@pytest.fixture(scope="module")
def random_rows():
    draw = np.random.default_rng(5)
    p = np.round(draw.random(4_000), 3)  # rounded: many ties, some on the edges
    return p, (draw.random(4_000) < p**1.3).astype(float)


@pytest.mark.parametrize(("bins", "strategy"), [("uniform", "uniform"), ("quantile", "quantile")])
@pytest.mark.parametrize("n_bins", [1, 7, 10])
def test_bins_are_those_of_scikit_learn(random_rows, bins, strategy, n_bins):
    p, won = random_rows
    table = reliability_table(said(p, won), bins=bins, n_bins=n_bins)
    rate, mean = calibration_curve(won, p, n_bins=n_bins, strategy=strategy)
    filled = table[table["n"] > 0]
    np.testing.assert_allclose(filled["win_rate"], rate, rtol=1e-12)
    np.testing.assert_allclose(filled["mean_probability"], mean, rtol=1e-12)
    assert len(table) == n_bins
    assert table["n"].sum() == len(p)


def test_an_edge_belongs_to_the_bin_below_it():
    edges = np.array([0.0, 0.25, 0.5, 1.0])
    values = np.array([0.0, np.nextafter(0.25, 0), 0.25, np.nextafter(0.25, 1), 0.5, 1.0])
    assert bin_codes(values, edges).tolist() == [0, 0, 0, 1, 1, 2]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60), st.integers(1, 8))
@settings(deadline=None, max_examples=60)
def test_bins_added_up_in_one_pass_are_those_of_two(rows, n_bins):
    p, won = np.array([row[0] / 20 for row in rows]), np.array([float(row[1]) for row in rows])
    edges = np.linspace(0, 1, n_bins + 1)
    for one, two in zip(binned_sums(p, won, edges), bin_sums(bin_codes(p, edges), p, won, n_bins), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-12)


@pytest.mark.parametrize("n", [1, 6, 7, 100])
def test_the_hundred_per_cent_stage_is_not_contradicted_by_wins_nor_a_sure_loss_by_losses(n):
    for p, won in ((1.0, 1), (0.0, 0)):
        row = reliability_table(said([p] * n, [won] * n, stage="agreement")).set_index("bin").loc["agreement"]
        assert row["answer"].endswith("not contradicted")


def test_every_stage_of_the_ladder_has_its_row_also_without_a_deal():
    rows = said([0.6, 0.6, 0.2], ["won", "lost", None], stage=["terms", "terms", "need_defined"])
    table = reliability_table(rows.assign(matured=True))
    assert table["bin"].astype(str).tolist() == list(playbook.DEAL_HEAT.names)
    assert table["n"].tolist() == [0, 0, 2, 0, 0, 0]
    assert table["n_open"].tolist() == [1, 0, 0, 0, 0, 0]
    assert table["share_open"].iloc[0] == 1.0
    assert table["win_rate"].isna().tolist() == [True, True, False, True, True, True]
    assert table["answer"].iloc[[0, 1]].tolist() == [
        "no outcome recorded: 1 old enough and still open",
        "nothing stated here",
    ]


def test_a_rate_of_the_closed_only_says_so_in_its_name():
    rows = said([0.6] * 3, ["won", "lost", None], stage="terms")
    assert "win_rate_closed_only" in reliability_table(rows)
    assert "win_rate" in reliability_table(rows.assign(matured=[True, True, False]))
    assert "win_rate" in reliability_table(rows.dropna())


def test_while_deals_are_open_the_answer_is_of_the_closed_only_and_gives_no_verdict():
    rows = said([0.6] * 62, [1] * 20 + [0] * 30 + [None] * 12, stage="terms")
    table = reliability_table(rows).set_index("bin")
    # binomtest(20, 50).proportion_ci(method="wilson") is .276 to .538: of complete outcomes it would be too high.
    assert table.loc["terms", "answer"] == (
        "60 % said, of the closed only 40 % won (28 to 54 %, n = 50): cannot tell while 12 are open"
    )
    assert table.loc["terms", "answer_zh"] == (
        "预报60%，仅计已结束者赢单40%（28–54%，n = 50）：尚有12个未结束，无法判断"
    )
    assert reliability_table(rows.iloc[:51])["answer"].iloc[2].endswith("cannot tell while 1 is open")
    settled = pd.concat([rows, said([0.8] * 50, [1] * 20 + [0] * 30, stage="trial")], ignore_index=True)
    assert reliability_table(settled).set_index("bin").loc["trial", "answer"].endswith("n = 50): too high")
    one = reliability_table(rows.assign(quarter="2026Q1")).set_index("bin").loc["terms", "answer"]
    assert one == "60 % said, of the closed only 40 % won (n = 50): cannot tell while 12 are open"


@pytest.mark.parametrize(
    ("wins", "n", "p", "verdict"),
    [(20, 50, 0.6, "too high"), (30, 50, 0.6, "not contradicted"), (40, 50, 0.6, "too low")],
)
def test_is_sixty_per_cent_really_sixty_per_cent_is_answered_in_a_sentence(wins, n, p, verdict):
    table = reliability_table(said([p] * n, [1] * wins + [0] * (n - wins), stage="terms"))
    row = table.set_index("bin").loc["terms"]
    low, high = binomtest(wins, n).proportion_ci(0.95, method="wilson")
    assert (row["low"], row["high"]) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))
    assert row["answer"] == f"60 % said, {wins * 2} % won ({low * 100:.0f} to {high * 100:.0f} %, n = 50): {verdict}"
    assert f"实际赢单{wins * 2}%" in row["answer_zh"]


def test_jeffreys_interval_is_that_of_its_beta_posterior_and_reaches_the_ends():
    table = reliability_table(said([0.5] * 20, [1] * 7 + [0] * 13, stage="terms"), interval="jeffreys")
    row = table.set_index("bin").loc["terms"]
    assert (row["low"], row["high"]) == pytest.approx(tuple(beta(7.5, 13.5).ppf([0.025, 0.975])), abs=1e-12)
    ends = reliability_table(said([0.5] * 4, [1] * 4, stage="terms"), interval="jeffreys").set_index("bin").loc["terms"]
    assert ends["high"] == 1.0
    assert 0 < ends["low"] < 1


def test_deals_that_share_their_quarters_fate_widen_the_interval():
    # Four quarters of 25: 25, 0, 25, 0 won. Between-quarter variance: 4/3 · (4 · 12.5²) / 100² = 1/12;
    # binomial: .25 / 100. Design effect 100/3, so 3 effective rows, with t of 3 degrees instead of z.
    won = [1] * 25 + [0] * 25 + [1] * 25 + [0] * 25
    quarters = np.repeat(["2025Q1", "2025Q2", "2025Q3", "2025Q4"], 25)
    alone = reliability_table(said([0.5] * 100, won, stage="terms")).set_index("bin").loc["terms"]
    shared = reliability_table(said([0.5] * 100, won, stage="terms", quarter=quarters)).set_index("bin").loc["terms"]
    n = 3 * (1.959963985 / 3.182446305) ** 2
    low, high = kernels.wilson_interval(np.array([n / 2]), np.array([n]), 0.95)
    assert (shared["low"], shared["high"]) == (pytest.approx(low[0], abs=1e-8), pytest.approx(high[0], abs=1e-8))
    assert shared["high"] - shared["low"] > 4 * (alone["high"] - alone["low"])
    assert shared["n_clusters"] == 4


def test_one_quarter_alone_gives_no_interval():
    rows = said([0.5] * 10, [1] * 5 + [0] * 5, stage="terms", quarter="2026Q1")
    row = reliability_table(rows).set_index("bin").loc["terms"]
    assert np.isnan(row["low"])
    assert "one quarter alone cannot tell" in row["answer"]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (said([1.2], [1], stage="terms"), "p_stage must be 1 or less"),
        (said([0.5], ["Won"], stage="terms"), "outcome must be one of"),
        (said([0.5], [2], stage="terms"), "outcome must be 1 or 0"),
        (said([0.5], [1], stage="terms", matured=[None]), "matured must be true or false"),
        (said([0.5], [1], stage="elsewhere"), "stage must be one of"),
        (
            said(
                [0.5], [1], stage="terms", entered=pd.to_datetime(["2026-02-01"]), closed=pd.to_datetime(["2026-01-01"])
            ),
            "a probability is stated before the deal is closed",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(rows, problem):
    with pytest.raises(ValueError, match=problem):
        reliability_table(rows)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"bins": "deciles"}, "bins must be"),
        ({"n_bins": 0}, "n_bins must be"),
        ({"interval": "wald"}, "interval must be"),
        ({"level": 95}, "level must"),
    ],
)
def test_options_out_of_range_are_refused(options, problem):
    with pytest.raises(ValueError, match=problem):
        reliability_table(said([0.5], [1], stage="terms"), **options)


def test_scores_equal_scikit_learns_and_the_decomposition_model_diagnostics(random_rows):
    p, won = random_rows
    row = probability_accuracy(said(p, won), clip=1e-6).summary.iloc[0]
    assert row["brier"] == pytest.approx(brier_score_loss(won, p), rel=1e-12)
    assert row["log_loss_clipped"] == pytest.approx(log_loss(won, np.clip(p, 1e-6, 1 - 1e-6)), rel=1e-9)
    wanted = decompose(won, p, scoring_function=SquaredError()).to_dicts()[0]
    for name in ("miscalibration", "discrimination", "uncertainty", "score"):
        assert getattr(corp(p, won), name) == pytest.approx(wanted[name], abs=1e-10)
        if name != "score":
            assert row[name] == pytest.approx(wanted[name], abs=1e-10)
    assert row["brier"] == pytest.approx(row["miscalibration"] - row["discrimination"] + row["uncertainty"], abs=1e-12)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)
)
@settings(deadline=None, max_examples=60)
def test_the_parts_add_up_and_none_is_negative(rows):
    p, won = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    parts = corp(p, won)
    assert parts.score == pytest.approx(parts.miscalibration - parts.discrimination + parts.uncertainty, abs=1e-12)
    assert parts.miscalibration > -1e-12
    assert parts.discrimination > -1e-12


def test_an_impossible_outcome_is_counted_and_the_log_loss_is_infinite_not_clipped():
    found = probability_accuracy(said([1.0, 1.0, 0.6, 0.6], [1, 0, 1, 0], stage="terms"), clip=0.001).summary.iloc[0]
    assert found["n_impossible"] == 1
    assert found["log_loss"] == np.inf
    # −(ln .999 + ln .001 + ln .6 + ln .4) ÷ 4
    assert found["log_loss_clipped"] == pytest.approx(-np.log([0.999, 0.001, 0.6, 0.4]).mean(), rel=1e-12)


def test_the_exact_test_per_stated_probability_is_scipys():
    stated = probability_accuracy(said([0.6] * 20 + [0.2] * 10, [1] * 6 + [0] * 14 + [1] * 2 + [0] * 8)).stated
    assert stated["probability"].tolist() == [0.2, 0.6]
    assert stated["binomial_p"].tolist() == pytest.approx([binomtest(2, 10, 0.2).pvalue, binomtest(6, 20, 0.6).pvalue])


def test_spiegelhalters_statistic_is_standard_normal_where_the_probabilities_are_right():
    draw = np.random.default_rng(9)
    z = []
    for _ in range(400):
        p = draw.random(300)
        z.append(spiegelhalter_z(p, (draw.random(300) < p).astype(float)))
    assert abs(np.mean(z)) < 3 / np.sqrt(400)
    assert np.var(z) == pytest.approx(1, abs=0.25)


def test_spiegelhalter_by_hand():
    # p .8 twice, one won: Σ (y − p)(1 − 2p) = (.2 − .8)(−.6) = .36; variance 2 · .36 · .16 = .1152
    assert spiegelhalter_z(np.array([0.8, 0.8]), np.array([1.0, 0.0])) == pytest.approx(0.36 / np.sqrt(0.1152))


@pytest.mark.parametrize(
    ("p", "won", "note"),
    [
        ([0.6], [1], "all won"),
        ([0.6, 0.7], [0, 0], "all lost"),
        ([0.6] * 3, [1, 0, 1], ""),
        ([0.5], [None], "no outcome yet"),
    ],
)
def test_one_deal_all_won_all_lost_and_all_open_have_a_defined_answer(p, won, note):
    rows = said(p, pd.Series(won, dtype="float64"), stage="terms")
    row = probability_accuracy(rows).summary.iloc[0]
    assert row["note"] == note
    assert np.isnan(row["brier_skill"]) == (note != "")
    assert len(reliability_table(rows)) == 6


def test_groups_sizes_and_those_left_out_reconcile():
    rows = said(
        [0.6, 0.6, np.nan, 0.2, 0.9],
        ["won", "lost", "won", None, "won"],
        owner=["a", "b", "a", "b", "a"],
        amount=[10.0, 100.0, 5.0, np.nan, 99.0],
        matured=[True, True, True, True, False],
    )
    by_owner = probability_accuracy(rows, by="owner").summary
    assert by_owner[["owner", "n", "n_open", "n_left_out"]].to_numpy().tolist() == [["a", 1, 0, 2], ["b", 1, 1, 0]]
    by_size = probability_accuracy(rows, size_cuts=(100.0,)).summary
    assert by_size["size_class"].astype(object).where(by_size["size_class"].notna(), None).tolist() == [
        "below 100",
        "from 100",
        None,
    ]
    assert by_size[["n", "n_open", "n_left_out"]].to_numpy().sum() == len(rows)


def deals():
    return pd.DataFrame(
        {
            "opportunity": ["a", "b", "c", "d"],
            "outcome": ["won", "lost", None, "won"],
            "closed": pd.to_datetime(["2025-03-01", "2025-02-20", None, "2026-10-05"]),
            "owner": ["Li", "Wu", "Li", "Wu"],
        }
    )


def history():
    return pd.DataFrame(
        {
            "opportunity": ["a", "a", "b", "c", "d", "a"],
            "stage": ["terms", "trial", "terms", "terms", "terms", "terms"],
            "entered": pd.to_datetime(
                ["2025-01-05", "2025-02-01", "2025-02-01", "2026-09-01", "2026-10-02", "2025-02-10"]
            ),
        }
    )


def test_entries_are_those_made_by_the_day_with_the_outcome_known_on_it():
    found = stage_entries(history(), deals(), as_of=DAY, keep=["owner"], covered_from="2025-01-05")
    rows = found.entries
    # d is entered after the day; a's second entry to terms does not count.
    assert rows[["opportunity", "stage", "quarter"]].astype(str).to_numpy().tolist() == [
        ["a", "terms", "2025Q1"],
        ["b", "terms", "2025Q1"],
        ["a", "trial", "2025Q1"],
        ["c", "terms", "2026Q3"],
    ]
    assert rows["outcome"].fillna("open").tolist() == ["won", "lost", "won", "open"]
    # terms lasted 55 days (a), 19 (b), 29 and open (c): all settled by 55, so c, 29 days old, is too young.
    assert found.maturity.set_index("stage").loc["terms", "wait_days"] == 55
    assert rows["matured"].tolist() == [True, True, True, False]
    assert rows["owner"].tolist() == ["Li", "Wu", "Li", "Li"]


def test_a_deal_won_or_lost_on_an_unknown_day_is_left_out_and_counted():
    undated = deals()
    undated.loc[0, "closed"] = pd.NaT  # a, which entered terms and trial
    found = stage_entries(history(), undated, as_of=DAY, covered_from="2025-01-01")
    assert found.entries["opportunity"].tolist() == ["b", "c"]
    maturity = found.maturity.set_index("stage")
    assert maturity["n_closed_undated"][["terms", "trial", "quotation"]].tolist() == [1, 1, 0]
    assert maturity["n"][["terms", "trial"]].tolist() == [2, 0]
    # Of terms are left b (19 days) and c (29, open); taken as closed on the day, a would have waited 633 days.
    assert maturity.loc["terms", "wait_days"] == 19
    # Entered too early it is counted there, and once.
    late = stage_entries(history(), undated, as_of=DAY, covered_from="2025-01-20").maturity.set_index("stage")
    assert late.loc["terms", ["n_left_out", "n_closed_undated"]].tolist() == [1, 0]


def test_a_deal_closed_after_the_day_is_open_on_it():
    early = stage_entries(history(), deals(), as_of="2025-02-25", covered_from="2025-01-05").entries
    assert early.loc[early["opportunity"] == "a", "outcome"].isna().all()
    assert early["closed"].notna().sum() == 1


def test_entries_from_before_the_closings_are_recorded_are_left_out_and_counted():
    # By default from the first closing on, that of b on 20 February; on 1 February b and a (trial) are just inside.
    late = stage_entries(history(), deals(), as_of=DAY)
    assert late.entries["opportunity"].tolist() == ["c"]
    assert late.maturity.set_index("stage")["n_left_out"][["terms", "trial"]].tolist() == [2, 1]
    found = stage_entries(history(), deals(), as_of=DAY, covered_from="2025-02-01")
    assert found.entries["opportunity"].tolist() == ["b", "a", "c"]
    everything = stage_entries(history(), deals().assign(outcome=None, closed=pd.NaT), as_of=DAY)
    assert everything.maturity["n_left_out"].sum() == 0


def test_deals_that_were_open_when_recording_began_would_flatter_the_rate():
    # 40 % are won; wins take 100 days, losses 10. Recording begins in the middle: what closed before is not there.
    draw = np.random.default_rng(12)
    n, begin = 8_000, pd.Timestamp("2024-10-01")
    entered = begin - pd.Timedelta(days=365) + pd.to_timedelta(draw.integers(0, 900, n), unit="D")
    wins = draw.random(n) < 0.4
    closed = entered + pd.to_timedelta(np.ceil(draw.exponential(np.where(wins, 100, 10))), unit="D")
    known, kept = closed <= pd.Timestamp(DAY), closed >= begin
    table = pd.DataFrame(
        {
            "opportunity": [f"d{k}" for k in range(n)],
            "outcome": pd.Series(np.where(wins, "won", "lost")).where(known),
            "closed": pd.Series(closed).where(known),
        }
    )
    log = pd.DataFrame({"opportunity": table["opportunity"], "stage": "terms", "entered": entered})
    rates = [
        reliability_table(stage_entries(log[kept], table[kept], as_of=DAY, settled=0.99, **options).entries)
        .set_index("bin")
        .loc["terms", "win_rate"]
        for options in ({"covered_from": "2020-01-01"}, {})
    ]
    assert rates[0] > 0.43
    assert rates[1] == pytest.approx(0.4, abs=0.025)


def test_an_entry_after_the_outcome_is_refused_with_its_row():
    late = history()
    late.loc[1, "entered"] = pd.Timestamp("2025-03-02")
    with pytest.raises(ValueError, match=r"a stage is entered while the outcome is open.*row 1"):
        stage_entries(late, deals(), as_of=DAY)


def test_a_deal_without_a_row_is_refused():
    with pytest.raises(ValueError, match="a deal of the history stands among the opportunities"):
        stage_entries(history(), deals().iloc[:2], as_of=DAY)


def test_only_matured_cohorts_tell_the_true_rate_where_losses_close_sooner():
    # 60 % are won; wins take 120 days, losses 30 (both exponential). Entered evenly over three years.
    draw = np.random.default_rng(3)
    n = 6_000
    entered = pd.Timestamp("2023-10-01") + pd.to_timedelta(draw.integers(0, 1_095, n), unit="D")
    wins = draw.random(n) < 0.6
    closed = entered + pd.to_timedelta(np.ceil(draw.exponential(np.where(wins, 120, 30))), unit="D")
    known = closed <= pd.Timestamp(DAY)
    names = [f"d{k}" for k in range(n)]
    table = pd.DataFrame(
        {
            "opportunity": names,
            "outcome": pd.Series(np.where(wins, "won", "lost")).where(known),
            "closed": pd.Series(closed).where(known),
        }
    )
    entries = stage_entries(
        pd.DataFrame({"opportunity": names, "stage": "terms", "entered": entered}), table, as_of=DAY
    ).entries
    last = entries[entries["entered"] > "2026-07-01"]
    young = reliability_table(last.drop(columns=["matured", "quarter"])).set_index("bin").loc["terms"]
    assert young["win_rate_closed_only"] < 0.5
    fair = reliability_table(entries.drop(columns="quarter")).set_index("bin").loc["terms"]
    assert fair["win_rate"] == pytest.approx(0.6, abs=0.03)
    assert fair["share_open"] < 0.05


def test_the_sample_company_is_judged_end_to_end_from_stages_to_probabilities():
    found = stage_entries(cv.load_stage_history(), cv.load_opportunities(), as_of=DAY, keep=["owner", "amount"])
    table = reliability_table(found.entries).set_index("bin")
    # Planted: the 80 % stage is won .58 of the time, the 100 % stage .93.
    assert table["answer"].str.endswith("too high")[["trial", "selection", "agreement"]].all()
    assert table.loc["trial", "high"] < 0.75
    scores = probability_accuracy(found.entries, by="owner", size_cuts=(100_000.0,)).summary
    assert scores["n"].sum() == table["n"].sum()
    assert (scores["log_loss"] == np.inf).tolist() == (scores["n_impossible"] > 0).tolist()
    assert (scores["n_impossible"] > 0).any()


def test_polars_frames_give_the_same():
    kept = history(), deals()
    wanted = stage_entries(*kept, as_of=DAY, covered_from="2025-01-05")
    found = stage_entries(*map(pl.from_pandas, kept), as_of=DAY, covered_from="2025-01-05")
    pd.testing.assert_frame_equal(found.entries, wanted.entries, check_dtype=False)
    rows = wanted.entries.astype({"stage": "str"})
    pd.testing.assert_frame_equal(reliability_table(pl.from_pandas(rows)), reliability_table(rows))
    ours = probability_accuracy(rows, by="stage").summary
    pd.testing.assert_frame_equal(probability_accuracy(pl.from_pandas(rows), by="stage").summary, ours)


def test_a_bin_without_an_outcome_says_whether_none_is_old_enough_none_is_recorded_or_none_was_stated():
    rows = said(
        [0.2, 0.2, 0.6, 0.6, 0.6, 0.8, np.nan, 0.4],
        [None, "won", None, None, None, "won", "won", "lost"],
        stage=["need_defined", "need_defined", "terms", "terms", "terms", "trial", "quotation", "agreement"],
        matured=[False, False, True, True, False, True, True, False],
    )
    table = reliability_table(rows).set_index("bin")
    answers = table["answer"].to_dict()
    assert table["n"].sum() == 1
    assert answers["need_defined"] == "no outcome matured yet: 2 too young to be judged"
    assert answers["terms"] == "no outcome recorded: 2 old enough and still open, 1 too young to be judged"
    assert answers["quotation"] == answers["selection"] == "nothing stated here"
    assert answers["agreement"] == "no outcome matured yet: 1 too young to be judged"
    assert table.loc["need_defined", "answer_zh"] == "尚无成熟的结果：2条时间太短，不予评判"
    assert table.loc["terms", "answer_zh"] == "无结果记录：2条时间已足但尚未结束，1条时间太短，不予评判"
    assert table.loc["selection", "answer_zh"] == "此档无预报"
    alike = reliability_table(rows, bins="uniform", n_bins=5)["answer"].tolist()
    assert alike[0] == answers["need_defined"]
    assert alike[1] == answers["agreement"]
    assert alike[2] == answers["terms"]
    assert alike[4] == "nothing stated here"


def test_without_a_column_of_maturity_an_open_bin_says_that_its_age_is_not_known():
    rows = said([0.6, 0.6, 0.8], [None, None, "won"], stage=["terms", "terms", "trial"])
    table = reliability_table(rows).set_index("bin")
    assert table.loc["terms", "answer"] == "no outcome recorded: 2 still open, of unknown age"
    assert table.loc["terms", "answer_zh"] == "无结果记录：2条尚未结束，时间长短不明"
    assert reliability_table(said([0.6], [1]), bins="uniform", n_bins=2)["answer"].iloc[0] == "nothing stated here"
