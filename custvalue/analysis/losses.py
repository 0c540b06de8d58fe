"""What is left when one of the largest accounts leaves: revenue, and how many then supply each level."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.analysis.ranked import PERCENT, Question, level_columns, ranked_groups, values_of, whole_number
from custvalue.frames.nullable import ordered_classes

LOSSES = ("alone", "together")
_NO_TOTAL = "the total is not positive: shares are undefined"


def losses(accounts: pd.DataFrame, summary: pd.DataFrame, question: Question, k: int) -> pd.DataFrame:
    """Return each group's revenue and counts without each of its ``k`` largest accounts (see ``Concentration``)."""
    k = whole_number("k", k, 1)
    values = values_of(accounts, question)
    names = accounts.index.to_series() if question.account is None else accounts[question.account]
    keys, rows, top_rows, places = summary[list(question.by)], [], [], []
    for place, ranked in ranked_groups(accounts, question):
        top = ranked[:k]
        for together in (False, True):
            rows += _without(values[ranked], top.size, question, together)
            top_rows += top.tolist()
            places += [place] * top.size
    told = names.iloc[top_rows].reset_index(drop=True).rename("account")
    table = pd.concat([keys.iloc[places].reset_index(drop=True), _frame(rows, question.levels), told], axis="columns")
    return table[[*question.by, "loss", "rank", "account", "lost", "lost_share", *_left(question.levels), "reason"]]


def _left(levels: Sequence[float]) -> list[str]:
    return ["n_left", "total_left", *level_columns(levels)]


def _frame(rows: list[list[Any]], levels: Sequence[float]) -> pd.DataFrame:
    columns = ["loss", "rank", "lost", "lost_share", *_left(levels), "reason"]
    frame = pd.DataFrame(rows, columns=columns).astype(
        {name: "Int64" if name.startswith("n_") else "float64" for name in columns[2:-1]}
        | {"rank": "int64", "reason": "str"}
    )
    return frame.assign(loss=ordered_classes(frame["loss"].to_numpy(dtype=np.int8), LOSSES))


def _without(descending: kernels.Floats, k: int, question: Question, together: bool) -> list[list[Any]]:
    running = np.cumsum(descending)
    rows = []
    for rank in range(1, k + 1):
        lost = float(running[rank - 1] if together else descending[rank - 1])
        gone = rank if together else 1
        whole, n = float(running[-1]), descending.size - gone
        total = whole - lost
        share = lost / whole if whole > 0 else np.nan
        left = [int(together), rank, lost, share, n, total]
        # What is left of a total that was lost whole is round-off, not revenue.
        if n == 0 or not total > kernels.ROUND_OFF * abs(whole):
            rows.append([*left, *[pd.NA, np.nan] * len(question.levels), "no account is left" if n == 0 else _NO_TOTAL])
            continue
        counts = [_count_without(running, rank, gone, lost, level * total) for level in question.levels]
        rows.append([*left, *[item for count in counts for item in (count, PERCENT * count / n)], ""])
    return rows


def _count_without(running: kernels.Floats, rank: int, gone: int, lost: float, target: float) -> int:
    """Count who supplies ``target`` without the ``gone`` accounts that end at ``rank``: those before, then those after.

    Those before the loss keep their running total; after it each is lower by what was lost.
    """
    before = running[: rank - gone]
    count = kernels.count_to_reach(before, target)
    if count <= before.size:
        return count
    allowance = target * kernels.ROUND_OFF
    return min(int(np.searchsorted(running[rank:] - lost, target - allowance)) + 1 + before.size, running.size - gone)
