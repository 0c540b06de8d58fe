"""Public exports read in full: two date styles, a semicolon, Latin-1 bytes, prose in unnamed columns."""

import pandas as pd
import pytest

from custvalue import read_mapping, read_table
from custvalue.frames.sources import read_source
from tests.conftest import ROOT

MAVEN = read_mapping(ROOT / "data" / "mappings" / "maven_crm.toml")


def test_maven_with_iso_and_with_month_first_dates_gives_identical_frames(shared):
    folder = shared / "maven_crm"
    iso = read_table(folder / "sales_pipeline.csv", "opportunities", mapping=MAVEN)
    month_first = read_table(folder / "sales_pipeline_mdy_dates.csv", "opportunities", mapping=MAVEN)
    pd.testing.assert_frame_equal(month_first.frame, iso.frame)
    assert len(iso.frame) == 8800
    assert len(iso.rejects) == len(month_first.rejects) == 0
    report = dict(zip(month_first.report["item"], month_first.report["value"], strict=True))
    assert report["created date order"].startswith("month first")


def test_maven_names_the_spellings_it_finds(shared):
    plain = {"opportunity": "opportunity_id", "stage": "deal_stage", "amount": "close_value", "closed": "close_date"}
    path = shared / "maven_crm" / "sales_pipeline.csv"
    raw = read_source(path).frame
    assert (raw["product"] == "GTXPro").sum() == 1480
    with pytest.raises(ValueError, match="column 'outcome' is needed"):
        read_table(path, "opportunities", columns=plain)


def test_bohanec_reports_its_duplicates_and_keeps_unknown_as_a_category(shared, tmp_path):
    path = shared / "bohanec_b2b" / "Salvirt_B2B_ML_dataset.csv"
    with pytest.raises(ValueError, match="column 'prospect' is needed"):
        read_table(path, "prospects")
    mapping = tmp_path / "bohanec.toml"
    mapping.write_text(
        """[prospects.columns]
outcome = "Status"
[prospects.merge.outcome]
won = ["Won"]
lost = ["Lost"]
"""
    )
    checked = read_table(path, "prospects", number_rows=True, mapping=mapping)
    report = dict(zip(checked.report["item"], checked.report["value"], strict=True))
    assert report["separator"] == ";"
    assert report["odd: exact duplicate rows"] == "83 (kept)"
    assert (len(checked.frame), len(checked.rejects)) == (448, 0)
    assert checked.frame["prospect"].tolist() == [str(line) for line in range(2, 450)]
    raw = read_source(path).frame
    assert (checked.frame["Competitors"] == "Unknown").sum() == (raw["Competitors"] == "Unknown").sum() > 0
    assert (checked.frame["outcome"] == "won").mean() == pytest.approx(0.5067, abs=5e-5)


def test_online_retail_is_read_with_its_duplicates_reported_and_its_customers_as_whole_numbers(shared, tmp_path):
    path = shared / "online_retail" / "online_retail_to_2011q2.csv.gz"
    mapping = tmp_path / "retail.toml"
    mapping.write_text(
        """[sales.columns]
account = "CustomerID"
date = "InvoiceDate"
[sales.multiply]
amount = ["Quantity", "UnitPrice"]
"""
    )
    checked = read_table(path, "sales", mapping=mapping)
    report = dict(zip(checked.report["item"], checked.report["value"], strict=True))
    assert report["odd: exact duplicate rows"] == "2,012 (kept)"
    assert report["amount"] == "Quantity × UnitPrice"
    assert report["account: read as whole numbers"] == "all 176889 cells end in '.0'"  # 245,903 - 69,014 without one
    assert (len(checked.frame), len(checked.rejects)) == (245_903, 0)
    known = checked.frame[checked.frame["account"].notna()]
    assert checked.frame["account"].isna().sum() == 69_014
    assert checked.frame.loc[checked.frame["account"].isna(), "amount"].sum() == pytest.approx(669_449.51, abs=0.005)
    assert known["amount"].sum() == pytest.approx(3_728_501.25, abs=0.005)
    sold = known[(known["Quantity"] > 0) & (known["UnitPrice"] > 0)]
    assert sold["account"].nunique() == 2_960
    assert sold["amount"].sum() == pytest.approx(3_993_805.65, abs=0.005)


def test_wholesale_reads_the_same_from_utf_8_and_from_latin_1_with_prose_columns(shared):
    folder = shared / "wholesale_customers"
    utf8 = read_source(folder / "Wholesale customers data.csv")
    latin = read_source(folder / "wholesale_latin1_trailing_cols.csv")
    assert ("encoding", "cp1252") in latin.notes
    spends = ["Fresh", "Milk", "Grocery", "Frozen", "Detergents_Paper", "Delicassen"]
    first = utf8.frame[spends].astype(float)
    second = latin.frame[spends].astype(float)
    pd.testing.assert_frame_equal(first, second)
    assert first.to_numpy().sum() == 14_619_500
    assert len(latin.frame.columns) > 8
