"""What counts as a stop, with made-up clocks: no test waits."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.system.process import pulse
from harness.system.process.pulse import BLIND_LIMIT_S, LIMIT_S, Pulse

CHILD = 4711
TICK_S = 0.25


class World:
    """A harness and one child; each wait takes as long as the test says."""

    def __init__(self) -> None:
        self.now_s = self.busy_s = self.slept_s = 0.0
        self.queued_s: float | None = 0.0
        self.state, self.cpu_s = "R", 0.0
        self.news: list[int] = []
        self.frozen = False
        self.frozen_us = 0

    def wait(self, watcher: Pulse, took_s: float, **change: object) -> None:
        """Let a wait of a quarter of a second take `took_s` seconds, in which the world changes."""

        def sleep(_: float) -> None:
            self.now_s += took_s
            for name, value in change.items():
                setattr(self, name, value)

        watcher.wait(sleep, TICK_S)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()

    def read_clocks() -> tuple[int, int]:
        return int(made.slept_s * 1e9) - 500, int(made.slept_s * 1e9) + 500

    def hear(kind: int, pid: int, options: int) -> SimpleNamespace | None:
        assert (kind, pid) == (os.P_PID, CHILD)
        assert not options & os.WEXITED, "the end of a child is not taken away from whoever waits for it"
        return SimpleNamespace(si_code=made.news.pop(0)) if made.news else None

    monkeypatch.setattr(pulse, "_take_moment", lambda: pulse._Moment(made.now_s, made.busy_s, made.queued_s))
    monkeypatch.setattr(pulse, "_read_clocks", read_clocks)
    monkeypatch.setattr(pulse, "_look_at", lambda _: (made.state, made.cpu_s))
    monkeypatch.setattr(pulse, "_find_freezer", lambda _: "cgroup.stat.local")
    monkeypatch.setattr(pulse, "_read", lambda _: f"frozen_usec {made.frozen_us}\n")
    monkeypatch.setattr(pulse, "_is_frozen", lambda _: made.frozen)
    monkeypatch.setattr(os, "waitid", hear, raising=False)
    return made


def test_ticks_in_time_are_no_stop(world: World) -> None:
    watcher = Pulse(CHILD)
    for _ in range(4):
        world.wait(watcher, TICK_S)
    assert (watcher.stopped_s, watcher.suspended_s, watcher.absent_s, watcher.still_s) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("late_s", "queued_s", "busy_s", "stopped_s"),
    [
        (6.0, 0.0, 0.0, 6.0),
        (LIMIT_S + 0.01, 0.0, 0.0, LIMIT_S + 0.01),
        (LIMIT_S - 0.01, 0.0, 0.0, 0.0),
        # It wanted to run and was not let, or had much to do: load is not a stop, however long it lasts.
        (6.0, 5.9, 0.0, 0.0),
        (6.0, 2.0, 3.9, 0.0),
        (6.0, 2.0, 0.0, 4.0),
        # Where the system does not tell, load may be the reason of much.
        (BLIND_LIMIT_S - 0.01, None, 0.0, 0.0),
        (BLIND_LIMIT_S + 0.01, None, 0.0, BLIND_LIMIT_S + 0.01),
    ],
)
def test_a_wait_that_ends_long_after_it_was_due(
    world: World, late_s: float, queued_s: float | None, busy_s: float, stopped_s: float
) -> None:
    world.queued_s = None if queued_s is None else 0.0
    watcher = Pulse(CHILD)
    world.wait(watcher, TICK_S + late_s, queued_s=queued_s, busy_s=busy_s, cpu_s=9.0)
    assert watcher.stopped_s == pytest.approx(stopped_s)
    assert watcher.absent_s == pytest.approx(stopped_s), "no deadline runs meanwhile"


@pytest.mark.parametrize("news", [[os.CLD_STOPPED, os.CLD_CONTINUED], [os.CLD_CONTINUED]])
def test_the_kernel_tells_of_a_stop_between_two_ticks(world: World, news: list[int]) -> None:
    watcher = Pulse(CHILD)
    world.wait(watcher, TICK_S, news=news)
    assert (watcher.stopped_s, watcher.absent_s) == (TICK_S, 0.0), "the harness was there: time-outs go on"
    world.wait(watcher, TICK_S)
    assert watcher.stopped_s == TICK_S


def test_a_child_that_stays_stopped_is_counted_until_it_goes_on(world: World) -> None:
    watcher = Pulse(CHILD)
    world.wait(watcher, TICK_S, news=[os.CLD_STOPPED])
    for _ in range(3):
        world.wait(watcher, TICK_S)
    world.wait(watcher, TICK_S, news=[os.CLD_CONTINUED])
    world.wait(watcher, TICK_S)
    assert watcher.stopped_s == 5 * TICK_S


@pytest.mark.parametrize("change", [{"state": "T"}, {"state": "t"}, {"frozen": True}])
def test_what_is_traced_or_frozen_does_not_run(world: World, change: dict[str, object]) -> None:
    watcher = Pulse(CHILD)
    world.wait(watcher, TICK_S, **change)
    world.wait(watcher, TICK_S, **change, cpu_s=1.0)
    assert watcher.stopped_s == (TICK_S if "frozen" in change else 2 * TICK_S), "frozen is who uses no CPU, too"


@pytest.mark.parametrize(("late_s", "stopped_s"), [(0.0, 0.1), (6.0, 6.0)])
def test_the_kernel_counts_how_long_a_group_was_frozen(world: World, late_s: float, stopped_s: float) -> None:
    world.frozen_us = 7_000_000
    watcher = Pulse(CHILD)
    world.wait(watcher, TICK_S + late_s, frozen_us=7_100_000, cpu_s=1.0)
    assert watcher.stopped_s == pytest.approx(stopped_s), "what is known in two ways is counted once"


@pytest.mark.parametrize("fresh", [True, False])
def test_what_was_before_does_not_count_but_for_a_fresh_child(world: World, *, fresh: bool) -> None:
    world.news = [os.CLD_STOPPED, os.CLD_CONTINUED]
    watcher = Pulse(CHILD, fresh=fresh)
    world.wait(watcher, TICK_S)
    assert bool(watcher.stopped_s) is fresh


@pytest.mark.parametrize(("cpu_s", "stopped_s"), [(1.9, 0.0), (0.1, 2.0)])
def test_a_harness_that_is_held_up_between_two_waits(world: World, cpu_s: float, stopped_s: float) -> None:
    """A terminal may take no more (Ctrl-S) while the child goes on; a frozen container stops both."""
    watcher = Pulse(CHILD)
    world.wait(watcher, TICK_S)
    world.now_s += 2.0
    world.cpu_s = cpu_s
    world.wait(watcher, TICK_S, cpu_s=cpu_s + 16 * TICK_S)  # what all its threads do afterwards says nothing of that
    assert (watcher.stopped_s, watcher.absent_s) == (stopped_s, stopped_s)


def test_a_suspended_node(world: World) -> None:
    watcher = Pulse(CHILD)
    world.slept_s = 0.0005
    assert watcher.suspended_s == 0.0, "two clocks are never read at the same moment"
    world.slept_s = 3600.0
    world.wait(watcher, TICK_S)
    assert watcher.suspended_s == pytest.approx(3600.0)
    assert watcher.stopped_s == 0.0
    assert watcher.still_s == pytest.approx(3600.0)
    assert Pulse(CHILD).suspended_s == 0.0


def test_what_the_system_does_not_tell_is_not_known(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "_read_clocks", lambda: None)
    monkeypatch.setattr(pulse, "_look_at", lambda _: ("", None))
    monkeypatch.delattr(os, "waitid")
    watcher = Pulse(CHILD)
    world.wait(watcher, TICK_S)
    assert (watcher.stopped_s, watcher.suspended_s, watcher.still_s) == (0.0, None, 0.0)


def test_without_a_child_only_the_harness_is_watched(world: World) -> None:
    watcher = Pulse()
    world.wait(watcher, TICK_S, news=[os.CLD_STOPPED], state="T")
    world.wait(watcher, TICK_S + 5.0)
    assert watcher.stopped_s == watcher.absent_s == 5.0


@pytest.mark.parametrize(
    ("text", "queued_s"), [("2000000000 3000000000 7\n", 3.0), ("0 0 0\n", None), ("rubbish\n", None), (None, None)]
)
def test_what_the_scheduler_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, queued_s: float | None
) -> None:
    file = tmp_path / "schedstat"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(pulse, "_SCHEDSTAT", str(file))
    assert pulse._take_moment().queued_s == queued_s


def test_this_system_is_read() -> None:
    reads: list[Callable[[], object]] = [pulse._take_moment, pulse._read_clocks]
    assert all(read() is not None for read in reads)
    assert not pulse._is_frozen(os.getpid())
    state, cpu_s = pulse._look_at(os.getpid())
    assert state in ("", "R", "S")
    assert cpu_s is None or cpu_s > 0
