"""`harness run`: fetch, build, test, measure, report."""

import contextlib
from collections.abc import Iterator, Mapping

from harness.commands.output import Output
from harness.commands.request.measure import resolve_kept_run, resolve_run
from harness.commands.request.place import open_workplace
from harness.commands.request.resume import refuse_idle_options
from harness.commands.verb import Argument, ArgumentKind, Verb, VerbGroup
from harness.errors import HarnessError, InterruptedRunError, UnavailableError, UnfitError, UnreadableError, UsageError
from harness.judge.node_fact import caveat_condition, caveat_placement
from harness.judge.roofline import list_shares
from harness.plan.forecast import learn_durations
from harness.plan.placement import place_plan
from harness.plan.run import plan_run
from harness.plan.transcription import caveat_transcription, is_transcribed
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.source import Source
from harness.records.suite import Benchmark, Engine, Suite
from harness.records.weights import Weights
from harness.render.plan import render_plan
from harness.render.terminal import render_summary
from harness.run.finish import conclude
from harness.run.introduction import introduce
from harness.run.places import Workplace, hold_node
from harness.run.prepare import Supplies, begin_run, mark_builds, prepare, prepare_audio, ready_all, remove_builds
from harness.run.recovery import settle_unfinished
from harness.run.resume import find_unfinished, take_up
from harness.run.session import Session
from harness.settings.layer import Settings
from harness.settings.request import Places, RunRequest
from harness.store.bundle import Bundle, load_run, open_bundle
from harness.store.duration import load_durations, save_durations
from harness.store.unfinished import describe_kept, list_gone
from harness.system.console import Console
from harness.system.limit import explain_stop
from harness.system.monitor import QuietMonitor
from harness.system.quiet import CounterReader
from harness.system.stream import append_text


def run(settings: Settings, environ: Mapping[str, str], output: Output, *, resume: str | None) -> int:
    """Execute a run, or resume an unfinished one; return the exit code of its results."""
    if resume is not None:
        refuse_idle_options(settings, "run")
    work = open_workplace(settings, environ, output.console)
    # Bad settings are refused at once, not after a wait or a download.
    request = resolve_run(settings, work)
    watch = CounterReader(environ)
    if request.dry:
        state, plan = _prepare(request, work, watch)
        output.show(render_plan(plan, state), plan)
        return 0
    # The lock comes first: a download or a checkout would disturb the measurement that holds it.
    with hold_node(work):
        settle_unfinished(work.places, request.node.name, work.console)
        if resume is not None:
            state, bundle = find_unfinished(work, request.node.name, resume)
            now = (request.node, watch.probe_condition())
            state, plan = take_up(state, bundle, resolve_kept_run(state, work), work, now)
        else:
            state, plan = _prepare(request, work, watch)
            # Before there is a bundle: a resumed run needs its builds.
            remove_builds(plan, request.build, work.console)
            state, bundle = open_bundle(work.places.results, state, plan)
            introduce(plan, state, load_durations(work.places.cache), work.console)
        with _resumable(state, bundle, work.places):
            monitor = QuietMonitor(watch, work.console, wait_s=request.measure.wait_s, retries=request.measure.retries)
            try:
                state = _execute(plan, state, bundle, work, monitor)
            except UsageError:  # an option that the tree does not know; nothing is built yet
                if resume is None and not _holds_results(bundle):
                    bundle.discard()
                raise
            state, report, folder = conclude(state, bundle, work.places.cache)
    _publish(report, environ, output.console)
    output.show(render_summary(state, output.shorten(folder), list_shares(state), width=output.width), state)
    return int(state.exit_code)


def _prepare(request: RunRequest, work: Workplace, watch: CounterReader) -> tuple[Run, Plan]:
    measure, suite = request.measure, request.measure.suite
    prepared = prepare(request, work)
    if suite.engine is Engine.BENCH or Benchmark.TRANSCRIBE in suite.benchmarks:
        _refuse_pruned(prepared.source)
    audio = prepare_audio(request, work, prepared.source)
    ready = ready_all(request, work, prepared.source)
    weights = tuple(weights for weights, _ in ready)
    caveats = tuple(dict.fromkeys(caveat for _, caveats in ready for caveat in caveats))
    condition = watch.probe_condition()
    caveats += tuple(caveat_condition(condition, request.node.cpu.cores, suite.threads))
    caveats += tuple(caveat_placement(measure.placement_request, condition))
    if audio:
        _refuse_speechless(suite, weights)
        caveats += tuple(caveat_transcription(weights))
    state, inputs = begin_run(prepared, request, Supplies(weights=weights, audio=audio, caveats=caveats))
    return state, place_plan(plan_run(inputs), measure.placement_request, measure.ranking)


