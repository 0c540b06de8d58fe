"""The raters' sheet as a kind of table: read, held to its contract, and ready for rater agreement."""

import pandas as pd
import pytest

import custvalue as cv
from custvalue import read_folder, read_table
from custvalue.frames.kinds import KINDS

HEADER = "prospect,rater,criterion,points\n"


def sheet(tmp_path, rows, header=HEADER):
    path = tmp_path / "ratings.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def test_the_samples_ratings_are_read_as_they_are_and_agree_as_they_do_when_loaded():
    read = read_folder(cv.sample_folder())
    assert "ratings" in KINDS
    assert "ratings.csv" not in read.ignored
    pd.testing.assert_frame_equal(read.frames["ratings"], cv.load_ratings(), check_dtype=False)
    first, second = (cv.rater_agreement(frame, seed=1) for frame in (read.frames["ratings"], cv.load_ratings()))
    pd.testing.assert_frame_equal(first.criteria, second.criteria)


BROKEN = {
    "more points than the highest level": ("a,Li,need,3", "points", "must not be more than the criterion's highest"),
    "negative points": ("a,Li,need,-1", "points", "points must be 0 or more"),
    "points in words": ("a,Li,need,high", "points", "points must be a number"),
    "no rater": ("a,,need,1", "rater", "rater must not be empty"),
    "no prospect": (",Li,need,1", "prospect", "prospect must not be empty"),
    "no criterion": ("a,Li,,1", "criterion", "criterion must not be empty"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rating_is_set_apart_with_line_column_and_rule(tmp_path, name):
    row, column, rule = BROKEN[name]
    checked = read_table(sheet(tmp_path, f"b,Li,need,2\n{row}\n"), "ratings")
    assert checked.frame["prospect"].tolist() == ["b"]
    assert checked.rejects[["line", "column"]].to_numpy().tolist() == [[3, column]]
    assert rule in checked.rejects["rule"].item()


def test_a_rater_rates_a_criterion_once_and_raters_and_criteria_may_be_many(tmp_path):
    rows = "a,Li,need,2\na,Wu,need,1\na,Li,budget,0\nb,Li,need,2\na,Li,need,1\n"
    checked = read_table(sheet(tmp_path, rows), "ratings")
    assert len(checked.frame) == 4
    assert checked.rejects["line"].tolist() == [6]


def test_no_points_are_a_missing_rating_and_in_between_points_are_kept(tmp_path):
    checked = read_table(sheet(tmp_path, "a,Li,need,\na,Wu,need,1.5\na,Xu,need,2\na,Yi,need,0\n"), "ratings")
    assert checked.rejects.empty
    assert checked.frame["points"].isna().tolist() == [True, False, False, False]
    assert checked.frame["points"].dropna().tolist() == [1.5, 2, 0]


def test_a_criterion_may_be_named_as_the_scorecard_asks_in_either_language(tmp_path):
    checked = read_table(sheet(tmp_path, "a,Li,客户需求,2\na,Wu,Budget,1\na,Xu,need,0\n"), "ratings")
    assert checked.frame["criterion"].tolist() == ["need", "budget", "need"]


def test_criteria_of_a_scorecard_of_ones_own_have_no_highest_points(tmp_path):
    checked = read_table(sheet(tmp_path, "a,Li,own question,9\na,Wu,own question,7\n"), "ratings")
    assert checked.rejects.empty
    assert checked.frame["points"].tolist() == [9, 7]


@pytest.mark.parametrize("column", ["prospect", "rater", "criterion", "points"])
def test_every_column_is_needed(tmp_path, column):
    path = sheet(tmp_path, "a,Li,need,2\n", HEADER.replace(column, "other"))
    with pytest.raises(ValueError, match=f"{column}"):
        read_table(path, "ratings")


def test_raters_spelt_in_two_ways_are_reported(tmp_path):
    checked = read_table(sheet(tmp_path, "a,Li Ming,need,2\nb,li ming,need,1\nc,Wu,need,1\n"), "ratings")
    assert any("rater" in item and "Li Ming" in str(value) for item, value in checked.report.to_numpy().tolist())


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_file_of_a_header_only_is_an_empty_clean_table(tmp_path, end):
    path = tmp_path / "ratings.csv"
    path.write_text(HEADER.rstrip("\n") + end, encoding="utf-8")
    checked = read_table(path, "ratings")
    assert checked.rejects.empty
    assert checked.frame.columns.tolist() == ["prospect", "rater", "criterion", "points"]
    assert len(checked.frame) == 0
