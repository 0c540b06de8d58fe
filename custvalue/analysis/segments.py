"""Three angles on an account: ABC potential, 123 winnable share, +0- loyalty, and the headroom behind them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import ordered_classes
from custvalue.rules import playbook
from custvalue.rules.bands import Bands
from custvalue.rules.grid import AccountGrid


def segment_accounts(
    accounts: Any,
    *,
    grid: AccountGrid = playbook.ACCOUNT_GRID,
    potential: str = "potential",
    share: str = "winnable_share",
    current_share: str = "current_share",
    loyalty: str = "loyalty",
    target: float | None = None,
) -> pd.DataFrame:
    """Put every account in one of the 27 segments and say how much business is still open.

    ``segment`` is the three classes in a row, ``A1+`` to ``C3-``.
    ``headroom = potential × max(0, target − current_share)``.

    Parameters
    ----------
    accounts : frame
        One row per account: ``potential`` (currency of the grid, per year, 0 or more), the ``share`` column (fraction,
        0–1), ``loyalty`` ("+", "0", "-", or 1, 0, -1), and optionally ``current_share`` (fraction, 0 or more) for the
        headroom. Missing values are allowed.
    grid : AccountGrid
        Cut points of the classes.
    potential, share, current_share, loyalty : str
        Column names. The lecture classes the share that *may be won*; ``share="current_share"`` is a proxy and then
        classes the share held.
    target : float, optional
        Share of the potential counted as within reach; the grid's ``headroom_target`` (0.7) by default.

    Returns
    -------
    pandas.DataFrame
        The accounts in their own order and index, with ``potential_class`` (A, B, C), ``share_class`` (1, 2, 3),
        ``loyalty_class`` (+, 0, -), ``segment`` (27 levels; all ordered categoricals declared best first) and
        ``headroom`` (currency per year) added. A class is missing where its input is, and the segment where any class
        is; headroom is missing where the potential or the current share is, or there is no such column.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type.
        If a potential is negative, a share lies outside 0–1, or a loyalty is no sign of the grid.

    Notes
    -----
    The cut points (0.5 M and 2 M a year, 30 and 70 %) are the lecture's, not nature's: an account a little to
    either side of one is not different in kind.

    References
    ----------
    提升客户价值, ABC / 123 / +0-.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> accounts = pd.DataFrame({
    ...     "potential": [2_000_001.0, 2_000_000.0, 499_999.0],
    ...     "winnable_share": [0.8, 0.7, 0.29],
    ...     "current_share": [0.5, 0.9, 0.1],
    ...     "loyalty": ["+", "0", "-"],
    ... })
    >>> cv.segment_accounts(accounts)[["segment", "headroom"]].round(0)
      segment  headroom
    0     A1+  400000.0
    1     B20       0.0
    2     C3-  299999.0
    """
    goal = grid.headroom_target if target is None else target
    frame = to_pandas(accounts)
    check = FrameCheck(frame, "segment_accounts")
    check.rule("grid", grid, AccountGrid)
    check.one_currency(grid.currency)
    if not 0 < goal <= 1:
        check.fail("target must lie in (0, 1]", goal, "Write 70 % as 0.7.")
    potentials = check.numbers(potential, low=0, purpose="business per year")
    shares = check.numbers(share, low=0, high=1, purpose="the share that may be won; current_share is a proxy")
    held = check.optional_numbers(current_share, usual="current_share", low=0)
    loyalty_codes = _loyalty_codes(check, loyalty, grid)
    check.done()

    potential_codes = _best_first(potentials, grid.potential)
    share_codes = _best_first(shares, grid.share)
    n_shares, n_signs = len(grid.share_classes), len(grid.loyalty)
    segment_codes = ((potential_codes * n_shares + share_codes) * n_signs + loyalty_codes).astype(np.int8)
    segment_codes[(potential_codes < 0) | (share_codes < 0) | (loyalty_codes < 0)] = kernels.MISSING_CODE
    return frame.assign(
        potential_class=ordered_classes(potential_codes, grid.potential_classes),
        share_class=ordered_classes(share_codes, grid.share_classes),
        loyalty_class=ordered_classes(loyalty_codes, grid.loyalty),
        segment=ordered_classes(segment_codes, grid.segments),
        headroom=potentials * np.maximum(goal - held, 0.0),
    )


def _best_first(values: kernels.Floats, bands: Bands) -> kernels.Codes:
    """Return band codes counted from the best band; -1 where missing."""
    # 0.8 - 0.1 is a little more than 0.7: a value that misses a cut by round-off stands on it.
    tolerance = kernels.ROUND_OFF * max(bands.cuts)
    codes = kernels.band_codes(values, bands.cuts, bands.owned_by_upper, tolerance=tolerance)
    return np.where(codes < 0, kernels.MISSING_CODE, len(bands.cuts) - codes).astype(np.int8)


def _loyalty_codes(check: FrameCheck, loyalty: str, grid: AccountGrid) -> kernels.Codes:
    numeric = {"1": "+", "1.0": "+", "0.0": "0", "-1": "-", "-1.0": "-", "＋": "+", "－": "-", "−": "-"}
    aliases = {text: sign for text, sign in numeric.items() if sign in grid.loyalty}
    return check.choices(loyalty, grid.loyalty, aliases=aliases, purpose="+, 0 or -").astype(np.int8)


def segment_summary(segmented: Any, *, grid: AccountGrid = playbook.ACCOUNT_GRID) -> pd.DataFrame:
    """Add up the accounts of every segment, all 27, and those that could not be placed.

    Parameters
    ----------
    segmented : frame
        What :func:`segment_accounts` returned; ``revenue`` is added up where there is such a column.
    grid : AccountGrid
        The grid the accounts were segmented with.

    Returns
    -------
    pandas.DataFrame
        One row per segment, best first, and a last row with a missing segment for the accounts that could not be
        placed: ``segment`` (ordered categorical), ``n``, ``n_without_headroom``, and the sums ``revenue`` (where there
        is one), ``potential`` and ``headroom`` over the accounts that have them (currency; missing where a segment has
        accounts and none of them has the value). ``n`` adds up to the accounts given.

    Raises
    ------
    ValueError
        If the frame has no ``segment``, ``potential`` or ``headroom`` column, or holds several periods.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> accounts = pd.DataFrame({"potential": [3e6, 3e6], "winnable_share": [0.8, None], "loyalty": ["+", "+"]})
    >>> summary = cv.segment_summary(cv.segment_accounts(accounts))
    >>> len(summary), summary["n"].iloc[[0, -1]].tolist()
    (28, [1, 1])
    """
    frame = to_pandas(segmented)
    check = FrameCheck(frame, "segment_summary")
    codes = check.choices("segment", grid.segments, purpose="run segment_accounts first")
    names = ("revenue", "potential", "headroom") if check.has("revenue") else ("potential", "headroom")
    sums = {name: check.numbers(name, purpose="run segment_accounts first") for name in names}
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
    return pd.DataFrame(
        {
            "segment": ordered_classes(np.append(np.arange(n), kernels.MISSING_CODE), grid.segments),
            "n": np.bincount(places, minlength=n + 1),
            "n_without_headroom": np.bincount(places[np.isnan(sums["headroom"])], minlength=n + 1),
            **{name: _sum_of_known(places, values, n + 1) for name, values in sums.items()},
        }
    )


def _sum_of_known(places: NDArray[np.int64], values: kernels.Floats, n: int) -> kernels.Floats:
    """Return the sum of the known values at each place; missing where there are rows and none is known."""
    known = ~np.isnan(values)
    sums = kernels.sums_by_code(places[known], values[known], n)
    sums[(np.bincount(places, minlength=n) > 0) & (np.bincount(places[known], minlength=n) == 0)] = np.nan
    return sums
