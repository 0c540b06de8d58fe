"""What a mapping settles for a table, so that the command line can read it too; and what is never added up silently."""

import subprocess
import sys

import duckdb
import pandas as pd
import polars as pl
import pytest

from custvalue import account_revenue, read_folder, read_table


def folder_with(tmp_path, files, mapping=""):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    return tmp_path


def test_a_mapping_settles_what_the_cells_leave_open(tmp_path):
    lines = {"sales.csv": 'made for you\naccount,date,amount\nAcme,03/04/2026,"1,234"\nTotal,,\n'}
    place = folder_with(
        tmp_path, lines, '[sales]\ndate_order = "month"\ndecimal = "."\nskip_rows = 1\nskip_footer = 1\n'
    )
    frame = read_folder(place, mapping=place / "map.toml").frames["sales"]
    assert frame["date"].tolist() == [pd.Timestamp("2026-03-04")]
    assert frame["amount"].tolist() == [1234.0]


def test_what_is_passed_comes_before_what_the_mapping_says(tmp_path):
    place = folder_with(
        tmp_path, {"sales.csv": "account,date,amount\nAcme,03/04/2026,5\n"}, '[sales]\ndate_order = "month"\n'
    )
    checked = read_table(place / "sales.csv", "sales", mapping=place / "map.toml", date_order="day")
    assert checked.frame["date"].tolist() == [pd.Timestamp("2026-04-03")]


def test_a_mapping_may_name_the_preset_and_keeps_its_ladder(tmp_path):
    export = "Opportunity ID,Stage,Amount,Close Date\nA,Needs Analysis,5,2026-12-31\nB,Closed Won,7,2026-01-31\n"
    place = folder_with(tmp_path, {"opportunities.csv": export}, '[opportunities]\npreset = "salesforce"\n')
    deals = read_folder(place, mapping=place / "map.toml").frames["opportunities"]
    assert deals["outcome"].fillna("open").tolist() == ["open", "won"]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [("skip_rows = 'two'", "skip_rows is an argument of read_table"), ("skiprows = 2", "skip_rows")],
)
def test_an_argument_of_another_type_or_name_is_refused(tmp_path, entry, problem):
    place = folder_with(tmp_path, {"sales.csv": "account,date,amount\nAcme,2026-01-01,5\n"}, f"[sales]\n{entry}\n")
    with pytest.raises(ValueError, match=problem):
        read_folder(place, mapping=place / "map.toml")


MULTIPLY = '[sales.columns]\naccount = "Client"\ndate = "Day"\n[sales.multiply]\namount = ["Qty", "Price"]\n'


def test_prices_in_two_currencies_are_not_multiplied_out(tmp_path):
    place = folder_with(
        tmp_path, {"sales.csv": "Client,Day,Qty,Price\na,2026-01-01,6,$2.55\nb,2026-01-02,1,€27.5\n"}, MULTIPLY
    )
    with pytest.raises(ValueError, match=r"amounts must be in one currency.*first in line 2.*first in line 3"):
        read_table(place / "sales.csv", "sales", mapping=place / "map.toml")


def test_a_factor_that_reads_in_two_ways_names_its_line_and_is_settled_by_the_argument(tmp_path):
    place = folder_with(tmp_path, {"sales.csv": 'Client,Day,Qty,Price\na,2026-01-01,"1,200",3\n'}, MULTIPLY)
    with pytest.raises(ValueError, match="'1,200' in line 2"):
        read_table(place / "sales.csv", "sales", mapping=place / "map.toml")
    checked = read_table(place / "sales.csv", "sales", mapping=place / "map.toml", decimal={"Qty": "."})
    assert checked.frame["amount"].tolist() == [3600.0]


def test_scales_that_are_multiplied_out_are_noted(tmp_path):
    place = folder_with(tmp_path, {"sales.csv": "Client,Day,Qty,Price\na,2026-01-01,2,200万\n"}, MULTIPLY)
    checked = read_table(place / "sales.csv", "sales", mapping=place / "map.toml")
    assert checked.frame["amount"].tolist() == [4_000_000.0]
    assert "'万' (1) multiplied out" in checked.report["value"].tolist()


