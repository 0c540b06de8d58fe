"""What moved the pipeline between two snapshots: every deal's change booked once, so that the bars add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import to_pandas
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.frames.periods import AsOf, as_day, check_freq
from custvalue.rules.errors import refusal
from custvalue.rules.movement import BARS, REASONS
from custvalue.tracking.arguments import column_list, period_of
from custvalue.tracking.two_snapshots import Pair, read_pair

_BAR = {name: code for code, name in enumerate(BARS)}
DEALS = (*("bar", "amount_signed", "amount_before", "amount_after", "expected_close_before", "expected_close_after"),)
SUMMARY = (
    *("opening", "closing", "closing_minus_opening", "n_opening", "n_closing", "opening_overdue", "closing_overdue"),
    *("n_unpriced_before", "n_unpriced_after", "won_from_opening", "won_raised", "won_cut", "won_not_in_opening"),
    *("won_between", "n_won_unpriced"),
)
CLOSED = ("outcome", "closed", "in_opening", "amount_before", "amount_at_close", "raised", "cut")
SET_APART = ("reason", "n_deals", "n_in_opening", "n_unpriced", "amount")


@dataclass(frozen=True, slots=True)
class PipelineMovement(Parts):
    """The answer of :func:`pipeline_movement`: ``.bars``, ``.summary``, ``.deals`` behind the bars, ``.closed``.

    ``.set_apart`` counts the deals whose closing is not clear, by reason; ``.set_apart_deals`` lists them.
    """

    bars: pd.DataFrame
    summary: pd.DataFrame
    deals: pd.DataFrame
    closed: pd.DataFrame
    set_apart: pd.DataFrame
    set_apart_deals: pd.DataFrame


def pipeline_movement(
    before: Any,
    after: Any,
    *,
    opportunities: Any = None,
    days: tuple[AsOf, AsOf] | None = None,
    period: str | None = None,
    freq: str = "Q-DEC",
    by: str | Sequence[str] = (),
    opportunity: str = "opportunity",
    amount: str = "amount",
    expected_close: str = "expected_close",
    snapshot: str = "snapshot",
    outcome: str = "outcome",
    created: str = "created",
    closed: str = "closed",
) -> PipelineMovement:
    """Book what happened to every deal between two snapshots, so that opening and changes add up to closing.

    ``closing = opening + new + reopened + scheduled + priced + pulled_in + slipped_in + reassigned_in + raised − cut −
    slipped_out − pulled_out − unscheduled − unpriced − reassigned_out − won − lost − closed_unclear −
    removed``, in every group, to the last bit. With ``period`` the pipeline is that of the open deals whose expected
    close lies in it; without, of all.

    Parameters
    ----------
    before, after : frame
        One row per opportunity: ``opportunity`` (each once), ``amount`` (currency units, missing allowed),
        ``expected_close`` (date, missing allowed; needed with ``period`` only) and the ``by`` columns. Rows with an
        ``outcome`` ("won", "lost") are closed; a snapshot of open deals needs no such column. A ``snapshot`` column
        (one day in each frame) says when they were taken.
    opportunities : frame, optional
        A later table of all opportunities, to say what became of deals that ``after`` no longer holds: ``opportunity``,
        ``outcome``, ``closed``, ``amount``, ``created``. What was closed by the day of ``after`` is taken from it,
        and goes before what a snapshot says, as in :func:`revenue_fan`; what was closed later only tells of deals that
        ``after`` holds as closed already (``ahead_after``). It also lends the ``by`` columns that a
        snapshot lacks (as they are now, so nothing is reassigned by them).
    days : (date, date), optional
        The days of the two snapshots, where no ``snapshot`` column says them; needed with ``opportunities``.
    period : str, optional
        The label of the period whose pipeline is asked for, such as ``2026Q3``.
    freq : str
        pandas quarter or month frequency of ``period``.
    by : str or sequence of str
        Columns to group by, for instance ``"owner"``.
    opportunity, amount, expected_close, snapshot, outcome, created, closed : str
        Column names. Any non-negative value column can stand for ``amount``, for instance an expected value.

    Returns
    -------
    PipelineMovement
        ``.bars``: one row per group and bar (all bars in the order above, as an ordered categorical ``bar``), groups
        sorted: ``n_deals`` and ``amount_signed`` (currency; opening and closing are levels, changes carry their sign:
        opening plus all changes is closing). ``.summary``: one row per group: ``opening``, ``closing``,
        ``closing_minus_opening``, ``n_opening``, ``n_closing``; ``opening_overdue`` and ``closing_overdue`` (part of
        them whose expected close had passed; missing where the day is not known); ``n_unpriced_before`` and
        ``n_unpriced_after`` (open deals without an amount, in no bar); ``won_from_opening + won_raised − won_cut +
        won_not_in_opening = won_between``, of wins whose amount at the close is known; ``n_won_unpriced`` counts the
        others (one in the opening leaves it as ``won`` all the same). ``.deals``: one row per deal and bar, by bar,
        group and largest amount first: ``opportunity``, the ``by`` columns, ``bar``, ``amount_signed``,
        ``amount_before``,
        ``amount_after``, ``expected_close_before``, ``expected_close_after``. ``.closed``: one row per deal closed
        between the two: ``opportunity``, the ``by`` columns, ``outcome``, ``closed``, ``in_opening`` (false for
        deals created and closed in between, or due in another period), ``amount_before``, ``amount_at_close``,
        ``raised``, ``cut`` (the difference of the two for those in the opening). ``.set_apart``: one row per group and
        reason (an ordered categorical ``reason``, all of them): ``n_deals``, ``n_in_opening`` (those of them that
        are), ``n_unpriced`` and ``amount`` (currency, of those with an amount; the last one known). The reasons:

        - ``close_day_unknown``: closed, but nothing says that it was between the two. Neither won nor lost here: in the
          opening it leaves as ``closed_unclear``, elsewhere it is in no bar.
        - ``stale_before``: open in ``before``, closed by its day according to the opportunities; not in the opening.
        - ``stale_after``: open in ``after``, closed by its day according to the opportunities; booked as closed if it
          was closed between the two.
        - ``ahead_before``: closed in ``before``, according to the opportunities only between the two; booked as closed
          then, outside the opening.
        - ``ahead_after``: closed in ``after``, according to the opportunities only later; in the opening it leaves as
          ``closed_unclear``, and the win is one of the window its day lies in.

        ``.set_apart_deals``: one row per deal and reason, by reason, group and largest amount first: ``opportunity``,
        the ``by`` columns, ``reason``, ``outcome``, ``closed``, ``in_opening``, ``amount``. Every group of the frames
        has its rows in ``.bars``, ``.summary`` and ``.set_apart``, also where it had closed deals only.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, an amount is negative, an outcome neither won nor lost, or an
        opportunity is missing or occurs twice in a frame.
        If a frame holds several snapshot days, or ``before`` is not taken before ``after``.
        If ``days`` are not two dates, or ``period``, ``freq`` or ``by`` cannot be read.

    Notes
    -----
    A deal that did several things is booked in this order. **Leaving:** closed (won or lost), closed but unclear
    when, removed, unpriced, unscheduled, slipped or pulled out, always whole at its *opening* amount and in its opening
    group; what it was raised or cut by at its close is in ``.closed`` and in ``won_raised`` and ``won_cut``, since
    nothing of it is left in the pipeline. **Coming in:** new or reopened, priced, scheduled, slipped or pulled in, in
    its closing group; the first two groups at the closing amount, a deal that was priced before at its opening amount,
    the difference under raised or cut. **Staying:** first reassigned at the opening amount, then raised or cut in its
    new group.

    A deal that is missing before and was created earlier counts as reopened (known with a ``created`` column and the
    snapshot's day only; otherwise it is new). One that is missing after and not known to have been closed by then was
    removed, also if the opportunities hold it still: nothing tells a gap in the snapshot from a deletion.
    A deal closed in ``after`` and open in ``before`` was closed between the two, whatever its dates, where the
    opportunities do not say otherwise. One that ``before`` does not hold must have been closed after its day, or, where
    no day is given, created after it, or be missing from a ``before`` that does hold closed deals; ``after`` must hold
    it. With the same opportunities, windows chain: closing is the next opening, and each dated win is booked once.
    Overdue deals belong to the period of their expected close here; ``closing − closing_overdue`` is the ``open`` of
    :func:`custvalue.expected_revenue` for the period. Amounts are moved to the nearest point of a grid of binary
    fractions on which addition is exact (2⁻⁵² of the next power of two above all amounts together).

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"opportunity": ["a", "b"], "amount": [100.0, 50.0]})
    >>> after = pd.DataFrame({"opportunity": ["a", "b", "c"], "amount": [120.0, 60.0, 30.0],
    ...                       "outcome": ["won", None, None]})
    >>> bars = pipeline_movement(before, after).bars
    >>> bars.loc[bars["n_deals"] > 0, ["bar", "n_deals", "amount_signed"]].to_dict("split")["data"]
    [['opening', 2, 150.0], ['new', 1, 30.0], ['raised', 1, 10.0], ['won', 1, -100.0], ['closing', 2, 90.0]]
    """
    check_freq(freq)
    due_in = None if period is None else period_of(period, freq)
    groups = column_list("by", by)
    pair = read_pair(
        "pipeline_movement",
        to_pandas(before),
        to_pandas(after),
        None if opportunities is None else to_pandas(opportunities),
        groups=groups,
        days=_days(days),
        period=due_in,
        opportunity=opportunity,
        amount=amount,
        expected_close=expected_close,
        snapshot=snapshot,
        outcome=outcome,
        created=created,
        closed=closed,
        taken=(opportunity, *DEALS, *CLOSED, *SUMMARY, *SET_APART),
    )
    booked = _book(pair)
    return PipelineMovement(
        bars=_bars(pair, booked),
        summary=_summary(pair),
        deals=_deals(pair, booked, opportunity),
        closed=_closed(pair, opportunity),
        set_apart=_set_apart(pair),
        set_apart_deals=_set_apart_deals(pair, opportunity),
    )


def _days(days: Any) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the days of the two snapshots, where they were given."""
    if days is None:
        return None
    try:
        before, after = days if isinstance(days, list | tuple) else ()
        return as_day(before), as_day(after)
    except ValueError as error:
        raise refusal(
            "days must be two dates, of before and of after", repr(days), "Write ('2026-07-01', '2026-09-30')."
        ) from error


