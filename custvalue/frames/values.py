"""What a column of texts is read as: values, cells that cannot be read, and the choice between two ways of reading."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from custvalue.rules.errors import refusal

SAMPLE = 1000
Notes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A column as it was read.

    Attributes
    ----------
    values : pandas.Series
        float64 or datetime64, with the column's index; missing where the cell is blank or cannot be read.
    unread : array of bool
        The cells that hold something which cannot be read.
    notes : tuple of (item, value)
        What was done that a reader of the result should know; items begin with the column's name.
    """

    values: "pd.Series[Any]"
    unread: NDArray[np.bool_]
    notes: Notes = ()


@dataclass(frozen=True, slots=True)
class Distinct:
    """A column's distinct texts in order of appearance, each row's place among them (-1 if missing), and the counts."""

    texts: pa.Array
    codes: NDArray[np.int64]
    counts: NDArray[np.int64]
    index: "pd.Index[Any]"

    def spread(self, values: NDArray[Any], missing: object) -> NDArray[Any]:
        """Return each row's value, given each text's."""
        spread: NDArray[Any] = np.append(values, np.array([missing], dtype=values.dtype))[self.codes]
        return spread

    def only(self, rows: NDArray[np.bool_]) -> "Distinct":
        """Return the same texts counted over some of the rows."""
        codes = self.codes[rows]
        return Distinct(self.texts, codes, count_places(codes, len(self.texts)), self.index[rows])

    def n_cells(self, chosen: NDArray[np.bool_]) -> int:
        """Return how many cells hold one of the chosen texts."""
        return int(self.counts[chosen].sum())

    def n_named(self, chosen: NDArray[np.bool_]) -> str:
        """Return how many cells hold one of the chosen texts, in words."""
        return cells_named(self.n_cells(chosen))

    def first_of(self, chosen: NDArray[np.bool_]) -> tuple[int, str]:
        """Return the place of the first chosen text, and the text with its row, as a message names it."""
        place = int(np.argmax(chosen))
        return (
            place,
            f"{self.texts[place].as_py()!r} in row {row_label(self.index, int(np.argmax(self.codes == place)))}",
        )


def distinct_texts(column: "pd.Series[Any]") -> Distinct:
    """Return the distinct texts of a column of dtype "str"."""
    encoded = arrow_texts(column).dictionary_encode()
    codes = places_in(encoded)
    return Distinct(encoded.dictionary, codes, count_places(codes, len(encoded.dictionary)), column.index)


