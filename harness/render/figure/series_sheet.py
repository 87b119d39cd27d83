"""A series with all that a picture of it shows: what is said about it, and the events in which it takes part."""

from collections.abc import Iterable, Iterator, Mapping

from harness.judge.site_state import find_event_state
from harness.records.history import (
    Cut,
    CutKind,
    Event,
    HistoryCommit,
    Judgement,
    Point,
    Series,
    SeriesChange,
    SeriesKey,
    Suspicion,
)
from harness.records.measurement import METRICS
from harness.records.record import Record
from harness.records.site import SiteState
from harness.render.number import format_share

# Subjects of cuts are as long as their programs wish.
_SUBJECT = 200


class SeriesEvent(Record):
    """An event as one series shows it: what it did there, and among which of its points it happened.

    `since` is the number of the first point after it, most likely; `earliest` and `latest` are the ends of the points
    that it may be. `page` is the address of its page, from the page that has the picture; empty if there is none.
    """

    id: str
    state: SiteState
    label: str
    since: int
    earliest: int
    latest: int
    page: str = ""


class SeriesSheet(Record):
    """A series, how it stands, its events, and the commits of its history; `state` is that of its newest point."""

    series: Series
    judgement: Judgement
    commits: tuple[HistoryCommit, ...] = ()
    events: tuple[SeriesEvent, ...] = ()
    state: SiteState = SiteState.STEADY

    def find_commits(self) -> Mapping[int, HistoryCommit]:
        """Return the commits by their places in the order of history."""
        return {one.position: one for one in self.commits}

    @property
    def unit(self) -> str:
        """The unit of its values; empty for a metric that is not known."""
        metric = METRICS.get(self.series.key.metric)
        return metric.unit if metric else ""

    @property
    def is_lower_better(self) -> bool:
        """Whether lower values are better."""
        metric = METRICS.get(self.series.key.metric)
        return metric is None or metric.lower_is_better


def place_events(series: Series, events: Iterable[Event], pages: Mapping[str, str]) -> tuple[SeriesEvent, ...]:
    """Return the events that a series shows, oldest first; `pages` are the addresses of their pages, by id."""
    found = [one for event in events for one in _place(series, event, pages.get(event.id, ""))]
    return tuple(sorted(found, key=lambda one: (one.since, one.id)))


def describe_cuts(cuts: Iterable[Cut]) -> str:
    """Return in a few words why an epoch begins."""
    words = [f"the node changed ({one.subject})" if one.kind is CutKind.EVENT else one.subject for one in cuts]
    return ", ".join(dict.fromkeys(word[:_SUBJECT] for word in words))


def name_commit(point: Point, commits: Mapping[int, HistoryCommit]) -> str:
    """Return the commit of a point as people read it."""
    found = commits.get(point.position)
    return found.short if found else point.commit[:8]


def _place(series: Series, event: Event, page: str) -> Iterator[SeriesEvent]:
    last = len(series.points) - 1
    key = _name(series.key)
    shifts: list[Suspicion | SeriesChange] = [*event.suspicions, *event.changes]
    for shift in shifts:
        if _name(shift.key) != key:
            continue
        ends = (
            (shift.place.since, shift.place.earliest, shift.place.latest)
            if isinstance(shift, Suspicion)
            else (shift.point,) * 3
        )
        if not 0 <= ends[0] <= last:
            continue
        yield SeriesEvent(
            id=event.id,
            state=find_event_state(series.key, event),
            label=format_share(shift.change),
            since=ends[0],
            earliest=max(0, min(ends[1], ends[0])),
            latest=min(last, max(ends[2], ends[0])),
            page=page,
        )


def _name(key: SeriesKey) -> SeriesKey:
    """Return the key without its yardstick, which an event may have changed."""
    return key.replace(yardstick="")
