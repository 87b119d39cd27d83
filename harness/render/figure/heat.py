"""Heat maps: a grid of cells whose colour is a value, with the value written in each; a part of several figures."""

import math
from collections.abc import Sequence

from harness.records.record import Record
from harness.render.figure.drawing import Drawing, Position
from harness.render.figure.lettering import fit_words, measure_words
from harness.render.figure.palette import SEQUENCE
from harness.render.number import format_value

ROW_HEIGHT = 26.0
_NAMES_WIDEST = 300.0
_CELL_NARROWEST, _CELL_WIDEST = 40.0, 110.0
_SMALL = 11.0
_STEPS = len(SEQUENCE)
_LEAST_RATIO, _MOST = 1.1, 1e308


class HeatCell(Record):
    """A cell: its words, its value, which decides the colour, and what is shown where the pointer rests on it.

    Without a value it has no colour. `strong` frames it, and `faint` is a thinner frame.
    """

    words: str
    value: float | None = None
    tip: str = ""
    strong: bool = False
    faint: bool = False


class HeatMap(Record):
    """The cells row by row, the names of rows and columns, and what these and the colours are.

    The colours are equal factors apart if `log`, equal steps if not.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[HeatCell, ...], ...]
    across: str
    down: str
    quantity: str
    log: bool = True


def measure_heat(heat: HeatMap, width: float) -> tuple[float, float, float]:
    """Return the widths of the names of rows and of a cell, and the height of a heat map in so much width."""
    names = max((measure_words(name) for name in (*heat.rows, heat.down)), default=0.0) + 14
    names = min(names, _NAMES_WIDEST, width / 2)
    cell = (width - names) / max(1, len(heat.columns))
    return names, max(_CELL_NARROWEST, min(cell, _CELL_WIDEST)), 44 + ROW_HEIGHT * len(heat.rows) + 48


def draw_heat(drawing: Drawing, heat: HeatMap, corner: Position, width: float) -> None:
    """Draw a heat map with its names at a corner, and below it what the colours mean."""
    names, cell, _ = measure_heat(heat, width)
    left, top = corner[0] + names, corner[1] + 44
    drawing.write((left, corner[1] + 12), fit_words(heat.across, width - names), "fill-muted small")
    drawing.write((left - 10, corner[1] + 32), fit_words(heat.down, names - 10), "fill-muted small", anchor="end")
    for number, name in enumerate(heat.columns):
        words = fit_words(name, cell - 4)
        drawing.write((left + (number + 0.5) * cell, corner[1] + 32), words, "fill-text", anchor="middle")
    low, high = _find_ends(heat)
    for at, (name, row) in enumerate(zip(heat.rows, heat.cells, strict=True)):
        y = top + at * ROW_HEIGHT
        drawing.write((left - 10, y + 17), fit_words(name, names - 14), "fill-text", anchor="end")
        for number, one in enumerate(row):
            _draw_cell(drawing, one, (left + number * cell, y), cell, find_step(one.value, low, high, log=heat.log))
    _frame(drawing, heat, (left, top), cell)
    _explain(drawing, heat, (left, top + len(heat.rows) * ROW_HEIGHT + 16), (low, high))


def find_step(value: float | None, low: float, high: float, *, log: bool = True) -> int | None:
    """Return the colour of a value between the ends of a heat map, 0 for the lowest; None for one that has none."""
    if value is None or not math.isfinite(value) or (log and value <= 0):
        return None
    if not low < high:
        return _STEPS // 2
    place = math.log if log else _halve
    share = (place(value) - place(low)) / (place(high) - place(low))
    return min(_STEPS - 1, max(0, int(share * _STEPS)))


def _halve(value: float) -> float:
    # The distance of the greatest numbers is greater than any number.
    return value / 2


def _find_ends(heat: HeatMap) -> tuple[float, float]:
    values = [one.value for row in heat.cells for one in row if one.value is not None and math.isfinite(one.value)]
    known = [value for value in values if value > 0 or not heat.log]
    if not known:
        return 1.0, 1.0
    low, high = min(known), max(known)
    # What lies so near to each other would look like mountains.
    return low, max(high, min(low * _LEAST_RATIO, _MOST)) if heat.log else high


def _draw_cell(drawing: Drawing, one: HeatCell, corner: Position, width: float, step: int | None) -> None:
    area = "fill-band" if step is None else f"seq-{step}"
    ink = "fill-muted small" if step is None else f"on-seq-{step}"
    drawing.box((corner[0] + 0.5, corner[1] + 0.5), width - 1, ROW_HEIGHT - 1, area, tip=one.tip)
    words = fit_words(one.words, width - 6)
    drawing.write((corner[0] + width / 2, corner[1] + 17), words, ink, anchor="middle")


def _frame(drawing: Drawing, heat: HeatMap, corner: Position, width: float) -> None:
    """Draw the frames of cells that stand out, above all the others: ink on paper, so that every colour shows it."""
    for at, row in enumerate(heat.cells):
        for number, one in enumerate(row):
            if one.strong or one.faint:
                x, y = corner[0] + number * width, corner[1] + at * ROW_HEIGHT
                outline = _go_round((x + 1, y + 1), width - 2, ROW_HEIGHT - 2)
                drawing.polyline(outline, "line stroke-paper thick" if one.strong else "line stroke-paper")
                outer = _go_round((x - 0.5, y - 0.5), width + 1, ROW_HEIGHT + 1)
                drawing.polyline(outer, "line stroke-text thick" if one.strong else "line stroke-text dash")


def _go_round(corner: Position, width: float, height: float) -> Sequence[Position]:
    (x, y), right, bottom = corner, corner[0] + width, corner[1] + height
    return ((x, y), (right, y), (right, bottom), (x, bottom), (x, y))


def _explain(drawing: Drawing, heat: HeatMap, corner: Position, ends: tuple[float, float]) -> None:
    x, y = corner
    low, high = ends
    if not low < high:
        drawing.write((x, y + 11), heat.quantity, "fill-muted small")
        return
    words = format_value(low)
    drawing.write((x, y + 11), words, "fill-muted small")
    x += measure_words(words, _SMALL) + 6
    for step in range(_STEPS):
        drawing.box((x + 14 * step, y), 14, 13, f"seq-{step}")
    kind = "equal factors" if heat.log else "equal steps"
    drawing.write((x + 14 * _STEPS + 6, y + 11), f"{format_value(high)}  {heat.quantity}, {kind}", "fill-muted small")
