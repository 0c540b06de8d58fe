"""The wall around an account: how firm it is today, how firm it should be, and what closes the gap."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.frames.nullable import ordered_classes
from custvalue.rules import playbook
from custvalue.rules.wall import Wall

RESULTS = (
    "today",
    "tomorrow",
    "gap",
    "today_low",
    "today_high",
    "n_missing",
    "band",
    "band_tomorrow",
    "n_actions",
    "hours",
)


def score_walls(
    walls: Any,
    *,
    wall: Wall = playbook.WALL,
    account: str = "account",
    criterion: str = "criterion",
    today: str = "today",
    tomorrow: str = "tomorrow",
    hours: str = "hours",
    by: str | tuple[str, ...] | list[str] = (),
) -> pd.DataFrame:
    """Add up each account's wall for today and for the tomorrow aimed at, band both, and show the gap.

    ``score = Σ weight × points × scale ÷ highest possible total``; ``gap = tomorrow − today``.

    Parameters
    ----------
    walls : frame
        One row per account and criterion: the points ``today`` and ``tomorrow`` (0, 1 or 2 by default; missing allowed)
        and optionally the ``hours`` its action takes. A criterion without a row counts as missing.
    wall : Wall
        Criteria, weights, scale and bands; ``playbook.WALL`` by default.
    account, criterion, today, tomorrow, hours : str
        Column names.
    by : str or sequence of str
        Further columns that tell walls apart, for instance ``"period"``.

    Returns
    -------
    pandas.DataFrame
        One row per account (and group), sorted by them: ``today``, ``tomorrow``, ``gap`` (points on the wall's scale;
        missing where a criterion is), ``today_low``, ``today_high`` (bounds over the missing answers), ``n_missing``
        (criteria without an answer for today), ``band`` (of today) and ``band_tomorrow`` (ordered categoricals; missing
        where the missing answers could change them), ``n_actions`` (criteria to be raised) and ``hours`` (for those
        that are; missing where one of them has none, or nothing is answered).

    Raises
    ------
    ValueError
        If a column is missing or not a number, points lie outside the criterion's range, or tomorrow is below today.
        If a criterion is not on the wall, or an account has two rows for one criterion.

    References
    ----------
    提升客户价值, wall 围墙准则. The slide leaves 15 out of its bands; here every score above 14 is very good.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> names = cv.playbook.WALL.scorecard.names
    >>> aims = [2, 2, 2, 2, 2, 1, 1, 1, 1, 1]
    >>> walls = pd.DataFrame({"account": "清水公司", "criterion": names, "today": 1, "tomorrow": aims})
    >>> cv.score_walls(walls)[["account", "today", "tomorrow", "gap", "band", "band_tomorrow"]]
      account  today  tomorrow  gap  band band_tomorrow
    0    清水公司   10.0      15.0  5.0  good     very_good
    """
    frame = to_pandas(walls)
    check = FrameCheck(frame, "score_walls")
    check.rule("wall", wall, Wall)
    card = wall.scorecard
    groups = group_columns(check, by, results=RESULTS)
    check.require(account, "whose wall it is")
    codes = check.choices(criterion, card.names, purpose="the row of the wall")
    now = check.numbers(today, low=0, purpose="points today")
    then = check.numbers(tomorrow, low=0, purpose="points aimed at")
    effort = check.optional_numbers(hours, usual="hours", low=0)
    if not check.failures:
        _check_rows(check, wall, codes, now, then, [account, *groups], (criterion, today, tomorrow))
    check.done()

    grouped = frame.groupby([account, *groups], observed=True, dropna=False, sort=True)
    place = grouped.ngroup().to_numpy()
    keys = frame[[account, *groups]].iloc[np.unique(place, return_index=True)[1]].reset_index(drop=True)
    raised = then > now
    now_score, now_low, now_high = _wall_scores(wall, place, codes, now, len(keys))
    then_score, then_low, then_high = _wall_scores(wall, place, codes, then, len(keys))
    hours_sum = np.bincount(place, weights=np.where(raised, effort, 0.0), minlength=len(keys))
    answered = np.bincount(place, weights=~np.isnan(now), minlength=len(keys))
    return keys.assign(
        today=now_score,
        tomorrow=then_score,
        gap=then_score - now_score,
        today_low=now_low,
        today_high=now_high,
        n_missing=(len(card.names) - answered).astype(np.int64),
        band=_certain_band(wall, now_low, now_high),
        band_tomorrow=_certain_band(wall, then_low, then_high),
        n_actions=np.bincount(place, weights=raised, minlength=len(keys)).astype(np.int64),
        hours=np.where(answered > 0, hours_sum, np.nan),
    )


def _check_rows(
    check: FrameCheck,
    wall: Wall,
    codes: np.ndarray,
    now: kernels.Floats,
    then: kernels.Floats,
    keys: list[str],
    names: tuple[str, str, str],
) -> None:
    criterion, today, tomorrow = names
    check.fail_rows("criterion must not be missing", criterion, codes < 0, f"Give one of {list(wall.scorecard.names)}.")
    limits = np.array([c.max_points for c in wall.scorecard.criteria] + [np.inf])[codes]
    for name, points in ((today, now), (tomorrow, then)):
        check.fail_rows("points must not exceed the criterion's highest", name, points > limits, "Correct the points.")
    check.fail_rows("tomorrow must not be below today", tomorrow, then < now, "Aim at today's points or more.")
    repeated = check.frame.duplicated([*keys, criterion]).to_numpy()
    check.fail_rows("an account has one row per criterion", criterion, repeated, "Drop one, or name the period in by=.")


def _wall_scores(
    wall: Wall, place: np.ndarray, codes: np.ndarray, points: kernels.Floats, n: int
) -> tuple[kernels.Floats, kernels.Floats, kernels.Floats]:
    """Return each account's score and its bounds over the answers that are missing."""
    card = wall.scorecard
    weights = np.array([c.weight for c in card.criteria])
    lowest = weights * [c.min_points for c in card.criteria]
    highest = weights * [c.max_points for c in card.criteria]
    answered = ~np.isnan(points)
    where, which = place[answered], codes[answered]
    earned = np.bincount(where, weights=weights[which] * points[answered], minlength=n)
    low = earned + lowest.sum() - np.bincount(where, weights=lowest[which], minlength=n)
    high = earned + highest.sum() - np.bincount(where, weights=highest[which], minlength=n)
    complete = np.bincount(where, weights=weights[which] > 0, minlength=n) == (weights > 0).sum()
    scale = 1.0 if card.scale is None else card.scale / card.max_total
    return np.where(complete, earned * scale, np.nan), low * scale, high * scale


def _certain_band(wall: Wall, low: kernels.Floats, high: kernels.Floats) -> pd.Categorical:
    bands = wall.scorecard.bands
    tolerance = kernels.ROUND_OFF * max(bands.cuts, default=0.0)
    least = kernels.band_codes(low, bands.cuts, bands.owned_by_upper, tolerance=tolerance)
    most = kernels.band_codes(high, bands.cuts, bands.owned_by_upper, tolerance=tolerance)
    return ordered_classes(np.where(least == most, least, kernels.MISSING_CODE), bands.names)
