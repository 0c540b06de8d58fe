"""What each kind of table must hold: columns, types, ranges, keys, and combinations that cannot be."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from custvalue.frames.checks import nearest
from custvalue.rules.errors import refusal

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

PERIOD_PATTERN = r"\d{4}(Q[1-4]|-(0[1-9]|1[0-2]))"
CURRENCY_PATTERN = r"[A-Z]{3}"
WHOLE = 1.0
LABELS = ("account", "owner", "product", "region", "rep", "prospect", "rater", "rival", "stage", "industry")
"""Columns whose texts name something that many rows share, so that one thing may be spelt in several ways."""


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
    def names_things(self) -> bool:
        """Whether the column holds names or identifiers, of which any text can be one."""
        return self.type == "text" and not (self.aliases or self.choices or self.pattern)

    @property
    def is_label(self) -> bool:
        """Whether few texts make up the column, so that it is read by its distinct ones."""
        return self.type == "text" and (self.name in LABELS or bool(self.choices))

    @property
    def remedy(self) -> str:
        """What to do about a value that breaks the rule."""
        empty = "" if self.filled else ", or leave it empty"
        if self.name == "outcome":
            return "Write won or lost; leave it empty only while the deal is open."
        if self.pattern == CURRENCY_PATTERN:
            return f"Write the ISO code, such as CNY{empty}."
        if self.pattern == PERIOD_PATTERN:
            return f"Write the period's label, such as 2026Q3{empty}."
        if self.high == WHOLE:
            return f"Write 40 % as 0.4{empty}."
        return f"Correct the value{empty}."

    @property
    def rule(self) -> str:
        """The range, choice or pattern in words."""
        if self.choices:
            return f"{self.name} must be one of {', '.join(self.choices)}"
        if self.pattern == CURRENCY_PATTERN:
            return f"{self.name} must be an ISO code of three capitals"
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


def contract_for(kind: str) -> Contract:
    """Return the contract of one kind of table, or say which kinds there are."""
    from custvalue.frames.kinds import CONTRACTS, KINDS  # kinds are made of what is defined here

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
