"""Where a command's result goes: text for people or JSON for machines, on standard output."""

import codecs
import contextlib
import sys
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import msgspec

from harness.errors import UnfitError
from harness.records.record import Record
from harness.render.format.text import ascii_alone, escaped, visible
from harness.render.plain import fold, harmless
from harness.system.console import Console, find_width
from harness.system.stream import describe_trouble, write_through


class OutputForm(StrEnum):
    """The form in which a verb prints its answer (`--format`)."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


class Output:
    """Standard output for results, in the form that was asked for, and the console for everything else."""

    def __init__(self, console: Console, *, form: OutputForm = OutputForm.TEXT, stream: TextIO | None = None) -> None:
        self.console = console
        self.form = form
        self._stream = stream or sys.stdout
        self._unprinted: UnfitError | None = None

    @property
    def width(self) -> int:
        """The number of columns that a line may have, 0 where it is not a terminal: any."""
        return find_width(self._stream)

    def shorten(self, path: Path) -> str:
        """Return a path as people on a terminal want it, below the folder in which they are; else as it is."""
        with contextlib.suppress(OSError, ValueError):
            if self.width:
                return str(path.relative_to(Path.cwd()))
        return str(path)

    def show(self, text: str, value: Record | tuple[Record, ...]) -> None:
        """Print `text`, or `value` as JSON when machines asked."""
        as_json = self.form is OutputForm.JSON
        if as_json:
            text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        elif self.form is OutputForm.TEXT and self.width:
            text = fold(text, self.width)
        self.write(text, is_json=as_json)

    def write(self, text: str, *, is_json: bool = False) -> None:
        """Print `text` on lines of its own, without what could steer a terminal: a pipe may end at one, too.

        Tabs and line ends stay as they are where it is not a terminal; JSON has escapes, and means the same. Where the
        stream has another encoding than Unicode, JSON is ASCII alone: it would not be JSON in any other.
        Where it cannot be printed, that is said at once, and `settle` remembers it: what was done goes on to its end.
        """
        if text:
            tame = harmless if self._stream.isatty() else escaped if is_json else visible
            text = tame(text)
            if is_json and not _is_unicode(self._stream):
                text = ascii_alone(text)
            try:
                write_through(self._stream, text if text.endswith("\n") else f"{text}\n")
            except OSError as error:
                self._unprinted = refuse_stream(describe_trouble(error))
                self.console.warn(f"harness: {self._unprinted}")

    def settle(self, code: int) -> int:
        """Return the exit code of what was done, unless that is 0 and its answer was not printed."""
        return self._unprinted.exit_code if self._unprinted and not code else code


def _is_unicode(stream: TextIO) -> bool:
    name = getattr(stream, "encoding", None)
    return name is None or codecs.lookup(name).name.startswith("utf")


def refuse_stream(why: str) -> UnfitError:
    """Return what to say where standard output does not take an answer."""
    hint = "send it elsewhere, to a file or a pipe; what was measured is kept: harness show latest"
    return UnfitError("the answer cannot be printed on standard output", cause=why, hint=hint)
