"""Shared by the flow tests: a kit of fake tools, and one file of tiny weights for the whole session."""

from pathlib import Path

import pytest

from harness.system.synthetic import obtain_synthetic
from tests.flow.kit import Kit


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    path, _ = obtain_synthetic("tiny", folder=folder, memory=folder / "sums")
    return path


@pytest.fixture
def kit(tmp_path: Path, tiny_weights: Path) -> Kit:
    return Kit(tmp_path, tiny_weights)
