"""What the columns and the coded values of every table are called, in English and in Chinese."""

import re
from collections.abc import Callable, Mapping

from custvalue.charts.column_names import NAMES
from custvalue.rules import playbook
from custvalue.rules.forecast_categories import FORECAST_CATEGORIES
from custvalue.rules.labels import Label, Lang, check_lang
from custvalue.rules.lifecycle import STATE_LABELS, STATES
from custvalue.rules.movement import BAR_LABELS, REASON_LABELS
from custvalue.rules.plays import ACCOUNT_PLAYS, WHO_LABELS

_CRITERIA: dict[str, Label] = {
    criterion.name: criterion.label
    for card in (playbook.SCREENING, playbook.EXERCISE, playbook.WALL.scorecard)
    for criterion in card.criteria
}
_TRAITS: dict[str, Label] = {
    pair.name: Label(f"{pair.hunter.en} / {pair.farmer.en}", f"{pair.hunter.zh} / {pair.farmer.zh}")
    for pair in playbook.HUNTER_FARMER.pairs
}
COLUMNS: Mapping[str, Label] = {
    **_TRAITS,
    **_CRITERIA,
    **{name: Label(en, zh) for name, (en, zh) in NAMES.items()},
}

# What a criterion adds to the score: contribution_need.
_CONTRIBUTION = "contribution_"
# Columns whose name carries a level: n_for_70, pct_for_82.5.
_CHANGE = "_change"
_LEVELLED: tuple[tuple[re.Pattern[str], Label], ...] = (
    (re.compile(r"n_for_([\d.]+)"), Label("Accounts for {0} %", "达到{0}%的客户数")),
    (re.compile(r"top_(\d+)_share_of_weight_draws"), Label("Draws in the top {0}", "位列前{0}名的抽样占比")),
    (re.compile(r"band_share_of_weight_draws_(.+)"), Label("Draws in band {0}", "“{0}”等级的抽样占比")),
    (re.compile(r"pct_for_([\d.]+)"), Label("% of accounts for {0} %", "达到{0}%的客户占比（%）")),
)

DIMENSIONS = ("segment", "region", "product", "industry", "owner")
SET_APART: Mapping[str, Label] = {
    "overdue": Label("overdue", "逾期"),
    "unscheduled": Label("unscheduled", "无日期"),
    "unpriced": Label("unpriced", "无金额"),
    "state_unknown": Label("state on the day unknown", "当日状态未知"),
    "created_after_as_of": Label("created later", "之后创建"),
}
_OUTCOMES = {"won": Label("won", "赢单"), "lost": Label("lost", "丢单")}
_UNITS = {
    "days": Label("days", "天"),
    "hours": Label("hours", "小时"),
    "currency per hour": Label("currency per hour", "货币/小时"),
}
_ANSWERS = {True: Label("yes", "是"), False: Label("no", "否")}


def _bands(value: str, lang: Lang) -> str:
    for bands in (playbook.SCREENING_BANDS, playbook.WALL.scorecard.bands):
        if value in bands.names:
            return bands.label(value, lang)
    return value


def _coded(labels: Mapping[str, Label]) -> Callable[[str, Lang], str]:
    return lambda value, lang: labels[value].text(lang) if value in labels else value


