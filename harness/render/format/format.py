"""A format, and the runs that it writes."""

from collections.abc import Callable, Mapping, Sequence

from harness.records.record import Record
from harness.records.run import Run


class RunSheet(Record):
    """A run to be written; `logs` holds its raw logs by name if the format needs them.

    `report` is the report that an imported run was read from, empty for a run of our own.
    """

    run: Run
    logs: Mapping[str, str] = {}
    report: str = ""


class Format(Record):
    """A way to write runs.

    `endings` are the file name extensions that select it, the usual one first. If readers expect a folder, `layout`
    returns the contents by path below that folder, and `render` is for a single run. Both raise UsageError for runs
    that the format cannot hold together.
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
        """Whether it is JSON or JSON Lines, where foreign text is escaped."""
        return self.endings[0].endswith(("json", "jsonl"))
