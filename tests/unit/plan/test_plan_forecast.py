"""Forecasts: known durations where there are any."""

import pytest

from harness.plan.forecast import TimeLeft, forecast_rest, learn_durations
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
    assert forecast_rest(STEPS[2:], known, elapsed_s=0.5).seconds == 1.0


def test_reused_unexecuted_and_failed_steps_teach_nothing() -> None:
    reused = factory.result("build_release", Phase.BUILD).replace(reused=True)
    skipped = factory.result("r1", Phase.BENCHMARK, Status.SKIPPED).replace(completed=None)
    assert learn_durations({}, STEPS, [reused, skipped]) == {}
    assert learn_durations({}, STEPS, [factory.result("r1", Phase.BENCHMARK, Status.TIMED_OUT)]) == {}


def test_a_step_that_takes_longer_than_known_does_not_eat_the_rest() -> None:
    known = {"build_release": 10.0, str(CASE): 5.0}
    assert forecast_rest(STEPS, known, elapsed_s=99) == TimeLeft(seconds=10.0, guess_s=10.0, over_s=89.0)


def test_nothing_left_is_zero() -> None:
    assert forecast_rest((), {}, elapsed_s=1) == TimeLeft(seconds=0.0, guess_s=0.0)


@pytest.mark.parametrize(
    ("elapsed_s", "share", "seconds", "guess_s", "builds"),
    [
        (0.0, 0.0, 10.0, 70.0, 1),
        (20.0, 0.1, 10.0, 50.0, 1),
        (200.0, 0.1, 10.0, 10.0, 1),
        (20.0, 0.25, 70.0, 70.0, 0),
        (20.0, 1.0, 10.0, 10.0, 0),
    ],
)
def test_a_build_that_was_never_timed_is_not_guessed_until_it_tells(
    elapsed_s: float, share: float, seconds: float, guess_s: float, builds: int
) -> None:
    found = forecast_rest(STEPS, {str(CASE): 5.0}, elapsed_s=elapsed_s, share=share)
    assert found == TimeLeft(seconds=seconds, guess_s=guess_s, builds=builds), "and its time is in no number"


def test_a_build_to_come_is_not_guessed_either() -> None:
    found = forecast_rest(STEPS[::-1], {str(CASE): 5.0}, elapsed_s=1.0)
    assert found == TimeLeft(seconds=9.0, guess_s=69.0, builds=1)


def test_what_takes_longer_than_before_is_estimated_anew() -> None:
    known = {"build_release": 10.0, str(CASE): 5.0}
    assert forecast_rest(STEPS, known, elapsed_s=8.0, share=0.25).seconds == 12.0, "not yet longer: other files wait"
    again = forecast_rest(STEPS, known, elapsed_s=12.0, share=0.25)
    assert again == TimeLeft(seconds=46.0, guess_s=46.0), "36 s for the other three quarters"
