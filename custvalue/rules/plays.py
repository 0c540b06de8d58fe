"""What to do in each segment: the play, who plays it, and how many visits a quarter it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import LIBRARY_DEFAULT, Label, Lang

HUNTER, FARMER = "hunter", "farmer"
WHO = (HUNTER, FARMER)
WHO_LABELS = {HUNTER: Label("hunter", "猎人"), FARMER: Label("farmer", "农夫")}


@dataclass(frozen=True, slots=True)
class Play:
    """A way to treat an account: its name, its labels, and what it means."""

    name: str
    label: Label
    meaning: Label


@dataclass(frozen=True, slots=True)
class SegmentPlay:
    """One row of the table: the segment, its play, who plays it (``hunter`` or ``farmer``) and visits a quarter."""

    segment: str
    play: str
    who: str
    visits_per_quarter: float


@dataclass(frozen=True, slots=True, repr=False)
class AccountPlays:
    """The plays and the table that gives one to every segment.

    Parameters
    ----------
    plays : tuple of Play
        The plays there are.
    rows : tuple of SegmentPlay
        One row per segment, best first.
    source, note : str

    Raises
    ------
    ValueError
        If a play's name or a segment repeats, a row names no play of the table, nobody known, or visits that are
        negative or no number.

    Examples
    --------
    >>> mine = ACCOUNT_PLAYS.with_row("C3-", visits_per_quarter=1)
    >>> mine.row("C3-")
    SegmentPlay(segment='C3-', play='release', who='farmer', visits_per_quarter=1)
    """

    plays: tuple[Play, ...]
    rows: tuple[SegmentPlay, ...]
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        names = self.names
        if len(set(names)) != len(names) or not names:
            raise refusal("play names must be present and distinct", names, "Give each play a name of its own.")
        repeated = [segment for segment in self.segments if self.segments.count(segment) > 1]
        if repeated:
            raise refusal("each segment has one row", sorted(set(repeated)), "Drop the repeated rows.")
        for row in self.rows:
            where = f"segment {row.segment!r}"
            if row.play not in names:
                raise refusal(f"play must be one of {list(names)}", repr(row.play), "Add the play to plays=.", where)
            if row.who not in WHO:
                raise refusal(f"who must be one of {list(WHO)}", repr(row.who), "Hunters open, farmers keep.", where)
            if not is_number(row.visits_per_quarter) or row.visits_per_quarter < 0:
                raise refusal(
                    "visits_per_quarter must be 0 or more", row.visits_per_quarter, "Two a year are 0.5.", where
                )

    def __repr__(self) -> str:
        """Return a name and sizes: the whole would fill a screen wherever a rule is a default."""
        return f"AccountPlays({len(self.plays)} plays, {len(self.rows)} segments)"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the plays."""
        return tuple(play.name for play in self.plays)

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments in the order of their rows."""
        return tuple(row.segment for row in self.rows)

    def row(self, segment: str) -> SegmentPlay:
        """Return the row of one segment."""
        if segment not in self.segments:
            raise refusal("no row for this segment", repr(segment), f"There is {', '.join(self.segments)}.")
        return self.rows[self.segments.index(segment)]

    def label(self, play: str, lang: Lang = "en") -> str:
        """Return the label of one play."""
        return self.plays[self.names.index(play)].label.text(lang)

    def with_row(
        self,
        segment: str,
        *,
        play: str | None = None,
        who: str | None = None,
        visits_per_quarter: float | None = None,
    ) -> "AccountPlays":
        """Return the table with one row changed."""
        old = self.row(segment)
        changed = SegmentPlay(
            segment,
            old.play if play is None else play,
            old.who if who is None else who,
            old.visits_per_quarter if visits_per_quarter is None else visits_per_quarter,
        )
        return replace(self, rows=tuple(changed if row is old else row for row in self.rows))

    def of_segments(self, segments: Sequence[str]) -> tuple[SegmentPlay, ...]:
        """Return the rows in the order of a grid's segments, or say which of them have none."""
        lacking = [segment for segment in segments if segment not in self.segments]
        unknown = [segment for segment in self.segments if segment not in segments]
        if lacking or unknown:
            raise refusal(
                "the plays must have one row for every segment of the grid",
                f"no row for {lacking}, and rows for {unknown}",
                "Make an AccountPlays whose rows are the grid's segments.",
            )
        return tuple(self.row(segment) for segment in segments)


ACCOUNT_PLAYS = AccountPlays(
    plays=(
        Play(
            "defend",
            Label("defend", "守护"),
            Label("keep the wall firm and the people close", "巩固围墙，保持密切往来"),
        ),
        Play(
            "grow", Label("grow", "增长"), Label("sell more of the range to those who back us", "向支持者扩大产品范围")
        ),
        Play(
            "win",
            Label("win over", "争取"),
            Label("take share from competitors, contact by contact", "逐个关系夺取份额"),
        ),
        Play("fix", Label("fix", "修复"), Label("settle what set them against us, then sell", "先解决不满，再谈销售")),
        Play("probe", Label("probe", "试探"), Label("find out what limits the share we may win", "查明限制份额的原因")),
        Play(
            "harvest", Label("harvest", "收获"), Label("serve at low cost and take what comes", "低成本服务，顺势成交")
        ),
        Play("watch", Label("watch", "观察"), Label("stay in touch and wait for an opening", "保持联系，等待机会")),
        Play(
            "release",
            Label("release", "放手"),
            Label("no visits: leave to phone, web or dealers", "不再拜访，交由电话、网络或经销商"),
        ),
    ),
    rows=(
        SegmentPlay("A1+", "defend", FARMER, 6),
        SegmentPlay("A10", "grow", FARMER, 6),
        SegmentPlay("A1-", "fix", HUNTER, 6),
        SegmentPlay("A2+", "grow", FARMER, 4),
        SegmentPlay("A20", "win", HUNTER, 4),
        SegmentPlay("A2-", "fix", HUNTER, 3),
        SegmentPlay("A3+", "probe", FARMER, 2),
        SegmentPlay("A30", "probe", HUNTER, 2),
        SegmentPlay("A3-", "watch", HUNTER, 1),
        SegmentPlay("B1+", "defend", FARMER, 3),
        SegmentPlay("B10", "grow", FARMER, 3),
        SegmentPlay("B1-", "fix", HUNTER, 3),
        SegmentPlay("B2+", "grow", FARMER, 2),
        SegmentPlay("B20", "win", HUNTER, 2),
        SegmentPlay("B2-", "fix", HUNTER, 1),
        SegmentPlay("B3+", "harvest", FARMER, 1),
        SegmentPlay("B30", "probe", HUNTER, 1),
        SegmentPlay("B3-", "watch", HUNTER, 0.5),
        SegmentPlay("C1+", "harvest", FARMER, 1),
        SegmentPlay("C10", "harvest", FARMER, 1),
        SegmentPlay("C1-", "watch", FARMER, 0.5),
        SegmentPlay("C2+", "harvest", FARMER, 0.5),
        SegmentPlay("C20", "harvest", FARMER, 0.5),
        SegmentPlay("C2-", "release", FARMER, 0),
        SegmentPlay("C3+", "harvest", FARMER, 0.5),
        SegmentPlay("C30", "release", FARMER, 0),
        SegmentPlay("C3-", "release", FARMER, 0),
    ),
    source=LIBRARY_DEFAULT,
    note=(
        "The lecture names the 27 segments and the two temperaments, and leaves the plays to the reader: hunters where "
        "business is to be opened or won back, farmers where it is to be kept; visits follow the potential. Edit them."
    ),
)
