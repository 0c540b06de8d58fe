"""Logistic fits with slopes that may not be negative, on rows that stand for several trials each."""

import numpy as np
from scipy.special import expit, log_expit, logit

from custvalue.kernels.arrays import ROUND_OFF, Floats

NEWTON_STEPS = 25
# Half a win and half a loss beside the data keep a rate of 0 or 1 off infinity.
HALF = 0.5
LEAST_WEIGHT, LEAST_STEP, CONVERGED = 1e-12, 1e-4, 1e-10


def nonnegative_logistic(columns: Floats, won: Floats, trials: Floats, *, ridge: float) -> Floats:
    """Return slopes of 0 or more that maximise ``log likelihood − ridge ÷ 2 × Σ slope²``; the intercept is free.

    ``columns`` is row × slope; ``won`` of ``trials`` were won in each row. Newton's method, each step a non-negative
    least squares of as many rows as slopes: a few steps, and none of the threads that a quasi-Newton solver may start.
    """
    from scipy.optimize import nnls

    n_slopes = columns.shape[1]
    centred = columns - trials @ columns / trials.sum()
    intercept, slopes = float(logit((won.sum() + HALF) / (trials.sum() + 2 * HALF))), np.zeros(n_slopes)

    def gain(a: float, b: Floats) -> float:
        return float(log_score(a + centred @ b, won, trials).sum() - ridge / 2 * b @ b)

    reached = gain(intercept, slopes)
    for _ in range(NEWTON_STEPS):
        p = expit(intercept + centred @ slopes)
        weight = np.maximum(trials * p * (1 - p), LEAST_WEIGHT)
        aim = intercept + centred @ slopes + (won - trials * p) / weight
        means, aim_mean = weight @ centred / weight.sum(), weight @ aim / weight.sum()
        apart = centred - means
        root = np.linalg.cholesky((apart.T * weight) @ apart + ridge * np.eye(n_slopes))
        target = np.linalg.solve(root, apart.T @ (weight * (aim - aim_mean)))
        new_slopes = nnls(root.T, target)[0]
        new_intercept = aim_mean - means @ new_slopes
        step = 1.0
        while step > LEAST_STEP:
            tried = intercept + step * (new_intercept - intercept), slopes + step * (new_slopes - slopes)
            found = gain(*tried)
            if found >= reached:
                break
            step /= 2
        else:
            break
        (intercept, slopes), gained, reached = tried, found - reached, found
        if gained <= ROUND_OFF * abs(reached):
            break
    return slopes


def logistic_lines(scores: Floats, won: Floats, trials: Floats, *, ridge: float) -> tuple[Floats, Floats]:
    """Return intercept and slope of ``P(won) = expit(a + b × score)`` for every column of ``scores``, b not negative.

    The ridge lies on the slope per standard deviation, so that perfectly parted scores still have a finite slope.
    """
    # Divided by a power of two, scores lose nothing, and however large they are their squares stay finite.
    size = np.ldexp(1.0, np.frexp(np.abs(scores).max(axis=0, initial=0.0))[1])
    scores = scores / size
    n = trials.sum()
    middle = trials @ scores / n
    spread = np.sqrt(trials @ (scores - middle) ** 2 / n)
    unit = np.where(spread > 0, spread, 1.0)
    z = (scores - middle) / unit
    base = float(logit((won.sum() + HALF) / (n + 2 * HALF)))
    intercept, slope = np.full(middle.size, base), np.zeros(middle.size)
    for _ in range(NEWTON_STEPS):
        p = expit(intercept + slope * z)
        residual = won[:, None] - trials[:, None] * p
        weight = trials[:, None] * p * (1 - p)
        down, across = residual.sum(axis=0), (residual * z).sum(axis=0) - ridge * slope
        h_aa, h_ab = weight.sum(axis=0), (weight * z).sum(axis=0)
        h_bb = (weight * z**2).sum(axis=0) + ridge
        determinant = h_aa * h_bb - h_ab**2
        step_a, step_b = (h_bb * down - h_ab * across) / determinant, (h_aa * across - h_ab * down) / determinant
        intercept, slope = intercept + np.clip(step_a, -1, 1), slope + np.clip(step_b, -1, 1)
        if max(np.abs(step_a).max(initial=0.0), np.abs(step_b).max(initial=0.0)) < CONVERGED:
            break
    falling = slope <= 0
    slope = np.where(falling, 0.0, slope) / unit
    intercept = np.where(falling, base, intercept) - slope * middle
    return intercept, slope / size


def log_score(line: Floats, won: Floats, trials: Floats) -> Floats:
    """Return the log probability given to what happened, summed over each row's trials; ``line`` is in log-odds."""
    scores: Floats = won * log_expit(line) + (trials - won) * log_expit(-line)
    return scores
