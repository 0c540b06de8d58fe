"""Who errs in one direction: errors net of what all share, false discoveries held down, and means shrunken."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma, psi, stdtr

from custvalue.kernels.arrays import ROUND_OFF, Floats

FEWEST_TO_TEST = 3
FEWEST_OTHERS = 2
MOST_ROUNDS = 50
_NODES = 400
_REACH = 4.0
_FREEDOMS = np.geomspace(0.5, 10_000, 400)

Mask = NDArray[np.bool_]


class Means(NamedTuple):
    """Per row of a table with gaps: how many values there are, their mean, its standard error, and the variance."""

    n: Floats
    mean: Floats
    error: Floats
    variance: Floats


class Named(NamedTuple):
    """Which rows are named, with the errors net of what the others share, their means, p and adjusted p values."""

    named: Mask
    net: Floats
    means: Means
    p: Floats
    q: Floats


class Shrunken(NamedTuple):
    """Means drawn towards zero, and the standard deviation of what the true mean may be."""

    mean: Floats
    sd: Floats


def net_of_others(errors: Floats, reference: Mask) -> Floats:
    """Return errors (row × period) less the mean, period by period, of the *other* reference rows.

    Missing where there are fewer than two others. A row never belongs to its own yardstick, so that its own bias is not
    part of what it is measured against.

    >>> net_of_others(np.array([[1.0], [0.2], [0.0], [0.1]]), np.array([False, True, True, True])).round(2).ravel()
    array([ 0.9 ,  0.15, -0.15, -0.  ])
    """
    used = ~np.isnan(errors) & reference[:, None]
    values = np.where(used, errors, 0.0)
    n_others = used.sum(axis=0) - used
    total_others = values.sum(axis=0) - values
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n_others >= FEWEST_OTHERS, errors - total_others / n_others, np.nan)


def means_of(net: Floats) -> Means:
    """Return the mean of each row's values, its standard error and their variance; missing where there are too few."""
    known = ~np.isnan(net)
    n = known.sum(axis=1).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, net, 0.0).sum(axis=1) / n
        variance = np.where(known, np.square(net - mean[:, None]), 0.0).sum(axis=1) / (n - 1)
    mean, variance = np.where(n > 0, mean, np.nan), np.where(n > 1, variance, np.nan)
    return Means(n, mean, np.sqrt(variance / np.maximum(n, 1)), variance)


def name_biased(errors: Floats, rate: float) -> Named:
    """Name the rows whose mean error differs from that of the others, at a false discovery rate.

    Starts with errors net of each period's median; names rows by two-sided t-tests and Benjamini-Hochberg; takes what
    the periods share from those not named, and names again, until the names stand. Where they come round in a circle,
    only those named all the way round are.

    >>> errors = np.array([[0.9, 1.1, 1.0], [0.1, -0.1, 0.05], [-0.1, 0.1, 0.0], [0.0, 0.05, -0.1]])
    >>> name_biased(errors, 0.1).named.tolist()
    [True, False, False, False]
    """
    usable = (~np.isnan(errors)).sum(axis=0) > FEWEST_OTHERS
    errors = np.where(usable, errors, np.nan)
    middle = np.full(errors.shape[1], np.nan)
    middle[usable] = np.nanmedian(errors[:, usable], axis=0)
    found = _named(errors - middle, rate)
    seen = [found.named]
    for _ in range(MOST_ROUNDS):
        if (~found.named).sum() <= FEWEST_OTHERS:
            break
        again = _named(net_of_others(errors, ~found.named), rate)
        repeated = [place for place, before in enumerate(seen) if (before == again.named).all()]
        if repeated:
            always = np.logical_and.reduce(seen[repeated[0] :])
            return again._replace(named=always)
        found = again
        seen.append(found.named)
    return found


def _named(net: Floats, rate: float) -> Named:
    net = np.where(np.abs(net) <= ROUND_OFF, 0.0, net)
    means = means_of(net)
    # A spread that is no more than rounding is none.
    scale = np.where(np.isnan(net), 0.0, np.abs(net)).max(axis=1, initial=0.0)
    exact = means.error <= np.finfo(float).eps * scale
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(exact, np.where(np.abs(means.mean) > 0, np.inf, 0.0), np.abs(means.mean) / means.error)
    p = np.where(means.n >= FEWEST_TO_TEST, 2 * stdtr(np.maximum(means.n - 1, 1), -t), np.nan)
    q = benjamini_hochberg(p)
    return Named(q <= rate, net, means, p, q)


