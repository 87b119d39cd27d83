"""Building without measuring: a source made into the library and the bench program."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.plan.forecast import learn_durations
from harness.plan.run import plan_build
from harness.plan.transcription import is_transcribed
from harness.records.outcome import Status
from harness.records.plan import Inventory, Phase, Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.run.finish import look_back
from harness.run.introduction import introduce
from harness.run.places import Workplace
from harness.run.prepare import (
    Ready,
    Supplies,
    begin_run,
    mark_builds,
    prepare,
    prepare_audio,
    ready_all,
    remove_builds,
)
from harness.run.session import Session
from harness.settings.request import BuildRequest, RunRequest
from harness.store.bundle import Bundle, load_logs
from harness.store.duration import load_durations, save_durations
from harness.system.transcript import require_words


class BuildResult(Record):
    """A finished or failed build: the run that records it, its folder, and the options of its bench program."""

    run: Run
    folder: str
    logs: str
    inventory: Inventory

    @property
    def ok(self) -> bool:
        """Whether the build succeeded and can be measured."""
        built = any(one.phase is Phase.BUILD and one.status is Status.PASSED for one in self.run.results)
        return built and self.run.status is Status.PASSED


class OpenBuild(NamedTuple):
    """A build that is being carried out: its steps, and the folder of its logs."""

    session: Session
    bundle: Bundle


def prepare_build(request: RunRequest, work: Workplace, *, drawn: bool = False) -> tuple[Run, Plan, tuple[Ready, ...]]:
    """Return the run that will record a build, its plan, and the weights that it will be measured with.

    Source and weights are fetched, but nothing is built. A `drawn` build can be linked in other code layouts, which is
    tried to make sure that it works.
    """
    prepared, suite = prepare(request, work), request.measure.suite
    ready = ready_all(request, work, prepared.source)
    programs = tuple(one for one in Benchmark if one is not Benchmark.SERVER)
    timed = suite.replace(benchmarks=() if prepared.source.pruned else programs)
    weights = tuple(weights for weights, _ in ready)
    heard = Benchmark.QUALITY in suite.benchmarks and any(map(is_transcribed, weights))
    audio = prepare_audio(request, work, prepared.source) if heard else ()
    require_words(audio, suite.language)
    supplies = Supplies(weights=weights, audio=audio)
    state, inputs = begin_run(prepared, request.take(timed), supplies, drawn=drawn)
    plan = plan_build(inputs if suite.benchmarks else inputs.replace(threads=""))
    # What is built is not measured yet: the run that is recorded asks for no benchmark.
    return state.replace(suite=suite.replace(benchmarks=())), plan, ready


def carry_out_build(state: Run, plan: Plan, request: BuildRequest, work: Workplace) -> BuildResult:
    """Carry out the plan of a build and return the result; the caller holds the node's lock."""
    build = open_build(state, plan, request, work)
    introduce(plan, state, load_durations(work.places.cache), work.console)
    build.session.go()
    learn_builds([build], work.places.cache)
    return conclude_build(build)


def open_build(state: Run, plan: Plan, request: BuildRequest, work: Workplace) -> OpenBuild:
    """Return a build whose steps can be carried out, without its folder if --rebuild is given.

    The caller holds the node's lock.
    """
    cache = work.places.cache
    remove_builds(plan, request, work.console)
    mark_builds(plan, state, cache)
    bundle = Bundle(cache / "logs" / Path(plan.sites[-1].folder).name)
    bundle.logs.mkdir(parents=True, exist_ok=True)
    return OpenBuild(Session(plan, state, bundle, work.console, load_durations(cache)), bundle)


def learn_builds(builds: Sequence[OpenBuild], cache: Path) -> None:
    """Remember how long the steps of some builds took; of several with the same name, the longest time."""
    steps = [step for build in builds for step in build.session.plan.steps]
    results = [result for build in builds for result in build.session.run.results if result.completed]
    results.sort(key=lambda result: result.completed.ran_s if result.completed else 0.0)
    with contextlib.suppress(OSError):  # a forecast is not worth a failure
        save_durations(cache, learn_durations(load_durations(cache), steps, results))


def conclude_build(build: OpenBuild) -> BuildResult:
    """Return the result of a build whose steps were carried out."""
    session, bundle = build
    state = look_back(session.run, load_logs(bundle.path, session.run))
    folder = session.plan.sites[-1].folder
    return BuildResult(run=state, folder=folder, logs=str(bundle.logs), inventory=session.inventory)
