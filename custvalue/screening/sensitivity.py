"""How much of a ranking hangs on the weights, and how little would move a prospect to another band."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, nearest, to_pandas
from custvalue.frames.nullable import nullable_booleans, nullable_integers, ordered_classes
from custvalue.frames.parts import Parts
from custvalue.kernels.band_moves import Card, Moves, smallest_points_change, smallest_weight_change
from custvalue.kernels.weight_draws import drawn_ranks
from custvalue.rules import playbook
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.scorecard import Scorecard
from custvalue.rules.weights import WEIGHT_CERTAINTIES
from custvalue.screening.known_outcomes import MAX_DRAWS, check_whole
from custvalue.screening.scores import Answers, read_answers, round_off, score_columns, shared_rank

TAIL = 0.05
SHARE = "band_share_of_weight_draws_"
POINTS, WEIGHT = "points_change_", "weight_change_"


@dataclass(frozen=True, slots=True)
class ScoreSensitivity(Parts):
    """The answer of :func:`score_sensitivity`: ``.prospects`` row by row, and the drawn ``.weights``."""

    prospects: pd.DataFrame
    weights: pd.DataFrame


def score_sensitivity(
    prospects: Any,
    *,
    scorecard: Scorecard = playbook.SCREENING,
    concentration: str | float = "fairly sure",
    draws: int = 2000,
    k: int = 5,
    seed: int,
) -> ScoreSensitivity:
    """Say how bands and ranks fare when the weights are drawn around the given ones, and what single change moves them.

    Shares of the total weight are drawn from a Dirichlet distribution with the given shares ``w ÷ Σw`` as means; the
    total weight and the points stay. A drawn scorecard is put on the scale by its own highest total. Without
    sampling, the smallest single change that moves a prospect to another band: of the points on one criterion to
    another of its levels, and of one weight, where ``score(w) = scale · (A + w p) ÷ (B + w m)`` meets the next cut
    (``A`` and ``B``: total and highest total of the other criteria, ``p`` and ``m``: points and most points of this
    one).

    Parameters
    ----------
    prospects : frame
        As for :func:`custvalue.score_prospects`.
    scorecard : Scorecard
        Criteria, weights, scale and bands.
    concentration : {"very sure", "fairly sure", "not sure"} or float
        How sure one is of the weights. Roughly, in two draws of three a criterion that carries a fifth of the total
        weight carries 17 to 23 % of it for "very sure", 14 to 26 % for "fairly sure", 8 to 32 % for "not sure". The
        words are those of ``custvalue.rules.weights``, in English or Chinese. A number is the concentration of the
        Dirichlet distribution itself: the greater, the closer to the given weights, a share ``s`` having the standard
        deviation ``√(s (1 − s) ÷ (concentration + 1))``.
    draws : int
        How many weights are drawn.
    k : int
        How many prospects the top holds.
    seed : int
        Seed of the draws.

    Returns
    -------
    ScoreSensitivity
        ``.prospects``: the prospects in their own order and index, with these columns added:

        - ``total``, ``score``, ``band``, ``rank``: by the given weights, as from :func:`custvalue.score_prospects`.
        - ``band_share_of_weight_draws_<band>`` for each band, lowest first: the share of the draws that put the
          prospect there.
        - ``rank_low``, ``rank_high``: at most 5 % of the draws rank it better than the one, and at most 5 % worse than
          the other, so that at least 90 % lie in the interval. Equal scores share the best rank.
        - ``top_<k>_share_of_weight_draws``: the share of the draws with a rank of k or better.
        - ``points_change_criterion``, ``_from``, ``_to``, ``_band``: the smallest change of points, and the band it
          leads to; equally small ones by the card's order, more points before fewer. ``points_change_passes`` is true
          where the points must go beyond ``_to``, however little, since the cut belongs to the present band: only for
          criteria without levels, whose points may take any value.
        - ``weight_change_criterion``, ``_from``, ``_to``, ``_relative`` (``to ÷ from − 1``), ``_direction``
          ("raise" or "lower"), ``_band``, and ``_passes`` as above: the relatively smallest change of one weight;
          equally small ones (20 % up and 20 % down) by the card's order, and of one weight the one that leads to the
          higher band, which is "raise" wherever more weight means a higher score.
          Missing where no change of a single positive weight to another of 0 or more does it.

        Prospects with a missing answer that carries weight or may knock out are left out: all columns but their own
        are missing, and they count for nobody's rank. Prospects knocked out are in the lowest band whatever the
        weights: they have no rank, are in no top, and only their points can move them; what would is missing where the
        answer to another criterion that may knock out is.

        ``.weights``: one row per criterion in the card's order: ``criterion``, ``weight``, ``share_of_weight``,
        ``weight_low`` and ``weight_high`` (the middle 90 % of the draws).

    Raises
    ------
    ValueError
        As :func:`custvalue.score_prospects` does.
        If ``concentration`` is neither one of the words nor a positive number, or ``draws``, ``k`` or ``seed`` is not a
        whole number (the first two of 1 or more, ``draws`` of 1,000,000 at most).

    Notes
    -----
    The shares are shares of the drawn weights and no probabilities that a prospect belongs in a band: they take the
    points for certain and the criteria for the right ones. Disagreement between raters is not in them. An interval of
    ranks is read one prospect at a time; that all intervals hold at once is less certain.

    References
    ----------
    R. A. Butler, J. Jia and J. Dyer (1997), "Simulation techniques for the sensitivity analysis of multi-criteria
    decision models", European Journal of Operational Research 103, 531–546. The three concentrations are the
    library's.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = score_sensitivity(cv.load_exercise(), scorecard=cv.playbook.EXERCISE, seed=1).prospects
    >>> found.loc[[4], ["prospect", "total", "band", "points_change_criterion", "points_change_to"]]
      prospect  total    band points_change_criterion  points_change_to
    4     好佳包装   14.0  invest                      c1               2.0
    """
    spread = _concentration(concentration)
    check_whole("draws", draws, 1, "The default is 2000.", most=MAX_DRAWS)
    check_whole("k", k, 1, "The default is 5.")
    check_whole("seed", seed, 0, "Any will do: the same seed gives the same answer.")
    frame = to_pandas(prospects)
    check = FrameCheck(frame, "score_sensitivity")
    answers = read_answers(check, scorecard)
    bands = scorecard.bands.names
    added = {*_columns_of(bands, k)}
    taken = [name for name in scorecard.names if name in added]
    if taken:
        check.fail("a criterion must not bear the name of a result column", taken, "Rename it.")
    check.done()
    shares = _drawn_shares(scorecard, spread, draws, seed)
    known = ~np.isnan(answers.totals.total) & ~answers.maybe_knocked
    columns = _by_given_weights(scorecard, answers, known)
    columns |= _under_draws(scorecard, answers, known, shares, k)
    columns |= _single_changes(scorecard, answers, known)
    return ScoreSensitivity(frame.assign(**columns), _weights(scorecard, shares))


def _by_given_weights(scorecard: Scorecard, answers: Answers, known: np.ndarray) -> dict[str, Any]:
    """Return total, score, band and rank of the rows that are known; the others count for nobody's rank."""
    scored = score_columns(scorecard, answers)
    total = np.where(known, answers.totals.total, np.nan)
    band = np.where(known, scored["band"].codes, kernels.MISSING_CODE)
    return {
        "total": total,
        "score": np.where(known, scored["score"], np.nan),
        "band": ordered_classes(band, scorecard.bands.names),
        "rank": shared_rank(scorecard, replace(answers, totals=replace(answers.totals, total=total))),
    }