@dataclass(frozen=True, slots=True)
class _Booked:
    """One entry per deal and bar: which deal, which bar, in which group, with what signed amount."""

    deal: NDArray[np.int64]
    bar: NDArray[np.int64]
    group: NDArray[np.int64]
    value: kernels.Floats


def _book(pair: Pair) -> _Booked:
    """Book every deal in the one order of attribution."""
    was, now = pair.before, pair.after
    stays, leaves, enters = was.member & now.member, was.member & ~now.member, ~was.member & now.member
    moved = stays & (was.group != now.group)
    out = np.select(
        [
            pair.won,
            pair.lost,
            pair.unclear,
            ~now.is_open,
            ~now.priced,
            ~now.scheduled,
            now.later,
        ],
        [_BAR[name] for name in ("won", "lost", "closed_unclear", "removed", "unpriced", "unscheduled", "slipped_out")],
        default=_BAR["pulled_out"],
    )
    into = np.select(
        [
            ~was.is_open & pair.existed,
            ~was.is_open,
            ~was.priced,
            ~was.scheduled,
            was.later,
        ],
        [_BAR[name] for name in ("reopened", "new", "priced", "scheduled", "pulled_in")],
        default=_BAR["slipped_in"],
    )
    # What was open and priced comes in at the amount it had; the difference is a raise or a cut.
    known_before = was.is_open & was.priced
    entry = np.where(known_before, was.amount, now.amount)
    changed = np.where(stays | (enters & known_before), now.amount - was.amount, 0.0)
    bookings: list[tuple[NDArray[np.bool_], int | NDArray[np.int64], NDArray[np.int64], kernels.Floats]] = [
        (was.member, _BAR["opening"], was.group, was.amount),
        (enters, into, now.group, entry),
        (moved, _BAR["reassigned_in"], now.group, was.amount),
        (changed > 0, _BAR["raised"], now.group, changed),
        (changed < 0, _BAR["cut"], now.group, changed),
        (leaves, out, was.group, -was.amount),
        (moved, _BAR["reassigned_out"], was.group, -was.amount),
        (now.member, _BAR["closing"], now.group, now.amount),
    ]
    parts = []
    for mask, bar, group, value in bookings:
        rows = np.flatnonzero(mask)
        bars = np.full(rows.size, bar) if isinstance(bar, int) else bar[rows]
        parts.append((rows, bars, group[rows], value[rows]))
    deal, bar, group, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Booked(deal, bar, group, value)


