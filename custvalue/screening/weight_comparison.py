"""Do the scorecard's weights earn their keep? Compared with equal weights, and with weights fitted out of fold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.nullable import ordered_classes
from custvalue.kernels.discrimination import auc_difference, mean_difference, tied
from custvalue.kernels.nonnegative import log_score
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.fitted_weights import (
    MIN_FOLDS,
    NO_RISE,
    Tally,
    calibrated_lines,
    fold_of_profile,
    tallied,
    too_few,
    uneven,
    whole_weights,
)

HAND, EQUAL, OUT_OF_FOLD = "hand", "equal", "fitted"
COMPARISONS = ((HAND, EQUAL), (OUT_OF_FOLD, EQUAL), (HAND, OUT_OF_FOLD))
VERDICTS = ("worse", "not_told_apart", "better")
WORSE, NOT_TOLD_APART, BETTER = range(3)
ONE_OUTCOME, NO_FOLDS = "only one outcome is known", "too few different profiles to hold any out"
NO_OUTCOME = "no outcome is known"
INCOMPLETE = "no prospect of known outcome has an answer to every criterion and is not knocked out"
ONE_OUTCOME_COMPLETE = "only one outcome is known of the prospects with every answer and not knocked out"
ALIKE = "too few different profiles: {alike:.0%} of the won and lost held out together have the same points"
# Of the won and lost prospects that are held out together at least so many must differ in their points.
LEAST_TOLD_APART = 0.5

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Held:
    """What each way of weighing said of every row while its fold was held out, and the folds."""

    scores: dict[str, kernels.Floats]
    log_scores: dict[str, kernels.Floats]
    fold: Integers


def compare_weights(
    points: kernels.Floats,
    won: NDArray[np.bool_],
    scorecard: Scorecard,
    *,
    closed_won: NDArray[np.bool_],
    seed: int,
    folds: int,
    max_weight: int,
    level: float,
) -> pd.DataFrame:
    """Return one row per comparison of two ways to weigh the same points; see ``scorecard_evidence``.

    ``closed_won`` says of every prospect of known outcome, also of those left out here, whether it was won.
    """
    hand = np.array([float(criterion.weight) for criterion in scorecard.criteria])
    reason = _nothing_to_compare(won, closed_won)
    place, tally = tallied(points, won)
    fold = fold_of_profile(tally.trials, folds, np.random.default_rng(seed))
    if not reason and np.unique(fold).size < MIN_FOLDS:
        reason = NO_FOLDS
    no_fit = reason or too_few(won, points.shape[1]) or _too_alike(tally, fold)
    if not no_fit:
        found = whole_weights(tally, max_weight, folds, np.random.default_rng(seed))
        no_fit = uneven(found, scorecard.names, max_weight) if found.weights.any() else NO_RISE
    held = (
        None if reason else _hold_out(tally, fold, place, won, hand, seed=seed, max_weight=0 if no_fit else max_weight)
    )
    rows = []
    for first, second in COMPARISONS:
        why = no_fit if OUT_OF_FOLD in (first, second) else reason
        rows.append(
            _nothing(first, second, won.size, why) if why or not held else _row(first, second, held, won, level)
        )
    table = pd.DataFrame(rows)
    return table.assign(verdict=ordered_classes(table["verdict"].to_numpy(dtype=np.int8), VERDICTS)).astype(
        {"first": "str", "second": "str", "note": "str"}
    )


def _nothing_to_compare(won: NDArray[np.bool_], closed_won: NDArray[np.bool_]) -> str:
    """Return why there are no wins to be set against losses, or nothing."""
    if won.any() and not won.all():
        return ""
    if not closed_won.size:
        return NO_OUTCOME
    if closed_won.all() or not closed_won.any():
        return ONE_OUTCOME
    return ONE_OUTCOME_COMPLETE if won.size else INCOMPLETE


def _too_alike(tally: Tally, fold: Integers) -> str:
    """Return that most wins and losses held out together cannot be told apart by any weights, or nothing."""
    lost = tally.trials - tally.won
    pairs = float((np.bincount(fold, tally.won) * np.bincount(fold, lost)).sum())
    if pairs == 0:
        return NO_FOLDS
    alike = float((tally.won * lost).sum()) / pairs
    return ALIKE.format(alike=alike) if 1 - alike < LEAST_TOLD_APART else ""


def _hold_out(
    tally: Tally,
    fold: Integers,
    place: Integers,
    won: NDArray[np.bool_],
    hand: kernels.Floats,
    *,
    seed: int,
    max_weight: int,
) -> _Held:
    """Score every row by hand, equal and fitted weights, the lines and fits learnt without its fold.

    ``max_weight`` 0 leaves the fitted weights out.
    """
    rng = np.random.default_rng((seed, 1))
    folds = int(fold.max()) + 1
    fit = max_weight > 0
    fixed = {HAND: hand, EQUAL: np.ones(hand.size)}
    ways = [*fixed, OUT_OF_FOLD] if fit else list(fixed)
    scores = {way: np.zeros(tally.trials.size) for way in ways}
    lines = {way: np.zeros(tally.trials.size) for way in ways}
    for k in np.unique(fold):
        test = fold == k
        train = tally.where(~test)
        weights = dict(fixed)
        if fit:
            weights[OUT_OF_FOLD] = whole_weights(train, max_weight, folds, rng).weights
        for way, chosen in weights.items():
            scores[way][test] = tally.points[test] @ chosen
            lines[way][test] = calibrated_lines(train, tally.points[test], chosen[None, :])[:, 0]
    one = np.ones(place.size)
    return _Held(
        scores={way: tied(values)[place] for way, values in scores.items()},
        log_scores={way: log_score(values[place], won.astype(float), one) for way, values in lines.items()},
        fold=fold[place],
    )


def _row(first: str, second: str, held: _Held, won: NDArray[np.bool_], level: float) -> dict[str, Any]:
    # Weights that were fixed beforehand learn nothing, so all rows are compared with all.
    fold = held.fold if OUT_OF_FOLD in (first, second) else np.zeros_like(held.fold)
    area = auc_difference(held.scores[first], held.scores[second], won, fold, level)
    apart = held.log_scores[first] - held.log_scores[second]
    log, log_low, log_high = mean_difference(apart, level, np.unique(held.fold).size)
    verdict = BETTER if area.low > 0 else WORSE if area.high < 0 else NOT_TOLD_APART
    return {
        "first": first,
        "second": second,
        "n": won.size,
        "auc_first": area.first,
        "auc_second": area.second,
        "auc_first_minus_second": area.difference,
        "low": area.low,
        "high": area.high,
        "log_score_first_minus_second": log,
        "log_score_low": log_low,
        "log_score_high": log_high,
        "verdict": verdict,
        "note": "",
    }


def _nothing(first: str, second: str, n: int, why: str) -> dict[str, Any]:
    numbers = (
        "auc_first",
        "auc_second",
        "auc_first_minus_second",
        "low",
        "high",
        "log_score_first_minus_second",
        "log_score_low",
        "log_score_high",
    )
    return {
        "first": first,
        "second": second,
        "n": n,
        **dict.fromkeys(numbers, np.nan),
        "verdict": kernels.MISSING_CODE,
        "note": why,
    }
