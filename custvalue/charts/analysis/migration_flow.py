"""How accounts move between two periods: the flow between the classes of one angle."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.analysis.migration import Migration
from custvalue.charts.analysis.migration_words import (
    NOBODY,
    NONE_PLACED,
    REST,
    STATES,
    SUBJECT,
    accounts_word,
    both_periods,
    check_migration,
    period_names,
    set_aside,
)
from custvalue.charts.canvas import new_figure, nothing_figure, text_room
from custvalue.charts.columns import column_word
from custvalue.charts.theme import BLUE, INK, NOTE_SIZE, OUTLINE_WIDTH, VERMILLION, ordered_colours
from custvalue.charts.wording import (
    count_text,
    drawn,
    hover,
    joined,
    listed,
    markup,
    money_text,
    percent_text,
    say,
    shortened,
)
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label, Lang

ANGLES = ("potential", "share", "loyalty")
FLOW_HEIGHT, FLOW_BOTTOM = 360, 24
# Nodes stand this far apart, as a part of the height that all of them share.
GAPS = 0.25
LEFT, RIGHT = 0.001, 0.999
OPACITY = 0.45
NAME_GAP = 12
# Keeps plotly from writing the trace's name beside the hover text.
EXTRA = "<extra></extra>"
_HEX, _CHANNELS = 16, (1, 3, 5)

# The nodes of one side from the top: which, how many accounts, and the middle of each.
_Side = tuple[list[int], list[int], list[float]]

_FLOW = Label(
    "Of {n} {accounts} placed in {both}, {up} rose and {down} fell in {angle}{rest}",
    "{both}均已归类的{n}个客户中，{angle}上升{up}个，下降{down}个{rest}",
)
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
    check_migration(result, lang, "plot_migration")
    if angle not in ANGLES:
        raise refusal("angle must be one of the three", repr(angle), f"Choose one of {list(ANGLES)}.")
    names, labels = _classes(grid, angle, lang)
    table = result.angles[(result.angles["angle"] == angle) & (result.angles["n"] > 0)]
    unknown = (set(table["before"]) | set(table["after"])) - {*names, *STATES}
    if unknown:
        raise refusal("plot_migration: classes must be on the grid", sorted(unknown), "Pass the grid= of the result.")
    summary = result.summary.iloc[0]
    if not summary["n_accounts"]:
        return nothing_figure(SUBJECT, NOBODY.text(lang), lang)
    place = {name: rank for rank, name in enumerate([*names, *STATES])}
    ends = np.array([[place[one], place[two]] for one, two in zip(table["before"], table["after"], strict=True)])
    finding = _flow_finding(ends, table["n"].to_numpy(), len(names), angle, summary, lang)
    classes = (say(_CLASS, lang, name=name, label=label) for name, label in zip(names, labels, strict=True))
    classes_named = say(_CLASSES, lang, list=("; " if lang == "en" else "；").join(classes))
    history = "" if summary["note"] == "" else _NO_HISTORY.text(lang)
    note = joined((say(_FLOW_NOTE, lang, **period_names(summary, lang)), classes_named, history), lang)
    sentence = say(_FLOW_SENTENCE, lang, angle=_angle_word(angle, lang), finding=finding, note=note)
    figure = new_figure(finding, sentence, note=note)
    _draw_flow(figure, table, ends, (names, labels), lang)
    figure.update_layout(height=round(figure.layout.margin.t + FLOW_HEIGHT + FLOW_BOTTOM), margin_b=FLOW_BOTTOM)
    return figure


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


def _flow_finding(
    ends: NDArray[np.int64],
    n: NDArray[np.int64],
    n_classes: int,
    angle: str,
    summary: "pd.Series[Any]",
    lang: Lang,
) -> str:
    """Say how many rose and fell, and who came and went."""
    aside = set_aside(summary, lang)
    rest = say(REST, lang, list=listed(aside, lang)) if aside else ""
    placed = (ends < n_classes).all(axis=1)
    total = int(n[placed].sum())
    if not total:
        everybody = summary["n_accounts"]
        words = {"accounts": accounts_word(everybody), "both": both_periods(summary, lang), "rest": rest}
        return say(NONE_PLACED, lang, n=count_text(everybody), **words)
    return say(
        _FLOW,
        lang,
        both=both_periods(summary, lang),
        n=count_text(total),
        accounts=accounts_word(total),
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
    texts += [label.text(lang) for label in STATES.values()]
    colours = [*ordered_colours(n_classes)[::-1], *[INK] * len(STATES)]
    sides = [_side(ends[:, side], n, len(texts)) for side in (0, 1)]
    first = {place: node for node, place in enumerate(sides[0][0])}
    second = {place: node + len(first) for node, place in enumerate(sides[1][0])}
    nodes = [*sides[0][0], *sides[1][0]]
    totals = [*sides[0][1], *sides[1][1]]
    figure.add_sankey(
        name=markup(SUBJECT.text(lang)),
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
                hover(say(_NODE_HOVER, lang, name=texts[place], n=count_text(total), accounts=accounts_word(total)))
                + EXTRA
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
        accounts=accounts_word(n),
        share=say(_SHARE_OF, lang, share=percent_text(share, lang), one=one),
        money="" if all(map(np.isnan, known)) else money,
    )
