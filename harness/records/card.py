"""Runs without their numbers: a line for a list, and what is left of an unfinished run."""

from harness.records.outcome import Status
from harness.records.record import Record


class Card(Record, gc=False):
    """One line in the list of runs.

    `path` is the bundle's folder, `commit` seven digits with `+` for uncommitted changes, `config` the words of the
    Config column. `start` is UTC in ISO 8601, empty if it is not known; `earliest` is the same, or earlier if `start`
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


class UnfinishedRun(Record):
    """One `.partial` folder.

    `kind` is the verb that began it, empty if that is not known; `measured` counts its results with numbers. `held`
    says that a process is measuring it now. `next` is a command, or what happens automatically.
    """

    path: str
    id: str
    node: str
    kind: str
    measured: int
    held: bool
    next: str
