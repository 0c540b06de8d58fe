"""A column that an export lacks, made by multiplying others: an amount out of quantity and price."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.checks import nearest
from custvalue.frames.currency import check_one_currency
from custvalue.frames.numbers import parse_numbers
from custvalue.frames.typed import Choice, chosen, in_lines
from custvalue.rules.errors import InputError, raise_all, refusal, refusal_text

Notes = tuple[tuple[str, object], ...]


def multiplied_columns(
    frame: pd.DataFrame,
    multiply: dict[str, list[str]],
    where: str,
    *,
    lines: NDArray[np.int64] | None = None,
    decimal: Choice = None,
) -> tuple[pd.DataFrame, Notes]:
    """Return the frame with the columns that a mapping makes of others, and notes on how their cells were read.

    A cell that is no number makes the product a text that shows it, so that its row is set apart with the value.

    Raises
    ------
    ValueError
        If a factor is missing, or the column is there already.
        If a factor's numbers can be read in two ways, or its cells bear signs of several currencies.

    Examples
    --------
    >>> sold = pd.DataFrame({"Quantity": ["6", "two"], "UnitPrice": ["$2.5", "3"]})
    >>> made, notes = multiplied_columns(sold, {"amount": ["Quantity", "UnitPrice"]}, "sales")
    >>> made["amount"].tolist(), notes
    ([15.0, 'two × 3'], (('UnitPrice currency signs', "'$' (1)"), ('amount', 'Quantity × UnitPrice')))
    """
    notes: list[tuple[str, object]] = []
    for ours, factors in multiply.items():
        _check_names(frame, ours, factors, where)
        places = frame.index if lines is None else pd.Index(lines)
        problems, parsed = [], []
        for name in factors:
            cells = blanks_to_missing(frame[name].set_axis(places))[0]
            try:
                parsed.append(parse_numbers(cells, name, decimal=chosen(decimal, name)))
                check_one_currency(cells, frame["currency"].set_axis(places) if "currency" in frame else None, name)
            except InputError as error:
                problems.append(str(error))
        raise_all(f"[{where}.multiply]", in_lines(problems) if lines is not None else problems)
        notes += [note for factor in parsed for note in factor.notes]
        frame = frame.assign(**{ours: _product(frame, factors, parsed)})
        notes.append((ours, " × ".join(factors)))
    return frame, tuple(notes)


def _check_names(frame: pd.DataFrame, ours: str, factors: list[str], where: str) -> None:
    rule = f"[{where}.multiply.{ours}]"
    raise_all(
        "mapping",
        [
            refusal_text(f"{rule} needs column {name!r}", "no such column", nearest(name, frame.columns))
            for name in factors
            if name not in frame
        ],
    )
    if ours in frame:
        raise refusal(f"[{where}.multiply] makes a new column", repr(ours), "Rename the one of the file.")


def _product(frame: pd.DataFrame, factors: list[str], parsed: list[Any]) -> Any:
    values = np.prod([factor.values.to_numpy() for factor in parsed], axis=0)  # noqa: PD011 (Parsed's own)
    unread = np.any([factor.unread for factor in parsed], axis=0)
    product = pd.Series(values, index=frame.index)
    if not unread.any():
        return product
    shown = frame.loc[unread, factors].astype("str").agg(" × ".join, axis="columns")
    return product.astype(object).where(~unread, shown)
