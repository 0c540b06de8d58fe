"""Concentration: how many customers supply 70-80 % of the business, what if one is lost, and what comes next."""

from functools import partial

from custvalue import charts
from custvalue.analysis import concentration
from custvalue.rules.labels import Label
from custvalue.study.inputs import Inputs, trailing_revenue
from custvalue.study.parts.accounts import accounts_by_period
from custvalue.study.parts.section import LeftOut, Picture, Piece, Section, section_of

LOST_AT_MOST = 10
SEED = 0


def concentration_part(inputs: Inputs) -> Section:
    """How many accounts supply 70-80 % of the trailing year's revenue, and how that changes."""
    questions = (
        (Label("concentration of the trailing year", "过去一年的集中度"), _of_year),
        (Label("concentration by period", "各期集中度"), _by_period),
    )
    return section_of("concentration", Label("Concentration", "客户集中度"), questions, inputs)


def _of_year(inputs: Inputs) -> Piece:
    revenue = trailing_revenue(inputs)
    if revenue is None or revenue.frame.empty:
        raise LeftOut(
            Label(
                "neither accounts, sales nor won opportunities give revenue per account in the trailing year",
                "客户表、销售明细和赢单都没有过去一年每个客户的收入",
            )
        )
    result = concentration(revenue.frame, account="account")
    return Piece(
        {
            "concentration_summary": result.summary,
            "concentration_accounts": result.accounts.sort_values("rank", kind="stable"),
            "concentration_stress": result.stress(min(LOST_AT_MOST, max(len(result.accounts), 1))),
        },
        {"pareto": Picture("concentration_summary", partial(charts.plot_concentration, result))},
        (revenue.basis,),
    )


def _by_period(inputs: Inputs) -> Piece:
    rows, periods = accounts_by_period(inputs, "revenue", least=2)
    result = concentration(rows, by="period", account="account")
    following = result.next_period(seed=SEED)
    return Piece(
        {
            "concentration_by_period": result.summary,
            "concentration_trend": result.trend(),
            "next_period": following.measures,
        },
        {"lorenz": Picture("next_period", partial(charts.plot_lorenz, result, next_period=following))},
        (
            Label(
                f"The Lorenz curve and the next period are of single periods, {periods[0]}–{periods[-1]}, from the "
                f"accounts table. The list of a period is exact; what is unsure is the next one, drawn from how "
                f"accounts changed so far (90 % intervals, seed {SEED}).",
                f"洛伦兹曲线与下一期按单期计算（{periods[0]}–{periods[-1]}，取自客户表）。单期名单是准确的，不确定的是"
                f"下一期，由客户以往变化推算（90%区间，随机种子 {SEED}）。",
            ),
        ),
    )
