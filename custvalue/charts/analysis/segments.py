"""The 27 segments: potential against winnable share, one panel per loyalty."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import new_figure, nice_ticks, nothing_figure, stand
from custvalue.charts.columns import column_label
from custvalue.charts.theme import HEAT, INK, NOTE_SIZE
from custvalue.charts.wording import (
    agree,
    bracketed,
    count_text,
    drawn,
    hover,
    joined,
    listed,
    markup,
    markup_lines,
    money_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label, Lang, check_lang

CLASS_WIDTH = 20
# The panels stand one above the other, so that a cell has room for its words in a narrow window too.
CELL_HEIGHT, PANEL_GAP = 44, 0.07
COLOUR_BAR, COLOUR_BAR_THICKNESS = 0.7, 10
COLOUR_BAR_HEIGHT = 44
# Above this part of the largest value a cell is so dark that its text is written in white.
DARK_FROM = 0.85
DARK_TEXT, LIGHT_TEXT = "#111111", "#FFFFFF"
MAX_TIED = 3
_SAME = 1e-9

_MOST_HEADROOM = Label(
    "{apart}{segment} holds the most headroom: {headroom} of {all} a year, at {n} {accounts}",
    "{apart}{segment}的增长空间最大：每年{all}中的{headroom}，{n}个客户",
)
_TIED_HEADROOM = Label(
    "{apart}{segments} tie for the most headroom: {headroom} each, of {all} a year",
    "{apart}{segments}的增长空间并列最大：各{headroom}，合计每年{all}",
)
_APART = Label("Leaving out class {share}, ", "不计第{share}类，")
_ONLY_LOWEST = Label(
    "All known headroom, {x} a year, lies in class {share}: {label}",
    "已知的增长空间每年{x}，全部在第{share}类（{label}）",
)
_LARGEST = Label("The largest segment is {segment}: {n} of {m} {accounts}", "最大的细分是{segment}：{m}个客户中的{n}个")
_TIED_LARGEST = Label(
    "{segments} tie for the largest segment: {n} of {m} {accounts} each", "{segments}并列最大：{m}个客户中各{n}个"
)
_SEGMENTS_TIED = Label("{n} segments", "{n}个细分")
_UNKNOWN_TITLE = Label("; headroom is unknown", "；增长空间未知")
_NO_HEADROOM_LEFT = Label("; no headroom is left", "；已无增长空间")
_NONE_PLACED = Label(
    "None of {m} accounts could be placed: an input is missing for each", "{m}个客户均缺少数据，无法归入细分"
)
_ONE_NOT_PLACED = Label("The only account could not be placed: an input is missing", "唯一的客户缺少数据，无法归入细分")
_LOWEST_TOO = Label("{x} more lies in class {share}: {label}.", "另有{x}在第{share}类：{label}。")
_WHATEVER_SHARE = Label("Headroom does not ask what share we may win.", "增长空间未考虑可能得到的份额。")
_UNPLACED = Label("{n} {accounts} not placed: an input is missing.", "{n}个客户缺少数据，未归入细分。")
_NO_HEADROOM = Label("Headroom unknown for {n} {accounts}.", "{n}个客户的增长空间未知。")
_ALL_UNKNOWN = Label(
    "Headroom is unknown for every account: the share we hold is missing.", "所有客户的增长空间均未知：缺少现有份额。"
)
_CELL = Label(
    "Number of accounts, and their headroom per year, which colours the cell.",
    "单元格为客户数和年增长空间，颜色表示年增长空间。",
)
_CELL_COUNT = Label("Number of accounts, which colours the cell.", "单元格和颜色均为客户数。")
_COUNT_COLOUR = Label("Number of accounts", "客户数")
_HOVER = Label(
    "{segment}: {n} {accounts}, potential {potential}; {share}; {loyalty}. {headroom}",
    "{segment}：{n}个客户，潜力{potential}；{share}；{loyalty}。{headroom}",
)
_HEADROOM = Label("Headroom {x} a year.", "年增长空间{x}。")
_SENTENCE = Label(
    "{panels} panels, one per loyalty, count {m} {accounts} by potential and by the share we may win. "
    "{finding}. {note}",
    "按忠诚度分为{panels}幅，按潜力和可能得到的份额统计{m}个客户。{finding}。{note}",
)
_SEGMENTS = Label("segments", "客户细分")


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
        A heat map and its texts per loyalty: number of accounts and their headroom, which colours the cell (the
        number does where no headroom is known). The title speaks of the segments where more than the lowest share may
        be won; the note says how much headroom lies in the others. Accounts that could not be placed are counted in the
        note. Empty segments are written 0 and left without colour, as is a headroom that is unknown.

    Raises
    ------
    ValueError
        If a column of the result is missing or a segment is not on the grid.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({"potential": [3e6], "winnable_share": [0.8], "current_share": [0.2], "loyalty": ["-"]})
    >>> plot_segments(cv.segment_summary(cv.segment_accounts(accounts))).layout.meta["finding"]
    'A1- holds the most headroom: 1.5 M of 1.5 M a year, at 1 account'
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
        return nothing_figure(_SEGMENTS, say(Label("there are no accounts.", "没有客户。"), lang), lang)
    # A segment none of whose accounts has a headroom holds an unknown one, not none.
    headroom = np.where((n > 0) & (without == n), np.nan, headroom)
    cells = _Cells(grid, *(_on_grid(values, codes, grid) for values in (n, headroom)))
    m, unplaced, unknown = int(n.sum()), int(n[codes < 0].sum()), int(without[codes >= 0].sum())
    finding = _finding(cells, m, lang)
    note = _note(cells, unplaced, unknown, lang)
    sentence = say(
        _SENTENCE,
        lang,
        panels=len(grid.loyalty),
        m=count_text(m),
        accounts=agree(m, "account", "accounts"),
        finding=finding,
        note=note,
    ).strip()
    cell = (_CELL if cells.known else _CELL_COUNT).text(lang)
    figure = new_figure(finding, sentence, note=joined((cell, note), lang))
    for panel in range(len(grid.loyalty)):
        _draw_panel(figure, panel, cells, lang)
    figure.update_layout(coloraxis=_colour_axis(cells, lang))
    rows = len(grid.potential_classes) * len(grid.loyalty)
    stand(figure, CELL_HEIGHT * rows / (1 - PANEL_GAP * (len(grid.loyalty) - 1)), below=COLOUR_BAR_HEIGHT)
    return figure


@dataclass(frozen=True, slots=True)
class _Cells:
    """Number and headroom of every segment as potential × share × loyalty, best first."""

    grid: AccountGrid
    n: NDArray[np.float64]
    headroom: NDArray[np.float64]

    @property
    def known(self) -> bool:
        """Whether the headroom of any segment with accounts is known."""
        return bool((self.n > 0)[~np.isnan(self.headroom)].any())

    @property
    def colour(self) -> NDArray[np.float64]:
        """What colours the cells: headroom where it is known anywhere, else the number; empty segments have none."""
        return np.where(self.n > 0, self.headroom if self.known else self.n, np.nan)

    @property
    def darkest(self) -> float:
        """The largest value of the colours."""
        return float(np.nanmax(self.colour)) if (self.n > 0).any() else 0.0


def _on_grid(values: NDArray[np.float64], codes: NDArray[np.int64], grid: AccountGrid) -> NDArray[np.float64]:
    """Return one value per segment as potential × share × loyalty, best first."""
    placed = np.zeros(len(grid.segments))
    placed[codes[codes >= 0]] = values[codes >= 0]
    return placed.reshape(len(grid.potential_classes), len(grid.share_classes), len(grid.loyalty))


def _finding(cells: _Cells, m: int, lang: Lang) -> str:
    """Say where the most headroom lies among the segments where more than the lowest share may be won."""
    if not cells.n.sum():
        return say(_ONE_NOT_PLACED if m == 1 else _NONE_PLACED, lang, m=count_text(m))
    if not np.nansum(cells.headroom) > 0:
        return _largest(cells, m, lang) + (_NO_HEADROOM_LEFT if cells.known else _UNKNOWN_TITLE).text(lang)
    grid = cells.grid
    share = grid.share_classes[-1]
    above = cells.headroom.copy()
    above[:, -1, :] = 0.0
    total = np.nansum(above)
    if not total > 0:
        money = money_text(np.nansum(cells.headroom), lang)
        return say(_ONLY_LOWEST, lang, x=money, share=share, label=grid.share.label(share, lang))
    most = float(np.nanmax(above))
    best = np.flatnonzero(above.ravel() >= most * (1 - _SAME))
    count = cells.n.ravel()[best[0]]
    words = {
        "apart": say(_APART, lang, share=share) if np.nansum(cells.headroom) > total else "",
        "headroom": money_text(most, lang),
        "all": money_text(total, lang),
        "n": count_text(count),
        "accounts": agree(count, "account", "accounts"),
    }
    if best.size == 1:
        return say(_MOST_HEADROOM, lang, segment=grid.segments[best[0]], **words)
    return say(_TIED_HEADROOM, lang, segments=_tied(best, grid, lang), **words)


def _largest(cells: _Cells, m: int, lang: Lang) -> str:
    n = cells.n.ravel()
    best = np.flatnonzero(n == n.max())
    words = {"n": count_text(n.max()), "m": count_text(m), "accounts": agree(m, "account", "accounts")}
    if best.size == 1:
        return say(_LARGEST, lang, segment=cells.grid.segments[best[0]], **words)
    return say(_TIED_LARGEST, lang, segments=_tied(best, cells.grid, lang), **words)


def _tied(places: NDArray[np.int64], grid: AccountGrid, lang: Lang) -> str:
    """Return the names of a few segments, or how many they are."""
    if places.size > MAX_TIED:
        return say(_SEGMENTS_TIED, lang, n=count_text(places.size))
    return listed((grid.segments[place] for place in places), lang)


def _note(cells: _Cells, unplaced: int, unknown: int, lang: Lang) -> str:
    """Return in words what the title leaves out: headroom where little may be won, the unknown, those not placed."""
    texts = []
    share, total = cells.grid.share_classes[-1], np.nansum(cells.headroom)
    lowest = np.nansum(cells.headroom[:, -1, :])
    if total > lowest > 0:
        label = cells.grid.share.label(share, lang)
        texts.append(say(_LOWEST_TOO, lang, x=money_text(lowest, lang), share=share, label=label))
    if total > 0:
        texts.append(_WHATEVER_SHARE.text(lang))
    if cells.n.sum() and not cells.known:
        texts.append(_ALL_UNKNOWN.text(lang))
    for label_of, count in ((_UNPLACED, unplaced), (_NO_HEADROOM, unknown if cells.known else 0)):
        if count:
            texts.append(say(label_of, lang, n=count_text(count), accounts=agree(count, "account", "accounts")))
    return joined(texts, lang)


def _colour_axis(cells: _Cells, lang: Lang) -> dict[str, Any]:
    top = max(cells.darkest, 1.0)
    ticks = [tick for tick in nice_ticks(0.0, top) if cells.known or tick.is_integer()]
    texts = [money_text(tick, lang) if cells.known else count_text(tick) for tick in ticks]
    return {
        "cmin": 0,
        "cmax": drawn([top])[0],
        "colorscale": [list(stop) for stop in HEAT],
        "showscale": bool(cells.n.sum()),
        "colorbar": {
            "orientation": "h",
            "title": {
                "text": column_label("headroom", lang) if cells.known else _COUNT_COLOUR.text(lang),
                "side": "right",
                "font": {"size": NOTE_SIZE},
            },
            "x": 0,
            "xanchor": "left",
            "len": COLOUR_BAR,
            "thickness": COLOUR_BAR_THICKNESS,
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "outlinecolor": INK,
            "outlinewidth": 1,
            "tickvals": ticks,
            "ticktext": texts,
            "tickfont": {"size": NOTE_SIZE},
        },
    }


def _draw_panel(figure: go.Figure, panel: int, cells: _Cells, lang: Lang) -> None:
    grid = cells.grid
    n, headroom, colour = cells.n[:, :, panel], cells.headroom[:, :, panel], cells.colour[:, :, panel]
    number = "" if panel == 0 else str(panel + 1)
    n_panels = len(grid.loyalty)
    height = (1 - PANEL_GAP * (n_panels - 1)) / n_panels
    top = 1 - panel * (height + PANEL_GAP)
    sign, label = grid.loyalty[panel], grid.loyalty_labels[panel].text(lang)
    shares, potentials = list(range(n.shape[1])), list(range(n.shape[0]))
    figure.add_heatmap(
        name=markup(f"{sign} {label}"),
        x=shares,
        y=potentials,
        z=[drawn(row) for row in colour],
        coloraxis="coloraxis",
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
        text=[_cell_text(n[at], headroom[at], cells.known, lang) for at in places],
        textfont={"size": NOTE_SIZE, "color": [_text_colour(colour[at], cells.darkest) for at in places]},
        hovertext=[hover(_cell_hover(*at, panel, n[at], headroom[at], grid, lang)) for at in places],
        hoverinfo="text",
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )
    frame = {"showgrid": False, "zeroline": False, "showline": True, "mirror": True, "tickfont": {"size": NOTE_SIZE}}
    figure.update_layout(
        {
            f"xaxis{number}": {
                **frame,
                "anchor": f"y{number}",
                "tickmode": "array",
                "tickvals": shares,
                "ticktext": [
                    markup_lines(f"{letter} {grid.share.label(letter, lang)}", CLASS_WIDTH)
                    for letter in grid.share_classes
                ],
                "range": [-0.5, len(shares) - 0.5],
                "showticklabels": panel == n_panels - 1,
                "tickangle": 0,
            },
            f"yaxis{number}": {
                **frame,
                "domain": drawn([max(top - height, 0.0), top]),
                "anchor": f"x{number}",
                "tickmode": "array",
                "tickvals": potentials,
                "ticktext": [
                    markup_lines(f"{letter} {grid.potential.label(letter, lang)}", CLASS_WIDTH)
                    for letter in grid.potential_classes
                ],
                "range": [len(potentials) - 0.5, -0.5],
            },
        }
    )
    figure.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=drawn([top])[0],
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        text=markup(f"{sign} {label}" + bracketed(count_text(n.sum()), lang)),
    )


def _text_colour(value: float, darkest: float) -> str:
    if np.isnan(value):
        return INK
    return LIGHT_TEXT if value > DARK_FROM * darkest else DARK_TEXT


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
