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
    wrapped,
)
from custvalue.frames.checks import FrameCheck
from custvalue.rules.labels import Label, Lang

HEIGHT_LOW, HEIGHT_HIGH = 400, 520
MAX_ROWS = 20
_TICKS = 5
_ROUND_STEPS = (1.0, 2.0, 5.0, 10.0)
_STEP_SLACK = 0.9
_ROUND_OFF = 1e-9
_LINE = 1.3
_TOP_PAD, _TOP_GAP = 12, 26
_NOTE_GAP = 10
_BOTTOM_AND_AXIS = 100
_PIXELS_PER_ROW = 26

_OPEN = Label("what the missing answers leave open", "缺失答案留下的区间")
NOTHING = Label("Nothing to show", "没有可显示的内容")


def new_figure(title: str, sentence: str, *, note: str = "", height: int = HEIGHT_LOW) -> go.Figure:
    """Return an empty figure in the library's look.

    Parameters
    ----------
    title : str
        The finding, one sentence (plain text; wrapped here).
    sentence : str
        What the chart says, for those who read rather than look (plain text, kept in ``layout.meta["sentence"]``).
    note : str
        What the reader must know of the chart: how much is shown of how much, what is set apart. Set under the title.
    height : int
        Pixels.
    """
    figure = go.Figure()
    dress(figure, title, sentence, note=note, height=height)
    return figure


def dress(figure: go.Figure, title: str, sentence: str, *, note: str = "", height: int = HEIGHT_LOW) -> None:
    """Give a figure its template, title, note, sentence and the room they need."""
    title_lines, note_lines = len(wrapped(title, TITLE_WIDTH)), len(wrapped(note, NOTE_WIDTH)) if note else 0
    top = _TOP_PAD + _LINE * (TITLE_SIZE * title_lines + NOTE_SIZE * note_lines) + _TOP_GAP
    top += _NOTE_GAP if note else 0
    # plotly sets the last line of a title where a single line would stand: the lines above it need room of their own.
    above = _TOP_PAD + _LINE * TITLE_SIZE * (title_lines - 1)
    figure.update_layout(
        template=TEMPLATE,
        title={
            "text": markup_lines(title, TITLE_WIDTH),
            "subtitle": {"text": markup_lines(note, NOTE_WIDTH) if note else ""},
            "pad": {"t": round(above)},
        },
        meta={"finding": title, "sentence": sentence},
        height=height,
        margin_t=round(top),
    )


def nothing_figure(reason: str, lang: Lang) -> go.Figure:
    """Return a figure that says why there is nothing to draw."""
    title = NOTHING.text(lang)
    figure = new_figure(title, f"{title}{colon(lang)}{reason}")
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
    return figure


def height_for(n_rows: int) -> int:
    """Return the height of a chart with one row per name, within the limits."""
    return min(max(_BOTTOM_AND_AXIS + _TOP_GAP + _PIXELS_PER_ROW * n_rows, HEIGHT_LOW), HEIGHT_HIGH)


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
    """Draw vertical lines at cut points, named at the top."""
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
        figure.add_annotation(
            x=cut, y=1, yref="paper", yanchor="bottom", showarrow=False, text=markup(text), font_size=NOTE_SIZE
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
