"""Pareto, segments and walls: what is drawn is what the frame holds, decimated without losing a crossing."""

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.charts import plot_concentration, plot_segments, plot_walls
from custvalue.charts.theme import ordered_colours

WALL = list(playbook.WALL.scorecard.names)


def traces(figure):
    return {trace.name: trace for trace in figure.data}


@pytest.fixture
def five():
    """Return five customers with 50, 30, 10, 6 and 4 of 100: A up to 80, B up to 95 and its crossing, then C."""
    frame = pd.DataFrame({"account": ["e", "d", "c", "b", "a"], "revenue": [4.0, 6.0, 10.0, 30.0, 50.0]})
    return cv.concentration(frame)


def test_bars_are_the_shares_from_the_largest_by_class_and_the_line_adds_them_up(five):
    drawn = traces(plot_concentration(five))
    assert (drawn["class A (2)"].x, drawn["class A (2)"].y) == ((0.5, 1.5), (0.5, 0.3))
    assert (drawn["class B (2)"].x, drawn["class B (2)"].y) == ((2.5, 3.5), (0.1, 0.06))
    assert (drawn["class C (1)"].x, drawn["class C (1)"].y) == ((4.5,), (0.04,))
    assert drawn["cumulative share"].x == (0, 1, 2, 3, 4, 5)
    assert drawn["cumulative share"].y == (0.0, 0.5, 0.8, 0.9, 0.96, 1.0)


def test_both_levels_are_marked_where_they_are_reached(five):
    figure = plot_concentration(five)
    assert (traces(figure)["levels"].x, traces(figure)["levels"].y) == ((2, 2), (0.8, 0.8))
    assert [note.text for note in figure.layout.annotations] == ["70 %: 2 customers (40 %)", "80 %: 2 customers (40 %)"]
    assert figure.layout.title.text == "2 of 5 customers (40 %) supply 70 % of revenue"
    assert "The top 20 % hold 50 %." in figure.layout.meta["sentence"]


def test_few_customers_are_named_and_priced_in_the_hover_text(five):
    figure = plot_concentration(five)
    assert figure.layout.xaxis.ticktext == ("a", "b", "c", "d", "e")
    assert figure.data[0].hovertext[0] == "a is number 1 with 50.0 % of revenue, 50."
    assert plot_concentration(five, lang="zh").data[0].hovertext[0] == "a排名第1，占销售额的50.0%，即50。"


def test_classes_are_coloured_in_their_order_and_labelled_in_chinese(five):
    figure = plot_concentration(five, lang="zh")
    assert [trace.name for trace in figure.data[:3]] == ["A类（2）", "B类（2）", "C类（1）"]
    assert [trace.marker.color for trace in figure.data[:3]] == ordered_colours(3)[::-1]
    assert figure.layout.yaxis.title.text == "占销售额的比重"
    assert figure.layout.xaxis.title.text == "客户（从大到小）"


def test_another_value_column_gives_its_name(five):
    margins = cv.concentration(pd.DataFrame({"<margin>": [3.0, 1.0]}), value="<margin>")
    figure = plot_concentration(margins, value="<margin>")
    assert figure.layout.title.text == "1 of 2 customers (50 %) supplies 70 % of &lt;margin&gt;"
    assert figure.layout.yaxis.title.text == "Share of &lt;margin&gt;"


@pytest.fixture
def many():
    """Return 10,007 customers with log-normal revenue."""
    revenue = np.exp(np.random.default_rng(5).normal(10, 2, 10_007))
    return cv.concentration(pd.DataFrame({"revenue": revenue}))


def test_a_decimated_line_keeps_the_ends_the_levels_and_the_class_limits_and_lies_on_the_curve(many):
    line = traces(plot_concentration(many))["cumulative share"]
    assert len(line.x) <= 1010
    ranked = many.accounts.sort_values("rank")["cumulative_share"].to_numpy()
    summary = many.summary.iloc[0]
    limits = many.accounts["concentration_class"].value_counts()
    needed = {0, 1, 10_007, summary["n_for_70"], summary["n_for_80"], limits["A"], limits["A"] + limits["B"]}
    assert needed <= set(line.x)
    assert list(line.x) == sorted(set(line.x))
    on_curve = [float(f"{ranked[k - 1]:.6g}") for k in line.x[1:]]
    assert list(line.y[1:]) == on_curve


