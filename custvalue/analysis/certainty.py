"""How sure the segments are: probabilities when the potential is only known as an interval, and thresholds moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.analysis.held_share import REVENUE_YEAR, check_whole_year
from custvalue.analysis.loyalty import LoyaltyCuts, check_cuts, loyalty_codes
from custvalue.analysis.segment_summary import named_classes
from custvalue.analysis.thresholds import near_thresholds, threshold_sensitivity
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import nullable_booleans, ordered_classes
from custvalue.frames.parts import Parts
from custvalue.kernels.lognormal import below, lognormal_of_interval, mean_below
from custvalue.rules import playbook
from custvalue.rules.bands import Bands
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.grid import AccountGrid

LEVEL = 0.9
NEAR = 0.1
FACTORS = (0.8, 0.9, 1.1, 1.2)
REVENUE_SHARE = "current_share"


@dataclass(frozen=True, slots=True)
class SegmentCertainty(Parts):
    """The answer of :func:`segment_certainty`: by account, by cell, by segment, and by threshold."""

    accounts: pd.DataFrame
    probabilities: pd.DataFrame
    summary: pd.DataFrame
    near: pd.DataFrame
    moves: pd.DataFrame
    sensitivity: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of every account: the potential's distribution, its middle, revenue, the fixed share, loyalty."""

    mean: kernels.Floats
    sd: kernels.Floats
    point: kernels.Floats
    revenue: kernels.Floats
    share: kernels.Floats | None
    loyalty: kernels.Codes

    @property
    def held(self) -> kernels.Floats:
        """Revenue, 0 where returns outweigh sales; missing where it is missing."""
        return np.maximum(self.revenue, 0.0)

    @property
    def point_share(self) -> kernels.Floats:
        """The share at the middle of the potential."""
        if self.share is not None:
            return self.share
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.point > 0, self.revenue / self.point, np.nan)


