"""Selling time and people: the waterfall, the ranges, the leanings."""

from dataclasses import replace

import pandas as pd
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.charts import plot_people, plot_selling_time

TRAITS = list(playbook.HUNTER_FARMER.scored_names)


def test_the_year_falls_from_365_days_to_217_selling_days():
    year = plot_selling_time(cv.selling_time()).data[0]
    assert year.type == "waterfall"
    assert year.x == (365.0, -11.0, -104.0, -25.0, -8.0, 217.0)
    assert year.measure == ("absolute", "relative", "relative", "relative", "relative", "total")
    assert year.text == ("365", "−11", "−104", "−25", "−8", "217")


def test_the_day_shows_the_range_of_every_activity_and_the_slides_own_share():
    most, least, slide = plot_selling_time(cv.selling_time()).data[1:4]
    assert least.x == (1.0, 2.0, 2.0, 1.0, 0.5)
    assert most.x == (2.5, 2.0, 3.0, 1.0, 1.0)
    assert (slide.x, slide.name) == ((1.36,), "the slide: 17 % of the day")


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        (
            "en",
            "217 selling days leave 217–542.5 hours of direct selling a year; an hour has to bring 9.22 k to 23 k",
        ),
        ("zh", "217个销售日全年留下217–542.5小时直接销售；每小时须带来0.922万至2.3万"),
    ],
)
def test_the_title_gives_days_hours_and_the_price_of_an_hour(lang, title):
    # 5,000,000 / 542.5 = 9,216.6 and 5,000,000 / 217 = 23,041.5.
    figure = plot_selling_time(cv.selling_time(target_revenue=5e6), lang=lang)
    found = figure.layout.title.text.replace("<br>", " " if lang == "en" else "")
    assert found == title


def test_both_panels_speak_chinese_with_the_labels_of_the_rule():
    figure = plot_selling_time(cv.selling_time(), lang="zh")
    assert figure.layout.yaxis.ticktext == ("全年天数", "公共假日", "周末", "其他休息日（重构）", "会议", "销售天数")
    assert figure.layout.yaxis2.ticktext[:2] == ("T1 直接销售", "T2 间接销售")
    assert figure.layout.xaxis2.title.text == "工作日中的小时数"


def test_another_rule_gives_its_own_share():
    rule = replace(playbook.SELLING_YEAR, direct_share_on_slide=0.25)
    figure = plot_selling_time(cv.selling_time(rule=rule), rule=rule)
    assert figure.data[3].x == (2.0,)
    assert figure.data[3].name == "the slide: 25 % of the day"


@pytest.fixture
def team():
    """Return a farmer, a hunter, one in balance, one undecided with a single answer."""
    rows = [[-2.0] * 9, [2.0] * 6 + [-1.0] * 3, [1.0, -1.0] + [0.0] * 7, [1.0] + [None] * 8]
    return cv.profile_people(pd.DataFrame(rows, columns=TRAITS, dtype=float).assign(rep=["F", "H", "B", "U"]))


def test_hunting_goes_right_farming_left_and_the_strongest_hunter_is_on_top(team):
    farming, hunting, lean = plot_people(team).data
    assert (farming.name, hunting.name) == ("Farming", "Hunting")
    # H: 12 / 18 and 3 / 18; U: 1 / 2 and 0 of the single answer; lean 1 and 1, in row order.
    assert plot_people(team).layout.yaxis.ticktext == ("H", "U", "B", "F")
    assert hunting.x == (0.666667, 0.5, 0.0555556, 0.0)
    assert farming.x == (-0.166667, -0.0, -0.0555556, -1.0)
    assert lean.text == ("+1", "−1.7 to +1.9", "0", "−2")


def test_the_title_counts_only_leanings_that_no_missing_answer_could_turn(team):
    assert plot_people(team).layout.meta["finding"] == (
        "Leanings of 4 people: 1 towards hunting, 1 towards farming, 1 evenly "
        "and 1 undecided because answers are missing"
    )
    assert plot_people(team, lang="zh").layout.meta["finding"] == (
        "4人的倾向：1人偏猎人、1人偏农夫、1人均衡和1人因缺少答案而未定"
    )


def test_the_note_says_that_it_is_no_test(team):
    assert plot_people(team).layout.title.subtitle.text == "A description for development; never a hiring test."


def test_of_many_people_the_strongest_of_either_side_are_drawn():
    answers = [[(k - 15) / 10] * 9 for k in range(31)]
    people = cv.profile_people(pd.DataFrame(answers, columns=TRAITS).assign(rep=[f"p{k:02d}" for k in range(31)]))
    figure = plot_people(people)
    assert figure.layout.yaxis.ticktext == tuple(f"p{k:02d}" for k in [*range(30, 20, -1), *range(9, -1, -1)])
    assert "Shown: 20 of 31, the strongest leanings to either side." in figure.layout.title.subtitle.text.replace(
        "<br>", " "
    )
