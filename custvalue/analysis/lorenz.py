"""The Lorenz curve of ranked accounts: the share of revenue that the smallest accounts hold together."""

import numpy as np
import pandas as pd

from custvalue.analysis.ranked import Question, ranked_groups, values_of
from custvalue.kernels.abc_curve import kept_points

MAX_POINTS = 2000


def lorenz_points(accounts: pd.DataFrame, summary: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return the points of each group's curve (see ``Concentration.lorenz``)."""
    values = values_of(accounts, question)
    parts = []
    for place, rows in ranked_groups(accounts, question):
        running = np.cumsum(values[rows])
        if not rows.size or not running[-1] > 0:
            continue
        # From the smallest: what the n − k smallest hold is what the k largest leave.
        kept = np.concatenate([[0], kept_points(running / running[-1], MAX_POINTS - 1)])[::-1]
        held = np.concatenate([[0.0], running / running[-1]])[kept]
        keys = summary[list(question.by)].iloc[np.repeat(place, kept.size)].reset_index(drop=True)
        smallest = rows.size - kept
        points = pd.DataFrame(
            {"n_smallest": smallest, "account_share": smallest / rows.size, "smallest_share": 1 - held}
        )
        parts.append(pd.concat([keys, points], axis="columns"))
    if not parts:
        empty = pd.DataFrame({"n_smallest": [0], "account_share": [0.0], "smallest_share": [0.0]}).iloc[:0]
        return pd.concat([summary[list(question.by)].iloc[:0], empty], axis="columns")
    return pd.concat(parts, ignore_index=True)
