"""Events of several nodes as people think of them: one change of the code is one thing, wherever it was seen."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.judge.night_change import is_over, is_slower, list_certain
from harness.judge.site_line import SiteLine
from harness.records.history import Event, EventKind, SeriesChange, SeriesKey, Suspicion
from harness.records.measurement import METRICS, Case
from harness.records.site import SiteState
from harness.records.witness import SharedEvent, Witness

_OF_KIND = {
    EventKind.SUSPICION: SiteState.SUSPICION,
    EventKind.NODE: SiteState.NODE,
    EventKind.YARDSTICK: SiteState.NODE,
    EventKind.MISSING: SiteState.MISSING,
    EventKind.BROKEN: SiteState.MISSING,
}

_Likeness = tuple[str, ...]


class SeriesShift(NamedTuple):
    """By how much one series shows an event, with its interval where one is known.

    `measured` tells that a live comparison measured it; otherwise stored numbers show it.
    """

    case: Case
    metric: str
    change: float
    low: float | None
    high: float | None
    measured: bool

    @property
    def direction(self) -> str:
        """`slower` or `faster`; empty for a metric that is not known, or no change."""
        if self.metric not in METRICS or not self.change:
            return ""
        return "slower" if (self.change > 0) is METRICS[self.metric].lower_is_better else "faster"


class EventGroup(NamedTuple):
    """Events that may have one cause, one for each node that shows it, the first seen first.

    All of them happened between commits `old` and `new`, as far as the nodes together narrow it down.
    """

    kind: EventKind
    state: SiteState
    events: tuple[Event, ...]
    old: str
    new: str

    @property
    def id(self) -> str:
        """The id of the event that was seen first."""
        return self.events[0].id

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that show it."""
        return tuple(dict.fromkeys(event.node for event in self.events))

    @property
    def stands(self) -> bool:
        """Whether it is open on one of the nodes, and nobody decided about it there."""
        return any(event.open and not is_over(event) and event.triage is None for event in self.events)

    @property
    def is_lost(self) -> bool:
        """Whether it is a regression of which nobody knows how it ended: its node changed before it came back."""
        undecided = all(event.suspicions and not is_over(event) and event.triage is None for event in self.events)
        return self.kind is EventKind.CODE and self.state is SiteState.SLOWER and undecided and not self.stands


def share_event(group: EventGroup, main: str = "", witnesses: tuple[Witness, ...] = ()) -> SharedEvent:
    """Return the event of a group with this id, or the one that was seen first, with those of the other nodes."""
    first = next((event for event in group.events if event.id == main), group.events[0])
    fields = {name: getattr(first, name) for name in Event.__struct_fields__}
    return SharedEvent(**fields, others=tuple(one for one in group.events if one is not first), witnesses=witnesses)


def find_state(event: Event) -> SiteState:
    """Return the mark of an event."""
    if event.kind is EventKind.CODE:
        return SiteState.SLOWER if is_slower(event) else SiteState.FASTER
    return _OF_KIND[event.kind]


def list_shifts(event: Event) -> tuple[SeriesShift, ...]:
    """Return the series that show an event, strongest first: what was measured live, else the stored numbers."""
    measured = tuple(
        SeriesShift(one.case, one.metric, one.change, one.low, one.high, measured=True) for one in list_certain(event)
    )
    if measured and event.kind is EventKind.CODE:
        return measured
    changes = sorted(event.changes, key=lambda one: (one.low is None, -abs(one.change)))
    stored: tuple[Suspicion | SeriesChange, ...] = (*event.suspicions, *changes)
    return tuple(
        SeriesShift(one.key.case, one.key.metric, one.change, one.low, one.high, measured=False) for one in stored
    )


def list_keys(event: Event) -> tuple[SeriesKey, ...]:
    """Return the series of a node that an event concerns."""
    return (*(one.key for one in event.suspicions), *(one.key for one in event.changes))


def group_events(events: Iterable[Event], line: SiteLine) -> tuple[EventGroup, ...]:
    """Return events, of one node or of many, those of one cause together, the newest first.

    Confirmed changes of the code are one where they go the same way, share a metric, and may be of the same commit;
    suspicions where several nodes first show it with the same commit, too. All other events stand alone.
    """
    groups: list[EventGroup] = []
    alike: defaultdict[_Likeness, list[int]] = defaultdict(list)
    for event in sorted(events, key=lambda one: (one.day, one.node, one.id)):
        state = find_state(event)
        if event.kind in (EventKind.CODE, EventKind.SUSPICION):
            places = alike[_liken(event, state)]
            place = next((n for n in places if _fits(groups[n], event, state, line)), None)
            if place is not None:
                groups[place] = _join(groups[place], event, line)
                continue
            places.append(len(groups))
        groups.append(EventGroup(event.kind, state, (event,), event.old, event.new))
    return tuple(reversed(groups))


def _liken(event: Event, state: SiteState) -> _Likeness:
    """Return what events of one cause have in common: a hundred nodes have too many to compare each with all others."""
    if event.kind is not EventKind.SUSPICION:
        return (state,)
    best = next(iter(list_shifts(event)), None)
    return (state, event.new, best.metric, best.direction) if best and event.suspicions else (state, event.new)


def _fits(group: EventGroup, event: Event, state: SiteState, line: SiteLine) -> bool:
    if group.kind is not event.kind or group.state is not state or event.node in group.nodes:
        return False
    theirs, own = ({(one.metric, one.direction) for one in list_shifts(it)} for it in (group.events[0], event))
    if group.kind is EventKind.SUSPICION:
        strongest = [list_shifts(it)[0] for it in (group.events[0], event) if it.suspicions]
        alike = {(one.metric, one.direction) for one in strongest}
        return group.new == event.new and len(strongest) == 2 and len(alike) == 1 and group.stands is event.open
    first, last = find_span(group.old, group.new, line)
    start, end = find_span(event.old, event.new, line)
    return bool(theirs & own) and max(first, start) < min(last, end)


def _join(group: EventGroup, event: Event, line: SiteLine) -> EventGroup:
    (first, last), (start, end) = find_span(group.old, group.new, line), find_span(event.old, event.new, line)
    old = event.old if start > first else group.old
    new = event.new if end < last else group.new
    return group._replace(events=(*group.events, event), old=old, new=new)


def find_span(old: str, new: str, line: SiteLine) -> tuple[int, int]:
    """Return the places of two commits; one that is not known is before or after all others."""
    return line.places.get(old, -1), line.places.get(new, len(line.commits))


def find_others(group: EventGroup, line: SiteLine, known: Iterable[EventGroup]) -> tuple[tuple[int, int], ...]:
    """Return the places of confirmed changes beside a group that concern a metric of it, on whatever node.

    What may be of the same commit cannot be told apart, and is left out.
    """
    first, last = find_span(group.old, group.new, line)
    metrics = _list_metrics(group)
    spans = {
        find_span(one.old, one.new, line): None
        for one in known
        if one.kind is EventKind.CODE and one.id != group.id and metrics & _list_metrics(one)
    }
    return tuple((start, end) for start, end in spans if end <= first or start >= last)


def _list_metrics(group: EventGroup) -> set[str]:
    return {one.metric for event in group.events for one in list_shifts(event)}


def list_commits_between(group: EventGroup, line: SiteLine) -> Iterator[str]:
    """Yield the names of commits among which an event happened, as far as they were measured, oldest first."""
    first, last = find_span(group.old, group.new, line)
    yield from (one.name for one in line.commits[first + 1 : last + 1])
