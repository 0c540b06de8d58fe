"""The lecture's numbers as rule objects, each with its source; the defaults of every function.

Nothing else in the library holds a threshold, a percentage or a weight. Make your own with the same classes, or with
``dataclasses.replace``::

    from dataclasses import replace
    strict = replace(playbook.DEAL_HEAT, stages=playbook.DEAL_HEAT.stages[2:])
"""

from custvalue.rules.bands import Bands
from custvalue.rules.effort import Activity, HunterFarmer, SellingYear, TraitPair
from custvalue.rules.followup import FOLLOW_UP
from custvalue.rules.forecast_categories import FORECAST_CATEGORIES
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import LECTURE, LIBRARY_DEFAULT, RECONSTRUCTED, Label
from custvalue.rules.ladder import Attitude, Attitudes, Ladder, PriorityCard, PriorityGrid, Stage
from custvalue.rules.lifecycle import LIFECYCLE
from custvalue.rules.plays import ACCOUNT_PLAYS
from custvalue.rules.scorecard import Criterion, Level, Scorecard
from custvalue.rules.wall import Wall, WallAction

__all__ = [
    "ACCOUNT_GRID",
    "ACCOUNT_PLAYS",
    "ATTITUDES",
    "DEAL_HEAT",
    "EXERCISE",
    "FOLLOW_UP",
    "FORECAST_CATEGORIES",
    "HUNTER_FARMER",
    "LIFECYCLE",
    "PRIORITY_GRID",
    "SCREENING",
    "SCREENING_BANDS",
    "SELLING_YEAR",
    "WALL",
]


def _criterion(name: str, label: tuple[str, str], weight: float, source: str, *levels: tuple[str, str]) -> Criterion:
    """Return a criterion whose levels earn 0, 1, 2… points in the order given."""
    described = tuple(Level(points, Label(*texts)) for points, texts in enumerate(levels))
    return Criterion(name=name, label=Label(*label), levels=described, weight=weight, source=source)


SCREENING_BANDS = Bands(
    names=("shelve", "invest", "key"),
    cuts=(8.0, 14.0),
    cut_belongs_to=("invest", "invest"),
    labels=(Label("shelve for now", "暂时搁置"), Label("invest", "需要投入"), Label("key prospect", "关键潜在客户")),
    source=LECTURE,
    note="Stated on a total of 20 points; both ends of 8-14 belong to the middle band.",
)

SCREENING = Scorecard(
    name=Label("Screening scorecard", "筛选准则"),
    criteria=(
        _criterion(
            "company_type",
            ("Company type", "公司类型"),
            2,
            RECONSTRUCTED,
            ("listed company", "上市公司"),
            ("joint venture", "合资"),
            ("wholly Western-owned", "欧美独资"),
        ),
        _criterion(
            "industry_position",
            ("Position in its industry", "在行业中的地位"),
            3,
            RECONSTRUCTED,
            ("regional", "地区性"),
            ("cross-regional", "跨区性"),
            ("national or landmark project", "全国性/标志性项目"),
        ),
        _criterion(
            "need",
            ("Need for what we sell", "客户需求"),
            2,
            LIBRARY_DEFAULT,
            ("no need named", "没有明确需求"),
            ("need named, no date", "有需求，无时间表"),
            ("need named and dated", "有需求并有时间表"),
        ),
        _criterion(
            "buying_pattern",
            ("Buying pattern", "购买模式"),
            1,
            LIBRARY_DEFAULT,
            ("one-off purchase", "一次性购买"),
            ("buys now and then", "不定期购买"),
            ("buys regularly", "定期购买"),
        ),
        _criterion(
            "access",
            ("Access to the decision maker", "接触决策人"),
            1,
            LIBRARY_DEFAULT,
            ("none", "没有接触"),
            ("through others", "间接接触"),
            ("direct", "直接接触"),
        ),
        _criterion(
            "budget",
            ("Budget", "预算"),
            1,
            LIBRARY_DEFAULT,
            ("no budget", "没有预算"),
            ("budget requested", "正在申请预算"),
            ("budget approved", "预算已批准"),
        ),
    ),
    bands=SCREENING_BANDS,
    source=LECTURE,
    scale=20.0,
    action_from=14.0,
    note=(
        "Company type and position are the lecture's two worked rows; the other criteria follow its advice to find the "
        "needs, buying pattern and position first, and are a library default. The highest total is 20. "
        "The action cut-off of 14 is reconstructed from the exercise: the five flagged totals are those of 14 or more."
    ),
)

EXERCISE = Scorecard(
    name=Label("Group exercise of the lecture", "小组练习"),
    criteria=tuple(
        Criterion(f"c{number}", Label(f"criterion {number}", f"准则{number}"), (), 1.0, LECTURE)
        for number in range(1, 11)
    ),
    bands=SCREENING_BANDS,
    source=LECTURE,
    scale=None,
    action_from=14.0,
    note=(
        "The printed cells are already weighted, and some fit no 0-2 point times one whole weight (the 5 in c6; the 1 "
        "beside the 4 in c10), so they are kept as printed: weight 1, no highest total, bands on the raw total."
    ),
)

