"""Numbers out of texts: amounts as people and systems write them, in a decimal style found by evidence or given."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from custvalue.frames.affixes import Affix, Amounts, take_apart
from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.values import (
    Distinct,
    Notes,
    Parsed,
    Style,
    arrow_texts,
    choose_style,
    distinct_texts,
    without_wrappers,
)
from custvalue.rules.errors import refusal

DECIMALS = {".": "the decimal point", ",": "the decimal comma"}

# How digits may stand before the decimal: plain; in threes, parted by the other separator, a blank or an apostrophe.
_THREES = r"[0-9]+|[1-9][0-9]{0,2}(?:GROUP[0-9]{3})+|[1-9][0-9]{0,2}(?: [0-9]{3})+|[1-9][0-9]{0,2}(?:'[0-9]{3})+"
_LAKHS = r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"  # Indian: 12,34,567
_PLAIN = r"^[0-9]*(?:POINT[0-9]*)?[eE][-+]?[0-9]+$"  # scientific: never grouped
_PATTERNS = {
    ".": rf"^(?:{_THREES}{_LAKHS})?(?:\.[0-9]*)?$|{_PLAIN}".replace("GROUP", ",").replace("POINT", r"\."),
    ",": rf"^(?:{_THREES})?(?:,[0-9]*)?$|{_PLAIN}".replace("GROUP", r"\.").replace("POINT", ","),
}
# Among texts that are numbers by the decimal point, those that the decimal comma reads as well, and otherwise.
_THOUSANDS_TOO = r"^[-+]?[1-9][0-9]{0,2}\.[0-9]{3}$"
_SAMPLE = 1000


def parse_numbers(column: "pd.Series[Any]", name: str, *, decimal: str | None = None) -> Parsed:
    """Read a column of numbers or amount texts.

    Texts may hold currency signs and codes before or after (``$``, ``€``, ``￥``, ``元``, ``USD``), thousands in
    groups (``1,234``, ``1.234``, ``1 234``, ``1'234``, ``12,34,567``), a minus of any sort before or after,
    ``(1,234.50)`` for a negative, a scale (``3k``, ``1.2M``, ``200万``, ``1.5亿``), an exponent, full-width
    digits. A per cent sign divides by 100. A dash alone is no number: whether it means zero or nothing, only the
    sender knows.

    The decimal style holds for the whole column. A cell that only one style can read decides; cells that read the same
    in both, and cells nobody can read, decide nothing.

    Parameters
    ----------
    column : pandas.Series
        Texts (blanks treated or not), numbers, or both mixed; typed numbers are taken as they are.
    name : str
        The column's name in notes and messages. Rows are named by the index.
    decimal : {".", ","}, optional
        The decimal sign; found by evidence unless given.

    Returns
    -------
    Parsed
        ``.values`` float64, ``.unread`` for cells that are no number (infinity among them), ``.notes`` on the decimal
        style unless it is the plain point, currency signs, scales, per cent signs and unusual minuses.

    Raises
    ------
    ValueError
        If ``decimal`` is neither of the two.
        If the column holds truth values, dates or other things that are not numbers.
        If some cells fit only the point and some only the comma, or all cells fit both and differ.

    Examples
    --------
    >>> import pandas as pd
    >>> parsed = parse_numbers(pd.Series(["$1,234.50", "(2.5k)", "n/a", "call us"]), "amount")
    >>> parsed.values.tolist(), parsed.unread.tolist()
    ([1234.5, -2500.0, nan, nan], [False, False, False, True])
    >>> parse_numbers(pd.Series(["1.234", "5.678"]), "amount")
    Traceback (most recent call last):
    custvalue.rules.errors.InputError: amount must fit one decimal style only: got '1.234' in row 0, which is 1.234 by
    the decimal point and 1234 by the decimal comma; no cell decides (column 'amount': the decimal point explains 2 of
    2 cells, the decimal comma explains 2 of 2 cells). Pass decimal='.' or decimal=','.
    """
    if decimal is not None and decimal not in DECIMALS:
        raise refusal("decimal must be '.' or ','", repr(decimal), "Leave it out to have it found.")
    column = without_wrappers(column)
    _refuse_other_types(column, name)
    if pd.api.types.is_numeric_dtype(column):
        return _checked(column, column.to_numpy(dtype=np.float64, na_value=np.nan), column.notna().to_numpy())
    typed = _typed_numbers(column)
    texts = column.where(~typed.isin(NUMBERS)) if typed is not None else column
    # TODO
    raise NotImplementedError
