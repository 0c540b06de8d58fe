"""How often deals are won, group by group, with intervals."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import (
    MAX_ROWS,
    add_cut_lines,
    group_names,
    names_axis,
    new_figure,
    nothing_figure,
    percent_axis,
    room_for,
    shown_of,
    stand,
)
from custvalue.charts.columns import column_label
from custvalue.charts.theme import BLUE, INK, VERMILLION
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    percent_text,
    say,
    shortened,
    unbracketed,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang

AXIS_ROOM = 1.12
SMALL_COUNT, LEAST_SPAN, TITLE_NAME_WIDTH = 100, 0.2, 24

_RATE_FINDING = Label("{rate} of {n} closed {deals} {were} won", "{n}个已结商机中赢单{rate}")
_RATE_RANGE = Label("; from {low} ({worst}) to {high} ({best})", "；从{low}（{worst}）到{high}（{best}）")
_RATE_RANGE_SHOWN = Label(
    "; the {k} largest groups range from {low} ({worst}) to {high} ({best})",
    "；其中最大的{k}组从{low}（{worst}）到{high}（{best}）",
)
_ALL_SAME = Label("; all {k} groups with closed deals have the same rate", "；{k}个有已结商机的组均相同")
_ALL_SAME_SHOWN = Label("; the {k} largest groups all have the same rate", "；其中最大的{k}组均相同")
_NOT_TOLD_APART = Label(
    "; the groups cannot be told apart: their intervals all contain the overall rate",
    "；各组无法区分：其区间均含总体赢单率",
)
_AND_MORE = Label("{name} and {n} more", "{name}等{m}组")
_SUBJECT = Label("win rates", "赢单率")
_MOST_CLOSED = Label("those with the most closed deals", "已结商机最多")
_NO_RATE = Label("there are no closed deals.", "尚无已结商机。")
_RATE_SENTENCE = Label(
    "Points with intervals show the win rate of closed deals for {n} {groups}, hollow diamonds that of all deals. "
    "{finding}. {outside} of {m} intervals {leave} out the overall rate.",
    "圆点与区间显示{n}组的已结商机赢单率，空心菱形为占全部商机的比率。{finding}。{m}个区间中有{outside}个不含总体赢单率。",
)
_ONE_RATE_SENTENCE = Label(
    "A point with its interval, {low} to {high}, shows the win rate of closed deals, a hollow diamond that of all "
    "deals, {all}. {finding}.",
    "圆点及其区间（{low}至{high}）显示已结商机赢单率，空心菱形为占全部商机的比率（{all}）。{finding}。",
)
_RATE_HOVER = Label(
    "{name}: {won} of {closed} closed deals won, {rate} (interval {low} to {high}); {all} of all {n}.",
    "{name}：{closed}个已结商机中赢单{won}个，即{rate}（区间{low}至{high}）；占全部{n}个的{all}。",
)
_OVERALL = Label("all: {rate}", "总体：{rate}")
_INTERVAL = Label("interval of the closed rate", "已结赢单率的区间")
_RATE_AXIS = Label("Win rate", "赢单率")
_ALL_DEALS = Label("all deals", "全部商机")


def plot_win_rates(result: Any, *, lang: Lang = "en") -> go.Figure:
    """Draw the win rate of each group with its interval, beside the rate of all deals and the overall rate.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.win_rates` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        One row per group in the order of the result: a point with its interval (won of closed deals) and a hollow
        diamond (won of all). At most 20 groups are drawn, those with the most closed deals. Groups without a closed
        deal have no point.

    Raises
    ------
    ValueError
        If a column of the result is missing.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"amount": 1.0, "outcome": ["won", "won", "lost", "lost"], "region": list("EEEW")})
    >>> plot_win_rates(cv.win_rates(deals, as_of="2026-09-30", by="region")).layout.meta["finding"].split("; ")[1]
    'from 0 % (W) to 67 % (E)'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_win_rates")
    table = pd.DataFrame({column: check.numbers(column, purpose="run win_rates first") for column in _RATE_NUMBERS})
    check.done()
    closed = (table["n_won"] + table["n_lost"]).to_numpy()
    if not closed.sum():
        return nothing_figure(_SUBJECT, _NO_RATE.text(lang), lang)
    groups = [column for column in frame.columns if column not in (*_RATE_NUMBERS, "n_won_unpriced", "won")]
    names = group_names(frame[groups], lang) if groups else [_ALL_DEALS.text(lang)] * len(frame)
    rows = np.sort(np.argsort(-closed, kind="stable")[:MAX_ROWS])
    overall = float(table["n_won"].sum() / closed.sum())
    drawn_rates = table["win_rate_closed"].to_numpy()[rows]
    known = closed > 0
    outside = int(((table["low"] > overall) | (table["high"] < overall))[known].sum())
    counts = (int(closed.sum()), len(frame), outside)
    finding = _rate_finding(drawn_rates, [names[row] for row in rows], overall, counts, lang)
    sentence = say(
        _RATE_SENTENCE if groups else _ONE_RATE_SENTENCE,
        lang,
        n=count_text(len(frame)),
        groups=agree(len(frame), "group", "groups"),
        finding=finding,
        outside=count_text(outside),
        m=count_text(known.sum()),
        leave=agree(outside, "leaves", "leave"),
        low=percent_text(table["low"].iloc[0], lang, decimals=1),
        high=percent_text(table["high"].iloc[0], lang, decimals=1),
        all=percent_text(table["win_rate_all"].iloc[0], lang, decimals=1),
    )
    note = shown_of(rows.size, len(frame), lang, which=_MOST_CLOSED.text(lang))
    figure = new_figure(finding, sentence, note=note)
    _draw_rates(figure, table.iloc[rows], [names[row] for row in rows], overall, lang)
    stand(figure, room_for(rows.size))
    return figure


_RATE_NUMBERS = ("n", "n_won", "n_lost", "n_open", "win_rate_closed", "low", "high", "win_rate_all")


def _rate_finding(
    rates: NDArray[np.float64], names: list[str], overall: float, counts: tuple[int, int, int], lang: Lang
) -> str:
    """Return the overall rate, the range of the groups drawn, and whether any differs from all.

    ``counts`` are the closed deals, the groups, and the intervals that leave out the overall rate.
    """
    n, n_groups, outside = counts
    decimals = 0 if n < SMALL_COUNT else 1
    text = say(
        _RATE_FINDING,
        lang,
        rate=percent_text(overall, lang, decimals=decimals),
        n=count_text(n),
        deals=agree(n, "deal", "deals"),
        were=agree(n, "was", "were"),
    )
    known = int((~np.isnan(rates)).sum())
    if known < 2:  # noqa: PLR2004 (a range needs two)
        return text
    low, high, shown_all = np.nanmin(rates), np.nanmax(rates), rates.size == n_groups
    if low == high:
        text += say(_ALL_SAME if shown_all else _ALL_SAME_SHOWN, lang, k=count_text(known))
    else:
        text += say(
            _RATE_RANGE if shown_all else _RATE_RANGE_SHOWN,
            lang,
            k=count_text(rates.size),
            low=percent_text(low, lang, decimals=decimals),
            high=percent_text(high, lang, decimals=decimals),
            worst=_of_rate(low, rates, names, lang),
            best=_of_rate(high, rates, names, lang),
        )
    return text + (_NOT_TOLD_APART.text(lang) if not outside and (low < high or not shown_all) else "")


def _of_rate(rate: float, rates: NDArray[np.float64], names: list[str], lang: Lang) -> str:
    """Return the name of the group with a rate, and how many more have the same."""
    held = [name for name, other in zip(names, rates, strict=True) if other == rate]
    first = shortened(unbracketed(held[0], lang), TITLE_NAME_WIDTH)
    more = len(held) - 1
    return say(_AND_MORE, lang, name=first, n=count_text(more), m=count_text(len(held))) if more else first


def _draw_rates(figure: go.Figure, table: pd.DataFrame, names: list[str], overall: float, lang: Lang) -> None:
    places = list(range(len(table)))
    hovers = [
        hover(
            say(
                _RATE_HOVER,
                lang,
                name=name,
                won=count_text(row["n_won"]),
                closed=count_text(row["n_won"] + row["n_lost"]),
                rate=percent_text(row["win_rate_closed"], lang, decimals=1),
                low=percent_text(row["low"], lang, decimals=1),
                high=percent_text(row["high"], lang, decimals=1),
                all=percent_text(row["win_rate_all"], lang, decimals=1),
                n=count_text(row["n"]),
            )
        )
        for name, row in zip(names, table.to_dict("records"), strict=True)
    ]
    figure.add_scatter(
        mode="lines+markers",
        name=_INTERVAL.text(lang),
        x=[x for pair in zip(table["low"], table["high"], strict=True) for x in (*drawn(pair), None)],
        y=[y for place in places for y in (place, place, None)],
        hoverinfo="skip",
        line={"color": INK, "width": 2},
        marker={"symbol": "line-ns-open", "size": 9, "color": INK},
    )
    for column, colour, symbol in (("win_rate_closed", BLUE, "circle"), ("win_rate_all", VERMILLION, "diamond-open")):
        figure.add_scatter(
            mode="markers",
            name=column_label(column, lang),
            x=drawn(table[column]),
            y=places,
            hovertext=hovers,
            hoverinfo="text",
            cliponaxis=False,
            marker={"color": colour, "symbol": symbol, "size": 10, "line": {"width": 2 if "open" in symbol else 0}},
        )
    ends = table[["low", "high", "win_rate_closed", "win_rate_all"]].to_numpy()
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    pad = (AXIS_ROOM - 1) * max(high - low, LEAST_SPAN)
    figure.update_layout(
        xaxis={
            **percent_axis(min(high + pad, 1.0), lang, low=max(low - pad, 0.0)),
            "title": {"text": _RATE_AXIS.text(lang)},
        },
        yaxis=names_axis(names),
    )
    add_cut_lines(figure, [overall], [say(_OVERALL, lang, rate=percent_text(overall, lang, decimals=1))], layer="below")
