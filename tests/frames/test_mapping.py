"""Mapping files, and the public CRM export read with one."""

import pandas as pd
import pytest

from custvalue import read_folder, read_mapping, read_table, win_rates
from tests.conftest import ROOT

MAVEN = ROOT / "data" / "mappings" / "maven_crm.toml"


def mapping(folder, text):
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def maven(shared):
    return read_folder(shared / "maven_crm", mapping=read_mapping(MAVEN))


def test_the_maven_export_loses_no_row(maven):
    assert maven.inputs[["kind", "rows", "clean", "rejected"]].to_numpy().tolist() == [
        ["opportunities", 8800, 8800, 0],
        ["accounts", 85, 85, 0],
    ]


def test_the_maven_export_gives_its_known_answers(maven):
    deals = maven.frames["opportunities"]
    found = win_rates(deals, as_of="2017-12-31").iloc[0]
    assert (found["n"], found["n_won"], found["n_lost"], found["won"]) == (8800, 4238, 2473, 10_005_534)
    assert round(found["win_rate_closed"], 4) == 0.6315
    assert round(found["win_rate_all"], 4) == 0.4816
    by_region = win_rates(deals, as_of="2017-12-31", by="region").set_index("region")["win_rate_closed"].round(4)
    assert by_region.to_dict() == {"Central": 0.6256, "East": 0.6302, "West": 0.6394}


def test_the_product_that_is_spelt_two_ways_finds_its_list_price(maven):
    deals = maven.frames["opportunities"]
    assert "GTXPro" not in set(deals["product"])
    assert deals["list_price"].notna().all()
    assert maven.inputs["notes"].iloc[0] == "product merged: 1480 rows"


def test_the_customers_own_turnover_is_not_our_revenue(maven):
    assert "revenue" not in maven.frames["accounts"]
    assert maven.frames["accounts"]["turnover"].iloc[0] == 1100.04


def test_without_the_merge_the_values_that_find_nothing_are_named(shared, tmp_path):
    text = MAVEN.read_text(encoding="utf-8").replace('"GTX Pro" = ["GTXPro"]', "")
    read = read_folder(shared / "maven_crm", mapping=read_mapping(mapping(tmp_path, text)))
    assert "product not in products.csv: 'GTXPro' (1480 rows)" in read.inputs["notes"].iloc[0]


def test_open_deals_are_priced_from_the_list_only_where_the_mapping_says_so(shared, tmp_path, maven):
    plain = maven.frames["opportunities"]
    assert plain.loc[plain["outcome"].isna(), "amount"].isna().all()
    text = MAVEN.read_text(encoding="utf-8").replace("# price_open", "price_open")
    priced = read_folder(shared / "maven_crm", mapping=read_mapping(mapping(tmp_path, text))).frames["opportunities"]
    is_open = priced["outcome"].isna()
    assert priced.loc[is_open, "amount"].notna().all()
    assert (priced.loc[is_open, "amount"] == priced.loc[is_open, "list_price"]).all()
    pd.testing.assert_series_equal(priced.loc[~is_open, "amount"], plain.loc[~is_open, "amount"])


def test_a_stage_that_is_neither_on_the_ladder_nor_an_outcome_is_refused_with_counts(shared, tmp_path):
    text = MAVEN.read_text(encoding="utf-8").replace('name = "Engaging"', 'name = "Engagin"')
    with pytest.raises(ValueError, match=r"got 'Engaging' \(1589\)\. Did you mean 'Engagin'"):
        read_folder(shared / "maven_crm", mapping=read_mapping(mapping(tmp_path, text)))


WRONG_MAPPINGS = {
    "not TOML": ("[opportunities", "a mapping file is TOML"),
    "an unknown kind": ("[opportunity]\nfile='x.csv'", "got 'opportunity'. Did you mean 'opportunities'"),
    "an unknown key": ("[sales]\ncolums = {}", "got 'colums'. Did you mean 'columns'"),
    "a key of another shape": ("[sales]\ncolumns = 'x'", r"\[sales\] columns must be a dict"),
    "an outcome of another name": (
        "[opportunities.outcome]\nvictory = ['W']",
        r"knows won and lost: got \['victory'\]",
    ),
    "a look-up without a file": ("[[sales.lookup]]\non = {a='b'}", "has file, on and take"),
    "a ladder without a source": ("[ladder]\nstages = [{name='a', probability=0.1}]", "needs source and stages"),
    "a ladder that falls": (
        "[ladder]\nsource='s'\nstages = [{name='a', probability=0.5}, {name='b', probability=0.1}]",
        "a ladder must rise",
    ),
}


@pytest.mark.parametrize("name", WRONG_MAPPINGS)
def test_a_wrong_mapping_is_refused_with_the_remedy(tmp_path, name):
    text, message = WRONG_MAPPINGS[name]
    with pytest.raises(ValueError, match=message):
        read_mapping(mapping(tmp_path, text))


def test_every_wrong_part_of_a_mapping_is_reported_at_once(tmp_path):
    with pytest.raises(ValueError, match="2 problems"):
        read_mapping(mapping(tmp_path, "[salse]\nfile='x'\n[sales]\ncolums = {}"))


