"""Where a command's result goes: text for people or JSON for machines, on standard output."""

import sys
from typing import TextIO

import msgspec

from harness.errors import UnfitError
from harness.records.record import Record
from harness.render.format.text import visible
from harness.render.plain import harmless
from harness.system.console import Console, write_through


class Output:
    """Standard output for results, and the console for everything else."""

    def __init__(self, console: Console, *, as_json: bool, stream: TextIO | None = None) -> None:
        self.console = console
        self._as_json = as_json
        self._stream = stream or sys.stdout

    def show(self, text: str, value: Record | tuple[Record, ...]) -> None:
        """Print `text`, or `value` as JSON when machines asked."""
        if self._as_json:
            text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        self.write(text, is_json=self._as_json)

    def write(self, text: str, *, is_json: bool = False) -> None:
        """Print `text` on lines of its own, without what could steer a terminal: a pipe may end at one, too.

        Tabs and line ends stay as they are where it is not a terminal, and so does JSON, which escapes what steers.
        """
        if text:
            if self._stream.isatty():
                text = harmless(text)
            elif not is_json:
                text = visible(text)
            try:
                write_through(self._stream, text if text.endswith("\n") else f"{text}\n")
            except OSError as error:
                hint = "what was measured is kept in the results: harness show latest"
                raise UnfitError(
                    "the result cannot be printed", cause=error.strerror or str(error), hint=hint
                ) from None