def _columns_of(bands: tuple[str, ...], k: int) -> list[str]:
    return [
        *(SHARE + band for band in bands),
        *("rank_low", "rank_high", f"top_{k}_share_of_weight_draws"),
        *(POINTS + part for part in ("criterion", "from", "to", "passes", "band")),
        *(WEIGHT + part for part in ("criterion", "from", "to", "relative", "direction", "passes", "band")),
    ]


def _concentration(given: str | float) -> float:
    """Return the concentration that a word stands for, or the number itself."""
    words = {word: sure.concentration for sure in WEIGHT_CERTAINTIES for word in (sure.label.en, sure.label.zh)}
    if isinstance(given, str) and given in words:
        return words[given]
    if not is_number(given) or float(given) <= 0:
        remedy = nearest(given, words) if isinstance(given, str) else "Greater is closer to the given weights."
        raise refusal(f"concentration must be one of {list(words)} or a positive number", repr(given), remedy)
    return float(given)


def _drawn_shares(scorecard: Scorecard, concentration: float, draws: int, seed: int) -> kernels.Floats:
    """Return drawn shares of the total weight: one row per draw, one column per criterion; 0 without weight."""
    weights = np.array([criterion.weight for criterion in scorecard.criteria], dtype=np.float64)
    shares = np.zeros((draws, weights.size))
    weighing = weights > 0
    means = weights[weighing] / weights.sum()
    shares[:, weighing] = np.random.default_rng(seed).dirichlet(concentration * means, size=draws)
    return shares


def _card(scorecard: Scorecard) -> Card:
    criteria, bands = scorecard.criteria, scorecard.bands
    raw = scorecard.scale is None
    return Card(
        np.array([c.weight for c in criteria], dtype=np.float64),
        np.array([0.0 if raw or c.weight == 0 else c.max_points for c in criteria]),
        1.0 if scorecard.scale is None else float(scorecard.scale),
        bands.cuts,
        bands.owned_by_upper,
        round_off(scorecard),
    )


