"""Shared by the faults: runs made once, and the campaign kept out of ordinary test runs."""

import pytest

from harness.system.synthetic import obtain_synthetic
from tests.faults.stage import Template

CAMPAIGN = "campaign"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("faults")
    weights, _ = obtain_synthetic("tiny", folder=folder / "weights", memory=folder / "weights" / "sums")
    return Template(folder, weights)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the campaign out unless it is asked for: another `-m` of the user's must not bring it in."""
    if CAMPAIGN in str(config.option.markexpr):
        return
    left_out = [item for item in items if item.get_closest_marker(CAMPAIGN)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]
