"""The win rate that goes with a score: groups of scores with intervals, and what was fitted to them."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import new_figure, nice_ticks, nothing_figure, percent_axis, stand
from custvalue.charts.screening.evidence import (
    HIGHER_WIN_MORE,
    NO_OUTCOME,
    RATE,
    RATE_AXIS,
    SUBJECT,
    auc_finding,
    check_evidence,
    higher_win_more,
)
from custvalue.charts.theme import BLUE, INK, NOTE_SIZE, VERMILLION
from custvalue.charts.wording import agree, count_text, drawn, hover, markup, number_text, percent_text, say
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.screening.evidence import ScorecardEvidence

CURVE_HEIGHT, POINT = 320, 9
# Counts of groups beyond this share of the axis stand left of their point: right of it they would be cut off.
NEAR_END = 0.92

_RISE = Label("{claim}: {lowest}, {highest}{alike}", "{claim}：{lowest}，{highest}{alike}")
_LOWEST = Label(
    "{rate} of {n} {prospects} with {scores} won ({low} to {high})", "{scores}的{n}个中赢单{rate}（{low}至{high}）"
)
_HIGHEST = Label("{rate} of {n} with {scores} ({low} to {high})", "{scores}的{n}个中赢单{rate}（{low}至{high}）")
_SCORE, _SCORES = Label("a score of {low}", "得分{low}"), Label("scores {low} to {high}", "得分{low}至{high}")
_ALIKE = Label("; these two groups alone are not told apart", "；仅凭这两组无法区分")
_CURVE_SENTENCE = Label(
    "Points with intervals show the win rate of {n} {groups} of scores, a line and steps what was fitted to them. "
    "{finding}. {falls}",
    "圆点与区间为{n}组得分的赢单率，曲线与阶梯为拟合结果。{finding}。{falls}",
)
_POINTS_SENTENCE = Label(
    "Points with intervals show the win rate of {n} {groups} of scores. {finding}.",
    "圆点与区间为{n}组得分的赢单率。{finding}。",
)
_FALLS = Label(
    "From one group to the next higher one the win rate falls {n} of {steps} times; the line and the steps cannot fall "
    "and do not show it.",
    "相邻两组之间，赢单率在{steps}次中有{n}次下降；曲线与阶梯不会下降，因此不显示这一点。",
)
_CURVE_NOTE = Label(
    "Fitted to the {n} prospects shown: no forecast for new ones.", "依据图中{n}个潜在客户拟合，并非对新客户的预测。"
)
_NO_SCORE = Label(
    "no prospect of known outcome has a certain score: answers are missing, or all are knocked out.",
    "已知结果的潜在客户均无确定得分：缺少答案或一票否决。",
)
_SCORE_AXIS = Label("Score", "得分")
_LINE, _STEPS = Label("fitted line", "拟合线"), Label("fitted steps", "拟合阶梯")
_BIN_HOVER = Label(
    "Scores {low} to {high}: {won} of {n} won, {rate} (interval {rate_low} to {rate_high}).",
    "得分{low}至{high}：{n}个中赢单{won}个，即{rate}（区间{rate_low}至{rate_high}）。",
)


def plot_score_calibration(result: ScorecardEvidence, *, lang: Lang = "en") -> go.Figure:
    """Draw the win rate that goes with a score: groups of scores with intervals, a fitted line and fitted steps.

    Line and steps are held at not falling; where the win rate falls from group to group the sentence says so. The title
    tells the lowest and the highest group only where it is shown that higher scores win more, on the same condition as
    :func:`plot_evidence`.

    Parameters
    ----------
    result : ScorecardEvidence
        What :func:`custvalue.scorecard_evidence` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        One point with its interval per group of scores at its mean score; the line where scores were seen, the steps
        from the first group's mean score to the last one's, since beyond them they rest on very few prospects.

    Raises
    ------
    ValueError
        If ``result`` is something else.

    Examples
    --------
    >>> import custvalue as cv
    >>> from custvalue.screening.evidence import scorecard_evidence
    >>> plot_score_calibration(scorecard_evidence(cv.load_prospects(), seed=1)).layout.meta["finding"][:82]
    'Higher scores win more: 41 % of 41 prospects with scores 2 to 8 won (28 % to 57 %)'
    """
    check_lang(lang)
    check_evidence(result, "plot_score_calibration")
    table = result.calibration
    if not len(table):
        return nothing_figure(SUBJECT, (_NO_SCORE if result.summary["n"].item() else NO_OUTCOME).text(lang), lang)
    seen = result.curve[result.curve["observed_range"]]
    # Through one score there is no line.
    fitted = len(seen) > 1 and bool(seen["logistic_win_rate"].notna().any())
    # Observed groups, not the line: its ends rest on few prospects, and it cannot fall where high scores win less.
    top = table.iloc[-1]
    highest = not (table["low"] > top["high"]).any()
    rises = higher_win_more(result) and highest and top["win_rate_closed"] > table["win_rate_closed"].iloc[0]
    finding = _rise(table, lang) if rises else auc_finding(result, lang)
    sentence = say(
        _CURVE_SENTENCE if fitted else _POINTS_SENTENCE,
        lang,
        n=count_text(len(table)),
        groups=agree(len(table), "group", "groups"),
        finding=finding,
        falls=_falls(table, lang) if fitted else "",
    ).strip()
    note = say(_CURVE_NOTE, lang, n=count_text(table["n"].sum())) if fitted else ""
    figure = new_figure(finding, sentence, note=note)
    scores = result.curve["score"]
    end = scores.min() + NEAR_END * np.ptp(scores)
    _draw_calibration(figure, table, seen if fitted else seen.iloc[:0], end, lang)
    ticks = nice_ticks(scores.min(), scores.max())
    figure.update_layout(
        xaxis={
            "title": {"text": _SCORE_AXIS.text(lang)},
            "range": drawn([scores.min(), scores.max()]),
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [number_text(tick, lang) for tick in ticks],
        },
        yaxis={**percent_axis(1.0, lang), "title": {"text": RATE_AXIS.text(lang)}, "ticklabelstandoff": 6},
    )
    stand(figure, CURVE_HEIGHT)
    return figure


def _falls(table: pd.DataFrame, lang: Lang) -> str:
    """Return how often the win rate falls from group to group, or nothing where it does not."""
    steps = np.diff(table["win_rate_closed"])
    falls = int((steps < 0).sum())
    return say(_FALLS, lang, n=count_text(falls), steps=count_text(steps.size)) if falls else ""


def _rise(table: pd.DataFrame, lang: Lang) -> str:
    """Return what the lowest and the highest group won, and whether their intervals leave them alike."""
    groups = [table.iloc[0], table.iloc[-1]]
    lowest, highest = (
        say(
            label,
            lang,
            rate=percent_text(group["win_rate_closed"], lang),
            n=count_text(group["n"]),
            prospects=agree(group["n"], "prospect", "prospects"),
            scores=say(
                _SCORE if group["score_from"] == group["score_to"] else _SCORES,
                lang,
                low=number_text(group["score_from"], lang),
                high=number_text(group["score_to"], lang),
            ),
            low=percent_text(group["low"], lang),
            high=percent_text(group["high"], lang),
        )
        for label, group in zip((_LOWEST, _HIGHEST), groups, strict=True)
    )
    alike = _ALIKE.text(lang) if groups[0]["high"] >= groups[1]["low"] else ""
    return say(_RISE, lang, claim=HIGHER_WIN_MORE.text(lang), lowest=lowest, highest=highest, alike=alike)


def _draw_calibration(figure: go.Figure, table: pd.DataFrame, seen: pd.DataFrame, end: float, lang: Lang) -> None:
    hovers = [
        hover(
            say(
                _BIN_HOVER,
                lang,
                low=number_text(row["score_from"], lang),
                high=number_text(row["score_to"], lang),
                won=count_text(row["n_won"]),
                n=count_text(row["n"]),
                rate=percent_text(row["win_rate_closed"], lang, decimals=1),
                rate_low=percent_text(row["low"], lang, decimals=1),
                rate_high=percent_text(row["high"], lang, decimals=1),
            )
        )
        for row in table.to_dict("records")
    ]
    between = seen["score"].between(table["mean_score"].min(), table["mean_score"].max())
    for label, column, colour, dash, shape in (
        (_LINE, "logistic_win_rate", BLUE, "solid", "linear"),
        (_STEPS, "isotonic_win_rate", VERMILLION, "dot", "hv"),
    ):
        figure.add_scatter(
            mode="lines",
            name=label.text(lang),
            x=drawn(seen.loc[between | (label is _LINE), "score"]),
            y=drawn(seen.loc[between | (label is _LINE), column]),
            hoverinfo="skip",
            line={"color": colour, "width": 2, "dash": dash, "shape": shape},
        )
    rates = table[["win_rate_closed", "low", "high"]].to_numpy()
    figure.add_scatter(
        mode="markers+text",
        name=RATE.text(lang),
        x=drawn(table["mean_score"]),
        y=drawn(rates[:, 0]),
        text=[markup(f"  {count_text(n)}  ") for n in table["n"]],
        # Above the point: the steps often run through it.
        textposition=["top left" if score > end else "top right" for score in table["mean_score"]],
        textfont={"size": NOTE_SIZE},
        hovertext=hovers,
        hoverinfo="text",
        cliponaxis=False,
        marker={"color": INK, "size": POINT},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": drawn(np.maximum(rates[:, 2] - rates[:, 0], 0.0)),
            "arrayminus": drawn(np.maximum(rates[:, 0] - rates[:, 1], 0.0)),
            "color": INK,
        },
    )
