"""A whole run: what it needs is made ready, its steps are carried out, and its bundle is sealed."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, InterruptedRunError, UnavailableError, UnfitError, UnreadableError, UsageError
from harness.judge.likeness import find_unlike, list_unlike
from harness.judge.node_fact import caveat_condition, caveat_placement
from harness.plan.forecast import learn_durations
from harness.plan.placement import place_plan
from harness.plan.run import plan_run
from harness.plan.transcription import caveat_transcription, is_transcribed
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.source import Source
from harness.records.suite import OF_AUDIO, Benchmark, Engine, Suite
from harness.records.weights import Weights
from harness.run.finish import conclude
from harness.run.introduction import introduce
from harness.run.places import Workplace
from harness.run.prepare import Supplies, begin_run, mark_builds, prepare, prepare_audio, ready_all, remove_builds
from harness.run.resume import take_up
from harness.run.session import Session
from harness.settings.request import MeasureRequest, Places, RunRequest
from harness.store.bundle import Bundle, load_run, open_bundle
from harness.store.duration import load_durations, save_durations
from harness.store.unfinished import describe_kept, list_gone
from harness.system.limit import explain_stop
from harness.system.monitor import QuietMonitor
from harness.system.quiet import CounterReader
from harness.system.transcript import require_words


class OpenRun(NamedTuple):
    """A run that is open on the disk: its plan, its state, and its bundle; `resumed` if it was begun earlier."""

    plan: Plan
    state: Run
    bundle: Bundle
    resumed: bool = False


class SealedRun(NamedTuple):
    """A run that has ended, its report, and the folder of its bundle."""

    run: Run
    report: str
    folder: Path


def prepare_run(request: RunRequest, work: Workplace, watch: CounterReader) -> tuple[Run, Plan]:
    """Return the empty run of a request and its plan; source, weights and recordings are fetched."""
    measure, suite = request.measure, request.measure.suite
    prepared = prepare(request, work)
    if _needs_programs(suite):
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
        if Benchmark.QUALITY in suite.benchmarks:
            require_words(audio, suite.language)
        caveats += tuple(caveat_transcription(weights))
    state, inputs = begin_run(prepared, request, Supplies(weights=weights, audio=audio, caveats=caveats))
    if request.like:
        unlike = list_unlike(find_unlike(request.like, state))
        work.console.note("\n".join([f"like {request.like.id}", *(f"  not the same: {line}" for line in unlike)]))
    return state, place_plan(plan_run(inputs), measure.placement_request, measure.ranking)


def open_run(request: RunRequest, work: Workplace, watch: CounterReader) -> OpenRun:
    """Return a new run, open on the disk, and print what it will do; the caller holds the node's lock."""
    state, plan = prepare_run(request, work, watch)
    # Before there is a bundle: a resumed run needs its builds.
    remove_builds(plan, request.build, work.console)
    state, bundle = open_bundle(work.places.results, state, plan)
    introduce(plan, state, load_durations(work.places.cache), work.console)
    return OpenRun(plan, state, bundle)


def reopen_run(
    kept: tuple[Run, Bundle], request: RunRequest, work: Workplace, now: tuple[Node, CounterReader]
) -> OpenRun:
    """Return an unfinished run, to go on with it; `request` is its own, and `now` is the node as it is today.

    The caller holds the node's lock. Raises UsageError and UnavailableError if it cannot go on, see `take_up`.
    """
    (state, bundle), (node, watch) = kept, now
    state, plan = take_up(state, bundle, request, work, (node, watch.probe_condition()))
    return OpenRun(plan, state, bundle, resumed=True)


def carry_out_run(opened: OpenRun, request: MeasureRequest, work: Workplace, watch: CounterReader) -> SealedRun:
    """Carry out the steps of an open run, and seal it; an error that stops it says how it is resumed."""
    plan, state, bundle, resumed = opened
    with _resumable(state, bundle, work.places):
        monitor = QuietMonitor(
            watch, work.console, wait_s=request.wait_s, retries=request.retries, refusal=request.refusal
        )
        try:
            state = _execute(plan, state, bundle, work, monitor)
        except UsageError:  # an option that the tree does not know; nothing is built yet
            if not resumed and not _holds_results(bundle):
                bundle.discard()
            raise
        return SealedRun(*conclude(state, bundle, work.places.cache))


def _needs_programs(suite: Suite) -> bool:
    """Return whether something is measured that the library alone cannot do."""
    timed = [one for one in suite.benchmarks if one is not Benchmark.QUALITY]
    return bool(timed) and (suite.engine is Engine.BENCH or any(one in OF_AUDIO for one in timed))


def _refuse_pruned(source: Source) -> None:
    if source.pruned:
        release = source.commit.release
        raise UsageError(
            f"{release} cannot be run: its source distribution contains only the library, not the bench program",
            hint=f"--engine library  # measures the library alone; or, with git, --repo URL --ref {release}",
        )


def _refuse_speechless(suite: Suite, weights: tuple[Weights, ...]) -> None:
    if all(one in OF_AUDIO for one in suite.benchmarks) and not any(map(is_transcribed, weights)):
        raise UnavailableError(
            f"nothing can be transcribed with {', '.join(one.model for one in weights)}",
            cause="the weights are synthetic: random numbers, which know no words",
            hint="--weights official  # or --weights FILE for a model file of your own; --bench whisper needs neither",
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
