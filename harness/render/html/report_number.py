"""The numbers of runs as tables of a page: units in the head, medians with their intervals, several runs together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.judge.roofline import list_shares
from harness.records.comparison import Summary
from harness.records.measurement import (
    COPY_RATE,
    FLOP_RATE,
    LATENCY,
    LOAD,
    RTF,
    SERVER_METRICS,
    TABLE_METRICS,
    Case,
    Metric,
)
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.wording import format_count
from harness.render.html.block import Block, FactBlock, TableBlock, TextBlock
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
from harness.render.server import EXPLAINED, order_server_cases
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
    if table := _tabulate_audio(runs, summaries):
        yield TableBlock(table=table)
    if table := _tabulate_servers(runs, summaries):
        yield TableBlock(table=table)
        yield TextBlock(lines=EXPLAINED)
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


def cell_summary(summary: Summary | None, *, interval: bool) -> PageCell:
    """Return the cell of a sample: its median, and its interval or, where none has one, its range."""
    if summary is None:
        return cell_number(None)
    low, high = (summary.low, summary.high) if interval else (summary.minimum, summary.maximum)
    note = (
        f"[{format_value(low)}, {format_value(high)}]" if summary.n > 1 and low is not None and high is not None else ""
    )
    return cell_number(summary.median, note=note)


def explain_notes(summaries: Sequence[Summary]) -> tuple[bool, str]:
    """Return whether samples are shown with their intervals, and what the brackets hold, in words."""
    known = [one for one in summaries if one.low is not None]
    if known:
        return True, f"in brackets the {100 * min(one.confidence for one in known):.0f} % interval"
    several = any(one.n > 1 for one in summaries)
    return False, "in brackets the smallest and the largest value" if several else "one value each"


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
                *_name_run(number, runs),
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
            *_run_column(runs),
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


def _tabulate_audio(runs: Sequence[Run], summaries: Sequence[Summaries]) -> PageTable | None:
    found = [
        (number, case, one)
        for number, mine in enumerate(summaries)
        for (case, metric), one in mine.items()
        if case.benchmark == Benchmark.TRANSCRIBE and metric == RTF.name
    ]
    if not found:
        return None
    interval, words = explain_notes([one for _, _, one in found])
    detected = any(case.get("vad") for _, case, _ in found)
    rows = [
        PageRow(
            cells=(
                PageCell(text=shorten(case.get("audio"))),
                *_name_run(number, runs),
                PageCell(text=shorten(case.get("model"))),
                PageCell(text=case.get("threads")),
                PageCell(text=case.get("fa")),
                *([PageCell(text=case.get("vad") or "0")] if detected else []),
                cell_summary(one, interval=interval),
                PageCell(text=str(one.n)),
            )
        )
        for number, case, one in found
    ]
    names = ("Threads", "FA", *(["VAD"] if detected else []))
    return PageTable(
        caption=f"Transcription from end to end: time over length of the audio, {words}; lower is better",
        columns=(
            PageColumn(name="Audio"),
            *_run_column(runs),
            PageColumn(name="Model"),
            *(PageColumn(name=name, number=True) for name in names),
            PageColumn(name=RTF.label, unit=RTF.unit, number=True),
            PageColumn(name="n", number=True),
        ),
        rows=tuple(rows),
    )


def _tabulate_servers(runs: Sequence[Run], summaries: Sequence[Summaries]) -> PageTable | None:
    found = [(number, case) for number, mine in enumerate(summaries) for case in order_server_cases(mine)]
    if not found:
        return None
    samples = [summaries[number][case, metric.name] for number, case in found for metric in SERVER_METRICS]
    interval, words = explain_notes(samples)
    peaks = [peak_memory(run) for run in runs]
    settings = ("threads", "fa", *(["vad"] if any(case.get("vad") for _, case in found) else []), "clients")
    rows = [
        PageRow(
            cells=(
                PageCell(text=shorten(case.get("audio"))),
                *_name_run(number, runs),
                PageCell(text=shorten(case.get("model"))),
                *(PageCell(text=case.get(name) or "0") for name in settings),
                *(cell_summary(summaries[number].get((case, one.name)), interval=interval) for one in SERVER_METRICS),
                cell_number(peaks[number][case] / 1e6 if case in peaks[number] else None),
                PageCell(text=str(summaries[number][case, LATENCY.name].n)),
            )
        )
        for number, case in found
    ]
    return PageTable(
        caption=f"whisper-server under load: medians of n processes, {words}",
        columns=(
            PageColumn(name="Audio"),
            *_run_column(runs),
            PageColumn(name="Model"),
            *(PageColumn(name=name.upper() if len(name) < 4 else name.title(), number=True) for name in settings),
            *(PageColumn(name=one.label, unit=one.unit, number=True, hint=one.name) for one in SERVER_METRICS),
            PageColumn(name="Peak", unit="MB", number=True, hint="the highest memory use of the server"),
            PageColumn(name="n", number=True),
        ),
        rows=tuple(rows),
    )


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


def _run_column(runs: Sequence[Run]) -> tuple[PageColumn, ...]:
    return (PageColumn(name="Run", number=True),) if len(runs) > 1 else ()


def _name_run(number: int, runs: Sequence[Run]) -> tuple[PageCell, ...]:
    return (PageCell(text=str(number + 1)),) if len(runs) > 1 else ()
