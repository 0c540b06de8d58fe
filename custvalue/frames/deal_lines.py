"""Opportunity exports with one row per product line, brought to one row per opportunity."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import ROWS_NAMED, FrameCheck, nearest, to_pandas

SEVERAL = "several"
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
    >>> from custvalue.frames.deal_lines import opportunities_from_lines
    >>> lines = pd.DataFrame({"opportunity": ["O-1", "O-2", "O-1"], "account": ["Acme", "甲", "Acme"],
    ...     "product": ["pump", "pump", "valve"], "amount": [100.0, None, 20.0]})
    >>> opportunities_from_lines(lines)
      opportunity account  product  amount  n_lines  n_lines_unpriced  n_products
    0         O-1    Acme  several   120.0        2                 0           2
    1         O-2       甲     pump     NaN        1                 1           1
    """
    frame = to_pandas(lines)
    check = FrameCheck(frame, "opportunities_from_lines")
    named = check.require(opportunity, "which opportunity the line belongs to")
    amounts = check.numbers(amount, purpose="the line's value")
    quantities = None if quantity is None else check.numbers(quantity, purpose="how many the line sells")
    if product is not None and not check.has(product):
        remedy = f"{nearest(product, frame.columns)} Name another, or pass product=None if the lines have none."
        check.fail(f"column {product!r} is needed", "no such column", remedy)
    for column in line_columns:
        check.require(column, "one of line_columns")
    for column in frame.columns[frame.columns.isin(ADDED)]:
        check.fail(f"{column} is added to the result", "a column of that name", f"Rename {column!r} or leave it out.")
    if named:
        nameless = frame[opportunity].isna().to_numpy()
        check.fail_rows(f"{opportunity} must not be missing", opportunity, nameless, "Fill it in or leave the row out.")
    check.done()

    codes, distinct = pd.factorize(frame[opportunity])
    n = len(distinct)
    first = np.full(n, len(frame))
    np.minimum.at(first, codes, np.arange(len(frame)))
    apart = {opportunity, amount, product, quantity, *line_columns}
    for column in frame.columns[~frame.columns.isin(apart)]:
        _require_agreement(check, opportunity, column, codes, first, is_currency=column == currency)
    check.done()

    sums = {amount: np.bincount(codes, weights=amounts, minlength=n)}  # a missing amount makes the sum missing
    if quantity is not None and quantities is not None:
        sums[quantity] = np.bincount(codes, weights=quantities, minlength=n)
    kept = frame.columns[~frame.columns.isin(line_columns)]
    deals = frame.loc[:, kept].iloc[first].reset_index(drop=True).assign(**sums)
    deals["n_lines"] = np.bincount(codes, minlength=n)
    deals["n_lines_unpriced"] = np.bincount(codes[np.isnan(amounts)], minlength=n)
    if product is not None:
        deals[product], deals["n_products"] = _products(frame[product], codes, first)
    return deals
