"""The priority grid: which opportunity first, which second."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import OUTCOMES, ladder_probability
from custvalue.frames.nullable import nullable_integers
from custvalue.rules import playbook
from custvalue.rules.ladder import Ladder


def rank_opportunities(
    opportunities: Any,
    *,
    probability: str | None = None,
    amount: str = "amount",
    stage: str = "stage",
    ladder: Ladder = playbook.DEAL_HEAT,
) -> pd.DataFrame:
    """Rank open opportunities by expected value.

    ``expected = probability × amount``. Tie rule: of two equal expected values the higher probability comes first;
    opportunities equal in both share the best rank.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity, with a column of amounts in whole currency units (missing allowed) and either a column
        of probabilities (0–1) or one of stages. Where there is an ``outcome`` column, only rows without an outcome are
        open and ranked.
    probability : str, optional
        The column to take probabilities from. By default ``"probability"`` where the frame has it, and otherwise the
        percentage that ``ladder`` gives the stage.
    amount, stage : str
        Column names.
    ladder : Ladder
        Stage names and their chances of ever winning.

    Returns
    -------
    pandas.DataFrame
        The opportunities in their own order and index, with ``probability``, ``expected`` (currency) and ``rank``
        (1 = first) added (replaced where already there). Missing where the amount or the probability is missing, and
        for closed opportunities.

    Raises
    ------
    ValueError
        If a column is missing or is not a number.
        If a probability lies outside 0–1, an amount is negative, or the stage of an open opportunity is unknown.

    Notes
    -----
    Expected value says nothing about when the money comes or how many hours it costs.

    References
    ----------
    提升客户价值, priority grid (probability 90 / 60 / 30 %, amount 200 / 100 / 50 万). The tie rule is the library's.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> cards = pd.DataFrame([asdict(card) for card in cv.playbook.PRIORITY_GRID.cards])
    >>> "".join(cv.rank_opportunities(cards).sort_values("rank")["name"])
    'ABDCE'
    """
    frame = to_pandas(opportunities)
    check = FrameCheck(frame, "rank_opportunities")
    check.rule("ladder", ladder, Ladder)
    check.one_currency()
    is_open = np.ones(len(frame), dtype=bool)
    if check.has("outcome"):
        is_open = check.choices("outcome", OUTCOMES) < 0
    amounts = check.numbers(amount, low=0, purpose="what the deal is worth")
    if probability is not None or check.has("probability"):
        chance = check.numbers(probability or "probability", low=0, high=1, purpose="the chance of winning")
    else:
        chance = ladder_probability(check, stage, ladder, needed=is_open)
    check.done()
    chance = np.where(is_open, chance, np.nan)
    expected = chance * amounts
    rank = kernels.descending_rank(kernels.forgiving(expected), chance)
    return frame.assign(probability=chance, expected=expected, rank=nullable_integers(rank))
