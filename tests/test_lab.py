"""The quickstart in a real JupyterLab: its charts are drawn, and nothing is asked for beyond this machine."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlparse

import pytest

from tests.browser import open_browser, watched_page
from tests.conftest import ROOT

pytestmark = pytest.mark.browser
SHOTS = ROOT / "build" / "screenshots"
QUICKSTART = ROOT / "notebooks" / "00_quickstart.ipynb"
WAIT_S = 90
# Lab draws only the cells in view, and moves them about while it does: scroll again until the figure stands there.
SCROLL_UNTIL_DRAWN = """(place) => {
    const cells = [...document.querySelectorAll(".jp-Notebook .jp-Cell")];
    const cell = cells.find((one) => one.dataset.windowedListIndex === String(place));
    (cell ?? cells.at(-1))?.scrollIntoView();
    return Boolean(cell?.querySelector(".main-svg"));
}"""
LOOPBACK = {"127.0.0.1", "localhost", ""}


@pytest.fixture
def lab(tmp_path, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    options = [
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={ROOT / 'notebooks'}",
        "--IdentityProvider.token=",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.allow_root=True",
        "--ServerApp.open_browser=False",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        f"--LabApp.workspaces_dir={tmp_path}",
    ]
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        for _ in range(WAIT_S):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1).close()
                break
            except OSError:
                time.sleep(1)
        else:
            server.kill()
            pytest.fail((tmp_path / "lab.log").read_text())
        yield address
        server.terminate()
        server.wait(timeout=30)


def cells_with_a_figure(path):
    """Return the places of the cells whose output is a plotly figure."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        place
        for place, cell in enumerate(cells)
        if any("application/vnd.plotly.v1+json" in out.get("data", {}) for out in cell.get("outputs", []))
    ]


def test_the_quickstart_has_a_figure_for_four_of_its_questions_or_more():
    assert len(cells_with_a_figure(QUICKSTART)) >= 4


def test_the_quickstart_shows_its_charts_in_lab_without_errors_or_outside_requests(lab, chromium, cjk_font):
    with open_browser(chromium) as browser:
        page = watched_page(browser, viewport={"width": 1280, "height": 1600})
        page.goto(f"{lab}/lab/tree/00_quickstart.ipynb?reset")
        page.wait_for_selector(".jp-Notebook", timeout=WAIT_S * 1000)
        # Cells are drawn as they come into view: go to each cell that holds a figure and wait for its drawing.
        for cell in cells_with_a_figure(QUICKSTART):
            page.wait_for_function(SCROLL_UNTIL_DRAWN, arg=cell, timeout=WAIT_S * 1000, polling=250)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / "lab-quickstart.png")
        outside = [url for url in page.requests if urlparse(url).hostname not in {*LOOPBACK, None}]
        assert outside == []
        ours = [text for text in page.complaints if not re.search(r"favicon", text)]
        assert ours == []