_KINDS = {
    "opportunities": Label("opportunities", "商机"),
    "stage_history": Label("stage history", "阶段历史"),
    "snapshots": Label("snapshots", "快照"),
    "forecasts": Label("forecasts", "销售预测"),
    "targets": Label("targets", "目标"),
    "prospects": Label("prospects", "潜在客户"),
    "ratings": Label("ratings", "评分"),
    "accounts": Label("accounts", "客户"),
    "sales": Label("sales", "销售明细"),
    "walls": Label("walls", "围墙"),
    "rivals": Label("rivals", "竞争对手"),
    "time_log": Label("time log", "时间记录"),
    "traits": Label("traits", "特质"),
}
_PARTS = {
    **_KINDS,
    "time": Label("selling time", "销售时间"),
    "screening": Label("screening", "筛选"),
    "evidence": Label("evidence for the scorecard", "评分卡证据"),
    "tracking": Label("tracking", "追踪"),
    "movement": Label("movement and follow-up", "变动与跟进"),
    "distribution": Label("distribution of revenue", "收入分布"),
    "accuracy": Label("forecast accuracy", "预测准确度"),
    "concentration": Label("concentration", "集中度"),
    "segments": Label("segments", "客户分类"),
    "migration": Label("movement between segments", "客户类别变动"),
    "growth": Label("growth and rhythm", "增长与节奏"),
    "people": Label("people", "猎人与农夫"),
}
_MOVEMENTS = {
    "upgraded": Label("upgraded", "升级"),
    "stayed": Label("stayed", "未变"),
    "mixed": Label("mixed", "有升有降"),
    "downgraded": Label("downgraded", "降级"),
    "unplaced": Label("unplaced", "未归类"),
    "new": Label("new", "新增"),
    "returned": Label("returned", "回归"),
    "lost": Label("lost", "流失"),
}
_STATES = {**_MOVEMENTS, **dict(zip(STATES, STATE_LABELS, strict=True)), "total": Label("total", "合计")}
_ANGLES = {
    "segment": Label("segment", "细分"),
    "potential": Label("potential", "潜力"),
    "share": Label("share", "份额"),
    "loyalty": Label("loyalty", "忠诚度"),
    "winnable_share": Label("winnable share", "可能得到的份额"),
    "current_share": Label("current share", "现有份额"),
}
_CLOCKS = {
    "from_entry": Label("from entry", "自进入起"),
    "from_first_seen": Label("from first seen", "自首次观察起"),
}
_STEPS = {
    "first_purchase": Label("first purchase", "首次购买"),
    "second_purchase": Label("second purchase", "二次购买"),
    "return": Label("return", "回归"),
}
_CARRIES = {"headroom": Label("headroom", "增长空间"), "revenue": Label("revenue", "销售额")}
_LOSSES = {"alone": Label("alone", "单独"), "together": Label("together", "合计")}
_DIMENSIONS = {**_CARRIES, **{name: Label(en, zh) for name, (en, zh) in NAMES.items() if name in DIMENSIONS}}
_MEASURES = {"points": Label("points", "点数"), "score": Label("score", "得分")}
_VERDICTS = {
    "needs_work": Label("description needs work", "描述需要改进"),
    "unclear": Label("unclear", "不明确"),
    "tentative": Label("tentative", "可作初步结论"),
    "reliable": Label("reliable", "可靠"),
    "worse": Label("worse", "更差"),
    "not_told_apart": Label("not told apart", "无法区分"),
    "better": Label("better", "更好"),
    "fitted": Label("fitted", "已拟合"),
    "too_few": Label("too few", "样本过少"),
    "too few": Label("too few", "样本过少"),
    "no difference shown": Label("no difference shown", "未显示差异"),
    "no_signal": Label("no signal", "无信号"),
    "uneven_points": Label("uneven points", "点数尺度不一"),
    "too low": Label("too low", "偏低"),
    "too high": Label("too high", "偏高"),
    "too narrow": Label("too narrow", "过窄"),
    "too wide": Label("too wide", "过宽"),
    "not contradicted": Label("not contradicted", "未被否定"),
}
_TRENDS = {
    "falls": Label("falls", "下降"),
    "not_shown": Label("not shown", "未显示"),
    "rises": Label("rises", "上升"),
    "rising": Label("rising", "上升"),
    "stable": Label("stable", "稳定"),
    "falling": Label("falling", "下降"),
}
_CATEGORIES = {
    name: Label(FORECAST_CATEGORIES.label(name), FORECAST_CATEGORIES.label(name, "zh"))
    for name in FORECAST_CATEGORIES.names
}
_TIMINGS = {
    "timing_model": Label("model of timing", "时间模型"),
    "mixed": Label("mixed", "混合"),
    "expected_close": Label("expected close at its word", "按预计日期"),
}
_STALLED_NOTES = {
    "no_stage_history": Label("no stage history", "无阶段历史"),
    "not_in_stage_history": Label("not in the history", "历史中没有"),
    "stage_differs_from_history": Label("stage differs from the history", "阶段与历史不符"),
    "limit_not_reached": Label("limit not reached", "未达上限"),
}
_NAMED = {
    "sandbagging": Label("sandbagging", "留有余地"),
    "not named": Label("not named", "未点名"),
    "happy ears": Label("happy ears", "过于乐观"),
}
_METHODS = {
    "certain": Label("certain", "确定"),
    "exact enumeration": Label("exact enumeration", "精确枚举"),
    "exact integer convolution": Label("exact integer convolution", "精确整数卷积"),
    "lattice FFT": Label("lattice FFT", "格点快速傅里叶变换"),
    "characteristic function": Label("characteristic function", "特征函数"),
    "proved": Label("proved", "已证明"),
    "estimated": Label("estimated", "估计"),
    "logit_delong": Label("logit DeLong", "对数几率德龙法"),
    "disjoint_pairs": Label("disjoint pairs", "不相交配对"),
    "hoeffding": Label("Hoeffding", "霍夫丁界"),
    "undefined": Label("undefined", "无定义"),
}
_ROWS = {
    "segments": Label("segments", "各类"),
    "not_placed": Label("not placed", "未归类"),
    "total": Label("total", "合计"),
}
_WEIGHTS = {"hand": Label("by hand", "人工"), "equal": Label("equal", "等权"), "fitted": Label("fitted", "拟合")}
_REASONS = {
    **SET_APART,
    **REASON_LABELS,
    "other_period": Label("another period", "其他期间"),
    "potential missing": Label("potential missing", "潜力缺失"),
    "share missing": Label("share missing", "份额缺失"),
    "loyalty missing": Label("loyalty missing", "忠诚度缺失"),
    "too few periods": Label("too few periods", "期间过少"),
    "no outcome yet": Label("no outcome yet", "尚无结果"),
    "no outcome matured yet": Label("no outcome matured yet", "尚无成熟的结果"),
    "no probability beside an outcome": Label("no probability beside an outcome", "有结果者均无预报概率"),
    "all won": Label("all won", "全部赢单"),
    "all lost": Label("all lost", "全部丢单"),
    "more than 100 probabilities: see reliability_table": Label(
        "more than 100 probabilities: see reliability_table", "概率超过100种，请看可靠性表"
    ),
    "no CRPS: fewer than 9 levels": Label("no CRPS: fewer than 9 levels", "分位水平少于9个，无连续分级概率评分"),
    "no CRPS: levels more than 0.15 apart": Label(
        "no CRPS: levels more than 0.15 apart", "分位水平间隔超过0.15，无连续分级概率评分"
    ),
    "no CRPS: levels end more than 0.1 from 0 or 1": Label(
        "no CRPS: levels end more than 0.1 from 0 or 1", "分位水平两端距0或1超过0.1，无连续分级概率评分"
    ),
    "nothing forecast or nothing won in some period": Label(
        "nothing forecast or nothing won in some period", "某期间无预报或无成交"
    ),
    "the period is not over": Label("the period is not over", "期间尚未结束"),
    "no submission so early": Label("no submission so early", "没有那么早的提交"),
    "closings are not known so far back": Label("closings are not known so far back", "无那么早的成交记录"),
    "the first period: nothing to compare with": Label("the first period: nothing to compare with", "首期，无可比较"),
    "nothing is needed any more": Label("nothing is needed any more", "已达目标，无需更多"),
    "none decided yet": Label("none decided yet", "尚无定论"),
    "cannot fail: no rate among the decided": Label("cannot fail: no rate among the decided", "不会失败，无已决完成率"),
    "none began a year ago": Label("none began a year ago", "尚无满一年者"),
    "fewer than half done: no median": Label("fewer than half done: no median", "完成不足半数，无中位数"),
    "too few prospects rated twice": Label("too few prospects rated twice", "两人以上评分的潜在客户过少"),
    "nothing rated twice": Label("nothing rated twice", "没有两人以上的评分"),
    "all points are the same": Label("all points are the same", "所有点数相同"),
    "no disagreement seen": Label("no disagreement seen", "未见分歧"),
    "a limit lies within the error of the draws": Label(
        "a limit lies within the error of the draws", "界限在抽样误差之内"
    ),
    "no rater answered every criterion that weighs": Label(
        "no rater answered every criterion that weighs", "没有评分人答完所有有权重的准则"
    ),
    "no prospect has two raters who answered every criterion that weighs": Label(
        "no prospect has two raters who answered every criterion that weighs", "没有潜在客户由两人答完所有有权重的准则"
    ),
    "history shorter than two years": Label("history shorter than two years", "历史不足两年"),
}


