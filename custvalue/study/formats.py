"""How a result column is shown: its number format on the page and in the workbook, by what the column means."""

import math
from typing import Any, Literal

import pandas as pd

from custvalue.rules.labels import Lang

Format = Literal["count", "money", "percent", "percentage_points", "number", "significant", "date", "yes_no", "text"]

_FRACTIONS = frozenset(
    (
        "probability",
        "p_stage",
        "p_rep",
        "p_model",
        "p_win_ever",
        "p_rep_minus_p_stage",
        "used_probability",
        "mean_probability",
        "share",
        "cumulative_share",
        "current_share",
        "winnable_share",
        "hunting",
        "farming",
        "win_rate",
        "win_rate_closed",
        "win_rate_all",
        "win_rate_closed_only",
        "logistic_win_rate",
        "isotonic_win_rate",
        "share_of_accounts",
        "share_of_revenue",
        "share_of_potential",
        "share_of_headroom",
        "share_of_before",
        "share_of_placed",
        "share_of_expected",
        "share_of_variance",
        "share_of_weight",
        "share_of_disagreement",
        "share_of_comparisons",
        "share_equal",
        "weight_change_relative",
        "grid_probability",
        "share_of_prospects",
        "share_of_wins",
        "share_lost",
        "share_open",
        "share_settled",
        "share_changed",
        "share_unchanged",
        "rate_decided",
        "within_year",
        "within_year_low",
        "within_year_high",
        "within_5_pct",
        "within_10_pct",
        "within_20_pct",
        "crm_accuracy_clipped",
        "wape",
        "interval_coverage",
        "coverage_low",
        "coverage_high",
        "below",
        "above",
        "level",
        "pit",
        "skill",
        "chance_at_least",
        "chance_if_won",
        "chance_if_lost",
        "swing",
        "swing_alone",
        "trend",
        "trend_low",
        "trend_high",
        "fdr",
        "class_limit_a",
        "class_limit_b",
        "segment_probability",
        "likeliest_probability",
        "p_potential_too_low",
    )
)
_MONEY = frozenset(
    (
        "amount",
        "amount_signed",
        "grid_amount",
        "amount_before",
        "amount_after",
        "amount_at_close",
        "cumulative_amount",
        "raised",
        "cut",
        "expected",
        "expected_open",
        "expected_per_hour",
        "expected_p_stage",
        "expected_p_rep",
        "expected_p_model",
        "expected_headroom",
        "expected_rep_minus_stage",
        "forecast",
        "forecast_minus_actual",
        "actual",
        "last_period",
        "same_period_last_year",
        "raw_pipeline",
        "weighted_pipeline",
        "headroom",
        "headroom_moved",
        "list_price",
        "negative_sum",
        "unnamed_sum",
        "open",
        "overdue",
        "potential",
        "potential_low",
        "potential_high",
        "revenue",
        "total_revenue",
        "revenue_before",
        "revenue_after",
        "revenue_lost",
        "revenue_new",
        "revenue_returned",
        "revenue_at_risk",
        "revenue_now",
        "revenue_expected",
        "revenue_low",
        "revenue_high",
        "revenue_trailing_year",
        "total_left",
        "lost",
        "total_change",
        "opening",
        "closing",
        "closing_minus_opening",
        "opening_overdue",
        "closing_overdue",
        "won",
        "won_plus_open",
        "won_between",
        "won_from_opening",
        "won_not_in_opening",
        "won_raised",
        "won_cut",
        "mae",
        "mae_compared",
        "mae_baseline",
        "mae_saved",
        "mae_saved_low",
        "mae_saved_high",
        "rmse",
        "crps",
        "quantile_loss",
        "mae_median",
        "mean_width",
        "winkler",
        "mean_won_amount",
        "mean",
        "sd",
        "p10",
        "p50",
        "p90",
        "error_bound",
        "target",
        "still_needed",
        "open_needed",
        "open_needed_low",
        "open_needed_high",
        "velocity_per_day",
        "velocity_low",
        "velocity_high",
    )
)
# Probabilities of a test, and thresholds that are now money, now a share: three digits, whatever their size.
_SIGNIFICANT = frozenset(
    (
        "p_value",
        "p_shuffled",
        "q_value",
        "binomial_p",
        "spiegelhalter_p",
        "p_trend",
        "p_trend_holm",
        "season_p",
        "p_gap_this_long",
        "p_ordinary_gap",
        "threshold",
        "moved_to",
        "hhi",
        "hhi_change",
    )
)
_IN_PERCENT = ("bias_pct",)
# The columns low and high carry the format of what they bound, which stands in the same table.
_BOUNDS = ("low", "high")
_BOUNDED_FRACTIONS = _FRACTIONS & frozenset(
    (
        "win_rate",
        "win_rate_closed",
        "win_rate_closed_only",
        "share_of_before",
        "share_lost",
        "share_changed",
        "share_unchanged",
        "rate_decided",
    )
)
# Tables whose rows are measures of different kinds, or cells of a matrix.
_OF_MEASURES = ("now", "low", "median", "high")
_OF_MATRIX = ("share_1", "share_2", "share_3", "total")
_OF_DRAWS = "share_of_weight_draws"
_LARGE = 1_000

EXCEL_FORMATS: dict[Format, str] = {
    "count": "#,##0",
    "money": "#,##0",
    "percent": "0.0%",
    "percentage_points": "0.0",
    "number": "#,##0.00",
    "significant": "General",
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
    if name in _SIGNIFICANT or (name in _OF_MEASURES and "measure" in table):
        return "significant"
    if name in _FRACTIONS or name.endswith(("_share", "_share_change")) or _OF_DRAWS in name:
        return "percent"
    if name in _BOUNDS and not _BOUNDED_FRACTIONS.isdisjoint(table.columns):
        return "percent"
    if name.startswith("pct_") or name in _IN_PERCENT:
        return "percentage_points"
    if name in _MONEY or (name == "total" and "n_for_80" in table) or (name in _OF_MATRIX and "row" in table):
        return "money"
    return "count" if pd.api.types.is_integer_dtype(column) or _all_whole(column) else "number"


def _all_whole(column: "pd.Series[Any]") -> bool:
    """Say whether a column of floats holds whole numbers only, such as points with a missing answer."""
    present = column.dropna()
    return bool((present % 1 == 0).all())


def in_language(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table with its words in one language: a column and its ``_zh`` twin become one."""
    for name in ("label", "reason", "action", "answer", "meaning", "who", "note"):
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
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else "−∞"
    match shown_as:
        case "significant":
            return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.3g}"
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
