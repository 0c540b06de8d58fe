"""Blanks: stray blanks around texts, and the texts by which exports say that there is nothing."""

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from custvalue.frames.values import (
    Distinct,
    arrow_texts,
    count_places,
    distinct_texts,
    places_in,
    text_cells,
    with_missing,
    without_wrappers,
)

BLANKS = (
    "",
    "none",
    "nat",
    "nan",
    "n/a",
    "na",
    "#n/a",
    "null",
    "select",
    "--none--",
    "-none-",
    "(blank)",
)
"""Texts that mean "nothing here", in any case. "Unknown" is a category and "-" a loyalty, so neither is among them."""

STRIPPED = "(stray blanks around a text)"
"""The key under which cells are counted that held a text with blanks around it."""

STRAY = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"  # blanks of every width, the no-break and the ideographic one among them
    "\u180e\u200b\u200c\u200d\u2060\ufeff"  # of no width
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # marks of direction, copied along with dates
)


def blanks_to_missing(column: "pd.Series[Any]") -> "tuple[pd.Series[Any], dict[str, int]]":
    """Strip stray blanks and turn the documented blanks into missing.

    Parameters
    ----------
    column : pandas.Series
        Texts, or texts among typed cells (as a spreadsheet has them), which stay as they are. Columns of numbers or
        dates come back unchanged.

    Returns
    -------
    tuple of pandas.Series and dict
        The column with its index, dtype "str" (object if there are typed cells), and the number of cells by spelling
        as met (after stripping; the empty text is ``""``), most frequent first; last, under :data:`STRIPPED`, the
        cells that kept a text and lost blanks around it. Cells that were missing already are not counted.

    Examples
    --------
    >>> import pandas as pd
    >>> column, counts = blanks_to_missing(pd.Series(["Won", " Won ", "N/A", "", "Unknown", "n/a", "N/A"]))
    >>> column.tolist(), counts
    (['Won', 'Won', nan, nan, 'Unknown', nan, nan], {'N/A': 2, '': 1, 'n/a': 1, '(stray blanks around a text)': 1})
    """
    column = without_wrappers(column)
    if column.dtype == "str":
        return _cleaned(column)
    if column.dtype != object:
        return column, {}
    is_text = text_cells(column)
    if (is_text | column.isna().to_numpy()).all():
        return _cleaned(column.where(is_text).astype("str"))
    texts, counts = _cleaned(column[is_text].astype("str"))
    cells = column.to_numpy(dtype=object, copy=True)
    cells[is_text] = texts.to_numpy(dtype=object)
    return pd.Series(cells, index=column.index, dtype=object, name=column.name), counts


def clean_labels(column: "pd.Series[str]") -> "tuple[pd.Series[Any], dict[str, int], Distinct]":
    """Do what :func:`blanks_to_missing` does to labels, which occur many times each, by their distinct texts.

    Returns
    -------
    tuple of pandas.Series, dict and Distinct
        The column, the numbers of cells by spelling, and the distinct labels that are left.

    Examples
    --------
    >>> import pandas as pd
    >>> column, counts, labels = clean_labels(pd.Series(["Won", " Won ", "", "Won", "n/a", "Lost"]))
    >>> column.tolist(), counts
    (['Won', 'Won', nan, 'Won', nan, 'Lost'], {'': 1, 'n/a': 1, '(stray blanks around a text)': 1})
    >>> labels.texts.to_pylist(), labels.counts.tolist()
    (['Won', 'Lost'], [3, 1])
    """
    cells = distinct_texts(column)
    stripped = pc.utf8_trim(cells.texts, characters=STRAY)
    blank = pc.is_in(pc.ascii_lower(stripped), pa.array(BLANKS, stripped.type)).to_numpy(zero_copy_only=False)
    shorter = pc.less(pc.binary_length(stripped), pc.binary_length(cells.texts)).to_numpy(zero_copy_only=False)
    if not (blank.any() or shorter.any()):
        return column.copy(deep=False), {}, cells
    counts: dict[str, int] = {}
    for text, n in zip(stripped.filter(blank).to_pylist(), cells.counts[blank].tolist(), strict=True):
        counts[text] = counts.get(text, 0) + n
    counts = dict(sorted(counts.items(), key=lambda pair: -pair[1]))
    n_stripped = cells.n_cells(shorter & ~blank)
    if n_stripped:
        counts[STRIPPED] = n_stripped
    kept = pc.if_else(blank, pa.scalar(None, stripped.type), stripped).dictionary_encode()
    codes = cells.spread(places_in(kept), -1)
    labels = Distinct(kept.dictionary, codes, count_places(codes, len(kept.dictionary)), column.index)
    if n_stripped:
        texts = labels.texts.take(pa.array(codes, mask=codes < 0))
    else:
        texts = with_missing(arrow_texts(column), pa.array(codes < 0))
    return as_column(texts, column), counts, labels


def _cleaned(column: "pd.Series[Any]") -> "tuple[pd.Series[Any], dict[str, int]]":
    texts = arrow_texts(column)
    stripped = pc.utf8_trim(texts, characters=STRAY)
    blank = pc.is_in(pc.ascii_lower(stripped), pa.array(BLANKS, stripped.type))  # false where missing
    if _characters(stripped) == _characters(texts) and not pc.any(blank).as_py():
        return column.copy(deep=False), {}
    counts = {
        pair["values"]: pair["counts"]
        for pair in sorted(stripped.filter(blank).value_counts().to_pylist(), key=lambda pair: -pair["counts"])
    }
    shorter = pc.less(pc.binary_length(stripped), pc.binary_length(texts))
    n_stripped = int(pc.sum(pc.and_not(shorter, blank)).as_py() or 0)
    if n_stripped:
        counts[STRIPPED] = n_stripped
    if not counts:
        return column.copy(deep=False), {}
    return as_column(with_missing(stripped, blank), column), counts


def _characters(texts: pa.Array) -> int:
    return int(pc.sum(pc.binary_length(texts)).as_py() or 0)


def as_column(texts: pa.Array, like: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return Arrow texts as a column of dtype "str" with another column's index and name."""
    column: pd.Series[Any] = texts.to_pandas()
    column.index, column.name = like.index, like.name
    return column if column.dtype == "str" else column.astype("str")
