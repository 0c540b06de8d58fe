"""Buying rhythms: gamma gaps whose regularity is pooled across accounts, and the wait seen on a day at random."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betainc, gammaln

from custvalue.kernels.arrays import Floats, Integers

# Shapes looked at, from bursts (0.25) to clockwork (64): steps of a ninth, finer than 300 gaps can tell apart.
LOG_SHAPES = np.linspace(np.log(0.25), np.log(64.0), 49)
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()
# Weakly held beliefs about the pool, for frames of a few accounts: centre and spread of the mean log shape, and of the
# log of its spread.
_BELIEF = ((0.0, 1.0), (np.log(0.5), 1.0))
# Where the spread of the log shapes is looked for: at an end it is a bound and no estimate.
SD_LOG_SHAPE = (0.1, float(np.e))
_BOUNDS = ((np.log(0.3), np.log(50.0)), (np.log(SD_LOG_SHAPE[0]), np.log(SD_LOG_SHAPE[1])))
_CHUNK = 20_000


class Pool(NamedTuple):
    """What the accounts have in common: the log of the shape of an account's gaps is drawn from a normal distribution.

    Their rate is not pooled: it has the prior ``1 ÷ rate``, which knows no scale. Given the shape, the ratio of the
    open wait to the finished gaps then has its exact distribution whatever the rate, so that no account is judged by
    how often others buy.
    """

    mean_log_shape: float
    sd_log_shape: float


class Gaps(NamedTuple):
    """The finished gaps of each account: how many, their sum and the sum of their logarithms; and the longest."""

    n: Floats
    total: Floats
    total_log: Floats
    longest: Floats

    def take(self, rows: slice | Integers) -> "Gaps":
        """Return some of the accounts."""
        return Gaps(*(column[rows] for column in self))


class Outlook(NamedTuple):
    """What history and pool say of each account's open gap."""

    tail_of_wait: Floats
    tail_of_gap: Floats
    shape: Floats


def wait_tail(age: Floats, strength: Floats, rate: Floats, shape: Floats) -> Floats:
    """Return ``P(wait ≥ age)`` on a day at random, for gamma gaps whose rate is itself gamma distributed.

    A renewal process met on a day at random has waited ``a`` with density ``S(a) ÷ μ``, so
    ``P(A ≥ a) = ∫ₐ S ÷ μ = Q(k + 1, λa) − (λa ÷ k) Q(k, λa)``. Over λ ~ Gamma(strength, rate), with
    ``z = rate ÷ (rate + a)``: ``I_z(strength, k + 1) − (a · strength ÷ (k · rate)) I_z(strength + 1, k)``.

    >>> one = np.array([1.0])
    >>> wait_tail(2 * one, 3 * one, 4 * one, one).round(4).tolist()  # gaps without memory: (4 ÷ 6) ** 3
    [0.2963]
    """
    z = rate / (rate + age)
    tail = betainc(strength, shape + 1, z) - age * strength / (shape * rate) * betainc(strength + 1, shape, z)
    clipped: Floats = np.clip(tail, 0.0, 1.0)
    return clipped


def gap_tail(age: Floats, strength: Floats, rate: Floats, shape: Floats) -> Floats:
    """Return ``P(gap ≥ age)`` of an ordinary gap, rate and gap as in :func:`wait_tail`: a beta-prime tail."""
    return np.asarray(betainc(strength, shape, rate / (rate + age)))


def outlook(pool: Pool, gaps: Gaps, age: Floats) -> Outlook:
    """Return for each account how likely a wait of ``age`` and a gap of ``age`` are, and its expected shape."""
    parts = [
        _outlook(pool, gaps.take(slice(start, start + _CHUNK)), age[start : start + _CHUNK])
        for start in range(0, max(age.size, 1), _CHUNK)
    ]
    return Outlook(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _outlook(pool: Pool, gaps: Gaps, age: Floats) -> Outlook:
    shapes = _shape_nodes(pool, gaps)[1]
    strength, rate = _posterior(gaps, shapes)
    ages = age[:, None]
    return Outlook(
        wait_tail(ages, strength, rate, shapes) @ _NODE_WEIGHTS,
        gap_tail(ages, strength, rate, shapes) @ _NODE_WEIGHTS,
        shapes @ _NODE_WEIGHTS,
    )


def _posterior(gaps: Gaps, shapes: Floats) -> tuple[Floats, Floats]:
    """Return strength and rate of the gamma distribution of the rate of each account's gaps, for each shape."""
    return shapes * gaps.n[:, None], np.broadcast_to(gaps.total[:, None], shapes.shape)


def _shape_nodes(pool: Pool, gaps: Gaps) -> tuple[Floats, Floats]:
    """Return the log likelihood of each account's finished gaps, and five shapes that stand for its posterior."""
    log_shape = LOG_SHAPES
    shape = np.exp(log_shape)
    prior = -0.5 * np.square((log_shape - pool.mean_log_shape) / pool.sd_log_shape)
    prior -= np.log(np.exp(prior).sum())
    strength = gaps.n[:, None] * shape
    log_joint = (
        prior
        + gammaln(strength)
        - strength * np.log(gaps.total[:, None])
        - gaps.n[:, None] * gammaln(shape)
        + gaps.total_log[:, None] * (shape - 1)
    )
    highest = log_joint.max(axis=1, keepdims=True)
    weights = np.exp(log_joint - highest)
    evidence = weights.sum(axis=1)
    weights /= evidence[:, None]
    centre = weights @ log_shape
    spread = np.sqrt(np.maximum(weights @ np.square(log_shape) - np.square(centre), 0.0))
    nodes = np.exp(np.clip(centre[:, None] + spread[:, None] * _NODES, log_shape[0], log_shape[-1]))
    return highest[:, 0] + np.log(evidence), nodes


def fit_pool(gaps: Gaps, age: Floats) -> Pool:
    """Return the pool under which finished gaps and open waits are most likely (marginal likelihood, weakly penalised).

    An open gap is censored at the longest finished one: a wait within it is taken as it is, with density S(a) ÷ μ; of
    one beyond it only that it went beyond. So an account that has stopped buying cannot bend the pool.
    """
    within = age < gaps.longest
    seen = np.where(within, age, gaps.longest)[:, None]

    def cost(at: Floats) -> float:
        pool = Pool(float(at[0]), float(np.exp(at[1])))
        log_gaps, shapes = _shape_nodes(pool, gaps)
        strength, rate = _posterior(gaps, shapes)
        z = rate / (rate + seen)
        density = strength / (shapes * rate) * betainc(strength + 1, shapes, z)
        beyond = betainc(strength, shapes + 1, z) - seen * density
        wait = np.where(within[:, None], density, np.maximum(beyond, 0.0)) @ _NODE_WEIGHTS
        believed = sum(
            np.square((value - centre) / spread) for value, (centre, spread) in zip(at, _BELIEF, strict=True)
        )
        return float(0.5 * believed - (log_gaps + np.log(np.maximum(wait, np.finfo(float).tiny))).sum())

    start = np.array([0.5, np.log(0.5)])
    found = minimize(cost, start, method="L-BFGS-B", bounds=_BOUNDS, options={"ftol": 1e-10})
    centre, log_spread = found.x
    return Pool(float(centre), float(np.exp(log_spread)))
