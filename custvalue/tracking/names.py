"""Names of deals and of groups: of one type within a column, and of the same type in every frame."""

from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any

import pandas as pd

from custvalue.frames.checks import FrameCheck
from custvalue.rules.errors import refusal_text

NUMBERS, TEXTS, MIXED = "numbers", "texts", "texts and numbers"
_OF_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean")
_OF_BOTH = ("mixed", "mixed-integer")


def kind_of(names: "pd.Series[Any]") -> str:
    """Return whether a column holds numbers, texts or both; empty where nothing is in it.

    >>> kind_of(pd.Series(["1", "2"])), kind_of(pd.Series([1, 2], dtype=object)), kind_of(pd.Series(["a", 1]))
    ('texts', 'numbers', 'texts and numbers')
    """
    if pd.api.types.is_numeric_dtype(names):
        return NUMBERS if len(names) else ""
    held = names.cat.categories if isinstance(names.dtype, pd.CategoricalDtype) else names
    found = pd.api.types.infer_dtype(held, skipna=True)
    if found in _OF_BOTH:
        types = set(held.dropna().map(type))
        both = any(issubclass(one, str) for one in types) and any(issubclass(one, Number) for one in types)
        return MIXED if both else TEXTS
    return "" if found == "empty" else NUMBERS if found in _OF_NUMBERS else TEXTS


def unlike(columns: "Mapping[str, pd.Series[Any]]", column: str) -> list[str]:
    """Return what is wrong where names are numbers in one frame and texts in another: none would be found again."""
    kinds = {frame: kind for frame, names in columns.items() if (kind := kind_of(names))}
    if len(set(kinds.values())) <= 1:
        return []
    shown = ", ".join(f"{frame}: {kind}" for frame, kind in kinds.items())
    remedy = f"Convert one, for instance with frame[{column!r}].astype('str')."
    return [refusal_text(f"{column} must be of one type in all frames", shown, remedy, f"column {column!r}")]


def several_currencies(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return what is wrong where frames are each in a currency of their own; a frame without a column says nothing."""
    said = {
        name: sorted(frame["currency"].dropna().astype("str").unique())
        for name, frame in frames.items()
        if list(frame.columns).count("currency") == 1
    }
    if len({code for codes in said.values() for code in codes}) <= 1 or any(len(codes) > 1 for codes in said.values()):
        return []  # several in one frame are refused there
    shown = ", ".join(f"{name}: {codes[0]}" for name, codes in said.items() if codes)
    return [
        refusal_text("amounts must be in one currency in all frames", shown, "Convert them first.", "column 'currency'")
    ]


def check_one_kind(check: FrameCheck, columns: Iterable[Any]) -> None:
    """Note columns that hold both texts and numbers: they have no order, and 1 is another name than '1'."""
    for column in columns:
        if check.has(column) and kind_of(check.frame[column]) == MIXED:
            check.fail(
                f"{column} must hold values of one type",
                MIXED,
                f"Convert it, for instance with frame[{column!r}].astype('str').",
                f"column {column!r}",
            )


def refuse_taken(check: FrameCheck, results: Iterable[str], *, read: Mapping[str, str | None]) -> None:
    """Note columns of the caller that bear a result's name; one that this very result is ``read`` from may."""
    taken = [name for name in results if name in check.frame and read.get(name) != name]
    if taken:
        check.fail("the frame must not bear the name of a result column", taken, "Rename it first, or drop it.")
