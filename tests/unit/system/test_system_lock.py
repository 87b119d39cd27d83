"""Locks between processes: who holds one."""

import os
import tempfile
from pathlib import Path

import pytest

from harness.errors import UnfitError
from harness.records.plan import Phase, Step
from harness.system.cache.stamp import claim
from harness.system.lock import find_holder, hold, is_held, night_lock

STEP = Step(name="x", title="x", phase=Phase.BUILD, argv=("x",), cwd="", log="x.log", timeout_s=1)


def nobody() -> None:
    raise AssertionError("somebody has it")


def test_the_holder_of_a_lock_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert find_holder(path) == ""
    with hold(path, busy=nobody):
        told = find_holder(path)
    assert told == f" (process {os.getpid()})" or not Path("/proc/locks").exists()
    assert find_holder(path) == ""


def test_a_table_of_the_kernel_is_read_line_by_line(tmp_path: Path) -> None:
    path, table = tmp_path / "a.lock", tmp_path / "locks"
    path.touch()
    inode = path.stat().st_ino
    others = f"1: POSIX  ADVISORY  WRITE 7 fd:00:{inode} 0 EOF\n2: FLOCK\n3: FLOCK  ADVISORY  WRITE 8 fd:00:1 0 EOF\n"
    for row, told in (
        (f"4: FLOCK  ADVISORY  WRITE 4711 fd:00:{inode} 0 EOF\n", " (process 4711)"),
        (f"4: FLOCK  ADVISORY  WRITE -1 fd:00:{inode} 0 EOF\n", ""),  # in another container
        (f"4: -> FLOCK  ADVISORY  WRITE 9 fd:00:{inode} 0 EOF\n", ""),  # it waits itself
        ("", ""),
    ):
        table.write_text(others + row)
        assert find_holder(path, table) == told


def test_what_a_step_changes_in_the_cache_is_held(tmp_path: Path) -> None:
    folder, weights = tmp_path / "builds" / "b", tmp_path / "weights" / "w.bin"
    lists, builds = STEP.replace(phase=Phase.LIST, cwd=str(folder)), STEP.replace(cwd=str(folder))
    roofline = builds.replace(phase=Phase.ROOFLINE, stamp=str(folder / "built"))
    configures = lists.replace(phase=Phase.CONFIGURE, cwd="/", wipe=str(folder))
    quantises = builds.replace(phase=Phase.QUANTISE, products=(str(weights),))
    tests = builds.replace(phase=Phase.TEST)
    for step, locked in (
        (builds, folder),
        (configures, folder),
        (roofline, folder),
        (tests, folder),
        (quantises, weights),
    ):
        lock = locked.with_name(f"{locked.name}.lock")
        with claim(step, note=lambda _: None):
            assert is_held(lock)
        assert not is_held(lock)
    with claim(builds, note=lambda _: None), claim(lists, note=lambda _: None):
        pass  # what only reads waits for nobody


def test_two_nights_exclude_each_other_and_the_second_names_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said = rf"another night is in progress .*\(process {os.getpid()}\)"
    with night_lock(), pytest.raises(UnfitError, match=said), night_lock():
        pass
    with night_lock():
        pass


def test_a_night_that_cannot_be_locked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(UnfitError, match="the night cannot be locked"), night_lock():
        pass
