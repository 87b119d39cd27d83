"""Precision: rounds follow until the medians are known well enough, or the time is up."""

import math
import random
import re
from collections.abc import Mapping

import pytest

from harness.judge.caveat import derive_caveats
from harness.plan.precision import extend_plan, find_correlated, find_imprecise, foresee_s, measure_reach
from harness.records.measurement import Case, Measurement
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Plan, Step
from harness.records.run import Run
from tests import factory

TINY = Case.of("whisper", model="tiny", threads=2, fa=0)
BASE = Case.of("whisper", model="base", threads=2, fa=0)
QUIET = (100.0, 100.2, 100.1, 99.9, 100.0, 100.1, 99.9)
WIDE = (100.0, 130.0, 90.0, 110.0, 95.0, 120.0, 100.0)


def step(case: Case, repetition: int) -> Step:
    model = case.get("model")
    log = f"bench-bench-{model}.log" if repetition == 1 else f"bench-bench-{model}-t2-fa0-r{repetition}.log"
    name = f"bench_{model}_t2_fa0_r{repetition}"
    planned = factory.step(name, Phase.BENCHMARK, case)
    return planned.replace(repetition=repetition, log=log, title=f"{model}, 2 threads, fa 0, {repetition}/6")


def result(of: Step, value: float, wall_s: float = 1.0) -> StepResult:
    assert of.case
    done = factory.result(of.name, Phase.BENCHMARK)
    numbers = (Measurement(case=of.case, metric="encode", value=value, repetition=of.repetition),)
    return done.replace(
        case=of.case,
        repetition=of.repetition,
        measurements=numbers,
        completed=factory.completed().replace(wall_s=wall_s),
    )


