"""Ranks that equal values share, and places that they do not."""

from collections.abc import Sequence

import numpy as np

from custvalue.kernels.arrays import Floats


def ranks_and_places(values: Floats, tie_breakers: Sequence[Floats] = ()) -> tuple[Floats, Floats]:
    """Return each row's rank (1 = largest value; equal values share the best rank) and its place (1, 2, …; no ties).

    Places follow the values, then the tie breakers in turn, all largest first, then the order of the rows. Rows with
    a missing value have neither and count for nobody else's.

    >>> rank, place = ranks_and_places(np.array([5.0, 9.0, 5.0, np.nan]), [np.array([1.0, 0.0, 2.0, 3.0])])
    >>> rank.tolist(), place.tolist()
    ([2.0, 1.0, 2.0, nan], [3.0, 1.0, 2.0, nan])
    """
    rank, place = np.full(values.size, np.nan), np.full(values.size, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    if not known.size:
        return rank, place
    # As floats: numbers without a sign have no negative.
    order = known[np.lexsort([-key[known].astype(np.float64) for key in (*tie_breakers[::-1], values)])]
    place[order] = np.arange(1.0, order.size + 1)
    in_order = values[order]
    first = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1]))
    rank[order] = np.repeat(first + 1.0, np.diff(np.append(first, order.size)))
    return rank, place
