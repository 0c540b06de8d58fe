"""Do raters agree? Krippendorff's alpha with bootstrap intervals, and the pairs of raters behind the disagreement."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, nearest, to_pandas
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.kernels.agreement import chance_of_difference, krippendorff_alpha, resampled_alphas
from custvalue.kernels.discrimination import tied
from custvalue.rules import playbook
from custvalue.rules.agreement import KRIPPENDORFF_LIMITS, PAIR, AgreementLimits
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.known_outcomes import MAX_DRAWS, can_be_written_only, check_seed, check_whole
from custvalue.screening.scores import criterion_points

DRAWS = 2000
# Standard errors of a quantile of the draws by which an end must clear a limit.
ERRORS = 2.0
# Draws are made in batches of about so many numbers.
BATCH = 4_000_000
VERDICTS = ("needs_work", "unclear", "tentative", "reliable")
NEEDS_WORK, UNCLEAR, TENTATIVE, RELIABLE = range(4)
FEW_UNITS = "too few prospects rated twice"
NO_PAIRS, NO_DIFFERENCE, NO_SPREAD = "nothing rated twice", "all points are the same", "no disagreement seen"
AT_LIMIT = "a limit lies within the error of the draws"
NO_TOTALS = "no rater answered every criterion that weighs"
NO_PAIRED_TOTALS = "no prospect has two raters who answered every criterion that weighs"
POINTS, SCORE = "points", "score"


@dataclass(frozen=True, slots=True)
class RaterAgreement(Parts):
    """The answer of :func:`rater_agreement`: ``.summary`` overall, ``.criteria`` one by one, ``.pairs`` of raters."""

    summary: pd.DataFrame
    criteria: pd.DataFrame
    pairs: pd.DataFrame


def rater_agreement(
    ratings: Any,
    *,
    seed: int,
    scorecard: Scorecard = playbook.SCREENING,
    limits: AgreementLimits = KRIPPENDORFF_LIMITS,
    level: float = 0.95,
    draws: int = DRAWS,
    prospect: str = "prospect",
    rater: str = "rater",
    criterion: str = "criterion",
    points: str = "points",
) -> RaterAgreement:
    """Measure how far raters agree, overall and criterion by criterion, and name the descriptions that need work.

    ``alpha = 1 − observed ÷ expected disagreement`` (Krippendorff): 1 is full agreement, 0 what chance would give.
    Points are compared on the ordinal metric: the difference of two points is the number of ratings between them.

    Parameters
    ----------
    ratings : frame
        One row per prospect, rater and criterion: these three columns, and ``points`` (points of the scorecard or the
        text of a level; missing allowed). Not everybody need rate everything. A ``ratings.csv`` that is read must hold
        points: which level a text means hangs on the row's criterion, and the reader looks at one column at a time.
    seed : int
        Seeds the bootstrap; a whole number of 0 or more.
    scorecard : Scorecard
        The criteria that were rated and the weights of the score.
    limits : AgreementLimits
        What alpha must reach.
    level : float
        Level of the intervals, between 0 and 1.
    draws : int
        Bootstrap draws, 100 or more and 1,000,000 at most.
    prospect, rater, criterion, points : str
        Column names.

    Returns
    -------
    RaterAgreement
        ``.summary``: two rows. ``measure`` "points": ordinal alpha over all points, prospect × criterion being the
        units; "score": interval alpha over the total that each rater's points give a prospect (raters who answered
        every criterion that weighs). Then ``n_prospects`` (with two ratings or more), ``n_raters``, ``n_ratings``
        (that can be compared), ``n_single`` (that stand alone), ``n_missing``, ``alpha, low, high``, ``verdict``
        and ``note`` (why something is missing).
        ``.criteria``: the same for each criterion of the scorecard, in its order, under ``criterion``.
        ``.pairs``: one row per criterion and pair of raters who rated the same prospects: ``criterion, rater,
        other_rater, n`` (prospects), ``share_equal``, ``mean_difference`` (rater minus other, in points),
        ``share_of_disagreement`` (of the criterion's), ``share_of_comparisons``; by criterion, most disagreement first.

        ``verdict`` (ordered): ``needs_work`` where the whole interval lies below ``limits.tentative``, ``tentative``
        or ``reliable`` where it lies wholly from that limit up, ``unclear`` where it spans the lower limit; missing
        without an interval. An end that clears a limit by less than two standard errors of the draws counts as not
        clearing it, so that the verdict does not hang on the seed; ``note`` says so.

    Raises
    ------
    ValueError
        If a column is missing, or a prospect, rater or criterion is.
        If a criterion is not on the scorecard, points lie outside its range, or a text is no level of it.
        If a rater rates a criterion of a prospect twice.
        If ``level`` lies outside 0–1, or ``draws`` is no whole number from 100 to 1,000,000.
        If ``seed`` is no whole number of 0 or more.

    Notes
    -----
    The intervals are percentiles of a bootstrap that draws prospects with replacement, a prospect keeping all its
    ratings; raters are taken as given, so the interval is for these raters and not for others. Below
    ``limits.min_units`` prospects there is none. Where no disagreement was seen at all, draws cannot show any: the
    lower end then comes from the exact bound on the share of prospects with a disagreement (``1 − p ÷ P`` with p that
    bound and P the chance that two random points differ).

    Pooled "points" count a difference between criteria as something the raters agree on: read it after ``.criteria``.
    Alpha is low where nearly all points are the same, however seldom raters differ: look at ``share_equal`` too.

    References
    ----------
    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); Content Analysis, 2nd ed. (2004), ch. 11.

    Examples
    --------
    >>> import custvalue as cv
    >>> agreement = rater_agreement(cv.load_ratings(), seed=1)
    >>> agreement.criteria[["criterion", "n_prospects", "verdict"]].head(2)
               criterion  n_prospects     verdict
    0       company_type          240  needs_work
    1  industry_position          240     unclear
    """
    _check_settings(limits, level, draws, seed)
    frame = to_pandas(ratings)
    check = FrameCheck(frame, "rater_agreement")
    check.rule("scorecard", scorecard, Scorecard)
    codes = _coded(check, (prospect, rater, criterion), points, scorecard)
    check.done()
    table = _Ratings(*codes, rater_names=pd.unique(frame[rater].dropna()))
    rng = np.random.default_rng(seed)
    interval = _Interval(rng, limits, level, draws)
    each = [_alpha_row(table.of(place), interval, "ordinal") for place in range(len(scorecard.names))]
    totals = _totals(table, scorecard)
    overall = [_alpha_row(table, interval, "ordinal"), _alpha_row(totals, interval, "interval")]
    if overall[1][-1] == NO_PAIRS and overall[0][-1] != NO_PAIRS:
        overall[1][-1] = NO_TOTALS if np.isnan(totals.points).all() else NO_PAIRED_TOTALS
    return RaterAgreement(
        summary=_alpha_table("measure", [POINTS, SCORE], overall),
        criteria=_alpha_table("criterion", list(scorecard.names), each),
        pairs=_pairs(table, scorecard),
    )


def _check_settings(limits: object, level: float, draws: int, seed: object) -> None:
    check_seed(seed)
    if not isinstance(limits, AgreementLimits):
        raise refusal("limits must be an AgreementLimits", type(limits).__name__, "Leave it out for the usual ones.")
    if not is_number(level) or not 0 < level < 1:
        raise refusal("level must lie between 0 and 1", level, "Write 95 % as 0.95.")
    check_whole("draws", draws, MIN_DRAWS, f"The default is {DRAWS}.", most=MAX_DRAWS)


MIN_DRAWS = 100

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Ratings:
    """Ratings in long form as codes: which prospect, rater and criterion, and the points (missing allowed)."""

    prospect: Integers
    rater: Integers
    criterion: Integers
    points: kernels.Floats
    rater_names: Any

    def where(self, rows: NDArray[np.bool_]) -> "_Ratings":
        return _Ratings(
            self.prospect[rows], self.rater[rows], self.criterion[rows], self.points[rows], self.rater_names
        )

    def of(self, place: int) -> "_Ratings":
        """Return the ratings of one criterion."""
        return self.where(self.criterion == place)


def _coded(
    check: FrameCheck, keys: tuple[str, str, str], points: str, scorecard: Scorecard
) -> tuple[Integers, Integers, Integers, kernels.Floats]:
    """Check the ratings and return prospects, raters and criteria as codes, and the points."""
    frame = check.frame
    needed = [check.require(name) for name in (*keys, points)]
    nothing = np.zeros(0, dtype=np.int64)
    if not all(needed):
        return nothing, nothing, nothing, np.zeros(0)
    for name in keys:
        check.fail_rows(f"{name} must not be missing", name, frame[name].isna().to_numpy(), "Fill it in.")
        if can_be_written_only(frame[name]):
            check.fail(f"{name} must be a name", "lists or the like", "Write one text each.", f"column {name!r}")
            check.done()
    names = frame[keys[2]].astype("object")
    known = names.isin(scorecard.names).to_numpy()
    strange = ~known & names.notna().to_numpy()
    if strange.any():
        hint = nearest(str(names[strange].iloc[0]), scorecard.names)
        check.fail_rows("a rated criterion must stand on the scorecard", keys[2], strange, hint)
    place = pd.Index(scorecard.names).get_indexer(pd.Index(names))
    given = np.full(len(frame), np.nan)
    for number, rule in enumerate(scorecard.criteria):
        rows = place == number
        mine = FrameCheck(frame.loc[rows, [points]], check.caller)
        if rows.any():
            given[rows] = criterion_points(mine, replace(rule, name=points))
            check.failures += [f"criterion {rule.name!r}: {failure}" for failure in mine.failures]
    # Rows of an unknown criterion are said to be that, and no more.
    repeated = frame.duplicated(list(keys)).to_numpy() & frame[list(keys)].notna().all(axis=1).to_numpy() & known
    if repeated.any():
        rated = frame.groupby(list(keys), sort=False, dropna=False, observed=True).ngroup().to_numpy()
        again = int(np.argmax(repeated))
        first = frame.index[int(np.argmax(rated == rated[again]))]
        twice = ", ".join(f"{name} {frame[name].iloc[again]}" for name in keys[::2])
        remedy = f"Keep one of the ratings: {twice} stands in row {first} already."
        check.fail_rows("a rater rates a criterion of a prospect once", keys[1], repeated, remedy)
    return pd.factorize(frame[keys[0]])[0], pd.factorize(frame[keys[1]])[0], np.asarray(place, dtype=np.int64), given


def _totals(table: _Ratings, scorecard: Scorecard) -> _Ratings:
    """Return one rating per prospect and rater: the weighted total, missing where a point that weighs is."""
    weights = np.array([c.weight for c in scorecard.criteria])
    n_weighing = int((weights > 0).sum())
    weighing = table.where((weights > 0)[table.criterion] & ~np.isnan(table.points))
    n_raters = max(len(table.rater_names), 1)
    seats, position = np.unique(table.prospect * n_raters + table.rater, return_inverse=True)
    place = position[(weights > 0)[table.criterion] & ~np.isnan(table.points)]
    total = kernels.sums_by_code(place, weights[weighing.criterion] * weighing.points, seats.size)
    complete = np.bincount(place, minlength=seats.size) == n_weighing
    return _Ratings(
        seats // n_raters,
        seats % n_raters,
        np.zeros(seats.size, dtype=np.int64),
        np.where(complete, tied(total), np.nan),
        table.rater_names,
    )


@dataclass(frozen=True, slots=True)
class _Interval:
    """How the intervals of one answer are made."""

    rng: np.random.Generator
    limits: AgreementLimits
    level: float
    draws: int


def _alpha_row(table: _Ratings, how: _Interval, metric: Any) -> list[Any]:
    """Return counts, alpha, its interval, the verdict's code and a note."""
    given = table.where(~np.isnan(table.points))
    n_missing = table.points.size - given.points.size
    units, unit = np.unique(np.stack([given.prospect, given.criterion]), axis=1, return_inverse=True)
    values, value = np.unique(given.points, return_inverse=True)
    cells = np.bincount(unit.ravel() * values.size + value.ravel(), minlength=units.shape[1] * values.size)
    counts: kernels.Floats = cells.reshape(units.shape[1], values.size).astype(float)
    compared = counts.sum(axis=1) >= PAIR
    rated = compared[unit.ravel()] if units.size else np.zeros(0, dtype=bool)
    prospects, cluster = np.unique(units[0][compared], return_inverse=True)
    n_raters = np.unique(given.rater[rated]).size
    row: list[Any] = [prospects.size, n_raters, int(rated.sum()), int((~rated).sum()), n_missing]
    if not prospects.size:
        return [*row, np.nan, np.nan, np.nan, kernels.MISSING_CODE, NO_PAIRS]
    alpha = krippendorff_alpha(counts, values, metric)
    if np.isnan(alpha):
        return [*row, alpha, np.nan, np.nan, kernels.MISSING_CODE, NO_DIFFERENCE]
    if prospects.size < how.limits.min_units:
        return [*row, alpha, np.nan, np.nan, kernels.MISSING_CODE, FEW_UNITS]
    low, high, least, most = _bounds(counts[compared], cluster, values, metric, how)
    note = NO_SPREAD if (np.count_nonzero(counts[compared], axis=1) == 1).all() else ""
    verdict = _verdict(least, most, how.limits)
    if verdict != _verdict(low, high, how.limits):
        note = AT_LIMIT
    return [*row, alpha, low, high, verdict, note]


