"""Bundles: written as a whole, found again, never overwritten."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import UnfitError, UnreadableError
from harness.plan.run import plan_run
from harness.records.plan import Plan
from harness.run.finish import seal_run
from harness.store.bundle import Bundle, create_bundle, load_run
from harness.store.duration import load_durations, save_durations
from harness.system.fresh import write_atomic
from tests import factory

RUN = factory.run()


def plan() -> Plan:
    return plan_run(factory.plan_inputs(sites=(factory.site(),)))


def test_a_bundle_lies_under_node_and_month_and_reads_back(tmp_path: Path) -> None:
    _, bundle = create_bundle(tmp_path, RUN)
    (bundle.logs / "bench-memcpy.log").write_text("+ true\n")
    bundle.save_plan(plan())
    bundle.save_run(RUN)
    assert bundle.load_plan() == plan()
    folder = bundle.seal(RUN, "the report\n")
    assert folder == tmp_path / "node-1" / "2026-01" / RUN.id
    assert load_run(folder) == RUN
    assert (folder / "README.md").read_text() == "the report\n"
    assert {path.name for path in folder.iterdir()} == {"run.json", "plan.json", "README.md", "logs"}


def test_two_runs_in_one_second_have_two_ids(tmp_path: Path) -> None:
    ids = [create_bundle(tmp_path, RUN)[0].id for _ in range(3)]
    assert ids == [RUN.id, f"{RUN.id}-2", f"{RUN.id}-3"]


def test_of_two_runs_at_one_moment_one_has_the_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one makes its folder after the first has looked, and before it makes its own."""
    mkdir = Path.mkdir

    def late(path: Path, mode: int = 0o777, *, parents: bool = False, exist_ok: bool = False) -> None:
        if path.name == f"{RUN.id}.partial":
            mkdir(path)
        mkdir(path, mode, parents=parents, exist_ok=exist_ok)

    monkeypatch.setattr(Path, "mkdir", late)
    run, bundle = create_bundle(tmp_path, RUN)
    assert (run.id, bundle.final.name) == (f"{RUN.id}-2", f"{RUN.id}-2")


@pytest.mark.parametrize("twin", ["folder", "file", "link"])
def test_a_bundle_that_appears_meanwhile_is_left_alone_and_nothing_is_lost(tmp_path: Path, twin: str) -> None:
    run, bundle = create_bundle(tmp_path, RUN)
    bundle.save_run(run)
    if twin == "folder":
        bundle.final.mkdir()
        (bundle.final / "run.json").write_text("theirs")
    elif twin == "file":
        bundle.final.write_text("theirs")
    else:
        bundle.final.symlink_to(tmp_path)
    before = bundle.final.lstat()
    with pytest.raises(FileExistsError, match="already exists"):
        bundle.seal(run, "the report\n")
    assert load_run(bundle.path) == run
    other = run.replace(id=bundle.find_free_id())
    assert other.id == f"{RUN.id}-2"
    assert load_run(bundle.seal(other, "the report\n")) == other
    assert bundle.final.lstat() == before


def test_where_no_open_folder_is_renamed_and_modes_are_fixed_it_is_sealed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bundle = create_bundle(tmp_path, RUN)
    (bundle.logs / "x.log").write_text("x")
    (bundle.logs / "x.log").chmod(0o600)
    really = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if bundle._claim:
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, target)

    def chmod(path: Path, _: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(Path, "chmod", chmod)
    assert load_run(bundle.seal(RUN, "the report\n")) == RUN


def test_a_run_whose_name_is_taken_is_sealed_under_the_next_one(tmp_path: Path) -> None:
    run, bundle = create_bundle(tmp_path, RUN)
    bundle.final.mkdir()
    (bundle.final / "run.json").write_text("theirs")
    sealed, report, folder = seal_run(run, bundle, datetime(2026, 1, 1, tzinfo=UTC))
    assert (sealed.id, folder.name) == (f"{RUN.id}-2", f"{RUN.id}-2")
    assert load_run(folder) == sealed
    assert (folder / "README.md").read_text() == report
    assert (bundle.final / "run.json").read_text() == "theirs"


def test_while_it_is_written_nobody_else_may_change_it_then_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        _, bundle = create_bundle(tmp_path, RUN)
        bundle.save_run(RUN)
        bundle.save_plan(plan())
        inside = (bundle.path, *bundle.path.rglob("*"))
        assert [path for path in inside if path.stat().st_mode & 0o022] == []
        folder = bundle.seal(RUN, "the report\n")
    finally:
        os.umask(before)
    assert {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))} == {
        folder.name: 0o775,
        "logs": 0o775,
        "run.json": 0o664,
        "plan.json": 0o664,
        "README.md": 0o664,
    }


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"schema": 1}', b'{"schema": 99}', b"null"])
def test_what_is_no_run_is_refused_with_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UnreadableError, match=r"run\.json"):
        load_run(tmp_path)


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="cannot read"):
        load_run(tmp_path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnfitError, match="cannot write"):
        create_bundle(tmp_path / "file", RUN)


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle(tmp_path)
    bundle.save_run(RUN)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "run.json", b"half")
    monkeypatch.undo()
    assert load_run(tmp_path) == RUN


def test_durations_survive_and_garbage_is_no_failure(tmp_path: Path) -> None:
    save_durations(tmp_path, {"build_release": 34.5})
    assert load_durations(tmp_path) == {"build_release": 34.5}
    (tmp_path / "durations.json").write_text("{")
    assert load_durations(tmp_path) == {}


@pytest.mark.parametrize("link", ["node-1", "node-1/2026-01"])
def test_nothing_is_written_through_a_link_in_the_results(tmp_path: Path, link: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "results" / link).parent.mkdir(parents=True)
    (tmp_path / "results" / link).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnfitError) as raised:
        create_bundle(tmp_path / "results", RUN)
    assert f"{link} is a link, not a folder" in raised.value.cause
    assert list((tmp_path / "elsewhere").iterdir()) == []
