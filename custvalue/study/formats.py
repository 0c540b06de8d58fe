"""How a result column is shown: its number format on the page and in the workbook, by what the column means."""

from typing import Any, Literal

import pandas as pd

from custvalue.rules.labels import Lang

Format = Literal["count", "money", "percent", "percentage_points", "number", "date", "yes_no", "text"]

_FRACTIONS = (
    "probability",
    "share",
    "cumulative_share",
    "current_share",
    "winnable_share",
    "win_rate_closed",
    "win_rate_all",
    "top_20_pct_share",
    "hunting",
    "farming",
)
_MONEY = (
    "amount",
    "expected",
    "expected_open",
    "forecast",
    "headroom",
    "list_price",
    "negative_sum",
    "open",
    "potential",
    "revenue",
    "total_revenue",
    "won",
    "won_plus_open",
)
# The columns low and high carry the format of what they bound, which stands in the same table.
_BOUNDS = ("low", "high")

EXCEL_FORMATS: dict[Format, str] = {
    "count": "#,##0",
    "money": "#,##0",
    "percent": "0.0%",
    "percentage_points": "0.0",
    "number": "#,##0.00",
    "date": "yyyy-mm-dd",
    "yes_no": "General",
    "text": "General",
}


def column_format(table: pd.DataFrame, name: str) -> Format:
    """Return how one column of a table is shown."""
    column = table[name]
    if pd.api.types.is_bool_dtype(column):
        return "yes_no"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    if not pd.api.types.is_numeric_dtype(column):
        return "text"
    if name in _FRACTIONS or (name in _BOUNDS and "win_rate_closed" in table):
        return "percent"
    if name.startswith("pct_"):
        return "percentage_points"
    if name in _MONEY or (name == "total" and "n_for_80" in table):
        return "money"
    return "count" if pd.api.types.is_integer_dtype(column) or _all_whole(column) else "number"


def _all_whole(column: "pd.Series[Any]") -> bool:
    """Say whether a column of floats holds whole numbers only, such as points with a missing answer."""
    present = column.dropna()
    return bool((present % 1 == 0).all())


def in_language(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table with its words in one language: a column and its ``_zh`` twin become one."""
    for name in ("label", "reason"):
        twin = f"{name}_zh"
        if twin in table:
            table = (table.assign(**{name: table[twin]}) if lang == "zh" else table).drop(columns=twin)
    return table.drop(columns="item") if "label" in table and "item" in table else table


def cell_text(value: Any, shown_as: Format, lang: Lang = "en") -> str:
    """Return one value as text for the page; missing values are a dash.

    >>> cell_text(0.1234, "percent"), cell_text(1234567.8, "money"), cell_text(float("nan"), "money")
    ('12.3 %', '1,234,568', '–')
    """
    if pd.isna(value):
        return "–"
    match shown_as:
        case "percent":
            return f"{value:.1%}" if lang == "zh" else f"{value:.1%}".replace("%", " %")
        case "percentage_points":
            return f"{value:.1f}"
        case "money" | "count":
            return f"{value:,.0f}"
        case "number":
            return f"{value:,.2f}"
        case "date":
            return f"{value:%Y-%m-%d}"
        case "yes_no":
            return "✓" if value else "✗"
    return str(value)
