"""A whole live comparison: builds, side cases, the trial loop, and the two runs that record it."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.judge.comparison import CompareQuestion, judge_trials
from harness.judge.trial import EQUAL, TrialFacts, caveat_trial, list_unmeasured
from harness.plan.block import ROLES
from harness.records.build import are_equal
from harness.records.caveat import Caveat
from harness.records.comparison import Family
from harness.records.node import Node
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Engine
from harness.records.trial import Role, Trial, TrialEnd
from harness.render.origin import name_fixture
from harness.run.build_file import RELINK, keep_include
from harness.run.builder import BuildResult, check_build
from harness.run.constancy import ConstancyCheck
from harness.run.finish import conclude, recheck_files
from harness.run.places import Workplace
from harness.settings.request import TrialDesign
from harness.store.bundle import Bundle, create_bundle
from harness.store.unfinished import KEPT, describe_kept
from harness.system.limit import explain_stop
from harness.system.scratch import BLOCK, scratch_folder
from harness.trial.bench_engine import BenchEngine
from harness.trial.fresh_file import FreshFiles, Relinking
from harness.trial.library_engine import LibraryEngine
from harness.trial.loop import BlockEngine, TrialLoop, TrialTally, pair_cases
from harness.trial.setup import Setup
from harness.trial.side import Side, build_side, make_side_cases
from harness.trial.side_case import LostBlock, SideCase

Sides = tuple[Side, Side]
_LEAST_TIMEOUT_S = 60.0


class TrialResult(Record):
    """A trial that has ended: its verdicts, and the two runs with their bundles, baseline first.

    If a build failed, there is no tally, only the record and the logs of the build. `failure` is the block that ended
    the trial, `missing` are the requested metrics that were never measured.
    """

    runs: tuple[Run, ...]
    paths: tuple[str, ...] = ()
    family: Family | None = None
    tally: TrialTally | None = None
    failure: LostBlock | None = None
    missing: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the trial."""
        return self.tally is not None and self.tally.stopped is TrialEnd.INTERRUPTED


def run_trial(
    sides: Sides,
    design: TrialDesign,
    setup: Setup,
    work: Workplace,
    *,
    plant: float = 0.0,
    command: str = "harness ab",
) -> TrialResult:
    """Carry out a trial, from builds to sealed runs, and return its result; the caller holds the node's lock.

    `command` is the command that starts another trial of this kind.
    """
    _check_options(sides, work)
    done: dict[tuple[str, ...], BuildResult] = {}
    built, cache, console = (
        [build_side(side, done, work) for side in sides],
        work.places.cache,
        work.console,
    )
    broken = next((one for one in built if not one.ok), None)
    if broken:
        return TrialResult(runs=(broken.run,), paths=(broken.logs,))
    prepared = [
        make_side_cases(side, one, plant=plant if side.role is Role.CONTENDER else 0.0)
        for side, one in zip(sides, built, strict=True)
    ]
    runs = [run.replace(caveats=(*run.caveats, *setup.describe(run))) for run, _ in prepared]
    cases = [
        dict(zip(ROLES, pair, strict=True)) for pair in zip(*(side_cases for _, side_cases in prepared), strict=True)
    ]
    codes = [one.run.code for one in built]
    same_code = are_equal(*codes)
    if same_code and _have_same_cases(cases):
        console.note(f"{EQUAL}: an A/A trial")
    for reason in dict.fromkeys(code.reason for code in codes if code and code.reason):
        console.note(f"could not find out whether both sides have the same code: {reason}")
    bundles = _open(runs, design, work.places.results)
    runs, side_cases = [run for run, _ in bundles], [map(setup.place, side_cases) for _, side_cases in prepared]
    cases = [dict(zip(ROLES, pair, strict=True)) for pair in zip(*side_cases, strict=True)]
    logs = {role: bundle.logs for role, (_, bundle) in zip(ROLES, bundles, strict=True)}

    def save(tally: TrialTally) -> None:
        for run, (_, bundle), side in zip(runs, bundles, (0, 1), strict=True):
            bundle.save_run(run.replace(results=tuple(pair[side] for pair in tally.results)))

    constancy, folders = ConstancyCheck(setup.monitor.counters), [side.folder for side in sides]
    for folder, run in zip(folders, runs, strict=True):
        constancy.begin(folder, run, linked=design.relink)
    with _telling([bundle.path for _, bundle in bundles], command):
        engine = _choose_engine(sides[0], logs, design, setup.monitor.retries)
        with scratch_folder(cache, BLOCK) as fresh:
            files = FreshFiles(fresh, logs, _list_relinkings(sides, cache) if design.relink else None)
            loop = TrialLoop(design, cases, engine, console, save, provide=files.provide, wait=setup.monitor.wait)
            tally = loop.go()
        if setup.monitor.caveat:
            runs = [run.replace(caveats=(*run.caveats, setup.monitor.caveat)) for run in runs]
        runs = [constancy.check(recheck_files(run, cache), one) for run, one in zip(runs, folders, strict=True)]
        caveats = caveat_trial(_look_at(sides, cases, design, tally, same_code=same_code))
        asked = (pair_cases(side_cases) for side_cases in cases)
        missing = list_unmeasured(asked, design.metrics, tally.samples, named=design.named) if tally.results else ()
        concluded = [
            _conclude(run, bundle, tally, caveats, role, cache, missing)
            for run, (_, bundle), role in zip(runs, bundles, ROLES, strict=True)
        ]
    family = None
    if tally.results:
        question = CompareQuestion(threshold=design.threshold, metrics=frozenset(design.metrics))
        family = judge_trials([(concluded[0][0], concluded[1][0])], question)
        family = family.replace(caveats=(*family.caveats, *_merge(runs, caveats)))
    return TrialResult(
        runs=tuple(run for run, _ in concluded),
        paths=tuple(path for _, path in concluded),
        family=family,
        tally=tally,
        failure=tally.lost[-1] if tally.stopped is TrialEnd.LOST else None,
        missing=missing,
    )


