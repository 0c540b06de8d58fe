"""The parts of the study: each runs on the tables it needs, or says why it was left out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from custvalue import charts
from custvalue.analysis import concentration, score_walls, segment_accounts, segment_summary
from custvalue.effort import profile_people, selling_time
from custvalue.rules import playbook
from custvalue.rules.labels import Label, source_text
from custvalue.screening import rank_opportunities, score_prospects
from custvalue.study.inputs import Inputs, targets_per_person, trailing_revenue
from custvalue.tracking import expected_revenue, pipeline_by_stage, win_rates
from custvalue.tracking.expected import STATE_UNKNOWN

Draw = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure of the study: the table it stands above, and the function of ``lang`` that draws it."""

    table: str
    draw: Draw


@dataclass(frozen=True, slots=True)
class Section:
    """One part's answer: its tables, the figures that stand above them, and its notes."""

    name: str
    title: Label
    tables: dict[str, pd.DataFrame]
    figures: dict[str, Picture] = field(default_factory=dict)
    notes: tuple[Label, ...] = ()


class LeftOut(Exception):  # noqa: N818 (not an error: a part without input)
    """Raised by a part that has no input; it carries the reason."""

    def __init__(self, reason: Label) -> None:
        super().__init__(reason.en)
        self.reason = reason


def _need(inputs: Inputs, kind: str, *columns: str) -> None:
    if reason := inputs.lacking(kind, columns):
        raise LeftOut(reason)


def _rows_of_period(inputs: Inputs, kind: str) -> pd.DataFrame:
    rows = inputs.of_period(kind)
    if rows.empty:
        period = inputs.period_label
        raise LeftOut(Label(f"{kind} has no rows for {period}", f"{kind} 表没有 {period} 的数据行"))
    return rows


def time_part(inputs: Inputs) -> Section:
    """Selling time, priced with the mean target where there are targets."""
    target = targets_per_person(inputs)
    time = selling_time(target_revenue=target)
    notes = [
        Label(
            f"Source: {source_text(playbook.SELLING_YEAR.source)}. The price of an hour is one salesperson's: the mean "
            "yearly target over the hours.",
            f"来源：{source_text(playbook.SELLING_YEAR.source, 'zh')}。每小时价格按每位销售人员的平均年度目标计算。",
        )
    ]
    if target is None:
        notes.append(
            Label("No hour is priced: there are no targets for the whole year.", "没有全年目标，未计算每小时价格。")
        )
    return Section(
        "time",
        Label("Selling time", "销售时间"),
        {"selling_time": time.summary, "selling_year": time.year, "selling_day": time.day},
        {"selling_time": Picture("selling_time", partial(charts.plot_selling_time, time))},
        tuple(notes),
    )


def screening_part(inputs: Inputs) -> Section:
    """Prospects on the scorecard, best first."""
    card = playbook.SCREENING
    _need(inputs, "prospects", "prospect", *card.names)
    prospects = inputs.frames["prospects"]
    undecided = prospects["outcome"].isna() if "outcome" in prospects else pd.Series(True, index=prospects.index)
    scored = score_prospects(prospects[undecided], scorecard=card)
    return Section(
        "screening",
        Label("Screening prospects", "筛选潜在客户"),
        {"prospect_scores": scored.sort_values(["score_low", "score_high"], ascending=False, kind="stable")},
        {"score_ranking": Picture("prospect_scores", partial(charts.plot_scores, scored, scorecard=card))},
        (
            Label(
                f"{card.note} A missing answer is never counted as zero.",
                "公司类型和行业地位是讲座中的两个示例准则，其余准则为库默认，满分20分；"
                "优先行动的14分界线由练习重构。"
                "缺失的答案不按零分计算。",
            ),
            Label(
                f"{len(scored):,} open prospects; {int((~undecided).sum()):,} already won or lost are not ranked.",
                f"{len(scored):,} 个未定潜在客户；{int((~undecided).sum()):,} 个已有结果，不参与排名。",
            ),
        ),
    )


