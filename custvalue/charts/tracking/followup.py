"""The follow-up list: which deals to take up first, what to do, and what an hour of it stands for."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import (
    PIXELS_PER_ROW,
    check_name,
    money_axis,
    names_axis,
    new_figure,
    nothing_figure,
    row_names,
    shown_of,
    stand,
)
from custvalue.charts.columns import value_label
from custvalue.charts.theme import BLUE, NOTE_SIZE, ORANGE, bar_marker
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    markup,
    money_text,
    name_text,
    number_text,
    say,
    shortened,
    unbracketed,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang

MAX_DEALS = 12
ROW_LINES = 1.7
TEXT_WIDTH, NAME_SHARE = 76, 22
AXIS_ROOM = 1.05
TEXT_ABOVE = 0.36
USUAL_NAMES = ("account", "opportunity")
MADE_BY = "run follow_up first"
_NUMBERS = ("amount", "hours", "expected", "expected_per_hour", "rank", "n_slips", "days_in_stage")

_FINDING = Label(
    "The first {n} of {m} open deals take {hours} h and stand for {expected} expected",
    "{m}个未结商机中前{n}个需{hours}小时，期望金额{expected}",
)
_FLAGGED = Label("; {k} of them {are} stalled or slipped often", "；其中{k}个停滞或屡次推迟")
_SENTENCE = Label(
    "Bars rank open deals by expected value per hour of the next action. {finding}. First comes {name}: {action}.",
    "条形按下一步行动每小时的期望金额排列未结商机。{finding}。首位是{name}：{action}。",
)
_SUBJECT = Label("follow-up", "跟进")
_NO_DEALS = Label("there are no open deals.", "没有未结商机。")
_NO_AMOUNT = Label("no open deal has an amount.", "未结商机均无金额。")
_ROW = Label("{rank}. {name}: {action}", "{rank}. {name}：{action}")
_HOVER = Label(
    "{name}, {stage}: {action} ({hours} h). {expected} expected, {rate} an hour.{flags}",
    "{name}，{stage}：{action}（{hours}小时）。期望{expected}，每小时{rate}。{flags}",
)
_STALLED = Label(" Stalled: {days} days on the stage.", "停滞：已在此阶段{days}天。")
_SLIPPED = Label(" Slipped {n} {times}.", "已推迟{n}次。")
_UNPRICED_REST = Label("{n} without an amount", "{n}个无金额")
_LATER_REST = Label("{n} ranked lower", "{n}个排名靠后")
_ON_TRACK = Label("expected per hour", "每小时期望金额")
_NEEDS_CARE = Label("stalled or slipped often", "停滞或屡次推迟")
_AXIS = Label("Expected value per hour of the action", "行动每小时的期望金额")
_ACTIONS = Label("next actions", "下一步行动")


def plot_follow_up(result: Any, *, lang: Lang = "en", name: str | None = None) -> go.Figure:
    """Draw the deals to take up first: the next action of each, and what an hour of it stands for.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.follow_up` returned.
    lang : {"en", "zh"}
        Language of every word; the actions are taken from the column of that language.
    name : str, optional
        The column that names the deals; ``account``, else ``opportunity``, else the index by default.

    Returns
    -------
    plotly.graph_objects.Figure
        One bar per deal for the expected value per hour, best first, with rank, name and action above it. Deals that
        are stalled or slipped often have a colour and pattern of their own. The first 12 are drawn.

    Raises
    ------
    ValueError
        If a column of the result is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.tracking.followup import follow_up
    >>> deals = pd.DataFrame({"amount": [9e5, 6e5], "stage": ["quotation", "terms"], "outcome": [None, None]})
    >>> plot_follow_up(follow_up(deals, as_of="2026-09-30")).layout.meta["finding"]
    'The first 2 of 2 open deals take 2 h and stand for 720 k expected'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_follow_up")
    for column in _NUMBERS:
        check.numbers(column, purpose=MADE_BY)
    action = "action_zh" if lang == "zh" else "action"
    for column in (action, "stage", "stalled", "slipped_often"):
        check.require(column, MADE_BY)
    check_name(check, name)
    check.done()
    if not len(frame):
        return nothing_figure(_SUBJECT, _NO_DEALS.text(lang), lang)
    ranked = frame["expected_per_hour"].notna().to_numpy()
    if not ranked.any():
        return nothing_figure(_SUBJECT, _NO_AMOUNT.text(lang), lang)
    rate = frame["expected_per_hour"].to_numpy(dtype=float, na_value=np.nan)
    rows = np.argsort(-rate, kind="stable")[: min(MAX_DEALS, int(ranked.sum()))]
    names = row_names(frame, rows, name, USUAL_NAMES, lang)
    shown = frame.iloc[rows].reset_index(drop=True)
    actions = [name_text(text, lang) for text in shown[action]]
    flagged = _flag(shown, "stalled") | _flag(shown, "slipped_often")
    finding = _finding(shown, len(frame), int(flagged.sum()), lang)
    lower, unpriced = int(ranked.sum()) - len(shown), int((~ranked).sum())
    rest = [say(label, lang, n=count_text(n)) for label, n in ((_LATER_REST, lower), (_UNPRICED_REST, unpriced)) if n]
    note = shown_of(len(shown), len(frame), lang, rest=(", " if lang == "en" else "，").join(rest))
    sentence = say(_SENTENCE, lang, finding=finding, name=unbracketed(names[0], lang), action=actions[0])
    figure = new_figure(finding, joined((sentence, note), lang), note=note)
    _draw(figure, shown, names, actions, flagged, lang)
    stand(figure, ROW_LINES * PIXELS_PER_ROW * len(shown))
    return figure


def _flag(shown: pd.DataFrame, column: str) -> np.ndarray:
    """Return where a flag is raised; where it is not known it is not."""
    return shown[column].astype("boolean").to_numpy(dtype=bool, na_value=False)


def _finding(shown: pd.DataFrame, n_all: int, n_flagged: int, lang: Lang) -> str:
    text = say(
        _FINDING,
        lang,
        n=count_text(len(shown)),
        m=count_text(n_all),
        hours=number_text(shown["hours"].sum(), lang),
        expected=money_text(shown["expected"].sum(), lang),
    )
    return text + (say(_FLAGGED, lang, k=count_text(n_flagged), are=agree(n_flagged, "is", "are")) if n_flagged else "")


def _hover_text(row: dict[Any, Any], name: str, action: str, lang: Lang) -> str:
    flags = ""
    if row["stalled"] is True:
        flags += say(_STALLED, lang, days=count_text(row["days_in_stage"], lang))
    if row["slipped_often"] is True:
        flags += say(_SLIPPED, lang, n=count_text(row["n_slips"]), times=agree(row["n_slips"], "time", "times"))
    return say(
        _HOVER,
        lang,
        name=name,
        stage=value_label("stage", name_text(row["stage"], lang), lang),
        action=action,
        hours=number_text(row["hours"], lang),
        expected=money_text(row["expected"], lang),
        rate=money_text(row["expected_per_hour"], lang),
        flags=flags,
    )


def _draw(
    figure: go.Figure, shown: pd.DataFrame, names: list[str], actions: list[str], flagged: np.ndarray, lang: Lang
) -> None:
    records = shown.astype({"stalled": "object", "slipped_often": "object"}).to_dict("records")
    hovers = [
        hover(_hover_text(row, name, action, lang)) for row, name, action in zip(records, names, actions, strict=True)
    ]
    for label, marker, mask in (
        (_ON_TRACK, bar_marker(BLUE), ~flagged),
        (_NEEDS_CARE, bar_marker(ORANGE, "/"), flagged),
    ):
        rows = np.flatnonzero(mask)
        if rows.size:
            figure.add_bar(
                orientation="h",
                name=label.text(lang),
                showlegend=True,
                y=rows.tolist(),
                x=drawn(shown["expected_per_hour"].iloc[rows]),
                width=0.35,
                hovertext=[hovers[row] for row in rows],
                hoverinfo="text",
                marker=marker,
            )
    texts = [
        shortened(
            say(_ROW, lang, rank=count_text(rank, lang), name=shortened(name, NAME_SHARE), action=action), TEXT_WIDTH
        )
        for rank, name, action in zip(shown["rank"], names, actions, strict=True)
    ]
    figure.add_scatter(
        mode="text",
        name=_ACTIONS.text(lang),
        showlegend=False,
        x=[0] * len(shown),
        y=drawn(place - TEXT_ABOVE for place in range(len(shown))),
        text=[markup(f" {text}") for text in texts],
        textposition="middle right",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
    )
    top = AXIS_ROOM * max(float(shown["expected_per_hour"].max()), 1.0)
    figure.update_layout(
        barmode="overlay",
        xaxis={**money_axis(top, lang), "title": {"text": markup(_AXIS.text(lang))}},
        yaxis={**names_axis(names), "showticklabels": False, "showline": True},
    )
