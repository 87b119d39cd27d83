"""`harness ab`: measure two things live, in turns, until the answer is clear."""

from collections.abc import Mapping, Sequence

from harness.commands.job_summary import publish
from harness.commands.output import Output, OutputForm
from harness.commands.request.place import open_workplace
from harness.commands.request.trial import resolve_ab
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import InterruptedRunError, UnavailableError, UsageError
from harness.judge.check import describe_fate
from harness.records.caveat import CaveatCode
from harness.records.exit_code import ExitCode
from harness.records.listing import FailedTrial, PlanList
from harness.records.trial_report import SideReport, TrialReport
from harness.render.origin import describe_seed, name_side_source
from harness.render.plan import render_plan
from harness.render.repeat import repeat_trial
from harness.render.trial_report import render_trial_markdown, render_trial_text
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
    return _show(result, request, environ, output)


def show_plans(sides: Sides, output: Output) -> int:
    """Print the plan of each build and return the exit code."""
    plans = [(side.state, side.plan) for side in sides]
    seed = describe_seed(sides[0].suite.seed, sides[0].request.used)
    parts = [*(render_plan(plan, state) for state, plan in plans), f"seed     {seed}"]
    output.show("\n\n".join(parts), PlanList(plans=tuple(plan for _, plan in plans)))
    return 0


def show_failure(result: TrialResult, output: Output) -> int:
    """Say why a trial has no result, and return the exit code; raises UnavailableError if it can never have one."""
    text, code = describe_failure(result)
    output.show_failure(text, FailedTrial(runs=result.runs), (caveat for run in result.runs for caveat in run.caveats))
    return int(code)


def describe_failure(result: TrialResult) -> tuple[str, ExitCode]:
    """Return why a trial has no result, and the exit code; raises UnavailableError if it can never have one."""
    if result.tally is None:
        broken = result.runs[0]
        reason = next((f"{one.step}: {one.reason}" for one in broken.results if one.status.bad), "")
        return f"{describe_fate(broken, broken.source.path)} ({reason}); logs in {result.paths[0]}", broken.exit_code
    if result.interrupted:
        raise InterruptedRunError("interrupted before the first block ended")
    if result.failure and result.failure.hopeless:
        raise UnavailableError(f"the {result.failure.role} cannot be measured", cause=result.failure.reason)
    causes = [
        caveat.message for run in result.runs for caveat in run.caveats if caveat.code == CaveatCode.ILLEGAL_INSTRUCTION
    ]
    reason = f"nothing could be measured: {result.tally.lost[-1].reason}"
    return "\n".join([reason, *dict.fromkeys(causes)]), ExitCode.BENCHMARK_FAILED


def _show(result: TrialResult, request: TrialRequest, environ: Mapping[str, str], output: Output) -> int:
    report = _report(result, request)
    if result.family is None:
        failure, code = describe_failure(result)
        report = report.replace(failure=failure)
    markdown = render_trial_markdown(report)
    publish(markdown, environ, output.console)
    if output.form is OutputForm.MARKDOWN:
        output.write(markdown)
    else:
        output.show(
            render_trial_text(report, width=output.width, plain=not output.is_unicode),
            report,
            report.family.all_caveats if report.family else (),
        )
    if result.family is None:
        return int(code)
    code = result.family.exit_code(strict=request.strict)
    # --strict is about times alone: more blocks would not settle a question about the text.
    worse = result.quality is not None and result.quality.exit_code(strict=False) is ExitCode.REGRESSION
    return choose_code(result, ExitCode.REGRESSION if worse else code, output)


def _report(result: TrialResult, request: TrialRequest) -> TrialReport:
    """Return the record of an answer; a side that was never built has its name alone."""
    tally, node = result.tally, request.runs[0].node
    sides = [SideReport(name=label) for label in request.labels]
    if tally is not None:
        sides = [
            SideReport(
                name=name_side_source(side.label, run.source) if side.named else side.label,
                sha=run.source.commit.sha,
                config=run.config.id,
                run=run.id,
                path=path,
            )
            for side, run, path in zip(request.sides, result.runs, result.paths, strict=True)
        ]
    baseline, contender = sides
    report = TrialReport(
        node=node.name,
        cpu=node.cpu.title,
        baseline=baseline,
        contender=contender,
        family=result.family,
        counters=result.counters,
        quality=result.quality,
        missing=result.missing,
    )
    if tally is None:
        return report
    return report.replace(
        blocks=len(tally.results),
        lost=len(tally.lost),
        wall_s=tally.wall_s,
        stopped=tally.stopped.value if tally.stopped else "",
        repeat=repeat_trial(*result.runs),
    )


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
        ("harness ab --format markdown", "for a pull request"),
        ("harness ab quant=f16 quant=q5_0 --quality", "time and text of both"),
    ),
    forms=(OutputForm.TEXT, OutputForm.JSON, OutputForm.MARKDOWN),
)
