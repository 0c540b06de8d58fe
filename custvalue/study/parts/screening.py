"""Prospects on the scorecard."""

from functools import partial

import pandas as pd

from custvalue import charts
from custvalue.rules import playbook
from custvalue.rules.labels import Label
from custvalue.screening import score_prospects
from custvalue.study.inputs import Inputs
from custvalue.study.parts.section import Picture, Section, need


def screening_part(inputs: Inputs) -> Section:
    """Prospects on the scorecard, best first."""
    card = playbook.SCREENING
    need(inputs, "prospects", "prospect", *card.names)
    prospects = inputs.frames["prospects"]
    undecided = prospects["outcome"].isna() if "outcome" in prospects else pd.Series(True, index=prospects.index)
    scored = score_prospects(prospects[undecided], scorecard=card)
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
