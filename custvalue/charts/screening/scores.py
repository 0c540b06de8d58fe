"""Prospects ranked by score, with the cut points of the bands."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import (
    MAX_ROWS,
    add_cut_lines,
    add_intervals,
    check_name,
    names_axis,
    new_figure,
    nothing_figure,
    room_for,
    row_names,
    shown_of,
    stand,
    text_room,
)
from custvalue.charts.columns import column_label, column_word
from custvalue.charts.screening.told_apart import told_apart
from custvalue.charts.theme import UNDECIDED, bar_marker, ordered_colours, ordered_patterns
from custvalue.charts.wording import (
    SIGNIFICANT_DIGITS,
    agree,
    band_ranges,
    bracketed,
    count_text,
    drawn,
    hover,
    listed,
    markup,
    number_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.kernels import ROUND_OFF
from custvalue.rules import playbook
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.scorecard import Scorecard

AXIS_ROOM = 1.1
# Points are written with as many decimals as they need, the same for all, and no more than these.
MAX_DECIMALS = 2

_UNDECIDED = Label("undecided: answers are missing", "未定：缺少答案")
_FINDING = Label("{n} of {m} {prospects} {reach} “{band}”", "{m}个潜在客户中有{n}个达到“{band}”")
_AND_UNDECIDED = Label("; {u} {are} undecided because answers are missing", "；{u}个因缺少答案而未定")
_ALL_UNDECIDED = Label(
    "All {m} {prospects} are undecided because answers are missing", "全部{m}个潜在客户因缺少答案而未定"
)
_ONE_UNDECIDED = Label("The only prospect is undecided because answers are missing", "唯一的潜在客户因缺少答案而未定")
SUBJECT = Label("scores", "评分结果")
NO_PROSPECTS = Label("there are no prospects.", "没有潜在客户。")
_SCORE_HOVER = Label("{name} has {points} {of_points}: {band}.", "{name}得{points}分：{band}。")
_SCORES_SENTENCE = Label(
    "Bars rank {n} of {m} {prospects} by points; {leader}. In all: {counts}.",
    "条形按得分排列{m}个潜在客户中的{n}个；{leader}。总计：{counts}。",
)
_FIRST = Label("{name} comes first with {points}", "{name}以{points}分居首")
_TIED_FIRST = Label(
    "{name} and {tied} more come first with {points} each", "{name}等并列居首（另有{tied}个），各{points}分"
)


def plot_scores(
    result: Any, *, lang: Lang = "en", scorecard: Scorecard = playbook.SCREENING, name: str | None = None
) -> go.Figure:
    """Draw prospects as bars ranked by score, with the cut points of the bands.

    A bar ends at the points that are certain; where answers are missing, a line runs on to the points still possible.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.score_prospects` returned.
    lang : {"en", "zh"}
        Language of every word.
    scorecard : Scorecard
        The scorecard the prospects were scored with: labels and cut points of its bands.
    name : str, optional
        The column that names the prospects; ``prospect`` where there is one, else the index.

    Returns
    -------
    plotly.graph_objects.Figure
        One bar trace per band, highest first, one for the undecided, one for the intervals and one for
        the numbers. At most 20 prospects are drawn, those with the most certain points; the note says what the others
        are.

    Raises
    ------
    ValueError
        If a column of the result is missing, or the bands or the scale are not those of the scorecard.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"prospect": ["甲", "乙"], "c1": [15, 9]}).assign(**{f"c{i}": 0 for i in range(2, 11)})
    >>> scored = cv.score_prospects(answers, scorecard=cv.playbook.EXERCISE)
    >>> plot_scores(scored, scorecard=cv.playbook.EXERCISE).layout.meta["finding"]
    '1 of 2 prospects reaches “key prospect”'
    """
    check_lang(lang)
    frame, scores = read_scores(result, "plot_scores", scorecard, name)
    if not len(frame):
        return nothing_figure(SUBJECT, NO_PROSPECTS.text(lang), lang)
    return _draw_scores(scores, frame, name, lang)


def read_scores(result: Any, caller: str, scorecard: Scorecard, name: str | None) -> tuple[pd.DataFrame, "DrawnScores"]:
    """Return the result as a frame, and the columns of it that are drawn."""
    unit = "total" if scorecard.scale is None else "score"
    made_by = "run score_prospects first"
    frame = to_pandas(result)
    if f"{unit}_high" in frame:  # infinite where a criterion has no highest points: missing, for a drawing
        frame = frame.assign(**{f"{unit}_high": frame[f"{unit}_high"].replace(np.inf, np.nan)})
    check = FrameCheck(frame, caller)
    bands = scorecard.bands
    codes = check.choices("band", bands.names, purpose=made_by, remedy="Pass the scorecard= they were scored with.")
    low = check.numbers(f"{unit}_low", purpose=made_by)
    high = check.numbers(f"{unit}_high", purpose=made_by)
    check_name(check, name)
    if len(frame) and not check.failures and np.isnan(low).all():
        check.fail(f"{unit}_low must be known", "missing in every row", "Pass the scorecard= they were scored with.")
    check.done()
    knocked = frame["knocked_out"].fillna(False).to_numpy(dtype=bool) if "knocked_out" in frame else codes < -1
    scores = DrawnScores(scorecard, codes, low, high, knocked, MAX_DECIMALS)
    rows = scores.order()[:MAX_ROWS]
    return frame, replace(scores, decimals=_decimals(np.append(low[rows], high[rows])))


def _decimals(points: NDArray[np.float64]) -> int:
    """Return how many decimals all the points need, at most two."""
    known = points[np.isfinite(points)]
    enough = (d for d in range(MAX_DECIMALS) if np.allclose(known, np.round(known, d), rtol=ROUND_OFF, atol=ROUND_OFF))
    return next(enough, MAX_DECIMALS)


@dataclass(frozen=True, slots=True)
class DrawnScores:
    """The columns of the result that are drawn, as arrays."""

    scorecard: Scorecard
    codes: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    knocked: NDArray[np.bool_]
    decimals: int

    @property
    def unit(self) -> str:
        """The column that is banded."""
        return "total" if self.scorecard.scale is None else "score"

    def band(self, row: int, lang: Lang) -> str:
        """Return the words for a row's band."""
        code = self.codes[row]
        return _UNDECIDED.text(lang) if code < 0 else self.scorecard.bands.labels[code].text(lang)

    def points(self, row: int, lang: Lang) -> str:
        """Return a row's points in words: a number, or what the missing answers leave open."""
        low, high = (self._text(float(x[row]), lang) for x in (self.low, self.high))
        if np.isnan(self.high[row]):
            return say(Label("{x} or more", "{x}及以上"), lang, x=low)
        return low if low == high else f"{low}–{high}"

    def _text(self, value: float, lang: Lang) -> str:
        """Return points as text: on the side of each cut where they are, and small ones not as nothing."""
        decimals = self.decimals
        shown = np.round(value, decimals)
        cuts = np.array(self.scorecard.bands.cuts)
        forgiven = np.abs(value - cuts) <= ROUND_OFF * np.abs(cuts)
        moved = (np.sign(shown - cuts) != np.sign(value - cuts)) & ~forgiven
        if np.isnan(value) or moved.any() or (shown == 0 and value > 0):
            return number_text(value, lang, digits=SIGNIFICANT_DIGITS)
        return f"{value:,.{decimals}f}"

    def order(self) -> NDArray[np.int64]:
        """Return the rows from the most certain points down; of equal ones, those with more still possible first."""
        return np.lexsort((-np.nan_to_num(self.high, nan=np.inf), -self.low))

    def axis_end(self, rows: NDArray[np.int64]) -> float:
        """Return where the axis of points ends."""
        points = np.append(self.high[rows], self.low[rows])
        return float(AXIS_ROOM * max(np.nanmax(points), *self.scorecard.bands.cuts, self.scorecard.scale or 0))

    def counts(self, rows: NDArray[np.int64] | slice, lang: Lang) -> str:
        """Return how many of some rows are in each band, highest first, in words."""
        codes = self.codes[rows]
        labels = [label.text(lang) for label in self.scorecard.bands.labels]
        found = [(int((codes == code).sum()), labels[code]) for code in range(len(labels) - 1, -1, -1)]
        found.append((int((codes < 0).sum()), say(Label("undecided", "未定"), lang)))
        return listed(
            (f"{count_text(n)} {label}" if lang == "en" else f"{label}{count_text(n)}个" for n, label in found if n),
            lang,
        )


def _draw_scores(scores: DrawnScores, frame: pd.DataFrame, name: str | None, lang: Lang) -> go.Figure:
    order = scores.order()
    rows = order[:MAX_ROWS]
    low, bands = scores.low[rows], scores.scorecard.bands
    axis_end = scores.axis_end(rows)
    high = np.where(np.isnan(scores.high[rows]), axis_end, scores.high[rows])
    names = row_names(frame, rows, name, ("prospect", "account"), lang)
    points = [scores.points(row, lang) for row in rows]
    hovers = [
        hover(
            say(
                _SCORE_HOVER,
                lang,
                name=who,
                points=text,
                of_points="point" if text == "1" else "points",
                band=scores.band(row, lang),
            )
        )
        for who, text, row in zip(names, points, rows, strict=True)
    ]
    figure = new_figure(
        _scores_title(scores, lang),
        say(
            _SCORES_SENTENCE,
            lang,
            n=rows.size,
            m=order.size,
            prospects=agree(order.size, "prospect", "prospects"),
            counts=scores.counts(slice(None), lang),
            leader=_leader(scores, names[0], points[0], rows[0], lang),
        ),
        note=shown_of(rows.size, order.size, lang, rest=scores.counts(order[MAX_ROWS:], lang)),
    )
    n = len(bands.names)
    fills = zip(range(n), bands.labels, band_ranges(bands, lang), ordered_colours(n), ordered_patterns(n), strict=True)
    legend = [(code, label.text(lang) + bracketed(covers, lang), c, p) for code, label, covers, c, p in fills]
    for code, label, colour, pattern in [*legend[::-1], (-1, _UNDECIDED.text(lang), UNDECIDED, "")]:
        mine = np.flatnonzero(scores.codes[rows] == code)
        figure.add_bar(
            orientation="h",
            name=markup(label),
            x=drawn(low[mine]),
            y=mine.tolist(),
            hovertext=[hovers[k] for k in mine],
            hoverinfo="text",
            marker=bar_marker(colour, pattern),
        )
    finish_scores(figure, scores, rows, high, names, lang)
    return figure


def finish_scores(
    figure: go.Figure,
    scores: DrawnScores,
    rows: NDArray[np.int64],
    high: NDArray[np.float64],
    names: list[str],
    lang: Lang,
) -> None:
    """Add what the missing answers leave open, the numbers, the axes and the cut points."""
    cuts = scores.scorecard.bands.cuts
    points = [scores.points(row, lang) for row in rows]
    add_intervals(figure, np.arange(rows.size), scores.low[rows], high, lang)
    knocked = " · " + column_word("knocked_out", lang)
    figure.add_scatter(
        mode="text",
        name=column_label(scores.unit, lang),
        showlegend=False,
        x=drawn(high),
        y=list(range(rows.size)),
        text=[
            markup(f" {text}{knocked if scores.knocked[row] else ''}") for text, row in zip(points, rows, strict=True)
        ],
        textposition="middle right",
        hoverinfo="skip",
        cliponaxis=False,
    )
    axis = {"range": drawn([0, scores.axis_end(rows)])}
    figure.update_layout(barmode="overlay", xaxis=axis, yaxis=names_axis(told_apart(names)))
    figure.update_xaxes(title_text=markup(_points_axis(scores.scorecard, lang)))
    add_cut_lines(figure, cuts, [number_text(cut, lang, digits=SIGNIFICANT_DIGITS) for cut in cuts])
    # A score written at the end of the scale, and what knocked the prospect out, need room beside the axis.
    figure.update_layout(margin_r=text_room(figure.data[-1].text))
    stand(figure, room_for(rows.size))


def _leader(scores: DrawnScores, name: str, points: str, first: np.int64, lang: Lang) -> str:
    """Say who comes first, and how many share the place."""
    alike = (scores.low == scores.low[first]) & (
        (scores.high == scores.high[first]) | (np.isnan(scores.high) & np.isnan(scores.high[first]))
    )
    tied = int(alike.sum()) - 1
    return say(_TIED_FIRST if tied else _FIRST, lang, name=name, points=points, tied=count_text(tied))


def _scores_title(scores: DrawnScores, lang: Lang) -> str:
    m, n = scores.codes.size, int((scores.codes == len(scores.scorecard.bands.names) - 1).sum())
    undecided = int((scores.codes < 0).sum())
    words = {
        "n": count_text(n),
        "m": count_text(m),
        "reach": "reaches" if 1 in (n, m) else "reach",
        "prospects": agree(m, "prospect", "prospects"),
        "band": scores.scorecard.bands.labels[-1].text(lang),
        "u": count_text(undecided),
        "are": agree(undecided, "is", "are"),
    }
    if undecided == m:
        return say(_ONE_UNDECIDED if m == 1 else _ALL_UNDECIDED, lang, **words)
    return say(_FINDING, lang, **words) + (say(_AND_UNDECIDED, lang, **words) if undecided else "")


def _points_axis(scorecard: Scorecard, lang: Lang) -> str:
    name = scorecard.name.text(lang)
    if scorecard.scale is None:
        return say(Label("{name}: total points", "{name}：总分"), lang, name=name)
    scale = number_text(scorecard.scale, lang, digits=SIGNIFICANT_DIGITS)
    return say(Label("{name}: points of {scale}", "{name}：得分（满分{scale}）"), lang, name=name, scale=scale)
