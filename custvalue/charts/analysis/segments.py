"""The 27 segments: potential against winnable share, one panel per loyalty."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import HEIGHT_LOW, new_figure, nothing_figure
from custvalue.charts.columns import column_label
from custvalue.charts.theme import HEAT, INK, NOTE_SIZE
from custvalue.charts.wording import (
    agree,
    bracketed,
    count_text,
    drawn,
    hover,
    joined,
    markup,
    markup_lines,
    money_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label, Lang, check_lang

CLASS_WIDTH = 14
PANEL_GAP = 0.03
# Above this part of the largest count a cell is so dark that its number is written in white.
DARK_FROM = 0.85
DARK_TEXT, LIGHT_TEXT = "#111111", "#FFFFFF"

_MOST_HEADROOM = Label(
    "The most headroom lies in {segment}: {headroom} of {all} a year, at {n} {accounts}",
    "增长空间最大的是{segment}：每年{all}中的{headroom}，{n}个客户",
)
_LARGEST = Label("The largest segment is {segment}: {n} of {m} {accounts}", "最大的细分是{segment}：{m}个客户中的{n}个")
_NONE_PLACED = Label(
    "None of {m} {accounts} could be placed: an input is missing for each", "{m}个客户均缺少数据，无法归入细分"
)
_UNPLACED = Label("{n} {accounts} not placed: an input is missing.", "{n}个客户缺少数据，未归入细分。")
_NO_HEADROOM = Label("Headroom unknown for {n} {accounts}.", "{n}个客户的增长空间未知。")
_CELL = Label("Number of accounts, and their headroom per year.", "单元格为客户数和年增长空间。")
_CELL_COUNT = Label("Number of accounts.", "单元格为客户数。")
_HOVER = Label(
    "{segment}: {n} {accounts}, potential {potential}; {share}; {loyalty}. {headroom}",
    "{segment}：{n}个客户，潜力{potential}；{share}；{loyalty}。{headroom}",
)
_HEADROOM = Label("Headroom {x} a year.", "年增长空间{x}。")
_SENTENCE = Label(
    "Three panels, one per loyalty, count {m} {accounts} by potential and by the share we may win. {finding}. {note}",
    "按忠诚度分为三幅，按潜力和可能得到的份额统计{m}个客户。{finding}。{note}",
)


def plot_segments(result: Any, *, lang: Lang = "en", grid: AccountGrid = playbook.ACCOUNT_GRID) -> go.Figure:
    """Draw the segments as a matrix of potential and winnable share, with one panel for each loyalty.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.segment_summary` returned.
    lang : {"en", "zh"}
        Language of every word.
    grid : AccountGrid
        The grid the accounts were segmented with: the labels of the classes.

    Returns
    -------
    plotly.graph_objects.Figure
        A heat map and its texts per loyalty: number of accounts and their headroom. Accounts that could not be
        placed are counted in the note. Empty segments are written 0 and left without colour.

    Raises
    ------
    ValueError
        If a column of the result is missing or a segment is not on the grid.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({"potential": [3e6], "winnable_share": [0.8], "current_share": [0.2], "loyalty": ["-"]})
    >>> plot_segments(cv.segment_summary(cv.segment_accounts(accounts))).layout.title.text
    'The most headroom lies in A1-: 1.5 M of 1.5 M a year, at 1 account'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_segments")
    made_by = "run segment_summary first"
    codes = check.choices("segment", grid.segments, purpose=made_by, remedy="Pass the grid= they were segmented with.")
    n = check.numbers("n", purpose=made_by)
    without = check.numbers("n_without_headroom", purpose=made_by)
    headroom = check.numbers("headroom") if "headroom" in frame else np.full(len(frame), np.nan)
    check.done()
    if not n.sum():
        return nothing_figure(say(Label("there are no accounts.", "没有客户。"), lang), lang)
    # A segment none of whose accounts has a headroom holds an unknown one, not none.
    headroom = np.where((n > 0) & (without == n), np.nan, headroom)
    cells = [_on_grid(values, codes, grid) for values in (n, headroom)]
    known = bool(np.nansum(headroom[codes >= 0]) > 0)
    unplaced, unknown = int(n[codes < 0].sum()), int(without[codes >= 0].sum())
    finding = _finding(cells[0].ravel(), cells[1].ravel(), int(n.sum()), grid, lang)
    texts = [(_CELL if known else _CELL_COUNT).text(lang)]
    for label, count in ((_UNPLACED, unplaced), (_NO_HEADROOM, unknown if known else 0)):
        if count:
            texts.append(say(label, lang, n=count_text(count), accounts=agree(count, "account", "accounts")))
    m = int(n.sum())
    sentence = say(
        _SENTENCE,
        lang,
        m=count_text(m),
        accounts=agree(m, "account", "accounts"),
        finding=finding,
        note=joined(texts[1:], lang),
    ).strip()
    figure = new_figure(finding, sentence, note=joined(texts, lang), height=HEIGHT_LOW + 40)
    for panel in range(len(grid.loyalty)):
        _draw_panel(
            figure, panel, cells[0][:, :, panel], cells[1][:, :, panel], float(cells[0].max()), known, grid, lang
        )
    return figure


def _on_grid(values: NDArray[np.float64], codes: NDArray[np.int64], grid: AccountGrid) -> NDArray[np.float64]:
    """Return one value per segment as potential × share × loyalty, best first."""
    placed = np.zeros(len(grid.segments))
    placed[codes[codes >= 0]] = values[codes >= 0]
    return placed.reshape(len(grid.potential_classes), len(grid.share_classes), len(grid.loyalty))


def _finding(n: NDArray[np.float64], headroom: NDArray[np.float64], m: int, grid: AccountGrid, lang: Lang) -> str:
    if not n.sum():
        return say(_NONE_PLACED, lang, m=count_text(m), accounts=agree(m, "account", "accounts"))
    if np.nansum(headroom) > 0:
        best = int(np.nanargmax(headroom))
        money = {"headroom": money_text(headroom[best], lang), "all": money_text(np.nansum(headroom), lang)}
        count = int(n[best])
        words = {"n": count_text(count), "accounts": agree(count, "account", "accounts"), **money}
        return say(_MOST_HEADROOM, lang, segment=grid.segments[best], **words)
    best = int(n.argmax())
    words = {"n": count_text(n[best]), "m": count_text(m), "accounts": agree(m, "account", "accounts")}
    return say(_LARGEST, lang, segment=grid.segments[best], **words)


def _draw_panel(
    figure: go.Figure,
    panel: int,
    n: NDArray[np.float64],
    headroom: NDArray[np.float64],
    largest: float,
    with_headroom: bool,
    grid: AccountGrid,
    lang: Lang,
) -> None:
    number = "" if panel == 0 else str(panel + 1)
    n_panels = len(grid.loyalty)
    width = (1 - PANEL_GAP * (n_panels - 1)) / n_panels
    start = panel * (width + PANEL_GAP)
    sign, label = grid.loyalty[panel], grid.loyalty_labels[panel].text(lang)
    shares, potentials = list(range(n.shape[1])), list(range(n.shape[0]))
    figure.add_heatmap(
        name=markup(f"{sign} {label}"),
        x=shares,
        y=potentials,
        z=[[int(count) if count else None for count in row] for row in n],
        zmin=0,
        zmax=max(int(largest), 1),
        colorscale=[list(stop) for stop in HEAT],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )
    places = [(y, x) for y in potentials for x in shares]
    figure.add_scatter(
        mode="text",
        name=column_label("n", lang),
        showlegend=False,
        x=[x for _, x in places],
        y=[y for y, _ in places],
        text=[_cell_text(n[at], headroom[at], with_headroom, lang) for at in places],
        textfont={
            "size": NOTE_SIZE + 1,
            "color": [INK if not n[at] else LIGHT_TEXT if n[at] > DARK_FROM * largest else DARK_TEXT for at in places],
        },
        hovertext=[hover(_cell_hover(*at, panel, n[at], headroom[at], grid, lang)) for at in places],
        hoverinfo="text",
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )
    figure.update_layout(
        {
            f"xaxis{number}": {
                "domain": drawn([start, start + width]),
                "anchor": f"y{number}",
                "tickmode": "array",
                "tickvals": shares,
                "ticktext": [
                    markup_lines(f"{letter} {grid.share.label(letter, lang)}", CLASS_WIDTH)
                    for letter in grid.share_classes
                ],
                "range": [-0.5, len(shares) - 0.5],
                "showgrid": False,
                "zeroline": False,
                "showline": True,
                "mirror": True,
                "tickangle": 0,
                "tickfont": {"size": NOTE_SIZE},
            },
            f"yaxis{number}": {
                "anchor": f"x{number}",
                "tickmode": "array",
                "tickvals": potentials,
                "ticktext": [
                    markup_lines(f"{letter} {grid.potential.label(letter, lang)}", CLASS_WIDTH)
                    for letter in grid.potential_classes
                ],
                "range": [len(potentials) - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
                "showline": True,
                "mirror": True,
                "showticklabels": panel == 0,
                "tickfont": {"size": NOTE_SIZE},
            },
        }
    )
    figure.add_annotation(
        x=drawn([start + width / 2])[0],
        xref="paper",
        xanchor="center",
        y=1,
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        text=markup(f"{sign} {label}" + bracketed(count_text(n.sum()), lang)),
    )


def _cell_text(n: float, headroom: float, with_headroom: bool, lang: Lang) -> str:
    if not n or not with_headroom:
        return count_text(n)
    return f"{count_text(n)}<br>{markup(money_text(headroom, lang))}"


def _cell_hover(y: int, x: int, panel: int, n: float, headroom: float, grid: AccountGrid, lang: Lang) -> str:
    potential, share, sign = grid.potential_classes[y], grid.share_classes[x], grid.loyalty[panel]
    return say(
        _HOVER,
        lang,
        segment=f"{potential}{share}{sign}",
        n=count_text(n),
        accounts=agree(n, "account", "accounts"),
        potential=grid.potential.label(potential, lang),
        share=grid.share.label(share, lang),
        loyalty=grid.loyalty_label(sign, lang),
        headroom=say(_HEADROOM, lang, x=money_text(headroom, lang)) if n else "",
    ).strip()
