"""What stands around the marks of a plot: title, grid, ticks with their labels, and what the axes show."""

import math
from collections.abc import Iterable, Sequence

from harness.records.measurement import Metric
from harness.records.record import Record
from harness.render.figure.drawing import Drawing
from harness.render.figure.lettering import fit_words, format_tick, measure_words
from harness.render.figure.scale import Scale, log_span, span

_LOWER, _HIGHER = "lower is better", "higher is better"
# Pixels: from the edge of the figure, between a label and its axis, of a line of small letters, of a row of ticks.
_EDGE, _GAP, _SMALL, _ROW = 12.0, 6.0, 11.0, 24.0
_TITLE = 24.0
# Letters of the title are as wide as plain ones of this size.
_BOLD = 15.5
# On a scale of equal factors are values of which the greatest is so many times the least.
_LOG_FROM = 10.0


class Tick(Record):
    """A value of an axis, and how it is labelled there; a label may be empty."""

    value: float
    label: str


class PlotAxis(Record):
    """One direction of a plot: what it shows, with its unit, from `low` to `high`; `log` for equal factors.

    `better` says in words which end is better, and may be empty. Without `ticks` round values are labelled. `lines`
    tells whether ticks have lines across the plot.
    """

    title: str
    low: float
    high: float
    log: bool = False
    better: str = ""
    ticks: tuple[Tick, ...] = ()
    lines: bool = True

    @property
    def is_broken(self) -> bool:
        """Whether a linear axis begins elsewhere than at zero, which has to be marked."""
        return not self.log and not self.ticks and not self.low <= 0 <= self.high


class Plot(Record):
    """Where marks go: the scales of both axes. Pixels grow downwards, so `up` starts at the bottom."""

    across: Scale
    up: Scale

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of two values."""
        return self.across.place(x), self.up.place(y)

    @property
    def left(self) -> float:
        """The left edge of the plot."""
        return self.across.start

    @property
    def right(self) -> float:
        """The right edge of the plot."""
        return self.across.end

    @property
    def top(self) -> float:
        """The upper edge of the plot."""
        return self.up.end

    @property
    def bottom(self) -> float:
        """The lower edge of the plot."""
        return self.up.start


class PlotSize(Record):
    """The size of a figure in pixels, and what a plot leaves free beside itself.

    `left` is the least width of labels at the left, `right` the width of a second axis or of labels at the right, and
    `below` the height of further rows below the labels of the ticks. `x` and `y` are its corner, where it is one of
    several.
    """

    width: int
    height: int
    left: float = 0.0
    right: float = 0.0
    below: float = 0.0
    x: float = 0.0
    y: float = 0.0


def choose_axis(values: Iterable[float], title: str, better: str = "", *, log: bool | None = None) -> PlotAxis:
    """Return an axis that holds all finite values; on a scale of equal factors if they differ more than tenfold.

    Such a scale cannot show zero and what lies below it: it holds the values above.
    """
    known = [value for value in values if math.isfinite(value)]
    above = [value for value in known if value > 0]
    if log is None:
        log = bool(above) and len(above) == len(known) and max(above) / _LOG_FROM > min(above)
    low, high = log_span(above) if log else span(known)
    return PlotAxis(title=title, low=low, high=high, log=log, better=better)


def describe_metric(metric: Metric) -> tuple[str, str]:
    """Return how an axis names a metric with its unit, and which end of it is better."""
    return f"{metric.name.replace('_', ' ')}, {metric.unit}", _LOWER if metric.lower_is_better else _HIGHER


def open_plot(drawing: Drawing, size: PlotSize, title: str, across: PlotAxis, up: PlotAxis) -> Plot:
    """Draw everything but the marks, and return where these go.

    Without a title the plot begins further up.
    """
    head = _TITLE if title else 0.0
    caption = _SMALL + 2 * _GAP if up.title or up.better else _GAP
    foot = _ROW + (_SMALL + _GAP if across.title else 0) + size.below
    top, bottom = size.y + head + caption, size.y + size.height - foot - _GAP / 2
    up_scale = Scale(low=up.low, high=up.high, start=bottom, end=max(min(top, bottom - 1), size.y), log=up.log)
    labels = [tick.label for tick in _list_ticks(up, up_scale)]
    left = max(size.left, *(measure_words(label, _SMALL) + _GAP for label in labels), 0.0) + _EDGE + size.x
    right = max(left + 1, size.x + size.width - max(size.right, _EDGE))
    plot = Plot(
        across=Scale(low=across.low, high=across.high, start=left, end=right, log=across.log),
        up=up_scale,
    )
    if title:
        drawing.write((size.x + _EDGE, size.y + 17), fit_words(title, size.width - 2 * _EDGE, _BOLD), "fill-text title")
    _draw_up(drawing, plot, up, size)
    _draw_across(drawing, plot, across, size)
    return plot


def draw_right_axis(drawing: Drawing, plot: Plot, axis: PlotAxis) -> None:
    """Draw a second axis at the right edge of a plot, which shows the same marks in another unit."""
    scale = Scale(low=axis.low, high=axis.high, start=plot.bottom, end=plot.top, log=axis.log)
    for tick in _list_ticks(axis, scale):
        y = scale.place(tick.value)
        drawing.line((plot.right, y), (plot.right + 4, y), "stroke-axis thin")
        drawing.write((plot.right + _GAP + 2, y + 4), tick.label, "fill-muted small")
    drawing.write((plot.right, plot.top - _GAP - 1), axis.title, "fill-muted small", anchor="middle")


def spread_labels(wanted: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Return places for labels, near those wanted, in their order, at least `least` apart, from `low` to `high`.

    More labels than there is room for are at equal distances.
    """
    if len(wanted) > 1 and least * (len(wanted) - 1) > high - low:
        least = (high - low) / (len(wanted) - 1)
    order = sorted(range(len(wanted)), key=lambda number: wanted[number])
    places = [0.0] * len(wanted)
    floor = low
    for number in order:
        places[number] = floor = max(wanted[number], floor)
        floor += least
    ceiling = high
    for number in reversed(order):
        places[number] = ceiling = min(places[number], ceiling)
        ceiling -= least
    return places