def _under_draws(
    scorecard: Scorecard, answers: Answers, known: np.ndarray, shares: kernels.Floats, k: int
) -> dict[str, Any]:
    """Return shares of bands, intervals of ranks and shares of the top over the drawn weights."""
    card, bands, n, draws = _card(scorecard), scorecard.bands.names, known.size, shares.shape[0]
    band_shares = np.full((len(bands), n), np.nan)
    low, high, top = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    out = known & answers.knocked
    band_shares[:, out], top[out] = 0.0, 0.0
    band_shares[0, out] = 1.0
    ranked = np.flatnonzero(known & ~answers.knocked)
    if ranked.size:
        weighing = np.flatnonzero(card.weights > 0)
        points = np.column_stack([answers.points[place][ranked] for place in weighing]).astype(np.float64)
        profiles, which, counts = np.unique(points, axis=0, return_inverse=True, return_counts=True)
        weights = shares[:, weighing]
        if scorecard.scale is None:
            weights = weights * card.weights.sum()
        else:
            weights = weights * (card.scale / (weights @ card.most[weighing]))[:, None]
        drawn = drawn_ranks(
            profiles,
            counts,
            weights,
            cuts=card.cuts,
            owned_by_upper=card.owned_by_upper,
            tolerance=card.tolerance,
            k=k,
            tail=TAIL,
        )
        reached = np.vstack([np.full(counts.size, draws), drawn.above, np.zeros(counts.size, dtype=np.int64)])
        band_shares[:, ranked] = (reached[:-1] - reached[1:])[:, which] / draws
        top[ranked] = drawn.top[which] / draws
        low[ranked], high[ranked] = drawn.rank_low[which], drawn.rank_high[which]
    return {
        **{SHARE + band: share for band, share in zip(bands, band_shares, strict=True)},
        "rank_low": nullable_integers(low),
        "rank_high": nullable_integers(high),
        f"top_{k}_share_of_weight_draws": top,
    }


def _single_changes(scorecard: Scorecard, answers: Answers, known: np.ndarray) -> dict[str, Any]:
    """Return the smallest change of points, and of one weight, that moves each prospect to another band."""
    card = _card(scorecard)
    fatal_answers = [column for c, column in zip(scorecard.criteria, answers.points, strict=True) if c.knocks_out]
    open_fate = np.logical_or.reduce([np.isnan(column) for column in fatal_answers], axis=0, initial=False)
    rows = np.flatnonzero(known & ~open_fate)
    points = np.column_stack([column[rows] for column in answers.points]).astype(np.float64)
    total = answers.totals.total[rows]
    levels = [[level.points for level in c.levels] for c in scorecard.criteria]
    fatal = [list(c.knock_out_points) for c in scorecard.criteria]
    by_points = smallest_points_change(card, points, total, levels, fatal)
    by_weight = smallest_weight_change(card, points, total, ~answers.knocked[rows])
    changed, weighed = (
        _Changes(scorecard, rows, known.size, by_points),
        _Changes(scorecard, rows, known.size, by_weight),
    )
    earned = np.take_along_axis(points, np.maximum(by_points.criterion, 0)[:, None], axis=1)[:, 0]
    start = card.weights[by_weight.criterion]
    return {
        POINTS + "criterion": changed.criterion(),
        POINTS + "from": changed.floats(earned),
        POINTS + "to": changed.floats(by_points.to),
        POINTS + "passes": changed.booleans(by_points.passes),
        POINTS + "band": changed.band(),
        WEIGHT + "criterion": weighed.criterion(),
        WEIGHT + "from": weighed.floats(start),
        WEIGHT + "to": weighed.floats(by_weight.to),
        WEIGHT + "relative": weighed.floats(by_weight.to / start - 1.0),
        WEIGHT + "direction": ordered_classes(weighed.codes(by_weight.up.astype(np.int64)), ("lower", "raise")),
        WEIGHT + "passes": weighed.booleans(by_weight.passes),
        WEIGHT + "band": weighed.band(),
    }


@dataclass(frozen=True, slots=True)
class _Changes:
    """Moves of some rows as columns of all rows; missing where there is no move."""

    scorecard: Scorecard
    rows: kernels.Integers
    n: int
    moves: Moves

    def codes(self, values: kernels.Integers) -> kernels.Integers:
        spread = np.full(self.n, kernels.MISSING_CODE, dtype=np.int64)
        spread[self.rows] = np.where(self.moves.criterion >= 0, values, kernels.MISSING_CODE)
        return spread

    def criterion(self) -> "pd.Categorical[Any]":
        names = pd.CategoricalDtype(list(self.scorecard.names))
        return pd.Categorical.from_codes(self.codes(self.moves.criterion), dtype=names)

    def band(self) -> "pd.Categorical[Any]":
        return ordered_classes(self.codes(self.moves.band), self.scorecard.bands.names)

    def floats(self, values: kernels.Floats) -> kernels.Floats:
        spread = np.full(self.n, np.nan)
        spread[self.rows] = np.where(self.moves.criterion >= 0, values, np.nan)
        return spread

    def booleans(self, values: np.ndarray) -> pd.arrays.BooleanArray:
        spread = self.codes(values.astype(np.int64))
        return nullable_booleans(spread > 0, spread < 0)


def _weights(scorecard: Scorecard, shares: kernels.Floats) -> pd.DataFrame:
    weights = np.array([criterion.weight for criterion in scorecard.criteria], dtype=np.float64)
    low, high = np.quantile(shares, [TAIL, 1 - TAIL], axis=0) * weights.sum()
    return pd.DataFrame(
        {
            "criterion": list(scorecard.names),
            "weight": weights,
            "share_of_weight": weights / weights.sum(),
            "weight_low": low,
            "weight_high": high,
        }
    )
