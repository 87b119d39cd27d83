"""The commits of several nodes in one order, though each node measured others of them."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from harness.records.history import HistoryCommit
from harness.records.site import SiteNode


class SiteLine(NamedTuple):
    """All commits of a site, oldest first, `position` counted over all of them, and their places by their names."""

    commits: tuple[HistoryCommit, ...]
    places: Mapping[str, int]

    def name(self, commit: str) -> str:
        """Return a commit as people read it; empty for none."""
        place = self.places.get(commit)
        return commit[:8] if place is None else self.commits[place].short


def merge_commits(nodes: Sequence[SiteNode]) -> SiteLine:
    """Return the commits of all nodes in an order that keeps that of every node; dates decide what no node knows.

    Where two nodes contradict each other, which takes wrong dates, the date decides as well.
    """
    if len(nodes) == 1 and all(one.position == place for place, one in enumerate(nodes[0].commits)):
        return SiteLine(nodes[0].commits, {one.name: one.position for one in nodes[0].commits})
    known: dict[str, HistoryCommit] = {}
    for node in nodes:
        for one in node.commits:
            if one.name not in known or (one.subject and not known[one.name].subject):
                known[one.name] = one
    ordered = _sort(known, [[one.name for one in node.commits] for node in nodes])
    commits = tuple(known[name].replace(position=place) for place, name in enumerate(ordered))
    return SiteLine(commits, {name: place for place, name in enumerate(ordered)})


def _sort(known: Mapping[str, HistoryCommit], orders: Iterable[Sequence[str]]) -> list[str]:
    after: dict[str, set[str]] = {name: set() for name in known}
    for names in orders:
        for former, later in pairwise(names):
            after[former].add(later)
    waits = dict.fromkeys(known, 0)
    for laters in after.values():
        for name in laters:
            waits[name] += 1
    ready = [(known[name].date, name) for name, count in waits.items() if not count]
    heapq.heapify(ready)
    done: dict[str, None] = {}
    left = sorted(known, key=lambda name: (known[name].date, name), reverse=True)
    while len(done) < len(known):
        if ready:
            _, name = heapq.heappop(ready)
        else:  # a circle: the oldest one goes first
            name = left.pop()
        if name in done:
            continue
        done[name] = None
        for later in sorted(after[name]):
            waits[later] -= 1
            if not waits[later]:
                heapq.heappush(ready, (known[later].date, later))
    return list(done)
