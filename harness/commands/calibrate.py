"""`harness calibrate`: a build against itself, to learn what this node can tell and how fast."""

from collections.abc import Mapping

from harness.aftermath import settle_remnants
from harness.commands.ab import choose_code, choose_design, prepare_entrants, show_failure, show_plans
from harness.commands.output import Output
from harness.plan.layer import Settings
from harness.plan.side import Side
from harness.premises import hold_node
from harness.records.comparison import ALPHA
from harness.records.run import ExitCode
from harness.records.trial import Role
from harness.render.calibration import render_calibration
from harness.render.seed import describe_seed
from harness.stats.calibration import calibrate as resample
from harness.stats.pairing import pair_measurements
from harness.system.probe import probe_node
from harness.trial.hold import hold_trial
from harness.trial.scene import set_scene

RESAMPLES = 1000
# Fewer have no spread to speak of.
LEAST_BLOCKS = 6


def calibrate(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Hold an A/A trial for the whole of --max-time and print what it says of others; return the exit code."""
    design = choose_design(settings).replace(early=False)
    sides = (Side(label="baseline"), Side(label="contender"))
    node = probe_node(settings.text("node"), environ)
    if settings.flag("dry_run"):
        return show_plans(prepare_entrants(sides, settings, environ, node, output.console), output)
    scene = set_scene(settings, environ, output.console)
    with hold_node(settings, output.console):
        settle_remnants(settings, node, output.console)
        entrants = prepare_entrants(sides, settings, environ, node, output.console)
        held = hold_trial(entrants, design, settings, scene, output.console, command="harness calibrate")
    if held.tally is None or held.family is None:
        return show_failure(held, output)
    tally = held.tally
    samples = pair_measurements(*(tally.measurements(role) for role in Role))
    blocks = len(tally.results)
    if blocks < LEAST_BLOCKS:
        output.show(
            f"{blocks} blocks in {tally.wall_s:.0f} s say nothing: a longer --max-time, or fewer metrics", held.runs
        )
        return choose_code(held, ExitCode.INCONCLUSIVE, output)
    output.console.note(f"resampling {blocks} blocks {RESAMPLES} times")
    found = resample(samples, alpha=ALPHA, seed=design.seed, resamples=RESAMPLES, block_s=tally.wall_s / max(1, blocks))
    lines = [render_calibration(found, wall_s=tally.wall_s, blocks=blocks)]
    lines += [f"seed     {describe_seed(design.seed, settings.describe())}"]
    lines += [f"caveat: {caveat.message}" for caveat in held.family.caveats if caveat.code not in ("a-a", "stopped")]
    output.show("\n".join(lines), found)
    return choose_code(held, ExitCode.OK, output)
