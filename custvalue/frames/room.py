"""Room for the columns of a long result, fetched as one piece of memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Room:
    """Columns carved out of one piece of memory, each handed out once.

    New memory is handed over by the operating system page by page. A large piece comes in few large pages; for many
    columns of one byte a row, small pages cost more time than filling them.

    >>> room = Room(3, floats=1, bytes_=2)
    >>> room.floats().shape, room.codes(-1).tolist(), room.flags(True).tolist()
    ((3,), [-1, -1, -1], [True, True, True])
    """

    def __init__(self, n_rows: int, *, floats: int, bytes_: int) -> None:
        held = -(-bytes_ // 8)
        block = np.empty((floats + held, n_rows))
        self._floats = iter(block[:floats])
        self._bytes = iter(block[floats:].reshape(held * n_rows).view(np.int8).reshape(8 * held, n_rows)[:bytes_])

    def floats(self) -> NDArray[np.float64]:
        """Return the next column of floats, its values as yet undefined."""
        column: NDArray[np.float64] = next(self._floats)
        return column

    def codes(self, fill: int, *, n_classes: int = 0) -> NDArray[Any]:
        """Return the next column of classes; one of its own where a byte cannot hold so many."""
        column: NDArray[Any] = next(self._bytes)
        if n_classes > np.iinfo(np.int8).max:
            return np.full(column.size, fill)
        column.fill(fill)
        return column

    def flags(self, fill: bool) -> NDArray[np.bool_]:
        """Return the next column of yes and no."""
        flags: NDArray[np.bool_] = self.codes(fill).view(np.bool_)
        return flags