def setup(
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
    plan, run = setup({TINY: WIDE}, precision=0.0)
    assert extend_plan(plan, run) is plan
    assert find_imprecise(run) == ()
    assert foresee_s(plan, run) == 0.0


def test_only_what_is_not_tight_is_repeated_and_before_what_comes_last() -> None:
    plan, run = setup({TINY: WIDE, BASE: QUIET})
    longer = extend_plan(plan, run)
    assert names(longer) == [*names(plan)[:-1], "bench_tiny_t2_fa0_r8", "after"]
    added = longer.steps[-2]
    assert (added.repetition, added.log) == (8, "bench-bench-tiny-t2-fa0-r8.log")
    assert re.fullmatch(r"tiny, 2 threads, fa 0, 8 \(within 20\.0 %\)", added.title)
    assert added.argv == plan.steps[0].argv


def test_fewer_than_seven_values_are_never_enough() -> None:
    plan, run = setup({TINY: QUIET[:6]})
    (imprecise,) = find_imprecise(run)
    assert (imprecise.n, imprecise.reached) == (6, None)
    assert "6 of 7 values" in str(imprecise)
    assert "bench_tiny_t2_fa0_r7" in names(extend_plan(plan, run))


def test_a_plan_with_open_model_steps_is_not_extended() -> None:
    plan, run = setup({TINY: WIDE})
    longer = extend_plan(plan, run)
    assert extend_plan(longer, run) is longer


def test_the_same_results_lead_to_the_same_order_and_another_seed_to_another() -> None:
    cases = {Case.of("whisper", model=f"m{number}", threads=2, fa=0): WIDE for number in range(8)}
    plan, run = setup(cases)
    first = names(extend_plan(plan, run))
    assert first == names(extend_plan(plan, run))
    other = run.replace(suite=run.suite.replace(seed=2))
    assert sorted(names(extend_plan(plan, other))) == sorted(first)
    assert names(extend_plan(plan, other)) != first


@pytest.mark.parametrize(("max_time_s", "more"), [(14.0, 0), (14.9, 0), (15.0, 1), (16.0, 2)])
def test_the_time_bounds_the_rounds(max_time_s: float, more: int) -> None:
    plan, run = setup({TINY: WIDE, BASE: WIDE}, max_time_s=max_time_s)
    assert len(extend_plan(plan, run).steps) == len(plan.steps) + more


def test_a_case_that_is_stopped_each_time_is_left_alone() -> None:
    plan, run = setup({TINY: WIDE})
    still = factory.completed().replace(wall_s=9.0, stopped_s=9.0)
    *good, one, other = run.results
    assert extend_plan(plan, run.replace(results=(*good, one, other.replace(completed=still)))) is not plan
    stuck = (*good, one.replace(completed=still), other.replace(completed=still))
    assert extend_plan(plan, run.replace(results=stuck)) is plan


def test_a_case_whose_last_process_failed_is_left_alone() -> None:
    plan, run = setup({TINY: WIDE})
    *good, last = run.results
    failed = last.replace(status=Status.FAILED, measurements=())
    assert extend_plan(plan, run.replace(results=(*good, failed))) is plan
    assert find_imprecise(run.replace(results=(*good, failed))), "six values are left, and no interval"


def test_the_forecast_grows_with_the_square_and_ends_with_the_time() -> None:
    values = (100.0, 102.0, 100.5, 101.0, 100.2, 101.5, 100.1)  # within 1 %
    plan, run = setup({TINY: values}, precision=0.005)
    (imprecise,) = find_imprecise(run)
    assert imprecise.reached == pytest.approx(1.0 / 100.5, rel=1e-6)
    assert foresee_s(plan, run) == 21.0  # 7 x (0.995 / 0.5)^2 = 27.7 in all
    assert foresee_s(plan, run.replace(suite=run.suite.replace(max_time_s=11.0))) == 4.0
    assert foresee_s(plan, run.replace(suite=run.suite.replace(precision=0.05))) == 0.0


def remember(draw: random.Random, rho: float, count: int, deviation: float = 2.0) -> tuple[float, ...]:
    """Return noise around 100 in which neighbours are alike: first-order autoregression."""
    noise = [draw.gauss(0, 1)]
    for _ in range(count - 1):
        noise.append(rho * noise[-1] + math.sqrt(1 - rho * rho) * draw.gauss(0, 1))
    return tuple(100 + deviation * one for one in noise)


def stop(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return the values up to where the harness stops, asked for 1 %."""
    for count in range(7, len(values) + 1):
        reach = measure_reach(values[:count])
        if reach is not None and reach <= 0.01:
            return values[:count]
    return values


def test_neighbours_that_are_alike_widen_the_interval_and_are_said() -> None:
    rising = tuple(100 + number / 10 for number in range(20))
    _, run = setup({TINY: rising}, precision=0.01)
    (imprecise,) = find_imprecise(run)
    assert imprecise.reached is not None
    assert 0.01 < imprecise.reached < 0.03, "half of the interval alone is 0.5 %"
    assert list(find_correlated(run)) == [(TINY, "encode")]
    (caveat,) = [one for one in derive_caveats(run) if one.code == "correlated"]
    assert "encode of whisper/fa=0/model=tiny/threads=2 (+0.85)" in caveat.message
    alone = run.replace(suite=run.suite.replace(precision=0.0))
    assert find_correlated(alone) == {}


def test_what_is_independent_is_not_said_to_be_alike() -> None:
    draw = random.Random(5)
    said = sum(bool(find_correlated(setup({TINY: remember(draw, 0.0, 20)})[1])) for _ in range(200))
    assert said <= 10


@pytest.mark.parametrize(("rho", "least"), [(0.0, 0.95), (0.3, 0.90), (0.5, 0.82)])
def test_the_median_is_known_as_well_as_asked_for(rho: float, least: float) -> None:
    """The share of runs whose median is within 1 % of the truth once they stop; the processes scatter by 2 %."""
    draw = random.Random(20250607)
    within = 0
    for _ in range(200):
        values = stop(remember(draw, rho, 120))
        within += int(abs(sorted(values)[len(values) // 2] - 100) <= 1)
    assert within / 200 >= least - 2 * math.sqrt(least * (1 - least) / 200)
