"""Score ranking and priority grid: what is drawn is what the frame holds, in its order, with its labels."""

from dataclasses import replace

import pandas as pd
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.charts import plot_contributions, plot_priority, plot_scores
from custvalue.charts.theme import ordered_colours, ordered_patterns
from custvalue.charts.wording import text_width

SCREENING = [criterion.name for criterion in playbook.SCREENING.criteria]


@pytest.fixture
def scored():
    """Return four prospects: 20 points (key), 10 (invest), 5 to 9 (undecided), 0 (shelved)."""
    points = [[2] * 6, [1] * 6, [0, 1, None, 1, 1, 0], [0] * 6]
    frame = pd.DataFrame(points, columns=SCREENING, dtype=float).assign(prospect=["Alpha", "Beta", "Gamma", "Delta"])
    return cv.score_prospects(frame)


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_there_is_one_bar_trace_per_band_highest_first_and_one_for_the_undecided(scored):
    assert [trace.name for trace in plot_scores(scored).data] == [
        "key prospect (above 14)",
        "invest (8 to 14)",
        "shelve for now (below 8)",
        "undecided: answers are missing",
        "what the missing answers leave open",
        "Score",
    ]


def test_bars_end_at_the_certain_points_and_lines_run_on_to_the_possible_ones(scored):
    drawn = traces(plot_scores(scored))
    assert (drawn["key prospect (above 14)"].x, drawn["key prospect (above 14)"].y) == ((20.0,), (0,))
    assert (drawn["invest (8 to 14)"].x, drawn["invest (8 to 14)"].y) == ((10.0,), (1,))
    # Gamma: position 3 x 1, buying pattern 1, access 1; the need (weight 2) is missing and may earn 0 to 4.
    assert (drawn["undecided: answers are missing"].x, drawn["undecided: answers are missing"].y) == ((5.0,), (2,))
    assert drawn["what the missing answers leave open"].x == (5.0, 9.0, None)
    assert (drawn["shelve for now (below 8)"].x, drawn["shelve for now (below 8)"].y) == ((0.0,), (3,))
    assert drawn["Score"].text == (" 20", " 10", " 5–9", " 0")


def test_the_names_stand_on_the_axis_from_the_highest_score_down(scored):
    figure = plot_scores(scored.iloc[::-1])
    assert figure.layout.yaxis.ticktext == ("Alpha", "Beta", "Gamma", "Delta")
    assert figure.layout.yaxis.range == (3.5, -0.5)
    assert plot_scores(scored, name="company_type").layout.yaxis.ticktext == ("2", "1", "0", "0")


def test_bands_are_coloured_and_patterned_in_their_order(scored):
    figure = plot_scores(scored)
    assert [trace.marker.color for trace in figure.data[:3]] == ordered_colours(3)[::-1]
    assert [trace.marker.pattern.shape or "" for trace in figure.data[:3]] == ordered_patterns(3)[::-1]


def test_the_cut_points_are_drawn_and_named(scored):
    figure = plot_scores(scored)
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(8.0, 8.0), (14.0, 14.0)]
    assert [note.text for note in figure.layout.annotations] == ["8", "14"]


def test_the_title_counts_the_top_band_and_the_undecided(scored):
    assert plot_scores(scored).layout.title.text.replace("<br>", " ") == (
        "1 of 4 prospects reaches “key prospect”; 1 is undecided because answers are missing"
    )
    assert (
        plot_scores(scored, lang="zh").layout.meta["finding"]
        == "4个潜在客户中有1个达到“关键潜在客户”；1个因缺少答案而未定"
    )


def test_axis_titles_and_labels_come_from_the_rules_in_both_languages(scored):
    assert plot_scores(scored).layout.xaxis.title.text == "Screening scorecard: points of 20"
    figure = plot_scores(scored, lang="zh")
    assert figure.layout.xaxis.title.text == "筛选准则：得分（满分20）"
    assert [trace.name for trace in figure.data[:4]] == [
        "关键潜在客户（高于14）",
        "需要投入（8–14）",
        "暂时搁置（低于8）",
        "未定：缺少答案",
    ]


def test_the_hover_text_is_a_sentence(scored):
    assert plot_scores(scored).data[0].hovertext == ("Alpha has 20 points: key prospect.",)
    assert plot_scores(scored, lang="zh").data[1].hovertext == ("Beta得10分：需要投入。",)


