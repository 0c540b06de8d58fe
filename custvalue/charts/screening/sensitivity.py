"""How far ranks move when the weights are drawn around the given ones."""

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import (
    MAX_ROWS,
    check_name,
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
from custvalue.charts.screening.told_apart import told_apart
from custvalue.charts.theme import INK, OUTLINE_WIDTH, ordered_colours, ordered_symbols
from custvalue.charts.wording import agree, count_text, drawn, hover, joined, markup, percent_text, say
from custvalue.frames.checks import FrameCheck
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.sensitivity import ScoreSensitivity

# A prospect that stays in the top in this share of the draws is called safe there.
SAFE, POINT, AXIS_ROOM = 0.9, 11, 1.04

_TOP_COLUMN = re.compile(r"top_(\d+)_share_of_weight_draws")
_FINDING = Label(
    "{safe} of the {top} {prospects} ranked {k} or better {stay} in the top {k} in at least {share} of the "
    "weight draws",
    "排名前{k}的{top}个潜在客户中有{safe}个在至少{share}的权重抽样中保持前{k}名",
)
_SENTENCE = Label(
    "Points give the rank of {n} of {m} {prospects} by the given weights, lines the ranks in the middle 90 % of the "
    "weight draws. {finding}.",
    "圆点为{m}个潜在客户中{n}个按给定权重的排名，线段为中间90%权重抽样的排名。{finding}。",
)
_NOTE = Label(
    "Shares of drawn weights, no probabilities: disagreement between raters is not in them.",
    "为权重抽样的占比，并非概率：不含评分人之间的分歧。",
)
_UNRANKED = Label("{n} without a rank: answers missing or knocked out.", "{n}个无排名：缺少答案或一票否决。")
_SPREAD = Label("rank in the middle 90 % of the draws", "中间90%抽样的排名")
_HOVER = Label(
    "{name}: rank {rank}, {low} to {high} in the middle 90 % of the draws; in the top {k} in {share} of all.",
    "{name}：第{rank}名，中间90%的抽样为第{low}至{high}名；在{share}的抽样中位列前{k}名。",
)
_RANK_AXIS = Label("Rank (text: share of draws in the top {k})", "排名（文字：位列前{k}名的抽样占比）")
_SHARE = Label("share of draws in the top {k}", "位列前{k}名的抽样占比")
_SUBJECT = Label("ranks", "排名")
_NOBODY = Label("there are no ranked prospects.", "没有已排名的潜在客户。")


def plot_rank_intervals(
    result: ScoreSensitivity, *, lang: Lang = "en", scorecard: Scorecard = playbook.SCREENING, name: str | None = None
) -> go.Figure:
    """Draw prospects by rank, each with the interval of its ranks under drawn weights.

    Parameters
    ----------
    result : ScoreSensitivity
        What :func:`custvalue.screening.sensitivity.score_sensitivity` returned.
    lang : {"en", "zh"}
        Language of every word.
    scorecard : Scorecard
        The scorecard the prospects were scored with: labels of its bands.
    name : str, optional
        The column that names the prospects; ``prospect`` where there is one, else the index.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace of intervals, one of points per band, highest first, and one of the shares of draws in the top k. At
        most 20 prospects are drawn, the first by rank; those without a rank are counted in the note.

    Raises
    ------
    ValueError
        If ``result`` is something else, or its bands are not those of the scorecard.

    Examples
    --------
    >>> import custvalue as cv
    >>> from custvalue.screening.sensitivity import score_sensitivity
    >>> found = score_sensitivity(cv.load_exercise(), scorecard=cv.playbook.EXERCISE, draws=200, seed=1)
    >>> plot_rank_intervals(found, scorecard=cv.playbook.EXERCISE).layout.meta["finding"]
    '3 of the 5 prospects ranked 5 or better stay in the top 5 in at least 90 % of the weight draws'
    """
    check_lang(lang)
    if not isinstance(result, ScoreSensitivity):
        raise refusal(
            "plot_rank_intervals draws what score_sensitivity returned",
            type(result).__name__,
            "Pass the result object itself.",
        )
    frame = result.prospects
    check = FrameCheck(frame, "plot_rank_intervals")
    made_by = "run score_sensitivity first"
    column = next((c for c in map(str, frame.columns) if _TOP_COLUMN.fullmatch(c)), "top_5_share_of_weight_draws")
    bands = scorecard.bands
    codes = check.choices("band", bands.names, purpose=made_by, remedy="Pass the scorecard= they were scored with.")
    rank, low, high = (check.numbers(c, purpose=made_by) for c in ("rank", "rank_low", "rank_high"))
    share = check.numbers(column, purpose=made_by)
    check_name(check, name)
    check.done()
    ranked = np.flatnonzero(~np.isnan(low))
    if not ranked.size:
        return nothing_figure(_SUBJECT, _NOBODY.text(lang), lang)
    k = int(column.split("_")[1])
    rows = ranked[np.lexsort((high[ranked], low[ranked], rank[ranked]))][:MAX_ROWS]
    finding = _finding(rank[ranked], share[ranked], k, lang)
    figure = new_figure(
        finding,
        say(
            _SENTENCE,
            lang,
            n=count_text(rows.size),
            m=count_text(ranked.size),
            prospects=agree(ranked.size, "prospect", "prospects"),
            finding=finding,
        ),
        note=joined((_NOTE.text(lang), shown_of(rows.size, ranked.size, lang), _left_out(frame, ranked, lang)), lang),
    )
    names = row_names(frame, rows, name, ("prospect", "account"), lang)
    _draw_intervals(figure, low[rows], high[rows], lang)
    hovers = [
        hover(
            say(
                _HOVER,
                lang,
                name=who,
                rank=count_text(rank[row]),
                low=count_text(low[row]),
                high=count_text(high[row]),
                k=count_text(k),
                share=_share_text(share[row], lang),
            )
        )
        for who, row in zip(names, rows, strict=True)
    ]
    n = len(bands.names)
    fills = list(zip(range(n), bands.labels, ordered_colours(n), ordered_symbols(n), strict=True))
    for code, label, colour, symbol in fills[::-1]:
        mine = np.flatnonzero(codes[rows] == code)
        figure.add_scatter(
            mode="markers",
            name=markup(label.text(lang)),
            x=drawn(rank[rows[mine]]),
            y=mine.tolist(),
            hovertext=[hovers[place] for place in mine],
            hoverinfo="text",
            cliponaxis=False,
            marker={"color": colour, "symbol": symbol, "size": POINT, "line": {"color": INK, "width": OUTLINE_WIDTH}},
        )
    figure.add_scatter(
        mode="text",
        name=say(_SHARE, lang, k=count_text(k)),
        showlegend=False,
        x=drawn(high[rows]),
        y=list(range(rows.size)),
        text=[markup("   " + _share_text(value, lang)) for value in share[rows]],
        textposition="middle right",
        hoverinfo="skip",
        cliponaxis=False,
    )
    end = AXIS_ROOM * float(high[rows].max())
    ticks = sorted({1, *(int(tick) for tick in nice_ticks(0.0, end) if tick >= 1)})
    figure.update_layout(
        xaxis={
            "range": drawn([min(0.5, 1 - end / 50), end]),
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [count_text(tick) for tick in ticks],
            "title": {"text": say(_RANK_AXIS, lang, k=count_text(k))},
        },
        yaxis=names_axis(told_apart(names)),
        margin_r=text_room(figure.data[-1].text),
    )
    stand(figure, room_for(rows.size))
    return figure


def _finding(rank: NDArray[np.float64], share: NDArray[np.float64], k: int, lang: Lang) -> str:
    top = rank <= k
    safe = int((share[top] >= SAFE).sum())
    return say(
        _FINDING,
        lang,
        safe=count_text(safe),
        top=count_text(top.sum()),
        k=count_text(k),
        prospects=agree(int(top.sum()), "prospect", "prospects"),
        stay=agree(safe, "stays", "stay"),
        share=percent_text(SAFE, lang),
    )


def _share_text(share: float, lang: Lang) -> str:
    """Return a share so that what falls short of being safe does not read as safe."""
    short = share < SAFE <= round(share, 2)
    return percent_text(np.floor(share * 1000) / 1000 if short else share, lang, decimals=int(short))


def _left_out(frame: pd.DataFrame, ranked: NDArray[np.int64], lang: Lang) -> str:
    out = len(frame) - ranked.size
    return say(_UNRANKED, lang, n=count_text(out)) if out else ""


def _draw_intervals(figure: go.Figure, low: NDArray[np.float64], high: NDArray[np.float64], lang: Lang) -> None:
    ends = list(zip(drawn(low), drawn(high), strict=True))
    figure.add_scatter(
        mode="lines+markers",
        name=_SPREAD.text(lang),
        x=[x for pair in ends for x in (*pair, None)],
        y=[y for place in range(len(ends)) for y in (place, place, None)],
        hoverinfo="skip",
        line={"color": INK, "width": 2},
        marker={"symbol": "line-ns-open", "size": 9, "color": INK},
    )
