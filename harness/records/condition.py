"""The condition of a node: how it is set, what it counts, how quiet it was, whether it is fit to measure on.

All of it is circumstance, never identity. The difference of two readings is a `Quietness`.
"""

from enum import StrEnum

from harness.records.record import Record


class Condition(Record):
    """Frequency, power, heat, memory; None or empty stands for what the system does not tell.

    `governors` are the distinct ones of all CPUs. `turbo` says whether clocks may rise above the base clock,
    `turbo_switch` names the file that decides it. `frequency_cap` is the lowest limit that policy (or macOS for heat)
    sets to a CPU, as a share of what it could do; `clock_mhz` the fastest clock just now. `profile` is the
    firmware's: `low-power`, `balanced`, `performance`. `heat_margin_c` is how many degrees Celsius the hottest zone is
    below the point from which it is cooled by slowing down; `hottest_c` is its temperature. `huge_pages` is
    the mode of transparent huge pages: `always`, `madvise`, `never`.
    """

    governors: tuple[str, ...] = ()
    turbo: bool | None = None
    turbo_switch: str = ""
    frequency_cap: float | None = None
    clock_mhz: float | None = None
    on_battery: bool | None = None
    profile: str = ""
    hottest_c: float | None = None
    heat_margin_c: float | None = None
    swap_total_bytes: int | None = None
    swap_used_bytes: int | None = None
    memory_available_bytes: int | None = None
    smt: bool | None = None
    huge_pages: str = ""


class CountedProcess(Record):
    """A process and the CPU seconds that it has used; `start` tells it from another one of the same id."""

    pid: int
    start: str
    name: str
    cpu_s: float


class CounterReading(Record):
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
    processes: tuple[CountedProcess, ...] = ()


class Neighbour(Record):
    """Another process, and how many CPUs it used on average; `name` is what the kernel calls it."""

    pid: int
    name: str
    cpus: float


class Quietness(Record):
    """What happened on a node of `cpus` CPUs during `wall_s` seconds; None stands for what the system does not tell.

    `other_cpus` is the CPU time of everything but the harness and its child per second, `steal` the share of all CPU
    time that the hypervisor gave to others. The pressures are shares of the time in which a process that wanted to
    run waited for a CPU, for memory or for a disk. `quota_throttled` counts cgroup periods, `thermal_throttled` what
    the CPUs counted, `swapped_in` pages. `load` is the load average of a minute, at the end. `neighbours` are
    the greatest of the others that lived at the end, the greatest first.
    """

    wall_s: float
    cpus: int
    other_cpus: float | None = None
    steal: float | None = None
    cpu_pressure: float | None = None
    memory_pressure: float | None = None
    io_pressure: float | None = None
    quota_throttled: int | None = None
    thermal_throttled: int | None = None
    swapped_in: int | None = None
    load: float | None = None
    neighbours: tuple[Neighbour, ...] = ()


class FindingStatus(StrEnum):
    """What a look at one point came to; UNKNOWN where the system does not tell."""

    FIT = "fit"
    UNFIT = "unfit"
    UNKNOWN = "unknown"


class Finding(Record):
    """One point: what was `found`, what it `means` for a measurement, and the command that would `fix` it."""

    topic: str
    fitness: FindingStatus
    found: str
    means: str = ""
    fix: str = ""


class Diagnosis(Record):
    """All findings about a node, and what they were made from."""

    node: str
    findings: tuple[Finding, ...]
    quietness: Quietness
    condition: Condition

    @property
    def unfit(self) -> tuple[Finding, ...]:
        """What speaks against measuring now."""
        return tuple(finding for finding in self.findings if finding.fitness is FindingStatus.UNFIT)