def count_places(codes: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return how many rows stand at each of ``size`` places; those at -1 stand at none."""
    counts: NDArray[np.int64] = np.bincount(codes + 1, minlength=size + 1)[1:]
    return counts


def equals(column: "pd.Series[Any]", text: str) -> "pd.Series[bool]":
    """Return where a column of dtype "str" holds a text, missing being no text: twice as quick as ``==``."""
    same = pc.equal(arrow_texts(column), text).fill_null(False)
    return pd.Series(same.to_numpy(zero_copy_only=False), index=column.index)


def cells_named(n: int) -> str:
    """Return a number of cells in words.

    >>> cells_named(1), cells_named(2000)
    ('1 cell', '2000 cells')
    """
    return f"{n} cell{'' if n == 1 else 's'}"


def row_label(index: "pd.Index[Any]", place: int) -> str:
    """Return how a message names a row: by its label in the index."""
    label = index[place]
    return repr(label.item() if isinstance(label, np.generic) else label)


def places_in(encoded: pa.DictionaryArray) -> NDArray[np.int64]:
    """Return each row's place in the dictionary of an encoded array, -1 where it is missing."""
    places: NDArray[np.int64] = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return places


def arrow_texts(column: "pd.Series[Any]") -> pa.Array:
    """Return a column of dtype "str" as one Arrow array, without a copy where it is one already."""
    texts = pa.array(column, from_pandas=True)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def empty_as_missing(texts: pa.Array) -> pa.Array:
    """Return texts with the empty ones, which is how a text file holds nothing, as missing."""
    empty = pc.equal(pc.binary_length(texts), 0)
    return with_missing(texts, empty) if pc.any(empty).as_py() else texts


def with_missing(texts: pa.Array, missing: pa.Array) -> pa.Array:
    """Return texts with some of them missing, without a copy of the others where none was missing before."""
    if texts.null_count or texts.offset:
        return pc.if_else(missing, pa.scalar(None, texts.type), texts)
    present = np.packbits(~missing.to_numpy(zero_copy_only=False), bitorder="little")
    return pa.Array.from_buffers(texts.type, len(texts), [pa.py_buffer(present), *texts.buffers()[1:]])


def cast_if_all_fit(texts: pa.Array, wanted: pa.DataType) -> pa.Array | None:
    """Return the texts cast by Arrow, or None if it cannot read one of them.

    A text that cannot be read costs Arrow many times one that can, so a sample over all rows goes first.
    """
    step = max(len(texts) // SAMPLE, 1)
    try:
        pc.cast(texts.take(pa.array(np.arange(0, len(texts), step))), wanted)
        return pc.cast(texts, wanted)
    except pa.ArrowInvalid:
        return None


def text_cells(column: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Return which cells of a column of objects are texts."""
    return column.map(lambda cell: isinstance(cell, str)).to_numpy(dtype=bool)


def without_wrappers(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return categories, Arrow types and nullable texts as the plain column they stand for."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if isinstance(column.dtype, pd.ArrowDtype):
        column = pd.Series(column.array.__arrow_array__().to_pandas().array, index=column.index)
    if isinstance(column.dtype, pd.StringDtype) and str(column.dtype) != "str":
        column = column.astype("str")
    return column


@dataclass(frozen=True, slots=True)
class Style:
    """One way of reading a column: its name, the argument that asks for it, and what each distinct text then is."""

    name: str
    argument: str
    reading: NDArray[Any]


def choose_style(cells: Distinct, one: Style, other: Style, name: str, what: str) -> tuple[Style, str]:
    """Return the style that the column's cells leave open, and the evidence; refuse if that is both or neither.

    A cell decides if only one style can read it. Cells that neither can read, and cells that are the same in both,
    decide nothing; if none decides, a cell that the styles read differently makes the column ambiguous.

    Parameters
    ----------
    cells : Distinct
    one, other : Style
        Readings missing where the style cannot read the text. ``one`` is taken where the styles agree on every cell.
    name : str
        The column, for messages.
    what : str
        What the styles are styles of, such as ``"decimal style"``.

    Returns
    -------
    tuple of Style and str
        The evidence is empty where the styles agree on every cell.

    Raises
    ------
    ValueError
        If some cells can be read only in the one style, and some only in the other.
        If no cell decides and the styles differ.
    """
    readable = [~np.isnan(style.reading) for style in (one, other)]
    only_one, only_other = readable[0] & ~readable[1], readable[1] & ~readable[0]
    both = readable[0] & readable[1]
    differs = both & (one.reading != other.reading)
    either = readable[0] | readable[1]
    evidence = f"column {name!r}: " + ", ".join(
        f"{style.name} explains {cells.n_cells(fits)} of {cells.n_named(either)}"
        for style, fits in zip((one, other), readable, strict=True)
    )
    arguments = f"{one.argument} or {other.argument}"
    if only_one.any() and only_other.any():
        raise refusal(
            f"{name} must be written in one {what}",
            f"{cells.first_of(only_one)[1]}, which only {one.name} explains, "
            f"and {cells.first_of(only_other)[1]}, which only {other.name} explains",
            f"Correct the cells of the other {what}, or pass {arguments}: the cells that do not fit are then rejected.",
            evidence,
        )
    if only_one.any() or only_other.any():
        style, deciding = (one, only_one) if only_one.any() else (other, only_other)
        return style, (
            f"{style.name}: {cells.n_cells(deciding)} of {cells.n_named(either)} can be read only so, "
            f"first {cells.first_of(deciding)[1]}"
        )
    if differs.any():
        place, where = cells.first_of(differs)
        raise refusal(
            f"{name} must fit one {what} only",
            f"{where}, which is {_shown(one.reading[place])} by {one.name} and "
            f"{_shown(other.reading[place])} by {other.name}; no cell decides",
            f"Pass {arguments}.",
            evidence,
        )
    return one, ""


def _shown(value: Any) -> str:
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[D]"))
    return f"{value:.15g}"
