"""A series over the commits of its history: points with their intervals, epochs, and where events happened."""

import math
from collections.abc import Iterator, Sequence

from harness.records.history import Epoch, Level, Point
from harness.records.measurement import METRICS
from harness.records.site import SiteState
from harness.render.figure.axis import (
    Plot,
    PlotAxis,
    PlotSize,
    Tick,
    choose_axis,
    describe_metric,
    draw_right_axis,
    open_plot,
)
from harness.render.figure.drawing import Drawing
from harness.render.figure.figure import Figure, FigureKind
from harness.render.figure.lettering import fit_words, measure_words
from harness.render.figure.series_sheet import SeriesSheet, describe_cuts, name_commit
from harness.render.figure.series_words import (
    describe_point,
    describe_series,
    name_series,
    tabulate_points,
    write_command,
)
from harness.render.figure.state import STATE_MARKS, draw_state
from harness.render.figure.thinning import Column, thin_points

_WIDTH, _HEIGHT = 1000, 340
_RIGHT, _SMALL = 52.0, 11.0
# So many columns of pixels, so many points that say what they are.
_COLUMNS, _TIPS = 600, 200
# The least width in which words can be read.
_LEGIBLE = 66
# The share of the height that is kept free for the names of epochs and the labels of events.
_HEAD = 0.16
# Marks of events keep clear of points that are so near at either side.
_NEAR = 20.0
# So many labels of days an axis has at most.
_DAYS = 8


def draw_series(sheet: SeriesSheet, *, width: int = _WIDTH, height: int = _HEIGHT) -> Figure:
    """Return the figure of a series; long ones are thinned, and their newest points are in the table."""
    drawing = Drawing()
    _draw_bands(drawing, open_series(sheet, width=width, height=height), sheet)
    plot = open_series(sheet, drawing, width=width, height=height)
    _draw_epochs(drawing, plot, sheet)
    _draw_points(drawing, plot, sheet)
    _draw_events(drawing, plot, sheet)
    return Figure(
        kind=FigureKind.SERIES,
        title=name_series(sheet.series.key),
        summary=describe_series(sheet),
        width=width,
        height=height,
        marks=drawing.finish(),
        table=tabulate_points(sheet),
        command=write_command(sheet.series.key),
    )


def open_series(
    sheet: SeriesSheet, drawing: Drawing | None = None, *, width: int = _WIDTH, height: int = _HEIGHT
) -> Plot:
    """Return where the points of a series go; what stands around them is drawn if there is a drawing."""
    drawing = drawing or Drawing()
    key, points = sheet.series.key, sheet.series.points
    metric = METRICS.get(key.metric)
    title, better = describe_metric(metric) if metric else (key.metric, "")
    up = _make_room(choose_axis(_list_heights(points), title, better, log=False))
    positions = [point.position for point in points] or [0]
    first, last = min(positions), max(positions)
    spare = max(0.5, (last - first) * 0.01)
    across = PlotAxis(
        title="commits in order, by day of measurement",
        low=first - spare,
        high=last + spare,
        ticks=tuple(_list_days(points)) or (Tick(value=first, label=""),),
    )
    level = _find_level(sheet)
    size = PlotSize(width=width, height=height, right=_RIGHT if level else 0)
    plot = open_plot(drawing, size, name_series(key), across, up)
    if level:
        ends = [100 * (end / level.middle - 1) for end in (up.low, up.high)]
        draw_right_axis(drawing, plot, PlotAxis(title="% of level", low=ends[0], high=ends[1]))
    return plot


def _list_heights(points: Sequence[Point]) -> list[float]:
    """Return the values that the vertical axis holds: wide intervals make it at most three times as high."""
    values = [point.value for point in points if math.isfinite(point.value)]
    if not values:
        return []
    low, high = min(values), max(values)
    reach = (high - low) if high > low else abs(high) * 0.2
    ends = [end for point in points for end in (point.low, point.high) if end is not None and math.isfinite(end)]
    return [*values, *(min(max(end, low - reach), high + reach) for end in ends)]


