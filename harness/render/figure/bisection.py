"""A search for a commit: what was measured along the line, and how probable it is that each commit did it."""

import math
from collections.abc import Iterator, Mapping, Sequence

from harness.records.bisection import BisectReport, Suspect
from harness.records.measurement import METRICS
from harness.records.record import Record
from harness.records.wording import format_count
from harness.render.figure.axis import Plot, PlotAxis, PlotSize, Tick, choose_axis, open_plot
from harness.render.figure.drawing import Drawing, MarkShape, Position
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.lettering import measure_words
from harness.render.number import format_share
from harness.render.plain import cut, printable

_WIDTH, _HALF = 860, 230
_EDGE, _SMALL = 12.0, 11.0
_LONGEST = 200
# Of a longer line the likeliest commits are in the table, in the order of the line.
_ROWS = 200
# Bars of a short line are no wider, those of a long one no thinner; hatching is so far apart.
_WIDEST, _THINNEST, _HATCH = 34.0, 1.5, 5.0
_HEAD = ("place", "commit", "subject", "probability %", "blocks", "change %", "state")


class _Place(Record):
    """A candidate of the line, with what is known of it."""

    number: int
    commit: str
    chance: float
    named: bool
    unbuildable: bool


def draw_bisection(report: BisectReport) -> Figure:
    """Return both halves of a search: the measured change at each place, and the posterior over the commits."""
    places = _list_places(report)
    drawing = Drawing()
    title = f"Which commit changed {report.metric.replace('_', ' ')} on {report.node}"
    count = len(places)
    _draw_visits(drawing, report, _open_upper(drawing, report, title, count))
    drawing.open_at((0, _HALF + 16))
    plot = _open_lower(drawing, places)
    _draw_chances(drawing, plot, places)
    _label_likeliest(drawing, plot, places)
    drawing.close()
    height = 2 * _HALF + 16
    if any(place.unbuildable for place in places):
        words = "hatched: does not build or cannot be measured, so it keeps its share of the probability"
        drawing.write((_EDGE, height + 8), words, "fill-muted small")
        height += 20
    return Figure(
        kind=FigureKind.BISECTION,
        title=title,
        summary=_sum_up(report),
        width=_WIDTH,
        height=height,
        marks=drawing.finish(),
        table=FigureTable(head=_HEAD, rows=tuple(_list_rows(report, places))),
        command=f"harness show {report.id}",
    )


def _list_suspects(report: BisectReport) -> Sequence[Suspect]:
    return [*report.suspects, *(one for culprit in report.culprits for one in culprit.suspects)]


def _list_places(report: BisectReport) -> list[_Place]:
    """Return the candidates in the order of the line; a search that has measured nothing has no chances yet."""
    named = {one.commit for one in _list_suspects(report)}
    broken = {one.commit for one in report.unbuildable}
    broken |= {one.commit for one in _list_suspects(report) if one.unbuildable}
    chances = report.chances or (0.0,) * len(report.candidates)
    commits = report.candidates or ("",) * len(chances)
    return [
        _Place(number=number, commit=commit, chance=chance, named=commit in named, unbuildable=commit in broken)
        for number, (commit, chance) in enumerate(zip(commits, chances, strict=True), 1)
    ]


