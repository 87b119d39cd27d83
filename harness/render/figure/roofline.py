"""The roofline of a run: operations for each byte against operations a second, both on scales of equal factors."""

import math
from collections.abc import Mapping, Sequence

from harness.judge.roof_point import list_roof_points, list_roofs
from harness.records.measurement import DECODE, FLOP_RATE
from harness.records.record import Record
from harness.records.roofline import Roof, RoofPoint
from harness.records.run import Run
from harness.records.wording import format_count
from harness.render.figure.axis import Plot, PlotAxis, PlotSize, open_plot, spread_labels
from harness.render.figure.drawing import Drawing, MarkShape, Position
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.lettering import fit_words
from harness.render.figure.scale import log_span
from harness.render.number import format_value
from harness.render.plain import cut, printable

_WIDTH, _HEIGHT = 860, 500
_LABELS = 150.0
_LINE = 14.0
_LONGEST = 200
# So many types of matrices have a line of their own; further ones have dots only.
_LINES = 6
_SHAPES = (MarkShape.DOT, MarkShape.SQUARE, MarkShape.UP, MarkShape.DIAMOND, MarkShape.DOWN, MarkShape.RING)
_HEAD = ("case", "metric", "threads", "FLOP/byte", "GFLOP/s", "limit GFLOP/s", "share %", "limit")
_NOTHING = "The roofline of this node was not measured."


class _Group(Record):
    """Points that belong together, in the order of their intensity, with the looks of their marks."""

    name: str
    points: tuple[RoofPoint, ...]
    role: str
    shape: MarkShape
    joined: bool


def draw_roofline(run: Run) -> Figure:
    """Return the roofs of a run with every matrix product, encoding and decoding below them.

    The intensity of a case is FLOP / bytes with every operand read once and every result written once, see
    `harness.judge.roof_point.list_roof_points`. There is a roof for each number of threads that was measured.
    """
    roofs, points = list_roofs(run), list_roof_points(run)
    used = {point.threads for point in points}
    shown = tuple(roof for roof in roofs if roof.threads in used) or roofs[-1:]
    title = f"Roofline of {run.node.name or 'a node without a name'}"
    if run.node.cpu.title:
        title += f": {run.node.cpu.title}"
    drawing = Drawing()
    plot = _open(drawing, title, shown, points)
    for number, roof in enumerate(shown):
        _draw_roof(drawing, plot, roof, first=number == len(shown) - 1)
    groups = _group(points)
    for group in groups:
        _draw_group(drawing, plot, group)
    _draw_labels(drawing, plot, groups, shown)
    if not shown:
        drawing.write((plot.left + 12, plot.top + 24), _NOTHING, "fill-muted")
    return Figure(
        kind=FigureKind.ROOFLINE,
        title=title,
        summary=_sum_up(shown, points),
        width=_WIDTH,
        height=_HEIGHT,
        marks=drawing.finish(),
        table=FigureTable(head=_HEAD, rows=(*map(_list_roof, roofs), *(_list_point(one, roofs) for one in points))),
        command=f"harness show {run.id}",
    )


def _open(drawing: Drawing, title: str, roofs: Sequence[Roof], points: Sequence[RoofPoint]) -> Plot:
    ridges = [roof.ridge for roof in roofs]
    left, right = log_span([*(one.intensity for one in points), *ridges, *(ridge / 8 for ridge in ridges)])
    rates = [one.rate for one in points] + [roof.peak for roof in roofs] + [roof.limit(left) for roof in roofs]
    low, high = log_span(rates)
    across = PlotAxis(title="operations for each byte, FLOP/byte", low=left / 1.2, high=right * 1.3, log=True)
    up = PlotAxis(title="rate, GFLOP/s", better="higher is better", low=low, high=high * 1.5, log=True)
    return open_plot(drawing, PlotSize(width=_WIDTH, height=_HEIGHT, right=_LABELS), title, across, up)


def _draw_roof(drawing: Drawing, plot: Plot, roof: Roof, *, first: bool) -> None:
    """Draw both limits of a number of threads, with their values."""
    left, right = plot.across.low, plot.across.high
    start = max(left, min(plot.up.low / roof.read, right))
    corners = [(start, roof.limit(start)), (max(left, min(roof.ridge, right)), roof.peak), (right, roof.peak)]
    places = [plot.place(*corner) for corner in corners]
    drawing.polyline(places, "bold stroke-text" if first else "thin dash stroke-axis")
    threads = format_count(roof.threads, "thread")
    peak = f"peak {format_value(roof.peak)} GFLOP/s, {threads}"
    drawing.write(
        (plot.right - 4, places[1][1] - 6), peak, "fill-text small" if first else "fill-muted small", anchor="end"
    )
    (x1, y1), (x2, y2) = places[0], places[1]
    if x2 - x1 > 40:
        read = f"reads {format_value(roof.read)} GB/s"
        middle = ((x1 + x2) / 2, (y1 + y2) / 2)
        drawing.slanted((middle[0] - 5, middle[1] - 6), read, math.degrees(math.atan2(y2 - y1, x2 - x1)))


