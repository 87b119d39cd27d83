"""What the checks of a run say: which results were right, and which could not be looked at."""

from collections.abc import Iterator

from harness.records.caveat import Caveat, CaveatCode
from harness.records.outcome import Status, StepResult, is_check
from harness.records.run import Run


def list_checks(run: Run) -> tuple[StepResult, ...]:
    """Return the results of all checks."""
    return tuple(result for result in run.results if is_check(result))


def caveat_checks(run: Run) -> Iterator[Caveat]:
    """Yield a caveat about what could not be checked, and why; nothing where the build itself had failed."""
    reasons: dict[str, list[str]] = {}
    for result in list_checks(run):
        cause = next((one for one in run.results if one.step == result.blocked_by), None)
        if result.status is Status.SKIPPED and not (cause and cause.status.bad):
            reasons.setdefault(cause.reason if cause else result.reason, []).append(name_checked(result))
    if reasons:
        parts = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
        yield Caveat(code=CaveatCode.NOT_CHECKED, message=f"whether the result is right was not checked ({parts})")


def name_checked(result: StepResult) -> str:
    """Return what a check looked at: `base fa 0`."""
    return f"{result.case.get('model')} fa {result.case.get('fa')}" if result.case else result.step
