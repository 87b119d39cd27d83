"""The machine: what it is, never how it feels today."""

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
    """How many CPUs there are, and how many of them this process may use.

    `usable_physical` counts physical cores of the fastest class on one NUMA node, within affinity and cgroup quota.
    `quota_cpus` is the cgroup CPU quota in CPUs, None where there is none. `fast` and `efficient` are logical
    counts on hybrid CPUs; elsewhere all are fast.
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
    """The processor: `features` are sorted lower-case names as the operating system spells them."""

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
    """A machine under its given name; `hypervisor` and `container` are empty where there is none to be seen.

    An imported run has `NO_NAME` where nothing names its node.
    """

    name: str
    cpu: Cpu
    os: str
    kernel: str
    memory_bytes: int
    hypervisor: str = ""
    container: str = ""
    python: str = ""
