"""The chance of reaching each revenue: the whole distribution, with P10, P50, P90 and the target."""

import numpy as np
import plotly.graph_objects as go

from custvalue.charts.canvas import add_cut_lines, money_axis, new_figure, nothing_figure, percent_axis, stand
from custvalue.charts.theme import BLUE, INK, VERMILLION
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    money_range,
    money_text,
    percent_text,
    say,
)
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.tracking.distribution import RevenueDistribution

SHOWN_LEVEL = 0.8
MARKS = (0.1, 0.5, 0.9)
MOST_POINTS = 200
AXIS_ROOM = 1.06
PLOT_HEIGHT = 320

_REACHED = Label(
    "{chance} chance of reaching {target} in {period}; {level} interval {range}",
    "{period}达到{target}的机会为{chance}；{level}区间{range}",
)
_RANGE = Label(
    "{period} brings {range} with {level} chance, {middle} in the middle",
    "{period}有{level}的机会收入{range}，中位数{middle}",
)
_SENTENCE = Label(
    "The curve shows the chance of reaching each revenue in {period}: {won} is won and {n} open {deals} may add up to "
    "{open}. P10 {p10}, P50 {p50}, P90 {p90}. {finding}. Assumed: {basis}.",
    "曲线显示{period}达到各收入水平的机会：已赢{won}，{n}个未结商机最多再带来{open}。P10为{p10}，P50为{p50}，P90为{p90}。{finding}。假设：{basis}。",
)
_NOTE = Label(
    "Assumed: {basis}. {won} won, {n} open {deals} worth {open}.", "假设：{basis}。已赢{won}，{n}个未结商机共{open}。"
)
_LEFT_OUT = Label(
    "Not in it: {n} {deals} overdue, unscheduled or unpriced.", "未计入：{n}个逾期、无日期或无金额的商机。"
)
_NOTHING_OPEN = Label(
    "no open deal of {period} is uncertain; {won} is won.", "{period}没有不确定的未结商机；已赢{won}。"
)
_SUBJECT = Label("uncertainty", "不确定性")
_CURVE = Label("chance of reaching the revenue", "达到该收入的机会")
_TARGET = Label("target", "目标")
_HOVER = Label("{chance} chance of reaching {revenue}.", "达到{revenue}的机会为{chance}。")
_REVENUE = Label("Revenue", "收入")
_CHANCE = Label("Chance of reaching it", "达到的机会")


