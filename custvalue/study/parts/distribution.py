"""What the open deals may bring: the chance of every revenue, how it narrowed, and the deals it hangs on."""

from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.frames.periods import parse_period
from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs
from custvalue.study.parts.deals import need_state_of_day, period_ahead
from custvalue.study.parts.section import LeftOut, Picture, Piece, Section, need, need_calendar, section_of
from custvalue.tracking import RevenueDistribution, deal_influence, revenue_distribution, revenue_fan

# The library's assumption where nobody has learnt one from past forecast errors; independent deals stand beside it.
CORRELATION = 0.2
INDEPENDENT = 0.0
FIRST = ("period", "correlation", "mean", "sd", "p10", "p50", "p90", "target", "chance_at_least")
DEALS = ("amount", "stage", "expected_close")
SEEN, BECAME = ("snapshot", "opportunity", *DEALS), ("opportunity", "outcome", "closed", "amount")


def distribution_part(inputs: Inputs) -> Section:
    """Say what the period ahead may bring, the deals its target hangs on, and how the period so far narrowed."""
    questions = (
        (Label("distribution of revenue", "收入分布"), _revenue),
        (Label("the fan by week", "按周扇形图"), _fan),
        (Label("the deals the target hangs on", "目标所系的商机"), _influence),
    )
    return section_of("distribution", Label("What the pipeline may bring", "商机可能带来的收入"), questions, inputs)


def _revenue(inputs: Inputs) -> Piece:
    deals, ahead = _open_deals(inputs), period_ahead(inputs)
    found = {
        correlation: revenue_distribution(
            deals,
            correlation=correlation,
            as_of=inputs.as_of,
            period=str(ahead),
            freq=inputs.freq,
            ladder=inputs.ladder,
        )
        for correlation in (CORRELATION, INDEPENDENT)
    }
    assumed = found[CORRELATION]
    goal = _target(inputs, ahead)
    reached = None if goal is None else goal[0]
    summary = pd.concat([_with_target(one, reached) for one in found.values()], ignore_index=True)
    notes = [
        Label(
            f"{ahead}: won so far plus the open deals expected to close in it. Assumed: any two deals share a latent "
            f"correlation of {CORRELATION:g} (library default; learn yours from past forecast errors). The second row "
            "of the table takes them as independent, which gives an interval too narrow for most teams. Expected "
            "closes are taken at their word; deals not yet created are not in it.",
            f"{ahead}：已赢金额加预计当期成交的未结商机。假定任意两个商机的潜在相关系数为 {CORRELATION:g}"
            "（库默认，应由以往预测误差得出）。表中第二行假定商机相互独立，对多数团队而言区间过窄。预计成交日期按填报值采用；尚未创建的商机不计入。",
        ),
        _target_note(goal, ahead),
    ]
    drawn = partial(charts.plot_revenue_distribution, assumed, target=reached)
    return Piece(
        {"revenue_distribution": summary, "distribution_left_out": assumed.left_out},
        {"revenue_distribution": Picture("revenue_distribution", drawn)},
        tuple(notes),
    )


def _fan(inputs: Inputs) -> Piece:
    """Show the study's period as it stood on each snapshot day; what became of deals later has no part in it."""
    need(inputs, "snapshots", *SEEN)
    need(inputs, "opportunities", *BECAME)
    seen = inputs.frames["snapshots"]
    found = revenue_fan(
        seen[seen["snapshot"] <= inputs.last_day],
        inputs.frames["opportunities"],
        correlation=CORRELATION,
        period=inputs.period_label,
        freq=inputs.freq,
        ladder=inputs.ladder,
    )
    if found.empty:
        label = inputs.period_label
        raise LeftOut(Label(f"no snapshot was taken in {label}", f"{label} 内没有快照"))
    goal = _target(inputs, inputs.period)
    target = goal[0] if goal is not None and goal[1] == inputs.period_label else None
    note = Label(
        f"The fan shows the revenue of {inputs.period_label} as it stood on each snapshot day: what was won by then, "
        "and the snapshot's open deals at the same assumed correlation. A fan that drifts down shows deals that slip, "
        "one that drifts up deals created later, or overdue ones that came in after all.",
        f"扇形图显示 {inputs.period_label} 的收入在各快照日的分布：当日已赢金额加快照中的未结商机，相关性假设同上。"
        "向下漂移说明商机推迟，向上漂移说明有新建商机或逾期商机成交。",
    )
    drawn = partial(charts.plot_revenue_fan, found, target=target)
    return Piece({"revenue_fan": found}, {"revenue_fan": Picture("revenue_fan", drawn)}, (note,))


def _influence(inputs: Inputs) -> Piece:
    deals, ahead = _open_deals(inputs), period_ahead(inputs)
    goal = _target(inputs, ahead)
    if goal is None:
        raise LeftOut(Label("there are no targets", "没有目标"))
    found = deal_influence(
        deals,
        correlation=CORRELATION,
        target=goal[0],
        as_of=inputs.as_of,
        period=str(ahead),
        freq=inputs.freq,
        ladder=inputs.ladder,
    )
    ranked = found.deals.sort_values("rank", kind="stable")
    return Piece(
        {"deal_influence": ranked, "influence_summary": found.summary},
        {"deal_influence": Picture("deal_influence", partial(charts.plot_deal_influence, found))},
    )


def _open_deals(inputs: Inputs) -> pd.DataFrame:
    """Return the opportunities; leave the part out where none is due in the period ahead."""
    deals, ahead = need_state_of_day(inputs, *DEALS), period_ahead(inputs)
    due = (
        deals["outcome"].isna() & deals["amount"].notna() & (deals["expected_close"].dt.to_period(inputs.freq) == ahead)
    )
    if not due.any():
        raise LeftOut(Label(f"no open deal is expected to close in {ahead}", f"没有预计在 {ahead} 成交的未结商机"))
    return deals


def _target(inputs: Inputs, ahead: pd.Period) -> tuple[float, str] | None:
    """Return the target of the period ahead and its period; that of the latest period before where it has none."""
    if inputs.lacking("targets", ("period", "target")):
        return None
    try:
        need_calendar(inputs, "targets")
    except LeftOut:
        return None
    totals = inputs.frames["targets"].groupby("period")["target"].sum(min_count=1).dropna()
    known = [label for label in totals.index if parse_period(label, inputs.freq) <= ahead]
    if not known:
        return None
    latest = max(known, key=lambda label: parse_period(label, inputs.freq))
    return float(totals[latest]), str(latest)


def _target_note(goal: tuple[float, str] | None, ahead: pd.Period) -> Label:
    if goal is None:
        return Label("There are no targets, so no chance of target is given.", "没有目标，未给出达成目标的机会。")
    amount, label = goal
    if label == str(ahead):
        return Label(f"Target of {ahead}: {amount:,.0f}.", f"{ahead} 的目标：{amount:,.0f}。")
    return Label(
        f"There is no target for {ahead} yet: that of {label}, {amount:,.0f}, stands in for it.",
        f"{ahead} 尚无目标，以 {label} 的目标 {amount:,.0f} 代替。",
    )


def _with_target(found: RevenueDistribution, target: float | None) -> pd.DataFrame:
    """Return the summary, what is assumed first, with the chance of target."""
    table = found.summary
    if target is not None:
        table = table.assign(target=target, chance_at_least=found.at_least(target))
    first = [name for name in FIRST if name in table]
    return table[[*first, *table.columns.drop(first)]]
