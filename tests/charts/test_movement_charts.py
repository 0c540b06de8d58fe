"""The waterfall and the follow-up list: what is drawn is what the frames hold, in both languages, names as text."""

import copy
import json
import re

import numpy as np
import pandas as pd
import pytest

from custvalue import expected_revenue, playbook
from custvalue.charts import plot_expected_revenue
from custvalue.charts.theme import TEMPLATE
from custvalue.charts.tracking.followup import plot_follow_up
from custvalue.charts.tracking.movement import plot_pipeline_movement
from custvalue.rules.movement import BAR_LABELS
from custvalue.tracking.followup import follow_up
from custvalue.tracking.movement import pipeline_movement

DAY = "2026-09-30"
EVIL = ["<b>x</b> & %{y}", "$a$ and $b$", "line\nbreak"]
KB = 1000


def snap(*rows):
    frame = pd.DataFrame(rows, columns=["opportunity", "amount", "owner", "outcome"])
    return frame.assign(amount=frame["amount"].astype(float))


def movement(**options):
    before = snap(("a", 1e6, "甲", None), ("b", 2e6, "甲", None), ("c", 5e5, "乙", None), ("d", 4e5, "乙", None))
    after = snap(
        ("a", 1.2e6, "甲", None),  # raised by 200 k
        ("b", 2e6, "甲", "won"),
        ("c", 5e5, "甲", None),  # changes hands
        ("e", 3e5, "乙", None),  # new; d was removed
    )
    return pipeline_movement(before, after, **options)


def bars_of(figure):
    """Return every drawn bar from top to bottom as (name, start, length)."""
    names = figure.layout.yaxis.ticktext
    found = {}
    for trace in figure.data:
        if trace.type == "bar":
            for place, start, length in zip(trace.y, trace.base, trace.x, strict=True):
                found[place] = (names[place], start, length)
    return [found[place] for place in sorted(found)]


def test_each_change_begins_where_the_one_before_it_ends():
    # 3.9 M + 300 k new + 200 k raised - 2 M won - 400 k removed = 2 M
    assert bars_of(plot_pipeline_movement(movement())) == [
        ("opening", 0, 3.9e6),
        ("new", 3.9e6, 3e5),
        ("raised", 4.2e6, 2e5),
        ("won", 4.4e6, -2e6),
        ("removed", 2.4e6, -4e5),
        ("closing", 0, 2e6),
    ]


def test_the_title_says_where_most_came_from_and_went_to_in_both_languages():
    assert plot_pipeline_movement(movement()).layout.meta["finding"] == (
        "The pipeline went from 3.9 M to 2 M: most came in as new (+300 k), most went out as won (−2 M)"
    )
    assert plot_pipeline_movement(movement(), lang="zh").layout.meta["finding"] == (
        "销售漏斗从390万变为200万：增加最多的是新增（+30万），减少最多的是赢单（−200万）"
    )


def test_groups_are_added_up_without_the_moves_between_them_and_one_may_be_asked_for():
    grouped = movement(by="owner")
    whole = plot_pipeline_movement(grouped)
    assert bars_of(whole) == bars_of(plot_pipeline_movement(movement()))
    assert whole.layout.title.subtitle.text == "2 groups added up; reassignments between them cancel."
    own = plot_pipeline_movement(grouped, group="乙")
    assert [bar[0] for bar in bars_of(own)] == ["opening", "new", "reassigned from", "removed", "closing"]
    assert own.layout.meta["finding"].startswith("The pipeline of 乙 went from 900 k to 300 k")
    with pytest.raises(ValueError, match="group must be one of the result's: got '丙'"):
        plot_pipeline_movement(grouped, group="丙")


