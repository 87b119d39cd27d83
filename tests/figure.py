"""What holds for every figure: it is XML, everything lies within its frame, and every number is one."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from harness.render.figure.drawing import Drawing
from harness.render.figure.figure import Figure, FigureKind, FigureTable, write_element, write_svg
from harness.render.figure.palette import INKS, Theme

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|nan|inf", re.IGNORECASE)
_SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "\"><script>alert(1)</script>&amp;\x00\x1b[31m\u202e\ud800'" + "x" * 4096
_ROLES = {*INKS, "paper", *map(str, range(10))}


def finish(drawing: Drawing, width: int, height: int) -> Figure:
    """Return a figure of what was drawn."""
    table = FigureTable(head=("a",), rows=(("1",),))
    return Figure(
        kind=FigureKind.SERIES, title="T", summary="S.", width=width, height=height, marks=drawing.finish(), table=table
    )


def check_figure(figure: Figure, *, beyond: float = 1.0) -> ElementTree.Element:
    """Assert that a figure is well formed and within its frame, but for so many pixels; return its root."""
    written = write_svg(figure)
    root = ElementTree.fromstring(written)
    for theme in Theme:
        ElementTree.fromstring(write_svg(figure, theme))
    element = write_element(figure, 7)
    assert ' style="' not in element, "a page allows no style attributes"
    assert "<script" not in written
    assert not {name for one in root.iter() for name in one.attrib if name.lower().startswith("on")}
    for x, y in list_positions(root):
        assert -beyond <= x <= figure.width + beyond, (x, figure.width)
        assert -beyond <= y <= figure.height + beyond, (y, figure.height)
    for one in root.iter():
        for name in one.get("class", "").split():
            role = re.fullmatch(r"(?:stroke|fill|seq|on-seq|change|on-change)-(.+)", name)
            assert role is None or role[1] in _ROLES, f"no colour for the class {name}"
    for row in figure.table.rows:
        assert len(row) == len(figure.table.head)
    return root


def list_positions(root: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Yield the positions of all marks; those of words are where they begin, end, or have their middle."""
    for one in root.iter():
        kind = one.tag.removeprefix(_SVG)
        if kind == "path":
            numbers = [float(found) for found in _NUMBER.findall(one.get("d", "").replace("h0", ""))]
            yield from zip(numbers[::2], numbers[1::2], strict=True)
        elif kind == "circle":
            yield float(one.get("cx", "nan")), float(one.get("cy", "nan"))
        elif kind == "text" and one.get("x"):
            yield float(one.get("x", "nan")), float(one.get("y", "nan"))
        elif kind == "rect" and "%" not in one.get("width", ""):
            x, y = float(one.get("x", "nan")), float(one.get("y", "nan"))
            yield x, y
            yield x + float(one.get("width", "nan")), y + float(one.get("height", "nan"))


def list_words(root: ElementTree.Element) -> list[str]:
    """Return the words that are drawn."""
    return [one.text or "" for one in root.iter(f"{_SVG}text")]


def list_tips(root: ElementTree.Element) -> list[str]:
    """Return what is shown where the pointer rests on a mark."""
    found = [one.text or "" for one in root.iter(f"{_SVG}title")]
    return found[1:]


def find_groups(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Return the elements that carry an attribute, such as `data-point`."""
    return [one for one in root.iter() if one.get(name) is not None]
