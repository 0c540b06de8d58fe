"""Which deals make up a period's revenue, and which are left out and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, group_columns, ladder_codes, ladder_probability
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.periods import AsOf, as_day, check_freq, parse_period
from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.pools import NO_DRAW, Pool
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import MOST_MONEY

Rows = np.ndarray
Spread = str | float | Mapping[str, float] | None
Strength = float | Mapping[str, float] | None
REASONS = ("unpriced", "unscheduled", "overdue", "other_period")


@dataclass(frozen=True, slots=True)
class RevenueDeals:
    """The deals of an opportunities frame that make up the revenue of some periods, row by row of the frame."""

    frame: pd.DataFrame
    groups: list[str]
    periods: list[str]
    amounts: Floats
    chance: Floats
    spread: Floats
    draw: Integers
    strengths: tuple[float, ...]
    draw_names: tuple[str, ...]
    correlation: float
    won: Rows
    open: Rows
    period_code: Integers
    left_out: pd.DataFrame

    def pool(self, rows: Rows) -> Pool:
        """Return the open deals among some rows."""
        kept = np.flatnonzero(rows & self.open)
        return Pool(
            self.amounts[kept],
            self.chance[kept],
            self.spread[kept],
            self.draw[kept],
            self.strengths,
            self.correlation if kept.size > 1 else 0.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRules:
    """How deals are read: the ladder, what is uncertain, and the names of the columns."""

    ladder: Ladder
    correlation: float
    probability: str | None
    amount_spread: Spread
    probability_strength: Strength
    period: str | Sequence[str] | None
    freq: str
    by: str | Sequence[str]
    amount: str
    stage: str
    outcome: str
    created: str
    expected_close: str
    closed: str


def revenue_deals(
    opportunities: Any, caller: str, as_of: AsOf, rules: DealRules, results: Sequence[str]
) -> RevenueDeals:
    """Check the frame and sort its deals into the periods asked for and what is left out."""
    frame = to_pandas(opportunities)
    day = as_day(as_of)
    check_freq(rules.freq)
    periods = _periods(rules, day)
    check_correlation(rules.correlation, caller)
    check = FrameCheck(frame, caller)
    check.rule("ladder", rules.ladder, Ladder)
    deals = deals_as_of(check, day, outcome=rules.outcome, created=rules.created, closed=rules.closed)
    if deals.state_unknown.any():
        check.fail(
            "the frame must be as it stood on as_of",
            f"{int(deals.state_unknown.sum())} deals open on {day:%Y-%m-%d} and later events",
            "Pass a snapshot taken that day, or the day of the export as as_of.",
        )
    amounts = check.numbers(rules.amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    due = check.optional_dates(rules.expected_close, usual="expected_close")
    if rules.probability is None:
        chance = ladder_probability(check, rules.stage, rules.ladder, needed=deals.open)
    else:
        chance = check.numbers(rules.probability, low=0, high=1)
        if rules.probability in frame:
            unknown = np.isnan(chance) & deals.open
            remedy = "Fill it in, or use the ladder."
            check.fail_rows("open deals need a probability", rules.probability, unknown, remedy)
    spread = _spreads(check, rules, deals.open)
    draw, strengths, draw_names = _draws(check, rules, deals.open)
    groups = group_columns(check, rules.by, results=results)
    check.one_currency()
    check.done()

    date = np.where(deals.open, due.to_numpy(), deals.closed.to_numpy())
    code = np.full(len(frame), -1)
    for place, period in enumerate(periods):
        inside = (date >= period.start_time.to_datetime64()) & (date <= period.end_time.to_datetime64())
        code[inside] = place
    alive = deals.open | deals.won
    masks = [
        alive & np.isnan(amounts),
        alive & np.isnat(date),
        deals.open & (date < day.to_datetime64()),
        alive & (code < 0),
    ]
    # The first reason that holds is the one that counts.
    reason = np.full(len(frame), len(REASONS), dtype=np.int8)
    for place in reversed(range(len(REASONS))):
        reason[masks[place]] = place
    in_time = alive & (reason == len(REASONS))
    return RevenueDeals(
        frame,
        groups,
        [str(period) for period in periods],
        amounts,
        chance,
        spread,
        draw,
        strengths,
        draw_names,
        float(rules.correlation),
        deals.won & in_time,
        deals.open & in_time,
        code,
        _left_out(reason, deals.open, deals.won, amounts, chance),
    )


def check_correlation(correlation: object, caller: str) -> None:
    """Refuse a correlation outside 0 … 1."""
    if not is_number(correlation) or not 0 <= float(correlation) < 1:  # type: ignore[arg-type]
        raise refusal(
            f"{caller}: correlation must lie in 0 to below 1",
            repr(correlation),
            "Give the latent correlation of two deals, for instance 0.1; 0 means independent deals.",
        )


def _periods(rules: DealRules, day: pd.Timestamp) -> list[pd.Period]:
    if rules.period is None:
        return [day.to_period(rules.freq)]
    labels = [rules.period] if isinstance(rules.period, str) else list(rules.period)
    if not labels or len(set(labels)) < len(labels):
        raise refusal("period names each period once", labels, "Give a label such as '2026Q3', or several.")
    return [parse_period(label, rules.freq) for label in labels]


def _spreads(check: FrameCheck, rules: DealRules, needed: Rows) -> Floats:
    """Return the log-normal standard deviation of each deal's amount."""
    given, n = rules.amount_spread, len(check.frame)
    if given is None:
        return np.zeros(n)
    if isinstance(given, str):
        values = check.numbers(given, low=0, high=MOST_SPREAD)
        if given in check.frame:
            check.fail_rows(
                "open deals need a spread", given, np.isnan(values) & needed, "Give 0 for a certain amount."
            )
        return np.nan_to_num(values)
    by_stage = _by_stage(check, "amount_spread", given, rules.ladder, most=MOST_SPREAD)
    if not isinstance(given, Mapping):
        return np.full(n, by_stage[0])
    return np.append(by_stage, 0.0)[ladder_codes(check, rules.stage, rules.ladder, needed=needed)]


