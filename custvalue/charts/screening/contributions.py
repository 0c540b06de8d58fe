"""Prospects ranked by score, each bar stacked by what the criteria contribute."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import MAX_ROWS, new_figure, nothing_figure, row_names, shown_of
from custvalue.charts.screening.scores import NO_PROSPECTS, SUBJECT, DrawnScores, finish_scores, read_scores
from custvalue.charts.theme import COLOURWAY, bar_marker
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    markup,
    number_text,
    percent_text,
    say,
    shortened,
)
from custvalue.frames.checks import FrameCheck
from custvalue.kernels import ROUND_OFF
from custvalue.rules import playbook
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.scorecard import Criterion, Scorecard

CONTRIBUTION = "contribution_"

_PATTERNS = ("", "/", "x", ".")
_MOST = Label(
    "“{criterion}” contributes most: {share} of all points of {m} {prospects}",
    "“{criterion}”贡献最多：占{m}个潜在客户全部得分的{share}",
)
_MOST_TIED = Label(
    "“{criterion}” and {others} more contribute most: {share} each of all points of {m} {prospects}",
    "“{criterion}”等{tied}项并列贡献最多：各占{m}个潜在客户全部得分的{share}",
)
_NO_ANSWERS = Label("No answer is known of {m} {prospects}", "{m}个潜在客户均无已知答案")
_NO_POINTS = Label("No criterion contributes any points to {m} {prospects}", "{m}个潜在客户在各准则上均未得分")
_STACK_SENTENCE = Label(
    "Bars rank {n} of {m} {prospects} by points, stacked by criterion. {finding}.",
    "条形按得分排列{m}个潜在客户中的{n}个，并按准则堆叠。{finding}。",
)
_PART_HOVER = Label("{name}: {points} from {criterion}.", "{name}：“{criterion}”得{points}分。")


def plot_contributions(
    result: Any, *, lang: Lang = "en", scorecard: Scorecard = playbook.SCREENING, name: str | None = None
) -> go.Figure:
    """Draw prospects as bars ranked by score and stacked by what each criterion contributes.

    Where answers are missing, a line runs on from the points that are certain to those still possible.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.score_prospects` returned with ``contributions=True``.
    lang : {"en", "zh"}
        Language of every word.
    scorecard : Scorecard
        The scorecard the prospects were scored with.
    name : str, optional
        The column that names the prospects; ``prospect`` where there is one, else the index.

    Returns
    -------
    plotly.graph_objects.Figure
        One bar trace per criterion that carries weight, in the card's order, one for the intervals and one for the
        numbers. At most 20 prospects are drawn, those with the most certain points.

    Raises
    ------
    ValueError
        If a column of the result is missing, or the bands or the scale are not those of the scorecard.

    Examples
    --------
    >>> import custvalue as cv
    >>> scored = cv.score_prospects(cv.load_exercise(), scorecard=cv.playbook.EXERCISE, contributions=True)
    >>> plot_contributions(scored, scorecard=cv.playbook.EXERCISE).layout.meta["finding"]
    '“criterion 6” contributes most: 17 % of all points of 8 prospects'
    """
    check_lang(lang)
    frame, scores = read_scores(result, "plot_contributions", scorecard, name)
    check = FrameCheck(frame, "plot_contributions")
    remedy = "run score_prospects with contributions=True first"
    criteria = [criterion for criterion in scorecard.criteria if criterion.weight > 0]
    parts = np.array([check.numbers(CONTRIBUTION + criterion.name, purpose=remedy) for criterion in criteria])
    check.done()
    if not len(frame):
        return nothing_figure(SUBJECT, NO_PROSPECTS.text(lang), lang)
    return _draw_contributions(scores, frame, criteria, parts, name, lang)


def _draw_contributions(
    scores: DrawnScores,
    frame: pd.DataFrame,
    criteria: list[Criterion],
    parts: NDArray[np.float64],
    name: str | None,
    lang: Lang,
) -> go.Figure:
    order = scores.order()
    rows = order[:MAX_ROWS]
    axis_end = scores.axis_end(rows)
    high = np.where(np.isnan(scores.high[rows]), axis_end, scores.high[rows])
    names = row_names(frame, rows, name, ("prospect", "account"), lang)
    labels = [criterion.label.text(lang) for criterion in criteria]
    finding = _greatest_part(parts, labels, lang)
    m = order.size
    words = {"n": count_text(rows.size), "m": count_text(m), "prospects": agree(m, "prospect", "prospects")}
    figure = new_figure(
        finding,
        say(_STACK_SENTENCE, lang, **words, finding=finding),
        note=shown_of(rows.size, m, lang, rest=scores.counts(order[MAX_ROWS:], lang)),
    )
    for place, label in enumerate(labels):
        mine = np.flatnonzero(parts[place, rows] > 0)  # no bar for nothing, nor for an answer that is missing
        points = parts[place, rows[mine]]
        figure.add_bar(
            orientation="h",
            name=markup(label),
            x=drawn(points),
            y=mine.tolist(),
            hovertext=[
                hover(say(_PART_HOVER, lang, name=shortened(names[k]), criterion=label, points=number_text(x, lang)))
                for k, x in zip(mine, points, strict=True)
            ],
            hoverinfo="text",
            # A colour that comes round again wears a pattern.
            marker=bar_marker(COLOURWAY[place % len(COLOURWAY)], _PATTERNS[place // len(COLOURWAY) % len(_PATTERNS)]),
        )
    finish_scores(figure, scores, rows, high, names, lang)
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    return figure


def _greatest_part(parts: NDArray[np.float64], labels: list[str], lang: Lang) -> str:
    """Say which criterion contributes most of all points."""
    sums, m = np.nansum(parts, axis=1), parts.shape[1]
    words = {"m": count_text(m), "prospects": agree(m, "prospect", "prospects")}
    if not sums.sum() > 0:
        return say(_NO_ANSWERS if np.isnan(parts).all() else _NO_POINTS, lang, **words)
    most, tied = int(np.argmax(sums)), int((sums >= sums.max() * (1 - ROUND_OFF)).sum())
    words |= {"criterion": labels[most], "share": percent_text(sums[most] / sums.sum(), lang)}
    words |= {"others": count_text(tied - 1), "tied": count_text(tied)}
    return say(_MOST_TIED if tied > 1 else _MOST, lang, **words)
