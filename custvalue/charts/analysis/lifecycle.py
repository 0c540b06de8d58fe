"""The lifecycle: how many accounts are prospects, new, existing, returned or lapsed at the end of each period."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.analysis.lifecycle import CustomerLifecycle
from custvalue.charts.canvas import PLOT_HIGH, new_figure, nice_ticks, nothing_figure, shown_of, stand
from custvalue.charts.theme import BLUE, GREEN, RAMP, SKY, VERMILLION, bar_marker
from custvalue.charts.wording import agree, count_text, drawn, hover, joined, listed, markup, money_text, say
from custvalue.frames.checks import FrameCheck
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.lifecycle import LIFECYCLE, LifecycleRules

MAX_PERIODS = 16
AXIS_ROOM = 1.05
# Kinds of customers in blue, the uncertain ones hatched between them; grey before, red after.
MARKERS = {
    "prospect": (RAMP[0], "."),
    "new": (SKY, "/"),
    "new_or_existing": (SKY, "x"),
    "existing": (BLUE, ""),
    "returned": (GREEN, "-"),
    "lapsed": (VERMILLION, "|"),
}

_FINDING = Label("{period}: {counts}", "{period}：{counts}")
_COUNT = Label("{n} {state}", "{state}{n}个")
_NOBODY = Label("{period}: 0 accounts in any state", "{period}：没有处于任何状态的客户（0个）")
_CUT_OFF = Label(
    "The data begin {first}: before {known}, new customers cannot be told from existing ones.",
    "数据始于{first}：{known}之前无法区分新老客户。",
)
_NEVER_KNOWN = Label(
    "The data begin {first}: too late to tell new customers from existing ones.",
    "数据始于{first}：历史太短，无法区分新老客户。",
)
_PARTIAL = Label("{period} is not over.", "{period}尚未结束。")
_SENTENCE = Label(
    "Bars stack the accounts by state at the end of {n} {periods}. {finding}. {note}",
    "条形按状态叠加{n}个期间末的客户数。{finding}。{note}",
)
_HOVER = Label("{period}: {n} {state}, revenue {revenue}.", "{period}：{state}{n}个，销售额{revenue}。")
_SUBJECT = Label("lifecycle", "客户生命周期")
_LATEST = Label("the latest periods", "最近期间")
_AXIS = Label("Accounts", "客户数")


def plot_customer_lifecycle(result: Any, *, lang: Lang = "en", rules: LifecycleRules = LIFECYCLE) -> go.Figure:
    """Draw the accounts in each state of the lifecycle, period by period.

    Parameters
    ----------
    result : CustomerLifecycle
        What :func:`custvalue.customer_lifecycle` returned.
    lang : {"en", "zh"}
        Language of every word.
    rules : LifecycleRules
        The rules it was made with: the labels of the states.

    Returns
    -------
    plotly.graph_objects.Figure
        Stacked bars, at most sixteen periods, the latest. Accounts in no state are not drawn. The note says from when
        on new customers are known to be new.

    Raises
    ------
    ValueError
        If the result is not that of ``customer_lifecycle``.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.lifecycle import customer_lifecycle
    >>> sales = pd.DataFrame({"account": ["A"], "date": pd.to_datetime(["2026-07-02"]), "amount": [100.0]})
    >>> made = customer_lifecycle(sales, as_of="2026-09-30", history_start="2024-01-01")
    >>> plot_customer_lifecycle(made).layout.meta["finding"]
    '2026Q3: 1 new customer'
    """
    check_lang(lang)
    if not isinstance(result, CustomerLifecycle):
        raise refusal(
            "plot_customer_lifecycle draws what customer_lifecycle returned",
            type(result).__name__,
            "Run custvalue.customer_lifecycle first and pass its result.",
        )
    periods = result.periods
    check = FrameCheck(periods, "plot_customer_lifecycle")
    made_by = "run customer_lifecycle first"
    states = check.choices("state", rules.states, purpose=made_by)
    for column in ("n", "n_left_truncated", "revenue"):
        check.numbers(column, purpose=made_by)
    check.require("period", made_by)
    check.done()
    if not periods["n"].sum():
        return nothing_figure(_SUBJECT, say(Label("there are no accounts.", "没有客户。"), lang), lang)
    labels = list(pd.unique(periods["period"]))
    kept = labels[-MAX_PERIODS:]
    shown = periods[(states >= 0) & periods["period"].isin(kept).to_numpy()]
    finding = _finding(shown[shown["period"] == kept[-1]], rules, lang)
    note = joined(
        (
            shown_of(len(kept), len(labels), lang, which=_LATEST.text(lang)),
            _cut_off(periods, labels, lang),
            say(_PARTIAL, lang, period=kept[-1]) if bool(periods["partial"].iloc[-1]) else "",
        ),
        lang,
    )
    of_periods = agree(len(labels), "period", "periods")
    sentence = say(_SENTENCE, lang, n=count_text(len(labels)), periods=of_periods, finding=finding, note=note)
    figure = new_figure(finding, sentence.strip(), note=note)
    _draw(figure, shown, kept, rules, lang)
    return figure


def _finding(last: pd.DataFrame, rules: LifecycleRules, lang: Lang) -> str:
    """Say how many accounts are in each state at the end of the last period, the largest state first."""
    held = last[last["n"] > 0].sort_values("n", ascending=False, kind="stable")
    period = str(last["period"].iloc[0])
    if not len(held):
        return say(_NOBODY, lang, period=period)
    counts = [
        say(_COUNT, lang, n=count_text(n), state=_state(str(state), n, rules, lang))
        for state, n in zip(held["state"], held["n"], strict=True)
    ]
    return say(_FINDING, lang, period=period, counts=listed(counts, lang))


def _state(state: str, n: float, rules: LifecycleRules, lang: Lang) -> str:
    """Return a state's words as they go with a number: prospects and customers have a plural."""
    words = rules.label(state, lang)
    return words + "s" if lang == "en" and n != 1 and words.endswith(("prospect", "customer")) else words


