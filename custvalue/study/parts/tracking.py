"""Won revenue and the open pipeline."""

from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.rules.labels import Label, source_text
from custvalue.screening import rank_opportunities
from custvalue.study.inputs import Inputs
from custvalue.study.parts.section import Picture, Section, need
from custvalue.tracking import expected_revenue, pipeline_by_stage, win_rates
from custvalue.tracking.expected import STATE_UNKNOWN

LATER_EVENTS = Label(
    "The table holds events after the as-of day, so it does not say at which stage, amount and expected close the open "
    "deals stood on it: their value is shown as unknown. Use the day of the export, or a snapshot taken on the day.",
    "表中含有截止日之后的事件，无法得知未结商机当日的阶段、金额和预计成交日期，其价值按未知列示。请以导出日为截止日，或使用当日快照。",
)


def tracking_part(inputs: Inputs) -> Section:
    """Won revenue and the weighted pipeline, by period, by stage, and win rates."""
    need(inputs, "opportunities", "amount", "stage", "outcome")
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


def _ladder_note(inputs: Inputs) -> Label:
    return Label(
        f"Stage percentages: {source_text(inputs.ladder.source)}. They are the chance of ever winning; each open "
        "deal's expected close is taken at its word.",
        f"阶段百分比来源：{source_text(inputs.ladder.source, 'zh')}。它们是最终成交的概率；预计成交日期按填报值采用。",
    )
