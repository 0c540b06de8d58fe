"""The thresholds moved: how many accounts change segment when a cut point is a little lower or higher."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from custvalue.charts.canvas import new_figure, nothing_figure, percent_axis, stand
from custvalue.charts.theme import COLOURWAY, NOTE_SIZE
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    markup,
    money_text,
    percent_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang

HEIGHT = 320
ROOM = 1.1
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
ANGLES = ("potential", "share")

_SUBJECT = Label("moved thresholds", "阈值敏感性")
_NOTHING = Label("there are no accounts in a segment.", "没有已归类的客户。")
_FINDING = Label(
    "Moving the {angle} threshold {cut} by {move} puts {part} of accounts in another segment",
    "{angle}阈值{cut}移动{move}会使{part}的客户改变细分",
)
_NONE = Label("No account changes segment when a threshold moves by {move}", "阈值移动{move}不会改变任何客户的细分")
_NEAR = Label("{n} {accounts} ({part}) {lie} near a threshold.", "{n}个客户（{part}）位于阈值附近。")
_SENTENCE = Label(
    "Lines show the accounts that change segment as each threshold moves, the others kept. {finding}. {note}",
    "折线表示逐个移动阈值时改变细分的客户。{finding}。{note}",
)
_ANGLE = {"potential": Label("potential", "潜力"), "share": Label("share", "份额")}
_NAME = Label("{angle} {cut}", "{angle}{cut}")
_AXIS_X = Label("Threshold moved by", "阈值移动幅度")
_AXIS_Y = Label("Accounts in another segment", "改变细分的客户占比")
_HOVER = Label(
    "{angle} {cut} moved to {to}: {n} {accounts} ({part}) in another segment, with {room} of headroom a year.",
    "{angle}{cut}移至{to}：{n}个客户（{part}）改变细分，年增长空间{room}。",
)


def plot_threshold_sensitivity(result: Any, *, lang: Lang = "en") -> go.Figure:
    """Draw how many accounts change segment as each threshold moves.

    Parameters
    ----------
    result : SegmentCertainty
        What :func:`custvalue.segment_certainty` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        One line per threshold: across, by how much it is moved; up, the part of all accounts that is then in another
        segment. Where it is not moved nobody is. The title names the threshold and move that matter most.

    Raises
    ------
    ValueError
        If the result has no moves or a column of them is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.certainty import segment_certainty
    >>> accounts = pd.DataFrame({"revenue": [1e6], "potential_low": [1.9e6], "potential_high": [1.9e6], "loyalty": "+"})
    >>> plot_threshold_sensitivity(segment_certainty(accounts)).layout.meta["finding"]
    'Moving the potential threshold 2 M by −10 % puts 100 % of accounts in another segment'
    """
    check_lang(lang)
    if not hasattr(result, "moves") or not hasattr(result, "near"):
        raise refusal(
            "plot_threshold_sensitivity draws what segment_certainty returned",
            type(result).__name__,
            "Run segment_certainty first.",
        )
    moves, near = to_pandas(result.moves), to_pandas(result.near)
    check = FrameCheck(moves, "plot_threshold_sensitivity")
    made_by = "run segment_certainty first"
    names = ("threshold", "factor", "moved_to", "n_moved", "share_of_accounts", "headroom_moved")
    columns = {name: check.numbers(name, purpose=made_by) for name in names}
    angles = check.choices("angle", ANGLES, purpose=made_by)
    check.done()
    parts = columns["share_of_accounts"]
    placed = int(to_pandas(result.summary)["n"].iloc[:-1].sum())
    if not len(moves) or not placed:
        return nothing_figure(_SUBJECT, _NOTHING.text(lang), lang)
    # Of equal changes the smallest move says the most.
    reach = np.abs(columns["factor"] - 1)
    best = int(np.lexsort((reach, -parts))[0])
    move = _signed_percent(columns["factor"][best], lang)
    if parts[best] > 0:
        finding = say(
            _FINDING,
            lang,
            angle=_ANGLE[ANGLES[angles[best]]].text(lang),
            cut=_cut_text(ANGLES[angles[best]], columns["threshold"][best], lang),
            move=move,
            part=percent_text(parts[best], lang),
        )
    else:
        finding = say(_NONE, lang, move="±" + percent_text(reach.max(), lang))
    last = near.iloc[-1]
    note = say(
        _NEAR,
        lang,
        n=count_text(last["n"]),
        accounts=agree(last["n"], "account", "accounts"),
        lie=agree(last["n"], "lies", "lie"),
        part=percent_text(last["share_of_accounts"], lang),
    )
    figure = new_figure(finding, say(_SENTENCE, lang, finding=finding, note=note), note=joined((note,), lang))
    kinds = list(dict.fromkeys(zip(angles.tolist(), columns["threshold"].tolist(), strict=True)))
    for place, (angle, cut) in enumerate(kinds):
        rows = np.flatnonzero((angles == angle) & (columns["threshold"] == cut))
        rows = rows[np.argsort(columns["factor"][rows], kind="stable")]
        _draw_line(figure, place, (ANGLES[angle], cut), {name: columns[name][rows] for name in names}, lang)
    low, high = columns["factor"].min() - 1, columns["factor"].max() - 1
    x_axis = percent_axis(max(high, 0.0), lang, low=min(low, 0.0))
    x_axis["ticktext"] = [_signed_percent(1 + tick, lang) for tick in x_axis["tickvals"]]
    figure.update_layout(
        xaxis={**x_axis, "title": {"text": _AXIS_X.text(lang)}},
        yaxis={
            **percent_axis(max(float(parts.max()) * ROOM, 0.01), lang),
            "title": {"text": _AXIS_Y.text(lang), "font": {"size": NOTE_SIZE}},
        },
    )
    stand(figure, HEIGHT)
    return figure


def _draw_line(figure: go.Figure, place: int, key: tuple[str, float], rows: dict[str, Any], lang: Lang) -> None:
    angle, cut = key
    name, cut_words = _ANGLE[angle].text(lang), _cut_text(angle, cut, lang)
    texts = [
        hover(
            say(
                _HOVER,
                lang,
                angle=name,
                cut=cut_words,
                to=_cut_text(angle, to, lang),
                n=count_text(n),
                accounts=agree(n, "account", "accounts"),
                part=percent_text(part, lang),
                room=money_text(room, lang),
            )
        )
        for to, n, part, room in zip(
            rows["moved_to"], rows["n_moved"], rows["share_of_accounts"], rows["headroom_moved"], strict=True
        )
    ]
    # The threshold where it stands: nobody has moved.
    at = int(np.searchsorted(rows["factor"], 1.0))
    here = 1.0 not in rows["factor"]
    x = np.insert(rows["factor"] - 1, at, 0.0) if here else rows["factor"] - 1
    y = np.insert(rows["share_of_accounts"], at, 0.0) if here else rows["share_of_accounts"]
    figure.add_scatter(
        mode="lines+markers",
        name=markup(say(_NAME, lang, angle=name, cut=cut_words)),
        x=drawn(x),
        y=drawn(y),
        hovertext=[*texts[:at], "", *texts[at:]] if here else texts,
        hoverinfo="text",
        cliponaxis=False,
        line={"color": COLOURWAY[place % len(COLOURWAY)], "dash": DASHES[place % len(DASHES)], "width": 2},
        marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8},
    )


def _cut_text(angle: str, cut: float, lang: Lang) -> str:
    return money_text(cut, lang) if angle == "potential" else percent_text(cut, lang)


def _signed_percent(factor: float, lang: Lang) -> str:
    text = percent_text(factor - 1, lang)
    return f"+{text}" if factor > 1 else text