def test_a_look_up_table_with_a_repeated_key_is_refused(tmp_path):
    (tmp_path / "sales.csv").write_text("account,date,amount,owner\na,2026-01-01,1,Li\n", encoding="utf-8")
    (tmp_path / "reps.csv").write_text("name,region\nLi,E\nLi,W\n", encoding="utf-8")
    text = "[sales]\nfile='sales.csv'\n[[sales.lookup]]\nfile='reps.csv'\non={owner='name'}\ntake={region='region'}"
    with pytest.raises(ValueError, match=r"name must occur once: got \['Li'\]"):
        read_folder(tmp_path, mapping=read_mapping(mapping(tmp_path, text)))


SALES = "account,date,amount,owner,id\na,2026-01-01,1,Li,7\n"


def sales_folder(tmp_path, columns):
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    return read_folder(tmp_path, mapping=mapping(tmp_path, f"[sales]\nfile='sales.csv'\n[sales.columns]\n{columns}"))


def test_a_misspelt_name_of_ours_is_refused_with_the_right_one(tmp_path):
    with pytest.raises(ValueError, match=r"names on the left are ours: got 'ammount'. Did you mean 'amount'"):
        sales_folder(tmp_path, "ammount = 'amount'")


def test_a_name_of_ones_own_may_be_anything_unlike_ours(tmp_path):
    assert "salesperson_code" in sales_folder(tmp_path, "salesperson_code = 'id'").frames["sales"]


def test_a_column_cannot_be_read_into_a_name_the_file_uses_itself(tmp_path):
    with pytest.raises(ValueError, match="the file has a column 'account' of its own"):
        sales_folder(tmp_path, "account = 'owner'")


def test_a_look_up_never_replaces_a_column(tmp_path):
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    (tmp_path / "reps.csv").write_text("name,price\nLi,9\n", encoding="utf-8")
    text = "[sales]\nfile='sales.csv'\n[[sales.lookup]]\nfile='reps.csv'\non={owner='name'}\ntake={amount='price'}"
    with pytest.raises(ValueError, match=r"take makes new columns: got \['amount'\]"):
        read_folder(tmp_path, mapping=mapping(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[opportunities.outcome]\nwon = 'Won'", r"is ours = a list of theirs: got 'Won'. Write \['Won'\]"),
        ("[opportunities.merge.product]\n'GTX Pro' = 'GTXPro'", "is ours = a list of theirs: got 'GTXPro'"),
        ("sales = 3", r"\[sales\] is a table of the file: got 3"),
        ("[ladder]\nsource='s'\nstages=[{name='a', probability='40%'}]", "must lie in 0–1: got '40%'"),
        ("[ladder]\nsource='s'\nstages=[{name='a', probabilty=0.4}]", r"got \['probabilty'\]"),
    ],
)
def test_mappings_of_the_wrong_shape_are_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_mapping(mapping(tmp_path, text))


def test_a_mapping_saved_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text("[sales]\nfile='sales.csv'", encoding="utf-8-sig")
    assert read_mapping(path).tables["sales"].file == "sales.csv"


def test_a_stage_cannot_be_on_the_ladder_and_an_outcome(shared, tmp_path):
    text = MAVEN.read_text(encoding="utf-8").replace('name = "Engaging"', 'name = "Won"')
    with pytest.raises(ValueError, match=r"either on the ladder or an outcome: got \['Won'\]"):
        read_folder(shared / "maven_crm", mapping=mapping(tmp_path, text))


def test_two_files_of_one_kind_and_a_mapped_table_without_a_file_are_refused(tmp_path):
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    with pytest.raises(ValueError, match=r"a mapped table needs a file: got \['targets'\]"):
        read_folder(tmp_path, mapping=mapping(tmp_path, "[targets.columns]\nowner='Rep'"))
    pd.DataFrame({"account": ["a"]}).to_parquet(tmp_path / "Sales.parquet")
    with pytest.raises(ValueError, match="one file per kind of table"):
        read_folder(tmp_path)


def test_a_line_is_worth_its_quantity_times_its_price_and_what_is_no_number_is_set_apart(tmp_path):
    lines = tmp_path / "lines.csv"
    lines.write_text(
        "Client,Day,Qty,Price\na,2026-01-01,6,2.55\nb,2026-01-02,two,3\nc,2026-01-03,-1,4\n", encoding="utf-8"
    )
    mapping = tmp_path / "lines.toml"
    mapping.write_text(
        '[sales.columns]\naccount = "Client"\ndate = "Day"\n[sales.multiply]\namount = ["Qty", "Price"]\n',
        encoding="utf-8",
    )
    checked = read_table(lines, "sales", mapping=mapping)
    assert checked.frame["amount"].tolist() == [6 * 2.55, -4.0]
    assert checked.rejects[["line", "column", "value", "rule"]].to_numpy().tolist() == [
        [3, "amount", "two × 3", "amount must be a number"]
    ]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ('amount = ["Qty", "Cost"]', "needs column 'Cost'"),
        ('Qty = ["Qty", "Price"]', "makes a new column"),
        ('amount = "Qty"', r"\[sales.multiply\] is ours = a list of theirs"),
    ],
)
def test_a_product_of_what_is_not_there_is_refused(tmp_path, entry, problem):
    lines = tmp_path / "lines.csv"
    lines.write_text("Client,Day,Qty,Price\na,2026-01-01,6,2.55\n", encoding="utf-8")
    mapping = tmp_path / "lines.toml"
    mapping.write_text(
        f'[sales.columns]\naccount = "Client"\ndate = "Day"\n[sales.multiply]\n{entry}\n', encoding="utf-8"
    )
    with pytest.raises(ValueError, match=problem):
        read_table(lines, "sales", mapping=mapping)
