"""What a step needs, and what keeps it from running."""

from collections.abc import Iterable, Mapping

from harness.records.outcome import Status, StepResult, is_check
from harness.records.plan import Phase, Plan, Step


def list_needed(step: Step, plan: Plan, *, for_checks: bool = True) -> tuple[Step, ...]:
    """Return the steps that `step` needs, directly or indirectly, in the order of the plan.

    Without `for_checks`, what only a check among them needs is left out.
    """
    by_name: Mapping[str, Step] = {other.name: other for other in plan.steps}
    needed: set[str] = set()
    open_ends = list(step.needs)
    while open_ends:
        name = open_ends.pop()
        if name not in needed:
            needed.add(name)
            open_ends += by_name[name].needs if for_checks or not is_check(by_name[name]) else ()
    return tuple(other for other in plan.steps if other.name in needed)


def blockers(step: Step, plan: Plan, failed: frozenset[str]) -> tuple[str, ...]:
    """Return the failed steps that `step` needs, directly or indirectly, in the order of the plan.

    What a check lacks blocks the check alone: where nothing can be looked at, nothing is wrong.
    """
    return tuple(other.name for other in list_needed(step, plan, for_checks=False) if other.name in failed)


def blocks(result: StepResult) -> bool:
    """Return whether steps that need this one cannot run: it failed, or it was skipped and makes something for them."""
    making = (Phase.ROOFLINE, Phase.REFERENCE)
    return result.status.bad or (result.phase in making and result.status is Status.SKIPPED)


def explain_block(name: str, results: Iterable[StepResult]) -> str:
    """Return why a step that needs the step `name` was skipped; a reference that is missing has a reason of its own."""
    reason = next((one.reason for one in results if one.step == name and one.phase is Phase.REFERENCE), "")
    return f"needs {name}, which failed{f': {reason}' if reason else ''}"
