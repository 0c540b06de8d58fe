"""The smallest change of one weight, or of the points on one criterion, that moves a score to another band."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custvalue.kernels.arrays import MISSING_CODE, ROUND_OFF, Codes, Floats, Integers
from custvalue.kernels.bands import band_codes

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Card:
    """A scorecard as arrays: weights, the most points (0 on a raw scale, where they set no total), scale and cuts."""

    weights: Floats
    most: Floats
    scale: float
    cuts: tuple[float, ...]
    owned_by_upper: tuple[bool, ...]
    tolerance: float

    @property
    def max_total(self) -> float:
        """What totals are divided by to put them on the scale."""
        return float(self.weights @ self.most) or 1.0

    def codes(self, values: Floats) -> Codes:
        """Return the band of each banded value."""
        return band_codes(values, self.cuts, self.owned_by_upper, tolerance=self.tolerance)


@dataclass(slots=True)
class Moves:
    """The best move found so far for each row: the criterion (-1: none), where to, and how.

    ``passes`` says that the value must go beyond ``to``, however little: the cut itself belongs to the band it is in.
    """

    distance: Floats
    criterion: Integers
    to: Floats
    passes: Mask
    up: Mask
    band: Integers

    @classmethod
    def none(cls, n: int) -> "Moves":
        """Return no move for any of n rows."""
        nowhere = np.full(n, MISSING_CODE, dtype=np.int64)
        false = np.zeros(n, dtype=bool)
        return cls(np.full(n, np.inf), nowhere, np.full(n, np.nan), false, false.copy(), nowhere.copy())

    def offer(
        self,
        distance: Floats,
        possible: Mask,
        criterion: int,
        to: Floats | float,
        passes: Mask | bool,
        up: Mask,
        band: Integers,
    ) -> None:
        """Take a move over where it is possible and shorter, by more than round-off, than what is there."""
        better = possible & (distance < self.distance * (1 - ROUND_OFF))
        for mine, other in (
            (self.distance, distance),
            (self.criterion, criterion),
            (self.to, to),
            (self.passes, passes),
            (self.up, up),
            (self.band, band),
        ):
            np.copyto(mine, other, where=better, casting="same_kind")


def smallest_weight_change(card: Card, points: Floats, total: Floats, movable: Mask) -> Moves:
    """Return for each row the smallest relative change of one weight that moves it to another band.

    With all but weight ``w`` of points ``p`` fixed, ``score(w) = scale · (A + w p) ÷ (B + w m)``: it rises or falls all
    the way, so each cut ``c`` is met at most once, at ``w = (c B − scale A) ÷ (scale p − c m)``. Weights of 0 stay out.
    Ties go to the first criterion, and to the higher band.
    """
    n = total.size
    moves = Moves.none(n)
    max_total = card.max_total
    score = total * card.scale / max_total
    for place in np.flatnonzero(card.weights > 0):
        weight, most, earned = card.weights[place], card.most[place], points[:, place]
        rest = total - weight * earned
        rest_most = max_total - weight * most
        rise, fall = earned * rest_most, most * rest
        slope = np.where(np.abs(rise - fall) <= ROUND_OFF * (rise + fall), 0.0, rise - fall)
        for up, cut, passes, band in _next_cuts(card, card.codes(score)):
            with np.errstate(divide="ignore", invalid="ignore"):
                to = (cut * rest_most - card.scale * rest) / (card.scale * earned - cut * most)
            to = np.where(np.abs(score - cut) <= card.tolerance, weight, to)
            to = np.where(np.abs(to) <= ROUND_OFF * weight, 0.0, to)
            raised = (slope > 0) == up
            reachable = (to > 0) | ((to == 0) & ~passes & (rest_most > ROUND_OFF * max_total))
            on_the_way = np.where(raised, to >= weight, to <= weight)
            possible = movable & (slope != 0) & np.isfinite(to) & reachable & on_the_way
            moves.offer(np.abs(to - weight) / weight, possible, int(place), to, passes, raised, band)
    return moves


def smallest_points_change(
    card: Card,
    points: Floats,
    total: Floats,
    levels: Sequence[Sequence[float]],
    fatal: Sequence[Sequence[float]],
) -> Moves:
    """Return for each row the smallest change of the points on one criterion that moves it to another band.

    Points go to another level; ``levels`` is empty for a criterion of bare numbers, whose points may take any value of
    0 or more. ``fatal`` lists the points that put a prospect into the lowest band at once. Ties go to the first
    criterion, and to the higher points.
    """
    n = total.size
    moves = Moves.none(n)
    factor = card.scale / card.max_total
    score = total * factor
    knocked = np.array([np.isin(points[:, place], answers) for place, answers in enumerate(fatal)]).reshape(
        len(fatal), n
    )
    times_knocked = knocked.sum(axis=0)
    now = np.where(times_knocked > 0, 0, card.codes(score)).astype(np.int64)
    for place, weight in enumerate(card.weights):
        earned = points[:, place]
        knocked_elsewhere = times_knocked - knocked[place] > 0
        for level in reversed(levels[place]):
            then = card.codes(score + weight * factor * (level - earned)).astype(np.int64)
            then[knocked_elsewhere | (level in fatal[place])] = 0
            moves.offer(np.abs(level - earned), then != now, place, level, False, level > earned, then)
        if not levels[place] and weight > 0:
            for up, cut, passes, band in _next_cuts(card, now):
                to = np.where(np.abs(score - cut) <= card.tolerance, earned, earned + (cut - score) / (weight * factor))
                to = np.where(np.abs(to) <= ROUND_OFF * np.maximum(np.abs(earned), 1.0), 0.0, to)
                possible = (times_knocked == 0) & ((to > 0) | ((to == 0) & ~passes))
                moves.offer(np.abs(to - earned), possible, place, to, passes, np.full(n, up), band)
    return moves


def _next_cuts(card: Card, codes: NDArray[np.integer]) -> Iterator[tuple[bool, Floats, Mask, Integers]]:
    """Yield the cut above and the cut below each band: direction, cut (NaN: none), must it be passed, new band."""
    cuts = np.array([np.nan, *card.cuts, np.nan])
    upper_owns = np.array([False, *card.owned_by_upper, False])
    above, below = codes.astype(np.int64) + 1, codes.astype(np.int64)
    yield True, cuts[above], ~upper_owns[above], above
    yield False, cuts[below], upper_owns[below], below - 1
