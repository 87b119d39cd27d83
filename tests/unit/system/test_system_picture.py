"""SVG to PNG."""

import struct
import sys

import pytest

from harness.errors import UnfitError
from harness.render.figure.figure import write_svg
from harness.render.figure.mul_mat import draw_mul_mat
from harness.render.figure.palette import Theme
from harness.system.picture import paint_png
from tests import factory


def test_a_picture_has_two_pixels_for_each_of_the_drawing() -> None:
    pytest.importorskip("resvg_py")
    figure = draw_mul_mat(factory.run())
    content = paint_png(write_svg(figure, Theme.DARK))
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (2 * figure.width, 2 * figure.height)
    assert paint_png(write_svg(figure, Theme.LIGHT)) != content


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UnfitError, match="PNG needs the package resvg-py") as caught:
        paint_png("<svg/>")
    assert "-m pip install resvg-py" in caught.value.hint
    assert caught.value.exit_code == 3
