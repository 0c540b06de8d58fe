"""Is 60 % really 60 %? What was said against what was won, with intervals and counts."""

import re
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import new_figure, nothing_figure, percent_axis, stand
from custvalue.charts.columns import value_label
from custvalue.charts.theme import BLUE, GREEN, INK, NOTE_SIZE, VERMILLION
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    joined,
    markup,
    name_text,
    percent_text,
    say,
    shortened,
)
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.labels import Label, Lang, check_lang

TITLE_NAME_WIDTH = 40
ROOM = 0.04
PLOT = 420
_OFF = Label(
    "{k} of {n} stated chances {do} not hold: {said} said for {name}, {won} won",
    "{n}档赢率中有{k}档不成立：{name}预报{said}，实际{won}",
)
_HOLD = Label(
    "None of {n} stated chances is contradicted by {deals} outcomes", "{deals}个结果未否定{n}档赢率中的任何一档"
)
_NO_INTERVAL = Label("{deals} outcomes are too few to judge {n} stated chances", "{deals}个结果不足以判断{n}档赢率")
_SENTENCE = Label(
    "Each point sets the chance stated against the share won, with its interval; on the dashed line what was said came "
    "true. {finding}. {open} of {all} {rows} {are} still open.",
    "各点显示预报赢率与实际赢单率及其区间；落在虚线上则言中。{finding}。{all}条记录中{open}条尚未结束。",
)
_UNTOLD = Label(
    "Of the closed only: cannot tell whether {k} of {n} stated chances {hold} while {open} {rows} {are} open",
    "仅计已结束者：{n}档赢率中有{k}档在{open}条记录未结束时无法判断是否成立",
)
_CLOSED_ONLY = Label(
    "Of the closed only: where losses close sooner than wins, this rate is too low.",
    "仅计已结束者：若丢单结束得比赢单快，此赢单率偏低。",
)
_OPEN_NOTE = Label("{share} of the rows are still open.", "{share}的记录尚未结束。")
_EMPTY_NOTE = Label("Without an outcome: {names}.", "尚无结果：{names}。")
_HOVER = Label(
    "{name}: {said} said, {won} of {n} won ({low} to {high}); {open} still open.",
    "{name}：预报{said}，{n}个中实际赢单{won}（{low}至{high}）；尚未结束{open}个。",
)
_X = Label("Chance stated (mean)", "预报赢率（均值）")
_Y = Label("Share won", "实际赢单率")
_LINE = Label("what was said came true", "言中")
_INTERVAL = Label("interval", "区间")
_SUBJECT = Label("reliability", "可靠性")
_NONE = Label("there is no outcome yet.", "尚无结果。")
_KINDS = (
    ("said too high", Label("said too high", "预报偏高"), VERMILLION, "triangle-down"),
    ("said too low", Label("said too low", "预报偏低"), GREEN, "triangle-up"),
    ("not contradicted", Label("not contradicted", "未被否定"), BLUE, "circle"),
    ("too few", Label("too few to tell", "样本不足"), INK, "circle-open"),
    ("closed only", Label("closed only: cannot tell", "仅计已结束：无法判断"), INK, "diamond-open"),
)
_HIGH, _LOW, _HELD, _FEW, _OPEN = range(len(_KINDS))
# A bin from one number to another, with its place before it where there are several of one width.
_SPAN = re.compile(r"(\d+: )?(\S+) to (\S+)")
_RATES = ("win_rate", "win_rate_closed_only")


def plot_reliability(result: Any, *, lang: Lang = "en") -> go.Figure:
    """Draw the share won against the chance stated, bin by bin, with interval and count.

    Parameters
    ----------
    result : frame
        What :func:`reliability_table` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        One point per bin that has an outcome, its count beside it; colour and symbol say whether the interval holds the
        chance stated, or that nothing can be told while rows are open and the rate is of the closed only. The dashed
        diagonal is where chances come true.

    Raises
    ------
    ValueError
        If a column of the result is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.tracking.reliability import reliability_table
    >>> said = pd.DataFrame({"p_stage": [0.6] * 50, "outcome": [1] * 20 + [0] * 30, "stage": "terms"})
    >>> plot_reliability(reliability_table(said)).layout.meta["finding"]
    '1 of 1 stated chances does not hold: 60 % said for commercial terms under discussion, 40 % won'
    """
    check_lang(lang)
    frame = to_pandas(result)
    check = FrameCheck(frame, "plot_reliability")
    rate = next((name for name in _RATES if name in frame), _RATES[0])
    purpose = "run reliability_table first"
    table = pd.DataFrame(
        {
            name: check.numbers(column, purpose=purpose)
            for name, column in {
                "n": "n",
                "said": "mean_probability",
                "won": rate,
                "low": "low",
                "high": "high",
                "open": "n_open",
            }.items()
        }
    )
    check.require("bin", purpose)
    check.done()
    names = [_bin_name(name_text(value, lang), lang) for value in frame["bin"]]
    known = (table["n"] > 0).to_numpy()
    if not known.any():
        return nothing_figure(_SUBJECT, _NONE.text(lang), lang)
    untold = (table["open"] > 0) & (rate == _RATES[1])
    kind = np.select(
        [untold, table["low"].isna(), table["said"] > table["high"], table["said"] < table["low"]],
        [_OPEN, _FEW, _HIGH, _LOW],
        default=_HELD,
    )
    finding = _finding(table, names, np.where(known, kind, _HELD), lang)
    n_open, total = table["open"].sum(), table["open"].sum() + table["n"].sum()
    sentence = say(
        _SENTENCE,
        lang,
        finding=finding,
        open=count_text(n_open),
        all=count_text(total),
        rows=agree(total, "row", "rows"),
        are=agree(n_open, "is", "are"),
    )
    empty = [name for name, has in zip(names, known, strict=True) if not has]
    notes = (
        _CLOSED_ONLY.text(lang) if rate == _RATES[1] else "",
        say(_OPEN_NOTE, lang, share=percent_text(n_open / total, lang)) if n_open else "",
        say(_EMPTY_NOTE, lang, names=", ".join(empty) if lang == "en" else "、".join(empty)) if empty else "",
    )
    figure = new_figure(finding, sentence, note=joined(notes, lang))
    _draw(figure, table[known], [name for name, has in zip(names, known, strict=True) if has], kind[known], lang)
    stand(figure, PLOT)
    return figure


