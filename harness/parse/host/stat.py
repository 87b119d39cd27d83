"""Counters of the kernel (proc(5), accounting/psi): CPU time of node and processes, load, swapping, waiting."""

import re
from collections.abc import Iterator

from harness.parse.host.capture import Capture
from harness.parse.notation import parse_count
from harness.records.condition import CountedProcess
from harness.records.record import Record

STAT = "/proc/stat"
LOADAVG = "/proc/loadavg"
VMSTAT = "/proc/vmstat"

# The first line of /proc/stat: user nice system idle iowait irq softirq steal, then guests, whose time is in user, too.
_BUSY = (0, 1, 2, 5, 6)
_STEAL = 7
# Of /proc/PID/stat, counted behind the name: utime, stime, starttime.
_UTIME, _STIME, _START = 11, 12, 19
_PROCESS = re.compile(r"/proc/([0-9]{1,9})/stat")

PRESSURE = "/proc/pressure"
CPU_PRESSURE = f"{PRESSURE}/cpu"
MEMORY_PRESSURE = f"{PRESSURE}/memory"
IO_PRESSURE = f"{PRESSURE}/io"

_SOME = re.compile(r"^some .*\btotal=([0-9]{1,18})\b", re.MULTILINE)


class CpuTimes(Record):
    """CPU seconds since the start, summed over `cpus` CPUs; `steal_s` is None on kernels that do not count it."""

    cpus: int
    busy_s: float
    steal_s: float | None


def parse_cpu_times(text: str, ticks_per_s: int) -> CpuTimes | None:
    """Return the CPU times in `/proc/stat`, or None."""
    lines = [line.split() for line in text.splitlines() if line.startswith("cpu")]
    total = next((words[1:] for words in lines if words[0] == "cpu"), [])
    ticks = [count for word in total if (count := parse_count(word)) is not None]
    if len(ticks) <= max(_BUSY) or len(ticks) < len(total):
        return None
    return CpuTimes(
        cpus=max(1, len(lines) - 1),
        busy_s=sum(ticks[at] for at in _BUSY) / ticks_per_s,
        steal_s=ticks[_STEAL] / ticks_per_s if len(ticks) > _STEAL else None,
    )


def parse_load(text: str) -> float | None:
    """Return the load average of a minute, from `/proc/loadavg` or sysctl's `{ 1.50 1.20 1.00 }`."""
    found = re.match(r"[{\s]*([0-9]{1,9}\.[0-9]{1,9})", text)
    return float(found[1]) if found else None


def parse_swapped_in(vmstat: str) -> int | None:
    """Return the pages swapped in since the start."""
    found = re.search(r"^pswpin ([0-9]{1,18})$", vmstat, re.MULTILINE)
    return int(found[1]) if found else None


def parse_throttled(cpu_stat: str) -> int | None:
    """Return the periods in which a cgroup (either version) had used up its quota."""
    found = re.search(r"^nr_throttled ([0-9]{1,18})$", cpu_stat, re.MULTILINE)
    return int(found[1]) if found else None


def parse_processes(capture: Capture, ticks_per_s: int, own: int) -> Iterator[CountedProcess]:
    """Yield every process in a capture but `own`; lines that are not understood are ignored."""
    for path, text in capture.items():
        found = _PROCESS.fullmatch(path)
        if found and int(found[1]) != own:
            process = _parse_process(int(found[1]), text, ticks_per_s)
            if process:
                yield process


def parse_state(text: str, ticks_per_s: int) -> tuple[str, float | None]:
    """Return the state letter and the CPU seconds of a process from its `stat`, or an empty string and None."""
    words = text.rpartition(")")[2].split()
    process = _parse_process(0, text, ticks_per_s)
    return (words[0], process.cpu_s) if process else ("", None)


def parse_pressure(text: str) -> int | None:
    """Return the microseconds since the start in which some process waited; or None."""
    found = _SOME.search(text)
    return int(found[1]) if found else None


def _parse_process(pid: int, text: str, ticks_per_s: int) -> CountedProcess | None:
    # The name stands in parentheses and may hold blanks and parentheses itself.
    before, _, behind = text.rpartition(")")
    words = behind.split()
    user, system = (parse_count(words[at]) for at in (_UTIME, _STIME)) if len(words) > _START else (None, None)
    if user is None or system is None:
        return None
    name = "".join(letter for letter in before.partition("(")[2] if letter.isprintable())
    return CountedProcess(pid=pid, start=words[_START], name=name or "?", cpu_s=(user + system) / ticks_per_s)
