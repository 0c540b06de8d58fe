"""Is 60 % really 60 %? Stated probabilities beside what happened, bin by bin."""

from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.nullable import ordered_classes
from custvalue.kernels.calibration import bin_codes, bin_sums, binned_sums
from custvalue.kernels.clustered import Effective, clustered_counts, rate_intervals
from custvalue.rules import playbook
from custvalue.rules.errors import refusal
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import check_share
from custvalue.tracking.judged import judged_rows

Bins = Literal["stage", "uniform", "quantile"]
BINS = ("stage", "uniform", "quantile")
INTERVALS = ("wilson", "jeffreys")
MOST_BINS = 100
PERCENT = 100


def reliability_table(
    judged: Any,
    *,
    probability: str = "p_stage",
    outcome: str = "outcome",
    bins: Bins = "stage",
    n_bins: int = 10,
    stage: str = "stage",
    ladder: Ladder = playbook.DEAL_HEAT,
    matured: str = "matured",
    cluster: str = "quarter",
    interval: Literal["wilson", "jeffreys"] = "wilson",
    level: float = 0.95,
) -> pd.DataFrame:
    """Put beside the mean probability of every bin the share that was won, with its interval.

    ``win_rate = won ÷ (won + lost)`` over the rows that are matured, where the frame says which are.

    Parameters
    ----------
    judged : frame
        One row per probability stated: ``probability`` (0–1, missing left out) and ``outcome`` ("won" and "lost", or 1
        and 0; missing while open). :func:`stage_entries` makes such rows, with ``stage``, ``quarter`` and ``matured``.
    probability, outcome, stage, matured, cluster : str
        Column names; ``matured`` (bool) and ``cluster`` (rows that share a fate, such as a quarter) may be absent.
    bins : {"stage", "uniform", "quantile"}
        The stages of the ladder, ``n_bins`` bins of equal width between 0 and 1, or of equal count.
    n_bins : int
        Number of bins, 1 to 100; an edge belongs to the bin below it, as in scikit-learn.
    ladder : Ladder
        The stages and their order, for ``bins="stage"``.
    interval : {"wilson", "jeffreys"}
        The interval of a proportion.
    level : float
        Its level, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per bin in rising order, empty ones too: ``bin`` (ordered categorical), ``n`` (won and lost),
        ``mean_probability``, ``win_rate``, ``low``, ``high``, ``n_open``, ``share_open``, ``n_clusters`` (where there
        is such a column) and ``answer``, ``answer_zh`` (the sentence that answers whether the stated percentage holds).
        Where open rows are left out and the frame does not say which rows are matured, the rate is called
        ``win_rate_closed_only``, and ``answer`` says that it is of the closed only and cannot tell, in every bin that
        has open rows. Rates of an empty bin are missing, and ``answer`` says why: nothing was stated, no outcome is
        recorded (old enough and still open), or none has matured (too young to be judged).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, a probability lies outside 0–1, or a stage is not on the ladder.
        If ``bins``, ``n_bins``, ``interval`` or ``level`` is none of what is possible.
        If a probability was stated after the deal was closed.

    Notes
    -----
    Rows of one cluster are taken to share a fate: the interval uses ``n ÷ design effect`` rows, the design effect being
    the variance of the rate between clusters over the binomial one, at least 1, and Student's t with one degree of
    freedom less than there are clusters; with a single cluster it is missing. Without clusters rows are taken as
    independent. Open rows are not outcomes: ``share_open`` says how many of the bin's rows they are.

    References
    ----------
    Wilson (1927); Brown, Cai & DasGupta (2001) for Jeffreys' interval.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"p": [0.6] * 50, "won": [1] * 20 + [0] * 30})
    >>> table = reliability_table(said, probability="p", outcome="won", bins="uniform", n_bins=5)
    >>> table[["bin", "n", "mean_probability", "win_rate", "low", "high"]].iloc[[2]].round(3)
              bin   n  mean_probability  win_rate    low   high
    2  0.4 to 0.6  50               0.6       0.4  0.276  0.538
    >>> table["answer"].iloc[2]
    '60 % said, 40 % won (28 to 54 %, n = 50): too high'
    """
    frame = to_pandas(judged)
    _check_options(bins, n_bins, interval, level)
    n_bins = int(n_bins)
    check = FrameCheck(frame, "reliability_table")
    check.rule("ladder", ladder, Ladder)
    rows = judged_rows(check, probability, outcome, matured)
    clusters = None
    codes: NDArray[np.integer]
    if bins == "stage":
        codes = check.choices(stage, ladder.names, needed=rows.counted)
        names, n_bins = list(ladder.names), len(ladder.names)
    if check.may_use(cluster, usual="quarter"):
        clusters = pd.factorize(frame[cluster])[0]
        check.fail_rows(f"{cluster} must not be missing", cluster, clusters < 0, "Fill it in, or drop the column.")
    check.done()
    everything = rows.everything
    p, won = (rows.probability, rows.won) if everything else (rows.probability[rows.closed], rows.won[rows.closed])
    if bins != "stage":
        edges = np.linspace(0, 1, n_bins + 1)
        if bins == "quantile":
            edges = np.percentile(p, edges * PERCENT) if p.size else edges
        names = _edge_names(edges, bins)
    n_open, n_young = np.zeros(n_bins, dtype=np.int64), np.zeros(n_bins, dtype=np.int64)
    if bins != "stage" and everything and clusters is None:
        sums = binned_sums(p, won, edges)
    else:
        codes = codes if bins == "stage" else bin_codes(rows.probability, edges)
        n_open += np.bincount(codes[rows.open], minlength=n_bins)
        # Of rows that do not count, the stage need not be one of the ladder.
        n_young += np.bincount(codes[rows.young & (codes >= 0)], minlength=n_bins)
        codes = codes if everything else codes[rows.closed]
        sums = bin_sums(codes, p, won, n_bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = sums.wins / sums.n
        mean = sums.probability / sums.n
        share_open = n_open / (sums.n + n_open)
    effective, n_clusters = Effective(sums.n, np.full(n_bins, np.inf)), None
    if clusters is not None:
        effective, n_clusters = clustered_counts(codes, won, clusters[rows.closed], n_bins)
    low, high = rate_intervals(rate, effective, level, interval)
    columns: dict[str, Any] = {
        "bin": ordered_classes(np.arange(n_bins), names),
        "n": sums.n.astype(np.int64),
        "mean_probability": mean,
        "win_rate" if rows.is_fair else "win_rate_closed_only": rate,
        "low": low,
        "high": high,
        "n_open": n_open,
        "share_open": share_open,
    }
    if n_clusters is not None:
        columns["n_clusters"] = n_clusters
    untold = np.zeros_like(n_open) if rows.is_fair else n_open
    aged = check.has(matured)
    answers = [
        _answer(*row) if row[0] else _no_answer(*counts, aged=aged)
        for row, counts in zip(
            zip(sums.n, mean, rate, low, high, untold, strict=True),
            zip(n_open.tolist(), n_young.tolist(), strict=True),
            strict=True,
        )
    ]
    return pd.DataFrame(columns | {"answer": [en for en, _ in answers], "answer_zh": [zh for _, zh in answers]})


def _check_options(bins: str, n_bins: int, interval: str, level: float) -> None:
    if bins not in BINS:
        raise refusal(f"bins must be one of {list(BINS)}", repr(bins), "'stage' takes the stages of the ladder.")
    if not isinstance(n_bins, int | np.integer) or isinstance(n_bins, bool) or not 1 <= n_bins <= MOST_BINS:
        raise refusal(f"n_bins must be a whole number from 1 to {MOST_BINS}", repr(n_bins), "10 is usual.")
    if interval not in INTERVALS:
        raise refusal(f"interval must be one of {list(INTERVALS)}", repr(interval), "Take 'wilson'.")
    check_share("level", level)


def _edge_names(edges: NDArray[np.float64], bins: str) -> list[str]:
    names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    return names if bins == "uniform" else [f"{place}: {name}" for place, name in enumerate(names, start=1)]


def _no_answer(n_open: int, n_young: int, *, aged: bool) -> tuple[str, str]:
    """Return why a bin has no outcome, in both languages; ``aged`` if the frame says which rows are matured."""
    young = f"{n_young} too young to be judged", f"{n_young}条时间太短，不予评判"
    if n_open and aged:
        more, zh_more = (f", {young[0]}", f"，{young[1]}") if n_young else ("", "")
        return (
            f"no outcome recorded: {n_open} old enough and still open{more}",
            f"无结果记录：{n_open}条时间已足但尚未结束{zh_more}",
        )
    if n_open:
        return (
            f"no outcome recorded: {n_open} still open, of unknown age",
            f"无结果记录：{n_open}条尚未结束，时间长短不明",
        )
    if n_young:
        return f"no outcome matured yet: {young[0]}", f"尚无成熟的结果：{young[1]}"
    return "nothing stated here", "此档无预报"


def _answer(n: float, mean: float, rate: float, low: float, high: float, n_open: int) -> tuple[str, str]:
    """Return the sentence that says whether the stated percentage holds, in both languages.

    Where ``n_open`` rows are missing from the rate it says nothing: which deals close first is no chance.
    """
    said = f"{mean * PERCENT:.0f} % said, {rate * PERCENT:.0f} % won"
    zh = f"预报{mean * PERCENT:.0f}%，实际赢单{rate * PERCENT:.0f}%"
    if n_open:
        wide = "" if np.isnan(low) else f"{low * PERCENT:.0f} to {high * PERCENT:.0f} %, "
        zh_wide = "" if np.isnan(low) else f"{low * PERCENT:.0f}–{high * PERCENT:.0f}%，"
        return (
            f"{mean * PERCENT:.0f} % said, of the closed only {rate * PERCENT:.0f} % won ({wide}n = {n:.0f}): "
            f"cannot tell while {n_open} {'is' if n_open == 1 else 'are'} open",
            f"预报{mean * PERCENT:.0f}%，仅计已结束者赢单{rate * PERCENT:.0f}%（{zh_wide}n = {n:.0f}）："
            f"尚有{n_open}个未结束，无法判断",
        )
    if np.isnan(low):
        return f"{said} (n = {n:.0f}): one quarter alone cannot tell", f"{zh}（n = {n:.0f}）：仅一个季度，无法判断"
    span = f"({low * PERCENT:.0f} to {high * PERCENT:.0f} %, n = {n:.0f})"
    zh_span = f"（{low * PERCENT:.0f}–{high * PERCENT:.0f}%，n = {n:.0f}）"
    if mean > high:
        return f"{said} {span}: too high", f"{zh}{zh_span}：偏高"
    if mean < low:
        return f"{said} {span}: too low", f"{zh}{zh_span}：偏低"
    return f"{said} {span}: not contradicted", f"{zh}{zh_span}：未被否定"
