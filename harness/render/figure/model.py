"""Models of one or several runs by metric: the median of the repetitions with its interval, a panel for each metric."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.records.comparison import Summary
from harness.records.measurement import TABLE_METRICS, Case, Metric
from harness.records.record import Record
from harness.records.run import Run
from harness.records.wording import format_count
from harness.render.case_name import share_params
from harness.render.figure.axis import Plot, PlotAxis, PlotSize, Tick, choose_axis, describe_metric, open_plot
from harness.render.figure.drawing import Drawing, MarkShape
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.lettering import fit_words, label_case, measure_words
from harness.render.number import format_value
from harness.stats.series import Key, order_model_cases, sample_run
from harness.stats.summary import summarize

# Runs are told apart by colour and by shape.
_SHAPES = (MarkShape.DOT, MarkShape.SQUARE, MarkShape.DIAMOND, MarkShape.UP, MarkShape.DOWN, MarkShape.CROSS)
# Pixels: a row of each run, what is between cases, the least width of a panel, letters, and the words at the left.
_ROW, _BETWEEN, _PANEL, _SMALL, _NAMES = 15.0, 12.0, 200.0, 11.0, 180.0
_TITLE, _AROUND, _LEGEND = 26.0, 62.0, 20.0

_HAIR = "stroke-grid thin"
# So many letters of a name are in the table.
_LETTERS = 200


class PlottedCase(Record):
    """A case, how it is called beside the panels, and its summary of a metric for each run that has one."""

    case: Case
    name: str
    summaries: tuple[Mapping[str, Summary], ...]


class PlacedSummary(NamedTuple):
    """A summary of a run with its number, at a height of the figure, and the name of its case."""

    summary: Summary
    y: float
    number: int
    name: str


def draw_models(runs: Sequence[Run], names: Sequence[str] = (), *, width: int = 1000) -> Figure:
    """Return the figure of at most six runs; without `names` they are called by their commits and days, or their ids.

    Panels stand side by side as far as there is room, otherwise below each other.
    """
    given, runs = len(runs), runs[: len(_SHAPES)]
    names = _name_runs(runs, names)
    rows = list_rows(runs)
    metrics = [one for one in TABLE_METRICS if any(one.name in own for row in rows for own in row.summaries)]
    beside = max(1, min(len(metrics), int((width - _NAMES) / _PANEL)))
    panel = _AROUND + sum(_measure(row) for row in rows)
    legend = _LEGEND if len(runs) > 1 else 0.0
    height = int(_TITLE + legend + panel * max(1, math.ceil(len(metrics) / beside)))
    drawing = Drawing()
    title = f"Models by metric{_describe_intervals(rows)}"
    drawing.write((12, 17), fit_words(title, width - 24, 15.5), "fill-text title")
    if legend:
        _draw_legend(drawing, names, width)
    named = min(_NAMES, max((measure_words(row.name, _SMALL) for row in rows), default=0.0) + 8)
    each = (width - named - 12) / beside
    for number, metric in enumerate(metrics):
        line, column = divmod(number, beside)
        extra = 0.0 if column else named
        x = 0.0 if not column else named + column * each
        size = PlotSize(
            width=int(each + extra), height=int(panel), left=extra, x=x, y=_TITLE + legend + line * panel
        )  # fmt: skip
        _draw_panel(drawing, size, metric, rows)
    return Figure(
        kind=FigureKind.MODELS,
        title=title,
        summary=_describe(rows, metrics, given),
        width=width,
        height=height,
        marks=drawing.finish(),
        table=_tabulate(rows, metrics, names),
    )


def list_rows(runs: Sequence[Run]) -> list[PlottedCase]:
    """Return the model cases of runs, in the order of their suites, with the finite numbers of each run."""
    found: list[dict[Key, Summary]] = []
    for run in runs:
        known = {key: [one for one in values if math.isfinite(one)] for key, values in sample_run(run).items()}
        found.append({key: summarize(values) for key, values in known.items() if values})
    cases = dict.fromkeys(case for run, own in zip(runs, found, strict=True) for case in order_model_cases(run, own))
    shared = share_params(list(cases))
    return [
        PlottedCase(
            case=case,
            name=label_case(case, shared),
            summaries=tuple({metric: one for (own, metric), one in run.items() if own == case} for run in found),
        )
        for case in cases
    ]


def _name_runs(runs: Sequence[Run], names: Sequence[str]) -> list[str]:
    """Return a name for each run: what it is called, else its commit and day if no other run has them."""
    commits = [run.source.commit.release or run.source.commit.sha[:8] for run in runs]
    short = [", ".join(filter(None, (commit, run.start[:10]))) for commit, run in zip(commits, runs, strict=True)]
    called = short if len(set(short)) == len(runs) else [run.id for run in runs]
    return [*names, *called[len(names) :]]


def _measure(row: PlottedCase) -> float:
    return _ROW * len(row.summaries) + _BETWEEN


def _draw_panel(drawing: Drawing, size: PlotSize, metric: Metric, rows: Sequence[PlottedCase]) -> None:
    """Draw one metric; values stand beside their points, so the scale leaves room for them."""
    shown = [row.summaries[number].get(metric.name) for row in rows for number in range(len(row.summaries))]
    ends = [end for one in shown if one for end in (one.median, one.low, one.high) if end is not None]
    title, better = describe_metric(metric)
    across = choose_axis(ends, "")
    reach = 0.28 * math.log(across.high / across.low) if across.log else 0.28 * (across.high - across.low)
    high = across.high * math.exp(reach) if across.log else across.high + reach
    across = across.replace(high=high if math.isfinite(high) else across.high, better=better)
    places, top = [], 0.0
    for row in rows:
        places.append(top + _measure(row) / 2)
        top += _measure(row)
    named = bool(size.left)
    ticks = tuple(
        Tick(value=top - place, label=fit_words(row.name, _NAMES - 8, _SMALL) if named else "")
        for row, place in zip(rows, places, strict=True)
    )
    up = PlotAxis(
        title=title, better=better, low=0.0, high=max(top, 1.0), ticks=ticks or (Tick(value=0, label=""),), lines=False
    )
    plot = open_plot(drawing, size, "", across, up)
    found: list[PlacedSummary] = []
    for row, place in zip(rows, places, strict=True):
        for number, own in enumerate(row.summaries):
            offset = (number - (len(row.summaries) - 1) / 2) * _ROW
            if one := own.get(metric.name):
                found.append(PlacedSummary(one, plot.up.place(top - place - offset), number, row.name))
    _draw_summaries(drawing, plot, found)


def _draw_summaries(drawing: Drawing, plot: Plot, found: Sequence[PlacedSummary]) -> None:
    """Draw medians with their intervals and values; a hairline leads to each from the left."""
    drawing.segments((((plot.left, one.y), (plot.across.place(one.summary.median), one.y)) for one in found), _HAIR)
    for number in range(len(_SHAPES)):
        bars = [
            ((plot.across.place(low), one.y), (plot.across.place(high), one.y))
            for one in found
            if one.number == number and (low := one.summary.low) is not None and (high := one.summary.high) is not None
        ]
        drawing.segments(bars, f"stroke-line-{number + 1} line")
    for one in found:
        x, high = plot.across.place(one.summary.median), one.summary.high
        shape, role = _SHAPES[one.number], f"line-{one.number + 1}"
        classes = f"stroke-{role} bold" if shape is MarkShape.CROSS else f"fill-{role}"
        drawing.mark((x, one.y), classes, shape, size=3.6, tip=f"{one.name}: {_word(one.summary)}, n = {one.summary.n}")
        value, end = format_value(one.summary.median), max(x + 9, 0 if high is None else plot.across.place(high) + 5)
        if end + measure_words(value, _SMALL) <= plot.right + 10:
            drawing.write((end, one.y + 4), value, "fill-muted small")


def _word(summary: Summary) -> str:
    if summary.low is None or summary.high is None:
        return format_value(summary.median)
    return f"{format_value(summary.median)} [{format_value(summary.low)}, {format_value(summary.high)}]"


def _draw_legend(drawing: Drawing, names: Sequence[str], width: int) -> None:
    x, each = 18.0, (width - 24) / len(names)
    for number, name in enumerate(names):
        words = fit_words(name, each - 34, _SMALL)
        shape = _SHAPES[number]
        classes = f"stroke-line-{number + 1} bold" if shape is MarkShape.CROSS else f"fill-line-{number + 1}"
        drawing.mark((x, _TITLE + 10), classes, shape, size=3.6)
        drawing.write((x + 10, _TITLE + 14), words, "fill-muted small")
        x += min(each, measure_words(words, _SMALL) + 34)


def _describe(rows: Sequence[PlottedCase], metrics: Sequence[Metric], runs: int) -> str:
    if not rows:
        return "No model was measured."
    of = f" of {format_count(runs, 'run')}" if runs > 1 else ""
    names = ", ".join(metric.name for metric in metrics)
    lacking = "" if _describe_intervals(rows) else " No case has enough repetitions for an interval."
    cut = f" The first {len(_SHAPES)} runs are shown." if runs > len(_SHAPES) else ""
    return f"{format_count(len(rows), 'case')}{of} by {names}.{lacking}{cut}"


def _describe_intervals(rows: Sequence[PlottedCase]) -> str:
    """Return how sure the intervals are that are drawn, the least sure one; empty where none is."""
    known = [one.confidence for row in rows for own in row.summaries for one in own.values() if one.low is not None]
    return f", with {100 * min(known):.0f} % intervals" if known else ""


def _tabulate(rows: Sequence[PlottedCase], metrics: Sequence[Metric], names: Sequence[str]) -> FigureTable:
    """Return a row for each case and run, a column for each metric: medians with their intervals."""
    several = len(names) > 1
    head = ("case", *(f"{metric.name} ({metric.unit})" for metric in metrics), "n")
    found = [
        (
            *((names[number][:_LETTERS],) if several else ()),
            row.name[:_LETTERS],
            *(_word(own[metric.name]) if metric.name in own else "" for metric in metrics),
            str(max(one.n for one in own.values())),
        )
        for row in rows
        for number, own in enumerate(row.summaries)
        if own
    ]
    return FigureTable(head=("run", *head) if several else head, rows=tuple(found))
