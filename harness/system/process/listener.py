"""What a child says: read to its end or to a deadline, or followed in its log; what a short one left behind."""

import errno
import os
import selectors
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from harness.parse.shortage import LimitComplaint, read_shortage
from harness.records.outcome import MOST_BYTES
from harness.records.record import Record
from harness.system.fresh import open_log
from harness.system.process.pulse import Pulse

Watcher = Callable[[bytes], None]

_LISTEN_S = 0.5
_CHUNK_BYTES = 1 << 16


class CapturedOutput(Record):
    """The exit code and the whole output of a short child.

    `refused` is the number of the error with which it could not be started (ENOENT: there is no such program), 0 where
    it was; `late` says that it was stopped because it did not end.
    """

    exit_code: int
    stdout: str
    stderr: str
    refused: int = 0
    late: bool = False

    @property
    def ok(self) -> bool:
        """Whether the child exited with 0."""
        return self.exit_code == 0

    @property
    def is_absent(self) -> bool:
        """Whether there is no such program."""
        return self.refused == errno.ENOENT

    @property
    def shortage(self) -> LimitComplaint | None:
        """The limit of the system that a child met which failed, by what it said; None where it was something else."""
        return None if self.ok else read_shortage(f"{self.stderr}\n{self.stdout}")


class TooMuchError(Exception):
    """The child goes on saying things."""


def listen(streams: Sequence[IO[bytes]], ended: Callable[[], bool], deadline: float, pulse: Pulse) -> list[bytes]:
    """Return what comes on each of these pipes until all are closed, or until the deadline.

    The `pulse` is that of the harness alone; what it stood still is added to the deadline.

    Where the child has `ended`, a daemon of its own may hold a pipe: what has come is the answer. Raises TooMuchError.
    """
    said = {stream.fileno(): bytearray() for stream in streams}
    ended_s = 0.0
    with selectors.SelectSelector() as selector:  # no further file: there may be none left
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map() and (now_s := time.monotonic() - pulse.absent_s) < deadline:
            if not ended_s and ended():
                ended_s = now_s
            if ended_s and now_s > ended_s + _LISTEN_S:
                break
            for key, _ in pulse.wait(selector.select, min(_LISTEN_S, deadline - now_s)):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                said[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fileobj)
            if sum(map(len, said.values())) > MOST_BYTES:
                raise TooMuchError
    return [bytes(one) for one in said.values()]


class LogFollower:
    """Hands the growth of a log file to a watcher."""

    def __init__(self, log: Path, watch: Watcher) -> None:
        self._watch = watch
        self._file = open_log(log)
        self._file.seek(0, os.SEEK_END)

    def poll(self) -> None:
        """Hand on what is new, which may be nothing; raises TooMuchError."""
        size = os.fstat(self._file.fileno()).st_size
        if size > MOST_BYTES:
            raise TooMuchError
        # Not to the end of the file: a child that prints faster than that is read moves it on and on.
        self._watch(self._file.read(max(size - self._file.tell(), 0)))

    def close(self) -> None:
        """Hand on the rest."""
        try:
            self.poll()
        finally:
            self._file.close()
