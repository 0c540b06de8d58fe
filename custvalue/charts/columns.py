"""What the columns and the coded values of every table are called, in English and in Chinese."""

import re
from collections.abc import Callable, Mapping

from custvalue.rules import playbook
from custvalue.rules.labels import Label, Lang, check_lang

_NAMES: dict[str, tuple[str, str]] = {
    # the vocabulary
    "prospect": ("Prospect", "潜在客户"),
    "opportunity": ("Opportunity", "商机"),
    "account": ("Account", "客户"),
    "owner": ("Owner", "负责人"),
    "rep": ("Salesperson", "销售员"),
    "rater": ("Rater", "评分人"),
    "region": ("Region", "区域"),
    "product": ("Product", "产品"),
    "industry": ("Industry", "行业"),
    "criterion": ("Criterion", "准则"),
    "points": ("Points", "点数"),
    "weight": ("Weight", "权重"),
    "stage": ("Stage", "阶段"),
    "attitude": ("Attitude", "态度"),
    "amount": ("Amount", "金额"),
    "currency": ("Currency", "货币"),
    "created": ("Created", "创建日期"),
    "expected_close": ("Expected close", "预计成交日期"),
    "closed": ("Closed", "结束日期"),
    "outcome": ("Outcome", "结果"),
    "probability": ("Probability", "成交概率"),
    "submitted": ("Submitted", "提交日期"),
    "target": ("Target", "目标"),
    "snapshot": ("Snapshot", "快照日期"),
    "entered": ("Entered the stage", "进入阶段日期"),
    "date": ("Date", "日期"),
    "period": ("Period", "期间"),
    "quantity": ("Quantity", "数量"),
    "revenue": ("Revenue", "销售额"),
    "potential": ("Potential per year", "年潜在生意"),
    "winnable_share": ("Share we may win", "可能得到的份额"),
    "current_share": ("Share we hold", "现有份额"),
    "loyalty": ("Loyalty", "忠诚度"),
    "action": ("Action", "行动"),
    "activity": ("Activity", "活动"),
    "trait": ("Trait", "特质"),
    "since": ("Customer since", "客户起始日"),
    "list_price": ("List price", "标价"),
    "manager": ("Manager", "经理"),
    # what was read
    "p_rep": ("Probability by the rep", "销售员填报概率"),
    "n_unnamed": ("Without a name", "无客户名行数"),
    "unnamed_sum": ("Sum without a name", "无客户名合计"),
    "kind": ("Table", "表"),
    "file": ("File", "文件"),
    "rows": ("Rows", "行数"),
    "clean": ("Clean", "合格行"),
    "rejected": ("Rejected", "未采用行"),
    "notes": ("Notes", "说明"),
    "part": ("Part", "部分"),
    "reason": ("Reason", "原因"),
    # screening
    "total": ("Total", "总计"),
    "total_low": ("Total, at least", "总计（至少）"),
    "total_high": ("Total, at most", "总计（至多）"),
    "score": ("Score", "得分"),
    "score_low": ("Score, at least", "得分（至少）"),
    "score_high": ("Score, at most", "得分（至多）"),
    "band": ("Band", "等级"),
    "band_low": ("Band, at least", "等级（至少）"),
    "band_high": ("Band, at most", "等级（至多）"),
    "rank": ("Rank", "排名"),
    "knocked_out": ("Knocked out", "一票否决"),
    "priority_action": ("Priority action", "优先行动"),
    "expected": ("Expected value", "期望值"),
    # tracking
    "n_deals": ("Deals", "商机数"),
    "n_won": ("Won deals", "赢单数"),
    "n_lost": ("Lost deals", "丢单数"),
    "n_open": ("Open deals", "未结商机数"),
    "won": ("Won", "赢单金额"),
    "open": ("Open", "未结金额"),
    "expected_open": ("Expected from open deals", "未结商机期望金额"),
    "forecast": ("Forecast", "预测"),
    "won_plus_open": ("Won plus all open", "赢单加全部未结"),
    "n_unpriced": ("Deals without an amount", "无金额商机数"),
    "n_won_unpriced": ("Won deals without an amount", "无金额赢单数"),
    "win_rate_closed": ("Win rate, won of closed", "赢单率（占已结）"),
    "win_rate_all": ("Win rate, won of all", "赢单率（占全部）"),
    "low": ("Low", "下限"),
    "high": ("High", "上限"),
    # analysis
    "n": ("Number", "数量"),
    "n_missing": ("Missing", "缺失数"),
    "n_zero": ("Zero", "为零数"),
    "n_negative": ("Negative", "为负数"),
    "negative_sum": ("Sum of the negative", "负值合计"),
    "share": ("Share", "占比"),
    "cumulative_share": ("Cumulative share", "累计占比"),
    "concentration_class": ("Concentration class", "集中度等级"),
    "top_20_pct_share": ("Share of the top 20 %", "前20%客户占比"),
    "gini": ("Gini index", "基尼系数"),
    "hhi": ("Herfindahl index", "赫芬达尔指数"),
    "note": ("Note", "说明"),
    "potential_class": ("Potential class", "潜力等级"),
    "share_class": ("Share class", "份额等级"),
    "loyalty_class": ("Loyalty class", "忠诚度等级"),
    "segment": ("Segment", "细分"),
    "headroom": ("Headroom per year", "年增长空间"),
    "n_without_headroom": ("Headroom unknown", "增长空间未知数"),
    "today": ("Today", "今天"),
    "tomorrow": ("Tomorrow", "明天"),
    "gap": ("Gap", "差距"),
    "today_low": ("Today, at least", "今天（至少）"),
    "today_high": ("Today, at most", "今天（至多）"),
    "band_tomorrow": ("Band tomorrow", "明天等级"),
    "n_actions": ("Actions", "行动数"),
    # effort
    "hours": ("Hours", "小时"),
    "item": ("Item", "项目"),
    "label": ("Name", "名称"),
    "label_zh": ("Name (Chinese)", "名称（中文）"),
    "days": ("Days", "天数"),
    "days_left": ("Days left", "剩余天数"),
    "unit": ("Unit", "单位"),
    "n_answered": ("Answered", "已答数"),
    "hunting": ("Hunting", "猎人倾向"),
    "farming": ("Farming", "农夫倾向"),
    "lean": ("Lean", "倾向"),
    "lean_low": ("Lean, at least", "倾向（至少）"),
    "lean_high": ("Lean, at most", "倾向（至多）"),
    # rows that broke their contract, and what reading reports
    "line": ("Line", "行号"),
    "column": ("Column", "列"),
    "value": ("Value", "值"),
    "rule": ("Rule", "规则"),
    "remedy": ("Remedy", "处理办法"),
}

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
    **{name: Label(en, zh) for name, (en, zh) in _NAMES.items()},
}

# Columns whose name carries a level: n_for_70, pct_for_82.5.
_LEVELLED: tuple[tuple[re.Pattern[str], Label], ...] = (
    (re.compile(r"n_for_([\d.]+)"), Label("Accounts for {0} %", "达到{0}%的客户数")),
    (re.compile(r"pct_for_([\d.]+)"), Label("% of accounts for {0} %", "达到{0}%的客户占比（%）")),
)

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
    "tracking": Label("tracking", "追踪"),
    "concentration": Label("concentration", "集中度"),
    "segments": Label("segments", "客户分类"),
    "people": Label("people", "猎人与农夫"),
}
_VALUES: dict[str, Callable[[str, Lang], str]] = {
    **dict.fromkeys(("band", "band_low", "band_high", "band_tomorrow"), _bands),
    "stage": _coded({stage.name: stage.label for stage in playbook.DEAL_HEAT.stages}),
    "attitude": _coded({kind.name: kind.label for kind in playbook.ATTITUDES.kinds}),
    "outcome": _coded(_OUTCOMES),
    "period": _coded(SET_APART),
    "unit": _coded(_UNITS),
    "kind": _coded(_KINDS),
    "part": _coded(_PARTS),
    "criterion": _coded(_CRITERIA),
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