def test_the_exercise_is_drawn_on_its_raw_totals_with_the_printed_order():
    figure = plot_scores(
        cv.score_prospects(cv.load_exercise(), scorecard=playbook.EXERCISE), scorecard=playbook.EXERCISE
    )
    assert figure.layout.title.text == "4 of 8 prospects reach “key prospect”"
    assert figure.data[0].x == (22.0, 19.0, 17.0, 15.0)
    assert figure.data[1].x == (14.0, 13.0, 12.0)
    assert figure.data[2].x == (5.0,)
    assert figure.layout.xaxis.title.text == "Group exercise of the lecture: total points"


def test_points_without_a_highest_total_are_open_upwards():
    frame = cv.load_exercise().astype({"c1": float})
    frame.loc[2, "c1"] = None  # 5 points and an answer that may earn any number
    figure = plot_scores(cv.score_prospects(frame, scorecard=playbook.EXERCISE), scorecard=playbook.EXERCISE)
    assert figure.data[-1].text[-1] == " 5 or more"


def test_another_scorecards_result_is_refused_with_the_remedy():
    exercise = cv.score_prospects(cv.load_exercise(), scorecard=playbook.EXERCISE)
    with pytest.raises(ValueError, match="Pass the scorecard= they were scored with"):
        plot_scores(exercise)
    renamed = exercise.assign(band="excellent")
    with pytest.raises(ValueError, match=r"band must be one of .*'excellent'.*scorecard="):
        plot_scores(renamed, scorecard=playbook.EXERCISE)


def test_a_knocked_out_prospect_is_marked_in_words():
    company, *others = playbook.SCREENING.criteria
    fatal = replace(company, levels=(*company.levels[:-1], replace(company.levels[-1], knocks_out=True)))
    card = replace(playbook.SCREENING, criteria=(fatal, *others))
    frame = pd.DataFrame([[2] * 6], columns=SCREENING)
    figure = plot_scores(cv.score_prospects(frame, scorecard=card), scorecard=card)
    assert figure.data[-1].text == (" 20 · knocked out",)
    assert figure.data[2].x == (20.0,)


def test_prospects_that_share_the_first_place_are_counted():
    frame = pd.DataFrame([[2] * 6] * 5 + [[0] * 6], columns=SCREENING).assign(prospect=list("ABCDEF"))
    result = cv.score_prospects(frame)
    assert "; A and 4 more come first with 20 each." in plot_scores(result).layout.meta["sentence"]
    assert "A等并列居首（另有4个），各20分" in plot_scores(result, lang="zh").layout.meta["sentence"]
    assert "A comes first with 20." in plot_scores(result.iloc[[0, 5]]).layout.meta["sentence"]


@pytest.mark.parametrize(
    ("points", "finding"),
    [
        ([2] * 6, "1 of 1 prospect reaches “key prospect”"),
        ([0] * 6, "0 of 1 prospect reaches “key prospect”"),
        ([None] * 6, "The only prospect is undecided because answers are missing"),
    ],
)
def test_one_prospect_is_a_prospect(points, finding):
    frame = pd.DataFrame([points], columns=SCREENING, dtype=float)
    assert plot_scores(cv.score_prospects(frame)).layout.meta["finding"] == finding


def test_twenty_rows_get_a_line_each():
    frame = pd.DataFrame([[2] * 6] * 20, columns=SCREENING)
    few, many = (plot_scores(cv.score_prospects(frame.iloc[:n])).layout for n in (5, 20))
    assert many.height - many.margin.t - many.margin.b == 520
    assert few.height - few.margin.t - few.margin.b == 260


def test_more_than_twenty_prospects_are_cut_and_the_rest_counted():
    frame = pd.DataFrame([[2] * 6] * 5 + [[0] * 6] * 25, columns=SCREENING)
    figure = plot_scores(cv.score_prospects(frame))
    assert sum(len(trace.x) for trace in figure.data[:4]) == 20
    assert figure.layout.title.subtitle.text == "Shown: 20 of 30. Not shown: 10 shelve for now."
    assert figure.layout.title.text == "5 of 30 prospects reach “key prospect”"


