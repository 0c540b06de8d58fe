"""The follow-up playbook: the next action for a deal by its stage and the customer's attitude, and what it takes.

The lecture asks for the counter-measure that turns each hot prospect into a customer; the thirty answers here are the
library's, to be edited::

    from dataclasses import replace
    mine = FOLLOW_UP.replaced("trial", "torn", label=Label("Call the user every week", "每周致电使用者"), hours=1.0)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import LIBRARY_DEFAULT, Label


@dataclass(frozen=True, slots=True)
class FollowUpAction:
    """What to do next where a deal of this stage meets this attitude, and the selling hours it takes."""

    stage: str
    attitude: str
    label: Label
    hours: float


@dataclass(frozen=True, slots=True, repr=False)
class FollowUpTable:
    """One action for every stage and attitude, and one for deals whose attitude is not known.

    Parameters
    ----------
    actions : tuple of FollowUpAction
    unknown : FollowUpAction
        What to do where the attitude is missing; its stage and attitude are empty.
    source, note : str

    Raises
    ------
    ValueError
        If a pair occurs twice or is left out, or hours are not a positive number.

    Examples
    --------
    >>> FOLLOW_UP.action("quotation", "torn").hours
    3.0
    """

    actions: tuple[FollowUpAction, ...]
    unknown: FollowUpAction
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        pairs = [(action.stage, action.attitude) for action in self.actions]
        repeated = sorted({pair for pair in pairs if pairs.count(pair) > 1})
        if repeated:
            raise refusal("a stage and attitude have one action", repeated, "Drop the repeated ones.")
        left_out = sorted({(stage, kind) for stage in self.stages for kind in self.attitudes} - set(pairs))
        if left_out:
            raise refusal("every stage needs an action for every attitude", f"none for {left_out}", "Add them.")
        for action in (*self.actions, self.unknown):
            if not is_number(action.hours) or action.hours <= 0:
                raise refusal(
                    "an action's hours must be above 0",
                    repr(action.hours),
                    "Give the selling hours it takes.",
                    f"stage {action.stage!r}, attitude {action.attitude!r}",
                )

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"FollowUpTable({len(self.stages)} stages × {len(self.attitudes)} attitudes)"

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in the order they first appear."""
        return tuple(dict.fromkeys(action.stage for action in self.actions))

    @property
    def attitudes(self) -> tuple[str, ...]:
        """Attitudes in the order they first appear."""
        return tuple(dict.fromkeys(action.attitude for action in self.actions))

    def action(self, stage: str, attitude: str) -> FollowUpAction:
        """Return the action for one stage and attitude."""
        for action in self.actions:
            if (action.stage, action.attitude) == (stage, attitude):
                return action
        raise refusal(
            "a follow-up needs a stage and an attitude of the table",
            (stage, attitude),
            f"Stages: {list(self.stages)}; attitudes: {list(self.attitudes)}.",
        )

    def replaced(
        self, stage: str, attitude: str, *, label: Label | None = None, hours: float | None = None
    ) -> "FollowUpTable":
        """Return a new table in which one action has another text or takes other hours.

        >>> FOLLOW_UP.replaced("quotation", "torn", hours=2).action("quotation", "torn").hours
        2
        """
        old = self.action(stage, attitude)
        new = replace(old, label=label or old.label, hours=old.hours if hours is None else hours)
        return replace(self, actions=tuple(new if action is old else action for action in self.actions))


_KINDS = ("unaware", "rejecting", "at_first_sight", "torn", "hostile")


def _stage(stage: str, *answers: tuple[str, str, float]) -> Sequence[FollowUpAction]:
    """Return a stage's actions for the five attitudes, in the lecture's order."""
    return [
        FollowUpAction(stage, kind, Label(en, zh), hours) for kind, (en, zh, hours) in zip(_KINDS, answers, strict=True)
    ]


FOLLOW_UP = FollowUpTable(
    actions=(
        *_stage(
            "need_defined",
            ("Introduce us and one case from their industry", "介绍我们并提供一个同行业案例", 2.0),
            ("Ask what speaks against us, and answer in writing", "询问对方顾虑并书面答复", 3.0),
            ("Confirm need, budget and who decides, in writing", "书面确认需求、预算与决策人", 2.0),
            ("List what they like and what they doubt", "列出对方认可与疑虑之处", 2.0),
            ("Have a manager hear the complaint before selling on", "先由经理听取投诉，再谈销售", 4.0),
        ),
        *_stage(
            "quotation",
            ("Present the quotation in person to user and buyer", "当面向使用者和采购者讲解报价", 3.0),
            ("Find the objection behind the no, and requote on it", "找出拒绝背后的异议并据此重新报价", 4.0),
            ("Agree the date of the decision, and who signs", "约定决策日期与签字人", 1.5),
            ("Compare our offer with their alternative, point by point", "逐项对比我方与备选方案", 3.0),
            ("Settle the open complaint, then ask to quote again", "先解决遗留投诉，再请求重新报价", 5.0),
        ),
        *_stage(
            "terms",
            ("Bring user and manager to the table with the buyer", "邀请使用者和经理与采购者一同商谈", 3.0),
            ("Offer terms that carry their risk: instalments, guarantee", "提供分担风险的条款：分期、保证", 3.0),
            ("Settle the open terms in one meeting", "一次会议谈妥未决条款", 2.0),
            ("Trade a concession for a commitment to a trial", "以让步换取试用承诺", 2.5),
            ("Change the negotiator, and bring a manager along", "更换谈判人并由经理陪同", 4.0),
        ),
        *_stage(
            "trial",
            ("Train the users, and name a contact on both sides", "培训使用者并确定双方联系人", 4.0),
            ("Agree measurable criteria of success for the trial", "约定可衡量的试用成功标准", 3.0),
            ("Collect the users' results, and date the decision", "收集使用结果并确定决策日期", 2.0),
            ("Visit during the trial, and clear doubts on the spot", "试用期间拜访，当场消除疑虑", 4.0),
            ("Send a technician, and report every fault solved", "派技术员到场并汇报每个已解决的故障", 6.0),
        ),
        *_stage(
            "selection",
            ("Present to all who decide, with a reference visit", "向全体决策者汇报并安排样板参观", 5.0),
            ("Ask the sponsor to raise the objections with us", "请内部支持者转达异议并共同应对", 3.0),
            ("Agree the last open points, and ask for the order", "谈妥最后事项并请求下单", 1.5),
            ("Have managers of both sides meet", "安排双方经理会面", 3.0),
            ("Meet the opponent with a manager, or drop the deal", "与经理一同会见反对者，否则放弃", 4.0),
        ),
        *_stage(
            "agreement",
            ("Introduce delivery and service to the new customer", "向新客户介绍交付与服务团队", 2.0),
            ("Confirm what was promised, and secure the deposit", "确认承诺事项并落实定金", 2.0),
            ("Sign, thank, and plan the first delivery", "签约、致谢并安排首次交付", 1.0),
            ("Sign soon, and keep in touch until delivery", "尽快签约并保持联系直至交付", 1.5),
            ("Have a manager sign, and watch the first delivery", "由经理出面签约并跟进首次交付", 3.0),
        ),
    ),
    unknown=FollowUpAction("", "", Label("Find out how the customer stands towards us", "了解客户对我们的态度"), 1.0),
    source=LIBRARY_DEFAULT,
    note="Hours are selling hours for preparing and holding the talk, without travel.",
)
