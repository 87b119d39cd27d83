import io
import time

import pytest

from harness.records.condition import CountedProcess, CounterReading
from harness.system.console import Console
from harness.system.monitor import QuietMonitor
from harness.system.quiet import CounterReader
from tests import factory


class Node(CounterReader):
    """A node whose others use so many CPUs, second by second; time passes when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *others: float) -> None:
        super().__init__({"HARNESS_SYSROOT": "/nowhere"})
        self._others = list(others)
        self._now_s = self._busy_s = 0.0
        monkeypatch.setattr(time, "sleep", self._sleep)

    @property
    def slept_s(self) -> float:
        return self._now_s

    def _sleep(self, seconds: float) -> None:
        self._now_s += seconds
        self._busy_s += (self._others.pop(0) if self._others else 0.0) * seconds

    def read(self) -> CounterReading:
        process = CountedProcess(pid=4711, start="1", name="yes", cpu_s=self._busy_s)
        return CounterReading(time_s=self._now_s, cpus=2, busy_s=self._busy_s, processes=(process,))


def watch_over(node: Node, wait_s: float) -> tuple[QuietMonitor, io.StringIO]:
    said = io.StringIO()
    return QuietMonitor(node, Console(said), wait_s=wait_s, retries=2), said


def test_without_a_wish_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(monkeypatch, 1.0)
    monitor, said = watch_over(node, 0.0)
    assert (monitor.wait(), node.slept_s, said.getvalue()) == (False, 0.0, "")


def test_a_quiet_node_costs_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(monkeypatch, 0.05)
    monitor, said = watch_over(node, 60.0)
    assert (monitor.wait(), node.slept_s, said.getvalue(), monitor.caveat) == (False, 1.0, "", None)


def test_it_waits_as_long_as_it_takes_and_says_for_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(monkeypatch, 1.0, 0.5, 0.0)
    monitor, said = watch_over(node, 60.0)
    assert (monitor.wait(), node.slept_s, monitor.caveat) == (True, 3.0, None)
    assert "waiting until other processes use less than 0.10 CPUs; now 1.00 CPUs (yes 4711: 1.00)" in said.getvalue()


def test_after_the_time_it_goes_on_and_names_who_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(monkeypatch, *[1.0] * 100)
    monitor, said = watch_over(node, 5.0)
    assert (monitor.wait(), node.slept_s) == (True, 5.0)
    assert monitor.caveat
    assert monitor.caveat.code == "not-quiet"
    assert monitor.caveat.message == "not quiet within 5 s: other processes used 1.00 CPUs (yes 4711: 1.00)"
    assert "measuring anyway" in said.getvalue()
    assert (monitor.wait(), node.slept_s) == (False, 5.0), "the time is for all waits together"


def test_time_spent_is_spent_for_the_next_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(monkeypatch, 1.0, 1.0, 1.0, 0.0, *[1.0] * 100)
    monitor, _ = watch_over(node, 5.0)
    assert monitor.wait()
    assert monitor.wait()
    assert node.slept_s == 6.0, "three noisy seconds, a quiet one, and the two that were left"


def test_a_child_is_not_one_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(monkeypatch, 1.6)
    monitor, _ = watch_over(node, 0.0)
    before = monitor.read()
    node._sleep(1.0)
    seen = monitor.since(before, factory.completed())  # 1.0 s of user and 0.1 s of system time
    assert seen.other_cpus == pytest.approx(0.5)
