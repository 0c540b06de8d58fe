"""One common factor: normal nodes to mix over, and the chance of a win under each of them."""

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from custvalue.kernels.arrays import Floats

# Beyond six standard deviations lie 2e-9 of a normal factor.
REACH = 6.0


def normal_nodes(n: int) -> tuple[Floats, Floats]:
    """Return ``n`` evenly spaced points of a standard normal variable on [−6, 6] and their weights.

    Even spacing beats Gauss–Hermite here: the conditional distributions are steep steps in the factor, which few
    cleverly placed points miss.

    >>> z, weight = normal_nodes(65)
    >>> round(float(weight @ z**2), 6)
    1.0
    """
    if n == 1:
        return np.zeros(1), np.ones(1)
    z = np.linspace(-REACH, REACH, n)
    weight = np.exp(-0.5 * z * z)
    return z, weight / weight.sum()


def conditional_probability(probability: Floats, correlation: float, z: Floats) -> Floats:
    """Return the chance of a win given the factor: ``Φ((Φ⁻¹(p) + √ρ z) ÷ √(1 − ρ))``; arguments broadcast.

    >>> round(float(conditional_probability(np.array(0.4), 0.2, np.array(0.0))), 4)
    0.3885
    """
    if correlation == 0:
        return np.broadcast_to(probability, np.broadcast_shapes(probability.shape, z.shape))
    given: Floats = ndtr((ndtri(probability) + np.sqrt(correlation) * z) / np.sqrt(1 - correlation))
    return given


def drawn_probability(probability: Floats, strength: float, y: Floats) -> Floats:
    """Return the Beta quantile of a shared normal draw: mean ``probability``, weight of ``strength`` past deals.

    >>> drawn_probability(np.array(0.5), 20.0, np.array([0.0])).round(6)
    array([0.5])
    """
    uncertain = (probability > 0) & (probability < 1)
    inside = np.where(uncertain, probability, 1 / 2)
    drawn: Floats = betaincinv(inside * strength, (1 - inside) * strength, ndtr(y))
    return np.where(uncertain, drawn, probability)
