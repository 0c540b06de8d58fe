"""Where in their distributions the actuals fell: flat if the forecasts are right."""

import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import new_figure, nothing_figure, percent_axis, stand
from custvalue.charts.theme import BLUE, INK, SKY, VERMILLION, bar_marker
from custvalue.charts.wording import agree, count_text, drawn, hover, joined, money_text, percent_text, say
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.tracking.distribution_accuracy import DistributionAccuracy

ROOM = 1.1
_VERDICTS = {
    "too few": Label("{n} {forecasts} {are} too few to judge the distributions", "{n}个预测不足以评判分布"),
    "too low": Label(
        "Forecast distributions lie too low: actuals fall high in them", "预测分布偏低：实际值多落在其高端"
    ),
    "too high": Label(
        "Forecast distributions lie too high: actuals fall low in them", "预测分布偏高：实际值多落在其低端"
    ),
    "too narrow": Label(
        "Forecast distributions are too narrow: actuals fall in their tails", "预测分布过窄：实际值多落在其两端"
    ),
    "too wide": Label(
        "Forecast distributions are too wide: actuals fall in their middle", "预测分布过宽：实际值多落在其中部"
    ),
    "not contradicted": Label(
        "Forecast distributions are not contradicted: actuals fall evenly over them", "预测分布未被否定：实际值分布均匀"
    ),
}
_WITH_N = Label("{text} ({n} {forecasts})", "{text}（{n}个预测）")
_SENTENCE = Label(
    "Bars show how many actuals fell in each part of their forecast distribution; if the forecasts are right, all bars "
    "keep within the dotted band around the dashed line. {finding}. {k} of {m} bars {leave} the band.",
    "条形显示实际值落在各自预测分布各段的份额；若预测正确，各条均在虚线两侧的点线带内。{finding}。{m}个条形中有{k}个超出。",
)
_CRPS = Label("Mean CRPS: {crps}.", "平均连续分级概率评分为{crps}。")
_HOVER = Label(
    "{low} to {high} of the distribution: {n} actuals, {share}.", "分布的{low}至{high}：{n}个实际值，占{share}。"
)
_X = Label("Where the actual fell in its distribution", "实际值在其预测分布中的位置")
_Y = Label("Share of the forecasts", "占预测的份额")
_BARS = Label("share", "份额")
_OUTSIDE = Label("outside the band", "超出范围")
_EXPECTED = Label("if right", "若正确")
_BAND = Label("band", "范围")
_SUBJECT = Label("distribution accuracy", "分布准确度")
_NONE = Label("no forecast could be judged.", "没有可评判的预测。")


def plot_pit(result: DistributionAccuracy, *, lang: Lang = "en") -> go.Figure:
    """Draw the histogram of where actuals fell in their forecast distributions, with the band for right forecasts.

    Parameters
    ----------
    result : DistributionAccuracy
        What :func:`distribution_accuracy` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        One bar per part of the distribution; bars outside the band are coloured and patterned apart.

    Raises
    ------
    ValueError
        If the result is no ``DistributionAccuracy``.

    Examples
    --------
    >>> import numpy as np
    >>> from custvalue.tracking.distribution_accuracy import distribution_accuracy
    >>> draw = np.random.default_rng(1)
    >>> found = distribution_accuracy(draw.normal(0, 1, (40, 50)), actual=draw.normal(3, 1, 40), seed=1)
    >>> plot_pit(found).layout.meta["finding"]
    'Forecast distributions lie too low: actuals fall high in them (40 forecasts)'
    """
    check_lang(lang)
    if not isinstance(result, DistributionAccuracy):
        raise refusal(
            "plot_pit draws what distribution_accuracy returned", type(result).__name__, "Run distribution_accuracy."
        )
    table, summary = result.histogram, result.summary.iloc[0]
    n = int(summary["n"])
    if not n:
        return nothing_figure(_SUBJECT, _NONE.text(lang), lang)
    verdict = str(summary["verdict"])
    words = {"n": count_text(n), "forecasts": agree(n, "forecast", "forecasts"), "are": agree(n, "is", "are")}
    finding = say(_VERDICTS[verdict], lang, **words)
    if verdict != "too few":
        finding = say(_WITH_N, lang, text=finding, **words)
    n_outside = int(table["outside"].sum())
    sentence = say(
        _SENTENCE,
        lang,
        finding=finding,
        k=count_text(n_outside),
        m=count_text(len(table)),
        leave=agree(n_outside, "leaves", "leave"),
    )
    score = "" if pd.isna(summary["crps"]) else say(_CRPS, lang, crps=money_text(summary["crps"], lang))
    sentence = joined((sentence, score), lang)
    figure = new_figure(finding, sentence)
    hovers = [
        hover(
            say(
                _HOVER,
                lang,
                low=percent_text(row["pit_from"], lang),
                high=percent_text(row["pit_to"], lang),
                n=count_text(row["n"]),
                share=percent_text(row["share"], lang),
            )
        )
        for row in table.to_dict("records")
    ]
    for outside, label, marker in ((False, _BARS, bar_marker(SKY)), (True, _OUTSIDE, bar_marker(VERMILLION, "/"))):
        rows = table[table["outside"] == outside]
        if rows.empty:
            continue
        figure.add_bar(
            name=label.text(lang),
            x=drawn((rows["pit_from"] + rows["pit_to"]) / 2),
            y=drawn(rows["share"]),
            width=drawn(rows["pit_to"] - rows["pit_from"]),
            hovertext=[hovers[row] for row in rows.index],
            hoverinfo="text",
            marker=marker,
        )
    for column, label, dash, colour in (
        ("expected", _EXPECTED, "dash", BLUE),
        ("low", _BAND, "dot", INK),
        ("high", _BAND, "dot", INK),
    ):
        level = drawn(table[column])[0]
        figure.add_scatter(
            mode="lines",
            name=label.text(lang),
            showlegend=column != "high",
            x=[0, 1],
            y=[level, level],
            hoverinfo="skip",
            line={"color": colour, "width": 2, "dash": dash},
        )
    high = ROOM * float(table[["share", "high"]].to_numpy().max())
    figure.update_layout(
        bargap=0,
        barmode="overlay",
        xaxis={**percent_axis(1.0, lang), "title": {"text": _X.text(lang)}},
        yaxis={**percent_axis(high, lang), "title": {"text": _Y.text(lang)}},
    )
    stand(figure)
    return figure
