"""Treemap of the segments and thresholds moved: what is drawn is what the frames hold, in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

from custvalue.analysis.certainty import segment_certainty
from custvalue.analysis.segment_summary import segment_summary
from custvalue.analysis.segments import segment_accounts
from custvalue.charts.analysis.certainty import plot_threshold_sensitivity
from custvalue.charts.analysis.segment_treemap import plot_segment_treemap


@pytest.fixture
def summary():
    """Return two A1+ with 1.5 M of headroom each, one B20 with 0.2 M, one not placed with 0.5 M."""
    frame = pd.DataFrame(
        {
            "potential": [3e6, 3e6, 1e6, 1e6],
            "winnable_share": [0.8, 0.9, 0.5, None],
            "current_share": [0.2, 0.2, 0.5, 0.2],
            "loyalty": ["+", "+", "0", "-"],
            "revenue": [6e5, 6e5, 5e5, -1e5],
        }
    )
    return segment_summary(segment_accounts(frame))


@pytest.fixture
def certainty():
    """Return accounts at 1.9 M, 2.1 M and 5 M, of which revenue is half."""
    potentials = [1.9e6, 2.1e6, 5e6]
    frame = pd.DataFrame({"potential_low": potentials, "potential_high": potentials, "loyalty": "+"})
    return segment_certainty(frame.assign(revenue=frame["potential_low"] / 2))


def test_every_segment_with_headroom_has_an_area_inside_its_potential_class(summary):
    area = plot_segment_treemap(summary).data[0]
    leaves = {name: (parent, x) for name, parent, x in zip(area.ids, area.parents, area.values, strict=True) if x}
    assert leaves.keys() == {"A1+", "B20", "?"}
    assert leaves["A1+"] == ("A", 3e6)
    assert leaves["B20"][0] == "B"
    assert leaves["B20"][1] == pytest.approx(2e5)
    assert leaves["?"] == ("root", 5e5)


def test_the_title_names_the_largest_and_the_note_those_not_placed(summary):
    figure = plot_segment_treemap(summary)
    # 3 M of 3.7 M.
    assert figure.layout.meta["finding"] == "A1+ holds 81 % of headroom per year: 3 M of 3.7 M"
    assert "500 k belongs to 1 account not placed." in figure.layout.title.subtitle.text.replace("<br>", " ")
    chinese = plot_segment_treemap(summary, lang="zh")
    assert chinese.layout.meta["finding"] == "A1+占年增长空间的81%：370万中的300万"
    assert "1个客户未归类，共50万。" in chinese.layout.title.subtitle.text.replace("<br>", "")


def test_negative_sums_are_left_out_and_said(summary):
    figure = plot_segment_treemap(summary, value="revenue")
    assert figure.layout.meta["finding"] == "A1+ holds 71 % of revenue: 1.2 M of 1.7 M"
    assert (
        "1 segment with a negative sum left out: −100,000." in figure.layout.title.subtitle.text.replace("<br>", " ")
        or "−100 k" in figure.layout.title.subtitle.text
    )


def test_accounts_can_be_counted_instead(summary):
    assert plot_segment_treemap(summary, value="n").layout.meta["finding"] == (
        "A1+ holds 50 % of number of accounts: 2 of 4"
    )


def test_no_headroom_is_nothing_to_show(summary):
    figure = plot_segment_treemap(summary.assign(headroom=np.nan))
    assert figure.layout.annotations[0].text == "no segment has a positive headroom per year."


def test_another_value_is_refused(summary):
    with pytest.raises(ValueError, match="value must be one of"):
        plot_segment_treemap(summary, value="gold")


def test_each_threshold_has_a_line_through_nothing_where_it_is_not_moved(certainty):
    figure = plot_threshold_sensitivity(certainty)
    lines = {trace.name: dict(zip(trace.x, trace.y, strict=True)) for trace in figure.data}
    assert list(lines) == ["potential 500 k", "potential 2 M", "share 30 %", "share 70 %"]
    # 2 M x 0.9 takes in 1.9 M, x 1.1 leaves out 2.1 M: one of three each; nobody else is within 20 %.
    assert lines["potential 2 M"] == {-0.2: 0.333333, -0.1: 0.333333, 0.0: 0.0, 0.1: 0.333333, 0.2: 0.333333}
    assert set(lines["share 30 %"].values()) == {0.0}


def test_the_title_names_the_threshold_that_matters_and_the_note_who_is_near_one(certainty):
    figure = plot_threshold_sensitivity(certainty)
    assert figure.layout.meta["finding"] == (
        "Moving the potential threshold 2 M by −10 % puts 33 % of accounts in another segment"
    )
    assert figure.layout.title.subtitle.text.replace("<br>", " ") == "2 accounts (67 %) lie near a threshold."
    chinese = plot_threshold_sensitivity(certainty, lang="zh")
    assert chinese.layout.meta["finding"] == "潜力阈值200万移动−10%会使33%的客户改变细分"


def test_nothing_moves_where_nobody_is_near():
    frame = pd.DataFrame({"potential_low": [1e6], "potential_high": [1e6], "loyalty": "+", "revenue": 5e5})
    figure = plot_threshold_sensitivity(segment_certainty(frame))
    assert figure.layout.meta["finding"] == "No account changes segment when a threshold moves by ±20 %"


def test_no_accounts_are_nothing_to_show():
    frame = pd.DataFrame({"potential_low": [1e6], "potential_high": [1e6], "loyalty": "+", "revenue": 5e5})
    figure = plot_threshold_sensitivity(segment_certainty(frame.iloc[:0]))
    assert figure.layout.annotations[0].text == "there are no accounts in a segment."


def test_another_result_is_refused():
    with pytest.raises(ValueError, match="Run segment_certainty first"):
        plot_threshold_sensitivity(pd.DataFrame())


def test_chinese_figures_keep_no_english_word_and_are_small(summary, certainty):
    for figure in (plot_segment_treemap(summary, lang="zh"), plot_threshold_sensitivity(certainty, lang="zh")):
        assert len(figure.to_json()) < 100_000
        assert figure.layout.meta["sentence"].endswith("。")
        texts = [figure.layout.title.text, figure.layout.title.subtitle.text, figure.layout.meta["sentence"]]
        for trace in figure.data:
            texts += [trace.name, *trace.hovertext, *(trace.labels or () if trace.type == "treemap" else ())]
        for text in texts:
            assert not re.search(r"[A-Za-z]{2,}", text.replace("<br>", "")), text


def test_texts_that_do_not_fit_their_area_are_hidden(summary):
    layout = plot_segment_treemap(summary).layout
    assert (layout.uniformtext.mode, layout.uniformtext.minsize) == ("hide", 9)
