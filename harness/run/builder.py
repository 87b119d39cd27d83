"""Building without measuring: a source made into the library and the bench program."""

from pathlib import Path

from harness.plan.run import plan_build
from harness.records.outcome import Status
from harness.records.plan import Inventory, Phase, Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.run.finish import look_back
from harness.run.introduction import introduce
from harness.run.places import Workplace
from harness.run.prepare import Ready, Supplies, begin_run, mark_builds, prepare, ready_all, remove_builds
from harness.run.session import Session
from harness.settings.request import BuildRequest, RunRequest
from harness.store.bundle import Bundle, load_logs
from harness.store.duration import load_durations


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


def prepare_build(request: RunRequest, work: Workplace, *, drawn: bool = False) -> tuple[Run, Plan, tuple[Ready, ...]]:
    """Return the run that will record a build, its plan, and the weights that it will be measured with.

    Source and weights are fetched, but nothing is built. A `drawn` build can be linked in other code layouts, which is
    tried to make sure that it works.
    """
    prepared, suite = prepare(request, work), request.measure.suite
    ready = ready_all(request, work, prepared.source)
    timed = suite.replace(benchmarks=() if prepared.source.pruned else tuple(Benchmark))
    supplies = Supplies(weights=tuple(weights for weights, _ in ready))
    state, inputs = begin_run(prepared, request.take(timed), supplies, drawn=drawn)
    plan = plan_build(inputs if suite.benchmarks else inputs.replace(threads=""))
    # What is built is not measured yet: the run that is recorded asks for no benchmark.
    return state.replace(suite=suite.replace(benchmarks=())), plan, ready


def check_build(state: Run, plan: Plan, work: Workplace) -> None:
    """Configure a build, to raise UsageError for an option that the tree does not know before anything is compiled.

    The build itself then reuses the configuration.
    """
    session, _ = _open_session(state, plan, work)
    for step in plan.steps:
        if step.phase is Phase.CONFIGURE:
            session.do(step)


def carry_out_build(state: Run, plan: Plan, request: BuildRequest, work: Workplace) -> BuildResult:
    """Carry out the plan of a build and return the result; the caller holds the node's lock."""
    introduce(plan, state, load_durations(work.places.cache), work.console)
    remove_builds(plan, request, work.console)
    mark_builds(plan, state, work.places.cache)
    session, bundle = _open_session(state, plan, work)
    state = session.go()
    state = look_back(state, load_logs(bundle.path, state))
    return BuildResult(run=state, folder=plan.sites[-1].folder, logs=str(bundle.logs), inventory=session.inventory)


def _open_session(state: Run, plan: Plan, work: Workplace) -> tuple[Session, Bundle]:
    cache = work.places.cache
    bundle = Bundle(cache / "logs" / Path(plan.sites[-1].folder).name)
    bundle.logs.mkdir(parents=True, exist_ok=True)
    return Session(plan, state, bundle, work.console, load_durations(cache)), bundle
