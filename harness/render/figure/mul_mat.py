"""Matrix products of a run as a heat map: types of numbers by sizes, the rate in each cell."""

from collections.abc import Mapping

from harness.judge.roofline import list_shares
from harness.records.comparison import Summary
from harness.records.measurement import FLOP_RATE, Case
from harness.records.roofline import RooflineShare
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.render.figure.drawing import Drawing
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.heat import HeatCell, HeatMap, draw_heat, measure_heat
from harness.render.figure.lettering import fit_words
from harness.render.number import format_value
from harness.stats.series import summarize_run

_WIDTH = 760
_EDGE = 12
_HEAD = ("type", "n", "threads", "GFLOP/s", "low", "high", "n of it", "share of the peak")
_NOTHING = "No matrix product was measured."


def draw_mul_mat(run: Run) -> Figure:
    """Return the rates of all matrix products of a run; those of the most threads where there are several numbers."""
    summaries = {
        case: summary
        for (case, metric), summary in summarize_run(run).items()
        if case.benchmark == Benchmark.MUL_MAT and metric == FLOP_RATE.name
    }
    counts = sorted({case.get("threads") for case in summaries}, key=_as_number)
    shown = {case: one for case, one in summaries.items() if case.get("threads") == counts[-1]}
    shares = {one.case: one for one in list_shares(run) if one.metric == FLOP_RATE.name}
    heat = _arrange(shown, shares)
    _, _, height = measure_heat(heat, _WIDTH - 2 * _EDGE)
    drawing = Drawing()
    title = f"Matrix products on {run.node.name or 'a node without a name'}"
    drawing.write((_EDGE, 17), fit_words(title, _WIDTH - 2 * _EDGE, 14), "title fill-text")
    drawing.write((_EDGE, 36), _describe_threads(counts), "fill-muted small")
    draw_heat(drawing, heat, (_EDGE, 48), _WIDTH - 2 * _EDGE)
    return Figure(
        kind=FigureKind.MUL_MAT,
        title=title,
        summary=_sum_up(shown),
        width=_WIDTH,
        height=round(48 + height),
        marks=drawing.finish(),
        table=FigureTable(head=_HEAD, rows=tuple(_list_row(*one, shares) for one in summaries.items())),
        command=f"harness show {run.id}",
    )


def _arrange(shown: Mapping[Case, Summary], shares: Mapping[Case, RooflineShare]) -> HeatMap:
    kinds = tuple(dict.fromkeys(case.get("type") for case in shown))
    sizes = tuple(sorted({case.get("n") for case in shown}, key=_as_number))
    places = {(case.get("type"), case.get("n")): case for case in shown}
    cells = tuple(tuple(_fill(places.get((kind, size)), shown, shares) for size in sizes) for kind in kinds)
    return HeatMap(
        rows=kinds,
        columns=sizes,
        cells=cells,
        across="size of the square matrices",
        down="type",
        quantity="GFLOP/s, higher is better",
    )


def _fill(case: Case | None, shown: Mapping[Case, Summary], shares: Mapping[Case, RooflineShare]) -> HeatCell:
    if case is None:
        return HeatCell(words="-")
    one, share = shown[case], shares.get(case)
    of_peak = f", {share.ratio:.0%} of the FP32 peak" if share else ""
    tip = f"{case.get('type')}, {case.get('n')} x {case.get('n')}: {format_value(one.median)} GFLOP/s{of_peak}"
    return HeatCell(words=format_value(one.median), value=one.median, tip=tip)


def _list_row(case: Case, one: Summary, shares: Mapping[Case, RooflineShare]) -> tuple[str, ...]:
    share = shares.get(case)
    low, high = ("-" if end is None else format_value(end) for end in (one.low, one.high))
    named = (case.get("type"), case.get("n"), case.get("threads"))
    return (*named, format_value(one.median), low, high, str(one.n), f"{share.ratio:.1%}" if share else "-")


def _sum_up(shown: Mapping[Case, Summary]) -> str:
    if not shown:
        return _NOTHING
    best = max(shown, key=lambda case: shown[case].median)
    rate = format_value(shown[best].median)
    return f"The highest rate is {rate} GFLOP/s, with {best.get('type')} at {best.get('n')} x {best.get('n')}."


def _describe_threads(counts: list[str]) -> str:
    if not counts:
        return _NOTHING
    more = f"; other numbers of threads ({', '.join(counts[:-1])}) are in the table" if len(counts) > 1 else ""
    return fit_words(f"threads: {counts[-1] or 'not known'}{more}", _WIDTH - 2 * _EDGE, 11)


def _as_number(word: str) -> tuple[float, str]:
    return (float(word) if word.isdecimal() else -1.0, word)
