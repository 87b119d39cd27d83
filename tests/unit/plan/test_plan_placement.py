import pytest

from harness.errors import UsageError
from harness.parse.host.cpu import rank_cores
from harness.plan.placement import (
    HUGE_PAGES,
    choose_cpus,
    choose_placement_request,
    keep_cpus,
    place_plan,
    require_cpus,
)
from harness.records.measurement import Case
from harness.records.plan import Phase, Placement, Plan
from harness.settings.request import PlacementRequest
from tests import factory
from tests.unit.parse.host.test_parse_host_node import load

# Four cores of two CPUs each, as siblings are numbered on most servers.
CORES = ((1, 5), (2, 6), (3, 7), (0, 4))


@pytest.mark.parametrize(
    ("pin", "threads", "cpus"),
    [
        ("auto", 1, (1,)),
        ("auto", 2, (1, 2)),
        ("auto", 4, (0, 1, 2, 3)),
        ("auto", 6, (0, 1, 2, 3, 5, 6)),
        ("auto", 99, tuple(range(8))),
        ("", 4, ()),
        ("0,2", 2, (0, 2)),
        ("6-7,2", 1, (2, 6, 7)),
        ("2,2", 1, (2,)),
    ],
)
def test_cpus(pin: str, threads: int, cpus: tuple[int, ...]) -> None:
    require_cpus(pin, CORES, 1)
    assert choose_cpus(pin, CORES, threads) == cpus


@pytest.mark.parametrize(("pin", "threads", "said"), [("0,8", 2, "CPU 8 may not be used"), ("0", 2, "1 CPU for 2")])
def test_cpus_that_cannot_be(pin: str, threads: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        require_cpus(pin, CORES, threads)


def test_wishes() -> None:
    assert choose_placement_request("", "", huge_pages=False).is_empty
    assert choose_placement_request("auto", "-5", huge_pages=True) == PlacementRequest(
        pin="auto", nice=-5, huge_pages=True
    )
    assert choose_placement_request("", "0", huge_pages=False) == PlacementRequest(nice=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("pin", "all"), ("pin", "0,"), ("pin", "-1"), ("nice", "20"), ("nice", "-21"), ("nice", "low"), ("nice", "1.5")],
)
def test_wishes_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"--{name}"):
        choose_placement_request(value if name == "pin" else "", value if name == "nice" else "", huge_pages=False)


def test_only_benchmarks_are_placed_each_by_its_threads() -> None:
    one, two = (Case.of("whisper", model="tiny", threads=threads, fa=0) for threads in (1, 2))
    steps = (factory.step("build", Phase.BUILD), factory.step("a", case=one), factory.step("b", case=two))
    plan = place_plan(Plan(sites=(), steps=steps), PlacementRequest(pin="auto", nice=5, huge_pages=True), CORES)
    assert plan.steps[0] == steps[0]
    assert [step.placement for step in plan.steps[1:]] == [
        Placement(cpus=(1,), nice=5, huge_pages=True),
        Placement(cpus=(1, 2), nice=5, huge_pages=True),
    ]
    assert HUGE_PAGES in plan.steps[1].env
    untouched = Plan(sites=(), steps=steps)
    assert place_plan(untouched, PlacementRequest(), ()) is untouched


def test_placement_reads_well() -> None:
    assert str(Placement(cpus=(0, 2), nice=-5, huge_pages=True)) == "CPUs 0,2, nice -5, transparent huge pages"
    assert str(Placement(nice=0)) == "nice 0"


def test_fast_cores_come_first_and_that_of_cpu_0_is_the_last_of_them() -> None:
    ranked = rank_cores(load("intel-hybrid-laptop"))
    assert ranked[:4] == ((2, 3), (4, 5), (6, 7), (0, 1))
    assert ranked[4:] == tuple((cpu,) for cpu in range(8, 16))


def test_nothing_outside_the_affinity_is_offered() -> None:
    capture = load("intel-hybrid-laptop") | {"affinity": "1,3,9"}
    assert rank_cores(capture) == ((3,), (1,), (9,))


def pinned(*cpus: int, threads: int = 2) -> Plan:
    case = Case.of("whisper", model="base", threads=threads, fa=0)
    steps = (factory.step("build", Phase.BUILD), factory.step("bench", Phase.BENCHMARK, case))
    return Plan(sites=(), steps=(steps[0], steps[1].replace(placement=Placement(cpus=cpus, nice=5))))


def test_what_auto_chose_is_kept_while_it_may_be_used() -> None:
    assert keep_cpus(pinned(1, 2), pinned(2, 3), CORES, factory.run()) == pinned(2, 3)
    assert keep_cpus(pinned(1), pinned(2, 3), ((2,), (3,)), factory.run()) == pinned(2, 3), (
        "fewer than when the plan was made anew"
    )
    with pytest.raises(UsageError, match="the CPUs 2,3, but may not use 3 now") as refused:
        keep_cpus(pinned(1, 2), pinned(2, 3), CORES[:2], factory.run())
    assert "1,2,5,6" in refused.value.cause
    assert "taskset -c 2,3" in refused.value.hint


@pytest.mark.parametrize("edited", [(2, 3, 7), (3, 2), (2, 2), ()])
def test_what_auto_cannot_have_chosen_is_left_to_be_refused(edited: tuple[int, ...]) -> None:
    assert keep_cpus(pinned(1, 2), pinned(*edited), CORES, factory.run()) == pinned(1, 2)
