"""What killed comparisons and searches leave: finished as Ctrl-C would have finished them, or removed if empty."""

import os
from pathlib import Path

import pytest

from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run
from harness.records.trial import Role, Trial, TrialEnd
from harness.run.recovery import settle_unfinished
from harness.settings.request import Places
from harness.store.bundle import Bundle, create_bundle, load_run
from harness.system.console import Console
from harness.system.scratch import BLOCK, scratch_folder
from tests import factory

CASE = Case.of("whisper", model="base", threads=4, fa=0)
SEARCH = "20260101T000000Z-tune-01234567"


def block(number: int) -> StepResult:
    return factory.result(f"block_{number}", Phase.BENCHMARK, Status.PASSED, (CASE, "encode", 1.0)).replace(case=CASE)


def leave(results: Path, run: Run) -> Path:
    """Leave an unfinished run behind, as a process that has ended does."""
    run, bundle = create_bundle(results, run)
    bundle.save_run(run)
    bundle.release()
    return bundle.final


def leave_trial(results: Path, blocks: int, others: int) -> tuple[Path, Path]:
    trial = Trial(id=factory.run().id, role=Role.BASELINE, seed=1, pairs=1)
    baseline = factory.run(*map(block, range(blocks))).replace(trial=trial)
    contender = factory.run(*map(block, range(others))).replace(trial=trial.replace(role=Role.CONTENDER))
    return leave(results, baseline), leave(results, contender)


def settle(results: Path) -> None:
    settle_unfinished(Places(cache=results / "cache", results=results), factory.node().name, Console(quiet=True))


def test_both_sides_keep_the_blocks_that_both_have(tmp_path: Path) -> None:
    paths = leave_trial(tmp_path, 3, 2)
    settle(tmp_path)
    for path in paths:
        run = load_run(path)
        assert [result.step for result in run.results] == ["block_0", "block_1"]
        assert run.trial
        assert run.trial.stopped == TrialEnd.KILLED
        assert run.status is Status.PASSED
        assert run.end
        assert "stopped" in {caveat.code for caveat in run.caveats}
    assert not list(tmp_path.glob("*/*/*.partial"))


def test_a_trial_without_a_block_has_failed(tmp_path: Path) -> None:
    paths = leave_trial(tmp_path, 1, 0)
    settle(tmp_path)
    for path in paths:
        assert load_run(path).status is Status.FAILED
        assert load_run(path).results[-1].reason == f"no block has ended: {TrialEnd.KILLED}"


def test_a_side_that_was_sealed_counts(tmp_path: Path) -> None:
    first, second = leave_trial(tmp_path, 1, 2)
    Bundle(first.with_name(f"{first.name}.partial")).seal(load_run(first.with_name(f"{first.name}.partial")), "")
    settle(tmp_path)
    assert [result.step for result in load_run(second).results] == ["block_0"]


@pytest.mark.parametrize(("measured", "status"), [(True, Status.PASSED), (False, Status.FAILED)])
def test_a_part_of_a_search(tmp_path: Path, measured: bool, status: Status) -> None:  # noqa: FBT001
    unmade = factory.weights("base-q5_0").replace(sha256="", parent="/w/base.bin")
    run = factory.run(*([block(1)] if measured else [])).replace(sweep=SEARCH)
    path = leave(tmp_path, run.replace(weights=(*run.weights, unmade)))
    settle(tmp_path)
    assert load_run(path).status is status
    assert [one.model for one in load_run(path).weights] == ["base"], "weights that were never made are no part of it"


@pytest.mark.parametrize("sweep", ["", "20260101T000000Z-01234567"])
def test_what_can_be_resumed_is_left_alone(tmp_path: Path, sweep: str) -> None:
    path = leave(tmp_path, factory.run().replace(sweep=sweep))
    partial = path.with_name(f"{path.name}.partial")
    (partial / "plan.json").write_text("{}")
    settle(tmp_path)
    assert not path.exists()
    assert partial.is_dir()
    (partial / "plan.json").unlink()
    settle(tmp_path)
    assert partial.is_dir() is bool(sweep), "without a plan nobody can go on with a run that has measured nothing"


def test_what_a_process_holds_is_left_alone(tmp_path: Path) -> None:
    path = leave(tmp_path, factory.run(block(1)).replace(sweep=SEARCH))
    holder = Bundle(path.with_name(f"{path.name}.partial"))
    assert holder.claim()
    settle(tmp_path)
    assert not path.exists()
    holder.release()
    settle(tmp_path)
    assert path.is_dir()


def test_what_others_can_have_changed_is_left_alone(tmp_path: Path) -> None:
    path = leave(tmp_path, factory.run(block(1)).replace(sweep=SEARCH))
    (path.with_name(f"{path.name}.partial") / "run.json").chmod(0o666)
    settle(tmp_path)
    assert not path.exists()


@pytest.mark.parametrize(("age_s", "content", "kept"), [(3600, "", False), (0, "", True), (3600, "notes.txt", True)])
def test_an_empty_folder_is_removed_once_nobody_can_be_filling_it(
    tmp_path: Path,
    age_s: int,
    content: str,
    kept: bool,  # noqa: FBT001
) -> None:
    _, bundle = create_bundle(tmp_path, factory.run())
    bundle.release()
    if content:
        (bundle.path / content).write_text("mine")
    then = bundle.path.stat().st_mtime - age_s
    os.utime(bundle.path, (then, then))
    settle(tmp_path)
    assert bundle.path.exists() is kept


def test_what_cannot_be_read_keeps_nothing_back(tmp_path: Path) -> None:
    broken = leave(tmp_path, factory.run(block(1)).replace(sweep=SEARCH))
    (broken.with_name(f"{broken.name}.partial") / "run.json").write_text("{")
    (first, _) = leave_trial(tmp_path, 1, 1)
    settle(tmp_path)
    assert first.is_dir()
    assert not broken.exists()


def test_what_the_blocks_of_the_dead_measured_is_removed_and_that_of_the_living_is_not(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    dead = cache / ".block-0000dead"
    (dead / "7" / "0" / "src").mkdir(parents=True)
    (dead / "7" / "0" / "src" / "libwhisper.so").touch()
    (dead / "lock").touch()
    with scratch_folder(cache, BLOCK) as living:
        settle(tmp_path)
        assert list(cache.iterdir()) == [living]
