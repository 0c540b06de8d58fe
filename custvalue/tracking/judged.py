"""Rows of stated probabilities with what became of them: which count, and which were stated too late."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import FrameCheck
from custvalue.frames.deals import OUTCOMES, WON
from custvalue.kernels.calibration import all_known

STAMPS = ("entered", "snapshot", "submitted")
"""Columns that say on which day a probability was stated."""


class JudgedRows:
    """Probabilities and outcomes of a frame, and which of its rows count.

    ``closed`` rows are won or lost, ``open`` ones neither, ``left_out`` rows lack a probability or are not matured,
    ``young`` ones have a probability and are not matured.
    """

    def __init__(
        self,
        p: NDArray[np.float64],
        result: NDArray[np.float64],
        mature: NDArray[np.bool_] | None,
        *,
        complete: bool,
    ) -> None:
        self.everything = mature is None and complete
        if self.everything:
            # One value stands for all rows: a million of them would have to be fetched and filled.
            every, none = (np.broadcast_to(np.bool_(value), p.shape) for value in (True, False))
            self.probability, self.won, self.counted = p, result, every
            self.closed, self.open, self.left_out, self.young, self.is_fair = every, none, none, none, True
            return
        missing = np.isnan(p)
        counted = ~missing if mature is None else mature & ~missing
        is_open = np.isnan(result)
        self.probability, self.won, self.counted = p, result, counted
        self.closed, self.open, self.left_out = counted & ~is_open, counted & is_open, ~counted
        self.young = ~counted & ~missing
        self.is_fair = mature is not None or not bool(self.open.any())
        """Whether the closed rows are not a selection by the speed of closing."""


def judged_rows(check: FrameCheck, probability: str, outcome: str, matured: str) -> JudgedRows:
    """Return the checked rows of a frame of stated probabilities; outcomes are 1, 0, or missing while open."""
    frame = check.frame
    p, result = check.plain_numbers(probability), check.plain_numbers(outcome)
    complete = p is not None and result is not None and all_known(p, result)
    if p is None or result is None or not complete:  # a closer look, which says what is wrong
        p = check.numbers(probability, low=0, high=1, purpose="the probability that was stated")
        if outcome in frame and _is_zero_or_one(frame[outcome]):
            result = frame[outcome].to_numpy(dtype=np.float64, na_value=np.nan)
            wrong = ~np.isnan(result) & (result != 0) & (result != 1)
            check.fail_rows(f"{outcome} must be 1 or 0", outcome, wrong, "Missing while open.")
        else:
            codes = check.choices(outcome, OUTCOMES, purpose="'won' or 'lost', missing while open")
            result = np.where(codes < 0, np.nan, codes == WON)
        complete = all_known(p, result)
    mature = None
    if check.may_use(matured, usual="matured"):
        column = frame[matured]
        if pd.api.types.is_bool_dtype(column) and not column.isna().any():
            mature = column.to_numpy(dtype=bool)
        else:
            check.fail(
                f"{matured} must be true or false", f"dtype {column.dtype}", "Fill it in for every row.", matured
            )
    _refuse_hindsight(check)
    return JudgedRows(p, result, mature, complete=complete)


def _is_zero_or_one(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)


def _refuse_hindsight(check: FrameCheck) -> None:
    """Note probabilities stated after the outcome was known: they forecast nothing."""
    if "closed" not in check.frame:
        return
    closed = check.dates("closed")
    for name in (name for name in STAMPS if name in check.frame):
        late = (check.dates(name) > closed).to_numpy()
        check.fail_rows(
            "a probability is stated before the deal is closed",
            name,
            late,
            "Leave the rows out: what is stated after the outcome was known forecasts nothing.",
        )
