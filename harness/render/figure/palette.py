"""Colours by role, for light and dark: marks of a figure carry classes, and a style sheet gives them their colours."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from harness.records.record import Record


class Theme(StrEnum):
    """The two sets of colours."""

    LIGHT = "light"
    DARK = "dark"


class Ink(Record):
    """The colour of one role in both themes, as `#rrggbb`."""

    light: str
    dark: str

    def of(self, theme: Theme) -> str:
        """Return the colour in a theme."""
        return self.light if theme is Theme.LIGHT else self.dark


# Hues after Okabe and Ito (jfly.uni-koeln.de/color), which people with any common colour blindness can tell apart; made
# darker or lighter until marks have a contrast of 3 : 1 and text one of 4.5 : 1 against the paper.
PAPER = Ink(light="#ffffff", dark="#14171a")
INKS: Mapping[str, Ink] = {
    "text": Ink(light="#1b1f23", dark="#e6e8ea"),
    "muted": Ink(light="#57606a", dark="#a4adb6"),
    "grid": Ink(light="#e3e6e9", dark="#2b3137"),
    "axis": Ink(light="#7a838c", dark="#7d8791"),
    "band": Ink(light="#f2f4f6", dark="#1d2226"),
    "accent": Ink(light="#0066aa", dark="#5db3ec"),
    # Lines that are told apart: colour is never the only sign, each has a shape of its own as well.
    "line-1": Ink(light="#0072b2", dark="#56b4e9"),
    "line-2": Ink(light="#b85500", dark="#f0913c"),
    "line-3": Ink(light="#007a5a", dark="#2fc79c"),
    "line-4": Ink(light="#a0508a", dark="#e08cc0"),
    "line-5": Ink(light="#7a6a00", dark="#e6d84a"),
    "line-6": Ink(light="#5c5f66", dark="#b3b8bf"),
    # States, see `SiteState`.
    "steady": Ink(light="#57606a", dark="#a4adb6"),
    "suspicion": Ink(light="#8a6100", dark="#e0b040"),
    "slower": Ink(light="#b8360f", dark="#ff8a5c"),
    "faster": Ink(light="#00704f", dark="#3ccf9f"),
    "node": Ink(light="#7b4fa0", dark="#c39be6"),
    "missing": Ink(light="#6e5a4b", dark="#c7ab95"),
}
# A rate, from low to high: viridis (Smith and van der Walt, 2015) at equal steps.
SEQUENCE = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
# A change: slower, none, faster. The middle is the paper.
CHANGE_LIGHT = ("#b8360f", "#d9704b", "#f0b39b", "#ffffff", "#a5d8c6", "#4fae8c", "#00704f")
CHANGE_DARK = ("#ff8a5c", "#b85a38", "#5e3526", "#14171a", "#1f4a3c", "#2c8f6d", "#3ccf9f")


def style_figures(theme: Theme, scope: str = "") -> str:
    """Return the rules that colour the marks of figures in one theme, each selector below `scope`.

    `.X` of a role X strokes and fills nothing by itself: `.stroke-X` is for lines, `.fill-X` for areas and text.
    """
    return "\n".join(_list_rules(theme, f"{scope} " if scope else ""))


def _list_rules(theme: Theme, scope: str) -> Iterator[str]:
    for name, ink in (("paper", PAPER), *INKS.items()):
        yield f"{scope}.fill-{name}{{fill:{ink.of(theme)}}}{scope}.stroke-{name}{{stroke:{ink.of(theme)}}}"
    for number, colour in enumerate(SEQUENCE):
        on = _find_ink(colour)
        yield f"{scope}.seq-{number}{{fill:{colour}}}{scope}.on-seq-{number}{{fill:{on}}}"
    for number, colour in enumerate(CHANGE_LIGHT if theme is Theme.LIGHT else CHANGE_DARK):
        on = _find_ink(colour)
        yield f"{scope}.change-{number}{{fill:{colour}}}{scope}.on-change-{number}{{fill:{on}}}"


def _find_ink(paper: str) -> str:
    """Return black or white, whichever has more contrast on a colour (relative luminance as in WCAG 2)."""
    red, green, blue = (_linear(int(paper[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
