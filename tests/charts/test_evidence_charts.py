"""Evidence and agreement: what is drawn is what the result holds, and the title does not claim more than it shows."""

import copy
import json
import re
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.charts.screening.agreement import plot_rater_agreement
from custvalue.charts.screening.evidence import plot_evidence
from custvalue.charts.screening.score_calibration import plot_score_calibration
from custvalue.rules import Criterion, Label, Level, Scorecard
from custvalue.screening.agreement import rater_agreement
from custvalue.screening.evidence import scorecard_evidence

LEVELS = tuple(Level(points, Label(f"{points}", f"{points}分")) for points in range(3))
CARD = Scorecard(
    Label("test", "测试"),
    tuple(Criterion(name, Label(name, name), LEVELS, 1.0, "test") for name in "ab"),
    playbook.SCREENING_BANDS,
    "test",
)


def evidence(points, outcomes):
    frame = pd.DataFrame(points, columns=["a", "b"]).assign(outcome=pd.Series(outcomes, dtype=object))
    return scorecard_evidence(frame, scorecard=CARD, seed=1)


@pytest.fixture(scope="module")
def judged():
    return scorecard_evidence(cv.load_prospects(), seed=1)


@pytest.fixture(scope="module")
def agreed():
    return rater_agreement(cv.load_ratings(), seed=1)


