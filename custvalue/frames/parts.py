"""Answers with several parts: small frozen objects whose parts are frames, and that show themselves in a notebook."""

from html import escape
from typing import Any, ClassVar

import pandas as pd

ROWS_SHOWN = 10


class Parts:
    """Base of result dataclasses: a notebook shows each frame under its name, long ones cut with their length."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def _repr_html_(self) -> str:
        shown = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return "".join(frame_html(name, frame) for name, frame in shown if isinstance(frame, pd.DataFrame))


def frame_html(name: str, frame: pd.DataFrame) -> str:
    """Return a frame as HTML under its name, the first rows only, with names as text.

    >>> "10 of 12 rows" in frame_html("accounts", pd.DataFrame({"n": range(12)}))
    True
    """
    size = f"{min(len(frame), ROWS_SHOWN)} of {len(frame):,} rows" if len(frame) > ROWS_SHOWN else f"{len(frame)} rows"
    return f"<h4>.{escape(name)} <small>{size}</small></h4>{frame.head(ROWS_SHOWN).to_html(notebook=True)}"
