"""The table of plays: one row per segment, editable, and refused where it makes no sense."""

import dataclasses

import pandas as pd
import pytest

from custvalue import playbook
from custvalue.analysis.plays import play_table, read_plays
from custvalue.analysis.segment_summary import segment_summary
from custvalue.analysis.segments import segment_accounts
from custvalue.rules.plays import ACCOUNT_PLAYS, WHO, AccountPlays, SegmentPlay


def test_every_segment_has_one_row_in_the_order_of_the_grid():
    assert ACCOUNT_PLAYS.segments == playbook.ACCOUNT_GRID.segments


def test_every_play_is_used_and_labelled_in_both_languages():
    assert {row.play for row in ACCOUNT_PLAYS.rows} == set(ACCOUNT_PLAYS.names)
    for play in ACCOUNT_PLAYS.plays:
        assert play.label.en.isascii()
        assert play.meaning.en.isascii()
        assert not play.label.zh.isascii()
        assert not play.meaning.zh.isascii()


def test_the_best_is_defended_by_a_farmer_and_the_worst_is_released_without_visits():
    assert ACCOUNT_PLAYS.row("A1+") == SegmentPlay("A1+", "defend", "farmer", 6)
    assert ACCOUNT_PLAYS.row("C3-") == SegmentPlay("C3-", "release", "farmer", 0)
    assert {row.who for row in ACCOUNT_PLAYS.rows} == set(WHO)


def test_visits_do_not_rise_as_the_potential_falls():
    visits = {row.segment: row.visits_per_quarter for row in ACCOUNT_PLAYS.rows}
    for rest in {segment[1:] for segment in visits}:
        assert visits["A" + rest] >= visits["B" + rest] >= visits["C" + rest]


def test_a_changed_row_changes_nothing_else():
    changed = ACCOUNT_PLAYS.with_row("B20", play="grow", who="farmer", visits_per_quarter=2.5)
    assert changed.row("B20") == SegmentPlay("B20", "grow", "farmer", 2.5)
    assert [row for row in changed.rows if row.segment != "B20"] == [
        row for row in ACCOUNT_PLAYS.rows if row.segment != "B20"
    ]
    assert ACCOUNT_PLAYS.row("B20").play == "win"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"play": "charm"}, "play must be one of"),
        ({"who": "gatherer"}, "who must be one of"),
        ({"visits_per_quarter": -1}, "visits_per_quarter must be 0 or more"),
        ({"visits_per_quarter": float("inf")}, "visits_per_quarter must be 0 or more"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        ACCOUNT_PLAYS.with_row("A1+", **change)


def test_two_rows_for_a_segment_are_refused():
    with pytest.raises(ValueError, match="each segment has one row"):
        AccountPlays(ACCOUNT_PLAYS.plays, (*ACCOUNT_PLAYS.rows, ACCOUNT_PLAYS.rows[0]), "example")


def test_a_table_that_lacks_a_segment_is_refused_where_it_is_used():
    short = dataclasses.replace(ACCOUNT_PLAYS, rows=ACCOUNT_PLAYS.rows[:-1])
    accounts = play_table()[[]].assign(potential=1e6, winnable_share=0.5, loyalty="0")
    with pytest.raises(ValueError, match=r"one row for every segment.*'C3-'"):
        segment_accounts(accounts, plays=short)


def test_the_table_comes_back_from_a_frame_as_it_was():
    again = read_plays(play_table(), source=ACCOUNT_PLAYS.source)
    assert again.rows == ACCOUNT_PLAYS.rows
    assert sorted(again.plays, key=str) == sorted(ACCOUNT_PLAYS.plays, key=str)


def test_an_edited_frame_changes_the_play_of_the_accounts():
    table = play_table()
    table.loc[table["segment"] == "B20", ["play", "label", "label_zh", "who"]] = ["court", "court", "追求", "farmer"]
    plays = read_plays(table)
    accounts = play_table()[[]].iloc[:1].assign(potential=1e6, winnable_share=0.5, loyalty="0")
    segmented = segment_accounts(accounts, plays=plays)
    assert segmented[["segment", "play", "who"]].astype("str").iloc[0].tolist() == ["B20", "court", "farmer"]
    assert plays.label("court", "zh") == "追求"
    summary = segment_summary(segmented, plays=plays).set_index("segment")
    assert summary.loc["B20", ["play", "visits_per_quarter", "visits"]].tolist() == ["court", 2, 2]


def test_a_missing_cell_of_the_frame_is_refused():
    table = play_table()
    table.loc[3, "who"] = None
    table.loc[4, "visits_per_quarter"] = None
    with pytest.raises(ValueError, match="2 problems"):
        read_plays(table)


def test_a_table_read_must_have_each_segment_once_and_no_other():
    table = play_table()
    lacking = table[~table["segment"].isin(["A1+", "C3-"])]
    with pytest.raises(ValueError, match=r"every segment needs a row: got \['A1\+', 'C3-'\]"):
        read_plays(lacking)
    twice = pd.concat([table, table.iloc[[4]]])
    with pytest.raises(ValueError, match=r"a segment may have one row: got 'A20'"):
        read_plays(twice)
    unknown = table.assign(segment=table["segment"].replace({"B2+": "B9+"}))
    with pytest.raises(ValueError, match=r"2 problems") as caught:
        read_plays(unknown)
    assert "B9+" in str(caught.value)
    assert "['B2+']" in str(caught.value)
    with pytest.raises(ValueError, match=r"every segment needs a row"):
        read_plays(table.iloc[:0])