def _lay_line(count: int) -> PlotAxis:
    ticks = (Tick(value=0, label="GOOD"), Tick(value=max(1, count), label="BAD"))
    step = next((step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if count / step <= 14), max(1, count // 10))
    between = tuple(Tick(value=at, label=str(at)) for at in range(step, count, step))
    return PlotAxis(
        title="candidate commits, in the order of the line",
        low=-0.6,
        high=max(1, count) + 0.6,
        ticks=(ticks[0], *between, ticks[1]),
        lines=False,
    )


def _open_upper(drawing: Drawing, report: BisectReport, title: str, count: int) -> Plot:
    changes = [100 * one.change for one in report.visits]
    metric = METRICS.get(report.metric)
    better = "" if metric is None else "lower is better" if metric.lower_is_better else "higher is better"
    limit = 100 * _find_limit(report)
    axis = choose_axis([0.0, *changes, -limit / 2, limit], "change against GOOD, %", better, log=False)
    size = PlotSize(width=_WIDTH, height=_HALF, right=24, left=36)
    across = _lay_line(count).replace(title="")
    return open_plot(drawing, size, title, across, axis)


def _find_limit(report: BisectReport) -> float:
    """Return the change that is looked for, with the sign of the largest one that was measured."""
    known = [one.change for one in report.visits if math.isfinite(one.change)]
    return -report.threshold if known and max(known, key=abs) < 0 else report.threshold


def _draw_visits(drawing: Drawing, report: BisectReport, plot: Plot) -> None:
    zero = plot.up.place(0)
    drawing.line((plot.left, zero), (plot.right, zero), "thin stroke-axis")
    limit = 100 * _find_limit(report)
    if plot.up.low <= limit <= plot.up.high:
        y = plot.up.place(limit)
        drawing.line((plot.left, y), (plot.right, y), "thin dash stroke-axis")
        drawing.write((plot.left + 4, y - 4), f"looked for: {limit:+g} %", "fill-muted small")
    drawing.mark(plot.place(0, 0), "fill-line-1", MarkShape.SQUARE, size=3.5, tip="GOOD")
    for one in report.visits:
        if math.isfinite(one.change):
            at = plot.place(one.place, 100 * one.change)
            blocks = format_count(one.blocks, "block")
            tip = f"{one.commit[:12]}: {format_share(one.change)} after {blocks}"
            drawing.mark(at, "fill-line-1", size=min(8.0, 2.5 + math.sqrt(one.blocks) / 2), tip=tip)
    if report.visits:
        words = "larger dots: more blocks"
        drawing.write((plot.right, plot.top - 7), words, "fill-muted small", anchor="end")
    else:
        drawing.write((plot.left + 10, plot.top + 20), "No commit between the ends was measured.", "fill-muted")


def _open_lower(drawing: Drawing, places: Sequence[_Place]) -> Plot:
    top = max((place.chance for place in places), default=0.0)
    axis = PlotAxis(title="probability to be the change, %", low=0.0, high=max(1.0, min(100.0, 118 * top)))
    size = PlotSize(width=_WIDTH, height=_HALF, right=24, left=36)
    return open_plot(drawing, size, "", _lay_line(len(places)), axis)


def _draw_chances(drawing: Drawing, plot: Plot, places: Sequence[_Place]) -> None:
    wide = max(_THINNEST, min(_WIDEST, 0.7 * (plot.right - plot.left) / max(1, len(places))))
    for place in places:
        x, y = plot.place(place.number, 100 * place.chance)
        classes = "fill-slower" if place.named else "fill-axis"
        tip = f"{place.commit[:12]}: {100 * place.chance:.1f} %"
        if place.unbuildable:
            drawing.box((x - wide / 2, y), wide, plot.bottom - y, f"hollow {classes} stroke-axis", tip=tip)
            drawing.segments(_hatch((x - wide / 2, y), wide, plot.bottom - y), "thin stroke-axis")
        elif place.chance > 0:
            drawing.box((x - wide / 2, y), wide, plot.bottom - y, classes, tip=tip)
        if place.named:
            role = "fill-slower"
            drawing.mark((x, plot.bottom + 5), role, MarkShape.UP, size=3.5)


def _hatch(corner: Position, width: float, height: float) -> Iterator[tuple[Position, Position]]:
    """Yield slanted lines inside a rectangle."""
    left, top = corner
    for number in range(1, int((width + height) / _HATCH) + 1):
        along = number * _HATCH
        x1, y1 = (along, 0.0) if along <= width else (width, along - width)
        x2, y2 = (0.0, along) if along <= height else (along - height, height)
        yield (left + x1, top + y1), (left + x2, top + y2)


def _label_likeliest(drawing: Drawing, plot: Plot, places: Sequence[_Place]) -> None:
    likeliest = max(places, key=lambda place: place.chance, default=None)
    if likeliest is None or likeliest.chance <= 0:
        drawing.write((plot.left + 10, plot.top + 20), "Nothing is known of them yet.", "fill-muted")
        return
    x, y = plot.place(likeliest.number, 100 * likeliest.chance)
    words = f"{likeliest.commit[:12]} {100 * likeliest.chance:.1f} %".strip()
    half = measure_words(words) / 2
    drawing.write((min(max(x, plot.left + half), plot.right - half), y - 6), words, "fill-text", anchor="middle")


def _list_rows(report: BisectReport, places: Sequence[_Place]) -> Iterator[tuple[str, ...]]:
    visits = {one.place: one for one in report.visits}
    subjects: Mapping[str, str] = {one.key: one.commit.message.partition("\n")[0] for one in report.named}
    kept = sorted(places, key=lambda place: (not place.named, place.number not in visits, -place.chance))[:_ROWS]
    for place in sorted(kept, key=lambda place: place.number):
        visit = visits.get(place.number)
        states = ["in the culprit set"] if place.named else []
        states += ["cannot be measured"] if place.unbuildable else []
        yield (
            str(place.number),
            place.commit[:12],
            cut(printable(subjects.get(place.commit, "")), _LONGEST),
            f"{100 * place.chance:.1f}",
            str(visit.blocks) if visit else "0",
            f"{100 * visit.change:+.1f}" if visit else "-",
            ", ".join(states),
        )


def _sum_up(report: BisectReport) -> str:
    suspects = _list_suspects(report)
    named = ", ".join(one.commit[:12] for one in suspects[:3]) + (" and others" if len(suspects) > 3 else "")
    which = f": {named}" if named else ""
    return cut(printable(f"{report.verdict}{which}; {report.why}."), 2 * _LONGEST)
