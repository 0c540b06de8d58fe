"""Forecasts that were submitted, beside what came: one submission per salesperson and period, chosen by lead time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import OUTCOMES, deals_as_of, ladder_codes
from custvalue.frames.parts import Parts
from custvalue.frames.periods import AsOf, as_day, check_freq, parse_period, period_labels, periods_per_year
from custvalue.rules import playbook
from custvalue.rules.errors import InputError, is_number, raise_all, refusal, refusal_text
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import MOST_MONEY
from custvalue.tracking.names import unlike

DAYS_IN_WEEK = 7
MOST_WEEKS = 520


@dataclass(frozen=True, slots=True)
class JudgedForecasts(Parts):
    """The answer of :func:`judge_forecasts`: ``.judged`` row by row, and ``.left_out`` with the reason."""

    judged: pd.DataFrame
    left_out: pd.DataFrame


def judge_forecasts(
    forecasts: Any,
    opportunities: Any,
    *,
    as_of: AsOf,
    weeks_before: float = 0,
    snapshots: Any = None,
    covered_from: AsOf | None = None,
    ladder: Ladder = playbook.DEAL_HEAT,
    freq: str = "Q-DEC",
) -> JudgedForecasts:
    """Choose one submission per salesperson and period by lead time, and put beside it what was won.

    The submission that counts is the last one made at least ``weeks_before`` weeks before the period's end; submissions
    are never averaged. ``actual = Σ amount`` of the deals won by the salesperson and closed in the period.

    Parameters
    ----------
    forecasts : frame
        One row per submission: ``owner``, ``period`` (label), ``forecast`` (currency), ``submitted`` (date).
    opportunities : frame
        One row per deal: ``owner``, ``amount``, ``outcome``, ``closed``, with snapshots ``opportunity``, too. Who owned
        the deal when it closed gets it.
    as_of : date
        Periods that end after it are left out: their outcome is not known.
    weeks_before : float
        Lead time in weeks before the period's end, 0 or more.
    snapshots : frame, optional
        One row per day and deal open on it: ``snapshot``, ``opportunity``, ``owner``, ``stage``, ``amount``,
        ``expected_close``. Gives the baselines ``raw_pipeline`` and ``weighted_pipeline``.
    covered_from : date, optional
        The day from which the closings are complete; by default the first period that begins after the first closing.
        Actuals of earlier periods are unknown, not zero.
    ladder : Ladder
        The chances by stage for ``weighted_pipeline``.
    freq : str
        pandas quarter or month frequency of the periods.

    Returns
    -------
    JudgedForecasts
        ``.judged``: one row per owner and period, sorted by period and owner: ``owner``, ``period``, ``forecast``,
        ``submitted``, ``lead_weeks`` (of the submission that counts), ``n_submissions`` (those made early enough),
        ``actual``, ``n_unpriced`` (won deals without an amount), and the baselines: as known on the day of the
        submission ``last_period`` (the actual of the latest period over by then) and ``same_period_last_year``, and
        with snapshots, as known on the day of the snapshot, ``raw_pipeline`` (won so far in the period + open deals due
        in it) and ``weighted_pipeline`` (the open ones times their stage's chance). A baseline is missing where its
        data do not reach.
        ``.left_out``: one row per owner and period without a judged forecast: ``owner``, ``period``, ``reason``.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, a period is no label of the calendar, or ``weeks_before`` is
        negative. If a forecast was submitted after its period's end: the outcome was known.
        If an owner or a day of submission is missing, or an owner submitted twice on one day for one period.
        If a deal stands twice on a snapshot or among the opportunities, or a won one has no owner or no close date.
        If none of the forecasters is among the owners of the deals, or one only under a name in other case or with
        other blanks.
        If a deal on a snapshot, or with snapshots a closed one, has no name, or deals are named by numbers in one frame
        and by texts in the other.

    Notes
    -----
    A deal that closed after the day counts as open on it. What a snapshot holds though it was closed by then, or has an
    ``outcome`` there, is no pipeline. Pipelines are those of the latest snapshot on or before the day of the
    submission, however old, and what is won so far is what was won by the day of that snapshot; deals without an amount
    or a due date are not in them. The stage's chance is that of ever winning, so ``weighted_pipeline`` is what a CRM
    shows, not the best forecast one could make.

    Examples
    --------
    >>> import custvalue as cv
    >>> found = judge_forecasts(cv.load_forecasts(), cv.load_opportunities(), as_of="2026-09-30", weeks_before=8)
    >>> found.judged.shape[0], sorted(found.judged["period"].unique())[:2]
    (84, ['2025Q1', '2025Q2'])
    """
    day = as_day(as_of)
    per_year = periods_per_year(check_freq(freq))
    if not is_number(weeks_before) or not 0 <= weeks_before <= MOST_WEEKS:
        remedy = f"Count back from the period's end, by at most {MOST_WEEKS} weeks."
        raise refusal("weeks_before must be 0 or more", repr(weeks_before), remedy)
    said = _submissions(to_pandas(forecasts), ladder, freq)
    deals = to_pandas(opportunities)
    won = _won(deals, day)
    _check_alike("opportunities", said, deals)
    _check_spelling("opportunities", said, deals)
    known_from = _covered_from(won, covered_from, freq)

    known = said[said["ends"] <= day]
    due = known["ends"] - pd.to_timedelta(weeks_before * DAYS_IN_WEEK, unit="D")
    in_time = known[known["submitted"] <= due].sort_values("submitted", kind="stable")
    keys = ["owner", "period"]
    counted = in_time.groupby(keys, sort=False).size().rename("n_submissions")
    chosen = in_time.drop_duplicates(keys, keep="last").merge(counted, on=keys)
    reasons = {
        "the period is not over": said[said["ends"] > day],
        "no submission so early": known.merge(chosen[keys], on=keys, how="left", indicator=True).query(
            "_merge == 'left_only'"
        ),
        "closings are not known so far back": chosen[chosen["starts"] < known_from],
    }
    left_out = pd.concat(
        [rows[keys].drop_duplicates().assign(reason=reason) for reason, rows in reasons.items()], ignore_index=True
    )
    chosen = chosen[chosen["starts"] >= known_from].sort_values(["starts", "owner"], kind="stable")
    actual = _Actuals(won, freq, known_from)
    chosen = chosen.assign(
        lead_weeks=(chosen["ends"] - chosen["submitted"]).dt.days / DAYS_IN_WEEK,
        actual=actual.of(chosen["owner"], chosen["period"]),
        n_unpriced=actual.unpriced(chosen["owner"], chosen["period"]),
        last_period=actual.of(chosen["owner"], _latest_over(chosen["submitted"], freq)),
        same_period_last_year=actual.of(chosen["owner"], _earlier(chosen["period"], per_year, freq)),
    )
    columns = ["owner", "period", "forecast", "submitted", "lead_weeks", "n_submissions", "actual", "n_unpriced"]
    columns += ["last_period", "same_period_last_year"]
    chosen = chosen.reset_index(drop=True)
    if snapshots is not None:
        seen = to_pandas(snapshots)
        pipeline = _pipelines(seen, said, chosen, won, ladder)
        chosen, columns = chosen.assign(**pipeline), [*columns, *pipeline]
    return JudgedForecasts(chosen[columns], left_out.sort_values(keys, kind="stable", ignore_index=True))


def _submissions(frame: pd.DataFrame, ladder: Ladder, freq: str) -> pd.DataFrame:
    """Return the submissions with the first and last day of their periods."""
    check = FrameCheck(frame, "judge_forecasts: forecasts")
    check.rule("ladder", ladder, Ladder)
    check.require("owner", "the salesperson")
    check.require("period", "label of the period")
    values = check.numbers("forecast", low=0, high=MOST_MONEY, missing_ok=False, purpose="what was forecast")
    submitted = check.dates("submitted", purpose="day of the submission")
    check.one_currency()
    check.done()
    labels = frame["period"].astype("str")
    names, ends, starts, wrong = {}, {}, {}, []
    for label in pd.unique(labels):
        try:
            period = parse_period(label, freq)
        except InputError as error:
            wrong.append(str(error))
        else:
            names[label], starts[label], ends[label] = str(period), period.start_time, period.end_time.normalize()
    raise_all(check.caller, wrong)
    said = pd.DataFrame(
        {
            "owner": _uncoded(frame["owner"]),
            "period": labels.map(names).astype("str").array,
            "forecast": values,
            "submitted": submitted.to_numpy(),
            "starts": pd.to_datetime(labels.map(starts).to_numpy()),
            "ends": pd.to_datetime(labels.map(ends).to_numpy()),
        }
    )
    check.fail_rows(
        "a forecast is submitted before its period is over",
        "submitted",
        (said["submitted"] > said["ends"]).to_numpy(),
        "Leave the rows out: what is stamped after the outcome was known forecasts nothing.",
    )
    check.fail_rows("owner must not be missing", "owner", said["owner"].isna().to_numpy(), "Fill it in.")
    check.fail_rows("submitted must not be missing", "submitted", said["submitted"].isna().to_numpy(), "Fill it in.")
    check.fail_rows(
        "an owner submits once a day for a period",
        "submitted",
        said.duplicated(["owner", "period", "submitted"]).to_numpy(),
        "Keep the one that counts.",
    )
    check.done()
    return said


def _won(frame: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the deals closed by the day: owner, amount (missing where lost), whether won, and when closed."""
    check = FrameCheck(frame, "judge_forecasts: opportunities")
    check.require("owner", "the salesperson")
    states = deals_as_of(check, day)
    check.require("closed", "day the deal was won or lost")
    amounts = check.numbers("amount", low=0, high=MOST_MONEY, purpose="what was won")
    check.one_currency()
    if "opportunity" in frame and not check.failures:
        repeated = (frame["opportunity"].duplicated() & frame["opportunity"].notna()).to_numpy(dtype=bool)
        check.fail_rows("a deal may occur once", "opportunity", repeated, "Drop the repeated rows.")
    if not check.failures:
        remedy = "Fill it in, or leave the deal out: it would be missing from the actual without a word."
        nobodys = states.won & frame["owner"].isna().to_numpy(dtype=bool)
        check.fail_rows("a won deal has an owner", "owner", nobodys, remedy)
        undated = states.won & states.closed.isna().to_numpy(dtype=bool)
        check.fail_rows("a won deal has a close date", "closed", undated, remedy)
    check.done()
    named = {"opportunity": _uncoded(frame["opportunity"])} if "opportunity" in frame else {}
    days = states.closed.to_numpy()
    rows = pd.DataFrame(
        {**named, "owner": _uncoded(frame["owner"]), "amount": amounts, "won": states.won, "closed": days}
    )
    return rows[states.won | states.lost]


def _uncoded(column: "pd.Series[Any]") -> Any:
    """Return a column's values, those of a categorical as what they stand for: codes of two frames do not compare."""
    coded = isinstance(column.dtype, pd.CategoricalDtype)
    return (column.astype(column.cat.categories.dtype) if coded else column).array


def _check_alike(name: str, said: pd.DataFrame, other: pd.DataFrame) -> None:
    """Refuse a frame in which none of the forecasters occurs: every actual would be zero by it."""
    there = other["owner"].dropna().unique()
    if len(said) and len(there) and not said["owner"].isin(list(there)).any():
        shown = f"{said['owner'].iloc[0]!r} among the forecasts, {there[0]!r} among the {name}"
        raise refusal(
            f"judge_forecasts: owners are named alike in forecasts and {name}", shown, "Convert the column, or map it."
        )


def _check_spelling(name: str, said: pd.DataFrame, other: pd.DataFrame) -> None:
    """Refuse forecasters that differ only by case or blanks from an owner: what one has would be missing from another.

    A name that is no owner's at all may be one of somebody without a deal.
    """
    forecasters = {owner for owner in pd.unique(said["owner"]) if isinstance(owner, str)}
    owners = {owner for owner in other["owner"].dropna().unique() if isinstance(owner, str)}
    spelt: dict[str, list[str]] = {}
    for owner in sorted(forecasters | owners):
        spelt.setdefault("".join(owner.split()).casefold(), []).append(owner)
    remedy = "Write the name alike everywhere."
    raise_all(
        "judge_forecasts",
        (
            refusal_text(f"owners are spelt alike in forecasts and {name}", ", ".join(map(repr, names)), remedy)
            for names in spelt.values()
            if len(names) > 1 and not forecasters.isdisjoint(names)
        ),
    )


def _covered_from(won: pd.DataFrame, covered_from: AsOf | None, freq: str) -> pd.Timestamp:
    if covered_from is not None:
        return as_day(covered_from)
    first = won["closed"].min()
    return pd.Timestamp.max.normalize() if pd.isna(first) else (first.to_period(freq) + 1).start_time


class _Actuals:
    """Revenue won by owner and period; zero where nothing was won, missing where closings are not known."""

    def __init__(self, won: pd.DataFrame, freq: str, known_from: pd.Timestamp) -> None:
        rows = won[won["won"]]
        keys = [rows["owner"], period_labels(rows["closed"], freq).rename("period")]
        self._sums = rows["amount"].groupby(keys).sum()
        self._unpriced = rows["amount"].isna().groupby(keys).sum()
        self._known_from, self._freq = known_from, freq

    def _look_up(self, table: "pd.Series[Any]", owner: "pd.Series[Any]", period: "pd.Series[str]") -> Any:
        at = pd.MultiIndex.from_arrays([owner.to_numpy(), period.to_numpy()])
        return table.reindex(at).fillna(0).to_numpy()

    def of(self, owner: "pd.Series[Any]", period: "pd.Series[str]") -> Any:
        starts = {label: pd.Period(label, freq=self._freq).start_time for label in pd.unique(period)}
        known = (pd.to_datetime(period.map(starts)) >= self._known_from).to_numpy()
        return np.where(known, self._look_up(self._sums, owner, period), np.nan)

    def unpriced(self, owner: "pd.Series[Any]", period: "pd.Series[str]") -> Any:
        return self._look_up(self._unpriced, owner, period).astype(np.int64)


def _latest_over(days: "pd.Series[Any]", freq: str) -> "pd.Series[str]":
    """Return the label of the latest period that was over on each day."""
    return period_labels(days, freq).map(lambda label: str(pd.Period(label, freq=freq) - 1)).astype("str")


def _earlier(labels: "pd.Series[str]", back: int, freq: str) -> "pd.Series[str]":
    return labels.map(lambda label: str(pd.Period(label, freq=freq) - back)).astype("str")


def _merged(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows that match, also where a column without any name in it is of another type."""
    if left["owner"].dtype != right["owner"].dtype:
        left, right = (rows.astype({"owner": object}) for rows in (left, right))
    return left.merge(right, on=keys, how="inner")


def _pipelines(
    frame: pd.DataFrame, said: pd.DataFrame, chosen: pd.DataFrame, won: pd.DataFrame, ladder: Ladder
) -> dict[str, Any]:
    """Return each submission's pipeline on the latest snapshot before it, as summed and as weighted by stage."""
    check = FrameCheck(frame, "judge_forecasts: snapshots")
    check.require("owner", "the salesperson")
    check.require("opportunity", "the deal's identifier")
    taken = check.dates("snapshot", purpose="day of the snapshot")
    due = check.dates("expected_close", purpose="expected close as known that day")
    amounts = check.numbers("amount", low=0, high=MOST_MONEY, purpose="value as known that day")
    is_open = np.ones(len(frame), dtype=bool)
    if check.has("outcome"):
        is_open = check.choices("outcome", OUTCOMES, purpose="closed rows are no pipeline") < 0
    codes = ladder_codes(check, "stage", ladder, needed=is_open)
    if not check.failures:
        unnamed = frame["opportunity"].isna().to_numpy(dtype=bool)
        check.fail_rows("opportunity must not be missing", "opportunity", unnamed, "Name the deal.")
        repeated = frame.duplicated(["snapshot", "opportunity"]).to_numpy() & ~unnamed
        check.fail_rows("a deal stands once on a snapshot", "opportunity", repeated, "Drop the repeated rows.")
        if "opportunity" in won:
            n_unnamed = int(won["opportunity"].isna().sum())
            if n_unnamed:
                rule = "won and lost opportunities must be named where there are snapshots"
                check.fail(rule, f"{n_unnamed} without a name", "Name them: they would stay open on every snapshot.")
            names = {"opportunities": pd.Series(won["opportunity"]), "snapshots": frame["opportunity"]}
            check.failures += unlike(names, "opportunity")
    check.done()
    _check_alike("snapshots", said, frame)
    _check_spelling("snapshots", said, frame)
    if "opportunity" in won:
        ended = won.dropna(subset="opportunity").set_index("opportunity")["closed"]
        closed = ended.reindex(_uncoded(frame["opportunity"])).to_numpy()
        is_open &= ~(closed <= taken.to_numpy())
    open_deals = pd.DataFrame(
        {
            "owner": _uncoded(frame["owner"]),
            "snapshot": taken.to_numpy(),
            "due": due.to_numpy(),
            "amount": amounts,
            "weighted": amounts * np.array([*ladder.probabilities, np.nan])[codes],
        }
    )[is_open]
    days = np.unique(taken.dropna().to_numpy())
    if not days.size:
        return dict.fromkeys(("raw_pipeline", "weighted_pipeline"), np.full(len(chosen), np.nan))
    place = np.searchsorted(days, chosen["submitted"].to_numpy(), side="right") - 1
    rows = chosen[["owner", "starts", "ends"]].assign(
        row=np.arange(len(chosen)), snapshot=np.where(place >= 0, days[np.maximum(place, 0)], np.datetime64("NaT"))
    )
    joined = _merged(rows, open_deals, ["owner", "snapshot"])
    joined = joined[(joined["due"] >= joined["starts"]) & (joined["due"] <= joined["ends"])]
    sums = joined.groupby("row")[["amount", "weighted"]].sum().reindex(rows["row"]).fillna(0.0)
    so_far = _merged(rows, won[won["won"]], ["owner"])
    so_far = so_far[(so_far["closed"] >= so_far["starts"]) & (so_far["closed"] <= so_far["snapshot"])]
    already = so_far.groupby("row")["amount"].sum().reindex(rows["row"]).fillna(0.0).to_numpy()
    seen = rows["snapshot"].notna().to_numpy()
    return {
        "raw_pipeline": np.where(seen, sums["amount"].to_numpy() + already, np.nan),
        "weighted_pipeline": np.where(seen, sums["weighted"].to_numpy() + already, np.nan),
    }
