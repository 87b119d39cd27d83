"""How long the rest of a run will take, from the durations of the same steps in earlier runs."""

from collections.abc import Iterable, Mapping, Sequence

from harness.records.outcome import Status, StepResult, is_check
from harness.records.plan import Phase, Step
from harness.records.record import Record

# Wall seconds on a two-core machine, for a step that this node has never run. Builds take one minute or twenty, so that
# number is only good enough for a bar.
_FIRST_GUESS_S = {
    Phase.CONFIGURE: 2.0,
    Phase.LIST: 0.1,
    Phase.BUILD: 60.0,
    Phase.TEST: 10.0,
    Phase.PROBE: 0.1,
    Phase.QUANTISE: 5.0,
    Phase.REFERENCE: 5.0,
    Phase.ROOFLINE: 2.0,
    Phase.BENCHMARK: 30.0,
}
# Roughly what a check of base takes; it is not a measurement.
_CHECK_S = 3.0
# From this share of its files on, a build tells how long it takes as a whole.
_TELLING = 0.2


class TimeLeft(Record):
    """How long the rest of a plan takes: `seconds`, without `builds` whose time is not known yet.

    By `over_s` the current step has taken longer than it was expected to; `guess_s` has a guess for those builds, too,
    and is only for a bar. `goal` says what is reached after that time if it is not the end: `to build`.
    """

    seconds: float
    guess_s: float
    builds: int = 0
    over_s: float = 0.0
    goal: str = ""


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


def forecast_rest(
    steps: Iterable[Step], known: Mapping[str, float], *, elapsed_s: float = 0.0, share: float = 0.0
) -> TimeLeft:
    """Return the time left for `steps`, of which the first has run for `elapsed_s` seconds.

    `share` is how much of that one is done, 0 if it does not say. It tells the time of a build that was never timed,
    and of a step that takes longer than it did before.
    """
    foreseen = [known.get(duration_key(step), _guess_s(step)) for step in steps]
    if not foreseen:
        return TimeLeft(seconds=0.0, guess_s=0.0)
    first_s, *rest = foreseen
    if share >= _TELLING and (first_s is None or elapsed_s > first_s):
        first_s = elapsed_s / share
    seconds = sum(one for one in rest if one is not None)
    builds, guess_s = rest.count(None), _FIRST_GUESS_S[Phase.BUILD]
    if first_s is None:
        further_s = builds * guess_s + max(guess_s - elapsed_s, 0.0)
        return TimeLeft(seconds=seconds, guess_s=seconds + further_s, builds=builds + 1)
    seconds += max(first_s - elapsed_s, 0.0)
    over_s = max(elapsed_s - first_s, 0.0)
    return TimeLeft(seconds=seconds, guess_s=seconds + builds * guess_s, builds=builds, over_s=over_s)


def _guess_s(step: Step) -> float | None:
    """Return the seconds of a step that was never timed, None for a build."""
    if step.phase is Phase.BUILD:
        return None
    return _CHECK_S if is_check(step) else _FIRST_GUESS_S[step.phase]


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
