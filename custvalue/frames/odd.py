"""What is merely odd in a clean table: reported with counts, never rejected, never changed."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from custvalue.frames.contracts import LABELS, contract_for
from custvalue.frames.spellings import alike, similar_spellings
from custvalue.frames.values import Distinct, arrow_texts, equals
from custvalue.rules import playbook

MANY_TIMES_THE_MEDIAN = 100
SHARE_OF_ONE_DAY = 0.3
FEWEST_TO_JUDGE = 10
NAMED = 3
LAST_ROWS = 1000  # where a total of identifiers would stand
TOTALS = ("total", "grand total", "subtotal", "sum", "total general", "gesamt", "合计", "总计", "小计")


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing worth a look: the columns it needs, and a function that says it in words, or nothing."""

    item: str
    columns: tuple[str, ...]
    say: Callable[[pd.DataFrame], str]
    kinds: tuple[str, ...] = ()


def odd_notes(
    frame: pd.DataFrame, kind: str, labels: Mapping[str, Distinct] | None = None, made: str | None = None
) -> tuple[tuple[str, object], ...]:
    """Return what is odd in a clean table of one kind, as notes for its report.

    ``labels`` are its distinct labels where they are known, ``made`` a key that was made by numbering the rows.

    Examples
    --------
    >>> lines = pd.DataFrame({"account": ["a", "a"], "date": pd.to_datetime(["2026-01-01"] * 2), "amount": [1.0, 1.0]})
    >>> odd_notes(lines, "sales")
    (('odd: exact duplicate rows', '1 (kept)'),)
    """
    if made is not None:  # a number of ours makes no two rows different
        frame = frame.drop(columns=made)
    sought = [
        (f"odd: {oddity.item}", oddity.say)
        for oddity in ODDITIES
        if (not oddity.kinds or kind in oddity.kinds)
        and all(name in frame for name in oddity.columns)
        and len(frame)
        # Rows of distinct keys are distinct, and comparing every cell is dear.
        and not (oddity.say is _duplicates and key_is_there(frame, kind))
    ]
    sought.append(("odd: rows that look like totals", partial(_totals, labels or {})))
    sought += [
        (f"odd: {name} spelt in several ways", partial(_spelt, name, (labels or {}).get(name)))
        for name in LABELS
        if name in frame and isinstance(frame[name].dtype, pd.StringDtype)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(lambda one: one[1](frame), sought))
    return tuple((item, words) for (item, _), words in zip(sought, said, strict=True) if words)


def key_is_there(frame: pd.DataFrame, kind: str) -> bool:
    """Say whether the table has its whole key, filled in every row, so that no two clean rows can be equal."""
    key = contract_for(kind).key
    return bool(key) and all(name in frame and frame[name].notna().all() for name in key)


def _spelt(name: str, labels: Distinct | None, frame: pd.DataFrame) -> str:
    spellings = similar_spellings(frame[name]) if labels is None else alike(labels)
    groups = [
        " / ".join(f"{text!r} ({n})" for text, n in zip(group["spelling"], group["n"], strict=True))
        for _, group in spellings.groupby("group", sort=False)
    ]
    more = f"; and {len(groups) - NAMED} more" if len(groups) > NAMED else ""
    return "; ".join(groups[:NAMED]) + more


def _duplicates(frame: pd.DataFrame) -> str:
    n = int(frame.duplicated().sum())
    return f"{n:,} (kept)" if n else ""


def _large_won(frame: pd.DataFrame) -> str:
    won = frame.loc[equals(frame["outcome"], "won"), "amount"]
    median = won.median()
    large = won[won >= MANY_TIMES_THE_MEDIAN * median] if median > 0 else won.iloc[:0]
    if large.empty:
        return ""
    many = f"{len(large):,} won amounts of {MANY_TIMES_THE_MEDIAN} times the median ({median:,.0f}) or more"
    return f"{many}, up to {large.max():,.0f}"


def _one_day(frame: pd.DataFrame) -> str:
    closed = frame["closed"].to_numpy()
    days = closed[~np.isnat(closed)].astype("M8[D]")
    if len(days) < FEWEST_TO_JUDGE:
        return ""
    counts = np.bincount((days - days.min()).astype(np.int64))
    n, busiest = int(counts.max()), days.min() + int(counts.argmax())
    if n < SHARE_OF_ONE_DAY * len(days):
        return ""
    return f"{n:,} of {len(days):,} closed deals on {busiest}: the day of a clean-up?"


def _closed_without_date(frame: pd.DataFrame) -> str:
    n = int((frame["outcome"].notna() & frame["closed"].isna()).sum())
    return f"{n:,} won or lost deals without a close date: they stand in no period" if n else ""


def _due_before_created(frame: pd.DataFrame) -> str:
    n = int((frame["expected_close"] < frame["created"]).sum())
    return f"{n:,} deals expected to close before they were created" if n else ""


def _potential_too_small(frame: pd.DataFrame) -> str:
    n = int((frame["current_share"] > 1).sum())
    return f"{n:,} accounts with a current share above 1: their potential is too small" if n else ""


def _rivals_above_one(frame: pd.DataFrame) -> str:
    keys = [name for name in ("account", "period") if name in frame]
    n = int((frame.groupby(keys, dropna=False)["share"].sum() > 1 + 1e-9).sum())
    return f"{n:,} accounts whose rivals together hold more than everything" if n else ""


def _long_days(frame: pd.DataFrame) -> str:
    hours = frame.groupby(["rep", "date"])["hours"].sum()
    n = int((hours > playbook.SELLING_YEAR.hours_in_day).sum())
    return f"{n:,} days of more than {playbook.SELLING_YEAR.hours_in_day:g} hours" if n else ""


def _totals(labels: Mapping[str, Distinct], frame: pd.DataFrame) -> str:
    n = 0
    for name in ("account", "opportunity", "prospect", "owner"):
        if name in labels:
            cells = labels[name]
            n += cells.n_cells(_named_like_totals(cells.texts))
        elif name in frame and isinstance(frame[name].dtype, pd.StringDtype):
            n += int(_named_like_totals(arrow_texts(frame[name].tail(LAST_ROWS))).sum())
    return f"{n:,} rows named like a total: they are counted as data (drop them, or skip_footer)" if n else ""


def _named_like_totals(texts: pa.Array) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.is_in(pc.utf8_lower(texts), pa.array(TOTALS, texts.type)).to_numpy(
        zero_copy_only=False
    )
    return found


def _deleted(frame: pd.DataFrame) -> str:
    marks = [name for name in frame if str(name).lower().replace("_", "").replace(" ", "") in ("isdeleted", "deleted")]
    n = sum(int(frame[name].astype("str").str.lower().isin(["true", "1", "yes"]).sum()) for name in marks)
    return f"{n:,} rows marked as deleted are counted as data" if n else ""


ODDITIES = (
    Oddity("rows marked as deleted", (), _deleted),
    Oddity("exact duplicate rows", (), _duplicates),
    Oddity("very large won amounts", ("outcome", "amount"), _large_won, ("opportunities",)),
    Oddity("many deals closed on one day", ("closed",), _one_day, ("opportunities",)),
    Oddity("closed deals without a date", ("outcome", "closed"), _closed_without_date, ("opportunities",)),
    Oddity("expected close before creation", ("expected_close", "created"), _due_before_created, ("opportunities",)),
    Oddity("current share above 1", ("current_share",), _potential_too_small, ("accounts",)),
    Oddity("rivals' shares above 1", ("account", "share"), _rivals_above_one, ("rivals",)),
    Oddity("days longer than a day", ("rep", "date", "hours"), _long_days, ("time_log",)),
)
