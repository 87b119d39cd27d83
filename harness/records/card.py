"""What identifies a run, without its numbers."""

from harness.records.outcome import Status
from harness.records.record import Record


class Card(Record, gc=False):
    """One line in the list of runs.

    `path` is the bundle's folder, `commit` seven digits with `+` for uncommitted changes, `config` the words of the
    Config column. `start` is UTC in ISO 8601 and empty where it is not known, `earliest` the same, or earlier where it
    is not exact. `project` is the repository's name.
    """

    path: str
    id: str
    start: str
    node: str
    sha: str
    commit: str
    release: str
    config: tuple[str, ...]
    models: tuple[str, ...]
    status: Status
    origin: str
    project: str
    earliest: str = ""
