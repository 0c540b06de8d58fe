"""The Lorenz curve as drawn, its band, and the Pareto chart's word on limits found from the curve."""

import numpy as np
import pandas as pd
import pytest

from custvalue import concentration
from custvalue.charts import plot_concentration
from custvalue.charts.analysis.lorenz import plot_lorenz
from custvalue.charts.theme import TEMPLATE

FIVE = [40.0, 10.0, 10.0, 20.0, 20.0]


def one(values, **options):
    return concentration(pd.DataFrame({"revenue": values}), **options)


@pytest.fixture(scope="module")
def followed():
    """Return 300 customers over six quarters, and their next."""
    draw = np.random.default_rng(1)
    revenue = np.exp(draw.normal(9, 1, (300, 1)) + draw.normal(0, 0.4, (300, 6)))
    periods = [f"2025Q{k}" for k in range(1, 5)] + ["2026Q1", "2026Q2"]
    frame = pd.DataFrame({"account": np.repeat(np.arange(300), 6), "period": periods * 300, "revenue": revenue.ravel()})
    result = concentration(frame, by="period", account="account")
    return result, result.next_period(seed=1, draws=100)


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_the_line_adds_up_from_the_smallest_and_the_top_fifth_is_marked():
    figure = plot_lorenz(one(FIVE))
    drawn = traces(figure)
    assert drawn["share held"].x == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert drawn["share held"].y == (0.0, 0.1, 0.2, 0.4, 0.6, 1.0)
    assert (drawn["all equal"].x, drawn["all equal"].y) == ((0, 1), (0, 1))
    assert (drawn["top 20 %: 40 %"].x, drawn["top 20 %: 40 %"].y) == ((0.8,), (0.6,))
    # Gini: (4·40 + 2·20 + 0·20 − 2·10 − 4·10) ÷ (5·100) = 0.28; the smaller half holds 10 + 10 + 20 ÷ 2 = 30.
    assert figure.layout.meta["finding"] == "The top 20 % of customers hold 40 % of revenue (Gini 0.28)"
    assert "the smaller half holds 30 %" in figure.layout.meta["sentence"]


def test_every_word_is_chinese_where_it_is_asked_for():
    figure = plot_lorenz(one(FIVE), lang="zh")
    assert figure.layout.meta["finding"] == "前20%的客户占销售额的40%（基尼系数0.28）"
    assert [trace.name for trace in figure.data] == ["完全相等", "累计占比", "前20%：40%"]
    assert figure.layout.xaxis.title.text == "客户（从小到大）"
    assert figure.layout.title.subtitle.text == "5个客户。"


def test_of_several_periods_the_last_is_drawn(followed):
    result, _ = followed
    figure = plot_lorenz(result)
    assert figure.layout.title.subtitle.text == "2026Q2, 300 customers."
    points = result.lorenz()
    last = points.loc[points["period"] == "2026Q2", "smallest_share"]
    assert traces(figure)["share held"].y == pytest.approx(tuple(last), abs=1e-5)


def test_the_band_is_that_of_the_next_period_and_holds_its_median(followed):
    result, coming = followed
    figure = plot_lorenz(result, next_period=coming)
    band = traces(figure)["next period (90 %)"]
    assert band.fill == "toself"
    assert band.x == pytest.approx((*coming.curve["account_share"], *coming.curve["account_share"][::-1]), abs=1e-5)
    assert band.y == pytest.approx((*coming.curve["low"], *coming.curve["high"][::-1]), abs=1e-5)
    half = coming.curve.loc[50, ["low", "high"]]
    ends = [f"{100 * value:.0f} %" for value in half]
    assert f"may hold {ends[0]} to {ends[1]} (90 %)" in figure.layout.meta["sentence"]
    assert "下一期（90%）" in traces(plot_lorenz(result, next_period=coming, lang="zh"))


def test_a_next_period_without_intervals_gives_no_band_and_a_note():
    frame = pd.DataFrame({"account": [1, 2], "period": "2026Q1", "revenue": [3.0, 1.0]})
    result = concentration(frame, by="period", account="account")
    figure = plot_lorenz(result, next_period=result.next_period(seed=1))
    assert len(figure.data) == 3
    assert "No band" in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_net_values_run_below_zero_and_are_said():
    figure = plot_lorenz(one([80.0, -20.0, 40.0]))
    assert traces(figure)["share held"].y == (0.0, -0.2, 0.2, 1.0)
    assert figure.layout.yaxis.range[0] == -0.2
    assert figure.layout.meta["finding"] == "The top 20 % of customers hold 80 % of revenue"  # no Gini of net values
    assert "below zero" in figure.layout.title.subtitle.text


