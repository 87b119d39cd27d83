"""What all nodes measured of each commit, read a few commits at a time: a hundred nodes have millions of numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.judge.site_line import SiteLine
from harness.records.site import CommitValue, NodeCommit, SiteNode, SiteSeries

# So many commits are read at once: the pages of neighbours are made one after the other.
TOGETHER = 32


CommitReader = Callable[[SiteNode, Sequence[int]], Mapping[int, NodeCommit]]


class CommitRow(NamedTuple):
    """A series of a node at a commit, and its value there."""

    node: SiteNode
    series: SiteSeries
    known: CommitValue

    @property
    def change(self) -> float | None:
        """The change against the commit before."""
        return _divide(self.known.value, self.known.before)

    @property
    def since_anchor(self) -> float | None:
        """The change against the anchor."""
        return _divide(self.known.value, self.known.anchor)


def _divide(value: float | None, before: float | None) -> float | None:
    return value / before - 1 if before and value is not None else None


class CommitNode(NamedTuple):
    """A node that measured a commit, and what it measured of it."""

    node: SiteNode
    known: NodeCommit


class CommitBook:
    """What each node measured of each commit of a line; `read` returns what it did at some of its places."""

    def __init__(self, nodes: Sequence[SiteNode], line: SiteLine, read: CommitReader) -> None:
        self._nodes, self._line, self._read = nodes, line, read
        self._anchors = [line.name(node.anchor) for node in nodes]
        self._places: list[list[tuple[int, int]]] = [[] for _ in line.commits]
        for number, whole in enumerate(nodes):
            for place, one in enumerate(whole.commits):
                self._places[line.places[one.name]].append((number, place))
        self._number = -1
        self._open: dict[int, list[CommitNode]] = {}

    def count(self, position: int) -> int:
        """Return how many nodes measured the commit at a place of the line."""
        return len(self._places[position])

    def stamp(self, position: int) -> list[tuple[str, str, str]]:
        """Return what identifies all that is known of a commit, without reading it."""
        found = ((number, self._nodes[number], place) for number, place in self._places[position])
        return [(node.slug, node.stamps[place], self._anchors[number]) for number, node, place in found]

    def list_nodes(self, position: int) -> Sequence[CommitNode]:
        """Return the nodes that measured the commit at a place of the line."""
        if position // TOGETHER != self._number:
            self._turn(position // TOGETHER)
        return self._open[position]

    def list_rows(self, position: int) -> Iterator[CommitRow]:
        """Yield series with a value at a commit, of each node those that changed most for their noise."""
        for one in self.list_nodes(position):
            series = one.node.series
            yield from (CommitRow(one.node, series[known.series], known) for known in one.known.values)

    def _turn(self, number: int) -> None:
        self._open = {}  # what was read before need not be kept meanwhile
        positions = range(number * TOGETHER, min((number + 1) * TOGETHER, len(self._places)))
        wanted: dict[int, dict[int, int]] = {}
        for position in positions:
            for at, place in self._places[position]:
                wanted.setdefault(at, {})[place] = position
        self._open = {position: [] for position in positions}
        for at, places in sorted(wanted.items()):
            node = self._nodes[at]
            for place, known in self._read(node, tuple(places)).items():
                self._open[places[place]].append(CommitNode(node, known))
        self._number = number
