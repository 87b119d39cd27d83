"""Runs for people: caveats first, then tables with units and spread; several runs in the same tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.records.comparison import Summary
from harness.records.measurement import COPY_RATE, FLOP_RATE, METRICS, RTF, TABLE_METRICS, Case
from harness.records.roofline import RooflineShare
from harness.records.run import OURS, Run
from harness.records.suite import Benchmark
from harness.render.config_column import config_words
from harness.render.counter import list_counts
from harness.render.plain import align, align_runs, format_summary
from harness.render.quality import list_text_quality
from harness.render.quietness import list_discarded, list_placement
from harness.render.repeat import repeat_run
from harness.render.roofline import list_roofline
from harness.render.server import list_servers
from harness.render.sparkline import draw_sparkline
from harness.render.table import short_commit, weights_kind
from harness.render.terminal import format_peak, list_caveats, list_failures, list_head, list_tests
from harness.render.transcription import MODELLED, format_modelled, list_transcriptions
from harness.stats.series import order_model_cases, peak_memory, sample_run, summarize_run

_INDENT = "  "
_LOAD = METRICS["load"]
_ENCODE = TABLE_METRICS[0]
# So many processes are drawn: fewer say nothing, more take too much room.
_LEAST, _MOST = 3, 20
Summaries = Mapping[tuple[Case, str], Summary]


def render_display(
    runs: Sequence[Run],
    paths: Sequence[str],
    shares: Sequence[Sequence[RooflineShare]] = (),
    *,
    width: int = 0,
    plain: bool = False,
) -> str:
    """Return the runs as text; `paths` are their folders, `shares` says how near each came to its roofline.

    In tables of several runs each run has a number. Lines other than paths have at most `width` columns, and small
    plots are drawn where they have room; 0 means no limit, and no plots. `plain` is ASCII alone.
    """
    frame = _Frame(width, plain)
    several = len(runs) > 1
    summaries = [summarize_run(run) for run in runs]
    blocks = (
        [
            line
            for number, run in enumerate(runs, 1)
            for line in list_caveats(run, f"#{number} " if several else "", width)
        ],
        _list_runs(runs) if several else [*list_head(runs[0]), *_facts(runs[0])],
        _models(runs, summaries, frame),
        [line for number, run in enumerate(runs, 1) for line in list_counts(run, number if several else 0)],
        list_transcriptions(runs, summaries),
        list_text_quality(runs, width),
        list_servers(runs, summaries),
        _pivot(summaries, _Axes(Benchmark.MEMCPY, COPY_RATE.name, across="threads", down="loop"), width),
        _pivot(summaries, _Axes(Benchmark.MUL_MAT, FLOP_RATE.name, across="n", down="type"), width),
        *(_roofline(runs[number], mine, number + 1 if several else 0, frame) for number, mine in enumerate(shares)),
        [] if several else list_tests(runs[0]),
        [line for run in runs for line in list_failures(run, width)],
        [line for run in runs for line in list_discarded(run)],
        _notes(summaries),
        _again(runs),
        [f"  {f'#{number} ' if several else ''}{path}" for number, path in enumerate(paths, 1)],
    )
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _again(runs: Sequence[Run]) -> Iterator[str]:
    """Yield the line that measures each run again."""
    for number, run in enumerate(runs, 1):
        if command := repeat_run(run):
            yield f"  {f'#{number} ' if len(runs) > 1 else ''}again: {command}"


class _Frame(NamedTuple):
    """How wide lines may be, and whether they are ASCII alone."""

    width: int
    plain: bool


def _list_runs(runs: Sequence[Run]) -> Iterator[str]:
    header = ("#", "id", "date", "node", "project", "commit", "release", "config", "status")
    rows = (
        (
            str(number),
            run.id,
            run.start[:10] or "not known",
            run.node.name or "-",
            run.project or "not known",
            short_commit(run) or "-",
            run.source.commit.release or "-",
            " ".join(config_words(run.system_info)) or run.config.isa or "-",
            run.status,
        )
        for number, run in enumerate(runs, 1)
    )
    return align([header, *rows], left=len(header), indent=_INDENT)


def _facts(run: Run) -> Iterator[str]:
    yield f"  run     {run.id}, {run.start or 'date not known'}"
    if run.origin != OURS:
        yield f"  origin  {run.origin}"
    kinds = ", ".join(f"{weights.model} ({weights.kind})" for weights in run.weights)
    if kinds:
        yield f"  weights {kinds}"
    yield from list_placement(run)


def _models(runs: Sequence[Run], summaries: Sequence[Summaries], frame: _Frame) -> Iterator[str]:
    """Yield a line per case and run, grouped by case; encode process by process where there is room to draw that."""
    metrics = [*TABLE_METRICS, _LOAD]
    order: dict[Case, list[int]] = {}
    for number, (run, mine) in enumerate(zip(runs, summaries, strict=True)):
        for case in order_model_cases(run, mine):
            order.setdefault(case, []).append(number)
    if not order:
        return
    peaks = [peak_memory(run) for run in runs]
    header = ["model", "#", "weights", "threads", "fa", *(metric.label for metric in metrics), RTF.label, "peak", "n"]
    units = ["", "", "", "", "", *(metric.unit for metric in metrics), "", "MB", ""]
    rows = [
        [
            case.get("model"),
            str(number + 1),
            weights_kind(runs[number], case) or "-",
            case.get("threads"),
            case.get("fa"),
            *(format_summary(summaries[number].get((case, metric.name))) for metric in metrics),
            format_modelled(summaries[number], case),
            format_peak(peaks[number].get(case)),
            str(max(summary.n for (other, _), summary in summaries[number].items() if other == case)),
        ]
        for case, numbers in order.items()
        for number in numbers
    ]
    table = [header, units, *rows]
    order_of = [
        _draw_order(runs[number], case, plain=frame.plain) for case, numbers in order.items() for number in numbers
    ]
    lines = _align_models(table, len(runs), frame.width)
    if frame.width and any(order_of):
        drawn = [[*row, cell] for row, cell in zip(table, [f"{_ENCODE.label} in turn", "", *order_of], strict=True)]
        wider = _align_models(drawn, len(runs), frame.width)
        lines = wider if len(wider) <= len(lines) else lines
    yield from lines


def _align_models(table: Sequence[Sequence[str]], runs: int, width: int) -> list[str]:
    return [*align_runs(table, several=runs > 1, indent=_INDENT, width=width, names=5)]


def _draw_order(run: Run, case: Case, *, plain: bool) -> str:
    """Return the encode times of a case, a character for each process, in the order in which they were measured."""
    values = sample_run(run).get((case, _ENCODE.name), ())
    return draw_sparkline(values[-_MOST:], plain=plain) if len(values) >= _LEAST else ""


class _Axes(NamedTuple):
    """A table of one benchmark: a column for each value of `across`, a line for each value of `down`."""

    benchmark: Benchmark
    metric: str
    across: str
    down: str


def _pivot(summaries: Sequence[Summaries], axes: _Axes, width: int) -> Iterator[str]:
    """Yield a table of one benchmark, with the lines of each run."""
    benchmark, metric, across, down = axes
    found: dict[tuple[str, int], dict[str, Summary]] = {}
    for number, mine in enumerate(summaries):
        for (case, name), summary in mine.items():
            if case.benchmark == benchmark and name == metric:
                found.setdefault((case.get(down), number), {})[case.get(across)] = summary
    if not found:
        return
    columns = sorted({value for line in found.values() for value in line}, key=lambda value: (len(value), value))
    places = {name: place for place, name in enumerate(dict.fromkeys(name for name, _ in found))}
    lines = sorted(found.items(), key=lambda item: (places[item[0][0]], item[0][1]))
    header = [f"{benchmark} {METRICS[metric].unit}", "#", *(f"{across}={column}" for column in columns)]
    rows = [
        [f"{down}={name}" if name else "-", str(number + 1), *(format_summary(line.get(column)) for column in columns)]
        for (name, number), line in lines
    ]
    yield from align_runs([header, *rows], several=len(summaries) > 1, indent=_INDENT, width=width)


def _roofline(run: Run, shares: Sequence[RooflineShare], number: int, frame: _Frame) -> Iterator[str]:
    """Yield the roofline of a run, under its number if there are several."""
    lines = list(list_roofline(run, shares, width=frame.width, plain=frame.plain))
    if lines and number:
        yield f"{_INDENT}#{number}"
    yield from lines


def _notes(summaries: Sequence[Summaries]) -> Iterator[str]:
    if any(summary.n > 1 for mine in summaries for summary in mine.values()):
        yield "  medians of n values; in brackets (slowest - fastest) / median; peak: the highest memory use of any"
    if any(case.benchmark == Benchmark.WHISPER for mine in summaries for case, _ in mine):
        yield MODELLED
