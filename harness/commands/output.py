"""Printing a command's result on standard output: as text for people or JSON for machines."""

import codecs
import contextlib
import json
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import msgspec

from harness import __version__
from harness.errors import HarnessError, UnfitError
from harness.records.answer import Answer, Complaint
from harness.records.caveat import Caveat
from harness.records.exit_code import ExitCode
from harness.records.record import Record
from harness.render.format.text import ascii_alone, escaped, visible
from harness.render.plain import fold, harmless
from harness.system.console import Console, find_width
from harness.system.stream import describe_trouble, write_through


class OutputForm(StrEnum):
    """The format in which a verb prints its result (`--format`)."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


class Output:
    """Standard output for results, in the chosen format, and the console for everything else.

    Text is printed at once. JSON is one document, which `finish` prints when the exit code is known.
    """

    def __init__(
        self, console: Console, *, form: OutputForm = OutputForm.TEXT, verb: str = "", stream: TextIO | None = None
    ) -> None:
        self.console = console
        self.form = form
        self.verb = verb
        self._stream = stream or sys.stdout
        self._result: Record | None = None
        self._caveats: dict[Caveat, None] = {}
        self._failure: Complaint | None = None
        self._ended = False
        self._unprinted: UnfitError | None = None

    @property
    def width(self) -> int:
        """The number of columns of the terminal, or 0 if it is not a terminal and lines may have any width."""
        return find_width(self._stream)

    @property
    def is_unicode(self) -> bool:
        """Whether any character can be printed."""
        return _is_unicode(self._stream)

    def shorten(self, path: Path) -> str:
        """Return a path relative to the current folder if it is below it and a terminal is used, else unchanged."""
        with contextlib.suppress(OSError, ValueError):
            if self.width:
                return str(path.relative_to(Path.cwd()))
        return str(path)

    def show(self, text: str, value: Record | None, caveats: Iterable[Caveat] = ()) -> None:
        """Print `text`; or, if the format is JSON, keep `value` and the caveats on it for the document."""
        if self.form is OutputForm.JSON:
            self._result = value
            self._caveats = dict.fromkeys(caveats)
            return
        if self.form is OutputForm.TEXT and self.width:
            text = fold(text, self.width)
        self.write(text)

    def show_failure(self, text: str, value: Record | None, caveats: Iterable[Caveat] = ()) -> None:
        """Print why there is no answer; in the document that is its error, and `value` the result all the same."""
        self._failure = Complaint(what=text)
        self.show(text, value, caveats)

    def write_own(self, text: str) -> None:
        """Print JSON in the format of another program, which takes the place of the document."""
        self._ended = True
        self.write(text, is_json=True)

    def finish(self, code: int, error: HarnessError | None = None) -> int:
        """Print the document if the format is JSON and nothing took its place; return the exit code.

        What was shown before an error is the result all the same.
        """
        if self.form is OutputForm.JSON and not self._ended:
            result, self._result = self._result, None  # where this fails, the next attempt goes without it
            text = _encode(self._answer(code, result, error))
            self._ended = True  # a second document would make the first one unreadable
            self.write(text, is_json=True)
        return self.settle(code)

    def _answer(self, code: int, result: Record | None, error: HarnessError | None) -> Answer:
        return Answer(
            verb=self.verb,
            harness=__version__,
            exit_code=code,
            status=ExitCode.of(code).word,
            error=Complaint(what=error.what, cause=error.cause, hint=error.hint) if error else self._failure,
            warnings=tuple(self.console.warnings),
            caveats=tuple(self._caveats),
            result=result,
        )

    def write(self, text: str, *, is_json: bool = False) -> None:
        """Print `text` on its own lines, without characters that could control a terminal, even if it goes to a pipe.

        Tabs and line ends are kept unless the stream is a terminal; JSON uses escapes and keeps its meaning. If the
        stream's encoding is not Unicode, JSON is written in ASCII only, because it would not be valid otherwise.
        If printing fails, there is a warning at once, the command goes on, and `settle` returns the exit code for it.
        """
        if text:
            tame = harmless if self._stream.isatty() else escaped if is_json else visible
            text = tame(text)
            if is_json and not _is_unicode(self._stream):
                text = ascii_alone(text)
            self.console.erase()
            try:
                write_through(self._stream, text if text.endswith("\n") else f"{text}\n")
            except OSError as error:
                self._unprinted = refuse_stream(describe_trouble(error))
                self.console.warn(f"harness: {self._unprinted}")

    def settle(self, code: int) -> int:
        """Return `code`, unless that is 0 and the result could not be printed."""
        return self._unprinted.exit_code if self._unprinted and not code else code


def _encode(answer: Answer) -> str:
    """Return a document as JSON; a name of a file that is no UTF-8 has escapes for its other bytes, as Python has them.

    A number that is not finite is null.
    """
    try:
        return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()
    except UnicodeEncodeError:
        plain = json.loads(json.dumps(msgspec.to_builtins(answer)), parse_constant=lambda _: None)
        return json.dumps(plain, indent=2)


def _is_unicode(stream: TextIO) -> bool:
    name = getattr(stream, "encoding", None)
    return name is None or codecs.lookup(name).name.startswith("utf")


def refuse_stream(why: str) -> UnfitError:
    """Return the error for a result that cannot be written to standard output."""
    hint = "harness show latest >FILE  # measurements are kept; a file or a pipe takes the output"
    return UnfitError("the result cannot be written to standard output", cause=why, hint=hint)
