"""Memory copies of a run: the rate by the number of threads."""

from collections.abc import Mapping, Sequence

from harness.records.comparison import Summary
from harness.records.measurement import COPY_RATE
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.render.figure.axis import Plot, PlotAxis, PlotSize, Tick, choose_axis, describe_metric, open_plot
from harness.render.figure.drawing import Drawing, MarkShape
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.number import format_value
from harness.stats.series import Key, sample_run, summarize_run

_WIDTH, _HEIGHT = 760, 300
# Of more values than that, single ones are not drawn.
_MANY = 200
_TICKS = 16
_HEAD = ("threads", "GB/s", "low", "high", "lowest", "highest", "n")
_NOTHING = "No memory copy was measured."
# The rate without an extra thread, which the bench program prints first.
_SINGLE = "no extra thread"


def draw_memcpy(run: Run) -> Figure:
    """Return the copy rates of a run by threads: every process as a small dot, medians as a line."""
    summaries = {key: one for key, one in summarize_run(run).items() if _is_copy(key)}
    counts = {case.count("threads") or 0: case for case, _ in summaries if not case.get("loop")}
    by_count = {count: summaries[counts[count], COPY_RATE.name] for count in sorted(counts)}
    single = next((one for (case, _), one in summaries.items() if case.get("loop")), None)
    values = [value for key, sample in sample_run(run).items() if _is_copy(key) for value in sample]
    title = f"Memory copies on {run.node.name or 'a node without a name'}"
    drawing = Drawing()
    name, better = describe_metric(COPY_RATE)
    up = choose_axis([0.0, *values], name, better, log=False)
    plot = open_plot(
        drawing,
        PlotSize(width=_WIDTH, height=_HEIGHT),
        title,
        _lay_threads(tuple(by_count)),
        up.replace(low=0.0 if up.low < 0 else up.low),
    )
    _draw_single(drawing, plot, single)
    if len(values) <= _MANY:
        _draw_values(drawing, plot, run)
    _draw_medians(drawing, plot, by_count)
    return Figure(
        kind=FigureKind.MEMCPY,
        title=title,
        summary=_sum_up(by_count),
        width=_WIDTH,
        height=_HEIGHT,
        marks=drawing.finish(),
        table=FigureTable(head=_HEAD, rows=tuple(_list_rows(by_count, single))),
        command=f"harness show {run.id}",
    )


def _is_copy(key: Key) -> bool:
    case, metric = key
    return case.benchmark == Benchmark.MEMCPY and metric == COPY_RATE.name and bool(case.count("threads"))


def _lay_threads(counts: Sequence[int]) -> PlotAxis:
    shown = counts[:: -(-len(counts) // _TICKS)] if counts else ()
    low, high = (counts[0], counts[-1]) if counts else (1, 1)
    ticks = tuple(Tick(value=count, label=str(count)) for count in shown)
    return PlotAxis(title="threads", low=low - 0.5, high=high + 0.5, ticks=ticks)


def _draw_single(drawing: Drawing, plot: Plot, single: Summary | None) -> None:
    if single is not None:
        y = plot.up.place(single.median)
        drawing.line((plot.left, y), (plot.right, y), "thin dash stroke-axis")
        words = f"{format_value(single.median)} GB/s with {_SINGLE}"
        drawing.write((plot.right, y - 5), words, "fill-muted small", anchor="end")


def _draw_values(drawing: Drawing, plot: Plot, run: Run) -> None:
    for (case, metric), sample in sample_run(run).items():
        if _is_copy((case, metric)) and not case.get("loop") and len(sample) > 1:
            for value in sample:
                drawing.mark(plot.place(case.count("threads") or 0, value), "fill-line-1 faint", size=2.2)


def _draw_medians(drawing: Drawing, plot: Plot, by_count: Mapping[int, Summary]) -> None:
    drawing.polyline([plot.place(count, one.median) for count, one in by_count.items()], "line stroke-line-1")
    bars = [
        (plot.place(count, one.low), plot.place(count, one.high))
        for count, one in by_count.items()
        if one.low is not None and one.high is not None
    ]
    drawing.segments(bars, "thin stroke-line-1")
    for count, one in by_count.items():
        tip = f"{count} threads: {format_value(one.median)} GB/s, n {one.n}"
        drawing.mark(plot.place(count, one.median), "fill-line-1", MarkShape.SQUARE, size=3.5, tip=tip)


def _list_rows(by_count: Mapping[int, Summary], single: Summary | None) -> Sequence[tuple[str, ...]]:
    named = [(str(count), one) for count, one in by_count.items()]
    return [
        (
            name,
            format_value(one.median),
            *("-" if end is None else format_value(end) for end in (one.low, one.high)),
            format_value(one.minimum),
            format_value(one.maximum),
            str(one.n),
        )
        for name, one in ([(f"1, {_SINGLE}", single)] if single else []) + named
    ]


def _sum_up(by_count: Mapping[int, Summary]) -> str:
    if not by_count:
        return _NOTHING
    best = max(by_count, key=lambda count: by_count[count].median)
    rate = format_value(by_count[best].median)
    return f"The highest rate is {rate} GB/s, with {best} thread{'' if best == 1 else 's'}."
