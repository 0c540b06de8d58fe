"""Opportunities on the grid of probability against amount."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import (
    PLOT_HIGH,
    add_cut_lines,
    check_name,
    money_axis,
    new_figure,
    nothing_figure,
    percent_axis,
    row_names,
    shown_of,
    stand,
)
from custvalue.charts.columns import column_label
from custvalue.charts.theme import BLUE, GRID, INK, NOTE_SIZE, SKY
from custvalue.charts.wording import (
    agree,
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
    significant,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.ladder import PriorityGrid

AXIS_ROOM = 1.1
MAX_BUBBLES, NUMBERED_BUBBLES = 40, 10
LARGEST_BUBBLE, SMALLEST_BUBBLE = 30, 6
# Bubbles on an axis reach this many pixels over it: its numbers stand clear of them.
OVER_AXIS = 12
TITLE_NAME_WIDTH, LEAST_GAP = 36, 0.1
# The list under the grid: two columns of names, below the axis and its title.
LIST_COLUMNS, LIST_NAME_WIDTH, LIST_BELOW, LIST_LINE = 2, 20, 56, 16
# Bubbles nearer to each other than this part of an axis share one label.
CLOSE_AMOUNT, CLOSE_CHANCE = 0.06, 0.045
_NUMBERED = Label("the first ten, numbered", "前十个（编号）")
_OTHERS = Label("the others", "其他")
_FIRST = Label(
    "{name} comes first with {expected} expected ({chance} of {amount})",
    "{name}居首，期望值{expected}（{amount}的{chance}）",
)
_TIED_FIRST = Label(
    "{name} and {tied} more come first, each with {expected} expected ({chance} of {amount})",
    "{name}等并列居首（另有{tied}个），期望值各为{expected}（{amount}的{chance}）",
)
_TOGETHER = Label("; all {n} together: {sum}", "；{n}个合计{sum}")
_PRIORITY_SENTENCE = Label(
    "Bubbles set the first {shown} of {n} {opportunities} by amount and probability; the largest expected value is "
    "{name} with {expected}, {chance} of {amount}.",
    "气泡按金额和成交概率显示{n}个商机中的前{shown}个；期望值最大的是{name}：{amount}的{chance}，即{expected}。",
)
_PRIORITY_HOVER = Label(
    "Rank {rank}: {name}. {chance} of {amount} is {expected} expected.",
    "第{rank}名：{name}。{amount}的{chance}，期望值{expected}。",
)
_SUBJECT = Label("ranking", "排名")
_LIST = Label("Expected value of the first ten", "前十个的期望值")
_LIST_ALL = Label("Expected value", "期望值")
_UNPRICED = Label("{n} unpriced: amount unknown.", "{n}个无金额：金额未知。")
_NO_CHANCE = Label("{n} without a probability.", "{n}个无成交概率。")
_NO_LINES = Label(
    "The grid's amounts ({amounts}) are too small beside these for lines.", "方格的金额（{amounts}）相对过小，未画线。"
)
_CLOSED = Label("{n} already closed.", "{n}个已结束。")


def plot_priority(
    result: Any,
    *,
    lang: Lang = "en",
    grid: PriorityGrid = playbook.PRIORITY_GRID,
    amount: str = "amount",
    name: str | None = None,
) -> go.Figure:
    """Draw opportunities as bubbles on the grid of probability against amount; a bubble's area is the expected value.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.rank_opportunities` returned.
    lang : {"en", "zh"}
        Language of every word.
    grid : PriorityGrid
        The probabilities and amounts whose lines make the grid.
    amount : str
        The column of amounts the opportunities were ranked by.
    name : str, optional
        The column that names the opportunities; ``opportunity`` or ``account`` where there is one, else the index.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace of the others and, over it, one of the first ten, numbered and listed; 40 at most are drawn, in
        order of rank. Bubbles that lie close together share one label. Opportunities without a rank are counted in the
        note: those without an amount, and those closed or without a probability.

    Raises
    ------
    ValueError
        If a column of the result is missing or is not a number.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> cards = [{"opportunity": c.name, "probability": c.probability, "amount": c.amount}
    ...          for c in cv.playbook.PRIORITY_GRID.cards]
    >>> plot_priority(cv.rank_opportunities(pd.DataFrame(cards))).layout.meta["finding"]
    'A comes first with 1.8 M expected (90 % of 2 M); all 5 together: 3.6 M'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_priority")
    made_by = "run rank_opportunities first"
    rank, expected, chance = (check.numbers(c, purpose=made_by) for c in ("rank", "expected", "probability"))
    amounts = check.numbers(amount, purpose="the amounts they were ranked by")
    check_name(check, name)
    check.done()
    if not len(frame):
        return nothing_figure(_SUBJECT, say(Label("there are no opportunities.", "没有商机。"), lang), lang)
    unranked = _unranked(frame, rank, amounts, chance, lang)
    ranked = np.flatnonzero(~np.isnan(rank))
    if not ranked.size:
        return nothing_figure(_SUBJECT, unranked, lang)
    rows = ranked[np.argsort(rank[ranked], kind="stable")][:MAX_BUBBLES]
    names = row_names(frame, rows, name, ("opportunity", "account", "prospect"), lang)
    first, tied = rows[0], int((rank[ranked] == rank[rows[0]]).sum()) - 1
    words = {
        "name": shortened(names[0], TITLE_NAME_WIDTH),
        "expected": money_text(expected[first], lang),
        "chance": percent_text(chance[first], lang),
        "amount": money_text(amounts[first], lang),
        "n": count_text(ranked.size),
        "sum": money_text(expected[ranked].sum(), lang),
        "tied": count_text(tied),
        "shown": count_text(rows.size),
        "opportunities": agree(ranked.size, "opportunity", "opportunities"),
    }
    top = AXIS_ROOM * max(float(amounts[rows].max()), 1.0)
    # Lines of amounts far smaller than those drawn would crowd at the axis.
    crowded = grid.amounts[-1] < LEAST_GAP * top
    inside = [value for value in grid.amounts if not crowded and value <= top]
    on_grid = listed((money_text(value, lang) for value in grid.amounts[::-1]), lang)
    no_lines = say(_NO_LINES, lang, amounts=on_grid) if crowded else ""
    figure = new_figure(
        say(_TIED_FIRST if tied else _FIRST, lang, **words)
        + (say(_TOGETHER, lang, **words) if ranked.size > 1 else ""),
        joined((say(_PRIORITY_SENTENCE, lang, **words), unranked), lang),
        note=joined((shown_of(rows.size, ranked.size, lang), unranked, no_lines), lang),
    )
    largest = max(float(expected[first]), 1.0)
    traces = (
        (_NUMBERED, slice(0, NUMBERED_BUBBLES), BLUE, "circle"),
        (_OTHERS, slice(NUMBERED_BUBBLES, None), SKY, "diamond"),
    )
    for label, part, colour, symbol in traces:
        mine, whose = rows[part], names[part]
        figure.add_scatter(
            mode="markers+text" if label is _NUMBERED else "markers",
            name=label.text(lang),
            x=drawn(amounts[mine]),
            y=drawn(chance[mine]),
            text=_numbers(rank[mine], amounts[mine] / top, chance[mine]) if label is _NUMBERED else None,
            textposition="top center",
            textfont={"size": NOTE_SIZE},
            cliponaxis=False,
            hovertext=[
                hover(
                    say(
                        _PRIORITY_HOVER,
                        lang,
                        rank=count_text(rank[row]),
                        name=who,
                        chance=percent_text(chance[row], lang),
                        amount=money_text(amounts[row], lang),
                        expected=money_text(expected[row], lang),
                    )
                )
                for row, who in zip(mine, whose, strict=True)
            ],
            hoverinfo="text",
            marker={
                "size": drawn(expected[mine]),
                "sizemode": "area",
                "sizeref": significant(largest / LARGEST_BUBBLE**2),
                "sizemin": SMALLEST_BUBBLE,
                "color": colour,
                "symbol": symbol,
                "line": {"color": INK, "width": 1},
            },
        )
    figure.data = figure.data[::-1]  # the numbered ones lie on top
    entries = [
        f"{count_text(rank[row])}  {shortened(who, LIST_NAME_WIDTH)}  {money_text(expected[row], lang)}"
        for row, who in zip(rows[:NUMBERED_BUBBLES], names, strict=False)
    ]
    listing = (_LIST if ranked.size > NUMBERED_BUBBLES else _LIST_ALL).text(lang)
    below = _list_below(figure, listing, entries)
    figure.update_layout(
        xaxis={
            **money_axis(top, lang),
            "title": {"text": column_label("amount", lang)},
            "showgrid": False,
            "ticklabelstandoff": OVER_AXIS // 2,
        },
        yaxis={
            **percent_axis(1.0, lang),
            "tickvals": drawn(sorted({0.0, *grid.probabilities, 1.0})),
            "ticktext": [percent_text(p, lang) for p in sorted({0.0, *grid.probabilities, 1.0})],
            "range": [0, 1.15],
            "showgrid": False,
            "ticklabelstandoff": OVER_AXIS,
            "title": {"text": column_label("probability", lang)},
        },
        legend={"itemsizing": "constant", "traceorder": "reversed"},
    )
    for chance_line in grid.probabilities:
        figure.add_shape(
            type="line",
            x0=0,
            x1=1,
            xref="paper",
            y0=chance_line,
            y1=chance_line,
            layer="below",
            line={"color": GRID, "width": 1.5, "dash": "dash"},
        )
    add_cut_lines(figure, inside, [money_text(value, lang) for value in inside], layer="below")
    stand(figure, PLOT_HIGH, below=below)
    return figure


