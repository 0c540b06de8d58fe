"""Contributions, rank intervals and the cells of the priority grid, drawn: what the frames hold, in both languages."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.charts.screening.contributions import plot_contributions
from custvalue.charts.screening.priority_grid import plot_priority_grid
from custvalue.charts.screening.sensitivity import plot_rank_intervals
from custvalue.charts.theme import COLOURWAY
from custvalue.screening.priority import priority_grid
from custvalue.screening.sensitivity import score_sensitivity

NAMES = list(playbook.SCREENING.names)
EVIL = ["<b>x</b> & %{y}", "=1+1", "<a href='https://example.com'>go</a>", "$a$ and $b$", "%{meta.sentence}", "a\nb"]


def prospects(names, points=None):
    rows = [[(row + column) % 3 for column in range(6)] for row in range(len(names))] if points is None else points
    return pd.DataFrame(rows, columns=NAMES, dtype=float).assign(prospect=names)


def opportunities(n):
    return pd.DataFrame({"probability": [0.9, 0.6, 0.3] * n, "amount": [2e6, 1e6, 5e5] * n})


def contributions(names, points=None):
    return cv.score_prospects(prospects(names, points), contributions=True)


def sensitivity(names, points=None):
    return score_sensitivity(prospects(names, points), draws=40, k=2, seed=1)


PLOTS = {
    "contributions": (plot_contributions, contributions),
    "rank intervals": (plot_rank_intervals, sensitivity),
    "priority grid": (
        plot_priority_grid,
        lambda names: priority_grid(cv.rank_opportunities(opportunities(len(names)))),
    ),
}


@pytest.fixture(params=PLOTS)
def drawn_by(request):
    return PLOTS[request.param]


def texts_of(figure):
    """Return every text a figure shows."""
    found = []

    def walk(item, key):
        if isinstance(item, dict):
            for name, value in item.items():
                walk(value, name)
        elif isinstance(item, list):
            for value in item:
                walk(value, key)
        elif isinstance(item, str) and key in ("text", "name", "hovertext", "ticktext"):
            found.append(item)

    whole = json.loads(figure.to_json())
    whole["layout"].pop("template")
    walk(whole, "")
    return found


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_each_language_keeps_to_its_own_words(drawn_by):
    plot, make = drawn_by
    for text in texts_of(plot(make(["甲", "乙", "丙"]), lang="zh")):
        assert not re.search(r"[A-Za-z]{2,}", text.replace("<br>", " ")), text
    for text in texts_of(plot(make(["One", "Two", "Three"]))):
        assert not re.search(r"[\u4e00-\u9fff]", text), text


def test_titles_state_a_number_and_sentences_end_like_one(drawn_by):
    plot, make = drawn_by
    for lang, end in (("en", "."), ("zh", "。")):
        figure = plot(make(["One", "Two", "Three"]), lang=lang)
        assert re.search(r"\d", figure.layout.title.text)
        assert figure.layout.meta["sentence"].endswith(end)
        assert "{" not in figure.layout.meta["sentence"]


@pytest.mark.parametrize("name", ["contributions", "rank intervals"])
def test_names_are_text_and_never_markup(name):
    plot, make = PLOTS[name]
    for text in texts_of(plot(make(EVIL))):
        bare = text.replace("<br>", "")
        assert "<" not in bare
        assert "$" not in bare
        assert "%{" not in bare


@pytest.mark.parametrize("name", ["contributions", "rank intervals"])
def test_a_hundred_thousand_rows_make_a_small_figure(name):
    draw = np.random.default_rng(1)
    names = [f"客户{k}<b>&有限公司" for k in range(100_000)]
    points = draw.integers(0, 3, (100_000, 6)).astype(float)
    points[draw.random(points.shape) < 0.01] = np.nan
    plot, make = PLOTS[name]
    for lang in ("en", "zh"):
        assert len(plot(make(names, points), lang=lang).to_json().encode()) < 100_000


def test_nothing_to_show_is_said():
    nothing = contributions(["A"]).iloc[:0]
    assert plot_contributions(nothing).layout.meta["finding"] == "No scores: there are no prospects"
    unknown = sensitivity(["A"], [[np.nan] * 6])
    assert plot_rank_intervals(unknown, lang="zh").layout.meta["finding"] == "无排名：没有已排名的潜在客户"
    cells = priority_grid(cv.rank_opportunities(opportunities(1).iloc[:0]))
    assert plot_priority_grid(cells).layout.meta["finding"] == "No priority grid: no opportunity lies on the grid"


def test_results_of_something_else_are_refused_with_what_makes_them():
    with pytest.raises(ValueError, match="run score_prospects with contributions=True first"):
        plot_contributions(cv.score_prospects(prospects(["A"])))
    with pytest.raises(ValueError, match="draws what score_sensitivity returned: got DataFrame"):
        plot_rank_intervals(prospects(["A"]))
    with pytest.raises(ValueError, match="run priority_grid first"):
        plot_priority_grid(cv.rank_opportunities(opportunities(1)))
    with pytest.raises(ValueError, match="lang must be 'en' or 'zh'"):
        plot_rank_intervals(sensitivity(["A"]), lang="de")


def test_bars_are_stacked_by_criterion_in_the_cards_order_and_ranked_by_points():
    # Weights 2 3 2 1 1 1. B has 2·1 + 3·2 = 8 points, A 2·2 = 4.
    figure = plot_contributions(contributions(["A", "B"], [[2, 0, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0]]))
    assert figure.layout.barmode == "stack"
    assert figure.layout.yaxis.ticktext == ("B", "A")
    assert [trace.name for trace in figure.data[:6]] == [c.label.en for c in playbook.SCREENING.criteria]
    by_name = traces(figure)
    assert (by_name["Company type"].x, by_name["Company type"].y) == ((2, 4), (0, 1))
    assert (by_name["Position in its industry"].x, by_name["Position in its industry"].y) == ((6,), (0,))
    assert by_name["Budget"].x == ()
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(8, 8), (14, 14)]
    # 6 of the 12 points of both come from the position, and 6 from the company type: neither alone is the most.
    tied = "“Company type” and 1 more contribute most: 50 % each of all points of 2 prospects"
    assert figure.layout.meta["finding"] == tied
    alone = plot_contributions(contributions(["A", "B"], [[2, 0, 0, 0, 0, 0], [2, 2, 0, 0, 0, 0]]))
    assert alone.layout.meta["finding"] == "“Company type” contributes most: 57 % of all points of 2 prospects"
    assert by_name["Company type"].hovertext[0] == "B: 2 from Company type."


def test_a_missing_answer_has_no_bar_and_its_points_are_left_open():
    by_name = traces(plot_contributions(contributions(["A"], [[2, None, 1, 1, 1, 1]])))
    assert by_name["Position in its industry"].x == ()
    # 4 + 2 + 1 + 1 + 1 = 9 are certain, the position may earn 6 more.
    assert by_name["what the missing answers leave open"].x == (9, 15, None)
    assert by_name["Score"].text == (" 9–15",)


def test_prospects_without_any_points_are_not_said_to_have_some():
    figure = plot_contributions(contributions(["A"], [[0] * 6]))
    assert figure.layout.meta["finding"] == "No criterion contributes any points to 1 prospect"


def test_more_criteria_than_colours_wear_patterns():
    scored = cv.score_prospects(cv.load_exercise(), scorecard=playbook.EXERCISE, contributions=True)
    figure = plot_contributions(scored, scorecard=playbook.EXERCISE)
    looks = [(trace.marker.color, trace.marker.pattern.shape) for trace in figure.data[:10]]
    assert len(set(looks)) == 10
    assert looks[0][0] == looks[len(COLOURWAY)][0]


def test_a_criterion_without_weight_is_not_drawn():
    card = replace(
        playbook.SCREENING,
        criteria=(*playbook.SCREENING.criteria[:-1], replace(playbook.SCREENING.criteria[-1], weight=0.0)),
    )
    scored = cv.score_prospects(prospects(["A"]), scorecard=card, contributions=True)
    assert "Budget" not in traces(plot_contributions(scored, scorecard=card))


def ranked(**columns):
    """Return a result of four prospects, the last without a rank."""
    result = sensitivity(["A", "B", "C", "D"], [[2] * 6, [1] * 6, [0] * 6, [None] * 6])
    given = {
        "rank": pd.array([2, 1, 3, None], dtype="Int64"),
        "rank_low": pd.array([1, 1, 3, None], dtype="Int64"),
        "rank_high": pd.array([3, 2, 3, None], dtype="Int64"),
        "top_2_share_of_weight_draws": [0.89, 0.9, 0.001, np.nan],
    }
    return replace(result, prospects=result.prospects.assign(**(given | columns)))


def test_intervals_points_and_shares_are_those_of_the_frame_in_order_of_rank():
    figure = plot_rank_intervals(ranked())
    assert figure.layout.yaxis.ticktext == ("B", "A", "C")
    by_name = traces(figure)
    spread = by_name["rank in the middle 90 % of the draws"]
    assert spread.x == (1, 2, None, 1, 3, None, 3, 3, None)
    assert spread.y == (0, 0, None, 1, 1, None, 2, 2, None)
    assert (by_name["key prospect"].x, by_name["key prospect"].y) == ((2,), (1,))
    assert (by_name["invest"].x, by_name["invest"].y) == ((1,), (0,))
    assert [text.strip() for text in figure.data[-1].text] == ["90 %", "89 %", "0.1 %"]
    assert "1 without a rank" in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_a_prospect_is_safe_in_the_top_from_nine_draws_in_ten():
    finding = plot_rank_intervals(ranked()).layout.meta["finding"]
    assert finding == "1 of the 2 prospects ranked 2 or better stays in the top 2 in at least 90 % of the weight draws"
    both = ranked(top_2_share_of_weight_draws=[0.9, 0.9, 0.0, np.nan])
    assert plot_rank_intervals(both).layout.meta["finding"].startswith("2 of the 2 prospects ranked 2 or better")


def test_contributions_of_nothing_but_missing_answers_say_so():
    finding = plot_contributions(contributions(["A", "B"], [[np.nan] * 6] * 2)).layout.meta["finding"]
    assert finding == "No answer is known of 2 prospects"


@pytest.mark.parametrize(("share", "text"), [(0.8949, "89 %"), (0.8951, "89.5 %"), (0.8999, "89.9 %"), (0.9, "90 %")])
def test_a_share_that_falls_short_of_nine_in_ten_does_not_read_as_nine_in_ten(share, text):
    figure = plot_rank_intervals(ranked(top_2_share_of_weight_draws=[share, 0.9, 0.0, np.nan]))
    assert figure.data[-1].text[1].strip() == text


def test_the_note_says_that_shares_are_no_probabilities():
    assert "no probabilities" in plot_rank_intervals(ranked()).layout.title.subtitle.text.replace("<br>", " ")
    assert "并非概率" in plot_rank_intervals(ranked(), lang="zh").layout.title.subtitle.text.replace("<br>", "")


def test_the_cells_of_the_grid_hold_count_value_and_card():
    cards = [{"probability": c.probability, "amount": c.amount} for c in playbook.PRIORITY_GRID.cards]
    figure = plot_priority_grid(priority_grid(cv.rank_opportunities(pd.DataFrame(cards))))
    shades, words = figure.data
    # Rows from 30 % up, columns from 0.5 M up: the map's first row is drawn at the bottom.
    assert [list(row) for row in shades.z] == [[150_000, 0, 600_000], [0, 600_000, 0], [450_000, 0, 1_800_000]]
    assert figure.layout.yaxis.ticktext == ("30 %", "60 %", "90 %")
    assert figure.layout.xaxis.ticktext == ("500 k", "1 M", "2 M")
    at = dict(zip(zip(words.x, words.y, strict=True), words.text, strict=True))
    assert at[2, 2] == "1 opportunity<br>1.8 M<br>card A"
    assert at[1, 1] == "1 opportunity<br>600 k<br>card B"
    assert at[1, 2] == "0 opportunities<br>0"
    assert plot_priority_grid(
        priority_grid(cv.rank_opportunities(pd.DataFrame(cards))), lang="zh"
    ).layout.xaxis.ticktext == ("50万", "100万", "200万")
