"""The tables of a migration: states before and after, what a move is called, and its cells, angles and segments."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.nullable import nullable_integers, ordered_classes
from custvalue.kernels import moves as move
from custvalue.rules.grid import AccountGrid

STAYED, UPGRADED, MIXED, DOWNGRADED = "stayed", "upgraded", "mixed", "downgraded"
UNPLACED, NEW, RETURNED, LOST = "unplaced", "new", "returned", "lost"
MOVEMENTS = (UPGRADED, STAYED, MIXED, DOWNGRADED, UNPLACED, NEW, RETURNED, LOST)
ANGLES = ("potential", "share", "loyalty")
ENOUGH = 30
TOO_FEW = f"fewer than {ENOUGH} accounts placed in both quarters"
NO_SEGMENT = "not a move between segments"
NO_HISTORY = "no history: accounts that returned are counted as new"
VALUES = ("n", "revenue_before", "revenue_after", "share_of_before", "share_of_placed", "share_smoothed", "low", "high")

Ints = NDArray[np.intp]
Sums = tuple[kernels.Floats, kernels.Floats]


def class_sizes(grid: AccountGrid) -> tuple[int, int, int]:
    """Return how many classes each angle has."""
    return len(grid.potential_classes), len(grid.share_classes), len(grid.loyalty)


def movement_table(grid: AccountGrid) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return the code of the movement between every two states, and the classes gained along each angle."""
    k = len(grid.segments)
    classes = np.array(np.unravel_index(np.arange(k), class_sizes(grid)))
    # Classes are numbered from the best, so a step up is a smaller number.
    gained = classes[:, :, None] - classes[:, None, :]
    better, worse = (gained > 0).any(axis=0), (gained < 0).any(axis=0)
    code = {name: place for place, name in enumerate(MOVEMENTS)}
    kinds = np.full((k + 3, k + 2), code[UNPLACED], dtype=np.int8)
    kinds[:k, :k] = np.select(
        [better & worse, better, worse], [code[MIXED], code[UPGRADED], code[DOWNGRADED]], code[STAYED]
    )
    kinds[:, k + 1] = code[LOST]
    kinds[k + 1], kinds[k + 2] = code[NEW], code[RETURNED]
    steps = np.zeros((len(ANGLES), k + 3, k + 2), dtype=np.int8)
    steps[:, :k, :k] = gained
    return kinds, steps


