"""Three angles at once: class codes, segment, what is missing, headroom, in one walk through the columns.

The columns are walked in slices that stay in the processor's cache: each is read from memory once, and no column is
made that is not part of the answer. Threads do not help: the steps are too short to hand over between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import MISSING_CODE, ROUND_OFF, Codes, Floats

Flags = NDArray[np.bool_]

SLICE = 65_536
BYTE_VALUES = 256
CODE_BITS = 7
N_PACKED = 2
LARGEST = float(np.finfo(np.float64).max)
# What is missing, as bits: the code of a reason is their sum less one, so that "nothing" is the missing code.
MISSING_BITS = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Angle:
    """The cuts of one angle, lowest first, whether the class above owns each, and the largest value there may be."""

    cuts: tuple[float, ...]
    owned_by_upper: tuple[bool, ...]
    top: float = LARGEST

    def below(self, values: Floats, cut: int, out: Flags | None = None) -> Flags:
        """Say which values lie below a cut; one that misses it by round-off stands on it."""
        # 0.8 - 0.1 is a little more than 0.7.
        tolerance = ROUND_OFF * max(map(abs, self.cuts))
        if self.owned_by_upper[cut]:
            return np.less(values, self.cuts[cut] - tolerance, out=out)
        return np.less_equal(values, self.cuts[cut] + tolerance, out=out)


@dataclass(slots=True)
class Segmented:
    """Codes counted from the best class, -1 where missing; headroom; and the inputs that may hold a value out of range.

    ``above_one`` and ``held_unknown`` speak of the share held, ``looked_up`` has one row for each table.
    """

    potential: Codes
    share: Codes
    loyalty: Codes
    segment: Codes
    reason: Codes
    above_one: Flags
    held_unknown: Flags
    looked_up: Codes
    headroom: Floats
    suspect: set[str] = field(default_factory=set)


N_CODES = 7
FLOAT_BYTES = 8


def _empty(n: int, n_tables: int) -> Segmented:
    """Return room for the answer. One large block of memory is had ten times faster than many small ones."""
    block = np.empty((FLOAT_BYTES + N_CODES + n_tables, n), dtype=np.int8)
    potential, share, loyalty, segment, reason, above_one, held_unknown = block[FLOAT_BYTES : FLOAT_BYTES + N_CODES]
    return Segmented(
        potential,
        share,
        loyalty,
        segment,
        reason,
        above_one=above_one.view(np.bool_),
        held_unknown=held_unknown.view(np.bool_),
        looked_up=block[FLOAT_BYTES + N_CODES :],
        headroom=block[:FLOAT_BYTES].reshape(-1).view(np.float64),
    )


def segment_codes(
    potential: Floats,
    share: Floats,
    loyalty: NDArray[Any],
    held: Floats | None = None,
    *,
    angles: tuple[Angle, Angle],
    n_signs: int,
    target: float,
    coded: bool = False,
    tables: Sequence[Sequence[int]] = (),
) -> Segmented:
    """Return every account's classes, its segment, which angles it lacks, its headroom, and what to look up.

    ``loyalty`` holds the numbers 1, 0 and -1, or where ``coded`` codes counted from the most loyal sign. ``held`` is
    the current share; ``headroom = potential × max(0, target − held)``. ``reason`` is the sum of the bits of the angles
    that are missing, less one. Each of the ``tables`` gives a code to every segment. Values are to lie between 0 and
    the angle's top, and ``held`` at 0 or above: what may not is named in ``suspect``, and its codes mean nothing.

    >>> angle = Angle((10.0,), (False,))
    >>> potential, share, loyalty = np.array([[11.0, 10.0, np.nan], [9.0, 10.5, 1.0], [1.0, -1.0, 0.0]])
    >>> held = np.array([0.25, 0.9, 0.1])
    >>> found = segment_codes(potential, share, loyalty, held, angles=(angle, angle), n_signs=3, target=0.75)
    >>> found.segment.tolist(), found.reason.tolist(), found.headroom.tolist(), found.suspect
    ([3, 8, -1], [-1, -1, 0], [5.5, 0.0, nan], set())
    """
    n = potential.size
    found = _empty(n, len(tables))
    n_shares = len(angles[1].cuts) + 1
    pairs = _pairs(tables)

    for start in range(0, n, SLICE):
        part = slice(start, start + SLICE)
        classes = (found.potential[part], found.share[part], found.loyalty[part])
        place = found.segment[part]
        missing = (
            _classes(potential[part], angles[0], classes[0], "potential", found.suspect),
            _classes(share[part], angles[1], classes[1], "share", found.suspect),
            (_coded if coded else _signs)(loyalty[part], classes[2], found.suspect),
        )
        np.multiply(classes[0], n_shares, out=place)
        place += classes[1]
        place *= n_signs
        place += classes[2]
        _reasons(missing, found.reason[part], place)
        for rows, pair in pairs:
            pair.look_up(place.tobytes(), found.looked_up[rows, part])
        _room(potential[part], None if held is None else held[part], target, found, part)
    return found


def _reasons(missing: Sequence[Flags | None], reason: Codes, place: Codes) -> None:
    """Fill in a slice of the reasons, and take the segment from those who lack an angle."""
    reason[:] = MISSING_CODE
    lacking = [(gone.view(np.int8), bit) for gone, bit in zip(missing, MISSING_BITS, strict=True) if gone is not None]
    for gone, bit in lacking:
        reason += gone * np.int8(bit)
    if lacking:
        # All bits set is -1, whatever the code was.
        place |= -(reason >= 0).view(np.int8)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One or two tables as one translation of bytes, the second in the low bits; the missing code stays itself.

    Translating bytes takes a fifth of the time of indexing by them, but is still the dear part: two tables share it.
    """

    translation: bytes
    low_bits: int

    @classmethod
    def of(cls, first: Sequence[int], second: Sequence[int] | None) -> "_Pair":
        """Pack the tables, which have to fit into seven bits together."""
        low_bits = 0 if second is None else max(second).bit_length()
        full = np.full(BYTE_VALUES, MISSING_CODE, dtype=np.int8)
        full[: len(first)] = np.left_shift(first, low_bits) + (0 if second is None else np.asarray(second))
        return cls(full.tobytes(), low_bits)

    def look_up(self, place: bytes, rows: Codes) -> None:
        """Write the codes of a slice of segments."""
        packed = np.frombuffer(place.translate(self.translation), dtype=np.int8)
        np.right_shift(packed, self.low_bits, out=rows[0])
        if len(rows) > 1:
            np.bitwise_and(packed, (1 << self.low_bits) - 1, out=rows[1])
            # No part is larger than the whole, and missing is the least.
            np.minimum(rows[1], packed, out=rows[1])


