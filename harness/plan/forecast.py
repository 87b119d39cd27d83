"""How long the rest of a run will take, from the durations of the same steps in earlier runs."""

from collections.abc import Iterable, Mapping, Sequence

from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Step

# Wall seconds on a two-core machine, for a step that this node has never run. They are only used for progress lines.
_FIRST_GUESS_S = {
    Phase.CONFIGURE: 2.0,
    Phase.LIST: 0.1,
    Phase.BUILD: 60.0,
    Phase.TEST: 10.0,
    Phase.PROBE: 0.1,
    Phase.QUANTISE: 5.0,
    Phase.ROOFLINE: 2.0,
    Phase.BENCHMARK: 30.0,
}


def duration_key(step: Step) -> str:
    """Return the key under which the durations of a step and its repetitions are stored."""
    return str(step.case) if step.case else step.name


def learn_durations(
    known: Mapping[str, float], steps: Iterable[Step], results: Iterable[StepResult]
) -> dict[str, float]:
    """Return `known` with the latest wall seconds of every step that passed; failed steps end too early or too late."""
    keys = {step.name: duration_key(step) for step in steps}
    learned = {
        keys[result.step]: round(result.completed.ran_s, 3)
        for result in results
        if result.completed and result.status is Status.PASSED and not result.reused and result.step in keys
    }
    return {**known, **learned}


def remaining_s(steps: Iterable[Step], known: Mapping[str, float], *, done: frozenset[str], elapsed_s: float) -> float:
    """Return the seconds left: all steps not in `done`, minus the elapsed seconds of the current step."""
    left = [known.get(duration_key(step), _FIRST_GUESS_S[step.phase]) for step in steps if step.name not in done]
    return max(sum(left) - min(elapsed_s, left[0] if left else 0.0), 0.0)


def planned_s(steps: Sequence[Step], results: Iterable[StepResult], known: Mapping[str, float]) -> float:
    """Return the seconds that the plan of a run takes, as far as they are known; reused steps take none.

    The duration of a step is the known one, else that in this run, else that of another step with the same key; a step
    without any of them counts as zero.
    """
    done = {result.step: result for result in results}
    took = {
        step.name: completed.ran_s for step in steps if step.name in done and (completed := done[step.name].completed)
    }
    alike = {duration_key(step): took[step.name] for step in steps if step.name in took}
    left = (step for step in steps if step.name not in done or not done[step.name].reused)
    return sum(known.get(duration_key(step), took.get(step.name, alike.get(duration_key(step), 0.0))) for step in left)
