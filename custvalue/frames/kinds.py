"""The thirteen kinds of tables: their columns, keys, and the combinations of values that cannot be."""

from dataclasses import replace

import pandas as pd

from custvalue.frames.contracts import CURRENCY_PATTERN, PERIOD_PATTERN, WHOLE, Column, Contract, RowRule
from custvalue.frames.values import equals
from custvalue.rules import playbook
from custvalue.rules.scorecard import Criterion

GRID = playbook.ACCOUNT_GRID
# Loyalty as numbers, in words, and in the full-width signs of a Chinese keyboard.
LOYALTY_ALIASES = (
    *(("1", "+"), ("1.0", "+"), ("0.0", "0"), ("-1", "-"), ("-1.0", "-"), ("＋", "+"), ("－", "-"), ("−", "-")),
    *((label.zh, sign) for sign, label in zip(GRID.loyalty, GRID.loyalty_labels, strict=True)),
    *((label.en, sign) for sign, label in zip(GRID.loyalty, GRID.loyalty_labels, strict=True)),
)
TRENDS = ("rising", "stable", "falling")
ACTIVITIES = ("T1", *(activity.name for activity in playbook.SELLING_YEAR.activities))


def _needed(name: str, meaning: str) -> Column:
    """Return a text column that the file must have and every row must fill."""
    return Column(name, "text", meaning, needed=True, filled=True)


def _date(name: str, meaning: str, *, needed: bool = False) -> Column:
    return Column(name, "date", meaning, needed=needed, filled=needed)


def _fraction(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, low=0.0, high=WHOLE)


def _money(name: str, meaning: str, *, low: float | None = 0.0, needed: bool = False, filled: bool = False) -> Column:
    return Column(name, "number", meaning, needed=needed, filled=filled, low=low)


def _points(criterion: Criterion) -> Column:
    """Return the column of a criterion: its points, or the text of a level in either language."""
    texts = [(text, f"{level.points:g}") for level in criterion.levels for text in (level.label.en, level.label.zh)]
    low, high = criterion.min_points, criterion.max_points
    return Column(criterion.name, "points", criterion.label.en, low=low, high=high, aliases=tuple(texts))


RATED = playbook.SCREENING.criteria
MOST_POINTS = {criterion.name: criterion.max_points for criterion in RATED}
CRITERION_LABELS = tuple(
    (text, criterion.name) for criterion in RATED for text in (criterion.label.en, criterion.label.zh)
)

OUTCOME = Column(
    "outcome",
    "text",
    "won, lost, or empty while open",
    needed=True,
    choices=("won", "lost"),
)
ACCOUNT = _needed("account", "the customer")
OWNER = Column("owner", "text", "the salesperson")
REP = _needed("rep", "the salesperson")
PERIOD = Column("period", "text", "quarter or month", pattern=PERIOD_PATTERN)
NEEDED_PERIOD = Column("period", "text", "quarter or month", needed=True, filled=True, pattern=PERIOD_PATTERN)
CURRENCY = Column("currency", "text", "ISO code of the amounts", pattern=CURRENCY_PATTERN)
PROBABILITY = _fraction("probability", "the salesperson's own chance of winning")


