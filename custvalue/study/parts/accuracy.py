"""How accurate the submitted forecasts were, and whether a stage's percentage is what is won."""

from functools import partial

from custvalue import charts
from custvalue.frames.periods import QUARTERS_PER_YEAR, periods_per_year
from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs
from custvalue.study.parts.past_distributions import past_distributions
from custvalue.study.parts.section import LeftOut, Picture, Piece, Section, need, need_calendar, section_of
from custvalue.tracking import (
    accuracy_by_lead,
    forecast_accuracy,
    forecast_bias,
    judge_forecasts,
    probability_accuracy,
    reliability_table,
    stage_entries,
)

WEEKS_OF_QUARTERS, WEEKS_OF_MONTHS = (8, 4, 2, 0), (2, 1, 0)
BASELINES = ("last_period", "same_period_last_year", "raw_pipeline", "weighted_pipeline")
SNAPSHOT = ("snapshot", "opportunity", "owner", "stage", "amount", "expected_close")


def accuracy_part(inputs: Inputs) -> Section:
    """How accurate forecasts and probabilities were, from what was frozen at the time."""
    questions = (
        (Label("accuracy of submitted forecasts", "已提交预测的准确度"), _forecasts),
        (Label("distributions of past periods", "以往各期的收入分布"), _distributions),
        (Label("is 60 % really 60 %?", "60%真的是60%吗？"), _probabilities),
    )
    return section_of("accuracy", Label("Forecast accuracy", "预测准确度"), questions, inputs)


def _leads(inputs: Inputs) -> tuple[int, ...]:
    quarterly = periods_per_year(inputs.freq) == QUARTERS_PER_YEAR
    return WEEKS_OF_QUARTERS if quarterly else WEEKS_OF_MONTHS


def _distributions(inputs: Inputs) -> Piece:
    return past_distributions(inputs, _leads(inputs)[0])


def _forecasts(inputs: Inputs) -> Piece:
    need(inputs, "forecasts", "owner", "period", "forecast", "submitted")
    need(inputs, "opportunities", "owner", "amount", "outcome", "closed")
    need_calendar(inputs, "forecasts")
    said, deals = inputs.frames["forecasts"], inputs.frames["opportunities"]
    said = said[said["submitted"] <= inputs.as_of]
    nobodys = (deals["outcome"] == "won") & (deals["owner"].isna() | deals["closed"].isna())
    deals = deals[~nobodys]
    seen = None if inputs.lacking("snapshots", SNAPSHOT) else inputs.frames["snapshots"]
    if seen is not None:
        seen = seen[seen["snapshot"] <= inputs.as_of]
    leads = _leads(inputs)
    weeks = leads[0]
    found = judge_forecasts(
        said, deals, as_of=inputs.as_of, weeks_before=weeks, snapshots=seen, ladder=inputs.ladder, freq=inputs.freq
    )
    if found.judged.empty:
        raise LeftOut(
            Label(
                f"no forecast was submitted {weeks} weeks before the end of a period that is over",
                f"没有在已结束期间结束前 {weeks} 周提交的预测",
            )
        )
    baselines = [name for name in BASELINES if name in found.judged and found.judged[name].notna().any()]
    by_lead = accuracy_by_lead(said, deals, as_of=inputs.as_of, weeks_before=leads, freq=inputs.freq)
    bias = forecast_bias(found.judged)
    tables = {"forecast_accuracy": forecast_accuracy(found.judged, freq=inputs.freq)}
    if baselines:
        compared = forecast_accuracy(found.judged, baseline=baselines, freq=inputs.freq)
        tables["forecast_baselines"] = compared.loc[:, "baseline":]
    tables |= {
        "forecast_accuracy_by_lead": by_lead.accuracy,
        "forecast_tracks": by_lead.tracks,
        "forecast_accuracy_by_period": forecast_accuracy(found.judged, by="period", freq=inputs.freq),
        "forecast_accuracy_by_owner": forecast_accuracy(found.judged, by="owner", freq=inputs.freq),
        "forecast_bias": bias,
        "judged_forecasts": found.judged,
        "forecasts_left_out": found.left_out,
    }
    note = Label(
        f"Of each owner's submissions for a period the last one made {weeks} weeks or more before its end counts; the "
        "actual is what the owner won in it. Forecasts made after the end are refused; earlier periods whose closings "
        "are not known are left out. Who is named in the bias table is decided at a false discovery rate of 10 %.",
        f"每位负责人每期以期末前至少 {weeks} 周的最后一次提交为准；实际为其当期赢单金额。"
        "期末之后提交的预测不予采用；成交记录不全的早期期间不计入。"
        "偏差表中的点名按10%的错误发现率判断。",
    )
    n = int(nobodys.sum())
    left_out = Label(
        f"Won deals without owner or close date: {n}. They are in nobody's actual.",
        f"无负责人或无成交日期的赢单：{n}个，不计入任何人的实际值。",
    )
    figures = {
        "accuracy_by_lead": Picture(
            "forecast_accuracy_by_lead", partial(charts.plot_accuracy_by_lead, by_lead.accuracy)
        ),
        "forecast_tracks": Picture("forecast_tracks", partial(charts.plot_forecast_tracks, by_lead.tracks)),
        "forecast_bias": Picture("forecast_bias", partial(charts.plot_forecast_bias, bias)),
    }
    return Piece(tables, figures, (note, left_out) if n else (note,))


def _probabilities(inputs: Inputs) -> Piece:
    need(inputs, "stage_history", "opportunity", "stage", "entered")
    need(inputs, "opportunities", "opportunity", "outcome", "closed")
    history, deals = inputs.frames["stage_history"], inputs.frames["opportunities"]
    known = history["opportunity"].isin(deals["opportunity"])
    owned = "owner" in deals
    entered = stage_entries(
        history[known],
        deals,
        as_of=inputs.as_of,
        ladder=inputs.ladder,
        freq=inputs.freq,
        keep=["owner"] if owned else [],
    )
    accuracy = probability_accuracy(entered.entries)
    tables = {
        "reliability": reliability_table(entered.entries, ladder=inputs.ladder),
        "stage_maturity": entered.maturity,
        "probability_accuracy": accuracy.summary,
        "stated_probabilities": accuracy.stated,
    }
    if owned:
        tables["probability_by_owner"] = probability_accuracy(entered.entries, by="owner").summary
    unknown = int((~known).sum())
    note = Label(
        "One row per deal and stage entered, only of entries old enough that 95 % of such deals are won or lost: "
        "closed deals alone would flatter or blacken young stages. The tests take rows as independent, though a deal "
        "stands in several."
        + (f" {unknown:,} entries of deals that are not among the opportunities are left out." if unknown else ""),
        "每个商机每进入一个阶段计一行，只计足够早、95%的同类商机已有结果的进入记录：仅看已结商机会扭曲较新的阶段。"
        "检验假定各行独立，而同一商机会出现在多行。"
        + (f"另有 {unknown:,} 条记录的商机不在商机表中，未计入。" if unknown else ""),
    )
    drawn = partial(charts.plot_reliability, tables["reliability"])
    return Piece(tables, {"reliability": Picture("reliability", drawn)}, (note,))
