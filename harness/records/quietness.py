"""What else a node did while something was measured: circumstance, never identity."""

from harness.records.record import Record


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
