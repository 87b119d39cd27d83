"""The ordinary run of a commit, as a night asks for it; a run that a killed night left goes on."""

from pathlib import Path

from harness.errors import HarnessError, UnavailableError, UnreadableError, UsageError
from harness.night.request import ask_for, choose_cases
from harness.night.result import WorkResult, find_trouble, name_failure
from harness.records.night import DoneStatus, WorkItem, WorkKind
from harness.records.purpose import RunPurpose
from harness.records.run import Run
from harness.run.builder import carry_out_build, prepare_build
from harness.run.execution import OpenRun, carry_out_run, open_run, reopen_run
from harness.run.places import Workplace, hold_node
from harness.run.recovery import settle_unfinished
from harness.run.resume import find_unfinished
from harness.settings.request import NightRequest, RunRequest
from harness.store.bundle import PARTIAL, PLAN, load_run
from harness.system.quiet import CounterReader
from harness.system.seed import draw_seed

_OURS = (RunPurpose.NIGHT, RunPurpose.HISTORY)


def measure_commit(item: WorkItem, request: NightRequest, work: Workplace) -> WorkResult:
    """Build, test and measure a commit, and return what came of it."""
    one = ask_for(request.run, item.commit, item, request, draw_seed())
    if item.kind is WorkKind.CELLS:
        suite = choose_cases(one.measure.suite, item.cases)
        one = one.take(suite.replace(tests=False, test_build_types=()))
    watch = CounterReader(work.environ)
    with hold_node(work):
        settle_unfinished(work.places, request.node, work.console)
        opened = _go_on(one, work, watch) or open_run(one, work, watch)
        run = carry_out_run(opened, one.measure, work, watch).run
    trouble = find_trouble(run)
    if trouble:
        return WorkResult(DoneStatus.BROKEN_OFF, (run.id,), trouble.line, stop=trouble)
    status = DoneStatus.FAILED if run.exit_code else DoneStatus.DONE
    return WorkResult(status, (run.id,), name_failure(run), int(run.exit_code))


def build_commit(item: WorkItem, request: NightRequest, work: Workplace) -> str:
    """Build a commit as its run will need it, and return what identifies its code; empty where nothing is known."""
    one = ask_for(request.run, item.commit, item, request, draw_seed())
    state, plan, _ = prepare_build(one, work)
    with hold_node(work):
        built = carry_out_build(state, plan, one.build, work)
    return built.run.code.id if built.ok and built.run.code else ""


def _go_on(request: RunRequest, work: Workplace, watch: CounterReader) -> OpenRun | None:
    """Return the run that an earlier night began of this commit and could not end; None if there is none to go on with.

    It goes on if it asks for the same, apart from the seed, which it keeps.
    """
    wanted = request.measure.suite
    for path in sorted((work.places.results / request.node.name).glob(f"*/*{PARTIAL}"), reverse=True):
        left = _load(path)
        if (
            left is None
            or left.source.commit.sha != request.source.ref
            or left.suite != wanted.replace(seed=left.suite.seed)
        ):
            continue
        try:
            kept = find_unfinished(work, request.node.name, left.id)
            own = request.take(left.suite)
            return reopen_run(kept, own, work, (request.node, watch))
        except (UsageError, UnavailableError, UnreadableError) as error:
            work.console.note(f"{left.id} does not go on: {error.line}")
    return None


def _load(path: Path) -> Run | None:
    """Return the record of an unfinished run of a night, None for any other."""
    try:
        run = load_run(path) if (path / PLAN).exists() else None
    except HarnessError:
        return None
    return run if run and run.purpose in _OURS and not run.trial else None