def _group(points: Sequence[RoofPoint]) -> list[_Group]:
    """Return the products by type and threads, then encoding and decoding."""
    found: dict[str, list[RoofPoint]] = {}
    several = len({one.threads for one in points}) > 1
    for one in points:
        if one.metric == FLOP_RATE.name:
            name = one.case.get("type") + (f", {format_count(one.threads, 'thread')}" if several else "")
            found.setdefault(name, []).append(one)
    groups = [
        _Group(
            name=name,
            points=tuple(sorted(own, key=lambda one: one.intensity)),
            role=f"line-{number % _LINES + 1}",
            shape=_SHAPES[number % len(_SHAPES)] if number < _LINES else _SHAPES[(number + 1) % len(_SHAPES)],
            joined=True,
        )
        for number, (name, own) in enumerate(found.items())
    ]
    for one in points:
        if one.metric != FLOP_RATE.name:
            shape = MarkShape.CROSS if one.metric == DECODE.name else MarkShape.DIAMOND
            groups.append(_Group(name=_name(one), points=(one,), role="accent", shape=shape, joined=False))
    return groups


def _draw_group(drawing: Drawing, plot: Plot, group: _Group) -> None:
    places = [plot.place(one.intensity, one.rate) for one in group.points]
    if group.joined:
        drawing.polyline(places, f"thin stroke-{group.role} faint")
    for one, place in zip(group.points, places, strict=True):
        classes = f"fill-{group.role}"
        if group.shape in (MarkShape.CROSS, MarkShape.RING):
            classes = f"hollow stroke-{group.role}"
        size = 3.2 if group.joined else 4.6
        drawing.mark(place, classes, group.shape, size=size, tip=_describe(one))


def _draw_labels(drawing: Drawing, plot: Plot, groups: Sequence[_Group], roofs: Sequence[Roof]) -> None:
    """Write the name of each group near its last point: at the right edge, those of decoding beside their marks."""
    near = [group for group in groups if group.points[0].metric == DECODE.name]
    far = [group for group in groups if group not in near]
    _draw_column(drawing, plot, far, (plot.right + 4, plot.top + 8))
    if near:
        # Below the roof, which rises from there to the right, as far as there is room.
        intensity = max(group.points[0].intensity for group in near)
        roof = max((one.limit(intensity) for one in roofs), default=plot.up.high)
        room = plot.bottom - 4 - _LINE * (len(near) - 1)
        top = max(plot.top + 8, min(plot.up.place(roof) + _LINE, room))
        _draw_column(drawing, plot, near, (plot.across.place(intensity) + 22, top))


def _draw_column(drawing: Drawing, plot: Plot, groups: Sequence[_Group], corner: Position) -> None:
    """Write names below each other, each with its mark and a thin line to it."""
    x, top = corner
    ends = [plot.place(group.points[-1].intensity, group.points[-1].rate) for group in groups]
    heights = spread_labels([y for _, y in ends], _LINE, top, plot.bottom - 4)
    for group, (left, y), height in zip(groups, ends, heights, strict=True):
        drawing.polyline([(left + 6, y), (x, height), (x + 6, height)], "thin stroke-grid")
        hollow = group.shape in (MarkShape.CROSS, MarkShape.RING)
        classes = f"hollow stroke-{group.role}" if hollow else f"fill-{group.role}"
        drawing.mark((x + 14, height), classes, group.shape, size=3.2)
        drawing.write((x + 24, height + 4), fit_words(group.name, _LABELS - 30, 11), "fill-text small")


def _name(point: RoofPoint) -> str:
    case = point.case
    if point.metric == FLOP_RATE.name:
        return f"{case.get('type')} {case.get('n')}"
    flash = " fa" if case.get("fa") == "1" else ""
    return f"{point.metric} {case.get('model')} t{point.threads}{flash}"


def _describe(point: RoofPoint) -> str:
    words = f"{_name(point)}: {format_value(point.rate)} GFLOP/s at {format_value(point.intensity)} FLOP/byte"
    return cut(printable(words), _LONGEST)


def _list_roof(roof: Roof) -> tuple[str, ...]:
    peak, ridge = format_value(roof.peak), format_value(roof.ridge)
    return ("roofline", "peak and reads", str(roof.threads), ridge, peak, peak, "-", f"{format_value(roof.read)} GB/s")


def _list_point(point: RoofPoint, roofs: Sequence[Roof]) -> tuple[str, ...]:
    by_threads: Mapping[int, Roof] = {roof.threads: roof for roof in roofs}
    roof = by_threads.get(point.threads)
    limit = roof.limit(point.intensity) if roof else math.nan
    named = (cut(printable(str(point.case)), _LONGEST), point.metric, str(point.threads))
    kind = "-" if roof is None else "peak" if point.intensity >= roof.ridge else "reads"
    share = f"{100 * point.rate / limit:.1f}" if roof else "-"
    return (*named, format_value(point.intensity), format_value(point.rate), format_value(limit), share, kind)


def _sum_up(roofs: Sequence[Roof], points: Sequence[RoofPoint]) -> str:
    if not roofs:
        return _NOTHING
    roof = roofs[-1]
    limits = f"{format_value(roof.peak)} GFLOP/s and reads {format_value(roof.read)} GB/s"
    words = f"With {format_count(roof.threads, 'thread')} the node computes at most {limits}."
    if points:
        best = max(points, key=lambda one: one.rate)
        words += f" The highest rate is {format_value(best.rate)} GFLOP/s, {_name(best)}."
    return cut(printable(words), 2 * _LONGEST)
