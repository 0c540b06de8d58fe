"""What every chart begins and ends with: the finding as title, the sentence that reads it, names along an axis."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.columns import value_label
from custvalue.charts.theme import FONT_SIZE, INK, NOTE_SIZE, TEMPLATE, TITLE_SIZE
from custvalue.charts.wording import (
    NAME_WIDTH,
    NOTE_WIDTH,
    TITLE_WIDTH,
    colon,
    count_text,
    drawn,
    markup,
    markup_lines,
    money_text,
    name_text,
    percent_text,
    say,
    shortened,
    significant,
    text_width,
    wrapped,
)
from custvalue.frames.checks import FrameCheck
from custvalue.rules.labels import Label, Lang

PLOT_LOW, PLOT_HIGH = 260, 380
NARROW = 600
MAX_ROWS = 20
_TICKS = 5
_WITHOUT_LEGEND = ("heatmap", "sankey", "treemap")
_ROUND_STEPS = (1.0, 2.0, 5.0, 10.0)
_STEP_SLACK = 0.9
_ROUND_OFF = 1e-9
_LINE = 1.3
_TOP_PAD, _TOP_GAP, _LIFTED = 12, 26, 11
_NOTE_GAP = 10
_AXIS_AND_TITLE = 56
PIXELS_PER_ROW = 26
# About what a character, an entry's line and mark, and an entry of a legend take of a figure.
CHARACTER, _ENTRY_MARK, _ENTRY_HEIGHT = 6.6, 46, 19
_SIDES = 40
# Nearer to an end of the axis than this, the name of a cut is written inwards.
_NEAR_END = 0.08

_OPEN = Label("what the missing answers leave open", "缺失答案留下的区间")
NOTHING = Label("Nothing to show", "没有可显示的内容")
_NO_SUBJECT = Label("No {subject}", "无{subject}")


def new_figure(title: str, sentence: str, *, note: str = "", finding: str = "") -> go.Figure:
    """Return an empty figure in the library's look.

    Parameters
    ----------
    title : str
        The finding, one sentence (plain text; wrapped here).
    sentence : str
        What the chart says, for those who read rather than look (plain text, kept in ``layout.meta["sentence"]``).
    note : str
        What the reader must know of the chart: how much is shown of how much, what is set apart. Set under the title.
    finding : str
        The finding where the title does not state it.

    The height is set by :func:`stand` when all is drawn.
    """
    figure = go.Figure()
    title_lines, note_lines = len(wrapped(title, TITLE_WIDTH)), len(wrapped(note, NOTE_WIDTH)) if note else 0
    top = _TOP_PAD + _LINE * (TITLE_SIZE * title_lines + NOTE_SIZE * note_lines) + _TOP_GAP
    top += _NOTE_GAP if note else 0
    # plotly sets a title of several lines higher than a single one.
    above = _TOP_PAD + (_LIFTED if title_lines > 1 else 0)
    figure.update_layout(
        template=TEMPLATE,
        title={
            "text": markup_lines(title, TITLE_WIDTH),
            "subtitle": {"text": markup_lines(note, NOTE_WIDTH) if note else ""},
            "pad": {"t": above},
        },
        meta={"finding": finding or title, "sentence": sentence},
        margin_t=round(top),
    )
    return figure


def stand(figure: go.Figure, plot: float = PLOT_LOW, *, below: float = 0) -> None:
    """Set the height: the title, ``plot`` pixels to draw in, the axis, ``below`` pixels under it, and the legend.

    The legend is given the lines it takes in a window of 600 pixels, so nothing is pressed together there.
    """
    bottom = _AXIS_AND_TITLE + below
    bottom += _ENTRY_HEIGHT * _legend_lines(figure)
    figure.update_layout(height=round(figure.layout.margin.t + plot + bottom), margin_b=round(bottom))


def _legend_lines(figure: go.Figure) -> int:
    """Return how many lines the legend takes in a narrow window."""
    names = [trace.name for trace in figure.data if trace.type not in _WITHOUT_LEGEND and trace.showlegend is not False]
    widths = [_ENTRY_MARK + CHARACTER * text_width(name) for name in names]
    if len(widths) <= 1:
        return 0
    room = NARROW - _SIDES
    return 1 if sum(widths) <= room else -(-len(widths) // max(int(room // max(widths)), 1))


def text_room(texts: Iterable[str]) -> int:
    """Return the pixels that the widest of some small texts takes beside what it belongs to."""
    return round(CHARACTER * max(map(text_width, texts), default=0)) + _TOP_PAD


def nothing_figure(subject: Label, reason: str, lang: Lang) -> go.Figure:
    """Return a figure that says what there is nothing of, and why."""
    title = NOTHING.text(lang)
    sentence = f"{say(_NO_SUBJECT, lang, subject=subject.text(lang))}{colon(lang)}{reason}"
    figure = new_figure(title, sentence, finding=sentence.rstrip(".。"))
    figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
    figure.add_annotation(
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        text=markup_lines(reason, TITLE_WIDTH),
        font_size=FONT_SIZE,
    )
    stand(figure)
    return figure


def room_for(n_rows: int, *, lines: int = 1) -> int:
    """Return the pixels to draw so many rows in, each with a name of so many lines."""
    return max((PIXELS_PER_ROW + round(_LINE * FONT_SIZE) * (lines - 1)) * n_rows, PLOT_LOW)


def shown_of(shown: int, total: int, lang: Lang, *, which: str = "", rest: str = "") -> str:
    """Return the note that says how many rows are drawn of how many, and what the others are; empty where all are.

    >>> shown_of(25, 140, "en", rest="3 invest and 112 shelve for now")
    'Shown: 25 of 140. Not shown: 3 invest and 112 shelve for now.'
    """
    if shown >= total:
        return ""
    sentence = Label("Shown: {n} of {m}{which}.", "显示{m}个中{which}的{n}个。")
    comma = ", " if which and lang == "en" else ""
    text = say(sentence, lang, n=count_text(shown), m=count_text(total), which=comma + which)
    return text + (say(Label(" Not shown: {rest}.", "未显示：{rest}。"), lang, rest=rest) if rest else "")


def group_names(keys: pd.DataFrame, lang: Lang) -> list[str]:
    """Return one name per row from all its key columns; stages, bands and other coded values by their labels."""
    columns = [[value_label(str(column), name_text(value, lang), lang) for value in keys[column]] for column in keys]
    return [" · ".join(parts) for parts in zip(*columns, strict=True)]


def row_names(
    frame: pd.DataFrame, rows: NDArray[np.int64], column: str | None, usual: Sequence[str], lang: Lang
) -> list[str]:
    """Return the names of some rows: from ``column``, else from the first usual column, else the index labels."""
    chosen = column if column is not None else next((name for name in usual if name in frame), None)
    values: Iterable[Any] = frame.index[rows] if chosen is None else frame[chosen].iloc[rows]
    return [name_text(value, lang) for value in values]


def check_name(check: FrameCheck, column: str | None) -> None:
    """Note a name column that was asked for and is not there."""
    if column is not None:
        check.require(column, "the names along the axis")


def names_axis(names: Sequence[str], *, width: int = NAME_WIDTH) -> dict[str, Any]:
    """Return a vertical axis with one name per row, the first on top; long names end in an ellipsis."""
    n = len(names)
    return {
        "tickmode": "array",
        "tickvals": list(range(n)),
        "ticktext": [markup(shortened(name, width)) for name in names],
        "range": [n - 0.5, -0.5],
        "showgrid": False,
        "zeroline": False,
        "ticklabelstandoff": 6,
    }


def nice_ticks(low: float, high: float) -> list[float]:
    """Return about five round tick values between two ends.

    >>> nice_ticks(0, 2_300_000)
    [0.0, 500000.0, 1000000.0, 1500000.0, 2000000.0]
    """
    span = high - low
    if not span > 0:
        return [low]
    rough = span / _TICKS
    power = 10.0 ** np.floor(np.log10(rough))
    step = float(next(power * factor for factor in _ROUND_STEPS if power * factor >= rough * _STEP_SLACK))
    first, last = int(np.ceil(low / step - _ROUND_OFF)), int(np.floor(high / step + _ROUND_OFF))
    return [significant(place * step) for place in range(first, last + 1)]


def money_axis(high: float, lang: Lang, *, low: float = 0.0) -> dict[str, Any]:
    """Return an axis of amounts in the language's units."""
    ticks = nice_ticks(low, high)
    return _axis(low, high, ticks, [money_text(tick, lang) for tick in ticks])


