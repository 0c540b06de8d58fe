"""The bias funnel: who forecasts too high or too low, beside how sure that is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import CHARACTER, NARROW, new_figure, nothing_figure, stand
from custvalue.charts.theme import GREEN, INK, NOTE_SIZE, VERMILLION
from custvalue.charts.wording import (
    count_text,
    drawn,
    hover,
    joined,
    listed,
    markup,
    name_text,
    percent_text,
    say,
    shortened,
    text_width,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang

MAX_POINTS = 300
TITLE_NAMES, TITLE_NAME_WIDTH = 2, 20
# So many of the farthest on each side carry their names in the figure, where these cover neither point nor name.
MOST_NAMED = 6
# What a narrow window leaves to draw in beside the axis, how high a line of small text is, how far from its point it
# begins, and half a point, in pixels.
_WIDE, _LINE, _BESIDE, _POINT = NARROW - 100, 18, 8, 6
_Box = tuple[float, float, float, float]
ROOM = 1.15
PLOT = 400
# Round percentages that may stand on an axis, and how far apart they stand at least: this part of its length.
_SMALL, _ROUND_LARGE = 30, (40, 50, 60, 70, 80, 90, 95, 98, 99)
_ROUND = tuple(digit * 10.0**power for power in range(-2, 7) for digit in (1, 2, 3, 5))
_ROUND_LOSSES = (*(value for value in _ROUND if value <= _SMALL), *_ROUND_LARGE)
_APART = 0.15
_NAMED = Label("{k} of {n} forecast with a bias of their own: {kinds}", "{n}人中有{k}人的预测有自身偏差：{kinds}")
_KIND = Label("{names} too high", "{names}偏高"), Label("{names} too low", "{names}偏低")
_NOBODY = Label(
    "Nobody of {n} is named: no bias stands out from chance and from what all share",
    "{n}人中无人被点名：没有偏差超出偶然与共同影响",
)
_AND_MORE = Label("{names} and {n} more", "{names}等{m}人")
_SENTENCE = Label(
    "Each point is one forecaster: the error net of the others, against the half-width of its interval; outside the "
    "funnel the interval leaves out zero, and the named also pass the test for many. {finding}.",
    "每点为一位预测人：扣除共同影响后的误差与其区间半宽；漏斗之外区间不含零，被点名者还通过了多重检验。{finding}。",
)
_HOVER = Label(
    "{name}: forecasts {bias} against the others ({low} to {high}; {n} periods); shrunken {shrunken}.",
    "{name}：相对他人{bias}（{low}至{high}；{n}个期间）；收缩后{shrunken}。",
)
_X = Label("How unsure: from the bias up to the interval's end", "不确定程度：偏差至区间上端")
_Y = Label("Bias against the others", "相对他人的偏差")
_FUNNEL = Label("funnel: the interval just holds zero", "漏斗：区间恰含零")
_NOTE = Label("Too few periods to judge: {n}.", "期间过少、无法评判：{n}人。")
_SHOWN = Label("The {n} surest are drawn.", "仅画出最确定的{n}人。")
_UNNAMED = Label(
    "Of those named only the outermost are labelled; {n} more are not.", "被点名者仅标出最外侧，另有{n}人未标出。"
)
_SUBJECT = Label("forecast bias", "预测偏差")
_NONE = Label("nobody has enough periods.", "无人有足够的期间。")
_TRACES = (
    ("happy ears", Label("happy ears (too high)", "乐观（偏高）"), VERMILLION, "triangle-up"),
    ("sandbagging", Label("sandbagging (too low)", "保守（偏低）"), GREEN, "triangle-down"),
    ("not named", Label("not named", "未点名"), INK, "circle-open"),
)
_BIASED = ("happy ears", "sandbagging")
_OUTER = ("top center", "bottom center")
PERCENT = 100
_NUMBERS = ("n", "bias", "low", "high", "shrunken")


def plot_forecast_bias(result: Any, *, lang: Lang = "en") -> go.Figure:
    """Draw each forecaster's bias against how unsure it is, with the funnel outside which chance does not explain it.

    Parameters
    ----------
    result : frame
        What :func:`forecast_bias` returned; the first column names the forecasters.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        One point per forecaster with enough periods (at most 300, the surest); of those named the outermost carry their
        names, as far as there is room, and a note says how many more there are. A point
        lies outside the funnel exactly if its interval leaves out zero.

    Raises
    ------
    ValueError
        If a column of the result is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.tracking.bias import forecast_bias
    >>> said = pd.DataFrame({
    ...     "owner": ["Li"] * 4 + ["Wu"] * 4 + ["Xu"] * 4,
    ...     "period": ["2025Q1", "2025Q2", "2025Q3", "2025Q4"] * 3,
    ...     "forecast": [165.0, 155.0, 160.0, 150.0, 105.0, 95.0, 98.0, 103.0, 97.0, 104.0, 100.0, 99.0],
    ...     "actual": 100.0,
    ... })
    >>> plot_forecast_bias(forecast_bias(said)).layout.meta["finding"]
    '1 of 3 forecast with a bias of their own: Li too high'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_forecast_bias")
    purpose = "run forecast_bias first"
    table = pd.DataFrame({name: check.numbers(name, purpose=purpose) for name in _NUMBERS})
    check.require("named", purpose)
    check.done()
    table["name"] = [name_text(value, lang) for value in frame.iloc[:, 0]]
    table["named"] = frame["named"].astype("str").to_numpy()
    table["margin"] = (table["high"] - table["low"]) / 2
    judged = table[table["margin"].notna()]
    if judged.empty:
        return nothing_figure(_SUBJECT, _NONE.text(lang), lang)
    finding = _finding(judged, lang)
    few = len(table) - len(judged)
    shown = judged.sort_values("margin", kind="stable").head(MAX_POINTS)
    unnamed = _n_unnamed(shown)
    notes = (
        say(_UNNAMED, lang, n=count_text(unnamed)) if unnamed else "",
        say(_NOTE, lang, n=count_text(few)) if few else "",
        say(_SHOWN, lang, n=count_text(MAX_POINTS)) if len(judged) > MAX_POINTS else "",
    )
    figure = new_figure(finding, say(_SENTENCE, lang, finding=finding), note=joined(notes, lang))
    _draw(figure, shown, lang)
    stand(figure, PLOT)
    return figure


