"""Does the scorecard work? Scores held against the outcomes that became known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.parts import Parts
from custvalue.kernels.discrimination import auc_interval, tied
from custvalue.rules import playbook
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.association import criteria_evidence
from custvalue.screening.fitted_weights import FOLDS, MAX_WEIGHT, MIN_FOLDS
from custvalue.screening.known_outcomes import (
    GREATEST_WEIGHT,
    MAX_FOLDS,
    check_between,
    check_seed,
    check_whole,
    known_outcomes,
)
from custvalue.screening.scores import score_prospects
from custvalue.screening.weight_comparison import compare_weights
from custvalue.screening.win_tables import band_win_rates, calibration, gains, win_rate_curve

GAIN_GROUPS = 10
BINS = 5


@dataclass(frozen=True, slots=True)
class ScorecardEvidence(Parts):
    """The answer of :func:`scorecard_evidence`: eight frames, from the summary to the comparison of weights."""

    summary: pd.DataFrame
    bands: pd.DataFrame
    gains: pd.DataFrame
    calibration: pd.DataFrame
    curve: pd.DataFrame
    criteria: pd.DataFrame
    levels: pd.DataFrame
    weights: pd.DataFrame


def scorecard_evidence(
    prospects: Any,
    *,
    seed: int,
    outcome: str = "outcome",
    scorecard: Scorecard = playbook.SCREENING,
    level: float = 0.95,
    gain_groups: int = GAIN_GROUPS,
    bins: int = BINS,
    folds: int = FOLDS,
    max_weight: int = MAX_WEIGHT,
    drop_duplicates: bool = False,
) -> ScorecardEvidence:
    """Hold a scorecard against known outcomes: whether high scores win more, and whether its weights earn their keep.

    ``auc`` is the chance that a prospect that was won had scored higher than one that was lost (ties count half):
    0.5 is no better than chance. ``lift = win rate of a group ÷ win rate of all``.

    Parameters
    ----------
    prospects : frame
        As in :func:`custvalue.score_prospects`, with the ``outcome`` column ("won", "lost", missing while open). The
        answers must be those given before the outcome was known. Open prospects are no outcomes: they are counted
        apart and enter nothing else.
    seed : int
        Seeds the folds of the cross-validation; a whole number of 0 or more.
    outcome : str
        The outcome's column.
    scorecard : Scorecard
        The scorecard that is judged.
    level : float
        Level of every interval, between 0 and 1.
    gain_groups, bins : int
        Into how many groups ``.gains`` and ``.calibration`` cut the prospects, at most: equal scores are never parted.
    folds, max_weight : int
        Folds of the cross-validation, and the largest fitted weight; see :func:`fit_weights`.
    drop_duplicates : bool
        Whether a row that equals an earlier one in every column is left out. Equal rows may be different deals, so
        that is a choice to report, not a correction; ``n_duplicates`` counts them either way.

    Returns
    -------
    ScorecardEvidence
        ``.summary``: one row: ``n`` (closed), ``n_won``, ``n_lost``, ``n_open``, ``n_duplicates`` (closed rows that
        equal an earlier row), ``win_rate_closed, low, high`` (Wilson); ``n_scored`` (closed, with a certain total and
        not knocked out: what auc, gains and calibration rest on), ``n_unscored`` (a missing answer), ``n_knocked_out``;
        ``auc, auc_low, auc_high``, ``auc_method``: "logit_delong"; "disjoint_pairs" where scores part the outcomes
        completely (exact bound over disjoint pairs); "hoeffding" where there is no variance to estimate; "undefined"
        where only one outcome is known.
        ``.bands``: one row per band, highest first, and one without a band where missing answers leave it open:
        ``band, n`` (closed), ``n_won, n_lost, n_open`` (in the band too, not in ``n``), ``win_rate_closed`` (``n_won ÷
        n``), ``low, high`` (Wilson), ``lift``.
        ``.gains``: from the highest scores down: ``gain_group, score_from, score_to, n, n_won, win_rate_closed, low,
        high, lift``, and up to and with the group ``share_of_prospects, share_of_wins, cumulative_lift``.
        ``.calibration``: from the lowest scores up: ``bin, score_from, score_to, n, n_won, win_rate_closed, low, high,
        mean_score, logistic_win_rate, isotonic_win_rate`` (means of the fits over the bin).
        ``.curve``: ``score, logistic_win_rate, isotonic_win_rate, observed_range`` (whether scores were seen there).
        ``.criteria``: one row per criterion in the scorecard's order: ``criterion, weight, n, n_won, n_missing,
        n_levels, cramers_v, cramers_v_yates, cramers_v_corrected, chi_square, p_value, min_expected`` (see
        :func:`criterion_association`), ``kendall_tau`` (tau-b of points and winning), ``p_trend`` (Jonckheere's
        test), ``p_trend_holm`` (made good for the number of criteria), ``n_steps`` (from level to level), ``n_falls``
        (steps at which the win rate falls), ``trend`` ("rises", "falls", "not_shown", by ``p_trend_holm``).
        ``.levels``: one row per criterion and points: ``criterion, points, n, n_won, win_rate_closed, low, high``.
        ``.weights``: three comparisons, ``first`` and ``second`` being "hand" (the scorecard's weights), "equal" (one
        for each point) or "fitted" (:func:`fit_weights`): ``n`` (closed, every criterion answered), ``auc_first,
        auc_second, auc_first_minus_second, low, high``, ``log_score_first_minus_second, log_score_low,
        log_score_high`` (mean log probability per prospect out of fold; more than 0 is better), ``verdict``
        ("better" only where the whole interval of the AUC difference lies above 0, "worse", "not_told_apart"; missing
        where nothing can be compared) and ``note`` (why: no wins or no losses; nothing to fit, as :func:`fit_weights`
        says of too few outcomes, of no signal and of uneven points; too few different profiles: most wins and losses
        held out together have the same points). Who is knocked out is left out.

    Raises
    ------
    ValueError
        If a column is missing, an outcome is neither won nor lost, or an answer is not the scorecard's.
        If ``level`` lies outside 0–1, ``gain_groups`` or ``bins`` is below 1, ``max_weight`` is not from 1 to 100, or
        ``folds`` not from 2 to 1,000.
        If ``seed`` is no whole number of 0 or more, or ``drop_duplicates`` is not True or False.

    Notes
    -----
    Scores are compared where they are certain: prospects with a missing answer that weighs are counted and left out,
    which biases the picture where answers are missing for a reason. Knocked-out prospects stand in their band and
    nowhere else. Prospects are taken as independent, and those that were shelved must have had a chance to be won.

    Hand and equal weights are fixed beforehand and so compared on all rows (paired DeLong). Fitted weights are judged
    on prospects they have not seen: prospects with the same points are in one fold, the direction of points is the
    scorecard's (no negative weight), scale and rounding are chosen inside the training folds, and wins are compared
    with losses of their own fold. Log scores come from a line (intercept and slope) fitted on the training folds for
    each way of weighing. Held-out differences vary more than their spread shows, since the folds' fits share most of
    what they learnt from: their variance is widened as Nadeau and Bengio propose. At level 0.95 each of the two claims
    "better than equal" is wrong in at most about 2.5 % of cases where outcomes have nothing to do with the points.

    The logistic line and the isotonic steps are held at not falling: where high scores win less, they are flat and do
    not show it. Look at the groups' own win rates, and at ``auc`` below 0.5. The curve and its fits are drawn through
    the same data they describe: they are no forecast of the win rate of new prospects.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845, doi:10.2307/2531595. Qin and Hotilovac, Stat.
    Methods Med. Res. 17 (2008) 207-221 (the logit interval). LeDell, Petersen and van der Laan, Electron. J. Stat. 9
    (2015) 1583-1607, doi:10.1214/15-EJS1035 (out of fold). Nadeau and Bengio, Machine Learning 52 (2003) 239-281,
    doi:10.1023/A:1024068626366.

    Examples
    --------
    >>> import custvalue as cv
    >>> evidence = scorecard_evidence(cv.load_prospects(), seed=1)
    >>> evidence.summary[["n", "n_won", "n_open", "n_scored"]]
         n  n_won  n_open  n_scored
    0  199     95      41       138
    >>> evidence.criteria.loc[evidence.criteria["trend"] == "rises", "criterion"].tolist()
    ['need']
    """
    check_between("level", level, 0, 1, "Write 95 % as 0.95.")
    check_whole("gain_groups", gain_groups, 1, f"The default is {GAIN_GROUPS}.")
    check_whole("bins", bins, 1, f"The default is {BINS}.")
    check_whole("folds", folds, MIN_FOLDS, f"The default is {FOLDS}.", most=MAX_FOLDS)
    check_whole("max_weight", max_weight, 1, f"The default is {MAX_WEIGHT}.", most=GREATEST_WEIGHT)
    check_seed(seed)
    frame = to_pandas(prospects)
    check = FrameCheck(frame, "scorecard_evidence")
    check.rule("scorecard", scorecard, Scorecard)
    known = known_outcomes(check, outcome, scorecard, drop_duplicates=drop_duplicates)
    check.done()
    scored = score_prospects(frame, scorecard=scorecard)
    scaled = scorecard.scale is not None
    score = scored["score" if scaled else "total"].to_numpy(dtype=np.float64)
    out = scored["knocked_out"].fillna(False).to_numpy(dtype=bool)
    # An unanswered knock-out leaves open whether the total counts at all.
    certain = known.closed & ~np.isnan(score) & ~out & scored["knocked_out"].notna().to_numpy()
    values, won = tied(score[certain]), known.won[certain]
    top = scorecard.scale if scorecard.scale is not None else float(np.max(values, initial=0.0))
    criteria, levels = criteria_evidence(known, scorecard, level)
    complete = known.answered & ~out
    return ScorecardEvidence(
        summary=_summary(known, certain, out, level).assign(**_area(values, won, level)),
        bands=band_win_rates(scored["band"], known, scorecard.bands, level),
        gains=gains(values, won, gain_groups, level),
        calibration=calibration(values, won, bins, level),
        curve=win_rate_curve(values, won, 0.0, top),
        criteria=criteria,
        levels=levels,
        weights=compare_weights(
            known.points[complete],
            known.won[complete],
            scorecard,
            closed_won=known.won[known.closed],
            seed=seed,
            folds=folds,
            max_weight=max_weight,
            level=level,
        ),
    )


def _summary(known: Any, certain: Any, out: Any, level: float) -> pd.DataFrame:
    n, n_won = int(known.closed.sum()), int((known.won & known.closed).sum())
    low, high = kernels.wilson_interval(np.array([float(n_won)]), np.array([float(n)]), level)
    n_out = int((known.closed & out).sum())
    return pd.DataFrame(
        {
            "n": n,
            "n_won": n_won,
            "n_lost": n - n_won,
            "n_open": int(known.open.sum()),
            "n_duplicates": int((known.repeated & (known.won | known.lost)).sum()),
            "win_rate_closed": n_won / n if n else np.nan,
            "low": low,
            "high": high,
            "n_scored": int(certain.sum()),
            "n_unscored": n - int(certain.sum()) - n_out,
            "n_knocked_out": n_out,
        }
    )


def _area(values: kernels.Floats, won: Any, level: float) -> dict[str, Any]:
    area = auc_interval(values, won, level)
    method = pd.array([area.method], dtype="str")
    return {"auc": area.auc, "auc_low": area.low, "auc_high": area.high, "auc_method": method}
