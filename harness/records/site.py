"""What the pages of a site are made of: a node as it stands, and what has changed since its pages were written."""

from typing import NamedTuple

from harness.records.history import Event, HistoryCommit, SeriesKey
from harness.records.night_report import EventNote
from harness.records.node_health import NodeHealth, NodeMeasure
from harness.records.record import ExplainedWord, Record
from harness.records.witness import LiveFinding

# The number of this form: a site that was written in another one is written again as a whole.
SITE_SCHEMA = 5


class SiteState(ExplainedWord):
    """What is known of a series today, in the words of pages; each has a shape and a colour of its own."""

    STEADY = "steady", "Nothing unusual was seen."
    SUSPICION = "suspicion", "The series looks unlike its past; whether that is the code or the node is not known yet."
    SLOWER = "slower", "A live comparison confirmed that the code got slower."
    FASTER = "faster", "A live comparison confirmed that the code got faster."
    NODE = "not the code", "The numbers changed because of the node or the benchmark, not because of the code."
    MISSING = "missing", "The series was not measured any more."
    TOO_FEW = "too few points", "There are too few points for anything to be seen yet."


class SiteSeries(Record):
    """A series in the overview: its newest point, in the unit of its metric, and how it went before.

    `page` is the address of its own page, from the root of the site. `change` is relative to the level of its epoch,
    `visible` the smallest step that would soon be seen; both are None where they are not known. `trend` are at most 60
    values, oldest first.
    """

    key: SeriesKey
    page: str
    state: SiteState
    day: str
    commit: str
    value: float
    change: float | None
    visible: float | None
    events: tuple[str, ...] = ()
    trend: tuple[float, ...] = ()


class SiteTrack(Record, gc=False, array_like=True):
    """The newest points of a series: its place in `SiteNode.series`, places of their commits, and values.

    `cuts` are the points at which an epoch begins, and `whole` says that the series has no older ones.
    """

    series: int
    positions: tuple[int, ...]
    values: tuple[float, ...]
    cuts: tuple[int, ...]
    whole: bool


class SiteRun(Record, gc=False):
    """A run of a node. `page` is its own page, empty where it has none; `path` its bundle below the results.

    `position` is the place of its commit in `SiteNode.commits`, -1 where it is no point of a history. `options` are
    those of a command that builds and measures in the same way.
    """

    id: str
    path: str
    start: str
    commit: str
    purpose: str
    status: str
    position: int = -1
    page: str = ""
    caveats: tuple[str, ...] = ()
    options: str = ""


class CommitValue(Record, gc=False, array_like=True):
    """A series at a commit: its place in `SiteNode.series`, its value there, and how large its change is.

    Numbers that JSON does not have are None.
    `size` is the change against the value `before`, in units of what the series usually changes by. `older` is the
    commit of that value, where the node measured another one since: this series was left out then. `anchor` is the
    value of the anchor, as it was measured last before.
    """

    series: int
    value: float | None
    size: float
    before: float | None = None
    anchor: float | None = None
    older: str = ""


class NodeCommit(Record, gc=False):
    """What a node measured of a commit: how many runs and series, and the values that changed most for their noise.

    `before` is the commit that the node measured before this one. `newest` is the newest run, `page` that of the run,
    empty where it has none, and `options` are those of a command that measures as that run did.
    """

    commit: str
    before: str
    runs: int
    newest: str
    page: str
    count: int
    values: tuple[CommitValue, ...]
    options: str = ""


class SiteNode(Record):
    """All that pages about more than one node need of a node; it is stored beside the pages.

    `digest` identifies what it was made of: where that is the same, the pages of the node are as they should be.
    `slug` names its folder, `title` is its processor, `machine` the microarchitecture of that. `anchor` is the commit
    that its nights compare with. `stamps` say for each of its commits which `NodeCommit` belongs to it: a page whose
    stamps are the same stays as it is. `runs` are all of them, oldest first; where a node is stored, those that pages
    about all nodes name. `run_count` always counts all. `findings` are what its live comparisons came to, `tracks` the
    newest points of what can be compared live, and `options` are those of a command that builds and measures there as
    its newest run did.

    `scatter` is by how much single points differ from the level of their series, the median of these. Of the `looked`
    newest runs so many were `disturbed`. `missed` is how many of its newest nights are missing; None
    where it has none. `health` is how well it measures as far as it alone says so, `measure` what it is
    compared with its equals by.
    """

    schema: int
    digest: str
    node: str
    slug: str
    title: str
    series: tuple[SiteSeries, ...]
    events: tuple[Event, ...]
    notes: tuple[EventNote, ...]
    commits: tuple[HistoryCommit, ...]
    runs: tuple[SiteRun, ...]
    run_count: int = 0
    scatter: float | None = None
    looked: int = 0
    disturbed: int = 0
    missed: int | None = None
    stamps: tuple[str, ...] = ()
    anchor: str = ""
    night: str = ""
    unreadable: tuple[str, ...] = ()
    machine: str = ""
    options: str = ""
    findings: tuple[LiveFinding, ...] = ()
    tracks: tuple[SiteTrack, ...] = ()
    health: NodeHealth | None = None
    measure: NodeMeasure | None = None

    @property
    def kind(self) -> str:
        """Its microarchitecture, or else its processor: nodes of one kind are compared."""
        return self.machine or self.title


class StoredNode(NamedTuple):
    """A node as it is stored beside the pages, and for each of its commits a line of JSON, a `NodeCommit`."""

    node: SiteNode
    lines: bytes
