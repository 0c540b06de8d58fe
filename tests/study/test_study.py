"""The study: whichever parts the tables allow, each number from its room, and a reason for what is left out."""

import pandas as pd
import pytest

import custvalue as cv
from tests.conftest import ROOT

MAVEN = ROOT / "data" / "mappings" / "maven_crm.toml"


def test_every_part_runs_on_the_sample_and_has_its_figure(study):
    assert [section.name for section in study.sections] == [
        "time", "screening", "evidence", "tracking", "movement", "distribution", "accuracy", "concentration",
        "segments", "migration", "growth", "walls", "people",
    ]  # fmt: skip
    assert {"pareto", "segment_matrix", "pipeline_by_stage", "score_ranking"} <= set(study.figures)
    assert all(section.figures for section in study.sections)


def test_tables_hold_what_the_rooms_answer(study):
    deals = cv.load_opportunities()
    pd.testing.assert_frame_equal(
        study.tables["expected_revenue"], cv.expected_revenue(deals, as_of="2026-09-30"), check_dtype=False
    )
    accounts = cv.load_accounts()
    now = accounts[accounts["period"] == "2026Q3"]
    summary = cv.segment_summary(cv.segment_accounts(now))
    assert study.tables["segment_summary"]["n"].tolist() == summary["n"].tolist()
    assert study.tables["segment_summary"]["n"].sum() == len(now)


def test_concentration_is_of_the_trailing_year_and_reconciles_with_the_sales_lines(study):
    sales = cv.load_sales()
    year = sales[sales["account"].notna() & (sales["date"] > "2025-09-30")]
    assert study.tables["concentration_summary"]["total"].iloc[0] == pytest.approx(year["amount"].sum())
    assert study.tables["concentration_accounts"]["rank"].is_monotonic_increasing


def test_files_no_part_uses_are_left_out_with_the_reason(study):
    reasons = study.left_out.set_index("part")["reason"]
    assert reasons["time_log"] == "read and checked; no part of the study uses it"
    assert study.left_out.columns.tolist() == ["part", "reason", "reason_zh"]


def test_parts_without_input_are_left_out_with_the_reason():
    study = cv.run_study({"traits": cv.load_traits()}, as_of="2026-09-30")
    assert [section.name for section in study.sections] == ["time", "people"]
    reasons = study.left_out.set_index("part")["reason"]
    missing = ("prospects", "ratings", "opportunities")
    assert reasons["screening"] == "; ".join(f"there is no table of {kind}" for kind in missing)
    assert "won opportunities" in reasons["concentration"]
    accounts = cv.load_accounts().drop(columns="loyalty")
    study = cv.run_study({"accounts": accounts}, as_of="2026-09-30")
    assert study.left_out.set_index("part")["reason"]["segments"] == "accounts has no column 'loyalty'"


def test_wrong_values_stop_the_study_with_all_parts_failures():
    traits = cv.load_traits()
    accounts = cv.load_accounts()
    deals = cv.load_opportunities().assign(stage="unknown")
    with pytest.raises(ValueError, match="stage must be one of"):
        cv.run_study({"traits": traits, "accounts": accounts, "opportunities": deals}, as_of="2026-09-30")


def test_rejected_rows_are_counted_and_do_not_enter_the_tables():
    targets = cv.load_traits()
    targets.loc[0, "risk"] = 9
    study = cv.run_study({"traits": targets}, as_of="2026-09-30")
    assert len(study.tables["people"]) == len(targets) - 1
    assert study.tables["rejects"][["kind", "column", "value"]].to_numpy().tolist() == [["traits", "risk", "9"]]
    assert study.findings()[0].sentence.startswith(
        "Rows read: 12. Set apart because they break their table's contract: 1;"
    )


def test_a_period_that_has_not_begun_is_refused():
    with pytest.raises(ValueError, match=r"the period must have begun by as_of: got '2026Q4'"):
        cv.run_study({"traits": cv.load_traits()}, as_of="2026-09-30", period="2026Q4")


