"""What holds for every chart: both languages, names as text, size, nothing changed, nothing global, nothing to show."""

import copy
import dataclasses
import json
import re
import subprocess
import sys

import pandas as pd
import plotly.io as pio
import pytest

import custvalue as cv
from custvalue import charts
from custvalue.charts.theme import TEMPLATE

NAMES = ["甲公司", "乙公司", "丙公司", "丁公司", "戊公司", "己公司", "庚公司"]
EVIL = [
    "<b>x</b> & %{y}",
    "=1+1",
    "<a href='https://example.com'>go</a>",
    "$a$ and $b$",
    "%{meta.sentence}",
    "&lt;i&gt;",
    "line\nbreak",
]
KB = 1000


def texts_of(figure):
    """Return every text a figure shows, by where it stands."""
    found = []

    def walk(item, path):
        if isinstance(item, dict):
            for key, value in item.items():
                walk(value, (*path, key))
        elif isinstance(item, list):
            for value in item:
                walk(value, path)
        elif isinstance(item, str) and path[-1] in (
            "text",
            "name",
            "hovertext",
            "ticktext",
            "sentence",
            "hovertemplate",
        ):
            found.append((path, item))

    layout = {key: value for key, value in json.loads(figure.to_json())["layout"].items() if key != "template"}
    walk({"data": json.loads(figure.to_json())["data"], "layout": layout}, ())
    return found


def frames_of(result):
    if isinstance(result, pd.DataFrame):
        return [result]
    parts = [getattr(result, field.name) for field in dataclasses.fields(result)]
    return [part for part in parts if isinstance(part, pd.DataFrame)]


def test_a_figure_reads_itself_out_in_one_plain_sentence(case, lang):
    figure = case.plot(case.make(NAMES), lang=lang)
    sentence = figure.layout.meta["sentence"]
    assert sentence.endswith("。" if lang == "zh" else ".")
    assert "<br>" not in sentence
    assert "{" not in sentence


def test_the_title_is_a_finding_with_a_number(case, lang):
    assert re.search(r"\d", case.plot(case.make(NAMES), lang=lang).layout.title.text)


def test_a_chinese_figure_keeps_no_english_word(case):
    figure = case.plot(case.make(NAMES), lang="zh")
    for path, text in texts_of(figure):
        words = re.sub(r"<br>|<extra></extra>|%\{[xy][^}]*\}", " ", text)
        assert not re.search(r"[A-Za-z]{2,}", words), (path, text)


def test_an_english_figure_of_english_names_keeps_no_chinese_word(case):
    figure = case.plot(case.make([f"Firm {letter}" for letter in "ABCDEFG"]), lang="en")
    for path, text in texts_of(figure):
        assert not re.search(r"[\u4e00-\u9fff]", text), (path, text)


def test_another_language_is_refused(case):
    with pytest.raises(ValueError, match="lang must be 'en' or 'zh'"):
        case.plot(case.make(NAMES), lang="de")


def test_names_from_the_data_are_text_and_never_markup(data_case, lang):
    figure = data_case.plot(data_case.make(EVIL), lang=lang)
    for path, text in texts_of(figure):
        if path[-1] == "sentence":  # plain text: the page that shows it escapes it
            continue
        bare = text.replace("<br>", "").replace("<extra></extra>", "")
        assert "<" not in bare, (path, text)
        assert "$" not in bare, (path, text)
        if path[-1] != "hovertemplate":
            assert "%{" not in bare, (path, text)
        assert not re.search(r"&(?!(amp|lt|gt|#36|#123);)", bare), (path, text)


def test_a_name_shows_whole_in_the_hover_text_and_cut_along_the_axis():
    long = "Shanghai Giant Plastics Manufacturing and Trading"
    figure = charts.plot_scores(cv.score_prospects(pd.DataFrame({"prospect": [long]}).assign(**_answers(1))))
    assert figure.layout.yaxis.ticktext == ("Shanghai Giant Plastics…",)
    assert long in _hover_of(figure).replace("<br>", " ")


def test_an_account_named_like_a_formula_or_a_tag_reads_literally():
    named = pd.DataFrame({"prospect": ["<b>x</b> & %{y}", "=1+1"]}).assign(**_answers(2))
    figure = charts.plot_scores(cv.score_prospects(named))
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;x&lt;/b&gt; &amp; %&#123;y}", "=1+1")
    assert "&lt;b&gt;x&lt;/b&gt; &amp; %&#123;y} has" in _hover_of(figure).replace("<br>", " ")
    assert figure.layout.meta["sentence"].startswith(
        "Bars rank 2 of 2 prospects by points; <b>x</b> & %{y} and 1 more come first with 10 each."
    )


def _answers(n):
    return {criterion.name: [1.0] * n for criterion in cv.playbook.SCREENING.criteria}


def _hover_of(figure):
    return next(trace.hovertext[0] for trace in figure.data if trace.hovertext)