def test_the_bars_frame_alone_is_enough_and_where_nothing_moved_that_is_said():
    still = pipeline_movement(snap(("a", 5.0, "甲", None)), snap(("a", 5.0, "甲", None)))
    figure = plot_pipeline_movement(still.bars)
    assert figure.layout.meta["finding"] == "The pipeline went from 5 to 5: nothing moved"
    with pytest.raises(ValueError, match=r"column 'bar' is needed \(run pipeline_movement first\)"):
        plot_pipeline_movement(still.bars.drop(columns="bar"))


def test_every_bar_has_a_name_of_its_own_in_both_languages():
    for lang in ("en", "zh"):
        texts = [label.text(lang) for label in BAR_LABELS.values()]
        assert len(set(texts)) == len(texts)
        assert all(text.isascii() == (lang == "en") for text in texts)


def deals(names, amounts=None):
    n = len(names)
    stages, kinds = playbook.DEAL_HEAT.names, playbook.ATTITUDES.names
    return pd.DataFrame(
        {
            "opportunity": [f"D{k}" for k in range(n)],
            "account": names,
            "stage": [stages[k % 6] for k in range(n)],
            "attitude": [kinds[k % 5] for k in range(n)],
            "amount": [1e5 * (k + 1) for k in range(n)] if amounts is None else amounts,
            "outcome": None,
        }
    )


def history(n):
    """Return a history in which every deal but the first came to its stage lately."""
    stages = playbook.DEAL_HEAT.names
    past = [(f"D{k}", stages[k % 6], "2026-01-01" if k == 0 else "2026-09-20") for k in range(n)]
    closed = [(f"old {k}", stages[0], "2026-01-01") for k in range(4)]
    frame = pd.DataFrame([*past, *closed], columns=["opportunity", "stage", "entered"])
    return frame.assign(entered=pd.to_datetime(frame["entered"]))


def followed(names, **options):
    frame = deals(names).assign(closed=pd.NaT)
    old = deals([f"old {k}" for k in range(4)]).assign(
        opportunity=[f"old {k}" for k in range(4)], outcome="lost", closed=pd.Timestamp("2026-01-15")
    )
    frame = pd.concat([frame, old], ignore_index=True)
    return follow_up(frame, as_of=DAY, stage_history=history(len(names)), **options)


def test_deals_are_drawn_best_first_with_their_action_and_flags():
    result = followed(["甲", "乙"])
    figure = plot_follow_up(result)
    # 乙: quotation, rejecting: 0.4 x 200 k / 4 h = 20 k; 甲: need defined, unaware: 0.2 x 100 k / 2 h = 10 k, stalled
    plain, flagged, words = figure.data
    assert (plain.name, plain.y, plain.x) == ("expected per hour", (0,), (20000.0,))
    assert (flagged.name, flagged.y, flagged.x) == ("stalled or slipped often", (1,), (10000.0,))
    assert words.text[1] == " 2. 甲: Introduce us and one case from their industry"
    assert "Stalled: 272 days on the stage." in flagged.hovertext[0].replace("<br>", " ")
    assert figure.layout.meta["finding"] == (
        "The first 2 of 2 open deals take 6 h and stand for 100 k expected; 1 of them is stalled or slipped often"
    )
    chinese = plot_follow_up(result, lang="zh")
    assert chinese.data[2].text[1] == " 2. 甲：介绍我们并提供一个同行业案例"
    assert chinese.layout.meta["finding"] == "2个未结商机中前2个需6小时，期望金额10万；其中1个停滞或屡次推迟"


def test_twelve_deals_are_drawn_and_the_others_are_counted():
    names = [f"公司{k}" for k in range(20)]
    amounts = [*range(1, 19), np.nan, np.nan]
    figure = plot_follow_up(follow_up(deals(names, amounts), as_of=DAY))
    assert len(figure.data[-1].text) == 12
    assert figure.layout.title.subtitle.text == ("Shown: 12 of 20. Not shown: 6 ranked lower, 2 without an amount.")


