"""How long the rest of a run will take, from what the same steps took before."""

from collections.abc import Iterable, Mapping, Sequence

from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Step

# Wall seconds on a two-core machine, for a node that has never run the step. They only feed a progress line.
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
    """Return the name under which the durations of a step and of its repetitions are kept."""
    return str(step.case) if step.case else step.name


def learn_durations(
    known: Mapping[str, float], steps: Iterable[Step], results: Iterable[StepResult]
) -> dict[str, float]:
    """Return `known` with the latest wall seconds of every step that passed: others end too early, or late."""
    keys = {step.name: duration_key(step) for step in steps}
    learned = {
        keys[result.step]: round(result.completed.ran_s, 3)
        for result in results
        if result.completed and result.status is Status.PASSED and not result.reused and result.step in keys
    }
    return {**known, **learned}


def remaining_s(steps: Iterable[Step], known: Mapping[str, float], *, done: frozenset[str], elapsed_s: float) -> float:
    """Return the seconds that are left: all steps not in `done`, less what the current one has already used."""
    left = [known.get(duration_key(step), _FIRST_GUESS_S[step.phase]) for step in steps if step.name not in done]
    return max(sum(left) - min(elapsed_s, left[0] if left else 0.0), 0.0)


def planned_s(steps: Sequence[Step], results: Iterable[StepResult], known: Mapping[str, float]) -> float:
    """Return the seconds that a run takes by its plan, as far as they are known; what is reused takes none.

    A step takes what it is known to take, else what it took in this run, else what another of its key took; a step of
    which nothing is known counts as nothing.
    """
    done = {result.step: result for result in results}
    took = {
        step.name: completed.ran_s for step in steps if step.name in done and (completed := done[step.name].completed)
    }
    alike = {duration_key(step): took[step.name] for step in steps if step.name in took}
    left = (step for step in steps if step.name not in done or not done[step.name].reused)
    return sum(known.get(duration_key(step), took.get(step.name, alike.get(duration_key(step), 0.0))) for step in left)
