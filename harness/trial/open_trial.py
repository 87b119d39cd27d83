"""A trial that is open on the disk: from two builds to the runs that record them, and to their seal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.judge.trial import EQUAL, TrialFacts, caveat_trial, list_unmeasured
from harness.plan.block import ROLES
from harness.records.build import are_equal
from harness.records.caveat import Caveat
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Engine
from harness.records.trial import Role, Trial, TrialEnd
from harness.render.origin import name_fixture
from harness.run.build_file import RELINK, keep_include
from harness.run.builder import BuildResult
from harness.run.constancy import ConstancyCheck
from harness.run.finish import conclude, recheck_files
from harness.run.places import Workplace
from harness.settings.request import TrialDesign
from harness.store.bundle import Bundle, create_bundle
from harness.system.console import Console
from harness.trial.bench_engine import BenchEngine
from harness.trial.fresh_file import FreshFiles, Relinking
from harness.trial.library_engine import LibraryEngine
from harness.trial.loop import BlockEngine, SideCases, TrialLoop, TrialTally, pair_cases
from harness.trial.setup import Setup
from harness.trial.side import Side, make_side_cases

Sides = tuple[Side, Side]
_LEAST_TIMEOUT_S = 60.0


class TrialTask(NamedTuple):
    """What a trial compares, and how; `plant` slows the contender down by that fraction.

    `command` is the command that starts another trial of this kind.
    """

    sides: Sides
    design: TrialDesign
    plant: float = 0.0
    command: str = "harness ab"


class OpenTrial(NamedTuple):
    """A trial that is built and open on the disk: its sides, the cases of both, and the run that records each side."""

    sides: Sides
    design: TrialDesign
    setup: Setup
    cases: list[SideCases]
    runs: list[tuple[Run, Bundle]]
    same_code: bool
    constancy: ConstancyCheck

    @property
    def bundles(self) -> list[Path]:
        """The folders of both records."""
        return [bundle.path for _, bundle in self.runs]


class SealedTrial(Record):
    """The two runs of a trial that has ended, baseline first, and the folders of their bundles.

    `caveats` are those of both sides and of the trial, each once; `missing` are the requested metrics that were never
    measured.
    """

    runs: tuple[Run, ...]
    paths: tuple[str, ...]
    caveats: tuple[Caveat, ...]
    missing: tuple[str, ...]


class _Findings(NamedTuple):
    """What both records end with: the numbers, the caveats of the trial, and what was never measured."""

    tally: TrialTally
    caveats: tuple[Caveat, ...]
    missing: tuple[str, ...]


def open_trial(task: TrialTask, built: Sequence[BuildResult], setup: Setup, work: Workplace) -> OpenTrial:
    """Return a trial whose sides are built, with two new bundles."""
    sides, design = task.sides, task.design
    runs, cases = _make_cases(sides, built, setup, task.plant)
    same_code = _compare_code(built, cases, work.console)
    opened = _open(runs, design, work.places.results)
    constancy = ConstancyCheck(setup.monitor.counters)
    for side, (run, _) in zip(sides, opened, strict=True):
        constancy.begin(side.folder, run, linked=design.relink)
    return OpenTrial(sides, design, setup, cases, opened, same_code, constancy)


def make_loop(trial: OpenTrial, work: Workplace, fresh: Path) -> TrialLoop:
    """Return the loop over the blocks of a trial; the files of each block lie in the folder `fresh`.

    The records are saved after each block.
    """
    design, monitor, cache = trial.design, trial.setup.monitor, work.places.cache
    logs = {role: bundle.logs for role, (_, bundle) in zip(ROLES, trial.runs, strict=True)}

    def save(tally: TrialTally) -> None:
        for number, (run, bundle) in enumerate(trial.runs):
            bundle.save_run(run.replace(results=(*run.results, *(pair[number] for pair in tally.results))))

    engine = _choose_engine(trial.sides[0], logs, design, monitor.retries)
    files = FreshFiles(fresh, logs, _list_relinkings(trial.sides, cache) if design.relink else None)
    return TrialLoop(design, trial.cases, engine, work.console, save, provide=files.provide, wait=monitor.wait)


def seal_trial(trial: OpenTrial, tally: TrialTally, cache: Path) -> SealedTrial:
    """Seal both records of a trial that has ended."""
    runs = _look_again(trial, cache)
    found = _Findings(tally, caveat_trial(_look_at(trial, tally)), _list_missing(trial, tally))
    concluded = [_conclude(run, bundle, found, cache) for run, (_, bundle) in zip(runs, trial.runs, strict=True)]
    return SealedTrial(
        runs=tuple(run for run, _ in concluded),
        paths=tuple(path for _, path in concluded),
        caveats=tuple(dict.fromkeys((*(caveat for run in runs for caveat in run.caveats), *found.caveats))),
        missing=found.missing,
    )


def _make_cases(
    sides: Sides, built: Sequence[BuildResult], setup: Setup, plant: float
) -> tuple[list[Run], list[SideCases]]:
    """Return the runs that will record the sides, and their cases, which run where they are asked to."""
    prepared = [
        make_side_cases(side, one, plant=plant if side.role is Role.CONTENDER else 0.0)
        for side, one in zip(sides, built, strict=True)
    ]
    runs = [run.replace(caveats=(*run.caveats, *setup.describe(run))) for run, _ in prepared]
    placed = (map(setup.place, side_cases) for _, side_cases in prepared)
    return runs, [dict(zip(ROLES, pair, strict=True)) for pair in zip(*placed, strict=True)]


def _compare_code(built: Sequence[BuildResult], cases: Sequence[SideCases], console: Console) -> bool:
    """Return whether the builds of both sides are the same code, and say what that means."""
    codes = [one.run.code for one in built]
    same_code = are_equal(*codes)
    if same_code and _have_same_cases(cases):
        console.note(f"{EQUAL}: an A/A trial")
    for reason in dict.fromkeys(code.reason for code in codes if code and code.reason):
        console.note_once(f"could not find out whether both sides have the same code: {reason}")
    return same_code


def _look_again(trial: OpenTrial, cache: Path) -> list[Run]:
    """Return the runs with what changed or disturbed them while they were measured."""
    runs = [run for run, _ in trial.runs]
    if caveat := trial.setup.monitor.caveat:
        runs = [run.add_caveat(caveat) for run in runs]
    folders = (side.folder for side in trial.sides)
    return [trial.constancy.check(recheck_files(run, cache), one) for run, one in zip(runs, folders, strict=True)]


def _list_missing(trial: OpenTrial, tally: TrialTally) -> tuple[str, ...]:
    if not tally.results:
        return ()
    design, asked = trial.design, (pair_cases(side_cases) for side_cases in trial.cases)
    return list_unmeasured(asked, design.metrics, tally.samples, named=design.named)


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
            bisection=design.bisection,
            purpose=design.purpose,
            threshold=design.threshold,
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


def _have_same_cases(cases: Sequence[SideCases]) -> bool:
    pairs = ((side_cases[Role.BASELINE], side_cases[Role.CONTENDER]) for side_cases in cases)
    return all(
        (here.case, here.weights, here.plant, here.backend) == (there.case, there.weights, there.plant, there.backend)
        for here, there in pairs
    )


def _look_at(trial: OpenTrial, tally: TrialTally) -> TrialFacts:
    baseline, contender = trial.sides
    design, node = trial.design, baseline.state.node
    return TrialFacts(
        same_build=baseline.folder == contender.folder,
        same_case=_have_same_cases(trial.cases),
        same_code=trial.same_code,
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
        fixed_by=name_fixture(baseline.request.used),
    )


def _conclude(run: Run, bundle: Bundle, found: _Findings, cache: Path) -> tuple[Run, str]:
    """Return the sealed run of one side, and the folder of its bundle."""
    tally, missing, trial = found.tally, found.missing, run.trial
    number = ROLES.index(trial.role) if trial else 0
    results = tuple(pair[number] for pair in tally.results)
    if run.code and trial and not trial.relinked:  # else each block has another code layout
        results = tuple(one.replace(build=run.code.id) for one in results)
    if tally.stopped is TrialEnd.LOST or missing or not results:  # no run that holds nothing has passed
        reason = tally.lost[-1].reason if tally.lost else f"no block has ended: {tally.stopped}"
        reason = f"never measured: {', '.join(missing)} ({tally.stopped})" if missing else reason
        cause = tally.lost[-1].cause if tally.lost and not missing else None
        results += (StepResult(step="trial", phase=Phase.BENCHMARK, status=Status.FAILED, reason=reason, cause=cause),)
    trial = trial.replace(discarded=len(tally.lost), stopped=tally.stopped or "") if trial else None
    run = run.replace(
        trial=trial, results=(*run.results, *results), caveats=(*run.caveats, *found.caveats), wall_s=tally.wall_s
    )
    run, _, folder = conclude(run, bundle, cache)
    return run, str(folder)
