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
    cast_if_all_fit,
    choose_style,
    distinct_texts,
    empty_as_missing,
    without_wrappers,
)
from custvalue.rules.errors import refusal

# Above this, neighbouring whole numbers share one float, so that two customers would share one identifier.
LARGEST_EXACT_FLOAT = 2.0**53
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
        return _typed(column)
    if column.dtype == "str":
        return _parse_texts(column, name, decimal)
    kinds = column.map(type)
    is_number = kinds.isin([kind for kind in kinds.unique() if _is_number(kind)])
    numbers, others = _typed(column[is_number]), _parse_texts(column[~is_number].astype("str"), name, decimal)
    values, unread = np.full(len(column), np.nan), np.zeros(len(column), dtype=bool)
    for part, place in ((numbers, is_number.to_numpy()), (others, ~is_number.to_numpy())):
        values[place], unread[place] = part.values.to_numpy(), part.unread  # noqa: PD011 (Parsed's own)
    return Parsed(pd.Series(values, index=column.index, name=column.name), unread, others.notes)


def _is_number(kind: type) -> bool:
    return kind in (int, float, Decimal) or issubclass(kind, np.integer | np.floating)


def _refuse_other_types(column: "pd.Series[Any]", name: str) -> None:
    """Refuse a column that as a whole is something else than numbers or texts."""
    if column.dtype == object:
        kind = pd.api.types.infer_dtype(column, skipna=True)
        wrong = kind if kind in ("boolean", "datetime", "date", "time", "timedelta", "complex") else ""
    else:
        fits = column.dtype == "str" or (pd.api.types.is_numeric_dtype(column) and column.dtype.kind in "iuf")
        wrong = "" if fits else f"dtype {column.dtype}"
    if wrong:
        raise refusal(f"{name} must hold numbers", wrong, "Map another column to it.", f"column {name!r}")


def _typed(column: "pd.Series[Any]") -> Parsed:
    """Return typed numbers as floats; the ones that are not finite are unread."""
    if column.dtype == object:  # by way of their texts, which give the nearest float and cannot overflow
        found = pc.cast(arrow_texts(column.astype("str")), pa.float64()).to_numpy(zero_copy_only=False)
    else:
        found = column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.where(np.isfinite(found), found, np.nan)
    unread = np.isnan(values) & column.notna().to_numpy()
    return Parsed(pd.Series(values, index=column.index, name=column.name), unread)


def plain_numbers(column: "pd.Series[str]", decimal: str | None = None) -> Parsed | None:
    """Read texts that are all plain numbers or empty, with the point settled; None where anything else is among them.

    The quick way in: nothing is left to be said of such a column.

    Examples
    --------
    >>> plain_numbers(pd.Series(["1.5", "", "-20"])).values.tolist()
    [1.5, nan, -20.0]
    >>> plain_numbers(pd.Series(["1.5", "$20"])) is None
    True
    """
    plain = _plain(empty_as_missing(arrow_texts(column)), decimal)
    if plain is None:
        return None
    return Parsed(pd.Series(plain, index=column.index, name=column.name), np.zeros(len(column), dtype=bool))


def _parse_texts(column: "pd.Series[str]", name: str, decimal: str | None) -> Parsed:
    plain = plain_numbers(column, decimal)
    if plain is None:
        column, _ = blanks_to_missing(column)
        plain = plain_numbers(column, decimal)
    if plain is not None:
        return plain
    cells = distinct_texts(column)
    amounts = take_apart(cells.texts)
    by_sign = {sign: Style(DECIMALS[sign], f"decimal={sign!r}", _read(amounts, sign)) for sign in DECIMALS}
    if decimal is None:
        style, evidence = choose_style(cells, by_sign["."], by_sign[","], name, "decimal style")
    else:
        style, evidence = by_sign[decimal], f"{DECIMALS[decimal]}, as given"
    values = cells.spread(style.reading, np.nan)
    notes = _notes(cells, amounts, ~np.isnan(style.reading), name)
    if style is not by_sign["."] and evidence:
        notes = ((f"{name} decimal style", evidence), *notes)
    return Parsed(pd.Series(values, index=column.index, name=column.name), np.isnan(values) & (cells.codes >= 0), notes)


