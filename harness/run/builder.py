"""A build alone: a source made into the library and the bench program that can be measured."""

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.plan.run import plan_build
from harness.records.node import Node
from harness.records.outcome import Status
from harness.records.plan import Inventory, Phase, Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.source import Source
from harness.records.suite import Benchmark, Suite
from harness.records.weights import Weights
from harness.run.finish import look_back
from harness.run.introduction import introduce
from harness.run.places import cache_folder
from harness.run.prepare import begin_run, lay_out, mark_builds, remove_builds
from harness.run.session import Session
from harness.settings.layer import Settings
from harness.store.bundle import Bundle, load_logs
from harness.store.duration import load_durations
from harness.system.console import Console


class Built(Record):
    """A build that has been tried: the run that records it, its folder, and what the bench program understands."""

    run: Run
    folder: str
    logs: str
    inventory: Inventory

    @property
    def ok(self) -> bool:
        """Whether there is something to measure."""
        built = any(one.phase is Phase.BUILD and one.status is Status.PASSED for one in self.run.results)
        return built and self.run.status is Status.PASSED


def prepare_build(
    settings: Settings,
    environ: Mapping[str, str],
    node: Node,
    console: Console,
    suite: Suite | None = None,
    ready: Callable[[Source], tuple[Weights, ...]] = lambda _: (),
    *,
    drawn: bool = False,
) -> tuple[Run, Plan]:
    """Return the run that will record a build, and the plan of it; the source is there afterwards, nothing is built.

    `suite` is what the build will be measured with, nothing if it is None; `ready` answers with the weights for it.
    One that is `drawn` can be linked in other code layouts, and is, to see that it works.
    """
    bench = lay_out(settings, environ, node, console)
    measured = suite is not None
    suite = suite or Suite(
        benchmarks=(),
        models=(),
        threads=(1,),
        flash_attn=(0,),
        repetitions=1,
        tests=False,
        test_build_types=(),
        seed=1,
    )
    timed = suite.replace(benchmarks=() if bench.source.pruned else tuple(Benchmark))
    state, ingredients = begin_run(bench, settings, timed, ready(bench.source), (), drawn=drawn)
    # What is built is not measured yet: the run that is recorded asks for no benchmark.
    return state.replace(suite=suite.replace(benchmarks=())), plan_build(
        ingredients if measured else ingredients.replace(threads="")
    )


def check_build(state: Run, plan: Plan, settings: Settings, console: Console) -> None:
    """Configure a build, so that UsageError is raised for an option that the tree does not know, before any compiling.

    The build itself finds the configuration done.
    """
    session, _ = _open_session(state, plan, settings, console)
    for step in plan.steps:
        if step.phase is Phase.CONFIGURE:
            session.do(step)


def carry_out_build(state: Run, plan: Plan, settings: Settings, console: Console) -> Built:
    """Return the build of a plan, finished or failed; the caller holds the node's lock."""
    introduce(plan, state, load_durations(cache_folder(settings)), console)
    remove_builds(plan.sites, settings, console)
    mark_builds(plan, state, cache_folder(settings))
    session, bundle = _open_session(state, plan, settings, console)
    state = session.go()
    state = look_back(state, load_logs(bundle.path, state))
    return Built(run=state, folder=plan.sites[-1].folder, logs=str(bundle.logs), inventory=session.inventory)


def _open_session(state: Run, plan: Plan, settings: Settings, console: Console) -> tuple[Session, Bundle]:
    bundle = Bundle(cache_folder(settings) / "logs" / Path(plan.sites[-1].folder).name)
    bundle.logs.mkdir(parents=True, exist_ok=True)
    return Session(plan, state, bundle, console, load_durations(cache_folder(settings))), bundle
