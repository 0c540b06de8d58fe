"""What each kind of table must hold: columns, types, ranges, keys, and combinations that cannot be."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from custvalue.frames.checks import nearest
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.scorecard import Criterion

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

PERIOD_PATTERN = r"\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))"
PROBABILITY_HIGH = 1.0
_SIGNS = (playbook.ACCOUNT_GRID.loyalty, playbook.ACCOUNT_GRID.loyalty_labels)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind: its type, whether file and row must have it, and its range or choices."""

    name: str
    type: Literal["text", "number", "date", "points"]
    meaning: str
    needed: bool = False
    filled: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    aliases: tuple[tuple[str, str], ...] = ()

    @property
    def remedy(self) -> str:
        """What to do about a value that breaks the rule."""
        empty = "" if self.filled else ", or leave it empty"
        if self.name == "outcome":
            return "Write won or lost; leave it empty only while the deal is open."
        if self.high == PROBABILITY_HIGH:
            return f"Write 40 % as 0.4{empty}."
        return f"Correct the value{empty}."

    @property
    def rule(self) -> str:
        """The range, choice or pattern in words."""
        if self.choices:
            return f"{self.name} must be one of {', '.join(self.choices)}"
        if self.pattern:
            return f"{self.name} must be a period such as 2026Q3 or 2026-07"
        if self.high is None:
            return f"{self.name} must be {self.low:g} or more"
        return f"{self.name} must lie in {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class RowRule:
    """A combination of values that cannot be: ``broken`` returns the rows where it occurs."""

    rule: str
    remedy: str
    columns: tuple[str, ...]
    broken: Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True)
