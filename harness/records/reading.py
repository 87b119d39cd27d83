"""The counters of a node at one instant; the difference of two of them is a `Quietness`."""

from harness.records.record import Record


class Process(Record):
    """A process and the CPU seconds that it has used; `start` tells it from another one of the same id."""

    pid: int
    start: str
    name: str
    cpu_s: float


class Reading(Record):
    """What has been counted up to `time_s` (seconds on any steady clock); None stands for what is not told.

    `busy_s` and `steal_s` are sums over all `cpus` CPUs, `own_s` is what the harness itself has used. The pressures are
    microseconds in which some process waited, the others counts as in `Quietness`. The harness is not among the
    `processes`.
    """

    time_s: float
    own_s: float = 0.0
    cpus: int = 1
    busy_s: float | None = None
    steal_s: float | None = None
    cpu_pressure_us: int | None = None
    memory_pressure_us: int | None = None
    io_pressure_us: int | None = None
    quota_throttled: int | None = None
    thermal_throttled: int | None = None
    swapped_in: int | None = None
    load: float | None = None
    processes: tuple[Process, ...] = ()
