"""The CPUs that a process may be pinned to, core by core."""

from collections import Counter

from harness.parse.capture import Capture, parse_cpu_list
from harness.parse.cpu import CPUINFO, parse_blocks
from harness.parse.topology import parse_topology


def rank_cores(capture: Capture) -> tuple[tuple[int, ...], ...]:
    """Return the usable CPUs of each physical core, the best core first.

    Cores of the fastest class come before the others, and those of the NUMA node with most of them before the rest. The
    core of CPU 0 is the last of its kind: by default interrupts and the kernel's own work land there.
    """
    cores = parse_topology(capture, list(parse_blocks(capture.get(CPUINFO, ""))))
    online = frozenset[int]().union(*(core.cpus for core in cores))
    affinity = parse_cpu_list(capture.get("affinity", "")) & online or online
    usable = [core for core in cores if core.cpus & affinity]
    fast_on = Counter(core.numa_node for core in usable if core.fast)
    ranked = sorted(
        usable,
        key=lambda core: (
            not core.fast,
            -fast_on[core.numa_node],
            core.numa_node,
            0 in core.cpus,
            min(core.cpus),
        ),
    )
    return tuple(tuple(sorted(core.cpus & affinity)) for core in ranked)
