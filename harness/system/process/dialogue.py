"""A child that answers each line with a line."""

import contextlib
import os
import select
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.records.outcome import FLOODED, MOST_LOG_BYTES, CompletedProcess
from harness.records.plan import Placement
from harness.system.foreign import read_text
from harness.system.fresh import open_log
from harness.system.process.child import PIPE, bound_log, conclude_child, end_child, note_start, spawn
from harness.system.process.placement import place_child
from harness.system.process.pulse import Pulse

LATE = "no answer in time"
_END_S = 5.0
_CHUNK_BYTES = 65536
# No answer is as long as a hundredth of this.
_ANSWER_BYTES = 1 << 20
# How often the length of the log is looked at while there is no answer.
_LOOK_S = 0.25


class Dialogue:
    """One child; its log receives the echoed command, every question and answer, and its standard error.

    An answer of None means that there will be no more: the child has died, or was stopped because it did not answer in
    time or never stopped printing; in that case the log is truncated and ends with FLOODED.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        placement: Placement | None = None,
    ) -> None:
        self._begun = note_start(argv)
        self._unread = b""
        # Why the child had to be stopped; empty as long as it ends by itself.
        self.stopped = ""
        self.completed: CompletedProcess | None = None
        self._path = log
        self._log = open_log(log)
        self.note(f"+ {shlex.join(argv)}")
        try:
            self._child = spawn(argv, cwd=cwd, env=env, stdin=PIPE, stdout=PIPE, stderr=self._log)
        except HarnessError:
            self._log.close()
            raise
        # Watches over one question at a time; so much of the time of all of them nobody did anything.
        self._pulse = Pulse(self._child.pid)
        self.halted_s = 0.0
        if placement:
            place_child(self._child.pid, placement)
        self._streams = [stream for stream in (self._child.stdin, self._child.stdout) if stream]
        self._question_fd, self._answer_fd = (stream.fileno() for stream in self._streams)

    @property
    def pid(self) -> int:
        """The process (and group) id."""
        return self._child.pid

    def read_log(self) -> str:
        """Return the text of the log so far."""
        return read_text(self._path)

    def note(self, line: str) -> None:
        """Add a line to the log."""
        self._log.write(f"{line}\n".encode())

    def ask(self, line: str, timeout_s: float) -> str | None:
        """Return the answer to `line`."""
        if self.completed:
            return None
        self.note(f"> {line}")
        self._pulse = Pulse(self._child.pid)
        try:
            os.write(self._question_fd, f"{line}\n".encode())
        except BrokenPipeError:
            self.close(0.0)
            return None
        return self.hear(timeout_s)

    def hear(self, timeout_s: float) -> str | None:
        """Return the next line from the child; seconds in which the harness is stopped do not count as waiting."""
        try:
            return self._hear(timeout_s)
        finally:
            self.halted_s += self._pulse.stopped_s

    def _hear(self, timeout_s: float) -> str | None:
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._unread:
            left = deadline + self._pulse.absent_s - time.monotonic()
            self.stopped = LATE if left <= 0 else self._find_flood()
            if self.stopped:
                self.close(0.0)
                return None
            if not self._pulse.wait(self._listen, min(left, _LOOK_S)):
                continue
            chunk = os.read(self._answer_fd, _CHUNK_BYTES)
            if not chunk:
                self.close(_END_S)
                return None
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        text = line.decode("utf-8", errors="replace")
        self.note(text)
        return text

    @property
    def asked_still_s(self) -> float:
        """The seconds in which child, harness or node was stopped between the latest question and its answer."""
        return self._pulse.still_s

    def _listen(self, seconds: float) -> bool:
        return bool(select.select([self._answer_fd], [], [], seconds)[0])

    def _find_flood(self) -> str:
        """Return which output of the child is too long, or an empty string."""
        if len(self._unread) > _ANSWER_BYTES:
            return f"an answer of more than {_ANSWER_BYTES} bytes without an end"
        return FLOODED if os.fstat(self._log.fileno()).st_size > MOST_LOG_BYTES else ""

    def close(self, wait_s: float = _END_S) -> CompletedProcess:
        """Return the result of the child, which is stopped if it does not end within `wait_s` seconds."""
        if self.completed is None:
            for stream in self._streams:
                with contextlib.suppress(OSError):
                    stream.close()
            reaped = end_child(self._child.pid, wait_s)
            self._child.returncode = 0  # reaped here, not by Popen
            self._log.close()
            bound_log(self._path)
            late = self.stopped == LATE
            self.completed = conclude_child(self._begun, reaped, timed_out=late)
        return self.completed
