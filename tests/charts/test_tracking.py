"""Periods, stages and win rates: what is drawn is what the frame holds; what is unknown is said."""

from dataclasses import replace

import pandas as pd
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.charts import plot_expected_revenue, plot_pipeline, plot_win_rates
from custvalue.rules import Label, Ladder, Stage

AS_OF = "2026-09-15"


def deals():
    day = pd.to_datetime
    return pd.DataFrame(
        {
            "region": ["东", "东", "东", "西", "西", "西"],
            "amount": [900_000.0, 500_000.0, 250_000.0, 1_000_000.0, None, 300_000.0],
            "stage": ["agreement", "trial", "terms", "need_defined", "quotation", "trial"],
            "outcome": ["won", None, None, None, None, "lost"],
            "expected_close": day(["2026-08-01", "2026-09-30", "2026-12-01", "2026-09-01", "2026-10-01", "2026-05-01"]),
            "closed": day(["2026-08-01", None, None, None, None, "2026-05-01"]),
        }
    )


@pytest.fixture(params=[(), "region"], ids=["whole", "by region"])
def expected(request):
    """Return the expected revenue, also by region: the chart adds groups up."""
    return cv.expected_revenue(deals(), as_of=AS_OF, by=request.param)


def test_won_and_expected_are_stacked_period_by_period(expected):
    won, open_part, totals = plot_expected_revenue(expected).data[:3]
    assert (won.name, open_part.name) == ("won", "expected from open deals")
    # 2026Q2 holds the lost deal; 500,000 x 0.8 and 250,000 x 0.6 are expected.
    assert won.y == (0.0, 900_000.0, 0.0)
    assert open_part.y == (0.0, 400_000.0, 150_000.0)
    assert totals.text == ("0", "1.3 M", "150 k")
    figure = plot_expected_revenue(expected)
    assert figure.layout.xaxis.ticktext == ("2026Q2", "2026Q3", "2026Q4")
    assert figure.layout.barmode == "stack"


def test_rows_set_apart_stand_in_a_panel_of_their_own_with_unknown_money_in_words(expected):
    figure = plot_expected_revenue(expected)
    won, open_part, words = figure.data[3:]
    assert (won.xaxis, won.yaxis) == ("x2", "y2")
    assert won.x == (0.0, 0.0)
    assert open_part.x == (200_000.0, None)
    assert words.text == (" overdue: 200 k (1 deal)", " unpriced: 1 deal, amount unknown")
    assert figure.layout.xaxis2.title.text == "Set apart: not in any period"


def test_the_title_speaks_of_the_first_period_with_open_deals_or_of_the_one_asked_for(expected):
    figure = plot_expected_revenue(expected)
    assert figure.layout.title.text.replace("<br>", " ") == (
        "2026Q3 stands at 1.3 M: 900 k won and 400 k expected from 1 open deal; 200 k more is overdue; "
        "1 open deal of unknown value"
    )
    assert plot_expected_revenue(expected, period="2026Q4").layout.title.text.startswith("2026Q4 stands at 150 k")
    with pytest.raises(ValueError, match="period must be one of the result's: got '2026Q5'"):
        plot_expected_revenue(expected, period="2026Q5")
    with pytest.raises(ValueError, match="period must be one of the result's: got '2026-08'"):
        plot_expected_revenue(expected, period="2026-08")  # a month: a quarter's deals may lie in it


@pytest.mark.parametrize(("lang", "title"), [("en", "2027Q1: no deals"), ("zh", "2027Q1：没有商机")])
def test_a_period_without_deals_is_said_to_have_none(expected, lang, title):
    figure = plot_expected_revenue(expected, period="2027Q1", lang=lang)
    assert figure.layout.meta["finding"].startswith(title)
    assert figure.layout.xaxis.ticktext == ("2026Q2", "2026Q3", "2026Q4", "2027Q1")
    assert figure.data[0].y == (0.0, 900_000.0, 0.0, 0.0)
    assert figure.data[0].hovertext[-1] == title + ("." if lang == "en" else "。")