def percent_axis(high: float, lang: Lang, *, low: float = 0.0) -> dict[str, Any]:
    """Return an axis of fractions, written as percentages."""
    ticks = nice_ticks(low, high)
    return _axis(low, high, ticks, [percent_text(tick, lang) for tick in ticks])


def _axis(low: float, high: float, ticks: list[float], texts: list[str]) -> dict[str, Any]:
    return {"range": drawn([low, high]), "tickmode": "array", "tickvals": ticks, "ticktext": texts}


def add_cut_lines(figure: go.Figure, cuts: Sequence[float], texts: Sequence[str], *, layer: str = "above") -> None:
    """Draw vertical lines at cut points, named at the top; the range of the axis must be set."""
    low, high = figure.layout.xaxis.range
    for cut, text in zip(drawn(cuts), texts, strict=True):
        figure.add_shape(
            type="line",
            x0=cut,
            x1=cut,
            y0=0,
            y1=1,
            yref="paper",
            layer=layer,
            line={"color": INK, "width": 1.5, "dash": "dash"},
        )
        place = (cut - low) / (high - low)
        figure.add_annotation(
            x=cut,
            xanchor="left" if place < _NEAR_END else "right" if place > 1 - _NEAR_END else "center",
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            text=markup(text),
            font_size=NOTE_SIZE,
        )


def add_intervals(
    figure: go.Figure, places: NDArray[np.int64], low: Iterable[float], high: Iterable[float], lang: Lang
) -> None:
    """Draw a line from low to high in each row where missing answers leave the two apart."""
    ends = [(place, *drawn(pair)) for place, *pair in zip(places.tolist(), low, high, strict=True) if pair[1] > pair[0]]
    figure.add_scatter(
        mode="lines+markers",
        name=_OPEN.text(lang),
        x=[x for _, least, most in ends for x in (least, most, None)],
        y=[y for place, _, _ in ends for y in (place, place, None)],
        hoverinfo="skip",
        line={"color": INK, "width": 2},
        marker={"symbol": "line-ns-open", "size": 9, "color": INK},
    )
