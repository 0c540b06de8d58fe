"""Three angles at once: class codes, segment, what is missing, headroom, in one walk through the columns.

The columns are walked in slices that stay in the processor's cache: each is read from memory once, and no column is
made that is not part of the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import MISSING_CODE, ROUND_OFF, Codes, Floats

Flags = NDArray[np.bool_]

SLICE = 32_768
BYTE_VALUES = 256
LEAST_LOYAL = 2
LARGEST = float(np.finfo(np.float64).max)
# What is missing, as bits: the code of a reason is their sum less one, so that "nothing" is the missing code.
MISSING_BITS = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Angle:
    """The cuts of one angle, lowest first, whether the class above owns each, and the largest value there may be."""

    cuts: tuple[float, ...]
    owned_by_upper: tuple[bool, ...]
    top: float = LARGEST

    def below(self, values: Floats, cut: int) -> Flags:
        """Say which values lie below a cut; one that misses it by round-off stands on it."""
        # 0.8 - 0.1 is a little more than 0.7.
        tolerance = ROUND_OFF * max(map(abs, self.cuts))
        if self.owned_by_upper[cut]:
            return values < self.cuts[cut] - tolerance
        return values <= self.cuts[cut] + tolerance


@dataclass(slots=True)
class Segmented:
    """Codes counted from the best class, -1 where missing; headroom; and the angles that may hold a value out of range.

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


def _empty(n: int, n_tables: int) -> Segmented:
    """Return room for the answer. One large block of memory is had ten times faster than many small ones."""
    codes = np.empty((_N_CODES + n_tables, n), dtype=np.int8)
    potential, share, loyalty, segment, reason, above_one, held_unknown = codes[:_N_CODES]
    flags = (above_one.view(np.bool_), held_unknown.view(np.bool_))
    return Segmented(potential, share, loyalty, segment, reason, *flags, codes[_N_CODES:], np.empty(n))


_N_CODES = 7


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
    the angle's top: an angle where one may not is named in ``suspect``, and its codes mean nothing.

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
    bytes_of = [_translation(table) for table in tables]
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
        found.reason[part] = MISSING_CODE
        for codes, gone, bit in zip(classes, missing, MISSING_BITS, strict=True):
            if gone is not None:
                bits = gone.view(np.int8)
                found.reason[part] += bits * np.int8(bit)
                # All bits set is -1, whatever the code was.
                filled = -bits
                np.bitwise_or(codes, filled, out=codes)
                np.bitwise_or(place, filled, out=place)
        for row, translation in zip(found.looked_up, bytes_of, strict=True):
            # Translating bytes takes a fifth of the time of indexing by them.
            row[part] = np.frombuffer(place.tobytes().translate(translation), dtype=np.int8)
        _room(potential[part], None if held is None else held[part], target, found, part)
    return found


def _translation(table: Sequence[int]) -> bytes:
    """Return a table of codes as one for bytes, in which the missing code stays itself."""
    full = np.full(BYTE_VALUES, MISSING_CODE, dtype=np.int8)
    full[: len(table)] = table
    return full.tobytes()


def _room(potential: Floats, held: Floats | None, target: float, found: Segmented, part: slice) -> None:
    """Fill in one slice of the headroom and of what is known of the share held."""
    room = found.headroom[part]
    if held is None:
        room[:] = np.nan
        found.above_one[part] = False
        found.held_unknown[part] = True
        return
    np.subtract(target, held, out=room)
    np.maximum(room, 0.0, out=room)
    room *= potential
    np.greater(held, 1 + ROUND_OFF, out=found.above_one[part])
    np.not_equal(held, held, out=found.held_unknown[part])


def _classes(values: Floats, angle: Angle, codes: Codes, name: str, suspect: set[str]) -> Flags | None:
    """Class a slice of one angle from the best, and return what is missing, if anything is."""
    codes[:] = 0
    for cut in range(len(angle.cuts)):
        codes += angle.below(values, cut).view(np.int8)
    # As bits, the numbers from 0 up are in order, and infinity, the missing and the negative are larger than all of
    # them: one look at the largest does for the range and for missing values.
    if values.view(np.uint64).max() <= np.float64(angle.top).view(np.uint64):
        return None
    gone: Flags = values != values  # noqa: PLR0124 (faster than isnan)
    known = values.size - np.count_nonzero(gone)
    if np.count_nonzero(values >= 0) < known or np.count_nonzero(values <= angle.top) < known:
        suspect.add(name)
    return gone


def _coded(values: Codes, codes: Codes, _: set[str]) -> Flags | None:
    """Take codes as they are, and return what is missing, if anything is."""
    codes[:] = values
    gone = codes < 0
    return gone if gone.any() else None


def _signs(values: NDArray[Any], codes: Codes, suspect: set[str]) -> Flags | None:
    """Read 1, 0 and -1 as the codes 0, 1 and 2, and return what is missing, if anything is."""
    with np.errstate(invalid="ignore"):
        np.copyto(codes, values, casting="unsafe")
    signs = codes == values
    np.subtract(1, codes, out=codes)
    signs &= codes >= 0
    signs &= codes <= LEAST_LOYAL
    if signs.all():
        return None
    gone: Flags = values != values  # noqa: PLR0124
    if np.count_nonzero(gone) + np.count_nonzero(signs) < values.size:
        suspect.add("loyalty")
    return gone
