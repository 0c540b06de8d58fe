"""The waterfall: from the opening pipeline through everything that moved it to the closing one."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import group_names, money_axis, names_axis, new_figure, nothing_figure, room_for, stand
from custvalue.charts.columns import column_label
from custvalue.charts.theme import BLUE, NOTE_SIZE, ORANGE, SKY, bar_marker
from custvalue.charts.wording import agree, count_text, drawn, hover, joined, markup, money_text, say
from custvalue.frames.checks import FrameCheck, nearest, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.movement import BAR_LABELS, BARS, BETWEEN_GROUPS, CLOSING, OPENING
from custvalue.tracking.movement import PipelineMovement

AXIS_ROOM = 1.18
MADE_BY = "run pipeline_movement first"

_FINDING = Label("The pipeline{of} went from {opening} to {closing}", "{of}销售漏斗从{opening}变为{closing}")
_OF = Label(" of {name}", "{name}的")
_MOST_IN = Label("most came in as {bar} ({money})", "增加最多的是{bar}（{money}）")
_MOST_OUT = Label("most went out as {bar} ({money})", "减少最多的是{bar}（{money}）")
_NOTHING_MOVED = Label("nothing moved", "没有变动")
_SENTENCE = Label(
    "Bars lead from the opening pipeline through {n} {kinds} of change to the closing one. {finding}.",
    "条形从期初销售漏斗经{n}类变动到期末。{finding}。",
)
_ADDED = Label("{n} groups added up; reassignments between them cancel.", "{n}组合计；组间转移相互抵消。")
_SUBJECT = Label("pipeline movement", "销售漏斗变动")
_NO_DEALS = Label("there are no deals.", "没有商机。")
_LEVEL_HOVER = Label("{bar}: {n} open {deals} worth {money}.", "{bar}：{n}个未结商机共{money}。")
_CHANGE_HOVER = Label("{bar}: {n} {deals}, {money}.", "{bar}：{n}个商机，{money}。")
_LEVEL, _IN, _OUT = Label("pipeline", "销售漏斗"), Label("added", "增加"), Label("taken away", "减少")


def plot_pipeline_movement(
    result: Any, *, lang: Lang = "en", group: Hashable | tuple[Hashable, ...] | None = None
) -> go.Figure:
    """Draw what moved the pipeline as a waterfall: opening, every kind of change that occurred, closing.

    Parameters
    ----------
    result : PipelineMovement or frame
        What :func:`custvalue.pipeline_movement` returned, or its ``.bars``.
    lang : {"en", "zh"}
        Language of every word.
    group : hashable or tuple, optional
        The group to draw, by the value of its ``by`` column (a tuple where there are several). Without it groups are
        added up, and moves between them, which cancel, are left out.

    Returns
    -------
    plotly.graph_objects.Figure
        One row per bar from top to bottom, in the order of attribution; each change begins where the one before it
        ends. Kinds of change that did not occur are left out. The signed amount is written beside each bar.

    Raises
    ------
    ValueError
        If a column of the result is missing, or ``group`` is none of its groups.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.tracking.movement import pipeline_movement
    >>> before = pd.DataFrame({"opportunity": ["a", "b"], "amount": [3e6, 1e6]})
    >>> after = pd.DataFrame({"opportunity": ["b", "c"], "amount": [1e6, 5e5]})
    >>> plot_pipeline_movement(pipeline_movement(before, after)).layout.meta["finding"]
    'The pipeline went from 4 M to 1.5 M: most came in as new (+500 k), most went out as removed (−3 M)'
    """
    check_lang(lang)
    frame = to_pandas(result.bars if isinstance(result, PipelineMovement) else result)
    check = FrameCheck(frame, "plot_pipeline_movement")
    check.choices("bar", BARS, purpose=MADE_BY)
    for column in ("n_deals", "amount_signed"):
        check.numbers(column, purpose=MADE_BY)
    check.done()
    keys = frame.drop(columns=["bar", "n_deals", "amount_signed"])
    name, note = "", ""
    if group is not None:
        frame, name = _one_group(check, frame, keys, group, lang)
    table = frame.groupby(frame["bar"].astype("str"), sort=False)[["n_deals", "amount_signed"]].sum()
    table = table.reindex([bar for bar in BARS if bar in table.index])
    if not table["n_deals"].sum():
        return nothing_figure(_SUBJECT, _NO_DEALS.text(lang), lang)
    n_groups = int((frame["bar"].astype("str") == OPENING).sum())
    if n_groups > 1:
        table = table.drop(index=[bar for bar in BETWEEN_GROUPS if bar in table.index])
        note = say(_ADDED, lang, n=count_text(n_groups))
    table = table[(table["n_deals"] > 0) | table.index.isin([OPENING, CLOSING])]
    changes = table.drop(index=[OPENING, CLOSING])
    finding = _finding(table, changes, name, lang)
    sentence = say(
        _SENTENCE, lang, n=count_text(len(changes)), kinds=agree(len(changes), "kind", "kinds"), finding=finding
    )
    figure = new_figure(finding, joined((sentence, note), lang), note=note)
    _draw(figure, table, lang)
    stand(figure, room_for(len(table)))
    return figure


def _one_group(
    check: FrameCheck, frame: pd.DataFrame, keys: pd.DataFrame, group: Any, lang: Lang
) -> tuple[pd.DataFrame, str]:
    """Return the rows of one group, and what it is called."""
    wanted = group if isinstance(group, tuple) else (group,)
    mine = np.full(len(frame), len(wanted) == keys.shape[1])
    for column, value in zip(keys, wanted, strict=False):
        mine &= (keys[column].isna() if pd.isna(value) else keys[column] == value).to_numpy(dtype=bool, na_value=False)
    if not mine.any():
        known = keys.drop_duplicates().itertuples(index=False, name=None)
        texts = [row[0] if len(row) == 1 else row for row in known]
        check.fail("group must be one of the result's", repr(group), nearest(str(group), texts))
        check.done()
    return frame[mine], group_names(keys[mine].head(1), lang)[0]


def _finding(table: pd.DataFrame, changes: pd.DataFrame, name: str, lang: Lang) -> str:
    text = say(
        _FINDING,
        lang,
        of=say(_OF, lang, name=name) if name else "",
        opening=money_text(table.loc[OPENING, "amount_signed"], lang),
        closing=money_text(table.loc[CLOSING, "amount_signed"], lang),
    )
    amounts = changes["amount_signed"]
    parts = [
        say(label, lang, bar=BAR_LABELS[bar].text(lang), money=_signed_money(amounts[bar], lang))
        for label, bar, moved in (
            (_MOST_IN, str(amounts.idxmax()) if len(amounts) else "", amounts.max() > 0),
            (_MOST_OUT, str(amounts.idxmin()) if len(amounts) else "", amounts.min() < 0),
        )
        if moved
    ] or [_NOTHING_MOVED.text(lang)]
    colon, comma = (": ", ", ") if lang == "en" else ("：", "，")
    return text + colon + comma.join(parts)


def _signed_money(value: float, lang: Lang) -> str:
    return ("+" if value > 0 else "") + money_text(value, lang)


def _draw(figure: go.Figure, table: pd.DataFrame, lang: Lang) -> None:
    names = [BAR_LABELS[bar].text(lang) for bar in table.index]
    values = table["amount_signed"].to_numpy()
    level = table.index.isin([OPENING, CLOSING])
    running = np.cumsum(np.where(table.index == CLOSING, 0.0, values))
    start = np.where(level, 0.0, running - values)
    texts = [
        money_text(value, lang) if is_level else _signed_money(value, lang)
        for value, is_level in zip(values, level, strict=True)
    ]
    hovers = [
        hover(
            say(
                _LEVEL_HOVER if is_level else _CHANGE_HOVER,
                lang,
                bar=name,
                n=count_text(n),
                deals=agree(n, "deal", "deals"),
                money=text,
            )
        )
        for name, n, text, is_level in zip(names, table["n_deals"], texts, level, strict=True)
    ]
    for label, marker, mask in (
        (_LEVEL, bar_marker(BLUE), level),
        (_IN, bar_marker(SKY, "/"), ~level & (values >= 0)),
        (_OUT, bar_marker(ORANGE, "x"), ~level & (values < 0)),
    ):
        rows = np.flatnonzero(mask)
        if rows.size:
            figure.add_bar(
                orientation="h",
                name=label.text(lang),
                y=rows.tolist(),
                x=drawn(values[rows]),
                base=drawn(start[rows]),
                width=0.65,
                hovertext=[hovers[row] for row in rows],
                hoverinfo="text",
                marker=marker,
            )
    figure.add_scatter(
        mode="text",
        name=column_label("amount", lang),
        showlegend=False,
        y=list(range(len(table))),
        x=drawn(np.maximum(start, start + values)),
        text=[markup(f" {text}") for text in texts],
        textposition="middle right",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
    )
    top = max(float(np.max(np.maximum(start, running))), 1.0)
    figure.update_layout(
        barmode="overlay",
        legend_traceorder="normal",
        xaxis={**money_axis(top * AXIS_ROOM, lang), "title": {"text": column_label("amount", lang)}},
        yaxis=names_axis(names),
    )
