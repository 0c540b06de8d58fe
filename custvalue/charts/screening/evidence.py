"""Does the scorecard work: win rates by band, and the gains of the highest scores."""

from itertools import combinations
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from custvalue.charts.canvas import (
    add_cut_lines,
    names_axis,
    new_figure,
    nothing_figure,
    percent_axis,
    stand,
)
from custvalue.charts.columns import value_label
from custvalue.charts.theme import BLUE, INK, OUTLINE_WIDTH, ordered_colours
from custvalue.charts.wording import (
    agree,
    count_text,
    drawn,
    hover,
    is_missing,
    joined,
    listed,
    number_text,
    percent_text,
    say,
    shortened,
)
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.screening.evidence import ScorecardEvidence

CHANCE = 0.5
PANELS_HEIGHT = 480
BANDS_FROM, GAINS_TO = 0.68, 0.48
LIGHT = 9

SUBJECT = Label("evidence", "评分依据")
NO_OUTCOME = Label("no outcome is known yet.", "尚无已知结果。")
HIGHER_WIN_MORE = Label("Higher scores win more", "得分高者更易赢单")
_RANKS = Label("{claim}{but}: {pairs}", "{claim}{but}：{pairs}")
_RANKS_NOT = Label(
    "It is not shown that higher scores win more: {pairs}",
    "尚不能证明得分高者更易赢单：{pairs}",
)
_RANKS_WRONG = Label("Higher scores win less: {pairs}", "得分高者反而更少赢单：{pairs}")
_PAIRS = Label(
    "a won prospect outscores a lost one in {auc} of pairs ({low} to {high}; ties count half)",
    "赢单者与丢单者两两相比，{auc}的配对中赢单者得分更高（{low}至{high}；同分计一半）",
)
_WORSE = Label(", but “{band}” wins less often than “{other}”", "，但“{band}”的赢单率低于“{other}”")
_ALIKE = Label(", but the top band is not told apart from {others}", "，但最高一档与{others}无法区分")
_NO_TOP = Label(", but no prospect in the top band is closed", "，但最高一档没有已结潜在客户")
_OTHERS, _QUOTED = Label("the others", "其余各档"), Label("“{band}”", "“{band}”")
_ONE_SCORE = Label(
    "All {n} prospects with a certain score have the same one: nothing to judge scores by",
    "{n}个有确定得分的潜在客户得分全部相同，无法评判得分",
)
_ONE_OUTCOME = Label(
    "{won} of {n} closed {prospects} {were} won: with one outcome only, or no certain score, scores cannot be judged",
    "{n}个已结潜在客户中赢单{won}个：结果只有一种或没有确定得分，无法评判得分",
)
_NOTE_OPEN = Label("{n} still open, not counted.", "{n}个未结，未计入。")
_NOTE_UNSCORED = Label(
    "{n} closed without a certain score, not in the lower panel.", "{n}个已结但得分未定，未计入下图。"
)
_SENTENCE = Label(
    "The upper panel shows the win rate of closed prospects in each band with its interval (bands are told apart where "
    "their intervals do not overlap), the lower one the share of wins held by the highest scores. {finding}. {gain}",
    "上图为各档已结潜在客户的赢单率及其区间（区间不重叠者视为可区分），下图为高分者所占的赢单份额。{finding}。{gain}",
)
_GAIN = Label(
    "The {share} of prospects that scored highest hold {wins} of the wins.",
    "得分最高的{share}潜在客户占全部赢单的{wins}。",
)
_BAND_HOVER = Label(
    "{band}: {won} of {n} closed won, {rate} (interval {low} to {high}); {open} still open.",
    "{band}：已结{n}个中赢单{won}个，即{rate}（区间{low}至{high}）；未结{open}个。",
)
_BAND_EMPTY = Label("{band}: no prospect is closed; {open} still open.", "{band}：没有已结潜在客户；未结{open}个。")
# The dash is what tables show for a missing band.
_NO_BAND = Label("– (answers missing)", "–（缺少答案）")
_OVERALL = Label("all: {rate}", "总体：{rate}")
RATE_AXIS = Label("Win rate of closed prospects", "已结潜在客户赢单率")
_GAIN_HOVER = Label(
    "Scores of {score} or more: {share} of prospects, {wins} of the wins, {lift} times the win rate of all.",
    "得分{score}及以上：占潜在客户{share}、赢单{wins}，赢单率为总体的{lift}倍。",
)
_GAIN_X, _GAIN_Y = (
    Label("Prospects, highest scores first", "潜在客户（得分从高到低）"),
    Label("Of all wins", "占全部赢单"),
)
_INTERVAL, RATE = Label("interval", "区间"), Label("win rate", "赢单率")
_GAINS, _RANDOM = Label("by score", "按得分"), Label("in random order", "随机顺序")


