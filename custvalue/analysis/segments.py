"""Three angles on an account: ABC potential, 123 winnable share, +0- loyalty; the headroom behind, and the play."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.analysis.loyalty import LoyaltyCuts, check_cuts, loyalty_codes, loyalty_values
from custvalue.analysis.segment_summary import segment_summary
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.kernels.segments import LARGEST, MISSING_BITS, Angle, segment_codes
from custvalue.rules import playbook
from custvalue.rules.bands import Bands
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.grid import AccountGrid
from custvalue.rules.plays import WHO, AccountPlays

__all__ = ["segment_accounts", "segment_summary"]

REASONS = tuple(
    "; ".join(compress(("potential missing", "share missing", "loyalty missing"), [bits & bit for bit in MISSING_BITS]))
    for bits in range(1, 2 ** len(MISSING_BITS))
)
SHARE_BASES = ("winnable_share", "current_share (proxy)")
YEAR_WORDS = frozenset(
    ("year", "yearly", "per year", "a year", "annual", "annually", "12 months", "年", "每年", "年度", "全年")
)


def segment_accounts(
    accounts: Any,
    *,
    grid: AccountGrid = playbook.ACCOUNT_GRID,
    plays: AccountPlays | None = None,
    potential: str = "potential",
    share: str = "winnable_share",
    current_share: str = "current_share",
    loyalty: str = "loyalty",
    potential_period: str = "potential_period",
    loyalty_cuts: LoyaltyCuts = None,
    target: float | None = None,
) -> pd.DataFrame:
    """Put every account in one of the 27 segments, say how much business is still open, and what to do.

    ``segment`` is the three classes in a row, ``A1+`` to ``C3-``.
    ``headroom = potential × max(0, target − current_share)``.

    Parameters
    ----------
    accounts : frame
        One row per account: ``potential`` (currency of the grid, per year, 0 or more), the ``share`` column (fraction,
        0–1), ``loyalty``, and optionally ``current_share`` (fraction, 0 or more) for the headroom. Where there is a
        column ``currency`` or ``potential_period`` it must say the grid's currency and "year" (or 年) in every row.
        Missing values are allowed.
    grid : AccountGrid
        Cut points of the classes.
    plays : AccountPlays, optional
        What to do in each segment, such as ``playbook.ACCOUNT_PLAYS``: adds ``play`` and ``who``. The plays of all
        segments stand in :func:`segment_summary` in any case.
    potential, share, current_share, loyalty, potential_period : str
        Column names. The lecture classes the share that *may be won*; ``share="current_share"`` is a proxy, which
        classes the share held (:func:`custvalue.analysis.held_share.current_share` computes it from revenue).
    loyalty_cuts : (float, float) or Bands, optional
        Makes signs of survey scores: the lowest and the highest neutral score (both neutral), or bands named by the
        grid's signs, lowest first. Without it loyalty is "+", "0", "-", or 1, 0, -1, or a word for them in English or
        Chinese (``grid.loyalty_spellings``).
    target : float, optional
        Share of the potential counted as within reach; the grid's ``headroom_target`` (0.7) by default.

    Returns
    -------
    pandas.DataFrame
        The accounts in their own order and index, with these columns added: ``potential_class`` (A, B, C),
        ``share_class`` (1, 2, 3), ``loyalty_class`` (+, 0, -), ``segment`` (27 levels; all ordered categoricals
        declared best first); ``headroom`` (currency per year); ``reason`` (categorical: why there is no segment, for
        instance "potential missing; loyalty missing"); ``share_basis`` (categorical: "winnable_share" or
        "current_share (proxy)"); ``potential_too_low`` (boolean: the share held is above 100 %, so the potential is
        wrong; missing where no share held is known); and with ``plays`` also ``play`` and ``who`` (categoricals). A
        class is missing where its input is, the segment and its play where any class is; headroom is missing where the
        potential or the current share is, or there is no such column.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type.
        If a potential is negative, a winnable share lies outside 0–1, or a loyalty cannot be read.
        If the potential is in another currency than the grid's, or not per year.
        If the plays do not have one row for every segment of the grid, or ``loyalty_cuts`` do not lead to its signs.

    Notes
    -----
    The cut points (0.5 M and 2 M a year, 30 and 70 %) are the lecture's, not nature's: an account a little to
    either side of one is not different in kind. A value within round-off (a part in 10¹²) of a cut stands on it.
    An account flagged ``potential_too_low`` keeps the segment its figures give; correct the potential first.

    References
    ----------
    提升客户价值, ABC / 123 / +0-. The plays are a library default.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> accounts = pd.DataFrame({
    ...     "potential": [2_000_001.0, 2_000_000.0, 499_999.0],
    ...     "winnable_share": [0.8, 0.7, 0.29],
    ...     "current_share": [0.5, 0.9, 0.1],
    ...     "loyalty": ["+", "中立", "-"],
    ... })
    >>> segmented = cv.segment_accounts(accounts, plays=cv.playbook.ACCOUNT_PLAYS)
    >>> segmented[["segment", "headroom", "play", "who"]].round(0)
      segment  headroom     play     who
    0     A1+  400000.0   defend  farmer
    1     B20       0.0      win  hunter
    2     C3-  299999.0  release  farmer
    """
    goal = grid.headroom_target if target is None else target
    frame = to_pandas(accounts)
    check = FrameCheck(frame, "segment_accounts")
    check.rule("grid", grid, AccountGrid)
    if plays is not None:
        check.rule("plays", plays, AccountPlays)
    tables = () if plays is None else _tables(plays, grid.segments)
    check_cuts(loyalty_cuts, grid)
    check.one_currency(grid.currency)
    check_year(check, potential_period)
    if not is_number(goal) or not 0 < goal <= 1:
        raise refusal("segment_accounts: target must lie in (0, 1]", goal, "Write 70 % as 0.7.")
    proxy = share == current_share
    tops = {potential: None, share: None if proxy else 1.0}
    potentials = _unchecked(check, potential, "business per year")
    shares = _unchecked(check, share, "the share that may be won; current_share is a proxy")
    signs, coded = loyalty_values(check, loyalty, grid, loyalty_cuts)
    held = shares if proxy else None
    if not proxy and check.may_use(current_share, usual="current_share"):
        held = _unchecked(check, current_share, "the share held, for the headroom")
    found = segment_codes(
        potentials,
        shares,
        signs,
        held,
        angles=(_angle(grid.potential, LARGEST), _angle(grid.share, LARGEST if proxy else 1.0)),
        n_signs=len(grid.loyalty),
        target=goal,
        coded=coded,
        tables=tables,
    )
    for angle, column in (("potential", potential), ("share", share)):
        if angle in found.suspect:
            check.numbers(column, low=0, high=tops[column])
    if "held" in found.suspect and not proxy:
        check.numbers(current_share, low=0)
    if "loyalty" in found.suspect:
        loyalty_codes(check, loyalty, grid)
    check.done()

    added: dict[str, Any] = {
        "potential_class": _classes(found.potential, grid.potential_classes, ordered=True),
        "share_class": _classes(found.share, grid.share_classes, ordered=True),
        "loyalty_class": _classes(found.loyalty, grid.loyalty, ordered=True),
        "segment": _classes(found.segment, grid.segments, ordered=True),
        "headroom": found.headroom,
        "reason": _classes(found.reason, REASONS),
        "share_basis": _classes(np.zeros(len(frame), dtype=np.int8), SHARE_BASES[::-1] if proxy else SHARE_BASES),
        "potential_too_low": pd.arrays.BooleanArray(found.above_one, found.held_unknown),
    }
    if plays is not None:
        added |= {
            "play": _classes(found.looked_up[0], plays.names),
            "who": _classes(found.looked_up[1], WHO),
        }
    # Laid beside the accounts without another copy of what was just made.
    again = [name for name in added if name in frame.columns]
    kept = frame.drop(columns=again) if again else frame
    return pd.concat([kept, pd.DataFrame(added, index=frame.index, copy=False)], axis="columns")


def _classes(codes: kernels.Codes, names: Sequence[str], *, ordered: bool = False) -> "pd.Categorical[Any]":
    """Return the kernel's codes as a categorical with all its levels, without looking through them once more."""
    return pd.Categorical.from_codes(codes, dtype=_levels(tuple(names), ordered=ordered), validate=False)


