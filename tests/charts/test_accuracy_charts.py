"""Accuracy drawn: what is drawn is what the frames hold, in both languages, names as text, within 100 kB."""

import copy
import json
import re

import numpy as np
import pandas as pd
import pytest

from custvalue.charts.theme import TEMPLATE
from custvalue.charts.tracking.bias import plot_forecast_bias
from custvalue.charts.tracking.forecast_accuracy import plot_accuracy_by_lead, plot_forecast_tracks
from custvalue.charts.tracking.pit import plot_pit
from custvalue.charts.tracking.reliability import plot_reliability
from custvalue.tracking.bias import forecast_bias
from custvalue.tracking.distribution_accuracy import distribution_accuracy
from custvalue.tracking.lead_time import accuracy_by_lead
from custvalue.tracking.reliability import reliability_table

EVIL = ["<b>x</b> & %{y}", "$a$ and $b$", "line\nbreak", "%{meta}"]
KB = 1000


def stated(*rows):
    """Return reliability rows: (stage, said, won, n) each."""
    parts = [
        pd.DataFrame({"stage": stage, "p_stage": p, "outcome": [1.0] * won + [0.0] * (n - won)})
        for stage, p, won, n in rows
    ]
    return reliability_table(pd.concat(parts, ignore_index=True))


def biased(names, n_periods=5):
    errors = np.random.default_rng(1).normal(0, 0.1, (len(names), n_periods))
    errors[0] += 0.8
    who, when = np.indices(errors.shape)
    return forecast_bias(
        pd.DataFrame(
            {
                "owner": np.array(names, dtype=object)[who.ravel()],
                "period": [f"Q{k}" for k in when.ravel()],
                "forecast": 100 * np.exp(errors.ravel()),
                "actual": 100.0,
            }
        )
    )


def leads(periods=("2026Q1", "2026Q2")):
    n = len(periods)
    tracks = pd.DataFrame(
        {
            "period": np.repeat(periods, 3),
            "weeks_before": [8, 4, 0] * n,
            "forecast": np.repeat(100.0 + np.arange(n), 3) * np.tile([1.5, 1.2, 1.05], n),
            "actual": np.repeat(100.0 + np.arange(n), 3),
        }
    )
    accuracy = pd.DataFrame(
        {"weeks_before": [8, 4, 0], "n": n, "wape": [0.5, 0.2, 0.05], "bias_pct": [-50.0, 20.0, 5.0]}
    )
    return accuracy, tracks


def scored(centre=0.0, spread=1.0, n=60):
    draw = np.random.default_rng(3)
    return distribution_accuracy(draw.normal(centre, spread, (n, 99)), actual=draw.normal(0, 1, n), seed=1)


def trace(figure, name):
    return next(one for one in figure.data if one.name == name)


def test_each_stage_with_an_outcome_is_a_point_with_its_interval_and_count():
    table = stated(("terms", 0.6, 20, 50), ("trial", 0.8, 41, 50), ("quotation", 0.4, 35, 50))
    figure = plot_reliability(table)
    high, low, held = (trace(figure, name) for name in ("said too high", "said too low", "not contradicted"))
    assert (high.x, high.y, high.text) == ((0.6,), (0.4,), (" 50",))
    assert (low.x, low.y) == ((0.4,), (0.7,))
    assert (held.x, held.y) == ((0.8,), (0.82,))
    ends = trace(figure, "interval").y
    row = table.set_index("bin").loc["quotation"]
    assert ends[:3] == (pytest.approx(row["low"], rel=1e-5), pytest.approx(row["high"], rel=1e-5), None)
    assert figure.layout.meta["finding"].startswith("2 of 3 stated chances do not hold: 40 % said for quotation")
    assert figure.layout.meta["finding"].endswith("70 % won")
    assert "Without an outcome: " in figure.layout.title.subtitle.text


