"""Hunters and farmers: a description of how people like to sell, for development and never for hiring."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.effort import HunterFarmer


def profile_people(traits: Any, *, rule: HunterFarmer = playbook.HUNTER_FARMER) -> pd.DataFrame:
    """Describe each person on the hunter and farmer trait pairs.

    Over the k answered scored pairs, on a scale from −2 (farmer) to +2 (hunter): ``lean = Σ answer ÷ k``,
    ``hunting = Σ max(answer, 0) ÷ 2k``, ``farming = Σ max(−answer, 0) ÷ 2k``.

    Parameters
    ----------
    traits : frame
        One row per person, one column per scored trait pair of the rule (the names are
        ``playbook.HUNTER_FARMER.scored_names``) with numbers from −2 to +2; missing answers allowed. Other columns are
        kept.
    rule : HunterFarmer
        The trait pairs. The pair whose side the slide does not mark is left out of every score.

    Returns
    -------
    pandas.DataFrame
        The people in their own order and index, with ``n_answered``, ``hunting``, ``farming`` (0–1), ``lean`` (−2 to
        +2) and ``lean_low``, ``lean_high`` (if every missing answer were the farmer's or the hunter's end) added.
        Scores are missing where nothing is answered.

    Raises
    ------
    ValueError
        If a trait's column is missing, is not a number or leaves the scale.

    Notes
    -----
    A development aid: it describes leanings people state about themselves, has no cut-off, and predicts no performance.

    References
    ----------
    提升客户价值, 猎人 and 农夫. The nine pairs with a marked side count; "career-minded" 事业心 does not.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> names = cv.playbook.HUNTER_FARMER.scored_names
    >>> people = pd.DataFrame([[2] * 6 + [-1] * 3], columns=names)
    >>> cv.profile_people(people)[["hunting", "farming", "lean"]].round(3)
       hunting  farming  lean
    0    0.667    0.167   1.0
    """
    frame = to_pandas(traits)
    check = FrameCheck(frame, "profile_people")
    check.rule("rule", rule, HunterFarmer)
    answers = np.array([check.numbers(name, low=rule.farmer_end, high=rule.hunter_end) for name in rule.scored_names])
    check.done()
    answered = ~np.isnan(answers)
    n_answered = answered.sum(axis=0)
    n_pairs = len(rule.scored_names)
    known = np.where(answered, answers, 0.0)
    base = np.where(n_answered > 0, n_answered, np.nan)
    missing = n_pairs - n_answered
    return frame.assign(
        n_answered=n_answered,
        hunting=np.maximum(known, 0).sum(axis=0) / (rule.hunter_end * base),
        farming=np.maximum(-known, 0).sum(axis=0) / (rule.hunter_end * base),
        lean=known.sum(axis=0) / base,
        lean_low=(known.sum(axis=0) + missing * rule.farmer_end) / n_pairs,
        lean_high=(known.sum(axis=0) + missing * rule.hunter_end) / n_pairs,
    )
