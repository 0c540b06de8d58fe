"""How accounts move between segments, where growth is, and who buys in what rhythm."""

from functools import partial

from custvalue import charts
from custvalue.analysis import (
    buying_pattern,
    customer_lifecycle,
    growth_points,
    segment_accounts,
    segment_migration,
    segment_mobility,
)
from custvalue.rules import playbook
from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs
from custvalue.study.parts.accounts import ANGLES, accounts_by_period, accounts_of_period
from custvalue.study.parts.section import Picture, Piece, Section, need, section_of

SEED = 0
LINES = ("account", "date", "amount")
DEALS = ("account", "created", "closed", "outcome")


def migration_part(inputs: Inputs) -> Section:
    """How accounts moved between the segments over the last two whole periods, and where they may go next."""
    grid = playbook.ACCOUNT_GRID
    rows, periods = accounts_by_period(inputs, *ANGLES, least=2)
    segmented = segment_accounts(rows, grid=grid)
    before, after = (segmented[segmented["period"] == label] for label in periods[-2:])
    moved = segment_migration(before, after, history=segmented, grid=grid, freq=inputs.freq)
    mobility = segment_mobility(segmented, grid=grid, freq=inputs.freq, seed=SEED)
    downgraded = moved.accounts[moved.accounts["movement"] == "downgraded"]
    note = Label(
        f"{periods[-2]} to {periods[-1]}, revenue of the single period; returned accounts are told from new ones by "
        f"the periods since {periods[0]}. The next period is projected from {len(periods)} periods (95 % intervals, "
        f"seed {SEED}) and scored by what earlier periods would have said.",
        f"{periods[-2]} 至 {periods[-1]}，收入为单期；新增与回归客户按 {periods[0]} 以来各期区分。"
        f"下一期由 {len(periods)} 期推算（95%区间，随机种子 {SEED}），并以更早期间的推算结果评分。",
    )
    return Section(
        "migration",
        Label("Movement between segments", "客户类别变动"),
        {
            "migration_summary": moved.summary,
            "migration_angles": moved.angles,
            "downgraded_accounts": downgraded.sort_values("revenue_before", ascending=False, kind="stable")
            if "revenue_before" in downgraded
            else downgraded,
            "segment_mobility": mobility.summary,
            "segment_projection": mobility.projection,
            "projection_score": mobility.scores.tail(1),
        },
        {"migration": Picture("migration_summary", partial(charts.plot_migration, moved, grid=grid))},
        (note,),
    )


def growth_part(inputs: Inputs) -> Section:
    """Where revenue and headroom lie, who becomes a customer, and who is overdue."""
    questions = (
        (Label("growth points", "业务增长点"), _growth_points),
        (Label("customer lifecycle", "客户生命周期"), _lifecycle),
        (Label("buying patterns", "购买模式"), _rhythm),
    )
    return section_of("growth", Label("Growth and rhythm", "增长与节奏"), questions, inputs)


def _growth_points(inputs: Inputs) -> Piece:
    need(inputs, "accounts", "account", "revenue")
    accounts = accounts_of_period(inputs)
    with_lines = not inputs.lacking("sales", (*LINES, "product"))
    lines = inputs.frames["sales"] if with_lines else None
    found = growth_points(accounts, sales=lines, as_of=inputs.last_day)
    note = Label(
        f"Growth points: accounts of {inputs.period_label}, revenue of the trailing year, headroom per year: "
        "compare their shares, not their sums."
        + (" An account's headroom is split over products as its purchases were." if with_lines else ""),
        f"增长点：{inputs.period_label} 的客户，收入为过去一年，增长空间按年计；应比较占比而非合计。"
        + ("客户的增长空间按其采购构成分摊到各产品。" if with_lines else ""),
    )
    return Piece(
        {"growth_groups": found.groups, "growth_accounts": found.accounts},
        {"growth_points": Picture("growth_groups", partial(charts.plot_growth_points, found))},
        (note,),
    )


def _lifecycle(inputs: Inputs) -> Piece:
    need(inputs, "sales", *LINES)
    deals = None if inputs.lacking("opportunities", DEALS) else inputs.frames["opportunities"]
    found = customer_lifecycle(inputs.frames["sales"], deals, as_of=inputs.last_day, freq=inputs.freq)
    note = Label(
        "Lifecycle: new for 12 months after the first purchase, lapsed after four quarters without one (library "
        "default). Accounts first seen in the first quarters of the sales lines may be older: new or existing."
        + ("" if deals is not None else " Without opportunities there are no prospects."),
        "生命周期：首次购买后12个月内为新客户，四个季度未购买为流失（库默认）。销售明细最初几季出现的客户可能更早已是客户：新或老客户。"
        + ("" if deals is not None else "没有商机表，因此没有潜在客户。"),
    )
    return Piece(
        {"lifecycle_periods": found.periods, "lifecycle_steps": found.steps},
        {"customer_lifecycle": Picture("lifecycle_periods", partial(charts.plot_customer_lifecycle, found))},
        (note,),
    )


def _rhythm(inputs: Inputs) -> Piece:
    need(inputs, "sales", *LINES)
    found = buying_pattern(inputs.frames["sales"], as_of=inputs.last_day)
    overdue = found.accounts[found.accounts["overdue"].fillna(value=False).astype(bool)]
    note = Label(
        "Overdue by their own rhythm: a wait this long would be rare while the account is still active; of the "
        "accounts named, about 10 % may only be waiting.",
        "按自身节奏逾期：若客户仍活跃，如此长的等待应属罕见；所列客户中约10%可能只是在等待。",
    )
    return Piece(
        {"overdue_accounts": overdue, "buying_pool": found.pool},
        {"overdue": Picture("overdue_accounts", partial(charts.plot_overdue, found))},
        (note,),
    )
