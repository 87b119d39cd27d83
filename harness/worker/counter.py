"""Hardware counters of the calls: instructions, cycles and cache misses, by Linux's perf_event_open.

    python -m harness.worker.counter

prints, as one line of JSON, which counters this kernel gives to an ordinary program, and why it gives the others not.

The counters are opened before the library is loaded, and inherited by every thread that is made later. Only what the
program itself executes is counted, not the kernel, which the usual setting of kernel.perf_event_paranoid (2) allows.
"""

import ctypes
import errno
import json
import os
import struct
import sys
from collections.abc import Mapping
from typing import NamedTuple

# Number of the system call by what the kernel calls the machine, and the bytes of a pointer.
_CALLS = {
    ("x86_64", 8): 298,
    ("aarch64", 8): 241,
    ("riscv64", 8): 241,
    ("loongarch64", 8): 241,
    ("ppc64le", 8): 319,
    ("ppc64", 8): 319,
    ("s390x", 8): 331,
    ("armv7l", 4): 364,
    ("armv8l", 4): 364,
    ("i686", 4): 336,
}
# linux/perf_event.h: PERF_TYPE_HARDWARE with PERF_COUNT_HW_INSTRUCTIONS, _CPU_CYCLES and _CACHE_MISSES.
EVENTS: Mapping[str, tuple[int, int]] = {"instructions": (0, 1), "cycles": (0, 0), "cache_misses": (0, 3)}
# struct perf_event_attr as it was first published, which all kernels take.
_ATTRIBUTES = "=IIQQQQQIIQ"
# The two times that tell whether a counter ran all the time: PERF_FORMAT_TOTAL_TIME_ENABLED and _RUNNING.
_BOTH_TIMES = 3
# Bits of perf_event_attr: inherit, exclude_kernel, exclude_hv.
_FLAGS = (1, 5, 6)
_CLOSE_ON_EXEC = 8
_THIS_THREAD, _ANY_CPU, _NO_GROUP = 0, -1, -1
_READING = struct.Struct("=QQQ")
# A counter that had to share its place with others ran only part of the time; its count would be a guess.
_LEAST_SHARE = 0.99
_REASONS = {
    errno.ENOENT: "no-counter",
    errno.ENODEV: "no-counter",
    errno.ENXIO: "no-counter",
    errno.EOPNOTSUPP: "no-counter",
    errno.EPERM: "not-allowed",
    errno.EACCES: "not-allowed",
    errno.ENOSYS: "no-system-call",
    errno.EMFILE: "too-many-files",
    errno.ENFILE: "too-many-files",
}
Counts = dict[str, int | None]


class EventReading(NamedTuple):
    """The count so far, and the nanoseconds in which the counter should have run and did."""

    counted: int
    enabled_ns: int
    running_ns: int


class CallCounter:
    """The counters of this thread and of all threads that it makes from now on.

    `absent` says in a word why there is no such counter. `events` gives for each name the type and the number of the
    event as the kernel knows it.
    """

    def __init__(self, events: Mapping[str, tuple[int, int]] = EVENTS) -> None:
        self.absent: dict[str, str] = {}
        self._files: dict[str, int] = {}
        number = _CALLS.get((os.uname().machine, ctypes.sizeof(ctypes.c_void_p))) if sys.platform == "linux" else None
        for name, event in events.items():
            # Each is opened alone: older kernels do not read groups that are inherited.
            file, reason = (-1, "unknown-machine") if number is None else _open(number, event)
            if reason:
                self.absent[name] = reason
            else:
                self._files[name] = file

    def describe(self) -> dict[str, object]:
        """Return the names of the counters that there are, and why there are no others."""
        return {"available": list(self._files), "absent": self.absent}

    def read(self) -> dict[str, EventReading]:
        """Return what the counters say now, those of threads that still live included."""
        readings = {}
        for name, file in self._files.items():
            try:
                readings[name] = EventReading(*_READING.unpack(os.read(file, _READING.size)))
            except (OSError, struct.error):  # the kernel gave the counter up
                continue
        return readings

    def close(self) -> None:
        """Close the counters."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def count_between(before: Mapping[str, EventReading], after: Mapping[str, EventReading]) -> Counts:
    """Return what was counted between two readings, None where a counter did not run all the time."""
    return {name: _count(before[name], after[name]) for name in before if name in after}


def _count(before: EventReading, after: EventReading) -> int | None:
    enabled_ns, running_ns = after.enabled_ns - before.enabled_ns, after.running_ns - before.running_ns
    ran = enabled_ns > 0 and running_ns >= _LEAST_SHARE * enabled_ns
    return after.counted - before.counted if ran and after.counted >= before.counted else None


def _open(number: int, event: tuple[int, int]) -> tuple[int, str]:
    """Return the file of a counter, or a word that says why there is none."""
    flags = sum(1 << (bit if sys.byteorder == "little" else 63 - bit) for bit in _FLAGS)
    kind, config = event
    size = struct.calcsize(_ATTRIBUTES)
    packed = struct.pack(_ATTRIBUTES, kind, size, config, 0, 0, _BOTH_TIMES, flags, 0, 0, 0)
    attributes = ctypes.create_string_buffer(packed, size)
    try:
        call = ctypes.CDLL(None, use_errno=True).syscall
    except (OSError, AttributeError):
        return -1, "no-system-call"
    call.restype = ctypes.c_long
    words = (_THIS_THREAD, _ANY_CPU, _NO_GROUP, _CLOSE_ON_EXEC)
    file = call(ctypes.c_long(number), attributes, *(ctypes.c_long(word) for word in words))
    if file >= 0:
        return int(file), ""
    code = ctypes.get_errno()
    return -1, _REASONS.get(code, f"error-{errno.errorcode.get(code, code)}".lower())


def main() -> int:
    """Print which counters there are."""
    sys.stdout.write(json.dumps(CallCounter().describe()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
