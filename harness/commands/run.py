"""`harness run`: fetch, build, test, measure, report."""

from collections.abc import Mapping

from harness.commands.finished_job import find_done, show_done
from harness.commands.job_summary import publish
from harness.commands.output import Output
from harness.commands.request.like import find_like, name_comparison, resolve_like
from harness.commands.request.measure import resolve_kept_run, resolve_run
from harness.commands.request.place import open_workplace
from harness.commands.request.resume import refuse_idle_options
from harness.commands.verb import Argument, ArgumentKind, CompletionSource, Verb
from harness.judge.roofline import list_shares
from harness.judge.run_answer import describe_run
from harness.records.listing import PlanList
from harness.render.plan import render_plan
from harness.render.terminal import render_summary
from harness.run.execution import OpenRun, carry_out_run, open_run, prepare_run, reopen_run
from harness.run.job import go_on
from harness.run.places import Workplace, hold_node
from harness.run.recovery import settle_unfinished
from harness.run.resume import find_unfinished
from harness.settings.layer import Settings
from harness.settings.request import RunRequest
from harness.system.quiet import CounterReader


def run(
    settings: Settings, environ: Mapping[str, str], output: Output, *, resume: str | None = None, like: str = ""
) -> int:
    """Execute a run, one like another, or resume an unfinished one; return the exit code of its results."""
    if resume is not None:
        refuse_idle_options(settings, "run")
    work = open_workplace(settings, environ, output.console)
    # Bad settings are refused at once, not after a wait or a download.
    model = find_like(work, like) if like else None
    request = resolve_like(settings, work, model) if model else resolve_run(settings, work)
    watch = CounterReader(environ)
    if request.dry:
        state, plan = prepare_run(request, work, watch)
        output.show(render_plan(plan, state), PlanList(plans=(plan,)), state.caveats)
        return 0
    results, node = work.places.results, request.node.name
    if done := find_done(results, request.job, node):
        return show_done(done, results, output)
    # The lock comes first: a download or a checkout would disturb the measurement that holds it.
    with hold_node(work):
        done = find_done(results, request.job, node)  # another process may have done it meanwhile
        if done is None:
            settle_unfinished(work.places, node, work.console)
            opened = _open(request, work, watch, resume)
            state, report, folder = carry_out_run(opened, request.measure, work, watch)
    if done:
        return show_done(done, results, output)
    publish(report, environ, output.console)
    plain = not output.is_unicode
    shares = list_shares(state)
    text = render_summary(state, output.shorten(folder), shares, width=output.width, plain=plain)
    if model:
        text += f"  compare: {name_comparison(model, state, str(results))}\n"
    output.show(text, describe_run(state, str(folder), shares), state.caveats)
    return int(state.exit_code)


def _open(request: RunRequest, work: Workplace, watch: CounterReader, resume: str | None) -> OpenRun:
    """Return the run that is resumed, that of the same job that goes on, or a new one."""
    if resume is not None:
        kept = find_unfinished(work, request.node.name, resume)
        return reopen_run(kept, resolve_kept_run(kept[0], work), work, (request.node, watch))
    begun = go_on(request, work, watch, lambda state: resolve_kept_run(state, work))
    return begun or open_run(request, work, watch)


VERB = Verb(
    name="run",
    call=lambda call: run(
        call.settings, call.environ, call.output, resume=call.maybe("resume"), like=call.text("like")
    ),
    arguments=(
        Argument(
            name="--resume",
            takes=ArgumentKind.MAYBE,
            metavar="ID",
            help="resume an unfinished run, with its own settings: the latest, or the one whose id starts with ID",
            instead="what to measure",
        ),
        Argument(
            name="--like",
            metavar="RUN",
            path=True,
            words=CompletionSource.RUNS,
            help="measure what RUN measured, as far as that is possible here: an id, latest, the path of a bundle, "
            "of a run.json, of a report, or an archive of harness share; other options win",
            instead="what to measure",
        ),
    ),
    first=("model", "source", "ref", "threads", "flash_attn", "bench", "repetitions", "dry_run"),
    examples=(
        ("harness run --model base", "everything, with the default release"),
        ("harness run --source ~/whisper.cpp", "your tree, with uncommitted changes"),
        ("harness run --ref master --model fast", "a branch of upstream"),
        ("harness run --threads 1,2,4 --fa 0,1", "several settings in one run"),
        ("harness run --bench whisper --no-tests", "only the models, no tests"),
        ("harness run --bench quality --weights official", "how good is the text?"),
        ("harness run --dry-run", "only print the plan"),
        ("harness run --resume", "continue after Ctrl-C or a reboot"),
        ("harness run --like latest", "the same again, or what another node measured"),
    ),
)
