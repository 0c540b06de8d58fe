"""The walls: how firm each relationship is today, how firm it should be tomorrow, against the cuts of the bands."""

from dataclasses import dataclass
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
    group_names,
    names_axis,
    new_figure,
    nothing_figure,
    room_for,
    row_names,
    shown_of,
    stand,
)
from custvalue.charts.theme import INK, ordered_colours, ordered_symbols
from custvalue.charts.wording import (
    SIGNIFICANT_DIGITS,
    agree,
    band_ranges,
    bracketed,
    count_text,
    drawn,
    hover,
    markup,
    number_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.wall import Wall

AXIS_ROOM = 1.05
NUMBERS = ("today", "tomorrow", "today_low", "today_high", "n_actions", "hours")
COLUMNS = (*NUMBERS, "gap", "n_missing", "band", "band_tomorrow")

_FINDING = Label("{k} of {m} {walls} {are} “{band}” today", "{m}道围墙中今天有{k}道为“{band}”")
_TOMORROW = Label(", {k} after the planned actions", "，按计划行动后为{k}道")
_UNDECIDED_TOO = Label("; {u} undecided because answers are missing", "；{u}道因缺少答案而未定")
_ALL_UNDECIDED = Label("All {m} walls are undecided because answers are missing", "全部{m}道围墙因缺少答案而未定")
_ONE_UNDECIDED = Label("The only wall is undecided because answers are missing", "唯一的围墙因缺少答案而未定")
_SUBJECT = Label("walls", "围墙评分")
_SENTENCE = Label(
    "Each row leads from a wall's points today to those aimed at for tomorrow, the weakest on top. {finding}.",
    "每行由围墙今天的得分指向明天的目标得分，最弱的在上。{finding}。",
)
_TODAY = Label("today: {band}", "今天：{band}")
_UNDECIDED = Label("undecided", "未定")
_AIMED = Label("aimed at for tomorrow", "明天的目标")
_WAY = Label("the way to go", "今天到明天")
_HOVER = Label(
    "{name}: {today} {points} today ({band}), {tomorrow} aimed at ({then}); {n} {actions}, {hours} {of_hours}.",
    "{name}：今天{today}分（{band}），目标{tomorrow}分（{then}）；{n}项行动，{hours}小时。",
)
_AXIS = Label("{name}: points of {scale}", "{name}：得分（满分{scale}）")
_AXIS_TOTAL = Label("{name}: total points", "{name}：总分")
_WEAKEST = Label("the weakest", "最弱")


def plot_walls(result: Any, *, lang: Lang = "en", wall: Wall = playbook.WALL, name: str | None = None) -> go.Figure:
    """Draw each account's wall today and the one aimed at for tomorrow, with the cut points of the bands.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.score_walls` returned.
    lang : {"en", "zh"}
        Language of every word.
    wall : Wall
        The wall the accounts were scored on: labels and cut points of its bands.
    name : str, optional
        The column that names the rows; by default the account and whatever else tells the walls apart.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace of today's points per band (highest first) and one for the undecided, at the points that are
        certain; the points aimed at, the way between the two, and the interval that missing answers leave open. At most
        20 rows are drawn, the weakest.

    Raises
    ------
    ValueError
        If a column of the result is missing or the bands are not those of the wall.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> names = cv.playbook.WALL.scorecard.names
    >>> walls = pd.DataFrame({"account": "清水公司", "criterion": names, "today": [0] + [1] * 9, "tomorrow": 1})
    >>> plot_walls(cv.score_walls(walls), lang="zh").layout.meta["finding"]
    '1道围墙中今天有1道为“差”，按计划行动后为0道'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_walls")
    bands = wall.scorecard.bands
    made_by = "run score_walls first"
    remedy = "Pass the wall= they were scored on."
    codes, then = (check.choices(c, bands.names, purpose=made_by, remedy=remedy) for c in ("band", "band_tomorrow"))
    numbers = pd.DataFrame({column: check.numbers(column, purpose=made_by) for column in NUMBERS})
    check_name(check, name)
    check.done()
    if not len(frame):
        return nothing_figure(_SUBJECT, say(Label("there are no walls.", "没有围墙。"), lang), lang)
    order = np.lexsort((numbers["today_high"], numbers["today_low"]))
    rows = order[:MAX_ROWS]
    keys = [column for column in frame.columns if column not in COLUMNS]
    names = row_names(frame, rows, name, (), lang) if name or not keys else group_names(frame[keys].iloc[rows], lang)
    finding = _finding(codes, then, bool(numbers["tomorrow"].notna().any()), wall, lang)
    figure = new_figure(
        finding,
        say(_SENTENCE, lang, finding=finding),
        note=shown_of(rows.size, len(frame), lang, which=_WEAKEST.text(lang)),
    )
    _draw(figure, _Rows(wall, numbers.iloc[rows].reset_index(drop=True), codes[rows], then[rows], names), lang)
    stand(figure, room_for(rows.size))
    return figure


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that are drawn, weakest first."""

    wall: Wall
    numbers: pd.DataFrame
    codes: NDArray[np.int64]
    then: NDArray[np.int64]
    names: list[str]

    def hovers(self, lang: Lang) -> list[str]:
        """Return the sentence of each row."""
        labels = [label.text(lang) for label in self.wall.scorecard.bands.labels] + [_UNDECIDED.text(lang)]
        return [
            hover(
                say(
                    _HOVER,
                    lang,
                    name=name,
                    today=_points(row["today"], row["today_low"], row["today_high"], lang),
                    points=agree(row["today"], "point", "points"),
                    band=labels[code],
                    tomorrow=number_text(row["tomorrow"], lang, digits=SIGNIFICANT_DIGITS),
                    then=labels[then],
                    n=count_text(row["n_actions"]),
                    actions=agree(row["n_actions"], "action", "actions"),
                    hours=number_text(row["hours"], lang),
                    of_hours=agree(row["hours"], "hour", "hours"),
                )
            )
            for name, row, code, then in zip(
                self.names, self.numbers.to_dict("records"), self.codes, self.then, strict=True
            )
        ]


def _points(today: float, low: float, high: float, lang: Lang) -> str:
    if not np.isnan(today):
        return number_text(today, lang, digits=SIGNIFICANT_DIGITS)
    return "–".join(number_text(x, lang, digits=SIGNIFICANT_DIGITS) for x in (low, high))


def _finding(codes: NDArray[np.int64], then: NDArray[np.int64], aimed: bool, wall: Wall, lang: Lang) -> str:
    m, k, undecided = codes.size, int((codes == 0).sum()), int((codes < 0).sum())
    if undecided == m:
        return say(_ONE_UNDECIDED if m == 1 else _ALL_UNDECIDED, lang, m=count_text(m))
    label = wall.scorecard.bands.labels[0].text(lang)
    walls, are = agree(m, "wall", "walls"), "is" if 1 in (k, m) else "are"
    text = say(_FINDING, lang, k=count_text(k), m=count_text(m), walls=walls, are=are, band=label)
    if aimed:
        text += say(_TOMORROW, lang, k=count_text((then == 0).sum()))
    return text + (say(_UNDECIDED_TOO, lang, u=count_text(undecided)) if undecided else "")


def _draw(figure: go.Figure, rows: _Rows, lang: Lang) -> None:
    numbers, card = rows.numbers, rows.wall.scorecard
    bands = card.bands
    places = np.arange(len(numbers))
    hovers = rows.hovers(lang)
    # Where today's points are not all known, the point stands at those that are certain.
    certain = numbers["today"].fillna(numbers["today_low"])
    both = numbers["tomorrow"].notna().to_numpy()
    figure.add_scatter(
        mode="lines",
        name=_WAY.text(lang),
        showlegend=False,
        x=[x for k in places[both] for x in (*drawn((certain[k], numbers["tomorrow"][k])), None)],
        y=[y for k in places[both].tolist() for y in (k, k, None)],
        hoverinfo="skip",
        line={"color": INK, "width": 1, "dash": "dot"},
    )
    add_intervals(figure, places, numbers["today_low"], numbers["today_high"], lang)
    n = len(bands.names)
    marks = zip(range(n), bands.labels, band_ranges(bands, lang), ordered_colours(n), ordered_symbols(n), strict=True)
    legend = [(code, label.text(lang) + bracketed(covers, lang), c, s) for code, label, covers, c, s in marks]
    for code, label, colour, symbol in [*legend[::-1], (-1, _UNDECIDED.text(lang), "rgba(0,0,0,0)", "circle")]:
        mine = places[rows.codes == code]
        figure.add_scatter(
            mode="markers",
            name=markup(say(_TODAY, lang, band=label)),
            x=drawn(certain[mine]),
            y=mine.tolist(),
            hovertext=[hovers[k] for k in mine],
            hoverinfo="text",
            marker={"symbol": symbol, "size": 12, "color": colour, "line": {"color": INK, "width": 1.5}},
        )
    figure.add_scatter(
        mode="markers",
        name=_AIMED.text(lang),
        x=drawn(numbers["tomorrow"]),
        y=places.tolist(),
        hovertext=hovers,
        hoverinfo="text",
        marker={"symbol": "triangle-right-open", "size": 12, "color": INK, "line": {"width": 2}},
    )
    top = AXIS_ROOM * max(card.scale or 0.0, *bands.cuts, float(np.nanmax(numbers[["today_high", "tomorrow"]])))
    axis = _AXIS_TOTAL if card.scale is None else _AXIS
    scale = number_text(card.scale, lang, digits=SIGNIFICANT_DIGITS)
    title = say(axis, lang, name=card.name.text(lang), scale=scale)
    figure.update_layout(
        xaxis={"range": drawn([0, top]), "title": {"text": markup(title)}}, yaxis=names_axis(rows.names)
    )
    add_cut_lines(
        figure, bands.cuts, [number_text(cut, lang, digits=SIGNIFICANT_DIGITS) for cut in bands.cuts], layer="below"
    )
