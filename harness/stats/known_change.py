"""What is known to have changed, a yardstick or a node: one event for all series, and how far each of them moved.

Such a change begins an epoch, so that it never makes a suspicion. A commit between the same two runs may have changed
the code as well. Stored numbers cannot show that, but a trial of the two commits can: the event names both.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.records.history import Cut, CutKind, Event, EventKind, Point, Series, SeriesChange, Suspicion
from harness.records.record import short_hash
from harness.stats.level import OF_MIDDLES, find_middle, measure_noise
from harness.stats.shift import REACH, THIN, WINDOW, to_share

# A series that is measured more seldom sees the same change later, by so many positions at most.
_LATER = 14
_FEW, _LEAST = 8, 2
_KINDS = {CutKind.YARDSTICK: EventKind.YARDSTICK, CutKind.NODE: EventKind.NODE}


class _Seen(NamedTuple):
    """A cut as one series has it: the number of the first point after it."""

    position: int
    day: str
    run: str
    series: int
    number: int


@dataclass(slots=True)
class _Group:
    kind: CutKind
    subject: str
    seen: list[_Seen] = field(default_factory=list)


def list_known_changes(series: Sequence[Series], suspicions: Sequence[Sequence[Suspicion]]) -> tuple[Event, ...]:
    """Return the changes of yardstick and node that cut the series of a node, in the order of their commits.

    `suspicions` are those of each series: what lies beyond one of them is not part of a level.
    """
    groups = sorted(_group(series), key=lambda group: group.seen[0])
    return tuple(_sum_up(group, series, suspicions) for group in groups)


def measure_shift(series: Series, number: int, suspicions: Sequence[Suspicion]) -> SeriesChange | None:
    """Return how far a series moved at a point, given its suspicions; None without a usable point on both sides."""
    before = _take_before(series.points, number, suspicions)
    after = _take_after(series.points, number, suspicions)
    if not before or not after:
        return None
    levels = [find_middle(sorted(logs)) for logs in (before, after)]
    size = levels[1] - levels[0]
    low = high = None
    if len(before) + len(after) >= _FEW and min(len(before), len(after)) >= _LEAST:
        sides = zip((before, after), levels, strict=True)
        noise = measure_noise([log - level for logs, level in sides for log in logs])
        share = OF_MIDDLES * (1 / len(before) + 1 / len(after))
        error = noise.scale / (1 - noise.memory) * math.sqrt(share) * (1 + THIN / noise.n)
        low, high = to_share(size - REACH * error), to_share(size + REACH * error)
    return SeriesChange(
        key=series.key,
        point=number,
        before=math.exp(levels[0]),
        after=math.exp(levels[1]),
        change=to_share(size),
        low=low,
        high=high,
    )


def _group(series: Sequence[Series]) -> Iterable[_Group]:
    found: defaultdict[tuple[CutKind, str], list[_Seen]] = defaultdict(list)
    for index, one in enumerate(series):
        for number, point in enumerate(one.points):
            if point.cuts and number:
                for kind, subject in _name(point.cuts):
                    found[kind, subject].append(_Seen(point.position, point.day, point.run, index, number))
    for (kind, subject), every in found.items():
        group = _Group(kind, subject)
        for seen in sorted(every):
            here = group.seen
            if here and (seen.position - here[0].position > _LATER or any(seen.series == it.series for it in here)):
                yield group
                group = _Group(kind, subject)
            group.seen.append(seen)
        yield group


def _name(cuts: Iterable[Cut]) -> Iterator[tuple[CutKind, str]]:
    subjects: defaultdict[CutKind, list[str]] = defaultdict(list)
    for cut in cuts:
        subjects[cut.kind].append(cut.subject)
    for kind in _KINDS:
        if kind in subjects:
            yield kind, "; ".join(subjects[kind])


def _sum_up(group: _Group, series: Sequence[Series], suspicions: Sequence[Sequence[Suspicion]]) -> Event:
    first = group.seen[0]
    points, node = series[first.series].points, series[first.series].key.node
    changes = [measure_shift(series[one.series], one.number, suspicions[one.series]) for one in group.seen]
    return Event(
        id=short_hash(_KINDS[group.kind], node, group.subject, first.run, length=8),
        kind=_KINDS[group.kind],
        node=node,
        day=first.day,
        run=first.run,
        old=points[first.number - 1].commit,
        new=points[first.number].commit,
        subject=group.subject,
        changes=tuple(one for one in changes if one),
    )


def _take_before(points: Sequence[Point], number: int, suspicions: Sequence[Suspicion]) -> list[float]:
    """Return the logarithms of the newest points of the stretch that ends before point `number`."""
    begins = {one.place.since if one.returned is None else one.returned for one in suspicions}
    logs: list[float] = []
    for earlier in range(number - 1, -1, -1):
        logs += _read(points[earlier])
        if len(logs) == WINDOW or points[earlier].cuts or earlier in begins:
            break
    return logs[::-1]


def _take_after(points: Sequence[Point], number: int, suspicions: Sequence[Suspicion]) -> list[float]:
    """Return the logarithms of the first points of the stretch that begins with point `number`."""
    begins = {one.place.since for one in suspicions}
    logs: list[float] = []
    for later in range(number, len(points)):
        if len(logs) == WINDOW or (later > number and (points[later].cuts or later in begins)):
            break
        logs += _read(points[later])
    return logs


def _read(point: Point) -> list[float]:
    """Return the logarithm of the value of a point, or nothing where it has none."""
    return [math.log(point.value)] if 0 < point.value < math.inf else []
