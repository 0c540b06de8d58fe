"""Prospects on the scorecard, how sure their ranks are, whether raters agree, and whether the scorecard works."""

import difflib
from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.rules import playbook
from custvalue.rules.agreement import KRIPPENDORFF_LIMITS
from custvalue.rules.labels import Label
from custvalue.rules.weights import WEIGHT_CERTAINTIES
from custvalue.screening import (
    fit_weights,
    priority_grid,
    rank_opportunities,
    rater_agreement,
    score_prospects,
    score_sensitivity,
    scorecard_evidence,
)
from custvalue.study.inputs import Inputs
from custvalue.study.parts.deals import need_state_of_day
from custvalue.study.parts.section import LeftOut, Picture, Piece, Section, need, section_of

SEED = 0
SURE = WEIGHT_CERTAINTIES[1]
OUTCOMES = ("won", "lost")
CHANGES = tuple(
    f"{what}_change_{part}" for what in ("points", "weight") for part in ("criterion", "from", "to", "passes", "band")
)


def screening_part(inputs: Inputs) -> Section:
    """Prospects on the scorecard, best first; how sure their ranks are; whether raters agree; the priority grid."""
    questions = (
        (Label("scores of the prospects", "潜在客户评分"), _scores),
        (Label("how ranks hang on the weights", "排名对权重的依赖"), _sensitivity),
        (Label("rater agreement", "评分一致性"), _agreement),
        (Label("priority grid", "优先级方格"), _priority),
    )
    return section_of("screening", Label("Screening prospects and deals", "筛选潜在客户与商机"), questions, inputs)


def _need_answers(inputs: Inputs, *columns: str) -> None:
    """Leave the question out if a column of the prospects is not there; say which of theirs may be meant."""
    frame = inputs.frames.get("prospects", pd.DataFrame())
    others = [str(name) for name in frame.columns if name not in columns]
    missing = [name for name in columns if name not in frame]
    alike = [name for wanted in missing for name in others if name.strip().casefold() == wanted]
    near = alike or [name for wanted in missing for name in difflib.get_close_matches(wanted, others, n=1)]
    reason = inputs.lacking("prospects", columns)
    if reason and near:
        names = ", ".join(repr(name) for name in dict.fromkeys(near))
        reason = Label(f"{reason.en}; did you mean {names}?", f"{reason.zh}；是不是 {names}？")
    if reason:
        raise LeftOut(reason)


def _undecided(inputs: Inputs) -> tuple[pd.DataFrame, int]:
    """Return the prospects that are neither won nor lost, and how many are."""
    _need_answers(inputs, "prospect", *playbook.SCREENING.names)
    prospects = inputs.frames["prospects"]
    if "outcome" not in prospects:
        return prospects, 0
    undecided = prospects["outcome"].isna()
    return prospects[undecided], int((~undecided).sum())


def _scores(inputs: Inputs) -> Piece:
    card = playbook.SCREENING
    prospects, n_decided = _undecided(inputs)
    scored = score_prospects(prospects, scorecard=card, contributions=True)
    return Piece(
        {"prospect_scores": scored.sort_values(["score_low", "score_high"], ascending=False, kind="stable")},
        {
            "score_ranking": Picture("prospect_scores", partial(charts.plot_scores, scored, scorecard=card)),
            "score_contributions": Picture(
                "prospect_scores", partial(charts.plot_contributions, scored, scorecard=card)
            ),
        },
        (
            Label(
                f"{card.note} A missing answer is never counted as zero.",
                "公司类型和行业地位是讲座中的两个示例准则，其余准则为库默认，满分20分；"
                "优先行动的14分界线由练习重构。"
                "缺失的答案不按零分计算。",
            ),
            Label(
                f"{len(scored):,} open prospects; {n_decided:,} already won or lost are not ranked.",
                f"{len(scored):,} 个未定潜在客户；{n_decided:,} 个已有结果，不参与排名。",
            ),
        ),
    )


def _sensitivity(inputs: Inputs) -> Piece:
    card = playbook.SCREENING
    prospects, _ = _undecided(inputs)
    found = score_sensitivity(prospects, scorecard=card, concentration=SURE.concentration, seed=SEED)
    shares = [name for name in found.prospects.columns if "share_of_weight_draws" in name]
    shown = ["prospect", "score", "band", "rank", "rank_low", "rank_high", *shares, *CHANGES]
    ranked = found.prospects[found.prospects["rank"].notna()].sort_values("rank", kind="stable")
    note = Label(
        f"Weights drawn around the given ones, as one who is “{SURE.label.en}” of them would (a library default; the "
        f"table of drawn weights shows how far; seed {SEED}). Shares are shares of these draws, not probabilities: "
        "the points are taken as certain. Prospects with a missing answer that weighs have no rank. The smallest "
        "single change of points, or of one weight, that leads to another band needs no draws.",
        f"权重在给定值附近抽取，把握程度为“{SURE.label.zh}”（库默认；抽取范围见权重表；随机种子 {SEED}）。"
        "所列占比是抽样占比，不是概率：点数视为确定。缺少有权重答案的潜在客户没有排名。"
        "使等级改变的最小单项点数或权重变动无需抽样。",
    )
    return Piece(
        {"score_sensitivity": ranked[shown], "drawn_weights": found.weights},
        {"rank_intervals": Picture("score_sensitivity", partial(charts.plot_rank_intervals, found, scorecard=card))},
        (note,),
    )


