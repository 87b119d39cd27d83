"""Every repetition of a run as a dot, beside the median of its case, so that what disturbed a few of them is seen."""

import math
from collections.abc import Sequence
from statistics import median

from harness.records.measurement import METRICS
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.wording import format_count
from harness.render.case_name import share_params
from harness.render.figure.axis import Plot, PlotAxis, PlotSize, Tick, open_plot
from harness.render.figure.drawing import Drawing, MarkShape
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.lettering import fit_words, label_case
from harness.render.number import format_value
from harness.stats.series import sample_run

# Pixels: a row, the reach of its dots above and below the middle, the words at the left, what is around the rows.
_ROW, _REACH, _NAMES, _SMALL, _AROUND = 26.0, 8.0, 300.0, 11.0, 92.0
# So many rows are drawn at most; a row with so many dots draws them as one element.
_MOST, _MANY = 40, 200
# A repetition so many robust standard deviations from the median is an outlier, and at least so far, in per cent.
_FAR, _LEAST = 5.0, 0.5
_TO_SIGMA = 1.4826


class RepeatedCase(Record):
    """A metric of a case that was measured more than once: values in the order of their measurement."""

    name: str
    metric: str
    values: tuple[float, ...]
    middle: float

    @property
    def deviations(self) -> tuple[float, ...]:
        """How far each value is from the median, in per cent of it."""
        return tuple(100 * (value / self.middle - 1) for value in self.values)

    @property
    def limit(self) -> float:
        """From where on a deviation is an outlier, in per cent."""
        spread = median(abs(one) for one in self.deviations)
        return max(_LEAST, _FAR * _TO_SIGMA * spread)

    @property
    def outliers(self) -> tuple[int, ...]:
        """The numbers of the repetitions that are outliers; three of them say nothing about each other."""
        if len(self.values) < 4:
            return ()
        limit = self.limit
        return tuple(number for number, one in enumerate(self.deviations) if abs(one) > limit)


def list_repeated(run: Run) -> list[RepeatedCase]:
    """Return what a run measured more than once, models first, in the order of measurement."""
    samples = sample_run(run)
    shared = share_params({case for case, _ in samples})
    found = []
    for (case, metric), values in sorted(samples.items(), key=lambda one: one[0][0].benchmark != Benchmark.WHISPER):
        known = tuple(value for value in values if math.isfinite(value))
        if len(known) > 1 and (middle := median(known)) > 0 and _is_drawable(known, middle):
            found.append(RepeatedCase(name=label_case(case, shared), metric=metric, values=known, middle=middle))
    return found


def _is_drawable(values: Sequence[float], middle: float) -> bool:
    """Return whether the distances from the median are numbers: those of huge values from a tiny one are not."""
    return all(math.isfinite(100 * (value / middle - 1)) for value in (min(values), max(values)))


def draw_repetitions(run: Run, *, width: int = 1000) -> Figure:
    """Return the figure of a run: a row for each case and metric that was measured more than once."""
    repeated = list_repeated(run)
    rows = repeated[:_MOST]
    drawing = Drawing()
    height = int(_AROUND + _ROW * max(1, len(rows)))
    title = "Every repetition, in % from the median"
    reach = _find_reach(rows)
    names = [fit_words(f"{one.name} {one.metric}", min(_NAMES, width * 0.4), _SMALL) for one in rows]
    ticks = tuple(Tick(value=len(rows) - number - 0.5, label=name) for number, name in enumerate(names))
    up = PlotAxis(title="", low=0.0, high=max(1.0, len(rows)), ticks=ticks or (Tick(value=0, label=""),))
    across = PlotAxis(title="% from the median · the first repetition at the top of its row", low=-reach, high=reach)
    plot = open_plot(drawing, PlotSize(width=width, height=height), title, across, up)
    drawing.line((plot.across.place(0), plot.top), (plot.across.place(0), plot.bottom), "stroke-axis thin dash")
    for number, one in enumerate(rows):
        _draw_row(drawing, plot, one, plot.up.place(len(rows) - number - 0.5))
    return Figure(
        kind=FigureKind.REPETITIONS,
        title=title,
        summary=_describe(repeated, len(rows)),
        width=width,
        height=height,
        marks=drawing.finish(),
        table=_tabulate(rows),
    )


def _find_reach(rows: Sequence[RepeatedCase]) -> float:
    """Return how far the axis reaches at either side, in per cent: to all that are no outliers, and a little more."""
    usual = [0.0]
    for row in rows:
        far = set(row.outliers)
        usual += [abs(one) for number, one in enumerate(row.deviations) if number not in far]
    return max(1.15 * max(usual), 2 * _LEAST)


def _draw_row(drawing: Drawing, plot: Plot, row: RepeatedCase, y: float) -> None:
    drawing.line((plot.across.place(0), y - _REACH - 2), (plot.across.place(0), y + _REACH + 2), "stroke-text thick")
    step = 2 * _REACH / max(1, len(row.values) - 1)
    places = [(plot.across.place(one), y - _REACH + number * step) for number, one in enumerate(row.deviations)]
    far, deviations = set(row.outliers), row.deviations
    unit = METRICS[row.metric].unit if row.metric in METRICS else ""
    if len(places) > _MANY:
        drawing.dots((place for number, place in enumerate(places) if number not in far), "stroke-line-1")
    for number, place in enumerate(places):
        tip = (
            f"{number + 1} of {len(places)}: {format_value(row.values[number])} {unit}, {row.deviations[number]:+.2f} %"
        )
        if number in far:
            drawing.mark(place, "fill-suspicion", MarkShape.DIAMOND, size=3.2, tip=f"{tip}, an outlier")
            _label_beyond(drawing, plot, place, deviations[number])
        elif len(places) <= _MANY:
            drawing.mark(place, "fill-line-1 faint", size=2.6, tip=tip)


def _label_beyond(drawing: Drawing, plot: Plot, place: tuple[float, float], deviation: float) -> None:
    """Say how far away an outlier is that lies beyond the ends of the axis."""
    if plot.across.low <= deviation <= plot.across.high:
        return
    words = f"{deviation:+.0f} %"
    right = deviation > 0
    x, y = place[0] - 8 if right else place[0] + 8, place[1] + 4
    drawing.write((x, y), words, "fill-suspicion small", anchor="end" if right else "start")


def _describe(rows: Sequence[RepeatedCase], shown: int) -> str:
    if not rows:
        return "Nothing was measured more than once."
    count = sum(len(one.values) for one in rows)
    of = format_count(len(rows), "case and metric", plural="cases and metrics")
    words = f"{format_count(count, 'repetition')} of {of}"
    far = sum(len(one.outliers) for one in rows)
    outliers = f"{format_count(far, 'outlier')}, as diamonds" if far else "no outlier"
    more = f"; the first {shown} cases and metrics are shown" if len(rows) > shown else ""
    return f"{words}: {outliers}{more}."


def _tabulate(rows: Sequence[RepeatedCase]) -> FigureTable:
    return FigureTable(
        head=("case", "metric", "n", "least", "median", "greatest", "outliers"),
        rows=tuple(
            (
                one.name[:200],
                f"{one.metric} ({METRICS[one.metric].unit})" if one.metric in METRICS else one.metric,
                str(len(one.values)),
                format_value(min(one.values)),
                format_value(one.middle),
                format_value(max(one.values)),
                str(len(one.outliers)),
            )
            for one in rows
        ),
    )
