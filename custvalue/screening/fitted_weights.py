"""Weights learnt from outcomes: non-negative, small and whole, and only where there is enough to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.parts import Parts
from custvalue.kernels.nonnegative import log_score, logistic_lines, nonnegative_logistic
from custvalue.kernels.shuffled import shuffled_p_value
from custvalue.rules import playbook
from custvalue.rules.scorecard import Scorecard
from custvalue.rules.weights import WEIGHT_LEARNING, WeightLearning
from custvalue.screening.known_outcomes import (
    GREATEST_WEIGHT,
    MAX_FOLDS,
    KnownOutcomes,
    check_seed,
    check_whole,
    known_outcomes,
    profiles,
)

MAX_WEIGHT = 5
FOLDS = 5
MIN_FOLDS = 2
# One cut into folds may favour another scale than the next; the mean over so many hardly hangs on the seed. Beyond so
# many profiles in all cuts a further one tells little and takes long.
CUTS, PROFILES_IN_CUTS = 10, 20_000
# On slopes from the fewest to the most points of a criterion: a prior standard deviation of one log-odds.
RIDGE = 1.0
SHUFFLES = 999
FITTED, TOO_FEW, NO_SIGNAL, UNEVEN = "fitted", "too_few", "no_signal", "uneven_points"
NO_RISE = "no signal: no criterion raises the chance of winning"
# A criterion that does more than half as much as the one that does most must not round to nothing.
HALF = 0.5

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
    """Whole-number weights, the slopes (log-odds per point) they round, and the log score of every scale tried.

    ``log_score_rate`` is that of the win rate alone, learnt from the same folds. ``effects`` are log-odds from the
    fewest to the most points of a criterion.
    """

    weights: kernels.Floats
    slopes: kernels.Floats
    scale: int
    log_scores: kernels.Floats
    log_score_rate: float
    effects: kernels.Floats

    @property
    def rounded_away(self) -> NDArray[np.bool_]:
        """Which criteria weigh nothing although they do more than half as much as the one that does most."""
        return _rounded_away(self.weights, self.effects)

    @property
    def lost_to_reach(self) -> NDArray[np.bool_]:
        """Which criteria weigh nothing but would not if all points reached equally far."""
        lost: NDArray[np.bool_] = (self.weights == 0) & (_roundings(self.effects, self.scale)[-1] > 0)
        return lost

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
    learning: WeightLearning = WEIGHT_LEARNING,
    max_weight: int = MAX_WEIGHT,
    folds: int = FOLDS,
    drop_duplicates: bool = False,
) -> FittedWeights:
    """Propose small whole-number weights from known outcomes, or say that there are too few to learn from.

    A logistic regression of winning on the points, its slopes held at 0 or more (more points never count against a
    prospect: the direction is the scorecard's, not the data's) and shrunk by a ridge, gives log-odds per point. For
    every scale s up to ``max_weight`` the weights are ``round(slope ÷ largest slope × s)``; the s with the best
    cross-validated log score (mean over ten cuts into folds; over fewer where there are thousands of profiles) is
    proposed, the smaller of equals, leaving out those at which a criterion rounds to 0 that does more than half as
    much, from its fewest to its most points, as the one that does most; if winning goes with the points at all: if
    outcomes shuffled among the prospects rise with the points as much in 5 % of the draws at most.

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
    learning : WeightLearning
        How many outcomes there must be, and how seldom shuffled ones may do as well.
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
        ``.summary``: one row: ``verdict`` ("fitted"; "too_few": no weights are proposed; "no_signal": winning is not
        shown to rise with any criterion, so no weights either; "uneven_points": points reach so unequally far that at
        every scale a criterion that matters would round to 0, so none either), ``why`` (a sentence; where the weights
        foretell prospects held out no better than the win rate does, or a criterion rounds to 0 only because its
        points reach farther than others', it says so), ``p_shuffled`` (share of 999 shuffles, and the
        outcomes as they are, that rise with the points as much as these outcomes), ``log_score`` and
        ``log_score_win_rate`` (mean log probability out of fold, of the best weights and of the win rate alone, both
        learnt from the same folds), ``n`` (closed, every criterion answered), ``n_won``, ``n_lost``, ``n_rarer``,
        ``n_criteria``, ``rarer_per_criterion``, ``n_incomplete`` (closed, left out for a missing answer), ``n_open``,
        ``n_duplicates``.
        ``.scales``: one row per scale tried: ``scale``, ``log_score`` (mean log probability out of fold, higher is
        better), ``chosen`` (none where no weights are proposed).
        ``.scorecard``: the scorecard with the proposed weights, or None.

    Raises
    ------
    ValueError
        If a column is missing, an outcome is neither won nor lost, or an answer is not the scorecard's.
        If ``max_weight`` is not from 1 to 100, ``folds`` not from 2 to 1,000, or ``seed`` no whole number of 0 or more.
        If ``drop_duplicates`` is not True or False.

    Notes
    -----
    Ten events of the rarer outcome per criterion are the least (Peduzzi and others 1996); that rule of thumb guards
    against wild fits and does not promise good ones. Weights are in units of points: a criterion with more levels
    needs less weight for the same effect. Prospects with missing answers are left out, which biases the fit where
    answers are missing for a reason.

    Where outcomes have nothing to do with the points, weights are proposed in at most 5 % of cases, however few or many
    the prospects. That winning rises with some criterion does not make the weights better than others:
    ``scorecard_evidence`` says, with an interval, whether such weights beat equal ones.

    Where several scales foretell about equally well, another seed may favour another one, and small weights come and
    go: run a few, and keep equal weights where they disagree. Prospects that an answer knocks out are learnt from too.

    The log scores choose the scale and are no bar of their own. Prospects with the same points are held out together,
    and few criteria make few profiles: two of three levels make nine. Each is then foretold from profiles that lack
    what sets it apart. A criterion that lowers the chance, and so has no weight, can make weights that are right lose
    to the win rate there.

    References
    ----------
    Peduzzi and others, J. Clin. Epidemiol. 49 (1996) 1373-1379, doi:10.1016/S0895-4356(96)00236-3. Dawes, The robust
    beauty of improper linear models, Am. Psychol. 34 (1979) 571-582. Phipson and Smyth, Permutation p-values should
    never be zero, Stat. Appl. Genet. Mol. Biol. 9 (2010), doi:10.2202/1544-6115.1585.

    Examples
    --------
    >>> import custvalue as cv
    >>> fit = fit_weights(cv.load_prospects(), seed=1)
    >>> fit.summary["verdict"].item(), fit.weights.set_index("criterion")["weight"].idxmax()
    ('fitted', 'need')
    >>> few = fit_weights(cv.load_prospects().head(40), seed=1).summary
    >>> few["why"].item().partition(";")[0]
    'too few: 7 prospects of the rarer outcome (lost) for 6 criteria, 1.2 each'
    """
    check_whole("max_weight", max_weight, 1, f"The default is {MAX_WEIGHT}.", most=GREATEST_WEIGHT)
    check_whole("folds", folds, MIN_FOLDS, f"The default is {FOLDS}.", most=MAX_FOLDS)
    check_seed(seed)
    frame = to_pandas(prospects)
    check = FrameCheck(frame, "fit_weights")
    check.rule("scorecard", scorecard, Scorecard)
    check.rule("learning", learning, WeightLearning)
    known = known_outcomes(check, outcome, scorecard, drop_duplicates=drop_duplicates)
    check.done()
    used = known.answered
    n_criteria = len(scorecard.criteria)
    reason = too_few(known.won[used], n_criteria, learning)
    n_incomplete = int((known.closed & ~used).sum())
    if reason and n_incomplete:
        reason += f" ({n_incomplete} more of known outcome lack an answer)"
    verdict, found, p_shuffled = TOO_FEW, None, np.nan
    if not reason:
        _, tally = tallied(known.points[used], known.won[used])
        found = whole_weights(tally, max_weight, folds, np.random.default_rng(seed))
        p_shuffled = _p_shuffled(tally, np.random.default_rng((seed, 2)))
        verdict, reason = NO_SIGNAL, _no_signal(found, p_shuffled, learning)
        if not reason:
            verdict, reason = UNEVEN, uneven(found, scorecard.names, max_weight)
    if found is None or reason:
        why = reason
        weights = np.full(n_criteria, np.nan)
        card = None
    else:
        verdict, why, weights = FITTED, _fitted_why(int(used.sum()), found, scorecard), found.weights
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
        summary=_summary(known, used, n_criteria, verdict, why, _measures(found, p_shuffled, int(used.sum()))),
        scales=_scales(found, int(used.sum()), max_weight, proposed=verdict == FITTED),
        scorecard=card,
    )


def too_few(won: NDArray[np.bool_], n_criteria: int, learning: WeightLearning = WEIGHT_LEARNING) -> str:
    """Return why there are too few outcomes to fit weights, or nothing if there are enough."""
    n_won, n_lost = int(won.sum()), int((~won).sum())
    rarer = min(n_won, n_lost)
    if rarer >= learning.events_per_criterion * n_criteria:
        return ""
    return (
        f"too few: {rarer} {'prospect' if rarer == 1 else 'prospects'} of the rarer outcome "
        f"({'won' if n_won <= n_lost else 'lost'}) for {n_criteria} {'criterion' if n_criteria == 1 else 'criteria'}, "
        f"{rarer / n_criteria:.1f} each; {learning.events_per_criterion:g} each are needed"
    )


def _fitted_why(n: int, found: WholeWeights, scorecard: Scorecard) -> str:
    fitted = f"fitted to {n} prospects, rounded on a scale of {found.scale}"
    if found.lost_to_reach.any():
        fitted += (
            f"; rounded to 0 only because of the reach of the points: {_listed(scorecard.names, found.lost_to_reach)}"
        )
    if found.log_score > found.log_score_rate * (1 - kernels.ROUND_OFF):
        return fitted
    return f"{fitted}; not shown to foretell prospects held out better than the win rate alone does"


def _p_shuffled(tally: Tally, rng: np.random.Generator) -> float:
    """Return how often shuffled outcomes rise with the points as much as the real ones."""
    unit = _unit(tally)
    return shuffled_p_value(tally.points / unit, tally.won, tally.trials, ridge=RIDGE, draws=SHUFFLES, rng=rng)


def _no_signal(found: WholeWeights, p_shuffled: float, learning: WeightLearning) -> str:
    """Return why there is nothing to learn, or nothing where there is something."""
    if not found.weights.any():
        return NO_RISE
    if p_shuffled <= learning.shuffled_as_well:
        return ""
    return (
        f"no signal: outcomes shuffled among the prospects go with the points as well in {p_shuffled:.1%} of "
        f"{SHUFFLES} draws; weights are proposed up to {learning.shuffled_as_well:.0%}"
    )


def uneven(found: WholeWeights, names: Sequence[str], max_weight: int) -> str:
    """Return which criteria that matter would round to 0 at every scale, or nothing."""
    if not found.rounded_away.any():
        return ""
    return (
        f"uneven points: {_listed(names, found.rounded_away)} would round to 0 in whole weights up to {max_weight}, "
        "yet winning goes with it more than half as much as with any criterion; put all points on a like scale"
    )


def _listed(names: Sequence[str], which: NDArray[np.bool_]) -> str:
    return ", ".join(name for name, one in zip(names, which, strict=True) if one)


def _measures(found: WholeWeights | None, p_shuffled: float, n: int) -> dict[str, float]:
    """Return what the verdict rests on, and how prospects held out are foretold."""
    log_score, rate = (np.nan, np.nan) if found is None else (found.log_score / n, found.log_score_rate / n)
    return {"p_shuffled": p_shuffled, "log_score": log_score, "log_score_win_rate": rate}


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
    log_scores = np.zeros(max_weight + 1)
    cuts = int(np.clip(PROFILES_IN_CUTS // tally.trials.size, 1, CUTS))
    for fold in (fold_of_profile(tally.trials, folds, rng) for _ in range(cuts)):
        for k in range(folds):
            test = fold == k
            if not test.any() or test.all():
                continue
            train = tally.where(~test)
            no_weights = np.zeros((1, train.points.shape[1]))  # leave the win rate alone
            candidates = np.vstack([no_weights, _roundings(_slopes(train), max_weight)])
            lines = calibrated_lines(train, tally.points[test], candidates)
            log_scores += log_score(lines, tally.won[test, None], tally.trials[test, None]).sum(axis=0) / cuts
    slopes, by_scale = _slopes(tally), log_scores[1:]
    effects, rounded = slopes * _unit(tally), _roundings(slopes, max_weight)
    keeps = ~_rounded_away(rounded, effects).any(axis=1)
    eligible = np.where(keeps, by_scale, -np.inf) if keeps.any() else by_scale
    best = int(np.argmax(eligible >= eligible.max() * (1 + kernels.ROUND_OFF)))
    return WholeWeights(rounded[best], slopes, best + 1, by_scale, float(log_scores[0]), effects)


def _rounded_away(weights: kernels.Floats, effects: kernels.Floats) -> NDArray[np.bool_]:
    """Return where a weight is 0 although the criterion does more than half as much as the one that does most."""
    lost: NDArray[np.bool_] = (weights == 0) & (effects > HALF * effects.max(initial=0.0) * (1 + kernels.ROUND_OFF))
    return lost


def _slopes(tally: Tally) -> kernels.Floats:
    """Return log-odds per point, shrunk per full range of a criterion's points."""
    unit = _unit(tally)
    return nonnegative_logistic(tally.points / unit, tally.won, tally.trials, ridge=RIDGE) / unit


def _unit(tally: Tally) -> kernels.Floats:
    """Return the reach of each criterion's points; 1 where all are the same."""
    reach: kernels.Floats = np.ptp(tally.points, axis=0)
    return np.where(reach > 0, reach, 1.0)


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


def _summary(
    known: KnownOutcomes,
    used: NDArray[np.bool_],
    n_criteria: int,
    verdict: str,
    why: str,
    measures: dict[str, float],
) -> pd.DataFrame:
    n_won, n_lost = int(known.won[used].sum()), int(known.lost[used].sum())
    return pd.DataFrame(
        {
            "verdict": pd.array([verdict], dtype="str"),
            "why": pd.array([why], dtype="str"),
            **measures,
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