def test_the_chinese_chart_of_periods_uses_wan_and_chinese_words(expected):
    figure = plot_expected_revenue(expected, lang="zh")
    assert figure.layout.yaxis.ticktext[-1] == "100万"
    assert figure.data[5].text == (" 逾期：20万（1个商机）", " 无金额：1个商机，金额未知")
    assert figure.layout.xaxis.title.text == "期间"


def test_sixteen_periods_around_the_titles_own_are_drawn_and_the_others_are_added_up():
    months = pd.date_range("2025-01-15", periods=40, freq="MS")  # 2025-02 to 2028-05
    past = months < "2026-12-31"
    monthly = pd.DataFrame({"amount": 10.0, "stage": "agreement", "expected_close": months, "closed": months})
    monthly = monthly.assign(outcome=pd.Series("won").repeat(40).where(past).to_numpy(), closed=months.where(past))
    result = cv.expected_revenue(monthly, as_of="2026-12-31", freq="M")
    figure = plot_expected_revenue(result)
    assert figure.layout.title.text.startswith("2027-01 stands at 10")
    assert figure.layout.xaxis.ticktext == tuple(map(str, pd.period_range("2026-06", "2027-09", freq="M")))
    assert figure.layout.title.subtitle.text.replace("<br>", " ") == (
        "Not shown: 16 periods before 2026-06, with 160 won. "
        "Not shown: 8 periods after 2027-09, with 80 won and expected."
    )
    assert plot_expected_revenue(result, period="2025-03").layout.xaxis.ticktext[0] == "2025-02"
    assert plot_expected_revenue(result, period="2028-05").layout.xaxis.ticktext[-1] == "2028-05"


def test_deals_that_are_no_money_by_their_nature_are_only_counted():
    later = deals().assign(created=pd.Timestamp("2027-01-01"))
    figure = plot_expected_revenue(cv.expected_revenue(later, as_of=AS_OF))
    assert figure.layout.title.text == "No deal stands in a period: created later 6 deals"


def test_the_funnel_shows_every_stage_in_selling_order_with_amount_and_expected_part():
    figure = plot_pipeline(cv.pipeline_by_stage(deals(), as_of=AS_OF))
    amount, expected_part, counts = figure.data
    assert amount.x == (1_000_000.0, None, 250_000.0, 500_000.0, 0.0, 0.0)
    assert expected_part.x == (200_000.0, None, 150_000.0, 400_000.0, 0.0, 0.0)
    assert amount.y == (0, 1, 2, 3, 4, 5)
    assert figure.layout.yaxis.range == (5.5, -0.5)
    assert counts.text[:3] == (" 1 deal", " 1 deal, amount unknown", " 1 deal")
    assert [text.replace("<br>", " ") for text in figure.layout.yaxis.ticktext][:2] == [
        "need defined, interest raised (20 %)",
        "quotation submitted and discussed (40 %)",
    ]


def test_the_funnels_title_leaves_unpriced_deals_out_of_the_sum_and_counts_them():
    pipeline = cv.pipeline_by_stage(deals(), as_of=AS_OF)
    assert plot_pipeline(pipeline).layout.meta["finding"] == (
        "3 open deals worth 1.75 M are expected to bring 750 k; 1 more has no amount"
    )
    assert (
        plot_pipeline(pipeline, lang="zh").layout.meta["finding"] == "3个未结商机共175万，期望带来75万；另有1个无金额"
    )


def test_an_empty_stage_and_stages_with_as_many_deals_are_said_plainly():
    figure = plot_pipeline(cv.pipeline_by_stage(deals(), as_of=AS_OF))
    assert figure.data[0].hovertext[4] == "final selection and negotiation: no open deals."
    sentence = figure.layout.meta["sentence"]
    assert "Most deals stand at “need defined, interest raised”, “quotation submitted and discussed”, " in sentence
    assert sentence.endswith("(1 each).")


