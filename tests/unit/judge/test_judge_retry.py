"""What is worth another attempt, and what is not."""

import pytest

from harness.judge.retry import can_wait, find_retry_refusal, find_stop_refusal, has_stayed, is_wanted, was_stopped
from harness.plan.forecast import planned_s
from harness.records.condition import Quietness
from harness.records.measurement import Case
from harness.records.outcome import CompletedProcess, Status, StepResult
from harness.records.plan import Phase, Plan
from harness.records.run import Run
from tests import factory

TINY = Case.of("whisper", model="tiny", threads=2, fa=0)
MUL_MAT = Case.of("mul_mat", threads=2)
STEPS = (
    factory.step("build_release", Phase.BUILD),
    factory.step("mul_mat", case=MUL_MAT),
    *(factory.step(f"r{number}", case=TINY) for number in (1, 2, 3)),
)
PLAN = Plan(sites=(), steps=STEPS)
QUIET, LOUD = 0.01, 0.30


def took(wall_s: float) -> CompletedProcess:
    return factory.completed().replace(wall_s=wall_s)


def ended(name: str, wall_s: float, others: float | None = QUIET) -> StepResult:
    step = next(step for step in STEPS if step.name == name)
    quiet = None if others is None else Quietness(wall_s=wall_s, cpus=2, other_cpus=others)
    return factory.result(name, step.phase).replace(case=step.case, completed=took(wall_s), quiet=quiet)


def been(*results: StepResult, aside: tuple[StepResult, ...] = ()) -> Run:
    return factory.run(*results).replace(discarded=aside)


BUILT = ended("build_release", 40.0, None)


@pytest.mark.parametrize(
    ("results", "known", "expected"),
    [
        ((), {}, 0.0),
        ((), {"build_release": 40.0}, 40.0),
        ((BUILT,), {}, 40.0),
        ((BUILT.replace(reused=True, completed=None),), {"build_release": 40.0}, 0.0),
        ((), {str(TINY): 10.0}, 30.0),
        # The first repetition stands for the others; what is known from before outranks it.
        ((ended("r1", 12.0),), {}, 36.0),
        ((ended("r1", 12.0),), {str(TINY): 10.0}, 30.0),
        ((BUILT, ended("mul_mat", 60.0), ended("r1", 10.0)), {}, 130.0),
    ],
)
def test_planned_time_is_what_is_known_of_it(
    results: tuple[StepResult, ...], known: dict[str, float], expected: float
) -> None:
    assert planned_s(STEPS, results, known) == pytest.approx(expected)


KNOWN = {"build_release": 40.0, str(MUL_MAT): 60.0, str(TINY): 20.0}  # 160 s, a quarter of which is 40 s


@pytest.mark.parametrize(
    ("run", "result", "known", "said"),
    [
        (been(BUILT), ended("r1", 20.0, LOUD), KNOWN, ""),
        # A quarter: one model may be repeated twice, a mul_mat of 60 s never.
        (been(BUILT, aside=(ended("r1", 20.0, 2 * LOUD),)), ended("r1", 20.0, LOUD), KNOWN, ""),
        (been(BUILT, aside=(ended("r1", 20.1, 2 * LOUD),)), ended("r1", 20.0, LOUD), KNOWN, "20 s of the 40 s"),
        (
            been(BUILT),
            ended("mul_mat", 60.0, LOUD),
            KNOWN,
            "0 s of the 40 s allowed for repeating are used up, and it takes 60 s",
        ),
        (been(BUILT), ended("mul_mat", 39.0, LOUD), KNOWN, ""),
        # Nothing known from before: what this run has shown so far. (40 + 60 + 3 * 20) / 4 = 40
        (been(BUILT, ended("mul_mat", 60.0)), ended("r1", 20.0, LOUD), {}, ""),
        (been(BUILT), ended("mul_mat", 60.0, LOUD), {}, "0 s of the 25 s"),
        (been(BUILT.replace(reused=True, completed=None)), ended("r1", 20.0, LOUD), {}, "0 s of the 15 s"),
        # As loud as before: it stays. Quieter by more than a quarter: another chance.
        (been(BUILT, aside=(ended("r1", 9.0, LOUD),)), ended("r1", 9.0, 0.29), KNOWN, "as much as before"),
        (been(BUILT, aside=(ended("r1", 9.0, LOUD),)), ended("r1", 9.0, 0.60), KNOWN, "as much as before"),
        (been(BUILT, aside=(ended("r1", 9.0, LOUD),)), ended("r1", 9.0, 0.20), KNOWN, ""),
        # What stayed for one step stays for the next, until it was quiet in between, or is another load.
        (been(ended("r1", 9.0, LOUD), aside=(ended("r1", 9.0, LOUD),)), ended("r2", 9.0, LOUD), KNOWN, "did not help"),
        (been(ended("r1", 9.0, LOUD), aside=(ended("r1", 9.0, LOUD),)), ended("r2", 9.0, 0.90), KNOWN, ""),
        (
            been(ended("r1", 9.0, LOUD), ended("r2", 9.0), aside=(ended("r1", 9.0, LOUD),)),
            ended("r3", 9.0, LOUD),
            KNOWN,
            "",
        ),
        (been(ended("r1", 9.0), aside=(ended("r1", 9.0, LOUD),)), ended("r2", 9.0, LOUD), KNOWN, ""),
        # Marked, never repeated: that proves nothing.
        (been(ended("r1", 9.0, LOUD)), ended("r2", 9.0, LOUD), KNOWN, ""),
        (
            been(aside=(ended("r1", 1.0, 0.9), ended("r1", 1.0, 0.6))),
            ended("r1", 1.0, LOUD),
            KNOWN,
            "it was measured 3 times",
        ),
    ],
)
def test_another_attempt_is_refused_with_a_reason(
    run: Run, result: StepResult, known: dict[str, float], said: str
) -> None:
    refusal = find_retry_refusal(result, PLAN, run, known, retries=2)
    assert said in refusal
    assert bool(said) is bool(refusal), refusal


