"""The numbers of runs as tables of a page: units in the head, medians with their intervals, several runs together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.judge.roofline import list_shares
from harness.records.comparison import Summary
from harness.records.measurement import (
    COPY_RATE,
    FLOP_RATE,
    LOAD,
    RTF,
    TABLE_METRICS,
    Case,
    Metric,
)
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.wording import format_count
from harness.render.html.block import Block, FactBlock, TableBlock, TextBlock
from harness.render.html.report_quality import list_quality_blocks
from harness.render.html.report_sample import cell_summary, explain_notes, list_run_cells, list_run_columns
from harness.render.html.report_speech import list_speech
from harness.render.html.table import (
    PageCell,
    PageColumn,
    PageRow,
    PageTable,
    cell_number,
    cell_percent,
    drop_empty,
    shorten,
)
from harness.render.number import format_value
from harness.render.roofline import describe_roofline
from harness.render.table import weights_kind
from harness.render.transcription import MODELLED, format_modelled
from harness.stats.series import order_model_cases, peak_memory, summarize_run

Summaries = Mapping[tuple[Case, str], Summary]


def list_numbers(runs: Sequence[Run]) -> Iterator[Block]:
    """Yield the tables of all numbers of runs; with several, each row names its run."""
    summaries = [summarize_run(run) for run in runs]
    if table := _tabulate_models(runs, summaries):
        yield TableBlock(table=table)
        yield TextBlock(lines=(MODELLED.strip(),))
    yield from list_speech(runs, summaries)
    yield from list_quality_blocks(runs)
    for axes in (
        _Axes("memcpy", Benchmark.MEMCPY, COPY_RATE, across="threads", down="loop"),
        _Axes("mul_mat", Benchmark.MUL_MAT, FLOP_RATE, across="n", down="type"),
    ):
        if table := _tabulate_pivot(summaries, axes):
            yield TableBlock(table=table)
    for number, run in enumerate(runs, 1):
        if text := describe_roofline(run):
            name = f"Roofline of run {number}" if len(runs) > 1 else "Roofline"
            yield FactBlock(facts=((name, PageCell(text=text)),))
    if len(runs) == 1 and (table := _tabulate_shares(runs[0])):
        yield TableBlock(table=table, folded=True)


def describe_best(run: Run) -> str:
    """Return the numbers that people ask for first, in one sentence; empty if there is none."""
    summaries = summarize_run(run)
    for case in order_model_cases(run, summaries):
        encode, decode = (summaries.get((case, metric.name)) for metric in TABLE_METRICS[:2])
        if encode:
            token = f" and decodes a token in {format_value(decode.median)} ms" if decode else ""
            threads = case.count("threads")
            where = f", with {format_count(threads, 'thread')}" if threads else ""
            model = shorten(case.get("model"), 60)
            return f"The model {model} encodes in {format_value(encode.median)} ms{token}{where}."
    for benchmark, metric, verb in (
        (Benchmark.MUL_MAT, FLOP_RATE, "The benchmark mul_mat reaches"),
        (Benchmark.MEMCPY, COPY_RATE, "The benchmark memcpy reaches"),
    ):
        found = [
            one.median for (case, name), one in summaries.items() if (case.benchmark, name) == (benchmark, metric.name)
        ]
        if found:
            return f"{verb} {format_value(max(found))} {metric.unit} at best."
    return ""


def _tabulate_models(runs: Sequence[Run], summaries: Sequence[Summaries]) -> PageTable | None:
    cases = dict.fromkeys(
        case for run, mine in zip(runs, summaries, strict=True) for case in order_model_cases(run, mine)
    )
    if not cases:
        return None
    metrics = [m for m in (*TABLE_METRICS, LOAD) if any((case, m.name) in mine for mine in summaries for case in cases)]
    shown = [one for mine in summaries for (case, _), one in mine.items() if case in cases]
    interval, words = explain_notes(shown)
    peaks = [peak_memory(run) for run in runs]
    rows = [
        PageRow(
            cells=(
                PageCell(text=shorten(case.get("model"))),
                *list_run_cells(number, runs),
                PageCell(text=weights_kind(runs[number], case) or "-"),
                PageCell(text=case.get("threads")),
                PageCell(text=case.get("fa")),
                *(cell_summary(mine.get((case, metric.name)), interval=interval) for metric in metrics),
                PageCell(text=format_modelled(mine, case)),
                cell_number(peaks[number][case] / 1e6 if case in peaks[number] else None),
                PageCell(text=str(max(one.n for (other, _), one in mine.items() if other == case))),
            )
        )
        for case in cases
        for number, mine in enumerate(summaries)
        if any(other == case for other, _ in mine)
    ]
    table = PageTable(
        caption=f"Models: medians of n processes, {words}; lower is better",
        columns=(
            PageColumn(name="Model"),
            *list_run_columns(runs),
            PageColumn(name="Weights"),
            PageColumn(name="Threads", number=True),
            PageColumn(name="FA", number=True, hint="flash attention"),
            *(PageColumn(name=metric.label, unit=metric.unit, number=True, hint=metric.name) for metric in metrics),
            PageColumn(name=RTF.label, number=True, hint="real-time factor"),
            PageColumn(name="Peak", unit="MB", number=True, hint="the highest memory use of any process"),
            PageColumn(name="n", number=True),
        ),
        rows=tuple(rows),
    )
    return drop_empty(table)


class _Axes(NamedTuple):
    """A table of one benchmark: a column for each value of `across`, a row for each value of `down`."""

    title: str
    benchmark: str
    metric: Metric
    across: str
    down: str


def _tabulate_pivot(summaries: Sequence[Summaries], axes: _Axes) -> PageTable | None:
    found: dict[tuple[str, int], dict[str, Summary]] = {}
    for number, mine in enumerate(summaries):
        for (case, name), one in mine.items():
            if case.benchmark == axes.benchmark and name == axes.metric.name:
                found.setdefault((case.get(axes.down), number), {})[case.get(axes.across)] = one
    if not found:
        return None
    across = sorted({value for line in found.values() for value in line}, key=lambda value: (len(value), value))
    interval, words = explain_notes([one for line in found.values() for one in line.values()])
    places = {name: place for place, name in enumerate(dict.fromkeys(name for name, _ in found))}
    rows = [
        PageRow(
            cells=(
                PageCell(text=shorten(name, 60) or "-"),
                *([PageCell(text=str(number + 1))] if len(summaries) > 1 else []),
                *(cell_summary(line.get(value), interval=interval) for value in across),
            )
        )
        for (name, number), line in sorted(found.items(), key=lambda item: (places[item[0][0]], item[0][1]))
    ]
    return PageTable(
        caption=f"{axes.title}, {axes.metric.unit}: medians, {words}; higher is better",
        columns=(
            PageColumn(name=axes.down),
            *([PageColumn(name="Run", number=True)] if len(summaries) > 1 else []),
            *(PageColumn(name=f"{axes.across}={shorten(value, 60)}", number=True) for value in across),
        ),
        rows=tuple(rows),
    )


def _tabulate_shares(run: Run) -> PageTable | None:
    shares = list_shares(run)
    if not shares:
        return None
    columns = (
        PageColumn(name="Case"),
        PageColumn(name="Metric"),
        PageColumn(name="Achieved", number=True),
        PageColumn(name="Roof", number=True),
        PageColumn(name="Share", unit="%", number=True),
    )
    rows = [
        PageRow(
            cells=(
                PageCell(text=shorten(str(one.case))),
                PageCell(text=one.metric),
                cell_number(one.achieved, note=one.unit),
                cell_number(one.roof, note=one.unit),
                cell_percent(one.ratio).replace(note="fits into the caches" if one.cached else ""),
            )
        )
        for one in shares
    ]
    caption = "How near the numbers came to the roofline of this node"
    return PageTable(caption=caption, columns=columns, rows=tuple(rows))
