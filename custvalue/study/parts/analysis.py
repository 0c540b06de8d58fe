"""Accounts: concentration, segments, walls."""

from functools import partial

from custvalue import charts
from custvalue.analysis import concentration, score_walls, segment_accounts, segment_summary
from custvalue.rules import playbook
from custvalue.rules.labels import Label, source_text
from custvalue.study.inputs import Inputs, trailing_revenue
from custvalue.study.parts.section import LeftOut, Picture, Section, need, rows_of_period


def concentration_part(inputs: Inputs) -> Section:
    """How many accounts supply 70-80 % of the trailing year's revenue."""
    revenue = trailing_revenue(inputs)
    if revenue is None or revenue.frame.empty:
        raise LeftOut(
            Label(
                "neither accounts, sales nor won opportunities give revenue per account in the trailing year",
                "客户表、销售明细和赢单都没有过去一年每个客户的收入",
            )
        )
    result = concentration(revenue.frame, account="account")
    return Section(
        "concentration",
        Label("Concentration", "客户集中度"),
        {
            "concentration_summary": result.summary,
            "concentration_accounts": result.accounts.sort_values("rank", kind="stable"),
        },
        {"pareto": Picture("concentration_summary", partial(charts.plot_concentration, result))},
        (revenue.basis,),
    )


def segments_part(inputs: Inputs) -> Section:
    """Segments of the period's accounts."""
    grid = playbook.ACCOUNT_GRID
    need(inputs, "accounts", "potential", "winnable_share", "loyalty")
    accounts = rows_of_period(inputs, "accounts")
    revenue = trailing_revenue(inputs)
    if revenue is not None:
        of_year = revenue.frame.set_index("account")["revenue"]
        accounts = accounts.assign(revenue=accounts["account"].map(of_year))
    segmented = segment_accounts(accounts, grid=grid)
    summary = segment_summary(segmented, grid=grid)
    note = Label(
        f"{inputs.period_label}; potential per year in {grid.currency}, revenue over the trailing year. "
        f"Source: {source_text(grid.source)}. {grid.note}",
        f"{inputs.period_label}；潜力按年计（{grid.currency}），收入为过去一年。"
        f"来源：{source_text(grid.source, 'zh')}。增长空间按潜力的70%计算（库默认）。",
    )
    return Section(
        "segments",
        Label("Account segments", "客户分类"),
        {"segment_summary": summary, "segment_accounts": segmented.sort_values("segment", kind="stable")},
        {"segment_matrix": Picture("segment_summary", partial(charts.plot_segments, summary, grid=grid))},
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
