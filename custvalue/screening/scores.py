"""The scorecard: weighted points, a total on the scale of the bands, and a band only where it is certain."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, holds_numbers, to_pandas
from custvalue.frames.nullable import classes, nullable_booleans, nullable_integers, ordered_classes
from custvalue.frames.positions import positions
from custvalue.frames.room import Room
from custvalue.kernels.discrimination import tied
from custvalue.kernels.places import ranks_and_places
from custvalue.kernels.points import Totals, weighted_totals
from custvalue.rules import playbook
from custvalue.rules.scorecard import Criterion, Scorecard
from custvalue.screening.questions import next_question

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
    "place",
    "knocked_out",
    "knocked_out_by",
    "knocked_out_answer",
    "priority_action",
    "next_question",
)
CONTRIBUTION = "contribution_"
# Where a criterion has no levels: no weighted sum of points up to this leaves the range of a float.
MOST_POINTS = 1e100

Numbers = NDArray[Any]
Mask = NDArray[np.bool_]


def score_prospects(
    prospects: Any,
    *,
    scorecard: Scorecard = playbook.SCREENING,
    contributions: bool = False,
    rank: bool = True,
) -> pd.DataFrame:
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
    contributions : bool
        Whether to add what each criterion contributes.
    rank : bool
        Whether to add ``rank`` and ``place``; sorting takes longer than everything else together.

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
        - ``place``: 1, 2, … without ties: of equal totals the one with more points on the criterion of the greatest
          weight comes first, then on the next (equal weights in the card's order), then the earlier row.
        - ``knocked_out``: whether an answer shelves the prospect at once (missing where that answer is missing);
          its band is then the lowest one.
        - ``knocked_out_by``, ``knocked_out_answer``: the criterion that does (the first in the card's order) and the
          description of the answer, in English.
        - ``priority_action``: whether the banded value reaches ``scorecard.action_from`` (missing where undecided, or
          where the scorecard has no such cut-off).
        - ``next_question``: where the band is missing, the missing criterion to ask for next: one that could knock the
          prospect out, else the one that narrows the bounds most, ``weight × (most − fewest points)``; ties in the
          card's order.
        - with ``contributions=True``, ``contribution_<criterion>`` for each criterion: its part of the score, or of
          the total where ``scale=None``; they add up to it. Missing where its answer is missing, 0 without weight.

    Raises
    ------
    ValueError
        If a criterion's column is missing or holds neither points nor level texts.
        If points lie outside the criterion's range, or a text is no level of it.
        If a criterion bears the name of a result column.

    Notes
    -----
    A missing answer is never counted as zero. The bounds cover missing answers only: disagreement between raters and
    the choice of weights are not in them; for the weights see
    :func:`custvalue.screening.sensitivity.score_sensitivity`.

    References
    ----------
    提升客户价值, screening scorecard 筛选准则 and its bands on 20 points. The orders of ``place`` and of
    ``next_question`` are the library's.

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
    flags: dict[str, object] = {"contributions": contributions, "rank": rank}
    for name, value in flags.items():
        if not isinstance(value, bool | np.bool_):
            check.fail(f"{name} must be True or False", repr(value), "Give one of the two.")
    answers = read_answers(check, scorecard, contributions=contributions)
    check.done()
    columns = score_columns(scorecard, answers)
    if rank:
        columns |= _ranks(scorecard, answers)
    if contributions:
        columns |= _contributions(scorecard, answers)
    return _with_columns(frame, columns)


@dataclass(frozen=True, slots=True)
class Answers:
    """The points of each criterion as they were given, their totals, and who is knocked out or may be.

    ``score`` and ``codes`` are the total on the scale and its band; the score is the very total where that is banded.
    ``room`` holds the memory for the columns that follow.
    """

    points: list[Numbers]
    totals: Totals
    score: kernels.Floats
    codes: kernels.Codes
    knocked: Mask
    maybe_knocked: Mask
    any_knock_out: bool
    room: Room


def read_answers(check: FrameCheck, scorecard: Scorecard, *, contributions: bool = False) -> Answers:
    """Read and add up the answers; what is wrong with them is noted in ``check``."""
    check.rule("scorecard", scorecard, Scorecard)
    results = {*RESULTS, *(CONTRIBUTION + name for name in scorecard.names if contributions)}
    taken = [name for name in scorecard.names if name in results]
    if taken:
        check.fail(
            "a criterion must not bear the name of a result column", taken, "Rename it in the card and the frame."
        )
    criteria = scorecard.criteria
    plain = [_plain_numbers(check.frame, criterion) for criterion in criteria]
    points = [
        criterion_points(check, criterion) if given is None else given
        for criterion, given in zip(criteria, plain, strict=True)
    ]
    n, banded_raw = len(check.frame), _banded_raw(scorecard)
    room = Room(n, floats=2, bytes_=8)
    total, score, codes = room.floats(), room.floats(), room.codes(kernels.MISSING_CODE)

    def band(rows: slice, total: kernels.Floats) -> None:
        codes[rows] = band_of(scorecard, on_scale(scorecard, total, out=None if banded_raw else score[rows]))

    totals = weighted_totals(
        points,
        [criterion.weight for criterion in criteria],
        [criterion.min_points for criterion in criteria],
        [criterion.max_points for criterion in criteria],
        out=total,
        then=band,
    )
    for criterion, given, outside in zip(criteria, plain, totals.outside, strict=True):
        if given is not None and (outside or _is_huge(criterion, given)):
            criterion_points(check, criterion)  # says which rows
    score = totals.total if banded_raw else score
    return Answers(points, totals, score, codes, *_knock_outs(scorecard, points, room), room)


def _plain_numbers(frame: pd.DataFrame, criterion: Criterion) -> Numbers | None:
    """Return a column of plain numbers as it lies in the frame, its range unchecked; None for any other column."""
    name, columns = criterion.name, frame.columns
    if columns.nlevels > 1 or name not in frame or (not columns.is_unique and int((columns == name).sum()) > 1):
        return None
    column = frame[name]
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "iuf":
        return None
    return _at_full_width(criterion, column.to_numpy())


def _at_full_width(criterion: Criterion, given: Numbers) -> Numbers:
    """Return points whose short floats miss a level as floats of full width, those next to a level as that level's."""
    levels = [level.points for level in criterion.levels]
    if given.dtype.kind != "f" or all(float(given.dtype.type(points)) == points for points in levels):
        return given
    points = given.astype(np.float64)
    for level in levels:
        points[given == given.dtype.type(level)] = level
    return points