def segment_certainty(
    accounts: Any,
    *,
    level: float = LEVEL,
    grid: AccountGrid = playbook.ACCOUNT_GRID,
    potential_low: str = "potential_low",
    potential_high: str = "potential_high",
    potential: str = "potential",
    revenue: str = "revenue",
    share: str = REVENUE_SHARE,
    loyalty: str = "loyalty",
    loyalty_cuts: LoyaltyCuts = None,
    near: float = NEAR,
    factors: Sequence[float] = FACTORS,
    target: float | None = None,
) -> SegmentCertainty:
    r"""Say how sure each account's segment is when its potential is only known as an interval.

    The potential P is log-normal with ``level`` of its probability in the middle between the two ends:
    ``log P ~ N(μ, σ²)``, ``μ = (log low + log high) ÷ 2``, ``σ = (log high − log low) ÷ 2z``. The share held is
    ``revenue ÷ P`` and moves with it: it lies above a cut c exactly where ``P < revenue ÷ c``. So every cell is an
    interval of P, and its probability ``Φ((log b − μ) ÷ σ) − Φ((log a − μ) ÷ σ)``: exact, nothing is drawn.

    Parameters
    ----------
    accounts : frame
        One row per account: ``potential_low`` and ``potential_high`` (currency of the grid, per year, above 0),
        ``revenue`` of the trailing year (currency), ``loyalty``, and optionally ``potential``, the estimate itself
        (currency per year; the middle of the interval, √(low × high), where there is none). Missing values are allowed.
        Where ``period`` holds quarters or months the trailing year must have been added up, in ``revenue_year``.
    level : float
        Probability that the potential lies in its interval, between 0 and 1.
    grid : AccountGrid
        Cut points of the classes.
    potential_low, potential_high, potential, revenue, loyalty : str
        Column names.
    share : str
        ``"current_share"``, the share held: revenue ÷ potential, computed here for every potential. Any other name is a
        column of shares (fractions 0–1) that do not move with the potential, such as ``"winnable_share"``.
    loyalty_cuts : (float, float) or Bands, optional
        As in :func:`segment_accounts`.
    near : float
        How far from a threshold is near, as a fraction of the threshold.
    factors : sequence of float
        What the thresholds are multiplied by, one at a time.
    target : float, optional
        Share of the potential counted as within reach; the grid's ``headroom_target`` (0.7) by default. Given here it
        stays where it is when thresholds are moved; else it moves with the share threshold it is equal to.

    Returns
    -------
    SegmentCertainty
        ``.accounts``: the accounts in their own order and index with ``segment`` (at the estimate),
        ``segment_probability`` (of that one), ``likeliest_segment``, ``likeliest_probability``, ``expected_headroom``
        (currency per year; missing where revenue is), ``p_potential_too_low`` (probability of less potential than
        revenue), ``near_threshold`` (boolean) and ``reason`` (categorical: what is missing). ``.probabilities``: the
        same index, one column per segment; rows add up to 1, and are missing where anything is. ``.summary``: one row
        per segment and a last one for the accounts not placed: ``segment``, ``n`` (at the estimate), ``n_sure`` (of
        these, with a probability of ``level`` or more), ``expected_n``, ``headroom`` (at the estimate) and
        ``expected_headroom`` (currency per year, of the accounts whose headroom is known; missing where there are
        accounts and it is known of none), ``n_without_headroom`` (accounts, of ``n``, whose headroom is not known).
        ``.near``: one row per threshold and a last one for any: ``angle``, ``threshold``, ``n``, ``n_below``,
        ``n_above``, ``share_of_accounts``. ``.moves``: one row per threshold and factor: ``angle``, ``threshold``,
        ``factor``, ``moved_to``, ``n_moved`` (accounts in another segment than before), ``share_of_accounts``,
        ``headroom_moved`` (what these accounts hold, counted before the move) and ``headroom_change`` (of all accounts:
        other than 0 only where the target moves with the threshold). ``.sensitivity``: one row per threshold, factor
        and segment: ``angle``, ``threshold``, ``factor``, ``moved_to``, ``segment``, ``n``, ``n_change``, ``headroom``,
        ``headroom_change`` (after the move, and the change; both of the accounts whose headroom is known).

    Raises
    ------
    ValueError
        If a column is missing or not a number, an end of an interval is not above 0, or the low end is above the high.
        If the estimate lies outside its interval, or a share outside 0–1.
        If ``period`` holds quarters or months and revenue is not in ``revenue_year``.
        If ``level``, ``near``, a factor or ``target`` is out of range, or a factor makes two cuts cross.

    Notes
    -----
    The probabilities speak of each account alone. Estimates made by the same person err together, so counts of segments
    are less certain than independent accounts would make them: ``expected_n`` is right either way, a spread is not
    given. Where low and high are equal the potential is certain. The log-normal gives some probability to potentials
    below the revenue already made; ``p_potential_too_low`` says how much, and where it is large the interval is wrong.

    References
    ----------
    The cut points are the lecture's (提升客户价值), not nature's. The expected headroom of a log-normal potential,
    ``E max(0, target × P − revenue)``, is the formula of Black & Scholes (1973), doi 10.1086/260062.

    Examples
    --------
    >>> import pandas as pd
    >>> accounts = pd.DataFrame({
    ...     "revenue": [1_200_000.0], "potential_low": [1_500_000.0], "potential_high": [3_000_000.0], "loyalty": ["+"],
    ... })
    >>> segment_certainty(accounts).probabilities[["A1+", "A2+", "B1+", "B2+"]].round(3)
       A1+    A2+    B1+    B2+
    0  0.0  0.609  0.156  0.234
    """
    _check_options(level, near, factors)
    goal = grid.headroom_target if target is None else target
    if not is_number(goal) or not 0 < goal <= 1:
        raise refusal("target must lie in (0, 1]", goal, "Write 70 % as 0.7.")
    frame = to_pandas(accounts)
    check = FrameCheck(frame, "segment_certainty")
    check.rule("grid", grid, AccountGrid)
    check_cuts(loyalty_cuts, grid)
    check.one_currency(grid.currency)
    low = check.numbers(potential_low, low=0, purpose="the lower end of the potential")
    high = check.numbers(potential_high, low=0, purpose="the upper end of the potential")
    fixed = (
        None if share == REVENUE_SHARE else check.numbers(share, low=0, high=1, purpose="a share that does not move")
    )
    if fixed is None:
        sold = check.numbers(revenue, purpose="the share held is revenue ÷ potential")
    else:
        sold = check.optional_numbers(revenue, usual="revenue")
    check_whole_year(
        check,
        revenue,
        f"Add up the trailing year first, for instance with current_share(accounts, period='2026Q3'), and pass "
        f"revenue={REVENUE_YEAR!r}.",
    )
    estimate = check.optional_numbers(potential, usual="potential", low=0)
    signs = loyalty_codes(check, loyalty, grid, loyalty_cuts)
    if not check.failures:
        _check_intervals(check, (low, high, estimate), (potential_low, potential_high, potential))
    check.done()

    mean, sd = lognormal_of_interval(low, high, level)
    # A potential without an interval is not a certain one: nothing is said of how sure its segment is.
    middle = np.where(np.isnan(estimate), np.sqrt(low) * np.sqrt(high), estimate)
    point = np.where(np.isnan(mean), np.nan, middle)
    known = _Known(mean, sd, point, sold, fixed, signs)
    chances, rooms = _cells(known, grid, goal)
    sensitivity = threshold_sensitivity(
        point, known.point_share, signs, known.held, grid, factors=factors, target=goal, follows=target is None
    )
    return _answer(frame, known, grid, (chances, rooms), (level, near, goal), sensitivity)


