"""What a command prints before the first step: a header, or the whole plan."""

from collections.abc import Sequence

from harness.plan.forecast import duration_key, forecast_rest
from harness.records.plan import Phase, Plan, Step
from harness.records.run import Run
from harness.render.plan import PlanEstimate, render_header, render_plan
from harness.store.duration import Durations
from harness.system.cache.stamp import is_done
from harness.system.console import Console

# What is asked of a build every time.
QUICK = (Phase.LIST, Phase.PROBE)


def introduce(plan: Plan, run: Run, known: Durations, console: Console) -> None:
    """Print a header of the run with the time it will take, or, if verbose, every option and step."""
    if console.verbose:
        console.note(f"{render_plan(plan, run)}\n")
        return
    console.note(f"{render_header(plan, run, foresee(plan, known), console.width)}\n")


def foresee(plan: Plan, known: Durations) -> PlanEstimate:
    """Return an estimate for the steps of a plan that are not done yet."""
    return estimate_steps([step for step in plan.steps if not is_done(step)], known)


def estimate_steps(steps: Sequence[Step], known: Durations) -> PlanEstimate:
    """Return how long some steps take; `known` are the wall seconds of earlier ones by `duration_key`."""
    return PlanEstimate(
        left=forecast_rest(steps, known),
        known=sum(duration_key(step) in known for step in steps),
        total=len(steps),
    )
