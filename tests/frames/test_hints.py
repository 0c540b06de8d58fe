"""What a message points to: the column meant, the line of the header, the sheet, the years that dates lie in."""

import pandas as pd
import pytest

from custvalue import read_table
from custvalue.rules.errors import InputError


def refused(path, kind="sales", **given):
    with pytest.raises(InputError) as caught:
        read_table(path, kind, **given)
    return str(caught.value)


def text(folder, content):
    path = folder / "sales.csv"
    path.write_text(content, "utf-8")
    return path


def test_a_header_that_differs_in_case_or_outer_blanks_is_the_nearest(tmp_path):
    message = refused(text(tmp_path, "account, Date ,AMOUNT\na,2026-01-01,5\n"))
    assert "column 'date' is needed" in message
    assert "Did you mean ' Date ', which differs in case or blanks?" in message
    assert "Did you mean 'AMOUNT', which differs in case or blanks?" in message


def test_a_header_below_title_rows_is_found_with_what_skips_them(tmp_path):
    rows = [["Sales 2026", None, None], [None] * 3, ["account", "Date", "amount"], ["a", "2026-01-01", 5]]
    pd.DataFrame(rows).to_excel(tmp_path / "sales.xlsx", index=False, header=False)
    message = refused(tmp_path / "sales.xlsx")
    assert "Line 3 reads like the header: pass skip_rows=2." in message
    assert len(read_table(tmp_path / "sales.xlsx", "sales", skip_rows=2, columns={"date": "Date"}).frame) == 1
    padded = text(tmp_path, "Sales 2026,,\n,,\naccount,date,amount\na,2026-01-01,5\n")
    assert "Line 3 reads like the header: pass skip_rows=2." in refused(padded)
    assert len(read_table(padded, "sales", skip_rows=2).frame) == 1


def test_a_row_of_data_is_not_taken_for_the_header(tmp_path):
    assert "reads like" not in refused(text(tmp_path, "account,day,value\ndate,2026-01-01,5\n"))


def test_title_rows_above_a_preset_are_suspected_where_most_columns_have_no_name(tmp_path):
    rows = [["Deals", None, None], ["Record Id", "Stage", "Amount"], ["1", "Qualification", 5]]
    pd.DataFrame(rows).to_excel(tmp_path / "deals.xlsx", index=False, header=False)
    message = refused(tmp_path / "deals.xlsx", "opportunities", preset="zoho")
    assert "If the header stands on a later line, pass skip_rows." in message


def test_the_other_sheets_are_named_where_a_column_is_missing(tmp_path):
    with pd.ExcelWriter(tmp_path / "sales.xlsx") as book:
        pd.DataFrame({"note": ["x"]}).to_excel(book, sheet_name="Cover", index=False)
        pd.DataFrame({"account": ["a"], "date": ["2026-01-01"], "amount": [5]}).to_excel(
            book, sheet_name="Lines", index=False
        )
    assert "This is sheet 'Cover', one of 2 (also 'Lines'): pass sheet= for another." in refused(
        tmp_path / "sales.xlsx"
    )


@pytest.mark.parametrize("day", ["1850-03-04", "9999-12-31", "31.12.2201", "99991231", "4/3/1899"])
def test_a_date_of_another_age_is_rejected_with_the_years_that_dates_lie_in(tmp_path, day):
    checked = read_table(text(tmp_path, f"account,date,amount\na,{day},5\nb,2026-01-01,5\n"), "sales")
    assert checked.rejects["rule"].tolist() == ["date must be a date between 1900 and 2200"]
    assert checked.rejects["value"].tolist() == [day]


@pytest.mark.parametrize("day", ["2026-02-30", "soon", "31.12.202"])
def test_what_is_no_date_for_another_reason_is_not_blamed_on_the_year(tmp_path, day):
    checked = read_table(text(tmp_path, f"account,date,amount\na,{day},5\nb,2026-01-01,5\n"), "sales")
    assert checked.rejects["rule"].tolist() == ["date must be a date"]


def test_the_last_years_are_read(tmp_path):
    path = text(tmp_path, "account,date,amount\na,1900-01-01,5\nb,2200-12-31,5\n")
    assert read_table(path, "sales").rejects.empty


def test_a_thousands_comma_in_every_row_is_told_to_be_quoted(tmp_path):
    message = refused(text(tmp_path, "account,date,amount\na,2026-01-01,1,200\nb,2026-01-01,2,300\n"))
    assert "Put cells that hold ',' in quotes" in message


def test_most_rows_are_more_than_half_of_all(tmp_path):
    rows = ["a,2026-01-01,1,2", "b,2026-01-01,1,2", "c,2026-01-01,1,2,3", "d,2026-01-01,1,2,3,4", "e,2026-01-01,5"]
    message = refused(text(tmp_path, "\n".join(["account,date,amount", *rows]) + "\n"))
    assert "Most rows" not in message
    assert "Put cells that hold ',' in quotes." in message
    titled = refused(text(tmp_path, "Sales,\naccount,date,amount\na,2026-01-01,5\nb,2026-01-01,5\n"))
    assert "Most rows have 3: if the header stands on a later line, pass skip_rows." in titled
