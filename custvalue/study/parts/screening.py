"""Prospects on the scorecard, and whether the scorecard works."""

from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.rules import playbook
from custvalue.rules.labels import Label
from custvalue.screening import fit_weights, score_prospects, scorecard_evidence
from custvalue.study.inputs import Inputs
from custvalue.study.parts.section import LeftOut, Picture, Section, need

SEED = 0


def screening_part(inputs: Inputs) -> Section:
    """Prospects on the scorecard, best first."""
    card = playbook.SCREENING
    need(inputs, "prospects", "prospect", *card.names)
    prospects = inputs.frames["prospects"]
    undecided = prospects["outcome"].isna() if "outcome" in prospects else pd.Series(True, index=prospects.index)
    scored = score_prospects(prospects[undecided], scorecard=card, contributions=True)
    return Section(
        "screening",
        Label("Screening prospects", "筛选潜在客户"),
        {"prospect_scores": scored.sort_values(["score_low", "score_high"], ascending=False, kind="stable")},
        {"score_ranking": Picture("prospect_scores", partial(charts.plot_scores, scored, scorecard=card))},
        (
            Label(
                f"{card.note} A missing answer is never counted as zero.",
                "公司类型和行业地位是讲座中的两个示例准则，其余准则为库默认，满分20分；"
                "优先行动的14分界线由练习重构。"
                "缺失的答案不按零分计算。",
            ),
            Label(
                f"{len(scored):,} open prospects; {int((~undecided).sum()):,} already won or lost are not ranked.",
                f"{len(scored):,} 个未定潜在客户；{int((~undecided).sum()):,} 个已有结果，不参与排名。",
            ),
        ),
    )


def evidence_part(inputs: Inputs) -> Section:
    """Whether high scores won more often, where the outcome is known."""
    card = playbook.SCREENING
    need(inputs, "prospects", "prospect", "outcome", *card.names)
    prospects = inputs.frames["prospects"]
    if prospects["outcome"].nunique() < len(("won", "lost")):
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
