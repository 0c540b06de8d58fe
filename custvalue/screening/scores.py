"""The scorecard: weighted points, a total on the scale of the bands, and a band only where it is certain."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import nullable_booleans, nullable_integers, ordered_classes
from custvalue.rules import playbook
from custvalue.rules.scorecard import Criterion, Scorecard

RESULTS = (
    "total",
    "total_low",
    "total_high",
    "score",
    "score_low",
    "score_high",
    "band",
    "band_low",
    "band_high",
    "rank",
    "knocked_out",
    "priority_action",
)


def score_prospects(prospects: Any, *, scorecard: Scorecard = playbook.SCREENING) -> pd.DataFrame:
    """Score prospects on a weighted scorecard and band them, with bounds where answers are missing.

    ``total = Σ weight × points``; ``score = total × scale ÷ highest possible total``. The bands cut the score, or the
    raw total where the scorecard has ``scale=None`` (the score is then undefined).

    Parameters
    ----------
    prospects : frame
        One row per prospect. One column per criterion of the scorecard, holding points (between the criterion's lowest
        and highest; in-between values such as an average of raters are accepted) or the text of a level in English or
        Chinese. Missing answers are allowed. Other columns are kept.
    scorecard : Scorecard
        Criteria, weights, scale and bands. The default is ``playbook.SCREENING``.

    Returns
    -------
    pandas.DataFrame
        The prospects in their own order and index, with these columns added (replaced where already there):

        - ``total``: weighted points; missing where an answer that carries weight is missing.
        - ``total_low``, ``total_high``: the total if every missing answer earned the fewest or the most points.
        - ``score``, ``score_low``, ``score_high``: the same on the scorecard's scale; missing where ``scale=None``.
        - ``band``: ordered categorical, lowest first; missing where the missing answers could change it.
        - ``band_low``, ``band_high``: the band at either end.
        - ``rank``: 1 for the highest total; equal totals share the best rank. Missing where the total is, and for
          prospects knocked out.
        - ``knocked_out``: whether an answer shelves the prospect at once (missing where that answer is missing);
          its band is then the lowest one.
        - ``priority_action``: whether the banded value reaches ``scorecard.action_from`` (missing where undecided, or
          where the scorecard has no such cut-off).

    Raises
    ------
    ValueError
        If a criterion's column is missing or holds neither points nor level texts.
        If points lie outside the criterion's range, or a text is no level of it.

    Notes
    -----
    A missing answer is never counted as zero. The bounds cover missing answers only: disagreement between raters and
    the choice of weights are not in them.

    References
    ----------
    提升客户价值, screening scorecard 筛选准则 and its bands on 20 points.

    Examples
    --------
    >>> import custvalue as cv
    >>> scored = cv.score_prospects(cv.load_exercise(), scorecard=cv.playbook.EXERCISE)
    >>> scored["total"].astype(int).tolist()
    [13, 22, 5, 15, 14, 12, 17, 19]
    >>> int(scored["priority_action"].sum()), int((scored["band"] == "key").sum())
    (5, 4)
    """
    frame = to_pandas(prospects)
    check = FrameCheck(frame, "score_prospects")
    check.rule("scorecard", scorecard, Scorecard)
    taken = [name for name in scorecard.names if name in RESULTS]
    if taken:
        check.fail(
            "a criterion must not bear the name of a result column", taken, "Rename it in the card and the frame."
        )
    points = [criterion_points(check, criterion) for criterion in scorecard.criteria]
    check.done()
    totals = scorecard_totals(scorecard, points)
    knocked, maybe_knocked = _knock_outs(scorecard, points, len(frame))
    return frame.assign(**_score_columns(scorecard, totals, knocked, maybe_knocked))


def criterion_points(check: FrameCheck, criterion: Criterion) -> kernels.Floats:
    """Return one criterion's points from numbers or level texts; NaN where missing."""
    name = criterion.name
    if not check.require(name, criterion.label.en):
        return np.full(len(check.frame), np.nan)
    if criterion.levels and _holds_text(check.frame[name]):
        english = [level.label.en for level in criterion.levels]
        others = {level.label.zh: level.label.en for level in criterion.levels}
        for level in criterion.levels:
            others |= {f"{level.points:g}": level.label.en, f"{level.points:.1f}": level.label.en}
        codes = check.choices(name, english, aliases=others, remedy="Points may be given as numbers too.")
        return np.array([level.points for level in criterion.levels] + [np.nan])[codes]
    high = criterion.max_points if criterion.levels else None
    return check.numbers(name, low=criterion.min_points, high=high, purpose=criterion.label.en)


