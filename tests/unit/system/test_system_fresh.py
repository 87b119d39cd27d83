"""Files that are made anew: through no link, whole or not at all, and what the killed left is removed."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from harness.system.fresh import create_file, make_folders, open_log, open_part, sync_file, write_atomic, write_output


def test_a_link_in_the_way_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("run.json", "run.json.tmp"):
        (tmp_path / name).symlink_to(victim)
    write_atomic(tmp_path / "run.json", b"new")
    assert (tmp_path / "run.json").read_bytes() == b"new"
    assert not (tmp_path / "run.json").is_symlink()
    assert victim.read_text() == "mine"


def test_the_names_of_new_files_are_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    words = iter(["00000000", "00000000", "11111111"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(words))
    (tmp_path / "a.00000000.tmp").symlink_to(victim)  # somebody who guessed right
    write_atomic(tmp_path / "a", b"new")
    assert (victim.read_text(), (tmp_path / "a").read_bytes()) == ("mine", b"new")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "a.00000000.tmp")


def test_what_the_killed_left_is_removed_and_what_lives_is_not(tmp_path: Path) -> None:
    for name in ("a.0123abcd.tmp", "a.89abcdef.tmp", "a.tmp", "a.0123abc.tmp", "a.b.0123abcd.tmp"):
        (tmp_path / name).write_text("half")
    with (tmp_path / "a.89abcdef.tmp").open() as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        write_atomic(tmp_path / "a", b"new")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"a", "a.89abcdef.tmp", "a.tmp", "a.0123abc.tmp", "a.b.0123abcd.tmp"}


@pytest.mark.parametrize("error", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_folder_that_cannot_be_made_durable_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    (tmp_path / "a").touch()

    def fail(_: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", fail)
    for path in [tmp_path / "a", *([tmp_path] if error == errno.EIO else [])]:
        with pytest.raises(OSError, match=os.strerror(error)):
            sync_file(path)
    if error != errno.EIO:
        sync_file(tmp_path)


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"new", durable=False)
        open_log(tmp_path / "b").close()
    finally:
        os.umask(before)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in "ab"} == {0o640}


@pytest.mark.parametrize("opened", [open_log, open_part])
def test_what_goes_on_is_a_regular_file(tmp_path: Path, opened: type) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "link").symlink_to(victim)
    (tmp_path / "nowhere").symlink_to(tmp_path / "new")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, kind in (("link", "a link"), ("nowhere", "a link"), ("pipe", "a FIFO"), ("folder", "a folder")):
        with pytest.raises(OSError, match="not a regular file") as raised:
            opened(tmp_path / name)
        assert f"it is {kind}, not a regular file" in str(raised.value)
    assert not (tmp_path / "new").exists()
    assert victim.read_text() == "mine"


def test_a_log_is_added_to_and_a_part_goes_on(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        with open_log(tmp_path / "log") as log:
            log.write(text)
    with open_log(tmp_path / "log") as log:
        log.seek(0)
        assert log.read() == b"one\ntwo\n"
    with open_part(tmp_path / "part") as part:
        part.write(b"abc")
    with open_part(tmp_path / "part") as part:
        assert part.read() == b"abc"
        part.seek(1)
        part.truncate()
    assert (tmp_path / "part").read_bytes() == b"a"


def test_what_a_person_names_is_written_through_links_and_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "new").symlink_to("made")
    write_output(tmp_path / "link", b"new")
    write_output(tmp_path / "new", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == (tmp_path / "made").read_bytes() == b"new"
    write_output(Path("/dev/null"), b"gone")
    assert Path("/dev/null").is_char_device()


def test_what_a_stream_of_ones_own_holds_is_kept(tmp_path: Path) -> None:
    (tmp_path / "all.md").write_text("first\n")
    with (tmp_path / "all.md").open("a") as file:
        write_output(Path(f"/dev/fd/{file.fileno()}"), b"second\n")
    assert (tmp_path / "all.md").read_text() == "first\nsecond\n"


def test_what_nobody_should_write_to_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to("round")
    for path, what in (
        (tmp_path / "pipe", "a FIFO without a reader"),
        (tmp_path / "round", "Too many levels"),
        (tmp_path, "it is a folder, not a file"),
        (Path("/dev/mem"), "it is a character device, not a file"),
    ):
        if path.exists() or path.is_symlink():
            with pytest.raises(OSError, match=what):
                write_output(path, b"x")


def test_a_pipe_that_somebody_reads_gets_all_of_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_output(tmp_path / "pipe", b"x" * 1000)
    assert os.read(reader, 2000) == b"x" * 1000
    os.close(reader)


def test_folders_are_made_through_no_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "top").symlink_to("elsewhere")
    make_folders(tmp_path / "top" / "a" / "b", within=tmp_path / "top")
    make_folders(tmp_path / "top" / "a" / "b", within=tmp_path / "top")
    assert (tmp_path / "elsewhere" / "a" / "b").is_dir()
    (tmp_path / "elsewhere" / "door").symlink_to(tmp_path)
    for path in (tmp_path / "top" / "door" / "x", tmp_path / "top" / ".." / "x"):
        with pytest.raises(OSError, match=r"is a link, not a folder|is not inside"):
            make_folders(path, within=tmp_path / "top")
    assert not (tmp_path / "x").exists()
