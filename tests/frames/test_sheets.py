"""Workbooks say more than values: errors, formulas never calculated, another date system."""

import datetime as dt
import re

import pytest
import xlsxwriter

from custvalue import read_table
from custvalue.frames import sheet_xml
from custvalue.frames.sources import read_source
from custvalue.rules.errors import InputError

HEADER = ["account", "date", "amount"]


def sales(folder, fill, **options):
    """Return a workbook with a header, one good row, and what ``fill`` writes below it."""
    path = folder / "sales.xlsx"
    book = xlsxwriter.Workbook(path, options)
    sheet = book.add_worksheet("Sales")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ["a", None, 5])
    sheet.write_datetime(1, 1, dt.datetime(2026, 3, 4), day)
    fill(sheet, day)
    book.close()
    return path


def error(sheet, row, text, formula="=1/0"):
    sheet.write(row, 0, "b")
    sheet.write_datetime(row, 1, dt.datetime(2026, 3, 5))
    sheet.write_formula(row, 2, formula, None, text)


@pytest.mark.parametrize("text", ["#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!"])
def test_an_error_cell_is_rejected_with_its_text_not_taken_for_empty(tmp_path, text):
    path = sales(tmp_path, lambda sheet, day: error(sheet, 2, text))
    checked = read_table(path, "sales", columns={})
    assert checked.rejects[["line", "column", "value"]].to_numpy().tolist() == [[3, "amount", text]]
    assert dict(checked.report.to_numpy().tolist())["error values"] == f"{text!r} (1), first in C3"


def test_not_available_is_counted_among_the_blanks_as_in_text(tmp_path):
    raw = read_source(sales(tmp_path, lambda sheet, day: error(sheet, 2, "#N/A")))
    assert raw.frame["amount"].tolist() == [5, "#N/A"]


def test_a_row_of_nothing_but_an_error_is_a_row(tmp_path):
    raw = read_source(sales(tmp_path, lambda sheet, day: sheet.write_formula(4, 27, "=1/0", None, "#REF!")))
    assert raw.lines.tolist() == [2, 5]
    assert raw.frame["unnamed_28"].tolist()[1] == "#REF!"


def test_error_values_are_found_wherever_the_sheet_is_cut_into_pieces(tmp_path, monkeypatch):
    def fill(sheet, day):
        for row in range(2, 60):
            error(sheet, row, "#REF!" if row % 2 else "#N/A")

    path = sales(tmp_path, fill)
    whole = sheet_xml.sheet_facts(path, "Sales")
    assert [row for row, _, _ in whole.errors] == list(range(2, 60))
    for size in (1, 7, 100, 1000):
        monkeypatch.setattr(sheet_xml, "CHUNK", size)
        assert sheet_xml.sheet_facts(path, "Sales") == whole


def test_a_formula_without_a_saved_value_is_noted_and_an_empty_text_is_a_value(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (HEADER, ["a", dt.date(2026, 3, 4), 5], ["b", dt.date(2026, 3, 4), "=C2*2"], ["=A1", None, "=C2"]):
        book.active.append(row)
    book.save(tmp_path / "sales.xlsx")
    raw = read_source(tmp_path / "sales.xlsx")
    assert dict(raw.notes)["formulas without a saved value, read as empty"] == "3 cells, first C3"
    cached = sales(tmp_path, lambda sheet, day: sheet.write_formula(2, 2, "=C2*2", None, 10))
    assert read_source(cached).notes == ()
    assert read_source(cached).frame["amount"].tolist() == [5, 10]


def test_a_workbook_that_counts_from_1904_keeps_its_dates_and_refuses_plain_numbers_as_dates(tmp_path):
    def plain(sheet, day):
        sheet.write_row(2, 0, ["b", 44624, 6])

    good = sales(tmp_path, lambda sheet, day: None, date_1904=True)
    checked = read_table(good, "sales")
    assert checked.frame["date"].tolist() == [dt.datetime(2026, 3, 4)]
    assert "1904" in dict(checked.report.to_numpy().tolist())["date system"]
    bad = sales(tmp_path, plain, date_1904=True)
    with pytest.raises(InputError, match=re.escape("date must not be plain numbers in a workbook that counts from")):
        read_table(bad, "sales")
    # 44562 is the 1st of January 2022 by the 1900 system, and 44624 is 62 days later
    read = read_table(sales(tmp_path, plain), "sales")
    assert read.frame["date"].tolist()[1] == dt.datetime(2022, 3, 4)


def test_eight_digits_are_a_date_in_either_system(tmp_path):
    path = sales(tmp_path, lambda sheet, day: sheet.write_row(2, 0, ["b", 20260304, 6]), date_1904=True)
    assert read_table(path, "sales").frame["date"].tolist()[1] == dt.datetime(2026, 3, 4)
