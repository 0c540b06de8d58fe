"""Accounts: segments and walls."""

from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.analysis import play_table, score_walls, segment_certainty, segment_matrix, segment_summary
from custvalue.rules import playbook
from custvalue.rules.labels import Label, source_text
from custvalue.study.inputs import Inputs
from custvalue.study.parts.accounts import accounts_of_period
from custvalue.study.parts.section import LeftOut, Picture, Piece, Section, need, rows_of_period, section_of

POTENTIAL_ENDS = ("potential_low", "potential_high")


def segments_part(inputs: Inputs) -> Section:
    """Segments of the period's accounts, and how sure they are."""
    questions = (
        (Label("the 27 segments", "27类客户"), _segments),
        (Label("how sure the segments are", "分类的把握程度"), _certainty),
    )
    return section_of("segments", Label("Account segments", "客户分类"), questions, inputs)


def _segments(inputs: Inputs) -> Piece:
    grid = playbook.ACCOUNT_GRID
    segmented = accounts_of_period(inputs)
    summary = segment_summary(segmented, grid=grid)
    note = Label(
        f"{inputs.period_label}; potential per year in {grid.currency}, revenue over the trailing year. "
        f"Source: {source_text(grid.source)}. {grid.note} The plays are a library default, to be edited.",
        f"{inputs.period_label}；潜力按年计（{grid.currency}），收入为过去一年。"
        f"来源：{source_text(grid.source, 'zh')}。增长空间按潜力的70%计算（库默认）。对策为库默认，可修改。",
    )
    return Piece(
        {
            "segment_summary": summary,
            "segment_matrix": segment_matrix(segmented, grid=grid),
            "segment_headroom": segment_matrix(segmented, value="headroom", grid=grid),
            "segment_plays": play_table(),
            "segment_accounts": segmented.sort_values("segment", kind="stable"),
        },
        {
            "segment_matrix": Picture("segment_summary", partial(charts.plot_segments, summary, grid=grid)),
            "segment_treemap": Picture("segment_headroom", partial(charts.plot_segment_treemap, summary, grid=grid)),
        },
        (note,),
    )


def _certainty(inputs: Inputs) -> Piece:
    """Say how sure the segments are, where the potential is given as an interval."""
    accounts = accounts_of_period(inputs)
    need(inputs, "accounts", *POTENTIAL_ENDS)
    if "revenue" not in accounts:
        raise LeftOut(Label("no revenue of the trailing year is known", "没有过去一年的收入"))
    # The accounts are those of a period, but their revenue is that of the trailing year.
    ends = {name: pd.to_numeric(accounts[name], errors="coerce") for name in POTENTIAL_ENDS}
    yearly = accounts.assign(revenue_year=accounts["revenue"], **ends)
    grid = playbook.ACCOUNT_GRID
    found = segment_certainty(yearly, share="winnable_share", revenue="revenue_year", grid=grid)
    note = Label(
        "potential_low and potential_high are taken to hold the potential with 90 % probability (log-normal). The cut "
        "points are the lecture's, not nature's: the last table moves them.",
        "假定潜力有90%的概率落在 potential_low 与 potential_high 之间（对数正态）。"
        "分界点是讲座给出的惯例，并非自然规律：最后一张表将其移动。",
    )
    return Piece(
        {
            "certainty_summary": found.summary,
            "near_thresholds": found.near,
            "threshold_moves": found.moves,
        },
        {"threshold_sensitivity": Picture("threshold_moves", partial(charts.plot_threshold_sensitivity, found))},
        (note,),
    )


def walls_part(inputs: Inputs) -> Section:
    """Walls of the period, weakest first."""
    wall = playbook.WALL
    need(inputs, "walls", "account", "criterion", "today", "tomorrow")
    rows = rows_of_period(inputs, "walls")
    scored = score_walls(rows, wall=wall)
    return Section(
        "walls",
        Label("Walls around accounts", "客户围墙"),
        {"walls": scored.sort_values(["today", "account"], kind="stable")},
        {"walls": Picture("walls", partial(charts.plot_walls, scored, wall=wall))},
        (
            Label(
                wall.scorecard.bands.note, "以20分计：10分以下为差，10–14分为好，高于14分为非常好（幻灯片未说明15分）。"
            ),
        ),
    )
