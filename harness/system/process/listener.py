"""The output of a child: read to its end or to a deadline, or followed in its log; the result of a short child."""

import errno
import os
import selectors
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from harness.parse.shortage import LimitComplaint, read_shortage
from harness.records.outcome import MOST_LOG_BYTES
from harness.records.record import Record
from harness.system.fresh import open_log
from harness.system.process.pulse import Pulse

Watcher = Callable[[bytes], None]

_LISTEN_S = 0.5
_CHUNK_BYTES = 1 << 16


class CapturedOutput(Record):
    """The exit code and the whole output of a short child.

    `refused` is the error number if it could not be started (ENOENT: there is no such program), else 0; `late` says
    that it was stopped because it did not end.
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
        """Whether the program does not exist."""
        return self.refused == errno.ENOENT

    @property
    def shortage(self) -> LimitComplaint | None:
        """The limit of the system that made a child fail, according to its output, or None."""
        return None if self.ok else read_shortage(f"{self.stderr}\n{self.stdout}")


class TooMuchError(Exception):
    """The child prints too much."""


def listen(streams: Sequence[IO[bytes]], ended: Callable[[], bool], deadline: float, pulse: Pulse) -> list[bytes]:
    """Return the output on each of these pipes until all are closed, or until the deadline.

    The `pulse` is that of the harness only; the time for which it was stopped is added to the deadline.

    If the child has `ended`, a daemon of its own may hold a pipe: the output so far is the answer. Raises TooMuchError.
    """
    output = {stream.fileno(): bytearray() for stream in streams}
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
                output[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fileobj)
            if sum(map(len, output.values())) > MOST_LOG_BYTES:
                raise TooMuchError
    return [bytes(one) for one in output.values()]


class LogFollower:
    """Passes new output in a log file to a watcher."""

    def __init__(self, log: Path, watch: Watcher) -> None:
        self._watch = watch
        self._file = open_log(log)
        self._file.seek(0, os.SEEK_END)

    def poll(self) -> None:
        """Pass on new output, which may be empty; raises TooMuchError."""
        size = os.fstat(self._file.fileno()).st_size
        if size > MOST_LOG_BYTES:
            raise TooMuchError
        # Not to the end of the file: a child that prints faster than that is read moves it on and on.
        self._watch(self._file.read(max(size - self._file.tell(), 0)))

    def close(self) -> None:
        """Pass on the rest."""
        try:
            self.poll()
        finally:
            self._file.close()
