"""What to do next, and with which deal first: the follow-up playbook laid on the open pipeline."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import deals_as_of, ladder_codes
from custvalue.frames.nullable import nullable_booleans, nullable_integers
from custvalue.frames.periods import AsOf, as_day
from custvalue.rules import playbook
from custvalue.rules.errors import raise_all, refusal
from custvalue.rules.followup import FOLLOW_UP, FollowUpTable
from custvalue.rules.ladder import Attitudes, Ladder
from custvalue.tracking.arguments import MOST_MONEY, check_share
from custvalue.tracking.names import refuse_taken, unlike
from custvalue.tracking.probabilities import P_MODEL, P_STAGE, read_chances, refuse_unknown_state
from custvalue.tracking.slippage import count_slips
from custvalue.tracking.stage_time import PERCENTILE, limits, name_failures, read_spells

MANY_SLIPS = 2
STALL_NOTES = ("", "no_stage_history", "not_in_stage_history", "stage_differs_from_history", "limit_not_reached")
RESULTS = (
    *("action", "action_zh", "hours", "p_win_ever", "expected", "expected_per_hour", "rank", "days_in_stage"),
    *("limit_days", "stalled", "stalled_note", "n_slips", "slipped_often", "cumulative_hours"),
)
_NO_HISTORY, _NOT_IN_HISTORY, _DIFFERS, _NO_LIMIT = range(1, len(STALL_NOTES))


def follow_up(
    opportunities: Any,
    *,
    as_of: AsOf,
    stage_history: Any = None,
    snapshots: Any = None,
    table: FollowUpTable = FOLLOW_UP,
    ladder: Ladder = playbook.DEAL_HEAT,
    attitudes: Attitudes = playbook.ATTITUDES,
    percentile: float = PERCENTILE,
    slips: int = MANY_SLIPS,
    freq: str = "Q-DEC",
    probability: str | None = P_STAGE,
    p_rep: str | None = None,
    p_model: str = P_MODEL,
    opportunity: str = "opportunity",
    amount: str = "amount",
    stage: str = "stage",
    attitude: str = "attitude",
    outcome: str = "outcome",
    created: str = "created",
    closed: str = "closed",
    expected_close: str = "expected_close",
    entered: str = "entered",
    snapshot: str = "snapshot",
) -> pd.DataFrame:
    """Give every open deal its next action, ranked by the expected value of an hour spent on it.

    ``expected_per_hour = p_win_ever × amount ÷ hours``.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity: ``stage``, ``amount`` (currency units, missing allowed), ``outcome`` (missing while
        open), ``attitude`` (one of the five kinds, missing allowed; may be absent), and ``opportunity`` where a
        history or snapshots are given. Closed deals say when their last stage ended; they are not in the result.
    as_of : date
        The day on which the question is asked. Nothing later is looked at.
    stage_history : frame, optional
        One row per stage entered: ``opportunity``, ``stage``, ``entered`` (date). Without it nobody is called stalled.
    snapshots : frame, optional
        One row per day and open deal: ``snapshot``, ``opportunity``, ``expected_close``. Without them slips are
        missing.
    table : FollowUpTable
        The action and its hours for every stage and attitude.
    ladder : Ladder
        The stages and their chances of ever winning.
    attitudes : Attitudes
        The kinds of attitude.
    percentile : float
        A deal is stalled that stands longer on its stage than this share of stays does, between 0 and 1.
    slips : int
        A deal slipped often whose expected close moved past the end of a period this many times.
    freq : str
        pandas quarter or month frequency: the periods whose ends count for slips.
    probability, p_rep, p_model : str
        As for :func:`custvalue.expected_revenue`.
    opportunity, amount, stage, attitude, outcome, created, closed, expected_close, entered, snapshot : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        The open rows of the input with their index, best first (equal ones in row order, unpriced ones last), with
        these added: ``action`` and ``action_zh`` (the text in English and Chinese), ``hours``; ``p_win_ever``,
        ``expected`` (currency), ``expected_per_hour``, ``rank`` (1 first; missing where unpriced); ``days_in_stage``,
        ``limit_days`` (the percentile of time in the stage), ``stalled`` (missing where not known) and ``stalled_note``
        (why: ``no_stage_history``, ``not_in_stage_history``, ``stage_differs_from_history``, ``limit_not_reached``);
        ``n_slips``, ``slipped_often``; and ``cumulative_hours`` (of this and all better ranked deals).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, a stage or attitude is not known, the table has no action for a
        stage or attitude, or an opportunity occurs twice.
        If opportunities are numbers in one frame and texts in another: none would be found.
        If the frame bears the name of a result column, other than ``p_win_ever`` where ``probability`` names it.
        If the frame holds events after ``as_of``: it then does not say where the deals stood on that day.

    Notes
    -----
    Expected value per hour is what an hour stands beside, not what it adds: nobody has measured how far an action moves
    a deal. It ranks by size, chance and effort; the flags say which deals need another approach rather than more time.
    Time in stage is a Kaplan-Meier estimate (:func:`custvalue.time_in_stage`), deals that still stand there counted as
    far as they have come; where the percentile is not reached, nobody is called stalled and the note says so. A deal
    whose attitude is not known gets the table's action for finding out.

    References
    ----------
    提升客户价值, the customer's attitude and the follow-up of each order. Actions and hours are a library default.

    Examples
    --------
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"opportunity": ["a", "b"], "amount": [90.0, 60.0], "stage": ["quotation", "selection"],
    ...                       "attitude": ["torn", "at_first_sight"], "outcome": [None, None]})
    >>> follow_up(deals, as_of="2026-09-30")[["opportunity", "hours", "expected_per_hour", "rank"]]
      opportunity  hours  expected_per_hour  rank
    1           b    1.5               36.0     1
    0           a    3.0               12.0     2
    """
    frame = to_pandas(opportunities)
    day = as_day(as_of)
    check_share("percentile", percentile)
    if not isinstance(slips, int) or isinstance(slips, bool) or slips < 1:
        raise refusal("slips must be a whole number from 1", repr(slips), "2 is the default.")
    check = FrameCheck(frame, "follow_up")
    check.rule("ladder", ladder, Ladder)
    check.rule("table", table, FollowUpTable)
    check.rule("attitudes", attitudes, Attitudes)
    names = {"outcome": outcome, "created": created, "closed": closed}
    deals = deals_as_of(check, day, **names)
    refuse_unknown_state(check, deals.state_unknown, as_of)
    amounts = check.numbers(amount, low=0, high=MOST_MONEY, purpose="what the deal is worth")
    check.one_currency()
    refuse_taken(check, RESULTS, read={"p_win_ever": probability})
    chances = read_chances(
        check, probability=probability, ladder=ladder, stage=stage, p_rep=p_rep, p_model=p_model, needed=deals.open
    )
    on_stage = ladder_codes(check, stage, ladder, needed=deals.open)
    feels = np.full(len(frame), -1)
    if check.may_use(attitude, usual="attitude"):
        feels = check.choices(attitude, attitudes.names, remedy="Leave it empty where it is not known.")
    cells = _cells(check, table, ladder, attitudes, on_stage[deals.open], feels[deals.open])
    stalls = _Stalls(len(frame))
    checks = {"opportunities": check}
    if stage_history is not None:
        checks["stage_history"] = FrameCheck(to_pandas(stage_history), "follow_up")
        if not check.failures:
            spells = read_spells(
                checks["stage_history"],
                check,
                day=day,
                ladder=ladder,
                opportunity=opportunity,
                stage=stage,
                entered=entered,
                **names,
            )
            if not check.failures and not checks["stage_history"].failures:
                limit = limits(spells, ladder, percentile)["limit_days"].to_numpy()
                stalls.read(spells, limit, on_stage)
    n_slips = np.full(len(frame), np.nan)
    if snapshots is not None:
        checks["snapshots"] = FrameCheck(to_pandas(snapshots), "follow_up")
        counted = count_slips(
            checks["snapshots"], day, freq, opportunity=opportunity, snapshot=snapshot, due=expected_close
        )
        if check.require(opportunity, "which deal it is") and not checks["snapshots"].failures:
            seen = checks["snapshots"].frame[opportunity]
            checks["snapshots"].failures += unlike(
                {"snapshots": seen, "opportunities": frame[opportunity]}, opportunity
            )
            place = pd.Index(counted[opportunity]).get_indexer(frame[opportunity])
            n_slips = np.append(counted["n_slips"].to_numpy(dtype=float), np.nan)[place]
    raise_all("follow_up", name_failures(**checks))

    hours, texts, texts_zh = cells
    rows = np.flatnonzero(deals.open)
    expected = chances.used[rows] * amounts[rows]
    per_hour = expected / hours
    size = kernels.forgiving(per_hour)
    order = np.argsort(-size, kind="stable")  # missing sorts last
    best = rows[order]
    slipped = n_slips[best]
    return frame.iloc[best].assign(
        action=pd.array(texts[order], dtype="str"),
        action_zh=pd.array(texts_zh[order], dtype="str"),
        hours=hours[order],
        p_win_ever=chances.used[best],
        expected=expected[order],
        expected_per_hour=per_hour[order],
        rank=nullable_integers(kernels.descending_rank(size[order])),
        days_in_stage=nullable_integers(stalls.days[best]),
        limit_days=stalls.limit[best],
        stalled=nullable_booleans(stalls.days[best] > stalls.limit[best], stalls.note[best] > 0),
        stalled_note=pd.array(np.array(STALL_NOTES, dtype=object)[stalls.note[best]], dtype="str"),
        n_slips=nullable_integers(slipped),
        slipped_often=nullable_booleans(slipped >= slips, np.isnan(slipped)),
        cumulative_hours=np.cumsum(hours[order]),
    )


class _Stalls:
    """How long each deal stands on its stage, and the limit; the note says why one of them is missing."""

    def __init__(self, n: int) -> None:
        self.days = np.full(n, np.nan)
        self.limit = np.full(n, np.nan)
        self.note = np.full(n, _NO_HISTORY)

    def read(self, spells: Any, limit: kernels.Floats, on_stage: NDArray[np.int64]) -> None:
        """Fill in the deals of the history."""
        self.note[:] = _NOT_IN_HISTORY
        current = np.flatnonzero(spells.last & (spells.deal >= 0))
        deal, stage = spells.deal[current], spells.stage[current]
        agrees = stage == on_stage[deal]
        self.days[deal] = np.where(agrees, spells.days[current], np.nan)
        self.limit[deal] = np.where(agrees, limit[stage], np.nan)
        self.note[deal] = np.where(agrees, np.where(np.isnan(limit[stage]), _NO_LIMIT, 0), _DIFFERS)


def _cells(
    check: FrameCheck,
    table: FollowUpTable,
    ladder: Ladder,
    attitudes: Attitudes,
    stages: NDArray[np.int64],
    feels: NDArray[np.int64],
) -> tuple[kernels.Floats, NDArray[np.object_], NDArray[np.object_]]:
    """Return hours and both texts of the action for each pair of stage and attitude that occurs."""
    for what, wanted, there in (
        ("stage", ladder.names, table.stages),
        ("attitude", attitudes.names, table.attitudes),
    ):
        lacking = [name for name in wanted if name not in there]
        if lacking:
            check.fail(f"the table needs actions for every {what}", f"none for {lacking}", "Pass table= with them.")
    if check.failures:
        nothing = np.full(stages.size, "", dtype=object)
        return np.ones(stages.size), nothing, nothing
    answers = [[*(table.action(one, kind) for kind in attitudes.names), table.unknown] for one in ladder.names]
    flat = [answer for row in answers for answer in row]
    # A missing attitude is -1, and so the last of its row.
    cell = stages * len(answers[0]) + np.where(feels < 0, len(attitudes.names), feels)
    hours = np.array([answer.hours for answer in flat], dtype=float)[cell]
    return (
        hours,
        np.array([answer.label.en for answer in flat], dtype=object)[cell],
        np.array([answer.label.zh for answer in flat], dtype=object)[cell],
    )