def _finding(table: pd.DataFrame, names: list[str], kind: np.ndarray, lang: Lang) -> str:
    """Return how many stated chances are contradicted, and the one that is farthest off."""
    known = table["n"] > 0
    off = np.flatnonzero(known & ((kind == _HIGH) | (kind == _LOW)))
    words: dict[str, Any] = {"n": count_text(known.sum()), "deals": count_text(table["n"].sum())}
    untold = int((known & (kind == _OPEN)).sum())
    if untold:
        n_open = table["open"].sum()
        words |= {"k": count_text(untold), "hold": agree(untold, "holds", "hold"), "open": count_text(n_open)}
        return say(_UNTOLD, lang, **words, rows=agree(n_open, "row", "rows"), are=agree(n_open, "is", "are"))
    if not off.size:
        return say(_NO_INTERVAL if table["low"].isna().all() else _HOLD, lang, **words)
    worst = off[(table["said"] - table["won"]).abs().to_numpy()[off].argmax()]
    return say(
        _OFF,
        lang,
        k=count_text(off.size),
        do=agree(off.size, "does", "do"),
        name=shortened(names[worst], TITLE_NAME_WIDTH),
        said=percent_text(table["said"].iloc[worst], lang),
        won=percent_text(table["won"].iloc[worst], lang),
        **words,
    )


def _bin_name(name: str, lang: Lang) -> str:
    """Return the name of a stage, or of a bin from one number to another, in the language."""
    span = _SPAN.fullmatch(name)
    if span is None or lang == "en":
        return value_label("stage", name, lang)
    place, low, high = span.groups(default="")
    return (f"第{place.removesuffix(': ')}档" if place else "") + f"{low}–{high}"


def _draw(figure: go.Figure, table: pd.DataFrame, names: list[str], kind: np.ndarray, lang: Lang) -> None:
    figure.add_scatter(
        mode="lines",
        name=_LINE.text(lang),
        x=[0, 1],
        y=[0, 1],
        hoverinfo="skip",
        line={"color": INK, "width": 1.5, "dash": "dash"},
    )
    figure.add_scatter(
        mode="lines",
        name=_INTERVAL.text(lang),
        x=[x for value in drawn(table["said"]) for x in (value, value, None)],
        y=[y for pair in zip(table["low"], table["high"], strict=True) for y in (*drawn(pair), None)],
        hoverinfo="skip",
        line={"color": INK, "width": 2},
    )
    hovers = [
        hover(
            say(
                _HOVER,
                lang,
                name=name,
                said=percent_text(row["said"], lang),
                won=percent_text(row["won"], lang),
                n=count_text(row["n"]),
                low=percent_text(row["low"], lang),
                high=percent_text(row["high"], lang),
                open=count_text(row["open"]),
            )
        )
        for name, row in zip(names, table.to_dict("records"), strict=True)
    ]
    for code, (_, label, colour, symbol) in enumerate(_KINDS):
        mine = np.flatnonzero(kind == code)
        if not mine.size:
            continue
        rows = table.iloc[mine]
        figure.add_scatter(
            mode="markers+text",
            name=label.text(lang),
            x=drawn(rows["said"]),
            y=drawn(rows["won"]),
            text=[markup(f" {count_text(n)}") for n in rows["n"]],
            textposition="middle right",
            textfont_size=NOTE_SIZE,
            hovertext=[hovers[row] for row in mine],
            hoverinfo="text",
            cliponaxis=False,
            marker={"color": colour, "symbol": symbol, "size": 11},
        )
    axis = {**percent_axis(1.0, lang), "range": [-ROOM, 1 + ROOM]}
    figure.update_layout(
        xaxis={**axis, "title": {"text": _X.text(lang)}}, yaxis={**axis, "title": {"text": _Y.text(lang)}}
    )
