"""Selling time: what the year loses on the way to selling days, and what the day leaves for direct selling."""

import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import PIXELS_PER_ROW, names_axis, new_figure, stand
from custvalue.charts.theme import BLUE, INK, NOTE_SIZE, OUTLINE_WIDTH, RAMP, SKY, VERMILLION, bar_marker
from custvalue.charts.wording import agree, drawn, hover, markup, money_range, number_text, percent_text, say
from custvalue.effort import SellingTime
from custvalue.frames.checks import FrameCheck
from custvalue.rules import playbook
from custvalue.rules.effort import SellingYear
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang

DIGITS = 4
LABEL_WIDTH = 32
# The two panels: the year above, the day below.
YEAR, DAY = (0.58, 1.0), (0.0, 0.42)
AXIS_ROOM = 1.12

_FINDING = Label(
    "{days} selling days leave {hours} hours of direct selling a year", "{days}个销售日全年留下{hours}小时直接销售"
)
_PRICE = Label("; an hour has to bring {price}", "；每小时须带来{price}")
_SENTENCE = Label(
    "Above, deductions lead from {year} days to {days} selling days; below, the day's activities leave {day} hours for "
    "direct selling, where the slide says {slide}. {finding}.",
    "上图从全年{year}天逐项扣除到{days}个销售日；下图各项活动后每天留下{day}小时直接销售，幻灯片为{slide}小时。{finding}。",
)
_YEAR = Label("the year", "全年")
_SELLING_DAYS = Label("selling days", "销售天数")
_YEAR_HOVER = Label("{label}: {days} {of_days}, {left} left.", "{label}：{days}天，剩余{left}天。")
_TOTAL_HOVER = Label("{label}: {days} {of_days}.", "{label}：{days}天。")
_DAY_HOVER = Label("{label}: {hours} {of_hours} a day.", "{label}：每天{hours}小时。")
_ALWAYS = Label("at least", "至少")
_AT_MOST = Label("at most", "至多")
_SLIDE = Label("the slide: {share} of the day", "幻灯片：一天的{share}")
_SLIDE_HOVER = Label("By the slide's {share}: {hours} {of_hours} a day.", "按幻灯片的{share}：每天{hours}小时。")
_DAYS_AXIS = Label("Days in the year", "一年中的天数")
_HOURS_AXIS = Label("Hours in the working day", "工作日中的小时数")
_HOURS = Label("{x} h", "{x}小时")


def plot_selling_time(
    result: SellingTime, *, lang: Lang = "en", rule: SellingYear = playbook.SELLING_YEAR
) -> go.Figure:
    """Draw the year as a waterfall of deductions and the day as ranges of hours.

    Parameters
    ----------
    result : SellingTime
        What :func:`custvalue.selling_time` returned.
    lang : {"en", "zh"}
        Language of every word.
    rule : SellingYear
        The rule it was made with: the slide's own share for direct selling.

    Returns
    -------
    plotly.graph_objects.Figure
        Above a waterfall from the days of the year to the selling days; below, per activity, a bar of its
        fewest hours, one up to its most, and a mark for the slide's own share of direct selling.

    Raises
    ------
    ValueError
        If the result is not that of ``selling_time``.

    Examples
    --------
    >>> import custvalue as cv
    >>> plot_selling_time(cv.selling_time()).layout.meta["finding"]
    '217 selling days leave 217–542.5 hours of direct selling a year'
    """
    check_lang(lang)
    if not isinstance(result, SellingTime):
        raise refusal(
            "plot_selling_time draws what selling_time returned",
            type(result).__name__,
            "Run custvalue.selling_time() first and pass its result.",
        )
    for frame, columns in ((result.year, ("days", "days_left")), (result.day, ("low", "high"))):
        check = FrameCheck(frame, "plot_selling_time")
        for column in columns:
            check.numbers(column, purpose="run selling_time first")
        check.done()
    readings = {row["item"]: (row["low"], row["high"]) for row in result.summary.to_dict("records")}
    words = {
        "year": number_text(result.year["days"].iloc[0], lang, digits=DIGITS),
        "days": number_text(readings["selling_days"][0], lang, digits=DIGITS),
        "hours": _range(*readings["direct_hours_per_year"], lang),
        "day": _range(*readings["direct_hours_per_day"], lang),
        "slide": _range(*readings["direct_hours_per_day_on_slide"], lang),
    }
    finding = say(_FINDING, lang, **words)
    if "price_per_hour" in readings:
        finding += say(_PRICE, lang, price=money_range(*readings["price_per_hour"], lang))
    figure = new_figure(finding, say(_SENTENCE, lang, finding=finding, **words))
    label = "label_zh" if lang == "zh" else "label"
    _draw_year(figure, result.year, [str(text) for text in result.year[label]], lang)
    slide = (percent_text(rule.direct_share_on_slide, lang), readings["direct_hours_per_day_on_slide"][0])
    _draw_day(figure, result.day, [str(text) for text in result.day[label]], slide, lang)
    stand(figure, PIXELS_PER_ROW * (len(result.year) + 1 + len(result.day)) / (1 - YEAR[0] + DAY[1]))
    return figure