# A log-sd of 3 is a factor of twenty either way.
MOST_SPREAD = 3.0


def _draws(check: FrameCheck, rules: DealRules, needed: Rows) -> tuple[Integers, tuple[float, ...], tuple[str, ...]]:
    """Return the draw each deal shares (its stage's), and the strength of each stage's draw."""
    given, n = rules.probability_strength, len(check.frame)
    if given is None:
        return np.full(n, NO_DRAW), (), ()
    strengths = _by_stage(check, "probability_strength", given, rules.ladder)
    known = rules.stage in check.frame
    codes = (
        ladder_codes(check, rules.stage, rules.ladder, needed=needed) if known or rules.probability else np.full(n, -1)
    )
    drawn = np.append(strengths > 0, False)[codes]
    return np.where(drawn, codes, NO_DRAW), tuple(strengths.tolist()), rules.ladder.names


def _by_stage(check: FrameCheck, name: str, given: Any, ladder: Ladder, most: float = np.inf) -> Floats:
    """Return one number for each stage, 0 where the mapping names none."""
    table = dict(given) if isinstance(given, Mapping) else dict.fromkeys(ladder.names, given)
    unknown = [key for key in table if key not in ladder.names]
    if unknown:
        check.fail(f"{name} names stages of the ladder", unknown, f"There is {list(ladder.names)}.", name)
    wrong = [value for value in table.values() if not is_number(value) or not 0 <= value <= most]
    if wrong:
        limit = f"0 to {most:g}" if np.isfinite(most) else "0 or more"
        check.fail(f"{name} must be a number, {limit}", repr(wrong[0]), "Correct it, or leave it out.", name)
        return np.zeros(len(ladder.names))
    return np.array([float(table.get(stage, 0.0)) for stage in ladder.names])


def _left_out(reason: Rows, is_open: Rows, won: Rows, amounts: Floats, chance: Floats) -> pd.DataFrame:
    """Return what is not in the distribution: one row for each reason, counts and sums."""
    n, rows = len(REASONS), np.flatnonzero(reason < len(REASONS))
    reason, is_open, won, amounts, chance = (column[rows] for column in (reason, is_open, won, amounts, chance))

    def total(mask: Rows, weights: Floats) -> Floats:
        return np.bincount(reason[mask], weights=weights[mask], minlength=n).astype(np.float64)

    return pd.DataFrame(
        {
            "reason": ordered_classes(np.arange(n), REASONS),
            "n_open": np.bincount(reason[is_open], minlength=n),
            "open": total(is_open, amounts),
            "expected_open": total(is_open, amounts * chance),
            "n_won": np.bincount(reason[won], minlength=n),
            "won": total(won, amounts),
        }
    )