def test_the_dropped_points_lie_within_a_hundredth_of_the_drawn_line(many):
    line = traces(plot_concentration(many))["cumulative share"]
    ranked = many.accounts.sort_values("rank")["cumulative_share"].to_numpy()
    between = np.interp(np.arange(1, ranked.size + 1), line.x, line.y)
    assert np.abs(between - ranked).max() < 0.01


def test_bars_of_many_customers_add_up_equal_numbers_and_lose_no_revenue(many):
    figure = plot_concentration(many)
    bars = figure.data[:3]
    assert sum(sum(trace.y) for trace in bars) == pytest.approx(1.0, abs=1e-5)
    assert {width for trace in bars for width in trace.width} == {200, 201}
    assert figure.layout.title.subtitle.text == "Each bar adds up 200 or 201 customers."


def test_negative_and_missing_values_are_said():
    revenue = [60.0, 50.0, None, -10.0]
    figure = plot_concentration(cv.concentration(pd.DataFrame({"revenue": revenue})))
    assert figure.layout.title.subtitle.text == "1 negative customer: −10. 1 without a value left out."
    assert figure.layout.meta["finding"] == (
        "2 of 3 customers (67 %) supply 70 % of revenue; net of 1 negative customer: shares pass 100 %"
    )
    assert traces(figure)["cumulative share"].y == (0.0, 0.6, 1.1, 1.0)
    assert figure.layout.yaxis.range[0] == -0.1
    assert figure.layout.yaxis.range[1] > 1.1


def test_the_warning_of_negative_values_is_also_chinese():
    revenue = [60.0, 50.0, -6.0, -4.0]
    figure = plot_concentration(cv.concentration(pd.DataFrame({"revenue": revenue})), lang="zh")
    assert figure.layout.meta["finding"] == "4个客户中的2个（50%）提供70%的销售额；已减去2个负值客户：占比超过100%"
    assert figure.layout.title.subtitle.text == "2个客户为负值，合计−10。"


def test_each_level_is_written_at_its_own_mark_on_the_free_side_of_the_line():
    revenue = [65.0, 10.0, 10.0, 5.0, 4.0, 3.0, 2.0, 1.0]  # 70 % at the second, 80 % at the third of eight
    figure = plot_concentration(cv.concentration(pd.DataFrame({"revenue": revenue})))
    assert [(note.x, note.y, note.xanchor) for note in figure.layout.annotations] == [
        (2, 0.7, "left"),
        (3, 0.8, "left"),
    ]
    flat = plot_concentration(cv.concentration(pd.DataFrame({"revenue": [1.0] * 10})))
    assert [(note.x, note.y, note.xanchor) for note in flat.layout.annotations] == [
        (7, 0.7, "right"),
        (8, 0.8, "right"),
    ]


def test_a_single_customer_needs_no_words_on_its_bar():
    figure = plot_concentration(cv.concentration(pd.DataFrame({"revenue": [5.0]})))
    assert len(figure.layout.annotations) == 0
    assert figure.layout.meta["finding"] == "1 of 1 customer (100 %) supplies 70 % of revenue"


def test_one_of_several_customers_is_one_customer():
    figure = plot_concentration(cv.concentration(pd.DataFrame({"revenue": [90.0, 5.0, 5.0]})))
    assert [note.text for note in figure.layout.annotations] == ["70 %: 1 customer (33 %)", "80 %: 1 customer (33 %)"]


def test_a_total_that_is_not_positive_has_nothing_to_show():
    figure = plot_concentration(cv.concentration(pd.DataFrame({"revenue": [5.0, -9.0]})), lang="zh")
    assert figure.layout.annotations[0].text == "合计不为正，占比无定义。"


def test_several_groups_are_refused():
    frame = pd.DataFrame({"revenue": [1.0, 2.0], "period": ["2026Q2", "2026Q3"]})
    with pytest.raises(ValueError, match="draws one group: got 2 groups"):
        plot_concentration(cv.concentration(frame, by="period"))


@pytest.fixture
def segmented():
    """Return four accounts: two A1+ with 1.5 M of headroom each, one C3- without a known one, one not placed."""
    return cv.segment_summary(
        cv.segment_accounts(
            pd.DataFrame(
                {
                    "potential": [3e6, 3e6, 1e5, 1e5],
                    "winnable_share": [0.8, 0.9, 0.1, None],
                    "current_share": [0.2, 0.2, None, 0.1],
                    "loyalty": ["+", "+", "-", "-"],
                }
            )
        )
    )


