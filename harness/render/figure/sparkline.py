"""How a series went, as a line of the size of a word: its newest point carries the mark of its state."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from harness.records.site import SiteState
from harness.render.figure.drawing import Drawing, clean
from harness.render.figure.scale import Scale, span
from harness.render.figure.state import STATE_MARKS
from harness.render.number import format_value

_WIDTH, _HEIGHT = 120, 24
_EDGE = 4


def write_sparkline(values: Sequence[float], state: SiteState, *, most: int = 60, labelled: bool = True) -> str:
    """Return the `<svg>` element of a trend, oldest value first; values that are no numbers are gaps.

    More than `most` values are drawn as the medians of so many stretches of equal length. Whole pixels are enough, so
    that a page can hold thousands of them. Without a label a screen reader passes it over.
    """
    places = list(_place(_thin(values, most)))
    drawing = Drawing()
    drawing.trace(places, "stroke-muted line")
    if (newest := next((place for place in reversed(places) if place), None)) is not None:
        mark = STATE_MARKS[state]
        drawing.mark(newest, mark.classes, mark.shape, size=2.5 if state is SiteState.STEADY else 3.5)
    read = f'role="img" aria-label="{clean(_describe(values, state))}"' if labelled else 'aria-hidden="true"'
    opened = f'<svg class="sparkline" {read} viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
    return f"{opened}{drawing.finish()}</svg>"


def _thin(values: Sequence[float], most: int) -> list[float]:
    if len(values) <= most:
        return list(values)
    ends = [len(values) * number // most for number in range(most + 1)]
    parts = ([one for one in values[first:last] if math.isfinite(one)] for first, last in pairwise(ends))
    thinned = [median(part) if part else math.nan for part in parts]
    return [*thinned[:-1], values[-1]]


def _place(values: Sequence[float]) -> Iterator[tuple[int, int] | None]:
    low, high = span(values, margin=0.0)
    up = Scale(low=low, high=high, start=_HEIGHT - _EDGE, end=_EDGE)
    across = Scale(low=0, high=max(1, len(values) - 1), start=_EDGE, end=_WIDTH - _EDGE)
    for number, value in enumerate(values):
        at = number if len(values) > 1 else 1
        yield (round(across.place(at)), round(up.place(value))) if math.isfinite(value) else None


def _describe(values: Sequence[float], state: SiteState) -> str:
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return f"{state}: no points"
    if len(known) == 1:
        return f"{state}: one point, {format_value(known[0])}"
    ends = f"from {format_value(min(known))} to {format_value(max(known))}"
    return f"{state}: {len(known)} points {ends}, the newest {format_value(known[-1])}"
