"""What a step changes in the cache is locked: the folder of a build, or the one file that it makes."""

from pathlib import Path

import pytest

from harness.plan.reference import BUILD, CONFIGURE, plan_references
from harness.system.cache.stamp import claim
from harness.system.lock import is_held
from tests import factory
from tests.unit.plan.test_plan_reference import build


@pytest.mark.parametrize(
    ("name", "locked"), [(CONFIGURE, "builds/r"), (BUILD, "builds/r"), ("reference_tiny", "references/check-*.ref")]
)
def test_a_build_and_a_reference_have_locks_of_their_own(tmp_path: Path, name: str, locked: str) -> None:
    made = build(folder=str(tmp_path / "builds" / "r"), references=str(tmp_path / "references"))
    steps = {
        step.name: step
        for step in plan_references(factory.plan_inputs(weights=(factory.weights("tiny"),), reference=made))
    }
    for folder in ("builds", "references"):
        (tmp_path / folder).mkdir()
    with claim(steps[name], note=pytest.fail):
        (lock,) = tmp_path.rglob("*.lock")
        assert is_held(lock)
        assert lock.relative_to(tmp_path).match(f"{locked}.lock")
    assert not is_held(lock)
