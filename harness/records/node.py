"""The machine: what it is, never its condition today."""

from harness.records.record import Record

# The name of a node that nothing names.
NO_NAME = "unknown"


class CpuCache(Record):
    """One level of cache as one core sees it; `shared_by` logical CPUs use the same one."""

    level: int
    kind: str
    size_bytes: int
    shared_by: int


class Cores(Record):
    """The number of CPUs, and how many of them this process may use.

    `usable_physical` counts physical cores of the fastest class on one NUMA node, within affinity and cgroup quota.
    `quota_cpus` is the cgroup CPU quota in CPUs, None if there is none. `fast` and `efficient` are logical
    counts on hybrid CPUs; on other CPUs all are fast.
    """

    logical: int
    physical: int
    affinity: int
    usable_physical: int
    threads_per_core: int
    fast: int
    efficient: int
    quota_cpus: float | None = None
    numa_nodes: int = 1


def is_macos(os: str) -> bool:
    """Return whether the operating system of a node, by name and version, is macOS."""
    return os.startswith("macOS")


class Cpu(Record):
    """The processor; `features` are sorted lower-case names as in the operating system."""

    arch: str
    vendor: str
    brand: str
    microarchitecture: str
    features: tuple[str, ...]
    cores: Cores
    caches: tuple[CpuCache, ...] = ()

    @property
    def title(self) -> str:
        """The brand on one line, else the architecture."""
        return " ".join((self.brand or self.arch).split())


class Node(Record):
    """A machine under its given name; `hypervisor` and `container` are empty if none was detected.

    An imported run has `NO_NAME` if nothing names its node.
    """

    name: str
    cpu: Cpu
    os: str
    kernel: str
    memory_bytes: int
    hypervisor: str = ""
    container: str = ""
    python: str = ""