def _refuse_pruned(source: Source) -> None:
    if source.pruned:
        release = source.commit.release
        raise UsageError(
            f"{release} cannot be run: its source distribution contains only the library, not the bench program",
            hint=f"--engine library measures the library alone; with git installed, --repo URL --ref {release}",
        )


def _refuse_speechless(suite: Suite, weights: tuple[Weights, ...]) -> None:
    if suite.benchmarks == (Benchmark.TRANSCRIBE,) and not any(map(is_transcribed, weights)):
        raise UnavailableError(
            f"nothing can be transcribed with {', '.join(one.model for one in weights)}",
            cause="synthetic weights end after a random number of tokens",
            hint="--weights official or --weights PATH; or --bench whisper for a modelled real-time factor",
        )


def _holds_results(bundle: Bundle) -> bool:
    """Return whether the state on disk is known to contain measurements or test results."""
    with contextlib.suppress(UnreadableError):
        return any(result.measurements or result.checks for result in load_run(bundle.path).results)
    return False


@contextlib.contextmanager
def _resumable(state: Run, bundle: Bundle, places: Places) -> Iterator[None]:
    """Make any error that stops the run say how to resume it."""
    hint = f"harness run --resume {state.id} {places.options}"
    try:
        yield
    except KeyboardInterrupt:
        gone, kept = list_gone([bundle.path]), describe_kept([bundle.path])
        what = f"interrupted; {kept}" if gone else f"interrupted; {kept} in {bundle.path}"
        raise InterruptedRunError(what, hint="harness run" if gone else hint) from None
    except (HarnessError, OSError, MemoryError) as error:
        again = "harness run" if list_gone([bundle.path]) else hint
        stop = explain_stop("run", error, describe_kept([bundle.path]), again, bundle.path)
        if isinstance(stop, UnfitError) and not stop.hint:
            stop.hint = hint
        raise stop from None
    finally:
        bundle.release()


def _execute(plan: Plan, state: Run, bundle: Bundle, work: Workplace, monitor: QuietMonitor) -> Run:
    cache = work.places.cache
    known = load_durations(cache)
    mark_builds(plan, state, cache)
    session = Session(plan, state, bundle, work.console, known, monitor)
    try:
        return session.go()
    finally:
        with contextlib.suppress(OSError):  # a forecast is not worth a failure
            save_durations(cache, learn_durations(known, session.plan.steps, session.run.results))


def _publish(report: str, environ: Mapping[str, str], console: Console) -> None:
    """Append the report to the job summary of GitHub Actions; warn if that fails."""
    summary = environ.get("GITHUB_STEP_SUMMARY")
    why = append_text(summary, report) if summary else ""
    if why:
        console.warn(f"could not add the report to the job summary {summary} (GITHUB_STEP_SUMMARY): {why}")


VERB = Verb(
    name="run",
    summary="fetch, build, test and benchmark whisper.cpp, and write a report",
    group=VerbGroup.MEASURE,
    call=lambda call: run(call.settings, call.environ, call.output, resume=call.maybe("resume")),
    arguments=(
        Argument(
            name="--resume",
            takes=ArgumentKind.MAYBE,
            metavar="ID",
            help="resume an unfinished run, with its own settings: the latest, or the one whose id starts with ID",
        ),
    ),
    first=("model", "source", "ref", "threads", "flash_attn", "bench", "tests", "repetitions", "dry_run"),
    examples=(
        ("harness run --model base", "everything, with the default release"),
        ("harness run --source ~/whisper.cpp", "your tree, with uncommitted changes"),
        ("harness run --ref master --model fast", "a branch of upstream"),
        ("harness run --threads 1,2,4 --fa 0,1", "several settings in one run"),
        ("harness run --bench whisper --no-tests", "only the models, no tests"),
        ("harness run --dry-run", "only print the plan"),
        ("harness run --resume", "continue after Ctrl-C or a reboot"),
    ),
)
