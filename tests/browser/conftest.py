"""Shared by the tests in a browser: one browser for each process, and the sites that they look at."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.system.synthetic import obtain_synthetic
from tests.browser.chromium import launch, why_not
from tests.browser.scene import Scene, add_hostile, make_scene
from tests.browser.shelf import Shelf


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


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path, browser: Any) -> Scene:
    """Return results of every kind, with hostile texts among them; nothing is made where there is no browser."""
    made = make_scene(tmp_path_factory.mktemp("scene"), tiny_weights)
    add_hostile(made)
    return made


@pytest.fixture(scope="session")
def shelf(scene: Scene) -> Shelf:
    """Return the site of these results."""
    return Shelf(scene.write())
