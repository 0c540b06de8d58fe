"""One column of a file for two dates of ours: the order of day and month is settled once, over all its cells."""

import re

import pandas as pd
import pytest

from custvalue import read_table
from custvalue.rules.errors import InputError


def deals(folder, *rows):
    path = folder / "deals.csv"
    cells = [f"{k},{stage},5,{day}" for k, (stage, day) in enumerate(rows, 1)]
    path.write_text("\n".join(["Opportunity ID,Stage,Amount,Close Date", *cells]) + "\n", "utf-8")
    return path


def read(path, **given):
    return read_table(path, "opportunities", preset="salesforce", **given)


def test_a_cell_of_an_open_deal_decides_for_the_closed_ones_too(tmp_path):
    checked = read(deals(tmp_path, ("Closed Won", "3/4/2026"), ("Needs Analysis", "12/31/2026")))
    assert checked.frame["closed"].tolist()[0] == pd.Timestamp("2026-03-04")
    assert checked.frame["expected_close"].tolist()[1] == pd.Timestamp("2026-12-31")
    report = dict(checked.report.to_numpy().tolist())
    assert (
        report["Close Date date order"] == "month first: 1 of 2 cells can be read only so, first '12/31/2026' in line 3"
    )
    assert not {"closed date order", "expected_close date order"} & set(report)


def test_two_orders_in_the_column_are_refused_although_each_date_of_ours_has_one(tmp_path):
    path = deals(tmp_path, ("Closed Won", "31/12/2026"), ("Needs Analysis", "12/31/2026"))
    with pytest.raises(
        InputError,
        match=re.escape(
            "Close Date must be written in one date order: got '31/12/2026' in line 2, which only day first"
        ),
    ):
        read(path)


def test_an_open_question_names_the_column_of_the_file_and_any_of_its_names_settles_it(tmp_path):
    path = deals(tmp_path, ("Closed Won", "3/4/2026"), ("Needs Analysis", "5/6/2026"))
    with pytest.raises(InputError, match=r"Close Date must fit one date order only: got '3/4/2026' in line 2"):
        read(path)
    for given in ("day", {"Close Date": "day"}, {"closed": "day"}, {"expected_close": "day"}):
        frame = read(path, date_order=given).frame
        assert frame["closed"].tolist()[0] == pd.Timestamp("2026-04-03")
        assert frame["expected_close"].tolist()[1] == pd.Timestamp("2026-06-05")


def test_iso_dates_leave_nothing_to_settle_and_what_is_no_date_is_rejected_as_it_stands(tmp_path):
    checked = read(deals(tmp_path, ("Closed Won", "2026-03-04"), ("Needs Analysis", "soon")))
    assert checked.rejects[["column", "value"]].to_numpy().tolist() == [["expected_close", "soon"]]
    assert "Close Date date order" not in dict(checked.report.to_numpy().tolist())
