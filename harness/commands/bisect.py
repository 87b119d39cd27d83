"""`harness bisect`: find the commit that changed the speed, or say which ones cannot be told apart."""

import math
from collections.abc import Mapping

from harness.bisect.line import find_line
from harness.bisect.sitting import begin_search, go_on, take_up_search
from harness.bisect.workshop import BrokenEndError
from harness.commands.output import Output
from harness.commands.request.bisect import (
    BisectWords,
    refuse_idle,
    resolve_bisect,
    resolve_kept_bisect,
)
from harness.commands.request.measure import resolve_node
from harness.commands.request.place import open_workplace
from harness.commands.request.resume import refuse_idle_options
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import UsageError
from harness.plan.bisect_choice import DEFAULT_EFFORT, forecast_ends, forecast_search
from harness.plan.commit_line import lay_line
from harness.records.bisection import BisectVerdict, StoredBisection
from harness.records.comparison import ALPHA
from harness.records.exit_code import ExitCode
from harness.render.bisection import render_bisection, render_plan
from harness.render.plain import format_seconds
from harness.run.places import Workplace, hold_node
from harness.run.recovery import settle_unfinished
from harness.settings.layer import Settings
from harness.settings.request import BisectRequest
from harness.store.bisection_file import find_unfinished
from harness.trial.setup import make_setup


def bisect(settings: Settings, environ: Mapping[str, str], output: Output, words: BisectWords) -> int:
    """Search for the commit that changed a metric between two others, and print the answer; return the exit code."""
    work = open_workplace(settings, environ, output.console)
    if words.resume is not None:
        refuse_idle(words)
        refuse_idle_options(settings, "bisect")
        stored = find_unfinished(work.places.results, _name_node(settings, work), words.resume, output.console.note)
        request = resolve_kept_bisect(settings, work, stored)
    else:
        request = resolve_bisect(settings, work, words)
        request, line = find_line(request, work)
        stored = begin_search(request, line)
    plan = _plan(request, stored)
    if request.run.dry:
        output.show(plan, stored)
        return 0
    output.console.note(plan)
    setup = make_setup(request.run.measure, work)
    with hold_node(work):
        settle_unfinished(work.places, request.run.node.name, work.console)
        stored = take_up_search(request, stored, work, resumed=words.resume is not None)
        try:
            report = go_on(request, stored, setup, work)
        except BrokenEndError as error:
            return _explain_end(error, stored, output)
    output.show(render_bisection(report), report, report.caveats)
    unresolved = report.verdict is BisectVerdict.UNRESOLVED
    return int(ExitCode.INCONCLUSIVE if unresolved and request.strict else ExitCode.OK)


def _name_node(settings: Settings, work: Workplace) -> str:
    return resolve_node(settings, work.environ).name


def _plan(request: BisectRequest, stored: StoredBisection) -> str:
    """Return the plan of a search; raises UsageError for a budget that is too small for both ends."""
    line = lay_line(stored.line, {}, stored.backend, stored.engine)
    needed_s = forecast_ends(DEFAULT_EFFORT, ALPHA)
    if not stored.built and request.budget_s < needed_s / 4:
        least = format_seconds(needed_s)
        raise UsageError(
            f"--budget {request.budget_s:g}s is too short to compare GOOD with BAD",
            cause=f"their builds and the fewest blocks that decide take about {least}",
            hint=f"--budget {math.ceil(needed_s / 60)}m  # or more",
        )
    forecast = forecast_search(line.candidates, DEFAULT_EFFORT)
    return render_plan(stored, line, forecast, ends_s=needed_s, budget_s=request.budget_s)


def _explain_end(error: BrokenEndError, stored: StoredBisection, output: Output) -> int:
    """Say why there is nothing to search between, and return the exit code."""
    good, _ = stored.line.ends
    which = "GOOD" if error.commit == good else "BAD"
    logs = f"; logs in {error.logs}" if error.logs else ""
    commit = stored.line.find(error.commit).commit
    fate = "cannot be measured" if error.built else "cannot be built"
    output.show_failure(f"{which} ({commit.short}) {fate}: {error.reason}{logs}", stored)
    output.console.note(f"name another commit as {which}, such as one beside it")
    return int(ExitCode.BENCHMARK_FAILED if error.built else ExitCode.BUILD_FAILED)


def _call(call: Call) -> int:
    words = BisectWords(commits=call.words("commit"), resume=call.maybe("resume"), renewed=call.flag("renew"))
    return bisect(call.settings, call.environ, call.output, words)


VERB = Verb(
    name="bisect",
    call=_call,
    arguments=(
        Argument(
            name="COMMIT",
            takes=ArgumentKind.ANY,
            metavar="COMMIT",
            words=CompletionSource.REFS,
            help="a commit without the change, then one with it: tags, branches or shas of the checkout that you are "
            "in, else of upstream or of --repo. Without the second, or with a folder in its place: that checkout as "
            "it is now; uncommitted changes are the last step",
        ),
        Argument(
            name="--resume",
            takes=ArgumentKind.MAYBE,
            metavar="ID",
            help="go on with an unfinished search: the latest, or the one whose id starts with ID",
        ),
        Argument(
            name="--renew",
            takes=ArgumentKind.SWITCH,
            help="measure everything again, without what an earlier search of the same commits measured",
        ),
    ),
    first=("model", "metric", "threads", "threshold", "budget", "repo", "engine", "dry_run"),
    examples=(
        ("harness bisect v1.8.4 v1.8.5 --model tiny", "which commit of a release"),
        ("harness bisect v1.8.5 --metric decode", "up to your checkout as it is"),
        ("harness bisect v1.8.4 v1.8.5 --dry-run", "how many commits and minutes"),
        ("harness bisect --resume", "go on where it was stopped"),
    ),
)