def criterion_points(check: FrameCheck, criterion: Criterion) -> kernels.Floats:
    """Return one criterion's points from numbers or level texts; NaN where missing."""
    name = criterion.name
    if not check.require(name, criterion.label.en, remedy="Rename a column, or take the criterion off the scorecard."):
        return np.full(len(check.frame), np.nan)
    column = check.frame[name]
    if criterion.levels and not (holds_numbers(column) or pd.api.types.is_bool_dtype(column)):
        return _points_of_texts(check, criterion, column)
    given = _short_floats(column)
    mine = check
    if given is not None:
        mine = FrameCheck(check.frame.assign(**{name: _at_full_width(criterion, given)}), check.caller)
    points = mine.numbers(name, low=criterion.min_points, high=_most(criterion), purpose=criterion.label.en)
    if mine is not check:
        check.failures += mine.failures
    return points


def _short_floats(column: "pd.Series[Any]") -> Numbers | None:
    """Return the values of a column, or of its categories, that are floats of less than full width; None for others."""
    held = column.dtype.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    kind = getattr(held, "numpy_dtype", held)
    if not isinstance(kind, np.dtype) or kind.kind != "f" or kind.itemsize >= np.dtype(np.float64).itemsize:
        return None
    return column.astype(held).to_numpy(dtype=kind, na_value=np.nan)


def _points_of_texts(check: FrameCheck, criterion: Criterion, column: "pd.Series[Any]") -> kernels.Floats:
    """Return the points of level texts in either language; any other text must be a number in the range."""
    levels = criterion.levels
    texts = {text: place for place, level in enumerate(levels) for text in (level.label.en, level.label.zh)}
    codes = positions(column, texts)
    points = np.take([*(level.points for level in levels), np.nan], codes, mode="wrap")  # -1, missing, stands last
    rest = np.flatnonzero(codes < 0)
    rest = rest[column.iloc[rest].notna().to_numpy(dtype=bool)]
    if not rest.size:
        return points
    places, others = pd.factorize(column.iloc[rest].astype("str"))
    numbers = pd.to_numeric(pd.Series(others), errors="coerce").to_numpy(dtype=np.float64)
    inside = (numbers >= criterion.min_points) & (numbers <= _most(criterion))
    points[rest] = np.where(inside, numbers, np.nan)[places]
    if not inside.all():
        english = [level.label.en for level in levels]
        aliases = {level.label.zh: level.label.en for level in levels}
        aliases |= dict.fromkeys(others[inside], english[0])
        span = f"{criterion.min_points:g} to {_most(criterion):g}"
        check.choices(criterion.name, english, aliases=aliases, remedy=f"Points from {span} may be given as well.")
    return points


