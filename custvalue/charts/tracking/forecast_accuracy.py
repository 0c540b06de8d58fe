"""Forecasts against what came: their tracks as the period's end drew near, and how far off they were at each lead."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import (
    new_figure,
    nice_ticks,
    nothing_figure,
    percent_axis,
    stand,
)
from custvalue.charts.theme import BLUE, VERMILLION
from custvalue.charts.tracking.tracks import TRACKS_HIGH, draw_tracks
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    number_text,
    percent_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import Label, Lang, check_lang

ROOM = 1.08
PERCENT = 100
# A bias that moves by less between the longest lead and the last is not worth a sentence (share of the actual).
MOVED = 0.05
_EXACT = 1e-9
_TRACKS = Label(
    "The last forecast was within {within} of the actual in {late} of {n} {periods}, the first in {early}",
    "{n}个期间中，最后预测误差在{within}以内的有{late}个，最早预测则有{early}个",
)
_TRACKS_SENTENCE = Label(
    "For each period a line leads from the first forecast (hollow, {first} weeks before its end) to the last (filled, "
    "{last} weeks); on the dashed line forecast and actual are equal. {finding}.",
    "每个期间以一条线从最早预测（空心，期末前{first}周）连到最后预测（实心，期末前{last}周）；虚线上预测与实际相等。"
    "{finding}。",
)
_LEAD = Label(
    "Forecasts were off by {first} of the actual {far} weeks before the end, by {last} {near}",
    "期末前{far}周预测误差为实际的{first}，{near}为{last}",
)
_AT_END, _WEEKS_BEFORE = Label("at the end", "期末"), Label("{weeks} weeks before", "期末前{weeks}周")
_ROSE = Label("{finding}; the bias rose from {first} to {last}", "{finding}；偏差由{first}升至{last}")
_FELL = Label("{finding}; the bias fell from {first} to {last}", "{finding}；偏差由{first}降至{last}")
_ONE_LEAD = Label(
    "Forecasts were off by {first} of the actual {far} weeks before the end", "期末前{far}周预测误差为实际的{first}"
)
_LEAD_SENTENCE = Label(
    "Points show the weighted absolute error and, as diamonds, the bias of {n} {forecasts} at {k} lead {times}. "
    "{finding}. {direction}.",
    "圆点为{n}个预测在{k}个提前期的加权绝对误差，菱形为偏差。{finding}。{direction}。",
)
_TOO_HIGH = Label("At the longest lead they were {bias} too high in all", "最长提前期合计偏高{bias}")
_TOO_LOW = Label("At the longest lead they were {bias} too low in all", "最长提前期合计偏低{bias}")
_LEAD_HOVER = Label(
    "{weeks} weeks before the end: absolute error {wape}, bias {bias} of the actual; {n} forecasts.",
    "期末前{weeks}周：绝对误差为实际的{wape}，偏差为{bias}；共{n}个预测。",
)
_WEEKS = Label("Weeks before the period's end", "期末前周数")
_OF_ACTUAL = Label("Share of the actual", "占实际的比例")
_WAPE, _BIAS = (
    Label("absolute error (weighted)", "绝对误差（加权）"),
    Label("bias (forecast − actual)", "偏差（预测−实际）"),
)
_SUBJECT = Label("forecast accuracy", "预测准确度")
_NONE = Label("no forecast could be judged.", "没有可评判的预测。")


def plot_forecast_tracks(result: Any, *, within: float = 0.1, lang: Lang = "en") -> go.Figure:
    """Draw forecast against actual, period by period, with the track from the first forecast to the last.

    Parameters
    ----------
    result : frame
        ``.tracks`` of what :func:`accuracy_by_lead` returned.
    within : float
        The finding counts forecasts that are off by at most this part of the actual.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        One vertical track per period (its actual on the horizontal axis); a pointer leads to its name above where there
        are at most 24. Neither axis begins at zero.

    Raises
    ------
    ValueError
        If a column of the result is missing, or ``within`` is no number of 0 or more.

    Examples
    --------
    >>> import pandas as pd
    >>> tracks = pd.DataFrame({"period": ["2026Q1"] * 2, "weeks_before": [8, 0], "forecast": [150.0, 104.0],
    ...                        "actual": 100.0})
    >>> plot_forecast_tracks(tracks).layout.meta["finding"]
    'The last forecast was within 10 % of the actual in 1 of 1 period, the first in 0'
    """
    check_lang(lang)
    if not is_number(within) or within < 0:
        raise refusal("within must be 0 or more", repr(within), "Write 10 % as 0.1.")
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_forecast_tracks")
    purpose = "run accuracy_by_lead first"
    check.require("period", purpose)
    columns = {name: check.numbers(name, purpose=purpose) for name in ("weeks_before", "forecast", "actual")}
    check.done()
    table = pd.DataFrame({"period": frame["period"].astype("str").to_numpy(), **columns}).dropna()
    if table.empty:
        return nothing_figure(_SUBJECT, _NONE.text(lang), lang)
    table = table.sort_values(["period", "weeks_before"], ascending=[True, False], kind="stable")
    first, last = table.drop_duplicates("period"), table.drop_duplicates("period", keep="last")
    early, late = (
        int(((rows["forecast"] - rows["actual"]).abs() <= within * rows["actual"].abs()).sum())
        for rows in (first, last)
    )
    finding = say(
        _TRACKS,
        lang,
        late=count_text(late),
        early=count_text(early),
        n=count_text(len(first)),
        periods=agree(len(first), "period", "periods"),
        within=percent_text(within, lang),
    )
    sentence = say(
        _TRACKS_SENTENCE,
        lang,
        finding=finding,
        first=number_text(first["weeks_before"].max()),
        last=number_text(last["weeks_before"].min()),
    )
    figure = new_figure(finding, sentence)
    draw_tracks(figure, table, lang)
    stand(figure, TRACKS_HIGH)
    return figure


def plot_accuracy_by_lead(result: Any, *, lang: Lang = "en") -> go.Figure:
    """Draw how far forecasts were off, and in which direction, week by week before the period's end.

    Parameters
    ----------
    result : frame
        ``.accuracy`` of what :func:`accuracy_by_lead` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        The weighted absolute error (points) and the bias (diamonds) as parts of the actual, the longest lead on the
        left, and a line where there is no error.

    Raises
    ------
    ValueError
        If a column of the result is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> accuracy = pd.DataFrame({"weeks_before": [8, 0], "n": 12, "wape": [0.4, 0.1], "bias_pct": [9.0, 8.0]})
    >>> plot_accuracy_by_lead(accuracy).layout.meta["finding"]
    'Forecasts were off by 40 % of the actual 8 weeks before the end, by 10 % at the end'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_accuracy_by_lead")
    columns = ("weeks_before", "n", "wape", "bias_pct")
    table = pd.DataFrame({name: check.numbers(name, purpose="run accuracy_by_lead first") for name in columns})
    check.done()
    table = table.dropna().sort_values("weeks_before", ascending=False, kind="stable", ignore_index=True)
    if table.empty:
        return nothing_figure(_SUBJECT, _NONE.text(lang), lang)
    bias = table["bias_pct"] / PERCENT
    words = {
        "first": percent_text(table["wape"].iloc[0], lang),
        "last": percent_text(table["wape"].iloc[-1], lang),
        "far": number_text(table["weeks_before"].iloc[0]),
        "near": _time(table["weeks_before"].iloc[-1], lang),
    }
    finding = say(_LEAD if len(table) > 1 else _ONE_LEAD, lang, **words)
    ends = bias.iloc[0], bias.iloc[-1]
    if abs(ends[1] - ends[0]) >= MOVED - _EXACT:
        label = _ROSE if ends[1] > ends[0] else _FELL
        finding = say(label, lang, finding=finding, first=_signed(ends[0], lang), last=_signed(ends[1], lang))
    n = int(table["n"].max())
    sentence = say(
        _LEAD_SENTENCE,
        lang,
        n=count_text(n),
        forecasts=agree(n, "forecast", "forecasts"),
        k=count_text(len(table)),
        times=agree(len(table), "time", "times"),
        finding=finding,
        direction=say(_TOO_HIGH if bias.iloc[0] >= 0 else _TOO_LOW, lang, bias=percent_text(abs(bias.iloc[0]), lang)),
    )
    figure = new_figure(finding, sentence)
    hovers = [
        hover(
            say(
                _LEAD_HOVER,
                lang,
                weeks=number_text(row["weeks_before"]),
                wape=percent_text(row["wape"], lang),
                bias=percent_text(row["bias_pct"] / PERCENT, lang),
                n=count_text(row["n"]),
            )
        )
        for row in table.to_dict("records")
    ]
    for values, label, colour, symbol in ((table["wape"], _WAPE, BLUE, "circle"), (bias, _BIAS, VERMILLION, "diamond")):
        figure.add_scatter(
            mode="lines+markers",
            name=label.text(lang),
            x=drawn(table["weeks_before"]),
            y=drawn(values),
            hovertext=hovers,
            hoverinfo="text",
            line={"color": colour, "width": 2},
            marker={"symbol": symbol, "size": 9, "color": colour},
        )
    heights = np.concatenate([table["wape"].to_numpy(), bias.to_numpy(), [0.0]])
    pad = (ROOM - 1) * max(float(np.ptp(heights)), 1 / PERCENT)
    weeks = table["weeks_before"]
    span = max(float(weeks.max() - weeks.min()), 1.0)
    ticks = nice_ticks(float(weeks.min()), float(weeks.max()))
    figure.update_layout(
        xaxis={
            "range": drawn([float(weeks.max()) + span * (ROOM - 1), float(weeks.min()) - span * (ROOM - 1)]),
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [number_text(tick) for tick in ticks],
            "title": {"text": _WEEKS.text(lang)},
        },
        yaxis={
            **percent_axis(float(heights.max()) + pad, lang, low=float(heights.min()) - pad),
            "title": {"text": _OF_ACTUAL.text(lang)},
        },
    )
    stand(figure)
    return figure


def _time(weeks: float, lang: Lang) -> str:
    return say(_WEEKS_BEFORE, lang, weeks=number_text(weeks)) if weeks else _AT_END.text(lang)


def _signed(fraction: float, lang: Lang) -> str:
    return ("+" if fraction > 0 else "") + percent_text(fraction, lang)