def plot_evidence(result: ScorecardEvidence, *, lang: Lang = "en") -> go.Figure:
    """Draw the win rate of every band with its interval, and below it the gains of the highest scores.

    Parameters
    ----------
    result : ScorecardEvidence
        What :func:`custvalue.scorecard_evidence` returned.
    lang : {"en", "zh"}
        Language of every word.

    Returns
    -------
    plotly.graph_objects.Figure
        Above, one row per band, highest first: a point with its interval. Below, the share of all wins among the
        highest scores, beside the diagonal of a random order.

    Raises
    ------
    ValueError
        If ``result`` is something else.

    Examples
    --------
    >>> import custvalue as cv
    >>> from custvalue.screening.evidence import scorecard_evidence
    >>> plot_evidence(scorecard_evidence(cv.load_prospects(), seed=1)).layout.meta["finding"][:72]
    'Higher scores win more, but the top band is not told apart from the othe'
    """
    check_lang(lang)
    check_evidence(result, "plot_evidence")
    summary = result.summary.iloc[0]
    if not summary["n"]:
        return nothing_figure(SUBJECT, NO_OUTCOME.text(lang), lang)
    finding = auc_finding(result, lang, with_bands=True)
    notes = [
        say(label, lang, n=count_text(summary[column]))
        for label, column in ((_NOTE_OPEN, "n_open"), (_NOTE_UNSCORED, "n_unscored"))
        if summary[column]
    ]
    sentence = say(_SENTENCE, lang, finding=finding, gain=_gain_sentence(result.gains, lang)).strip()
    figure = new_figure(finding, sentence, note=joined(notes, lang))
    _draw_bands(figure, result.bands, float(summary["win_rate_closed"]), lang)
    _draw_gains(figure, result.gains, lang)
    stand(figure, PANELS_HEIGHT)
    return figure


def check_evidence(result: object, caller: str) -> None:
    """Refuse what is no evidence on a scorecard."""
    if not isinstance(result, ScorecardEvidence):
        raise refusal(
            f"{caller} draws what scorecard_evidence returned",
            type(result).__name__,
            "Run custvalue.scorecard_evidence(prospects, seed=1) first and pass its result.",
        )


def higher_win_more(result: ScorecardEvidence) -> bool:
    """Return whether it is shown that higher scores win more: the whole interval of the AUC lies above chance."""
    return bool(result.summary["auc_low"].iloc[0] > CHANCE)


def auc_finding(result: ScorecardEvidence, lang: Lang, *, with_bands: bool = False) -> str:
    """Return whether higher scores win more, no more than the interval allows, and what the bands say to that."""
    summary = result.summary.iloc[0]
    if is_missing(summary["auc"]):
        return say(
            _ONE_OUTCOME,
            lang,
            n=count_text(summary["n"]),
            won=count_text(summary["n_won"]),
            prospects=agree(summary["n"], "prospect", "prospects"),
            were=agree(summary["n_won"], "was", "were"),
        )
    scores = result.calibration
    if scores["score_from"].min() == scores["score_to"].max():
        return say(_ONE_SCORE, lang, n=count_text(summary["n_scored"]))
    ends = {name: percent_text(summary[column], lang) for name, column in _AUC_ENDS}
    pairs = say(_PAIRS, lang, **ends)
    if higher_win_more(result):
        but = _of_bands(result.bands, lang) if with_bands else ""
        return say(_RANKS, lang, claim=HIGHER_WIN_MORE.text(lang), but=but, pairs=pairs)
    return say(_RANKS_WRONG if summary["auc_high"] < CHANCE else _RANKS_NOT, lang, pairs=pairs)


_AUC_ENDS = (("auc", "auc"), ("low", "auc_low"), ("high", "auc_high"))


def _of_bands(bands: pd.DataFrame, lang: Lang) -> str:
    """Return that a band wins less than a lower one, or from which bands the top one is not told apart; or nothing.

    Bands are told apart where their intervals do not overlap.
    """
    named = bands[bands["band"].notna()].to_dict("records")
    seen = [row for row in named if not is_missing(row["win_rate_closed"])]
    for band, other in combinations(seen, 2):
        if band["high"] < other["low"]:
            return say(_WORSE, lang, band=_band_name(band, lang), other=_band_name(other, lang))
    if not seen or seen[0] is not named[0]:
        return _NO_TOP.text(lang)
    alike = [row for row in seen[1:] if row["high"] >= seen[0]["low"]]
    if not alike:
        return ""
    if len(alike) > 1 and len(alike) == len(named) - 1:
        return say(_ALIKE, lang, others=_OTHERS.text(lang))
    return say(_ALIKE, lang, others=listed([say(_QUOTED, lang, band=_band_name(row, lang)) for row in alike], lang))