def _finding(table: pd.DataFrame, lang: Lang) -> str:
    """Return who is named, the largest bias of either kind first."""
    named = table[table["named"].isin(_BIASED)]
    if named.empty:
        return say(_NOBODY, lang, n=count_text(len(table)))
    kinds = []
    for kind, label in zip(_BIASED, _KIND, strict=True):
        mine = named[named["named"] == kind]
        if mine.empty:
            continue
        order = np.argsort(-mine["bias"].abs().to_numpy(), kind="stable")
        names = [shortened(mine["name"].iloc[place], TITLE_NAME_WIDTH) for place in order[:TITLE_NAMES]]
        more = len(mine) - len(names)
        words = {"n": count_text(more), "m": count_text(len(mine))}
        text = say(_AND_MORE, lang, names=", ".join(names) if lang == "en" else "、".join(names), **words)
        kinds.append(say(label, lang, names=text if more else listed(names, lang)))
    between = " and " if lang == "en" else "；"
    return say(_NAMED, lang, k=count_text(len(named)), n=count_text(len(table)), kinds=between.join(kinds))


def _as_percent(log: float, lang: Lang) -> str:
    """Return a difference of logarithms as the percentage it means, with its sign."""
    value = float(np.expm1(log))
    return ("+" if value > 0 else "") + percent_text(value, lang)


def _round_places(end: float, percents: Sequence[float], *, sign: int = 1) -> list[float]:
    """Return the logarithms of round percentages from 0 to ``end`` (downwards with sign -1), not too near together."""
    places: list[float] = []
    for percent in percents:
        place = sign * float(np.log1p(sign * percent / PERCENT))
        if (places[-1] if places else 0.0) + _APART * end <= place <= end:
            places.append(place)
    return [sign * place for place in places]