def test_a_stage_whose_name_takes_several_lines_gets_the_height_of_them():
    stages = tuple(
        Stage(f"s{k}", Label(f"a rather long name of stage number {k}", "甲"), (k + 1) / 20) for k in range(12)
    )
    ladder = Ladder(stages, source="test")
    frame = pd.DataFrame({"amount": 1.0, "stage": ladder.names, "outcome": None})
    layout = plot_pipeline(cv.pipeline_by_stage(frame, as_of=AS_OF, ladder=ladder), ladder=ladder).layout
    lines = max(text.count("<br>") + 1 for text in layout.yaxis.ticktext)
    assert lines >= 2
    assert layout.height - layout.margin.t - layout.margin.b >= 12 * 17 * lines


def test_the_stages_of_another_ladder_need_that_ladder():
    stages = (Stage("p", Label("prospecting", "开发"), 0.1), Stage("e", Label("engaging", "接洽"), 0.5))
    ladder = Ladder(stages, source="test")
    frame = pd.DataFrame({"amount": [10.0, 20.0], "stage": ["p", "e"], "outcome": [None, None]})
    pipeline = cv.pipeline_by_stage(frame, as_of=AS_OF, ladder=ladder)
    with pytest.raises(ValueError, match="Pass the ladder= it was made with"):
        plot_pipeline(pipeline)
    assert plot_pipeline(pipeline, ladder=ladder, lang="zh").layout.yaxis.ticktext == ("开发（10%）", "接洽（50%）")


def test_a_label_of_the_users_own_rule_is_text_too():
    marked = replace(playbook.DEAL_HEAT.stages[0], label=Label("<i>first</i>", "<i>一</i>"))
    ladder = replace(playbook.DEAL_HEAT, stages=(marked, *playbook.DEAL_HEAT.stages[1:]))
    figure = plot_pipeline(cv.pipeline_by_stage(deals(), as_of=AS_OF, ladder=ladder), ladder=ladder)
    assert figure.layout.yaxis.ticktext[0] == "&lt;i&gt;first&lt;/i&gt; (20 %)"


@pytest.fixture
def rates():
    """Return win rates of two regions: 8 of 10 and 1 of 4 closed deals, with 2 and 4 open ones."""
    outcomes = ["won"] * 8 + ["lost"] * 2 + [None] * 2 + ["won"] + ["lost"] * 3 + [None] * 4
    frame = pd.DataFrame({"amount": 1.0, "outcome": outcomes, "region": ["North"] * 12 + ["South"] * 8})
    return cv.win_rates(frame, as_of=AS_OF, by="region")


def test_points_intervals_and_diamonds_are_those_of_the_frame(rates):
    interval, closed, everything = plot_win_rates(rates).data
    assert closed.x == (0.8, 0.25)
    assert everything.x == (0.666667, 0.125)
    # Wilson intervals at 95 % of 8 in 10 and 1 in 4, from statsmodels.stats.proportion.proportion_confint.
    assert interval.x == (0.490162, 0.943318, None, 0.0455873, 0.699358, None)
    assert (closed.marker.symbol, everything.marker.symbol) == ("circle", "diamond-open")


def test_the_two_denominators_and_the_overall_rate_are_named(rates):
    figure = plot_win_rates(rates)
    assert [trace.name for trace in figure.data[1:]] == ["Win rate, won of closed", "Win rate, won of all"]
    assert figure.layout.annotations[0].text == "all: 64.3 %"
    assert figure.layout.shapes[0].x0 == 0.642857
    # Both intervals, 49 to 94 % and 5 to 70 %, contain 64 %.
    assert figure.layout.meta["finding"] == (
        "64 % of 14 closed deals were won; from 25 % (South) to 80 % (North); "
        "the groups cannot be told apart: their intervals all contain the overall rate"
    )
    assert "0 of 2 intervals leave out the overall rate" in figure.layout.meta["sentence"]
    assert [trace.name for trace in plot_win_rates(rates, lang="zh").data[1:]] == [
        "赢单率（占已结）",
        "赢单率（占全部）",
    ]


