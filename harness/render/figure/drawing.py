"""SVG elements, one after the other; every text and every attribute is escaped here."""

from collections.abc import Iterable
from enum import StrEnum
from html import escape
from itertools import groupby, pairwise

from harness.render.format.text import visible, xml

Position = tuple[float, float]


class MarkShape(StrEnum):
    """Shapes of marks: what a colour says, a shape says as well."""

    DOT = "dot"
    RING = "ring"
    SQUARE = "square"
    DIAMOND = "diamond"
    UP = "up"
    DOWN = "down"
    CROSS = "cross"


class Drawing:
    """The elements of one figure. Positions and lengths are pixels, from the upper left corner; `y` grows downwards.

    `classes` are the roles that colour an element, see `palette`; a `tip` is shown where the pointer rests on it.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []

    def line(self, start: Position, end: Position, classes: str) -> None:
        """Draw a straight line."""
        (x1, y1), (x2, y2) = start, end
        self._parts.append(f'<path class="{classes}" d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"/>')

    def polyline(self, points: Iterable[Position], classes: str) -> None:
        """Draw a line through points; nothing for fewer than two."""
        steps = [f"{_n(x)} {_n(y)}" for x, y in points]
        if len(steps) > 1:
            self._parts.append(f'<path class="{classes}" d="M{"L".join(steps)}"/>')

    def trace(self, places: Iterable[tuple[int, int] | None], classes: str) -> None:
        """Draw a line through whole pixels in few characters, with a gap where a place is None."""
        steps: list[str] = []
        for known, piece in groupby(places, key=bool):
            if known:
                steps.append(_trace([place for place in piece if place]))
        if steps:
            self._parts.append(f'<path class="{classes}" d="{"".join(steps)}"/>')

    def dots(self, places: Iterable[Position], classes: str) -> None:
        """Draw many small dots as one element."""
        steps = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in places)
        if steps:
            self._parts.append(f'<path class="{classes} dots" d="{steps}"/>')

    def segments(self, pairs: Iterable[tuple[Position, Position]], classes: str) -> None:
        """Draw many straight lines as one element, such as the intervals of all points."""
        steps = [f"M{_n(a)} {_n(b)}L{_n(c)} {_n(d)}" for (a, b), (c, d) in pairs]
        if steps:
            self._parts.append(f'<path class="{classes}" d="{"".join(steps)}"/>')

    def box(self, corner: Position, width: float, height: float, classes: str, *, tip: str = "") -> None:
        """Draw a filled rectangle."""
        x, y = corner
        shape = f'class="{classes}" x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(max(height, 0))}"'
        self._parts.append(f"<rect {shape}{_end('rect', tip)}")

    def mark(
        self, at: Position, classes: str, shape: MarkShape = MarkShape.DOT, *, size: float = 3.0, tip: str = ""
    ) -> None:
        """Draw a mark of `size` pixels from its middle to its edge."""
        x, y = at
        if shape in (MarkShape.DOT, MarkShape.RING):
            self._parts.append(
                f'<circle class="{classes}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}"{_end("circle", tip)}'
            )
        else:
            self._parts.append(f'<path class="{classes}" d="{_outline(shape, x, y, size)}"{_end("path", tip)}')

    def write(self, at: Position, words: str, classes: str = "fill-text", *, anchor: str = "start") -> None:
        """Write words; `anchor` is start, middle or end."""
        x, y = at
        place = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(f'<text class="{classes}" x="{_n(x)}" y="{_n(y)}"{place}>{clean(words)}</text>')

    def slanted(self, at: Position, words: str, degrees: float, classes: str = "fill-muted small") -> None:
        """Write words along a slanted line, their middle at a position; negative `degrees` rise to the right."""
        x, y = at
        turn = f'transform="translate({_n(x)} {_n(y)}) rotate({_n(degrees)})"'
        self._parts.append(f'<text class="{classes}" text-anchor="middle" {turn}>{clean(words)}</text>')

    def open(self, classes: str = "", **data: str | float) -> None:
        """Open a group; `data` become `data-` attributes, for the script of a page."""
        given = "".join(f' data-{name.replace("_", "-")}="{clean(str(value))}"' for name, value in data.items())
        name = f' class="{classes}"' if classes else ""
        self._parts.append(f"<g{name}{given}>")

    def open_at(self, corner: Position) -> None:
        """Open a group whose positions are counted from a corner, such as the second of two plots."""
        x, y = corner
        self._parts.append(f'<g transform="translate({_n(x)} {_n(y)})">')

    def close(self) -> None:
        """Close the group that was opened last."""
        self._parts.append("</g>")

    def finish(self) -> str:
        """Return all elements."""
        return "".join(self._parts)


def clean(words: str) -> str:
    """Return words as the text of an element or the value of an attribute, without what XML cannot hold."""
    return escape(xml(visible(words)))


def _n(number: float) -> str:
    """Return a coordinate: tenths of a pixel are enough."""
    return f"{number:.1f}".removesuffix(".0")


def _trace(places: list[tuple[int, int]]) -> str:
    """Return steps from place to place; one place alone is a line of no length, whose round ends make a dot."""
    (x, y), *_ = places
    pairs = [(right - left, down - up) for (left, up), (right, down) in pairwise(places)]
    steps = " ".join(f"{right}{'' if down < 0 else ' '}{down}" for right, down in pairs)
    return f"M{x} {y}{f'l{steps}' if steps else 'h0'}"


def _end(name: str, tip: str) -> str:
    return f"><title>{clean(tip)}</title></{name}>" if tip else "/>"


def _outline(shape: MarkShape, x: float, y: float, size: float) -> str:
    if shape is MarkShape.CROSS:
        left, right, top, bottom = _n(x - size), _n(x + size), _n(y - size), _n(y + size)
        return f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"
    corners = {
        MarkShape.SQUARE: ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        MarkShape.DIAMOND: ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
        MarkShape.UP: ((0, -1.2), (1.2, 1), (-1.2, 1)),
        MarkShape.DOWN: ((0, 1.2), (1.2, -1), (-1.2, -1)),
    }[shape]
    return "M" + "L".join(f"{_n(x + size * right)} {_n(y + size * down)}" for right, down in corners) + "Z"
