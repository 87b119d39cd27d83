"""SVG to PNG, for places that take no SVG."""

import shlex
import sys

from harness.errors import UnfitError

# Pixels of the picture for each pixel of the drawing: sharp on dense screens, too.
ZOOM = 2.0


def paint_png(svg: str) -> bytes:
    """Return a drawing as PNG, with the fonts of this system; raises UnfitError without the package that does it."""
    try:
        import resvg_py
    except ImportError:
        hint = f"{shlex.quote(sys.executable)} -m pip install resvg-py  # the extra png has it; or -o FILE.svg"
        raise UnfitError("PNG needs the package resvg-py", hint=hint) from None
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM))
