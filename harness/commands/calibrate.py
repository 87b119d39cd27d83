"""`harness calibrate`: measure a build against itself, to learn what this node can detect and how fast."""

from collections.abc import Mapping, Sequence

from harness.commands.ab import choose_code, show_failure, show_plans
from harness.commands.output import Output
from harness.commands.request.place import open_workplace
from harness.commands.request.trial import resolve_calibration
from harness.commands.verb import Verb
from harness.judge.sample import pool_samples
from harness.records.calibration import AATrial, Calibration
from harness.records.caveat import CaveatCode
from harness.records.comparison import ALPHA
from harness.records.exit_code import ExitCode
from harness.render.calibration import render_calibration
from harness.render.origin import describe_seed
from harness.run.places import hold_node
from harness.run.recovery import settle_unfinished
from harness.settings.layer import Settings
from harness.stats.calibration import count_blocks, measure_spreads
from harness.stats.exact import bound_share
from harness.trial.introduction import introduce_trial
from harness.trial.open_trial import TrialTask
from harness.trial.request import TrialRequest
from harness.trial.run import TrialResult, prepare_sides, run_trial
from harness.trial.setup import make_setup

# From fewer, half of all forecasts are less than 0.7 of the truth.
LEAST_BLOCKS = 20
# These are the point of an A/A trial that runs to its end.
_EXPECTED = (CaveatCode.A_A, CaveatCode.STOPPED)


def calibrate(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Run A/A trials, each for the whole of --max-time, print their results, and return the exit code."""
    work = open_workplace(settings, environ, output.console)
    request = resolve_calibration(settings, work)
    first, wanted = request[0], len(request)
    if first.dry:
        return show_plans(prepare_sides(first, work), output)
    setup = make_setup(first.runs[0].measure, work)
    result: list[TrialResult] = []
    with hold_node(work):
        settle_unfinished(work.places, first.node.name, work.console)
        try:
            for one in request:
                sides = prepare_sides(one, work)
                if one is first:
                    introduce_trial(first.labels, sides, first.design, work, trials=wanted)
                task = TrialTask(sides, one.design, command="harness calibrate")
                result.append(run_trial(task, setup, work))
                if result[-1].family is None or result[-1].interrupted or result[-1].failure:
                    break
        finally:  # the results of earlier trials are not lost with a later one
            missing = _show([trial for trial in result if trial.family], first, output)
    return _choose_code(result, wanted, ExitCode.INCONCLUSIVE if missing else ExitCode.OK, output)


def _show(trials: Sequence[TrialResult], first: TrialRequest, output: Output) -> int:
    """Print the results of the trials, if any, and return how many blocks are missing for a forecast."""
    if not trials:
        return 0
    seed = first.design.seed
    found = conclude_trials(trials, seed)
    lines = [render_calibration(found), f"seed     {describe_seed(seed, first.runs[0].used)}"]
    caveats = dict.fromkeys(caveat for result in trials if result.family for caveat in result.family.caveats)
    lines += [f"caveat: {caveat.message} [{caveat.code}]" for caveat in caveats if caveat.code not in _EXPECTED]
    output.show("\n".join(lines), found, caveats)
    return found.missing


def _choose_code(result: Sequence[TrialResult], wanted: int, otherwise: ExitCode, output: Output) -> int:
    """Return the exit code of the last trial; warn if it failed and ended the series."""
    last = result[-1]
    if len(result) == 1 and last.family is None:
        return show_failure(last, output)
    if len(result) < wanted:
        output.console.warn(
            f"harness: only {sum(one.family is not None for one in result)} of {wanted} trials could be measured"
        )
    if last.tally is None:
        return int(last.runs[0].exit_code)
    if last.family is None and not last.interrupted:
        return int(ExitCode.BENCHMARK_FAILED)
    return choose_code(last, otherwise, output)


def conclude_trials(trials: Sequence[TrialResult], seed: int) -> Calibration:
    """Return the results of the trials, with a forecast for other trials if there are enough blocks."""
    aa_trials = tuple(
        AATrial(
            runs=tuple(run.id for run in result.runs),
            seed=next(run.trial.seed for run in result.runs if run.trial),
            blocks=len(result.tally.results),
            wall_s=result.tally.wall_s,
            family=result.family,
        )
        for result in trials
        if result.tally and result.family
    )
    tallies = (result.tally for result in trials if result.tally and result.family)
    samples = pool_samples((one.seed, tally.samples) for one, tally in zip(aa_trials, tallies, strict=True)).samples
    missing = max(0, LEAST_BLOCKS - count_blocks(samples))
    false_trials = sum(one.found_difference for one in aa_trials)
    low, high = bound_share(false_trials, len(aa_trials))
    found = Calibration(
        trials=aa_trials,
        alpha=ALPHA,
        false_trials=false_trials,
        low=low,
        high=high,
        missing=missing,
        spreads=(),
    )
    if missing:
        return found
    # A block is of one case, and the cases take turns.
    turn_s = found.wall_s / found.blocks * len({sample.case for sample in samples})
    return found.replace(spreads=measure_spreads(samples, alpha=ALPHA, seed=seed, block_s=turn_s))


VERB = Verb(
    name="calibrate",
    call=lambda call: calibrate(call.settings, call.environ, call.output),
    first=("model", "threads", "metric", "max_time", "trials", "dry_run"),
    examples=(
        ("harness calibrate --model tiny", "one build, for ten minutes"),
        ("harness calibrate --trials 10", "how often verdicts are false"),
    ),
)
