"""Labels that are probably one label in several spellings: reported, never merged here."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from custvalue.frames.blanks import as_column
from custvalue.frames.values import Distinct, arrow_texts, distinct_texts, text_cells, without_wrappers

_MARKS = r"[\p{P}\p{Z}\p{C}]+"
_BETWEEN_DIGITS = rf"([0-9]){_MARKS}([0-9])"
_PARTED = r"\1|\2"  # a bar is no mark of punctuation, so it stays


def similar_spellings(column: "pd.Series[Any]") -> pd.DataFrame:
    """Return the labels that differ only in case, blanks, punctuation or width of characters.

    Two labels are alike if they are equal after NFKC normalisation, case folding and dropping blanks and punctuation.
    What parts two digits is kept as a mark of its own (``1.5`` is not ``15``), and so are plus signs and other symbols;
    a label of punctuation alone (``-``) is like no other.

    Parameters
    ----------
    column : pandas.Series
        Labels as texts, missing allowed; other cells are passed over.

    Returns
    -------
    pandas.DataFrame
        One row per spelling that has a like: ``spelling``, ``n`` (cells), ``group`` (the most frequent spelling of the
        group, the first met in a tie). Groups in the order they are first met, spellings from the most frequent down.
        Empty if all labels are spelt in one way.

    Notes
    -----
    Alike is not the same: ``C`` and ``C#`` are reported too. A person decides what is merged.

    Examples
    --------
    >>> import pandas as pd
    >>> similar_spellings(pd.Series(["GTX Pro", "GTXPro", "GTX Pro", "google", "Google", "MG"]))
      spelling  n    group
    0  GTX Pro  2  GTX Pro
    1   GTXPro  1  GTX Pro
    2   google  1   google
    3   Google  1   google
    """
    column = without_wrappers(column)
    if column.dtype == object:
        column = column[text_cells(column)].astype("str")
    if column.dtype != "str":
        column = pd.Series([], dtype="str")
    return alike(distinct_texts(column))


def alike(cells: Distinct) -> pd.DataFrame:
    """Return what :func:`similar_spellings` does, of labels already told apart."""
    labels = pd.DataFrame({"spelling": as_column(cells.texts, pd.Series(range(len(cells.texts)))), "n": cells.counts})
    labels = labels[labels["n"] > 0]
    labels["place"] = pd.factorize(_bare(labels["spelling"]))[0]
    labels = labels[labels.duplicated("place", keep=False)].sort_values(
        ["place", "n"], ascending=[True, False], kind="stable"
    )
    labels["group"] = labels.groupby("place")["spelling"].transform("first")
    return labels[["spelling", "n", "group"]].reset_index(drop=True).astype({"n": np.int64})


def _bare(labels: "pd.Series[str]") -> "pd.Series[str]":
    """Return labels without case, blanks, punctuation and width."""
    folded = as_column(pc.utf8_normalize(arrow_texts(labels), form="NFKC"), labels).str.casefold()
    texts = arrow_texts(folded)
    for pattern, instead in ((_BETWEEN_DIGITS, _PARTED), (_BETWEEN_DIGITS, _PARTED), (_MARKS, "")):
        texts = pc.replace_substring_regex(texts, pattern, instead)  # twice, as one digit can stand between two marks
    return as_column(texts, labels).mask(pc.equal(texts, "").to_numpy(zero_copy_only=False), folded)
