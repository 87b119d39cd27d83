"""What every figure must be: whole XML, without anything outside its frame, and the same again."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

from harness.render.figure.figure import Figure, write_element, write_svg
from harness.render.figure.palette import Theme

SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|nan|inf")
HOSTILE = "<script>alert(1)</script>\"'&\x00\x1b[31m\u202eevil " + "long " * 800


def check_figure(draw: Callable[[], Figure]) -> Figure:
    """Draw a figure twice, look at every mark of it, and return it."""
    figure = draw()
    assert draw() == figure, "the same numbers are the same picture"
    for theme in (None, *Theme):
        root = ElementTree.fromstring(write_svg(figure, theme).encode())
        assert (root.get("width"), root.get("height")) == (str(figure.width), str(figure.height))
        _look(root, figure, (0.0, 0.0))
    assert "<script" not in write_element(figure)
    assert "style=" not in write_element(figure)
    assert figure.title
    assert figure.summary
    assert all(len(row) == len(figure.table.head) for row in figure.table.rows)
    assert all(len(cell) <= 400 for row in figure.table.rows for cell in row)
    return figure


def list_words(figure: Figure) -> list[str]:
    """Return all texts of a figure, in their order."""
    return [text.text or "" for text in ElementTree.fromstring(write_svg(figure).encode()).iter(f"{SVG}text")]


def list_tips(figure: Figure) -> list[str]:
    """Return what is shown where the pointer rests on a mark."""
    root = ElementTree.fromstring(write_svg(figure).encode())
    return [tip.text or "" for tip in root.iter(f"{SVG}title")][1:]


def _look(element: ElementTree.Element, figure: Figure, origin: tuple[float, float]) -> None:
    x, y = origin
    transform = element.get("transform", "")
    if element.tag == f"{SVG}g" and transform.startswith("translate"):
        right, down = map(float, _NUMBER.findall(transform)[:2])
        x, y = x + right, y + down
    for name in ("x", "cx", "x1", "x2"):
        if element.tag != f"{SVG}svg" and (value := element.get(name)) is not None:
            assert -1 <= x + float(value) <= figure.width + 1, (element.tag, name, value)
    for name in ("y", "cy", "y1", "y2"):
        if element.tag != f"{SVG}svg" and (value := element.get(name)) is not None:
            assert -1 <= y + float(value) <= figure.height + 1, (element.tag, name, value)
    path = element.get("d", "")
    assert "nan" not in path
    assert "inf" not in path
    if path and not set(path) & set("hvlqcazmst"):
        numbers = [float(number) for number in _NUMBER.findall(path)]
        assert all(-8 <= x + value <= figure.width + 8 for value in numbers[::2]), path
        assert all(-8 <= y + value <= figure.height + 8 for value in numbers[1::2]), path
    for child in element:
        _look(child, figure, (x, y))
