"""What a command prints before the first step: a header, or the whole plan."""

from harness.plan.forecast import duration_key, forecast_rest
from harness.records.plan import Plan
from harness.records.run import Run
from harness.render.plan import PlanEstimate, render_header, render_plan
from harness.store.duration import Durations
from harness.system.cache.stamp import is_done
from harness.system.console import Console


def introduce(plan: Plan, run: Run, known: Durations, console: Console) -> None:
    """Print a header of the run with the time it will take, or, if verbose, every option and step."""
    if console.verbose:
        console.note(f"{render_plan(plan, run)}\n")
        return
    console.note(f"{render_header(plan, run, foresee(plan, known), console.width)}\n")


def foresee(plan: Plan, known: Durations) -> PlanEstimate:
    """Return an estimate for the steps of a plan that are not done yet."""
    left = [step for step in plan.steps if not is_done(step)]
    return PlanEstimate(
        left=forecast_rest(left, known),
        known=sum(duration_key(step) in known for step in left),
        total=len(left),
    )