def benjamini_hochberg(p: Floats) -> Floats:
    """Return the smallest rate of false discoveries at which each p-value is rejected; missing stays missing.

    >>> benjamini_hochberg(np.array([0.01, 0.5, 0.04, np.nan])).round(3).tolist()
    [0.03, 0.5, 0.06, nan]
    """
    adjusted = np.full(p.size, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(-p[known], kind="stable")]
    n = order.size
    adjusted[order] = np.minimum.accumulate(p[order] * n / np.arange(n, 0, -1.0)) if n else p[order]
    return adjusted


def moderated_variances(variance: Floats, freedom: Floats) -> Floats:
    """Draw variances with ``freedom`` degrees of freedom towards a common one, by as much as they agree.

    ``variance ~ σ² χ² ÷ freedom`` and ``1 ÷ σ² ~ χ²(d) ÷ (d · s²)``; ``d`` and ``s²`` from mean and variance of the log
    variances (Smyth 2004). Each becomes ``(d s² + freedom · variance) ÷ (d + freedom)``; ``s²`` where it is missing.

    >>> moderated_variances(np.array([1.0, 1.0, 1.0, np.nan]), np.array([5.0, 5.0, 5.0, 0.0])).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    known = (freedom > 0) & (variance > 0)
    if not known.any():
        return np.full(variance.shape, np.nan)
    half = freedom[known] / 2
    pooled = float((variance[known] * half).sum() / half.sum())
    logs = np.log(variance[known]) - psi(half) + np.log(half)
    excess = (float(logs.var(ddof=1)) if logs.size > 1 else 0.0) - float(polygamma(1, half).mean())
    own = np.where(known, variance * freedom, 0.0)
    if excess <= polygamma(1, _FREEDOMS[-1] / 2):  # the variances differ no more than chance makes them
        return np.full(variance.shape, pooled)
    prior = float(_FREEDOMS[np.argmin(np.abs(polygamma(1, _FREEDOMS / 2) - excess))])
    centre = float(np.exp(logs.mean() + psi(prior / 2) - np.log(prior / 2)))
    moderated: Floats = (prior * centre + own) / (prior + np.where(known, freedom, 0.0))
    return moderated


def shrink(mean: Floats, variance: Floats) -> Shrunken:
    """Draw means towards zero by as much as their spread is chance: the normal-normal model.

    ``mean ~ N(true, variance)``, ``true ~ N(0, τ²)``. Given τ, ``true`` has mean ``B · mean`` and variance
    ``B · variance`` with ``B = τ² ÷ (τ² + variance)``. How large τ is, is uncertain with few rows: all values are
    weighed by their likelihood, so that the answer is never surer than the rows allow. Missing means stay missing.

    >>> found = shrink(np.array([1.0, -1.0, 0.9, -1.1]), np.full(4, 0.01))
    >>> found.mean.round(2).tolist()
    [0.99, -0.99, 0.89, -1.09]
    """
    known = np.flatnonzero(~np.isnan(mean) & ~np.isnan(variance))
    out = Shrunken(np.full(mean.shape, np.nan), np.full(mean.shape, np.nan))
    if not known.size:
        return out
    m, v = mean[known], np.maximum(variance[known], np.finfo(float).tiny)
    highest = _REACH * max(float(np.abs(m).max()), float(np.sqrt(v.max())))
    tau_squared = np.square((np.arange(_NODES) + 0.5) / _NODES * highest)[:, None]
    total = tau_squared + v
    log_likelihood = -0.5 * (np.log(total) + np.square(m) / total).sum(axis=1)
    weight = np.exp(log_likelihood - log_likelihood.max())[:, None]
    weight /= weight.sum()
    part = tau_squared / total
    centre = (weight * part * m).sum(axis=0)
    spread = (weight * (part * v + np.square(part * m - centre))).sum(axis=0)
    out.mean[known], out.sd[known] = centre, np.sqrt(spread)
    return out
