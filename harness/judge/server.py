"""Whether a server answers several clients at once, or one after the other, and whether with the same text."""

from collections.abc import Iterator

from harness.records.caveat import Caveat, CaveatCode
from harness.records.measurement import LATENCY, SPEECH_RATE, Case
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.stats.series import summarize_run

# A server that really answers two at once gains more than this, unless its threads used every CPU before.
_GAIN = 1.25
_SHOWN = 3


def caveat_queues(run: Run) -> Iterator[Caveat]:
    """Yield a caveat if several clients got hardly more throughput than one: then their latency is time in a queue."""
    summaries = summarize_run(run)
    found = []
    for case in sorted(case for case, metric in summaries if metric == SPEECH_RATE.name):
        clients, alone = case.count("clients") or 1, _with_clients(case, 1)
        if clients == 1 or (alone, SPEECH_RATE.name) not in summaries:
            continue
        gain, longer = (
            summaries[case, metric.name].median / summaries[alone, metric.name].median
            for metric in (SPEECH_RATE, LATENCY)
        )
        if gain < _GAIN:
            found.append(
                f"{clients} clients got {gain:.2f} times the throughput of one and waited {longer:.1f} times as long "
                f"({case})"
            )
    if found:
        rest = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        message = f"whisper-server answers one request at a time: {'; '.join(found[:_SHOWN])}{rest}"
        yield Caveat(code=CaveatCode.REQUESTS_QUEUED, message=message)


def caveat_server_texts(run: Run) -> Iterator[Caveat]:
    """Yield a caveat if servers gave several texts for one recording under the same settings."""
    texts: dict[Case, set[str]] = {}
    for result in run.results:
        if result.case and result.load:
            texts.setdefault(result.case, set()).update(result.load.digests)
    varying = [f"{len(found)} of {case}" for case, found in sorted(texts.items()) if len(found) > 1]
    if varying:
        rest = f", and of {len(varying) - _SHOWN} more" if len(varying) > _SHOWN else ""
        message = f"whisper-server gave different texts for one recording: {', '.join(varying[:_SHOWN])}{rest}"
        yield Caveat(code=CaveatCode.NOT_DETERMINISTIC, message=message)


def _with_clients(case: Case, clients: int) -> Case:
    params = {name: value for name, value in case.params if name != "clients"}
    return Case.of(Benchmark.SERVER.value, clients=clients, **params)
