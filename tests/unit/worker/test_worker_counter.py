"""The counters of the worker, by the events that every Linux counts in software, and by readings that are made up."""

import ctypes
import errno
import json
import mmap
import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from harness.worker import counter
from harness.worker.counter import EVENTS, CallCounter, EventReading, count_between, main
from harness.worker.timer import CallTimer

# linux/perf_event.h: PERF_TYPE_SOFTWARE with _TASK_CLOCK and _PAGE_FAULTS_MIN, in the places of hardware counters.
SOFTWARE = {"instructions": (1, 1), "cache_misses": (1, 5)}
WORDS = {"no-counter", "not-allowed", "no-system-call", "too-many-files", "unknown-machine"}


@pytest.fixture
def soft() -> Iterator[CallCounter]:
    found = CallCounter(SOFTWARE)
    if found.absent:
        pytest.skip(f"this kernel does not let programs count: {found.absent}")
    yield found
    found.close()


def spin(seconds: float) -> None:
    """Use so much CPU time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def counted(soft: CallCounter, name: str = "instructions") -> int:
    return soft.read()[name].counted


def test_what_a_thread_does_is_counted(soft: CallCounter) -> None:
    before, began = soft.read(), time.thread_time_ns()
    spin(0.02)
    took = time.thread_time_ns() - began
    found = count_between(before, soft.read())["instructions"]
    assert found is not None
    assert found > took / 2, "two clocks of the kernel, of which neither is exact"


def test_threads_that_are_made_later_count_while_they_live_and_afterwards(soft: CallCounter) -> None:
    go, done, end = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        go.wait()
        spin(0.03)
        done.set()
        end.wait()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    before = counted(soft)
    go.set()
    done.wait()
    alive = counted(soft)
    assert alive - before > 15_000_000
    end.set()
    thread.join()
    assert counted(soft) >= alive


def test_faults_are_counted_too(soft: CallCounter) -> None:
    before = counted(soft, "cache_misses")
    with mmap.mmap(-1, 400 * mmap.PAGESIZE) as memory:  # new pages, unlike those that an allocator may have kept
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            memory.madvise(mmap.MADV_NOHUGEPAGE)
        for place in range(0, len(memory), mmap.PAGESIZE):
            memory[place] = 1
    assert counted(soft, "cache_misses") - before >= 400


def test_a_timed_call_has_its_counts(soft: CallCounter) -> None:
    cost = CallTimer(soft).time(lambda: spin(0.02))
    counts = cost["counts"]
    assert isinstance(counts, dict)
    assert counts["instructions"] > 10_000_000


def test_a_planted_slowdown_is_time_alone(soft: CallCounter) -> None:
    cost = CallTimer(soft, plant=3.0).time(lambda: spin(0.02))
    counts, wall_ns = cost["counts"], cost["wall_ns"]
    assert isinstance(counts, dict)
    assert isinstance(wall_ns, int)
    assert wall_ns >= 80_000_000
    assert counts["instructions"] < cost["process_cpu_ns"]


def test_a_timer_without_counters_says_nothing_of_them() -> None:
    assert "counts" not in CallTimer(CallCounter({})).time(lambda: None)


def reading(counted: int, enabled_ns: int, running_ns: int) -> dict[str, EventReading]:
    return {"cycles": EventReading(counted, enabled_ns, running_ns)}


@pytest.mark.parametrize(
    ("after", "known"),
    [
        ((900, 1100, 1100), 800),
        ((900, 1100, 1095), 800),  # a rounding, not a share
        ((900, 1100, 1080), None),  # it ran 98 % of the time
        ((900, 1100, 600), None),
        ((900, 100, 100), None),  # it never ran
        ((90, 1100, 1100), None),
    ],
)
def test_a_count_is_known_if_the_counter_ran_all_the_time(after: tuple[int, int, int], known: int | None) -> None:
    assert count_between(reading(100, 100, 100), reading(*after)) == {"cycles": known}


def test_a_counter_that_was_given_up_is_missing() -> None:
    assert count_between(reading(1, 1, 1), {}) == {}


def test_every_counter_is_there_or_has_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    found = json.loads(capsys.readouterr().out)
    assert {*found["available"], *found["absent"]} == set(EVENTS)
    assert all(word in WORDS or word.startswith("error-") for word in found["absent"].values())


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (errno.EACCES, "not-allowed"),
        (errno.EPERM, "not-allowed"),
        (errno.ENOSYS, "no-system-call"),
        (errno.ENOENT, "no-counter"),
        (errno.EOPNOTSUPP, "no-counter"),
        (errno.EMFILE, "too-many-files"),
        (errno.EINVAL, "error-einval"),
    ],
)
def test_a_refusal_is_a_word(code: int, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        @staticmethod
        def syscall(*_: object) -> int:
            ctypes.set_errno(code)
            return -1

    monkeypatch.setattr(counter, "_CALLS", {(os.uname().machine, ctypes.sizeof(ctypes.c_void_p)): 298})
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library)
    monkeypatch.setattr(sys, "platform", "linux")
    found = CallCounter()
    assert found.absent == dict.fromkeys(EVENTS, word)
    assert found.read() == {}


def test_threads_are_counted_and_the_kernel_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user may not count what the kernel does, and root does not notice."""
    asked: list[bytes] = []

    class Library:
        @staticmethod
        def syscall(_: object, attributes: ctypes.Array[ctypes.c_char], *__: object) -> int:
            asked.append(attributes.raw)
            return -1

    monkeypatch.setattr(counter, "_CALLS", {(os.uname().machine, ctypes.sizeof(ctypes.c_void_p)): 298})
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library)
    monkeypatch.setattr(sys, "platform", "linux")
    CallCounter()
    inherit, exclude_kernel, exclude_hv = (1 << (bit if sys.byteorder == "little" else 63 - bit) for bit in (1, 5, 6))
    flags = {int.from_bytes(one[40:48], sys.byteorder) for one in asked}
    assert (len(asked), flags) == (len(EVENTS), {inherit | exclude_kernel | exclude_hv})


@pytest.mark.parametrize(("name", "platform"), [("machine", "darwin"), ("nothing", "linux")])
def test_elsewhere_there_are_none(name: str, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    if name == "nothing":
        monkeypatch.setattr(counter, "_CALLS", {})
    assert set(CallCounter().absent.values()) == {"unknown-machine"}
