"""Which limit of the system was reached, from the number of an error or the message of a program.

The forms: glibc 2.36 (strerror, ld.so), dash 0.5, bash 5, git 2.39, gcc 12, Python 3.11, each under ulimit -n, -u, -v.
"""

import errno
import re
from typing import NamedTuple


class Shortage(NamedTuple):
    """A limit that was reached: in words, and the command that shows or raises it."""

    means: str
    remedy: str


FILES = Shortage("too many files are open", "ulimit -n shows the limit; ulimit -n 4096 raises it")
SYSTEM_FILES = Shortage(
    "too many files are open on the whole system", "end other programs, or raise it: sysctl fs.file-max"
)
PROCESSES = Shortage(
    "no more processes or threads can be started",
    "ulimit -u shows the limit (in a container: pids.max); end other programs, or raise it",
)
MEMORY = Shortage("there is no more memory", "ulimit -v and ulimit -d show the limits, free -m what the node has")
FILE_SIZE = Shortage("a file has reached its size limit", "ulimit -f shows the limit; ulimit -f unlimited lifts it")
CPU_TIME = Shortage("the limit of CPU time is reached", "ulimit -t shows the limit; ulimit -t unlimited lifts it")

_NUMBERS = {
    errno.EMFILE: FILES,
    errno.ENFILE: SYSTEM_FILES,
    errno.EAGAIN: PROCESSES,
    errno.ENOMEM: MEMORY,
    errno.EFBIG: FILE_SIZE,
}
_SIGNALS = {"SIGXCPU": CPU_TIME, "SIGXFSZ": FILE_SIZE}
_FORMS = tuple(
    (re.compile(form), shortage)
    for shortage, *forms in (
        (SYSTEM_FILES, "Too many open files in system|cannot open shared object file: Error 23\\b"),
        (
            FILES,
            r"Too many open files|No file descriptors available|cannot duplicate fd",
            r"cannot open shared object file: Error 24\b",
            r"^/bin/sh: \d+: \d+: Invalid argument",
        ),
        (
            PROCESSES,
            r"Resource temporarily unavailable|[Cc]annot fork|can't fork|fork: retry",
            r"can't start new thread|unable to create thread",
        ),
        (
            MEMORY,
            r"[Cc]annot allocate memory|[Oo]ut of memory|std::bad_alloc|virtual memory exhausted|^MemoryError\b",
            r"failed to map segment from shared object$|cannot create TLS data structures",
            r"memory allocation of \d+ bytes failed",
        ),
        (FILE_SIZE, r"File too large|File size limit exceeded"),
        (CPU_TIME, "CPU time limit exceeded"),
    )
    for form in forms
)


def find_shortage(number: int | None) -> Shortage | None:
    """Return the limit behind an error number, or None for every other error."""
    return _NUMBERS.get(number or 0)


class LimitComplaint(NamedTuple):
    """The message of a program that reached a limit."""

    shortage: Shortage
    line: str


def read_shortage(text: str) -> LimitComplaint | None:
    """Return the limit that a failed program names, and the line; None for other failures.

    Messages of another machine (`remote: `) are ignored.
    """
    for line in text.splitlines():
        for form, shortage in () if line.startswith("remote: ") else _FORMS:
            if form.search(line.strip()):
                return LimitComplaint(shortage, line.strip())
    return None


def read_signal(name: str) -> Shortage | None:
    """Return the limit that the system enforces with this signal."""
    return _SIGNALS.get(name)
