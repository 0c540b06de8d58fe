"""Does the scorecard work: win rates by band, and the gains of the highest scores."""

from typing import Any

import numpy as np
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
    number_text,
    percent_text,
    say,
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
_RANKS = Label(
    "Higher scores win more{but}: of a won and a lost prospect, the won one had scored higher in {auc} of pairs "
    "({low} to {high})",
    "得分高者更易赢单{but}：赢单者与丢单者相比，{auc}的配对中赢单者得分更高（{low}至{high}）",
)
_BUT_TOP = Label(", but the top band does not", "，但最高一档并非如此")
_BUT_SOME = Label(", but not every band wins more than the one below", "，但并非每一档都高于其下一档")
_RANKS_NOT = Label(
    "It is not shown that higher scores win more: of a won and a lost prospect, the won one had scored higher in {auc} "
    "of pairs ({low} to {high})",
    "尚不能证明得分高者更易赢单：赢单者与丢单者相比，{auc}的配对中赢单者得分更高（{low}至{high}）",
)
_RANKS_WRONG = Label(
    "Higher scores win less: of a won and a lost prospect, the won one had scored higher in only {auc} of pairs "
    "({low} to {high})",
    "得分高者反而更少赢单：赢单者与丢单者相比，仅{auc}的配对中赢单者得分更高（{low}至{high}）",
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
    "The upper panel shows the win rate of closed prospects in each band with its interval, the lower one the share of "
    "wins held by the highest scores. {finding}. {gain}",
    "上图为各档已结潜在客户的赢单率及其区间，下图为高分者所占的赢单份额。{finding}。{gain}",
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
_UNDECIDED = Label("undecided", "未定")
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
    >>> plot_evidence(scorecard_evidence(cv.load_prospects(), seed=1)).layout.meta["finding"][:49]
    'Higher scores win more, but the top band does not'
    """
    check_lang(lang)
    check_evidence(result, "plot_evidence")
    summary = result.summary.iloc[0]
    if not summary["n"]:
        return nothing_figure(SUBJECT, NO_OUTCOME.text(lang), lang)
    finding = auc_finding(summary, lang, result.bands)
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


def auc_finding(summary: "pd.Series[Any]", lang: Lang, bands: pd.DataFrame | None = None) -> str:
    """Return whether higher scores win more, no more than the interval allows, and whether a band speaks against it."""
    if is_missing(summary["auc"]):
        return say(
            _ONE_OUTCOME,
            lang,
            n=count_text(summary["n"]),
            won=count_text(summary["n_won"]),
            prospects=agree(summary["n"], "prospect", "prospects"),
            were=agree(summary["n_won"], "was", "were"),
        )
    label = _RANKS if summary["auc_low"] > CHANCE else _RANKS_WRONG if summary["auc_high"] < CHANCE else _RANKS_NOT
    ends = {name: percent_text(summary[column], lang) for name, column in _AUC_ENDS}
    return say(label, lang, but=_against(bands, lang), **ends)


_AUC_ENDS = (("auc", "auc"), ("low", "auc_low"), ("high", "auc_high"))


def _against(bands: pd.DataFrame | None, lang: Lang) -> str:
    """Return that the top band wins no more than a lower one, or else that some other band does not; or nothing."""
    if bands is None:
        return ""
    named = bands[bands["band"].notna()]
    rates = named.loc[named["win_rate_closed"].notna(), "win_rate_closed"].to_numpy(dtype=float)
    if not rates.size or (np.diff(rates) < 0).all():
        return ""
    top_falls_short = bool(named["win_rate_closed"].notna().iloc[0]) and rates[0] <= rates[1:].max(initial=-1.0)
    return (_BUT_TOP if top_falls_short else _BUT_SOME).text(lang)


def _gain_sentence(gains: pd.DataFrame, lang: Lang) -> str:
    if not len(gains) or gains["share_of_wins"].isna().any():
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
        _UNDECIDED.text(lang) if is_missing(band) else value_label("band", str(band), lang) for band in bands["band"]
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
        yaxis={**names_axis(names), "domain": [BANDS_FROM, 1.0]},
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
