"""Won revenue and the expected value of open deals, period by period."""

import re
from collections.abc import Hashable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import (
    PIXELS_PER_ROW,
    PLOT_LOW,
    money_axis,
    names_axis,
    new_figure,
    nothing_figure,
    stand,
)
from custvalue.charts.columns import SET_APART, column_label
from custvalue.charts.theme import BLUE, NOTE_SIZE, SKY, bar_marker
from custvalue.charts.wording import (
    agree,
    bracketed,
    colon,
    count_text,
    drawn,
    hover,
    joined,
    markup,
    money_text,
    say,
)
from custvalue.frames.checks import FrameCheck, nearest, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang

MAX_PERIODS, MAX_WRITTEN = 16, 8
AXIS_ROOM = 1.12
# What the rows set apart take under the panel of the periods: a row's words and bar, and the axis titles between.
ROW_LINES, BETWEEN = 1.7, 84
PERIOD = re.compile(r"\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))")

_NO_DEALS = Label("there are no deals.", "没有商机。")
_WON = Label("won", "已赢单")
_EXPECTED = Label("expected from open deals", "未结商机的期望金额")
_STANDS = Label(
    "{period} stands at {forecast}: {won} won and {expected} expected from {n} open {deals}",
    "{period}预计{forecast}：已赢单{won}，{n}个未结商机期望{expected}",
)
_WON_ONLY = Label("{period} stands at {won} won", "{period}已赢单{won}")
_NO_DEALS_IN = Label("{period}: no deals", "{period}：没有商机")
_SUBJECT = Label("revenue by period", "各期间收入")
_UNKNOWN_TOO = Label("; {n} open {deals} of unknown value", "；另有{n}个未结商机价值未知")
_OVERDUE_TOO = Label("; {x} more is overdue", "；另有{x}逾期")
_NO_PERIOD = Label("No deal stands in a period: {apart}", "没有商机落在任何期间：{apart}")
_EXPECTED_SENTENCE = Label(
    "Bars stack won revenue and the expected value of open deals for {n} {periods}, {first} to {last}. "
    "{headline}. Set apart: {apart}.",
    "条形按期间叠加已赢单金额与未结商机的期望金额，共{n}个期间（{first}至{last}）。{headline}。单列：{apart}。",
)
_PERIOD_HOVER = Label(
    "{period}: {won} won ({n_won} {won_deals}), {expected} expected from {n_open} open {open_deals} worth {open}.",
    "{period}：赢单{won}（{n_won}个），{n_open}个未结商机共{open}，期望{expected}。",
)
_APART_HOVER = Label("{period}: {n} {deals}, amount unknown.", "{period}：{n}个商机，金额未知。")
_EARLIER = Label(
    "Not shown: {n} {periods} before {edge}, with {money} won.", "未显示：{edge}之前的{n}个期间，赢单{money}。"
)
_LATER = Label(
    "Not shown: {n} {periods} after {edge}, with {money} won and expected.",
    "未显示：{edge}之后的{n}个期间，赢单与期望合计{money}。",
)
_UNKNOWN_AMOUNT = Label("{text}, amount unknown", "{text}，金额未知")
_DEALS = Label("{n} {deals}", "{n}个商机")
_APART = Label("set apart", "单列")
_APART_AXIS = Label("Set apart: not in any period", "单列：不属于任何期间")
_NOTHING_APART = Label("nothing", "无")
_AT_ITS_WORD = Label(
    "The expected close of {n} open {deals} is taken at its word.", "{n}个未结商机按其预计成交日期计入。"
)