@contextlib.contextmanager
def _telling(bundles: Sequence[Path], command: str) -> Iterator[None]:
    """Make an error that stops a trial say what was kept."""
    try:
        yield
    except (HarnessError, OSError, MemoryError) as error:
        kept = describe_kept(bundles)
        again = f"{command}, which also finishes the records of what was measured" if kept == KEPT else command
        raise explain_stop("comparison", error, kept, again, bundles[0]) from None


def _check_options(sides: Sides, work: Workplace) -> None:
    """Raise UsageError for an option that the tree of either side does not know, before anything is built."""
    for one in {side.plan.sites[-1].folder: side for side in sides}.values():
        check_build(one.state, one.plan, work)


def _merge(runs: Sequence[Run], caveats: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """Return the caveats of both sides and of the trial, each once."""
    return tuple(dict.fromkeys((*(caveat for run in runs for caveat in run.caveats), *caveats)))


def _list_relinkings(sides: Sides, cache: Path) -> dict[Role, Relinking]:
    script = keep_include(cache, RELINK)
    return {
        side.role: Relinking(
            cmake=side.state.toolchain.cmake.path, script=script, timeout_s=side.suite.timeouts.build_s
        )
        for side in sides
    }


def _open(runs: Sequence[Run], design: TrialDesign, results: Path) -> list[tuple[Run, Bundle]]:
    opened: list[tuple[Run, Bundle]] = []
    for run, role in zip(runs, ROLES, strict=True):
        opening, bundle = create_bundle(results, run)
        trial = Trial(
            id=opened[0][0].id if opened else opening.id,
            role=role,
            seed=design.seed,
            pairs=design.pairs,
            relinked=design.relink,
        )
        opening = opening.replace(trial=trial)
        bundle.save_run(opening)  # if killed before its first block, the bundle says what it was
        opened.append((opening, bundle))
    return opened


def _choose_engine(side: Side, logs: Mapping[Role, Path], design: TrialDesign, retries: int) -> BlockEngine:
    if side.suite.engine is Engine.BENCH:
        return BenchEngine(logs, retries=retries)
    # A call that takes longer than the whole trial would be its last one anyway.
    timeout_s = min(side.suite.timeouts.bench_s, max(_LEAST_TIMEOUT_S, design.max_time_s))
    return LibraryEngine(logs, timeout_s=timeout_s, retries=retries)


def _have_same_cases(cases: Sequence[Mapping[Role, SideCase]]) -> bool:
    pairs = ((side_cases[Role.BASELINE], side_cases[Role.CONTENDER]) for side_cases in cases)
    return all(
        (here.case, here.weights, here.plant, here.backend) == (there.case, there.weights, there.plant, there.backend)
        for here, there in pairs
    )


def _look_at(
    sides: Sides, cases: Sequence[Mapping[Role, SideCase]], design: TrialDesign, tally: TrialTally, *, same_code: bool
) -> TrialFacts:
    baseline, contender = sides
    node: Node = baseline.state.node
    return TrialFacts(
        same_build=baseline.folder == contender.folder,
        same_case=_have_same_cases(cases),
        same_code=same_code,
        relinked=design.relink,
        shared=tally.shared,
        usable_cpus=node.cpu.cores.affinity,
        pairs=len(tally.measurements(Role.BASELINE)),
        disturbed=tally.disturbed,
        retried=tally.retried,
        stood=tally.stood,
        lost=tuple(lost.reason for lost in tally.lost),
        idle_share=tally.idle_share,
        stopped_early=tally.stopped if design.early and tally.stopped is not TrialEnd.SETTLED else None,
        fixed_by=name_fixture(baseline.asked.used),
    )


def _conclude(
    run: Run,
    bundle: Bundle,
    tally: TrialTally,
    caveats: tuple[Caveat, ...],
    role: Role,
    cache: Path,
    missing: Sequence[str],
) -> tuple[Run, str]:
    results = tuple(pair[ROLES.index(role)] for pair in tally.results)
    if run.code and run.trial and not run.trial.relinked:  # else each block has another code layout
        results = tuple(one.replace(build=run.code.id) for one in results)
    if tally.stopped is TrialEnd.LOST or missing or not results:  # no run that holds nothing has passed
        reason = tally.lost[-1].reason if tally.lost else f"no block has ended: {tally.stopped}"
        reason = f"never measured: {', '.join(missing)} ({tally.stopped})" if missing else reason
        cause = tally.lost[-1].cause if tally.lost and not missing else None
        results += (StepResult(step="trial", phase=Phase.BENCHMARK, status=Status.FAILED, reason=reason, cause=cause),)
    trial = run.trial.replace(discarded=len(tally.lost), stopped=tally.stopped or "") if run.trial else None
    run = run.replace(trial=trial, results=results, caveats=(*run.caveats, *caveats), wall_s=tally.wall_s)
    run, _, folder = conclude(run, bundle, cache)
    return run, str(folder)
