"""The series of a node, night by night: which look unlike their past, and which of them show one and the same event.

What is decided about a night rests on the points up to that night: with more nights behind it, the same is decided
again. Only the place of a step, and with it its size, becomes more certain with the next few points.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.records.history import NodeHistory, Point, Series
from harness.stats.budget import Budget
from harness.stats.judgement import judge_series
from harness.stats.known_change import list_known_changes
from harness.stats.monitor import AMONG, RaisedSuspicion, SeriesMonitor, sum_up
from harness.stats.odd import begin_odd
from harness.stats.odd_run import OddWatch
from harness.stats.shift import LevelShift, locate_shift

# A series that shows this share of what it must show is part of an event that others raise at the same place that
# night.
_JOINS = 0.85
# Others that show all of it are, too, for so many positions after it was raised.
_OPEN = 14
# Series that step together can score the same but for rounding; the one that comes first must be the same everywhere.
_DIGITS = 9


@dataclass(slots=True)
class RaisedGroup:
    """An event as it was raised: at a position, somewhere between two."""

    position: int
    earliest: int
    latest: int
    members: list[RaisedSuspicion]


@dataclass(slots=True)
class NodeMonitor:
    """The series of a node, run by run: what each has shown so far, what it may still raise, and the events so far.

    Runs are taken in the order of their positions, those of one position in the order of their days and names.
    """

    monitors: Sequence[SeriesMonitor]
    budget: Budget
    odd: OddWatch
    groups: list[RaisedGroup] = field(default_factory=list)
    days: set[str] = field(default_factory=set)
    # So many points the node has on this day, and had on the one before.
    measured: int = 0
    before: int = 0

    def take(self, position: int, day: str, points: Sequence[tuple[int, int, Point]]) -> None:
        """Take in a run: for each of its points the index of the series, and the number of the point in it."""
        budget = self.budget
        if day not in self.days:
            self.days.add(day)
            budget.begin_night()
            self.measured, self.before = 0, self.measured
        self.measured += len(points)
        monitors = self.monitors
        striking = [index for index, number, point in points if monitors[index].take(number, point)]
        scores = self.odd.score(points, monitors)
        known = self._suspect(position, points, striking) if striking else ()
        self.odd.take(points, scores, known, monitors)

    def _suspect(
        self, position: int, points: Sequence[tuple[int, int, Point]], striking: Sequence[int]
    ) -> Sequence[int]:
        """Raise suspicions, given the series whose newest points may show a step; return those of a new event."""
        budget, monitors, count = self.budget, self.monitors, len(self.groups)
        thresholds = {index: budget.find_threshold(index, self.beside) for index in striking}
        if any(step.score >= thresholds[index] for index, step in _look(thresholds, monitors).items()):
            # The others may show a part of the same.
            thresholds = {index: budget.find_threshold(index, self.beside) for index, _, _ in points}
            steps = _look({index: _JOINS * one for index, one in thresholds.items()}, monitors)
            _raise(self, position, steps, thresholds)
        return [one.series for group in self.groups[count:] for one in group.members]

    @property
    def beside(self) -> int:
        """How many series have a new point this night; what is measured together is not known before its end."""
        return min(len(self.monitors), max(self.measured, self.before))

    def conclude(self, series: Sequence[Series]) -> NodeHistory:
        """Return the series, with all points that were taken, judged."""
        suspicions = [monitor.describe() for monitor in self.monitors]
        found = [
            sum_up(
                [suspicions[one.series][one.order] for one in group.members],
                [series[one.series].points for one in group.members],
            )
            for group in self.groups
        ]
        judgements = [
            judge_series(one, own).replace(
                visible=monitor.find_visible(self.budget.find_threshold(monitor.index, self.beside))
            )
            for one, own, monitor in zip(series, suspicions, self.monitors, strict=True)
        ]
        events = sorted([*found, *list_known_changes(series, suspicions)], key=lambda event: event.day)
        return NodeHistory(judgements=tuple(judgements), events=tuple(events), odd=self.odd.conclude(series))


def judge_node(series: Sequence[Series], nightly: float = 1.0) -> NodeHistory:
    """Return the series of one node, judged; points whose value is not a finite number above 0 are left out.

    `nightly` is how many events a night it may have in the long run. Runs are taken in the order of their positions,
    those of one position in the order of their days and names; each series must have its points in that order.
    """
    node = begin_node(series, nightly)
    for position, day, points in iter_runs(series):
        node.take(position, day, points)
    return node.conclude(series)


def begin_node(series: Sequence[Series], nightly: float = 1.0) -> NodeMonitor:
    """Return a node that has not taken any of the runs of its series yet."""
    monitors = [SeriesMonitor(index, one) for index, one in enumerate(series)]
    return NodeMonitor(monitors, Budget(len(series), nightly), OddWatch(begin_odd([one.key for one in series])))


def iter_runs(series: Sequence[Series]) -> Iterator[tuple[int, str, list[tuple[int, int, Point]]]]:
    """Yield position and day of each run, and its points: the index of the series, the number of the point in it."""
    found: defaultdict[tuple[int, str, str], list[tuple[int, int, Point]]] = defaultdict(list)
    for index, one in enumerate(series):
        for number, point in enumerate(one.points):
            found[point.position, point.day, point.run].append((index, number, point))
    for position, day, run in sorted(found):
        yield position, day, found[position, day, run]


def _look(wanted: Mapping[int, float], monitors: Sequence[SeriesMonitor]) -> dict[int, LevelShift]:
    """Return the steps of the series that may score as much as is wanted of each."""
    steps = ((index, monitors[index].detector.look(score)) for index, score in wanted.items())
    return {index: step for index, step in steps if step}


def _raise(node: NodeMonitor, position: int, steps: Mapping[int, LevelShift], thresholds: Mapping[int, float]) -> None:
    """Turn steps into suspicions, strongest first, as far as the budget allows; `node` gets the new event, if any."""
    shares = {index: round(step.score / thresholds[index], _DIGITS) for index, step in steps.items()}
    new: RaisedGroup | None = None
    for index in sorted(steps, key=shares.__getitem__, reverse=True):
        monitor, step, share = node.monitors[index], steps[index], shares[index]
        if share < (1 if new is None else _JOINS):
            break
        detector = monitor.detector
        count = len(detector.logs)
        starts = range(max(detector.least, count - AMONG), count - 1)
        place = locate_shift(detector.logs, detector.noise, step.sign, starts)
        if detector.is_back(place.since):
            if share >= 1:
                monitor.come_back(place.since)
            continue
        points = monitor.series.points
        earliest, latest = (points[detector.numbers[end]].position for end in (place.earliest, place.latest))
        group = _find_group(index, position, earliest, latest, node.groups)
        if share < 1 and group is not new:
            continue
        if group is None:
            if new or not node.budget.allows_another():
                continue
            group = new = RaisedGroup(position, earliest, latest, members=[])
            node.groups.append(group)
        group.members.append(monitor.suspect(step, place.since, thresholds[index]))
    if new:
        node.budget.charge(one.series for one in new.members)


def _find_group(
    series: int, position: int, earliest: int, latest: int, groups: Sequence[RaisedGroup]
) -> RaisedGroup | None:
    """Return the newest event of other series that took place where this step did, give or take one position."""
    for group in reversed(groups):
        if group.position < position - _OPEN:
            return None
        near = earliest <= group.latest + 1 and group.earliest <= latest + 1
        if near and all(one.series != series for one in group.members):
            return group
    return None
