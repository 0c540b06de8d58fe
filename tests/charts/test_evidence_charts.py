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
    assert figure.layout.yaxis.ticktext == ("key prospect", "invest", "shelve for now", "undecided")
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


@pytest.mark.parametrize(
    ("rates", "but"),
    [
        ([0.6, 0.5, 0.4], ":"),
        ([0.4, 0.5, 0.3], ", but the top band does not:"),
        ([0.5, 0.5, 0.3], ", but the top band does not:"),
        ([0.6, 0.3, 0.4], ", but not every band wins more than the one below:"),
        ([0.6, None, 0.4], ":"),
        ([None, 0.3, 0.4], ", but not every band wins more than the one below:"),
    ],
)
def test_the_title_admits_a_band_that_wins_no_more_than_a_lower_one(judged, rates, but):
    bands = judged.bands.assign(win_rate_closed=pd.array([*rates, 0.9], dtype="float64"))
    title = plot_evidence(replace(judged, bands=bands)).layout.meta["finding"]
    assert title.startswith(f"Higher scores win more{but} of a won")


def test_a_flat_line_is_no_finding_where_higher_scores_win_less():
    result = evidence([[0, 0]] * 10 + [[2, 2]] * 10, ["won"] * 8 + ["lost"] * 2 + ["won"] * 3 + ["lost"] * 7)
    figure = plot_score_calibration(result)
    assert figure.layout.meta["finding"].startswith("Higher scores win less: of a won and a lost prospect")
    assert "the win rate falls 1 of 1 times" in figure.layout.meta["sentence"]


def test_the_calibration_says_where_groups_fall_though_the_line_cannot(judged):
    falls = int((np.diff(judged.calibration["win_rate_closed"]) < 0).sum())
    sentence = plot_score_calibration(judged).layout.meta["sentence"]
    assert f"the win rate falls {falls} of 4 times; the line and the steps cannot fall" in sentence
    rising = judged.calibration.assign(win_rate_closed=[0.1, 0.2, 0.3, 0.4, 0.5])
    assert "falls" not in plot_score_calibration(replace(judged, calibration=rising)).layout.meta["sentence"]


@pytest.mark.parametrize(("share", "start"), [(0.08, "The largest share of"), (0.5, "The largest"), (0.51, "Most of")])
def test_most_of_the_disagreement_is_said_only_above_half(agreed, share, start):
    sentence = plot_rater_agreement(
        replace(agreed, pairs=agreed.pairs.assign(share_of_disagreement=share))
    ).layout.meta["sentence"]
    assert f"{start}" in sentence
    assert f"the disagreement on Company type, {share:.0%}".replace("%", " %") in sentence


def test_equal_points_everywhere_are_not_said_to_be_unrated():
    same = rater_agreement(cv.load_ratings().assign(points=1), seed=1)
    assert "all points of a criterion are the same" in plot_rater_agreement(same).layout.meta["sentence"]
    once = rater_agreement(cv.load_ratings().drop_duplicates(["prospect", "criterion"]), seed=1)
    assert "no prospect was rated by two people" in plot_rater_agreement(once).layout.meta["sentence"]


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


def test_where_no_description_surely_needs_work_the_title_says_so(agreed):
    verdict = pd.Categorical(["reliable"] + ["unclear"] * 5, categories=agreed.criteria["verdict"].cat.categories)
    result = replace(agreed, criteria=agreed.criteria.assign(verdict=verdict))
    assert plot_rater_agreement(result).layout.meta["finding"] == (
        "None of 6 criteria surely needs a better description; 1 reaches the lower limit for certain"
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
