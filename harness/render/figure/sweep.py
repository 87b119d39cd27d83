"""A sweep as a grid: one metric of every cell, with the best one, and those that cannot be told from it."""

from collections.abc import Mapping, Sequence

from harness.records.measurement import METRICS, TABLE_METRICS
from harness.records.record import Record
from harness.records.sweep import Axis, Standing, SweepRow, SweepTable
from harness.records.wording import format_count
from harness.render.figure.drawing import Drawing
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.heat import HeatCell, HeatMap, draw_heat, measure_heat
from harness.render.figure.lettering import fit_words
from harness.render.number import format_value
from harness.render.plain import cut, printable

_WIDTH = 860
_EDGE = 12.0
_SMALL = 11.0
_LONGEST = 200
# A grid has at most so many columns and rows; what is left out is in the table.
_COLUMNS, _ROWS = 12, 60
_BEST, _ALIKE = "best", "not told from the best"


class _Grid(Record):
    """Which row of the table stands where: by the values of the axis across, and of all other axes together."""

    across: str
    columns: tuple[str, ...]
    down: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cells: Mapping[tuple[tuple[str, ...], str], int]


def list_sweep_metrics(table: SweepTable) -> tuple[str, ...]:
    """Return the metrics of which a sweep has numbers, in the order of its table."""
    return tuple(metric.name for metric in TABLE_METRICS if any(row.get(metric.name) for row in table.rows))


def draw_sweep(table: SweepTable, metric: str = "") -> Figure:
    """Return the grid of a sweep in one metric, the first one that it has numbers of if none is named."""
    known = list_sweep_metrics(table)
    metric = metric or (known[0] if known else TABLE_METRICS[0].name)
    standing = next((one for one in table.standings if one.metric == metric), None)
    grid = _lay_out(table)
    heat = _fill(table, grid, metric, standing)
    words = _sum_up(table, metric, standing)
    drawing = Drawing()
    title = f"{metric.replace('_', ' ')} of sweep {table.sweep.id} on {table.sweep.node}"
    drawing.write((_EDGE, 17), fit_words(title, _WIDTH - 2 * _EDGE, 14), "title fill-text")
    drawing.write((_EDGE, 36), fit_words(words, _WIDTH - 2 * _EDGE, _SMALL), "fill-muted small")
    draw_heat(drawing, heat, (_EDGE, 48), _WIDTH - 2 * _EDGE)
    height = 48 + measure_heat(heat, _WIDTH - 2 * _EDGE)[2]
    notes = list(_explain(standing, len(table.rows) - sum(map(len, heat.cells))))
    for number, note in enumerate(notes):
        drawing.write((_EDGE, height + 4 + 16 * number), note, "fill-muted small")
    return Figure(
        kind=FigureKind.SWEEP,
        title=title,
        summary=words,
        width=_WIDTH,
        height=round(height + 16 * len(notes)),
        marks=drawing.finish(),
        table=_tabulate(table, metric, standing),
        command=f"harness show {table.sweep.id}",
    )


def _lay_out(table: SweepTable) -> _Grid:
    varying = [axis for axis in table.sweep.varying if len(axis.values) <= _COLUMNS]
    across = max(varying, key=lambda axis: (_is_counted(axis), len(axis.values)), default=None)
    columns = across.values if across else ("",)
    name = across.name if across else ""
    down = tuple(axis.name for axis in table.sweep.varying if axis.name != name)
    cells: dict[tuple[tuple[str, ...], str], int] = {}
    for number, row in enumerate(table.rows):
        values = dict(row.values)
        cells.setdefault((tuple(values.get(one, "") for one in down), values.get(name, "")), number)
    rows = tuple(dict.fromkeys(key for key, _ in cells))
    return _Grid(across=name, columns=columns, down=down, rows=rows[:_ROWS], cells=cells)