def _is_huge(criterion: Criterion, given: Numbers) -> bool:
    return np.isinf(criterion.max_points) and float(np.fmax.reduce(given, initial=0)) > MOST_POINTS


def _most(criterion: Criterion) -> float:
    return min(criterion.max_points, MOST_POINTS)


def _knock_outs(scorecard: Scorecard, points: list[Numbers], room: Room) -> tuple[Mask, Mask, bool]:
    """Return which rows an answer knocks out, which a missing answer might, and whether there are any of either."""
    knocked, unknown = room.flags(False), room.flags(False)
    fatal = [(c, column) for c, column in zip(scorecard.criteria, points, strict=True) if c.knocks_out]
    for criterion, column in fatal:
        for points_out in criterion.knock_out_points:
            knocked |= column == points_out
        unknown |= np.isnan(column)
    if fatal:
        unknown &= ~knocked
    return knocked, unknown, bool(fatal) and bool(knocked.any() or unknown.any())


def round_off(scorecard: Scorecard) -> float:
    """Return by how much a banded value may miss a cut and still stand on it."""
    largest = max(scorecard.bands.cuts, default=0.0) if scorecard.scale is None else scorecard.scale
    return kernels.ROUND_OFF * largest


def _banded_raw(scorecard: Scorecard) -> bool:
    """Say whether the total itself is what the bands cut."""
    return scorecard.scale is None or scorecard.scale == scorecard.max_total


def on_scale(scorecard: Scorecard, total: kernels.Floats, *, out: kernels.Floats | None = None) -> kernels.Floats:
    """Return totals on the scale: multiplied before divided, so that whole results stay whole."""
    if scorecard.scale is None or _banded_raw(scorecard):
        return total
    score = np.multiply(total, scorecard.scale, out=out)
    score /= scorecard.max_total
    return score


def band_of(scorecard: Scorecard, banded: kernels.Floats) -> kernels.Codes:
    """Return the band of each value that the bands cut; -1 where it is missing."""
    bands = scorecard.bands
    return kernels.band_codes(banded, bands.cuts, bands.owned_by_upper, tolerance=round_off(scorecard))


def score_columns(scorecard: Scorecard, answers: Answers) -> dict[str, Any]:
    """Return the columns of the score and the band; equal columns are the same object."""
    totals = answers.totals
    score = score_low = score_high = answers.score
    if totals.low is not totals.total:
        score_low, score_high = on_scale(scorecard, totals.low), on_scale(scorecard, totals.high)
    columns = {"total": totals.total, "total_low": totals.low, "total_high": totals.high}
    if scorecard.scale is None:
        columns |= dict.fromkeys(("score", "score_low", "score_high"), np.full(score.size, np.nan))
    else:
        columns |= {"score": score, "score_low": score_low, "score_high": score_high}
    return columns | _band_columns(scorecard, answers, score_low, score_high)


def _band_columns(
    scorecard: Scorecard, answers: Answers, banded_low: kernels.Floats, banded_high: kernels.Floats
) -> dict[str, Any]:
    """Return the bands at either end and what follows from them."""
    knocked, maybe_knocked, names = answers.knocked, answers.maybe_knocked, scorecard.bands.names
    low = high = answers.codes
    if banded_high is not banded_low:
        low, high = band_of(scorecard, banded_low), band_of(scorecard, banded_high)
    if answers.any_knock_out:
        low, high = np.where(knocked | maybe_knocked, 0, low), np.where(knocked, 0, high)
    band_low = band_high = band = ordered_classes(low, names)
    undecided = np.flatnonzero(low != high) if high is not low else np.empty(0, dtype=np.int64)
    if undecided.size:
        band_high = ordered_classes(high, names)
        certain = low.copy()
        certain[undecided] = kernels.MISSING_CODE
        band = ordered_classes(certain, names)
    return {
        "band": band,
        "band_low": band_low,
        "band_high": band_high,
        "knocked_out": pd.arrays.BooleanArray(knocked, maybe_knocked),
        **_knock_out_reasons(scorecard, answers),
        "priority_action": _priority_action(scorecard, banded_low, banded_high, answers),
        "next_question": next_question(scorecard, answers.points, undecided, answers.room),
    }