def _reasons(value: str, lang: Lang) -> str:
    known = [_REASONS[part].text(lang) if part in _REASONS else part for part in value.split("; ")]
    return ("；" if lang == "zh" else "; ").join(known)


def _column_named(value: str, lang: Lang) -> str:
    return column_label(value, lang)


_VALUES: dict[str, Callable[[str, Lang], str]] = {
    **dict.fromkeys(("movement", "before", "after", "state", "from_state", "to_state"), _coded(_STATES)),
    **dict.fromkeys(("angle", "share_basis"), _coded(_ANGLES)),
    **dict.fromkeys(("first", "second"), _coded(_WEIGHTS)),
    "bar": _coded(BAR_LABELS),
    "category": _coded(_CATEGORIES),
    "timing": _coded(_TIMINGS),
    "stalled_note": _coded(_STALLED_NOTES),
    "baseline": _column_named,
    "clock": _coded(_CLOCKS),
    "step": _coded(_STEPS),
    "carries": _coded(_CARRIES),
    "loss": _coded(_LOSSES),
    "dimension": _coded(_DIMENSIONS),
    "measure": lambda value, lang: _MEASURES[value].text(lang) if value in _MEASURES else _column_named(value, lang),
    "verdict": _coded(_VERDICTS),
    "trend": _coded(_TRENDS),
    **dict.fromkeys(("reason", "note", "trend_reason", "season_reason"), _reasons),
    "named": _coded(_NAMED),
    **dict.fromkeys(("method", "error_kind", "auc_method"), _coded(_METHODS)),
    "row": _coded(_ROWS),
    "play": _coded({play.name: play.label for play in ACCOUNT_PLAYS.plays}),
    "who": _coded(WHO_LABELS),
    **dict.fromkeys(
        ("band", "band_low", "band_high", "band_tomorrow", "points_change_band", "weight_change_band"), _bands
    ),
    **dict.fromkeys(("stage", "bin"), _coded({stage.name: stage.label for stage in playbook.DEAL_HEAT.stages})),
    "attitude": _coded({kind.name: kind.label for kind in playbook.ATTITUDES.kinds}),
    "outcome": _coded(_OUTCOMES),
    "period": _coded(SET_APART),
    "unit": _coded(_UNITS),
    "kind": _coded(_KINDS),
    "part": _coded(_PARTS),
    **dict.fromkeys(
        ("criterion", "next_question", "knocked_out_by", "points_change_criterion", "weight_change_criterion"),
        _coded(_CRITERIA),
    ),
    "trait": _coded(_TRAITS),
}