def _holds_text(column: "pd.Series[Any]") -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.categories.to_series()
    return not pd.api.types.is_numeric_dtype(column) and bool(column.notna().any())


def scorecard_totals(
    scorecard: Scorecard, points: list[kernels.Floats]
) -> tuple[kernels.Floats, kernels.Floats, kernels.Floats]:
    """Return the weighted total and its bounds over the missing answers; the criteria of weight 0 do not count."""
    weighing = [(c, column) for c, column in zip(scorecard.criteria, points, strict=True) if c.weight > 0]
    weights = [c.weight for c, _ in weighing]
    total = kernels.weighted_total([column for _, column in weighing], weights)
    if not np.isnan(total).any():
        return total, total, total
    low = kernels.weighted_total([np.where(np.isnan(x), c.min_points, x) for c, x in weighing], weights)
    high = kernels.weighted_total([np.where(np.isnan(x), c.max_points, x) for c, x in weighing], weights)
    return total, low, high


def _knock_outs(
    scorecard: Scorecard, points: list[kernels.Floats], n: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows an answer knocks out, and which a missing answer might."""
    knocked, unknown = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    for criterion, column in zip(scorecard.criteria, points, strict=True):
        fatal = [level.points for level in criterion.levels if level.knocks_out]
        if fatal:
            knocked |= np.isin(column, fatal)
            unknown |= np.isnan(column)
    return knocked, unknown & ~knocked


def _score_columns(
    scorecard: Scorecard,
    totals: tuple[kernels.Floats, kernels.Floats, kernels.Floats],
    knocked: NDArray[np.bool_],
    maybe_knocked: NDArray[np.bool_],
) -> dict[str, Any]:
    total, total_low, total_high = totals
    if scorecard.scale is None:
        undefined = np.full(total.size, np.nan)
        scores = (undefined, undefined, undefined)
        _, banded_low, banded_high = totals
        tolerance = kernels.ROUND_OFF * max(scorecard.bands.cuts, default=0.0)
    else:
        scores = _scaled(totals, scorecard.scale, scorecard.max_total)
        _, banded_low, banded_high = scores
        tolerance = kernels.ROUND_OFF * scorecard.scale
    bands = scorecard.bands
    low = kernels.band_codes(banded_low, bands.cuts, bands.owned_by_upper, tolerance=tolerance)
    high = (
        low
        if banded_high is banded_low
        else kernels.band_codes(banded_high, bands.cuts, bands.owned_by_upper, tolerance=tolerance)
    )
    if knocked.any() or maybe_knocked.any():
        low, high = np.where(knocked | maybe_knocked, 0, low), np.where(knocked, 0, high)
    band = np.where(low == high, low, kernels.MISSING_CODE)
    rank = kernels.descending_rank(np.where(knocked, np.nan, total))
    return {
        "total": total,
        "total_low": total_low,
        "total_high": total_high,
        "score": scores[0],
        "score_low": scores[1],
        "score_high": scores[2],
        "band": ordered_classes(band, bands.names),
        "band_low": ordered_classes(low, bands.names),
        "band_high": ordered_classes(high, bands.names),
        "rank": nullable_integers(rank),
        "knocked_out": nullable_booleans(knocked, maybe_knocked),
        "priority_action": _priority_action(scorecard, banded_low, banded_high, knocked, maybe_knocked, tolerance),
    }


def _scaled(
    totals: tuple[kernels.Floats, kernels.Floats, kernels.Floats], scale: float, max_total: float
) -> tuple[kernels.Floats, kernels.Floats, kernels.Floats]:
    """Put totals on the scale: multiplied before divided, so that whole results stay whole."""
    total, low, high = totals
    if scale == max_total:
        return totals
    score = total * scale / max_total
    if low is total:
        return score, score, score
    return score, low * scale / max_total, high * scale / max_total


def _priority_action(
    scorecard: Scorecard,
    low: kernels.Floats,
    high: kernels.Floats,
    knocked: NDArray[np.bool_],
    maybe_knocked: NDArray[np.bool_],
    tolerance: float,
) -> pd.arrays.BooleanArray:
    if scorecard.action_from is None:
        return nullable_booleans(np.zeros(low.size, dtype=bool), np.ones(low.size, dtype=bool))
    least, most = low >= scorecard.action_from - tolerance, high >= scorecard.action_from - tolerance
    least, most = least & ~knocked & ~maybe_knocked, most & ~knocked
    return nullable_booleans(least, least != most)
