"""Opportunity exports with one row per product line, brought to one row per opportunity."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import ROWS_NAMED, FrameCheck, to_pandas
from custvalue.frames.lines import identifiers

SEVERAL = "several"
Floats = NDArray[np.float64]
ADDED = ("n_lines", "n_lines_unpriced", "n_products")


def opportunities_from_lines(
    lines: Any,
    *,
    opportunity: str = "opportunity",
    amount: str = "amount",
    product: str | None = "product",
    quantity: str | None = None,
    currency: str = "currency",
    line_columns: Sequence[str] = (),
) -> pd.DataFrame:
    """Bring an export with one row per product line to one row per opportunity.

    ``amount = Σ amount`` over the opportunity's lines; every other column must say the same on each of them.

    Parameters
    ----------
    lines : frame
        One row per product line of an opportunity: ``opportunity`` (not missing), ``amount`` of the line (currency
        units; discount lines may be negative; missing where it is not priced yet), ``product`` and ``quantity`` of the
        line if named, and any columns of the opportunity (account, owner, stage, dates, outcome …), repeated on each
        line. pandas, or any eager frame that narwhals knows.
    opportunity, amount, currency : str
        Column names. ``currency`` need not be there: amounts are then of one currency.
    product, quantity : str or None
        Column names; ``None`` if the lines have no such column.
    line_columns : sequence of str
        Further columns that describe the line and not the opportunity (line number, unit price, discount): left out.

    Returns
    -------
    pandas.DataFrame
        One row per opportunity in order of first appearance, with a new index. The columns are those of ``lines``,
        without ``line_columns``, in their order, where ``amount`` and ``quantity`` are sums (missing if missing on any
        line) and ``product`` is the product that all lines name, ``"several"`` if they name more than one, or missing
        if some line names none and the others at most one; then ``n_lines``, ``n_lines_unpriced`` (lines without an
        amount) and, with products, ``n_products`` (different products named).

    Raises
    ------
    ValueError
        If ``lines`` is no data frame, a column is missing or repeated, or has the name of an added one.
        If an opportunity is missing.
        If ``amount`` or ``quantity`` is no number, or not finite.
        If the lines of an opportunity are in more than one currency.
        If they differ in any other column of the opportunity; missing beside a value is a difference too, since an
        opportunity without an outcome is open.

    Notes
    -----
    A missing amount is not zero, so one line without a price leaves its opportunity without an amount:
    ``n_lines_unpriced`` tells such an opportunity from one that has no priced line at all. Exact duplicate lines are
    added like any others, since the same product may be sold twice.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> lines = pd.DataFrame({"opportunity": ["O-1", "O-2", "O-1"], "account": ["Acme", "甲", "Acme"],
    ...     "product": ["pump", "pump", "valve"], "amount": [100.0, None, 20.0]})
    >>> cv.opportunities_from_lines(lines)
      opportunity account  product  amount  n_lines  n_lines_unpriced  n_products
    0         O-1    Acme  several   120.0        2                 0           2
    1         O-2       甲     pump     NaN        1                 1           1
    """
    frame = to_pandas(lines)
    check = FrameCheck(frame, "opportunities_from_lines")
    amounts, quantities = _checked(check, opportunity, amount, product, quantity, line_columns)
    codes, first = pd.factorize(frame[opportunity])[0], np.flatnonzero(~frame[opportunity].duplicated())
    of_lines = {opportunity, amount, product, quantity, *line_columns}
    for column in frame.columns[~frame.columns.isin(of_lines)]:
        _require_agreement(check, frame[opportunity], frame[column], codes, first, is_currency=column == currency)
    check.done()

    n = len(first)
    deals = frame.loc[:, ~frame.columns.isin(line_columns)].iloc[first].reset_index(drop=True)
    deals[amount] = np.bincount(codes, weights=amounts, minlength=n)  # a missing amount makes the sum missing
    if quantity is not None:
        deals[quantity] = np.bincount(codes, weights=quantities, minlength=n)
    deals["n_lines"] = np.bincount(codes, minlength=n)
    deals["n_lines_unpriced"] = np.bincount(codes[np.isnan(amounts)], minlength=n)
    if product is not None:
        deals[product], deals["n_products"] = _products(frame[product], codes, first)
    return deals


def _checked(
    check: FrameCheck,
    opportunity: str,
    amount: str,
    product: str | None,
    quantity: str | None,
    line_columns: Sequence[str],
) -> tuple[Floats, Floats | None]:
    """Return amounts and quantities after refusing what would make one row per opportunity wrong or impossible."""
    frame = check.frame
    if check.require(opportunity, "which opportunity the line belongs to"):
        nameless = frame[opportunity].isna().to_numpy()
        check.fail_rows(f"{opportunity} must not be missing", opportunity, nameless, "Fill it in or leave the row out.")
    amounts = check.numbers(amount, purpose="the line's value")
    quantities = None if quantity is None else check.numbers(quantity, purpose="how many the line sells")
    if product is not None:
        check.require(product, "what the line sells; product=None if the lines do not say")
    named = {opportunity, amount, product, quantity}
    for column in line_columns:
        if column in named:
            check.fail("line_columns are left out", repr(column), "Take it off line_columns: the result is made of it.")
        else:
            check.require(column, "one of line_columns")
    others = frame.columns[~frame.columns.isin([*named, *line_columns])]
    for column in others.unique():
        if check.has(column) and column in ADDED:
            check.fail(f"{column!r} is a column of the result", "a column of that name", "Rename it or leave it out.")
    check.done()
    return amounts, quantities


def _require_agreement(
    check: FrameCheck,
    opportunities: "pd.Series[Any]",
    column: "pd.Series[Any]",
    codes: NDArray[np.intp],
    first: NDArray[np.intp],
    *,
    is_currency: bool,
) -> None:
    """Note the opportunities whose lines differ in a column, naming the first few with what their lines say."""
    where = f"column {column.name!r}"
    try:
        values = pd.factorize(column)[0]
    except TypeError:
        check.fail(f"{column.name} must hold one value a cell", "lists or the like", "Leave the column out.", where)
        return
    differing = np.unique(codes[values != values[first][codes]])
    if not differing.size:
        return
    said = []
    for code, name in zip(differing, opportunities.iloc[first[differing[:ROWS_NAMED]]].tolist(), strict=False):
        distinct = column[codes == code].drop_duplicates()
        shown = [_shown(value) for value in distinct.head(ROWS_NAMED).tolist()]
        more = ", …" if len(distinct) > ROWS_NAMED else ""
        said.append(f"{', '.join(shown)}{more} in {name!r}")
    others = differing.size - ROWS_NAMED
    got = "; ".join(said) + (f"; and {others} more opportunit{'y' if others == 1 else 'ies'}" if others > 0 else "")
    if is_currency:
        rule = "the amounts of an opportunity must be in one currency"
        remedy = "Convert them to one first, with custvalue.convert_currency."
    else:
        rule = f"{column.name} must say the same on every line of an opportunity"
        remedy = "Correct the lines, or name the column in line_columns if it describes the line."
    check.fail(rule, got, remedy, where)


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "missing"
    return repr(value) if isinstance(value, str) else str(value)


def _products(
    column: "pd.Series[Any]", codes: NDArray[np.intp], first: NDArray[np.intp]
) -> tuple["pd.Series[str]", NDArray[np.intp]]:
    """Return each opportunity's product, "several" or missing, and how many different ones its lines name."""
    names = identifiers(column)
    values, distinct = pd.factorize(names)
    named = values >= 0
    pairs = np.unique(codes[named] * len(distinct) + values[named])
    n_products = np.bincount(pairs // max(len(distinct), 1), minlength=len(first))
    some_unnamed = np.bincount(codes[~named], minlength=len(first)) > 0
    single = names.iloc[first].reset_index(drop=True).where(~some_unnamed)
    return single.mask(n_products > 1, SEVERAL), n_products
