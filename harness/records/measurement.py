"""What is measured: cases, metrics (a fixed table; a metric never changes its unit), and one number."""

import functools
import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec

from harness.errors import UnreadableError
from harness.records.record import Record

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VALUE = re.compile(r"[^/=\s]+")
# Longer numbers are not those of threads or sizes, and too large to compute with.
_DIGITS = 9
# Stands between the two values of a parameter in which the sides of a comparison differ.
_TO = "->"


class Case(Record, order=True):
    """A benchmark with sorted parameters; `str()` is its canonical name and `Case.parse` the inverse.

    `whisper/fa=0/model=base/threads=4`, `memcpy/threads=4`, `mul_mat/n=4096/threads=4/type=q4_0`.
    """

    benchmark: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, benchmark: str, /, **params: str | int) -> "Case":
        """Return the case with `params` sorted by name; raises ValueError for values that `parse` cannot read."""
        return _make(benchmark, tuple(sorted([(key, str(value)) for key, value in params.items()])))

    @classmethod
    def parse(cls, text: str) -> "Case":
        """Return the case that `str()` wrote as `text`; raises UnreadableError for anything else."""
        benchmark, *fields = text.split("/")
        params: dict[str, str] = {}
        for field in fields:
            key, equals, value = field.partition("=")
            if not equals or key in params:
                raise UnreadableError(f"not a case name: {text!r}", cause=f"{field!r} is not one key=value")
            params[key] = value
        try:
            return cls.of(benchmark, **params)
        except ValueError as error:
            raise UnreadableError(f"not a case name: {text!r}", cause=str(error)) from None

    def __str__(self) -> str:
        return "/".join([self.benchmark, *(f"{key}={value}" for key, value in self.params)])

    def against(self, other: "Case") -> "Case":
        """Return what two sides measure as one case; a parameter that differs has both values, `fa=0->1`.

        Two pairs of cases have the same name only if they are the same pair.
        """
        here, there = dict(self.params), dict(other.params)
        values = {name: (here.get(name, ""), there.get(name, "")) for name in sorted({*here, *there})}
        params = tuple(
            (name, one if one == another else f"{one}{_TO}{another}") for name, (one, another) in values.items()
        )
        return Case(benchmark=self.benchmark, params=params)

    @property
    def common(self) -> "Case":
        """The case without the parameters in which the two sides of `against` differ."""
        return Case(benchmark=self.benchmark, params=tuple(pair for pair in self.params if _TO not in pair[1]))

    def get(self, name: str) -> str:
        """Return the value of parameter `name`, or an empty string."""
        return dict(self.params).get(name, "")

    def count(self, name: str) -> int | None:
        """Return parameter `name` as a whole number, None where it is none, or one that counts nothing real."""
        word = self.get(name)
        return int(word) if word.isdecimal() and len(word) <= _DIGITS else None


def name_cases(cases: Iterable[Case]) -> dict[Case, Case]:
    """Return the shortest distinct name for each of the cases that `Case.against` returned.

    Names leave out the parameters in which the sides differ, unless two cases would then have the same name.
    """
    full = dict.fromkeys(cases)
    counts = Counter(case.common for case in full)
    return {case: case.common if counts[case.common] == 1 else case for case in full}


@functools.lru_cache(maxsize=4096)
def _make(benchmark: str, pairs: tuple[tuple[str, str], ...]) -> Case:
    """Return the case of checked parts, cached, because a history repeats the same few hundred."""
    if not _NAME.fullmatch(benchmark):
        raise ValueError(f"not a benchmark name: {benchmark!r}")
    for key, value in pairs:
        if not _NAME.fullmatch(key) or not _VALUE.fullmatch(value):
            raise ValueError(f"not a case parameter: {key}={value!r}")
    return Case(benchmark=benchmark, params=pairs)


class Metric(Record):
    """A metric: its `name` in run.json, its unit, its direction, and its column label in the report."""

    name: str
    unit: str
    lower_is_better: bool
    label: str


