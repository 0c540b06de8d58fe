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
    joined,
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
# A pair is named from so many times the share of the disagreement that its comparisons alone would give. So the only
# pair never is: it makes all comparisons.
NOTABLE = 1.5

_SUBJECT = Label("rater agreement", "评分人一致性")
_NOT_MEASURED = Label("Agreement cannot be measured: {reason}.", "无法衡量一致性：{reason}。")
_ALL_EQUAL = Label("all points of a criterion that can be compared are the same", "同一准则中可比较的评分全部相同")
_NO_RATINGS = Label("there are no ratings", "没有评分")
_ALL_MISSING = Label("all points are missing ({n} {ratings})", "{n}条评分的点数全部缺失")
_NOTHING_TWICE = Label("no prospect was rated by two people on the same criterion", "没有潜在客户由两人按同一准则评分")
_NOT_BOTH = Label(
    "no prospect has points of two people on the same criterion; {m} of {n} points {are} missing",
    "没有潜在客户在同一准则上有两人的点数；{n}个点数中缺失{m}个",
)
_NEED_WORK = Label(
    "{k} of {n} {criteria} {need} a better description: {names}", "{n}项准则中有{k}项的描述需要改进：{names}"
)
_MORE = Label("{n} more", "另外{n}项")
_NONE = Label(
    "None of {n} criteria is shown to need a better description, and {reached}",
    "{n}项准则中没有一项可确定需要改进描述，{reached}",
)
_REACHED = Label("{ok} {are} shown to reach the lower limit", "可确定达到下限的有{ok}项")
_NONE_REACHED = Label("none is shown to reach the lower limit", "也没有一项可确定达到下限")
_TOO_FEW = Label(
    "Too few prospects were rated twice to judge {any} {n} {criteria}",
    "两人以上评分的潜在客户过少，{n}项准则均无法判断",
)
_NO_VERDICT = Label(
    "None of {n} criteria can be judged: too few prospects rated twice, or all points the same",
    "{n}项准则均无法判断：两人以上评分的潜在客户过少，或评分全部相同",
)
_NOT_JUDGED = Label("; {m} cannot be judged", "；{m}项无法判断")
_SENTENCE = Label(
    "Points with intervals show Krippendorff's alpha of {n} {criteria}. {finding}.",
    "圆点与区间为{n}项准则的评分一致性系数（克里彭多夫）。{finding}。",
)
_ALONE_SENTENCE = Label(
    "Points show Krippendorff's alpha of {n} {criteria}, without intervals. {finding}.",
    "圆点为{n}项准则的评分一致性系数（克里彭多夫），无区间。{finding}。",
)
_UNCLEAR = Label(
    "{unclear} {are} unclear: the lower limit lies within the interval, or too near to an end of it to tell.",
    "{unclear}项不明确（下限落在区间之内，或离区间端点过近而无法断定）。",
)
_MOST = Label(
    "Most of the disagreement on {criterion}, {share}, is between {one} and {other}, who make {compared} of the "
    "comparisons.",
    "“{criterion}”的分歧大部分（{share}）出现在{one}与{other}之间，而两人只占{compared}的比较。",
)
_LARGEST = Label(
    "The largest share of the disagreement on {criterion}, {share}, is between {one} and {other}, who make {compared} "
    "of the comparisons.",
    "“{criterion}”的分歧中占比最大的（{share}）出现在{one}与{other}之间，而两人只占{compared}的比较。",
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
        return _not_measured(table, lang)
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
    )
    not_clear = say(_UNCLEAR, lang, unclear=count_text(unclear), are=agree(unclear, "is", "are")) if unclear else ""
    figure = new_figure(finding, joined([sentence, not_clear, _worst_pair(table, names, worst, lang)], lang))
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


def _not_measured(table: pd.DataFrame, lang: Lang) -> go.Figure:
    """Return a figure that says why there is no alpha at all; that nothing can be measured is no disagreement."""
    n_missing = int(table["n_missing"].sum())
    n = n_missing + int(table[["n_ratings", "n_single"]].to_numpy().sum())
    if (table["note"] == NO_DIFFERENCE).any():
        reason = _ALL_EQUAL
    elif n_missing:
        reason = _ALL_MISSING if n_missing == n else _NOT_BOTH
    else:
        reason = _NOTHING_TWICE if n else _NO_RATINGS
    words = {"n": count_text(n), "m": count_text(n_missing)}
    grammar = {"ratings": agree(n, "rating", "ratings"), "are": agree(n_missing, "is", "are")}
    sentence = say(_NOT_MEASURED, lang, reason=say(reason, lang, **words, **grammar))
    figure = nothing_figure(_SUBJECT, sentence, lang)
    figure.update_layout(meta={"finding": sentence.rstrip(".。"), "sentence": sentence})
    return figure


def _finding(table: pd.DataFrame, names: list[str], lang: Lang) -> str:
    n_judged = int(table["verdict"].notna().sum())
    words = {"n": count_text(len(table)), "criteria": agree(len(table), "criterion", "criteria")}
    if not n_judged and (table["note"] == NO_DIFFERENCE).any():
        return say(_NO_VERDICT, lang, **words)
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
        reached = say(_REACHED if ok else _NONE_REACHED, lang, ok=count_text(ok), are=agree(ok, "is", "are"))
        return say(_NONE, lang, n=count_text(len(table)), reached=reached)
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
    """Return who disagrees most on the criterion with the lowest alpha, if much more than their comparisons give."""
    place = int(np.nanargmin(table["alpha"].to_numpy(dtype=float)))
    key = table["criterion"].iloc[place]
    if key not in worst.index:
        return ""
    share, compared = worst.loc[key, "share_of_disagreement"], worst.loc[key, "share_of_comparisons"]
    if not share >= NOTABLE * compared:
        return ""
    one, other = (name_text(worst.loc[key, column], lang) for column in ("rater", "other_rater"))
    shares = {"share": percent_text(share, lang), "compared": percent_text(compared, lang)}
    return say(_MOST if share > HALF else _LARGEST, lang, criterion=names[place], one=one, other=other, **shares)


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
