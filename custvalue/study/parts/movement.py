"""What moved the pipeline since the period began, and what to do next about every open deal."""

from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.rules.followup import FOLLOW_UP
from custvalue.rules.labels import Label, source_text
from custvalue.study.inputs import Inputs
from custvalue.study.parts.deals import need_state_of_day
from custvalue.study.parts.section import LeftOut, Picture, Piece, Section, need, section_of
from custvalue.tracking import follow_up, pipeline_movement, slippage, time_in_stage

LEVELS = ("opening", "closing")
BECAME = ("opportunity", "outcome", "closed", "amount", "created")
FOLLOWED = (
    "opportunity",
    "account",
    "owner",
    "stage",
    "attitude",
    "amount",
    "action",
    "action_zh",
    "hours",
    "expected",
    "expected_per_hour",
    "rank",
    "cumulative_hours",
    "days_in_stage",
    "limit_days",
    "stalled",
    "stalled_note",
    "n_slips",
    "slipped_often",
)


def movement_part(inputs: Inputs) -> Section:
    """Say what moved the pipeline, which deals slip, and what to do next."""
    questions = (
        (Label("movement between two snapshots", "两次快照之间的变动"), _movement),
        (Label("slippage", "推迟"), _slippage),
        (Label("follow-up list", "跟进清单"), _follow_up),
        (Label("time in stage", "阶段停留时间"), _stage_time),
    )
    return section_of("movement", Label("What moved, and what to do next", "变动与下一步"), questions, inputs)


def _movement(inputs: Inputs) -> Piece:
    need(inputs, "snapshots", "snapshot", "opportunity", "amount")
    seen = inputs.frames["snapshots"]
    seen = seen[seen["snapshot"] <= inputs.last_day]
    start = inputs.period.start_time.normalize()
    opening, closing = seen.loc[seen["snapshot"] <= start, "snapshot"].max(), seen["snapshot"].max()
    if pd.isna(opening) or opening == closing:
        raise LeftOut(
            Label(
                f"snapshots must be there from {start:%Y-%m-%d} or before and from a later day of {inputs.period}",
                f"需要 {start:%Y-%m-%d} 或之前的快照，以及 {inputs.period} 之后某日的快照",
            )
        )
    before, after = (seen[seen["snapshot"] == day] for day in (opening, closing))
    deals = None if inputs.lacking("opportunities", BECAME) else inputs.frames["opportunities"]
    moved = pipeline_movement(before, after, opportunities=deals, freq=inputs.freq)
    changes = moved.deals[~moved.deals["bar"].isin(LEVELS)]
    tables = {"pipeline_movement": moved.bars, "movement_summary": moved.summary, "movement_deals": changes}
    if len(moved.set_apart_deals):
        tables["movement_set_apart"] = moved.set_apart_deals
    if "owner" in seen and seen["owner"].notna().any():
        by_owner = pipeline_movement(before, after, opportunities=deals, freq=inputs.freq, by="owner")
        tables |= {"movement_by_owner": by_owner.summary, "movement_bars_by_owner": by_owner.bars}
    note = Label(
        f"All open deals, from the snapshot of {opening:%Y-%m-%d} to that of {closing:%Y-%m-%d}. A deal that did "
        "several things is booked once, in a fixed order, won and lost ones at their opening amount.",
        f"全部未结商机，自 {opening:%Y-%m-%d} 的快照至 {closing:%Y-%m-%d} 的快照。"
        "发生多种变动的商机按固定顺序只记一次，赢单与丢单按期初金额。",
    )
    drawn = partial(charts.plot_pipeline_movement, moved)
    return Piece(tables, {"pipeline_movement": Picture("pipeline_movement", drawn)}, (note,))


def _slippage(inputs: Inputs) -> Piece:
    """List the deals of the latest snapshot by how often they slipped."""
    need(inputs, "snapshots", "snapshot", "opportunity", "expected_close")
    seen = inputs.frames["snapshots"]
    seen = seen[seen["snapshot"] <= inputs.last_day]
    found = slippage(seen, as_of=inputs.last_day, freq=inputs.freq)
    still_open = seen.loc[seen["snapshot"] == seen["snapshot"].max(), "opportunity"]
    slipped = found[found["opportunity"].isin(still_open) & (found["n_slips"] > 0)]
    return Piece({"slippage": slipped.sort_values(["n_slips", "days_later"], ascending=False, kind="stable")})


def _follow_up(inputs: Inputs) -> Piece:
    deals = need_state_of_day(inputs, "amount", "stage")
    if not set(inputs.ladder.names) <= set(FOLLOW_UP.stages):
        raise LeftOut(
            Label("the table of actions is for the stages of the lecture", "行动表只适用于讲座所列的销售阶段")
        )
    named = "opportunity" in deals
    history = inputs.frames.get("stage_history") if named and not _no_history(inputs) else None
    seen = inputs.frames.get("snapshots") if named and not _no_snapshots(inputs) else None
    todo = follow_up(
        deals, as_of=inputs.as_of, stage_history=history, snapshots=seen, ladder=inputs.ladder, freq=inputs.freq
    )
    note = Label(
        f"Actions and hours by stage and attitude: {source_text(FOLLOW_UP.source)}. {FOLLOW_UP.note}"
        + ("" if history is not None else " Without a stage history nobody is called stalled.")
        + ("" if seen is not None else " Without snapshots slips are not known."),
        f"行动与小时数按阶段和态度确定：{source_text(FOLLOW_UP.source, 'zh')}；小时数为准备和洽谈的销售时间，不含路程。"
        + ("" if history is not None else "没有阶段历史，不判断停滞。")
        + ("" if seen is not None else "没有快照，推迟次数未知。"),
    )
    table = todo[[name for name in FOLLOWED if name in todo]]
    return Piece(
        {"follow_up": table}, {"follow_up": Picture("follow_up", partial(charts.plot_follow_up, todo))}, (note,)
    )


def _stage_time(inputs: Inputs) -> Piece:
    if reason := _no_history(inputs):
        raise LeftOut(reason)
    need(inputs, "opportunities", "opportunity", "outcome", "closed")
    history, deals = inputs.frames["stage_history"], inputs.frames["opportunities"]
    return Piece({"time_in_stage": time_in_stage(history, deals, as_of=inputs.as_of, ladder=inputs.ladder)})


def _no_history(inputs: Inputs) -> Label | None:
    return inputs.lacking("stage_history", ("opportunity", "stage", "entered"))


def _no_snapshots(inputs: Inputs) -> Label | None:
    return inputs.lacking("snapshots", ("snapshot", "opportunity", "expected_close"))
