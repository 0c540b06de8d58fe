"""How well scores tell wins from losses: the area under the ROC curve, DeLong's variance, paired differences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri, stdtrit

from custvalue.kernels.arrays import ROUND_OFF, Floats, Integers

Mask = NDArray[np.bool_]

# A variance needs two of each outcome.
PAIR = 2
LOGIT_DELONG, DISJOINT_PAIRS, HOEFFDING, UNDEFINED = "logit_delong", "disjoint_pairs", "hoeffding", "undefined"


@dataclass(frozen=True, slots=True)
class Area:
    """An area under the ROC curve with its interval and how that was made."""

    auc: float
    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class AreaDifference:
    """Two areas on the same rows, and the first minus the second with its interval."""

    first: float
    second: float
    difference: float
    low: float
    high: float


def tied(values: Floats, largest: float | None = None) -> Floats:
    """Return values with those that differ by round-off only made equal to the lowest of them; NaN stays.

    ``largest`` is what they may be at most, by which round-off is measured; by default the largest of them.

    >>> tied(np.array([0.1 + 0.2, 0.3, 5.0])).tolist()
    [0.3, 0.3, 5.0]
    """
    distinct, place = np.unique(values, return_inverse=True)
    if largest is None:
        largest = float(np.abs(distinct).max(initial=0.0))
    apart = ~(np.diff(distinct, prepend=-np.inf) <= ROUND_OFF * largest)  # NaN stands last, and apart
    lowest: Floats = distinct[apart][np.cumsum(apart) - 1][place]
    return lowest


def placements(scores: Floats, won: Mask) -> tuple[Floats, Floats]:
    """Return, for each win, the share of losses it outscores, and for each loss the share of wins that outscore it.

    Ties count half. The mean of either is the area under the ROC curve.

    >>> wins, losses = placements(np.array([3.0, 1.0, 2.0, 1.0]), np.array([True, True, False, False]))
    >>> wins.tolist(), losses.tolist()
    ([1.0, 0.25], [0.5, 0.75])
    """
    wins, losses = np.sort(scores[won]), np.sort(scores[~won])
    outscored = (np.searchsorted(losses, scores[won], "left") + np.searchsorted(losses, scores[won], "right")) / 2
    passed = (np.searchsorted(wins, scores[~won], "left") + np.searchsorted(wins, scores[~won], "right")) / 2
    return outscored / losses.size, 1 - passed / wins.size


def delong_variance(scores: Floats, won: Mask) -> tuple[float, float]:
    """Return the area under the ROC curve and DeLong's variance of it; missing below two wins or two losses."""
    wins, losses = placements(scores, won)
    if min(wins.size, losses.size) < PAIR:
        return float(wins.mean()), np.nan
    return float(wins.mean()), float(wins.var(ddof=1) / wins.size + losses.var(ddof=1) / losses.size)


def auc_interval(scores: Floats, won: Mask, level: float) -> Area:
    """Return the area under the ROC curve with an interval that is honest at the edges.

    Ordinarily DeLong's on the logit scale. Where every win outscores every loss (or none does), the variance is zero
    and says nothing: of ``m = min(wins, losses)`` disjoint pairs all agreed, so the bound is Clopper and Pearson's of m
    out of m. Where the variance cannot be had otherwise, Hoeffding's bound over the disjoint pairs.
    """
    n_pairs = int(min(won.sum(), (~won).sum()))
    if n_pairs == 0:
        return Area(np.nan, np.nan, np.nan, UNDEFINED)
    auc, variance = delong_variance(scores, won)
    tail = (1 - level) / 2
    if auc in (0.0, 1.0):
        bound = tail ** (1 / n_pairs)
        return Area(auc, bound, 1.0, DISJOINT_PAIRS) if auc == 1 else Area(auc, 0.0, 1 - bound, DISJOINT_PAIRS)
    if not variance > 0:
        half = np.sqrt(np.log(1 / tail) / (2 * n_pairs))
        return Area(auc, float(max(auc - half, 0.0)), float(min(auc + half, 1.0)), HOEFFDING)
    half = ndtri(1 - tail) * np.sqrt(variance) / (auc * (1 - auc))
    return Area(auc, float(expit(logit(auc) - half)), float(expit(logit(auc) + half)), LOGIT_DELONG)


def auc_difference(first: Floats, second: Floats, won: Mask, fold: Integers, level: float) -> AreaDifference:
    """Return the areas of two scores of the same rows, compared within folds, and their difference with an interval.

    Within one fold only, this is the paired test of DeLong, DeLong and Clarke-Pearson. With several, wins meet only the
    losses of their own fold (scores of different folds come from different fits); folds weigh by their pairs, and the
    variance is that of the placements around their fold's mean, widened by ``held_out_factor`` because the fits share
    most of what they learnt from. Student's t with ``min(wins, losses) − folds`` degrees
    of freedom widens the interval where there is little.
    """
    areas = np.zeros(2)
    parts: tuple[list[Floats], list[Floats]] = ([], [])
    n_pairs, n_folds = 0, 0
    for k in np.unique(fold):
        mine = fold == k
        pairs = int(won[mine].sum() * (~won[mine]).sum())
        if pairs == 0:
            continue
        n_pairs, n_folds = n_pairs + pairs, n_folds + 1
        placed = placements(first[mine], won[mine]), placements(second[mine], won[mine])
        areas += pairs * np.array([placed[0][0].mean(), placed[1][0].mean()])
        for part, one, other in zip(parts, *placed, strict=True):
            apart = one - other
            part.append(pairs / apart.size * (apart - apart.mean()))
    counts = [sum(piece.size for piece in part) for part in parts]
    freedom = min(counts, default=0) - n_folds
    if n_pairs == 0:
        return AreaDifference(np.nan, np.nan, np.nan, np.nan, np.nan)
    one, other = (areas / n_pairs).tolist()
    if freedom < 1:
        return AreaDifference(one, other, one - other, -1.0, 1.0)
    variance = sum(
        count / (count - n_folds) * float((np.concatenate(part) ** 2).sum()) / n_pairs**2
        for count, part in zip(counts, parts, strict=True)
    )
    half = float(stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance * held_out_factor(n_folds)))
    if variance <= ROUND_OFF and abs(one - other) > ROUND_OFF:
        # Every placement differs by the same: no spread to learn from, so only the range of a difference bounds it.
        half = 2 * float(np.sqrt(np.log(2 / (1 - level)) / (2 * min(counts))))
    return AreaDifference(one, other, one - other, max(one - other - half, -1.0), min(one - other + half, 1.0))


def held_out_factor(n_folds: int) -> float:
    """Return by how much held-out differences vary more than if every fold had been learnt for by itself.

    Nadeau and Bengio's correction of the variance of a mean over K folds: ``(1 ÷ K + 1 ÷ (K − 1)) ÷ (1 ÷ K)``.

    >>> held_out_factor(5), held_out_factor(1)
    (2.25, 1.0)
    """
    return 1.0 if n_folds == 1 else 1 + n_folds / (n_folds - 1)


def mean_difference(values: Floats, level: float, n_folds: int = 1) -> tuple[float, float, float]:
    """Return the mean of paired differences with Student's interval; without bounds below two values."""
    if values.size < PAIR:
        return (float(values.mean()) if values.size else np.nan), np.nan, np.nan
    spread = values.std(ddof=1) * np.sqrt(held_out_factor(n_folds) / values.size)
    half = stdtrit(values.size - 1, (1 + level) / 2) * spread
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)
