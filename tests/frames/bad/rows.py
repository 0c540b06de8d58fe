"""Bad rows: one good row per kind, and what happens when some of its cells are changed.

Each case: kind, the changed cells, and what the reject must name: column, value, rule, remedy.
"""

GOOD = {
    "opportunities": {
        "opportunity": "D1", "account": "清水公司", "owner": "Li", "product": "P", "stage": "terms", "attitude": "torn",
        "amount": "500", "currency": "CNY", "created": "2026-01-05", "expected_close": "2026-12-01", "closed": "",
        "outcome": "", "probability": "0.5",
    },
    "stage_history": {"opportunity": "D1", "stage": "terms", "entered": "2026-01-05"},
    "snapshots": {
        "snapshot": "2026-03-02", "opportunity": "D1", "owner": "Li", "stage": "terms", "amount": "500",
        "expected_close": "2026-12-01", "probability": "0.5",
    },
    "forecasts": {"owner": "Li", "period": "2026-08", "forecast": "900", "submitted": "2026-08-03"},
    "targets": {"owner": "Li", "period": "2026Q3", "target": "900"},
    "prospects": {
        "prospect": "A", "outcome": "won", "company_type": "1", "industry_position": "1", "need": "1",
        "buying_pattern": "1", "access": "1", "budget": "1",
    },
    "accounts": {
        "account": "A", "period": "2026Q3", "revenue": "100", "potential": "900", "winnable_share": "0.5",
        "current_share": "0.2", "loyalty": "+", "currency": "CNY", "since": "2020-05-17",
    },
    "sales": {"account": "A", "date": "2026-07-01", "amount": "100", "product": "P", "owner": "Li", "currency": "CNY"},
    "walls": {
        "account": "A", "period": "2026Q3", "criterion": "contract", "today": "1", "tomorrow": "2",
        "action": "propose", "hours": "3",
    },
    "rivals": {"account": "A", "period": "2026Q3", "rival": "R", "share": "0.3", "trend": "rising"},
    "time_log": {"rep": "Li", "date": "2026-07-01", "activity": "T1", "hours": "2"},
    "traits": {"rep": "Li", "rapport": "1", "risk": "-1"},
}  # fmt: skip

EMPTY = "Fill it in."
DIGITS = "Write it with digits"
YEAR_FIRST = "Write it as year-month-day"
CORRECT = "Correct the value"
FRACTION = "Write 40 % as 0.4"
LABEL = "Write the period's label, such as 2026Q3"


def number(kind, column, value):
    return (kind, {column: value}, column, value, f"{column} must be a number", DIGITS)


def date(kind, column, value):
    return (kind, {column: value}, column, value, f"{column} must be a date", YEAR_FIRST)


def empty(kind, column, value=""):
    return (kind, {column: value}, column, value, f"{column} must not be empty", EMPTY)


def low(kind, column, value, limit="0"):
    return (kind, {column: value}, column, value, f"{column} must be {limit} or more", CORRECT)


def within(kind, column, value, rule, remedy=CORRECT):
    return (kind, {column: value}, column, value, rule, remedy)


def period(kind, value):
    return (kind, {"period": value}, "period", value, "period must be a period such as 2026Q3 or 2026-07", LABEL)