def _name_places(table: pd.DataFrame, kind: str) -> list[str]:
    """Return on which side of its point each name of a kind stands, empty where there is no room for it.

    One stands beside its point, two above and below; of more the outermost are named where their names cover nothing.
    """
    mine = np.flatnonzero(table["named"] == kind)
    if mine.size <= len(_OUTER):
        above = int(table["bias"].iloc[mine].argmax()) if mine.size else 0
        return ["middle right"] if mine.size == 1 else [_OUTER[int(k != above)] for k in range(mine.size)]
    wide, tall = _room(table)
    x, y = table["margin"].to_numpy() / wide * _WIDE, -table["bias"].to_numpy() / (2 * tall) * PLOT
    outermost = np.argsort(-np.abs(y[mine]), kind="stable")[:MOST_NAMED]
    places = [""] * mine.size
    boxes: list[_Box] = []
    for k in outermost:
        row = mine[k]
        width = CHARACTER * text_width(shortened(table["name"].iloc[row], TITLE_NAME_WIDTH))
        sides = ("middle right", "middle left") if boxes else (_OUTER[int(y[row] > 0)],)
        for side in sides:
            left = x[row] + {"middle right": _BESIDE, "middle left": -_BESIDE - width}.get(side, -width / 2)
            low = y[row] - _LINE / 2 + {"top center": -_LINE, "bottom center": _LINE}.get(side, 0)
            box = (left, left + width, low, low + _LINE)
            covers = (x > box[0] - _POINT) & (x < box[1] + _POINT) & (y > box[2] - _POINT) & (y < box[3] + _POINT)
            covers[row] = False
            free = not covers.any() and box[0] >= 0 and box[1] <= _WIDE and not any(_overlap(box, one) for one in boxes)
            if free or not boxes:
                places[k] = side
                boxes.append(box)
                break
    return places


def _beside(name: str, place: str) -> str:
    """Return a name with the space that sets it off from its point; a plain one at its end would not be drawn."""
    text = shortened(name, TITLE_NAME_WIDTH)
    return f"{text}\u00a0" if place == "middle left" else f" {text}"


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _room(table: pd.DataFrame) -> tuple[float, float]:
    """Return how far the axes reach: across, and up and down."""
    wide = max(ROOM * float(table["margin"].max()), 1e-6)
    return wide, max(ROOM * float(table["bias"].abs().max()), wide)


def _n_unnamed(table: pd.DataFrame) -> int:
    """Return how many of the named have no room for their names."""
    return sum(_name_places(table, kind).count("") for kind in _BIASED)


def _draw(figure: go.Figure, table: pd.DataFrame, lang: Lang) -> None:
    wide, tall = _room(table)
    figure.add_scatter(
        mode="lines",
        name=_FUNNEL.text(lang),
        x=drawn([wide, 0.0, wide]),
        y=drawn([wide, 0.0, -wide]),
        hoverinfo="skip",
        line={"color": INK, "width": 1.5, "dash": "dash"},
    )
    for kind, label, colour, symbol in _TRACES:
        rows = table[table["named"] == kind]
        if rows.empty:
            continue
        named = kind in _BIASED
        places = _name_places(table, kind) if named else []
        figure.add_scatter(
            mode="markers+text" if named else "markers",
            name=label.text(lang),
            x=drawn(rows["margin"]),
            y=drawn(rows["bias"]),
            text=[
                markup(_beside(name, place)) if place else "" for name, place in zip(rows["name"], places, strict=True)
            ]
            if named
            else None,
            textposition=[place or "middle right" for place in places] if named else None,
            textfont_size=NOTE_SIZE,
            hovertext=[
                hover(
                    say(
                        _HOVER,
                        lang,
                        name=row["name"],
                        bias=_as_percent(row["bias"], lang),
                        low=_as_percent(row["low"], lang),
                        high=_as_percent(row["high"], lang),
                        n=count_text(row["n"]),
                        shrunken=_as_percent(row["shrunken"], lang),
                    )
                )
                for row in rows.to_dict("records")
            ],
            hoverinfo="text",
            cliponaxis=False,
            marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 2}},
        )
    ticks = [*_round_places(tall, _ROUND_LOSSES, sign=-1), 0.0, *_round_places(tall, _ROUND)]
    across = [0.0, *_round_places(wide, _ROUND)]
    figure.update_layout(
        xaxis={
            "range": drawn([0.0, wide]),
            "tickmode": "array",
            "tickvals": drawn(across),
            "ticktext": [_as_percent(tick, lang) for tick in across],
            "title": {"text": _X.text(lang)},
        },
        yaxis={
            "range": drawn([-tall, tall]),
            "tickmode": "array",
            "tickvals": drawn(ticks),
            "ticktext": [_as_percent(tick, lang) for tick in ticks],
            "title": {"text": _Y.text(lang)},
            "zeroline": True,
        },
    )