def plot_revenue_distribution(
    result: RevenueDistribution, *, target: float | None = None, lang: Lang = "en"
) -> go.Figure:
    """Draw the chance of reaching each revenue, with P10, P50, P90 and the target.

    Parameters
    ----------
    result : RevenueDistribution
        What :func:`custvalue.revenue_distribution` returned, or one of its parts.
    target : float, optional
        The revenue to reach, in currency units.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        A falling curve (steps where few outcomes are possible), lines at P10, P50 and P90 and a mark at the target. The
        title states the chance of target, or the interval that holds four fifths of the chance; the note says what is
        assumed of the deals together.

    Raises
    ------
    ValueError
        If the result is none, or the target no number.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.tracking.distribution import revenue_distribution
    >>> deals = pd.DataFrame({"amount": [2e6, 1e6], "stage": ["quotation", "trial"], "outcome": [None, None],
    ...                       "expected_close": pd.to_datetime(["2026-09-30", "2026-09-30"])})
    >>> revenue = revenue_distribution(deals, correlation=0, as_of="2026-09-01")
    >>> plot_revenue_distribution(revenue, target=2e6).layout.meta["finding"]
    '40 % chance of reaching 2 M in 2026Q3; 80 % interval 0 M to 3 M'
    """
    check_lang(lang)
    if not isinstance(result, RevenueDistribution):
        raise refusal(
            "plot_revenue_distribution draws a RevenueDistribution", type(result).__name__, "Run revenue_distribution."
        )
    if target is not None and not is_number(target):
        raise refusal("target must be a number", repr(target), "Give it in currency units.")
    low, middle, high = (result.quantile(level) for level in MARKS)
    words = {
        "period": result.period,
        "won": money_text(result.won, lang),
        "n": count_text(result.n_open),
        "deals": agree(result.n_open, "deal", "deals"),
        "open": money_text(result.open, lang),
        "basis": result.basis_in(lang),
        "level": percent_text(SHOWN_LEVEL, lang),
        "range": money_range(*result.interval(SHOWN_LEVEL), lang),
        "middle": money_text(middle, lang),
        "p10": money_text(low, lang),
        "p50": money_text(middle, lang),
        "p90": money_text(high, lang),
        "target": money_text(target, lang),
        "chance": "" if target is None else percent_text(result.at_least(target), lang),
    }
    if result.sd == 0:
        return nothing_figure(_SUBJECT, say(_NOTHING_OPEN, lang, **words), lang)
    finding = say(_RANGE if target is None else _REACHED, lang, **words)
    apart = result.left_out[result.left_out["reason"] != "other_period"]
    n_apart = int(apart["n_open"].sum())
    left_out = say(_LEFT_OUT, lang, n=count_text(n_apart), deals=agree(n_apart, "deal", "deals")) if n_apart else ""
    figure = new_figure(
        finding,
        joined((say(_SENTENCE, lang, finding=finding, **words), left_out), lang),
        note=joined((say(_NOTE, lang, **words), left_out), lang),
    )
    _draw_curve(figure, result, target, lang)
    add_cut_lines(
        figure,
        [low, middle, high],
        ["P10", "P50", "P90"] if low < middle < high else ["", "P10–P90" if low == high else "P50", ""],
        layer="below",
    )
    stand(figure, PLOT_HEIGHT)
    return figure


def _draw_curve(figure: go.Figure, result: RevenueDistribution, target: float | None, lang: Lang) -> None:
    levels = result.to_frame()
    table = levels.drop_duplicates("revenue")
    steps = len(table) < len(levels)  # a quantile that repeats is a jump: a slope would show chances that are not there
    rows = np.unique(np.linspace(0, len(table) - 1, min(len(table), MOST_POINTS)).astype(np.int64))
    revenue, chance = table["revenue"].to_numpy()[rows], table["chance_at_least"].to_numpy()[rows]
    figure.add_scatter(
        mode="lines",
        name=_CURVE.text(lang),
        x=drawn(revenue),
        y=drawn(chance),
        line={"color": BLUE, "width": 2.5, "shape": "vh" if steps else "linear"},
        fill="tozeroy",
        fillcolor="rgba(0,114,178,0.12)",
        hovertext=[
            hover(say(_HOVER, lang, chance=percent_text(p, lang, decimals=1), revenue=money_text(x, lang)))
            for x, p in zip(revenue, chance, strict=True)
        ],
        hoverinfo="text",
    )
    ends = [float(revenue[0]), float(revenue[-1])]
    if target is not None:
        ends.append(float(target))
        reached = result.at_least(target)
        text = say(_HOVER, lang, chance=percent_text(reached, lang, decimals=1), revenue=money_text(target, lang))
        figure.add_scatter(
            mode="lines+markers",
            name=f"{_TARGET.text(lang)} {money_text(target, lang)}",
            x=drawn([float(target), float(target)]),
            y=drawn([0.0, reached]),
            line={"color": VERMILLION, "width": 2.5, "dash": "dot"},
            marker={"color": VERMILLION, "symbol": "diamond", "size": [0, 11], "line": {"color": INK, "width": 1}},
            hovertext=[hover(text)] * 2,
            hoverinfo="text",
        )
    pad = (AXIS_ROOM - 1) * max(max(ends) - min(ends), 1.0)
    figure.update_layout(
        xaxis={
            **money_axis(max(ends) + pad, lang, low=max(min(ends) - pad, 0.0)),
            "title": {"text": _REVENUE.text(lang)},
        },
        yaxis={**percent_axis(1.0, lang), "title": {"text": _CHANCE.text(lang)}},
    )
