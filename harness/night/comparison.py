"""A live comparison of two commits, as a night asks for it: a confirmation, blocks against the anchor, or an audit."""

from pathlib import Path

from harness.judge.check import describe_fate
from harness.night.request import ask_for, choose_live
from harness.night.result import WorkResult, find_trouble, interrupt, name_failure
from harness.plan.side import SideRequest
from harness.records.exit_code import ExitCode
from harness.records.night import DoneStatus, WorkItem, WorkKind
from harness.records.run import Run
from harness.run.finish import conclude
from harness.run.places import Workplace, hold_node
from harness.settings.request import NightRequest
from harness.store.bundle import create_bundle
from harness.system.foreign import copy_file
from harness.system.fresh import create_file
from harness.system.seed import draw_seed
from harness.trial.request import TrialRequest
from harness.trial.run import TrialResult, compare
from harness.trial.setup import make_setup

# Blocks by number take what they take, but not many times as long as expected: a block may hang.
_PATIENCE, _LEAST_S = 4, 600.0


def compare_commits(item: WorkItem, request: NightRequest, work: Workplace) -> WorkResult:
    """Build both commits, measure them in turns, and return what came of it; every time with new coins."""
    asked = ask_in_turns(item, request)
    setup = make_setup(asked.runs[0].measure, work)
    with hold_node(work):
        result = compare(asked, setup, work)
    if result.tally is None:
        return _explain_build(result, item, work)
    runs = tuple(run.id for run in result.runs)
    if result.interrupted:
        return WorkResult(DoneStatus.BROKEN_OFF, runs, "interrupted", stop=interrupt())
    lost = result.failure or (result.tally.lost[-1] if result.tally.lost and not result.tally.results else None)
    if lost:
        reason = f"the {lost.role} cannot be measured: {lost.reason}"
        return WorkResult(DoneStatus.FAILED, runs, reason, int(ExitCode.BENCHMARK_FAILED))
    if not result.tally.results:
        return WorkResult(DoneStatus.FAILED, runs, f"no block has ended: {result.tally.stopped}")
    return WorkResult(DoneStatus.DONE, runs)


def ask_in_turns(item: WorkItem, request: NightRequest) -> TrialRequest:
    """Return the comparison that an item asks for."""
    seed = draw_seed()
    template = request.side.take(choose_live(request.side.measure.suite, item.cases))
    baseline, contender = (ask_for(template, sha, item, request, seed) for sha in (item.baseline, item.commit))
    design = request.design.replace(
        seed=seed,
        threshold=item.threshold,
        max_time_s=item.limit_s or max(_LEAST_S, _PATIENCE * item.seconds),
        blocks=item.blocks,
        # Blocks that are asked for by number are all measured: their sum over nights is what is judged.
        early=not item.blocks,
    )
    if item.metrics:
        design = design.replace(metrics=item.metrics, named=item.kind is WorkKind.CONFIRM)
    sides = SideRequest(label=item.baseline[:8]), SideRequest(label=item.commit[:8])
    return TrialRequest(node=request.side.node, sides=sides, runs=(baseline, contender), design=design)


def _explain_build(result: TrialResult, item: WorkItem, work: Workplace) -> WorkResult:
    """Return why one of the sides cannot be measured; its build is kept as a run, so that other nights know of it."""
    (broken,), (logs,) = result.runs, result.paths
    reason = f"{describe_fate(broken, broken.source.commit.short)} ({name_failure(broken)}); logs in {logs}"
    trouble = find_trouble(broken)
    if trouble:
        return WorkResult(DoneStatus.BROKEN_OFF, (), reason, stop=trouble)
    kept = _keep_build(broken, Path(logs), work)
    code = int(broken.exit_code) if broken.source.commit.sha == item.commit else 0
    return WorkResult(DoneStatus.FAILED, (kept.id,), reason, code)


def _keep_build(broken: Run, logs: Path, work: Workplace) -> Run:
    opening, bundle = create_bundle(work.places.results, broken)
    for result in broken.results:
        if result.log and (logs / result.log).is_file():
            with create_file(bundle.logs / result.log) as kept:
                copy_file(logs / result.log, kept, within=logs)
    run, _, _ = conclude(opening, bundle, work.places.cache)
    return run