def plot_expected_revenue(result: Any, *, lang: Lang = "en", period: str | None = None) -> go.Figure:
    """Draw won revenue and the expected value of open deals, period by period; what has no period stands apart.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.expected_revenue` returned; groups are added up.
    lang : {"en", "zh"}
        Language of every word.
    period : str, optional
        The period the title speaks of, such as ``2026Q3`` or ``2026-07``; the first with open deals by default, else
        the last. One without deals has no row in the result, and the title says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Two stacked bar traces, won and expected, and the same two in a panel below for the rows set apart (overdue,
        unscheduled, unpriced…). Where their money is unknown the number of deals is written and no bar is drawn. At
        most 16 periods are drawn, around the one the title speaks of; the note says what the others hold.

    Raises
    ------
    ValueError
        If a column of the result is missing, or ``period`` is no period like its own.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"amount": [9e5, 5e5], "stage": ["terms", "trial"], "outcome": ["won", None],
    ...                       "expected_close": pd.to_datetime(["2026-08-01", "2026-09-30"]),
    ...                       "closed": pd.to_datetime(["2026-08-01", None])})
    >>> plot_expected_revenue(cv.expected_revenue(deals, as_of="2026-09-15"), lang="zh").layout.meta["finding"]
    '2026Q3预计130万：已赢单90万，1个未结商机期望40万'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_expected_revenue")
    made_by = "run expected_revenue first"
    check.require("period", made_by)
    for column in _SUMMED:
        check.numbers(column, purpose=made_by)
    check.done()
    if not len(frame):
        return nothing_figure(_SUBJECT, _NO_DEALS.text(lang), lang)
    # Money that is unknown in any group is unknown in their sum.
    table = frame.groupby(frame["period"].astype(str), sort=True)[list(_SUMMED)].sum(skipna=False)
    periods = table[~table.index.isin(list(SET_APART))]
    apart = table.reindex([name for name in SET_APART if name in table.index])
    if period is not None and period not in periods.index:
        if not _is_period(period, periods.index):
            check.fail("period must be one of the result's", repr(period), nearest(period, periods.index))
            check.done()
        # No deal stands in it: the numbers of nothing are known to be none.
        periods = pd.concat([periods, pd.DataFrame(0, index=[period], columns=list(_SUMMED))]).sort_index()
    chosen = period or next(iter(periods.index[periods["n_open"] > 0]), periods.index[-1] if len(periods) else "")
    shown = _window(periods, chosen)
    headline = _headline(periods, apart, chosen, lang)
    figure = new_figure(
        headline,
        joined((_expected_sentence(shown, apart, headline, lang), _at_its_word(frame, lang)), lang),
        note=_not_shown(periods, shown, lang),
    )
    if len(shown):
        _draw_periods(figure, shown, chosen, lang)
    if len(apart):
        _draw_apart(figure, apart, lang, alone=not len(shown))
    apart_height = ROW_LINES * PIXELS_PER_ROW * len(apart)
    if len(shown) and len(apart):
        whole = PLOT_LOW + BETWEEN + apart_height
        figure.update_layout(
            yaxis_domain=drawn([1 - PLOT_LOW / whole, 1]), yaxis2_domain=drawn([0, apart_height / whole])
        )
        stand(figure, whole)
    else:
        stand(figure, PLOT_LOW if len(shown) else apart_height)
    return figure


def _is_period(label: str, others: "pd.Index[Any]") -> bool:
    """Say whether a label names a quarter or a month, as the result's own do."""
    return bool(PERIOD.fullmatch(label)) and all(("Q" in str(other)) == ("Q" in label) for other in others)


_SUMMED = ("n_deals", "n_won", "won", "n_open", "open", "expected_open", "forecast")


