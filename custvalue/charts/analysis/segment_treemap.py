"""The segments as areas: how much revenue, potential or headroom lies in each."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from custvalue.charts.canvas import new_figure, nothing_figure
from custvalue.charts.columns import column_word
from custvalue.charts.theme import INK, OUTLINE_WIDTH, ordered_colours
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    markup,
    money_text,
    percent_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label, Lang, check_lang

HEIGHT, BELOW = 420, 12
# A text that would have to be smaller is not written: it stands in the hover text.
SMALLEST_TEXT = 9
VALUES = ("n", "revenue", "potential", "headroom")
DARK_TEXT, LIGHT_TEXT = "#111111", "#FFFFFF"

_SUBJECT = Label("segments", "客户细分")
_NOTHING = Label("no segment has a positive {value}.", "没有{value}为正的细分。")
_FINDING = Label("{segment} holds {part} of {value}: {x} of {all}", "{segment}占{value}的{part}：{all}中的{x}")
_ACCOUNTS = Label("number of accounts", "客户数")
_ROOT = Label("All: {x}", "合计：{x}")
_UNPLACED = Label("not placed", "未归类")
_UNPLACED_NOTE = Label("{x} belongs to {n} {accounts} not placed.", "{n}个客户未归类，共{x}。")
_NEGATIVE = Label("{n} {segments} with a negative sum left out: {x}.", "{n}个合计为负的细分未列出：{x}。")
_AREA = Label("Area: {value} by potential class and segment.", "面积：按潜力等级和细分的{value}。")
_HOVER = Label("{name}: {x}, {part} of all.", "{name}：{x}，占{part}。")
_SENTENCE = Label("Areas show {value} by segment. {finding}. {note}", "面积表示各细分的{value}。{finding}。{note}")


def plot_segment_treemap(
    result: Any, *, value: str = "headroom", lang: Lang = "en", grid: AccountGrid = playbook.ACCOUNT_GRID
) -> go.Figure:
    """Draw the segments as areas within their potential class.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.segment_summary` returned.
    value : {"headroom", "revenue", "potential", "n"}
        What the areas stand for.
    lang : {"en", "zh"}
        Language of every word.
    grid : AccountGrid
        The grid the accounts were segmented with.

    Returns
    -------
    plotly.graph_objects.Figure
        One area per segment with a positive value, inside one per potential class, coloured by it. Accounts that could
        not be placed have an area of their own; segments whose sum is negative are counted in the note.

    Raises
    ------
    ValueError
        If a column of the result is missing, a segment is not on the grid, or ``value`` is none of these.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({"potential": [3e6], "winnable_share": [0.8], "current_share": [0.2], "loyalty": ["-"]})
    >>> plot_segment_treemap(cv.segment_summary(cv.segment_accounts(accounts))).layout.meta["finding"]
    'A1- holds 100 % of headroom per year: 1.5 M of 1.5 M'
    """
    check_lang(lang)
    if value not in VALUES:
        raise refusal(f"value must be one of {list(VALUES)}", repr(value), "Choose one of them.")
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_segment_treemap")
    made_by = "run segment_summary first"
    codes = check.choices("segment", grid.segments, purpose=made_by, remedy="Pass the grid= they were segmented with.")
    values = np.nan_to_num(check.numbers(value, purpose=made_by))
    n = check.numbers("n", purpose=made_by)
    check.done()
    word = _ACCOUNTS.text(lang) if value == "n" else column_word(value, lang)
    text = count_text if value == "n" else money_text
    shown, total = values > 0, float(values[values > 0].sum())
    if not total > 0 or not (shown & (codes >= 0)).any():
        return nothing_figure(_SUBJECT, say(_NOTHING, lang, value=word), lang)
    best = int(np.argmax(np.where(codes >= 0, values, -np.inf)))
    finding = say(
        _FINDING,
        lang,
        segment=grid.segments[codes[best]],
        part=percent_text(values[best] / total, lang),
        value=word,
        x=text(values[best], lang),
        all=text(total, lang),
    )
    notes = [say(_AREA, lang, value=word)]
    lost = shown & (codes < 0)
    if lost.any():
        m = n[lost].sum()
        words = {"n": count_text(m), "accounts": agree(m, "account", "accounts")}
        notes.append(say(_UNPLACED_NOTE, lang, x=text(values[lost].sum(), lang), **words))
    if (values < 0).any():
        m = int((values < 0).sum())
        words = {"n": count_text(m), "segments": agree(m, "segment", "segments")}
        notes.append(say(_NEGATIVE, lang, x=text(values[values < 0].sum(), lang), **words))
    note = joined(notes, lang)
    figure = new_figure(finding, say(_SENTENCE, lang, value=word, finding=finding, note=note), note=note)
    colours = ordered_colours(len(grid.potential_classes))[::-1]
    nodes = [("root", "", say(_ROOT, lang, x=text(total, lang)), total, "rgba(0,0,0,0)")]
    per_class = len(grid.segments) // len(grid.potential_classes)
    for place, name in enumerate(grid.potential_classes):
        mine = shown & (codes >= 0) & (codes // per_class == place)
        if mine.any():
            label = f"{name} {grid.potential.label(name, lang)}"
            nodes.append((name, "root", label, float(values[mine].sum()), colours[place]))
            nodes += [
                (grid.segments[codes[row]], name, grid.segments[codes[row]], float(values[row]), colours[place])
                for row in np.flatnonzero(mine)
            ]
    if lost.any():
        nodes.append(("?", "root", _UNPLACED.text(lang), float(values[lost].sum()), "rgba(117,117,117,0.12)"))
    leaves = {*grid.segments, "?"}
    parts = [(percent_text(node[3] / total, lang), text(node[3], lang)) for node in nodes]
    figure.add_treemap(
        name=markup(word),
        ids=[node[0] for node in nodes],
        parents=[node[1] for node in nodes],
        labels=[markup(node[2]) for node in nodes],
        values=drawn([node[3] if node[0] in leaves else 0.0 for node in nodes]),
        text=[markup(f"{x} · {part}") for part, x in parts],
        textinfo="label+text",
        hovertext=[
            hover(say(_HOVER, lang, name=node[2], x=x, part=part)) for node, (part, x) in zip(nodes, parts, strict=True)
        ],
        hoverinfo="text",
        # A class has no area beside its segments: six digits are drawn, which add up to the whole only nearly.
        branchvalues="remainder",
        marker={"colors": [node[4] for node in nodes], "line": {"color": INK, "width": OUTLINE_WIDTH}},
        textfont={"color": [_text_colour(node[4], colours) for node in nodes]},
        pathbar={"visible": False},
        tiling={"pad": 2},
    )
    # No axis and no legend below.
    figure.update_layout(
        height=round(figure.layout.margin.t + HEIGHT + BELOW),
        margin_b=BELOW,
        uniformtext={"mode": "hide", "minsize": SMALLEST_TEXT},
    )
    return figure


def _text_colour(colour: str, colours: list[str]) -> str:
    """Return white on the deepest colour, black on the others, and the neutral grey on the page itself."""
    if colour not in colours:
        return INK
    return LIGHT_TEXT if colour == colours[0] else DARK_TEXT