def test_a_rate_of_the_closed_only_is_said_to_be_one():
    rows = pd.DataFrame({"stage": "terms", "p_stage": 0.6, "outcome": [1.0, 0.0, np.nan]})
    figure = plot_reliability(reliability_table(rows))
    assert figure.layout.title.subtitle.text.replace("<br>", " ").startswith("Of the closed only")
    assert "33 % of the rows are still open" in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_while_rows_are_open_a_rate_of_the_closed_contradicts_nothing():
    # 20 of 50 closed at 60 % would be too high, were none open; trial has none open, but the title is of both.
    rows = pd.DataFrame({"stage": "terms", "p_stage": 0.6, "outcome": [1.0] * 20 + [0.0] * 30 + [np.nan] * 12})
    done = pd.DataFrame({"stage": "trial", "p_stage": 0.8, "outcome": [1.0] * 20 + [0.0] * 30})
    table = reliability_table(pd.concat([rows, done], ignore_index=True))
    figure = plot_reliability(table)
    assert figure.layout.meta["finding"] == (
        "Of the closed only: cannot tell whether 1 of 2 stated chances holds while 12 rows are open"
    )
    assert trace(figure, "closed only: cannot tell").x == (0.6,)
    assert trace(figure, "said too high").x == (0.8,)
    zh = plot_reliability(table, lang="zh").layout.meta["finding"]
    assert zh == "仅计已结束者：2档赢率中有1档在12条记录未结束时无法判断是否成立"
    matured = plot_reliability(table.rename(columns={"win_rate_closed_only": "win_rate"}))
    assert matured.layout.meta["finding"].startswith("2 of 2 stated chances do not hold")


@pytest.mark.parametrize(("bins", "name"), [("uniform", "0.5–1"), ("quantile", "第2档0.6–0.6")])
def test_bins_of_numbers_have_chinese_names(bins, name):
    rows = pd.DataFrame({"p_stage": [0.6] * 50, "outcome": [1.0] * 10 + [0.0] * 40})
    figure = plot_reliability(reliability_table(rows, bins=bins, n_bins=2), lang="zh")
    assert f"{name}预报" in figure.layout.meta["finding"] or name in str(figure.layout.title.subtitle.text)
    assert not re.search(r"\d to \d", figure.to_json())


def test_chances_that_hold_and_outcomes_too_few_to_tell_are_said_so():
    held = plot_reliability(stated(("terms", 0.6, 30, 50)))
    assert held.layout.meta["finding"] == "None of 1 stated chances is contradicted by 50 outcomes"
    rows = pd.DataFrame({"stage": "terms", "p_stage": 0.6, "outcome": [1.0, 0.0], "quarter": "2026Q1"})
    few = plot_reliability(reliability_table(rows))
    assert few.layout.meta["finding"] == "2 outcomes are too few to judge 1 stated chances"
    assert trace(few, "too few to tell").x == (0.6,)


def test_a_track_leads_from_the_first_forecast_to_the_last_over_its_actual():
    _, tracks = leads()
    figure = plot_forecast_tracks(tracks.sample(frac=1, random_state=1))
    assert trace(figure, "first forecast").y == (150.0, 151.5)
    assert trace(figure, "last forecast").y == (105.0, 106.05)
    assert trace(figure, "last forecast").x == (100.0, 101.0)
    assert trace(figure, "track").y == (150.0, 120.0, 105.0, None, 151.5, 121.2, 106.05, None)
    assert figure.layout.meta["finding"] == (
        "The last forecast was within 10 % of the actual in 2 of 2 periods, the first in 0"
    )


@pytest.mark.parametrize("n", [1, 4, 8, 12, 24])
@pytest.mark.parametrize("apart", [0.0, 0.001, 0.1])
def test_names_of_periods_do_not_lie_on_each_other_however_close_their_actuals(n, apart):
    _, tracks = leads([str(pd.Period("2020Q1", freq="Q") + k) for k in range(n)])
    actual = 1e6 * (1 + apart * np.arange(n))
    tracks = tracks.assign(actual=np.repeat(actual, 3), forecast=tracks["forecast"] / 100 * np.repeat(actual, 3))
    figure = plot_forecast_tracks(tracks)
    low, high = figure.layout.xaxis.range
    # Beside the axis and the margins, some 500 of 600 pixels are left to draw in; a level name of 6 letters takes 40.
    places = np.array([note.x for note in figure.layout.annotations]) - low
    places *= 500 / (high - low)
    level = figure.layout.annotations[0].textangle != -90
    assert len(places) == n
    assert (np.diff(places) > (40 if level else 14)).all()
    assert places[0] > 0
    assert places[-1] < 500
    assert [note.text for note in figure.layout.annotations] == list(tracks["period"].unique())
    # The names stand above everything drawn, and a line leads from each track to its name.
    top = tracks["forecast"].max()
    assert all(note.y > top for note in figure.layout.annotations)
    pointers = trace(figure, "pointers")
    assert len(pointers.x) == 4 * n
    assert pointers.x[::4] == pytest.approx(sorted(actual), rel=1e-5)
    assert pointers.x[2::4] == tuple(note.x for note in figure.layout.annotations)
    assert figure.layout.yaxis.range[1] >= figure.layout.annotations[0].y


