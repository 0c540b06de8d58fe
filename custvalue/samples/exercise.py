"""The lecture's group exercise: eight prospects, ten criteria, the cells as printed."""

import pandas as pd

from custvalue.rules import playbook

# The cells are already weighted; their totals, 13 22 5 15 14 12 17 19, stand on the slide.
CELLS = {
    "ABC公司": (1, 0, 4, 0, 1, 3, 0, 2, 1, 1),
    "USA企业": (2, 2, 4, 1, 2, 3, 1, 1, 2, 4),
    "巨人塑料": (0, 0, 0, 0, 1, 0, 2, 1, 1, 0),
    "清水公司": (1, 2, 0, 2, 1, 5, 2, 1, 1, 0),
    "好佳包装": (2, 2, 2, 1, 0, 3, 1, 1, 0, 2),
    "休闲食品": (2, 0, 0, 1, 1, 3, 1, 0, 2, 2),
    "PK运动服装": (1, 2, 4, 2, 1, 0, 2, 2, 1, 2),
    "超级部件": (2, 1, 2, 1, 2, 3, 2, 2, 2, 2),
}


def exercise_frame() -> pd.DataFrame:
    """Return the eight prospects, one row each: ``prospect`` and the cells ``c1`` to ``c10``.

    >>> exercise_frame().drop(columns="prospect").sum(axis=1).tolist()
    [13, 22, 5, 15, 14, 12, 17, 19]
    """
    cells = pd.DataFrame(list(CELLS.values()), columns=list(playbook.EXERCISE.names))
    cells.insert(0, "prospect", pd.Series(list(CELLS), dtype="str"))
    return cells
