"""Shared by the faults: runs made once."""

import pytest

from harness.system.synthetic import obtain_synthetic
from tests.faults.stage import Template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("faults")
    weights, _ = obtain_synthetic("tiny", folder=folder / "weights", memory=folder / "weights" / "sums")
    return Template(folder, weights)