def _is_counted(axis: Axis) -> bool:
    """Return whether an axis is a number, which goes across the page by preference."""
    return all(value.isdecimal() for value in axis.values)


def _fill(table: SweepTable, grid: _Grid, metric: str, standing: Standing | None) -> HeatMap:
    numbers = [[grid.cells.get((row, column)) for column in grid.columns] for row in grid.rows]
    kind = METRICS[metric]
    better = "lower is better" if kind.lower_is_better else "higher is better"
    return HeatMap(
        rows=tuple(" ".join(row) or "all" for row in grid.rows),
        columns=tuple(grid.columns),
        cells=tuple(tuple(_make_cell(table, number, metric, standing) for number in row) for row in numbers),
        across=grid.across,
        down=" ".join(grid.down),
        quantity=f"{kind.unit}, {better}",
    )


def _make_cell(table: SweepTable, number: int | None, metric: str, standing: Standing | None) -> HeatCell:
    if number is None:
        return HeatCell(words="-")
    row = table.rows[number]
    label = table.sweep.label(row.values)
    found = row.get(metric)
    if found is None:
        why = cut(printable(f"{label}: {row.reason or 'no number'}"), _LONGEST)
        return HeatCell(words="none", tip=why)
    state = _name_state(table, number, standing)
    spread = f", spread {100 * found.spread:.1f} %" if found.n > 1 else ""
    words = f"{label}: {format_value(found.median)} {METRICS[metric].unit}, n {found.n}{spread}"
    return HeatCell(
        words=format_value(found.median),
        value=found.median,
        tip=cut(printable(f"{words}{f'; {state}' if state else ''}"), _LONGEST),
        strong=state == _BEST,
        faint=state == _ALIKE,
    )


def _name_state(table: SweepTable, number: int, standing: Standing | None) -> str:
    """Return how a row stands: really the best, or one of those that may be."""
    if standing is None:
        return ""
    group = _find_group(table.rows, number)
    if group == _find_group(table.rows, standing.row):
        return _BEST if standing.certain else _ALIKE
    return _ALIKE if number in standing.unresolved else ""


def _find_group(rows: Sequence[SweepRow], number: int) -> int:
    equal_to = rows[number].equal_to
    return number if equal_to is None else equal_to


def _sum_up(table: SweepTable, metric: str, standing: Standing | None) -> str:
    if standing is None:
        return f"There are no two cells to compare in {metric}."
    best = table.sweep.label(table.rows[standing.row].values) or "one cell"
    if standing.certain:
        return f"{best} is really the best in {metric}: better than {format_count(standing.others, 'other')}."
    alike = format_count(len(standing.unresolved), "other")
    return f"{best} has the smallest median, but cannot be told from {alike} of {standing.others} yet."


def _explain(standing: Standing | None, left_out: int) -> Sequence[str]:
    notes = []
    if standing and standing.certain:
        notes.append("A solid frame is the best cell, and others with the same code and settings.")
    elif standing:
        notes.append("A dashed frame is the smallest median, and every cell that cannot be told from it.")
    if left_out > 0:
        notes.append(f"{format_count(left_out, 'more cell')} of the sweep in the table.")
    return notes


def _tabulate(table: SweepTable, metric: str, standing: Standing | None) -> FigureTable:
    names = tuple(axis.name for axis in table.sweep.varying)
    rows = []
    for number, row in enumerate(table.rows):
        values, found = dict(row.values), row.get(metric)
        state = _name_state(table, number, standing)
        rows.append(
            (
                *(cut(printable(values.get(name, "")), _LONGEST) for name in names),
                format_value(found.median) if found else "-",
                f"{100 * found.spread:.1f}" if found and found.n > 1 else "-",
                str(found.n) if found else "0",
                cut(printable(state or row.reason), _LONGEST),
            )
        )
    return FigureTable(head=(*names, METRICS[metric].unit, "spread %", "n", "state"), rows=tuple(rows))
