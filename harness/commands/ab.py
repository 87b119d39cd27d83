"""`harness ab`: two things measured live, in turns, until the answer is clear."""

from collections.abc import Mapping, Sequence

from harness.commands.output import Output
from harness.commands.request.place import open_workplace
from harness.commands.request.trial import TrialRequest, resolve_ab
from harness.commands.verb import Argument, Call, Group, Take, Verb, Words
from harness.errors import InterruptedRunError, UnavailableError, UsageError
from harness.plan.block import ROLES
from harness.records.caveat import CaveatCode
from harness.records.run import ExitCode
from harness.records.wording import format_count
from harness.render.comparison import render_comparison
from harness.render.origin import describe_seed, name_side
from harness.render.plan import render_plan
from harness.run.places import Workplace, hold_node
from harness.run.recovery import settle_remnants
from harness.settings.layer import Settings
from harness.trial.hold import Entrants, Held, hold_trial
from harness.trial.setup import set_scene
from harness.trial.side import prepare_entrant


def ab(
    settings: Settings, environ: Mapping[str, str], output: Output, words: Sequence[str], *, plant: float = 0.0
) -> int:
    """Measure baseline and contender in turns and print the verdicts; return the exit code.

    Without `words` they are the checkout around the current folder, and the commit at which its branch began.
    `plant` slows the contender down by that share: with it the tests prove that a slowdown is found.
    """
    work = open_workplace(settings, environ, output.console)
    asked = resolve_ab(settings, work, words)
    if asked.dry:
        return show_plans(prepare_entrants(asked, work), output)
    scene = set_scene(asked.runs[0].measure, work)
    with hold_node(work):
        settle_remnants(work.places, asked.node.name, work.console)
        entrants = prepare_entrants(asked, work)
        held = hold_trial(entrants, asked.design, scene, work, plant=plant)
    return _show(held, asked, output)


def prepare_entrants(asked: TrialRequest, work: Workplace) -> Entrants:
    """Return both sides, their sources and weights at hand."""
    baseline, contender = (
        prepare_entrant(role, run, work, drawn=asked.design.relink) for role, run in zip(ROLES, asked.runs, strict=True)
    )
    return baseline, contender


def show_plans(entrants: Entrants, output: Output) -> int:
    """Print the plan of each build and return the exit code."""
    plans = [(entrant.state, entrant.plan) for entrant in entrants]
    seed = describe_seed(entrants[0].suite.seed, entrants[0].asked.used)
    parts = [*(render_plan(plan, state) for state, plan in plans), f"seed     {seed}"]
    output.show("\n\n".join(parts), tuple(plan for _, plan in plans))
    return 0


def show_failure(held: Held, output: Output) -> int:
    """Say why a trial has no result, and return the exit code; raises UnavailableError if it never can have."""
    if held.tally is None:
        broken = held.runs[0]
        told = next((f"{one.step}: {one.reason}" for one in broken.results if one.status.bad), "")
        output.show(f"the build of {broken.source.path} failed ({told}); logs in {held.paths[0]}", held.runs)
        return int(broken.exit_code)
    if held.interrupted:
        raise InterruptedRunError("interrupted before the first block had ended")
    if held.failure and held.failure.hopeless:
        raise UnavailableError(f"the {held.failure.role} cannot be measured", cause=held.failure.reason)
    causes = [
        caveat.message for run in held.runs for caveat in run.caveats if caveat.code == CaveatCode.ILLEGAL_INSTRUCTION
    ]
    reason = f"nothing could be measured: {held.tally.lost[-1].reason}"
    output.show("\n".join([reason, *dict.fromkeys(causes)]), held.runs)
    return int(ExitCode.BENCHMARK_FAILED)


def _show(held: Held, asked: TrialRequest, output: Output) -> int:
    if held.family is None or held.tally is None:
        return show_failure(held, output)
    baseline, contender = (
        name_side(side.label, run.source) if side.named else side.label
        for side, run in zip(asked.sides, held.runs, strict=True)
    )
    lines = [render_comparison(held.family, baseline_name=baseline, contender_name=contender)]
    lines.append(f"{format_count(len(held.tally.results), 'block')} in {held.tally.wall_s:.0f} s: {held.tally.stopped}")
    lines += [f"{role.value:<9} {path}" for role, path in zip(ROLES, held.paths, strict=True)]
    output.show("\n".join(lines), held.family)
    return choose_code(held, held.family.exit_code(strict=asked.strict), output)


def choose_code(held: Held, otherwise: ExitCode, output: Output) -> int:
    """Return the exit code of a trial that has verdicts; what was asked for and never measured is said."""
    for what in held.missing:
        why = held.tally.stopped if held.tally else ""
        output.console.warn(f"harness: {what} was never measured: {why}")
    if held.interrupted:
        return InterruptedRunError.exit_code
    return int(ExitCode.BENCHMARK_FAILED if held.failure or held.missing else otherwise)


def _call(call: Call) -> int:
    try:
        plant = float(call.text("plant") or 0)
    except ValueError:
        raise UsageError("--plant is not a number", hint="--plant 0.05") from None
    return ab(call.settings, call.environ, call.output, call.words("side"), plant=plant)


VERB = Verb(
    name="ab",
    summary="measure two things live, in turns, and say which is faster",
    group=Group.COMPARE,
    call=_call,
    arguments=(
        Argument(
            name="SIDE",
            takes=Take.ANY,
            metavar="SIDE",
            words=Words.REFS,
            help="the baseline, then the contender. Each is a ref, a local tree, or what differs: fa=1, threads=2, "
            "isa=avx2, blas=openblas, llamafile=on, GGML_LTO=ON; several joined by commas. Inside a checkout of "
            "whisper.cpp none is needed: the commit at which HEAD left the default branch is then compared with the "
            "checkout as it is",
        ),
        Argument(name="--plant", help="slow the contender down by this share", hidden=True),
    ),
    first=("model", "threads", "flash_attn", "metric", "threshold", "max_time", "relink", "engine", "dry_run"),
    examples=(
        ("harness ab", "your branch against where it began"),
        ("harness ab HEAD .", "the last commit against your edits"),
        ("harness ab v1.8.5 ~/whisper.cpp", "a release against a tree"),
        ("harness ab fa=0 fa=1 --model tiny", "a setting"),
        ("harness ab v1.8.4 v1.8.5 --relink", "tell code from layout"),
    ),
)
