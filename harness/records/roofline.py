"""The measured limits of a node, and how near a benchmark came to them."""

from enum import StrEnum

from harness.records.caveat import Caveat
from harness.records.measurement import Case
from harness.records.record import Record

# The benchmark's name in cases: `roof/threads=4`. It measures the node, not the code: it is never judged.
ROOFLINE = "roof"


class CeilingKind(StrEnum):
    """The kinds of limits that the probe measures.

    PEAK: FP32 GFLOP/s of all threads together; a multiply-add counts as two. CLOCK: GHz of one thread meanwhile.
    READ: GB/s, every byte counted once. COPY: GB/s of memcpy, bytes read and bytes written both counted.
    """

    PEAK = "peak"
    CLOCK = "clock"
    READ = "read"
    COPY = "copy"


class Ceiling(Record):
    """The best of `n` slots, and their median, in the unit of `kind`.

    The best counts, because disturbances only slow a slot down. `occupancy` is the share of CPU time that the threads
    had in that slot: below 1, other processes used the CPUs.
    """

    kind: CeilingKind
    threads: int
    best: float
    median: float
    n: int
    occupancy: float

    @property
    def unsteadiness(self) -> float:
        """How far the median is below the best, as a fraction."""
        return 1 - self.median / self.best


class Roofline(Record):
    """One answer of the probe; `lanes` are the floats in a vector, `array_bytes` the size of each array.

    `caveats` are added by `harness.judge.roofline`.
    """

    vector: str
    lanes: int
    fused: bool
    array_bytes: int
    ceilings: tuple[Ceiling, ...]
    caveats: tuple[Caveat, ...] = ()

    def find(self, kind: CeilingKind, threads: int) -> Ceiling | None:
        """Return the limit of `kind` with so many threads, or None."""
        return next((one for one in self.ceilings if one.kind is kind and one.threads == threads), None)


class RooflineShare(Record):
    """A median of a case as a share of the roofline: `achieved` and `roof` are both GFLOP/s, or both GB/s.

    `cached` says that the bytes fit into the last-level cache, which is faster than the memory that was measured.
    """

    case: Case
    metric: str
    achieved: float
    roof: float
    unit: str
    cached: bool = False

    @property
    def ratio(self) -> float:
        """The share as a fraction; above 1 another limit applies."""
        return self.achieved / self.roof


class Roof(Record):
    """The two limits of a node with so many threads: `peak` in GFLOP/s, `read` in GB/s."""

    threads: int
    peak: float
    read: float

    @property
    def ridge(self) -> float:
        """The operations for each byte from which on the peak is the lower limit."""
        return self.peak / self.read

    def limit(self, intensity: float) -> float:
        """Return the highest rate, in GFLOP/s, of a program with so many operations for each byte."""
        return min(self.peak, self.read * intensity)


class RoofPoint(Record):
    """A case under the roofline: `intensity` is in FLOP for each byte, `rate` in GFLOP/s."""

    case: Case
    metric: str
    threads: int
    intensity: float
    rate: float
