"""Tracks of forecasts over the actual they led to, each named above, however close the actuals lie."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import CHARACTER, NARROW, money_axis, text_room
from custvalue.charts.theme import BLUE, INK, NOTE_SIZE, VERMILLION
from custvalue.charts.wording import (
    drawn,
    hover,
    markup,
    money_text,
    name_text,
    number_text,
    say,
    shortened,
    text_width,
)
from custvalue.rules.labels import Label, Lang

TRACKS_HIGH = 400
ROOM = 1.08
MOST_NAMED, NAME_WIDTH = 24, 12
# What a narrow window leaves to draw in beside the axis; how high a line of small text is, and the fan of pointers;
# and what is clear between a name on end and its pointer.
_WIDE, _LINE, _FAN, _CLEAR = NARROW - 100, 18, 26, 10
# An axis reaches over this part of its amounts at least: three digits then tell its ticks apart.
_LEAST_SPAN = 0.2
_TRACK_HOVER = Label(
    "{period}, {weeks} weeks before its end: forecast {forecast}, actual {actual}.",
    "{period}，期末前{weeks}周：预测{forecast}，实际{actual}。",
)
_FIRST, _LAST = Label("first forecast", "最早预测"), Label("last forecast", "最后预测")
_TRACK, _POINTERS = Label("track", "轨迹"), Label("pointers", "指示线")
_EQUAL = Label("forecast = actual", "预测等于实际")
_ACTUAL, _FORECAST = Label("Actual", "实际"), Label("Forecast", "预测")


def draw_tracks(figure: go.Figure, table: pd.DataFrame, lang: Lang) -> None:
    """Draw one track per period of a table sorted by period, the longest lead first; the figure's axes fit them."""
    first, last = table.drop_duplicates("period"), table.drop_duplicates("period", keep="last")
    across = _padded(table["actual"].min(), table["actual"].max())
    low, high = _padded(table[["forecast", "actual"]].to_numpy().min(), table[["forecast", "actual"]].to_numpy().max())
    figure.add_scatter(
        mode="lines",
        name=_EQUAL.text(lang),
        x=drawn(across),
        y=drawn(across),
        hoverinfo="skip",
        line={"color": INK, "width": 1.5, "dash": "dash"},
    )
    x, y = [], []
    for _, rows in table.groupby("period", sort=False):
        x += [*drawn(rows["actual"]), None]
        y += [*drawn(rows["forecast"]), None]
    figure.add_scatter(
        mode="lines+markers",
        name=_TRACK.text(lang),
        x=x,
        y=y,
        hoverinfo="skip",
        line={"color": INK, "width": 1.5},
        marker={"symbol": "line-ew-open", "size": 6, "color": INK},
    )
    for rows, label, colour, symbol in ((first, _FIRST, VERMILLION, "circle-open"), (last, _LAST, BLUE, "circle")):
        figure.add_scatter(
            mode="markers",
            name=label.text(lang),
            x=drawn(rows["actual"]),
            y=drawn(rows["forecast"]),
            hovertext=[
                hover(
                    say(
                        _TRACK_HOVER,
                        lang,
                        period=name_text(row["period"], lang),
                        weeks=number_text(row["weeks_before"]),
                        forecast=money_text(row["forecast"], lang),
                        actual=money_text(row["actual"], lang),
                    )
                )
                for row in rows.to_dict("records")
            ],
            hoverinfo="text",
            cliponaxis=False,
            marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 2}},
        )
    top = _name_tracks(figure, table, across, (low, high), lang) if len(last) <= MOST_NAMED else high
    figure.update_layout(
        xaxis={**money_axis(across[1], lang, low=across[0]), "title": {"text": _ACTUAL.text(lang)}},
        yaxis={
            **money_axis(high, lang, low=low),
            "range": drawn([low, top]),
            "title": {"text": _FORECAST.text(lang)},
        },
    )


def _padded(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis over some amounts, wide enough that its ticks differ."""
    span = max(high - low, _LEAST_SPAN * max(abs(low), abs(high)))
    span = span if span > 0 else 1.0
    middle = (low + high) / 2
    return float(middle - ROOM * span / 2), float(middle + ROOM * span / 2)


def _name_tracks(
    figure: go.Figure, table: pd.DataFrame, across: tuple[float, float], up: tuple[float, float], lang: Lang
) -> float:
    """Name the tracks in a row above them, each name led to by a pointer; return where the axis ends above it."""
    tops = table.groupby("period", sort=False).agg(actual=("actual", "last"), top=("forecast", "max"))
    tops = tops.sort_values("actual", kind="stable")
    names = [shortened(name_text(period, lang), NAME_WIDTH) for period in tops.index]
    wide = text_room(names)
    level = wide * len(names) <= _WIDE
    width, tall = (wide, _LINE) if level else (_LINE, round(CHARACTER * max(map(text_width, names))) + _CLEAR)
    span = across[1] - across[0]
    places = across[0] + span * _spread((tops["actual"].to_numpy() - across[0]) / span, width / _WIDE)
    # So many pixels above what is drawn belong to the pointers and the names.
    per_pixel = (up[1] - up[0]) / (TRACKS_HIGH - _FAN - tall - _LINE / 2)
    knee, end = up[1], up[1] + _FAN * per_pixel
    figure.add_scatter(
        mode="lines",
        name=_POINTERS.text(lang),
        showlegend=False,
        x=[
            x
            for actual, place in zip(tops["actual"], places, strict=True)
            for x in (*drawn([actual] * 2 + [place]), None)
        ],
        y=[y for top in tops["top"] for y in (*drawn([top, knee, end]), None)],
        hoverinfo="skip",
        line={"color": INK, "width": 1, "dash": "dot"},
    )
    for place, name in zip(places, names, strict=True):
        figure.add_annotation(
            x=drawn([place])[0],
            y=drawn([end + tall * per_pixel / 2])[0],
            xanchor="center",
            yanchor="middle",
            textangle=0 if level else -90,
            showarrow=False,
            text=markup(name),
            font_size=NOTE_SIZE,
        )
    return float(end + (tall + _LINE / 2) * per_pixel)


def _spread(places: np.ndarray, gap: float) -> np.ndarray:
    """Return rising places between 0 and 1 at least a gap apart, as near to where they were as can be."""
    from scipy.optimize import isotonic_regression

    steps = gap * np.arange(places.size)
    free = isotonic_regression(places - steps).x
    spread: np.ndarray = np.clip(free, gap / 2, 1 - gap / 2 - steps[-1]) + steps
    return spread
