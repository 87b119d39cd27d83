"""Watches the node: raw texts go into a capture, from which `harness.parse` makes a reading or a condition."""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.parse.host.cgroup import CGROUP, MOUNTINFO, list_throttle_files
from harness.parse.host.condition import BATTERY, CONDITION_FILES, CONDITION_PATTERNS, HEAT, MODES, parse_condition
from harness.parse.host.reading import COUNTER_FILES, CPU_TIMES, PROCESSES, THROTTLE_PATTERN, parse_reading
from harness.parse.host.stat import LOADAVG, STAT
from harness.records.condition import Condition, CounterReading
from harness.system.process.child import capture

# Another folder than / may be read, as a container does that has its node's /proc and /sys mounted somewhere.
SYSROOT = "HARNESS_SYSROOT"


class CounterReader:
    """Reads the counters of a node, a few files and one per process; before and after a step, never during it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._root = Path(environ.get(SYSROOT) or "/")
        # Which files there are does not change while a run goes on.
        self._known = _read(self._root, (CGROUP, MOUNTINFO))
        self._files = (*COUNTER_FILES, *list_throttle_files(self._known), *_glob(self._root, THROTTLE_PATTERN))

    def read(self) -> CounterReading:
        """Return the current counters."""
        texts = {**self._known, **_read(self._root, self._files), **_read(self._root, self._list_processes())}
        if STAT not in texts and self._root == Path("/"):
            texts |= _ask_psutil()
        texts |= {
            "own_pid": str(os.getpid()),
            "own_s": str(time.process_time()),
            "clk_tck": str(os.sysconf("SC_CLK_TCK")),
            "time_s": str(time.monotonic()),
        }
        return parse_reading(texts)

    def probe_condition(self) -> Condition:
        """Return the current settings of the node."""
        patterns = (path for pattern in CONDITION_PATTERNS for path in _glob(self._root, pattern))
        texts = _read(self._root, (*CONDITION_FILES, *patterns))
        if sys.platform == "darwin" and self._root == Path("/"):
            texts |= self._ask_mac()
        return parse_condition(texts)

    def _list_processes(self) -> Iterator[str]:
        try:
            with os.scandir(self._root / "proc") as entries:
                yield from [f"/proc/{entry.name}/stat" for entry in entries if entry.name.isdecimal()]
        except OSError:  # no /proc on this system
            return

    def _ask_mac(self) -> dict[str, str]:
        import psutil

        env = {**self._environ, "PATH": f"{self._environ.get('PATH', '')}:/usr/bin:/usr/sbin", "LC_ALL": "C"}
        questions = {BATTERY: ["batt"], MODES: [], HEAT: ["therm"]}
        asked = {name: capture(["pmset", "-g", *words], env=env).stdout for name, words in questions.items()}
        swap = capture(["sysctl", "vm.swapusage"], env=env).stdout
        return {**asked, "sysctl": swap, "memory_available": str(psutil.virtual_memory().available)}


def count_usable() -> int | None:
    """Return how many CPUs this process and its children may use, or None if not available."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _ask_psutil() -> dict[str, str]:
    """Return CPU time and processes on systems without /proc; macOS reports nothing about those of other users."""
    import psutil

    times = psutil.cpu_times()._asdict()
    lines = []
    for process in psutil.process_iter(["pid", "name", "cpu_times", "create_time"]):
        info = process.info
        if info["cpu_times"]:
            used_s = info["cpu_times"].user + info["cpu_times"].system
            name = " ".join((info["name"] or "?").split()) or "?"
            lines.append(f"{info['pid']} {info['create_time']} {used_s} {name}")
    return {
        CPU_TIMES: "\n".join(f"{name} {value}" for name, value in times.items()),
        PROCESSES: "\n".join(lines),
        LOADAVG: f"{os.getloadavg()[0]:.2f}",
        "logical": str(psutil.cpu_count() or 1),
    }


def _glob(root: Path, pattern: str) -> list[str]:
    return [f"/{path.relative_to(root)}" for path in root.glob(pattern.lstrip("/"))]


def _read(root: Path, paths: Iterable[str]) -> dict[str, str]:
    texts = {}
    for path in paths:
        try:
            texts[path] = (root / path.lstrip("/")).read_text(encoding="utf-8", errors="replace")
        except OSError:  # not on this kind of machine, not for this user, or a process that has ended
            continue
    return texts
