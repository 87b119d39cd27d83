"""`harness bisect`: find the commit that changed the speed, or say which ones cannot be told apart."""

import contextlib
import math
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from harness.bisect.line import find_line
from harness.bisect.loop import BisectLoop
from harness.bisect.workshop import BrokenEndError, Workshop
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
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb, VerbGroup
from harness.errors import HarnessError, InterruptedRunError, UsageError
from harness.judge.bisect_report import make_report
from harness.plan.bisect_choice import DEFAULT_EFFORT, forecast_ends, forecast_search
from harness.plan.commit_line import lay_line
from harness.records.bisection import BisectReport, BisectVerdict, StoredBisection
from harness.records.commit_line import CommitLine
from harness.records.comparison import ALPHA
from harness.records.record import short_hash
from harness.records.run import SCHEMA, ExitCode
from harness.render.bisection import render_bisection, render_plan
from harness.render.plain import format_seconds
from harness.run.places import Workplace, hold_node
from harness.run.recovery import settle_unfinished
from harness.settings.layer import Settings
from harness.settings.recall import DECISIVE
from harness.settings.request import BisectRequest
from harness.store.bisection_file import clear_halves, find_same, find_unfinished, save_bisection
from harness.store.unfinished import describe_kept
from harness.system.limit import explain_stop
from harness.system.scratch import BLOCK, scratch_folder
from harness.trial.setup import Setup, make_setup

# What a search takes over from an earlier one. The commits between the ends are looked up anew: whoever wrote that file
# may have known others.
_MEASURED = ("id", "start", "seed", "built", "trials", "spent_s")


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
        stored = _begin(request, line)
    plan = _plan(request, stored)
    if request.run.dry:
        output.show(plan, stored)
        return 0
    output.console.note(plan)
    setup = make_setup(request.run.measure, work)
    with hold_node(work):
        settle_unfinished(work.places, request.run.node.name, work.console)
        stored = _take_up(request, stored, work, resumed=words.resume is not None)
        try:
            report = _search(request, stored, setup, work)
        except BrokenEndError as error:
            return _explain_end(error, stored, output)
    output.show(render_bisection(report), report)
    unresolved = report.verdict is BisectVerdict.UNRESOLVED
    return int(ExitCode.INCONCLUSIVE if unresolved and request.strict else ExitCode.OK)


def _name_node(settings: Settings, work: Workplace) -> str:
    return resolve_node(settings, work.environ).name


def _begin(request: BisectRequest, line: CommitLine) -> StoredBisection:
    """Return a new search, which is not stored yet."""
    begun = datetime.now(UTC)
    return StoredBisection(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-bisect-{short_hash(line.ends, request.case, request.metric, length=8)}",
        node=request.run.node.name,
        start=begun.isoformat(timespec="seconds"),
        question="",
        words=request.words,
        line=line,
        case=request.case,
        metric=request.metric,
        threshold=request.design.threshold,
        seed=request.design.seed,
        pairs=request.design.pairs,
        relink=request.design.relink,
        settings=tuple(one for one in request.run.used if one.name in DECISIVE),
        backend=request.run.build.recipe.backend,
        engine=request.run.measure.suite.engine,
    )


def _plan(request: BisectRequest, stored: StoredBisection) -> str:
    """Return the plan of a search; raises UsageError for a budget that is too small for both ends."""
    line = lay_line(stored.line, {}, stored.backend, stored.engine)
    needed_s = forecast_ends(DEFAULT_EFFORT, ALPHA)
    if not stored.built and request.budget_s < needed_s / 4:
        least = format_seconds(needed_s)
        raise UsageError(
            f"--budget {request.budget_s:g}s is too short to compare GOOD with BAD",
            cause=f"their builds and the fewest blocks that decide take about {least}",
            hint=f"--budget {math.ceil(needed_s / 60)}m or more",
        )
    forecast = forecast_search(line.candidates, DEFAULT_EFFORT)
    return render_plan(stored, line, forecast, ends_s=needed_s, budget_s=request.budget_s)


def _take_up(request: BisectRequest, stored: StoredBisection, work: Workplace, *, resumed: bool) -> StoredBisection:
    """Return the search to go on with: `stored`, with what an earlier one with the same question has measured.

    Raises UsageError if a search that is to be resumed has another question by now.
    """
    results, console = work.places.results, work.console
    clear_halves(results, stored.node)
    workshop = Workshop(request, stored, work, lambda _: None)
    question = workshop.ask()
    workshop.close()
    if resumed:
        if stored.question != question:
            raise UsageError(
                f"{stored.id} cannot be resumed: what it measures has changed",
                cause="the CPU, the compiler, the weights or the harness is another one than it was begun with",
                hint=f"{shlex.join(['harness', 'bisect', *filter(None, stored.words)])}, to begin again",
            )
        return stored
    same = None if request.renewed else find_same(results, stored.node, question, console.note)
    if same:
        console.note(f"going on with {same.id}, which asked the same (--renew begins again)")
        stored = stored.replace(**{name: getattr(same, name) for name in _MEASURED})
    return stored.replace(question=question)


def _search(request: BisectRequest, stored: StoredBisection, setup: Setup, work: Workplace) -> BisectReport:
    """Return the answer of a search; its trials are sealed, however it ends."""
    with scratch_folder(work.places.cache, BLOCK) as fresh:
        loop = BisectLoop(request.replace(design=request.design.replace(seed=stored.seed)), stored, setup, work, fresh)
        loop.take_up()
        with _naming_kept_runs(loop, work):
            found = loop.go()
            loop.seal()
    report = make_report(loop.stored, found, loop.pairs)
    end = "" if report.verdict is BisectVerdict.UNRESOLVED else datetime.now(UTC).isoformat(timespec="seconds")
    save_bisection(work.places.results, loop.stored.replace(end=end))
    return report


@contextlib.contextmanager
def _naming_kept_runs(loop: BisectLoop, work: Workplace) -> Iterator[None]:
    """Make what stops a search say what was kept, and how it goes on."""
    again = f"harness bisect --resume {loop.stored.id} {work.places.options}"
    try:
        yield
    except KeyboardInterrupt:
        kept = describe_kept(loop.bundles)
        loop.seal(interrupted=True)
        raise InterruptedRunError(f"interrupted; {kept}", hint=again) from None
    except BrokenEndError:
        loop.seal()
        raise
    except (HarnessError, OSError, MemoryError) as error:
        stop = explain_stop("search", error, describe_kept(loop.bundles), again, work.places.results)
        stop.hint = stop.hint or again
        raise stop from None


def _explain_end(error: BrokenEndError, stored: StoredBisection, output: Output) -> int:
    """Say why there is nothing to search between, and return the exit code."""
    good, _ = stored.line.ends
    which = "GOOD" if error.commit == good else "BAD"
    logs = f"; logs in {error.logs}" if error.logs else ""
    commit = stored.line.find(error.commit).commit
    fate = "cannot be measured" if error.built else "cannot be built"
    output.show(f"{which} ({commit.short}) {fate}: {error.reason}{logs}", stored)
    output.console.note(f"name another commit as {which}, such as one beside it")
    return int(ExitCode.BENCHMARK_FAILED if error.built else ExitCode.BUILD_FAILED)


def _call(call: Call) -> int:
    words = BisectWords(commits=call.words("commit"), resume=call.maybe("resume"), renewed=call.flag("renew"))
    return bisect(call.settings, call.environ, call.output, words)


VERB = Verb(
    name="bisect",
    summary="find the commit that changed the speed, or say which ones cannot be told apart",
    group=VerbGroup.COMPARE,
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
