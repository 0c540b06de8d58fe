"""Many deals alike but for their amount: some are gone through, what lies between is read between neighbours."""

import numpy as np

from custvalue.kernels.arrays import Floats, Integers
from custvalue.kernels.pools import Pool
from custvalue.kernels.representatives import classes_of

# The largest and evenly spaced others are worked out.
ALIKE, LARGEST = 129, 64


def chosen_deals(mine: Pool) -> Integers:
    """Return which deals to go through: all if they are few, else of each kind the largest and evenly spaced others."""
    kind = _kinds(mine)
    everything = np.arange(mine.amount.size)
    if kind is None or mine.amount.size <= ALIKE + LARGEST:
        return everything
    chosen = []
    for code in np.unique(kind):
        rows = everything[kind == code]
        ordered = rows[np.argsort(mine.amount[rows], kind="stable")]
        places = np.linspace(0, ordered.size - 1, min(ALIKE, ordered.size)).astype(np.int64)
        chosen += [ordered[places], ordered[-LARGEST:]]
    return np.unique(np.concatenate(chosen))


def _kinds(mine: Pool) -> Integers | None:
    """Return a code for deals that differ in their amount only, or None if the kinds are many."""
    chance, spread = classes_of(mine.probability), classes_of(mine.spread)
    return None if chance is None or spread is None else chance * (mine.amount.size + 1) + spread


def filled(mine: Pool, chosen: Integers, values: Floats) -> Floats:
    """Return the values of all deals: those not gone through lie between their neighbours of the same kind."""
    if chosen.size == mine.amount.size:
        return values
    kind = _kinds(mine)
    assert kind is not None
    result = np.empty(mine.amount.size)
    for code in np.unique(kind):
        rows, known = kind == code, kind[chosen] == code
        amount = mine.amount[chosen[known]]
        order = np.argsort(amount, kind="stable")
        result[rows] = np.interp(mine.amount[rows], amount[order], values[known][order])
    result[chosen] = values
    return result