def _list_ticks(axis: PlotAxis, scale: Scale) -> Sequence[Tick]:
    if axis.ticks:
        return axis.ticks
    found = scale.list_ticks(max(3, int(abs(scale.end - scale.start) / 40)))
    step = 0.0 if axis.log or len(found) < 2 else found[1] - found[0]
    return [Tick(value=value, label=format_tick(value, step)) for value in found]


def _draw_up(drawing: Drawing, plot: Plot, axis: PlotAxis, size: PlotSize) -> None:
    lines = []
    for tick in _list_ticks(axis, plot.up):
        y = plot.up.place(tick.value)
        lines.append(((plot.left, y), (plot.right, y)))
        drawing.write((plot.left - _GAP, y + 4), tick.label, "fill-muted small", anchor="end")
    if axis.lines:
        drawing.segments(lines, "stroke-grid thin")
    words = " · ".join(part for part in (axis.title, axis.better) if part)
    room = size.width - _EDGE - max(size.right, _EDGE)
    drawing.write((size.x + _EDGE, plot.top - _GAP - 1), fit_words(words, room, _SMALL), "fill-muted small")
    if axis.is_broken:
        x, y = plot.left, plot.bottom
        drawing.polyline([(x, y), (x - 4, y - 3), (x + 4, y - 8), (x, y - 11)], "stroke-axis thin")


def _draw_across(drawing: Drawing, plot: Plot, axis: PlotAxis, size: PlotSize) -> None:
    ticks = axis.ticks or _list_ticks(axis, _shrink(plot.across))
    drawing.line((plot.left, plot.bottom), (plot.right, plot.bottom), "stroke-axis thin")
    taken = -math.inf
    for tick in ticks:
        x = plot.across.place(tick.value)
        half = measure_words(tick.label, _SMALL) / 2
        drawing.line((x, plot.bottom), (x, plot.bottom + 4), "stroke-axis thin")
        middle = min(max(x, plot.left + half - _EDGE), plot.right - half + _EDGE)
        if middle - half > taken and half * 2 <= plot.right - plot.left + 2 * _EDGE:
            drawing.write((middle, plot.bottom + 16), tick.label, "fill-muted small", anchor="middle")
            taken = middle + half + _GAP
    words = " · ".join(part for part in (axis.title, axis.better) if part)
    if axis.title:
        place = (plot.right, plot.bottom + _ROW + _SMALL)
        drawing.write(place, fit_words(words, plot.right - size.x - _EDGE, _SMALL), "fill-muted small", anchor="end")


def _shrink(scale: Scale) -> Scale:
    """Return a scale with fewer ticks: labels are wider than high."""
    return scale.replace(start=0.0, end=(scale.end - scale.start) / 1.6)
