"""Folders for what is not finished: those of the living stay, those of the dead go, and nothing else is touched."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from harness.system import scratch
from harness.system.lock import seize
from harness.system.scratch import EXPORT, IMPORT, is_scratch, scratch_folder


def test_a_folder_is_there_for_the_block_and_known_by_its_name(tmp_path: Path) -> None:
    with scratch_folder(tmp_path, IMPORT) as folder:
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "b" / "file").write_text("x")
        assert folder.parent == tmp_path
        assert is_scratch(folder.name)
    assert list(tmp_path.iterdir()) == []
    assert not is_scratch("node-1")


def test_the_living_keep_theirs_and_the_dead_do_not(tmp_path: Path) -> None:
    dead = tmp_path / ".import-0000dead"
    (dead / "bundle").mkdir(parents=True)
    (dead / "bundle" / "run.json").write_text("{}")
    (dead / "lock").touch()
    just_begun = tmp_path / ".import-11111111"
    just_begun.mkdir()
    with scratch_folder(tmp_path, IMPORT) as one:
        assert not dead.exists()
        assert not just_begun.exists()
        with scratch_folder(tmp_path, IMPORT) as other, scratch_folder(tmp_path, EXPORT):
            assert one != other
            assert (one / "lock").is_file()
        assert one.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_can_tell_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "lock").touch()
    results = tmp_path / "results"
    of_an_earlier_harness = results / ".import-abc" / "20260101T000000Z-a"
    of_an_earlier_harness.mkdir(parents=True)
    (results / ".import-link").symlink_to(outside)
    trap = results / ".import-trap"
    trap.mkdir()
    (trap / "lock").symlink_to(outside / "precious")
    (outside / "precious").write_text("x")
    without_locks = results / ".import-nolocks"
    without_locks.mkdir()
    (without_locks / "lock").touch()

    def refuse(handle: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", refuse)
        with scratch_folder(results, IMPORT) as folder:
            assert folder.is_dir()
            assert without_locks.is_dir()
    assert not folder.exists()
    with scratch_folder(results, IMPORT):
        pass
    assert sorted(path.name for path in results.iterdir()) == [".import-abc", ".import-link", ".import-trap"]
    assert (outside / "precious").read_text() == "x"
    assert (outside / "lock").exists()


def test_a_folder_that_another_takes_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Path] = []

    def lose(path: Path) -> int | None:
        if not taken:
            taken.append(path)
            path.parent.rmdir()
        return seize(path)

    monkeypatch.setattr(scratch, "seize", lose)
    with scratch_folder(tmp_path, IMPORT) as folder:
        assert folder != taken[0].parent
        assert folder.is_dir()


def test_an_interrupt_while_it_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: Path) -> int | None:
        seize(path)
        raise KeyboardInterrupt

    monkeypatch.setattr(scratch, "seize", interrupt)
    with pytest.raises(KeyboardInterrupt), scratch_folder(tmp_path, IMPORT):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_plain_file_is_not_locked(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("target")
    for name in ("fifo", "link", "missing/lock"):
        with pytest.raises(OSError, match=r"regular|symbolic|No such"):
            seize(tmp_path / name)
    assert not (tmp_path / "target").exists()
