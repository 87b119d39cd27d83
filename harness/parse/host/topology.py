"""Which logical CPUs belong to which physical core, of which class, on which NUMA node, with which caches.

Sources: the kernel's sysfs documents (`ABI/testing/sysfs-devices-system-cpu`, `admin-guide/cputopology`); hybrid x86
CPUs of Intel name their classes in `/sys/devices/cpu_core` and `cpu_atom`, Arm's in `cpu_capacity` (1024 is the
fastest); AMD's compact cores differ only by `acpi_cppc/highest_perf` (`admin-guide/acpi/cppc_sysfs`).
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable

from harness.parse.host.capture import MAX_CPUS, Capture, parse_cpu_list
from harness.parse.host.cgroup import parse_quota
from harness.parse.notation import parse_count
from harness.records.node import Cores, CpuCache
from harness.records.record import Record

CPU = "/sys/devices/system/cpu"
NODE = "/sys/devices/system/node"
FAST = "/sys/devices/cpu_core/cpus"
EFFICIENT = ("/sys/devices/cpu_atom/cpus", "/sys/devices/cpu_lowpower/cpus")
# Mid cores of one design differ by their clock only; efficient ones have half of the capacity or less.
_FAST_SHARE = 0.75
# Preferred cores of one design differ by steps of about 2 % in it, compact ones by a fifth and more.
_COMPACT_SHARE = 0.85
# What x86 calls the place of a core in `/proc/cpuinfo`, and what LoongArch does.
_PLACES = (("physical id", "core id"), ("package", "core"))
_CACHE_FILES = ("level", "type", "size", "shared_cpu_list")
_CACHE_INDEXES = 5  # two of level 1, and levels 2 to 4
_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class CpuCore(Record):
    """One physical core: its logical CPUs, whether it is of the fastest class, and its NUMA node."""

    cpus: frozenset[int]
    fast: bool
    numa_node: int


def parse_cores(capture: Capture, blocks: Iterable[dict[str, str]]) -> Cores:
    """Return the counts; `blocks` are those of `/proc/cpuinfo`, used if sysfs says nothing."""
    cores = parse_topology(capture, list(blocks))
    online = frozenset[int]().union(*(core.cpus for core in cores))
    affinity = parse_cpu_list(capture.get("affinity", "")) & online or online
    quota = parse_quota(capture)
    fast = sum(len(core.cpus) for core in cores if core.fast)
    return Cores(
        logical=len(online),
        physical=len(cores),
        affinity=len(affinity),
        usable_physical=count_usable(cores, affinity, quota),
        threads_per_core=max(len(core.cpus) for core in cores),
        fast=fast,
        efficient=len(online) - fast,
        quota_cpus=quota,
        numa_nodes=len({core.numa_node for core in cores}),
    )


def count_usable(cores: Iterable[CpuCore], affinity: frozenset[int], quota: float | None) -> int:
    """Return how many cores one process should use: of the fastest class and on the best NUMA node, at least 1.

    A quota rounds down: with one thread more than it allows, all threads wait at every barrier for the throttled one.
    """
    usable = [core for core in cores if core.cpus & affinity]
    fastest = [core for core in usable if core.fast] or usable
    by_node = Counter(core.numa_node for core in fastest)
    limit = math.inf if quota is None else math.floor(quota)
    return int(max(1, min(max(by_node.values(), default=1), limit)))


def parse_topology(capture: Capture, blocks: list[dict[str, str]]) -> tuple[CpuCore, ...]:
    """Return the physical cores that are online, at least one, ordered by their first logical CPU."""
    groups = _siblings(capture, blocks)
    online = frozenset[int]().union(*groups)
    fast = _fast(capture, online)
    nodes = _numa_nodes(capture)
    ordered = sorted(groups, key=min)
    return tuple(CpuCore(cpus=cpus, fast=bool(cpus & fast), numa_node=nodes.get(min(cpus), 0)) for cpus in ordered)


def list_cache_files(capture: Capture) -> tuple[str, ...]:
    """Return the files that `parse_caches` reads: those of one CPU, because there may be hundreds."""
    return tuple(f"{folder}/{name}" for folder in _cache_folders(capture) for name in _CACHE_FILES)


def parse_caches(capture: Capture) -> tuple[CpuCache, ...]:
    """Return the caches as the first fast core sees them, smallest level first; empty if sysfs names none."""
    caches = []
    for folder in _cache_folders(capture):
        level = parse_count(capture.get(f"{folder}/level", ""))
        size = re.fullmatch(r"([0-9]{1,9})([KMG]?)", capture.get(f"{folder}/size", "").strip())
        if level is not None and size:
            shared = parse_cpu_list(capture.get(f"{folder}/shared_cpu_list", ""))
            kind = capture.get(f"{folder}/type", "").strip().lower()
            size_bytes = int(size[1]) * _SIZE_UNITS[size[2]]
            caches.append(CpuCache(level=level, kind=kind, size_bytes=size_bytes, shared_by=len(shared) or 1))
    return tuple(sorted(caches, key=lambda cache: (cache.level, cache.kind)))


def _cache_folders(capture: Capture) -> list[str]:
    online = parse_cpu_list(capture.get(f"{CPU}/online", "")) or frozenset({0})
    cpu = min(_fast(capture, online) or online)
    return [f"{CPU}/cpu{cpu}/cache/index{index}" for index in range(_CACHE_INDEXES)]


def _siblings(capture: Capture, blocks: list[dict[str, str]]) -> set[frozenset[int]]:
    same_core = _same_core(blocks)
    numbers = frozenset(cpu for block in blocks if (cpu := _cpu(block)) is not None)
    online = parse_cpu_list(capture.get(f"{CPU}/online", "")) or numbers or _counted(capture)
    groups = set()
    for cpu in online:
        topology = f"{CPU}/cpu{cpu}/topology"
        # The second name is what kernels before 5.1 call the first.
        text = capture.get(f"{topology}/core_cpus_list") or capture.get(f"{topology}/thread_siblings_list") or ""
        groups.add(parse_cpu_list(text) & online or same_core.get(cpu, frozenset()) & online or frozenset({cpu}))
    return groups


def _counted(capture: Capture) -> frozenset[int]:
    return frozenset(range(min(parse_count(capture.get("logical", "")) or 1, MAX_CPUS)))


def _cpu(block: dict[str, str]) -> int | None:
    cpu = parse_count(block.get("processor", ""))
    return cpu if cpu is not None and cpu < MAX_CPUS else None


def _same_core(blocks: list[dict[str, str]]) -> dict[int, frozenset[int]]:
    """Return the logical CPUs that share a core with each CPU whose block names its core."""
    places = {
        cpu: (block[package], block[core])
        for block in blocks
        for package, core in _PLACES
        if (cpu := _cpu(block)) is not None and package in block and core in block
    }
    cores: dict[tuple[str, str], set[int]] = {}
    for cpu, place in places.items():
        cores.setdefault(place, set()).add(cpu)
    shared = {place: frozenset(cpus) for place, cpus in cores.items()}
    return {cpu: shared[place] for cpu, place in places.items()}


def _fast(capture: Capture, online: frozenset[int]) -> frozenset[int]:
    fast = parse_cpu_list(capture.get(FAST, "")) & online
    if fast and any(parse_cpu_list(capture.get(path, "")) & online for path in EFFICIENT):
        return fast
    capacities = _counts(capture, online, "cpu_capacity")
    least = _FAST_SHARE * max(capacities.values(), default=0)
    if not capacities:
        capacities = _counts(capture, online, "acpi_cppc/highest_perf")
        least = _least_of_fastest(frozenset(capacities.values()))
    return frozenset(cpu for cpu in online if capacities.get(cpu, least) >= least)


def _counts(capture: Capture, online: frozenset[int], name: str) -> dict[int, int]:
    """Return the positive number that sysfs has for each CPU, if it has one."""
    counts = {cpu: parse_count(capture.get(f"{CPU}/cpu{cpu}/{name}", "")) for cpu in online}
    return {cpu: count for cpu, count in counts.items() if count}


def _least_of_fastest(counts: frozenset[int]) -> int:
    """Return the smallest number above the widest gap; the smallest of all if no gap separates two classes."""
    ordered = sorted(counts)
    gaps = [(low / high, high) for low, high in itertools.pairwise(ordered)]
    share, least = min(gaps, default=(1.0, 0))
    return least if share <= _COMPACT_SHARE else min(ordered, default=0)


def _numa_nodes(capture: Capture) -> dict[int, int]:
    found = {}
    for path, text in capture.items():
        match = re.fullmatch(rf"{NODE}/node([0-9]{{1,6}})/cpulist", path)
        if match:
            found.update(dict.fromkeys(parse_cpu_list(text), int(match[1])))
    return found
