"""The cost of a timed call: wall and CPU time, faults, switches, counts, and the use of the CPUs by others."""

import os
import resource
import time
from collections.abc import Callable
from typing import NamedTuple

from harness.worker.counter import CallCounter, count_between

_STAT = "/proc/stat"
_TICKS = os.sysconf("SC_CLK_TCK")
# Fields of the first line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal.
_BUSY = (0, 1, 2, 5, 6)
_STEAL = 7
# OpenMP's threads spin for some milliseconds after a call; answering only then keeps that out of the other's turn.
_SETTLE_S = 0.01


class _Reading(NamedTuple):
    wall_ns: int
    process_ns: int
    thread_ns: int
    usage: resource.struct_rusage
    busy_s: float
    steal_s: float


class CallTimer:
    """Times and counts calls; only tests use `plant`, which stretches each call by that share of itself."""

    def __init__(self, counter: CallCounter, plant: float = 0.0) -> None:
        self._counter = counter
        self._plant = plant
        self._idle_since_ns = time.process_time_ns()

    def rest(self) -> None:
        """Count CPU time of this process from now on as idle."""
        self._idle_since_ns = time.process_time_ns()

    def time(self, call: Callable[[], None]) -> dict[str, object]:
        """Return the cost of `call` in nanoseconds and counts; `other_cpus` and `steal_cpus` in CPUs, or None.

        `idle_cpu_ns` is the CPU time that this process used since its last call, which reveals a runtime that spins
        while another process measures. A moment to settle, after the call, is not counted. `counts` has what the
        hardware counted, None for a counter that did not run all the time; they are read outside the timed window.
        """
        idle_ns = time.process_time_ns() - self._idle_since_ns
        before = _read()
        counted = self._counter.read()
        start_ns = time.perf_counter_ns()
        call()
        end_ns = time.perf_counter_ns()
        counts = count_between(counted, self._counter.read())
        if self._plant:
            end_ns = _spin_until(end_ns + int(self._plant * (end_ns - start_ns)))
        after = _read()
        time.sleep(_SETTLE_S)
        self.rest()
        cost = _difference(before, after, end_ns - start_ns, idle_ns)
        return {**cost, "counts": counts} if counts else cost


def _spin_until(end_ns: int) -> int:
    while (now_ns := time.perf_counter_ns()) < end_ns:
        pass
    return now_ns


def _read() -> _Reading:
    busy_s, steal_s = _read_stat()
    return _Reading(
        wall_ns=time.perf_counter_ns(),
        process_ns=time.process_time_ns(),
        thread_ns=time.thread_time_ns(),
        usage=resource.getrusage(resource.RUSAGE_SELF),
        busy_s=busy_s,
        steal_s=steal_s,
    )


def _read_stat() -> tuple[float, float]:
    """Return the CPU seconds in which any CPU was busy, and those that the hypervisor took; negative if unknown."""
    try:
        with open(_STAT, "rb") as file:  # noqa: PTH123 - a Path costs more than the reading
            fields = [int(word) for word in file.readline().split()[1:]]
        return sum(fields[at] for at in _BUSY) / _TICKS, fields[_STEAL] / _TICKS
    except (OSError, ValueError, IndexError):
        return -1.0, -1.0


def _difference(before: _Reading, after: _Reading, wall_ns: int, idle_ns: int) -> dict[str, object]:
    window_s = (after.wall_ns - before.wall_ns) / 1e9
    process_ns = after.process_ns - before.process_ns
    known = before.busy_s >= 0 and window_s > 0
    others_s = after.busy_s - before.busy_s - process_ns / 1e9
    one, two = before.usage, after.usage
    return {
        "wall_ns": wall_ns,
        "process_cpu_ns": process_ns,
        "thread_cpu_ns": after.thread_ns - before.thread_ns,
        "minor_faults": two.ru_minflt - one.ru_minflt,
        "major_faults": two.ru_majflt - one.ru_majflt,
        "voluntary_switches": two.ru_nvcsw - one.ru_nvcsw,
        "involuntary_switches": two.ru_nivcsw - one.ru_nivcsw,
        "other_cpus": round(max(0.0, others_s / window_s), 3) if known else None,
        "steal_cpus": round((after.steal_s - before.steal_s) / window_s, 3) if known else None,
        "idle_cpu_ns": idle_ns,
    }