def _headline(periods: pd.DataFrame, apart: pd.DataFrame, chosen: str, lang: Lang) -> str:
    if not len(periods):
        return say(_NO_PERIOD, lang, apart=_apart_counts(apart, lang))
    row = periods.loc[[chosen]].to_dict("records")[0]
    text = say(
        _STANDS if row["n_open"] else _WON_ONLY if row["n_deals"] else _NO_DEALS_IN,
        lang,
        period=chosen,
        forecast=money_text(row["forecast"], lang),
        won=money_text(row["won"], lang),
        expected=money_text(row["expected_open"], lang),
        n=count_text(row["n_open"]),
        deals=agree(row["n_open"], "deal", "deals"),
    )
    overdue = apart["expected_open"].get("overdue", 0.0)
    unknown = int(apart.loc[apart["expected_open"].isna(), "n_open"].sum())
    if overdue > 0:
        text += say(_OVERDUE_TOO, lang, x=money_text(overdue, lang))
    if unknown:
        text += say(_UNKNOWN_TOO, lang, n=count_text(unknown), deals=agree(unknown, "deal", "deals"))
    return text


def _apart_counts(apart: pd.DataFrame, lang: Lang) -> str:
    """Return how many deals stand in each row set apart, and what is expected of them, in words."""
    comma = ", " if lang == "en" else "，"
    return comma.join(
        map(" ".join, zip(_apart_names(apart, lang), _apart_texts(apart, lang), strict=True))
    ) or _NOTHING_APART.text(lang)


def _apart_names(apart: pd.DataFrame, lang: Lang) -> list[str]:
    return [SET_APART[str(name)].text(lang) for name in apart.index]


def _apart_texts(apart: pd.DataFrame, lang: Lang) -> list[str]:
    """Return for each row set apart its money and its number of deals; no money where it holds none by its nature."""
    texts = []
    for row in apart.to_dict("records"):
        deals = say(_DEALS, lang, n=count_text(row["n_deals"]), deals=agree(row["n_deals"], "deal", "deals"))
        if pd.isna(row["forecast"]):
            texts.append(say(_UNKNOWN_AMOUNT, lang, text=deals))
        elif row["n_won"] + row["n_open"] == 0:
            texts.append(deals)
        else:
            texts.append(money_text(row["forecast"], lang) + bracketed(deals, lang))
    return texts


def _expected_sentence(shown: pd.DataFrame, apart: pd.DataFrame, headline: str, lang: Lang) -> str:
    if not len(shown):
        return headline + ("." if lang == "en" else "。")
    return say(
        _EXPECTED_SENTENCE,
        lang,
        n=count_text(len(shown)),
        periods=agree(len(shown), "period", "periods"),
        first=shown.index[0],
        last=shown.index[-1],
        headline=headline,
        apart=_apart_counts(apart, lang),
    )


def _at_its_word(frame: pd.DataFrame, lang: Lang) -> str:
    """Say how many deals count in the period they are expected in, whatever the chance that they slip."""
    n = int(frame["n_at_its_word"].sum()) if "n_at_its_word" in frame else 0
    return say(_AT_ITS_WORD, lang, n=count_text(n), deals=agree(n, "deal", "deals")) if n else ""


