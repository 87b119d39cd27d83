"""What speaks for and against measuring on a node now, point by point, with the command that would help."""

from collections.abc import Iterator
from typing import NamedTuple

from harness.judge.quietness import describe_others, is_quiet, limit_cpus
from harness.plan.bench import MEMCPY_BYTES
from harness.plan.thread import choose_threads, describe_threads
from harness.records.condition import Condition, CounterAccess, Finding, FindingStatus, Quietness
from harness.records.node import Cores

STEAL_LIMIT = 0.01
PERFORMANCE = "performance"
# Shares of the time in which something waited: for memory hardly ever happens by chance, for a disk at times.
_MEMORY_PRESSURE_LIMIT = 0.01
_IO_PRESSURE_LIMIT = 0.10
# Of all CPUs: the load average follows with a minute's delay, so it takes more than the use of CPUs itself.
_LOAD_SHARE = 0.5
_SWAP_BYTES = 64 << 20
_HEAT_MARGIN_C = 5.0
FULL_SPEED = 0.98
_DISK_BYTES = 2_000_000_000
_SMT_SWITCH = "/sys/devices/system/cpu/smt/control"


# Why the kernel gives no hardware counters, by the word of the worker, and what to do where something can be done.
_ABSENT = {
    "no-counter": "this CPU, or the virtual machine, has no hardware counters for programs",
    "not-allowed": "the kernel does not allow it (sudo sysctl kernel.perf_event_paranoid=2), or the container does not",
    "no-system-call": "the kernel, or the container, has no perf_event_open",
    "too-many-files": "too many files are open",
    "unknown-machine": "only Linux has them, on CPUs that the harness knows",
}


class CacheSpace(NamedTuple):
    """What the file system of a cache can take: its free bytes; `noexec` means that no programs can be run there."""

    free_bytes: int
    noexec: bool = False


def diagnose(
    seen: Quietness, condition: Condition, cores: Cores, space: CacheSpace, *, threads: int
) -> tuple[Finding, ...]:
    """Return a finding for each point that is checked; `seen` covers a time in which the harness only watched."""
    return (
        *_about_others(seen),
        *_about_cpu(condition),
        *_about_power(condition, seen),
        _about_threads(cores, threads),
        _about_smt(condition, cores, threads),
        _about_quota(seen, cores, threads),
        *_about_memory(seen, condition),
        _about_disk(space.free_bytes),
        *_about_programs(noexec=space.noexec),
    )


def _about_others(seen: Quietness) -> Iterator[Finding]:
    pids = " ".join(str(one.pid) for one in seen.neighbours)
    yield _judge(
        "other processes",
        None if seen.other_cpus is None else is_quiet(seen),
        found=describe_others(seen) if seen.other_cpus and seen.neighbours else f"{seen.other_cpus or 0:.2f} CPUs",
        means=f"above {limit_cpus(seen.cpus):.2f} CPUs, threads wait for each other, and timings rise and scatter",
        fix="harness run --wait-quiet 5m" + (f"  # or end what is yours of these: {pids}" if pids else ""),
    )
    limit = _LOAD_SHARE * seen.cpus
    yield _judge(
        "load average",
        None if seen.load is None else seen.load < limit,
        found=f"{seen.load or 0:.2f} over the last minute",
        means="the node was busy a moment ago, or processes are waiting for a disk",
        fix="sleep 60",
    )
    yield _judge(
        "steal",
        None if seen.steal is None else seen.steal <= STEAL_LIMIT,
        found=f"{seen.steal or 0:.1%} of the CPU time",
        means="the hypervisor gives CPU time to other guests",
        fix="use a dedicated host or instance; nothing inside the guest helps",
    )


def _about_cpu(condition: Condition) -> Iterator[Finding]:
    governors = condition.governors
    yield _judge(
        "governor",
        governors == (PERFORMANCE,) if governors else None,
        found=", ".join(governors),
        means="clock rates follow the load, so the first moments of a measurement are slow",
        fix="sudo cpupower frequency-set -g performance",
    )
    yield _judge(
        "turbo",
        None if condition.turbo is None else not condition.turbo,
        found="on" if condition.turbo else "off",
        means="the clock rate depends on heat and on the number of busy cores; without turbo, timings are slower "
        "but steadier",
        fix=f"echo {1 if condition.turbo_switch.endswith('no_turbo') else 0} | sudo tee {condition.turbo_switch}",
    )
    cap, clock = condition.frequency_cap, condition.clock_mhz
    yield _judge(
        "frequency limit",
        None if cap is None else cap >= FULL_SPEED,
        found=f"{cap or 0:.0%} of the CPU's maximum" + (f", {clock:.0f} MHz now" if clock else ""),
        means="a policy (or heat) limits the clock rate",
        fix="sudo cpupower frequency-set -u 99GHz",
    )


def _about_power(condition: Condition, seen: Quietness) -> Iterator[Finding]:
    yield _judge(
        "power",
        None if condition.on_battery is None else not condition.on_battery,
        found="battery" if condition.on_battery else "mains",
        means="laptops slow down on battery, more so as it drains",
        fix="plug in the power supply",
    )
    yield _judge(
        "power profile",
        None if not condition.profile else not is_frugal(condition.profile),
        found=condition.profile,
        means="the firmware saves power at the expense of speed",
        fix="powerprofilesctl set performance",
    )
    margin_c, throttled = condition.heat_margin_c, seen.thermal_throttled
    hot = (margin_c is not None and margin_c < _HEAT_MARGIN_C) or bool(throttled)
    known = condition.hottest_c is not None or throttled is not None
    facts = [
        f"{condition.hottest_c:.0f} C" if condition.hottest_c is not None else "",
        f"{margin_c:.0f} C below throttling" if margin_c is not None else "",
        f"throttled {throttled} times during the check" if throttled is not None else "",
    ]
    yield _judge(
        "temperature",
        not hot if known else None,
        found=", ".join(fact for fact in facts if fact),
        means="a hot CPU lowers its clock",
        fix="let it cool down and clear its vents; without turbo it stays cooler",
    )


