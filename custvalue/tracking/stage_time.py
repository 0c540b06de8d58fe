"""How long deals stand on each stage, those that still stand there counted as far as they have come."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, ladder_codes
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.periods import AsOf, as_day
from custvalue.kernels import Floats, Integers
from custvalue.kernels.survival import kaplan_meier, time_until
from custvalue.rules import playbook
from custvalue.rules.errors import raise_all
from custvalue.rules.labels import Label
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import check_share
from custvalue.tracking.names import unlike

MEDIAN, PERCENTILE = 0.5, 0.75
LEVEL = 0.95
_NO_SPELL = Label("no deal is known to have stood here", "未见商机在此停留")
_NOT_REACHED = Label(
    "not reached: {left:.0%} of {n} stays are thought to last longer than any that ended",
    "未达到：{n}次停留中估计有{left:.0%}长于任何已结束的停留",
)


@dataclass(frozen=True, slots=True)
class Spells:
    """Stays on a stage, in the order of deal and entry: one entry each.

    ``deal`` is the row of the opportunities (-1 where they do not hold it), ``days`` is missing where the end is not
    known, ``ended`` is false where the stay goes on, ``last`` marks each deal's latest stay.
    """

    deal: Integers
    stage: Integers
    days: Floats
    ended: np.ndarray
    last: np.ndarray


def read_spells(
    history: FrameCheck,
    deals: FrameCheck,
    *,
    day: pd.Timestamp,
    ladder: Ladder,
    opportunity: str,
    stage: str,
    entered: str,
    outcome: str,
    created: str,
    closed: str,
) -> Spells:
    """Turn stage entries into stays; each ends with the next entry, at the close of the deal, or not by ``day``."""
    since = history.dates(entered, purpose="when a deal came to the stage")
    if history.has(entered):
        undated = since.isna().to_numpy()
        history.fail_rows(f"{entered} must not be missing", entered, undated, "Fill it in or leave the row out.")
    past = (since <= day).to_numpy()
    codes = ladder_codes(history, stage, ladder, needed=past)
    named = history.require(opportunity, "which deal it is") and deals.require(opportunity, "which deal it is")
    states = deals_as_of(deals, day, outcome=outcome, created=created, closed=closed)
    rows = np.flatnonzero(past)
    if not named or history.failures or deals.failures:
        nothing = np.zeros(0, dtype=np.int64)
        return Spells(nothing, nothing, nothing.astype(float), nothing.astype(bool), nothing.astype(bool))
    there = {"stage_history": history.frame[opportunity], "opportunities": deals.frame[opportunity]}
    history.failures += unlike(there, opportunity)
    ids = pd.Index(deals.frame[opportunity])
    deals.fail_rows("an opportunity may occur once", opportunity, ids.duplicated(), "Drop the copies.")
    if deals.failures:
        ids = ids[:0]
    name, _ = pd.factorize(history.frame[opportunity])
    start = since.to_numpy().astype("datetime64[D]").astype(np.int64)
    order = rows[np.lexsort((rows, start[rows], name[rows]))]
    again = np.zeros(order.size, dtype=bool)
    again[1:] = (name[order][1:] == name[order][:-1]) & (codes[order][1:] == codes[order][:-1])
    order = order[~again]
    last = np.ones(order.size, dtype=bool)
    last[:-1] = name[order][1:] != name[order][:-1]
    deal = ids.get_indexer(history.frame[opportunity].iloc[order])
    end = np.append(start[order][1:], 0).astype(float)
    is_closed = np.append(states.won | states.lost, values=False)
    ends = states.closed.to_numpy().astype("datetime64[D]")
    closed_on = np.append(np.where(np.isnat(ends), np.nan, ends.astype(np.int64).astype(float)), np.nan)
    today = float(np.datetime64(day, "D").astype(np.int64))
    end = np.where(last, np.where(deal < 0, np.nan, np.where(is_closed[deal], closed_on[deal], today)), end)
    days = end - start[order]
    return Spells(
        deal=deal,
        stage=codes[order],
        days=np.where(days >= 0, days, np.nan),
        ended=~last | is_closed[deal],
        last=last,
    )


def time_in_stage(
    stage_history: Any,
    opportunities: Any,
    *,
    as_of: AsOf,
    ladder: Ladder = playbook.DEAL_HEAT,
    percentile: float = PERCENTILE,
    level: float = LEVEL,
    opportunity: str = "opportunity",
    stage: str = "stage",
    entered: str = "entered",
    outcome: str = "outcome",
    created: str = "created",
    closed: str = "closed",
) -> pd.DataFrame:
    """Estimate how long deals stay on each stage, counting those still there as far as they have come.

    Kaplan-Meier: ``S(t) = Π (1 − left ÷ at risk)``; the limit is the first day t with ``S(t) ≤ 1 − percentile``.

    Parameters
    ----------
    stage_history : frame
        One row per stage a deal entered: ``opportunity``, ``stage``, ``entered`` (date).
    opportunities : frame
        One row per opportunity: ``opportunity``, ``outcome``, ``closed``: what ends the last stay.
    as_of : date
        The day on which the question is asked; nothing later is looked at, and stays that go on are censored there.
    ladder : Ladder
        The stages.
    percentile : float
        The share of stays that are shorter than the limit, between 0 and 1.
    level : float
        Level of the limit's interval, between 0 and 1.
    opportunity, stage, entered, outcome, created, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per stage of the ladder, in selling order: ``stage`` (ordered categorical), ``n_stays``, ``n_moved_on``
        (ended by another stage, a win or a loss), ``n_still_there`` (censored), ``n_end_unknown`` (left out: the
        deal or its close date is not known), ``median_days``, ``limit_days`` with ``limit_low`` and ``limit_high``
        (missing where not reached), and ``note`` and ``note_zh``, which say why the limit is missing, in English and
        Chinese.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, a stage is not on the ladder, an entry has no date, or an
        opportunity occurs twice among the opportunities.
        If opportunities are numbers in one frame and texts in the other.
        If ``percentile`` or ``level`` lies outside 0–1.

    Notes
    -----
    Stays are taken as independent, and those still going on as no different from the others. Leaving includes losing:
    the limit says how long deals stand still, not how long it takes to win. Repeated entries into the same stage
    without another between are one stay. The interval comes from the pointwise log(−log) Greenwood band.

    References
    ----------
    Kaplan, Meier (1958), Nonparametric estimation from incomplete observations, JASA 53, doi:10.2307/2281868.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.to_datetime
    >>> history = pd.DataFrame({"opportunity": ["a", "a", "b", "c"], "stage": ["quotation", "terms", "quotation",
    ...                         "quotation"], "entered": day(["2026-08-01", "2026-08-11", "2026-08-01", "2026-09-20"])})
    >>> deals = pd.DataFrame({"opportunity": ["a", "b", "c"], "outcome": [None, "lost", None],
    ...                       "closed": day([None, "2026-08-31", None])})
    >>> found = time_in_stage(history, deals, as_of="2026-09-30").set_index("stage")
    >>> found.loc[["quotation"], ["n_stays", "n_moved_on", "n_still_there", "median_days", "limit_days"]]
               n_stays  n_moved_on  n_still_there  median_days  limit_days
    stage
    quotation        3       2              1         30.0        30.0
    """
    past, deals = to_pandas(stage_history), to_pandas(opportunities)
    check_share("percentile", percentile)
    check_share("level", level)
    history_check, deal_check = FrameCheck(past, "time_in_stage"), FrameCheck(deals, "time_in_stage")
    history_check.rule("ladder", ladder, Ladder)
    spells = read_spells(
        history_check,
        deal_check,
        day=as_day(as_of),
        ladder=ladder,
        opportunity=opportunity,
        stage=stage,
        entered=entered,
        outcome=outcome,
        created=created,
        closed=closed,
    )
    raise_all("time_in_stage", name_failures(stage_history=history_check, opportunities=deal_check))
    return limits(spells, ladder, percentile, level)


def name_failures(**checks: FrameCheck) -> list[str]:
    """Return the failures of several frames, each with the frame it is about."""
    # A column that two readers need is told once.
    return [f"{name}: {text}" for name, check in checks.items() for text in dict.fromkeys(check.failures)]


def limits(spells: Spells, ladder: Ladder, percentile: float, level: float = LEVEL) -> pd.DataFrame:
    """Return the time in each stage of the ladder."""
    known = ~np.isnan(spells.days)
    rows = []
    for code in range(len(ladder.names)):
        here = (spells.stage == code) & known
        curve = kaplan_meier(spells.days[here], spells.ended[here], level)
        left = 1 - percentile
        # Where nothing is left the band has no width: the estimate stands for its low end.
        low = np.where(np.isnan(curve.low), curve.share, curve.low)
        limit = time_until(curve.times, curve.share, left)
        n = int(here.sum())
        lasting = curve.share[-1] if curve.share.size else 1.0
        reason = _NO_SPELL if n == 0 else _NOT_REACHED
        if not np.isnan(limit):
            reason = _NOTHING
        rows.append(
            (
                n,
                int(spells.ended[here].sum()),
                int((~spells.ended[here]).sum()),
                int(((spells.stage == code) & ~known).sum()),
                time_until(curve.times, curve.share, 1 - MEDIAN),
                limit,
                time_until(curve.times, low, left),
                time_until(curve.times, curve.high, left),
                reason.en.format(left=lasting, n=n),
                reason.zh.format(left=lasting, n=n),
            )
        )
    measured = pd.DataFrame(
        rows,
        columns=["n_stays", "n_moved_on", "n_still_there", "n_end_unknown", "median_days", *_LIMITS, *_NOTES],
    ).astype(dict.fromkeys(_NOTES, "str"))
    stages = pd.DataFrame({"stage": ordered_classes(np.arange(len(ladder.names)), ladder.names)})
    return pd.concat([stages, measured], axis=1)


_LIMITS, _NOTES = ("limit_days", "limit_low", "limit_high"), ("note", "note_zh")
_NOTHING = Label("", "")
