"""Selling time: the year and the day, deduction by deduction, and the price of an hour."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from custvalue.frames.parts import Parts
from custvalue.rules import playbook
from custvalue.rules.effort import SellingYear
from custvalue.rules.errors import refusal


@dataclass(frozen=True, slots=True)
class SellingTime(Parts):
    """The answer of :func:`selling_time`: ``.year`` and ``.day`` deduction by deduction, and ``.summary``."""

    year: pd.DataFrame
    day: pd.DataFrame
    summary: pd.DataFrame


def selling_time(*, rule: SellingYear = playbook.SELLING_YEAR, target_revenue: float | None = None) -> SellingTime:
    """Deduct from the year and the day what is not selling, and price the hour that is left.

    ``selling days = 365 − 11 − 104 − 25 − 4 × 2 = 217``; ``T1 = 8 − (T2 + T3 + T4 + T5)`` hours a day;
    ``price of an hour = target revenue ÷ (selling days × T1)``.

    Parameters
    ----------
    rule : SellingYear
        The deductions; ``playbook.SELLING_YEAR`` by default.
    target_revenue : float, optional
        One salesperson's revenue target for the year, in whole currency units.

    Returns
    -------
    SellingTime
        ``.year``: one row per deduction in order: ``item``, ``label``, ``label_zh``, ``days`` (negative for a
        deduction), ``days_left``. The row ``other_days_off`` is reconstructed.
        ``.day``: one row per activity, T1 first: ``activity``, ``label``, ``label_zh``, ``low``, ``high`` (hours a
        day).
        ``.summary``: one row per reading: ``item``, ``label``, ``label_zh``, ``low``, ``high`` (equal where the reading
        is a single number) and ``unit``: the slide's ``days_on_slide`` (142), ``selling_days`` (217),
        ``direct_hours_per_day``, ``direct_hours_per_year``, the same two by the slide's 17 % (``…_on_slide``), and with
        a target ``price_per_hour`` and ``price_per_hour_on_slide`` (currency per hour).

    Raises
    ------
    ValueError
        If ``target_revenue`` is not positive and finite, or the rule leaves no time for direct selling to price.

    Notes
    -----
    The slide's 142 days have already taken 8 hours of sleep out of 24-hour days, so the selling hours of a year are
    not 142 × 8. The interval of T1 comes from the ranges of the activities; the slide's 17 % (1.36 h) is not its
    middle.

    References
    ----------
    提升客户价值, 您的时间投入要有回报.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.selling_time().summary[["item", "low", "high"]].round(2)
                                 item     low    high
    0                   days_on_slide  142.00  142.00
    1                    selling_days  217.00  217.00
    2            direct_hours_per_day    1.00    2.50
    3           direct_hours_per_year  217.00  542.50
    4   direct_hours_per_day_on_slide    1.36    1.36
    5  direct_hours_per_year_on_slide  295.12  295.12
    """
    if target_revenue is not None and not (np.isfinite(target_revenue) and target_revenue > 0):
        raise refusal("target_revenue must be positive", target_revenue, "Give the year's target in currency units.")
    return SellingTime(year=_year(rule), day=_day(rule), summary=_summary(rule, target_revenue))


def _year(rule: SellingYear) -> pd.DataFrame:
    rows = [
        ("days_in_year", "days in the year", "全年天数", rule.days_in_year),
        ("public_holidays", "public holidays", "公共假日", -rule.public_holidays),
        ("weekend_days", "weekend days", "周末", -rule.weekend_days),
        ("other_days_off", "other days off (reconstructed)", "其他休息日（重构）", -rule.other_days_off),
        ("meetings", "company meetings", "会议", -rule.meeting_days),
    ]
    table = pd.DataFrame(rows, columns=["item", "label", "label_zh", "days"]).astype({"days": float})
    return table.assign(days_left=table["days"].cumsum())


def _day(rule: SellingYear) -> pd.DataFrame:
    rows = [("T1", rule.direct.en, rule.direct.zh, rule.direct_hours_low, rule.direct_hours_high)]
    rows += [(a.name, a.label.en, a.label.zh, a.low, a.high) for a in rule.activities]
    return pd.DataFrame(rows, columns=["activity", "label", "label_zh", "low", "high"])


def _summary(rule: SellingYear, target_revenue: float | None) -> pd.DataFrame:
    low, high, slide = rule.direct_hours_low, rule.direct_hours_high, rule.direct_hours_on_slide
    days = rule.selling_days
    rows: list[tuple[str, str, str, float, float, str]] = [
        ("days_on_slide", "days by the slide", "幻灯片上的天数", rule.days_on_slide, rule.days_on_slide, "days"),
        ("selling_days", "selling days", "销售天数", days, days, "days"),
        ("direct_hours_per_day", "direct selling a day", "每天直接销售", low, high, "hours"),
        ("direct_hours_per_year", "direct selling a year", "全年直接销售", days * low, days * high, "hours"),
        ("direct_hours_per_day_on_slide", "the same by the slide's share", "按幻灯片比例每天", slide, slide, "hours"),
        (
            "direct_hours_per_year_on_slide",
            "the same by the slide's share, a year",
            "按幻灯片比例全年",
            days * slide,
            days * slide,
            "hours",
        ),
    ]
    if target_revenue is not None:
        if low <= 0 or slide <= 0:
            raise refusal("an hour can be priced only where some are left", (low, slide), "Shorten an activity.")
        cheap, dear, by_slide = (target_revenue / (days * hours) for hours in (high, low, slide))
        rows += [
            ("price_per_hour", "price of a selling hour", "每销售小时的价格", cheap, dear, "currency per hour"),
            (
                "price_per_hour_on_slide",
                "the same by the slide's share",
                "按幻灯片比例",
                by_slide,
                by_slide,
                "currency per hour",
            ),
        ]
    return pd.DataFrame(rows, columns=["item", "label", "label_zh", "low", "high", "unit"])
