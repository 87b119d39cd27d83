"""The runs of a node that look odd by themselves, as records: which commits and series, and whether they are back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.records.history import OddRun, OddSeries, Point, Series
from harness.records.record import short_hash
from harness.stats.level import find_middle
from harness.stats.monitor import SeriesMonitor
from harness.stats.odd import OddFinding, OddMonitor
from harness.stats.shift import to_share

# An odd run is remembered for so many runs: after that a series that stays on its new level is suspected.
_KEPT = 5

# The points of a run: the index of the series of each, and its number there.
RunPoints = Sequence[tuple[int, int, Point]]


class _Kept(NamedTuple):
    """An odd run, the numbers of the points that show it and the levels from which they depart, for each member."""

    finding: OddFinding
    numbers: tuple[int, ...]
    levels: tuple[float, ...]


@dataclass(slots=True)
class OddWatch:
    """Watches for odd runs, of which it keeps the last few, each with how many runs there were since."""

    monitor: OddMonitor
    kept: list[tuple[int, _Kept]] = field(default_factory=list)

    def score(self, points: RunPoints, monitors: Sequence[SeriesMonitor]) -> dict[int, tuple[float, float]]:
        """Return what the newest point of each series scores, as far as a live comparison can measure it."""
        watched, found = self.monitor.watched, {}
        for index, number, _ in points:
            if index in watched:
                detector = monitors[index].detector
                scores = detector.score_newest() if detector.numbers[-1:] == [number] else None
                if scores:
                    found[index] = scores
        return found

    def take(
        self,
        points: RunPoints,
        scores: Mapping[int, tuple[float, float]],
        known: Sequence[int],
        monitors: Sequence[SeriesMonitor],
    ) -> None:
        """Take in a run with what its points score; the series that are `known` have raised a suspicion."""
        self.kept = [(since + 1, one) for since, one in self.kept if since + 1 < _KEPT]
        if finding := self.monitor.take(scores, known):
            numbers = {index: number for index, number, _ in points}
            self.kept.append(
                (
                    0,
                    _Kept(
                        finding,
                        tuple(numbers[one.series] for one in finding.members),
                        tuple(monitors[one.series].detector.level for one in finding.members),
                    ),
                )
            )

    def conclude(self, series: Sequence[Series]) -> tuple[OddRun, ...]:
        """Return the runs that looked odd lately and that have commits on both sides, oldest first."""
        found = (_describe(one, series) for _, one in self.kept)
        return tuple(one for one in found if one)


def _describe(kept: _Kept, series: Sequence[Series]) -> OddRun | None:
    finding = kept.finding
    first = series[finding.members[0].series]
    before, own = kept.numbers[0] - finding.length, first.points[kept.numbers[0]]
    if before < 0 or first.points[before].commit == own.commit:
        return None
    members = [
        (series[one.series], number, level)
        for one, number, level in zip(finding.members, kept.numbers, kept.levels, strict=True)
    ]
    return OddRun(
        id=short_hash("odd", first.key.node, own.run, length=8),
        node=first.key.node,
        run=own.run,
        day=own.day,
        old=first.points[before].commit,
        new=own.commit,
        score=finding.ratio,
        series=tuple(
            OddSeries(key=one.key, change=to_share(_measure(one, number, finding.length) - level))
            for one, number, level in members
        ),
        back=_is_back(*members[0], finding.length),
    )


def _measure(series: Series, number: int, length: int) -> float:
    """Return the mean of the logarithms of the newest `length` points, up to this number."""
    values = [point.value for point in series.points[max(0, number + 1 - length) : number + 1]]
    logs = [math.log(value) for value in values if 0 < value < math.inf]
    return math.fsum(logs) / len(logs)


def _is_back(series: Series, number: int, level: float, length: int) -> bool:
    """Return whether the points after this one lie nearer to the level than to what was odd."""
    later = [math.log(point.value) for point in series.points[number + 1 :] if 0 < point.value < math.inf]
    if not later:
        return False
    return abs(find_middle(sorted(later)) - level) < abs(_measure(series, number, length) - level) / 2
