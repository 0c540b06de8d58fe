"""What can move a pipeline, in the order in which the books are kept, with its words in both languages."""

from collections.abc import Mapping

from custvalue.rules.labels import Label

OPENING, CLOSING = "opening", "closing"
BAR_LABELS: Mapping[str, Label] = {
    OPENING: Label("opening", "期初"),
    "new": Label("new", "新增"),
    "reopened": Label("reopened", "重新打开"),
    "scheduled": Label("newly scheduled", "新定日期"),
    "priced": Label("newly priced", "新定金额"),
    "pulled_in": Label("pulled in", "提前进入"),
    "slipped_in": Label("slipped in", "推迟进入"),
    "reassigned_in": Label("reassigned to", "转入"),
    "raised": Label("raised", "金额上调"),
    "cut": Label("cut", "金额下调"),
    "slipped_out": Label("slipped out", "推迟移出"),
    "pulled_out": Label("pulled out", "提前移出"),
    "unscheduled": Label("no longer scheduled", "取消日期"),
    "unpriced": Label("no longer priced", "取消金额"),
    "reassigned_out": Label("reassigned from", "转出"),
    "won": Label("won", "赢单"),
    "lost": Label("lost", "丢单"),
    "removed": Label("removed", "删除"),
    CLOSING: Label("closing", "期末"),
}
BARS = tuple(BAR_LABELS)
# Moves from one group to another: within the whole they cancel.
BETWEEN_GROUPS = ("reassigned_in", "reassigned_out")
