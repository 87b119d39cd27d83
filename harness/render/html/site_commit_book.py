"""The numbers of all nodes by their commits, in little memory: a hundred nodes have millions of them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.records.site import SiteNode

# What a series changes by from commit to commit where that is not known, and at most, so that a step is not noise for
# long; and the weight of the newest value.
_USUAL, _MOST, _WEIGHT = 0.02, 0.1, 0.1


class CommitRow(NamedTuple):
    """A series at a commit: its value there, at the commit measured before on that node, and at the anchor.

    `older` is the commit of the value before, where that is not the one that the node measured last: this series was
    left out then. `noise` is how much the series changed from commit to commit before, as a share.
    """

    node: str
    case: str
    metric: str
    page: str
    value: float
    before: float | None
    anchor: float | None
    noise: float
    older: str = ""

    @property
    def change(self) -> float | None:
        """The change against the commit before."""
        return self.value / self.before - 1 if self.before else None


class CommitNode(NamedTuple):
    """A node that measured a commit: the commit that it measured before, its anchor, and its runs with their pages."""

    node: str
    slug: str
    before: str
    anchor: str
    runs: tuple[tuple[str, str], ...]


class _Line(NamedTuple):
    """A series: what it is called, and its values at places in the commits of its node."""

    case: str
    metric: str
    page: str
    places: "array[int]"
    values: "array[float]"
    anchor: float | None
    noise: "array[float]"


class _Book(NamedTuple):
    node: str
    slug: str
    anchor: str
    names: tuple[str, ...]
    places: dict[str, int]
    runs: dict[int, list[tuple[str, str]]]
    lines: tuple[_Line, ...]


class CommitBook:
    """What each node measured of each commit."""

    def __init__(self) -> None:
        self._books: list[_Book] = []

    def add(self, node: SiteNode) -> None:
        """Take the numbers of a node in."""
        places = {one.name: one.position for one in node.commits}
        anchor = places.get(node.anchor, -1) if node.anchor else -1
        runs: dict[int, list[tuple[str, str]]] = {}
        for run in node.runs:
            if run.position >= 0:
                runs.setdefault(run.position, []).append((run.id, run.page))
        lines = tuple(
            _Line(
                str(one.key.case),
                one.key.metric,
                one.page,
                array("l", one.positions),
                array("d", one.values),
                _find(one.positions, one.values, anchor),
                array("d", _follow_noise(one.values)),
            )
            for one in node.series
        )
        names = tuple(one.name for one in node.commits)
        self._books.append(_Book(node.node, node.slug, node.anchor, names, places, runs, lines))

    def count(self, commit: str) -> int:
        """Return how many nodes measured a commit."""
        return sum(commit in book.places for book in self._books)

    def list_nodes(self, commit: str) -> Iterator[CommitNode]:
        """Yield the nodes that measured a commit."""
        for book in self._books:
            if (place := book.places.get(commit)) is not None:
                before = book.names[place - 1] if place else ""
                yield CommitNode(book.node, book.slug, before, book.anchor, tuple(book.runs.get(place, ())))

    def list_rows(self, commit: str) -> Iterator[CommitRow]:
        """Yield the series with a value at a commit; of several runs of one commit the newest counts."""
        for book in self._books:
            place = book.places.get(commit)
            if place is None:
                continue
            for line in book.lines:
                first = bisect_left(line.places, place)
                last = bisect_right(line.places, place, first) - 1
                if last >= first:
                    before = line.values[first - 1] if first else None
                    at = line.places[first - 1] if first else place - 1
                    yield CommitRow(
                        book.node,
                        line.case,
                        line.metric,
                        line.page,
                        line.values[last],
                        before,
                        line.anchor,
                        line.noise[first],
                        book.names[at] if at < place - 1 else "",
                    )


def _follow_noise(values: Sequence[float]) -> Iterator[float]:
    """Yield for each value how much those before it differed from their neighbours, the newer ones more than others.

    It rests on earlier values alone, so that the page of a commit stays as it is when new ones arrive.
    """
    noise, former = _USUAL, 0.0
    for value in values:
        yield noise
        change = abs(value / former - 1) if former else _USUAL
        noise += _WEIGHT * (min(change, _MOST) - noise)
        former = value


def _find(places: Sequence[int], values: Sequence[float], place: int) -> float | None:
    """Return the newest value at a place."""
    at = bisect_right(places, place) - 1
    return values[at] if at >= 0 and places[at] == place else None