def column_label(name: str, lang: Lang = "en") -> str:
    """Return the header of a column; a column the library does not know keeps its own name.

    >>> column_label("cumulative_share", "zh"), column_label("n_for_70"), column_label("my_column", "zh")
    ('累计占比', 'Accounts for 70 %', 'my_column')
    """
    check_lang(lang)
    if name in COLUMNS:
        return COLUMNS[name].text(lang)
    for pattern, label in _LEVELLED:
        found = pattern.fullmatch(name)
        if found:
            return label.text(lang).format(*found.groups())
    if name.startswith(_CONTRIBUTION):
        part = column_label(name.removeprefix(_CONTRIBUTION), lang)
        return f"{part}：得分" if lang == "zh" else f"{part}: score"
    plain = name.removesuffix(_CHANGE)
    if plain != name and (header := column_label(plain, lang)) != plain:
        return f"{header}变化" if lang == "zh" else f"{header}, change"
    return name


def column_word(name: str, lang: Lang = "en") -> str:
    """Return what a column is called inside a sentence.

    >>> column_word("potential"), column_word("revenue", "zh"), column_word("MRR")
    ('potential per year', '销售额', 'MRR')
    """
    label = column_label(name, lang)
    return label if label == name else label[:1].lower() + label[1:]


def value_label(column: str, value: object, lang: Lang = "en") -> str:
    """Return the words for a coded value of a column (a band, stage, outcome, yes or no…), or the value as text.

    >>> value_label("band", "key", "zh"), value_label("period", "overdue"), value_label("knocked_out", True, "zh")
    ('关键潜在客户', 'overdue', '是')
    >>> value_label("account", "won", "zh")
    'won'
    """
    if isinstance(value, bool):
        return _ANSWERS[value].text(lang)
    text = str(value)
    return _VALUES[column](text, lang) if column in _VALUES else text
