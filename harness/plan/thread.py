"""How many threads a benchmark does well to use."""

from collections.abc import Sequence

from harness.records.caveat import Caveat
from harness.records.node import Cores

_DEFAULT = 4


def choose_threads(cores: Cores) -> int:
    """Return upstream's default of 4, or fewer where fewer physical cores can be used.

    ggml's threads meet at a barrier after every operation, so one that shares a core, or sits on a slow one, delays
    all of them.
    """
    return min(_DEFAULT, cores.usable_physical)


def warn_threads(threads: Sequence[int], cores: Cores) -> tuple[Caveat, ...]:
    """Return a caveat for each limit that the largest of `threads` exceeds: usable CPUs, cgroup quota."""
    most = max(threads, default=0)
    caveats = []
    if most > cores.affinity:
        message = f"{most} threads on {cores.affinity} usable CPUs: they wait for each other, timings collapse"
        caveats.append(Caveat(code="threads-over-cpus", message=message))
    if cores.quota_cpus is not None and most > cores.quota_cpus:
        message = f"{most} threads on a cgroup quota of {cores.quota_cpus:g} CPUs: they are throttled in turns"
        caveats.append(Caveat(code="threads-over-quota", message=message))
    return tuple(caveats)
