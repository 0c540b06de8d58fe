"""Where revenue comes from and where headroom is 利润来源和业务增长点, by segment, region, product and account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.frames.parts import Parts
from custvalue.frames.periods import MONTHS_PER_YEAR, AsOf, as_day
from custvalue.rules.errors import refusal

BY = ("segment", "region", "product")
TOP = 20
RESULTS = ("dimension", "group", "carries", "rank", "revenue_share", "headroom_share")


@dataclass(frozen=True, slots=True)
class GrowthPoints(Parts):
    """The answer of :func:`growth_points`: ``.groups``, the ``.accounts`` that carry most, and the ``.totals``."""

    groups: pd.DataFrame
    accounts: pd.DataFrame
    totals: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The accounts, or the parts of them, that make up the groups of one dimension: account row, group, weight."""

    row: kernels.Integers
    code: kernels.Integers
    weight: kernels.Floats
    names: list[Any]


def growth_points(
    accounts: Any,
    *,
    by: str | Sequence[str] = BY,
    top: int = TOP,
    sales: Any = None,
    as_of: AsOf | None = None,
    account: str = "account",
    revenue: str = "revenue",
    headroom: str = "headroom",
    product: str = "product",
    date: str = "date",
    amount: str = "amount",
) -> GrowthPoints:
    """Say where revenue comes from and where headroom lies: group by group, and the accounts that carry most of it.

    ``revenue_share = Σ revenue of the group ÷ Σ revenue``, and so for headroom; every dimension adds up to the totals.

    Parameters
    ----------
    accounts : frame
        One row per account, such as :func:`custvalue.segment_accounts` returns for one period: ``account``,
        ``revenue`` (currency, missing allowed), ``headroom`` (currency per year, missing allowed), and columns to
        group by.
    by : str or sequence of str
        The dimensions. Of the usual three (segment, region, product) those that are there are taken; any other must be
        there.
    top : int
        How many accounts to list.
    sales : frame, optional
        Sales lines (``account``, ``date``, ``product``, ``amount``), from which the dimension ``product`` is made; a
        product column of the accounts is then not used.
    as_of : date, optional
        Needed with ``sales``: the lines of the year up to this day are used, nothing later.
    account, revenue, headroom, product, date, amount : str
        Column names.

    Returns
    -------
    GrowthPoints
        ``.groups``: one row per dimension and group, dimensions as in ``by``, the group with the most headroom first
        and accounts without a group in a row of their own at the end: ``dimension``, ``group`` (text), ``n`` (accounts;
        of a product, those that bought it), ``n_without_revenue``, ``n_without_headroom``, ``revenue``,
        ``revenue_share``, ``headroom``, ``headroom_share`` (money missing where a group has accounts and none of them
        has the value; shares missing where the total is not positive).
        ``.accounts``: the ``top`` accounts by headroom, then the ``top`` by revenue (equal ones in row order):
        ``carries`` ("headroom" or "revenue"), ``rank``, ``account``, the dimensions that are columns, ``revenue``,
        ``revenue_share``, ``headroom``, ``headroom_share``.
        ``.totals``: one row: ``n``, ``n_without_revenue``, ``n_without_headroom``, ``revenue``, ``headroom``, ``top``,
        ``top_revenue_share``, ``top_headroom_share`` (of the accounts listed).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, no dimension is there, or headroom is negative.
        If an account occurs twice, or the frame holds several periods.
        If ``top`` is no whole number of 1 or more, or ``sales`` comes without ``as_of``.

    Notes
    -----
    Headroom is known by account, not by product. An account's revenue and headroom are split over its products in
    proportion to what it bought of each in the year (products with a net return count as nothing): read the headroom of
    a product as that of the accounts which buy it, not as an estimate of the demand for it. Accounts that bought
    nothing stand in the row without a product.

    Revenue is of the frame's period (a quarter, say), headroom per year: compare their shares, not their sums.

    References
    ----------
    提升客户价值, "利润来源和业务增长点".

    Examples
    --------
    >>> import pandas as pd
    >>> from custvalue.analysis.growth import growth_points
    >>> accounts = pd.DataFrame({
    ...     "account": ["Giant", "Harbour", "Dawn"],
    ...     "region": ["North", "South", "North"],
    ...     "revenue": [60.0, 30.0, 10.0],
    ...     "headroom": [10.0, 80.0, 10.0],
    ... })
    >>> growth_points(accounts).groups[["dimension", "group", "revenue_share", "headroom_share"]]
      dimension  group  revenue_share  headroom_share
    0    region  South            0.3             0.8
    1    region  North            0.7             0.2
    """
    if not isinstance(top, int | np.integer) or isinstance(top, bool) or top < 1:
        raise refusal("top must be a whole number of 1 or more", top, "The default is 20.")
    if sales is not None and as_of is None:
        raise refusal("as_of must be given with sales", "none", "Pass the day up to which lines count.")
    frame = to_pandas(accounts)
    check = FrameCheck(frame, "growth_points")
    values = {
        "revenue": check.numbers(revenue, purpose="where business comes from"),
        "headroom": check.numbers(headroom, low=0, purpose="run segment_accounts first"),
    }
    columns = _dimensions(check, by, product, with_sales=sales is not None)
    _check_grain(check, account)
    check.one_currency()
    mix = None
    if sales is not None and as_of is not None and account in frame:
        mix = _product_mix(check, sales, as_day(as_of), account=account, names=(product, date, amount))
    check.done()
    totals = {name: float(np.nansum(column)) for name, column in values.items()}
    parts = [
        _group_rows(name, mix if mix is not None and name == product else _pieces(frame[name]), values, totals)
        for name in columns
    ]
    plain = [name for name in columns if name in frame and not (mix is not None and name == product)]
    listed = pd.concat(
        [_top(frame, plain, values, totals, name, int(top), account) for name in ("headroom", "revenue")],
        ignore_index=True,
    )
    return GrowthPoints(
        groups=pd.concat(parts, ignore_index=True), accounts=listed, totals=_totals(values, totals, listed, int(top))
    )


