"""How good were the stated probabilities: Brier, log loss, their parts, and tests of whether they can be right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import group_columns
from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.kernels.calibration import corp, log_losses, spiegelhalter_z
from custvalue.rules.errors import is_number, refusal
from custvalue.tracking.arguments import check_share, number_list
from custvalue.tracking.judged import JudgedRows, judged_rows

CLIP = 1e-3
LEAST_CLIP = 1e-12
DIGITS = 12
MOST_VALUES = 100
NO_OUTCOME, NONE_STATED, NONE_MATURED = "no outcome yet", "no probability beside an outcome", "no outcome matured yet"
MANY_STATED = "more than 100 probabilities: see reliability_table"
SIZE = "size_class"
_MEASURES = (
    "n",
    "n_open",
    "n_left_out",
    "mean_probability",
    "win_rate",
    "win_rate_closed_only",
    "brier",
    "brier_skill",
    "miscalibration",
    "discrimination",
    "uncertainty",
    "log_loss",
    "log_loss_clipped",
    "n_impossible",
    "spiegelhalter_z",
    "spiegelhalter_p",
    "note",
)


@dataclass(frozen=True, slots=True)
class ProbabilityAccuracy(Parts):
    """The answer of :func:`probability_accuracy`: ``.summary`` by group, ``.stated`` by stated probability."""

    summary: pd.DataFrame
    stated: pd.DataFrame


def probability_accuracy(
    judged: Any,
    *,
    probability: str = "p_stage",
    outcome: str = "outcome",
    by: str | Sequence[str] = (),
    size_cuts: Sequence[float] = (),
    amount: str = "amount",
    matured: str = "matured",
    clip: float = CLIP,
    level: float = 0.95,
) -> ProbabilityAccuracy:
    """Score stated probabilities against won and lost, and test whether they can be right.

    ``brier = mean (p − y)²`` with y = 1 for won; ``brier = miscalibration − discrimination + uncertainty`` (CORP);
    ``brier_skill = 1 − brier ÷ uncertainty``, the uncertainty being the score of the win rate itself;
    ``log_loss = mean −ln(probability given to what happened)``.

    Parameters
    ----------
    judged : frame
        One row per probability stated: ``probability`` (0–1, missing left out) and ``outcome`` ("won" and "lost", or 1
        and 0; missing while open), as :func:`stage_entries` makes them.
    probability, outcome, amount, matured : str
        Column names; ``matured`` (bool) may be absent.
    by : str or sequence of str
        Columns to group by, such as ``"owner"`` or ``"team"``.
    size_cuts : sequence of float
        Cut points of ``amount`` (currency, rising; a cut belongs to the class above it) to group by size as well.
    clip : float
        Probabilities are held between ``clip`` and ``1 − clip`` for ``log_loss_clipped``; from 1e-12 to below 0.5.
    level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    ProbabilityAccuracy
        ``.summary``: one row per group, sorted: the ``by`` columns, ``size_class`` where cuts are given, ``n`` (won and
        lost), ``n_open``, ``n_left_out`` (no probability, or not matured), ``mean_probability``, ``win_rate``,
        ``brier``, ``brier_skill``, ``miscalibration``, ``discrimination``, ``uncertainty``, ``log_loss`` (infinite
        where something called impossible happened), ``log_loss_clipped``, ``n_impossible`` (lost at 100 %, won at 0 %),
        ``spiegelhalter_z``, ``spiegelhalter_p`` (two-sided), ``note`` (what cannot be told and
        why: "no outcome yet", "no outcome matured yet", "no probability beside an outcome", "all
        won", "all lost", "more than 100 probabilities: see reliability_table"; else empty).
        ``.stated``: one row per group and stated probability (at most 100 a group, else none: more are the
        business of :func:`reliability_table`; what agrees to 12 digits is one): ``probability``, ``n``, ``n_won``,
        ``win_rate``, ``low``, ``high`` (Wilson), ``binomial_p`` (exact, two-sided: how often a rate this far off would
        occur if the probability were right).
        Where open rows are left out and the frame does not say which are matured, the rate is called
        ``win_rate_closed_only``.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or a probability lies outside 0–1.
        If ``size_cuts`` do not rise, or ``clip`` or ``level`` is out of range.
        If a probability was stated after the deal was closed.

    Notes
    -----
    The tests take rows as independent; several rows of one deal are not, which makes their p values too small. Where
    all outcomes are equal there is nothing to be skilful about: ``brier_skill`` is missing. Where every probability is
    0 or 1, Spiegelhalter's z is missing.

    References
    ----------
    Brier (1950); Dimitriadis, Gneiting & Jordan (2021) for CORP; Spiegelhalter (1986).

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"p": [0.8, 0.8, 0.2, 1.0], "won": [1, 0, 0, 0]})
    >>> found = probability_accuracy(said, probability="p", outcome="won")
    >>> found.summary[["n", "brier", "log_loss", "n_impossible"]].round(3)
       n  brier  log_loss  n_impossible
    0  4   0.43       inf             1
    """
    cuts = _check_options(size_cuts, clip, level)
    frame = to_pandas(judged)
    check = FrameCheck(frame, "probability_accuracy")
    rows = judged_rows(check, probability, outcome, matured)
    groups = group_columns(check, by, results=(*_MEASURES, SIZE, "probability"))
    sizes = check.numbers(amount, purpose="to tell sizes apart") if cuts else None
    check.done()
    keys = frame[groups].reset_index(drop=True)
    if sizes is not None:
        keys[SIZE] = _size_classes(sizes, cuts)
    names = list(keys.columns)
    if names:
        number = keys.groupby(names, observed=True, dropna=False, sort=True).ngroup().to_numpy()
    else:
        number = np.zeros(len(frame), dtype=np.int64)
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(frame) else []
    if not names and not members:
        members = [order]
    labels = keys.iloc[[place[0] for place in members if place.size]].reset_index(drop=True) if names else keys.iloc[:0]
    rate = "win_rate" if rows.is_fair else "win_rate_closed_only"
    summaries = _typed(pd.DataFrame([_summary(rows, place, clip, rate) for place in members], columns=_columns(rate)))
    summary = pd.concat([labels, summaries], axis="columns") if names else summaries
    parts = [_stated(rows, place, level, rate) for place in members]
    stated = pd.concat(parts or [_nothing(rate)], ignore_index=True)
    if names:
        whose = labels.iloc[np.repeat(np.arange(len(parts)), [len(part) for part in parts])].reset_index(drop=True)
        stated = pd.concat([whose, stated], axis="columns")
    return ProbabilityAccuracy(summary, stated)


def _columns(rate: str) -> list[str]:
    other = {"win_rate", "win_rate_closed_only"} - {rate}
    return [name for name in _MEASURES if name not in other]


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the summaries with their types, also where there is no row."""
    counts = [name for name in table if name == "n" or str(name).startswith("n_")]
    return table.astype(dict.fromkeys(table, "float64") | dict.fromkeys(counts, "int64") | {"note": "str"})