class Contract:
    """A kind of table: its columns, the columns that identify a row, and its row rules."""

    kind: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    rules: tuple[RowRule, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns the contract speaks of."""
        return tuple(column.name for column in self.columns)


def _account(filled: bool = True) -> Column:
    return Column("account", "text", "the customer", needed=True, filled=filled)


# Loyalty as numbers, in words, and in the full-width signs of a Chinese keyboard.
LOYALTY_ALIASES = (
    *(("1", "+"), ("1.0", "+"), ("0.0", "0"), ("-1", "-"), ("-1.0", "-"), ("＋", "+"), ("－", "-"), ("−", "-")),
    *((label.zh, sign) for sign, label in zip(*_SIGNS, strict=True)),
    *((label.en, sign) for sign, label in zip(*_SIGNS, strict=True)),
)


def _points(criterion: Criterion) -> Column:
    """Return the column of a criterion: its points, or the text of a level in either language."""
    texts = [(text, f"{level.points:g}") for level in criterion.levels for text in (level.label.en, level.label.zh)]
    return Column(
        criterion.name,
        "points",
        criterion.label.en,
        low=criterion.min_points,
        high=criterion.max_points,
        aliases=tuple(texts),
    )


_PERIOD = Column("period", "text", "quarter or month", pattern=PERIOD_PATTERN)
_OWNER = Column("owner", "text", "the salesperson")


def _fraction(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, low=0.0, high=PROBABILITY_HIGH)


def _money(name: str, meaning: str, *, low: float | None = 0.0) -> Column:
    return Column(name, "number", meaning, low=low)


def _closed_before_created(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["closed"] < frame["created"]


def _open_but_closed(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["closed"].notna() & frame["outcome"].isna()


def _won_without_amount(frame: pd.DataFrame) -> "pd.Series[bool]":
    return (frame["outcome"] == "won") & frame["amount"].isna()


def _below_today(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["tomorrow"] < frame["today"]


OPPORTUNITIES = Contract(
    kind="opportunities",
    meaning="one row per opportunity; open ones may lack account, amount and dates",
    columns=(
        Column("opportunity", "text", "the deal's identifier", needed=True, filled=True),
        Column("account", "text", "the customer"),
        _OWNER,
        Column("product", "text", "what is sold"),
        Column("stage", "text", "step on the ladder", needed=True),
        Column("attitude", "text", "how the customer stands to us", choices=playbook.ATTITUDES.names),
        Column("amount", "number", "value in whole currency units", needed=True, low=0.0),
        Column("currency", "text", "ISO code"),
        Column("created", "date", "day the deal was entered"),
        Column("expected_close", "date", "day it is expected to close"),
        Column("closed", "date", "day it was won or lost"),
        Column("outcome", "text", "won, lost, or empty while open", needed=True, choices=("won", "lost")),
        _fraction("probability", "the salesperson's own chance of winning"),
    ),
    key=("opportunity",),
    rules=(
        RowRule(
            "a deal cannot close before it was created",
            "Correct one of the two dates.",
            ("closed", "created"),
            _closed_before_created,
        ),
        RowRule(
            "an open deal has no close date",
            "Give its outcome, or move the date to expected_close.",
            ("closed", "outcome"),
            _open_but_closed,
        ),
        RowRule(
            "a won deal has an amount",
            "Fill the amount in; 0 is an amount.",
            ("amount", "outcome"),
            _won_without_amount,
        ),
    ),
)

CONTRACTS = {
    contract.kind: contract
    for contract in (
        OPPORTUNITIES,
        Contract(
            "prospects",
            "one row per prospect, one column per criterion of the scorecard",
            (
                Column("prospect", "text", "the possible customer", needed=True, filled=True),
                Column("outcome", "text", "won, lost, or empty while open", choices=("won", "lost")),
                *(_points(criterion) for criterion in playbook.SCREENING.criteria),
            ),
            key=("prospect",),
        ),
        Contract(
            "accounts",
            "one row per account, or per account and period",
            (
                _account(),
                _PERIOD,
                _money("revenue", "our sales in the period", low=None),
                _money("potential", "the customer's demand for what we sell, per year"),
                _fraction("winnable_share", "share of the potential we may win"),
                _money("current_share", "trailing-year revenue ÷ potential"),
                Column("loyalty", "text", "+, 0 or -", choices=playbook.ACCOUNT_GRID.loyalty, aliases=LOYALTY_ALIASES),
            ),
            key=("account", "period"),
        ),
        Contract(
            "sales",
            "one row per sales line; returns are negative",
            (
                _account(filled=False),
                Column("date", "date", "day of the sale", needed=True, filled=True),
                Column("amount", "number", "net value in whole currency units", needed=True, filled=True),
                Column("product", "text", "what was sold"),
                _OWNER,
            ),
        ),
        Contract(
            "walls",
            "one row per account and criterion of the wall, or per account, period and criterion",
            (
                _account(),
                _PERIOD,
                Column("criterion", "text", "row of the wall", needed=True, filled=True),
                Column("today", "number", "points today", needed=True, low=0.0),
                Column("tomorrow", "number", "points aimed at", needed=True, low=0.0),
                Column("action", "text", "what closes the gap"),
                Column("hours", "number", "what the action takes", low=0.0),
            ),
            key=("account", "period", "criterion"),
            rules=(
                RowRule(
                    "tomorrow's points must not be below today's",
                    "Aim at today's points or more.",
                    ("tomorrow", "today"),
                    _below_today,
                ),
            ),
        ),
        Contract(
            "traits",
            "one row per salesperson, one column per trait pair from -2 (farmer) to +2 (hunter)",
            (
                Column("rep", "text", "the salesperson", needed=True, filled=True),
                *(
                    Column(
                        pair.name,
                        "number",
                        f"{pair.farmer} to {pair.hunter}",
                        low=playbook.HUNTER_FARMER.farmer_end,
                        high=playbook.HUNTER_FARMER.hunter_end,
                    )
                    for pair in playbook.HUNTER_FARMER.pairs
                ),
            ),
            key=("rep",),
        ),
        Contract(
            "time_log",
            "one row per salesperson, day and activity",
            (
                Column("rep", "text", "the salesperson", needed=True, filled=True),
                Column("date", "date", "the day", needed=True, filled=True),
                Column(
                    "activity",
                    "text",
                    "T1 to T5",
                    needed=True,
                    filled=True,
                    choices=("T1", *(activity.name for activity in playbook.SELLING_YEAR.activities)),
                ),
                Column(
                    "hours",
                    "number",
                    "hours spent",
                    needed=True,
                    filled=True,
                    low=0.0,
                    high=playbook.SELLING_YEAR.hours_in_day,
                ),
            ),
        ),
        Contract(
            "targets",
            "one row per salesperson and period",
            (
                Column("owner", "text", "the salesperson", needed=True, filled=True),
                Column("period", "text", "quarter or month", needed=True, filled=True, pattern=PERIOD_PATTERN),
                Column("target", "number", "revenue to reach", needed=True, filled=True, low=0.0),
            ),
            key=("owner", "period"),
        ),
    )
}

KINDS = tuple(CONTRACTS)


def contract_for(kind: str) -> Contract:
    """Return the contract of one kind of table, or say which kinds there are."""
    if kind not in CONTRACTS:
        raise refusal("kind must be a known kind of table", repr(kind), nearest(kind, KINDS))
    return CONTRACTS[kind]


@cache
def schema_for(kind: str) -> "DataFrameSchema":
    """Return the pandera schema of one kind: ranges, choices and patterns of whatever columns are there."""
    import pandera.pandas as pa  # half a second to import, and only reading needs it

    def check(column: Column) -> list[Any]:
        if column.choices:
            return [pa.Check.isin(list(column.choices), error=column.rule)]
        if column.pattern:
            return [pa.Check.str_matches(f"^{column.pattern}$", error=column.rule)]
        if column.low is None:
            return []
        if column.high is None:
            return [pa.Check.ge(column.low, error=column.rule)]
        return [pa.Check.in_range(column.low, column.high, error=column.rule)]

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(None, check(column), nullable=not column.filled, required=False)
            for column in contract_for(kind).columns
        }
    )


def is_period(label: str) -> bool:
    """Say whether a text is a period label such as ``2026Q3`` or ``2026-07``."""
    return re.fullmatch(PERIOD_PATTERN, label) is not None