def test_without_retries_nothing_is_repeated() -> None:
    assert find_retry_refusal(ended("r1", 1.0, LOUD), PLAN, been(), KNOWN, retries=0)


def test_what_is_wanted_again() -> None:
    loud = ended("r1", 20.0, LOUD)
    assert is_wanted(loud)
    for other in (
        ended("r1", 20.0),
        ended("r1", 20.0, None),
        loud.replace(status=Status.FAILED),
        loud.replace(phase=Phase.ROOFLINE),
    ):
        assert not is_wanted(other)


def stopped(name: str, others: float | None = QUIET, **seconds: float) -> StepResult:
    result = ended(name, 600.0, others)
    assert result.completed
    return result.replace(completed=result.completed.replace(**(seconds or {"stopped_s": 599.0})))


@pytest.mark.parametrize(
    ("seconds", "status", "wanted"),
    [
        ({"stopped_s": 0.1, "suspended_s": None}, Status.PASSED, True),
        ({"stopped_s": 0.0, "suspended_s": 3600.0}, Status.PASSED, True),
        ({"stopped_s": 0.0, "suspended_s": 0.0}, Status.PASSED, False),
        ({"stopped_s": None, "suspended_s": None}, Status.PASSED, False),
        ({"stopped_s": 600.0}, Status.TIMED_OUT, True),
        # A crash stays a crash, or one that comes and goes would be hidden.
        ({"stopped_s": 0.1}, Status.FAILED, False),
    ],
)
def test_what_stood_still_is_wanted_again(seconds: dict[str, float], status: Status, *, wanted: bool) -> None:
    assert was_stopped(stopped("r1", **seconds).replace(status=status)) is wanted


def test_a_stop_is_followed_by_another_attempt_whatever_it_cost() -> None:
    result, aside = stopped("r1"), (stopped("r1"), stopped("r2"), ended("r1", 20.0, LOUD))
    assert find_stop_refusal(result, been(aside=aside), retries=2) == ""
    assert find_stop_refusal(result, been(aside=(stopped("r1"), *aside)), retries=2) == "it was measured 3 times"
    assert find_stop_refusal(result, been(), retries=0) == "--retries 0"


def test_stops_take_nothing_from_what_load_may_cost() -> None:
    run = been(BUILT, aside=(stopped("r1", LOUD), stopped("r1", LOUD), stopped("r2", LOUD)))
    assert find_retry_refusal(ended("r1", 20.0, LOUD), PLAN, run, KNOWN, retries=2) == ""
    assert planned_s(STEPS, (stopped("r1"),), {}) == pytest.approx(3.0), "nor is it how long a step takes"


def test_models_and_transcriptions_do_not_wait() -> None:
    wait = {case.benchmark: can_wait(factory.step("x", case=case)) for case in (TINY, MUL_MAT)}
    assert wait == {"whisper": False, "mul_mat": True}
    assert not can_wait(factory.step("x", case=Case.of("transcribe", model="tiny")))
    assert can_wait(factory.step("x", case=Case.of("memcpy", threads=2)))


@pytest.mark.parametrize(("before", "after", "stayed"), [(0.3, 0.3, True), (0.3, 0.9, True), (0.4, 0.3, False)])
def test_load_stays_unless_it_falls_by_a_quarter(before: float, after: float, *, stayed: bool) -> None:
    assert has_stayed(before, after) is stayed
