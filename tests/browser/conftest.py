"""Shared by the tests in a browser: one browser for each process, and the sites that they look at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.system.synthetic import obtain_synthetic
from tests.browser.chromium import launch, why_not


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if reason := why_not():
        pytest.skip(reason)
    with launch() as found:
        yield found


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    path, _ = obtain_synthetic("tiny", folder=folder, memory=folder / "sums")
    return path
