"""The segments added up: all 27 in a list or as a matrix, with those that could not be placed, equal to the total."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import ordered_classes
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.grid import AccountGrid
from custvalue.rules.plays import ACCOUNT_PLAYS, WHO, AccountPlays

MEASURES = ("n", "revenue", "potential", "headroom")
SHARES = {
    "n": "share_of_accounts",
    "revenue": "share_of_revenue",
    "potential": "share_of_potential",
    "headroom": "share_of_headroom",
}
ANGLES = ("potential", "share", "loyalty")
MATRIX_ROWS = ("segments", "not_placed", "total")
MADE_BY = "run segment_accounts first"


def segment_summary(
    segmented: Any,
    *,
    grid: AccountGrid = playbook.ACCOUNT_GRID,
    plays: AccountPlays | None = ACCOUNT_PLAYS,
) -> pd.DataFrame:
    """Add up the accounts of every segment, all 27, and those that could not be placed.

    ``share_of_x = x of the segment ÷ x of all accounts``, the accounts not placed among them.

    Parameters
    ----------
    segmented : frame
        What :func:`segment_accounts` returned; ``revenue`` is added up where there is such a column.
    grid : AccountGrid
        The grid the accounts were segmented with.
    plays : AccountPlays, optional
        What to do in each segment; None leaves its columns out.

    Returns
    -------
    pandas.DataFrame
        One row per segment, best first, and a last row with a missing segment for the accounts that could not be
        placed: ``segment`` (ordered categorical), ``n``, ``n_without_headroom``, and the sums ``revenue`` (where there
        is one), ``potential`` and ``headroom`` over the accounts that have them (currency; missing where a segment has
        accounts and none of them has the value); ``share_of_accounts``, ``share_of_revenue``, ``share_of_potential``
        and ``share_of_headroom`` (fractions; they add up to 1, and are missing where the total is not positive);
        ``n_potential_missing``, ``n_share_missing`` and ``n_loyalty_missing`` (why accounts are not placed; one may
        lack several); ``n_potential_too_low`` (accounts whose share held is above 100 %); and ``play``, ``who``,
        ``visits_per_quarter`` (for one account) and ``visits`` (a quarter, for all of the segment). ``n`` and the sums
        add up to those of the accounts given.

    Raises
    ------
    ValueError
        If the frame has no ``segment``, ``potential`` or ``headroom`` column, or holds several periods.
        If the plays do not have one row for every segment of the grid.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> accounts = pd.DataFrame({"potential": [3e6, 3e6], "winnable_share": [0.8, None], "loyalty": ["+", "+"]})
    >>> summary = cv.segment_summary(cv.segment_accounts(accounts))
    >>> len(summary), summary["n"].iloc[[0, -1]].tolist(), summary["n_share_missing"].iloc[-1]
    (28, [1, 1], np.int64(1))
    """
    frame = to_pandas(segmented)
    check = FrameCheck(frame, "segment_summary")
    check.rule("grid", grid, AccountGrid)
    if plays is not None:
        check.rule("plays", plays, AccountPlays)
    rows = () if plays is None else plays.of_segments(grid.segments)
    codes = check.choices("segment", grid.segments, purpose=MADE_BY)
    names = ("revenue", "potential", "headroom") if check.has("revenue") else ("potential", "headroom")
    sums = {name: check.numbers(name, purpose=MADE_BY) for name in names}
    if check.has("period") and len(pd.unique(frame["period"])) > 1:
        check.fail(
            "one row per account is needed",
            f"{len(pd.unique(frame['period']))} periods",
            "Choose a period first.",
            "column 'period'",
        )
    check.done()
    n = len(grid.segments)
    places = np.where(codes < 0, n, codes)
    columns: dict[str, Any] = {
        "segment": ordered_classes(np.append(np.arange(n), kernels.MISSING_CODE), grid.segments),
        "n": np.bincount(places, minlength=n + 1),
        "n_without_headroom": np.bincount(places[np.isnan(sums["headroom"])], minlength=n + 1),
        **{name: _sum_of_known(places, values, n + 1) for name, values in sums.items()},
    }
    columns |= {SHARES[name]: _share_of_total(columns[name]) for name in ("n", *names)}
    for angle in ANGLES:
        if check.has(f"{angle}_class"):
            lacking = frame[f"{angle}_class"].isna().to_numpy()
            columns[f"n_{angle}_missing"] = np.bincount(places[lacking], minlength=n + 1)
    if check.has("potential_too_low"):
        too_low = frame["potential_too_low"].fillna(False).to_numpy(dtype=bool)
        columns["n_potential_too_low"] = np.bincount(places[too_low], minlength=n + 1)
    if plays is not None:
        columns |= _plays_of(plays, [plays.names.index(row.play) for row in rows], rows, columns["n"])
    return pd.DataFrame(columns)


def named_classes(codes: NDArray[np.integer], names: Sequence[str]) -> "pd.Categorical[Any]":
    """Return codes as a categorical without an order, with all its levels; -1 is missing."""
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(names)))


def _plays_of(plays: AccountPlays, played: list[int], rows: tuple[Any, ...], n: NDArray[np.int64]) -> dict[str, Any]:
    """Return the plays' columns; those who are not placed have none."""
    none = kernels.MISSING_CODE
    visits = np.array([*(row.visits_per_quarter for row in rows), np.nan])
    return {
        "play": named_classes(np.array([*played, none]), plays.names),
        "who": named_classes(np.array([*(WHO.index(row.who) for row in rows), none]), WHO),
        "visits_per_quarter": visits,
        "visits": visits * n,
    }


