"""The Pareto chart: customers from the largest to the smallest, their shares, and where 70 and 80 % are reached."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.analysis import Concentration
from custvalue.charts.canvas import (
    PLOT_HIGH,
    check_name,
    new_figure,
    nice_ticks,
    nothing_figure,
    percent_axis,
    row_names,
    stand,
)
from custvalue.charts.columns import column_word
from custvalue.charts.theme import INK, NOTE_SIZE, VERMILLION, bar_marker, ordered_colours, ordered_patterns
from custvalue.charts.wording import (
    PERCENT,
    agree,
    count_text,
    drawn,
    hover,
    joined,
    listed,
    markup,
    money_text,
    number_text,
    percent_text,
    say,
    shortened,
)
from custvalue.frames.checks import FrameCheck
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang

MAX_BARS, MAX_NAMED, MAX_POINTS = 50, 20, 1000
AXIS_ROOM, TICK_NAME_WIDTH = 1.06, 16
# Right of this part of the axis a level is written to the left of its point.
LATE = 0.5
CLASSES = ("C", "B", "A")

_FINDING = Label(
    "{k} of {n} {customers} ({pct}) {supply} {level} of {value}", "{n}个客户中的{k}个（{pct}）提供{level}的{value}"
)
_NET = Label("; net of {n} negative {customers}: shares pass 100 %", "；已减去{n}个负值客户：占比超过100%")
_NET_SENTENCE = Label(
    " {n} {customers} with negative values are taken off the total, so shares pass 100 %.",
    "合计已减去{n}个负值客户，因此占比超过100%。",
)
_SUBJECT = Label("concentration", "集中度结果")
_LEVEL = Label("{level}: {k} {of_k} ({pct})", "{level}：{k}个客户（{pct}）")
_SENTENCE = Label(
    "Bars show the shares of {n} {customers} from the largest to the smallest, the line adds them up: {levels}. "
    "The top 20 % hold {top}.{net}",
    "条形从大到小显示{n}个客户的占比，折线为累计占比：{levels}。前20%的客户占{top}。{net}",
)
_MISSING = Label("{n} without a value left out.", "{n}个无数值，未列入。")
_NEGATIVE = Label("{n} negative {customers}: {sum}{together}.", "{n}个客户为负值{together}{sum}。")
_BUCKETS = Label("Each bar adds up {k} customers.", "每个条形合计{k}个客户。")
_BUCKETS_ABOUT = Label("Each bar adds up {k} or {l} customers.", "每个条形合计{k}或{l}个客户。")
_AUTO = Label(
    "Class limits by the shape of the curve: A to {a}, B to {b}.", "等级界限由曲线形状确定：A类至{a}，B类至{b}。"
)
_NO_CUSTOMERS = Label("there are no customers with a value.", "没有带数值的客户。")
_NO_TOTAL = Label("the total is not positive, so shares are undefined.", "合计不为正，占比无定义。")
_ONE_HOVER = Label(
    "{name} is number {rank} with {share} of {value}{money}.", "{name}排名第{rank}，占{value}的{share}{money}。"
)
_MANY_HOVER = Label(
    "{customers}: {share} of {value} in class {letter}.",
    "{customers}：{letter}类占{value}的{share}。",
)
_CUSTOMERS_FROM_TO = Label("Customers {first} to {last}", "第{first}至{last}名客户")
_CUSTOMER = Label("Customer {first}", "第{first}名客户")
_CLASS = Label("class {letter} ({n})", "{letter}类（{n}）")
_CURVE = Label("cumulative share", "累计占比")
_CURVE_HOVER = Label("Top %{x:,}: %{y:.1%} together", "前%{x:,}名：合计%{y:.1%}")
_CUSTOMERS_AXIS = Label("Customers, largest first", "客户（从大到小）")
_SHARE_AXIS = Label("Share of {value}", "占{value}的比重")
_LEVELS = Label("levels", "目标水平")


def plot_concentration(
    result: Concentration, *, lang: Lang = "en", value: str = "revenue", name: str | None = None
) -> go.Figure:
    """Draw the Pareto chart: shares of the customers as bars, their running total as a line, the levels marked.

    Bars and line stand on one axis: a bar is the rise of the line over its customers.

    Parameters
    ----------
    result : Concentration
        What :func:`custvalue.concentration` returned, of a single group.
    lang : {"en", "zh"}
        Language of every word.
    value : str
        The column the customers were ranked by: what it is called, and the amounts of the hover text.
    name : str, optional
        The column that names the customers; ``account`` where there is one, else the index.

    Returns
    -------
    plotly.graph_objects.Figure
        A stacked bar trace per class (A, B, C), the line and the marked levels. Up to 50 customers have a
        bar each; more are added up in 50 bars of equal numbers. The line keeps at most about 1,000 points: the ends,
        the levels, the class limits and the rest evenly by rank and by share.

    Raises
    ------
    ValueError
        If the result is not that of ``concentration`` or holds several groups.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> result = cv.concentration(pd.DataFrame({"revenue": [2.0, 96.0, 2.0]}))
    >>> plot_concentration(result, lang="zh").layout.meta["finding"]
    '3个客户中的1个（33%）提供70%的销售额'
    """
    check_lang(lang)
    if not isinstance(result, Concentration):
        raise refusal(
            "plot_concentration draws what concentration returned",
            type(result).__name__,
            "Run custvalue.concentration(accounts) first and pass its result.",
        )
    if len(result.summary) != 1:
        raise refusal(
            "plot_concentration draws one group",
            f"{len(result.summary)} groups",
            "Choose one group's accounts first and run concentration on them without by=.",
        )
    check = FrameCheck(result.accounts, "plot_concentration")
    made_by = "run concentration first"
    rank, share, running = (check.numbers(c, purpose=made_by) for c in ("rank", "share", "cumulative_share"))
    codes = check.choices("concentration_class", CLASSES, purpose=made_by)
    amounts = check.numbers(value) if value in result.accounts else np.full(rank.size, np.nan)
    check_name(check, name)
    check.done()
    order = np.argsort(rank, kind="stable")[: int((~np.isnan(rank)).sum())]
    if not order.size:
        return nothing_figure(_SUBJECT, _NO_CUSTOMERS.text(lang), lang)
    if np.isnan(share[order]).all():
        return nothing_figure(_SUBJECT, _NO_TOTAL.text(lang), lang)
    names = row_names(result.accounts, order, name, ("account",), lang) if order.size <= MAX_BARS else []
    pareto = _Pareto(share[order], running[order], codes[order], amounts[order], names, column_word(value, lang))
    summary = result.summary.iloc[0].to_dict()
    return _draw(pareto, summary, lang, limits=_limits_note(summary, lang) if _found_limits(result) else "")


@dataclass(frozen=True, slots=True)
class _Pareto:
    """The ranked customers, largest first, and what the value is called."""

    share: NDArray[np.float64]
    running: NDArray[np.float64]
    codes: NDArray[np.int64]
    amounts: NDArray[np.float64]
    names: list[str]
    value: str

    @property
    def n(self) -> int:
        """Number of customers with a rank."""
        return int(self.share.size)

    @property
    def edges(self) -> NDArray[np.int64]:
        """Where the bars begin and end, counted in customers."""
        return np.round(np.linspace(0, self.n, min(self.n, MAX_BARS) + 1)).astype(np.int64)


def _found_limits(result: Concentration) -> bool:
    return isinstance(result.question.class_limits, str)


def _limits_note(summary: dict[Any, Any], lang: Lang) -> str:
    limits = {letter: percent_text(summary[f"class_limit_{letter}"], lang, decimals=1) for letter in ("a", "b")}
    return say(_AUTO, lang, **limits)


def _draw(pareto: _Pareto, summary: dict[Any, Any], lang: Lang, *, limits: str) -> go.Figure:
    levels = {
        float(str(c)[len("n_for_") :]) / PERCENT: int(k) for c, k in summary.items() if str(c).startswith("n_for_")
    }
    worded = [_level_words(level, k, pareto, lang) for level, k in levels.items()]
    negative = int(summary["n_negative"])
    net = say(_NET, lang, n=count_text(negative), customers=agree(negative, "customer", "customers"))
    figure = new_figure(
        say(_FINDING, lang, **worded[0]) + (net if negative else ""),
        say(
            _SENTENCE,
            lang,
            n=count_text(pareto.n),
            customers=agree(pareto.n, "customer", "customers"),
            levels=listed((say(_LEVEL, lang, **words) for words in worded), lang),
            top=percent_text(summary["top_20_pct_share"], lang),
            net=_net_sentence(negative, lang),
        ),
        note=joined([*_notes(pareto, summary, lang), *([limits] if limits else [])], lang),
    )
    _draw_bars(figure, pareto, lang)
    kept = _kept_points(pareto, list(levels.values()))
    figure.add_scatter(
        mode="lines",
        name=_CURVE.text(lang),
        x=[0, *kept.tolist()],
        y=[0.0, *drawn(pareto.running[kept - 1])],
        hovertemplate=_CURVE_HOVER.text(lang) + "<extra></extra>",
        line={"color": INK, "width": 2},
    )
    figure.add_scatter(
        mode="markers",
        name=_LEVELS.text(lang),
        showlegend=False,
        x=list(levels.values()),
        y=drawn(pareto.running[[k - 1 for k in levels.values()]]),
        hovertext=[hover(say(_FINDING, lang, **words)) for words in worded],
        hoverinfo="text",
        marker={"symbol": "diamond", "size": 10, "color": VERMILLION, "line": {"color": INK, "width": 1}},
    )
    for (level, k), words in zip(levels.items(), worded, strict=True):
        # Of a single customer the title says it all, and its bar leaves no room for words.
        _mark_level(figure, level, k, pareto, say(_LEVEL, lang, **words) if pareto.n > 1 else "")
    top = AXIS_ROOM * max(float(np.max(pareto.running)), 1.0)
    low = min(float(np.min(np.append(pareto.share, 0.0))), 0.0)
    figure.update_layout(
        barmode="relative",
        bargap=0,
        xaxis={**_customers_axis(pareto, lang), "title": {"text": _CUSTOMERS_AXIS.text(lang)}, "showgrid": False},
        yaxis={
            **percent_axis(top, lang, low=low),
            "title": {"text": markup(say(_SHARE_AXIS, lang, value=pareto.value))},
        },
    )
    stand(figure, PLOT_HIGH)
    return figure


def _net_sentence(negative: int, lang: Lang) -> str:
    if not negative:
        return ""
    words = {"n": count_text(negative), "customers": agree(negative, "customer", "customers")}
    return say(_NET_SENTENCE, lang, **words)


def _level_words(level: float, k: int, pareto: _Pareto, lang: Lang) -> dict[str, str]:
    return {
        "level": percent_text(level, lang),
        "k": count_text(k),
        "n": count_text(pareto.n),
        "pct": percent_text(k / pareto.n, lang),
        "customers": agree(pareto.n, "customer", "customers"),
        "of_k": agree(k, "customer", "customers"),
        "supply": agree(k, "supplies", "supply"),
        "value": pareto.value,
    }


def _notes(pareto: _Pareto, summary: dict[Any, Any], lang: Lang) -> list[str]:
    texts = []
    if pareto.n > MAX_BARS:
        sizes = np.diff(pareto.edges)
        k, most = int(sizes.min()), int(sizes.max())
        texts.append(say(_BUCKETS if k == most else _BUCKETS_ABOUT, lang, k=count_text(k), l=count_text(most)))
    if summary["n_negative"]:
        n = int(summary["n_negative"])
        several = Label("", "，为") if n == 1 else Label(" together", "，合计")
        words = {
            "n": count_text(n),
            "customers": agree(n, "customer", "customers"),
            "sum": money_text(summary["negative_sum"], lang),
            "together": several.text(lang),
        }
        texts.append(say(_NEGATIVE, lang, **words))
    if summary["n_missing"]:
        texts.append(say(_MISSING, lang, n=count_text(summary["n_missing"])))
    return texts


def _draw_bars(figure: go.Figure, pareto: _Pareto, lang: Lang) -> None:
    edges = pareto.edges
    place = np.repeat(np.arange(edges.size - 1), np.diff(edges))
    fills = zip(CLASSES, ordered_colours(len(CLASSES)), ordered_patterns(len(CLASSES)), strict=True)
    for code, (letter, colour, pattern) in reversed(list(enumerate(fills))):
        mine = pareto.codes == code
        bars = np.unique(place[mine])
        heights = np.bincount(place[mine], weights=pareto.share[mine], minlength=edges.size - 1)[bars]
        figure.add_bar(
            name=say(_CLASS, lang, letter=letter, n=count_text(mine.sum())),
            x=drawn((edges[bars] + edges[bars + 1]) / 2),
            y=drawn(heights),
            width=np.diff(edges)[bars].tolist(),
            hovertext=[
                hover(_bar_hover(pareto, int(edges[b]), int(edges[b + 1]), height, letter, lang))
                for b, height in zip(bars, heights, strict=True)
            ],
            hoverinfo="text",
            marker=bar_marker(colour, pattern),
        )


def _bar_hover(pareto: _Pareto, start: int, end: int, height: float, letter: str, lang: Lang) -> str:
    share = percent_text(height, lang, decimals=1)
    if not pareto.names:
        who = _CUSTOMER if end == start + 1 else _CUSTOMERS_FROM_TO
        customers = say(who, lang, first=count_text(start + 1), last=count_text(end))
        return say(_MANY_HOVER, lang, customers=customers, share=share, value=pareto.value, letter=letter)
    amount = pareto.amounts[start]
    money = "" if np.isnan(amount) else say(Label(", {x}", "，即{x}"), lang, x=money_text(amount, lang))
    return say(_ONE_HOVER, lang, name=pareto.names[start], rank=start + 1, share=share, value=pareto.value, money=money)


def _kept_points(pareto: _Pareto, crossings: list[int]) -> NDArray[np.int64]:
    """Return the customers (1 = largest) at which the line keeps a point."""
    n = pareto.n
    if n <= MAX_POINTS:
        return np.arange(1, n + 1)
    # Half of the points evenly by rank, half by share: neither the steep beginning nor the long tail is cut off.
    climbing = np.maximum.accumulate(pareto.running)
    by_rank = np.round(np.linspace(1, n, MAX_POINTS // 2)).astype(np.int64)
    by_share = np.searchsorted(climbing, np.linspace(climbing[0], climbing[-1], MAX_POINTS // 2)) + 1
    limits = np.flatnonzero(np.diff(pareto.codes)) + 1
    highest = int(np.argmax(pareto.running)) + 1
    return np.unique(np.clip(np.concatenate([by_rank, by_share, limits, crossings, [1, highest, n]]), 1, n))


def _mark_level(figure: go.Figure, level: float, k: int, pareto: _Pareto, text: str) -> None:
    """Lead from the share a level asks for to the customers it takes, and say it beside its own mark.

    Left of its mark the line runs below a level, right of it above: so the words stand above or below it.
    """
    reached = drawn([pareto.running[k - 1]])[0]
    late = k > LATE * pareto.n
    line = {"color": VERMILLION, "width": 1, "dash": "dot"}
    figure.add_shape(type="line", x0=0, x1=k, y0=level, y1=level, line=line)
    figure.add_shape(type="line", x0=k, x1=k, y0=0, y1=reached, line=line)
    if not text:
        return
    figure.add_annotation(
        x=k,
        y=level,
        text=markup(text),
        showarrow=False,
        xanchor="right" if late else "left",
        yanchor="bottom" if late else "top",
        xshift=-8 if late else 8,
        font_size=NOTE_SIZE,
    )


def _customers_axis(pareto: _Pareto, lang: Lang) -> dict[str, Any]:
    axis: dict[str, Any] = {"range": [0, pareto.n], "tickmode": "array"}
    if pareto.names and pareto.n <= MAX_NAMED:
        ticks = [k + 0.5 for k in range(pareto.n)]
        return axis | {"tickvals": ticks, "ticktext": [markup(shortened(who, TICK_NAME_WIDTH)) for who in pareto.names]}
    ticks = [tick for tick in nice_ticks(0, pareto.n) if tick.is_integer()]
    return axis | {"tickvals": ticks, "ticktext": [number_text(tick, lang, digits=6) for tick in ticks]}
