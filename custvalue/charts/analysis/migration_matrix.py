"""How accounts move between two periods: the matrix of all segments."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.analysis.migration import Migration
from custvalue.charts.analysis.migration_words import (
    NOBODY,
    NONE_PLACED,
    REST,
    SUBJECT,
    accounts_word,
    both_periods,
    check_migration,
    period_names,
    set_aside,
)
from custvalue.charts.canvas import new_figure, nothing_figure, stand
from custvalue.charts.theme import HEAT, INK, NOTE_SIZE
from custvalue.charts.wording import (
    count_text,
    drawn,
    joined,
    listed,
    markup,
    percent_text,
    say,
)
from custvalue.rules.labels import Label, Lang

CELL, COLOUR_BAR, COLOUR_BAR_THICKNESS, COLOUR_BAR_HEIGHT = 22, 0.7, 10, 44
CELL_TEXT_SIZE, MAX_DIGITS = 9, 3
MAX_TIED = 3
BLOCK_LINE = 1.5
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
    check_migration(result, lang, "plot_migration_matrix")
    summary = result.summary.iloc[0]
    if not summary["n_accounts"]:
        return nothing_figure(SUBJECT, NOBODY.text(lang), lang)
    n, shares = result.matrix("n"), result.matrix("share_of_placed")
    counts = n.to_numpy()
    aside = set_aside(summary, lang)
    finding = _matrix_finding(n, summary, aside, lang)
    written = counts.max() < 10**MAX_DIGITS
    not_shown = say(_NOT_SHOWN, lang, list=listed(aside, lang)) if aside else ""
    how = say(_MATRIX_NOTE if written else _MATRIX_NO_TEXT, lang, **period_names(summary, lang))
    note = joined((how, not_shown), lang)
    figure = new_figure(finding, say(_MATRIX_SENTENCE, lang, k=len(n), finding=finding, note=note), note=note)
    names = [markup(str(name)) for name in n.index]
    moved = counts > 0
    figure.add_heatmap(
        name=markup(SUBJECT.text(lang)),
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
        rest = say(REST, lang, list=listed(aside, lang)) if aside else ""
        words = {"accounts": accounts_word(everybody), "both": both_periods(summary, lang), "rest": rest}
        return say(NONE_PLACED, lang, n=count_text(everybody), **words)
    stayed = int(np.trace(counts))
    moves = counts - np.diag(np.diagonal(counts))
    most = int(moves.max())
    ways = np.argwhere(moves == most)
    texts = [say(_MOVE, lang, one=n.index[one], two=n.columns[two]) for one, two in ways[:MAX_TIED]]
    commonest = _MOST if len(ways) == 1 else _MOST_TIED if len(ways) <= MAX_TIED else _MANY_TIED
    words = {"n": count_text(most), "accounts": accounts_word(most), "ways": count_text(len(ways))}
    return say(
        _STAYED,
        lang,
        n=count_text(stayed),
        m=count_text(total),
        accounts=accounts_word(total),
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