def _share_of_total(values: NDArray[Any]) -> kernels.Floats:
    total = np.nansum(values)
    if not total > 0:
        return np.full(values.size, np.nan)
    return np.asarray(values / total, dtype=np.float64)


def _sum_of_known(places: NDArray[np.int64], values: kernels.Floats, n: int) -> kernels.Floats:
    """Return the sum of the known values at each place; missing where there are rows and none is known."""
    known = ~np.isnan(values)
    sums = kernels.sums_by_code(places[known], values[known], n)
    sums[(np.bincount(places, minlength=n) > 0) & (np.bincount(places[known], minlength=n) == 0)] = np.nan
    return sums


def segment_matrix(segmented: Any, *, value: str = "n", grid: AccountGrid = playbook.ACCOUNT_GRID) -> pd.DataFrame:
    """Lay the 27 segments out as a matrix: loyalty and potential down, share across, with the total.

    Parameters
    ----------
    segmented : frame
        What :func:`segment_accounts` returned.
    value : {"n", "revenue", "potential", "headroom", "share_of_accounts", "share_of_revenue", "share_of_potential", \
"share_of_headroom"}
        What stands in the cells, as :func:`segment_summary` adds it up.
    grid : AccountGrid
        The grid the accounts were segmented with.

    Returns
    -------
    pandas.DataFrame
        One row per loyalty and potential class, best first, then one for the accounts not placed and one for the total:
        ``row`` (ordered categorical "segments", "not_placed", "total"), ``loyalty_class``, ``potential_class`` (ordered
        categoricals; missing in the last two rows), one column per share class (``share_1``, ``share_2``, ``share_3``;
        missing where nobody is placed) and ``total``. The rows add up to the total, and the total of all is that of
        the accounts given. An unknown cell is missing and counts for nothing in the totals.

    Raises
    ------
    ValueError
        If ``value`` is none of these, or :func:`segment_summary` refuses the frame.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> accounts = pd.DataFrame({"potential": [3e6, 3e6], "winnable_share": [0.8, None], "loyalty": ["+", "+"]})
    >>> matrix = segment_matrix(cv.segment_accounts(accounts))
    >>> matrix.iloc[[0, -2, -1], [0, 1, 2, 3, 6]]
               row loyalty_class potential_class  share_1  total
    0     segments             +               A      1.0    1.0
    9   not_placed           NaN             NaN      NaN    1.0
    10       total           NaN             NaN      1.0    2.0
    """
    summary = segment_summary(segmented, grid=grid, plays=None)
    known = [name for name in (*MEASURES, *SHARES.values()) if name in summary]
    if value not in known:
        raise refusal(f"value must be one of {known}", repr(value), "Choose one of them.")
    values = summary[value].to_numpy(dtype=np.float64)
    shape = (len(grid.potential_classes), len(grid.share_classes), len(grid.loyalty))
    cells = values[:-1].reshape(shape).transpose(2, 0, 1).reshape(-1, shape[1])
    n_rows = len(cells)
    body = np.vstack([cells, np.full(shape[1], np.nan), _known_sum(cells, axis=0)])
    total = np.concatenate([_known_sum(cells, axis=1), values[-1:], _known_sum(values[:, None], axis=0)])
    ends = np.full(2, kernels.MISSING_CODE)
    return pd.DataFrame(
        {
            "row": ordered_classes(np.append(np.zeros(n_rows, dtype=np.int8), (1, 2)), MATRIX_ROWS),
            "loyalty_class": ordered_classes(np.append(np.repeat(np.arange(shape[2]), shape[0]), ends), grid.loyalty),
            "potential_class": ordered_classes(
                np.append(np.tile(np.arange(shape[0]), shape[2]), ends), grid.potential_classes
            ),
            **{f"share_{name}": body[:, place] for place, name in enumerate(grid.share_classes)},
            "total": total,
        }
    )


def _known_sum(values: kernels.Floats, *, axis: int) -> kernels.Floats:
    """Return sums over what is known; missing where nothing is."""
    known = ~np.isnan(values)
    return np.where(known.any(axis=axis), np.where(known, values, 0.0).sum(axis=axis), np.nan)