def test_each_loyalty_has_a_panel_of_potential_by_share_best_first(segmented):
    figure = plot_segments(segmented)
    heat = [trace for trace in figure.data if trace.type == "heatmap"]
    assert [trace.name for trace in heat] == ["+ supports us", "0 neutral", "- does not support us"]
    assert tuple(map(tuple, heat[0].z)) == ((3e6, None, None), (None, None, None), (None, None, None))
    # The headroom of the one in C3- is unknown: no colour, which is not that of none.
    assert tuple(map(tuple, heat[2].z)) == ((None, None, None), (None, None, None), (None, None, None))
    assert figure.layout.yaxis.ticktext[0].startswith("A ")
    assert figure.layout.yaxis.range == (2.5, -0.5)
    assert figure.layout.xaxis3.ticktext[2].replace("<br>", " ") == "3 we may win below 30 %"
    assert {trace.coloraxis for trace in heat} == {"coloraxis"}
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 3e6)
    assert figure.layout.coloraxis.colorbar.title.text == "Headroom per year"
    assert figure.layout.coloraxis.colorbar.ticktext[-1] == "3 M"


def test_cells_carry_number_and_headroom_and_unknown_headroom_is_not_zero(segmented):
    words = [trace.text for trace in plot_segments(segmented).data if trace.type == "scatter"]
    assert words[0][0] == "2<br>3 M"
    assert words[0][1] == "0"
    assert words[2][8] == "1<br>unknown"


def test_the_title_names_the_most_headroom_and_the_note_who_could_not_be_placed(segmented):
    figure = plot_segments(segmented)
    assert figure.layout.meta["finding"] == "A1+ holds the most headroom: 3 M of 3 M a year, at 2 accounts"
    assert "1 account not placed: an input is missing." in figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "Headroom unknown for 1 account." in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_without_headroom_the_title_names_the_largest_segment(segmented):
    figure = plot_segments(segmented.drop(columns="headroom"), lang="zh")
    assert figure.layout.meta["finding"] == "最大的细分是A1+：4个客户中的2个；增长空间未知"
    assert "所有客户的增长空间均未知：缺少现有份额。" in figure.layout.title.subtitle.text.replace("<br>", "")
    assert figure.data[0].z[0][0] == 2
    assert figure.layout.coloraxis.colorbar.title.text == "客户数"
    assert [note.text for note in figure.layout.annotations] == ["+ 支持（2）", "0 中立（0）", "- 不支持（1）"]


def segments_of(*rows, lang="en"):
    """Draw accounts given as potential, winnable share, current share."""
    frame = pd.DataFrame(rows, columns=["potential", "winnable_share", "current_share"]).assign(loyalty="+")
    return plot_segments(cv.segment_summary(cv.segment_accounts(frame)), lang=lang)


def test_headroom_where_little_may_be_won_is_told_apart():
    # Headroom is potential x (0.7 - held): 5 M in A3+, 1 M in B1+, 0.6 M in B2+.
    rows = [(1e7, 0.1, 0.2), (2e6, 0.8, 0.2), (1.5e6, 0.5, 0.3)]
    figure = segments_of(*rows)
    assert figure.layout.meta["finding"] == (
        "Leaving out class 3, B1+ holds the most headroom: 1 M of 1.6 M a year, at 1 account"
    )
    note = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "5 M more lies in class 3: we may win below 30 %." in note
    assert note.endswith("Headroom does not ask what share we may win.")
    chinese = segments_of(*rows, lang="zh")
    assert chinese.layout.meta["finding"] == "不计第3类，B1+的增长空间最大：每年160万中的100万，1个客户"
    assert "另有500万在第3类：可能得到30%以下。" in chinese.layout.title.subtitle.text.replace("<br>", "")


def test_headroom_only_where_little_may_be_won_is_said_to_lie_there():
    figure = segments_of((1e7, 0.1, 0.2), (2e6, 0.8, 0.7))
    assert figure.layout.meta["finding"] == "All known headroom, 5 M a year, lies in class 3: we may win below 30 %"


def test_segments_with_the_same_headroom_tie():
    figure = segments_of((3e6, 0.8, 0.2), (3e6, 0.5, 0.2), (1e6, 0.8, 0.2))
    assert figure.layout.meta["finding"] == "A1+ and A2+ tie for the most headroom: 1.5 M each, of 3.5 M a year"


