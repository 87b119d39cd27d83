"""Detects that the harness, its child or the whole node was stopped: SIGSTOP, a frozen container, a suspended laptop.

The kernel reports that a child was stopped or continued, however short the stop was. Whatever stops the harness as well
shows in its own waits: one of them ends long after it was due. Two clocks show that the node was suspended: only one of
them continues during that time.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from harness.parse.host.cgroup import (
    CGROUP,
    MOUNTINFO,
    find_frozen_count,
    is_frozen,
    list_freezer_files,
    parse_frozen_s,
)
from harness.parse.host.stat import parse_state

# Load delays the end of a wait, too. The time that the harness wanted to run and was not let (schedstat) is known and
# taken off. In 400 s of waits of 0.25 s, at a load of 8 on 2 CPUs and with the lowest priority, 0.04 s were left at
# most, while the waits ended up to 0.32 s late; at a load of 20 they ended up to 11 s late, and nothing was left; nor
# was it of the 1.7 s for which a CPU quota held them up. Where the system does not count that time, only a delay that
# a scheduler hardly ever causes counts.
LIMIT_S, BLIND_LIMIT_S = 0.5, 3.0
_SCHEDSTAT = "/proc/thread-self/schedstat"
# Two clocks that differ by the time for which the node was suspended.
_AWAKE = getattr(time, "CLOCK_UPTIME_RAW" if sys.platform == "darwin" else "CLOCK_MONOTONIC", None)
_ALWAYS = getattr(time, "CLOCK_MONOTONIC_RAW" if sys.platform == "darwin" else "CLOCK_BOOTTIME", None)
_LEAST_SUSPENDED_NS = 1_000_000
_STATES = ("T", "t")

Answer = TypeVar("Answer")


class _Moment(NamedTuple):
    """The time, and how much before it the thread worked or waited for a CPU; None if not known."""

    time_s: float
    busy_s: float
    queued_s: float | None

    def missing_since(self, before: "_Moment") -> float:
        """Return the seconds that neither work nor load explains."""
        queued_s = 0.0 if self.queued_s is None or before.queued_s is None else self.queued_s - before.queued_s
        return self.time_s - before.time_s - (self.busy_s - before.busy_s) - queued_s


class Pulse:
    """Watches one child, or with 0 only the harness, from now on; it beats with each wait.

    For a `fresh` child everything since its start counts, for another one everything from now on.
    """

    def __init__(self, pid: int = 0, *, fresh: bool = False) -> None:
        self._pid = pid
        self._stopped_s = 0.0
        self._halted = False
        self._cpu_s: float | None = None
        # Of all that, the seconds in which the harness itself stood still: no deadline may count them.
        self.absent_s = 0.0
        self._clocks = _read_clocks()
        self._freezer = _find_freezer(pid) if pid else ""  # of the harness alone its waits say enough
        self._frozen_s = parse_frozen_s(_read(self._freezer)) or 0.0
        if not fresh:
            self._has_stopped()  # what was before does not count
        self._last = _take_moment()

    @property
    def stopped_s(self) -> float:
        """The seconds in which the harness or the child was stopped, to about a quarter of a second.

        If the kernel counts how long a cgroup was frozen, even the shortest freeze is included.
        """
        frozen_s = (parse_frozen_s(_read(self._freezer)) or 0.0) - self._frozen_s
        return round(max(self._stopped_s, frozen_s), 3)

    @property
    def suspended_s(self) -> float | None:
        """The seconds for which the node was suspended, or None if not available."""
        now = _read_clocks()
        if now is None or self._clocks is None:
            return None
        # Each reading is known to within a few microseconds; what lies between the two is certain.
        grown_ns = now[0] - self._clocks[1]
        return round(grown_ns / 1e9, 3) if grown_ns > _LEAST_SUSPENDED_NS else 0.0

    @property
    def still_s(self) -> float:
        """The sum of both in seconds."""
        return self.stopped_s + (self.suspended_s or 0.0)

    def wait(self, sleep: Callable[[float], Answer], seconds: float) -> Answer:
        """Return the result of `sleep`, which should take at most `seconds`, and check whether it took longer."""
        before = _take_moment()
        away_s = self._find_gap(before, self._last, 0.0)
        # Between two waits the harness may be held up by a terminal that takes no more; then the child goes on.
        ran = away_s > 0 and self._has_run(away_s)
        answer = sleep(seconds)
        after = _take_moment()
        late_s = self._find_gap(after, before, seconds)
        stopped = self._has_stopped()
        away_s = away_s if stopped or not ran else 0.0
        self.absent_s += late_s + away_s
        self._stopped_s += max(after.time_s - self._last.time_s, 0.001) if stopped else late_s + away_s
        self._last = after
        return answer

    def _find_gap(self, now: _Moment, before: _Moment, due_s: float) -> float:
        limit_s = BLIND_LIMIT_S if now.queued_s is None else LIMIT_S
        missing_s = now.missing_since(before) - due_s
        return missing_s if missing_s > limit_s else 0.0

    def _has_run(self, seconds: float) -> bool:
        """Return whether the child has used a CPU for at least half of `seconds` since the last check."""
        before_s, now_s = self._cpu_s, _look_at(self._pid)[1] if self._pid else None
        return before_s is not None and now_s is not None and now_s - before_s > seconds / 2

    def _has_stopped(self) -> bool:
        """Return whether the child is stopped or frozen, or was stopped since the last check."""
        if not self._pid:
            return False
        stopped = self._hear_kernel()
        before_s = self._cpu_s
        state, self._cpu_s = _look_at(self._pid)
        if stopped or self._halted or state in _STATES:
            return True
        return self._cpu_s is not None and self._cpu_s == before_s and _is_frozen(self._pid)

    def _hear_kernel(self) -> bool:
        """Return whether a new stop is reported; the end of the child is left for its own wait."""
        heard = False
        try:
            while news := os.waitid(os.P_PID, self._pid, os.WSTOPPED | os.WCONTINUED | os.WNOHANG):
                self._halted = news.si_code != os.CLD_CONTINUED
                heard = True
        except (AttributeError, OSError):  # not on this system, or it has ended
            self._halted = False
        return heard


def _take_moment() -> _Moment:
    queued_s = None
    try:
        with open(_SCHEDSTAT, "rb") as file:  # noqa: PTH123 - a Path costs more than the reading
            _, queued_ns, turns = map(int, file.read().split())
            queued_s = queued_ns / 1e9 if turns else None  # three zeros: not counted here
    except (OSError, ValueError):  # not on this system
        pass
    return _Moment(time_s=time.monotonic(), busy_s=time.thread_time(), queued_s=queued_s)


def _read_clocks() -> tuple[int, int] | None:
    """Return the bounds, in ns, of how far the clock that never stops is ahead."""
    if _AWAKE is None or _ALWAYS is None:
        return None
    try:
        first = time.clock_gettime_ns(_AWAKE)
        always = time.clock_gettime_ns(_ALWAYS)
        return always - time.clock_gettime_ns(_AWAKE), always - first
    except OSError:
        return None


def _look_at(pid: int) -> tuple[str, float | None]:
    """Return state and CPU seconds of a process; an empty state if not available."""
    text = _read(f"/proc/{pid}/stat")
    return parse_state(text, os.sysconf("SC_CLK_TCK"))


def _find_freezer(pid: int) -> str:
    return find_frozen_count(_take_groups(pid))


def _is_frozen(pid: int) -> bool:
    return any(is_frozen(_read(file)) for file in list_freezer_files(_take_groups(pid)))


def _take_groups(pid: int) -> dict[str, str]:
    return {CGROUP: _read(f"/proc/{pid}/cgroup"), MOUNTINFO: _read(MOUNTINFO)}


def _read(path: str) -> str:
    """Return the contents of a file of the kernel, or an empty string."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
