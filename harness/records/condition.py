"""The condition of a node: its settings, its counters, how quiet it was, whether it is fit for measuring.

None of this is part of an identity. The difference of two readings is a `Quietness`.
"""

import msgspec

from harness.records.record import ExplainedWord, Record


class Condition(Record):
    """Frequency, power, heat, memory; None or empty stands for what is not available.

    `governors` are the distinct ones of all CPUs. `turbo` says whether clocks may rise above the base clock,
    `turbo_switch` is the file that controls it. `frequency_cap` is the lowest limit that a policy (or macOS, because of
    heat) sets for a CPU, as a share of its maximum; `clock_mhz` is the fastest clock rate now. `profile` is that of the
    firmware: `low-power`, `balanced`, `performance`. `heat_margin_c` is how many degrees Celsius the hottest zone is
    below the temperature from which the CPU is slowed down; `hottest_c` is its temperature. `huge_pages` is the mode of
    transparent huge pages: `always`, `madvise`, `never`.
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
    """A process and the CPU seconds that it has used; `start` distinguishes it from a later one with the same id."""

    pid: int
    start: str
    name: str
    cpu_s: float


class CounterReading(Record):
    """The counters at `time_s` (seconds on any steady clock); None stands for what is not available.

    `busy_s` and `steal_s` are sums over all `cpus` CPUs, `own_s` is the CPU time of the harness itself. The pressures
    are microseconds in which some process waited; the rest are counts as in `Quietness`. `processes` do not include the
    harness.
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


class CounterAccess(Record):
    """The hardware counters that programs may use here, and a word for each other one that says why there is none."""

    available: tuple[str, ...] = ()
    absent: dict[str, str] = msgspec.field(default_factory=dict)


class Neighbour(Record):
    """Another process, and how many CPUs it used on average; `name` is what the kernel calls it."""

    pid: int
    name: str
    cpus: float


class Quietness(Record):
    """What happened on a node of `cpus` CPUs during `wall_s` seconds; None stands for what is not available.

    `other_cpus` is the CPU time of everything but the harness and its child per second, `steal` the share of all CPU
    time that the hypervisor gave to others. The pressures are shares of the time in which a process that wanted to
    run waited for a CPU, for memory or for a disk. `quota_throttled` counts cgroup periods, `thermal_throttled` what
    the CPUs counted, `swapped_in` pages. `load` is the load average of a minute, at the end. `neighbours` are
    the other processes that used most, of those that still existed at the end, the busiest first.
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


class FindingStatus(ExplainedWord):
    """The result of checking one point."""

    FIT = "fit", "Nothing about this point speaks against measuring."
    UNFIT = "unfit", "This point makes measurements wrong or noisy; the line below says how to mend it."
    UNKNOWN = (
        "unknown",
        "The system does not say, as in most virtual machines and containers; it is neither good nor bad.",
    )


class Finding(Record):
    """One point: what was `found`, what it `means` for a measurement, and the command that would `fix` it."""

    topic: str
    fitness: FindingStatus
    found: str
    means: str = ""
    fix: str = ""


class NextStep(Record):
    """A command that comes next, and why."""

    command: str
    why: str


class Diagnosis(Record):
    """All findings about a node, the data behind them, and what to do next."""

    node: str
    findings: tuple[Finding, ...]
    quietness: Quietness
    condition: Condition
    next: tuple[NextStep, ...] = ()

    @property
    def unfit(self) -> tuple[Finding, ...]:
        """The findings that speak against measuring now."""
        return tuple(finding for finding in self.findings if finding.fitness is FindingStatus.UNFIT)
