"""Whether a measurement is repeated because it was disturbed or stopped."""

from collections.abc import Mapping

from harness.judge.quietness import is_disturbed
from harness.plan.forecast import planned_s
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Plan, Step
from harness.records.run import Run
from harness.records.suite import Benchmark

# So much of the planned time of a run may go into repeating.
SHARE = 0.25
# Load that keeps more than this of its height from one attempt to the next has stayed.
_STAYED = 0.75
# What people look at first is repeated at once; everything else at the end, of what these leave.
_FIRST = (Benchmark.WHISPER, Benchmark.TRANSCRIBE, Benchmark.SERVER)


def can_wait(step: Step) -> bool:
    """Return whether a benchmark is repeated only at the end of the run, when the models need no more time."""
    return step.case is not None and step.case.benchmark not in _FIRST


def is_wanted(result: StepResult) -> bool:
    """Return whether a disturbed benchmark should be measured again; a failure under load is still a failure."""
    return result.phase is Phase.BENCHMARK and result.status is Status.PASSED and is_disturbed(result)


def was_stopped(result: StepResult) -> bool:
    """Return whether a measurement is useless because it was stopped; a crash is still a crash."""
    return result.status in (Status.PASSED, Status.TIMED_OUT) and result.stood_still


def find_stop_refusal(result: StepResult, run: Run, *, retries: int) -> str:
    """Return why a stopped attempt is not repeated, or an empty string if it may be.

    Such an attempt is worthless, and a stop is seldom followed by another, so time does not limit these repetitions.
    """
    earlier = [other for other in run.attempts if other.step == result.step and other.stood_still]
    if len(earlier) >= retries:
        return f"it was measured {len(earlier) + 1} times" if earlier else "--retries 0"
    return ""


def find_retry_refusal(result: StepResult, plan: Plan, run: Run, known: Mapping[str, float], *, retries: int) -> str:
    """Return why a disturbed attempt is not repeated, or an empty string if it may be.

    `known` are the wall seconds of earlier runs by `duration_key`. Another attempt is assumed to last as long as this
    one.
    """
    loaded = [other for other in run.attempts if not other.stood_still]
    earlier = [other for other in loaded if other.step == result.step]
    if len(earlier) >= retries:
        return f"it was measured {len(earlier) + 1} times" if earlier else "--retries 0"
    if earlier and has_stayed(min(map(_load, earlier)), _load(result)):
        return "other processes used as much as before"
    level = _find_level(run, result.step)
    if not earlier and level is not None and has_stayed(_load(result), level):
        return "measuring again did not help under such a load before"
    allowed_s = SHARE * planned_s(plan.steps, (*run.results, result), known)
    spent_s = sum(map(_wall_s, loaded))
    if spent_s + _wall_s(result) > allowed_s:
        return (
            f"{spent_s:.0f} s of the {allowed_s:.0f} s allowed for repeating are used up, and it takes "
            f"{_wall_s(result):.0f} s"
        )
    return ""


def has_stayed(before_cpus: float, after_cpus: float) -> bool:
    """Return whether other processes used about as many CPUs as before, or more."""
    return after_cpus > _STAYED * before_cpus


def _find_level(run: Run, step: str) -> float | None:
    """Return the load that persisted when another step was repeated, or None if none did or it has ended."""
    level = None
    for result in run.results:
        if result.quiet is None or result.step == step:
            continue
        if not is_disturbed(result):
            level = None
        elif any(other.step == result.step and not other.stood_still for other in run.attempts):
            level = _load(result)
    return level


def _load(result: StepResult) -> float:
    return (result.quiet and result.quiet.other_cpus) or 0.0


def _wall_s(result: StepResult) -> float:
    return result.completed.ran_s if result.completed else 0.0