def test_of_more_than_24_periods_none_is_named():
    many = [str(pd.Period("2000Q1", freq="Q") + k) for k in range(25)]
    assert not plot_forecast_tracks(leads(many)[1]).layout.annotations


def test_the_axes_of_tracks_reach_over_what_is_drawn_and_no_farther_than_needed():
    _, tracks = leads()
    figure = plot_forecast_tracks(tracks.assign(forecast=tracks["forecast"] * 1e4, actual=tracks["actual"] * 1e4))
    low, high = figure.layout.xaxis.range
    assert low < 1.00e6
    assert high > 1.01e6
    # A single actual, or actuals that hardly differ, still have an axis with ticks that differ.
    assert (high - low) / 1.01e6 == pytest.approx(0.2, abs=0.1)
    assert len(set(figure.layout.xaxis.ticktext)) == len(figure.layout.xaxis.ticktext) > 1
    assert figure.layout.yaxis.range[0] < 1.00e6
    assert figure.layout.yaxis.range[1] > 1.515e6
    line = trace(figure, "forecast = actual")
    assert line.x == line.y
    nothing = plot_forecast_tracks(tracks.assign(forecast=0.0, actual=0.0))
    assert nothing.layout.xaxis.range[0] < 0 < nothing.layout.xaxis.range[1]


def test_accuracy_by_lead_runs_towards_the_end_with_error_and_bias():
    figure = plot_accuracy_by_lead(leads()[0])
    assert trace(figure, "absolute error (weighted)").y == (0.5, 0.2, 0.05)
    assert trace(figure, "bias (forecast − actual)").y == (-0.5, 0.2, 0.05)
    left, right = figure.layout.xaxis.range
    assert left > 8
    assert right < 0
    assert "50 % too low in all" in figure.layout.meta["sentence"]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (-5.0, 19.0, "; the bias rose from −5 % to +19 %"),
        (19.0, -5.0, "; the bias fell from +19 % to −5 %"),
        (1.0, 6.0, "; the bias rose from +1 % to +6 %"),
        (1.0, 5.9, ""),
        (6.0, 1.0, "; the bias fell from +6 % to +1 %"),
        (5.9, 1.0, ""),
    ],
)
def test_a_bias_that_moves_by_five_points_between_the_longest_lead_and_the_last_is_in_the_finding(first, last, said):
    accuracy = leads()[0].assign(bias_pct=[first, 40.0, last])
    finding = plot_accuracy_by_lead(accuracy).layout.meta["finding"]
    assert finding == f"Forecasts were off by 50 % of the actual 8 weeks before the end, by 5 % at the end{said}"
    moved = plot_accuracy_by_lead(accuracy, lang="zh").layout.meta["finding"]
    assert ("偏差由" in moved) == bool(said)
    assert ("升至" in moved) == (said != "" and last > first)
    assert ("降至" in moved) == (said != "" and last < first)


def test_a_last_lead_that_is_not_the_end_is_named_in_weeks_and_a_single_one_has_no_trend():
    accuracy = leads()[0].iloc[:2].assign(bias_pct=1.0)
    assert plot_accuracy_by_lead(accuracy).layout.meta["finding"] == (
        "Forecasts were off by 50 % of the actual 8 weeks before the end, by 20 % 4 weeks before"
    )
    one = plot_accuracy_by_lead(leads()[0].iloc[:1])
    assert one.layout.meta["finding"] == "Forecasts were off by 50 % of the actual 8 weeks before the end"