def _plain(texts: pa.Array, decimal: str | None) -> NDArray[np.float64] | None:
    """Return texts as numbers if all are plain ones and the point is settled, else None: the quick way in."""
    found = cast_if_all_fit(texts, pa.float64())
    if found is None:
        return None
    values: NDArray[np.float64] = found.to_numpy(zero_copy_only=False) + 0.0  # without a minus before zero
    if np.isfinite(values).sum() + texts.null_count != len(texts):
        return None
    return values if decimal == "." or _point_is_settled(texts, given=decimal is not None) else None


def _point_is_settled(texts: pa.Array, *, given: bool) -> bool:
    """Say whether no text has a point, or some text has one that cannot part thousands; the first rows usually tell."""
    for some in (texts.slice(0, _SAMPLE), texts):
        dotted = some.filter(pc.match_substring(some, "."))
        if len(dotted) and (given or not pc.all(pc.match_substring_regex(dotted, _THOUSANDS_TOO)).as_py()):
            return not given
    return not len(dotted)


def _read(amounts: Amounts, sign: str) -> NDArray[np.float64]:
    """Return the amounts by one decimal sign, NaN where it cannot read them."""
    digits, codes = amounts.digits, amounts.codes
    table = [*amounts.affixes, Affix()]  # the last for texts of another form
    exponents = np.array([affix.exponent for affix in table])[codes]
    fits = pc.match_substring_regex(digits, _PATTERNS[sign]).to_numpy(zero_copy_only=False) & (codes >= 0)
    if exponents.any():
        scientific = pc.match_substring(digits, "e", ignore_case=True).to_numpy(zero_copy_only=False)
        fits &= ~(scientific & (exponents != 0))
    plain = digits.filter(pa.array(fits))
    for group in set(".,' ") - {sign}:
        plain = pc.replace_substring(plain, group, "")
    if sign == ",":
        plain = pc.replace_substring(plain, ",", ".")
    if exponents.any():  # "1.2M" is read as 1.2e6, the nearest float; 1.2 times a million need not be
        powers = np.array([f"e{affix.exponent}" if affix.exponent else "" for affix in table], dtype=object)
        plain = pc.binary_join_element_wise(plain, pa.array(powers[codes[fits]], plain.type), pa.scalar("", plain.type))
    signs = np.array([affix.sign for affix in table])[codes[fits]]
    values = np.full(len(digits), np.nan)
    values[fits] = pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False) * signs + 0.0
    return np.where(np.isfinite(values), values, np.nan)


def _notes(cells: Distinct, amounts: Amounts, read: NDArray[np.bool_], name: str) -> Notes:
    """Return what was taken off the digits of the cells that were read."""
    codes = amounts.codes[read]
    n_cells = np.bincount(codes, weights=cells.counts[read], minlength=len(amounts.affixes)).astype(int)
    counted = list(zip(amounts.affixes, n_cells.tolist(), strict=True))
    found = (
        ("currency signs", _counts((affix.money, n) for affix, n in counted), ""),
        ("scales", _counts((affix.scale, n) for affix, n in counted if affix.exponent > 0), " multiplied out"),
        ("per cent signs", _counts((affix.scale, n) for affix, n in counted if affix.exponent < 0), " divided by 100"),
        ("minus signs", _counts((affix.minus, n) for affix, n in counted), " read as negative"),
    )
    return tuple((f"{name} {item}", counts + done) for item, counts, done in found if counts)


def _counts(spellings: Iterable[tuple[str, int]]) -> str:
    totals: dict[str, int] = {}
    for spelling, n in spellings:
        if spelling and n:
            totals[spelling] = totals.get(spelling, 0) + n
    return ", ".join(f"{spelling!r} ({n})" for spelling, n in sorted(totals.items(), key=lambda item: -item[1]))
