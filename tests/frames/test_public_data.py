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


def test_bohanec_reports_its_duplicates_and_keeps_unknown_as_a_category(shared):
    raw = read_source(shared / "bohanec_b2b" / "Salvirt_B2B_ML_dataset.csv")
    assert ("separator", ";") in raw.notes
    assert raw.frame.shape == (448, 23)
    numbered = raw.frame.assign(prospect=[f"P{n}" for n in range(448)])
    assert numbered.drop(columns="prospect").duplicated().sum() == 83
    from custvalue.frames.rejects import check_frame

    checked = check_frame(numbered, "prospects")
    assert (len(checked.frame), len(checked.rejects)) == (448, 0)
    assert (checked.frame["Competitors"] == "Unknown").sum() == (raw.frame["Competitors"] == "Unknown").sum() > 0


def test_wholesale_reads_the_same_from_utf_8_and_from_latin_1_with_prose_columns(shared):
    folder = shared / "wholesale_customers"
    utf8 = read_source(folder / "Wholesale customers data.csv")
    latin = read_source(folder / "wholesale_latin1_trailing_cols.csv", encoding="latin-1")
    spends = ["Fresh", "Milk", "Grocery", "Frozen", "Detergents_Paper", "Delicassen"]
    first = utf8.frame[spends].astype(float)
    second = latin.frame[spends].astype(float)
    pd.testing.assert_frame_equal(first, second)
    assert first.to_numpy().sum() == 14_619_500
    assert len(latin.frame.columns) > 8
