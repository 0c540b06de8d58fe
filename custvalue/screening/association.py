"""Which criteria go with winning: strength of association, and whether the win rate rises with the points."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence, Set
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import ordered_classes
from custvalue.kernels import association
from custvalue.rules.scorecard import Scorecard
from custvalue.screening.known_outcomes import (
    KnownOutcomes,
    can_be_written_only,
    check_yes_or_no,
    outcomes,
    repeated_rows,
)

TRENDS = ("falls", "not_shown", "rises")
FALLS, NOT_SHOWN, RISES = range(3)


def criterion_association(
    prospects: Any, *, criteria: Sequence[str], outcome: str = "outcome", drop_duplicates: bool = False
) -> pd.DataFrame:
    """Measure how strongly each categorical criterion goes with winning: Cramér's V in three forms.

    ``V = √(χ² ÷ (n · min(r − 1, c − 1)))``: 0 is no association, 1 a complete one; it has no sign.

    Parameters
    ----------
    prospects : frame
        One row per prospect: ``outcome`` ("won", "lost", missing while open) and the criteria.
    criteria : sequence of str
        Columns with categories of any kind (text, categorical, numbers, yes/no); missing allowed.
    outcome : str
        The outcome's column.
    drop_duplicates : bool
        Whether a row that equals an earlier one in every column is left out. Equal rows may be different deals, so
        that is a choice to report, not a correction.

    Returns
    -------
    pandas.DataFrame
        One row per criterion in the order given:

        - ``criterion``; ``n`` (closed prospects with an answer), ``n_won``, ``win_rate_closed``; ``n_missing`` (closed,
          no answer), ``n_open`` (not counted), ``n_duplicates`` (closed rows that equal an earlier row), ``n_levels``.
        - ``cramers_v`` plain; ``cramers_v_yates`` with Yates' correction where the table is 2 × 2, else plain;
          ``cramers_v_corrected`` (Bergsma), in which what chance alone would show is taken off.
        - ``chi_square``, ``p_value`` (Pearson's, not corrected for the number of criteria), ``min_expected`` (the
          smallest expected count).

        Where fewer than two levels or outcomes occur, the measures are missing.

    Raises
    ------
    ValueError
        If a column is missing, or an outcome is neither won nor lost.
        If ``criteria`` is no list of column names (one name alone is none, nor is a set, which has no order), is empty,
        names a column twice, or names the outcome.
        If a criterion holds lists or the like instead of categories, or ``drop_duplicates`` is not True or False.

    Notes
    -----
    With many levels or few prospects plain V is large by chance alone: compare ``cramers_v_corrected``. ``p_value`` is
    rough where ``min_expected`` is below about 5. Rows are taken as independent.

    References
    ----------
    Cramér, Mathematical Methods of Statistics (1946). Bergsma, A bias-correction for Cramér's V and Tschuprow's T,
    J. Korean Stat. Soc. 42 (2013) 323-328, doi:10.1016/j.jkss.2012.10.002.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"demo": ["yes", "yes", "no", "no"] * 5, "outcome": ["won", "won", "won", "lost"] * 5})
    >>> criterion_association(seen, criteria=["demo"])[["n", "cramers_v", "cramers_v_yates"]].round(3)
        n  cramers_v  cramers_v_yates
    0  20      0.577            0.462
    """
    check_yes_or_no("drop_duplicates", drop_duplicates)
    frame = to_pandas(prospects)
    check = FrameCheck(frame, "criterion_association")
    won, lost = outcomes(check, outcome)
    names = _criterion_names(check, criteria, outcome)
    check.done()
    repeated = repeated_rows(frame)
    counted = ~repeated if drop_duplicates else np.ones(len(frame), dtype=bool)
    closed = (won | lost) & counted
    rows = []
    for name in names:
        codes = pd.factorize(frame[name])[0]
        known = closed & (codes >= 0)
        rows.append(
            {
                "criterion": name,
                "n_missing": int((closed & (codes < 0)).sum()),
                "n_open": int((~(won | lost) & counted).sum()),
                "n_duplicates": int((repeated & (won | lost)).sum()),
                **_strength(outcome_table(codes[known], won[known])),
            }
        )
    return pd.DataFrame(rows)[list(_COLUMNS)].astype({"criterion": "str"})


def _criterion_names(check: FrameCheck, criteria: Any, outcome: str) -> list[str]:
    """Return the columns to be judged; note what is wrong with the list or with a name on it."""
    listed = isinstance(criteria, Iterable) and not isinstance(criteria, str | bytes | Set)
    names = list(criteria) if listed else None
    if names is None or not all(isinstance(name, Hashable) and name is not None for name in names):
        check.fail("criteria must be a list of column names", repr(criteria), "Pass for instance criteria=['region'].")
        return []
    if not names:
        check.fail("criteria must name at least one column", names, "Pass for instance criteria=['region'].")
    counts = Counter(names)
    for name, times in counts.items():
        if name == outcome:
            check.fail("the outcome is no criterion of itself", repr(name), "Leave it out of criteria.")
        elif times > 1:
            check.fail("each criterion is named once", f"{name!r} {times} times", "Name it once.")
        if check.require(name, "a criterion") and can_be_written_only(check.frame[name]):
            first = check.frame[name].dropna().iloc[0]
            check.fail(
                "a criterion must hold categories", f"a {type(first).__name__}", "Write one text each.", repr(name)
            )
    return names


_COLUMNS = (
    "criterion",
    "n",
    "n_won",
    "win_rate_closed",
    "n_missing",
    "n_open",
    "n_duplicates",
    "n_levels",
    "cramers_v",
    "cramers_v_yates",
    "cramers_v_corrected",
    "chi_square",
    "p_value",
    "min_expected",
)


def outcome_table(codes: NDArray[np.int64], won: NDArray[np.bool_]) -> kernels.Floats:
    """Return counts of won and lost (columns) for each code that occurs (rows, ascending)."""
    levels, place = np.unique(codes, return_inverse=True)
    counts = np.bincount(2 * place + ~won, minlength=2 * levels.size)
    return counts.reshape(levels.size, 2).astype(float)


def _strength(table: kernels.Floats) -> dict[str, Any]:
    n, n_won = int(table.sum()), int(table[:, 0].sum())
    filled = association.filled(table)
    defined = min(filled.shape) > 1
    return {
        "n": n,
        "n_won": n_won,
        "win_rate_closed": n_won / n if n else np.nan,
        "n_levels": table.shape[0],
        "cramers_v": association.cramers_v(table),
        "cramers_v_yates": association.cramers_v(table, yates=True),
        "cramers_v_corrected": association.cramers_v_corrected(table),
        "chi_square": association.chi_square(filled) if defined else np.nan,
        "p_value": association.chi_square_p(table),
        "min_expected": float(association.expected_counts(filled).min()) if defined else np.nan,
    }


def criteria_evidence(known: KnownOutcomes, scorecard: Scorecard, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per criterion (association and trend), and one per criterion and level (win rates)."""
    rows, levels = [], []
    for place, rule in enumerate(scorecard.criteria):
        points = known.points[:, place]
        used = known.closed & ~np.isnan(points)
        given, codes = np.unique(points[used], return_inverse=True)
        table = outcome_table(codes, known.won[used])
        rates = table[:, 0] / table.sum(axis=1)
        tau, p_trend = association.trend(table)
        rows.append(
            {
                "criterion": rule.name,
                "weight": float(rule.weight),
                "n_missing": int((known.closed & np.isnan(points)).sum()),
                **_strength(table),
                "kendall_tau": tau,
                "p_trend": p_trend,
                "n_steps": max(given.size - 1, 0),
                "n_falls": int((np.diff(rates) < 0).sum()),
            }
        )
        low, high = kernels.wilson_interval(table[:, 0], table.sum(axis=1), level)
        levels.append(
            pd.DataFrame(
                {
                    "criterion": pd.array([rule.name] * given.size, dtype="str"),
                    "points": given,
                    "n": table.sum(axis=1).astype(np.int64),
                    "n_won": table[:, 0].astype(np.int64),
                    "win_rate_closed": rates,
                    "low": low,
                    "high": high,
                }
            )
        )
    found = pd.DataFrame(rows)
    corrected = association.holm(found["p_trend"].to_numpy(dtype=float))
    shown = corrected < 1 - level
    code = np.where(shown, np.where(found["kendall_tau"] > 0, RISES, FALLS), NOT_SHOWN)
    code = np.where(np.isnan(corrected), kernels.MISSING_CODE, code)
    found = found.assign(p_trend_holm=corrected, trend=ordered_classes(code, TRENDS))
    return found[list(_EVIDENCE)].astype({"criterion": "str"}), pd.concat(levels, ignore_index=True)


_EVIDENCE = (
    "criterion",
    "weight",
    "n",
    "n_won",
    "n_missing",
    "n_levels",
    "cramers_v",
    "cramers_v_yates",
    "cramers_v_corrected",
    "chi_square",
    "p_value",
    "min_expected",
    "kendall_tau",
    "p_trend",
    "p_trend_holm",
    "n_steps",
    "n_falls",
    "trend",
)