ENCODE = Metric(name="encode", unit="ms/pass", lower_is_better=True, label="Enc.")
DECODE = Metric(name="decode", unit="ms/token", lower_is_better=True, label="Dec.")
BATCHD = Metric(name="batchd", unit="ms/token", lower_is_better=True, label="Bch5")
PROMPT = Metric(name="prompt", unit="ms/token", lower_is_better=True, label="PP")
LOAD = Metric(name="load", unit="ms", lower_is_better=True, label="Load")
# Modelled from encode and decode (`harness.stats.realtime`): never measured as such, but settings are chosen by it.
WINDOW = Metric(name="window", unit="ms/window", lower_is_better=True, label="30 s")
# Of whisper-cli, from audio to text without loading the weights: time it takes over time it lasts.
RTF = Metric(name="rtf", unit="s/s", lower_is_better=True, label="RTF")
# Of requests to whisper-server, from the first byte sent to the last byte received, and of all of them together.
LATENCY = Metric(name="latency", unit="ms/request", lower_is_better=True, label="Latency")
LATENCY_P95 = Metric(name="latency_p95", unit="ms/request", lower_is_better=True, label="p95")
SPEECH_RATE = Metric(name="speech_rate", unit="s/s", lower_is_better=False, label="Speech")
COPY_RATE = Metric(name="copy_rate", unit="GB/s", lower_is_better=False, label="memcpy")
FLOP_RATE = Metric(name="flop_rate", unit="GFLOP/s", lower_is_better=False, label="mul_mat")
PEAK_FLOP_RATE = Metric(name="peak_flop_rate", unit="GFLOP/s", lower_is_better=False, label="peak")
READ_RATE = Metric(name="read_rate", unit="GB/s", lower_is_better=False, label="read")
CLOCK_RATE = Metric(name="clock_rate", unit="GHz", lower_is_better=False, label="clock")

# Of a call that is timed: what the hardware counted, in the units of the call's time.
INSTRUCTIONS, CYCLES, CACHE_MISSES = COUNTERS = ("instructions", "cycles", "cache_misses")
_COUNTED = {
    "instructions": ("instructions", "instr."),
    "cycles": ("cycles", "cycles"),
    "cache_misses": ("misses", "misses"),
}


def _count(timed: Metric, counter: str) -> Metric:
    unit, label = _COUNTED[counter]
    return Metric(
        name=f"{timed.name}_{counter}",
        unit=f"{unit}/{timed.unit.partition('/')[2]}",
        lower_is_better=True,
        label=f"{timed.label} {label}",
    )


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        ENCODE,
        DECODE,
        BATCHD,
        PROMPT,
        LOAD,
        WINDOW,
        RTF,
        LATENCY,
        LATENCY_P95,
        SPEECH_RATE,
        COPY_RATE,
        FLOP_RATE,
        PEAK_FLOP_RATE,
        READ_RATE,
        CLOCK_RATE,
    )
}
SERVER_METRICS: tuple[Metric, ...] = (LATENCY, LATENCY_P95, SPEECH_RATE)
TABLE_METRICS: tuple[Metric, ...] = (ENCODE, DECODE, BATCHD, PROMPT)
# By the names of the call's time and of the counter.
COUNT_METRICS: dict[tuple[str, str], Metric] = {
    (timed.name, counter): _count(timed, counter) for timed in TABLE_METRICS for counter in COUNTERS
}
METRICS |= {metric.name: metric for metric in COUNT_METRICS.values()}


class MeasurementOrigin(StrEnum):
    """Where a number was read: from a child of this harness, or from an imported report or the logs beside it."""

    OWN = ""
    REPORT = "report"
    LOG = "log"


class Measurement(Record):
    """One value of one metric (unit: the metric's) of one case.

    A whisper-bench process gives each of its numbers once: `process` is 0 and `repetition` counts the processes. A
    worker gives many: `process` counts the workers from 1, `repetition` the timed calls. `place` says which of the two
    processes in a block of a live comparison it came from: 1 for the one that was started first, 2 for the other, 0 if
    there is no such pair or it is not known.
    """

    case: Case
    metric: str
    value: Annotated[float, msgspec.Meta(gt=0)]
    repetition: int = 1
    process: int = 0
    place: int = 0
    origin: MeasurementOrigin = MeasurementOrigin.OWN
