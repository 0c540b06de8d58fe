"""Won revenue and the open pipeline."""

from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.rules.labels import Label, source_text
from custvalue.screening import rank_opportunities
from custvalue.study.inputs import Inputs
from custvalue.study.parts.deals import need_state_of_day
from custvalue.study.parts.section import LeftOut, Picture, Piece, Section, need, section_of
from custvalue.tracking import (
    coverage,
    expected_revenue,
    forecast_categories,
    pipeline_by_stage,
    probability_disagreement,
    velocity,
    win_rates,
)
from custvalue.tracking.expected import STATE_UNKNOWN

LATER_EVENTS = Label(
    "The table holds events after the as-of day, so it does not say at which stage, amount and expected close the open "
    "deals stood on it: their value is shown as unknown. Use the day of the export, or a snapshot taken on the day.",
    "表中含有截止日之后的事件，无法得知未结商机当日的阶段、金额和预计成交日期，其价值按未知列示。请以导出日为截止日，或使用当日快照。",
)
DISAGREEMENT = (
    "opportunity",
    "account",
    "owner",
    "stage",
    "amount",
    "expected_close",
    "p_stage",
    "p_rep",
    "p_rep_minus_p_stage",
    "expected_rep_minus_stage",
    "rank",
)


def tracking_part(inputs: Inputs) -> Section:
    """Won revenue and the weighted pipeline, by period, stage and category; coverage; win rates."""
    need(inputs, "opportunities", "amount", "stage", "outcome")
    questions = (
        (Label("won and expected revenue", "已赢与预期收入"), _revenue),
        (Label("forecast categories", "预测类别"), _categories),
        (Label("coverage of targets", "目标覆盖"), _coverage),
        (Label("velocity", "流速"), _velocity),
        (Label("the reps' probabilities beside the ladder's", "销售员概率与阶段概率对照"), _disagreement),
        (Label("win rates", "赢单率"), _win_rates),
    )
    return section_of("tracking", Label("Tracking orders", "追踪订单"), questions, inputs)


def _revenue(inputs: Inputs) -> Piece:
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
        return Piece(tables, figures, (*notes, LATER_EVENTS))
    stages = pipeline_by_stage(deals, as_of=inputs.as_of, ladder=inputs.ladder)
    is_open = deals[deals["outcome"].isna()].rename(columns={"probability": "p_rep"})
    ranked = rank_opportunities(is_open, ladder=inputs.ladder).sort_values("rank", kind="stable")
    ranked = ranked.assign(stage=pd.Categorical(ranked["stage"], inputs.ladder.names, ordered=True))
    tables |= {"pipeline_by_stage": stages, "opportunity_ranking": ranked}
    pipeline = partial(charts.plot_pipeline, stages, ladder=inputs.ladder)
    figures["pipeline_by_stage"] = Picture("pipeline_by_stage", pipeline)
    if len(ranked):
        figures["priority"] = Picture("opportunity_ranking", partial(charts.plot_priority, ranked))
    return Piece(tables, figures, tuple(notes))


def _categories(inputs: Inputs) -> Piece:
    deals = need_state_of_day(inputs, "amount", "stage", "expected_close")
    found = forecast_categories(deals, as_of=inputs.as_of, freq=inputs.freq, ladder=inputs.ladder)
    note = Label(
        "Forecast categories by the ladder's percentage: up to 40 % pipeline, above that best case, from 80 % commit "
        "(library default). A roll-up is an amount that may come, not an expected value.",
        "预测类别按阶段百分比划分：40%及以下为一般商机，以上为最佳情况，80%及以上为承诺（库默认）。累计金额是可能实现的金额，不是期望值。",
    )
    return Piece({"forecast_categories": found}, {}, (note,))


def _coverage(inputs: Inputs) -> Piece:
    need(inputs, "targets", "owner", "period", "target")
    targets = inputs.frames["targets"]
    if not (targets["period"] == inputs.period_label).any():
        label = inputs.period_label
        raise LeftOut(Label(f"targets has no rows for {label}", f"目标表没有 {label} 的数据行"))
    deals = need_state_of_day(inputs, "owner", "amount", "expected_close")
    found = coverage(deals, targets, as_of=inputs.as_of, period=inputs.period_label, freq=inputs.freq, by="owner")
    note = Label(
        f"Coverage is of {inputs.period_label}: open deals due in it by what is still needed; overdue deals stand "
        "apart. The open money needed follows from each owner's own win rate.",
        f"覆盖倍数针对 {inputs.period_label}：当期到期的未结商机除以尚需金额，逾期商机另列。"
        "所需未结金额按各负责人自己的赢单率计算。",
    )
    return Piece({"coverage": found}, {}, (note,))


def _velocity(inputs: Inputs) -> Piece:
    deals = need_state_of_day(inputs, "amount", "created", "closed")
    by = ["owner"] if "owner" in deals else []
    return Piece({"velocity": velocity(deals, as_of=inputs.as_of, by=by)})


def _disagreement(inputs: Inputs) -> Piece:
    deals = need_state_of_day(inputs, "amount", "stage", "probability")
    found = probability_disagreement(deals, as_of=inputs.as_of, ladder=inputs.ladder)
    return Piece({"probability_disagreement": found[[name for name in DISAGREEMENT if name in found]]})


def _win_rates(inputs: Inputs) -> Piece:
    deals = inputs.frames["opportunities"]
    tables = {"win_rates": win_rates(deals, as_of=inputs.as_of)}
    tables |= {
        f"win_rates_by_{group}": win_rates(deals, as_of=inputs.as_of, by=group)
        for group in ("region", "owner", "product")
        if group in deals and deals[group].notna().any()
    }
    if "win_rates_by_region" not in tables:
        return Piece(tables)
    drawn = partial(charts.plot_win_rates, tables["win_rates_by_region"])
    return Piece(tables, {"win_rates_by_region": Picture("win_rates_by_region", drawn)})


def _ladder_note(inputs: Inputs) -> Label:
    return Label(
        f"Stage percentages: {source_text(inputs.ladder.source)}. They are the chance of ever winning; each open "
        "deal's expected close is taken at its word.",
        f"阶段百分比来源：{source_text(inputs.ladder.source, 'zh')}。它们是最终成交的概率；预计成交日期按填报值采用。",
    )
