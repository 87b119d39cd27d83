import pytest

from harness.judge.node_fact import caveat_condition, caveat_placement, caveat_quietness
from harness.records.condition import Condition, Neighbour, Quietness
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.settings.request import PlacementRequest
from harness.stats.series import sample_run
from tests import factory

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)
CALM = Quietness(wall_s=10, cpus=2, other_cpus=0.02, steal=0.0)
LOADED = CALM.replace(other_cpus=0.85, neighbours=(Neighbour(pid=4711, name="yes", cpus=0.84),))


def bench(repetition: int, quiet: Quietness | None, value: float = 1.0) -> StepResult:
    result = factory.result(f"bench_r{repetition}", Phase.BENCHMARK, Status.PASSED, (CASE, "encode", value))
    return result.replace(case=CASE, repetition=repetition, quiet=quiet)


def codes(*results: StepResult, discarded: tuple[StepResult, ...] = ()) -> list[str]:
    return [one.code for one in caveat_quietness(factory.run(*results).replace(discarded=discarded))]


def test_a_quiet_run_has_nothing_to_say() -> None:
    assert codes(bench(1, CALM), bench(2, None)) == []


def test_load_names_case_share_and_process() -> None:
    (caveat,) = caveat_quietness(factory.run(bench(1, CALM), bench(2, LOADED)))
    assert caveat.code == "under-load"
    assert "whisper/fa=0/model=tiny/threads=2, repetition 2: 0.85 CPUs (yes 4711: 0.84)" in caveat.message


def test_what_was_set_aside_is_said_and_is_part_of_no_sample() -> None:
    run = factory.run(bench(1, CALM, 1.0)).replace(discarded=(bench(1, LOADED, 99.0),))
    assert sample_run(run) == {(CASE, "encode"): (1.0,)}
    assert [measurement.value for measurement in run.measurements] == [1.0]
    (caveat,) = caveat_quietness(run)
    assert (caveat.code, "only undisturbed attempts count" in caveat.message) == ("retried", True)
    assert codes(bench(1, LOADED), discarded=(bench(1, LOADED),)) == ["under-load", "retried"]


def still(result: StepResult, stopped_s: float | None, suspended_s: float | None = None) -> StepResult:
    return result.replace(completed=factory.completed().replace(stopped_s=stopped_s, suspended_s=suspended_s))


def test_a_number_that_stood_still_is_marked_whatever_else_is_known() -> None:
    assert codes(still(bench(1, None), 0.0), still(bench(2, CALM), None, None), still(bench(3, CALM), 0.0, 0.0)) == []
    (stopped,) = caveat_quietness(factory.run(still(bench(2, None), 6.02)))
    assert stopped.code == "stood-still"
    assert "during whisper/fa=0/model=tiny/threads=2, repetition 2 (6.0 s)" in stopped.message
    (slept,) = caveat_quietness(factory.run(still(bench(1, CALM), 0.0, 3600.0)))
    assert (slept.code, "(3600.0 s)" in slept.message) == ("suspended", True)
    assert codes(still(bench(1, CALM), 1.0).replace(phase=Phase.ROOFLINE, case=None)) == ["stood-still"]
    assert codes(still(bench(1, None), 1.0).replace(phase=Phase.BUILD, measurements=())) == []
    assert codes(still(bench(1, None), 1.0).replace(status=Status.FAILED, measurements=())) == []


def test_what_stood_still_and_was_set_aside_is_told_from_load() -> None:
    run = factory.run(bench(1, CALM)).replace(discarded=(still(bench(1, CALM), 6.0), bench(1, LOADED)))
    (caveat,) = caveat_quietness(run)
    assert caveat.code == "retried"
    said = (
        "measured again, because 1 attempt at bench_r1 was disturbed by other processes and 1 attempt at bench_r1 was "
        "stopped or frozen; only undisturbed attempts count"
    )
    assert caveat.message == said
    again = run.replace(results=(still(bench(1, CALM), 6.0),))
    assert [one.code for one in caveat_quietness(again)] == ["stood-still", "retried"]
    assert "the quietest attempt of each counts" in [one.message for one in caveat_quietness(again)][-1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"steal": 0.02}, "steal"),
        ({"thermal_throttled": 3}, "thermal-throttling"),
        ({"quota_throttled": 3}, "quota-throttling"),
        ({"swapped_in": 3}, "swapping"),
    ],
)
def test_each_circumstance_has_its_caveat(change: dict[str, float], code: str) -> None:
    assert codes(bench(1, CALM.replace(**change))) == [code]
    assert codes(bench(1, CALM.replace(**dict.fromkeys(change, 0)))) == []


def test_many_are_not_all_named() -> None:
    (caveat,) = caveat_quietness(factory.run(*(bench(number, LOADED) for number in range(1, 9))))
    assert "and 3 more" in caveat.message


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (Condition(governors=("performance", "powersave")), "governor"),
        (Condition(frequency_cap=0.5), "frequency-limited"),
        (Condition(on_battery=True), "battery"),
        (Condition(profile="low-power"), "power-profile"),
    ],
)
def test_each_condition_has_its_caveat(condition: Condition, code: str) -> None:
    assert [one.code for one in caveat_condition(condition, factory.cores(), [4])] == [code]


def test_a_good_or_silent_node_has_none() -> None:
    good = Condition(governors=("performance",), frequency_cap=1.0, on_battery=False, profile="balanced", smt=True)
    for condition in (good, Condition()):
        assert list(caveat_condition(condition, factory.cores(), [4])) == []


def test_threads_that_share_cores_are_said() -> None:
    cores = factory.cores(8).replace(physical=4, threads_per_core=2)
    assert [one.code for one in caveat_condition(Condition(smt=True), cores, [1, 8])] == ["smt"]
    assert list(caveat_condition(Condition(smt=False), cores, [8])) == []
    assert list(caveat_condition(Condition(smt=True), cores, [9])) == [], "then they outnumber the CPUs, too"


@pytest.mark.parametrize(("mode", "said"), [("never", True), ("", True), ("madvise", False), ("always", False)])
def test_huge_pages_that_came_to_nothing(mode: str, *, said: bool) -> None:
    found = list(caveat_placement(PlacementRequest(huge_pages=True), Condition(huge_pages=mode)))
    assert bool(found) is said
    assert list(caveat_placement(PlacementRequest(), Condition(huge_pages=mode))) == []