ROWS = [
    # opportunities: what must be there
    empty("opportunities", "opportunity"), empty("opportunities", "opportunity", "N/A"),
    empty("opportunities", "opportunity", "\u00a0"), empty("opportunities", "opportunity", "--None--"),
    # opportunities: amounts
    number("opportunities", "amount", "twelve"), number("opportunities", "amount", "12..5"),
    number("opportunities", "amount", "TBD"), number("opportunities", "amount", "1,23,4.5.6"),
    number("opportunities", "amount", "5 apples"), number("opportunities", "amount", "-"),
    number("opportunities", "amount", "=1+1"), number("opportunities", "amount", "5000-6000"),
    number("opportunities", "amount", "about 300"), number("opportunities", "amount", "￥"),
    low("opportunities", "amount", "-5"), low("opportunities", "amount", "(500)"), low("opportunities", "amount", "−12.5"),
    low("opportunities", "amount", "500-"),
    # opportunities: chances
    number("opportunities", "probability", "high"), number("opportunities", "probability", "fifty"),
    within("opportunities", "probability", "60", "probability must lie in 0 to 1", FRACTION),
    within("opportunities", "probability", "1.01", "probability must lie in 0 to 1", FRACTION),
    within("opportunities", "probability", "-0.1", "probability must lie in 0 to 1", FRACTION),
    within("opportunities", "probability", "120 %", "probability must lie in 0 to 1", FRACTION),
    # opportunities: dates
    date("opportunities", "created", "soon"), date("opportunities", "created", "2026-02-30"),
    date("opportunities", "created", "2026-13-01"), date("opportunities", "created", "2026-00-10"),
    date("opportunities", "created", "Q3 2026"), date("opportunities", "created", "2026"),
    date("opportunities", "expected_close", "next week"), date("opportunities", "expected_close", "2026-1"),
    date("opportunities", "expected_close", "31-Foo-2026"), date("opportunities", "expected_close", "1026-01-01"),
    date("opportunities", "expected_close", "9999-12-31"),
    # opportunities: words
    within("opportunities", "outcome", "Won", "outcome must be one of won, lost", "Write won or lost"),
    within("opportunities", "outcome", "closed", "outcome must be one of won, lost", "Write won or lost"),
    within("opportunities", "outcome", "赢单", "outcome must be one of won, lost", "Write won or lost"),
    within("opportunities", "outcome", "open", "outcome must be one of won, lost", "empty only while the deal is open"),
    within("opportunities", "attitude", "friendly", "attitude must be one of unaware", CORRECT),
    within("opportunities", "attitude", "Torn", "attitude must be one of unaware", CORRECT),
    within("opportunities", "currency", "yuan", "currency must be an ISO code", "Write the ISO code"),
    within("opportunities", "currency", "cny", "currency must be an ISO code", "Write the ISO code"),
    # opportunities: what cannot be together
    ("opportunities", {"outcome": "lost", "closed": "2026-01-04"}, "closed", "2026-01-04",
     "a deal cannot close before it was created", "Correct one of the two dates"),
    ("opportunities", {"outcome": "won", "closed": "2025-12-31"}, "closed", "2025-12-31",
     "a deal cannot close before it was created", "Correct one of the two dates"),
    ("opportunities", {"closed": "2026-03-01"}, "closed", "2026-03-01",
     "an open deal has no close date", "Give its outcome, or move the date to expected_close"),
    ("opportunities", {"outcome": "won", "closed": "2026-03-01", "amount": ""}, "amount", "",
     "a won deal has an amount", "0 is an amount"),
    ("opportunities", {"outcome": "won", "closed": "2026-03-01", "amount": "N/A"}, "amount", "N/A",
     "a won deal has an amount", "0 is an amount"),
    ("opportunities", {"stage": ""}, "stage", "", "an open deal has a stage", "Give the stage it stands on"),
    ("opportunities", {"stage": "Select"}, "stage", "Select", "an open deal has a stage", "Give the stage it stands on"),
    ("opportunities", {"outcome": "lost", "closed": "2026-03-01", "probability": "1"}, "probability", "1",
     "a lost deal is not certain to be won", "Correct the outcome"),
    ("opportunities", {}, "opportunity", "D1", "opportunity must occur once", "Drop the repeated row"),
    # stage history
    empty("stage_history", "opportunity"), empty("stage_history", "stage"), empty("stage_history", "entered"),
    date("stage_history", "entered", "yesterday"), date("stage_history", "entered", "2026-06-31"),
    ("stage_history", {}, "opportunity", "D1", "opportunity and stage and entered must occur once", "Drop the repeated"),
    # snapshots
    empty("snapshots", "snapshot"), empty("snapshots", "opportunity"), empty("snapshots", "stage"),
    date("snapshots", "snapshot", "week 9"), date("snapshots", "expected_close", "later"),
    number("snapshots", "amount", "n.v."), low("snapshots", "amount", "-1"),
    within("snapshots", "probability", "55", "probability must lie in 0 to 1", FRACTION),
    ("snapshots", {}, "snapshot", "2026-03-02", "snapshot and opportunity must occur once", "Drop the repeated row"),
    # forecasts
    empty("forecasts", "owner"), empty("forecasts", "period"), empty("forecasts", "forecast"),
    empty("forecasts", "submitted"), number("forecasts", "forecast", "plenty"), low("forecasts", "forecast", "-900"),
    date("forecasts", "submitted", "Monday"), period("forecasts", "August"), period("forecasts", "2026-13"),
    ("forecasts", {"submitted": "2026-09-01"}, "submitted", "2026-09-01",
     "a forecast is submitted before its period is over", "forecasts nothing"),
    ("forecasts", {"submitted": "2027-08-03"}, "submitted", "2027-08-03",
     "a forecast is submitted before its period is over", "forecasts nothing"),
    ("forecasts", {}, "owner", "Li", "owner and period and submitted must occur once", "Drop the repeated row"),
    # targets
    empty("targets", "owner"), empty("targets", "period", "null"), empty("targets", "target"),
    number("targets", "target", "x"), low("targets", "target", "-1"), period("targets", "Q3"),
    period("targets", "2026Q5"), period("targets", "2026-7"), period("targets", "26Q3"), period("targets", "2026 Q3"),
    period("targets", "FY26"), period("targets", "2026-00"),
    ("targets", {}, "owner", "Li", "owner and period must occur once", "Drop the repeated row"),
    # prospects
    empty("prospects", "prospect"), empty("prospects", "prospect", "NaN"),
    within("prospects", "outcome", "yes", "outcome must be one of won, lost", "Write won or lost"),
    within("prospects", "company_type", "3", "company_type must lie in 0 to 2"),
    within("prospects", "need", "-1", "need must lie in 0 to 2"),
    within("prospects", "access", "2.5", "access must lie in 0 to 2"),
    within("prospects", "company_type", "listed", "company_type must be points or the text of a level", "listed company"),
    within("prospects", "budget", "approved", "budget must be points or the text of a level", "budget approved"),
    within("prospects", "industry_position", "全球", "industry_position must be points or the text", "全国性"),
    within("prospects", "buying_pattern", "?", "buying_pattern must be points or the text", "buys regularly"),
    ("prospects", {}, "prospect", "A", "prospect must occur once", "Drop the repeated row"),
    # accounts
    empty("accounts", "account"), number("accounts", "revenue", "none yet"), number("accounts", "potential", "big"),
    low("accounts", "potential", "-1"), low("accounts", "current_share", "-0.2"),
    within("accounts", "winnable_share", "70", "winnable_share must lie in 0 to 1", FRACTION),
    within("accounts", "winnable_share", "1.2", "winnable_share must lie in 0 to 1", FRACTION),
    within("accounts", "winnable_share", "-0.1", "winnable_share must lie in 0 to 1", FRACTION),
    within("accounts", "loyalty", "++", "loyalty must be one of +, 0, -"),
    within("accounts", "loyalty", "loyal", "loyalty must be one of +, 0, -"),
    within("accounts", "loyalty", "2", "loyalty must be one of +, 0, -"),
    within("accounts", "loyalty", "忠诚", "loyalty must be one of +, 0, -"),
    date("accounts", "since", "long ago"), period("accounts", "2026"), period("accounts", "third quarter"),
    within("accounts", "currency", "￥", "currency must be an ISO code", "Write the ISO code"),
    ("accounts", {}, "account", "A", "account and period must occur once", "Drop the repeated row"),
    # sales
    empty("sales", "date"), empty("sales", "amount"), empty("sales", "amount", "#N/A"),
    number("sales", "amount", "free"), number("sales", "amount", "1.2.3"), date("sales", "date", "2026-04-31"),
    date("sales", "date", "2026-07-01 25:00"), date("sales", "date", "20260732"), date("sales", "date", "July"),
    within("sales", "currency", "RMB.", "currency must be an ISO code", "Write the ISO code"),
    # walls
    empty("walls", "account"), empty("walls", "criterion"), number("walls", "today", "good"),
    number("walls", "tomorrow", "better"), low("walls", "today", "-1"), low("walls", "hours", "-3"),
    number("walls", "hours", "a day"), period("walls", "now"),
    ("walls", {"today": "2", "tomorrow": "1"}, "tomorrow", "1", "tomorrow's points must not be below today's",
     "Aim at today's points or more"),
    ("walls", {}, "account", "A", "account and period and criterion must occur once", "Drop the repeated row"),
    # rivals
    empty("rivals", "account"), empty("rivals", "rival"), number("rivals", "share", "most"),
    within("rivals", "share", "30", "share must lie in 0 to 1", FRACTION),
    within("rivals", "share", "-0.3", "share must lie in 0 to 1", FRACTION),
    within("rivals", "trend", "up", "trend must be one of rising, stable, falling"),
    period("rivals", "H2"),
    ("rivals", {}, "account", "A", "account and period and rival must occur once", "Drop the repeated row"),
    # time log
    empty("time_log", "rep"), empty("time_log", "date"), empty("time_log", "activity"), empty("time_log", "hours"),
    within("time_log", "activity", "T6", "activity must be one of T1, T2"),
    within("time_log", "activity", "selling", "activity must be one of T1, T2"),
    number("time_log", "hours", "all day"), within("time_log", "hours", "25", "hours must lie in 0 to 24"),
    within("time_log", "hours", "-1", "hours must lie in 0 to 24"), date("time_log", "date", "2026-07-0x"),
    # traits
    empty("traits", "rep"), number("traits", "rapport", "yes"), within("traits", "risk", "3", "risk must lie in -2 to 2"),
    within("traits", "rapport", "-3", "rapport must lie in -2 to 2"),
    ("traits", {}, "rep", "Li", "rep must occur once", "Drop the repeated row"),
]  # fmt: skip
