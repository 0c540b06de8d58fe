"""The cut points questioned: who stands near one, and what changes when one is moved."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import isclose

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.nullable import ordered_classes
from custvalue.kernels.segments import LARGEST, Angle, segment_codes
from custvalue.rules.bands import Bands
from custvalue.rules.errors import refusal
from custvalue.rules.grid import AccountGrid

POTENTIAL, SHARE, ANY = "potential", "share", "any"


def near_thresholds(
    potential: kernels.Floats, share: kernels.Floats, grid: AccountGrid, near: float
) -> tuple[NDArray[np.bool_], pd.DataFrame]:
    """Say which accounts stand within ``near`` (a fraction of it) of a threshold, and count them by threshold."""
    n = potential.size
    any_near = np.zeros(n, dtype=bool)
    rows: list[tuple[object, ...]] = []
    for angle, values, bands in ((POTENTIAL, potential, grid.potential), (SHARE, share, grid.share)):
        for cut, upper_owns in zip(bands.cuts, bands.owned_by_upper, strict=True):
            close = np.abs(values - cut) <= near * cut * (1 + kernels.ROUND_OFF)
            above = close & (values >= cut if upper_owns else values > cut)
            any_near |= close
            rows.append((angle, cut, int(close.sum()), int((close & ~above).sum()), int(above.sum())))
    rows.append((ANY, np.nan, int(any_near.sum()), pd.NA, pd.NA))
    table = pd.DataFrame(rows, columns=["angle", "threshold", "n", "n_below", "n_above"])
    table = table.astype({"n_below": "Int64", "n_above": "Int64"})
    return any_near, table.assign(share_of_accounts=table["n"] / n if n else np.nan)


def threshold_sensitivity(
    potential: kernels.Floats,
    share: kernels.Floats,
    loyalty: kernels.Codes,
    held: kernels.Floats,
    grid: AccountGrid,
    *,
    factors: Sequence[float],
    target: float,
    follows: bool,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Move one threshold at a time and count: who changes segment, and what the segments then hold.

    Where ``follows``, a share threshold that is equal to the target takes it along: headroom is counted up to it.
    """
    n_segments = len(grid.segments)

    def rooms_up_to(goal: float) -> kernels.Floats:
        # What is not known adds nothing to a sum.
        return np.nan_to_num(np.maximum(goal * potential - held, 0.0))

    room = rooms_up_to(target)
    base = _segments(potential, share, loyalty, grid)
    counts, rooms = _counted(base, room, n_segments)
    moves, parts = [], []
    for angle, bands in ((POTENTIAL, grid.potential), (SHARE, grid.share)):
        for place, cut in enumerate(bands.cuts):
            for factor in factors:
                moved = _moved(bands, place, factor)
                if angle == SHARE and not moved.cuts[place] < 1:
                    raise refusal("a share threshold must stay below 1", moved.cuts[place], "Choose smaller factors.")
                codes = _segments(potential, share, loyalty, _with_bands(grid, angle, moved))
                changed = codes != base
                carries = follows and angle == SHARE and isclose(cut, target, rel_tol=kernels.ROUND_OFF)
                after = rooms_up_to(moved.cuts[place]) if carries else room
                then, then_rooms = _counted(codes, after, n_segments)
                key = (angle, cut, factor, moved.cuts[place])
                n_moved = int(changed.sum())
                part = n_moved / base.size if base.size else np.nan
                moves.append((*key, n_moved, part, room[changed].sum(), (after - room).sum()))
                parts.append((key, then, then - counts, then_rooms, then_rooms - rooms))
    names = ["angle", "threshold", "factor", "moved_to"]
    n_rows = n_segments + 1
    keys = pd.DataFrame([part[0] for part in parts], columns=names)
    measures = {
        name: np.concatenate([part[column] for part in parts]) if parts else np.zeros(0)
        for column, name in enumerate(("n", "n_change", "headroom", "headroom_change"), start=1)
    }
    segment = np.tile(np.append(np.arange(n_segments), kernels.MISSING_CODE), len(parts))
    sensitivity = keys.loc[keys.index.repeat(n_rows)].reset_index(drop=True)
    sensitivity = sensitivity.assign(segment=ordered_classes(segment, grid.segments), **measures)
    table = pd.DataFrame(moves, columns=[*names, "n_moved", "share_of_accounts", "headroom_moved", "headroom_change"])
    return table, sensitivity.astype({"n": "int64", "n_change": "int64"})


def _moved(bands: Bands, place: int, factor: float) -> Bands:
    cuts = list(bands.cuts)
    cuts[place] *= factor
    if any(left >= right for left, right in pairwise(cuts)):
        raise refusal("a moved threshold must stay between its neighbours", cuts, "Choose factors nearer to 1.")
    return replace(bands, cuts=tuple(cuts))


def _with_bands(grid: AccountGrid, angle: str, bands: Bands) -> AccountGrid:
    return replace(grid, potential=bands) if angle == POTENTIAL else replace(grid, share=bands)


def _segments(
    potential: kernels.Floats, share: kernels.Floats, loyalty: kernels.Codes, grid: AccountGrid
) -> kernels.Codes:
    return segment_codes(
        potential,
        np.maximum(share, 0.0),
        loyalty,
        angles=(
            Angle(grid.potential.cuts, grid.potential.owned_by_upper, LARGEST),
            Angle(grid.share.cuts, grid.share.owned_by_upper, LARGEST),
        ),
        n_signs=len(grid.loyalty),
        target=1.0,
        coded=True,
    ).segment


def _counted(codes: kernels.Codes, room: kernels.Floats, n: int) -> tuple[NDArray[np.int64], kernels.Floats]:
    places = np.where(codes < 0, n, codes).astype(np.int64)
    return np.bincount(places, minlength=n + 1), kernels.sums_by_code(places, room, n + 1)
