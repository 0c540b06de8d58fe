"""Targets of a period: one number, or a row for each period and group."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules.errors import InputError, is_number, refusal
from custvalue.tracking.arguments import MOST_MONEY, period_of
from custvalue.tracking.names import check_one_kind, several_currencies, unlike

TARGET_MISSING = "__target_missing__"


def read_targets(
    targets: Any, label: str, deals: pd.DataFrame, groups: list[str], target: str, freq: str
) -> pd.DataFrame:
    """Return the targets of one period, one row per group, and whether one of a group's is missing."""
    if pd.api.types.is_scalar(targets) and not is_number(targets):
        if pd.isna(targets):
            remedy = f"Give what is to be won in {label}, or a frame with a row for each target that there is."
            raise refusal("coverage: targets must not be missing", repr(targets), remedy)
        remedy = "Give currency units, or a frame with the columns 'period' and 'target'."
        raise refusal("coverage: targets must be a frame or a finite number", repr(targets), remedy)
    if is_number(targets):
        if groups:
            raise refusal("one target cannot be shared out among groups", targets, f"Give a frame with {groups}.")
        if not 0 <= targets <= MOST_MONEY:
            raise refusal(f"a target must be 0 or more, and {MOST_MONEY:g} or less", targets, "Give currency units.")
        return pd.DataFrame({"target": [float(targets)], TARGET_MISSING: False})
    frame = to_pandas(targets)
    check = FrameCheck(frame, "coverage")
    amounts = check.numbers(target, low=0, high=MOST_MONEY, purpose="what is to be won in the period")
    for name in ("period", *groups):
        there = check.require(name, "which target it is")
        if there and name in groups:
            check.failures += unlike({"targets": frame[name], "opportunities": deals[name]}, name)
    check_one_kind(check, groups)
    _check_labels(check, freq)
    check.one_currency()
    check.failures += several_currencies({"targets": frame, "opportunities": deals})
    check.done()
    mine = frame[groups].assign(target=amounts)[frame["period"].astype("str").to_numpy() == label]
    # A target that is missing leaves its group's sum unknown.
    if not groups:
        total = mine["target"].sum(skipna=False) if len(mine) else np.nan
        return pd.DataFrame({"target": [float(total)], TARGET_MISSING: [bool(mine["target"].isna().any())]})
    summed = mine.groupby(groups, observed=True, dropna=False, sort=True)[["target"]].sum(skipna=False)
    return pd.DataFrame(summed.assign(**{TARGET_MISSING: summed["target"].isna()}).reset_index())


def _check_labels(check: FrameCheck, freq: str) -> None:
    """Note periods that are missing or no labels of the calendar: their targets would be found by nobody."""
    if not check.has("period"):
        return
    labels = check.frame["period"]
    check.fail_rows("period must not be missing", "period", labels.isna().to_numpy(), "Say which period it is of.")
    for label in labels.dropna().astype("str").unique():
        try:
            period_of(label, freq)
        except InputError as error:
            check.failures.append(f"{error} (column 'period')")
