"""From arrays to columns: codes to text, day numbers to dates, and a generator for every part of the simulation."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Days = NDArray[np.int64]
Mask = NDArray[np.bool_]
Points = NDArray[np.int8]

NO_CODE = -1
SHORTEST_NUMBER = 5
NO_DAY = np.iinfo(np.int64).min

# Every part draws from a generator of its own. New parts go to the end: the others' draws then stay as they are.
PARTS = (
    "names",
    "reps",
    "market",
    "walls",
    "wall_records",
    "deals",
    "stages",
    "sales",
    "deal_lines",
    "forecasts",
    "time_log",
    "prospects",
    "ratings",
    "rivals",
    "reasons",
)


def generator(seed: int, part: str) -> np.random.Generator:
    """Return the random generator of one part of the simulation.

    >>> child = np.random.SeedSequence(2026).spawn(2)[PARTS.index("reps")]
    >>> bool(generator(2026, "reps").random() == np.random.default_rng(child).random())
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(PARTS.index(part),)))


def texts(codes: NDArray[np.integer[Any]], names: Any) -> Any:
    """Return the names the codes stand for as a text column; missing where the code is -1.

    >>> texts(np.array([1, -1]), ["won", "lost"]).tolist()
    ['lost', nan]
    """
    return pd.array(names, dtype="str").take(codes, allow_fill=True)


def dates(days: Days) -> NDArray[np.datetime64]:
    """Return day numbers as dates; missing where the day is ``NO_DAY``.

    >>> str(dates(np.array([1, NO_DAY]))[0])[:10]
    '1970-01-02'
    """
    return days.astype("datetime64[D]").astype("datetime64[us]")


def numbered(prefix: str, n: int) -> Any:
    """Return ``n`` identifiers of equal length, counted from 1.

    >>> numbered("L", 2).tolist()
    ['L00001', 'L00002']
    """
    base = 10 ** max(SHORTEST_NUMBER, len(str(n)))
    counted = pd.Series(np.arange(base + 1, base + n + 1)).astype("str")
    return (prefix + counted.str[1:]).array


def logit(chance: Any) -> Floats:
    """Return the log-odds of a chance."""
    p = np.asarray(chance, dtype=np.float64)
    return np.asarray(np.log(p) - np.log1p(-p))


def expit(log_odds: Any) -> Floats:
    """Return the chance that has these log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(log_odds, dtype=np.float64))))


def within_groups(counts: Ints) -> Ints:
    """Return 0, 1, … counted anew in every group of the given size.

    >>> within_groups(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if ends.size else 0) - np.repeat(ends - counts, counts)