def _band_name(row: dict[Any, Any], lang: Lang) -> str:
    return shortened(value_label("band", str(row["band"]), lang))


def _gain_sentence(gains: pd.DataFrame, lang: Lang) -> str:
    # One group holds everybody and all wins.
    if len(gains) <= 1 or gains["share_of_wins"].isna().any():
        return ""
    first = gains.iloc[0]
    return say(
        _GAIN,
        lang,
        share=percent_text(first["share_of_prospects"], lang),
        wins=percent_text(first["share_of_wins"], lang),
    )


def _draw_bands(figure: go.Figure, bands: pd.DataFrame, overall: float, lang: Lang) -> None:
    names = [
        _NO_BAND.text(lang) if is_missing(band) else value_label("band", str(band), lang) for band in bands["band"]
    ]
    colours = [*ordered_colours(len(bands["band"].cat.categories))[::-1], INK][: len(bands)]
    places = list(range(len(bands)))
    hovers = [
        hover(
            say(
                _BAND_HOVER if row["n_won"] + row["n_lost"] else _BAND_EMPTY,
                lang,
                band=name,
                won=count_text(row["n_won"]),
                n=count_text(row["n_won"] + row["n_lost"]),
                open=count_text(row["n_open"]),
                rate=percent_text(row["win_rate_closed"], lang, decimals=1),
                low=percent_text(row["low"], lang, decimals=1),
                high=percent_text(row["high"], lang, decimals=1),
            )
        )
        for name, row in zip(names, bands.to_dict("records"), strict=True)
    ]
    figure.add_scatter(
        mode="lines+markers",
        name=_INTERVAL.text(lang),
        x=[x for pair in zip(bands["low"], bands["high"], strict=True) for x in (*drawn(pair), None)],
        y=[y for place in places for y in (place, place, None)],
        hoverinfo="skip",
        line={"color": INK, "width": 2},
        marker={"symbol": "line-ns-open", "size": LIGHT, "color": INK},
    )
    figure.add_scatter(
        mode="markers",
        name=RATE.text(lang),
        x=drawn(bands["win_rate_closed"]),
        y=places,
        hovertext=hovers,
        hoverinfo="text",
        cliponaxis=False,
        marker={"color": colours, "size": 11, "line": {"color": INK, "width": OUTLINE_WIDTH}},
    )
    figure.update_layout(
        xaxis={**percent_axis(1.0, lang), "title": {"text": RATE_AXIS.text(lang)}, "anchor": "y"},
        yaxis={**names_axis(names), "domain": [BANDS_FROM, 1.0], "ticklabelstandoff": LIGHT},
    )
    _overall_line(figure, overall, lang)


def _overall_line(figure: go.Figure, overall: float, lang: Lang) -> None:
    """Mark the win rate of all, in the upper panel only."""
    add_cut_lines(figure, [overall], [say(_OVERALL, lang, rate=percent_text(overall, lang, decimals=1))], layer="below")
    figure.layout.shapes[-1].y0 = BANDS_FROM


def _draw_gains(figure: go.Figure, gains: pd.DataFrame, lang: Lang) -> None:
    hovers = [
        hover(
            say(
                _GAIN_HOVER,
                lang,
                score=number_text(row["score_from"], lang),
                share=percent_text(row["share_of_prospects"], lang),
                wins=percent_text(row["share_of_wins"], lang),
                lift=number_text(row["cumulative_lift"], lang),
            )
        )
        for row in gains.to_dict("records")
    ]
    held = gains["share_of_wins"].notna().any()
    figure.add_scatter(
        mode="lines+markers",
        name=_GAINS.text(lang),
        x=[0.0, *drawn(gains["share_of_prospects"])] if held else [],
        y=[0.0, *drawn(gains["share_of_wins"])] if held else [],
        hovertext=["", *hovers] if held else [],
        hoverinfo="text",
        cliponaxis=False,
        xaxis="x2",
        yaxis="y2",
        line={"color": BLUE, "width": 2.5},
        marker={"color": BLUE, "size": 7},
    )
    figure.add_scatter(
        mode="lines",
        name=_RANDOM.text(lang),
        x=[0.0, 1.0],
        y=[0.0, 1.0],
        hoverinfo="skip",
        xaxis="x2",
        yaxis="y2",
        line={"color": INK, "width": 1.5, "dash": "dash"},
    )
    figure.update_layout(
        xaxis2={
            **percent_axis(1.0, lang),
            "title": {"text": _GAIN_X.text(lang)},
            "anchor": "y2",
            "ticklabelstandoff": 8,  # two axes start at 0 % in this corner
        },
        yaxis2={
            **percent_axis(1.0, lang),
            "title": {"text": _GAIN_Y.text(lang)},
            "domain": [0.0, GAINS_TO],
            "anchor": "x2",
            "ticklabelstandoff": 6,
        },
    )
