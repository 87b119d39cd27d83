"""The numbers of whole programs that listen as tables of a page: transcriptions, and servers under load."""

from collections.abc import Iterator, Mapping, Sequence

from harness.records.comparison import Summary
from harness.records.measurement import LATENCY, RTF, SERVER_METRICS, Case
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.render.html.block import Block, TableBlock, TextBlock
from harness.render.html.report_sample import cell_summary, explain_notes, list_run_cells, list_run_columns
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, cell_number, shorten
from harness.render.server import EXPLAINED, order_server_cases
from harness.render.transcription import DETECTED
from harness.stats.series import peak_memory

Summaries = Mapping[tuple[Case, str], Summary]


def list_speech(runs: Sequence[Run], summaries: Sequence[Summaries]) -> Iterator[Block]:
    """Yield the tables of transcriptions and servers of runs; with several, each row names its run."""
    if table := _tabulate_audio(runs, summaries):
        yield TableBlock(table=table)
    if table := _tabulate_servers(runs, summaries):
        yield TableBlock(table=table)
        yield TextBlock(lines=EXPLAINED)
    if any(case.get("vad") for mine in summaries for case, _ in mine):
        yield TextBlock(lines=(DETECTED,))


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
                *list_run_cells(number, runs),
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
            *list_run_columns(runs),
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
                *list_run_cells(number, runs),
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
            *list_run_columns(runs),
            PageColumn(name="Model"),
            *(PageColumn(name=name.upper() if len(name) < 4 else name.title(), number=True) for name in settings),
            *(PageColumn(name=one.label, unit=one.unit, number=True, hint=one.name) for one in SERVER_METRICS),
            PageColumn(name="Peak", unit="MB", number=True, hint="the highest memory use of the server"),
            PageColumn(name="n", number=True),
        ),
        rows=tuple(rows),
    )
