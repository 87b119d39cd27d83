"""The three standard streams, in whatever state the harness was started with.

Standard library only: this runs before anything else, even before packages are available.
"""

import contextlib
import errno
import io
import os
import select
import stat
import sys
import time
from typing import Any, TextIO

_NAMES = ("stdin", "stdout", "stderr")
PATIENCE_S = 5.0
CLOSED = "it is closed, or open for reading only"


def secure_streams() -> None:
    """Make sure that descriptors 0 to 2 are open, and that Python has streams for them that never end the work.

    A closed descriptor would be reused for the next file that is opened, a record or a lock, and standard output would
    be written there. Its replacement cannot be written to, as /dev/null opened for reading: output there counts as not
    printed.
    """
    for number in range(len(_NAMES)):
        if not _is_open(number):
            _plug(number)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdout = _wrap(sys.stdout, 1)
    sys.stderr = _wrap(sys.stderr, 2)


class PatientFile(io.FileIO):
    """A descriptor that is written to completely, or until it fails.

    `trouble` is the error. It is raised once, or never if `mute`; after that all data is dropped, so that data left in
    the buffers above it causes no error at exit.
    """

    trouble: OSError | None = None
    mute = False

    def write(self, data: Any) -> int:
        """Return how much was written; waits if the descriptor is non-blocking and its reader slow."""
        if self.trouble:
            return len(data)
        while True:
            try:
                written = super().write(data)
            except OSError as error:
                self.trouble = error
                if self.mute:
                    return len(data)
                raise
            if written is not None:
                return written
            select.select([], [self.fileno()], [])


def write_through(stream: TextIO, text: str) -> None:
    """Write and flush `text`; a reader that has gone away neither ends a measurement nor changes an exit code.

    Raises OSError if the text cannot be written for another reason.
    """
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        if not is_gone(error, stream):
            raise


def find_trouble(stream: TextIO) -> str:
    """Return why something could not be written to a stream; empty if everything was, or if the reader went away.

    A reader that goes away has seen enough: `harness list | head`.
    """
    error = _trouble(stream)
    return "" if error is None or is_gone(error, stream) else describe_trouble(error)


def is_lost(error: OSError) -> bool:
    """Return whether this exception is the failure of standard output."""
    return error is _trouble(sys.stdout)


def _trouble(stream: TextIO) -> OSError | None:
    trouble: OSError | None = getattr(getattr(getattr(stream, "buffer", None), "raw", None), "trouble", None)
    return trouble


def describe_trouble(error: OSError) -> str:
    """Return why a stream cannot be written to, in words."""
    return CLOSED if error.errno == errno.EBADF else error.strerror or str(error)


def is_gone(error: OSError, stream: TextIO) -> bool:
    """Return whether a stream cannot be written to because its reader, a pipe or terminal, is gone."""
    if isinstance(error, BrokenPipeError):
        return True
    with contextlib.suppress(OSError, ValueError):
        return error.errno == errno.EIO and stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)
    return False


def append_text(path: str, text: str) -> str:
    """Append `text` to a file or pipe that another program named; return why that is impossible, or an empty string.

    A pipe without a reader is waited for `PATIENCE_S` seconds.
    """
    data, deadline = text.encode("utf-8", errors="backslashreplace"), time.monotonic() + PATIENCE_S
    try:
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
        try:
            while data:
                try:
                    data = data[os.write(number, data) :]
                except BlockingIOError:
                    if not select.select([], [number], [], max(deadline - time.monotonic(), 0.0))[1]:
                        return "nobody reads it"
        finally:
            os.close(number)
    except OSError as error:
        return "nobody reads it" if error.errno in (errno.ENXIO, errno.EPIPE) else error.strerror or str(error)
    return ""


def flush_streams() -> str:
    """Flush the buffers of both outputs, and return why standard output failed, or an empty string."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return find_trouble(sys.stdout)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _plug(number: int) -> None:
    """Open something harmless as a closed descriptor."""
    try:
        opened = [os.open(os.devnull, os.O_RDONLY)]
    except OSError:  # there is no /dev here: the end of a pipe that nobody writes to
        opened = list(os.pipe())
    # The lowest number that is free is the one that is wanted, but for a file that Python itself keeps open.
    if opened[0] != number:
        os.dup2(opened[0], number)
    for one in opened:
        if one != number:
            os.close(one)
    os.set_inheritable(number, True)  # noqa: FBT003 - by what takes the place of this process


def _wrap(stream: TextIO | None, number: int) -> TextIO:
    """Return a stream that escapes characters a terminal cannot show, so that no result is lost."""
    encoding = stream.encoding if stream is not None else "utf-8"
    file = PatientFile(number, "wb", closefd=False)
    file.mute = number == 2  # what is said there is not worth a measurement
    buffer = io.BufferedWriter(file)
    asked = getattr(stream, "write_through", False)  # python -u, PYTHONUNBUFFERED
    at_once = number == 2 or asked or file.isatty()
    return io.TextIOWrapper(buffer, encoding=encoding, errors="backslashreplace", line_buffering=at_once)
