"""Do wins go with any column? Asked by shuffling the wins among the rows, which keeps everything else as it is."""

from typing import Literal

import numpy as np

from custvalue.kernels.arrays import ROUND_OFF, Floats

# Draws of wins per row that are held at once (8 bytes each).
AT_ONCE = 4_000_000
TRIALS_PER_ROW = 20


def shuffled_p_value(
    columns: Floats, won: Floats, trials: Floats, *, ridge: float, draws: int, rng: np.random.Generator
) -> float:
    """Return how often shuffled wins rise with the columns as much as these do: ``(1 + as much) ÷ (1 + draws)``.

    ``columns`` is row × column; ``won`` of ``trials`` were won in each row. How much wins rise is what the first step
    of a logistic fit gains whose slopes may not be negative, with a ridge on them: ``max 2 b·u − b·(V + ridge) b``
    over ``b ≥ 0``, ``u`` being the columns' covariance with the wins and ``V`` their information. Where wins have
    nothing to do with the columns, a p-value of ``α`` or less comes up at most ``α`` of the time, whatever the counts.
    """
    n, wins = trials.sum(), won.sum()
    rate = wins / n
    centred = columns - trials @ columns / n
    information = rate * (1 - rate) * (centred.T * trials) @ centred + ridge * np.eye(columns.shape[1])
    root = np.linalg.cholesky(information)
    reached = _gains(won[None, :] @ centred, root)[0]
    if reached <= 0:
        return 1.0
    as_much, batch = 0, max(AT_ONCE // max(won.size, 1), 1)
    # Row by row, or by shuffling every trial: whichever is quicker.
    method: Literal["marginals", "count"] = "marginals" if n > TRIALS_PER_ROW * won.size else "count"
    for start in range(0, draws, batch):
        drawn = rng.multivariate_hypergeometric(
            trials.astype(np.int64), int(wins), size=min(batch, draws - start), method=method
        )
        as_much += int((_gains(drawn @ centred, root) >= reached * (1 - ROUND_OFF)).sum())
    return (1 + as_much) / (1 + draws)


def _gains(slopes_wanted: Floats, root: Floats) -> Floats:
    """Return the gain of each row of covariances: the squared length of what slopes of 0 or more can reach of it."""
    from scipy.optimize import nnls

    targets = np.linalg.solve(root, slopes_wanted.T)
    lengths = (targets**2).sum(axis=0)
    missed = np.array([nnls(root.T, target)[1] for target in targets.T])
    gains: Floats = np.where((slopes_wanted > 0).any(axis=1), lengths - missed**2, 0.0)
    return gains