def _summary(rows: JudgedRows, place: Any, clip: float, rate: str) -> dict[str, Any]:
    closed = place[rows.closed[place]]
    p, won = rows.probability[closed], rows.won[closed]
    found: dict[str, Any] = {
        "n": closed.size,
        "n_open": int(rows.open[place].sum()),
        "n_left_out": int(rows.left_out[place].sum()),
        "note": "",
    }
    if not closed.size:
        return found | {"n_impossible": 0, "note": _why_nothing(rows, place)}
    parts = corp(np.round(p, DIGITS), won)
    impossible = int(((p == 1) & (won == 0)).sum() + ((p == 0) & (won == 1)).sum())
    z = spiegelhalter_z(p, won)
    same = ("all won" if won[0] else "all lost") if parts.uncertainty == 0 else ""
    many = MANY_STATED if np.unique(np.round(p, DIGITS)).size > MOST_VALUES else ""
    found["note"] = "; ".join(filter(None, (same, many)))
    return found | {
        "mean_probability": float(p.mean()),
        rate: float(won.mean()),
        "brier": parts.score,
        "brier_skill": 1 - parts.score / parts.uncertainty if parts.uncertainty > 0 else np.nan,
        "miscalibration": parts.miscalibration,
        "discrimination": parts.discrimination,
        "uncertainty": parts.uncertainty,
        "log_loss": float(log_losses(p, won).mean()),
        "log_loss_clipped": float(log_losses(np.clip(p, clip, 1 - clip), won).mean()),
        "n_impossible": impossible,
        "spiegelhalter_z": z,
        "spiegelhalter_p": _two_sided(z),
    }


def _why_nothing(rows: JudgedRows, place: Any) -> str:
    """Return why none of a group's rows is judged."""
    ended = place[~np.isnan(rows.won[place])]
    if not ended.size:
        return NONE_MATURED if rows.young[place].any() and not rows.open[place].any() else NO_OUTCOME
    return NONE_STATED if np.isnan(rows.probability[ended]).all() else NONE_MATURED


def _two_sided(z: float) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def _nothing(rate: str) -> pd.DataFrame:
    columns = {"probability": "float64", "n": "int64", "n_won": "int64", rate: "float64", "low": "float64"}
    columns |= {"high": "float64", "binomial_p": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


def _stated(rows: JudgedRows, place: Any, level: float, rate: str) -> pd.DataFrame:
    """Return each stated probability with its wins and the exact test, where there are few enough to look at."""
    closed = place[rows.closed[place]]
    values, codes = np.unique(np.round(rows.probability[closed], DIGITS), return_inverse=True)
    if not 0 < values.size <= MOST_VALUES:
        return _nothing(rate)
    n = np.bincount(codes).astype(np.float64)
    wins: kernels.Floats = np.bincount(codes, weights=rows.won[closed]).astype(np.float64, copy=False)
    low, high = kernels.wilson_interval(wins, n, level)
    from scipy.stats import binomtest

    tests = [binomtest(int(k), int(m), float(p)).pvalue for k, m, p in zip(wins, n, values, strict=True)]
    return pd.DataFrame(
        {
            "probability": values,
            "n": n.astype(np.int64),
            "n_won": wins.astype(np.int64),
            rate: wins / n,
            "low": low,
            "high": high,
            "binomial_p": tests,
        }
    )


def _size_classes(amounts: Any, cuts: Sequence[float]) -> Any:
    names = [f"below {cuts[0]:,.0f}", *(f"from {cut:,.0f}" for cut in cuts)]
    codes = np.where(np.isnan(amounts), kernels.MISSING_CODE, np.searchsorted(np.asarray(cuts), amounts, side="right"))
    return ordered_classes(codes, names)


def _check_options(size_cuts: Any, clip: float, level: float) -> list[float]:
    """Return the cuts between sizes, after checking every option."""
    remedy = "For instance (100_000, 500_000)."
    cuts = number_list("size_cuts", size_cuts, remedy)
    if cuts != sorted(set(cuts)):
        raise refusal("size_cuts must rise", cuts, remedy)
    if not is_number(clip) or not LEAST_CLIP <= clip < 0.5:  # noqa: PLR2004 (half of certainty)
        raise refusal(f"clip must lie between {LEAST_CLIP:g} and 0.5", repr(clip), "The default is 0.001.")
    check_share("level", level)
    return cuts
