"""Precision: rounds follow until the medians are known well enough, or the time is up."""

import re
from collections.abc import Mapping

import pytest

from harness.plan.precision import extend_plan, find_loose, foresee_s
from harness.records.case import Case
from harness.records.measurement import Measurement
from harness.records.outcome import Status, StepResult
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.step import Phase, Step
from tests import factory

TINY = Case.of("whisper", model="tiny", threads=2, fa=0)
BASE = Case.of("whisper", model="base", threads=2, fa=0)
QUIET = (100.0, 100.2, 100.1, 99.9, 100.0, 100.1)
WIDE = (100.0, 130.0, 90.0, 110.0, 95.0, 120.0)


def step(case: Case, repetition: int) -> Step:
    model = case.get("model")
    log = f"bench-bench-{model}.log" if repetition == 1 else f"bench-bench-{model}-t2-fa0-r{repetition}.log"
    name = f"bench_{model}_t2_fa0_r{repetition}"
    planned = factory.step(name, Phase.BENCH, case)
    return planned.replace(repetition=repetition, log=log, title=f"{model}, 2 threads, fa 0, {repetition}/6")


def result(of: Step, value: float, wall_s: float = 1.0) -> StepResult:
    assert of.case
    done = factory.result(of.name, Phase.BENCH)
    numbers = (Measurement(case=of.case, metric="encode", value=value, repetition=of.repetition),)
    return done.replace(
        case=of.case,
        repetition=of.repetition,
        measurements=numbers,
        completed=factory.completed().replace(wall_s=wall_s),
    )


def scene(
    values: Mapping[Case, tuple[float, ...]], *, precision: float = 0.01, max_time_s: float = 100
) -> tuple[Plan, Run]:
    rounds = max(map(len, values.values()))
    pairs = [
        (step(case, number + 1), samples[number])
        for number in range(rounds)
        for case, samples in values.items()
        if number < len(samples)
    ]
    suite = factory.suite().replace(models=("tiny", "base"), precision=precision, max_time_s=max_time_s)
    run = factory.run(*(result(of, value) for of, value in pairs)).replace(suite=suite)
    return Plan(sites=(), steps=(*(of for of, _ in pairs), factory.step("after"))), run


def names(plan: Plan) -> list[str]:
    return [one.name for one in plan.steps]


def test_without_a_precision_nothing_is_added() -> None:
    plan, run = scene({TINY: WIDE}, precision=0.0)
    assert extend_plan(plan, run) is plan
    assert find_loose(run) == ()
    assert foresee_s(plan, run) == 0.0


def test_only_what_is_not_tight_is_repeated_and_before_what_comes_last() -> None:
    plan, run = scene({TINY: WIDE, BASE: QUIET})
    longer = extend_plan(plan, run)
    assert names(longer) == [*names(plan)[:-1], "bench_tiny_t2_fa0_r7", "after"]
    added = longer.steps[-2]
    assert (added.repetition, added.log) == (7, "bench-bench-tiny-t2-fa0-r7.log")
    assert re.fullmatch(r"tiny, 2 threads, fa 0, 7 \(within 19\.0 %\)", added.title)
    assert added.argv == plan.steps[0].argv


def test_fewer_than_six_values_are_never_enough() -> None:
    plan, run = scene({TINY: QUIET[:5]})
    (loose,) = find_loose(run)
    assert (loose.n, loose.reached) == (5, None)
    assert "5 of 6 values" in str(loose)
    assert "bench_tiny_t2_fa0_r6" in names(extend_plan(plan, run))


def test_a_plan_with_open_model_steps_is_not_extended() -> None:
    plan, run = scene({TINY: WIDE})
    longer = extend_plan(plan, run)
    assert extend_plan(longer, run) is longer


def test_the_same_results_lead_to_the_same_order_and_another_seed_to_another() -> None:
    cases = {Case.of("whisper", model=f"m{number}", threads=2, fa=0): WIDE for number in range(8)}
    plan, run = scene(cases)
    first = names(extend_plan(plan, run))
    assert first == names(extend_plan(plan, run))
    other = run.replace(suite=run.suite.replace(seed=2))
    assert sorted(names(extend_plan(plan, other))) == sorted(first)
    assert names(extend_plan(plan, other)) != first


@pytest.mark.parametrize(("max_time_s", "more"), [(12.0, 0), (12.9, 0), (13.0, 1), (14.0, 2)])
def test_the_time_bounds_the_rounds(max_time_s: float, more: int) -> None:
    plan, run = scene({TINY: WIDE, BASE: WIDE}, max_time_s=max_time_s)
    assert len(extend_plan(plan, run).steps) == len(plan.steps) + more


def test_a_case_that_is_stopped_each_time_is_left_alone() -> None:
    plan, run = scene({TINY: WIDE})
    still = factory.completed().replace(wall_s=9.0, stopped_s=9.0)
    *good, one, other = run.results
    assert extend_plan(plan, run.replace(results=(*good, one, other.replace(completed=still)))) is not plan
    stuck = (*good, one.replace(completed=still), other.replace(completed=still))
    assert extend_plan(plan, run.replace(results=stuck)) is plan


def test_a_case_whose_last_process_failed_is_left_alone() -> None:
    plan, run = scene({TINY: WIDE})
    *good, last = run.results
    failed = last.replace(status=Status.FAILED, measurements=())
    assert extend_plan(plan, run.replace(results=(*good, failed))) is plan
    assert find_loose(run.replace(results=(*good, failed))), "five values are left, and no interval"


def test_the_forecast_grows_with_the_square_and_ends_with_the_time() -> None:
    values = (100.0, 102.0, 100.5, 101.0, 100.2, 101.5)  # within 0.99 %
    plan, run = scene({TINY: values}, precision=0.005)
    (loose,) = find_loose(run)
    assert loose.reached == pytest.approx(1.0 / 100.75, rel=1e-6)
    assert foresee_s(plan, run) == 18.0  # 6 x (0.99 / 0.5)^2 = 23.6 in all
    assert foresee_s(plan, run.replace(suite=run.suite.replace(max_time_s=10.0))) == 4.0
    assert foresee_s(plan, run.replace(suite=run.suite.replace(precision=0.05))) == 0.0