def _bounds(
    counts: kernels.Floats, cluster: Integers, values: kernels.Floats, metric: Any, how: _Interval
) -> tuple[float, float, float, float]:
    """Return the bootstrap interval over prospects, and how far its ends may be off by the error of the draws.

    Where no disagreement was seen, it comes from the exact bound and has no such error.
    """
    n = int(cluster.max()) + 1
    tail = (1 - how.level) / 2
    if (np.count_nonzero(counts, axis=1) == 1).all():
        low = 1 - (1 - tail ** (1 / n)) / chance_of_difference(counts)
        return low, 1.0, low, 1.0
    batch = max(BATCH // counts.shape[0], 1)
    sizes = [min(batch, how.draws - done) for done in range(0, how.draws, batch)]
    chances = np.full(n, 1 / n)
    alphas = [
        resampled_alphas(counts, how.rng.multinomial(n, chances, size=size)[:, cluster].astype(float), values, metric)
        for size in sizes
    ]
    error = min(ERRORS * float(np.sqrt(tail * (1 - tail) / how.draws)), tail)
    low, high, least, most = np.nanquantile(
        np.concatenate(alphas), [tail, 1 - tail, tail - error, 1 - tail + error]
    ).tolist()
    return low, high, least, most


def _verdict(low: float, high: float, limits: AgreementLimits) -> int:
    if high < limits.tentative:
        return NEEDS_WORK
    if low >= limits.reliable:
        return RELIABLE
    return TENTATIVE if low >= limits.tentative else UNCLEAR


_ALPHA = (
    "n_prospects",
    "n_raters",
    "n_ratings",
    "n_single",
    "n_missing",
    "alpha",
    "low",
    "high",
    "verdict",
    "note",
)


def _alpha_table(name: str, keys: list[str], rows: list[list[Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(_ALPHA))
    table.insert(0, name, pd.Series(keys, dtype="str"))
    return table.assign(verdict=ordered_classes(table["verdict"].to_numpy(dtype=np.int8), VERDICTS)).astype(
        {"note": "str"} | {column: np.int64 for column in _ALPHA if column.startswith("n_")}
    )


def _pairs(table: _Ratings, scorecard: Scorecard) -> pd.DataFrame:
    """Return how every two raters differ on the prospects both rated, criterion by criterion."""
    given = table.where(~np.isnan(table.points))
    long = pd.DataFrame(
        {
            "criterion": given.criterion,
            "prospect": given.prospect,
            "rater": given.rater,
            "points": given.points,
        }
    )
    unit = long.groupby(["criterion", "prospect"], sort=False)
    long["size"] = unit["rater"].transform("size")
    long = long[long["size"] >= PAIR]
    # Ordinal differences are differences of middle ranks among the criterion's ratings that can be compared.
    long["place"] = long.groupby("criterion")["points"].rank()
    both = long.merge(long, on=["criterion", "prospect", "size"], suffixes=("", "_other"))
    both = both[both["rater"] < both["rater_other"]]
    both = both.assign(
        n=1,
        equal=(both["points"] == both["points_other"]).astype(float),
        difference=both["points"] - both["points_other"],
        disagreement=(both["place"] - both["place_other"]) ** 2 / (both["size"] - 1),
    )
    measures = ["n", "equal", "difference", "disagreement"]
    found = both.groupby(["criterion", "rater", "rater_other"], sort=True)[measures].sum().reset_index()
    whole = found.groupby("criterion")[["n", "disagreement"]].transform("sum")
    share = found["disagreement"] / whole["disagreement"].where(whole["disagreement"] > 0)
    order = np.lexsort([-share.fillna(0.0).to_numpy(), found["criterion"].to_numpy()])
    names = pd.Series(table.rater_names, dtype="str")
    result = pd.DataFrame(
        {
            "criterion": pd.array(np.array(scorecard.names, dtype=object)[found["criterion"]], dtype="str"),
            "rater": names.take(found["rater"].to_numpy()).array,
            "other_rater": names.take(found["rater_other"].to_numpy()).array,
            "n": found["n"].astype(np.int64),
            "share_equal": found["equal"] / found["n"],
            "mean_difference": found["difference"] / found["n"],
            "share_of_disagreement": share,
            "share_of_comparisons": found["n"] / whole["n"],
        }
    )
    return result.iloc[order].reset_index(drop=True)
