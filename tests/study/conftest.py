"""One study of the sample, for all tests of the study."""

import pytest

from custvalue import run_study, sample_folder


@pytest.fixture(scope="session")
def study():
    return run_study(sample_folder(), as_of="2026-09-30")
