"""What a series showed when it was suspected, and the records that are made of it when more points are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.records.history import Event, EventKind, Point, Series, Suspicion
from harness.records.record import short_hash
from harness.stats.detector import ShiftDetector
from harness.stats.level import OF_MIDDLES, Noise, find_middle
from harness.stats.shift import (
    LENGTHS,
    WINDOW,
    Change,
    LevelShift,
    bound_change,
    find_visible,
    locate_shift,
    measure_step,
)

# A step lies among so many of the newest points; where is looked at again with some more.
AMONG = LENGTHS[-1] + 1
_LATER = 7
_KEPT = WINDOW + AMONG
# A series that came back without a step that could be seen is back where so many points in a row lie nearer to the old
# level than a third of the way, and by so many standard errors away from the new one.
_TOGETHER, _SURE = 20, 4.0
# Scores that differ by rounding alone count as equal, such as those of steps whose points all reach the limit.
_ALIKE = 1e-9


@dataclass(slots=True)
class RaisedSuspicion:
    """A suspicion as it was raised, with the newest points then: their logarithms and numbers.

    It is number `order` of those of its `series`, which are numbered as the node has them; `least` says how many points
    must lie before a step.
    """

    series: int
    order: int
    step: LevelShift
    threshold: float
    nights: int
    precedents: int
    noise: Noise
    least: int
    logs: list[float]
    numbers: list[int]
    returned: int | None = None


@dataclass(slots=True)
class SeriesMonitor:
    """Series number `index` of a node with what is known of it so far.

    `nights` is how many usable points it has, `starts` are those that begin a stretch.
    """

    index: int
    series: Series
    detector: ShiftDetector = field(default_factory=ShiftDetector)
    nights: int = 0
    starts: list[int] = field(default_factory=list)
    raised: list[RaisedSuspicion] = field(default_factory=list)

    def take(self, number: int, point: Point) -> bool:
        """Take in the next point; return whether the newest ones deserve a closer look."""
        if point.cuts:
            self.detector.cut()
            self.starts.append(number)
        value = point.value
        if not 0 < value < math.inf:
            return False
        self.nights += 1
        return self.detector.add(math.log(value), number)

    def suspect(self, step: LevelShift, start: int, threshold: float) -> RaisedSuspicion:
        """Let a new stretch begin at offset `start` of the newest one, and return why."""
        detector = self.detector
        suspicion = RaisedSuspicion(
            series=self.index,
            order=len(self.raised),
            step=step,
            threshold=threshold,
            nights=self.nights - 1,
            precedents=sum(earlier.step.score >= step.score - _ALIKE for earlier in self.raised),
            noise=detector.noise,
            least=detector.least,
            logs=detector.logs[-_KEPT:],
            numbers=detector.numbers[-_KEPT:],
        )
        self.raised.append(suspicion)
        self.starts.append(detector.numbers[start])
        detector.restart(start)
        return suspicion

    def come_back(self, start: int) -> None:
        """Let the former stretch go on at offset `start` of the newest one."""
        self.raised[-1].returned = self.detector.numbers[-1]
        self.starts.append(self.detector.numbers[start])
        self.detector.resume(start)

    def find_visible(self, threshold: float) -> float | None:
        """Return the smallest step that would soon score so much; None where nothing can be seen yet."""
        detector = self.detector
        if not detector.noise.n or len(detector.logs) < detector.least:
            return None
        return find_visible(detector.noise, len(detector.logs), threshold)

    def describe(self) -> list[Suspicion]:
        """Return the suspicions, oldest first, with their place as it is known with the next few points."""
        return [self._describe(one) for one in self.raised]

    def _describe(self, raised: RaisedSuspicion) -> Suspicion:
        points, newest = self.series.points, raised.numbers[-1]
        until = min((start for start in self.starts if start > newest), default=len(points))
        usable = [number for number in range(newest + 1, until) if 0 < points[number].value < math.inf]
        later = usable[:_LATER]
        numbers = [*raised.numbers, *later]
        logs = [*raised.logs, *(math.log(points[number].value) for number in later)]
        # What lies beyond the point that raised it is another step, if it is one.
        known = len(raised.logs)
        starts = range(max(raised.least, known - AMONG), min(known, len(logs) - 1))
        place = locate_shift(logs, raised.noise, raised.step.sign, starts)
        # A size that rests on later points, too, would be wrong where the series has come back by then. One point may
        # be all that is left of it: with the one before, which is on the old level, it would be half of what it is.
        change = measure_step(raised.logs, place.since, raised.noise)
        size, low, high = bound_change(change)
        returned = raised.returned
        if returned is None:
            returned = _find_return(raised.noise, change, [(one, math.log(points[one].value)) for one in usable])
        return Suspicion(
            key=self.series.key,
            raised=newest,
            place=place.replace(
                since=numbers[place.since], earliest=numbers[place.earliest], latest=numbers[place.latest]
            ),
            before=math.exp(change.before),
            after=math.exp(change.after),
            change=size,
            low=low,
            high=high,
            score=raised.step.score,
            threshold=raised.threshold,
            nights=raised.nights,
            precedents=raised.precedents,
            returned=returned,
        )


def _find_return(noise: Noise, change: Change, later: Sequence[tuple[int, float]]) -> int | None:
    """Return the number of the point with which a series was back; `later` are those after a step, as logarithms.

    A step whose place was taken too early leaves a stretch with points of both levels. No step back can be seen in it.
    """
    away = abs(change.after - change.before)
    error = noise.scale / (1 - noise.memory) * math.sqrt(OF_MIDDLES / _TOGETHER)
    near = [abs(log - change.before) < abs(log - change.after) for _, log in later]
    count = sum(near[: _TOGETHER - 1])  # of the newest points, those nearer to the old level
    for end in range(_TOGETHER, len(later) + 1):
        count += near[end - 1]
        if count > _TOGETHER / 2:
            middle = find_middle(sorted(log for _, log in later[end - _TOGETHER : end]))
            if abs(middle - change.before) <= away / 3 and abs(middle - change.after) > _SURE * error:
                return later[end - 1][0]
        count -= near[end - _TOGETHER]
    return None


def sum_up(suspicions: Sequence[Suspicion], points: Sequence[Sequence[Point]]) -> Event:
    """Return the event that suspicions show, strongest first; `points` are those of their series."""
    first, own = suspicions[0], points[0]
    raised = own[first.raised]
    node = first.key.node
    back = [ones[one.returned].day for one, ones in zip(suspicions, points, strict=True) if one.returned is not None]
    return Event(
        # The key of a series has its newest yardstick, which may change later: the id does not.
        id=short_hash("suspicion", node, raised.run, first.key.replace(yardstick=""), length=8),
        kind=EventKind.SUSPICION,
        node=node,
        day=raised.day,
        run=raised.run,
        old=own[first.place.earliest - 1].commit,
        new=raised.commit,
        suspicions=tuple(suspicions),
        returned=max(back) if len(back) == len(suspicions) else "",
    )
