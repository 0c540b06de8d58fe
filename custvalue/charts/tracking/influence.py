"""The tornado: how far the chance of target swings with each deal."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import (
    add_cut_lines,
    check_name,
    names_axis,
    new_figure,
    nothing_figure,
    percent_axis,
    room_for,
    row_names,
    shown_of,
    stand,
)
from custvalue.charts.theme import BLUE, INK, ORANGE, bar_marker
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    money_text,
    percent_text,
    say,
    shortened,
)
from custvalue.frames.checks import FrameCheck
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.tracking.influence import DealInfluence

MAX_DEALS = 15
TITLE_NAME_WIDTH = 24
AXIS_ROOM = 0.04

_HINGES = Label(
    "{period} hangs on {k} of {n} open {deals}; most on {name}: {chance} chance of {target} becomes {won} or {lost}",
    "{period}取决于{n}个未结商机中的{k}个，首推{name}：达到{target}的机会从{chance}变为{won}或{lost}",
)
_NO_HINGE = Label(
    "{period} hangs on no single deal: {name} moves the {chance} chance of {target} most, to {won} or {lost}",
    "{period}不取决于任何单个商机：影响最大的{name}使达到{target}的机会从{chance}变为{won}或{lost}",
)
_SENTENCE = Label(
    "Bars reach from the chance of target if the deal is lost to the chance if it is won. {finding}. Half of the "
    "variance lies in {half} {half_deals}. Assumed: {basis}.",
    "条形从丢单时达到目标的机会延伸到赢单时的机会。{finding}。{half}个商机占方差的一半。假设：{basis}。",
)
_ORDER = Label(
    "Sorted by what the deal's own money moves (inner bar); the whole bar also holds what a win says of the other "
    "deals.",
    "按商机自身金额的影响（内条）排序；整条还包含赢单对其他商机的提示作用。",
)
_NOTE = Label("Assumed: {basis}.", "假设：{basis}。")
_HOVER = Label(
    "{name}: {amount} at {p}. Won: {won} chance of target; lost: {lost}. {share} of the expected value, {risk} of the "
    "variance. Its own money moves {alone}.",
    "{name}：{amount}，赢率{p}。赢单则达到目标的机会为{won}，丢单则为{lost}。占期望值的{share}，占方差的{risk}。其自身金额影响{alone}。",
)
_IF_LOST = Label("chance of target if lost", "丢单时达到目标的机会")
_IF_WON = Label("chance of target if won", "赢单时达到目标的机会")
_ALONE = Label("of it by the deal's own money", "其中自身金额的影响")
_AXIS = Label("Chance of reaching {target}", "达到{target}的机会")
_NOW = Label("now {chance}", "目前{chance}")
_SUBJECT = Label("influence", "影响")
_NONE = Label("no open deal of {period} is uncertain.", "{period}没有不确定的未结商机。")
_NUMBERS = (
    *("used_probability", "share_of_expected", "share_of_variance", "chance_if_won", "chance_if_lost"),
    *("swing", "swing_alone"),
)
# Swings that differ by less are drawn alike.
SAME_SWING = 1e-6


def plot_deal_influence(
    result: DealInfluence, *, lang: Lang = "en", amount: str = "amount", name: str | None = None
) -> go.Figure:
    """Draw a tornado: the chance of target if each deal is lost and if it is won, best ranked on top.

    Parameters
    ----------
    result : DealInfluence
        What :func:`custvalue.deal_influence` returned.
    lang : {"en", "zh"}
        Language of every word.
    amount : str
        The column of amounts.
    name : str, optional
        The column that names the deals; ``opportunity`` or ``account`` where there is one, else the index.

    Returns
    -------
    plotly.graph_objects.Figure
        Two bars for each of at most 15 deals, from the present chance of target down to the chance if the deal is lost
        and up to the chance if it is won: together its ``swing``. Deals are sorted by ``swing_alone``; where the two
        differ, as correlated deals make them, an inner bar of that length shows it, placed in proportion.

    Raises
    ------
    ValueError
        If the result is none, or lacks the column of amounts.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.tracking.influence import deal_influence
    >>> deals = pd.DataFrame({"amount": [1e5, 9e5], "stage": ["quotation", "terms"], "outcome": [None, None],
    ...                       "expected_close": pd.to_datetime(["2026-09-30"] * 2), "opportunity": ["small", "large"]})
    >>> found = deal_influence(deals, correlation=0, target=5e5, as_of="2026-09-15")
    >>> plot_deal_influence(found).layout.meta["finding"]
    '2026Q3 hangs on 1 of 2 open deals; most on large: 60 % chance of 500 k becomes 100 % or 0 %'
    """
    check_lang(lang)
    if not isinstance(result, DealInfluence):
        raise refusal("plot_deal_influence draws a DealInfluence", type(result).__name__, "Run deal_influence.")
    deals, summary = result.deals, result.summary.iloc[0]
    check = FrameCheck(deals, "plot_deal_influence")
    amounts = check.numbers(amount)
    check_name(check, name)
    check.done()
    period = str(summary["period"])
    uncertain = np.flatnonzero(deals["swing_alone"].notna().to_numpy())
    if not uncertain.size:
        return nothing_figure(_SUBJECT, say(_NONE, lang, period=period), lang)
    rows = uncertain[np.argsort(deals["rank"].to_numpy()[uncertain], kind="stable")][:MAX_DEALS]
    names = row_names(deals, rows, name, ("opportunity", "account"), lang)
    table = deals[list(_NUMBERS)].iloc[rows].astype("float64")
    now, n_hinges = float(summary["chance_at_least"]), int(summary["n_hinges"])
    half = int(summary["n_for_half_variance"])
    words = {
        "period": period,
        "k": count_text(n_hinges),
        "n": count_text(len(deals)),
        "deals": agree(len(deals), "deal", "deals"),
        "name": shortened(names[0], TITLE_NAME_WIDTH),
        "chance": percent_text(now, lang),
        "target": money_text(summary["target"], lang),
        "won": percent_text(table["chance_if_won"].iloc[0], lang),
        "lost": percent_text(table["chance_if_lost"].iloc[0], lang),
        "basis": result.basis if lang == "en" else result.basis_zh,
        "half": count_text(half),
        "half_deals": agree(half, "deal", "deals"),
    }
    finding = say(_HINGES if n_hinges else _NO_HINGE, lang, **words)
    both = bool((np.abs(table["swing"] - table["swing_alone"]) > SAME_SWING).any())
    order = [_ORDER.text(lang)] if both else []
    note = joined((*order, say(_NOTE, lang, **words), shown_of(rows.size, len(deals), lang)), lang)
    sentence = joined((say(_SENTENCE, lang, finding=finding, **words), *order), lang)
    figure = new_figure(finding, sentence, note=note)
    _draw_bars(figure, table.assign(amount=amounts[rows]), names, now, lang)
    if both:
        _draw_alone(figure, table, now, lang)
    figure.update_layout(xaxis_title_text=say(_AXIS, lang, **words))
    add_cut_lines(figure, [now], [say(_NOW, lang, **words)])
    stand(figure, room_for(rows.size))
    return figure


def _draw_bars(figure: go.Figure, table: pd.DataFrame, names: list[str], now: float, lang: Lang) -> None:
    hovers = [
        hover(
            say(
                _HOVER,
                lang,
                name=who,
                amount=money_text(row["amount"], lang),
                p=percent_text(row["used_probability"], lang),
                won=percent_text(row["chance_if_won"], lang, decimals=1),
                lost=percent_text(row["chance_if_lost"], lang, decimals=1),
                share=percent_text(row["share_of_expected"], lang),
                risk=percent_text(row["share_of_variance"], lang),
                alone=percent_text(row["swing_alone"], lang, decimals=1),
            )
        )
        for who, row in zip(names, table.to_dict("records"), strict=True)
    ]
    places = list(range(len(table)))
    for column, label, marker in (
        ("chance_if_lost", _IF_LOST, bar_marker(ORANGE, "/")),
        ("chance_if_won", _IF_WON, bar_marker(BLUE)),
    ):
        figure.add_bar(
            orientation="h",
            name=label.text(lang),
            base=drawn([now] * len(table)),
            x=drawn(table[column] - now),
            y=places,
            width=0.7,
            hovertext=hovers,
            hoverinfo="text",
            marker=marker,
        )
    ends = table[["chance_if_lost", "chance_if_won"]].to_numpy()
    low, high = min(float(np.nanmin(ends)), now), max(float(np.nanmax(ends)), now)
    figure.update_layout(
        barmode="overlay",
        xaxis=percent_axis(min(high + AXIS_ROOM, 1.0), lang, low=max(low - AXIS_ROOM, 0.0)),
        yaxis=names_axis(names),
    )


def _draw_alone(figure: go.Figure, table: pd.DataFrame, now: float, lang: Lang) -> None:
    """Draw the part of each swing that is the deal's own money inside its bar, both sides in proportion."""
    swing, alone = table["swing"], table["swing_alone"]
    part = (alone / swing.where(swing > 0)).clip(0.0, 1.0).fillna(0.0)
    figure.add_bar(
        orientation="h",
        name=_ALONE.text(lang),
        base=drawn(now - part * (now - table["chance_if_lost"])),
        x=drawn(part * swing),
        y=list(range(len(table))),
        width=0.24,
        hoverinfo="skip",
        marker=bar_marker(INK),
    )
