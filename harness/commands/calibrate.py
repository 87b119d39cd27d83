"""`harness calibrate`: a build against itself, to learn what this node can tell and how fast."""

from collections.abc import Mapping, Sequence

from harness.commands.ab import choose_code, prepare_entrants, show_failure, show_plans
from harness.commands.output import Output
from harness.commands.request.place import open_workplace
from harness.commands.request.trial import TrialRequest, resolve_calibration
from harness.commands.verb import Group, Verb
from harness.records.calibration import AATrial, Calibration
from harness.records.caveat import CaveatCode
from harness.records.comparison import ALPHA
from harness.records.run import ExitCode
from harness.render.calibration import render_calibration
from harness.render.origin import describe_seed
from harness.render.plain import format_seconds
from harness.run.places import hold_node
from harness.run.recovery import settle_remnants
from harness.settings.layer import Settings
from harness.stats.calibration import bound_share, count_blocks, join_samples, measure_spreads
from harness.trial.hold import Held, hold_trial
from harness.trial.setup import set_scene

# From fewer, half of all forecasts are less than 0.7 of the truth.
LEAST_BLOCKS = 20
# They are the point of an A/A trial that is held to its end.
_EXPECTED = (CaveatCode.A_A, CaveatCode.STOPPED)


def calibrate(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Hold A/A trials, each for the whole of --max-time, print what they say, and return the exit code."""
    work = open_workplace(settings, environ, output.console)
    asked = resolve_calibration(settings, work)
    first, wanted = asked[0], len(asked)
    if first.dry:
        return show_plans(prepare_entrants(first, work), output)
    if wanted > 1:
        work.console.note(f"{wanted} trials of {format_seconds(first.design.max_time_s)} each, one after the other")
    scene = set_scene(first.runs[0].measure, work)
    held: list[Held] = []
    with hold_node(work):
        settle_remnants(work.places, first.node.name, work.console)
        try:
            for one in asked:
                entrants = prepare_entrants(one, work)
                held.append(hold_trial(entrants, one.design, scene, work, command="harness calibrate"))
                if held[-1].family is None or held[-1].interrupted or held[-1].failure:
                    break
        finally:  # what earlier trials said is not lost with a later one
            missing = _show([trial for trial in held if trial.family], first, output)
    return _choose_code(held, wanted, ExitCode.INCONCLUSIVE if missing else ExitCode.OK, output)


def _show(trials: Sequence[Held], first: TrialRequest, output: Output) -> int:
    """Print what the trials say, if there are any, and return how many blocks are missing for a forecast."""
    if not trials:
        return 0
    seed = first.design.seed
    found = conclude_trials(trials, seed)
    lines = [render_calibration(found), f"seed     {describe_seed(seed, first.runs[0].used)}"]
    caveats = dict.fromkeys(caveat for held in trials if held.family for caveat in held.family.caveats)
    lines += [f"caveat: {caveat.message} [{caveat.code}]" for caveat in caveats if caveat.code not in _EXPECTED]
    output.show("\n".join(lines), found)
    return found.missing


def _choose_code(held: Sequence[Held], wanted: int, otherwise: ExitCode, output: Output) -> int:
    """Return the exit code of the last trial, which ended all of them if it failed; that is said."""
    last = held[-1]
    if len(held) == 1 and last.family is None:
        return show_failure(last, output)
    if len(held) < wanted:
        output.console.warn(
            f"harness: only {sum(one.family is not None for one in held)} of {wanted} trials could be measured"
        )
    if last.tally is None:
        return int(last.runs[0].exit_code)
    if last.family is None and not last.interrupted:
        return int(ExitCode.BENCHMARK_FAILED)
    return choose_code(last, otherwise, output)


def conclude_trials(trials: Sequence[Held], seed: int) -> Calibration:
    """Return what the trials say of themselves, and, where there are blocks enough, of others."""
    told = tuple(
        AATrial(
            runs=tuple(run.id for run in held.runs),
            seed=next(run.trial.seed for run in held.runs if run.trial),
            blocks=len(held.tally.results),
            wall_s=held.tally.wall_s,
            family=held.family,
        )
        for held in trials
        if held.tally and held.family
    )
    samples = join_samples(held.tally.samples for held in trials if held.tally)
    blocks, wall_s = sum(one.blocks for one in told), sum(one.wall_s for one in told)
    # A block is of one case, and the cases take turns.
    turn_s = wall_s / max(1, blocks) * len({sample.case for sample in samples})
    missing = max(0, LEAST_BLOCKS - count_blocks(samples))
    lied = sum(one.lied for one in told)
    low, high = bound_share(lied, len(told))
    return Calibration(
        trials=told,
        alpha=ALPHA,
        lied=lied,
        low=low,
        high=high,
        missing=missing,
        spreads=() if missing else measure_spreads(samples, alpha=ALPHA, seed=seed, block_s=turn_s),
    )


VERB = Verb(
    name="calibrate",
    summary="measure a build against itself: what this node can tell, and how soon",
    group=Group.COMPARE,
    call=lambda call: calibrate(call.settings, call.environ, call.output),
    first=("model", "threads", "metric", "max_time", "trials", "dry_run"),
    examples=(
        ("harness calibrate --model tiny", "ten minutes of one build"),
        ("harness calibrate --trials 10", "how often it finds what is not there"),
    ),
)
