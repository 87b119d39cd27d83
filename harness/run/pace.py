"""Where a step stands in a larger whole, and how the time left of that is foreseen."""

from collections.abc import Sequence
from typing import NamedTuple

from harness.plan.forecast import TimeLeft, forecast_rest
from harness.records.plan import Step
from harness.store.duration import Durations
from harness.system.console import Foresee


class StepPace(NamedTuple):
    """The number of a step, the number of all steps, and how the time left of them is foreseen."""

    number: int
    total: int
    foresee: Foresee


def pace_step(
    place: tuple[int, int], left: Sequence[Step], known: Durations, *, further_s: float = 0.0, goal: str = ""
) -> StepPace:
    """Return the pace of the first step of `left`, which are all that remain; after them, `further_s` are expected.

    `place` is the number of that step and the number of all steps. `goal` says what they lead to if that is not the
    end: `to build`.
    """

    def foresee(elapsed_s: float, share: float) -> TimeLeft:
        left_s = forecast_rest(left, known, elapsed_s=elapsed_s, share=share)
        seconds, guess_s = left_s.seconds + further_s, left_s.guess_s + further_s
        return left_s.replace(seconds=seconds, guess_s=guess_s, goal=goal)

    number, total = place
    return StepPace(number=number, total=total, foresee=foresee)
