"""How heavy the upper tail of positive values is."""

import numpy as np

from custvalue.kernels.arrays import Floats


def hill_index(descending: Floats, k: int) -> float:
    """Return Hill's estimate of the tail index from the k largest values: ``k ÷ Σ ln(xᵢ ÷ x₍ₖ₊₁₎)``.

    Under 2 the variance of a single value is infinite, under 1 its mean. Positive values, sorted from the largest;
    infinite where the k + 1 largest are all equal.

    References
    ----------
    Hill (1975), A Simple General Approach to Inference About the Tail of a Distribution, Annals of Statistics 3.

    >>> round(hill_index(np.array([8.0, 4.0, 2.0, 1.0]), 2), 4)  # 2 ÷ (ln 4 + ln 2)
    0.9618
    """
    excess = float(np.log(descending[:k] / descending[k]).sum())
    return k / excess if excess > 0 else float("inf")