def test_a_figure_of_100_000_rows_stays_below_100_kb(case, lang):
    assert len(case.plot(case.bulk(), lang=lang).to_json().encode()) < 100 * KB


def test_the_same_result_gives_the_same_json(case):
    assert case.plot(case.make(NAMES)).to_json() == case.plot(case.make(NAMES)).to_json()


def test_drawn_numbers_have_at_most_six_significant_digits(case):
    def numbers(item):
        if isinstance(item, dict):
            for key, value in item.items():
                if key not in ("template", "line", "margin"):
                    yield from numbers(value)
        elif isinstance(item, list):
            for value in item:
                yield from numbers(value)
        elif isinstance(item, float):
            yield item

    figure = json.loads(case.plot(case.make(NAMES)).to_json())
    assert [x for x in numbers(figure) if float(f"{x:.6g}") != x] == []


def test_the_input_is_not_changed(case):
    result = case.make(NAMES)
    before = copy.deepcopy(result)
    case.plot(result)
    for old, new in zip(frames_of(before), frames_of(result), strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_each_figure_wears_the_template_and_none_is_set_for_all(case):
    default = pio.templates.default
    figure = case.plot(case.make(NAMES))
    assert figure.layout.template == pio.templates[TEMPLATE]
    assert pio.templates.default == default != TEMPLATE


def test_a_frame_without_a_needed_column_is_refused_by_naming_the_function_that_makes_it(data_case):
    result = data_case.make(NAMES)
    if isinstance(result, cv.Concentration):
        result = dataclasses.replace(result, accounts=result.accounts.drop(columns=data_case.without))
    else:
        result = result.drop(columns=data_case.without)
    with pytest.raises(ValueError, match=f"{data_case.without}.*{data_case.made_by}"):
        data_case.plot(result)


@pytest.mark.parametrize("plot", [charts.plot_concentration, charts.plot_selling_time])
def test_a_frame_in_place_of_a_result_object_is_refused(plot):
    with pytest.raises(ValueError, match=r"draws what .* returned: got DataFrame"):
        plot(pd.DataFrame({"revenue": [1.0]}))


def test_an_empty_frame_gives_a_figure_that_says_so(data_case, lang):
    result = data_case.make(NAMES)
    if isinstance(result, cv.Concentration):
        result = cv.concentration(pd.DataFrame({"account": [], "revenue": []}))
    else:
        result = result.iloc[:0]
    figure = data_case.plot(result, lang=lang)
    assert figure.layout.title.text == ("没有可显示的内容" if lang == "zh" else "Nothing to show")
    assert len(figure.data) == 0
    assert len(figure.layout.annotations) == 1
    assert figure.layout.annotations[0].text.replace("<br>", " ") in figure.layout.meta["sentence"]


EMPTY = {
    "scores": ("No scores: there are no prospects", "无评分结果：没有潜在客户"),
    "priority": ("No ranking: there are no opportunities", "无排名：没有商机"),
    "expected_revenue": ("No revenue by period: there are no deals", "无各期间收入：没有商机"),
    "pipeline": ("No pipeline: there are no open deals", "无销售漏斗：没有未结商机"),
    "win_rates": ("No win rates: there are no closed deals", "无赢单率：尚无已结商机"),
    "segments": ("No segments: there are no accounts", "无客户细分：没有客户"),
    "walls": ("No walls: there are no walls", "无围墙评分：没有围墙"),
    "people": ("No leanings: there are no people", "无倾向：没有人员"),
}


@pytest.mark.parametrize(("name", "findings"), EMPTY.items())
def test_a_finding_of_nothing_names_what_is_missing_and_why(cases, name, findings):
    result = cases[name].make(NAMES).iloc[:0]
    assert tuple(cases[name].plot(result, lang=lang).layout.meta["finding"] for lang in ("en", "zh")) == findings


ALL_MISSING = {
    "scores": "All 2 prospects are undecided because answers are missing",
    "priority": "Nothing to show",
    "expected_revenue": "No deal stands in a period: unpriced 2 deals, amount unknown",
    "pipeline": "2 open deals, none with an amount: the expected value is unknown",
    "win_rates": "Nothing to show",
    "concentration": "Nothing to show",
    "segments": "None of 2 accounts could be placed: an input is missing for each",
    "walls": "All 2 walls are undecided because answers are missing",
    "people": "Leanings of 2 people: 2 undecided because answers are missing",
}


@pytest.mark.parametrize(("name", "title"), ALL_MISSING.items())
def test_missing_values_are_said_to_be_missing(cases, name, title):
    figure = cases[name].plot(cases[name].missing())
    assert figure.layout.title.text.replace("<br>", " ") == title


def test_importing_the_library_does_not_import_plotly_and_the_charts_register_their_template():
    code = (
        "import sys, custvalue; assert 'plotly' not in sys.modules; import custvalue.charts, plotly.io as pio; "
        "assert 'custvalue' in pio.templates; assert pio.templates.default == 'plotly'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
