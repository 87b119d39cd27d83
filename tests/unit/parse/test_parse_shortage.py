"""Which limit struck, by numbers and by words."""

import errno

import pytest

from harness.parse import shortage
from harness.parse.outcome import describe_exit
from harness.parse.shortage import find_shortage, read_shortage


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("gcc: error while loading shared libraries: libc.so.6: cannot open shared object file: Error 24", "FILES"),
        ("gcc: fatal error: cannot execute 'cc1': pipe: Too many open files", "FILES"),
        ("/bin/sh: 0: 3: Invalid argument", "FILES"),
        ("error: cannot open: Too many open files in system", "SYSTEM_FILES"),
        ("gcc: fatal error: cannot execute 'cc1': vfork: Resource temporarily unavailable", "PROCESSES"),
        ("fatal: cannot fork to run pack-objects", "PROCESSES"),
        ("/bin/sh: 1: Cannot fork", "PROCESSES"),
        ("RuntimeError: can't start new thread", "PROCESSES"),
        ("gcc: error while loading shared libraries: libc.so.6: failed to map segment from shared object", "MEMORY"),
        ("cc1: out of memory allocating 65536 bytes after a total of 0 bytes", "MEMORY"),
        ("OSError: [Errno 27] File too large", "FILE_SIZE"),
    ],
)
def test_words_of_programs_that_met_a_limit(line: str, found: str) -> None:
    told = read_shortage(f"something else\n  {line}\nmore")
    assert told == (getattr(shortage, found), line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "gcc: error: unrecognized command-line option",
        "x.so: failed to map segment from shared object: Operation not permitted",
        "remote: fatal: Out of memory, malloc failed",
        "ls: cannot open directory: Permission denied",
        "make: *** [all] Error 23",
    ],
)
def test_words_of_something_else(line: str) -> None:
    assert read_shortage(line) is None


def test_numbers_of_errors() -> None:
    assert find_shortage(errno.EMFILE) is shortage.FILES
    assert find_shortage(errno.EAGAIN) is shortage.PROCESSES
    assert find_shortage(errno.ENOENT) is None
    assert find_shortage(None) is None


def test_a_signal_of_the_system_names_its_limit() -> None:
    assert "ulimit -t" in describe_exit(-24)
    assert "ulimit -f" in describe_exit(-25)
