"""What the checks of a run say: which results were right, and which could not be looked at."""

from collections.abc import Iterator

from harness.records.caveat import Caveat, CaveatCode
from harness.records.exit_code import ExitCode
from harness.records.outcome import Status, StepResult, is_check
from harness.records.run import Run
from harness.records.wording import format_difference


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


def describe_check(result: StepResult) -> str:
    """Return how near a right result was: `within 0.3 % of a plain computation (tolerance 5 %)`; empty for others."""
    found = result.check
    if found is None or not found.passed:
        return ""
    limit = format_difference(found.tolerance)
    return f"within {format_difference(found.worst)} of a plain computation (tolerance {limit})"


def describe_fate(run: Run, name: str) -> str:
    """Return what became of a build that cannot be measured: it failed, or it computes something else."""
    if run.exit_code is ExitCode.BENCHMARK_FAILED:
        return f"{name} cannot be measured"
    return f"the build of {name} failed"