def _range(low: float, high: float, lang: Lang) -> str:
    texts = [number_text(x, lang, digits=DIGITS) for x in (low, high)]
    return texts[0] if texts[0] == texts[1] else "–".join(texts)


def _draw_year(figure: go.Figure, year: pd.DataFrame, labels: list[str], lang: Lang) -> None:
    days, left = year["days"], year["days_left"]
    labels = [*labels, _SELLING_DAYS.text(lang)]
    ends = (0, len(days))
    amounts = [*days, left.iloc[-1]]
    texts = [number_text(x, lang, digits=DIGITS) for x in amounts]
    hovers = [
        say(
            _TOTAL_HOVER if place in ends else _YEAR_HOVER,
            lang,
            label=label,
            days=text,
            of_days=agree(abs(amounts[place]), "day", "days"),
            left="" if place in ends else number_text(left[place], lang, digits=DIGITS),
        )
        for place, (label, text) in enumerate(zip(labels, texts, strict=True))
    ]
    edge = {"color": INK, "width": OUTLINE_WIDTH}
    figure.add_waterfall(
        orientation="h",
        name=_YEAR.text(lang),
        showlegend=False,
        measure=["absolute", *["relative"] * (len(days) - 1), "total"],
        x=drawn(amounts),
        y=list(range(len(labels))),
        text=texts,
        textposition="outside",
        textfont={"size": NOTE_SIZE, "color": INK},
        cliponaxis=False,
        hovertext=[hover(text) for text in hovers],
        hoverinfo="text",
        connector={"line": {"color": INK, "width": 1, "dash": "dot"}},
        increasing={"marker": {"color": BLUE, "line": edge}},
        decreasing={"marker": {"color": RAMP[0], "line": edge}},
        totals={"marker": {"color": BLUE, "line": edge}},
    )
    figure.update_layout(
        xaxis={"range": drawn([0, AXIS_ROOM * days.iloc[0]]), "title": {"text": _DAYS_AXIS.text(lang)}, "anchor": "y"},
        yaxis={**names_axis(labels, width=LABEL_WIDTH), "domain": list(YEAR), "anchor": "x"},
    )


def _draw_day(figure: go.Figure, day: pd.DataFrame, labels: list[str], slide: tuple[str, float], lang: Lang) -> None:
    names = [f"{activity} {label}" for activity, label in zip(day["activity"], labels, strict=True)]
    hours = [_range(low, high, lang) for low, high in zip(day["low"], day["high"], strict=True)]
    hovers = [
        hover(say(_DAY_HOVER, lang, label=name, hours=text, of_hours="hour" if text == "1" else "hours"))
        for name, text in zip(names, hours, strict=True)
    ]
    places = list(range(len(day)))
    for column, label, marker in (
        ("high", _AT_MOST, bar_marker(SKY, "/")),
        ("low", _ALWAYS, bar_marker(BLUE)),
    ):
        figure.add_bar(
            orientation="h",
            name=label.text(lang),
            x=drawn(day[column]),
            y=places,
            hovertext=hovers,
            hoverinfo="text",
            marker=marker,
            xaxis="x2",
            yaxis="y2",
        )
    share, slide_hours = slide
    figure.add_scatter(
        mode="markers",
        name=markup(say(_SLIDE, lang, share=share)),
        x=drawn([slide_hours]),
        y=[0],
        hovertext=[
            hover(
                say(
                    _SLIDE_HOVER,
                    lang,
                    share=share,
                    hours=number_text(slide_hours, lang, digits=DIGITS),
                    of_hours=agree(slide_hours, "hour", "hours"),
                )
            )
        ],
        hoverinfo="text",
        marker={"symbol": "diamond", "size": 11, "color": VERMILLION, "line": {"color": INK, "width": 1}},
        xaxis="x2",
        yaxis="y2",
    )
    figure.add_scatter(
        mode="text",
        name=_HOURS_AXIS.text(lang),
        showlegend=False,
        x=drawn(day["high"]),
        y=places,
        text=[f" {say(_HOURS, lang, x=text)}" for text in hours],
        textposition="middle right",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
        xaxis="x2",
        yaxis="y2",
    )
    figure.update_layout(
        barmode="overlay",
        xaxis2={
            "range": drawn([0, AXIS_ROOM * max(float(day["high"].max()), slide_hours)]),
            "title": {"text": _HOURS_AXIS.text(lang)},
            "anchor": "y2",
        },
        yaxis2={**names_axis(names, width=LABEL_WIDTH), "domain": list(DAY), "anchor": "x2"},
    )
