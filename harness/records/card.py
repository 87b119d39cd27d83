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


class RunFilter(Record):
    """Which runs to list; an empty field matches all. `commit` is the beginning of a sha, or a release.

    `since` and `until` are in UTC: a year, a month, a day or a moment; `until` is included. A run without a date always
    matches them; a run with an inexact date matches if it may be in range.
    """

    node: str = ""
    model: str = ""
    commit: str = ""
    release: str = ""
    since: str = ""
    until: str = ""

    def matches(self, card: Card) -> bool:
        """Return whether a run matches."""
        return (
            self.node in ("", card.node)
            and (not self.model or self.model in card.models)
            and (not self.commit or card.sha.startswith(self.commit.lower()) or card.release == self.commit)
            and self.release in ("", card.release)
            and self.includes(card.start, card.earliest)
        )

    def includes(self, start: str, earliest: str) -> bool:
        """Return whether a run that began then, and not before `earliest`, fits the dates."""
        return (not start or start >= self.since) and (not self.until or earliest[: len(self.until)] <= self.until)


class IndexState(Record):
    """How much the index of the results holds; `series` and `points` as far as a history has asked for them."""

    runs: int
    trials: int
    sweeps: int
    series: int
    points: int


class NodeContent(Record):
    """How much the index holds of a node: `unread` are the runs whose numbers no history has asked for yet.

    `newest` is the start of its newest run in UTC, `harness` the version that made it, empty if it is not known.
    """

    node: str
    runs: int
    unread: int
    series: int
    points: int
    newest: str
    harness: str


class NewestPoint(Record):
    """The newest point of a series: its run, when that began in UTC, and the median of its values."""

    node: str
    config: str
    case: str
    metric: str
    yardstick: str
    run: str
    start: str
    value: float


class UnfinishedRun(Record):
    """One `.partial` folder, or the file of a bisection without an answer.

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
