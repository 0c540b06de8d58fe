"""The Lorenz curve: what share of revenue the smallest customers hold together, and where it may lie next period."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.analysis import Concentration
from custvalue.analysis.next_period import NextPeriod
from custvalue.charts.canvas import PLOT_HIGH, new_figure, nothing_figure, percent_axis, stand
from custvalue.charts.columns import column_word
from custvalue.charts.theme import BLUE, INK, NOTE_SIZE, SKY, VERMILLION
from custvalue.charts.wording import (
    count_text,
    drawn,
    hover,
    is_missing,
    joined,
    markup,
    name_text,
    number_text,
    percent_text,
    say,
)
from custvalue.kernels import ROUND_OFF
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang

HALF, TOP = 0.5, 0.2
_BAND_OPACITY = 0.35
# Room of the text beside a mark, and its distance from it, as parts of the axes.
LABEL_WIDTH, LABEL_HEIGHT, LABEL_GAP = 0.25, 0.05, 0.02

_SUBJECT = Label("Lorenz curve", "洛伦兹曲线")
_FINDING = Label("The top 20 % of customers hold {top} of {value}{gini}", "前20%的客户占{value}的{top}{gini}")
_FINDING_BUYING = Label(
    "The top 20 % of customers with {value} hold {top} of it{gini}", "有{value}的客户中，前20%占{top}{gini}"
)
_GINI = Label(" (Gini {gini})", "（基尼系数{gini}）")
_SENTENCE = Label(
    "The line adds up the shares of {value} from the smallest customer to the largest: the smaller half holds {half}, "
    "the top 20 % {top}. The straight line is what equal customers would give.{band}",
    "曲线从最小的客户起累计{value}占比：较小的一半客户占{half}，前20%的客户占{top}。直线表示所有客户相等的情形。{band}",
)
_BAND_SENTENCE = Label(
    " Next period the smaller half may hold {low} to {high} ({level}).",
    "下一期较小的一半客户可能占{low}至{high}（{level}）。",
)
_PERIOD = Label("{period}, {n} customers.", "{period}，{n}个客户。")
_COUNT = Label("{n} customers.", "{n}个客户。")
_BUYING = Label("Customers with {value} above zero.", "仅含{value}大于零的客户。")
_NO_BAND = Label("No band: the next period cannot be told from these periods.", "无区间：这些期间不足以推断下一期。")
_NET = Label("Net of negative values the line runs below zero first.", "扣除负值后，曲线先低于零。")
_CURVE = Label("share held", "累计占比")
_EQUAL = Label("all equal", "完全相等")
_BAND = Label("next period ({level})", "下一期（{level}）")
_TOP_MARK = Label("top 20 %: {top}", "前20%：{top}")
_HOVER = Label("Smallest %{x:.1%}: %{y:.1%} together", "最小的%{x:.1%}：合计%{y:.1%}")
_X = Label("Customers, smallest first", "客户（从小到大）")
_Y = Label("Share of {value}", "占{value}的比重")
_NOTHING = Label("there is no total above zero, so shares are undefined.", "合计不为正，占比无定义。")


def plot_lorenz(result: Concentration, *, next_period: NextPeriod | None = None, lang: Lang = "en") -> go.Figure:
    """Draw the Lorenz curve, with a band for the next period where one is given.

    Parameters
    ----------
    result : Concentration
        What :func:`custvalue.concentration` returned, of a single group or by period: then the last period is drawn.
    next_period : NextPeriod, optional
        What ``result.next_period(…)`` returned. The curve is then of the customers with a value above zero, as the
        band is.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        The line of equal customers, the band where there is one, the curve (about 2,000 points at most) and the
        point at which the top 20 % begin.

    Raises
    ------
    ValueError
        If the result is not that of ``concentration`` or has groups other than periods.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> result = cv.concentration(pd.DataFrame({"revenue": [60.0, 10.0, 10.0, 10.0, 10.0]}))
    >>> plot_lorenz(result).layout.meta["finding"]
    'The top 20 % of customers hold 60 % of revenue (Gini 0.4)'
    """
    check_lang(lang)
    if not isinstance(result, Concentration):
        raise refusal(
            "plot_lorenz draws what concentration returned",
            type(result).__name__,
            "Run custvalue.concentration(accounts) first and pass its result.",
        )
    if next_period is not None and not isinstance(next_period, NextPeriod):
        raise refusal(
            "next_period must be what Concentration.next_period returned",
            type(next_period).__name__,
            "Pass next_period=result.next_period(seed=1).",
        )
    by_period = result.question.by == ("period",)
    if len(result.summary) > 1 and not by_period:
        raise refusal(
            "plot_lorenz draws one group, or the last period",
            f"{len(result.summary)} groups",
            "Choose one group's accounts first and run concentration on them.",
        )
    if result.summary.empty:
        return nothing_figure(_SUBJECT, _NOTHING.text(lang), lang)
    summary = result.summary.iloc[-1].to_dict()
    points = result.lorenz()
    if by_period:
        points = points[points["period"] == summary["period"]]
    x, y = (points[name].to_numpy(dtype=np.float64) for name in ("account_share", "smallest_share"))
    top, gini, n = summary["top_20_pct_share"], summary["gini"], summary["n"]
    if next_period is not None:
        known = next_period.measures.set_index("measure")["now"]
        x, y = next_period.curve["account_share"].to_numpy(), next_period.curve["now"].to_numpy()
        top, gini, n = known["top_20_pct_share"], known["gini"], known["n"]
    if not x.size or is_missing(top) or np.isnan(y).all():
        return nothing_figure(_SUBJECT, _NOTHING.text(lang), lang)
    value = column_word(result.question.value, lang)
    band = next_period.curve if next_period is not None and next_period.curve["low"].notna().any() else None
    level = percent_text(float(next_period.model["level"].iloc[0]), lang) if next_period is not None else ""
    shown_gini = "" if is_missing(gini) else say(_GINI, lang, gini=number_text(gini, lang))
    period = name_text(summary["period"], lang) if by_period else ""
    count = say(_PERIOD, lang, period=period, n=count_text(n)) if by_period else say(_COUNT, lang, n=count_text(n))
    notes = [
        count,
        *([say(_BUYING, lang, value=value)] if next_period is not None else []),
        *([_NO_BAND.text(lang)] if next_period is not None and band is None else []),
        *([_NET.text(lang)] if y.min() < 0 else []),
    ]
    figure = new_figure(
        say(
            _FINDING if next_period is None else _FINDING_BUYING,
            lang,
            top=percent_text(top, lang),
            value=value,
            gini=shown_gini,
        ),
        say(
            _SENTENCE,
            lang,
            value=value,
            half=percent_text(float(np.interp(HALF, x, y)), lang),
            top=percent_text(top, lang),
            band=_band_sentence(band, level, lang),
        ),
        note=joined(notes, lang),
    )
    _draw(figure, x, y, band, level, lang)
    _mark_top(figure, (x, y), top, n, band, lang)
    low = min(0.0, float(y.min()))
    figure.update_layout(
        xaxis={**percent_axis(1.0, lang), "title": {"text": _X.text(lang)}, "showgrid": False},
        yaxis={**percent_axis(1.0, lang, low=low), "title": {"text": markup(say(_Y, lang, value=value))}},
    )
    stand(figure, PLOT_HIGH)
    return figure


def _band_sentence(band: pd.DataFrame | None, level: str, lang: Lang) -> str:
    if band is None:
        return ""
    ends = [percent_text(float(np.interp(HALF, band["account_share"], band[name])), lang) for name in ("low", "high")]
    return say(_BAND_SENTENCE, lang, low=ends[0], high=ends[1], level=level)


def _draw(
    figure: go.Figure,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    band: pd.DataFrame | None,
    level: str,
    lang: Lang,
) -> None:
    figure.add_scatter(
        mode="lines",
        name=_EQUAL.text(lang),
        x=[0, 1],
        y=[0, 1],
        hoverinfo="skip",
        line={"color": INK, "width": 1, "dash": "dash"},
    )
    if band is not None:
        along = drawn([*band["account_share"], *band["account_share"][::-1]])
        figure.add_scatter(
            mode="lines",
            name=say(_BAND, lang, level=level),
            x=along,
            y=drawn([*band["low"], *band["high"][::-1]]),
            fill="toself",
            fillcolor=f"rgba({','.join(str(int(SKY[c : c + 2], 16)) for c in (1, 3, 5))},{_BAND_OPACITY})",
            hoverinfo="skip",
            line={"color": SKY, "width": 1},
        )
    figure.add_scatter(
        mode="lines",
        name=_CURVE.text(lang),
        x=drawn(x),
        y=drawn(y),
        hovertemplate=_HOVER.text(lang) + "<extra></extra>",
        line={"color": BLUE, "width": 2},
    )


def _label_height(
    curve: tuple[NDArray[np.float64], NDArray[np.float64]], place: float, band: pd.DataFrame | None
) -> float:
    """Return a height for a text that ends at ``place``, between the lines: above the curve and its band, or below."""
    starts = place - LABEL_WIDTH
    low, high = (float(np.interp(x, *curve)) for x in (starts, place))
    if band is not None:
        along = band["account_share"]
        low = min(low, float(np.interp(starts, along, band["low"])))
        high = max(high, float(np.interp(place, along, band["high"])))
    # The line of equal customers is as high as it is far to the right.
    return float((high + starts) / 2 if starts - high > 2 * LABEL_HEIGHT else low / 2)


def _mark_top(
    figure: go.Figure,
    curve: tuple[NDArray[np.float64], NDArray[np.float64]],
    top: float,
    n: float,
    band: pd.DataFrame | None,
    lang: Lang,
) -> None:
    """Mark where the top 20 % begin, their number rounded up."""
    words = say(_TOP_MARK, lang, top=percent_text(top, lang))
    place = [1 - float(np.ceil(TOP * n * (1 - ROUND_OFF))) / n, 1 - top]
    figure.add_scatter(
        mode="markers",
        name=words,
        showlegend=False,
        x=drawn(place[:1]),
        y=drawn(place[1:]),
        hovertext=[hover(words)],
        hoverinfo="text",
        marker={"symbol": "diamond", "size": 10, "color": VERMILLION, "line": {"color": INK, "width": 1}},
    )
    figure.add_annotation(
        x=drawn(place)[0],
        y=drawn(place)[1],
        text=markup(words),
        # A thin line leads from the mark to its text, which stands clear of the band.
        ax=drawn([place[0] - LABEL_GAP])[0],
        ay=drawn([_label_height(curve, place[0] - LABEL_GAP, band)])[0],
        axref="x",
        ayref="y",
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=INK,
        xanchor="right",
        yanchor="middle",
        font_size=NOTE_SIZE,
    )
