"""`harness nightly`: watch a branch, measure what is most urgent, and say in the morning what is new."""

from collections.abc import Mapping

from harness.commands.finished_job import find_done, show_done
from harness.commands.job_summary import publish
from harness.commands.output import Output, OutputForm
from harness.commands.request.nightly import resolve_night
from harness.commands.request.place import open_workplace
from harness.commands.verb import Verb
from harness.night.loop import NightLoop
from harness.night.notice import find_flaw
from harness.night.report import close_night
from harness.night.watch import Watch
from harness.render.night import render_night, render_night_markdown, render_night_plan
from harness.run.places import Workplace, hold_node
from harness.settings.layer import Settings
from harness.settings.request import NightRequest
from harness.store.night_file import await_free_id
from harness.system.lock import night_lock
from harness.system.monitor import QuietMonitor
from harness.system.quiet import CounterReader


def nightly(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Do a night's work, print the morning report, and return the exit code."""
    work = open_workplace(settings, environ, output.console)
    request = resolve_night(settings, work)
    if flaw := find_flaw(request.notify, environ):
        output.console.warn(f"--notify: {flaw}, so nobody will be notified")
    if request.dry:
        loop = NightLoop(request, work, Watch(request, work))
        seen, plan = loop.look()
        output.show(render_night_plan(seen.view, plan, width=output.width), plan)
        return 0
    results = work.places.results
    if done := find_done(results, request.job, request.node):
        return show_done(done, results, output)
    # A job of a scheduler that finds another night, such as its own before it was requeued, would be lost if it ended.
    with night_lock(wait=bool(request.job) and work.places.wait, note=output.console.warn):
        if done := find_done(results, request.job, request.node):  # it ended between the two looks
            return show_done(done, results, output)
        watch = Watch(request, work)
        await_free_id(results, request.node)
        loop = NightLoop(request, work, watch)
        first, plan = loop.look()
        output.console.note(render_night_plan(first.view, plan, width=output.console.width))
        if plan.next and request.refusal:
            _require_quiet(request, work)
        outcome = loop.go(first, plan)
        report = close_night(outcome, watch.branch, request, work)
    marked = render_night_markdown(report)
    publish(marked, environ, output.console)
    output.show(marked if output.form is OutputForm.MARKDOWN else render_night(report, width=output.width), report)
    if outcome.stop:
        raise outcome.stop
    return report.exit_code


def _require_quiet(request: NightRequest, work: Workplace) -> None:
    """Raise NoisyError if the node does not become quiet in time; other commands that use it are waited for."""
    measure = request.run.measure
    with hold_node(work):
        QuietMonitor(
            CounterReader(work.environ), work.console, wait_s=measure.wait_s, retries=0, refusal=request.refusal
        ).wait()


VERB = Verb(
    name="nightly",
    call=lambda call: nightly(call.settings, call.environ, call.output),
    first=("repo", "branch", "anchor", "model", "budget", "notify", "tests", "dry_run"),
    examples=(
        ("harness nightly", "upstream's default branch, for an hour"),
        ("harness nightly --repo ~/whisper.cpp --branch master", "a branch of your own"),
        ("harness nightly --dry-run", "what it would do now, and why"),
        ("harness nightly --budget 3h --cache-limit 20GB", "for a line in a crontab"),
    ),
    forms=(OutputForm.TEXT, OutputForm.JSON, OutputForm.MARKDOWN),
    details="A table [nightly] in harness.toml has settings for this command alone; they win over the rest of it.",
)
