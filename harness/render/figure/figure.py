"""A figure: a drawing with the words and the numbers that belong to it."""

from enum import StrEnum
from html import escape

from harness.records.record import Record
from harness.render.figure.drawing import clean
from harness.render.figure.palette import PAPER, Theme, style_figures

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
# What every figure has in common, whatever its colours.
FORM = """.figure{font-family:FONT;font-size:12px;font-variant-numeric:tabular-nums}
.figure text{stroke:none}
.figure .title{font-size:14px;font-weight:600}
.figure .small{font-size:11px}
svg .line{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
svg .thin{fill:none;stroke-width:1}
svg .thick{fill:none;stroke-width:2.5}
svg .dots{fill:none;stroke-width:3.4;stroke-linecap:round}
svg .dash{stroke-dasharray:4 3}
svg .bold{fill:none;stroke-width:2}
svg .hollow{fill-opacity:0;stroke-width:1.5}
svg .faint{opacity:.6}""".replace("FONT", _FONT)


class FigureTable(Record):
    """The numbers behind a figure: one row of texts for each thing drawn; units stand in the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class FigureKind(StrEnum):
    """What a figure shows; the word names it on the command line and in the fragment of a page's address."""

    SERIES = "series"
    REPETITIONS = "repetitions"
    MODELS = "models"
    ROOFLINE = "roofline"
    MUL_MAT = "mul_mat"
    MEMCPY = "memcpy"
    TRIAL = "trial"
    VERDICTS = "verdicts"
    SWEEP = "sweep"
    TUNE = "tune"
    BISECTION = "bisection"
    NIGHTS = "nights"


class Figure(Record):
    """A drawing of `width` x `height` pixels: `marks` are SVG elements whose colours are classes, see `palette`.

    `title` says what is seen, `summary` what comes of it, in one sentence each: they are what a screen reader says.
    `command` prints the same numbers; it may be empty.
    """

    kind: FigureKind
    title: str
    summary: str
    width: int
    height: int
    marks: str
    table: FigureTable
    command: str = ""


def write_element(figure: Figure, number: int = 1) -> str:
    """Return the `<svg>` element of a figure for a page that has the styles; `number` makes its ids unique there."""
    ids = f"figure-{number}-title figure-{number}-summary"
    return (
        f'<svg class="figure" role="img" aria-labelledby="{ids}" viewBox="0 0 {figure.width} {figure.height}" '
        f'width="{figure.width}" height="{figure.height}">'
        f'<title id="figure-{number}-title">{clean(figure.title)}</title>'
        f'<desc id="figure-{number}-summary">{clean(figure.summary)}</desc>{figure.marks}</svg>'
    )


def write_svg(figure: Figure, theme: Theme | None = None) -> str:
    """Return a figure as an SVG file of its own, on paper; without a theme it follows that of the reader."""
    rules = style_figures(theme or Theme.LIGHT)
    if theme is None:
        rules += f"\n@media (prefers-color-scheme: dark){{{style_figures(Theme.DARK)}}}"
    element = write_element(figure)
    opened, rest = element.split(">", 1)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{opened} xmlns="http://www.w3.org/2000/svg">'
        f"<style>{escape(FORM, quote=False)}\n{rules}</style>"
        f'<rect class="fill-paper" width="100%" height="100%" fill="{PAPER.light}"/>{rest}\n'
    )
