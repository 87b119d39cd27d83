"""Forecasts: known durations where there are any."""

from harness.plan.forecast import learn_durations, remaining_s
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from tests import factory

CASE = Case.of("whisper", model="base", threads=4, fa=0)
STEPS = (
    factory.step("build_release", Phase.BUILD),
    factory.step("r1", case=CASE),
    factory.step("r2", case=CASE),
)


def test_repetitions_share_what_was_learned() -> None:
    known = learn_durations({"other": 3.0}, STEPS, [factory.result("r1", Phase.BENCHMARK)])
    assert known == {"other": 3.0, str(CASE): 1.5}
    assert remaining_s(STEPS, known, done=frozenset({"build_release", "r1"}), elapsed_s=0.5) == 1.0


def test_reused_unexecuted_and_failed_steps_teach_nothing() -> None:
    reused = factory.result("build_release", Phase.BUILD).replace(reused=True)
    skipped = factory.result("r1", Phase.BENCHMARK, Status.SKIPPED).replace(completed=None)
    assert learn_durations({}, STEPS, [reused, skipped]) == {}
    assert learn_durations({}, STEPS, [factory.result("r1", Phase.BENCHMARK, Status.TIMED_OUT)]) == {}


def test_a_step_that_takes_longer_than_known_does_not_eat_the_rest() -> None:
    known = {"build_release": 10.0, str(CASE): 5.0}
    assert remaining_s(STEPS, known, done=frozenset(), elapsed_s=99) == 10.0


def test_nothing_left_is_zero() -> None:
    assert remaining_s(STEPS, {}, done=frozenset(step.name for step in STEPS), elapsed_s=1) == 0.0
