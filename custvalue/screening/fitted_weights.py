"""Weights learnt from outcomes: non-negative, small and whole, and only where there is enough to learn from."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.parts import Parts
from custvalue.kernels.nonnegative import log_score, logistic_lines, nonnegative_logistic
from custvalue.rules import playbook
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.known_outcomes import KnownOutcomes, check_seed, check_whole, known_outcomes, profiles

EVENTS_PER_CRITERION = 10
MAX_WEIGHT = 5
FOLDS = 5
MIN_FOLDS = 2
# On slopes from the fewest to the most points of a criterion: a prior standard deviation of one log-odds.
RIDGE = 1.0
FITTED, TOO_FEW, NO_SIGNAL = "fitted", "too_few", "no_signal"

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FittedWeights(Parts):
    """The answer of :func:`fit_weights`: ``.weights``, ``.summary``, ``.scales`` tried, and the ``.scorecard``."""

    weights: pd.DataFrame
    summary: pd.DataFrame
    scales: pd.DataFrame
    scorecard: Scorecard | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct profiles of points (profile × criterion) with how many prospects have each, and how many were won."""

    points: kernels.Floats
    won: kernels.Floats
    trials: kernels.Floats

    def where(self, rows: NDArray[np.bool_]) -> "Tally":
        """Return some of the profiles."""
        return Tally(self.points[rows], self.won[rows], self.trials[rows])


@dataclass(frozen=True, slots=True)
class WholeWeights:
    """Whole-number weights, the slopes (log-odds per point) they round, and the log score of every scale tried."""

    weights: kernels.Floats
    slopes: kernels.Floats
    scale: int
    log_scores: kernels.Floats

    @property
    def log_score(self) -> float:
        """The log score of the scale chosen."""
        return float(self.log_scores[self.scale - 1])


