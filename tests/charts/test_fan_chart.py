"""The fan by snapshot: what is drawn is what the frame holds, and the title says where the target lies."""

import re

import numpy as np
import pandas as pd
import pytest

from custvalue.charts.tracking.fan import MOST_SNAPSHOTS, plot_revenue_fan
from custvalue.rules.errors import InputError


def fan(n=4, **columns):
    steps = np.arange(n)
    frame = pd.DataFrame(
        {
            "snapshot": pd.Timestamp("2026-07-01") + pd.to_timedelta(7 * steps, unit="D"),
            "p10": 6e6 + 5e5 * steps,
            "p50": 9e6 + 1e5 * steps,
            "p90": 13e6 - 5e5 * steps,
            "mean": 9.2e6 + 1e5 * steps,
        }
    )
    return frame.assign(**columns)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_band_the_middle_and_the_target_are_drawn(lang):
    frame = fan()
    low, high, middle, target = plot_revenue_fan(frame, target=12e6, lang=lang).data
    assert list(low.y) == frame["p10"].tolist()
    assert list(high.y) == frame["p90"].tolist()
    assert high.fill == "tonexty"
    assert list(middle.y) == frame["p50"].tolist()
    assert list(target.y) == [12e6, 12e6]
    assert list(middle.x) == ["2026-07-01", "2026-07-08", "2026-07-15", "2026-07-22"]


# The last range is 7.5 M to 11.5 M; its ends belong to it.
@pytest.mark.parametrize(
    ("target", "place"), [(7.4e6, "below"), (7.5e6, "in"), (9e6, "in"), (11.5e6, "in"), (11.6e6, "above")]
)
def test_the_title_says_where_the_target_lies(target, place):
    finding = plot_revenue_fan(fan(), target=target).layout.meta["finding"]
    assert f"lies {place} the last range of 7.5 M to 11.5 M" in finding
    assert "from 9 M to 9.3 M" in finding


@pytest.mark.parametrize(
    ("correlation", "lang", "words"),
    [
        (0.0, "en", "independent deals"),
        (0.0, "zh", "相互独立"),
        (0.2, "en", "latent correlation 0.2"),
        (0.2, "zh", "相关系数0.2"),
    ],
)
def test_the_assumption_and_the_period_are_said(correlation, lang, words):
    figure = plot_revenue_fan(fan(correlation=correlation, period="2026Q3", won=np.arange(4) * 1e6), lang=lang)
    for text in (figure.layout.title.subtitle.text.replace("<br>", " "), figure.layout.meta["sentence"]):
        assert words in text.replace(" ", "" if lang == "zh" else " ")
    assert "2026Q3" in figure.layout.meta["finding"]
    assert list(figure.data[-1].y) == [0, 1e6, 2e6, 3e6]


def test_a_chinese_figure_keeps_no_english_word():
    figure = plot_revenue_fan(fan(correlation=0.1, won=1.0), target=5e6, lang="zh")
    texts = [figure.layout.title.text, figure.layout.title.subtitle.text, figure.layout.meta["sentence"]]
    texts += [trace.name for trace in figure.data] + [text for trace in figure.data for text in trace.hovertext or ()]
    texts += [figure.layout.xaxis.title.text, figure.layout.yaxis.title.text, *figure.layout.yaxis.ticktext]
    for text in texts:
        assert not re.search(r"[A-Za-z]{2,}", text.replace("<br>", " ")), text


def test_rows_are_drawn_by_day_and_the_frame_is_not_changed():
    shuffled = fan().iloc[[2, 0, 3, 1]].set_axis([7, 7, 7, 7])
    before = shuffled.copy()
    assert plot_revenue_fan(shuffled).to_json() == plot_revenue_fan(fan()).to_json()
    pd.testing.assert_frame_equal(shuffled, before)


def test_many_days_are_thinned_and_that_is_said():
    frame = fan(4000, p10=1.0, p90=1e10)
    figure = plot_revenue_fan(frame)
    assert len(figure.data[2].x) == MOST_SNAPSHOTS
    assert figure.data[2].x[-1] == str(frame["snapshot"].iloc[-1].date())
    assert "120 of 4,000" in figure.layout.meta["sentence"]
    assert len(figure.to_json()) < 100_000


@pytest.mark.parametrize(("lang", "words"), [("en", "Nothing to show"), ("zh", "没有可显示的内容")])
def test_no_snapshots_are_said(lang, words):
    assert plot_revenue_fan(fan().iloc[:0], lang=lang).layout.title.text == words


def test_one_day_has_no_movement():
    figure = plot_revenue_fan(fan(1))
    assert figure.layout.meta["finding"].startswith("The middle of the revenue stands at 9 M")
    assert "lines+markers" in figure.data[0].mode


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (fan().drop(columns="p50"), "p50.*revenue_fan"),
        (fan(p10=20e6), "must be in order"),
        (fan(p50=np.nan), "p50 must not be missing"),
        (pd.concat([fan(), fan()]), "a day may occur once"),
        (fan(snapshot=pd.NaT), "a snapshot must have a day"),
        (fan(mean="x"), "mean must be a number"),
    ],
)
def test_what_is_no_fan_is_refused(frame, message):
    with pytest.raises(InputError, match=message):
        plot_revenue_fan(frame)


def test_a_target_or_language_that_is_none_is_refused():
    with pytest.raises(InputError, match="target must be a number"):
        plot_revenue_fan(fan(), target="12M")
    with pytest.raises(InputError, match="lang must be"):
        plot_revenue_fan(fan(), lang="fr")