def _cut_off(periods: pd.DataFrame, labels: list[Any], lang: Lang) -> str:
    """Say from when on new customers are known to be new, where earlier ones are not."""
    uncertain = periods[(periods["state"] == "new_or_existing") & (periods["n"] > 0)]
    if not len(uncertain):
        return ""
    new = periods[(periods["state"] == "new") & (periods["n"] > 0)]
    if not len(new):
        return say(_NEVER_KNOWN, lang, first=labels[0])
    return say(_CUT_OFF, lang, first=labels[0], known=new["period"].iloc[0])


def _draw(figure: go.Figure, shown: pd.DataFrame, kept: list[Any], rules: LifecycleRules, lang: Lang) -> None:
    by_state = shown.groupby("state", observed=True, sort=True)
    for state, rows in by_state:
        if not rows["n"].sum():
            continue
        name = rules.label(str(state), lang)
        hovers = [
            say(
                _HOVER,
                lang,
                period=period,
                n=count_text(n),
                state=_state(str(state), n, rules, lang),
                revenue=money_text(revenue, lang),
            )
            for period, n, revenue in zip(rows["period"], rows["n"], rows["revenue"], strict=True)
        ]
        figure.add_bar(
            name=markup(name),
            x=[kept.index(period) for period in rows["period"]],
            y=drawn(rows["n"]),
            hovertext=[hover(text) for text in hovers],
            hoverinfo="text",
            marker=bar_marker(*MARKERS.get(str(state), (BLUE, ""))),
        )
    top = max(float(shown.groupby("period")["n"].sum().max()), 1.0) * AXIS_ROOM
    ticks = [tick for tick in nice_ticks(0.0, top) if float(tick).is_integer()]
    figure.update_layout(
        barmode="stack",
        xaxis={
            "tickmode": "array",
            "tickvals": np.arange(len(kept)).tolist(),
            "ticktext": [markup(str(period)) for period in kept],
            "showgrid": False,
        },
        yaxis={
            "range": drawn([0.0, top]),
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [count_text(tick) for tick in ticks],
            "title": {"text": _AXIS.text(lang)},
        },
    )
    stand(figure, PLOT_HIGH)