def fit_weights(
    prospects: Any,
    *,
    seed: int,
    outcome: str = "outcome",
    scorecard: Scorecard = playbook.SCREENING,
    max_weight: int = MAX_WEIGHT,
    folds: int = FOLDS,
    drop_duplicates: bool = False,
) -> FittedWeights:
    """Propose small whole-number weights from known outcomes, or say that there are too few to learn from.

    A logistic regression of winning on the points, its slopes held at 0 or more (more points never count against a
    prospect: the direction is the scorecard's, not the data's) and shrunk by a ridge, gives log-odds per point. For
    every scale s up to ``max_weight`` the weights are ``round(slope ÷ largest slope × s)``; the s with the best
    cross-validated log score is proposed (the smaller of equals), if prospects that were held out are foretold better
    with it than by the win rate of all alone: ``p · ln p + (1 − p) · ln(1 − p)`` each.

    Parameters
    ----------
    prospects : frame
        As in :func:`custvalue.score_prospects`, with the ``outcome`` column ("won", "lost", missing while open).
    seed : int
        Seeds the folds; a whole number of 0 or more.
    outcome : str
        The outcome's column.
    scorecard : Scorecard
        The criteria; its own weights are shown beside the fitted ones and have no part in the fit.
    max_weight : int
        The largest weight allowed, 1 or more.
    folds : int
        Folds of the cross-validation, 2 or more. Prospects with the same points are always in one fold.
    drop_duplicates : bool
        Whether a row that equals an earlier one in every column is left out.

    Returns
    -------
    FittedWeights
        ``.weights``: one row per criterion in the scorecard's order: ``criterion``, ``hand_weight``, ``slope``
        (log-odds per point, shrunk), ``weight`` (nullable whole number).
        ``.summary``: one row: ``verdict`` ("fitted"; "too_few": no weights are proposed; "no_signal": no criterion
        raises the chance of winning, or the best weights do no better out of fold than the win rate alone, so no
        weights either), ``why`` (a sentence), ``n`` (closed, every criterion answered), ``n_won``, ``n_lost``,
        ``n_rarer``, ``n_criteria``, ``rarer_per_criterion``, ``n_incomplete`` (closed, left out for a missing answer),
        ``n_open``, ``n_duplicates``.
        ``.scales``: one row per scale tried: ``scale``, ``log_score`` (mean log probability out of fold, higher is
        better), ``chosen`` (none where no weights are proposed).
        ``.scorecard``: the scorecard with the proposed weights, or None.

    Raises
    ------
    ValueError
        If a column is missing, an outcome is neither won nor lost, or an answer is not the scorecard's.
        If ``max_weight`` is below 1, ``folds`` below 2, or ``seed`` no whole number of 0 or more.

    Notes
    -----
    Ten events of the rarer outcome per criterion are the least (Peduzzi and others 1996); that rule of thumb guards
    against wild fits and does not promise good ones. Weights are in units of points: a criterion with more levels
    needs less weight for the same effect. Prospects with missing answers are left out, which biases the fit where
    answers are missing for a reason.

    The win rate alone is taken from all prospects and so knows what the weights must foretell: a bar set high rather
    than low, and higher still where few criteria make few profiles, since a profile is held out whole. On outcomes that
    have nothing to do with the points, weights are still proposed now and then: "fitted" is no test.
    ``scorecard_evidence`` says, with an interval, whether such weights beat equal ones.

    References
    ----------
    Peduzzi and others, J. Clin. Epidemiol. 49 (1996) 1373-1379, doi:10.1016/S0895-4356(96)00236-3. Dawes, The robust
    beauty of improper linear models, Am. Psychol. 34 (1979) 571-582.

    Examples
    --------
    >>> import custvalue as cv
    >>> fit = fit_weights(cv.load_prospects(), seed=1)
    >>> fit.summary["verdict"].item(), fit.weights.set_index("criterion")["weight"].idxmax()
    ('fitted', 'need')
    >>> fit_weights(cv.load_prospects().head(40), seed=1).summary["why"].item()
    'too few: 7 prospects of the rarer outcome (lost) for 6 criteria, 1.2 each; 10 each are needed'
    """
    check_whole("max_weight", max_weight, 1, f"The default is {MAX_WEIGHT}.")
    check_whole("folds", folds, MIN_FOLDS, f"The default is {FOLDS}.")
    check_seed(seed)
    frame = to_pandas(prospects)
    check = FrameCheck(frame, "fit_weights")
    check.rule("scorecard", scorecard, Scorecard)
    known = known_outcomes(check, outcome, scorecard, drop_duplicates=drop_duplicates)
    check.done()
    used = known.answered
    n_criteria = len(scorecard.criteria)
    reason = too_few(known.won[used], n_criteria)
    found = None
    if not reason:
        _, tally = tallied(known.points[used], known.won[used])
        found = whole_weights(tally, max_weight, folds, np.random.default_rng(seed))
        reason = _no_signal(found, known.won[used])
    if found is None or reason:
        verdict, why = TOO_FEW if found is None else NO_SIGNAL, reason
        weights = np.full(n_criteria, np.nan)
        card = None
    else:
        verdict, why, weights = FITTED, _fitted_why(int(used.sum()), found), found.weights
        card = reweighted(scorecard, weights)
    return FittedWeights(
        weights=pd.DataFrame(
            {
                "criterion": pd.array(list(scorecard.names), dtype="str"),
                "hand_weight": np.array([float(c.weight) for c in scorecard.criteria]),
                "slope": np.full(n_criteria, np.nan) if found is None else found.slopes,
                "weight": pd.array(weights, dtype="Float64").astype("Int64"),
            }
        ),
        summary=_summary(known, used, n_criteria, verdict, why),
        scales=_scales(found, int(used.sum()), max_weight, proposed=verdict == FITTED),
        scorecard=card,
    )


def too_few(won: NDArray[np.bool_], n_criteria: int) -> str:
    """Return why there are too few outcomes to fit weights, or nothing if there are enough."""
    n_won, n_lost = int(won.sum()), int((~won).sum())
    rarer = min(n_won, n_lost)
    if rarer >= EVENTS_PER_CRITERION * n_criteria:
        return ""
    return (
        f"too few: {rarer} {'prospect' if rarer == 1 else 'prospects'} of the rarer outcome "
        f"({'won' if n_won <= n_lost else 'lost'}) for {n_criteria} {'criterion' if n_criteria == 1 else 'criteria'}, "
        f"{rarer / n_criteria:.1f} each; {EVENTS_PER_CRITERION} each are needed"
    )


def _fitted_why(n: int, found: WholeWeights) -> str:
    return f"fitted to {n} prospects, rounded on a scale of {found.scale}"