PRIORITY_GRID = PriorityGrid(
    probabilities=(0.9, 0.6, 0.3),
    amounts=(2_000_000.0, 1_000_000.0, 500_000.0),
    cards=(
        PriorityCard("A", 0.9, 2_000_000.0),
        PriorityCard("B", 0.6, 1_000_000.0),
        PriorityCard("C", 0.9, 500_000.0),
        PriorityCard("D", 0.3, 2_000_000.0),
        PriorityCard("E", 0.3, 500_000.0),
    ),
    source=RECONSTRUCTED,
    note="The cards' rows are certain, their columns follow the order on the slide and so are only likely.",
)

DEAL_HEAT = Ladder(
    stages=(
        Stage("need_defined", Label("need defined, interest raised", "需求已经规定并且建立了兴趣"), 0.2),
        Stage("quotation", Label("quotation submitted and discussed", "提交报价单并且进行了讨论"), 0.4),
        Stage("terms", Label("commercial terms under discussion", "商务条款的商谈"), 0.6),
        Stage("trial", Label("trial agreed", "同意试用"), 0.8),
        Stage("selection", Label("final selection and negotiation", "最后挑选与谈判"), 0.9),
        Stage("agreement", Label("agreement reached, deposit taken", "达成协议并领取定金"), 1.0),
    ),
    source=LECTURE,
    note="The chance of ever winning, not of winning within the period.",
)

ATTITUDES = Attitudes(
    kinds=(
        Attitude("unaware", Label("unaware of us", "一无所知")),
        Attitude("rejecting", Label("rejecting", "拒不接纳")),
        Attitude("at_first_sight", Label("taken at first sight", "一见钟情")),
        Attitude("torn", Label("torn between love and hate", "又爱又恨")),
        Attitude("hostile", Label("hostile", "恨之入骨")),
    ),
    source=LECTURE,
)

ACCOUNT_GRID = AccountGrid(
    potential=Bands(
        names=("C", "B", "A"),
        cuts=(500_000.0, 2_000_000.0),
        cut_belongs_to=("B", "B"),
        labels=(
            Label("below 0.5 M a year", "50万以下"),
            Label("0.5 M to 2 M a year", "50万–200万"),
            Label("above 2 M a year", "200万以上"),
        ),
        source=LECTURE,
        note="The slide gives no period; potential is taken per year (reconstructed).",
    ),
    share=Bands(
        names=("3", "2", "1"),
        cuts=(0.3, 0.7),
        cut_belongs_to=("2", "2"),
        labels=(
            Label("we may win below 30 %", "可能得到30%以下"),
            Label("we may win 30 % to 70 %", "可能得到30%–70%"),
            Label("we may win above 70 %", "可能得到70%以上"),
        ),
        source=LECTURE,
        note="The share we may win, not the share held.",
    ),
    loyalty=("+", "0", "-"),
    loyalty_labels=(Label("supports us", "支持"), Label("neutral", "中立"), Label("does not support us", "不支持")),
    headroom_target=0.7,
    source=LECTURE,
    note="Headroom counts up to the upper share cut, 70 %, of the potential (library default).",
)

