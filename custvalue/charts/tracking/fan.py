"""The fan: P10, P50 and P90 of a period's revenue, from one snapshot of the pipeline to the next."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import money_axis, new_figure, nothing_figure, shown_of, stand
from custvalue.charts.columns import column_label
from custvalue.charts.theme import BLUE, INK, SKY, VERMILLION
from custvalue.charts.wording import agree, count_text, drawn, hover, joined, money_range, money_text, number_text, say
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import Label, Lang, check_lang

MADE_BY = "run revenue_fan first"
QUANTILES = ("p10", "p50", "p90")
MOST_SNAPSHOTS = 120
MOST_TICKS = 6
AXIS_ROOM = 0.06
PLOT_HEIGHT = 320

_MOVED = Label("the middle of{of} moved from {first} to {last}", "{of}中位数从{first}变为{last}")
_STANDS = Label("the middle of{of} stands at {last}", "{of}中位数为{last}")
_OF_PERIOD, _OF_REVENUE = Label(" {period}", "{period}收入"), Label(" the revenue", "收入")
_PLACES = {
    "above": Label("the target of {target} lies above the last range of {range}", "目标{target}高于最近的区间{range}"),
    "below": Label("the target of {target} lies below the last range of {range}", "目标{target}低于最近的区间{range}"),
    "in": Label("the target of {target} lies in the last range of {range}", "目标{target}在最近的区间{range}之内"),
}
_RANGE = Label("the last range is {range}", "最近的区间为{range}")
_SENTENCE = Label(
    "The band shows P10 to P90 of the revenue as it stood on {n} snapshot {days}, the line P50. {finding}.",
    "色带显示{n}个快照日的收入P10至P90，线为P50。{finding}。",
)
_NOTE = Label("P10 to P90 on {n} snapshot {days}, {start} to {end}.", "{n}个快照日的P10至P90，{start}至{end}。")
_ALONE = Label("Assumed: independent deals.", "假设：商机相互独立。")
_SHARED = Label("Assumed: latent correlation {rho} of two deals.", "假设：两商机潜在相关系数{rho}。")
_BAND, _MIDDLE = Label("P10 to P90", "P10至P90"), Label("P50", "P50")
_WON, _TARGET = Label("won so far", "已赢单"), Label("target", "目标")
_HOVER = Label(
    "{day}: P10 {p10}, P50 {p50}, P90 {p90}, mean {mean}.", "{day}：P10 {p10}，P50 {p50}，P90 {p90}，平均{mean}。"
)
_WON_HOVER = Label("{day}: {won} won.", "{day}：已赢单{won}。")
_TARGET_HOVER = Label("The target is {target}.", "目标为{target}。")
_SUBJECT = Label("fan", "扇形图")
_NO_SNAPSHOTS = Label("there are no snapshots.", "没有快照。")


def plot_revenue_fan(frame: Any, *, target: float | None = None, lang: Lang = "en") -> go.Figure:
    """Draw P10, P50 and P90 of a period's revenue, snapshot by snapshot, beside the target.

    Parameters
    ----------
    frame : frame
        One row per snapshot day: ``snapshot`` (date), ``p10``, ``p50``, ``p90``, ``mean`` (currency units), such as
        :func:`custvalue.revenue_fan` returns. Where there are ``won``, ``period`` and ``correlation``, what was won is
        drawn too, the period named, and the assumption said.
    target : float, optional
        The revenue to reach, in currency units.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        A band from P10 to P90, a line at P50 (the mean is in its hover text), steps for what was won, and a line at the
        target. The title says how the middle moved and where the target lies. Of more than 120 days, 120 are drawn, the
        first and the last among them.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, a day or a number is missing, a day occurs twice, or P10, P50 and P90
        are out of order.
        If the target is no number.

    Examples
    --------
    >>> import pandas as pd
    >>> fan = pd.DataFrame({"snapshot": pd.to_datetime(["2026-07-01", "2026-08-05"]), "p10": [6e6, 8e6],
    ...                     "p50": [9e6, 9.5e6], "p90": [13e6, 11e6], "mean": [9.2e6, 9.6e6]})
    >>> plot_revenue_fan(fan, target=12e6).layout.meta["finding"]
    'The middle of the revenue moved from 9 M to 9.5 M; the target of 12 M lies above the last range of 8 M to 11 M'
    """
    check_lang(lang)
    if target is not None and not is_number(target):
        raise refusal("target must be a number", repr(target), "Give it in currency units.")
    table, period, correlations = _checked(to_pandas(frame))
    if table.empty:
        return nothing_figure(_SUBJECT, _NO_SNAPSHOTS.text(lang), lang)
    shown = table.iloc[np.unique(np.linspace(0, len(table) - 1, min(len(table), MOST_SNAPSHOTS)).astype(np.int64))]
    days = shown["snapshot"].dt.strftime("%Y-%m-%d").tolist()
    words = {"n": count_text(len(shown)), "days": agree(len(shown), "day", "days"), "start": days[0], "end": days[-1]}
    finding = _finding(table, period, target, lang)
    assumed = [
        _ALONE.text(lang) if rho == 0 else say(_SHARED, lang, rho=number_text(rho, lang)) for rho in correlations
    ]
    rest = shown_of(len(shown), len(table), lang)
    figure = new_figure(
        finding,
        joined((say(_SENTENCE, lang, finding=finding, **words), *assumed, rest), lang),
        note=joined((say(_NOTE, lang, **words), *assumed, rest), lang),
    )
    _draw(figure, shown, days, target, lang)
    stand(figure, PLOT_HEIGHT)
    return figure


def _checked(frame: pd.DataFrame) -> tuple[pd.DataFrame, str, list[float]]:
    """Return the fan's columns by day, the period it is of, and the correlations it was made with, where it says so."""
    check = FrameCheck(frame, "plot_revenue_fan")
    days = check.dates("snapshot", purpose=MADE_BY)
    if "snapshot" in frame:
        check.fail_rows("a snapshot must have a day", "snapshot", days.isna().to_numpy(), "Leave the row out.")
        copies = (days.duplicated() & days.notna()).to_numpy()
        check.fail_rows("a day may occur once", "snapshot", copies, "Draw one fan at a time.")
    columns = {
        name: check.numbers(name, missing_ok=False, purpose=MADE_BY)
        for name in (*QUANTILES, "mean", *(["won"] if check.has("won") else []))
    }
    low, middle, high = (columns[name] for name in QUANTILES)
    wrong = (low > middle) | (middle > high)
    if wrong.any():
        check.fail_rows("P10, P50 and P90 must be in order", "p50", wrong, "Swap the columns.")
    rho = check.numbers("correlation") if check.has("correlation") else np.array([])
    has_period = check.has("period")
    check.done()
    periods = frame["period"].dropna().unique().tolist() if has_period else []
    table = pd.DataFrame({"snapshot": days.array, **columns}).sort_values("snapshot", kind="stable", ignore_index=True)
    return table, str(periods[0]) if len(periods) == 1 else "", np.unique(rho[~np.isnan(rho)]).tolist()