def test_unknown_headroom_is_said_and_the_cells_are_coloured_by_number():
    figure = segments_of((3e6, 0.8, None), (3e6, 0.8, None), (1e6, 0.8, None))
    assert figure.layout.meta["finding"] == ("The largest segment is A1+: 2 of 3 accounts; headroom is unknown")
    note = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "Headroom is unknown for every account: the share we hold is missing." in note
    assert [row[0] for row in figure.data[0].z] == [2, 1, None]
    assert figure.layout.coloraxis.colorbar.title.text == "Number of accounts"
    tied = segments_of((3e6, 0.8, None), (1e6, 0.8, None))
    assert tied.layout.meta["finding"] == (
        "A1+ and B1+ tie for the largest segment: 1 of 2 accounts each; headroom is unknown"
    )


def test_headroom_that_is_used_up_is_not_unknown():
    figure = segments_of((3e6, 0.8, 0.9))
    assert figure.layout.meta["finding"] == "The largest segment is A1+: 1 of 1 account; no headroom is left"


def walls():
    full = [(account, name, today, 2) for account, today in (("甲", 0), ("乙", 1)) for name in WALL]
    part = [("丙", name, 2 if place < 4 else None, 2) for place, name in enumerate(WALL)]
    return cv.score_walls(
        pd.DataFrame(full + part, columns=["account", "criterion", "today", "tomorrow"]).assign(hours=1.0)
    )


def test_walls_stand_from_the_weakest_up_with_today_tomorrow_and_what_is_open():
    figure = plot_walls(walls())
    drawn = traces(figure)
    assert figure.layout.yaxis.ticktext == ("甲", "丙", "乙")
    assert (drawn["today: poor (below 10)"].x, drawn["today: poor (below 10)"].y) == ((0.0,), (0,))
    assert (drawn["today: good (10 to 14)"].x, drawn["today: good (10 to 14)"].y) == ((10.0,), (2,))
    # Four criteria at 2 are certain, six missing ones may earn 12 more.
    assert (drawn["today: undecided"].x, drawn["today: undecided"].y) == ((8.0,), (1,))
    assert drawn["what the missing answers leave open"].x == (8.0, 20.0, None)
    assert drawn["aimed at for tomorrow"].x == (20.0, 20.0, 20.0)
    assert drawn["the way to go"].x == (0.0, 20.0, None, 8.0, 20.0, None, 10.0, 20.0, None)


def test_the_walls_title_axis_and_bands_are_the_rules_in_chinese():
    figure = plot_walls(walls(), lang="zh")
    assert figure.layout.meta["finding"] == "3道围墙中今天有1道为“差”，按计划行动后为0道；1道因缺少答案而未定"
    assert figure.layout.xaxis.title.text == "围墙准则：得分（满分20）"
    assert {"今天：非常好（高于14）", "今天：好（10–14）", "今天：差（低于10）"} <= set(traces(figure))
    assert [shape.x0 for shape in figure.layout.shapes] == [10.0, 14.0]


def test_walls_of_several_periods_are_named_by_both():
    rows = [("甲", period, name, 1, 1) for period in ("2026Q2", "2026Q3") for name in WALL]
    frame = pd.DataFrame(rows, columns=["account", "period", "criterion", "today", "tomorrow"])
    figure = plot_walls(cv.score_walls(frame, by="period"))
    assert figure.layout.yaxis.ticktext == ("甲 · 2026Q2", "甲 · 2026Q3")


def test_one_wall_is_a_wall():
    rows = [("甲", name, 1, 1) for name in WALL]
    figure = plot_walls(cv.score_walls(pd.DataFrame(rows, columns=["account", "criterion", "today", "tomorrow"])))
    assert figure.layout.meta["finding"] == "0 of 1 wall is “poor” today, 0 after the planned actions"


def test_the_twenty_weakest_walls_are_drawn():
    rows = [(f"k{k:02d}", name, int(place < k), 1) for k in range(11) for place, name in enumerate(WALL)]
    rows += [(f"m{k:02d}", name, 1, 1) for k in range(15) for name in WALL]
    frame = cv.score_walls(pd.DataFrame(rows, columns=["account", "criterion", "today", "tomorrow"]))
    figure = plot_walls(frame)
    assert len(figure.layout.yaxis.ticktext) == 20
    assert figure.layout.yaxis.ticktext[:10] == tuple(f"k{k:02d}" for k in range(10))
    assert figure.layout.title.subtitle.text == "Shown: 20 of 26, the weakest."
