"""What tests may need beyond Python: public data beside the project, a browser, a font with Chinese glyphs.

A test that lacks one of these is skipped with the reason; where CUSTVALUE_REQUIRE names it (as CI does), it fails.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

REQUIRED = set(filter(None, os.environ.get("CUSTVALUE_REQUIRE", "").split(",")))
ROOT = Path(__file__).parent.parent

# The same examples in every run; HYPOTHESIS_PROFILE=explore draws new ones, in search of what these have missed.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def lacking(what: str, reason: str) -> None:
    """Skip with the reason, or fail where the thing is required."""
    if what in REQUIRED:
        pytest.fail(f"{what} is required here: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of public data sets."""
    folder = Path(os.environ.get("CUSTVALUE_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        lacking("shared", "the public data sets are not beside the project")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    lacking("browser", "no Chromium is installed")
    raise AssertionError


@pytest.fixture(scope="session")
def cjk_font() -> str:
    """Return the name of a font that has Chinese glyphs."""
    lister = shutil.which("fc-list")
    fonts = (
        subprocess.run([lister, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False).stdout
        if lister
        else ""
    )
    if not fonts.strip():
        lacking("cjk", "no font with Chinese glyphs is installed")
    return fonts.splitlines()[0]
