"""How far raters agree, criterion by criterion, against the limits that alpha must reach."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import add_cut_lines, names_axis, new_figure, nice_ticks, nothing_figure, room_for, stand
from custvalue.charts.columns import value_label
from custvalue.charts.theme import BLUE, INK, OUTLINE_WIDTH, RAMP, VERMILLION
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    is_missing,
    listed,
    name_text,
    number_text,
    percent_text,
    say,
    shortened,
)
from custvalue.rules import playbook
from custvalue.rules.agreement import KRIPPENDORFF_LIMITS, AgreementLimits
from custvalue.rules.bands import check_class
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.agreement import NO_DIFFERENCE, RaterAgreement

NAMED = 3
TITLE_NAME = 28
ROOM = 0.05
HALF = 0.5

_SUBJECT = Label("rater agreement", "评分人一致性")
_NOTHING_TWICE = Label("no prospect was rated by two people.", "没有潜在客户由两人评分。")
_ALL_EQUAL = Label(
    "all points of a criterion are the same, so there is nothing to compare.", "同一准则的评分全部相同，无从比较。"
)
_NEED_WORK = Label(
    "{k} of {n} {criteria} {need} a better description: {names}", "{n}项准则中有{k}项的描述需要改进：{names}"
)
_MORE = Label("{n} more", "另外{n}项")
_NONE = Label(
    "None of {n} criteria surely needs a better description; {ok} {reach} the lower limit for certain",
    "{n}项准则中没有确定需要改进描述的；{ok}项确定达到下限",
)
_TOO_FEW = Label(
    "Too few prospects were rated twice to judge {any} {n} {criteria}",
    "两人以上评分的潜在客户过少，{n}项准则均无法判断",
)
_NOT_JUDGED = Label("; {m} cannot be judged", "；{m}项无法判断")
_SENTENCE = Label(
    "Points with intervals show Krippendorff's alpha of {n} {criteria}. {finding}. {unclear} {pair}",
    "圆点与区间为{n}项准则的评分一致性系数（克里彭多夫）。{finding}。{unclear}{pair}",
)
_ALONE_SENTENCE = Label(
    "Points show Krippendorff's alpha of {n} {criteria}, without intervals. {finding}. {pair}",
    "圆点为{n}项准则的评分一致性系数（克里彭多夫），无区间。{finding}。{pair}",
)
_UNCLEAR = Label(
    "{unclear} {are} unclear, their intervals spanning the lower limit.", "{unclear}项不明确（区间跨越下限）。"
)
_MOST = Label(
    "Most of the disagreement on {criterion}, {share}, is between {one} and {other}.",
    "“{criterion}”的分歧大部分（{share}）出现在{one}与{other}之间。",
)
_LARGEST = Label(
    "The largest share of the disagreement on {criterion}, {share}, is between {one} and {other}.",
    "“{criterion}”的分歧中占比最大的（{share}）出现在{one}与{other}之间。",
)
_HOVER = Label(
    "{criterion}: alpha {alpha} (interval {low} to {high}), {n} prospects rated twice or more. {pair}",
    "{criterion}：一致性系数{alpha}（区间{low}至{high}），{n}个潜在客户有两人以上评分。{pair}",
)
_PAIR_HOVER = Label(
    "{one} and {other} gave equal points to {equal} of {n}.", "{one}与{other}对{n}个中的{equal}给出相同点数。"
)
_AXIS = Label("Krippendorff's alpha: 1 full agreement, 0 chance", "一致性系数（克里彭多夫）：1为完全一致，0为随机水平")
_INTERVAL = Label("interval", "区间")
_NO_INTERVAL = Label("no interval", "无区间")
_VERDICTS = {
    "needs_work": (Label("description needs work", "描述需要改进"), VERMILLION, "x"),
    "unclear": (Label("unclear", "不明确"), RAMP[0], "diamond"),
    "tentative": (Label("good enough for tentative conclusions", "可作初步结论"), RAMP[1], "circle"),
    "reliable": (Label("reliable", "可靠"), BLUE, "square"),
}


def plot_rater_agreement(
    result: RaterAgreement,
    *,
    limits: AgreementLimits = KRIPPENDORFF_LIMITS,
    lang: Lang = "en",
    scorecard: Scorecard = playbook.SCREENING,
) -> go.Figure:
    """Draw alpha of every criterion with its interval, and the limits it must reach.

    Parameters
    ----------
    result : RaterAgreement
        What :func:`custvalue.rater_agreement` returned.
    limits : AgreementLimits
        The limits it was asked with.
    lang : {"en", "zh"}
        Language of every word.
    scorecard : Scorecard
        The scorecard whose criteria were rated: what they are called. Criteria it does not know keep their names.

    Returns
    -------
    plotly.graph_objects.Figure
        One row per criterion in the scorecard's order: alpha, marked by its verdict, and its interval.

    Raises
    ------
    ValueError
        If ``result`` or ``scorecard`` is something else.

    Examples
    --------
    >>> import custvalue as cv
    >>> from custvalue.screening.agreement import rater_agreement
    >>> plot_rater_agreement(rater_agreement(cv.load_ratings(), seed=1)).layout.meta["finding"][:45]
    '2 of 6 criteria need a better description: Co'
    """
    check_lang(lang)
    if not isinstance(result, RaterAgreement):
        raise refusal(
            "plot_rater_agreement draws what rater_agreement returned",
            type(result).__name__,
            "Run custvalue.rater_agreement(ratings, seed=1) first and pass its result.",
        )
    check_class("plot_rater_agreement: scorecard", scorecard, Scorecard)
    table = result.criteria
    if not table["alpha"].notna().any():
        reason = _ALL_EQUAL if (table["note"] == NO_DIFFERENCE).any() else _NOTHING_TWICE
        return nothing_figure(_SUBJECT, reason.text(lang), lang)
    labels = {criterion.name: criterion.label.text(lang) for criterion in scorecard.criteria}
    names = [
        name_text(labels[name], lang) if name in labels else value_label("criterion", name_text(name, lang), lang)
        for name in table["criterion"]
    ]
    finding = _finding(table, names, lang)
    worst = result.pairs.drop_duplicates("criterion").set_index("criterion")
    unclear = int((table["verdict"] == "unclear").sum())
    sentence = say(
        _SENTENCE if table["verdict"].notna().any() else _ALONE_SENTENCE,
        lang,
        n=count_text(len(table)),
        criteria=agree(len(table), "criterion", "criteria"),
        finding=finding,
        unclear=say(_UNCLEAR, lang, unclear=count_text(unclear), are=agree(unclear, "is", "are")) if unclear else "",
        pair=_worst_pair(table, names, worst, lang),
    ).strip()
    figure = new_figure(finding, sentence)
    _draw(figure, table, names, worst, lang)
    ends = table[["alpha", "low"]].to_numpy(dtype=float)
    low = min(float(np.nanmin(ends)) - ROOM, 0.0)
    ticks = nice_ticks(low, 1.0)
    figure.update_layout(
        xaxis={
            "title": {"text": _AXIS.text(lang)},
            "range": drawn([low, 1.0]),
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [number_text(tick, lang) for tick in ticks],
        },
        yaxis=names_axis(names),
    )
    cuts = [limits.tentative, limits.reliable]
    add_cut_lines(figure, cuts, [number_text(cut, lang) for cut in cuts], layer="below")
    stand(figure, room_for(len(table)))
    return figure


def _finding(table: pd.DataFrame, names: list[str], lang: Lang) -> str:
    n_judged = int(table["verdict"].notna().sum())
    words = {"n": count_text(len(table)), "criteria": agree(len(table), "criterion", "criteria")}
    if not n_judged:
        return say(_TOO_FEW, lang, any=agree(len(table), "the", "any of"), **words)
    judged = _judged(table, names, lang)
    left = len(table) - n_judged
    return judged + (say(_NOT_JUDGED, lang, m=count_text(left)) if left else "")


def _judged(table: pd.DataFrame, names: list[str], lang: Lang) -> str:
    """Say which criteria need work, of all."""
    poor = [
        shortened(name, TITLE_NAME) for name, bad in zip(names, table["verdict"] == "needs_work", strict=True) if bad
    ]
    if not poor:
        ok = int(table["verdict"].isin(["tentative", "reliable"]).sum())
        return say(_NONE, lang, n=count_text(len(table)), ok=count_text(ok), reach=agree(ok, "reaches", "reach"))
    shown = poor[:NAMED]
    if len(poor) > NAMED:
        shown.append(say(_MORE, lang, n=count_text(len(poor) - NAMED)))
    return say(
        _NEED_WORK,
        lang,
        k=count_text(len(poor)),
        n=count_text(len(table)),
        criteria=agree(len(table), "criterion", "criteria"),
        need=agree(len(poor), "needs", "need"),
        names=listed(shown, lang),
    )


def _worst_pair(table: pd.DataFrame, names: list[str], worst: pd.DataFrame, lang: Lang) -> str:
    """Return who disagrees most on the criterion with the lowest alpha."""
    place = int(np.nanargmin(table["alpha"].to_numpy(dtype=float)))
    key = table["criterion"].iloc[place]
    if key not in worst.index or not worst.loc[key, "share_of_disagreement"] > 0:
        return ""
    one, other = (name_text(worst.loc[key, column], lang) for column in ("rater", "other_rater"))
    share = worst.loc[key, "share_of_disagreement"]
    label = _MOST if share > HALF else _LARGEST
    return say(label, lang, criterion=names[place], one=one, other=other, share=percent_text(share, lang))


def _draw(figure: go.Figure, table: pd.DataFrame, names: list[str], worst: pd.DataFrame, lang: Lang) -> None:
    hovers = [_hover(row, name, worst, lang) for row, name in zip(table.to_dict("records"), names, strict=True)]
    with_interval = np.flatnonzero(table["low"].notna())
    figure.add_scatter(
        mode="lines+markers",
        name=_INTERVAL.text(lang),
        x=[x for row in with_interval for x in (*drawn(table[["low", "high"]].iloc[row]), None)],
        y=[y for row in with_interval.tolist() for y in (row, row, None)],
        hoverinfo="skip",
        line={"color": INK, "width": 2},
        marker={"symbol": "line-ns-open", "size": 9, "color": INK},
    )
    verdicts = table["verdict"].astype("object").where(table["verdict"].notna(), "")
    kinds: dict[str, tuple[Label, str, str]] = {**_VERDICTS, "": (_NO_INTERVAL, INK, "circle-open")}
    for verdict, (label, colour, symbol) in kinds.items():
        rows = np.flatnonzero((verdicts == verdict) & table["alpha"].notna())
        if not rows.size:
            continue
        figure.add_scatter(
            mode="markers",
            name=label.text(lang),
            x=drawn(table["alpha"].iloc[rows]),
            y=rows.tolist(),
            hovertext=[hovers[row] for row in rows],
            hoverinfo="text",
            cliponaxis=False,
            marker={"color": colour, "symbol": symbol, "size": 11, "line": {"color": INK, "width": OUTLINE_WIDTH}},
        )


def _hover(row: dict[Any, Any], name: str, worst: pd.DataFrame, lang: Lang) -> str:
    pair = ""
    key = row["criterion"]
    if key in worst.index and worst.loc[key, "share_of_disagreement"] > 0:
        pair = say(
            _PAIR_HOVER,
            lang,
            one=name_text(worst.loc[key, "rater"], lang),
            other=name_text(worst.loc[key, "other_rater"], lang),
            equal=percent_text(worst.loc[key, "share_equal"], lang),
            n=count_text(worst.loc[key, "n"]),
        )
    numbers = {k: "–" if is_missing(row[k]) else number_text(row[k], lang) for k in ("alpha", "low", "high")}
    return hover(say(_HOVER, lang, criterion=name, n=count_text(row["n_prospects"]), pair=pair, **numbers).strip())
