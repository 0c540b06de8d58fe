"""Hunters and farmers: each person's hunting and farming scores, side by side. A description, never a test."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from custvalue.charts.canvas import (
    MAX_ROWS,
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
from custvalue.charts.columns import column_label
from custvalue.charts.theme import BLUE, GREEN, NOTE_SIZE, bar_marker
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    listed,
    markup,
    number_text,
    percent_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang

COLUMNS = ("n_answered", "hunting", "farming", "lean", "lean_low", "lean_high")
SCORE_TICKS = (0.0, 0.5, 1.0)
AXIS_END = 1.05

_HUNTERS = Label("{n} towards hunting", "{n}人偏猎人")
_FARMERS = Label("{n} towards farming", "{n}人偏农夫")
_EVEN = Label("{n} evenly", "{n}人均衡")
_OPEN = Label("{n} undecided because answers are missing", "{n}人因缺少答案而未定")
_FINDING = Label("Leanings of {m} {people}: {counts}", "{m}人的倾向：{counts}")
_SUBJECT = Label("leanings", "倾向")
_NOTE = Label("A description for development; never a hiring test.", "仅为发展而作的描述，绝非招聘测试。")
_ENDS = Label("the strongest leanings to either side", "两端倾向最强")
_SENTENCE = Label(
    "Bars to the right show hunting, to the left farming, each from 0 to 1, the strongest hunter on top. {finding}.",
    "向右的条形为猎人倾向，向左为农夫倾向，各从0到1，猎人倾向最强者在上。{finding}。",
)
_HOVER = Label(
    "{name}: hunting {hunting}, farming {farming}, lean {lean}; {n} {pairs} answered.",
    "{name}：猎人倾向{hunting}，农夫倾向{farming}，倾向{lean}；已答{n}项。",
)
_RANGE = Label("{low} to {high}", "{low}至{high}")
_AXIS = Label("← {farming}    {hunting} →", "← {farming}    {hunting} →")


def plot_people(result: Any, *, lang: Lang = "en", name: str | None = None) -> go.Figure:
    """Draw each person's hunting score to the right and farming score to the left, with the lean beside them.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.profile_people` returned.
    lang : {"en", "zh"}
        Language of every word.
    name : str, optional
        The column that names the people; ``rep`` or ``owner`` where there is one, else the index.

    Returns
    -------
    plotly.graph_objects.Figure
        Two bar traces, farming (to the left, as negative lengths) and hunting, and the lean in words: a
        number, or the range that missing answers leave open. At most 20 people are drawn, those who lean most to either
        side.

    Raises
    ------
    ValueError
        If a column of the result is missing.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> people = pd.DataFrame([[2] * 9, [-1] * 9], columns=cv.playbook.HUNTER_FARMER.scored_names)
    >>> plot_people(cv.profile_people(people)).layout.meta["finding"]
    'Leanings of 2 people: 1 towards hunting and 1 towards farming'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_people")
    numbers = pd.DataFrame({column: check.numbers(column, purpose="run profile_people first") for column in COLUMNS})
    check_name(check, name)
    check.done()
    m = len(frame)
    if not m:
        return nothing_figure(_SUBJECT, say(Label("there are no people.", "没有人员。"), lang), lang)
    low, high = numbers["lean_low"].to_numpy(), numbers["lean_high"].to_numpy()
    order = np.argsort(-(numbers["lean"].fillna(0.0).to_numpy()), kind="stable")
    rows = order if m <= MAX_ROWS else np.concatenate([order[: MAX_ROWS // 2], order[-(MAX_ROWS // 2) :]])
    finding = _finding(low, high, lang)
    figure = new_figure(
        finding,
        say(_SENTENCE, lang, finding=finding),
        note=joined((_NOTE.text(lang), shown_of(rows.size, m, lang, which=_ENDS.text(lang))), lang),
    )
    names = row_names(frame, rows, name, ("rep", "owner", "name"), lang)
    _draw(figure, numbers.iloc[rows].reset_index(drop=True), names, lang)
    stand(figure, room_for(rows.size))
    return figure


def _finding(low: NDArray[np.float64], high: NDArray[np.float64], lang: Lang) -> str:
    """Count who leans to which side whatever the missing answers are."""
    hunters, farmers, even = low > 0, high < 0, (low == 0) & (high == 0)
    kinds = ((_HUNTERS, hunters), (_FARMERS, farmers), (_EVEN, even), (_OPEN, ~(hunters | farmers | even)))
    counts = [say(label, lang, n=count_text(mask.sum())) for label, mask in kinds if mask.any()]
    people = agree(low.size, "person", "people")
    return say(_FINDING, lang, m=count_text(low.size), people=people, counts=listed(counts, lang))


def _draw(figure: go.Figure, numbers: pd.DataFrame, names: list[str], lang: Lang) -> None:
    places = list(range(len(numbers)))
    leans = [_lean(row["lean_low"], row["lean_high"], lang) for row in numbers.to_dict("records")]
    hovers = [
        hover(
            say(
                _HOVER,
                lang,
                name=name,
                hunting=number_text(row["hunting"], lang),
                farming=number_text(row["farming"], lang),
                lean=lean,
                n=count_text(row["n_answered"]),
                pairs=agree(row["n_answered"], "pair", "pairs"),
            )
        )
        for name, lean, row in zip(names, leans, numbers.to_dict("records"), strict=True)
    ]
    for column, sign, marker in (("farming", -1, bar_marker(GREEN, "/")), ("hunting", 1, bar_marker(BLUE))):
        figure.add_bar(
            orientation="h",
            name=column_label(column, lang),
            x=drawn(sign * numbers[column]),
            y=places,
            hovertext=hovers,
            hoverinfo="text",
            marker=marker,
        )
    figure.add_scatter(
        mode="text",
        name=column_label("lean", lang),
        showlegend=False,
        x=[AXIS_END] * len(places),
        y=places,
        text=[markup(text) for text in leans],
        textposition="middle right",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
    )
    figure.add_annotation(
        x=AXIS_END,
        xanchor="left",
        y=1,
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        text=column_label("lean", lang),
        font_size=NOTE_SIZE,
    )
    ticks = [*(-tick for tick in SCORE_TICKS[:0:-1]), *SCORE_TICKS]
    title = say(_AXIS, lang, farming=column_label("farming", lang), hunting=column_label("hunting", lang))
    figure.update_layout(
        barmode="overlay",
        margin_r=text_room((*leans, column_label("lean", lang))),
        xaxis={
            "range": [-AXIS_END, AXIS_END],
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [percent_text(abs(tick), lang) for tick in ticks],
            "zeroline": True,
            "title": {"text": title},
        },
        yaxis=names_axis(names),
    )


def _lean(low: float, high: float, lang: Lang) -> str:
    texts = [("+" if x > 0 else "") + number_text(x, lang, digits=2) for x in (low, high)]
    return texts[0] if low == high else say(_RANGE, lang, low=texts[0], high=texts[1])
