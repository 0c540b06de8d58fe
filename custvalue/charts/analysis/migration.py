"""How accounts move between two periods: the flow between the classes of one angle, and the matrix of all segments."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.analysis.migration import Migration
from custvalue.charts.canvas import new_figure, nothing_figure, stand, text_room
from custvalue.charts.columns import column_word
from custvalue.charts.theme import BLUE, HEAT, INK, NOTE_SIZE, OUTLINE_WIDTH, VERMILLION, ordered_colours
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    is_missing,
    joined,
    listed,
    markup,
    money_text,
    name_text,
    percent_text,
    say,
    shortened,
)
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label, Lang, check_lang

ANGLES = ("potential", "share", "loyalty")
FLOW_HEIGHT, FLOW_BOTTOM = 360, 24
# Nodes stand this far apart, as a part of the height that all of them share.
GAPS = 0.25
LEFT, RIGHT = 0.001, 0.999
OPACITY = 0.45
CELL, COLOUR_BAR, COLOUR_BAR_THICKNESS, COLOUR_BAR_HEIGHT = 22, 0.7, 10, 44
CELL_TEXT_SIZE, MAX_DIGITS = 9, 3
MAX_TIED = 3
BLOCK_LINE = 1.5
NAME_GAP = 12
# Keeps plotly from writing the trace's name beside the hover text.
EXTRA = "<extra></extra>"
_HEX, _CHANNELS = 16, (1, 3, 5)

# The nodes of one side from the top: which, how many accounts, and the middle of each.
_Side = tuple[list[int], list[int], list[float]]

_STATES = {
    "unplaced": Label("unplaced", "未归类"),
    "new": Label("new", "新增"),
    "returned": Label("returned", "回归"),
    "lost": Label("lost", "流失"),
}
_SUBJECT = Label("moves", "客户变动")
_NOBODY = Label("there are no accounts.", "没有客户。")
_FLOW = Label(
    "Of {n} {accounts} placed in {both}, {up} rose and {down} fell in {angle}{rest}",
    "{both}均已归类的{n}个客户中，{angle}上升{up}个，下降{down}个{rest}",
)
_NONE_PLACED = Label("None of {n} {accounts} is placed in {both}{rest}", "{n}个客户中无一在{both}均已归类{rest}")
_BOTH = Label("both {before} and {after}", "{before}和{after}")
_BOTH_UNNAMED = Label("both periods", "两期")
_BEFORE, _AFTER = Label("the period before", "前一期"), Label("the one after", "后一期")
_REST = Label("; {list}", "；{list}")
_COUNTED = Label("{n} {state}", "{state}{n}个")
_FLOW_NOTE = Label(
    "Left {before}, right {after}. Width is the number of accounts; blue: a better class, orange: a worse one.",
    "左为{before}，右为{after}；宽度为客户数，蓝色为等级上升，橙色为下降。",
)
_CLASS = Label("{name}: {label}", "{name}：{label}")
_CLASSES = Label("{list}.", "{list}。")
_NO_HISTORY = Label("Without a history, returned accounts count as new.", "缺少历史数据，回归客户计入新增。")
_FLOW_HOVER = Label(
    "{one} to {two}: {n} {accounts}{share}{money}",
    "{one}至{two}：{n}个客户{share}{money}",
)
_SHARE_OF = Label(", {share} of {one}", "，占{one}的{share}")
_MONEY = Label("; revenue before {before}, after {after}", "；变动前销售额{before}，变动后{after}")
_FLOW_SENTENCE = Label(
    "Bands join {angle} before and after. {finding}. {note}", "流带连接前后两期的{angle}。{finding}。{note}"
)
_NODE_HOVER = Label("{name}: {n} {accounts}", "{name}：{n}个客户")

_STAYED = Label(
    "{n} of {m} {accounts} ({share}) stayed in their segment{most}", "{m}个客户中的{n}个（{share}）留在原细分{most}"
)
_MOST = Label("; the commonest move: {move}, {n} {accounts}", "；最常见的变动：{move}，{n}个客户")
_MOST_TIED = Label("; the commonest moves: {move}, {n} {accounts} each", "；最常见的变动：{move}，各{n}个客户")
_MANY_TIED = Label("; the commonest moves: {ways} ways of {n} {accounts} each", "；最常见的变动有{ways}种，各{n}个客户")
_MOVE = Label("{one} to {two}", "{one}至{two}")
_MATRIX_NOTE = Label(
    "Rows: segment in {before}; columns: segment in {after}. Number of accounts; colour is the share of the row.",
    "行为{before}细分，列为{after}细分；数字为客户数，颜色为占该行的比重。",
)
_MATRIX_NO_TEXT = Label(
    "Rows: segment in {before}; columns: segment in {after}. Colour is the share of the row.",
    "行为{before}细分，列为{after}细分；颜色为占该行的比重。",
)
_NOT_SHOWN = Label("Not shown: {list}.", "未显示：{list}。")
_MATRIX_SENTENCE = Label("A matrix of {k} by {k} segments. {finding}. {note}", "{k}×{k}细分变动矩阵。{finding}。{note}")
_COLOUR = Label("Share of the row", "占该行的比重")


def plot_migration(
    result: Migration, *, lang: Lang = "en", angle: str = "potential", grid: AccountGrid = playbook.ACCOUNT_GRID
) -> go.Figure:
    """Draw the accounts that flow between the classes of one angle from one period to another.

    Parameters
    ----------
    result : Migration
        What :func:`custvalue.segment_migration` returned.
    lang : {"en", "zh"}
        Language of every word.
    angle : {"potential", "share", "loyalty"}
        Whose classes the bands join.
    grid : AccountGrid
        The grid the accounts were segmented with: the labels of the classes.

    Returns
    -------
    plotly.graph_objects.Figure
        A Sankey diagram: on the left each class before and whoever was unplaced, new or returned, on the right each
        class after, the unplaced and the lost; best class on top. Revenue is in the hover text.

    Raises
    ------
    ValueError
        If the result is none of ``segment_migration``, the angle is not one of three, or a class is not on the grid.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.migration import segment_migration
    >>> before = pd.DataFrame({"account": ["a", "b"], "segment": ["A1+", "B20"]})
    >>> after = pd.DataFrame({"account": ["a", "b", "c"], "segment": ["A1+", "A20", "C3-"]})
    >>> plot_migration(segment_migration(before, after)).layout.meta["finding"]
    'Of 2 accounts placed in both periods, 1 rose and 0 fell in potential class; 1 new'
    """
    _check(result, lang, "plot_migration")
    if angle not in ANGLES:
        raise refusal("angle must be one of the three", repr(angle), f"Choose one of {list(ANGLES)}.")
    names, labels = _classes(grid, angle, lang)
    table = result.angles[(result.angles["angle"] == angle) & (result.angles["n"] > 0)]
    unknown = (set(table["before"]) | set(table["after"])) - {*names, *_STATES}
    if unknown:
        raise refusal("plot_migration: classes must be on the grid", sorted(unknown), "Pass the grid= of the result.")
    summary = result.summary.iloc[0]
    if not summary["n_accounts"]:
        return nothing_figure(_SUBJECT, _NOBODY.text(lang), lang)
    place = {name: rank for rank, name in enumerate([*names, *_STATES])}
    ends = np.array([[place[one], place[two]] for one, two in zip(table["before"], table["after"], strict=True)])
    finding = _flow_finding(ends, table["n"].to_numpy(), len(names), angle, summary, lang)
    classes = (say(_CLASS, lang, name=name, label=label) for name, label in zip(names, labels, strict=True))
    classes_named = say(_CLASSES, lang, list=("; " if lang == "en" else "；").join(classes))
    history = "" if summary["note"] == "" else _NO_HISTORY.text(lang)
    note = joined((say(_FLOW_NOTE, lang, **_periods(summary, lang)), classes_named, history), lang)
    sentence = say(_FLOW_SENTENCE, lang, angle=_angle_word(angle, lang), finding=finding, note=note)
    figure = new_figure(finding, sentence, note=note)
    _draw_flow(figure, table, ends, (names, labels), lang)
    figure.update_layout(height=round(figure.layout.margin.t + FLOW_HEIGHT + FLOW_BOTTOM), margin_b=FLOW_BOTTOM)
    return figure


def _check(result: object, lang: str, caller: str) -> None:
    check_lang(lang)
    if not isinstance(result, Migration):
        raise refusal(
            f"{caller} draws what segment_migration returned",
            type(result).__name__,
            "Pass the whole result, not one of its frames.",
        )


def _angle_word(angle: str, lang: Lang) -> str:
    return column_word(f"{angle}_class", lang)


def _classes(grid: AccountGrid, angle: str, lang: Lang) -> tuple[tuple[str, ...], list[str]]:
    """Return the classes of an angle, best first, and what each stands for."""
    if angle == "loyalty":
        return grid.loyalty, [grid.loyalty_label(sign, lang) for sign in grid.loyalty]
    bands, names = (
        (grid.potential, grid.potential_classes) if angle == "potential" else (grid.share, grid.share_classes)
    )
    return names, [bands.label(name, lang) for name in names]


def _accounts(n: float) -> str:
    return agree(n, "account", "accounts")


def _periods(summary: "pd.Series[Any]", lang: Lang) -> dict[str, str]:
    """Return what the two periods are called, where the result knows it."""
    named = {"before": summary["period_before"], "after": summary["period_after"]}
    unnamed = {"before": _BEFORE, "after": _AFTER}
    return {key: unnamed[key].text(lang) if is_missing(name) else name_text(name, lang) for key, name in named.items()}


def _both(summary: "pd.Series[Any]", lang: Lang) -> str:
    if is_missing(summary["period_before"]) or is_missing(summary["period_after"]):
        return _BOTH_UNNAMED.text(lang)
    return say(_BOTH, lang, **_periods(summary, lang))


def _aside(summary: "pd.Series[Any]", lang: Lang) -> list[str]:
    """Return the accounts that are not in a segment in both quarters, counted by what became of them."""
    columns = {"new": "n_new", "returned": "n_returned", "lost": "n_lost_accounts", "unplaced": "n_unplaced"}
    counts = [(name, summary[column]) for name, column in columns.items()]
    return [
        say(_COUNTED, lang, n=count_text(n), state=_STATES[name].text(lang))
        for name, n in counts
        if not pd.isna(n) and n > 0
    ]


def _flow_finding(
    ends: NDArray[np.int64],
    n: NDArray[np.int64],
    n_classes: int,
    angle: str,
    summary: "pd.Series[Any]",
    lang: Lang,
) -> str:
    """Say how many rose and fell, and who came and went."""
    aside = _aside(summary, lang)
    rest = say(_REST, lang, list=listed(aside, lang)) if aside else ""
    placed = (ends < n_classes).all(axis=1)
    total = int(n[placed].sum())
    if not total:
        everybody = summary["n_accounts"]
        words = {"accounts": _accounts(everybody), "both": _both(summary, lang), "rest": rest}
        return say(_NONE_PLACED, lang, n=count_text(everybody), **words)
    return say(
        _FLOW,
        lang,
        both=_both(summary, lang),
        n=count_text(total),
        accounts=_accounts(total),
        up=count_text(n[placed & (ends[:, 1] < ends[:, 0])].sum()),
        down=count_text(n[placed & (ends[:, 1] > ends[:, 0])].sum()),
        angle=_angle_word(angle, lang),
        rest=rest,
    )


def _draw_flow(
    figure: go.Figure,
    table: pd.DataFrame,
    ends: NDArray[np.int64],
    classes: tuple[Sequence[str], Sequence[str]],
    lang: Lang,
) -> None:
    names, labels = classes
    n, n_classes = table["n"].to_numpy(), len(names)
    texts = [f"{name} {label}" for name, label in zip(names, labels, strict=True)]
    texts += [label.text(lang) for label in _STATES.values()]
    colours = [*ordered_colours(n_classes)[::-1], *[INK] * len(_STATES)]
    sides = [_side(ends[:, side], n, len(texts)) for side in (0, 1)]
    first = {place: node for node, place in enumerate(sides[0][0])}
    second = {place: node + len(first) for node, place in enumerate(sides[1][0])}
    nodes = [*sides[0][0], *sides[1][0]]
    totals = [*sides[0][1], *sides[1][1]]
    figure.add_sankey(
        name=markup(_SUBJECT.text(lang)),
        arrangement="fixed",
        node={
            "color": [colours[place] for place in nodes],
            "line": {"color": INK, "width": OUTLINE_WIDTH},
            "x": [LEFT] * len(first) + [RIGHT] * len(second),
            "y": drawn([*sides[0][2], *sides[1][2]]),
            # Heights of the nodes follow from this: so they stand around the middles given above.
            "pad": drawn([GAPS * FLOW_HEIGHT / max(len(first) - 1, len(second) - 1, 1)])[0],
            "thickness": 16,
            "hovertemplate": [
                hover(say(_NODE_HOVER, lang, name=texts[place], n=count_text(total), accounts=_accounts(total))) + EXTRA
                for place, total in zip(nodes, totals, strict=True)
            ],
        },
        link={
            "source": [first[place] for place in ends[:, 0].tolist()],
            "target": [second[place] for place in ends[:, 1].tolist()],
            "value": n.tolist(),
            "color": [_link_colour(pair[0], pair[1], n_classes) for pair in ends.tolist()],
            "hovertemplate": [
                hover(_link_hover(row, texts[pair[0]], texts[pair[1]], lang)) + EXTRA
                for row, pair in zip(table.to_dict("records"), ends.tolist(), strict=True)
            ],
        },
    )
    _name_nodes(figure, sides, [*names, *texts[n_classes:]])


def _name_nodes(figure: go.Figure, sides: list[_Side], names: list[str]) -> None:
    """Write the names beside the nodes, outside the flow, where they can be read on any background."""
    room = [0, 0]
    for side, (nodes, totals, middles) in enumerate(sides):
        texts = [f"{shortened(names[place])} · {count_text(total)}" for place, total in zip(nodes, totals, strict=True)]
        room[side] = text_room(texts)
        for text, middle in zip(texts, drawn(middles), strict=True):
            figure.add_annotation(
                x=side,
                xanchor="left" if side else "right",
                xshift=NAME_GAP if side else -NAME_GAP,
                xref="paper",
                y=drawn([1 - middle])[0],
                yref="paper",
                yanchor="middle",
                showarrow=False,
                text=markup(text),
                font_size=NOTE_SIZE,
            )
    figure.update_layout(margin_l=room[0] + NAME_GAP, margin_r=room[1] + NAME_GAP)


def _side(places: NDArray[np.int64], n: NDArray[np.int64], n_places: int) -> _Side:
    """Return the nodes of one side from the top, their accounts, and the middle of each."""
    totals = np.bincount(places, weights=n, minlength=n_places)
    nodes = np.flatnonzero(totals)
    heights = totals[nodes] / totals.sum() * (1 - GAPS)
    gap = GAPS / max(nodes.size - 1, 1)
    middles = np.cumsum(heights) - heights / 2 + gap * np.arange(nodes.size)
    return nodes.tolist(), totals[nodes].astype(int).tolist(), np.clip(middles, LEFT, RIGHT).tolist()


def _link_colour(one: int, two: int, n_classes: int) -> str:
    placed = one < n_classes and two < n_classes
    colour = INK if not placed or one == two else BLUE if two < one else VERMILLION
    red, green, blue = (int(colour[channel : channel + 2], _HEX) for channel in _CHANNELS)
    return f"rgba({red},{green},{blue},{OPACITY if colour != INK else OPACITY / 2})"


def _link_hover(row: dict[Any, Any], one: str, two: str, lang: Lang) -> str:
    n, share = row["n"], row["share_of_before"]
    known = [row["revenue_before"], row["revenue_after"]]
    money = say(_MONEY, lang, before=money_text(known[0], lang), after=money_text(known[1], lang))
    return say(
        _FLOW_HOVER,
        lang,
        one=one,
        two=two,
        n=count_text(n),
        accounts=_accounts(n),
        share=say(_SHARE_OF, lang, share=percent_text(share, lang), one=one),
        money="" if all(map(np.isnan, known)) else money,
    )


def plot_migration_matrix(result: Migration, *, lang: Lang = "en") -> go.Figure:
    """Draw the matrix of all segments before and after: numbers in the cells, coloured by their share of the row.

    Parameters
    ----------
    result : Migration
        What :func:`custvalue.segment_migration` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        A heat map, best segments on top and on the left, with lines between the potential classes. Numbers of more than
        three digits are in the hover text only. Accounts that are not in a segment in both quarters are counted in the
        note.

    Raises
    ------
    ValueError
        If the result is none of ``segment_migration``.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.migration import segment_migration
    >>> before = pd.DataFrame({"account": ["a", "b"], "segment": ["A1+", "B20"]})
    >>> after = pd.DataFrame({"account": ["a", "b"], "segment": ["A1+", "A20"]})
    >>> plot_migration_matrix(segment_migration(before, after)).layout.meta["finding"]
    '1 of 2 accounts (50 %) stayed in their segment; the commonest move: B20 to A20, 1 account'
    """
    _check(result, lang, "plot_migration_matrix")
    summary = result.summary.iloc[0]
    if not summary["n_accounts"]:
        return nothing_figure(_SUBJECT, _NOBODY.text(lang), lang)
    n, shares = result.matrix("n"), result.matrix("share_of_placed")
    counts = n.to_numpy()
    aside = _aside(summary, lang)
    finding = _matrix_finding(n, summary, aside, lang)
    written = counts.max() < 10**MAX_DIGITS
    not_shown = say(_NOT_SHOWN, lang, list=listed(aside, lang)) if aside else ""
    how = say(_MATRIX_NOTE if written else _MATRIX_NO_TEXT, lang, **_periods(summary, lang))
    note = joined((how, not_shown), lang)
    figure = new_figure(finding, say(_MATRIX_SENTENCE, lang, k=len(n), finding=finding, note=note), note=note)
    names = [markup(str(name)) for name in n.index]
    moved = counts > 0
    figure.add_heatmap(
        name=markup(_SUBJECT.text(lang)),
        z=[drawn(row) for row in np.where(moved, shares.to_numpy(), np.nan)],
        text=[[count_text(x) if x else "" for x in row] for row in counts] if written else None,
        texttemplate="%{text}" if written else None,
        textfont={"size": CELL_TEXT_SIZE},
        hovertext=[
            [_cell_hover(names[i], names[j], x, row.sum(), lang) if x else "" for j, x in enumerate(row)]
            for i, row in enumerate(counts)
        ],
        hoverinfo="text",
        hoverongaps=False,
        colorscale=[list(stop) for stop in HEAT],
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        colorbar=_colour_bar(lang),
    )
    _frame_matrix(figure, names, [str(name)[:1] for name in n.index])
    stand(figure, CELL * len(names), below=COLOUR_BAR_HEIGHT)
    return figure


def _matrix_finding(n: pd.DataFrame, summary: "pd.Series[Any]", aside: list[str], lang: Lang) -> str:
    """Say how many stayed, and which move was made most often."""
    counts = n.to_numpy()
    total = int(counts.sum())
    if not total:
        everybody = summary["n_accounts"]
        rest = say(_REST, lang, list=listed(aside, lang)) if aside else ""
        words = {"accounts": _accounts(everybody), "both": _both(summary, lang), "rest": rest}
        return say(_NONE_PLACED, lang, n=count_text(everybody), **words)
    stayed = int(np.trace(counts))
    moves = counts - np.diag(np.diagonal(counts))
    most = int(moves.max())
    ways = np.argwhere(moves == most)
    texts = [say(_MOVE, lang, one=n.index[one], two=n.columns[two]) for one, two in ways[:MAX_TIED]]
    commonest = _MOST if len(ways) == 1 else _MOST_TIED if len(ways) <= MAX_TIED else _MANY_TIED
    words = {"n": count_text(most), "accounts": _accounts(most), "ways": count_text(len(ways))}
    return say(
        _STAYED,
        lang,
        n=count_text(stayed),
        m=count_text(total),
        accounts=_accounts(total),
        share=percent_text(stayed / total, lang),
        most=say(commonest, lang, move=listed(texts, lang), **words) if most else "",
    )


def _cell_hover(one: str, two: str, n: int, total: int, lang: Lang) -> str:
    # Short, for there are 729 of them.
    return f"{one} → {two}: {count_text(n)} / {count_text(total)} = {percent_text(n / total, lang)}"


def _frame_matrix(figure: go.Figure, names: list[str], letters: list[str]) -> None:
    n = len(names)
    axis = {
        "tickmode": "array",
        "tickvals": list(range(n)),
        "ticktext": names,
        "tickfont": {"size": CELL_TEXT_SIZE},
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
    }
    figure.update_layout(
        xaxis={**axis, "range": [-0.5, n - 0.5], "side": "top", "tickangle": -90},
        yaxis={**axis, "range": [n - 0.5, -0.5]},
    )
    for cut in (place - 0.5 for place in range(1, n) if letters[place] != letters[place - 1]):
        for across in ("x", "y"):
            along = "y" if across == "x" else "x"
            ends = {f"{across}0": cut, f"{across}1": cut, f"{along}0": -0.5, f"{along}1": n - 0.5}
            figure.add_shape(type="line", line={"color": INK, "width": BLOCK_LINE}, **ends)


def _colour_bar(lang: Lang) -> dict[str, Any]:
    ticks = [0, 0.25, 0.5, 0.75, 1]
    return {
        "orientation": "h",
        "title": {"text": markup(_COLOUR.text(lang)), "side": "right", "font": {"size": NOTE_SIZE}},
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
        "ticktext": [percent_text(tick, lang) for tick in ticks],
        "tickfont": {"size": NOTE_SIZE},
    }
