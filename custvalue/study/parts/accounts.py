"""Accounts in their segments: those of the study's period, and those of the whole periods before it."""

import pandas as pd

from custvalue.analysis import segment_accounts
from custvalue.frames.periods import parse_period
from custvalue.rules import playbook
from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs, trailing_revenue
from custvalue.study.parts.section import LeftOut, need, need_calendar, rows_of_period

ANGLES = ("potential", "winnable_share", "loyalty")


def accounts_of_period(inputs: Inputs) -> pd.DataFrame:
    """Return the period's accounts in their segments, with the revenue of the trailing year where it is known."""
    need(inputs, "accounts", *ANGLES)
    accounts = rows_of_period(inputs, "accounts")
    revenue = trailing_revenue(inputs)
    if revenue is not None:
        of_year = revenue.frame.set_index("account")["revenue"]
        accounts = accounts.assign(revenue=accounts["account"].map(of_year))
    return segment_accounts(accounts, grid=playbook.ACCOUNT_GRID, plays=playbook.ACCOUNT_PLAYS)


def whole_periods(inputs: Inputs, rows: pd.DataFrame) -> list[str]:
    """Return the periods over by the day that follow each other without a gap and end last, oldest first.

    A period still running is left out: its row may hold what came after the day, or only a part of the period.
    """
    past = {
        parse_period(label, inputs.freq)
        for label in rows["period"].dropna().unique()
        if parse_period(label, inputs.freq) <= inputs.period
    }
    over = sorted(period for period in past if period.end_time.normalize() <= inputs.as_of)
    kept = over[-1:]
    for period in reversed(over[:-1]):
        if period != kept[0] - 1:
            break
        kept.insert(0, period)
    return [str(period) for period in kept]


def accounts_by_period(inputs: Inputs, *columns: str, least: int) -> tuple[pd.DataFrame, list[str]]:
    """Return the accounts' rows of the whole periods and these periods; leave out where there are fewer than least."""
    need(inputs, "accounts", "account", "period", *columns)
    need_calendar(inputs, "accounts")
    rows = inputs.frames["accounts"]
    periods = whole_periods(inputs, rows)
    if len(periods) < least:
        raise LeftOut(
            Label(
                f"accounts must have {least} or more successive periods that are over; there are {len(periods)}",
                f"客户表需有至少 {least} 个连续且已结束的期间，现有 {len(periods)} 个",
            )
        )
    return rows[rows["period"].isin(periods)], periods