@pytest.fixture(params=["evidence", "calibration", "agreement"])
def chart(request, judged, agreed):
    return {
        "evidence": (plot_evidence, judged),
        "calibration": (plot_score_calibration, judged),
        "agreement": (plot_rater_agreement, agreed),
    }[request.param]


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def texts_of(figure):
    content = json.loads(figure.to_json())
    content["layout"].pop("template")
    for holder in (*content["data"], content["layout"], *content["layout"].get("annotations", [])):
        for key in ("text", "name", "hovertext"):
            value = holder.get(key, [])
            yield from [value] if isinstance(value, str) else [text for text in value if isinstance(text, str)]
    for axis in ("xaxis", "yaxis", "xaxis2", "yaxis2"):
        yield from content["layout"].get(axis, {}).get("ticktext", [])
        yield content["layout"].get(axis, {}).get("title", {}).get("text", "")
    yield content["layout"]["title"]["text"]
    yield content["layout"]["meta"]["sentence"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_say_their_finding_with_a_number_in_one_language(chart, lang):
    plot, result = chart
    if plot is plot_rater_agreement:  # the raters' own names are left in peace
        result = replace(result, pairs=result.pairs.assign(rater="1", other_rater="2"))
    figure = plot(result, lang=lang)
    assert re.search(r"\d", figure.layout.title.text)
    assert figure.layout.meta["sentence"].endswith("。" if lang == "zh" else ".")
    foreign = r"[A-Za-z]{2,}" if lang == "zh" else r"[\u4e00-\u9fff]"
    assert [text for text in texts_of(figure) if re.search(foreign, text.replace("<br>", " "))] == []
    assert len(figure.to_json().encode()) < 100_000


def test_the_result_is_not_changed_and_the_figure_is_the_same_each_time(chart):
    plot, result = chart
    before = copy.deepcopy(result)
    assert plot(result).to_json() == plot(result).to_json()
    for field in fields(result):
        pd.testing.assert_frame_equal(getattr(before, field.name), getattr(result, field.name))


def test_another_language_or_another_result_is_refused(chart):
    plot, result = chart
    with pytest.raises(ValueError, match="lang must be 'en' or 'zh'"):
        plot(result, lang="de")
    with pytest.raises(ValueError, match=r"draws what .* returned: got DataFrame"):
        plot(pd.DataFrame())


def test_nothing_known_is_said(chart):
    plot, _ = chart
    empty = (
        rater_agreement(cv.load_ratings().iloc[:0], seed=1)
        if plot is plot_rater_agreement
        else scorecard_evidence(cv.load_prospects().iloc[:0], seed=1)
    )
    figure = plot(empty, lang="zh")
    assert figure.layout.title.text == "没有可显示的内容"
    assert len(figure.data) == 0


def test_bands_stand_highest_first_at_their_rates_with_their_intervals(judged):
    figure = plot_evidence(judged)
    drawn = traces(figure)
    assert figure.layout.yaxis.ticktext == ("key prospect", "invest", "shelve for now", "– (answers missing)")
    rates = judged.bands["win_rate_closed"]
    assert drawn["win rate"].x == pytest.approx(rates, abs=1e-5)
    assert drawn["interval"].x[:2] == pytest.approx(judged.bands[["low", "high"]].iloc[0], abs=1e-5)
    assert figure.layout.annotations[0].text == "all: 47.7 %"


def test_gains_start_at_nothing_and_end_at_everything(judged):
    drawn = traces(plot_evidence(judged))["by score"]
    assert (drawn.x[0], drawn.y[0], drawn.x[-1], drawn.y[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert drawn.y[1:] == pytest.approx(judged.gains["share_of_wins"], abs=1e-5)


def test_open_and_unscored_prospects_are_said_under_the_title(judged):
    note = plot_evidence(judged).layout.title.subtitle.text.replace("<br>", " ")
    assert note == "41 still open, not counted. 61 closed without a certain score, not in the lower panel."


@pytest.mark.parametrize(
    ("low", "high", "start"),
    [
        (0.501, 0.7, "Higher scores win more"),
        (0.5, 0.7, "It is not shown"),
        (0.3, 0.5, "It is not shown"),
        (0.3, 0.499, "Higher scores win less"),
    ],
)
def test_the_title_claims_only_what_the_interval_of_the_auc_allows(judged, low, high, start):
    result = replace(judged, summary=judged.summary.assign(auc_low=low, auc_high=high))
    assert plot_evidence(result).layout.title.text.startswith(start)


AUC_WORDS = "a won prospect outscores a lost one in {} of pairs ({} to {}; ties count half)"


def test_the_auc_is_said_to_count_ties_half_since_the_won_one_scored_strictly_higher_in_fewer_pairs(judged):
    scores = cv.score_prospects(cv.load_prospects()).assign(outcome=cv.load_prospects()["outcome"])
    won, lost = (scores.loc[scores["outcome"] == x, "score"].dropna().to_numpy() for x in ("won", "lost"))
    higher, equal = (won[:, None] > lost).mean(), (won[:, None] == lost).mean()
    assert judged.summary["auc"].iloc[0] == pytest.approx(higher + equal / 2)
    assert higher < judged.summary["auc"].iloc[0] - 0.03
    assert AUC_WORDS.format("62 %", "52 %", "71 %") in plot_evidence(judged).layout.meta["finding"]
    assert (
        "62%的配对中赢单者得分更高（52%至71%；同分计一半）" in plot_evidence(judged, lang="zh").layout.meta["finding"]
    )


@pytest.mark.parametrize(("low", "high"), [(0.6, 0.7), (0.4, 0.7), (0.3, 0.4)])
@pytest.mark.parametrize("plot", [plot_evidence, plot_score_calibration])
def test_no_title_or_sentence_tells_pairs_without_saying_what_ties_count(judged, low, high, plot):
    result = replace(judged, summary=judged.summary.assign(auc_low=low, auc_high=high))
    for lang, pairs, ties in (("en", "pairs", "ties count half"), ("zh", "配对", "同分计一半")):
        for text in plot(result, lang=lang).layout.meta.values():
            assert (pairs in text) == (ties in text)


@pytest.mark.parametrize("plot", [plot_evidence, plot_score_calibration])
def test_a_card_that_gives_everybody_the_same_score_is_not_said_to_rank_half_of_the_pairs(plot):
    constant = evidence([[1, 1]] * 8, ["won"] * 3 + ["lost"] * 5)
    assert constant.summary["auc"].iloc[0] == 0.5
    assert plot(constant).layout.meta["finding"] == (
        "All 8 prospects with a certain score have the same one: nothing to judge scores by"
    )
    assert plot(constant, lang="zh").layout.meta["finding"] == "8个有确定得分的潜在客户得分全部相同，无法评判得分"
    assert "scored highest" not in plot(constant).layout.meta["sentence"]
    # One score that differs is enough to say how often the won one outscored the lost one.
    nearly = evidence([[1, 1]] * 7 + [[1, 0]], ["won"] * 3 + ["lost"] * 5)
    assert plot(nearly).layout.meta["finding"].startswith("It is not shown that higher scores win more: a won")


def test_no_line_is_said_to_be_fitted_through_one_score():
    figure = plot_score_calibration(evidence([[1, 1]] * 8, ["won"] * 3 + ["lost"] * 5))
    assert not figure.layout.title.subtitle.text
    assert "fitted" not in figure.layout.meta["sentence"]
    assert [len(trace.x) for trace in figure.data] == [0, 0, 1]
    two = plot_score_calibration(evidence([[1, 1]] * 4 + [[1, 2]] * 4, ["won"] * 3 + ["lost"] * 5))
    assert two.layout.title.subtitle.text.startswith("Fitted to the 8 prospects")
    assert "fitted" in two.layout.meta["sentence"]


def test_the_count_of_a_group_at_the_end_of_the_axis_stands_within_the_picture():
    result = evidence([[0, 0]] * 10 + [[2, 2]] * 10, ["lost"] * 10 + ["won"] * 10)
    assert traces(plot_score_calibration(result))["win rate"].textposition == ("top right", "top left")


def banded(judged, *rows):
    """Return the evidence with (rate, low, high) of the bands key, invest and shelve, highest first."""
    table = pd.DataFrame([*rows, (0.99, 0.98, 1.0)], columns=["win_rate_closed", "low", "high"], dtype="float64")
    assert len(table) == len(judged.bands)
    return replace(judged, bands=judged.bands.assign(**table))


EMPTY_BAND = (None, None, None)


@pytest.mark.parametrize(
    ("rows", "but"),
    [
        # The top band's interval lies above all others.
        ([(0.8, 0.7, 0.9), (0.5, 0.4, 0.6), (0.3, 0.2, 0.65)], ""),
        # A worse rate is no finding while the intervals overlap, nor is a better one; ends that touch overlap.
        ([(0.4, 0.2, 0.7), (0.5, 0.4, 0.6), (0.3, 0.2, 0.5)], ", but the top band is not told apart from the others"),
        ([(0.6, 0.3, 0.8), (0.5, 0.4, 0.6), (0.3, 0.2, 0.5)], ", but the top band is not told apart from the others"),
        ([(0.6, 0.5, 0.8), (0.5, 0.4, 0.6), (0.3, 0.2, 0.5)], ", but the top band is not told apart from the others"),
        ([(0.6, 0.5, 0.8), (0.5, 0.4, 0.6), (0.3, 0.2, 0.4)], ", but the top band is not told apart from “invest”"),
        ([(0.6, 0.5, 0.8), EMPTY_BAND, (0.4, 0.3, 0.5)], ", but the top band is not told apart from “shelve for now”"),
        ([(0.6, 0.5, 0.8), EMPTY_BAND, (0.4, 0.3, 0.49)], ""),
        # A band is said to do worse where its whole interval lies below that of a lower band.
        ([(0.2, 0.1, 0.39), (0.5, 0.4, 0.6), (0.3, 0.2, 0.5)], ", but “key prospect” wins less often than “invest”"),
        ([(0.2, 0.1, 0.4), (0.5, 0.4, 0.6), (0.3, 0.2, 0.5)], ", but the top band is not told apart from the others"),
        (
            [(0.9, 0.8, 0.95), (0.2, 0.1, 0.3), (0.5, 0.4, 0.6)],
            ", but “invest” wins less often than “shelve for now”",
        ),
        ([EMPTY_BAND, (0.5, 0.4, 0.6), (0.3, 0.2, 0.35)], ", but no prospect in the top band is closed"),
        ([(0.6, 0.5, 0.8), EMPTY_BAND, EMPTY_BAND], ""),
    ],
)
def test_the_title_says_of_a_band_what_the_intervals_bear(judged, rows, but):
    title = plot_evidence(banded(judged, *rows)).layout.meta["finding"]
    assert title.startswith(f"Higher scores win more{but}: a won")


def test_the_sample_does_not_show_that_its_top_band_does_worse(judged):
    # 5 of 11 key prospects won (21 % to 72 %) and 63 of 127 to invest in (41 % to 58 %).
    rates = judged.bands["win_rate_closed"]
    assert rates.iloc[0] < rates.iloc[1]
    assert (
        "Higher scores win more, but the top band is not told apart from the others:"
        in (plot_evidence(judged).layout.meta["finding"])
    )
    assert (
        plot_evidence(judged, lang="zh")
        .layout.meta["finding"]
        .startswith("得分高者更易赢单，但最高一档与其余各档无法区分：")
    )
    assert "apart where their intervals do not overlap" in plot_evidence(judged).layout.meta["sentence"]


def test_one_lost_prospect_in_the_top_band_is_not_said_to_show_that_it_does_worse():
    # Totals of 0, 4, 8 and of 20 for the one in the top band.
    card = replace(CARD, criteria=tuple(replace(c, weight=5.0) for c in CARD.criteria))
    points = pd.DataFrame([[0, 0]] * 20 + [[1, 1]] * 20 + [[2, 2]], columns=["a", "b"])
    outcomes = ["won"] * 3 + ["lost"] * 17 + ["won"] * 16 + ["lost"] * 4 + ["lost"]
    found = scorecard_evidence(points.assign(outcome=outcomes), scorecard=card, seed=1)
    assert found.bands["n"].tolist() == [1, 20, 20]
    assert (
        plot_evidence(found)
        .layout.meta["finding"]
        .startswith("Higher scores win more, but the top band is not told apart from the others:")
    )


def test_a_flat_line_is_no_finding_where_higher_scores_win_less():
    result = evidence([[0, 0]] * 10 + [[2, 2]] * 10, ["won"] * 9 + ["lost"] + ["won"] * 2 + ["lost"] * 8)
    figure = plot_score_calibration(result)
    assert figure.layout.meta["finding"].startswith("Higher scores win less: a won prospect outscores a lost one in")
    assert "the win rate falls 1 of 1 times" in figure.layout.meta["sentence"]


@pytest.mark.parametrize(
    ("low", "high", "start"),
    [
        (0.501, 0.7, ("Higher scores win more", "得分高者更易赢单")),
        (0.5, 0.7, ("It is not shown that higher scores win more", "尚不能证明得分高者更易赢单")),
        (0.3, 0.499, ("Higher scores win less", "得分高者反而更少赢单")),
    ],
)
def test_both_charts_claim_that_higher_scores_win_more_on_one_condition(judged, low, high, start):
    result = replace(judged, summary=judged.summary.assign(auc_low=low, auc_high=high))
    for lang, words in zip(("en", "zh"), start, strict=True):
        for plot in (plot_evidence, plot_score_calibration):
            assert plot(result, lang=lang).layout.meta["finding"].startswith(words)


def test_the_calibration_tells_the_lowest_and_the_highest_group_with_intervals_not_the_ends_of_the_line(judged):
    # The sample has one prospect at 2 and one at 20: what the line reads there rests on the line.
    finding = plot_score_calibration(judged).layout.meta["finding"]
    assert finding == (
        "Higher scores win more: 41 % of 41 prospects with scores 2 to 8 won (28 % to 57 %), 68 % of 19 with scores "
        "14 to 20 (46 % to 85 %); these two groups alone are not told apart"
    )
    assert plot_score_calibration(judged, lang="zh").layout.meta["finding"] == (
        "得分高者更易赢单：得分2至8的41个中赢单41%（28%至57%），得分14至20的19个中赢单68%（46%至85%）；"
        "仅凭这两组无法区分"
    )


@pytest.mark.parametrize(("high", "apart"), [(0.45, False), (0.449, True)])
def test_the_two_groups_are_told_apart_where_their_intervals_do_not_meet(judged, high, apart):
    table = judged.calibration.copy()
    table.loc[table.index[0], "high"], table.loc[table.index[-1], "low"] = high, 0.45
    finding = plot_score_calibration(replace(judged, calibration=table)).layout.meta["finding"]
    assert finding.endswith("not told apart") != apart


def test_a_group_of_one_score_is_named_by_it(judged):
    table = judged.calibration.assign(score_to=judged.calibration["score_from"])
    finding = plot_score_calibration(replace(judged, calibration=table)).layout.meta["finding"]
    assert "41 prospects with a score of 2 won" in finding
    assert "19 with a score of 14 (" in finding


def test_groups_that_do_not_rise_from_the_lowest_to_the_highest_are_no_title(judged):
    table = judged.calibration.assign(win_rate_closed=[0.5, 0.2, 0.4, 0.7, 0.5])
    for groups in (table, judged.calibration.iloc[:1]):
        finding = plot_score_calibration(replace(judged, calibration=groups)).layout.meta["finding"]
        assert finding == f"Higher scores win more: {AUC_WORDS.format('62 %', '52 %', '71 %')}"


def test_the_calibration_says_where_groups_fall_though_the_line_cannot(judged):
    falls = int((np.diff(judged.calibration["win_rate_closed"]) < 0).sum())
    sentence = plot_score_calibration(judged).layout.meta["sentence"]
    assert f"the win rate falls {falls} of 4 times; the line and the steps cannot fall" in sentence
    rising = judged.calibration.assign(win_rate_closed=[0.1, 0.2, 0.3, 0.4, 0.5])
    assert "falls" not in plot_score_calibration(replace(judged, calibration=rising)).layout.meta["sentence"]


@pytest.mark.parametrize(
    ("share", "of_comparisons", "start"),
    [
        # One and a half times what its comparisons would give is the least that is told.
        (0.375, 0.25, "The largest share of"),
        (0.374, 0.25, ""),
        (0.083, 0.069, ""),
        (0.50, 0.20, "The largest share of"),
        (0.51, 0.20, "Most of"),
        (0.60, 0.50, ""),
    ],
)
def test_a_pair_is_named_only_for_more_of_the_disagreement_than_of_the_comparisons(
    agreed, share, of_comparisons, start
):
    pairs = agreed.pairs.assign(share_of_disagreement=share, share_of_comparisons=of_comparisons)
    sentence = plot_rater_agreement(replace(agreed, pairs=pairs)).layout.meta["sentence"]
    chinese = plot_rater_agreement(replace(agreed, pairs=pairs), lang="zh").layout.meta["sentence"]
    assert ("disagreement" in sentence) == ("分歧" in chinese) == bool(start)
    if start:
        shown, compared = (f"{x:.0%}".replace("%", " %") for x in (share, of_comparisons))
        assert f"{start} the disagreement on Company type, {shown}, is between Leo A. Keller and 孙勇康" in sentence
        assert sentence.endswith(f", who make {compared} of the comparisons.")
        assert f"{compared.replace(' ', '')}的比较" in chinese


def test_two_raters_are_not_said_to_hold_most_of_their_own_disagreement():
    ratings = cv.load_ratings()
    two = ratings[ratings["rater"].isin(["Leo A. Keller", "孙勇康"])]
    found = rater_agreement(two, seed=1)
    assert found.pairs["share_of_disagreement"].eq(1).all()
    assert "disagreement" not in plot_rater_agreement(found).layout.meta["sentence"]


def test_an_interval_that_ends_just_below_the_limit_is_not_said_to_span_it(agreed):
    budget = agreed.criteria.set_index("criterion").loc["budget"]
    assert budget["verdict"] == "unclear"
    assert budget["high"] < 0.667
    assert (
        "4 are unclear: the lower limit lies within the interval, or too near to an end of it to tell."
        in (plot_rater_agreement(agreed).layout.meta["sentence"])
    )


def findings(ratings):
    found = rater_agreement(ratings, seed=1)
    return tuple(plot_rater_agreement(found, lang=lang).layout.meta["finding"] for lang in ("en", "zh"))


def test_where_agreement_cannot_be_measured_the_true_reason_is_said_and_nobody_is_said_to_disagree():
    ratings = cv.load_ratings()
    assert findings(ratings.assign(points=1)) == (
        "Agreement cannot be measured: all points of a criterion that can be compared are the same",
        "无法衡量一致性：同一准则中可比较的评分全部相同",
    )
    once = ratings.drop_duplicates(["prospect", "criterion"])
    assert findings(once) == (
        "Agreement cannot be measured: no prospect was rated by two people on the same criterion",
        "无法衡量一致性：没有潜在客户由两人按同一准则评分",
    )
    # 240 prospects, three raters each, six criteria.
    assert findings(ratings.assign(points=None)) == (
        "Agreement cannot be measured: all points are missing (4,320 ratings)",
        "无法衡量一致性：4,320条评分的点数全部缺失",
    )
    first = ~ratings.duplicated(["prospect", "criterion"])
    assert findings(ratings.assign(points=ratings["points"].where(first))) == (
        "Agreement cannot be measured: no prospect has points of two people on the same criterion; 2,880 of 4,320 "
        "points are missing",
        "无法衡量一致性：没有潜在客户在同一准则上有两人的点数；4,320个点数中缺失2,880个",
    )
    assert findings(ratings.iloc[:0]) == (
        "Agreement cannot be measured: there are no ratings",
        "无法衡量一致性：没有评分",
    )


def test_points_that_stand_alone_do_not_make_the_ones_that_can_be_compared_differ():
    rows = [("x", "r", 1), ("x", "s", 1), ("y", "r", 2)]
    ratings = pd.DataFrame(rows, columns=["prospect", "rater", "points"]).assign(criterion="need")
    assert findings(ratings)[0].endswith("all points of a criterion that can be compared are the same")


def test_criteria_that_cannot_be_judged_for_different_reasons_are_not_all_said_to_be_rated_too_seldom():
    ratings = cv.load_ratings()
    few = ratings["prospect"].isin(ratings["prospect"].unique()[:6])
    need = ratings["criterion"] == "need"
    mixed = ratings[few | ~need].assign(points=lambda table: table["points"].where(table["criterion"] == "need", 1))
    assert (
        findings(mixed)[0] == "None of 6 criteria can be judged: too few prospects rated twice, or all points the same"
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_have_single_spaces_where_something_is_left_out(agreed, judged, lang):
    reliable = pd.Categorical(["reliable"] * 6, categories=agreed.criteria["verdict"].cat.categories)
    pairs = agreed.pairs.assign(share_of_disagreement=0.9)
    for result in (
        agreed,
        replace(agreed, pairs=pairs),
        replace(agreed, criteria=agreed.criteria.assign(verdict=reliable), pairs=pairs),
        first_prospects(6),
    ):
        sentence = plot_rater_agreement(result, lang=lang).layout.meta["sentence"]
        assert "  " not in sentence
        assert sentence == sentence.strip()
        assert lang == "en" or "。 " not in sentence


def test_one_outcome_only_is_said_and_no_gain_is_drawn():
    result = evidence([[0, 1], [2, 2], [1, 1]], ["lost", "lost", None])
    figure = plot_evidence(result)
    assert figure.layout.meta["finding"].startswith("0 of 2 closed prospects were won: with one outcome only")
    assert traces(figure)["by score"].x == ()
    assert plot_score_calibration(result).layout.meta["finding"] == figure.layout.meta["finding"]


def test_the_calibration_draws_points_with_intervals_and_fits_where_scores_were_seen(judged):
    drawn = traces(plot_score_calibration(judged))
    table = judged.calibration
    points = drawn["win rate"]
    assert points.x == pytest.approx(table["mean_score"], rel=1e-5)
    assert np.add(points.y, points.error_y.array) == pytest.approx(table["high"].to_numpy(), abs=1e-5)
    assert np.subtract(points.y, points.error_y.arrayminus) == pytest.approx(table["low"].to_numpy(), abs=1e-5)
    assert (min(drawn["fitted line"].x), max(drawn["fitted line"].x)) == (2.0, 20.0)
    steps = drawn["fitted steps"].x
    # The curve has a score every half point.
    assert table["mean_score"].iloc[0] <= min(steps) < table["mean_score"].iloc[0] + 0.5
    assert table["mean_score"].iloc[-1] - 0.5 < max(steps) <= table["mean_score"].iloc[-1]


def test_alpha_is_drawn_by_verdict_against_the_limits(agreed):
    figure = plot_rater_agreement(agreed)
    drawn = traces(figure)
    poor = agreed.criteria[agreed.criteria["verdict"] == "needs_work"]
    assert drawn["description needs work"].x == pytest.approx(poor["alpha"], abs=1e-5)
    assert drawn["description needs work"].y == tuple(poor.index)
    assert [shape.x0 for shape in figure.layout.shapes] == [0.667, 0.8]
    assert f"{len(poor)} of 6 criteria need a better description" in figure.layout.meta["finding"]


@pytest.mark.parametrize(
    ("verdicts", "english", "chinese"),
    [
        (["unclear"] * 6, "none is shown to reach the lower limit", "也没有一项可确定达到下限"),
        (["reliable"] + ["unclear"] * 5, "1 is shown to reach the lower limit", "可确定达到下限的有1项"),
        (["reliable", "tentative"] * 3, "6 are shown to reach the lower limit", "可确定达到下限的有6项"),
    ],
)
def test_where_no_description_surely_needs_work_the_title_says_so(agreed, verdicts, english, chinese):
    verdict = pd.Categorical(verdicts, categories=agreed.criteria["verdict"].cat.categories)
    result = replace(agreed, criteria=agreed.criteria.assign(verdict=verdict))
    assert plot_rater_agreement(result).layout.meta["finding"] == (
        f"None of 6 criteria is shown to need a better description, and {english}"
    )
    assert plot_rater_agreement(result, lang="zh").layout.meta["finding"] == (
        f"6项准则中没有一项可确定需要改进描述，{chinese}"
    )


def test_an_alpha_without_an_interval_is_a_hollow_point():
    few = cv.load_ratings()
    figure = plot_rater_agreement(rater_agreement(few[few["prospect"].isin(few["prospect"].unique()[:6])], seed=1))
    assert "no interval" in traces(figure)
    assert traces(figure)["interval"].x == ()


def test_names_of_raters_are_text_and_never_markup(agreed):
    result = replace(agreed, pairs=agreed.pairs.assign(rater="<b>x</b> & %{y}", other_rater="$a$"))
    for trace in plot_rater_agreement(result).data[1:]:
        for text in trace.hovertext:
            bare = text.replace("<br>", "")
            assert "<" not in bare
            assert "$" not in bare
            assert "%{" not in bare


def first_prospects(n):
    ratings = cv.load_ratings()
    return rater_agreement(ratings[ratings["prospect"].isin(ratings["prospect"].unique()[:n])], seed=1)


def test_with_no_criterion_to_judge_the_title_says_too_few_and_not_that_none_needs_work():
    # Ten prospects rated twice are needed for an interval, and with none there is no verdict.
    few = first_prospects(6)
    assert few.criteria["verdict"].isna().all()
    assert plot_rater_agreement(few).layout.meta["finding"] == (
        "Too few prospects were rated twice to judge any of 6 criteria"
    )
    assert (
        plot_rater_agreement(few, lang="zh").layout.meta["finding"] == "两人以上评分的潜在客户过少，6项准则均无法判断"
    )
    assert "unclear" not in plot_rater_agreement(few).layout.meta["sentence"]


def test_criteria_that_cannot_be_judged_are_counted_apart(agreed):
    names = agreed.criteria["verdict"].cat.categories
    verdict = pd.Categorical(["reliable"] + ["unclear"] * 3 + [None] * 2, categories=names)
    result = replace(agreed, criteria=agreed.criteria.assign(verdict=verdict))
    assert plot_rater_agreement(result).layout.meta["finding"].endswith("; 2 cannot be judged")
    assert plot_rater_agreement(result, lang="zh").layout.meta["finding"].endswith("；2项无法判断")


def test_criteria_of_ones_own_are_named_as_their_scorecard_names_them(agreed):
    card = playbook.SCREENING
    own = replace(card, criteria=tuple(replace(c, label=Label(f"my {c.name}", f"我的{c.name}")) for c in card.criteria))
    assert plot_rater_agreement(agreed, scorecard=own).layout.yaxis.ticktext[2] == "my need"
    assert plot_rater_agreement(agreed, scorecard=own, lang="zh").layout.yaxis.ticktext[2] == "我的need"
    with pytest.raises(ValueError, match="scorecard must be a Scorecard"):
        plot_rater_agreement(agreed, scorecard="card")


def test_a_calibration_without_a_certain_score_does_not_say_that_no_outcome_is_known():
    frame = cv.load_prospects().assign(need=np.nan)
    finding = plot_score_calibration(cv.scorecard_evidence(frame, seed=1)).layout.meta["finding"]
    assert "no prospect of known outcome has a certain score" in finding


def test_a_top_group_that_wins_less_than_one_below_is_no_rise():
    # Won at the middle scores above all: 0 %, 80 % and 30 % of a hundred each, equal points of six criteria.
    card = cv.playbook.SCREENING
    points = np.repeat([0, 1, 2], 100)
    won = np.concatenate([np.zeros(100), np.arange(100) < 80, np.arange(100) < 30]).astype(bool)
    frame = pd.DataFrame(dict.fromkeys(card.names, points)).assign(outcome=np.where(won, "won", "lost"))
    evidence = cv.scorecard_evidence(frame, seed=1)
    assert evidence.summary["auc_low"].item() > 0.5
    assert not plot_score_calibration(evidence).layout.meta["finding"].startswith("Higher scores win more: 0 %")