def _make_room(axis: PlotAxis) -> PlotAxis:
    high = axis.high + (axis.high - axis.low) * _HEAD
    return axis.replace(high=high) if math.isfinite(high) else axis


def _list_days(points: Sequence[Point]) -> Iterator[Tick]:
    """Yield the days at which an axis of commits is labelled: those of the first point of a month, if that is enough.

    Commits may be measured in another order: only a later day is a label further right.
    """
    days: dict[str, int] = {}
    newest = ""
    for point in sorted(points, key=lambda point: point.position):
        if point.day > newest:
            newest = point.day
            days.setdefault(newest, point.position)
    months: dict[str, tuple[str, int]] = {}
    for day, position in days.items():
        months.setdefault(day[:7], (day, position))
    named = [(month, position) for month, (_, position) in months.items()]
    chosen = named if len(named) > 3 else list(days.items())
    for label, position in chosen[:: math.ceil(len(chosen) / _DAYS) or 1]:
        yield Tick(value=position, label=label)


def _find_level(sheet: SeriesSheet) -> Level | None:
    level = sheet.judgement.epochs[-1].level if sheet.judgement.epochs else None
    return level if level and math.isfinite(level.middle) and level.middle > 0 else None


def _find_ends(plot: Plot, points: Sequence[Point], epoch: Epoch) -> tuple[float, float]:
    """Return where an epoch begins and ends: half way to the neighbours of its points."""
    first, last = points[epoch.first].position, points[min(epoch.last, len(points) - 1)].position
    before = points[epoch.first - 1].position if epoch.first else None
    after = points[epoch.last + 1].position if epoch.last + 1 < len(points) else None
    left = plot.left if before is None else plot.across.place((before + first) / 2)
    return left, plot.right if after is None else plot.across.place((after + last) / 2)


def _draw_bands(drawing: Drawing, plot: Plot, sheet: SeriesSheet) -> None:
    """Draw every other epoch as a band, below the lines of the axes."""
    for epoch in sheet.judgement.epochs[1::2]:
        left, right = _find_ends(plot, sheet.series.points, epoch)
        drawing.box((left, plot.top), right - left, plot.bottom - plot.top, "fill-band", tip=describe_cuts(epoch.cuts))


def _draw_epochs(drawing: Drawing, plot: Plot, sheet: SeriesSheet) -> None:
    points = sheet.series.points
    if not points:
        return
    free = plot.left
    for number, epoch in enumerate(sheet.judgement.epochs):
        left, right = _find_ends(plot, points, epoch)
        words = describe_cuts(epoch.cuts)
        if number:
            drawing.line((left, plot.top), (left, plot.bottom), "stroke-axis thin dash")
        if words:
            free = _name_epoch(drawing, plot, words, (left, right), free)
        if epoch.level and math.isfinite(epoch.level.middle):
            y = plot.up.place(epoch.level.middle)
            drawing.line((left, y), (right, y), "stroke-muted thin dash")


def _name_epoch(drawing: Drawing, plot: Plot, words: str, ends: tuple[float, float], free: float) -> float:
    """Write what began an epoch within it, or before its line where it is narrow; return where the next may stand."""
    left, right = ends
    y = plot.top + 11
    if left >= free and right - left > _LEGIBLE:
        shown = fit_words(words, min(right - left - 6, 260), _SMALL)
        drawing.write((left + 5, y), shown, "fill-muted small")
        return left + measure_words(shown, _SMALL) + 14
    if left - free > 2 * _LEGIBLE:
        drawing.write(
            (left - 5, y), fit_words(words, min(left - free - 10, 260), _SMALL), "fill-muted small", anchor="end"
        )
        return left + 5
    return free


