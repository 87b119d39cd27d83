"""A comparison as rows: the change of every case and metric with its interval, and the verdict."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from harness.records.comparison import Comparison, Family, Verdict
from harness.records.measurement import METRICS
from harness.records.record import Record
from harness.render.case_name import share_params, shorten_case
from harness.render.comparison import conclude_family
from harness.render.figure.axis import Plot
from harness.render.figure.drawing import Drawing, MarkShape, Position
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.lettering import fit_words, format_tick, measure_words
from harness.render.figure.scale import Scale
from harness.render.number import format_bounds, format_share, format_value
from harness.render.plain import cut, printable

_WIDTH = 860
_ROW = 24.0
_EDGE = 12.0
_NAME_WIDEST = 300.0
_WORDS = 250.0
# Of more rows than that, those with a difference and the largest changes are drawn.
_MANY = 40
_LONGEST = 200
# Beyond such a change nothing more can be seen.
_FARTHEST = 4.0
_HEAD = ("case", "metric", "unit", "verdict", "change %", "low %", "high %", "p", "visible %", "n")
VERDICT_MARKS: Mapping[Verdict, tuple[str, MarkShape]] = {
    Verdict.REGRESSED: ("slower", MarkShape.DOWN),
    Verdict.IMPROVED: ("faster", MarkShape.UP),
    Verdict.UNCHANGED: ("steady", MarkShape.DOT),
    Verdict.UNRESOLVED: ("suspicion", MarkShape.RING),
}


class ChangeRow(Record):
    """A row: its name, its change with the interval, and its verdict; what is shown where the pointer rests on it."""

    name: str
    comparison: Comparison
    tip: str = ""


def draw_verdicts(family: Family, title: str, command: str = "") -> Figure:
    """Return the changes of a family with their intervals, those that matter outside the band of the threshold."""
    rows = _name_rows(family.comparisons)
    shown = _choose(rows)
    words = conclude_family(family)
    drawing = Drawing()
    drawing.write((_EDGE, 17), fit_words(title, _WIDTH - 2 * _EDGE, 14), "title fill-text")
    drawing.write((_EDGE, 36), _count_verdicts(family.comparisons), "fill-muted small")
    height = 48 + draw_changes(drawing, shown, (_EDGE, 48), _WIDTH - 2 * _EDGE, family.threshold)
    if len(shown) < len(rows):
        more = f"{len(rows) - len(shown)} more are in the table"
        drawing.write((_EDGE, height + 8), more, "fill-muted small")
        height += 20
    return Figure(
        kind=FigureKind.VERDICTS,
        title=title,
        summary=words,
        width=_WIDTH,
        height=round(height),
        marks=drawing.finish(),
        table=FigureTable(head=_HEAD, rows=tuple(map(_list_row, rows))),
        command=command,
    )


def draw_changes(
    drawing: Drawing, rows: Sequence[ChangeRow], corner: Position, width: float, threshold: float
) -> float:
    """Draw changes on a common scale below each other, and return the height that they took."""
    x, y = corner
    names = min(_NAME_WIDEST, max((measure_words(row.name) for row in rows), default=0.0) + 14)
    reach = _find_reach(rows, threshold)
    top, bottom = y + 22, y + 22 + _ROW * max(1, len(rows))
    across = Scale(low=-reach, high=reach, start=x + names + 6, end=x + width - _WORDS)
    plot = Plot(across=across, up=Scale(low=0, high=1, start=bottom, end=top))
    _draw_ground(drawing, plot, threshold)
    for number, row in enumerate(rows):
        middle = top + _ROW * (number + 0.5)
        drawing.write((x + names - 4, middle + 4), fit_words(row.name, names - 4), "fill-text", anchor="end")
        _draw_row(drawing, plot, row, middle)
    if not rows:
        drawing.write((x, top + 16), "Nothing was compared.", "fill-muted")
    return bottom + 26 - y


def describe_change(one: Comparison) -> str:
    """Return a change with its interval: `+3.1 % [+2.0, +4.2]`."""
    bounds = f" {format_bounds(one.low, one.high)}" if one.low is not None and one.high is not None else ""
    return f"{format_share(one.change)}{bounds}"


def name_verdict(one: Comparison) -> str:
    """Return the verdict, and whether the difference is too small to matter."""
    small = one.verdict in (Verdict.IMPROVED, Verdict.REGRESSED) and not one.relevant
    return f"{one.verdict} (small)" if small else one.verdict


def _name_rows(comparisons: Sequence[Comparison]) -> list[ChangeRow]:
    shared = share_params([one.case for one in comparisons])
    rows = []
    for one in comparisons:
        name = f"{shorten_case(one.case, shared)}  {one.metric}"
        values = f"{format_value(one.baseline.median)} to {format_value(one.contender.median)} {_find_unit(one)}"
        tip = f"{name}: {name_verdict(one)}, {describe_change(one)}, {values}, n {one.n}"
        rows.append(ChangeRow(name=cut(printable(name), _LONGEST), comparison=one, tip=cut(printable(tip), _LONGEST)))
    return rows


def _count_verdicts(comparisons: Iterable[Comparison]) -> str:
    counts = Counter(one.verdict for one in comparisons)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICT_MARKS if counts[verdict])


def _choose(rows: Sequence[ChangeRow]) -> list[ChangeRow]:
    if len(rows) <= _MANY:
        return list(rows)
    sure = (Verdict.IMPROVED, Verdict.REGRESSED)
    ranked = sorted(
        range(len(rows)),
        key=lambda number: (rows[number].comparison.verdict not in sure, -abs(rows[number].comparison.change)),
    )
    return [rows[number] for number in sorted(ranked[:_MANY])]


def _find_reach(rows: Iterable[ChangeRow], threshold: float) -> float:
    """Return how far the scale goes to either side, so that most intervals are whole."""
    found = [2.5 * threshold, 0.01]
    for row in rows:
        one = row.comparison
        found.append(1.15 * abs(one.change))
        found += [1.1 * abs(end) for end in (one.low, one.high) if end is not None and abs(end) < 1]
    return min(_FARTHEST, max(value for value in found if math.isfinite(value)))


def _draw_ground(drawing: Drawing, plot: Plot, threshold: float) -> None:
    low, high = plot.across.place(-threshold), plot.across.place(threshold)
    if threshold:
        drawing.box((low, plot.top), high - low, plot.bottom - plot.top, "fill-band")
    for tick in plot.across.list_ticks(7):
        x = plot.across.place(tick)
        drawing.line((x, plot.top), (x, plot.bottom), "thin stroke-axis" if not tick else "thin stroke-grid")
        label = "0" if not tick else f"{'+' if tick > 0 else ''}{format_tick(100 * tick)} %"
        drawing.write((x, plot.bottom + 16), label, "fill-muted small", anchor="middle")
    if threshold:
        for x in (low, high):
            drawing.line((x, plot.top), (x, plot.bottom), "thin dash stroke-axis")
        words = f"change, contender against baseline; smaller than {100 * threshold:g} % does not matter"
    else:
        words = "change, contender against baseline"
    drawing.write((plot.left, plot.top - 8), words, "fill-muted small")


def _draw_row(drawing: Drawing, plot: Plot, row: ChangeRow, y: float) -> None:
    one = row.comparison
    role, shape = VERDICT_MARKS[one.verdict]
    low, high = plot.across.low, plot.across.high
    ends = one.low is not None and one.high is not None and one.high >= low and one.low <= high
    if ends and one.low is not None and one.high is not None:
        start, end = plot.across.place(one.low), plot.across.place(one.high)
        drawing.line((start, y), (end, y), f"line stroke-{role}")
        caps = [(at, (x - 4, x + 4)) for at, x in ((one.low, start), (one.high, end)) if low <= at <= high]
        drawing.segments([((x1 + 4, y - 3), (x2 - 4, y + 3)) for _, (x1, x2) in caps], f"thin stroke-{role}")
    hollow = "hollow fill-paper " if shape is MarkShape.RING else ""
    if math.isfinite(one.change):
        classes = f"{hollow}stroke-{role}" if hollow else f"fill-{role}"
        drawing.mark((plot.across.place(one.change), y), classes, shape, size=4.5, tip=row.tip)
    x = plot.right + 12
    drawing.write((x, y + 4), name_verdict(one), f"fill-{role}")
    drawing.write((plot.right + _WORDS, y + 4), describe_change(one), "fill-text small", anchor="end")


def _find_unit(one: Comparison) -> str:
    metric = METRICS.get(one.metric)
    return metric.unit if metric else ""


def _list_row(row: ChangeRow) -> tuple[str, ...]:
    one = row.comparison
    better = "lower is better" if one.metric in METRICS and METRICS[one.metric].lower_is_better else "higher is better"
    shares = (one.change, one.low, one.high)
    return (
        cut(printable(str(one.case)), _LONGEST),
        one.metric,
        f"{_find_unit(one)}, {better}",
        name_verdict(one),
        *("-" if share is None else f"{100 * share:+.1f}" for share in shares),
        f"{one.p:.2g}",
        "-" if one.mde is None else f"{100 * one.mde:.1f}",
        str(one.n),
    )
