"""What a node measured of each of its commits: lines that the pages of commits read, of a few nodes or of hundreds."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec

from harness.records.history import Point, Series
from harness.records.record import short_hash
from harness.records.site import CommitValue, NodeCommit, SiteNode, SiteRun, StoredNode
from harness.records.suite import OF_MODELS

# So many series of one node are kept for the page of a commit: what people use, then those that changed most.
MOST_VALUES = 30
# What a series changes by from commit to commit where that is not known, and at most, so that a step is not noise for
# long; the weight of the newest value; and what a change is divided by at least.
_USUAL, _MOST, _WEIGHT, _LEAST = 0.02, 0.1, 0.1, 0.002
_DIGITS = 4
_DECODER = msgspec.json.Decoder(NodeCommit)


class _Anchored(NamedTuple):
    """The values of the anchor in one series, with the days on which they were measured, oldest first."""

    days: Sequence[str]
    values: Sequence[float]

    def find(self, day: str) -> float | None:
        """Return the value that was measured last before a day or on it, or else the first one after it."""
        return self.values[max(0, bisect_right(self.days, day) - 1)] if self.values else None


def store_node(node: SiteNode, series: Sequence[Series]) -> StoredNode:
    """Return a node as it is stored beside the pages; `series` are those of its history, with all their points."""
    found: list[list[CommitValue]] = [[] for _ in node.commits]
    for number, one in enumerate(series):
        for place, value in _list_values(number, one.points, node):
            found[place].append(value)
    runs: dict[int, list[SiteRun]] = {}
    for run in node.runs:
        if run.position >= 0:
            runs.setdefault(run.position, []).append(run)
    of_models = [one.key.case.benchmark in OF_MODELS for one in series]
    lines, stamps = [], []
    # The lines name series by their places alone.
    names = short_hash(node.node, node.anchor, [one.page for one in node.series])
    for place, values in enumerate(found):
        line = msgspec.json.encode(_sum_up(place, node, runs.get(place, ()), _choose(values, of_models)))
        lines.append(line + b"\n")
        stamps.append(short_hash(names, line))
    return StoredNode(node.replace(runs=_choose_runs(node), stamps=tuple(stamps)), b"".join(lines))


def _list_values(number: int, points: Sequence[Point], node: SiteNode) -> Iterator[tuple[int, CommitValue]]:
    """Yield the newest value of a series at each commit, with the place of that.

    The noise rests on earlier values alone, so that the page of a commit stays as it is when new ones arrive.
    """
    anchored = _find_anchored(points, node)
    noise, before, last = _USUAL, None, -1
    for place, group in groupby(points, key=lambda point: point.position):
        own = list(group)
        value = own[-1].value
        change = value / before - 1 if before else 0.0
        size = abs(change) / max(noise, _LEAST)
        yield (
            place,
            CommitValue(
                series=number,
                value=value,
                size=round(size, _DIGITS) if math.isfinite(size) else 0.0,
                before=before,
                anchor=anchored.find(own[-1].day),
                older=node.commits[last].name if 0 <= last < place - 1 else "",
            ),
        )
        for point in own:
            step = abs(point.value / before - 1) if before else _USUAL
            noise += _WEIGHT * (min(step, _MOST) - noise)
            before = point.value
        last = place


def _find_anchored(points: Sequence[Point], node: SiteNode) -> _Anchored:
    found = sorted((one.day, one.value) for one in points if one.commit == node.anchor) if node.anchor else ()
    return _Anchored([day for day, _ in found], [value for _, value in found])


def _choose(values: list[CommitValue], of_models: Sequence[bool]) -> tuple[int, list[CommitValue]]:
    """Return how many values there are, and those that the page may show."""
    chosen = sorted(values, key=lambda one: (not of_models[one.series], -one.size))[:MOST_VALUES]
    return len(values), chosen


def _sum_up(place: int, node: SiteNode, runs: Sequence[SiteRun], chosen: tuple[int, list[CommitValue]]) -> NodeCommit:
    count, values = chosen
    return NodeCommit(
        commit=node.commits[place].name,
        before=node.commits[place - 1].name if place else "",
        runs=len(runs),
        newest=runs[-1].id if runs else "",
        page=runs[-1].page if runs else "",
        count=count,
        values=tuple(values),
        options=runs[-1].options if runs else "",
    )


def _choose_runs(node: SiteNode) -> tuple[SiteRun, ...]:
    """Return the runs that pages about all nodes name: the newest, that of the newest commit, and the one before it."""
    newest = max(node.runs, key=lambda one: (one.start, one.id), default=None)
    wanted = {one.id for one in (newest, *find_pair(node)) if one}
    return tuple(one for one in node.runs if one.id in wanted)


def find_pair(node: SiteNode) -> tuple[SiteRun, ...]:
    """Return the newest run of the newest commit and that of the commit measured before it; fewer if there are none."""
    points = sorted((run for run in node.runs if run.position >= 0), key=lambda run: (run.position, run.start, run.id))
    if not points:
        return ()
    before = [run for run in points if run.commit != points[-1].commit]
    return (points[-1], *before[-1:])


def read_lines(stored: StoredNode, places: Iterable[int]) -> dict[int, NodeCommit]:
    """Return what a node measured of the commits at some of its places.

    Raises ValueError for lines that are not those of the node.
    """
    split = stored.lines.split(b"\n")
    if len(split) != len(stored.node.commits) + 1:
        raise ValueError(stored.node.slug)
    try:
        found = {place: _DECODER.decode(split[place]) for place in places}
    except msgspec.MsgspecError:
        raise ValueError(stored.node.slug) from None
    if any(one.commit != stored.node.commits[place].name for place, one in found.items()):
        raise ValueError(stored.node.slug)
    return found
