"""The output of the roofline probe: JSON lines, one list of slots for each kind and number of threads.

Grammar: harness/native/roofline/main.c. Work per nanosecond is GFLOP/s, GHz or GB/s without conversion.
"""

import math
import statistics
from typing import Annotated

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import UNDECODABLE
from harness.records.measurement import CLOCK_RATE, PEAK_FLOP_RATE, READ_RATE, Case, Measurement, Metric
from harness.records.record import Record
from harness.records.roofline import ROOFLINE, Ceiling, CeilingKind, Roofline

# The copy is left to memcpy, whose metric counts bytes in its own way.
_METRICS: dict[CeilingKind, Metric] = {
    CeilingKind.PEAK: PEAK_FLOP_RATE,
    CeilingKind.READ: READ_RATE,
    CeilingKind.CLOCK: CLOCK_RATE,
}


_Natural = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _Probe(Record):
    kind: str
    vector: str
    lanes: _Natural
    fused: bool
    bytes: _Natural


class _Slots(Record):
    kind: CeilingKind
    threads: _Natural
    work: _Natural
    wall_ns: tuple[_Natural, ...]
    cpu_ns: tuple[_Natural, ...]


def parse_roofline(text: str) -> Roofline:
    """Return the answer of the probe, in GFLOP/s, GHz and GB/s.

    Raises UnreadableError for an incomplete answer, one without slots, and rates that are not positive numbers.
    """
    lines = [line for line in text.splitlines() if line.startswith("{")]
    if len(lines) < 3 or '"end"' not in lines[-1]:
        raise UnreadableError(
            "the roofline probe gave an incomplete answer",
            cause=f"it has {len(lines)} lines, and no end",
        )
    try:
        probe = msgspec.json.decode(lines[0], type=_Probe)
        ceilings = tuple(_summarize(msgspec.json.decode(line, type=_Slots)) for line in lines[1:-1])
    except (*UNDECODABLE, ValueError) as error:
        raise UnreadableError("the answer of the roofline probe cannot be understood", cause=str(error)) from None
    return Roofline(
        vector=probe.vector, lanes=probe.lanes, fused=probe.fused, array_bytes=probe.bytes, ceilings=ceilings
    )


def measure_roofline(text: str, repetition: int) -> tuple[Measurement, ...]:
    """Return peak (GFLOP/s), clock (GHz) and read rate (GB/s) of each number of threads; raises UnreadableError."""
    return tuple(
        Measurement(
            case=Case.of(ROOFLINE, threads=one.threads),
            metric=_METRICS[one.kind].name,
            value=one.best,
            repetition=repetition,
        )
        for one in parse_roofline(text).ceilings
        if one.kind in _METRICS
    )


def _summarize(slots: _Slots) -> Ceiling:
    if slots.threads < 1 or not slots.wall_ns or len(slots.cpu_ns) != len(slots.wall_ns) or min(slots.wall_ns) <= 0:
        raise ValueError(f"{slots.kind} with {slots.threads} threads holds no slots, or slots without a length")
    rates = [slots.work / wall_ns for wall_ns in slots.wall_ns]
    best = max(rates)
    if not 0 < best < math.inf:
        raise ValueError(f"{slots.kind} with {slots.threads} threads is {best:g}")
    at = rates.index(best)
    return Ceiling(
        kind=slots.kind,
        threads=slots.threads,
        best=best,
        median=statistics.median(rates),
        n=len(rates),
        occupancy=slots.cpu_ns[at] / (slots.wall_ns[at] * slots.threads),
    )