def _knock_out_reasons(scorecard: Scorecard, answers: Answers) -> dict[str, "pd.Categorical[Any]"]:
    """Return the criterion that knocks each prospect out, the first in the card's order, and what was answered."""
    fatal = [(place, c) for place, c in enumerate(scorecard.criteria) if c.knocks_out]
    texts = list(dict.fromkeys(level.label.en for _, c in fatal for level in c.levels if level.knocks_out))
    by, because = (answers.room.codes(kernels.MISSING_CODE, n_classes=len(names)) for names in (fatal, texts))
    for code, (place, criterion) in reversed(list(enumerate(fatal))):
        for level in criterion.levels:
            if level.knocks_out:
                mine = answers.points[place] == level.points
                by[mine], because[mine] = code, texts.index(level.label.en)
    return {
        "knocked_out_by": classes(by, [c.name for _, c in fatal]),
        "knocked_out_answer": classes(because, texts),
    }


def _ranks(scorecard: Scorecard, answers: Answers) -> dict[str, Any]:
    """Return the rank that equal totals share and the place that they do not."""
    criteria = scorecard.criteria
    heaviest_first = sorted(range(len(criteria)), key=lambda place: -criteria[place].weight)
    breakers = [answers.points[place] for place in heaviest_first if criteria[place].weight > 0]
    rank, place = ranks_and_places(_ranked_totals(scorecard, answers), breakers)
    return {"rank": nullable_integers(rank), "place": nullable_integers(place)}


def shared_rank(scorecard: Scorecard, answers: Answers) -> pd.arrays.IntegerArray:
    """Return the rank that equal totals share."""
    return nullable_integers(kernels.descending_rank(_ranked_totals(scorecard, answers)))


def _ranked_totals(scorecard: Scorecard, answers: Answers) -> kernels.Floats:
    """Return the totals that are ranked, so that equal sums of different parts compare equal."""
    totals = np.where(answers.knocked, np.nan, answers.totals.total)
    return tied(totals, scorecard.max_total) if scorecard.max_total < np.inf else kernels.forgiving(totals)


def _contributions(scorecard: Scorecard, answers: Answers) -> dict[str, kernels.Floats]:
    """Return each criterion's part of the score, or of the total on a raw scale."""
    return {
        CONTRIBUTION + criterion.name: on_scale(scorecard, np.multiply(column, criterion.weight, dtype=np.float64))
        if criterion.weight > 0
        else np.zeros(column.size)
        for criterion, column in zip(scorecard.criteria, answers.points, strict=True)
    }


def _priority_action(
    scorecard: Scorecard, low: kernels.Floats, high: kernels.Floats, answers: Answers
) -> pd.arrays.BooleanArray:
    if scorecard.action_from is None:
        return pd.arrays.BooleanArray(answers.room.flags(False), answers.room.flags(True))
    from_here = scorecard.action_from - round_off(scorecard)
    least = np.greater_equal(low, from_here, out=answers.room.flags(False))
    if high is low and not answers.any_knock_out:
        return pd.arrays.BooleanArray(least, answers.room.flags(False))
    most = least if high is low else high >= from_here
    if answers.any_knock_out:
        least, most = least & ~answers.knocked & ~answers.maybe_knocked, most & ~answers.knocked
    return nullable_booleans(least, least != most)


def _with_columns(frame: pd.DataFrame, columns: dict[str, Any]) -> pd.DataFrame:
    """Return the frame with columns added; equal ones share their memory until one of them is written to."""
    shared = {id(values): pd.Series(values, index=frame.index, copy=False) for values in columns.values()}
    named = {name: shared[id(values)] for name, values in columns.items()}
    if any(name in frame for name in columns):
        return frame.assign(**named)
    # The same, without looking at all columns again for each one added.
    added = pd.DataFrame(named, copy=False)
    added.attrs = frame.attrs  # concat keeps what all parts share
    return pd.concat([frame, added], axis="columns")
