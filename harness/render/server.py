"""Servers under load for people: latency and throughput of each recording, model and number of clients."""

from collections.abc import Iterator, Mapping, Sequence

from harness.records.comparison import Summary
from harness.records.measurement import LATENCY, SERVER_METRICS, Case
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.wording import format_count
from harness.render.number import format_value
from harness.render.plain import align_runs, format_summary
from harness.render.table import weights_kind
from harness.render.transcription import DETECTED
from harness.stats.series import peak_memory

Summaries = Mapping[tuple[Case, str], Summary]
EXPLAINED = (
    "Latency: from the first byte sent to the last byte received; p95: 95 % of the requests took no longer",
    "Speech: seconds of speech transcribed per second, all clients together; peak: the server's highest memory use",
)


def order_server_cases(summaries: Summaries) -> list[Case]:
    """Return the cases of servers, the settings together, then by the number of clients."""
    found = {case for case, metric in summaries if case.benchmark == Benchmark.SERVER and metric == LATENCY.name}
    return sorted(found, key=lambda case: (_without_clients(case), case.count("clients") or 0))


def list_servers(runs: Sequence[Run], summaries: Sequence[Summaries]) -> Iterator[str]:
    """Yield a line per case and run, grouped by case."""
    order: dict[Case, list[int]] = {}
    for number, mine in enumerate(summaries):
        for case in order_server_cases(mine):
            order.setdefault(case, []).append(number)
    if not order:
        return
    detected = any(case.get("vad") for case in order)
    names = ["audio", "#", "model", "weights", "threads", "fa", *(["vad"] if detected else []), "clients"]
    header = [*names, *(metric.label for metric in SERVER_METRICS), "peak", "n"]
    units = [*("" for _ in names), *(metric.unit for metric in SERVER_METRICS), "MB", ""]
    peaks = [peak_memory(run) for run in runs]
    rows = [
        [
            case.get("audio"),
            str(number + 1),
            case.get("model"),
            weights_kind(runs[number], case) or "-",
            case.get("threads"),
            case.get("fa"),
            *([case.get("vad") or "0"] if detected else []),
            case.get("clients"),
            *(format_summary(summaries[number].get((case, metric.name))) for metric in SERVER_METRICS),
            f"{peaks[number][case] / 1e6:,.0f}" if peaks[number].get(case) else "-",
            str(summaries[number][case, LATENCY.name].n),
        ]
        for case, numbers in order.items()
        for number in numbers
    ]
    yield from align_runs([header, units, *rows], several=len(runs) > 1, indent="  ")
    yield from (f"  {line}" for line in (*EXPLAINED, *([DETECTED] if detected else [])))


def describe_servers(summaries: Summaries) -> Iterator[tuple[str, str]]:
    """Yield a name and the numbers of each case, for the environment of a report."""
    for case in order_server_cases(summaries):
        vad = f"_vad{word}" if (word := case.get("vad")) else ""
        setting = f"c{case.get('clients')}_t{case.get('threads')}_fa{case.get('fa')}{vad}"
        numbers = [
            f"{metric.label} {format_value(one.median)} {metric.unit}"
            for metric in SERVER_METRICS
            if (one := summaries.get((case, metric.name)))
        ]
        processes = format_count(summaries[case, LATENCY.name].n, "process", plural="processes")
        yield f"{case.get('audio')}_{case.get('model')}_{setting}", ", ".join([*numbers, processes])


def _without_clients(case: Case) -> Case:
    return case.replace(params=tuple(one for one in case.params if one[0] != "clients"))