WALL = Wall(
    scorecard=Scorecard(
        name=Label("Wall", "围墙准则"),
        criteria=(
            _criterion(
                "people_we_know",
                ("People we know", "我们认识的人员"),
                1,
                LECTURE,
                ("buyer", "采购者"),
                ("+ user", "+ 使用者"),
                ("+ manager", "+ 经理"),
            ),
            _criterion(
                "people_who_know_us",
                ("People of ours they know", "客户认识我们的人员"),
                1,
                LECTURE,
                ("salesperson", "销售人员"),
                ("+ technical", "+ 技术人员"),
                ("+ sales manager", "+ 销售经理"),
            ),
            _criterion(
                "new_services",
                ("Attitude to new services", "对新服务态度"),
                1,
                LECTURE,
                ("no interest", "没兴趣"),
                ("offers openings", "呈现机会"),
                ("keen to try", "乐意试用"),
            ),
            _criterion(
                "information",
                ("Information given", "信息提供"),
                1,
                LECTURE,
                ("none", "没有"),
                ("when asked", "我们要求"),
                ("volunteered", "主动提供"),
            ),
            _criterion(
                "range_bought",
                ("Range bought from us", "购买的产品范围"),
                1,
                LIBRARY_DEFAULT,
                ("one product", "一种产品"),
                ("several products", "几种产品"),
                ("the whole range", "全部产品"),
            ),
            _criterion(
                "contract",
                ("Contract", "合同"),
                1,
                LIBRARY_DEFAULT,
                ("order by order", "逐单采购"),
                ("yearly", "年度合同"),
                ("several years", "多年合同"),
            ),
            _criterion(
                "integration",
                ("Built into their work", "融入客户流程"),
                1,
                LIBRARY_DEFAULT,
                ("replaceable at once", "随时可替换"),
                ("some adaptation", "部分融入"),
                ("costly to replace", "替换成本高"),
            ),
            _criterion(
                "complaints",
                ("Complaints", "投诉处理"),
                1,
                LIBRARY_DEFAULT,
                ("open", "未解决"),
                ("solved late", "解决较慢"),
                ("solved in time", "及时解决"),
            ),
            _criterion(
                "joint_planning",
                ("Joint planning", "共同规划"),
                1,
                LIBRARY_DEFAULT,
                ("none", "没有"),
                ("for single projects", "单个项目"),
                ("for the year", "年度规划"),
            ),
            _criterion(
                "reference",
                ("Reference for us", "推荐我们"),
                1,
                LIBRARY_DEFAULT,
                ("would not recommend", "不愿推荐"),
                ("when asked", "应要求推荐"),
                ("of their own accord", "主动推荐"),
            ),
        ),
        bands=Bands(
            names=("poor", "good", "very_good"),
            cuts=(10.0, 14.0),
            cut_belongs_to=("good", "good"),
            labels=(Label("poor", "差"), Label("good", "好"), Label("very good", "非常好")),
            source=RECONSTRUCTED,
            note=(
                "The slide calls below 10 poor, 10-14 good and above 15 very good, and leaves 15 out: every score "
                "above 14 is very good here. It names no total; the bands are taken on 20, like the screening bands."
            ),
        ),
        source=LECTURE,
        scale=20.0,
        note="The first four rows are the lecture's; the other six make the highest total 20 (library default).",
    ),
    actions=(
        WallAction("people_we_know", Label("meet the user and the manager", "拜访使用者和经理")),
        WallAction(
            "people_who_know_us", Label("bring technical staff and the sales manager along", "带技术人员和销售经理拜访")
        ),
        WallAction("new_services", Label("offer a trial of a new service", "提供新服务试用")),
        WallAction("information", Label("ask for plans, and give something in return", "主动交换信息")),
        WallAction("range_bought", Label("offer a second product line", "推荐第二条产品线")),
        WallAction("contract", Label("propose a yearly contract", "建议签订年度合同")),
        WallAction("integration", Label("connect ordering and delivery", "对接订货与交付流程")),
        WallAction("complaints", Label("close open complaints with a date", "限期解决投诉")),
        WallAction("joint_planning", Label("hold a yearly planning meeting", "召开年度规划会议")),
        WallAction("reference", Label("ask for a reference visit", "请求安排参观推荐")),
    ),
    source=LECTURE,
    note="The actions are a library default.",
)

SELLING_YEAR = SellingYear(
    days_in_year=365,
    public_holidays=11,
    weekend_days=104,
    other_days_off=25,
    meetings=4,
    days_per_meeting=2,
    hours_in_day=24,
    sleep_hours=8,
    working_hours=8,
    direct=Label("direct selling", "直接销售"),
    direct_share_on_slide=0.17,
    activities=(
        Activity("T2", Label("indirect selling", "间接销售"), 2.0, 2.0),
        Activity("T3", Label("travel and waiting", "路程和等待"), 2.0, 3.0),
        Activity("T4", Label("administration", "行政"), 1.0, 1.0),
        Activity("T5", Label("private", "私人"), 0.5, 1.0),
    ),
    source=LECTURE,
    note=(
        "365 - 11 - 104 is 250 days: the slide's 225 follows only with 25 further days off (reconstructed). Its 142 "
        "days take sleep out of 24-hour days, so selling hours are not 142 times 8. Its 17 % for direct selling is "
        "read as a share of an 8-hour day (reconstructed)."
    ),
)

HUNTER_FARMER = HunterFarmer(
    pairs=(
        TraitPair(
            "rapport", Label("quick to build rapport", "快速搞好关系"), Label("slow, methodical", "慢，有条理的")
        ),
        TraitPair("outgoing", Label("outgoing", "外向"), Label("reserved", "内向")),
        TraitPair("drive", Label("persistent, driving, dominant", "坚持、进取、支配型"), Label("easy-going", "悠然的")),
        TraitPair("rules", Label("usually ignores rules", "通常不理会规则"), Label("follows rules", "服从规则")),
        TraitPair("money", Label("minds money", "重金钱意识"), Label("minds security", "重安全意识")),
        TraitPair(
            "allegiance",
            Label("self-centred", "自私、自我"),
            Label("extremely loyal to company and customer", "对公司和客户极度忠诚"),
        ),
        TraitPair("risk", Label("loves risk", "喜爱冒险"), Label("careful", "谨慎的、小心的")),
        TraitPair("freedom", Label("loves freedom", "喜爱自由生活"), Label("family first", "重家庭")),
        TraitPair(
            "strength",
            Label("good at opening new business", "善于开拓新生意"),
            Label("keeps existing customers", "老客户的维护"),
        ),
        TraitPair("career", Label("career-minded", "事业心"), Label("not stated", "未注明"), scored=False),
    ),
    source=LECTURE,
    note=(
        "The slide marks no side for 'career-minded', so it enters no score: nine of the ten pairs do. Descriptive, "
        "for development, and never a hiring test."
    ),
)
