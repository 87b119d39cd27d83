"""`harness ab`: measure two things live, in turns, until the answer is clear."""

from collections.abc import Mapping, Sequence

from harness.commands.output import Output
from harness.commands.request.place import open_workplace
from harness.commands.request.trial import resolve_ab
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import InterruptedRunError, UnavailableError, UsageError
from harness.plan.block import ROLES
from harness.records.caveat import CaveatCode
from harness.records.exit_code import ExitCode
from harness.records.wording import format_count
from harness.render.comparison import ComparedSides, render_comparison
from harness.render.origin import describe_seed, name_side_source
from harness.render.plan import render_plan
from harness.run.places import hold_node
from harness.settings.layer import Settings
from harness.trial.open_trial import Sides
from harness.trial.request import TrialRequest
from harness.trial.run import TrialResult, compare, prepare_sides
from harness.trial.setup import make_setup


def ab(
    settings: Settings, environ: Mapping[str, str], output: Output, words: Sequence[str], *, plant: float = 0.0
) -> int:
    """Measure baseline and contender in turns and print the verdicts; return the exit code.

    Without `words`, the contender is the checkout around the current folder, and the baseline the commit at which its
    branch began. `plant` slows the contender down by that fraction: the tests use it to prove that slowdowns are found.
    """
    work = open_workplace(settings, environ, output.console)
    request = resolve_ab(settings, work, words)
    if request.dry:
        return show_plans(prepare_sides(request, work), output)
    setup = make_setup(request.runs[0].measure, work)
    with hold_node(work):
        result = compare(request, setup, work, plant=plant)
    return _show(result, request, output)


def show_plans(sides: Sides, output: Output) -> int:
    """Print the plan of each build and return the exit code."""
    plans = [(side.state, side.plan) for side in sides]
    seed = describe_seed(sides[0].suite.seed, sides[0].request.used)
    parts = [*(render_plan(plan, state) for state, plan in plans), f"seed     {seed}"]
    output.show("\n\n".join(parts), tuple(plan for _, plan in plans))
    return 0


def show_failure(result: TrialResult, output: Output) -> int:
    """Say why a trial has no result, and return the exit code; raises UnavailableError if it can never have one."""
    if result.tally is None:
        broken = result.runs[0]
        reason = next((f"{one.step}: {one.reason}" for one in broken.results if one.status.bad), "")
        output.show(f"the build of {broken.source.path} failed ({reason}); logs in {result.paths[0]}", result.runs)
        return int(broken.exit_code)
    if result.interrupted:
        raise InterruptedRunError("interrupted before the first block ended")
    if result.failure and result.failure.hopeless:
        raise UnavailableError(f"the {result.failure.role} cannot be measured", cause=result.failure.reason)
    causes = [
        caveat.message for run in result.runs for caveat in run.caveats if caveat.code == CaveatCode.ILLEGAL_INSTRUCTION
    ]
    reason = f"nothing could be measured: {result.tally.lost[-1].reason}"
    output.show("\n".join([reason, *dict.fromkeys(causes)]), result.runs)
    return int(ExitCode.BENCHMARK_FAILED)


def _show(result: TrialResult, request: TrialRequest, output: Output) -> int:
    if result.family is None or result.tally is None:
        return show_failure(result, output)
    baseline, contender = (
        name_side_source(side.label, run.source) if side.named else side.label
        for side, run in zip(request.sides, result.runs, strict=True)
    )
    sides, plain = ComparedSides(baseline, contender), not output.is_unicode
    lines = [render_comparison(result.family, sides, width=output.width, plain=plain)]
    lines.append(
        f"{format_count(len(result.tally.results), 'block')} in {result.tally.wall_s:.0f} s: {result.tally.stopped}"
    )
    lines += [f"{role.value:<9} {path}" for role, path in zip(ROLES, result.paths, strict=True)]
    output.show("\n".join(lines), result.family)
    return choose_code(result, result.family.exit_code(strict=request.strict), output)


def choose_code(result: TrialResult, otherwise: ExitCode, output: Output) -> int:
    """Return the exit code of a trial that has verdicts; warn about everything requested that was never measured."""
    for what in result.missing:
        why = result.tally.stopped if result.tally else ""
        output.console.warn(f"harness: {what} was never measured: {why}")
    if result.interrupted:
        return InterruptedRunError.exit_code
    return int(ExitCode.BENCHMARK_FAILED if result.failure or result.missing else otherwise)


def _call(call: Call) -> int:
    try:
        plant = float(call.text("plant") or 0)
    except ValueError:
        raise UsageError("--plant: expected a number", hint="--plant 0.05") from None
    return ab(call.settings, call.environ, call.output, call.words("side"), plant=plant)


VERB = Verb(
    name="ab",
    call=_call,
    arguments=(
        Argument(
            name="SIDE",
            takes=ArgumentKind.ANY,
            metavar="SIDE",
            words=CompletionSource.REFS,
            help="the baseline, then the contender: a ref, a local tree, or the settings that differ (fa=1, threads=2, "
            "isa=avx2, blas=openblas, llamafile=on, GGML_LTO=ON), joined by commas. Without sides, inside a checkout "
            "of whisper.cpp: the commit where your branch left the default branch against the checkout as it is now",
        ),
        Argument(name="--plant", help="slow the contender down by this fraction", hidden=True),
    ),
    first=("model", "threads", "flash_attn", "metric", "threshold", "max_time", "relink", "engine", "dry_run"),
    examples=(
        ("harness ab", "your branch against its starting point"),
        ("harness ab HEAD .", "the last commit against your edits"),
        ("harness ab v1.8.5 ~/whisper.cpp", "a release against your tree"),
        ("harness ab fa=0 fa=1 --model tiny", "the effect of a setting"),
        ("harness ab v1.8.4 v1.8.5 --relink", "rule out code layout"),
    ),
)
