"""The cells of the grid of probability against amount."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from custvalue.charts.canvas import PLOT_HIGH, new_figure, nothing_figure, stand
from custvalue.charts.columns import column_label
from custvalue.charts.theme import HEAT
from custvalue.charts.wording import agree, count_text, drawn, hover, markup, money_text, percent_text, say
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang

_CELLS_FINDING = Label(
    "{share} of the expected value lies at {chance} × {amount}: {n} {opportunities}",
    "{chance} × {amount}一格占期望值的{share}：{n}个商机",
)
_CELLS_SENTENCE = Label(
    "Cells of the priority grid with the number of opportunities and their expected value, {sum} in all. {finding}.",
    "优先级方格各格的商机数与期望值，合计{sum}。{finding}。",
)
_CELL_HOVER = Label(
    "Nearest to {chance} and {amount}: {n} {opportunities} of {whole}, {expected} expected.",
    "最接近{chance}、{amount}：{n}个商机，金额{whole}，期望值{expected}。",
)
_CARD_NOTE = Label("Letters: the lecture's cards.", "字母为讲座中的卡片。")
_CARD_IN_CELL = Label("card {card}", "卡片{card}")
_CELLS_SUBJECT = Label("priority grid", "优先级方格")
_NOBODY = Label("no opportunity lies on the grid.", "方格中没有商机。")
# Where the fill is darker than this part of the scale, text is white.
_DARK = 0.6
_LIGHT_TEXT, _DARK_TEXT = "#FFFFFF", "#222222"


def plot_priority_grid(result: Any, *, lang: Lang = "en") -> go.Figure:
    """Draw the cells of the grid of probability against amount, shaded by their expected value.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.screening.priority.priority_grid` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        A heat map, the highest probability on top and the highest amount on the right, and a trace of texts: the
        number of opportunities, their expected value and the lecture's card in each cell.

    Raises
    ------
    ValueError
        If a column of the result is missing or is not a number.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> from custvalue.screening.priority import priority_grid
    >>> cards = [{"probability": c.probability, "amount": c.amount} for c in cv.playbook.PRIORITY_GRID.cards]
    >>> plot_priority_grid(priority_grid(cv.rank_opportunities(pd.DataFrame(cards)))).layout.meta["finding"]
    '50 % of the expected value lies at 90 % × 2 M: 1 opportunity'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_priority_grid")
    numbers = ("grid_probability", "grid_amount", "n", "amount", "expected", "expected_share")
    chance, level, n, whole, expected, share = (check.numbers(c, purpose="run priority_grid first") for c in numbers)
    check.require("card", "run priority_grid first")
    check.done()
    if not n.sum() > 0:
        return nothing_figure(_CELLS_SUBJECT, _NOBODY.text(lang), lang)
    rows, columns = np.unique(chance), np.unique(level)
    texts = [
        {
            "chance": percent_text(chance[cell], lang),
            "amount": money_text(level[cell], lang),
            "n": count_text(n[cell]),
            "opportunities": agree(n[cell], "opportunity", "opportunities"),
            "whole": money_text(whole[cell], lang),
            "expected": money_text(expected[cell], lang),
            "share": percent_text(share[cell], lang),
        }
        for cell in range(len(frame))
    ]
    finding = say(_CELLS_FINDING, lang, **texts[int(np.argmax(expected))])
    cards = frame["card"].astype(object).where(frame["card"].notna(), None).tolist()
    figure = new_figure(
        finding,
        say(_CELLS_SENTENCE, lang, sum=money_text(expected.sum(), lang), finding=finding),
        note=_CARD_NOTE.text(lang) if any(cards) else "",
    )
    x, y = np.searchsorted(columns, level), np.searchsorted(rows, chance)
    shade = np.full((rows.size, columns.size), np.nan)
    shade[y, x] = expected
    figure.add_heatmap(
        x=list(range(columns.size)),
        y=list(range(rows.size)),
        z=[drawn(row) for row in shade],
        colorscale=HEAT,
        zmin=0,
        showscale=False,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
    )
    figure.add_scatter(
        mode="text",
        name=column_label("n", lang),
        showlegend=False,
        x=x.tolist(),
        y=y.tolist(),
        text=[
            "<br>".join(
                markup(line)
                for line in (
                    f"{words['n']} {words['opportunities']}" if lang == "en" else f"{words['n']}个商机",
                    words["expected"],
                    say(_CARD_IN_CELL, lang, card=card) if card else "",
                )
                if line
            )
            for words, card in zip(texts, cards, strict=True)
        ],
        textfont={"color": [_LIGHT_TEXT if v > _DARK * expected.max() else _DARK_TEXT for v in expected]},
        hovertext=[hover(say(_CELL_HOVER, lang, **words)) for words in texts],
        hoverinfo="text",
    )
    frame_of = {"tickmode": "array", "showgrid": False, "zeroline": False}
    figure.update_layout(
        xaxis={
            **frame_of,
            "tickvals": list(range(columns.size)),
            "ticktext": [money_text(value, lang) for value in columns],
            "title": {"text": column_label("amount", lang)},
        },
        yaxis={
            **frame_of,
            "tickvals": list(range(rows.size)),
            "ticktext": [percent_text(value, lang) for value in rows],
            "title": {"text": column_label("probability", lang)},
        },
    )
    stand(figure, PLOT_HIGH)
    return figure
