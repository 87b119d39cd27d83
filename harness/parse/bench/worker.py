"""The answers of the worker: one JSON object per line (`harness.worker`)."""

import contextlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import UNDECODABLE
from harness.records.condition import CounterAccess
from harness.records.measurement import (
    BATCHD,
    COUNT_METRICS,
    DECODE,
    ENCODE,
    LOAD,
    PROMPT,
    TABLE_METRICS,
    Case,
    Measurement,
    Metric,
)
from harness.records.record import Record

# What the harness understands: 2 added the counters, 3 the questions about results.
PROTOCOLS = (1, 2, 3)
_OPENING = '{"ok": '
_METRICS: dict[str, Metric] = {"load": LOAD, "encode": ENCODE, "decode": DECODE, "batch": BATCHD, "prompt": PROMPT}


# What 63 bits hold; a clock that goes backwards is no damage.
_Number = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]


class WorkerAnswer(Record):
    """One answer; the costs are those of the timed call, `units` its passes or tokens.

    `other_cpus` and `steal_cpus` are the CPUs that other processes and the hypervisor used during the call, None if
    that is not available. `idle_cpu_ns` is the CPU time of the worker itself since its last call. `files` are the
    libraries that it has loaded, if available. `counts` are those of the hardware counters during the call, None for
    one that did not run all the time.
    """

    ok: bool
    command: str
    error: str = ""
    protocol: _Number = 0
    release: str = ""
    system_info: str = ""
    units: Annotated[int, msgspec.Meta(ge=1, le=2**62)] = 1
    wall_ns: _Number = 0
    process_cpu_ns: _Number = 0
    thread_cpu_ns: _Number = 0
    minor_faults: _Number = 0
    major_faults: _Number = 0
    voluntary_switches: _Number = 0
    involuntary_switches: _Number = 0
    other_cpus: float | None = None
    steal_cpus: float | None = None
    idle_cpu_ns: _Number = 0
    text: str = ""
    files: tuple[str, ...] = ()
    counters: CounterAccess = CounterAccess()
    counts: dict[str, _Number | None] = msgspec.field(default_factory=dict)

    @property
    def value_ms(self) -> float:
        """Wall milliseconds per pass or token."""
        return self.wall_ns / 1e6 / self.units


def parse_answer(line: str, command: str) -> WorkerAnswer:
    """Return the answer to `command` (its first word); raises UnreadableError for anything else."""
    try:
        answer = msgspec.json.decode(line, type=WorkerAnswer)
    except UNDECODABLE as error:
        raise UnreadableError(f"the worker gave a strange answer: {line[:80]!r}", cause=str(error)) from None
    if answer.command != command:
        raise UnreadableError(f"the worker answered {answer.command!r} although {command!r} was asked")
    return answer


def parse_counters(text: str) -> CounterAccess:
    """Return what `python -m harness.worker.counter` found; raises UnreadableError for anything else."""
    try:
        return msgspec.json.decode(text, type=CounterAccess)
    except UNDECODABLE as error:
        raise UnreadableError(f"not an answer about counters: {text[:80]!r}", cause=str(error)) from None


class WorkerNumbers(NamedTuple):
    """What a log of a worker says of a case: times, and counts of hardware counters."""

    measurements: tuple[Measurement, ...]
    counts: tuple[Measurement, ...]


def measure_worker(log: str, case: Case, process: int) -> WorkerNumbers:
    """Return the measurements of a case in a log: load in ms, the others in ms per pass or token, in order."""
    found: list[Measurement] = []
    counted: list[Measurement] = []
    counts: dict[str, int] = {}
    for answer in _answers(log):
        metric = _METRICS.get(answer.command)
        if metric and answer.ok and answer.wall_ns > 0:
            counts[metric.name] = counts.get(metric.name, 0) + 1
            number = counts[metric.name]
            timed = Measurement(
                case=case, metric=metric.name, value=answer.value_ms, repetition=number, process=process
            )
            found.append(timed)
            counted += count_answer(answer, timed)
    return WorkerNumbers(tuple(found), tuple(counted))


def count_answer(answer: WorkerAnswer, timed: Measurement) -> tuple[Measurement, ...]:
    """Return what the hardware counted in a timed call, per pass or token; nothing for what is not known, or zero."""
    counted = ((COUNT_METRICS.get((timed.metric, name)), count) for name, count in answer.counts.items())
    return tuple(
        timed.replace(metric=metric.name, value=count / answer.units) for metric, count in counted if metric and count
    )


def list_asked(argv: Sequence[str]) -> tuple[Metric, ...]:
    """Return the metrics that a worker's command line asks for."""
    words = (word.split()[0] for flag, word in pairwise(argv) if flag == "--do" and word)
    return tuple(_METRICS[word] for word in words if word in _METRICS and _METRICS[word] in TABLE_METRICS)


def find_worker_refusal(log: str) -> str:
    """Return why the worker refused a command, the first one, or an empty string."""
    return next((answer.error for answer in _answers(log) if not answer.ok), "")


def read_texts(log: str) -> str:
    """Return the output of the library's own benchmarks, in the grammar of the bench program."""
    return "\n".join(answer.text for answer in _answers(log) if answer.text)


def _answers(log: str) -> Iterator[WorkerAnswer]:
    for line in log.splitlines():
        _, opening, rest = line.partition(_OPENING)  # the library may have left a line of its own unfinished
        if opening:
            with contextlib.suppress(*UNDECODABLE):
                yield msgspec.json.decode(opening + rest, type=WorkerAnswer)
