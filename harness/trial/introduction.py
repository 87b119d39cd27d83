"""What a live comparison prints before its first step."""

from harness.plan.forecast import duration_key, forecast_rest
from harness.records.plan import Phase
from harness.render.plan import PlanEstimate, render_plan
from harness.render.trial import TrialOutline, render_trial_header
from harness.run.places import Workplace
from harness.settings.request import TrialDesign
from harness.store.duration import load_durations
from harness.system.cache.stamp import is_done
from harness.trial.build import list_builds
from harness.trial.side import Side

# What is asked of a build every time.
_QUICK = (Phase.LIST, Phase.PROBE)


def introduce_trial(
    labels: tuple[str, ...], sides: tuple[Side, Side], design: TrialDesign, work: Workplace, *, trials: int = 1
) -> None:
    """Print the header of one trial, or of several in a row; if verbose, the plan of each build as well."""
    known, console = load_durations(work.places.cache), work.console
    steps = [
        step
        for side in list_builds(sides)
        for step in side.plan.steps
        if step.phase not in _QUICK and (side.request.build.rebuild or not is_done(step))
    ]
    baseline, contender = sides
    outline = TrialOutline(
        labels=labels,
        runs=(baseline.state, contender.state),
        threads=(baseline.plan.threads, contender.plan.threads),
        builds=PlanEstimate(
            left=forecast_rest(steps, known),
            known=sum(duration_key(step) in known for step in steps),
            total=len(steps),
        ),
        design=design,
        trials=trials,
    )
    console.note(f"{render_trial_header(outline, console.width)}\n")
    for side in list_builds(sides) if console.verbose else ():
        console.note(f"{render_plan(side.plan, side.state)}\n")
