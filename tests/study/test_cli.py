"""The command line: what it writes, what it says, and its exit codes."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from custvalue import sample_folder
from custvalue.study.cli import app
from tests.conftest import ROOT

run = CliRunner().invoke
MAVEN = ROOT / "data" / "mappings" / "maven_crm.toml"


def test_study_writes_report_workbook_and_rejects_and_prints_where_they_lie(tmp_path):
    done = run(app, ["study", str(sample_folder()), "--as-of", "2026-09-30", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.html", "study.xlsx", "rejects.csv"}
    assert str(tmp_path / "out" / "report.html") in done.output
    assert "left out: time_log" in done.output


def test_study_reads_an_export_with_its_mapping_and_period(shared, tmp_path):
    options = ["--as-of", "2017-12-31", "--period", "2017Q3", "--mapping", str(MAVEN), "--out", str(tmp_path)]
    done = run(app, ["study", str(shared / "maven_crm"), *options])
    assert done.exit_code == 0, done.output


def test_fiscal_quarters_can_be_asked_for(tmp_path):
    options = ["--as-of", "2026-09-30", "--freq", "Q-MAR", "--out", str(tmp_path)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "targets.csv").write_text("owner,period,target\nLi,2027Q2,5\n", encoding="utf-8")
    assert run(app, ["study", str(tmp_path / "in"), *options]).exit_code == 0


WRONG_CALLS = {
    "no folder": (["study", "nowhere", "--as-of", "2026-09-30", "--out", "x"], "the folder must exist"),
    "a day that is none": (["study", "{sample}", "--as-of", "soon", "--out", "x"], "as_of must be a date"),
    "a period not begun": (
        ["study", "{sample}", "--as-of", "2026-09-30", "--period", "2027Q1", "--out", "x"],
        "must have begun",
    ),
    "another frequency": (["study", "{sample}", "--as-of", "2026-09-30", "--freq", "W", "--out", "x"], "freq must be"),
    "no mapping file": (
        ["study", "{sample}", "--as-of", "2026-09-30", "--mapping", "no.toml", "--out", "x"],
        "the mapping file must exist",
    ),
    "another language": (["study", "{sample}", "--as-of", "2026-09-30", "--lang", "fr", "--out", "x"], "Invalid value"),
    "no as-of": (["study", "{sample}", "--out", "x"], "Missing option"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_bad_input_and_usage_exit_with_2_and_a_message(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words, message = WRONG_CALLS[name]
    done = run(app, [word.format(sample=sample_folder()) for word in words])
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output


def test_check_reads_only_and_tells_rejected_rows_by_exit_code(tmp_path):
    good = run(app, ["check", str(sample_folder())])
    assert good.exit_code == 0
    (tmp_path / "targets.csv").write_text("owner,period,target\nLi,2026Q3,x\n[b]Wu[/b],2026Q3,5\n", encoding="utf-8")
    bad = run(app, ["check", str(tmp_path)])
    assert bad.exit_code == 2
    assert "targets.csv, line 2: target must be a number: got 'x'" in bad.output
    assert [path.name for path in tmp_path.iterdir()] == ["targets.csv"]


def test_rejects_are_written_with_their_reasons(tmp_path):
    (tmp_path / "targets.csv").write_text("owner,period,target\nLi,2026Q3,x\nWu,2026Q3,5\n", encoding="utf-8")
    done = run(app, ["study", str(tmp_path), "--as-of", "2026-09-30", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0
    rejects = pd.read_csv(tmp_path / "out" / "rejects.csv")
    assert rejects[["kind", "line", "column", "value"]].to_numpy().tolist() == [["targets", 2, "target", "x"]]
    assert "contract: 1" in done.output