def _states(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the states before and after."""
    return [*names, UNPLACED, NEW, RETURNED], [*names, UNPLACED, LOST]


def movement_classes(codes: NDArray[np.int8]) -> "pd.Categorical[Any]":
    """Return movements as a categorical with all its levels, from the best news to the worst."""
    return pd.Categorical.from_codes(codes.astype(np.int64), dtype=pd.CategoricalDtype(list(MOVEMENTS)))


def _shares(n: NDArray[np.number], k: int) -> tuple[kernels.Floats, kernels.Floats]:
    """Return each move's share of its row, and of the row's accounts placed in both quarters."""
    with np.errstate(divide="ignore", invalid="ignore"):
        of_before = n / n.sum(axis=1, keepdims=True)
        of_placed = np.full(n.shape, np.nan)
        of_placed[:k, :k] = n[:k, :k] / n[:k, :k].sum(axis=1, keepdims=True)
    return of_before, of_placed


def cell_table(
    n: kernels.Integers,
    sums: Sums,
    kinds: NDArray[np.int8],
    alphas: kernels.Floats,
    grid: AccountGrid,
    level: float,
) -> pd.DataFrame:
    """Return one row per possible move between states."""
    k = len(grid.segments)
    names = _states(grid.segments)
    of_before, of_placed = _shares(n, k)
    smoothed, low, high = (np.full(n.shape, np.nan) for _ in range(3))
    smoothed[:k, :k] = alphas / alphas.sum(axis=1, keepdims=True)
    enough = np.flatnonzero(n[:k, :k].sum(axis=1) >= ENOUGH)
    low[enough, :k], high[enough, :k] = move.beta_interval(alphas[enough], level)
    # A move that nobody made may be one that nobody makes.
    low[(n == 0) & ~np.isnan(low)] = 0.0
    reason = np.full(n.shape, NO_SEGMENT, dtype=object)
    reason[:k, :k] = TOO_FEW
    reason[enough, :k] = ""
    possible = _possible(k)
    rows, places = np.nonzero(possible)
    numbers = dict(zip(VALUES, (n, *sums, of_before, of_placed, smoothed, low, high), strict=True))
    return pd.DataFrame(
        {
            "before": ordered_classes(rows.astype(np.int16), names[0]),
            "after": ordered_classes(places.astype(np.int16), names[1]),
            "movement": movement_classes(kinds[possible]),
            **{name: table[possible] for name, table in numbers.items()},
            "reason": pd.array(reason[possible], dtype="str"),
        }
    )


def _possible(k: int) -> NDArray[np.bool_]:
    """Return which moves can be: an account that was in neither quarter is none."""
    possible = np.ones((k + 3, k + 2), dtype=bool)
    possible[k + 1 :, -1] = False
    return possible


def angle_table(n: kernels.Integers, sums: Sums, grid: AccountGrid, level: float) -> pd.DataFrame:
    """Return one row per angle and possible move of its class."""
    k, sizes = len(grid.segments), class_sizes(grid)
    classes = (grid.potential_classes, grid.share_classes, grid.loyalty)
    members = np.unravel_index(np.arange(k), sizes)
    levels = [*(name for names in classes for name in names), UNPLACED, NEW, RETURNED, LOST]
    frames = []
    for angle, names, mine in zip(ANGLES, classes, members, strict=True):
        size = len(names)
        rows, places = (np.append(mine, size + np.arange(extra)) for extra in (3, 2))
        table, *amounts = (_added_up(values, n, rows, places, size) for values in (n, *sums))
        of_before, of_placed = _shares(table, size)
        low, high = (np.full(table.shape, np.nan) for _ in range(2))
        placed = table[:size, :size]
        low[:size, :size], high[:size, :size] = kernels.wilson_interval(
            placed, np.broadcast_to(placed.sum(axis=1, keepdims=True), placed.shape), level
        )
        possible = _possible(size)
        before, after = (np.array(states)[at] for states, at in zip(_states(names), np.nonzero(possible), strict=True))
        numbers = (table.astype(np.int64), *amounts, of_before, of_placed, low, high)
        keys = {"angle": angle, "before": before, "after": after}
        named = zip((*VALUES[:5], "low", "high"), numbers, strict=True)
        frames.append(pd.DataFrame({**keys, **{name: values[possible] for name, values in named}}))
    whole = pd.concat(frames, ignore_index=True)
    whole["angle"] = pd.Categorical(whole["angle"], list(ANGLES), ordered=True)
    for name in ("before", "after"):
        whole[name] = pd.Categorical(whole[name], levels)
    return whole


def _added_up(values: NDArray[np.number], n: kernels.Integers, rows: Ints, places: Ints, size: int) -> kernels.Floats:
    """Return a table of states added up to classes; missing where accounts moved and no move has a known value."""
    flat = (rows[:, None] * (size + 2) + places[None, :]).ravel()
    entries, known = values.ravel().astype(np.float64), ~np.isnan(values.ravel()) & (n.ravel() > 0)
    total, n_moved, n_known = (
        np.bincount(flat, weights=weights, minlength=(size + 3) * (size + 2))
        for weights in (np.nan_to_num(entries), n.ravel(), known)
    )
    return np.where((n_moved > 0) & (n_known == 0), np.nan, total).reshape(size + 3, size + 2)


def segment_table(
    n: kernels.Integers,
    sums: Sums,
    kinds: NDArray[np.int8],
    by_row: kernels.Floats,
    grid: AccountGrid,
    level: float,
) -> pd.DataFrame:
    """Return where each segment's accounts went, and where those in it now came from."""
    k = len(grid.segments)
    own = n[: k + 1]
    n_before, n_after, lost = own.sum(axis=1), n[:, : k + 1].sum(axis=0), own[:, k + 1]
    went = {name: (own * (kinds[: k + 1] == code)).sum(axis=1) for code, name in enumerate(MOVEMENTS)}
    stayed = np.append(np.diagonal(n)[:k], 0)
    low, high = kernels.wilson_interval(lost.astype(np.float64), n_before.astype(np.float64), level)
    with np.errstate(invalid="ignore"):
        share_lost = lost / n_before.astype(np.float64)
    return pd.DataFrame(
        {
            "segment": ordered_classes(np.append(np.arange(k), kernels.MISSING_CODE), grid.segments),
            "n_before": n_before,
            "n_after": n_after,
            **{f"n_{name}": went[name] for name in (STAYED, UPGRADED, MIXED, DOWNGRADED)},
            "n_to_unplaced": own[:, k],
            "n_to_placed": np.append(np.zeros(k, dtype=np.int64), own[k, :k].sum()),
            "n_lost_accounts": lost,
            "n_moved_in": n[:k, : k + 1].sum(axis=0) - stayed,
            "n_from_unplaced": n[k, : k + 1],
            "n_new": n[k + 1, : k + 1],
            "n_returned": n[k + 2, : k + 1],
            "revenue_before": _known_sum(sums[0][: k + 1], own, axis=1),
            "revenue_after": _known_sum(sums[1][:, : k + 1], n[:, : k + 1], axis=0),
            "share_lost": share_lost,
            "low": low,
            "high": high,
            "prior_strength": np.append(by_row, np.nan),
        }
    )


def _known_sum(sums: kernels.Floats, n: NDArray[np.number], axis: int) -> kernels.Floats:
    """Return sums along an axis, missing where there are accounts and no cell with accounts has a known sum."""
    silent = (n > 0).any(axis=axis) & ~((n > 0) & ~np.isnan(sums)).any(axis=axis)
    return np.where(silent, np.nan, np.nansum(sums, axis=axis))


def summary_row(
    n: kernels.Integers,
    sums: Sums,
    kinds: NDArray[np.int8],
    *,
    periods: Sequence[object],
    n_without_revenue: int,
    strength: float,
    known_history: bool,
) -> pd.DataFrame:
    """Return the counts and revenue of all movements."""
    k = n.shape[1] - 2
    went = {name: int(n[kinds == code].sum()) for code, name in enumerate(MOVEMENTS)}
    own, theirs = n[: k + 1], n[:, : k + 1]
    total = [
        float(_known_sum(table.ravel(), rows.ravel(), axis=0))
        for table, rows in ((sums[0][: k + 1], own), (sums[1][:, : k + 1], theirs))
    ]
    parts = {name: kinds == MOVEMENTS.index(name) for name in (LOST, NEW, RETURNED)}
    amounts = {
        f"revenue_{name}": float(_known_sum(table[parts[name]], n[parts[name]], axis=0))
        for name, table in ((LOST, sums[0]), (NEW, sums[1]), (RETURNED, sums[1]))
    }
    names = [None if period is None else str(period) for period in periods]
    row = {
        "period_before": pd.array(names[:1], dtype="str"),
        "period_after": pd.array(names[1:], dtype="str"),
        "n_before": int(n[: k + 1].sum()),
        "n_after": int(n[:, : k + 1].sum()),
        "n_accounts": int(n.sum()),
        "n_both": int(n[: k + 1, : k + 1].sum()),
        "n_placed": int(n[:k, :k].sum()),
        **{f"n_{name}": went[name] for name in (STAYED, UPGRADED, MIXED, DOWNGRADED, UNPLACED, NEW)},
        "n_returned": nullable_integers(np.array([went[RETURNED] if known_history else np.nan])),
        "n_lost_accounts": went[LOST],
        "revenue_before": total[0],
        "revenue_after": total[1],
        **amounts,
        "n_without_revenue": n_without_revenue,
        "prior_strength": strength,
        "note": pd.array(["" if known_history else NO_HISTORY], dtype="str"),
    }
    summary = pd.DataFrame(row, index=range(1))
    if not known_history:
        summary["revenue_returned"] = np.nan
    return summary