def test_an_earlier_period_moves_the_segments_and_the_trailing_year():
    accounts = cv.load_accounts()
    study = cv.run_study({"accounts": accounts}, as_of="2026-09-30", period="2025Q4")
    now = accounts[accounts["period"] == "2025Q4"]
    assert len(study.tables["segment_accounts"]) == len(now)
    year = accounts[accounts["period"].isin(["2025Q1", "2025Q2", "2025Q3", "2025Q4"])]
    assert study.tables["concentration_summary"]["total"].iloc[0] == pytest.approx(year["revenue"].sum())


def test_the_public_crm_export_gives_its_known_answers(shared):
    study = cv.run_study(shared / "maven_crm", as_of="2017-12-31", mapping=MAVEN)
    rates = study.tables["win_rates"].iloc[0]
    assert (rates["n"], rates["n_won"], rates["n_lost"], rates["won"]) == (8800, 4238, 2473, 10_005_534)
    top = study.tables["concentration_summary"].iloc[0]
    assert (top["n"], round(top["top_20_pct_share"], 4)) == (85, 0.3169)
    expected = study.tables["expected_revenue"].set_index("period")
    assert expected["n_deals"].sum() == 8800
    assert expected.loc["unpriced", "n_open"] == 2089
    assert pd.isna(expected.loc["unpriced", "forecast"])
    assert study.tables["pipeline_by_stage"]["n_open"].tolist() == [500, 1589]


def test_a_source_that_is_neither_folder_nor_frames_is_refused():
    with pytest.raises(ValueError, match="a study runs on a folder or on frames by kind: got list"):
        cv.run_study([1], as_of="2026-09-30")
    with pytest.raises(ValueError, match="kind must be a known kind of table"):
        cv.run_study({"people": cv.load_traits()}, as_of="2026-09-30")


def test_importing_the_library_does_not_import_plotly_or_pandera():
    import subprocess
    import sys

    code = "import sys, custvalue; print([m for m in ('plotly', 'pandera', 'scipy.stats') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    assert all(hasattr(cv, name) for name in cv.__all__)
    assert dir(cv) == sorted(cv.__all__)


def test_a_past_day_shows_open_deals_as_unknown_and_ranks_none_of_them():
    study = cv.run_study({"opportunities": cv.load_opportunities()}, as_of="2025-08-15")
    assert "opportunity_ranking" not in study.tables
    assert "pipeline_by_stage" not in study.tables
    expected = study.tables["expected_revenue"].set_index("period")
    assert expected.loc["state_unknown", "n_open"] > 100
    assert pd.isna(expected.loc["state_unknown", "expected_open"])
    tracking = next(section for section in study.sections if section.name == "tracking")
    assert any("events after the as-of day" in note.en for note in tracking.notes)
    assert not any("0 expected from 0 open deals" in finding.sentence for finding in study.findings())


def test_a_running_quarter_takes_revenue_from_the_lines_up_to_the_day():
    frames = {"accounts": cv.load_accounts(), "sales": cv.load_sales()}
    study = cv.run_study(frames, as_of="2025-08-15")
    sales = cv.load_sales()
    until = sales[sales["account"].notna() & (sales["date"] > "2024-09-30") & (sales["date"] <= "2025-08-15")]
    assert study.tables["concentration_summary"]["total"].iloc[0] == pytest.approx(until["amount"].sum())
    basis = next(section for section in study.sections if section.name == "concentration").notes[0].en
    assert "2025Q3 is still running on 2025-08-15" in basis


def test_only_open_prospects_are_ranked():
    prospects = cv.load_prospects()
    study = cv.run_study({"prospects": prospects}, as_of="2026-09-30")
    assert len(study.tables["prospect_scores"]) == prospects["outcome"].isna().sum()


def test_a_mapping_of_columns_is_refused_with_frames():
    with pytest.raises(ValueError, match="a mapping of columns is for files"):
        cv.run_study({"traits": cv.load_traits()}, as_of="2026-09-30", mapping=MAVEN)


def test_reports_are_written_into_folders_that_do_not_exist_yet(study, tmp_path):
    assert study.to_html(tmp_path / "a" / "b" / "report.html").is_file()
    with pytest.raises(ValueError, match="the path must be a file"):
        study.to_excel(tmp_path)
