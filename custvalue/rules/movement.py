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
    "closed_unclear": Label("closed, unclear when", "结束日期不明"),
    "removed": Label("removed", "删除"),
    CLOSING: Label("closing", "期末"),
}
BARS = tuple(BAR_LABELS)
# Moves from one group to another: within the whole they cancel.
BETWEEN_GROUPS = ("reassigned_in", "reassigned_out")
# Why the books of a deal do not follow a snapshot, or cannot say when it was closed.
REASON_LABELS: Mapping[str, Label] = {
    "close_day_unknown": Label("closed, but nothing says when", "已结束，但日期不明"),
    "stale_before": Label("still open in the first snapshot, though closed by then", "期初快照仍为未结，实已结束"),
    "stale_after": Label("still open in the second snapshot, though closed by then", "期末快照仍为未结，实已结束"),
    "ahead_before": Label("closed in the first snapshot, on record only later", "期初快照已结束，记录日期在其后"),
    "ahead_after": Label("closed in the second snapshot, on record only later", "期末快照已结束，记录日期在其后"),
}
REASONS = tuple(REASON_LABELS)