def test_nothing_to_show_says_why():
    empty = follow_up(deals([]), as_of=DAY)
    assert plot_follow_up(empty).layout.meta["finding"] == "No follow-up: there are no open deals"
    unpriced = follow_up(deals(["甲"], [np.nan]), as_of=DAY)
    assert plot_follow_up(unpriced, lang="zh").layout.meta["finding"] == "无跟进：未结商机均无金额"
    still = pipeline_movement(snap(), snap())
    assert plot_pipeline_movement(still).layout.meta["finding"] == "No pipeline movement: there are no deals"


def test_a_frame_without_a_needed_column_or_name_is_refused():
    result = follow_up(deals(["甲"]), as_of=DAY)
    with pytest.raises(ValueError, match=r"column 'action' is needed \(run follow_up first\)"):
        plot_follow_up(result.drop(columns="action"))
    with pytest.raises(ValueError, match="column 'customer' is needed"):
        plot_follow_up(result, name="customer")


def figures(names, lang):
    bulk = [(f"{k}", 10.0 + k, names[k % len(names)], None) for k in range(30)]
    grouped = pipeline_movement(snap(*bulk[:20]), snap(*bulk[10:]), by="owner")
    return [
        plot_follow_up(followed(names), lang=lang),
        plot_pipeline_movement(grouped, lang=lang),
        plot_pipeline_movement(grouped, lang=lang, group=names[0]),
    ]


def texts_of(item, key=""):
    if isinstance(item, dict):
        for name, value in item.items():
            if name != "template":
                yield from texts_of(value, name)
    elif isinstance(item, list):
        for value in item:
            yield from texts_of(value, key)
    elif isinstance(item, str) and key in ("text", "name", "hovertext", "ticktext"):
        yield item


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_names_are_text_and_never_markup_and_every_figure_reads_itself_out(lang):
    for figure in figures(EVIL, lang):
        for text in texts_of(json.loads(figure.to_json())):
            bare = text.replace("<br>", "")
            assert "<" not in bare
            assert "$" not in bare
            assert "%{" not in bare
        assert figure.layout.meta["sentence"].endswith("。" if lang == "zh" else ".")
        assert len(figure.to_json()) < 100 * KB
        assert figure.layout.template.layout.colorway is not None
    assert TEMPLATE == "custvalue"


def test_a_chinese_figure_keeps_no_english_word_and_an_english_one_no_chinese():
    for figure in figures(["甲公司", "乙公司"], "zh"):
        for text in texts_of(json.loads(figure.to_json())):
            assert not re.search(r"[A-Za-z]{2,}", text.replace("<br>", " ")), text
    for figure in figures(["Firm A", "Firm B"], "en"):
        for text in texts_of(json.loads(figure.to_json())):
            assert not re.search(r"[\u4e00-\u9fff]", text), text


def test_the_results_are_not_changed_and_the_same_result_gives_the_same_figure():
    for result, plot in ((followed(["甲", "乙"]), plot_follow_up), (movement(by="owner").bars, plot_pipeline_movement)):
        before = copy.deepcopy(result)
        assert plot(result).to_json() == plot(result).to_json()
        pd.testing.assert_frame_equal(result, before)


def test_the_chart_of_periods_says_how_many_expected_closes_are_taken_at_their_word():
    frame = pd.DataFrame({"amount": [1.0, 2.0], "stage": "terms", "outcome": None})
    frame = frame.assign(expected_close=pd.to_datetime(["2026-10-05", "2026-11-05"]))
    sentence = plot_expected_revenue(expected_revenue(frame, as_of=DAY)).layout.meta["sentence"]
    assert sentence.endswith("The expected close of 2 open deals is taken at its word.")
    timed = expected_revenue(frame.assign(p_win_by_period_end=0.5), as_of=DAY)
    assert "at its word" not in plot_expected_revenue(timed).layout.meta["sentence"]
    chinese = plot_expected_revenue(expected_revenue(frame, as_of=DAY), lang="zh")
    assert chinese.layout.meta["sentence"].endswith("2个未结商机按其预计成交日期计入。")
