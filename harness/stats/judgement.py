"""How a series stands at its newest point, given its suspicions and what is known of them."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from harness.records.history import Cut, CutKind, Epoch, Event, EventKind, Judgement, Series, SeriesStatus, Suspicion
from harness.stats.detector import FEW
from harness.stats.level import measure_level

# A suspicion that nobody sorts is news for so many points. After that the level that it raised is the level.
OPEN = 30
# A level is that of so many points at most, the newest ones.
_MANY = 250
# A step needs two points before it, where the noise is known, and two from it on.
_AT_LEAST = 2


def judge_series(
    series: Series, suspicions: Sequence[Suspicion], events: Mapping[int, Event] | None = None
) -> Judgement:
    """Return a series with its epochs, and what its newest usable point comes to.

    `events` are those that the suspicions are part of, by the point that raised them, where they have been sorted: an
    epoch begins where the node changed; a change of code stands until the series is back. A suspicion stands for `OPEN`
    points at most.
    """
    known = {} if events is None else events
    node = [one for one in suspicions if one.raised in known and known[one.raised].kind is EventKind.NODE]
    more = {one.place.since: Cut(kind=CutKind.EVENT, subject=known[one.raised].id) for one in node}
    epochs = tuple(
        Epoch(first=first, last=last, cuts=cuts, level=measure_level(_take_level(series, first, last, suspicions)))
        for first, last, cuts in _iter_epochs(series, more)
    )
    if not epochs:
        return Judgement(
            key=series.key, status=SeriesStatus.TOO_FEW, epochs=(), suspicions=(), change=None, missing=FEW + _AT_LEAST
        )
    newest = epochs[-1]
    values = _take_usable(series, newest.first, newest.last)
    earlier = len(_take_usable(series, 0, newest.first - 1))
    missing = max(0, _AT_LEAST + (_AT_LEAST if earlier >= FEW else FEW) - len(values))
    kinds = {one.raised: known[one.raised].kind if one.raised in known else EventKind.SUSPICION for one in suspicions}
    count = len(series.points)
    standing = [one for one in suspicions if one.raised >= newest.first and is_open(one, kinds[one.raised], count)]
    status, change = SeriesStatus.TOO_FEW, None
    if not missing and newest.level:
        before = standing[0].before if standing else newest.level.middle
        change = values[-1] / before - 1
        confirmed = [kinds[one.raised] is EventKind.CODE for one in standing]
        status = SeriesStatus.STEADY if not standing else SeriesStatus.SUSPICION
        if standing and all(confirmed):
            status = SeriesStatus.CONFIRMED
    return Judgement(
        key=series.key,
        status=status,
        epochs=epochs,
        suspicions=tuple(suspicions),
        change=change,
        missing=missing,
    )


def is_open(suspicion: Suspicion, kind: EventKind, count: int) -> bool:
    """Return whether a suspicion still stands in a series of `count` points, given the kind of its event.

    None does that came back, or was the node. One that nobody sorted does for a while, a change of code for good.
    """
    if suspicion.returned is not None or kind not in (EventKind.SUSPICION, EventKind.CODE):
        return False
    return kind is EventKind.CODE or count - suspicion.raised <= OPEN


def _iter_epochs(series: Series, more: Mapping[int, Cut]) -> Iterator[tuple[int, int, tuple[Cut, ...]]]:
    cuts = {number: point.cuts for number, point in enumerate(series.points) if point.cuts or not number}
    for number, cut in more.items():
        cuts[number] = (*cuts.get(number, ()), cut)
    for first, after in itertools.pairwise([*sorted(cuts), len(series.points)]):
        yield first, after - 1, cuts[first]


def _take_level(series: Series, first: int, last: int, suspicions: Sequence[Suspicion]) -> list[float]:
    """Return the values of an epoch after the newest suspicion that stands, without those away from their level."""
    own = [one for one in suspicions if first <= one.place.since <= last]
    begin = max((one.place.since for one in own if one.returned is None), default=first)
    away: set[int] = set()
    for one in own:
        if one.returned is not None:
            away.update(range(one.place.since, one.returned))
    values = []
    for number in range(last, begin - 1, -1):
        value = series.points[number].value
        if number not in away and 0 < value < math.inf:
            values.append(value)
            if len(values) == _MANY:
                break
    return values[::-1]


def _take_usable(series: Series, first: int, last: int) -> list[float]:
    return [point.value for point in series.points[first : last + 1] if 0 < point.value < math.inf]