def _agreement(inputs: Inputs) -> Piece:
    card, limits = playbook.SCREENING, KRIPPENDORFF_LIMITS
    need(inputs, "ratings", "prospect", "rater", "criterion", "points")
    ratings = inputs.frames["ratings"]
    known = ratings["criterion"].isin(card.names)
    if not known.any():
        raise LeftOut(Label("no rating is of a criterion of the scorecard", "没有对评分卡准则的评分"))
    found = rater_agreement(ratings[known], seed=SEED, scorecard=card, limits=limits)
    n_other = int((~known).sum())
    other = (
        (
            Label(
                f"{n_other:,} ratings of criteria that are not on the scorecard are left out.",
                f"{n_other:,} 条评分的准则不在评分卡上，未采用。",
            ),
        )
        if n_other
        else ()
    )
    note = Label(
        f"Raters agree enough for tentative conclusions from an alpha of {limits.tentative:g}, and well from "
        f"{limits.reliable:g} ({limits.source}). 95 % intervals redraw the prospects and hold for these raters (seed "
        f"{SEED}). A criterion whose whole interval lies below the lower limit needs a better description.",
        f"一致性系数达到 {limits.tentative:g} 可作初步结论，达到 {limits.reliable:g} 为可靠"
        f"（克里彭多夫，2004）。95%区间由潜在客户重抽样得出，仅适用于这些评分人（随机种子 {SEED}）。"
        "整个区间低于下限的准则，其描述需要改进。",
    )
    return Piece(
        {
            "rater_agreement": found.summary,
            "rater_agreement_criteria": found.criteria,
            "rater_pairs": found.pairs,
        },
        {
            "rater_agreement": Picture(
                "rater_agreement_criteria", partial(charts.plot_rater_agreement, found, limits=limits)
            )
        },
        (note, *other),
    )


def _priority(inputs: Inputs) -> Piece:
    grid = playbook.PRIORITY_GRID
    deals = need_state_of_day(inputs, "amount", "stage")
    # As in the ranking of opportunities: the ladder's percentage, not the salesperson's.
    is_open = deals[deals["outcome"].isna()].drop(columns="probability", errors="ignore")
    ranked = rank_opportunities(is_open, ladder=inputs.ladder, grid=grid)
    placed = int(ranked["grid_amount"].notna().sum())
    if not placed:
        raise LeftOut(
            Label(
                f"no open deal has a place on the grid, which is in {grid.currency}",
                f"没有可置于方格的未结商机（方格以 {grid.currency} 计）",
            )
        )
    note = Label(
        f"{placed:,} of {len(ranked):,} open deals lie on the grid, each in the row and column nearest to its chance "
        "(the ladder's) and amount; halfway counts as the higher one. Cells end halfway by a library default.",
        f"{len(ranked):,} 个未结商机中的 {placed:,} 个置于方格：按阶段概率和金额归入最近的行与列，正中间归入较高者"
        "（分界为库默认）。",
    )
    cells = priority_grid(ranked, grid=grid)
    return Piece(
        {"priority_grid": cells},
        {"priority_grid": Picture("priority_grid", partial(charts.plot_priority_grid, cells))},
        (note,),
    )


def evidence_part(inputs: Inputs) -> Section:
    """Whether high scores won more often, where the outcome is known."""
    card = playbook.SCREENING
    _need_answers(inputs, "prospect", "outcome", *card.names)
    prospects = inputs.frames["prospects"]
    if prospects["outcome"].nunique() < len(OUTCOMES):
        raise LeftOut(
            Label(
                "prospects must hold both won and lost ones to judge the scorecard",
                "判断评分卡需要既有赢单又有丢单的潜在客户",
            )
        )
    found = scorecard_evidence(prospects, seed=SEED, scorecard=card)
    fitted = fit_weights(prospects, seed=SEED, scorecard=card)
    note = Label(
        "The answers are taken to be those given before the outcome was known; prospects carry no dates, so this "
        f"cannot be checked. Prospects with a missing answer are in no score. Folds of cross-validation: seed {SEED}.",
        "假定答案均在结果已知之前填写；潜在客户没有日期，无法核对。答案缺失者不计入得分。"
        f"交叉验证分组的随机种子：{SEED}。",
    )
    return Section(
        "evidence",
        Label("Does the scorecard work?", "评分卡有效吗？"),
        {
            "evidence_summary": found.summary,
            "evidence_bands": found.bands,
            "evidence_gains": found.gains,
            "evidence_calibration": found.calibration,
            "evidence_criteria": found.criteria,
            "evidence_levels": found.levels,
            "evidence_weights": found.weights,
            "fitted_weights": fitted.weights,
            "fitted_weights_summary": fitted.summary,
        },
        {
            "evidence": Picture("evidence_bands", partial(charts.plot_evidence, found)),
            "score_calibration": Picture("evidence_calibration", partial(charts.plot_score_calibration, found)),
        },
        (note,),
    )
