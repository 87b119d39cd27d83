"""What a person sees while a run goes on: a live line on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable
from typing import TextIO

from harness.records.outcome import Status, StepResult
from harness.records.plan import Step
from harness.records.secret import redact
from harness.render.plain import harmless, printable
from harness.system.stream import write_through

_HEARTBEAT_S = 30.0
_REFRESH_S = 0.5
_COLOURS = {Status.PASSED: "32", Status.FAILED: "31", Status.TIMED_OUT: "31", Status.SKIPPED: "33"}

# (text of the latest progress of the current step, seconds left) from the child's latest output
Describe = Callable[[str], str]


class Console:
    """Progress on standard error; standard output belongs to results.

    A thread that redraws would compete with the benchmark for a CPU, so the line is redrawn only from the watcher
    of the child that runs, twice a second.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False, verbose: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._verbose = verbose
        self._live = self._stream.isatty() and not verbose
        self._step: Step | None = None
        self._place = ""
        self._began = 0.0
        self._shown = 0.0
        self._left_s: Callable[[float], float] = lambda _: 0.0
        self._describe: Describe = lambda _: ""
        self._latest = ""
        self._said: set[str] = set()

    def note(self, text: str) -> None:
        """Say something that stays."""
        if not self._quiet:
            self._write(f"{_shown(text)}\n")

    def note_once(self, text: str) -> None:
        """Say something that stays, unless it was said before: of several builds in one go, say."""
        if text not in self._said:
            self._said.add(text)
            self.note(text)

    def warn(self, text: str) -> None:
        """Say something that must be seen, even when quiet."""
        self._write(f"{_shown(text)}\n")

    def progress(self, what: str, done: int, total: int) -> None:
        """Show how far a transfer is, in bytes."""
        now = time.monotonic()
        if self._quiet or not self._live or now - self._shown < _REFRESH_S:
            return
        self._shown = now
        share = f" ({100 * done // total} %)" if total else ""
        self._line(f"{what}: {done / 1e6:.0f} MB{share}")

    def tick(self, text: str) -> None:
        """Show how a long piece of work stands."""
        now = time.monotonic()
        if not self._quiet and (self._live or now - self._shown >= _HEARTBEAT_S):
            self._shown = now
            self._line(text)

    def count(self, what: str, done: int, total: int) -> None:
        """Show how many of many are done."""
        now = time.monotonic()
        if not done:
            self._shown = now
        if self._quiet or now - self._shown < (_REFRESH_S if self._live else _HEARTBEAT_S):
            return
        self._shown = now
        self._line(f"{what}: {done} of {total} ({100 * done // total} %)")

    def begin(self, step: Step, *, place: str, left_s: Callable[[float], float], describe: Describe) -> None:
        """Start showing `step`; `left_s` answers with the seconds left for elapsed seconds of this step."""
        self._step, self._place, self._left_s, self._describe = step, place, left_s, describe
        self._began = self._shown = time.monotonic()
        self._latest = ""
        if self._live and not self._quiet:
            self._draw(0.0)

    def watch(self, chunk: bytes) -> None:
        """Take new output of the running child."""
        if self._quiet:
            return
        text = chunk.decode("utf-8", errors="replace")
        if self._verbose and text:
            self._write(harmless(text) if self._stream.isatty() else text)
        self._latest = self._describe(text) or self._latest
        now = time.monotonic()
        if now - self._shown >= (_REFRESH_S if self._live else _HEARTBEAT_S) and not self._verbose:
            self._shown = now
            self._draw(now - self._began)

    def end(self, result: StepResult) -> None:
        """Show how the step ended: every step has its line, so that the numbers are those of the plan."""
        step, self._step = self._step, None
        if self._quiet or step is None:
            return
        wall = "reused" if result.reused else f"{result.completed.wall_s:8.1f} s" if result.completed else ""
        reason = f"  {printable(redact(result.reason))}" if result.reason else ""
        self._write(f"{self._place} {step.title:<42} {self._paint(result.status)} {wall:>10}{reason}\n")

    def _draw(self, elapsed_s: float) -> None:
        if self._step is None:
            return
        left_s = self._left_s(elapsed_s)
        left = f"about {format_seconds(left_s)} left" if left_s >= 1 else "longer than expected"
        latest = f"  {self._latest}" if self._latest else ""
        self._line(f"{self._place} {self._step.title}{latest}  {format_seconds(elapsed_s)}, {left}")

    def _line(self, text: str) -> None:
        if self._live:
            self._write_through(f"\r\x1b[2K{printable(text)[:118]}")
        else:
            self._write(f"{printable(text)}\n")

    def _write(self, text: str) -> None:
        self._write_through(f"\r\x1b[2K{text}" if self._live else text)

    def _write_through(self, text: str) -> None:
        with contextlib.suppress(OSError):  # progress on a full disk is not worth a measurement
            write_through(self._stream, text)

    def _paint(self, status: Status) -> str:
        word = f"{status.value:<9}"
        return f"\x1b[{_COLOURS[status]}m{word}\x1b[0m" if self._live else word


def _shown(text: str) -> str:
    return harmless(redact(text))


def format_seconds(seconds: float) -> str:
    """Return `45 s`, `3 min 20 s` or `1 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