def _no_signal(found: WholeWeights, won: NDArray[np.bool_]) -> str:
    """Return why the weights found are worth nothing, or nothing where they are worth something."""
    if not found.weights.any():
        return "no signal: no criterion raises the chance of winning"
    rate = won.mean()
    alone = float(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    reached = found.log_score / won.size
    if reached > alone * (1 - kernels.ROUND_OFF):
        return ""
    return (
        "no signal: on prospects held out, the best weights reach a mean log probability of "
        f"{reached:.4f}, no better than the {alone:.4f} of the win rate alone"
    )


def tallied(points: kernels.Floats, won: NDArray[np.bool_]) -> tuple[Integers, Tally]:
    """Return each row's profile, and the profiles with their counts."""
    distinct, place = profiles(points)
    trials = np.bincount(place, minlength=distinct.shape[0]).astype(float)
    return place, Tally(distinct, kernels.sums_by_code(place, won.astype(float), distinct.shape[0]), trials)


def fold_of_profile(trials: kernels.Floats, folds: int, rng: np.random.Generator) -> Integers:
    """Return a fold for every profile: in random order, cut so that folds hold about equally many prospects."""
    order = rng.permutation(trials.size)
    reached = np.cumsum(trials[order]) - trials[order] / 2
    fold = np.empty(trials.size, dtype=np.int64)
    fold[order] = np.minimum((reached / trials.sum() * folds).astype(np.int64), folds - 1)
    return fold


def whole_weights(tally: Tally, max_weight: int, folds: int, rng: np.random.Generator) -> WholeWeights:
    """Fit slopes, and choose among the whole-number roundings of them by cross-validated log score."""
    fold = fold_of_profile(tally.trials, folds, rng)
    log_scores = np.zeros(max_weight)
    for k in range(folds):
        test = fold == k
        if not test.any() or test.all():
            continue
        train = tally.where(~test)
        candidates = _roundings(_slopes(train), max_weight)
        lines = calibrated_lines(train, tally.points, candidates)
        log_scores += log_score(lines[test], tally.won[test, None], tally.trials[test, None]).sum(axis=0)
    slopes = _slopes(tally)
    best = int(np.argmax(log_scores >= log_scores.max() * (1 + kernels.ROUND_OFF)))
    return WholeWeights(_roundings(slopes, max_weight)[best], slopes, best + 1, log_scores)


def _slopes(tally: Tally) -> kernels.Floats:
    """Return log-odds per point, shrunk per full range of a criterion's points."""
    reach = np.ptp(tally.points, axis=0)
    unit = np.where(reach > 0, reach, 1.0)
    return nonnegative_logistic(tally.points / unit, tally.won, tally.trials, ridge=RIDGE) / unit


def _roundings(slopes: kernels.Floats, max_weight: int) -> kernels.Floats:
    """Return one row of whole weights per scale 1 … max_weight; all zero where no slope is positive."""
    largest = slopes.max(initial=0.0)
    scales = np.arange(1, max_weight + 1)[:, None]
    return np.rint(scales * slopes / (largest if largest > 0 else 1.0))


def calibrated_lines(train: Tally, points: kernels.Floats, weights: kernels.Floats) -> kernels.Floats:
    """Return log-odds of winning for rows of points under each row of weights, calibrated on the training profiles."""
    intercept, slope = logistic_lines(train.points @ weights.T, train.won, train.trials, ridge=RIDGE)
    return intercept + slope * (points @ weights.T)


def reweighted(scorecard: Scorecard, weights: kernels.Floats) -> Scorecard:
    """Return the scorecard with other weights."""
    criteria = tuple(replace(c, weight=float(w)) for c, w in zip(scorecard.criteria, weights, strict=True))
    return replace(scorecard, criteria=criteria)


def _summary(known: KnownOutcomes, used: NDArray[np.bool_], n_criteria: int, verdict: str, why: str) -> pd.DataFrame:
    n_won, n_lost = int(known.won[used].sum()), int(known.lost[used].sum())
    return pd.DataFrame(
        {
            "verdict": pd.array([verdict], dtype="str"),
            "why": pd.array([why], dtype="str"),
            "n": int(used.sum()),
            "n_won": n_won,
            "n_lost": n_lost,
            "n_rarer": min(n_won, n_lost),
            "n_criteria": n_criteria,
            "rarer_per_criterion": min(n_won, n_lost) / n_criteria,
            "n_incomplete": int((known.closed & ~used).sum()),
            "n_open": int(known.open.sum()),
            "n_duplicates": int((known.repeated & (known.won | known.lost)).sum()),
        }
    )


def _scales(found: WholeWeights | None, n: int, max_weight: int, *, proposed: bool) -> pd.DataFrame:
    scale = np.arange(1, max_weight + 1)
    return pd.DataFrame(
        {
            "scale": scale,
            "log_score": np.full(max_weight, np.nan) if found is None else found.log_scores / n,
            "chosen": (scale == found.scale) & proposed if found is not None else np.zeros(max_weight, dtype=bool),
        }
    )