def _bars(pair: Pair, booked: _Booked) -> pd.DataFrame:
    n_groups, n_bars = len(pair.keys), len(BARS)
    cell = booked.group * n_bars + booked.bar
    keys = pair.keys.iloc[np.repeat(np.arange(n_groups), n_bars)].reset_index(drop=True)
    return keys.assign(
        bar=ordered_classes(np.tile(np.arange(n_bars), n_groups), BARS),
        n_deals=np.bincount(cell, minlength=n_groups * n_bars),
        amount_signed=kernels.sums_by_code(cell, booked.value, n_groups * n_bars),
    )


def _summary(pair: Pair) -> pd.DataFrame:
    was, now, n = pair.before, pair.after, len(pair.keys)

    def total(mask: NDArray[np.bool_], group: NDArray[np.int64], values: kernels.Floats) -> kernels.Floats:
        return kernels.sums_by_code(group[mask], values[mask], n)

    def count(mask: NDArray[np.bool_], group: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(group[mask], minlength=n)

    opening, closing = total(was.member, was.group, was.amount), total(now.member, now.group, now.amount)
    priced_wins = pair.won & ~np.isnan(pair.final)
    from_opening, elsewhere = priced_wins & was.member, priced_wins & ~was.member
    difference = np.where(from_opening, pair.final - was.amount, 0.0)
    unknown = np.full(n, np.nan)
    return pair.keys.assign(
        opening=opening,
        closing=closing,
        closing_minus_opening=closing - opening,
        n_opening=count(was.member, was.group),
        n_closing=count(now.member, now.group),
        opening_overdue=unknown if pair.days is None else total(was.member & was.overdue, was.group, was.amount),
        closing_overdue=unknown if pair.days is None else total(now.member & now.overdue, now.group, now.amount),
        n_unpriced_before=count(was.is_open & ~was.priced, was.group),
        n_unpriced_after=count(now.is_open & ~now.priced, now.group),
        won_from_opening=total(from_opening, was.group, was.amount),
        won_raised=total(difference > 0, was.group, difference),
        won_cut=total(difference < 0, was.group, -difference),
        won_not_in_opening=total(elsewhere, pair.closed_group, pair.final),
        won_between=total(priced_wins, _home(pair), pair.final),
        n_won_unpriced=count(pair.won & np.isnan(pair.final), _home(pair)),
    )


def _deals(pair: Pair, booked: _Booked, opportunity: str) -> pd.DataFrame:
    order = np.lexsort((-np.abs(booked.value), booked.group, booked.bar))
    deal = booked.deal[order]
    names = pd.DataFrame({opportunity: pair.names.take(deal)})
    keys = pair.keys.iloc[booked.group[order]].reset_index(drop=True)
    return pd.concat([names, keys], axis=1).assign(
        bar=ordered_classes(booked.bar[order], BARS),
        amount_signed=booked.value[order],
        amount_before=pair.before.amount[deal],
        amount_after=pair.after.amount[deal],
        expected_close_before=pair.before.due.array.take(deal),
        expected_close_after=pair.after.due.array.take(deal),
    )


def _closed(pair: Pair, opportunity: str) -> pd.DataFrame:
    member = pair.before.member
    rows = np.flatnonzero(pair.won | pair.lost)
    rows = rows[np.lexsort((-np.nan_to_num(pair.final[rows]), ~member[rows], ~pair.won[rows]))]
    group = _home(pair)[rows]
    difference = np.where(member, pair.final - pair.before.amount, np.nan)[rows]
    names = pd.DataFrame({opportunity: pair.names.take(rows)})
    return pd.concat([names, pair.keys.iloc[group].reset_index(drop=True)], axis=1).assign(
        outcome=pd.Series(np.where(pair.won[rows], "won", "lost"), dtype="str"),
        closed=pair.closed.array.take(rows),
        in_opening=member[rows],
        amount_before=pair.before.amount[rows],
        amount_at_close=pair.final[rows],
        raised=np.maximum(difference, 0.0),
        cut=np.maximum(-difference, 0.0),
    )


def _home(pair: Pair) -> NDArray[np.int64]:
    """Return the group a closing belongs to: that of the opening, else the last one known."""
    return np.where(pair.before.member, pair.before.group, pair.closed_group)


def _set_apart(pair: Pair) -> pd.DataFrame:
    """Count the deals set apart, by group and reason."""
    n_groups, n_reasons = len(pair.keys), len(REASONS)
    n = n_groups * n_reasons
    cell = _home(pair)[pair.set_apart] * n_reasons + pair.reason
    worth = pair.worth[pair.set_apart]
    priced = ~np.isnan(worth)
    keys = pair.keys.iloc[np.repeat(np.arange(n_groups), n_reasons)].reset_index(drop=True)
    return keys.assign(
        reason=ordered_classes(np.tile(np.arange(n_reasons), n_groups), REASONS),
        n_deals=np.bincount(cell, minlength=n),
        n_in_opening=np.bincount(cell[pair.before.member[pair.set_apart]], minlength=n),
        n_unpriced=np.bincount(cell[~priced], minlength=n),
        amount=kernels.sums_by_code(cell[priced], worth[priced], n),
    )


def _set_apart_deals(pair: Pair, opportunity: str) -> pd.DataFrame:
    """List the deals set apart: by reason, group and largest amount first."""
    home, deal = _home(pair), pair.set_apart
    order = np.lexsort((-np.nan_to_num(pair.worth[deal]), home[deal], pair.reason))
    deal = deal[order]
    names = pd.DataFrame({opportunity: pair.names.take(deal)})
    return pd.concat([names, pair.keys.iloc[home[deal]].reset_index(drop=True)], axis=1).assign(
        reason=ordered_classes(pair.reason[order], REASONS),
        outcome=pd.Series(np.array(OUTCOMES, dtype=object)[pair.outcome[deal]], dtype="str"),
        closed=pair.closed.array.take(deal),
        in_opening=pair.before.member[deal],
        amount=pair.worth[deal],
    )
