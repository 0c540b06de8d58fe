"""Three chances of winning side by side: the ladder's, the rep's, a model's; and where rep and ladder disagree."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, ladder_codes
from custvalue.frames.nullable import nullable_integers
from custvalue.frames.periods import AsOf, as_day
from custvalue.rules import playbook
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import MOST_MONEY, check_column_name
from custvalue.tracking.names import refuse_taken

P_STAGE, P_REP, P_MODEL = "p_stage", "p_rep", "p_model"
PROBABILITIES = (P_STAGE, P_REP, P_MODEL)
AS_ENTERED = "probability"
DISAGREEMENT = (P_STAGE, P_REP, P_MODEL, "p_rep_minus_p_stage", "expected_rep_minus_stage", "rank")


@dataclass(frozen=True, slots=True)
class Chances:
    """Each deal's chance of ever winning by the three sources (NaN where one says nothing), and the one used."""

    p_stage: kernels.Floats
    p_rep: kernels.Floats
    p_model: kernels.Floats
    used: kernels.Floats


def read_chances(
    check: FrameCheck,
    *,
    probability: str | None,
    ladder: Ladder,
    stage: str,
    p_rep: str | None,
    p_model: str,
    needed: NDArray[np.bool_],
) -> Chances:
    """Read the three probabilities and the one chosen by name; the chosen one must be there where ``needed``."""
    check_column_name("probability", probability)
    check_column_name("p_rep", p_rep)
    check_column_name("p_model", p_model)
    columns = {
        P_REP: p_rep or (P_REP if check.has(P_REP) else AS_ENTERED),
        P_MODEL: p_model,
    }
    by_ladder = probability in (None, P_STAGE)
    chosen = None if by_ladder else columns.get(str(probability), str(probability))
    read = {
        column: check.numbers(column, low=0, high=1, purpose="the chance of winning")
        for column in dict.fromkeys((*columns.values(), *([chosen] if chosen else [])))
        if column == chosen or check.may_use(column, usual=_usual(column))
    }
    nothing = np.full(len(check.frame), np.nan)
    codes = np.full(len(check.frame), -1)
    if by_ladder or check.has(stage):
        codes = ladder_codes(check, stage, ladder, needed=needed if by_ladder else np.zeros(codes.size, dtype=bool))
    stages = np.where(needed, np.array([*ladder.probabilities, np.nan])[codes], np.nan)
    used = stages
    if chosen is not None:
        used = read[chosen]
        if chosen in check.frame:
            check.fail_rows(
                "open deals need a probability", chosen, np.isnan(used) & needed, "Fill it in, or use the ladder."
            )
    return Chances(
        p_stage=stages,
        p_rep=read.get(columns[P_REP], nothing),
        p_model=read.get(columns[P_MODEL], nothing),
        used=used,
    )


def _usual(column: str) -> str:
    """Return the usual name an optional column may be absent under; any other name was the caller's."""
    return column if column in (AS_ENTERED, P_REP, P_MODEL) else ""


def probability_disagreement(
    opportunities: Any,
    *,
    as_of: AsOf,
    ladder: Ladder = playbook.DEAL_HEAT,
    threshold: float = 0.0,
    p_rep: str | None = None,
    p_model: str = P_MODEL,
    amount: str = "amount",
    stage: str = "stage",
    outcome: str = "outcome",
    created: str = "created",
    closed: str = "closed",
) -> pd.DataFrame:
    """List the open deals to which the rep gives another chance than the ladder, those that move most money first.

    ``expected_rep_minus_stage = (p_rep − p_stage) × amount``.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity: ``stage``, ``amount`` (currency units, missing allowed), ``outcome``, and the rep's
        probability (0–1, missing allowed).
    as_of : date
        The day on which the question is asked.
    ladder : Ladder
        The chance of ever winning by stage.
    threshold : float
        Deals whose two chances differ by more than this (0–1) are listed.
    p_rep : str, optional
        The column of the rep's probability; ``p_rep`` if there is one, else ``probability``.
    p_model : str
        The column of a model's probability, shown beside the two where it is there.
    amount, stage, outcome, created, closed : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        The listed rows of the input with their index, largest absolute ``expected_rep_minus_stage`` first (unpriced
        deals last, equal ones in row order), with ``p_stage``, ``p_rep``, ``p_model``, ``p_rep_minus_p_stage``,
        ``expected_rep_minus_stage`` (currency) and ``rank`` (missing where unpriced) added.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, an open deal's stage is not on the ladder, or a probability or the
        threshold lies outside 0–1.
        If the frame bears the name of a result column, other than ``p_rep`` and ``p_model`` where they are read.
        If the frame holds events after ``as_of``: it then does not say where the deals stood on that day.

    Notes
    -----
    Who is right is not decided here. A rep sees what no stage says; a rep who is always above the ladder has happy
    ears, one who is always below it is sandbagging. Deals without a rep's probability are not listed.

    References
    ----------
    提升客户价值, deal heat 成交热度.

    Examples
    --------
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"amount": [100.0, 900.0], "stage": ["trial", "terms"], "outcome": [None, None],
    ...                       "probability": [0.5, 0.6]})
    >>> probability_disagreement(deals, as_of="2026-09-30")[["p_stage", "p_rep", "expected_rep_minus_stage"]]
       p_stage  p_rep  expected_rep_minus_stage
    0      0.8    0.5                     -30.0
    """
    frame = to_pandas(opportunities)
    check = FrameCheck(frame, "probability_disagreement")
    check.rule("ladder", ladder, Ladder)
    if not is_number(threshold) or not 0 <= threshold <= 1:
        raise refusal("threshold must lie in 0 to 1", repr(threshold), "Write 20 points as 0.2.")
    deals = deals_as_of(check, as_day(as_of), outcome=outcome, created=created, closed=closed)
    refuse_unknown_state(check, deals.state_unknown, as_of)
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    check.one_currency()
    chances = read_chances(
        check, probability=P_STAGE, ladder=ladder, stage=stage, p_rep=p_rep, p_model=p_model, needed=deals.open
    )
    rep = p_rep or (P_REP if check.has(P_REP) else AS_ENTERED)
    if not p_rep:
        check.require(rep, "the rep's probability")
    refuse_taken(check, DISAGREEMENT, read={P_REP: rep, P_MODEL: p_model})
    check.done()
    apart = chances.p_rep - chances.p_stage
    moved = apart * amounts
    listed = np.flatnonzero(np.abs(apart) > threshold + kernels.ROUND_OFF)
    size = kernels.forgiving(np.abs(moved[listed]))
    order = np.argsort(-size, kind="stable")  # missing sorts last
    rows = listed[order]
    return frame.iloc[rows].assign(
        p_stage=chances.p_stage[rows],
        p_rep=chances.p_rep[rows],
        p_model=chances.p_model[rows],
        p_rep_minus_p_stage=apart[rows],
        expected_rep_minus_stage=moved[rows],
        rank=nullable_integers(kernels.descending_rank(size[order])),
    )


def refuse_unknown_state(check: FrameCheck, state_unknown: NDArray[np.bool_], as_of: AsOf) -> None:
    """Note deals of which the frame does not say where they stood on the day."""
    if state_unknown.any():
        check.fail(
            "the frame must be as it stood on as_of",
            f"{int(state_unknown.sum())} deals open on {as_day(as_of):%Y-%m-%d} and later events",
            "Pass a snapshot taken that day, or the day of the export as as_of.",
        )
