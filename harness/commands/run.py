"""`harness run`: from nothing to the report."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.build.isa import choose_isa_options
from harness.build.recipe import choose_recipe
from harness.commands.output import Output
from harness.commands.verb import Argument, Group, Take, Verb
from harness.errors import HarnessError, InterruptedRunError, UnavailableError, UnfitError, UnreadableError, UsageError
from harness.judge.node_fact import caveat_condition, caveat_placement
from harness.judge.roofline import list_shares
from harness.parse.host.cpu import rank_cores
from harness.plan.forecast import learn_durations
from harness.plan.placement import choose_cpus, choose_wish, place_plan
from harness.plan.run import plan_run
from harness.plan.transcription import caveat_transcription, is_transcribed
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.source import Source
from harness.records.suite import Benchmark, Engine, Suite
from harness.records.weights import Weights
from harness.render.plan import render_plan
from harness.render.terminal import render_summary
from harness.run.finish import conclude
from harness.run.introduction import introduce
from harness.run.places import cache_folder, hold_node, name_folders, results_folder
from harness.run.prepare import begin_run, lay_out, mark_builds, ready_audio, ready_weights, remove_builds
from harness.run.recovery import settle_remnants
from harness.run.request import choose_suite
from harness.run.resume import take_up
from harness.run.session import Session
from harness.settings.layer import Settings
from harness.store.bundle import Bundle, load_run, open_bundle
from harness.store.duration import load_durations, save_durations
from harness.store.unfinished import KEPT, describe_kept
from harness.system.console import Console
from harness.system.limit import limit_of, stop_at_limit
from harness.system.probe import probe_capture, probe_node
from harness.system.process.placement import require_placement
from harness.system.quiet import Watch
from harness.system.stream import append_text
from harness.system.vigil import Vigil


def run(settings: Settings, environ: Mapping[str, str], output: Output, *, resume: str | None) -> int:
    """Execute a run, or go on with an unfinished one; return the exit code of what was measured."""
    node = probe_node(settings.text("as_node"), environ)
    # What does not exist is refused at once, not after a wait or a download.
    suite = choose_suite(settings, node)
    choose_isa_options(settings.text("isa"), node.cpu)
    choose_recipe(settings, node.os)
    if suite.precision and not suite.models:
        raise UsageError("--precision: no model is measured", hint="only models are repeated: add --bench whisper")
    require_placement(choose_wish(settings))
    watch = Watch(environ)
    if settings.flag("dry_run"):
        state, plan = _prepare(settings, environ, node, suite, output, watch)
        output.show(render_plan(plan, state), plan)
        return 0
    # The lock comes first: a download or a checkout would disturb the measurement that holds it.
    with hold_node(settings, output.console):
        settle_remnants(settings, node, output.console)
        if resume is not None:
            state, plan, bundle = take_up(settings, environ, node, resume, output.console, watch.probe_condition())
        else:
            state, plan = _prepare(settings, environ, node, suite, output, watch)
            # Before there is a plan: what is resumed must not be without it.
            remove_builds(plan.sites, settings, output.console)
            state, bundle = open_bundle(results_folder(settings), state, plan)
            introduce(plan, state, load_durations(cache_folder(settings)), output.console)
        with _resumable(state, bundle, settings):
            vigil = Vigil(
                watch,
                output.console,
                wait_s=settings.number("wait_quiet"),
                retries=int(settings.number("retries")),
            )
            try:
                state = _execute(plan, state, bundle, cache_folder(settings), output, vigil)
            except UsageError:  # an option that the tree does not know; nothing is built yet
                if resume is None and not _holds_results(bundle):
                    bundle.discard()
                raise
            state, report, folder = conclude(state, bundle, cache_folder(settings))
    _publish(report, environ, output.console)
    output.show(render_summary(state, output.shorten(folder), list_shares(state), width=output.width), state)
    return int(state.exit_code)


def _prepare(
    settings: Settings, environ: Mapping[str, str], node: Node, suite: Suite, output: Output, watch: Watch
) -> tuple[Run, Plan]:
    wish = choose_wish(settings)
    ranking = rank_cores(probe_capture(environ)) if wish.pin else ()
    choose_cpus(wish.pin, ranking, max(suite.threads))  # refused before anything is fetched
    bench = lay_out(settings, environ, node, output.console)
    if suite.engine is Engine.BENCH or Benchmark.TRANSCRIBE in suite.benchmarks:
        _refuse_pruned(bench.source)
    audio = ready_audio(settings, environ, bench.source)
    resolved = [ready_weights(model, settings, environ, output.console, bench.source) for model in suite.models]
    weights = tuple(weights for weights, _ in resolved)
    caveats = tuple(dict.fromkeys(caveat for _, caveats in resolved for caveat in caveats))
    condition = watch.probe_condition()
    caveats += tuple(caveat_condition(condition, node.cpu.cores, suite.threads))
    caveats += tuple(caveat_placement(wish, condition))
    if audio:
        _refuse_speechless(suite, weights)
        caveats += tuple(caveat_transcription(weights))
    state, ingredients = begin_run(bench, settings, suite, weights, caveats, audio)
    return state, place_plan(plan_run(ingredients), wish, ranking)


def _refuse_pruned(source: Source) -> None:
    if source.pruned:
        release = source.commit.release
        raise UsageError(
            f"{release} cannot be run: its source distribution holds the library alone, without the bench program",
            hint=f"--engine sampler measures the library; with git at hand: --repo URL --ref {release}",
        )


def _refuse_speechless(suite: Suite, weights: tuple[Weights, ...]) -> None:
    if suite.benchmarks == (Benchmark.TRANSCRIBE,) and not any(map(is_transcribed, weights)):
        raise UnavailableError(
            f"nothing can be transcribed with {', '.join(one.model for one in weights)}",
            cause="synthetic weights end after a random number of tokens",
            hint="--weights official, or --weights PATH; --bench whisper tells a modelled real-time factor",
        )


def _holds_results(bundle: Bundle) -> bool:
    """Return whether something was measured or tested, as far as the state on disk can be read."""
    with contextlib.suppress(UnreadableError):
        return any(result.measurements or result.checks for result in load_run(bundle.path).results)
    return False


@contextlib.contextmanager
def _resumable(state: Run, bundle: Bundle, settings: Settings) -> Iterator[None]:
    """Whatever stops the run from here on says how to go on with it."""
    hint = f"harness run --resume {state.id} {name_folders(settings)}"
    try:
        yield
    except KeyboardInterrupt:
        kept = describe_kept([bundle.path])
        told = f"interrupted; {kept} in {bundle.path}" if kept == KEPT else f"interrupted; {kept}"
        raise InterruptedRunError(told, hint=hint if kept == KEPT else "harness run") from None
    except (HarnessError, OSError, MemoryError) as error:
        kept = describe_kept([bundle.path])
        again = hint if kept == KEPT else "harness run"
        if limit_of(error):
            raise stop_at_limit("run", error, kept, again) from None
        if isinstance(error, OSError):
            what = f"the run stopped: {error.strerror or error} ({error.filename or bundle.path})"
            raise UnfitError(what, cause=kept, hint=f"remove the cause, then {again}") from None
        if isinstance(error, UnfitError) and not error.hint:
            raise UnfitError(error.what, cause=error.cause, hint=hint) from None
        raise
    finally:
        bundle.release()


def _execute(plan: Plan, state: Run, bundle: Bundle, cache: Path, output: Output, vigil: Vigil) -> Run:
    known = load_durations(cache)
    mark_builds(plan, state, cache)
    session = Session(plan, state, bundle, output.console, known, vigil)
    try:
        return session.go()
    finally:
        with contextlib.suppress(OSError):  # a forecast is not worth a failure
            save_durations(cache, learn_durations(known, session.plan.steps, session.run.results))


def _publish(report: str, environ: Mapping[str, str], console: Console) -> None:
    """Append the report to the job summary of GitHub Actions; the run does not depend on it."""
    summary = environ.get("GITHUB_STEP_SUMMARY")
    why = append_text(summary, report) if summary else ""
    if why:
        console.warn(f"the report is not in the job summary: {summary}: {why} (GITHUB_STEP_SUMMARY)")


VERB = Verb(
    name="run",
    summary="get the sources, build, test and benchmark them, and write the report",
    group=Group.MEASURE,
    call=lambda call: run(call.settings, call.environ, call.output, resume=call.maybe("resume")),
    arguments=(
        Argument(
            name="--resume",
            takes=Take.MAYBE,
            metavar="ID",
            help="go on with an unfinished run: the latest, or the one whose id starts with ID",
        ),
    ),
    first=("model", "source", "ref", "threads", "flash_attn", "bench", "tests", "repetitions", "dry_run"),
    examples=(
        ("harness run --model base", "the default release, all of it"),
        ("harness run --source ~/whisper.cpp", "your tree as it is"),
        ("harness run --ref master --model fast", "a branch of upstream"),
        ("harness run --threads 1,2,4 --fa 0,1", "several settings in one run"),
        ("harness run --bench whisper --no-tests", "only the models"),
        ("harness run --dry-run", "the whole plan, and nothing else"),
        ("harness run --resume", "go on after Ctrl-C or a reboot"),
    ),
)