def _dimensions(check: FrameCheck, by: str | Sequence[str], product: str, *, with_sales: bool) -> list[str]:
    """Return the dimensions that are there, after noting those that must be and are not."""
    asked = [by] if isinstance(by, str) else list(by)
    from_lines = [product] if with_sales else []
    there = [name for name in asked if name in from_lines or name not in BY or check.has(name)]
    group_columns(check, [name for name in there if name not in from_lines], results=RESULTS)
    if not there:
        check.fail(
            "a dimension to group by is needed",
            f"none of {asked}",
            "Add such a column, pass sales for products, or name another with by=.",
            "by",
        )
    return there


def _check_grain(check: FrameCheck, account: str) -> None:
    frame = check.frame
    if check.has("period") and len(pd.unique(frame["period"])) > 1:
        check.fail(
            "one row per account is needed",
            f"{len(pd.unique(frame['period']))} periods",
            "Choose a period first.",
            "column 'period'",
        )
        return
    if check.require(account, "the account's name"):
        repeated = frame.duplicated(account).to_numpy() & frame[account].notna().to_numpy()
        check.fail_rows("an account may occur once", account, repeated, "Add its rows up first.")


def _pieces(column: "pd.Series[Any]") -> _Pieces:
    """Return the whole accounts by the value of a column, sorted; the missing group comes last."""
    code, names = pd.factorize(
        column, sort=not isinstance(column.dtype, pd.CategoricalDtype) and column.dtype != object
    )
    n = len(column)
    return _Pieces(np.arange(n), np.where(code < 0, len(names), code).astype(np.int64), np.ones(n), list(names))


