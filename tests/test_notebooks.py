"""Notebooks are committed executed, small, and read in the same order; nbval then compares every output."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAX_BYTES = 300_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_code_cell_was_executed_in_order_and_without_error(path):
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell["outputs"] if out["output_type"] == "error"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_enough_to_read(path):
    assert path.stat().st_size < MAX_BYTES


def test_there_are_notebooks():
    assert NOTEBOOKS


NBVAL = ["-m", "pytest", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-q", "--rootdir"]
SANITIZE = ["--nbval-sanitize-with", str(ROOT / "notebooks" / "sanitize.cfg")]


def compared(folder, notebook, **environment):
    """Run a notebook against its own outputs as the notebooks' check does, and return pytest's exit code."""
    path = folder / "copy.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    variables = {**os.environ, "PLOTLY_RENDERER": "plotly_mimetype", **environment}
    done = subprocess.run(
        [sys.executable, *NBVAL, str(folder), *SANITIZE, str(path)],
        env=variables,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


def change_a_number(out):
    """Change one digit of a table's output; say whether there was one."""
    text = "".join(out.get("data", {}).get("text/plain", ""))
    found = None if "Figure" in text else re.search(r"[0-8](?=\.\d)", text)
    if found:
        place = found.start()
        out["data"]["text/plain"] = text[:place] + str(int(text[place]) + 1) + text[place + 1 :]
    return bool(found)


def change_a_bar(out):
    """Change one value of a figure; say whether there was one."""
    figure = out.get("data", {}).get("application/vnd.plotly.v1+json")
    if figure:
        figure["data"][0]["x"][0] = 12345
    return bool(figure)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_changed_number_in_a_committed_table_or_figure_fails(path, tmp_path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = [(cell, out) for cell in notebook["cells"] for out in cell.get("outputs", [])]
    changed = [
        cell
        for change in (change_a_number, change_a_bar)
        for cell in [next((cell for cell, out in outputs if change(out)), None)]
        if cell is not None
    ]
    assert changed
    code, output = compared(tmp_path, notebook)
    assert code == 1
    for cell in changed:
        assert f"Cell {cell['execution_count'] - 1} " in output or f"Cell {cell['execution_count'] - 1}\n" in output
    assert f"{len(changed)} failed" in output


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_compare_equal_on_a_processor_without_avx(path, tmp_path):
    off = " ".join(
        name
        for name in ("X86_V3", "X86_V4", "AVX2", "FMA3", "AVX512_SKX", "AVX512_ICL", "AVX512_SPR")
        if dispatched(name)
    )
    code, output = compared(tmp_path, json.loads(path.read_text(encoding="utf-8")), NPY_DISABLE_CPU_FEATURES=off)
    assert code == 0, output


def dispatched(name):
    """Say whether this numpy chooses code by that processor feature; naming another is a warning."""
    from numpy._core._multiarray_umath import __cpu_dispatch__

    return name in __cpu_dispatch__