def test_groups_keep_the_order_of_the_result_and_several_keys_are_joined():
    frame = pd.DataFrame(
        {
            "outcome": ["won", "lost", "won"],
            "amount": 1.0,
            "size": pd.Categorical(["small", "large", "large"], ["small", "large"], ordered=True),
            "region": ["b", "a", "b"],
        }
    )
    figure = plot_win_rates(cv.win_rates(frame, as_of=AS_OF, by=["size", "region"]))
    assert figure.layout.yaxis.ticktext == ("small · b", "large · a", "large · b")


def test_the_twenty_groups_with_most_closed_deals_are_drawn():
    rows = [(f"g{group:02d}", "won") for group in range(30) for _ in range(group + 1)]
    frame = pd.DataFrame(rows, columns=["owner", "outcome"]).assign(amount=1.0)
    figure = plot_win_rates(cv.win_rates(frame, as_of=AS_OF, by="owner"))
    assert figure.layout.yaxis.ticktext == tuple(f"g{group}" for group in range(10, 30))
    assert figure.layout.title.subtitle.text == "Shown: 20 of 30, those with the most closed deals."
    assert figure.layout.meta["finding"].startswith(
        "100.0 % of 465 closed deals were won; the 20 largest groups all have the same rate"
    )


def rates_of(**outcomes):
    rows = [(None if owner == "nobody" else owner, outcome) for owner, deals_ in outcomes.items() for outcome in deals_]
    frame = pd.DataFrame(rows, columns=["owner", "outcome"]).assign(amount=1.0)
    return cv.win_rates(frame, as_of=AS_OF, by="owner")


WON, LOST = "won", "lost"


def test_groups_with_one_rate_are_said_to_be_the_same():
    result = rates_of(a=[WON, LOST], b=[WON, LOST], nobody=[WON, LOST])
    assert plot_win_rates(result).layout.meta["finding"] == (
        "50 % of 6 closed deals were won; all 3 groups with closed deals have the same rate"
    )
    assert plot_win_rates(result, lang="zh").layout.meta["finding"] == ("6个已结商机中赢单50%；3个有已结商机的组均相同")


def test_groups_that_share_the_lowest_or_highest_rate_are_counted_and_no_name_has_one_pair_of_brackets():
    result = rates_of(a=[LOST], b=[LOST], c=[LOST], nobody=[WON])
    assert "; from 0 % (a and 2 more) to 100 % (no name)" in plot_win_rates(result).layout.meta["finding"]
    assert "；从0%（a等3组）到100%（无名称）" in plot_win_rates(result, lang="zh").layout.meta["finding"]


def test_a_group_whose_interval_leaves_out_the_overall_rate_can_be_told_apart():
    finding = plot_win_rates(rates_of(a=[WON] * 40, b=[LOST] * 40)).layout.meta["finding"]
    assert finding == "50 % of 80 closed deals were won; from 0 % (b) to 100 % (a)"


def test_the_name_of_an_overall_rate_at_the_end_of_the_axis_is_written_inwards():
    note = plot_win_rates(rates_of(a=[WON] * 5)).layout.annotations[0]
    assert (note.text, note.xanchor) == ("all: 100.0 %", "right")


def test_groups_by_a_coded_column_carry_the_labels_of_the_rules():
    figure = plot_win_rates(cv.win_rates(deals(), as_of=AS_OF, by="stage"), lang="zh")
    assert "同意试用" in figure.layout.yaxis.ticktext


def test_a_group_without_a_closed_deal_has_no_point():
    frame = pd.DataFrame({"outcome": ["won", None], "amount": 1.0, "owner": ["a", "b"]})
    interval, closed, everything = plot_win_rates(cv.win_rates(frame, as_of=AS_OF, by="owner")).data
    assert closed.x == (1.0, None)
    assert interval.x[3:5] == (None, None)
    assert everything.x == (1.0, 0.0)


def test_one_row_without_groups_is_all_deals():
    frame = pd.DataFrame({"outcome": ["won", "lost"], "amount": 1.0})
    figure = plot_win_rates(cv.win_rates(frame, as_of=AS_OF), lang="zh")
    assert figure.layout.yaxis.ticktext == ("全部商机",)
    assert figure.layout.meta["finding"] == "2个已结商机中赢单50%"
