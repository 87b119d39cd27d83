"""What a format is, and what it is given."""

from collections.abc import Callable, Mapping, Sequence

from harness.records.record import Record
from harness.records.run import Run


class RunSheet(Record):
    """A run to be written; `logs` holds its raw logs by name where the format asks for them.

    `report` is the report that an imported run was read from, empty for a run of our own.
    """

    run: Run
    logs: Mapping[str, str] = {}
    report: str = ""


class Format(Record):
    """A way to write runs.

    `endings` are the file endings that choose it, the first one the usual. `layout` is there where readers expect a
    folder: it answers with the content by path below that folder, and `render` is then for one run alone. Both raise
    UsageError for runs that the format cannot hold together.
    """

    name: str
    endings: tuple[str, ...]
    description: str
    reader: str
    render: Callable[[Sequence[RunSheet]], str]
    layout: Callable[[Sequence[RunSheet]], dict[str, str]] | None = None
    needs_logs: bool = False

    @property
    def is_json(self) -> bool:
        """Whether it is JSON, or lines of it: text of others is escaped there."""
        return self.endings[0].endswith(("json", "jsonl"))