def _room(potential: Floats, held: Floats | None, target: float, found: Segmented, part: slice) -> None:
    """Fill in one slice of the headroom and of what is known of the share held."""
    room = found.headroom[part]
    if held is None:
        room[:] = np.nan
        found.above_one[part] = False
        found.held_unknown[part] = True
        return
    if not _complete(held, LARGEST) and _out_of_range(held, LARGEST):
        found.suspect.add("held")
    np.subtract(target, held, out=room)
    np.maximum(room, 0.0, out=room)
    room *= potential
    np.greater(held, 1 + ROUND_OFF, out=found.above_one[part])
    np.not_equal(held, held, out=found.held_unknown[part])


def _classes(values: Floats, angle: Angle, codes: Codes, name: str, suspect: set[str]) -> Flags | None:
    """Class a slice of one angle from the best, and return what is missing, if anything is."""
    if angle.cuts:
        angle.below(values, 0, out=codes.view(np.bool_))
    else:
        codes[:] = 0
    for cut in range(1, len(angle.cuts)):
        codes += angle.below(values, cut).view(np.int8)
    if _complete(values, angle.top):
        return None
    if _out_of_range(values, angle.top):
        suspect.add(name)
    gone: Flags = values != values  # noqa: PLR0124 (faster than isnan)
    # What is missing lies below no cut.
    codes -= gone.view(np.int8)
    return gone


def _complete(values: Floats, top: float) -> bool:
    """Say at one look that all values lie between 0 and the top and none is missing; a no may be a negative zero."""
    # As bits, the numbers from 0 up are in order, and infinity, the missing and the negative are larger than all of
    # them.
    return bool(values.view(np.uint64).max() <= np.float64(top).view(np.uint64))


def _out_of_range(values: Floats, top: float) -> bool:
    """Say whether a value that is there lies outside 0 to the top."""
    return bool(np.fmin.reduce(values) < 0 or np.fmax.reduce(values) > top)


def _coded(values: Codes, codes: Codes, _: set[str]) -> Flags | None:
    """Take codes as they are, and return what is missing, if anything is."""
    codes[:] = values
    gone = codes < 0
    return gone if gone.any() else None


def _signs(values: NDArray[Any], codes: Codes, suspect: set[str]) -> Flags | None:
    """Read 1, 0 and -1 as the codes 0, 1 and 2, and return what is missing, if anything is."""
    others, opposed = values != 1, values == -1
    np.add(others.view(np.int8), opposed.view(np.int8), out=codes)
    # What is neither 1 nor -1 has to be 0.
    others ^= opposed
    others ^= values == 0
    if not others.any():
        return None
    gone: Flags = values != values  # noqa: PLR0124
    if np.count_nonzero(gone) < np.count_nonzero(others):
        suspect.add("loyalty")
    # All that is not 1 counts as one above it.
    codes -= gone.view(np.int8)
    codes -= gone.view(np.int8)
    return gone


def _pairs(tables: Sequence[Sequence[int]]) -> list[tuple[slice, _Pair]]:
    """Return the tables two by two, or one by one where two do not fit into a code."""
    if len(tables) == N_PACKED and sum(max(table).bit_length() for table in tables) <= CODE_BITS:
        return [(slice(None), _Pair.of(*tables))]
    return [(slice(row, row + 1), _Pair.of(table, None)) for row, table in enumerate(tables)]
