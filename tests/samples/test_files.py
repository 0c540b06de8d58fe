"""The committed sample is what the command writes, and the loaders read it back as it was."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from custvalue import samples
from custvalue.samples import SAMPLE_SEED, Company, sample_folder, simulate_company, write_sample
from custvalue.samples.__main__ import main

COMMITTED = Path(__file__).parents[2] / "data" / "sample"
NAMES = sorted(path.stem for path in COMMITTED.glob("*.csv"))
LARGEST_BYTES = 10_000_000


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate_company(SAMPLE_SEED)


def test_the_command_writes_the_committed_sample_byte_for_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"15 files in {tmp_path}\n"
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in COMMITTED.glob("*.csv")}
    assert len(written) == 15


def test_writing_twice_gives_the_same_bytes(company: Company, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_sample(company, tmp_path)]
    assert [path.read_bytes() for path in write_sample(company, tmp_path)] == first


def test_the_sample_is_of_the_size_that_was_asked_for(company: Company) -> None:
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < LARGEST_BYTES
    assert company.frames["accounts"]["account"].nunique() == 300
    assert 2_000 < len(company.frames["opportunities"]) < 4_000
    revenue = company.frames["accounts"].groupby("account")["revenue"].sum().sort_values(ascending=False)
    assert 0.60 < revenue.iloc[:60].sum() / revenue.sum() < 0.75


def test_every_frame_has_a_file_and_every_file_a_loader(company: Company) -> None:
    assert sorted([*company.frames, "exercise"]) == NAMES
    assert {f"load_{name}" for name in NAMES} <= set(samples.__all__)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "exercise"])
def test_a_loader_gives_back_the_simulated_frame_but_for_rounding(company: Company, name: str) -> None:
    simulated, loaded = company.frames[name], getattr(samples, f"load_{name}")()
    assert loaded.dtypes.to_dict() == simulated.dtypes.to_dict()
    pd.testing.assert_frame_equal(loaded, simulated, rtol=0, atol=0.5e-4 + 1e-9)


def test_written_numbers_have_at_most_the_decimals_of_their_kind() -> None:
    rates = {"winnable_share", "current_share", "probability", "share"}
    for name in NAMES:
        table = pd.read_csv(COMMITTED / f"{name}.csv", dtype="str", keep_default_na=False)
        for column in table.columns.intersection(["revenue", "potential", "amount", "forecast", "hours", *rates]):
            decimals = table[column].str.extract(r"\.(\d+)$")[0].str.len().max()
            assert np.isnan(decimals) or decimals <= (4 if column in rates else 2), (name, column)
            assert table[column].str.fullmatch(r"-?\d+(\.\d+)?|").all(), (name, column)


def test_the_readme_names_every_file_and_column() -> None:
    text = (COMMITTED / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}.csv`"))
        with (COMMITTED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        stated_by_rule = {"prospects": columns[3:-1], "traits": columns[1:], "exercise": columns[2:-1]}
        for column in set(columns) - set(stated_by_rule.get(name, [])):
            assert f"`{column}`" in row, (name, column)


def test_the_exercise_is_the_lectures() -> None:
    exercise = samples.load_exercise().set_index("prospect")
    assert exercise.sum(axis=1).to_dict() == {
        "ABC公司": 13,
        "USA企业": 22,
        "巨人塑料": 5,
        "清水公司": 15,
        "好佳包装": 14,
        "休闲食品": 12,
        "PK运动服装": 17,
        "超级部件": 19,
    }
    assert exercise.loc["清水公司", "c6"] == 5


def test_a_name_that_looks_like_a_missing_value_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "sample").mkdir(parents=True)
    (tmp_path / "data" / "sample" / "reasons.csv").write_text("account,reason\nNA,price\nnull,\n", encoding="utf-8")
    monkeypatch.setattr("custvalue.samples.files.resources.files", lambda _: tmp_path)
    loaded = samples.load_reasons()
    assert loaded["account"].tolist() == ["NA", "null"]
    assert loaded["reason"].isna().tolist() == [False, True]


def test_the_sample_is_found_inside_an_installed_package_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "custvalue"
    beside = tmp_path / "data" / "sample"
    inside = package / "data" / "sample"
    monkeypatch.setattr("custvalue.samples.files.resources.files", lambda _: package)
    with pytest.raises(ValueError, match=r"Install the package again, or write it with: python -m custvalue\.samples"):
        sample_folder()
    beside.mkdir(parents=True)
    assert sample_folder() == beside
    inside.mkdir(parents=True)
    assert sample_folder() == inside
