"""What a person sees during a run: a live line on a terminal, plain lines elsewhere."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TextIO

from harness.parse.tool.ninja import BuildProgress
from harness.plan.forecast import TimeLeft
from harness.records.outcome import Status, StepResult
from harness.records.plan import Step
from harness.records.secret import redact
from harness.render.plain import cut, fold, harmless, printable
from harness.render.progress import fit_line, list_step_lines
from harness.system.stream import write_through

# To the beginning of the line, and erase it.
_ERASE = "\r\x1b[2K"
_HEARTBEAT_S = 30.0
_REFRESH_S = 0.5
# Columns of a terminal that does not say how many it has.
_UNKNOWN_WIDTH = 80
# What goes on is not done, however long it takes.
_NEARLY = 0.99
# Columns of a step's title: as many as that if there is room, never fewer; and of what stands beside it.
_TITLE = 42
_LEAST = 12
_REST = 24
_COLOURS = {Status.PASSED: "32", Status.FAILED: "31", Status.TIMED_OUT: "31", Status.SKIPPED: "33"}

# From the child's latest output to how far it is, if that says so.
ReadProgress = Callable[[str], BuildProgress | None]
# From the seconds that the current step has run, and the share of it that is done, as far as known, to what is left.
Foresee = Callable[[float, float], TimeLeft]


class Console:
    """Progress on standard error; standard output belongs to results.

    A thread that redraws would compete with the benchmark for a CPU, so the line is redrawn only by the watcher of the
    running child, twice a second. Without `colourful` there are no colours, with `plain` there is no live line.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        verbose: bool = False,
        colourful: bool = True,
        plain: bool = False,
    ) -> None:
        self._stream = stream or sys.stderr
        self.verbose = verbose
        self._quiet = quiet
        self._live = self._stream.isatty() and not verbose and not plain
        self._colourful = self._live and colourful
        # Of the first step: the share of the whole that is done is a matter of all of them.
        self._started: float | None = None
        self._step: Step | None = None
        self._place = ""
        self._began = 0.0
        self._shown = 0.0
        self._foresee: Foresee = lambda _elapsed_s, _share: TimeLeft(seconds=0.0, guess_s=0.0)
        self._read: ReadProgress = lambda _: None
        self._latest: BuildProgress | None = None
        self._said: set[str] = set()
        # What was warned of, for a document that says it again.
        self.warnings: list[str] = []
        self._drawn = False

    @property
    def width(self) -> int:
        """The number of columns of the terminal, or 0."""
        return find_width(self._stream)

    def note(self, text: str) -> None:
        """Print a line that stays."""
        if not self._quiet:
            self._write(f"{self._fold(_shown(text))}\n")

    def note_once(self, text: str) -> None:
        """Print a line that stays, unless it was printed before, such as for several builds in one run."""
        if text not in self._said:
            self._said.add(text)
            self.note(text)

    def warn(self, text: str) -> None:
        """Print a line that must be seen, even when quiet."""
        self.warnings.append(redact(text).removeprefix("harness: "))
        self._write(f"{self._fold(_shown(text))}\n")

    def warn_once(self, text: str) -> None:
        """Print a line that must be seen, unless it was printed before."""
        if text not in self._said:
            self._said.add(text)
            self.warn(text)

    def progress(self, what: str, done: int, total: int) -> None:
        """Show the progress of a transfer, in bytes."""
        now = time.monotonic()
        if self._quiet or not self._live or now - self._shown < _REFRESH_S:
            return
        self._shown = now
        self._line([f"{what}: {done / 1e6:.0f} MB"], done / total if total else None)

    def tick(self, text: str, share: float | None = None, *, short: str = "") -> None:
        """Show the state of a long piece of work, and its completed share, if known; `short` where `text` is cut."""
        now = time.monotonic()
        if not self._quiet and (self._live or now - self._shown >= _HEARTBEAT_S):
            self._shown = now
            self._line([text, short] if short else [text], share)

    def count(self, what: str, done: int, total: int) -> None:
        """Show how many of many are done."""
        now = time.monotonic()
        if not done:
            self._shown = now
        if self._quiet or now - self._shown < (_REFRESH_S if self._live else _HEARTBEAT_S):
            return
        self._shown = now
        self._line([f"{what}: {done} of {total}"], done / total)

    def begin(self, step: Step, *, place: str, foresee: Foresee, read: ReadProgress) -> None:
        """Start showing `step`."""
        self._step, self._place, self._foresee, self._read = step, place, foresee, read
        self._began = self._shown = time.monotonic()
        if self._started is None:
            self._started = self._began
        self._latest = None
        if self._live and not self._quiet:
            self._draw(0.0)

    def watch(self, chunk: bytes) -> None:
        """Receive new output of the running child."""
        if self._quiet:
            return
        text = chunk.decode("utf-8", errors="replace")
        if self.verbose and text:
            self._write(harmless(text) if self._stream.isatty() else text)
        self._latest = self._read(text) or self._latest
        now = time.monotonic()
        if now - self._shown >= (_REFRESH_S if self._live else _HEARTBEAT_S) and not self.verbose:
            self._shown = now
            self._draw(now - self._began)

    def end(self, result: StepResult) -> None:
        """Show the result of the step: every step has a line, so that the numbers match the plan."""
        step, self._step = self._step, None
        if self._quiet or step is None:
            return
        wall = "reused" if result.reused else f"{result.completed.wall_s:8.1f} s" if result.completed else ""
        room = max(_LEAST, min(_TITLE, self.width - len(self._place) - _REST)) if self.width else _TITLE
        title = cut(step.title, room) if self.width else step.title
        line = f"{self._place} {title:<{room}} {self._paint(result.status)} {wall:>10}"
        reason = printable(redact(result.reason))
        if reason and self.width and len(self._place) + room + _REST + len(reason) > self.width:
            indent = " " * (len(self._place) + 1)
            self._write(f"{line}\n{fold(indent + reason, self.width)}\n")
        else:
            self._write(f"{line}  {reason}".rstrip() + "\n")

    def _draw(self, elapsed_s: float) -> None:
        if self._step is None or self._started is None:
            return
        left = self._foresee(elapsed_s, self._latest.share if self._latest else 0.0)
        done_s = max(0.0, self._began - self._started) + elapsed_s
        share = min(done_s / (done_s + left.guess_s), _NEARLY) if done_s + left.guess_s > 0 else 0.0
        progress = str(self._latest) if self._latest else ""
        self._line(list_step_lines(left, self._place, self._step.title, progress, elapsed_s), share)

    def _line(self, texts: Iterable[str], share: float | None = None) -> None:
        """Show the state, said at length or in short: on a terminal in place of the last one, as far as it fits."""
        lines = [printable(text) for text in texts]
        if not self._live:
            done = f"{100 * min(share, 1.0):.0f} %  " if share is not None else ""
            self._write(f"{done}{lines[0]}\n")
            return
        columns = (self.width or _UNKNOWN_WIDTH) - 1  # in the last one some terminals go on to the next line
        self._drawn = True
        self._write_through(f"{_ERASE}{fit_line(lines, share, columns)}")

    def erase(self) -> None:
        """Erase the live line, if there is one, so that a result or an error does not end up behind it."""
        if self._drawn:
            self._drawn = False
            self._write_through(_ERASE)

    def _fold(self, text: str) -> str:
        return fold(text, self.width) if self.width else text

    def _write(self, text: str) -> None:
        self._drawn = False
        self._write_through(f"{_ERASE}{text}" if self._live else text)

    def _write_through(self, text: str) -> None:
        with contextlib.suppress(OSError):  # progress on a full disk is not worth a measurement
            write_through(self._stream, text)

    def _paint(self, status: Status) -> str:
        word = f"{status.value:<9}"
        return f"\x1b[{_COLOURS[status]}m{word}\x1b[0m" if self._colourful else word


def find_width(stream: TextIO) -> int:
    """Return the number of columns of the terminal that a stream goes to, or 0."""
    if not stream.isatty():
        return 0
    try:
        return os.get_terminal_size(stream.fileno()).columns or _UNKNOWN_WIDTH
    except (OSError, ValueError):
        return _UNKNOWN_WIDTH


def _shown(text: str) -> str:
    return harmless(redact(text))
