"""Interpolation at Chebyshev points, as weights of the points."""

import numpy as np

from custvalue.kernels.arrays import Floats


def chebyshev_points(n: int) -> Floats:
    """Return the Chebyshev points of the first kind on [−1, 1]."""
    return np.cos(np.pi * (np.arange(n) + 0.5) / n)


def chebyshev_polynomials(x: Floats, n: int) -> Floats:
    """Return the first ``n`` Chebyshev polynomials at ``x``, one row each."""
    table = np.empty((n, x.size))
    table[0] = 1.0
    table[1] = x
    twice = 2.0 * x
    for degree in range(2, n):
        np.multiply(twice, table[degree - 1], out=table[degree])
        table[degree] -= table[degree - 2]
    return table


def to_weights(n: int) -> Floats:
    """Return the matrix that turns sums of Chebyshev polynomials into weights of the points."""
    matrix = 2.0 / n * chebyshev_polynomials(chebyshev_points(n), n).T
    matrix[:, 0] /= 2.0
    return matrix
