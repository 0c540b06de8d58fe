"""What was said of a deal and what became of it: one row per deal and stage entered, old enough to be judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import OUTCOMES, deals_as_of, ladder_codes
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.frames.periods import AsOf, as_day, check_freq, period_labels
from custvalue.kernels.survival import kaplan_meier, time_until
from custvalue.rules import playbook
from custvalue.rules.errors import is_number, raise_all, refusal
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import check_share, column_list

SETTLED = 0.95
_LEVEL = 0.95
_MATURITY = (
    "stage",
    "n",
    "n_left_out",
    "n_closed_undated",
    "wait_days",
    "share_settled",
    "n_matured",
    "n_matured_open",
)
_ENTRY = ("opportunity", "stage", "entered", "quarter", "p_stage", "closed", "outcome", "matured")


@dataclass(frozen=True, slots=True)
class StageEntries(Parts):
    """The answer of :func:`stage_entries`: ``.entries`` row by row, ``.maturity`` stage by stage."""

    entries: pd.DataFrame
    maturity: pd.DataFrame


def stage_entries(
    stage_history: Any,
    opportunities: Any,
    *,
    as_of: AsOf,
    ladder: Ladder = playbook.DEAL_HEAT,
    settled: float = SETTLED,
    matured_after: float | None = None,
    covered_from: AsOf | None = None,
    freq: str = "Q-DEC",
    keep: Sequence[str] = (),
) -> StageEntries:
    """Put beside every stage a deal entered what became of the deal, and say which entries are old enough to judge.

    An entry is *matured* if it is at least ``wait_days`` old on ``as_of``: the time after which the share ``settled``
    of the deals that entered the stage are won or lost (Kaplan-Meier, open deals censored).

    Parameters
    ----------
    stage_history : frame
        One row per deal and stage entered: ``opportunity``, ``stage`` (of the ladder), ``entered`` (date). Where a deal
        enters a stage twice, the first time counts; a row without a date is left out.
    opportunities : frame
        One row per deal: ``opportunity``, ``outcome`` ("won", "lost", missing while open), ``closed`` (date; a deal won
        or lost without it is left out, for nobody knows whether it was closed by ``as_of``).
    as_of : date
        The day on which the question is asked; entries and closings after it are not looked at.
    ladder : Ladder
        The chance of ever winning by stage.
    settled : float
        Share of the deals that must be won or lost by then, between 0 and 1.
    matured_after : float, optional
        Days instead, the same for all stages.
    covered_from : date, optional
        The day from which the closings are complete, by default that of the first closing; earlier entries are left
        out.
    freq : str
        pandas quarter or month frequency of the cohorts.
    keep : sequence of str
        Columns of ``opportunities`` to carry along, such as ``"owner"``.

    Returns
    -------
    StageEntries
        ``.entries``: one row per deal and stage entered from ``covered_from`` to ``as_of``, in order of entry:
        ``opportunity``, ``stage`` (ordered categorical), ``entered``, ``quarter`` (label of the cohort), ``p_stage``,
        ``closed`` and ``outcome`` as known on the day, ``matured`` (bool), and the columns kept.
        ``.maturity``: one row per stage of the ladder: ``stage``, ``n``, ``n_left_out`` (entered too early),
        ``n_closed_undated`` (of deals won or lost on an unknown day, left out, too), ``wait_days``, ``share_settled``
        (by then; below ``settled`` where even the oldest entries have not settled), ``n_matured``, ``n_matured_open``.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, an opportunity is missing, a stage is not on the ladder, or a deal
        stands in the history and not among the opportunities.
        If a deal is entered after it was closed, or occurs twice among the opportunities.
        If ``settled`` lies outside (0, 1) or ``matured_after`` is negative.

    Notes
    -----
    Losses often close sooner than wins. Of entries that are young the closed ones are then mostly losses, and a rate of
    the closed is too low; that is why only matured entries are judged. The few matured entries that are still open
    stand beside the rate. A deal that was won or lost on a day that is missing counts for nothing, neither for the rate
    nor for the wait: taken as closed by ``as_of`` it would look ahead. Of deals that entered a stage before the
    closings were recorded only those are in the frame that were still open then, which are mostly the slow and the won:
    those entries are no fair cohort. A deal appears
    once for every stage it entered, so rows of different stages are not independent of each other.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.to_datetime(["2025-01-05", "2025-02-01", "2026-09-01"])
    >>> history = pd.DataFrame({"opportunity": ["a", "b", "c"], "stage": "terms", "entered": days})
    >>> closed = pd.to_datetime(["2025-03-01", "2025-02-20", None])
    >>> deals = pd.DataFrame({"opportunity": ["a", "b", "c"], "outcome": ["won", "lost", None], "closed": closed})
    >>> found = stage_entries(history, deals, as_of="2026-09-30", covered_from="2025-01-01")
    >>> found.entries[["opportunity", "p_stage", "outcome", "matured"]]
      opportunity  p_stage outcome  matured
    0           a      0.6     won     True
    1           b      0.6    lost     True
    2           c      0.6     NaN    False
    """
    day = as_day(as_of)
    check_freq(freq)
    check_share("settled", settled)
    kept = column_list("keep", keep)
    if matured_after is not None and not (is_number(matured_after) and matured_after >= 0):
        raise refusal("matured_after must be 0 days or more", repr(matured_after), "Leave it out to have it estimated.")
    history, codes, entered = _history(to_pandas(stage_history), ladder)
    deals = _deals(to_pandas(opportunities), day, kept)
    place = pd.Index(deals["opportunity"]).get_indexer(history["opportunity"])
    closed = deals["closed"].reindex(place).reset_index(drop=True)
    _check_entries(history, place, entered, closed)

    rows = pd.DataFrame({"opportunity": history["opportunity"], "code": codes, "entered": entered, "place": place})
    rows = rows[(rows["entered"] <= day) & (rows["code"] >= 0)].sort_values(["entered", "code"], kind="stable")
    rows = rows.drop_duplicates(["opportunity", "code"])
    begin = deals["closed"].min() if covered_from is None else as_day(covered_from)
    early = (rows["entered"] < begin).to_numpy()  # nothing is early where there is no closing
    n_left_out = np.bincount(rows["code"].to_numpy()[early], minlength=len(ladder.names))
    rows = rows[~early]
    undated = (deals["outcome"].notna() & deals["closed"].isna()).to_numpy()[rows["place"].to_numpy()]
    n_undated = np.bincount(rows["code"].to_numpy()[undated], minlength=len(ladder.names))
    rows = rows[~undated]
    known = deals.take(rows["place"].to_numpy()).reset_index(drop=True)
    code = rows["code"].to_numpy()
    age = (day - rows["entered"]).dt.days.to_numpy(dtype=np.float64)
    lasted = (known["closed"] - rows["entered"].reset_index(drop=True)).dt.days.to_numpy(dtype=np.float64)
    is_closed = known["outcome"].notna().to_numpy()
    lasted = np.where(is_closed, lasted, age)
    waits = _waits(code, lasted, is_closed, ladder, settled, matured_after)
    matured = age >= waits["wait_days"].to_numpy()[code]
    entries = pd.DataFrame(
        {
            "opportunity": rows["opportunity"].to_numpy(),
            "stage": ordered_classes(code, ladder.names),
            "entered": rows["entered"].to_numpy(),
            "quarter": period_labels(rows["entered"].reset_index(drop=True), freq),
            "p_stage": np.array(ladder.probabilities)[code],
            "closed": known["closed"],
            "outcome": known["outcome"],
            "matured": matured,
            **{name: known[name] for name in kept},
        }
    )
    n = len(ladder.names)
    maturity = waits.assign(
        n=np.bincount(code, minlength=n),
        n_left_out=n_left_out,
        n_closed_undated=n_undated,
        n_matured=np.bincount(code[matured], minlength=n),
        n_matured_open=np.bincount(code[matured & ~is_closed], minlength=n),
    )
    return StageEntries(entries, maturity[list(_MATURITY)])


def _history(frame: pd.DataFrame, ladder: Ladder) -> tuple[pd.DataFrame, Any, "pd.Series[Any]"]:
    check = FrameCheck(frame, "stage_entries: stage_history")
    check.rule("ladder", ladder, Ladder)
    check.require("opportunity", "the deal's identifier")
    codes = ladder_codes(check, "stage", ladder, needed=np.ones(len(frame), dtype=bool))
    entered = check.dates("entered", purpose="day the stage was entered")
    _check_named(check)
    check.done()
    return frame.reset_index(drop=True), codes, entered.reset_index(drop=True)


def _check_named(check: FrameCheck) -> None:
    if not check.failures:
        unnamed = check.frame["opportunity"].isna().to_numpy(dtype=bool)
        check.fail_rows("opportunity must not be missing", "opportunity", unnamed, "Name the deal.")


def _deals(frame: pd.DataFrame, day: pd.Timestamp, keep: Sequence[str]) -> pd.DataFrame:
    """Return the deals with outcome and close date as known on the day."""
    check = FrameCheck(frame, "stage_entries: opportunities")
    check.require("opportunity", "the deal's identifier")
    states = deals_as_of(check, day)
    check.require("closed", "day the deal was won or lost")
    for name in keep:
        check.require(name, "to carry along")
    taken = [name for name in keep if name in _ENTRY]
    if taken:
        check.fail("keep must not name a result column", taken, "Leave it out.", "keep")
    _check_named(check)
    if not check.failures:
        repeated = frame["opportunity"].duplicated().to_numpy()
        check.fail_rows("a deal may occur once", "opportunity", repeated, "Drop the repeated rows.")
    check.done()
    outcome = np.select([states.won, states.lost], OUTCOMES, default="")
    known = pd.Series(outcome, dtype="str").where(outcome != "")
    closed = states.closed.reset_index(drop=True).where(known.notna())
    kept = frame[["opportunity", *keep]].reset_index(drop=True)
    return kept.assign(outcome=known, closed=closed)


def _check_entries(history: pd.DataFrame, place: Any, entered: "pd.Series[Any]", closed: "pd.Series[Any]") -> None:
    check = FrameCheck(history, "stage_entries: stage_history")
    check.fail_rows(
        "a deal of the history stands among the opportunities",
        "opportunity",
        place < 0,
        "Add the deal, or leave its history out.",
    )
    late = (entered > closed.where(place >= 0)).to_numpy()
    check.fail_rows(
        "a stage is entered while the outcome is open",
        "entered",
        late,
        "Correct the date: what is written down after the outcome was known forecasts nothing.",
    )
    raise_all(check.caller, check.failures)


def _waits(
    code: Any, lasted: Any, is_closed: Any, ladder: Ladder, settled: float, matured_after: float | None
) -> pd.DataFrame:
    """Return for each stage the days until enough of its deals are settled, and the share settled by then."""
    rows = []
    for number in range(len(ladder.names)):
        mine = code == number
        curve = kaplan_meier(lasted[mine], is_closed[mine], _LEVEL)
        if matured_after is None:
            wait = time_until(curve.times, curve.share, 1 - settled)
            wait = float(curve.times[-1]) if np.isnan(wait) and curve.times.size else wait
        else:
            wait = float(matured_after)
        left = curve.share[curve.times <= wait]
        rows.append((wait, 1 - float(left[-1]) if left.size else (0.0 if mine.any() else np.nan)))
    waits = pd.DataFrame(rows, columns=["wait_days", "share_settled"])
    return waits.assign(stage=ordered_classes(np.arange(len(ladder.names)), ladder.names))
