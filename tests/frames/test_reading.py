"""Reading tables and folders: nothing lost, every reason given, valid though incomplete rows kept."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custvalue import read_folder, read_table, sample_folder
from custvalue.frames.kinds import CONTRACTS, KINDS
from custvalue.frames.rejects import check_frame

DEALS = "opportunity,account,stage,amount,created,expected_close,closed,outcome\n"


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_open_deal_without_account_amount_or_dates_is_valid(tmp_path):
    checked = read_table(write(tmp_path, "deals.csv", DEALS + "D1,,terms,,,,,\n"), "opportunities")
    assert len(checked.rejects) == 0
    row = checked.frame.iloc[0]
    assert row["opportunity"] == "D1"
    assert row[["account", "amount", "created", "expected_close", "closed", "outcome"]].isna().all()


BROKEN_DEALS = {
    "an amount that is no number": ("D1,a,terms,twelve,,,,", "amount", "twelve", "amount must be a number"),
    "a negative amount": ("D1,a,terms,-5,,,,", "amount", "-5", "amount must be 0 or more"),
    "a date that is none": ("D1,a,terms,5,2026-02-30,,,", "created", "2026-02-30", "created must be a date"),
    "an outcome in other words": (
        "D1,a,terms,5,,,2026-01-02,Won",
        "outcome",
        "Won",
        "outcome must be one of won, lost",
    ),
    "no identifier": (",a,terms,5,,,,", "opportunity", "", "opportunity must not be empty"),
    "closed before created": (
        "D1,a,terms,5,2026-03-01,,2026-02-01,lost",
        "closed",
        "2026-02-01",
        "a deal cannot close before it was created",
    ),
    "open with a close date": ("D1,a,terms,5,,,2026-02-01,", "closed", "2026-02-01", "an open deal has no close date"),
    "won without an amount": ("D1,a,terms,,,,2026-02-01,won", "amount", "", "a won deal has an amount"),
}


@pytest.mark.parametrize("name", BROKEN_DEALS)
def test_a_broken_deal_is_set_apart_with_line_column_value_and_rule(tmp_path, name):
    line, column, value, rule = BROKEN_DEALS[name]
    checked = read_table(write(tmp_path, "deals.csv", DEALS + "D0,a,terms,1,,,,\n" + line + "\n"), "opportunities")
    assert len(checked.frame) == 1
    found = checked.rejects.iloc[0]
    assert (found["line"], found["column"], found["value"]) == (3, column, value)
    assert rule in found["rule"]
    assert found["remedy"]


def test_a_row_that_breaks_several_rules_is_one_reject_with_all_of_them(tmp_path):
    checked = read_table(write(tmp_path, "deals.csv", DEALS + "D1,a,terms,x,soon,,,maybe\n"), "opportunities")
    assert len(checked.rejects) == 1
    assert checked.rejects["column"].iloc[0] == "amount | created | outcome"
    assert checked.rejects["value"].iloc[0] == "x | soon | maybe"


def test_a_repeated_key_rejects_the_later_row(tmp_path):
    checked = read_table(write(tmp_path, "deals.csv", DEALS + "D1,a,terms,1,,,,\nD1,b,terms,2,,,,\n"), "opportunities")
    assert checked.frame["account"].tolist() == ["a"]
    assert checked.rejects[["line", "rule"]].to_numpy().tolist() == [[3, "opportunity must occur once"]]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Li", "Wu", ""]),
            st.sampled_from(["2026Q3", "2026-07", "Q3", ""]),
            st.sampled_from(["5", "-1", "x", "", "inf", "1e3"]),
        ),
        max_size=12,
    )
)
def test_rows_in_are_rows_clean_plus_rows_rejected(rows):
    raw = pd.DataFrame(rows, columns=["owner", "period", "target"], dtype="str")
    checked = check_frame(raw, "targets")
    assert len(checked.frame) + len(checked.rejects) == len(raw)
    good = [
        (owner, period, float(target))
        for place, (owner, period, target) in enumerate(rows)
        if owner
        and period in ("2026Q3", "2026-07")
        and target in ("5", "1e3")
        and not any(other[:2] == (owner, period) for other in rows[:place])
    ]
    assert list(checked.frame.itertuples(index=False, name=None)) == good


def test_the_original_row_stands_beside_its_reasons(tmp_path):
    text = "owner,period,target,value\nLi,2026Q3,-5,kept\n"
    checked = read_table(write(tmp_path, "targets.csv", text), "targets")
    found = checked.rejects.iloc[0]
    assert (found["target"], found["original_value"], found["value"]) == ("-5", "kept", "-5")


def test_needed_columns_that_are_missing_are_refused_together_with_the_nearest_names(tmp_path):
    path = write(tmp_path, "deals.csv", "opportunity,stages,outcome\nD1,terms,\n")
    with pytest.raises(ValueError, match="2 problems") as caught:
        read_table(path, "opportunities")
    assert "column 'stage' is needed (step on the ladder): got no such column. Did you mean 'stages'?" in str(
        caught.value
    )


def test_columns_are_renamed_ours_from_theirs(tmp_path):
    path = write(tmp_path, "t.csv", "Rep,Quarter,Goal\nLi,2026Q3,5\n")
    checked = read_table(path, "targets", columns={"owner": "Rep", "period": "Quarter", "target": "Goal"})
    assert checked.frame.columns.tolist() == ["owner", "period", "target"]
    with pytest.raises(ValueError, match=r"read from a column of the file: got 'Rp'. Did you mean 'Rep'"):
        read_table(path, "targets", columns={"owner": "Rp"})


def test_further_columns_are_kept_numbers_as_numbers_and_codes_as_texts(tmp_path):
    path = write(tmp_path, "p.csv", "prospect,need,code,empty\nA,2,007,\nB,,010,\n")
    frame = read_table(path, "prospects").frame
    assert frame["need"].tolist()[0] == 2.0
    assert np.isnan(frame["need"].iloc[1])
    assert frame["code"].tolist() == ["007", "010"]
    assert frame["empty"].isna().all()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_the_same_table_reads_the_same_from_every_format(tmp_path, suffix):
    frame = pd.DataFrame(
        {
            "account": ["清水公司", None, "=1+1"],
            "date": pd.to_datetime(["2026-07-01", "2026-08-02", "2026-09-30"]),
            "amount": [1.5, -2.0, 3.0],
        }
    )
    path = tmp_path / f"sales.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    elif suffix == "xlsx":
        options = {"options": {"strings_to_formulas": False}}
        with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs=options) as writer:
            frame.to_excel(writer, index=False)
    else:
        frame.to_parquet(path)
    checked = read_table(path, "sales")
    assert len(checked.rejects) == 0
    pd.testing.assert_frame_equal(
        checked.frame.astype({"date": "datetime64[ns]"}), frame.astype({"date": "datetime64[ns]", "account": "str"})
    )


def test_dates_of_other_types_are_read_and_time_zones_dropped():
    raw = pd.DataFrame({"account": "a", "date": [dt.date(2026, 7, 1), dt.date(2026, 7, 2)], "amount": [1, 2]})
    assert check_frame(raw, "sales").frame["date"].dt.day.tolist() == [1, 2]
    aware = raw.assign(date=pd.to_datetime(raw["date"]).dt.tz_localize("Asia/Shanghai"))
    assert check_frame(aware, "sales").frame["date"].dt.tz is None


def test_files_that_cannot_be_read_are_refused_by_name(tmp_path):
    (tmp_path / "broken.xlsx").write_text("no workbook")
    for name, message in [
        ("broken.xlsx", "an .xlsx file must be readable"),
        ("none.csv", "must exist"),
        ("notes.pdf", "a table is a .csv"),
    ]:
        with pytest.raises(ValueError, match=message):
            read_table(tmp_path / name, "targets")


def test_an_unknown_kind_is_refused_with_the_nearest_one():
    with pytest.raises(ValueError, match=r"got 'opportunity'. Did you mean 'opportunities'"):
        read_table("x.csv", "opportunity")


def test_a_folder_is_read_by_file_names_and_other_files_are_named(tmp_path):
    write(tmp_path, "targets.csv", "owner,period,target\nLi,2026Q3,5\nLi,2026Q3,6\n")
    write(tmp_path, "notes.csv", "a\n1\n")
    read = read_folder(tmp_path)
    assert list(read.frames) == ["targets"]
    assert read.ignored == ("notes.csv",)
    assert read.inputs[["kind", "file", "rows", "clean", "rejected"]].to_numpy().tolist() == [
        ["targets", "targets.csv", 2, 1, 1]
    ]
    assert read.rejects[["kind", "file", "line"]].to_numpy().tolist() == [["targets", "targets.csv", 3]]


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(ValueError, match="the folder must hold a table of a known kind"):
        read_folder(tmp_path)
    with pytest.raises(ValueError, match="the folder must exist"):
        read_folder(tmp_path / "nowhere")


def test_all_tables_of_a_folder_that_break_their_contract_are_reported_together(tmp_path):
    write(tmp_path, "targets.csv", "owner\nLi\n")
    write(tmp_path, "sales.csv", "account\na\n")
    with pytest.raises(ValueError, match="2 problems") as caught:
        read_folder(tmp_path)
    assert "sales.csv" in str(caught.value)
    assert "targets.csv" in str(caught.value)


def test_the_sample_reads_clean():
    read = read_folder(sample_folder())
    assert set(read.frames) == set(KINDS)
    assert read.inputs["rejected"].sum() == 0


def test_every_contract_names_its_key_and_rule_columns():
    for contract in CONTRACTS.values():
        assert set(contract.key) <= set(contract.names)
        assert all(set(rule.columns) <= set(contract.names) for rule in contract.rules)


def test_loyalty_is_read_from_signs_numbers_and_words(tmp_path):
    path = write(tmp_path, "a.csv", "account,loyalty\na,1\nb,0\nc,-1\nd,支持\ne,－\nf,+\n")
    checked = read_table(path, "accounts")
    assert checked.frame["loyalty"].tolist() == ["+", "0", "-", "+", "-", "+"]


def test_points_and_level_texts_may_be_mixed_in_a_file_and_others_are_rejected(tmp_path):
    path = write(tmp_path, "p.csv", "prospect,company_type\na,2\nb,joint venture\nc,上市公司\nd,5\ne,big\n")
    checked = read_table(path, "prospects")
    assert checked.frame["company_type"].tolist() == [2, 1, 0]
    assert checked.rejects[["line", "value"]].to_numpy().tolist() == [[5, "5"], [6, "big"]]


def test_identifiers_keep_their_digits_from_every_format(tmp_path):
    frame = pd.DataFrame({"opportunity": ["001", "002"], "account": [1001.0, None], "stage": "x", "amount": 1.0})
    frame = frame.assign(outcome=None)
    assert check_frame(frame, "opportunities").frame["account"].tolist()[0] == "1001"


def test_texts_of_an_analysts_own_frame_are_not_taken_for_blanks():
    frame = pd.DataFrame({"account": ["NA", " x "], "date": pd.to_datetime(["2026-01-01"] * 2), "amount": [1.0, 2.0]})
    assert check_frame(frame, "sales", from_file=False).frame["account"].tolist() == ["NA", " x "]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_mixed_currencies_are_refused_from_every_format_until_they_are_let_in(tmp_path, suffix):
    frame = pd.DataFrame(
        {
            "account": ["a", "b"],
            "date": pd.to_datetime(["2026-01-01"] * 2),
            "amount": [5.0, 7.0],
            "currency": ["CNY", "USD"],
        }
    )
    path = tmp_path / f"sales.{suffix}"
    {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}[suffix](path, index=False)
    with pytest.raises(ValueError, match="amounts must be in one currency"):
        read_table(path, "sales")
    assert read_table(path, "sales", several_currencies=True).frame["currency"].tolist() == ["CNY", "USD"]


def test_identifiers_that_a_reader_made_floats_of_are_whole_numbers_again_and_the_report_says_so(tmp_path):
    checked = read_table(
        write(tmp_path, "sales.csv", "account,date,amount\n17850.0,2026-01-01,5\n,2026-01-02,6\n12.0,2026-01-03,7\n"),
        "sales",
    )
    assert checked.frame["account"].tolist()[::2] == ["17850", "12"]
    assert checked.frame["account"].isna().tolist() == [False, True, False]
    report = dict(zip(checked.report["item"], checked.report["value"], strict=True))
    assert report["account: read as whole numbers"] == "all 2 cells end in '.0'"


def test_a_name_that_ends_in_point_zero_among_others_stays_what_it_is(tmp_path):
    checked = read_table(
        write(tmp_path, "sales.csv", "account,date,amount\nRelease 2.0,2026-01-01,5\n2.0,2026-01-02,6\n"), "sales"
    )
    assert checked.frame["account"].tolist() == ["Release 2.0", "2.0"]


def test_identifiers_above_the_largest_exact_float_are_refused_not_merged(tmp_path):
    path = tmp_path / "sales.parquet"
    pd.DataFrame({"account": [2.0**53, 2.0**53 + 2], "date": ["2026-01-01"] * 2, "amount": [1.0, 2.0]}).to_parquet(path)
    with pytest.raises(ValueError, match=r"identifiers held as floats must be below 2\^53.*Save the column as text"):
        read_table(path, "sales")


def test_rows_that_nothing_names_are_named_by_their_line_and_their_duplicates_still_found(tmp_path):
    path = write(tmp_path, "prospects.csv", "region,outcome\nEast,won\n\nWest,lost\nEast,won\n")
    checked = read_table(path, "prospects", number_rows=True)
    assert checked.frame["prospect"].tolist() == ["2", "4", "5"]
    report = dict(zip(checked.report["item"], checked.report["value"], strict=True))
    assert report["prospect"] == "the number of the line"
    assert report["odd: exact duplicate rows"] == "1 (kept)"


@pytest.mark.parametrize(
    ("kind", "header", "found"),
    [
        ("prospects", "prospect,outcome\na,won\n", "column 'prospect' is there"),
        ("targets", "owner,period,target\nLi,2026Q3,5\n", "targets are named by owner and period"),
        ("sales", "account,date,amount\na,2026-01-01,5\n", "sales are named by nothing"),
    ],
)
def test_rows_are_numbered_only_where_one_key_is_lacking(tmp_path, kind, header, found):
    with pytest.raises(ValueError, match=f"number_rows is for rows that nothing names: got {found}"):
        read_table(write(tmp_path, f"{kind}.csv", header), kind, number_rows=True)