DEALS = "opportunity,stage,amount,outcome,currency\n"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,terms,€7,,USD", "an amount's sign and its row's currency must agree"),
        ("1,terms,€7,,", "a row with a currency sign names its currency"),
    ],
)
def test_several_currencies_are_let_in_only_where_each_row_says_which(tmp_path, row, problem):
    place = folder_with(tmp_path, {"deals.csv": DEALS + row + "\n2,terms,¥5,,CNY\n"})
    with pytest.raises(ValueError, match=problem):
        read_table(place / "deals.csv", "opportunities", several_currencies=True)


def test_signs_that_agree_with_their_rows_are_let_in(tmp_path):
    place = folder_with(tmp_path, {"deals.csv": DEALS + "1,terms,€7,,EUR\n2,terms,¥5,,CNY\n3,terms,9,,USD\n"})
    checked = read_table(place / "deals.csv", "opportunities", several_currencies=True)
    assert checked.frame["amount"].tolist() == [7.0, 5.0, 9.0]


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_lines_in_two_currencies_are_not_added_up(engine):
    lines = pd.DataFrame(
        {
            "account": ["a", "b"],
            "date": pd.to_datetime(["2026-01-01"] * 2),
            "amount": [1.0, 2.0],
            "currency": ["USD", "CNY"],
        }
    )
    there = {"pandas": lines, "polars": pl.from_pandas(lines).lazy(), "duckdb": duckdb.from_df(lines)}[engine]
    with pytest.raises(ValueError, match="amounts must be in one currency"):
        account_revenue(there)
    same = lines.assign(currency="USD")
    there = {"pandas": same, "polars": pl.from_pandas(same).lazy(), "duckdb": duckdb.from_df(same)}[engine]
    assert account_revenue(there)["revenue"].sum() == 3.0


@pytest.mark.parametrize("name", ["Grand Total", "合计", " total ", "小计"])
def test_a_row_named_like_a_total_is_reported(tmp_path, name):
    place = folder_with(
        tmp_path,
        {"sales.csv": f"account,date,amount\nA,2026-01-01,5\n{name},2026-01-02,5\nTotal Energies,2026-01-03,1\n"},
    )
    report = read_table(place / "sales.csv", "sales").report.set_index("item")["value"]
    assert report["odd: rows that look like totals"].startswith("1 rows named like a total")


def test_rows_marked_as_deleted_are_reported(tmp_path):
    place = folder_with(
        tmp_path, {"deals.csv": "opportunity,stage,amount,outcome,IsDeleted\n1,x,5,won,true\n2,x,6,won,false\n"}
    )
    report = read_table(place / "deals.csv", "opportunities").report.set_index("item")["value"]
    assert report["odd: rows marked as deleted"] == "1 rows marked as deleted are counted as data"


@pytest.mark.parametrize("kind", ["account", "opportunity"])
def test_identifiers_whose_digits_a_spreadsheet_cut_off_are_refused(tmp_path, kind):
    row = {"account": "D1,6.22E+17", "opportunity": "6.22E+17,Acme"}[kind]
    place = folder_with(
        tmp_path, {"deals.csv": f"opportunity,account,stage,amount,outcome\n{row},x,5,won\nD2,Bolt,x,5,won\n"}
    )
    with pytest.raises(ValueError, match=f"{kind} must be whole identifiers: got '6.22E\\+17'"):
        read_table(place / "deals.csv", "opportunities")


def test_the_command_line_also_runs_as_a_module(tmp_path):
    place = folder_with(tmp_path, {"targets.csv": "owner,period,target\nLi,2026Q3,5\n"})
    done = subprocess.run(
        [sys.executable, "-m", "custvalue", "check", str(place)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "targets" in done.stdout


def test_a_rename_settles_a_column_that_the_preset_does_not_find(tmp_path):
    export = "Opportunity ID,Stage  ↑,Amount,Close Date\nA,Needs Analysis,5,2026-12-31\n"
    place = folder_with(tmp_path, {"opportunities.csv": export})
    checked = read_table(
        place / "opportunities.csv", "opportunities", preset="salesforce", columns={"stage": "Stage  ↑"}
    )
    assert checked.frame["stage"].tolist() == ["Needs Analysis"]
