"""What the pages of a site are made of: a node as it stands, and what has changed since its pages were written."""

from enum import StrEnum

from harness.records.history import Event, HistoryCommit, SeriesKey
from harness.records.night_report import EventNote
from harness.records.record import Record

# The number of this form: a site that was written in another one is written again as a whole.
SITE_SCHEMA = 1


class SiteState(StrEnum):
    """What is known of a series today, in the words of pages; each has a shape and a colour of its own.

    SLOWER and FASTER were confirmed by a live comparison, NODE is a change that the node or the benchmark made. A
    SUSPICION is not sorted. STEADY says that nothing was seen, TOO_FEW that nothing could be seen yet, MISSING that it
    was not measured.
    """

    STEADY = "steady"
    SUSPICION = "suspicion"
    SLOWER = "slower"
    FASTER = "faster"
    NODE = "not the code"
    MISSING = "missing"
    TOO_FEW = "too few points"


class SiteSeries(Record):
    """A series in the overview: its newest point, in the unit of its metric, and how it went before.

    `page` is the address of its own page, from the root of the site. `change` is relative to the level of its epoch,
    `visible` the smallest step that would soon be seen; both are None where they are not known. `trend` are at most 60
    values, oldest first. `positions` and `values`, of equal length, are all points: the places of their commits in
    `SiteNode.commits`, and their values. `lows` and `highs` are their intervals, NaN where there is none; they are
    empty where no point has one.
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
    positions: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    lows: tuple[float | None, ...] = ()
    highs: tuple[float | None, ...] = ()


class SiteRun(Record, gc=False):
    """A run of a node. `page` is its own page, empty where it has none; `path` its bundle below the results.

    `position` is the place of its commit in `SiteNode.commits`, -1 where it is no point of a history.
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


class SiteNode(Record):
    """All that pages about more than one node need of a node; it is stored beside the pages.

    `digest` identifies what it was made of: where that is the same, the pages of the node are as they should be.
    `slug` names its folder, `title` is its processor. `anchor` is the commit that its nights compare with.
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
    anchor: str = ""
    night: str = ""
    unreadable: tuple[str, ...] = ()


def strip_points(node: SiteNode) -> SiteNode:
    """Return a node without the points of its series: a hundred of these are small enough to be kept at once."""
    bare = {"positions": (), "values": (), "lows": (), "highs": ()}
    return node.replace(series=tuple(one.replace(**bare) for one in node.series))
