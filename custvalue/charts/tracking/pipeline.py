"""The funnel: the open deals of every stage, their amount and the part of it that is expected."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import (
    money_axis,
    names_axis,
    new_figure,
    nothing_figure,
    room_for,
    stand,
    text_room,
)
from custvalue.charts.columns import column_label
from custvalue.charts.theme import BLUE, NOTE_SIZE, SKY, bar_marker
from custvalue.charts.wording import (
    agree,
    bracketed,
    count_text,
    drawn,
    hover,
    listed,
    markup,
    markup_lines,
    money_text,
    percent_text,
    say,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.ladder import Ladder

AXIS_ROOM = 1.05
STAGE_WIDTH = 24

_PIPELINE_FINDING = Label(
    "{n} open {deals} worth {open} {are} expected to bring {expected}", "{n}个未结商机共{open}，期望带来{expected}"
)
_PIPELINE_UNPRICED = Label("; {u} more {have} no amount", "；另有{u}个无金额")
_ALL_UNPRICED = Label(
    "{n} open {deals}{none} an amount: the expected value is unknown", "{n}个未结商机{all}无金额：期望值未知"
)
_PIPELINE_SENTENCE = Label(
    "Bars show the open deals of each of {n} {of_stages} in selling order, their amount and the part of it that is "
    "expected. {finding}. {most}.",
    "条形按销售顺序显示{n}个阶段的未结商机金额及其中的期望部分。{finding}。{most}。",
)
_MOST = Label("Most deals ({n}) stand at {stage}", "商机最多的阶段是{stage}（{n}个）")
_MOST_TIED = Label("Most deals stand at {stage} ({n} each)", "商机最多的阶段是{stage}（各{n}个）")
_QUOTED = Label("“{x}”", "“{x}”")
_SUBJECT = Label("pipeline", "销售漏斗")
_EMPTY_HOVER = Label("{stage}: no open deals.", "{stage}：没有未结商机。")
_STAGE_HOVER = Label(
    "{stage}: {n} open {deals}{unpriced}, worth {open}; at {chance} that is {expected} expected.",
    "{stage}：{n}个未结商机{unpriced}，共{open}；按{chance}计，期望{expected}。",
)
_STAGE_TEXT = Label("{n} {deals}{unpriced}", "{n}个{unpriced}")
_OF_THEM_UNPRICED = Label(", {u} unpriced", "（{u}个无金额）")
_UNKNOWN_AMOUNT = Label("{text}, amount unknown", "{text}，金额未知")
_OPEN_AMOUNT = Label("amount of open deals", "未结商机金额")
_EXPECTED_PART = Label("of it expected", "其中期望金额")


def plot_pipeline(result: Any, *, lang: Lang = "en", ladder: Ladder = playbook.DEAL_HEAT) -> go.Figure:
    """Draw the pipeline as a funnel of stages: number of open deals, their amount, and the part that is expected.

    Parameters
    ----------
    result : frame
        What :func:`custvalue.pipeline_by_stage` returned.
    lang : {"en", "zh"}
        Language of every word.
    ladder : Ladder
        The ladder it was made with: the labels of the stages.

    Returns
    -------
    plotly.graph_objects.Figure
        Stages from top to bottom in selling order; a bar for the amount and, inside it, one for the expected
        value. The number of deals is written beside them; where no deal of a stage has an amount, that is written
        instead of a bar.

    Raises
    ------
    ValueError
        If a column of the result is missing or a stage is not on the ladder.

    Examples
    --------
    >>> import custvalue as cv
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"amount": [2e6, None], "stage": ["quotation", "trial"], "outcome": [None, None]})
    >>> plot_pipeline(cv.pipeline_by_stage(deals, as_of="2026-09-30")).layout.meta["finding"]
    '1 open deal worth 2 M is expected to bring 800 k; 1 more has no amount'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_pipeline")
    made_by = "run pipeline_by_stage first"
    check.choices("stage", ladder.names, purpose=made_by, remedy="Pass the ladder= it was made with.")
    for column in _STAGE_NUMBERS:
        check.numbers(column, purpose=made_by)
    check.done()
    if not len(frame) or not frame["n_open"].sum():
        return nothing_figure(_SUBJECT, say(Label("there are no open deals.", "没有未结商机。"), lang), lang)
    stages = [ladder.label(str(name), lang) for name in frame["stage"]]
    finding = _pipeline_finding(frame, lang)
    figure = new_figure(
        finding,
        say(
            _PIPELINE_SENTENCE,
            lang,
            n=len(frame),
            of_stages=agree(len(frame), "stage", "stages"),
            finding=finding,
            most=_most_deals(frame, stages, lang),
        ),
    )
    _draw_stages(figure, frame, stages, lang)
    lines = max(text.count("<br>") + 1 for text in figure.layout.yaxis.ticktext)
    stand(figure, room_for(len(frame), lines=max(lines, 2)))
    return figure


