import pytest

from harness.judge.quietness import (
    choose_quietest,
    describe_others,
    is_disturbed,
    is_quiet,
    limit_cpus,
    measure_quietness,
)
from harness.records.condition import CountedProcess, CounterReading, Neighbour, Quietness
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from tests import factory

BEFORE = CounterReading(time_s=100.0, own_s=1.0, cpus=2, busy_s=50.0, steal_s=2.0, cpu_pressure_us=0, quota_throttled=7)


def seen(other_cpus: float | None, wall_s: float = 10.0, cpus: int = 2) -> Quietness:
    return Quietness(wall_s=wall_s, cpus=cpus, other_cpus=other_cpus)


def attempt(other_cpus: float | None, wall_s: float = 10.0) -> StepResult:
    return factory.result("bench", Phase.BENCHMARK).replace(quiet=seen(other_cpus, wall_s))


def test_what_the_harness_and_its_child_use_is_nobody_elses() -> None:
    after = BEFORE.replace(time_s=110.0, own_s=1.5, busy_s=71.0, steal_s=2.4, cpu_pressure_us=5_000_000)
    found = measure_quietness(BEFORE, after, child_s=19.5)
    assert (found.wall_s, found.other_cpus, found.steal, found.cpu_pressure) == (10.0, 0.1, 0.02, 0.5)
    assert (found.quota_throttled, found.swapped_in) == (0, None)


def test_counters_that_fall_count_as_nothing() -> None:
    after = BEFORE.replace(time_s=110.0, busy_s=1.0, steal_s=0.0, quota_throttled=0)
    found = measure_quietness(BEFORE, after)
    assert (found.other_cpus, found.steal, found.quota_throttled) == (0.0, 0.0, 0)


def test_a_clock_that_stands_still_divides_nothing_by_zero() -> None:
    assert measure_quietness(BEFORE, BEFORE).other_cpus == 0.0


def test_the_greatest_neighbours_are_named() -> None:
    def process(pid: int, cpu_s: float, start: str = "1") -> CountedProcess:
        return CountedProcess(pid=pid, start=start, name=f"p{pid}", cpu_s=cpu_s)

    before = BEFORE.replace(processes=tuple(process(pid, 100.0) for pid in range(1, 7)))
    after = BEFORE.replace(
        time_s=110.0,
        # 6 has ended and its number been given away; 7 is new
        processes=(*(process(pid, 100.0 + pid) for pid in range(1, 6)), process(6, 1.0, start="2"), process(7, 4.5)),
    )
    found = measure_quietness(before, after)
    assert [(one.name, one.cpus) for one in found.neighbours] == [("p5", 0.5), ("p7", 0.45), ("p4", 0.4)]


@pytest.mark.parametrize(("cpus", "limit"), [(1, 0.1), (2, 0.1), (10, 0.1), (64, 0.64), (192, 1.92)])
def test_larger_nodes_may_have_more_daemons(cpus: int, limit: float) -> None:
    assert limit_cpus(cpus) == pytest.approx(limit)
    assert is_quiet(seen(limit, cpus=cpus))
    assert not is_quiet(seen(limit + 0.01, cpus=cpus))


@pytest.mark.parametrize(
    ("other_cpus", "wall_s", "disturbed"),
    [(0.09, 100.0, False), (0.11, 10.0, True), (0.5, 0.3, False), (0.5, 0.5, True), (None, 10.0, False)],
)
def test_a_short_step_is_not_judged_by_ticks(other_cpus: float | None, wall_s: float, *, disturbed: bool) -> None:
    assert is_disturbed(attempt(other_cpus, wall_s)) is disturbed
    assert not is_disturbed(factory.result("bench", Phase.BENCHMARK))


def test_the_quietest_attempt_is_chosen_without_a_look_at_its_numbers() -> None:
    attempts = [attempt(0.9), attempt(0.3), attempt(0.5)]
    assert choose_quietest(attempts) is attempts[1]


def test_others_are_named_where_they_can_be() -> None:
    known = seen(0.85).replace(neighbours=(Neighbour(pid=4711, name="yes", cpus=0.84),))
    assert describe_others(known) == "0.85 CPUs (yes 4711: 0.84)"
    assert describe_others(seen(0.85)) == "0.85 CPUs (by processes that have ended or are not visible)"


def test_what_stood_still_is_the_last_choice() -> None:
    still = factory.completed().replace(stopped_s=6.0, suspended_s=1.0)
    stopped = attempt(0.0).replace(completed=still)
    longer = attempt(0.0).replace(completed=still.replace(suspended_s=2.0))
    late = attempt(0.0).replace(status=Status.TIMED_OUT)
    assert choose_quietest([late, longer, stopped, attempt(9.0)]) == attempt(9.0)
    assert choose_quietest([late, longer, stopped]) is stopped
    assert (stopped.stood_still, attempt(9.0).stood_still, still.still_s, still.ran_s) == (True, False, 7.0, 0.0)
    assert (
        still.standstill
        == "the process or the harness was stopped or frozen for 6.0 s and the node was suspended for 1.0 s"
    )
    assert factory.completed().standstill == ""
