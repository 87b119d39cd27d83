"""What a live comparison prints before its first step."""

from harness.render.plan import render_plan
from harness.render.trial import TrialOutline, render_trial_header
from harness.run.introduction import QUICK, estimate_steps
from harness.run.places import Workplace
from harness.settings.request import TrialDesign
from harness.store.duration import load_durations
from harness.system.cache.stamp import is_done
from harness.trial.build import list_builds
from harness.trial.side import Side


def introduce_trial(
    labels: tuple[str, ...], sides: tuple[Side, Side], design: TrialDesign, work: Workplace, *, trials: int = 1
) -> None:
    """Print the header of one trial, or of several in a row; if verbose, the plan of each build as well."""
    known, console = load_durations(work.places.cache), work.console
    steps = [
        step
        for side in list_builds(sides)
        for step in side.plan.steps
        if step.phase not in QUICK and (side.request.build.rebuild or not is_done(step))
    ]
    baseline, contender = sides
    outline = TrialOutline(
        labels=labels,
        runs=(baseline.state, contender.state),
        threads=(baseline.plan.threads, contender.plan.threads),
        builds=estimate_steps(steps, known),
        design=design,
        trials=trials,
    )
    console.note(f"{render_trial_header(outline, console.width, with_plans=console.verbose)}\n")
    for side in list_builds(sides) if console.verbose else ():
        console.note(f"{render_plan(side.plan, side.state)}\n")
