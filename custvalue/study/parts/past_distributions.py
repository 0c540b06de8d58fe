"""How past periods' revenue distributions, as they stood weeks before the end, compare with what came."""

from functools import partial

import numpy as np
import pandas as pd

from custvalue import charts
from custvalue.frames.deals import OUTCOMES, WON
from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs
from custvalue.study.parts.distribution import CORRELATION, INDEPENDENT
from custvalue.study.parts.section import LeftOut, Picture, Piece, need
from custvalue.tracking import RevenueDistribution, distribution_accuracy, interval_accuracy, revenue_distribution

# So many periods back at most: each costs a distribution for each correlation.
MOST_PERIODS = 12
INTERVAL, TAIL = 0.8, 0.1
QUANTILES = {"p10": TAIL, "p50": 0.5, "p90": 1 - TAIL}
STANDING = ["stage", "amount", "expected_close"]
SEED = 0


def past_distributions(inputs: Inputs, weeks: int) -> Piece:
    """Make past periods' distributions from snapshots, so many weeks before the end, and score them by what came."""
    need(inputs, "opportunities", "opportunity", "amount", "outcome", "closed")
    need(inputs, "snapshots", "snapshot", "opportunity", *STANDING)
    seen, deals = inputs.frames["snapshots"], inputs.frames["opportunities"]
    if "outcome" in seen:
        seen = seen[seen["outcome"].isna()]
    won = deals[(deals["outcome"] == OUTCOMES[WON]) & (deals["closed"] <= inputs.as_of)]
    days = seen["snapshot"].drop_duplicates()
    rows, laws = [], []
    for period in _over(inputs, deals):
        end = period.end_time.normalize()
        taken = days[(days >= period.start_time) & (days <= end - pd.Timedelta(weeks=weeks))].max()
        if pd.isna(taken):
            continue
        stood = _as_it_stood(seen[seen["snapshot"] == taken], deals, taken)
        came = float(won.loc[won["closed"].between(period.start_time, end), "amount"].sum())
        for correlation in (CORRELATION, INDEPENDENT):
            law = revenue_distribution(
                stood,
                correlation=correlation,
                as_of=taken,
                period=str(period),
                freq=inputs.freq,
                ladder=inputs.ladder,
            )
            quantiles = dict(zip(QUANTILES, law.quantile(list(QUANTILES.values())), strict=True))
            asked = {"period": str(period), "snapshot": taken, "correlation": correlation}
            rows.append(asked | {"won": law.won, "mean": law.mean, **quantiles, "actual": came})
            laws.append(law)
    if not rows:
        raise LeftOut(
            Label(
                f"no period that is over has a snapshot {weeks} weeks before its end, or its closings are not known",
                f"没有在已结束期间结束前 {weeks} 周的快照，或其成交记录不全",
            )
        )
    return _scored(pd.DataFrame(rows), laws, weeks)


def _over(inputs: Inputs, deals: pd.DataFrame) -> list[pd.Period]:
    """Return the latest periods that are over on the day and whose closings are known from their first day."""
    last = (inputs.as_of + pd.Timedelta(days=1)).to_period(inputs.freq) - 1
    first = deals["closed"].min()
    if pd.isna(first):
        return []
    return list(pd.period_range(first.to_period(inputs.freq) + 1, last, freq=inputs.freq))[-MOST_PERIODS:]


def _as_it_stood(seen: pd.DataFrame, deals: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the deals as they stood on the day of a snapshot: nothing that happened later is in it."""
    ended = deals[deals["closed"] <= day]
    still = seen.loc[~seen["opportunity"].isin(ended["opportunity"]), STANDING]
    won = ended.loc[ended["outcome"] == OUTCOMES[WON], ["amount", "closed"]]
    nobody = pd.Series(pd.NA, index=range(len(still) + len(won)), dtype="str")
    both = pd.concat([still, won], ignore_index=True)
    return both.assign(outcome=nobody.mask(nobody.index >= len(still), OUTCOMES[WON]))


def _scored(table: pd.DataFrame, laws: list[RevenueDistribution], weeks: int) -> Piece:
    intervals, scores, found = [], [], {}
    for correlation in (CORRELATION, INDEPENDENT):
        mine = np.flatnonzero(table["correlation"] == correlation)
        rows = table.iloc[mine]
        held = interval_accuracy(rows, level=INTERVAL, low="p10", high="p90", quantiles=QUANTILES, by="correlation")
        found[correlation] = distribution_accuracy([laws[k] for k in mine], actual=rows["actual"], seed=SEED)
        intervals.append(held.loc[:, :"verdict"].rename(columns={"coverage": "interval_coverage"}))
        scores.append(found[correlation].summary.assign(correlation=correlation))
        table.loc[rows.index, ["pit", "crps"]] = found[correlation].rows[["pit", "crps"]].to_numpy()
    summary = pd.concat(scores, ignore_index=True)
    summary.insert(0, "correlation", summary.pop("correlation"))
    n = len(table) // len(intervals)
    note = Label(
        f"The distributions of the last {n} periods, made from the snapshot {weeks} weeks before their end and what "
        f"was won by then, with a latent correlation of {CORRELATION:g} and with independent deals, beside what came. "
        "Deals not yet created then are in no distribution, overdue ones neither. Below ten periods the verdict on "
        'the distributions is "too few".',
        f"最近 {n} 期的收入分布（取期末前 {weeks} 周的快照与当时已赢金额），"
        f"分别按潜在相关系数 {CORRELATION:g} 与相互独立计算，并与实际结果比较。"
        "当时尚未创建及已逾期的商机均不在分布内。少于十期时不作判断。",
    )
    tables = {
        "past_distributions": table,
        "interval_accuracy": pd.concat(intervals, ignore_index=True),
        "distribution_accuracy": summary,
    }
    drawn = partial(charts.plot_pit, found[CORRELATION])
    return Piece(tables, {"pit": Picture("past_distributions", drawn)}, (note,))
