"""What a chance is worth to someone who does not like risk."""

import numpy as np

from custvalue.kernels.arrays import Floats

# Below this the logarithm's argument is better added up in logarithms than written as one plus something.
_NEAR_MINUS_ONE = -0.5


def certainty_equivalent(probability: Floats, amount: Floats, risk_tolerance: float) -> Floats:
    """Return the certain amount that is worth as much as ``amount`` with a chance of ``probability``.

    ``−R · ln(1 − p + p · e^(−a/R))``, without loss of digits for amounts far below or far above ``R``.

    >>> certainty_equivalent(np.array([0.5, 1.0, 0.3]), np.array([1e6, 1e6, 1.0]), 1000.0).round(4).tolist()
    [693.1472, 1000000.0, 0.2999]
    """
    ratio = amount / risk_tolerance
    excess = probability * np.expm1(-ratio)
    # The logarithm of nothing is −∞, and adds nothing; what is missing stays missing without a warning.
    with np.errstate(divide="ignore", invalid="ignore"):
        by_parts = np.logaddexp(np.log1p(-probability), np.log(probability) - ratio)
        near_one = np.log1p(np.maximum(excess, _NEAR_MINUS_ONE))
    return -risk_tolerance * np.where(excess < _NEAR_MINUS_ONE, by_parts, near_one)