def tracking_part(inputs: Inputs) -> Section:
    """Won revenue and the weighted pipeline, by period, by stage, and win rates."""
    _need(inputs, "opportunities", "amount", "stage", "outcome")
    deals = inputs.frames["opportunities"]
    expected = expected_revenue(deals, as_of=inputs.as_of, freq=inputs.freq, ladder=inputs.ladder)
    tables = {"expected_revenue": expected}
    figures = {
        "expected_revenue": Picture(
            "expected_revenue", partial(charts.plot_expected_revenue, expected, period=inputs.period_label)
        )
    }
    notes = [_ladder_note(inputs)]
    if (expected["period"] == STATE_UNKNOWN).any():
        notes.append(LATER_EVENTS)
    else:
        stages = pipeline_by_stage(deals, as_of=inputs.as_of, ladder=inputs.ladder)
        is_open = deals[deals["outcome"].isna()].rename(columns={"probability": "p_rep"})
        ranked = rank_opportunities(is_open, ladder=inputs.ladder).sort_values("rank", kind="stable")
        ranked = ranked.assign(stage=pd.Categorical(ranked["stage"], inputs.ladder.names, ordered=True))
        tables |= {"pipeline_by_stage": stages, "opportunity_ranking": ranked}
        pipeline = partial(charts.plot_pipeline, stages, ladder=inputs.ladder)
        figures["pipeline_by_stage"] = Picture("pipeline_by_stage", pipeline)
        if len(ranked):
            figures["priority"] = Picture("opportunity_ranking", partial(charts.plot_priority, ranked))
    tables["win_rates"] = win_rates(deals, as_of=inputs.as_of)
    tables |= {
        f"win_rates_by_{group}": win_rates(deals, as_of=inputs.as_of, by=group)
        for group in ("region", "owner", "product")
        if group in deals and deals[group].notna().any()
    }
    if "win_rates_by_region" in tables:
        by_region = tables["win_rates_by_region"]
        figures["win_rates_by_region"] = Picture("win_rates_by_region", partial(charts.plot_win_rates, by_region))
    return Section("tracking", Label("Tracking orders", "追踪订单"), tables, figures, tuple(notes))


LATER_EVENTS = Label(
    "The table holds events after the as-of day, so it does not say at which stage, amount and expected close the open "
    "deals stood on it: their value is shown as unknown. Use the day of the export, or a snapshot taken on the day.",
    "表中含有截止日之后的事件，无法得知未结商机当日的阶段、金额和预计成交日期，其价值按未知列示。请以导出日为截止日，或使用当日快照。",
)


def _ladder_note(inputs: Inputs) -> Label:
    return Label(
        f"Stage percentages: {source_text(inputs.ladder.source)}. They are the chance of ever winning; each open "
        "deal's expected close is taken at its word.",
        f"阶段百分比来源：{source_text(inputs.ladder.source, 'zh')}。它们是最终成交的概率；预计成交日期按填报值采用。",
    )


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
    _need(inputs, "accounts", "potential", "winnable_share", "loyalty")
    accounts = _rows_of_period(inputs, "accounts")
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
    _need(inputs, "walls", "account", "criterion", "today", "tomorrow")
    rows = _rows_of_period(inputs, "walls")
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


def people_part(inputs: Inputs) -> Section:
    """Hunting and farming scores of the salespeople."""
    rule = playbook.HUNTER_FARMER
    _need(inputs, "traits", "rep", *rule.scored_names)
    profiles = profile_people(inputs.frames["traits"], rule=rule)
    return Section(
        "people",
        Label("Hunters and farmers", "猎人与农夫"),
        {"people": profiles.sort_values("lean", ascending=False, kind="stable")},
        {"people": Picture("people", partial(charts.plot_people, profiles))},
        (Label(rule.note, "仅用于发展辅导，绝不用于招聘测试；“事业心”未标明归属，不计分。"),),
    )


PARTS: tuple[tuple[str, Callable[[Inputs], Section]], ...] = (
    ("time", time_part),
    ("screening", screening_part),
    ("tracking", tracking_part),
    ("concentration", concentration_part),
    ("segments", segments_part),
    ("walls", walls_part),
    ("people", people_part),
)
USED_KINDS = ("prospects", "opportunities", "accounts", "sales", "walls", "traits", "targets")