def _draw_points(drawing: Drawing, plot: Plot, sheet: SeriesSheet) -> None:
    points = [point for point in sheet.series.points if math.isfinite(point.value)]
    values = [point.value for point in points]
    columns = thin_points([plot.across.place(point.position) for point in points], values, _COLUMNS)
    drawing.segments(_list_bars(plot, points, columns), "stroke-line-1 thin faint")
    begins = {sheet.series.points[epoch.first].position for epoch in sheet.judgement.epochs[1:]}
    for piece in _list_pieces(points, columns, begins):
        drawing.polyline(((one.x, plot.up.place(values[one.middle])) for one in piece), "stroke-line-1 thin faint")
    if len(points) > _TIPS:
        places = ((one.x, plot.up.place(values[number])) for one in columns for number in one.numbers)
        drawing.dots(places, "stroke-line-1")
        if sheet.state is not SiteState.STEADY and points:
            draw_state(drawing, plot.place(points[-1].position, values[-1]), sheet.state)
        return
    commits = sheet.find_commits()
    size = 3.0 if len(points) <= 60 else 2.2
    for number, point in enumerate(points):
        at = plot.place(point.position, point.value)
        tip = describe_point(point, name_commit(point, commits), sheet.unit)
        if number == len(points) - 1 and sheet.state is not SiteState.STEADY:
            draw_state(drawing, at, sheet.state, tip=f"{tip}, {sheet.state}")
        else:
            drawing.mark(at, "fill-line-1", size=size, tip=tip)


def _list_bars(
    plot: Plot, points: Sequence[Point], columns: Sequence[Column]
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield the interval of each column, from the lowest to the highest end of those of its points."""
    for one in columns:
        own = [points[number] for number in one.numbers]
        ends = [end for point in own for end in (point.low, point.high) if end is not None and math.isfinite(end)]
        ends += [point.value for point in own]
        low, high = plot.up.place(min(ends)), plot.up.place(max(ends))
        if low - high > 1:
            yield (one.x, low), (one.x, high)


def _list_pieces(points: Sequence[Point], columns: Sequence[Column], begins: set[int]) -> Iterator[list[Column]]:
    """Yield the stretches of columns between epochs, and between commits that were not measured."""
    piece: list[Column] = []
    last = math.inf
    for one in columns:
        positions = sorted(points[number].position for number in one.numbers)
        is_gap = len(columns) == len(points) and positions[0] - last > 1
        if is_gap or any(last < begin <= positions[-1] for begin in begins):
            yield piece
            piece = []
        piece.append(one)
        last = positions[-1]
    yield piece


def _draw_events(drawing: Drawing, plot: Plot, sheet: SeriesSheet) -> None:
    points = sheet.series.points
    tops = [(plot.across.place(one.position), plot.up.place(one.value)) for one in points if math.isfinite(one.value)]
    taken = -math.inf
    for event in sheet.events:
        before = points[max(0, event.earliest - 1)].position
        left, right = plot.across.place(before), plot.across.place(points[event.latest].position)
        x = plot.across.place(points[event.since].position)
        around = [y for at, y in tops if left - _NEAR < at < right + _NEAR]
        y = max(plot.top + 28, min(around, default=plot.bottom) - 16)
        role = STATE_MARKS[event.state].role
        drawing.line((left, y), (right, y), f"stroke-{role} line")
        drawing.segments((((end, y - 4), (end, y + 4)) for end in (left, right)), f"stroke-{role} line")
        draw_state(drawing, (x, y), event.state, tip=f"{event.state}: {event.label}, event {event.id}")
        half = measure_words(event.label, _SMALL) / 2
        if x - half > taken:
            # Where an epoch begins there is a line through the mark: words stand beside it.
            across, up = (x - 9 - half, y + 4) if event.state is SiteState.NODE else (x, y - 9)
            place = min(max(across, plot.left + half), plot.right - half)
            drawing.write((place, up), event.label, f"fill-{role} small", anchor="middle")
            taken = x + half