def _most_deals(frame: pd.DataFrame, stages: list[str], lang: Lang) -> str:
    """Say which stage holds the most deals, or which ones do."""
    most = frame["n_open"].max()
    held = [say(_QUOTED, lang, x=stage) for stage, n in zip(stages, frame["n_open"], strict=True) if n == most]
    return say(_MOST if len(held) == 1 else _MOST_TIED, lang, stage=listed(held, lang), n=count_text(most))


_STAGE_NUMBERS = ("probability", "n_open", "n_unpriced", "open", "expected_open")


def _pipeline_finding(frame: pd.DataFrame, lang: Lang) -> str:
    n, unpriced = int(frame["n_open"].sum()), int(frame["n_unpriced"].sum())
    if n == unpriced:
        none, every = (" without", "") if n == 1 else (", none with", "均")
        return say(_ALL_UNPRICED, lang, n=count_text(n), deals=agree(n, "deal", "deals"), none=none, all=every)
    words = {
        "n": count_text(n - unpriced),
        "deals": agree(n - unpriced, "deal", "deals"),
        "are": agree(n - unpriced, "is", "are"),
        "open": money_text(frame["open"].sum(), lang),
        "expected": money_text(frame["expected_open"].sum(), lang),
        "u": count_text(unpriced),
        "have": agree(unpriced, "has", "have"),
    }
    return say(_PIPELINE_FINDING, lang, **words) + (say(_PIPELINE_UNPRICED, lang, **words) if unpriced else "")


def _draw_stages(figure: go.Figure, frame: pd.DataFrame, stages: list[str], lang: Lang) -> None:
    places = list(range(len(frame)))
    counts, hovers = [], []
    for stage, row in zip(stages, frame[list(_STAGE_NUMBERS)].to_dict("records"), strict=True):
        words = {"n": count_text(row["n_open"]), "deals": agree(row["n_open"], "deal", "deals")}
        unpriced = say(_OF_THEM_UNPRICED, lang, u=count_text(row["n_unpriced"])) if row["n_unpriced"] else ""
        text = say(_STAGE_TEXT, lang, **words, unpriced="" if pd.isna(row["open"]) else unpriced)
        counts.append(say(_UNKNOWN_AMOUNT, lang, text=text) if pd.isna(row["open"]) else text)
        money = {key: money_text(row[key], lang) for key in ("open", "expected_open")}
        hovers.append(
            say(
                _STAGE_HOVER if row["n_open"] else _EMPTY_HOVER,
                lang,
                **words,
                stage=stage,
                unpriced=unpriced,
                open=money["open"],
                expected=money["expected_open"],
                chance=percent_text(row["probability"], lang),
            )
        )
    for column, label, marker, width in (
        ("open", _OPEN_AMOUNT, bar_marker(SKY, "/"), 0.7),
        ("expected_open", _EXPECTED_PART, bar_marker(BLUE), 0.4),
    ):
        figure.add_bar(
            orientation="h",
            name=label.text(lang),
            x=drawn(frame[column]),
            y=places,
            width=width,
            hovertext=[hover(text) for text in hovers],
            hoverinfo="text",
            marker=marker,
        )
    figure.add_scatter(
        mode="text",
        name=column_label("n_open", lang),
        showlegend=False,
        x=drawn(frame["open"].fillna(0.0)),
        y=places,
        text=[markup(f" {text}") for text in counts],
        textposition="middle right",
        textfont={"size": NOTE_SIZE},
        hoverinfo="skip",
        cliponaxis=False,
    )
    top = max(float(frame["open"].max()) if frame["open"].notna().any() else 0.0, 1.0)
    ticks = [
        markup_lines(stage + bracketed(percent_text(chance, lang), lang), STAGE_WIDTH)
        for stage, chance in zip(stages, frame["probability"], strict=True)
    ]
    figure.update_layout(
        barmode="overlay",
        margin_r=text_room(text for text, amount in zip(counts, frame["open"], strict=True) if amount > 0),
        xaxis={**money_axis(top * AXIS_ROOM, lang), "title": {"text": column_label("amount", lang)}},
        yaxis={**names_axis(stages), "ticktext": ticks},
    )