def _finding(table: pd.DataFrame, period: str, target: float | None, lang: Lang) -> str:
    first, last = table.iloc[0], table.iloc[-1]
    words = {
        "of": say(_OF_PERIOD, lang, period=period) if period else _OF_REVENUE.text(lang),
        "first": money_text(first["p50"], lang),
        "last": money_text(last["p50"], lang),
        "range": money_range(last["p10"], last["p90"], lang),
        "target": money_text(target, lang),
    }
    moved = say(_STANDS if len(table) == 1 else _MOVED, lang, **words)
    place = _RANGE
    if target is not None:
        place = _PLACES["above" if target > last["p90"] else "below" if target < last["p10"] else "in"]
    text = moved + ("; " if lang == "en" else "；") + say(place, lang, **words)
    return text[0].upper() + text[1:]


def _draw(figure: go.Figure, shown: pd.DataFrame, days: list[str], target: float | None, lang: Lang) -> None:
    texts = [
        hover(say(_HOVER, lang, day=day, **{name: money_text(row[name], lang) for name in (*QUANTILES, "mean")}))
        for day, row in zip(days, shown.to_dict("records"), strict=True)
    ]
    mode = "lines+markers" if len(shown) == 1 else "lines"
    edge = {"color": SKY, "width": 1.5}
    figure.add_scatter(
        mode=mode, x=days, y=drawn(shown["p10"]), line=edge, showlegend=False, name=_BAND.text(lang), hoverinfo="skip"
    )
    figure.add_scatter(
        mode=mode,
        name=_BAND.text(lang),
        x=days,
        y=drawn(shown["p90"]),
        line=edge,
        fill="tonexty",
        fillcolor="rgba(86,180,233,0.25)",
        hoverinfo="skip",
    )
    figure.add_scatter(
        mode="lines+markers",
        name=_MIDDLE.text(lang),
        x=days,
        y=drawn(shown["p50"]),
        line={"color": BLUE, "width": 2.5},
        marker={"color": BLUE, "size": 6},
        hovertext=texts,
        hoverinfo="text",
    )
    if "won" in shown:
        figure.add_scatter(
            mode=mode,
            name=_WON.text(lang),
            x=days,
            y=drawn(shown["won"]),
            line={"color": INK, "width": 2, "shape": "hv"},
            hovertext=[
                hover(say(_WON_HOVER, lang, day=day, won=money_text(won, lang)))
                for day, won in zip(days, shown["won"], strict=True)
            ],
            hoverinfo="text",
        )
    if target is not None:
        text = hover(say(_TARGET_HOVER, lang, target=money_text(target, lang)))
        figure.add_scatter(
            mode=mode,
            name=f"{_TARGET.text(lang)} {money_text(target, lang)}",
            x=[days[0], days[-1]],
            y=drawn([float(target)] * 2),
            line={"color": VERMILLION, "width": 2.5, "dash": "dot"},
            hovertext=[text] * 2,
            hoverinfo="text",
        )
    _set_axes(figure, shown, days, target, lang)


def _set_axes(figure: go.Figure, shown: pd.DataFrame, days: list[str], target: float | None, lang: Lang) -> None:
    ends = np.array([*shown.drop(columns="snapshot").to_numpy().ravel(), *([] if target is None else [float(target)])])
    low, high = min(float(ends.min()), 0.0), float(ends.max())
    pad = AXIS_ROOM * max(high - low, 1.0)
    ticks = np.unique(np.linspace(0, len(days) - 1, min(len(days), MOST_TICKS)).astype(np.int64))
    figure.update_layout(
        # Ticks are ISO days, which read alike in every language.
        xaxis={
            "type": "date",
            "tickmode": "array",
            "tickvals": [days[place] for place in ticks],
            "ticktext": [days[place] for place in ticks],
            "title": {"text": column_label("snapshot", lang)},
        },
        yaxis={
            **money_axis(high + pad, lang, low=low - (pad if low < 0 else 0.0)),
            "title": {"text": column_label("revenue", lang)},
        },
    )
