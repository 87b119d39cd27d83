"""A live comparison, block by block: how the interval of the change shrank until there was a verdict."""

import math
from collections.abc import Sequence

from harness.records.comparison import ALPHA, Comparison, Verdict
from harness.records.measurement import METRICS
from harness.records.record import Record
from harness.render.figure.axis import Plot, PlotAxis, PlotSize, open_plot
from harness.render.figure.drawing import Drawing, MarkShape
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.verdicts import VERDICT_MARKS, describe_change, name_verdict
from harness.render.plain import cut, printable
from harness.stats.verdict import PairedSample, judge_pairs

_WIDTH, _HEIGHT = 760, 320
# So many looks are computed of a longer trial, the last one among them.
_LOOKS = 60
_LONGEST = 200
# The height of a line of words.
_LINE = 15.0
_HEAD = ("blocks", "change %", "low %", "high %", "verdict")
_SURE = (Verdict.IMPROVED, Verdict.REGRESSED, Verdict.UNCHANGED)


class TrialLook(Record):
    """What the blocks so far said: their number, and the comparison of one case and metric."""

    blocks: int
    comparison: Comparison


def look_again(samples: Sequence[PairedSample], number: int, threshold: float) -> tuple[TrialLook, ...]:
    """Return what the first 1, 2, ... blocks of a sample said, in the family of all samples of a trial.

    The last look has all blocks of all samples: it is the verdict of the trial.
    """
    count = len(samples[number].blocks)
    step = max(1, math.ceil(count / _LOOKS))
    looks = []
    for blocks in sorted({count, *range(count, 0, -step)}):
        family = samples if blocks == count else [_keep_first(one, blocks) for one in samples]
        found = judge_pairs(family, alpha=ALPHA, threshold=threshold)
        looks.append(TrialLook(blocks=blocks, comparison=found.comparisons[number]))
    return tuple(looks)


def draw_trial(looks: Sequence[TrialLook], name: str, threshold: float, command: str = "") -> Figure:
    """Return the change of one case and metric with its interval after each look; `name` says which."""
    title = f"{name}, block by block"
    drawing = Drawing()
    low, high = _find_ends(looks, threshold)
    last = looks[-1].blocks if looks else 1
    metric = METRICS.get(looks[-1].comparison.metric) if looks else None
    better = "" if metric is None else "lower is better" if metric.lower_is_better else "higher is better"
    up = PlotAxis(title="change, contender against baseline, %", low=100 * low, high=100 * high, better=better)
    size = PlotSize(width=_WIDTH, height=_HEIGHT, right=24)
    across = PlotAxis(title="blocks", low=0.5, high=last + 0.5, lines=False)
    plot = open_plot(Drawing(), size, title, across, up)
    _draw_band(drawing, plot, threshold, looks)
    open_plot(drawing, size, title, across, up)
    drawing.line(plot.place(across.low, 0), plot.place(across.high, 0), "thin stroke-axis")
    _draw_settling(drawing, plot, looks)
    for look in looks:
        _draw_look(drawing, plot, look)
    return Figure(
        kind=FigureKind.TRIAL,
        title=title,
        summary=_sum_up(looks),
        width=_WIDTH,
        height=_HEIGHT,
        marks=drawing.finish(),
        table=FigureTable(head=_HEAD, rows=tuple(map(_list_row, looks))),
        command=command,
    )


def retrace_trial(
    samples: Sequence[PairedSample], number: int, name: str, threshold: float, command: str = ""
) -> Figure:
    """Return the figure of one sample of a trial, judged again block by block."""
    return draw_trial(look_again(samples, number, threshold), name, threshold, command)


def find_settled(looks: Sequence[TrialLook]) -> TrialLook | None:
    """Return the first look from which on the verdict is the last one; None if that is UNRESOLVED."""
    settled = None
    for look in reversed(looks):
        if look.comparison.verdict is not looks[-1].comparison.verdict:
            break
        settled = look
    return settled if settled and settled.comparison.verdict in _SURE else None


def _keep_first(sample: PairedSample, blocks: int) -> PairedSample:
    return sample.replace(blocks=sample.blocks[:blocks], numbers=sample.numbers[:blocks], starts=sample.starts[:blocks])


