"""Growth points: the share of revenue and of headroom of every group, side by side."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.analysis.growth import GrowthPoints
from custvalue.charts.canvas import names_axis, new_figure, nothing_figure, percent_axis, room_for, shown_of, stand
from custvalue.charts.columns import column_label, column_word
from custvalue.charts.theme import BLUE, SKY, bar_marker
from custvalue.charts.wording import (
    agree,
    bracketed,
    colon,
    count_text,
    drawn,
    hover,
    is_missing,
    joined,
    money_text,
    name_text,
    percent_text,
    say,
)
from custvalue.frames.checks import FrameCheck
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang

MAX_GROUPS = 8
AXIS_ROOM = 1.1
NUMBERS = ("n", "n_without_headroom", "revenue", "revenue_share", "headroom", "headroom_share")

_FINDING = Label(
    "{group} holds {headroom} of headroom with {revenue} of revenue; {top} {accounts} {hold} {part} of headroom",
    "{group}占增长空间的{headroom}、销售额的{revenue}；{top}个客户占增长空间的{part}",
)
_NO_HEADROOM = Label(
    "{group} brings {revenue} of revenue; there is no known headroom", "{group}占销售额的{revenue}；没有已知的增长空间"
)
_UNKNOWN = Label("Headroom unknown for {n} {accounts}.", "{n}个客户的增长空间未知。")
_PER_YEAR = Label("Shares within each dimension; headroom is per year.", "为各维度内的占比；增长空间按年计。")
_SENTENCE = Label(
    "Bars compare the share of revenue and of headroom of {n} {groups}. {finding}. {note}",
    "条形比较{n}个组的销售额占比和增长空间占比。{finding}。{note}",
)
_HOVER = Label(
    "{group}: {n} {accounts}, revenue {revenue} ({revenue_share}), headroom {headroom} a year ({headroom_share}).",
    "{group}：{n}个客户，销售额{revenue}（{revenue_share}），年增长空间{headroom}（{headroom_share}）。",
)
# What a missing group means; elsewhere it has no name.
_WITHOUT = {"product": Label("bought nothing", "未购买")}
_SUBJECT = Label("growth points", "业务增长点")
_LARGEST_FIRST = Label("with the most headroom of each dimension", "各维度增长空间最大")
_AXIS = Label("Share of the total", "占合计的比重")


def plot_growth_points(result: Any, *, lang: Lang = "en") -> go.Figure:
    """Draw where revenue comes from beside where headroom lies, group by group.

    Parameters
    ----------
    result : GrowthPoints
        What :func:`custvalue.growth_points` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        Two bars per group, the shares of revenue and of headroom, under the name of each dimension; at most eight
        groups of a dimension, those with the most headroom, and the accounts without a group. The
        note says how many are not shown.

    Raises
    ------
    ValueError
        If the result is not that of ``growth_points``.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.growth import growth_points
    >>> accounts = pd.DataFrame({
    ...     "account": ["a", "b"], "region": ["North", "South"], "revenue": [75.0, 25.0], "headroom": [10.0, 90.0]
    ... })
    >>> plot_growth_points(growth_points(accounts, top=1)).layout.meta["finding"]
    'South holds 90 % of headroom with 25 % of revenue; 1 account holds 90 % of headroom'
    """
    check_lang(lang)
    if not isinstance(result, GrowthPoints):
        raise refusal(
            "plot_growth_points draws what growth_points returned",
            type(result).__name__,
            "Run custvalue.growth_points first and pass its result.",
        )
    groups = result.groups
    check = FrameCheck(groups, "plot_growth_points")
    for column in NUMBERS:
        check.numbers(column, purpose="run growth_points first")
    for column in ("dimension", "group"):
        check.require(column, "run growth_points first")
    check.done()
    if not len(groups) or not groups["n"].sum():
        return nothing_figure(_SUBJECT, say(Label("there are no accounts.", "没有客户。"), lang), lang)
    place_in = groups.groupby("dimension", sort=False).cumcount().to_numpy()
    shown = groups[(place_in < MAX_GROUPS) | groups["group"].isna().to_numpy()]
    finding = _finding(result, lang)
    unknown = int(result.totals["n_without_headroom"].iloc[0])
    note = joined(
        (
            shown_of(len(shown), len(groups), lang, which=_LARGEST_FIRST.text(lang)),
            _PER_YEAR.text(lang),
            say(_UNKNOWN, lang, n=count_text(unknown), accounts=agree(unknown, "account", "accounts"))
            if unknown
            else "",
        ),
        lang,
    )
    of_groups = agree(len(groups), "group", "groups")
    sentence = say(_SENTENCE, lang, n=count_text(len(groups)), groups=of_groups, finding=finding, note=note)
    figure = new_figure(finding, sentence.strip(), note=note)
    _draw(figure, shown, lang)
    return figure


def _finding(result: GrowthPoints, lang: Lang) -> str:
    """Say which group of the first dimension holds the most headroom, and how much the listed accounts hold."""
    groups = result.groups
    mine = groups[groups["dimension"] == groups["dimension"].iloc[0]]
    shares = mine["headroom_share"].to_numpy()
    if not np.nansum(shares) > 0:
        best = mine.iloc[int(np.argmax(mine["revenue_share"].fillna(-np.inf).to_numpy()))]
        return say(_NO_HEADROOM, lang, group=_group_name(best, lang), revenue=percent_text(best["revenue_share"], lang))
    best = mine.iloc[int(np.nanargmax(shares))]
    top = int((result.accounts["carries"] == "headroom").sum())
    return say(
        _FINDING,
        lang,
        group=_group_name(best, lang),
        headroom=percent_text(best["headroom_share"], lang),
        revenue=percent_text(best["revenue_share"], lang),
        top=count_text(top),
        accounts=agree(top, "account", "accounts"),
        hold=agree(top, "holds", "hold"),
        part=percent_text(result.totals["top_headroom_share"].iloc[0], lang),
    )


def _group_name(row: Any, lang: Lang) -> str:
    """Return the name of a group; of accounts without one, what that means in their dimension."""
    without = _WITHOUT.get(str(row["dimension"]))
    return without.text(lang) if without and is_missing(row["group"]) else name_text(row["group"], lang)


def _draw(figure: go.Figure, shown: pd.DataFrame, lang: Lang) -> None:
    names: list[str] = []
    places: list[int] = []
    hovers: list[str] = []
    before = None
    for row in shown.to_dict("records"):
        if row["dimension"] != before:
            before = row["dimension"]
            names.append(column_label(str(before), lang) + colon(lang).strip())
        group = _group_name(row, lang)
        places.append(len(names))
        names.append(group)
        hovers.append(
            say(
                _HOVER,
                lang,
                group=group + bracketed(column_word(str(before), lang), lang),
                n=count_text(row["n"]),
                accounts=agree(row["n"], "account", "accounts"),
                revenue=money_text(row["revenue"], lang),
                headroom=money_text(row["headroom"], lang),
                revenue_share=percent_text(row["revenue_share"], lang),
                headroom_share=percent_text(row["headroom_share"], lang),
            )
        )
    for column, label, marker in (
        ("headroom_share", Label("share of headroom", "占增长空间"), bar_marker(BLUE)),
        ("revenue_share", Label("share of revenue", "占销售额"), bar_marker(SKY, "/")),
    ):
        figure.add_bar(
            orientation="h",
            name=label.text(lang),
            x=drawn(shown[column]),
            y=places,
            hovertext=[hover(text) for text in hovers],
            hoverinfo="text",
            marker=marker,
        )
    shares = shown[["headroom_share", "revenue_share"]].to_numpy()
    known = shares[~np.isnan(shares)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    figure.update_layout(
        barmode="group",
        xaxis={
            **percent_axis(max(high, 0.1) * AXIS_ROOM, lang, low=min(low, 0.0) * AXIS_ROOM),
            "title": {"text": _AXIS.text(lang)},
        },
        yaxis=names_axis(names),
    )
    stand(figure, room_for(len(names)))