@pytest.fixture
def cards():
    """Return the five cards of the lecture, ranked A, B, D, C, E."""
    rows = [
        {"opportunity": c.name, "probability": c.probability, "amount": c.amount} for c in playbook.PRIORITY_GRID.cards
    ]
    return cv.rank_opportunities(pd.DataFrame(rows))


def test_bubbles_lie_at_amount_and_probability_with_the_expected_value_as_area(cards):
    others, first = plot_priority(cards).data
    assert first.x == (2_000_000.0, 1_000_000.0, 2_000_000.0, 500_000.0, 500_000.0)
    assert first.y == (0.9, 0.6, 0.3, 0.9, 0.3)
    assert first.marker.size == (1_800_000.0, 600_000.0, 600_000.0, 450_000.0, 150_000.0)
    assert first.marker.sizemode == "area"
    assert first.text == ("1", "2", "3", "4", "5")
    assert len(others.x) == 0


def test_the_list_under_the_grid_names_the_first_with_their_expected_value(cards):
    assert [note.text for note in plot_priority(cards, lang="zh").layout.annotations[:2]] == [
        "期望值<br>1  A  180万<br>2  B  60万<br>3  D  60万",
        "<br>4  C  45万<br>5  E  15万",
    ]


def test_bubbles_that_lie_close_together_share_one_label():
    frame = pd.DataFrame({"amount": [1000.0, 990.0, 500.0], "stage": ["trial"] * 3})
    _, first = plot_priority(cv.rank_opportunities(frame)).data
    assert first.text == ("1, 2", "", "3")
    assert first.textposition == "top center"


def test_the_grid_has_the_lines_of_the_rule_in_the_units_of_the_language(cards):
    figure = plot_priority(cards)
    assert figure.layout.yaxis.tickvals == (0.0, 0.3, 0.6, 0.9, 1.0)
    upright = [shape.x0 for shape in figure.layout.shapes if shape.yref == "paper"]
    level = [(shape.y0, shape.y1) for shape in figure.layout.shapes if shape.xref == "paper"]
    assert upright == [2_000_000.0, 1_000_000.0, 500_000.0]
    # The ends of the scale, 0 and 100 %, are no lines of the grid.
    assert sorted(level) == [(0.3, 0.3), (0.6, 0.6), (0.9, 0.9)]
    assert figure.layout.yaxis.showgrid is False
    assert [note.text for note in figure.layout.annotations[2:]] == ["2 M", "1 M", "500 k"]
    assert figure.layout.xaxis.title.text == "Amount"
    assert plot_priority(cards, lang="zh").layout.yaxis.title.text == "成交概率"


def test_grid_lines_far_below_the_amounts_drawn_are_left_out():
    frame = pd.DataFrame({"amount": [5e8], "stage": ["trial"]})
    figure = plot_priority(cv.rank_opportunities(frame))
    assert not [shape for shape in figure.layout.shapes if shape.yref == "paper"]
    said = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "amounts (500 k, 1 M and 2 M) are too small beside these for lines" in said
    assert "方格的金额" in plot_priority(cv.rank_opportunities(frame), lang="zh").layout.title.subtitle.text


def test_unpriced_and_closed_opportunities_are_counted_and_never_drawn_at_zero():
    frame = pd.DataFrame(
        {
            "amount": [100.0, None, 50.0],
            "stage": ["trial", "trial", "agreement"],
            "outcome": [None, None, "won"],
        }
    )
    figure = plot_priority(cv.rank_opportunities(frame))
    assert [len(trace.x) for trace in figure.data] == [0, 1]
    assert figure.layout.title.subtitle.text == "1 unpriced: amount unknown. 1 already closed."


def test_a_shared_first_place_is_said():
    frame = pd.DataFrame({"opportunity": ["x", "y", "z"], "amount": [100.0, 100.0, 1.0], "stage": ["trial"] * 3})
    title = plot_priority(cv.rank_opportunities(frame)).layout.title.text.replace("<br>", " ")
    assert title == "x and 1 more come first, each with 80 expected (80 % of 100); all 3 together: 161"


def test_a_part_of_the_ranking_counts_ties_from_its_own_first_rank():
    frame = pd.DataFrame({"opportunity": list("wxyz"), "amount": [200.0, 100.0, 100.0, 1.0], "stage": ["trial"] * 4})
    ranked = cv.rank_opportunities(frame)
    tied = plot_priority(ranked.iloc[1:]).layout.meta["finding"]
    alone = plot_priority(ranked.iloc[3:]).layout.meta["finding"]
    assert tied.startswith("x and 1 more come first, each with 80 expected")
    assert alone.startswith("z comes first with")