def _numbers(rank: NDArray[np.float64], across: NDArray[np.float64], up: NDArray[np.float64]) -> list[str]:
    """Return the numbers of bubbles; where several lie close together, the first carries the numbers of all."""
    near = (np.abs(across[:, None] - across) < CLOSE_AMOUNT) & (np.abs(up[:, None] - up) < CLOSE_CHANCE)
    labels: list[str] = [""] * rank.size
    free = np.ones(rank.size, dtype=bool)
    for bubble in range(rank.size):
        together = np.flatnonzero(near[bubble] & free) if free[bubble] else np.array([], dtype=np.int64)
        free[together] = False
        labels[bubble] = ", ".join(count_text(rank[one]) for one in together)
    return labels


def _list_below(figure: go.Figure, heading: str, entries: list[str]) -> int:
    """Write the list under the axis in columns; return the pixels it takes."""
    per_column = -(-len(entries) // LIST_COLUMNS)
    for column in range(LIST_COLUMNS):
        part = entries[column * per_column : (column + 1) * per_column]
        if part:
            figure.add_annotation(
                x=column / LIST_COLUMNS,
                xref="paper",
                xanchor="left",
                y=0,
                yref="paper",
                yanchor="top",
                yshift=-LIST_BELOW,
                align="left",
                showarrow=False,
                text="<br>".join(markup(entry) for entry in ("" if column else heading, *part)),
                font_size=NOTE_SIZE,
            )
    return LIST_LINE * (per_column + 2)


def _unranked(
    frame: pd.DataFrame,
    rank: NDArray[np.float64],
    amounts: NDArray[np.float64],
    chance: NDArray[np.float64],
    lang: Lang,
) -> str:
    """Return in words what has no rank, and why."""
    out = np.isnan(rank)
    closed = out & (frame["outcome"].notna().to_numpy() if "outcome" in frame else False)
    unpriced = out & ~closed & np.isnan(amounts)
    no_chance = out & ~closed & ~unpriced & np.isnan(chance)
    reasons = ((_UNPRICED, unpriced), (_NO_CHANCE, no_chance), (_CLOSED, closed))
    return joined((say(label, lang, n=count_text(rows.sum())) for label, rows in reasons if rows.any()), lang)