def _about_threads(cores: Cores, threads: int) -> Finding:
    return _judge(
        "threads",
        threads <= cores.affinity,
        found=describe_threads((threads,), cores),
        means="threads without a CPU of their own make the others wait at every barrier: everything becomes much "
        "slower",
        fix=f"harness run --threads {choose_threads(cores)}  # or let it use more CPUs (taskset, --cpuset-cpus)",
    )


def _about_smt(condition: Condition, cores: Cores, threads: int) -> Finding:
    shared = condition.smt or (condition.smt is None and cores.threads_per_core > 1)
    several = threads > cores.physical
    return _judge(
        "SMT",
        None
        if condition.smt is None and cores.threads_per_core == 1 and cores.logical == 1
        else not (shared and several),
        found=f"{'on' if shared else 'off'}, {threads} threads on {cores.physical} cores",
        means="threads that share a core compete for its units",
        fix=f"harness run --threads {cores.usable_physical}  # or turn SMT off: echo off | sudo tee {_SMT_SWITCH}",
    )


def _about_quota(seen: Quietness, cores: Cores, threads: int) -> Finding:
    throttled, quota = seen.quota_throttled, cores.quota_cpus
    short = quota is not None and threads > quota
    parts = [
        "no quota" if quota is None else f"{quota:g} CPUs for {threads} threads",
        f"throttled {throttled} times during the check" if throttled else "",
    ]
    return _judge(
        "cgroup quota",
        None if throttled is None and quota is None else not short and not throttled,
        found=", ".join(part for part in parts if part),
        means="threads beyond the quota are stopped in turn, and all others wait for them",
        fix=f"harness run --threads {max(1, int(quota or threads))}  # or a larger quota (docker update --cpus)",
    )


def _about_memory(seen: Quietness, condition: Condition) -> Iterator[Finding]:
    total, used = condition.swap_total_bytes, condition.swap_used_bytes
    yield _judge(
        "swap",
        None if total is None or used is None else used < _SWAP_BYTES and not seen.swapped_in,
        found=(f"{(used or 0) / 1e6:.0f} of {total / 1e6:.0f} MB in use" if total else "none") + _swapped(seen),
        means="swapped memory is read back in the middle of a measurement",
        fix="sudo swapoff -a",
    )
    free = condition.memory_available_bytes
    yield _judge(
        "memory",
        None if free is None else free >= MEMCPY_BYTES and (seen.memory_pressure or 0) <= _MEMORY_PRESSURE_LIMIT,
        found=f"{(free or 0) / 1e9:.1f} GB available" + _waited(seen.memory_pressure),
        means="memcpy needs 2.15 GB, the largest model 4 GB; with less, pages are read from disk again and again",
        fix="ps aux --sort=-rss | head  # shows what uses it; or measure --bench whisper with a smaller --model",
    )
    yield _judge(
        "disk activity",
        None if seen.io_pressure is None else seen.io_pressure <= _IO_PRESSURE_LIMIT,
        found=f"processes waited for the disk {seen.io_pressure or 0:.1%} of the time",
        means="loading weights takes longer, and the waiting processes will use the CPUs next",
        fix="sudo iotop -o  # shows which process it is",
    )


def _about_disk(free_bytes: int) -> Finding:
    return _judge(
        "disk space",
        free_bytes >= _DISK_BYTES,
        found=f"{free_bytes / 1e9:.1f} GB free for the cache",
        means="two builds take 0.6 GB, the base weights 0.15 GB, the large ones 3.1 GB",
        fix="harness cache prune --older 30d  # or choose another folder with --cache",
    )


def _about_programs(*, noexec: bool) -> Iterator[Finding]:
    if noexec:
        yield _judge(
            "cache",
            fit=False,
            found="its file system is mounted noexec",
            means="programs that are built there cannot be executed",
            fix="harness run --cache DIR  # a folder on a file system that allows programs",
        )


def diagnose_counters(access: CounterAccess | None) -> Finding:
    """Return whether calls can be counted; no measurement needs that, so nothing is unfit without."""
    if access is None or not (access.available or access.absent):
        return _judge("counters", None, found="", means="", fix="")
    names = ", ".join(name.replace("_", " ") for name in access.available)
    if access.available:
        return _judge("counters", fit=True, found=names, means="", fix="")
    reason = next(iter(access.absent.values()))
    return Finding(
        topic="counters", fitness=FindingStatus.UNKNOWN, found=f"not available: {_ABSENT.get(reason, reason)}"
    )


def is_frugal(profile: str) -> bool:
    """Return whether a power profile of the firmware trades speed for power."""
    return profile in ("low-power", "cool", "quiet", "power-saver")


def _swapped(seen: Quietness) -> str:
    return f", {seen.swapped_in} pages swapped in during the check" if seen.swapped_in else ""


def _waited(share: float | None) -> str:
    return f", waited for {share:.1%} of the time" if share else ""


def _judge(topic: str, fit: bool | None, *, found: str, means: str, fix: str) -> Finding:  # noqa: FBT001 - three values
    if fit is None:
        return Finding(topic=topic, fitness=FindingStatus.UNKNOWN, found="not available")
    if fit:
        return Finding(topic=topic, fitness=FindingStatus.FIT, found=found)
    return Finding(topic=topic, fitness=FindingStatus.UNFIT, found=found, means=means, fix=fix)