def _product_mix(
    check: FrameCheck, sales: Any, day: pd.Timestamp, *, account: str, names: tuple[str, str, str]
) -> _Pieces | None:
    """Return each account in parts, one for each product it bought in the year up to the day."""
    product, date, amount = names
    lines = FrameCheck(to_pandas(sales), "growth_points")
    dates = lines.dates(date, purpose="the day of the sale")
    amounts = lines.numbers(amount, purpose="returns negative")
    named = [lines.require(name, why) for name, why in ((account, "who bought"), (product, "what was bought"))]
    lines.one_currency()
    check.failures += [f"sales: {text}" for text in lines.failures]
    if check.failures or not all(named):
        return None
    recent = ((dates > day - pd.DateOffset(months=MONTHS_PER_YEAR)) & (dates <= day)).to_numpy() & ~np.isnan(amounts)
    owners = pd.Index(check.frame[account])
    known = np.flatnonzero(owners.notna())
    owner = owners[known].get_indexer(pd.Index(lines.frame[account]))
    code, products = pd.factorize(lines.frame[product])
    used = recent & (owner >= 0)
    width = len(products) + 1
    place = known[owner[used]] * width + np.where(code[used] < 0, width - 1, code[used])
    keys, back = np.unique(place, return_inverse=True)
    bought = np.maximum(np.bincount(back, weights=amounts[used], minlength=keys.size), 0.0)
    row, product_code = keys // width, keys % width
    whole = np.bincount(row, weights=bought, minlength=len(owners))
    kept = bought > 0
    none = np.flatnonzero(whole <= 0)
    return _Pieces(
        np.concatenate((row[kept], none)),
        np.concatenate((product_code[kept], np.full(none.size, width - 1))),
        np.concatenate((bought[kept] / whole[row[kept]], np.ones(none.size))),
        list(products),
    )


def _group_rows(
    dimension: str, pieces: _Pieces, values: dict[str, kernels.Floats], totals: dict[str, float]
) -> pd.DataFrame:
    n_groups = len(pieces.names) + 1
    n = np.bincount(pieces.code, minlength=n_groups)
    table: dict[str, Any] = {
        "dimension": pd.array([dimension] * n_groups, dtype="str"),
        "group": pd.array([*(str(name) for name in pieces.names), None], dtype="str"),
        "n": n,
    }
    sums = {}
    for name, column in values.items():
        mine = column[pieces.row] * pieces.weight
        known = ~np.isnan(mine)
        sums[name] = kernels.sums_by_code(pieces.code[known], mine[known], n_groups)
        n_known = np.bincount(pieces.code[known], minlength=n_groups)
        sums[name][(n > 0) & (n_known == 0)] = np.nan
        table[f"n_without_{name}"] = n - n_known
    for name, column in sums.items():
        table |= {name: column, f"{name}_share": _share(column, totals[name])}
    # Most headroom first, then most revenue, then by name; the row without a group stays last, if there is any.
    frame = pd.DataFrame(table).iloc[: n_groups if n[-1] else n_groups - 1]
    frame = frame[(frame["n"] > 0) | frame["group"].isna()]
    return frame.sort_values(
        ["headroom", "revenue", "group"], ascending=[False, False, True], kind="stable", na_position="last"
    ).pipe(lambda rows: pd.concat([rows[rows["group"].notna()], rows[rows["group"].isna()]]))


def _share(values: kernels.Floats, total: float) -> kernels.Floats:
    return values / total if total > 0 else np.full(values.size, np.nan)


def _top(
    frame: pd.DataFrame,
    columns: list[str],
    values: dict[str, kernels.Floats],
    totals: dict[str, float],
    carries: str,
    top: int,
    account: str,
) -> pd.DataFrame:
    """Return the accounts with the largest values; those without one are not listed."""
    order = kernels.descending_order(values[carries])
    rows = order[: min(top, int((~np.isnan(values[carries])).sum()))]
    names = [name for name in columns if name != account]
    table = frame[[account, *names]].iloc[rows].reset_index(drop=True)
    table.insert(0, "carries", pd.Series([carries] * rows.size, dtype="str"))
    table.insert(1, "rank", np.arange(1, rows.size + 1))
    return table.assign(
        **{
            key: column
            for name in ("revenue", "headroom")
            for key, column in (
                (name, values[name][rows]),
                (f"{name}_share", _share(values[name][rows], totals[name])),
            )
        }
    )


def _totals(
    values: dict[str, kernels.Floats], totals: dict[str, float], listed: pd.DataFrame, top: int
) -> pd.DataFrame:
    row: dict[str, list[Any]] = {"n": [values["revenue"].size]}
    row |= {f"n_without_{name}": [int(np.isnan(column).sum())] for name, column in values.items()}
    row |= {name: [total] for name, total in totals.items()}
    row["top"] = [top]
    for name, total in totals.items():
        mine = listed.loc[listed["carries"] == name, name]
        row[f"top_{name}_share"] = [float(mine.sum()) / total if total > 0 else np.nan]
    return pd.DataFrame(row)