def test_forty_of_many_opportunities_are_drawn_in_order_of_rank():
    frame = pd.DataFrame({"amount": [float(n) for n in range(1, 101)], "stage": "trial"})
    others, first = plot_priority(cv.rank_opportunities(frame)).data
    assert first.x == tuple(float(n) for n in range(100, 90, -1))
    assert others.x == tuple(float(n) for n in range(90, 60, -1))
    assert plot_priority(cv.rank_opportunities(frame)).layout.title.subtitle.text == "Shown: 40 of 100."


def weighed(*weights):
    """Return the screening card with other weights, and four prospects scored on it."""
    pairs = zip(playbook.SCREENING.criteria, weights, strict=True)
    card = replace(playbook.SCREENING, criteria=tuple(replace(c, weight=w) for c, w in pairs))
    points = [[2] * 6, [1] * 6, [0, 1, None, 1, 1, 0], [0] * 6]
    frame = pd.DataFrame(points, columns=SCREENING, dtype=float)
    return card, cv.score_prospects(frame, scorecard=card, contributions=True)


@pytest.mark.parametrize("plot", [plot_scores, plot_contributions])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_points_that_are_no_round_numbers_have_two_decimals_each(plot, lang):
    # Weights add up to 11.69: at most 23.38 points, 20 on the scale. The third: 3.11 + 0.9 + 2.2 = 6.21 is 5.3122…, and
    # with 2 on the missing answer 3.4 more, 9.61 is 8.2207…
    card, scored = weighed(2.37, 3.11, 1.7, 0.9, 2.2, 1.41)
    figure = plot(scored, scorecard=card, lang=lang)
    assert figure.data[-1].text == (" 20.00", " 10.00", " 5.31–8.22", " 0.00")


def test_points_of_halves_have_one_decimal_each():
    # Ten points of raw weight 1 and one half: 2 × 10 = 20 is the scale, so a half stays one.
    card, _ = weighed(2, 3, 2, 1, 1, 1)
    frame = pd.DataFrame([[2.0] * 6, [1, 1, 1, 1, 1, 0.5]], columns=SCREENING)
    assert plot_scores(cv.score_prospects(frame, scorecard=card), scorecard=card).data[-1].text == (" 20.0", " 9.5")


def test_points_next_to_a_cut_are_not_rounded_over_it():
    # 2 × 3.9995 = 7.999 is shelved, 8.001 is not: at two decimals both would be 8.00.
    frame = pd.DataFrame([[0.0] * 6] * 2, columns=SCREENING).assign(company_type=[1.9995, 2.0], need=[2.0, 2.0])
    frame["budget"] = [0.0, 0.001]
    scored = cv.score_prospects(frame)
    texts = plot_scores(scored).data[-1].text
    assert [text.strip() for text in texts] == [f"{score:.6g}" for score in sorted(scored["score"], reverse=True)]
    assert set(scored["band"]) == {"shelve", "invest"}


@pytest.mark.parametrize("plot", [plot_scores, plot_contributions])
def test_long_names_that_differ_at_their_end_or_in_the_middle_can_be_told_apart(plot):
    card, scored = weighed(2, 3, 2, 1, 1, 1)
    long = "Shanghai Giant Plastics Manufacturing Company {} Limited Liability Partnership {}"
    for names in ([long.format("", k) for k in range(4)], [long.format(k, "") for k in "abcd"]):
        shown = plot(scored.assign(prospect=names), scorecard=card).layout.yaxis.ticktext
        assert len(set(shown)) == 4
        assert all(text.startswith("Shanghai") and text_width(text) <= 24 for text in shown)
    same = plot(
        scored.assign(prospect=["上海巨人塑料制品有限公司第一分公司"] * 4), scorecard=card
    ).layout.yaxis.ticktext
    assert len(set(same)) == 1


def test_bubbles_at_the_axes_stand_clear_of_their_numbers(cards):
    figure = plot_priority(cards)
    assert figure.layout.yaxis.ticklabelstandoff >= 10
    assert figure.layout.xaxis.ticklabelstandoff > 0
