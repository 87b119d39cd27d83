"""What is said to be kept is there."""

from pathlib import Path

import pytest

from harness.store.bundle import create_bundle
from harness.store.remnant import KEPT, describe_kept
from tests import factory


@pytest.mark.parametrize(
    ("removed", "said"), [(0, KEPT), (1, "but for 1 of 2 runs"), (2, "removed or moved meanwhile")]
)
def test_what_was_removed_meanwhile_is_not_called_kept(tmp_path: Path, removed: int, said: str) -> None:
    bundles = []
    for _ in range(2):
        run, bundle = create_bundle(tmp_path, factory.run())
        bundle.save_run(run)
        bundles.append(bundle)
    for bundle in bundles[:removed]:
        bundle.discard()
    assert said in describe_kept([bundle.path for bundle in bundles])


def test_what_is_sealed_is_kept(tmp_path: Path) -> None:
    run, bundle = create_bundle(tmp_path, factory.run())
    bundle.seal(run, "report")
    assert describe_kept([bundle.path]) == KEPT