def test_nothing_to_draw_says_so_in_both_languages():
    assert plot_lorenz(one([0.0, 0.0])).layout.title.text == "Nothing to show"
    assert plot_lorenz(one([0.0]), lang="zh").layout.title.text == "没有可显示的内容"
    empty = concentration(pd.DataFrame({"period": pd.Series([], dtype="str"), "revenue": []}), by="period")
    assert len(plot_lorenz(empty).data) == 0


def test_a_name_of_a_value_is_text():
    result = concentration(pd.DataFrame({"<b>": [3.0, 1.0]}), value="<b>")
    figure = plot_lorenz(result)
    assert "&lt;b&gt;" in figure.layout.yaxis.title.text
    assert "<b>" not in figure.layout.title.text


def test_a_figure_of_100_000_customers_is_small_and_wears_the_template():
    figure = plot_lorenz(one(np.exp(np.random.default_rng(1).normal(9, 2, 100_000))))
    assert len(figure.to_json().encode()) < 100_000
    assert 1000 < len(traces(figure)["share held"].x) <= 2000
    assert figure.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert TEMPLATE == "custvalue"


def test_other_things_are_refused():
    with pytest.raises(ValueError, match="draws what concentration returned: got DataFrame"):
        plot_lorenz(pd.DataFrame({"revenue": [1.0]}))
    with pytest.raises(ValueError, match=r"next_period must be what .* returned: got DataFrame"):
        plot_lorenz(one(FIVE), next_period=pd.DataFrame())
    frame = pd.DataFrame({"region": ["E", "W"], "revenue": [1.0, 2.0]})
    with pytest.raises(ValueError, match="one group, or the last period: got 2 groups"):
        plot_lorenz(concentration(frame, by="region"))
    with pytest.raises(ValueError, match="lang must be 'en' or 'zh'"):
        plot_lorenz(one(FIVE), lang="de")


def test_the_pareto_chart_says_where_limits_found_from_the_curve_lie():
    # 10 5 2 1 1 1: A ends at 75 %, B at 85 %.
    found = one([10.0, 5.0, 2.0, 1.0, 1.0, 1.0], class_limits="auto")
    assert "A to 75.0 %, B to 85.0 %" in plot_concentration(found).layout.title.subtitle.text.replace("<br>", " ")
    assert "A类至75.0%，B类至85.0%" in plot_concentration(found, lang="zh").layout.title.subtitle.text.replace(
        "<br>", ""
    )
    assert "shape of the curve" not in plot_concentration(one(FIVE)).layout.title.subtitle.text


def test_with_a_next_period_the_title_speaks_of_customers_with_revenue(followed):
    result, coming = followed
    assert plot_lorenz(result).layout.meta["finding"].startswith("The top 20 % of customers hold ")
    finding = plot_lorenz(result, next_period=coming).layout.meta["finding"]
    assert finding.startswith("The top 20 % of customers with revenue hold ")
    chinese = plot_lorenz(result, next_period=coming, lang="zh").layout.meta["finding"]
    assert chinese.startswith("有销售额的客户中，前20%占")


@pytest.mark.parametrize("sizes", ["heavy", "equal"])
def test_the_label_of_the_top_fifth_keeps_clear_of_the_band_and_the_lines(followed, sizes):
    result, coming = followed
    figure = plot_lorenz(result, next_period=coming) if sizes == "heavy" else plot_lorenz(one([1.0] * 40))
    (label,) = (note for note in figure.layout.annotations if "20 %" in note.text)
    left, right = label.ax - 0.25, label.ax  # the text ends at ax and is about a quarter of the axis wide
    assert label.xanchor == "right"
    low, high = label.ay - 0.03, label.ay + 0.03
    for name, trace in traces(figure).items():
        x, y = np.array(trace.x, dtype=float), np.array(trace.y, dtype=float)
        if name.startswith("top 20 %"):
            continue
        for piece in np.array_split(np.arange(x.size), 2) if trace.fill else [np.arange(x.size)]:
            order = np.argsort(x[piece])
            at = np.interp(np.linspace(left, right, 50), x[piece][order], y[piece][order])
            assert (at > high).all() or (at < low).all(), name
