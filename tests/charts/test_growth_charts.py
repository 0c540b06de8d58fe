"""Growth points, lifecycle and overdue accounts: what is drawn is what the result holds."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from custvalue.analysis.buying import buying_pattern
from custvalue.analysis.growth import growth_points
from custvalue.analysis.lifecycle import customer_lifecycle
from custvalue.charts.analysis.buying import plot_overdue
from custvalue.charts.analysis.growth import plot_growth_points
from custvalue.charts.analysis.lifecycle import plot_customer_lifecycle

AS_OF = "2026-09-30"
EVIL = "<b>x</b> & %{y} $a$"
KB = 1000


def grown(names, n_groups=3, top=2):
    n = len(names)
    return growth_points(
        pd.DataFrame(
            {
                "account": names,
                "region": [["甲地", "乙地", None][row % 3] for row in range(n)]
                if n_groups == 3
                else [f"{row % n_groups}" for row in range(n)],
                "revenue": [100.0 + row for row in range(n)],
                "headroom": [10.0 * (row + 1) for row in range(n)],
            }
        ),
        top=top,
    )


def bought(names):
    days = pd.date_range("2024-01-15", "2026-09-25", freq="30D")
    frames = [
        pd.DataFrame({"account": name, "date": days[: len(days) - 8 * (row % 2)], "amount": 100.0 * (row + 1)})
        for row, name in enumerate(names)
    ]
    return pd.concat(frames) if frames else pd.DataFrame({"account": [], "date": pd.to_datetime([]), "amount": []})


def lived(names, start="2022-01-01"):
    return customer_lifecycle(bought(names), as_of=AS_OF, history_start=start)


CASES = {
    "growth": (plot_growth_points, grown),
    "lifecycle": (plot_customer_lifecycle, lived),
    "overdue": (plot_overdue, lambda names: buying_pattern(bought(names), as_of=AS_OF)),
}
NAMES = ["甲公司", "乙公司", "丙公司", "丁公司"]


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture(params=["en", "zh"])
def lang(request):
    return request.param


def words_of(figure):
    """Return every text of a figure but its template, as one."""
    content = json.loads(figure.to_json())
    content["layout"].pop("template")
    found = []

    def walk(item, key=""):
        if isinstance(item, dict):
            for name, value in item.items():
                walk(value, name)
        elif isinstance(item, list):
            for value in item:
                walk(value, key)
        elif isinstance(item, str) and key in ("text", "name", "hovertext", "ticktext"):
            found.append(item)

    walk(content)
    return " ".join(found)


def test_each_figure_states_a_finding_with_a_number_and_reads_itself_out(case, lang):
    plot, make = case
    figure = plot(make(NAMES), lang=lang)
    assert re.search(r"\d", figure.layout.title.text)
    assert figure.layout.meta["sentence"].endswith("。" if lang == "zh" else ".")
    assert "{" not in figure.layout.meta["sentence"]


def test_a_chinese_figure_keeps_no_english_word_and_an_english_one_no_chinese(case):
    plot, make = case
    chinese = re.sub(r"<br>", " ", words_of(plot(make(NAMES), lang="zh")))
    assert not re.search(r"[A-Za-z]{2,}", chinese), chinese
    result = make(["Firm A", "Firm B", "Firm C", "Firm D"])
    english = words_of(plot(result, lang="en")).replace("甲地", "").replace("乙地", "")
    assert not re.search(r"[\u4e00-\u9fff]", english), english


def test_names_are_text_and_never_markup(lang):
    regions = growth_points(
        pd.DataFrame({"account": ["a"], "region": [EVIL], "revenue": [1.0], "headroom": [1.0]}), top=1
    )
    for figure in (
        plot_growth_points(regions, lang=lang),
        plot_overdue(buying_pattern(bought(["x", EVIL]), as_of=AS_OF), lang=lang),
    ):
        text = words_of(figure).replace("<br>", " ")
        assert "&lt;b&gt;x&lt;/b&gt;" in text
        assert "<" not in text
        assert "$" not in text
        assert "%{" not in text


def test_growth_bars_are_the_shares_and_stand_under_their_dimension():
    figure = plot_growth_points(grown(NAMES))
    # Headroom 10 + 40 in 甲地, 20 in 乙地, 30 without a region; revenue 100 + 103, 101 and 102.
    assert figure.layout.yaxis.ticktext == ("Region:", "甲地", "乙地", "(no name)")
    headroom, revenue = figure.data
    assert headroom.y == (1, 2, 3)
    assert headroom.x == (0.5, 0.2, 0.3)
    assert revenue.x == pytest.approx((203 / 406, 101 / 406, 102 / 406), abs=1e-6)
    assert figure.layout.meta["finding"] == (
        "甲地 holds 50 % of headroom with 50 % of revenue; 2 accounts hold 70 % of headroom"
    )


def test_growth_without_headroom_says_so_and_many_groups_are_counted():
    unknown = growth_points(pd.DataFrame({"account": ["a"], "region": ["N"], "revenue": [5.0], "headroom": [np.nan]}))
    assert plot_growth_points(unknown).layout.meta["finding"] == (
        "N brings 100 % of revenue; there is no known headroom"
    )
    many = plot_growth_points(grown([f"c{k}" for k in range(30)], n_groups=12))
    assert len(many.data[0].x) == 8
    assert "Shown: 8 of 12" in many.layout.meta["sentence"]


def test_lifecycle_bars_are_the_counts_by_state():
    result = lived(NAMES)
    figure = plot_customer_lifecycle(result)
    last = {trace.name: trace.y[-1] for trace in figure.data}
    counts = result.periods[result.periods["period"] == "2026Q3"].set_index("state")["n"]
    # All four bought in the last four whole quarters and are customers since January 2024.
    assert counts["existing"] == 4
    assert last == {"new customer": 0, "existing customer": 4}
    assert figure.layout.meta["finding"] == "2026Q3: 4 existing customers"
    assert figure.layout.xaxis.ticktext[-1] == "2026Q3"
    assert len(figure.layout.xaxis.ticktext) == 16
    assert "Shown: 16 of 19" in figure.layout.meta["sentence"]


def test_lifecycle_says_what_the_data_cannot_tell():
    sentence = plot_customer_lifecycle(lived(NAMES, start="2024-01-01")).layout.meta["sentence"]
    assert "The data begin 2024Q1: too late to tell new customers from existing ones." in sentence


def test_overdue_accounts_are_drawn_by_revenue_at_risk_with_their_rhythm():
    result = buying_pattern(bought(NAMES), as_of=AS_OF)
    figure = plot_overdue(result)
    # 乙公司 and 丁公司 stopped eight purchases before the others; 丁公司 pays twice as much.
    assert figure.layout.yaxis.ticktext == ("丁公司", "乙公司")
    bars, gaps, texts = figure.data
    assert bars.x == tuple(result.accounts["recency"].iloc[:2])
    assert gaps.x == (30.0, 30.0)
    assert texts.text[0].strip().endswith("at risk")
    assert figure.layout.meta["finding"].startswith("2 of 4 accounts are overdue by their own rhythm")


def test_nobody_overdue_is_said_and_nothing_drawn():
    figure = plot_overdue(buying_pattern(bought(["a"]), as_of=AS_OF))
    assert figure.layout.meta["finding"] == "None of 1 account judged is overdue by its own rhythm"
    assert len(figure.data) == 0


def test_nothing_gives_a_figure_that_says_so(case, lang):
    plot, make = case
    figure = plot(make([]), lang=lang)
    assert figure.layout.title.text == ("没有可显示的内容" if lang == "zh" else "Nothing to show")
    assert len(figure.data) == 0


def test_a_frame_in_place_of_a_result_and_another_language_are_refused(case):
    plot, make = case
    with pytest.raises(ValueError, match=r"draws what .* returned: got DataFrame"):
        plot(pd.DataFrame())
    with pytest.raises(ValueError, match="lang must be 'en' or 'zh'"):
        plot(make(NAMES), lang="de")


def test_figures_stay_below_100_kb_and_are_the_same_each_time(lang):
    names = [f"客户{k}<b>有限公司" for k in range(1500)]
    results = [
        (plot_growth_points, grown(names, n_groups=700, top=20)),
        (plot_customer_lifecycle, lived(names[:300])),
        (plot_overdue, buying_pattern(bought(names[:300]), as_of=AS_OF)),
    ]
    for plot, result in results:
        drawn = plot(result, lang=lang).to_json()
        assert len(drawn.encode()) < 100 * KB
        assert drawn == plot(result, lang=lang).to_json()


@pytest.mark.parametrize(("lang", "words"), [("en", ("bought nothing", "(no name)")), ("zh", ("未购买", "（无名称）"))])
def test_who_has_no_product_bought_nothing_and_who_has_no_region_has_no_name(lang, words):
    accounts = pd.DataFrame(
        {"account": ["a", "b"], "region": ["North", None], "revenue": [75.0, 0.0], "headroom": [10.0, 90.0]}
    )
    sales = pd.DataFrame({"account": ["a"], "product": ["p"], "date": [pd.Timestamp("2026-09-01")], "amount": [75.0]})
    figure = plot_growth_points(growth_points(accounts, sales=sales, as_of=AS_OF, top=1), lang=lang)
    names = figure.layout.yaxis.ticktext
    assert (names.count(words[0]), names.count(words[1])) == (1, 1)
    assert any(words[0] in text for text in figure.data[0].hovertext)


def test_overdue_accounts_without_revenue_at_risk_are_counted_and_not_drawn():
    old = pd.date_range("2023-01-15", periods=12, freq="30D")  # silent for more than two years
    gone = [pd.DataFrame({"account": name, "date": old, "amount": 5.0}) for name in ("gone", "away")]
    figure = plot_overdue(buying_pattern(pd.concat([bought(NAMES), *gone]), as_of=AS_OF))
    assert figure.layout.yaxis.ticktext == ("丁公司", "乙公司")
    assert figure.layout.meta["finding"].startswith("4 of 6 accounts are overdue")
    assert "2 overdue accounts with no revenue at risk not drawn." in figure.layout.meta["sentence"]
    only = plot_overdue(buying_pattern(pd.concat([bought(["a"]), *gone]), as_of=AS_OF))
    assert len(only.data) == 0
    assert "2 overdue accounts with no revenue at risk not drawn." in only.layout.meta["sentence"]


def test_the_mark_of_the_usual_gap_is_not_cut_by_the_axis():
    marks = plot_overdue(buying_pattern(bought(NAMES), as_of=AS_OF)).data[1]
    assert marks.cliponaxis is False