def _is_open(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame["outcome"].isna()


CLOSED_BEFORE_CREATED = RowRule(
    "a deal cannot close before it was created",
    "Correct one of the two dates.",
    ("closed", "created"),
    lambda frame: frame["closed"] < frame["created"],
)
OPEN_BUT_CLOSED = RowRule(
    "an open deal has no close date",
    "Give its outcome, or move the date to expected_close.",
    ("closed", "outcome"),
    lambda frame: frame["closed"].notna() & _is_open(frame),
)
WON_WITHOUT_AMOUNT = RowRule(
    "a won deal has an amount",
    "Fill the amount in; 0 is an amount.",
    ("amount", "outcome"),
    lambda frame: equals(frame["outcome"], "won") & frame["amount"].isna(),
)
OPEN_WITHOUT_STAGE = RowRule(
    "an open deal has a stage",
    "Give the stage it stands on, or its outcome.",
    ("stage", "outcome"),
    lambda frame: frame["stage"].isna() & _is_open(frame),
)
LOST_BUT_CERTAIN = RowRule(
    "a lost deal is not certain to be won",
    "Correct the outcome, or leave the probability empty.",
    ("probability", "outcome"),
    lambda frame: equals(frame["outcome"], "lost") & (frame["probability"] == WHOLE),
)
TOMORROW_BELOW_TODAY = RowRule(
    "tomorrow's points must not be below today's",
    "Aim at today's points or more.",
    ("tomorrow", "today"),
    lambda frame: frame["tomorrow"] < frame["today"],
)
POINTS_OFF_THE_SCALE = RowRule(
    "points must not be more than the criterion's highest level gives",
    "Give the points of one of its levels, or leave them empty.",
    ("points", "criterion"),
    lambda frame: frame["points"] > frame["criterion"].map(MOST_POINTS).astype("float64"),
)
SUBMITTED_AFTER_PERIOD = RowRule(
    "a forecast is submitted before its period is over",
    "Correct the date or the period: a forecast made afterwards forecasts nothing.",
    ("submitted", "period"),
    lambda frame: frame["submitted"] > _period_end(frame["period"]),
)


def _period_end(labels: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Return the last day of each calendar quarter or month; missing where the label is none.

    Fiscal quarters end up to eleven months from the calendar quarter of the same label, so a label of a quarter is only
    held against the end of the year after it.
    """
    valid = labels.str.fullmatch(PERIOD_PATTERN).fillna(False).astype(bool)
    year = pd.to_numeric(labels.str[:4].where(valid), errors="coerce")
    month = pd.to_numeric(labels.str[5:7].where(valid & (labels.str[4] == "-")), errors="coerce")
    quarters = valid & month.isna()
    parts = pd.DataFrame({"year": year.where(~quarters, year + 1), "month": month.where(~quarters, 12.0), "day": 1})
    return pd.to_datetime(parts.where(valid), errors="coerce") + pd.offsets.MonthEnd(0)


CONTRACTS = {
    contract.kind: contract
    for contract in (
        Contract(
            "opportunities",
            "one row per opportunity; open ones may lack account, amount and dates",
            (
                _needed("opportunity", "the deal's identifier"),
                Column("account", "text", "the customer"),
                OWNER,
                Column("product", "text", "what is sold"),
                Column("stage", "text", "step on the ladder", needed=True),
                Column("attitude", "text", "how the customer stands to us", choices=playbook.ATTITUDES.names),
                _money("amount", "value in whole currency units", needed=True),
                CURRENCY,
                _date("created", "day the deal was entered"),
                _date("expected_close", "day it is expected to close"),
                _date("closed", "day it was won or lost"),
                OUTCOME,
                PROBABILITY,
            ),
            key=("opportunity",),
            rules=(CLOSED_BEFORE_CREATED, OPEN_BUT_CLOSED, WON_WITHOUT_AMOUNT, OPEN_WITHOUT_STAGE, LOST_BUT_CERTAIN),
        ),
        Contract(
            "stage_history",
            "one row per opportunity and stage entered",
            (
                _needed("opportunity", "the deal's identifier"),
                _needed("stage", "the stage entered"),
                _date("entered", "day it was entered", needed=True),
            ),
            key=("opportunity", "stage", "entered"),
        ),
        Contract(
            "snapshots",
            "one row per day and opportunity open on it, as known that day",
            (
                _date("snapshot", "the day", needed=True),
                _needed("opportunity", "the deal's identifier"),
                OWNER,
                Column("stage", "text", "step on the ladder that day", needed=True, filled=True),
                _money("amount", "value as known that day"),
                _date("expected_close", "expected close as known that day"),
                PROBABILITY,
            ),
            key=("snapshot", "opportunity"),
        ),
        Contract(
            "forecasts",
            "one row per salesperson, period and submission",
            (
                _needed("owner", "the salesperson"),
                NEEDED_PERIOD,
                _money("forecast", "revenue forecast for the period", needed=True, filled=True),
                _date("submitted", "day it was submitted", needed=True),
            ),
            key=("owner", "period", "submitted"),
            rules=(SUBMITTED_AFTER_PERIOD,),
        ),
        Contract(
            "targets",
            "one row per salesperson and period",
            (
                _needed("owner", "the salesperson"),
                NEEDED_PERIOD,
                _money("target", "revenue to reach", needed=True, filled=True),
            ),
            key=("owner", "period"),
        ),
        Contract(
            "prospects",
            "one row per prospect, one column per criterion of the scorecard",
            (
                _needed("prospect", "the possible customer"),
                replace(OUTCOME, needed=False),
                *(_points(criterion) for criterion in playbook.SCREENING.criteria),
            ),
            key=("prospect",),
        ),
        Contract(
            "ratings",
            "one row per prospect, rater and criterion of the scorecard",
            (
                _needed("prospect", "the possible customer"),
                _needed("rater", "who gave the points"),
                Column(
                    "criterion",
                    "text",
                    "row of the scorecard",
                    needed=True,
                    filled=True,
                    aliases=CRITERION_LABELS,
                ),
                Column("points", "number", "points given", needed=True, low=0.0),
            ),
            key=("prospect", "rater", "criterion"),
            rules=(POINTS_OFF_THE_SCALE,),
        ),
        Contract(
            "accounts",
            "one row per account, or per account and period",
            (
                ACCOUNT,
                PERIOD,
                _money("revenue", "our sales in the period", low=None),
                _money("potential", "the customer's demand for what we sell, per year"),
                _fraction("winnable_share", "share of the potential we may win"),
                _money("current_share", "trailing-year revenue ÷ potential"),
                _date("since", "day of the first purchase"),
                Column("loyalty", "text", "+, 0 or -", choices=GRID.loyalty, aliases=LOYALTY_ALIASES),
                CURRENCY,
            ),
            key=("account", "period"),
        ),
        Contract(
            "sales",
            "one row per sales line; returns are negative",
            (
                Column("account", "text", "the customer", needed=True),
                _date("date", "day of the sale", needed=True),
                _money("amount", "net value in whole currency units", low=None, needed=True, filled=True),
                Column("product", "text", "what was sold"),
                OWNER,
                CURRENCY,
            ),
        ),
        Contract(
            "walls",
            "one row per account and criterion of the wall, or per account, period and criterion",
            (
                ACCOUNT,
                PERIOD,
                _needed("criterion", "row of the wall"),
                Column("today", "number", "points today", needed=True, low=0.0),
                Column("tomorrow", "number", "points aimed at", needed=True, low=0.0),
                Column("action", "text", "what closes the gap"),
                Column("hours", "number", "what the action takes", low=0.0),
            ),
            key=("account", "period", "criterion"),
            rules=(TOMORROW_BELOW_TODAY,),
        ),
        Contract(
            "rivals",
            "one row per account and rival, or per account, period and rival",
            (
                ACCOUNT,
                PERIOD,
                _needed("rival", "the competitor"),
                _fraction("share", "the rival's share of the potential"),
                Column("trend", "text", "where the share is going", choices=TRENDS),
            ),
            key=("account", "period", "rival"),
        ),
        Contract(
            "time_log",
            "one row per salesperson, day and activity",
            (
                REP,
                _date("date", "the day", needed=True),
                Column("activity", "text", "T1 to T5", needed=True, filled=True, choices=ACTIVITIES),
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
            "traits",
            "one row per salesperson, one column per trait pair from -2 (farmer) to +2 (hunter)",
            (
                REP,
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
    )
}
KINDS = tuple(CONTRACTS)
