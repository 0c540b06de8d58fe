"""Overdue accounts: how long each has been silent, beside its usual gap, ranked by the revenue at risk."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.analysis.buying import BuyingPattern
from custvalue.charts.canvas import (
    MAX_ROWS,
    names_axis,
    new_figure,
    nice_ticks,
    nothing_figure,
    room_for,
    row_names,
    shown_of,
    stand,
    text_room,
)
from custvalue.charts.theme import INK, NOTE_SIZE, RAMP, VERMILLION, bar_marker
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    markup,
    money_text,
    number_text,
    percent_text,
    say,
)
from custvalue.frames.checks import FrameCheck
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang

AXIS_ROOM = 1.05
NUMBERS = ("recency", "mean_gap", "p_gap_this_long", "revenue_at_risk", "rank")

_FINDING = Label(
    "{n} of {m} {accounts} {are} overdue by {own} own rhythm: {x} of a year's revenue at risk",
    "{m}个客户中有{n}个按自身节奏已逾期未购：一年销售额中{x}有风险",
)
_NONE = Label("None of {m} {accounts} judged is overdue by its own rhythm", "参与判断的{m}个客户均未按自身节奏逾期未购")
_NOT_JUDGED = Label(
    "{n} {accounts} with too few purchases or too short a history not judged.",
    "{n}个客户购买次数太少或历史太短，未作判断。",
)
_NO_RISK = Label("{n} overdue {accounts} with no revenue at risk not drawn.", "{n}个无风险销售额的逾期客户未绘出。")
_FALSE = Label(
    "Up to {q} of those overdue, on average, may only be waiting.", "平均至多{q}的逾期客户可能只是尚未再购。"
)
_SENTENCE = Label(
    "Bars show how many days overdue accounts have not bought, beside their mean gap. {finding}. {note}",
    "条形显示逾期客户未购买的天数，并标出其平均间隔。{finding}。{note}",
)
_HOVER = Label(
    "{account}: {days} days since the last purchase, mean gap {gap} days over {n} purchases; "
    "chance of a wait this long while active {p}; {x} at risk.",
    "{account}：距上次购买{days}天，{n}次购买平均间隔{gap}天；仍活跃时等待这么久的概率为{p}；{x}有风险。",
)
_SILENT = Label("days since the last purchase", "距上次购买天数")
_USUAL = Label("mean gap", "平均间隔")
_AXIS = Label("Days", "天数")
_AT_RISK = Label("{x} at risk", "{x}有风险")
_SUBJECT = Label("buying patterns", "购买模式")
_MOST = Label("the most revenue at risk", "风险销售额最大")


def plot_overdue(result: Any, *, lang: Lang = "en", account: str | None = None) -> go.Figure:
    """Draw the overdue accounts, most revenue at risk first, with their silence and their usual gap.

    Parameters
    ----------
    result : BuyingPattern
        What :func:`custvalue.buying_pattern` returned.
    lang : {"en", "zh"}
        Language of every word.
    account : str, optional
        The column with the names; ``account`` by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar per account for the days since its last purchase, a mark for its mean gap, and the revenue at risk
        written beside it; at most twenty accounts. Overdue accounts with no revenue at risk are counted in the note.

    Raises
    ------
    ValueError
        If the result is not that of ``buying_pattern``.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.buying import buying_pattern
    >>> monthly = pd.date_range("2025-01-15", periods=16, freq="30D")
    >>> sales = pd.DataFrame({"account": "Giant", "date": monthly, "amount": 100.0})
    >>> plot_overdue(buying_pattern(sales, as_of="2026-09-30")).layout.meta["finding"]
    "1 of 1 account is overdue by its own rhythm: 700 of a year's revenue at risk"
    """
    check_lang(lang)
    if not isinstance(result, BuyingPattern):
        raise refusal(
            "plot_overdue draws what buying_pattern returned",
            type(result).__name__,
            "Run custvalue.buying_pattern first and pass its result.",
        )
    frame = result.accounts
    check = FrameCheck(frame, "plot_overdue")
    for column in NUMBERS:
        check.numbers(column, purpose="run buying_pattern first")
    check.require("overdue", "run buying_pattern first")
    if account is not None:
        check.require(account, "the names along the axis")
    check.done()
    if not len(frame):
        return nothing_figure(_SUBJECT, say(Label("there are no accounts.", "没有客户。"), lang), lang)
    late = frame["overdue"].fillna(value=False).to_numpy(dtype=bool)
    judged = int(frame["overdue"].notna().sum())
    if not judged:
        return nothing_figure(
            _SUBJECT, say(Label("no account has bought often enough.", "没有客户的购买次数足够。"), lang), lang
        )
    # What has sold nothing for a year has nothing left to lose: a bar for it would say nothing.
    at_risk = frame["revenue_at_risk"].to_numpy(dtype=np.float64, na_value=np.nan)
    idle = late & (at_risk <= 0)
    rows = np.flatnonzero(late & ~idle)[:MAX_ROWS]
    finding = _finding(int(late.sum()), judged, float(result.pool["revenue_at_risk"].iloc[0]), lang)
    left = len(frame) - judged
    note = joined(
        (
            shown_of(rows.size, int((late & ~idle).sum()), lang, which=_MOST.text(lang)),
            _no_risk(int(idle.sum()), lang),
            say(_FALSE, lang, q=percent_text(result.pool["fdr"].iloc[0], lang)) if late.any() else "",
            say(_NOT_JUDGED, lang, n=count_text(left), accounts=agree(left, "account", "accounts")) if left else "",
        ),
        lang,
    )
    figure = new_figure(finding, say(_SENTENCE, lang, finding=finding, note=note).strip(), note=note)
    if rows.size:
        _draw(figure, frame, rows, row_names(frame, rows, account, ("account",), lang), lang)
    else:
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        stand(figure)
    return figure


def _no_risk(n: int, lang: Lang) -> str:
    return say(_NO_RISK, lang, n=count_text(n), accounts=agree(n, "account", "accounts")) if n else ""


def _finding(n: int, judged: int, at_risk: float, lang: Lang) -> str:
    words = {"m": count_text(judged), "accounts": agree(judged, "account", "accounts")}
    if not n:
        return say(_NONE, lang, **words)
    return say(
        _FINDING,
        lang,
        n=count_text(n),
        are=agree(n, "is", "are"),
        own=agree(n, "its", "their"),
        x=money_text(at_risk, lang),
        **words,
    )


def _draw(figure: go.Figure, frame: pd.DataFrame, rows: np.ndarray, names: list[str], lang: Lang) -> None:
    shown = frame.iloc[rows]
    places = list(range(rows.size))
    texts = [say(_AT_RISK, lang, x=money_text(x, lang)) for x in shown["revenue_at_risk"]]
    hovers = [
        hover(
            say(
                _HOVER,
                lang,
                account=name,
                days=count_text(row["recency"]),
                gap=number_text(row["mean_gap"], lang),
                n=count_text(row["n_purchases"]),
                p=percent_text(row["p_gap_this_long"], lang, decimals=1),
                x=money_text(row["revenue_at_risk"], lang),
            )
        )
        for name, row in zip(names, shown.to_dict("records"), strict=True)
    ]
    figure.add_bar(
        orientation="h",
        name=_SILENT.text(lang),
        x=drawn(shown["recency"]),
        y=places,
        hovertext=hovers,
        hoverinfo="text",
        marker=bar_marker(RAMP[0]),
    )
    figure.add_scatter(
        mode="markers",
        name=_USUAL.text(lang),
        x=drawn(shown["mean_gap"]),
        y=places,
        hovertext=hovers,
        hoverinfo="text",
        marker={"symbol": "diamond", "size": 10, "color": VERMILLION, "line": {"color": INK, "width": 1}},
        # A gap of a day or two stands on the axis: the mark may reach over it.
        cliponaxis=False,
    )
    figure.add_scatter(
        mode="text",
        name=_MOST.text(lang),
        showlegend=False,
        x=drawn(shown["recency"]),
        y=places,
        text=[markup(f" {text}") for text in texts],
        textposition="middle right",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
    )
    top = max(float(shown["recency"].max()), float(shown["mean_gap"].max()), 1.0) * AXIS_ROOM
    ticks = nice_ticks(0.0, top)
    figure.update_layout(
        margin_r=text_room(texts),
        xaxis={
            "range": drawn([0.0, top]),
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [count_text(tick) for tick in ticks],
            "title": {"text": _AXIS.text(lang)},
        },
        yaxis=names_axis(names),
    )
    stand(figure, room_for(rows.size))
