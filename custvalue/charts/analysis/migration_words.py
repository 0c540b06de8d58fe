"""What the two pictures of migration say alike: periods, and who is not in a segment in both of them."""

from typing import Any

import pandas as pd

from custvalue.analysis.migration import Migration
from custvalue.charts.wording import agree, count_text, is_missing, name_text, say
from custvalue.rules.errors import refusal
from custvalue.rules.labels import Label, Lang, check_lang

STATES = {
    "unplaced": Label("unplaced", "未归类"),
    "new": Label("new", "新增"),
    "returned": Label("returned", "回归"),
    "lost": Label("lost", "流失"),
}
SUBJECT = Label("moves", "客户变动")
NOBODY = Label("there are no accounts.", "没有客户。")
NONE_PLACED = Label("None of {n} {accounts} is placed in {both}{rest}", "{n}个客户中无一在{both}均已归类{rest}")
_BOTH = Label("both {before} and {after}", "{before}和{after}")
_BOTH_UNNAMED = Label("both periods", "两期")
_BEFORE, _AFTER = Label("the period before", "前一期"), Label("the one after", "后一期")
REST = Label("; {list}", "；{list}")
_COUNTED = Label("{n} {state}", "{state}{n}个")


def check_migration(result: object, lang: str, caller: str) -> None:
    """Refuse anything but the whole result of ``segment_migration``."""
    check_lang(lang)
    if not isinstance(result, Migration):
        raise refusal(
            f"{caller} draws what segment_migration returned",
            type(result).__name__,
            "Pass the whole result, not one of its frames.",
        )


def accounts_word(n: float) -> str:
    """Return "account" or "accounts", as the number wants."""
    return agree(n, "account", "accounts")


def period_names(summary: "pd.Series[Any]", lang: Lang) -> dict[str, str]:
    """Return what the two periods are called, where the result knows it."""
    named = {"before": summary["period_before"], "after": summary["period_after"]}
    unnamed = {"before": _BEFORE, "after": _AFTER}
    return {key: unnamed[key].text(lang) if is_missing(name) else name_text(name, lang) for key, name in named.items()}


def both_periods(summary: "pd.Series[Any]", lang: Lang) -> str:
    """Return what the two periods are called together."""
    if is_missing(summary["period_before"]) or is_missing(summary["period_after"]):
        return _BOTH_UNNAMED.text(lang)
    return say(_BOTH, lang, **period_names(summary, lang))


def set_aside(summary: "pd.Series[Any]", lang: Lang) -> list[str]:
    """Return the accounts that are not in a segment in both quarters, counted by what became of them."""
    columns = {"new": "n_new", "returned": "n_returned", "lost": "n_lost_accounts", "unplaced": "n_unplaced"}
    counts = [(name, summary[column]) for name, column in columns.items()]
    return [
        say(_COUNTED, lang, n=count_text(n), state=STATES[name].text(lang))
        for name, n in counts
        if not pd.isna(n) and n > 0
    ]