def _check_options(level: float, near: float, factors: Sequence[float]) -> None:
    if not is_number(level) or not 0 < level < 1:
        raise refusal("level must lie between 0 and 1", level, "Write 90 % as 0.9.")
    if not is_number(near) or not 0 <= near < 1:
        raise refusal("near must lie in [0, 1)", near, "Write 10 % as 0.1.")
    if not all(is_number(factor) and factor > 0 for factor in factors):
        raise refusal("factors must be above 0", list(factors), "0.9 lowers a threshold by a tenth.")


def _check_intervals(check: FrameCheck, values: tuple[kernels.Floats, ...], names: tuple[str, str, str]) -> None:
    low, high, estimate = values
    for name, ends in zip(names, (low, high), strict=False):
        check.fail_rows(f"{name} must be above 0", name, ends == 0, "Give the lowest likely potential, or none.")
    check.fail_rows("the interval's low end must not be above its high end", names[0], low > high, "Swap the two.")
    slack = kernels.ROUND_OFF
    outside = (estimate < low * (1 - slack)) | (estimate > high * (1 + slack))
    check.fail_rows("the potential must lie in its interval", names[2], outside, "Correct the interval.")


def _cells(known: _Known, grid: AccountGrid, goal: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each account's probability and expected headroom by potential and share class, best first."""
    n_p, n_s = len(grid.potential_classes), len(grid.share_classes)
    n = known.mean.size
    shape = (n, n_p, n_s)
    chances, rooms = np.zeros(shape), np.zeros(shape)
    fixed = None if known.share is None else _best_first(known.share, grid.share)
    for p, (p_low, p_high) in enumerate(_ranges(grid.potential)):
        for s, (s_low, s_high) in enumerate(_ranges(grid.share)):
            if fixed is None:
                # A share in (a, b) is a potential in (revenue ÷ b, revenue ÷ a), with the ends changing hands.
                ends = _both(p_low, p_high, _turned(known.revenue, s_high), _turned(known.revenue, s_low))
                here = np.ones(n, dtype=bool)
            else:
                ends = _both(p_low, p_high, (np.zeros(n), np.ones(n, dtype=bool)), (np.full(n, np.inf), np.ones(n)))
                here = fixed == s
            chances[:, p, s] = np.where(here, _mass(known, ends), 0.0)
            rooms[:, p, s] = np.where(here, _room(known, ends, goal), 0.0)
    return chances, rooms


_End = tuple[Any, Any]


def _ranges(bands: Bands) -> list[tuple[_End, _End]]:
    """Return where each class begins and ends, best first: the value, and whether what lies below includes it."""
    # An end belongs to what is below it unless the band above owns the cut.
    ends: list[_End] = [(0.0, False)]
    ends += [(cut, not upper) for cut, upper in zip(bands.cuts, bands.owned_by_upper, strict=True)]
    ends += [(np.inf, True)]
    return list(pairwise(ends))[::-1]


def _turned(revenue: kernels.Floats, end: _End) -> _End:
    """Return the potential at which the share reaches an end; what was included above is then included below."""
    cut, included = end
    if cut == 0:
        # The worst class has no lower end: also a share of nothing, or less, belongs to it.
        return np.full(revenue.size, np.inf), True
    if cut == np.inf:
        return np.zeros(revenue.size), False
    return revenue / cut, not included


def _both(p_low: _End, p_high: _End, s_low: _End, s_high: _End) -> tuple[_End, _End]:
    """Return the ends of what lies in both ranges."""
    return _end(p_low, s_low, higher=True), _end(p_high, s_high, higher=False)


def _end(of_potential: _End, of_share: _End, *, higher: bool) -> _End:
    """Return the higher or the lower of two ends, where they differ by more than round-off."""
    (a, a_included), (b, b_included) = of_potential, of_share
    with np.errstate(invalid="ignore"):
        equal = (a == b) | (np.abs(b - a) <= kernels.ROUND_OFF * np.minimum(a, b))
    second = (b > a if higher else b < a) & ~equal
    # Of two equal ends the one that leaves less: included below the low end, or not below the high one.
    both = np.logical_or(a_included, b_included) if higher else np.logical_and(a_included, b_included)
    return np.where(second, b, a), np.where(equal, both, np.where(second, b_included, a_included))


def _mass(known: _Known, ends: tuple[_End, _End]) -> kernels.Floats:
    low, high = ends
    upper = below(high[0], known.mean, known.sd, inclusive=high[1])
    lower = below(low[0], known.mean, known.sd, inclusive=low[1])
    mass = np.maximum(upper - lower, 0.0)
    return np.where(np.isnan(known.revenue), np.nan, mass) if known.share is None else mass


def _room(known: _Known, ends: tuple[_End, _End], goal: float) -> kernels.Floats:
    """Return E[max(0, goal × P − revenue); P between the ends]; revenue below 0 holds nothing."""
    sold = known.held
    low, high = ends
    start, included = np.maximum(low[0], sold / goal), np.where(low[0] >= sold / goal, low[1], True)
    amount = mean_below(high[0], known.mean, known.sd, inclusive=high[1])
    amount -= mean_below(start, known.mean, known.sd, inclusive=included)
    mass = below(high[0], known.mean, known.sd, inclusive=high[1])
    mass -= below(start, known.mean, known.sd, inclusive=included)
    room = np.where(high[0] > start, np.maximum(goal * amount - sold * mass, 0.0), 0.0 * amount)
    return np.where(np.isnan(sold), np.nan, room)


def _best_first(values: kernels.Floats, bands: Bands) -> kernels.Codes:
    tolerance = kernels.ROUND_OFF * max(bands.cuts)
    codes = kernels.band_codes(values, bands.cuts, bands.owned_by_upper, tolerance=tolerance)
    return np.where(codes < 0, kernels.MISSING_CODE, len(bands.cuts) - codes).astype(np.int8)


def _answer(
    frame: pd.DataFrame,
    known: _Known,
    grid: AccountGrid,
    cells: tuple[NDArray[np.float64], NDArray[np.float64]],
    options: tuple[float, float, float],
    moved: tuple[pd.DataFrame, pd.DataFrame],
) -> SegmentCertainty:
    level, near, goal = options
    chances, rooms = cells
    n, n_signs, n_segments = len(frame), len(grid.loyalty), len(grid.segments)
    share = known.point_share
    moving = known.share is None
    lacking = {
        "potential interval": np.isnan(known.mean),
        "revenue" if moving else "share": np.isnan(known.revenue if moving else share),
        "loyalty": known.loyalty < 0,
    }
    unplaced = np.logical_or.reduce(list(lacking.values()))
    probabilities = np.zeros((n, n_segments))
    columns = np.arange(n_segments // n_signs) * n_signs
    rows = np.flatnonzero(~unplaced)
    probabilities[rows[:, None], columns[None, :] + known.loyalty[rows, None]] = chances.reshape(n, columns.size)[rows]
    probabilities[unplaced] = np.nan
    likeliest = np.full(n, kernels.MISSING_CODE)
    likeliest[rows] = probabilities[rows].argmax(axis=1)
    codes = np.where(
        unplaced,
        kernels.MISSING_CODE,
        (_best_first(known.point, grid.potential) * len(grid.share_classes) + _best_first(share, grid.share)) * n_signs
        + known.loyalty,
    ).astype(np.int64)
    headroom = np.maximum(goal * known.point - known.held, 0.0)
    places = np.where(codes < 0, n_segments, codes)
    expected_room = np.where(np.isnan(known.mean), np.nan, rooms.sum(axis=(1, 2)))
    without = np.isnan(headroom)
    n_without = np.bincount(places[without], minlength=n_segments + 1)
    expected_n = np.append(np.nansum(probabilities, axis=0), unplaced.sum())
    expected_known = np.append(np.nansum(probabilities[~without], axis=0), (unplaced & ~without).sum())
    at_point = _picked(probabilities, codes)
    n_at_point = np.bincount(places, minlength=n_segments + 1)
    summary = pd.DataFrame(
        {
            "segment": ordered_classes(np.append(np.arange(n_segments), kernels.MISSING_CODE), grid.segments),
            "n": n_at_point,
            "n_sure": np.bincount(places[at_point >= level], minlength=n_segments + 1),
            "expected_n": expected_n,
            "headroom": np.where(
                (n_at_point > 0) & (n_without == n_at_point), np.nan, _sums(places, headroom, n_segments + 1)
            ),
            "expected_headroom": np.where(
                (expected_n > 0) & (expected_known == 0),
                np.nan,
                np.append(_expected_rooms(rooms, known.loyalty, unplaced, n_signs), np.nansum(expected_room[unplaced])),
            ),
            "n_without_headroom": n_without,
        }
    )
    near_any, near_frame = near_thresholds(known.point, share, grid, near)
    too_low = below(known.held, known.mean, known.sd)
    result = frame.assign(
        segment=ordered_classes(codes, grid.segments),
        segment_probability=at_point,
        likeliest_segment=ordered_classes(likeliest, grid.segments),
        likeliest_probability=_picked(probabilities, likeliest),
        expected_headroom=expected_room,
        p_potential_too_low=np.where(np.isnan(known.held), np.nan, too_low),
        near_threshold=nullable_booleans(near_any, np.isnan(known.point) | np.isnan(share)),
        reason=_reasons(lacking),
    )
    shown = pd.DataFrame(probabilities, index=frame.index, columns=list(grid.segments))
    return SegmentCertainty(result, shown, summary, near_frame, *moved)


def _reasons(lacking: dict[str, NDArray[np.bool_]]) -> "pd.Categorical[Any]":
    """Return what each account lacks, in words; missing where it lacks nothing."""
    codes = sum(gone.astype(np.int64) << bit for bit, gone in enumerate(lacking.values()))
    names = [f"{name} missing" for name in lacking]
    texts = [
        "; ".join(compress(names, [code >> bit & 1 for bit in range(len(names))])) for code in range(1, 2 ** len(names))
    ]
    return named_classes(np.asarray(codes) - 1, texts)


def _picked(probabilities: NDArray[np.float64], codes: NDArray[np.int64]) -> kernels.Floats:
    """Return each row's probability of one segment; missing where there is none."""
    picked = np.full(codes.size, np.nan)
    rows = np.flatnonzero(codes >= 0)
    picked[rows] = probabilities[rows, codes[rows]]
    return picked


def _expected_rooms(
    rooms: NDArray[np.float64], loyalty: kernels.Codes, unplaced: NDArray[np.bool_], n_signs: int
) -> kernels.Floats:
    flat = rooms.reshape(len(rooms), rooms.shape[1] * rooms.shape[2])
    by_sign = [np.nansum(flat[(loyalty == sign) & ~unplaced], axis=0) for sign in range(n_signs)]
    return np.stack(by_sign, axis=1).ravel()


def _sums(places: NDArray[np.int64], values: kernels.Floats, n: int) -> kernels.Floats:
    known = ~np.isnan(values)
    return kernels.sums_by_code(places[known], values[known], n)