def _window(periods: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """Return the periods that are drawn: as many as there is room for, with the chosen one in their middle or later."""
    if len(periods) <= MAX_PERIODS:
        return periods
    end = min(list(periods.index).index(chosen) + 1 + MAX_PERIODS // 2, len(periods))
    start = max(end - MAX_PERIODS, 0)
    return periods.iloc[start : start + MAX_PERIODS]


def _not_shown(periods: pd.DataFrame, shown: pd.DataFrame, lang: Lang) -> str:
    """Return in words what the periods before and after those drawn hold."""
    if len(periods) == len(shown):
        return ""
    before, after = periods[periods.index < shown.index[0]], periods[periods.index > shown.index[-1]]
    return joined(
        (
            say(
                label,
                lang,
                n=count_text(len(part)),
                periods=agree(len(part), "period", "periods"),
                edge=edge,
                money=money_text(part[column].sum(), lang),
            )
            for label, part, edge, column in (
                (_EARLIER, before, shown.index[0], "won"),
                (_LATER, after, shown.index[-1], "forecast"),
            )
            if len(part)
        ),
        lang,
    )


_SERIES = (("won", _WON, bar_marker(BLUE)), ("expected_open", _EXPECTED, bar_marker(SKY, "/")))


def _draw_periods(figure: go.Figure, shown: pd.DataFrame, chosen: str, lang: Lang) -> None:
    names = [str(name) for name in shown.index]
    places = list(range(len(names)))
    hovers = [hover(_period_hover(name, row, lang)) for name, row in zip(names, shown.to_dict("records"), strict=True)]
    for column, label, marker in _SERIES:
        figure.add_bar(
            name=label.text(lang), x=places, y=drawn(shown[column]), hovertext=hovers, hoverinfo="text", marker=marker
        )
    written = [k for k in places if len(places) <= MAX_WRITTEN or names[k] == chosen]
    figure.add_scatter(
        mode="text",
        name=column_label("forecast", lang),
        showlegend=False,
        x=written,
        y=drawn(shown["forecast"].iloc[written]),
        text=[money_text(total, lang) for total in shown["forecast"].iloc[written]],
        textposition="top center",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
    )
    top = AXIS_ROOM * max(float(shown["forecast"].max()), 1.0)
    figure.update_layout(
        barmode="stack",
        legend_traceorder="normal",
        xaxis={
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [markup(name) for name in names],
            "range": [-0.5, len(names) - 0.5],
            "showgrid": False,
            "title": {"text": column_label("period", lang)},
        },
        yaxis={**money_axis(top, lang), "title": {"text": column_label("amount", lang)}},
    )


def _draw_apart(figure: go.Figure, apart: pd.DataFrame, lang: Lang, *, alone: bool) -> None:
    """Draw the rows set apart in a panel of their own, below."""
    names, places = _apart_names(apart, lang), list(range(len(apart)))
    hovers = [hover(_period_hover(name, row, lang)) for name, row in zip(names, apart.to_dict("records"), strict=True)]
    for column, label, marker in _SERIES:
        figure.add_bar(
            orientation="h",
            name=label.text(lang),
            showlegend=alone,
            x=drawn(apart[column]),
            y=places,
            width=0.35,
            hovertext=hovers,
            hoverinfo="text",
            marker=marker,
            xaxis="x2",
            yaxis="y2",
        )
    figure.add_scatter(
        mode="text",
        name=_APART.text(lang),
        showlegend=False,
        x=[0] * len(places),
        y=[place - 0.36 for place in places],
        text=[
            markup(f" {name}{colon(lang)}{text}") for name, text in zip(names, _apart_texts(apart, lang), strict=True)
        ],
        textposition="middle right",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
        xaxis="x2",
        yaxis="y2",
    )
    top = AXIS_ROOM * max(float(apart["forecast"].max()) if apart["forecast"].notna().any() else 0.0, 1.0)
    figure.update_layout(
        xaxis_visible=not alone,
        yaxis_visible=not alone,
        xaxis2={
            **money_axis(top, lang),
            "anchor": "y2",
            "showticklabels": False,
            "showgrid": False,
            "title": {"text": markup(_APART_AXIS.text(lang))},
        },
        yaxis2={**names_axis(names), "anchor": "x2", "showticklabels": False, "showline": True},
    )


def _period_hover(name: str, row: dict[Hashable, Any], lang: Lang) -> str:
    if not row["n_deals"]:
        return say(_NO_DEALS_IN, lang, period=name) + ("." if lang == "en" else "。")
    if pd.isna(row["forecast"]):
        deals = agree(row["n_deals"], "deal", "deals")
        return say(_APART_HOVER, lang, period=name, n=count_text(row["n_deals"]), deals=deals)
    return say(
        _PERIOD_HOVER,
        lang,
        period=name,
        won=money_text(row["won"], lang),
        n_won=count_text(row["n_won"]),
        won_deals=agree(row["n_won"], "deal", "deals"),
        expected=money_text(row["expected_open"], lang),
        n_open=count_text(row["n_open"]),
        open_deals=agree(row["n_open"], "deal", "deals"),
        open=money_text(row["open"], lang),
    )
