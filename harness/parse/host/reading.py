"""A capture of counters: `/proc` and `/sys` on Linux, answers of psutil and sysctl elsewhere."""

import math
import re
from collections.abc import Iterable

from harness.parse.host.capture import Capture
from harness.parse.host.cgroup import list_throttle_files
from harness.parse.host.stat import (
    CPU_PRESSURE,
    IO_PRESSURE,
    LOADAVG,
    MEMORY_PRESSURE,
    STAT,
    VMSTAT,
    CpuTimes,
    parse_cpu_times,
    parse_load,
    parse_pressure,
    parse_processes,
    parse_swapped_in,
    parse_throttled,
)
from harness.parse.notation import parse_count
from harness.records.condition import CountedProcess, CounterReading

# What a system without /proc is asked for: `user 12.5` and so on, and `PID START CPU_S NAME` for each process.
CPU_TIMES = "cpu_times"
PROCESSES = "processes"
COUNTER_FILES = (STAT, LOADAVG, VMSTAT, CPU_PRESSURE, MEMORY_PRESSURE, IO_PRESSURE)
THROTTLE_PATTERN = "/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/*_throttle_count"
_THROTTLE_COUNT = re.compile(r"/sys/devices/system/cpu/cpu\d+/thermal_throttle/(?:core|package)_throttle_count")
_TICKS_PER_S = 100


def parse_reading(capture: Capture) -> CounterReading:
    """Return the counters; `time_s`, `own_s`, `own_pid` and `clk_tck` in the capture are those of the prober."""
    ticks_per_s = parse_count(capture.get("clk_tck", "")) or _TICKS_PER_S
    own = parse_count(capture.get("own_pid", "")) or 0
    times = parse_cpu_times(capture.get(STAT, ""), ticks_per_s) or _other_times(capture)
    heat = (parse_count(text) for path, text in capture.items() if _THROTTLE_COUNT.fullmatch(path))
    return CounterReading(
        time_s=_number(capture.get("time_s", "")) or 0.0,
        own_s=_number(capture.get("own_s", "")) or 0.0,
        cpus=times.cpus if times else 1,
        busy_s=times.busy_s if times else None,
        steal_s=times.steal_s if times else None,
        cpu_pressure_us=parse_pressure(capture.get(CPU_PRESSURE, "")),
        memory_pressure_us=parse_pressure(capture.get(MEMORY_PRESSURE, "")),
        io_pressure_us=parse_pressure(capture.get(IO_PRESSURE, "")),
        quota_throttled=_sum(parse_throttled(capture.get(path, "")) for path in list_throttle_files(capture)),
        thermal_throttled=_sum(heat),
        swapped_in=parse_swapped_in(capture.get(VMSTAT, "")),
        load=parse_load(capture.get(LOADAVG, "")),
        processes=(*parse_processes(capture, ticks_per_s, own), *_other_processes(capture, own)),
    )


def _other_times(capture: Capture) -> CpuTimes | None:
    pairs = (line.split() for line in capture.get(CPU_TIMES, "").splitlines())
    times = {words[0]: _number(words[1]) or 0.0 for words in pairs if len(words) == 2}
    if "user" not in times:
        return None
    busy_s = sum(times.get(name, 0.0) for name in ("user", "nice", "system"))
    return CpuTimes(cpus=parse_count(capture.get("logical", "")) or 1, busy_s=busy_s, steal_s=None)


def _other_processes(capture: Capture, own: int) -> Iterable[CountedProcess]:
    for line in capture.get(PROCESSES, "").splitlines():
        words = line.split(maxsplit=3)
        pid, cpu_s = (parse_count(words[0]), _number(words[2])) if len(words) == 4 else (None, None)
        if cpu_s is not None and pid is not None and pid != own:
            yield CountedProcess(pid=pid, start=words[1], name=words[3], cpu_s=cpu_s)


def _sum(counts: Iterable[int | None]) -> int | None:
    """Return the sum of the known values, or None."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