@pytest.mark.parametrize("scale", [0.02, 0.1, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_funnels_axes_have_round_percentages_at_their_places(scale, lang):
    table = biased([f"rep {k}" for k in range(12)])
    for name in ("bias", "low", "high", "shrunken"):
        table[name] *= scale
    figure = plot_forecast_bias(table, lang=lang)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        percents = [float(re.sub("[ %+]", "", text).replace("−", "-").replace(",", "")) for text in axis.ticktext]
        assert np.log1p(np.array(percents) / 100) == pytest.approx(np.array(axis.tickvals), abs=1e-5)
        # One digit and zeros, or for losses what is left of the whole.
        assert all(len(f"{abs(value):g}".strip("0.")) <= 1 or value in (-95, -98, -99) for value in percents)
        inside = [value for value in axis.tickvals if axis.range[0] <= value <= axis.range[1]]
        assert len(inside) == len(axis.tickvals) >= 3
        gaps = np.diff(sorted(axis.tickvals)) / (axis.range[1] - axis.range[0])
        assert gaps.min() > 0.07


def test_names_of_two_who_are_biased_alike_stand_above_and_below_their_points():
    table = biased([f"rep {k}" for k in range(12)])
    like = table.iloc[[0]].assign(owner="rep like", bias=table["bias"].iloc[0] * 0.99)
    figure = plot_forecast_bias(pd.concat([table, like], ignore_index=True))
    assert trace(figure, "happy ears (too high)").textposition == ("top center", "bottom center")
    assert trace(plot_forecast_bias(table), "happy ears (too high)").textposition == ("middle right",)


def crowd(n):
    """Return n who are named, alternately too high and too low, each 2 % less than the one before."""
    bias = np.where(np.arange(n) % 2, -1, 1) * 0.8 * 0.98 ** np.arange(n)
    named = np.where(bias > 0, "happy ears", "sandbagging")
    table = pd.DataFrame({"owner": [f"rep {k}" for k in range(n)], "n": 8, "bias": bias, "named": named})
    return table.assign(low=bias - 0.1, high=bias + 0.1, shrunken=bias)


def name_boxes(figure, width=500, height=400):
    """Return the pixels that each name covers, and those of all points, in the narrowest window."""
    wide, tall = figure.layout.xaxis.range[1], figure.layout.yaxis.range[1]
    boxes, points = [], []
    for one in figure.data[1:]:
        for k, (x, y) in enumerate(zip(one.x, one.y, strict=True)):
            at = x / wide * width, (tall - y) / (2 * tall) * height
            points.append(at)
            if one.text is not None and one.text[k]:
                long = 7 * len(one.text[k].strip())
                side, up = {"r": (8, 0), "l": (-8 - long, 0), "t": (-long / 2, -16), "b": (-long / 2, 16)}[
                    (one.textposition[k].removeprefix("middle "))[0]
                ]
                boxes.append((at[0] + side, at[1] + up - 7, at[0] + side + long, at[1] + up + 7))
    return boxes, points


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_of_many_named_the_outermost_bear_their_names_where_they_cover_nothing_and_the_rest_are_counted(seed):
    table = crowd(28)
    if seed is not None:
        draw = np.random.default_rng(seed)
        table["bias"] *= draw.uniform(0.3, 1, 28)
        half = draw.uniform(0.05, 0.2, 28)
        table["low"], table["high"] = table["bias"] - half, table["bias"] + half
    figure = plot_forecast_bias(table)
    boxes, points = name_boxes(figure)
    for k, (left, top, right, bottom) in enumerate(boxes):
        assert not any(left < x < right and top < y < bottom for x, y in points)
        assert not any(left < e and a < right and top < f and b < bottom for a, b, e, f in boxes[:k])
    for name in ("happy ears (too high)", "sandbagging (too low)"):
        one = trace(figure, name)
        sizes = np.abs(one.y)
        shown = np.array([bool(text) for text in one.text])
        assert shown[sizes.argmax()]
        assert 1 <= shown.sum() <= 6
        assert sizes[shown].min() >= np.sort(sizes)[-6]  # none but the six outermost
    note = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert f"only the outermost are labelled; {28 - len(boxes)} more are not." in note
    assert "outermost" not in str(plot_forecast_bias(crowd(4)).layout.title.subtitle.text)


def test_a_chinese_title_sets_the_kinds_apart_from_the_names():
    finding = plot_forecast_bias(crowd(4), lang="zh").layout.meta["finding"]
    assert finding == "4人中有4人的预测有自身偏差：rep 0和rep 2偏高；rep 1和rep 3偏低"


def test_a_point_lies_outside_the_funnel_exactly_if_its_interval_leaves_out_zero():
    table = biased([f"rep {k}" for k in range(12)])
    figure = plot_forecast_bias(table)
    outside = 0
    for one in figure.data[1:]:
        outside += sum(abs(y) > x for x, y in zip(one.x, one.y, strict=True))
    assert outside == ((table["low"] > 0) | (table["high"] < 0)).sum()
    assert trace(figure, "happy ears (too high)").text == (" rep 0",)
    assert "rep 0 too high" in figure.layout.meta["finding"]
    funnel = trace(figure, "funnel: the interval just holds zero")
    assert funnel.x[1:2] == funnel.y[1:2] == (0.0,)
    assert funnel.x[0] == funnel.y[0] == -funnel.y[2]


def test_nobody_named_and_too_few_periods_are_said_so():
    quiet = biased(["a", "b", "c", "d"]).assign(named="not named")
    assert plot_forecast_bias(quiet).layout.meta["finding"].startswith("Nobody of 4 is named")
    few = plot_forecast_bias(biased(["a", "b", "c"], n_periods=2))
    assert few.layout.meta["finding"] == "No forecast bias: nobody has enough periods"


def test_bars_are_the_histogram_and_those_outside_the_band_stand_apart():
    result = scored(spread=0.4)
    figure = plot_pit(result)
    inside, outside = trace(figure, "share"), trace(figure, "outside the band")
    assert len(inside.y) + len(outside.y) == 10
    wanted = result.histogram.loc[result.histogram["outside"], "share"]
    assert outside.y == pytest.approx(tuple(wanted), rel=1e-5)
    assert figure.layout.meta["finding"] == (
        "Forecast distributions are too narrow: actuals fall in their tails (60 forecasts)"
    )
    assert plot_pit(scored(n=5)).layout.meta["finding"] == "5 forecasts are too few to judge the distributions"


def figures(names, lang):
    accuracy, tracks = leads(names)
    return [
        plot_reliability(stated(("terms", 0.6, 20, 50), ("trial", 0.8, 40, 50)), lang=lang),
        plot_accuracy_by_lead(accuracy, lang=lang),
        plot_forecast_tracks(tracks, lang=lang),
        plot_forecast_bias(biased(names), lang=lang),
        *(plot_pit(scored(*how), lang=lang) for how in ((0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.0, 0.4), (0.0, 3.0))),
        plot_pit(scored(n=5), lang=lang),
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
        assert re.search(r"\d", figure.layout.title.text)
        assert figure.layout.template.layout.colorway is not None
    assert TEMPLATE == "custvalue"


def test_a_chinese_figure_keeps_no_english_word_and_an_english_one_no_chinese():
    for figure in figures(["甲", "乙", "丙", "丁"], "zh"):
        for text in texts_of(json.loads(figure.to_json())):
            assert not re.search(r"[A-Za-z]{2,}", text.replace("<br>", " ")), text
    for figure in figures(["Firm A", "Firm B", "Firm C", "Firm D"], "en"):
        for text in texts_of(json.loads(figure.to_json())):
            assert not re.search(r"[\u4e00-\u9fff]", text), text


def test_a_figure_of_thousands_stays_below_100_kb():
    many = [f"销售<{k}>有限公司" for k in range(3_000)]
    periods = [str(pd.Period("2000-01", freq="M") + k) for k in range(300)]
    p = np.random.default_rng(1).random(5_000)
    table = reliability_table(pd.DataFrame({"p_stage": p, "outcome": (p > 0.5) * 1.0}), bins="uniform", n_bins=100)
    for figure in (
        plot_forecast_bias(biased(many)),
        plot_forecast_tracks(leads(periods)[1]),
        plot_reliability(table),
        plot_pit(distribution_accuracy(p[:, None] * np.ones(9), actual=p, seed=1, n_bins=100)),
    ):
        assert len(figure.to_json().encode()) < 100 * KB


def test_results_are_not_changed_and_the_same_result_gives_the_same_figure():
    accuracy, tracks = leads()
    for result, plot in (
        (stated(("terms", 0.6, 20, 50)), plot_reliability),
        (accuracy, plot_accuracy_by_lead),
        (tracks, plot_forecast_tracks),
        (biased(["a", "b", "c"]), plot_forecast_bias),
    ):
        before = copy.deepcopy(result)
        assert plot(result).to_json() == plot(result).to_json()
        pd.testing.assert_frame_equal(result, before)


@pytest.mark.parametrize(
    ("plot", "result", "without", "made_by"),
    [
        (plot_reliability, stated(("terms", 0.6, 2, 5)), "low", "reliability_table"),
        (plot_accuracy_by_lead, leads()[0], "wape", "accuracy_by_lead"),
        (plot_forecast_tracks, leads()[1], "actual", "accuracy_by_lead"),
        (plot_forecast_bias, biased(["a", "b", "c"]), "named", "forecast_bias"),
    ],
)
def test_missing_columns_other_languages_and_empty_frames(plot, result, without, made_by):
    with pytest.raises(ValueError, match=f"{without}.*{made_by}"):
        plot(result.drop(columns=without))
    with pytest.raises(ValueError, match="lang must be 'en' or 'zh'"):
        plot(result, lang="de")
    assert plot(result.iloc[:0]).layout.title.text == "Nothing to show"
    assert plot(result.iloc[:0], lang="zh").layout.title.text == "没有可显示的内容"


def test_the_histogram_needs_its_result_and_says_where_there_is_nothing():
    with pytest.raises(ValueError, match="plot_pit draws what distribution_accuracy returned: got DataFrame"):
        plot_pit(pd.DataFrame())
    few = distribution_accuracy(pd.DataFrame({0.1: [1.0] * 12, 0.9: [2.0] * 12}), actual=[1.5] * 12, seed=1)
    assert plot_pit(few).layout.meta["sentence"].endswith("the band.")
    assert "Mean CRPS: " in plot_pit(scored()).layout.meta["sentence"]
    empty = distribution_accuracy(np.zeros((0, 2)), actual=[], seed=1)
    assert plot_pit(empty).layout.meta["finding"] == "No distribution accuracy: no forecast could be judged"


def test_lead_times_are_about_the_same_salespeople_and_the_last_is_the_longest_track():
    forecasts = pd.DataFrame(
        [
            ("Li", "2026Q2", 100.0, "2026-04-06"),
            ("Li", "2026Q2", 130.0, "2026-06-23"),
            ("Wu", "2026Q2", 50.0, "2026-06-23"),  # nothing eight weeks before
        ],
        columns=["owner", "period", "forecast", "submitted"],
    ).assign(submitted=lambda rows: pd.to_datetime(rows["submitted"]))
    deals = pd.DataFrame({"owner": "Li", "amount": [5.0, 120.0], "outcome": "won"})
    deals["closed"] = pd.to_datetime(["2025-01-05", "2026-05-05"])
    found = accuracy_by_lead(forecasts, deals, as_of="2026-06-30", weeks_before=(0, 8))
    assert found.tracks.to_numpy().tolist() == [["2026Q2", 8, 1, 100.0, 120.0], ["2026Q2", 0, 1, 130.0, 120.0]]
    assert found.accuracy["forecast_minus_actual"].tolist() == [-20.0, 10.0]
    assert found.accuracy["n_left_out"].tolist() == [1, 1]  # Wu
    early = forecasts.assign(submitted=pd.Timestamp("2026-04-06")).iloc[1:]
    every = accuracy_by_lead(early, deals, as_of="2026-06-30", weeks_before=(0, 8)).accuracy
    assert every[["n", "n_left_out"]].to_numpy().tolist() == [[2, 0], [2, 0]]
    with pytest.raises(ValueError, match="weeks_before must be distinct"):
        accuracy_by_lead(forecasts, deals, as_of="2026-06-30", weeks_before=(8, 8))