def _find_ends(looks: Sequence[TrialLook], threshold: float) -> tuple[float, float]:
    """Return the ends of the scale: zero, the band of the threshold, all later changes, and most of their intervals."""
    low, high = [-1.6 * threshold, -0.01], [1.6 * threshold, 0.01]
    half = [look.comparison for look in looks[len(looks) // 3 :]]
    lows = sorted(one.low for one in half if one.low is not None)
    highs = sorted(one.high for one in half if one.high is not None)
    known = [one.change for one in half]
    known += [*lows[len(lows) // 4 :], *highs[: len(highs) - len(highs) // 4]]
    known += [end for one in half[-1:] for end in (one.low, one.high) if end is not None]
    known = [value for value in known if math.isfinite(value)]
    return max(-1.0, min(low + [1.15 * one for one in known])), min(4.0, max(high + [1.15 * one for one in known]))


def _draw_band(drawing: Drawing, plot: Plot, threshold: float, looks: Sequence[TrialLook]) -> None:
    if threshold:
        top, bottom = plot.up.place(100 * threshold), plot.up.place(-100 * threshold)
        drawing.box((plot.left, top), plot.right - plot.left, bottom - top, "fill-band")
        for y in (top, bottom):
            drawing.line((plot.left, y), (plot.right, y), "thin dash stroke-axis")
        words = f"within {100 * threshold:g} %: does not matter"
        # Not where it is said from which block on the verdict stands.
        settled = find_settled(looks)
        right = settled is not None and plot.across.place(settled.blocks) <= (plot.left + plot.right) / 2
        # Below a band that is too narrow for words.
        place = (plot.right - 4 if right else plot.left + 4, bottom - 5 if bottom - top > _LINE else bottom + _LINE)
        drawing.write(place, words, "fill-muted small", anchor="end" if right else "start")


def _draw_settling(drawing: Drawing, plot: Plot, looks: Sequence[TrialLook]) -> None:
    settled = find_settled(looks)
    if settled:
        role, _ = VERDICT_MARKS[settled.comparison.verdict]
        x = plot.across.place(settled.blocks)
        drawing.line((x, plot.top), (x, plot.bottom), f"thin dash stroke-{role}")
        right = x > (plot.left + plot.right) / 2
        words = f"{settled.comparison.verdict} from block {settled.blocks} on"
        change = 100 * looks[-1].comparison.change
        if abs(plot.up.place(change) - plot.up.place(0)) > (plot.bottom - plot.top) / 2:
            y = plot.up.place(change / 2)
        else:  # at the side of zero where the change is not
            y = plot.bottom - 8 if change > 0 else plot.top + 14
        place = (x - 5 if right else x + 5, y)
        drawing.write(place, words, f"fill-{role}", anchor="end" if right else "start")


def _draw_look(drawing: Drawing, plot: Plot, look: TrialLook) -> None:
    one = look.comparison
    role, shape = VERDICT_MARKS[one.verdict]
    if one.low is not None and one.high is not None and 100 * one.low < plot.up.high and 100 * one.high > plot.up.low:
        ends = [plot.place(look.blocks, 100 * end) for end in (one.low, one.high)]
        drawing.line(ends[0], ends[1], f"line stroke-{role} faint")
    if math.isfinite(one.change) and plot.up.low <= 100 * one.change <= plot.up.high:
        classes = f"hollow stroke-{role}" if shape is MarkShape.RING else f"fill-{role}"
        drawing.mark(plot.place(look.blocks, 100 * one.change), classes, shape, size=3.2, tip=_describe(look))


def _describe(look: TrialLook) -> str:
    words = f"after block {look.blocks}: {describe_change(look.comparison)}, {name_verdict(look.comparison)}"
    return cut(printable(words), _LONGEST)


def _list_row(look: TrialLook) -> tuple[str, ...]:
    one = look.comparison
    shares = (one.change, one.low, one.high)
    return (
        str(look.blocks),
        *("-" if share is None else f"{100 * share:+.1f}" for share in shares),
        name_verdict(one),
    )


def _sum_up(looks: Sequence[TrialLook]) -> str:
    if not looks:
        return "No block was measured."
    last, settled = looks[-1].comparison, find_settled(looks)
    since = f", from block {settled.blocks} on" if settled else ""
    return f"{name_verdict(last)}{since}: {describe_change(last)} after {looks[-1].blocks} blocks."
