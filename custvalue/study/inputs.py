"""What a study is run on: the clean tables, the day, the period, and the ladder they are read with."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from custvalue.frames.lines import account_revenue
from custvalue.frames.periods import check_freq, last_periods, parse_period, period_labels, periods_per_year
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label
from custvalue.rules.ladder import Ladder


@dataclass(frozen=True, slots=True)
class Inputs:
    """The clean frames by kind, the day of the question, and the period it is about."""

    frames: dict[str, pd.DataFrame]
    as_of: pd.Timestamp
    period: pd.Period
    freq: str
    ladder: Ladder

    @property
    def period_label(self) -> str:
        """The label of the period, such as ``2026Q3``."""
        return str(self.period)

    @property
    def trailing_year(self) -> list[str]:
        """Labels of the periods of the year that ends with the period."""
        return last_periods(self.period, periods_per_year(self.freq))

    @property
    def last_day(self) -> pd.Timestamp:
        """The last day the study looks at: ``as_of``, or the period's last day where that is earlier."""
        return min(self.as_of, self.period.end_time.normalize())

    def lacking(self, kind: str, columns: tuple[str, ...] = ()) -> Label | None:
        """Return why a part cannot run on this kind of table, or None if it can."""
        if kind not in self.frames:
            return Label(f"there is no table of {kind}", f"没有 {kind} 表")
        missing = ", ".join(repr(name) for name in columns if name not in self.frames[kind])
        if missing:
            return Label(f"{kind} has no column {missing}", f"{kind} 表缺少列 {missing}")
        return None if len(self.frames[kind]) else Label(f"the table of {kind} has no rows", f"{kind} 表没有数据行")

    def of_period(self, kind: str) -> pd.DataFrame:
        """Return a table's rows of the period; all its rows where it has no periods."""
        frame = self.frames[kind]
        return frame[frame["period"] == self.period_label] if "period" in frame else frame


def choose_period(period: str | None, as_of: pd.Timestamp, freq: str) -> pd.Period:
    """Return the period asked for, by default the one that contains ``as_of``; a later one is refused."""
    current = as_of.to_period(check_freq(freq))
    if period is None:
        return current
    chosen = parse_period(period, freq)
    if chosen > current:
        raise refusal(
            "the period must have begun by as_of",
            repr(period),
            f"Choose {current} or an earlier one, or a later as_of.",
            f"as_of {as_of:%Y-%m-%d}",
        )
    return chosen


@dataclass(frozen=True, slots=True)
class AccountRevenue:
    """Revenue per account over the trailing year, and the sentence that says where it was taken from."""

    frame: pd.DataFrame
    basis: Label


def trailing_revenue(inputs: Inputs) -> AccountRevenue | None:
    """Return each account's revenue over the trailing year from accounts, else sales lines, else won deals.

    One row per account: ``account``, ``revenue``. Revenue without an account is named in the basis, not ranked.
    """
    year = inputs.trailing_year
    # A period still running on the day may hold later revenue in a table by period; sales lines carry their dates.
    running = inputs.as_of < inputs.period.end_time.normalize()
    has_lines = not inputs.lacking("sales", ("account", "date", "amount"))
    if not inputs.lacking("accounts", ("account", "revenue", "period")) and not (running and has_lines):
        rows = inputs.frames["accounts"]
        rows = rows[rows["period"].isin(year)]
        return _added_up(inputs, rows, "revenue", "the accounts table", "客户表")
    if not inputs.lacking("accounts", ("account", "revenue")) and "period" not in inputs.frames["accounts"]:
        frame = inputs.frames["accounts"][["account", "revenue"]]
        return AccountRevenue(frame, Label("Revenue as given in the accounts table.", "收入取自客户表。"))
    if has_lines:
        lines = inputs.frames["sales"]
        lines = lines[lines["date"] <= inputs.as_of]
        rows = account_revenue(lines, freq=inputs.freq)
        return _added_up(inputs, rows[rows["period"].isin(year)], "revenue", "sales lines", "销售明细")
    if not inputs.lacking("opportunities", ("account", "amount", "closed", "outcome")):
        deals = inputs.frames["opportunities"]
        won = deals[(deals["outcome"] == "won") & (deals["closed"] <= inputs.as_of)]
        won = won.assign(period=period_labels(won["closed"], inputs.freq))
        return _added_up(inputs, won[won["period"].isin(year)], "amount", "won deals", "赢单")
    return None


def _added_up(inputs: Inputs, rows: pd.DataFrame, value: str, en: str, zh: str) -> AccountRevenue:
    year = inputs.trailing_year
    named = rows[rows["account"].notna()]
    frame = named.groupby("account", sort=True)[value].sum(min_count=1).rename("revenue").reset_index()
    periods = [label for label in year if label in set(rows["period"])]
    span, n_nameless = (f"{periods[0]}–{periods[-1]}" if periods else "–"), len(rows) - len(named)
    nameless = float(rows.loc[rows["account"].isna(), value].sum())
    en_text = f"Revenue per account from {en}, {span} ({len(periods)} of {len(year)} periods of the trailing year)."
    zh_text = f"每个客户的收入取自{zh}，{span}（过去一年 {len(year)} 期中的 {len(periods)} 期）。"
    if inputs.as_of < inputs.period.end_time.normalize():
        en_text += f" {inputs.period_label} is still running on {inputs.as_of:%Y-%m-%d}"
        zh_text += f" {inputs.period_label} 在 {inputs.as_of:%Y-%m-%d} 尚未结束"
        en_text += ": its figures may hold later revenue." if en == "the accounts table" else "."
        zh_text += "，其数字可能含之后的收入。" if zh == "客户表" else "。"
    if n_nameless:
        en_text += f" {n_nameless:,} rows without an account, {nameless:,.0f} in all, are not ranked."
        zh_text += f" 另有 {n_nameless:,} 行没有客户名，合计 {nameless:,.0f}，未参与排名。"
    return AccountRevenue(frame, Label(en_text, zh_text))


def targets_per_person(inputs: Inputs) -> float | None:
    """Return the mean yearly target of a salesperson, where all periods of the trailing year have targets."""
    if inputs.lacking("targets", ("owner", "period", "target")):
        return None
    targets = inputs.frames["targets"]
    yearly = targets[targets["period"].isin(inputs.trailing_year)].groupby("owner")["target"].agg(["size", "sum"])
    whole = yearly.loc[yearly["size"] == len(inputs.trailing_year), "sum"]
    mean: Any = whole.mean()
    return float(mean) if len(whole) and mean > 0 else None
