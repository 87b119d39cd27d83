"""What is known of a series today: the one place that decides which word, shape and colour it gets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from harness.judge.night_change import is_silent, list_certain
from harness.records.history import Event, EventKind, Judgement, Series, SeriesKey, SeriesStatus
from harness.records.measurement import METRICS
from harness.records.purpose import RunPurpose
from harness.records.site import SiteState

# A series that was not measured in so many of the newest nights of its config is missing.
_MISSED = 3
# A night is among so many of the newest points.
_LOOKED = 20
# A change that the node made is shown for so many points.
_SHOWN = 10


class SeriesEvents:
    """The events of a node by the series that show them."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._by_series: defaultdict[SeriesKey, list[Event]] = defaultdict(list)
        self.is_silent = False
        for event in events:
            self.is_silent = self.is_silent or (is_silent(event) and event.open)
            for key in dict.fromkeys(_list_keys(event)):
                self._by_series[_name(key)].append(event)

    def find(self, key: SeriesKey) -> Sequence[Event]:
        """Return the events of a series, oldest first."""
        return self._by_series.get(_name(key), ())


def find_state(series: Series, judged: Judgement, events: SeriesEvents, missing: frozenset[SeriesKey]) -> SiteState:
    """Return the state of a series; `missing` are those that the newest runs left out.

    What was confirmed comes before what is only suspected, and silence before everything: old news are no news.
    """
    own = events.find(series.key)
    if events.is_silent or series.key in missing:
        return SiteState.MISSING
    for event in reversed(own):
        if event.kind is EventKind.CODE and event.open and not event.returned:
            return _choose_way(series.key, event)
    if judged.status is SeriesStatus.SUSPICION:
        return SiteState.SUSPICION
    if any(_is_recent(event, series) for event in own if event.kind is EventKind.NODE):
        return SiteState.NODE
    return SiteState.TOO_FEW if judged.status is SeriesStatus.TOO_FEW else SiteState.STEADY


def find_event_state(key: SeriesKey, event: Event) -> SiteState:
    """Return what an event is for one of its series: a change of code by the way that it went there."""
    if event.kind is EventKind.CODE:
        return _choose_way(key, event)
    if event.kind is EventKind.SUSPICION:
        return SiteState.SUSPICION
    return SiteState.NODE if event.kind in (EventKind.NODE, EventKind.YARDSTICK) else SiteState.MISSING


def find_missing(series: Sequence[Series]) -> frozenset[SeriesKey]:
    """Return the series that the newest nights left out, though others of the same config were measured.

    Runs by hand measure what somebody asked for: nothing is missed in them.
    """
    nights: defaultdict[str, set[str]] = defaultdict(set)
    newest: dict[SeriesKey, str] = {}
    for one in series:
        # A night may have many runs, each with a part of the series.
        own = {point.day for point in one.points[-_LOOKED:] if point.purpose == RunPurpose.NIGHT}
        if own:
            nights[one.key.config] |= own
            newest[one.key] = max(own)
    limits = {config: sorted(days)[-_MISSED] for config, days in nights.items() if len(days) >= _MISSED}
    return frozenset(key for key, day in newest.items() if day < limits.get(key.config, ""))


def _choose_way(key: SeriesKey, event: Event) -> SiteState:
    """Return which way a confirmed change went for one series."""
    found = [one.change for one in list_certain(event) if (one.case, one.metric) == (key.case, key.metric)]
    found += [one.change for one in event.suspicions if _name(one.key) == _name(key)]
    found += [one.change for one in event.changes if _name(one.key) == _name(key)]
    lower = METRICS[key.metric].lower_is_better if key.metric in METRICS else True
    grew = bool(found) and found[0] > 0
    return SiteState.SLOWER if grew == lower else SiteState.FASTER


def _is_recent(event: Event, series: Series) -> bool:
    return any(point.run == event.run for point in series.points[-_SHOWN:])


def _name(key: SeriesKey) -> SeriesKey:
    return key.replace(yardstick="")


def _list_keys(event: Event) -> list[SeriesKey]:
    return [one.key for one in event.suspicions] + [one.key for one in event.changes]