@lru_cache
def _levels(names: tuple[str, ...], *, ordered: bool) -> pd.CategoricalDtype:
    # Eight of them anew take a tenth of the time of two million accounts.
    return pd.CategoricalDtype(list(names), ordered=ordered)


def _tables(plays: AccountPlays, segments: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """Return every segment's play and who goes, as places among their names."""
    of = {row.segment: row for row in plays.rows}
    # The plays word the refusal.
    rows = [of[segment] for segment in segments] if of.keys() == set(segments) else plays.of_segments(segments)
    place = {name: number for number, name in enumerate(plays.names)}
    return [place[row.play] for row in rows], [WHO.index(row.who) for row in rows]


def _angle(bands: Bands, top: float) -> Angle:
    return Angle(bands.cuts, bands.owned_by_upper, top)


def _unchecked(check: FrameCheck, column: str, purpose: str) -> kernels.Floats:
    """Return a column as floats whose range is still to be looked at; plain floats as they stand."""
    if check.has(column) and check.frame[column].dtype == np.float64:
        values: kernels.Floats = check.frame[column].to_numpy()
        if values.dtype == np.float64:
            return values
    return check.numbers(column, purpose=purpose)


def check_year(check: FrameCheck, column: str) -> None:
    """Note a potential that is said to be of another period than a year; no column is no failure."""
    if not check.may_use(column, usual="potential_period"):
        return
    counts = check.frame[column].value_counts()
    other = [(name, n) for name, n in counts.items() if str(name).strip().casefold() not in YEAR_WORDS]
    if other:
        check.fail(
            "potential must be per year",
            ", ".join(f"{str(name)!r} ({n})" for name, n in other[:5]),
            "Multiply a quarter's potential by 4 and a month's by 12, and write 'year'.",
            f"column {column!r}",
        )
