"""What a stream refuses is remembered once; what others named is appended to, or it is said why not."""

import errno
import io
import os
from pathlib import Path

import pytest

from harness.system.stream import CLOSED, PatientFile, append_text, find_trouble, is_gone, write_through


def test_text_is_added_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n")
    assert append_text(str(path), "report\n") == ""
    assert path.read_text() == "before\nreport\n"


@pytest.mark.parametrize(
    ("name", "why"),
    [("pipe", "nobody reads it"), ("folder", "Is a directory"), ("nowhere/summary", "No such file"), ("full", "space")],
)
def test_what_takes_nothing_is_said(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / name if name != "full" else Path("/dev/full")
    if name == "full" and not path.exists():
        pytest.skip("this system has no /dev/full")
    assert why in append_text(str(path), "report\n")


def test_trouble_is_raised_once_and_then_remembered() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    try:
        stream = io.TextIOWrapper(io.BufferedWriter(PatientFile(reading, "wb", closefd=False)), encoding="utf-8")
        with pytest.raises(OSError, match="Bad file descriptor"):  # open for reading only
            write_through(stream, "answer\n")
        write_through(stream, "more\n")
        stream.flush()
        assert find_trouble(stream) == CLOSED
        stream.close()
    finally:
        os.close(reading)


def test_a_reader_who_went_away_is_no_trouble() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        stream = io.TextIOWrapper(io.BufferedWriter(PatientFile(writing, "wb", closefd=False)), encoding="utf-8")
        write_through(stream, "answer\n")
        assert find_trouble(stream) == ""
        assert is_gone(BrokenPipeError(errno.EPIPE, "Broken pipe"), stream)
        assert not is_gone(OSError(errno.EIO, "a disk that is broken"), stream)
        stream.close()
    finally:
        os.close(writing)
